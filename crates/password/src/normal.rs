//! Unicode normal form C of a password: the same keystrokes give the same text on every system.
//!
//! NIST SP 800-63B-4 §3.1.1.2 requires a normalisation before hashing; NFC changes the least. Nothing else changes: no
//! trimming, no case folding, no truncation.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use zeroize::Zeroizing;

/// Returns the NFC form of `text`, borrowed if `text` already has that form (nearly always).
///
/// The caller must bound the length first: the cost is proportional to it.
#[must_use]
pub fn nfc(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// Returns the NFC form of a password, in memory that is wiped on drop.
pub(crate) fn wiped_nfc(text: &str) -> Zeroizing<String> {
    Zeroizing::new(nfc(text).into_owned())
}

/// Returns the NFKC form of a password, in memory that is wiped on drop.
pub(crate) fn wiped_nfkc(text: &str) -> Zeroizing<String> {
    Zeroizing::new(ComposingNormalizerBorrowed::new_nfkc().normalize(text).into_owned())
}
