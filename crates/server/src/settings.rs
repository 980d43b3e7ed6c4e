//! The settings of the server: its limits, the proxies that send a PROXY header, and the certificate.

use std::{net::IpAddr, time::Duration};

use super::tls::Tls;

/// The limits of connections. Tests use other values.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at the same time.
    pub connections: usize,
    /// From the first byte of a request's head to its end. For the first request, from the start of the connection.
    pub head: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// The PROXY header and the TLS handshake together. The time of the first head includes them.
    pub handshake: Duration,
    /// For reading a response that exceeds the buffers. A client that reads gains time.
    pub write: Duration,
    /// Bytes that gain one second.
    pub slowest_reader: u64,
    /// Used in place of `head` and `idle` while the connection limit is reached.
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

/// How connections are accepted.
pub struct ServerSettings {
    pub limits: Limits,
    pub is_proxy: IsProxy,
    /// `None`: connections are not encrypted here.
    pub tls: Option<Tls>,
}
