//! Answers that several operations share, described.

use std::collections::BTreeMap;

use serde_json::json;
use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

/// What is answered where there is more to do than can be done: 503.
pub(super) struct Overloaded;

/// What is answered to a body that cannot be taken: 408, 413.
pub(super) struct NoBody;

/// What is answered to whoever is not the operator: 401, 403.
pub(super) struct NotAdmitted;

impl IntoResponses for Overloaded {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let detail = "too much is going on; try again in a second";
        let title = "Service Unavailable";
        [problem(503, "Too much is going on, or the answer took too long.", title, "overloaded", detail)].into()
    }
}

impl IntoResponses for NoBody {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let slow = "the body did not arrive in time";
        let large = "the body is larger than 1048576 bytes";
        [
            problem(408, "The body did not arrive in time.", "Request Timeout", "timeout", slow),
            problem(413, "The body is larger than 1 MiB.", "Payload Too Large", "too-large", large),
        ]
        .into()
    }
}

impl IntoResponses for NotAdmitted {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let token = "expected the header Authorization: Bearer, with the token that the server was given";
        let origin = "no TABUADA_ADMIN_TOKEN is set, and a page of another origin asks";
        [
            problem(401, "A token is set, and this is not it.", "Unauthorized", "unauthorized", token),
            problem(403, "No token is set, and the request does not come from here.", "Forbidden", "forbidden", origin),
        ]
        .into()
    }
}

fn problem(status: u16, description: &str, title: &str, code: &str, detail: &str) -> (String, RefOr<Response>) {
    let example = json!({ "type": "about:blank", "title": title, "status": status, "code": code, "detail": detail });
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).example(Some(example)).build();
    let response = ResponseBuilder::new().description(description).content("application/problem+json", content);
    (status.to_string(), response.build().into())
}
