//! Lists of `/api/v1` with ten thousand users and with a million: more rows must not make a page slower.
//!
//! Both servers run at once and are measured in turns, each with as many audit events as users. The result is the ratio
//! of median latencies of one kind of page, larger database to smaller.

use std::process::{Command, Stdio};

use super::{Bench, middle};
use crate::{
    Result,
    load::{self, Load, Until},
    mariadb::MariaDb,
    server::Server,
};

const SMALL: u64 = 10_000;
const LARGE: u64 = 1_000_000;
const CONNECTIONS: usize = 4;
const ROUNDS: usize = 3;
const NAME: &str = "root";
const PASSWORD: &str = "the password of root";
/// One of this many users is disabled.
const DISABLED_EACH: u64 = 1000;

/// A kind of page; its requests differ, so that they read different rows.
struct Kind {
    name: &'static str,
    path: fn(u64, u64) -> String,
}

const KINDS: [Kind; 8] = [
    Kind { name: "search by a prefix of a name", path: |at, _| format!("/users?name=user{:03}", at % 10) },
    Kind { name: "users of a role", path: |at, _| format!("/users?role=user&name=user{:03}", at % 10) },
    Kind { name: "disabled users", path: |_, _| "/users?state=disabled&limit=10".to_owned() },
    Kind { name: "disabled users of a role", path: |_, _| "/users?role=user&state=disabled&limit=10".to_owned() },
    Kind { name: "the role that one user has", path: |_, _| "/users?role=admin".to_owned() },
    Kind { name: "a page from the middle", path: |at, users| format!("/users?cursor={}", cursor(at * 7919 % users)) },
    Kind { name: "the newest events", path: |_, _| "/audit-events".to_owned() },
    Kind { name: "events of a kind", path: |_, _| "/audit-events?event=user_created".to_owned() },
];

pub(super) fn run(bench: &Bench) -> Result<()> {
    println!("pages of 50, {CONNECTIONS} connections, median of {ROUNDS} rounds of {:?}", bench.round);
    println!("\n| engine | page | {SMALL} users: p50 µs | {LARGE} users: p50 µs | ratio |");
    println!("| --- | --- | --- | --- | --- |");
    let small = Filled::sqlite(bench, SMALL)?;
    let large = Filled::sqlite(bench, LARGE)?;
    compare(bench, "SQLite", &small, &large)?;
    drop((small, large));
    if bench.with_mariadb {
        let server = MariaDb::start()?;
        let small = Filled::mariadb(bench, &server, SMALL)?;
        let large = Filled::mariadb(bench, &server, LARGE)?;
        compare(bench, "MariaDB", &small, &large)?;
    }
    Ok(())
}

fn compare(bench: &Bench, engine: &str, small: &Filled, large: &Filled) -> Result<()> {
    for kind in &KINDS {
        let (mut of_small, mut of_large) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            of_small.push(small.latency(bench, kind)?);
            of_large.push(large.latency(bench, kind)?);
        }
        let (small, large) = (middle(&of_small), middle(&of_large));
        println!("| {engine} | {} | {small:.0} | {large:.0} | {:.2} |", kind.name, large / small);
    }
    Ok(())
}

/// A server with a filled database.
struct Filled {
    server: Server,
    users: u64,
    cookie: String,
}

impl Filled {
    fn sqlite(bench: &Bench, users: u64) -> Result<Self> {
        let file = bench.folder.join(format!("lists-{users}.db"));
        let url = format!("sqlite:{}", file.display());
        create_administrator(bench, &url)?;
        let connection = rusqlite::Connection::open(&file).map_err(|error| error.to_string())?;
        let numbers = format!(
            "WITH RECURSIVE numbers (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM numbers WHERE number + 1 < {users})"
        );
        let name = "printf('user%06d', number)";
        let sql = format!(
            "BEGIN; {}; {}; COMMIT; ANALYZE",
            insert_users(&numbers, "numbers", name, &format!("CAST({name} AS BLOB)"), "randomblob(16)"),
            insert_events(&numbers, "numbers", "randomblob(16)"),
        );
        connection.execute_batch(&sql).map_err(|error| error.to_string())?;
        drop(connection);
        Self::start(bench, &url, users)
    }

