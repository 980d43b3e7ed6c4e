//! G10, G11: clients that take their time, and more of them than there is room for, while others notice nothing.
//!
//! How long each may take is shown in `src/http/front_door/tests.rs`, in a time of its own; here nothing is measured.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use doorward::http;

use crate::support::{Database, Door, Program, Site, door::read_to_end, eventually, site::password_of};

const HEAD: &str = "GET /user/1 HTTP/1.1\r\nHost: a\r\n";

/// A connection that has been answered and has nothing to say.
fn idle(door: &Door) -> TcpStream {
    let mut stream = door.connect();
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    stream.read_exact(&mut [0; 12]).unwrap();
    stream
}

// G10
#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_slow_clients_keep_nobody_waiting() {
    // More sockets than an ordinary process may have.
    assert!(http::connections(1000) > 500, "this test needs a thousand open files and more: `ulimit -Hn`");
    let site = Site::new().await;
    let ann = site.user("ann").await;
    let door = Door::of(&site).await;
    let mut slow = Vec::new();
    for number in 0..500 {
        let mut stream = door.connect();
        let begun = match number % 3 {
            0 => HEAD.to_owned(),
            1 => "POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
                .to_owned(),
            // Asks, and does not read.
            _ => "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n".repeat(20),
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
    assert_eq!(slow.len(), 500);
}

// G10, with real sockets; the limit is short, and everybody here is slow.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_arrive_closes_the_socket() {
    let site = Site::new().await;
    let door = Door::open(&site, |door| door.limits.head = Duration::from_millis(100)).await;
    for begun in ["", "G", HEAD] {
        let mut stream = door.connect();
        stream.write_all(begun.as_bytes()).unwrap();
        assert_eq!(read_to_end(&mut stream), "", "{begun:?}");
    }
}

// G11
#[tokio::test(flavor = "multi_thread")]
async fn when_all_places_are_taken_those_who_idle_make_room() {
    let site = Site::new().await;
    let door = Door::open(&site, |door| {
        door.limits.connections = 8;
        door.limits.idle_when_full = Duration::from_millis(50);
        // In the order of things this one would not come within the patience of the test.
        door.limits.idle = Duration::from_secs(3600);
    })
    .await;
    let mut idle: Vec<_> = (0..8).map(|_| idle(&door)).collect();
    for _ in 0..3 {
        let answer = door.send(format!("{HEAD}Connection: close\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
    // Those who could stay are let go in good order at the end, when nothing is in flight.
    assert!(door.close().await);
    for stream in &mut idle {
        assert!(read_to_end(stream).ends_with("{\"status\":\"alive\"}"));
    }
}

// G11: `ulimit -n 256`
#[tokio::test(flavor = "multi_thread")]
async fn more_connections_than_files_do_no_harm() {
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
    // Behind 250 who say nothing: as soon as those are closed who were let in.
    let answer = eventually("an answer", || server.web.send_once("/readyz"));
    assert_eq!(answer.status, 200);
    drop(silent);
    let answer = eventually("another", || server.web.send_once("/readyz"));
    assert_eq!(answer.status, 200);
    let (status, printed) = server.stop();
    assert!(status.success(), "{printed}");
}
