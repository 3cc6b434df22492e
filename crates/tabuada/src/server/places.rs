//! The places for connections on a listener. When there are no more, who has waited longest for a next request gives way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::head_clock::HeadClock;

/// How long somebody who has come waits before it is looked again whether a connection has become idle.
const PAUSE: Duration = Duration::from_millis(100);

/// The places of one listener.
#[derive(Debug)]
pub(super) struct Places {
    all: usize,
    free: Arc<Semaphore>,
    guests: Arc<Mutex<Guests>>,
}

#[derive(Debug, Default)]
struct Guests {
    next: u64,
    all: HashMap<u64, Guest>,
}

#[derive(Debug)]
struct Guest {
    clock: HeadClock,
    leave: Arc<Notify>,
}

/// Somebody's place, free again when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    number: u64,
    clock: HeadClock,
    leave: Arc<Notify>,
    guests: Arc<Mutex<Guests>>,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    pub(super) fn new(all: usize) -> Self {
        Self { all, free: Arc::new(Semaphore::new(all)), guests: Arc::default() }
    }

    /// How many are taken.
    pub(super) fn taken(&self) -> usize {
        self.all - self.free.available_permits()
    }

    /// A place for whoever has this clock, as soon as there is one.
    pub(super) async fn take(&self, clock: &HeadClock) -> Place {
        loop {
            if let Some(place) = self.try_take(clock) {
                return place;
            }
            self.ask_the_idlest();
            // In vain or not: whether there is one is seen above.
            let _ = tokio::time::timeout(PAUSE, self.free.acquire()).await;
        }
    }

    /// A place, if one is free.
    pub(super) fn try_take(&self, clock: &HeadClock) -> Option<Place> {
        let permit = self.free.clone().try_acquire_owned().ok()?;
        let (clock, leave) = (clock.clone(), Arc::new(Notify::new()));
        let mut guests = lock(&self.guests);
        let number = guests.next;
        guests.next += 1;
        guests.all.insert(number, Guest { clock: clock.clone(), leave: leave.clone() });
        drop(guests);
        Some(Place { number, clock, leave, guests: self.guests.clone(), _permit: permit })
    }

    fn ask_the_idlest(&self) {
        let guests = lock(&self.guests);
        let idle = guests.all.values().filter_map(|guest| Some((guest.clock.idle_since()?, guest)));
        if let Some((_, guest)) = idle.min_by_key(|(since, _)| *since) {
            guest.leave.notify_one();
        }
    }
}

impl Place {
    /// Ends when somebody else needs the place, and the connection is idle.
    pub(super) async fn is_needed(&self) {
        loop {
            self.leave.notified().await;
            if self.clock.idle_since().is_some() {
                return;
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.guests).all.remove(&self.number);
    }
}

fn lock(guests: &Mutex<Guests>) -> MutexGuard<'_, Guests> {
    guests.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use hyper::rt::Timer as _;
    use tokio::time::advance;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn the_idlest_gives_way_and_the_busy_never() {
        let places = Places::new(3);
        let clocks = [(); 4].map(|()| HeadClock::new(SECOND));
        // The first is busy; the second waits for a request, the third for longer.
        let third_waits = clocks[2].sleep(SECOND * 60);
        advance(SECOND).await;
        let second_waits = clocks[1].sleep(SECOND * 60);
        let [first, second, third] = [0, 1, 2].map(|at| places.try_take(&clocks[at]).expect("it is free"));
        assert!(places.try_take(&clocks[3]).is_none() && places.taken() == 3);
        let fourth = tokio::join!(places.take(&clocks[3]), async {
            third.is_needed().await;
            drop((third, third_waits));
        });
        // The next is the second, as soon as nobody is idler.
        let fifth = tokio::join!(places.take(&clocks[3]), async {
            second.is_needed().await;
            drop((second, second_waits));
        });
        // When all are busy, whoever comes waits until one of them is not.
        let mut first_waits = None;
        tokio::join!(places.take(&clocks[3]), async {
            advance(SECOND).await;
            first_waits = Some(clocks[0].sleep(SECOND * 60));
            first.is_needed().await;
            drop(first);
        });
        drop((fourth, fifth, first_waits));
        assert_eq!(places.taken(), 0);
    }
}
