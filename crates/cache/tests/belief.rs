//! Memory is believed only while Redis was heard from: neither a network that swallows what Redis says nor a scheduler
//! that stops the process makes it serve for longer what was deleted.

use crate::support;

use std::time::{Duration, Instant};

use support::proxy::Proxy;
use support::server::Server;
use support::*;
use tabuada_cache::{Source, State};

/// Three heartbeats of the default, 100 ms.
const BELIEF: Duration = Duration::from_millis(300);

/// Waits until memory answers: on a busy machine, it may be unsure now and then.
async fn is_served(node: &Node, text: &str) {
    eventually("memory answers", || node.cache.get(&key(text)).is_some()).await;
}

fn unsure(node: &Node) -> u64 {
    node.count(|stats| stats.memory_lookups, "unsure")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_wire_stops_memory_after_three_heartbeats_and_nothing_is_forgotten() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    // The connection does not count as lost, however long it is silent.
    let node = Setting::new().wary().redis(proxy.url()).coherent().await;
    for text in ["2+2", "3+3"] {
        node.expensive(text).await;
    }
    node.is_sound().await;
    for _ in 0..3 {
        is_served(&node, "2+2").await;
        proxy.hang(true);
        // All that was answered was sent before this moment.
        let silent = Instant::now();
        server.person().does("DEL tabuada:1:2+2");
        let (before, changes) = (unsure(&node), node.invalidations("key"));
        while unsure(&node) < before + 20 {
            let asked = silent.elapsed();
            assert!(node.cache.get(&key("2+2")).is_none() || asked < BELIEF, "served after {asked:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(node.state(), State::Coherent);
        let forgotten = node.invalidations("detached");
        proxy.hang(false);
        // The push arrives, and the rest is served again.
        eventually("it is forgotten", || node.invalidations("key") > changes).await;
        assert!(node.cache.get(&key("2+2")).is_none());
        is_served(&node, "3+3").await;
        assert_eq!(node.invalidations("detached"), forgotten);
        node.expensive("2+2").await;
        node.is_sound().await;
    }
}

/// What was computed while Redis could not be asked is kept briefly, and needs no sign of life.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_briefly_is_served_without_redis() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    let mut setting = Setting::new().wary().redis(proxy.url());
    setting.deadlines.call = Duration::from_millis(50);
    let node = setting.coherent().await;
    proxy.hang(true);
    let silent = Instant::now();
    node.expensive("2+2").await;
    eventually("Redis is not believed any more", || silent.elapsed() > BELIEF).await;
    assert_eq!(node.state(), State::Coherent);
    assert!(node.cache.get(&key("2+2")).is_some_and(|found| found.ttl <= Some(Duration::from_secs(5))));
}

/// A process that was off the CPU: what it did not read in the meantime was said by Redis before its question.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_after_a_pause_is_not_answered_by_what_was_deleted_during_it() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    let node = Setting::new().wary().redis(proxy.url()).coherent().await;
    for _ in 0..5 {
        node.expensive("2+2").await;
        node.is_sound().await;
        is_served(&node, "2+2").await;
        proxy.hang(true);
        server.person().does("DEL tabuada:1:2+2");
        // As if this process stood still: nothing is read, while the clock goes on.
        std::thread::sleep(BELIEF);
        proxy.hang(false);
        let found = node.expensive("2+2").await;
        assert!(matches!(found.source, Source::Computed { .. }), "{:?}", found.source);
    }
}

/// A busy node: each call is a sign of life, so that single heartbeats do not matter.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answered_call_is_a_sign_of_life() {
    let server = Server::start();
    let mut setting = Setting::new().redis(server.url());
    setting.deadlines.heartbeat = PATIENCE;
    setting.deadlines.belief = Some(Duration::from_secs(1));
    let node = setting.coherent().await;
    node.expensive("2+2").await;
    node.is_sound().await;
    eventually("memory is unsure", || node.cache.get(&key("2+2")).is_none() && unsure(&node) > 0).await;
    let start = Instant::now();
    for n in 0.. {
        // The sign passes through the queue of invalidations, and so may come after the answer.
        node.expensive(&format!("3+{n}")).await;
        if node.cache.get(&key("2+2")).is_some() {
            break;
        }
        assert!(start.elapsed() < PATIENCE, "memory is unsure for ever");
    }
}
