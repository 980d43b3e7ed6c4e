//! What an application keeps of a user beside what Doorward knows: a JSON object of at most 8 KiB.
//!
//! Invariant: the stored text is a JSON object, and null in the database stands for the empty one.

use serde_json::{Map, Value};

use crate::{Error, Result};

/// Largest object, in bytes of its compact JSON.
pub const ATTRIBUTES_BYTES: usize = 8 * 1024;
/// How deep objects and lists in it may stand in each other, itself counted: readers give up at 64 or more, and answers put
/// some around it.
pub const ATTRIBUTES_DEPTH: usize = 32;

/// A JSON object of the application's own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attributes(Map<String, Value>);

/// A change of such an object.
#[derive(Debug, Clone, PartialEq)]
pub enum AttributesPatch {
    /// Changes the members that are given (RFC 7396).
    Merge(Map<String, Value>),
    /// Takes all members away.
    Clear,
}

/// The object would be larger than [`ATTRIBUTES_BYTES`], or deeper than [`ATTRIBUTES_DEPTH`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

impl Attributes {
    /// These members.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub fn new(members: Map<String, Value>) -> std::result::Result<Self, TooLarge> {
        let attributes = Self(members);
        let is_shallow = attributes.0.values().all(|value| is_within(value, ATTRIBUTES_DEPTH - 1));
        if is_shallow && attributes.text().len() <= ATTRIBUTES_BYTES { Ok(attributes) } else { Err(TooLarge) }
    }

    /// From the database's text.
    ///
    /// # Errors
    /// When it is no JSON object.
    pub fn from_stored(text: Option<&str>) -> Result<Self> {
        let Some(text) = text else { return Ok(Self::default()) };
        serde_json::from_str(text).map(Self).map_err(|_| Error::Corrupt("attributes that are no JSON object"))
    }

    /// What the database keeps: nothing for the empty object.
    #[must_use]
    pub fn stored(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.text())
    }

    /// The members.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// This object changed by `patch`.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub fn patched(&self, patch: &AttributesPatch) -> std::result::Result<Self, TooLarge> {
        match patch {
            AttributesPatch::Merge(patch) => self.merged(patch),
            AttributesPatch::Clear => Ok(Self::default()),
        }
    }

    /// This object merged with `patch`: a member that is null is taken away, objects are merged, anything else replaces
    /// what was there (RFC 7396 §2).
    ///
    /// # Errors
    /// [`TooLarge`].
    pub fn merged(&self, patch: &Map<String, Value>) -> std::result::Result<Self, TooLarge> {
        let mut members = self.0.clone();
        merge(&mut members, patch);
        Self::new(members)
    }

    /// The members in alphabetical order, down to the innermost: alike for all ways to write the same object.
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

/// Whether objects and lists in `value` stand in each other no deeper than that.
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
                let there = target.entry(name.clone()).or_insert(Value::Null);
                if !there.is_object() {
                    *there = Value::Object(Map::new());
                }
                if let Value::Object(members) = there {
                    merge(members, inner);
                }
            }
            other => drop(target.insert(name.clone(), other.clone())),
        }
    }
}
