//! The variables of a request: names with literals, which are read as statements before the text.

#[cfg(feature = "serde")]
mod json;

/// Names and their values, in order of name, no name twice. See [`Context::variables`](crate::Context).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    pub(crate) list: Vec<Variable>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    /// In its normal form.
    pub(crate) name: String,
    /// In the language: a number perhaps with a minus sign, a string, a list of such, `True`, `False`, `None`.
    pub(crate) literal: String,
}

impl Variables {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}
