//! The extensions that the server adds to a request: facts about its connection and its head.

use std::net::SocketAddr;

/// The peer of the request's connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Marks a request whose [`Peer`] is a proxy that does not know its client. The author of its headers is unknown, so no
/// address in them is trusted.
#[derive(Debug, Clone, Copy)]
pub struct Unnamed;

/// Marks a request whose head or framing is ambiguous. It must be rejected, and its connection closed.
#[derive(Debug, Clone, Copy)]
pub struct Malformed;
