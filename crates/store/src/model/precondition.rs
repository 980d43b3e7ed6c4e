//! The condition of a write (RFC 9110 §13.1.1): the resource must still have the version that the client read.
//!
//! Invariant: a condition that cannot be met never counts as a missing condition.

/// The client's requirement for the resource's version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// No condition.
    None,
    /// `*`: the resource must exist.
    Exists,
    /// The resource must have one of these versions. Tags in another format are dropped, so an empty list matches
    /// nothing.
    Versions(Vec<i64>),
}

impl Precondition {
    /// Returns whether a resource of this version may be written.
    #[must_use]
    pub fn admits(&self, version: i64) -> bool {
        match self {
            Self::None | Self::Exists => true,
            Self::Versions(versions) => versions.contains(&version),
        }
    }
}
