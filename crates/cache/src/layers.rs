//! The layers, and the single steps that are taken in them: what callers and flights share.
//!
//! A step is licensed: it carries what the generations were before it, or what licensed it, began. What follows a step is
//! [`policy`]'s to say, and in which order steps are taken that of the flight in `cache.rs`.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use crate::coherence::{Coherence, Licence};
use crate::entry::{self, Contents, Leases};
use crate::found::{Found, Source};
use crate::key::Key;
use crate::memory::Memory;
use crate::offers::{Offer, Offers};
use crate::options::{Deadlines, Lookup, Options};
use crate::owed::Owed;
use crate::policy::{self, End, Read, Second, Standing, Taken};
use crate::primaries::{Look, Primaries};
use crate::redis::CallError;
use crate::stats::{Counters, RedisLook, State};

/// Second looks at one key, each set off by a change during the one before, until its end is given up.
const SECOND_LOOKS_MAX: u32 = 16;
/// Between two attempts at the end of a flight while Redis is in trouble.
const CONCLUDE_AGAIN_FIRST: Duration = Duration::from_millis(25);
const CONCLUDE_AGAIN_MAX: Duration = Duration::from_millis(200);

pub(crate) struct Layers<C: Contents> {
    pub(crate) contents: Arc<C>,
    pub(crate) options: Options,
    pub(crate) deadlines: Deadlines,
    pub(crate) counters: Arc<Counters>,
    pub(crate) memory: Arc<Memory<C::Value>>,
    pub(crate) coherence: Arc<Coherence>,
    /// Removals that Redis does not know of yet.
    pub(crate) owed: Owed,
    /// Tasks that lead a flight.
    pub(crate) leading: AtomicU64,
    /// `None`: memory only.
    pub(crate) shared: Option<Shared<C::Value>>,
}

/// The layer behind.
pub(crate) struct Shared<V> {
    pub(crate) primaries: Arc<Primaries>,
    pub(crate) leases: Leases,
    pub(crate) offers: Offers<V>,
}

/// What is done in the end where [`Standing`] stands.
pub(crate) enum Deed<V> {
    Write(Writing<V>),
    /// The lease is taken away, so that nobody waits for it.
    Release,
}

/// A value, and the line that stands for it in Redis.
pub(crate) struct Writing<V> {
    value: Arc<V>,
    line: String,
    lifetime: Option<Duration>,
}

impl<C: Contents> Layers<C> {
    /// Whether Redis is asked before anything is computed.
    pub(crate) fn looks_first(&self, key: &Key) -> bool {
        self.options.lookup == Lookup::Always && matches!(self.state_for(key), State::Coherent | State::CatchingUp)
    }

    /// How far memory is covered where this key is concerned.
    fn state_for(&self, key: &Key) -> State {
        self.shared.as_ref().map_or(State::Memory, |shared| shared.primaries.state_for(key))
    }

    pub(crate) fn recall(&self, key: &Key) -> Option<Found<C::Value>> {
        let (value, ttl) = self.memory.get(key, self.coherence.purge_generation(), Instant::now)?;
        Some(Found { value, source: Source::Memory, ttl, asked_redis: false })
    }

    /// Looks into Redis. The licence is from before the command: what moves meanwhile counts.
    pub(crate) async fn look(&self, key: &Key) -> (Licence, Read<Arc<C::Value>>) {
        let licence = self.coherence.licence(key);
        let Some(shared) = &self.shared else { return (licence, Read::Absent) };
        if self.owed.holds(|| self.coherence.namespace.name(key)) {
            // What stands there is to go, and was not answered from once the operator was told so.
            self.counters.redis.add(RedisLook::Unavailable);
            return (licence, Read::Unavailable);
        }
        let (read, label) = match shared.primaries.look(key).await {
            Ok(Look::Line(line, left)) => match self.contents.decode(&line).await {
                Some(value) => (Read::Value(Arc::new(value), left), RedisLook::Hit),
                None => (Read::Unusable, RedisLook::Unusable),
            },
            Ok(Look::Unusable) => (Read::Unusable, RedisLook::Unusable),
            Ok(Look::Lease(lease)) => (Read::Lease(lease), RedisLook::Lease),
            Ok(Look::Nothing) => (Read::Nothing, RedisLook::Miss),
            Err(error) => {
                self.count_error(error);
                (Read::Unavailable, RedisLook::Unavailable)
            }
        };
        self.counters.redis.add(label);
        (licence, read)
    }

