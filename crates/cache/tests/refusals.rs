//! A server that refuses is told of at the two edges, and a replica behind an address is left.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use crate::support;

use support::fake::Fake;
use support::log::Log;
use support::proxy::Proxy;
use support::server::Server;
use support::*;
use tabuada_cache::State;
use tracing::Level;

/// What begins a refusal and what ends it, the words of the server, and whether reads or writes are refused.
const REFUSALS: [(&str, &str, &str, bool); 4] = [
    ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "OOM command not allowed", false),
    ("CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0", "NOREPLICAS Not enough", false),
    ("ACL SETUSER default -set", "ACL SETUSER default +set", "NOPERM this user has no permissions", false),
    ("ACL SETUSER default -pttl", "ACL SETUSER default +pttl", "NOPERM this user has no permissions", true),
];

/// On a single thread, so that the background tasks log to the collector.
#[tokio::test]
async fn a_refusal_is_one_warning_and_its_end_one_line_with_the_words_of_the_server() {
    let server = Server::start();
    let mut person = server.person();
    let (log, _logging) = Log::of(Level::INFO);
    let node = Setting::new().redis(server.url()).coherent().await;
    let mut told = 0;
    for (n, (begin, end, words, is_read)) in REFUSALS.into_iter().enumerate() {
        let refuses = || {
            let stats = node.stats();
            if is_read { stats.refuses_reads } else { stats.refuses_writes }
        };
        let what = if is_read { "reads" } else { "writes" };
        person.does(begin);
        asks_until(&node, &format!("{n}*"), &refuses).await;
        told += 1;
        assert_eq!(log.count("Redis refuses"), told, "{:?}", log.lines());
        let line = log.lines().into_iter().rfind(|line| line.contains("Redis refuses")).expect("it is told");
        assert!(line.contains(words) && line.contains(what), "{line}");
        assert_eq!(node.state(), State::Coherent, "changes are still reported");
        person.does(end);
        asks_until(&node, &format!("{n}+"), || !refuses()).await;
        assert_eq!((log.count("Redis refuses"), log.count("Redis takes")), (told, told), "{:?}", log.lines());
    }
    node.is_sound().await;
}

/// Asks for expensive values, whose texts begin with `start`, until the condition holds.
async fn asks_until(node: &Node, start: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    for call in 0.. {
        node.expensive(&format!("{start}{call}")).await;
        if is_so() {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "not within {PATIENCE:?}, by {call} calls");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Who may not use `SET` is told so by calls alone: heartbeats are taken. A write follows its lookup at once, and the
/// lookup is the sign of life that is passed on.
#[tokio::test]
async fn writes_that_are_taken_again_are_noticed_although_reads_precede_them_and_heartbeats_were_taken() {
    let is_denied = Arc::new(AtomicBool::new(false));
    let denies = is_denied.clone();
    let fake = Fake::start(move |words| {
        let is_answer = words[0] == "SET" && !words[1].contains("::");
        (is_answer && denies.load(SeqCst)).then(|| b"-NOPERM no permissions\r\n".to_vec())
    });
    let node = Setting::new().redis(fake.url()).coherent().await;
    is_denied.store(true, SeqCst);
    asks_until(&node, "1*", || node.stats().refuses_writes).await;
    is_denied.store(false, SeqCst);
    let heartbeats = fake.received("SETRANGE");
    // The reply to the first one was handled before the second one was sent.
    eventually("heartbeats are taken", || fake.received("SETRANGE") >= heartbeats + 2).await;
    asks_until(&node, "1+", || !node.stats().refuses_writes).await;
}

/// A name that comes to lead to another server, while the old connection stays open to what has become its replica.
#[tokio::test]
async fn a_demoted_primary_behind_a_name_is_left_for_the_new_one() {
    let (old, new) = (Server::start(), Server::start());
    let proxy = Proxy::before(old.port());
    let (log, _logging) = Log::of(Level::INFO);
    let node = Setting::new().redis(proxy.url()).coherent().await;
    node.expensive("2+2").await;
    node.is_sound().await;
    new.person().does("REPLICAOF NO ONE");
    proxy.lead_to(new.port());
    old.person().does(&format!("REPLICAOF 127.0.0.1 {}", new.port()));
    eventually("it is left", || node.errors("demoted") == 1).await;
    assert!(!node.remembers("2+2"), "no server reports its changes");
    node.becomes(State::Coherent).await;
    node.expensive("3+3").await;
    node.is_sound().await;
    assert!(new.person().gets(&name("3+3")).is_some());
    node.receives_after(|| new.person().does("DEL tabuada:1:3+3")).await;
    assert!(!node.remembers("3+3"));
    assert_eq!((log.count("has become a replica"), log.count("coherent with Redis")), (1, 2), "{:?}", log.lines());
}

/// A name that leads to a replica and to nothing else: a read layer, told of once; and a primary as soon as there is one.
#[tokio::test]
async fn an_address_that_leads_to_a_replica_is_used_for_reads_and_left_when_it_leads_to_a_primary() {
    for is_role_known in [true, false] {
        let (replica, primary) = (Server::start(), Server::start());
        if !is_role_known {
            replica.person().does("ACL SETUSER default -role");
            primary.person().does("ACL SETUSER default -role");
        }
        primary.person().sets(&name("1+1"), r#"{"resultado":"<1+1>"}"#);
        replica.person().does("CONFIG SET masteruser default");
        replica.person().does(&format!("REPLICAOF 127.0.0.1 {}", primary.port()));
        eventually("it is replicated", || replica.person().gets(&name("1+1")).is_some()).await;
        let proxy = Proxy::before(replica.port());
        let (log, _logging) = Log::of(Level::INFO);
        let node = Setting::new().redis(proxy.url()).start();
        eventually("it is told", || log.count("leads to a replica") == 1).await;
        assert_eq!(node.errors("demoted"), 1, "one connection more");
        assert_eq!(node.state(), State::CatchingUp);
        assert_eq!(node.expensive("1+1").await.source, tabuada_cache::Source::Redis);
        assert!(!node.remembers("1+1"), "a replica may hold what its primary has told to be deleted");
        proxy.lead_to(primary.port());
        node.becomes(State::Coherent).await;
        assert_eq!(log.count("leads to a replica"), 1);
        node.expensive("2+2").await;
        node.is_sound().await;
        assert!(primary.person().gets(&name("2+2")).is_some());
    }
}
