//! A table in progress: its program and columns, its budget, and its errors.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use tabuada_lang::{
    Cell, Context, Error, ErrorKind, Failure, Language, Limits, Mode, Notation, Program, Span, Variables,
};

use super::columns::{Columns, ROWS_MAX};
use super::form::Form;
use crate::answer::DEADLINE;
use crate::columns::Members;
use crate::engine;
use crate::priority;
use crate::server::problems::{Fault, Problem, Words};
use crate::server::v1::question::{mode_of, notation_of, object};
use crate::server::v1::reply::Hint;

/// Rows of a stretch. Stretches are computed in parallel.
const STRETCH_ROWS: usize = 8_192;

/// Rows of one call: where each value is a float or a bool, and where a value may be of any size.
const ROWS_AT_ONCE: usize = 1_024;
const ANY_ROWS_AT_ONCE: usize = 16;

/// How long a worker computes before it takes other work.
const TURN: Duration = Duration::from_millis(50);

/// A piece of this size is sent; a slow client leaves a few of them in memory.
const PIECE_BYTES: usize = 256 << 10;

/// The fuel of a table, in evaluations at their limit: about a second of one thread.
const EVALUATIONS_AT_THEIR_LIMIT: u64 = 10;

/// And the time on workers, the backstop for a wrong price: at 15 ns a unit the fuel ends before.
const WORK_TIME: Duration = Duration::from_secs(5);

/// Rows whose errors are listed.
const ERRORS_MAX: usize = 10;

pub(super) struct Job {
    text: String,
    notation: Notation,
    program: Program,
    variables: Option<Variables>,
    columns: Columns,
    rows: usize,
    form: Form,
    language: Language,
    limits: Limits,
    fuel_given: u64,
    fuel_left: AtomicU64,
    microseconds_spent: AtomicU64,
    failures: Mutex<Failures>,
}

/// The errors of the first rows without a value, and how many rows have none.
#[derive(Debug, Default)]
struct Failures {
    count: usize,
    first: BTreeMap<usize, Problem>,
    common: Common,
}

/// The error that all rows without a value have in common.
#[derive(Debug, Default)]
enum Common {
    #[default]
    Nothing,
    One(Failure),
    Several,
}

#[derive(Serialize)]
struct RowError<'p> {
    /// From 0.
    row: usize,
    #[serde(flatten)]
    words: Words<'p>,
}

/// Rows that are not computed yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Stretch(Range<usize>);

impl Stretch {
    pub(super) fn is_done(&self) -> bool {
        self.0.is_empty()
    }
}

