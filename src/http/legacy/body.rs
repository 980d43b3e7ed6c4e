//! Request bodies of the legacy routes: JSON objects whose unknown members are ignored, as in the legacy applications.

use axum::extract::Request;
use serde_json::Value;

use super::error::LegacyError;
use crate::http::{
    body,
    json::{self, JsonFault, JsonMembers},
};

/// The members of a body. It has no `Debug`, because a password is among them.
pub struct LegacyBody(JsonMembers);

impl LegacyBody {
    /// Reads the body of `request`.
    ///
    /// # Errors
    /// 415, 413, 408 or 400.
    pub async fn read(request: Request) -> Result<Self, LegacyError> {
        let (parts, body) = request.into_parts();
        body::require_type(&parts.headers, |essence| {
            essence == "application/json" || essence.starts_with("application/") && essence.ends_with("+json")
        })?;
        let bytes = body::read_bounded(&parts.headers, body).await?;
        json::object(&bytes).map(Self).map_err(|fault| {
            LegacyError::bad_request(match fault {
                JsonFault::NotAnObject | JsonFault::RepeatedName { .. } => {
                    "The request body must be a JSON object without repeated names"
                }
                JsonFault::Syntax { .. } => "The request body is not valid JSON",
            })
        })
    }

    /// Takes the text called `name`. Returns `None` if it is missing, null or empty.
    ///
    /// # Errors
    /// 400 if it is not a string.
    pub fn text(&mut self, name: &'static str) -> Result<Option<String>, LegacyError> {
        match self.0.get_mut(name).map(Value::take) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
            Some(_) => Err(LegacyError::bad_request(format!("{name} must be a string"))),
        }
    }
}
