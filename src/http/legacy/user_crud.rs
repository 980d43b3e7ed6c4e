//! The contract `user-crud`: users by number, and the texts of `POST /login`.
//!
//! Checks run in the contract's order: signed in, permission, missing password, not found, own id. A segment that is not
//! a positive integer matches no route in the legacy application, so it is 404 before all checks.

use axum::{
    extract::{FromRequestParts, RawPathParams, Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::Response,
};
use doorward_password::Password;

use super::{
    body::LegacyBody,
    error::{LegacyError, METHOD_NOT_ALLOWED, MessageKey, NOT_SIGNED_IN},
    refused::{NO_SUCH_USER, NOT_ALLOWED},
    sign_up,
    texts::{LoginTexts, SignUpTexts},
};
use crate::{
    app::App,
    http::{
        auth::{LegacySession, legacy_session_and_name},
        cookie,
        method::RouteMethod,
        response::one_text,
        route::Route,
        state::AppState,
    },
    model::{Precondition, UserId},
    ops::{
        Can, SignedIn, UsersWrite,
        accounts::{
            change_password::{self, NewPassword, PasswordChanged},
            delete,
        },
        auth::log_out,
    },
};

const KEY: MessageKey = MessageKey::Message;
const INVALID: LegacyError = LegacyError::new(StatusCode::BAD_REQUEST, "Invalid credentials!");
const PASSWORD_REQUIRED: LegacyError = LegacyError::new(StatusCode::FORBIDDEN, "A password is required.");
const CHANGED: &str = "Password successfully changed.";

pub static LOGIN: LoginTexts =
    LoginTexts { key: KEY, done: || KEY.reply(StatusCode::OK, "Done!"), missing: INVALID, refused: INVALID };

static SIGN_UP: SignUpTexts = SignUpTexts {
    key: KEY,
    done: || KEY.reply(StatusCode::OK, "User created."),
    missing: LegacyError::new(StatusCode::BAD_REQUEST, "Missing username or password."),
    name_taken: LegacyError::new(StatusCode::BAD_REQUEST, "User already exists."),
};

/// The user's number in the path.
pub struct Number(UserId);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let segment = params.ok().and_then(|params| params.iter().next().map(|(_, segment)| segment.to_owned()));
        segment.and_then(|segment| positive(&segment)).map(Self).ok_or_else(|| KEY.refuse(&NO_SUCH_USER))
    }
}

/// Reads a positive integer in ASCII digits. A larger one than fits becomes the largest, which no user has.
fn positive(segment: &str) -> Option<UserId> {
    let is_number = !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
    let number = segment.parse().unwrap_or(i64::MAX);
    (is_number && number > 0).then_some(UserId(number))
}

/// Returns the routes of this contract alone.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(RouteMethod::Get, "/logout", log_out).unsafe_get(refuse_other_than_log_out),
        Route::new(RouteMethod::Post, "/logout", log_out),
        Route::new(RouteMethod::Post, "/user", sign_up),
        Route::new(RouteMethod::Get, "/user/{id}", show_user),
        Route::new(RouteMethod::Delete, "/user/{id}", delete_user),
        Route::new(RouteMethod::Put, "/user/update-password/{id}", update_password),
    ]
}

/// `GET /logout` and `POST /logout`
async fn log_out(State(app): State<AppState>, LegacySession(signed_in): LegacySession) -> Response {
    match log_out::log_out(&app, &signed_in).await {
        Ok(()) => cookie::forgotten(&app.config, KEY.reply(StatusCode::OK, "User logged out.")),
        Err(error) => KEY.fail(error),
    }
}

/// Refuses any other method of `/logout`. `HEAD` must not end a session. The router would list `HEAD` in `Allow`, so this
/// sets the header itself.
async fn refuse_other_than_log_out() -> Response {
    let mut response = KEY.refuse(&METHOD_NOT_ALLOWED);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET,POST"));
    response
}

/// `POST /user`
async fn sign_up(State(app): State<AppState>, request: Request) -> Response {
    sign_up::sign_up(&app, request, &SIGN_UP).await
}

