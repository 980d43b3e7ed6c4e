//! `POST /login`, the route that both contracts have. `compat.login` selects the contract.

use axum::{
    extract::{Request, State},
    http::header,
    response::Response,
};

use super::{
    body::LegacyBody, credentials::credentials, error::MessageKey, refused, signup_login, texts::LoginTexts, user_crud,
};
use crate::{
    app::App,
    config::Login,
    http::{cookie, method::RouteMethod, route::Route, source, state::AppState},
    model::{DeviceToken, NameKey, PlainToken},
    ops::auth::log_in::{self, LogInAttempt},
};

/// Returns the route of the login.
pub fn routes() -> Vec<Route> {
    vec![Route::new(RouteMethod::Post, "/login", log_in)]
}

/// Returns the message key of a contract's login.
pub fn message_key(login: Login) -> MessageKey {
    texts(login).key
}

fn texts(login: Login) -> &'static LoginTexts {
    match login {
        Login::SignupLogin => &signup_login::LOGIN,
        Login::UserCrud => &user_crud::LOGIN,
    }
}

/// `POST /login`
async fn log_in(State(app): State<AppState>, request: Request) -> Response {
    let texts = texts(app.config.compat.login);
    let replaces = cookie::presented(&app.config, request.headers());
    let source = source::of(&app.config, request.headers(), request.extensions());
    let body = LegacyBody::read(request).await;
    let attempt = match body.and_then(|body| credentials(body, &texts.missing)) {
        Ok((name, password)) => match NameKey::to_find(&name) {
            Ok(key) => LogInAttempt { typed: name, name: key, password, replaces, source },
            Err(problem) => return texts.key.refuse(&problem.into()),
        },
        Err(refusal) => return texts.key.refuse(&refusal),
    };
    match log_in::with_password(&app, attempt).await {
        Ok(Ok(done)) => with_cookies(&app, texts, &done.token, done.device.as_ref()),
        Ok(Err(refused)) => texts.key.refuse(&refused::log_in(refused, &texts.refused)),
        Err(error) => texts.key.fail(error),
    }
}

fn with_cookies(app: &App, texts: &LoginTexts, token: &PlainToken, device: Option<&DeviceToken>) -> Response {
    match cookie::set(&app.config, token) {
        Ok(cookie) => {
            let mut response = (texts.done)();
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            cookie::with_device(&app.config, response, device)
        }
        Err(error) => texts.key.fail(error),
    }
}
