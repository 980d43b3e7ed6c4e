//! Any text as a name: folding it does not panic and is done after the first time, in whatever form it is typed again.
//!
//! Invariant under test: who signs up by a name is found by it, and by its own key.

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
    // A key may be longer than a name may be, as one character may stand for eighteen.
    if folded.chars().count() <= NAME_CODE_POINTS {
        assert!(NameKey::to_find(folded).is_ok_and(|again| again.as_bytes() == key));
    }
    assert!(NameKey::to_find(name.as_typed()).is_ok_and(|again| again.as_bytes() == key));
});
