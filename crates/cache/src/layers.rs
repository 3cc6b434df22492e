//! Memory and Redis, and the single steps that callers and flights take in them.
//!
//! Every step is guarded by a version stamp from before the step, or from before an earlier step that permitted it.
//! [`policy`] decides what follows a step; the flight in `cache.rs` has the order of the steps.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::audit::Gauge;
use crate::coherence::{Coherence, VersionStamp};
use crate::entry::{self, Contents, Leases};
use crate::key::Key;
use crate::link::CallError;
use crate::memory::Memory;
use crate::options::{Deadlines, Lookup, Options};
use crate::outcome::{Found, Source};
use crate::pending_removals::PendingRemovals;
use crate::policy::{self, AfterSecondLookup, Completion, Expected, LeaseAttempt, LookupResult};
use crate::primaries::{Primaries, RawLookup};
use crate::protocol::hit::Kept;
use crate::stats::{Counters, MemoryLookup, RedisLookup, State};
use crate::write_behind::{PendingWrite, WriteBehind};

/// Second lookups of one key, each after a change during the previous one, before its final write is given up.
const SECOND_LOOKUPS_MAX: u32 = 16;
/// The first pause between two attempts to finish a flight while Redis is in trouble.
const FINISH_RETRY_FIRST: Duration = Duration::from_millis(25);
const FINISH_RETRY_MAX: Duration = Duration::from_millis(200);

pub(crate) struct Layers<C: Contents> {
    pub(crate) contents: Arc<C>,
    pub(crate) options: Options,
    pub(crate) deadlines: Deadlines,
    pub(crate) counters: Arc<Counters>,
    pub(crate) memory: Arc<Memory<C::Value>>,
    pub(crate) coherence: Arc<Coherence>,
    pub(crate) pending_removals: PendingRemovals,
    /// Tasks that lead a flight.
    pub(crate) leaders: Gauge,
    /// `None` for memory only.
    pub(crate) shared: Option<Shared<C::Value>>,
}

/// The shared layer, Redis.
pub(crate) struct Shared<V> {
    pub(crate) primaries: Arc<Primaries>,
    pub(crate) leases: Leases,
    pub(crate) write_behind: WriteBehind<V>,
}

/// The last step of a flight in Redis, which is executed if the current value is [`Expected`].
pub(crate) enum FinalWrite<V> {
    Value(PreparedValue<V>),
    /// Delete the lease, so that no other node waits for it.
    DeleteLease,
}

/// A value, and its line for Redis.
pub(crate) struct PreparedValue<V> {
    value: Arc<V>,
    line: String,
    lifetime: Option<Duration>,
}

impl<C: Contents> Layers<C> {
    /// Whether the cache reads through: looks up Redis before it computes anything.
    pub(crate) fn reads_through(&self, key: &Key) -> bool {
        self.options.lookup == Lookup::Always && matches!(self.state_for(key), State::Coherent | State::CatchingUp)
    }

    fn state_for(&self, key: &Key) -> State {
        self.shared.as_ref().map_or(State::Memory, |shared| shared.primaries.state_for(key))
    }

    pub(crate) fn get_from_memory(&self, key: &Key) -> Result<Found<C::Value>, MemoryLookup> {
        // In this order: see `may_answer`.
        let believed_until = self.coherence.believed_until();
        let purge = self.coherence.purge_generation();
        let (value, ttl) = self.memory.get(key, purge, believed_until, || self.coherence.now())?;
        Ok(Found { value, source: Source::Memory, ttl, asked_redis: false })
    }

    /// Looks the key up in Redis. The stamp is from before the command, so that a change during the lookup is noticed.
    pub(crate) async fn lookup(&self, key: &Key) -> (VersionStamp, LookupResult<Arc<C::Value>>) {
        let stamp = self.coherence.stamp(key);
        let Some(shared) = &self.shared else { return (stamp, LookupResult::NoRedis) };
        if self.pending_removals.contains(|| self.coherence.namespace.name(key)) {
            // After the operator's removal was accepted, no answer may come from this value.
            self.counters.redis.add(RedisLookup::Unavailable);
            return (stamp, LookupResult::Unavailable);
        }
        let (read, label) = match shared.primaries.lookup(key).await {
            Ok(RawLookup::Line(line, left)) => match self.contents.decode(&line).await {
                Some(value) => (LookupResult::Value(Arc::new(value), left), RedisLookup::Hit),
                None => (LookupResult::Unusable, RedisLookup::Unusable),
            },
            Ok(RawLookup::Unusable) => (LookupResult::Unusable, RedisLookup::Unusable),
            Ok(RawLookup::Lease(lease)) => (LookupResult::Lease(lease), RedisLookup::Lease),
            Ok(RawLookup::Missing) => (LookupResult::Missing, RedisLookup::Miss),
            Err(error) => {
                self.count_error(error);
                (LookupResult::Unavailable, RedisLookup::Unavailable)
            }
        };
        self.counters.redis.add(label);
        (stamp, read)
    }

