//! Where a request comes from, for the audit trail, the limits and the log: its number, its client's address and
//! `User-Agent`.
//!
//! Invariant: the address is found out once, at the way in, and everything else takes it from here.

use std::net::IpAddr;

use axum::{
    extract::Request,
    http::{Extensions, HeaderMap, header},
};

use doorward_server::{Peer, Unnamed};

use super::{client_address, cookie};
use crate::{
    app::App,
    config::Config,
    model::{RequestId, Source},
};

/// What is known of a request as soon as it is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    pub request_id: RequestId,
    pub address: Option<IpAddr>,
    /// Whether the request asks for nothing but to be shown something, so that no password is tested.
    is_safe: bool,
}

/// Finds out who sends a request, and leaves it with the request.
pub(super) fn arrive(app: &App, request_id: RequestId, request: &mut Request) -> Arrival {
    let peer = request.extensions().get::<Peer>().map(|Peer(peer)| peer.ip());
    let headers = request.headers();
    let is_unnamed = request.extensions().get::<Unnamed>().is_some();
    let trusted = if is_unnamed { &[][..] } else { &app.config.server.trusted_proxies };
    let address = peer.map(|peer| client_address::of(peer, headers, trusted));
    if let Some(peer) = peer.filter(|_| !request.method().is_safe() && client_address::is_forwarded(headers)) {
        app.rate_limits.note_forwarding(peer);
    }
    let arrival = Arrival { request_id, address, is_safe: request.method().is_safe() };
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
        // Copied only where a password may be tested; most requests check a session and no more.
        device: match arrival {
            Some(arrival) if arrival.is_safe => None,
            _ => cookie::presented_device(config, headers),
        },
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;
    use crate::config::{Inputs, RawValues};

    /// What is presented as a device by a request with this method and a cookie that looks like one of ours.
    fn presents_a_device(method: &str) -> bool {
        let inputs = Inputs { file: None, variables: Vec::new(), flags: Vec::new() };
        let config = Config::new(&RawValues::read(inputs).unwrap()).unwrap();
        let cookie = (100..200).map(|length| format!("device=dwd_{}", "A".repeat(length)));
        cookie.into_iter().any(|cookie| {
            let request = Request::builder().method(method).header(header::COOKIE, cookie).body(Body::empty()).unwrap();
            let (mut parts, _) = request.into_parts();
            let is_safe = parts.method.is_safe();
            parts.extensions.insert(Arrival {
                request_id: RequestId { process: 1, number: 1 },
                address: None,
                is_safe,
            });
            of(&config, &parts.headers, &parts.extensions).device.is_some()
        })
    }

    #[test]
    fn a_device_is_read_only_where_a_password_may_be_tested() {
        assert!(["POST", "PUT", "PATCH", "DELETE"].into_iter().all(presents_a_device));
        assert!(!["GET", "HEAD", "OPTIONS"].into_iter().any(presents_a_device));
    }
}
