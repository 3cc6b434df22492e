//! The corpora of texts that language models send: the first fix, applied once, gives what is meant, and no fix gives
//! another value.

// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeMap;

use serde_json::Value as Json;
use tabuada_lang::{Context, Limits, fixes, parse};

struct Record {
    category: String,
    text: String,
    /// What CPython gives for the meaning; none if no fix may be offered.
    value: Option<String>,
    /// Values of other readings, which may be offered behind the first.
    also: Vec<String>,
}

fn records(file: &str) -> Vec<Record> {
    let path = format!("{}/../../../corpus/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let read = |line| {
        let json: Json = serde_json::from_str(line).unwrap();
        let field = |name: &str| json[name].as_str().map(str::to_owned);
        let also = json["also"].as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned);
        Record {
            category: field("category").unwrap(),
            text: field("text").unwrap(),
            value: field("value"),
            also: also.collect(),
        }
    };
    text.lines().map(read).collect()
}

fn value(text: &str) -> Option<String> {
    let limits = Limits::default();
    let answer = parse(text, &limits).ok()?.evaluate(&limits).ok()?;
    Some(answer.text().to_owned())
}

/// What is offered for a text as it is sent: the fixes of its error, else those of its hints.
fn offered(text: &str) -> Vec<String> {
    let (limits, context) = (Limits::default(), Context::default());
    let fixes = match parse(text, &limits) {
        Err(error) => fixes(text, &error, &context, &limits),
        Ok(program) => match program.evaluate(&limits) {
            Err(failure) => program.fixes(text, &failure, &context, &limits),
            Ok(_) => program.hints(text, &context, &limits).into_iter().flat_map(|hint| hint.fixes).collect(),
        },
    };
    fixes.iter().map(|fix| fix.apply(text)).collect()
}

/// Whether two values are the same number: ours are correctly rounded, those of CPython come from a C library.
fn is_value(ours: &str, wanted: &str) -> bool {
    let is_float = |text: &str| text.contains(['.', 'e']) && text.parse::<f64>().is_ok();
    if !is_float(ours) && !is_float(wanted) {
        return ours == wanted;
    }
    match (ours.parse::<f64>(), wanted.parse::<f64>()) {
        (Ok(a), Ok(b)) => (a - b).abs() <= 4e-15 * b.abs(),
        _ => false,
    }
}

enum Outcome {
    Right,
    /// Nothing, or nothing with a value, is offered first.
    Missing,
    /// A fix has a value that is not meant.
    Wrong,
}

fn outcome(record: &Record) -> Outcome {
    let fixes = offered(&record.text);
    let values: Vec<Option<String>> = fixes.iter().map(|fix| value(fix)).collect();
    let is_meant = |found: &str| record.value.as_ref().is_some_and(|wanted| is_value(found, wanted));
    let is_other = |found: &str| record.also.iter().any(|other| is_value(found, other));
    let any_is_meant = values.iter().flatten().any(|found| is_meant(found));
    // Another reading is offered only beside the one that is meant.
    let is_allowed = |found: &String| is_meant(found) || (any_is_meant && is_other(found));
    match (&record.value, values.first()) {
        _ if !values.iter().flatten().all(is_allowed) => Outcome::Wrong,
        (None, None) => Outcome::Right,
        (Some(_), Some(Some(first))) if is_meant(first) => Outcome::Right,
        _ => Outcome::Missing,
    }
}

/// Prints the share of texts that are mended, by category, and gives how many are, and the texts with a wrong fix.
fn measured(file: &str) -> (usize, usize, Vec<String>) {
    let records = records(file);
    let mut shares: BTreeMap<&str, (usize, usize, Vec<String>)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for record in &records {
        let told = || format!("{:?} -> {:?}", record.text, offered(&record.text));
        let (right, all, missing) = shares.entry(&record.category).or_default();
        *all += 1;
        match outcome(record) {
            Outcome::Right => *right += 1,
            Outcome::Missing => missing.push(told()),
            Outcome::Wrong => wrong.push(format!("{}, meant {:?}", told(), record.value)),
        }
    }
    for (category, (right, all, missing)) in &shares {
        println!("{right:3} of {all:3}  {category}");
        missing.iter().for_each(|told| println!("              {told}"));
    }
    let right = shares.values().map(|(right, ..)| right).sum();
    println!("{right} of {} texts of {file} are mended; {} fixes are wrong: {wrong:#?}", records.len(), wrong.len());
    (right, records.len(), wrong)
}

#[test]
fn four_of_five_texts_of_language_models_are_mended_by_one_fix() {
    let (right, all, wrong) = measured("models.jsonl");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(right * 5 >= all * 4, "{right} of {all}");
}

/// Texts for which no rule was made.
#[test]
fn four_of_five_texts_that_no_rule_was_made_for_are_mended_by_one_fix() {
    let (right, all, wrong) = measured("models_sisters.jsonl");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(right * 5 >= all * 4, "{right} of {all}");
}

/// A text that is answered as it is meant needs no fix, and is no record.
#[test]
fn each_text_of_the_corpus_is_wrong_as_it_is_sent() {
    let is_right = |record: &&Record| {
        let found = value(&record.text);
        found.zip(record.value.as_ref()).is_some_and(|(found, wanted)| is_value(&found, wanted))
    };
    let records: Vec<Record> = ["models.jsonl", "models_sisters.jsonl"].iter().flat_map(|file| records(file)).collect();
    let right: Vec<&str> = records.iter().filter(is_right).map(|record| &*record.text).collect();
    assert!(right.is_empty(), "{right:#?}");
}
