//! `get_or_compute`: memory, a trial, one flight per key, Redis, the computation, and remembering what it gave.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::coherence::{Coherence, Licence, keep_connected, sweep};
use crate::entry::{self, Contents};
use crate::flight::{Boarding, Flights, Lead, is_led_here, leading};
use crate::key::{Key, Namespace};
use crate::memory::Memory;
use crate::offers::{Offer, Offering, Offers};
use crate::options::{Deadlines, Lookup, Options, OptionsError};
use crate::policy::{self, BRIEF, End, Next, Read, Second};
use crate::redis::{CallError, Endpoint, Link, Look};
use crate::stats::{Counters, Flown, MemoryLook, RedisLook, State, Stats};

/// How long a cache that is shut down goes on making the offers that wait.
const LAST_OFFERS: Duration = Duration::from_millis(100);
/// Second looks at one key, each set off by a change during the one before, until replacing it is given up.
const SECOND_LOOKS_MAX: u32 = 16;

/// Which layer an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Memory.
    Memory,
    /// Redis.
    Redis,
    /// Computed for this caller.
    Computed {
        /// It is remembered now (memory or Redis).
        stored: bool,
    },
    /// Waited for another caller's computation.
    Collapsed,
}

/// An answer.
#[derive(Debug)]
pub struct Found<V> {
    /// What was asked for.
    pub value: Arc<V>,
    /// Where it came from.
    pub source: Source,
    /// How long it will still be remembered, where that is limited.
    pub ttl: Option<Duration>,
}

impl<V> Clone for Found<V> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), source: self.source, ttl: self.ttl }
    }
}

/// Why there is no value. Never because of Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed<F> {
    /// The computation said so.
    Computation(F),
    /// The computation panicked.
    Panicked,
}

/// What a flight brings.
type Outcome<C> = Result<Found<<C as Contents>::Value>, Failed<<C as Contents>::Failure>>;

/// A layered cache. Cheap to clone; all clones are one cache, whose background work ends with the last of them.
pub struct Cache<C: Contents> {
    layers: Arc<Layers<C>>,
    /// Aborted when dropped.
    background: Arc<Mutex<JoinSet<()>>>,
}

impl<C: Contents> Clone for Cache<C> {
    fn clone(&self) -> Self {
        Self { layers: self.layers.clone(), background: self.background.clone() }
    }
}

/// What callers and flights share.
struct Layers<C: Contents> {
    contents: Arc<C>,
    options: Options,
    counters: Arc<Counters>,
    memory: Arc<Memory<C::Value>>,
    coherence: Arc<Coherence>,
    flights: Arc<Flights<Outcome<C>>>,
    /// `None`: memory only.
    shared: Option<Shared<C::Value>>,
}

/// The layer behind.
struct Shared<V> {
    namespace: Namespace,
    link: Arc<Link>,
    offers: Offers<V>,
}

/// What must be so when nothing is under way; for tests.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audit {
    pub bytes_counted: u64,
    pub bytes_held: u64,
    pub flights_open: u64,
    pub offers_open: u64,
}

impl<C: Contents> Cache<C> {
    /// Builds the cache and, if one is configured, begins to connect to its Redis in the background. Whether Redis can
    /// be reached makes no difference here.
    ///
    /// # Errors
    ///
    /// If the namespace or the URL cannot be used.
    ///
    /// # Panics
    ///
    /// With a Redis configured, outside a tokio runtime.
    pub fn new(contents: C, options: Options) -> Result<Self, OptionsError> {
        Self::with_deadlines(contents, options, Deadlines::default())
    }

    /// [`Cache::new`], with other deadlines for Redis.
    ///
    /// # Errors
    ///
    /// As [`Cache::new`].
    pub fn with_deadlines(contents: C, options: Options, deadlines: Deadlines) -> Result<Self, OptionsError> {
        let namespace = Namespace::new(&options.namespace)?;
        let parse = |url| Endpoint::parse(url, deadlines.handshake);
        let endpoint = options.redis.as_deref().map(parse).transpose()?;
        let state = if endpoint.is_some() { State::Detached } else { State::Memory };

        let contents = Arc::new(contents);
        let counters = Arc::new(Counters::new());
        let memory = Arc::new(Memory::new(options.memory_bytes));
        let coherence = Arc::new(Coherence::new(namespace.clone(), state, counters.clone()));
        let mut background = JoinSet::new();
        let shared = endpoint.map(|endpoint| {
            let link = Arc::new(Link::new(deadlines.call));
            let (offers, making) = Offers::new(Offering {
                contents: contents.clone(),
                namespace: namespace.clone(),
                link: link.clone(),
                coherence: coherence.clone(),
                counters: counters.clone(),
            });
            let (coherence, memory) = (coherence.clone(), memory.clone());
            background.spawn(sweep(coherence.clone(), memory.clone()));
            background.spawn(keep_connected(coherence, memory, endpoint, link.clone(), deadlines));
            background.spawn(making);
            Shared { namespace, link, offers }
        });
        let flights = Arc::new(Flights::new());
        let layers = Arc::new(Layers { contents, options, counters, memory, coherence, flights, shared });
        Ok(Self { layers, background: Arc::new(Mutex::new(background)) })
    }

