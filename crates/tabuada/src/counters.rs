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
    /// Evaluations that ran to an answer.
    pub evaluations: Counter,
    /// Seconds that they took.
    pub evaluation_seconds: Histogram,
    /// Evaluations given up at the price of a look-up.
    pub trials_abandoned: Counter,
    /// Evaluations ended by the deadline or by a bug of ours.
    pub evaluations_failed: Counter,
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
    other,
}

impl Route {
    /// The route of a path.
    pub fn of(path: &str) -> Self {
        match path {
            "/evaluate" => Self::evaluate,
            "/metrics" => Self::metrics,
            "/docs" | "/openapi.json" => Self::docs,
            path if path.starts_with("/docs/") => Self::docs,
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
            evaluations: Counter::default(),
            evaluation_seconds: times(),
            trials_abandoned: Counter::default(),
            evaluations_failed: Counter::default(),
        };
        for (route, statuses) in [
            (Route::evaluate, &[200, 400, 405, 408, 413, 422, 503][..]),
            (Route::docs, &[200]),
            (Route::health, &[200]),
            (Route::metrics, &[200]),
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

    /// Counts an evaluation that ran to an answer.
    pub fn evaluated(&self, time: Duration) {
        self.evaluations.inc();
        self.evaluation_seconds.observe(time.as_secs_f64());
    }
}
