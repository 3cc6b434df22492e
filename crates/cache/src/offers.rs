//! Cheap answers are offered to Redis, not owed: a token bucket, a bounded queue, and one task that makes them.
//!
//! An offer carries the licence its answer was begun under. At the head of the queue it is compared again: an answer
//! begun before something was forgotten is not sent after it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use crate::coherence::{Coherence, Licence};
use crate::entry::{self, Contents};
use crate::key::Key;
use crate::policy::Bucket;
use crate::primaries::Primaries;
use crate::redis::CallError;
use crate::stats::{Counters, Offered, Trouble};

/// Offers that may wait.
const QUEUED_MAX: usize = 1_024;

pub(crate) struct Offer<V> {
    pub(crate) key: Key,
    pub(crate) value: Arc<V>,
    pub(crate) lifetime: Option<Duration>,
    pub(crate) licence: Licence,
}

enum Item<V> {
    Offer(Offer<V>),
    /// Everything queued before has been dealt with.
    Flushed(oneshot::Sender<()>),
}

/// Where offers are handed in.
pub(crate) struct Offers<V> {
    queue: mpsc::Sender<Item<V>>,
    bucket: Bucket,
    since: Instant,
    counters: Arc<Counters>,
    open: Arc<AtomicU64>,
}

/// Where they are made.
pub(crate) struct Offering<C: Contents> {
    pub(crate) contents: Arc<C>,
    pub(crate) primaries: Arc<Primaries>,
    pub(crate) coherence: Arc<Coherence>,
    pub(crate) counters: Arc<Counters>,
}

impl<V: Send + Sync + 'static> Offers<V> {
    /// The two ends: the queue, and the task that is to be run.
    pub(crate) fn new<C>(offering: Offering<C>) -> (Self, impl Future<Output = ()> + Send + 'static)
    where
        C: Contents<Value = V>,
    {
        let (queue, queued) = mpsc::channel(QUEUED_MAX);
        let (counters, open) = (offering.counters.clone(), Arc::new(AtomicU64::new(0)));
        let making = offering.run(queued, open.clone());
        (Self { queue, bucket: Bucket::full(), since: Instant::now(), counters, open }, making)
    }

    /// Queues an offer, or drops it and counts why.
    pub(crate) fn offer(&self, offer: Offer<V>) {
        if !self.bucket.take(self.since.elapsed()) {
            return self.counters.offers.add(Offered::Rate);
        }
        self.open.fetch_add(1, SeqCst);
        let Err(refused) = self.queue.try_send(Item::Offer(offer)) else { return };
        self.open.fetch_sub(1, SeqCst);
        self.counters.offers.add(match refused {
            TrySendError::Full(_) => Offered::Full,
            TrySendError::Closed(_) => Offered::Unavailable,
        });
    }

    /// Offers waiting or being made.
    pub(crate) fn open(&self) -> u64 {
        self.open.load(SeqCst)
    }

    /// Waits until what is queued now has been made or dropped.
    pub(crate) async fn flush(&self) {
        let (flushed, done) = oneshot::channel();
        if self.queue.send(Item::Flushed(flushed)).await.is_ok() {
            // An error says that nothing will be made any more.
            let _ = done.await;
        }
    }
}

impl<C: Contents> Offering<C> {
    async fn run(self, mut queued: mpsc::Receiver<Item<C::Value>>, open: Arc<AtomicU64>) {
        while let Some(item) = queued.recv().await {
            match item {
                Item::Offer(offer) => {
                    self.counters.offers.add(self.make(offer).await);
                    open.fetch_sub(1, SeqCst);
                }
                // Nobody may be waiting any more.
                Item::Flushed(flushed) => drop(flushed.send(())),
            }
        }
    }

    async fn make(&self, offer: Offer<C::Value>) -> Offered {
        let Some(line) = entry::write(&offer.key, self.contents.encode(&offer.value)) else { return Offered::Oversize };
        // As late as can be: what is sent after a purge has arrived was not begun before it.
        if self.coherence.moved(offer.licence) {
            return Offered::Moved;
        }
        match self.primaries.set_if_absent(&offer.key, &line, offer.lifetime).await {
            Ok(true) => Offered::Stored,
            Ok(false) => Offered::Present,
            Err(CallError::NotMade) => Offered::Unavailable,
            Err(CallError::Trouble(trouble)) => {
                self.counters.errors.add(trouble);
                match trouble {
                    Trouble::ReadOnly | Trouble::Full | Trouble::Denied => Offered::Refused,
                    _ => Offered::Unavailable,
                }
            }
        }
    }
}
