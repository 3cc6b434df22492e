//! The variables of a request: names with literals, which are parsed as assignments before the text.

#[cfg(feature = "serde")]
mod json;

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
}
