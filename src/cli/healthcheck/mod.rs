//! `doorward healthcheck`: asks the server of this configuration whether it is ready.

mod encrypted;

use std::{
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

use super::{Outcome, output};
use crate::{
    Error, Result,
    config::{Config, Server},
    model::is_within,
};

const LIMIT: Duration = Duration::from_secs(3);

pub(super) fn run(config: &Config) -> Result<Outcome> {
    let address = reachable(config.server.listen);
    let status =
        ask(&config.server, address).map_err(|error| Error::system(&format!("{address} does not answer"), error))?;
    if status == "200" {
        output::line("ready");
        Ok(Outcome::Done)
    } else {
        output::error(format_args!("not ready: {address} answers {status}"));
        Ok(Outcome::Refused)
    }
}

/// Returns the loopback address for a server that listens on every address.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// Returns the status of `GET /readyz`.
fn ask(server: &Server, address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    if server.proxy_protocol && is_within(&server.trusted_proxies, stream.local_addr()?.ip()) {
        // A trusted proxy must state the client's address, and this connection may come from one.
        stream.write_all(b"PROXY UNKNOWN\r\n")?;
    }
    match server.tls {
        None => status(stream, address),
        Some(_) => status(encrypted::connect(stream)?, address),
    }
}

fn status(mut stream: impl Read + Write, address: SocketAddr) -> std::io::Result<String> {
    write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(4096).read_to_string(&mut answer)?;
    Ok(answer.split(' ').nth(1).unwrap_or("nothing").to_owned())
}
