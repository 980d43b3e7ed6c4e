//! J19: a reader of the log that stalls.

use std::io::{BufRead as _, BufReader, Write as _};

use doorward_test_macros::async_test;
use serde_json::Value;

use crate::support::{Database, Program, TcpClient, eventually, program::Server, tcp_client::TcpReply};

/// Sends requests that are logged, until the server has dropped lines. Returns how many it reports.
fn fill(server: &Server) -> u64 {
    for _ in 0..50 {
        // One connection, because connections cost more than requests.
        let mut stream = BufReader::new(server.web.connect().unwrap());
        let path = format!("/{}", "x".repeat(190));
        let head = server.web.head("GET", &path, "", 0);
        for _ in 0..500 {
            stream.get_mut().write_all(format!("{head}\r\n").as_bytes()).unwrap();
            assert_eq!(TcpReply::read(&mut stream).unwrap().status, 404);
        }
        let dropped = dropped(&server.web);
        if dropped > 0 {
            return dropped;
        }
    }
    panic!("no line was dropped");
}

/// Returns the number of dropped lines in `/readyz?verbose`.
fn dropped(web: &TcpClient) -> u64 {
    let answer: Value = serde_json::from_str(&web.clone().get("/readyz?verbose").body).unwrap();
    let log = answer["checks"].as_array().unwrap().iter().find(|check| check["about"] == "log").unwrap();
    match (log["state"].as_str().unwrap(), log["detail"].as_str().unwrap()) {
        ("ok", "no line was dropped") => 0,
        ("weak", detail) => detail.split_once(" lines were dropped").unwrap().0.parse().unwrap(),
        other => panic!("{other:?}"),
    }
}

// J19
#[async_test]
async fn a_reader_of_the_log_that_stalls_stops_nothing_and_the_dropped_lines_are_counted() {
    for format in ["text", "json"] {
        let database = Database::new().await;
        let program = Program::new(&database).set("log.level", "debug").set("log.format", format);
        let (server, stderr) = program.serve_with_unread_log();
        fill(&server);
        assert_eq!(server.web.clone().sign_up("ann", "a password that is long").status, 201);
        assert_eq!(server.web.clone().log_in("ann", "a password that is long").status, 200);
        // The reader goes on, and the log says how many lines it lacks.
        let last = server.web.clone();
        let count = dropped(&last);
        let mut lines = BufReader::new(stderr).lines().map(Result::unwrap);
        let notice = lines.find(|line| line.contains("log lines were dropped")).unwrap();
        let counted: u64 = match format {
            "json" => serde_json::from_str::<Value>(&notice).unwrap()["dropped"].as_u64().unwrap(),
            _ => notice.rsplit_once("dropped=").unwrap().1.parse().unwrap(),
        };
        assert!(counted >= count, "{counted} of {count}: {notice}");
        // Lines after the notice are written again.
        assert_eq!(last.clone().get("/after-the-notice").status, 404);
        assert!(lines.any(|line| line.contains("/after-the-notice")));
    }
}

#[async_test]
async fn a_reader_of_the_log_that_stalls_does_not_hold_up_the_stop() {
    let database = Database::new().await;
    let program = Program::new(&database).set("log.level", "debug");
    let (server, stderr) = program.serve_with_unread_log();
    fill(&server);
    let (status, printed) = server.stop();
    assert_eq!(status.code(), Some(0));
    assert!(printed.ends_with("stopped\n"), "{printed}");
    drop(stderr);
}

#[async_test]
async fn a_reader_of_the_log_that_is_gone_stops_nothing() {
    let database = Database::new().await;
    let (server, stderr) = Program::new(&database).set("log.level", "debug").serve_with_unread_log();
    drop(stderr);
    assert_eq!(server.web.clone().sign_up("ann", "a password that is long").status, 201);
    eventually("the lost lines to be counted", || (dropped(&server.web) > 0).then_some(()));
    assert_eq!(server.stop().0.code(), Some(0));
}
