//! The floors of `docs/architecture.md`: which floor may import which, checked in the code.
//!
//! Comments and literals are ignored. Every path that starts at `crate`, `self` or `super` is resolved to its module, in
//! `use` lines and in expressions. Invariant: a floor imports only lower floors, and only `crates/store/src/db` uses the
//! database drivers.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Each floor, the floors that it may import, and the crates that it must not use.
const FLOORS: [(&str, &[&str], &[&str]); 12] = [
    ("error", &[], &["doorward_password", "axum", "hyper", "hyper_util", "tower"]),
    ("model", &["error"], &["axum", "hyper", "hyper_util", "tower", "toml", "clap"]),
    ("store", &["error", "model"], &["doorward", "doorward_password", "axum", "hyper", "hyper_util", "tower", "clap"]),
    ("config", &["error", "model"], &["axum", "hyper", "hyper_util", "tower", "clap"]),
    ("log", &["error", "model", "config"], &["axum", "hyper", "hyper_util", "tower", "clap"]),
    ("app", &["error", "model", "config", "log", "store"], &["axum", "hyper", "hyper_util", "tower", "clap"]),
    ("ops", &["error", "model", "config", "log", "store", "app"], &["axum", "hyper", "hyper_util", "tower", "clap"]),
    ("http", &["error", "model", "config", "log", "store", "app", "ops"], &["clap"]),
    (
        "jobs",
        &["error", "model", "config", "log", "store", "app", "ops"],
        &["axum", "hyper", "hyper_util", "tower", "clap"],
    ),
    (
        "cli",
        &["error", "model", "config", "log", "store", "app", "ops", "http", "jobs"],
        &["axum", "hyper", "hyper_util", "tower"],
    ),
    // The HTTP server, which is independent of Doorward.
    (
        "crates/server",
        &[],
        &["doorward", "doorward_store", "doorward_password", "axum", "tower", "clap", "toml", "serde_json"],
    ),
    // The crate of the hash schemes, which must be usable alone.
    ("crates/password", &[], &["doorward", "axum", "hyper", "hyper_util", "tower", "clap", "toml"]),
];
const DRIVERS: [&str; 2] = ["rusqlite", "mysql_async"];
/// The crate that holds three floors: `error`, `model`, and `store` itself.
const STORE: &str = "crates/store/src/";
const DRIVERS_HOME: &str = "crates/store/src/db/";
const MOST_LINES: usize = 300;

#[test]
fn no_floor_imports_a_higher_one() {
    let mut breaches = Vec::new();
    for file in rust_files(&["src", "crates/password/src", "crates/server/src", "crates/store/src"]) {
        breaches.extend(breaches_of(&relative(&file), &fs::read_to_string(&file).unwrap()));
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn every_file_under_src_belongs_to_a_floor() {
    let names: Vec<_> = rust_files(&["src"]).iter().map(|file| relative(file)).collect();
    assert!(names.len() > 40, "only {} files were found", names.len());
    for name in names {
        let is_root = matches!(name.as_str(), "src/main.rs" | "src/lib.rs");
        assert!(is_root || floor_of(&name).is_some(), "{name} belongs to no floor");
    }
}

#[test]
fn a_forbidden_import_is_found_in_every_form() {
    let breach = |file: &str, code: &str| !breaches_of(file, code).is_empty();
    assert!(breach("crates/store/src/users.rs", "use crate::ops::accounts::sign_up;"));
    assert!(breach("crates/store/src/users.rs", "use crate::{Error, model::{Name, Uid}, ops::{self, log_in}};"));
    assert!(breach("crates/store/src/users.rs", "fn f() { crate::app::App::new() }"));
    assert!(breach("crates/store/src/users.rs", "use doorward::http;"));
    assert!(breach("crates/store/src/model/name.rs", "use crate::users;"));
    assert!(breach("src/app.rs", "use self::super::ops;"));
    assert!(breach("crates/store/src/users.rs", "use doorward_password::Settings;"));
    assert!(breach("src/ops/auth/log_in.rs", "use axum::http::StatusCode;"));
    assert!(breach("src/http/session.rs", "let row: ::rusqlite::Row = x;"));
    assert!(breach("crates/store/src/users.rs", "use mysql_async as driver;"));
    assert!(!breach("crates/store/src/db/mysql.rs", "use mysql_async::Conn;"));
    assert!(!breach(
        "crates/store/src/users.rs",
        "// as in crate::ops\nuse crate::{Result, model::Name}; let a = \"crate::ops\";"
    ));
    assert!(!breach("src/http/legacy/mod.rs", "use super::{body, super::{ops::log_in, store}};"));
}

#[test]
fn files_are_short_and_have_a_module_doc() {
    for file in rust_files(&["src", "crates", "xtask", "tests"]) {
        let text = fs::read_to_string(&file).unwrap();
        let lines = text.lines().count();
        assert!(lines <= MOST_LINES, "{} has {lines} lines", relative(&file));
        assert!(text.starts_with("//! "), "{} does not begin with a module doc", relative(&file));
    }
}

/// The forbidden imports of `code`, the content of `file`.
fn breaches_of(file: &str, code: &str) -> Vec<String> {
    let tokens = tokens_of(code);
    let mut breaches = Vec::new();
    let mut breach = |named: &str| breaches.push(format!("{file} names {named}"));
    if !file.starts_with(DRIVERS_HOME) {
        DRIVERS.iter().filter(|driver| tokens.iter().any(|token| token == *driver)).for_each(|driver| breach(driver));
    }
    let Some((floor, below, foreign)) = floor_of(file) else { return breaches };
    foreign.iter().filter(|name| names_crate(&tokens, name)).for_each(|name| breach(name));
    for (at, token) in tokens.iter().enumerate() {
        let starts = at == 0 || tokens[at - 1] != "::";
        if !starts || !matches!(token.as_str(), "crate" | "self" | "super") {
            continue;
        }
        for path in paths_at(&tokens, at).0 {
            if let Some(target) = resolve(file, &path)
                && target != *floor
                && FLOORS.iter().any(|(known, ..)| *known == target)
                && !below.contains(&target.as_str())
            {
                breach(&path.join("::"));
            }
        }
    }
    breaches
}

fn floor_of(file: &str) -> Option<&'static (&'static str, &'static [&'static str], &'static [&'static str])> {
    FLOORS.iter().find(|(floor, ..)| {
        let home = match *floor {
            "model" | "error" => format!("{STORE}{floor}"),
            "store" => STORE.trim_end_matches('/').to_owned(),
            floor if floor.contains('/') => format!("{floor}/src"),
            floor => format!("src/{floor}"),
        };
        file.strip_prefix(home.as_str()).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    })
}

