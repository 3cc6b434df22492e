//! The threads that compute, separate from those that serve: as many as cores, with a bounded queue.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::peer::{Peer, Share};
use crate::priority;
use crate::turns::{Full, Turns};

/// Waiting tasks for each thread. A full queue of evaluations at their fuel limit takes about as long as the deadline,
/// so further callers are refused at once.
const QUEUE_PER_THREAD: usize = 32;

/// How long a task may exceed its time before its caller is answered without it. Tasks check their own clock, and their
/// own error is usually more precise.
const GRACE: Duration = Duration::from_millis(100);

/// How long the refusal of a peer that holds its share is delayed. Without the delay, a peer that retries in a loop
/// would keep the serving threads busy with refusals.
const REFUSAL_PAUSE: Duration = Duration::from_millis(250);

/// The number of threads, and how many of them one peer may use.
#[derive(Clone, Copy, Debug)]
pub struct Threads {
    /// The number of threads.
    pub count: usize,
    /// The number of tasks that may wait, for each thread.
    pub queue_each: usize,
    /// One peer's share of the threads and of the queue.
    pub peer_share: Share,
    /// How much lower their priority is than that of the serving threads, in steps of `nice`. Linux only.
    pub nicer_by: i32,
}

impl From<usize> for Threads {
    fn from(count: usize) -> Self {
        Self { count, queue_each: QUEUE_PER_THREAD, peer_share: Share::default(), nicer_by: 0 }
    }
}

/// A pool of threads.
#[derive(Debug)]
pub struct Workers {
    slots: Arc<Slots>,
    /// The part of the pool that bulk work may use.
    bulk: Arc<Slots>,
    bulk_at_once: usize,
    nicer_by: i32,
    overrun: Counter,
    refused: Counter,
}

/// Why the work was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotDone {
    /// The queue, or the peer's share of it, was full, or no thread became free in time.
    Overloaded,
    /// It panicked.
    Panicked,
    /// It exceeded its time and still occupies its thread.
    Overrun,
}

impl Workers {
    /// A pool of threads.
    pub fn new(threads: Threads) -> Self {
        let Threads { count, queue_each, peer_share, nicer_by } = threads;
        let bulk_at_once = (count / 2).max(1);
        Self {
            slots: Arc::new(Slots(Mutex::new(Turns::new(count, count * queue_each, peer_share)))),
            // Unbounded, since each waiter is an open streaming request, and the connections are limited.
            bulk: Arc::new(Slots(Mutex::new(Turns::new(bulk_at_once, usize::MAX, Share::ALL)))),
            bulk_at_once,
            nicer_by,
            overrun: Counter::default(),
            refused: Counter::default(),
        }
    }

    /// Counts tasks whose callers were answered without them.
    pub(crate) fn overrun(&self) -> Counter {
        self.overrun.clone()
    }

    /// Counts tasks that were refused because their peer held its share of the queue.
    pub(crate) fn refused(&self) -> Counter {
        self.refused.clone()
    }

    /// The number of tasks that wait for a thread.
    pub fn queue_depth(&self) -> usize {
        self.slots.turns().waiting()
    }

    /// The number of peers whose tasks wait for a thread.
    pub(crate) fn peers_waiting(&self) -> usize {
        self.slots.turns().peers_waiting()
    }

    /// The number of bulk tasks that may run at once: half of the threads, so that single questions find a thread.
    pub fn bulk_at_once(&self) -> usize {
        self.bulk_at_once
    }

    /// The pool, as this peer may use it.
    pub fn by(&self, peer: Peer) -> PeerPool<'_> {
        PeerPool { workers: self, peer }
    }
}

/// The pool, as one peer may use it.
#[derive(Clone, Copy, Debug)]
pub struct PeerPool<'w> {
    workers: &'w Workers,
    peer: Peer,
}

