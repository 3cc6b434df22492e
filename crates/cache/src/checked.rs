//! Worlds for the checker of `checked/`: a few tasks that meet over the real code, and what must hold in whatever order
//! they take their steps. Each runs once for each order that is tried; what is drawn is drawn by the checker.
//!
//! Explored: turns from one thread to another before every step on a generation, a door, the table of flights, the breaker,
//! a channel, a bell, and before every step on memory; tasks that are cancelled, computations that fail and panic.
//!
//! Not explored: time (no deadline passes); the insides of `quick_cache` (each of its operations is one step) and of tokio
//! (shuttle-tokio's channels and bells stand for its own); orders weaker than `SeqCst`, which the generations do not use;
//! panics while a lock is held; Redis and the client library, for which a value under a lock stands, and the words that
//! Redis says of it. `tests/` has these, on real servers.
//!
//! Who panics in here panics without a word (`resume_unwind`): the checker takes a panic with a word for a finding.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "for one test, which says what each is"
)]

use std::future::pending;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::time::{Duration, Instant};

use redis::{PushInfo, PushKind, Value};
use shuttle::future::{block_on, yield_now};
use shuttle::rand::{Rng, thread_rng};
use tokio::sync::{Notify, mpsc, watch};

use crate::breaker::{Breaker, FAILURES_MAX, OPEN_MAX};
use crate::cache::{Audit, Cache};
use crate::coherence::Coherence;
use crate::entry::Contents;
use crate::flight::{Boarding, Flights};
use crate::found::{Failed, Source};
use crate::key::{Key, Namespace};
use crate::layers::Layers;
use crate::memory::Memory;
use crate::options::{Deadlines, Options};
use crate::owed::Owed;
use crate::pushes::{Canary, ear, follow};
use crate::stats::{Counters, State, Trouble};
use crate::sync::Mutex;
use crate::sync::atomic::{self, Ordering::SeqCst};

/// Who meets: two races of two, and a third who comes in between.
const ASKERS: u64 = 3;
/// Enough to open the breaker again, and to try, while another's call is under way.
const CALLS: u32 = FAILURES_MAX + 2;

struct Numbers;

impl Contents for Numbers {
    type Value = u64;
    type Failure = ();

    fn encode(&self, number: &u64) -> String {
        number.to_string()
    }
    async fn decode(&self, line: &str) -> Option<u64> {
        line.parse().ok()
    }
    fn weight(&self, _: &u64) -> usize {
        8
    }
    fn lifetime(&self, _: &u64) -> Option<Duration> {
        None
    }
}

fn key() -> Key {
    Key::new("1", "2+2")
}

fn chance(of: u32) -> bool {
    thread_rng().gen_range(0..of) == 0
}

/// What one at a time may do; its end is before that of what gives the right to it.
struct Alone(Arc<atomic::AtomicU64>);

impl Alone {
    fn begins(doing: &Arc<atomic::AtomicU64>) -> Self {
        assert_eq!(doing.fetch_add(1, SeqCst), 0, "two at a time");
        Self(doing.clone())
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

async fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        yield_now().await;
    }
}

/// One leads at a time; whoever boards learns how that flight ended, whatever its leader does; the table is empty in the
/// end; and who boards after a landing is on another flight.
pub fn flights() {
    #[derive(Clone, Copy, PartialEq, Debug)]
    enum Ending {
        Lands,
        Announces,
        Drops,
        IsCancelled,
    }
    block_on(async {
        let flights = Arc::new(Flights::<(u64, Ending)>::new());
        let flown = Arc::new(AtomicU64::new(0));
        let leaders = Arc::new(atomic::AtomicU64::new(0));
        let ask = |id: u64| {
            let (flights, leaders, flown) = (flights.clone(), leaders.clone(), flown.clone());
            let ending = [Ending::Lands, Ending::Announces, Ending::Drops, Ending::IsCancelled]
                [if id == 0 { thread_rng().gen_range(0..4) } else { thread_rng().gen_range(0..3) }];
            async move {
                let mut landed = None;
                for _ in 0..2 {
                    match flights.board(&key()) {
                        Boarding::Leader(lead) => {
                            let leads = Alone::begins(&leaders);
                            let (own, brings) = (lead.passenger(), (flown.fetch_add(1, SeqCst), ending));
                            if ending == Ending::IsCancelled {
                                drop(leads);
                                return pending().await;
                            }
                            if ending == Ending::Announces {
                                // It goes on leading: what it has left to do is to be done once, too.
                                lead.announce(brings);
                                yield_now().await;
                            }
                            drop(leads);
                            if ending == Ending::Lands {
                                lead.land(brings)
                            } else {
                                drop(lead)
                            }
                            let brought = (ending != Ending::Drops).then_some(brings);
                            assert_eq!(own.arrive().await, brought);
                        }
                        Boarding::Follower(passenger) => {
                            let outcome = passenger.arrive().await;
                            assert!(landed.is_none() || outcome != landed, "it is told of a flight that had landed");
                            landed = outcome.filter(|(_, ending)| *ending == Ending::Lands);
                        }
                    }
                }
            }
        };
        let asking: Vec<_> = (0..ASKERS).map(|id| tokio::spawn(ask(id))).collect();
        for (id, asking) in asking.into_iter().enumerate() {
            if id == 0 {
                asking.abort();
            }
            // The first may be cancelled.
            assert!(asking.await.is_ok() || id == 0);
        }
        assert_eq!(flights.open(), 0);
    });
}

