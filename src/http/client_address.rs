//! The client's address: that of the connection, or the one that trusted proxies name in `X-Forwarded-For` and
//! `Forwarded` (RFC 7239). The headers are read from the right, where the nearest proxy wrote.
//!
//! Invariants: only trusted proxies are believed. If an element is unreadable, the address is that of the connection;
//! no element is skipped. Text that a client writes to the left of the proxies' elements changes nothing.

use std::{
    borrow::Cow,
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

use crate::model::is_within;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Returns the address of the client of a connection from `peer`, which may be one of these proxies.
#[must_use]
pub fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    if !is_within(trusted, peer) {
        return peer;
    }
    let by_list = lines(headers, &FORWARDED_FOR).map(|lines| client(lines, last_comma, list_hop, trusted));
    let by_standard =
        lines(headers, &header::FORWARDED).map(|lines| client(lines, last_unquoted_comma, standard_hop, trusted));
    match (by_list, by_standard) {
        (None, None) => None,
        (Some(found), None) | (None, Some(found)) => found,
        // A proxy that writes one of the two headers forwards the other as the client wrote it.
        (Some(one), Some(other)) => one.filter(|_| one == other),
    }
    .unwrap_or(peer)
}

/// Returns whether a header states the client's address, as proxies do.
#[must_use]
pub fn names_client(headers: &HeaderMap) -> bool {
    headers.contains_key(FORWARDED_FOR) || headers.contains_key(header::FORWARDED)
}

/// Returns whether a request has a header that proxies add.
#[must_use]
pub fn is_forwarded(headers: &HeaderMap) -> bool {
    let marks = [header::FORWARDED, header::VIA].into_iter().any(|name| headers.contains_key(name));
    marks || headers.keys().any(|name| is_of_a_proxy(name.as_str()))
}

/// The headers in which proxies and content delivery networks name a client or themselves.
fn is_of_a_proxy(name: &str) -> bool {
    let begins = ["x-forwarded-", "cf-", "x-envoy-"].iter().any(|beginning| name.starts_with(beginning));
    let ends = ["client-ip", "-clientip", "connecting-ip", "real-ip", "-user-ip"].iter().any(|end| name.ends_with(end));
    begins || ends || matches!(name, "cdn-loop" | "x-amzn-trace-id")
}

/// Returns the lines of a header, the last one first; `None` if it is missing.
fn lines<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<impl Iterator<Item = &'a [u8]>> {
    let mut lines = headers.get_all(name).into_iter().rev().map(|line| line.as_bytes()).peekable();
    lines.peek().is_some().then_some(lines)
}

/// Returns the first hop from the right that is not trusted, or the left-most one; `None` if an element before it is
/// unreadable.
fn client<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
    last_comma: fn(&[u8]) -> Option<usize>,
    read: fn(&[u8]) -> Option<IpAddr>,
    trusted: &[IpNet],
) -> Option<IpAddr> {
    let mut farthest = None;
    for line in lines {
        let mut left = Some(line);
        while let Some(rest) = left {
            let (before, last) = match last_comma(rest).and_then(|at| rest.split_at_checked(at)) {
                Some((before, after)) => (Some(before), after.strip_prefix(b",")?),
                None => (None, rest),
            };
            left = before;
            let hop = read(last)?;
            if !is_within(trusted, hop) {
                return Some(hop);
            }
            farthest = Some(hop);
        }
    }
    farthest
}

fn last_comma(line: &[u8]) -> Option<usize> {
    line.iter().rposition(|byte| *byte == b',')
}

/// Returns the last comma outside of quoted strings. It searches from the right, because a client may open a quotation
/// on the left that never ends.
fn last_unquoted_comma(line: &[u8]) -> Option<usize> {
    let mut is_quoted = false;
    let comma = line.iter().enumerate().rev().find(|(at, byte)| {
        is_quoted ^= **byte == b'"' && !is_escaped(line, *at);
        **byte == b',' && !is_quoted
    });
    comma.map(|(at, _)| at)
}

/// Returns whether an odd number of backslashes precedes this place.
fn is_escaped(line: &[u8], at: usize) -> bool {
    let before = line.iter().take(at).rev().take_while(|byte| **byte == b'\\').count();
    before % 2 == 1
}

/// Reads an element of `X-Forwarded-For`: an address, which some proxies write with a port.
fn list_hop(element: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(element).ok()?.trim_matches([' ', '\t']);
    text.parse::<Ipv6Addr>().map(IpAddr::V6).ok().map(|address| address.to_canonical()).or_else(|| node(text))
}

/// Reads an element of `Forwarded`: parameters, of which exactly one is `for` (RFC 7239 §4).
fn standard_hop(element: &[u8]) -> Option<IpAddr> {
    let mut text = str::from_utf8(element).ok()?.trim_matches([' ', '\t']);
    let mut hop = None;
    loop {
        let (name, rest) = text.split_once('=')?;
        let (value, rest) = value(rest)?;
        if !is_token(name) || (name.eq_ignore_ascii_case("for") && hop.replace(node(&value)?).is_some()) {
            return None;
        }
        if rest.is_empty() {
            return hop;
        }
        text = rest.strip_prefix(';')?;
    }
}

/// Reads a token or a quoted string (RFC 9110 §5.6), and returns the rest.
fn value(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = text.split_at(text.find(';').unwrap_or(text.len()));
        return is_token(value).then_some((Cow::Borrowed(value), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((Cow::Owned(value), quoted.get(at + 1..)?)),
            '\\' => value.push(characters.next()?.1),
            _ => value.push(character),
        }
    }
    None
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Reads an IPv4 address, or an IPv6 address in brackets, with or without a port. A name or `unknown` identifies no
/// client, and a zone is meaningless outside of the proxy.
fn node(text: &str) -> Option<IpAddr> {
    let (address, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            (IpAddr::V6(Ipv6Addr::from_str(address).ok()?), port)
        }
        None => {
            let (address, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            (IpAddr::V4(address.parse().ok()?), port)
        }
    };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    (port.is_empty() || port.strip_prefix(':').is_some_and(is_port)).then(|| address.to_canonical())
}

#[cfg(test)]
mod tests;
