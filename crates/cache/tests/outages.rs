//! Outages from beginning to end, with three nodes under load: no call fails, every answer is right, each error is
//! counted by its kind, and afterwards all nodes are coherent and use Redis again. The example `outages` measures how
//! long that takes.

use crate::support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use support::fake::Fake;
use support::moves;
use support::outage::{self, Stage};
use support::proxy::Proxy;
use support::server::Server;
use support::*;
use tabuada_cache::{Deadlines, Source, State};

/// Each row with the kinds of errors that must be counted.
macro_rules! outages {
    ($($row:ident: $kinds:expr;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $row() {
            let mut stage = Stage::new(Duration::ZERO).await;
            outage::$row(&mut stage).await;
            let report = stage.recovers().await;
            let kinds: &[&str] = &$kinds;
            for kind in kinds {
                assert!(report.count(kind) > 0, "{kind}: {:?}", report.troubles);
            }
        }
    )*};
}

outages! {
    killed_and_back_without_data: ["lost", "connect"];
    killed_and_back_with_data: ["lost", "connect"];
    hung: ["silent", "timeout"];
    hung_for_a_moment: ["timeout"];
    half_open: ["silent", "timeout"];
    slow_by_two_seconds: ["silent", "timeout"];
    cut_twenty_times: ["lost"];
    cut_in_the_middle_of_a_reply: ["lost"];
    connections_refused: ["lost", "connect"];
    too_many_clients: ["lost", "connect"];
    garbage: ["protocol"];
    read_only: ["read-only"];
    full: ["full"];
    unable_to_save: ["read-only"];
    of_a_wrong_type: [];
    loading: ["lost", "loading"];
    busy: ["busy"];
    password_set: ["lost", "denied"];
    not_permitted_to_write: ["denied"];
    not_permitted_to_read: ["denied"];
    not_permitted_to_track: ["lost", "denied"];
    pushes_swallowed: ["lost", "canary"];
}

/// Another server becomes the primary, or slots move, during operation.
macro_rules! moves {
    ($($row:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $row() {
            let report = moves::$row().await;
            assert!(report.waits.len() > 200, "it was asked all the while");
        }
    )*};
}

moves! {
    sentinels_find_their_primary_dead sentinels_are_told_to_fail_over
    a_primary_of_a_cluster_dies slots_of_a_cluster_move
}

/// Two nodes of one server, with deadlines that are reached only if a test is broken.
async fn pair(server: &Server, deadlines: impl Fn(&mut Deadlines)) -> [Node; 2] {
    let setting = || {
        let mut setting = Setting::new().redis(server.url());
        deadlines(&mut setting.deadlines);
        setting
    };
    [setting().coherent().await, setting().coherent().await]
}

/// The other node computes and the server hangs, which only the heartbeat can notice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiter_need_not_lose_patience_when_the_server_hangs() {
    let server = Server::start();
    let [a, b] = pair(&server, |deadlines| {
        deadlines.call = Duration::from_millis(500);
        deadlines.heartbeat = Duration::from_millis(10);
        deadlines.patience = 4 * PATIENCE;
    })
    .await;
    let held = a.holds("2+2").await;
    let waiting = b.asks("2+2");
    b.waits(1).await;
    server.hang();
    eventually("it computes for itself", || waiting.is_finished()).await;
    assert_eq!((b.computed(), b.state()), (1, State::Coherent));
    waiting.await.expect("an answer");
    server.go_on();
    held.ends().await;
    a.is_sound().await;
    b.is_sound().await;
}

/// The node that computes will not be able to write either, so no node waits for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiter_need_not_lose_patience_when_writes_are_refused() {
    for (command, undo) in [
        ("CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0"),
        ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0"),
        ("ACL SETUSER default -set", "ACL SETUSER default +set"),
    ] {
        let server = Server::start();
        let [a, b] = pair(&server, |deadlines| deadlines.patience = 4 * PATIENCE).await;
        let held = a.holds("2+2").await;
        let waiting = b.asks("2+2");
        b.waits(1).await;
        server.person().does(command);
        b.expensive("3+3").await;
        eventually("it computes for itself", || waiting.is_finished()).await;
        waiting.await.expect("an answer");
        server.person().does(undo);
        held.ends().await;
        // After an accepted write, flights wait for other nodes again.
        b.expensive("4+4").await;
        let held = a.holds("5+5").await;
        let waiting = b.asks("5+5");
        b.waits(1).await;
        held.ends().await;
        waiting.await.expect("an answer");
        assert_eq!(b.computed(), 3, "3+3, 4+4, and 2+2: {command}");
        a.is_sound().await;
        b.is_sound().await;
    }
}

