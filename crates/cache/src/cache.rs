//! `get_or_compute`: memory, a trial, one flight for each key, Redis, the computation, and storing its value.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;

#[cfg(feature = "audit")]
use crate::audit::Audit;
use crate::audit::Gauge;
use crate::coherence::{Coherence, sweep};
use crate::driver::{Given, caught, unless_it_panics};
use crate::entry::{Contents, Leases};
use crate::flight::{Flights, Joined, is_led_by_this_task, run_leader};
use crate::key::{Key, Namespace};
use crate::layers::{Layers, Shared};
use crate::memory::Memory;
use crate::operator::{Operator, run_pending_removals};
use crate::options::{Deadlines, Options, OptionsError};
use crate::outcome::{ComputeError, Found, Source};
use crate::pending_removals::PendingRemovals;
use crate::primaries::Primaries;
use crate::protocol::flight::Lookup;
use crate::stats::{Answered, Counters, FlightResult, MemoryLookup, State, Stats};
use crate::supervisor::Context;
use crate::topology::keep_connected;
use crate::write_behind::{WriteBehind, Writer};

/// How long the shutdown waits for the queue of the write-behind.
const LAST_WRITES: Duration = Duration::from_millis(100);
/// Failed flights of other callers that a call waits for, before it computes for itself.
const FLIGHTS_MAX: u32 = 2;

/// A layered cache. Its background work ends with it.
pub struct Cache<C: Contents> {
    layers: Arc<Layers<C>>,
    flights: Arc<Flights<Given<C>>>,
    /// Aborted when dropped.
    background: Mutex<JoinSet<()>>,
}

impl<C: Contents> fmt::Debug for Cache<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("options", &self.layers.options)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

impl Options {
    /// Whether a cache can be built with these options. Does not connect, and does not read the password file.
    ///
    /// # Errors
    ///
    /// If the namespace, the URL or the certificates are invalid.
    pub fn check(&self) -> Result<(), OptionsError> {
        Namespace::new(&self.namespace)?;
        self.redis_url(Duration::ZERO).map(|_| ())
    }
}

impl<C: Contents> Cache<C> {
    /// Builds the cache and, if a Redis is configured, starts to connect to it in the background. It succeeds whether or
    /// not Redis is reachable.
    ///
    /// # Errors
    ///
    /// If the namespace, the URL or the certificates are invalid.
    ///
    /// # Panics
    ///
    /// If a Redis is configured and this is called outside a tokio runtime.
    pub fn new(contents: C, options: Options) -> Result<Self, OptionsError> {
        Self::with_deadlines(contents, options, Deadlines::default())
    }

    /// [`Cache::new`], with other deadlines for Redis.
    ///
    /// # Errors
    ///
    /// Those of [`Cache::new`], and if a deadline is out of bounds.
    pub fn with_deadlines(contents: C, options: Options, deadlines: Deadlines) -> Result<Self, OptionsError> {
        deadlines.check()?;
        let namespace = Namespace::new(&options.namespace)?;
        let url = options.redis_url(deadlines.handshake)?;
        let state = if url.is_some() { State::Detached } else { State::Memory };

        let contents = Arc::new(contents);
        let counters = Arc::new(Counters::new());
        let memory = Arc::new(Memory::new(options.memory_bytes));
        let coherence = Arc::new(Coherence::new(namespace.clone(), state, counters.clone()));
        let mut background = JoinSet::new();
        let shared = url.map(|url| {
            let primaries = Arc::new(Primaries::new(namespace, deadlines.call));
            let (write_behind, writing) = WriteBehind::new(Writer {
                contents: contents.clone(),
                primaries: primaries.clone(),
                coherence: coherence.clone(),
                counters: counters.clone(),
            });
            let (coherence, memory) = (coherence.clone(), memory.clone());
            background.spawn(sweep(coherence.clone(), memory.clone()));
            let context = Context { coherence, memory, primaries: primaries.clone(), deadlines };
            background.spawn(keep_connected(context, url));
            background.spawn(writing);
            Shared { primaries, leases: Leases::new(), write_behind }
        });
        let (pending_removals, leaders) = (PendingRemovals::new(), Gauge::default());
        let layers =
            Layers { contents, options, deadlines, counters, memory, coherence, pending_removals, leaders, shared };
        let layers = Arc::new(layers);
        if layers.shared.is_some() {
            background.spawn(run_pending_removals(layers.clone()));
        }
        Ok(Self { layers, flights: Arc::new(Flights::new()), background: Mutex::new(background) })
    }