impl PeerPool<'_> {
    /// Waits, without a time limit, for permission to do one piece of bulk work. Peers take turns. Never gives `None`,
    /// because the queue is unbounded.
    pub async fn bulk(self) -> Option<Slot> {
        self.workers.bulk.clone().take(self.peer).await.ok()
    }

    /// Whether tasks of this peer wait for a thread.
    pub fn has_waiters(self) -> bool {
        self.workers.slots.turns().is_waiting(self.peer)
    }

    /// Runs a task on a thread of the pool. Waits for the thread and the task for `time` and a short grace period.
    ///
    /// If the caller is cancelled while it waits for a thread, the task never starts. A started task runs to its end.
    pub async fn run<R: Send + 'static>(
        self,
        time: Duration,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, NotDone> {
        self.run_within(time, time, work).await
    }

    /// Like [`Self::run`]. The task asks its argument between its parts whether to stop: when `time` has passed since
    /// `begun`, or when the caller was cancelled.
    pub async fn run_while_awaited<R: Send + 'static>(
        self,
        time: Duration,
        begun: std::time::Instant,
        work: impl FnOnce(&dyn Fn() -> bool) -> R + Send + 'static,
    ) -> Result<R, NotDone> {
        // Dropped with the caller.
        let waits = Arc::new(());
        let waiting = Arc::downgrade(&waits);
        let work = move || {
            work(&|| {
                priority::give_way();
                begun.elapsed() >= time || waiting.strong_count() == 0
            })
        };
        let done = self.run(time, work).await;
        drop(waits);
        done
    }

    /// Like [`Self::run`], but waits for a thread for at most `patience`.
    pub async fn run_within<R: Send + 'static>(
        self,
        patience: Duration,
        time: Duration,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, NotDone> {
        let (result, mut given) = oneshot::channel();
        // The caller may have gone away.
        let work = move || drop(result.send(work()));
        self.run_boxed(patience, time, Box::new(work)).await?;
        given.try_recv().map_err(|_| NotDone::Panicked)
    }

    /// [`Self::run_within`] of any work: with a type of its own, the task of each would be compiled by itself.
    async fn run_boxed(
        self,
        patience: Duration,
        time: Duration,
        work: Box<dyn FnOnce() + Send>,
    ) -> Result<(), NotDone> {
        let end = Instant::now() + time + GRACE;
        let slot = match tokio::time::timeout(patience, self.workers.slots.clone().take(self.peer)).await {
            Ok(Ok(slot)) => slot,
            Ok(Err(Full::Share)) => {
                self.workers.refused.inc();
                tokio::time::sleep(REFUSAL_PAUSE).await;
                return Err(NotDone::Overloaded);
            }
            Ok(Err(Full::Queue)) | Err(_) => return Err(NotDone::Overloaded),
        };
        let nicer_by = self.workers.nicer_by;
        let work = move || {
            // The slot belongs to the task, not to the caller: an abandoned evaluation still occupies its thread.
            let _slot = slot;
            priority::lower(nicer_by);
            priority::give_way();
            catch_unwind(AssertUnwindSafe(work)).map_err(|_| NotDone::Panicked)
        };
        match tokio::time::timeout_at(end, tokio::task::spawn_blocking(work)).await {
            Ok(done) => done.unwrap_or(Err(NotDone::Panicked)),
            Err(_) => {
                self.workers.overrun.inc();
                tracing::warn!("work on a worker has not ended in its time; its thread is busy until it does");
                Err(NotDone::Overrun)
            }
        }
    }
}

/// The places for tasks, and the peers that take turns for them.
#[derive(Debug)]
struct Slots(Mutex<Turns<oneshot::Sender<Slot>>>);

impl Slots {
    /// Waits for a place until it is this peer's turn.
    async fn take(self: Arc<Self>, peer: Peer) -> Result<Slot, Full> {
        let waiting = {
            let mut turns = self.turns();
            if turns.try_take(peer) {
                drop(turns);
                return Ok(Slot { slots: self, peer });
            }
            let (sender, slot) = oneshot::channel();
            let ticket = turns.wait(peer, sender)?;
            drop(turns);
            Waiting { slots: self, peer, ticket, slot }
        };
        waiting.slot().await
    }

