//! `tabuada batch`: one expression a line in, one JSON object a line out, in the same order.
//!
//! Line n of the output answers line n of the input, whatever is in it: a blank line is an expression that is empty.
//! Lines end in `\n` and nothing else. Nothing is kept of a line once it is answered, so the input may have any length.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tabuada_lang::Limits;

use super::object::{BYTE_ORDER_MARK, write_answer};
use super::output::ended;
use crate::line::{Asked, write_malformed, write_too_long};

/// Longest line that is kept; what is beyond it cannot change that the text is too long.
const LINE_BYTES: u64 = 1 << 20;

/// Arguments of `tabuada batch`.
#[derive(Debug, clap::Args)]
pub struct BatchArgs {
    /// File to read; standard input if it is `-` or not given.
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Add what an answer rests on: canonical text, purity, fuel.
    #[arg(long)]
    pub explain: bool,
}

/// Answers every line: 0, also if expressions failed, since that is said in their lines; 1 if the file cannot be read.
pub fn batch(args: &BatchArgs) -> ExitCode {
    let file = args.file.as_deref().filter(|path| path.as_os_str() != "-");
    let opened: io::Result<Box<dyn Read>> = match file {
        None => Ok(Box::new(io::stdin())),
        Some(path) => File::open(path).map(|file| Box::new(file) as _),
    };
    let answered = opened
        .map_err(Trouble::Input)
        .and_then(|input| answer_all(BufReader::new(input), BufWriter::new(io::stdout().lock()), args.explain));
    match answered {
        Ok(()) => ExitCode::SUCCESS,
        Err(Trouble::Output(error)) => ended(Err(error)),
        Err(Trouble::Input(error)) => {
            eprintln!("tabuada: {}: {error}", file.unwrap_or(Path::new("standard input")).display());
            ExitCode::FAILURE
        }
    }
}

/// Why a batch ends before its end.
#[derive(Debug)]
enum Trouble {
    Input(io::Error),
    Output(io::Error),
}

fn answer_all(mut input: BufReader<impl Read>, mut output: impl Write, explain: bool) -> Result<(), Trouble> {
    let limits = Limits::default();
    let mut line = Vec::new();
    let mut out = String::new();
    let mut is_first = true;
    while let Some(bytes) = next_line(&mut input, &mut line).map_err(Trouble::Input)? {
        out.clear();
        if bytes > LINE_BYTES {
            write_too_long(bytes, limits.text_bytes, &mut out);
        } else {
            let mark = if is_first { BYTE_ORDER_MARK } else { b"" };
            answer_line(line.strip_prefix(mark).unwrap_or(&line), &limits, explain, &mut out);
        }
        is_first = false;
        out.push('\n');
        output.write_all(out.as_bytes()).map_err(Trouble::Output)?;
        // Whoever waits for this answer before sending the next line gets it.
        if input.buffer().is_empty() {
            output.flush().map_err(Trouble::Output)?;
        }
    }
    output.flush().map_err(Trouble::Output)
}

/// Reads the next line, without its end, into `line`, as much of it as is kept: how many bytes it has in all. `None` at the
/// end of the input.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<u64>> {
    line.clear();
    if input.take(LINE_BYTES).read_until(b'\n', line)? == 0 {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() as u64 == LINE_BYTES {
        return skip_line(input).map(|rest| Some(LINE_BYTES + rest));
    }
    Ok(Some(line.len() as u64))
}

/// Skips the rest of a line: how many bytes it has, its end not counted.
fn skip_line(input: &mut impl BufRead) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let buffer = input.fill_buf()?;
        let (bytes, is_end) = match memchr::memchr(b'\n', buffer) {
            Some(at) => (at, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        skipped += bytes as u64;
        let is_newline = is_end && !buffer.is_empty();
        input.consume(bytes + usize::from(is_newline));
        if is_end {
            return Ok(skipped);
        }
    }
}

fn answer_line(line: &[u8], limits: &Limits, explain: bool, out: &mut String) {
    match Asked::in_line(line) {
        Ok(asked) => {
            write_answer(asked.question(), limits, explain, out);
        }
        Err(malformed) => write_malformed(malformed, out),
    }
}
