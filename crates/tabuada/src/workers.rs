//! Where long work runs: threads apart from those that serve, as many at once as there are cores, with a bounded queue.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

/// Work waiting for a thread, for each thread. Full, with evaluations at their fuel limit, it empties in about the
/// deadline: who would wait longer is better told at once.
const QUEUE_PER_THREAD: usize = 32;

/// A pool of threads.
#[derive(Debug)]
pub struct Workers {
    slots: Arc<Semaphore>,
    waiting_max: i64,
    waiting: AtomicI64,
}

/// The work was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotDone {
    /// The queue was full, or no thread came free in time.
    Overloaded,
    /// It panicked.
    Panicked,
}

impl Workers {
    /// A pool of `threads`.
    pub fn new(threads: usize) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(threads)),
            waiting_max: i64::try_from(threads * QUEUE_PER_THREAD).unwrap_or(i64::MAX),
            waiting: AtomicI64::new(0),
        }
    }

    /// Work that waits for a thread.
    pub fn queue_depth(&self) -> i64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Does some work on a thread of the pool, waiting for one for `patience` at most.
    ///
    /// If the caller goes away while it waits, the work is never begun; afterwards it ends by itself.
    pub async fn run<R: Send + 'static>(
        &self,
        patience: Duration,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, NotDone> {
        let slot = match self.slots.clone().try_acquire_owned() {
            Ok(slot) => slot,
            Err(_) => {
                let _waiting = Waiting::enter(&self.waiting, self.waiting_max).ok_or(NotDone::Overloaded)?;
                let slot = tokio::time::timeout(patience, self.slots.clone().acquire_owned()).await;
                slot.map_err(|_| NotDone::Overloaded)?.map_err(|_| NotDone::Overloaded)?
            }
        };
        let work = move || {
            // Held by the work, not by whoever waits for it: an abandoned evaluation still has its thread.
            let _slot = slot;
            catch_unwind(AssertUnwindSafe(work)).map_err(|_| NotDone::Panicked)
        };
        tokio::task::spawn_blocking(work).await.unwrap_or(Err(NotDone::Panicked))
    }
}

/// One place in the queue, given back when dropped.
struct Waiting<'w>(&'w AtomicI64);

impl<'w> Waiting<'w> {
    fn enter(waiting: &'w AtomicI64, max: i64) -> Option<Self> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) < max { Some(place) } else { None }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
