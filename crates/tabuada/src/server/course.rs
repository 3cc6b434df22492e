//! `POST /evaluate`, the route of the course: what it accepts, and its errors, as FastAPI 0.111 writes them.

use std::sync::Arc;

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Request, Response, StatusCode};

use crate::answer::DEADLINE;
use crate::json::{Document, NotText, ReadError, decode, write_string};
use crate::peer::Peer;
use crate::server::body::{INLINE_BODY_BYTES, NoBody};
use crate::server::render::{self, and_close, bypass, detail, with_cache_status};
use crate::server::request_log::tell_expression;
use crate::server::state::App;

/// The member that holds the expression.
const FIELD: &str = "expressao";

/// Evaluates an expression, or answers from the cache: the body is the same. The answer to an expression that fails is
/// 200, too.
pub(super) async fn post(State(app): State<Arc<App>>, peer: Peer, request: Request<Body>) -> Response<Body> {
    evaluate(&app, peer, request).await
}

/// The same with any type of body.
pub(super) async fn evaluate<B>(app: &App, peer: Peer, request: Request<B>) -> Response<Body>
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Unpin + Send + 'static,
{
    let (head, body) = request.into_parts();
    let body = match app.bodies.read(peer, &head.headers, body).await {
        Ok(body) => body,
        Err(no_body) => return without_body(no_body),
    };
    let is_json = declares_json(&head.headers);
    let taken = if body.len() <= INLINE_BODY_BYTES {
        expression(is_json, &body)
    } else {
        match Box::pin(app.calculator.readers().by(peer).run(DEADLINE, move || expression(is_json, &body))).await {
            Ok(taken) => taken,
            Err(_) => return render::overloaded(),
        }
    };
    match taken {
        Ok(text) => {
            let mut response = render::reply(&text, &app.calculator.answer_for(peer, text.as_str()).await);
            tell_expression(app.setup.logged, &mut response, &text);
            response
        }
        Err(refusal) => with_cache_status(refusal.response(), bypass("malformed")),
    }
}

fn without_body(no_body: NoBody) -> Response<Body> {
    let (response, cause) = match no_body {
        NoBody::TooLarge => (detail(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"), "too-large"),
        NoBody::TooSlow => (detail(StatusCode::REQUEST_TIMEOUT, "Request Timeout"), "too-slow"),
        NoBody::Broken => (Refusal::Unreadable.response(), "malformed"),
        NoBody::NoRoom => return and_close(render::overloaded()),
    };
    with_cache_status(and_close(response), bypass(cause))
}

/// Whether a body is JSON: no declared type, `application/json` or `application/…+json`.
fn declares_json(headers: &HeaderMap) -> bool {
    let Some(declared) = headers.get(CONTENT_TYPE).filter(|value| !value.is_empty()) else { return true };
    // What nearly all clients send.
    if declared == "application/json" {
        return true;
    }
    let Ok(declared) = declared.to_str() else { return false };
    let kind = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(kind.split_once('/'), Some(("application", kind)) if kind == "json" || (kind.ends_with("+json") && !kind.contains('/')))
}

/// Why a body has no expression.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    /// No text, or a text that Python's decoder refuses: 400.
    Unreadable,
    /// The body of the validation error, as pydantic writes it: 422.
    Invalid(String),
}

impl Refusal {
    fn response(self) -> Response<Body> {
        match self {
            Self::Unreadable => detail(StatusCode::BAD_REQUEST, "There was an error parsing the body"),
            Self::Invalid(body) => render::json(StatusCode::UNPROCESSABLE_ENTITY, body),
        }
    }
}

/// The expression in a body.
fn expression(is_json: bool, body: &[u8]) -> Result<String, Refusal> {
    if body.is_empty() {
        return Err(missing_body());
    }
    if !is_json {
        // Without a declared type of JSON, the application sees a string, and no object.
        let text = std::str::from_utf8(body).map_err(|_| Refusal::Unreadable)?;
        return Err(invalid("model_attributes_type", &["body"], NOT_AN_OBJECT, |out| write_string(text, out)));
    }
    let text = decode(body).map_err(|NotText| Refusal::Unreadable)?;
    let document = Document::read(&text).map_err(|error| match error {
        ReadError::Malformed { message, position } => malformed(message, position),
        ReadError::TooDeep | ReadError::TooManyDigits => Refusal::Unreadable,
    })?;
    let root = document.root();
    if root.is_null() {
        return Err(missing_body());
    }
    let in_field = &["body", FIELD];
    match root.member(FIELD) {
        None => Err(invalid("model_attributes_type", &["body"], NOT_AN_OBJECT, |out| root.write(out))),
        Some(None) => Err(invalid("missing", in_field, "Field required", |out| root.write(out))),
        Some(Some(value)) => match value.text() {
            None => Err(invalid("string_type", in_field, "Input should be a valid string", |out| value.write(out))),
            Some(None) => Err(invalid("string_unicode", in_field, NOT_UNICODE, |out| value.write(out))),
            Some(Some(text)) => Ok(text.to_owned()),
        },
    }
}

const NOT_AN_OBJECT: &str = "Input should be a valid dictionary or object to extract fields from";
const NOT_UNICODE: &str = "Input should be a valid string, unable to parse raw data as a unicode string";

fn missing_body() -> Refusal {
    invalid("missing", &["body"], "Field required", |out| out.push_str("null"))
}

/// One validation error, as pydantic writes it; `input` appends the value that was given.
fn invalid(kind: &str, place: &[&str], message: &str, input: impl FnOnce(&mut String)) -> Refusal {
    let place = place.join("\",\"");
    let mut out = format!(r#"{{"detail":[{{"type":"{kind}","loc":["{place}"],"msg":"{message}","input":"#);
    input(&mut out);
    out.push_str("}]}");
    Refusal::Invalid(out)
}

fn malformed(message: &str, position: usize) -> Refusal {
    let mut out = format!(
        r#"{{"detail":[{{"type":"json_invalid","loc":["body",{position}],"msg":"JSON decode error","input":{{}},"ctx":{{"error":"#
    );
    write_string(message, &mut out);
    out.push_str("}}]}");
    Refusal::Invalid(out)
}
