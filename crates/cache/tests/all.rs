//! All integration tests of the cache as modules of one binary, which is linked only once.
// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic, clippy::unwrap_used)]

mod access;
mod belief;
mod calls;
mod coherence;
mod contract;
mod events;
mod failures;
mod interleavings;
mod laws;
mod many;
mod model;
mod operator;
mod outages;
mod pitfalls;
mod public_api;
mod refusals;
mod simulation;
mod support;
mod topology;
mod touch;
mod variants;
