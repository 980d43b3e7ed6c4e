//! The parts of `POST /login` and of the sign-ups in which the two contracts differ.

use axum::response::Response;

use super::error::{LegacyError, MessageKey};

/// A contract's responses to a login.
pub struct LoginTexts {
    pub key: MessageKey,
    pub done: fn() -> Response,
    pub missing: LegacyError,
    pub refused: LegacyError,
}

/// A contract's responses to a sign-up.
pub struct SignUpTexts {
    pub key: MessageKey,
    pub done: fn() -> Response,
    pub missing: LegacyError,
    pub name_taken: LegacyError,
}