    /// Waits until the cache is coherent (or has no Redis), for at most `patience`; gives its state then.
    pub async fn wait_until_ready(&self, patience: Duration) -> State {
        // The state tells whether it became ready in time.
        let _ = tokio::time::timeout(patience, self.layers.coherence.ready()).await;
        self.state()
    }

    /// Whether memory is coherent with Redis.
    pub fn state(&self) -> State {
        self.layers.coherence.state()
    }

    /// Why the last attempt to connect to Redis failed, as a text for people: the server, and the message of the server
    /// or the system. It contains no password.
    pub fn last_failure(&self) -> Option<String> {
        self.layers.coherence.last_failure()
    }

    /// Looks in memory only, without await and without allocation.
    pub fn get(&self, key: &Key) -> Option<Found<C::Value>> {
        let found = self.layers.get_from_memory(key);
        self.layers.counters.memory.add(found.as_ref().err().copied().unwrap_or(MemoryLookup::Hit));
        found.ok()
    }

    /// The answer for `key`, if memory has one and `accept` accepts it: the same as from [`Cache::get_or_compute`], and
    /// counted in the same way. Otherwise nothing is counted, since the caller will call `get_or_compute`.
    pub fn get_if(&self, key: &Key, accept: impl FnOnce(&Found<C::Value>) -> bool) -> Option<Found<C::Value>> {
        let found = self.layers.get_from_memory(key).ok().filter(accept)?;
        self.layers.counters.memory.add(MemoryLookup::Hit);
        self.layers.counters.answers.add(Answered::Memory);
        Some(found)
    }

    /// The answer for `key`, if nothing has to be awaited for it: from memory, or from `trial`, as
    /// [`Cache::get_or_compute`] describes it, on this thread. Otherwise nothing is counted, since the caller goes on to
    /// `get_or_compute`. Where Redis has to be asked first, the trial is not run.
    ///
    /// # Panics
    ///
    /// If `trial` does.
    pub fn get_or_try(&self, key: &Key, trial: impl FnOnce() -> Option<C::Value>) -> Option<Found<C::Value>> {
        if let Some(found) = self.get_if(key, |_| true) {
            return Some(found);
        }
        if self.layers.reads_through(key) {
            return None;
        }
        let stamp = self.layers.coherence.stamp(key);
        let found = self.layers.keep_and_write_behind(key, Arc::new(trial()?), stamp);
        self.layers.counters.memory.add(MemoryLookup::Miss);
        self.layers.counters.answers.add(Answered::Computed);
        Some(found)
    }

    /// The answer for `key`: from memory, from Redis, or computed once and stored.
    ///
    /// `trial` computes for about as long as a lookup in Redis takes; it gives `None` if that is not enough, and the
    /// answer is then expensive. It runs in the caller's task; with [`Lookup::Always`](crate::Lookup::Always) and a
    /// reachable Redis, it runs after the lookup, in the task of the flight. A trial that would block its thread for
    /// long must itself move to another one. `compute` computes in full, on threads of its own choice, in a task that
    /// no caller can cancel. For one key, both must always give the same value, since the key fully determines it. A
    /// computation may ask the cache for other keys, unless one of these asks for this key in turn.
    ///
    /// # Errors
    ///
    /// The failure of `compute`, or a panic in it or in `trial`. Failures are not stored, and followers do not share
    /// them: each follower tries once more, and after a second failure computes for itself.
    pub async fn get_or_compute<T, U, F, W>(
        &self,
        key: &Key,
        trial: T,
        compute: F,
    ) -> Result<Found<C::Value>, ComputeError<C::Failure>>
    where
        T: FnOnce() -> U + Send + 'static,
        U: Future<Output = Option<C::Value>> + Send + 'static,
        F: FnOnce() -> W + Send + 'static,
        W: Future<Output = Result<C::Value, C::Failure>> + Send + 'static,
    {
        let outcome = self.answer(key, trial, compute).await;
        self.count(&outcome);
        outcome
    }

