//! Who a request comes from: its session cookie, checked against the database.

use axum::http::{Extensions, HeaderMap};

use super::{cookie, source};
use crate::{
    Result,
    app::App,
    model::UserId,
    ops::{SignedIn, auth::sign_in_check},
};

/// The proof that the request came with a live session, if it did.
///
/// # Errors
/// The database's: a session that cannot be checked is no session, and the request fails.
pub async fn signed_in(app: &App, headers: &HeaderMap, extensions: &Extensions) -> Result<Option<SignedIn>> {
    match cookie::presented(&app.config, headers) {
        Some(token) => sign_in_check::check(app, &token, source::of(&app.config, headers, extensions)).await,
        None => Ok(None),
    }
}

/// As [`signed_in`], and beside the proof the name of the user `other`: one question to the database for the route that
/// is asked most.
///
/// # Errors
/// The database's.
pub async fn signed_in_beside(
    app: &App,
    headers: &HeaderMap,
    extensions: &Extensions,
    other: UserId,
) -> Result<Option<(SignedIn, Option<String>)>> {
    match cookie::presented(&app.config, headers) {
        Some(token) => {
            sign_in_check::check_beside(app, &token, source::of(&app.config, headers, extensions), other).await
        }
        None => Ok(None),
    }
}
