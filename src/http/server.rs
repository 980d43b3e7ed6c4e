//! The accept loop: takes connections, serves them by HTTP/1.1, and lets those in flight end when it is told to stop.
//!
//! Not `axum::serve`, which has no time limit for a request's head and stops at an accept error.

use std::{convert::Infallible, time::Duration};

use axum::{body::Body, extract::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::TcpListener,
    time::{sleep, timeout},
};

use super::Peer;

/// How long requests in flight have to end.
pub const GRACE: Duration = Duration::from_secs(10);
/// How long a request's head may take to arrive, and a connection to be idle.
const HEAD_ARRIVAL: Duration = Duration::from_secs(30);
/// How long to wait after a failed accept, as when there are no file descriptors left.
const BACK_OFF: Duration = Duration::from_millis(50);

/// Answers requests with `handle` until `stop` is ready, then lets those in flight end; false when they took longer than
/// [`GRACE`].
pub async fn serve<H, F>(listener: TcpListener, handle: H, stop: impl Future<Output = ()>) -> bool
where
    H: Fn(Request) -> F + Clone + Send + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let graceful = GracefulShutdown::new();
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_ARRIVAL);
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Answers are small and final; waiting to fill a packet would only delay them. Refused on a broken socket,
                // which shows at the first read.
                drop(stream.set_nodelay(true));
                let handle = handle.clone();
                let service = service_fn(move |request: Request<Incoming>| {
                    let mut request = request.map(Body::new);
                    request.extensions_mut().insert(Peer(peer));
                    let answer = handle(request);
                    async { Ok::<_, Infallible>(answer.await) }
                });
                let watched = graceful.watch(builder.serve_connection(TokioIo::new(stream), service));
                tokio::spawn(async move {
                    // A connection that breaks is the client's affair.
                    drop(watched.await);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections");
                sleep(BACK_OFF).await;
            }
        }
    }
    drop(listener);
    timeout(GRACE, graceful.shutdown()).await.is_ok()
}
