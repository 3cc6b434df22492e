//! Single flight: one leader for each key computes, and its followers wait for the outcome.
//!
//! The leader is a [`Leader`] in a task of its own, which no caller can cancel. Either it completes the flight, which
//! removes it from the table and gives the outcome; or it announces the outcome first and continues to work, and
//! callers that join meanwhile get the outcome at once, unless something has changed since its computation was permitted.
//! If a leader is dropped by a panic or the end of the runtime, the flight is removed too, and its followers learn that
//! there is no outcome.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, PoisonError};

use tokio::sync::watch;

use crate::key::Key;
use crate::protocol::flight::Answer;
use crate::protocol::version::VersionStamp;
use crate::sync::{Mutex, MutexGuard};

tokio::task_local! {
    /// The keys whose flights this task leads, or a task that waits for this one.
    static LED: Vec<Key>;
}

/// Whether a task that waits here for the flight of `key` would wait for itself.
pub(crate) fn is_led_by_this_task(key: &Key) -> bool {
    LED.try_with(|led| led.contains(key)).unwrap_or(false)
}

/// Runs the leader of the flight of `key`.
pub(crate) fn run_leader<T>(key: Key, flight: impl Future<Output = T>) -> impl Future<Output = T> {
    let mut led = LED.try_with(Vec::clone).unwrap_or_default();
    led.push(key);
    LED.scope(led, flight)
}

/// The flights of one cache, by key; `O` is the outcome of a flight.
pub(crate) struct Flights<O> {
    open: Mutex<HashMap<Key, watch::Receiver<Announced<O>>>>,
}

/// Nothing yet, or an answer and its outcome.
type Announced<O> = Option<(Answer, O)>;

/// The role of a caller in a flight.
pub(crate) enum Joined<O> {
    Leader(Leader<O>),
    Follower(Follower<O>),
    /// The flight has an outcome that is not current, and is not closed yet: the caller computes for itself.
    Aside,
}

/// The right and the duty to give an outcome.
pub(crate) struct Leader<O> {
    flights: Arc<Flights<O>>,
    key: Key,
    outcome: watch::Sender<Announced<O>>,
}

/// A caller that waits for the outcome.
pub(crate) struct Follower<O>(watch::Receiver<Announced<O>>);

impl<O: Clone> Flights<O> {
    pub(crate) fn new() -> Self {
        Self { open: Mutex::new(HashMap::new()) }
    }

    /// The number of flights in the table.
    pub(crate) fn open(&self) -> u64 {
        self.table().len() as u64
    }

    /// Joins the flight of `key`, whose version is `version` now, or opens it.
    pub(crate) fn join(self: &Arc<Self>, key: &Key, version: VersionStamp) -> Joined<O> {
        let mut open = self.table();
        if let Some(outcome) = open.get(key) {
            let is_outdated = outcome.borrow().as_ref().is_some_and(|(answer, _)| !answer.is_current(version));
            return if is_outdated { Joined::Aside } else { Joined::Follower(Follower(outcome.clone())) };
        }
        let (outcome, receiver) = watch::channel(None);
        open.insert(key.clone(), receiver);
        Joined::Leader(Leader { flights: self.clone(), key: key.clone(), outcome })
    }

    // A panic under this lock leaves the table intact: each use is a single operation of the map.
    fn table(&self) -> MutexGuard<'_, HashMap<Key, watch::Receiver<Announced<O>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<O> Leader<O> {
    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    pub(crate) fn follower(&self) -> Follower<O> {
        Follower(self.outcome.subscribe())
    }

    /// Gives the outcome to every follower, and to every caller that joins until this is dropped, if it is current then.
    pub(crate) fn announce(&self, answer: Answer, outcome: O) {
        self.outcome.send_replace(Some((answer, outcome)));
    }

    /// Removes the flight from the table, then gives the outcome to every follower. So a caller that asks again after
    /// it got a failure does not join this flight.
    pub(crate) fn complete(self, answer: Answer, outcome: O) {
        self.leave();
        self.announce(answer, outcome);
    }

