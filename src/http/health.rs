//! For machines: is the process alive, can it serve, which release is it.

use std::time::Duration;

use axum::{extract::State, http::StatusCode, response::Response};

use super::{refusal::object, router::Shared};
use crate::store::status;

/// How long the database may take to answer `/readyz`.
const READY: Duration = Duration::from_secs(1);

/// `GET /livez`: the process answers.
pub async fn livez() -> Response {
    object(StatusCode::OK, "status", "alive")
}

/// `GET /readyz`: the database answers and its schema is as it should be.
pub async fn readyz(State(app): State<Shared>) -> Response {
    if app.db.is_schema_ready() && status::ping(&app.db, READY).await.is_ok() {
        object(StatusCode::OK, "status", "ready")
    } else {
        object(StatusCode::SERVICE_UNAVAILABLE, "status", "unavailable")
    }
}

/// `GET /version`
pub async fn version() -> Response {
    object(StatusCode::OK, "version", env!("CARGO_PKG_VERSION"))
}
