//! Any bytes sent to the server get a response that is not a server error.
#![no_main]

#[path = "../../crates/tabuada/tests/laws/mod.rs"]
#[allow(dead_code)]
mod laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::check_head(bytes));
