//! What must hold for every line in Redis, for the fuzz target of `fuzz/` and, with its seeds, for `./test`. No
//! released build contains it.
#![allow(
    missing_docs,
    clippy::panic,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "for two callers, which are tests"
)]

use serde_json::value::RawValue;
use tabuada_lang::{JsonNumbers, Limits};

use crate::engine::{Question, ask, try_evaluate};
use crate::record::Answer;

/// The fuel of an expression here: little, so that many can be tried.
const FUEL: u64 = 200_000;

/// Reads a text as a line from Redis: it is unusable, or an answer that is written and read back unchanged. Also reads
/// it as an expression: its answer in each mode is read back unchanged.
pub fn check_entry(text: &str) {
    let limits = Limits::default();
    if let Some(answer) = Answer::decode(text, &limits) {
        check_kept(&answer, &limits);
    }
    for mode in ["python", "exact", "decimal:28"] {
        let mode = mode.parse().unwrap();
        let Ok(program) = ask(&Question::new(text, mode), &limits) else { continue };
        let Some(evaluation) = try_evaluate(&program, &limits, FUEL).filter(|_| program.is_pure()) else { continue };
        check_kept(&Answer::new(evaluation, mode, 1), &limits);
    }
}

fn check_kept(answer: &Answer, limits: &Limits) {
    let mut forms = vec![answer.resultado()];
    if let Ok(printed) = &answer.outcome {
        let mut exact = String::new();
        printed.write_json(JsonNumbers::Exact, &mut exact);
        forms.push(exact);
    }
    for form in &forms {
        assert!(serde_json::from_str::<&RawValue>(form).is_ok(), "{form} of {answer:?}");
    }
    // A line that would be read as another value is not written.
    let Some(line) = answer.encode(limits) else { return };
    let again = Answer::decode(&line, limits).unwrap_or_else(|| panic!("{line} is not read back"));
    assert_eq!((again.encode(limits), again.resultado()), (Some(line), forms.swap_remove(0)));
}

#[cfg(test)]
mod tests {
    /// A seed is a text whose characters are the bytes.
    #[test]
    fn every_seed_is_kept_or_unusable() {
        let seeds = include_str!("../../../fuzz/seeds/entries.jsonl");
        for line in seeds.lines() {
            let seed: String = serde_json::from_str(line).unwrap();
            let bytes: Vec<u8> = seed.chars().map(|byte| u8::try_from(byte).unwrap()).collect();
            super::check_entry(&String::from_utf8(bytes).unwrap());
        }
    }
}
