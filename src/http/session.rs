//! Who a request comes from: its session cookie, checked against the database.

use axum::http::HeaderMap;

use super::cookie;
use crate::{
    Result,
    app::App,
    ops::{SignedIn, sign_in_check},
};

/// The proof that the request came with a live session, if it did.
///
/// # Errors
/// The database's: a session that cannot be checked is no session, and the request fails.
pub async fn signed_in(app: &App, headers: &HeaderMap) -> Result<Option<SignedIn>> {
    match cookie::presented(&app.config, headers) {
        Some(token) => sign_in_check::check(app, &token).await,
        None => Ok(None),
    }
}
