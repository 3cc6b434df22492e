//! How computing threads yield to serving threads on the same cores.
//!
//! A lower priority is not enough. Since Linux 6.6, a thread of any priority keeps its core for a slice of one to three
//! milliseconds, even if a thread of higher priority wakes up. So a computing thread also yields its core every few
//! tenths of a millisecond.

use std::cell::Cell;
use std::thread;
use std::time::{Duration, Instant};

/// The shortest time between two yields. Each yield is a system call and gives up the rest of the slice.
const PIECE: Duration = Duration::from_micros(100);

thread_local!(static IS_LOW: Cell<bool> = const { Cell::new(false) });

/// Lowers the priority of this thread by steps of `nice`, once. On Linux, each thread has its own priority, so other
/// threads of the runtime keep theirs. If the system refuses, the thread keeps its old priority.
pub(crate) fn lower(by: i32) {
    if cfg!(target_os = "linux")
        && by != 0
        && !IS_LOW.replace(true)
        && let Ok(priority) = rustix::process::getpriority_process(None)
    {
        let _ = rustix::process::setpriority_process(None, priority + by);
    }
}

/// Yields the core if this thread has a lower priority and has not yielded for [`PIECE`]. This takes a few tenths of a
/// microsecond if no other thread is ready, so callers may call it as often as they like.
pub(crate) fn give_way() {
    thread_local!(static LAST: Cell<Option<Instant>> = const { Cell::new(None) });
    if !IS_LOW.get() {
        return;
    }
    let now = Instant::now();
    if LAST.get().is_none_or(|last| now - last >= PIECE) {
        thread::yield_now();
        LAST.set(Some(now));
    }
}
