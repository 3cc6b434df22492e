//! What is counted, named after the hop that it counts. Clones share their counts.

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

/// The counters of one server.
#[derive(Clone, Debug)]
pub struct Counters {
    /// Requests answered.
    pub requests: Family<Request, Counter>,
    /// Seconds from a request's head to its answer.
    pub request_seconds: Histogram,
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

/// The routes that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[allow(non_camel_case_types, missing_docs)]
pub enum Route {
    evaluate,
    docs,
    health,
    metrics,
    cache,
    batch,
    table,
    other,
}

impl Route {
    /// The route of a path.
    pub fn of(path: &str) -> Self {
        match path {
            "/evaluate" => Self::evaluate,
            "/metrics" => Self::metrics,
            "/docs" | "/redoc" | "/openapi.json" => Self::docs,
            "/v1/batch" => Self::batch,
            "/v1/table" => Self::table,
            "/v1/cache" => Self::cache,
            path if path.starts_with("/v1/cache/") => Self::cache,
            path if path.starts_with("/docs/") || path.starts_with("/redoc/") => Self::docs,
            path if path.starts_with("/health/") => Self::health,
            _ => Self::other,
        }
    }
}

impl Default for Counters {
    /// All at 0: what has not happened yet is 0, not absent.
    fn default() -> Self {
        // From 50 microseconds, a hit in memory, to some 3 seconds, past the deadline.
        let times = || Histogram::new(exponential_buckets(50e-6, 2.0, 17));
        let counters = Self {
            requests: Family::default(),
            request_seconds: times(),
            asked: Counter::default(),
            bypassed: Counter::default(),
            abandoned: Counter::default(),
            evaluations: Counter::default(),
            evaluation_seconds: times(),
            trials_abandoned: Counter::default(),
            evaluations_failed: Counter::default(),
            streams_abandoned: Counter::default(),
        };
        for (route, statuses) in [
            (Route::evaluate, &[200, 400, 405, 408, 413, 422, 503][..]),
            (Route::docs, &[200]),
            (Route::health, &[200]),
            (Route::metrics, &[200]),
            (Route::cache, &[200, 202, 400, 401, 403, 404]),
            (Route::batch, &[200, 400, 405, 408, 413, 503]),
            (Route::table, &[200, 400, 405, 408, 413, 422, 503]),
            (Route::other, &[404, 405]),
        ] {
            for &status in statuses {
                drop(counters.requests.get_or_create(&Request { route, status }));
            }
        }
        counters
    }
}

impl Counters {
    /// Counts an answered request.
    pub fn answered(&self, route: Route, status: u16, time: Duration) {
        self.requests.get_or_create(&Request { route, status }).inc();
        self.request_seconds.observe(time.as_secs_f64());
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
