//! `tabuada plot`.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tabuada_lang::{Language, Limits, caret};

use super::eval::{help, tell};
use crate::plot::{Plot, Refusal, SIZE};

/// The clock's limit on a picture.
const DEADLINE: Duration = Duration::from_secs(10);

/// Arguments of `tabuada plot`.
#[derive(Debug, clap::Args)]
pub struct PlotArgs {
    /// Expressions of x, a curve each.
    #[arg(value_name = "EXPR", required = true)]
    pub expressions: Vec<String>,
    /// Where x begins, a number or an expression [default: -10].
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    pub from: Option<String>,
    /// Where x ends, a number or an expression such as 2*pi [default: 10].
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    pub to: Option<String>,
    /// The lowest y that is shown [default: what the values ask for].
    #[arg(long, value_name = "Y", allow_hyphen_values = true)]
    pub y_from: Option<String>,
    /// The highest y that is shown [default: what the values ask for].
    #[arg(long, value_name = "Y", allow_hyphen_values = true)]
    pub y_to: Option<String>,
    /// Pixels across [default: 720].
    #[arg(long, value_name = "PIXELS")]
    pub width: Option<u32>,
    /// Pixels down [default: 450].
    #[arg(long, value_name = "PIXELS")]
    pub height: Option<u32>,
    /// File to write, SVG or PNG by its name; SVG on standard output if it is `-` or not given.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Draws the expressions into a file, or as SVG on standard output: 0; 1 if one cannot be drawn; 2 if it is misused.
pub fn plot(args: &PlotArgs, language: Language) -> ExitCode {
    let plot = Plot {
        exprs: args.expressions.clone(),
        from: args.from.clone(),
        to: args.to.clone(),
        y_from: args.y_from.clone(),
        y_to: args.y_to.clone(),
        size: (args.width.unwrap_or(SIZE.0), args.height.unwrap_or(SIZE.1)),
        language,
    };
    let deadline = Instant::now() + DEADLINE;
    let seed = crate::engine::chance();
    let stop = || Instant::now() >= deadline;
    let picture = match plot.picture(&Limits::default(), seed, &stop) {
        Ok(picture) => picture,
        Err(refusal) => return complain(&plot, &refusal, language),
    };
    for (text, hints) in plot.exprs.iter().zip(&picture.hints) {
        // Whoever does not hear hints gets the picture all the same.
        let _ = hints.iter().try_for_each(|hint| tell(text, hint, language));
    }
    let output = args.output.as_deref().filter(|path| path.as_os_str() != "-");
    let is_png = output.and_then(Path::extension).is_some_and(|extension| extension.eq_ignore_ascii_case("png"));
    let bytes = if is_png { picture.png(&stop) } else { Some(picture.svg().into_bytes()) };
    let written = bytes
        .ok_or_else(|| if stop() { io::ErrorKind::TimedOut } else { io::ErrorKind::OutOfMemory }.into())
        .and_then(|bytes| match output {
            Some(path) => fs::write(path, bytes),
            None => io::stdout().lock().write_all(&bytes),
        });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tabuada: {}: {error}", output.unwrap_or(Path::new("standard output")).display());
            ExitCode::FAILURE
        }
    }
}

fn complain(plot: &Plot, refusal: &Refusal, language: Language) -> ExitCode {
    eprintln!("tabuada: {}", refusal.message(language));
    match refusal {
        Refusal::Expression { at, error, fixes } => {
            let text = &plot.exprs[*at];
            eprintln!("{}", caret(text, error.span));
            let _ = help(text, fixes, language);
            ExitCode::FAILURE
        }
        Refusal::Stopped(_) => ExitCode::FAILURE,
        _ => ExitCode::from(2),
    }
}
