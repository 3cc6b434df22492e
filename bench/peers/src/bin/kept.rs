//! What a full memory keeps: hits, and the computing that they save, beside other policies and the best possible.
//!
//!     kept [REQUESTS]
//!
//! Texts are drawn by Zipf's law, and all policies have the same number of bytes. *Scans* are ten thousand requests for
//! texts that come only once, after every ten thousand others; their requests do not count. *Drift* changes twenty times
//! which texts are popular.
//!
//! The best for equal costs is Bélády's clairvoyant, which evicts the entry whose next request is the furthest. For
//! unequal costs, it knows how often each text is asked for, though not when, and holds from the start what saves the most
//! for its bytes; no policy can know more of independent requests. Both may refuse a new entry.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use tabuada_cache::{Cache, Contents, Key, Options, Source};

/// The number of different texts, without those of scans.
const TEXTS: u32 = 1_000_000;
/// Requests in a scan, and before each scan.
const SCAN: usize = 10_000;
const SEED: u64 = 5;
const SKEW: f64 = 0.9;
const ERAS: usize = 20;
/// Bytes for a thousand, ten thousand and a hundred thousand entries of [`TYPICAL_BYTES`].
const SIZES: [u64; 3] = [1_000, 10_000, 100_000];
const TYPICAL_BYTES: u32 = 400;
/// What our memory charges for an entry besides its text and its value, and the length of the texts.
const OWN_BYTES: u32 = 192 + 8;

#[derive(Clone, Copy, PartialEq)]
enum Trace {
    Steady,
    Scans,
    Drift,
}

/// A text's cost, in units of fuel, and its bytes.
type Entry = (u64, u32);

struct World {
    trace: Trace,
    entries: Vec<Entry>,
    /// The texts that are asked for, in order; those from [`TEXTS`] on belong to scans.
    requests: Vec<u32>,
    /// How often each rank is asked for.
    popularity: Vec<f64>,
}

/// The text of a rank.
fn text_of(trace: Trace, rank: usize, era: usize) -> u32 {
    let moved = if trace == Trace::Drift { era * 4_999 } else { 0 };
    ((rank + moved) % TEXTS as usize) as u32
}

fn entry(random: &mut fastrand::Rng, is_equal: bool) -> Entry {
    if is_equal {
        return (100, TYPICAL_BYTES);
    }
    let between = |random: &mut fastrand::Rng, least: f64, most: f64| least * (most / least).powf(random.f64());
    let cost = match random.u32(..100) {
        0 => between(random, 1e6, 25e6),
        1..10 => between(random, 1e3, 1e5),
        _ => between(random, 100.0, 300.0),
    };
    let bytes = if random.u32(..20) == 0 { between(random, 400.0, 10e3) } else { between(random, 250.0, 450.0) };
    (cost as u64, bytes as u32)
}

fn world(trace: Trace, is_equal: bool, requests: usize) -> World {
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut entries: Vec<Entry> = (0..TEXTS).map(|_| entry(&mut random, is_equal)).collect();
    let popularity: Vec<f64> = (1..=TEXTS).map(|rank| f64::from(rank).powf(-SKEW)).collect();
    let mut sum = 0.0;
    let sums: Vec<f64> = popularity.iter().map(|part| (sum += part, sum).1).collect();
    let mut drawn = Vec::new();
    for at in 0..requests {
        let point = random.f64() * sum;
        drawn.push(text_of(trace, sums.partition_point(|sum| *sum <= point), at * ERAS / requests));
        if trace == Trace::Scans && at % SCAN == SCAN - 1 {
            for _ in 0..SCAN {
                drawn.push(entries.len() as u32);
                entries.push(entry(&mut random, is_equal));
            }
        }
    }
    World { trace, entries, requests: drawn, popularity }
}

/// The parts of the requests, and of the fuel, that need not be computed.
#[derive(Clone, Copy, Default)]
struct Saved {
    hits: f64,
    fuel: f64,
}

impl World {
    fn entry(&self, text: u32) -> Entry {
        self.entries[text as usize]
    }

    /// Counts what is saved where `is_hit`, which is asked for every request in order, says so.
    fn saved(&self, mut is_hit: impl FnMut(usize, u32) -> bool) -> Saved {
        let (mut saved, mut all) = (Saved::default(), Saved::default());
        for (at, text) in self.requests.iter().enumerate() {
            let (is_hit, cost) = (is_hit(at, *text), self.entry(*text).0 as f64);
            if *text < TEXTS {
                (all.hits, all.fuel) = (all.hits + 1.0, all.fuel + cost);
                if is_hit {
                    (saved.hits, saved.fuel) = (saved.hits + 1.0, saved.fuel + cost);
                }
            }
        }
        Saved { hits: saved.hits / all.hits, fuel: saved.fuel / all.fuel }
    }
}

