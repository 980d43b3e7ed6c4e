//! G8 of threats.md: endless bodies, through the real accept loop.
//!
//! Invariant: an endless body is rejected, its connection is closed, and other clients are served meanwhile.

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

/// Much more than the socket buffers hold.
const MOST_TAKEN: usize = 64 * 1024 * 1024;

/// Sends `head` and then `part` repeatedly until the server stops reading. Returns the statuses of the answers.
fn send_endlessly(door: SocketAddr, head: &str, part: &str) -> Vec<u16> {
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
    let kind = error.expect_err("the server accepts an endless body").kind();
    assert!(matches!(kind, ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{part:.20}: {kind}");
    statuses(&read_to_end(&mut stream))
}

// G8: six clients send endless bodies, again and again, while another is served.
#[async_test]
async fn endless_chunks_are_refused_and_do_not_delay_other_clients() {
    let site = Site::new().await;
    let door = ListeningSite::of(&site).await;
    let (address, is_over) = (door.address, Arc::new(AtomicBool::new(false)));
    let large = format!("1000\r\n{}\r\n", " ".repeat(4096));
    let parts = [
        // Chunks of a usual size, chunks of one byte, and a single endless chunk.
        (413, "", large.as_str()),
        (413, "", "1\r\n \r\n"),
        (413, "ffffffff\r\n", "        "),
        // Chunk extensions and trailers are not part of the body, and must not evade its limit.
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
                assert_eq!(send_endlessly(address, &head, &part), [status], "{path} {begun:?} {part:.20?}");
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
