//! The readers of requests, for whoever feeds them anything: the fuzz targets of `fuzz/`.
//!
//! They are the very ones that handlers use, without an application behind them. Invariant: the service calls none of this.

use axum::{extract::Request, http::HeaderMap};

use super::{
    api::{
        caller::{self, Presented},
        input::Input,
        openapi::OPERATIONS,
    },
    legacy::body::LegacyBody,
    origin,
};
use crate::config::Config;

/// How many operations `/api/v1` has.
pub const API_OPERATIONS: usize = OPERATIONS.len();

/// Whether `request` is sound for the operation with this number, below [`API_OPERATIONS`].
pub async fn is_sound(operation: usize, request: Request) -> bool {
    match OPERATIONS.get(operation) {
        Some(operation) => Input::read(request, operation).await.is_ok(),
        None => false,
    }
}

/// Whether the operation with this number looks at a body at all.
#[must_use]
pub fn reads_body(operation: usize) -> bool {
    OPERATIONS.get(operation).is_some_and(|operation| operation.method != "get")
}

/// Whether `request` has the body that the old routes take.
pub async fn is_legacy_body(request: Request) -> bool {
    let Ok(mut body) = LegacyBody::read(request).await else { return false };
    body.text("username").is_ok() && body.text("password").is_ok()
}

/// Whether these headers present something that may be a session's token, and whether they come of another site.
#[must_use]
pub fn credentials(config: &Config, headers: &HeaderMap) -> (bool, bool) {
    let is_token = matches!(caller::presented(config, headers), Presented::Token(..));
    (is_token, origin::is_cross_site(config, headers))
}
