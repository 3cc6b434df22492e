//! What the cache holds and did, as JSON for an operator: the same from a server and from the command line.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use tabuada_cache::{Behind, Count, Entry, Page, Removal, Removed, Seen, Stats};

use crate::counters::Counters;

/// How finished questions ended, each counted once.
pub(crate) fn answers(stats: &Stats, counters: &Counters) -> Vec<Count> {
    let mut answers = stats.answers.clone();
    answers.push(Count { label: "bypass", count: counters.bypassed.get() });
    answers.push(Count { label: "abandoned", count: counters.abandoned.get() });
    answers
}

/// Counts since the process began. `asked` is the sum of `answers` and `open`.
#[derive(Serialize)]
struct Statistics {
    state: &'static str,
    /// Questions.
    asked: u64,
    /// How finished questions ended, each counted once.
    answers: Counts,
    /// Questions in progress.
    open: u64,
    /// Lookups in memory by result; and its `entries`, `bytes` and `bytes_max`.
    memory: Counts,
    /// Lookups in Redis by result.
    redis: Counts,
    /// Computations by how they ended; and those `open`.
    flights: Counts,
    /// Best-effort writes to Redis by result; and those `open`.
    offers: Counts,
    /// Invalidations by cause.
    forgotten: Counts,
    /// Errors of Redis by kind.
    redis_errors: Counts,
    /// Removals that Redis has not done yet.
    removals_pending: u64,
}

/// Counts, by label.
#[derive(Serialize)]
struct Counts(BTreeMap<&'static str, u64>);

/// A page of entries.
#[derive(Serialize)]
struct Listing {
    entries: Vec<Remembered>,
    /// The cursor of the next page; `null` after the last.
    next: Option<String>,
    redis: &'static str,
}

/// An entry.
#[derive(Serialize)]
struct Remembered {
    /// Its name in Redis.
    name: String,
    /// The text of the expression, if it is known; shortened in a listing.
    text: Option<String>,
    kind: &'static str,
    /// The layers that hold it.
    layers: Vec<&'static str>,
    /// Its remaining seconds, as Redis rounds them; `null`: no expiry.
    ttl: Option<u64>,
    /// Its size.
    bytes: u64,
}

/// An entry and its line.
#[derive(Serialize)]
struct RememberedLine {
    #[serde(flatten)]
    remembered: Remembered,
    /// Its line in Redis, or what it would be; `null` if there is none.
    line: Option<String>,
    /// How Redis took part, from a server.
    #[serde(skip_serializing_if = "Option::is_none")]
    redis: Option<&'static str>,
}

/// The result of a removal.
#[derive(Serialize)]
struct RemovedCount {
    /// How many entries were removed.
    removed: u64,
    /// Redis cannot be reached: they are removed there later.
    pending: bool,
}

/// The statistics.
pub(crate) fn stats(stats: &Stats, counters: &Counters) -> Value {
    let answers = answers(stats, counters);
    let ended: u64 = answers.iter().map(|count| count.count).sum();
    // Read last: a question that ends meanwhile was counted before.
    let asked = counters.asked.get();
    value(&Statistics {
        state: stats.state.name(),
        asked,
        answers: counts(&answers, []),
        open: asked.saturating_sub(ended),
        memory: counts(
            &stats.memory_lookups,
            [("entries", stats.memory_entries), ("bytes", stats.memory_bytes), ("bytes_max", stats.memory_bytes_max)],
        ),
        redis: counts(&stats.redis_lookups, []),
        flights: counts(&stats.flights, [("open", stats.flights_open)]),
        offers: counts(&stats.offers, [("open", stats.offers_open)]),
        forgotten: counts(&stats.forgotten, []),
        redis_errors: counts(&stats.redis_errors, []),
        removals_pending: stats.removals_pending,
    })
}

fn counts<const N: usize>(counts: &[Count], more: [(&'static str, u64); N]) -> Counts {
    Counts(counts.iter().map(|Count { label, count }| (*label, *count)).chain(more).collect())
}

/// A page of entries.
pub(crate) fn page(page: &Page) -> Value {
    value(&Listing {
        entries: page.entries.iter().map(seen).collect(),
        next: page.next.as_ref().map(ToString::to_string),
        redis: behind(page.redis),
    })
}

/// An entry with its line, and how Redis took part.
pub(crate) fn entry(entry: &Entry, redis: Option<Behind>) -> Value {
    value(&RememberedLine { remembered: seen(&entry.seen), line: entry.line.clone(), redis: redis.map(behind) })
}

fn seen(seen: &Seen) -> Remembered {
    let layers = [("memory", seen.in_memory), ("redis", seen.in_redis)];
    Remembered {
        name: seen.name.clone(),
        text: seen.text.clone(),
        kind: seen.kind.name(),
        layers: layers.into_iter().filter(|(_, holds)| *holds).map(|(layer, _)| layer).collect(),
        ttl: seen.ttl.map(|ttl| (ttl.as_millis() + 500) / 1_000).and_then(|ttl| u64::try_from(ttl).ok()),
        bytes: seen.bytes,
    }
}

/// The result of a removal.
pub(crate) fn removed(removed: &Removed) -> Value {
    value(&RemovedCount { removed: removed.count, pending: removed.redis == Removal::Pending })
}

fn value(said: &impl Serialize) -> Value {
    // Texts, numbers, and maps with text keys.
    serde_json::to_value(said).unwrap_or_default()
}

/// How Redis took part: `absent`, `reached`, `unreachable`.
fn behind(behind: Behind) -> &'static str {
    match behind {
        Behind::Absent => "absent",
        Behind::Reached => "reached",
        Behind::Unreachable => "unreachable",
    }
}
