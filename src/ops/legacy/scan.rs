//! Scans the legacy table: the rows that a run would adopt or leave behind, and the formats of the passwords.
//!
//! Invariant: a scan only reads both databases. It works without Doorward's own database, and before its migration.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use super::{
    candidate::{Candidate, LeftBehind, PlainText},
    census::{Census, Sample},
    pages::Pages,
    report::LeftRow,
    roles::RoleMap,
    run::AdoptionProgress,
    shut_out,
    states::{self, StateSurvey},
};
use crate::{
    Result,
    app::LegacyApplication,
    model::{KeyProblem, LegacyId, LegacyKey, LegacyUser, Name, NameKey, UserId},
    store::{Db, bulk, legacy_table::LegacyTable, legacy_users, roles, status, users},
};

/// The number of rows that are read at once from Doorward's own database.
const ROWS: u32 = 5000;

/// A census of a table.
pub struct Scan<'a> {
    pub table: &'a LegacyTable,
    pub census: Census,
    /// The state columns.
    pub states: Vec<StateSurvey>,
    roles: RoleMap,
}

/// The local users, in eight bytes each.
#[derive(Default)]
struct Here {
    /// The hashes of the keys of all names, sorted.
    names: Vec<u64>,
    /// The ids, sorted like `adopted`.
    numbers: Vec<i64>,
    adopted: Vec<i64>,
    /// The users whose rows have keys that are not numbers, sorted.
    adopted_users: Vec<i64>,
    /// The hashes of the keys of adopted rows that are not numbers, sorted.
    other_keys: Vec<u64>,
}

/// The options of a scan.
#[derive(Debug, Clone, Copy)]
pub struct ScanOptions {
    /// The number of rows that are listed of each kind.
    pub limit: usize,
    /// The treatment of a value in no recognised format.
    pub plain_text: PlainText,
}

struct Walk<'a> {
    db: &'a Db,
    table: &'a LegacyTable,
    own: Option<&'a Db>,
    here: Here,
    /// The number of names that are listed.
    limit: usize,
    plain_text: PlainText,
}

/// The outcome of a row in a run.
enum Fate {
    AlreadyHere(Candidate),
    /// Adopted, unless another row has the same name.
    Adopted(Candidate),
    Left(LeftBehind),
}

impl Scan<'_> {
    /// Returns the local role for a role of the legacy table, and whether the value has a role of its own.
    ///
    /// # Errors
    /// Returns an error if the role `user` is missing.
    pub fn role_here(&self, there: Option<&str>) -> Result<(&str, bool)> {
        Ok((&self.roles.counterpart(there)?.name, self.roles.knows(there)))
    }
}

/// Counts the content of the table of `application` in `db`, and lists the first rows of each kind. `own` is Doorward's own
/// database, if it exists.
///
/// # Errors
/// Returns [`crate::Error::Config`] if the table cannot be found. Returns another error if a database fails.
pub async fn scan<'a>(
    application: &'a LegacyApplication,
    db: &'a Db,
    own: Option<&'a Db>,
    ScanOptions { limit, plain_text }: ScanOptions,
    progress: &mut dyn FnMut(AdoptionProgress),
) -> Result<Scan<'a>> {
    let table = application.table(db).await?;
    let of = u64::try_from(legacy_users::count(&mut db.read().await?, table).await?).unwrap_or(0);
    let own = match own {
        Some(own) if status::has_table(own, "dw_users").await? => Some(own),
        _ => None,
    };
    let values = application.role_values().clone();
    let roles = match own {
        Some(own) => RoleMap::new(roles::all(&mut own.read().await?).await?, values)?,
        None => RoleMap::initial(values)?,
    };
    let walk = Walk { db, table, own, here: Here::read(own).await?, limit, plain_text };
    let mut census = Census::default();
    let mut names = walk.count(&mut census, &mut |rows| progress(AdoptionProgress { rows, of })).await?;
    names.sort_unstable();
    let doubled: Vec<u64> = names.array_windows().filter(|[one, next]| one == next).map(|[name, _]| *name).collect();
    if !doubled.is_empty() {
        walk.collide(&mut census, &doubled).await?;
    }
    let states = states::survey(db, table).await?;
    Ok(Scan { table, census, states, roles })
}

impl Here {
    async fn read(own: Option<&Db>) -> Result<Self> {
        let mut here = Self::default();
        let Some(own) = own else { return Ok(here) };
        let mut after = UserId(i64::MIN);
        loop {
            let page = bulk::name_keys(&mut own.read().await?, after, ROWS).await?;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            for (number, key) in page {
                here.names.push(hash(&key));
                here.numbers.push(number.0);
            }
        }
        here.names.sort_unstable();
        // A database of an older release has no adoptions.
        let mut after = status::has_table(own, "dw_adoptions").await?.then_some(LegacyId(i64::MIN));
        while let Some(from) = after {
            let page = bulk::adopted_ids(&mut own.read().await?, from, ROWS).await?;
            after = page.last().map(|(id, _)| *id);
            for (id, other) in page {
                match other {
                    None => here.adopted.push(id.0),
                    Some(key) => {
                        // The id of such an adoption is the negative id of its user.
                        here.adopted_users.push(-id.0);
                        here.other_keys.push(hash(&key));
                    }
                }
            }
        }
        here.adopted_users.sort_unstable();
        here.other_keys.sort_unstable();
        Ok(here)
    }
}

impl Here {
    fn is_adopted_user(&self, id: UserId) -> bool {
        self.adopted.binary_search(&id.0).is_ok() || self.adopted_users.binary_search(&id.0).is_ok()
    }
}

