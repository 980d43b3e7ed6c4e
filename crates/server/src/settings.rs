//! The settings of the server: its limits, the proxies that send a PROXY header, and the certificate.

use std::{net::IpAddr, time::Duration};

use super::tls::Tls;

/// The limits of connections. Tests use other values.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The maximum number of open connections.
    pub connections: usize,
    /// The time from the first byte of a request's head to its end. For the first request, it starts with the
    /// connection.
    pub head: Duration,
    /// The time between two requests.
    pub idle: Duration,
    /// The time for the PROXY header and the TLS handshake together. The time of the first head includes it.
    pub handshake: Duration,
    /// The time for reading a response that exceeds the buffers. A client that reads gains time.
    pub write: Duration,
    /// The number of bytes that gain one second.
    pub slowest_reader: u64,
    /// The limit in place of `head` and `idle` while the connection limit is reached.
    pub head_when_full: Duration,
    pub idle_when_full: Duration,
}

impl Limits {
    /// Returns the default limits for this number of connections.
    #[must_use]
    pub const fn of(connections: usize) -> Self {
        Self {
            connections,
            head: Duration::from_secs(15),
            idle: Duration::from_secs(30),
            handshake: Duration::from_secs(10),
            write: Duration::from_secs(20),
            slowest_reader: 8 * 1024,
            head_when_full: Duration::from_secs(5),
            idle_when_full: Duration::from_secs(2),
        }
    }
}

/// Whether a peer at an address must start each connection with a PROXY header.
pub type IsProxy = Box<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// The settings for accepting connections.
pub struct ServerSettings {
    pub limits: Limits,
    pub is_proxy: IsProxy,
    /// The certificate; `None` without encryption.
    pub tls: Option<Tls>,
}
