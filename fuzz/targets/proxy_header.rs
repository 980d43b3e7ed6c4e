//! Any bytes as the header of the PROXY protocol: reading them does not panic, asks for no more than a header may have, and
//! comes to the same however the bytes are cut.

#![no_main]

use doorward::http::{ProxyClient, ProxyHeader, parse_proxy_header};
use libfuzzer_sys::fuzz_target;

/// More than any header has.
const MOST: usize = 4096;

fuzz_target!(|bytes: &[u8]| {
    let mut known = 0;
    // As from a connection: never more than is asked for.
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
