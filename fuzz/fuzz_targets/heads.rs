//! Whatever bytes are sent, the answer is none of a broken server.
#![no_main]

#[path = "../../crates/tabuada/tests/laws/mod.rs"]
#[allow(dead_code)]
mod laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::check_head(bytes));
