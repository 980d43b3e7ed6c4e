//! An invalid value of a request: its place, the violated rule, and what would be valid.
//!
//! Invariant: the value itself is never repeated, because it may be a password in the wrong place.

use std::borrow::Cow;

use serde::Serializer;

use super::{
    response_body::{Omittable, ResponseMember, response_body},
    schema::ValueType,
};
use crate::model::{NameProblem, PasswordProblem};

/// The most invalid values in a response. A body can have thousands of unknown names.
pub const MOST: usize = 20;

/// Makes the enum and the table from one list.
macro_rules! violations {
    ($($name:ident: $word:literal, $meaning:literal;)*) => {
        /// A rule that a value violates.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Violation { $($name),* }

        impl Violation {
            /// All rules.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The words of all rules.
            pub const WORDS: &[&str] = &[$($word),*];

            /// Returns the word for programs, and its meaning.
            pub const fn describe(self) -> (&'static str, &'static str) {
                match self { $(Self::$name => ($word, $meaning)),* }
            }
        }
    };
}

violations! {
    Missing: "missing", "It is required.";
    Unknown: "unknown", "No member or parameter has this name.";
    WrongType: "wrong_type", "It has the wrong JSON type.";
    Repeated: "repeated", "It must not be repeated.";
    Malformed: "malformed", "It does not have the required form.";
    OutOfRange: "out_of_range", "The number is out of range.";
    NotAChoice: "not_a_choice", "It is not one of the allowed words.";
    TooShort: "too_short", "It is too short.";
    TooLong: "too_long", "It is too long, or has too many elements.";
    Blank: "blank", "It consists of blanks.";
    UnseenCharacters: "unseen_characters", "It has control characters or invisible characters.";
    IsName: "is_name", "A password must not be the name of the user or of the service, even with digits at the end.";
    IsCommon: "is_common", "The password is too common.";
    IsCurrent: "is_current", "The password is the current one, which must be changed.";
    InvalidCursor: "invalid_cursor", "It is not a `next` of an earlier page of this list.";
    Reserved: "reserved", "The name is reserved, or looks like another user's name.";
    UnknownRole: "unknown_role", "No role has this name.";
}

impl ResponseMember for Violation {
    const TYPE: ValueType = ValueType::Choice(Self::WORDS);

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.describe().0)
    }
}

response_body! {
    /// An invalid value of the request.
    #[example = r#"{"pointer": "/password", "code": "too_short", "detail": "Must be at least 15 characters long."}"#]
    pub struct InvalidBody<'a>: "InvalidValue" {
        /// The place in the body, as a JSON pointer; null for other places.
        pub pointer: Option<&'a str>,
        /// The name of the query parameter.
        pub parameter: Omittable<&'a str>,
        /// The name of the header.
        pub header: Omittable<&'a str>,
        /// The violated rule, as a stable word.
        pub code: Violation,
        /// What would be valid.
        pub detail: &'a str,
    }
}

/// The place of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValuePlace {
    /// In the body, as a JSON pointer (RFC 6901).
    Body(String),
    /// In the query.
    Parameter(String),
    Header(&'static str),
}

/// A value that violates a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    pub place: ValuePlace,
    pub violation: Violation,
    pub detail: Cow<'static, str>,
}

impl Invalid {
    /// Creates an error of the member `name` of the body.
    pub fn member(name: &str, violation: Violation, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { place: ValuePlace::Body(pointer(name)), violation, detail: detail.into() }
    }

    /// Creates an error of the query parameter `name`.
    pub fn parameter(name: impl Into<String>, violation: Violation, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { place: ValuePlace::Parameter(name.into()), violation, detail: detail.into() }
    }

    /// Creates an error of the header `name`.
    pub fn header(name: &'static str, violation: Violation, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { place: ValuePlace::Header(name), violation, detail: detail.into() }
    }

    /// Moves the place to the item at `index` of the member.
    pub fn at(mut self, index: usize) -> Self {
        if let ValuePlace::Body(pointer) = &mut self.place {
            pointer.push_str(&format!("/{index}"));
        }
        self
    }

    /// Creates an error of a new password in the member `name`, which the policy rejects.
    pub fn password(name: &str, problem: PasswordProblem) -> Self {
        let violation = match problem {
            PasswordProblem::TooShort(_) => Violation::TooShort,
            PasswordProblem::TooLong | PasswordProblem::TooManyBytes => Violation::TooLong,
            PasswordProblem::HasNul => Violation::UnseenCharacters,
            PasswordProblem::IsName => Violation::IsName,
            PasswordProblem::IsCommon => Violation::IsCommon,
            PasswordProblem::IsCurrent => Violation::IsCurrent,
        };
        Self::member(name, violation, problem.detail())
    }

    /// Returns the entry in the body of the problem.
    pub fn body(&self) -> InvalidBody<'_> {
        let (pointer, parameter, header) = match &self.place {
            ValuePlace::Body(pointer) => (Some(pointer.as_str()), None, None),
            ValuePlace::Parameter(name) => (None, Some(name.as_str()), None),
            ValuePlace::Header(name) => (None, None, Some(*name)),
        };
        InvalidBody {
            pointer,
            parameter: Omittable(parameter),
            header: Omittable(header),
            code: self.violation,
            detail: &self.detail,
        }
    }
}

/// Returns the violated rule for names, and its text.
pub fn name_violation(problem: NameProblem) -> (Violation, &'static str) {
    match problem {
        NameProblem::Blank => (Violation::Blank, "Must not be blank."),
        NameProblem::TooLong => (Violation::TooLong, "Must be at most 100 characters long."),
        NameProblem::PathSegment => (Violation::Malformed, "Must not be `.` or `..`, which URLs cannot carry."),
        NameProblem::Unseen => (Violation::UnseenCharacters, "Must not contain control or invisible characters."),
    }
}

/// Returns the JSON pointer to the member `name` of the body.
fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}
