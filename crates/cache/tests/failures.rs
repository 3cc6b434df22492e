//! Redis never fails a call: whatever is wrong with it, every call gets the right answer, and memory does not serve
//! values that it can no longer keep coherent.

use crate::support;

use std::time::Duration;

use support::fake::{FLUSH, Fake, HELLO_3, invalidation};
use support::log::Log;
use support::proxy::Proxy;
use support::server::{Server, free_port};
use support::*;
use tabuada_cache::{Cache, Options, OptionsError, Source, State};

/// Both lookup modes, with the default deadlines.
fn ways(url: &str) -> [Setting; 2] {
    [Setting::new().hasty().redis(url), Setting::new().hasty().always().redis(url)]
}

/// Asks for new and known values, cheap and expensive.
async fn is_answered(node: &Node, round: &str) {
    for n in 0..10 {
        node.cheap(&format!("{round}+{n}")).await;
        node.expensive(&format!("{round}*{n}")).await;
        node.expensive("2+2").await;
    }
    node.is_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_absent_at_start_then_appearing() {
    let mut server = Server::later();
    for setting in ways(&server.url()) {
        server.stop();
        let node = setting.start();
        assert_eq!(node.cache.wait_until_ready(Duration::from_millis(1)).await, State::Detached);
        is_answered(&node, "absent").await;
        assert!(node.remembers("2+2"), "a local cache meanwhile");
        assert!(node.cache.get(&key("2+2")).unwrap().ttl <= Some(Duration::from_secs(5)));
        server.restart();
        node.becomes(State::Coherent).await;
        assert!(!node.remembers("2+2"), "what was there before is not vouched for");
        is_answered(&node, "there").await;
        assert!(server.person().gets(&name("2+2")).is_some());
        assert!(node.cache.get(&key("2+2")).unwrap().ttl > Some(Duration::from_secs(5)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_killed_and_restarted() {
    for always in [false, true] {
        let mut server = Server::start();
        let setting = ways(&server.url())[usize::from(always)].again();
        let node = setting.coherent().await;
        is_answered(&node, "before").await;
        server.stop();
        node.becomes(State::Detached).await;
        assert!(!node.remembers("2+2"), "nobody can tell whether it was forgotten");
        is_answered(&node, "killed").await;
        server.restart();
        node.becomes(State::Coherent).await;
        assert!(!node.remembers("2+2"));
        is_answered(&node, "restarted").await;
        assert!(server.person().gets(&name("2+2")).is_some());
        assert!(node.errors("lost") >= 1);
        node.receives_after(|| server.person().does("FLUSHALL")).await;
        assert!(!node.remembers("2+2"));
        node.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_suspended() {
    for always in [false, true] {
        let server = Server::start();
        let node = ways(&server.url())[usize::from(always)].again().coherent().await;
        is_answered(&node, "before").await;
        server.hang();
        is_answered(&node, "hung").await;
        node.becomes(State::Detached).await;
        assert!(!node.remembers("before*1"));
        is_answered(&node, "noticed").await;
        server.go_on();
        node.becomes(State::Coherent).await;
        is_answered(&node, "after").await;
        assert!(node.errors("silent") >= 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_hung_when_the_node_starts() {
    let server = Server::start();
    server.hang();
    for setting in ways(&server.url()) {
        let node = setting.start();
        is_answered(&node, "hung").await;
        assert_eq!(node.state(), State::Detached);
        eventually("connecting is given up", || node.errors("connect") > 0).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wire_that_is_cut_again_and_again() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    for setting in ways(&proxy.url()) {
        let node = setting.coherent().await;
        for round in 0..5 {
            is_answered(&node, &format!("cut{round}")).await;
            let lost = node.errors("lost");
            proxy.cut();
            eventually("it is noticed", || node.errors("lost") > lost).await;
            assert!(!node.remembers(&format!("cut{round}*1")));
            node.becomes(State::Coherent).await;
        }
        node.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wire_that_is_slow() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    for setting in ways(&proxy.url()) {
        proxy.delay(Duration::ZERO);
        let node = setting.coherent().await;
        proxy.delay(Duration::from_millis(200));
        is_answered(&node, "slow").await;
        assert!(node.errors("timeout") > 0);
        assert!(node.lookups("unavailable") > 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_refuses_connections_at_random() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    proxy.refuse(true);
    for setting in ways(&proxy.url()) {
        proxy.refuse(true);
        let node = setting.start();
        is_answered(&node, "refused").await;
        let accepted = proxy.accepted();
        eventually("it tries again", || proxy.accepted() > accepted + 1).await;
        assert_eq!(node.state(), State::Detached);
        proxy.refuse(false);
        node.becomes(State::Coherent).await;
        is_answered(&node, "taken").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_read_only() {
    for always in [false, true] {
        let server = Server::start();
        let node = Setting::new().redis(server.url());
        let node = if always { node.always() } else { node }.coherent().await;
        let mut person = server.person();
        person.sets(&name("1+1"), r#"{"resultado":"<1+1>"}"#);
        person.does("CONFIG SET min-replicas-to-write 1");
        is_answered(&node, "readonly").await;
        assert_eq!(node.expensive("1+1").await.source, Source::Redis, "reading goes on");
        assert!(node.writes_behind("dropped-refused") > 0);
        assert!(node.errors("read-only") > 0);
        assert_eq!(node.state(), State::Coherent);
        assert!(node.remembers("2+2"));
        // A node that starts now cannot prove that pushes arrive: it keeps entries briefly, and reads from Redis.
        let late = Setting::new().redis(server.url()).always().start();
        eventually("it cannot write", || late.errors("read-only") > 0).await;
        assert_eq!(late.state(), State::CatchingUp);
        assert_eq!(late.expensive("1+1").await.source, Source::Redis);
        assert!(late.cache.get(&key("1+1")).is_none_or(|found| found.ttl <= Some(Duration::from_secs(5))));
        person.does("CONFIG SET min-replicas-to-write 0");
        late.becomes(State::Coherent).await;
        late.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_full() {
    let server = Server::start();
    let mut person = server.person();
    person.sets(&name("1+1"), r#"{"resultado":"<1+1>"}"#);
    for always in [false, true] {
        let node = Setting::new().redis(server.url());
        person.does("CONFIG SET maxmemory 0");
        let node = if always { node.always() } else { node }.coherent().await;
        person.does("CONFIG SET maxmemory 1");
        is_answered(&node, &format!("full{always}")).await;
        assert_eq!(node.expensive("1+1").await.source, Source::Redis, "reading goes on");
        assert!(node.writes_behind("dropped-refused") > 0 && node.errors("full") > 0);
        assert_eq!(node.state(), State::Coherent);
        assert!(node.remembers("2+2"));
        node.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_that_evicts() {
    let server = Server::with(&["--maxmemory-policy", "allkeys-lfu"]);
    let node = Setting::new().redis(server.url()).coherent().await;
    for n in 0..100 {
        node.expensive(&format!("{n}")).await;
    }
    node.is_sound().await;
    let mut person = server.person();
    assert_eq!(person.keys().len(), 100);
    // Less than it uses now: the next write, whose push we get too, makes it evict.
    person.does("CONFIG SET maxmemory 1mb");
    let _ = person.tries::<String>("SET other x");
    eventually("all is evicted", || person.keys().iter().all(|key| !key.starts_with("tabuada"))).await;
    eventually("memory is silent", || (0..100).all(|n| !node.remembers(&format!("{n}")))).await;
    is_answered(&node, "evicting").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_killed_by_a_person() {
    let server = Server::start();
    let mut person = server.person();
    let node = Setting::new().redis(server.url()).coherent().await;
    for _ in 0..10 {
        node.expensive("2+2").await;
        node.is_sound().await;
        let lost = node.errors("lost");
        // No push reports this change, which comes between the loss and the next connection.
        person.does("CLIENT KILL TYPE normal SKIPME yes");
        person.sets(&name("2+2"), r#"{"resultado":"changed"}"#);
        eventually("it is noticed", || node.errors("lost") > lost).await;
        node.becomes(State::Coherent).await;
        let found = node.ask("2+2", async |value| Ok(value)).await.unwrap();
        assert_eq!(*found.value, Fact::Text("changed".to_owned()), "{:?}", found.source);
        node.receives_after(|| person.does("DEL tabuada:1:2+2")).await;
        assert!(!node.remembers("2+2"));
    }
    node.is_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_swallows_pushes_never_becomes_coherent() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    proxy.swallow_pushes(true);
    for setting in ways(&proxy.url()) {
        let node = setting.start();
        eventually("two canaries are not heard", || node.errors("canary") >= 2).await;
        assert_eq!(node.state(), State::CatchingUp);
        is_answered(&node, "deaf").await;
        let found = node.cache.get(&key("2+2"));
        assert!(found.is_none_or(|found| found.ttl <= Some(Duration::from_secs(5))));
        assert!(server.person().gets(&name("2+2")).is_some(), "Redis is of use all the same");
    }
    // Once the proxy lets pushes pass, the next canary arrives, and entries kept before are purged.
    let node = Setting::new().hasty().redis(proxy.url()).start();
    eventually("a canary is not heard", || node.errors("canary") >= 1).await;
    node.expensive("2+2").await;
    proxy.swallow_pushes(false);
    node.becomes(State::Coherent).await;
    assert!(!node.remembers("2+2"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_kept_before_a_connection_are_not_served_once_it_tracks() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    proxy.refuse(true);
    proxy.swallow_pushes(true);
    let node = Setting::new().redis(proxy.url()).start();
    node.expensive("2+2").await;
    proxy.refuse(false);
    node.becomes(State::CatchingUp).await;
    assert!(!node.remembers("2+2"));
    node.is_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_do_not_speak_resp3_are_not_used() {
    let refusing = Fake::start(|words| (words[0] == "HELLO").then(|| b"-ERR unknown command 'HELLO'\r\n".to_vec()));
    let pretending = Fake::start(|words| {
        (words[0] == "HELLO")
            .then(|| b"*6\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:2\r\n+x\r\n+y\r\n".to_vec())
    });
    let falling_back = Fake::start(|words| {
        let hello = String::from_utf8_lossy(HELLO_3).replace("proto\r\n:3", "proto\r\n:2");
        (words[0] == "HELLO").then(|| hello.into_bytes())
    });
    let without_tracking = Fake::start(|words| {
        let is_tracking = words[0] == "CLIENT" && words[1] == "TRACKING";
        is_tracking.then(|| b"-ERR unknown subcommand 'TRACKING'\r\n".to_vec())
    });
    let noting = Fake::start(|words| (words[0] == "CLIENT" && words[1] == "TRACKING").then(|| b":1\r\n".to_vec()));
    for fake in [refusing, pretending, falling_back, without_tracking, noting] {
        for setting in ways(&fake.url()) {
            let node = setting.start();
            eventually("it is tried twice", || {
                let errors = node.stats().redis_errors;
                errors.iter().map(|error| error.count).sum::<u64>() >= 2
            })
            .await;
            is_answered(&node, "resp2").await;
            assert_eq!(node.state(), State::Detached);
            assert_eq!(node.errors("lost") + node.errors("silent"), 0);
        }
        assert_eq!(fake.received("GETRANGE") + fake.received("SET"), 0, "nothing is asked of it");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_sends_garbage() {
    for garbage in ["+hello\r\n", "?\r\n", ">2\r\n:1\r\n:2\r\n", "$-1\r\n", "\r\n\r\n", ">0\r\n", "*1000000000\r\n"] {
        let fake = Fake::start(|_| None);
        for setting in ways(&fake.url()) {
            let node = setting.start();
            node.becomes(State::Coherent).await;
            fake.says(garbage.as_bytes());
            is_answered(&node, "garbage").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_sends_a_reply_too_many() {
    for reply in
        ["-ERR no\r\n", ":7\r\n", "_\r\n", "+OK\r\n", "*0\r\n", "-LOADING\r\n", "-BUSY\r\n", "-NOPERM\r\n", "#t\r\n"]
    {
        let fake = Fake::start(move |words| {
            matches!(words[0].as_str(), "GETRANGE" | "PTTL").then(|| reply.as_bytes().to_vec())
        });
        for setting in ways(&fake.url()) {
            let node = setting.coherent().await;
            is_answered(&node, "odd").await;
            assert!(node.lookups("unavailable") > 0, "{reply:?}");
            if reply.starts_with('-') {
                assert!(node.remembers("2+2"), "{reply:?}: at the speed of no Redis");
                assert_eq!(node.invalidations("detached"), 0, "{reply:?} is an answer");
            } else {
                // Replies may be out of step, so this connection is closed, and what memory had is removed at that
                // moment and once more at the next connection: whether it has the answer just now is chance.
                eventually(reply, || node.invalidations("detached") > 0).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pushes_of_every_shape_invalidate_enough() {
    let all = ["2+2", "3+3", "4+4"];
    let names = all.map(name);
    let refs: Vec<&str> = names.iter().map(String::as_str).collect();
    let one = |push: &str| push.as_bytes().to_vec();
    // The push, and which of the three texts it invalidates.
    for (push, gone) in [
        (FLUSH.to_vec(), 3),
        (one(">2\r\n$10\r\ninvalidate\r\n*-1\r\n"), 3),
        (one(">2\r\n$10\r\ninvalidate\r\n$-1\r\n"), 3),
        (one(">2\r\n+invalidate\r\n_\r\n"), 3),
        (one(">2\r\n$10\r\ninvalidate\r\n*0\r\n"), 3),
        (one(">1\r\n$10\r\ninvalidate\r\n"), 3),
        (one(">2\r\n$10\r\ninvalidate\r\n*1\r\n:7\r\n"), 3),
        (invalidation(&refs), 3),
        (invalidation(&refs[..2]), 2),
        (invalidation(&["somebody's", "tabuada:", refs[2]]), 1),
        (invalidation(&["somebody's", "tabuada:1:2+2 ", "tabuada:2:2+2", "\u{0}"]), 0),
        (one(">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n"), 0),
    ] {
        let fake = Fake::start(|_| None);
        let node = Setting::new().redis(fake.url()).coherent().await;
        // An expensive answer is in memory once it is written, which is after the caller has it.
        for text in all.iter().chain(&["mark"]) {
            node.expensive(text).await;
        }
        node.is_sound().await;
        assert!(all.iter().chain(&["mark"]).all(|text| node.remembers(text)));
        fake.says(&push);
        // Pushes are applied in order: the effect of a later one shows that this one was applied.
        fake.reports(&["tabuada:1:mark"]);
        eventually("the mark is removed", || !node.remembers("mark")).await;
        let left = all.iter().filter(|text| node.remembers(text)).count();
        assert_eq!(all.len() - left, gone, "{}", String::from_utf8_lossy(&push));
        assert_eq!(node.state(), State::Coherent);
        node.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tracking_reported_broken_is_a_lost_connection() {
    let fake = Fake::start(|_| None);
    let node = Setting::new().redis(fake.url()).coherent().await;
    node.expensive("2+2").await;
    fake.says(b">2\r\n$21\r\ntracking-redir-broken\r\n:7\r\n");
    eventually("it is noticed", || node.errors("lost") == 1).await;
    assert!(!node.remembers("2+2"));
    node.becomes(State::Coherent).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn options_that_cannot_be_used_are_refused_at_once() {
    let refused = |options: Options| Cache::new(Facts::default(), options).err();
    let mut namespace = Options::default();
    namespace.namespace = "a:b".to_owned();
    assert!(matches!(refused(namespace), Some(OptionsError::Namespace { character: Some(':'), .. })));
    for url in ["h:1", "http://h", "redis+sentinel://h:1", "redis+cluster://h:1/1", "rediss://h#insecure"] {
        assert!(matches!(refused(Options::with_redis(url)), Some(OptionsError::Url { .. })), "{url}");
    }
    let mut options = Options::with_redis("rediss://localhost");
    options.redis_ca = Some(b"lixo".to_vec());
    assert_eq!(refused(options), Some(OptionsError::Certificates));
    // A server that is not running is no reason to refuse the options.
    assert_eq!(refused(Options::with_redis(format!("redis://127.0.0.1:{}", free_port()))), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cache_that_is_dropped_lets_go_of_its_connection() {
    let server = Server::start();
    let mut person = server.person();
    let mut connections = || person.says::<String>("CLIENT LIST").lines().count();
    let node = Setting::new().redis(server.url()).coherent().await;
    let clone = node.clone();
    node.expensive("2+2").await;
    node.is_sound().await;
    eventually("the passing connection has gone", || connections() == 2).await;
    drop(node);
    clone.expensive("3+3").await;
    clone.is_sound().await;
    assert_eq!(connections(), 2);
    drop(clone);
    eventually("it is closed", || connections() == 1).await;
}

#[tokio::test]
async fn start_up_warns_of_a_bad_eviction_policy() {
    for (settings, words) in [
        (&["--maxmemory", "0"][..], Some("no maxmemory")),
        (&["--maxmemory", "100mb", "--maxmemory-policy", "volatile-lru"], Some("evicts only what has a ttl")),
        (&["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lfu"], None),
    ] {
        for command_denied in ["", "-info", "-info -config"] {
            let server = Server::with(settings);
            server.person().does(format!("ACL SETUSER default {command_denied}").trim_end());
            let (log, _logging) = Log::of_warnings();
            // On a single thread, so that the background tasks log to the collector.
            let node = Setting::new().redis(server.url()).coherent().await;
            let told = || log.lines();
            match words {
                Some(words) if command_denied != "-info -config" => {
                    eventually("it is warned of", || told().iter().any(|line| line.contains(words))).await;
                }
                _ => {
                    node.receives_after(|| server.person().does("SET tabuada:1:mark x")).await;
                    assert_eq!(told(), [""; 0]);
                }
            }
            node.expensive("2+2").await;
            assert_eq!((node.state(), node.errors("denied")), (State::Coherent, 0));
        }
    }
}
