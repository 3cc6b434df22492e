//! The laws, counted: thousands of forced races, and not one that ends otherwise than it may. Counts, never times.
//!
//! `./test --deep` runs more of them (`TABUADA_CASES`).

use crate::support;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use support::server::Server;
use support::*;
use tabuada_cache::Source;
use tokio::sync::Semaphore;

/// How many rounds to make where `daily` are made every day.
fn rounds(daily: usize) -> usize {
    if std::env::var_os("TABUADA_CASES").is_some() { 5 * daily } else { daily }
}

/// Somebody else's connection, on which a command can be under way while others are.
#[derive(Clone)]
struct Stranger(MultiplexedConnection);

impl Stranger {
    async fn at(server: &Server) -> Self {
        let client = redis::Client::open(server.url()).expect("a URL");
        let config = redis::AsyncConnectionConfig::new().set_response_timeout(None);
        Self(client.get_multiplexed_async_connection_with_config(&config).await.expect("the server runs"))
    }

    async fn says<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]).query_async(&mut self.0.clone()).await.expect("a reply")
    }

    async fn does(&self, words: &[&str]) {
        let _: redis::Value = self.says(words).await;
    }
}

/// Waits until a node has followed every change that was made before: one more, and it is followed in its turn.
async fn has_followed_all(node: &Node, stranger: &Stranger) {
    // A change before it in its shard may have it not kept: then another will do.
    for marker in (0..).map(|_| format!("marker {:x}", fastrand::u64(..))) {
        node.dear(&marker).await;
        node.is_sound().await;
        if node.remembers(&marker) {
            stranger.does(&["DEL", &name(&marker)]).await;
            return eventually("the marker is followed", || !node.remembers(&marker)).await;
        }
    }
}

/// What a node would answer from memory, as it would stand in Redis.
fn remembered(node: &Node, text: &str) -> Option<String> {
    use tabuada_cache::Contents;
    node.cache.get(&key(text)).map(|found| Facts::default().encode(&found.value))
}

// --- 1. A read against an invalidation ------------------------------------------------------------------------------

/// Two ways to read: dear, and with lookups first.
struct Readers {
    server: Server,
    stranger: Stranger,
    dear: Node,
    always: Node,
    /// Answers that were given and not kept: something had moved.
    not_kept: usize,
}

impl Readers {
    async fn start() -> Self {
        let server = Server::start();
        let stranger = Stranger::at(&server).await;
        let dear = Setting::new().redis(server.url()).coherent().await;
        let always = Setting::new().redis(server.url()).always().coherent().await;
        Self { server, stranger, dear, always, not_kept: 0 }
    }

    /// Both read a key at the moment at which somebody changes it.
    async fn race(&mut self, round: usize, deed: &[&str]) {
        let text = round.to_string();
        let change = async {
            // Now the one comes first, now the other.
            for _ in 0..round % 7 {
                tokio::task::yield_now().await;
            }
            self.stranger.does(deed).await;
        };
        let read = async |node: &Node| node.ask(&text, async |value| Ok(value)).await.is_ok();
        let (one, other, ()) = tokio::join!(read(&self.dear), read(&self.always), change);
        assert!(one && other);
    }

    /// Keys of which memory says something else than Redis, of both readers. Nothing is under way any more.
    async fn stale(&mut self, rounds: Range<usize>) -> Vec<String> {
        let mut stale = Vec::new();
        for round in rounds {
            let text = round.to_string();
            let stands: Option<String> = self.stranger.says(&["GET", &name(&text)]).await;
            for node in [&self.dear, &self.always] {
                match remembered(node, &text) {
                    None => self.not_kept += 1,
                    answered if answered == stands => {}
                    answered => stale.push(format!("{text}: memory {answered:?}, Redis {stands:?}")),
                }
            }
        }
        stale
    }
}

