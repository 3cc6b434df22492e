//! The counters behind the metrics. Clones share their counts.

use std::time::Duration;

use percent_encoding::percent_decode_str;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

/// The counters of one server.
#[derive(Clone, Debug)]
pub struct Counters {
    /// Requests answered.
    pub requests: Family<Request, Counter>,
    /// The counters of requests answered with 200, by route: nearly all requests, so they are found without a lookup.
    succeeded: [Counter; Route::ALL.len()],
    /// Seconds from a request's head to its response.
    pub request_seconds: Histogram,
    /// Connections that are open.
    pub connections: Gauge,
    /// Connections that could not be accepted at the first attempt, because the process had no file descriptors left.
    pub accepts_failed: Counter,
    /// Connections that were closed at once, because their peer held its share of them.
    pub connections_refused: Counter,
    /// Expressions asked for.
    pub asked: Counter,
    /// Expressions that were not looked up in the cache: they could not be parsed, or their value is random.
    pub bypassed: Counter,
    /// Expressions whose clients went away before the response.
    pub abandoned: Counter,
    /// Evaluations that ran to an answer.
    pub evaluations: Counter,
    /// Seconds that evaluations took.
    pub evaluation_seconds: Histogram,
    /// Trial evaluations that used up their budget.
    pub trials_abandoned: Counter,
    /// Evaluations ended by the deadline or by a bug in the engine.
    pub evaluations_failed: Counter,
    /// Batches and tables whose clients went away before the end.
    pub streams_abandoned: Counter,
}

/// The labels of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Request {
    /// Its route.
    pub route: Route,
    /// The status of its response.
    pub status: u16,
}

/// The routes, by their names in labels and in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[allow(non_camel_case_types, missing_docs)]
pub enum Route {
    evaluate,
    v1_evaluate,
    batch,
    table,
    plot,
    explain,
    functions,
    cache,
    page,
    docs,
    health,
    version,
    metrics,
    other,
}

impl Route {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::evaluate,
        Self::v1_evaluate,
        Self::batch,
        Self::table,
        Self::plot,
        Self::explain,
        Self::functions,
        Self::cache,
        Self::page,
        Self::docs,
        Self::health,
        Self::version,
        Self::metrics,
        Self::other,
    ];

    /// The route of a path, percent-encoded or not.
    pub fn of(path: &str) -> Self {
        match Self::of_decoded(path) {
            Self::other if path.contains('%') => {
                percent_decode_str(path).decode_utf8().map_or(Self::other, |path| Self::of_decoded(&path))
            }
            route => route,
        }
    }

    fn of_decoded(path: &str) -> Self {
        match path {
            "/evaluate" => Self::evaluate,
            "/v1/evaluate" => Self::v1_evaluate,
            "/v1/batch" => Self::batch,
            "/v1/table" => Self::table,
            "/v1/plot" => Self::plot,
            "/v1/explain" => Self::explain,
            "/v1/functions" => Self::functions,
            "/v1/cache" => Self::cache,
            "/metrics" => Self::metrics,
            "/" => Self::page,
            "/health" => Self::health,
            "/version" => Self::version,
            "/docs" | "/redoc" | "/openapi.json" => Self::docs,
            path if path.starts_with("/v1/cache/") => Self::cache,
            path if path.starts_with("/page/") => Self::page,
            path if path.starts_with("/docs/") || path.starts_with("/redoc/") => Self::docs,
            path if path.starts_with("/health/") => Self::health,
            _ => Self::other,
        }
    }

    /// Its name in labels and in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::evaluate => "evaluate",
            Self::v1_evaluate => "v1_evaluate",
            Self::batch => "batch",
            Self::table => "table",
            Self::plot => "plot",
            Self::explain => "explain",
            Self::functions => "functions",
            Self::cache => "cache",
            Self::page => "page",
            Self::docs => "docs",
            Self::health => "health",
            Self::version => "version",
            Self::metrics => "metrics",
            Self::other => "other",
        }
    }

    /// The statuses that the route usually answers with. Their counters start at 0; others appear when they first
    /// occur.
    fn statuses(self) -> &'static [u16] {
        match self {
            Self::evaluate => &[200, 400, 405, 408, 413, 422, 503],
            Self::v1_evaluate => &[200, 304, 400, 405, 408, 413, 422, 503],
            Self::batch | Self::table => &[200, 400, 405, 408, 413, 422, 503],
            Self::plot | Self::explain => &[200, 304, 400, 405, 422, 503],
            Self::cache => &[200, 202, 400, 401, 403, 404, 405, 502, 503],
            Self::functions | Self::page | Self::docs => &[200, 304, 405],
            Self::health => &[200, 405, 503],
            Self::version => &[200, 405],
            Self::metrics => &[200, 403, 405],
            Self::other => &[200, 307, 404],
        }
    }
}

impl Default for Counters {
    /// Starts every counter at 0, so that an event that has not happened yet shows as 0 and is not absent.
    fn default() -> Self {
        // From 50 microseconds (a hit in memory) to about 3 seconds (beyond the deadline).
        let times = || Histogram::new(exponential_buckets(50e-6, 2.0, 17));
        let requests = Family::<Request, Counter>::default();
        for route in Route::ALL {
            for &status in route.statuses() {
                drop(requests.get_or_create(&Request { route, status }));
            }
        }
        let succeeded = Route::ALL.map(|route| requests.get_or_create_owned(&Request { route, status: 200 }));
        Self {
            requests,
            succeeded,
            request_seconds: times(),
            connections: Gauge::default(),
            accepts_failed: Counter::default(),
            connections_refused: Counter::default(),
            asked: Counter::default(),
            bypassed: Counter::default(),
            abandoned: Counter::default(),
            evaluations: Counter::default(),
            evaluation_seconds: times(),
            trials_abandoned: Counter::default(),
            evaluations_failed: Counter::default(),
            streams_abandoned: Counter::default(),
        }
    }
}

impl Counters {
    /// Counts an answered request.
    pub fn answered(&self, route: Route, status: u16, time: Duration) {
        if status == 200 {
            self.succeeded[route as usize].inc();
        } else {
            self.requests.get_or_create(&Request { route, status }).inc();
        }
        self.request_seconds.observe(time.as_secs_f64());
    }

    /// Counts a connection as open until the returned guard is dropped.
    pub fn connects(&self) -> Connected {
        self.connections.inc();
        Connected(self.connections.clone())
    }

    /// Counts a question. The guard or the cache counts how it ends.
    pub fn asks(&self) -> Asking<'_> {
        self.asked.inc();
        Asking { counters: self, has_ended: false }
    }

    /// Counts an evaluation that ran to an answer.
    pub fn evaluated(&self, time: Duration) {
        self.evaluations.inc();
        self.evaluation_seconds.observe(time.as_secs_f64());
    }
}

/// A connection that is open.
#[derive(Debug)]
pub struct Connected(Gauge);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A question in progress. If the guard is dropped before one of its methods is called, the question counts as
/// abandoned.
#[derive(Debug)]
pub struct Asking<'c> {
    counters: &'c Counters,
    has_ended: bool,
}

impl Asking<'_> {
    /// Ends a question that the cache answered. The cache has counted the outcome.
    pub fn ends_in_the_cache(mut self) {
        self.has_ended = true;
    }

    /// Ends a question that did not use the cache.
    pub fn bypasses_it(mut self) {
        self.has_ended = true;
        self.counters.bypassed.inc();
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.counters.abandoned.inc();
        }
    }
}
