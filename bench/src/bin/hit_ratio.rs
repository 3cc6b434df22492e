//! The hit ratio of the memory layer, beside LRU and the optimal policy:
//! `cargo run --release -p tabuada-bench --bin hit_ratio [REQUESTS]`.
//!
//! The traces follow Zipf's law, with and without scans: a scan is ten thousand calls for keys that come only once,
//! after every ten thousand calls. All three policies have the same number of bytes, and all entries have the same
//! weight. *Clairvoyant* is Bélády's optimum: it evicts the entry whose next call is the furthest, or does not insert
//! the new one; no real policy is better. Scans cannot hit, so the ratio does not count their calls.

use std::collections::{BTreeMap, BTreeSet};

use tabuada_cache::{Cache, Contents, Key, Options, Source};

/// The number of different keys.
const QUESTIONS: u32 = 1_000_000;
/// Calls in a scan, and before each scan.
const SCAN: usize = 10_000;
const SEED: u64 = 5;
/// Numbers of entries that fit.
const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

/// Bytes charged for an entry: 100 for the value, 8 for the text, 192 for the memory layer itself.
const ENTRY_BYTES: u64 = 300;
const VALUE_BYTES: usize = 100;

struct Numbers;

impl Contents for Numbers {
    type Value = u32;

    fn encode(&self, number: &u32) -> Option<String> {
        Some(number.to_string())
    }

    async fn decode(&self, line: &str) -> Option<u32> {
        line.parse().ok()
    }

    fn weight(&self, _: &u32) -> usize {
        VALUE_BYTES
    }

    fn lifetime(&self, _: &u32) -> Option<std::time::Duration> {
        None
    }
}

/// The keys of the calls, in order; those from [`QUESTIONS`] on belong to scans.
fn trace(skew: f64, requests: usize, has_scans: bool) -> Vec<u32> {
    let mut sum = 0.0;
    let sums: Vec<f64> = (1..=QUESTIONS)
        .map(|rank| {
            sum += f64::from(rank).powf(-skew);
            sum
        })
        .collect();
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut trace = Vec::new();
    let mut once = QUESTIONS..;
    for drawn in 0..requests {
        let point = random.f64() * sum;
        trace.push(sums.partition_point(|sum| *sum <= point) as u32);
        if has_scans && drawn % SCAN == SCAN - 1 {
            trace.extend(once.by_ref().take(SCAN));
        }
    }
    trace
}

/// Hits of the memory layer, through the public API.
async fn ours(trace: &[u32], size: usize) -> Result<usize, Box<dyn std::error::Error>> {
    let mut options = Options::default();
    options.ttl = None;
    options.memory_bytes = size as u64 * ENTRY_BYTES;
    let cache = Cache::new(Numbers, options)?;
    let mut hits = 0;
    for question in trace {
        let (question, key) = (*question, Key::new("1", &format!("{question:08}")));
        let found = cache.get_or_try_then_compute(&key, async move || Some(question), || async { Err(()) }).await;
        hits += usize::from(found.map_err(|_| "no answer")?.source == Source::Memory);
    }
    let stats = cache.stats();
    // The weight is as expected, and the memory is full.
    if stats.memory_bytes != stats.memory_entries * ENTRY_BYTES || stats.memory_bytes * 10 < stats.memory_bytes_max * 9
    {
        return Err(format!("{} entries of {} bytes", stats.memory_entries, stats.memory_bytes).into());
    }
    Ok(hits)
}

/// Hits of LRU.
fn least_recently_used(trace: &[u32], size: usize) -> usize {
    let mut hits = 0;
    let mut asked_at = vec![None; QUESTIONS as usize + trace.len()];
    let mut held = BTreeMap::new();
    for (now, question) in trace.iter().enumerate() {
        match asked_at[*question as usize].replace(now).and_then(|before| held.remove(&before)) {
            Some(()) => hits += 1,
            None if held.len() == size => drop(held.pop_first()),
            None => {}
        }
        held.insert(now, ());
    }
    hits
}

/// Hits of the optimal policy, which evicts or refuses the entry with the furthest next call.
fn clairvoyant(trace: &[u32], size: usize) -> usize {
    let mut next = vec![usize::MAX; trace.len()];
    let mut asked_at = vec![usize::MAX; QUESTIONS as usize + trace.len()];
    for (now, question) in trace.iter().enumerate().rev() {
        next[now] = std::mem::replace(&mut asked_at[*question as usize], now);
    }
    let mut hits = 0;
    // Ordered by the time of their next call.
    let mut held = BTreeSet::new();
    for (now, next) in next.into_iter().enumerate() {
        hits += usize::from(held.remove(&now));
        // A key without another call is not inserted.
        if next != usize::MAX {
            held.insert(next);
        }
        if held.len() > size {
            held.pop_last();
        }
    }
    hits
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let requests: usize = std::env::args().nth(1).map_or(Ok(2_000_000), |requests| requests.parse())?;
    println!("| trace | room for | ours | LRU | clairvoyant | ours of clairvoyant | LRU of clairvoyant |");
    println!("|---|---|---|---|---|---|---|");
    for has_scans in [false, true] {
        for skew in [0.9, 1.0] {
            let trace = trace(skew, requests, has_scans);
            for size in SIZES {
                let hits = [ours(&trace, size).await?, least_recently_used(&trace, size), clairvoyant(&trace, size)];
                let [ours, lru, best] = hits.map(|hits| hits as f64 / requests as f64);
                let name = if has_scans { "with scans" } else { "alone" };
                println!(
                    "| Zipf {skew:.1} {name} | {size} entries | {:.1} % | {:.1} % | {:.1} % | {:.2} | {:.2} |",
                    ours * 100.0,
                    lru * 100.0,
                    best * 100.0,
                    ours / best,
                    lru / best
                );
            }
        }
    }
    Ok(())
}
