//! What went wrong with a request under `/v1`, as RFC 9457 has it (`application/problem+json`).

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response, StatusCode};
use serde_json::json;

use super::render::{json, not_kept};

/// A problem: `code` is stable and for programs, `detail` for people.
pub(super) fn problem(status: StatusCode, code: &str, detail: &str) -> Response<Body> {
    let body = json!({
        // No page of ours says more than the code does.
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "code": code,
        "detail": detail,
    });
    let mut response = not_kept(json(status, body.to_string()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}
