//! All spellings of a text have one canonical text, one answer and one price.
#![no_main]

#[path = "../../crates/lang/tests/laws/mod.rs"]
#[allow(dead_code, unused_imports)]
mod laws;

libfuzzer_sys::fuzz_target!(|text: &str| laws::check_same_key(text));
