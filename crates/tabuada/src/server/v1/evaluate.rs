//! `/v1/evaluate`: one expression.
//!
//! With `GET`, the answer to a text is always the same, and caches may store it. Its entity tag is made from the key of
//! the answer in our own cache, the presentation and the hints, so it is known before anything is computed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrayvec::ArrayVec;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri};
use tabuada_lang::{Language, Notation};

use super::question::{body_of, in_body, in_query_with_presentation, truth};
use super::reply;
use crate::answer::{Caller, Keeping, Name, Origin, Outcome, Reading, Reply};
use crate::clock::Second;
use crate::engine::Question;
use crate::peer::Peer;
use crate::server::http_cache::{Freshness, Tag, is_conditional};
use crate::server::negotiation::language;
use crate::server::negotiation::qvalues::members;
use crate::server::problems::Problem;
use crate::server::render::{bypass, cache_status, json_with_room, not_kept, with_cache_status, with_server_timing};
use crate::server::request_log::tell_expression;
use crate::server::state::App;

/// The form of the body, as part of its tag. Raised with any change of how the same answer is written.
const FORM: &str = "evaluate 2";
/// The same for a question that is not in Python's notation, whose answer tells how it was read.
const FORM_READ_AS: &str = "evaluate 2, read as";
/// The part of the tag of an answer with its proof.
const FORM_PROOF: &str = "proof 1";
/// How presentations are applied, as part of the tag of an answer with one. Raised with any change of what is shown.
const FORM_SHOWN: &str = "shown 1";

/// Evaluates an expression.
pub(in crate::server) async fn get(State(app): State<Arc<App>>, peer: Peer, request: Request) -> Response<Body> {
    let begun = Instant::now();
    // A body would have no meaning.
    let (head, _) = request.into_parts();
    answer_query(&app, peer, &head.headers, &head.uri, begun).await.0
}

/// Evaluates an expression with variables.
pub(in crate::server) async fn post(State(app): State<Arc<App>>, peer: Peer, request: Request) -> Response<Body> {
    let begun = Instant::now();
    let language = language::preferred(request.headers());
    let readers = app.calculator.readers().by(peer);
    let asked = async {
        let (headers, uri, body) = body_of(&app, peer, request).await?;
        let has_proof = truth(&uri, "proof")?;
        Ok::<_, Problem>((Question { has_proof, ..in_body(body, readers).await? }, headers))
    };
    let (response, has_asked_redis) = match asked.await {
        Ok((question, headers)) => {
            let caller = Caller { peer, keeping: keeping(&headers) };
            let reply = app.calculator.answer_for(caller, &question).await;
            let response = match reply::told(&reply, &question, language, readers).await {
                Ok(told) => not_kept(said(&told.words, told.body, language)),
                Err(problem) => problem.response(language),
            };
            let mut response = with_cache_status(response, cache_status(&reply));
            tell_expression(app.setup.logged, &mut response, &question.text);
            (response, reply.has_asked_redis)
        }
        Err(problem) => (refused(&problem, language), false),
    };
    with_server_timing(response, begun.elapsed(), has_asked_redis)
}

/// The answer to a malformed question.
fn refused(problem: &Problem, language: Language) -> Response<Body> {
    with_cache_status(problem.response(language), bypass(problem.code))
}

/// The answer to a query, and how long that took since `begun`.
pub(in crate::server) async fn answer_query(
    app: &App,
    peer: Peer,
    headers: &HeaderMap,
    uri: &Uri,
    begun: Instant,
) -> (Response<Body>, Duration) {
    let query = uri.query().filter(|_| !is_conditional(headers));
    let again = query.and_then(|query| app.sent.again(query, begun, &app.calculator));
    let (response, has_asked_redis) = match again {
        Some(again) => (again, false),
        None => match in_query_with_presentation(uri) {
            Ok(question) => answer_fresh(app, peer, &question, headers, uri).await,
            Err(fault) => (refused(&fault.into(), language::preferred(headers)), false),
        },
    };
    let time = begun.elapsed();
    (with_server_timing(response, time, has_asked_redis), time)
}

/// The answer, and whether Redis was asked for it.
async fn answer_fresh(
    app: &App,
    peer: Peer,
    question: &Question<'_>,
    headers: &HeaderMap,
    uri: &Uri,
) -> (Response<Body>, bool) {
    let language = language::preferred(headers);
    let is_conditional = is_conditional(headers);
    // The hints for a long text are made by the readers, and compared later.
    let parsed = if is_conditional { app.calculator.parsed(peer, question) } else { None };
    if let Some(Reading { program, name }) = &parsed
        && program.is_pure()
        && let words = reply::words(&reply::hints(program, question, language))
        && let Some(known) = of_value(name, question, &words).known(headers)
    {
        app.counters.asks().bypasses_it();
        return (with_cache_status(known, bypass("not-modified")), false);
    }
    let caller = Caller { peer, keeping: keeping(headers) };
    let reply = match parsed {
        None => app.calculator.answer_for(caller, question).await,
        // Boxed: an unboxed future would enlarge that of every question.
        parsed => Box::pin(app.calculator.answer_parsed(caller, question, parsed)).await,
    };
    let second = Second::now();
    let mut for_others = None;
    let readers = app.calculator.readers().by(peer);
    let (response, freshness) = match reply::told(&reply, question, language, readers).await {
        Ok(told) => {
            let freshness = reply.name.as_ref().map(|name| of_value(name, question, &told.words));
            let body = Bytes::from(told.body);
            for_others = (told.words.is_empty() && !is_conditional).then(|| body.clone());
            (said(&told.words, body, language), freshness)
        }
        Err(problem) => {
            let (response, freshness) = problem.response_to(uri.query(), language);
            (response, freshness.filter(|_| reply.origin != Origin::Impure))
        }
    };
    let response = match freshness {
        Some(freshness) => {
            // `max-age` beyond a day would reveal the age as well.
            let freshness = if app.setup.hides_memory { freshness } else { aged(freshness, &reply, second) };
            freshness.put_on(response, headers, app.calculator.workers().by(peer)).await
        }
        None => not_kept(response),
    };
    let response = with_cache_status(response, cache_status(&reply));
    if let (Some(body), Some(query)) = (for_others, uri.query()) {
        app.sent.keep(query, &reply, second, response.headers(), body);
    }
    (response, reply.has_asked_redis)
}

