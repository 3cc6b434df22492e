//! An explanation, described: with a value or an error, of which the type that is sent has one.
#![expect(dead_code, reason = "described, never made")]

use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use super::super::super::problem::{CharacterSpan, Suggestion};
use super::super::reply::{Hint, result, types};

/// An expression explained. It has `result`, `type` and `text` if it comes to a value, else `error`.
#[derive(ToSchema)]
pub(super) struct Explanation {
    /// The one spelling of all that mean the same.
    canonical: String,
    /// The answer's name in Redis; `null` if it is never remembered.
    #[schema(required = true)]
    key: Option<String>,
    /// What nothing in the text gives a value.
    free_names: Vec<String>,
    /// Whether it is the same each time.
    pure: bool,
    /// What it cost.
    fuel: u64,
    #[schema(schema_with = result, required = false)]
    result: (),
    #[schema(schema_with = types, required = false)]
    r#type: (),
    /// Python's text, with all its digits.
    #[schema(required = false)]
    text: String,
    /// Why there is no value.
    #[schema(required = false)]
    error: ExplainedError,
    /// Where the text may not mean what was meant.
    #[schema(required = false)]
    hints: Vec<Hint>,
    steps: Vec<Step>,
    /// Whether there were more steps: they are missing before the last one.
    steps_cut: bool,
    /// Where in the last step's text it failed.
    #[schema(required = false)]
    failed: CharacterSpan,
}

/// Why an expression has no value.
#[derive(ToSchema)]
pub(super) struct ExplainedError {
    /// For programs.
    code: String,
    /// For people.
    detail: String,
    /// The words of CPython 3.14 for it, where CPython fails at run time.
    #[schema(required = false)]
    python_message: String,
    #[schema(required = false)]
    span: CharacterSpan,
    #[schema(required = false)]
    suggestion: Suggestion,
    /// What else may have been meant.
    #[schema(required = false)]
    alternatives: Vec<Suggestion>,
}

/// A step. Places are in characters.
#[derive(ToSchema)]
pub(super) struct Step {
    #[schema(schema_with = kinds)]
    kind: (),
    /// Which of the text's statements, from 0.
    statement: u32,
    /// What is left to be worked out.
    text: String,
    /// Where in the step before's text that stood which is replaced.
    replaced: Vec<CharacterSpan>,
    /// Where in this text that stands which replaces it.
    by: Vec<CharacterSpan>,
    /// Where in the asker's text that stands which was worked out.
    #[schema(required = false)]
    span: CharacterSpan,
    /// What the value that was found may be off by, from above, where it was found numerically: an integral, a
    /// derivative, a sum or a product to infinity.
    #[schema(required = false)]
    error: f64,
}

fn kinds() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(["statement", "names", "definition", "branch", "terms", "value", "answer"]))
        .description(Some("What is done in it."))
        .build()
}
