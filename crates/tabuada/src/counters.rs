//! What is counted, named after the hop that it counts. Clones share their counts.

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
    /// Those of them answered with 200, by route: nearly all, and found without looking.
    succeeded: [Counter; Route::ALL.len()],
    /// Seconds from a request's head to its answer.
    pub request_seconds: Histogram,
    /// Connections that are open.
    pub connections: Gauge,
    /// Connections that could not be accepted at the first try: the system has no files for them.
    pub accepts_failed: Counter,
    /// Connections that were closed when they came: their peer had its share of them.
    pub connections_refused: Counter,
    /// Expressions asked for.
    pub asked: Counter,
    /// Those of them that were never looked for in the cache: unreadable, or different each time.
    pub bypassed: Counter,
    /// Those whose askers went away before they were answered.
    pub abandoned: Counter,
    /// Evaluations that ran to an answer.
    pub evaluations: Counter,
    /// Seconds that they took.
    pub evaluation_seconds: Histogram,
    /// Evaluations given up at the price of a look-up.
    pub trials_abandoned: Counter,
    /// Evaluations ended by the deadline or by a bug of ours.
    pub evaluations_failed: Counter,
    /// Batches and tables whose askers went away before the end.
    pub streams_abandoned: Counter,
}

/// What requests are told apart by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Request {
    /// Where it went.
    pub route: Route,
    /// The status it was answered with.
    pub status: u16,
}

/// The routes that are told apart, as they are called in labels and in the log.
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

    /// The route of a path, in whatever way that is written.
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

    /// What it is called.
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

    /// What it is answered with. Others are counted as well, but have no 0 before.
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
    /// All at 0: what has not happened yet is 0, not absent.
    fn default() -> Self {
        // From 50 microseconds, a hit in memory, to some 3 seconds, past the deadline.
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

    /// Counts a connection for as long as what is given back is there.
    pub fn connects(&self) -> Connected {
        self.connections.inc();
        Connected(self.connections.clone())
    }

    /// Counts a question. It is counted once more when it ends: here, or by the cache where that answers.
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

/// A question under way. One that is dropped before it has ended was abandoned.
#[derive(Debug)]
pub struct Asking<'c> {
    counters: &'c Counters,
    has_ended: bool,
}

impl Asking<'_> {
    /// The cache was asked, and counted how that ended.
    pub fn ends_in_the_cache(mut self) {
        self.has_ended = true;
    }

    /// The cache was not asked.
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
