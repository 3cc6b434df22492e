//! The state of a cache, and its counters. Counting is one relaxed addition. Reading gives a [`Stats`], in the order in
//! which a request passes the layers. Every counter exists from the start, with 0.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::events::Events;
pub(crate) use crate::state::State;

/// A counter and its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Stable and lower-case, with hyphens between words.
    pub label: &'static str,
    /// The count since the cache was built.
    pub count: u64,
}

/// A snapshot of a cache's counters and contents. The counters are read one by one, so sums may be slightly off.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// Whether memory is coherent with Redis.
    pub state: State,
    /// Calls answered, each counted once, by source: `memory`, `redis`, `computed` (for this caller), `collapsed`
    /// (computed for another caller, here or on another node), `failed`.
    pub answers: Vec<Count>,
    /// Lookups in memory, by result: `hit`, `miss`, `unsure` (it has a value, and does not serve it, since Redis was not
    /// heard from for three heartbeats).
    pub memory_lookups: Vec<Count>,
    /// Lookups in Redis, by result: `hit`, `miss`, `lease`, `unusable`, `unavailable` (no reply in time, refused, or
    /// not sent because earlier calls failed).
    pub redis_lookups: Vec<Count>,
    /// Flights by result: `computed`, `found` (perhaps after waiting for another node), `failed`, `panicked`; and callers
    /// that joined one: `joined`, or that computed beside one, since its answer was from before a change: `aside`.
    pub flights: Vec<Count>,
    /// Flights open now.
    pub flights_open: u64,
    /// Invalidations by cause: `key` (one key has changed in Redis), `flush` (FLUSHALL, FLUSHDB), `detached` (connection
    /// lost), `attached` (tracking started, or proven), `overflow` (of the queue), `operator` (a removal through this
    /// node), `topology` (other primaries hold the slots).
    pub invalidations: Vec<Count>,
    /// Seconds from the arrival of an invalidation until memory no longer serves the entry.
    pub invalidation_latency: Histogram,
    /// Entries in memory, including purged and expired ones that are not yet swept.
    pub memory_entries: u64,
    /// Bytes charged for these entries.
    pub memory_bytes: u64,
    /// Bound of `memory_bytes`.
    pub memory_bytes_max: u64,
    /// Best-effort writes of cheap answers to Redis, by result: `stored`, `present` (another node has stored the
    /// answer), or dropped: `dropped-rate`, `dropped-full` (the queue), `dropped-moved` (invalidated since),
    /// `dropped-unavailable`, `dropped-refused` (the server is full or read-only), `dropped-oversize`.
    pub write_behind: Vec<Count>,
    /// Such writes that are queued or being executed.
    pub write_behind_open: u64,
    /// Keys in use that were told to Redis, at most once in [`Deadlines::touch`](crate::Deadlines::touch) each, by result:
    /// `touched`, `prolonged` (it got its whole lifetime anew), `unchanged` (it is gone, or lives for longer), `dropped`
    /// (too many, or Redis is late), `failed`.
    pub touches: Vec<Count>,
    /// Removals that the operator requested while Redis was unreachable and that are not yet executed.
    pub removals_pending: u64,
    /// Errors of Redis, by kind.
    pub redis_errors: Vec<Count>,
    /// Panics in [`Options::on_event`](crate::Options::on_event).
    pub hook_panics: u64,
    /// Whether a primary has refused reads for at least a second: what this node remembers is not found.
    pub refuses_reads: bool,
    /// Whether a primary has refused writes for at least a second: what this node computes is not shared.
    pub refuses_writes: bool,
}

/// A histogram.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Histogram {
    /// Upper bounds of the buckets, in seconds, ascending; the last bucket has no bound.
    pub bounds: &'static [f64],
    /// The number of observations in each of `bounds.len() + 1` buckets (not cumulative).
    pub counts: Vec<u64>,
    /// Sum of all observations, in seconds.
    pub sum: f64,
}

impl Histogram {
    /// Number of observations.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// An enum whose variants are the labels of a family of counters.
macro_rules! labels {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $label:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum $name { $($variant,)* }
        impl Label for $name {
            const LABELS: &'static [&'static str] = &[$($label,)*];
            fn index(self) -> usize { self as usize }
        }
    };
}

pub(crate) trait Label: Copy {
    const LABELS: &'static [&'static str];
    fn index(self) -> usize;
    fn label(self) -> &'static str {
        Self::LABELS[self.index()]
    }
}

