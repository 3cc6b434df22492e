//! Memory and Redis, and the single steps that callers and flights take in them.
//!
//! Every step is guarded by a version stamp from before the step, or from before an earlier step that permitted it.
//! [`flight`](crate::protocol::flight) decides what follows a step.

use std::sync::Arc;
use std::time::Duration;

use crate::audit::Gauge;
use crate::call::Call;
use crate::coherence::Coherence;
use crate::entry::{self, Contents, Lease, Leases};
use crate::events::Event;
use crate::key::Key;
use crate::link::CallError;
use crate::memory::{Invalidated as _, Memory, Upkeep};
use crate::options::{self, Deadlines, Options};
use crate::outcome::{Found, Source};
use crate::pending_removals::PendingRemovals;
use crate::policy;
use crate::primaries::{Primaries, RawLookup};
use crate::protocol::flight::{FinalWrite, LeaseAttempt, Lookup};
use crate::protocol::hit::{Validity, nanos};
use crate::protocol::version::{Moment, VersionStamp};
use crate::stats::{Counters, Label, MemoryLookup, RedisLookup, State};
use crate::touch::Touch;
use crate::write_behind::{PendingWrite, WriteBehind};

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

/// What a lookup gave, and its value.
pub(crate) type LookedUp<V> = (Lookup<Lease>, Option<Arc<V>>);

/// The line of a value for Redis.
pub(crate) struct PreparedValue {
    line: String,
    lifetime: Option<Duration>,
}

impl PreparedValue {
    /// `None` for ever.
    pub(crate) fn lifetime(&self) -> Option<Duration> {
        self.lifetime
    }
}

/// Nothing has changed, so memory was given a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Whether it has room for the value.
    pub(crate) is_taken: bool,
    /// `None` for ever.
    pub(crate) lifetime: Option<Duration>,
}

impl<C: Contents> Layers<C> {
    /// Whether the cache reads through: looks up Redis before it computes anything.
    pub(crate) fn reads_through(&self, call: Call<'_>) -> bool {
        call.lookup.unwrap_or(self.options.lookup) == options::Lookup::Always
            && call.uses_redis
            && matches!(self.state_for(call.key), State::Coherent | State::CatchingUp)
    }

    fn state_for(&self, key: &Key) -> State {
        self.shared.as_ref().map_or(State::Memory, |shared| shared.primaries.state_for(key))
    }

    pub(crate) fn get_from_memory(&self, key: &Key) -> Result<Found<C::Value>, MemoryLookup> {
        // In this order: see `may_answer`.
        let believed_until = self.coherence.believed_until();
        let purge = self.coherence.purge_generation();
        let hit = self.memory.get(key, purge, believed_until, || self.coherence.clock.nanos())?;
        if hit.is_touch_due {
            self.touch(key);
        }
        Ok(Found { value: hit.value, source: Source::Memory, ttl: hit.left, asked_redis: false })
    }

    /// Tells Redis that memory answers for the key, unless another caller does.
    #[cold]
    fn touch(&self, key: &Key) {
        let Some(shared) = &self.shared else { return };
        let (stamp, now) = (self.coherence.stamp(key), self.coherence.now());
        let Some(due) = self.memory.take_touch(key, stamp.purge, now, now + self.deadlines.touch) else { return };
        let is_half_over = |given: &Duration| due.left.is_some_and(|left| left < *given / 2);
        let renewal = self.given_lifetime(&due.value).filter(|given| due.is_renewable && is_half_over(given));
        shared.write_behind.enqueue_touch(Touch { key: key.clone(), renewal, stamp });
    }

    /// Looks the key up in Redis.
    pub(crate) async fn lookup(&self, key: &Key) -> LookedUp<C::Value> {
        let Some(shared) = &self.shared else { return (Lookup::NoRedis, None) };
        if self.is_removal_pending(key) {
            // After the operator's removal was accepted, no answer may come from this value.
            self.count_lookup(RedisLookup::Unavailable, Duration::ZERO);
            return (Lookup::Unavailable, None);
        }
        let began = self.coherence.now();
        let raw = shared.primaries.lookup(key).await;
        self.decode(raw, self.coherence.now() - began).await
    }

