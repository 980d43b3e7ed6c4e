//! Tests of accepting connections, with a paused clock. Each test decides when connections arrive and when accepting
//! fails.
//!
//! Invariant: no test measures real time.

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    sync::{Notify, oneshot},
    task::JoinHandle,
    time::{Instant, sleep},
};

use super::{
    super::{
        accept::{Accept, BACK_OFF, serve_from},
        settings::{Limits, ServerSettings},
        tls::Tls,
    },
    GET, SECOND, answer,
};

/// A source of connections and errors, which a test fills.
#[derive(Clone, Default)]
struct ConnectionQueue(Arc<(Mutex<VecDeque<io::Result<DuplexStream>>>, Notify)>);

impl ConnectionQueue {
    fn push(&self, next: io::Result<DuplexStream>) {
        self.0.0.lock().unwrap().push_back(next);
        self.0.1.notify_one();
    }

    /// Connects a new client.
    fn connect(&self) -> DuplexStream {
        let (near, far) = duplex(4096);
        self.push(Ok(far));
        near
    }
}

impl Accept for ConnectionQueue {
    type Stream = DuplexStream;

    async fn accept(&self) -> io::Result<(DuplexStream, SocketAddr)> {
        loop {
            let next = self.0.0.lock().unwrap().pop_front();
            match next {
                Some(next) => return next.map(|stream| (stream, "127.0.0.1:4000".parse().unwrap())),
                None => self.0.1.notified().await,
            }
        }
    }
}

struct Open {
    street: ConnectionQueue,
    stop: oneshot::Sender<()>,
    served: JoinHandle<bool>,
}

fn open(change: impl FnOnce(&mut ServerSettings)) -> Open {
    let street = ConnectionQueue::default();
    let mut door = ServerSettings { limits: Limits::of(100), is_proxy: Box::new(|_| false), tls: None };
    change(&mut door);
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(serve_from(street.clone(), door, answer, async { drop(stopped.await) }));
    Open { street, stop, served }
}

/// Returns the seconds until the server closes `stream`.
async fn closed_after(mut stream: DuplexStream) -> u64 {
    let began = Instant::now();
    let mut bytes = Vec::new();
    // A broken pipe is also an end.
    drop(stream.read_to_end(&mut bytes).await);
    assert_eq!(bytes, b"");
    began.elapsed().as_secs()
}

/// Sends one request. Returns whether the connection stays open.
async fn ask(stream: &mut DuplexStream) -> bool {
    stream.write_all(GET).await.unwrap();
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\nxx") {
        text.push(stream.read_u8().await.unwrap());
    }
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    !text.contains("connection: close\r\n")
}

fn certificate() -> Tls {
    let folder = tempfile::TempDir::new().unwrap();
    let made = rcgen::generate_simple_self_signed(["a".to_owned()]).unwrap();
    let [certificate, key] = ["chain.pem", "key.pem"].map(|name| folder.path().join(name));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    Tls::load(&certificate, &key).unwrap()
}

fn trust(door: &mut ServerSettings) {
    door.is_proxy = Box::new(|address| address.is_loopback());
}

// G10: a client that sends nothing, or an incomplete head, before the first request.
#[tokio::test(start_paused = true)]
async fn what_comes_before_requests_has_ten_seconds_together() {
    let proxied = open(trust);
    assert_eq!(closed_after(proxied.street.connect()).await, 10);
    let mut half = proxied.street.connect();
    half.write_all(b"PROXY UNKN").await.unwrap();
    assert_eq!(closed_after(half).await, 10);
    let encrypted = open(|door| door.tls = Some(certificate()));
    assert_eq!(closed_after(encrypted.street.connect()).await, 10);
    let mut half = encrypted.street.connect();
    half.write_all(&[0x16, 3, 1]).await.unwrap();
    assert_eq!(closed_after(half).await, 10);
    let both = open(|door| {
        trust(door);
        door.tls = Some(certificate());
    });
    let mut late = both.street.connect();
    let began = Instant::now();
    sleep(8 * SECOND).await;
    late.write_all(b"PROXY UNKNOWN\r\n").await.unwrap();
    closed_after(late).await;
    assert_eq!(began.elapsed().as_secs(), 10);
}

// G10: the first head has the time that the header of the PROXY protocol has left.
#[tokio::test(start_paused = true)]
async fn the_first_head_is_there_within_fifteen_seconds_of_the_beginning() {
    let door = open(trust);
    let mut late = door.street.connect();
    let began = Instant::now();
    sleep(9 * SECOND).await;
    late.write_all(b"PROXY UNKNOWN\r\nGET / HT").await.unwrap();
    closed_after(late).await;
    assert_eq!(began.elapsed().as_secs(), 15);
}

// G11, J16
#[tokio::test(start_paused = true)]
async fn handshakes_make_room_and_are_not_waited_for() {
    let full = open(|door| {
        trust(door);
        door.limits.connections = 2;
    });
    let first = full.street.connect();
    sleep(SECOND).await;
    let began = Instant::now();
    // The second client takes the last permit, so each client has five seconds in total.
    let second = full.street.connect();
    assert_eq!(closed_after(first).await, 4);
    closed_after(second).await;
    assert_eq!(began.elapsed().as_secs(), 5);
    let stopping = open(trust);
    let silent = stopping.street.connect();
    sleep(SECOND).await;
    let began = Instant::now();
    stopping.stop.send(()).unwrap();
    assert!(stopping.served.await.unwrap());
    assert_eq!(closed_after(silent).await, 0);
    assert_eq!(began.elapsed().as_secs(), 0);
}

// G11: accepting fails as without a free file descriptor.
#[tokio::test(start_paused = true)]
async fn a_failed_accept_is_tried_again_after_a_pause() {
    let door = open(|_| ());
    let began = Instant::now();
    for _ in 0..10 {
        // EMFILE.
        door.street.push(Err(io::Error::from_raw_os_error(24)));
    }
    assert!(ask(&mut door.street.connect()).await);
    assert_eq!(began.elapsed(), 10 * BACK_OFF);
    // A client that closed its connection before the accept causes no pause.
    let began = Instant::now();
    door.street.push(Err(io::ErrorKind::ConnectionAborted.into()));
    assert!(ask(&mut door.street.connect()).await);
    assert_eq!(began.elapsed(), Duration::ZERO);
    // The pause does not delay a stop.
    door.street.push(Err(io::Error::from_raw_os_error(24)));
    tokio::task::yield_now().await;
    door.stop.send(()).unwrap();
    assert!(door.served.await.unwrap());
}

// G11: busy clients use all permits, and new clients still get one in turn.
#[tokio::test(start_paused = true)]
async fn a_full_house_gives_newcomers_their_turn() {
    let door = open(|door| door.limits.connections = 16);
    let mut busy: Vec<_> = (0..15).map(|_| door.street.connect()).collect();
    for stream in &mut busy {
        assert!(ask(stream).await);
    }
    // This client takes the last permit.
    busy.push(door.street.connect());
    let mut newcomer = door.street.connect();
    sleep(SECOND).await;
    for stream in &mut busy {
        assert!(!ask(stream).await);
        // The connection is then closed.
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
    }
    ask(&mut newcomer).await;
    // After enough connections have ended, connections stay open again.
    let mut later = door.street.connect();
    ask(&mut later).await;
    let mut stays = door.street.connect();
    assert!(ask(&mut stays).await);
    assert!(ask(&mut stays).await);
}
