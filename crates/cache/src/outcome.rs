//! The results of the cache's calls.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Memory.
    Memory,
    /// Redis.
    Redis,
    /// Computed for this caller.
    Computed {
        /// Whether it is or will be stored: nothing was invalidated while it was computed.
        stored: bool,
    },
    /// Computed for another caller, here or on another node; this caller waited for it.
    Collapsed,
}

/// An answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Found<V> {
    /// The value of the key.
    pub value: Arc<V>,
    /// Where it came from.
    pub source: Source,
    /// Its remaining lifetime in the cache; `None` if it is unlimited or not stored.
    pub ttl: Option<Duration>,
    /// Whether Redis was asked for it and replied.
    pub asked_redis: bool,
}

impl<V> Found<V> {
    /// The answer of a flight, as a follower gets it.
    pub(crate) fn collapsed(self) -> Self {
        match self.source {
            Source::Computed { .. } => Self { source: Source::Collapsed, ..self },
            Source::Memory | Source::Redis | Source::Collapsed => self,
        }
    }
}

impl<V> Clone for Found<V> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), source: self.source, ttl: self.ttl, asked_redis: self.asked_redis }
    }
}

/// Why a call has no value. Redis is never the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ComputeError<F> {
    /// The computation failed.
    Computation(F),
    /// The computation panicked.
    Panicked,
}

impl<F: fmt::Display> fmt::Display for ComputeError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Computation(failure) => failure.fmt(f),
            Self::Panicked => write!(f, "the computation panicked"),
        }
    }
}

/// Transparent: its message and source are those of the computation's error.
impl<F: Error> Error for ComputeError<F> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Computation(failure) => failure.source(),
            Self::Panicked => None,
        }
    }
}
