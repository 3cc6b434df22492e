//! Replays the inputs that fuzzing kept: requests that together reach all the code that reads requests.
#![allow(clippy::panic)]

use crate::laws;

/// Checks every seed. A seed is a text whose characters are the bytes.
fn replay(target: &str, law: fn(&[u8])) {
    let path = format!("{}/../../fuzz/seeds/{target}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let lines = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    for line in lines.lines() {
        let seed: String = serde_json::from_str(line).expect("a seed is a text");
        law(&seed.chars().map(|byte| u8::try_from(byte).expect("a byte")).collect::<Vec<_>>());
    }
}

#[test]
fn every_head_is_answered_or_dropped() {
    replay("heads", laws::check_head);
}

#[test]
fn every_body_has_an_answer_of_its_type() {
    replay("bodies", laws::check_body);
}

#[test]
fn lines_are_answered_however_they_are_cut() {
    replay("lines", laws::check_lines);
}
