//! `/health`: whether the process answers, and what the cache is doing.

use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use super::render::{json, not_kept};
use super::state::App;
use crate::view::states;

/// The process answers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Live {
    #[schema(schema_with = ok)]
    status: &'static str,
}

/// Requests are welcome.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Ready {
    #[schema(schema_with = ok_or_stopping)]
    status: &'static str,
    #[schema(schema_with = states)]
    cache: &'static str,
}

fn ok() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["ok"])).build()
}

fn ok_or_stopping() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["ok", "stopping"])).build()
}

/// Whether the process answers.
#[utoipa::path(
    get,
    path = "/health/live",
    tag = "operation",
    operation_id = "live",
    responses((
        status = 200,
        description = "It does.",
        body = Live,
        examples(("live" = (summary = "GET /health/live", value = json!({"status": "ok"})))),
    )),
)]
pub(super) async fn live() -> Response<Body> {
    said(StatusCode::OK, &Live { status: "ok" })
}

/// Whether requests are welcome, and the state of the cache.
///
/// 200 until the signal to stop: without Redis every request is still answered.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "operation",
    operation_id = "ready",
    responses(
        (
            status = 200,
            description = "They are.",
            body = Ready,
            examples(("memory" = (summary = "GET /health/ready", value = json!({"status": "ok", "cache": "memory"})))),
        ),
        (
            status = 503,
            description = "The server is stopping: they are answered, and belong elsewhere.",
            body = Ready,
            example = json!({"status": "stopping", "cache": "memory"}),
        ),
    ),
)]
pub(super) async fn ready(State(app): State<App>) -> Response<Body> {
    let cache = app.calculator.cache().state().name();
    if app.is_stopping() {
        return said(StatusCode::SERVICE_UNAVAILABLE, &Ready { status: "stopping", cache });
    }
    said(StatusCode::OK, &Ready { status: "ok", cache })
}

/// The same, for who expects it here.
#[utoipa::path(
    get,
    path = "/health",
    tag = "operation",
    operation_id = "health",
    responses(
        (
            status = 200,
            description = "As `/health/ready`.",
            body = Ready,
            examples(("memory" = (summary = "GET /health", value = json!({"status": "ok", "cache": "memory"})))),
        ),
        (
            status = 503,
            description = "As `/health/ready`.",
            body = Ready,
            example = json!({"status": "stopping", "cache": "memory"}),
        ),
    ),
)]
pub(super) async fn health(app: State<App>) -> Response<Body> {
    ready(app).await
}

fn said(status: StatusCode, what: &impl Serialize) -> Response<Body> {
    // Texts always serialise.
    not_kept(json(status, serde_json::to_string(what).unwrap_or_default()))
}