    fn turns(&self) -> MutexGuard<'_, Turns<oneshot::Sender<Slot>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the pool. Dropping it gives the place back.
#[derive(Debug)]
pub struct Slot {
    slots: Arc<Slots>,
    peer: Peer,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let next = self.slots.turns().give_back(self.peer);
        if let Some((peer, sender)) = next {
            // If the receiver is gone, this drops the new slot, which gives the place to the next waiter.
            let _ = sender.send(Self { slots: self.slots.clone(), peer });
        }
    }
}

/// A waiter in the queue. Dropping it leaves the queue.
struct Waiting {
    slots: Arc<Slots>,
    peer: Peer,
    ticket: u64,
    slot: oneshot::Receiver<Slot>,
}

impl Waiting {
    async fn slot(mut self) -> Result<Slot, Full> {
        // The queue drops the sender only after it has sent.
        (&mut self.slot).await.map_err(|_| Full::Queue)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.slots.turns().leave(self.peer, self.ticket);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);
    const ONE: Peer = Peer::V4([127, 0, 0, 1]);
    const OTHER: Peer = Peer::V4([127, 0, 0, 2]);

    #[tokio::test]
    async fn work_beyond_the_queue_is_refused_and_the_rest_is_done() {
        let workers = Arc::new(Workers::new(1.into()));
        let (release, held) = mpsc::channel::<()>();
        let (started, running) = oneshot::channel();
        let first = tokio::spawn({
            let workers = workers.clone();
            async move {
                let work = move || {
                    let _ = started.send(());
                    held.recv()
                };
                workers.by(ONE).run(PATIENCE, work).await
            }
        });
        running.await.unwrap();
        let most = Share::default().of(QUEUE_PER_THREAD);
        let waiting: Vec<_> = (0..most)
            .map(|n| {
                let workers = workers.clone();
                tokio::spawn(async move { workers.by(ONE).run(PATIENCE, move || n).await })
            })
            .collect();
        while workers.queue_depth() < most {
            tokio::task::yield_now().await;
        }
        assert_eq!(workers.by(ONE).run(PATIENCE, || ()).await, Err(NotDone::Overloaded));
        assert_eq!((workers.peers_waiting(), workers.refused().get()), (1, 1));
        // The queue has room for another peer, whose turn comes after the next one.
        let other = tokio::spawn({
            let workers = workers.clone();
            async move { workers.by(OTHER).run(PATIENCE, || ()).await }
        });
        while workers.peers_waiting() < 2 {
            tokio::task::yield_now().await;
        }
        release.send(()).unwrap();
        assert_eq!(other.await.unwrap(), Ok(()));
        assert!(first.await.unwrap().is_ok());
        for (n, waiting) in waiting.into_iter().enumerate() {
            assert_eq!(waiting.await.unwrap(), Ok(n));
        }
        assert_eq!(workers.queue_depth(), 0);
        assert!(workers.slots.turns().try_take(ONE), "its thread is free");
    }

    /// One thread stays free for other peers, however many tasks a peer has.
    #[tokio::test]
    async fn one_peer_has_half_of_the_threads() {
        let workers = Arc::new(Workers::new(2.into()));
        let (release, held) = mpsc::channel::<()>();
        let held = Arc::new(Mutex::new(held));
        let busy: Vec<_> = (0..10)
            .map(|_| {
                let (workers, held) = (workers.clone(), held.clone());
                let work = move || held.lock().unwrap().recv().is_err();
                tokio::spawn(async move { workers.by(ONE).run(PATIENCE, work).await })
            })
            .collect();
        while workers.queue_depth() < 9 {
            tokio::task::yield_now().await;
        }
        assert_eq!(workers.by(OTHER).run(Duration::ZERO, || 2).await, Ok(2));
        // A caller that leaves the queue leaves nothing in it.
        for leaving in &busy[5..] {
            leaving.abort();
        }
        while workers.queue_depth() > 4 {
            tokio::task::yield_now().await;
        }
        drop(release);
        for done in busy.into_iter().take(5) {
            assert_eq!(done.await.unwrap(), Ok(true));
        }
        assert_eq!((workers.queue_depth(), workers.peers_waiting()), (0, 0));
    }