    /// Waits until the cache is coherent (or needs no Redis), for at most `patience`; gives the state it is then in.
    pub async fn wait_until_ready(&self, patience: Duration) -> State {
        // Late or not, the state tells.
        let _ = tokio::time::timeout(patience, self.layers.coherence.ready()).await;
        self.state()
    }

    /// How far memory is covered by Redis.
    pub fn state(&self) -> State {
        self.layers.coherence.state()
    }

    /// Looks in memory only: no await, no allocation.
    pub fn get(&self, key: &Key) -> Option<Found<C::Value>> {
        let found = self.layers.recall(key);
        self.layers.counters.memory.add(if found.is_some() { MemoryLook::Hit } else { MemoryLook::Miss });
        found
    }

    /// The answer for `key`: remembered, or worked out once and remembered.
    ///
    /// `trial` computes for about as long as a look-up in Redis would take and gives `None` if that is not enough; it
    /// runs on the caller's thread. `compute` computes in full, on threads of its own choosing, in a task that no caller
    /// can cancel. Both must give, for one key, the same value at any time: the key fully determines it. With
    /// [`Lookup::Always`], and while Redis can be asked, there is no trial. A computation may ask the cache for other
    /// keys, if none of these asks for this one in turn.
    ///
    /// # Errors
    ///
    /// What `compute` failed with, or that it (or `trial`) panicked. Failures are not remembered, and harm nobody who
    /// waited for them: each computes once for itself.
    pub async fn get_or_compute<T, F, W>(
        &self,
        key: &Key,
        trial: T,
        compute: F,
    ) -> Result<Found<C::Value>, Failed<C::Failure>>
    where
        T: FnOnce() -> Option<C::Value>,
        F: FnOnce() -> W + Send + 'static,
        W: Future<Output = Result<C::Value, C::Failure>> + Send + 'static,
    {
        if let Some(found) = self.get(key) {
            return Ok(found);
        }
        if !self.layers.looks_first() {
            let licence = self.layers.coherence.licence(key);
            match catch_unwind(AssertUnwindSafe(trial)) {
                Ok(Some(value)) => return Ok(self.layers.remember_and_offer(key, Arc::new(value), licence)),
                Ok(None) => {}
                Err(_) => return Err(Failed::Panicked),
            }
        }
        self.layers.fly(key, compute).await
    }

    /// A snapshot of what the cache did and holds.
    pub fn stats(&self) -> Stats {
        let Layers { counters, memory, flights, shared, .. } = &*self.layers;
        Stats {
            state: self.state(),
            memory_lookups: counters.memory.read(),
            redis_lookups: counters.redis.read(),
            flights: counters.flights.read(),
            flights_open: flights.open(),
            forgotten: counters.forgotten.read(),
            forget_seconds: counters.forget_seconds(),
            memory_entries: memory.len(),
            memory_bytes: memory.bytes(),
            memory_bytes_max: memory.bytes_max(),
            offers: counters.offers.read(),
            offers_open: shared.as_ref().map_or(0, |shared| shared.offers.open()),
            redis_errors: counters.errors.read(),
        }
    }

    #[doc(hidden)]
    pub fn audit(&self) -> Audit {
        let Layers { memory, flights, shared, .. } = &*self.layers;
        Audit {
            bytes_counted: memory.bytes(),
            bytes_held: memory.bytes_held(),
            flights_open: flights.open(),
            offers_open: shared.as_ref().map_or(0, |shared| shared.offers.open()),
        }
    }

    /// Ends the background work. Offers that wait are made for a moment longer; computations in flight are not waited
    /// for. The cache goes on answering, without Redis.
    pub async fn shutdown(&self) {
        if let Some(shared) = &self.layers.shared {
            // What cannot be made in time is dropped: it was offered, not owed.
            let _ = tokio::time::timeout(LAST_OFFERS, shared.offers.flush()).await;
            let mut background = std::mem::take(&mut *self.background.lock().unwrap_or_else(PoisonError::into_inner));
            background.shutdown().await;
            shared.link.install(None);
            self.layers.coherence.close();
        }
    }
}

