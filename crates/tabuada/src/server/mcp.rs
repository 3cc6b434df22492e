//! `POST /mcp`: the Model Context Protocol over HTTP, one message a request. There are no sessions and no streams, so `GET`
//! and `DELETE` are not allowed.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::answer::{Caller, DEADLINE};
use crate::mcp::{self, Answered, Fault, FaultKind, MODERN, Message, VERSIONS, answer, unsupported};
use crate::peer::Peer;
use crate::server::body::{INLINE_BODY_BYTES, NoBody};
use crate::server::operator::is_from_no_other_page;
use crate::server::render::{and_close, cache_status, json_with_room, not_kept, with_cache_status};
use crate::server::request_log::tell_expression;
use crate::server::state::App;

const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// `Cache-Status` of what evaluates no expression.
const UNASKED: HeaderValue = HeaderValue::from_static("tabuada; fwd=bypass");

/// Answers a message.
pub(super) async fn post(State(app): State<Arc<App>>, peer: Peer, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    // A page may have had its own name lead here (DNS rebinding): what is true of its host is no permission.
    if !is_from_no_other_page(&app.setup.origins, &head.uri, &head.headers) {
        let why = "pages of this origin may not ask: the operator names those that may with --cors-origin";
        return told(StatusCode::FORBIDDEN, Fault::new(FaultKind::Request, why).written());
    }
    let bytes = match app.bodies.read(peer, &head.headers, body).await {
        Ok(bytes) => bytes,
        Err(no_body) => return without_body(no_body),
    };
    let read = if bytes.len() <= INLINE_BODY_BYTES {
        Message::read(&bytes)
    } else {
        let work = move || Message::read(&bytes);
        match Box::pin(app.calculator.readers().by(peer).run(DEADLINE, work)).await {
            Ok(read) => read,
            Err(_) => return overloaded(),
        }
    };
    match read {
        Ok(Message::Request(request)) => match check_headers(&request, &head.headers) {
            Ok(()) => respond(&app, answer(&app.calculator, Caller::from(peer), &request).await),
            Err(fault) => told(StatusCode::BAD_REQUEST, fault.of(&request.id).written()),
        },
        // The end of its connection cancels a request; a notification that does it asks for nothing.
        Ok(Message::Cancelled(_) | Message::Other) => {
            let mut response = with_cache_status(not_kept(Response::new(Body::empty())), UNASKED);
            *response.status_mut() = StatusCode::ACCEPTED;
            response
        }
        Err(fault) => told(StatusCode::BAD_REQUEST, fault.written()),
    }
}

/// Compares the headers with the message, so that a proxy that routes by them and this server see the same request.
///
/// # Errors
///
/// If they differ, a modern request lacks one, or the version is unknown.
fn check_headers(request: &mcp::Request, headers: &HeaderMap) -> Result<(), Fault> {
    // `initialize` is the beginning of a legacy client, whatever else it says.
    if request.method == "initialize" {
        return Ok(());
    }
    match (only(headers, &PROTOCOL_VERSION)?, request.version.as_deref()) {
        (Some(version), None) if !VERSIONS.contains(&version) => return Err(unsupported(version)),
        (Some(MODERN), None) => {
            let missing = "params._meta has no io.modelcontextprotocol/protocolVersion";
            return Err(Fault::new(FaultKind::Meta, missing));
        }
        (Some(version), Some(of_body)) if version != of_body => return Err(differs(&PROTOCOL_VERSION)),
        (None, Some(MODERN)) => return Err(differs(&PROTOCOL_VERSION)),
        (_, Some(MODERN)) => {}
        _ => return Ok(()),
    }
    if only(headers, &METHOD)? != Some(&request.method) {
        return Err(differs(&METHOD));
    }
    let name = request.name.as_deref().filter(|_| request.method == "tools/call");
    let given = only(headers, &NAME)?;
    // A name that is no text of a header comes in base64.
    let is_it =
        |name: &str| given == Some(name) || given == Some(&format!("=?base64?{}?=", BASE64_STANDARD.encode(name)));
    if name.is_none_or(is_it) { Ok(()) } else { Err(differs(&NAME)) }
}