    fn mariadb(bench: &Bench, server: &MariaDb, users: u64) -> Result<Self> {
        let database = format!("lists_{users}");
        server.execute(&format!("CREATE DATABASE {database}"))?;
        let url = format!("{}/{database}", server.url());
        create_administrator(bench, &url)?;
        let numbers = format!("(SELECT seq AS number FROM seq_0_to_{}) numbers", users - 1);
        let name = "CONCAT('user', LPAD(number, 6, '0'))";
        let uid = "UNHEX(MD5(CONCAT('uid', number)))";
        for sql in [
            insert_users("", &numbers, name, name, uid),
            insert_events("", &numbers, uid),
            "ANALYZE TABLE dw_users, dw_audit_events".to_owned(),
        ] {
            server.execute(&format!("USE {database}; {sql}"))?;
        }
        Self::start(bench, &url, users)
    }

    fn start(bench: &Bench, url: &str, users: u64) -> Result<Self> {
        // The events' keys are random, and many look old.
        let server = bench.doorward(url, &[("DOORWARD_AUDIT__RETENTION", "0s")])?;
        let body = format!(r#"{{"name":"{NAME}","password":"{PASSWORD}"}}"#);
        let log_in = format!(
            "POST /api/v1/sessions HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let requests = [log_in.into_bytes()];
        let load = Load { address: server.address, connections: 1, requests: &requests, until: Until::SentOnce };
        let outcome = load::run(&load)?;
        outcome.all_are(201)?;
        let cookie = outcome.cookies.into_iter().next().ok_or("the login set no cookie")?;
        Ok(Self { server, users, cookie })
    }

    /// Returns the median latency of this kind of page, in microseconds.
    fn latency(&self, bench: &Bench, kind: &Kind) -> Result<f64> {
        let requests: Vec<Vec<u8>> = (0..1000)
            .map(|at| {
                let (path, cookie) = ((kind.path)(at, self.users), &self.cookie);
                format!("GET /api/v1{path} HTTP/1.1\r\nHost: bench\r\nCookie: {cookie}\r\n\r\n").into_bytes()
            })
            .collect();
        let until = Until::Elapsed(bench.round);
        let load = Load { address: self.server.address, connections: CONNECTIONS, requests: &requests, until };
        let outcome = load::run(&load)?;
        outcome.all_are(200)?;
        Ok(outcome.percentile(0.5))
    }
}

fn create_administrator(bench: &Bench, url: &str) -> Result<()> {
    use std::io::Write as _;
    let program = bench.target.join("doorward");
    let mut process = Command::new(&program)
        .args(["user", "create", NAME, "--role", "admin", "--password-stdin", "--database-url", url])
        .current_dir(&bench.folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    let mut input = process.stdin.take().ok_or("no standard input")?;
    input.write_all(PASSWORD.as_bytes()).map_err(|error| error.to_string())?;
    drop(input);
    let status = process.wait().map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("user create ended with {status}")) }
}

/// Inserts users without a password; no request here logs in as them.
fn insert_users(with: &str, numbers: &str, name: &str, key: &str, uid: &str) -> String {
    format!(
        "INSERT INTO dw_users (uid, name, name_key, role_id, created_at, disabled_at)
         {with} SELECT {uid}, {name}, {key}, 2, number,
             CASE WHEN number % {DISABLED_EACH} = 0 THEN number END FROM {numbers}"
    )
}

fn insert_events(with: &str, numbers: &str, uid: &str) -> String {
    format!(
        "INSERT INTO dw_audit_events (uid, occurred_at, event, outcome, actor_kind, request_id)
         {with} SELECT {uid}, number, CASE WHEN number % 2 = 0 THEN 'user_created' ELSE 'authn_login_fail' END,
             'success', 'anonymous', CONCAT('', number) FROM {numbers}"
    )
}

/// Returns the cursor after the user of this number, as the server formats it: a byte for the list, and the key, in
/// base64url.
fn cursor(number: u64) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = vec![1_u8];
    bytes.extend(format!("user{number:06}").bytes());
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..=chunk.len() {
            let index = usize::try_from(bits >> (18 - 6 * at) & 63).unwrap_or(0);
            text.extend(LETTERS.get(index).map(|letter| char::from(*letter)));
        }
    }
    text
}
