//! Thousands of rows for every growing table, and values from them, for the tests of query plans.

use crate::support::Database;

const USERS: u64 = 4000;
const SESSIONS: u64 = 8000;
const EVENTS: u64 = 8000;
const KEYS: u64 = 3000;
const EVENT_WORDS: [&str; 4] = ["authn_login_success", "authn_login_success", "authn_login_fail", "user_created"];

/// A deterministic number that looks random.
fn scattered(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn bytes(number: u64, length: usize) -> String {
    format!("X'{:0>width$}'", format!("{number:016x}"), width = length * 2)
}

fn name_key(number: u64) -> String {
    let hexadecimal: String = format!("user{number}").bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("X'{hexadecimal}'")
}

/// The role of a user: a few administrators, some support, mostly users.
fn role(number: u64) -> u64 {
    match number {
        0..=2 => 1,
        _ if number.is_multiple_of(50) => 3,
        _ => 2,
    }
}

/// Fills the tables.
pub async fn fill(database: &Database) {
    database
        .execute(
            "INSERT INTO dw_roles (id, name, permissions, created_at) VALUES (3, X'737570706f7274', 'users:read', 1)",
        )
        .await;
    let user = |number: u64| {
        let disabled_at = if number.is_multiple_of(40) { "5" } else { "NULL" };
        let (uid, key, role) = (bytes(number, 16), name_key(number), role(number));
        format!("({number}, {uid}, 'user{number}', {key}, {role}, {number}, {disabled_at})")
    };
    let columns = "id, uid, name, name_key, role_id, created_at, disabled_at";
    insert(database, "dw_users", columns, USERS, user).await;
    let credential = |number: u64| format!("({number}, 'password', 0, 'hash', 1, {number})");
    let columns = "user_id, kind, slot, secret, version, created_at";
    insert(database, "dw_credentials", columns, USERS, credential).await;
    let session = |number: u64| {
        let (token, uid, user) = (bytes(scattered(number), 32), bytes(number, 16), number % USERS + 1);
        format!("({token}, {uid}, {user}, {number}, {number}, {number}, 'pwd', 1)")
    };
    let columns = "token_hash, uid, user_id, created_at, last_used_at, authenticated_at, methods, level";
    insert(database, "dw_sessions", columns, SESSIONS, session).await;
    let event = |number: u64| {
        let word = EVENT_WORDS[usize::try_from(number).unwrap() % EVENT_WORDS.len()];
        let (uid, actor, subject) = (bytes(number, 16), bytes(number % 500, 16), bytes(number % 700, 16));
        format!("({uid}, {number}, '{word}', 'success', 'user', {actor}, 'a', {subject}, 's', '{number:08x}-1')")
    };
    let columns =
        "uid, occurred_at, event, outcome, actor_kind, actor_uid, actor_name, subject_uid, subject_name, request_id";
    insert(database, "dw_audit_events", columns, EVENTS, event).await;
    let key = |number: u64| format!("({0}, {0}, X'00', {number})", bytes(scattered(number), 32));
    insert(database, "dw_idempotency_keys", "key_hash, request_hash, resource, created_at", KEYS, key).await;
    let failure = |number: u64| {
        let user = if number.is_multiple_of(2) { number.to_string() } else { "NULL".to_owned() };
        format!("({}, {user}, 1, 0, X'{number:016x}', {number})", bytes(scattered(number), 32))
    };
    let columns = "failure_key, user_id, failures, delays, recent, last_failed_at";
    insert(database, "dw_login_failures", columns, KEYS, failure).await;
    let adoption = |number: u64| format!("({number}, {number}, X'00', 1)");
    insert(database, "dw_adoptions", "legacy_id, user_id, fingerprint, adopted_at", USERS / 2, adoption).await;
}

async fn insert(database: &Database, table: &str, columns: &str, rows: u64, row: impl Fn(u64) -> String) {
    let rows: Vec<String> = (1..=rows).map(row).collect();
    for batch in rows.chunks(1000) {
        database.execute(&format!("INSERT INTO {table} ({columns}) VALUES {}", batch.join(", "))).await;
    }
}

/// Updates the engine's statistics.
pub async fn analyze(database: &Database) {
    if database.is_sqlite() {
        database.execute("ANALYZE").await;
        return;
    }
    let with_keys = ["dw_idempotency_keys", "dw_login_failures", "dw_adoptions", "dw_roles"];
    for table in ["dw_users", "dw_credentials", "dw_sessions", "dw_audit_events"].into_iter().chain(with_keys) {
        database.rows(&format!("ANALYZE TABLE {table}")).await;
    }
}

/// A literal to compare with `column` by `operator`: for `of` 0 a common value or a wide range, for 1 a rare value or a
/// narrow range.
pub fn value_for(column: &str, operator: &str, of: usize) -> String {
    let is_lower_end = operator.starts_with('>');
    let is_upper_end = operator.starts_with('<') && operator != "<>";
    let ends = |widest: [&str; 2], narrow: [&str; 2]| {
        let pair = if of == 0 { widest } else { narrow };
        pair[usize::from(is_upper_end)].to_owned()
    };
    match column {
        "limit" => "50".to_owned(),
        "name_key" if is_lower_end || is_upper_end => ends(["X''", "X'ff'"], ["X'757365723130'", "X'757365723130ff'"]),
        "name_key" => name_key(77),
        "uid" if is_lower_end => {
            if of == 0 {
                "X''".to_owned()
            } else {
                bytes(7000, 16)
            }
        }
        "uid" if is_upper_end => {
            if of == 0 {
                format!("X'{}'", "ff".repeat(16))
            } else {
                bytes(7900, 16)
            }
        }
        "uid" => bytes(77, 16),
        "actor_uid" | "subject_uid" => bytes(77, 16),
        "request_id" => "'0000004d-1'".to_owned(),
        "event" => format!("'{}'", EVENT_WORDS[if of == 0 { 0 } else { 3 }]),
        "token_hash" | "key_hash" | "failure_key" => bytes(scattered(77), 32),
        "role_id" => if of == 0 { "2" } else { "3" }.to_owned(),
        "is_disabled" => of.to_string(),
        "id" if is_lower_end => if of == 0 { "0" } else { "3900" }.to_owned(),
        "id" => "77".to_owned(),
        "user_id" => "78".to_owned(),
        "name" if operator == "=" => "X'75736572'".to_owned(),
        // Queries for old rows match few rows.
        "created_at" | "last_used_at" | "last_failed_at" if is_upper_end => "100".to_owned(),
        "secret" | "attributes" | "admin_attributes" | "permissions" => "'x'".to_owned(),
        "failures" | "delays" => "1".to_owned(),
        "recent" => "X'00'".to_owned(),
        _ if column.ends_with("_at") || column.ends_with("version") || column.starts_with("COALESCE") => "1".to_owned(),
        other => panic!("no value for {other} {operator}"),
    }
}
