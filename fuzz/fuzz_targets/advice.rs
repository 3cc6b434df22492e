//! Every mended text can be parsed and evaluated, and loses nothing.
#![no_main]

#[path = "../../crates/lang/tests/laws/advice.rs"]
#[allow(dead_code)]
mod advice;

libfuzzer_sys::fuzz_target!(|text: &str| {
    advice::follow(text);
});
