//! `GET /openapi.json` and `GET /docs`: the API described, for programs and for people.
//!
//! Both are public and contain no data. Invariant: each is created once, at its first request, from the descriptions of
//! the operations alone.

use std::sync::{Arc, OnceLock};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::Response,
};

use super::{openapi, operation::Operation};
use crate::http::{method::RouteMethod, route::Route};

/// What the document states of the configuration.
#[derive(Debug, Clone, Default)]
pub struct DocumentedSite {
    /// The name of the session cookie.
    pub cookie: String,
    /// The path of the public URL; empty if it has none.
    pub prefix: String,
}

struct Documents {
    operations: Vec<&'static Operation>,
    site: DocumentedSite,
    document: OnceLock<Bytes>,
    page: OnceLock<Bytes>,
}

/// Returns the routes of the document and of the page.
pub fn routes(site: DocumentedSite, operations: Vec<&'static Operation>) -> (Route, Route) {
    let documents = Arc::new(Documents { operations, site, document: OnceLock::new(), page: OnceLock::new() });
    let for_page = Arc::clone(&documents);
    (
        Route::new(RouteMethod::Get, "/openapi.json", async move || documents.document()),
        Route::new(RouteMethod::Get, "/docs", async move || for_page.page()),
    )
}

impl Documents {
    fn document(&self) -> Response {
        let text = self.document.get_or_init(|| openapi::document(&self.site, &self.operations).to_string().into());
        respond(text, "application/json")
    }

    fn page(&self) -> Response {
        let text = self.page.get_or_init(|| openapi::page(&self.operations).into());
        respond(text, "text/html; charset=utf-8")
    }
}

fn respond(text: &Bytes, content_type: &'static str) -> Response {
    let mut response = Response::new(Body::from(text.clone()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
