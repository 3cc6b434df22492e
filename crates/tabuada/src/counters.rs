//! What is counted, named after the hop that it counts. Clones share their counts.

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
    pub route: &'static str,
    /// The status it was answered with.
    pub status: u16,
}

impl Default for Counters {
    /// All at 0.
    fn default() -> Self {
        // From 50 microseconds, a hit in memory, to some 3 seconds, past the deadline.
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
            evaluation_seconds: times(),
            trials_abandoned: Counter::default(),
            evaluations_failed: Counter::default(),
            streams_abandoned: Counter::default(),
        }
    }
}

impl Counters {
    /// The count of the requests to a route that were answered with a status.
    pub fn requests_of(&self, route: &'static str, status: u16) -> Counter {
        self.requests.get_or_create_owned(&Request { route, status })
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
