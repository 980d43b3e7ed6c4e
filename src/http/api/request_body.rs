//! Request bodies as structs. [`request_body!`] makes the reader, the JSON Schema and the documentation from one
//! definition.
//!
//! Invariant: a reader reports all invalid members at once, and a value exists only if it meets every rule of its type.
//! Rules for the strength of passwords are not here but below HTTP.

use serde_json::{Map, Value, json};

use super::{
    invalid::{Invalid, Violation},
    schema::with,
};
use crate::http::json::JsonMembers;

/// A body that is a JSON object.
pub trait RequestBody: Sized {
    /// The description; `None` for [`NoBody`].
    const SPEC: Option<BodySpec>;

    /// Reads the members of a body.
    ///
    /// # Errors
    /// All invalid, missing and unknown members.
    fn read(members: JsonMembers) -> Result<Self, Vec<Invalid>>;
}

/// The description of a body.
#[derive(Debug)]
pub struct BodySpec {
    pub fields: &'static [Field],
    pub is_optional: bool,
    /// Whether `application/merge-patch+json` is accepted too.
    pub is_patch: bool,
}

/// The description of a member.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub is_required: bool,
    /// Whether the member is the current password of an account, which is then tested.
    pub is_current_password: bool,
    /// One or two sentences, for the documents.
    pub meaning: &'static str,
    /// A valid value: text for strings, and JSON for other types.
    pub example: &'static str,
    /// Whether the example of the whole body contains the member.
    pub is_exemplary: bool,
    pub schema: fn() -> Value,
}

/// A type that a member may have.
pub trait MemberType: Sized {
    const IS_REQUIRED: bool = true;
    const IS_CURRENT_PASSWORD: bool = false;

    /// Returns the JSON Schema.
    fn schema() -> Value;

    /// Reads the value of the member `name`.
    ///
    /// # Errors
    /// All violated rules, without the value.
    fn read(name: &str, value: Value) -> Result<Self, Vec<Invalid>>;

    /// Returns the value of a missing member; `None` if the member is required.
    fn absent() -> Option<Self> {
        None
    }
}

/// A member that may be missing, and must not be null.
impl<T: MemberType> MemberType for Option<T> {
    const IS_REQUIRED: bool = false;
    const IS_CURRENT_PASSWORD: bool = T::IS_CURRENT_PASSWORD;

    fn schema() -> Value {
        T::schema()
    }

    fn read(name: &str, value: Value) -> Result<Self, Vec<Invalid>> {
        T::read(name, value).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// Defines a body. `required`, `optional` or `patch` follows the name. `#[restricted]` keeps a member out of the example,
/// because only some callers may send it.
macro_rules! request_body {
    (@is_exemplary) => { true };
    (@is_exemplary $restricted:ident) => { false };
    (
        $(#[doc = $doc:literal])*
        pub struct $Body:ident: $kind:ident { $(
            $(#[doc = $meaning:literal])+
            #[example = $example:literal]
            $(#[$restricted:ident])?
            pub $field:ident: $type:ty,
        )+ }
    ) => {
        $(#[doc = $doc])*
        pub struct $Body { $( $(#[doc = $meaning])+ pub $field: $type, )+ }

        impl $Body {
            const FIELDS: &'static [$crate::http::api::request_body::Field] = &[$(
                $crate::http::api::request_body::Field {
                    name: stringify!($field),
                    is_required: <$type as $crate::http::api::request_body::MemberType>::IS_REQUIRED,
                    is_current_password: <$type as $crate::http::api::request_body::MemberType>::IS_CURRENT_PASSWORD,
                    meaning: concat!($($meaning),+).trim_ascii_start(),
                    example: $example,
                    is_exemplary: $crate::http::api::request_body::request_body!(@is_exemplary $($restricted)?),
                    schema: <$type as $crate::http::api::request_body::MemberType>::schema,
                },
            )+];
        }

        impl $crate::http::api::request_body::RequestBody for $Body {
            const SPEC: Option<$crate::http::api::request_body::BodySpec> =
                Some($crate::http::api::request_body::BodySpec::$kind(Self::FIELDS));

            fn read(
                members: $crate::http::json::JsonMembers,
            ) -> Result<Self, Vec<$crate::http::api::invalid::Invalid>> {
                use $crate::http::api::request_body::{MemberType, missing, unknown};
                let mut errors = Vec::new();
                $(let mut $field: Option<$type> = None;)+
                $(if <$type as MemberType>::IS_REQUIRED && !members.contains_key(stringify!($field)) {
                    errors.push(missing(stringify!($field)));
                })+
                for (name, value) in members {
                    match name.as_str() {
                        $(stringify!($field) => match <$type as MemberType>::read(&name, value) {
                            Ok(value) => $field = Some(value),
                            Err(found) => errors.extend(found),
                        },)+
                        _ => errors.push(unknown(&name)),
                    }
                }
                match ($($field.or_else(<$type as MemberType>::absent),)+) {
                    ($(Some($field),)+) if errors.is_empty() => Ok(Self { $($field),+ }),
                    _ => Err(errors),
                }
            }
        }
    };
}
pub(crate) use request_body;

/// The error of a required member that is missing.
pub fn missing(name: &str) -> Invalid {
    Invalid::member(name, Violation::Missing, "This member is required.")
}

/// The error of a member that the body does not have.
pub fn unknown(name: &str) -> Invalid {
    Invalid::member(name, Violation::Unknown, "This member is unknown.")
}

/// The body of operations without one. An empty object is accepted, and any member is refused.
#[derive(Debug)]
pub struct NoBody;

impl RequestBody for NoBody {
    const SPEC: Option<BodySpec> = None;

    fn read(members: JsonMembers) -> Result<Self, Vec<Invalid>> {
        if members.is_empty() { Ok(Self) } else { Err(members.keys().map(|name| unknown(name)).collect()) }
    }
}

impl BodySpec {
    /// Describes a required body.
    pub const fn required(fields: &'static [Field]) -> Self {
        Self { fields, is_optional: false, is_patch: false }
    }

    /// Describes an optional body.
    pub const fn optional(fields: &'static [Field]) -> Self {
        Self { fields, is_optional: true, is_patch: false }
    }

    /// Describes the body of a PATCH.
    pub const fn patch(fields: &'static [Field]) -> Self {
        Self { fields, is_optional: false, is_patch: true }
    }

    /// Returns the JSON Schema.
    pub fn schema(&self) -> Value {
        let properties: Map<String, Value> =
            self.fields.iter().map(|field| (field.name.to_owned(), field.schema())).collect();
        let required: Vec<&str> =
            self.fields.iter().filter(|field| field.is_required).map(|field| field.name).collect();
        json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
    }

    /// Returns a body that every permitted caller may send: the members that are not restricted.
    pub fn example(&self) -> Value {
        let exemplary = self.fields.iter().filter(|field| field.is_exemplary);
        Value::Object(exemplary.map(|field| (field.name.to_owned(), field.example())).collect())
    }
}

impl Field {
    /// Returns the example as JSON.
    pub fn example(&self) -> Value {
        match (self.schema)().get("type") {
            Some(Value::String(name)) if name == "string" => Value::from(self.example),
            _ => serde_json::from_str(self.example).unwrap_or_default(),
        }
    }

    /// Returns the JSON Schema, with description and example.
    pub fn schema(&self) -> Value {
        with(with((self.schema)(), "description", self.meaning), "examples", json!([self.example()]))
    }
}