    pub(crate) fn is_removal_pending(&self, key: &Key) -> bool {
        self.pending_removals.contains(key.variant(), || self.coherence.namespace.name(key))
    }

    fn count_lookup(&self, result: RedisLookup, took: Duration) {
        self.counters.redis.add(result);
        self.counters.events.emit(|| Event::LookedUp { result: result.label(), took });
    }

    /// Decodes the result of a lookup, which took so long, and counts it.
    pub(crate) async fn decode(&self, raw: Result<RawLookup, CallError>, took: Duration) -> LookedUp<C::Value> {
        let mut value = None;
        let (lookup, label) = match raw {
            Ok(RawLookup::Line(line, left)) => match self.contents.decode(&line).await {
                Some(decoded) => {
                    value = Some(Arc::new(decoded));
                    (Lookup::Value(left), RedisLookup::Hit)
                }
                None => (Lookup::Unusable, RedisLookup::Unusable),
            },
            Ok(RawLookup::Unusable) => (Lookup::Unusable, RedisLookup::Unusable),
            Ok(RawLookup::Lease(lease)) => (Lookup::Lease(lease), RedisLookup::Lease),
            Ok(RawLookup::Missing) => (Lookup::Missing, RedisLookup::Miss),
            Err(error) => {
                self.count_error(error);
                (Lookup::Unavailable, RedisLookup::Unavailable)
            }
        };
        self.count_lookup(label, took);
        (lookup, value)
    }

    /// Writes a lease if the key is missing.
    pub(crate) async fn take_lease(&self, key: &Key) -> LeaseAttempt<Lease> {
        let Some(shared) = &self.shared else { return LeaseAttempt::Refused };
        let lease = shared.leases.make();
        match shared.primaries.set_if_absent(key, &lease.line(), Some(self.deadlines.lease)).await {
            Ok(true) => LeaseAttempt::Granted(lease),
            Ok(false) => LeaseAttempt::Occupied,
            Err(error) => {
                self.count_error(error);
                if error.may_have_run() { LeaseAttempt::Unknown(lease) } else { LeaseAttempt::Refused }
            }
        }
    }

    /// Waits for a change; gives whether one came until `patience`. It does not wait if changes are not known to be
    /// reported, or if the other node could not write.
    pub(crate) async fn wait_for_change(&self, key: &Key, stamp: VersionStamp, patience: Moment) -> bool {
        let Some(shared) = &self.shared else { return false };
        let Some(end) = self.coherence.clock.instant(patience) else { return false };
        let change = self.coherence.wait_for_change(stamp);
        self.state_for(key) == State::Coherent
            && self.coherence.now() < patience
            && tokio::select! {
                changed = tokio::time::timeout_at(end.into(), change) => changed.is_ok(),
                () = shared.primaries.until_waiting_is_futile(key) => false,
            }
    }

    /// The answer from a cheap value: kept if nothing has changed since the computation began, and queued for Redis.
    pub(crate) fn keep_cheap(&self, call: Call<'_>, value: Arc<C::Value>, stamp: VersionStamp) -> Found<C::Value> {
        let lifetime = self.lifetime(&value);
        let kept = self.keep(call.key, &value, lifetime, None, stamp);
        if call.uses_redis {
            self.write_behind(call.key, &value, lifetime, stamp);
        }
        let source = Source::Computed { stored: kept.is_some_and(|kept| kept.is_taken) };
        Found { value, source, ttl: kept.and_then(|kept| kept.lifetime), asked_redis: false }
    }

    /// Queues a cheap value for Redis.
    pub(crate) fn write_behind(
        &self,
        key: &Key,
        value: &Arc<C::Value>,
        lifetime: Option<Duration>,
        stamp: VersionStamp,
    ) {
        if let Some(shared) = &self.shared
            && lasts(lifetime)
        {
            shared.write_behind.enqueue(PendingWrite { key: key.clone(), value: value.clone(), lifetime, stamp });
        }
    }

    /// Prepares an expensive value for Redis; `None` if it must not be written there.
    pub(crate) fn prepare(&self, key: &Key, value: &C::Value) -> Option<PreparedValue> {
        let lifetime = self.lifetime(value);
        let line = entry::write(key, self.contents.encode(value)?).filter(|_| lasts(lifetime))?;
        Some(PreparedValue { line, lifetime })
    }

