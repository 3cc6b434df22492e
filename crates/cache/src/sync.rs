//! Locks and atomics: std's, or shuttle's for the checker in `checked/`, which tries the orders of the threads' steps.
//!
//! The protocol takes its locks and atomics from here; counters that decide nothing take them from std.

#[cfg(not(shuttle))]
pub(crate) use std::sync::{Mutex, MutexGuard, atomic};

#[cfg(shuttle)]
pub(crate) use shuttle::sync::{Mutex, MutexGuard, atomic};

/// Called before code with locks that the checker does not see: the checker may switch threads here, too.
#[cfg(not(shuttle))]
#[inline(always)]
pub(crate) fn step() {}

#[cfg(shuttle)]
pub(crate) fn step() {
    atomic::AtomicBool::new(false).load(atomic::Ordering::SeqCst);
}
