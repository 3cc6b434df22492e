//! The steps of a calculation.

use pyo3::prelude::*;
use tabuada_lang::{Explanation, Fuel, Span, Style};

use crate::options::Given;
use crate::program::{Asked, ask, failed};
use crate::values;
use crate::work;

/// A step: kind, statement, text, what it replaces in the text before, what replaces it, bound of the error.
type Step = (&'static str, u32, String, Vec<(usize, usize)>, Vec<(usize, usize)>, Option<f64>);

/// The steps of a calculation, whether some were left out, and its value or its exception.
#[pyfunction]
#[pyo3(signature = (text, variables=None, *, mode=None, notation=None, decimal=None, fuel=None, digits=None))]
#[allow(clippy::too_many_arguments, clippy::type_complexity)]
pub(crate) fn explain<'py>(
    py: Python<'py>,
    text: &Bound<'py, PyAny>,
    variables: Option<&Bound<'py, PyAny>>,
    mode: Option<&str>,
    notation: Option<&str>,
    decimal: Option<&str>,
    fuel: Option<u64>,
    digits: Option<u64>,
) -> PyResult<(Vec<Step>, bool, Option<Bound<'py, PyAny>>, Option<PyErr>)> {
    let given = Given { mode, notation, decimal, fuel, digits };
    let Asked { source, options, read: program, arguments } = ask(text, variables, &given)?;
    let limits = options.limits();
    let seed = if program.is_pure { 0 } else { work::seed(py)? };
    let style = Style { notation: options.notation, has_formulas: false };
    let explanation = work::detached(py, |stop| {
        let mut fuel = Fuel::with_stop(limits.fuel, stop).seeded(seed);
        program.program.explain_in(style, &arguments, &limits, &mut fuel)
    })?;
    let steps = steps_of(&explanation);
    let (value, error) = match &explanation.outcome {
        Ok(answer) => (Some(values::value(py, answer)?), None),
        Err(failure) => (None, Some(failed(py, source, &program, &options, failure))),
    };
    Ok((steps, explanation.is_cut, value, error))
}

/// The steps, with places counted in characters.
fn steps_of(explanation: &Explanation) -> Vec<Step> {
    let places = |spans: &[Span], text: &str| spans.iter().map(|span| span.in_characters(text)).collect();
    let mut before = "";
    let mut steps = Vec::with_capacity(explanation.steps.len());
    for step in &explanation.steps {
        let (replaced, by) = (places(&step.replaced, before), places(&step.by, &step.text));
        steps.push((step.kind.code(), step.statement, step.text.clone(), replaced, by, step.error));
        before = &step.text;
    }
    steps
}
