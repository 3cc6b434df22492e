//! Best-effort write-behind of cheap answers to Redis: a token bucket, a bounded queue, and one task that writes.
//!
//! A pending write carries the version stamp under which its answer was computed. The stamp is compared again just
//! before the write: if an invalidation came after the computation began, the answer is not sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use crate::coherence::Coherence;
use crate::entry::{self, Contents};
use crate::key::Key;
use crate::link::CallError;
use crate::policy::Bucket;
use crate::primaries::Primaries;
use crate::protocol::version::VersionStamp;
use crate::stats::{Counters, Trouble, WriteBehindResult};

/// The maximum number of queued writes.
const QUEUED_MAX: usize = 1_024;

pub(crate) struct PendingWrite<V> {
    pub(crate) key: Key,
    pub(crate) value: Arc<V>,
    pub(crate) lifetime: Option<Duration>,
    pub(crate) stamp: VersionStamp,
}

enum QueueItem<V> {
    Write(PendingWrite<V>),
    /// Answered when every write queued before it has ended.
    Flushed(oneshot::Sender<()>),
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
        let (counters, open) = (writer.counters.clone(), Arc::new(AtomicU64::new(0)));
        let writing = writer.run(queued, open.clone());
        (Self { queue, bucket: Bucket::full(), since: Instant::now(), counters, open }, writing)
    }

    /// Queues a write, or drops it and counts why.
    pub(crate) fn enqueue(&self, write: PendingWrite<V>) {
        if !self.bucket.take(self.since.elapsed()) {
            return self.counters.write_behind.add(WriteBehindResult::Rate);
        }
        self.open.fetch_add(1, SeqCst);
        let Err(refused) = self.queue.try_send(QueueItem::Write(write)) else { return };
        self.open.fetch_sub(1, SeqCst);
        self.counters.write_behind.add(match refused {
            TrySendError::Full(_) => WriteBehindResult::Full,
            TrySendError::Closed(_) => WriteBehindResult::Unavailable,
        });
    }

    /// The number of writes that are queued or being executed.
    pub(crate) fn open(&self) -> u64 {
        self.open.load(SeqCst)
    }

    /// Waits until every write queued so far is executed or dropped.
    pub(crate) async fn flush(&self) {
        let (flushed, done) = oneshot::channel();
        if self.queue.send(QueueItem::Flushed(flushed)).await.is_ok() {
            // An error means that the writer has ended.
            let _ = done.await;
        }
    }
}

impl<C: Contents> Writer<C> {
    async fn run(self, mut queued: mpsc::Receiver<QueueItem<C::Value>>, open: Arc<AtomicU64>) {
        while let Some(item) = queued.recv().await {
            match item {
                QueueItem::Write(write) => {
                    self.counters.write_behind.add(self.execute(write).await);
                    open.fetch_sub(1, SeqCst);
                }
                // The caller of `flush` may have been cancelled.
                QueueItem::Flushed(flushed) => drop(flushed.send(())),
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
