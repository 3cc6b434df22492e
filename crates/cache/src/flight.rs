//! Once: one leader per key, everybody else waits for what it brings.
//!
//! The leader is a [`Lead`] held by a task of its own, which no caller can cancel. It lands with an outcome and leaves the
//! table; or it announces the outcome and has more to do: who comes meanwhile gets it at once. A leader that is dropped,
//! by a panic or the end of the runtime, leaves the table too, and nobody waiting.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, PoisonError};

use tokio::sync::watch;

use crate::key::Key;
use crate::sync::{Mutex, MutexGuard};

tokio::task_local! {
    /// The keys whose flights this task, and those that wait for it in turn, lead.
    static LED: Vec<Key>;
}

/// Whether waiting for a flight of `key` here would be waiting for oneself.
pub(crate) fn is_led_here(key: &Key) -> bool {
    LED.try_with(|led| led.contains(key)).unwrap_or(false)
}

/// Runs what leads the flight of `key`.
pub(crate) fn leading<T>(key: Key, flight: impl Future<Output = T>) -> impl Future<Output = T> {
    let mut led = LED.try_with(Vec::clone).unwrap_or_default();
    led.push(key);
    LED.scope(led, flight)
}

/// The flights of one cache, by key; `O` is what a flight brings.
pub(crate) struct Flights<O> {
    open: Mutex<HashMap<Key, watch::Receiver<Option<O>>>>,
}

pub(crate) enum Boarding<O> {
    Leader(Lead<O>),
    Follower(Passenger<O>),
}

/// The right, and the duty, to bring an outcome.
pub(crate) struct Lead<O> {
    flights: Arc<Flights<O>>,
    key: Key,
    landing: watch::Sender<Option<O>>,
}

/// One who waits.
pub(crate) struct Passenger<O>(watch::Receiver<Option<O>>);

impl<O: Clone> Flights<O> {
    pub(crate) fn new() -> Self {
        Self { open: Mutex::new(HashMap::new()) }
    }

    /// Flights that have not left the table.
    pub(crate) fn open(&self) -> u64 {
        self.table().len() as u64
    }

    pub(crate) fn board(self: &Arc<Self>, key: &Key) -> Boarding<O> {
        let mut open = self.table();
        if let Some(landing) = open.get(key) {
            return Boarding::Follower(Passenger(landing.clone()));
        }
        let (landing, landed) = watch::channel(None);
        open.insert(key.clone(), landed);
        Boarding::Leader(Lead { flights: self.clone(), key: key.clone(), landing })
    }

    // A panic while the lock is held leaves the table whole: each use is one operation of the map.
    fn table(&self) -> MutexGuard<'_, HashMap<Key, watch::Receiver<Option<O>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<O> Lead<O> {
    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    pub(crate) fn passenger(&self) -> Passenger<O> {
        Passenger(self.landing.subscribe())
    }

    /// Gives everybody who waits the outcome, and whoever comes until this is dropped.
    pub(crate) fn announce(&self, outcome: O) {
        self.landing.send_replace(Some(outcome));
    }

    /// Leaves the table, then gives everybody who waits the outcome: who asks after having got it finds no trace of this
    /// flight, and above all none of its failure.
    pub(crate) fn land(self, outcome: O) {
        self.leave();
        self.announce(outcome);
    }

    /// Leaves the table, once: the next flight of the key is another's.
    fn leave(&self) {
        let mut open = self.flights.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.get(&self.key).is_some_and(|landing| landing.same_channel(&self.landing.subscribe())) {
            open.remove(&self.key);
        }
    }
}

impl<O> Drop for Lead<O> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl<O: Clone> Passenger<O> {
    /// The outcome; `None` if the leader was lost without one.
    pub(crate) async fn arrive(mut self) -> Option<O> {
        self.0.wait_for(Option::is_some).await.ok()?.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leader(flights: &Arc<Flights<u32>>, key: &Key) -> Lead<u32> {
        match flights.board(key) {
            Boarding::Leader(lead) => lead,
            Boarding::Follower(_) => panic!("{key:?} has a leader"),
        }
    }

    fn follower(flights: &Arc<Flights<u32>>, key: &Key) -> Passenger<u32> {
        match flights.board(key) {
            Boarding::Leader(_) => panic!("{key:?} has no leader"),
            Boarding::Follower(passenger) => passenger,
        }
    }

    #[tokio::test]
    async fn everybody_gets_what_the_leader_brings_until_it_leaves() {
        let (flights, key) = (Arc::new(Flights::new()), Key::new("1", "2+2"));
        let lead = leader(&flights, &key);
        let (own, other) = (lead.passenger(), follower(&flights, &key));
        let _another_key = leader(&flights, &Key::new("1", "3+3"));
        lead.announce(4);
        let late = follower(&flights, &key);
        assert_eq!((own.arrive().await, other.arrive().await, late.arrive().await), (Some(4), Some(4), Some(4)));
        drop(lead);
        assert_eq!(flights.open(), 1);
        leader(&flights, &key).land(5);
        drop(leader(&flights, &key));
    }

    #[tokio::test]
    async fn a_leader_that_landed_does_not_take_the_next_one_off_the_table() {
        let (flights, key) = (Arc::new(Flights::new()), Key::new("1", "2+2"));
        let lead = leader(&flights, &key);
        lead.leave();
        let next = leader(&flights, &key);
        lead.land(4);
        next.announce(5);
        assert_eq!(follower(&flights, &key).arrive().await, Some(5));
    }

    #[tokio::test]
    async fn a_leader_that_is_lost_leaves_nobody_waiting() {
        let (flights, key) = (Arc::new(Flights::new()), Key::new("1", "2+2"));
        let lead = leader(&flights, &key);
        let waiting = follower(&flights, &key);
        let lost = tokio::spawn(async move {
            let _lead = lead;
            panic!("on purpose");
        });
        assert!(lost.await.is_err());
        assert_eq!((waiting.arrive().await, flights.open()), (None, 0));
    }
}
