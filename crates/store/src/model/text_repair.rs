//! Names that another program stored damaged: their detection, and the repairs that the operator permits.
//!
//! Invariants: a name is changed only by a permitted repair, and only if the repair is exact. The search for a name uses
//! the same repairs: each form of [`TextRepair::stored_forms`] is repaired to the name.

use super::{html_entities, mojibake};

/// The maximum number of successive repairs of one name. A name may have been damaged several times.
const LEVELS: usize = 6;

/// The damage of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum TextDamage {
    #[error("it looks like UTF-8 that was read in another character set")]
    Utf8,
    #[error("it holds HTML entities")]
    Entities,
    #[error("a part of it looks damaged, and no repair is exact")]
    Inexact,
    #[error("it holds the replacement character, so a part of it is lost")]
    Lost,
}

/// The operator's decision about damaged names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TextRepair {
    utf8: bool,
    entities: bool,
    /// Whether all names are right as they are.
    keep: bool,
}

/// A name after its repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairedText {
    pub text: String,
    /// The stored text, if it was repaired.
    pub stored: Option<String>,
    /// The damage that is not repaired.
    pub damage: Option<TextDamage>,
}

impl TextDamage {
    /// Returns the word for programs, which is also the value of `--repair` if there is a repair.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Utf8 => "utf8",
            Self::Entities => "entities",
            Self::Inexact => "inexact",
            Self::Lost => "lost",
        }
    }

    /// Returns the first damage of a text, with the text before it if that can be known.
    fn of(text: &str) -> Option<(Self, Option<String>)> {
        let damage = html_entities::encoded(text).map(|encoded| (Self::Entities, encoded.original));
        let damage = damage.or_else(|| mojibake::misread(text).map(|misread| (Self::Utf8, misread.original)));
        match damage {
            Some((_, None)) => Some((Self::Inexact, None)),
            None if text.contains(char::REPLACEMENT_CHARACTER) => Some((Self::Lost, None)),
            damage => damage,
        }
    }
}

impl TextRepair {
    /// Reads `utf8`, `entities`, both with a comma, or `none`, which keeps all names; empty permits nothing. Returns `None`
    /// for other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut repair = Self::default();
        for word in text.split([',', '|']).map(str::trim).filter(|_| !text.trim().is_empty()) {
            let flag = match word {
                "utf8" => &mut repair.utf8,
                "entities" => &mut repair.entities,
                "none" => &mut repair.keep,
                _ => return None,
            };
            if std::mem::replace(flag, true) {
                return None;
            }
        }
        (!repair.keep || !repair.changes()).then_some(repair)
    }

    /// Returns whether a name may be changed.
    #[must_use]
    pub fn changes(self) -> bool {
        self.utf8 || self.entities
    }

    /// Repairs a stored name.
    #[must_use]
    pub fn read(self, stored: String) -> RepairedText {
        if self.keep {
            return RepairedText { text: stored, stored: None, damage: None };
        }
        let mut text = stored.clone();
        for _ in 0..LEVELS {
            match TextDamage::of(&text) {
                None if text == stored => return RepairedText { text, stored: None, damage: None },
                None => return RepairedText { text, stored: Some(stored), damage: None },
                Some((damage, Some(original))) if self.permits(damage) => text = original,
                Some((damage, _)) => return RepairedText { text: stored, stored: None, damage: Some(damage) },
            }
        }
        RepairedText { text: stored, stored: None, damage: Some(TextDamage::Inexact) }
    }

    fn permits(self, damage: TextDamage) -> bool {
        match damage {
            TextDamage::Utf8 => self.utf8,
            TextDamage::Entities => self.entities,
            TextDamage::Inexact | TextDamage::Lost => false,
        }
    }

    /// Returns the forms in which the legacy table may hold `name`, first the name itself: damaged once or twice by the same
    /// program.
    #[must_use]
    pub fn stored_forms(self, name: &str) -> Vec<String> {
        let mut forms = vec![name.to_owned()];
        if self.utf8 {
            let once = mojibake::misreadings(name);
            let [windows, latin] = &once;
            let twice = [mojibake::misreadings(windows)[0].clone(), mojibake::misreadings(latin)[1].clone()];
            forms.extend(once.into_iter().chain(twice));
        }
        if self.entities {
            let once: Vec<_> = forms.iter().flat_map(|form| html_entities::encodings(form)).collect();
            let again = html_entities::encodings(name).into_iter().map(|form| form.replace('&', "&amp;"));
            forms.extend(once.into_iter().chain(again));
        }
        let mut known = std::collections::BTreeSet::new();
        forms.retain(|form| known.insert(form.clone()) && (form == name || self.read(form.clone()).text == name));
        forms
    }
}

#[cfg(test)]
mod tests;
