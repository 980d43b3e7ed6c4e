//! Reads the legacy table in the order of its keys, one page at a time.
//!
//! Invariant: each row is returned once. Rows with the same key are returned apart, because the key identifies none of
//! them. The order is that of the database, whose collation may take two keys for equal.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use crate::{
    Error, Result,
    model::{KeylessRow, LegacyKey, LegacyUser},
    store::{
        Db,
        legacy_table::LegacyTable,
        legacy_users::{self, PageStart, PlacedRow},
    },
};

/// The number of rows that are read at once. The rows with the last key are read again with the next page.
pub(super) const ROWS: u32 = 1001;

/// The maximum number of retries of a read that conflicts with a write of the legacy application.
const RETRIES: u32 = 10;

/// A position in the legacy table.
pub(super) struct Pages<'a> {
    db: &'a Db,
    table: &'a LegacyTable,
    /// The start of the next page; `None` at the end.
    start: Option<PageStart>,
    /// The rows of the previous page.
    previous: HashSet<Identity>,
    /// The hashes of all keys so far, if equal keys may be in different pages.
    keys: Option<HashSet<u64>>,
}

/// One page of rows.
#[derive(Default)]
pub(super) struct Page {
    /// The rows, in the order of the database.
    pub rows: Vec<LegacyUser>,
    /// Rows whose key another row has too.
    pub not_unique: Vec<LegacyUser>,
    /// Rows without a readable key.
    pub keyless: Vec<KeylessRow>,
    /// The number of further rows without a key.
    pub more_keyless: u64,
}

/// What distinguishes two rows whose keys the database takes for equal.
type Identity = std::result::Result<LegacyKey, (String, Option<String>)>;

fn identity(placed: &PlacedRow) -> Identity {
    match &placed.row {
        Ok(row) => Ok(row.key.clone()),
        Err(row) => Err((row.key.clone(), row.name.clone())),
    }
}

impl<'a> Pages<'a> {
    /// Returns the position at the beginning of `table` in `db`.
    pub fn new(db: &'a Db, table: &'a LegacyTable) -> Self {
        let keys = (!table.groups_keys()).then(HashSet::new);
        Self { db, table, start: Some(PageStart::First), previous: HashSet::new(), keys }
    }

    /// Returns the next page; `None` after the last one.
    pub async fn next(&mut self) -> Result<Option<Page>> {
        let Some(start) = self.start.take() else { return Ok(None) };
        let mut read = self.read(&start).await.map_err(of_there)?;
        let is_full = read.len() >= usize::try_from(ROWS).unwrap_or(usize::MAX);
        if matches!(start, PageStart::WithoutKey) {
            let mut page = Page::default();
            page.keyless.extend(read.into_iter().filter_map(|placed| placed.row.err()));
            if is_full {
                let count = self.count_without_key().await.map_err(of_there)?;
                page.more_keyless = count.saturating_sub(u64::from(ROWS));
            }
            return Ok(Some(page));
        }
        let next = if is_full { cut(&mut read) } else { PageStart::WithoutKey };
        let known = std::mem::take(&mut self.previous);
        self.previous = read.iter().map(identity).collect();
        read.retain(|placed| !known.contains(&identity(placed)));
        self.start = Some(match next {
            // All of these rows are equal for the database, and known.
            PageStart::From(place) if read.is_empty() => PageStart::After(place),
            next => next,
        });
        Ok(Some(self.page_of(read)))
    }

    fn page_of(&mut self, read: Vec<PlacedRow>) -> Page {
        let mut page = Page::default();
        let mut count: HashMap<LegacyKey, usize> = HashMap::new();
        for row in read.iter().filter_map(|placed| placed.row.as_ref().ok()) {
            *count.entry(row.key.clone()).or_default() += 1;
        }
        for placed in read {
            match placed.row {
                Err(row) => page.keyless.push(row),
                Ok(row) if count.get(&row.key).is_some_and(|rows| *rows > 1) => page.not_unique.push(row),
                Ok(row) if !self.is_first(&row.key) => page.not_unique.push(row),
                Ok(row) => page.rows.push(row),
            }
        }
        page
    }

    /// Returns whether no earlier page contained the key.
    fn is_first(&mut self, key: &LegacyKey) -> bool {
        self.keys.as_mut().is_none_or(|keys| keys.insert(hash(key)))
    }

    async fn read(&self, start: &PageStart) -> Result<Vec<PlacedRow>> {
        let mut tries = 0;
        loop {
            let mut conn = self.db.read().await?;
            match legacy_users::page(&mut conn, self.table, start, ROWS).await {
                // An SQLite file is locked while its application writes. The read has already waited for the busy
                // timeout.
                Err(Error::Conflict(_)) if tries < RETRIES => tries += 1,
                outcome => return outcome,
            }
        }
    }

    async fn count_without_key(&self) -> Result<u64> {
        let mut conn = self.db.read().await?;
        Ok(u64::try_from(legacy_users::count_without_key(&mut conn, self.table).await?).unwrap_or(0))
    }
}

/// Removes the rows with the last key, because more may follow. Returns the start of the next page.
fn cut(read: &mut Vec<PlacedRow>) -> PageStart {
    let Some(last) = read.last().map(|placed| placed.place.clone()) else { return PageStart::WithoutKey };
    match read.iter().position(|placed| placed.place == last) {
        // One key fills the page, so further rows with that key are not unique either.
        Some(0) => PageStart::After(last),
        Some(from) => {
            read.truncate(from);
            PageStart::From(last)
        }
        None => PageStart::After(last),
    }
}

fn hash(key: &LegacyKey) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
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
    /// Returns the number of rows, readable or not.
    pub fn len(&self) -> u64 {
        let listed = self.rows.len() + self.not_unique.len() + self.keyless.len();
        u64::try_from(listed).unwrap_or(u64::MAX).saturating_add(self.more_keyless)
    }

    /// Returns the keys of all rows that have one.
    pub fn keys(&self) -> Vec<LegacyKey> {
        self.rows.iter().chain(&self.not_unique).map(|row| row.key.clone()).collect()
    }
}
