//! The operator's view on real servers: listing, showing, deleting and clearing, and removals that are pending while
//! Redis is unreachable. Trace D7 of the protocol, a node's own deletion, is in `interleavings/traces.rs`.

use crate::support;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::fake::Fake;
use support::proxy::Proxy;
use support::server::{Person, Server};
use support::*;
use tabuada_cache::{
    Contents as _, Cursor, EntryInfo, EntryKind, NameError, Page, RedisStatus, RemovalStatus, Source, State,
};

async fn pages(node: &Node, limit: usize) -> Vec<Page> {
    let mut pages: Vec<Page> = Vec::new();
    loop {
        // Converted to text and back, as by a client.
        let from = pages.last().and_then(|page| page.next.as_ref()).map(|next| next.to_string());
        let from = from.map(|text| text.parse::<Cursor>().expect("what was written is read"));
        pages.push(node.cache.operator().list(from.as_ref(), limit).await);
        if pages.last().is_some_and(|page| page.next.is_none()) {
            return pages;
        }
    }
}

async fn listed(node: &Node, limit: usize) -> BTreeMap<String, EntryInfo> {
    let entries = pages(node, limit).await.into_iter().flat_map(|page| page.entries);
    entries.map(|seen| (seen.name.clone(), seen)).collect()
}

/// The result of a removal: the number of entries, and the status in Redis.
type Removal = (u64, RemovalStatus);

async fn deletes(node: &Node, name: &str) -> Removal {
    let removed = node.cache.operator().delete(name).await.expect("a name of ours");
    (removed.count, removed.redis)
}

async fn clears(node: &Node) -> Removal {
    let removed = node.cache.operator().clear().await;
    (removed.count, removed.redis)
}

fn done(count: u64) -> Removal {
    (count, RemovalStatus::Done)
}

fn pending(count: u64) -> Removal {
    (count, RemovalStatus::Pending)
}

fn refused(count: u64) -> Removal {
    (count, RemovalStatus::Refused)
}

/// Keys of other namespaces.
const FOREIGN: [&str; 7] =
    ["other:1:2+2", "tabuada", "tabuada2:1:2+2", "tabuad", "xtabuada:1:2+2", "tabuada*:1:2+2", "[t]abuada:1:2+2"];
