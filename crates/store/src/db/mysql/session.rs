//! The session of a connection: its settings are set and then checked, and the server is judged.
//!
//! Invariant: no connection is lent whose session was not checked. A proxy, an `init_connect` or an option of the server
//! may change any setting, so the answer to `SET` alone proves nothing.

use std::collections::BTreeMap;

use mysql_async::{Conn, prelude::Queryable};

use super::super::failure::Failure;
use crate::{Error, Remedy};

/// The strict mode. It makes the server reject a value that does not fit, instead of changing it.
const SQL_MODE: &str = "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION";
/// The variables by which a server is judged. Each server knows only some of them.
const VARIABLES: &str = "SHOW SESSION VARIABLES WHERE Variable_name IN ('hostname', 'port', 'server_id', 'server_uuid', \
     'datadir', 'log_bin', 'binlog_format', 'sql_log_bin', 'tx_isolation', 'transaction_isolation', 'wsrep_on', \
     'wsrep_provider', 'wsrep_sync_wait', 'wsrep_dirty_reads', 'wsrep_osu_method', 'wsrep_node_name', \
     'group_replication_group_name', 'group_replication_consistency', 'read_only', \
     'super_read_only', 'innodb_read_only', 'offline_mode', 'information_schema_stats_expiry')";
/// Settings of the server that a change at run time gives only to new sessions.
const GLOBAL: &str = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('binlog_format', 'wsrep_on')";
const WSREP: &str = "SHOW STATUS WHERE Variable_name IN ('wsrep_ready', 'wsrep_cluster_status', 'wsrep_local_state', \
     'wsrep_local_state_comment')";
/// The states of this member, and the numbers of members that are unreachable and known.
const GROUP: &str = "SELECT MAX(IF(member_id = @@server_uuid, member_state, '')), SUM(member_state = 'UNREACHABLE'), \
     COUNT(*) FROM performance_schema.replication_group_members";
/// A text with characters of two, three and four bytes in UTF-8.
const PROBE: &str = "é€😀";

/// The use of the connections of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) enum Usage {
    /// Doorward's own tables.
    Own,
    /// A table of another program, which is read and written.
    ForeignWritten,
    /// A table of another program, which is only read. A read-only server suffices.
    ForeignRead,
}

/// The server at the other end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerIdentity {
    identity: String,
    /// Whether a read on this server sees every commit on any server of its cluster.
    pub is_causal: bool,
}

type Variables = BTreeMap<String, String>;

/// Sets and checks the session of a new connection, in four round trips, and judges its server.
pub(super) async fn establish(conn: &mut Conn, usage: Usage) -> Result<ServerIdentity, Failure> {
    // A limit of the server also cuts the list of variables, and a variable that is missing there is neither set nor
    // judged.
    conn.query_drop("SET SESSION sql_select_limit = 18446744073709551615").await?;
    let known = variables(conn, VARIABLES).await?;
    let wanted = wanted(&known);
    let assignments: Vec<_> = wanted.iter().map(|(name, value)| format!("SESSION {name} = {value}")).collect();
    conn.query_drop(format!("SET NAMES utf8mb4 COLLATE utf8mb4_general_ci, {}", assignments.join(", "))).await?;
    check(conn, &wanted).await?;
    judge(conn, &known, usage).await?;
    Ok(server(&known))
}

/// Judges the server of an existing connection again, and its session: a proxy may have changed it, and a server may
/// have joined a cluster meanwhile.
pub(super) async fn judge_again(conn: &mut Conn, usage: Usage) -> Result<(), Failure> {
    let mut known = variables(conn, VARIABLES).await?;
    check(conn, &wanted(&known)).await?;
    known.extend(variables(conn, GLOBAL).await?);
    judge(conn, &known, usage).await
}

async fn variables(conn: &mut Conn, sql: &str) -> Result<Variables, Failure> {
    let rows: Vec<(String, String)> = conn.query(sql).await?;
    Ok(rows.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect())
}

