//! The progress of the adoption: the users who are adopted, those who are not, and the hashes that are still unchanged.
//!
//! Invariant: it only reads.

use std::collections::BTreeMap;

use doorward_password::StoredHash;

use crate::{
    Error, Result,
    app::App,
    model::{FingerprintKey, LegacyId},
    store::{
        adoption_sources::{self, AdoptionSource},
        adoptions::{self, AdoptionCounts},
        bulk, legacy_users,
    },
};

/// The number of adopted users that are read at once.
const ROWS: u32 = 2000;

/// The progress of the adoption.
pub struct Status {
    pub table_name: String,
    pub rows_there: i64,
    /// The source of the users; `None` before the first adoption.
    pub source: Option<AdoptionSource>,
    pub counts: AdoptionCounts,
    /// The adopted users' password hashes by scheme.
    pub hashes: BTreeMap<&'static str, Hashes>,
    /// Whether this node has the key of the fingerprints, which shows whether a hash is unchanged.
    pub has_key: bool,
    pub write_back: bool,
}

/// Password hashes of one scheme.
#[derive(Debug, Default, Clone, Copy)]
pub struct Hashes {
    pub all: u64,
    /// The number of hashes that are identical to those of the legacy table.
    pub as_there: u64,
}

impl Status {
    /// Returns the number of rows that are not adopted yet, or were left behind.
    #[must_use]
    pub fn not_adopted(&self) -> i64 {
        (self.rows_there - (self.counts.all - self.counts.gone)).max(0)
    }
}

/// Reads the progress of the adoption.
///
/// # Errors
/// Returns [`Error::Config`] if the table cannot be found. Returns another error if a database fails.
pub async fn status(app: &App) -> Result<Status> {
    let application = app.legacy.as_ref().ok_or_else(|| Error::Config("`adopt.from`: is not set".to_owned()))?;
    let table = application.table(&app.db).await?;
    let rows_there = legacy_users::count(&mut application.db(&app.db).read().await?, table).await?;
    let source = adoption_sources::find(&mut app.db.read().await?).await?;
    let counts = adoptions::counts(&mut app.db.read().await?).await?;
    let is_right = |key: &&FingerprintKey| source.as_ref().is_some_and(|source| source.key_check == key.check());
    let key = app.secrets.fingerprint_key()?.filter(is_right);
    let hashes = hashes(app, key).await?;
    let has_key = key.is_some();
    let table_name = table.name.clone();
    Ok(Status { table_name, rows_there, source, counts, hashes, has_key, write_back: application.write_back })
}

async fn hashes(app: &App, key: Option<&FingerprintKey>) -> Result<BTreeMap<&'static str, Hashes>> {
    let mut hashes: BTreeMap<&'static str, Hashes> = BTreeMap::new();
    let mut after = LegacyId(i64::MIN);
    loop {
        let page = bulk::adopted_hashes(&mut app.db.read().await?, after, ROWS).await?;
        let Some((last, ..)) = page.last() else { return Ok(hashes) };
        after = *last;
        for (_, fingerprint, stored) in page {
            let scheme = StoredHash::parse(&stored).map_or("unreadable", |hash| hash.scheme());
            let count = hashes.entry(scheme).or_default();
            count.all += 1;
            count.as_there += u64::from(key.is_some_and(|key| key.fingerprint(&stored) == fingerprint));
        }
    }
}
