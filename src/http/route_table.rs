//! All routes, in groups. The router, the OpenAPI document and the middleware read this table and no other.
//!
//! [`RouteIndex`] finds the group of a path before the router runs, for errors outside of handlers. Invariant: it knows
//! exactly the routes that the router has.

use axum::http::HeaderMap;

use super::{
    api::{
        self,
        documents::{self, DocumentedSite},
        openapi,
    },
    error_format::ErrorFormat,
    health,
    legacy::{error::MessageKey, log_in, signup_login, user_crud},
    response_headers::HeaderPolicy,
    route::{Route, RouteGroup},
};
use crate::config::{Config, Login};

/// Returns all groups. `site` is what the OpenAPI document states of the configuration.
pub fn groups(site: DocumentedSite, login: Option<Login>) -> Vec<RouteGroup> {
    let data =
        |error_format, routes| RouteGroup { error_format, header_policy: HeaderPolicy::data(), prefix: None, routes };
    let text = |key, routes| data(ErrorFormat::Legacy(key), routes);
    let api = api::routes();
    let operations = api.iter().filter_map(|route| route.operation).collect();
    let mut groups = vec![RouteGroup { prefix: Some("/api/"), ..data(ErrorFormat::Problem, api) }];
    if let Some(login) = login {
        groups.push(text(MessageKey::Message, user_crud::routes()));
        groups.push(text(log_in::message_key(login), log_in::routes()));
        groups.push(text(MessageKey::Error, signup_login::routes()));
    }
    let (document, page) = documents::routes(site, operations);
    groups.push(data(ErrorFormat::Problem, vec![document]));
    let header_policy = HeaderPolicy::page(openapi::page_policy());
    groups.push(RouteGroup { header_policy, ..data(ErrorFormat::Problem, vec![page]) });
    // The last group also owns the addresses without a route.
    groups.push(text(MessageKey::Error, health::routes()));
    groups
}

/// The part of the paths that a pattern covers.
#[derive(Debug, Clone, Copy)]
enum Pattern {
    Exact(&'static str),
    Prefix(&'static str),
}

/// What the middleware must know of a group.
pub struct GroupRules {
    pub error_format: ErrorFormat,
    /// The headers of every response. Copied for each response, which costs less than adding them one by one.
    pub headers: HeaderMap,
}

/// The group of each path.
pub struct RouteIndex {
    patterns: Vec<(Pattern, usize)>,
    groups: Vec<GroupRules>,
    /// The rules of addresses without a route.
    unknown: GroupRules,
    unsafe_gets: Vec<&'static str>,
}

impl RouteIndex {
    /// Indexes all routes of `groups`.
    pub fn new(groups: &[RouteGroup], config: &Config) -> Self {
        let rules = |group: &RouteGroup| GroupRules {
            error_format: group.error_format,
            headers: group.header_policy.headers(config),
        };
        let unknown = GroupRules {
            error_format: ErrorFormat::Legacy(MessageKey::Error),
            headers: HeaderPolicy::data().headers(config),
        };
        let mut patterns: Vec<(Pattern, usize)> = Vec::new();
        for (index, group) in groups.iter().enumerate() {
            match group.prefix {
                Some(prefix) => patterns.push((Pattern::Prefix(prefix), index)),
                None => patterns.extend(group.routes.iter().map(|route| (Pattern::of(route), index))),
            }
        }
        let routes = groups.iter().flat_map(|group| &group.routes);
        let unsafe_gets = routes.filter(|route| route.is_get_unsafe).map(|route| route.path).collect();
        Self { patterns, groups: groups.iter().map(rules).collect(), unknown, unsafe_gets }
    }

    /// Returns the rules of the group that `path` belongs to.
    pub fn rules(&self, path: &str) -> &GroupRules {
        let found = self.patterns.iter().find(|(pattern, _)| pattern.covers(path));
        found.and_then(|(_, index)| self.groups.get(*index)).unwrap_or(&self.unknown)
    }

    /// Returns whether `path` belongs to a route or to the prefix of a group.
    pub fn has(&self, path: &str) -> bool {
        self.patterns.iter().any(|(pattern, _)| pattern.covers(path))
    }

    /// Returns whether a `GET` of `path` changes state.
    pub fn is_get_unsafe(&self, path: &str) -> bool {
        self.unsafe_gets.contains(&path)
    }
}

impl Pattern {
    /// Returns the pattern of a route: with a parameter, everything below the parameter's parent.
    fn of(route: &Route) -> Self {
        match route.path.split_once('{') {
            Some((prefix, _)) => Self::Prefix(prefix),
            None => Self::Exact(route.path),
        }
    }

    fn covers(self, path: &str) -> bool {
        match self {
            Self::Exact(exact) => path == exact,
            Self::Prefix(prefix) => path.starts_with(prefix),
        }
    }
}
