//! Responses: bodies, byte for byte as the course's application writes them, and headers.

use std::time::Duration;

use arrayvec::ArrayString;
use axum::body::Body;
use axum::http::header::{AGE, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use tabuada_lang::JsonNumbers;

use crate::answer::{Origin, Outcome, Reply};
use crate::json::write_string;
use crate::record::course_sentence;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(super) const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");
/// The most headers of an answer under `/v1`, those of the server included.
const HEADERS: usize = 13;
/// `X-Content-Type-Options`: browsers are not to guess types.
pub(super) const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
pub(super) const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
pub(super) const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// An answer of the course's route.
pub(super) fn reply(text: &str, reply: &Reply) -> Response<Body> {
    let mut body = String::with_capacity(64);
    body.push_str("{\"resultado\":");
    let failure = match &reply.outcome {
        Outcome::Answered(program, answer) => match &answer.outcome {
            Ok(printed) => {
                printed.write_json(JsonNumbers::All, &mut body);
                None
            }
            Err(failure) => Some((&failure.kind, program.span(failure.node))),
        },
        Outcome::Failed(program, failure) => Some((&failure.kind, program.span(failure.node))),
        Outcome::Unreadable(error) => Some((&error.kind, error.span)),
        Outcome::Overloaded => return overloaded(),
    };
    if let Some((kind, span)) = failure {
        // For people: the first character is 1.
        let position = span.in_characters(text).0 + 1;
        write_string(&course_sentence(kind, Some(position)), &mut body);
    }
    body.push('}');
    with_cache_status(json(StatusCode::OK, body), cache_status(reply))
}

/// An error in the words of the course's framework: `{"detail":"Not Found"}`.
pub(super) fn detail(status: StatusCode, words: &str) -> Response<Body> {
    let mut body = String::from("{\"detail\":");
    write_string(words, &mut body);
    body.push('}');
    json(status, body)
}

/// The server is overloaded.
pub(super) fn overloaded() -> Response<Body> {
    let mut response = detail(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    with_cache_status(response, HeaderValue::from_static("tabuada; fwd=bypass; detail=overloaded"))
}

/// A JSON body.
pub(super) fn json(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// A JSON body that many headers go with: a map of headers that grows is copied.
pub(super) fn json_with_room(status: StatusCode, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    *response.headers_mut() = HeaderMap::with_capacity(HEADERS);
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// A response that no cache may store.
pub(super) fn not_kept(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Adds request headers to `Vary`, in one line: of several lines, some proxies honour only the last (nginx before
/// 1.23).
pub(super) fn vary(headers: &mut HeaderMap, names: &'static str) {
    if !headers.contains_key(VARY) {
        headers.insert(VARY, HeaderValue::from_static(names));
        return;
    }
    let said = headers.get_all(VARY).iter().filter_map(|line| line.to_str().ok());
    let line = said.chain([names]).collect::<Vec<_>>().join(", ");
    // Names of headers, and a value that was a header before.
    if let Ok(line) = HeaderValue::try_from(line) {
        headers.insert(VARY, line);
    }
}

/// An answer after which the connection ends.
pub(super) fn and_close(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Adds `Cache-Status`: where an answer comes from (RFC 9211).
pub(super) fn with_cache_status(mut response: Response<Body>, status: HeaderValue) -> Response<Body> {
    response.headers_mut().insert(CACHE_STATUS, status);
    response
}

/// Adds `Server-Timing`: how long an answer took, in milliseconds, and `redis` if Redis was asked for it.
/// `Cache-Status` names Redis only where it had the answer.
pub(super) fn with_server_timing(
    mut response: Response<Body>,
    time: Duration,
    has_asked_redis: bool,
) -> Response<Body> {
    let (mut whole, mut part) = (itoa::Buffer::new(), itoa::Buffer::new());
    let milliseconds = whole.format(1_000 * time.as_secs() + u64::from(time.subsec_millis()));
    // Formatted behind a 1, to keep the leading zeros.
    let thousandths = &part.format(1_000 + time.subsec_micros() % 1_000)[1..];
    let redis = if has_asked_redis { ", redis" } else { "" };
    let mut line = ArrayString::<64>::new();
    // Twenty digits at most, and these texts.
    let written =
        ["total;dur=", milliseconds, ".", thousandths, redis].iter().try_for_each(|part| line.try_push_str(part));
    if written.is_ok()
        && let Ok(value) = HeaderValue::from_str(&line)
    {
        say(response.headers_mut(), SERVER_TIMING, value);
    }
    response
}

/// Removes the headers that tell whether an answer was cached. The time that it took can still be measured.
pub(super) fn hide_memory(headers: &mut HeaderMap) {
    for name in [CACHE_STATUS, SERVER_TIMING, AGE] {
        headers.remove(name);
    }
}

/// Sets a header that is nearly always present already, among the first: a linear search is less work than a hash
/// lookup.
pub(super) fn say(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    match headers.iter_mut().find(|(said, _)| **said == name) {
        Some((_, place)) => *place = value,
        None => drop(headers.insert(name, value)),
    }
}

/// `Cache-Status` of a request whose expression was not looked up.
pub(super) fn bypass(detail: &'static str) -> HeaderValue {
    let status = format!("tabuada; fwd=bypass; detail={detail}");
    // Codes are made of letters and hyphens.
    HeaderValue::try_from(status).unwrap_or(HeaderValue::from_static("tabuada; fwd=bypass"))
}

pub(super) fn cache_status(reply: &Reply) -> HeaderValue {
    match (reply.origin, &reply.outcome) {
        (Origin::Nowhere, Outcome::Unreadable(error)) => bypass(error.kind.code()),
        (Origin::Computed { .. }, Outcome::Failed(_, failure)) => not_stored(failure.kind.code()),
        (origin, _) => origin_status(origin),
    }
}

/// `Cache-Status` of an answer from this origin.
pub(super) fn origin_status(origin: Origin) -> HeaderValue {
    HeaderValue::from_static(match origin {
        Origin::Memory(ttl) => return memory_hit(ttl),
        Origin::Redis => "tabuada; hit; detail=redis",
        Origin::Computed { stored: true } => "tabuada; fwd=uri-miss; stored",
        Origin::Computed { stored: false } => "tabuada; fwd=uri-miss",
        Origin::Collapsed => "tabuada; fwd=uri-miss; collapsed",
        Origin::Impure => "tabuada; fwd=bypass; detail=impure",
        Origin::Nowhere => "tabuada; fwd=bypass",
    })
}

fn memory_hit(ttl: Option<Duration>) -> HeaderValue {
    const HIT: HeaderValue = HeaderValue::from_static("tabuada; hit; detail=memory");
    let Some(ttl) = ttl else { return HIT };
    let status = ["tabuada; hit; detail=memory; ttl=", itoa::Buffer::new().format(ttl.as_secs())].concat();
    HeaderValue::try_from(status).unwrap_or(HIT)
}

fn not_stored(detail: &str) -> HeaderValue {
    let status = format!("tabuada; fwd=uri-miss; detail={detail}");
    HeaderValue::try_from(status).unwrap_or(HeaderValue::from_static("tabuada; fwd=uri-miss"))
}
