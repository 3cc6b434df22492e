//! `explain`: how an expression is read, and the steps of its calculation.

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use tabuada_lang::{Language, Limits, Step, Style};

use super::Output;
use super::evaluate::{Cut, shortened};
use crate::answer::{Calculator, DEADLINE};
use crate::engine;
use crate::mcp::arguments::{Arguments, Signature};
use crate::mcp::message::shortened_to;
use crate::mcp::mistake::Mistake;
use crate::peer::Peer;

pub(super) const SIGNATURE: Signature = Signature {
    tool: "explain",
    arguments: &[
        ("expr", "a string with one expression, such as 2 + 3*4**2"),
        ("mode", "python, exact or decimal:N, N from 1 to 1000"),
        ("variables", "an object of names and values, such as {\"x\": 3}"),
    ],
    example: r#"{"expr": "2 + 3*4**2"}"#,
};

/// The most steps that are shown, the last of which is the value.
const STEPS_MAX: usize = 40;

/// The longest text of a step that is shown whole.
const STEP_CHARACTERS: usize = 400;

#[derive(Serialize)]
struct Explained {
    canonical: String,
    steps: Vec<Told>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<usize>,
    fuel: u64,
    r#type: &'static str,
    text: String,
}

#[derive(Serialize)]
struct Told {
    text: String,
    words: String,
}

pub(super) async fn call(
    calculator: &Arc<Calculator>,
    peer: Peer,
    arguments: &Arguments<'_>,
) -> Result<Output, Mistake> {
    let question = arguments.question()?;
    let begun = Instant::now();
    // A text that does not parse is answered without waiting for computations.
    let read = move || match engine::ask(&question, &Limits::default()) {
        Ok(program) => Ok((question, program)),
        Err(error) => Err(Mistake::unreadable(&error, &question)),
    };
    let (question, program) = calculator.readers().by(peer).run(DEADLINE, read).await??;
    let work = move || {
        let (explanation, fuel) = engine::explain(&program, Style::default(), &Limits::default(), begun + DEADLINE);
        let answer = explanation.outcome.as_ref().map_err(|failure| Mistake::failed(&program, failure, &question))?;
        let steps = &explanation.steps;
        let told = |at: usize| Told {
            text: shortened_to(STEP_CHARACTERS, &steps[at].text),
            words: steps[at].sentence(at.checked_sub(1).map(|before| &steps[before]), &program, Language::English),
        };
        let explained = Explained {
            canonical: shortened(&program.canonical()),
            steps: shown(steps).map(told).collect(),
            left_out: steps.len().checked_sub(STEPS_MAX).filter(|more| *more > 0),
            fuel,
            r#type: answer.type_name(),
            text: Cut::of(answer.text()).map_or_else(|| answer.text().to_owned(), |cut| cut.text),
        };
        // Texts and numbers always serialise.
        Ok(Output::of(serde_json::to_string(&explained).unwrap_or_default()))
    };
    calculator.workers().by(peer).run(DEADLINE, work).await?
}

/// The first steps, and the last.
fn shown(steps: &[Step]) -> impl Iterator<Item = usize> + use<> {
    let count = steps.len();
    (0..count).filter(move |at| *at + 1 < STEPS_MAX || *at + 1 == count)
}