    /// Puts a lease where nothing stands. The licence is from before the command.
    pub(crate) async fn take(&self, key: &Key) -> (Licence, Taken) {
        let licence = self.coherence.licence(key);
        let Some(shared) = &self.shared else { return (licence, Taken::Refused) };
        let lease = shared.leases.make();
        let taken = match shared.primaries.set_if_absent(key, &lease.line(), Some(self.deadlines.lease)).await {
            Ok(true) => Taken::Ours(lease),
            Ok(false) => Taken::Present,
            Err(error) => {
                self.count_error(error);
                if error.is_open() { Taken::Perhaps(lease) } else { Taken::Refused }
            }
        };
        (licence, taken)
    }

    /// Waits until something moves; whether it did before patience was over. Where changes are not known to be reported,
    /// or nothing will be written, waiting would be in vain.
    pub(crate) async fn moves(&self, key: &Key, licence: Licence, patience: Instant) -> bool {
        let Some(shared) = &self.shared else { return false };
        let movement = self.coherence.movement(licence);
        self.state_for(key) == State::Coherent
            && Instant::now() < patience
            && tokio::select! {
                moved = tokio::time::timeout_at(patience.into(), movement) => moved.is_ok(),
                () = shared.primaries.no_use_in_waiting(key) => false,
            }
    }

    /// A cheap answer: kept if nothing moved since it was begun, and offered to Redis.
    pub(crate) fn remember_and_offer(&self, key: &Key, value: Arc<C::Value>, licence: Licence) -> Found<C::Value> {
        let lifetime = self.lifetime(&value);
        let (stored, ttl) = self.keep(key, &value, lifetime, licence);
        if let Some(shared) = &self.shared
            && lasts(lifetime)
        {
            shared.offers.offer(Offer { key: key.clone(), value: value.clone(), lifetime, licence });
        }
        Found { value, source: Source::Computed { stored }, ttl, asked_redis: false }
    }

    /// An answer that Redis is not told of, kept for at most `most`.
    pub(crate) fn remember(
        &self,
        key: &Key,
        value: Arc<C::Value>,
        licence: Licence,
        most: Option<Duration>,
    ) -> Found<C::Value> {
        let lifetime = policy::shorter(self.lifetime(&value), most);
        let (stored, ttl) = self.keep(key, &value, lifetime, licence);
        Found { value, source: Source::Computed { stored }, ttl, asked_redis: false }
    }

    /// What is to be written of a dear answer; `None` if Redis may not hold it.
    pub(crate) fn prepare(&self, key: &Key, value: &Arc<C::Value>) -> Option<Writing<C::Value>> {
        let lifetime = self.lifetime(value);
        let line = entry::write(key, self.contents.encode(value)).filter(|_| lasts(lifetime))?;
        Some(Writing { value: value.clone(), line, lifetime })
    }

    /// The same as an answer, given before it is written.
    pub(crate) fn promise(&self, writing: &Writing<C::Value>, licence: Licence) -> Found<C::Value> {
        let stored = !self.coherence.moved(licence);
        let ttl = writing.lifetime.filter(|_| stored);
        Found { value: writing.value.clone(), source: Source::Computed { stored }, ttl, asked_redis: false }
    }

