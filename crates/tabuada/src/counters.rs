//! The counters behind the metrics. Clones share their counts.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

/// The counters of one server.
#[derive(Clone, Debug)]
pub struct Counters {
    /// Requests answered.
    pub requests: Family<Request, Counter>,
    /// Seconds from a request's head to its response.
    pub request_seconds: Histogram,
    /// Connections that are open.
    pub connections: Gauge,
    /// Connections that could not be accepted at the first attempt, because the process had no file descriptors left.
    pub accepts_failed: Counter,
    /// Connections that were closed at once, because their peer held its share of them.
    pub connections_refused: Counter,
    /// Expressions that clients sent.
    pub asked: Counter,
    /// Expressions that were not looked up in the cache: they could not be parsed, or their value is random.
    pub bypassed: Counter,
    /// Expressions whose clients disconnected before the response.
    pub abandoned: Counter,
    /// Evaluations that ran to an answer.
    pub evaluations: Counter,
    /// Fuel of answers that were not computed, since the cache had them or another caller computed them.
    pub fuel_saved: Counter,
    /// Seconds that evaluations took.
    pub evaluation_seconds: Histogram,
    /// Trial evaluations that used up their budget.
    pub trials_abandoned: Counter,
    /// Evaluations ended by the deadline or by a bug in the engine.
    pub evaluations_failed: Counter,
    /// Batches and tables whose clients disconnected before the end.
    pub streams_abandoned: Counter,
    /// Lines of the log that were not written.
    pub log_lines_lost: Counter,
}

/// The labels of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Request {
    /// Its route.
    pub route: &'static str,
    /// The status of its response.
    pub status: u16,
}

impl Default for Counters {
    fn default() -> Self {
        // From 50 microseconds (a hit in memory) to about 3 seconds (more than the deadline).
        let times = || Histogram::new(exponential_buckets(50e-6, 2.0, 17));
        Self {
            requests: Family::default(),
            request_seconds: times(),
            connections: Gauge::default(),
            accepts_failed: Counter::default(),
            connections_refused: Counter::default(),
            asked: Counter::default(),
            bypassed: Counter::default(),
            abandoned: Counter::default(),
            evaluations: Counter::default(),
            fuel_saved: Counter::default(),
            evaluation_seconds: times(),
            trials_abandoned: Counter::default(),
            evaluations_failed: Counter::default(),
            streams_abandoned: Counter::default(),
            log_lines_lost: Counter::default(),
        }
    }
}

impl Counters {
    /// The count of the requests to a route that were answered with a status.
    pub fn requests_of(&self, route: &'static str, status: u16) -> Counter {
        self.requests.get_or_create_owned(&Request { route, status })
    }

    /// Counts a connection as open until the returned guard is dropped.
    pub fn connects(&self) -> Connected {
        self.connections.inc();
        Connected(self.connections.clone())
    }

    /// Counts a question. Its end is counted by the guard or by the cache.
    pub fn asks(&self) -> QuestionGuard<'_> {
        self.asked.inc();
        QuestionGuard { counters: self, has_ended: false }
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

/// A question in progress. If the guard is dropped before a method is called, the question counts as abandoned.
#[derive(Debug)]
pub struct QuestionGuard<'c> {
    counters: &'c Counters,
    has_ended: bool,
}

impl QuestionGuard<'_> {
    /// Ends a question that the cache answered, which saved so much fuel. The cache has counted the outcome.
    pub fn ends_in_the_cache(mut self, saved: u64) {
        self.has_ended = true;
        self.counters.fuel_saved.inc_by(saved);
    }

    /// Ends a question that did not use the cache.
    pub fn bypasses_it(mut self) {
        self.has_ended = true;
        self.counters.bypassed.inc();
    }
}

impl Drop for QuestionGuard<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.counters.abandoned.inc();
        }
    }
}
