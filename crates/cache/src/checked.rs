//! Small scenarios ("worlds") for the checker in `checked/`: a few tasks use the real code at the same time, and
//! certain properties must hold in every order of their steps. Each world runs once for each order that the checker
//! tries; the checker also draws the random numbers.
//!
//! Explored: switches between threads before every step on a generation, an insert lock, the table of flights, the
//! breaker, a channel, a wait list, and before every step on memory; cancelled tasks; computations that fail or panic.
//!
//! Not explored: time (no deadline passes); the insides of memory (each operation is one step) and of tokio
//! (shuttle-tokio has its own channels and notifications); memory orderings weaker than `SeqCst`, which the generations do
//! not use; panics while a lock is held; Redis and the client library, replaced by a value under a lock and by pushes. The
//! tests in `tests/` cover these, on real servers.
//!
//! A panic in a world is silent (`resume_unwind`), since the checker would report one with a message as a failure.
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

use crate::audit::{Audit, Gauge};
use crate::breaker::{Breaker, FAILURES_MAX, OPEN_MAX};
use crate::cache::Cache;
use crate::coherence::Coherence;
use crate::entry::Contents;
use crate::flight::{Flights, Joined};
use crate::invalidation::{Canary, apply_invalidations, push_handler};
use crate::key::{Key, Namespace};
use crate::layers::Layers;
use crate::memory::Memory;
use crate::options::{Deadlines, Options};
use crate::outcome::{ComputeError, Source};
use crate::pending_removals::PendingRemovals;
use crate::protocol::flight::{Answer, Outcome};
use crate::protocol::version::VersionStamp;
use crate::stats::{Counters, State, Trouble};
use crate::sync::Mutex;
use crate::sync::atomic::{self, Ordering::SeqCst};

/// Two callers that race, and a third that comes in between.
const CALLERS: u64 = 3;
/// Enough to open the breaker again, and for a trial during another call.
const CALLS: u32 = FAILURES_MAX + 2;

const BEFORE: VersionStamp = VersionStamp { purge: 0, shard: 0, changes: 0 };
const ANSWER: Answer = Answer { outcome: Outcome::Failed, stamp: BEFORE };

struct Numbers;

impl Contents for Numbers {
    type Value = u64;

