//! `/v1/explain`: how an expression is parsed, the steps of its computation in words and, if wanted, as formulas, and its
//! value.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_LANGUAGE;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri};
use serde::Serialize;
use tabuada_lang::{ANSWER_VERSION, Explanation, Language, Limits, Program, Span, Step, Style};

use super::cacheable::{self, Made};
use super::question::{in_query, truth};
use super::reply::{Hint, Value, hints};
use crate::answer::DEADLINE;
use crate::engine::{self, Question};
use crate::peer::Peer;
use crate::record::Printed;
use crate::server::http_cache::{Freshness, Tag};
use crate::server::negotiation::language;
use crate::server::problems::{CharacterSpan, Problem, Words};
use crate::server::render::json;
use crate::server::state::App;

/// The version of explanations, as part of their tag. Raised with any change of the explanation of the same expression.
pub(super) const VERSION: &str = "explain 4";

/// Explains an expression: its canonical text, the steps of its computation, and its value or its error. The error of
/// an expression is no failure of the request.
pub(in crate::server) async fn get(
    State(app): State<Arc<App>>,
    peer: Peer,
    headers: HeaderMap,
    uri: Uri,
) -> Response<Body> {
    let language = language::preferred(&headers);
    let asked = || {
        let (question, has_formulas) = (in_query(&uri)?, truth(&uri, "formulas")?);
        let style = Style { notation: question.notation, has_formulas };
        // Its places are those of the text as it was written, and much of it is messages.
        let (mode, language_tag) = (question.mode.to_string(), language::tag(language));
        let form = format!("{style:?}{}", if question.has_proof { " proof" } else { "" });
        let tag = Tag::of(&[VERSION, ANSWER_VERSION, &mode, &form, language_tag, &question.text]);
        let freshness = Freshness::new(tag).in_words();
        Ok((freshness, explained(&app, peer, question, style, language)))
    };
    cacheable::answer(app.calculator.workers().by(peer), &headers, &uri, asked).await
}

async fn explained(
    app: &App,
    peer: Peer,
    question: Question<'static>,
    style: Style,
    language: Language,
) -> Result<Made, Problem> {
    let calculator = app.calculator.clone();
    let begun = Instant::now();
    // A text that does not parse is answered without waiting for computations.
    let read = move || match engine::ask(&question, &Limits::default()) {
        Ok(program) => Ok((question, program)),
        Err(error) => Err(Problem::unreadable(&error, &question)),
    };
    let (question, program) = app.calculator.readers().by(peer).run(DEADLINE, read).await??;
    let work = move || {
        let limits = Limits::default();
        let explained = engine::explain(&program, style, &limits, begun + DEADLINE);
        let key = program.is_pure().then(|| calculator.name_of(&program));
        match &explained.0.outcome {
            Err(failure) if !failure.kind.is_deterministic() => Err(Problem::failed(&program, failure, &question)),
            _ => {
                let body = body(&question, language, &program, &explained, key.as_deref());
                let mut response = json(StatusCode::OK, body);
                response.headers_mut().insert(CONTENT_LANGUAGE, HeaderValue::from_static(language::tag(language)));
                Ok(Made { response, is_pure: program.is_pure() })
            }
        }
    };
    app.calculator.workers().by(peer).run(DEADLINE, work).await?
}

/// The explanation. It has a value or an error; an error of the expression is no failure of the request.
#[derive(Serialize)]
struct Explained<'e> {
    /// The canonical text.
    canonical: &'e str,
    /// The name of the answer in Redis; null if it is never stored.
    key: Option<&'e str>,
    /// Names without a value in the text.
    free_names: Vec<&'e str>,
    pure: bool,
    fuel: u64,
    #[serde(flatten)]
    outcome: Outcome<'e>,
    steps: Vec<Told<'e>>,
    /// Whether steps were left out, before the last one.
    steps_cut: bool,
    /// The place of the failure in the text of the last step.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<CharacterSpan>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Outcome<'e> {
    Value(Value<'e>),
    Error {
        error: Words<'e>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        hints: Vec<Hint>,
    },
}

/// A step. Places are in characters.
#[derive(Serialize)]
struct Told<'e> {
    kind: &'static str,
    statement: u32,
    /// What the step does, as a sentence.
    words: String,
    text: &'e str,
    /// The places in the previous step that are replaced.
    replaced: Vec<CharacterSpan>,
    /// The places in this text that replace them.
    by: Vec<CharacterSpan>,
    /// The place in the question that was computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<CharacterSpan>,
    /// The error bound of a value that was found numerically.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<f64>,
    /// The text as a formula.
    #[serde(skip_serializing_if = "Option::is_none")]
    latex: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mathml: Option<&'e str>,
}

fn body(
    question: &Question<'_>,
    language: Language,
    program: &Program,
    (explanation, fuel): &(Explanation, u64),
    key: Option<&str>,
) -> String {
    let problem = |failure| Problem::failed(program, failure, question);
    let printed = explanation.outcome.as_ref().map(Printed::from).map_err(problem);
    let outcome = match &printed {
        Ok(printed) => Outcome::Value(Value::new(printed, program, question, language)),
        Err(problem) => Outcome::Error { error: problem.in_words(language), hints: hints(program, question, language) },
    };
    let last = explanation.steps.last().map_or("", |step| &step.text);
    let explained = Explained {
        canonical: &program.canonical(),
        key,
        free_names: program.free_names(),
        pure: program.is_pure(),
        fuel: *fuel,
        outcome,
        steps: steps(&explanation.steps, program, &question.text, language),
        steps_cut: explanation.is_cut,
        failed: explanation.failed.map(|span| CharacterSpan::new(span, last)),
    };
    // Texts, numbers, and valid JSON.
    serde_json::to_string(&explained).unwrap_or_default()
}

fn steps<'s>(steps: &'s [Step], program: &Program, question: &str, language: Language) -> Vec<Told<'s>> {
    let in_text = |spans: &[Span], text: &str| spans.iter().map(|span| CharacterSpan::new(*span, text)).collect();
    let before = std::iter::once(None).chain(steps.iter().map(Some));
    let told = |(step, before): (&'s Step, Option<&Step>)| Told {
        kind: step.kind.code(),
        statement: step.statement,
        words: step.sentence(before, program, language),
        text: &step.text,
        replaced: in_text(&step.replaced, before.map_or("", |before| &*before.text)),
        by: in_text(&step.by, &step.text),
        span: step.node.map(|node| CharacterSpan::new(program.span(node), question)),
        error: step.error,
        latex: step.latex.as_deref(),
        mathml: step.mathml.as_deref(),
    };
    steps.iter().zip(before).map(told).collect()
}