impl Job {
    /// Parses a question.
    pub(super) fn read(body: &[u8], form: Form, language: Language) -> Result<Self, Problem> {
        let (mut text, mut mode, mut variables, mut columns) = (None, None, None, Columns::default());
        let (mut notation, mut decimal) = (None, None);
        for (name, value) in object::<Members<'_>>(body)?.0 {
            match name.as_str() {
                "expr" => text = Some(member::<String>("expr", value.get())?),
                "mode" => mode = member::<Option<String>>("mode", value.get())?,
                "notation" => notation = member::<Option<String>>("notation", value.get())?,
                "decimal" => decimal = member::<Option<String>>("decimal", value.get())?,
                "variables" => variables = Some(value.get()).filter(|json| *json != "null"),
                "columns" => {
                    let given = object::<Members<'_>>(value.get().as_bytes())?.0;
                    given.into_iter().try_for_each(|(name, column)| columns.add(name, column.get()))?;
                }
                _ => columns.add(name, value.get())?,
            }
        }
        let text = text.ok_or(Fault::ExprMissing { in_query: false })?;
        if mode_of(mode.as_deref())? != Mode::Python {
            return Err(Fault::TableMode.into());
        }
        let notation = notation_of(notation.as_deref(), decimal.as_deref())?;
        let rows = columns.rows()?;
        if rows > ROWS_MAX {
            return Err(Fault::RowsTooMany { most: ROWS_MAX }.into());
        }
        let limits = Limits::default();
        let variables = variables.map(|json| Variables::from_json(json, &limits)).transpose();
        let variables = variables.map_err(|kind| Problem::of_text(&Error { kind, span: Span::default() }, &text))?;
        let read = |context: &Context<'_>| engine::read_of(&text, context, &limits);
        let program = in_context(&columns, notation, variables.as_ref(), read)
            .map_err(|(error, fixes)| Problem::of_text(&error, &text).written_in(notation).advising(&fixes, &text))?;
        let fuel_given = limits.fuel * EVALUATIONS_AT_THEIR_LIMIT;
        Ok(Self {
            text,
            notation,
            program,
            variables,
            columns,
            rows,
            form,
            language,
            limits,
            fuel_given,
            fuel_left: AtomicU64::new(fuel_given),
            microseconds_spent: AtomicU64::new(0),
            failures: Mutex::default(),
        })
    }

    /// All rows, in order.
    pub(super) fn stretches(&self) -> impl Iterator<Item = Stretch> + Send + 'static {
        let rows = self.rows;
        (0..rows).step_by(STRETCH_ROWS).map(move |start| Stretch(start..rows.min(start + STRETCH_ROWS)))
    }

    /// Refuses a table that will be too expensive if the rest of its rows cost what those before `rest`, in the first
    /// stretch, did.
    pub(super) fn foresee(&self, rest: &Stretch) -> Result<(), Problem> {
        let spent = self.fuel_given - self.fuel_left.load(Ordering::Relaxed);
        let done = rest.0.start.max(1) as u64;
        if u128::from(spent) * self.rows as u128 <= u128::from(self.fuel_given) * u128::from(done) {
            return Ok(());
        }
        Err(Problem::of_expression(&self.exhausted(), None))
    }

    /// Whether it is still unknown if the text is wrong, since all rows before `rest` failed alike. The client does not
    /// wait for more rows than cost what one expression may, or fill `piece`.
    pub(super) fn is_in_doubt(&self, rest: &Stretch, piece: &str) -> bool {
        let spent = self.fuel_given - self.fuel_left.load(Ordering::Relaxed);
        let goes_on = !rest.is_done() && piece.len() < PIECE_BYTES && spent < self.limits.fuel;
        goes_on && self.wrong_in_all(rest.0.start).is_some()
    }

    /// The error of the text, if all rows fail alike: an operation on a wrong type.
    pub(super) fn wrong_with_all(&self) -> Option<Problem> {
        let failure = self.wrong_in_all(self.rows)?;
        let fixes = in_context(&self.columns, self.notation, self.variables.as_ref(), |context| {
            engine::fixes_of_rows(&self.text, context, &self.limits, &self.program, &failure)
        });
        Some(self.problem(&failure).advising(&fixes, &self.text))
    }

    fn problem(&self, failure: &Failure) -> Problem {
        let place = Some((self.program.span(failure.node), &*self.text));
        Problem::of_expression(&failure.kind, place).written_in(self.notation)
    }

    /// The error of each of so many rows, if it is the same in all and independent of their values.
    fn wrong_in_all(&self, rows: usize) -> Option<Failure> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        match &failures.common {
            Common::One(failure) if failures.count == rows && matches!(failure.kind, ErrorKind::Type(_)) => {
                Some(failure.clone())
            }
            _ => None,
        }
    }

    fn exhausted(&self) -> ErrorKind {
        ErrorKind::OutOfFuel { limit: self.fuel_given }
    }

    /// The beginning, before the rows.
    pub(super) fn head(&self) -> String {
        let mut out = String::new();
        self.form.write_head(&self.columns.names, &mut out);
        out
    }

    /// Computes and writes rows of a stretch, at least one, until a piece is full, the turn of the worker ends, or
    /// `is_over`. The rows are removed from the stretch.
    pub(super) fn write(&self, stretch: &mut Stretch, out: &mut String, is_over: impl Fn() -> bool) {
        let begun = Instant::now();
        let mut at_once = 1;
        while !stretch.is_done() && out.len() < PIECE_BYTES && begun.elapsed() < TURN && !is_over() {
            priority::give_way();
            let spent = Duration::from_micros(self.microseconds_spent.load(Ordering::Relaxed));
            if spent >= WORK_TIME {
                let rows = std::mem::take(&mut stretch.0);
                return self.write_without(rows, &Problem::of_expression(&ErrorKind::Deadline, None), out);
            }
            let rows = stretch.0.start..stretch.0.end.min(stretch.0.start + at_once);
            stretch.0.start = rows.end;
            let columns: Vec<Cow<'_, [f64]>> =
                self.columns.columns.iter().map(|column| column.rows(rows.clone())).collect();
            let slices: Vec<&[f64]> = columns.iter().map(|column| &**column).collect();
            let left = self.fuel_left.load(Ordering::Relaxed);
            let turn = Instant::now();
            let end = turn + DEADLINE.min(WORK_TIME - spent);
            let (answers, spent) = engine::columns(&self.program, &slices, &self.limits, left, end);
            let time = turn.elapsed().as_micros() as u64;
            self.microseconds_spent.fetch_add(time, Ordering::Relaxed);
            // Other workers may have spent fuel at the same time, so the limit is exceeded by as many calls as there
            // are workers.
            let _ = self
                .fuel_left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some(left.saturating_sub(spent)));
            let answers = match answers {
                Ok(answers) => answers,
                Err(kind) => {
                    let kind = if matches!(kind, ErrorKind::OutOfFuel { .. }) { self.exhausted() } else { kind };
                    self.write_without(rows, &Problem::of_expression(&kind, None), out);
                    continue;
                }
            };
            at_once = ROWS_AT_ONCE;
            for (at, cell) in answers.iter().enumerate() {
                let row = rows.start + at;
                match cell {
                    Cell::Failure(failure) => {
                        self.note(row..row + 1, Some(failure), || self.problem(failure));
                        at_once = ANY_ROWS_AT_ONCE;
                    }
                    // A value of another type in one row makes it likely in all.
                    Cell::Answer(_) => at_once = ANY_ROWS_AT_ONCE,
                    Cell::Float(_) | Cell::Bool(_) => {}
                }
                let values = slices.iter().map(|column| column[at]);
                self.form.write_row(row == 0, values, Some(cell), out);
            }
        }
    }

    /// Gives up a stretch that got no worker.
    pub(super) fn give_up(&self, stretch: &mut Stretch, out: &mut String) {
        let rows = std::mem::take(&mut stretch.0);
        self.write_without(rows, &Fault::Overloaded.into(), out);
    }

    fn write_without(&self, rows: Range<usize>, problem: &Problem, out: &mut String) {
        self.note(rows.clone(), None, || problem.clone());
        for row in rows {
            let values = self.columns.columns.iter().map(|column| column.rows(row..row + 1)[0]);
            self.form.write_row(row == 0, values, None, out);
        }
    }

    /// Notes the problem of rows; `failure` if it is one of the evaluation.
    fn note(&self, rows: Range<usize>, failure: Option<&Failure>, problem: impl Fn() -> Problem) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.count += rows.len();
        failures.common.add(failure);
        for row in rows.take(ERRORS_MAX) {
            // Stretches end in any order.
            let is_among_the_first = failures.first.len() < ERRORS_MAX
                || failures.first.last_key_value().is_some_and(|(last, _)| row < *last);
            if !is_among_the_first {
                break;
            }
            failures.first.insert(row, problem());
            if failures.first.len() > ERRORS_MAX {
                failures.first.pop_last();
            }
        }
    }

    /// The end, behind the rows.
    pub(super) fn tail(&self) -> String {
        if self.form == Form::Csv {
            return String::new();
        }
        let mut tail = String::from("]");
        // Texts and numbers always serialise.
        let mut add = |name: &str, json: String| tail.push_str(&format!(",\"{name}\":{json}"));
        if self.notation != Notation::Python {
            add("read_as", serde_json::to_string(&self.program.canonical()).unwrap_or_default());
        }
        let hints = in_context(&self.columns, self.notation, self.variables.as_ref(), |context| {
            engine::hints_of_rows(&self.text, context, &self.limits, &self.program)
        });
        if !hints.is_empty() {
            let told = |hint| Hint::new(hint, &self.text, self.notation, self.language);
            let hints: Vec<Hint> = hints.iter().map(told).collect();
            add("hints", serde_json::to_string(&hints).unwrap_or_default());
        }
        let of_all = self.wrong_with_all().map(|problem| BTreeMap::from([(0, problem)]));
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.count > 0 {
            let errors = of_all.as_ref().unwrap_or(&failures.first).iter();
            let errors = errors.map(|(&row, problem)| RowError { row, words: problem.in_words(self.language) });
            let errors: Vec<RowError<'_>> = errors.collect();
            add("failed", failures.count.to_string());
            add("errors", serde_json::to_string(&errors).unwrap_or_default());
        }
        tail.push('}');
        tail
    }
}