    /// [`Cache::get_or_compute`] without storing: it answers from memory and Redis, but stores no value that it
    /// computes. It computes only for this caller, without a lease and without a flight, and ends when the caller is
    /// cancelled. It looks up Redis if the trial is not enough.
    ///
    /// # Errors
    ///
    /// Those of [`Cache::get_or_compute`].
    pub async fn get_or_compute_no_store<T, U, F, W>(
        &self,
        key: &Key,
        trial: T,
        compute: F,
    ) -> Result<Found<C::Value>, ComputeError<C::Failure>>
    where
        T: FnOnce() -> U,
        U: Future<Output = Option<C::Value>>,
        F: FnOnce() -> W,
        W: Future<Output = Result<C::Value, C::Failure>>,
    {
        let outcome = self.answer_no_store(key, trial, compute).await;
        self.count(&outcome);
        outcome
    }

    fn count(&self, outcome: &Given<C>) {
        self.layers.counters.answers.add(match outcome {
            Ok(found) => match found.source {
                Source::Memory => Answered::Memory,
                Source::Redis => Answered::Redis,
                Source::Computed { .. } => Answered::Computed,
                Source::Collapsed => Answered::Collapsed,
            },
            Err(_) => Answered::Failed,
        });
    }

    async fn answer_no_store<T, U, F, W>(&self, key: &Key, trial: T, compute: F) -> Given<C>
    where
        T: FnOnce() -> U,
        U: Future<Output = Option<C::Value>>,
        F: FnOnce() -> W,
        W: Future<Output = Result<C::Value, C::Failure>>,
    {
        if let Some(found) = self.get(key) {
            return Ok(found);
        }
        let value = match caught(trial).await.map_err(|_| ComputeError::Panicked)? {
            Some(value) => value,
            None => match self.layers.lookup(key).await {
                (Lookup::Value(ttl), Some(value)) => {
                    return Ok(Found { value, source: Source::Redis, ttl, asked_redis: true });
                }
                (lookup, _) => {
                    let asked_redis = lookup.is_answered();
                    let value = unless_it_panics(compute).await?;
                    return Ok(Found { asked_redis, ..not_stored(value) });
                }
            },
        };
        Ok(not_stored(value))
    }

    async fn answer<T, U, F, W>(&self, key: &Key, trial: T, compute: F) -> Given<C>
    where
        T: FnOnce() -> U + Send + 'static,
        U: Future<Output = Option<C::Value>> + Send + 'static,
        F: FnOnce() -> W + Send + 'static,
        W: Future<Output = Result<C::Value, C::Failure>> + Send + 'static,
    {
        if let Some(found) = self.get(key) {
            return Ok(found);
        }
        // Boxed: an unboxed flight would enlarge the future of every call.
        if self.layers.reads_through(key) {
            return Box::pin(self.fly(key, Some(trial), compute)).await;
        }
        let stamp = self.layers.coherence.stamp(key);
        match caught(trial).await {
            Ok(Some(value)) => Ok(self.layers.keep_and_write_behind(key, Arc::new(value), stamp)),
            Ok(None) => Box::pin(self.fly(key, None::<T>, compute)).await,
            Err(_) => Err(ComputeError::Panicked),
        }
    }

