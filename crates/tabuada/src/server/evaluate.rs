//! `POST /evaluate`, the course's route: what it takes, and what it says of what it does not take, as FastAPI 0.111
//! says it.

pub(super) mod described;

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Request, Response, StatusCode};

use self::described::{Expressao, Refusal as Refused, Resultado, ValidationError};
use super::body::NoBody;
use super::render::{self, and_close, bypass, detail, with_cache_status};
use super::request_log::tell_expression;
use super::state::App;
use crate::answer::DEADLINE;
use crate::json::{Document, NotText, ReadError, decode, write_string};
use crate::peer::Peer;

/// The field that holds the expression.
const FIELD: &str = "expressao";

/// Bodies up to this long are read where the request is served; longer ones by the readers.
const INLINE_BODY_BYTES: usize = 4 << 10;

/// Evaluate an expression, as the course's application does
///
/// Works the expression out, or remembers its answer. The body is the same either way; the header `Cache-Status`
/// (RFC 9211) says which it was. An expression that fails is answered too, with a text that begins with
/// `Erro na expressão informada: `.
#[utoipa::path(
    post,
    path = "/evaluate",
    tag = "course",
    operation_id = "evaluate",
    request_body(
        content = Expressao,
        examples(
            ("sum" = (summary = "A sum", value = json!({"expressao": "2+2"}))),
            ("wrong" = (summary = "An expression that fails", value = json!({"expressao": "1/0"}))),
        ),
    ),
    responses(
        (
            status = 200,
            description = "The value of the expression, or what is wrong with it.",
            body = Resultado,
            examples(
                ("sum" = (summary = r#"POST /evaluate {"expressao":"2+2"}"#, value = json!({"resultado": 4}))),
                ("wrong" = (
                    summary = r#"POST /evaluate {"expressao":"1/0"}"#,
                    value = json!({"resultado": "Erro na expressão informada: division by zero"}),
                )),
            ),
        ),
        (
            status = 400,
            description = "The body is no text, or nested too deep.",
            body = Refused,
            example = json!({"detail": "There was an error parsing the body"}),
        ),
        (
            status = 408,
            description = "The body did not arrive in time.",
            body = Refused,
            example = json!({"detail": "Request Timeout"}),
        ),
        (
            status = 413,
            description = "The body is larger than 1 MiB.",
            body = Refused,
            example = json!({"detail": "Request Entity Too Large"}),
        ),
        (
            status = 422,
            description = "The body is no JSON, or holds no expression.",
            body = ValidationError,
            examples(
                ("missing" = (
                    summary = "POST /evaluate {}",
                    value = json!({"detail": [{
                        "type": "missing", "loc": ["body", "expressao"], "msg": "Field required", "input": {},
                    }]}),
                )),
                ("no-text" = (
                    summary = r#"POST /evaluate {"expressao":5}"#,
                    value = json!({"detail": [{
                        "type": "string_type",
                        "loc": ["body", "expressao"],
                        "msg": "Input should be a valid string",
                        "input": 5,
                    }]}),
                )),
                ("no-json" = (
                    summary = "POST /evaluate notjson",
                    value = json!({"detail": [{
                        "type": "json_invalid",
                        "loc": ["body", 0],
                        "msg": "JSON decode error",
                        "input": {},
                        "ctx": {"error": "Expecting value"},
                    }]}),
                )),
            ),
        ),
        (
            status = 503,
            description = "Too much is going on; try again after the seconds in `Retry-After`.",
            body = Refused,
            example = json!({"detail": "Service Unavailable"}),
        ),
    ),
)]
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
            tell_expression(app.logged, &mut response, &text);
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

/// Whether a body is to be read as JSON: not declared at all, `application/json` or `application/…+json`.
fn declares_json(headers: &HeaderMap) -> bool {
    let Some(declared) = headers.get(CONTENT_TYPE).filter(|value| !value.is_empty()) else { return true };
    // What nearly everybody says.
    if declared == "application/json" {
        return true;
    }
    let Ok(declared) = declared.to_str() else { return false };
    let kind = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(kind.split_once('/'), Some(("application", kind)) if kind == "json" || (kind.ends_with("+json") && !kind.contains('/')))
}

/// Why a body gives no expression.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    /// No text, or a text that Python's decoder gives up on: 400.
    Unreadable,
    /// What pydantic finds wrong, written: 422.
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

/// The expression that a body asks for.
fn expression(is_json: bool, body: &[u8]) -> Result<String, Refusal> {
    if body.is_empty() {
        return Err(missing_body());
    }
    if !is_json {
        // What was not declared as JSON is a text to it, and no object.
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

/// One thing wrong, as pydantic reports it; `input` appends what was given in its place.
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
