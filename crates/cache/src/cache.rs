//! `get_or_compute`: memory, a trial, one flight per key, Redis, the computation, and remembering what it gave.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::coherence::{Coherence, Licence, sweep};
use crate::entry::{Contents, Leases};
use crate::flight::{Boarding, Flights, Lead, is_led_here, leading};
use crate::found::{Failed, Found, Source};
use crate::keeper::Common;
use crate::key::{Key, Namespace};
use crate::layers::{Deed, Layers, Shared};
use crate::memory::Memory;
use crate::offers::{Offering, Offers};
use crate::operator::{Operator, carry_out};
use crate::options::{Deadlines, Options, OptionsError};
use crate::owed::Owed;
use crate::policy::{self, BRIEF, End, Next, Read, Standing};
use crate::primaries::Primaries;
use crate::stats::{Answered, Counters, Flown, MemoryLook, State, Stats};
use crate::topology::keep_connected;

/// How long a cache that is shut down goes on making the offers that wait.
const LAST_OFFERS: Duration = Duration::from_millis(100);
/// Flights of others that one question waits for, if they fail.
const FLIGHTS_MAX: u32 = 2;
/// Looks of one flight, each set off by a change, until Redis is left alone: it may talk nonsense.
const LOOKS_MAX: u32 = 64;

/// What a flight brings.
type Outcome<C> = Result<Found<<C as Contents>::Value>, Failed<<C as Contents>::Failure>>;

/// A layered cache. Cheap to clone; all clones are one cache, whose background work ends with the last of them.
pub struct Cache<C: Contents> {
    layers: Arc<Layers<C>>,
    flights: Arc<Flights<Outcome<C>>>,
    /// Aborted when dropped.
    background: Arc<Mutex<JoinSet<()>>>,
}

impl<C: Contents> Clone for Cache<C> {
    fn clone(&self) -> Self {
        Self { layers: self.layers.clone(), flights: self.flights.clone(), background: self.background.clone() }
    }
}

/// What must be so when nothing is under way; for tests.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audit {
    pub bytes_counted: u64,
    pub bytes_held: u64,
    pub flights_open: u64,
    pub offers_open: u64,
    pub waiters: u64,
    pub tasks: u64,
}

impl Options {
    /// Whether a cache can be built with these. Nothing is connected to, and the password is not read.
    ///
    /// # Errors
    ///
    /// If the namespace, the URL or the certificates cannot be used.
    pub fn check(&self) -> Result<(), OptionsError> {
        Namespace::new(&self.namespace)?;
        self.place(Duration::ZERO).map(|_| ())
    }
}

