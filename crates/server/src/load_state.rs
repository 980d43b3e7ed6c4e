//! The load of the server, which determines the limits of idle connections.

/// The load of the server, as every connection sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LoadState {
    Available,
    Full,
    /// The server is stopping.
    Stopping,
}
