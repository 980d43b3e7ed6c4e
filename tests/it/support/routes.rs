//! The routes of the program, read out of the one table that has them.
//!
//! Invariant: what stands in `src/http/router.rs` is found, however its lines are broken. That no route stands elsewhere, and
//! none comes by another call than `.route(`, is held by `threats::authorization`.

use std::collections::BTreeSet;

const ROUTER: &str = include_str!("../../../src/http/router.rs");
const METHODS: [&str; 6] = ["get", "post", "put", "patch", "delete", "head"];

/// Every route: its method, in capitals, and its path as the table has it.
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
            // The fallback of a path refuses whatever else there is.
            if method != "fallback" {
                assert!(METHODS.contains(&method), "{method} {path}");
                routes.insert((method.to_ascii_uppercase(), path.to_owned()));
            }
        }
    }
    routes
}
