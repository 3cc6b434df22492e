//! `tabuada batch`: one expression a line in, one JSON object a line out, in the same order.
//!
//! Line n of the output answers line n of the input, whatever is in it: a blank line is an expression that is empty.
//! Lines end in `\n` and nothing else. Nothing is kept of a line once it is answered, so the input may have any length.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tabuada_lang::Limits;

use crate::engine;
use crate::facts::Printed;
use crate::line::{Asked, write_explanation, write_failure, write_malformed, write_unreadable, write_value};

/// Longest line that is kept; what is beyond it cannot change that the text is too long.
const LINE_BYTES: u64 = 1 << 20;

/// The clock's limit on one expression.
const DEADLINE: Duration = Duration::from_secs(10);

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
    let input: Box<dyn Read> = match args.file.as_deref().filter(|path| path.as_os_str() != "-") {
        None => Box::new(io::stdin()),
        Some(path) => match File::open(path) {
            Ok(file) => Box::new(file),
            Err(error) => {
                eprintln!("tabuada: {}: {error}", path.display());
                return ExitCode::FAILURE;
            }
        },
    };
    match answer_all(BufReader::new(input), BufWriter::new(io::stdout().lock()), args.explain) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tabuada: {error}");
            ExitCode::FAILURE
        }
    }
}

fn answer_all(mut input: BufReader<impl Read>, mut output: impl Write, explain: bool) -> io::Result<()> {
    let limits = Limits::default();
    let mut line = Vec::new();
    let mut out = String::new();
    while next_line(&mut input, &mut line)? {
        out.clear();
        answer_line(&line, &limits, explain, &mut out);
        out.push('\n');
        output.write_all(out.as_bytes())?;
        // Whoever waits for this answer before sending the next line gets it.
        if input.buffer().is_empty() {
            output.flush()?;
        }
    }
    output.flush()
}

/// Reads the next line, without its end, into `line`; `false` at the end of the input.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    if input.take(LINE_BYTES).read_until(b'\n', line)? == 0 {
        return Ok(false);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() as u64 == LINE_BYTES {
        input.skip_until(b'\n')?;
    }
    Ok(true)
}

fn answer_line(line: &[u8], limits: &Limits, explain: bool, out: &mut String) {
    let asked = match Asked::in_line(line) {
        Ok(asked) => asked,
        Err(malformed) => return write_malformed(malformed, out),
    };
    let question = asked.question();
    let program = match engine::ask(question, limits) {
        Ok(program) => program,
        Err(error) => return write_unreadable(&error, question.text, out),
    };
    let evaluation = engine::evaluate(&program, limits, Instant::now() + DEADLINE);
    match &evaluation.outcome {
        Ok(value) => write_value(&Printed::from(value), out),
        Err(failure) => write_failure(failure, &program, question.text, out),
    }
    if explain {
        write_explanation(&program, Some(evaluation.fuel), out);
    }
}
