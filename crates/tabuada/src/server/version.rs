//! `/version`: what is running.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::render::{json, not_kept};
use crate::version::{COMMIT, RUSTC, VERSION, features};

/// A build.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Version {
    /// The version.
    version: &'static str,
    /// The beginning of the name of the commit, or `unknown`.
    commit: &'static str,
    /// The version of the compiler.
    rustc: &'static str,
    /// What was built in beside the default.
    features: Vec<&'static str>,
}

/// What is running.
#[utoipa::path(
    get,
    path = "/version",
    tag = "operation",
    operation_id = "version",
    responses((
        status = 200,
        description = "Version, commit, compiler and features of the build.",
        body = Version,
        examples(("version" = (
            summary = "GET /version",
            value = json!({
                "version": VERSION,
                "commit": COMMIT,
                "rustc": RUSTC,
                "features": features().collect::<Vec<_>>(),
            }),
        ))),
    )),
)]
pub(super) async fn version() -> Response<Body> {
    let version = Version { version: VERSION, commit: COMMIT, rustc: RUSTC, features: features().collect() };
    // Texts always serialise.
    not_kept(json(StatusCode::OK, serde_json::to_string(&version).unwrap_or_default()))
}
