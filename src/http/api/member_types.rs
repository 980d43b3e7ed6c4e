//! The types of the members of request bodies: how each is read, and its JSON Schema.
//!
//! Invariant: no error repeats a value, which may be a password in the wrong member.

use doorward_password::Password;
use serde_json::{Map, Value, json};

use super::{
    invalid::{Invalid, Violation, name_violation},
    request_body::MemberType,
    schema::or_null,
};
use crate::model::{
    ATTRIBUTES_BYTES, Attributes, AttributesPatch, NAME_CODE_POINTS, Name, NameKey, Permissions, ROLE_PERMISSIONS,
    RoleName, WORD_CHARACTERS, is_permission,
};

const NO_CONTROL_CHARACTERS: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";
pub const ROLE_NAME_PATTERN: &str = "^[a-z][a-z0-9_-]*$";
const PERMISSION_PATTERN: &str = "^[a-z][a-z0-9_.-]*:[a-z][a-z0-9_.-]*$";
pub const ROLE_NAME_RULE: &str =
    "Must consist of lower-case letters, digits, `_` and `-`, begin with a letter, and have at most 64 characters.";
pub const PERMISSION_RULE: &str = "Must be two words with a colon between them, as in invoices:read. A word consists of \
     lower-case letters, digits, `_`, `-` and `.`, and begins with a letter. Both together have at most 64 characters.";

/// A name to find an account by: as it was typed, and folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownName {
    pub typed: String,
    pub key: NameKey,
}

/// The current password of an account.
pub struct CurrentPassword(pub Password);

/// A password that an account is to get.
pub struct ChosenPassword(pub Password);

/// A text of at most `MOST` code points.
#[derive(Debug)]
pub struct LimitedText<const MOST: usize>(pub String);

/// The name of a permission of Doorward or of the application.
#[derive(Debug)]
pub struct PermissionName(pub String);

fn text(name: &str, value: Value) -> Result<String, Vec<Invalid>> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(wrong_type(name, "a string")),
    }
}

fn wrong_type(name: &str, expected: &str) -> Vec<Invalid> {
    vec![Invalid::member(name, Violation::WrongType, format!("Must be {expected}."))]
}

impl MemberType for Name {
    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1, "maxLength": NAME_CODE_POINTS })
    }

    fn read(name: &str, value: Value) -> Result<Self, Vec<Invalid>> {
        Self::new(&text(name, value)?).map_err(|problem| {
            let (violation, detail) = name_violation(problem);
            vec![Invalid::member(name, violation, detail)]
        })
    }
}

impl MemberType for KnownName {
    fn schema() -> Value {
        json!({ "type": "string", "maxLength": NAME_CODE_POINTS, "pattern": NO_CONTROL_CHARACTERS })
    }

    fn read(name: &str, value: Value) -> Result<Self, Vec<Invalid>> {
        let typed = text(name, value)?;
        match NameKey::to_find(&typed) {
            Ok(key) => Ok(Self { typed, key }),
            Err(problem) => {
                let (violation, detail) = name_violation(problem);
                Err(vec![Invalid::member(name, violation, detail)])
            }
        }
    }
}

impl MemberType for CurrentPassword {
    const IS_CURRENT_PASSWORD: bool = true;

    fn schema() -> Value {
        json!({ "type": "string", "format": "password", "writeOnly": true })
    }

    fn read(name: &str, value: Value) -> Result<Self, Vec<Invalid>> {
        text(name, value).map(|text| Self(Password::new(text)))
    }
}

impl MemberType for ChosenPassword {
    fn schema() -> Value {
        json!({ "type": "string", "format": "password", "writeOnly": true, "minLength": 8, "maxLength": 1024 })
    }

    fn read(name: &str, value: Value) -> Result<Self, Vec<Invalid>> {
        text(name, value).map(|text| Self(Password::new(text)))
    }
}

impl<const MOST: usize> MemberType for LimitedText<MOST> {
    fn schema() -> Value {
        json!({ "type": "string", "maxLength": MOST })
    }

