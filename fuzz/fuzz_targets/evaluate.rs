//! Any text ends: refused with a place in it, or with an answer that its canonical text has too.
#![no_main]

#[path = "../../crates/lang/tests/laws/mod.rs"]
#[allow(dead_code)]
mod laws;

libfuzzer_sys::fuzz_target!(|text: &str| laws::check_evaluation(text));
