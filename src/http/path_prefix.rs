//! The path of `server.public_url`, under which a proxy publishes Doorward.
//!
//! Some proxies remove the path from requests and others keep it, so both forms are accepted. Addresses in responses have
//! it. Invariant: a path that was shortened belongs to a route, so a path without the prefix is never changed.

use axum::http::{HeaderMap, HeaderValue, Uri, header, uri::PathAndQuery};

use super::route_table::RouteIndex;
use crate::config::PublicUrl;

/// The path of the public URL; empty if it has none.
#[derive(Debug, Default)]
pub struct PathPrefix(String);

impl PathPrefix {
    pub fn new(public_url: Option<&PublicUrl>) -> Self {
        Self(public_url.map(|url| url.path.clone()).unwrap_or_default())
    }

    /// Returns the prefix, as in `/accounts`; empty if the public URL has no path.
    pub fn as_text(&self) -> &str {
        &self.0
    }

    /// Removes the prefix from the target of a request, if a proxy kept it.
    pub fn remove(&self, uri: &mut Uri, index: &RouteIndex) {
        if self.0.is_empty() {
            return;
        }
        let shorter = uri
            .path_and_query()
            .and_then(|target| target.as_str().strip_prefix(&self.0))
            .filter(|rest| rest.starts_with('/'))
            .and_then(|rest| rest.parse::<PathAndQuery>().ok());
        if let Some(shorter) = shorter.filter(|target| index.has(target.path())) {
            let mut parts = uri.clone().into_parts();
            parts.path_and_query = Some(shorter);
            if let Ok(changed) = Uri::from_parts(parts) {
                *uri = changed;
            }
        }
    }

    /// Adds the prefix to the address of a created resource.
    pub fn add(&self, headers: &mut HeaderMap) {
        if self.0.is_empty() {
            return;
        }
        let location = headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
        let longer = location.filter(|path| path.starts_with('/')).map(|path| format!("{}{path}", self.0));
        if let Some(value) = longer.and_then(|path| HeaderValue::try_from(path).ok()) {
            headers.insert(header::LOCATION, value);
        }
    }
}
