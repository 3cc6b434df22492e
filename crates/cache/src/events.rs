//! What happens in a cache, for its program: one hook, on which metrics, traces and logs can be built.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::state::State;

/// Something that happened. The labels are those of the counters in [`Stats`](crate::Stats).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Memory became coherent with Redis, or ceased to be.
    StateChanged {
        /// The state before.
        from: State,
        /// The state now. States that follow each other quickly may be reported out of order.
        to: State,
        /// Why there is no connection, as in [`Cache::last_failure`](crate::Cache::last_failure); `None` while there is
        /// one.
        reason: Option<String>,
    },
    /// Memory does not serve one key, or anything, that it has kept until now.
    Invalidated {
        /// The cause, a label of [`Stats::invalidations`](crate::Stats::invalidations).
        cause: &'static str,
        /// Whether everything was invalidated, and not one key.
        everything: bool,
    },
    /// A flight has ended: its callers have their answer, and its last write is done.
    FlightEnded {
        /// How, a label of [`Stats::flights`](crate::Stats::flights).
        result: &'static str,
        /// Its duration, with the wait for other nodes and the last write.
        took: Duration,
    },
    /// Redis was looked up, or could not be.
    LookedUp {
        /// The result, a label of [`Stats::redis_lookups`](crate::Stats::redis_lookups).
        result: &'static str,
        /// Its duration. Lookups of many keys together take equally long.
        took: Duration,
    },
}

/// A function that is called for each event: see [`Options::on_event`](crate::Options::on_event).
pub type EventHook = Arc<dyn Fn(&Event) + Send + Sync>;

/// The hook of a cache. No lock is held while it is called.
pub(crate) struct Events {
    hook: Option<EventHook>,
    panics: AtomicU64,
}

impl Events {
    pub(crate) fn new(hook: Option<EventHook>) -> Self {
        Self { hook, panics: AtomicU64::new(0) }
    }

    /// Calls the hook, if there is one. Its panic is counted and goes no further.
    pub(crate) fn emit(&self, event: impl FnOnce() -> Event) {
        let Some(hook) = &self.hook else { return };
        if catch_unwind(AssertUnwindSafe(|| hook(&event()))).is_err() {
            self.panics.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn panics(&self) -> u64 {
        self.panics.load(Relaxed)
    }
}
