//! Responses of handlers: status, headers, and an object or a page.
//!
//! Invariant: a response with a body is made from a [`ResponseBody`], so the documents describe each of its members.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde::Serialize;

use super::{conditional::etag, problem::Problem, response_body::ResponseBody};

/// The result of a handler.
pub type Reply = Result<Response, Problem>;

/// A page of a list; [`super::schema::ObjectSchema::page_schema`] describes it.
#[derive(Serialize)]
struct PageBody<B> {
    items: Vec<B>,
    next: Option<String>,
}

/// Returns a page of a list, with the cursor of the next page.
pub fn page<B: ResponseBody>(items: Vec<B>, next: Option<String>) -> Response {
    json(StatusCode::OK, &PageBody { items, next })
}

/// Returns an object.
pub fn object(status: StatusCode, body: &impl ResponseBody) -> Response {
    json(status, body)
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
    // Serialising such a value cannot fail.
    let mut response = Response::new(Body::from(serde_json::to_vec(body).unwrap_or_default()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Returns a 204.
pub fn nothing() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// Adds the tag of this version.
pub fn tagged(mut response: Response, version: i64) -> Response {
    response.headers_mut().insert(header::ETAG, etag(version));
    response
}

/// Adds the address of the created resource.
pub fn located(mut response: Response, path: &str) -> Response {
    if let Ok(value) = HeaderValue::try_from(path) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}
