//! `/v1/evaluate`: one expression.
//!
//! Asked with `GET`, the answer to a text is the same every time, and others may keep it. Its entity tag is made of the
//! name of the answer in our own cache and of the hints that go with it, both of which are known before anything is worked
//! out.

use std::time::Instant;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LANGUAGE, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri};
use tabuada_lang::{ErrorKind, Language};

use super::super::freshness::{Freshness, Tag, WORDS_SECONDS};
use super::super::language;
use super::super::problem::Problem;
use super::super::query::about_plus;
use super::super::render::{bypass, cache_status, json_with_room, not_kept, with_cache_status, with_server_timing};
use super::super::state::App;
use super::question::{OwnQuestion, body_of};
use super::reply;
use crate::answer::{Name, Origin, Outcome, Reply, now};
use crate::facts::REFUSAL_LIFETIME;

/// The form of the body, as part of its tag. Raised whenever the same answer is written otherwise.
const FORM: &str = "evaluate 1";

/// `?expr=…&mode=…`
pub(super) async fn get(State(app): State<App>, request: Request) -> Response<Body> {
    // The body, if there is one, says nothing.
    let (head, _) = request.into_parts();
    answer_query(&app, &head.headers, &head.uri).await
}

/// `{"expr": …, "variables": {…}, "mode": …}`
pub(super) async fn post(State(app): State<App>, request: Request) -> Response<Body> {
    let begun = Instant::now();
    let asked = async {
        let (headers, _, body) = body_of(request).await?;
        Ok::<_, Problem>((OwnQuestion::in_body(&body)?, headers))
    };
    let response = match asked.await {
        Ok((question, headers)) => {
            let question = question.as_question();
            let language = language::preferred(&headers);
            let reply = app.calculator.answer(question).await;
            let response = match reply::value(&reply, question, language) {
                Ok(value) => not_kept(said(&value, language)),
                Err(problem) => problem.response(),
            };
            with_cache_status(response, cache_status(&reply))
        }
        Err(problem) => with_cache_status(problem.response(), bypass(problem.code)),
    };
    with_server_timing(response, begun.elapsed())
}

/// The answer to what a query asks.
pub(in crate::server) async fn answer_query(app: &App, headers: &HeaderMap, uri: &Uri) -> Response<Body> {
    let begun = Instant::now();
    let response = match OwnQuestion::in_query(uri) {
        Ok(question) => answer_fresh(app, &question, headers, uri).await,
        Err(problem) => with_cache_status(problem.response(), bypass(problem.code)),
    };
    with_server_timing(response, begun.elapsed())
}

async fn answer_fresh(app: &App, question: &OwnQuestion, headers: &HeaderMap, uri: &Uri) -> Response<Body> {
    let question = question.as_question();
    let language = language::preferred(headers);
    let is_conditional = headers.contains_key(IF_NONE_MATCH);
    let asked = app.calculator.answer_unless(question, |program, name| {
        let words = is_conditional.then(|| reply::words(&reply::hints(program, question.text, language)))?;
        of_value(name, &words).known(headers)
    });
    let reply = match asked.await {
        Ok(reply) => reply,
        Err(known) => return with_cache_status(known, bypass("not-modified")),
    };
    let (response, freshness) = match reply::value(&reply, question, language) {
        Ok(value) => {
            let freshness = reply.name.as_ref().map(|name| of_value(name, &value.words()));
            (said(&value, language), freshness)
        }
        Err(mut problem) => {
            if matches!(problem.code, "syntax" | "type-error") {
                problem.detail.push_str(about_plus(uri.query(), language));
            }
            let body = problem.body();
            let tag = Tag::of(&[FORM, &body]);
            let fresh = seconds(&reply).map(|seconds| Freshness::new(tag).in_words().for_seconds(seconds));
            (problem.response_with(body), fresh)
        }
    };
    let response = match freshness {
        Some(freshness) => aged(freshness, &reply).put_on(response, headers, app.calculator.workers()).await,
        None => not_kept(response),
    };
    with_cache_status(response, cache_status(&reply))
}

/// A value as it is sent, and in which language, if it says anything.
fn said(value: &reply::Value<'_>, language: Language) -> Response<Body> {
    // Texts, and JSON that was written before.
    let mut response = json_with_room(StatusCode::OK, serde_json::to_string(value).unwrap_or_default());
    if value.has_words() {
        response.headers_mut().insert(CONTENT_LANGUAGE, HeaderValue::from_static(language::tag(language)));
    }
    response
}

/// The freshness of a value, by its name in the cache and what is said of the asker's text.
fn of_value(name: &Name, words: &str) -> Freshness {
    let freshness = Freshness::new(Tag::of(&[FORM, name.variant(), name.text(), words]));
    if words.is_empty() { freshness } else { freshness.in_words().for_seconds(WORDS_SECONDS) }
}

/// How long a failure may be kept; `None` if the same question may be answered another time.
fn seconds(reply: &Reply) -> Option<u64> {
    let of_kind = |kind: &ErrorKind| match kind.limit() {
        // Raising the limit, or the node next door, may answer.
        Some(_) => REFUSAL_LIFETIME.as_secs(),
        None => WORDS_SECONDS,
    };
    match &reply.outcome {
        Outcome::Answered(_, answer) if reply.name.is_some() => {
            answer.outcome.as_ref().err().map(|it| of_kind(&it.kind))
        }
        Outcome::Unreadable(error) if error.kind.is_deterministic() => Some(of_kind(&error.kind)),
        _ => None,
    }
}

/// What was remembered has an age.
fn aged(freshness: Freshness, reply: &Reply) -> Freshness {
    match (&reply.outcome, reply.origin) {
        (Outcome::Answered(_, answer), Origin::Memory(_) | Origin::Redis | Origin::Collapsed) => {
            // Another node's clock may be ahead.
            freshness.aged(now().saturating_sub(answer.born))
        }
        _ => freshness,
    }
}
