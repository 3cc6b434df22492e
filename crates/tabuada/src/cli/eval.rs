//! `tabuada eval`.

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tabuada_lang::{ErrorKind, Language, Limits, Span, caret};

use crate::args::EvalArgs;
use crate::engine;

/// The clock's limit on one expression.
const DEADLINE: Duration = Duration::from_secs(10);

/// Prints the value of each expression on a line of its own: 0, or 1 if one failed.
pub fn eval(args: &EvalArgs) -> ExitCode {
    let mut status = ExitCode::SUCCESS;
    for expression in &args.expressions {
        let outcome = if expression == "-" { from_stdin().and_then(|text| print(&text)) } else { print(expression) };
        match outcome {
            Ok(true) => {}
            Ok(false) => status = ExitCode::FAILURE,
            // Whoever read our output has gone; there is nobody to tell.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return status,
            Err(error) => {
                eprintln!("tabuada: {error}");
                status = ExitCode::FAILURE;
            }
        }
    }
    status
}

/// One expression, which may span lines inside brackets.
fn from_stdin() -> io::Result<String> {
    let mut text = String::new();
    // One byte more than may be, so that too long is seen to be so.
    io::stdin().take(Limits::default().text_bytes + 1).read_to_string(&mut text)?;
    Ok(text)
}

fn print(text: &str) -> io::Result<bool> {
    let limits = Limits::default();
    let program = match engine::read(text, &limits) {
        Ok(program) => program,
        Err(error) => return complain(text, error.span, &error.kind),
    };
    match engine::evaluate(&program, &limits, Instant::now() + DEADLINE).outcome {
        Ok(value) => writeln!(io::stdout().lock(), "{}", value.text()).map(|()| true),
        Err(failure) => complain(text, program.span(failure.node), &failure.kind),
    }
}

fn complain(text: &str, span: Span, kind: &ErrorKind) -> io::Result<bool> {
    let message = kind.message(Language::English);
    writeln!(io::stderr().lock(), "tabuada: {message}\n{}", caret(text, span)).map(|()| false)
}
