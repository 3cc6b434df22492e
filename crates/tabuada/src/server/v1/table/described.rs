//! What a table takes and answers, described. Both are read and written by hand: members in the order in which they stand,
//! and rows while they are worked out.
#![expect(dead_code, reason = "described, never made")]

use std::collections::BTreeMap;

use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Array, ArrayBuilder, Object, ObjectBuilder, SchemaType, Type};

use super::super::super::evaluate::described::value;
use super::super::super::problem::{CharacterSpan, Suggestion};
use super::super::question::variables;
use super::super::reply::Hint;

/// A table to be worked out. What has no other meaning here is a column: `{"expr": …, "x": …}`.
#[derive(ToSchema)]
#[schema(as = Table)]
pub(super) struct Question {
    /// The expression of the columns' names: at most 65,536 bytes.
    #[schema(example = "x**2")]
    expr: String,
    #[schema(schema_with = mode, required = false)]
    mode: (),
    #[schema(schema_with = variables, required = false)]
    variables: (),
    /// Columns by name, as many rows in each: at most 64, and 1,000,000 rows.
    #[schema(required = false)]
    columns: BTreeMap<String, Column>,
    #[serde(flatten)]
    others: BTreeMap<String, Column>,
}

/// A column: its numbers, or a range of them.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum Column {
    Given(Vec<f64>),
    Range(Range),
}

/// `count` numbers, equally far from each other: the first is `from`, the last `to`.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Range {
    from: f64,
    to: f64,
    /// How many.
    #[schema(minimum = 0)]
    count: u64,
}

/// The rows.
#[derive(ToSchema)]
pub(super) struct Rows {
    #[schema(schema_with = results)]
    result: (),
    /// Where the text may not mean what was meant.
    #[schema(required = false)]
    hints: Vec<Hint>,
    /// How many rows have no value, if any.
    #[schema(required = false)]
    failed: u64,
    /// Why the first ten of them have none; one, if the text is what is wrong in all rows.
    #[schema(required = false)]
    errors: Vec<RowError>,
}

/// Why a row has no value.
#[derive(ToSchema)]
pub(super) struct RowError {
    /// Which, from 0.
    row: u64,
    /// For programs.
    code: String,
    /// For people.
    detail: String,
    /// The words of CPython 3.14 for it, where CPython fails at run time.
    #[schema(required = false)]
    python_message: String,
    /// Where in the expression.
    #[schema(required = false)]
    span: CharacterSpan,
    /// What to write instead, where the text is wrong and that is known.
    #[schema(required = false)]
    suggestion: Suggestion,
    /// What else may have been meant.
    #[schema(required = false)]
    alternatives: Vec<Suggestion>,
}

fn mode() -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .enum_values(Some([Some("python"), None]))
        .description(Some("`python`, as if left out: there is no other for tables."))
        .build()
}

fn results() -> Array {
    ArrayBuilder::new()
        .items(RefOr::T(value("The value of a row, as `/v1/evaluate` writes a `result`; `null` if there is none.")))
        .description(Some("The values, row by row."))
        .build()
}
