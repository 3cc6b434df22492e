//! Many keys at once: every key is answered as by `get_or_compute`, with its own flight, stamp and lease, but the
//! lookups of all keys share one pipeline for each primary.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::oneshot;

use crate::cache::{Cache, FailureApart, with_failure_apart};
use crate::driver::{EarlyLookup, Given, Work, boxed};
use crate::entry::Contents;
use crate::flight::{Follower, Joined, is_led_by_this_task, run_leader};
use crate::key::Key;
use crate::layers::Layers;
use crate::link::CallError;
use crate::outcome::{ComputeError, Found};
use crate::primaries::RawLookup;
use crate::protocol::version::VersionStamp;
use crate::stats::FlightResult;

/// A lookup before its value is decoded.
struct StampedLookup {
    /// From before its command.
    stamp: VersionStamp,
    raw: Result<RawLookup, CallError>,
    took: Duration,
}

/// A flight that waits for its lookup.
struct WaitingFlight {
    key: Key,
    lookup: oneshot::Sender<StampedLookup>,
}

/// How one of the keys will be answered.
enum Place<C: Contents, E> {
    Known(Found<C::Value>),
    Leads(Follower<Given<C>>, FailureApart<E>),
    Follows(Follower<Given<C>>),
    /// It is computed for this caller alone: this task is in the flight of the key, or the flight is not current.
    Aside,
}

impl<C: Contents> Cache<C> {
    /// The answers for many keys, in their order: from memory, from Redis with one pipeline of lookups for each primary,
    /// or computed once and stored.
    ///
    /// Every key is answered as by [`Cache::get_or_compute`]: `compute` is called for each key that nobody else
    /// computes, for all of them at the same time, each in a task that no caller can cancel. A key may occur twice.
    /// Bound the number of keys: all that memory does not hold are in progress together.
    ///
    /// # Errors
    ///
    /// Each answer has its own, as in [`Cache::get_or_compute`].
    pub async fn get_or_compute_many<E, F, W>(
        &self,
        keys: &[Key],
        compute: F,
    ) -> Vec<Result<Found<C::Value>, ComputeError<E>>>
    where
        E: Send + 'static,
        F: Fn(Key) -> W + Send + Sync + 'static,
        W: Future<Output = Result<C::Value, E>> + Send + 'static,
    {
        let compute = Arc::new(compute);
        let mut waiting = Vec::new();
        // First all flights, then the lookups: a lookup must not be older than the callers that join its flight.
        let places: Vec<_> = keys.iter().map(|key| self.take_place(key, &compute, &mut waiting)).collect();
        if !waiting.is_empty() {
            let layers = self.layers.clone();
            tokio::spawn(async move { layers.lookup_many(waiting).await });
        }
        let answers = keys.iter().zip(places).map(|(key, place)| self.answer_in_place(key, place, &compute));
        let outcomes = join_all(answers).await;
        outcomes.iter().for_each(|outcome| self.count(outcome));
        outcomes
    }

    fn take_place<E, F, W>(&self, key: &Key, compute: &Arc<F>, waiting: &mut Vec<WaitingFlight>) -> Place<C, E>
    where
        E: Send + 'static,
        F: Fn(Key) -> W + Send + Sync + 'static,
        W: Future<Output = Result<C::Value, E>> + Send + 'static,
    {
        if let Some(found) = self.get(key) {
            return Place::Known(found);
        }
        if is_led_by_this_task(key) {
            return Place::Aside;
        }
        let leader = match self.flights.join(key, self.layers.coherence.stamp(key)) {
            Joined::Leader(leader) => leader,
            Joined::Follower(follower) => {
                self.layers.counters.flights.add(FlightResult::Joined);
                return Place::Follows(follower);
            }
            Joined::Aside => return Place::Aside,
        };
        let own = leader.follower();
        let (compute, failure) = with_failure_apart(of_key(compute, key));
        let (lookup, looked_up) = oneshot::channel::<StampedLookup>();
        waiting.push(WaitingFlight { key: key.clone(), lookup });
        let layers = self.layers.clone();
        let flight = async move {
            let early = match looked_up.await {
                Ok(StampedLookup { stamp, raw, took }) => {
                    Some(EarlyLookup { stamp, looked_up: layers.decode(raw, took).await })
                }
                // It looks up for itself.
                Err(_) => None,
            };
            layers.lead(leader, early, None, compute).await;
        };
        tokio::spawn(run_leader(key.clone(), flight));
        Place::Leads(own, failure)
    }

    async fn answer_in_place<E, F, W>(
        &self,
        key: &Key,
        place: Place<C, E>,
        compute: &Arc<F>,
    ) -> Result<Found<C::Value>, ComputeError<E>>
    where
        E: Send + 'static,
        F: Fn(Key) -> W + Send + Sync + 'static,
        W: Future<Output = Result<C::Value, E>> + Send + 'static,
    {
        match place {
            Place::Known(found) => return Ok(found),
            Place::Leads(own, failure) => {
                return failure.of(own.wait().await.unwrap_or(Err(ComputeError::Panicked)));
            }
            Place::Follows(follower) => {
                if let Some(Ok(found)) = follower.wait().await {
                    return Ok(found.collapsed());
                }
            }
            Place::Aside => {}
        }
        // The computation of another caller failed, or is outdated.
        Box::pin(self.fly(key.into(), None, of_key(compute, key))).await
    }
}

/// The computation of one key.
fn of_key<F, W>(compute: &Arc<F>, key: &Key) -> Work<W::Output>
where
    F: Fn(Key) -> W + Send + Sync + 'static,
    W: Future + Send + 'static,
{
    let (compute, key) = (compute.clone(), key.clone());
    boxed(move || compute(key))
}

impl<C: Contents> Layers<C> {
    /// Looks up the keys of flights that wait for it. A flight whose lookup is not made here makes its own.
    async fn lookup_many(&self, mut waiting: Vec<WaitingFlight>) {
        let Some(shared) = &self.shared else { return };
        waiting.retain(|flight| !self.is_removal_pending(&flight.key));
        let stamps: Vec<_> = waiting.iter().map(|flight| self.coherence.stamp(&flight.key)).collect();
        let keys: Vec<&Key> = waiting.iter().map(|flight| &flight.key).collect();
        let began = self.coherence.now();
        let found = shared.primaries.lookup_many(&keys).await;
        let took = self.coherence.now() - began;
        for ((flight, stamp), raw) in waiting.into_iter().zip(stamps).zip(found) {
            // The runtime may be ending.
            let _ = flight.lookup.send(StampedLookup { stamp, raw, took });
        }
    }
}
