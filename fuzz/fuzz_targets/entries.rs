//! A line from Redis is an answer that reads back as it is, or unusable.
#![no_main]

libfuzzer_sys::fuzz_target!(|line: &str| tabuada::fuzzed::check_entry(line));
