//! Changes of servers and connections instead of keys: memory drops its entries, or is right to keep them.

use std::time::Instant;

use crate::support::load::Load;
use crate::support::proxy::Proxy;
use crate::support::server::{Person, Server};
use crate::support::*;
use tabuada_cache::{Source, State};

async fn pair(url: &str) -> [Node; 2] {
    [Setting::new().hasty().redis(url).coherent().await, Setting::new().hasty().redis(url).always().coherent().await]
}

/// Brings these texts into the memory of both nodes, for as long as Redis keeps them.
async fn learn(nodes: &[Node; 2], texts: &[&str]) {
    for text in texts {
        let start = Instant::now();
        // With the default deadlines, a slow machine may need several attempts.
        while !nodes.iter().all(|node| node.is_kept_for_long(text)) {
            assert!(start.elapsed() < PATIENCE, "{text} is not remembered");
            for node in nodes {
                node.expensive(text).await;
                node.is_sound().await;
            }
        }
    }
}

/// Asserts that the deletion of a key in Redis invalidates it on both nodes.
async fn are_coherent(nodes: &[Node; 2], person: &mut Person) {
    for node in nodes {
        node.becomes(State::Coherent).await;
    }
    learn(nodes, &["proof"]).await;
    person.does("DEL tabuada:1:proof");
    eventually("a DEL is told", || nodes.iter().all(|node| !node.remembers("proof"))).await;
    for node in nodes {
        node.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_without_data() {
    let mut server = Server::start();
    let nodes = pair(&server.url()).await;
    learn(&nodes, &["2+2", "3+3"]).await;
    server.stop();
    eventually("memory is silent", || nodes.iter().all(|node| !node.remembers("2+2"))).await;
    server.restart();
    for node in &nodes {
        node.becomes(State::Coherent).await;
    }
    assert!(nodes.iter().all(|node| !node.remembers("3+3")));
    let computed = nodes[0].computed();
    nodes[0].expensive("2+2").await;
    assert_eq!(nodes[0].computed(), computed + 1, "Redis has lost it");
    are_coherent(&nodes, &mut server.person()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_with_data() {
    let mut server = Server::start();
    let nodes = pair(&server.url()).await;
    learn(&nodes, &["2+2", "3+3"]).await;
    let mut person = server.person();
    person.does("SAVE");
    // Changed after the save, and undone by the power cut: the value in Redis counts.
    person.does("DEL tabuada:1:3+3");
    eventually("memory is silent", || nodes.iter().all(|node| !node.remembers("3+3"))).await;
    server.stop();
    eventually("memory is silent", || nodes.iter().all(|node| !node.remembers("2+2"))).await;
    server.restart();
    for node in &nodes {
        node.becomes(State::Coherent).await;
    }
    let computed = nodes.each_ref().map(Node::computed);
    for node in &nodes {
        for text in ["2+2", "3+3"] {
            assert_eq!(node.expensive(text).await.source, Source::Redis, "{text}");
        }
    }
    assert_eq!(nodes.each_ref().map(Node::computed), computed);
    are_coherent(&nodes, &mut server.person()).await;
}

const ENTRIES: u32 = 50;

/// A node with entries; then the memory limit of Redis is set below its use.
async fn under_pressure(policy: &str, setting: Setting) -> (Server, Node) {
    let server = Server::with(&["--maxmemory-policy", policy]);
    let node = setting.redis(server.url()).coherent().await;
    for n in 0..ENTRIES {
        node.expensive(&format!("{n}")).await;
    }
    node.is_sound().await;
    assert!((0..ENTRIES).all(|n| node.remembers(&format!("{n}"))));
    let mut person = server.person();
    person.does("CONFIG SET maxmemory 1mb");
    // A write makes Redis evict; it may fail if there is nothing to evict.
    let _ = person.tries::<String>("SET other x");
    (server, node)
}

async fn evicted_keys_are_invalidated(policy: &str) {
    let (server, node) = under_pressure(policy, Setting::new()).await;
    eventually("all is evicted", || server.person().keys().iter().all(|key| !key.starts_with("tabuada"))).await;
    eventually("memory is silent", || (0..ENTRIES).all(|n| !node.remembers(&format!("{n}")))).await;
    assert_eq!((node.state(), node.expensive("1").await.ttl.is_some()), (State::Coherent, true));
    server.person().does("CONFIG SET maxmemory 0");
    node.expensive("new").await;
    node.is_sound().await;
    assert!(server.person().gets(&name("new")).is_some());
}

/// Redis is full: it accepts no writes but keeps its keys, and memory keeps them too.
async fn keys_that_are_not_evicted_stay(policy: &str, setting: Setting) {
    let (server, node) = under_pressure(policy, setting).await;
    node.expensive("new").await;
    node.is_sound().await;
    assert!(node.errors("full") > 0);
    assert!((0..ENTRIES).all(|n| node.remembers(&format!("{n}"))));
    assert_eq!(server.person().gets(&name("new")), None);
    // Invalidations still arrive.
    server.person().does("DEL tabuada:1:7");
    eventually("memory is silent", || !node.remembers("7")).await;
    assert!(node.remembers("8"));
}

macro_rules! policies {
    ($($name:ident: $policy:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            evicted_keys_are_invalidated($policy).await;
        }
    )*};
}

policies! {
    eviction_allkeys_lru: "allkeys-lru";
    eviction_allkeys_lfu: "allkeys-lfu";
    eviction_allkeys_random: "allkeys-random";
    eviction_volatile_lru: "volatile-lru";
    eviction_volatile_lfu: "volatile-lfu";
    eviction_volatile_random: "volatile-random";
    eviction_volatile_ttl: "volatile-ttl";
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn noeviction_is_full() {
    keys_that_are_not_evicted_stay("noeviction", Setting::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eviction_volatile_of_what_has_no_ttl_is_full() {
    keys_that_are_not_evicted_stay("volatile-lru", Setting::new().ttl(None)).await;
}

/// The IDs of all connections except this person's.
fn others(person: &mut Person) -> Vec<String> {
    let (own, list): (u64, String) = (person.says("CLIENT ID"), person.says("CLIENT LIST"));
    let ids = list.lines().filter_map(|line| line.strip_prefix("id=")?.split(' ').next().map(str::to_owned));
    ids.filter(|id| *id != own.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_kill_again_and_again_under_load() {
    let server = Server::start();
    let mut person = server.person();
    let nodes = pair(&server.url()).await;
    let load = Load::on(&nodes);
    for round in 0..20 {
        if round % 2 == 0 {
            person.does("CLIENT KILL TYPE normal SKIPME yes");
        } else {
            // Some connections may be closed already.
            others(&mut person)
                .iter()
                .for_each(|id| drop(person.tries::<redis::Value>(&format!("CLIENT KILL ID {id}"))));
        }
        load.goes_on(20).await;
        if round % 5 == 4 {
            are_connected(&nodes).await;
        }
    }
    load.ends().await;
    are_connected(&nodes).await;
    assert!(nodes.iter().all(|node| node.errors("lost") > 0));
    are_coherent(&nodes, &mut person).await;
    for node in &nodes {
        node.is_balanced();
    }
}

async fn are_connected(nodes: &[Node]) {
    for node in nodes {
        node.becomes(State::Coherent).await;
    }
}

/// The connection is open, but nothing comes through: a deletion is not pushed, and memory soon stops serving.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_open_and_silent() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    let nodes = pair(&proxy.url()).await;
    learn(&nodes, &["2+2"]).await;
    proxy.hang(true);
    server.person().does("DEL tabuada:1:2+2");
    eventually("memory is silent", || nodes.iter().all(|node| !node.remembers("2+2"))).await;
    assert!(nodes.iter().all(|node| node.state() == State::Detached));
    proxy.hang(false);
    are_connected(&nodes).await;
    assert!(nodes.iter().all(|node| !node.remembers("2+2")));
    let computed = nodes[0].computed();
    nodes[0].expensive("2+2").await;
    assert_eq!(nodes[0].computed(), computed + 1, "it was deleted");
    are_coherent(&nodes, &mut server.person()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_suspended() {
    let server = Server::start();
    let nodes = pair(&server.url()).await;
    learn(&nodes, &["2+2"]).await;
    server.hang();
    eventually("memory is silent", || nodes.iter().all(|node| !node.remembers("2+2"))).await;
    eventually("it is counted", || nodes.iter().all(|node| node.errors("silent") > 0)).await;
    server.go_on();
    are_connected(&nodes).await;
    assert_eq!(nodes[0].expensive("2+2").await.source, Source::Redis);
    are_coherent(&nodes, &mut server.person()).await;
}

/// Makes one server the replica of another, and waits until the copy is complete and both servers report it.
async fn replicates(replica: &Server, primary: &Server) {
    primary.person().does("CONFIG SET repl-diskless-sync-delay 0");
    replica.person().does(&format!("REPLICAOF 127.0.0.1 {}", primary.port()));
    for (server, sign) in [(replica, "master_link_status:up"), (primary, "state=online")] {
        eventually("it replicates", || {
            // A server that is loading its copy may refuse to answer.
            let info: Result<String, _> = server.person().tries("INFO replication");
            info.is_ok_and(|info| info.contains(sign))
        })
        .await;
    }
}

/// The primary is demoted, its former replica is promoted, and no full copy is needed: memory is right to answer.
/// Writes to the new primary arrive here too, and so do their pushes; this server accepts no writes of ours, so that
/// it is left after a second, and used for reads since there is no other one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_demoted_in_favour_of_its_replica() {
    let (old, new) = (Server::start(), Server::start());
    let nodes = pair(&old.url()).await;
    replicates(&new, &old).await;
    learn(&nodes, &["2+2", "3+3"]).await;
    let mut person = new.person();
    eventually("it is replicated", || person.gets("tabuada:1:3+3").is_some()).await;
    person.does("REPLICAOF NO ONE");
    replicates(&old, &new).await;
    assert!(nodes.iter().all(|node| node.remembers("2+2")), "nothing has changed");
    person.does("DEL tabuada:1:2+2");
    eventually("memory is silent", || nodes.iter().all(|node| !node.remembers("2+2"))).await;
    assert!(nodes.iter().all(|node| node.errors("demoted") > 0 || node.remembers("3+3")));
    // The replica accepts no lease and no write.
    assert_eq!(nodes[0].expensive("2+2").await.source, COMPUTED);
    assert_eq!(nodes[1].expensive("6+6").await.source, COMPUTED);
    assert!(nodes.iter().all(|node| node.errors("read-only") > 0));
    let kept = nodes[0].cache.get(&key("2+2")).expect("it is kept for a moment");
    assert!(kept.ttl.is_some_and(|ttl| ttl.as_secs() <= 5), "{kept:?}");
    // Promoted again, it accepts them.
    old.person().does("REPLICAOF NO ONE");
    are_coherent(&nodes, &mut old.person()).await;
}

/// The primary becomes the replica of another server: it drops its data and sends a push for that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_becomes_the_replica_of_another_server() {
    let (server, stranger) = (Server::start(), Server::start());
    let nodes = pair(&server.url()).await;
    learn(&nodes, &["2+2", "3+3"]).await;
    stranger.person().sets("tabuada:1:3+3", r#"{"resultado":"six"}"#);
    replicates(&server, &stranger).await;
    eventually("memory is silent", || nodes.iter().all(|node| !node.remembers("2+2") && !node.remembers("3+3"))).await;
    assert!(nodes.iter().all(|node| node.invalidations("flush") > 0));
    let found = nodes[0].ask("3+3", async |value| Ok(value)).await.expect("an answer");
    assert_eq!((&*found.value, found.source), (&Fact::Text("six".to_owned()), Source::Redis));
    server.person().does("REPLICAOF NO ONE");
    are_coherent(&nodes, &mut server.person()).await;
}

/// `FAILOVER` stops writes until the replica has everything, and then exchanges the roles.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failover_under_load() {
    let (old, new) = (Server::start(), Server::start());
    let nodes = pair(&old.url()).await;
    replicates(&new, &old).await;
    learn(&nodes, &["known"]).await;
    let load = Load::on(&nodes);
    old.person().does(&format!("FAILOVER TO 127.0.0.1 {}", new.port()));
    eventually("the roles have changed", || {
        let roles = [&old, &new].map(|server| server.person().tries::<String>("INFO replication"));
        roles.iter().all(Result::is_ok)
            && roles[0].as_ref().is_ok_and(|role| role.contains("role:slave"))
            && roles[1].as_ref().is_ok_and(|role| role.contains("role:master"))
    })
    .await;
    load.goes_on(100).await;
    eventually("writes are refused", || nodes.iter().all(|node| node.errors("read-only") > 0)).await;
    load.ends().await;
    new.person().does("DEL tabuada:1:known");
    eventually("memory is silent", || nodes.iter().all(|node| !node.remembers("known"))).await;
    // The nodes have only one address and stay connected to it.
    old.person().does("REPLICAOF NO ONE");
    are_coherent(&nodes, &mut old.person()).await;
}