    fn encode(&self, number: &u64) -> Option<String> {
        Some(number.to_string())
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

/// True once in `of` times.
fn once_in(of: u32) -> bool {
    thread_rng().gen_range(0..of) == 0
}

/// A section that only one task may be in.
struct Alone(Arc<atomic::AtomicU64>);

impl Alone {
    fn enter(inside: &Arc<atomic::AtomicU64>) -> Self {
        assert_eq!(inside.fetch_add(1, SeqCst), 0, "two at a time");
        Self(inside.clone())
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

async fn until(mut condition: impl FnMut() -> bool) {
    while !condition() {
        yield_now().await;
    }
}

/// There is one leader at a time; every follower gets the outcome of its flight, however its leader ends; the table is
/// empty in the end; and a caller that joins after a completion joins another flight.
pub fn flights() {
    #[derive(Clone, Copy, PartialEq, Debug)]
    enum Ending {
        Completes,
        Announces,
        Drops,
        IsCancelled,
    }
    block_on(async {
        let flights = Arc::new(Flights::<(u64, Ending)>::new());
        let count = Arc::new(AtomicU64::new(0));
        let leaders = Arc::new(atomic::AtomicU64::new(0));
        let ask = |id: u64| {
            let (flights, leaders, count) = (flights.clone(), leaders.clone(), count.clone());
            let ending = [Ending::Completes, Ending::Announces, Ending::Drops, Ending::IsCancelled]
                [if id == 0 { thread_rng().gen_range(0..4) } else { thread_rng().gen_range(0..3) }];
            async move {
                let mut completed = None;
                for _ in 0..2 {
                    match flights.join(&key(), BEFORE) {
                        Joined::Leader(leader) => {
                            let leads = Alone::enter(&leaders);
                            let (own, outcome) = (leader.follower(), (count.fetch_add(1, SeqCst), ending));
                            if ending == Ending::IsCancelled {
                                drop(leads);
                                return pending().await;
                            }
                            if ending == Ending::Announces {
                                // It is still the leader, since its remaining work must not run twice either.
                                leader.announce(ANSWER, outcome);
                                yield_now().await;
                            }
                            drop(leads);
                            if ending == Ending::Completes {
                                leader.complete(ANSWER, outcome)
                            } else {
                                drop(leader)
                            }
                            let expected = (ending != Ending::Drops).then_some(outcome);
                            assert_eq!(own.wait().await, expected);
                        }
                        Joined::Aside => unreachable!("nothing changes"),
                        Joined::Follower(follower) => {
                            let outcome = follower.wait().await;
                            assert!(completed.is_none() || outcome != completed, "it joined a completed flight");
                            completed = outcome.filter(|(_, ending)| *ending == Ending::Completes);
                        }
                    }
                }
            }
        };
        let asking: Vec<_> = (0..CALLERS).map(|id| tokio::spawn(ask(id))).collect();
        for (id, asking) in asking.into_iter().enumerate() {
            if id == 0 {
                asking.abort();
            }
            // The first caller may be cancelled.
            assert!(asking.await.is_ok() || id == 0);
        }
        assert_eq!(flights.open(), 0);
    });
}

/// The same through the public API, without a Redis: every caller is answered; a computation that fails or panics fails
/// only its own caller; a cancelled caller affects no other; and if nothing fails, there is one computation.
pub fn callers() {
    block_on(async {
        let cache = Arc::new(Cache::new(Numbers, Options::default()).unwrap());
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
                cache.get_or_compute(&key(), compute).await
            }
        };
        let asking: Vec<_> = (0..CALLERS).map(|_| tokio::spawn(ask())).collect();
        let goes_away = once_in(2);
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
                Ok(Err(ComputeError::Computation(()) | ComputeError::Panicked)) => failures += 1,
                Err(_) => assert!(goes_away && n == 0),
            }
        }
        until(|| cache.audit().tasks == 0).await;
        let (begun, failed) = (begun.load(SeqCst), failed.load(SeqCst));
        assert!(begun <= failed + 1, "{begun} computations, {failed} of them failed");
        assert!(failures <= failed, "{failures} callers got an error from {failed} failures");
        let Audit { bytes_counted, bytes_held, flights_open, .. } = cache.audit();
        assert_eq!((bytes_counted, flights_open), (bytes_held, 0));
        // A caller that waited for two failed flights computes for itself and stores nothing.
        let is_kept = cache.get(&key()).is_some();
        assert!(if is_kept { begun > failed } else { begun == failed || failed > 1 });
    });
}

/// The memory of a node, and a Redis with one key.
struct Node {
    layers: Layers<Numbers>,
    redis: Mutex<Option<u64>>,
}

impl Node {
    fn new(in_redis: Option<u64>) -> Arc<Self> {
        let counters = Arc::new(Counters::new());
        let coherence = Coherence::new(Namespace::new("n").unwrap(), State::Coherent, counters.clone());
        coherence.believe_for_ever();
        let layers = Layers {
            contents: Arc::new(Numbers),
            options: Options::default(),
            deadlines: Deadlines::default(),
            counters,
            memory: Arc::new(Memory::new(1 << 20)),
            coherence: Arc::new(coherence),
            pending_removals: PendingRemovals::new(),
            leaders: Gauge::default(),
            shared: None,
        };
        Arc::new(Self { layers, redis: Mutex::new(in_redis) })
    }

    /// The handler of pushes, and the task that applies them.
    fn invalidations(&self) -> (impl Fn(PushInfo) + use<>, impl Future<Output = ()> + use<>) {
        let (sender, queue) = mpsc::channel(4);
        let Layers { coherence, memory, .. } = &self.layers;
        let (canary, _) = watch::channel(Canary::default());
        let handle = push_handler(coherence.clone(), sender, Arc::new(Notify::new()));
        (handle, apply_invalidations(coherence.clone(), memory.clone(), canary, queue, |_| {}))
    }

