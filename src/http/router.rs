//! Every route there is, in one table.

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
        problem::ErrorCode,
        roles, sessions, users,
    },
    error_format::ErrorFormat,
    health,
    legacy::{
        error::{METHOD_NOT_ALLOWED, MessageKey, NOT_FOUND},
        log_in, signup_login, user_crud,
    },
    state::AppState,
};
use crate::app::App;

/// All routes. [`super::HttpService`] is the way in to them.
pub(super) fn router(app: &AppState) -> Router {
    let machines = with_error_format(ErrorFormat::Legacy(MessageKey::Error), machine_routes());
    let mut routes = machines.merge(with_error_format(ErrorFormat::Problem, document_routes(app).merge(api_routes())));
    if app.config.compat.enabled {
        routes = routes
            .merge(with_error_format(ErrorFormat::Legacy(log_in::message_key(app)), login_routes()))
            .merge(with_error_format(ErrorFormat::Legacy(MessageKey::Error), signup_login_routes()))
            .merge(with_error_format(ErrorFormat::Legacy(MessageKey::Message), user_crud_routes()));
    }
    routes.fallback(not_found).with_state(AppState::clone(app))
}

async fn not_found(State(app): State<AppState>, uri: Uri) -> Response {
    error_format(&app, uri.path()).refuse(&NOT_FOUND, ErrorCode::NotFound)
}

/// Who speaks at `path`, for what is said before or beside its handler.
pub(super) fn error_format(app: &App, path: &str) -> ErrorFormat {
    let key = match path {
        "/openapi.json" | "/docs" => return ErrorFormat::Problem,
        _ if path.starts_with("/api/") => return ErrorFormat::Problem,
        _ if !app.config.compat.enabled => MessageKey::Error,
        "/login" => log_in::message_key(app),
        "/logout" | "/user" => MessageKey::Message,
        _ if path.starts_with("/user/") => MessageKey::Message,
        _ => MessageKey::Error,
    };
    ErrorFormat::Legacy(key)
}

/// For machines.
fn machine_routes() -> Router<AppState> {
    Router::new()
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/version", get(health::version))
}

/// The interface described.
fn document_routes(app: &App) -> Router<AppState> {
    Router::new()
        .route("/openapi.json", get(documents::openapi_json))
        .route("/docs", get(documents::docs))
        .with_state(Documents::of(app))
}

/// `/api/v1`, as `/openapi.json` describes it.
fn api_routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/users", get(users::list::list).post(users::create::create))
        .route("/api/v1/users/me", get(users::me::show).patch(users::me::change).delete(users::me::delete))
        .route("/api/v1/users/me/password", put(users::password::change_own))
        .route("/api/v1/users/{id}", get(users::one::show).patch(users::one::change).delete(users::one::delete))
        .route("/api/v1/users/{id}/password", put(users::password::set))
        .route("/api/v1/users/{id}/disable", post(users::state::disable))
        .route("/api/v1/users/{id}/enable", post(users::state::enable))
        .route("/api/v1/users/{id}/unlock", post(users::state::unlock))
        .route("/api/v1/users/{id}/sessions", get(sessions::of_user::list).delete(sessions::of_user::end_all))
        .route("/api/v1/users/{id}/sessions/{session}", delete(sessions::of_user::end_one))
        .route(
            "/api/v1/sessions",
            post(sessions::log_in::log_in).get(sessions::own::list).delete(sessions::own::end_others),
        )
        .route("/api/v1/sessions/current", get(sessions::current::show).delete(sessions::current::end))
        .route("/api/v1/sessions/{id}", delete(sessions::own::end_one))
        .route("/api/v1/roles", get(roles::list).post(roles::create))
        .route("/api/v1/roles/{name}", get(roles::show).patch(roles::change).delete(roles::delete))
        .route("/api/v1/authorize", post(authorize::authorize))
        .route("/api/v1/audit-events", get(audit_events::list))
}

/// The one route that both contracts have.
fn login_routes() -> Router<AppState> {
    Router::new().route("/login", post(log_in::log_in))
}

/// `docs/contracts/signup-login.md`
fn signup_login_routes() -> Router<AppState> {
    Router::new().route("/signup", post(signup_login::sign_up))
}

/// `docs/contracts/user-crud.md`
fn user_crud_routes() -> Router<AppState> {
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
fn with_error_format(error_format: ErrorFormat, routes: Router<AppState>) -> Router<AppState> {
    routes.method_not_allowed_fallback(async move || {
        error_format.refuse(&METHOD_NOT_ALLOWED, ErrorCode::MethodNotAllowed)
    })
}
