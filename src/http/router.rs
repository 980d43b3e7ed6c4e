//! Every route there is, in one table.

use std::sync::Arc;

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{delete, get, post, put},
};

use super::{
    compat::{self, signup_login, user_crud},
    envelope::{self, Envelope},
    health, origin,
    refusal::{Dialect, METHOD_NOT_ALLOWED, NOT_FOUND},
};
use crate::{Result, app::App};

/// The application as handlers share it.
pub type Shared = Arc<App>;

/// All routes, ready to serve.
///
/// # Errors
/// When no random bits can be had.
pub fn router(app: &Shared) -> Result<Router> {
    let envelope = Envelope::new(&app.config, &app.rng)?;
    let mut routes = speaking(app, Dialect::Error, machine_routes());
    if app.config.compat.enabled {
        routes = routes
            .merge(speaking(app, compat::login_dialect(app), login_routes()))
            .merge(speaking(app, Dialect::Error, signup_login_routes()))
            .merge(speaking(app, Dialect::Message, user_crud_routes()));
    }
    Ok(routes
        .fallback(async || Dialect::Error.refuse(&NOT_FOUND))
        .layer(from_fn_with_state(envelope, envelope::wrap))
        .with_state(Arc::clone(app)))
}

/// For machines.
fn machine_routes() -> Router<Shared> {
    Router::new()
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/version", get(health::version))
}

/// The one route that both contracts have.
fn login_routes() -> Router<Shared> {
    Router::new().route("/login", post(compat::log_in))
}

/// `contracts/signup-login.md`
fn signup_login_routes() -> Router<Shared> {
    Router::new().route("/signup", post(signup_login::sign_up))
}

/// `contracts/user-crud.md`
fn user_crud_routes() -> Router<Shared> {
    Router::new()
        .route("/logout", get(user_crud::log_out).post(user_crud::log_out).head(user_crud::refuse_head))
        .route("/user", post(user_crud::sign_up))
        .route("/user/{id}", get(user_crud::show_user))
        .route("/user/{id}", delete(user_crud::delete_user))
        .route("/user/update-password/{id}", put(user_crud::update_password))
}

/// Gives routes their dialect for what no handler is asked about: other methods, and cross-site requests.
fn speaking(app: &Shared, dialect: Dialect, routes: Router<Shared>) -> Router<Shared> {
    routes
        .method_not_allowed_fallback(move || async move { dialect.refuse(&METHOD_NOT_ALLOWED) })
        .route_layer(from_fn_with_state((Arc::clone(app), dialect), origin::gate))
}
