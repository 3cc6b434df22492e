//! Counters named after the hops, and the state they belong to. Counting is one relaxed addition; reading them gives a
//! [`Stats`], plain data in the order a request meets the layers. Every counter is there from the start, at 0.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// How far what memory serves is covered by Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No Redis configured.
    Memory,
    /// Every change in Redis reaches memory at once; proven when the connection was made, and checked since.
    Coherent,
    /// Connected, but not yet proven that changes arrive: memory keeps for 5 s at most.
    CatchingUp,
    /// Not connected: memory keeps for 5 s at most.
    Detached,
}

impl State {
    /// Every state, in the order of their declaration.
    pub const ALL: [Self; 4] = [Self::Memory, Self::Coherent, Self::CatchingUp, Self::Detached];

    /// `memory`, `coherent`, `catching-up`, `detached`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Coherent => "coherent",
            Self::CatchingUp => "catching-up",
            Self::Detached => "detached",
        }
    }
}

/// A counter and the label it goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Stable, lower case, words joined by hyphens.
    pub label: &'static str,
    /// Since the cache was built.
    pub count: u64,
}

/// A snapshot of what a cache did and holds. Counters are read one after the other: sums over them may be off by what
/// happened meanwhile.
#[derive(Clone, Debug, PartialEq)]
pub struct Stats {
    /// How far memory is covered by Redis.
    pub state: State,
    /// Questions answered, each counted once, by where the answer came from: `memory`, `redis`, `computed` (for whoever
    /// asked), `collapsed` (waited for the computation of another, here or on another node), `failed`.
    pub answers: Vec<Count>,
    /// Looks into memory, by result: `hit`, `miss`.
    pub memory_lookups: Vec<Count>,
    /// Looks into Redis, by what was read: `hit`, `miss`, `lease`, `unusable`, `unavailable` (not answered in time,
    /// refused, or not asked because calls failed just before).
    pub redis_lookups: Vec<Count>,
    /// Flights by how they ended: `computed`, `found` (perhaps after waiting for another node), `failed`, `panicked`; and
    /// askers who joined one: `joined`.
    pub flights: Vec<Count>,
    /// Flights open now.
    pub flights_open: u64,
    /// What made memory forget: `key` (one key changed or gone in Redis), `flush` (FLUSHALL, FLUSHDB), `detached`
    /// (connection lost), `attached` (connection armed or proven), `overflow` (more changes than could be followed),
    /// `operator` (asked for through this node: one deletion, or one of the purges of a clear).
    pub forgotten: Vec<Count>,
    /// Seconds from an invalidation's arrival to silence of memory.
    pub forget_seconds: Histogram,
    /// Entries in memory, those forgotten or run out but not yet swept among them.
    pub memory_entries: u64,
    /// Bytes that these entries are charged.
    pub memory_bytes: u64,
    /// Bytes that memory may hold at most.
    pub memory_bytes_max: u64,
    /// Answers offered to Redis, by fate: `stored`, `present` (another's was there), or dropped: `dropped-rate`,
    /// `dropped-full` (queue), `dropped-moved` (something was forgotten since), `dropped-unavailable`,
    /// `dropped-refused` (by the server: full, read-only), `dropped-oversize`.
    pub offers: Vec<Count>,
    /// Offers waiting or being made now.
    pub offers_open: u64,
    /// Removals that the operator asked for while Redis could not be reached, and that are still to be done there.
    pub removals_pending: u64,
    /// What went wrong with Redis, by kind.
    pub redis_errors: Vec<Count>,
}