impl Walk<'_> {
    async fn fate(&self, row: &LegacyUser) -> Result<Fate> {
        let (is_adopted, is_taken) = match &row.key {
            LegacyKey::Number(number) => {
                (self.here.adopted.binary_search(&number.0).is_ok(), self.here.numbers.binary_search(&number.0).is_ok())
            }
            LegacyKey::Other(key) => (self.here.other_keys.binary_search(&hash(key.as_bytes())).is_ok(), false),
        };
        if is_adopted {
            return Ok(Candidate::judge_adopted(row, self.plain_text).map_or_else(Fate::Left, Fate::AlreadyHere));
        }
        let candidate = match Candidate::judge(row, self.plain_text) {
            Ok(candidate) => candidate,
            Err(why) => return Ok(Fate::Left(why)),
        };
        if is_taken {
            return Ok(Fate::Left(LeftBehind::NumberTaken));
        }
        let key = candidate.name.key();
        if let Some(own) = self.own
            && self.here.names.binary_search(&hash(key.as_bytes())).is_ok()
            && let Some(user) = users::by_key(&mut own.read().await?, key).await?
        {
            let gives_way = shut_out::gives_way(&user) && self.here.is_adopted_user(user.id);
            if candidate.is_shut_out || !gives_way {
                return Ok(Fate::Left(LeftBehind::NameTaken(user.id.0)));
            }
        }
        Ok(Fate::Adopted(candidate))
    }

    /// Counts everything except collisions. Returns the hashes of the names that would be adopted.
    async fn count(&self, census: &mut Census, progress: &mut dyn FnMut(u64)) -> Result<Vec<u64>> {
        let mut names = Vec::new();
        let mut pages = Pages::new(self.db, self.table);
        while let Some(page) = pages.next().await? {
            census.rows += page.len();
            for row in &page.keyless {
                census.leave(self.limit, row.why.into(), || LeftRow::keyless(row));
            }
            census.leave_more(KeyProblem::Null.into(), page.more_keyless);
            for row in &page.not_unique {
                census.count_row(self.limit, row);
                census
                    .leave(self.limit, LeftBehind::NumberNotUnique, || LeftRow::new(row, LeftBehind::NumberNotUnique));
            }
            for row in &page.rows {
                census.count_row(self.limit, row);
                let candidate = match self.fate(row).await? {
                    Fate::Left(why) => {
                        census.leave(self.limit, why, || LeftRow::new(row, why));
                        continue;
                    }
                    Fate::AlreadyHere(candidate) => {
                        census.already_here += 1;
                        candidate
                    }
                    Fate::Adopted(candidate) => {
                        *census.adoptable_of(candidate.is_shut_out) += 1;
                        if row.key.number().is_none() {
                            census.renumbered.add(self.limit, || row.key.clone());
                        }
                        names.push(hash(candidate.name.key().as_bytes()));
                        candidate
                    }
                };
                if self.table.role_column.is_some() {
                    census.count_role(candidate.role.as_deref());
                }
            }
            progress(census.rows);
        }
        Ok(names)
    }

    /// Reads the rows again whose names have the hashes `doubled`, and finds those with the same name.
    async fn collide(&self, census: &mut Census, doubled: &[u64]) -> Result<()> {
        // The first row of each name, and all rows of some names.
        let mut first: HashMap<u64, (u64, LegacyKey)> = HashMap::new();
        let mut listed: BTreeMap<u64, (NameKey, Vec<(LegacyKey, String)>)> = BTreeMap::new();
        // The order is that of a run, with disabled users last.
        for is_shut_out in [false, true] {
            let mut pages = Pages::new(self.db, self.table);
            while let Some(page) = pages.next().await? {
                for row in page.rows.iter().filter(|row| row.is_shut_out == is_shut_out) {
                    let name = row.name.text().and_then(|name| Name::adopted(name).ok());
                    let Some(hashed) = name.map(|name| hash(name.key().as_bytes())) else { continue };
                    if doubled.binary_search(&hashed).is_err() {
                        continue;
                    }
                    let Fate::Adopted(Candidate { name, .. }) = self.fate(row).await? else { continue };
                    let namesake = (row.key.clone(), name.as_typed().to_owned());
                    let Some((earlier, key)) = first.get(&hashed) else {
                        let rank = u64::try_from(first.len()).unwrap_or(u64::MAX);
                        first.insert(hashed, (rank, row.key.clone()));
                        if listed.len() < self.limit {
                            listed.insert(rank, (name.key().clone(), vec![namesake]));
                        }
                        continue;
                    };
                    let group = listed.get_mut(earlier);
                    if group.as_ref().is_some_and(|(key, _)| key != name.key()) {
                        // Two different names have the same hash.
                        continue;
                    }
                    let why = key.number().map_or(LeftBehind::NameTakenByRow, |id| LeftBehind::NameTaken(id.0));
                    let adoptable = census.adoptable_of(is_shut_out);
                    *adoptable = adoptable.saturating_sub(1);
                    census.leave(self.limit, why, || LeftRow::new(row, why));
                    if let Some((_, rows)) = group.filter(|(_, rows)| rows.len() < self.limit) {
                        rows.push(namesake);
                    }
                }
            }
        }
        let names = listed.into_values().map(|(_, rows)| rows).filter(|rows| rows.len() > 1);
        census.collisions = Sample { total: u64::try_from(first.len()).unwrap_or(u64::MAX), first: names.collect() };
        Ok(())
    }
}

fn hash(key: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}
