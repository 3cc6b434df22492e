//! Any text either gives an error with a place in it, or an answer that its canonical text also has.
#![no_main]

#[path = "../../crates/lang/tests/laws/mod.rs"]
#[allow(dead_code, unused_imports)]
mod laws;

libfuzzer_sys::fuzz_target!(|text: &str| laws::check_evaluation(text));