/// Keys of our namespace that are not names of answers.
const ODD: [(&[u8], &str); 5] = [
    (b"tabuada:note", "tabuada:note"),
    (b"tabuada::x", "tabuada::x"),
    (b"tabuada: 1", "tabuada: 1"),
    (b"tabuada::canary:mine", "tabuada::canary:mine"),
    (b"tabuada:1:\xffa\xc3", "tabuada:1:\\xffa\\xc3"),
];

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
async fn every_kind_of_value_in_redis_is_listed() {
    let server = Server::start();
    let node = Setting::new().redis(server.url()).coherent().await;
    let other = Setting::new().redis(server.url()).coherent().await;
    let mut person = server.person();
    plant(&mut person);
    let long = "1+".repeat(150);
    node.expensive("2+2").await;
    other.expensive(&long).await;
    let held = other.holds("7*6").await;
    other.is_sound_but_for_flights().await;
    person.sets(&name("lixo"), "lixo");
    person.sets(&name("huge"), format!("{{{}", " ".repeat(300 << 10)));
    person.does("RPUSH tabuada:1:list x");
    // Keys of another version, and of a mode that this node may not know.
    person.sets("tabuada:0@exact:1/3", r#"{"resultado":"1/3"}"#);
    for limit in [1, 2, 3, 1_000] {
        let seen = listed(&node, limit).await;
        let line = r#"{"resultado":"<2+2>"}"#;
        let kind = |text: &str| seen.get(&name(text)).map(|seen| seen.kind);
        let sum = &seen[&name("2+2")];
        assert_eq!((sum.text.as_deref(), sum.kind, sum.bytes), (Some("2+2"), EntryKind::Answer, line.len() as u64));
        assert!(sum.in_memory && sum.in_redis);
        assert!(sum.ttl.is_some_and(|ttl| ttl > Duration::from_secs(80_000)));
        assert_eq!(kind("7*6"), Some(EntryKind::Lease));
        assert_eq!(
            (kind("lixo"), kind("huge"), kind("list")),
            (Some(EntryKind::Unusable), Some(EntryKind::Unusable), Some(EntryKind::Unusable))
        );
        assert_eq!((seen[&name("huge")].bytes, seen[&name("list")].bytes), ((300 << 10) + 1, 0));
        assert_eq!((seen[&name("huge")].ttl, seen[&name("huge")].in_memory), (None, false));
        assert_eq!(seen["tabuada:0@exact:1/3"].kind, EntryKind::Answer);
        let digested = seen.values().find(|seen| seen.name.starts_with("tabuada:1#:")).expect("the long one");
        let beginning = digested.text.as_deref().and_then(|text| text.strip_suffix('…')).expect("it is cut short");
        assert!(long.starts_with(beginning) && beginning.len() > 200, "{beginning}");
        assert_eq!((digested.kind, digested.in_memory), (EntryKind::Answer, false));
        assert_eq!(seen.len(), 7, "{:?}", seen.keys());
    }
    for page in pages(&node, 2).await {
        assert_eq!(page.redis, RedisStatus::Reached);
        assert!(page.entries.len() <= 4, "what one bucket of the server holds beyond the limit is little");
    }
    assert_eq!(person.calls("keys"), 0);
    held.ends().await;
    is_untouched(&mut person);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_keys_are_found_among_many_foreign_ones() {
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

/// Without a Redis, and with an unreachable one: entries come in order, page by page, with the status of Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_memory_is_listed() {
    let server = Server::later();
    for (setting, behind) in
        [(Setting::new(), RedisStatus::Absent), (Setting::new().redis(server.url()), RedisStatus::Unreachable)]
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
            let seen: Vec<&EntryInfo> = pages.iter().flat_map(|page| &page.entries).collect();
            let names: Vec<String> = seen.iter().map(|seen| seen.name.clone()).collect();
            let mut expected: Vec<String> = texts.iter().map(|text| name(text)).collect();
            expected.push(node.cache.operator().name(&key(&"9".repeat(300))));
            // '#' sorts before ':'.
            expected.sort();
            assert_eq!(names, expected, "each once, in the order of names");
            assert!(seen.iter().all(|seen| seen.in_memory && !seen.in_redis && seen.kind == EntryKind::Answer));
            assert!(seen.iter().all(|seen| seen.bytes > 0 && seen.ttl.is_some()));
            assert!(seen.iter().any(|seen| seen.text.as_deref() == Some(&*(("9".repeat(256)) + "…"))));
        }
        assert_eq!(node.cache.operator().clear().await.count, 26);
        assert_eq!((listed(&node, 10).await.len(), node.stats().memory_entries), (0, 0), "the room is freed");
    }
}

#[test]
fn a_text_that_is_no_cursor_is_refused() {
    for text in [
        "",
        "0",
        "r",
        "r0",
        "r-",
        "r0-",
        "r0-x",
        "r-1-0",
        "r0-0",
        "r0-0-99999999999999999999",
        "rx-0-0",
        "m0",
        "mzz",
        "mff",
        "mé",
        "x",
    ] {
        assert!(text.parse::<Cursor>().is_err(), "{text:?}");
    }
    for text in ["r0-0-0", "rf7-7-18446744073709551615", "m", "m7461"] {
        assert_eq!(text.parse::<Cursor>().expect("a cursor").to_string(), text);
    }
}

