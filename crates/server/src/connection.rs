//! One connection: the PROXY header and TLS if configured, then HTTP/1.1 requests. A connection whose client is too
//! slow is closed.

use std::{convert::Infallible, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use hyper::{
    Request, Response,
    body::{Body, Incoming},
    header::{CONNECTION, HeaderValue},
    server::conn::http1::{Builder, Connection},
    service::{HttpService, service_fn},
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
    time::{Instant, sleep_until, timeout_at},
};
use tokio_rustls::server::TlsStream;

use super::{
    activity::Verdict,
    extensions::{Malformed, Peer, Unnamed},
    framing::has_other_coding,
    load_state::LoadState,
    monitored_stream::{ConnectionState, MonitoredStream},
    proxy_protocol::{self, Client},
    settings::{Limits, ServerSettings},
};

/// The time for an idle connection to close.
const PARTING: Duration = Duration::from_secs(5);
/// A time that is longer than any stop of the server.
const STOPPING: Duration = Duration::from_secs(3600);
/// The limit of a request's head in bytes, and of the buffered input of a connection.
const HEAD_BYTES: usize = 16 * 1024;

/// Any error of a response's body.
pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A connection that is ready for requests.
enum Opened<S> {
    Plain(S),
    Encrypted(Box<TlsStream<S>>),
}

/// The client of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConnectionOrigin {
    pub peer: SocketAddr,
    /// Whether the forwarding proxy does not know its client.
    pub is_unnamed: bool,
    /// The start of the connection, from which the time of the first head counts.
    pub since: Instant,
}

/// Serves a connection until it ends. Returns hyper's reason.
pub(super) async fn serve<S, H, F, B>(
    stream: S,
    peer: SocketAddr,
    settings: &ServerSettings,
    handle: H,
    load: watch::Receiver<LoadState>,
) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<B>>,
    B: Body + 'static,
    B::Error: Into<BoxError>,
{
    let since = Instant::now();
    let mut origin = ConnectionOrigin { peer, is_unnamed: false, since };
    let opened = tokio::select! {
        opened = open(stream, &mut origin, settings) => opened,
        () = patience_ends(since, &settings.limits, load.clone()) => None,
    };
    match opened {
        Some(Opened::Plain(stream)) => requests(stream, origin, &settings.limits, handle, load).await,
        Some(Opened::Encrypted(stream)) => requests(stream, origin, &settings.limits, handle, load).await,
        None => Ok(()),
    }
}

/// Completes after the time for the PROXY header and the handshake, or when the server stops. The time is shorter while
/// the connection limit is reached.
async fn patience_ends(since: Instant, limits: &Limits, mut load: watch::Receiver<LoadState>) {
    loop {
        let patience = match *load.borrow_and_update() {
            LoadState::Available => limits.handshake,
            LoadState::Full => limits.handshake.min(limits.head_when_full),
            LoadState::Stopping => return,
        };
        if !matches!(timeout_at(since + patience, load.changed()).await, Ok(Ok(()))) {
            return;
        }
    }
}

/// Reads the PROXY header and performs the TLS handshake.
async fn open<S>(mut stream: S, origin: &mut ConnectionOrigin, settings: &ServerSettings) -> Option<Opened<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let peer = origin.peer;
    if (settings.is_proxy)(peer.ip()) {
        match proxy_protocol::read(&mut stream).await {
            Ok(Client::Address(named)) => origin.peer = named,
            Ok(Client::Own) => {}
            Ok(Client::Unknown) => origin.is_unnamed = true,
            // A proxy's health check closes the connection at once.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return None,
            Err(error) => {
                tracing::warn!(%peer, %error, "closed a trusted proxy's connection without a PROXY header");
                return None;
            }
        }
    }
    let Some(tls) = &settings.tls else { return Some(Opened::Plain(stream)) };
    match tls.accept(stream).await {
        Ok(stream) => Some(Opened::Encrypted(Box::new(stream))),
        Err(error) => {
            tracing::debug!(peer = %origin.peer, %error, "TLS handshake failed");
            None
        }
    }
}

/// Answers the requests of `stream`.
pub(super) async fn requests<S, H, F, B>(
    stream: S,
    origin: ConnectionOrigin,
    limits: &Limits,
    handle: H,
    load: watch::Receiver<LoadState>,
) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<B>>,
    B: Body + 'static,
    B::Error: Into<BoxError>,
{
    let connection_state = Arc::new(ConnectionState::new(origin.since));
    let service = service_fn(|mut request: Request<Incoming>| {
        let is_malformed = connection_state.activity.begun() || has_other_coding(request.headers());
        request.extensions_mut().insert(Peer(origin.peer));
        if origin.is_unnamed {
            request.extensions_mut().insert(Unnamed);
        }
        if is_malformed {
            request.extensions_mut().insert(Malformed);
        }
        let (connection_state, handle) = (&connection_state, &handle);
        // Created in place, because moving a future of this size is slow.
        async move {
            let mut response = handle(request).await;
            if is_malformed || connection_state.ends_after_answer() {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            connection_state.answered();
            Ok::<_, Infallible>(response)
        }
    });
    let mut builder = Builder::new();
    builder.header_read_timeout(None).max_buf_size(HEAD_BYTES).max_header_size(HEAD_BYTES);
    let stream = TokioIo::new(MonitoredStream::new(stream, Arc::clone(&connection_state)));
    monitor(builder.serve_connection(stream, service), &connection_state, limits, load).await
}

/// Drives the connection, and checks its activity.
async fn monitor<S, V, B>(
    connection: Connection<TokioIo<MonitoredStream<S>>, V>,
    connection_state: &ConnectionState,
    limits: &Limits,
    mut load: watch::Receiver<LoadState>,
) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
    V: HttpService<Incoming, ResBody = B, Error = Infallible>,
    B: Body + 'static,
    B::Error: Into<BoxError>,
{
    let mut connection = pin!(connection);
    let mut look = pin!(sleep_until(Instant::now()));
    let mut parting: Option<Instant> = None;
    loop {
        let state = *load.borrow_and_update();
        // Otherwise busy clients would keep their connections, and new clients would not get one.
        connection_state.end_after_answer(state != LoadState::Available);
        if state == LoadState::Stopping && parting.is_none() {
            // A request in flight may take as long as it needs. The end of the server's grace period ends all.
            connection.as_mut().graceful_shutdown();
            parting = Some(Instant::now() + STOPPING);
        }
        let again = match connection_state.activity.verdict(limits, state) {
            Verdict::Close => return Ok(()),
            Verdict::Keep(again) => again,
            Verdict::LetGo => {
                if parting.is_none() {
                    connection.as_mut().graceful_shutdown();
                }
                let until = *parting.get_or_insert_with(|| Instant::now() + PARTING);
                if Instant::now() >= until {
                    return Ok(());
                }
                until
            }
        };
        look.as_mut().reset(again);
        tokio::select! {
            biased;
            // This branch is first, because a response that becomes ready at the same moment must announce the close.
            changed = load.changed() => if changed.is_err() { return Ok(()) },
            ended = connection.as_mut() => return ended,
            () = look.as_mut() => {}
        }
    }
}
