//! The PROXY protocol: asked of the proxies that are trusted, and of nobody else.

use doorward::http::{ServerSettings, proxies_within};
use doorward_test_macros::async_test;

use crate::support::{Database, ListeningSite, Program, Site, listening_site::statuses};

const GET: &str = "GET /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const LINE: &str = "PROXY TCP4 203.0.113.7 10.0.0.1 40000 80\r\n";

fn trusting(network: &str) -> impl FnOnce(&mut ServerSettings) {
    let network = network.parse().unwrap();
    move |door| door.is_proxy = proxies_within(vec![network])
}

/// The address that the trail has of the newest sign-up.
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
async fn a_trusted_proxys_word_is_the_address() {
    let site = Site::new().await;
    let door = ListeningSite::open(&site, trusting("127.0.0.0/8")).await;
    assert_eq!(sign_up(&site, &door, "one", LINE.as_bytes()).await.as_deref(), Some("203.0.113.7"));
    let six = b"PROXY TCP6 2001:db8::7 ::1 40000 80\r\n";
    assert_eq!(sign_up(&site, &door, "two", six).await.as_deref(), Some("2001:db8::7"));
    let two = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc6\x33\x64\x09\x0a\0\0\x01\x9c\x40\0\x50";
    assert_eq!(sign_up(&site, &door, "three", two).await.as_deref(), Some("198.51.100.9"));
    // The proxy's own connections.
    let local = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
    assert_eq!(sign_up(&site, &door, "four", local).await.as_deref(), Some("127.0.0.1"));
    // It is for the connection, with all its requests, and is read once.
    let answer = door.send(format!("{LINE}{}{GET}", GET.replace("Connection: close\r\n", "")));
    assert_eq!(statuses(&answer), [200, 200]);
    assert_eq!(statuses(&door.send(format!("{LINE}{LINE}{GET}"))), [400]);
}

// D4: a proxy that passes a connection on and cannot say whose has written no header on it.
#[async_test]
async fn whom_the_proxy_cannot_name_names_nobody() {
    let site = Site::builder().set("server.trusted_proxies", "127.0.0.0/8").start().await;
    let door = ListeningSite::open(&site, trusting("127.0.0.0/8")).await;
    let unspecified = b"\r\n\r\n\0\r\nQUIT\n\x21\0\0\0";
    let own = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
    for (name, header, address) in [
        ("one", &b"PROXY UNKNOWN\r\n"[..], "127.0.0.1"),
        ("two", unspecified, "127.0.0.1"),
        // What the proxy asks on its own account it may say for whom.
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
    // It may be anybody, so it is not shown what is for those nearby.
    let verbose = "GET /readyz?verbose HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let text = |header: &[u8]| door.send([header, verbose.as_bytes()].concat());
    assert!(!text(own).contains("schema"), "{}", text(own));
    assert!(!text(unspecified).contains("schema"), "{}", text(unspecified));
}

// D4: networks may be written in either form.
#[async_test]
async fn a_proxy_may_be_named_as_ipv6_writes_it() {
    let site = Site::new().await;
    let door = ListeningSite::open(&site, trusting("::ffff:127.0.0.0/104")).await;
    assert_eq!(sign_up(&site, &door, "one", LINE.as_bytes()).await.as_deref(), Some("203.0.113.7"));
    assert_eq!(door.send(GET), "");
}

#[async_test]
async fn a_trusted_proxy_that_says_nothing_is_closed() {
    let site = Site::new().await;
    let door = ListeningSite::open(&site, trusting("127.0.0.1/32")).await;
    for bytes in [GET, "PROXY TCP4 x y 1 2\r\n", "PROXY TCP4 203.0.113.7 10.0.0.1 40000 80\n", "PROXY UDP4 a\r\n"] {
        assert_eq!(door.send(format!("{bytes}{GET}")), "", "{bytes:?}");
    }
}

// D4: whoever is not trusted is not asked, and what they send is no header of a request.
#[async_test]
async fn nobody_else_is_asked() {
    let site = Site::new().await;
    for door in [ListeningSite::open(&site, trusting("10.0.0.0/8")).await, ListeningSite::of(&site).await] {
        assert_eq!(statuses(&door.send(GET)), [200]);
        assert_eq!(statuses(&door.send(format!("{LINE}{GET}"))), [400]);
    }
    let door = ListeningSite::open(&site, trusting("10.0.0.0/8")).await;
    assert_eq!(sign_up(&site, &door, "five", b"").await.as_deref(), Some("127.0.0.1"));
}

// The whole program, by its configuration; and its health check, which comes from a trusted address.
#[async_test]
async fn the_program_asks_its_proxies_for_the_header() {
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