/// Old cursors: of a primary that no longer exists, of a position that never existed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_cursor_gives_the_last_page() {
    let server = Server::start();
    let node = Setting::new().redis(server.url()).coherent().await;
    node.expensive("2+2").await;
    node.is_sound().await;
    for text in ["r0-9-0", "r0-0-18446744073709551615", "mff", "m"] {
        let Ok(cursor) = text.parse::<Cursor>() else { continue };
        let page = node.cache.operator().list(Some(&cursor), 10).await;
        assert!(page.next.is_none() || page.redis == RedisStatus::Reached, "{text}: {page:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_is_shown_with_its_line() {
    let server = Server::start();
    let node = Setting::new().redis(server.url()).coherent().await;
    let mut person = server.person();
    let line = r#"{"resultado":"<2+2>"}"#;
    node.expensive("2+2").await;
    let long = "1+".repeat(150);
    node.expensive(&long).await;
    let held = node.holds("7*6").await;
    // A cheap answer that can no longer be written to Redis.
    node.cheap("3+3").await;
    node.is_sound_but_for_flights().await;
    node.receives_after(|| person.does("PEXPIRE tabuada:1:3+3 0")).await;
    node.cheap("3+3").await;
    person.sets(&name("lixo"), b"li\xffxo");
    person.sets(&name("limit"), r#"{"refusal":"none"}"#);
    person.does("RPUSH tabuada:1:list x");
    let operator = node.cache.operator();
    let sees = async |text: &str| operator.entry(text).await.expect("a name of ours");
    let kind_and_line = async |text: &str| {
        let (entry, behind) = sees(text).await;
        assert_eq!(behind, RedisStatus::Reached);
        entry.map(|entry| (entry.info.kind, entry.line))
    };
    let (entry, _) = sees(&name("2+2")).await;
    let entry = entry.expect("it is there");
    assert_eq!(
        (entry.line.as_deref(), entry.info.bytes, entry.info.kind),
        (Some(line), line.len() as u64, EntryKind::Answer)
    );
    assert!(entry.info.in_memory && entry.info.in_redis && entry.info.ttl.is_some());
    let (entry, _) = sees(&operator.name(&key(&long))).await;
    let entry = entry.expect("it is there");
    assert_eq!(entry.info.text.as_deref().map(|text| text.len()), Some(long.len()), "the whole text");
    assert_eq!(entry.info.kind, EntryKind::Answer);
    let (kind, lease) = kind_and_line(&name("7*6")).await.expect("a lease");
    assert!(kind == EntryKind::Lease && lease.is_some_and(|line| line.starts_with(r#""lease:"#)));
    assert_eq!(kind_and_line(&name("lixo")).await, Some((EntryKind::Unusable, Some("li\u{fffd}xo".to_owned()))));
    assert_eq!(kind_and_line(&name("limit")).await.map(|it| it.0), Some(EntryKind::Unusable), "it only looks like one");
    assert_eq!(kind_and_line(&name("list")).await, Some((EntryKind::Unusable, None)));
    assert_eq!(kind_and_line(&name("nothing")).await, None);
    let lookups = (node.stats().memory_lookups, node.stats().redis_lookups);
    sees(&name("2+2")).await;
    assert_eq!((node.stats().memory_lookups, node.stats().redis_lookups), lookups, "looking is not asking");
    for text in
        ["", "2+2", "tabuada", "tabuada:*", "tabuada:1", "*", "other:1:2+2", "tabuada::canary:7f", "tabuada:1#:00"]
    {
        assert_eq!(operator.entry(text).await, Err(NameError), "{text}");
        assert_eq!(operator.delete(text).await, Err(NameError), "{text}");
        assert!(!operator.is_name(text), "{text}");
    }
    held.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_of_memory_is_shown_with_the_line_that_would_be_written() {
    let node = Setting::new().start();
    node.cheap("2+2").await;
    let (entry, behind) = node.cache.operator().entry(&name("2+2")).await.expect("a name");
    let entry = entry.expect("it is there");
    let line = Facts::default().encode(&Fact::Text(answer("2+2")));
    assert_eq!((entry.line, behind), (line, RedisStatus::Absent));
    assert!(entry.info.in_memory && !entry.info.in_redis && entry.info.text.as_deref() == Some("2+2"));
    assert_eq!(deletes(&node, &name("2+2")).await, done(1));
    assert_eq!(deletes(&node, &name("2+2")).await, done(0));
    assert_eq!(node.cache.operator().entry(&name("2+2")).await.expect("a name").0, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_removes_one_name_with_any_value() {
    let server = Server::start();
    let node = Setting::new().redis(server.url()).coherent().await;
    let other = Setting::new().redis(server.url()).coherent().await;
    let mut person = server.person();
    plant(&mut person);
    for text in ["*", "2+2", "[a]", "?"] {
        for node in [&node, &other] {
            node.expensive(text).await;
            node.is_sound().await;
        }
    }
    for (text, left) in [("*", 3), ("?", 2), ("[a]", 1), ("2+2", 0)] {
        assert_eq!(deletes(&node, &name(text)).await, done(1), "{text}");
        assert!(!node.remembers(text));
        eventually("the push arrives at the other node", || !other.remembers(text)).await;
        assert_eq!(listed(&node, 10).await.len(), left, "{text}");
    }
    is_untouched(&mut person);
}

/// The caller is cancelled between the command and its reply: the node still invalidates the entry.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_whose_caller_goes_away_is_executed() {
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let fake = Fake::start(move |words| {
        if words[0] == "UNLINK" && words[1] == name("2+2") {
            gate.lock().expect("no panic").recv().expect("it is opened");
        }
        None
    });
    let node = Setting::new().redis(fake.url()).coherent().await;
    node.expensive("2+2").await;
    node.is_sound().await;
    let operator = node.cache.operator();
    let deleting = tokio::spawn(async move { operator.delete(&name("2+2")).await });
    eventually("it is on the wire", || !fake.received_for("UNLINK", &name("2+2")).is_empty()).await;
    deleting.abort();
    assert!(deleting.await.is_err_and(|error| error.is_cancelled()));
    assert!(node.remembers("2+2"), "not yet");
    open.send(()).expect("the server waits");
    eventually("it forgets", || !node.remembers("2+2")).await;
    assert!(fake.text(&name("2+2")).is_none());
}

/// 10,000 of our keys among as many foreign ones: all of ours are removed, in small steps, while calls go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clear_removes_all_our_keys_and_no_others() {
    let server = Server::with(&["--enable-debug-command", "local"]);
    let mut person = server.person();
    plant(&mut person);
    // Before the nodes start, since each key would be pushed to them.
    person.does("DEBUG POPULATE 10000 tabuada:1 30");
    person.does("DEBUG POPULATE 10000 tabuada-2:1 30");
    let node = Setting::new().redis(server.url()).coherent().await;
    let other = Setting::new().redis(server.url()).coherent().await;
    for node in [&node, &other] {
        node.expensive("2+2").await;
        node.is_sound().await;
        assert!(node.remembers("2+2"));
    }
    let before = ["scan", "unlink"].map(|command| person.calls(command));
    let operator = node.cache.operator();
    let clearing = tokio::spawn(async move { operator.clear().await });
    let mut asked = 0;
    while !clearing.is_finished() {
        node.expensive(&format!("new{asked}")).await;
        asked += 1;
    }
    let removed = clearing.await.expect("it ends");
    assert_eq!(removed.redis, RemovalStatus::Done);
    assert!((10_001..=10_001 + 2 * asked).contains(&removed.count), "{removed:?} of {asked}");
    eventually("the push arrives at the other node", || !other.remembers("2+2")).await;
    assert!(!node.remembers("2+2"));
    let [scans, unlinks] = ["scan", "unlink"].map(|command| person.calls(command));
    assert!(scans - before[0] >= 20_000 / 500, "steps are small");
    assert!(unlinks - before[1] >= 10_001);
    for command in ["keys", "flushdb", "flushall", "del"] {
        assert_eq!(person.calls(command), 0, "{command}");
    }
    is_untouched(&mut person);
    node.is_sound().await;
    // Only answers computed meanwhile may be there again.
    let left = person.keys();
    let foreign = left.iter().filter(|name| name.starts_with("tabuada-2:1")).count();
    assert_eq!(foreign, 10_000);
    let ours: Vec<_> = left.iter().filter(|name| name.starts_with("tabuada:1:")).collect();
    assert!(ours.iter().all(|name| name.starts_with("tabuada:1:new")), "{:?}", &ours[..3.min(ours.len())]);
    assert_eq!(node.invalidations("operator"), 2, "a purge before and one after");
    assert_eq!(node.cache.operator().clear().await.redis, RemovalStatus::Done);
    assert_eq!(listed(&node, 100).await.len(), 0);
    assert_eq!(clears(&node).await, done(0));
}

/// The namespace is the cache's: whatever begins with it is listed and cleared.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_no_key_has_are_listed_and_cleared() {
    let server = Server::start();
    let node = Setting::new().redis(server.url()).coherent().await;
    let mut person = server.person();
    plant(&mut person);
    node.expensive("2+2").await;
    node.is_sound().await;
    for (name, _) in ODD {
        person.sends(&[b"SET", name, b"mine"]);
    }
    // A canary of a node that is starting is not an entry.
    let canary = format!("tabuada::canary:{:032x}", 7);
    person.sets(&canary, "");
    let seen = listed(&node, 100).await;
    let names: Vec<&str> = seen.keys().map(String::as_str).collect();
    let mut expected: Vec<&str> = ODD.iter().map(|(_, shown)| *shown).chain(["tabuada:1:2+2"]).collect();
    expected.sort_unstable();
    assert_eq!(names, expected);
    for (_, shown) in ODD {
        let EntryInfo { kind, in_redis, in_memory, bytes, .. } = seen[shown];
        assert_eq!((kind, in_redis, in_memory, bytes), (EntryKind::Unusable, true, false, 4), "{shown}");
    }
    assert_eq!(clears(&node).await, done(1 + ODD.len() as u64));
    assert_eq!(person.keys().len(), FOREIGN.len() + 1);
    assert_eq!(person.gets(&canary).as_deref(), Some(""));
    is_untouched(&mut person);
}

/// An entry that was read from Redis before its step is not kept after it, since our own removal sends us no push.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clear_invalidates_entries_read_meanwhile() {
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
    eventually("it goes on", || fake.received("SCAN") > 0).await;
    assert_eq!(node.expensive("2+2").await.source, Source::Redis);
    node.is_sound().await;
    assert!(node.remembers("2+2"), "it was read after the clear began");
    kept.store(true, SeqCst);
    let removed = clearing.await.expect("it ends");
    assert_eq!((removed.count, removed.redis), done(1));
    assert!(!node.remembers("2+2"));
    assert!(fake.text(&name("2+2")).is_none());
}

/// A write that waits for its turn when a clear begins is not sent after it. As many writes are in flight as may be,
/// and the server replies to them when it gets the clear's first command.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clear_drops_queued_writes() {
    let sent = Arc::new(AtomicUsize::new(0));
    let received = sent.clone();
    let fake = Fake::start(move |words| match &*words[0] {
        _ if is_write(words) => {
            received.fetch_add(1, SeqCst);
            Some(vec![])
        }
        "SCAN" => Some([&b"+OK\r\n".repeat(IN_FLIGHT_MAX)[..], b"*2\r\n$1\r\n0\r\n*0\r\n"].concat()),
        _ => None,
    });
    let node = quiet(&fake).await;
    for n in 0..IN_FLIGHT_MAX {
        node.cheap(&n.to_string()).await;
    }
    eventually("as many as may be are on the wire", || sent.load(SeqCst) == IN_FLIGHT_MAX).await;
    node.cheap("2+2").await;
    assert_eq!(clears(&node).await.1, RemovalStatus::Done);
    node.is_sound().await;
    assert_eq!((node.writes_behind("stored"), node.writes_behind("dropped-moved")), (IN_FLIGHT_MAX as u64, 1));
    assert_eq!(sent.load(SeqCst), IN_FLIGHT_MAX);
}

/// Computations that began before a clear are answered but not stored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clear_is_not_undone_by_computations_in_progress_on_either_node() {
    is_not_undone(clears).await;
}

/// Clears while both nodes compute, which their leases in Redis show.
pub(crate) async fn is_not_undone(clear: impl AsyncFn(&Node) -> (u64, RemovalStatus)) {
    let server = Server::start();
    let here = Setting::new().redis(server.url()).coherent().await;
    let there = Setting::new().redis(server.url()).coherent().await;
    let (one, other) = (here.holds("here").await, there.holds("there").await);
    assert_eq!(clear(&here).await, done(2), "two leases");
    eventually("the push arrives at the other node", || there.invalidations("key") >= 2).await;
    assert_eq!(one.ends().await.source, Source::Computed { stored: false });
    assert_eq!(other.ends().await.source, Source::Computed { stored: false });
    for node in [&here, &there] {
        node.is_sound().await;
        assert!(!node.remembers("here") && !node.remembers("there"));
    }
    assert!(server.person().keys().is_empty());
}

/// Two nodes, one of them cut off: a removal by its operator empties its memory at once, and Redis when reachable
/// again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clear_during_an_outage_is_executed_when_redis_is_back() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    let node = Setting::new().redis(proxy.url()).coherent().await;
    let other = Setting::new().redis(server.url()).coherent().await;
    let mut person = server.person();
    plant(&mut person);
    for node in [&node, &other] {
        node.expensive("2+2").await;
        node.is_sound().await;
    }
    proxy.refuse(true);
    proxy.cut();
    node.becomes(State::Detached).await;
    node.cheap("3+3").await;
    assert!(node.remembers("3+3"));
    assert_eq!(clears(&node).await, pending(1), "what memory held");
    assert!(!node.remembers("3+3"));
    assert_eq!(node.stats().removals_pending, 1);
    assert!(person.gets(&name("2+2")).is_some() && other.remembers("2+2"), "nobody else knows yet");
    proxy.refuse(false);
    node.becomes(State::Coherent).await;
    eventually("it is executed", || node.stats().removals_pending == 0).await;
    assert!(person.gets(&name("2+2")).is_none());
    eventually("the push arrives at the other node", || !other.remembers("2+2")).await;
    assert_eq!(node.expensive("2+2").await.source, COMPUTED);
    is_untouched(&mut person);
    for node in [&node, &other] {
        node.is_sound().await;
        node.is_balanced();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deletions_during_an_outage_are_executed_when_redis_is_back() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    let node = Setting::new().redis(proxy.url()).coherent().await;
    let mut person = server.person();
    for text in ["1", "2", "3"] {
        node.expensive(text).await;
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
    eventually("they are executed", || node.stats().removals_pending == 0).await;
    assert_eq!(person.keys(), [name("3")], "a key without a removal is still there");
    assert_eq!(deletes(&node, &name("3")).await, done(1));
}

/// The server replies to none of the removals before it has received all of them. It reports no canary, so that the node
/// sends nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pending_removals_do_not_wait_for_each_others_replies() {
    const NAMES: usize = 16;
    let (is_there, received) = (Arc::new(AtomicBool::new(false)), AtomicUsize::new(0));
    let appears = is_there.clone();
    let fake = Fake::start(move |words| match (&*words[0], words.get(1)) {
        ("HELLO", _) if !is_there.load(SeqCst) => Some(b"-LOADING not yet\r\n".to_vec()),
        ("SET", _) => Some(b"+OK\r\n".to_vec()),
        ("UNLINK", Some(name)) if !name.contains("::") => {
            let is_last = received.fetch_add(1, SeqCst) + 1 == NAMES;
            Some(b":1\r\n".repeat(if is_last { NAMES } else { 0 }))
        }
        _ => None,
    });
    let mut setting = Setting::new().redis(fake.url());
    setting.deadlines.heartbeat = 4 * PATIENCE;
    let node = setting.start();
    for n in 0..NAMES {
        assert_eq!(deletes(&node, &name(&n.to_string())).await, pending(0));
    }
    appears.store(true, SeqCst);
    eventually("they are executed", || node.stats().removals_pending == 0).await;
    assert_eq!(node.errors("timeout"), 0);
}

/// Redis answers reads but refuses removals: until it executes them, no answer comes from these entries.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_comes_from_an_entry_with_a_pending_removal() {
    for everything in [true, false] {
        let server = Server::start();
        let node = Setting::new().redis(server.url()).always().coherent().await;
        let mut person = server.person();
        node.expensive("2+2").await;
        node.expensive("3+3").await;
        node.is_sound().await;
        person.does("REPLICAOF 127.0.0.1 1");
        let (_, redis) = if everything { clears(&node).await } else { deletes(&node, &name("2+2")).await };
        assert_eq!(redis, RemovalStatus::Pending);
        assert!(!node.remembers("2+2"));
        assert!(person.gets(&name("2+2")).is_some());
        let found = node.expensive("2+2").await.source;
        assert!(matches!(found, Source::Computed { .. }), "{found:?}");
        node.is_sound().await;
        person.does("REPLICAOF NO ONE");
        eventually("it is executed", || node.stats().removals_pending == 0).await;
        assert_eq!(person.gets(&name("2+2")), None);
        assert_eq!(person.gets(&name("3+3")).is_some(), !everything);
        node.is_sound().await;
    }
}

/// A login without the permission to remove: the status says so, memory drops the entry, and no removal is pending.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_that_redis_refuses_has_the_status_refused() {
    let server = Server::start();
    server.person().does("ACL SETUSER ana on >s3cret ~tabuada:* +@read +@write +@connection -unlink -scan");
    let url = server.url().replace("redis://", "redis://ana:s3cret@");
    let node = Setting::new().redis(url).coherent().await;
    node.cheap("2+2").await;
    assert_eq!(clears(&node).await, refused(1));
    assert_eq!(deletes(&node, &name("2+2")).await, refused(0));
    assert!(!node.remembers("2+2"));
    assert_eq!(node.stats().removals_pending, 0);
    assert_eq!(node.cache.operator().list(None, 10).await.redis, RedisStatus::Unreachable);
}

/// A Redis that hangs: the operator gets a result within the deadline.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hung_redis_delays_no_operator() {
    let server = Server::start();
    let node = Setting::new().hasty().redis(server.url()).coherent().await;
    node.expensive("2+2").await;
    node.is_sound().await;
    server.hang();
    let operator = node.cache.operator();
    assert_eq!(operator.clear().await.redis, RemovalStatus::Pending);
    assert!(!node.remembers("2+2"));
    let (entry, behind) = operator.entry(&name("2+2")).await.expect("a name");
    assert_eq!((entry, behind), (None, RedisStatus::Unreachable));
    assert_eq!(operator.list(None, 10).await.redis, RedisStatus::Unreachable);
    server.go_on();
    eventually("it is executed", || node.stats().removals_pending == 0).await;
    assert_eq!(server.person().gets(&name("2+2")), None);
}
