//! The error type of this crate, for failures only. An expected refusal is data: an enum in `Ok`.
//!
//! Invariant: no message holds a password, a token, a hash or a connection URL with its secret.

/// A failure.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached, or does not answer in time. A later attempt may succeed.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
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

/// A result with the error of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Creates an [`Error::System`]: `what` failed, and `source` is the system's reason.
    pub fn system(what: &str, source: impl std::fmt::Display) -> Self {
        Self::System(format!("{what}: {source}"))
    }
}
