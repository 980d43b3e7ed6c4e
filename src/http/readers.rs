//! The readers of requests and the list of routes, for tests and for the fuzz targets of `fuzz/`.
//!
//! They are those of the handlers, without an application. Invariant: the service uses none of this.

use std::sync::LazyLock;

use axum::{extract::Request, http::HeaderMap};

use super::{
    api::{self, documents::DocumentedSite},
    auth::{self, Credentials},
    legacy::body::LegacyBody,
    method::RouteMethod,
    origin,
    route::RequestCheck,
    route_table,
};
use crate::config::{Config, Login};

static OPERATIONS: LazyLock<Vec<(RouteMethod, RequestCheck)>> = LazyLock::new(|| {
    api::routes().into_iter().filter_map(|route| route.check.map(|check| (route.method, check))).collect()
});

/// Returns the method and the path of every route.
#[must_use]
pub fn routes() -> Vec<(&'static str, &'static str)> {
    let groups = route_table::groups(DocumentedSite::default(), Some(Login::SignupLogin));
    groups.iter().flat_map(|group| &group.routes).map(|route| (route.method.name(), route.path)).collect()
}

/// Returns the number of operations of `/api/v1`.
#[must_use]
pub fn api_operations() -> usize {
    OPERATIONS.len()
}

/// Returns whether `request` is valid for the operation with this number, which is below [`api_operations`].
pub async fn is_sound(operation: usize, request: Request) -> bool {
    match OPERATIONS.get(operation) {
        Some((_, check)) => check(request).await.is_ok(),
        None => false,
    }
}

/// Returns whether the operation with this number reads a body.
#[must_use]
pub fn reads_body(operation: usize) -> bool {
    OPERATIONS.get(operation).is_some_and(|(method, _)| *method != RouteMethod::Get)
}

/// Returns whether `request` has a valid body for the legacy routes.
pub async fn is_legacy_body(request: Request) -> bool {
    let Ok(mut body) = LegacyBody::read(request).await else { return false };
    body.text("username").is_ok() && body.text("password").is_ok()
}

/// Returns whether these headers contain a session token, and whether they belong to a cross-site request.
#[must_use]
pub fn credentials(config: &Config, headers: &HeaderMap) -> (bool, bool) {
    let is_token = matches!(auth::credentials(config, headers), Credentials::Token(..));
    (is_token, origin::is_cross_site(config, headers))
}
