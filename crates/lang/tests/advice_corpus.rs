//! The corpus of advice: fixes for texts that people write, and fixes that must never be offered.

// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic, clippy::unwrap_used)]

use serde_json::Value as Json;
use tabuada_lang::{Context, Limits, fixes, parse};

/// The outcome of a text: its value, all fixes offered, and whether it has a hint.
struct Told {
    value: Option<String>,
    fixes: Vec<String>,
    has_hint: bool,
}

fn told(text: &str) -> Told {
    let (limits, context) = (Limits::default(), Context::default());
    let program = match parse(text, &limits) {
        Ok(program) => program,
        Err(error) => {
            let fixes = fixes(text, &error, &context, &limits);
            return Told { value: None, fixes: fixes.iter().map(|fix| fix.apply(text)).collect(), has_hint: false };
        }
    };
    let hints = program.hints(text, &context, &limits);
    let mut offered: Vec<String> = hints.iter().flat_map(|hint| &hint.fixes).map(|fix| fix.apply(text)).collect();
    let value = match program.evaluate(&limits) {
        Ok(answer) => Some(answer.text().to_owned()),
        Err(failure) => {
            let fixes = program.fixes(text, &failure, &context, &limits);
            offered.extend(fixes.iter().map(|fix| fix.apply(text)));
            None
        }
    };
    Told { value, fixes: offered, has_hint: !hints.is_empty() }
}

fn value(text: &str) -> Option<String> {
    let limits = Limits::default();
    let answer = parse(text, &limits).ok()?.evaluate(&limits).ok()?;
    Some(answer.text().to_owned())
}

fn strings(json: &Json) -> Vec<String> {
    match json {
        Json::String(text) => vec![text.clone()],
        Json::Array(list) => list.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Whether two texts differ only in blanks.
fn is_same(one: &str, other: &str) -> bool {
    let plain = |text: &str| -> String { text.chars().filter(|c| !c.is_whitespace()).collect() };
    plain(one) == plain(other)
}

/// Whether two values are the same; the corpus's floats come from the functions of a C library.
fn is_value(ours: &str, wanted: &str) -> bool {
    match (ours.parse::<f64>(), wanted.parse::<f64>()) {
        (Ok(a), Ok(b)) if ours.contains('.') && wanted.contains('.') => (a - b).abs() <= 4e-15 * b.abs(),
        _ => ours == wanted,
    }
}

/// The differences between the outcome and the record.
fn complaint(record: &Json) -> Option<String> {
    let text = record["text"].as_str().unwrap();
    let told = told(text);
    let values = strings(&record["value"]);
    let never = strings(&record["never"]);
    let has_value = |value: &Option<String>| {
        value.as_ref().is_some_and(|value| values.iter().any(|wanted| is_value(value, wanted)))
    };
    let complain = |what: &str| Some(format!("{text:?}: {what}; offered {:?}, value {:?}", told.fixes, told.value));
    if let Some(wanted) = record["hint"].as_bool()
        && wanted != told.has_hint
    {
        return complain(if wanted { "a hint is wanted" } else { "no hint is wanted" });
    }
    if told.fixes.iter().any(|fix| never.iter().any(|never| is_same(fix, never))) {
        return complain("what is never right is offered");
    }
    if !values.is_empty() && !told.fixes.iter().all(|fix| has_value(&value(fix))) {
        return complain("a fix has another value");
    }
    match record.get("want") {
        None => None,
        Some(Json::Null) if told.fixes.is_empty() => None,
        Some(Json::Null) => complain("nothing is to be offered"),
        Some(wanted) => {
            let wanted = strings(wanted);
            let is_wanted = |fix: &String| wanted.iter().any(|wanted| is_same(fix, wanted)) || has_value(&value(fix));
            if told.fixes.iter().any(is_wanted) || has_value(&told.value) { None } else { complain("a fix is wanted") }
        }
    }
}

#[test]
fn advice_is_what_the_corpus_wants() {
    let path = format!("{}/../../../corpus/advice.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let records: Vec<Json> = text.split('\n').filter_map(|line| serde_json::from_str(line).ok()).collect();
    let wrong: Vec<String> = records.iter().filter_map(complaint).collect();
    let right = records.len() - wrong.len();
    assert!(right * 100 >= records.len() * 99, "{right} of {}:\n{}", records.len(), wrong.join("\n"));
}
