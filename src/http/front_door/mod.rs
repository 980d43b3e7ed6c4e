//! The front door: takes connections, as many as there is room for, serves them by HTTP/1.1, closes those whose clients
//! are too slow, and lets requests in flight end when it is told to stop.
//!
//! Not `axum::serve`, which has no time limit for a request's head, no limit on connections, no TLS, and stops at an accept
//! error. Invariant: nobody holds a connection for longer than the [`Limits`] say without making use of it.

mod capacity;
mod connection;
mod extensions;
mod framing;
mod places;
mod proxy_protocol;
mod pulse;
mod watched;

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

use self::places::{Crowd, Places, Quiet};
pub use self::{
    capacity::{MOST as MOST_CONNECTIONS, connections},
    extensions::{Malformed, Peer, Unnamed},
    proxy_protocol::{Client as ProxyClient, Parsed as ProxyHeader, parse as parse_proxy_header},
};
use super::Tls;

/// How long requests in flight have to end.
pub const GRACE: Duration = Duration::from_secs(10);
/// How long to wait after a failed accept, as when there are no file descriptors left.
const BACK_OFF: Duration = Duration::from_millis(50);
/// How often a head that cannot be read is logged at most.
const UNREADABLE: Duration = Duration::from_secs(1);

/// What a connection may take. Tests have values of their own.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// The arrival of a request's head, from its first byte; of the first one from the connection's beginning.
    pub head: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// The PROXY header and the TLS handshake together. They are within the time of the first head as well.
    pub handshake: Duration,
    /// The time for taking an answer that does not fit into the buffers, to which a client earns some by taking it.
    pub write: Duration,
    /// So many bytes earn a second.
    pub slowest_reader: u64,
    /// In place of `head` and `idle` when there is room for no other connection.
    pub head_when_full: Duration,
    pub idle_when_full: Duration,
}

impl Limits {
    /// The limits of a service with room for so many connections.
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

/// Whether the peer at an address begins each connection with a PROXY header, and must.
pub type IsProxy = Box<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// How connections come in.
pub struct FrontDoor {
    pub limits: Limits,
    pub is_proxy: IsProxy,
    /// `None` when connections are not encrypted here.
    pub tls: Option<Tls>,
}

/// Where connections come from.
trait Accept: Send + Sync {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, SocketAddr)>> + Send;
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = self.accept().await?;
        // Answers are small and final; waiting to fill a packet would only delay them. Refused on a broken socket, which
        // shows at the first read.
        drop(stream.set_nodelay(true));
        Ok((stream, peer))
    }
}

/// Answers requests with `handle` until `stop` is ready, then lets those in flight end; false when they took longer than
/// [`GRACE`].
pub async fn serve<H, F, B>(listener: TcpListener, door: FrontDoor, handle: H, stop: impl Future<Output = ()>) -> bool
where
    H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    serve_from(listener, door, handle, stop).await
}

async fn serve_from<L, H, F, B>(listener: L, door: FrontDoor, handle: H, stop: impl Future<Output = ()>) -> bool
where
    L: Accept,
    H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    let door = Arc::new(door);
    let mut places = Places::new(door.limits.connections);
    let trouble = Quiet::for_long();
    let unreadable = Arc::new(Quiet::new(UNREADABLE));
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = async {
            let place = places.take().await?;
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
                let (door, handle, crowd) = (Arc::clone(&door), handle.clone(), places.crowd.subscribe());
                let unreadable = Arc::clone(&unreadable);
                tokio::spawn(async move {
                    let ended = connection::serve(stream, peer, &door, handle, crowd).await;
                    drop(place);
                    tell_unreadable(&unreadable, &ended, peer);
                });
            }
            Err(error) if concerns_one_client(&error) => {}
            Err(error) => {
                if trouble.may_speak() {
                    tracing::warn!(%error, "cannot accept connections; trying again until that is possible");
                }
                tokio::select! {
                    () = sleep(BACK_OFF) => {}
                    () = &mut stop => break,
                }
            }
        }
    }
    drop(listener);
    timeout(GRACE, places.emptied()).await.is_ok()
}

/// The client has gone again before it was let in.
fn concerns_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// One line for a head that was refused by hyper, since no request came of it that could have one.
fn tell_unreadable(quiet: &Quiet, ended: &Result<(), hyper::Error>, peer: SocketAddr) {
    if let Err(error) = ended
        && error.is_parse()
        && quiet.may_speak()
    {
        tracing::info!(%peer, %error, "a request's head cannot be read: refused");
    }
}
