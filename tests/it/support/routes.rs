//! The routes of the program, from the route table that the router is built from.
//!
//! `threats::authorization` checks that no route is made elsewhere.

use std::collections::BTreeSet;

use doorward::http::readers;

/// Every route: its method, in capitals, and its path with variable parts in braces. `HEAD` comes with `GET`, except
/// where it is refused.
pub fn routes() -> BTreeSet<(String, String)> {
    let mut routes: BTreeSet<(String, String)> =
        readers::routes().into_iter().map(|(method, path)| (method.to_owned(), path.to_owned())).collect();
    // Its own handler refuses it, so the tests include it.
    routes.insert(("HEAD".to_owned(), "/logout".to_owned()));
    routes
}
