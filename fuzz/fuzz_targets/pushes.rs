//! A message from Redis makes memory drop exactly the entries that it names.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tabuada_cache::fuzzed::check_push(bytes));
