//! The reasons why an export cannot be read. Invariant: a message never contains a value of a user.

/// The reason why an export cannot be read, with its place.
#[derive(Debug, thiserror::Error)]
#[error("{place}{message}")]
pub struct ExportProblem {
    place: String,
    message: String,
}

impl ExportProblem {
    pub(super) fn at(line: u64, message: impl Into<String>) -> Self {
        Self { place: format!("line {line}: "), message: message.into() }
    }

    /// For a user whose line the parser no longer knows.
    pub(super) fn in_user(number: u64, message: impl Into<String>) -> Self {
        Self { place: format!("user {number}: "), message: message.into() }
    }

    pub(super) fn of_file(message: impl Into<String>) -> Self {
        Self { place: String::new(), message: message.into() }
    }
}

pub(super) type ReadResult<T> = Result<T, ExportProblem>;
