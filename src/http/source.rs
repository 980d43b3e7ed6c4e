//! Where a request comes from, for the audit trail: its number, the address of its connection, its `User-Agent`.

use std::net::SocketAddr;

use axum::http::{Extensions, HeaderMap, header};

use super::cookie;
use crate::{
    config::Config,
    model::{RequestId, Source},
};

/// The other end of the connection that a request came by.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// What is known of the request with these headers, to which the way in has added the rest.
pub fn of(config: &Config, headers: &HeaderMap, extensions: &Extensions) -> Source {
    let client = headers.get(header::USER_AGENT).and_then(|value| Source::client_of(value.as_bytes()));
    Source {
        request_id: extensions.get::<RequestId>().copied(),
        address: extensions.get::<Peer>().map(|Peer(peer)| peer.ip().to_canonical()),
        client,
        device: cookie::presented_device(config, headers),
    }
}
