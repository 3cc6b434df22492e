//! The operator's view, on real servers: listing, looking, deleting, clearing, and what is still owed while Redis is away.
//! Trace D7 of the protocol, a deletion that nobody tells its own node of, stands with the others in `interleavings.rs`.

use crate::support;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::fake::Fake;
use support::proxy::Proxy;
use support::server::{Person, Server};
use support::*;
use tabuada_cache::{Behind, Contents as _, Cursor, Kind, NotOurs, Page, Removal, Removed, Seen, Source, State};

/// Every page there is, from the first to the last.
async fn pages(node: &Node, limit: usize) -> Vec<Page> {
    let mut pages: Vec<Page> = Vec::new();
    loop {
        // As it would come back from outside.
        let from = pages.last().and_then(|page| page.next.as_ref()).map(|next| next.to_string());
        let from = from.map(|text| text.parse::<Cursor>().expect("what was written is read"));
        pages.push(node.cache.operator().list(from.as_ref(), limit).await);
        if pages.last().is_some_and(|page| page.next.is_none()) {
            return pages;
        }
    }
}

async fn listed(node: &Node, limit: usize) -> BTreeMap<String, Seen> {
    let entries = pages(node, limit).await.into_iter().flat_map(|page| page.entries);
    entries.map(|seen| (seen.name.clone(), seen)).collect()
}

/// What a node says to a deletion.
async fn deletes(node: &Node, name: &str) -> Removed {
    node.cache.operator().delete(name).await.expect("a name of ours")
}

fn done(count: u64) -> Removed {
    Removed { count, redis: Removal::Done }
}

fn pending(count: u64) -> Removed {
    Removed { count, redis: Removal::Pending }
}

/// Keys that are other people's: of other namespaces, and under our prefix but of no form of ours.
const FOREIGN: [&str; 6] = ["other:1:2+2", "tabuada", "tabuada2:1:2+2", "tabuad", "tabuada:note", "xtabuada:1:2+2"];

fn plant(person: &mut Person) {
    for name in FOREIGN {
        person.sets(name, "not ours");
    }
}

