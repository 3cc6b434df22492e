//! The JSON object for the answer to one question.

use std::time::Duration;

use tabuada_lang::{Limits, Program};

use crate::engine::{Engine, Evaluation, Question};
use crate::ndjson::{write_explanation, write_failure, write_proof, write_unreadable, write_value};
use crate::record::Answer;

/// The deadline for one expression.
pub(super) const DEADLINE: Duration = Duration::from_secs(10);

/// The byte order mark that some editors put at the beginning of a file. It is not part of the text.
pub(super) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Answers a question and writes the object, without a line break. With `explain`, the object has the steps of the
/// calculation too. Gives the fuel spent and whether there is a value.
pub(super) fn write_answer(
    engine: &mut Engine,
    question: &Question<'_>,
    limits: &Limits,
    explain: bool,
    out: &mut String,
) -> Answered {
    if let Err(error) = engine.ask(question, limits) {
        write_unreadable(&error, question, out);
        return Answered::default();
    }
    let evaluation = engine.evaluate(limits, DEADLINE);
    let program = engine.program();
    let answer = answer(program, evaluation);
    match &answer.outcome {
        Ok(printed) => {
            let (shown, read_as) = (question.show(&printed.text), question.read_as(program));
            write_value(printed, shown.as_deref(), read_as.as_deref(), out);
        }
        Err(failure) => write_failure(failure, program, question, out),
    }
    if question.has_proof {
        write_proof(answer.proof(program).as_deref(), out);
    }
    if explain {
        write_explanation(program, Some(answer.fuel), out);
    }
    Answered { has_value: answer.outcome.is_ok(), fuel: answer.fuel }
}

/// The answer of an evaluation, which nobody stores.
pub(super) fn answer(program: &Program, evaluation: Evaluation) -> Answer {
    Answer::new(evaluation, program.mode(), 0)
}

/// The outcome of a question.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Answered {
    pub(super) has_value: bool,
    pub(super) fuel: u64,
}
