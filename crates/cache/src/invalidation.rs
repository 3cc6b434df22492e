//! The invalidation stream: from the pushes that a connection receives to memory.
//!
//! [`push_handler`] runs in the connection's own task. It only raises the purge generation, notifies waiting tasks or
//! queues a message: it never waits, never holds a lock for long, and takes the same time for messages of any size.
//! [`apply_invalidations`] empties the queue. If the queue overflows, everything is purged.

use std::sync::Arc;
use std::time::Instant;

use redis::{PushInfo, PushKind, Value};
use tokio::sync::{Notify, mpsc, watch};

use crate::coherence::Coherence;
use crate::key::RedisName;
use crate::link::{Answered, Message};
use crate::memory::Invalidated;
use crate::stats::Cause;

/// Keys invalidated before the task yields to others.
const KEYS_AT_ONCE: usize = 256;

/// The canary that a connection expects. Every node receives the canaries of all nodes, and one that comes right after
/// our own must not hide it.
#[derive(Default)]
pub(crate) struct Canary {
    pub(crate) token: String,
    pub(crate) has_arrived: bool,
}

/// The function that a connection's task calls for each push: constant work, no waiting, no panic.
pub(crate) fn push_handler(
    coherence: Arc<Coherence>,
    queue: mpsc::Sender<Message>,
    lost: Arc<Notify>,
) -> impl Fn(PushInfo) + use<> {
    move |push| {
        let arrived = Instant::now();
        match push.kind {
            PushKind::Invalidate => match names(push.data) {
                Some(names) => {
                    if queue.try_send(Message::Changed(names, arrived)).is_err() {
                        coherence.purge(Cause::Overflow);
                        coherence.counters.record_invalidation_latency(arrived.elapsed());
                    }
                }
                None => {
                    coherence.purge(Cause::Flush);
                    coherence.counters.record_invalidation_latency(arrived.elapsed());
                }
            },
            PushKind::Disconnection => {
                // Memory stops serving at once; the supervisor does the rest.
                coherence.raise_purge_generation();
                lost.notify_one();
            }
            // We do not use redirection, but a server that reports a broken one sends no more invalidations.
            PushKind::Other(kind) if kind == "tracking-redir-broken" => lost.notify_one(),
            _ => {}
        }
    }
}

/// The names in an invalidation. `None` means all keys: a null from Redis, or a malformed message.
fn names(data: Vec<Value>) -> Option<Vec<Value>> {
    match <[Value; 1]>::try_from(data) {
        Ok([Value::Array(names)]) if !names.is_empty() => Some(names),
        _ => None,
    }
}