    fn in_redis(&self) -> Option<u64> {
        *self.redis.lock().unwrap()
    }

    fn write_to_redis(&self, value: Option<u64>) {
        *self.redis.lock().unwrap() = value;
    }

    fn in_memory(&self) -> Option<u64> {
        self.layers.get_from_memory(&key()).ok().map(|found| *found.value)
    }

    fn look_up_and_keep(&self) -> bool {
        let stamp = self.layers.coherence.stamp(&key());
        let Some(value) = self.in_redis() else { return false };
        self.layers.keep(&key(), &Arc::new(value), None, None, stamp).is_some_and(|kept| kept.is_taken)
    }
}

/// A push: of all keys, or of this one.
fn push(is_flush: bool) -> PushInfo {
    let keys = vec![Value::BulkString(b"n:1:2+2".to_vec())];
    PushInfo { kind: PushKind::Invalidate, data: vec![if is_flush { Value::Nil } else { Value::Array(keys) }] }
}

/// Once an invalidation is applied, memory never serves a value that was looked up before it. (The value in Redis is 4
/// first; then 5, or none.)
pub fn memory() {
    block_on(async {
        let node = Node::new(Some(4));
        let (handle, applying) = node.invalidations();
        let mut tasks: Vec<_> = (0..2)
            .map(|_| {
                let node = node.clone();
                tokio::spawn(async move {
                    node.look_up_and_keep();
                })
            })
            .collect();
        let (writer, now, is_flush) = (node.clone(), once_in(2).then_some(5), once_in(3));
        tasks.push(tokio::spawn(async move {
            writer.write_to_redis(now);
            handle(push(is_flush));
            drop(handle);
            applying.await;
            assert_ne!(writer.in_memory(), Some(4), "served after its invalidation");
        }));
        for task in tasks {
            task.await.unwrap();
        }
        let found = node.in_memory();
        assert!(found.is_none() || found == now, "memory holds {found:?}, Redis {now:?}");
        assert!(!node.look_up_and_keep() || node.in_memory() == now, "without a change it is kept");
        assert_eq!(node.layers.memory.bytes(), node.layers.memory.bytes_held());
    });
}

/// A task that takes a stamp, looks up and waits misses no change: each task sees the last value in the end.
pub fn waiters() {
    block_on(async {
        let node = Node::new(None);
        let (handle, applying) = node.invalidations();
        let mut tasks: Vec<_> = (0..2)
            .map(|_| {
                let node = node.clone();
                tokio::spawn(async move {
                    loop {
                        let stamp = node.layers.coherence.stamp(&key());
                        if node.in_redis().is_some() {
                            break;
                        }
                        node.layers.coherence.wait_for_change(stamp).await;
                    }
                })
            })
            .collect();
        let (writer, changes_before, is_flush) = (node.clone(), once_in(2), once_in(3));
        tasks.push(tokio::spawn(async move {
            if changes_before {
                handle(push(false));
            }
            writer.write_to_redis(Some(4));
            handle(push(is_flush));
        }));
        tasks.push(tokio::spawn(applying));
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(node.layers.coherence.waiters.count(), 0);
    });
}

/// A half-open breaker allows one trial at a time, however it ends, and does not stay open for ever.
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
                        // Enough time passes before each call for the next trial.
                        let now = start + OPEN_MAX * pauses.fetch_add(1, SeqCst);
                        let Some(permit) = breaker.admit(now) else { continue };
                        if permit.is_trial {
                            let tries = Alone::enter(&trying);
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
        if once_in(2) {
            // Drops the permit of this call, at whatever step it is.
            callers[0].abort();
        }
        for caller in callers {
            // The caller may have been cancelled.
            let _ = caller.await;
        }
        let later = start + OPEN_MAX * pauses.load(SeqCst);
        assert!(breaker.admit(later).is_some(), "open for ever");
    });
}
