//! What is wrong with one value of a request: where it stands, which rule it breaks, and what would do.
//!
//! Invariant: the value itself is never repeated, as it may be a password in the wrong place.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::model::{NameProblem, PasswordProblem};

/// Most of them in one answer: a body has room for thousands of unknown names.
pub const MOST: usize = 20;

/// Makes the enum and the table of one list.
macro_rules! flaws {
    ($($name:ident: $word:literal, $meaning:literal;)*) => {
        /// The rule that a value breaks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Violation { $($name),* }

        impl Violation {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Their words.
            pub const WORDS: &[&str] = &[$($word),*];

            /// The word that programs look at, and what it means.
            pub const fn describe(self) -> (&'static str, &'static str) {
                match self { $(Self::$name => ($word, $meaning)),* }
            }
        }
    };
}

flaws! {
    Missing: "missing", "It is required.";
    Unknown: "unknown", "There is no member or parameter of this name here.";
    WrongType: "wrong_type", "It is of another type of JSON than it must be.";
    Repeated: "repeated", "It may be given once.";
    Malformed: "malformed", "It is not of the form that it must have.";
    OutOfRange: "out_of_range", "It is a number outside the range.";
    NotAChoice: "not_a_choice", "It is none of the words that may stand here.";
    TooShort: "too_short", "It is shorter than it must be.";
    TooLong: "too_long", "It is longer, or has more in it, than it may.";
    Blank: "blank", "It is nothing but blanks.";
    UnseenCharacters: "unseen_characters", "It has control characters, or others that a reader cannot see.";
    IsName: "is_name", "A password must not be the name of the user or of the service, with or without digits behind.";
    IsCommon: "is_common", "The password is among those that are guessed first.";
    IsCurrent: "is_current", "The password is the one that must be changed.";
    InvalidCursor: "invalid_cursor", "It is no `next` of an earlier page of this list.";
    Reserved: "reserved", "The name is reserved, or could be taken for somebody else's.";
    UnknownRole: "unknown_role", "There is no role of this name.";
}

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the body, as a JSON pointer (RFC 6901).
    Body(String),
    /// In the query.
    Parameter(String),
    Header(&'static str),
}

/// A value that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    pub place: Place,
    pub flaw: Violation,
    pub detail: Cow<'static, str>,
}

impl Invalid {
    /// The member `name` of the body, or a part of it.
    pub fn member(name: &str, flaw: Violation, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { place: Place::Body(pointer(name)), flaw, detail: detail.into() }
    }

    /// The query parameter `name`.
    pub fn parameter(name: impl Into<String>, flaw: Violation, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { place: Place::Parameter(name.into()), flaw, detail: detail.into() }
    }

    /// The header `name`.
    pub fn header(name: &'static str, flaw: Violation, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { place: Place::Header(name), flaw, detail: detail.into() }
    }

    /// The item at `index` of the member that this is about.
    pub fn at(mut self, index: usize) -> Self {
        if let Place::Body(pointer) = &mut self.place {
            pointer.push_str(&format!("/{index}"));
        }
        self
    }

    /// A new password, in the member `name`, that the policy refuses.
    pub fn password(name: &str, problem: PasswordProblem) -> Self {
        let flaw = match problem {
            PasswordProblem::TooShort(_) => Violation::TooShort,
            PasswordProblem::TooLong => Violation::TooLong,
            PasswordProblem::IsName => Violation::IsName,
            PasswordProblem::IsCommon => Violation::IsCommon,
            PasswordProblem::IsCurrent => Violation::IsCurrent,
        };
        Self::member(name, flaw, problem.detail())
    }

    /// How it stands in the body of the problem.
    pub fn to_json(&self) -> Value {
        let (code, _) = self.flaw.describe();
        match &self.place {
            Place::Body(pointer) => json!({ "pointer": pointer, "code": code, "detail": self.detail }),
            Place::Parameter(name) => {
                json!({ "pointer": null, "parameter": name, "code": code, "detail": self.detail })
            }
            Place::Header(name) => json!({ "pointer": null, "header": name, "code": code, "detail": self.detail }),
        }
    }
}

/// The rule for names that `problem` says is broken, and the words for it.
pub fn name_flaw(problem: NameProblem) -> (Violation, &'static str) {
    match problem {
        NameProblem::Blank => (Violation::Blank, "Must not be blank."),
        NameProblem::TooLong => (Violation::TooLong, "Must be at most 100 characters long."),
        NameProblem::Unseen => (Violation::UnseenCharacters, "Must not contain control or invisible characters."),
    }
}

/// The JSON pointer to the member `name` of the body.
fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}
