//! A fair queue of peers for a number of places. Peers take turns, each peer's waiters are served in order, and no peer
//! holds more than its share. It is pure bookkeeping, without threads or clocks, and stores nothing about a peer that
//! neither waits nor holds a place.

use std::collections::{BTreeMap, HashMap};

use crate::peer::{Peer, Share};

/// The total number of things, and how many of them one peer may hold.
#[derive(Clone, Copy, Debug)]
struct Bound {
    all: usize,
    each: usize,
}

impl Bound {
    fn new(all: usize, share: Share) -> Self {
        Self { all, each: share.of(all) }
    }
}

/// Places and a queue for them. `T` represents a waiter.
#[derive(Debug)]
pub(crate) struct Turns<T> {
    places: Bound,
    queue: Bound,
    taken: usize,
    waiting: usize,
    peers: HashMap<Peer, Held<T>>,
    /// The peers that have a waiter and less than their share of the places, by turn.
    order: BTreeMap<u64, Peer>,
    /// The next turn or ticket.
    next: u64,
}

/// What one peer holds and waits for.
#[derive(Debug)]
struct Held<T> {
    taken: usize,
    /// The waiters, by ticket.
    waiting: BTreeMap<u64, T>,
    /// Its turn in the order, if it has one.
    turn: Option<u64>,
}

impl<T> Default for Held<T> {
    fn default() -> Self {
        Self { taken: 0, waiting: BTreeMap::new(), turn: None }
    }
}

/// Why a caller may not wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// The queue is full.
    Queue,
    /// The peer already holds its share of the queue.
    Share,
}

