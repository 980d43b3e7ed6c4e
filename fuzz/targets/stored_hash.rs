//! Fuzzes stored hashes: no bytes cause a panic, costs respect the limits, and an unknown password does not match.
//!
//! `cargo xtask fuzz stored_hash` runs it, with a corpus made of the test vectors.

#![no_main]

use std::{sync::Mutex, time::Duration};

use doorward_password::{Password, Scratch, Settings, StoredValue, StoredHash, first_guess, limits};
use libfuzzer_sys::fuzz_target;

/// The most work that is verified: more would test hashing instead of parsing.
const CHEAP: Duration = Duration::from_micros(500);

static SCRATCH: Mutex<Option<Scratch>> = Mutex::new(None);

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    drop(StoredValue::identify(text));
    let Ok(hash) = StoredHash::parse(text) else { return };
    let password = Password::new("a password that nobody hashed".to_owned());
    assert!(hash.memory_kib() <= limits::MEMORY_KIB);
    assert!(first_guess(hash.work()) <= limits::WORK);
    assert!(!hash.scheme().is_empty() && !hash.cost().is_empty());
    let _ = (hash.strength(), hash.is_weaker_than(&Settings::default(), &password));
    if first_guess(hash.work()) < CHEAP && hash.memory_kib() <= 1024 {
        let Ok(mut scratch) = SCRATCH.lock() else { return };
        assert!(!hash.verify(&password, scratch.get_or_insert_default()));
    }
});
