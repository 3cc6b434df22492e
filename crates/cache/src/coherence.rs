//! Forget these keys, or all: how what Redis tells reaches memory, and when memory may be trusted.
//! The states, and what leads from one to another, are drawn in the crate's own page.
//!
//! *Generations* are what everything that takes time is checked against. One counts purges, 4,096 more count changes of
//! the keys that hash to each. A [`Licence`] is a snapshot of two of them; if either moved, what was begun under it is
//! neither kept nor written without a second look. The order is always: raise the generation, pass the door, take the
//! entry out; and whoever puts one in compares and puts behind the door: one of the two always sees the other, and what
//! was forgotten is not answered from for a moment longer.
//!
//! Who waits for a key to move is woken after that.

use std::hash::BuildHasher;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use quick_cache::DefaultHashBuilder;
use tokio::sync::{Notify, watch};

use crate::key::{Key, KeyRef, Namespace};
use crate::memory::Memory;
use crate::primaries::Primaries;
use crate::stats::{Cause, Counters, State};
use crate::sync::atomic::{AtomicU64, Ordering::SeqCst};
use crate::sync::{Mutex, MutexGuard};

/// Few for the checker, which makes them anew for each order that it tries.
const SHARDS: usize = if cfg!(shuttle) { 4 } else { 4_096 };
/// Shards share bells, for a bell takes more room than a number: who is woken for nothing sees it and waits on.
const BELLS: usize = if cfg!(shuttle) { 2 } else { 64 };

/// A snapshot of the purge generation and of one shard's, taken before what it is to license begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Licence {
    pub(crate) purge: u64,
    shard: usize,
    changes: u64,
}

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

    fn licence(&self, key: &Key) -> Licence {
        let shard = self.shard(key.as_ref());
        Licence { purge: self.purge.load(SeqCst), shard, changes: self.changes[shard].load(SeqCst) }
    }

    fn moved(&self, licence: Licence) -> bool {
        self.purge.load(SeqCst) != licence.purge || self.changes[licence.shard].load(SeqCst) != licence.changes
    }

    /// Gives the shard.
    fn change(&self, key: KeyRef<'_>) -> usize {
        let shard = self.shard(key);
        self.changes[shard].fetch_add(1, SeqCst);
        shard
    }
}

/// What ties memory to Redis.
pub(crate) struct Coherence {
    generations: Generations,
    state: watch::Sender<State>,
    pub(crate) namespace: Namespace,
    pub(crate) counters: Arc<Counters>,
    /// Room can be freed: something was purged.
    purged: Notify,
    /// Rung when something moves, for those who wait for it.
    bells: Box<[Notify]>,
    /// Held by whoever puts something into memory, from comparing until it is in; passed through by whoever follows a
    /// change, from raising the generation until the entry is taken out.
    doors: Box<[Mutex<()>]>,
    waiters: AtomicU64,
    /// Why there was no connection when one was last wanted.
    last_failure: Mutex<Option<String>>,
}

/// Counts one who waits, for as long as it does.
struct Waiter<'a>(&'a AtomicU64);

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

impl Coherence {
    pub(crate) fn new(namespace: Namespace, state: State, counters: Arc<Counters>) -> Self {
        Self {
            generations: Generations::new(),
            state: watch::channel(state).0,
            namespace,
            counters,
            purged: Notify::new(),
            bells: (0..BELLS).map(|_| Notify::new()).collect(),
            doors: (0..BELLS).map(|_| Mutex::new(())).collect(),
            waiters: AtomicU64::new(0),
            last_failure: Mutex::new(None),
        }
    }

    /// Keeps why there is no connection, for whoever looks after it.
    pub(crate) fn note_failure(&self, server: &str, reason: &str) {
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{server}: {reason}"));
    }

