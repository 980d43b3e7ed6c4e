//! The counters of requests: by route, status and time.
//!
//! Invariants: a request costs two readings of the clock and four atomic instructions, and takes no lock. The labels are
//! those of the route table, so a client cannot add one; a request without a route has its own entry.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Instant,
};

use axum::http::{Method, StatusCode};

use crate::{
    app::{Counters, Histogram},
    http::{method::RouteMethod, route::RouteGroup},
};

/// The upper bounds of the time of a request, in microseconds.
const BOUNDS: &[u64] = &[
    100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000,
];
/// The statuses with a label of their own.
const STATUSES: [u16; 21] =
    [200, 201, 204, 304, 400, 401, 403, 404, 405, 408, 409, 412, 413, 414, 415, 421, 422, 429, 431, 500, 503];
/// The counters of an entry: the statuses, all others, and requests whose client went away.
const COUNTERS: usize = STATUSES.len() + 2;
const METHODS: [RouteMethod; 5] =
    [RouteMethod::Get, RouteMethod::Post, RouteMethod::Put, RouteMethod::Patch, RouteMethod::Delete];

/// The counters of one route.
pub struct RouteCounters {
    /// The name of the method; empty for requests without a route.
    pub method: &'static str,
    /// The template of the path; empty for requests without a route.
    pub path: &'static str,
    statuses: Counters<COUNTERS>,
    pub times: Histogram,
}

/// The numbers of a path's entries, by method.
type Entries = [Option<usize>; METHODS.len()];

/// The counters of all requests.
pub struct RequestMetrics {
    routes: Vec<RouteCounters>,
    /// For requests without a route.
    none: RouteCounters,
    exact: HashMap<&'static str, Entries>,
    /// Paths with parameters.
    templates: Vec<(&'static str, Entries)>,
    in_flight: AtomicU64,
}

/// A request that is being answered.
pub struct MeasuredRequest<'a> {
    metrics: &'a RequestMetrics,
    counters: &'a RouteCounters,
    started: Instant,
    /// `None` if the client goes away before the response.
    status: Option<StatusCode>,
}

impl RouteCounters {
    fn new(method: &'static str, path: &'static str) -> Self {
        Self { method, path, statuses: Counters::default(), times: Histogram::new(BOUNDS) }
    }

    /// Returns the label and the number of requests of each status that occurred.
    pub fn statuses(&self) -> impl Iterator<Item = (String, u64)> {
        let labels = STATUSES.iter().map(u16::to_string).chain(["other".to_owned(), "cancelled".to_owned()]);
        labels.enumerate().map(|(at, label)| (label, self.statuses.value(at))).filter(|(_, count)| *count > 0)
    }
}

impl RequestMetrics {
    /// Creates the counters of these routes.
    pub fn new(groups: &[RouteGroup]) -> Self {
        let mut routes = Vec::new();
        let mut paths: HashMap<&'static str, Entries> = HashMap::new();
        for route in groups.iter().flat_map(|group| &group.routes) {
            let entries = paths.entry(route.path).or_default();
            if let Some(entry) = position(route.method).and_then(|method| entries.get_mut(method)) {
                *entry = Some(routes.len());
            }
            routes.push(RouteCounters::new(route.method.name(), route.path));
        }
        let (templates, exact) = paths.into_iter().partition(|(path, _)| path.contains('{'));
        let templates: HashMap<_, _> = templates;
        let templates = templates.into_iter().collect();
        Self { routes, none: RouteCounters::new("", ""), exact, templates, in_flight: AtomicU64::new(0) }
    }

    /// Begins to measure a request.
    pub fn begin(&self, method: &Method, path: &str) -> MeasuredRequest<'_> {
        self.in_flight.fetch_add(1, Relaxed);
        let counters = self.find(method, path).unwrap_or(&self.none);
        MeasuredRequest { metrics: self, counters, started: Instant::now(), status: None }
    }

    /// Returns the number of requests that are being answered.
    pub fn in_flight(&self) -> u64 {
        self.in_flight.load(Relaxed)
    }

    /// Returns the counters of all routes, and those of requests without a route.
    pub fn routes(&self) -> impl Iterator<Item = &RouteCounters> {
        self.routes.iter().chain([&self.none])
    }

    fn find(&self, method: &Method, path: &str) -> Option<&RouteCounters> {
        let entries = match self.exact.get(path) {
            Some(entries) => entries,
            None => self.templates.iter().find(|(template, _)| fits(template, path)).map(|(_, entries)| entries)?,
        };
        let method = match *method {
            Method::GET | Method::HEAD => RouteMethod::Get,
            Method::POST => RouteMethod::Post,
            Method::PUT => RouteMethod::Put,
            Method::PATCH => RouteMethod::Patch,
            Method::DELETE => RouteMethod::Delete,
            _ => return None,
        };
        self.routes.get(entries.get(position(method)?).copied().flatten()?)
    }
}

impl MeasuredRequest<'_> {
    /// Ends the measurement with the status of the response.
    pub fn end(mut self, status: StatusCode) {
        self.status = Some(status);
    }
}

impl Drop for MeasuredRequest<'_> {
    fn drop(&mut self) {
        self.metrics.in_flight.fetch_sub(1, Relaxed);
        self.counters.statuses.add_one(match self.status {
            None => STATUSES.len() + 1,
            Some(status) => STATUSES.binary_search(&status.as_u16()).unwrap_or(STATUSES.len()),
        });
        self.counters.times.observe(self.started.elapsed());
    }
}

fn position(method: RouteMethod) -> Option<usize> {
    METHODS.iter().position(|known| *known == method)
}

/// Returns whether a path has the segments of a template; a parameter stands for any segment that is not empty.
fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut found) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(wanted), Some(found)) if wanted == found || wanted.starts_with('{') && !found.is_empty() => {}
            _ => return false,
        }
    }
}
