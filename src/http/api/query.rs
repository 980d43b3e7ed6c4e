//! Queries as structs. [`query!`] makes the reader and the documentation from one definition.
//!
//! Invariant: names and values are decoded once, as the URL standard says for forms (a plus is a blank). A parameter that
//! is unknown, repeated or invalid is refused, and never treated as missing.

use std::{borrow::Cow, collections::BTreeSet};

use serde_json::Value;

use super::invalid::{Invalid, Violation};

/// The most items of a page.
pub const PAGE: usize = 100;
/// The number of items of a page without a `limit`.
pub const DEFAULT_PAGE: usize = 50;

/// The rule that a parameter violates, and what would be valid.
pub type Fault = (Violation, Cow<'static, str>);

/// A query. No parameter is required.
pub trait Query: Sized {
    const PARAMETERS: &'static [Parameter];

    /// Reads a query. The errors are all those of its parameters.
    fn read(query: Option<&str>) -> (Self, Vec<Invalid>);
}

/// The description of a parameter.
#[derive(Debug)]
pub struct Parameter {
    pub name: &'static str,
    /// One sentence, for the documents.
    pub meaning: &'static str,
    /// A valid value.
    pub example: &'static str,
    pub schema: fn() -> Value,
}

/// A type that a parameter may have.
pub trait ParameterType: Sized {
    /// Returns the JSON Schema.
    fn schema() -> Value;

    /// Reads a decoded value.
    ///
    /// # Errors
    /// The violated rule, without the value.
    fn read(text: String) -> Result<Self, Fault>;
}

/// Defines a query.
macro_rules! query {
    (
        $(#[doc = $doc:literal])*
        pub struct $Query:ident { $(
            $(#[doc = $meaning:literal])+
            #[example = $example:literal]
            pub $field:ident: Option<$type:ty>,
        )+ }
    ) => {
        $(#[doc = $doc])*
        #[derive(Default)]
        pub struct $Query { $( $(#[doc = $meaning])+ pub $field: Option<$type>, )+ }

        impl $crate::http::api::query::Query for $Query {
            const PARAMETERS: &'static [$crate::http::api::query::Parameter] = &[$(
                $crate::http::api::query::Parameter {
                    name: stringify!($field),
                    meaning: concat!($($meaning),+).trim_ascii_start(),
                    example: $example,
                    schema: <$type as $crate::http::api::query::ParameterType>::schema,
                },
            )+];

            fn read(query: Option<&str>) -> (Self, Vec<$crate::http::api::invalid::Invalid>) {
                let mut read = Self::default();
                let errors = $crate::http::api::query::read_pairs(query, Self::PARAMETERS, |name, text| {
                    match name {
                        $(stringify!($field) => {
                            read.$field = Some(<$type as $crate::http::api::query::ParameterType>::read(text)?);
                        })+
                        // `read_pairs` passes no other name.
                        _ => {}
                    }
                    Ok(())
                });
                (read, errors)
            }
        }
    };
}
pub(crate) use query;

/// The query of operations without parameters.
#[derive(Debug)]
pub struct NoQuery;

impl Query for NoQuery {
    const PARAMETERS: &'static [Parameter] = &[];

    fn read(query: Option<&str>) -> (Self, Vec<Invalid>) {
        (Self, read_pairs(query, Self::PARAMETERS, |_, _| Ok(())))
    }
}

/// Passes each known parameter to `read`. Returns the errors of all parameters.
pub fn read_pairs(
    query: Option<&str>,
    parameters: &'static [Parameter],
    mut read: impl FnMut(&'static str, String) -> Result<(), Fault>,
) -> Vec<Invalid> {
    let (mut errors, mut seen) = (Vec::new(), BTreeSet::new());
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let Some(name) = decoded(name) else {
            errors.push(Invalid::parameter(name, Violation::Malformed, NOT_TEXT));
            continue;
        };
        let Some(parameter) = parameters.iter().find(|parameter| parameter.name == name) else {
            errors.push(Invalid::parameter(name, Violation::Unknown, "This parameter is unknown."));
            continue;
        };
        if !seen.insert(parameter.name) {
            errors.push(Invalid::parameter(name, Violation::Repeated, "Must not be repeated."));
            continue;
        }
        let text = decoded(value).ok_or((Violation::Malformed, Cow::Borrowed(NOT_TEXT)));
        if let Err((violation, detail)) = text.and_then(|text| read(parameter.name, text)) {
            errors.push(Invalid::parameter(parameter.name, violation, detail));
        }
    }
    errors
}

const NOT_TEXT: &str = "Must be UTF-8, percent-encoded.";

/// Percent-decodes once. Returns `None` if the result is not UTF-8, or if a `%` is not followed by two digits.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit()? * 16 + digit()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

impl Parameter {
    /// Returns the example as JSON.
    pub fn example(&self) -> Value {
        match (self.schema)().get("type") {
            Some(Value::String(name)) if name == "integer" => serde_json::from_str(self.example).unwrap_or_default(),
            _ => Value::from(self.example),
        }
    }
}
