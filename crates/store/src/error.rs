//! The error type of this crate, for failures only. An expected refusal is data: an enum in `Ok`.
//!
//! Invariant: no message holds a password, a token, a hash or a connection URL with its secret.

/// A failure.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached, or does not answer in time. A later attempt may succeed.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// The database answers, and refuses to work: by its state, its limits, its settings, or the rights of the account.
    #[error("the database cannot be used: {reason}")]
    Unusable { reason: String, remedy: Remedy },
    /// The answer to a commit was lost, and the outcome could not be looked up. The change may have been made.
    #[error("the outcome of a commit is unknown, and the change may have been made: {0}")]
    Uncertain(String),
    /// The database reported a conflict between transactions, also after the last retry.
    #[error("the database reports a conflict: {0}")]
    Conflict(String),
    /// The database refused a statement, or failed to execute it.
    #[error("the database failed: {0}")]
    Database(String),
    /// This program does not support the schema.
    #[error("{0}")]
    Schema(String),
    /// A row holds a value that Doorward never writes.
    #[error("the database holds an unexpected value: {0}")]
    Corrupt(&'static str),
    /// A setting is invalid. The message names its key, and never its value.
    #[error("{0}")]
    Config(String),
    /// The system failed to provide randomness, a thread, memory for a hash, a file or a socket.
    #[error("{0}")]
    System(String),
}

/// What ends the state in which a database cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Time, such as the end of a restart. A later attempt may succeed.
    Wait,
    /// The operator: by free space, rights, a restored table or a fail-over.
    Operator,
    /// The operator: by other settings of the database server. A server with these settings is never used.
    Settings,
}

/// A result with the error of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Creates an [`Error::System`]: `what` failed, and `source` is the system's reason.
    pub fn system(what: &str, source: impl std::fmt::Display) -> Self {
        Self::System(format!("{what}: {source}"))
    }

    /// Creates an [`Error::Unusable`].
    pub fn unusable(remedy: Remedy, reason: impl Into<String>) -> Self {
        Self::Unusable { reason: reason.into(), remedy }
    }

    /// Returns whether the database, and not the request, is the cause. The response is then 503.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Unusable { .. })
    }

    /// Returns whether the same request may succeed soon, without any act of the operator.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Conflict(_) | Self::Unusable { remedy: Remedy::Wait, .. })
    }
}
