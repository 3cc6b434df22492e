//! How threads that work give way to threads that serve, on cores that they share.
//!
//! A lower priority alone makes long work slower, not short work quicker: since Linux 6.6 a thread of whatever priority
//! keeps its core for its slice, one to three milliseconds, before who has just been woken comes to its turn. So work
//! also offers its core between two pieces of some tenths of a millisecond.

use std::cell::Cell;
use std::thread;
use std::time::{Duration, Instant};

/// The shortest piece of work between two offers: each is a system call, and gives up what is left of a slice.
const PIECE: Duration = Duration::from_micros(100);

thread_local!(static IS_LOW: Cell<bool> = const { Cell::new(false) });

/// Lowers the priority of this thread by steps of `nice`, once: on Linux it is a thread's own, and no other thread of the
/// runtime works. Where that is refused, nothing is lost but the time of others.
pub(crate) fn lower(by: i32) {
    if cfg!(target_os = "linux")
        && by != 0
        && !IS_LOW.replace(true)
        && let Ok(priority) = rustix::process::getpriority_process(None)
    {
        let _ = rustix::process::setpriority_process(None, priority + by);
    }
}

/// Offers the core to who waits for it, if this is a thread of lower priority and has not done so for [`PIECE`]: some
/// tenths of a microsecond where nobody does. To be called as often as is convenient.
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
