//! Reads the legacy table in the order of its ids, one page at a time.
//!
//! Invariant: each row is returned once. Rows with the same id are returned together, because the id identifies none of
//! them.

use crate::{
    Error, Result,
    model::{LegacyId, LegacyUser},
    store::{Db, legacy_table::LegacyTable, legacy_users},
};

/// The number of rows that are read at once. The last row is read again with the next page.
pub(super) const ROWS: u32 = 1001;

/// The maximum number of retries of a read that conflicts with a write of the legacy application.
const RETRIES: u32 = 10;

/// A position in the legacy table.
pub(super) struct Pages<'a> {
    db: &'a Db,
    table: &'a LegacyTable,
    /// The last id that was read; `None` at the end.
    after: Option<LegacyId>,
}

/// One page of rows.
pub(super) struct Page {
    /// The range of ids that the page covers: above `after`, and up to `upto`, including it.
    pub after: LegacyId,
    pub upto: LegacyId,
    /// The rows, in the order of their ids.
    pub rows: Vec<LegacyUser>,
    /// Rows whose id another row has too.
    pub not_unique: Vec<LegacyUser>,
    /// The number of rows without a readable id.
    pub unreadable: u64,
}

impl<'a> Pages<'a> {
    /// Returns the position at the beginning of `table` in `db`.
    pub fn new(db: &'a Db, table: &'a LegacyTable) -> Self {
        Self { db, table, after: Some(LegacyId(i64::MIN)) }
    }

    /// Returns the next page; `None` after the last one. The last page covers all remaining ids.
    pub async fn next(&mut self) -> Result<Option<Page>> {
        let Some(after) = self.after else { return Ok(None) };
        let mut read = self.read(after).await.map_err(of_there)?;
        // Integers sort before all other values that SQLite may hold in the column.
        let is_last = read.len() < usize::try_from(ROWS).unwrap_or(usize::MAX) || read.iter().all(Option::is_none);
        let upto = if is_last { LegacyId(i64::MAX) } else { cut(&mut read).unwrap_or(after) };
        self.after = (!is_last).then_some(upto);
        let mut page = Page::new(after, upto, read);
        if is_last {
            page.unreadable += self.count_without_number().await.map_err(of_there)?;
        }
        Ok(Some(page))
    }

    async fn read(&self, after: LegacyId) -> Result<Vec<Option<LegacyUser>>> {
        let mut tries = 0;
        loop {
            let mut conn = self.db.read().await?;
            match legacy_users::page(&mut conn, self.table, after, ROWS).await {
                // An SQLite file is locked while its application writes. The read has already waited for the busy
                // timeout.
                Err(Error::Conflict(_)) if tries < RETRIES => tries += 1,
                outcome => return outcome,
            }
        }
    }

    async fn count_without_number(&self) -> Result<u64> {
        let mut conn = self.db.read().await?;
        Ok(u64::try_from(legacy_users::count_without_number(&mut conn, self.table).await?).unwrap_or(0))
    }
}

/// Adds to the error which of the two databases is unavailable.
fn of_there(error: Error) -> Error {
    match error {
        Error::Unavailable(reason) => Error::Unavailable(format!("the legacy database: {reason}")),
        Error::Unusable { reason, remedy } => Error::unusable(remedy, format!("the legacy database: {reason}")),
        other => other,
    }
}

impl Page {
    fn new(after: LegacyId, upto: LegacyId, read: Vec<Option<LegacyUser>>) -> Self {
        let unreadable = u64::try_from(read.iter().filter(|row| row.is_none()).count()).unwrap_or(u64::MAX);
        let mut page = Self { after, upto, rows: Vec::with_capacity(read.len()), not_unique: Vec::new(), unreadable };
        for row in read.into_iter().flatten() {
            if page.not_unique.last().is_some_and(|other| other.id == row.id) {
                page.not_unique.push(row);
            } else if let Some(other) = page.rows.pop_if(|other| other.id == row.id) {
                page.not_unique.extend([other, row]);
            } else {
                page.rows.push(row);
            }
        }
        page
    }

    /// Returns the number of rows, readable or not.
    pub fn len(&self) -> u64 {
        u64::try_from(self.rows.len() + self.not_unique.len()).unwrap_or(u64::MAX).saturating_add(self.unreadable)
    }

    /// Splits off the rows with ids above `upto` as another page.
    pub fn split_off(&mut self, upto: LegacyId) -> Self {
        let beyond = self.rows.partition_point(|row| row.id <= upto);
        let not_unique = self.not_unique.partition_point(|row| row.id <= upto);
        let rest = Self {
            after: upto,
            upto: self.upto,
            rows: self.rows.split_off(beyond),
            not_unique: self.not_unique.split_off(not_unique),
            unreadable: std::mem::take(&mut self.unreadable),
        };
        self.upto = upto;
        rest
    }
}

/// Removes the rows with the last id, because more may follow. Returns the id up to which all rows were read.
fn cut(read: &mut Vec<Option<LegacyUser>>) -> Option<LegacyId> {
    let last = read.iter().rev().flatten().next()?.id;
    let from = read.iter().position(|row| row.as_ref().is_some_and(|row| row.id == last))?;
    let before = read.get(..from)?.iter().rev().flatten().next().map(|row| row.id);
    if before.is_some() {
        read.truncate(from);
    }
    // One id fills the page, so further rows with that id are not unique either.
    before.or(Some(last))
}