    /// One flight for each key: leads it, or follows its leader. A failure belongs to the leader: a follower tries once
    /// more, and after two failures computes for itself, so that no caller waits for ever for others that fail. A
    /// computation that asks for its own key computes it directly, since its flight could not complete.
    async fn fly<T, U, F, W>(&self, key: &Key, trial: Option<T>, compute: F) -> Given<C>
    where
        T: FnOnce() -> U + Send + 'static,
        U: Future<Output = Option<C::Value>> + Send + 'static,
        F: FnOnce() -> W + Send + 'static,
        W: Future<Output = Result<C::Value, C::Failure>> + Send + 'static,
    {
        let flights = if is_led_by_this_task(key) { 0 } else { FLIGHTS_MAX };
        for _ in 0..flights {
            match self.flights.join(key, self.layers.coherence.stamp(key)) {
                Joined::Leader(leader) => {
                    let own = leader.follower();
                    tokio::spawn(run_leader(key.clone(), self.layers.clone().lead(leader, trial, compute)));
                    return own.wait().await.unwrap_or(Err(ComputeError::Panicked));
                }
                Joined::Follower(follower) => {
                    self.layers.counters.flights.add(FlightResult::Joined);
                    if let Some(Ok(found)) = follower.wait().await {
                        return Ok(collapsed(found));
                    }
                }
                Joined::Aside => {
                    self.layers.counters.flights.add(FlightResult::Aside);
                    break;
                }
            }
        }
        unless_it_panics(compute).await.map(not_stored)
    }

    /// A snapshot of the counters and of the present contents.
    pub fn stats(&self) -> Stats {
        let Layers { counters, memory, shared, .. } = &*self.layers;
        let (refuses_reads, refuses_writes) =
            shared.as_ref().map_or((false, false), |shared| shared.primaries.refusals());
        Stats {
            state: self.state(),
            answers: counters.answers.read(),
            memory_lookups: counters.memory.read(),
            redis_lookups: counters.redis.read(),
            flights: counters.flights.read(),
            flights_open: self.flights.open(),
            invalidations: counters.invalidations.read(),
            invalidation_latency: counters.invalidation_latency(),
            memory_entries: memory.len(),
            memory_bytes: memory.bytes(),
            memory_bytes_max: memory.bytes_max(),
            write_behind: counters.write_behind.read(),
            write_behind_open: shared.as_ref().map_or(0, |shared| shared.write_behind.open()),
            removals_pending: self.layers.pending_removals.count(),
            redis_errors: counters.errors.read(),
            refuses_reads,
            refuses_writes,
        }
    }

    /// The entries of the cache, for its operator: to list, show and remove.
    pub fn operator(&self) -> Operator<C> {
        Operator::new(self.layers.clone())
    }

    /// What the cache has in progress.
    #[cfg(feature = "audit")]
    pub fn audit(&self) -> Audit {
        let Layers { memory, coherence, leaders, shared, .. } = &*self.layers;
        Audit {
            bytes_counted: memory.bytes(),
            bytes_held: memory.bytes_held(),
            flights_open: self.flights.open(),
            write_behind_open: shared.as_ref().map_or(0, |shared| shared.write_behind.open()),
            waiters: coherence.waiters.count(),
            tasks: leaders.count(),
        }
    }

    /// Ends the background work. The write-behind continues for a moment; running computations are not awaited. After
    /// that, the cache still answers, without Redis.
    pub async fn shutdown(&self) {
        if let Some(shared) = &self.layers.shared {
            // Best effort: writes that take longer are dropped.
            let _ = tokio::time::timeout(LAST_WRITES, shared.write_behind.flush()).await;
            let mut background = std::mem::take(&mut *self.background.lock().unwrap_or_else(PoisonError::into_inner));
            background.abort_all();
            while background.join_next().await.is_some() {}
            shared.primaries.links().iter().for_each(|link| link.detach());
            self.layers.coherence.close();
        }
    }
}

/// A value that was computed only for one caller.
fn not_stored<V>(value: V) -> Found<V> {
    Found { value: Arc::new(value), source: Source::Computed { stored: false }, ttl: None, asked_redis: false }
}

/// The outcome of a flight, as a follower gets it.
fn collapsed<V>(found: Found<V>) -> Found<V> {
    match found.source {
        Source::Computed { .. } => Found { source: Source::Collapsed, ..found },
        Source::Memory | Source::Redis | Source::Collapsed => found,
    }
}
