//! Where long work runs: threads apart from those that serve, as many at once as there are cores, with a bounded queue.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Work waiting for a thread, for each thread. Full, with evaluations at their fuel limit, it empties in about the
/// deadline: who would wait longer is better told at once.
const QUEUE_PER_THREAD: usize = 32;

/// How much longer than its time work may take before its caller is answered without it: all work asks a clock of its
/// own, and mostly has something better to say.
const GRACE: Duration = Duration::from_millis(100);

/// A pool of threads.
#[derive(Debug)]
pub struct Workers {
    slots: Arc<Semaphore>,
    /// How much of it work in bulk may have.
    bulk: Arc<Semaphore>,
    bulk_at_once: usize,
    waiting_max: i64,
    waiting: AtomicI64,
    overrun: Counter,
}

/// The work was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotDone {
    /// The queue was full, or no thread came free in time.
    Overloaded,
    /// It panicked.
    Panicked,
    /// It took longer than its time, and still has its thread.
    Overrun,
}

impl Workers {
    /// A pool of `threads`.
    pub fn new(threads: usize) -> Self {
        let bulk_at_once = (threads / 2).max(1);
        Self {
            slots: Arc::new(Semaphore::new(threads)),
            bulk: Arc::new(Semaphore::new(bulk_at_once)),
            bulk_at_once,
            waiting_max: i64::try_from(threads * QUEUE_PER_THREAD).unwrap_or(i64::MAX),
            waiting: AtomicI64::new(0),
            overrun: Counter::default(),
        }
    }

    /// Work whose callers were answered without it.
    pub(crate) fn overrun(&self) -> Counter {
        self.overrun.clone()
    }

    /// Work that waits for a thread.
    pub fn queue_depth(&self) -> i64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// How much work in bulk may go on at once: half of the threads, so that single questions still get through.
    pub fn bulk_at_once(&self) -> usize {
        self.bulk_at_once
    }

    /// Leave to do one piece of work in bulk, waiting for it as long as it takes; `None` never comes, but that a pool is
    /// never closed only its owner knows.
    pub async fn bulk(&self) -> Option<OwnedSemaphorePermit> {
        self.bulk.clone().acquire_owned().await.ok()
    }

    /// Does some work on a thread of the pool, waiting for one and for its end for `time` at most, or hardly longer.
    ///
    /// If the caller goes away while it waits, the work is never begun; afterwards it ends by itself.
    pub async fn run<R: Send + 'static>(
        &self,
        time: Duration,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, NotDone> {
        self.run_within(time, time, work).await
    }

    /// The same, waiting for a thread for `patience` at most, and `time` in all.
    pub async fn run_within<R: Send + 'static>(
        &self,
        patience: Duration,
        time: Duration,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, NotDone> {
        let end = Instant::now() + time + GRACE;
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
        match tokio::time::timeout_at(end, tokio::task::spawn_blocking(work)).await {
            Ok(done) => done.unwrap_or(Err(NotDone::Panicked)),
            Err(_) => {
                self.overrun.inc();
                tracing::warn!("work on a worker has not ended in its time; its thread is busy until it does");
                Err(NotDone::Overrun)
            }
        }
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn work_beyond_the_queue_is_refused_and_the_rest_is_done() {
        let workers = Arc::new(Workers::new(1));
        let (release, held) = mpsc::channel::<()>();
        let (started, running) = tokio::sync::oneshot::channel();
        let first = tokio::spawn({
            let workers = workers.clone();
            async move {
                let work = move || {
                    let _ = started.send(());
                    held.recv()
                };
                workers.run(PATIENCE, work).await
            }
        });
        running.await.unwrap();
        let waiting: Vec<_> = (0..QUEUE_PER_THREAD)
            .map(|n| {
                let workers = workers.clone();
                tokio::spawn(async move { workers.run(PATIENCE, move || n).await })
            })
            .collect();
        while workers.queue_depth() < QUEUE_PER_THREAD as i64 {
            tokio::task::yield_now().await;
        }
        assert_eq!(workers.run(PATIENCE, || ()).await, Err(NotDone::Overloaded));
        release.send(()).unwrap();
        assert!(first.await.unwrap().is_ok());
        for (n, waiting) in waiting.into_iter().enumerate() {
            assert_eq!(waiting.await.unwrap(), Ok(n));
        }
        assert_eq!(workers.queue_depth(), 0);
        assert_eq!(workers.slots.available_permits(), 1);
    }

    #[tokio::test]
    async fn work_in_bulk_has_half_of_the_threads_and_one_at_least() {
        for (threads, half) in [(1, 1), (2, 1), (3, 1), (8, 4)] {
            let workers = Workers::new(threads);
            let mut leaves = Vec::new();
            // Polled once: there is leave, or there is none.
            while let Ok(leave) = tokio::time::timeout(Duration::ZERO, workers.bulk()).await {
                leaves.push(leave);
            }
            assert_eq!((leaves.len(), workers.bulk_at_once()), (half, half), "{threads}");
            leaves.pop();
            assert!(workers.bulk().await.is_some());
        }
    }

    #[tokio::test]
    async fn a_panic_takes_no_thread_with_it() {
        let workers = Workers::new(1);
        let panics = || -> u8 { panic!("a bug") };
        assert_eq!(workers.run(PATIENCE, panics).await, Err(NotDone::Panicked));
        assert_eq!(workers.run(PATIENCE, || 1).await, Ok(1));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_work_that_does_not_end_is_answered() {
        let workers = Workers::new(1);
        let (release, held) = mpsc::channel::<()>();
        // A clock that stands still does not go on by itself while a thread works.
        let (done, ()) =
            tokio::join!(workers.run(PATIENCE, move || held.recv().is_ok()), tokio::time::advance(PATIENCE + GRACE));
        assert_eq!(done, Err(NotDone::Overrun));
        assert_eq!(workers.overrun.get(), 1);
        // It has its thread until it ends.
        assert_eq!(workers.run(Duration::ZERO, || ()).await, Err(NotDone::Overloaded));
        drop(release);
        drop(workers.slots.acquire().await.unwrap());
        assert_eq!(workers.run(PATIENCE, || 1).await, Ok(1));
    }

    #[tokio::test]
    async fn an_abandoned_caller_gives_its_place_back_and_its_work_keeps_its_thread() {
        let workers = Arc::new(Workers::new(1));
        let (release, held) = mpsc::channel::<()>();
        let (started, running) = tokio::sync::oneshot::channel();
        let caller = tokio::spawn({
            let workers = workers.clone();
            async move {
                let work = move || {
                    let _ = started.send(());
                    held.recv()
                };
                workers.run(PATIENCE, work).await
            }
        });
        running.await.unwrap();
        caller.abort();
        assert!(caller.await.is_err());
        // Nobody waits for the work any more, and it still runs.
        assert_eq!(workers.run(Duration::ZERO, || ()).await, Err(NotDone::Overloaded));
        assert_eq!(workers.queue_depth(), 0);
        release.send(()).unwrap();
        assert_eq!(workers.run(PATIENCE, || 1).await, Ok(1));
    }
}
