//! Unicode normal form C of a password: what the same keystrokes give on every system.
//!
//! NIST SP 800-63B-4 §3.1.1.2 asks for a normalisation before hashing; NFC is the one that changes least. Nothing else
//! is ever changed: no trimming, no case folding, no cut.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use zeroize::Zeroizing;

/// The NFC form of `text`, borrowed when it is in that form already (nearly always).
///
/// The caller bounds the length first: normalising costs time in proportion to it.
#[must_use]
pub fn nfc(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// The NFC form of a password, in memory of its own that is wiped.
pub(crate) fn wiped_nfc(text: &str) -> Zeroizing<String> {
    Zeroizing::new(nfc(text).into_owned())
}

/// The NFKC form of a password, in memory of its own that is wiped.
pub(crate) fn wiped_nfkc(text: &str) -> Zeroizing<String> {
    Zeroizing::new(ComposingNormalizerBorrowed::new_nfkc().normalize(text).into_owned())
}
