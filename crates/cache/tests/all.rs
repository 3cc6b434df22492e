//! All tests of the cache from outside, in one binary: each file here is a module of it, and links nothing of its own.
// Helpers of tests may panic as tests do.
#![allow(clippy::panic, clippy::unwrap_used)]

mod coherence;
mod contract;
mod failures;
mod interleavings;
mod laws;
mod model;
mod operator;
mod outages;
mod pitfalls;
mod support;
mod topology;
