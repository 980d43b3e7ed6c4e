//! The tables `dw_migrations` and `dw_migration_lease`, in which migrations are recorded.
//!
//! Invariant: a database with records in another format is rejected, and not changed.

use std::time::Duration;

use crate::{
    Error, Result,
    db::{Db, Tx},
    dialect,
    model::UnixMillis,
};

/// The longest wait for a connection.
const LIMIT: Duration = Duration::from_secs(5);

/// The recorded progress of one migration.
pub(super) struct Record {
    pub version: i64,
    pub name: String,
    pub statements_done: i64,
    pub finished_at: Option<UnixMillis>,
}

/// Creates the two tables, unless they exist.
pub(super) async fn make_tables(db: &Db) -> Result<()> {
    db.write_unhurried(async |mut tx: Tx| {
        for table in dialect::record_tables(db.kind()) {
            tx.define(table).await?;
        }
        tx.commit(()).await
    })
    .await
}

/// Returns the records. An empty database has none.
pub(super) async fn read(db: &Db) -> Result<Vec<Record>> {
    let mut conn = db.connect(Some(LIMIT)).await?;
    let columns =
        conn.all(dialect::table_catalogue(db.kind()).columns, &["dw_migrations".into()], |row| row.text(0)).await?;
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    if !columns.iter().any(|column| column == "name") {
        return Err(Error::Schema(
            "this database has the schema of a Doorward before release 0.1.0, which cannot be migrated: \
             start with an empty database, and repeat `doorward adopt run` if users were imported"
                .to_owned(),
        ));
    }
    conn.all("SELECT version, name, statements_done, finished_at FROM dw_migrations", &[], |row| {
        Ok(Record {
            version: row.integer(0)?,
            name: row.text(1)?,
            statements_done: row.integer(2)?,
            finished_at: row.integer_or_null(3)?.map(UnixMillis),
        })
    })
    .await
}
