//! Claims of the documents: `docs/internals/threats.md` and `asvs.md` against the tests, and every link.
//!
//! Invariant: every test, file and heading that a document names exists.

mod asvs;
mod dependencies;
mod threats;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
};

use crate::architecture::{root, rust_files};

/// The folders with tests.
const FOLDERS: [&str; 3] = ["tests/it", "src", "crates"];

/// A test, and the comment above it.
struct Test {
    /// From the root of the repository.
    file: String,
    name: String,
    comment: String,
}

impl Test {
    /// Its link in the documents of `docs/internals/`.
    fn link(&self) -> String {
        format!("[`{}`](../../{})", self.name, self.file)
    }
}

/// All tests, in the order of their files and lines.
fn tests() -> Vec<Test> {
    let mut tests = Vec::new();
    let mut files = rust_files(&FOLDERS);
    files.sort();
    for path in files {
        let file = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        let code = fs::read_to_string(&path).unwrap();
        tests.extend(tests_of(&file, &code));
    }
    tests
}

fn tests_of(file: &str, code: &str) -> Vec<Test> {
    let (mut comment, mut is_test, mut found) = (String::new(), false, Vec::new());
    for line in code.lines().map(str::trim_start) {
        if let Some(text) = line.strip_prefix("/// ").or_else(|| line.strip_prefix("// ")) {
            comment = if comment.is_empty() { text.to_owned() } else { format!("{comment} {text}") };
        } else if line.starts_with("#[test]") || line.starts_with("#[tokio::test") || line.starts_with("#[async_test") {
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

/// The texts and targets of the links in `text`.
fn links(text: &str) -> Vec<(&str, &str)> {
    let mut links = Vec::new();
    for (at, _) in text.match_indices("](") {
        let before = text[..at].rfind('[').map(|start| &text[start + 1..at]);
        let after = text[at + 2..].find(')').map(|end| &text[at + 2..at + 2 + end]);
        links.extend(before.zip(after));
    }
    links
}

/// The fault of a link in `document`, if any.
fn broken(tests: &BTreeSet<(String, String)>, document: &str, (text, target): (&str, &str)) -> Option<String> {
    if target.starts_with("https://") || target.starts_with("http://") {
        return None;
    }
    let (path, heading) = target.split_once('#').unwrap_or((target, ""));
    let file = if path.is_empty() { document.to_owned() } else { beside(document, path) };
    let whole = root().join(&file);
    if heading.is_empty() && whole.is_dir() {
        return None;
    }
    let Ok(content) = fs::read_to_string(&whole) else { return Some(format!("there is no {file}")) };
    if let (Some(name), true) = (text.strip_prefix('`').and_then(|text| text.strip_suffix('`')), path.ends_with(".rs"))
    {
        let is_there = tests.contains(&(file.clone(), name.to_owned()));
        return (!is_there).then(|| format!("there is no test {name} in {file}"));
    }
    let has_heading = heading.is_empty()
        || content.lines().filter(|line| line.starts_with('#')).any(|line| {
            let words = line.trim_start_matches('#').trim().to_lowercase();
            let words = words.replace(' ', "-");
            words.chars().filter(|sign| sign.is_alphanumeric() || *sign == '-' || *sign == '_').eq(heading.chars())
        });
    (!has_heading).then(|| format!("{file} has no heading #{heading}"))
}

/// Resolves `path` in `document` to a path from the root of the repository.
fn beside(document: &str, path: &str) -> String {
    let mut parts = Vec::new();
    for part in Path::new(document).parent().unwrap().join(path).components() {
        match part {
            Component::ParentDir => drop(parts.pop()),
            part => parts.push(part.as_os_str().to_str().unwrap().to_owned()),
        }
    }
    parts.join("/")
}

/// The documents: every Markdown file at the root, in `docs/`, and beside the assets and the tests.
fn documents() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![(PathBuf::new(), false)];
    folders.extend(["docs", "crates/store/assets", "tests", "deploy"].map(|folder| (PathBuf::from(folder), true)));
    while let Some((folder, is_deep)) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap().map(Result::unwrap) {
            let path = folder.join(entry.file_name());
            if is_deep && entry.file_type().unwrap().is_dir() {
                folders.push((path, true));
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The names of all tests with their files.
fn names(tests: &[Test]) -> BTreeSet<(String, String)> {
    tests.iter().map(|test| (test.file.clone(), test.name.clone())).collect()
}

fn document(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The rows of the Markdown tables whose first cell is an identifier. Every row must have `width` cells.
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
fn every_link_of_every_document_resolves() {
    let (names, documents) = (names(&tests()), documents());
    assert!(documents.len() > 40, "only {documents:?}");
    for file in documents {
        let text = document(&file);
        let broken: Vec<_> = links(&text).into_iter().filter_map(|link| broken(&names, &file, link)).collect();
        assert!(broken.is_empty(), "{file}: {broken:?}");
    }
}

/// The README must be short enough to read whole.
#[test]
fn the_readme_has_at_most_120_lines() {
    let lines = document("README.md").lines().count();
    assert!(lines <= 120, "README.md has {lines} lines");
}

#[test]
fn a_test_is_found_with_the_comment_above_it() {
    let code = "// D2, D8: at once,\n// and all.\n#[tokio::test(flavor = \"x\")]\nasync fn one() {\n}\n\n#[test]\nfn two() {}\nfn three() {}\n";
    let found = tests_of("tests/it/x.rs", code);
    let found: Vec<_> = found.iter().map(|test| (test.name.as_str(), test.comment.as_str())).collect();
    assert_eq!(found, [("one", "D2, D8: at once, and all."), ("two", "")]);
}

#[test]
fn a_broken_link_is_found() {
    let names = names(&tests());
    let threats = "docs/internals/threats.md";
    let this_file = "../../tests/it/claims/mod.rs";
    assert_eq!(broken(&names, threats, ("`a_broken_link_is_found`", this_file)), None);
    assert_eq!(broken(&names, threats, ("threats", "threats.md#d-guessing-and-exhaustion")), None);
    assert_eq!(broken(&names, threats, ("threats", "#d-guessing-and-exhaustion")), None);
    assert_eq!(broken(&names, "README.md", ("decisions", "docs/internals/decisions/")), None);
    for link in [
        ("`no_such_test`", this_file),
        ("x", "no-such-document.md"),
        ("x", "threats.md#no-such-heading"),
        ("x", "#no-such-heading"),
    ] {
        assert!(broken(&names, threats, link).is_some(), "{link:?}");
    }
}
