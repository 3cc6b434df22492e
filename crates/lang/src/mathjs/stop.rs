//! Why an evaluation ends without a value.

use crate::error::ErrorKind;

/// Why there is no value.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// What math.js throws, or what is refused here, in the form of JavaScript's `toString()`.
    Thrown(String),
    /// A limit of ours.
    Limit(ErrorKind),
}

impl From<ErrorKind> for Stop {
    fn from(kind: ErrorKind) -> Self {
        Self::Limit(kind)
    }
}

pub(super) type Outcome<T> = Result<T, Stop>;

/// `Error: …`, with the words.
pub(super) fn error<T>(words: impl Into<String>) -> Outcome<T> {
    Err(Stop::Thrown(format!("Error: {}", words.into())))
}

/// `TypeError: …`, with the words.
pub(super) fn type_error<T>(words: impl Into<String>) -> Outcome<T> {
    Err(Stop::Thrown(format!("TypeError: {}", words.into())))
}

/// The refusal of a part of math.js that is not here.
pub(super) fn unsupported<T>(what: &str, name: &str) -> Outcome<T> {
    error(format!("{what} are not supported: {name}"))
}
