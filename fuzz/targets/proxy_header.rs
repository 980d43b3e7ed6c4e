//! Fuzzes the PROXY protocol header: no bytes cause a panic, or a request for more bytes than a header may have.
//!
//! The result does not depend on how the bytes are split.

#![no_main]

use doorward::http::{ProxyClient, ProxyHeader, parse_proxy_header};
use libfuzzer_sys::fuzz_target;

/// Longer than any header.
const MOST: usize = 4096;

fuzz_target!(|bytes: &[u8]| {
    let mut known = 0;
    // As from a connection: never more bytes than requested.
    while let ProxyHeader::Missing(count) = parse_proxy_header(&bytes[..known]) {
        assert!(count > 0 && known + count <= MOST);
        known += count;
        if known > bytes.len() {
            return;
        }
    }
    if let ProxyHeader::Done(ProxyClient::Address(address)) = parse_proxy_header(&bytes[..known]) {
        assert!(known >= 15 && (address.is_ipv4() || address.is_ipv6()));
    }
});
