//! A request to the server of this machine and configuration.
//!
//! Invariant: nothing secret is sent, and the response is bounded in time and size.

use std::{
    io::{Error, ErrorKind, Read, Result, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

use super::encrypted;
use crate::{config::Server, model::is_within};

/// The longest wait for each step.
const LIMIT: Duration = Duration::from_secs(3);
/// The limit of a response in bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// A response of the server.
pub(super) struct LocalResponse {
    pub status: String,
    pub body: String,
}

/// Returns the address of the server: the loopback address if it listens on every address.
pub(super) fn address(server: &Server) -> SocketAddr {
    let ip = match server.listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, server.listen.port())
}

/// Sends a GET request and returns the response.
///
/// # Errors
/// Returns an error if the server does not answer.
pub(super) fn get(server: &Server, path: &str) -> Result<LocalResponse> {
    let address = address(server);
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    if server.proxy_protocol && is_within(&server.trusted_proxies, stream.local_addr()?.ip()) {
        // A trusted proxy must state the client's address, and this connection may come from one.
        stream.write_all(b"PROXY UNKNOWN\r\n")?;
    }
    match server.tls {
        None => exchange(stream, address, path),
        Some(_) => exchange(encrypted::connect(stream)?, address, path),
    }
}

fn exchange(mut stream: impl Read + Write, address: SocketAddr, path: &str) -> Result<LocalResponse> {
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(MAX_BYTES).read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).ok_or_else(|| Error::new(ErrorKind::InvalidData, "no HTTP response"))?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok(LocalResponse { status: status.to_owned(), body: body.to_owned() })
}
