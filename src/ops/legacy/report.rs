//! The account of an adoption: what became of each row, in numbers, and of every row that was left behind by itself.

use std::collections::BTreeMap;

use super::candidate::LeftBehind;
use crate::model::{LegacyId, LegacyUser};

/// What became of some rows.
#[derive(Debug, Default, Clone)]
pub struct AdoptionReport {
    /// Rows that were read.
    pub rows: u64,
    pub adopted: u64,
    /// Rows of users who are shut out there; adopted as disabled users.
    pub adopted_disabled: u64,
    pub already_here: u64,
    /// Users of here whose password was changed there since; it is taken over.
    pub changed_there: u64,
    /// Users of here whose row is gone from there, or locked there.
    pub gone_there: u64,
    /// Users of here whose row was gone and is there again.
    pub back_there: u64,
    /// Their users were deleted here, and stay so.
    pub deleted_here: u64,
    /// Passwords in clear that were hashed on the way.
    pub plain_text_hashed: u64,
    /// Rows of users who are shut out there, which come after all others.
    pub deferred: u64,
    /// Rows whose number cannot be read, so that nothing else can be said of them.
    pub unreadable: u64,
    pub left_behind: Vec<LeftRow>,
    /// By the code of the reason: the first of its kind, and how many there were.
    pub left_by_reason: BTreeMap<&'static str, (LeftBehind, u64)>,
}

/// A row that was left behind.
#[derive(Debug, Clone)]
pub struct LeftRow {
    pub legacy_id: LegacyId,
    /// As it is there: not for a terminal.
    pub name: Option<String>,
    pub why: LeftBehind,
}

impl LeftRow {
    pub(super) fn new(row: &LegacyUser, why: LeftBehind) -> Self {
        Self { legacy_id: row.id, name: row.name.text().cloned(), why }
    }
}

impl AdoptionReport {
    /// Counts a row that is left behind.
    pub(super) fn count_left(&mut self, why: LeftBehind) {
        self.left_by_reason.entry(why.code()).or_insert((why, 0)).1 += 1;
    }

    /// Adds what became of others.
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
        self.unreadable += other.unreadable;
        self.left_behind.extend(other.left_behind);
    }
}
