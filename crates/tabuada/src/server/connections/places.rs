//! The connection limit of a listener, of which each peer may have its share. When it is reached, the connection that
//! has been idle for longest is closed.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;

use super::head_clock::HeadClock;
use crate::peer::{Holdings, Peer, Share};

/// How long a new connection waits before idle ones are looked for again.
const PAUSE: Duration = Duration::from_millis(10);

/// So many connections are examined for an idle one, in turn, so that accepting costs the same however many there are.
/// An idle one of a peer with its share is found soon, since the peer has a good part of all.
const LOOKS: usize = 256;

/// How long a connection may take to end.
const END_TIME: Duration = Duration::from_millis(500);

/// Of a peer with its share, one connection of so many may come while one that was asked to close is still there.
const ONE_MORE_OF: usize = 64;

/// The places of one listener.
#[derive(Debug)]
pub(super) struct Places {
    all: usize,
    /// How many of them one peer may have.
    each: usize,
    free: Arc<Semaphore>,
    guests: Arc<Mutex<Guests>>,
}

#[derive(Debug, Default)]
struct Guests {
    next: u64,
    all: BTreeMap<u64, Guest>,
    /// How many each peer has.
    held: Holdings,
    /// The place to examine next.
    cursor: u64,
}

#[derive(Debug)]
struct Guest {
    /// The peer whose share it uses.
    holder: Option<Peer>,
    clock: HeadClock,
    /// Aborts its task.
    end: Option<AbortHandle>,
}

/// A place, freed on drop.
#[derive(Debug)]
pub(super) struct Place {
    number: u64,
    guests: Arc<Mutex<Guests>>,
    _permit: OwnedSemaphorePermit,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// All are taken.
    Full,
    /// The peer has its share, and none of its examined connections is idle.
    Share,
}

impl Places {
    pub(super) fn new(all: usize, share: Share) -> Self {
        Self { all, each: share.of(all), free: Arc::new(Semaphore::new(all)), guests: Arc::default() }
    }

    /// Places in use.
    pub(super) fn taken(&self) -> usize {
        self.all - self.free.available_permits()
    }

    /// Connections with a request in progress.
    pub(super) fn busy(&self) -> usize {
        lock(&self.guests).all.values().filter(|guest| guest.clock.is_busy()).count()
    }

    /// Sets how the connection at a place is ended, unless it has ended.
    pub(super) fn can_end(&self, number: u64, end: AbortHandle) {
        if let Some(guest) = lock(&self.guests).all.get_mut(&number) {
            guest.end = Some(end);
        }
    }

    /// Ends all connections, whatever they do.
    pub(super) async fn end_all(&self) {
        for guest in lock(&self.guests).all.values() {
            guest.end.iter().for_each(AbortHandle::abort);
        }
        let all = u32::try_from(self.all).unwrap_or(u32::MAX);
        // A task that does not end at once is not waited for.
        let _ = tokio::time::timeout(END_TIME, self.free.acquire_many(all)).await;
    }

    /// A place for the connection of this clock, as soon as there is one; `None` if its peer has its share.
    pub(super) async fn take(&self, clock: &HeadClock, holder: Option<Peer>) -> Option<Place> {
        loop {
            match self.try_take(clock, holder) {
                Ok(place) => return Some(place),
                Err(NoPlace::Share) => return None,
                Err(NoPlace::Full) => {}
            }
            lock(&self.guests).ask_the_idlest(|_| true);
            // The loop above checks whether there is one.
            let _ = tokio::time::timeout(PAUSE, self.free.acquire()).await;
        }
    }

    /// A place, if one is free. If the peer has its share, its connection that is idle for longest is asked to close.
    pub(super) fn try_take(&self, clock: &HeadClock, holder: Option<Peer>) -> Result<Place, NoPlace> {
        let mut guests = lock(&self.guests);
        let held = guests.held(holder);
        let has_its_share = self.each < self.all && held >= self.each;
        let most = self.each + (self.each / ONE_MORE_OF).max(1);
        if has_its_share && (held >= most || !guests.ask_the_idlest(|guest| guest.holder == holder)) {
            return Err(NoPlace::Share);
        }
        let permit = self.free.clone().try_acquire_owned().map_err(|_| NoPlace::Full)?;
        let number = guests.add(Guest { holder, clock: clock.clone(), end: None });
        drop(guests);
        Ok(Place { number, guests: self.guests.clone(), _permit: permit })
    }
}

impl Guests {
    fn held(&self, holder: Option<Peer>) -> usize {
        holder.map_or(0, |peer| self.held.of(peer))
    }

    fn add(&mut self, guest: Guest) -> u64 {
        if let Some(peer) = guest.holder {
            self.held.add(peer, 1);
        }
        let number = self.next;
        self.next += 1;
        self.all.insert(number, guest);
        number
    }

    fn remove(&mut self, number: u64) {
        if let Some(peer) = self.all.remove(&number).and_then(|guest| guest.holder) {
            self.held.take_away(peer, 1);
        }
    }

    /// Asks an idle connection to close: of the peer with the most, the one that is idle for longest. Gives whether
    /// there is one.
    fn ask_the_idlest(&mut self, may_be_asked: impl Fn(&Guest) -> bool) -> bool {
        let in_turn = self.all.range(self.cursor..).chain(self.all.range(..self.cursor)).take(LOOKS);
        let mut last = None;
        let idle = in_turn.inspect(|(number, _)| last = Some(**number)).filter_map(|(number, guest)| {
            let since = guest.clock.idle_since().filter(|_| !guest.clock.is_to_go() && may_be_asked(guest))?;
            Some((self.held(guest.holder), Reverse(since), *number))
        });
        let idlest = idle.max();
        self.cursor = last.map_or(0, |last| last + 1);
        let Some(guest) = idlest.and_then(|(.., number)| self.all.get(&number)) else { return false };
        guest.clock.go();
        true
    }
}

