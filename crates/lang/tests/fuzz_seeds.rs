//! Replays the seeds of fuzzing: texts that together reach every part of the language.
// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic, clippy::unwrap_used)]

use crate::advice_law::advice;
use crate::laws;

fn seeds() -> Vec<String> {
    let path = format!("{}/../../../fuzz/seeds/texts.jsonl", env!("CARGO_MANIFEST_DIR"));
    let lines = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    lines.split_terminator('\n').map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Checks every seed, and names those that break the law.
fn replay(law: fn(&str)) {
    let broken: Vec<String> =
        seeds().into_iter().filter(|text| std::panic::catch_unwind(|| law(text)).is_err()).collect();
    assert!(broken.is_empty(), "{} seeds broke the law: {broken:#?}", broken.len());
}

#[test]
fn every_seed_ends_as_its_canonical_text_does() {
    replay(laws::check_evaluation);
}

#[test]
fn every_seed_has_one_key_however_it_is_spelled() {
    replay(laws::check_same_key);
}

#[test]
fn every_seed_is_read_in_school_notation_within_its_laws() {
    // Its longest part is advice, and that is tested on other texts.
    let broken: Vec<String> = seeds()
        .into_iter()
        .step_by(12)
        .filter(|text| std::panic::catch_unwind(|| laws::check_school(text)).is_err())
        .collect();
    assert!(broken.is_empty(), "{} seeds broke the law: {broken:#?}", broken.len());
}

#[test]
fn every_seed_is_advised_within_the_law() {
    replay(|text| {
        advice::follow(text);
    });
}
