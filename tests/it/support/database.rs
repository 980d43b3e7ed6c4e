//! A separate database for each test, on the engine that the environment names, and raw SQL for it.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use mysql_async::prelude::Queryable;
use tempfile::TempDir;

/// The database of one test. SQLite's file is removed with it. A MySQL database stays until its server is removed.
#[derive(Clone)]
pub struct Database {
    pub url: String,
    folder: Arc<TempDir>,
}

impl Database {
    /// An empty database.
    pub async fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let folder = Arc::new(TempDir::new().unwrap());
        let Some(server) = server() else {
            let url = format!("sqlite:{}", folder.path().join("doorward.db").display());
            return Self { url, folder };
        };
        let name = format!("dw_test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut connection = mysql_async::Conn::from_url(&server).await.unwrap();
        connection
            .query_drop(format!("CREATE DATABASE {name} DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"))
            .await
            .unwrap();
        connection.disconnect().await.unwrap();
        Self { url: format!("{server}/{name}"), folder }
    }

    /// An empty SQLite database, whatever the engine of the run is.
    pub fn sqlite() -> Self {
        let folder = Arc::new(TempDir::new().unwrap());
        Self { url: format!("sqlite:{}", folder.path().join("doorward.db").display()), folder }
    }

    /// The database of a server that one test started.
    pub fn at(url: &str) -> Self {
        Self { url: url.to_owned(), folder: Arc::new(TempDir::new().unwrap()) }
    }

    /// A folder that lives as long as the database.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The program's secrets file when it runs in that folder.
    pub fn secrets_file(&self) -> std::path::PathBuf {
        self.folder().join(if self.is_sqlite() { "doorward.db.secrets" } else { "doorward.secrets" })
    }

    /// Whether this is SQLite.
    pub fn is_sqlite(&self) -> bool {
        self.url.starts_with("sqlite:")
    }

    /// `text` in SQL, whatever characters it has.
    pub fn text(&self, text: &str) -> String {
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        if self.is_sqlite() { format!("CAST(X'{hex}' AS TEXT)") } else { format!("CONVERT(X'{hex}' USING utf8mb4)") }
    }

    /// Records a migration of a newer Doorward, which this one does not know.
    pub async fn insert_newer_migration(&self) {
        let sql = "INSERT INTO dw_migrations (version, name, statements_done, finished_at) VALUES (99, 'next', 1, 1)";
        self.execute(sql).await;
    }

    /// Executes statements directly, without Doorward.
    pub async fn execute(&self, sql: &str) {
        match self.url.strip_prefix("sqlite:") {
            Some(path) => rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap(),
            None => {
                let mut connection = mysql_async::Conn::from_url(&self.url).await.unwrap();
                connection.query_drop(sql).await.unwrap();
                connection.disconnect().await.unwrap();
            }
        }
    }

    /// All rows of a query, each value as text. Null becomes `NULL`, and bytes that are not UTF-8 become hexadecimal.
    pub async fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        match self.url.strip_prefix("sqlite:") {
            Some(path) => sqlite_rows(path, sql),
            None => {
                let mut connection = mysql_async::Conn::from_url(&self.url).await.unwrap();
                let rows: Vec<mysql_async::Row> = connection.query(sql).await.unwrap();
                connection.disconnect().await.unwrap();
                let text = |value: mysql_async::Value| match value {
                    mysql_async::Value::NULL => "NULL".to_owned(),
                    mysql_async::Value::Bytes(bytes) => printable(bytes),
                    other => other.as_sql(true).trim_matches('\'').to_owned(),
                };
                rows.into_iter().map(|row| row.unwrap().into_iter().map(text).collect()).collect()
            }
        }
    }

    /// The value of a query that has one row and one column.
    pub async fn value(&self, sql: &str) -> String {
        let rows = self.rows(sql).await;
        assert_eq!(rows.len(), 1, "{sql} returns {} rows", rows.len());
        rows[0][0].clone()
    }
}

/// The database server of the tests, if the engine is not SQLite.
pub fn server() -> Option<String> {
    std::env::var("DW_TEST_DATABASE").ok()
}

fn sqlite_rows(path: &str, sql: &str) -> Vec<Vec<String>> {
    use rusqlite::types::ValueRef;
    let connection = rusqlite::Connection::open(path).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        (0..columns)
            .map(|column| {
                Ok(match row.get_ref(column)? {
                    ValueRef::Null => "NULL".to_owned(),
                    ValueRef::Integer(integer) => integer.to_string(),
                    ValueRef::Real(real) => real.to_string(),
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => printable(bytes.to_vec()),
                })
            })
            .collect()
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn printable(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.into_bytes().iter().map(|byte| format!("{byte:02x}")).collect())
}
