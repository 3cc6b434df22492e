//! Properties of races, each tested by thousands of forced races. The tests assert counts, not times.
//!
//! `./test --deep` runs more rounds (`TABUADA_CASES`).

use crate::support;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use support::server::Server;
use support::*;
use tabuada_cache::Source;
use tokio::sync::Semaphore;

/// The number of rounds of a test: `daily`, or more with `TABUADA_CASES`.
fn rounds(daily: usize) -> usize {
    if std::env::var_os("TABUADA_CASES").is_some() { 5 * daily } else { daily }
}

/// A connection of another client, for commands that run at the same time as calls of the nodes.
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

/// Waits until a node has applied every invalidation so far: makes one more change, which is applied after them.
async fn has_applied_all(node: &Node, stranger: &Stranger) {
    // If an earlier change in its shard keeps the marker out of memory, another marker is used.
    for marker in (0..).map(|_| format!("marker {:x}", fastrand::u64(..))) {
        node.expensive(&marker).await;
        node.is_sound().await;
        if node.remembers(&marker) {
            stranger.does(&["DEL", &name(&marker)]).await;
            return eventually("the marker is invalidated", || !node.remembers(&marker)).await;
        }
    }
}

/// The value in the memory of a node, as a line of Redis.
fn remembered(node: &Node, text: &str) -> Option<String> {
    use tabuada_cache::Contents;
    node.cache.get(&key(text)).and_then(|found| Facts::default().encode(&found.value))
}

/// Two nodes, one for each lookup mode.
struct Readers {
    server: Server,
    stranger: Stranger,
    expensive: Node,
    always: Node,
    /// The number of answers that were not kept because of a change.
    not_kept: usize,
}

impl Readers {
    async fn start() -> Self {
        let server = Server::start();
        let stranger = Stranger::at(&server).await;
        let expensive = Setting::new().redis(server.url()).coherent().await;
        let always = Setting::new().redis(server.url()).always().coherent().await;
        Self { server, stranger, expensive, always, not_kept: 0 }
    }

    /// Both nodes read a key while another client changes it.
    async fn race(&mut self, round: usize, command: &[&str]) {
        let text = round.to_string();
        let change = async {
            // The order varies with the round.
            for _ in 0..round % 7 {
                tokio::task::yield_now().await;
            }
            self.stranger.does(command).await;
        };
        let read = async |node: &Node| node.ask(&text, async |value| Ok(value)).await.is_ok();
        let (one, other, ()) = tokio::join!(read(&self.expensive), read(&self.always), change);
        assert!(one && other);
    }