/// Returns the settings with their values in SQL. They exist on every supported server, or on this one.
fn wanted(known: &Variables) -> Vec<(&'static str, String)> {
    // MariaDB before 11.1 knows only the first name, and MySQL only the second.
    let (isolation, read_only) = if known.contains_key("transaction_isolation") {
        ("transaction_isolation", "transaction_read_only")
    } else {
        ("tx_isolation", "tx_read_only")
    };
    let mut wanted = vec![
        ("sql_mode", format!("'{SQL_MODE}'")),
        (isolation, "'READ-COMMITTED'".to_owned()),
        (read_only, "0".to_owned()),
        ("time_zone", "'+00:00'".to_owned()),
        ("autocommit", "1".to_owned()),
        ("completion_type", "0".to_owned()),
        ("sql_select_limit", u64::MAX.to_string()),
        ("sql_big_selects", "1".to_owned()),
        ("sql_safe_updates", "0".to_owned()),
        ("foreign_key_checks", "1".to_owned()),
        ("unique_checks", "1".to_owned()),
        // A longer wait for a lock counts as a conflict.
        ("innodb_lock_wait_timeout", "1".to_owned()),
    ];
    if let Some(value) = known.get("wsrep_sync_wait") {
        // Bit 1: a read, also `START TRANSACTION`, waits for the commits of all nodes.
        wanted.push(("wsrep_sync_wait", (value.parse::<u32>().unwrap_or(0) | 1).to_string()));
    }
    if known.contains_key("wsrep_dirty_reads") {
        // A node outside of the primary component would otherwise serve old rows.
        wanted.push(("wsrep_dirty_reads", "0".to_owned()));
    }
    if known.contains_key("wsrep_osu_method") {
        // A migration is otherwise made on one node alone.
        wanted.push(("wsrep_osu_method", "'TOI'".to_owned()));
    }
    if known.contains_key("information_schema_stats_expiry") {
        // MySQL otherwise shows the next id of a table as it was up to a day ago.
        wanted.push(("information_schema_stats_expiry", "0".to_owned()));
    }
    if is_group_member(known)
        && known.get("group_replication_consistency").map(String::as_str) != Some("BEFORE_AND_AFTER")
    {
        wanted.push(("group_replication_consistency", "'BEFORE'".to_owned()));
    }
    wanted
}

fn is_group_member(known: &Variables) -> bool {
    known.get("group_replication_group_name").is_some_and(|name| !name.is_empty())
}

