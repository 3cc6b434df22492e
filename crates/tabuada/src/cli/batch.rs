//! `tabuada batch`: reads one expression a line, or the rows of a CSV file, and writes one JSON object a line in the
//! same order.
//!
//! Line n of the output answers line n of the input, whatever it contains: a blank line is an empty expression. Only
//! `\n` ends a line. The input may have any length: [`pipeline`] holds a bounded part of it.

mod progress;
mod pipeline;
mod lines;
mod cell;
mod rows;

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use tabuada_lang::{Language, Mode};

use super::config::misused;
use super::notation::ShownArgs;
use super::output::{complain, ended};
use crate::config::{self, THREADS_MAX};
use crate::ndjson::Usual;
use crate::words::of_system;
use pipeline::Trouble;
use progress::Progress;

/// Arguments of `tabuada batch`.
#[derive(Debug, clap::Args)]
pub struct BatchArgs {
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[arg(long)]
    explain: bool,
    #[arg(long)]
    proof: bool,
    #[arg(long, value_name = "MODE", default_value_t = Mode::Python)]
    mode: Mode,
    #[command(flatten)]
    shown: ShownArgs,
    #[arg(long)]
    csv: bool,
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true, conflicts_with = "column")]
    expr: Option<String>,
    #[arg(long, value_name = "NAME")]
    column: Option<String>,
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Output::Ndjson)]
    output: Output,
    #[arg(long, value_name = "N", value_parser = threads)]
    threads: Option<NonZeroUsize>,
}

/// The format of the output. The help would show doc comments of its values, in English only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    // One JSON object a line.
    Ndjson,
    // The rows of the input, with the columns result and error added.
    Csv,
}

/// Reads a number of threads.
fn threads(text: &str) -> Result<NonZeroUsize, String> {
    config::threads(text).ok_or_else(|| format!("expected a number from 1 to {THREADS_MAX}"))
}

/// Answers every line or row. Status 0, also if expressions failed, because their answers say so; 1 if the input cannot
/// be read or the output cannot be written; 2 if a setting is wrong or an option does not fit the file.
pub fn batch(args: &BatchArgs, language: Language) -> ExitCode {
    let usual = match args.shown.usual(args.mode) {
        Ok(usual) => Usual { has_proof: args.proof, ..usual },
        Err(error) => return misused(&error, language),
    };
    let file = args.file.as_deref().filter(|path| path.as_os_str() != "-");
    let answered = open(file).map_err(Trouble::Input).and_then(|(input, bytes)| {
        let progress = Progress::shown(file.is_none() && io::stdin().is_terminal(), bytes, language);
        answer_all(args, usual, input, &progress)
    });
    match answered {
        Ok(()) => ExitCode::SUCCESS,
        Err(Trouble::Output(error)) => ended(Err(error)),
        Err(Trouble::Input(error)) => {
            let error = of_system(error, language);
            complain(format_args!("{}: {error}", file.unwrap_or(Path::new("standard input")).display()));
            ExitCode::FAILURE
        }
        Err(Trouble::Misused(why)) => {
            complain(format_args!(
                "{}: {}",
                file.unwrap_or(Path::new("standard input")).display(),
                why.message(language)
            ));
            ExitCode::from(2)
        }
    }
}

/// The input, and its length in bytes if that is known.
fn open(file: Option<&Path>) -> io::Result<(Box<dyn Read + Send>, Option<u64>)> {
    let Some(path) = file else { return Ok((Box::new(io::stdin()), None)) };
    let file = File::open(path)?;
    let about = file.metadata()?;
    Ok((Box::new(file), about.is_file().then_some(about.len())))
}

fn answer_all(args: &BatchArgs, usual: Usual, input: Box<dyn Read + Send>, progress: &Progress) -> Result<(), Trouble> {
    let mut output = BufWriter::with_capacity(pipeline::PIECE_BYTES, io::stdout().lock());
    let threads = args.threads.or_else(|| config::threads("cores")).map_or(1, NonZeroUsize::get);
    if is_csv(args) {
        let (reader, table) = rows::open(args, usual, input, &mut output)?;
        let feed = move |feeder| rows::feed(reader, feeder);
        pipeline::run(threads, feed, move |rows: rows::Rows, hand| table.answer(&rows, hand), &mut output, progress)
    } else {
        let explain = args.explain;
        let feed = move |feeder| lines::feed(input, feeder);
        pipeline::run(
            threads,
            feed,
            move |block, hand| lines::answer(block, usual, explain, hand),
            &mut output,
            progress,
        )
    }
}

fn is_csv(args: &BatchArgs) -> bool {
    let is_named_so = || {
        let extension = args.file.as_deref().and_then(Path::extension);
        extension.is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
    };
    args.csv || args.expr.is_some() || args.column.is_some() || args.output == Output::Csv || is_named_so()
}
