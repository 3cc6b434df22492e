//! Keys that memory answers for are touched in Redis, and prolonged while they are used.

use std::time::Duration;

use tabuada_cache::Lookup;

use crate::support::server::{Person, Server};
use crate::support::{COMPUTED, Node, PATIENCE, Setting, eventually, name};

/// Touches are as frequent as wished.
fn setting(server: &Server, touch: Duration) -> Setting {
    let mut setting = Setting::new().redis(server.url());
    setting.deadlines.touch = touch;
    setting
}

fn touches(node: &Node, result: &str) -> u64 {
    node.count(|stats| stats.touches, result)
}

/// Asks for a value in memory until a touch has this result so many times.
async fn asks_until(node: &Node, text: &str, result: &str, count: u64) {
    eventually(result, || {
        assert!(node.remembers(text));
        touches(node, result) >= count
    })
    .await;
}

fn milliseconds_left(person: &mut Person, text: &str) -> i64 {
    person.says(&format!("PTTL {}", name(text)))
}

/// Ten hot keys on two nodes, which answer from memory, while strangers' keys pass through a small Redis. In each round,
/// every hot key is used once, and what was not used for the longest time is evicted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hot_keys_are_not_evicted() {
    let limits = ["--maxmemory", "8mb", "--maxmemory-policy", "allkeys-lru", "--maxmemory-samples", "10"];
    let server = Server::with(&limits);
    let round = Duration::from_millis(400);
    let texts: Vec<String> = (0..10).map(|n| format!("hot{n}")).collect();
    let nodes = [setting(&server, round / 4).coherent().await, setting(&server, round / 4).coherent().await];
    for text in &texts {
        for node in &nodes {
            node.expensive(text).await;
            node.is_sound().await;
        }
    }
    assert_eq!(nodes.iter().map(Node::computed).sum::<u64>(), 10);
    let mut person = server.person();
    // Sixteen rounds of a megabyte each: what is not used is gone after six.
    for number in 0..16 {
        let mut strangers = redis::pipe();
        for n in 0..1_000 {
            strangers.cmd("SET").arg(format!("stranger:{number}:{n}")).arg("s".repeat(1_000)).ignore();
        }
        strangers.exec(person.connection()).expect("the server evicts");
        tokio::time::sleep(round).await;
        let before = nodes.each_ref().map(|node| touches(node, "touched"));
        eventually("all hot keys are used", || {
            for text in &texts {
                nodes.iter().for_each(|node| drop(node.cache.get(&crate::support::key(text))));
            }
            nodes.iter().zip(before).any(|(node, before)| touches(node, "touched") >= before + 10)
                // A key that was evicted is not in memory, and is computed again below.
                || texts.iter().any(|text| !nodes[0].remembers(text) && !nodes[1].remembers(text))
        })
        .await;
        for text in &texts {
            nodes[number % 2].expensive(text).await;
        }
    }
    let evicted: String = person.says("INFO stats");
    let evicted = evicted.lines().find_map(|line| line.strip_prefix("evicted_keys:")).expect("a number");
    assert!(evicted.parse::<u64>().expect("a number") > 5_000, "{evicted} were evicted");
    let computed: u64 = nodes.iter().map(Node::computed).sum();
    assert!(computed <= 20, "{} of 10 keys were computed again", computed - 10);
}

/// However often a key is used, it is touched once in each interval, and no other node is told of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_touched_once_in_an_interval() {
    let server = Server::start();
    let node = setting(&server, 4 * PATIENCE).coherent().await;
    node.expensive("7**77").await;
    node.is_sound().await;
    for _ in 0..10_000 {
        assert!(node.remembers("7**77"));
    }
    assert_eq!(server.person().calls("touch"), 0, "it was written a moment ago");

    let hasty = setting(&server, Duration::from_millis(20)).coherent().await;
    hasty.expensive("7**77").await;
    hasty.is_sound().await;
    asks_until(&hasty, "7**77", "touched", 3).await;
    assert!(server.person().calls("touch") >= 3);
    assert_eq!((node.invalidations("key"), touches(&node, "touched")), (0, 0));
    // A cheap answer costs no lookup, and Redis may lose it.
    hasty.cheap("2+2").await;
    hasty.is_sound().await;
    let before = touches(&hasty, "touched");
    asks_until(&hasty, "7**77", "touched", before + 3).await;
    assert!(hasty.remembers("2+2"));
    assert_eq!(server.person().says::<i64>(&format!("OBJECT IDLETIME {}", name("7**77"))), 0);
}

