//! The lines of a batch are answered one by one, however they are split into packets.
#![no_main]

#[path = "../../crates/tabuada/tests/laws/mod.rs"]
#[allow(dead_code)]
mod laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::check_lines(bytes));
