//! Query plans of the statements on paged and hot paths: each must use an index that gives the rows in order.
//!
//! So the cost of a page or a look-up does not grow with the number of rows. The statements are read from the source, so
//! that the tests include changed and new ones.

use doorward_test_macros::async_test;
use std::fs;

use doorward::store::migrate;

use super::rows;
use crate::{
    architecture::{root, texts_of},
    support::{Database, Site},
};

/// The files whose statements are checked.
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
/// Statements that may read a whole table, with the reason.
const MAY_SCAN: [(&str, &str); 3] = [
    ("FROM dw_roles ORDER BY name LIMIT", "there are at most a thousand roles"),
    ("SELECT id, name FROM dw_users WHERE role_id", "it reads only the first thousand rows"),
    ("DELETE FROM dw_sessions", "it deletes all rows"),
];

/// The statements of a file. A macro may join some of them from parts.
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

/// The statement with a value in place of each `?`. `of` selects a value that most rows have, or one that few have.
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

/// The access type in a row of a plan. MySQL has the column `partitions` before it, and MariaDB has not.
fn access(row: &[String]) -> &str {
    &row[if row.len() == 12 { 4 } else { 3 }]
}

/// The faults of the engine's plan for `statement`.
async fn faults(database: &Database, statement: &str, of: usize) -> Vec<String> {
    let plan = match database.url.strip_prefix("sqlite:") {
        Some(path) => sqlite_plan(path, statement),
        None => database.rows(&format!("EXPLAIN FORMAT=TRADITIONAL {}", with_values(statement, of))).await,
    };
    let is_wrong = |row: &&Vec<String>| {
        let text = row.join(" ");
        let is_bad = |bad: &[&str]| bad.iter().any(|bad| text.contains(bad));
        if database.is_sqlite() {
            is_bad(&["TEMP B-TREE", "SCAN ", "AUTOMATIC"])
        } else {
            // These two read the whole table or a whole index.
            matches!(access(row), "ALL" | "index") || is_bad(&["filesort", "temporary", "join buffer"])
        }
    };
    let mut faults: Vec<_> = plan.iter().filter(is_wrong).map(|row| row.join(" | ")).collect();
    // A later page must not read the earlier rows, so the index must have a bound.
    let is_bound = match database.is_sqlite() {
        true => plan.iter().any(|row| row[0].contains(['>', '<'])),
        false => access(&plan[0]) == "range",
    };
    if statement.contains(" ORDER BY ") && !is_bound {
        faults.push(format!("reads from the beginning: {}", plan[0].join(" | ")));
    }
    faults
}

/// The plan with Doorward's setting, which ignores the values (`SQLITE_DBCONFIG_ENABLE_QPSG`).
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
async fn hot_and_paged_statements_use_an_index_without_sorting() {
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
    // The schema of these plans is complete.
    assert_eq!(migrate::check(&site.app.db).await.unwrap(), None);
}

/// Checks the test above.
#[async_test]
async fn a_plan_without_an_index_is_detected() {
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
