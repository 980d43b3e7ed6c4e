//! Tests of slow clients, with a paused clock. The clock advances while all tasks wait, so no test takes real time or
//! depends on the speed of the machine.

use std::{sync::Arc, time::Duration};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep},
};

mod accept;

use super::{connection, load_state::LoadState, settings::Limits};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const SECOND: Duration = Duration::from_secs(1);

/// A connection to a service that reads the body, and responds with the number of bytes in the path.
struct Line {
    stream: DuplexStream,
    served: JoinHandle<()>,
    load: Arc<watch::Sender<LoadState>>,
    began: Instant,
}

async fn answer(request: Request<Incoming>) -> Response<Full<Bytes>> {
    let length = request.uri().path().trim_start_matches('/').parse().unwrap_or(2);
    if request.headers().contains_key("x-patient") {
        sleep(Duration::from_secs(120)).await;
    }
    drop(request.into_body().collect().await);
    Response::new(Full::from("x".repeat(length)))
}

impl Line {
    /// Creates a connection that buffers this number of bytes in each direction.
    fn open(buffer: usize) -> Self {
        Self::open_into(buffer, LoadState::Available)
    }

    fn open_into(buffer: usize, load: LoadState) -> Self {
        let (stream, other) = duplex(buffer);
        let load = Arc::new(watch::Sender::new(load));
        let told = load.subscribe();
        let served = tokio::spawn(async move {
            let origin = connection::ConnectionOrigin {
                peer: "203.0.113.7:4000".parse().unwrap(),
                is_unnamed: false,
                since: Instant::now(),
            };
            // Some connections of the tests break.
            drop(connection::requests(other, origin, &Limits::of(1), answer, told).await);
        });
        Self { stream, served, load, began: Instant::now() }
    }

    /// Sends `bytes` one by one, with a pause before each, until the server closes the connection.
    async fn trickle(&mut self, bytes: &[u8], pause: Duration) {
        for byte in bytes {
            sleep(pause).await;
            if self.stream.write_all(&[*byte]).await.is_err() {
                return;
            }
        }
    }

