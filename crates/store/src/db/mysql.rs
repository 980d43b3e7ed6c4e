//! MySQL and MariaDB: a pool of connections, with a deadline for each call.
//!
//! Invariant: a connection whose query was interrupted, by its caller or by a deadline, is never used again. Otherwise
//! the late result of that query could be read as the result of the next one. The driver's pool also discards such
//! connections. This module does not depend on that.

use std::time::Duration;

use mysql_async::{Conn, Opts, OptsBuilder, PoolConstraints, PoolOpts, SslOpts, UrlError, prelude::Queryable};
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

use super::{
    failure::Failure,
    value::{Param, Row},
};
use crate::{Error, Result};

/// The settings of every new connection. Waiting for a lock for more than a second counts as a conflict.
const SESSION: [&str; 3] = [
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
    "SET SESSION innodb_lock_wait_timeout = 1",
];
const STATEMENTS_KEPT: usize = 64;
/// The longest time for closing an abandoned connection.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A borrowed connection, and the state of its protocol.
pub(super) struct MySqlLink {
    connection: Option<Conn>,
    state: State,
    deadline: Option<Instant>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// No query is in progress, and no transaction is open.
    Idle,
    /// A transaction is open.
    InTransaction,
    /// A query was sent, and its result has not been read completely.
    Unanswered,
}

/// Creates a pool for `url` with at most `connections`. It connects at its first use.
pub(super) fn pool(url: &str, connections: usize) -> Result<mysql_async::Pool> {
    let (opts, tls) = options(url)?;
    let size = connections.max(1);
    let constraints = PoolConstraints::new(size, size).unwrap_or_default();
    // A reset of returned connections would drop their prepared statements, which makes queries 2.5 times slower. No
    // code changes the state of a session after its start.
    let pool_opts = PoolOpts::default().with_constraints(constraints).with_reset_connection(false);
    let uses_socket = opts.socket().is_some();
    let driver_tls = opts.ssl_opts().cloned();
    let builder = OptsBuilder::from_opts(opts)
        .pool_opts(pool_opts)
        .prefer_socket(uses_socket)
        .client_found_rows(true)
        .stmt_cache_size(STATEMENTS_KEPT)
        .tcp_keepalive(Some(Duration::from_secs(30)))
        .setup(SESSION.to_vec())
        .ssl_opts(tls.or(driver_tls));
    Ok(mysql_async::Pool::new(builder))
}

/// Reads `url`: the driver's options, and the TLS options from MySQL's own parameters.
pub(super) fn options(url: &str) -> Result<(Opts, Option<SslOpts>)> {
    let problem = |message: &str| Error::Config(format!("`database.url`: {message}"));
    let (url, tls) = tls_parameters(url)?;
    // The driver's messages are not used, because they quote values.
    let opts = Opts::from_url(url.as_str()).map_err(|error| match error {
        UrlError::UnknownParameter { param } => problem(&format!("unknown parameter {param}")),
        UrlError::InvalidParamValue { param, .. } => problem(&format!("the parameter {param} has an invalid value")),
        UrlError::FeatureRequired { param, .. } => problem(&format!("the parameter {param} is not supported")),
        _ => problem("must have the form mysql://USER:PASSWORD@HOST:PORT/DATABASE"),
    })?;
    if opts.db_name().is_none_or(str::is_empty) {
        return Err(problem("the path must name a database, as in mysql://host/name"));
    }
    Ok((opts, tls))
}

/// Removes MySQL's own TLS parameters (`ssl-mode`, `ssl-ca`, `ssl-cert`, `ssl-key`) from the URL, because the driver
/// rejects them.
fn tls_parameters(url: &str) -> Result<(Url, Option<SslOpts>)> {
    let problem = |message: &str| Error::Config(format!("`database.url`: {message}"));
    let mut url = Url::parse(url).map_err(|error| problem(&error.to_string()))?;
    let (mut mode, mut authority, mut certificate, mut key) = (None, None, None, None);
    let mut others = Vec::new();
    for (name, value) in url.query_pairs().into_owned() {
        match name.as_str() {
            "ssl-mode" => mode = Some(value),
            "ssl-ca" => authority = Some(value),
            "ssl-cert" => certificate = Some(value),
            "ssl-key" => key = Some(value),
            _ => others.push((name, value)),
        }
    }
    url.set_query(None);
    if !others.is_empty() {
        url.query_pairs_mut().extend_pairs(others);
    }
    // Certificates without a mode also enable TLS.
    let names_certificates = authority.is_some() || certificate.is_some();
    let mut tls = SslOpts::default();
    if let Some(path) = &authority {
        let path = std::path::PathBuf::from(path);
        tls = tls.with_root_certs(vec![path.into()]).with_disable_built_in_roots(true);
    }
    match (certificate, key) {
        (Some(certificate), Some(key)) => {
            let certificate = std::path::PathBuf::from(certificate);
            let key = std::path::PathBuf::from(key);
            tls = tls.with_client_identity(Some(mysql_async::ClientIdentity::new(certificate.into(), key.into())));
        }
        (None, None) => {}
        _ => return Err(problem("ssl-cert and ssl-key require each other")),
    }
    let tls = match mode.map(|mode| mode.to_ascii_uppercase()).as_deref() {
        None if names_certificates => Some(tls),
        None | Some("DISABLED") => None,
        Some("REQUIRED") => Some(tls.with_danger_accept_invalid_certs(true).with_danger_skip_domain_validation(true)),
        Some("VERIFY_CA") => Some(tls.with_danger_skip_domain_validation(true)),
        Some("VERIFY_IDENTITY") => Some(tls),
        Some(_) => return Err(problem("ssl-mode must be DISABLED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY")),
    };
    Ok((url, tls))
}

