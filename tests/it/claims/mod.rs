//! What the documents claim of the tests: docs/threats.md and docs/asvs.md against the tests that there are.
//!
//! Invariant: no document names a test, a file or a heading that is not there.

mod asvs;
mod dependencies;
mod threats;

use std::collections::{BTreeMap, BTreeSet};

use crate::architecture::{root, rust_files};

/// Where tests are.
const FOLDERS: [&str; 3] = ["tests/it", "src", "crates/password"];

/// A test, and the comment above it.
struct Test {
    /// From the root of the repository.
    file: String,
    name: String,
    comment: String,
}

impl Test {
    /// As the documents in `docs/` name it.
    fn link(&self) -> String {
        format!("[`{}`](../{})", self.name, self.file)
    }
}

/// All tests, in the order of their files and lines.
fn tests() -> Vec<Test> {
    let mut tests = Vec::new();
    let mut files = rust_files(&FOLDERS);
    files.sort();
    for path in files {
        let file = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        let code = std::fs::read_to_string(&path).unwrap();
        tests.extend(tests_of(&file, &code));
    }
    tests
}

fn tests_of(file: &str, code: &str) -> Vec<Test> {
    let (mut comment, mut is_test, mut found) = (String::new(), false, Vec::new());
    for line in code.lines().map(str::trim_start) {
        if let Some(text) = line.strip_prefix("/// ").or_else(|| line.strip_prefix("// ")) {
            comment = if comment.is_empty() { text.to_owned() } else { format!("{comment} {text}") };
        } else if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if line.starts_with("#[") {
        } else {
            let signature = line.strip_prefix("async ").unwrap_or(line);
            if let (true, Some(rest)) = (is_test, signature.strip_prefix("fn ")) {
                let name = rest.split('(').next().unwrap().to_owned();
                found.push(Test { file: file.to_owned(), name, comment: std::mem::take(&mut comment) });
            }
            (is_test, comment) = (false, String::new());
        }
    }
    found
}

/// Text and target of the links in `text`.
fn links(text: &str) -> Vec<(&str, &str)> {
    let mut links = Vec::new();
    for (at, _) in text.match_indices("](") {
        let before = text[..at].rfind('[').map(|start| &text[start + 1..at]);
        let after = text[at + 2..].find(')').map(|end| &text[at + 2..at + 2 + end]);
        links.extend(before.zip(after));
    }
    links
}

/// What is wrong with a link of a document in `docs/`, if anything is.
fn broken(tests: &BTreeSet<(String, String)>, (text, target): (&str, &str)) -> Option<String> {
    if target.starts_with("https://") {
        return None;
    }
    let (path, heading) = target.split_once('#').unwrap_or((target, ""));
    let file = root().join("docs").join(path);
    let Ok(content) = std::fs::read_to_string(&file) else { return Some(format!("there is no {path}")) };
    if let (Some(name), true) = (text.strip_prefix('`').and_then(|text| text.strip_suffix('`')), path.ends_with(".rs"))
    {
        let file = path.strip_prefix("../").unwrap_or(path);
        return (!tests.contains(&(file.to_owned(), name.to_owned())))
            .then(|| format!("there is no test {name} in {file}"));
    }
    let has_heading = heading.is_empty()
        || content.lines().filter(|line| line.starts_with('#')).any(|line| {
            let words = line.trim_start_matches('#').trim().to_lowercase();
            let words = words.replace(' ', "-");
            words.chars().filter(|sign| sign.is_alphanumeric() || *sign == '-' || *sign == '_').eq(heading.chars())
        });
    (!has_heading).then(|| format!("{path} has no heading #{heading}"))
}

/// The names of all tests with their files.
fn names(tests: &[Test]) -> BTreeSet<(String, String)> {
    tests.iter().map(|test| (test.file.clone(), test.name.clone())).collect()
}

fn document(name: &str) -> String {
    std::fs::read_to_string(root().join("docs").join(name)).unwrap()
}

/// The cells of the rows of a Markdown table whose first cell is one of `ids`; every row must have `width` cells.
fn rows(document: &str, width: usize) -> BTreeMap<&str, Vec<&str>> {
    let mut rows = BTreeMap::new();
    for line in document.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> =
            line.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('|').trim()).collect();
        if cells[0].starts_with(|first: char| first.is_ascii_digit() || first.is_ascii_uppercase()) {
            assert_eq!(cells.len(), width, "{line}");
            assert!(rows.insert(cells[0], cells).is_none(), "twice: {line}");
        }
    }
    rows
}

#[test]
fn what_the_other_documents_point_to_is_there() {
    let names = names(&tests());
    for (file, is_at_root) in [
        ("../README.md", true),
        ("../SECURITY.md", true),
        ("security.md", false),
        ("throttling.md", false),
        ("secrets.md", false),
        ("names.md", false),
        ("deployment.md", false),
    ] {
        let text = document(file);
        for (shown, target) in links(&text) {
            let target = match target {
                _ if target.starts_with("https://") => continue,
                _ if target.starts_with('#') => format!("{file}{target}"),
                _ if is_at_root => format!("../{target}"),
                _ => target.to_owned(),
            };
            // A folder has no headings.
            if !root().join("docs").join(&target).is_dir() {
                assert_eq!(broken(&names, (shown, &target)), None, "{file}");
            }
        }
    }
}

#[test]
fn a_test_is_found_with_the_comment_above_it() {
    let code = "// D2, D8: at once,\n// and all.\n#[tokio::test(flavor = \"x\")]\nasync fn one() {\n}\n\n#[test]\nfn two() {}\nfn three() {}\n";
    let found = tests_of("tests/it/x.rs", code);
    let found: Vec<_> = found.iter().map(|test| (test.name.as_str(), test.comment.as_str())).collect();
    assert_eq!(found, [("one", "D2, D8: at once, and all."), ("two", "")]);
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let names = names(&tests());
    let here = "../tests/it/claims/mod.rs";
    assert_eq!(broken(&names, ("`a_link_that_leads_nowhere_is_found`", here)), None);
    assert_eq!(broken(&names, ("threats", "threats.md#d-guessing-and-exhaustion")), None);
    for (text, target) in [("`no_such_test`", here), ("x", "no-such-document.md"), ("x", "threats.md#no-such-heading")]
    {
        assert!(broken(&names, (text, target)).is_some(), "{text} {target}");
    }
}