    /// Writes a lease if the key is missing. The stamp is from before the command.
    pub(crate) async fn take_lease(&self, key: &Key) -> (VersionStamp, LeaseAttempt) {
        let stamp = self.coherence.stamp(key);
        let Some(shared) = &self.shared else { return (stamp, LeaseAttempt::Refused) };
        let lease = shared.leases.make();
        let attempt = match shared.primaries.set_if_absent(key, &lease.line(), Some(self.deadlines.lease)).await {
            Ok(true) => LeaseAttempt::Granted(lease),
            Ok(false) => LeaseAttempt::Occupied,
            Err(error) => {
                self.count_error(error);
                if error.may_have_run() { LeaseAttempt::Unknown(lease) } else { LeaseAttempt::Refused }
            }
        };
        (stamp, attempt)
    }

    /// Waits for a change; gives whether one came within `patience`. It does not wait if changes are not known to be
    /// reported, or if the other node could not write.
    pub(crate) async fn wait_for_change(&self, key: &Key, stamp: VersionStamp, patience: Instant) -> bool {
        let Some(shared) = &self.shared else { return false };
        let change = self.coherence.wait_for_change(stamp);
        self.state_for(key) == State::Coherent
            && Instant::now() < patience
            && tokio::select! {
                changed = tokio::time::timeout_at(patience.into(), change) => changed.is_ok(),
                () = shared.primaries.until_waiting_is_futile(key) => false,
            }
    }

    /// The answer from a cheap value: kept if nothing has changed since the computation began, and queued for Redis.
    pub(crate) fn keep_and_write_behind(
        &self,
        key: &Key,
        value: Arc<C::Value>,
        stamp: VersionStamp,
    ) -> Found<C::Value> {
        let lifetime = self.lifetime(&value);
        let (stored, ttl) = self.keep(key, &value, lifetime, stamp);
        if let Some(shared) = &self.shared
            && lasts(lifetime)
        {
            shared.write_behind.enqueue(PendingWrite { key: key.clone(), value: value.clone(), lifetime, stamp });
        }
        Found { value, source: Source::Computed { stored }, ttl, asked_redis: false }
    }

    /// Makes the answer from a value that is only kept in memory, for at most `most`.
    pub(crate) fn keep_in_memory(
        &self,
        key: &Key,
        value: Arc<C::Value>,
        stamp: VersionStamp,
        most: Option<Duration>,
    ) -> Found<C::Value> {
        let lifetime = policy::shorter(self.lifetime(&value), most);
        let (stored, ttl) = self.keep_as(key, &value, lifetime, stamp, most.is_some());
        Found { value, source: Source::Computed { stored }, ttl, asked_redis: false }
    }

    /// Prepares an expensive value for Redis; `None` if it must not be written there.
    pub(crate) fn prepare(&self, key: &Key, value: &Arc<C::Value>) -> Option<PreparedValue<C::Value>> {
        let lifetime = self.lifetime(value);
        let line = entry::write(key, self.contents.encode(value)?).filter(|_| lasts(lifetime))?;
        Some(PreparedValue { value: value.clone(), line, lifetime })
    }

    /// Makes the answer from a prepared value before it is written.
    pub(crate) fn answer_before_write(
        &self,
        prepared: &PreparedValue<C::Value>,
        stamp: VersionStamp,
    ) -> Found<C::Value> {
        let stored = !self.coherence.has_changed(stamp);
        let ttl = prepared.lifetime.filter(|_| stored);
        Found { value: prepared.value.clone(), source: Source::Computed { stored }, ttl, asked_redis: false }
    }

    /// [`Layers::finish`], repeated while Redis is unreachable or refuses, as long as the lease may exist, since all
    /// other nodes would wait for it. For a flight whose callers have their answer.
    pub(crate) async fn finish_with_retries(
        &self,
        key: &Key,
        expected: &Expected,
        mut stamp: Option<VersionStamp>,
        write: FinalWrite<C::Value>,
    ) {
        let (until, mut pause) = (Instant::now() + self.deadlines.lease, FINISH_RETRY_FIRST);
        while !self.finish(key, expected, stamp, &write).await && Instant::now() + pause < until {
            tokio::time::sleep(pause).await;
            pause = (2 * pause).min(FINISH_RETRY_MAX);
            // From now on, only the current value permits the write.
            stamp = None;
        }
    }

