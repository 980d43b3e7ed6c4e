//! The two old contracts, spoken exactly. What they share is here, told apart by their words: `POST /login`, which speaks
//! the contract that `compat.login` names, and the two sign-ups.

pub mod signup_login;
pub mod user_crud;

use axum::{
    extract::{Request, State},
    http::header,
    response::Response,
};
use doorward_password::Password;

use super::{
    body::JsonObject,
    cookie,
    legacy_error::{INTERNAL, LegacyError, MessageKey, NAME_RESERVED, NAME_UNFIT, SIGNUP_CLOSED},
    router::AppState,
    source,
};
use crate::{
    app::App,
    config::Login,
    model::{DeviceToken, Name, NameKey, PlainToken},
    ops::{
        accounts::sign_up::{self, NewAccount, SignUp},
        auth::log_in::{self, Attempt, LogIn},
    },
};

/// Which dialect `POST /login` speaks.
pub fn login_message_key(app: &App) -> MessageKey {
    match app.config.compat.login {
        Login::SignupLogin => MessageKey::Error,
        Login::UserCrud => MessageKey::Message,
    }
}

/// A contract's words for what a login came to.
struct LoginWords {
    dialect: MessageKey,
    done: fn() -> Response,
    missing: LegacyError,
    refused: LegacyError,
}

/// A contract's words for what a sign-up came to.
struct SignUpWords {
    dialect: MessageKey,
    done: fn() -> Response,
    missing: LegacyError,
    name_taken: LegacyError,
}

/// A sign-up, in the words of a contract.
async fn sign_up(app: &App, request: Request, words: &SignUpWords) -> Response {
    let source = source::of(&app.config, request.headers(), request.extensions());
    let body = JsonObject::read(request).await;
    let (name, password) = match body.and_then(|body| credentials(body, &words.missing)) {
        Ok((name, password)) => match Name::new(&name) {
            Ok(name) => (name, password),
            Err(problem) => return words.dialect.refuse(&problem.into()),
        },
        Err(refusal) => return words.dialect.refuse(&refusal),
    };
    let new = NewAccount::plain(&name, password, app.config.compat.password_policy.clone());
    match sign_up::as_anybody(app, source, new).await {
        Ok(SignUp::Done(_)) => (words.done)(),
        Ok(SignUp::NameTaken) => words.dialect.refuse(&words.name_taken),
        Ok(SignUp::NameReserved) => words.dialect.refuse(&NAME_RESERVED),
        Ok(SignUp::NameUnfit) => words.dialect.refuse(&NAME_UNFIT),
        Ok(SignUp::PasswordRefused(problem)) => words.dialect.refuse(&problem.into()),
        Ok(SignUp::Closed) => words.dialect.refuse(&SIGNUP_CLOSED),
        Ok(SignUp::Overloaded(full)) => words.dialect.refuse(&full.into()),
        Ok(SignUp::Throttled(after)) => words.dialect.refuse(&LegacyError::throttled(after)),
        Ok(
            SignUp::NoSuchRole
            | SignUp::DoneBefore(_)
            | SignUp::GoneSince
            | SignUp::KeyReused
            | SignUp::AuthorityLost
            | SignUp::AuthorityExceeded,
        ) => words.dialect.refuse(&INTERNAL),
        Err(error) => words.dialect.fail(error),
    }
}

/// `POST /login`
pub async fn log_in(State(app): State<AppState>, request: Request) -> Response {
    let words = match app.config.compat.login {
        Login::SignupLogin => signup_login::LOGIN,
        Login::UserCrud => user_crud::LOGIN,
    };
    let replaces = cookie::presented(&app.config, request.headers());
    let source = source::of(&app.config, request.headers(), request.extensions());
    let body = JsonObject::read(request).await;
    let attempt = match body.and_then(|body| credentials(body, &words.missing)) {
        Ok((name, password)) => match NameKey::to_find(&name) {
            Ok(key) => Attempt { typed: name, name: key, password, replaces, source },
            Err(problem) => return words.dialect.refuse(&problem.into()),
        },
        Err(refusal) => return words.dialect.refuse(&refusal),
    };
    match log_in::with_password(&app, attempt).await {
        Ok(LogIn::Done(token, device)) => with_cookies(&app, &words, &token, device.as_ref()),
        Ok(LogIn::Refused) => words.dialect.refuse(&words.refused),
        Ok(LogIn::Throttled(after)) => words.dialect.refuse(&LegacyError::throttled(after)),
        Ok(LogIn::Overloaded(full)) => words.dialect.refuse(&full.into()),
        Err(error) => words.dialect.fail(error),
    }
}

fn with_cookies(app: &App, words: &LoginWords, token: &PlainToken, device: Option<&DeviceToken>) -> Response {
    match cookie::set(&app.config, token) {
        Ok(cookie) => {
            let mut response = (words.done)();
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            cookie::with_device(&app.config, response, device)
        }
        Err(error) => words.dialect.fail(error),
    }
}

/// The two values that sign-up and login take; `missing` when one is missing, null or empty.
fn credentials(mut body: JsonObject, missing: &LegacyError) -> Result<(String, Password), LegacyError> {
    match (body.text("username")?, body.text("password")?) {
        (Some(name), Some(password)) => Ok((name, Password::new(password))),
        _ => Err(missing.clone()),
    }
}
