//! The JSON object for the answer to one question.

use std::time::Duration;

use tabuada_lang::{Answer, Failure, Limits, Program};

use crate::engine::{Engine, Question};
use crate::ndjson::{write_explanation, write_failure, write_proof, write_unreadable, write_value};
use crate::record::Printed;

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
    match &evaluation.outcome {
        Ok(value) => {
            let (shown, read_as) = (question.show(value.text()), question.read_as(engine.program()));
            write_value(&Printed::from(value), shown.as_deref(), read_as.as_deref(), out);
        }
        Err(failure) => write_failure(failure, engine.program(), question, out),
    }
    if question.has_proof {
        write_proof(proof(engine.program(), &evaluation.outcome).as_deref(), out);
    }
    if explain {
        write_explanation(engine.program(), Some(evaluation.fuel), out);
    }
    Answered { has_value: evaluation.outcome.is_ok(), fuel: evaluation.fuel }
}

/// The proof of an outcome.
pub(super) fn proof(program: &Program, outcome: &Result<Answer, Failure>) -> Option<String> {
    program.proof(match outcome {
        Ok(value) => Ok((value.type_name(), value.text())),
        Err(failure) => Err(&failure.kind),
    })
}

/// The outcome of a question.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Answered {
    pub(super) has_value: bool,
    pub(super) fuel: u64,
}