impl<T> Turns<T> {
    /// Takes the number of places and the length of the queue. Each peer may hold its share of both.
    pub(crate) fn new(places: usize, queue: usize, share: Share) -> Self {
        Self {
            places: Bound::new(places, share),
            queue: Bound::new(queue, share),
            taken: 0,
            waiting: 0,
            peers: HashMap::new(),
            order: BTreeMap::new(),
            next: 0,
        }
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    pub(crate) fn peers_waiting(&self) -> usize {
        self.peers.values().filter(|held| !held.waiting.is_empty()).count()
    }

    /// Whether this peer has a waiter. If so, it holds its share of the places, or all places are taken.
    pub(crate) fn is_waiting(&self, peer: Peer) -> bool {
        self.peers.get(&peer).is_some_and(|held| !held.waiting.is_empty())
    }

    /// Takes a place for a peer, if one is free. A caller tries this before it waits. It overtakes no one: while a
    /// place is free, all waiting peers hold their shares.
    pub(crate) fn try_take(&mut self, peer: Peer) -> bool {
        let held = self.peers.get(&peer).map_or(0, |held| held.taken);
        let is_free = self.taken < self.places.all && held < self.places.each;
        if is_free {
            self.taken += 1;
            self.peers.entry(peer).or_default().taken += 1;
        }
        is_free
    }

    /// Adds a waiter to the queue and gives the ticket with which it can leave. If the queue is full, each peer without
    /// a waiter may still add one, up to twice the queue's length.
    pub(crate) fn wait(&mut self, peer: Peer, who: T) -> Result<u64, Full> {
        let waiting = self.peers.get(&peer).map_or(0, |held| held.waiting.len());
        if waiting >= self.queue.each {
            return Err(Full::Share);
        }
        let room = if waiting == 0 { self.queue.all.saturating_mul(2) } else { self.queue.all };
        if self.waiting >= room {
            return Err(Full::Queue);
        }
        let ticket = self.next;
        self.next += 1;
        self.waiting += 1;
        self.peers.entry(peer).or_default().waiting.insert(ticket, who);
        self.settle(peer);
        Ok(ticket)
    }

    /// Removes a waiter from the queue. Does nothing if the waiter has already left it.
    pub(crate) fn leave(&mut self, peer: Peer, ticket: u64) {
        let left = self.peers.get_mut(&peer).and_then(|held| held.waiting.remove(&ticket));
        if left.is_some() {
            self.waiting -= 1;
            self.settle(peer);
        }
    }

    /// Gives back a place that a peer held. The place goes to the next waiter, if there is one.
    pub(crate) fn give_back(&mut self, peer: Peer) -> Option<(Peer, T)> {
        let held = self.peers.get_mut(&peer)?;
        held.taken -= 1;
        self.taken -= 1;
        self.settle(peer);
        let (_, next) = self.order.pop_first()?;
        // A peer in the order always has a waiter.
        let held = self.peers.get_mut(&next)?;
        held.turn = None;
        let (_, who) = held.waiting.pop_first()?;
        held.taken += 1;
        self.taken += 1;
        self.waiting -= 1;
        self.settle(next);
        Some((next, who))
    }

    /// Updates a peer after a change: adds it to the order or removes it, or drops its record.
    fn settle(&mut self, peer: Peer) {
        let Some(held) = self.peers.get_mut(&peer) else { return };
        let is_in_order = !held.waiting.is_empty() && held.taken < self.places.each;
        match held.turn {
            None if is_in_order => {
                held.turn = Some(self.next);
                self.order.insert(self.next, peer);
                self.next += 1;
            }
            Some(turn) if !is_in_order => {
                held.turn = None;
                self.order.remove(&turn);
            }
            _ => {}
        }
        if held.taken == 0 && held.waiting.is_empty() {
            self.peers.remove(&peer);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn peer(number: u8) -> Peer {
        Peer::V4([127, 0, 0, number])
    }

    #[test]
    fn peers_take_turns_and_each_is_served_in_its_order() {
        let mut turns = Turns::new(1, 100, Share::default());
        assert!(turns.try_take(peer(9)));
        for (number, who) in [(1, 1), (1, 2), (1, 3), (2, 4), (2, 5), (3, 6)] {
            turns.wait(peer(number), who).unwrap();
        }
        assert_eq!((turns.waiting(), turns.peers_waiting()), (6, 3));
        let (mut of, mut order) = (peer(9), Vec::new());
        while let Some((next, who)) = turns.give_back(of) {
            order.push(who);
            of = next;
        }
        assert_eq!(order, [1, 4, 6, 2, 5, 3]);
        assert!(turns.peers.is_empty() && turns.order.is_empty());
    }

    #[test]
    fn a_peer_has_its_share_of_the_places_and_of_the_queue() {
        let mut turns = Turns::new(4, 8, Share::default());
        assert_eq!([(); 3].map(|()| turns.try_take(peer(1))), [true, true, false]);
        assert!(!turns.is_waiting(peer(1)));
        for who in 0..4 {
            turns.wait(peer(1), who).unwrap();
        }
        assert_eq!(turns.wait(peer(1), 4), Err(Full::Share));
        assert!(turns.is_waiting(peer(1)) && !turns.is_waiting(peer(2)));
        // The remaining places are for other peers.
        assert!(turns.try_take(peer(2)) && turns.try_take(peer(3)) && !turns.try_take(peer(4)));
        assert_eq!(turns.give_back(peer(1)), Some((peer(1), 0)));
        // Two peers fill the queue; a third peer may still add one waiter.
        for who in 5..10 {
            let entered = turns.wait(peer(2), who);
            assert_eq!(entered.is_ok(), who < 9, "{who}");
        }
        assert_eq!(turns.wait(peer(1), 10).map(|_| ()), Ok(()));
        assert_eq!(turns.wait(peer(3), 11).map(|_| ()), Ok(()));
        assert_eq!(turns.wait(peer(3), 12), Err(Full::Queue));
    }

    #[test]
    fn a_share_of_all_is_one_queue() {
        let mut turns = Turns::new(2, 3, Share::ALL);
        assert!(turns.try_take(peer(1)) && turns.try_take(peer(1)) && !turns.try_take(peer(1)));
        for who in 0..3 {
            turns.wait(peer(1), who).unwrap();
        }
        assert_eq!(turns.wait(peer(1), 3), Err(Full::Share));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Ask(u8),
        Leave(usize),
        End(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            4 => (0u8..5).prop_map(Step::Ask),
            1 => any::<usize>().prop_map(Step::Leave),
            3 => any::<usize>().prop_map(Step::End),
        ];
        prop::collection::vec(step, 1..200)
    }

    proptest! {
        /// After every step: no peer holds more than its share, no place is free while a waiter may have it, each
        /// peer's waiters are served in order, and while a peer may have a place, no other peer is served twice before
        /// it. At the end, nothing is left.
        #[test]
        fn shares_hold_and_no_peer_starves(
            places in 1usize..5,
            queue in 1usize..9,
            percent in 1u8..=100,
            steps in steps(),
        ) {
            let share: Share = format!("{percent}%").parse().unwrap();
            let mut turns = Turns::new(places, queue, share);
            let mut running: Vec<Peer> = Vec::new();
            let mut waiting: Vec<(Peer, u64, u32)> = Vec::new();
            // For each peer that could have a place, the peers that were served while it waited.
            let mut passed_over: HashMap<Peer, HashSet<Peer>> = HashMap::new();
            for (number, step) in (0u32..).zip(steps) {
                let next = match step {
                    Step::Ask(of) => {
                        if turns.try_take(peer(of)) {
                            running.push(peer(of));
                        } else if let Ok(ticket) = turns.wait(peer(of), number) {
                            waiting.push((peer(of), ticket, number));
                        }
                        None
                    }
                    Step::Leave(at) if !waiting.is_empty() => {
                        let (of, ticket, _) = waiting.remove(at % waiting.len());
                        turns.leave(of, ticket);
                        // Leaving twice does nothing.
                        turns.leave(of, ticket);
                        None
                    }
                    Step::End(at) if !running.is_empty() => turns.give_back(running.swap_remove(at % running.len())),
                    _ => None,
                };
                if let Some((of, who)) = next {
                    let first = waiting.iter().position(|(peer, ..)| *peer == of).expect("it waited");
                    prop_assert_eq!(waiting.remove(first).2, who);
                    running.push(of);
                    passed_over.entry(of).or_default().clear();
                    for (other, passed) in passed_over.iter_mut().filter(|(other, _)| **other != of) {
                        prop_assert!(passed.insert(of), "{:?} was served twice while {:?} waited", of, other);
                    }
                }
                let held = |of| running.iter().filter(|peer| **peer == of).count();
                let queued = |of| waiting.iter().filter(|(peer, ..)| *peer == of).count();
                prop_assert!(running.len() <= places && waiting.len() <= 2 * queue);
                prop_assert_eq!(turns.waiting(), waiting.len());
                for of in (0..5).map(peer) {
                    prop_assert!(held(of) <= share.of(places) && queued(of) <= share.of(queue));
                    let may_come_to_a_turn = queued(of) > 0 && held(of) < share.of(places);
                    prop_assert!(running.len() == places || !may_come_to_a_turn, "a place is free for {:?}", of);
                    if may_come_to_a_turn {
                        passed_over.entry(of).or_default();
                    } else {
                        passed_over.remove(&of);
                    }
                    prop_assert_eq!(turns.peers.contains_key(&of), held(of) + queued(of) > 0);
                }
            }
            for (of, ticket, _) in waiting {
                turns.leave(of, ticket);
            }
            for of in running {
                prop_assert_eq!(turns.give_back(of), None);
            }
            prop_assert!(turns.peers.is_empty() && turns.order.is_empty() && turns.waiting == 0 && turns.taken == 0);
        }
    }
}
