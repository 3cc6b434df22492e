//! How invalidations reach memory, and when memory may be trusted. The crate's documentation draws the states and the
//! transitions between them.
//!
//! Everything that takes time is checked against *generations*: one counts purges, and 16,384 others count the changes
//! of keys, by the hash of the key. A [`VersionStamp`] is a snapshot of the purge generation and of one of the others.
//! If either has changed, work that began under the stamp is neither kept nor written without a second lookup.
//!
//! An invalidation raises the generation, takes and releases the insert lock, and removes the entry. An insertion
//! compares the stamp and inserts under that lock. So one of the two always sees the other, and once its invalidation
//! is done, an entry is never served again. After that, the tasks that wait for a change are notified.

use std::hash::BuildHasher;
use std::sync::{Arc, PoisonError};

use hashbrown::DefaultHashBuilder;
use tokio::sync::{Notify, watch};

use crate::audit::Gauge;
use crate::clock::Clock;
use crate::events::Event;
use crate::key::{Key, KeyRef, Namespace};
use crate::memory::Invalidated;
use crate::primaries::Primaries;
use crate::protocol::hit::nanos;
use crate::protocol::version::{Moment, VersionStamp};
use crate::stats::{Cause, Counters, Label, State};
use crate::sync::atomic::{AtomicU64, Ordering::SeqCst};
use crate::sync::{Mutex, MutexGuard};

/// A change of another key of the shard looks like one of the key itself: a flight then checks once more, and a caller
/// that joins it late computes for itself. With so many it is rare even for the longest flights. Few for the checker, which
/// creates them for each order that it tries.
const SHARDS: usize = if cfg!(shuttle) { 4 } else { 16_384 };
/// Wait lists and insert locks are larger than a number, so several shards share one. A task that is notified for
/// another shard's change compares its stamp and waits again.
const STRIPES: usize = if cfg!(shuttle) { 2 } else { 64 };

struct Generations {
    purge: AtomicU64,
    changes: Box<[AtomicU64]>,
    hasher: DefaultHashBuilder,
}

impl Generations {
    fn new() -> Self {
        let changes = (0..SHARDS).map(|_| AtomicU64::new(0)).collect();
        Self { purge: AtomicU64::new(0), changes, hasher: DefaultHashBuilder::default() }
    }

    fn shard(&self, key: KeyRef<'_>) -> usize {
        // The remainder is below SHARDS.
        (self.hasher.hash_one(key) % SHARDS as u64) as usize
    }

    fn stamp(&self, key: &Key) -> VersionStamp {
        let shard = self.shard(key.as_ref());
        VersionStamp { purge: self.purge.load(SeqCst), shard, changes: self.changes[shard].load(SeqCst) }
    }

    fn has_changed(&self, stamp: VersionStamp) -> bool {
        self.purge.load(SeqCst) != stamp.purge || self.changes[stamp.shard].load(SeqCst) != stamp.changes
    }

    /// Raises the generation of the key's shard and gives the shard.
    fn raise(&self, key: KeyRef<'_>) -> usize {
        let shard = self.shard(key);
        self.changes[shard].fetch_add(1, SeqCst);
        shard
    }
}

/// Keeps memory coherent with Redis.
pub(crate) struct Coherence {
    pub(crate) clock: Clock,
    generations: Generations,
    /// Until when memory is believed, in nanoseconds of the clock: one number for all primaries, so that a hit need not
    /// compute the slot of its key.
    believed_until: AtomicU64,
    state: watch::Sender<State>,
    pub(crate) namespace: Namespace,
    pub(crate) counters: Arc<Counters>,
    /// Notified by a purge: there is memory to sweep.
    purged: Notify,
    /// Notified by each change of a key.
    wait_lists: Box<[Notify]>,
    /// An insertion into memory holds this lock from the comparison to its end. An invalidation takes and releases it
    /// between raising the generation and removing the entry.
    insert_locks: Box<[Mutex<()>]>,
    pub(crate) waiters: Gauge,
    /// Why the last attempt to connect failed.
    last_failure: Mutex<Option<String>>,
}

impl Coherence {
    pub(crate) fn new(namespace: Namespace, state: State, counters: Arc<Counters>) -> Self {
        // Without a Redis there is nothing to hear from.
        let believed_until = if state == State::Memory { u64::MAX } else { 0 };
        Self {
            clock: Clock::start(),
            generations: Generations::new(),
            believed_until: AtomicU64::new(believed_until),
            state: watch::channel(state).0,
            namespace,
            counters,
            purged: Notify::new(),
            wait_lists: (0..STRIPES).map(|_| Notify::new()).collect(),
            insert_locks: (0..STRIPES).map(|_| Mutex::new(())).collect(),
            waiters: Gauge::default(),
            last_failure: Mutex::new(None),
        }
    }

    /// Stores why there is no connection, for the operator.
    pub(crate) fn note_failure(&self, server: &str, reason: &str) {
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{server}: {reason}"));
    }

