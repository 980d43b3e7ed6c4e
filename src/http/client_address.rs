//! The client's address: that of the connection, or what trusted proxies say of it in `X-Forwarded-For` and `Forwarded`
//! (RFC 7239), read from the right, where the nearest proxy wrote.
//!
//! Knows no request but its headers. Invariants: whoever is not trusted is not believed; whatever cannot be read on the way
//! to the client leads back to the connection, and nothing is skipped; what a client writes on the left of what proxies add
//! changes nothing.

use std::{
    borrow::Cow,
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

use crate::model::is_within;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client at the other end of a connection from `peer`, which may be one of these proxies.
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
        // A proxy that writes one of the two hands the other on as the client has written it.
        (Some(one), Some(other)) => one.filter(|_| one == other),
    }
    .unwrap_or(peer)
}

/// Whether a request says for whom it was sent, or by whom it came, as proxies do.
#[must_use]
pub fn is_forwarded(headers: &HeaderMap) -> bool {
    let marks = [header::FORWARDED, header::VIA].into_iter().any(|name| headers.contains_key(name));
    marks || headers.keys().any(|name| is_of_a_proxy(name.as_str()))
}

/// The headers in which proxies and networks in front of services name a client, or themselves.
fn is_of_a_proxy(name: &str) -> bool {
    let begins = ["x-forwarded-", "cf-", "x-envoy-"].iter().any(|beginning| name.starts_with(beginning));
    let ends = ["client-ip", "-clientip", "connecting-ip", "real-ip", "-user-ip"].iter().any(|end| name.ends_with(end));
    begins || ends || matches!(name, "cdn-loop" | "x-amzn-trace-id")
}

/// The lines of a header, the last one first; `None` when it is not there.
fn lines<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<impl Iterator<Item = &'a [u8]>> {
    let mut lines = headers.get_all(name).into_iter().rev().map(|line| line.as_bytes()).peekable();
    lines.peek().is_some().then_some(lines)
}

/// The first hop from the right that is not trusted, or else the left-most; `None` when something on the way there cannot
/// be read.
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

/// The last comma that is in no quoted string. From the right, since what a client has written on the left may open a
/// quotation that never ends.
fn last_unquoted_comma(line: &[u8]) -> Option<usize> {
    let mut is_quoted = false;
    let comma = line.iter().enumerate().rev().find(|(at, byte)| {
        is_quoted ^= **byte == b'"' && !is_escaped(line, *at);
        **byte == b',' && !is_quoted
    });
    comma.map(|(at, _)| at)
}

/// Whether an odd number of backslashes is before this place.
fn is_escaped(line: &[u8], at: usize) -> bool {
    let before = line.iter().take(at).rev().take_while(|byte| **byte == b'\\').count();
    before % 2 == 1
}

/// An element of `X-Forwarded-For`: an address, which some proxies write with a port.
fn list_hop(element: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(element).ok()?.trim_matches([' ', '\t']);
    text.parse::<Ipv6Addr>().map(IpAddr::V6).ok().map(|address| address.to_canonical()).or_else(|| node(text))
}

/// An element of `Forwarded`: parameters, of which exactly one is `for` (RFC 7239 §4).
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

/// A token or a quoted string (RFC 9110 §5.6), and what follows it.
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

/// An IPv4 address, or one of IPv6 in brackets, with or without a port. Neither a name nor `unknown` says who it is, and a
/// zone means something on the proxy alone.
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
