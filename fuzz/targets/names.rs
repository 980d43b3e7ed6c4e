//! Fuzzes names: folding never panics and is idempotent, in whatever form the name is typed.
//!
//! Invariant under test: an account is found by the name of its sign-up, and by its own key.

#![no_main]

use doorward::model::{NAME_CODE_POINTS, NAME_KEY_BYTES, Name, NameKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let found = NameKey::to_find(text);
    let Ok(name) = Name::new(text) else { return };
    assert!(name.as_typed().chars().count() <= NAME_CODE_POINTS);
    let key = name.key().as_bytes();
    assert!(!key.is_empty() && key.len() <= NAME_KEY_BYTES);
    assert!(found.is_ok_and(|found| found.as_bytes() == key));
    let folded = std::str::from_utf8(key).expect("a key is text");
    // A key may be longer than a name, as one character may fold to eighteen.
    if folded.chars().count() <= NAME_CODE_POINTS {
        assert!(NameKey::to_find(folded).is_ok_and(|again| again.as_bytes() == key));
    }
    assert!(NameKey::to_find(name.as_typed()).is_ok_and(|again| again.as_bytes() == key));
});
