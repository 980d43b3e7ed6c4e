//! How each engine goes about the statements of paged and hot paths: by an index that gives the rows in order, so that
//! a page and a look-up cost about the same however many rows there are.
//!
//! The statements are read from the source, so that one that is changed or added is looked at too.

use doorward_test_macros::async_test;
use std::fs;

use doorward::store::migrate;

use super::rows;
use crate::{
    architecture::{root, texts_of},
    support::{Database, Site},
};

/// The files whose every statement is looked at.
const FILES: [&str; 9] = [
    "audit_events",
    "credentials",
    "idempotency_keys",
    "login_failures",
    "roles",
    "session_ends",
    "sessions",
    "user_search",
    "users",
];
/// What may read a whole table, and why.
const MAY_SCAN: [(&str, &str); 3] = [
    ("FROM dw_roles ORDER BY name LIMIT", "there are a thousand roles at most"),
    ("SELECT id, name FROM dw_users WHERE role_id", "it is the first thousand, and there is no next page"),
    ("DELETE FROM dw_sessions", "it is to delete them all"),
];

/// The statements of a file, pieces of which a macro may join.
fn statements_of(file: &str) -> Vec<String> {
    let code = fs::read_to_string(root().join("crates/store/src").join(file).with_extension("rs")).unwrap();
    let texts: Vec<_> = texts_of(&code).into_iter().map(|text| text.trim_matches('"')).collect();
    let is_statement = |text: &str| ["SELECT ", "UPDATE ", "DELETE "].iter().any(|verb| text.starts_with(verb));
    let whole = |text: &&&str| is_statement(text) && !text.ends_with("INDEX (");
    let mut statements: Vec<String> = texts.iter().filter(whole).map(|text| (*text).to_owned()).collect();
    if let Some(head) = texts.iter().position(|text| is_statement(text) && text.ends_with("INDEX (")) {
        let [head, hint, bounds, limit] = [texts[head], texts[head + 1], texts[head + 2], texts[head + 3]];
        assert!(hint == ") */ WHERE " && bounds.ends_with("ORDER BY uid ") && limit == " LIMIT ?", "{file}'s macro");
        for arguments in code.split("Statements = statements!(\"").skip(1) {
            let [condition, _, index] = arguments.splitn(4, '"').take(3).collect::<Vec<_>>()[..] else { panic!() };
            statements
                .extend(["DESC", "ASC"].map(|order| [head, index, hint, condition, bounds, order, limit].concat()));
        }
    }
    statements
        .into_iter()
        .map(|statement| statement.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|statement| {
            !MAY_SCAN.iter().any(|(known, _)| statement.ends_with(known) || statement.contains(&format!("{known} ")))
        })
        .collect()
}

/// The statement with a value in the place of each `?`. `of` picks one from those of a column: something that most rows
/// have, or that few have.
fn with_values(statement: &str, of: usize) -> String {
    let mut text = String::new();
    for (place, part) in statement.split('?').enumerate() {
        if place > 0 {
            let before = text.trim_end().to_owned();
            let words: Vec<&str> = before.split([' ', '(', ',']).filter(|word| !word.is_empty()).collect();
            let [.., column, operator] = words[..] else { panic!("no reader for: {statement}") };
            let column = if matches!(operator, "LIMIT") { "limit" } else { column.rsplit('.').next().unwrap() };
            text.push_str(&rows::value_for(column, operator, of));
        }
        text.push_str(part);
    }
    text
}

/// What is wrong with the way in which the engine goes about `statement`.
async fn faults(database: &Database, statement: &str, of: usize) -> Vec<String> {
    let plan = match database.url.strip_prefix("sqlite:") {
        Some(path) => sqlite_plan(path, statement),
        None => database.rows(&format!("EXPLAIN {}", with_values(statement, of))).await,
    };
    let is_wrong = |row: &&Vec<String>| {
        let text = row.join(" ");
        let is_bad = |bad: &[&str]| bad.iter().any(|bad| text.contains(bad));
        if database.is_sqlite() {
            is_bad(&["TEMP B-TREE", "SCAN ", "AUTOMATIC"])
        } else {
            // The fourth column is how the table is read; all of it, or all of an index.
            matches!(row[3].as_str(), "ALL" | "index") || is_bad(&["filesort", "temporary", "join buffer"])
        }
    };
    let mut faults: Vec<_> = plan.iter().filter(is_wrong).map(|row| row.join(" | ")).collect();
    // A page that begins far down must not read what is before it: the first bound is one of the index.
    let is_bound = match database.is_sqlite() {
        true => plan.iter().any(|row| row[0].contains(['>', '<'])),
        false => plan[0][3] == "range",
    };
    if statement.contains(" ORDER BY ") && !is_bound {
        faults.push(format!("reads from the beginning: {}", plan[0].join(" | ")));
    }
    faults
}

/// As Doorward has it made: without a look at the values (`SQLITE_DBCONFIG_ENABLE_QPSG`).
fn sqlite_plan(path: &str, statement: &str) -> Vec<Vec<String>> {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
    let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
    let mut rows = explained.raw_query();
    let mut plan = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        plan.push(vec![row.get("detail").unwrap()]);
    }
    plan
}

#[async_test]
async fn hot_and_paged_statements_follow_an_index_and_sort_nothing() {
    let site = Site::new().await;
    rows::fill(&site.database).await;
    let mut statements = 0;
    let mut wrong = Vec::new();
    for is_analyzed in [false, true] {
        if is_analyzed {
            rows::analyze(&site.database).await;
        }
        for file in FILES {
            for statement in statements_of(file) {
                statements += 1;
                for of in 0..2 {
                    let faults = faults(&site.database, &statement, of).await;
                    if !faults.is_empty() {
                        let asked = with_values(&statement, of);
                        wrong.push(format!("{file} (analyzed: {is_analyzed}): {asked}\n    {}", faults.join("\n    ")));
                    }
                }
            }
        }
    }
    assert!(statements > 80, "only {statements} statements were found");
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
    // They were looked at over the schema as it is served.
    assert_eq!(migrate::check(&site.app.db).await.unwrap(), None);
}

/// The test itself would tell.
#[async_test]
async fn a_statement_without_an_index_is_found() {
    let site = Site::new().await;
    rows::fill(&site.database).await;
    rows::analyze(&site.database).await;
    for bad in [
        "SELECT name FROM dw_users WHERE created_at > 1 ORDER BY name LIMIT 50",
        "SELECT uid FROM dw_audit_events WHERE outcome = 'refused' ORDER BY occurred_at LIMIT 50",
        "SELECT name FROM dw_users WHERE role_id = 2 ORDER BY created_at LIMIT 50",
        "SELECT 1 FROM dw_sessions WHERE client = 'x'",
    ] {
        assert!(!faults(&site.database, bad, 0).await.is_empty(), "{bad}");
    }
}
