//! The contract `signup-login`: `POST /signup`, and the words of `POST /login`.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};

use super::{
    super::{
        legacy_error::{LegacyError, MessageKey, object},
        router::AppState,
    },
    LoginWords, SignUpWords,
};

const SPEAK: MessageKey = MessageKey::Error;
const MISSING: LegacyError = LegacyError::new(StatusCode::BAD_REQUEST, "Username and password are required");

pub(super) const LOGIN: LoginWords = LoginWords {
    dialect: SPEAK,
    done: || object(StatusCode::OK, "message", "Login successful"),
    missing: MISSING,
    refused: LegacyError::new(StatusCode::UNAUTHORIZED, "Invalid username or password"),
};

const SIGN_UP: SignUpWords = SignUpWords {
    dialect: SPEAK,
    done: || object(StatusCode::CREATED, "message", "User registered successfully"),
    missing: MISSING,
    name_taken: LegacyError::new(StatusCode::CONFLICT, "Username already exists"),
};

/// `POST /signup`
pub async fn sign_up(State(app): State<AppState>, request: Request) -> Response {
    super::sign_up(&app, request, &SIGN_UP).await
}
