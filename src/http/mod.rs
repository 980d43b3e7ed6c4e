//! HTTP: turns requests into calls of `ops` and their outcomes into responses. It decides nothing about users.
//!
//! A handler makes at most one call that writes. [`router`] is the one table of routes; [`middleware`] is what every
//! response goes through.

mod api;
mod body;
pub mod client_address;
mod cookie;
mod cors;
mod error_format;
mod health;
mod host;
mod json;
mod legacy;
mod listen;
mod middleware;
mod origin;
pub mod readers;
mod response;
mod router;
mod session;
mod source;
mod state;

pub use api::reference::errors as errors_reference;
pub use doorward_server::{
    GRACE, Limits, MOST_CONNECTIONS, Peer, ProxyClient, ProxyHeader, ServerSettings, Tls, connections,
    parse_proxy_header,
};
pub use listen::{load_tls, proxies_within, serve, tls_error};
pub use middleware::HttpService;
