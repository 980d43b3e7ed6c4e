//! HTTP: turns requests into calls of `ops`, and their outcomes into responses. Rules about users are in `ops`.
//!
//! A handler makes at most one call that writes. [`route_table`] collects the routes that each resource exports, and
//! [`middleware`] processes every request and response.

mod api;
mod auth;
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
mod method;
mod metrics;
mod middleware;
mod mismatch;
mod origin;
mod path_prefix;
pub mod readers;
mod request_log;
mod response;
mod response_headers;
mod route;
mod route_table;
mod router;
mod source;
mod state;

pub use api::reference::errors as errors_reference;
pub use doorward_server::{
    GRACE, Limits, MOST_CONNECTIONS, Peer, ProxyClient, ProxyHeader, ServerSettings, Tls, connections,
    parse_proxy_header,
};
pub use listen::{load_tls, proxies_within, serve, tls_error};
pub use metrics::MetricsService;
pub use middleware::HttpService;