    /// The keys whose value in memory differs from that in Redis when nothing is in progress.
    async fn stale(&mut self, rounds: Range<usize>) -> Vec<String> {
        let mut stale = Vec::new();
        for round in rounds {
            let text = round.to_string();
            let stands: Option<String> = self.stranger.says(&["GET", &name(&text)]).await;
            for node in [&self.expensive, &self.always] {
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

/// Without the comparison of generations, three of four such reads stayed stale for ever.
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
            let command: &[&str] = match batch % 4 {
                0 => &["SET", &name, other],
                1 => &["DEL", &name],
                2 => &["UNLINK", &name],
                _ => &["PEXPIRE", &name, "0"],
            };
            readers.race(round, command).await;
        }
        for node in [&readers.expensive, &readers.always] {
            node.is_sound().await;
            has_applied_all(node, &readers.stranger).await;
        }
        stale.extend(readers.stale(begin..begin + AT_ONCE).await);
    }
    assert_eq!(stale, [""; 0], "stale for ever");
    assert!(readers.not_kept > 0, "at least one race happened");
    drop(readers.server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_read_that_raced_a_purge_of_everything_is_stale() {
    let mut readers = Readers::start().await;
    let mut stale = Vec::new();
    for round in 0..rounds(1_000) {
        readers.stranger.does(&["SET", &name(&round.to_string()), r#"{"resultado":"one"}"#]).await;
        let command: &[&str] = if round % 2 == 0 { &["FLUSHALL"] } else { &["FLUSHDB", "ASYNC"] };
        readers.race(round, command).await;
        // Checked after each round, since the next purge would hide a stale value.
        for node in [&readers.expensive, &readers.always] {
            eventually("the push of the purge arrives", || node.invalidations("flush") == round as u64 + 1).await;
            node.is_sound().await;
        }
        stale.extend(readers.stale(round..round + 1).await);
    }
    assert_eq!(stale, [""; 0], "stale for ever");
    assert!(readers.not_kept > 0, "at least one race happened");
}

/// No node asks again, so a key that is present in the end was restored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_purge_during_a_computation_is_undone() {
    let server = Server::start();
    let stranger = Stranger::at(&server).await;
    let nodes =
        [Setting::new().redis(server.url()).coherent().await, Setting::new().redis(server.url()).coherent().await];
    let (mut brought_back, mut told_before, mut purges) = (Vec::new(), 0, 0);
    for round in 0..rounds(1_000) {
        // Each node computes its own text, so that none waits for the other and asks again.
        let texts = [format!("a{round}"), format!("b{round}")];
        let held = [nodes[0].holds(&texts[0]).await, nodes[1].holds(&texts[1]).await];
        let names = texts.each_ref().map(|text| name(text));
        let command: Vec<&str> = match round % 3 {
            0 => vec!["FLUSHALL"],
            1 => vec!["DEL", &names[0], &names[1]],
            _ => vec!["UNLINK", &names[0], &names[1]],
        };
        let heard = || nodes.iter().map(|node| node.invalidations("flush") + node.invalidations("key")).sum::<u64>();
        // The pushes of the other node's lease come first; they are not those of the purge.
        eventually("the pushes of the leases arrive", || {
            nodes.iter().all(|node| node.invalidations("key") as usize >= purges)
        })
        .await;
        let [one, other] = held;
        match round / 3 % 3 {
            // The push of the purge arrives before either node has computed.
            0 => {
                let before = heard();
                stranger.does(&command).await;
                eventually("the push of the purge arrives", || heard() > before + 1).await;
                told_before += 1;
                tokio::join!(one.ends(), other.ends());
            }
            // Both at the same time.
            1 => drop(tokio::join!(one.ends(), other.ends(), stranger.does(&command))),
            // The callers have their answers; the writes may be in progress.
            _ => {
                tokio::join!(one.ends(), other.ends());
                stranger.does(&command).await;
            }
        }
        purges += 1;
        for (node, text) in nodes.iter().zip(&texts) {
            node.is_sound().await;
            eventually("memory drops it", || !node.remembers(text)).await;
        }
        let there: Vec<String> = stranger.says(&["KEYS", "*"]).await;
        if !there.is_empty() {
            stranger.does(&["FLUSHALL"]).await;
            brought_back.push((round, command.join(" "), there));
        }
    }
    assert_eq!(brought_back, [], "brought back");
    assert!(told_before > 0);
    assert!(nodes.iter().all(|node| node.computed() as usize == purges), "no node asked again");
}

/// The purpose of 4,096 shards: although other keys with our prefix change all the time, hardly any answer is lost.
///
/// The ratio of changes to answers does not depend on the machine: that of 5,000 changes a second and 5 ms.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_other_keys_cost_hardly_an_answer() {
    const CHANGES: usize = 25;
    const CHEAP: usize = 4;
    const EXPENSIVE: usize = 4;
    let server = Server::start();
    let stranger = Stranger::at(&server).await;
    let node = Setting::new().redis(server.url()).coherent().await;
    let turns = rounds(400);
    // The write-behind has a maximum rate; answers beyond it would be lost for another reason.
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
    let mut expensive = Vec::new();
    for turn in 0..turns {
        within_the_rate.acquire().await.expect("it is open").forget();
        // At most one turn ahead, since the test is about changes during one computation.
        eventually("the changes of the turn before are applied", || {
            node.invalidations("key") as usize >= turn.saturating_sub(1) * CHANGES
        })
        .await;
        for n in 0..EXPENSIVE {
            let (node, text) = (node.clone(), format!("expensive {turn}.{n}"));
            expensive.push(tokio::spawn(async move {
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
    for asked in expensive {
        asked.await.expect("an answer");
    }
    node.has_received((turns * CHANGES) as u64).await;
    node.is_sound().await;

    let texts = |kind: &str, number: usize| {
        let kind = kind.to_owned();
        (0..turns)
            .flat_map(move |turn| (0..number).map(move |n| format!("{turn}.{n}")))
            .map(move |n| format!("{kind} {n}"))
    };
    for (kind, number) in [("expensive", EXPENSIVE), ("cheap", CHEAP)] {
        let asked = turns * number;
        let kept = texts(kind, number).filter(|text| node.remembers(text)).count();
        let mut stored = 0;
        for text in texts(kind, number) {
            stored += stranger.says::<usize>(&["EXISTS", &name(&text)]).await;
        }
        let fates = node.stats().write_behind;
        assert!(kept * 100 >= asked * 99, "{kind}: {kept} of {asked} in memory; offers {fates:?}");
        assert!(stored * 100 >= asked * 99, "{kind}: {stored} of {asked} in Redis; offers {fates:?}");
    }
    assert_eq!(node.computed() as usize, turns * (CHEAP + EXPENSIVE));
}

/// With a plain `SET` of the same bytes, each node would invalidate the other's copy, again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_do_not_invalidate_each_others_copies() {
    const SUMS: usize = 50;
    for reads_through in [false, true] {
        let server = Server::start();
        let mut person = server.person();
        let setting = || {
            let setting = Setting::new().redis(server.url());
            if reads_through { setting.always() } else { setting }
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
            // Each write is pushed to the other node.
            nodes[0].has_received(nodes[1].writes_behind("stored")).await;
            nodes[1].has_received(nodes[0].writes_behind("stored")).await;
        };
        ask_all(3).await;
        settle().await;
        // A node whose copy was invalidated by the first write asks once more.
        ask_all(1).await;
        settle().await;
        let (written, invalidated) = (person.calls("set"), nodes.each_ref().map(|node| node.invalidations("key")));
        let sets = (written - before) as usize;
        // Each node writes once, and once more if the other node was faster.
        assert!((SUMS..=3 * SUMS).contains(&sets), "{sets} SETs for {SUMS} sums");
        assert_eq!(invalidated[0] + invalidated[1], SUMS as u64, "each sum is written by one");

        assert_eq!(ask_all(20).await, (0, 0), "everything is answered from memory");
        settle().await;
        assert_eq!(person.calls("set"), written);
        assert_eq!(nodes.each_ref().map(|node| node.invalidations("key")), invalidated);
    }
}