    /// The last row of the protocol's table: the final write, if nothing has changed since the stamp or a second lookup
    /// finds the expected value. Without a stamp, it looks up first. Gives whether the flight is finished.
    async fn finish(
        &self,
        key: &Key,
        expected: &Expected,
        mut stamp: Option<VersionStamp>,
        write: &FinalWrite<C::Value>,
    ) -> bool {
        for _ in 0..SECOND_LOOKUPS_MAX {
            if let Some(stamp) = stamp.filter(|stamp| !self.coherence.has_changed(*stamp)) {
                return self.execute(key, stamp, write).await;
            }
            let (looked_up, read) = self.lookup(key).await;
            if matches!(read, LookupResult::Unavailable) {
                return false;
            }
            match policy::after_second_lookup(read, expected) {
                AfterSecondLookup::Unchanged => stamp = Some(looked_up),
                AfterSecondLookup::Keep(value, left) => {
                    self.keep(key, &value, policy::shorter(self.lifetime(&value), left), looked_up);
                    return true;
                }
                AfterSecondLookup::Nothing => return true,
            }
        }
        true
    }

    /// Executes the write, and keeps in memory only what Redis confirms. Gives whether no write is left to execute.
    async fn execute(&self, key: &Key, stamp: VersionStamp, write: &FinalWrite<C::Value>) -> bool {
        let Some(shared) = &self.shared else { return true };
        let done = match write {
            FinalWrite::DeleteLease => {
                let deleted = shared.primaries.delete(key).await;
                // With NOLOOP, Redis does not push our own DEL to us. Memory may hold a cheap answer of this key that
                // was not written because of the lease, and no later invalidation would remove it.
                self.memory.remove(key.as_ref());
                deleted
            }
            FinalWrite::Value(PreparedValue { value, line, lifetime }) => {
                let written = shared.primaries.set_if_present(key, line, *lifetime).await;
                written.map(|is_written| {
                    if is_written {
                        self.keep(key, value, *lifetime, stamp);
                    }
                })
            }
        };
        done.map_err(|error| self.count_error(error)).is_ok()
    }

    /// After a computation without a value to write: deletes our own lease, and only this.
    pub(crate) async fn release(&self, key: &Key, completion: &Completion, stamp: VersionStamp) {
        match completion {
            Completion::Replace(expected @ Expected::OurLease(_)) => {
                self.finish(key, expected, Some(stamp), &FinalWrite::DeleteLease).await;
            }
            Completion::KeepBrieflyAndRelease(expected) => {
                self.finish(key, expected, None, &FinalWrite::DeleteLease).await;
            }
            Completion::Replace(_) | Completion::Keep | Completion::KeepAndWriteBehind | Completion::KeepBriefly => {}
        }
    }

    /// Puts a value into memory, unless something has changed since the stamp. Gives whether it is there, and how long.
    pub(crate) fn keep(
        &self,
        key: &Key,
        value: &Arc<C::Value>,
        lifetime: Option<Duration>,
        stamp: VersionStamp,
    ) -> (bool, Option<Duration>) {
        self.keep_as(key, value, lifetime, stamp, false)
    }

    /// [`Layers::keep`]; if `is_brief`, memory serves it even while Redis is not heard from.
    fn keep_as(
        &self,
        key: &Key,
        value: &Arc<C::Value>,
        lifetime: Option<Duration>,
        stamp: VersionStamp,
        is_brief: bool,
    ) -> (bool, Option<Duration>) {
        let state = self.state_for(key);
        let lifetime = policy::kept(lifetime, state);
        if !lasts(lifetime) || self.coherence.has_changed(stamp) {
            return (false, None);
        }
        let deadline = lifetime.and_then(|lifetime| self.coherence.now().checked_add(lifetime));
        let is_brief = is_brief || matches!(state, State::CatchingUp | State::Detached);
        let kept = Kept { purge: stamp.purge, deadline, is_brief };
        let weight = self.contents.weight(value);
        let insert = || self.memory.insert(key, value.clone(), weight, kept);
        match self.coherence.if_unchanged(stamp, insert) {
            None => (false, None),
            Some(is_taken) => (is_taken, lifetime),
        }
    }

    pub(crate) fn lifetime(&self, value: &C::Value) -> Option<Duration> {
        policy::lifetime(self.options.ttl, self.contents.lifetime(value), fastrand::f64())
    }

    pub(crate) fn count_error(&self, error: CallError) {
        if let CallError::Trouble(trouble) = error {
            self.counters.errors.add(trouble);
        }
    }
}

/// Redis counts in milliseconds, so a value with a shorter lifetime is not stored.
fn lasts(lifetime: Option<Duration>) -> bool {
    lifetime.is_none_or(|lifetime| lifetime >= Duration::from_millis(1))
}
