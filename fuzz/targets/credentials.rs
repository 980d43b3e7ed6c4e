//! Fuzzes cookies, `Authorization`, `Origin` and fetch metadata: no bytes cause a panic. Only 256 bits after the prefix
//! are accepted as a token, and an unreadable origin counts as cross-site.
//!
//! Each line is a header; its first byte chooses which.

#![no_main]

use std::sync::OnceLock;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use doorward::{
    config::{Config, Inputs, RawValues},
    http::readers::credentials,
};
use libfuzzer_sys::fuzz_target;

const HEADERS: [&str; 6] = ["cookie", "authorization", "origin", "sec-fetch-site", "host", "cookie"];
/// `dws_` and 256 bits in base64url.
const TOKEN: usize = 47;

fn configs() -> &'static [Config; 2] {
    static CONFIGS: OnceLock<[Config; 2]> = OnceLock::new();
    CONFIGS.get_or_init(|| {
        ["http://127.0.0.1:5000", "https://id.example"].map(|url| {
            let variables = vec![(doorward::config::variable("server.public_url"), url.to_owned())];
            let values = RawValues::read(Inputs { file: None, variables, flags: Vec::new() }).expect("values");
            Config::new(&values).expect("a configuration")
        })
    })
}

fuzz_target!(|bytes: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let [which, text @ ..] = line else { continue };
        let name = HeaderName::from_static(HEADERS[usize::from(*which) % HEADERS.len()]);
        if let Ok(value) = HeaderValue::from_bytes(text) {
            headers.append(name, value);
        }
    }
    for config in configs() {
        let (is_token, is_foreign) = credentials(config, &headers);
        let mut values = headers.get_all("cookie").into_iter().chain(headers.get_all("authorization"));
        assert!(!is_token || values.any(|value| value.len() >= TOKEN && contains(value.as_bytes(), b"dws_")));
        let says_so = headers.get_all("sec-fetch-site").into_iter().any(|site| site == "cross-site");
        assert!(is_foreign || !says_so);
    }
});

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
