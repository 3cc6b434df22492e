//! The known pitfalls of layered caches, each with a test named after it, numbered as in the survey of the findings.
//!
//! | | pitfall | where |
//! |---|---|---|
//! | 1-10 | pushes, races, expiry, own writes, connections | here |
//! | 11 | Cluster: tracking is per node; failover; slots that move | with Cluster |
//! | 12 | FLUSHALL clears one primary of a Cluster | with Cluster |
//! | 13 | reads from replicas lag behind the primary's pushes | with Cluster and Sentinel: replicas are not read |
//! | 14 | an evicted value is fetched again, and evicts | here |
//! | 15-16 | a reader that falls behind; messages lost between driver and cache | `src/invalidation.rs` (a queue that overflows) |
//! | 17-23 | the driver's task, flights, timeouts, purged values, clocks, prefixes | here |
//! | 24 | clearing by SCAN and DEL in one go | with the operator's clear |
//! | 25-26 | reconnecting under a lock; waiting for a timeout each time | here |
//! | 27 | the wait for another flight ends, and then all compute | `interleavings.rs` (patience); the service bounds computing |
//! | 28 | invalidated memory is not freed | here (bytes counted; the RSS is the allocator's) |
//! | 29 | timer wheels and disk tiers | not built: the deadline is in the entry |
//! | 30-31 | failures remembered; keys that collide | here |
//! | 32 | POST cannot be cached by others | of HTTP: the service |

