//! The appearance of a name. Names that a reader may confuse have the same appearance.
//!
//! It is the skeleton of UTS 39 §4, which maps each character to the plainest one that looks like it. The length of a
//! [`Name`] limits the cost. Invariant: only keys, and never appearances, decide whether two names are the same
//! account.

use unicode_security::confusable_detection::skeleton;

use super::{
    Name,
    name::{fold, is_unseen},
};

/// The appearances of a name: as typed, and folded.
///
/// Both are needed, because folding may change the appearance: it maps a circled letter to the letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skeleton([String; 2]);

impl Skeleton {
    /// Returns the appearances of `name`.
    #[must_use]
    pub fn of(name: &Name) -> Self {
        Self([look(name.as_typed()), look(name.key().as_text())])
    }

    /// Returns whether a reader may confuse the two names.
    #[must_use]
    pub fn are_alike(&self, other: &Self) -> bool {
        self.0.iter().any(|look| other.0.contains(look))
    }

    /// Returns whether the other name has all of these appearances.
    #[must_use]
    pub fn are_among(&self, other: &Self) -> bool {
        self.0.iter().all(|look| other.0.contains(look))
    }

    /// Returns the appearances as texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Returns the case-insensitive skeleton. A capital i becomes an l, as in the skeleton. Invisible characters are
/// removed. Repeated blanks become one, because a reader does not see their number.
fn look(text: &str) -> String {
    let seen: String = text.chars().filter(|character| !is_unseen(*character)).collect();
    // A dot above turns a dotless i into an i, and is hardly visible on other letters.
    let plain: String = skeleton(&seen).filter(|character| *character != '\u{307}').collect();
    let plain: String = skeleton(&fold(&plain).replace('i', "l")).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
