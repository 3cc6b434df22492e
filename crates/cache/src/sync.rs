//! Locks and atomics: std's, or shuttle's for the checker in `checked/`, which tries different orders of steps.
//!
//! The protocol takes its locks and atomics from here; counters that decide nothing use those of std.

#[cfg(not(shuttle))]
pub(crate) use std::sync::{Mutex, MutexGuard, atomic};

#[cfg(shuttle)]
pub(crate) use shuttle::sync::{Mutex, MutexGuard, atomic};

/// Called before code with locks that the checker does not see, so that the checker can switch threads here too.
#[cfg(not(shuttle))]
#[inline(always)]
pub(crate) fn step() {}

#[cfg(shuttle)]
pub(crate) fn step() {
    atomic::AtomicBool::new(false).load(atomic::Ordering::SeqCst);
}
