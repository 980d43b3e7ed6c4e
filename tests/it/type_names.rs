//! One idea a name: no two public types of the source share a name.
//!
//! A type counts as public from `pub(super)` on. A name that is private to one file is free. Types that a macro declares
//! under a parameter's name are not seen.

use std::{collections::BTreeMap, fs};

use crate::architecture::{relative, rust_files, tokens_of};

#[test]
fn no_public_type_name_has_two_meanings() {
    let mut homes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in rust_files(&["src", "crates"]) {
        for name in public_types_of(&fs::read_to_string(&file).unwrap()) {
            homes.entry(name).or_default().push(relative(&file));
        }
    }
    assert!(homes.len() > 200, "only {} public types were found", homes.len());
    let doubled: Vec<_> = homes.iter().filter(|(_, files)| files.len() > 1).collect();
    assert!(doubled.is_empty(), "these names have two meanings: {doubled:#?}");
}

#[test]
fn a_public_type_is_found_however_it_is_declared() {
    let code = "pub struct A; pub(crate) enum B {} pub(in crate::ops) trait C {}\npub type D = u8; struct E; \
                pub fn f() {} // pub struct G\n";
    assert_eq!(public_types_of(code), ["A", "B", "C", "D"]);
}

/// The names of the types that `code` declares for other files.
fn public_types_of(code: &str) -> Vec<String> {
    let tokens = tokens_of(code);
    let mut names = Vec::new();
    for (at, _) in tokens.iter().enumerate().filter(|(_, token)| *token == "pub") {
        let mut next = at + 1;
        if tokens.get(next).is_some_and(|token| token == "(") {
            next += tokens[next..].iter().position(|token| token == ")").map_or(0, |end| end + 1);
        }
        let kind = tokens.get(next).map_or("", String::as_str);
        if matches!(kind, "struct" | "enum" | "trait" | "type" | "union")
            && let Some(name) = tokens.get(next + 1).filter(|name| name.starts_with(char::is_alphabetic))
        {
            names.push(name.clone());
        }
    }
    names
}
