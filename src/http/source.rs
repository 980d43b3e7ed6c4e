//! The source of a request, for the audit log, the rate limits and the log: request id, client address, `User-Agent`.
//!
//! Invariant: the address is determined once, by the middleware.

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

/// The facts that the middleware adds to a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    pub request_id: RequestId,
    pub address: Option<IpAddr>,
    /// Whether the method is safe, so that no password is tested.
    is_safe: bool,
}

/// Determines the source of a request, and adds it to the request.
pub(super) fn arrive(app: &App, request_id: RequestId, request: &mut Request) -> Arrival {
    let peer = request.extensions().get::<Peer>().map(|Peer(peer)| peer.ip());
    let headers = request.headers();
    let is_unnamed = request.extensions().get::<Unnamed>().is_some();
    let trusted = if is_unnamed { &[][..] } else { &app.config.server.trusted_proxies };
    let address = peer.map(|peer| client_address::of(peer, headers, trusted));
    // Safe requests are never limited, and must stay cheap.
    if !is_unnamed
        && !request.method().is_safe()
        && let (Some(peer), Some(client)) = (peer, address)
    {
        app.proxy_detection.observe(peer, client, client_address::names_client(headers));
    }
    let arrival = Arrival { request_id, address, is_safe: request.method().is_safe() };
    request.extensions_mut().insert(arrival);
    arrival
}

/// Returns the source of a request from its headers and from the facts of the middleware.
pub fn of(config: &Config, headers: &HeaderMap, extensions: &Extensions) -> Source {
    let client = headers.get(header::USER_AGENT).and_then(|value| Source::client_of(value.as_bytes()));
    let arrival = extensions.get::<Arrival>();
    Source {
        request_id: arrival.map(|arrival| arrival.request_id),
        address: arrival.and_then(|arrival| arrival.address),
        client,
        // Copied only if a password may be tested. Most requests only check a session.
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

    /// Returns whether a request with this method and a device cookie presents a device.
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
