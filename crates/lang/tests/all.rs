//! All tests of the language from outside, in one binary: each file here is a module of it, and links nothing of its own.
// Helpers of tests may panic as tests do.
#![allow(clippy::panic, clippy::unwrap_used)]

mod advice;
mod advice_corpus;
mod advice_law;
mod columns;
mod corpus;
mod degrees;
mod explain;
mod fuzz_seeds;
mod language;
mod laws;
mod messages;
mod modes;
mod numeric;
mod oracle;
mod prices;
mod program;
mod properties;
mod public_api;
mod reading;
mod reading_cost;
mod reference;
mod regression;
mod variables;
