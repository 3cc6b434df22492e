//! Errors as exceptions. Their classes are Python's, in `_errors.py`.

use std::sync::OnceLock;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;
use tabuada_lang::{Error, ErrorKind, Failure, Fix, Language, Limits, Span, caret, fixes, parse_with};

use crate::options::Options;

static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The name of a value's class. (`to_string` on a `str` of Python's looks for signals, and swallows what their handler
/// raises.)
pub(crate) fn type_name_of(value: &Bound<'_, PyAny>) -> PyResult<String> {
    value.get_type().qualname()?.extract()
}

/// Where an error comes from.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) text: &'a str,
    pub(crate) options: &'a Options,
    pub(crate) names: &'a [String],
}

impl Origin<'_> {
    /// The exception for a text that cannot be read.
    pub(crate) fn unread(&self, py: Python<'_>, error: &Error) -> PyErr {
        let advice = Some(Advice::new(self, None, &error.kind));
        let details = Details { place: Some((self.text, error.span)), advice, index: None };
        raise(py, &error.kind, &error.kind.message_in(Language::English, self.options.notation), details)
    }

    /// The exception for an evaluation that failed at a span of the text; `index` is the element of an array.
    pub(crate) fn failed(&self, py: Python<'_>, failure: &Failure, span: Span, index: Option<Vec<usize>>) -> PyErr {
        let advice = Advice::new(self, Some(failure.node), &failure.kind);
        let mut message = failure.kind.message_in(Language::English, self.options.notation);
        if let Some(index) = &index {
            message.push_str(&at_element(index));
        }
        let details = Details { place: Some((self.text, span)), advice: Some(advice), index };
        raise(py, &failure.kind, &message, details)
    }
}

/// The exception for a variable whose value cannot be given.
pub(crate) fn of_variable(py: Python<'_>, name: &str, kind: &ErrorKind) -> PyErr {
    let message = format!("the variable '{name}': {}", kind.message(Language::English));
    raise(py, kind, &message, Details::default())
}

/// What an exception has beside its kind and its message.
#[derive(Default)]
struct Details<'a> {
    place: Option<(&'a str, Span)>,
    advice: Option<Advice>,
    index: Option<Vec<usize>>,
}

fn raise(py: Python<'_>, kind: &ErrorKind, message: &str, details: Details<'_>) -> PyErr {
    make(py, class_of(kind), message, kind.code(), details).unwrap_or_else(|error| error)
}

/// An exception of a class of `_errors.py`, without a place in a text.
pub(crate) fn plain(py: Python<'_>, class: &str, code: &str, message: &str) -> PyErr {
    make(py, class, message, code, Details::default()).unwrap_or_else(|error| error)
}

/// The exception for an element of an array.
pub(crate) fn of_element(py: Python<'_>, class: &str, code: &str, message: &str, index: Vec<usize>) -> PyErr {
    let message = message.to_owned() + &at_element(&index);
    make(py, class, &message, code, Details { index: Some(index), ..Details::default() }).unwrap_or_else(|error| error)
}

/// `, at element [1, 2]`; nothing for an array without dimensions.
fn at_element(index: &[usize]) -> String {
    if index.is_empty() { String::new() } else { format!(", at element {index:?}") }
}

/// The exception for a text of characters that are none: halves of surrogate pairs.
pub(crate) fn surrogates(text: &Bound<'_, PyAny>) -> PyErr {
    let py = text.py();
    let error = plain(py, "SyntaxError", "syntax", "the text holds half of a surrogate pair, which is no character");
    match error.value(py).setattr("text", text) {
        Ok(()) => error,
        Err(other) => other,
    }
}

fn make(py: Python<'_>, class: &str, message: &str, code: &str, details: Details<'_>) -> PyResult<PyErr> {
    let make = MAKE.get_or_try_init(py, || {
        let make = py.import("tabuada._errors")?.getattr("make")?;
        Ok::<_, PyErr>(make.unbind())
    })?;
    let (text, span, picture) = match details.place {
        Some((text, span)) => (Some(text), Some(span.in_characters(text)), Some(caret(text, span))),
        None => (None, None, None),
    };
    let index = details.index.map(|index| PyTuple::new(py, index)).transpose()?;
    let advice = details.advice.map(|advice| Py::new(py, advice)).transpose()?;
    let exception = make.bind(py).call1((class, message, code, text, span, picture, advice, index))?;
    Ok(PyErr::from_value(exception))
}

/// The class whose instance Python would raise.
fn class_of(kind: &ErrorKind) -> &'static str {
    if kind.limit().is_some() {
        return "LimitError";
    }
    match kind {
        ErrorKind::NotInMode { .. } => "TypeError",
        ErrorKind::Recursive { .. } => "RecursionError",
        ErrorKind::AtPoint { cause, .. } => class_of(cause),
        _ => match kind.code() {
            "syntax" | "unsupported" | "ambiguous" => "SyntaxError",
            "unknown-name" => "NameError",
            "type-error" => "TypeError",
            "division-by-zero" => "ZeroDivisionError",
            "overflow" => "OverflowError",
            "internal" | "deadline" => "Error",
            _ => "ValueError",
        },
    }
}

/// The corrections of a text, made when they are first asked for: that takes longer than to evaluate it.
#[pyclass(frozen, module = "tabuada._engine")]
pub(crate) struct Advice {
    text: String,
    options: Options,
    names: Vec<String>,
    /// The kind of the error, and the node that failed; none if the text could not be read.
    kind: ErrorKind,
    node: Option<u32>,
    fixes: OnceLock<Vec<(String, String)>>,
}

impl Advice {
    fn new(origin: &Origin<'_>, node: Option<u32>, kind: &ErrorKind) -> Self {
        let (text, options, names) = (origin.text.to_owned(), *origin.options, origin.names.to_vec());
        Self { text, options, names, kind: kind.clone(), node, fixes: OnceLock::new() }
    }

    fn find(&self) -> Vec<(String, String)> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let (context, limits) = (self.options.context(&names), Limits::default());
        let found = match (parse_with(&self.text, &context, &limits), self.node) {
            (Err(error), _) => fixes(&self.text, &error, &context, &limits),
            (Ok(program), Some(node)) => {
                program.fixes(&self.text, &Failure { kind: self.kind.clone(), node }, &context, &limits)
            }
            (Ok(_), None) => Vec::new(),
        };
        found.into_iter().map(|fix: Fix| (fix.apply(&self.text), fix.replacement)).collect()
    }
}

#[pymethods]
impl Advice {
    /// The corrected texts, the likeliest first, each with what is new in it.
    fn fixes(&self, py: Python<'_>) -> Vec<(String, String)> {
        py.detach(|| self.fixes.get_or_init(|| self.find()).clone())
    }
}
