//! Stands in for the module of this name of the cache: what the protocol needs of it.

use crate::stats::Trouble;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Failure {
    pub(crate) trouble: Trouble,
    pub(crate) words: String,
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self { trouble, words: String::new() }
    }
}
