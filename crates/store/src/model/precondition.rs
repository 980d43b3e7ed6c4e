//! The condition under which a write may take place: that its resource is still of the version that the client saw.
//!
//! RFC 9110 §13.1.1. Invariant: a condition that cannot hold is never taken for one that was not given.

/// What a client demands of the resource's version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing.
    None,
    /// `*`: that the resource exists.
    Exists,
    /// One of these versions; tags that no version of ours looks like are left out, so that an empty list fits nothing.
    Versions(Vec<i64>),
}

impl Precondition {
    /// Whether a resource of this version may be written.
    #[must_use]
    pub fn admits(&self, version: i64) -> bool {
        match self {
            Self::None | Self::Exists => true,
            Self::Versions(versions) => versions.contains(&version),
        }
    }
}
