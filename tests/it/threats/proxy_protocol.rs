//! The PROXY protocol: required from trusted proxies, and not accepted from other peers.

use doorward::http::{ServerSettings, proxies_within};
use doorward_test_macros::async_test;

use crate::support::{Database, ListeningSite, Program, Site, listening_site::statuses};

const GET: &str = "GET /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const LINE: &str = "PROXY TCP4 203.0.113.7 10.0.0.1 40000 80\r\n";

fn trusting(network: &str) -> impl FnOnce(&mut ServerSettings) {
    let network = network.parse().unwrap();
    move |door| door.is_proxy = proxies_within(vec![network])
}

/// Signs up `name` and returns the address of the newest audit event, or none if the sign-up failed.
async fn sign_up(site: &Site, door: &ListeningSite, name: &str, header: &[u8]) -> Option<String> {
    let body = format!(r#"{{"username":"{name}","password":"the password"}}"#);
    let request = format!(
        "POST /signup HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = door.send([header, request.as_bytes()].concat());
    if statuses(&answer) != [201] {
        return None;
    }
    let rows = site.database.rows("SELECT address FROM dw_audit_events ORDER BY uid DESC").await;
    Some(rows[0][0].clone())
}

// D4
#[async_test]
async fn a_trusted_proxy_gives_the_clients_address() {
    let site = Site::new().await;
    let door = ListeningSite::open(&site, trusting("127.0.0.0/8")).await;
    assert_eq!(sign_up(&site, &door, "one", LINE.as_bytes()).await.as_deref(), Some("203.0.113.7"));
    let six = b"PROXY TCP6 2001:db8::7 ::1 40000 80\r\n";
    assert_eq!(sign_up(&site, &door, "two", six).await.as_deref(), Some("2001:db8::7"));
    let two = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc6\x33\x64\x09\x0a\0\0\x01\x9c\x40\0\x50";
    assert_eq!(sign_up(&site, &door, "three", two).await.as_deref(), Some("198.51.100.9"));
    // The proxy's own connection.
    let local = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
    assert_eq!(sign_up(&site, &door, "four", local).await.as_deref(), Some("127.0.0.1"));
    // The header is read once, and applies to all requests of the connection.
    let answer = door.send(format!("{LINE}{}{GET}", GET.replace("Connection: close\r\n", "")));
    assert_eq!(statuses(&answer), [200, 200]);
    assert_eq!(statuses(&door.send(format!("{LINE}{LINE}{GET}"))), [400]);
}

// D4: if the PROXY header names no client, `X-Forwarded-For` is not trusted, because the client may have written it.
#[async_test]
async fn a_client_that_the_proxy_does_not_name_cannot_name_an_address() {
    let site = Site::builder().set("server.trusted_proxies", "127.0.0.0/8").start().await;
    let door = ListeningSite::open(&site, trusting("127.0.0.0/8")).await;
    let unspecified = b"\r\n\r\n\0\r\nQUIT\n\x21\0\0\0";
    let own = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
    for (name, header, address) in [
        ("one", &b"PROXY UNKNOWN\r\n"[..], "127.0.0.1"),
        ("two", unspecified, "127.0.0.1"),
        // On its own connection, the proxy may name a client in `X-Forwarded-For`.
        ("three", own, "198.51.100.9"),
    ] {
        let body = format!(r#"{{"username":"{name}","password":"the password"}}"#);
        let request = format!(
            "POST /signup HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Forwarded-For: 198.51.100.9\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = door.send([header, request.as_bytes()].concat());
        assert_eq!(statuses(&answer), [201], "{answer}");
        let rows = site.database.rows("SELECT address FROM dw_audit_events ORDER BY uid DESC").await;
        assert_eq!(rows[0][0], address, "{name}");
    }
    // The client may be remote, so it does not see what only local clients may see.
    let verbose = "GET /readyz?verbose HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let text = |header: &[u8]| door.send([header, verbose.as_bytes()].concat());
    assert!(!text(own).contains("schema"), "{}", text(own));
    assert!(!text(unspecified).contains("schema"), "{}", text(unspecified));
}

// D4: networks may be written as IPv4 or as IPv4-mapped IPv6.
#[async_test]
async fn a_proxy_network_may_be_written_as_mapped_ipv6() {
    let site = Site::new().await;
    let door = ListeningSite::open(&site, trusting("::ffff:127.0.0.0/104")).await;
    assert_eq!(sign_up(&site, &door, "one", LINE.as_bytes()).await.as_deref(), Some("203.0.113.7"));
    assert_eq!(door.send(GET), "");
}

#[async_test]
async fn a_trusted_proxy_without_a_valid_header_is_disconnected() {
    let site = Site::new().await;
    let door = ListeningSite::open(&site, trusting("127.0.0.1/32")).await;
    for bytes in [GET, "PROXY TCP4 x y 1 2\r\n", "PROXY TCP4 203.0.113.7 10.0.0.1 40000 80\n", "PROXY UDP4 a\r\n"] {
        assert_eq!(door.send(format!("{bytes}{GET}")), "", "{bytes:?}");
    }
}

// D4: for an untrusted peer, a PROXY header is an invalid request.
#[async_test]
async fn an_untrusted_peer_cannot_send_a_proxy_header() {
    let site = Site::new().await;
    for door in [ListeningSite::open(&site, trusting("10.0.0.0/8")).await, ListeningSite::of(&site).await] {
        assert_eq!(statuses(&door.send(GET)), [200]);
        assert_eq!(statuses(&door.send(format!("{LINE}{GET}"))), [400]);
    }
    let door = ListeningSite::open(&site, trusting("10.0.0.0/8")).await;
    assert_eq!(sign_up(&site, &door, "five", b"").await.as_deref(), Some("127.0.0.1"));
}

// The configured program requires the header, but its health check works from a trusted address.
#[async_test]
async fn the_program_requires_the_header_of_its_proxies() {
    let database = Database::new().await;
    let program = Program::new(&database)
        .set("server.trusted_proxies", "::ffff:127.0.0.1, 10.0.0.0/8")
        .set("server.proxy_protocol", "true");
    let server = program.serve();
    assert!(server.web.send_once("/version").is_none());
    let health = program.set("server.listen", &server.web.address.to_string());
    assert_eq!(health.run(&["healthcheck"]).stdout, "ready\n");
    let (status, printed) = server.stop();
    assert!(status.success() && printed.contains("without a PROXY header"), "{printed}");
}
