//! `get_or_compute_many`: each key is answered as if it were asked for alone, in one round trip for all.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use tabuada_cache::{ComputeError, Found, Key, Source};

use crate::support::constellation::{Cluster, slot};
use crate::support::fake::Fake;
use crate::support::server::Server;
use crate::support::{COMPUTED, Fact, Node, Setting, answer, checked, eventually, key, name};

const KEYS: usize = 1_000;

/// Asks for many expensive values.
async fn asks(node: &Node, texts: &[&str]) -> Vec<Found<Fact>> {
    let computed = node.computed.clone();
    let compute = move |key: Key| {
        computed.fetch_add(1, SeqCst);
        async move { Ok(Fact::Text(answer(key.text()))) }
    };
    node.asked.fetch_add(texts.len() as u64, SeqCst);
    let keys: Vec<Key> = texts.iter().map(|text| key(text)).collect();
    let found = node.cache.get_or_compute_many(&keys, compute).await;
    texts.iter().zip(found).map(|(text, found)| checked(text, found)).collect()
}

fn sources(found: &[Found<Fact>]) -> Vec<Source> {
    found.iter().map(|found| found.source).collect()
}

/// The server replies to no lookup before it has received all of them, and the cache waits for each reply as long as it
/// takes: so all keys are looked up in one round trip.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_known_keys_cost_one_round_trip() {
    let held: Mutex<(usize, Vec<u8>)> = Mutex::default();
    let fake = Fake::start(move |words| {
        let mut held = held.lock().expect("no panic");
        let reply = match words[0].as_str() {
            "GETRANGE" => {
                let text = words[1].strip_prefix("tabuada:1:").expect("a name of a key");
                let line = serde_json::json!({ "resultado": answer(text) }).to_string();
                format!("${}\r\n{line}\r\n", line.len())
            }
            "PTTL" => ":60000\r\n".to_owned(),
            // Replies keep the order of their commands.
            "SETRANGE" if held.0 > 0 => ":0\r\n".to_owned(),
            "INFO" if held.0 > 0 => "$0\r\n\r\n".to_owned(),
            "CONFIG" if held.0 > 0 => "%0\r\n".to_owned(),
            _ => return None,
        };
        held.1.extend_from_slice(reply.as_bytes());
        held.0 += usize::from(matches!(words[0].as_str(), "GETRANGE" | "PTTL"));
        if held.0 < 2 * KEYS {
            return Some(Vec::new());
        }
        held.0 = 0;
        Some(std::mem::take(&mut held.1))
    });
    let node = Setting::new().redis(fake.url()).coherent().await;
    let texts: Vec<String> = (0..KEYS).map(|n| format!("fib({n})")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_eq!(sources(&asks(&node, &texts).await), [Source::Redis; KEYS]);
    assert_eq!((fake.received("GETRANGE"), fake.received("PTTL")), (KEYS, KEYS));
    assert_eq!(sources(&asks(&node, &texts).await), [Source::Memory; KEYS]);
    assert_eq!((fake.received("GETRANGE"), fake.received("SET"), node.computed()), (KEYS, 1, 0), "one canary is set");
    node.is_sound().await;
    node.is_balanced();
}

/// Each key has its own lookup result, and each is answered by its own rule.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_key_is_answered_by_its_own_rule() {
    let server = Server::start();
    let node = || Setting::new().redis(server.url()).coherent();
    let (one, other) = (node().await, node().await);
    one.expensive("memory").await;
    one.is_sound().await;
    let long = "1+".repeat(150);
    for text in ["redis", &long] {
        other.expensive(text).await;
    }
    other.is_sound().await;
    let mut person = server.person();
    person.sets(&name("unusable"), "{}");
    person.does("LPUSH tabuada:1:list 1");
    let held = other.holds("leased").await;
    // Pushes keep their order: once this one has arrived, none of the others changes anything below.
    one.expensive("mark").await;
    one.is_sound().await;
    person.does("DEL tabuada:1:mark");
    eventually("the last push arrives", || !one.remembers("mark")).await;
    let texts = ["memory", "missing", "redis", "unusable", "list", &long, "leased", "missing"];
    let asking = tokio::spawn({
        let one = one.clone();
        let texts = texts.map(str::to_owned);
        async move { asks(&one, &texts.each_ref().map(|text| text.as_str())).await }
    });
    one.waits(1).await;
    held.ends().await;
    let found = asking.await.unwrap();
    let (memory, redis, collapsed) = (Source::Memory, Source::Redis, Source::Collapsed);
    assert_eq!(sources(&found), [memory, COMPUTED, redis, COMPUTED, COMPUTED, redis, collapsed, collapsed]);
    one.is_sound().await;
    for text in texts {
        assert!(one.remembers(text), "{text}");
        let name = if text == long { continue } else { name(text) };
        assert_eq!(person.gets(&name), Some(serde_json::json!({ "resultado": answer(text) }).to_string()));
    }
    assert_eq!((one.computed(), other.computed()), (5, 3));
    one.is_balanced();
}

