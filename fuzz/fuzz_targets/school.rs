//! Any text in school notation is the program of its canonical text, or refused with readings that read.
#![no_main]

#[path = "../../crates/lang/tests/laws/mod.rs"]
#[allow(dead_code)]
mod laws;

libfuzzer_sys::fuzz_target!(|text: &str| laws::check_school(text));
