//! F3 of threats.md: the access of every persona to every route.
//!
//! `matrix.txt` has the expected answers. Every cell is tested with new accounts: a caller, and the owner of the object.
//! Invariant: a route without an entry fails the test, and so does an entry without a route.

use doorward_test_macros::async_test;
use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
};

use axum::http::{Method, header};
use serde_json::{Value, json};

use crate::support::{Client, MANAGER, Reply, Site, routes, site::password_of};

const TABLE: &str = include_str!("matrix.txt");
const PERSONAS: [&str; 6] = ["anonymous", "user", "manager", "administrator", "disabled", "pending"];
const NEW: &str = "a violin in the greenhouse";

/// A line of the table: a route, the owner of its object, and the answer to each persona.
struct Line {
    method: &'static str,
    path: &'static str,
    object: &'static str,
    cells: Vec<&'static str>,
}

fn table() -> Vec<Line> {
    let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let split = |line: &'static str| {
        let mut cells = line.split('|').map(str::trim);
        let (method, path) = cells.next().unwrap().split_once(' ').unwrap();
        let object = cells.next().unwrap();
        let cells: Vec<_> = cells.collect();
        assert_eq!(cells.len(), PERSONAS.len(), "{line}");
        Line { method, path, object, cells }
    };
    lines.map(split).collect()
}

/// The kinds of objects of a route: none, or the caller's own, another user's and an administrator's.
fn objects(path: &str) -> &'static [&'static str] {
    let is_of_somebody = ["{id}", "{session}"].iter().any(|part| path.contains(part));
    match path {
        _ if is_of_somebody => &["own", "foreign", "superior"],
        _ if path.contains("{name}") => &["foreign", "superior"],
        _ => &["-"],
    }
}

// F3
#[test]
fn every_route_has_its_lines_and_every_line_has_its_route() {
    let expected: BTreeSet<_> = routes()
        .into_iter()
        .flat_map(|(method, path)| {
            objects(&path).iter().map(move |object| (method.clone(), path.clone(), (*object).to_owned()))
        })
        .collect();
    let table = table();
    let found: BTreeSet<_> =
        table.iter().map(|line| (line.method.to_owned(), line.path.to_owned(), line.object.to_owned())).collect();
    assert_eq!(found, expected);
    assert_eq!(found.len(), table.len(), "a line is repeated");
}

/// A name that is not taken.
fn fresh_name() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("matrix {}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A caller, with the name of its account, if any. It has a cookie for the contracts' routes and a token for the API.
async fn persona(site: &Site, kind: &str, path: &str) -> (Client, Option<String>) {
    if kind == "anonymous" {
        return (site.anon(), None);
    }
    let name = fresh_name();
    let role = match kind {
        "user" => "user",
        "manager" => "manager",
        // The disabled and the pending persona would otherwise be allowed everything.
        _ => "admin",
    };
    if kind == "pending" {
        site.create_pending(&name, role).await;
    } else {
        site.create(&name, role).await;
    }
    let client = if path.starts_with("/api/") { site.bearer(&name).await } else { site.log_in(&name).await };
    if kind == "disabled" {
        site.disable(&name).await;
    }
    (client, Some(name))
}

/// The objects of a line: an account with a session, and a role.
struct Object {
    number: String,
    id: String,
    session: String,
    role: String,
}

async fn object(site: &Site, object: &str, own: Option<&str>) -> Option<Object> {
    let name = match object {
        "own" => own?.to_owned(),
        _ => {
            let name = fresh_name();
            site.create(&name, if object == "superior" { "admin" } else { "user" }).await;
            site.bearer(&name).await;
            name
        }
    };
    let role = name.replace(' ', "-");
    site.role(&role, if object == "superior" { "invoices:read users:write" } else { "" }).await;
    Some(Object {
        number: site.id_of(&name).await.to_string(),
        id: site.uid_of(&name).await,
        // A disabled user has no session.
        session: site.sessions_of(&name).await.pop().unwrap_or_else(|| "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10".into()),
        role,
    })
}

/// A valid body for the route.
fn body(method: &str, path: &str, own: Option<&str>) -> Option<Value> {
    let (name, password) = (own.unwrap_or("nobody"), password_of(own.unwrap_or("nobody")));
    Some(match (method, path) {
        ("POST", "/api/v1/users") => json!({ "name": fresh_name(), "password": NEW }),
        ("PATCH", "/api/v1/users/me") => json!({ "name": fresh_name() }),
        ("PUT", "/api/v1/users/me/password") => json!({ "current_password": password, "new_password": NEW }),
        ("PATCH", "/api/v1/users/{id}") => json!({ "attributes": { "a": 1 } }),
        ("PUT", "/api/v1/users/{id}/password") => json!({ "new_password": NEW }),
        ("POST", "/api/v1/sessions") => json!({ "name": name, "password": password }),
        ("POST", "/api/v1/roles") => json!({ "name": fresh_name().replace(' ', "-"), "permissions": [] }),
        ("PATCH", "/api/v1/roles/{name}") => json!({ "permissions": ["users:read"] }),
        ("POST", "/api/v1/authorize") => json!({ "permission": "invoices:read" }),
        ("POST", "/login") => json!({ "username": name, "password": password }),
        ("POST", "/signup" | "/user") => json!({ "username": fresh_name(), "password": NEW }),
        ("PUT", "/user/update-password/{id}") => json!({ "password": NEW }),
        _ => return None,
    })
}

/// The status of an answer, and the code of a problem.
fn shown(reply: &Reply) -> String {
    let is_problem = reply.headers.get(header::CONTENT_TYPE).is_some_and(|value| value == "application/problem+json");
    let code = if is_problem { format!(" {}", reply.json()["code"].as_str().unwrap()) } else { String::new() };
    format!("{}{code}", reply.status.as_u16())
}

// F3
#[async_test]
async fn every_cell_matches_the_table() {
    let site = Site::new().await;
    site.create("root", "admin").await;
    site.role("manager", MANAGER).await;
    let mut wrong = Vec::new();
    for line in table() {
        for (kind, expected) in PERSONAS.iter().zip(&line.cells) {
            let (mut client, own) = persona(&site, kind, line.path).await;
            let Some(object) = object(&site, line.object, own.as_deref()).await else {
                assert_eq!(*expected, "-");
                continue;
            };
            let id = if line.path.starts_with("/api/v1/sessions/") { &object.session } else { &object.id };
            let id = if line.path.starts_with("/user/") { &object.number } else { id };
            let path = line.path.replace("{id}", id).replace("{session}", &object.session);
            let path = path.replace("{name}", &object.role);
            let method = Method::from_bytes(line.method.as_bytes()).unwrap();
            let reply = client.send(method, &path, body(line.method, line.path, own.as_deref())).await;
            let found = shown(&reply);
            if found != *expected {
                wrong
                    .push(format!("{} {} | {} | {kind}: {found}, not {expected}", line.method, line.path, line.object));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