/// Applies the invalidations of one connection to memory, in their order, and passes on its answers between them.
pub(crate) async fn apply_invalidations(
    coherence: Arc<Coherence>,
    memory: Arc<dyn Invalidated>,
    canary: watch::Sender<Canary>,
    mut queue: mpsc::Receiver<Message>,
    on_answer: impl Fn(Answered),
) {
    while let Some(message) = queue.recv().await {
        let (names, arrived) = match message {
            Message::Changed(names, arrived) => (names, arrived),
            Message::Answered(answered) => {
                on_answer(answered);
                continue;
            }
        };
        let mut has_answers = false;
        for (n, name) in names.iter().enumerate() {
            if n % KEYS_AT_ONCE == KEYS_AT_ONCE - 1 {
                tokio::task::yield_now().await;
            }
            let name = match name {
                Value::BulkString(name) => coherence.namespace.read(name),
                Value::SimpleString(name) => coherence.namespace.read(name.as_bytes()),
                _ => {
                    coherence.purge(Cause::Flush);
                    continue;
                }
            };
            match name {
                Some(RedisName::Answer(key)) => {
                    coherence.invalidate(&*memory, key, Cause::Key);
                    has_answers = true;
                }
                Some(RedisName::Canary(token)) => {
                    canary.send_if_modified(|canary| {
                        let is_expected = canary.token == token;
                        canary.has_arrived |= is_expected;
                        is_expected
                    });
                }
                // The name of a foreign key with our prefix.
                None => {}
            }
        }
        if has_answers {
            coherence.counters.record_invalidation_latency(arrived.elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{Key, Namespace};
    use crate::memory::Memory;
    use crate::protocol::hit::Validity;
    use crate::stats::{Counters, State};

    fn coherence() -> Arc<Coherence> {
        let namespace = Namespace::new("tabuada").unwrap();
        Arc::new(Coherence::new(namespace, State::Coherent, Arc::new(Counters::new())))
    }

    fn push(kind: PushKind, data: Vec<Value>) -> PushInfo {
        PushInfo { kind, data }
    }

    fn changed(names: &[&str]) -> PushInfo {
        let names = names.iter().map(|name| Value::BulkString(name.as_bytes().to_vec())).collect();
        push(PushKind::Invalidate, vec![Value::Array(names)])
    }

    fn expecting(token: &str) -> (watch::Sender<Canary>, watch::Receiver<Canary>) {
        watch::channel(Canary { token: token.to_owned(), has_arrived: false })
    }

    fn key(text: &str) -> Key {
        Key::new("1", text)
    }

    /// A cache that cannot keep up with its invalidations purges everything (pitfalls 15 and 16 of the survey).
    #[test]
    fn a_queue_that_overflows_is_a_purge() {
        let coherence = coherence();
        let (sender, mut queue) = mpsc::channel(2);
        let handle = push_handler(coherence.clone(), sender, Arc::default());
        let stamp = coherence.stamp(&key("9"));
        handle(changed(&["tabuada:1:1"]));
        handle(changed(&["tabuada:1:2", "tabuada:1:3"]));
        assert!(!coherence.has_changed(stamp));
        handle(changed(&["tabuada:1:4"]));
        assert!(coherence.has_changed(stamp), "the key that was not queued is purged with everything else");
        assert_eq!(coherence.counters.invalidations.read()[Cause::Overflow as usize].count, 1);
        let len = |message| match message {
            Message::Changed(names, _) => names.len(),
            Message::Answered(_) => 0,
        };
        let queued: Vec<usize> = std::iter::from_fn(|| queue.try_recv().ok()).map(len).collect();
        assert_eq!(queued, [1, 2]);
    }

    #[test]
    fn a_lost_connection_stops_memory_at_once() {
        let coherence = coherence();
        let (sender, _queue) = mpsc::channel(2);
        let handle = push_handler(coherence.clone(), sender, Arc::default());
        let stamp = coherence.stamp(&key("9"));
        handle(push(PushKind::Disconnection, vec![]));
        assert!(coherence.has_changed(stamp));
    }

    #[tokio::test]
    async fn an_invalidation_changes_one_shard_and_removes_the_entry() {
        let (coherence, memory) = (coherence(), Arc::new(Memory::new(1 << 20)));
        // The first key of another shard, which depends on the random seed of the hasher.
        let shares_shard = |text: &str| {
            let stamp = coherence.stamp(&key(text));
            coherence.invalidate(&*memory, key("2+2").as_ref(), Cause::Key);
            coherence.has_changed(stamp)
        };
        let other = (0..).map(|n| format!("{n}")).find(|text| !shares_shard(text)).unwrap();
        for text in ["2+2", &other] {
            let kept = Validity { purge: coherence.purge_generation(), deadline: u64::MAX, is_brief: true };
            memory.insert(&key(text), Arc::new(4), (8, 1), kept, crate::memory::Upkeep::NONE);
        }
        let stamps = [coherence.stamp(&key("2+2")), coherence.stamp(&key(&other))];
        let (sender, queue) = mpsc::channel(2);
        let handle = push_handler(coherence.clone(), sender, Arc::default());
        let (canary, received) = expecting("7f");
        handle(changed(&["tabuada::canary:7f", "tabuada:1:2+2"]));
        drop(handle);
        apply_invalidations(coherence.clone(), memory.clone(), canary, queue, |_| {}).await;
        assert_eq!(stamps.map(|stamp| coherence.has_changed(stamp)), [true, false]);
        let is_there =
            |text| memory.get(&key(text), coherence.purge_generation(), 0, || coherence.clock.nanos()).is_ok();
        assert!(!is_there("2+2") && is_there(&other));
        assert!(received.borrow().has_arrived);
        assert_eq!(coherence.counters.invalidation_latency().count(), 1);
    }

    /// When a server is back, all nodes send their canaries at the same time.
    #[tokio::test]
    async fn a_canary_has_arrived_though_another_nodes_comes_right_behind() {
        let (coherence, memory) = (coherence(), Arc::new(Memory::<u32>::new(0)));
        let (sender, queue) = mpsc::channel(2);
        let handle = push_handler(coherence.clone(), sender, Arc::default());
        let (canary, received) = expecting("ours");
        handle(changed(&["tabuada::canary:ours", "tabuada::canary:theirs"]));
        handle(changed(&["tabuada::canary:others"]));
        drop(handle);
        apply_invalidations(coherence, memory, canary, queue, |_| {}).await;
        assert!(received.borrow().has_arrived);
    }
}
