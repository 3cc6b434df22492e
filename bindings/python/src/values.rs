//! Answers as Python's values.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyComplex, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyString, PyTuple};
use tabuada_lang::Answer;

static FRACTION: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static DECIMAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The class `fractions.Fraction`.
pub(crate) fn fraction_class(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    let class = FRACTION.get_or_try_init(py, || py.import("fractions")?.getattr("Fraction").map(Bound::unbind))?;
    Ok(class.bind(py))
}

/// The class `decimal.Decimal`.
pub(crate) fn decimal_class(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    let class = DECIMAL.get_or_try_init(py, || py.import("decimal")?.getattr("Decimal").map(Bound::unbind))?;
    Ok(class.bind(py))
}

/// An answer as the value that it is in Python.
///
/// # Errors
///
/// Python's `MemoryError`.
pub(crate) fn value<'py>(py: Python<'py>, answer: &Answer) -> PyResult<Bound<'py, PyAny>> {
    nested(py, answer, false)
}

/// The same; a set is a `frozenset` if it has to be `hashable`, since it is an element of another one. The depth of
/// containers bounds the recursion.
fn nested<'py>(py: Python<'py>, answer: &Answer, hashable: bool) -> PyResult<Bound<'py, PyAny>> {
    if let Some(value) = answer.as_i64() {
        return Ok(value.into_pyobject(py)?.into_any());
    }
    if let Some(value) = answer.as_f64() {
        return Ok(PyFloat::new(py, value).into_any());
    }
    match answer.type_name() {
        "bool" => Ok(PyBool::new(py, answer.as_bool().unwrap_or_default()).to_owned().into_any()),
        "int" => {
            let (negative, magnitude) = answer.as_integer_bytes().unwrap_or_default();
            integer(py, negative, &magnitude)
        }
        "complex" => {
            let (real, imaginary) = answer.as_complex().unwrap_or_default();
            Ok(PyComplex::from_doubles(py, real, imaginary).into_any())
        }
        "str" => Ok(PyString::new(py, answer.as_str().unwrap_or_default()).into_any()),
        "fraction" => {
            let (negative, numerator, denominator) = answer.as_fraction_bytes().unwrap_or_default();
            fraction_class(py)?.call1((integer(py, negative, &numerator)?, integer(py, false, &denominator)?))
        }
        "decimal" => decimal_class(py)?.call1((answer.text(),)),
        kind @ ("list" | "tuple" | "set") => {
            let in_set = hashable || kind == "set";
            let elements = answer.elements().into_iter().flatten();
            let elements: Vec<_> = elements.map(|element| nested(py, &element, in_set)).collect::<PyResult<_>>()?;
            match kind {
                "list" => PyList::new(py, elements).map(Bound::into_any),
                "tuple" => PyTuple::new(py, elements).map(Bound::into_any),
                _ if hashable => PyFrozenSet::new(py, elements).map(Bound::into_any),
                _ => PySet::new(py, elements).map(Bound::into_any),
            }
        }
        _ => Ok(py.None().into_bound(py)),
    }
}

/// An integer of any size by its bytes: Python refuses long texts.
fn integer<'py>(py: Python<'py>, negative: bool, magnitude: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let bytes = PyBytes::new(py, magnitude);
    let value = py.get_type::<PyInt>().call_method1(intern!(py, "from_bytes"), (bytes, intern!(py, "little")))?;
    if negative { value.neg() } else { Ok(value) }
}
