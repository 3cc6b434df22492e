//! The native part of the Python package `tabuada`: see `python/tabuada/__init__.py` for what it offers.

// In reading order: a module uses only modules above it.
mod options;
mod errors;
mod texts;
mod work;
mod values;
mod given;
mod arrays;
mod program;
mod explain;

use pyo3::prelude::*;

#[pymodule]
mod _engine {
    use pyo3::prelude::*;
    use tabuada_lang::{Fuel, functions as manual};

    #[pymodule_export]
    use crate::errors::Advice;
    #[pymodule_export]
    use crate::explain::explain;
    use crate::options::Given;
    #[pymodule_export]
    use crate::program::Program;
    use crate::program::{ask, limits, run};
    use crate::work;

    /// The value of an expression: what `eval` would give, for the language that this package reads.
    ///
    /// `variables` gives values to names: numbers, `str`, `None`, and `list`, `tuple` and `set` of these. Those that the
    /// text does not read may be anything.
    ///
    /// `mode` is `'python'`, `'exact'` (fractions) or `'decimal:N'` (decimal numbers of N digits); `notation` is `'python'`
    /// or `'school'`, and `decimal` then `'point'` or `'comma'`. `fuel` limits the work, in units of at most 15 ns, and
    /// `digits` the digits of an integer.
    ///
    /// Raises a `tabuada.Error`, which is also what Python would raise.
    ///
    /// >>> tabuada.evaluate("x**2 + y", {"x": 3, "y": 0.5})
    /// 9.5
    #[pyfunction]
    #[pyo3(signature = (text, variables=None, *, mode=None, notation=None, decimal=None, fuel=None, digits=None))]
    #[allow(clippy::too_many_arguments)]
    fn evaluate<'py>(
        py: Python<'py>,
        text: &Bound<'py, PyAny>,
        variables: Option<&Bound<'py, PyAny>>,
        mode: Option<&str>,
        notation: Option<&str>,
        decimal: Option<&str>,
        fuel: Option<u64>,
        digits: Option<u64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let asked = ask(text, variables, &Given { mode, notation, decimal, fuel, digits })?;
        run(py, asked.source, &asked.read, &asked.options, &asked.arguments)
    }

    /// Reads an expression once, to evaluate it many times.
    ///
    /// The names that the text does not define are the variables of the program, which it is called with. If one of them
    /// is a NumPy array, so is the result: each element has the value of a call. Where an element has no value, an exception
    /// names it in `index`; with `errors='nan'` the element is `nan`. The other arguments are those of `evaluate`.
    ///
    /// >>> f = tabuada.compile("x**2 + 2*x + 1")
    /// >>> f(x=3)
    /// 16
    #[pyfunction]
    #[pyo3(signature = (text, *, mode=None, notation=None, decimal=None, fuel=None, digits=None, errors="raise"))]
    fn compile(
        text: &Bound<'_, PyAny>,
        mode: Option<&str>,
        notation: Option<&str>,
        decimal: Option<&str>,
        fuel: Option<u64>,
        digits: Option<u64>,
        errors: &str,
    ) -> PyResult<Program> {
        Program::new(text, &Given { mode, notation, decimal, fuel, digits }, errors)
    }

    /// What a pickled program is made of.
    #[pyfunction]
    fn _restore(
        text: &Bound<'_, PyAny>,
        mode: Option<&str>,
        notation: Option<&str>,
        decimal: Option<&str>,
        fuel: Option<u64>,
        digits: Option<u64>,
        errors: &str,
    ) -> PyResult<Program> {
        Program::new(text, &Given { mode, notation, decimal, fuel, digits }, errors)
    }

    /// The text of an expression spelled in one way, in Python's notation: a key of its value.
    ///
    /// >>> tabuada.canonical("(2) +  2")
    /// '2+2'
    #[pyfunction]
    #[pyo3(signature = (text, *, mode=None, notation=None, decimal=None))]
    fn canonical(
        text: &Bound<'_, PyAny>,
        mode: Option<&str>,
        notation: Option<&str>,
        decimal: Option<&str>,
    ) -> PyResult<String> {
        let asked = ask(text, None, &Given { mode, notation, decimal, fuel: None, digits: None })?;
        Ok(asked.read.program.canonical())
    }

    /// The proof of the answer of an expression: a hash of the canonical text and the answer, the same on every machine.
    ///
    /// `None` if the answer depends on more than the text: on chance or on a limit. A text that cannot be read raises.
    ///
    /// >>> tabuada.proof("2+2")[:20]
    /// 'sha256:9b4aea1bedca8'
    #[pyfunction]
    #[pyo3(signature = (text, *, mode=None, notation=None, decimal=None))]
    fn proof(
        py: Python<'_>,
        text: &Bound<'_, PyAny>,
        mode: Option<&str>,
        notation: Option<&str>,
        decimal: Option<&str>,
    ) -> PyResult<Option<String>> {
        let asked = ask(text, None, &Given { mode, notation, decimal, fuel: None, digits: None })?;
        let (program, limits) = (&asked.read.program, asked.options.limits());
        work::detached(py, |stop| {
            let outcome = program.evaluate_with(&[], &limits, &mut Fuel::with_stop(limits.fuel, stop));
            let outcome = outcome.as_ref().map(|answer| (answer.type_name(), answer.text()));
            program.proof(outcome.map_err(|failure| &failure.kind))
        })
    }

    /// The manual: name, kind, section, signature, line of documentation, whether it needs `math.` before it.
    #[pyfunction]
    fn functions() -> Vec<(&'static str, &'static str, &'static str, &'static str, &'static str, bool)> {
        manual()
            .map(|it| (it.name, it.kind.code(), it.section.title(), it.signature, it.doc, it.needs_prefix))
            .collect()
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("LIMITS", limits(module.py())?)
    }
}
