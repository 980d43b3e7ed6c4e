//! The HTTP/1.1 server: accepts connections up to a limit, serves them, closes slow clients, and lets requests in flight
//! end at a stop. It knows nothing of Doorward.
//!
//! `axum::serve` has no time limit for a request's head, no limit on connections, no TLS, and stops at an accept error.
//! Invariant: no client holds an unused connection for longer than the [`Limits`].

mod activity;
mod capacity;
mod connection;
mod connection_limit;
mod extensions;
mod framing;
mod monitored_stream;
mod proxy_protocol;
mod tls;

#[cfg(test)]
mod tests;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use hyper::{
    Request, Response,
    body::{Body, Incoming},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

use self::connection_limit::{ConnectionLimit, LoadState, LogLimiter};
pub use self::{
    capacity::{MOST as MOST_CONNECTIONS, connections},
    extensions::{Malformed, Peer, Unnamed},
    proxy_protocol::{Client as ProxyClient, Parsed as ProxyHeader, parse as parse_proxy_header},
    tls::{Tls, TlsError},
};

/// The time for requests in flight to end at a stop.
pub const GRACE: Duration = Duration::from_secs(10);
/// The pause after a failed accept, for example without free file descriptors.
const BACK_OFF: Duration = Duration::from_millis(50);
/// The shortest time between two log lines about an unreadable head.
const UNREADABLE: Duration = Duration::from_secs(1);

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

/// Any error of a response's body.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Whether a peer at an address must start each connection with a PROXY header.
pub type IsProxy = Box<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// How connections are accepted.
pub struct ServerSettings {
    pub limits: Limits,
    pub is_proxy: IsProxy,
    /// `None`: connections are not encrypted here.
    pub tls: Option<Tls>,
}

/// A source of connections.
trait Accept: Send + Sync {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, SocketAddr)>> + Send;
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = self.accept().await?;
        // Responses are small and complete; waiting to fill a packet only delays them. This fails on a broken socket,
        // which the first read reports.
        drop(stream.set_nodelay(true));
        Ok((stream, peer))
    }
}

/// Answers requests with `handle` until `stop` is ready, then waits for requests in flight. Returns false when they took
/// longer than [`GRACE`].
pub async fn serve<H, F, B>(
    listener: TcpListener,
    door: ServerSettings,
    handle: H,
    stop: impl Future<Output = ()>,
) -> bool
where
    H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    serve_from(listener, door, handle, stop).await
}

async fn serve_from<L, H, F, B>(listener: L, door: ServerSettings, handle: H, stop: impl Future<Output = ()>) -> bool
where
    L: Accept,
    H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    let door = Arc::new(door);
    let mut limit = ConnectionLimit::new(door.limits.connections);
    let trouble = LogLimiter::for_minutes();
    let unreadable = Arc::new(LogLimiter::new(UNREADABLE));
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = async {
            let place = limit.take().await?;
            Some((listener.accept().await, place))
        };
        let (accepted, place) = tokio::select! {
            accepted = accepted => match accepted {
                Some(accepted) => accepted,
                None => break,
            },
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (door, handle, load) = (Arc::clone(&door), handle.clone(), limit.load.subscribe());
                let unreadable = Arc::clone(&unreadable);
                tokio::spawn(async move {
                    let ended = connection::serve(stream, peer, &door, handle, load).await;
                    drop(place);
                    log_unreadable(&unreadable, &ended, peer);
                });
            }
            Err(error) if concerns_one_client(&error) => {}
            Err(error) => {
                if trouble.may_log() {
                    tracing::warn!(%error, "cannot accept connections; retrying");
                }
                tokio::select! {
                    () = sleep(BACK_OFF) => {}
                    () = &mut stop => break,
                }
            }
        }
    }
    drop(listener);
    timeout(GRACE, limit.drain()).await.is_ok()
}

/// Returns whether the client closed the connection before it was accepted.
fn concerns_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// Logs a head that hyper rejected. No request exists that could have a log line.
fn log_unreadable(quiet: &LogLimiter, ended: &Result<(), hyper::Error>, peer: SocketAddr) {
    if let Err(error) = ended
        && error.is_parse()
        && quiet.may_log()
    {
        tracing::info!(%peer, %error, "rejected a request whose head cannot be read");
    }
}
