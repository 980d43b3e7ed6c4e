//! One connection, from its first byte to its last: the PROXY header and TLS where they are configured, then requests by
//! HTTP/1.1, and its end when its client is too slow.

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
    BoxError, Crowd, FrontDoor, Limits,
    extensions::{Malformed, Peer, Unnamed},
    framing::has_other_coding,
    proxy_protocol::{self, Client},
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
enum Opened<S> {
    Plain(S),
    Encrypted(Box<TlsStream<S>>),
}

/// Whose requests come by a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller {
    pub peer: SocketAddr,
    /// A proxy passes the connection on and cannot say for whom.
    pub is_unnamed: bool,
    /// When the connection came: the first head has its time from then on.
    pub since: Instant,
}

/// Serves a connection until it ends, of which hyper says how.
pub(super) async fn serve<S, H, F, B>(
    stream: S,
    peer: SocketAddr,
    door: &FrontDoor,
    handle: H,
    crowd: watch::Receiver<Crowd>,
) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<B>>,
    B: Body + 'static,
    B::Error: Into<BoxError>,
{
    let since = Instant::now();
    let mut caller = Caller { peer, is_unnamed: false, since };
    let opened = tokio::select! {
        opened = open(stream, &mut caller, door) => opened,
        () = patience_ends(since, &door.limits, crowd.clone()) => None,
    };
    match opened {
        Some(Opened::Plain(stream)) => requests(stream, caller, &door.limits, handle, crowd).await,
        Some(Opened::Encrypted(stream)) => requests(stream, caller, &door.limits, handle, crowd).await,
        None => Ok(()),
    }
}

/// Ready when what comes before requests has had its time, which is shorter when others wait, or when the server stops: no
/// request is in flight yet.
async fn patience_ends(since: Instant, limits: &Limits, mut crowd: watch::Receiver<Crowd>) {
    loop {
        let patience = match *crowd.borrow_and_update() {
            Crowd::Room => limits.handshake,
            Crowd::Full => limits.handshake.min(limits.head_when_full),
            Crowd::Leaving => return,
        };
        if !matches!(timeout_at(since + patience, crowd.changed()).await, Ok(Ok(()))) {
            return;
        }
    }
}

/// What comes before requests; and whose connection it is.
async fn open<S>(mut stream: S, caller: &mut Caller, door: &FrontDoor) -> Option<Opened<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let peer = caller.peer;
    if (door.is_proxy)(peer.ip()) {
        match proxy_protocol::read(&mut stream).await {
            Ok(Client::Address(named)) => caller.peer = named,
            Ok(Client::Own) => {}
            Ok(Client::Unknown) => caller.is_unnamed = true,
            // As a proxy does that looks whether anybody listens.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return None,
            Err(error) => {
                tracing::warn!(%peer, %error, "a trusted proxy's connection has no PROXY header: closed");
                return None;
            }
        }
    }
    let Some(tls) = &door.tls else { return Some(Opened::Plain(stream)) };
    match tls.accept(stream).await {
        Ok(stream) => Some(Opened::Encrypted(Box::new(stream))),
        Err(error) => {
            tracing::debug!(peer = %caller.peer, %error, "TLS handshake failed");
            None
        }
    }
}

/// Answers the requests that come by `stream`.
pub(super) async fn requests<S, H, F, B>(
    stream: S,
    caller: Caller,
    limits: &Limits,
    handle: H,
    crowd: watch::Receiver<Crowd>,
) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<B>>,
    B: Body + 'static,
    B::Error: Into<BoxError>,
{
    let shared = Arc::new(Shared::new(caller.since));
    let service = service_fn(|mut request: Request<Incoming>| {
        let is_malformed = shared.pulse.begun() || has_other_coding(request.headers());
        request.extensions_mut().insert(Peer(caller.peer));
        if caller.is_unnamed {
            request.extensions_mut().insert(Unnamed);
        }
        if is_malformed {
            request.extensions_mut().insert(Malformed);
        }
        let (shared, handle) = (&shared, &handle);
        // Made in its place: a future of this size is not for moving.
        async move {
            let mut response = handle(request).await;
            if is_malformed || shared.ends_after_answer() {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            shared.answered();
            Ok::<_, Infallible>(response)
        }
    });
    let mut builder = Builder::new();
    builder.header_read_timeout(None).max_buf_size(HEAD_BYTES).max_header_size(HEAD_BYTES);
    let stream = TokioIo::new(Watched::new(stream, Arc::clone(&shared)));
    watch_over(builder.serve_connection(stream, service), &shared, limits, crowd).await
}

/// Drives the connection, and looks at it now and then.
async fn watch_over<S, V, B>(
    connection: Connection<TokioIo<Watched<S>>, V>,
    shared: &Shared,
    limits: &Limits,
    mut crowd: watch::Receiver<Crowd>,
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
        let state = *crowd.borrow_and_update();
        // Otherwise those who ask often enough would keep their places for ever, and newcomers have none.
        shared.end_after_answer(state != Crowd::Room);
        if state == Crowd::Leaving && parting.is_none() {
            // Its request in flight has as long as it needs; whoever stops the server ends all.
            connection.as_mut().graceful_shutdown();
            parting = Some(Instant::now() + STOPPING);
        }
        let again = match shared.pulse.verdict(limits, state) {
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
            // First: a response that becomes ready at the same moment must already say that the connection closes.
            changed = crowd.changed() => if changed.is_err() { return Ok(()) },
            ended = connection.as_mut() => return ended,
            () = look.as_mut() => {}
        }
    }
}
