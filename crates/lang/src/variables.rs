//! The variables of a request: names with literals, which are parsed as assignments before the text.

#[cfg(feature = "serde")]
mod json;

use crate::lexer::{is_name, normal_name};
use crate::number::float;
use crate::value::Argument;

/// Names and their values, ordered by name, without repeated names. See [`Context::variables`](crate::Context).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    pub(crate) list: Vec<Variable>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    /// The name in its normal form.
    pub(crate) name: String,
    /// The value in the language: a number, perhaps negative, a string, a list of these, `True`, `False`, `None`.
    pub(crate) literal: String,
}

impl Variables {
    /// Whether there are no variables.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
    /// These variables and one more: a `bool`, an `int` or a finite `float`. `None` for another value, a name that cannot
    /// be assigned to, or one that has a value already.
    ///
    /// ```
    /// use tabuada_lang::{Argument, Context, Limits, Variables, parse_with};
    ///
    /// let variables = Variables::default().with_number("n", &Argument::Int(2)).unwrap();
    /// let context = Context { parameters: &["x"], variables: Some(&variables), ..Context::default() };
    /// assert_eq!(parse_with("x**n", &context, &Limits::default())?.canonical(), "n=2;x**n");
    /// # Ok::<(), tabuada_lang::Error>(())
    /// ```
    pub fn with_number(mut self, name: &str, value: &Argument) -> Option<Self> {
        let normal = normal_name(name).into_owned();
        let literal = match value {
            Argument::Bool(true) => "True".to_owned(),
            Argument::Bool(false) => "False".to_owned(),
            Argument::Int(value) => value.to_string(),
            Argument::Float(value) if value.is_finite() => float::text(*value),
            _ => return None,
        };
        let at = self.list.binary_search_by(|variable| variable.name.cmp(&normal)).err()?;
        let is_assignable = is_name(name) && normal != "mod";
        is_assignable.then(|| {
            self.list.insert(at, Variable { name: normal, literal });
            self
        })
    }
}
