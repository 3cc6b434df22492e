//! The promises of a cache with any layers: each case runs with memory, Redis or both, in both lookup modes.

use crate::support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use support::server::Server;
use support::*;
use tabuada_cache::{Call, ComputeError, Key, Source, State};
use tokio::sync::{Notify, oneshot};

/// The layers of a case, and their servers.
struct Layers {
    name: &'static str,
    server: Option<Server>,
    has_memory: bool,
    always: bool,
}

impl Layers {
    fn all() -> Vec<Self> {
        let layers = |name, has_redis: bool, has_memory, always| Self {
            name,
            server: has_redis.then(Server::start),
            has_memory,
            always,
        };
        vec![
            layers("memory", false, true, false),
            layers("Redis", true, false, true),
            layers("both, adaptive", true, true, false),
            layers("both, always", true, true, true),
        ]
    }

    fn setting(&self) -> Setting {
        let mut setting = Setting::new();
        setting.options.redis = self.server.as_ref().map(Server::url);
        if !self.has_memory {
            setting = setting.memory(0);
        }
        if self.always { setting.always() } else { setting }
    }

    async fn start(&self, setting: Setting) -> Node {
        let node = setting.start();
        node.cache.wait_until_ready(PATIENCE).await;
        let state = if self.server.is_some() { State::Coherent } else { State::Memory };
        assert_eq!(node.state(), state, "{}", self.name);
        node
    }

