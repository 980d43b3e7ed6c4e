//! What a census of the old table counts, in memory that does not grow with the table's lists.
//!
//! It holds no password and no hash. Invariant: totals are exact, and only so much is listed by name as was asked for.

use std::collections::BTreeMap;

use doorward_password::{StoredValue, Strength, Unreadable};

use super::{LeftBehind, LeftRow};
use crate::model::{LegacyId, LegacyPassword, LegacyValue};

/// Different values of one kind that are counted apart. No honest table has so many costs or roles.
const KINDS: usize = 1000;

/// What the old table holds.
#[derive(Debug, Default)]
pub struct Census {
    pub rows: u64,
    /// Rows that a run would adopt.
    pub adoptable: u64,
    /// Rows that were adopted before.
    pub already_here: u64,
    /// Rows whose number cannot be read.
    pub unreadable: u64,
    pub passwords: BTreeMap<PasswordKind, u64>,
    pub plain_text: Sample<LegacyId>,
    /// By the code of the reason.
    pub left_behind: BTreeMap<&'static str, Sample<LeftRow>>,
    /// Rows whose names are one name once folded. The first of them would be adopted.
    pub collisions: Sample<Vec<(LegacyId, String)>>,
    /// What the role column says, and how often.
    pub roles: BTreeMap<Option<String>, u64>,
}

/// How many there are, and the first of them.
#[derive(Debug)]
pub struct Sample<T> {
    pub total: u64,
    pub first: Vec<T>,
}

/// What is in the password column of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PasswordKind {
    Hash {
        scheme: &'static str,
        cost: String,
        strength: &'static str,
        because: &'static str,
    },
    PlainText,
    Unreadable {
        why: &'static str,
        because: String,
    },
    Locked,
    Empty,
    Null,
    NotText,
    /// Too many kinds to be counted apart.
    Other,
}

impl<T> Default for Sample<T> {
    fn default() -> Self {
        Self { total: 0, first: Vec::new() }
    }
}

impl<T> Sample<T> {
    /// Counts one more, and keeps it if there is room.
    pub(super) fn add(&mut self, limit: usize, item: impl FnOnce() -> T) {
        self.total += 1;
        if self.first.len() < limit {
            self.first.push(item());
        }
    }
}

impl PasswordKind {
    /// Of what a row's password column holds.
    #[must_use]
    pub fn of(password: &LegacyValue<LegacyPassword>) -> Self {
        let text = match password {
            LegacyValue::Null => return Self::Null,
            LegacyValue::NotText => return Self::NotText,
            LegacyValue::Text(text) => text.reveal(),
        };
        match StoredValue::identify(text) {
            StoredValue::Empty => Self::Empty,
            StoredValue::Locked => Self::Locked,
            StoredValue::PlainText => Self::PlainText,
            StoredValue::Unreadable(why) => Self::Unreadable { why: code(why), because: why.to_string() },
            StoredValue::Hash(hash) => {
                let (strength, because) = match hash.strength() {
                    Strength::Strong(because) => ("strong", because),
                    Strength::Fair(because) => ("fair", because),
                    Strength::Weak(because) => ("weak", because),
                };
                Self::Hash { scheme: hash.scheme(), cost: hash.cost(), strength, because }
            }
        }
    }

    /// A stable word for it, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Hash { .. } => "hash",
            Self::PlainText => "plain_text",
            Self::Unreadable { .. } => "unreadable",
            Self::Locked => "locked",
            Self::Empty => "empty",
            Self::Null => "null",
            Self::NotText => "not_text",
            Self::Other => "other",
        }
    }
}

impl Census {
    pub(super) fn count_password(&mut self, limit: usize, id: LegacyId, password: &LegacyValue<LegacyPassword>) {
        let kind = PasswordKind::of(password);
        if kind == PasswordKind::PlainText {
            self.plain_text.add(limit, || id);
        }
        let is_counted = self.passwords.len() < KINDS || self.passwords.contains_key(&kind);
        *self.passwords.entry(if is_counted { kind } else { PasswordKind::Other }).or_default() += 1;
    }

    pub(super) fn count_role(&mut self, role: Option<&str>) {
        let role = role.map(str::to_owned);
        let is_counted = self.roles.len() < KINDS || self.roles.contains_key(&role);
        let role = if is_counted { role } else { Some("…".to_owned()) };
        *self.roles.entry(role).or_default() += 1;
    }

    pub(super) fn leave(&mut self, limit: usize, why: LeftBehind, row: impl FnOnce() -> LeftRow) {
        self.left_behind.entry(why.code()).or_default().add(limit, row);
    }
}

/// A stable word for why a hash cannot be checked.
fn code(why: Unreadable) -> &'static str {
    match why {
        Unreadable::Scheme => "unknown_scheme",
        Unreadable::Malformed => "malformed",
        Unreadable::Cost => "too_costly",
        Unreadable::Refused => "never_accepted",
        Unreadable::Pepper => "unknown_pepper",
    }
}