struct Texts;

impl Contents for Texts {
    type Value = Entry;

    // Nothing is written to a Redis here.
    fn encode(&self, _: &Entry) -> Option<String> {
        None
    }

    async fn decode(&self, _: &str) -> Option<Entry> {
        None
    }

    fn weight(&self, entry: &Entry) -> usize {
        (entry.1 - OWN_BYTES) as usize
    }

    fn cost(&self, entry: &Entry) -> u64 {
        entry.0
    }

    fn lifetime(&self, _: &Entry) -> Option<Duration> {
        None
    }
}

/// Our memory, through the public API.
fn ours(world: &World, bytes: u64) -> Saved {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime needs nothing");
    let mut options = Options::default();
    (options.ttl, options.memory_bytes) = (None, bytes);
    let cache = runtime.block_on(async { Cache::new(Texts, options) }).expect("these options are right");
    let saved = world.saved(|_, text| {
        let (key, entry) = (Key::new("1", &format!("{text:08}")), world.entry(text));
        let found = runtime.block_on(cache.get_or_compute(&key, async move || Ok::<_, ()>(entry)));
        matches!(found, Ok(found) if found.source == Source::Memory)
    });
    let stats = cache.stats();
    assert!(stats.memory_bytes <= bytes && stats.memory_bytes * 10 > bytes * 8, "{} of {bytes}", stats.memory_bytes);
    saved
}

/// W-TinyLFU, which does not know of costs.
fn moka(world: &World, bytes: u64) -> Saved {
    let weigher = |_: &u32, weight: &u32| *weight;
    let cache = moka::sync::Cache::builder().max_capacity(bytes).weigher(weigher).build();
    world.saved(|at, text| {
        // Otherwise it evicts when it finds the time.
        if at % 64 == 0 {
            cache.run_pending_tasks();
        }
        let is_hit = cache.get(&text).is_some();
        if !is_hit {
            cache.insert(text, world.entry(text).1);
        }
        is_hit
    })
}

#[derive(Clone)]
struct Bytes;

impl quick_cache::Weighter<u32, u32> for Bytes {
    fn weight(&self, _: &u32, weight: &u32) -> u64 {
        u64::from(*weight)
    }
}

/// Clock-PRO.
fn quick_cache(world: &World, bytes: u64) -> Saved {
    let cache = quick_cache::sync::Cache::with_weighter((bytes / u64::from(TYPICAL_BYTES)) as usize, bytes, Bytes);
    world.saved(|_, text| {
        let is_hit = cache.get(&text).is_some();
        if !is_hit {
            cache.insert(text, world.entry(text).1);
        }
        is_hit
    })
}

/// S3-FIFO (J. Yang et al., SOSP 2023): a small queue, from which goes what is asked for once; a main queue, in which it
/// goes around as often as it was used, up to three times; and the names of what has just left the small one.
fn s3_fifo(world: &World, bytes: u64) -> Saved {
    let (mut small, mut main, mut ghosts) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
    let mut held: HashMap<u32, u8> = HashMap::new();
    let mut is_ghost = BTreeSet::new();
    let (mut in_small, mut in_main, mut in_ghosts) = (0, 0, 0);
    let weight = |text: u32| u64::from(world.entry(text).1);
    world.saved(|_, text| {
        if let Some(uses) = held.get_mut(&text) {
            *uses = (*uses + 1).min(3);
            return true;
        }
        while in_small + in_main + weight(text) > bytes {
            if in_small > bytes / 10 || main.is_empty() {
                let Some(first) = small.pop_front() else { break };
                in_small -= weight(first);
                if held[&first] > 0 {
                    main.push_back(first);
                    in_main += weight(first);
                    held.insert(first, 0);
                } else {
                    held.remove(&first);
                    ghosts.push_back(first);
                    is_ghost.insert(first);
                    in_ghosts += weight(first);
                    while in_ghosts > bytes {
                        let Some(first) = ghosts.pop_front() else { break };
                        is_ghost.remove(&first);
                        in_ghosts -= weight(first);
                    }
                }
            } else if let Some(first) = main.pop_front() {
                let uses = held[&first];
                if uses > 0 {
                    held.insert(first, uses - 1);
                    main.push_back(first);
                } else {
                    held.remove(&first);
                    in_main -= weight(first);
                }
            }
        }
        held.insert(text, 0);
        if is_ghost.contains(&text) {
            main.push_back(text);
            in_main += weight(text);
        } else {
            small.push_back(text);
            in_small += weight(text);
        }
        false
    })
}

