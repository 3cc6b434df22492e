//! `/health`: whether the process answers, and what the cache is doing.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};

use crate::server::render::{json, not_kept};
use crate::server::state::App;

/// Whether the process answers.
pub(super) async fn live() -> Response<Body> {
    not_kept(json(StatusCode::OK, r#"{"status":"ok"}"#.to_owned()))
}

/// Whether requests are welcome, the state of the cache, and what Redis refuses.
///
/// 200 until the signal to stop: without Redis every request is still answered.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response<Body> {
    let stats = app.calculator.cache().stats();
    let cache = stats.state.name();
    let reads = if stats.refuses_reads { r#","reads":"refused""# } else { "" };
    let writes = if stats.refuses_writes { r#","writes":"refused""# } else { "" };
    let (status, code) =
        if app.is_stopping() { ("stopping", StatusCode::SERVICE_UNAVAILABLE) } else { ("ok", StatusCode::OK) };
    // All are words.
    not_kept(json(code, format!(r#"{{"status":"{status}","cache":"{cache}"{reads}{writes}}}"#)))
}
