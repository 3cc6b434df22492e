//! What a question comes to, as the object of JSON that programs read.

use std::time::{Duration, Instant};

use tabuada_lang::Limits;

use crate::engine::{self, Question};
use crate::facts::Printed;
use crate::line::{write_explanation, write_failure, write_unreadable, write_value};

/// The clock's limit on one expression.
pub(super) const DEADLINE: Duration = Duration::from_secs(10);

/// What some editors begin a file with: no part of its text.
pub(super) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Answers a question and writes the object, without an end of line; with `explain`, what the answer rests on too. Gives
/// whether there is a value.
pub(super) fn write_answer(question: Question<'_>, limits: &Limits, explain: bool, out: &mut String) -> bool {
    let program = match engine::ask(question, limits) {
        Ok(program) => program,
        Err(error) => {
            write_unreadable(&error, question.text, out);
            return false;
        }
    };
    let evaluation = engine::evaluate(&program, limits, Instant::now() + DEADLINE);
    match &evaluation.outcome {
        Ok(value) => write_value(&Printed::from(value), out),
        Err(failure) => write_failure(failure, &program, question.text, out),
    }
    if explain {
        write_explanation(&program, Some(evaluation.fuel), out);
    }
    evaluation.outcome.is_ok()
}
