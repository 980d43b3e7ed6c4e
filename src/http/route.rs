//! A route: a method and a path, with the handler and, for `/api/v1`, the description.
//!
//! Each resource exports `routes()`. [`super::route_table`] collects them for the router, the OpenAPI document and the
//! middleware, so a route is written once. A handler that no `routes()` names is dead code, which the compiler reports.

use axum::{
    handler::Handler,
    routing::{MethodRouter, on},
};

use super::{
    api::operation::Operation, error_format::ErrorFormat, method::RouteMethod, response_headers::HeaderPolicy,
    state::AppState,
};

/// A method of a path.
pub struct Route {
    pub method: RouteMethod,
    pub path: &'static str,
    /// The description of a route of `/api/v1`.
    pub operation: Option<&'static Operation>,
    /// Whether `GET` changes state, so that cross-site requests must be refused.
    pub is_get_unsafe: bool,
    pub handler: MethodRouter<AppState>,
}

/// Routes with a common form of errors and common response headers.
pub struct RouteGroup {
    pub error_format: ErrorFormat,
    pub header_policy: HeaderPolicy,
    /// All addresses with this prefix belong to the group, whether or not a route exists there.
    pub prefix: Option<&'static str>,
    pub routes: Vec<Route>,
}

impl Route {
    /// Creates a route without a description.
    pub fn new<H, T>(method: RouteMethod, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        Self { method, path, operation: None, is_get_unsafe: false, handler: on(method.filter(), handler) }
    }

    /// Creates the route of an operation of `/api/v1`.
    pub fn of<H, T>(operation: &'static Operation, handler: H) -> Self
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        Self { operation: Some(operation), ..Self::new(operation.method, operation.path, handler) }
    }

    /// Marks a `GET` route that changes state. `handler` answers `HEAD` and all methods without a route.
    pub fn unsafe_get<H, T>(self, handler: H) -> Self
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        let handler = self.handler.head(handler.clone()).fallback(handler);
        Self { is_get_unsafe: true, handler, ..self }
    }
}
