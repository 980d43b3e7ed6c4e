//! Invalid requests to the contracts' routes with a body, under both contracts of `/login`.
//!
//! Invariant: each such request gets a clear refusal in the route's error format, never a 5xx, and changes nothing. The
//! tests compare the users and sessions before and after, row by row.

mod framing;
mod syntax;
mod values;

use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::{Value, json};

use crate::support::{Client, Reply, Site};

const LIMIT: usize = 64 * 1024;
const JSON: Option<&str> = Some("application/json");

/// A route with a body, and a client for it.
struct Route {
    method: Method,
    path: &'static str,
    /// The key of its error text.
    key: &'static str,
    takes_name: bool,
    client: Client,
}

impl Route {
    async fn send(&mut self, content_type: Option<&str>, body: impl Into<Body>) -> Reply {
        self.client.send_raw(self.method.clone(), self.path, content_type, body).await
    }

    /// Sends a JSON body with these headers instead of the usual one.
    async fn send_with(&mut self, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
        let mut request = Request::builder().method(self.method.clone()).uri(self.path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.client.send_request(request.body(body.into()).unwrap()).await
    }

    /// A valid body for this route, with the additional members `extra`.
    fn valid_body(&self, extra: &Value) -> Value {
        let mut body = json!({ "username": "somebody new", "password": "a password" });
        for (name, value) in extra.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }
}

/// A site for each contract of `/login`, with all routes that have a body.
async fn every_route() -> Vec<(Site, Vec<Route>)> {
    let mut all = Vec::new();
    for (login, key) in [("signup-login", "error"), ("user-crud", "message")] {
        let site = Site::builder().set("compat.login", login).start().await;
        let (anon, ann) = (site.anon(), site.user("ann").await);
        let route = |method, path, key, takes_name, client: &Client| Route {
            method,
            path,
            key,
            takes_name,
            client: client.clone(),
        };
        let routes = vec![
            route(Method::POST, "/login", key, true, &anon),
            route(Method::POST, "/signup", "error", true, &anon),
            route(Method::POST, "/user", "message", true, &anon),
            route(Method::PUT, "/user/update-password/1", "message", false, &ann),
        ];
        all.push((site, routes));
    }
    all
}

/// All rows that a refused request must not change.
async fn everything(site: &Site) -> Vec<Vec<Vec<String>>> {
    let mut tables = Vec::new();
    for sql in ["SELECT * FROM dw_users ORDER BY id", "SELECT * FROM dw_sessions ORDER BY uid"] {
        tables.push(site.database.rows(sql).await);
    }
    tables
}

/// Sends each of `bodies` to every route, and asserts that all are refused with `status` and change nothing.
async fn all_refuse(status: u16, content_type: Option<&str>, bodies: &[Vec<u8>]) {
    for (site, routes) in &mut every_route().await {
        let before = everything(site).await;
        for route in routes {
            for body in bodies {
                let reply = route.send(content_type, body.clone()).await;
                let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
                assert_eq!(reply.status.as_u16(), status, "{} {shown}: {}", route.path, reply.text());
                reply.assert_refused(status, route.key);
                assert!(reply.set_cookie().is_none());
            }
        }
        assert_eq!(everything(site).await, before);
    }
}

fn bytes(bodies: &[&str]) -> Vec<Vec<u8>> {
    bodies.iter().map(|body| body.as_bytes().to_vec()).collect()
}
