//! Invalidation is complete: after any change of a key in Redis, by any client, memory stops serving it, and no work in
//! progress undoes a purge.

mod commands;
mod servers;

use crate::support;

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use support::server::{Person, Server};
use support::*;
use tabuada_cache::{Source, State};
use tokio::sync::Notify;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_finds_what_another_computed() {
    let server = Server::start();
    let a = Setting::new().redis(server.url()).coherent().await;
    let always = Setting::new().redis(server.url()).always().coherent().await;
    let adaptive = Setting::new().redis(server.url()).coherent().await;
    a.cheap("2+2").await;
    a.expensive("fib(90)").await;
    a.is_sound().await;
    // The pushes of an answer written behind, of a lease, and of the answer over it.
    always.has_received(3).await;
    adaptive.has_received(3).await;
    assert_eq!(always.cheap("2+2").await.source, Source::Redis);
    assert_eq!(always.expensive("fib(90)").await.source, Source::Redis);
    assert_eq!(adaptive.expensive("fib(90)").await.source, Source::Redis);
    assert_eq!(adaptive.cheap("2+2").await.source, COMPUTED, "a lookup costs more than the computation");
    assert_eq!((a.computed(), always.computed(), adaptive.computed()), (2, 0, 1));
    // A node that gets no push keeps its entry: writing the same answer with NX is no change.
    adaptive.is_sound().await;
    assert_eq!(adaptive.writes_behind("present"), 1);
    assert!(a.remembers("2+2") && always.remembers("2+2") && adaptive.remembers("2+2"));
    for node in [a, always, adaptive] {
        node.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_and_unreadable_texts_are_coherent_too() {
    let server = Server::start();
    let mut person = server.person();
    let a = Setting::new().redis(server.url()).coherent().await;
    let b = Setting::new().redis(server.url()).coherent().await;
    for (n, text) in ["1+".repeat(150).as_str(), "a\nb", "\u{202e}1", "\"\\\n"].into_iter().enumerate() {
        a.expensive(text).await;
        a.is_sound().await;
        // Three changes in each round: the lease, the answer, its deletion.
        b.has_received(3 * n as u64 + 2).await;
        let names = person.keys();
        assert!(names[0].starts_with("tabuada:1#:"), "{names:?}");
        assert_eq!(b.expensive(text).await.source, Source::Redis, "{text:?}");
        let line: serde_json::Value = serde_json::from_str(&person.gets(&names[0]).unwrap()).unwrap();
        assert_eq!((line["key"].as_str(), line["resultado"].as_str()), (Some(text), Some(answer(text).as_str())));
        assert!(a.remembers(text) && b.remembers(text));
        person.does(&format!("DEL {}", names[0]));
        eventually("memory is silent", || !a.remembers(text) && !b.remembers(text)).await;
    }
    a.is_sound().await;
    b.is_sound().await;
}

/// Runs `command` during a computation, ends the computation after the push has arrived, and gives the node.
async fn purge_during_a_computation(setting: Setting, server: &Server, command: impl FnOnce(&mut Person)) -> Node {
    let node = setting.redis(server.url()).coherent().await;
    let (begun, may_end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let asking = tokio::spawn({
        let (node, begun, may_end) = (node.clone(), begun.clone(), may_end.clone());
        async move {
            let found = node.ask("2+2", async move |value| {
                begun.notify_one();
                may_end.notified().await;
                Ok(value)
            });
            checked("2+2", found.await)
        }
    });
    begun.notified().await;
    node.receives_after(|| command(&mut server.person())).await;
    may_end.notify_one();
    assert_eq!(asking.await.expect("it was not cancelled").source, Source::Computed { stored: false });
    node.is_sound().await;
    node
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purge_is_not_undone_by_a_computation_in_progress() {
    for always in [false, true] {
        for command in ["FLUSHALL", "FLUSHDB", "SET tabuada:1:2+2 x", "DEL tabuada:1:2+2", "PEXPIRE tabuada:1:2+2 0"] {
            let server = Server::start();
            let setting = if always { Setting::new().always() } else { Setting::new() };
            let node = purge_during_a_computation(setting, &server, |person| person.does(command)).await;
            assert!(!node.remembers("2+2"), "{command}");
            let there = server.person().gets("tabuada:1:2+2");
            assert_eq!(there, command.starts_with("SET").then(|| "x".to_owned()), "{command}");
            assert_eq!(node.lookups("miss") + node.lookups("unusable"), 2, "{command}: it looked again");
        }
    }
}

/// The same for a purge during the trial, which runs in the caller's task or, after a lookup, in its flight.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purge_is_not_undone_by_a_trial_in_progress() {
    for always in [false, true] {
        let server = Server::start();
        let setting = Setting::new().redis(server.url());
        let node = if always { setting.always() } else { setting }.coherent().await;
        let (told, mut person) = (node.clone(), server.person());
        // It takes longer than a trial should, so that another thread applies the push meanwhile.
        let purge = move || {
            let before = told.invalidations("flush");
            person.does("FLUSHALL");
            while told.invalidations("flush") == before {
                std::thread::yield_now();
            }
        };
        let trial = async || {
            tokio::task::block_in_place(purge);
            Some(Fact::Text(answer("2+2")))
        };
        let found = node.cache.get_or_try_then_compute(&key("2+2"), trial, || async { Err("expensive") }).await;
        assert_eq!(checked("2+2", found).source, Source::Computed { stored: false });
        node.is_sound().await;
        assert!(!node.remembers("2+2"));
        assert!(server.person().keys().is_empty());
    }
}

/// An invalidation raises the generation, then removes the entry; an insertion compares under the lock. Here the
/// invalidation comes before the insertion and finds nothing to remove. (For the orders in between, see `checked/`.)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_is_not_inserted_after_its_invalidation() {
    for command in ["SET tabuada:1:2+2 x", "FLUSHALL"] {
        let server = Server::start();
        let (weighing, told) = (Arc::new(Mutex::new(server.person())), Arc::new(OnceLock::<Node>::new()));
        let mut setting = Setting::new().redis(server.url());
        setting.facts.when_weighed = Some({
            let (weighing, told) = (weighing.clone(), told.clone());
            Arc::new(move || {
                let node = told.get().expect("it is set");
                let heard = || node.invalidations("key") + node.invalidations("flush");
                let before = heard();
                weighing.lock().expect("no panic").does(command);
                while heard() == before {
                    std::thread::yield_now();
                }
            })
        });
        let node = setting.coherent().await;
        assert!(told.set(node.clone()).is_ok());
        assert_eq!(node.cheap("2+2").await.source, Source::Computed { stored: false }, "{command}");
        assert!(!node.remembers("2+2"), "{command}");
        node.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_neighbour_is_no_purge() {
    let server = Server::start();
    let node = Setting::new().redis(server.url()).coherent().await;
    node.expensive("2+2").await;
    node.is_sound().await;
    server.person().does("SET tabuada:other x");
    // One of 4,096 shards changes, which does not affect the computation unless its key is in that shard.
    let mut kept = 0;
    for text in ["3+3", "4+4", "5+5"] {
        let (told, mut person) = (node.clone(), server.person());
        let asking = node.ask(text, async move |value| {
            told.receives_after(|| person.does("SET tabuada:1:9+9 x")).await;
            Ok(value)
        });
        kept += u32::from(checked(text, asking.await).source == COMPUTED);
    }
    assert!(kept > 0);
    assert!(node.remembers("2+2"));
    node.is_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unusable_entries_are_replaced_by_the_next_computation() {
    let refusal = r#"{"refusal":3}"#;
    let garbage = ["lixo", "", "{\"resultado\":4}", "{\"resultado\":\"4\",\"x\":1}", "\u{0}", "[]", "null", refusal];
    for always in [false, true] {
        let server = Server::start();
        let mut person = server.person();
        for (n, bytes) in garbage.into_iter().enumerate() {
            let text = format!("{n}+{n}");
            let mut setting = Setting::new().redis(server.url());
            setting.facts.limit = 5;
            let node = if always { setting.always() } else { setting }.coherent().await;
            node.receives_after(|| person.sets(&name(&text), bytes)).await;
            assert_eq!(node.expensive(&text).await.source, COMPUTED, "{bytes:?}");
            node.is_sound().await;
            assert_eq!(node.lookups("unusable"), 1);
            assert_eq!(
                person.gets(&name(&text)),
                Some(format!("{{\"resultado\":\"{}\"}}", answer(&text))),
                "{bytes:?}"
            );
            assert!(person.says::<i64>(&format!("PTTL {}", name(&text))) > 0);
            assert!(node.remembers(&text), "on the OK of its write");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_of_a_wrong_type_is_replaced() {
    for (n, command) in ["RPUSH", "SADD", "HSET"].into_iter().enumerate() {
        let server = Server::start();
        let mut person = server.person();
        let node = Setting::new().redis(server.url()).coherent().await;
        let text = format!("{n}*{n}");
        let members = if command == "HSET" { "a b" } else { "a" };
        node.receives_after(|| person.does(&format!("{command} {} {members}", name(&text)))).await;
        node.expensive(&text).await;
        node.is_sound().await;
        assert_eq!(person.gets(&name(&text)), Some(format!("{{\"resultado\":\"{}\"}}", answer(&text))));
        assert!(node.remembers(&text));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_that_is_usable_by_now_is_not_replaced() {
    // The command during the computation, the final value, and whether it is kept.
    for (command, there, kept) in [
        ("DEL tabuada:1:2+2", None, false),
        (r#"SET tabuada:1:2+2 {"resultado":"better"}"#, Some(r#"{"resultado":"better"}"#), true),
        (r#"SET tabuada:1:2+2 "lease:a.1.2""#, Some(r#""lease:a.1.2""#), false),
        ("SET tabuada:1:2+2 worse", Some(r#"{"resultado":"<2+2>"}"#), true),
    ] {
        let server = Server::start();
        server.person().sets(&name("2+2"), "lixo");
        let node = purge_during_a_computation(Setting::new(), &server, |person| person.does(command)).await;
        assert_eq!(server.person().gets(&name("2+2")).as_deref(), there, "{command}");
        assert_eq!(node.remembers("2+2"), kept, "{command}");
        assert_eq!(node.lookups("unusable"), if command.ends_with("worse") { 2 } else { 1 }, "{command}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cheap_answer_leaves_a_lease() {
    let server = Server::start();
    let mut person = server.person();
    let node = Setting::new().redis(server.url()).always().coherent().await;
    node.receives_after(|| person.sets(&name("2+2"), r#""lease:other.1.7""#)).await;
    assert_eq!(node.cheap("2+2").await.source, COMPUTED);
    node.is_sound().await;
    assert_eq!((node.lookups("lease"), node.writes_behind("present")), (1, 1));
    assert_eq!(person.gets(&name("2+2")).as_deref(), Some(r#""lease:other.1.7""#));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_write_behind_has_a_rate_and_counts_dropped_writes() {
    let server = Server::start();
    let node = Setting::new().redis(server.url()).coherent().await;
    for n in 0..3_000 {
        node.cheap(&format!("{n}")).await;
    }
    node.is_sound().await;
    let fates = ["stored", "present", "dropped-rate", "dropped-full", "dropped-moved", "dropped-unavailable"];
    let counts = fates.map(|fate| node.writes_behind(fate));
    assert_eq!(counts.iter().sum::<u64>(), 3_000, "{counts:?}");
    assert!(counts[0] >= 200, "{counts:?}");
    assert_eq!(server.person().keys().len() as u64, counts[0]);
    assert_eq!(node.computed(), 3_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn databases_of_one_server_are_apart() {
    let server = Server::start();
    let zero = Setting::new().redis(server.url()).coherent().await;
    let three = Setting::new().redis(format!("{}/3", server.url())).always().coherent().await;
    zero.expensive("2+2").await;
    zero.is_sound().await;
    assert_eq!(three.expensive("2+2").await.source, COMPUTED);
    three.is_sound().await;
    let mut person = server.person();
    assert_eq!(person.keys(), [name("2+2")]);
    person.does("SELECT 3");
    assert_eq!(person.keys(), [name("2+2")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passwords_and_restricted_users_are_enough() {
    let server = Server::start();
    server.person().does("ACL SETUSER ana on >s3cret ~tabuada:* +@read +@write +@connection");
    let url = server.url().replace("redis://", "redis://ana:s3cret@");
    let node = Setting::new().redis(url).always().coherent().await;
    node.expensive("2+2").await;
    node.is_sound().await;
    assert!(server.person().gets(&name("2+2")).is_some());
    server.person().does("FLUSHALL");
    eventually("memory is silent", || !node.remembers("2+2")).await;
    let wrong = server.url().replace("redis://", "redis://ana:wrong@");
    let node = Setting::new().redis(wrong).start();
    eventually("it is denied", || node.errors("denied") > 0).await;
    node.expensive("2+2").await;
    assert_eq!(node.state(), State::Detached);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_bookkeeping_is_left_among_the_keys() {
    let server = Server::start();
    let mut person = server.person();
    for _ in 0..5 {
        Setting::new().redis(server.url()).coherent().await;
        assert_eq!(person.keys(), [""; 0]);
    }
}

/// Two nodes under a storm of purges: in the end memory and Redis agree.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_leaves_memory_and_redis_agreed() {
    let server = Server::start();
    let nodes = [
        Setting::new().redis(server.url()).coherent().await,
        Setting::new().redis(server.url()).always().coherent().await,
    ];
    let mut asking = tokio::task::JoinSet::new();
    for (n, node) in nodes.iter().cloned().enumerate() {
        for lane in 0..4 {
            let node = node.clone();
            asking.spawn(async move {
                for round in 0..400 {
                    let text = format!("{}", (round * 7 + lane * 3 + n) % 20);
                    if (round + lane) % 3 == 0 {
                        node.cheap(&text).await
                    } else {
                        node.expensive(&text).await
                    };
                }
            });
        }
    }
    let purging = tokio::task::spawn_blocking({
        let mut person = server.person();
        move || {
            for round in 0..300 {
                match round % 4 {
                    0 => person.does(&format!("DEL {}", name(&format!("{}", round % 20)))),
                    1 => person.does("FLUSHALL"),
                    2 => person.does(&format!("PEXPIRE {} 3", name(&format!("{}", round % 20)))),
                    _ => person.sets(&name(&format!("{}", round % 20)), "lixo"),
                }
                std::thread::sleep(Duration::from_micros(300));
            }
        }
    });
    asking.join_all().await;
    purging.await.unwrap();
    // A change over the same connections, whose invalidation comes after all others.
    for node in &nodes {
        node.is_sound().await;
        node.receives_after(|| server.person().does("SET tabuada:1:mark x")).await;
        node.receives_after(|| server.person().does("DEL tabuada:1:mark")).await;
    }
    let mut person = server.person();
    for n in 0..20 {
        let text = format!("{n}");
        let line = person.gets(&name(&text));
        for node in &nodes {
            assert!(line.as_ref().is_none_or(|line| !line.contains("lease")), "{text}: {line:?}, and nobody computes");
            // A cheap answer may be in memory only (its write was dropped). Values in both places must agree, and
            // memory may hold no unusable value.
            if node.remembers(&text) && line.as_deref() == Some("lixo") {
                panic!("{text} is remembered over what a person set");
            }
        }
    }
    for node in &nodes {
        node.is_sound().await;
    }
}