impl Common {
    fn add(&mut self, failure: Option<&Failure>) {
        *self = match (&*self, failure) {
            (Self::Nothing, Some(failure)) => Self::One(failure.clone()),
            (Self::One(one), Some(failure)) if one == failure => return,
            _ => Self::Several,
        };
    }
}

/// Calls `act` with the context of the text of a table.
fn in_context<T>(
    columns: &Columns,
    notation: Notation,
    variables: Option<&Variables>,
    act: impl FnOnce(&Context<'_>) -> T,
) -> T {
    let parameters: Vec<&str> = columns.names.iter().map(String::as_str).collect();
    act(&Context { parameters: &parameters, notation, variables, ..Context::default() })
}

/// A member of the question that is a string.
fn member<T: serde::de::DeserializeOwned>(name: &'static str, json: &str) -> Result<T, Fault> {
    serde_json::from_str(json).map_err(|_| Fault::NoString(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The clock is behind the fuel: rows that it ends have no value, and the table is complete.
    #[test]
    fn a_table_has_a_time_for_all_of_it() {
        let body = br#"{"expr":"x+1","x":{"from":1,"to":9000,"count":9000}}"#;
        let job = Job::read(body, Form::Json, Language::English).unwrap_or_else(|_| panic!("it can be read"));
        let mut stretches = job.stretches();
        let (mut first, mut second) = (stretches.next().unwrap_or_default(), stretches.next().unwrap_or_default());
        let mut out = String::new();
        job.write(&mut first, &mut out, || false);
        assert!(out.starts_with("2.0,3.0"), "{out}");
        assert!(job.microseconds_spent.load(Ordering::Relaxed) > 0);
        job.microseconds_spent.store(WORK_TIME.as_micros() as u64, Ordering::Relaxed);
        out.clear();
        job.write(&mut second, &mut out, || false);
        assert!(second.is_done());
        assert_eq!(out, ",null".repeat(9_000 - STRETCH_ROWS));
        let tail = job.tail();
        assert!(tail.contains(r#""failed":808,"errors":[{"row":8192,"code":"deadline""#), "{tail}");
    }
}
