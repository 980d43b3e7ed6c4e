//! The contract `signup-login`: `POST /signup`, and the texts of `POST /login`.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};

use super::{
    error::{LegacyError, MessageKey},
    sign_up,
    texts::{LoginTexts, SignUpTexts},
};
use crate::http::{method::RouteMethod, response::one_text, route::Route, state::AppState};

const KEY: MessageKey = MessageKey::Error;
const MISSING: LegacyError = LegacyError::new(StatusCode::BAD_REQUEST, "Username and password are required");

pub static LOGIN: LoginTexts = LoginTexts {
    key: KEY,
    done: || one_text(StatusCode::OK, "message", "Login successful"),
    missing: MISSING,
    refused: LegacyError::new(StatusCode::UNAUTHORIZED, "Invalid username or password"),
};

static SIGN_UP: SignUpTexts = SignUpTexts {
    key: KEY,
    done: || one_text(StatusCode::CREATED, "message", "User registered successfully"),
    missing: MISSING,
    name_taken: LegacyError::new(StatusCode::CONFLICT, "Username already exists"),
};

/// Returns the routes of this contract alone.
pub fn routes() -> Vec<Route> {
    vec![Route::new(RouteMethod::Post, "/signup", sign_up)]
}

/// `POST /signup`
async fn sign_up(State(app): State<AppState>, request: Request) -> Response {
    sign_up::sign_up(&app, request, &SIGN_UP).await
}
