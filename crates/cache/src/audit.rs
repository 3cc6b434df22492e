//! For tests, with the feature `audit`: counts that must be consistent when a cache has nothing in progress.

#[cfg(feature = "audit")]
use std::sync::Arc;

#[cfg(feature = "audit")]
use crate::sync::atomic::{AtomicU64, Ordering::SeqCst};

/// Counts the tasks inside a section of code; without the feature it does nothing.
#[derive(Default)]
pub(crate) struct Gauge {
    #[cfg(feature = "audit")]
    inside: Arc<AtomicU64>,
}

/// A task inside a section, until this is dropped.
pub(crate) struct Inside {
    #[cfg(feature = "audit")]
    inside: Arc<AtomicU64>,
}

impl Gauge {
    pub(crate) fn enter(&self) -> Inside {
        #[cfg(feature = "audit")]
        self.inside.fetch_add(1, SeqCst);
        Inside {
            #[cfg(feature = "audit")]
            inside: self.inside.clone(),
        }
    }

    #[cfg(feature = "audit")]
    pub(crate) fn count(&self) -> u64 {
        self.inside.load(SeqCst)
    }
}

#[cfg(feature = "audit")]
impl Drop for Inside {
    fn drop(&mut self) {
        self.inside.fetch_sub(1, SeqCst);
    }
}

/// What a cache has in progress, and the bytes in memory as counted in two ways.
#[cfg(feature = "audit")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each field is named after what it counts")]
pub struct Audit {
    pub bytes_counted: u64,
    pub bytes_held: u64,
    pub flights_open: u64,
    pub write_behind_open: u64,
    pub waiters: u64,
    pub tasks: u64,
}
