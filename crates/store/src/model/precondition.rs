//! The condition of a write: its resource must still have the version that the client saw.
//!
//! RFC 9110 §13.1.1. Invariant: a condition that cannot hold never counts as a missing condition.

/// The client's requirement for the resource's version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// No condition.
    None,
    /// `*`: the resource must exist.
    Exists,
    /// One of these versions. Tags of another form are dropped, so an empty list matches nothing.
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
