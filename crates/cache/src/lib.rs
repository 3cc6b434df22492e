//! Bytes under a key, remembered: memory in front, Redis behind, coherent. No expressions, no HTTP; a broken Redis
//! costs time, never an answer.
//!
//! The law the crate stands on: **the key fully determines the value**.
//!
//! (Skeleton: the signatures below are what the service builds on; the cache behind them is being built.)
#![allow(missing_docs)]

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// What a cache holds, and how it is written down.
pub trait Contents: Send + Sync + 'static {
    /// A remembered value: facts, immutable.
    type Value: Send + Sync + 'static;
    /// A computation that ended without a value to remember, by the machine's fault (deadline, no worker free).
    type Failure: Clone + Send + Sync + 'static;

    /// One line of JSON (an object) that a person can read.
    fn encode(&self, value: &Self::Value) -> String;
    /// Reads a line back, trusting nothing; `None` if it is not usable here (malformed, or a limit lower than ours).
    fn decode(&self, line: &str) -> Option<Self::Value>;
    /// Bytes that the value holds in memory.
    fn weight(&self, value: &Self::Value) -> usize;
    /// The longest that this value may be remembered; `None`: as long as the cache remembers.
    fn lifetime(&self, value: &Self::Value) -> Option<Duration>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Lookup {
    /// Compute first for about as long as a look-up would take; only what is dearer asks Redis.
    #[default]
    Adaptive,
    /// Ask Redis before computing: plain cache-aside.
    Always,
}

#[derive(Clone, Debug)]
pub struct Options {
    /// First part of every key in Redis; no `:`.
    pub namespace: String,
    /// Bound of the memory layer, in bytes.
    pub memory_bytes: u64,
    /// How long an answer is remembered; `None`: for ever.
    pub ttl: Option<Duration>,
    pub lookup: Lookup,
    /// `redis://…`; `None`: memory only.
    pub redis: Option<String>,
}

/// The name of an answer. `variant` (`1`, `1@exact`) is built by the program, never from input.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    variant: &'static str,
    text: Box<str>,
}

impl Key {
    pub fn new(variant: &'static str, text: &str) -> Self {
        Self { variant, text: text.into() }
    }
}

/// Which layer an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Memory,
    Redis,
    /// Computed for this caller. `stored`: it is remembered now (memory or Redis).
    Computed {
        stored: bool,
    },
    /// Waited for another caller's computation.
    Collapsed,
}

#[derive(Clone, Debug)]
pub struct Found<V> {
    pub value: Arc<V>,
    pub source: Source,
    /// How long it will still be remembered, where known.
    pub ttl: Option<Duration>,
}

/// Why there is no value. Never because of Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed<F> {
    /// The computation said so.
    Computation(F),
    /// The computation panicked.
    Panicked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No Redis configured.
    Memory,
    Coherent,
    CatchingUp,
    Detached,
}

impl State {
    /// `memory`, `coherent`, `catching-up`, `detached`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Coherent => "coherent",
            Self::CatchingUp => "catching-up",
            Self::Detached => "detached",
        }
    }
}

/// A layered cache. Cheap to clone; all clones are one cache.
pub struct Cache<C: Contents> {
    contents: Arc<C>,
    #[allow(dead_code)]
    options: Options,
}

impl<C: Contents> Clone for Cache<C> {
    fn clone(&self) -> Self {
        Self { contents: self.contents.clone(), options: self.options.clone() }
    }
}

/// An option that cannot be used: the namespace, the URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionsError(pub String);

impl<C: Contents> Cache<C> {
    /// Builds the cache and starts its connection, if one is configured, in the background (inside a tokio runtime).
    pub fn new(contents: C, options: Options) -> Result<Self, OptionsError> {
        Ok(Self { contents: Arc::new(contents), options })
    }

    /// Waits until the cache is coherent (or needs no Redis), for at most `patience`.
    pub async fn wait_until_ready(&self, _patience: Duration) -> State {
        State::Memory
    }

    pub fn state(&self) -> State {
        State::Memory
    }

    /// Looks in memory only: no await, no allocation.
    pub fn get(&self, _key: &Key) -> Option<Found<C::Value>> {
        None
    }

    /// The answer for `key`: remembered, or worked out once and remembered.
    ///
    /// `trial` computes for about as long as a look-up in Redis would take and gives `None` if that is not enough;
    /// `compute` computes in full, on threads of its own choosing, in a task that no caller can cancel.
    pub async fn get_or_compute<T, F, W>(
        &self,
        _key: &Key,
        trial: T,
        compute: F,
    ) -> Result<Found<C::Value>, Failed<C::Failure>>
    where
        T: FnOnce() -> Option<C::Value>,
        F: FnOnce() -> W + Send + 'static,
        W: Future<Output = Result<C::Value, C::Failure>> + Send + 'static,
    {
        let value = match trial() {
            Some(value) => value,
            None => compute().await.map_err(Failed::Computation)?,
        };
        let _ = self.contents.weight(&value);
        Ok(Found { value: Arc::new(value), source: Source::Computed { stored: false }, ttl: None })
    }

    /// Ends the background work; in-flight computations are not waited for.
    pub async fn shutdown(&self) {}
}