    /// Whether cheap answers that are not in memory are found in Redis.
    fn finds_cheap(&self) -> bool {
        self.has_memory || self.always
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_computed_value_is_stored() {
    for layers in Layers::all() {
        let node = layers.start(layers.setting()).await;
        for (text, is_expensive) in [("2+2", false), ("fib(90)", true), ("'olá'", false)] {
            let ask = async || if is_expensive { node.expensive(text).await } else { node.cheap(text).await };
            // An expensive value goes to Redis, with or without memory.
            let stored = layers.has_memory || is_expensive && layers.server.is_some();
            let found = ask().await;
            assert_eq!(found.source, Source::Computed { stored }, "{}", layers.name);
            let looked = layers.server.is_some() && (is_expensive || layers.always);
            assert_eq!(found.asked_redis, looked, "{}: {text}", layers.name);
            node.is_sound().await;
            let computed = node.computed();
            for _ in 0..3 {
                let found = ask().await;
                let source = if layers.has_memory { Source::Memory } else { Source::Redis };
                assert_eq!(found.source, source, "{}", layers.name);
                assert_eq!(found.asked_redis, !layers.has_memory, "{}: {text}", layers.name);
                let day = Duration::from_secs(86_400);
                assert!(found.ttl > Some(day.mul_f64(0.94)) && found.ttl < Some(day.mul_f64(1.06)), "{:?}", found.ttl);
            }
            assert!(layers.finds_cheap());
            assert_eq!(node.computed(), computed, "{}", layers.name);
        }
        node.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_at_the_same_time_share_one_computation() {
    for layers in Layers::all() {
        let node = layers.start(layers.setting()).await;
        let (begun, may_end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let mut asking = tokio::task::JoinSet::new();
        for _ in 0..1_000 {
            let (node, begun, may_end) = (node.clone(), begun.clone(), may_end.clone());
            asking.spawn(async move {
                let found = node.ask("7**77", async move |value| {
                    begun.notify_one();
                    may_end.notified().await;
                    Ok(value)
                });
                checked("7**77", found.await)
            });
        }
        begun.notified().await;
        eventually("all are waiting", || node.count(|stats| stats.flights, "joined") == 999).await;
        assert_eq!(node.stats().flights_open, 1);
        may_end.notify_one();
        let sources: Vec<Source> = asking.join_all().await.into_iter().map(|found| found.source).collect();
        let collapsed = sources.iter().filter(|source| **source == Source::Collapsed).count();
        assert_eq!((collapsed, node.computed()), (999, 1), "{}", layers.name);
        node.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn different_keys_have_different_answers() {
    let long = "1+".repeat(300);
    for layers in Layers::all() {
        let node = layers.start(layers.setting()).await;
        let texts =
            ["1+1", "1+1.0", "0.0", "-0.0", "", " ", "\n", "a\u{202e}b", "1:2", "::", "{\"a\"}", &long, &long[2..]];
        for _ in 0..2 {
            for text in texts {
                node.expensive(text).await;
            }
            node.is_sound().await;
        }
        assert_eq!(node.computed(), texts.len() as u64, "{}", layers.name);
        let other = Key::new("1@exact", "1+1");
        let other_variant = node.cache.get_or_compute(&other, || async { Ok::<_, ()>(Fact::Refusal(9)) });
        assert_eq!(*other_variant.await.unwrap().value, Fact::Refusal(9), "{}", layers.name);
        node.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_are_not_stored() {
    for layers in Layers::all() {
        let node = layers.start(layers.setting()).await;
        for _ in 0..2 {
            let failed = node.ask("9**9", async |_| Err("no worker free")).await;
            assert_eq!(failed.err(), Some(ComputeError::Computation("no worker free")), "{}", layers.name);
            let failed = node.ask("9**9", async |_| panic!("on purpose")).await;
            assert_eq!(failed.err(), Some(ComputeError::Panicked), "{}", layers.name);
        }
        let trial = node
            .cache
            .get_or_try_then_compute(
                &key("9**9"),
                async || -> Option<Fact> { panic!("on purpose") },
                || async { Err("expensive") },
            )
            .await;
        assert_eq!(trial.err(), Some(ComputeError::Panicked), "{}", layers.name);
        assert!(!node.remembers("9**9"));
        assert!(node.expensive("9**9").await.source != Source::Memory, "{}", layers.name);
        node.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_computation_does_not_fail_its_followers() {
    for layers in Layers::all() {
        for (text, does_panic) in [("9**9", false), ("8**8", true)] {
            let node = layers.start(layers.setting()).await;
            let (begun, may_end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
            let leader = tokio::spawn({
                let (node, begun, may_end) = (node.clone(), begun.clone(), may_end.clone());
                async move {
                    let failing = node.ask(text, async move |_| {
                        begun.notify_one();
                        may_end.notified().await;
                        assert!(!does_panic, "on purpose");
                        Err("no worker free")
                    });
                    failing.await
                }
            });
            begun.notified().await;
            let mut waiting = tokio::task::JoinSet::new();
            for _ in 0..50 {
                let node = node.clone();
                waiting.spawn(async move { node.expensive(text).await });
            }
            eventually("all are waiting", || node.count(|stats| stats.flights, "joined") == 50).await;
            may_end.notify_one();
            let failed = if does_panic { ComputeError::Panicked } else { ComputeError::Computation("no worker free") };
            assert_eq!(leader.await.unwrap().err(), Some(failed));
            assert_eq!(waiting.join_all().await.len(), 50);
            assert!(node.computed() >= 2);
            node.is_sound().await;
        }
    }
}

/// The next leader may fail too; the followers of both do not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_failures_in_a_row_do_not_fail_their_followers() {
    for layers in Layers::all() {
        for do_panic in [false, true] {
            let node = layers.start(layers.setting()).await;
            let first = node.holds("9**9").await;
            // The second leader is one of the followers, at random; each would hold its computation.
            let (begun, mut has_begun) = tokio::sync::mpsc::unbounded_channel();
            let mut waiting = tokio::task::JoinSet::new();
            for _ in 0..20 {
                let (node, begun) = (node.clone(), begun.clone());
                waiting.spawn(async move {
                    let led = Arc::new(AtomicBool::new(false));
                    let leads = led.clone();
                    let asked = node.ask("9**9", async move |value| {
                        leads.store(true, SeqCst);
                        let (end, told) = oneshot::channel();
                        begun.send(end).expect("the test waits");
                        if told.await.is_ok() {
                            return Ok(value);
                        }
                        assert!(!do_panic, "on purpose");
                        Err("no worker free")
                    });
                    let outcome = asked.await;
                    (led.load(SeqCst), outcome)
                });
            }
            let joined = |flights| node.count(|stats| stats.flights, "joined") == flights;
            eventually("all wait for the first", || joined(20)).await;
            if do_panic {
                first.panics().await;
            } else {
                first.fails().await;
            };
            let second = has_begun.recv().await.expect("one of them leads");
            eventually("all others wait for the second", || joined(39)).await;
            drop(second);
            // The remaining followers compute for themselves.
            drop(begun);
            let granting = tokio::spawn(async move {
                while let Some(end) = has_begun.recv().await {
                    end.send(()).expect("it waits");
                }
            });
            let outcomes = waiting.join_all().await;
            granting.await.expect("no panic");
            let failed: Vec<_> = outcomes.iter().filter(|(_, outcome)| outcome.is_err()).collect();
            assert!(matches!(failed[..], [(true, _)]), "one failed, and led: {failed:?}");
            node.is_sound().await;
            node.is_balanced();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_goes_away_cancels_nothing() {
    for layers in Layers::all() {
        let node = layers.start(layers.setting()).await;
        let (begun, may_end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let leader = tokio::spawn({
            let (node, begun, may_end) = (node.clone(), begun.clone(), may_end.clone());
            async move {
                let asking = node.ask("9**9", async move |value| {
                    begun.notify_one();
                    may_end.notified().await;
                    Ok(value)
                });
                asking.await.is_ok()
            }
        });
        begun.notified().await;
        let follower = tokio::spawn({
            let node = node.clone();
            async move { node.expensive("9**9").await }
        });
        eventually("it waits", || node.count(|stats| stats.flights, "joined") == 1).await;
        leader.abort();
        assert!(leader.await.unwrap_err().is_cancelled());
        may_end.notify_one();
        assert_eq!(follower.await.unwrap().source, Source::Collapsed, "{}", layers.name);
        node.is_sound().await;
        assert!(matches!(node.expensive("9**9").await.source, Source::Memory | Source::Redis), "{}", layers.name);
        assert_eq!(node.computed(), 1, "{}", layers.name);
        node.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_expire() {
    for layers in Layers::all() {
        let setting = layers.setting().ttl(Some(Duration::from_millis(40)));
        let node = layers.start(setting).await;
        node.expensive("2+2").await;
        node.is_sound().await;
        eventually("it ran out", || !node.remembers("2+2")).await;
        if let Some(server) = &layers.server {
            let mut person = server.person();
            eventually("it ran out", || person.keys().is_empty()).await;
        }
        assert!(matches!(node.expensive("2+2").await.source, Source::Computed { .. }), "{}", layers.name);
        node.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_without_expiry_has_no_ttl() {
    for layers in Layers::all() {
        let node = layers.start(layers.setting().ttl(None)).await;
        node.expensive("2+2").await;
        node.is_sound().await;
        assert_eq!(node.expensive("2+2").await.ttl, None);
        if let Some(server) = &layers.server {
            assert_eq!(server.person().says::<i64>("TTL tabuada:1:2+2"), -1);
        }
        node.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_without_a_lifetime_is_not_stored() {
    for layers in Layers::all() {
        let mut setting = layers.setting();
        setting.facts.lifetime = Some(Duration::ZERO);
        let node = layers.start(setting).await;
        for asked in 1..=3 {
            assert_eq!(node.expensive("rnd()").await.source, Source::Computed { stored: false }, "{}", layers.name);
            assert_eq!(node.computed(), asked);
        }
        node.is_sound().await;
        if let Some(server) = &layers.server {
            assert!(server.person().keys().is_empty());
        }
    }
}

/// For cheap and expensive values: nothing is stored, no lease is taken; stored values are found, and leases stay.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_without_storing_leaves_nothing_behind() {
    for layers in Layers::all() {
        let node = layers.start(layers.setting()).await;
        let mut person = layers.server.as_ref().map(Server::person);
        let written = person.as_mut().map(|person| person.calls("set"));
        for asked in 1..=3 {
            for (text, is_expensive) in [("2+2", false), ("fib(90)", true)] {
                let found = node.no_store(text, is_expensive).await;
                assert_eq!((found.source, found.ttl), (Source::Computed { stored: false }, None), "{}", layers.name);
            }
            assert_eq!(node.computed(), 2 * asked, "{}", layers.name);
        }
        let failing = key("1/0");
        let fails = node.cache.get_or_compute(Call::new(&failing).no_store(), async || Err("no thread"));
        assert_eq!(fails.await.map(|found| found.source), Err(ComputeError::Computation("no thread")));
        let panics = node.cache.get_or_try_then_compute(
            Call::new(&failing).no_store(),
            async || -> Option<Fact> { panic!("on purpose") },
            async || Err(""),
        );
        assert_eq!(panics.await.map(|found| found.source), Err(ComputeError::Panicked));
        assert_eq!((node.stats().memory_entries, node.count(|stats| stats.flights, "computed")), (0, 0));
        node.is_sound().await;
        assert_eq!(person.as_mut().map(|person| person.calls("set")), written, "{}", layers.name);

        // Such a call neither waits for another computation nor affects it.
        let held = node.holds("7**77").await;
        assert_eq!(node.no_store("7**77", true).await.source, Source::Computed { stored: false }, "{}", layers.name);
        assert_eq!(held.ends().await.source, Source::Computed { stored: layers.has_memory || person.is_some() });
        node.is_sound().await;
        let source = if layers.has_memory { Source::Memory } else { Source::Redis };
        let computed = node.computed();
        assert_eq!(node.no_store("7**77", true).await.source, source, "{}", layers.name);
        assert_eq!(node.computed(), computed);
        if let Some(mut person) = person {
            assert_eq!(person.keys(), [name("7**77")]);
        }
        node.is_sound().await;
    }
}

/// The answers, and the lookups in memory, of any kind.
fn counted(node: &Node) -> [u64; 2] {
    let stats = node.stats();
    [stats.answers, stats.memory_lookups].map(|counts| counts.iter().map(|count| count.count).sum())
}

/// An accepted answer is counted once; otherwise nothing is counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn get_if_gives_what_memory_has_if_it_is_accepted() {
    for layers in Layers::all() {
        let node = layers.start(layers.setting()).await;
        let counted = || counted(&node);
        assert!(node.cache.get_if(&key("2+2"), |_| true).is_none());
        assert_eq!(counted(), [0, 0], "{}", layers.name);
        let answered = node.expensive("2+2").await.value;
        node.is_sound().await;
        let before = counted();
        assert!(node.cache.get_if(&key("2+2"), |_| false).is_none());
        assert_eq!(counted(), before, "{}", layers.name);
        let recalled = node.cache.get_if(&key("2+2"), |found| found.value == answered);
        assert_eq!(recalled.map(|found| found.source), layers.has_memory.then_some(Source::Memory), "{}", layers.name);
        let once_more = u64::from(layers.has_memory);
        assert_eq!(counted(), before.map(|count| count + once_more), "{}", layers.name);
        if let Some(server) = &layers.server {
            server.person().says::<i64>("DEL tabuada:1:2+2");
            eventually("it is forgotten", || !node.remembers("2+2")).await;
            assert!(node.cache.get_if(&key("2+2"), |_| true).is_none());
        }
    }
}

/// A given value is counted and stored as by `get_or_compute`; otherwise nothing is counted. The trial is not run where
/// Redis has to be asked first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn get_or_try_gives_what_has_not_to_be_awaited() {
    for layers in Layers::all() {
        let node = layers.start(layers.setting()).await;
        let counted = || counted(&node);
        let (looks_first, mut tried) = (layers.server.is_some() && layers.always, 0);
        let mut ask = |value: Option<Fact>| {
            let found = node.cache.get_or_try(&key("2+2"), || {
                tried += 1;
                value
            });
            found.map(|found| found.source)
        };
        assert_eq!((ask(None), counted()), (None, [0, 0]), "{}", layers.name);
        let value = || Some(Fact::Text(answer("2+2")));
        let computed = (!looks_first).then_some(Source::Computed { stored: true });
        assert_eq!(ask(value()), computed, "{}", layers.name);
        assert_eq!(ask(value()), (!looks_first).then_some(Source::Memory), "{}", layers.name);
        assert_eq!((tried, counted()), if looks_first { (0, [0, 0]) } else { (2, [2, 2]) }, "{}", layers.name);
        // What memory has needs no lookup.
        node.cheap("2+2").await;
        assert_eq!(node.cache.get_or_try(&key("2+2"), || None).is_some(), layers.has_memory, "{}", layers.name);
        node.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ttl_beyond_all_clocks_is_just_long() {
    for layers in Layers::all() {
        let node = layers.start(layers.setting().ttl(Some(Duration::MAX))).await;
        node.expensive("2+2").await;
        node.is_sound().await;
        assert!(matches!(node.expensive("2+2").await.source, Source::Memory | Source::Redis), "{}", layers.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cache_that_was_shut_down_still_answers() {
    for layers in Layers::all() {
        let node = layers.start(layers.setting()).await;
        node.expensive("2+2").await;
        node.cache.shutdown().await;
        node.cache.shutdown().await;
        let state = if layers.server.is_some() { State::Detached } else { State::Memory };
        assert_eq!(node.state(), state);
        node.expensive("2+2").await;
        node.cheap("3+3").await;
        if let Some(server) = &layers.server {
            assert_eq!(server.person().keys(), ["tabuada:1:2+2"], "what was offered before was written");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_is_bounded_and_an_evicted_value_is_found_again() {
    for layers in Layers::all() {
        let node = layers.start(layers.setting().memory(20_000)).await;
        for n in 0..150 {
            node.expensive(&format!("{n}+{n}")).await;
            assert!(node.stats().memory_bytes <= 20_000);
        }
        node.is_sound().await;
        for n in 0..150 {
            node.expensive(&format!("{n}+{n}")).await;
        }
        if layers.server.is_some() {
            assert_eq!(node.computed(), 150, "{}", layers.name);
        }
        node.is_sound().await;
    }
}
