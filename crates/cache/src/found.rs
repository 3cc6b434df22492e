//! What a caller gets.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Which layer an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Memory.
    Memory,
    /// Redis.
    Redis,
    /// Computed for this caller.
    Computed {
        /// It is remembered, or about to be: nothing was forgotten while it was computed.
        stored: bool,
    },
    /// Waited for the computation of another caller, here or on another node.
    Collapsed,
}

/// An answer.
#[derive(Debug)]
pub struct Found<V> {
    /// What was asked for.
    pub value: Arc<V>,
    /// Where it came from.
    pub source: Source,
    /// How long it will still be remembered, where that is limited.
    pub ttl: Option<Duration>,
    /// Whether Redis was asked for it on the way, and answered.
    pub asked_redis: bool,
}

impl<V> Clone for Found<V> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), source: self.source, ttl: self.ttl, asked_redis: self.asked_redis }
    }
}

/// Why there is no value. Never because of Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed<F> {
    /// The computation said so.
    Computation(F),
    /// The computation panicked.
    Panicked,
}

impl<F: fmt::Display> fmt::Display for Failed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Computation(failure) => failure.fmt(f),
            Self::Panicked => write!(f, "the computation panicked"),
        }
    }
}

/// As an error it *is* the computation's, and what that one has as its source.
impl<F: Error> Error for Failed<F> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Computation(failure) => failure.source(),
            Self::Panicked => None,
        }
    }
}
