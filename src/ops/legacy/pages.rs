//! Walks through the old table in the order of its numbers, some rows at a time.
//!
//! Invariant: each row is seen once, and rows that share a number are seen together, since nobody can tell which of them
//! the number means.

use crate::{
    Error, Result,
    model::{LegacyId, LegacyUser},
    store::{Db, legacy_table::LegacyTable, legacy_users},
};

/// Rows that are read at once. The last of them is read again with the next.
pub(super) const ROWS: u32 = 1001;

/// How often a read is tried again that the old application's own writes stood in the way of.
const RETRIES: u32 = 10;

/// Where the walk is.
pub(super) struct Pages<'a> {
    db: &'a Db,
    table: &'a LegacyTable,
    /// `None` at the end.
    after: Option<LegacyId>,
}

/// Some rows.
pub(super) struct Page {
    /// The numbers that it covers: above `after`, up to and with `upto`.
    pub after: LegacyId,
    pub upto: LegacyId,
    /// In the order of their numbers.
    pub rows: Vec<LegacyUser>,
    /// Rows whose number is another row's, too.
    pub not_unique: Vec<LegacyUser>,
    /// How many rows have a number that cannot be read.
    pub unreadable: u64,
}

impl<'a> Pages<'a> {
    /// At the beginning of `table` in `db`.
    pub fn new(db: &'a Db, table: &'a LegacyTable) -> Self {
        Self { db, table, after: Some(LegacyId(i64::MIN)) }
    }

    /// The next rows; `None` after the last. The last page covers all numbers to the end.
    pub async fn next(&mut self) -> Result<Option<Page>> {
        let Some(after) = self.after else { return Ok(None) };
        let mut read = self.read(after).await.map_err(of_there)?;
        // Whole numbers sort before anything else that SQLite may hold in their place.
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
                // An SQLite file is locked while its application writes; the wait for that is over by now.
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

/// Tells people which of the two databases is away.
fn of_there(error: Error) -> Error {
    match error {
        Error::Unavailable(reason) => Error::Unavailable(format!("the old application's: {reason}")),
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

    /// How many rows it has, readable or not.
    pub fn len(&self) -> u64 {
        u64::try_from(self.rows.len() + self.not_unique.len()).unwrap_or(u64::MAX).saturating_add(self.unreadable)
    }

    /// Takes off what lies beyond `upto`, as a page of its own.
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

/// Takes off the rows of the last number, of which there may be more than were read; the number up to which there are
/// none left to read.
fn cut(read: &mut Vec<Option<LegacyUser>>) -> Option<LegacyId> {
    let last = read.iter().rev().flatten().next()?.id;
    let from = read.iter().position(|row| row.as_ref().is_some_and(|row| row.id == last))?;
    let before = read.get(..from)?.iter().rev().flatten().next().map(|row| row.id);
    if before.is_some() {
        read.truncate(from);
    }
    // One number fills it all: however many more rows there are, each is one too many.
    before.or(Some(last))
}
