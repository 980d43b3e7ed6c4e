//! Where a request comes from, for the audit trail, the limits and the log: its number, its client's address and
//! `User-Agent`.
//!
//! Invariant: the address is found out once, at the way in, and everything else takes it from here.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::Request,
    http::{Extensions, HeaderMap, header},
};

use super::{client_address, cookie};
use crate::{
    app::App,
    config::Config,
    model::{RequestId, Source},
};

/// The other end of the connection that a request came by.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// With a request whose [`Peer`] is a proxy that passes on somebody's connection and cannot say whose: nobody can tell
/// then who wrote the headers, so that no address in them is believed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unnamed;

/// What is known of a request as soon as it is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    pub request_id: RequestId,
    pub address: Option<IpAddr>,
}

/// Finds out who sends a request, and leaves it with the request.
pub(super) fn arrive(app: &App, request_id: RequestId, request: &mut Request) -> Arrival {
    let peer = request.extensions().get::<Peer>().map(|Peer(peer)| peer.ip());
    let headers = request.headers();
    let is_unnamed = request.extensions().get::<Unnamed>().is_some();
    let trusted = if is_unnamed { &[][..] } else { &app.config.server.trusted_proxies };
    let address = peer.map(|peer| client_address::of(peer, headers, trusted));
    if let Some(peer) = peer.filter(|_| !request.method().is_safe() && client_address::is_forwarded(headers)) {
        app.addresses.note_forwarding(peer);
    }
    let arrival = Arrival { request_id, address };
    request.extensions_mut().insert(arrival);
    arrival
}

/// What is known of the request with these headers, to which the way in has added the rest.
pub fn of(config: &Config, headers: &HeaderMap, extensions: &Extensions) -> Source {
    let client = headers.get(header::USER_AGENT).and_then(|value| Source::client_of(value.as_bytes()));
    let arrival = extensions.get::<Arrival>();
    Source {
        request_id: arrival.map(|arrival| arrival.request_id),
        address: arrival.and_then(|arrival| arrival.address),
        client,
        device: cookie::presented_device(config, headers),
    }
}
