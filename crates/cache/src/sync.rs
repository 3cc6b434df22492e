//! Locks and atomics: std's. For the checker of `checked/`, which tries the orders in which threads may meet, shuttle's.
//!
//! What the protocol stands on comes from here; counters that nothing is decided by come from std directly.

#[cfg(not(shuttle))]
pub(crate) use std::sync::{Mutex, MutexGuard, atomic};

#[cfg(shuttle)]
pub(crate) use shuttle::sync::{Mutex, MutexGuard, atomic};

/// Before what has locks that the checker does not see: there, too, it may turn to another thread.
#[cfg(not(shuttle))]
#[inline(always)]
pub(crate) fn step() {}

#[cfg(shuttle)]
pub(crate) fn step() {
    atomic::AtomicBool::new(false).load(atomic::Ordering::SeqCst);
}
