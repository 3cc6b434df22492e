//! What Redis tells: pushes, from the connection's own task to memory.
//!
//! That task only ever raises the purge generation, wakes who waits, or queues a message: no lock that a request holds for
//! long, no waiting, no work that grows with the message. A queue that overflows is a purge.

use std::sync::Arc;
use std::time::Instant;

use redis::{PushInfo, PushKind, Value};
use tokio::sync::{Notify, mpsc, watch};

use crate::coherence::Coherence;
use crate::key::Name;
use crate::memory::Memory;
use crate::stats::Cause;

/// Keys forgotten between two chances for other tasks.
const KEYS_AT_ONCE: usize = 256;

/// Keys that changed, as Redis named them.
pub(crate) struct Changed {
    names: Vec<Value>,
    arrived: Instant,
}

/// The canary that is listened for on one connection. Every node hears every node's: one right behind ours must not hide
/// it.
#[derive(Default)]
pub(crate) struct Canary {
    pub(crate) token: String,
    pub(crate) is_heard: bool,
}

/// What the connection's own task calls for each push: constant work, no waiting, no panic.
pub(crate) fn ear(
    coherence: Arc<Coherence>,
    changes: mpsc::Sender<Changed>,
    lost: Arc<Notify>,
) -> impl Fn(PushInfo) + use<> {
    move |push| {
        let arrived = Instant::now();
        match push.kind {
            PushKind::Invalidate => match keys(push.data) {
                Some(names) => {
                    if changes.try_send(Changed { names, arrived }).is_err() {
                        coherence.purge(Cause::Overflow);
                        coherence.counters.silenced(arrived.elapsed());
                    }
                }
                None => {
                    coherence.purge(Cause::Flush);
                    coherence.counters.silenced(arrived.elapsed());
                }
            },
            PushKind::Disconnection => {
                // Memory is silent at once; the keeper sees to the rest.
                coherence.silence();
                lost.notify_one();
            }
            // Not ours to be broken, but whoever says so reports no more changes.
            PushKind::Other(kind) if kind == "tracking-redir-broken" => lost.notify_one(),
            _ => {}
        }
    }
}

/// The keys of an invalidation, every one of them; `None` means all: what is null, and what cannot be understood.
fn keys(data: Vec<Value>) -> Option<Vec<Value>> {
    match <[Value; 1]>::try_from(data) {
        Ok([Value::Array(names)]) if !names.is_empty() => Some(names),
        _ => None,
    }
}

/// Follows the changes that Redis reports, in their order: each key's generation, then its entry.
pub(crate) async fn follow<V>(
    coherence: Arc<Coherence>,
    memory: Arc<Memory<V>>,
    canary: watch::Sender<Canary>,
    mut changes: mpsc::Receiver<Changed>,
) {
    while let Some(Changed { names, arrived }) = changes.recv().await {
        let mut is_ours = false;
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
                Some(Name::Answer(key)) => {
                    coherence.forget(&memory, key, Cause::Key);
                    is_ours = true;
                }
                Some(Name::Canary(token)) => {
                    canary.send_if_modified(|canary| {
                        let is_it = canary.token == token;
                        canary.is_heard |= is_it;
                        is_it
                    });
                }
                // Somebody else's key under our prefix.
                None => {}
            }
        }
        if is_ours {
            coherence.counters.silenced(arrived.elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{Key, Namespace};
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

    fn listening_for(token: &str) -> (watch::Sender<Canary>, watch::Receiver<Canary>) {
        watch::channel(Canary { token: token.to_owned(), is_heard: false })
    }

    fn key(text: &str) -> Key {
        Key::new("1", text)
    }

    /// The cache reads no slower than Redis reports, or it forgets everything (pitfalls 15 and 16 of the survey).
    #[test]
    fn a_queue_that_overflows_is_a_purge() {
        let coherence = coherence();
        let (sender, mut queue) = mpsc::channel(2);
        let told = ear(coherence.clone(), sender, Arc::default());
        let licence = coherence.licence(&key("9"));
        told(changed(&["tabuada:1:1"]));
        told(changed(&["tabuada:1:2", "tabuada:1:3"]));
        assert!(!coherence.moved(licence));
        told(changed(&["tabuada:1:4"]));
        assert!(coherence.moved(licence), "whatever was not queued is forgotten with everything else");
        assert_eq!(coherence.counters.forgotten.read()[Cause::Overflow as usize].count, 1);
        let queued: Vec<usize> = std::iter::from_fn(|| queue.try_recv().ok()).map(|it| it.names.len()).collect();
        assert_eq!(queued, [1, 2]);
    }

    #[test]
    fn a_lost_connection_silences_memory_before_anybody_sees_to_it() {
        let coherence = coherence();
        let (sender, _queue) = mpsc::channel(2);
        let told = ear(coherence.clone(), sender, Arc::default());
        let licence = coherence.licence(&key("9"));
        told(push(PushKind::Disconnection, vec![]));
        assert!(coherence.moved(licence));
    }

    #[tokio::test]
    async fn a_key_that_is_followed_moves_its_shard_alone_and_goes_from_memory() {
        let (coherence, memory) = (coherence(), Arc::new(Memory::new(1 << 20)));
        // The first key whose shard is another's: which it is, chance decides.
        let shares = |text: &str| {
            let licence = coherence.licence(&key(text));
            coherence.forget(&memory, key("2+2").as_ref(), Cause::Key);
            coherence.moved(licence)
        };
        let other = (0..).map(|n| format!("{n}")).find(|text| !shares(text)).unwrap();
        for text in ["2+2", &other] {
            memory.insert(&key(text), Arc::new(4), 8, None, coherence.purge_generation());
        }
        let licences = [coherence.licence(&key("2+2")), coherence.licence(&key(&other))];
        let (sender, queue) = mpsc::channel(2);
        let told = ear(coherence.clone(), sender, Arc::default());
        let (canary, heard) = listening_for("7f");
        told(changed(&["tabuada::canary:7f", "tabuada:1:2+2"]));
        drop(told);
        follow(coherence.clone(), memory.clone(), canary, queue).await;
        assert_eq!(licences.map(|licence| coherence.moved(licence)), [true, false]);
        let is_there = |text| memory.get(&key(text), coherence.purge_generation(), Instant::now).is_some();
        assert!(!is_there("2+2") && is_there(&other));
        assert!(heard.borrow().is_heard);
        assert_eq!(coherence.counters.forget_seconds().count(), 1);
    }

    /// A server that comes back is greeted by all its nodes at once.
    #[tokio::test]
    async fn a_canary_is_heard_though_another_nodes_comes_right_behind() {
        let (coherence, memory) = (coherence(), Arc::new(Memory::<u32>::new(0)));
        let (sender, queue) = mpsc::channel(2);
        let told = ear(coherence.clone(), sender, Arc::default());
        let (canary, heard) = listening_for("ours");
        told(changed(&["tabuada::canary:ours", "tabuada::canary:theirs"]));
        told(changed(&["tabuada::canary:others"]));
        drop(told);
        follow(coherence, memory, canary, queue).await;
        assert!(heard.borrow().is_heard);
    }
}