/// Whether the crate `name` is the head of a path or is imported as a whole.
fn names_crate(tokens: &[String], name: &str) -> bool {
    tokens.iter().enumerate().any(|(at, token)| {
        let is_head = at == 0 || tokens[at - 1] != "::" || at == 1 || !is_word(&tokens[at - 2]);
        let follows = tokens.get(at + 1).map_or("", String::as_str);
        token == name && is_head && matches!(follows, "::" | "as" | ";")
    })
}

/// The top-level module that `path` resolves to from `file`.
fn resolve(file: &str, path: &[String]) -> Option<String> {
    let inside = file.split_once("src/")?.1.strip_suffix(".rs")?;
    let mut resolved: Vec<&str> = inside.split('/').filter(|part| !matches!(*part, "mod" | "lib" | "main")).collect();
    for step in path {
        match step.as_str() {
            "crate" => resolved.clear(),
            "super" => drop(resolved.pop()),
            "self" => {}
            name => {
                resolved.push(name);
                break;
            }
        }
    }
    let name = *resolved.first()?;
    // Every other module of that crate is the floor `store`.
    let is_store = file.starts_with(STORE) && !matches!(name, "model" | "error" | "Error" | "Result");
    Some(if is_store && !FLOORS.iter().any(|(floor, ..)| *floor == name) {
        "store".to_owned()
    } else {
        name.to_owned()
    })
}

/// The paths of the tree that starts at `at`, as in `crate::{a, b::{c, d}}`, and the position of its end.
fn paths_at(tokens: &[String], mut at: usize) -> (Vec<Vec<String>>, usize) {
    let mut trunk = Vec::new();
    loop {
        match tokens.get(at).map(String::as_str) {
            Some("{") => {
                let mut paths = Vec::new();
                at += 1;
                while tokens.get(at).is_some_and(|token| token != "}") {
                    let (branches, end) = paths_at(tokens, at);
                    paths.extend(branches.into_iter().map(|branch| [trunk.clone(), branch].concat()));
                    at = end.max(at + 1);
                }
                return (paths, at + 1);
            }
            Some(word) if is_word(word) => {
                trunk.push(word.to_owned());
                at += 1;
            }
            _ => return (vec![trunk], at),
        }
        match tokens.get(at).map(String::as_str) {
            Some("::") => at += 1,
            _ => return (vec![trunk], at),
        }
    }
}

pub fn is_word(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// The words, `::` and single characters of `code`, without comments and string literals.
pub fn tokens_of(code: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '"' {
            text_length(rest)
        } else if rest.starts_with("'\"'") {
            3
        } else if is_word(rest) {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(rest[..length].to_owned());
            length
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// The string literals in `code`.
pub fn texts_of(code: &str) -> Vec<&str> {
    let mut texts = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find(['"', '/', '\'']) {
        rest = &rest[at..];
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("'\"'") {
            3
        } else if rest.starts_with('"') {
            let length = text_length(rest);
            texts.push(&rest[..length]);
            length
        } else {
            1
        };
        rest = &rest[length..];
    }
    texts
}

/// The length of the string literal at the start of `rest`, including its quotes.
fn text_length(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file under these folders of the repository.
pub fn rust_files(folders: &[&str]) -> Vec<PathBuf> {
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    let mut files = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}

pub fn relative(file: &Path) -> String {
    file.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/")
}
