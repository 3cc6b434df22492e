//! Leads a flight: carries out what the [protocol](crate::protocol) names next, and reports how it ended.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use futures_util::future::BoxFuture;

use crate::entry::{Contents, Lease};
use crate::events::Event as CacheEvent;
use crate::flight::Leader;
use crate::key::Key;
use crate::layers::{Kept, Layers, LookedUp, PreparedValue};
use crate::outcome::{ComputeError, Found, Source};
use crate::policy;
use crate::protocol::flight::{
    Answer, Computation, Event, FinalWrite, Flight, Keep, Limits, Lookup, Next, Now, Outcome, Which,
};
use crate::protocol::version::{Moment, VersionStamp};
use crate::stats::{FlightResult, Label};

/// What a flight gives to its callers. The failure itself goes only to the caller that led the flight.
pub(crate) type Given<C> = Result<Found<<C as Contents>::Value>, ComputeError<()>>;

/// The trial or the computation of a caller, whatever its type: a flight is compiled once for each type of values, and not
/// for each call.
pub(crate) type Work<T> = BoxFuture<'static, T>;

/// Work that begins when it is awaited.
pub(crate) fn boxed<F, W>(work: F) -> Work<W::Output>
where
    F: FnOnce() -> W + Send + 'static,
    W: Future + Send + 'static,
{
    Box::pin(async { work().await })
}

/// The trial of a call, which may not be enough.
pub(crate) type Trial<C> = Work<Option<<C as Contents>::Value>>;

/// What a computation gave.
type Computed<C> = Result<Arc<<C as Contents>::Value>, ComputeError<()>>;

/// A lookup that was made for a flight after it was opened, and before it was led.
pub(crate) struct EarlyLookup<V> {
    /// From before its command.
    pub(crate) stamp: VersionStamp,
    pub(crate) looked_up: LookedUp<V>,
}

impl<V> EarlyLookup<V> {
    pub(crate) fn no_redis(stamp: VersionStamp) -> Self {
        Self { stamp, looked_up: (Lookup::NoRedis, None) }
    }
}

/// The work and the values of one flight, beside the machine that decides about them.
struct Run<'a, C: Contents> {
    layers: &'a Layers<C>,
    key: &'a Key,
    trial: Option<Trial<C>>,
    compute: Option<Work<Result<C::Value, ()>>>,
    early: Option<LookedUp<C::Value>>,
    looked_up: Option<Arc<C::Value>>,
    computed: Option<Computed<C>>,
    prepared: Option<PreparedValue>,
}

impl<C: Contents> Layers<C> {
    /// A whole flight: search, compute, answer, final write. It begins with the early lookup, if there is one.
    pub(crate) async fn lead(
        self: Arc<Self>,
        leader: Leader<Given<C>>,
        early: Option<EarlyLookup<C::Value>>,
        trial: Option<Trial<C>>,
        compute: Work<Result<C::Value, ()>>,
    ) {
        let key = &leader.key().clone();
        let _inside = self.leaders.enter();
        let (began, result) = (self.coherence.now(), FlightResult::Panicked);
        let mut counted = CountedFlight { layers: &self, began, result };
        // The previous flight may have closed between the caller's lookup and its joining.
        let stamp = early.as_ref().map_or_else(|| self.coherence.stamp(key), |early| early.stamp);
        if let Ok(found) = self.get_from_memory(key) {
            counted.result = FlightResult::Found;
            return leader.complete(Answer { outcome: Outcome::LookedUp { has_waited: false }, stamp }, Ok(found));
        }
        let limits = Limits { patience: self.deadlines.patience, lease: self.deadlines.lease };
        let (mut flight, mut step) = Flight::begin(limits, trial.is_some(), stamp);
        let (layers, compute) = (&*self, Some(compute));
        let early = early.map(|early| early.looked_up);
        let mut run = Run { layers, key, trial, compute, early, looked_up: None, computed: None, prepared: None };
        loop {
            let kept = step.keep.and_then(|keep| run.keep(keep));
            if let (true, Some(keep)) = (step.writes_behind, step.keep) {
                run.write_behind(keep.stamp);
            }
            if let Some(answer) = step.answer
                && let Some(outcome) = run.outcome(answer, kept, flight.has_asked_redis())
            {
                counted.result = result_of(&outcome);
                match step.next {
                    Next::Close => return leader.complete(answer, outcome),
                    _ => leader.announce(answer, outcome),
                }
            }
            let Some(event) = run.carry_out(step.next, flight.writes_next()).await else { return };
            let (moment, version) = (self.coherence.now(), self.coherence.stamp(key));
            step = flight.on(event, Now { moment, version, random: fastrand::f64() });
        }
    }
}

