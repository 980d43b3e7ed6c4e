//! J16: on SIGTERM and SIGINT, requests in flight are completed, new ones are refused, and the process exits with code 0.

use doorward_test_macros::async_test;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
};

use serde_json::json;

use crate::support::{Database, Program, TcpClient, eventually, listening_site::read_to_end, tcp_client::TcpReply};

/// A connection that has sent these bytes.
fn begin(web: &TcpClient, bytes: &str) -> TcpStream {
    let mut stream = web.connect().unwrap();
    stream.write_all(bytes.as_bytes()).unwrap();
    stream
}

/// A sign-up in flight: the server has sent `100 Continue` and waits for the body.
struct InFlight {
    stream: TcpStream,
    body: String,
}

impl InFlight {
    fn begin(web: &TcpClient, name: &str) -> Self {
        let body = json!({ "username": name, "password": "the password" }).to_string();
        let mut stream = web.connect().unwrap();
        let head = web.head("POST", "/signup", "application/json", body.len());
        stream.write_all(format!("{head}Expect: 100-continue\r\n\r\n").as_bytes()).unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "HTTP/1.1 100 Continue");
        assert_eq!(lines.next().unwrap().unwrap(), "");
        Self { stream, body }
    }

    fn end(mut self) -> TcpReply {
        self.stream.write_all(self.body.as_bytes()).unwrap();
        TcpReply::read(&mut BufReader::new(self.stream)).unwrap()
    }
}

// J16
#[async_test]
async fn requests_in_flight_are_completed_at_a_stop() {
    let database = Database::new().await;
    let program = Program::new(&database);
    let server = program.serve();
    let requests: Vec<_> = (0..5).map(|number| InFlight::begin(&server.web, &format!("person {number}"))).collect();
    // An idle connection must not delay the stop.
    let idle = server.web.connect().unwrap();
    // An incomplete head is not a request yet, and must not delay the stop either.
    let mut halves: Vec<_> = ["G", "GET /livez HTTP/1.1\r\nHost: a\r\n"].map(|half| begin(&server.web, half)).into();
    let web = server.web.clone();
    server.terminate();
    eventually("new connections to be refused", || web.connect().is_err().then_some(()));
    for request in requests {
        let answer = request.end();
        answer.assert_json(201, json!({ "message": "User registered successfully" }));
        assert_eq!(answer.header("connection"), Some("close"));
    }
    let (status, printed) = server.wait();
    drop(idle);
    for half in &mut halves {
        assert_eq!(read_to_end(half), "");
    }
    assert_eq!(status.code(), Some(0), "{printed}");
    assert!(printed.lines().any(|line| line == "stopped"), "{printed}");
    let server = program.serve();
    for number in 0..5 {
        let answer = server.web.clone().log_in(&format!("person {number}"), "the password");
        answer.assert_json(200, json!({ "message": "Login successful" }));
    }
}

#[async_test]
async fn an_address_in_use_is_one_clear_line() {
    let database = Database::new().await;
    let server = Program::new(&database).serve();
    let address = server.web.address.to_string();
    let ran = Program::new(&database).run(&["serve", "--listen", &address]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("cannot listen on {address}")), "{}", ran.stderr);
}

// J16: only an incomplete head. Its own timeout is fifteen seconds, and that of a stop is ten.
#[async_test]
async fn an_incomplete_head_does_not_delay_a_stop() {
    let database = Database::new().await;
    let server = Program::new(&database).serve();
    let mut half = begin(&server.web, "GET /livez HTTP/1.1\r\nHost: a\r\n");
    // This connection came later, so the first one has been accepted.
    assert_eq!(server.web.send_once("/livez").unwrap().status, 200);
    let (status, printed) = server.stop();
    assert_eq!(status.code(), Some(0), "{printed}");
    assert!(printed.lines().any(|line| line == "stopped"), "{printed}");
    assert_eq!(read_to_end(&mut half), "");
}

#[async_test]
async fn sighup_without_a_certificate_is_ignored() {
    let database = Database::new().await;
    let server = Program::new(&database).serve();
    server.signal("HUP");
    eventually("the line about it", || server.printed().contains("SIGHUP ignored").then_some(()));
    assert_eq!(server.web.send_once("/livez").unwrap().status, 200);
    let (status, printed) = server.stop();
    assert_eq!(status.code(), Some(0), "{printed}");
}