    /// Reads one response, whose body has this number of bytes.
    async fn read_answer(&mut self, length: usize) -> String {
        let mut bytes = Vec::new();
        while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
            bytes.push(self.stream.read_u8().await.unwrap());
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// Waits for the end of the connection. Returns the seconds since its start.
    async fn ended_after(self) -> u64 {
        let Self { stream, served, began, load } = self;
        served.await.unwrap();
        drop((stream, load));
        began.elapsed().as_secs()
    }
}

// G10
#[tokio::test(start_paused = true)]
async fn a_head_has_fifteen_seconds() {
    let silent = Line::open(1024);
    assert_eq!(silent.ended_after().await, 15);
    let mut slow = Line::open(1024);
    slow.trickle(GET, 10 * SECOND).await;
    // The client notices the close with its next byte.
    assert_eq!(slow.ended_after().await, 20);
    // The time of the head starts with its first byte, and not with every byte.
    let mut later = Line::open(1024);
    later.stream.write_all(GET).await.unwrap();
    later.read_answer(2).await;
    sleep(25 * SECOND).await;
    later.trickle(GET, SECOND).await;
    assert!((41..=42).contains(&later.ended_after().await));
}

// G10: the connection is not checked at the moment at which a head starts.
#[tokio::test(start_paused = true)]
async fn a_head_that_begins_behind_a_look_has_no_longer() {
    // The first check is after 15 seconds, while the client is idle or waits for its response.
    for (request, length) in [(GET, 2), (b"GET / HTTP/1.1\r\nHost: a\r\nX-Patient: yes\r\n\r\n", 2)] {
        let mut line = Line::open(1024);
        sleep(14 * SECOND).await;
        line.stream.write_all(request).await.unwrap();
        line.read_answer(length).await;
        sleep(SECOND + SECOND / 2).await;
        line.stream.write_all(b"GET / HT").await.unwrap();
        let begun = line.began.elapsed().as_secs();
        assert_eq!(line.ended_after().await, begun + 15);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_of_ordinary_speed_is_served_for_as_long_as_it_likes() {
    let mut line = Line::open(1024);
    for _ in 0..50 {
        line.trickle(GET, Duration::from_millis(400)).await;
        assert!(line.read_answer(2).await.starts_with("HTTP/1.1 200 OK\r\n"));
        sleep(20 * SECOND).await;
    }
    assert!(!line.served.is_finished());
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_let_go_after_half_a_minute() {
    let mut line = Line::open(1024);
    line.stream.write_all(GET).await.unwrap();
    line.read_answer(2).await;
    assert_eq!(line.ended_after().await, 30);
}

// G10: a part of the next head arrived with the previous request, and nothing since.
#[tokio::test(start_paused = true)]
async fn a_head_that_was_begun_early_has_no_longer() {
    let mut line = Line::open(1024);
    line.stream.write_all(&[GET, b"GET / HT"].concat()).await.unwrap();
    line.read_answer(2).await;
    assert_eq!(line.ended_after().await, 15);
}

// G10: slow readers.
#[tokio::test(start_paused = true)]
async fn whoever_does_not_read_the_answer_is_closed() {
    let mut line = Line::open(1024);
    line.stream.write_all(b"GET /100000 HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    assert_eq!(line.ended_after().await, 20);
    // A client that reads a few single bytes is too slow.
    let mut line = Line::open(1024);
    line.stream.write_all(b"GET /100000 HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    while line.stream.read_u8().await.is_ok() && !line.served.is_finished() {
        sleep(SECOND).await;
    }
    assert!((20..=21).contains(&line.ended_after().await));
    // A client that sends further requests and reads nothing is also too slow.
    let mut line = Line::open(1024);
    drop(line.stream.write_all(&GET.repeat(1000)).await);
    assert_eq!(line.ended_after().await, 20);
}

#[tokio::test(start_paused = true)]
async fn a_reader_of_modest_speed_gets_the_whole_answer() {
    let length = 400_000;
    let mut line = Line::open(1024);
    line.stream.write_all(format!("GET /{length} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()).await.unwrap();
    line.read_answer(0).await;
    for _ in 0..length / 10_000 {
        sleep(SECOND).await;
        line.stream.read_exact(&mut [0; 10_000]).await.unwrap();
    }
    assert!(line.began.elapsed() > Duration::from_secs(30));
    line.stream.write_all(GET).await.unwrap();
    line.read_answer(2).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_being_served_is_never_too_slow() {
    let mut line = Line::open(1024);
    line.stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nX-Patient: yes\r\n\r\n").await.unwrap();
    line.read_answer(2).await;
    assert_eq!(line.began.elapsed().as_secs(), 120);
}

// G11
#[tokio::test(start_paused = true)]
async fn when_there_is_no_room_idle_connections_go_first() {
    let mut idle = Line::open(1024);
    idle.stream.write_all(GET).await.unwrap();
    idle.read_answer(2).await;
    let silent = Line::open(1024);
    let mut busy = Line::open(1024);
    busy.stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nX-Patient: yes\r\n\r\n").await.unwrap();
    sleep(SECOND).await;
    for line in [&idle, &silent, &busy] {
        line.load.send(LoadState::Full).unwrap();
    }
    assert_eq!(idle.ended_after().await, 2);
    assert_eq!(silent.ended_after().await, 5);
    assert!(busy.read_answer(2).await.contains("connection: close\r\n"));
    assert_eq!(busy.ended_after().await, 120);
    // A client that connects at the connection limit has no more time than earlier clients.
    let late = Line::open_into(1024, LoadState::Full);
    assert_eq!(late.ended_after().await, 5);
}

// G11: frequent requests do not keep a connection open.
#[tokio::test(start_paused = true)]
async fn when_there_is_no_room_each_connection_ends_after_its_answer() {
    let mut asking = Line::open(1024);
    for _ in 0..3 {
        asking.stream.write_all(GET).await.unwrap();
        assert!(!asking.read_answer(2).await.contains("connection: close\r\n"));
        sleep(SECOND).await;
    }
    asking.load.send(LoadState::Full).unwrap();
    sleep(SECOND).await;
    asking.stream.write_all(GET).await.unwrap();
    assert!(asking.read_answer(2).await.contains("connection: close\r\n"));
    assert_eq!(asking.ended_after().await, 4);
    // A new client gets one response, and no second one.
    let mut late = Line::open_into(1024, LoadState::Full);
    sleep(SECOND).await;
    late.stream.write_all(&GET.repeat(2)).await.unwrap();
    assert!(late.read_answer(2).await.contains("connection: close\r\n"));
    assert_eq!(late.ended_after().await, 1);
    // A client that is still connected after the time at the connection limit stays.
    let mut lucky = Line::open_into(1024, LoadState::Full);
    lucky.load.send(LoadState::Available).unwrap();
    lucky.stream.write_all(GET).await.unwrap();
    assert!(!lucky.read_answer(2).await.contains("connection: close\r\n"));
}

// J16
#[tokio::test(start_paused = true)]
async fn when_the_server_stops_half_a_head_is_not_waited_for() {
    let mut first = Line::open(1024);
    first.stream.write_all(b"GET / HT").await.unwrap();
    let mut second = Line::open(1024);
    second.stream.write_all(&[GET, b"GET / HT"].concat()).await.unwrap();
    second.read_answer(2).await;
    sleep(SECOND).await;
    for line in [&first, &second] {
        line.load.send(LoadState::Stopping).unwrap();
    }
    assert_eq!(first.ended_after().await, 1);
    assert_eq!(second.ended_after().await, 1);
}

// J16
#[tokio::test(start_paused = true)]
async fn when_the_server_stops_only_requests_in_flight_go_on() {
    let silent = Line::open(1024);
    let mut busy = Line::open(1024);
    busy.stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nX-Patient: yes\r\n\r\n").await.unwrap();
    sleep(SECOND).await;
    for line in [&silent, &busy] {
        line.load.send(LoadState::Stopping).unwrap();
    }
    assert_eq!(silent.ended_after().await, 1);
    assert!(busy.read_answer(2).await.contains("connection: close\r\n"));
    assert_eq!(busy.ended_after().await, 120);
}