    /// Removes the flight from the table, once: the next flight of the key has another leader.
    fn leave(&self) {
        let mut open = self.flights.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.get(&self.key).is_some_and(|outcome| outcome.same_channel(&self.outcome.subscribe())) {
            open.remove(&self.key);
        }
    }
}

impl<O> Drop for Leader<O> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl<O: Clone> Follower<O> {
    /// The outcome; `None` if the leader was lost without giving one.
    pub(crate) async fn wait(mut self) -> Option<O> {
        self.0.wait_for(Option::is_some).await.ok()?.as_ref().map(|(_, outcome)| outcome.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::flight::Outcome;

    const BEFORE: VersionStamp = VersionStamp { purge: 0, shard: 0, changes: 0 };
    const ANSWER: Answer = Answer { outcome: Outcome::Computed { will_be_written: true }, stamp: BEFORE };

    fn leader(flights: &Arc<Flights<u32>>, key: &Key) -> Leader<u32> {
        match flights.join(key, BEFORE) {
            Joined::Leader(leading) => leading,
            Joined::Follower(_) | Joined::Aside => panic!("{key:?} has a leader"),
        }
    }

    fn follower(flights: &Arc<Flights<u32>>, key: &Key) -> Follower<u32> {
        match flights.join(key, BEFORE) {
            Joined::Follower(follower) => follower,
            Joined::Leader(_) | Joined::Aside => panic!("{key:?} has no current flight"),
        }
    }

    #[tokio::test]
    async fn every_follower_gets_the_outcome_until_the_leader_leaves() {
        let (flights, key) = (Arc::new(Flights::new()), Key::new("1", "2+2"));
        let leading = leader(&flights, &key);
        let (own, other) = (leading.follower(), follower(&flights, &key));
        let _another_key = leader(&flights, &Key::new("1", "3+3"));
        leading.announce(ANSWER, 4);
        let late = follower(&flights, &key);
        assert_eq!((own.wait().await, other.wait().await, late.wait().await), (Some(4), Some(4), Some(4)));
        drop(leading);
        assert_eq!(flights.open(), 1);
        leader(&flights, &key).complete(ANSWER, 5);
        drop(leader(&flights, &key));
    }

    #[tokio::test]
    async fn an_announced_outcome_answers_nobody_who_asks_after_a_change() {
        let (flights, key) = (Arc::new(Flights::new()), Key::new("1", "2+2"));
        let leading = leader(&flights, &key);
        let changed = [VersionStamp { changes: 1, ..BEFORE }, VersionStamp { purge: 1, ..BEFORE }];
        for version in changed {
            assert!(matches!(flights.join(&key, version), Joined::Follower(_)), "it is not announced yet");
        }
        leading.announce(ANSWER, 4);
        for version in changed {
            assert!(matches!(flights.join(&key, version), Joined::Aside));
        }
        assert_eq!(follower(&flights, &key).wait().await, Some(4));
    }

    #[tokio::test]
    async fn a_leader_that_completed_does_not_take_the_next_flight_off_the_table() {
        let (flights, key) = (Arc::new(Flights::new()), Key::new("1", "2+2"));
        let leading = leader(&flights, &key);
        leading.leave();
        let next = leader(&flights, &key);
        leading.complete(ANSWER, 4);
        next.announce(ANSWER, 5);
        assert_eq!(follower(&flights, &key).wait().await, Some(5));
    }

    #[tokio::test]
    async fn a_lost_leader_leaves_no_follower_waiting() {
        let (flights, key) = (Arc::new(Flights::new()), Key::new("1", "2+2"));
        let leading = leader(&flights, &key);
        let waiting = follower(&flights, &key);
        let lost = tokio::spawn(async move {
            let _leader = leading;
            panic!("on purpose");
        });
        assert!(lost.await.is_err());
        assert_eq!((waiting.wait().await, flights.open()), (None, 0));
    }
}
