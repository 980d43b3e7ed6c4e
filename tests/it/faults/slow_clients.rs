//! G10, G11: slow clients, and more of them than the connection limit, do not affect other clients.
//!
//! `crates/server/src/tests.rs` tests the timeouts with a paused clock. These tests measure no time.

use doorward_test_macros::async_test;
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use doorward::http;

use crate::support::{
    Database, ListeningSite, Program, Site, eventually,
    listening_site::{read_to_end, statuses},
    site::password_of,
};

const HEAD: &str = "GET /user/1 HTTP/1.1\r\nHost: a\r\n";

/// An idle connection that has had one answer.
fn idle(door: &ListeningSite) -> TcpStream {
    let mut stream = door.connect();
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    stream.read_exact(&mut [0; 12]).unwrap();
    stream
}

// G10, G11: three kinds of slow clients. The limits are short, so that the server closes them all within the test's timeout.
#[async_test]
async fn five_hundred_slow_clients_do_not_delay_others() {
    // The test needs more sockets than the default limit.
    assert!(http::connections(1000) > 500, "this test needs a thousand open files and more: `ulimit -Hn`");
    let site = Site::new().await;
    let ann = site.user("ann").await;
    let door = ListeningSite::open(&site, |door| {
        door.limits.head = Duration::from_secs(2);
        door.limits.write = Duration::from_secs(2);
    })
    .await;
    let mut slow = Vec::new();
    for number in 0..500 {
        let mut stream = door.connect();
        let begun = match number % 3 {
            0 => HEAD.to_owned(),
            1 => "POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
                .to_owned(),
            // Sends requests and does not read.
            _ => "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n".repeat(100),
        };
        stream.write_all(begun.as_bytes()).unwrap();
        slow.push(stream);
    }
    let cookie = ann.cookie.unwrap();
    for _ in 0..200 {
        let answer = door.send(format!("{HEAD}Cookie: {cookie}\r\nConnection: close\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
    let body = format!(r#"{{"username":"ann","password":"{}"}}"#, password_of("ann"));
    let answer = door.send(format!(
        "POST /login HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    // The server closes all slow clients. Slow readers are checked last, because reading makes them fast.
    for (number, stream) in slow.iter_mut().enumerate() {
        match number % 3 {
            0 => assert_eq!(read_to_end(stream), ""),
            1 => assert_eq!(statuses(&read_to_end(stream)), [408]),
            _ => {}
        }
    }
    for stream in slow.iter_mut().skip(2).step_by(3) {
        let answers = String::from_utf8_lossy(&read_raw(stream)).matches("HTTP/1.1 200 OK").count();
        assert!(answers < 100, "a slow reader got all {answers} answers");
    }
}

/// Reads until the connection ends, which may be within a character.
fn read_raw(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Err(error) = stream.read_to_end(&mut bytes) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
    bytes
}

// G10, with real sockets and a short limit.
#[async_test]
async fn an_incomplete_head_closes_the_connection_after_a_timeout() {
    let site = Site::new().await;
    let door = ListeningSite::open(&site, |door| door.limits.head = Duration::from_millis(100)).await;
    for begun in ["", "G", HEAD] {
        let mut stream = door.connect();
        stream.write_all(begun.as_bytes()).unwrap();
        assert_eq!(read_to_end(&mut stream), "", "{begun:?}");
    }
}

// G11
#[async_test]
async fn at_the_connection_limit_idle_connections_are_closed() {
    let site = Site::new().await;
    let door = ListeningSite::open(&site, |door| {
        door.limits.connections = 8;
        door.limits.idle_when_full = Duration::from_millis(50);
        // The usual idle timeout must not close them.
        door.limits.idle = Duration::from_secs(3600);
    })
    .await;
    let mut idle: Vec<_> = (0..8).map(|_| idle(&door)).collect();
    for _ in 0..3 {
        let answer = door.send(format!("{HEAD}Connection: close\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
    // The remaining idle connections are closed cleanly at the end.
    assert!(door.close().await);
    for stream in &mut idle {
        assert!(read_to_end(stream).ends_with("{\"status\":\"alive\"}"));
    }
}

// G11: clients that use all connections and send requests all the time must not keep them for ever.
#[async_test]
async fn at_the_connection_limit_busy_connections_are_closed_too() {
    let site = Site::new().await;
    let door = ListeningSite::open(&site, |door| {
        door.limits.connections = 8;
        // No connection is closed as idle.
        door.limits.idle = Duration::from_secs(3600);
        door.limits.idle_when_full = Duration::from_secs(3600);
    })
    .await;
    let mut busy: Vec<_> = (0..8).map(|_| idle(&door)).collect();
    let mut newcomer = door.connect();
    newcomer.write_all(format!("{HEAD}Connection: close\r\n\r\n").as_bytes()).unwrap();
    newcomer.set_nonblocking(true).unwrap();
    eventually("the newcomer's turn", || {
        for stream in &mut busy {
            // Connections that are closed already accept and return no bytes.
            if stream.write_all(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n").is_ok() {
                drop(stream.read(&mut [0; 4096]));
            }
        }
        newcomer.peek(&mut [0]).ok()
    });
    newcomer.set_nonblocking(false).unwrap();
    assert_eq!(statuses(&read_to_end(&mut newcomer)), [401]);
}

// G11: `ulimit -n 256`
#[async_test]
async fn more_connections_than_open_files_do_no_harm() {
    let database = Database::new().await;
    let server = Program::new(&database).with_open_files(256).serve();
    let connections: usize = eventually("the line that says how many", || {
        server.printed().split_once("at most ")?.1.split_once(" connections at once")?.0.parse().ok()
    });
    assert!((8..256).contains(&connections), "{connections}");
    let mut silent = Vec::new();
    for _ in 0..250 {
        silent.push(server.web.connect().unwrap());
    }
    // This request is answered once some of the 250 silent connections before it are closed.
    let answer = eventually("an answer", || server.web.send_once("/readyz"));
    assert_eq!(answer.status, 200);
    drop(silent);
    let answer = eventually("another", || server.web.send_once("/readyz"));
    assert_eq!(answer.status, 200);
    let (status, printed) = server.stop();
    assert!(status.success(), "{printed}");
}
