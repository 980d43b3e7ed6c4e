//! Accepts connections up to the limit, starts each in a task, and lets requests in flight end at a stop.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use hyper::{
    Request, Response,
    body::{Body, Incoming},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

use super::{
    connection::{self, BoxError},
    connection_limit::ConnectionLimit,
    log_limiter::LogLimiter,
    settings::ServerSettings,
};

/// The time for requests in flight to end at a stop.
pub const GRACE: Duration = Duration::from_secs(10);
/// The pause after a failed accept, for example without free file descriptors.
pub(super) const BACK_OFF: Duration = Duration::from_millis(50);
/// The shortest time between two log lines about an unreadable head.
const UNREADABLE: Duration = Duration::from_secs(1);
/// The shortest time between two log lines about failed accepts.
const TROUBLE: Duration = Duration::from_secs(60);

/// A source of connections.
pub(super) trait Accept: Send + Sync {
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

/// Answers requests with `handle` until `stop` is ready, then waits for requests in flight. Returns false if they took
/// longer than [`GRACE`].
pub async fn serve<H, F, B>(
    listener: TcpListener,
    settings: ServerSettings,
    handle: H,
    stop: impl Future<Output = ()>,
) -> bool
where
    H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    serve_from(listener, settings, handle, stop).await
}

pub(super) async fn serve_from<L, H, F, B>(
    listener: L,
    settings: ServerSettings,
    handle: H,
    stop: impl Future<Output = ()>,
) -> bool
where
    L: Accept,
    H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    let settings = Arc::new(settings);
    let mut limit = ConnectionLimit::new(settings.limits.connections);
    let trouble = LogLimiter::new(TROUBLE);
    let unreadable = Arc::new(LogLimiter::new(UNREADABLE));
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = async {
            let permit = limit.take().await?;
            Some((listener.accept().await, permit))
        };
        let (accepted, permit) = tokio::select! {
            accepted = accepted => match accepted {
                Some(accepted) => accepted,
                None => break,
            },
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (settings, handle, load) = (Arc::clone(&settings), handle.clone(), limit.load.subscribe());
                let unreadable = Arc::clone(&unreadable);
                tokio::spawn(async move {
                    let ended = connection::serve(stream, peer, &settings, handle, load).await;
                    drop(permit);
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

/// Logs a head that hyper rejected, because no request exists that could have a log line.
fn log_unreadable(limiter: &LogLimiter, ended: &Result<(), hyper::Error>, peer: SocketAddr) {
    if let Err(error) = ended
        && error.is_parse()
        && limiter.may_log()
    {
        tracing::info!(%peer, %error, "rejected a request whose head cannot be read");
    }
}
