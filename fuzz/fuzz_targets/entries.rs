//! A line from Redis is an answer that is read back unchanged, or unusable.
#![no_main]

libfuzzer_sys::fuzz_target!(|line: &str| tabuada::fuzzed::check_entry(line));