/// The same through the front door, without a Redis: who asks is answered, computations that fail or panic harm only who
/// asked for them, an asker who goes away harms nobody, and what nothing went wrong with is computed once.
pub fn askers() {
    block_on(async {
        let cache = Cache::new(Numbers, Options { redis: None, ..Options::default() }).unwrap();
        let (begun, failed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let ask = || {
            let (cache, begun, failed) = (cache.clone(), begun.clone(), failed.clone());
            async move {
                let compute = move || async move {
                    begun.fetch_add(1, SeqCst);
                    yield_now().await;
                    match thread_rng().gen_range(0..6) {
                        0 => {
                            failed.fetch_add(1, SeqCst);
                            Err(())
                        }
                        1 => {
                            failed.fetch_add(1, SeqCst);
                            resume_unwind(Box::new("on purpose"))
                        }
                        _ => Ok(4),
                    }
                };
                cache.get_or_compute(&key(), async || None, compute).await
            }
        };
        let asking: Vec<_> = (0..ASKERS).map(|_| tokio::spawn(ask())).collect();
        let goes_away = chance(2);
        if goes_away {
            asking[0].abort();
        }
        let mut failures = 0;
        for (n, asking) in asking.into_iter().enumerate() {
            match asking.await {
                Ok(Ok(found)) => {
                    assert_eq!(*found.value, 4);
                    assert!(found.source != Source::Redis);
                }
                Ok(Err(Failed::Computation(()) | Failed::Panicked)) => failures += 1,
                Err(_) => assert!(goes_away && n == 0),
            }
        }
        until(|| cache.audit().tasks == 0).await;
        let (begun, failed) = (begun.load(SeqCst), failed.load(SeqCst));
        assert!(begun <= failed + 1, "{begun} computations, {failed} of them failed");
        assert!(failures <= failed, "{failures} were told of {failed} failures");
        let Audit { bytes_counted, bytes_held, flights_open, .. } = cache.audit();
        assert_eq!((bytes_counted, flights_open), (bytes_held, 0));
        // Who waited for two failures computes for itself, and keeps nothing.
        let is_kept = cache.get(&key()).is_some();
        assert!(if is_kept { begun > failed } else { begun == failed || failed > 1 });
    });
}

/// A node's memory and what tells it of changes; and a Redis of one key.
struct Node {
    layers: Layers<Numbers>,
    redis: Mutex<Option<u64>>,
}

impl Node {
    fn new(there: Option<u64>) -> Arc<Self> {
        let counters = Arc::new(Counters::new());
        let coherence = Coherence::new(Namespace::new("n").unwrap(), State::Coherent, counters.clone());
        let layers = Layers {
            contents: Arc::new(Numbers),
            options: Options::default(),
            deadlines: Deadlines::default(),
            counters,
            memory: Arc::new(Memory::new(1 << 20)),
            coherence: Arc::new(coherence),
            owed: Owed::new(),
            leading: AtomicU64::new(0),
            shared: None,
        };
        Arc::new(Self { layers, redis: Mutex::new(there) })
    }

    /// What follows the pushes, and where they are said.
    fn listens(&self) -> (impl Fn(PushInfo) + use<>, impl Future<Output = ()> + use<>) {
        let (changes, queue) = mpsc::channel(4);
        let Layers { coherence, memory, .. } = &self.layers;
        let (canary, _) = watch::channel(Canary::default());
        let told = ear(coherence.clone(), changes, Arc::new(Notify::new()));
        (told, follow(coherence.clone(), memory.clone(), canary, queue))
    }

    fn there(&self) -> Option<u64> {
        *self.redis.lock().unwrap()
    }

    fn put(&self, value: Option<u64>) {
        *self.redis.lock().unwrap() = value;
    }

    fn remembered(&self) -> Option<u64> {
        self.layers.recall(&key()).map(|found| *found.value)
    }

    /// A look, and the keeping of what was read.
    fn looks_and_keeps(&self) -> bool {
        let licence = self.layers.coherence.licence(&key());
        let Some(value) = self.there() else { return false };
        self.layers.keep(&key(), &Arc::new(value), None, licence).0
    }
}

/// Redis's word: everything, or this key.
fn word(everything: bool) -> PushInfo {
    let keys = vec![Value::BulkString(b"n:1:2+2".to_vec())];
    PushInfo { kind: PushKind::Invalidate, data: vec![if everything { Value::Nil } else { Value::Array(keys) }] }
}

/// Nothing begun before a change is answered from memory once the change has been followed: not a moment later, and not
/// in the end. (4 stood there; then 5, or nothing.)
pub fn memory() {
    block_on(async {
        let node = Node::new(Some(4));
        let (ear, following) = node.listens();
        let mut tasks: Vec<_> = (0..2)
            .map(|_| {
                let node = node.clone();
                tokio::spawn(async move {
                    node.looks_and_keeps();
                })
            })
            .collect();
        let (told, now, everything) = (node.clone(), chance(2).then_some(5), chance(3));
        tasks.push(tokio::spawn(async move {
            told.put(now);
            ear(word(everything));
            drop(ear);
            following.await;
            assert_ne!(told.remembered(), Some(4), "answered from memory after it was forgotten");
        }));
        for task in tasks {
            task.await.unwrap();
        }
        let found = node.remembered();
        assert!(found.is_none() || found == now, "{found:?} is remembered, {now:?} is there");
        assert!(!node.looks_and_keeps() || node.remembered() == now, "what nothing moved is kept");
        assert_eq!(node.layers.memory.bytes(), node.layers.memory.bytes_held());
    });
}

/// Who snapshots, looks and waits sleeps through no movement: each sees what was put there in the end.
pub fn waiters() {
    block_on(async {
        let node = Node::new(None);
        let (ear, following) = node.listens();
        let mut tasks: Vec<_> = (0..2)
            .map(|_| {
                let node = node.clone();
                tokio::spawn(async move {
                    loop {
                        let licence = node.layers.coherence.licence(&key());
                        if node.there().is_some() {
                            break;
                        }
                        node.layers.coherence.movement(licence).await;
                    }
                })
            })
            .collect();
        let (told, moves_before, everything) = (node.clone(), chance(2), chance(3));
        tasks.push(tokio::spawn(async move {
            if moves_before {
                ear(word(false));
            }
            told.put(Some(4));
            ear(word(everything));
        }));
        tasks.push(tokio::spawn(following));
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(node.layers.coherence.waiters(), 0);
    });
}

/// When the time to try has come, one call at a time tries, whatever becomes of it; and the way is never barred for good.
pub fn breaker() {
    block_on(async {
        let (breaker, start) = (Arc::new(Breaker::new()), Instant::now());
        for _ in 0..FAILURES_MAX {
            breaker.admit(start).unwrap().report(Some(Trouble::Timeout), start);
        }
        assert!(breaker.admit(start).is_none());
        let (trying, pauses) = (Arc::new(atomic::AtomicU64::new(0)), Arc::new(AtomicU32::new(1)));
        let callers: Vec<_> = (0..2)
            .map(|_| {
                let (breaker, trying, pauses) = (breaker.clone(), trying.clone(), pauses.clone());
                tokio::spawn(async move {
                    for _ in 0..CALLS {
                        // Before each call enough time passes for the next trial.
                        let now = start + OPEN_MAX * pauses.fetch_add(1, SeqCst);
                        let Some(permit) = breaker.admit(now) else { continue };
                        if permit.is_trial {
                            let tries = Alone::begins(&trying);
                            yield_now().await;
                            drop(tries);
                        }
                        match thread_rng().gen_range(0..4) {
                            0 => drop(permit),
                            1 => _ = permit.report(None, now),
                            _ => _ = permit.report(Some(Trouble::Timeout), now),
                        }
                    }
                })
            })
            .collect();
        if chance(2) {
            // Cancelled: its permit is dropped wherever it is.
            callers[0].abort();
        }
        for caller in callers {
            // It may have been cancelled.
            let _ = caller.await;
        }
        let later = start + OPEN_MAX * pauses.load(SeqCst);
        assert!(breaker.admit(later).is_some(), "barred for good");
    });
}
