#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| refocus_fuzz::targets::names(bytes));
