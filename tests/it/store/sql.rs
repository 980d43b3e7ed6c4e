//! One SQL text for both engines, without features that only one engine has or that fail on a cluster.

use std::fs;

use crate::architecture::{root, rust_files, texts_of};

/// Texts that no statement may contain, with the reason.
const BANNED: [(&str, &str); 12] = [
    (" RETURNING", "MySQL does not know it"),
    ("ON CONFLICT", "MySQL does not know it"),
    ("ON DUPLICATE", "SQLite does not know it"),
    ("REPLACE ", "deletes the existing row"),
    ("INSERT IGNORE", "hides other errors than a duplicate"),
    ("INSERT OR ", "MySQL does not know it"),
    ("FOR UPDATE", "holds no lock on another Galera node"),
    ("FOR SHARE", "holds no lock on another Galera node"),
    ("LOCK IN ", "holds no lock on another Galera node"),
    ("GET_LOCK", "holds no lock on another Galera node"),
    ("CASCADE", "a rule must not depend on it"),
    ("NOW()", "time is a parameter"),
];

#[test]
fn statements_use_only_features_of_both_engines() {
    let mut statements = 0;
    for file in rust_files(&["crates/store/src"]) {
        let code = fs::read_to_string(&file).unwrap();
        for text in texts_of(&code) {
            let sql = text.trim_matches('"').split_whitespace().collect::<Vec<_>>().join(" ");
            let verb = sql.split(' ').next().unwrap();
            statements += usize::from(matches!(verb, "SELECT" | "INSERT" | "UPDATE" | "DELETE"));
            for (banned, why) in BANNED {
                assert!(!sql.contains(banned), "{}: {banned}: {why}: {sql}", file.display());
            }
            let changes = matches!(verb, "UPDATE" | "DELETE");
            assert!(!(changes && sql.contains(" LIMIT ")), "{}: SQLite does not know it: {sql}", file.display());
        }
    }
    assert!(statements > 25, "only {statements} statements were found");
}

#[test]
fn migrations_contain_no_banned_feature() {
    for engine in ["sqlite", "mysql"] {
        for entry in fs::read_dir(root().join("crates/store/migrations").join(engine)).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap().to_uppercase();
            for banned in ["CASCADE", "TRIGGER", "DROP TABLE", "FOREIGN KEY", "ENUM(", "TIMESTAMP", "DATETIME"] {
                assert!(!text.contains(banned), "{}: {banned}", path.display());
            }
        }
    }
}

#[test]
fn the_engines_differ_in_fewer_than_ten_places() {
    let dialect = fs::read_to_string(root().join("crates/store/src/dialect.rs")).unwrap();
    let places = dialect.matches("fn ").count();
    assert!((1..10).contains(&places), "{places} functions in dialect.rs");
    for file in rust_files(&["src", "crates/store/src"]) {
        let name = file.strip_prefix(root()).unwrap().to_str().unwrap();
        // `status` shows the engine's name, and `migrate` selects the engine's files.
        let may = [
            "crates/store/src/db/",
            "crates/store/src/dialect.rs",
            "crates/store/src/migrate/mod.rs",
            "crates/store/src/status.rs",
        ];
        if !may.iter().any(|allowed| name.starts_with(allowed)) {
            let code = fs::read_to_string(&file).unwrap();
            assert!(!code.contains("EngineKind::"), "{name} asks which engine it is");
        }
    }
}
