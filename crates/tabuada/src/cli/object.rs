//! What a question comes to, as the object of JSON that programs read.

use std::time::Duration;

use tabuada_lang::Limits;

use crate::engine::{Engine, Question};
use crate::ndjson::{write_explanation, write_failure, write_unreadable, write_value};
use crate::record::Printed;

/// The clock's limit on one expression.
pub(super) const DEADLINE: Duration = Duration::from_secs(10);

/// What some editors begin a file with: no part of its text.
pub(super) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Answers a question and writes the object, without an end of line; with `explain`, what the answer rests on too. Gives
/// what it came to: the value or the fact that there is none, and the fuel.
pub(super) fn write_answer(
    engine: &mut Engine,
    question: Question<'_>,
    limits: &Limits,
    explain: bool,
    out: &mut String,
) -> Answered {
    if let Err(error) = engine.ask(question, limits) {
        write_unreadable(&error, question.text, out);
        return Answered::default();
    }
    let evaluation = engine.evaluate(limits, DEADLINE);
    match &evaluation.outcome {
        Ok(value) => write_value(&Printed::from(value), out),
        Err(failure) => write_failure(failure, engine.program(), question.text, out),
    }
    if explain {
        write_explanation(engine.program(), Some(evaluation.fuel), out);
    }
    Answered { has_value: evaluation.outcome.is_ok(), fuel: evaluation.fuel }
}

/// What a question came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Answered {
    pub(super) has_value: bool,
    pub(super) fuel: u64,
}
