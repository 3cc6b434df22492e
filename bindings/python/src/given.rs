//! Python's values as arguments of a program.

use pyo3::exceptions::{PyTypeError, PyUnicodeEncodeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyBool, PyBytes, PyComplex, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PyMapping, PySet, PyString, PyTuple,
};
use tabuada_lang::{Argument, ErrorKind, Estimate, Limits, Mode};

use crate::errors;
use crate::values::{decimal_class, fraction_class};

/// The value of a variable, checked against the limits before anything is copied.
///
/// # Errors
///
/// The package's `TypeError` for a value of another type, its `LimitError` for one that is too large.
pub(crate) fn argument(name: &str, value: &Bound<'_, PyAny>, mode: Mode, limits: &Limits) -> PyResult<Argument> {
    Reader { name, mode, limits, bytes: 0 }.read(value, 0)
}

/// NumPy's classes `ndarray` and `generic`.
static NUMPY: PyOnceLock<(Py<PyAny>, Py<PyAny>)> = PyOnceLock::new();

/// Whether a value is an array of NumPy's.
pub(crate) fn is_array(value: &Bound<'_, PyAny>) -> bool {
    // The types of nearly all variables.
    let is_number = value.is_exact_instance_of::<PyFloat>() || value.is_exact_instance_of::<PyInt>();
    !is_number && numpy(value.py()).is_some_and(|(array, _)| value.is_instance(array.bind(value.py())).unwrap_or(false))
}

/// Whether a value is a scalar of NumPy's.
fn is_numpy_scalar(value: &Bound<'_, PyAny>) -> bool {
    numpy(value.py()).is_some_and(|(_, scalar)| value.is_instance(scalar.bind(value.py())).unwrap_or(false))
}

/// The classes, if NumPy was imported; it is optional, and a caller that has a value of it has imported it.
fn numpy(py: Python<'_>) -> Option<&(Py<PyAny>, Py<PyAny>)> {
    if let Some(classes) = NUMPY.get(py) {
        return Some(classes);
    }
    let modules = py.import("sys").and_then(|sys| sys.getattr("modules")).ok()?;
    let numpy = modules.get_item("numpy").ok()?;
    let class = |name: &str| numpy.getattr(name).ok().map(Bound::unbind);
    let _ = NUMPY.set(py, (class("ndarray")?, class("generic")?));
    NUMPY.get(py)
}

const KNOWN_TYPES: &str = "a variable is a number, a str, None, or a list, a tuple or a set of these";

struct Reader<'a> {
    name: &'a str,
    mode: Mode,
    limits: &'a Limits,
    /// The bytes of what was read so far. A list may hold another one many times, so their number is not bounded by the
    /// memory that Python uses.
    bytes: u64,
}

