//! Telling Redis which keys are in use, since memory answers for them and Redis would evict them as unused.
//!
//! A hit of an entry that was not touched for a while queues a touch: `TOUCH`, or `PEXPIRE … GT` once more than half of
//! the entry's lifetime is over. So a value in use neither is evicted first nor expires. Touches are best effort: they go
//! through the bucket and the queue of the write-behind, and are dropped while Redis is late.

use std::time::Duration;

use crate::coherence::Coherence;
use crate::key::Key;
use crate::link::CallError;
use crate::memory::Memory;
use crate::policy;
use crate::primaries::Primaries;
use crate::protocol::version::VersionStamp;
use crate::stats::TouchResult;

pub(crate) struct Touch {
    pub(crate) key: Key,
    pub(crate) renewal: Option<Duration>,
    pub(crate) stamp: VersionStamp,
}

impl Touch {
    /// Sends it, and prolongs the entry in memory if Redis has done so.
    pub(crate) async fn send<V>(self, primaries: &Primaries, coherence: &Coherence, memory: &Memory<V>) -> TouchResult {
        let Self { key, renewal, stamp } = self;
        // What a person changed meanwhile keeps the lifetime that the person gave it. (A change whose push is still on
        // its way, which takes 0.1 ms, may be overtaken.)
        if coherence.has_changed(stamp) {
            return TouchResult::Dropped;
        }
        // The jitter is drawn anew.
        let lifetime = renewal.and_then(|renewal| policy::lifetime(Some(renewal), None, fastrand::f64()));
        match primaries.touch(&key, lifetime).await {
            Ok(true) => match lifetime {
                None => TouchResult::Touched,
                Some(lifetime) => {
                    // With NOLOOP, Redis does not push our own PEXPIRE to us.
                    let deadline = coherence.now() + lifetime;
                    coherence.if_unchanged(stamp, || memory.prolong(&key, stamp.purge, deadline));
                    TouchResult::Prolonged
                }
            },
            // The key is gone, or lives for longer than we would give it.
            Ok(false) => TouchResult::Unchanged,
            Err(CallError::NotSent) => TouchResult::Dropped,
            Err(CallError::Trouble(trouble)) => {
                coherence.counters.errors.add(trouble);
                TouchResult::Failed
            }
        }
    }
}
