//! The front door: takes connections, as many as there is room for, serves them by HTTP/1.1, closes those whose clients
//! are too slow, and lets requests in flight end when it is told to stop.
//!
//! Not `axum::serve`, which has no time limit for a request's head, no limit on connections, no TLS, and stops at an accept
//! error. Invariant: nobody holds a connection for longer than the [`Limits`] say without making use of it.

mod capacity;
mod connection;
mod framing;
mod proxy_protocol;
mod pulse;
mod watched;

#[cfg(test)]
mod tests;

use std::{io, sync::Arc, time::Duration};

use axum::{extract::Request, response::Response};
use ipnet::IpNet;
use tokio::{
    net::TcpListener,
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{Instant, sleep, timeout},
};

pub use self::{
    capacity::{MOST as MOST_CONNECTIONS, connections},
    proxy_protocol::{Parsed as ProxyHeader, parse as parse_proxy_header},
};
use super::Tls;

/// How long requests in flight have to end.
pub const GRACE: Duration = Duration::from_secs(10);
/// How long to wait after a failed accept, as when there are no file descriptors left.
const BACK_OFF: Duration = Duration::from_millis(50);
/// How often the same trouble is logged.
const QUIET: Duration = Duration::from_secs(60);

/// What a connection may take. Tests have values of their own.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// The arrival of a request's head, from its first byte; of a connection's first one from the beginning.
    pub head: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// The PROXY header and the TLS handshake, each.
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

/// How connections come in.
pub struct FrontDoor {
    pub limits: Limits,
    /// Who begins each connection with a PROXY header, and has to.
    pub proxies: Vec<IpNet>,
    /// `None` when connections are not encrypted here.
    pub tls: Option<Tls>,
}

/// What connections are told about all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Crowd {
    Room,
    Full,
    /// The server stops.
    Leaving,
}

/// Answers requests with `handle` until `stop` is ready, then lets those in flight end; false when they took longer than
/// [`GRACE`].
pub async fn serve<H, F>(listener: TcpListener, door: FrontDoor, handle: H, stop: impl Future<Output = ()>) -> bool
where
    H: Fn(Request) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let door = Arc::new(door);
    let places = Places::new(door.limits.connections);
    let mut trouble = Trouble::default();
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
                tokio::spawn(async move {
                    connection::serve(stream, peer, &door, handle, crowd).await;
                    drop(place);
                });
            }
            Err(error) if concerns_one_client(&error) => {}
            Err(error) => {
                trouble.tell(&error);
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

/// The room for connections.
struct Places {
    free: Arc<Semaphore>,
    most: usize,
    crowd: watch::Sender<Crowd>,
}

impl Places {
    fn new(most: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(most)), most, crowd: watch::Sender::new(Crowd::Room) }
    }

    /// A place, when there is one: who comes meanwhile waits in the system's queue, and those who idle have to go.
    async fn take(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = Arc::clone(&self.free).try_acquire_owned() {
            // Not at the first free place, so that not everybody is told at every coming and going.
            if self.free.available_permits() >= self.most / 16 && self.tell(Crowd::Room) {
                tracing::info!("there is room for connections again");
            }
            return Some(place);
        }
        if self.tell(Crowd::Full) {
            tracing::warn!(
                connections = self.most,
                "as many connections as there is room for; idle ones are closed early"
            );
        }
        Arc::clone(&self.free).acquire_owned().await.ok()
    }

    /// Says how things are; whether that was news.
    fn tell(&self, state: Crowd) -> bool {
        self.crowd.send_if_modified(|known| std::mem::replace(known, state) != state)
    }

    /// Lets everybody go, and waits for them.
    async fn emptied(&self) {
        self.tell(Crowd::Leaving);
        // Fails only when the semaphore is closed, and nobody closes it.
        drop(self.free.acquire_many(u32::try_from(self.most).unwrap_or(u32::MAX)).await);
    }
}

/// Logs that connections cannot be accepted, and not for every one of them.
#[derive(Default)]
struct Trouble {
    told: Option<Instant>,
}

impl Trouble {
    fn tell(&mut self, error: &io::Error) {
        if self.told.is_none_or(|told| told.elapsed() >= QUIET) {
            tracing::warn!(%error, "cannot accept connections; trying again until that is possible");
            self.told = Some(Instant::now());
        }
    }
}
