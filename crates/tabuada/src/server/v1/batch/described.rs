//! The lines of a batch's answer, described: they are written by [`line`](crate::line).
#![expect(dead_code, reason = "described, never made")]

use std::borrow::Cow;

use serde_json::json;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::super::super::problem::CharacterSpan;
use super::super::reply::{result, types};

/// All lines, which no schema of OpenAPI 3.1 is for; that of each is named beside.
pub(super) struct Lines;

impl PartialSchema for Lines {
    fn schema() -> RefOr<Schema> {
        let line = json!({ "$ref": Ref::from_schema_name("BatchLine").ref_location });
        let lines = ObjectBuilder::new()
            .schema_type(Type::String)
            .content_media_type(super::NDJSON)
            .description(Some("One `BatchLine` in JSON for each question, each ended by a line feed."))
            .extensions(Some(Extensions::builder().add("x-line-schema", line).build()));
        lines.into()
    }
}

impl ToSchema for Lines {
    fn name() -> Cow<'static, str> {
        "BatchLines".into()
    }
}

/// The answer to one question.
#[derive(ToSchema)]
#[schema(as = BatchLine)]
#[serde(untagged)]
pub(in crate::server) enum Line {
    Value(LineValue),
    Error(LineError),
}

/// A value. With `explain`, how the question was read, too.
#[derive(ToSchema)]
#[schema(as = BatchValue)]
pub(in crate::server) struct LineValue {
    #[schema(schema_with = result)]
    result: (),
    #[schema(schema_with = types)]
    r#type: (),
    /// Python's text, with all its digits.
    text: String,
    /// The one spelling of all that mean the same.
    #[schema(required = false)]
    canonical: String,
    /// Whether it is the same each time.
    #[schema(required = false)]
    pure: bool,
    /// What it cost.
    #[schema(required = false)]
    fuel: u64,
}

/// Why there is none. With `explain`, how the question was read, too, if it was.
#[derive(ToSchema)]
#[schema(as = BatchFailure)]
pub(in crate::server) struct LineError {
    error: Reason,
    /// The one spelling of all that mean the same.
    #[schema(required = false)]
    canonical: String,
    /// Whether it is the same each time.
    #[schema(required = false)]
    pure: bool,
    /// What it cost, if it ended.
    #[schema(required = false)]
    fuel: u64,
}

/// What is wrong with a question.
#[derive(ToSchema)]
#[schema(as = BatchError)]
pub(in crate::server) struct Reason {
    /// For programs.
    code: String,
    /// For people, in English: Python's words where Python fails at run time.
    message: String,
    /// Where in the expression.
    #[schema(required = false)]
    span: CharacterSpan,
}