/// Three of four such reads were stale for ever where nothing compared generations.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_read_that_raced_a_change_of_its_key_is_stale() {
    let mut readers = Readers::start().await;
    const AT_ONCE: usize = 250;
    let other = r#"{"resultado":"another"}"#;
    let mut stale = Vec::new();
    for (batch, begin) in (0..rounds(3_000)).step_by(AT_ONCE).enumerate() {
        for round in begin..begin + AT_ONCE {
            let name = name(&round.to_string());
            readers.stranger.does(&["SET", &name, r#"{"resultado":"one"}"#]).await;
            let deed: &[&str] = match batch % 4 {
                0 => &["SET", &name, other],
                1 => &["DEL", &name],
                2 => &["UNLINK", &name],
                _ => &["PEXPIRE", &name, "0"],
            };
            readers.race(round, deed).await;
        }
        for node in [&readers.dear, &readers.always] {
            node.is_sound().await;
            has_followed_all(node, &readers.stranger).await;
        }
        stale.extend(readers.stale(begin..begin + AT_ONCE).await);
    }
    assert_eq!(stale, [""; 0], "stale for ever");
    assert!(readers.not_kept > 0, "not one of the races was one");
    drop(readers.server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_read_that_raced_a_purge_of_everything_is_stale() {
    let mut readers = Readers::start().await;
    let mut stale = Vec::new();
    for round in 0..rounds(1_000) {
        readers.stranger.does(&["SET", &name(&round.to_string()), r#"{"resultado":"one"}"#]).await;
        let deed: &[&str] = if round % 2 == 0 { &["FLUSHALL"] } else { &["FLUSHDB", "ASYNC"] };
        readers.race(round, deed).await;
        // Each round by itself: the next purge would hide what this one left.
        for node in [&readers.dear, &readers.always] {
            eventually("the purge is told", || node.forgotten("flush") == round as u64 + 1).await;
            node.is_sound().await;
        }
        stale.extend(readers.stale(round..round + 1).await);
    }
    assert_eq!(stale, [""; 0], "stale for ever");
    assert!(readers.not_kept > 0, "not one of the races was one");
}

// --- 2. A purge during a computation ----------------------------------------------------------------------------------

/// Nobody asks again: whatever is there in the end was brought back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_purge_during_a_computation_is_undone() {
    let server = Server::start();
    let stranger = Stranger::at(&server).await;
    let nodes =
        [Setting::new().redis(server.url()).coherent().await, Setting::new().redis(server.url()).coherent().await];
    let (mut brought_back, mut told_before, mut purges) = (Vec::new(), 0, 0);
    for round in 0..rounds(1_000) {
        // Each node computes something of its own, so that none waits for the other and asks again.
        let texts = [format!("a{round}"), format!("b{round}")];
        let held = [nodes[0].holds(&texts[0]).await, nodes[1].holds(&texts[1]).await];
        let names = texts.each_ref().map(|text| name(text));
        let deed: Vec<&str> = match round % 3 {
            0 => vec!["FLUSHALL"],
            1 => vec!["DEL", &names[0], &names[1]],
            _ => vec!["UNLINK", &names[0], &names[1]],
        };
        let heard = || nodes.iter().map(|node| node.forgotten("flush") + node.forgotten("key")).sum::<u64>();
        // Of the leases that the other took, each node is told: that is not what is waited for.
        eventually("the leases are told", || nodes.iter().all(|node| node.forgotten("key") as usize >= purges)).await;
        let [one, other] = held;
        match round / 3 % 3 {
            // The purge is told before either has computed.
            0 => {
                let before = heard();
                stranger.does(&deed).await;
                eventually("the purge is told", || heard() > before + 1).await;
                told_before += 1;
                tokio::join!(one.ends(), other.ends());
            }
            // At the same moment.
            1 => drop(tokio::join!(one.ends(), other.ends(), stranger.does(&deed))),
            // The answers are given, their writes may be under way.
            _ => {
                tokio::join!(one.ends(), other.ends());
                stranger.does(&deed).await;
            }
        }
        purges += 1;
        for (node, text) in nodes.iter().zip(&texts) {
            node.is_sound().await;
            eventually("memory is silent", || !node.remembers(text)).await;
        }
        let there: Vec<String> = stranger.says(&["KEYS", "*"]).await;
        if !there.is_empty() {
            stranger.does(&["FLUSHALL"]).await;
            brought_back.push((round, deed.join(" "), there));
        }
    }
    assert_eq!(brought_back, [], "brought back");
    assert!(told_before > 0);
    assert!(nodes.iter().all(|node| node.computed() as usize == purges), "nobody asked again");
}

// --- 3. Changes of others' keys --------------------------------------------------------------------------------------

/// What 4,096 shards are for: others' keys under our prefix change without pause, and hardly an answer is lost by it.
///
/// So many changes go with so many answers: it is a ratio, however fast the machine is. At 5,000 changes a second it is
/// what happens in 5 ms.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_other_keys_cost_hardly_an_answer() {
    const CHANGES: usize = 25;
    const CHEAP: usize = 4;
    const DEAR: usize = 4;
    let server = Server::start();
    let stranger = Stranger::at(&server).await;
    let node = Setting::new().redis(server.url()).coherent().await;
    let turns = rounds(400);
    // Offers are made within a rate, and what is beyond it is not lost by others' changes.
    let within_the_rate = Arc::new(Semaphore::new(0));
    let pace = tokio::spawn({
        let within_the_rate = within_the_rate.clone();
        async move {
            let mut tick = tokio::time::interval(Duration::from_millis(5));
            tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                tick.tick().await;
                within_the_rate.add_permits(1);
            }
        }
    });
    let mut dear = Vec::new();
    for turn in 0..turns {
        within_the_rate.acquire().await.expect("it is open").forget();
        // No further ahead than one turn: how many changes fall into one computation is what is asked here.
        eventually("the changes of the turn before are followed", || {
            node.forgotten("key") as usize >= turn.saturating_sub(1) * CHANGES
        })
        .await;
        for n in 0..DEAR {
            let (node, text) = (node.clone(), format!("dear {turn}.{n}"));
            dear.push(tokio::spawn(async move {
                let compute = async |value| {
                    tokio::time::sleep(Duration::from_millis(3)).await;
                    Ok(value)
                };
                checked(&text, node.ask(&text, compute).await);
            }));
        }
        let changes = async {
            for n in 0..CHANGES {
                let name = name(&format!("of another {}", turn * CHANGES + n));
                stranger.does(&["SET", &name, "1", "PX", "600000"]).await;
            }
        };
        let cheap = async {
            for n in 0..CHEAP {
                node.cheap(&format!("cheap {turn}.{n}")).await;
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(changes, cheap);
    }
    pace.abort();
    for asked in dear {
        asked.await.expect("an answer");
    }
    node.has_heard((turns * CHANGES) as u64).await;
    node.is_sound().await;

    let texts = |kind: &str, number: usize| {
        let kind = kind.to_owned();
        (0..turns)
            .flat_map(move |turn| (0..number).map(move |n| format!("{turn}.{n}")))
            .map(move |n| format!("{kind} {n}"))
    };
    for (kind, number) in [("dear", DEAR), ("cheap", CHEAP)] {
        let asked = turns * number;
        let kept = texts(kind, number).filter(|text| node.remembers(text)).count();
        let mut stored = 0;
        for text in texts(kind, number) {
            stored += stranger.says::<usize>(&["EXISTS", &name(&text)]).await;
        }
        let fates = node.stats().offers;
        assert!(kept * 100 >= asked * 99, "{kind}: {kept} of {asked} in memory; offers {fates:?}");
        assert!(stored * 100 >= asked * 99, "{kind}: {stored} of {asked} in Redis; offers {fates:?}");
    }
    assert_eq!(node.computed() as usize, turns * (CHEAP + DEAR));
}

// --- 4. Two nodes, the same sums -------------------------------------------------------------------------------------

/// A plain `SET` of the same bytes by each would push the other's copy out, for ever in turn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_do_not_push_each_others_copies_out() {
    const SUMS: usize = 50;
    for looks_first in [false, true] {
        let server = Server::start();
        let mut person = server.person();
        let setting = || {
            let setting = Setting::new().redis(server.url());
            if looks_first { setting.always() } else { setting }
        };
        let nodes = [setting().coherent().await, setting().coherent().await];
        let before = person.calls("set");
        let ask_all = async |times: usize| {
            let ask = async |node: &Node| {
                let mut others = 0;
                for n in (0..SUMS).cycle().take(times * SUMS) {
                    others += usize::from(node.cheap(&format!("{n}+{n}")).await.source != Source::Memory);
                    tokio::task::yield_now().await;
                }
                others
            };
            tokio::join!(ask(&nodes[0]), ask(&nodes[1]))
        };
        let settle = async || {
            for node in &nodes {
                node.is_sound().await;
            }
            // What one has written, the other is told.
            nodes[0].has_heard(nodes[1].offers("stored")).await;
            nodes[1].has_heard(nodes[0].offers("stored")).await;
        };
        ask_all(3).await;
        settle().await;
        // Who was pushed out by the first write asks once more.
        ask_all(1).await;
        settle().await;
        let (written, pushed_out) = (person.calls("set"), nodes.each_ref().map(|node| node.forgotten("key")));
        let sets = (written - before) as usize;
        // Each node offers once, and once more if the other was quicker.
        assert!((SUMS..=3 * SUMS).contains(&sets), "{sets} SETs for {SUMS} sums");
        assert_eq!(pushed_out[0] + pushed_out[1], SUMS as u64, "each sum is written by one");

        assert_eq!(ask_all(20).await, (0, 0), "everything is answered from memory");
        settle().await;
        assert_eq!(person.calls("set"), written);
        assert_eq!(nodes.each_ref().map(|node| node.forgotten("key")), pushed_out);
    }
}