/// An answer in use gets its whole lifetime anew, in Redis and in memory; what nobody uses expires.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_in_use_is_prolonged() {
    let server = Server::start();
    let ttl = Duration::from_secs(16);
    let start = async || setting(&server, Duration::from_millis(100)).ttl(Some(ttl)).coherent().await;
    let (node, other) = (start().await, start().await);
    for text in ["used", "unused"] {
        assert_eq!(node.expensive(text).await.source, COMPUTED);
        node.is_sound().await;
    }
    other.expensive("used").await;
    other.is_sound().await;
    let mut person = server.person();
    asks_until(&node, "used", "prolonged", 1).await;
    let half = ttl.as_millis() as i64 / 2;
    let left = milliseconds_left(&mut person, "used");
    assert!(left > milliseconds_left(&mut person, "unused") + half / 2, "{left}");
    let found = node.cache.get(&crate::support::key("used")).expect("it is in memory");
    assert!(found.ttl > Some(ttl / 2), "{:?}", found.ttl);
    // The other node is told, and finds the new lifetime.
    eventually("the push arrives", || other.invalidations("key") > 0).await;
    other.expensive("used").await;
    assert_eq!((node.computed(), other.computed()), (2, 0));
    // In the first half of its new lifetime it is only touched.
    let (prolonged, touched) = (touches(&node, "prolonged"), touches(&node, "touched"));
    asks_until(&node, "used", "touched", touched + 2).await;
    assert_eq!(touches(&node, "prolonged"), prolonged);
}

/// A person who gives a key a shorter or an unlimited life is right; so is one who deletes it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_life_that_a_person_gave_is_not_prolonged() {
    let server = Server::start();
    let node = setting(&server, Duration::from_millis(20)).coherent().await;
    let mut person = server.person();
    for command in ["EXPIRE tabuada:1:7**77 1000", "PERSIST tabuada:1:7**77"] {
        node.expensive("7**77").await;
        node.is_sound().await;
        node.receives_after(|| person.does(command)).await;
        node.expensive("7**77").await;
        node.is_sound().await;
        let before = touches(&node, "touched");
        asks_until(&node, "7**77", "touched", before + 3).await;
        assert!(milliseconds_left(&mut person, "7**77") <= 1_000_000);
    }
    assert_eq!((person.calls("pexpire"), touches(&node, "prolonged"), node.computed()), (0, 0, 1));
    // A touch makes nothing appear.
    node.receives_after(|| person.does("DEL tabuada:1:7**77")).await;
    assert!(!node.remembers("7**77"));
    assert_eq!(person.keys(), [""; 0]);
}

/// A user of the server who may not touch keys still gets everything else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_touch_that_is_refused_affects_no_call() {
    let server = Server::start();
    server.person().does("ACL SETUSER default -touch -pexpire");
    let node = setting(&server, Duration::from_millis(20)).coherent().await;
    node.expensive("7**77").await;
    node.is_sound().await;
    asks_until(&node, "7**77", "failed", 5).await;
    assert!(node.errors("denied") >= 5);
    // Others' computations are still awaited.
    let other = setting(&server, PATIENCE).coherent().await;
    let held = other.holds("2+2").await;
    let asking = node.asks("2+2");
    node.waits(1).await;
    held.ends().await;
    assert_eq!(asking.await.unwrap().source, tabuada_cache::Source::Collapsed);
    assert_eq!(node.computed(), 1);
}

/// Without a connection, nothing is sent and nothing waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_touch_is_dropped_without_redis() {
    let mut server = Server::start();
    let mut setting = setting(&server, Duration::from_millis(20));
    setting.options.lookup = Lookup::Always;
    let node = setting.coherent().await;
    node.expensive("7**77").await;
    node.is_sound().await;
    server.stop();
    node.becomes(tabuada_cache::State::Detached).await;
    node.expensive("7**77").await;
    assert_eq!(touches(&node, "failed"), 0);
    // Without a Redis, there is nothing to touch.
    let alone = Setting::new().start();
    alone.expensive("7**77").await;
    assert!(alone.remembers("7**77"));
    assert!(alone.stats().touches.iter().all(|count| count.count == 0));
}
