//! Every route there is, in one table.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::Uri,
    response::Response,
    routing::{delete, get, post, put},
};

use super::{
    compat::{self, signup_login, user_crud},
    health,
    refusal::{Dialect, METHOD_NOT_ALLOWED, NOT_FOUND},
};
use crate::app::App;

/// The application as handlers share it.
pub type Shared = Arc<App>;

/// All routes. [`super::Front`] is the way in to them.
pub(super) fn router(app: &Shared) -> Router {
    let mut routes = speaking(Dialect::Error, machine_routes());
    if app.config.compat.enabled {
        routes = routes
            .merge(speaking(compat::login_dialect(app), login_routes()))
            .merge(speaking(Dialect::Error, signup_login_routes()))
            .merge(speaking(Dialect::Message, user_crud_routes()));
    }
    routes.fallback(not_found).with_state(Arc::clone(app))
}

async fn not_found(State(app): State<Shared>, uri: Uri) -> Response {
    dialect(&app, uri.path()).refuse(&NOT_FOUND)
}

/// The dialect of whatever is at `path`, for what is said before or beside its handler.
pub(super) fn dialect(app: &App, path: &str) -> Dialect {
    match path {
        _ if !app.config.compat.enabled => Dialect::Error,
        "/login" => compat::login_dialect(app),
        "/logout" | "/user" => Dialect::Message,
        _ if path.starts_with("/user/") => Dialect::Message,
        _ => Dialect::Error,
    }
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

/// `docs/contracts/signup-login.md`
fn signup_login_routes() -> Router<Shared> {
    Router::new().route("/signup", post(signup_login::sign_up))
}

/// `docs/contracts/user-crud.md`
fn user_crud_routes() -> Router<Shared> {
    Router::new()
        .route(
            "/logout",
            get(user_crud::log_out)
                .post(user_crud::log_out)
                .head(user_crud::refuse_other_than_log_out)
                .fallback(user_crud::refuse_other_than_log_out),
        )
        .route("/user", post(user_crud::sign_up))
        .route("/user/{id}", get(user_crud::show_user))
        .route("/user/{id}", delete(user_crud::delete_user))
        .route("/user/update-password/{id}", put(user_crud::update_password))
}

/// Gives routes their dialect for methods that they do not have.
fn speaking(dialect: Dialect, routes: Router<Shared>) -> Router<Shared> {
    routes.method_not_allowed_fallback(async move || dialect.refuse(&METHOD_NOT_ALLOWED))
}