/// Reads every setting back, and a text in both directions.
async fn check(conn: &mut Conn, wanted: &[(&'static str, String)]) -> Result<(), Failure> {
    const CHARACTER_SETS: [&str; 3] = ["character_set_client", "character_set_connection", "character_set_results"];
    let names: Vec<_> = CHARACTER_SETS.into_iter().chain(wanted.iter().map(|(name, _)| *name)).collect();
    let columns: Vec<_> = names.iter().map(|name| format!("CAST(@@SESSION.{name} AS CHAR)")).collect();
    let sql = format!("SELECT HEX('{PROBE}'), '{PROBE}', {}", columns.join(", "));
    let row: Option<mysql_async::Row> = conn.query_first(sql).await?;
    let mut values = row.map(mysql_async::Row::unwrap).unwrap_or_default().into_iter().map(text);
    let hex: String = PROBE.bytes().map(|byte| format!("{byte:02X}")).collect();
    let (sent, received) = (values.next().unwrap_or_default(), values.next().unwrap_or_default());
    if sent != hex || received != PROBE {
        return Err(unsuitable(
            "it changes the characters of texts: no option of the server or a proxy may change the \
             character set of a connection",
        ));
    }
    let expected =
        CHARACTER_SETS.iter().map(|_| "utf8mb4").chain(wanted.iter().map(|(_, value)| value.trim_matches('\'')));
    for ((name, expected), actual) in names.iter().zip(expected).zip(values) {
        if !is_same(name, expected, &actual) {
            return Err(unsuitable(&format!(
                "its {name} is {actual} and not {expected}, also after SET SESSION: no option of the server or a proxy \
                 may change it"
            )));
        }
    }
    Ok(())
}

fn text(value: mysql_async::Value) -> String {
    match value {
        mysql_async::Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        mysql_async::Value::NULL => "NULL".to_owned(),
        other => other.as_sql(true).trim_matches('\'').to_owned(),
    }
}

fn is_same(name: &str, expected: &str, actual: &str) -> bool {
    match name {
        "sql_mode" => {
            let words = |modes: &str| modes.split(',').map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
            words(expected) == words(actual)
        }
        "completion_type" => matches!(actual, "NO_CHAIN" | "0"),
        // Servers write switches as numbers or as words.
        _ if matches!((expected, actual), ("1", "ON") | ("0", "OFF")) => true,
        _ => expected.eq_ignore_ascii_case(actual),
    }
}

/// Judges whether the server can do what its use needs.
async fn judge(conn: &mut Conn, known: &Variables, usage: Usage) -> Result<(), Failure> {
    let value = |name: &str| known.get(name).map(String::as_str);
    let is_on = |name: &str| value(name).is_some_and(|value| !matches!(value, "OFF" | "0" | "NO" | ""));
    if usage != Usage::ForeignRead {
        for name in ["read_only", "super_read_only", "innodb_read_only", "offline_mode"] {
            if is_on(name) {
                return Err(unfit(&format!("the server is read-only ({name} = {})", value(name).unwrap_or_default())));
            }
        }
        if is_on("log_bin") && value("binlog_format") == Some("STATEMENT") {
            return Err(unsuitable(
                "its binlog_format is STATEMENT, with which every write fails at the isolation level READ COMMITTED: set \
                 binlog_format to ROW or MIXED",
            ));
        }
        if value("sql_log_bin").is_some_and(|value| matches!(value, "OFF" | "0")) {
            return Err(unsuitable("its sql_log_bin is OFF, so replicas would lack every write"));
        }
    }
    if is_on("wsrep_on") {
        judge_galera(&variables(conn, WSREP).await?)?;
    } else if value("wsrep_provider").is_some_and(|path| !matches!(path, "" | "none")) {
        judge_disabled_galera(&variables(conn, WSREP).await?)?;
    }
    if is_group_member(known) {
        judge_group(conn).await?;
    }
    Ok(())
}

/// Requires that a server with `wsrep_on = OFF` is no node of a cluster, in the primary component or outside of it.
fn judge_disabled_galera(status: &Variables) -> Result<(), Failure> {
    if status.get("wsrep_cluster_status").is_some_and(|status| status == "Disconnected") {
        return Ok(());
    }
    Err(unfit("its wsrep_on is OFF, so the other nodes of its cluster would lack every write: set it to ON"))
}

/// Requires a synchronised node of the primary component. A donor (state 2) also works.
fn judge_galera(status: &Variables) -> Result<(), Failure> {
    let value = |name: &str| status.get(name).map_or("", String::as_str);
    let (ready, cluster, state) = (value("wsrep_ready"), value("wsrep_cluster_status"), value("wsrep_local_state"));
    if ready == "ON" && cluster == "Primary" && matches!(state, "4" | "2") {
        return Ok(());
    }
    let comment = value("wsrep_local_state_comment");
    Err(unfit(&format!(
        "the node is not a working member of its Galera cluster (wsrep_ready {ready}, status {cluster}, state {comment})"
    )))
}

/// Requires an online member that can reach the majority. Without the right to read the table, the other checks must
/// suffice: a member that is not online is read-only.
async fn judge_group(conn: &mut Conn) -> Result<(), Failure> {
    let row: Option<(Option<String>, Option<u64>, u64)> = match conn.query_first(GROUP).await {
        Err(mysql_async::Error::Server(cause)) if matches!(cause.code, 1142 | 1143 | 1044 | 1146) => return Ok(()),
        answer => answer?,
    };
    let (state, unreachable, members) = row.unwrap_or((None, None, 0));
    let state = state.unwrap_or_default();
    if state == "ONLINE" && unreachable.unwrap_or(0) * 2 < members {
        return Ok(());
    }
    let unreachable = unreachable.unwrap_or(0);
    Err(unfit(&format!(
        "the server is not a working member of its replication group (state {state}; {unreachable} of {members} members \
         are unreachable)"
    )))
}

fn server(known: &Variables) -> ServerIdentity {
    let parts = ["hostname", "port", "server_uuid", "server_id", "datadir", "wsrep_node_name"];
    let identity: Vec<_> = parts.iter().map(|name| known.get(*name).map_or("", String::as_str)).collect();
    let is_on = |name: &str| known.get(name).is_some_and(|value| value == "ON" || value == "1");
    ServerIdentity { identity: identity.join(" "), is_causal: is_on("wsrep_on") || is_group_member(known) }
}

/// The server does not work now, and another one may.
fn unfit(reason: &str) -> Failure {
    Failure::Gone(Error::unusable(Remedy::Wait, reason))
}

/// The server can never be used with its settings.
fn unsuitable(reason: &str) -> Failure {
    Failure::Gone(Error::unusable(Remedy::Settings, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(cluster: &[(&str, &str)]) -> Variables {
        cluster.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_node_of_a_cluster_with_replication_off_is_refused() {
        for state in ["Primary", "non-Primary", "disconnecting", ""] {
            assert!(judge_disabled_galera(&status(&[("wsrep_cluster_status", state)])).is_err(), "{state}");
        }
        assert!(judge_disabled_galera(&status(&[])).is_err());
        assert!(judge_disabled_galera(&status(&[("wsrep_cluster_status", "Disconnected")])).is_ok());
    }
}
