//! A route: a method and a path, with the handler and, for `/api/v1`, the description.
//!
//! Each resource exports `routes()`. [`super::route_table`] collects them for the router, the OpenAPI document and the
//! middleware, so a route is written once. A handler that no `routes()` names is dead code, which the compiler reports.

use std::pin::Pin;

use axum::{
    extract::Request,
    handler::Handler,
    routing::{MethodRouter, on},
};

use super::{
    api::{
        input::Input,
        operation::{Operation, TypedOperation},
        problem::Problem,
        query::Query,
        request_body::RequestBody,
    },
    error_format::ErrorFormat,
    method::RouteMethod,
    response_headers::HeaderPolicy,
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
    /// Reads a request without performing it, for tests.
    pub check: Option<RequestCheck>,
}

/// A reader of requests that reports only whether a request is valid.
pub type RequestCheck = Box<dyn Fn(Request) -> Pin<Box<dyn Future<Output = Result<(), Problem>> + Send>> + Send + Sync>;

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
        let handler = on(method.filter(), handler);
        Self { method, path, operation: None, is_get_unsafe: false, handler, check: None }
    }

    /// Creates the route of an operation of `/api/v1`.
    pub fn of<B, Q, H, T>(typed: &'static TypedOperation<B, Q>, handler: H) -> Self
    where
        B: RequestBody + Send + 'static,
        Q: Query + Send + 'static,
        H: Handler<T, AppState>,
        T: 'static,
    {
        let operation = &typed.operation;
        let check: RequestCheck =
            Box::new(move |request| Box::pin(async move { Input::read(request, typed).await.map(drop) }));
        Self { operation: Some(operation), check: Some(check), ..Self::new(operation.method, operation.path, handler) }
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
