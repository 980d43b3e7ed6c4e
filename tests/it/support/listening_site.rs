//! A site behind the real accept loop, on a port of 127.0.0.1, and raw connections to it.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use axum::{extract::Request, response::Response};
use doorward::http::{self, Limits, ServerSettings};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use super::{Site, program::PATIENCE};

/// A server that listens until it is dropped.
pub struct ListeningSite {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<bool>,
}

impl ListeningSite {
    /// Serves `site` with settings that `change` may modify.
    pub async fn open(site: &Site, change: impl FnOnce(&mut ServerSettings)) -> Self {
        let front = site.router.clone();
        let handle = move |request| {
            let front = front.clone();
            async move { front.handle(request).await }
        };
        Self::serve(handle, change).await
    }

    /// Serves requests with `handle`.
    pub async fn serve<H, F>(handle: H, change: impl FnOnce(&mut ServerSettings)) -> Self
    where
        H: Fn(Request) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Response> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut door =
            ServerSettings { limits: Limits::of(1000), is_proxy: http::proxies_within(Vec::new()), tls: None };
        change(&mut door);
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            // The server also stops when the sender is dropped.
            drop(stopped.await);
        };
        let served = tokio::spawn(http::serve(listener, door, handle, stopped));
        Self { address, stop: Some(stop), served }
    }

    /// Serves `site` with the default limits.
    pub async fn of(site: &Site) -> Self {
        Self::open(site, |_| ()).await
    }

    /// A connection with a read timeout.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends `bytes` and reads until the server closes the connection.
    pub fn send(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect();
        // The server may have closed before it has read everything.
        drop(stream.write_all(bytes.as_ref()));
        read_to_end(&mut stream)
    }

    /// Stops the server. Returns whether all connections ended in time.
    pub async fn close(mut self) -> bool {
        drop(self.stop.take());
        (&mut self.served).await.unwrap()
    }
}

impl Drop for ListeningSite {
    fn drop(&mut self) {
        self.served.abort();
    }
}

/// Reads until the other side closes the connection, or resets it.
pub fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => {
            panic!("{error} after {:?}", String::from_utf8_lossy(&bytes))
        }
        _ => String::from_utf8(bytes).unwrap(),
    }
}

/// The statuses of the answers in `text`.
pub fn statuses(text: &str) -> Vec<u16> {
    text.split("HTTP/1.").skip(1).map(|answer| answer[2..5].parse().unwrap()).collect()
}