impl MySqlLink {
    /// Borrows a connection from `pool` before `deadline`.
    pub(super) async fn from_pool(pool: &mysql_async::Pool, deadline: Option<Instant>) -> Result<Self> {
        let connection = by(deadline, pool.get_conn()).await?;
        Ok(Self { connection: Some(connection), state: State::Idle, deadline })
    }

    /// Returns the first row.
    pub(super) async fn optional<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let params = positional(params);
        let row: Option<mysql_async::Row> = self.ask(async |c| c.exec_first(sql, params).await).await?;
        row.map(|row| read(&Row::MySql(&row))).transpose()
    }

    /// Returns all rows.
    pub(super) async fn all<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let params = positional(params);
        let rows: Vec<mysql_async::Row> = self.ask(async |c| c.exec(sql, params).await).await?;
        rows.iter().map(|row| read(&Row::MySql(row))).collect()
    }

    /// Executes a statement, and returns the number of matched rows and the id that it assigned.
    pub(super) async fn execute(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> std::result::Result<(u64, Option<u64>), Failure> {
        let params = positional(params);
        self.ask(async |c| {
            c.exec_drop(sql, params).await?;
            Ok((c.affected_rows(), c.last_insert_id()))
        })
        .await
    }

    /// Executes a statement without preparing it.
    pub(super) async fn execute_plain(&mut self, sql: &str) -> std::result::Result<(), Failure> {
        self.ask(async |c| c.query_drop(sql).await).await
    }

    pub(super) async fn begin(&mut self) -> std::result::Result<(), Failure> {
        self.execute_plain("START TRANSACTION").await?;
        self.state = State::InTransaction;
        Ok(())
    }

    /// Ends the transaction by `COMMIT` or `ROLLBACK`.
    pub(super) async fn end(&mut self, sql: &'static str) -> std::result::Result<(), Failure> {
        self.execute_plain(sql).await?;
        self.state = State::Idle;
        Ok(())
    }

    /// Sends one query and reads its whole result before the deadline.
    async fn ask<T>(
        &mut self,
        query: impl AsyncFnOnce(&mut Conn) -> mysql_async::Result<T>,
    ) -> std::result::Result<T, Failure> {
        let gone = || Failure::Other(Error::Unavailable("the connection was lost".to_owned()));
        let connection = self.connection.as_mut().ok_or_else(gone)?;
        let before = std::mem::replace(&mut self.state, State::Unanswered);
        if before == State::Unanswered {
            return Err(gone());
        }
        let result = by(self.deadline, query(connection)).await;
        // After an error that the server reported, the protocol is in a known state. After other errors, it is not.
        if !matches!(result, Err(Failure::Other(Error::Unavailable(_)))) {
            self.state = before;
        }
        result
    }
}

impl Drop for MySqlLink {
    fn drop(&mut self) {
        if self.state == State::Idle {
            return;
        }
        let (Some(mut connection), Ok(runtime)) = (self.connection.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        let rolls_back = self.state == State::InTransaction;
        runtime.spawn(async move {
            let close = async {
                if rolls_back && connection.query_drop("ROLLBACK").await.is_ok() {
                    return;
                }
                // After the disconnect, the server rolls back an open transaction.
                drop(connection.disconnect().await);
            };
            drop(timeout(CLOSE_TIMEOUT, close).await);
        });
    }
}

/// Waits for `future`, at most until `deadline`.
async fn by<T>(
    deadline: Option<Instant>,
    future: impl Future<Output = mysql_async::Result<T>>,
) -> std::result::Result<T, Failure> {
    let late = || Failure::Other(Error::Unavailable("no answer before the deadline".to_owned()));
    match deadline {
        None => future.await.map_err(Failure::from),
        Some(deadline) => timeout_at(deadline, future).await.map_err(|_| late())?.map_err(Failure::from),
    }
}

fn positional(params: &[Param<'_>]) -> mysql_async::Params {
    if params.is_empty() {
        mysql_async::Params::Empty
    } else {
        mysql_async::Params::Positional(params.iter().map(Into::into).collect())
    }
}
