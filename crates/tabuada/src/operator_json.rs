//! What the cache remembers and did, as JSON for an operator: the same whether a server or the command line says it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use tabuada_cache::{Behind, Count, Entry, Page, Removal, Removed, Seen, Stats};

use crate::counters::Counters;

/// How the questions ended that have ended, each counted once.
pub(crate) fn answers(stats: &Stats, counters: &Counters) -> Vec<Count> {
    let mut answers = stats.answers.clone();
    answers.push(Count { label: "bypass", count: counters.bypassed.get() });
    answers.push(Count { label: "abandoned", count: counters.abandoned.get() });
    answers
}

/// What the cache did since the process began, named after the hops. `asked` is the sum of `answers` and `open`.
#[derive(Serialize)]
struct Statistics {
    state: &'static str,
    /// Questions.
    asked: u64,
    /// How those ended that have ended, each counted once.
    answers: Counts,
    /// Questions that have not ended yet.
    open: u64,
    /// Looks into memory by result; and the `entries` and `bytes` there, and the most bytes, `bytes_max`.
    memory: Counts,
    /// Looks into Redis by result.
    redis: Counts,
    /// Computations by how they ended; and those `open`.
    flights: Counts,
    /// Answers offered to Redis by fate; and those `open`.
    offers: Counts,
    /// What made memory forget.
    forgotten: Counts,
    /// What went wrong with Redis.
    redis_errors: Counts,
    /// Removals that are still to be done in Redis.
    removals_pending: u64,
}

/// Counts, by label.
#[derive(Serialize)]
struct Counts(BTreeMap<&'static str, u64>);

/// Some of what is remembered.
#[derive(Serialize)]
struct Listing {
    entries: Vec<Remembered>,
    /// The cursor of the page that follows; `null` after the last.
    next: Option<String>,
    redis: &'static str,
}

/// One thing remembered.
#[derive(Serialize)]
struct Remembered {
    /// Its name in Redis.
    name: String,
    /// The text that it is the answer of, if that is known; in a listing, long ones are cut short.
    text: Option<String>,
    kind: &'static str,
    /// Who holds it.
    layers: Vec<&'static str>,
    /// For how many seconds more, as Redis rounds them; `null`: for ever.
    ttl: Option<u64>,
    /// How many it takes.
    bytes: u64,
}

/// One thing remembered, and its line.
#[derive(Serialize)]
struct RememberedLine {
    #[serde(flatten)]
    remembered: Remembered,
    /// What stands in Redis, or would; `null`: what stands there has no line.
    line: Option<String>,
    /// Where a server says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    redis: Option<&'static str>,
}

/// What came of a removal.
#[derive(Serialize)]
struct RemovedCount {
    /// How many went.
    removed: u64,
    /// Redis cannot be reached: there it is removed as soon as it can.
    pending: bool,
}

/// What the cache did.
pub(crate) fn stats(stats: &Stats, counters: &Counters) -> Value {
    let answers = answers(stats, counters);
    let ended: u64 = answers.iter().map(|count| count.count).sum();
    // Read last: what ends meanwhile has been asked as well.
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

/// Some of what is remembered.
pub(crate) fn page(page: &Page) -> Value {
    value(&Listing {
        entries: page.entries.iter().map(seen).collect(),
        next: page.next.as_ref().map(ToString::to_string),
        redis: behind(page.redis),
    })
}

/// One thing remembered, and its line; how Redis took part, if that is to be said.
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

/// What came of a removal.
pub(crate) fn removed(removed: &Removed) -> Value {
    value(&RemovedCount { removed: removed.count, pending: removed.redis == Removal::Pending })
}

fn value(said: &impl Serialize) -> Value {
    // Texts, numbers, and maps by text.
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