    #[tokio::test]
    async fn work_in_bulk_has_half_of_the_threads_and_one_at_least() {
        for (threads, half) in [(1, 1), (2, 1), (3, 1), (8, 4)] {
            let workers = Workers::new(threads.into());
            let mut leaves = Vec::new();
            // After one poll, the permission is there or never comes.
            while let Ok(leave) = tokio::time::timeout(Duration::ZERO, workers.by(ONE).bulk()).await {
                leaves.push(leave);
            }
            assert_eq!((leaves.len(), workers.bulk_at_once()), (half, half), "{threads}");
            leaves.pop();
            assert!(workers.by(ONE).bulk().await.is_some());
        }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn working_threads_have_a_lower_priority() {
        use rustix::process::getpriority_process;
        let workers = Workers::new(Threads { nicer_by: 2, ..1.into() });
        for _ in 0..3 {
            let theirs = workers.by(ONE).run(PATIENCE, || getpriority_process(None).unwrap()).await.unwrap();
            // The priority is lowered once, and only for that thread. 19 is the lowest priority.
            assert_eq!(theirs, (getpriority_process(None).unwrap() + 2).min(19));
        }
    }

    #[tokio::test]
    async fn a_panic_takes_no_thread_with_it() {
        let workers = Workers::new(1.into());
        let panics = || -> u8 { panic!("a bug") };
        assert_eq!(workers.by(ONE).run(PATIENCE, panics).await, Err(NotDone::Panicked));
        assert_eq!(workers.by(ONE).run(PATIENCE, || 1).await, Ok(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_of_endless_work_is_answered() {
        let workers = Workers::new(1.into());
        let (release, held) = mpsc::channel::<()>();
        // A paused clock does not advance while a thread works.
        let (done, ()) = tokio::join!(
            workers.by(ONE).run(PATIENCE, move || held.recv().is_ok()),
            tokio::time::advance(PATIENCE + GRACE)
        );
        assert_eq!(done, Err(NotDone::Overrun));
        assert_eq!(workers.overrun.get(), 1);
        // The task keeps its thread until it ends.
        assert_eq!(workers.by(ONE).run(Duration::ZERO, || ()).await, Err(NotDone::Overloaded));
        drop(release);
        drop(workers.slots.clone().take(OTHER).await.unwrap());
        assert_eq!(workers.by(ONE).run(PATIENCE, || 1).await, Ok(1));
    }

    #[tokio::test]
    async fn an_abandoned_caller_gives_its_place_back_and_its_work_keeps_its_thread() {
        let workers = Arc::new(Workers::new(1.into()));
        let (release, held) = mpsc::channel::<()>();
        let (started, running) = oneshot::channel();
        let caller = tokio::spawn({
            let workers = workers.clone();
            async move {
                let work = move || {
                    let _ = started.send(());
                    held.recv()
                };
                workers.by(ONE).run(PATIENCE, work).await
            }
        });
        running.await.unwrap();
        caller.abort();
        assert!(caller.await.is_err());
        // The task still runs, although no caller waits for it.
        assert_eq!(workers.by(ONE).run(Duration::ZERO, || ()).await, Err(NotDone::Overloaded));
        assert_eq!(workers.queue_depth(), 0);
        release.send(()).unwrap();
        assert_eq!(workers.by(ONE).run(PATIENCE, || 1).await, Ok(1));
    }
}