impl Place {
    /// Chooses one.
    pub(super) fn number(&self) -> u64 {
        self.number
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.guests).remove(self.number);
    }
}

fn lock(guests: &Mutex<Guests>) -> MutexGuard<'_, Guests> {
    guests.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use hyper::rt::Timer as _;
    use tokio::time::{Instant, advance};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn the_idlest_gives_way_and_the_busy_never() {
        let places = Places::new(3, Share::ALL);
        let clocks = [(); 4].map(|()| HeadClock::new(SECOND));
        // The first is busy; the second waits for a request, the third for longer.
        let third_waits = clocks[2].sleep(SECOND * 60);
        advance(SECOND).await;
        let second_waits = clocks[1].sleep(SECOND * 60);
        let [first, second, third] = [0, 1, 2].map(|at| places.try_take(&clocks[at], None).expect("it is free"));
        assert!(places.try_take(&clocks[3], None).is_err() && places.taken() == 3);
        let fourth = tokio::join!(places.take(&clocks[3], None), async {
            third_waits.await;
            drop(third);
        });
        // The next is the second, as soon as none is idle for longer.
        let fifth = tokio::join!(places.take(&clocks[3], None), async {
            second_waits.await;
            drop(second);
        });
        // When all are busy, a new connection waits until one is idle.
        let begun = Instant::now();
        let sixth = tokio::join!(places.take(&clocks[3], None), async {
            advance(SECOND).await;
            clocks[0].sleep(SECOND * 60).await;
            drop(first);
        });
        assert!(begun.elapsed() < SECOND * 2, "none had to wait for its time to end");
        drop((fourth, fifth, sixth));
        assert_eq!(places.taken(), 0);
    }
    const ONE: Option<Peer> = Some(Peer::V4([127, 0, 0, 1]));
    const OTHER: Option<Peer> = Some(Peer::V4([127, 0, 0, 2]));

    fn idle() -> (HeadClock, Box<dyn std::any::Any>) {
        let clock = HeadClock::new(SECOND);
        let wait = clock.sleep(SECOND * 60);
        (clock, Box::new(wait))
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_has_its_share_makes_room_for_itself() {
        let places = Places::new(4, Share::default());
        let busy = HeadClock::new(SECOND);
        let (idle_clock, _wait) = idle();
        let (others_clock, _others_wait) = idle();
        let other = places.try_take(&others_clock, OTHER).unwrap();
        let held = [(); 2].map(|()| places.try_take(&busy, ONE).unwrap());
        // None of its own is idle: that of the other peer stays, and nobody waits.
        assert!(places.take(&busy, ONE).await.is_none());
        let [first, second] = held;
        drop(second);
        let idle_one = places.try_take(&idle_clock, ONE).unwrap();
        let one_more = places.try_take(&busy, ONE).unwrap();
        assert!(idle_clock.is_to_go() && !others_clock.is_to_go());
        // Only one comes before the other has closed, and none is asked twice.
        assert_eq!(places.try_take(&busy, ONE).err(), Some(NoPlace::Share));
        drop(idle_one);
        assert!(places.try_take(&busy, OTHER).is_ok(), "the other has its own share");
        drop((first, one_more, other));
        assert!(lock(&places.guests).held.is_empty() && places.taken() == 0);
    }

    /// The connections of a trusted proxy count for no peer.
    #[tokio::test(start_paused = true)]
    async fn who_has_no_share_may_have_all_places() {
        let places = Places::new(4, Share::default());
        let busy = HeadClock::new(SECOND);
        let held = [(); 4].map(|()| places.try_take(&busy, None).unwrap());
        assert_eq!(places.try_take(&busy, ONE).err(), Some(NoPlace::Full));
        drop(held);
    }

    #[tokio::test(start_paused = true)]
    async fn the_peer_that_has_most_gives_way() {
        let places = Places::new(4, Share::ALL);
        let (older, _first_wait) = idle();
        let others = places.try_take(&older, OTHER).unwrap();
        advance(SECOND).await;
        let newer = [(); 3].map(|()| idle());
        let held = newer.each_ref().map(|(clock, _)| places.try_take(clock, ONE).unwrap());
        assert!(lock(&places.guests).ask_the_idlest(|_| true));
        let asked = newer.iter().filter(|(clock, _)| clock.is_to_go()).count();
        assert_eq!((asked, older.is_to_go()), (1, false), "the other has but one");
        drop((held, others));
    }

    /// However many there are, idle ones are found in time, by examining a few each time.
    #[tokio::test(start_paused = true)]
    async fn the_idle_are_found_among_many() {
        let places = Places::new(LOOKS * 5, Share::ALL);
        let busy = HeadClock::new(SECOND);
        let (idle_clock, _wait) = idle();
        let mut held: Vec<Place> = (1..LOOKS * 5).map(|_| places.try_take(&busy, ONE).unwrap()).collect();
        held.insert(LOOKS * 3, places.try_take(&idle_clock, OTHER).unwrap());
        let looks = (0..5).filter(|_| lock(&places.guests).ask_the_idlest(|_| true)).count();
        assert_eq!(looks, 1);
    }
}