impl<C: Contents> Layers<C> {
    /// Whether Redis is asked before anything is computed.
    fn looks_first(&self) -> bool {
        self.options.lookup == Lookup::Always && matches!(self.coherence.state(), State::Coherent | State::CatchingUp)
    }

    fn recall(&self, key: &Key) -> Option<Found<C::Value>> {
        let now = Instant::now();
        let entry = self.memory.get(key, self.coherence.purge_generation(), now)?;
        let ttl = entry.left(now);
        Some(Found { value: entry.value, source: Source::Memory, ttl })
    }

    /// One flight per key: leads it, or waits for what its leader brings. A leader's failure is its own: who only waited
    /// for it tries once more. A computation that asks for its own key computes it there and then: nobody could land.
    async fn fly<F, W>(self: &Arc<Self>, key: &Key, compute: F) -> Outcome<C>
    where
        F: FnOnce() -> W + Send + 'static,
        W: Future<Output = Result<C::Value, C::Failure>> + Send + 'static,
    {
        if is_led_here(key) {
            let found = |value| Found { value: Arc::new(value), source: Source::Computed { stored: false }, ttl: None };
            return compute().await.map(found).map_err(Failed::Computation);
        }
        let mut is_second_flight = false;
        loop {
            match self.flights.board(key) {
                Boarding::Leader(lead) => {
                    let own = lead.passenger();
                    tokio::spawn(leading(key.clone(), self.clone().lead(lead, compute)));
                    return own.arrive().await.unwrap_or(Err(Failed::Panicked));
                }
                Boarding::Follower(passenger) => {
                    self.counters.flights.add(Flown::Joined);
                    let outcome = passenger.arrive().await.unwrap_or(Err(Failed::Panicked)).map(collapsed);
                    if outcome.is_ok() || is_second_flight {
                        return outcome;
                    }
                    is_second_flight = true;
                }
            }
        }
    }

    /// The whole of a flight: look, compute, remember.
    async fn lead<F, W>(self: Arc<Self>, lead: Lead<Outcome<C>>, compute: F)
    where
        F: FnOnce() -> W,
        W: Future<Output = Result<C::Value, C::Failure>>,
    {
        let key = &lead.key().clone();
        let mut ended = Ended { counters: &self.counters, how: Flown::Panicked };
        // The flight before this one may have landed between the caller's look and its boarding.
        if let Some(found) = self.recall(key) {
            ended.how = Flown::Found;
            return lead.land(Ok(found));
        }
        let (licence, read) = self.look(key).await;
        let end = match policy::after_look(read) {
            Next::Answer(value, left) => {
                ended.how = Flown::Found;
                let lifetime = policy::shorter(self.lifetime(&value), left);
                let (_, ttl) = self.keep(key, &value, lifetime, licence);
                return lead.land(Ok(Found { value, source: Source::Redis, ttl }));
            }
            Next::Compute(end) => end,
        };
        let value = match compute().await {
            Ok(value) => Arc::new(value),
            Err(failure) => {
                ended.how = Flown::Failed;
                return lead.land(Err(Failed::Computation(failure)));
            }
        };
        ended.how = Flown::Computed;
        match end {
            End::KeepAndOffer => lead.land(Ok(self.remember_and_offer(key, value, licence))),
            End::Keep => lead.land(Ok(self.remember(key, value, licence, None))),
            End::KeepBriefly => lead.land(Ok(self.remember(key, value, licence, Some(BRIEF)))),
            End::Replace => {
                let found = Found { value: value.clone(), source: Source::Computed { stored: false }, ttl: None };
                lead.announce(Ok(found));
                self.replace(key, value, licence).await;
            }
        }
    }

    /// Looks into Redis. The licence is from before the command: what moves meanwhile counts.
    async fn look(&self, key: &Key) -> (Licence, Read<Arc<C::Value>>) {
        let licence = self.coherence.licence(key);
        let Some(shared) = &self.shared else { return (licence, Read::Absent) };
        let (read, label) = match shared.link.look(key, &shared.namespace.name(key)).await {
            Ok(Look::Line(line, left)) => match self.contents.decode(&line) {
                Some(value) => (Read::Value(Arc::new(value), left), RedisLook::Hit),
                None => (Read::Unusable, RedisLook::Unusable),
            },
            Ok(Look::Unusable) => (Read::Unusable, RedisLook::Unusable),
            Ok(Look::Lease) => (Read::Lease, RedisLook::Lease),
            Ok(Look::Nothing) => (Read::Nothing, RedisLook::Miss),
            Err(error) => {
                self.count_error(error);
                (Read::Unavailable, RedisLook::Unavailable)
            }
        };
        self.counters.redis.add(label);
        (licence, read)
    }

