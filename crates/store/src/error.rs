//! The one error type: failures only. A refusal that the caller can expect is data, an enum in `Ok`.
//!
//! Invariant: no message holds a password, a token, a hash or a connection URL with its secret.

/// What failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached, or does not answer in time. Trying again later may help.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// The database reported a conflict between transactions, and went on doing so when the work was tried again.
    #[error("the database reports a conflict: {0}")]
    Conflict(String),
    /// The database refused or failed at a statement.
    #[error("the database failed: {0}")]
    Database(String),
    /// The schema is not one that this program can work with.
    #[error("{0}")]
    Schema(String),
    /// A row holds what no code of ours writes.
    #[error("the database holds an unexpected value: {0}")]
    Corrupt(&'static str),
    /// A setting is wrong; the message names the key and never its value.
    #[error("{0}")]
    Config(String),
    /// The machine failed: no randomness, no thread, no memory for a hash, no file or socket.
    #[error("{0}")]
    System(String),
}

/// Result with the crate's error.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A failure of the machine: `what` was tried and `source` is what the system said.
    pub fn system(what: &str, source: impl std::fmt::Display) -> Self {
        Self::System(format!("{what}: {source}"))
    }
}
