//! A text that is read once and evaluated many times.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use tabuada_lang::{Argument, ErrorKind, Failure, Limits, Span, Syntax, VariableError};

use crate::arrays;
use crate::errors::{self, Origin};
use crate::given;
use crate::options::{Given, Options};
use crate::texts::{self, Text};
use crate::values;
use crate::work;

/// A compiled expression: `f = compile("x**2 + 1")`, `f(x=3)`.
///
/// Immutable: it may be called from several threads at once, copied and pickled.
#[pyclass(frozen, module = "tabuada")]
pub(crate) struct Program {
    text: Py<PyString>,
    source: String,
    options: Options,
    is_lenient: bool,
    read: Arc<Text>,
    canonical: String,
}

/// A text as UTF-8.
///
/// # Errors
///
/// `TypeError` for anything but a `str`; the package's `SyntaxError` for halves of surrogate pairs.
pub(crate) fn utf8<'a>(text: &'a Bound<'_, PyAny>) -> PyResult<&'a str> {
    let Ok(string) = text.cast::<PyString>() else {
        let class = errors::type_name_of(text)?;
        return Err(pyo3::exceptions::PyTypeError::new_err(format!("the text must be a str, not {class}")));
    };
    string.to_str().map_err(|_| errors::surrogates(text))
}

/// The program of a text whose parameters are `names`.
///
/// # Errors
///
/// The exception of a text that cannot be read, or of a name that no variable can have.
pub(crate) fn read(py: Python<'_>, source: &str, options: &Options, names: &[String]) -> PyResult<Arc<Text>> {
    texts::find(py, source, options, names).map_err(|error| match &error.kind {
        ErrorKind::Syntax(Syntax::NotAssignable { name }) if error.span == Span::default() && names.contains(name) => {
            errors::of_variable(py, name, &VariableError::Name { name: name.clone() }.into())
        }
        _ => Origin { text: source, options, names }.unread(py, &error),
    })
}

/// A text that was read, and the values of its parameters.
pub(crate) struct Asked<'a> {
    pub(crate) source: &'a str,
    pub(crate) options: Options,
    pub(crate) read: Arc<Text>,
    pub(crate) arguments: Vec<Argument>,
}

/// Reads a text whose parameters are the names of `variables`.
///
/// # Errors
///
/// `ValueError` for an option, and the exceptions of [`utf8`], [`read`] and of a value that has no form here.
pub(crate) fn ask<'a>(
    text: &'a Bound<'_, PyAny>,
    variables: Option<&Bound<'_, PyAny>>,
    given: &Given<'_>,
) -> PyResult<Asked<'a>> {
    let options = given.check()?;
    let source = utf8(text)?;
    let Some(variables) = variables else {
        let read = read(text.py(), source, &options, &[])?;
        return Ok(Asked { source, options, read, arguments: Vec::new() });
    };
    let variables = given::dict_of(variables)?;
    let read = read(text.py(), source, &options, &given::names_of(&variables)?)?;
    let arguments = arguments(&read, &variables, &options)?;
    Ok(Asked { source, options, read, arguments })
}

/// Evaluates a text with the values of its parameters.
///
/// # Errors
///
/// The exception of the failure.
pub(crate) fn run<'py>(
    py: Python<'py>,
    source: &str,
    text: &Text,
    options: &Options,
    arguments: &[Argument],
) -> PyResult<Bound<'py, PyAny>> {
    let limits = options.limits();
    let evaluate = |fuel: &mut tabuada_lang::Fuel<'_>| text.program.evaluate_with(arguments, &limits, fuel);
    let seed = if text.is_pure { 0 } else { work::seed(py)? };
    match work::evaluate(py, limits.fuel, seed, evaluate)? {
        Ok(answer) => values::value(py, &answer),
        Err(failure) => Err(failed(py, source, text, options, &failure)),
    }
}

pub(crate) fn failed(py: Python<'_>, source: &str, text: &Text, options: &Options, failure: &Failure) -> PyErr {
    let origin = Origin { text: source, options, names: &text.names };
    origin.failed(py, failure, text.program.span(failure.node), None)
}

/// The values of a text's parameters, taken from a mapping; those that the text does not read are not converted.
pub(crate) fn arguments(text: &Text, given: &Bound<'_, PyDict>, options: &Options) -> PyResult<Vec<Argument>> {
    let limits = options.limits();
    let parameters = text.names.iter().zip(&text.is_read);
    parameters
        .map(|(name, is_read)| match given.get_item(name)? {
            Some(value) if *is_read => given::argument(name, &value, options.mode, &limits),
            _ => Ok(Argument::None),
        })
        .collect()
}

impl Program {
    pub(crate) fn new(text: &Bound<'_, PyAny>, given: &Given<'_>, errors: &str) -> PyResult<Self> {
        let py = text.py();
        let options = given.check()?;
        let is_lenient = match errors {
            "raise" => false,
            "nan" => true,
            other => {
                let message = format!("errors must be 'raise' or 'nan', not {other:?}");
                return Err(pyo3::exceptions::PyValueError::new_err(message));
            }
        };
        let source = utf8(text)?;
        let free = read(py, source, &options, &[])?;
        let names: Vec<String> = free.program.free_names().into_iter().map(str::to_owned).collect();
        let read = if names.is_empty() { free } else { read(py, source, &options, &names)? };
        let canonical = read.program.canonical();
        let text = text.cast::<PyString>()?.clone().unbind();
        Ok(Self { text, source: source.to_owned(), options, is_lenient, read, canonical })
    }

