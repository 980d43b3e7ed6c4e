//! Objects of responses as structs. [`response_body!`] makes the writer, the JSON Schema and the documentation from one
//! definition.
//!
//! Invariant: a written object has exactly the members of its schema, in the order of the documents.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::schema::{ObjectSchema, ValueType};
use crate::model::{Uid, UnixMillis};

/// An object of a response.
pub trait ResponseBody: Serialize {
    const OBJECT: &'static ObjectSchema;
}

/// A type that a member of a response may have.
pub trait ResponseMember {
    const TYPE: ValueType;
    const IS_ALWAYS_PRESENT: bool = true;

    /// Returns whether the response lacks the member.
    fn is_omitted(&self) -> bool {
        false
    }

    /// Writes the value.
    ///
    /// # Errors
    /// The serializer's.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

/// A member that is left out without a value. [`Option`] is a member that is null then.
#[derive(Debug)]
pub struct Omittable<T>(pub Option<T>);

/// A reference to a URI.
#[derive(Debug)]
pub struct UriReference(pub String);

/// Defines an object. Its name in the documents follows the name of the struct.
macro_rules! response_body {
    (
        $(#[doc = $meaning:literal])+
        #[example = $example:literal]
        pub struct $Body:ident $(<$life:lifetime>)?: $name:literal { $(
            $(#[doc = $member_meaning:literal])+
            pub $field:ident: $type:ty,
        )+ }
    ) => {
        $(#[doc = $meaning])+
        #[derive(serde::Serialize)]
        pub struct $Body $(<$life>)? { $(
            $(#[doc = $member_meaning])+
            #[serde(
                serialize_with = "crate::http::api::response_body::ResponseMember::write",
                skip_serializing_if = "crate::http::api::response_body::ResponseMember::is_omitted"
            )]
            pub $field: $type,
        )+ }

        impl $(<$life>)? $crate::http::api::response_body::ResponseBody for $Body $(<$life>)? {
            const OBJECT: &'static $crate::http::api::schema::ObjectSchema = &$crate::http::api::schema::ObjectSchema {
                name: $name,
                meaning: concat!($($meaning),+).trim_ascii_start(),
                members: &[$(
                    $crate::http::api::schema::Member {
                        name: $crate::http::api::response_body::name_of(stringify!($field)),
                        shape: <$type as $crate::http::api::response_body::ResponseMember>::TYPE,
                        meaning: concat!($($member_meaning),+).trim_ascii_start(),
                        is_always_there:
                            <$type as $crate::http::api::response_body::ResponseMember>::IS_ALWAYS_PRESENT,
                    },
                )+],
                example: $example,
            };
        }
    };
}
pub(crate) use response_body;

/// Returns the name of a member in JSON: a Rust identifier without the mark of a raw one.
pub const fn name_of(identifier: &'static str) -> &'static str {
    match identifier.split_at_checked(2) {
        Some((mark, name)) if matches!(mark.as_bytes(), b"r#") => name,
        _ => identifier,
    }
}

/// Implements [`ResponseMember`] with a function that writes the value.
macro_rules! member_type {
    ($($type:ty: $shape:expr, |$value:ident, $serializer:ident| $write:expr;)+) => { $(
        impl ResponseMember for $type {
            const TYPE: ValueType = $shape;

            fn write<S: Serializer>(&self, $serializer: S) -> Result<S::Ok, S::Error> {
                let $value = self;
                $write
            }
        }
    )+ };
}

member_type! {
    &str: ValueType::Text, |text, serializer| serializer.serialize_str(text);
    bool: ValueType::Boolean, |value, serializer| serializer.serialize_bool(*value);
    u16: ValueType::Integer, |number, serializer| serializer.serialize_u16(*number);
    Uid: ValueType::Uid, |uid, serializer| serializer.collect_str(uid);
    UnixMillis: ValueType::Instant, |time, serializer| serializer.collect_str(time);
    UriReference: ValueType::Uri, |uri, serializer| serializer.serialize_str(&uri.0);
    &Map<String, Value>: ValueType::Anything, |members, serializer| members.serialize(serializer);
    Vec<&str>: ValueType::Words, |words, serializer| words.serialize(serializer);
}

impl<T: ResponseBody> ResponseMember for T {
    const TYPE: ValueType = ValueType::Object(T::OBJECT);

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }
}

impl<T: ResponseBody> ResponseMember for Vec<T> {
    const TYPE: ValueType = ValueType::List(T::OBJECT);

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }
}

impl<T: ResponseMember> ResponseMember for Option<T> {
    const TYPE: ValueType = ValueType::Nullable(&T::TYPE);

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.write(serializer),
            None => serializer.serialize_none(),
        }
    }
}

impl<T: ResponseMember> ResponseMember for Omittable<T> {
    const TYPE: ValueType = T::TYPE;
    const IS_ALWAYS_PRESENT: bool = false;

    fn is_omitted(&self) -> bool {
        self.0.is_none()
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}