    /// [`Layers::conclude`], and again while Redis cannot be asked or refuses, for as long as the lease may stand: it would be
    /// waited for by all others, and in vain. For a flight whose callers are answered.
    pub(crate) async fn conclude_in_time(
        &self,
        key: &Key,
        standing: &Standing,
        mut licence: Option<Licence>,
        deed: Deed<C::Value>,
    ) {
        let (until, mut pause) = (Instant::now() + self.deadlines.lease, CONCLUDE_AGAIN_FIRST);
        while !self.conclude(key, standing, licence, &deed).await && Instant::now() + pause < until {
            tokio::time::sleep(pause).await;
            pause = (2 * pause).min(CONCLUDE_AGAIN_MAX);
            // Whatever licensed it, what stands there now is what counts.
            licence = None;
        }
    }

    /// The last row of the protocol's first table: does the deed if nothing moved since the licence, or if a look finds
    /// that what it is for still stands. Without a licence it looks. Gives whether there is nothing left to do.
    async fn conclude(
        &self,
        key: &Key,
        standing: &Standing,
        mut licence: Option<Licence>,
        deed: &Deed<C::Value>,
    ) -> bool {
        for _ in 0..SECOND_LOOKS_MAX {
            if let Some(licence) = licence.filter(|licence| !self.coherence.moved(*licence)) {
                return self.perform(key, licence, deed).await;
            }
            let (looked, read) = self.look(key).await;
            if matches!(read, Read::Unavailable) {
                return false;
            }
            match policy::after_second_look(read, standing) {
                Second::Stands => licence = Some(looked),
                Second::Keep(value, left) => {
                    self.keep(key, &value, policy::shorter(self.lifetime(&value), left), looked);
                    return true;
                }
                Second::Nothing => return true,
            }
        }
        true
    }

    /// Memory gets only what Redis is then seen to hold. Gives whether Redis did it, or said that there is nothing to do.
    async fn perform(&self, key: &Key, licence: Licence, deed: &Deed<C::Value>) -> bool {
        let Some(shared) = &self.shared else { return true };
        let done = match deed {
            Deed::Release => {
                let deleted = shared.primaries.delete(key).await;
                // What we do ourselves is not reported to us: memory may hold a cheap answer for the same key, which was
                // not written because the lease stood there. Nothing would tell of its going any more.
                self.memory.remove(key.as_ref());
                deleted
            }
            Deed::Write(Writing { value, line, lifetime }) => {
                let written = shared.primaries.set_if_present(key, line, *lifetime).await;
                written.map(|is_written| {
                    if is_written {
                        self.keep(key, value, *lifetime, licence);
                    }
                })
            }
        };
        done.map_err(|error| self.count_error(error)).is_ok()
    }

    /// The end of an evaluation without a value, or without leave to write it: a lease that it holds is given back. What
    /// is not ours is not taken away.
    pub(crate) async fn give_back(&self, key: &Key, end: &End, licence: Licence) {
        match end {
            End::Replace(standing @ Standing::Ours(_)) => {
                self.conclude(key, standing, Some(licence), &Deed::Release).await;
            }
            End::KeepBrieflyAndRelease(standing) => {
                self.conclude(key, standing, None, &Deed::Release).await;
            }
            End::Replace(_) | End::Keep | End::KeepAndOffer | End::KeepBriefly => {}
        }
    }

    /// Puts a value into memory, unless something moved since the licence. Gives whether it is there, and for how long.
    pub(crate) fn keep(
        &self,
        key: &Key,
        value: &Arc<C::Value>,
        lifetime: Option<Duration>,
        licence: Licence,
    ) -> (bool, Option<Duration>) {
        let lifetime = policy::kept(lifetime, self.state_for(key));
        if !lasts(lifetime) || self.coherence.moved(licence) {
            return (false, None);
        }
        let deadline = lifetime.and_then(|lifetime| Instant::now().checked_add(lifetime));
        let weight = self.contents.weight(value);
        let insert = || self.memory.insert(key, value.clone(), weight, deadline, licence.purge);
        match self.coherence.unless_moved(licence, insert) {
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

/// Redis counts in milliseconds: what lasts for less is not remembered.
fn lasts(lifetime: Option<Duration>) -> bool {
    lifetime.is_none_or(|lifetime| lifetime >= Duration::from_millis(1))
}
