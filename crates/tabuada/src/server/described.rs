//! Answers that several operations share, described.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::IntoResponses;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use super::fault::Fault;
use super::problem::Problem;

/// What is answered where there is more to do than can be done: 503.
pub(super) struct Overloaded;

/// What is answered to a body that cannot be taken: 408, 413.
pub(super) struct NoBody;

/// What is answered to whoever is not the operator: 401, 403.
pub(super) struct NotAdmitted;

/// What is answered to whoever may not read the metrics: 403.
pub(super) struct NotScraper;

/// What is answered where Redis does not let us remove what is to be forgotten: 502.
pub(super) struct RedisRefused;

impl IntoResponses for Overloaded {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        [problem(&Fault::Overloaded, "Too much is going on, or the answer took too long.")].into()
    }
}

impl IntoResponses for NoBody {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        [
            problem(&Fault::BodyTooSlow, "The body did not arrive in time."),
            problem(&Fault::BodyTooLarge, "The body is larger than 1 MiB."),
        ]
        .into()
    }
}

impl IntoResponses for NotAdmitted {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        [
            problem(&Fault::Token, "A token is set, and this is not it."),
            problem(&Fault::Origin, "No token is set, and the request does not come from here."),
        ]
        .into()
    }
}

impl IntoResponses for NotScraper {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        [problem(&Fault::MetricsHost, "The request is meant for another host, or came through a proxy.")].into()
    }
}

impl IntoResponses for RedisRefused {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let description = "This node's memory has forgotten it, but Redis does not let us remove it there.";
        [problem(&Fault::RedisRefused, description)].into()
    }
}

/// What is answered where a query at this path should hold an expression, and cannot be understood.
pub(super) fn expr_missing(path: &str) -> (String, RefOr<Response>) {
    let fault = Fault::ExprMissing { in_query: true };
    let example = ExampleBuilder::new().summary(format!("GET {path}")).value(Some(example(&fault)));
    let content = content().examples_from_iter([("missing", example.build())]);
    described(&fault, "The request cannot be understood.", content)
}

fn problem(fault: &Fault, description: &str) -> (String, RefOr<Response>) {
    described(fault, description, content().example(Some(example(fault))))
}

fn content() -> ContentBuilder {
    ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")))
}

/// What is sent.
fn example(fault: &Fault) -> Value {
    // It was written as JSON.
    serde_json::from_str(&Problem::from(fault.clone()).body()).unwrap_or_default()
}

fn described(fault: &Fault, description: &str, content: ContentBuilder) -> (String, RefOr<Response>) {
    let response = ResponseBuilder::new().description(description).content("application/problem+json", content.build());
    (fault.code().0.as_u16().to_string(), response.build().into())
}
