//! The counts of a census of the legacy table, in memory that does not grow with the table.
//!
//! Invariants: a census contains no password and no hash. Totals are exact, and lists are at most as long as requested.

use std::collections::{BTreeMap, BTreeSet};

use doorward_password::{Shape, StoredValue, Unreadable, mask};

use super::{candidate::LeftBehind, report::LeftRow};
use crate::model::{LegacyKey, LegacyPassword, LegacyUser, LegacyValue, MaskedName, TextDamage};

/// The maximum number of values of one kind that are counted separately. No real table has more costs or roles.
const KINDS: usize = 1000;
/// The maximum number of masks that are shown for a shape.
const MASKS: usize = 3;

/// The counts of the content of the legacy table.
#[derive(Debug, Default)]
pub struct Census {
    pub rows: u64,
    /// Rows that a run would adopt.
    pub adoptable: u64,
    /// Rows of disabled users that a run would adopt as disabled users.
    pub adoptable_disabled: u64,
    /// Rows that were adopted before.
    pub already_here: u64,
    /// Rows whose key is not a number. A run gives their users new numbers.
    pub renumbered: Sample<LegacyKey>,
    pub passwords: BTreeMap<PasswordKind, u64>,
    pub unrecognized: Sample<LegacyKey>,
    /// The shapes of values that cannot be verified.
    pub shapes: BTreeMap<ShapeKey, ShapeCount>,
    /// Masked names that look damaged, by the damage. They are not repaired.
    pub damaged: BTreeMap<TextDamage, Sample<String>>,
    /// Masked names that are repaired: as stored, and as adopted.
    pub repaired: Sample<(String, String)>,
    /// The rows that are left behind, by the code of the reason.
    pub left_behind: BTreeMap<&'static str, Sample<LeftRow>>,
    /// Rows whose names fold to one key. The first of them would be adopted.
    pub collisions: Sample<Vec<(LegacyKey, String)>>,
    /// The values of the role column, with their counts.
    pub roles: BTreeMap<Option<String>, u64>,
}

/// A kind of values that cannot be verified.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShapeKey {
    /// Whether the values look derived. Such values are never accepted as plain text.
    pub looks_derived: bool,
    pub shape: Shape,
}

/// The number of passwords of a shape, and the masks of some.
#[derive(Debug, Default)]
pub struct ShapeCount {
    pub rows: u64,
    /// Masks, in which a class replaces each character.
    pub masks: BTreeSet<String>,
}

/// A count, and the first items.
#[derive(Debug)]
pub struct Sample<T> {
    pub total: u64,
    pub first: Vec<T>,
}

/// The content of the password column of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PasswordKind {
    Hash {
        scheme: &'static str,
        cost: String,
        strength: &'static str,
        because: &'static str,
    },
    Unrecognized,
    Unreadable {
        why: &'static str,
        because: String,
    },
    Locked,
    Empty,
    Null,
    NotText,
    /// One of too many kinds to be counted separately.
    Other,
}

impl<T> Default for Sample<T> {
    fn default() -> Self {
        Self { total: 0, first: Vec::new() }
    }
}

impl<T> Sample<T> {
    /// Counts one item, and keeps it while the list has room.
    pub(super) fn add(&mut self, limit: usize, item: impl FnOnce() -> T) {
        self.total += 1;
        if self.first.len() < limit {
            self.first.push(item());
        }
    }
}

impl PasswordKind {
    /// Returns the kind of a value of the password column.
    #[must_use]
    pub fn of(password: &LegacyValue<LegacyPassword>) -> Self {
        let text = match password {
            LegacyValue::Null => return Self::Null,
            LegacyValue::Unreadable(_) => return Self::NotText,
            LegacyValue::Text(text) => text.reveal(),
        };
        match StoredValue::identify(text) {
            StoredValue::Empty => Self::Empty,
            StoredValue::Locked => Self::Locked,
            StoredValue::Unrecognized => Self::Unrecognized,
            StoredValue::Unreadable(why) => Self::Unreadable { why: code(why), because: why.to_string() },
            StoredValue::Hash(hash) => {
                let judged = hash.strength();
                let (strength, because) = (judged.word(), judged.reason());
                Self::Hash { scheme: hash.scheme(), cost: hash.cost(), strength, because }
            }
        }
    }

