//! The property that must hold for every push from Redis, for the fuzz target in `fuzz/` and, with its seeds, for
//! `./test`. Release builds do not contain it.
#![allow(missing_docs, clippy::unwrap_used, clippy::missing_panics_doc, reason = "for two callers, which are tests")]

use std::sync::Arc;

use redis::{PushInfo, PushKind, Value};
use tokio::sync::{mpsc, watch};

use crate::coherence::Coherence;
use crate::invalidation::{Canary, apply_invalidations, push_handler};
use crate::key::{Key, Namespace};
use crate::memory::{Memory, Upkeep};
use crate::protocol::hit::Validity;
use crate::stats::{Counters, State};

/// A text that is stored in its name, and two that are stored under a digest.
const TEXTS: [&str; 3] = ["2+2", "\n", "\u{202e}"];

/// Handles bytes as a message from Redis. An invalidation removes the entries that it names, or all if it is malformed;
/// any other message removes nothing.
pub fn check_push(bytes: &[u8]) {
    let Ok(Value::Push { kind, data }) = redis::parse_redis_value(bytes) else { return };
    let named = if kind == PushKind::Invalidate { names(&data) } else { Some(Vec::new()) };
    let namespace = Namespace::new("tabuada").unwrap();
    let coherence = Arc::new(Coherence::new(namespace, State::Coherent, Arc::new(Counters::new())));
    let memory = Arc::new(Memory::new(1 << 20));
    let keys = TEXTS.map(|text| Key::new("1", text));
    for key in &keys {
        let kept = Validity { purge: coherence.purge_generation(), deadline: u64::MAX, is_brief: true };
        memory.insert(key, Arc::new(4), (8, 1), kept, Upkeep::NONE);
    }
    let (sender, queue) = mpsc::channel(1);
    let handle = push_handler(coherence.clone(), sender, Arc::default());
    handle(PushInfo { kind, data });
    drop(handle);
    let canary = watch::channel(Canary::default()).0;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(apply_invalidations(coherence.clone(), memory.clone(), canary, queue, |_| {}));
    for key in &keys {
        let is_named = named.as_ref().is_none_or(|named| named.contains(&coherence.namespace.name(key).into_bytes()));
        let is_there = memory.get(key, coherence.purge_generation(), u64::MAX, || coherence.clock.nanos()).is_ok();
        assert_eq!(is_there, !is_named, "{key:?} after {:?}", String::from_utf8_lossy(bytes));
    }
}

/// The names in an invalidation; `None` if it means all keys.
fn names(data: &[Value]) -> Option<Vec<Vec<u8>>> {
    let [Value::Array(names)] = data else { return None };
    let name = |value: &Value| match value {
        Value::BulkString(name) => Some(name.clone()),
        Value::SimpleString(name) => Some(name.clone().into_bytes()),
        _ => None,
    };
    names.iter().map(name).collect::<Option<Vec<_>>>().filter(|names| !names.is_empty())
}

#[cfg(test)]
mod tests {
    /// A seed is a text whose characters are the bytes.
    #[test]
    fn every_seed_holds_the_law() {
        let seeds = include_str!("../../../fuzz/seeds/pushes.jsonl");
        for line in seeds.lines() {
            let seed: String = serde_json::from_str(line).unwrap();
            super::check_push(&seed.chars().map(|byte| u8::try_from(byte).unwrap()).collect::<Vec<_>>());
        }
    }
}