    pub(crate) fn last_failure(&self) -> Option<String> {
        self.last_failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The state of the whole memory. The state of a single key is that of the primary that holds it.
    pub(crate) fn state(&self) -> State {
        *self.state.borrow()
    }

    /// The state, and every change of it.
    pub(crate) fn states(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// Waits until memory is coherent, or no Redis is configured.
    pub(crate) async fn ready(&self) {
        // This cannot fail, since the sender is a field of self.
        let _ = self.state.subscribe().wait_for(|state| matches!(state, State::Memory | State::Coherent)).await;
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Until when memory is believed without a further sign of life from Redis, in nanoseconds.
    pub(crate) fn believed_until(&self) -> u64 {
        self.believed_until.load(SeqCst)
    }

    pub(crate) fn purge_generation(&self) -> u64 {
        self.generations.purge.load(SeqCst)
    }

    pub(crate) fn stamp(&self, key: &Key) -> VersionStamp {
        self.generations.stamp(key)
    }

    /// Whether a generation has changed since the stamp was taken.
    pub(crate) fn has_changed(&self, stamp: VersionStamp) -> bool {
        self.generations.has_changed(stamp)
    }

    /// Runs an insertion into memory, unless a generation has changed. The comparison and the insertion need the lock:
    /// otherwise an invalidation could raise the generation and remove the entry between the two, and the inserted
    /// entry would be served.
    pub(crate) fn if_unchanged<T>(&self, stamp: VersionStamp, insert: impl FnOnce() -> T) -> Option<T> {
        let _lock = self.insert_lock(stamp.shard);
        (!self.has_changed(stamp)).then(insert)
    }

    // A panic under this lock leaves nothing to repair: the insertion is complete or has not begun.
    fn insert_lock(&self, shard: usize) -> MutexGuard<'_, ()> {
        self.insert_locks[shard % STRIPES].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_list(&self, shard: usize) -> &Notify {
        &self.wait_lists[shard % STRIPES]
    }

    /// Waits until a generation has changed; the change may have happened before this call.
    pub(crate) async fn wait_for_change(&self, stamp: VersionStamp) {
        let _inside = self.waiters.enter();
        loop {
            // Registered before the comparison, so that no notification between the comparison and the wait is missed.
            let notified = self.wait_list(stamp.shard).notified();
            if self.has_changed(stamp) {
                return;
            }
            notified.await;
        }
    }

    /// Invalidates one key: raises its shard's generation, removes its entry, and notifies the tasks that wait.
    pub(crate) fn invalidate(&self, memory: &dyn Invalidated, key: KeyRef<'_>, cause: Cause) {
        let shard = self.generations.raise(key);
        // An insertion that compared its stamp earlier is complete by now, so the removal below finds its entry.
        drop(self.insert_lock(shard));
        memory.remove(key);
        self.wait_list(shard).notify_waiters();
        self.count_invalidation(cause, false);
    }

    fn count_invalidation(&self, cause: Cause, everything: bool) {
        self.counters.invalidations.add(cause);
        self.counters.events.emit(|| Event::Invalidated { cause: cause.label(), everything });
    }

    /// Makes memory serve nothing from now on; the purge follows.
    pub(crate) fn raise_purge_generation(&self) {
        self.generations.purge.fetch_add(1, SeqCst);
    }

    /// Invalidates everything: nothing that was kept, begun or queued before is served, kept or written from now on.
    pub(crate) fn purge(&self, cause: Cause) {
        self.raise_purge_generation();
        self.purged.notify_one();
        self.wait_lists.iter().for_each(Notify::notify_waiters);
        self.count_invalidation(cause, true);
    }

    /// Ends coherence for good: no task applies invalidations any more.
    pub(crate) fn close(&self) {
        if self.state() != State::Memory {
            self.replace_state(|| State::Detached, || {});
            self.purge(Cause::Detached);
        }
    }

    pub(crate) fn publish_state(&self, primaries: &Primaries) {
        self.replace_state(|| primaries.state(), || self.believe(primaries));
    }

    fn replace_state(&self, read: impl FnOnce() -> State, believe: impl FnOnce()) {
        let mut change = None;
        // The state is read under the lock of the channel, so that the last state published is the newest.
        self.state.send_modify(|state| {
            let (from, to) = (std::mem::replace(state, read()), *state);
            change = (from != to).then_some((from, to));
            believe();
        });
        if let Some((from, to)) = change {
            let reason = || if to == State::Detached { self.last_failure() } else { None };
            self.counters.events.emit(|| Event::StateChanged { from, to, reason: reason() });
        }
    }

    /// Publishes until when memory is believed.
    pub(crate) fn publish_belief(&self, primaries: &Primaries) {
        // Under the same lock, for the same reason.
        self.state.send_if_modified(|_| {
            self.believe(primaries);
            false
        });
    }

    fn believe(&self, primaries: &Primaries) {
        self.believed_until.store(nanos(primaries.believed_until()), SeqCst);
    }

    #[cfg(shuttle)]
    pub(crate) fn believe_for_ever(&self) {
        self.believed_until.store(u64::MAX, SeqCst);
    }
}

/// Frees the memory of purged entries. A sweep visits every entry, so it does not run on a thread that serves requests.
pub(crate) async fn sweep(coherence: Arc<Coherence>, memory: Arc<dyn Invalidated>) {
    loop {
        coherence.purged.notified().await;
        let (memory, purge, now) = (memory.clone(), coherence.purge_generation(), coherence.now());
        // This fails only if the runtime ends, which ends this task too.
        let _ = tokio::task::spawn_blocking(move || memory.sweep(purge, now)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ready_waits_for_coherence() {
        let namespace = Namespace::new("tabuada").unwrap();
        let coherence = Arc::new(Coherence::new(namespace, State::Detached, Arc::new(Counters::new())));
        let waiting = tokio::spawn({
            let coherence = coherence.clone();
            async move { coherence.ready().await }
        });
        coherence.state.send_replace(State::CatchingUp);
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        coherence.state.send_replace(State::Coherent);
        waiting.await.unwrap();
    }
}
