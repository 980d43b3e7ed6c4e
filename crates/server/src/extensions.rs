//! What the server adds to each request: the facts of its connection and of its head that the request itself cannot hold.

use std::net::SocketAddr;

/// The other end of the connection that a request came by.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// With a request whose [`Peer`] is a proxy that passes on a client's connection and cannot name the client. The author of
/// its headers is unknown, so that no address in them is believed.
#[derive(Debug, Clone, Copy)]
pub struct Unnamed;

/// With a request whose head or framing is ambiguous. It must be rejected, and its connection closed.
#[derive(Debug, Clone, Copy)]
pub struct Malformed;
