//! What one look at an installation found: about what, in which state it is, and what to do.
//!
//! For operators. Invariant: a detail holds no secret.

/// What one look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub about: &'static str,
    pub state: FindingState,
    pub detail: String,
}

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingState {
    Ok,
    Weak,
    Wrong,
}

impl Finding {
    /// A finding.
    pub fn new(about: &'static str, state: FindingState, detail: impl Into<String>) -> Self {
        Self { about, state, detail: detail.into() }
    }
}

impl FindingState {
    /// As it is shown.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Weak => "weak",
            Self::Wrong => "wrong",
        }
    }
}
