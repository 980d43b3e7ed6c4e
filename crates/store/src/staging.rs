//! A temporary table of users that come from a file. It is read as a legacy table like any other.
//!
//! The columns have no types, so each value keeps its own. Invariant: a name from the file appears in a statement only as a
//! quoted identifier.

use super::{
    db::{Db, Param, Tx},
    legacy_sql::{kept, quoted},
};
use crate::{Error, Result};

/// The maximum number of columns.
pub const COLUMNS: usize = 200;
/// The values of one statement.
const VALUES: usize = 600;

/// A value of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StagedValue {
    Null,
    Integer(i64),
    Text(String),
    /// Bytes that are not UTF-8.
    Bytes(Vec<u8>),
}

/// The fields of one user.
type StagedRow<'a> = &'a [(String, StagedValue)];

/// The table that is being filled.
pub struct Staging {
    db: Db,
    columns: Vec<String>,
}

impl Staging {
    /// Returns an empty table `users` in an empty SQLite file.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db, columns: Vec::new() }
    }

    /// Adds users. A field that no user had before becomes a column.
    ///
    /// # Errors
    /// Returns [`Error::Config`] if the users have too many fields, and another error if the database fails.
    pub async fn add(&mut self, rows: &[StagedRow<'_>]) -> Result<()> {
        let before = self.columns.len();
        for (name, _) in rows.iter().copied().flatten() {
            if !self.columns.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                self.columns.push(name.clone());
            }
        }
        if self.columns.len() > COLUMNS {
            return Err(Error::Config(format!("the users have more than {COLUMNS} different fields")));
        }
        let columns = &self.columns;
        let new = columns.get(before..).unwrap_or_default();
        let at_once = (VALUES / columns.len()).max(1);
        self.db
            .write(async |mut tx: Tx| {
                if before == 0 {
                    let names: Vec<String> = new.iter().map(|name| quoted(name)).collect();
                    tx.execute(kept(format!("CREATE TABLE users ({})", names.join(", "))), &[]).await?;
                } else {
                    for name in new {
                        tx.execute(kept(format!("ALTER TABLE users ADD COLUMN {}", quoted(name))), &[]).await?;
                    }
                }
                for rows in rows.chunks(at_once) {
                    if rows.len() == at_once {
                        insert(&mut tx, columns, rows).await?;
                    } else {
                        for row in rows {
                            insert(&mut tx, columns, &[*row]).await?;
                        }
                    }
                }
                tx.commit(()).await
            })
            .await
    }

    /// Makes the table ready to be read in the order of `key`, if it has this column.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn finish(self, key: &str) -> Result<()> {
        let Some(key) = self.columns.iter().find(|name| name.eq_ignore_ascii_case(key)) else { return Ok(()) };
        let sql = kept(format!("CREATE INDEX users_by_key ON users ({})", quoted(key)));
        self.db
            .write(async |mut tx: Tx| {
                tx.execute(sql, &[]).await?;
                tx.commit(()).await
            })
            .await
    }
}

async fn insert(tx: &mut Tx, columns: &[String], rows: &[StagedRow<'_>]) -> Result<()> {
    let names: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
    let row = format!("({})", vec!["?"; columns.len()].join(", "));
    let sql = format!("INSERT INTO users ({}) VALUES {}", names.join(", "), vec![row.as_str(); rows.len()].join(", "));
    let value = |row: StagedRow<'_>, column: &String| -> usize {
        row.iter().position(|(name, _)| name.eq_ignore_ascii_case(column)).unwrap_or(usize::MAX)
    };
    let mut params = Vec::with_capacity(columns.len() * rows.len());
    for row in rows {
        for column in columns {
            params.push(match row.get(value(row, column)).map(|(_, value)| value) {
                None | Some(StagedValue::Null) => Param::Null,
                Some(StagedValue::Integer(number)) => Param::Integer(*number),
                Some(StagedValue::Text(text)) => Param::Text(text),
                Some(StagedValue::Bytes(bytes)) => Param::Bytes(bytes),
            });
        }
    }
    tx.execute(kept(sql), &params).await.map(drop)
}
