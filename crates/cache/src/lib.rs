//! Bytes under a key, remembered: memory in front, Redis behind, coherent. No expressions, no HTTP; a broken Redis
//! costs time, never an answer.
//!
//! The law the crate stands on: **the key fully determines the value**.

// Reading order: a module uses only modules declared above it.
mod options;
pub use options::{Deadlines, Lookup, Options, OptionsError};
mod key;
pub use key::Key;
mod entry;
pub use entry::Contents;
mod stats;
pub use stats::{Count, Histogram, State, Stats};
mod policy;
mod memory;
mod redis;
mod coherence;
mod flight;
mod offers;
mod cache;
#[doc(hidden)]
pub use cache::Audit;
pub use cache::{Cache, Failed, Found, Source};
