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
    use crate::errors::Origin;
    #[pymodule_export]
    use crate::explain::explain;
    use crate::given::{dict_of, names_of};
    use crate::options::Given;
    #[pymodule_export]
    use crate::program::Program;
    use crate::program::{arguments, limits, run, utf8};
    use crate::texts;
    use crate::work;

    /// The value of an expression.
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
        let options = Given { mode, notation, decimal, fuel, digits }.check()?;
        let source = utf8(text)?;
        let variables = variables.map(dict_of).transpose()?;
        let names = variables.as_ref().map_or_else(|| Ok(Vec::new()), names_of)?;
        let read = texts::find(py, source, &options, &names)
            .map_err(|error| Origin { text: source, options: &options, names: &names }.unread(py, &error))?;
        let arguments = variables.map_or_else(|| Ok(Vec::new()), |given| arguments(&read, &given, &options))?;
        run(py, source, &read, &options, &arguments)
    }

    /// Reads an expression once, to evaluate it many times.
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

    /// The text of an expression spelled in one way.
    #[pyfunction]
    #[pyo3(signature = (text, *, mode=None, notation=None, decimal=None))]
    fn canonical(
        py: Python<'_>,
        text: &Bound<'_, PyAny>,
        mode: Option<&str>,
        notation: Option<&str>,
        decimal: Option<&str>,
    ) -> PyResult<String> {
        let options = Given { mode, notation, decimal, fuel: None, digits: None }.check()?;
        let source = utf8(text)?;
        let read = texts::find(py, source, &options, &[])
            .map_err(|error| Origin { text: source, options: &options, names: &[] }.unread(py, &error))?;
        Ok(read.program.canonical())
    }

    /// The proof of the answer of an expression; `None` if the answer depends on more than the text.
    #[pyfunction]
    #[pyo3(signature = (text, *, mode=None, notation=None, decimal=None))]
    fn proof(
        py: Python<'_>,
        text: &Bound<'_, PyAny>,
        mode: Option<&str>,
        notation: Option<&str>,
        decimal: Option<&str>,
    ) -> PyResult<Option<String>> {
        let options = Given { mode, notation, decimal, fuel: None, digits: None }.check()?;
        let source = utf8(text)?;
        let read = texts::find(py, source, &options, &[])
            .map_err(|error| Origin { text: source, options: &options, names: &[] }.unread(py, &error))?;
        let limits = options.limits();
        work::detached(py, |stop| {
            let outcome = read.program.evaluate_with(&[], &limits, &mut Fuel::with_stop(limits.fuel, stop));
            let outcome = outcome.as_ref().map(|answer| (answer.type_name(), answer.text()));
            read.program.proof(outcome.map_err(|failure| &failure.kind))
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
