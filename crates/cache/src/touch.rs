//! Telling Redis which keys are in use, since memory answers for them and Redis would evict them as unused.
//!
//! A hit of an entry that was not touched for a while queues a touch: `TOUCH`, or `PEXPIRE … GT` once more than half of
//! the entry's lifetime is over. So a value in use neither is evicted first nor expires. Touches are best effort: they
//! share the bucket of the write-behind and are dropped while Redis is late.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::mpsc;

use crate::coherence::Coherence;
use crate::key::Key;
use crate::link::CallError;
use crate::memory::Memory;
use crate::policy;
use crate::primaries::Primaries;
use crate::protocol::version::VersionStamp;
use crate::stats::{Counters, TouchResult};

/// The maximum number of queued touches.
const QUEUED_MAX: usize = 1_024;
/// Touches in flight.
const AT_ONCE: usize = 64;

pub(crate) struct Touch {
    pub(crate) key: Key,
    pub(crate) renewal: Option<Duration>,
    pub(crate) stamp: VersionStamp,
}

/// The producers' end of the queue.
pub(crate) struct Touches(mpsc::Sender<Touch>);

/// The consumer's end of the queue.
pub(crate) struct Toucher<V> {
    pub(crate) primaries: Arc<Primaries>,
    pub(crate) coherence: Arc<Coherence>,
    pub(crate) memory: Arc<Memory<V>>,
    pub(crate) counters: Arc<Counters>,
}

impl Touches {
    /// Gives the queue, and a task that the caller must run.
    pub(crate) fn new<V: Send + Sync + 'static>(
        toucher: Toucher<V>,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (queue, queued) = mpsc::channel(QUEUED_MAX);
        (Self(queue), toucher.run(queued))
    }

    /// Queues a touch; gives whether there was room.
    pub(crate) fn enqueue(&self, touch: Touch) -> bool {
        self.0.try_send(touch).is_ok()
    }
}

impl<V: Send + Sync + 'static> Toucher<V> {
    async fn run(self, mut queued: mpsc::Receiver<Touch>) {
        while let Some(first) = queued.recv().await {
            // Not `recv_many`, which the checker's channel does not have.
            let more = std::iter::from_fn(|| queued.try_recv().ok()).take(AT_ONCE - 1);
            let touches: Vec<Touch> = std::iter::once(first).chain(more).collect();
            let results = join_all(touches.into_iter().map(|touch| self.execute(touch))).await;
            results.into_iter().for_each(|result| self.counters.touches.add(result));
        }
    }

    async fn execute(&self, Touch { key, renewal, stamp }: Touch) -> TouchResult {
        // What a person changed meanwhile keeps the lifetime that the person gave it. (A change whose push is still on
        // its way, which takes 0.1 ms, may be overtaken.)
        if self.coherence.has_changed(stamp) {
            return TouchResult::Dropped;
        }
        // The jitter is drawn anew.
        let lifetime = renewal.and_then(|renewal| policy::lifetime(Some(renewal), None, fastrand::f64()));
        match self.primaries.touch(&key, lifetime).await {
            Ok(true) => match lifetime {
                None => TouchResult::Touched,
                Some(lifetime) => {
                    // With NOLOOP, Redis does not push our own PEXPIRE to us.
                    let deadline = self.coherence.now() + lifetime;
                    self.coherence.if_unchanged(stamp, || self.memory.prolong(&key, stamp.purge, deadline));
                    TouchResult::Prolonged
                }
            },
            // The key is gone, or lives for longer than we would give it.
            Ok(false) => TouchResult::Unchanged,
            Err(CallError::NotSent) => TouchResult::Dropped,
            Err(CallError::Trouble(trouble)) => {
                self.counters.errors.add(trouble);
                TouchResult::Failed
            }
        }
    }
}
