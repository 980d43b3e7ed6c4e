//! Values that are one of a few words, in request bodies, queries and responses.

use serde_json::Value;

use super::{
    invalid::{Invalid, Violation},
    parameter_types::not_a_choice,
};

/// Defines an enum that is read from its words and written as them, with its JSON Schema.
macro_rules! choice {
    ($(#[doc = $doc:literal])* pub enum $Choice:ident { $($variant:ident = $word:literal,)+ }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $Choice { $($variant),+ }

        impl $Choice {
            /// Returns the word.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            fn from_word(word: &str) -> Option<Self> {
                [$(Self::$variant),+].into_iter().find(|choice| choice.word() == word)
            }
        }

        impl $crate::http::api::request_body::MemberType for $Choice {
            fn schema() -> serde_json::Value {
                serde_json::json!({ "type": "string", "enum": [$($word),+] })
            }

            fn read(
                name: &str,
                value: serde_json::Value,
            ) -> Result<Self, Vec<$crate::http::api::invalid::Invalid>> {
                $crate::http::api::choice::member(name, value, Self::from_word, &[$($word),+])
            }
        }

        impl $crate::http::api::response_body::ResponseMember for $Choice {
            const TYPE: $crate::http::api::schema::ValueType =
                $crate::http::api::schema::ValueType::Choice(&[$($word),+]);

            fn write<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl $crate::http::api::query::ParameterType for $Choice {
            fn schema() -> serde_json::Value {
                serde_json::json!({ "type": "string", "enum": [$($word),+] })
            }

            fn read(text: String) -> Result<Self, $crate::http::api::query::Fault> {
                Self::from_word(&text).ok_or_else(|| $crate::http::api::parameter_types::not_a_choice(&[$($word),+]))
            }
        }
    };
}
pub(crate) use choice;

/// Reads the member `name` of a body.
pub fn member<T>(
    name: &str,
    value: Value,
    from_word: fn(&str) -> Option<T>,
    words: &[&str],
) -> Result<T, Vec<Invalid>> {
    let Value::String(word) = value else {
        return Err(vec![Invalid::member(name, Violation::WrongType, "Must be a string.")]);
    };
    from_word(&word).ok_or_else(|| {
        let (violation, detail) = not_a_choice(words);
        vec![Invalid::member(name, violation, detail)]
    })
}
