//! The one reader of JSON bodies, for `/api/v1` and for the legacy routes.
//!
//! [`StrictJson`] rejects a name that repeats within an object. `serde_json` rejects nesting deeper than 127 levels, and
//! [`super::body`] bounds the size. Invariant: an error gives the position of the fault and never repeats the text.

use serde::de::{Deserialize, DeserializeSeed, Deserializer};
use serde_json::{Map, Value, error::Category};

use crate::model::StrictJson;

/// The members of a JSON object, in the order of the text.
pub type JsonMembers = Map<String, Value>;

/// The reason why a text is not an acceptable JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonFault {
    NotAnObject,
    /// A name repeats within one object. The position is behind the second one.
    RepeatedName {
        line: usize,
        column: usize,
    },
    Syntax {
        line: usize,
        column: usize,
    },
}

/// Reads the members of the object that `bytes` contain.
///
/// # Errors
/// [`JsonFault`], without any part of the text.
pub fn object(bytes: &[u8]) -> Result<JsonMembers, JsonFault> {
    match serde_json::from_slice(bytes) {
        Ok(Strict(Value::Object(members))) => Ok(members),
        Ok(_) => Err(JsonFault::NotAnObject),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            Err(match error.classify() {
                // A repeated name is the only fault of this category.
                Category::Data => JsonFault::RepeatedName { line, column },
                _ => JsonFault::Syntax { line, column },
            })
        }
    }
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        StrictJson.deserialize(deserializer).map(Self)
    }
}