/// A leader loses its connection, finishes, and connects again: the other nodes wait for its value and get it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_computed_without_a_connection_is_written_after_the_next_one() {
    for is_purged in [false, true] {
        let server = Server::start();
        let proxy = Proxy::before(server.port());
        let other = Setting::new().redis(server.url());
        let (node, other) = (Setting::new().redis(proxy.url()).coherent().await, other.coherent().await);
        let held = node.holds("2+2").await;
        let waiting = other.asks("2+2");
        other.waits(1).await;
        proxy.refuse(true);
        proxy.cut();
        node.becomes(State::Detached).await;
        held.ends().await;
        if is_purged {
            server.person().does("FLUSHALL");
        }
        proxy.refuse(false);
        assert_eq!(waiting.await.expect("an answer").source == Source::Collapsed, !is_purged);
        node.is_sound().await;
        other.is_sound().await;
        assert_eq!((node.computed(), other.computed()), (1, u64::from(is_purged)));
    }
}

/// A server that replies is not lost, whatever it replies: memory stays coherent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_heartbeat_is_a_heartbeat() {
    for reply in ["-MISCONF no\r\n", "-BUSY no\r\n", "-OOM no\r\n"] {
        let refuses = Arc::new(AtomicBool::new(false));
        let refusing = refuses.clone();
        let fake = Fake::start(move |words| {
            (words[0] == "SETRANGE" && refusing.load(SeqCst)).then(|| reply.as_bytes().to_vec())
        });
        let mut setting = Setting::new().redis(fake.url());
        setting.deadlines.heartbeat = Duration::from_millis(10);
        let node = setting.coherent().await;
        node.expensive("2+2").await;
        refuses.store(true, SeqCst);
        let signs = fake.received("SETRANGE");
        eventually("it goes on asking", || fake.received("SETRANGE") > signs + 3).await;
        assert_eq!((node.invalidations("detached"), node.remembers("2+2")), (0, true), "{reply}");
        node.is_sound().await;
    }
}

/// Nodes stay connected while a script runs that never ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_busy_is_not_lost() {
    let server = Server::start();
    let mut person = server.person();
    person.does("CONFIG SET busy-reply-threshold 1");
    let mut setting = Setting::new().redis(server.url());
    setting.deadlines.heartbeat = Duration::from_millis(10);
    let node = setting.coherent().await;
    node.expensive("2+2").await;
    node.is_sound().await;
    let script = std::thread::spawn(move || person.tries::<redis::Value>("EVAL while(true)do(type)(1)end 0"));
    let mut other = server.person();
    eventually("it is busy", || other.tries::<String>("GET x").is_err_and(|error| error.to_string().contains("BUSY")))
        .await;
    // Calls are still answered.
    for text in ["3+3", "4+4", "5+5"] {
        node.expensive(text).await;
    }
    assert!(node.errors("busy") > 0);
    other.does("SCRIPT KILL");
    assert!(script.join().expect("no panic").is_err());
    assert_eq!((node.invalidations("detached"), node.remembers("2+2")), (0, true));
    node.is_sound().await;
}

const ANSWERS: usize = 0;
const REFUSES: usize = 1;
const IS_SILENT: usize = 2;

/// A server that answers reads, refuses them or ignores them, with the number of reads of answers that it received. The
/// heartbeat reads a canary while reads are refused.
struct Moody {
    fake: Fake,
    mood: Arc<AtomicUsize>,
    reads: Arc<AtomicUsize>,
}

impl Moody {
    fn start() -> Self {
        let (mood, reads) = (Arc::new(AtomicUsize::new(ANSWERS)), Arc::new(AtomicUsize::new(0)));
        let (of_now, counting) = (mood.clone(), reads.clone());
        let fake = Fake::start(move |words| {
            let is_lookup = words[0] == "GETRANGE" && !words[1].contains("::");
            counting.fetch_add(usize::from(is_lookup), SeqCst);
            let is_read = matches!(words[0].as_str(), "GETRANGE" | "PTTL");
            match of_now.load(SeqCst) {
                REFUSES if is_read => Some(b"-ERR no\r\n".to_vec()),
                // A reply to anything would be taken for one of those that are missing.
                IS_SILENT => Some(Vec::new()),
                _ => None,
            }
        });
        Self { fake, mood, reads }
    }

    fn is_now(&self, mood: usize) {
        self.mood.store(mood, SeqCst);
    }

    fn reads(&self) -> usize {
        self.reads.load(SeqCst)
    }
}

