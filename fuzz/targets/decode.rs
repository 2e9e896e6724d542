#![no_main]
use libfuzzer_sys::fuzz_target;
use refocus_fuzz::library::{decode, DecodeLimits, Scale};
fuzz_target!(|bytes: &[u8]| { let _ = decode(bytes, Scale::Full, &DecodeLimits::default()); });