fn is_untouched(person: &mut Person) {
    for name in FOREIGN {
        assert_eq!(person.gets(name).as_deref(), Some("not ours"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_redis_holds_is_listed_for_what_it_is() {
    let server = Server::start();
    let node = Setting::new().redis(server.url()).coherent().await;
    let other = Setting::new().redis(server.url()).coherent().await;
    let mut person = server.person();
    plant(&mut person);
    let long = "1+".repeat(150);
    node.dear("2+2").await;
    other.dear(&long).await;
    let held = other.holds("7*6").await;
    other.is_sound_but_for_flights().await;
    person.sets(&name("lixo"), "lixo");
    person.sets(&name("huge"), format!("{{{}", " ".repeat(300 << 10)));
    person.does("RPUSH tabuada:1:list x");
    // Another version's, and another node's of a mode that this one may not know.
    person.sets("tabuada:0@exact:1/3", r#"{"resultado":"1/3"}"#);
    for limit in [1, 2, 3, 1_000] {
        let seen = listed(&node, limit).await;
        let line = r#"{"resultado":"<2+2>"}"#;
        let kind = |text: &str| seen.get(&name(text)).map(|seen| seen.kind);
        let sum = &seen[&name("2+2")];
        assert_eq!((sum.text.as_deref(), sum.kind, sum.bytes), (Some("2+2"), Kind::Answer, line.len() as u64));
        assert!(sum.in_memory && sum.in_redis);
        assert!(sum.ttl.is_some_and(|ttl| ttl > Duration::from_secs(80_000)));
        assert_eq!(kind("7*6"), Some(Kind::Lease));
        assert_eq!(
            (kind("lixo"), kind("huge"), kind("list")),
            (Some(Kind::Unusable), Some(Kind::Unusable), Some(Kind::Unusable))
        );
        assert_eq!((seen[&name("huge")].bytes, seen[&name("list")].bytes), ((300 << 10) + 1, 0));
        assert_eq!((seen[&name("huge")].ttl, seen[&name("huge")].in_memory), (None, false));
        assert_eq!(seen["tabuada:0@exact:1/3"].kind, Kind::Answer);
        let digested = seen.values().find(|seen| seen.name.starts_with("tabuada:1#:")).expect("the long one");
        let beginning = digested.text.as_deref().and_then(|text| text.strip_suffix('…')).expect("it is cut short");
        assert!(long.starts_with(beginning) && beginning.len() > 200, "{beginning}");
        assert_eq!((digested.kind, digested.in_memory), (Kind::Answer, false));
        assert_eq!(seen.len(), 7, "{:?}", seen.keys());
    }
    for page in pages(&node, 2).await {
        assert_eq!(page.redis, Behind::Reached);
        assert!(page.entries.len() <= 4, "what one bucket of the server holds beyond the limit is little");
    }
    assert_eq!(person.calls("keys"), 0);
    held.ends().await;
    is_untouched(&mut person);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ours_are_found_among_many_of_others() {
    let server = Server::with(&["--enable-debug-command", "local"]);
    let node = Setting::new().redis(server.url()).coherent().await;
    let mut person = server.person();
    person.does("DEBUG POPULATE 5000 other 10");
    for n in 0..20 {
        person.sets(&name(&n.to_string()), "{}");
    }
    for limit in [7, 1_000] {
        let pages = pages(&node, limit).await;
        let names: Vec<&str> = pages.iter().flat_map(|page| &page.entries).map(|seen| seen.name.as_str()).collect();
        let mut distinct = names.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), 20, "{names:?}");
        assert!(distinct.iter().all(|name| name.starts_with("tabuada:1:")));
    }
}

/// Without Redis, and with one that cannot be reached: in order, page by page, and it is said which.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_memory_is_listed() {
    let server = Server::later();
    for (setting, behind) in
        [(Setting::new(), Behind::Absent), (Setting::new().redis(server.url()), Behind::Unreachable)]
    {
        let node = setting.start();
        let texts: Vec<String> = (10..35).map(|n| n.to_string()).collect();
        for text in &texts {
            node.cheap(text).await;
        }
        node.cheap(&"9".repeat(300)).await;
        node.is_sound().await;
        for limit in [1, 7, 26, 27, 1_000] {
            let pages = pages(&node, limit).await;
            assert!(pages.iter().all(|page| page.redis == behind && page.entries.len() <= limit));
            assert_eq!(pages.len(), 26_usize.div_ceil(limit).max(1), "no page is empty");
            let seen: Vec<&Seen> = pages.iter().flat_map(|page| &page.entries).collect();
            let names: Vec<String> = seen.iter().map(|seen| seen.name.clone()).collect();
            let mut expected: Vec<String> = texts.iter().map(|text| name(text)).collect();
            expected.push(node.cache.operator().name(&key(&"9".repeat(300))));
            // '#' sorts before ':'.
            expected.sort();
            assert_eq!(names, expected, "each once, in the order of names");
            assert!(seen.iter().all(|seen| seen.in_memory && !seen.in_redis && seen.kind == Kind::Answer));
            assert!(seen.iter().all(|seen| seen.bytes > 0 && seen.ttl.is_some()));
            assert!(seen.iter().any(|seen| seen.text.as_deref() == Some(&*(("9".repeat(256)) + "…"))));
        }
        assert_eq!(node.cache.operator().clear().await.count, 26);
        assert_eq!((listed(&node, 10).await.len(), node.stats().memory_entries), (0, 0), "the room is freed");
    }
}

#[test]
fn what_is_no_cursor_is_refused() {
    for text in
        ["", "0", "r", "r0", "r-", "r0-", "r0-x", "r-1-0", "r0-99999999999999999999", "m0", "mzz", "mff", "mé", "x"]
    {
        assert!(text.parse::<Cursor>().is_err(), "{text:?}");
    }
    for text in ["r0-0", "r7-18446744073709551615", "m", "m7461"] {
        assert_eq!(text.parse::<Cursor>().expect("a cursor").to_string(), text);
    }
}

/// A cursor of another life: a primary that is no more, a place that never was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_that_leads_nowhere_ends() {
    let server = Server::start();
    let node = Setting::new().redis(server.url()).coherent().await;
    node.dear("2+2").await;
    node.is_sound().await;
    for text in ["r9-0", "r0-18446744073709551615", "mff", "m"] {
        let Ok(cursor) = text.parse::<Cursor>() else { continue };
        let page = node.cache.operator().list(Some(&cursor), 10).await;
        assert!(page.next.is_none() || page.redis == Behind::Reached, "{text}: {page:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_entry_is_shown_as_it_stands() {
    let server = Server::start();
    let node = Setting::new().redis(server.url()).coherent().await;
    let mut person = server.person();
    let line = r#"{"resultado":"<2+2>"}"#;
    node.dear("2+2").await;
    let long = "1+".repeat(150);
    node.dear(&long).await;
    let held = node.holds("7*6").await;
    // A cheap one that Redis is not told of any more.
    node.cheap("3+3").await;
    node.is_sound_but_for_flights().await;
    node.hears(|| person.does("PEXPIRE tabuada:1:3+3 0")).await;
    node.cheap("3+3").await;
    person.sets(&name("lixo"), b"li\xffxo");
    person.sets(&name("limit"), r#"{"refusal":"none"}"#);
    person.does("RPUSH tabuada:1:list x");
    let operator = node.cache.operator();
    let sees = async |text: &str| operator.entry(text).await.expect("a name of ours");
    let kind_and_line = async |text: &str| {
        let (entry, behind) = sees(text).await;
        assert_eq!(behind, Behind::Reached);
        entry.map(|entry| (entry.seen.kind, entry.line))
    };
    let (entry, _) = sees(&name("2+2")).await;
    let entry = entry.expect("it is there");
    assert_eq!(
        (entry.line.as_deref(), entry.seen.bytes, entry.seen.kind),
        (Some(line), line.len() as u64, Kind::Answer)
    );
    assert!(entry.seen.in_memory && entry.seen.in_redis && entry.seen.ttl.is_some());
    let (entry, _) = sees(&operator.name(&key(&long))).await;
    let entry = entry.expect("it is there");
    assert_eq!(entry.seen.text.as_deref().map(|text| text.len()), Some(long.len()), "the whole text");
    assert_eq!(entry.seen.kind, Kind::Answer);
    let (kind, lease) = kind_and_line(&name("7*6")).await.expect("a lease");
    assert!(kind == Kind::Lease && lease.is_some_and(|line| line.starts_with(r#""lease:"#)));
    assert_eq!(kind_and_line(&name("lixo")).await, Some((Kind::Unusable, Some("li\u{fffd}xo".to_owned()))));
    assert_eq!(kind_and_line(&name("limit")).await.map(|it| it.0), Some(Kind::Unusable), "it only looks like one");
    assert_eq!(kind_and_line(&name("list")).await, Some((Kind::Unusable, None)));
    assert_eq!(kind_and_line(&name("nothing")).await, None);
    let looks = (node.stats().memory_lookups, node.stats().redis_lookups);
    sees(&name("2+2")).await;
    assert_eq!((node.stats().memory_lookups, node.stats().redis_lookups), looks, "looking is not asking");
    for text in
        ["", "2+2", "tabuada", "tabuada:*", "tabuada:1", "*", "other:1:2+2", "tabuada::canary:7f", "tabuada:1#:00"]
    {
        assert_eq!(operator.entry(text).await, Err(NotOurs), "{text}");
        assert_eq!(operator.delete(text).await, Err(NotOurs), "{text}");
        assert!(!operator.is_name(text), "{text}");
    }
    held.ends().await;
}

/// What only memory holds, and what it would be in Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_entry_of_memory_is_shown_as_it_would_stand() {
    let node = Setting::new().start();
    node.cheap("2+2").await;
    let (entry, behind) = node.cache.operator().entry(&name("2+2")).await.expect("a name");
    let entry = entry.expect("it is there");
    let line = Facts::default().encode(&Fact::Text(answer("2+2")));
    assert_eq!((entry.line, behind), (Some(line), Behind::Absent));
    assert!(entry.seen.in_memory && !entry.seen.in_redis && entry.seen.text.as_deref() == Some("2+2"));
    assert_eq!(deletes(&node, &name("2+2")).await, done(1));
    assert_eq!(deletes(&node, &name("2+2")).await, done(0));
    assert_eq!(node.cache.operator().entry(&name("2+2")).await.expect("a name").0, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_is_of_one_name_whatever_it_holds() {
    let server = Server::start();
    let node = Setting::new().redis(server.url()).coherent().await;
    let other = Setting::new().redis(server.url()).coherent().await;
    let mut person = server.person();
    plant(&mut person);
    for text in ["*", "2+2", "[a]", "?"] {
        for node in [&node, &other] {
            node.dear(text).await;
            node.is_sound().await;
        }
    }
    for (text, left) in [("*", 3), ("?", 2), ("[a]", 1), ("2+2", 0)] {
        assert_eq!(deletes(&node, &name(text)).await, done(1), "{text}");
        assert!(!node.remembers(text));
        eventually("the other is told", || !other.remembers(text)).await;
        assert_eq!(listed(&node, 10).await.len(), left, "{text}");
    }
    is_untouched(&mut person);
}

/// The caller goes away between the command and its reply: the node forgets all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_whose_caller_goes_away_is_carried_out() {
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let fake = Fake::start(move |words| {
        if words[0] == "UNLINK" && words[1] == name("2+2") {
            gate.lock().expect("no panic").recv().expect("it is opened");
        }
        None
    });
    let node = Setting::new().redis(fake.url()).coherent().await;
    node.dear("2+2").await;
    node.is_sound().await;
    let operator = node.cache.operator();
    let deleting = tokio::spawn(async move { operator.delete(&name("2+2")).await });
    eventually("it is on the wire", || !fake.heard_of("UNLINK", &name("2+2")).is_empty()).await;
    deleting.abort();
    assert!(deleting.await.is_err_and(|error| error.is_cancelled()));
    assert!(node.remembers("2+2"), "not yet");
    open.send(()).expect("the server waits");
    eventually("it forgets", || !node.remembers("2+2")).await;
    assert!(fake.text(&name("2+2")).is_none());
}

/// 10,000 of ours amid as many of others: all of ours go, in small steps, and others are asked meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clear_takes_all_of_ours_and_nothing_else() {
    let server = Server::with(&["--enable-debug-command", "local"]);
    let mut person = server.person();
    plant(&mut person);
    // Before there are nodes: they would be told of each key, and of each that shares its shard.
    person.does("DEBUG POPULATE 10000 tabuada:1 30");
    person.does("DEBUG POPULATE 10000 tabuada-2:1 30");
    let node = Setting::new().redis(server.url()).coherent().await;
    let other = Setting::new().redis(server.url()).coherent().await;
    for node in [&node, &other] {
        node.dear("2+2").await;
        node.is_sound().await;
        assert!(node.remembers("2+2"));
    }
    let before = ["scan", "unlink"].map(|command| person.calls(command));
    let operator = node.cache.operator();
    let clearing = tokio::spawn(async move { operator.clear().await });
    let mut asked = 0;
    while !clearing.is_finished() {
        node.dear(&format!("new{asked}")).await;
        asked += 1;
    }
    let removed = clearing.await.expect("it ends");
    assert_eq!(removed.redis, Removal::Done);
    assert!((10_001..=10_001 + 2 * asked).contains(&removed.count), "{removed:?} of {asked}");
    eventually("the other is told", || !other.remembers("2+2")).await;
    assert!(!node.remembers("2+2"));
    let [scans, unlinks] = ["scan", "unlink"].map(|command| person.calls(command));
    assert!(scans - before[0] >= 20_000 / 500, "steps are small");
    assert!(unlinks - before[1] >= 10_001);
    for command in ["keys", "flushdb", "flushall", "del"] {
        assert_eq!(person.calls(command), 0, "{command}");
    }
    is_untouched(&mut person);
    node.is_sound().await;
    // What was asked for while it went on may be there again, and nothing else.
    let left = person.keys();
    let foreign = left.iter().filter(|name| name.starts_with("tabuada-2:1")).count();
    assert_eq!(foreign, 10_000);
    let ours: Vec<_> = left.iter().filter(|name| name.starts_with("tabuada:1:")).collect();
    assert!(ours.iter().all(|name| name.starts_with("tabuada:1:new")), "{:?}", &ours[..3.min(ours.len())]);
    assert_eq!(node.forgotten("operator"), 2, "a purge before and one after");
    assert_eq!(node.cache.operator().clear().await.redis, Removal::Done);
    assert_eq!(listed(&node, 100).await.len(), 0);
    assert_eq!(node.cache.operator().clear().await, done(0));
}

/// What is read from Redis before the steps come to it is not kept behind them: of our own removal nobody tells us.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clear_takes_what_was_read_while_it_went_on() {
    let kept = Arc::new(AtomicBool::new(false));
    let is_kept = kept.clone();
    let fake = Fake::start(move |words| {
        let step = |cursor: &str, names: &str| format!("*2\r\n$1\r\n{cursor}\r\n{names}").into_bytes();
        match words[0].as_str() {
            "SCAN" if is_kept.load(SeqCst) => Some(step("0", "*1\r\n$13\r\ntabuada:1:2+2\r\n")),
            "SCAN" => Some(step("1", "*0\r\n")),
            _ => None,
        }
    });
    fake.puts(&name("2+2"), br#"{"resultado":"<2+2>"}"#);
    let node = Setting::new().redis(fake.url()).coherent().await;
    let operator = node.cache.operator();
    let clearing = tokio::spawn(async move { operator.clear().await });
    eventually("it goes on", || fake.heard("SCAN") > 0).await;
    assert_eq!(node.dear("2+2").await.source, Source::Redis);
    node.is_sound().await;
    assert!(node.remembers("2+2"), "it was read after the clear began");
    kept.store(true, SeqCst);
    assert_eq!(clearing.await.expect("it ends"), done(1));
    assert!(!node.remembers("2+2"));
    assert!(fake.text(&name("2+2")).is_none());
}

/// What was begun before a clear is not written behind its steps.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clear_drops_the_offers_that_wait() {
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let fake = Fake::start(move |words| {
        if words[0] == "SET" && words[1] == name("first") {
            gate.lock().expect("no panic").recv().expect("it is opened");
        }
        (words[0] == "SCAN").then(|| b"*2\r\n$1\r\n0\r\n*0\r\n".to_vec())
    });
    let node = Setting::new().redis(fake.url()).coherent().await;
    node.cheap("first").await;
    eventually("the first is on the wire", || fake.heard_of("SET", &name("first")).len() == 1).await;
    node.cheap("2+2").await;
    let operator = node.cache.operator();
    let clearing = tokio::spawn(async move { operator.clear().await });
    eventually("it has begun", || !node.remembers("2+2")).await;
    open.send(()).expect("the server waits");
    assert_eq!(clearing.await.expect("it ends").redis, Removal::Done);
    node.is_sound().await;
    assert_eq!(node.offers("dropped-moved"), 1);
    assert!(fake.text(&name("2+2")).is_none());
}

/// Computations that began before it are answered, and not brought back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clear_is_not_undone_by_what_is_under_way_on_either_node() {
    let server = Server::start();
    let here = Setting::new().redis(server.url()).coherent().await;
    let there = Setting::new().redis(server.url()).coherent().await;
    let (one, other) = (here.holds("here").await, there.holds("there").await);
    assert_eq!(here.cache.operator().clear().await, done(2), "two leases");
    eventually("the other is told", || there.forgotten("key") >= 2).await;
    assert_eq!(one.ends().await.source, Source::Computed { stored: false });
    assert_eq!(other.ends().await.source, Source::Computed { stored: false });
    for node in [&here, &there] {
        node.is_sound().await;
        assert!(!node.remembers("here") && !node.remembers("there"));
    }
    assert!(server.person().keys().is_empty());
}

/// Two nodes, one of which is cut off: what its operator wants removed goes when it is back, and memory at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clear_during_an_outage_is_carried_out_when_redis_is_back() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    let node = Setting::new().redis(proxy.url()).coherent().await;
    let other = Setting::new().redis(server.url()).coherent().await;
    let mut person = server.person();
    plant(&mut person);
    for node in [&node, &other] {
        node.dear("2+2").await;
        node.is_sound().await;
    }
    proxy.refuse(true);
    proxy.cut();
    node.becomes(State::Detached).await;
    node.cheap("3+3").await;
    assert!(node.remembers("3+3"));
    assert_eq!(node.cache.operator().clear().await, pending(1), "what memory held");
    assert!(!node.remembers("3+3"));
    assert_eq!(node.stats().removals_pending, 1);
    assert!(person.gets(&name("2+2")).is_some() && other.remembers("2+2"), "nobody else knows yet");
    proxy.refuse(false);
    node.becomes(State::Coherent).await;
    eventually("it is carried out", || node.stats().removals_pending == 0).await;
    assert!(person.gets(&name("2+2")).is_none());
    eventually("the other is told", || !other.remembers("2+2")).await;
    assert_eq!(node.dear("2+2").await.source, COMPUTED);
    is_untouched(&mut person);
    for node in [&node, &other] {
        node.is_sound().await;
        node.is_balanced();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deletions_during_an_outage_are_carried_out_when_redis_is_back() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    let node = Setting::new().redis(proxy.url()).coherent().await;
    let mut person = server.person();
    for text in ["1", "2", "3"] {
        node.dear(text).await;
        node.is_sound().await;
    }
    proxy.refuse(true);
    proxy.cut();
    node.becomes(State::Detached).await;
    node.cheap("2").await;
    assert_eq!(deletes(&node, &name("1")).await, pending(0));
    assert_eq!(deletes(&node, &name("2")).await, pending(1));
    assert!(!node.remembers("2"));
    assert_eq!(deletes(&node, &name("2")).await, pending(0));
    assert_eq!(node.stats().removals_pending, 2);
    proxy.refuse(false);
    eventually("they are carried out", || node.stats().removals_pending == 0).await;
    assert_eq!(person.keys(), [name("3")], "what nobody wanted removed is still there");
    assert_eq!(deletes(&node, &name("3")).await, done(1));
}

/// Redis can be read from and does not remove: until it does, what is to go is not answered from.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_to_go_is_not_answered_from() {
    for everything in [true, false] {
        let server = Server::start();
        let node = Setting::new().redis(server.url()).always().coherent().await;
        let mut person = server.person();
        node.dear("2+2").await;
        node.dear("3+3").await;
        node.is_sound().await;
        person.does("REPLICAOF 127.0.0.1 1");
        let operator = node.cache.operator();
        let removed = if everything { operator.clear().await } else { deletes(&node, &name("2+2")).await };
        assert_eq!(removed.redis, Removal::Pending);
        assert!(!node.remembers("2+2"));
        assert!(person.gets(&name("2+2")).is_some());
        let found = node.dear("2+2").await.source;
        assert!(matches!(found, Source::Computed { .. }), "{found:?}");
        node.is_sound().await;
        person.does("REPLICAOF NO ONE");
        eventually("it is carried out", || node.stats().removals_pending == 0).await;
        assert_eq!(person.gets(&name("2+2")), None);
        assert_eq!(person.gets(&name("3+3")).is_some(), !everything);
        node.is_sound().await;
    }
}

/// A login that may not remove: it is said, memory forgets, and nothing waits for what will not be.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_that_redis_refuses_is_said_to_be_refused() {
    let server = Server::start();
    server.person().does("ACL SETUSER ana on >s3cret ~tabuada:* +@read +@write +@connection -unlink -scan");
    let url = server.url().replace("redis://", "redis://ana:s3cret@");
    let node = Setting::new().redis(url).coherent().await;
    node.cheap("2+2").await;
    let removed = node.cache.operator().clear().await;
    assert_eq!(removed, Removed { count: 1, redis: Removal::Refused });
    assert_eq!(deletes(&node, &name("2+2")).await, Removed { count: 0, redis: Removal::Refused });
    assert!(!node.remembers("2+2"));
    assert_eq!(node.stats().removals_pending, 0);
    assert_eq!(node.cache.operator().list(None, 10).await.redis, Behind::Unreachable);
}

/// A Redis that hangs: the operator is answered, by the deadline.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hung_redis_keeps_no_operator_waiting() {
    let server = Server::start();
    let node = Setting::new().hasty().redis(server.url()).coherent().await;
    node.dear("2+2").await;
    node.is_sound().await;
    server.hang();
    let operator = node.cache.operator();
    assert_eq!(operator.clear().await.redis, Removal::Pending);
    assert!(!node.remembers("2+2"));
    let (entry, behind) = operator.entry(&name("2+2")).await.expect("a name");
    assert_eq!((entry, behind), (None, Behind::Unreachable));
    assert_eq!(operator.list(None, 10).await.redis, Behind::Unreachable);
    server.go_on();
    eventually("it is carried out", || node.stats().removals_pending == 0).await;
    assert_eq!(server.person().gets(&name("2+2")), None);
}
