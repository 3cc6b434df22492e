//! The contents and counts of the cache as JSON for an operator: the same from a server and on the command line.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tabuada_cache::{Count, EntryDetail, EntryInfo, Page, RedisStatus, RemovalStatus, Removed, Stats};

use crate::counters::Counters;

/// The outcomes of finished questions, each counted once.
pub(crate) fn answers(stats: &Stats, counters: &Counters) -> Vec<Count> {
    let mut answers = stats.answers.clone();
    answers.push(Count { label: "bypass", count: counters.bypassed.get() });
    answers.push(Count { label: "abandoned", count: counters.abandoned.get() });
    answers
}

/// Counts since the process began. `asked` is the sum of `answers` and `open`, the questions in progress.
pub(crate) fn stats(stats: &Stats, counters: &Counters) -> Value {
    let answers = answers(stats, counters);
    let ended: u64 = answers.iter().map(|count| count.count).sum();
    // Read last, so that it includes every question counted above.
    let asked = counters.asked.get();
    let held =
        [("entries", stats.memory_entries), ("bytes", stats.memory_bytes), ("bytes_max", stats.memory_bytes_max)];
    let mut shown = json!({
        "state": stats.state.name(),
        "asked": asked,
        "answers": counts(&answers, []),
        "open": asked.saturating_sub(ended),
        "fuel_saved": counters.fuel_saved.get(),
        "memory": counts(&stats.memory_lookups, held),
        "redis": counts(&stats.redis_lookups, []),
        "flights": counts(&stats.flights, [("open", stats.flights_open)]),
        "offers": counts(&stats.write_behind, [("open", stats.write_behind_open)]),
        "forgotten": counts(&stats.invalidations, []),
        "redis_errors": counts(&stats.redis_errors, []),
        "removals_pending": stats.removals_pending,
    });
    for (what, is_refused) in [("reads", stats.refuses_reads), ("writes", stats.refuses_writes)] {
        if is_refused {
            shown[what] = "refused".into();
        }
    }
    shown
}

/// Counts by label, and `more`.
fn counts<const N: usize>(counts: &[Count], more: [(&'static str, u64); N]) -> BTreeMap<&'static str, u64> {
    counts.iter().map(|Count { label, count }| (*label, *count)).chain(more).collect()
}

/// A page of entries, and the cursor of the next page.
pub(crate) fn page(page: &Page) -> Value {
    json!({
        "entries": page.entries.iter().map(seen).collect::<Vec<_>>(),
        "next": page.next.as_ref().map(ToString::to_string),
        "redis": behind(page.redis),
    })
}

/// An entry with its line in Redis, or what that would be; and from a server, how Redis took part.
pub(crate) fn entry(entry: &EntryDetail, redis: Option<RedisStatus>) -> Value {
    let mut shown = seen(&entry.info);
    shown["line"] = entry.line.clone().into();
    if let Some(redis) = redis {
        shown["redis"] = behind(redis).into();
    }
    shown
}

/// An entry with its remaining seconds, as Redis rounds them.
fn seen(seen: &EntryInfo) -> Value {
    let layers = [("memory", seen.in_memory), ("redis", seen.in_redis)];
    json!({
        "name": seen.name,
        "text": seen.text,
        "kind": seen.kind.name(),
        "layers": layers.into_iter().filter(|(_, holds)| *holds).map(|(layer, _)| layer).collect::<Vec<_>>(),
        "ttl": seen.ttl.map(|ttl| (ttl.as_millis() + 500) / 1_000).and_then(|ttl| u64::try_from(ttl).ok()),
        "bytes": seen.bytes,
    })
}

/// The result of a removal. `pending`: Redis cannot be reached, and does it later.
pub(crate) fn removed(removed: &Removed) -> Value {
    json!({ "removed": removed.count, "pending": removed.redis == RemovalStatus::Pending })
}

/// Whether Redis was reached: `absent`, `reached`, `unreachable`.
fn behind(behind: RedisStatus) -> &'static str {
    match behind {
        RedisStatus::Absent => "absent",
        RedisStatus::Reached => "reached",
        RedisStatus::Unreachable => "unreachable",
    }
}
