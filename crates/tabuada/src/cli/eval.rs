//! `tabuada eval`.

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::time::Instant;

use tabuada_lang::{ErrorKind, Fix, Hint, Language, Limits, Mode, Notation, Reading, Span, caret};

use super::config::misused;
use super::notation::ShownArgs;
use super::object::{BYTE_ORDER_MARK, DEADLINE, write_answer};
use super::output;
use crate::engine::{self, Engine, Question};
use crate::ndjson::write_too_long;
use crate::words::said;

/// The maximum of characters for a whole text in a hint.
const HELP_CHARACTERS: usize = 76;

/// Arguments of `tabuada eval`.
#[derive(Debug, clap::Args)]
pub struct EvalArgs {
    #[arg(long, value_name = "MODE", default_value_t = Mode::Python)]
    mode: Mode,
    #[command(flatten)]
    shown: ShownArgs,
    #[arg(long)]
    json: bool,
    #[arg(value_name = "EXPR", required = true, allow_hyphen_values = true)]
    expressions: Vec<String>,
}

/// Prints the value of each expression on its own line. Status 0; 1 if one failed; 2 if a setting is wrong.
pub fn eval(args: &EvalArgs, language: Language) -> ExitCode {
    let usual = match args.shown.usual(args.mode) {
        Ok(usual) => usual,
        Err(error) => return misused(&error, language),
    };
    let mut status = ExitCode::SUCCESS;
    for expression in &args.expressions {
        let text = if expression == "-" { from_stdin() } else { Ok(Ok(expression.clone())) };
        let outcome = text.and_then(|text| match (text, args.json) {
            (Ok(text), true) => print_json(&usual.question(text)),
            (Ok(text), false) => print(&usual.question(text), language),
            (Err(bytes), is_json) => refuse(bytes, is_json, language),
        });
        match outcome {
            Ok(true) => {}
            Ok(false) => status = ExitCode::FAILURE,
            // The reader of the output has gone, so the rest need not be written.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return status,
            Err(error) => {
                output::complain(error);
                status = ExitCode::FAILURE;
            }
        }
    }
    status
}

/// One expression, which may span lines inside brackets. If it is too long, its length in bytes.
fn from_stdin() -> io::Result<Result<String, u64>> {
    let limit = Limits::default().text_bytes;
    let mut input = io::stdin().lock();
    let mut text = Vec::new();
    input.by_ref().take(limit + BYTE_ORDER_MARK.len() as u64 + 1).read_to_end(&mut text)?;
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
    let bytes = text.len() as u64;
    if bytes > limit {
        return Ok(Err(bytes + io::copy(&mut input, &mut io::sink())?));
    }
    let text = std::str::from_utf8(text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(Ok(text.to_owned()))
}

fn print_json(question: &Question<'_>) -> io::Result<bool> {
    let mut out = String::new();
    let answered = write_answer(&mut Engine::default(), question, &Limits::default(), false, &mut out);
    writeln!(io::stdout().lock(), "{out}").map(|()| answered.has_value)
}

/// Reports that a text has too many bytes.
fn refuse(bytes: u64, is_json: bool, language: Language) -> io::Result<bool> {
    let limit = Limits::default().text_bytes;
    if is_json {
        let mut out = String::new();
        write_too_long(bytes, limit, &mut out);
        return writeln!(io::stdout().lock(), "{out}").map(|()| false);
    }
    let message = ErrorKind::TooLong { bytes, limit }.message(language);
    writeln!(io::stderr().lock(), "tabuada: {message}").map(|()| false)
}

fn print(question: &Question<'_>, language: Language) -> io::Result<bool> {
    let (text, limits) = (&*question.text, Limits::default());
    let program = match engine::ask(question, &limits) {
        Ok(program) => program,
        Err(error) => {
            complain(question, error.span, &error.kind, language)?;
            offer_readings(error.kind.readings(), language)?;
            return help(text, &engine::fixes_of_unreadable(question, &error), language).map(|()| false);
        }
    };
    let answered = match engine::evaluate(&program, &limits, Instant::now() + DEADLINE).outcome {
        Ok(value) => {
            let shown = question.show(value.text());
            writeln!(io::stdout().lock(), "{}", shown.as_deref().unwrap_or(value.text())).map(|()| true)
        }
        Err(failure) => {
            complain(question, program.span(failure.node), &failure.kind, language)?;
            help(text, &engine::fixes_of_failed(question, &program, &failure), language).map(|()| false)
        }
    };
    let hints = engine::hints(question, &program);
    hints.iter().try_for_each(|hint| tell(text, hint, question.notation, language))?;
    answered
}

/// Prints a hint: where a text may not mean what its author meant.
pub(super) fn tell(text: &str, hint: &Hint, notation: Notation, language: Language) -> io::Result<()> {
    let message = said::HINT.with(language, &[&hint.kind.message_in(language, notation)]);
    writeln!(io::stderr().lock(), "{message}\n{}", caret(text, hint.span))?;
    help(text, &hint.fixes, language)
}

fn complain(question: &Question<'_>, span: Span, kind: &ErrorKind, language: Language) -> io::Result<()> {
    let message = kind.message_in(language, question.notation);
    writeln!(io::stderr().lock(), "tabuada: {message}\n{}", caret(&question.text, span))
}

/// Prints the readings of an ambiguous text, on one line if they fit.
pub(super) fn offer_readings(readings: &[Reading], language: Language) -> io::Result<()> {
    let texts: Vec<&str> = readings.iter().map(|reading| reading.text.trim()).collect();
    let either = texts.join(said::OR.say(language));
    if fits(&either) && !texts.is_empty() {
        return writeln!(io::stderr().lock(), "{}", said::DID_YOU_MEAN.with(language, &[&either]));
    }
    texts.iter().try_for_each(|text| writeln!(io::stderr().lock(), "{}", said::WRITE.with(language, &[text])))
}

/// Prints the fixed texts, the likeliest first: on one line, if they fit.
pub(super) fn help(text: &str, fixes: &[Fix], language: Language) -> io::Result<()> {
    let or = said::OR.say(language);
    let either = fixes.iter().map(|fix| fix.apply(text)).collect::<Vec<_>>().join(or);
    if fixes.len() > 1 && fits(&either) {
        return writeln!(io::stderr().lock(), "{}", said::DID_YOU_MEAN.with(language, &[&either]));
    }
    fixes.iter().try_for_each(|fix| writeln!(io::stderr().lock(), "{}", help_with(text, fix, language)))
}

fn fits(text: &str) -> bool {
    text.chars().count() <= HELP_CHARACTERS && !text.contains(char::is_control)
}

/// The fixed text if it fits on a line. Otherwise the part to replace and its replacement.
fn help_with(text: &str, fix: &Fix, language: Language) -> String {
    let mended = fix.apply(text);
    if fits(&mended) {
        return said::WRITE.with(language, &[&mended]);
    }
    // Both parts are cut to a maximum length, and control characters are replaced, which could move the terminal's
    // cursor.
    let short = |part: &str| part.chars().take(HELP_CHARACTERS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let (replacement, replaced): (String, String) = (short(&fix.replacement), short(fix.span.of(text)));
    match (replacement.is_empty(), replaced.is_empty()) {
        (true, _) => said::LEAVE_OUT.with(language, &[&replaced]),
        (_, true) => said::PUT_IN.with(language, &[&replacement]),
        _ => said::WRITE_FOR.with(language, &[&replacement, &replaced]),
    }
}