fn least_recently_used(world: &World, bytes: u64) -> Saved {
    let mut asked_at = HashMap::new();
    let (mut held, mut sum) = (BTreeMap::new(), 0);
    world.saved(|at, text| {
        let is_hit = asked_at.insert(text, at).is_some_and(|before| held.remove(&before).is_some());
        held.insert(at, text);
        sum += if is_hit { 0 } else { u64::from(world.entry(text).1) };
        while sum > bytes {
            let Some((_, text)) = held.pop_first() else { break };
            sum -= u64::from(world.entry(text).1);
        }
        is_hit
    })
}

/// The optimum for entries of equal costs and bytes.
fn clairvoyant(world: &World, bytes: u64) -> Saved {
    let mut next = vec![usize::MAX; world.requests.len()];
    let mut asked_at = vec![usize::MAX; world.entries.len()];
    for (at, text) in world.requests.iter().enumerate().rev() {
        next[at] = std::mem::replace(&mut asked_at[*text as usize], at);
    }
    // Ordered by the time of their next request.
    let mut held = BTreeSet::new();
    world.saved(|at, _| {
        let is_hit = held.remove(&at);
        // A text without another request is not inserted.
        if next[at] != usize::MAX {
            held.insert(next[at]);
        }
        if held.len() as u64 > bytes / u64::from(TYPICAL_BYTES) {
            held.pop_last();
        }
        is_hit
    })
}

/// The optimum of a policy that knows how often each text is asked for.
fn knows_popularity(world: &World, bytes: u64) -> Saved {
    let holdings = |era: usize| -> Vec<bool> {
        let worth = |rank: usize| {
            let (cost, bytes) = world.entry(text_of(world.trace, rank, era));
            world.popularity[rank] * cost as f64 / f64::from(bytes)
        };
        let mut ranks: Vec<(Reverse<u64>, usize)> =
            (0..TEXTS as usize).map(|rank| (Reverse(worth(rank).to_bits()), rank)).collect();
        ranks.sort_unstable();
        let (mut is_held, mut sum) = (vec![false; TEXTS as usize], 0);
        for (_, rank) in ranks {
            let text = text_of(world.trace, rank, era);
            let weight = u64::from(world.entry(text).1);
            if sum + weight <= bytes {
                (is_held[text as usize], sum) = (true, sum + weight);
            }
        }
        is_held
    };
    let (mut era, mut is_held) = (0, holdings(0));
    let mut was_asked = vec![false; world.entries.len()];
    world.saved(|at, text| {
        let now = if world.trace == Trace::Drift { at * ERAS / world.requests.len() } else { 0 };
        if era != now {
            (era, is_held) = (now, holdings(now));
        }
        // The first request has to compute it.
        std::mem::replace(&mut was_asked[text as usize], true) && is_held.get(text as usize) == Some(&true)
    })
}

fn main() {
    let requests: usize = std::env::args().nth(1).and_then(|requests| requests.parse().ok()).unwrap_or(500_000);
    type Policy = fn(&World, u64) -> Saved;
    let policies: [(&str, Policy); 5] = [
        ("ours", ours),
        ("moka", moka),
        ("S3-FIFO", s3_fifo),
        ("quick_cache", quick_cache),
        ("LRU", least_recently_used),
    ];
    for is_equal in [true, false] {
        let (what, best): (_, Policy) =
            if is_equal { ("hits, equal costs", clairvoyant) } else { ("fuel saved", knows_popularity) };
        println!("| {what} | room for | best | {} of the best |", policies.map(|(name, _)| name).join(" | "));
        println!("|---|---|---|{}", "---|".repeat(policies.len()));
        for (name, trace) in [("steady", Trace::Steady), ("with scans", Trace::Scans), ("drift", Trace::Drift)] {
            let world = world(trace, is_equal, requests);
            for size in SIZES {
                let bytes = size * u64::from(TYPICAL_BYTES);
                let figure = |saved: Saved| if is_equal { saved.hits } else { saved.fuel };
                let best = figure(best(&world, bytes));
                print!("| {name} | {size} | {:.1} % |", best * 100.0);
                for (_, policy) in policies {
                    print!(" {:.2} |", figure(policy(&world, bytes)) / best);
                }
                println!();
            }
        }
        println!();
    }
}