impl Reader<'_> {
    fn limit(&self, py: Python<'_>, kind: &ErrorKind) -> PyErr {
        errors::of_variable(py, self.name, kind)
    }

    fn other_type(&self, value: &Bound<'_, PyAny>, what: &str) -> PyErr {
        let class = errors::type_name_of(value).unwrap_or_else(|_| "value".to_owned());
        let message = format!("the variable '{}' is or holds a value of type {class}: {what}", self.name);
        errors::plain(value.py(), "TypeError", "malformed", &message)
    }

    fn count(&mut self, py: Python<'_>, bytes: u64) -> PyResult<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        let limit = self.limits.memory_bytes;
        if self.bytes > limit { Err(self.limit(py, &ErrorKind::OutOfMemory { limit })) } else { Ok(()) }
    }

    /// The depth of containers is limited, which bounds the recursion.
    fn read(&mut self, value: &Bound<'_, PyAny>, depth: u64) -> PyResult<Argument> {
        let py = value.py();
        self.count(py, size_of::<Argument>() as u64)?;
        if let Ok(value) = value.cast::<PyFloat>() {
            return Ok(Argument::Float(value.value()));
        }
        if let Ok(value) = value.cast::<PyBool>() {
            return Ok(Argument::Bool(value.is_true()));
        }
        if let Ok(value) = value.cast::<PyInt>() {
            return self.integer(value);
        }
        if value.is_none() {
            return Ok(Argument::None);
        }
        if let Ok(value) = value.cast::<PyString>() {
            return self.string(value);
        }
        if let Ok(list) = value.cast::<PyList>() {
            return self.elements(py, list.len(), list.iter(), depth).map(Argument::List);
        }
        if let Ok(tuple) = value.cast::<PyTuple>() {
            return self.elements(py, tuple.len(), tuple.iter(), depth).map(Argument::Tuple);
        }
        if let Ok(set) = value.cast::<PySet>() {
            return self.elements(py, set.len(), set.iter(), depth).map(Argument::Set);
        }
        if let Ok(set) = value.cast::<PyFrozenSet>() {
            return self.elements(py, set.len(), set.iter(), depth).map(Argument::Set);
        }
        if let Ok(value) = value.cast::<PyComplex>() {
            return match self.mode {
                Mode::Python => Ok(Argument::Complex(value.real(), value.imag())),
                mode => Err(self.other_type(value, &format!("there are no complex numbers in {mode} mode"))),
            };
        }
        self.rarer(value, depth)
    }

    /// Numbers of Python's library and of NumPy.
    fn rarer(&mut self, value: &Bound<'_, PyAny>, depth: u64) -> PyResult<Argument> {
        let py = value.py();
        if value.is_instance(decimal_class(py)?)? {
            return match self.mode {
                Mode::Python => Err(self.other_type(value, "a Decimal needs mode='decimal:N' or mode='exact'")),
                _ if !value.call_method0(intern!(py, "is_finite"))?.is_truthy()? => {
                    Err(self.other_type(value, "only finite decimals have a value here"))
                }
                _ => {
                    let text: String = value.str()?.extract()?;
                    self.count(py, text.len() as u64)?;
                    Ok(Argument::Decimal(text.into()))
                }
            };
        }
        if value.is_instance(fraction_class(py)?)? {
            if self.mode != Mode::Exact {
                return Err(self.other_type(value, "a Fraction needs mode='exact'"));
            }
            let numerator = value.getattr(intern!(py, "numerator"))?;
            let denominator = value.getattr(intern!(py, "denominator"))?;
            let (negative, numerator) = self.bytes_of(numerator.cast::<PyInt>()?)?;
            let (_, denominator) = self.bytes_of(denominator.cast::<PyInt>()?)?;
            return Ok(Argument::Fraction { negative, numerator, denominator });
        }
        if is_array(value) {
            let what = "compile(text)(x=…) computes an array element by element, .tolist() makes a list of it";
            return Err(self.other_type(value, what));
        }
        if is_numpy_scalar(value) {
            let item = value.call_method0(intern!(py, "item"))?;
            // A long double has no type of Python's.
            if is_numpy_scalar(&item) {
                return Err(self.other_type(value, "float(…) or complex(…) rounds it"));
            }
            // Dates and bytes.
            let is_read = item.is_instance_of::<PyInt>()
                || item.is_instance_of::<PyFloat>()
                || item.is_instance_of::<PyComplex>()
                || item.is_instance_of::<PyString>()
                || item.is_instance_of::<PyTuple>();
            return if is_read { self.read(&item, depth) } else { Err(self.other_type(value, KNOWN_TYPES)) };
        }
        if let Ok(index) = value.call_method0(intern!(py, "__index__")) {
            return self.integer(index.cast::<PyInt>()?);
        }
        Err(self.other_type(value, KNOWN_TYPES))
    }

    fn elements<'py>(
        &mut self,
        py: Python<'py>,
        count: usize,
        values: impl Iterator<Item = Bound<'py, PyAny>>,
        depth: u64,
    ) -> PyResult<Vec<Argument>> {
        let limit = self.limits.elements;
        if count as u64 > limit {
            let elements = Estimate::About(count as u64);
            return Err(self.limit(py, &ErrorKind::CollectionTooLarge { elements, limit }));
        }
        if depth >= self.limits.depth {
            return Err(self.limit(py, &ErrorKind::TooDeep { limit: self.limits.depth }));
        }
        values.map(|value| self.read(&value, depth + 1)).collect()
    }

    fn string(&mut self, value: &Bound<'_, PyString>) -> PyResult<Argument> {
        let (py, limit) = (value.py(), self.limits.string_characters);
        let characters = value.len()? as u64;
        if characters > limit {
            let elements = Estimate::About(characters);
            return Err(self.limit(py, &ErrorKind::CollectionTooLarge { elements, limit }));
        }
        match value.to_str() {
            Ok(text) => {
                self.count(py, text.len() as u64)?;
                Ok(Argument::Str(text.into()))
            }
            Err(error) if error.is_instance_of::<PyUnicodeEncodeError>(py) => {
                let kind = tabuada_lang::VariableError::Surrogate { name: self.name.to_owned() };
                Err(errors::of_variable(py, self.name, &kind.into()))
            }
            Err(error) => Err(error),
        }
    }

    fn integer(&mut self, value: &Bound<'_, PyInt>) -> PyResult<Argument> {
        if let Ok(value) = value.extract::<i64>() {
            return Ok(Argument::Int(value));
        }
        let (negative, magnitude) = self.bytes_of(value)?;
        Ok(Argument::BigInt { negative, magnitude })
    }

    /// The sign and the bytes of an integer. The methods are those of `int`, whatever a subclass has made of them.
    fn bytes_of(&mut self, value: &Bound<'_, PyInt>) -> PyResult<(bool, Box<[u8]>)> {
        let py = value.py();
        let int = py.get_type::<PyInt>();
        let value = int.call_method1(intern!(py, "__pos__"), (value,))?;
        let bits: u64 = value.call_method0(intern!(py, "bit_length"))?.extract()?;
        let limit = self.limits.integer_bits;
        if bits > limit {
            let digits = Estimate::About((bits as f64 * std::f64::consts::LOG10_2) as u64 + 1);
            return Err(self.limit(py, &ErrorKind::IntegerTooLarge { digits, limit }));
        }
        self.count(py, bits / 8)?;
        let magnitude = value.abs()?;
        let bytes = magnitude.call_method1(intern!(py, "to_bytes"), (bits.div_ceil(8), intern!(py, "little")))?;
        Ok((value.lt(0)?, bytes.cast::<PyBytes>()?.as_bytes().into()))
    }
}

/// The variables as a dictionary.
pub(crate) fn dict_of<'py>(variables: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    if let Ok(dict) = variables.cast::<PyDict>() {
        return Ok(dict.clone());
    }
    let Ok(mapping) = variables.cast::<PyMapping>() else {
        let class = errors::type_name_of(variables)?;
        let message = format!("variables are a mapping of names to values, not {class}");
        return Err(PyTypeError::new_err(message));
    };
    PyDict::from_sequence(mapping.items()?.as_any())
}

pub(crate) fn names_of(variables: &Bound<'_, PyDict>) -> PyResult<Vec<String>> {
    variables.keys().iter().map(|key| name_of(&key)).collect()
}

/// The name of a variable.
pub(crate) fn name_of(key: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = key.py();
    let Ok(name) = key.cast::<PyString>() else {
        let class = errors::type_name_of(key)?;
        return Err(PyTypeError::new_err(format!("the name of a variable is a str, not {class}")));
    };
    name.to_str().map(str::to_owned).map_err(|error| {
        if !error.is_instance_of::<PyUnicodeEncodeError>(py) {
            return error;
        }
        let message = "the name of a variable holds half of a surrogate pair, which is no character";
        errors::plain(py, "ValueError", "malformed", message)
    })
}