/// `GET /user/<id>`
async fn show_user(State(app): State<AppState>, Number(id): Number, request: Request) -> Response {
    match legacy_session_and_name(&app, request.headers(), request.extensions(), id).await {
        Ok(Some((signed_in, _))) if signed_in.must_change_password() => refuse_until_changed(&app, &signed_in).await,
        Ok(Some((_signed_in, Some(name)))) => one_text(StatusCode::OK, "username", &name),
        Ok(Some((_signed_in, None))) => KEY.refuse(&NO_SUCH_USER),
        Ok(None) => KEY.refuse(&NOT_SIGNED_IN),
        Err(error) => KEY.fail(error),
    }
}

/// Refuses a user who must change the password first. The legacy application had no such state.
async fn refuse_until_changed(app: &App, signed_in: &SignedIn) -> Response {
    match signed_in.refuse_until_password_is_changed(app, "a user's name").await {
        Ok(()) => KEY.refuse(&NOT_ALLOWED),
        Err(error) => KEY.fail(error),
    }
}

/// `PUT /user/update-password/<id>`
async fn update_password(
    State(app): State<AppState>,
    Number(id): Number,
    LegacySession(signed_in): LegacySession,
    request: Request,
) -> Response {
    let is_own = id == signed_in.user_id();
    let authority = if is_own { Ok(None) } else { demand(&app, &signed_in, "another user's password").await.map(Some) };
    let authority = match authority {
        Ok(authority) => authority,
        Err(refused) => return refused,
    };
    let password = match LegacyBody::read(request).await.and_then(|mut body| body.text("password")) {
        Ok(Some(password)) => Password::new(password),
        Ok(None) => return KEY.refuse(&PASSWORD_REQUIRED),
        Err(refusal) => return KEY.refuse(&refusal),
    };
    let policy = app.config.compat.password_policy.clone();
    match &authority {
        Some(authority) => {
            let new = NewPassword { password, policy, must_change: false };
            match change_password::of_other(&app, authority, id, new, &Precondition::None).await {
                Ok(Ok(_)) => KEY.reply(StatusCode::OK, CHANGED),
                Ok(Err(refused)) => KEY.refuse(&refused.into()),
                Err(error) => KEY.fail(error),
            }
        }
        None => match change_password::own(&app, &signed_in, password, policy).await {
            Ok(Ok(changed)) => changed_own(&app, &changed),
            Ok(Err(refused)) => KEY.refuse(&refused.into()),
            Err(error) => KEY.fail(error),
        },
    }
}

fn changed_own(app: &App, changed: &PasswordChanged) -> Response {
    match cookie::set(&app.config, &changed.token) {
        Ok(cookie) => {
            let mut response = KEY.reply(StatusCode::OK, CHANGED);
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            cookie::with_device(&app.config, response, changed.device.as_ref())
        }
        Err(error) => KEY.fail(error),
    }
}

/// Returns the permission to change other users, or the refusal.
async fn demand(app: &App, signed_in: &SignedIn, what: &str) -> Result<Can<UsersWrite>, Response> {
    match signed_in.demand(app, what).await {
        Ok(Some(authority)) => Ok(authority),
        Ok(None) => Err(KEY.refuse(&NOT_ALLOWED)),
        Err(error) => Err(KEY.fail(error)),
    }
}

/// `DELETE /user/<id>`
async fn delete_user(
    State(app): State<AppState>,
    Number(id): Number,
    LegacySession(signed_in): LegacySession,
) -> Response {
    let authority = match demand(&app, &signed_in, "another user's account").await {
        Ok(authority) => authority,
        Err(refused) => return refused,
    };
    match delete::as_administrator(&app, &authority, id, &Precondition::None).await {
        Ok(Ok(())) => KEY.reply(StatusCode::OK, "User successfully deleted."),
        Ok(Err(refused)) => KEY.refuse(&refused.into()),
        Err(error) => KEY.fail(error),
    }
}