    /// Returns a stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Hash { .. } => "hash",
            Self::Unrecognized => "unrecognized",
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
    /// Counts the password of a row, and its name if it is damaged.
    pub(super) fn count_row(&mut self, limit: usize, row: &LegacyUser) {
        self.count_password(limit, &row.key, &row.password);
        let masked = |name: &str| MaskedName(name).to_string();
        if let (Some(damage), Some(name)) = (row.name_damage, row.name.text()) {
            self.damaged.entry(damage).or_default().add(limit, || masked(name));
        }
        if let (Some(stored), Some(name)) = (&row.stored_name, row.name.text()) {
            self.repaired.add(limit, || (masked(stored), masked(name)));
        }
    }

    fn count_password(&mut self, limit: usize, key: &LegacyKey, password: &LegacyValue<LegacyPassword>) {
        let kind = PasswordKind::of(password);
        let is_unrecognized = kind == PasswordKind::Unrecognized;
        if is_unrecognized {
            self.unrecognized.add(limit, || key.clone());
        }
        let is_of_unknown_scheme = matches!(kind, PasswordKind::Unreadable { why: UNKNOWN_SCHEME, .. });
        if let (true, Some(password)) = (is_unrecognized || is_of_unknown_scheme, password.text()) {
            self.count_shape(password.reveal(), is_of_unknown_scheme);
        }
        let is_counted = self.passwords.len() < KINDS || self.passwords.contains_key(&kind);
        *self.passwords.entry(if is_counted { kind } else { PasswordKind::Other }).or_default() += 1;
    }

    fn count_shape(&mut self, password: &str, looks_derived: bool) {
        let key = ShapeKey { looks_derived, shape: Shape::of(password) };
        let count = self.shapes.entry(key).or_default();
        count.rows += 1;
        if count.masks.len() < MASKS {
            count.masks.insert(mask(password, looks_derived));
        }
    }

    pub(super) fn count_role(&mut self, role: Option<&str>) {
        let role = role.map(str::to_owned);
        let is_counted = self.roles.len() < KINDS || self.roles.contains_key(&role);
        let role = if is_counted { role } else { Some("…".to_owned()) };
        *self.roles.entry(role).or_default() += 1;
    }

    /// Returns the count of users that a run would adopt: the disabled ones, or the others.
    pub(super) fn adoptable_of(&mut self, is_shut_out: bool) -> &mut u64 {
        if is_shut_out { &mut self.adoptable_disabled } else { &mut self.adoptable }
    }

    /// Counts rows that are left behind and not listed.
    pub(super) fn leave_more(&mut self, why: LeftBehind, rows: u64) {
        if rows > 0 {
            self.left_behind.entry(why.code()).or_default().total += rows;
        }
    }

    pub(super) fn leave(&mut self, limit: usize, why: LeftBehind, row: impl FnOnce() -> LeftRow) {
        self.left_behind.entry(why.code()).or_default().add(limit, row);
    }
}

/// The word for [`Unreadable::Scheme`].
const UNKNOWN_SCHEME: &str = "unknown_scheme";

/// Returns a stable word for the reason why a hash cannot be verified.
fn code(why: Unreadable) -> &'static str {
    match why {
        Unreadable::Scheme => UNKNOWN_SCHEME,
        Unreadable::Malformed => "malformed",
        Unreadable::Cost => "too_costly",
        Unreadable::Refused => "never_accepted",
        Unreadable::Pepper => "unknown_pepper",
    }
}
