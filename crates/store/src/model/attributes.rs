//! The application's own data about a user: a JSON object of at most 8 KiB.
//!
//! Invariant: the stored text is a JSON object, and null in the database means the empty object.

use serde_json::{Map, Value};

use crate::{Error, Result};

/// The largest object, in bytes of its compact JSON.
pub const ATTRIBUTES_BYTES: usize = 8 * 1024;
/// The deepest nesting of objects and lists, counting the object itself. Parsers stop at 64 or more, and responses add
/// some levels.
pub const ATTRIBUTES_DEPTH: usize = 32;

/// A JSON object that belongs to the application.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attributes(Map<String, Value>);

/// A change of [`Attributes`].
#[derive(Debug, Clone, PartialEq)]
pub enum AttributesPatch {
    /// Changes the given members (RFC 7396).
    Merge(Map<String, Value>),
    /// Removes all members.
    Clear,
}

/// The object would be larger than [`ATTRIBUTES_BYTES`], or deeper than [`ATTRIBUTES_DEPTH`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

impl Attributes {
    /// Creates an object with these members.
    ///
    /// # Errors
    /// Returns [`TooLarge`] if the object exceeds a limit.
    pub fn new(members: Map<String, Value>) -> std::result::Result<Self, TooLarge> {
        let attributes = Self(members);
        let is_shallow = attributes.0.values().all(|value| is_within(value, ATTRIBUTES_DEPTH - 1));
        if is_shallow && attributes.text().len() <= ATTRIBUTES_BYTES { Ok(attributes) } else { Err(TooLarge) }
    }

    /// Reads the database's text.
    ///
    /// # Errors
    /// Returns [`Error::Corrupt`] if the text is not a JSON object.
    pub fn from_stored(text: Option<&str>) -> Result<Self> {
        let Some(text) = text else { return Ok(Self::default()) };
        serde_json::from_str(text).map(Self).map_err(|_| Error::Corrupt("attributes that are not a JSON object"))
    }

    /// Returns the database's text; `None` for the empty object.
    #[must_use]
    pub fn stored(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.text())
    }

    /// Returns the members.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Returns the object after the change.
    ///
    /// # Errors
    /// Returns [`TooLarge`] if the result exceeds a limit.
    pub fn patched(&self, patch: &AttributesPatch) -> std::result::Result<Self, TooLarge> {
        match patch {
            AttributesPatch::Merge(patch) => self.merged(patch),
            AttributesPatch::Clear => Ok(Self::default()),
        }
    }

    /// Returns the object merged with `patch` (RFC 7396 §2): a null removes the member, objects are merged, and any
    /// other value replaces the previous one.
    ///
    /// # Errors
    /// Returns [`TooLarge`] if the result exceeds a limit.
    pub fn merged(&self, patch: &Map<String, Value>) -> std::result::Result<Self, TooLarge> {
        let mut members = self.0.clone();
        merge(&mut members, patch);
        Self::new(members)
    }

    /// Returns the members in alphabetical order at every depth, so that equal objects give equal text.
    #[must_use]
    pub fn sorted(&self) -> Value {
        let mut sorted = Value::Object(self.0.clone());
        sorted.sort_all_objects();
        sorted
    }

    fn text(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }
}

/// Returns whether the nesting in `value` is at most `depth`.
fn is_within(value: &Value, depth: usize) -> bool {
    let Some(left) = depth.checked_sub(1) else { return !value.is_object() && !value.is_array() };
    match value {
        Value::Object(members) => members.values().all(|value| is_within(value, left)),
        Value::Array(items) => items.iter().all(|value| is_within(value, left)),
        _ => true,
    }
}

fn merge(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (name, value) in patch {
        match value {
            Value::Null => drop(target.shift_remove(name)),
            Value::Object(inner) => {
                let member = target.entry(name.clone()).or_insert(Value::Null);
                if !member.is_object() {
                    *member = Value::Object(Map::new());
                }
                if let Value::Object(members) = member {
                    merge(members, inner);
                }
            }
            other => drop(target.insert(name.clone(), other.clone())),
        }
    }
}
