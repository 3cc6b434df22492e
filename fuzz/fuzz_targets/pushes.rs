//! A message from Redis makes memory forget what it names, and nothing else.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tabuada_cache::fuzzed::check_push(bytes));
