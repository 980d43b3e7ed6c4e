//! How a name looks: two names that a reader may take for one another have a look in common.
//!
//! By the skeleton of UTS 39 §4, which maps each character to the plainest one that looks like it. Pure, and bounded by the
//! length of a [`Name`]. It decides nothing about accounts: names are one only by their key.

use unicode_security::confusable_detection::skeleton;

use super::{
    Name,
    name::{fold, is_unseen},
};

/// The looks of a name: as it was typed, and folded.
///
/// Both, since folding may change the look: it takes a letter in a circle for the letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skeleton([String; 2]);

impl Skeleton {
    /// Those of `name`.
    #[must_use]
    pub fn of(name: &Name) -> Self {
        Self([look(name.as_typed()), look(name.key().as_text())])
    }

    /// Whether a reader may take one name for the other.
    #[must_use]
    pub fn are_alike(&self, other: &Self) -> bool {
        self.0.iter().any(|look| other.0.contains(look))
    }

    /// Whether these are looks that the other name has as well, all of them.
    #[must_use]
    pub fn are_among(&self, other: &Self) -> bool {
        self.0.iter().all(|look| other.0.contains(look))
    }

    /// The looks, each a text.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// The skeleton without regard to case, where a capital i is an l like that of the skeleton, without what cannot be seen,
/// and with single blanks: how many there are in a row can hardly be seen.
fn look(text: &str) -> String {
    let seen: String = text.chars().filter(|character| !is_unseen(*character)).collect();
    // A dot above makes an i of one without, and is hardly seen on others.
    let plain: String = skeleton(&seen).filter(|character| *character != '\u{307}').collect();
    let plain: String = skeleton(&fold(&plain).replace('i', "l")).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