    /// Writes a value in place of what the key holds. It creates no key. The lookup of a replica permits no write: it may
    /// hold a lease that its primary has deleted.
    pub(crate) async fn write(&self, key: &Key, value: &PreparedValue) -> FinalWrite {
        let Some(shared) = &self.shared else { return FinalWrite::Missing };
        if !self.has_primary(key) {
            return FinalWrite::Failed;
        }
        match shared.primaries.set_if_present(key, &value.line, value.lifetime).await {
            Ok(true) => FinalWrite::Done,
            Ok(false) => FinalWrite::Missing,
            Err(error) => self.failed_write(error),
        }
    }

    /// Whether the server that holds the key has shown that it is a primary.
    pub(crate) fn has_primary(&self, key: &Key) -> bool {
        self.shared.as_ref().is_some_and(|shared| shared.primaries.is_primary_of(key))
    }

    /// Deletes our lease.
    pub(crate) async fn delete_lease(&self, key: &Key) -> FinalWrite {
        let Some(shared) = &self.shared else { return FinalWrite::Missing };
        let deleted = shared.primaries.delete(key).await;
        // With NOLOOP, Redis does not push our own DEL to us. Memory may hold a cheap answer of this key that was not
        // written because of the lease, and no later invalidation would remove it.
        self.memory.remove(key.as_ref());
        deleted.map_or_else(|error| self.failed_write(error), |()| FinalWrite::Done)
    }

    fn failed_write(&self, error: CallError) -> FinalWrite {
        self.count_error(error);
        FinalWrite::Failed
    }

    /// Puts a value into memory, unless something has changed since the stamp. What is kept for `at_most` a time, since
    /// Redis did not reply, is served even while Redis is not heard from.
    pub(crate) fn keep(
        &self,
        key: &Key,
        value: &Arc<C::Value>,
        lifetime: Option<Duration>,
        at_most: Option<Duration>,
        stamp: VersionStamp,
    ) -> Option<Kept> {
        self.keep_with(key, value, lifetime, at_most, stamp, Upkeep::NONE)
    }

    /// The same for a value that Redis was seen to hold for so long.
    pub(crate) fn keep_shared(
        &self,
        key: &Key,
        value: &Arc<C::Value>,
        left: Option<Duration>,
        stamp: VersionStamp,
    ) -> Option<Kept> {
        let touch = self.deadlines.touch;
        let is_renewable = policy::is_renewable(self.given_lifetime(value), left, touch);
        let upkeep = Upkeep::due_at(self.coherence.now() + touch, is_renewable);
        self.keep_with(key, value, policy::shorter(self.lifetime(value), left), None, stamp, upkeep)
    }

    /// `lifetime` is the value's own, `at_most` the longest time for which this node may keep it.
    fn keep_with(
        &self,
        key: &Key,
        value: &Arc<C::Value>,
        lifetime: Option<Duration>,
        at_most: Option<Duration>,
        stamp: VersionStamp,
        upkeep: Upkeep,
    ) -> Option<Kept> {
        let state = self.state_for(key);
        let lifetime = policy::kept(policy::shorter(lifetime, at_most), state);
        if !lasts(lifetime) || self.coherence.has_changed(stamp) {
            return None;
        }
        let validity = Validity {
            purge: stamp.purge,
            deadline: lifetime.map_or(u64::MAX, |lifetime| nanos(self.coherence.now().saturating_add(lifetime))),
            is_brief: at_most.is_some() || matches!(state, State::CatchingUp | State::Detached),
        };
        let size = (self.contents.weight(value), self.contents.cost(value));
        let insert = || self.memory.insert(key, value.clone(), size, validity, upkeep);
        self.coherence.if_unchanged(stamp, insert).map(|is_taken| Kept { is_taken, lifetime })
    }

    pub(crate) fn lifetime(&self, value: &C::Value) -> Option<Duration> {
        policy::lifetime(self.options.ttl, self.contents.lifetime(value), fastrand::f64())
    }

    /// The lifetime without its jitter.
    fn given_lifetime(&self, value: &C::Value) -> Option<Duration> {
        policy::shorter(self.options.ttl, self.contents.lifetime(value))
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
