//! Any bytes are a message of the Model Context Protocol with at most one answer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tabuada::fuzzed::check_message(bytes));
