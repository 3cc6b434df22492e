//! Any body to any route gets a response of the route's type.
#![no_main]

#[path = "../../crates/tabuada/tests/laws/mod.rs"]
#[allow(dead_code)]
mod laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::check_body(bytes));
