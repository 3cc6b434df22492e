//! What the cache remembers and did, as JSON for an operator: the same whether a server or the command line says it.

use serde_json::{Map, Value, json};
use tabuada_cache::{Behind, Count, Entry, Page, Removal, Removed, Seen, Stats};

use crate::counters::Counters;

/// How the questions ended that have ended, each counted once.
pub(crate) fn answers(stats: &Stats, counters: &Counters) -> Vec<Count> {
    let mut answers = stats.answers.clone();
    answers.push(Count { label: "bypass", count: counters.bypassed.get() });
    answers.push(Count { label: "abandoned", count: counters.abandoned.get() });
    answers
}

/// Statistics, named after the hops. `asked` is the sum of `answers` and `open`.
pub(crate) fn stats(stats: &Stats, counters: &Counters) -> Value {
    let answers = answers(stats, counters);
    let ended: u64 = answers.iter().map(|count| count.count).sum();
    // Read last: what ends meanwhile has been asked as well.
    let asked = counters.asked.get();
    json!({
        "state": stats.state.name(),
        "asked": asked,
        "answers": counts(&answers),
        "open": asked.saturating_sub(ended),
        "memory": with(counts(&stats.memory_lookups), [
            ("entries", stats.memory_entries),
            ("bytes", stats.memory_bytes),
            ("bytes_max", stats.memory_bytes_max),
        ]),
        "redis": counts(&stats.redis_lookups),
        "flights": with(counts(&stats.flights), [("open", stats.flights_open)]),
        "offers": with(counts(&stats.offers), [("open", stats.offers_open)]),
        "forgotten": counts(&stats.forgotten),
        "redis_errors": counts(&stats.redis_errors),
        "removals_pending": stats.removals_pending,
    })
}

fn counts(counts: &[Count]) -> Map<String, Value> {
    counts.iter().map(|Count { label, count }| ((*label).to_owned(), Value::from(*count))).collect()
}

fn with<const N: usize>(mut map: Map<String, Value>, more: [(&str, u64); N]) -> Map<String, Value> {
    map.extend(more.map(|(name, value)| (name.to_owned(), Value::from(value))));
    map
}

/// Some of what is remembered.
pub(crate) fn page(page: &Page) -> Value {
    json!({
        "entries": page.entries.iter().map(seen).collect::<Vec<_>>(),
        "next": page.next.as_ref().map(ToString::to_string),
        "redis": behind(page.redis),
    })
}

/// One thing remembered, and its line.
pub(crate) fn entry(entry: &Entry) -> Value {
    let mut value = seen(&entry.seen);
    value["line"] = Value::from(entry.line.clone());
    value
}

fn seen(seen: &Seen) -> Value {
    let layers = [("memory", seen.in_memory), ("redis", seen.in_redis)];
    let layers: Vec<&str> = layers.into_iter().filter(|(_, holds)| *holds).map(|(layer, _)| layer).collect();
    json!({
        "name": seen.name,
        "text": seen.text,
        "kind": seen.kind.name(),
        "layers": layers,
        // In whole seconds, as Redis rounds them; null: for ever.
        "ttl": seen.ttl.map(|ttl| (ttl.as_millis() + 500) / 1_000).and_then(|ttl| u64::try_from(ttl).ok()),
        "bytes": seen.bytes,
    })
}

/// What came of a removal.
pub(crate) fn removed(removed: &Removed) -> Value {
    json!({ "removed": removed.count, "pending": removed.redis == Removal::Pending })
}

/// How Redis took part: `absent`, `reached`, `unreachable`.
pub(crate) fn behind(behind: Behind) -> &'static str {
    match behind {
        Behind::Absent => "absent",
        Behind::Reached => "reached",
        Behind::Unreachable => "unreachable",
    }
}
