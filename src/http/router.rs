//! The router, from the route table. [`super::HttpService`] is the entry to it.

use std::sync::Arc;

use axum::{Router, http::Uri};

use super::{
    api::problem::ErrorCode,
    legacy::error::{METHOD_NOT_ALLOWED, NOT_FOUND},
    route::RouteGroup,
    route_table::RouteIndex,
    state::AppState,
};

/// Returns the router of all routes.
pub fn router(app: &AppState, groups: Vec<RouteGroup>, index: &Arc<RouteIndex>) -> Router {
    let index = Arc::clone(index);
    let not_found = async move |uri: Uri| index.rules(uri.path()).error_format.refuse(&NOT_FOUND, ErrorCode::NotFound);
    let routes = groups.into_iter().map(group_router).fold(Router::new(), Router::merge);
    routes.fallback(not_found).with_state(AppState::clone(app))
}

/// Returns the routes of a group, with its error for methods without a route.
fn group_router(group: RouteGroup) -> Router<AppState> {
    let error_format = group.error_format;
    let routes = group.routes.into_iter().fold(Router::new(), |all, route| all.route(route.path, route.handler));
    routes.method_not_allowed_fallback(async move || {
        error_format.refuse(&METHOD_NOT_ALLOWED, ErrorCode::MethodNotAllowed)
    })
}
