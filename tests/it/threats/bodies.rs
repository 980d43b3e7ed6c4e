//! G8 of threats.md: bodies that do not end, through the real front door.
//!
//! Invariant: whoever sends without an end is refused and closed, and takes nothing from others.

use doorward_test_macros::async_test;
use std::{
    io::{ErrorKind, Write as _},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use crate::support::{
    ListeningSite, Site,
    listening_site::{read_to_end, statuses},
    program::PATIENCE,
};

/// What buffers on the way may hold is a small part of this.
const MOST_TAKEN: usize = 64 * 1024 * 1024;

/// Sends `head`, and `part` again and again until nothing more is taken; the statuses of what it got.
fn send_without_an_end(door: SocketAddr, head: &str, part: &str) -> Vec<u16> {
    let mut stream = TcpStream::connect(door).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let many = part.repeat(4096usize.div_ceil(part.len()));
    let error = stream.write_all(head.as_bytes()).and_then(|()| {
        for _ in 0..MOST_TAKEN / many.len() {
            stream.write_all(many.as_bytes())?;
        }
        Ok(())
    });
    let kind = error.expect_err("it takes bodies without an end").kind();
    assert!(matches!(kind, ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{part:.20}: {kind}");
    statuses(&read_to_end(&mut stream))
}

// G8: bodies that do not end are refused and closed, one after another, while others are served.
#[async_test]
async fn chunks_without_an_end_are_refused_and_keep_nobody_waiting() {
    let site = Site::new().await;
    let door = ListeningSite::of(&site).await;
    let (address, is_over) = (door.address, Arc::new(AtomicBool::new(false)));
    let large = format!("1000\r\n{}\r\n", " ".repeat(4096));
    let parts = [
        // Chunks of a usual size, of a byte, and one that has no end.
        (413, "", large.as_str()),
        (413, "", "1\r\n \r\n"),
        (413, "ffffffff\r\n", "        "),
        // What may stand beside a chunk and behind the last: no part of the body, and no way around its limit.
        (400, "1;", "extension"),
        (400, "0\r\n", "X: y\r\n"),
    ];
    let mut senders = Vec::new();
    for (status, begun, part) in parts {
        let (part, is_over) = (part.to_owned(), Arc::clone(&is_over));
        senders.push(thread::spawn(move || {
            let mut sent = 0;
            while sent == 0 || !is_over.load(Ordering::Relaxed) {
                let path = ["/signup", "/user", "/api/v1/sessions"][sent % 3];
                let head = format!(
                    "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
                     Transfer-Encoding: chunked\r\n\r\n{begun}"
                );
                assert_eq!(send_without_an_end(address, &head, &part), [status], "{path} {begun:?} {part:.20?}");
                sent += 1;
            }
        }));
    }
    let version = "GET /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    for _ in 0..50 {
        assert_eq!(statuses(&door.send(version)), [200]);
    }
    is_over.store(true, Ordering::Relaxed);
    for sender in senders {
        sender.join().unwrap();
    }
    assert_eq!(statuses(&door.send(version)), [200]);
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "0");
}
