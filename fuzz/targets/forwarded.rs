//! Fuzzes `X-Forwarded-For` and `Forwarded` to the left of a trusted proxy's addition: no bytes cause a panic or change
//! the result.
//!
//! The first byte chooses the proxy's header, and whether the fuzzed part is a separate line.

#![no_main]

use std::{net::IpAddr, sync::OnceLock};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use doorward::http::client_address;
use ipnet::IpNet;
use libfuzzer_sys::fuzz_target;

const PROXY: &str = "10.0.0.1";
const CLIENT: &str = "203.0.113.9";

fn trusted() -> &'static [IpNet] {
    static TRUSTED: OnceLock<Vec<IpNet>> = OnceLock::new();
    TRUSTED.get_or_init(|| vec!["10.0.0.0/8".parse().expect("a network")])
}

fuzz_target!(|bytes: &[u8]| {
    let [how, left @ ..] = bytes else { return };
    let peer: IpAddr = PROXY.parse().expect("an address");
    let (name, added) =
        if how % 2 == 0 { ("x-forwarded-for", CLIENT.to_owned()) } else { ("forwarded", format!("for={CLIENT}")) };
    let name = HeaderName::from_static(name);
    let Ok(alone) = HeaderValue::from_bytes(left) else { return };
    let mut headers = HeaderMap::new();
    headers.append(name.clone(), alone);
    // A header from the client alone: any result is valid.
    let _ = client_address::of(peer, &headers, trusted());
    assert_eq!(client_address::of(CLIENT.parse().expect("an address"), &headers, trusted()).to_string(), CLIENT);
    if how & 2 == 0 {
        headers.append(name, HeaderValue::try_from(added).expect("a header"));
    } else {
        let joined = [left, b", ", added.as_bytes()].concat();
        let Ok(joined) = HeaderValue::from_bytes(&joined) else { return };
        headers.insert(name, joined);
    }
    assert_eq!(client_address::of(peer, &headers, trusted()).to_string(), CLIENT);
});
