//! `/version`: what is running.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde::Serialize;

use crate::server::render::{json, not_kept};
use crate::version::{COMMIT, RUSTC, VERSION, features};

/// What is running.
pub(super) async fn version() -> Response<Body> {
    not_kept(json(StatusCode::OK, build()))
}

/// The build in JSON.
pub(super) fn build() -> String {
    let version = Version { version: VERSION, commit: COMMIT, rustc: RUSTC, features: features().collect() };
    // Texts always serialise.
    serde_json::to_string(&version).unwrap_or_default()
}

/// A build.
#[derive(Debug, Serialize)]
struct Version {
    /// The version.
    version: &'static str,
    /// The beginning of the name of the commit, or `unknown`.
    commit: &'static str,
    /// The version of the compiler.
    rustc: &'static str,
    /// What was built in beside the default.
    features: Vec<&'static str>,
}
