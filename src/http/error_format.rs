//! The form of errors in a group of routes: problems on `/api/v1`, one text on legacy and machine routes.
//!
//! The middleware and the router answer errors outside of handlers. They need both forms of each error, and choose here.

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};

use super::{
    api::problem::{ErrorCode, Problem},
    legacy::error::{INTERNAL, LegacyError, MessageKey},
    response::Failed,
};
use crate::Error;

/// The form of the errors of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorFormat {
    /// A JSON object with one text.
    Legacy(MessageKey),
    /// RFC 9457, for `/api/v1` and its documents.
    Problem,
}

impl ErrorFormat {
    /// Returns a refusal: `legacy` or `code`, depending on the format.
    pub fn refuse(self, legacy: &LegacyError, code: ErrorCode) -> Response {
        self.refuse_with(legacy, Problem::new(code))
    }

    /// Returns a refusal: `legacy` or `problem`, depending on the format.
    pub fn refuse_with(self, legacy: &LegacyError, problem: Problem) -> Response {
        match self {
            Self::Legacy(key) => key.refuse(legacy),
            Self::Problem => problem.into_response(),
        }
    }

    /// Returns the failure of a handler that panicked, which is a fault of the program.
    pub fn panicked(self) -> Response {
        let mut response = self.refuse(&INTERNAL, ErrorCode::Internal);
        let error = Error::System("a handler panicked; the panic was logged where it happened".to_owned());
        response.extensions_mut().insert(Failed(Arc::new(error)));
        response
    }
}
