//! The routes of the program, read from the one table that has them.
//!
//! Invariant: every route in `src/http/router.rs` is found, however its lines are wrapped. `threats::authorization` checks
//! that no other file has routes, and that each is made by a call of `.route(`.

use std::collections::BTreeSet;

const ROUTER: &str = include_str!("../../../src/http/router.rs");
const METHODS: [&str; 6] = ["get", "post", "put", "patch", "delete", "head"];

/// The method and the path of every route.
pub fn routes() -> BTreeSet<(String, String)> {
    let mut routes = BTreeSet::new();
    for route in ROUTER.split(".route(").skip(1) {
        let (path, rest) = route.trim_start().strip_prefix('"').unwrap().split_once('"').unwrap();
        // Up to the end of the call.
        let mut depth = 1;
        let end = rest.find(|sign| {
            depth += i32::from(sign == '(') - i32::from(sign == ')');
            depth == 0
        });
        let handlers = &rest[..end.unwrap()];
        let words = handlers.match_indices('(').map(|(at, _)| {
            let before = &handlers[..at];
            let start = before.rfind(|sign: char| !sign.is_alphanumeric() && sign != '_').map_or(0, |at| at + 1);
            &before[start..]
        });
        let methods: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        assert!(!methods.is_empty(), "{path}");
        for method in methods {
            // The fallback of a path refuses other methods.
            if method != "fallback" {
                assert!(METHODS.contains(&method), "{method} {path}");
                routes.insert((method.to_ascii_uppercase(), path.to_owned()));
            }
        }
    }
    routes
}
