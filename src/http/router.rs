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
    api::{
        audit_events, authorize,
        documents::{self, Documents},
        problem::Code,
        roles,
        sessions::{current, log_in, of_user, own},
        users,
    },
    compat::{self, signup_login, user_crud},
    health,
    refusal::{Dialect, METHOD_NOT_ALLOWED, NOT_FOUND, Speaker},
};
use crate::app::App;

/// The application as handlers share it.
pub type Shared = Arc<App>;

/// All routes. [`super::Front`] is the way in to them.
pub(super) fn router(app: &Shared) -> Router {
    let machines = speaking(Speaker::Contract(Dialect::Error), machine_routes());
    let mut routes = machines.merge(speaking(Speaker::Api, document_routes(app).merge(api_routes())));
    if app.config.compat.enabled {
        routes = routes
            .merge(speaking(Speaker::Contract(compat::login_dialect(app)), login_routes()))
            .merge(speaking(Speaker::Contract(Dialect::Error), signup_login_routes()))
            .merge(speaking(Speaker::Contract(Dialect::Message), user_crud_routes()));
    }
    routes.fallback(not_found).with_state(Arc::clone(app))
}

async fn not_found(State(app): State<Shared>, uri: Uri) -> Response {
    speaker(&app, uri.path()).refuse(&NOT_FOUND, Code::NotFound)
}

/// Who speaks at `path`, for what is said before or beside its handler.
pub(super) fn speaker(app: &App, path: &str) -> Speaker {
    let dialect = match path {
        "/openapi.json" | "/docs" => return Speaker::Api,
        _ if path.starts_with("/api/") => return Speaker::Api,
        _ if !app.config.compat.enabled => Dialect::Error,
        "/login" => compat::login_dialect(app),
        "/logout" | "/user" => Dialect::Message,
        _ if path.starts_with("/user/") => Dialect::Message,
        _ => Dialect::Error,
    };
    Speaker::Contract(dialect)
}

/// For machines.
fn machine_routes() -> Router<Shared> {
    Router::new()
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/version", get(health::version))
}

/// The interface described.
fn document_routes(app: &App) -> Router<Shared> {
    Router::new()
        .route("/openapi.json", get(documents::openapi_json))
        .route("/docs", get(documents::docs))
        .with_state(Documents::of(app))
}

/// `/api/v1`, as `/openapi.json` describes it.
fn api_routes() -> Router<Shared> {
    Router::new()
        .route("/api/v1/users", get(users::list::list).post(users::create::create))
        .route("/api/v1/users/me", get(users::me::show).patch(users::me::change).delete(users::me::delete))
        .route("/api/v1/users/me/password", put(users::password::change_own))
        .route("/api/v1/users/{id}", get(users::one::show).patch(users::one::change).delete(users::one::delete))
        .route("/api/v1/users/{id}/password", put(users::password::set))
        .route("/api/v1/users/{id}/disable", post(users::state::disable))
        .route("/api/v1/users/{id}/enable", post(users::state::enable))
        .route("/api/v1/users/{id}/unlock", post(users::state::unlock))
        .route("/api/v1/users/{id}/sessions", get(of_user::list).delete(of_user::end_all))
        .route("/api/v1/users/{id}/sessions/{session}", delete(of_user::end_one))
        .route("/api/v1/sessions", post(log_in::log_in).get(own::list).delete(own::end_others))
        .route("/api/v1/sessions/current", get(current::show).delete(current::end))
        .route("/api/v1/sessions/{id}", delete(own::end_one))
        .route("/api/v1/roles", get(roles::list).post(roles::create))
        .route("/api/v1/roles/{name}", get(roles::show).patch(roles::change).delete(roles::delete))
        .route("/api/v1/authorize", post(authorize::authorize))
        .route("/api/v1/audit-events", get(audit_events::list))
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

/// Gives routes their words for methods that they do not have.
fn speaking(speaker: Speaker, routes: Router<Shared>) -> Router<Shared> {
    routes.method_not_allowed_fallback(async move || speaker.refuse(&METHOD_NOT_ALLOWED, Code::MethodNotAllowed))
}