/// While calls fail, few are sent: those in progress, and then one trial at a time after a pause. This server replies
/// in order, but too late.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_calls_are_sent_while_they_fail() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    let mut setting = Setting::new().redis(proxy.url()).always();
    setting.deadlines.call = Duration::from_millis(20);
    setting.deadlines.heartbeat = PATIENCE;
    let node = setting.coherent().await;
    proxy.delay(Duration::from_millis(100));
    let mut person = server.person();
    let (begun, before) = (Instant::now(), person.calls("getrange"));
    for n in 0..50 {
        let asking: Vec<_> = (0..20).map(|lane| node.asks(&format!("{n}*{lane}"))).collect();
        for asked in asking {
            asked.await.expect("an answer");
        }
    }
    // After the first twenty, one for each opening of the breaker: 250 ms, then longer.
    let trials = begun.elapsed().as_millis() as u64 / 250 + 1;
    let (made, reads) = (node.errors("timeout"), person.calls("getrange") - before);
    assert!((3..=20 + trials).contains(&made), "{made} of 1000 in {:?}", begun.elapsed());
    assert!(reads <= made, "each was counted: {reads}");
    assert_eq!((node.lookups("unavailable"), node.computed()), (1_000, 1_000));
    node.is_sound().await;
    // The server is fast again: the next trial closes the breaker, and all calls are sent.
    proxy.delay(Duration::ZERO);
    let start = Instant::now();
    for n in 0.. {
        let text = format!("again {n}");
        node.expensive(&text).await;
        node.is_sound().await;
        if person.gets(&name(&text)).is_some() {
            break;
        }
        assert!(start.elapsed() < PATIENCE, "it is not asked any more");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(node.state(), State::Coherent);
}

/// Only one trial is sent: other callers during it send nothing and do not wait for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_trial_at_a_time() {
    let server = Moody::start();
    let node = Setting::new().redis(server.fake.url()).always().coherent().await;
    server.is_now(REFUSES);
    for n in 0..10 {
        node.expensive(&format!("refused {n}")).await;
    }
    let refused = server.reads();
    // Ten calls take less than 250 ms, except on a very slow machine.
    assert!((3..10).contains(&refused), "after three no call is made for a while: {refused}");
    // The next one gets no reply and ends at the deadline of this test.
    server.is_now(IS_SILENT);
    let start = Instant::now();
    let mut asking = Vec::new();
    while server.reads() == refused {
        asking.push(node.asks(&format!("trying {}", asking.len())));
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(start.elapsed() < PATIENCE, "nobody tries");
    }
    for n in 0..500 {
        node.expensive(&format!("other {n}")).await;
    }
    assert_eq!(server.reads(), refused + 1);
    drop(server);
    for asked in asking {
        asked.await.expect("an answer");
    }
    node.is_sound().await;
}

/// Writes without a reply wait in a bounded queue; if it is full, further writes are dropped and counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_write_behind_queue_is_bounded() {
    let is_deaf = Arc::new(AtomicBool::new(false));
    let unanswered = is_deaf.clone();
    let fake = Fake::start(move |_| {
        // A reply to anything else would be taken for one to a write.
        unanswered.load(SeqCst).then(Vec::new)
    });
    let node = Setting::new().redis(fake.url()).memory(256 << 10).coherent().await;
    is_deaf.store(true, SeqCst);
    let start = Instant::now();
    let mut asked = 0;
    while node.writes_behind("dropped-full") < 100 {
        assert!(start.elapsed() < PATIENCE, "{:?}", node.stats().write_behind);
        node.cheap(&format!("{asked}")).await;
        asked += 1;
        assert!(node.cache.audit().write_behind_open <= 1_024 + 64, "a thousand wait, 64 are in flight");
    }
    let stats = node.stats();
    let fates: u64 = stats.write_behind.iter().map(|count| count.count).sum();
    assert_eq!(fates + stats.write_behind_open, asked, "{:?}", stats.write_behind);
    assert!(stats.memory_bytes <= stats.memory_bytes_max);
    // Meanwhile, memory answers, and misses are computed.
    assert!(node.remembers(&format!("{}", asked - 1)));
    node.cache.shutdown().await;
}

/// While a lookup of one key has no reply, memory answers for other keys, and cheap answers are computed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lookup_without_a_reply_delays_no_other_key() {
    let server = Moody::start();
    let node = Setting::new().redis(server.fake.url()).coherent().await;
    node.expensive("known").await;
    node.is_sound().await;
    server.is_now(IS_SILENT);
    let reads = server.reads();
    // Their deadline is the long one of this test.
    let stalled: Vec<_> = (0..200).map(|n| node.asks(&format!("stalled {}", n % 2))).collect();
    eventually("they look", || server.reads() == reads + 2).await;
    for n in 0..1_000 {
        node.expensive("known").await;
        node.cheap(&format!("{n}+{n}")).await;
    }
    assert_eq!(node.answers("memory"), 1_000);
    assert!(stalled.iter().all(|asked| !asked.is_finished()));
    // The connection closes, so no call waits for its replies any longer.
    drop(server);
    for asked in stalled {
        asked.await.expect("an answer");
    }
    node.is_sound().await;
}
