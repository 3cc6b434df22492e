//! `table`: one expression, row by row of named columns.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tabuada_lang::{Cell, Context, Error, JsonNumbers, Language, Limits, Notation, Program};

use super::Output;
use crate::answer::{Calculator, DEADLINE};
use crate::columns::{Column, Members};
use crate::engine;
use crate::mcp::arguments::{Arguments, Signature};
use crate::mcp::message::shortened_to;
use crate::mcp::mistake::Mistake;
use crate::peer::Peer;

pub(super) const SIGNATURE: Signature = Signature {
    tool: "table",
    arguments: &[
        ("expr", "a string with one expression, such as x**2 - 1"),
        (
            "columns",
            "an object: for each name a list of numbers, or {\"from\": 0, \"to\": 1, \"count\": 11} with finite numbers",
        ),
    ],
    example: r#"{"expr": "x**2 - 1", "columns": {"x": [1, 2, 3]}}"#,
};

/// The most rows that are shown, and so computed.
const ROWS_MAX: usize = 100;

/// The longest text of a value that is shown whole: of a longer one, `evaluate` shows more.
const CELL_CHARACTERS: usize = 100;

/// The most columns.
const COLUMNS_MAX: usize = 16;

/// Rows whose errors are told.
const ERRORS_MAX: usize = 3;

#[derive(Serialize)]
struct Table<'t> {
    columns: Vec<&'t str>,
    rows: Vec<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<RowError>,
}

#[derive(Serialize)]
struct RowError {
    /// From 0.
    row: usize,
    #[serde(flatten)]
    mistake: Mistake,
}

/// An expression and its columns.
struct Job {
    text: String,
    names: Vec<String>,
    columns: Vec<Column>,
    count: usize,
}

pub(super) async fn call(
    calculator: &Arc<Calculator>,
    peer: Peer,
    arguments: &Arguments<'_>,
) -> Result<Output, Mistake> {
    let job = Job::read(arguments)?;
    let end = Instant::now() + DEADLINE;
    let work = move || job.answer(end).map(Output::of);
    calculator.workers().by(peer).run(DEADLINE, work).await?
}

impl Job {
    fn read(arguments: &Arguments<'_>) -> Result<Self, Mistake> {
        let text = arguments.needed("expr")?;
        let given: Box<RawValue> = arguments.needed("columns")?;
        let given: Members<'_> = serde_json::from_str(given.get()).map_err(|_| arguments.wrong("columns"))?;
        let (mut names, mut columns) = (Vec::new(), Vec::new());
        for (name, json) in given.0 {
            columns.push(Column::read(json.get()).map_err(|_| arguments.wrong("columns"))?);
            names.push(name);
        }
        if columns.is_empty() || columns.len() > COLUMNS_MAX {
            return Err(arguments.refusal(&format!("there are from 1 to {COLUMNS_MAX} columns")));
        }
        let count = columns[0].len();
        if let Some(at) = columns.iter().position(|column| column.len() != count) {
            let other = columns[at].len();
            return Err(arguments.refusal(&format!("the columns have different lengths: {count} and {other}")));
        }
        Ok(Self { text, names, columns, count })
    }

    fn answer(&self, end: Instant) -> Result<String, Mistake> {
        let limits = Limits::default();
        let parameters: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let context = Context { parameters: &parameters, ..Context::default() };
        let program = engine::read_of(&self.text, &context, &limits)
            .map_err(|(error, fixes)| Mistake::of_text(&error, &self.text, &fixes))?;
        let shown = self.count.min(ROWS_MAX);
        let columns: Vec<Cow<'_, [f64]>> = self.columns.iter().map(|column| column.rows(0..shown)).collect();
        let slices: Vec<&[f64]> = columns.iter().map(|column| &**column).collect();
        let (rows, _) = engine::columns(&program, &slices, &limits, limits.fuel, end);
        let rows = rows.map_err(|kind| Mistake::of_kind(&kind))?;
        let mut errors = Vec::new();
        let told = rows.iter().enumerate().map(|(row, cell)| {
            if let Cell::Failure(failure) = cell
                && errors.len() < ERRORS_MAX
            {
                let error = Error { kind: failure.kind.clone(), span: program.span(failure.node) };
                let fixes = engine::fixes_of_rows(&self.text, &context, &limits, &program, failure);
                errors.push(RowError { row, mistake: Mistake::of_text(&error, &self.text, &fixes) });
            }
            slices.iter().map(|column| column[row].into()).chain([value(cell)]).collect()
        });
        let table = Table {
            rows: told.collect(),
            columns: parameters.iter().copied().chain(["result"]).collect(),
            left_out: Some(self.count - shown).filter(|more| *more > 0),
            errors,
        };
        let mut json = serde_json::to_string(&table).unwrap_or_default();
        let hints = self.hints(&program, &context, &limits);
        if !hints.is_empty() {
            json.pop();
            json.push_str(&format!(",\"hints\":{}}}", Value::from(hints)));
        }
        Ok(json)
    }

    fn hints(&self, program: &Program, context: &Context<'_>, limits: &Limits) -> Vec<String> {
        let hints = engine::hints_of_rows(&self.text, context, limits, program);
        hints.iter().map(|hint| hint.kind.message_in(Language::English, Notation::Python)).collect()
    }
}

/// The value of a row; null if it has none.
fn value(cell: Cell<'_>) -> Value {
    match cell {
        // JSON has no infinities.
        Cell::Float(value) if value.is_finite() => value.into(),
        Cell::Float(value) => Value::from(if value.is_nan() {
            "nan"
        } else if value > 0.0 {
            "inf"
        } else {
            "-inf"
        }),
        Cell::Bool(value) => value.into(),
        Cell::Answer(answer) if answer.text().len() > CELL_CHARACTERS => {
            shortened_to(CELL_CHARACTERS, answer.text()).into()
        }
        // It is JSON.
        Cell::Answer(answer) => serde_json::from_str(&answer.json(JsonNumbers::Exact)).unwrap_or_default(),
        Cell::Failure(_) => Value::Null,
    }
}
