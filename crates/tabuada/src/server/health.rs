//! `/health`: whether the process answers, and what the cache is doing.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use serde::Serialize;

use crate::server::render::{json, not_kept};
use crate::server::state::App;

/// Whether the process answers.
pub(super) async fn live() -> Response<Body> {
    said(StatusCode::OK, &Live { status: "ok" })
}

/// Whether requests are welcome, and the state of the cache.
///
/// 200 until the signal to stop: without Redis every request is still answered.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response<Body> {
    let cache = app.calculator.cache().state().name();
    if app.is_stopping() {
        return said(StatusCode::SERVICE_UNAVAILABLE, &Ready { status: "stopping", cache });
    }
    said(StatusCode::OK, &Ready { status: "ok", cache })
}

fn said(status: StatusCode, what: &impl Serialize) -> Response<Body> {
    // Texts always serialise.
    not_kept(json(status, serde_json::to_string(what).unwrap_or_default()))
}

/// The process answers.
#[derive(Debug, Serialize)]
struct Live {
    status: &'static str,
}

/// Requests are welcome.
#[derive(Debug, Serialize)]
struct Ready {
    status: &'static str,
    cache: &'static str,
}
