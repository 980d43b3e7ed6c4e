//! The reasons why a stored string cannot be checked.

/// The reason why a stored string cannot be checked. It never quotes the string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The string has no prefix or shape of a known scheme.
    #[error("a hash of an unknown scheme")]
    Scheme,
    /// The scheme is known, but the string is malformed.
    #[error("a malformed hash string")]
    Malformed,
    /// The string asks for more than [`crate::limits`] allow.
    #[error("a hash whose cost is out of bounds")]
    Cost,
    /// A known kind that is always rejected: not a hash, or one that proves nothing (DES, `$2x$`).
    #[error("a kind of hash that is never accepted")]
    Refused,
    /// The hash needs a pepper that is not configured.
    #[error("a hash with a pepper that is not here")]
    Pepper,
}