/// Observations sorted into buckets.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Upper bounds of the buckets, in seconds, ascending; one more bucket has no bound.
    pub bounds: &'static [f64],
    /// Observations in each bucket (not cumulative), `bounds.len() + 1` of them.
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
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Which way a question was answered.
    Answered {
        Memory = "memory", Redis = "redis", Computed = "computed", Collapsed = "collapsed", Failed = "failed",
    }
}
labels! { MemoryLook { Hit = "hit", Miss = "miss", } }
labels! { RedisLook {
    Hit = "hit", Miss = "miss", Lease = "lease", Unusable = "unusable", Unavailable = "unavailable",
} }
labels! { Flown { Computed = "computed", Found = "found", Failed = "failed", Panicked = "panicked", Joined = "joined", } }
labels! {
    /// Why memory forgot.
    Cause {
        Key = "key", Flush = "flush", Detached = "detached", Attached = "attached", Overflow = "overflow",
        Operator = "operator",
        // Other primaries hold other slots than before.
        Topology = "topology",
    }
}
labels! { Offered {
    Stored = "stored", Present = "present", Rate = "dropped-rate", Full = "dropped-full", Moved = "dropped-moved",
    Unavailable = "dropped-unavailable", Refused = "dropped-refused", Oversize = "dropped-oversize",
} }
labels! {
    /// What can go wrong with Redis: the distinctions that an operator acts on.
    Trouble {
        // The server cannot be reached, or said nothing while the connection was made.
        Connect = "connect",
        // It answers otherwise than RESP3 and tracking demand: an old server, a proxy.
        Protocol = "protocol",
        // NOAUTH, WRONGPASS, NOPERM.
        Denied = "denied",
        // A change of ours was not reported back: something swallows the pushes.
        Canary = "canary",
        // The connection was closed.
        Lost = "lost",
        // The connection is open and silent.
        Silent = "silent",
        // The server follows another now: a failover.
        Demoted = "demoted",
        // A node of a Cluster sent a call on to where it cannot be made: to one that is not known yet, or in a circle; or
        // the URL does not say that it is a Cluster.
        Redirected = "redirected",
        // A call was not answered by its deadline.
        Timeout = "timeout",
        ReadOnly = "read-only",
        Full = "full",
        Loading = "loading",
        // A script runs, and runs.
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

/// Bounds of `forget_seconds`: the law asks for 5 ms, the push itself takes 0.1 ms.
const FORGET_BOUNDS: &[f64] = &[5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 0.1, 1.0];

/// The counters that a cache keeps.
pub(crate) struct Counters {
    pub(crate) answers: Tally<Answered>,
    pub(crate) memory: Tally<MemoryLook>,
    pub(crate) redis: Tally<RedisLook>,
    pub(crate) flights: Tally<Flown>,
    pub(crate) forgotten: Tally<Cause>,
    pub(crate) offers: Tally<Offered>,
    pub(crate) errors: Tally<Trouble>,
    forget_counts: Box<[AtomicU64]>,
    forget_nanos: AtomicU64,
}

impl Counters {
    pub(crate) fn new() -> Self {
        Self {
            answers: Tally::new(),
            memory: Tally::new(),
            redis: Tally::new(),
            flights: Tally::new(),
            forgotten: Tally::new(),
            offers: Tally::new(),
            errors: Tally::new(),
            forget_counts: (0..=FORGET_BOUNDS.len()).map(|_| AtomicU64::new(0)).collect(),
            forget_nanos: AtomicU64::new(0),
        }
    }

    /// An invalidation made memory silent `after` it had arrived.
    pub(crate) fn silenced(&self, after: Duration) {
        let seconds = after.as_secs_f64();
        self.forget_counts[FORGET_BOUNDS.partition_point(|bound| *bound < seconds)].fetch_add(1, Relaxed);
        self.forget_nanos.fetch_add(u64::try_from(after.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }

    pub(crate) fn forget_seconds(&self) -> Histogram {
        Histogram {
            bounds: FORGET_BOUNDS,
            counts: self.forget_counts.iter().map(|count| count.load(Relaxed)).collect(),
            sum: self.forget_nanos.load(Relaxed) as f64 / 1e9,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observation_on_a_bound_belongs_to_the_bucket_below() {
        let counters = Counters::new();
        for nanos in [0, 50_000, 50_001, 5_000_000, 5_000_001, 3_000_000_000] {
            counters.silenced(Duration::from_nanos(nanos));
        }
        let histogram = counters.forget_seconds();
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