use crate::support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use support::fake::Fake;
use support::proxy::Proxy;
use support::server::{Person, Server};
use support::*;
use tabuada_cache::{ComputeError, Source, State};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_01_the_null_of_flushall_is_ignored() {
    let server = Server::start();
    let node = Setting::new().redis(server.url()).coherent().await;
    for command in ["FLUSHALL", "FLUSHALL ASYNC", "FLUSHDB"] {
        node.expensive("2+2").await;
        node.is_sound().await;
        assert!(node.remembers("2+2"));
        server.person().does(command);
        eventually(command, || !node.remembers("2+2")).await;
    }
    node.is_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_02_only_the_first_key_of_a_push_is_invalidated() {
    let server = Server::start();
    let node = Setting::new().redis(server.url()).coherent().await;
    for text in ["1", "2", "3", "4"] {
        node.expensive(text).await;
    }
    node.is_sound().await;
    server.person().does("DEL tabuada:1:1 tabuada:1:2 tabuada:1:3");
    eventually("all three are forgotten", || ["1", "2", "3"].iter().all(|text| !node.remembers(text))).await;
    assert!(node.remembers("4"));
    node.is_sound().await;
}

/// A user changes a value in Redis while a node reads it. Against the law the values differ, to recognise a stale one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_03_a_read_that_an_invalidation_overtakes_is_kept_for_ever() {
    let server = Server::start();
    let mut person = server.person();
    let node = Setting::new().redis(server.url()).always().coherent().await;
    let mut kept = 0;
    for round in 0..1_500 {
        let (line, text) = (format!("{{\"resultado\":\"{round}\"}}"), "2+2");
        let reading = tokio::spawn({
            let node = node.clone();
            async move { node.ask(text, async |_| Ok(Fact::Text("computed".to_owned()))).await.map(|_| ()) }
        });
        person.sets(&name(text), line);
        assert!(reading.await.is_ok_and(|found| found.is_ok()));
        node.receives_after(|| person.does("SET tabuada:1:mark x")).await;
        if let Some(found) = node.cache.get(&key(text)) {
            assert_eq!(*found.value, Fact::Text(round.to_string()), "stale in round {round}");
            kept += 1;
        }
    }
    // Otherwise the test would pass if nothing were ever kept.
    assert!(kept > 0);
    node.is_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_04_an_expiry_after_expire_is_not_pushed() {
    let server = Server::start();
    let mut person = server.person();
    let node = Setting::new().redis(server.url()).always().coherent().await;
    node.expensive("2+2").await;
    node.is_sound().await;
    node.receives_after(|| person.does("PEXPIRE tabuada:1:2+2 200")).await;
    assert!(!node.remembers("2+2"), "its life was changed");
    let found = node.expensive("2+2").await;
    if found.source == Source::Redis {
        assert!(found.ttl <= Some(Duration::from_millis(200)), "no longer in memory than in Redis");
    }
    eventually("it ran out", || !node.remembers("2+2")).await;
    node.is_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_05_flushdb_of_another_database_is_pushed_and_swapdb_is_not() {
    let server = Server::start();
    let mut person = server.person();
    let node = Setting::new().redis(server.url()).coherent().await;
    node.expensive("2+2").await;
    node.is_sound().await;
    person.does("SELECT 5");
    person.does("FLUSHDB");
    eventually("more is forgotten than need be", || !node.remembers("2+2")).await;
    // The answer is still in Redis.
    assert_eq!(node.expensive("2+2").await.source, Source::Redis);
    // SWAPDB is documented as unsupported: no server pushes it. If one begins to, this test fails.
    node.receives_after(|| person.does("FLUSHDB")).await;
    node.expensive("2+2").await;
    person.does("SWAPDB 0 5");
    person.does("SELECT 0");
    node.receives_after(|| person.does("SET tabuada:1:mark x")).await;
    assert!(node.remembers("2+2"));
    node.is_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_06_own_writes_come_back_as_invalidations() {
    let server = Server::start();
    let node = Setting::new().redis(server.url()).coherent().await;
    for n in 0..100 {
        node.cheap(&format!("{n}")).await;
    }
    node.is_sound().await;
    assert_eq!(node.writes_behind("stored"), 100);
    node.receives_after(|| server.person().does("SET tabuada:1:mark x")).await;
    assert_eq!(node.invalidations("key"), 1, "the mark alone");
    assert!((0..100).all(|n| node.remembers(&format!("{n}"))));
    node.is_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_07_large_values_hold_up_the_connection() {
    let server = Server::start();
    let mut person = server.person();
    let node = Setting::new().redis(server.url()).coherent().await;
    // A foreign value of 64 MiB under one of our names is not fetched.
    node.receives_after(|| person.sets(&name("2+2"), vec![b'x'; 64 << 20])).await;
    let sent = |info: String| -> u64 {
        let line = info.lines().find_map(|line| line.strip_prefix("total_net_output_bytes:").map(str::to_owned));
        line.expect("a counter").parse().expect("a number")
    };
    let before = sent(person.says("INFO stats"));
    node.expensive("2+2").await;
    node.is_sound().await;
    assert_eq!(node.lookups("unusable"), 1);
    assert!(sent(person.says("INFO stats")) - before < 1 << 20);
    assert_eq!(person.gets(&name("2+2")), Some(r#"{"resultado":"<2+2>"}"#.to_owned()), "it is replaced");
    // Our own large answers stay in memory.
    let large = "1".repeat(300 << 10);
    let trial = async || Some(Fact::Text(large));
    let found = node
        .cache
        .get_or_try_then_compute(&key("large"), trial, || async { Err("expensive") })
        .await
        .expect("an answer");
    assert_eq!(found.source, COMPUTED);
    node.is_sound().await;
    assert_eq!(node.writes_behind("dropped-oversize"), 1);
    assert!(node.remembers("large"));
    assert_eq!((node.state(), node.invalidations("detached")), (State::Coherent, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_08_a_new_connection_has_no_tracking() {
    let server = Server::start();
    let mut person = server.person();
    let node = Setting::new().redis(server.url()).always().coherent().await;
    for _ in 0..5 {
        let lost = node.errors("lost");
        person.does("CLIENT KILL TYPE normal SKIPME yes");
        eventually("it is noticed", || node.errors("lost") > lost).await;
        node.becomes(State::Coherent).await;
        node.expensive("2+2").await;
        node.is_sound().await;
        assert!(node.remembers("2+2"));
        node.receives_after(|| person.does("DEL tabuada:1:2+2")).await;
        assert!(!node.remembers("2+2"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_09_a_half_open_connection_goes_unnoticed() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    let node = Setting::new().hasty().redis(proxy.url()).coherent().await;
    node.expensive("2+2").await;
    proxy.hang(true);
    server.person().does("FLUSHALL");
    eventually("silence is noticed", || node.errors("silent") > 0).await;
    eventually("nothing of before is served", || !node.remembers("2+2")).await;
    assert_eq!(node.state(), State::Detached);
    node.expensive("2+2").await;
    proxy.hang(false);
    node.becomes(State::Coherent).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_10_a_fallback_to_resp2_is_silent() {
    // It accepts HELLO and TRACKING but pushes nothing, like a proxy with a RESP2 connection to its server.
    let fake = Fake::start(|words| (words[0] == "SET" && words[1].contains("::")).then(|| b"+OK\r\n".to_vec()));
    let node = Setting::new().hasty().redis(fake.url()).start();
    eventually("the canary is not heard", || node.errors("canary") > 0).await;
    assert_eq!(node.state(), State::CatchingUp);
    node.expensive("2+2").await;
    node.is_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_14_an_invalidated_value_is_fetched_again_without_a_call() {
    let server = Server::start();
    let mut person = server.person();
    let node = Setting::new().redis(server.url()).always().coherent().await;
    for n in 0..100 {
        node.expensive(&format!("{n}")).await;
    }
    node.is_sound().await;
    let calls = |person: &mut Person| person.calls("getrange") + person.calls("set");
    let before = calls(&mut person);
    for n in 0..50 {
        person.does(&format!("DEL {}", name(&format!("{n}"))));
    }
    person.does("FLUSHALL");
    eventually("all is told", || node.invalidations("key") == 50 && node.invalidations("flush") == 1).await;
    node.is_sound().await;
    assert_eq!(calls(&mut person), before, "no push sets off a command");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_17_the_drivers_task_is_held_up_by_a_push() {
    let fake = Fake::start(|_| None);
    let node = Setting::new().redis(fake.url()).always().coherent().await;
    let names: Vec<String> = (0..200_000).map(|n| format!("tabuada:1:{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    node.expensive("199999").await;
    node.expensive("other").await;
    node.is_sound().await;
    fake.reports(&names);
    // Calls over the same connection continue while the invalidations are applied.
    node.expensive("2+2").await;
    eventually("the last of them is forgotten", || !node.remembers("199999")).await;
    eventually("every one is counted", || node.invalidations("key") == 200_000).await;
    assert!(node.remembers("other"));
    assert_eq!((node.state(), node.invalidations("overflow")), (State::Coherent, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_18_a_leader_that_is_lost_leaks_its_flight() {
    let server = Server::start();
    for node in [Setting::new().start(), Setting::new().redis(server.url()).always().coherent().await] {
        for n in 0..20 {
            let text = format!("{n}");
            let cancelled = tokio::time::timeout(Duration::from_millis(1), {
                node.ask(&text, async |value| {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    Ok(value)
                })
            });
            // The caller ends, with or without a timeout.
            drop(cancelled.await);
            let panicking = node.ask(&format!("{n}!"), async |_| panic!("on purpose")).await;
            assert_eq!(panicking.err(), Some(ComputeError::Panicked));
        }
        node.is_sound().await;
        assert_eq!(node.count(|stats| stats.flights, "panicked"), 20);
        for n in 0..20 {
            node.expensive(&format!("{n}")).await;
            node.expensive(&format!("{n}!")).await;
        }
        node.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_19_a_computation_that_asks_for_its_own_key_waits_for_itself() {
    let server = Server::start();
    for node in [Setting::new().start(), Setting::new().redis(server.url()).coherent().await] {
        let inside = node.clone();
        let found = node.ask("2+2", async move |value| {
            // The same through another key.
            let deeper = inside.clone();
            let other = inside.ask("3+3", async move |other| {
                deeper.expensive("2+2").await;
                Ok(other)
            });
            checked("3+3", other.await);
            inside.expensive("2+2").await;
            Ok(value)
        });
        assert_eq!(checked("2+2", found.await).source, COMPUTED);
        node.is_sound().await;
    }
}

/// Every state of memory is combined with every state of Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_20_a_timeout_is_missing_on_one_path() {
    for trouble in ["none", "slow", "hung", "down"] {
        for always in [false, true] {
            let server = Server::start();
            let proxy = Proxy::before(server.port());
            let setting = Setting::new().hasty().redis(proxy.url());
            let node = if always { setting.always() } else { setting }.coherent().await;
            node.expensive("fresh").await;
            node.expensive("gone").await;
            node.is_sound().await;
            node.receives_after(|| server.person().does("DEL tabuada:1:gone")).await;
            match trouble {
                "slow" => proxy.delay(Duration::from_millis(300)),
                "hung" => proxy.hang(true),
                "down" => {
                    proxy.refuse(true);
                    proxy.cut();
                }
                _ => {}
            }
            for text in ["fresh", "gone", "new"] {
                node.expensive(text).await;
                node.cheap(text).await;
                node.cheap(&format!("{text}2")).await;
            }
            node.is_sound().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_21_a_purged_value_comes_back_when_redis_is_lost() {
    let mut server = Server::start();
    let node = Setting::new().redis(server.url()).coherent().await;
    node.expensive("2+2").await;
    node.is_sound().await;
    node.receives_after(|| server.person().does("FLUSHALL")).await;
    server.stop();
    node.becomes(State::Detached).await;
    assert!(matches!(node.expensive("2+2").await.source, Source::Computed { .. }));
    assert_eq!(node.computed(), 2);
    node.is_sound().await;
}

/// Generations are counters of this process, and Redis gives lifetimes as durations, so no wall clock is read.
#[test]
fn pitfall_22_clocks_of_nodes_are_compared() {
    for (file, text) in sources() {
        assert!(!text.contains("SystemTime") && !text.contains("UNIX_EPOCH"), "{file} reads a wall clock");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_23_a_prefix_is_built_in_two_places() {
    for (file, text) in sources() {
        // Other files join hosts and ports, but do not know the namespace.
        let joins = text.contains("}:{") && text.contains("amespace");
        assert!(file == "key.rs" || !text.contains(":canary") && !joins, "{file} builds a name");
    }
    let server = Server::start();
    let mut person = server.person();
    let one = Setting::new().redis(server.url()).coherent().await;
    let mut longer = Setting::new().redis(server.url());
    longer.options.namespace = "tabuada2".to_owned();
    let two = longer.coherent().await;
    for node in [&one, &two] {
        node.expensive("2+2").await;
        node.is_sound().await;
    }
    assert_eq!(person.keys(), ["tabuada2:1:2+2", "tabuada:1:2+2"]);
    one.receives_after(|| person.does("DEL tabuada:1:2+2")).await;
    assert!(!one.remembers("2+2") && two.remembers("2+2"));
    assert_eq!(two.invalidations("key"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_25_reconnecting_blocks_callers() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    // Connections are accepted but never answered: each attempt takes as long as allowed.
    proxy.hang(true);
    let node = Setting::new().redis(proxy.url()).always().start();
    eventually("it is connecting", || proxy.accepted() > 0).await;
    for n in 0..100 {
        node.expensive(&format!("{n}")).await;
        node.cheap(&format!("{n}+")).await;
    }
    assert_eq!((node.state(), node.errors("connect")), (State::Detached, 0), "still the first attempt");
    node.is_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_26_every_call_waits_for_the_timeout() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    let mut setting = Setting::new().hasty().redis(proxy.url()).always();
    // Without the heartbeat, which would notice the hanging server.
    setting.deadlines.heartbeat_timeout = PATIENCE;
    let node = setting.coherent().await;
    proxy.hang(true);
    let start = Instant::now();
    let mut asked = 0;
    while asked < 300 {
        node.expensive(&format!("{asked}")).await;
        asked += 1;
    }
    // The breaker opens after three failures, for a quarter of a second at first, then for longer.
    let may_have_tried = 3 + start.elapsed().as_millis() as u64 / 250 + 1;
    let timeouts = node.errors("timeout");
    assert!((3..=may_have_tried).contains(&timeouts), "{timeouts} of at most {may_have_tried}");
    assert_eq!(node.lookups("unavailable"), 300);
    proxy.hang(false);
    let text = AtomicU64::new(1_000);
    let start = Instant::now();
    while node.lookups("miss") == 0 {
        assert!(start.elapsed() < PATIENCE, "a call that succeeds closes it");
        node.expensive(&text.fetch_add(1, SeqCst).to_string()).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    node.is_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_28_invalidated_memory_is_not_freed() {
    let server = Server::start();
    let node = Setting::new().redis(server.url()).coherent().await;
    let value = Arc::new("7".repeat(1_000));
    for n in 0..2_000 {
        let value = value.clone();
        let trial = async move || Some(Fact::Text(value.to_string()));
        assert!(
            node.cache
                .get_or_try_then_compute(&key(&n.to_string()), trial, || async { Err("expensive") })
                .await
                .is_ok()
        );
    }
    assert!(node.stats().memory_bytes > 1_000_000);
    server.person().does("FLUSHALL");
    eventually("the room is freed", || node.stats().memory_bytes == 0 && node.stats().memory_entries == 0).await;
    node.is_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_30_failures_are_remembered() {
    let server = Server::start();
    for node in [Setting::new().start(), Setting::new().redis(server.url()).always().coherent().await] {
        for _ in 0..3 {
            let failed = node.ask("2+2", async |_| Err("deadline")).await;
            assert_eq!(failed.err(), Some(ComputeError::Computation("deadline")));
            node.is_sound().await;
        }
        assert_eq!(node.computed(), 3);
        assert!(server.person().keys().is_empty() && !node.remembers("2+2"));
        node.expensive("2+2").await;
        node.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pitfall_31_keys_collide() {
    let server = Server::start();
    let mut person = server.person();
    let node = Setting::new().redis(server.url()).always().coherent().await;
    let (mine, theirs) = ("1+".repeat(150), "2+".repeat(150));
    node.expensive(&theirs).await;
    node.is_sound().await;
    let place = person.keys().remove(0);
    let line = person.gets(&place).expect("their answer");
    node.receives_after(|| person.does("FLUSHALL")).await;
    node.expensive(&mine).await;
    node.is_sound().await;
    let place = person.keys().remove(0);
    // If both digests were equal, this would be under the name of the first.
    node.receives_after(|| person.sets(&place, &line)).await;
    let found = node.expensive(&mine).await;
    assert!(matches!(found.source, Source::Computed { .. }));
    node.is_sound().await;
    assert_eq!(node.lookups("unusable"), 1);
    let kept = person.gets(&place).expect("it is replaced");
    assert!(kept.contains(&mine) && !kept.contains(&theirs));
}

/// The sources of the crate, without their unit tests.
fn sources() -> Vec<(String, String)> {
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(folder).expect("the sources") {
            let path = file.expect("a file").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    let name = |path: &std::path::Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    let code = |path: &std::path::Path| {
        let text = std::fs::read_to_string(path).expect("text");
        text.split("#[cfg(test)]").next().expect("a first part").to_owned()
    };
    files.iter().map(|path| (name(path), code(path))).collect()
}