    pub(crate) fn last_failure(&self) -> Option<String> {
        self.last_failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How far memory is covered as a whole; what is true of one key is what is true of its primary.
    pub(crate) fn state(&self) -> State {
        *self.state.borrow()
    }

    /// The state, and every change of it.
    pub(crate) fn states(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// Waits until memory is as coherent as it can be.
    pub(crate) async fn ready(&self) {
        // The sender is in self: it cannot go.
        let _ = self.state.subscribe().wait_for(|state| matches!(state, State::Memory | State::Coherent)).await;
    }

    pub(crate) fn purge_generation(&self) -> u64 {
        self.generations.purge.load(SeqCst)
    }

    pub(crate) fn licence(&self, key: &Key) -> Licence {
        self.generations.licence(key)
    }

    pub(crate) fn moved(&self, licence: Licence) -> bool {
        self.generations.moved(licence)
    }

    /// Puts something into memory, unless something moved. Comparing alone would not do: what is put in behind the
    /// comparison, and behind the removal of what changed in between, would be answered from.
    pub(crate) fn unless_moved<T>(&self, licence: Licence, put: impl FnOnce() -> T) -> Option<T> {
        let _door = self.door(licence.shard);
        (!self.moved(licence)).then(put)
    }

    // What is put in under it is whole or not there: a panic leaves nothing to be mended.
    fn door(&self, shard: usize) -> MutexGuard<'_, ()> {
        self.doors[shard % BELLS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something moves, which may have been before this was called.
    pub(crate) async fn movement(&self, licence: Licence) {
        self.waiters.fetch_add(1, SeqCst);
        let _waiter = Waiter(&self.waiters);
        loop {
            // It hears all that is rung from now on, so that nothing is missed between the comparison and the waiting.
            let rung = self.bell(licence.shard).notified();
            if self.moved(licence) {
                return;
            }
            rung.await;
        }
    }

    /// Those who wait for something to move.
    pub(crate) fn waiters(&self) -> u64 {
        self.waiters.load(SeqCst)
    }

    /// Forgets one key: its shard's generation, then its entry; then who waits is woken.
    pub(crate) fn forget<V>(&self, memory: &Memory<V>, key: KeyRef<'_>, cause: Cause) {
        let shard = self.generations.change(key);
        // Who compared before that has put its entry in by now.
        drop(self.door(shard));
        memory.remove(key);
        self.bell(shard).notify_waiters();
        self.counters.forgotten.add(cause);
    }

    /// Makes memory silent before anybody sees to the rest.
    pub(crate) fn silence(&self) {
        self.generations.purge.fetch_add(1, SeqCst);
    }

    fn bell(&self, shard: usize) -> &Notify {
        &self.bells[shard % BELLS]
    }

    /// Forgets everything: from here on nothing kept, begun or queued before is served, kept or written.
    pub(crate) fn purge(&self, cause: Cause) {
        self.generations.purge.fetch_add(1, SeqCst);
        self.counters.forgotten.add(cause);
        self.purged.notify_one();
        self.bells.iter().for_each(Notify::notify_waiters);
    }

    /// The last word: nothing follows Redis any more.
    pub(crate) fn close(&self) {
        if self.state() != State::Memory {
            self.state.send_replace(State::Detached);
            self.purge(Cause::Detached);
        }
    }

    /// Tells who listens what state the primaries are in now.
    pub(crate) fn tell_state(&self, primaries: &Primaries) {
        // Read while nobody else can tell: what is told last is what was so last.
        self.state.send_modify(|state| *state = primaries.state());
    }
}

/// Frees the room behind each purge. A sweep goes through all of memory: not on a thread that requests share.
pub(crate) async fn sweep<V: Send + Sync + 'static>(coherence: Arc<Coherence>, memory: Arc<Memory<V>>) {
    loop {
        coherence.purged.notified().await;
        let (memory, purge) = (memory.clone(), coherence.purge_generation());
        // It fails only if the runtime ends, and this task with it.
        let _ = tokio::task::spawn_blocking(move || memory.sweep(purge, Instant::now())).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ready_is_told_to_who_waits() {
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