/// However many callers ask for overlapping sets on however many nodes, each key is computed once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlapping_sets_are_computed_once() {
    let server = Server::start();
    let mut asking = tokio::task::JoinSet::new();
    let mut nodes = Vec::new();
    for _ in 0..2 {
        let node = Setting::new().redis(server.url()).coherent().await;
        for first in 0..10 {
            let node = node.clone();
            asking.spawn(async move {
                let texts: Vec<String> = (first..first + 20).map(|n| n.to_string()).collect();
                asks(&node, &texts.iter().map(String::as_str).collect::<Vec<_>>()).await;
            });
        }
        nodes.push(node);
    }
    asking.join_all().await;
    let computed: u64 = nodes.iter().map(Node::computed).sum();
    assert_eq!(computed, 29);
    for node in nodes {
        node.is_sound().await;
        node.is_balanced();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_failure_or_panic_is_that_of_its_key() {
    let node = Setting::new().start();
    let keys = ["good", "fails", "panics", "good"].map(key);
    let compute = |key: Key| async move {
        match key.text() {
            "fails" => Err("no thread"),
            "panics" => panic!("on purpose"),
            text => Ok(Fact::Text(answer(text))),
        }
    };
    let found = node.cache.get_or_compute_many(&keys, compute).await;
    let found: Vec<_> = found.into_iter().map(|found| found.map(|found| found.source)).collect();
    let failed = Err(ComputeError::Computation("no thread"));
    assert_eq!(found, [Ok(COMPUTED), failed, Err(ComputeError::Panicked), Ok(Source::Collapsed)]);
    node.is_sound().await;
    assert_eq!(node.answers("failed"), 2);
}

/// Another caller's failure does not fail this one: it computes for itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_computation_of_another_caller_is_tried_again() {
    let node = Setting::new().start();
    let held = node.holds("7**77").await;
    let asking = tokio::spawn({
        let node = node.clone();
        async move { asks(&node, &["2+2", "7**77"]).await }
    });
    eventually("it waits", || node.count(|stats| stats.flights, "joined") == 1).await;
    held.fails().await;
    assert_eq!(sources(&asking.await.unwrap()), [COMPUTED; 2]);
    node.is_sound().await;
}

/// A computation may ask for many keys, and even for its own: it computes that one without its flight.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_computation_that_asks_for_its_own_key_ends() {
    let server = Server::start();
    let node = Setting::new().redis(server.url()).coherent().await;
    let inner = node.clone();
    let rounds = Arc::new(AtomicU64::new(0));
    let compute = move |outer: Key| {
        let (node, rounds) = (inner.clone(), rounds.clone());
        async move {
            if rounds.fetch_add(1, SeqCst) == 0 {
                let keys = [outer.clone(), key("other")];
                let compute = |key: Key| async move { Ok::<_, ()>(Fact::Text(answer(key.text()))) };
                assert!(node.cache.get_or_compute_many(&keys, compute).await.iter().all(Result::is_ok));
            }
            Ok::<_, ()>(Fact::Text(answer(outer.text())))
        }
    };
    let found = node.cache.get_or_compute_many(&[key("outer")], compute).await;
    assert_eq!(found[0].as_ref().unwrap().source, COMPUTED);
    node.is_sound().await;
}

/// A caller that goes away cancels nothing: the values are computed and stored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_of_many_that_goes_away_cancels_nothing() {
    let server = Server::start();
    let node = Setting::new().redis(server.url()).coherent().await;
    let keys = ["1", "2", "3"].map(key);
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let held = gate.clone();
    let compute = move |key: Key| {
        let held = held.clone();
        async move {
            held.acquire().await.expect("it is never closed").forget();
            Ok::<_, ()>(Fact::Text(answer(key.text())))
        }
    };
    {
        let mut leaving = Box::pin(node.cache.get_or_compute_many(&keys, compute));
        // After one poll, the flights are open.
        assert!(tokio::time::timeout(std::time::Duration::ZERO, &mut leaving).await.is_err());
    }
    gate.add_permits(keys.len());
    eventually("memory has all", || ["1", "2", "3"].iter().all(|text| node.remembers(text))).await;
    node.is_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_keys_are_no_work() {
    let node = Setting::new().start();
    assert!(asks(&node, &[]).await.is_empty());
    node.is_sound().await;
}

/// Each primary gets its own pipeline; keys of a slot on its way find theirs one by one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_keys_in_a_cluster_whose_slot_moves() {
    let cluster = Cluster::start(3, false).await;
    let setting = || {
        let mut setting = Setting::new().redis(cluster.url());
        // The map is asked for only when it is doubted.
        setting.deadlines.topology = crate::support::PATIENCE;
        setting
    };
    let (one, other) = (setting().coherent().await, setting().coherent().await);
    let texts: Vec<String> = (0..60).map(|n| n.to_string()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_eq!(sources(&asks(&one, &texts).await), [COMPUTED; 60]);
    one.is_sound().await;
    let mut held: HashMap<u16, usize> = HashMap::new();
    for text in &texts {
        *held.entry(cluster.holder_of(&name(text)).port()).or_default() += 1;
    }
    assert_eq!(held.len(), 3, "all primaries hold some");
    let moved = name(texts[0]);
    let from = cluster.holder_of(&moved);
    let to = held.keys().find(|port| **port != from.port()).expect("another one");
    let to = cluster.servers.iter().find(|server| server.port() == *to).expect("it runs");
    Cluster::begins_move(slot(from, &moved), from, to);
    let found = sources(&asks(&other, &texts).await);
    assert_eq!(found, [Source::Redis; 60]);
    other.is_sound().await;
    assert_eq!((one.computed(), other.computed()), (60, 0));
}
