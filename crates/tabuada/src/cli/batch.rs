//! `tabuada batch`: one expression a line in, one JSON object a line out, in the same order.
//!
//! Line n of the output answers line n of the input, whatever is in it: a blank line is an expression that is empty.
//! Lines end in `\n` and nothing else. Nothing is kept of a line once it is answered, so the input may have any length.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::value::RawValue;
use tabuada_lang::{Error, ErrorKind, Language, Limits, Mode, Program, Span};

use crate::args::BatchArgs;
use crate::engine::{self, Question};
use crate::facts::Printed;
use crate::json::write_string;

/// Longest line that is kept; what is beyond it cannot change that the text is too long.
const LINE_BYTES: u64 = 1 << 20;

/// The clock's limit on one expression.
const DEADLINE: Duration = Duration::from_secs(10);

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

/// A line that is a JSON object with `expr`.
#[derive(Deserialize)]
struct Record<'l> {
    #[serde(borrow)]
    expr: &'l RawValue,
    #[serde(borrow, default)]
    variables: Option<&'l RawValue>,
    #[serde(borrow, default)]
    mode: Option<&'l RawValue>,
}

fn answer_line<'l>(line: &'l [u8], limits: &Limits, explain: bool, out: &mut String) {
    let Ok(line) = std::str::from_utf8(line) else {
        return write_error("malformed", "the line is not valid UTF-8", None, out);
    };
    let record = Some(line).filter(|line| line.trim_start().starts_with('{'));
    let Some(record) = record.and_then(|line| serde_json::from_str::<Record<'l>>(line).ok()) else {
        return answer(Question { text: line, ..Question::default() }, limits, explain, out);
    };
    let given = |member: Option<&'l RawValue>| member.map(RawValue::get).filter(|json| *json != "null");
    let mode = match given(record.mode).map(serde_json::from_str::<Mode>).transpose() {
        Ok(mode) => mode.unwrap_or_default(),
        Err(_) => return write_error("malformed", "mode is python, exact or decimal:N, N from 1 to 1000", None, out),
    };
    match serde_json::from_str::<Cow<'_, str>>(record.expr.get()) {
        Ok(text) => {
            let question = Question { text: &text, mode, variables: given(record.variables) };
            answer(question, limits, explain, out);
        }
        Err(_) => write_error("malformed", "expr is not a string", None, out),
    }
}

fn answer(question: Question<'_>, limits: &Limits, explain: bool, out: &mut String) {
    let text = question.text;
    let program = match engine::ask(question, limits) {
        Ok(program) => program,
        Err(Error { kind: kind @ ErrorKind::Variable(_), .. }) => {
            // Nothing is wrong with the text: there is no place in it to show.
            return write_error(kind.code(), &kind.message(Language::English), None, out);
        }
        Err(error) => {
            return write_error(
                error.kind.code(),
                &error.kind.message(Language::English),
                Some((text, error.span)),
                out,
            );
        }
    };
    let evaluation = engine::evaluate(&program, limits, Instant::now() + DEADLINE);
    match &evaluation.outcome {
        Ok(value) => {
            let printed = Printed::from(value);
            out.push_str("{\"result\":");
            printed.write_json(out);
            out.push_str(",\"type\":");
            write_string(printed.type_name, out);
            out.push_str(",\"text\":");
            write_string(&printed.text, out);
            out.push('}');
        }
        Err(failure) => {
            let place = Some((text, program.span(failure.node)));
            write_error(failure.kind.code(), &message(&failure.kind), place, out);
        }
    }
    if explain {
        write_explanation(&program, evaluation.fuel, out);
    }
}

/// CPython's words where CPython fails at run time, else ours.
fn message(kind: &ErrorKind) -> String {
    kind.python().unwrap_or_else(|| kind.message(Language::English))
}

fn write_error(code: &str, message: &str, place: Option<(&str, Span)>, out: &mut String) {
    out.push_str("{\"error\":{\"code\":");
    write_string(code, out);
    out.push_str(",\"message\":");
    write_string(message, out);
    if let Some((text, span)) = place {
        let (start, end) = span.in_characters(text);
        out.push_str(&format!(",\"span\":{{\"start\":{start},\"end\":{end}}}"));
    }
    out.push_str("}}");
}

/// Adds members to the object that `out` ends with.
fn write_explanation(program: &Program, fuel: u64, out: &mut String) {
    out.pop();
    out.push_str(",\"canonical\":");
    write_string(&program.canonical(), out);
    out.push_str(&format!(",\"pure\":{},\"fuel\":{fuel}}}", program.is_pure()));
}
