//! The contents and counts of the cache as JSON for an operator: the same from a server and on the command line.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use tabuada_cache::{Count, EntryDetail, EntryInfo, Page, RedisStatus, RemovalStatus, Removed, Stats};

use crate::counters::Counters;

/// The outcomes of finished questions, each counted once.
pub(crate) fn answers(stats: &Stats, counters: &Counters) -> Vec<Count> {
    let mut answers = stats.answers.clone();
    answers.push(Count { label: "bypass", count: counters.bypassed.get() });
    answers.push(Count { label: "abandoned", count: counters.abandoned.get() });
    answers
}

/// Counts since the start of the process. `asked` is the sum of `answers` and `open`.
#[derive(Serialize)]
struct Statistics {
    state: &'static str,
    /// Questions.
    asked: u64,
    /// The outcomes of finished questions, each counted once.
    answers: Counts,
    /// Questions in progress.
    open: u64,
    /// Lookups in memory by result; and the memory's `entries`, `bytes` and `bytes_max`.
    memory: Counts,
    /// Lookups in Redis by result.
    redis: Counts,
    /// Computations by outcome; and those `open`.
    flights: Counts,
    /// Best-effort writes to Redis by result; and those `open`.
    offers: Counts,
    /// Invalidations by cause.
    forgotten: Counts,
    redis_errors: Counts,
    /// Removals that Redis has not executed yet.
    removals_pending: u64,
}

#[derive(Serialize)]
struct Counts(BTreeMap<&'static str, u64>);

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
    name: String,
    /// The text of the expression, if it is known; shortened in a listing.
    text: Option<String>,
    kind: &'static str,
    layers: Vec<&'static str>,
    /// Its remaining seconds, as Redis rounds them; `null` for ever.
    ttl: Option<u64>,
    bytes: u64,
}

#[derive(Serialize)]
struct RememberedLine {
    #[serde(flatten)]
    remembered: Remembered,
    /// Its line in Redis, or the line that would be written there; `null` if there is none.
    line: Option<String>,
    /// Whether a server has reached Redis.
    #[serde(skip_serializing_if = "Option::is_none")]
    redis: Option<&'static str>,
}

#[derive(Serialize)]
struct RemovedCount {
    /// How many entries were removed.
    removed: u64,
    /// Whether Redis is unreachable and the entries will be removed there later.
    pending: bool,
}

pub(crate) fn stats(stats: &Stats, counters: &Counters) -> Value {
    let answers = answers(stats, counters);
    let ended: u64 = answers.iter().map(|count| count.count).sum();
    // Read last, so that it includes every question counted above.
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
        offers: counts(&stats.write_behind, [("open", stats.write_behind_open)]),
        forgotten: counts(&stats.invalidations, []),
        redis_errors: counts(&stats.redis_errors, []),
        removals_pending: stats.removals_pending,
    })
}

fn counts<const N: usize>(counts: &[Count], more: [(&'static str, u64); N]) -> Counts {
    Counts(counts.iter().map(|Count { label, count }| (*label, *count)).chain(more).collect())
}

pub(crate) fn page(page: &Page) -> Value {
    value(&Listing {
        entries: page.entries.iter().map(seen).collect(),
        next: page.next.as_ref().map(ToString::to_string),
        redis: behind(page.redis),
    })
}

/// An entry with its line, and whether Redis was reached.
pub(crate) fn entry(entry: &EntryDetail, redis: Option<RedisStatus>) -> Value {
    value(&RememberedLine { remembered: seen(&entry.info), line: entry.line.clone(), redis: redis.map(behind) })
}

fn seen(seen: &EntryInfo) -> Remembered {
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

pub(crate) fn removed(removed: &Removed) -> Value {
    value(&RemovedCount { removed: removed.count, pending: removed.redis == RemovalStatus::Pending })
}

fn value(said: &impl Serialize) -> Value {
    // Only texts, numbers, and maps with text keys, which always serialise.
    serde_json::to_value(said).unwrap_or_default()
}

/// Whether Redis was reached: `absent`, `reached`, `unreachable`.
fn behind(behind: RedisStatus) -> &'static str {
    match behind {
        RedisStatus::Absent => "absent",
        RedisStatus::Reached => "reached",
        RedisStatus::Unreachable => "unreachable",
    }
}