impl<C: Contents> Cache<C> {
    /// Builds the cache and, if one is configured, begins to connect to its Redis in the background. Whether Redis can
    /// be reached makes no difference here.
    ///
    /// # Errors
    ///
    /// If the namespace, the URL or the certificates cannot be used.
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
    /// As [`Cache::new`], and if a deadline is out of bounds.
    pub fn with_deadlines(contents: C, options: Options, deadlines: Deadlines) -> Result<Self, OptionsError> {
        deadlines.check()?;
        let namespace = Namespace::new(&options.namespace)?;
        let place = options.place(deadlines.handshake)?;
        let state = if place.is_some() { State::Detached } else { State::Memory };

        let contents = Arc::new(contents);
        let counters = Arc::new(Counters::new());
        let memory = Arc::new(Memory::new(options.memory_bytes));
        let coherence = Arc::new(Coherence::new(namespace.clone(), state, counters.clone()));
        let mut background = JoinSet::new();
        let shared = place.map(|place| {
            let primaries = Arc::new(Primaries::new(namespace, deadlines.call));
            let (offers, making) = Offers::new(Offering {
                contents: contents.clone(),
                primaries: primaries.clone(),
                coherence: coherence.clone(),
                counters: counters.clone(),
            });
            let (coherence, memory) = (coherence.clone(), memory.clone());
            background.spawn(sweep(coherence.clone(), memory.clone()));
            let common = Common { coherence, memory, primaries: primaries.clone(), deadlines };
            background.spawn(keep_connected(common, place));
            background.spawn(making);
            Shared { primaries, leases: Leases::new(), offers }
        });
        let (owed, leading) = (Owed::new(), AtomicU64::new(0));
        let layers = Layers { contents, options, deadlines, counters, memory, coherence, owed, leading, shared };
        let layers = Arc::new(layers);
        if layers.shared.is_some() {
            background.spawn(carry_out(layers.clone()));
        }
        Ok(Self { layers, flights: Arc::new(Flights::new()), background: Arc::new(Mutex::new(background)) })
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

    /// Why there was no connection to Redis when one was last wanted, for people: the server, and its words or the
    /// system's. No login is in it.
    pub fn last_failure(&self) -> Option<String> {
        self.layers.coherence.last_failure()
    }

    /// Looks in memory only: no await, no allocation.
    pub fn get(&self, key: &Key) -> Option<Found<C::Value>> {
        let found = self.layers.recall(key);
        self.layers.counters.memory.add(if found.is_some() { MemoryLook::Hit } else { MemoryLook::Miss });
        found
    }

    /// The answer for `key` if memory has it and it will do: what [`Cache::get_or_compute`] would give then, counted like
    /// that, without making ready for what it would do otherwise. Where there is none nothing is counted, for whoever
    /// asked will go on there.
    pub fn recall_if(&self, key: &Key, will_do: impl FnOnce(&Found<C::Value>) -> bool) -> Option<Found<C::Value>> {
        let found = self.layers.recall(key).filter(will_do)?;
        self.layers.counters.memory.add(MemoryLook::Hit);
        self.layers.counters.answers.add(Answered::Memory);
        Some(found)
    }

    /// The answer for `key`: remembered, or worked out once and remembered.
    ///
    /// `trial` computes for about as long as a look-up in Redis would take and gives `None` if that is not enough: then
    /// the answer is expensive. It runs in the task of the caller, or, with [`Lookup::Always`](crate::Lookup::Always) and
    /// while Redis can be asked, after the look-up in the task of its flight; what would hold a thread that serves for
    /// long is for it to put elsewhere. `compute` computes in full, on threads of
    /// its own choosing, in a task that no caller can cancel. Both must give, for one key, the same value at any time: the
    /// key fully determines it. A computation may ask the cache for other keys, if none of these asks for this one in
    /// turn.
    ///
    /// # Errors
    ///
    /// What `compute` failed with, or that it (or `trial`) panicked. Failures are not remembered, and harm nobody who waited
    /// for them: each tries once more, and after the second computes for itself.
    pub async fn get_or_compute<T, U, F, W>(
        &self,
        key: &Key,
        trial: T,
        compute: F,
    ) -> Result<Found<C::Value>, Failed<C::Failure>>
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

    /// [`Cache::get_or_compute`] for a question of which nothing is to remain: what is remembered is found, and what has to
    /// be worked out reaches neither memory nor Redis. It is worked out for this caller alone, who takes no lease and leads
    /// no flight, and ends if the caller goes away. Redis is asked where the trial was not enough.
    ///
    /// # Errors
    ///
    /// As [`Cache::get_or_compute`].
    pub async fn get_or_compute_unremembered<T, U, F, W>(
        &self,
        key: &Key,
        trial: T,
        compute: F,
    ) -> Result<Found<C::Value>, Failed<C::Failure>>
    where
        T: FnOnce() -> U,
        U: Future<Output = Option<C::Value>>,
        F: FnOnce() -> W,
        W: Future<Output = Result<C::Value, C::Failure>>,
    {
        let outcome = self.answer_alone(key, trial, compute).await;
        self.count(&outcome);
        outcome
    }

    fn count(&self, outcome: &Outcome<C>) {
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

    async fn answer_alone<T, U, F, W>(&self, key: &Key, trial: T, compute: F) -> Outcome<C>
    where
        T: FnOnce() -> U,
        U: Future<Output = Option<C::Value>>,
        F: FnOnce() -> W,
        W: Future<Output = Result<C::Value, C::Failure>>,
    {
        if let Some(found) = self.get(key) {
            return Ok(found);
        }
        let value = match caught(trial).await.map_err(|_| Failed::Panicked)? {
            Some(value) => value,
            None => match self.layers.look(key).await {
                (_, Read::Value(value, ttl)) => {
                    return Ok(Found { value, source: Source::Redis, ttl, asked_redis: true });
                }
                (_, read) => {
                    let asked_redis = read.is_answered();
                    let value = unless_it_panics(compute).await?;
                    return Ok(Found { asked_redis, ..unremembered(value) });
                }
            },
        };
        Ok(unremembered(value))
    }

    async fn answer<T, U, F, W>(&self, key: &Key, trial: T, compute: F) -> Outcome<C>
    where
        T: FnOnce() -> U + Send + 'static,
        U: Future<Output = Option<C::Value>> + Send + 'static,
        F: FnOnce() -> W + Send + 'static,
        W: Future<Output = Result<C::Value, C::Failure>> + Send + 'static,
    {
        if let Some(found) = self.get(key) {
            return Ok(found);
        }
        // Flights in a box, so that they make no room for themselves in every question.
        if self.layers.looks_first(key) {
            return Box::pin(self.fly(key, Some(trial), compute)).await;
        }
        let licence = self.layers.coherence.licence(key);
        match caught(trial).await {
            Ok(Some(value)) => Ok(self.layers.remember_and_offer(key, Arc::new(value), licence)),
            Ok(None) => Box::pin(self.fly(key, None::<T>, compute)).await,
            Err(_) => Err(Failed::Panicked),
        }
    }

    /// One flight per key: leads it, or waits for what its leader brings. A leader's failure is its own: who only waited
    /// for it tries once more, and after two of them computes for itself, so that nobody waits without end for others
    /// that fail. A computation that asks for its own key computes it there and then: nobody could land.
    async fn fly<T, U, F, W>(&self, key: &Key, trial: Option<T>, compute: F) -> Outcome<C>
    where
        T: FnOnce() -> U + Send + 'static,
        U: Future<Output = Option<C::Value>> + Send + 'static,
        F: FnOnce() -> W + Send + 'static,
        W: Future<Output = Result<C::Value, C::Failure>> + Send + 'static,
    {
        let flights = if is_led_here(key) { 0 } else { FLIGHTS_MAX };
        for _ in 0..flights {
            match self.flights.board(key) {
                Boarding::Leader(lead) => {
                    let own = lead.passenger();
                    tokio::spawn(leading(key.clone(), self.layers.clone().lead(lead, trial, compute)));
                    return own.arrive().await.unwrap_or(Err(Failed::Panicked));
                }
                Boarding::Follower(passenger) => {
                    self.layers.counters.flights.add(Flown::Joined);
                    if let Some(Ok(found)) = passenger.arrive().await {
                        return Ok(collapsed(found));
                    }
                }
            }
        }
        unless_it_panics(compute).await.map(unremembered)
    }

    /// A snapshot of what the cache did and holds.
    pub fn stats(&self) -> Stats {
        let Layers { counters, memory, shared, .. } = &*self.layers;
        Stats {
            state: self.state(),
            answers: counters.answers.read(),
            memory_lookups: counters.memory.read(),
            redis_lookups: counters.redis.read(),
            flights: counters.flights.read(),
            flights_open: self.flights.open(),
            forgotten: counters.forgotten.read(),
            forget_seconds: counters.forget_seconds(),
            memory_entries: memory.len(),
            memory_bytes: memory.bytes(),
            memory_bytes_max: memory.bytes_max(),
            offers: counters.offers.read(),
            offers_open: shared.as_ref().map_or(0, |shared| shared.offers.open()),
            removals_pending: self.layers.owed.count(),
            redis_errors: counters.errors.read(),
        }
    }

    /// What is remembered, for one who looks after it: to list, to look at, to delete.
    pub fn operator(&self) -> Operator<C> {
        Operator::new(self.layers.clone())
    }

    #[doc(hidden)]
    pub fn audit(&self) -> Audit {
        let Layers { memory, coherence, leading, shared, .. } = &*self.layers;
        Audit {
            bytes_counted: memory.bytes(),
            bytes_held: memory.bytes_held(),
            flights_open: self.flights.open(),
            offers_open: shared.as_ref().map_or(0, |shared| shared.offers.open()),
            waiters: coherence.waiters(),
            tasks: leading.load(SeqCst),
        }
    }

    /// Ends the background work. Offers that wait are made for a moment longer; computations in flight are not waited
    /// for. The cache goes on answering, without Redis.
    pub async fn shutdown(&self) {
        if let Some(shared) = &self.layers.shared {
            // What cannot be made in time is dropped: it was offered, not owed.
            let _ = tokio::time::timeout(LAST_OFFERS, shared.offers.flush()).await;
            let mut background = std::mem::take(&mut *self.background.lock().unwrap_or_else(PoisonError::into_inner));
            background.abort_all();
            while background.join_next().await.is_some() {}
            shared.primaries.links().iter().for_each(|link| link.install(None));
            self.layers.coherence.close();
        }
    }
}

/// What looking brought.
enum Sought<V> {
    Found(Found<V>),
    /// It is to be computed under this licence; the trial may have done so.
    Missing {
        licence: Licence,
        end: End,
        tried: Option<V>,
        /// Whether Redis was asked, and answered.
        asked_redis: bool,
    },
}

impl<C: Contents> Layers<C> {
    /// The whole of a flight: seek, compute, answer, conclude.
    async fn lead<T, U, F, W>(self: Arc<Self>, lead: Lead<Outcome<C>>, trial: Option<T>, compute: F)
    where
        T: FnOnce() -> U,
        U: Future<Output = Option<C::Value>>,
        F: FnOnce() -> W,
        W: Future<Output = Result<C::Value, C::Failure>>,
    {
        let key = &lead.key().clone();
        let mut ended = Ended::begin(&self.counters, &self.leading);
        let (licence, end, tried, asked_redis) = match self.seek(key, trial).await {
            Sought::Found(found) => {
                ended.how = Flown::Found;
                return lead.land(Ok(found));
            }
            Sought::Missing { licence, end, tried, asked_redis } => (licence, end, tried, asked_redis),
        };
        let computed = match tried {
            Some(value) => Ok(value),
            None => unless_it_panics(compute).await,
        };
        let value = match computed {
            Ok(value) => Arc::new(value),
            Err(failed) => {
                ended.how = if matches!(failed, Failed::Panicked) { Flown::Panicked } else { Flown::Failed };
                // First: who asks again is to find no lease of ours, of whose going we would not be told.
                self.give_back(key, &end, licence).await;
                return lead.land(Err(failed));
            }
        };
        ended.how = Flown::Computed;
        let found = |found| Ok(Found { asked_redis, ..found });
        match end {
            End::Keep => lead.land(found(self.remember(key, value, licence, None))),
            End::KeepAndOffer => lead.land(found(self.remember_and_offer(key, value, licence))),
            End::KeepBriefly => lead.land(found(self.remember(key, value, licence, Some(BRIEF)))),
            End::KeepBrieflyAndRelease(ref standing) => {
                lead.announce(found(self.remember(key, value.clone(), licence, Some(BRIEF))));
                self.conclude_in_time(key, standing, None, Deed::Release).await;
                // With a lease goes what memory held: who asks next would compute it again.
                self.remember(key, value, licence, Some(BRIEF));
            }
            End::Replace(ref standing) => match self.prepare(key, &value) {
                Some(writing) => {
                    lead.announce(found(self.promise(&writing, licence)));
                    self.conclude_in_time(key, standing, Some(licence), Deed::Write(writing)).await;
                }
                // Too large, or not to be remembered: not Redis's, and nobody's who asks later.
                None => {
                    self.give_back(key, &end, licence).await;
                    lead.land(found(self.remember(key, value, licence, None)));
                }
            },
        }
    }

    /// Looks, waits and takes, until there is an answer or the right to compute one.
    async fn seek<T, U>(&self, key: &Key, mut trial: Option<T>) -> Sought<C::Value>
    where
        T: FnOnce() -> U,
        U: Future<Output = Option<C::Value>>,
    {
        // The flight before this one may have landed between the caller's look and its boarding.
        if let Some(found) = self.recall(key) {
            return Sought::Found(found);
        }
        let (mut patience, mut looks, mut asked_redis) = (None, 0, false);
        loop {
            let (licence, read) = self.look(key).await;
            looks += 1;
            asked_redis |= read.is_answered();
            let next = policy::after_look(read);
            let tried = match trial.take_if(|_| !matches!(next, Next::Answer(..))) {
                Some(trial) => trial().await,
                None => None,
            };
            let (licence, end) = match next {
                Next::Answer(value, left) => {
                    let (_, ttl) = self.keep(key, &value, policy::shorter(self.lifetime(&value), left), licence);
                    let source = if patience.is_some() { Source::Collapsed } else { Source::Redis };
                    return Sought::Found(Found { value, source, ttl, asked_redis: true });
                }
                next if tried.is_some() => (licence, policy::if_cheap(next)),
                Next::Compute(end) => (licence, Some(end)),
                Next::Take => {
                    let (licence, taken) = self.take(key).await;
                    (licence, policy::after_take(taken))
                }
                Next::Wait(lease) => {
                    let least = self.deadlines.patience;
                    let until =
                        *patience.get_or_insert_with(|| Instant::now() + policy::patience(least, fastrand::f64()));
                    let in_vain = !self.moves(key, licence, until).await;
                    (licence, in_vain.then_some(End::Replace(Standing::Theirs(lease))))
                }
            };
            if let Some(end) = end.or((looks == LOOKS_MAX).then_some(End::KeepBriefly)) {
                return Sought::Missing { licence, end, tried, asked_redis };
            }
        }
    }
}

/// Counts a flight while its task runs, and how it ended, whatever ended it.
struct Ended<'a> {
    counters: &'a Counters,
    leading: &'a AtomicU64,
    how: Flown,
}

impl<'a> Ended<'a> {
    fn begin(counters: &'a Counters, leading: &'a AtomicU64) -> Self {
        leading.fetch_add(1, SeqCst);
        Self { counters, leading, how: Flown::Panicked }
    }
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.counters.flights.add(self.how);
        self.leading.fetch_sub(1, SeqCst);
    }
}

/// Runs a computation to its end; a panic is one.
async fn unless_it_panics<V, E, F, W>(compute: F) -> Result<V, Failed<E>>
where
    F: FnOnce() -> W,
    W: Future<Output = Result<V, E>>,
{
    match caught(compute).await {
        Ok(computed) => computed.map_err(Failed::Computation),
        Err(_) => Err(Failed::Panicked),
    }
}

/// Runs some work to its end, or to its panic.
async fn caught<F, W>(work: F) -> std::thread::Result<W::Output>
where
    F: FnOnce() -> W,
    W: Future,
{
    let mut working = pin!(async move { work().await });
    // After a panic it is not polled again.
    let poll = poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| working.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    });
    poll.await
}

/// What was computed for one caller, and nobody else.
fn unremembered<V>(value: V) -> Found<V> {
    Found { value: Arc::new(value), source: Source::Computed { stored: false }, ttl: None, asked_redis: false }
}

/// What a flight brings, as one who only waited for it has it.
fn collapsed<V>(found: Found<V>) -> Found<V> {
    match found.source {
        Source::Computed { .. } => Found { source: Source::Collapsed, ..found },
        Source::Memory | Source::Redis | Source::Collapsed => found,
    }
}
