//! A result of a check of the installation, for operators: the subject, its state and the advice.
//!
//! Invariant: a detail holds no secret.

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub about: &'static str,
    pub state: FindingState,
    pub detail: String,
}

/// The state of the subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingState {
    Ok,
    Weak,
    Wrong,
}

impl Finding {
    /// Creates a finding.
    pub fn new(about: &'static str, state: FindingState, detail: impl Into<String>) -> Self {
        Self { about, state, detail: detail.into() }
    }
}

impl FindingState {
    /// Returns the word for display.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Weak => "weak",
            Self::Wrong => "wrong",
        }
    }
}
