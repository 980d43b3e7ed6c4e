//! `GET /openapi.json` and `GET /docs`: the interface described, for programs and for people.
//!
//! Both are open to all and hold nothing about anybody. Invariant: they are made once, at the first request for them, and
//! from the tables alone.

use std::sync::{Arc, OnceLock};

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderValue, header},
    response::Response,
};

use super::openapi;
use crate::{app::App, http::cookie};

/// The two documents of one application.
#[derive(Clone)]
pub struct Documents(Arc<Inner>);

struct Inner {
    /// The name of the session's cookie.
    cookie: &'static str,
    document: OnceLock<Bytes>,
    page: OnceLock<(Bytes, HeaderValue)>,
}

impl Documents {
    /// Those of `app`.
    pub fn of(app: &App) -> Self {
        let cookie = cookie::name(&app.config);
        Self(Arc::new(Inner { cookie, document: OnceLock::new(), page: OnceLock::new() }))
    }
}

/// `GET /openapi.json`
pub async fn openapi_json(State(documents): State<Documents>) -> Response {
    let Inner { cookie, document, .. } = &*documents.0;
    let text = document.get_or_init(|| openapi::document(cookie).to_string().into());
    respond(text, "application/json")
}

/// `GET /docs`
pub async fn docs(State(documents): State<Documents>) -> Response {
    let (text, policy) = documents.0.page.get_or_init(|| (openapi::page().into(), openapi::page_policy()));
    let mut response = respond(text, "text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    response
}

fn respond(text: &Bytes, content_type: &'static str) -> Response {
    let mut response = Response::new(Body::from(text.clone()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