impl<C: Contents> Run<'_, C> {
    /// Carries out what is next, and gives how it ended; `None` if the flight is closed.
    async fn carry_out(&mut self, next: Next, writes_next: bool) -> Option<Event<Lease>> {
        let Self { layers, key, .. } = *self;
        Some(match next {
            Next::LookUp => {
                let (lookup, value) = match self.early.take() {
                    Some(early) => early,
                    None => layers.lookup(key).await,
                };
                self.looked_up = value;
                Event::LookedUp(lookup)
            }
            Next::Try => {
                let tried = match self.trial.take() {
                    Some(trial) => trial.await,
                    None => None,
                };
                Event::Tried(tried.map(|value| self.has_computed(Ok(value), writes_next)))
            }
            Next::TakeLease => Event::LeaseAttempted(layers.take_lease(key).await),
            Next::Wait { stamp, until } => match layers.wait_for_change(key, stamp, until).await {
                true => Event::Changed,
                false => Event::WaitedInVain,
            },
            Next::Compute => {
                let computed = match self.compute.take() {
                    Some(compute) => unless_it_panics(compute).await,
                    None => Err(ComputeError::Panicked),
                };
                Event::Computed(self.has_computed(computed, writes_next))
            }
            Next::Write => Event::Written(match &self.prepared {
                Some(prepared) => layers.write(key, prepared).await,
                None => FinalWrite::Missing,
            }),
            Next::DeleteLease => Event::Written(layers.delete_lease(key).await),
            Next::Pause(pause) => {
                tokio::time::sleep(pause).await;
                Event::Paused
            }
            Next::Close => return None,
        })
    }

    /// Prepares the line of a value only if it will be written.
    fn has_computed(&mut self, computed: Result<C::Value, ComputeError<()>>, writes_next: bool) -> Computation {
        let computed = self.computed.insert(computed.map(Arc::new));
        let Ok(value) = computed else { return Computation::Failed };
        self.prepared = if writes_next { self.layers.prepare(self.key, value) } else { None };
        Computation::Value { is_storable: self.prepared.is_some() }
    }

    fn computed_value(&self) -> Option<&Arc<C::Value>> {
        self.computed.as_ref()?.as_ref().ok()
    }

    fn keep(&self, keep: Keep) -> Option<Kept> {
        let Self { layers, key, .. } = *self;
        match (keep.which, &self.prepared) {
            // What a replica holds may be older than what its primary has reported.
            (Which::LookedUp, _) if !layers.has_primary(key) => None,
            (Which::LookedUp, _) => layers.keep_shared(key, self.looked_up.as_ref()?, keep.at_most, keep.stamp),
            // It is kept once it is written, for as long as in Redis.
            (Which::Computed, Some(prepared)) => {
                let left = policy::shorter(prepared.lifetime(), keep.at_most);
                layers.keep_shared(key, self.computed_value()?, left, keep.stamp)
            }
            (Which::Computed, None) => {
                let value = self.computed_value()?;
                layers.keep(key, value, layers.lifetime(value), keep.at_most, keep.stamp)
            }
        }
    }

    fn write_behind(&self, stamp: VersionStamp) {
        if let Some(value) = self.computed_value() {
            self.layers.write_behind(self.key, value, self.layers.lifetime(value), stamp);
        }
    }

    /// The outcome for the callers. `kept` tells whether memory has just taken the value, and for how long.
    fn outcome(&self, answer: Answer, kept: Option<Kept>, asked_redis: bool) -> Option<Given<C>> {
        let (value, source, ttl) = match answer.outcome {
            Outcome::LookedUp { has_waited } => {
                let source = if has_waited { Source::Collapsed } else { Source::Redis };
                (self.looked_up.as_ref()?, source, kept.and_then(|kept| kept.lifetime))
            }
            Outcome::Computed { will_be_written } => {
                let written = self.prepared.as_ref().filter(|_| will_be_written).map(PreparedValue::lifetime);
                let stored = will_be_written || kept.is_some_and(|kept| kept.is_taken);
                let lifetime = kept.map(|kept| kept.lifetime).or(written);
                (self.computed_value()?, Source::Computed { stored }, lifetime.flatten())
            }
            Outcome::Failed => return self.computed.as_ref()?.as_ref().err().cloned().map(Err),
        };
        Some(Ok(Found { value: value.clone(), source, ttl, asked_redis }))
    }
}

/// The label under which a flight is counted.
fn result_of<V, E>(outcome: &Result<Found<V>, ComputeError<E>>) -> FlightResult {
    match outcome {
        Ok(Found { source: Source::Computed { .. }, .. }) => FlightResult::Computed,
        Ok(_) => FlightResult::Found,
        Err(ComputeError::Panicked) => FlightResult::Panicked,
        Err(ComputeError::Computation(_)) => FlightResult::Failed,
    }
}

/// Counts a flight by its result, however its task ends.
struct CountedFlight<'a, C: Contents> {
    layers: &'a Layers<C>,
    began: Moment,
    result: FlightResult,
}

impl<C: Contents> Drop for CountedFlight<'_, C> {
    fn drop(&mut self) {
        let Layers { counters, coherence, .. } = self.layers;
        counters.flights.add(self.result);
        let took = || coherence.now() - self.began;
        counters.events.emit(|| CacheEvent::FlightEnded { result: self.result.label(), took: took() });
    }
}

/// Runs a computation to its end; a panic becomes an error.
pub(crate) async fn unless_it_panics<V, E>(compute: Work<Result<V, E>>) -> Result<V, ComputeError<E>> {
    match caught(|| compute).await {
        Ok(computed) => computed.map_err(ComputeError::Computation),
        Err(_) => Err(ComputeError::Panicked),
    }
}

/// Runs work to its end, or to its panic.
pub(crate) async fn caught<F, W>(work: F) -> std::thread::Result<W::Output>
where
    F: FnOnce() -> W,
    W: Future,
{
    let mut working = pin!(async move { work().await });
    // After a panic, the work is not polled again.
    let poll = poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| working.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    });
    poll.await
}