labels! {
    /// The source of an answer.
    Answered {
        Memory = "memory", Redis = "redis", Computed = "computed", Collapsed = "collapsed", Failed = "failed",
    }
}
labels! { MemoryLookup {
    Hit = "hit", Miss = "miss",
    // Memory has a value, but Redis was not heard from for too long.
    Unsure = "unsure",
} }
labels! { RedisLookup {
    Hit = "hit", Miss = "miss", Lease = "lease", Unusable = "unusable", Unavailable = "unavailable",
} }
labels! { FlightResult {
    Computed = "computed", Found = "found", Failed = "failed", Panicked = "panicked", Joined = "joined",
    Aside = "aside",
} }
labels! {
    /// The cause of an invalidation.
    Cause {
        Key = "key", Flush = "flush", Detached = "detached", Attached = "attached", Overflow = "overflow",
        Operator = "operator",
        // Other primaries hold other slots than before.
        Topology = "topology",
    }
}
labels! { WriteBehindResult {
    Stored = "stored", Present = "present", Rate = "dropped-rate", Full = "dropped-full", Changed = "dropped-moved",
    Unavailable = "dropped-unavailable", Refused = "dropped-refused", Oversize = "dropped-oversize",
} }
labels! {
    /// The result of telling Redis that a key is in use.
    TouchResult {
        Touched = "touched", Prolonged = "prolonged", Unchanged = "unchanged", Dropped = "dropped", Failed = "failed",
    }
}
labels! {
    /// The errors of Redis, distinguished as far as an operator reacts differently.
    Trouble {
        // The server is unreachable, or did not answer during the handshake.
        Connect = "connect",
        // Its replies do not follow RESP3 or tracking: an old server, or a proxy.
        Protocol = "protocol",
        // NOAUTH, WRONGPASS, NOPERM.
        Denied = "denied",
        // A change of ours was not reported: something drops the pushes.
        Canary = "canary",
        // The connection was closed.
        Lost = "lost",
        // The connection is open, but heartbeats are not answered.
        Silent = "silent",
        // The server has become a replica: a failover.
        Demoted = "demoted",
        // A Cluster redirected a call to an unknown node or in a circle; or the URL does not name a Cluster.
        Redirected = "redirected",
        // No reply before the deadline.
        Timeout = "timeout",
        ReadOnly = "read-only",
        Full = "full",
        Loading = "loading",
        // A script has been running for long.
        Busy = "busy",
        Other = "other",
    }
}

/// One counter for each label of `L`.
pub(crate) struct Tally<L> {
    counts: Box<[AtomicU64]>,
    labels: std::marker::PhantomData<fn(L)>,
}

impl<L: Label> Tally<L> {
    fn new() -> Self {
        Self { counts: L::LABELS.iter().map(|_| AtomicU64::new(0)).collect(), labels: std::marker::PhantomData }
    }

    pub(crate) fn add(&self, label: L) {
        self.counts[label.index()].fetch_add(1, Relaxed);
    }

    pub(crate) fn read(&self) -> Vec<Count> {
        L::LABELS.iter().zip(&self.counts).map(|(label, count)| Count { label, count: count.load(Relaxed) }).collect()
    }
}

/// The bounds of `invalidation_latency`: the target is 5 ms, and the push itself takes 0.1 ms.
const LATENCY_BOUNDS: &[f64] = &[5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 0.1, 1.0];

pub(crate) struct Counters {
    pub(crate) answers: Tally<Answered>,
    pub(crate) memory: Tally<MemoryLookup>,
    pub(crate) redis: Tally<RedisLookup>,
    pub(crate) flights: Tally<FlightResult>,
    pub(crate) invalidations: Tally<Cause>,
    pub(crate) write_behind: Tally<WriteBehindResult>,
    pub(crate) touches: Tally<TouchResult>,
    pub(crate) errors: Tally<Trouble>,
    pub(crate) events: Events,
    latency_counts: Box<[AtomicU64]>,
    latency_nanos: AtomicU64,
}

impl Counters {
    #[cfg(any(test, shuttle, fuzzing))]
    pub(crate) fn new() -> Self {
        Self::with_events(Events::new(None))
    }

    pub(crate) fn with_events(events: Events) -> Self {
        Self {
            answers: Tally::new(),
            memory: Tally::new(),
            redis: Tally::new(),
            flights: Tally::new(),
            invalidations: Tally::new(),
            write_behind: Tally::new(),
            touches: Tally::new(),
            errors: Tally::new(),
            events,
            latency_counts: (0..=LATENCY_BOUNDS.len()).map(|_| AtomicU64::new(0)).collect(),
            latency_nanos: AtomicU64::new(0),
        }
    }

    pub(crate) fn record_invalidation_latency(&self, latency: Duration) {
        let seconds = latency.as_secs_f64();
        self.latency_counts[LATENCY_BOUNDS.partition_point(|bound| *bound < seconds)].fetch_add(1, Relaxed);
        self.latency_nanos.fetch_add(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }

    pub(crate) fn invalidation_latency(&self) -> Histogram {
        Histogram {
            bounds: LATENCY_BOUNDS,
            counts: self.latency_counts.iter().map(|count| count.load(Relaxed)).collect(),
            sum: self.latency_nanos.load(Relaxed) as f64 / 1e9,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_on_a_bound_belongs_to_the_bucket_below() {
        let counters = Counters::new();
        for nanos in [0, 50_000, 50_001, 5_000_000, 5_000_001, 3_000_000_000] {
            counters.record_invalidation_latency(Duration::from_nanos(nanos));
        }
        let histogram = counters.invalidation_latency();
        assert_eq!(histogram.counts, [2, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1]);
        assert_eq!(histogram.count(), 6);
        assert!((histogram.sum - 3.010_100_002).abs() < 1e-6, "{}", histogram.sum);
    }

    #[test]
    fn every_label_exists_at_zero_and_is_counted_apart() {
        let counters = Counters::new();
        assert!(counters.errors.read().iter().all(|count| count.count == 0));
        counters.errors.add(Trouble::Other);
        assert_eq!(counters.errors.read().last(), Some(&Count { label: "other", count: 1 }));
        assert_eq!(Trouble::ReadOnly.label(), "read-only");
    }
}
