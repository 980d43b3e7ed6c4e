//! The response headers of a group of routes: rules for browsers and caches.
//!
//! Each group has its own policy. The middleware adds the headers, and a response's own header wins.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::config::Config;

/// Expected number of headers of a response.
const HEADERS: usize = 12;

/// The request headers that select a response (RFC 9110 §12.5.5). Caches must not store responses. This protects users
/// from a cache that does.
const VARY: HeaderValue = HeaderValue::from_static("Authorization, Cookie");
const VARY_BY_ORIGIN: HeaderValue = HeaderValue::from_static("Authorization, Cookie, Origin");
/// The content security policy of responses that are not pages (ASVS 3.2.1, 3.4.3).
const NO_PAGE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
);
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");

/// The headers in which groups of routes differ.
#[derive(Debug, Clone)]
pub struct HeaderPolicy {
    content_security_policy: HeaderValue,
    cache_control: HeaderValue,
}

impl HeaderPolicy {
    /// The policy of data: no page, not stored (ASVS 14.3.2).
    pub fn data() -> Self {
        Self::page(NO_PAGE)
    }

    /// The policy of pages with this content security policy, not stored.
    pub fn page(content_security_policy: HeaderValue) -> Self {
        Self { content_security_policy, cache_control: HeaderValue::from_static("no-store") }
    }

    /// Returns the headers of every response of the group.
    pub fn headers(&self, config: &Config) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(HEADERS);
        headers.insert(header::CACHE_CONTROL, self.cache_control.clone());
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(header::CONTENT_SECURITY_POLICY, self.content_security_policy.clone());
        // A page of another site must not load a response as an image or a script, nor keep a reference to its window.
        headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, SAME_ORIGIN);
        headers.insert(CROSS_ORIGIN_OPENER_POLICY, SAME_ORIGIN);
        headers.insert(header::VARY, if config.server.cors_origins.is_empty() { VARY } else { VARY_BY_ORIGIN });
        if config.server.public_url.as_ref().is_some_and(|url| url.is_https) {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, strict_transport(config.server.hsts_subdomains));
        }
        headers
    }
}

/// Returns a year of https (RFC 6797). With subdomains only if the operator asks for it, because it ends plain http for
/// services of which Doorward knows nothing.
fn strict_transport(is_with_subdomains: bool) -> HeaderValue {
    HeaderValue::from_static(match is_with_subdomains {
        true => "max-age=31536000; includeSubDomains",
        false => "max-age=31536000",
    })
}
