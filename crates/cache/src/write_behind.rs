//! Best-effort write-behind of cheap answers to Redis: a token bucket, a bounded queue, and a bounded number of commands
//! in flight, so that the throughput does not depend on the round trip. [Touches](crate::touch) go the same way.
//!
//! A pending write carries the version stamp under which its answer was computed. The stamp is compared again just
//! before the write: if an invalidation came after the computation began, the answer is not sent. The order of the
//! writes does not matter, since `NX` leaves what is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::coherence::Coherence;
use crate::entry::{self, Contents};
use crate::key::Key;
use crate::link::CallError;
use crate::memory::Memory;
use crate::policy::Bucket;
use crate::primaries::Primaries;
use crate::protocol::version::VersionStamp;
use crate::stats::{Counters, TouchResult, Trouble, WriteBehindResult};
use crate::touch::Touch;

/// The maximum number of queued writes and touches.
const QUEUED_MAX: usize = 1_024;
/// The maximum number of commands that wait for their reply: enough for 1,000 a second up to a round trip of 64 ms.
const IN_FLIGHT_MAX: usize = 64;

pub(crate) struct PendingWrite<V> {
    pub(crate) key: Key,
    pub(crate) value: Arc<V>,
    pub(crate) lifetime: Option<Duration>,
    pub(crate) stamp: VersionStamp,
}

enum QueueItem<V> {
    Write(PendingWrite<V>, OpenWrite),
    Touch(Touch),
    /// Answered when everything queued before it has ended.
    Flushed(oneshot::Sender<()>),
}

/// Counts a write from its queueing until it has ended or was dropped.
struct OpenWrite(Arc<AtomicU64>);

impl OpenWrite {
    fn count(open: &Arc<AtomicU64>) -> Self {
        open.fetch_add(1, SeqCst);
        Self(open.clone())
    }
}

impl Drop for OpenWrite {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// The producers' end of the queue.
pub(crate) struct WriteBehind<V> {
    queue: mpsc::Sender<QueueItem<V>>,
    bucket: Bucket,
    since: Instant,
    counters: Arc<Counters>,
    open: Arc<AtomicU64>,
}

/// The consumer's end of the queue.
pub(crate) struct Writer<C: Contents> {
    pub(crate) contents: Arc<C>,
    pub(crate) memory: Arc<Memory<C::Value>>,
    pub(crate) primaries: Arc<Primaries>,
    pub(crate) coherence: Arc<Coherence>,
    pub(crate) counters: Arc<Counters>,
}

impl<V: Send + Sync + 'static> WriteBehind<V> {
    /// Gives the queue, and a task that the caller must run.
    pub(crate) fn new<C>(writer: Writer<C>) -> (Self, impl Future<Output = ()> + Send + 'static)
    where
        C: Contents<Value = V>,
    {
        let (queue, queued) = mpsc::channel(QUEUED_MAX);
        let counters = writer.counters.clone();
        let writing = Arc::new(writer).run(queued);
        (Self { queue, bucket: Bucket::full(), since: Instant::now(), counters, open: Arc::default() }, writing)
    }

    /// Queues a write, or drops it and counts why.
    pub(crate) fn enqueue(&self, write: PendingWrite<V>) {
        if !self.take_token() {
            return self.counters.write_behind.add(WriteBehindResult::Rate);
        }
        let open = OpenWrite::count(&self.open);
        let Err(refused) = self.queue.try_send(QueueItem::Write(write, open)) else { return };
        self.counters.write_behind.add(match refused {
            TrySendError::Full(_) => WriteBehindResult::Full,
            TrySendError::Closed(_) => WriteBehindResult::Unavailable,
        });
    }

    /// Queues a touch, or drops it and counts it.
    pub(crate) fn enqueue_touch(&self, touch: Touch) {
        if !self.take_token() || self.queue.try_send(QueueItem::Touch(touch)).is_err() {
            self.counters.touches.add(TouchResult::Dropped);
        }
    }

    /// Takes the right to send one more command that nobody waits for.
    fn take_token(&self) -> bool {
        self.bucket.take(self.since.elapsed())
    }

    /// The number of writes that are queued or being executed.
    pub(crate) fn open(&self) -> u64 {
        self.open.load(SeqCst)
    }

    /// Waits until everything queued so far is executed or dropped.
    pub(crate) async fn flush(&self) {
        let (flushed, done) = oneshot::channel();
        if self.queue.send(QueueItem::Flushed(flushed)).await.is_ok() {
            // An error means that the writer has ended.
            let _ = done.await;
        }
    }
}

impl<C: Contents> Writer<C> {
    async fn run(self: Arc<Self>, mut queued: mpsc::Receiver<QueueItem<C::Value>>) {
        // Dropped with this task, which ends what is in flight.
        let mut in_flight = JoinSet::new();
        loop {
            let item = tokio::select! {
                biased;
                Some(_) = in_flight.join_next() => continue,
                item = queued.recv(), if in_flight.len() < IN_FLIGHT_MAX => item,
            };
            match item {
                Some(QueueItem::Write(write, open)) => {
                    let writer = self.clone();
                    in_flight.spawn(async move {
                        writer.counters.write_behind.add(writer.execute(write).await);
                        drop(open);
                    });
                }
                Some(QueueItem::Touch(touch)) => {
                    let writer = self.clone();
                    in_flight.spawn(async move {
                        let Writer { memory, primaries, coherence, counters, .. } = &*writer;
                        counters.touches.add(touch.send(primaries, coherence, memory).await);
                    });
                }
                Some(QueueItem::Flushed(flushed)) => {
                    while in_flight.join_next().await.is_some() {}
                    // The caller of `flush` may have been cancelled.
                    let _ = flushed.send(());
                }
                None => return,
            }
        }
    }

    async fn execute(&self, write: PendingWrite<C::Value>) -> WriteBehindResult {
        let object = self.contents.encode(&write.value);
        let Some(line) = object.and_then(|object| entry::write(&write.key, object)) else {
            return WriteBehindResult::Oversize;
        };
        // As late as possible: a write that is sent after a purge arrived must not have begun before it.
        if self.coherence.has_changed(write.stamp) {
            return WriteBehindResult::Changed;
        }
        match self.primaries.set_if_absent(&write.key, &line, write.lifetime).await {
            Ok(true) => WriteBehindResult::Stored,
            Ok(false) => WriteBehindResult::Present,
            Err(CallError::NotSent) => WriteBehindResult::Unavailable,
            Err(CallError::Trouble(trouble)) => {
                self.counters.errors.add(trouble);
                match trouble {
                    Trouble::ReadOnly | Trouble::Full | Trouble::Denied => WriteBehindResult::Refused,
                    _ => WriteBehindResult::Unavailable,
                }
            }
        }
    }
}
