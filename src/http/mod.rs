//! HTTP: turns requests into calls of `ops` and their outcomes into responses. It decides nothing about users.
//!
//! A handler makes at most one call that writes. [`router`] is the one table of routes; [`envelope`] is what every
//! response goes through.

mod api;
mod body;
pub mod client_address;
mod compat;
mod cookie;
mod cors;
mod envelope;
mod front_door;
mod health;
mod host;
mod listen;
mod origin;
pub mod readers;
mod refusal;
mod router;
mod session;
mod source;
mod tls;

pub use api::reference::errors as errors_reference;
pub use envelope::Front;
pub use front_door::{
    FrontDoor, GRACE, Limits, MOST_CONNECTIONS, Peer, ProxyClient, ProxyHeader, connections, parse_proxy_header,
};
pub use listen::{load_tls, proxies_within, serve};
pub use tls::Tls;