    fn errors(&self) -> &'static str {
        if self.is_lenient { "nan" } else { "raise" }
    }

    /// Evaluates with other names than those of the text: without the values of some, their use is an error.
    fn run_with_missing<'py>(&self, py: Python<'py>, given: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
        let is_given = |name: &&String| given.contains(*name).unwrap_or(false);
        let names: Vec<String> = self.read.names.iter().filter(is_given).cloned().collect();
        let text = read(py, &self.source, &self.options, &names)?;
        if let Some(failure) = text.program.unknown_name()
            && given.values().iter().any(|value| given::is_array(&value))
        {
            return Err(failed(py, &self.source, &text, &self.options, &failure));
        }
        run(py, &self.source, &text, &self.options, &arguments(&text, given, &self.options)?)
    }
}

#[pymethods]
impl Program {
    /// The value for these values of the variables. If one of them is a NumPy array, an array of the same shape.
    #[pyo3(signature = (**variables))]
    fn __call__<'py>(&self, py: Python<'py>, variables: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>> {
        let text = &*self.read;
        let Some(given) = variables else {
            if text.names.is_empty() {
                return run(py, &self.source, text, &self.options, &[]);
            }
            return self.run_with_missing(py, &PyDict::new(py));
        };
        let limits = self.options.limits();
        let mut arguments = Vec::with_capacity(text.names.len());
        for name in &text.names {
            match given.get_item(name)? {
                Some(value) if given::is_array(&value) => return self.over_arrays(py, given),
                Some(value) => arguments.push(given::argument(name, &value, self.options.mode, &limits)?),
                None => break,
            }
        }
        self.check_names(given)?;
        if arguments.len() < text.names.len() {
            return self.run_with_missing(py, given);
        }
        run(py, &self.source, text, &self.options, &arguments)
    }

    /// The text spelled in one way: programs with the same canonical text in the same mode have the same values.
    #[getter]
    fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The text as it was given.
    #[getter]
    fn text(&self, py: Python<'_>) -> Py<PyString> {
        self.text.clone_ref(py)
    }

    /// The names of the variables, in order of first use.
    #[getter]
    fn names<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.read.names)
    }

    /// Whether equal variables always give the same value: no random function is used.
    #[getter]
    fn is_pure(&self) -> bool {
        self.read.is_pure
    }

    /// The number mode: `'python'`, `'exact'` or `'decimal:N'`.
    #[getter]
    fn mode(&self) -> String {
        self.options.mode().into_owned()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let mut text = format!("tabuada.compile({}", self.text.bind(py).repr()?);
        let notation = Some(self.options.notation.name()).filter(|name| *name != "python");
        let mode = Some(self.options.mode()).filter(|mode| mode != "python");
        let words = [("mode", mode.as_deref()), ("notation", notation), ("decimal", self.options.decimal())];
        for (name, value) in words {
            if let Some(value) = value {
                text.push_str(&format!(", {name}='{value}'"));
            }
        }
        for (name, value) in [("fuel", self.options.fuel), ("digits", self.options.digits)] {
            if let Some(value) = value {
                text.push_str(&format!(", {name}={value}"));
            }
        }
        if self.is_lenient {
            text.push_str(", errors='nan'");
        }
        text.push(')');
        Ok(text)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| {
            let other = other.get();
            // The notation does not matter to the values.
            let ours = (&self.canonical, self.options.mode, self.options.fuel, self.options.digits, self.is_lenient);
            let theirs = &other.options;
            ours == (&other.canonical, theirs.mode, theirs.fuel, theirs.digits, other.is_lenient)
                && self.read.names == other.read.names
        })
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        PyString::new(py, &self.canonical).hash()
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    #[allow(clippy::type_complexity)]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let restore = py.import("tabuada._engine")?.getattr("_restore")?;
        let Options { notation, fuel, digits, .. } = self.options;
        let arguments = (
            self.text.clone_ref(py),
            self.options.mode(),
            notation.name(),
            self.options.decimal(),
            fuel,
            digits,
            self.errors(),
        );
        Ok((restore, arguments.into_pyobject(py)?))
    }
}

impl Program {
    /// # Errors
    ///
    /// `TypeError` for a name that the text does not have.
    fn check_names(&self, given: &Bound<'_, PyDict>) -> PyResult<()> {
        if given.len() <= self.read.names.len()
            && self.read.names.iter().all(|name| given.contains(name).unwrap_or(false))
        {
            return Ok(());
        }
        for name in given.keys() {
            let name = given::name_of(&name)?;
            if !self.read.names.contains(&name) {
                let names = self.read.names.join(", ");
                let known = if names.is_empty() { "none".to_owned() } else { names };
                let message = format!("'{name}' is no variable of {:?}; its variables: {known}", self.source);
                return Err(errors::plain(given.py(), "TypeError", "malformed", &message));
            }
        }
        Ok(())
    }

    fn over_arrays<'py>(&self, py: Python<'py>, given: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
        self.check_names(given)?;
        if given.len() < self.read.names.len() {
            return self.run_with_missing(py, given);
        }
        let values: Vec<(&str, Bound<'py, PyAny>)> =
            self.read.names.iter().filter_map(|name| Some((name.as_str(), given.get_item(name).ok()??))).collect();
        arrays::evaluate(py, &self.source, &self.options, self.is_lenient, &values)
    }
}

/// The limits that `tabuada.LIMITS` shows.
pub(crate) fn limits(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let limits = Limits::default();
    let dict = PyDict::new(py);
    for (name, value) in [
        ("text_bytes", limits.text_bytes),
        ("depth", limits.depth),
        ("nodes", limits.nodes),
        ("integer_bits", limits.integer_bits),
        ("elements", limits.elements),
        ("string_characters", limits.string_characters),
        ("answer_characters", limits.answer_characters),
        ("memory_bytes", limits.memory_bytes),
        ("fuel", limits.fuel),
    ] {
        dict.set_item(name, value)?;
    }
    Ok(dict)
}
