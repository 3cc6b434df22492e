//! `get_or_compute`: memory, a trial, one flight for each key, Redis, the computation, and storing its value.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinSet;

#[cfg(feature = "audit")]
use crate::audit::Audit;
use crate::audit::Gauge;
use crate::call::Call;
use crate::coherence::{Coherence, sweep};
use crate::driver::{EarlyLookup, Given, Trial, Work, boxed, caught, unless_it_panics};
use crate::entry::{Contents, Leases};
use crate::events::Events;
use crate::flight::{Flights, Joined, is_led_by_this_task, run_leader};
use crate::key::{Key, Namespace};
use crate::layers::{Layers, Shared};
use crate::memory::Memory;
use crate::operator::{Operator, Removed, run_pending_removals};
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

type NoTrial<C> = fn() -> std::future::Ready<Option<<C as Contents>::Value>>;

/// A layered cache. Its background work ends with it.
pub struct Cache<C: Contents> {
    pub(crate) layers: Arc<Layers<C>>,
    pub(crate) flights: Arc<Flights<Given<C>>>,
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
        let counters = Arc::new(Counters::with_events(Events::new(options.on_event.clone())));
        let memory = Arc::new(Memory::new(options.memory_bytes));
        let coherence = Arc::new(Coherence::new(namespace.clone(), state, counters.clone()));
        let mut background = JoinSet::new();
        let shared = url.map(|url| {
            let primaries = Arc::new(Primaries::new(namespace, deadlines.call));
            let (write_behind, writing) = WriteBehind::new(Writer {
                contents: contents.clone(),
                memory: memory.clone(),
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
        if self.layers.reads_through(key.into()) {
            return None;
        }
        let stamp = self.layers.coherence.stamp(key);
        let found = self.layers.keep_cheap(key.into(), Arc::new(trial()?), stamp);
        self.layers.counters.memory.add(MemoryLookup::Miss);
        self.layers.counters.answers.add(Answered::Computed);
        Some(found)
    }

    /// The answer for a key: from memory, from Redis, or computed once and stored.
    ///
    /// `compute` computes in full, on threads of its own choice, in a task that no caller can cancel. For one key, it
    /// must always give the same value, since the key fully determines it. A computation may ask the cache for other
    /// keys, unless one of these asks for this key in turn.
    ///
    /// Values that are often computed faster than Redis replies: [`Cache::get_or_try_then_compute`].
    ///
    /// # Errors
    ///
    /// The failure of `compute`, for a reason of this machine (a deadline, no free thread), or a panic in it. Failures
    /// are not stored, and followers do not share them: each follower tries once more, and after a second failure
    /// computes for itself.
    pub async fn get_or_compute<'k, E, F, W>(
        &self,
        call: impl Into<Call<'k>>,
        compute: F,
    ) -> Result<Found<C::Value>, ComputeError<E>>
    where
        E: Send + 'static,
        F: FnOnce() -> W + Send + 'static,
        W: Future<Output = Result<C::Value, E>> + Send + 'static,
    {
        let outcome = self.answer(call.into(), None::<NoTrial<C>>, compute).await;
        self.count(&outcome);
        outcome
    }

    /// [`Cache::get_or_compute`] with a trial, so that cheap values are computed without a lookup in Redis.
    ///
    /// `trial` computes for about as long as a lookup in Redis takes; it gives `None` if that is not enough, and the
    /// answer is then expensive. It runs in the caller's task; with [`Lookup::Always`](crate::Lookup::Always) and a
    /// reachable Redis, it runs after the lookup, in the task of the flight. A trial that would block its thread for
    /// long must itself move to another one. Both must give the same value.
    ///
    /// # Errors
    ///
    /// Those of [`Cache::get_or_compute`], and a panic in `trial`.
    pub async fn get_or_try_then_compute<'k, E, T, U, F, W>(
        &self,
        call: impl Into<Call<'k>>,
        trial: T,
        compute: F,
    ) -> Result<Found<C::Value>, ComputeError<E>>
    where
        E: Send + 'static,
        T: FnOnce() -> U + Send + 'static,
        U: Future<Output = Option<C::Value>> + Send + 'static,
        F: FnOnce() -> W + Send + 'static,
        W: Future<Output = Result<C::Value, E>> + Send + 'static,
    {
        let outcome = self.answer(call.into(), Some(trial), compute).await;
        self.count(&outcome);
        outcome
    }

    /// Stores a value that the caller has: in memory, and in Redis if the key is missing there, as if a trial had
    /// computed it just now. Storing is best effort; `found.source` tells whether memory keeps it.
    pub fn insert(&self, key: &Key, value: C::Value) -> Found<C::Value> {
        self.layers.keep_cheap(key.into(), Arc::new(value), self.layers.coherence.stamp(key))
    }

    /// Removes the answer of a key from memory, from Redis and from every node, as [`Operator::delete`] does. Since the
    /// key determines the value, this is for answers that turned out to be wrong.
    pub async fn invalidate(&self, key: &Key) -> Removed {
        self.operator().delete_key(key).await
    }

    pub(crate) fn count<E>(&self, outcome: &Result<Found<C::Value>, ComputeError<E>>) {
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

    /// A call that stores nothing and computes only for its caller.
    async fn answer_no_store<E>(
        &self,
        call: Call<'_>,
        trial: Option<Trial<C>>,
        compute: Work<Result<C::Value, E>>,
    ) -> Result<Found<C::Value>, ComputeError<E>> {
        let tried = match trial {
            Some(trial) => caught(|| trial).await.map_err(|_| ComputeError::Panicked)?,
            None => None,
        };
        if let Some(value) = tried {
            return Ok(not_stored(value));
        }
        let looked_up = match call.uses_redis {
            true => self.layers.lookup(call.key).await,
            false => (Lookup::NoRedis, None),
        };
        let asked_redis = looked_up.0.is_answered();
        if let (Lookup::Value(ttl), Some(value)) = looked_up {
            return Ok(Found { value, source: Source::Redis, ttl, asked_redis });
        }
        let value = unless_it_panics(compute).await?;
        Ok(Found { asked_redis, ..not_stored(value) })
    }

    async fn answer<E, T, U, F, W>(
        &self,
        call: Call<'_>,
        trial: Option<T>,
        compute: F,
    ) -> Result<Found<C::Value>, ComputeError<E>>
    where
        E: Send + 'static,
        T: FnOnce() -> U + Send + 'static,
        U: Future<Output = Option<C::Value>> + Send + 'static,
        F: FnOnce() -> W + Send + 'static,
        W: Future<Output = Result<C::Value, E>> + Send + 'static,
    {
        if let Some(found) = self.get(call.key) {
            return Ok(found);
        }
        // Boxed: an unboxed flight would enlarge the future of every call.
        if !call.stores {
            return Box::pin(self.answer_no_store(call, trial.map(boxed), boxed(compute))).await;
        }
        let trial = match trial {
            Some(trial) if !self.layers.reads_through(call) => trial,
            trial => return Box::pin(self.fly(call, trial.map(boxed), boxed(compute))).await,
        };
        let stamp = self.layers.coherence.stamp(call.key);
        match caught(trial).await {
            Ok(Some(value)) => Ok(self.layers.keep_cheap(call, Arc::new(value), stamp)),
            Ok(None) => Box::pin(self.fly(call, None, boxed(compute))).await,
            Err(_) => Err(ComputeError::Panicked),
        }
    }

    /// One flight for each key: leads it, or follows its leader. A failure belongs to the leader: a follower tries once
    /// more, and after two failures computes for itself, so that no caller waits for ever for others that fail. A
    /// computation that asks for its own key computes it directly, since its flight could not complete.
    pub(crate) async fn fly<E: Send + 'static>(
        &self,
        call: Call<'_>,
        trial: Option<Trial<C>>,
        compute: Work<Result<C::Value, E>>,
    ) -> Result<Found<C::Value>, ComputeError<E>> {
        let key = call.key;
        let flights = if is_led_by_this_task(key) { 0 } else { FLIGHTS_MAX };
        for _ in 0..flights {
            match self.flights.join(key, self.layers.coherence.stamp(key)) {
                Joined::Leader(leader) => {
                    let own = leader.follower();
                    // Without Redis, the flight begins as if a lookup had found that there is none.
                    let no_redis = || EarlyLookup::no_redis(self.layers.coherence.stamp(key));
                    let lookup = (!call.uses_redis).then(no_redis);
                    let (compute, failure) = with_failure_apart(compute);
                    let flight = self.layers.clone().lead(leader, lookup, trial, compute);
                    tokio::spawn(run_leader(key.clone(), flight));
                    return failure.of(own.wait().await.unwrap_or(Err(ComputeError::Panicked)));
                }
                Joined::Follower(follower) => {
                    self.layers.counters.flights.add(FlightResult::Joined);
                    if let Some(Ok(found)) = follower.wait().await {
                        return Ok(found.collapsed());
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
            touches: counters.touches.read(),
            removals_pending: self.layers.pending_removals.count(),
            redis_errors: counters.errors.read(),
            hook_panics: counters.events.panics(),
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

/// Where a failure waits for the caller that led its flight.
pub(crate) struct FailureApart<E>(oneshot::Receiver<E>);

impl<E> FailureApart<E> {
    /// The outcome of the flight, with the failure.
    pub(crate) fn of<V>(mut self, outcome: Result<Found<V>, ComputeError<()>>) -> Result<Found<V>, ComputeError<E>> {
        outcome.map_err(|error| match error {
            ComputeError::Computation(()) => {
                self.0.try_recv().map_or(ComputeError::Panicked, ComputeError::Computation)
            }
            ComputeError::Panicked => ComputeError::Panicked,
        })
    }
}

/// Separates the failure of a computation from its outcome, which all followers share: so each call may fail with a
/// type of its own, and no failure needs to be cloned.
pub(crate) fn with_failure_apart<V: 'static, E: Send + 'static>(
    compute: Work<Result<V, E>>,
) -> (Work<Result<V, ()>>, FailureApart<E>) {
    let (failed, failure) = oneshot::channel();
    // The caller may have gone away.
    let compute = async { compute.await.map_err(|error| drop(failed.send(error))) };
    (Box::pin(compute), FailureApart(failure))
}

/// A value that was computed only for one caller.
fn not_stored<V>(value: V) -> Found<V> {
    Found { value: Arc::new(value), source: Source::Computed { stored: false }, ttl: None, asked_redis: false }
}