/// `Cache-Control` of a request (RFC 9111, section 5.2.1.5). Its other directives are about stale answers; none of ours
/// becomes stale.
fn keeping(headers: &HeaderMap) -> Keeping {
    let is_private = members(headers, CACHE_CONTROL).any(|member| member.trim().eq_ignore_ascii_case("no-store"));
    if is_private { Keeping::Nothing } else { Keeping::Remembered }
}

/// The response with a value, and its language if it contains messages.
fn said(words: &str, body: impl Into<Body>, language: Language) -> Response<Body> {
    let mut response = json_with_room(StatusCode::OK, body);
    if !words.is_empty() {
        response.headers_mut().insert(CONTENT_LANGUAGE, HeaderValue::from_static(language::tag(language)));
    }
    response
}

/// The freshness of a value, from its key in the cache, the notation of the question, its presentation, and the hints.
fn of_value(name: &Name, question: &Question<'_>, words: &str) -> Freshness {
    let form = if question.notation == Notation::Python { FORM } else { FORM_READ_AS };
    let shown = question.shown.map(|shown| format!("{FORM_SHOWN}: {shown:?}"));
    let mut parts = ArrayVec::<&str, 6>::from_iter([form, name.variant(), name.text(), words]);
    parts.extend(shown.as_deref());
    parts.extend(question.has_proof.then_some(FORM_PROOF));
    let tag = Tag::of(&parts);
    let freshness = Freshness::new(tag);
    if words.is_empty() { freshness } else { freshness.in_words() }
}

/// An answer from the cache has an age.
fn aged(freshness: Freshness, reply: &Reply, second: Second) -> Freshness {
    match (&reply.outcome, reply.origin) {
        (Outcome::Answered(_, answer), Origin::Memory(_) | Origin::Redis | Origin::Collapsed) => {
            // The clock of another node may be ahead.
            freshness.aged(second.number.saturating_sub(answer.born))
        }
        _ => freshness,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::http::header::AGE;
    use tabuada_lang::Limits;

    use super::*;
    use crate::engine;
    use crate::record;
    use crate::workers::Workers;

    /// The age counts from the computation, whichever cache held the answer since; a new answer has none.
    #[tokio::test]
    async fn what_was_remembered_has_an_age_and_is_fresh_for_as_long_as_ever() {
        const AGO: u64 = 100;
        let limits = Limits::default();
        let workers = Workers::new(1.into());
        let program = Arc::new(engine::read("2+2", &limits).unwrap());
        let second = Second::now();
        let answer = |born| {
            let evaluation = engine::try_evaluate(&*program, &limits, 1_000).unwrap();
            Arc::new(record::Answer::new(evaluation, program.mode(), born))
        };
        let (answer, forged) = (answer(second.number - AGO), answer(0));
        let reply = Reply {
            outcome: Outcome::Answered(program.clone(), forged),
            origin: Origin::Redis,
            name: None,
            has_asked_redis: true,
        };
        let fresh = aged(Freshness::new(Tag::of(&["4"])), &reply, second);
        let sent = fresh.put_on(Response::new(Body::from("4")), &HeaderMap::new(), workers.by(Peer::default())).await;
        assert_eq!(sent.headers()[AGE], (365 * 24 * 60 * 60).to_string(), "no more than a year");
        for (origin, has_age) in [
            (Origin::Memory(None), true),
            (Origin::Redis, true),
            (Origin::Collapsed, true),
            (Origin::Computed { stored: true }, false),
            (Origin::Computed { stored: false }, false),
        ] {
            let outcome = Outcome::Answered(program.clone(), answer.clone());
            let reply = Reply { outcome, origin, name: None, has_asked_redis: false };
            let fresh = aged(Freshness::new(Tag::of(&["4"])).for_seconds(60), &reply, second);
            let sent =
                fresh.put_on(Response::new(Body::from("4")), &HeaderMap::new(), workers.by(Peer::default())).await;
            let said = |name| sent.headers().get(name).map(|said: &HeaderValue| said.to_str().unwrap().to_owned());
            let age = said(AGE).map(|age| age.parse::<u64>().unwrap());
            assert_eq!(age, has_age.then_some(AGO), "{origin:?}");
            assert_eq!(said(CACHE_CONTROL), Some(format!("public, max-age={}", age.unwrap_or(0) + 60)), "{origin:?}");
        }
    }
}
