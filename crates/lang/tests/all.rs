//! All integration tests of the language as modules of one binary, which is linked only once.
// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic, clippy::unwrap_used)]

mod advice;
mod advice_corpus;
mod advice_law;
mod advice_models;
mod columns;
mod corpus;
mod cpu;
mod degrees;
mod explain;
mod fuzz_seeds;
mod language;
mod laws;
mod markup;
mod mathjs;
mod messages;
mod modes;
mod numeric;
mod oracle;
mod presentation;
mod prices;
mod program;
mod properties;
mod public_api;
mod reading;
mod reading_cost;
mod reference;
mod regression;
mod school;
mod variables;

/// What is measured here is measured with the allocator of the shipped binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
