//! One connection, from its first byte to its last: the PROXY header and TLS where they are configured, then requests by
//! HTTP/1.1, and its end when its client is too slow.

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, header},
    response::Response,
};
use hyper::{
    body::Incoming,
    server::conn::http1::{Builder, Connection},
    service::{HttpService, service_fn},
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::watch,
    time::{Instant, sleep_until, timeout},
};
use tokio_rustls::server::TlsStream;

use super::{
    super::{Peer, host::Malformed},
    Crowd, FrontDoor, Limits, proxy_protocol,
    pulse::Verdict,
    watched::{Shared, Watched},
};

/// How long a connection that is let go may take to close.
const PARTING: Duration = Duration::from_secs(5);
/// Longer than anybody waits for a server to stop.
const STOPPING: Duration = Duration::from_secs(3600);
/// Most of a request's head, in bytes; so much of a connection's input is held at most.
const HEAD_BYTES: usize = 16 * 1024;

/// A connection that is ready for requests.
enum Opened {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

/// Serves a connection until it ends.
pub(super) async fn serve<H, F>(
    stream: TcpStream,
    peer: SocketAddr,
    door: &FrontDoor,
    handle: H,
    crowd: watch::Receiver<Crowd>,
) where
    H: Fn(Request) -> F,
    F: Future<Output = Response>,
{
    // Answers are small and final; waiting to fill a packet would only delay them. Refused on a broken socket, which shows
    // at the first read.
    drop(stream.set_nodelay(true));
    let mut told = crowd.clone();
    let opened = tokio::select! {
        opened = open(stream, peer, door) => opened,
        // There is no request in flight yet.
        _leaving = told.wait_for(|state| *state == Crowd::Leaving) => None,
    };
    match opened {
        Some((Opened::Plain(stream), peer)) => requests(stream, peer, &door.limits, handle, crowd).await,
        Some((Opened::Encrypted(stream), peer)) => requests(stream, peer, &door.limits, handle, crowd).await,
        None => {}
    }
}

/// What comes before requests; and whose connection it is.
async fn open(mut stream: TcpStream, peer: SocketAddr, door: &FrontDoor) -> Option<(Opened, SocketAddr)> {
    let limit = door.limits.handshake;
    let peer = match timeout(limit, named_peer(&mut stream, peer, door)).await.ok()? {
        Ok(named) => named,
        // As a proxy does that looks whether anybody listens.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return None,
        Err(error) => {
            tracing::warn!(%peer, %error, "a trusted proxy's connection has no PROXY header: closed");
            return None;
        }
    };
    let Some(tls) = &door.tls else { return Some((Opened::Plain(stream), peer)) };
    match timeout(limit, tls.accept(stream)).await.ok()? {
        Ok(stream) => Some((Opened::Encrypted(Box::new(stream)), peer)),
        Err(error) => {
            tracing::debug!(%peer, %error, "TLS handshake failed");
            None
        }
    }
}

/// The other end: what the header says, where there has to be one.
async fn named_peer(stream: &mut TcpStream, peer: SocketAddr, door: &FrontDoor) -> io::Result<SocketAddr> {
    if speaks_for_others(door, peer.ip()) { Ok(proxy_protocol::read(stream).await?.unwrap_or(peer)) } else { Ok(peer) }
}

fn speaks_for_others(door: &FrontDoor, address: IpAddr) -> bool {
    let address = address.to_canonical();
    door.proxies.iter().any(|network| network.contains(&address))
}

/// Answers the requests that come by `stream`.
pub(super) async fn requests<S, H, F>(
    stream: S,
    peer: SocketAddr,
    limits: &Limits,
    handle: H,
    crowd: watch::Receiver<Crowd>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
    H: Fn(Request) -> F,
    F: Future<Output = Response>,
{
    let shared = Arc::new(Shared::new());
    let service = service_fn(|request: Request<Incoming>| {
        let begun = shared.pulse.begun();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        if begun.is_malformed {
            request.extensions_mut().insert(Malformed);
        }
        let answer = handle(request);
        let shared = &shared;
        async move {
            let mut response = answer.await;
            if begun.is_last {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            shared.answered();
            Ok::<_, Infallible>(response)
        }
    });
    let mut builder = Builder::new();
    builder.header_read_timeout(None).max_buf_size(HEAD_BYTES).max_header_size(HEAD_BYTES);
    let stream = TokioIo::new(Watched::new(stream, Arc::clone(&shared)));
    watch_over(builder.serve_connection(stream, service), &shared, limits, crowd).await;
}

/// Drives the connection, and looks at it now and then.
async fn watch_over<S, V>(
    connection: Connection<TokioIo<Watched<S>>, V>,
    shared: &Shared,
    limits: &Limits,
    mut crowd: watch::Receiver<Crowd>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
    V: HttpService<Incoming, ResBody = Body, Error = Infallible>,
{
    let mut connection = pin!(connection);
    let mut look = pin!(sleep_until(Instant::now()));
    let mut parting: Option<Instant> = None;
    loop {
        let state = *crowd.borrow_and_update();
        if state == Crowd::Leaving && parting.is_none() {
            // Its request in flight has as long as it needs; whoever stops the server ends all.
            connection.as_mut().graceful_shutdown();
            parting = Some(Instant::now() + STOPPING);
        }
        let again = match shared.pulse.verdict(limits, state == Crowd::Full) {
            Verdict::Close => return,
            Verdict::Keep(again) => again,
            Verdict::LetGo => {
                if parting.is_none() {
                    connection.as_mut().graceful_shutdown();
                }
                let until = *parting.get_or_insert_with(|| Instant::now() + PARTING);
                if Instant::now() >= until {
                    return;
                }
                until
            }
        };
        look.as_mut().reset(again);
        tokio::select! {
            biased;
            // A connection that breaks is the client's affair.
            _ended = connection.as_mut() => return,
            () = look.as_mut() => {}
            changed = crowd.changed() => if changed.is_err() { return },
        }
    }
}
