//! The contract `signup-login`: `POST /signup`, and the words of `POST /login`.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};

use super::{
    super::{
        refusal::{Dialect, Refusal, object},
        router::Shared,
    },
    LoginWords, SignUpWords,
};

const SPEAK: Dialect = Dialect::Error;
const MISSING: Refusal = Refusal::new(StatusCode::BAD_REQUEST, "Username and password are required");

pub(super) const LOGIN: LoginWords = LoginWords {
    dialect: SPEAK,
    done: || object(StatusCode::OK, "message", "Login successful"),
    missing: MISSING,
    refused: Refusal::new(StatusCode::UNAUTHORIZED, "Invalid username or password"),
};

const SIGN_UP: SignUpWords = SignUpWords {
    dialect: SPEAK,
    done: || object(StatusCode::CREATED, "message", "User registered successfully"),
    missing: MISSING,
    name_taken: Refusal::new(StatusCode::CONFLICT, "Username already exists"),
};

/// `POST /signup`
pub async fn sign_up(State(app): State<Shared>, request: Request) -> Response {
    super::sign_up(&app, request, &SIGN_UP).await
}
