//! Every topology: one server over TCP, TLS or a Unix socket, a primary under Sentinels, a Cluster.

use crate::support;

use std::time::Duration;

use support::constellation::{Cluster, Watched, id, info, meet, slot};
use support::server::Server;
use support::tls::Tls;
use support::*;
use tabuada_cache::{EntryKind, RedisStatus, RemovalStatus, Source, State};

/// The default deadlines, except for calls, since a slow machine may be late.
fn setting(url: &str) -> Setting {
    let mut setting = Setting::new().hasty().redis(url);
    setting.deadlines.call = Duration::from_secs(2);
    setting.deadlines.heartbeat_timeout = Duration::from_secs(5);
    setting.deadlines.handshake = Duration::from_secs(5);
    setting
}

/// Asks until the text is in memory: a value that is read just before its own push arrives is not kept.
async fn learns(node: &Node, text: &str) {
    while !node.remembers(text) {
        node.expensive(text).await;
        node.is_sound().await;
    }
}

/// Both layers keep expensive and cheap answers, another node finds them, and a push invalidates them.
async fn works(url: &str) {
    let (a, b) = (setting(url).coherent().await, setting(url).coherent().await);
    assert_eq!(a.expensive("2+2").await.source, COMPUTED);
    a.is_sound().await;
    assert_eq!(b.expensive("2+2").await.source, Source::Redis);
    learns(&b, "2+2").await;
    assert!(a.remembers("2+2"));
    assert_eq!((a.computed(), b.computed()), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_in_the_file_system() {
    let directory = tempfile::tempdir().expect("a directory");
    let socket = directory.path().join("redis.sock");
    let server = Server::with(&["--unixsocket", socket.to_str().expect("a path")]);
    let url = format!("unix://{}?db=3", socket.display());
    works(&url).await;
    let node = setting(&url).coherent().await;
    node.expensive("2+2").await;
    let mut person = server.person();
    person.does("SELECT 3");
    assert_eq!(person.keys(), [name("2+2")]);
    node.receives_after(|| person.does("FLUSHDB")).await;
    assert!(!node.remembers("2+2"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_of_ipv6() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        // A machine without IPv6 has nothing to test.
        return;
    }
    let server = Server::start();
    works(&format!("redis://[::1]:{}", server.port())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_with_a_password_that_means_something_in_a_url() {
    let server = Server::start();
    server.person().does("ACL SETUSER ana on >p@ss/w:rd ~* +@all");
    server.person().does("ACL SETUSER default off");
    works(&format!("redis://ana:p%40ss%2Fw%3Ard@127.0.0.1:{}", server.port())).await;
    for login in ["ana:wrong@", ""] {
        let node = setting(&format!("redis://{login}127.0.0.1:{}", server.port())).start();
        eventually("it is told of", || node.errors("denied") > 0).await;
        assert_eq!(node.expensive("3+3").await.source, COMPUTED);
        assert_eq!(node.state(), State::Detached);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_with_a_ca_of_ones_own_and_no_other() {
    let (tls, stranger) = (Tls::start("no"), Tls::start("no"));
    let with_ca = |host: &str, ca: &[u8]| {
        let mut setting = setting(&format!("rediss://{host}:{}", tls.port()));
        setting.options.redis_ca = Some(ca.to_vec());
        setting
    };
    let node = with_ca("127.0.0.1", &tls.ca).coherent().await;
    assert_eq!(node.expensive("2+2").await.source, COMPUTED);
    node.is_sound().await;
    assert!(tls.server.person().gets(&name("2+2")).is_some());
    node.receives_after(|| tls.server.person().does("FLUSHALL")).await;
    assert!(!node.remembers("2+2"));
    let by_a_stranger = with_ca("127.0.0.1", &stranger.ca).start();
    let by_another_name = with_ca("localhost", &tls.ca).start();
    // The system's trust store does not contain this test's CA.
    let by_nobody = setting(&format!("rediss://127.0.0.1:{}", tls.port())).start();
    for node in [by_a_stranger, by_another_name, by_nobody] {
        eventually("it is told of", || node.errors("connect") > 1).await;
        assert_eq!(node.expensive("3+3").await.source, COMPUTED);
        assert_eq!(node.state(), State::Detached);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_under_sentinels() {
    let watched = Watched::start().await;
    works(&watched.url()).await;
    let node = setting(&watched.url()).coherent().await;
    node.expensive("2+2").await;
    node.receives_after(|| watched.servers[0].person().does("DEL tabuada:1:2+2")).await;
    assert!(!node.remembers("2+2"));
    assert!(node.errors("demoted") == 0, "{:?}", node.stats());
    // Without the Sentinels, the primary still serves.
    let mut watched = watched;
    watched.sentinels.iter_mut().for_each(Server::stop);
    node.expensive("3+3").await;
    node.is_sound().await;
    assert_eq!(node.state(), State::Coherent);
    assert!(node.remembers("3+3"));
}

/// A Sentinel that does not run, and one that does not know the name, are outvoted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_majority_of_sentinels_is_enough() {
    let mut watched = Watched::start().await;
    let url = watched.url();
    watched.sentinels[0].stop();
    watched.sentinels[2].hang();
    let node = setting(&url).coherent().await;
    assert_eq!(node.expensive("2+2").await.source, COMPUTED);
    watched.sentinels[2].go_on();
    let nobody = setting(&url.replace("/main", "/other")).start();
    eventually("it is told of", || nobody.errors("other") > 0).await;
    assert_eq!(nobody.expensive("3+3").await.source, COMPUTED);
    assert_eq!(nobody.state(), State::Detached);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_dies_under_sentinels() {
    let mut watched = Watched::start().await;
    let node = setting(&watched.url()).coherent().await;
    node.expensive("2+2").await;
    node.is_sound().await;
    eventually("it is replicated", || watched.servers[1].person().gets(&name("2+2")).is_some()).await;
    watched.servers[0].stop();
    node.becomes(State::Detached).await;
    assert!(!node.remembers("2+2"), "nobody can tell whether it was forgotten");
    assert_eq!(node.expensive("3+3").await.source, COMPUTED);
    node.becomes(State::Coherent).await;
    assert_eq!(info(&watched.servers[1], "replication", "role"), "master");
    assert_eq!(node.expensive("2+2").await.source, Source::Redis, "the replica had it");
    node.receives_after(|| watched.servers[1].person().does("FLUSHALL")).await;
    assert!(!node.remembers("2+2"));
    node.is_sound().await;
}

/// A documented limit, which no server reports. The nodes receive the purge and drop their entries. The replica still
/// had the values, and they come back with its promotion; they are right, since the key determines the value.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flushall_that_had_not_reached_the_replica_comes_back_with_it() {
    for page in [include_str!("../src/lib.rs"), include_str!("../../../docs/operations.md")] {
        assert!(page.contains("A `FLUSHALL` that had not reached"), "it is documented");
    }
    let mut watched = Watched::start().await;
    let node = setting(&watched.url()).coherent().await;
    node.expensive("2+2").await;
    node.is_sound().await;
    eventually("it is replicated", || watched.servers[1].person().gets(&name("2+2")).is_some()).await;
    watched.servers[1].hang();
    // More than the buffers for a replica that does not read: the rest is lost with the primary.
    watched.servers[0].person().sets("somebodys", vec![b'x'; 64 << 20]);
    node.receives_after(|| watched.servers[0].person().does("FLUSHALL")).await;
    assert!(!node.remembers("2+2"));
    watched.servers[0].stop();
    watched.servers[1].go_on();
    node.becomes(State::Detached).await;
    node.becomes(State::Coherent).await;
    assert_eq!(info(&watched.servers[1], "replication", "role"), "master");
    assert!(!node.remembers("2+2"), "memory does not bring it back");
    assert_eq!((node.expensive("2+2").await.source, node.computed()), (Source::Redis, 1));
}

/// The connection to the old primary may stay open: its ROLE or the Sentinels show that it is a replica now.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_is_demoted() {
    let watched = Watched::start().await;
    let node = setting(&watched.url()).coherent().await;
    node.expensive("2+2").await;
    node.is_sound().await;
    watched.sentinels[0].person().does("SENTINEL FAILOVER main");
    eventually("the other is the primary", || info(&watched.servers[1], "replication", "role") == "master").await;
    eventually("it is left", || node.errors("demoted") + node.errors("lost") > 0).await;
    node.becomes(State::Coherent).await;
    node.expensive("5+5").await;
    node.is_sound().await;
    assert!(watched.servers[1].person().gets(&name("5+5")).is_some());
    node.receives_after(|| watched.servers[1].person().does("DEL tabuada:1:5+5")).await;
    assert!(!node.remembers("5+5"));
}

/// Enough texts for each of three primaries; some are sets, whose braces a Cluster reads as hash tags.
fn texts() -> Vec<String> {
    (0..30).map(|n| if n % 5 == 0 { format!("{{{n}, 2}} | {{3}}") } else { format!("{n}+1") }).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster() {
    let cluster = Cluster::start(3, false).await;
    let (a, b) = (setting(&cluster.url()).coherent().await, setting(&cluster.url()).coherent().await);
    for text in texts() {
        assert_eq!(a.expensive(&text).await.source, COMPUTED);
        a.is_sound().await;
        assert_eq!(b.expensive(&text).await.source, Source::Redis, "{text}");
        assert!(cluster.person_for(&name(&text)).gets(&name(&text)).is_some());
    }
    assert!(cluster.servers.iter().all(|server| server.person().says::<u64>("DBSIZE") > 0), "each holds some");
    assert_eq!((a.errors("redirected"), b.errors("redirected")), (0, 0));
    // Cheap ones are written behind to their primaries.
    a.cheap("1/3").await;
    a.is_sound().await;
    assert!(cluster.person_for(&name("1/3")).gets(&name("1/3")).is_some());
    // Keys on all primaries.
    let deleted = &texts()[..6];
    for text in deleted {
        let name = name(text);
        let mut person = cluster.person_for(&name);
        for node in [&a, &b] {
            learns(node, text).await;
        }
        redis::cmd("DEL").arg(&name).exec(person.connection()).expect("DEL");
        eventually("both forget it", || !a.remembers(text) && !b.remembers(text)).await;
    }
    // The push of one primary's FLUSHALL does not name its keys, so the nodes purge those of the others too.
    let (kept, before) = (texts().pop().expect("one"), a.invalidations("flush"));
    assert!(a.remembers(&kept));
    let other = cluster.servers.iter().find(|it| it.port() != cluster.holder_of(&name(&kept)).port()).expect("another");
    other.person().does("FLUSHALL");
    eventually("the push arrives", || a.invalidations("flush") > before).await;
    assert!(!a.remembers(&kept));
    assert_eq!(a.expensive(&kept).await.source, Source::Redis);
}

/// The keys of all primaries are listed and removed, even while a slot moves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_of_a_cluster() {
    let cluster = Cluster::start(2, false).await;
    let (a, b) = (setting(&cluster.url()).coherent().await, setting(&cluster.url()).coherent().await);
    for text in texts() {
        for node in [&a, &b] {
            node.expensive(&text).await;
            node.is_sound().await;
        }
    }
    // Keys of one slot, by their hash tag: old ones move to the other primary, and new ones are created there.
    let moving: Vec<String> = (0..4).map(|n| format!("{{1, 2}} | {{{n}}}")).collect();
    let (holder, slot) = (cluster.holder_of(&name(&moving[0])), slot(&cluster.servers[0], &name(&moving[0])));
    let other = cluster.servers.iter().find(|it| it.port() != holder.port()).expect("another");
    a.expensive(&moving[0]).await;
    a.is_sound().await;
    Cluster::begins_move(slot, holder, other);
    for text in &moving[1..] {
        a.expensive(text).await;
        a.is_sound().await;
    }
    let everything: Vec<String> = texts().iter().chain(&moving).map(|text| name(text)).collect();
    let operator = a.cache.operator();
    for limit in [3, 1_000] {
        let (mut names, mut next) = (Vec::new(), None);
        loop {
            let page = operator.list(next.as_ref(), limit).await;
            assert_eq!(page.redis, RedisStatus::Reached);
            assert!(page.entries.iter().all(|seen| seen.in_redis && seen.kind == EntryKind::Answer));
            names.extend(page.entries.into_iter().map(|seen| seen.name));
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        names.sort();
        names.dedup();
        let mut expected = everything.clone();
        expected.sort();
        assert_eq!(names, expected);
    }
    let (there, moved) = (name(&texts()[0]), name(&moving[2]));
    for name in [&there, &moved] {
        assert!(operator.entry(name).await.expect("a name").0.is_some_and(|entry| entry.info.in_redis), "{name}");
        let removed = operator.delete(name).await;
        assert_eq!(removed.map(|removed| (removed.count, removed.redis)), Ok((1, RemovalStatus::Done)), "{name}");
        assert_eq!(operator.entry(name).await.expect("a name").0, None, "{name}");
    }
    eventually("the other node is told", || !b.remembers(&texts()[0])).await;
    assert_eq!(operator.clear().await.redis, RemovalStatus::Done);
    assert!(cluster.servers.iter().all(|server| server.person().says::<u64>("DBSIZE") == 0));
    eventually("the other node is told of all", || texts().iter().all(|text| !a.remembers(text) && !b.remembers(text)))
        .await;
    Cluster::ends_move(slot, holder, other);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_across_the_nodes_of_a_cluster() {
    let cluster = Cluster::start(3, false).await;
    let (a, b) = (setting(&cluster.url()).coherent().await, setting(&cluster.url()).coherent().await);
    for text in &texts()[..6] {
        let held = a.holds(text).await;
        let waiting = b.asks(text);
        b.waits(1).await;
        held.ends().await;
        assert_eq!(waiting.await.expect("an answer").source, Source::Collapsed);
        b.is_sound().await;
    }
    assert_eq!((a.computed(), b.computed()), (6, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_of_a_cluster_that_dies() {
    let mut cluster = Cluster::start(3, true).await;
    let node = setting(&cluster.url()).coherent().await;
    for text in texts() {
        node.expensive(&text).await;
    }
    node.is_sound().await;
    let texts_of_the_dead: Vec<String> =
        texts().into_iter().filter(|text| cluster.holder_of(&name(text)).port() == cluster.servers[0].port()).collect();
    let replicated = |server: &Server| server.person().says::<u64>("DBSIZE") as usize == texts_of_the_dead.len();
    eventually("it is replicated", || replicated(&cluster.servers[3])).await;
    cluster.servers[0].stop();
    node.becomes(State::Detached).await;
    for text in texts() {
        assert!(!node.remembers(&text), "nobody can tell whether it was forgotten");
        node.expensive(&text).await;
    }
    node.becomes(State::Coherent).await;
    assert_eq!(info(&cluster.servers[3], "replication", "role"), "master");
    node.receives_after(|| cluster.servers[3].person().does("FLUSHALL")).await;
    for text in &texts_of_the_dead {
        assert_eq!(node.expensive(text).await.source, COMPUTED, "{text}");
        node.is_sound().await;
        assert!(cluster.servers[3].person().gets(&name(text)).is_some(), "{text}");
        node.receives_after(|| cluster.servers[3].person().does("FLUSHALL")).await;
    }
    // The old primary comes back as a replica, which no node calls.
    cluster.servers[0].restart();
    node.expensive("9+9").await;
    assert_eq!(node.state(), State::Coherent);
}

/// A key moves from a primary that is listed later to one that is already listed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listing_during_which_a_slot_moves_has_every_key() {
    let cluster = Cluster::start(2, false).await;
    let node = setting(&cluster.url()).coherent().await;
    for text in texts() {
        node.expensive(&text).await;
    }
    node.is_sound().await;
    let mut servers: Vec<&Server> = cluster.servers.iter().collect();
    servers.sort_by_key(|server| server.port());
    let [first, last] = servers[..] else { panic!("two servers") };
    let operator = node.cache.operator();
    let (mut names, mut next) = (std::collections::BTreeSet::new(), None);
    let listed = |names: &std::collections::BTreeSet<String>, server: &Server| {
        names.iter().filter(|name| cluster.holder_of(name).port() == server.port()).count() as u64
    };
    while listed(&names, first) < first.person().says::<u64>("DBSIZE") {
        let page = operator.list(next.as_ref(), 1).await;
        names.extend(page.entries.into_iter().map(|entry| entry.name));
        next = page.next;
    }
    let is_moving =
        |text: &String| cluster.holder_of(&name(text)).port() == last.port() && !names.contains(&name(text));
    let moving = texts().into_iter().find(is_moving).expect("one that is not listed yet");
    let (slot, before) = (slot(first, &name(&moving)), node.invalidations("topology"));
    Cluster::begins_move(slot, last, first);
    Cluster::ends_move(slot, last, first);
    eventually("the move is noticed", || node.invalidations("topology") > before).await;
    node.becomes(State::Coherent).await;
    while next.is_some() {
        let page = operator.list(next.as_ref(), 10).await;
        assert_eq!(page.redis, RedisStatus::Reached);
        names.extend(page.entries.into_iter().map(|entry| entry.name));
        next = page.next;
    }
    let expected: Vec<String> = texts().iter().map(|text| name(text)).collect();
    assert!(expected.iter().all(|name| names.contains(name)), "{names:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_that_moves_with_its_keys() {
    let cluster = Cluster::start(2, false).await;
    let node = setting(&cluster.url()).coherent().await;
    let reader = setting(&cluster.url()).coherent().await;
    let (from, to) = (&cluster.servers[0], &cluster.servers[1]);
    // Keys of one slot, by their hash tag; half of them exist before the move.
    let texts: Vec<String> = (0..8).map(|n| format!("{{1, 2}} | {{{n}}}")).collect();
    let slot = slot(from, &name(&texts[0]));
    let (from, to) = if cluster.holder_of(&name(&texts[0])).port() == from.port() { (from, to) } else { (to, from) };
    for text in &texts[..4] {
        node.expensive(text).await;
    }
    node.is_sound().await;
    let before = node.invalidations("key");
    Cluster::begins_move(slot, from, to);
    // Calls for each of them are redirected, whether the key is old or new.
    for text in &texts {
        node.expensive(text).await;
    }
    node.is_sound().await;
    Cluster::ends_move(slot, from, to);
    assert!(node.invalidations("key") > before, "what left one primary was reported as gone");
    assert_eq!(node.computed(), 8, "what was computed before was found where it had gone");
    assert_eq!(to.person().says::<Vec<String>>(&format!("CLUSTER GETKEYSINSLOT {slot} 100")).len(), 8);
    eventually("the move is noticed", || reader.invalidations("topology") > 1).await;
    reader.becomes(State::Coherent).await;
    for text in &texts {
        assert_eq!(reader.expensive(text).await.source, Source::Redis, "{text}");
    }
    reader.receives_after(|| to.person().does("FLUSHALL")).await;
    assert!(!reader.remembers(&texts[0]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_joins_a_cluster() {
    let mut cluster = Cluster::start(1, false).await;
    let node = setting(&cluster.url()).coherent().await;
    node.expensive("2+2").await;
    node.is_sound().await;
    let slot = slot(&cluster.servers[0], &name("2+2"));
    cluster.servers.push(Cluster::node());
    cluster.servers[1].person().does("CLUSTER SET-CONFIG-EPOCH 2");
    cluster.servers[0].person().does(&meet(&cluster.servers[1]));
    cluster.agrees().await;
    let known = id(&cluster.servers[1]);
    eventually("they know each other", || cluster.servers[0].person().says::<String>("CLUSTER NODES").contains(&known))
        .await;
    let before = node.invalidations("topology");
    Cluster::begins_move(slot, &cluster.servers[0], &cluster.servers[1]);
    Cluster::ends_move(slot, &cluster.servers[0], &cluster.servers[1]);
    eventually("the move is noticed", || node.invalidations("topology") > before).await;
    node.becomes(State::Coherent).await;
    assert_eq!(node.expensive("2+2").await.source, Source::Redis);
    node.receives_after(|| cluster.servers[1].person().does(&format!("DEL {}", name("2+2")))).await;
    assert!(!node.remembers("2+2"));
    // The other keys of the first Cluster still work.
    node.expensive("3+3").await;
    node.is_sound().await;
    assert!(cluster.person_for(&name("3+3")).gets(&name("3+3")).is_some());
}

/// With the `redis://` URL of a Cluster node, only its keys are found; others are computed, and errors are counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_whose_url_does_not_say_so() {
    let cluster = Cluster::start(2, false).await;
    let node = setting(&cluster.servers[0].url()).start();
    // Before, nothing is sent.
    eventually("there is a connection", || node.state() != State::Detached).await;
    for text in texts() {
        node.expensive(&text).await;
    }
    eventually("it is told of", || node.errors("redirected") > 0).await;
    node.is_sound().await;
}
