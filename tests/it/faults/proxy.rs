//! A proxy to the database that a test can close, cut and stall.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU16, Ordering},
    },
    thread,
};

use crate::support::eventually;

/// A proxy on its own port. All its connections end when it is dropped.
pub struct Proxy {
    shared: Arc<AppState>,
    address: SocketAddr,
}

struct AppState {
    upstream: String,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The number of the current listener. An older one ends at its next connection.
    listener: u32,
    is_stalled: bool,
    live: Vec<TcpStream>,
}

impl Proxy {
    /// A closed proxy to the server of the URL `mysql://…@HOST:PORT/…`.
    pub fn closed(url: &str) -> Self {
        let upstream = url.rsplit_once('@').unwrap().1.split('/').next().unwrap().to_owned();
        let shared = Arc::new(AppState { upstream, state: Mutex::default(), changed: Condvar::new() });
        Self { shared, address: reserved_address() }
    }

    /// `url` through this proxy.
    pub fn url(&self, url: &str) -> String {
        url.replace(&self.shared.upstream, &self.address.to_string())
    }

    /// Lets connections through from now on.
    pub fn open(&self) {
        let listener = eventually("the proxy's port", || TcpListener::bind(self.address).ok());
        let number = self.shared.state.lock().unwrap().listener;
        let shared = Arc::clone(&self.shared);
        thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if shared.state.lock().unwrap().listener != number {
                    return;
                }
                shared.carry(stream);
            }
        });
    }

    /// Refuses new connections and cuts the existing ones.
    pub fn close(&self) {
        self.shared.state.lock().unwrap().listener += 1;
        // Wakes the listener, so that it ends.
        drop(TcpStream::connect(self.address));
        self.cut();
        eventually("the proxy to refuse", || TcpStream::connect(self.address).is_err().then_some(()));
    }

    /// Cuts the existing connections.
    pub fn cut(&self) {
        let live = std::mem::take(&mut self.shared.state.lock().unwrap().live);
        for stream in live {
            // Fails only when it is cut already.
            drop(stream.shutdown(Shutdown::Both));
        }
    }

    /// Holds all bytes back, or releases them.
    pub fn stall(&self, is_stalled: bool) {
        self.shared.state.lock().unwrap().is_stalled = is_stalled;
        self.shared.changed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stall(false);
        self.close();
    }
}

impl AppState {
    fn carry(self: &Arc<Self>, client: TcpStream) {
        let Ok(server) = TcpStream::connect(&self.upstream) else { return };
        self.state.lock().unwrap().live.extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
        for (from, to) in [
            (client.try_clone().unwrap(), server.try_clone().unwrap()),
            (server.try_clone().unwrap(), client.try_clone().unwrap()),
        ] {
            let shared = Arc::clone(self);
            thread::spawn(move || shared.copy(from, to));
        }
    }

    fn copy(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = [0; 16 * 1024];
        while let Ok(length) = from.read(&mut buffer) {
            let state = self.state.lock().unwrap();
            drop(self.changed.wait_while(state, |state| state.is_stalled).unwrap());
            if length == 0 || to.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        drop(to.shutdown(Shutdown::Both));
        drop(from.shutdown(Shutdown::Both));
    }
}

/// A free address, outside the range from which the system takes ports for outgoing connections.
fn reserved_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let offset = u16::try_from(std::process::id() % 10_000).unwrap();
    eventually("a free port", || {
        let port = 20_000 + (offset + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        TcpListener::bind(address).is_ok().then_some(address)
    })
}
