//! The report of an adoption: the outcomes of the rows, and the rows that were left behind.

use std::collections::BTreeMap;

use super::candidate::LeftBehind;
use crate::model::{KeylessRow, LegacyKey, LegacyUser};

/// The numbers of rows, by outcome.
#[derive(Debug, Default, Clone)]
pub struct AdoptionReport {
    /// The rows that were read.
    pub rows: u64,
    pub adopted: u64,
    /// Users that the legacy table disables, adopted as disabled users.
    pub adopted_disabled: u64,
    pub already_here: u64,
    /// Local users whose password changed in the legacy table, and was taken over.
    pub changed_there: u64,
    /// Local users whose row is missing or locked.
    pub gone_there: u64,
    /// Local users whose row was missing and exists again.
    pub back_there: u64,
    /// Rows whose users were deleted locally, and stay deleted.
    pub deleted_here: u64,
    /// Plain-text passwords that were hashed.
    pub plain_text_hashed: u64,
    /// Rows of disabled users, which are adopted after all others.
    pub deferred: u64,
    /// Adopted users with a new number, because the key of their row is not a number.
    pub renumbered: u64,
    pub left_behind: Vec<LeftRow>,
    /// The rows that are left behind, by the code of the reason: the first reason of each kind, and their number.
    pub left_by_reason: BTreeMap<&'static str, (LeftBehind, u64)>,
}

/// A row that is left behind.
#[derive(Debug, Clone)]
pub struct LeftRow {
    /// The key of the row, or the unescaped value of its key column.
    pub key: Result<LegacyKey, String>,
    /// The unescaped name, which must not be written to a terminal.
    pub name: Option<String>,
    pub why: LeftBehind,
}

impl LeftRow {
    pub(super) fn new(row: &LegacyUser, why: LeftBehind) -> Self {
        Self { key: Ok(row.key.clone()), name: row.name.text().cloned(), why }
    }

    pub(super) fn keyless(row: &KeylessRow) -> Self {
        Self { key: Err(row.key.clone()), name: row.name.clone(), why: row.why.into() }
    }
}

impl AdoptionReport {
    /// Counts rows that are left behind.
    pub(super) fn count_left(&mut self, why: LeftBehind, rows: u64) {
        if rows > 0 {
            self.left_by_reason.entry(why.code()).or_insert((why, 0)).1 += rows;
        }
    }

    /// Adds the counts of other rows.
    pub fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.adopted += other.adopted;
        self.adopted_disabled += other.adopted_disabled;
        self.already_here += other.already_here;
        self.changed_there += other.changed_there;
        self.gone_there += other.gone_there;
        self.back_there += other.back_there;
        self.deleted_here += other.deleted_here;
        self.plain_text_hashed += other.plain_text_hashed;
        self.deferred += other.deferred;
        self.renumbered += other.renumbered;
        for (code, (why, count)) in other.left_by_reason {
            self.left_by_reason.entry(code).or_insert((why, 0)).1 += count;
        }
        self.left_behind.extend(other.left_behind);
    }
}