    /// A cheap answer: kept if nothing moved since it was begun, and offered to Redis.
    fn remember_and_offer(&self, key: &Key, value: Arc<C::Value>, licence: Licence) -> Found<C::Value> {
        let lifetime = self.lifetime(&value);
        let (stored, ttl) = self.keep(key, &value, lifetime, licence);
        if let Some(shared) = &self.shared
            && lasts(lifetime)
        {
            shared.offers.offer(Offer { key: key.clone(), value: value.clone(), lifetime, licence });
        }
        Found { value, source: Source::Computed { stored }, ttl }
    }

    /// An answer that Redis is not told of, kept for at most `most`.
    fn remember(&self, key: &Key, value: Arc<C::Value>, licence: Licence, most: Option<Duration>) -> Found<C::Value> {
        let lifetime = policy::shorter(self.lifetime(&value), most);
        let (stored, ttl) = self.keep(key, &value, lifetime, licence);
        Found { value, source: Source::Computed { stored }, ttl }
    }

    /// The end of an evaluation that began since what stands in Redis is unusable: it is written over, if it still is.
    /// Memory gets only what Redis is then seen to hold.
    async fn replace(&self, key: &Key, value: Arc<C::Value>, mut licence: Licence) {
        let Some(shared) = &self.shared else { return };
        let Some(line) = entry::write(key, self.contents.encode(&value)) else { return };
        for _ in 0..SECOND_LOOKS_MAX {
            if !self.coherence.moved(licence) {
                let lifetime = self.lifetime(&value);
                let licence = self.coherence.licence(key);
                if !lasts(lifetime) {
                    return;
                }
                match shared.link.set_if_present(&shared.namespace.name(key), &line, lifetime).await {
                    Ok(true) => drop(self.keep(key, &value, lifetime, licence)),
                    Ok(false) => {}
                    Err(error) => self.count_error(error),
                }
                return;
            }
            let (second, read) = self.look(key).await;
            match policy::after_second_look(read) {
                Second::Write => licence = second,
                Second::Keep(value, left) => {
                    self.keep(key, &value, policy::shorter(self.lifetime(&value), left), second);
                    return;
                }
                Second::Nothing => return,
            }
        }
    }

    /// Puts a value into memory, unless something moved since the licence: inserts, compares, and takes it out again.
    /// Gives whether it is there, and for how long.
    fn keep(
        &self,
        key: &Key,
        value: &Arc<C::Value>,
        lifetime: Option<Duration>,
        licence: Licence,
    ) -> (bool, Option<Duration>) {
        let lifetime = policy::kept(lifetime, self.coherence.state());
        if !lasts(lifetime) || self.coherence.moved(licence) {
            return (false, None);
        }
        let deadline = lifetime.and_then(|lifetime| Instant::now().checked_add(lifetime));
        self.memory.insert(key, value.clone(), self.contents.weight(value), deadline, licence.purge);
        if self.coherence.moved(licence) {
            self.memory.remove(key.as_ref());
            return (false, None);
        }
        (self.memory.contains(key), lifetime)
    }

    fn lifetime(&self, value: &C::Value) -> Option<Duration> {
        policy::lifetime(self.options.ttl, self.contents.lifetime(value), fastrand::f64())
    }

    fn count_error(&self, error: CallError) {
        if let CallError::Trouble(trouble) = error {
            self.counters.errors.add(trouble);
        }
    }
}

/// Counts how a flight ended, whatever ended it.
struct Ended<'a> {
    counters: &'a Counters,
    how: Flown,
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.counters.flights.add(self.how);
    }
}

/// What a flight brings, as one who only waited for it has it.
fn collapsed<V>(found: Found<V>) -> Found<V> {
    match found.source {
        Source::Computed { .. } => Found { source: Source::Collapsed, ..found },
        Source::Memory | Source::Redis | Source::Collapsed => found,
    }
}

/// Redis counts in milliseconds: what lasts for less is not remembered.
fn lasts(lifetime: Option<Duration>) -> bool {
    lifetime.is_none_or(|lifetime| lifetime >= Duration::from_millis(1))
}
