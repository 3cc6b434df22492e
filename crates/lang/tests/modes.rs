//! Number modes, judged by Python's `decimal` and `fractions` and by mpmath.

// Helpers of tests may panic as tests do.
#![allow(clippy::panic, clippy::unwrap_used)]

use serde_json::Value as Json;
use tabuada_lang::{
    Answer, Argument, Context, Digits, ErrorKind, Fuel, Language, Limits, Mode, ModeError, Program, functions,
    parse_with,
};

fn read(mode: Mode, text: &str) -> Program {
    let context = Context { mode, ..Context::default() };
    // A number's canonical text is its digits: it may be no longer than the text, but for brackets.
    let limits = Limits { text_bytes: u64::MAX, ..Limits::default() };
    let program = parse_with(text, &context, &limits).unwrap_or_else(|error| panic!("{mode} {text:?}: {error:?}"));
    let canonical = program.canonical();
    let again = parse_with(&canonical, &context, &limits).unwrap_or_else(|error| panic!("{canonical:?}: {error:?}"));
    assert!(again.same_as(&program), "{mode} {text:?} -> {canonical:?} is another program");
    assert_eq!(again.canonical(), canonical, "{mode} {text:?}");
    program
}

fn answer(mode: &str, text: &str) -> Result<Answer, ErrorKind> {
    let mode = mode.parse().unwrap();
    let limits = Limits::default();
    read(mode, text).evaluate(&limits, &mut Fuel::new(limits.fuel)).map_err(|failure| failure.kind)
}

/// The answer's text, or the code of the error.
fn outcome(mode: &str, text: &str) -> String {
    match answer(mode, text) {
        Ok(answer) => answer.text().to_owned(),
        Err(kind) => format!("! {}", kind.code()),
    }
}

#[track_caller]
fn check(mode: &str, cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .map(|(text, expected)| (text, expected, outcome(mode, text)))
        .filter(|(_, expected, got)| *expected != got)
        .map(|(text, expected, got)| format!("{text}: {got} instead of {expected}"))
        .collect();
    assert!(wrong.is_empty(), "{mode}\n{}", wrong.join("\n"));
}

fn judge(file: &str, mode_of: fn(&Json) -> String, least: usize) {
    let path = format!("{}/../../corpus/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let records: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(records.len() >= least, "{} records", records.len());
    let mut wrong = Vec::new();
    for record in &records {
        let (mode, text) = (mode_of(record), record["t"].as_str().unwrap());
        let expected = match record["e"].as_str() {
            Some(code) => format!("! {code}"),
            None => record["r"].as_str().unwrap().to_owned(),
        };
        let got = outcome(&mode, text);
        if got != expected {
            wrong.push(format!("{mode} {text}: {got} instead of {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong\n{}", wrong.len(), records.len(), wrong.join("\n"));
}

#[test]
fn decimals_answer_as_python_and_the_functions_are_right_to_the_last_digit() {
    judge("decimals.jsonl", |record| format!("decimal:{}", record["n"]), 9_000);
}

#[test]
fn fractions_answer_as_python() {
    judge("exact.jsonl", |_| "exact".to_owned(), 3_000);
}

#[test]
fn a_mode_has_one_name() {
    for name in ["python", "exact", "decimal:1", "decimal:50", "decimal:1000"] {
        assert_eq!(name.parse::<Mode>().map(|mode| mode.to_string()), Ok(name.to_owned()));
    }
    for name in ["decimal:", "decimal:0", "decimal:01", "decimal:+5", "decimal:1001", "decimal:99999999999999999999"] {
        assert_eq!(name.parse::<Mode>(), Err(ModeError::Digits), "{name}");
    }
    for name in ["", "Python", "decimal", " exact", "decimal50"] {
        assert_eq!(name.parse::<Mode>(), Err(ModeError::Unknown), "{name}");
    }
    assert_eq!(Digits::new(1_001), None);
    let json = serde_json::to_string(&Mode::Exact).unwrap();
    assert_eq!((json.as_str(), serde_json::from_str::<Mode>(&json).unwrap()), ("\"exact\"", Mode::Exact));
}

#[test]
fn a_program_knows_its_mode() {
    let exact = read(Mode::Exact, "1/3");
    assert_eq!(exact.mode(), Mode::Exact);
    assert!(!exact.same_as(&read(Mode::Python, "1/3")));
}