/// A header, if it is there.
///
/// # Errors
///
/// If it is there more than once, or is no text.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, Fault> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(|value| Some(value.trim())).map_err(|_| differs(name)),
        _ => Err(differs(name)),
    }
}

fn differs(name: &HeaderName) -> Fault {
    Fault::new(FaultKind::Headers, format!("header mismatch: {name} is missing, or not that of the body"))
}

fn respond(app: &App, Answered { text, fault, is_modern, asked }: Answered) -> Response<Body> {
    let status = match fault {
        Some(FaultKind::Meta | FaultKind::Version) => StatusCode::BAD_REQUEST,
        // A legacy client reads no other body of an answer.
        Some(FaultKind::Method) if is_modern => StatusCode::NOT_FOUND,
        _ => StatusCode::OK,
    };
    let mut response = told(status, text);
    if let Some(asked) = asked {
        tell_expression(app.setup.logged, &mut response, &asked.expression);
        response = with_cache_status(response, cache_status(&asked.reply));
    }
    response
}

fn told(status: StatusCode, text: String) -> Response<Body> {
    with_cache_status(not_kept(json_with_room(status, text)), UNASKED)
}

fn without_body(no_body: NoBody) -> Response<Body> {
    let wrong = |status, why| and_close(told(status, Fault::new(FaultKind::Request, why).written()));
    match no_body {
        NoBody::TooLarge => and_close(told(StatusCode::PAYLOAD_TOO_LARGE, Fault::too_long().written())),
        NoBody::TooSlow => wrong(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time"),
        NoBody::Broken => wrong(StatusCode::BAD_REQUEST, "the body broke off"),
        NoBody::NoRoom => and_close(overloaded()),
    }
}

fn overloaded() -> Response<Body> {
    let fault = Fault::new(FaultKind::Overloaded, "too much is going on; try again in a second");
    let mut response = told(StatusCode::SERVICE_UNAVAILABLE, fault.written());
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const META: &str =
        r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;

    fn request(text: &str) -> mcp::Request {
        match Message::read(text.as_bytes()) {
            Ok(Message::Request(request)) => request,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn headers_are_those_of_the_body() {
        let modern = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"evaluate","_meta":{META}}}}}"#
        );
        let legacy = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
        let initialize = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}"#;
        let (version, method, name) = ("mcp-protocol-version", "mcp-method", "mcp-name");
        let good = [(version, MODERN), (method, "tools/call"), (name, "evaluate")];
        let with = |at: usize, value| {
            let mut headers = good.to_vec();
            headers[at].1 = value;
            headers
        };
        let without = |at: usize| [&good[..at], &good[at + 1..]].concat();
        let twice = [&good[..], &[(method, "tools/call")]].concat();
        for (text, headers, fault) in [
            (&*modern, good.to_vec(), None),
            (&modern, with(2, "=?base64?ZXZhbHVhdGU=?="), None),
            (&modern, with(2, "=?base64?cGxvdA==?="), Some(FaultKind::Headers)),
            (&modern, with(2, "plot"), Some(FaultKind::Headers)),
            (&modern, with(1, "tools/list"), Some(FaultKind::Headers)),
            (&modern, with(0, "2025-11-25"), Some(FaultKind::Headers)),
            (&modern, without(0), Some(FaultKind::Headers)),
            (&modern, without(1), Some(FaultKind::Headers)),
            (&modern, without(2), Some(FaultKind::Headers)),
            (&modern, twice, Some(FaultKind::Headers)),
            (&modern, vec![], Some(FaultKind::Headers)),
            (legacy, vec![], None),
            (legacy, vec![(version, "2025-06-18")], None),
            (legacy, vec![(version, "2025-06-18"), (method, "anything")], None),
            (legacy, vec![(version, "1900-01-01")], Some(FaultKind::Version)),
            (legacy, vec![(version, MODERN)], Some(FaultKind::Meta)),
            (initialize, vec![], None),
            (initialize, vec![(version, MODERN)], None),
        ] {
            let mut given = HeaderMap::new();
            for (name, value) in &headers {
                given.append(*name, HeaderValue::from_static(value));
            }
            let found = check_headers(&request(text), &given).err().map(|fault| fault.kind);
            assert_eq!(found, fault, "{text}: {headers:?}");
        }
    }
}
