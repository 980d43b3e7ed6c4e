//! The HTTP/1.1 server: accepts connections up to a limit, serves them, closes slow clients, and lets requests in
//! flight end at a stop. It does not depend on Doorward.
//!
//! `axum::serve` lacks a time limit for a request's head, a connection limit and TLS, and it stops at an accept error.
//! Invariant: no client holds an unused connection for longer than the [`Limits`].

mod accept;
mod activity;
mod capacity;
mod connection;
mod connection_limit;
mod extensions;
mod framing;
mod load_state;
mod log_limiter;
mod monitored_stream;
mod proxy_protocol;
mod settings;
mod tls;

#[cfg(test)]
mod tests;

pub use self::{
    accept::{GRACE, serve},
    capacity::{MOST as MOST_CONNECTIONS, connections},
    extensions::{Malformed, Peer, Unnamed},
    log_limiter::LogLimiter,
    proxy_protocol::{Client as ProxyClient, Parsed as ProxyHeader, parse as parse_proxy_header},
    settings::{IsProxy, Limits, ServerSettings},
    tls::{Tls, TlsError},
};