    fn read(name: &str, value: Value) -> Result<Self, Vec<Invalid>> {
        let text = text(name, value)?;
        if text.chars().count() > MOST {
            let detail = format!("Must be at most {MOST} characters long.");
            return Err(vec![Invalid::member(name, Violation::TooLong, detail)]);
        }
        Ok(Self(text))
    }
}

impl MemberType for bool {
    fn schema() -> Value {
        json!({ "type": "boolean" })
    }

    fn read(name: &str, value: Value) -> Result<Self, Vec<Invalid>> {
        value.as_bool().ok_or_else(|| wrong_type(name, "true or false"))
    }
}

impl MemberType for RoleName {
    fn schema() -> Value {
        json!({ "type": "string", "maxLength": WORD_CHARACTERS, "pattern": ROLE_NAME_PATTERN })
    }

    fn read(name: &str, value: Value) -> Result<Self, Vec<Invalid>> {
        let malformed = || vec![Invalid::member(name, Violation::Malformed, ROLE_NAME_RULE)];
        Self::new(&text(name, value)?).ok_or_else(malformed)
    }
}

impl MemberType for PermissionName {
    fn schema() -> Value {
        json!({ "type": "string", "maxLength": WORD_CHARACTERS, "pattern": PERMISSION_PATTERN })
    }

    fn read(name: &str, value: Value) -> Result<Self, Vec<Invalid>> {
        let text = text(name, value)?;
        if !is_permission(&text) {
            return Err(vec![Invalid::member(name, Violation::Malformed, PERMISSION_RULE)]);
        }
        Ok(Self(text))
    }
}

impl MemberType for Permissions {
    fn schema() -> Value {
        json!({ "type": "array", "items": PermissionName::schema(), "maxItems": ROLE_PERMISSIONS })
    }

    fn read(name: &str, value: Value) -> Result<Self, Vec<Invalid>> {
        let Value::Array(words) = value else { return Err(wrong_type(name, "a list of permissions")) };
        if words.len() > ROLE_PERMISSIONS {
            let detail = format!("Must have at most {ROLE_PERMISSIONS} permissions.");
            return Err(vec![Invalid::member(name, Violation::TooLong, detail)]);
        }
        let (mut valid, mut errors) = (Vec::new(), Vec::new());
        for (index, word) in words.into_iter().enumerate() {
            match word {
                Value::String(word) if is_permission(&word) => valid.push(word),
                Value::String(_) => errors.push(Invalid::member(name, Violation::Malformed, PERMISSION_RULE).at(index)),
                _ => errors.push(Invalid::member(name, Violation::WrongType, "Must be a string.").at(index)),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let set = Self::new(valid.iter().map(String::as_str));
        set.ok_or_else(|| vec![Invalid::member(name, Violation::Malformed, PERMISSION_RULE)])
    }
}

impl MemberType for Attributes {
    fn schema() -> Value {
        json!({ "type": "object", "additionalProperties": true })
    }

    fn read(name: &str, value: Value) -> Result<Self, Vec<Invalid>> {
        let too_deep = |_| vec![Invalid::member(name, Violation::TooLong, ATTRIBUTES_TOO_LARGE)];
        Self::new(object(name, value)?).map_err(too_deep)
    }
}

/// A change of attributes. Null removes all members.
impl MemberType for AttributesPatch {
    fn schema() -> Value {
        or_null(Attributes::schema())
    }

    fn read(name: &str, value: Value) -> Result<Self, Vec<Invalid>> {
        if value.is_null() { Ok(Self::Clear) } else { object(name, value).map(Self::Merge) }
    }
}

pub const ATTRIBUTES_TOO_LARGE: &str = "Must have at most 8192 bytes in all, and 32 levels of objects and lists.";

fn object(name: &str, value: Value) -> Result<Map<String, Value>, Vec<Invalid>> {
    if value.is_object() && value.to_string().len() > ATTRIBUTES_BYTES {
        let detail = format!("Must have at most {ATTRIBUTES_BYTES} bytes as compact JSON.");
        return Err(vec![Invalid::member(name, Violation::TooLong, detail)]);
    }
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(wrong_type(name, "an object")),
    }
}
