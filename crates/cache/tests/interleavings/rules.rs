//! The rules beyond the table and the traces.

use super::*;
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_4_a_lookup_during_a_change_is_answered_and_not_kept() {
    let fake = Fake::start(|words| {
        let reply = || [invalidation(&[&name(TEXT)]), format!("${}\r\n{LINE}\r\n", LINE.len()).into_bytes()].concat();
        (words[0] == "GETRANGE").then(reply)
    });
    fake.puts(&name(TEXT), LINE.as_bytes());
    let node = Setting::new().redis(fake.url()).coherent().await;
    // The push and the reply are handled by different tasks: either may be first.
    assert_eq!(node.expensive(TEXT).await.source, Source::Redis);
    eventually("the push arrives", || node.invalidations("key") == 1).await;
    node.is_sound().await;
    assert!(!node.remembers(TEXT));
}

/// The key changes between the lookup that saw the lease and the wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_5_a_change_between_the_lookup_and_the_wait_is_not_missed() {
    let lookups = AtomicU64::new(0);
    let fake = Fake::start(move |words| match words[0].as_str() {
        "GETRANGE" if lookups.fetch_add(1, SeqCst) == 0 => {
            Some(format!("${}\r\n{LEASE}\r\n", LEASE.len()).into_bytes())
        }
        "PTTL" if lookups.load(SeqCst) == 1 => Some([&invalidation(&[&name(TEXT)])[..], b":3000\r\n"].concat()),
        _ => None,
    });
    fake.puts(&name(TEXT), LINE.as_bytes());
    let node = Setting::new().redis(fake.url()).coherent().await;
    assert_eq!(node.expensive(TEXT).await.source, Source::Collapsed);
    assert_eq!((node.computed(), node.lookups("lease"), node.lookups("hit")), (0, 1, 1));
    node.is_sound().await;
    assert!(node.remembers(TEXT));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_5_a_node_without_pushes_does_not_wait() {
    let server = Server::start();
    let mut person = server.person();
    let proxy = Proxy::before(server.port());
    proxy.swallow_pushes(true);
    let mut patient = Setting::new().redis(proxy.url());
    patient.deadlines.patience = 4 * PATIENCE;
    let node = patient.start();
    node.becomes(State::CatchingUp).await;
    person.sets(&name(TEXT), LEASE);
    let found = tokio::time::timeout(PATIENCE, node.expensive(TEXT)).await.expect("it does not wait");
    assert!(matches!(found.source, Source::Computed { .. }));
    node.is_sound().await;
    assert_eq!(person.gets(&name(TEXT)).as_deref(), Some(LINE));
}

/// Patience is counted for a whole flight, not again for each lease.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_5_leases_that_come_and_go_do_not_extend_the_wait() {
    let server = Server::start();
    let mut person = server.person();
    let mut hasty = Setting::new().redis(server.url());
    hasty.deadlines.patience = Duration::from_millis(50);
    let node = hasty.coherent().await;
    let mut number = 0;
    let mut another = || {
        number += 1;
        person.sets(&name(TEXT), format!("\"lease:somebody.{number}\""));
    };
    another();
    let asking = node.asks(TEXT);
    eventually("it is answered", || {
        another();
        asking.is_finished()
    })
    .await;
    assert!(matches!(asking.await.expect("an answer").source, Source::Computed { .. }));
    node.is_sound().await;
    node.is_balanced();
}

/// A waiter is notified at once, and computes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_9_a_failed_computation_deletes_its_lease() {
    for panics in [false, true] {
        let mut fleet = Fleet::start().await;
        let held = fleet.a.holds(TEXT).await;
        let waiting = fleet.b.asks(TEXT);
        fleet.b.waits(1).await;
        if panics {
            held.panics().await;
        } else {
            held.fails().await;
        }
        assert_eq!(waiting.await.expect("an answer").source, COMPUTED);
        fleet.is_sound().await;
        assert_eq!(fleet.current_value().as_deref(), Some(LINE));
        assert_eq!((fleet.a.answers("failed"), fleet.b.answers("computed")), (1, 1));
        assert_eq!(fleet.person.calls("del"), 1);
    }
}

/// A cheap answer kept while our own lease exists is not in Redis, so no push will invalidate it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_9_deleting_a_lease_drops_the_answer_kept_beside_it() {
    let mut fleet = Fleet::start().await;
    let held = fleet.a.holds(TEXT).await;
    assert_eq!(fleet.a.cheap(TEXT).await.source, COMPUTED);
    assert!(fleet.a.remembers(TEXT));
    // A later write-behind would succeed, since deleting a lease is no purge.
    eventually("its write-behind finds the lease", || fleet.a.writes_behind("present") == 1).await;
    held.fails().await;
    fleet.is_sound().await;
    assert_eq!((fleet.current_value(), fleet.a.remembers(TEXT)), (None, false));
}

/// A caller that retries after a failure must not find an old lease of its own node, whose end no push reports.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_9_a_retry_after_a_failure_does_not_wait_for_itself() {
    let fleet = Fleet::start().await;
    for _ in 0..20 {
        fleet.a.holds(TEXT).await.fails().await;
    }
    assert_eq!(fleet.a.expensive(TEXT).await.source, COMPUTED);
    fleet.is_sound().await;
    assert_eq!(fleet.a.lookups("lease"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_9_a_failed_computation_deletes_no_other_lease() {
    for expected in ["lease", "value", "unusable"] {
        let mut fleet = Fleet::start().await;
        if expected == "unusable" {
            fleet.change("SET tabuada:1:2+2 lixo").await;
            fleet.a.holds(TEXT).await.fails().await;
            fleet.is_sound().await;
            assert_eq!(fleet.current_value().as_deref(), Some("lixo"));
            continue;
        }
        let early = fleet.a.holds(TEXT).await;
        fleet.change("DEL tabuada:1:2+2").await;
        let before = fleet.a.invalidations("key");
        let late = fleet.b.holds(TEXT).await;
        let late = if expected == "value" {
            late.ends().await;
            fleet.b.is_sound().await;
            None
        } else {
            Some(late)
        };
        eventually("the push arrives", || fleet.a.invalidations("key") > before).await;
        let there = fleet.current_value();
        early.fails().await;
        assert_eq!(fleet.current_value(), there, "{expected}");
        if let Some(late) = late {
            late.ends().await;
        }
        fleet.is_sound().await;
        assert_eq!(fleet.current_value().as_deref(), Some(LINE));
    }
}

/// Redis refuses the lease and gets no write, and memory keeps the answer for 5 s at most.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_9_a_redis_that_is_full_or_read_only_fails_no_call() {
    for (no_more, trouble) in [("maxmemory 1", "full"), ("min-replicas-to-write 1", "read-only")] {
        let mut fleet = Fleet::start().await;
        fleet.person.sets(&name("1+1"), r#"{"resultado":"<1+1>"}"#);
        fleet.person.does(&format!("CONFIG SET {no_more}"));
        assert_eq!(fleet.a.expensive("1+1").await.source, Source::Redis, "{trouble}: it still answers reads");
        for node in [&fleet.a, &fleet.b] {
            assert_eq!(node.expensive(TEXT).await.source, COMPUTED);
            assert!(node.cache.get(&key(TEXT)).is_some_and(|found| found.ttl <= Some(Duration::from_secs(5))));
            assert_eq!((node.errors(trouble), node.state()), (1, State::Coherent));
        }
        fleet.is_sound().await;
        assert_eq!(fleet.current_value(), None);
    }
}

/// Redis becomes full or read-only while one node computes and another waits: the waiter stops, and no lease is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_9_a_refused_write_is_repeated_until_it_is_accepted() {
    for (setting, trouble) in [("maxmemory", "full"), ("min-replicas-to-write", "read-only")] {
        let mut fleet = Fleet::start().await;
        let mut hasty = Setting::new().redis(fleet.server.url());
        hasty.deadlines.patience = Duration::from_millis(200);
        let hasty = hasty.coherent().await;
        let held = fleet.a.holds(TEXT).await;
        fleet.person.does(&format!("CONFIG SET {setting} 1"));
        let waiting = hasty.asks(TEXT);
        held.ends().await;
        eventually("it is refused", || fleet.a.errors(trouble) > 0).await;
        assert!(!fleet.a.remembers(TEXT), "the key still holds its lease");
        assert!(matches!(waiting.await.expect("an answer").source, Source::Computed { .. }));
        assert!(is_lease(fleet.current_value().as_ref()));
        fleet.person.does(&format!("CONFIG SET {setting} 0"));
        fleet.is_sound().await;
        hasty.is_sound().await;
        assert!(!is_lease(fleet.current_value().as_ref()), "no node waits for it any more");
        assert_eq!(fleet.b.expensive(TEXT).await.source, Source::Redis);
    }
}

/// The same with a purge meanwhile: the key stays missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_9_a_refused_write_restores_no_purged_key() {
    let mut fleet = Fleet::start().await;
    let held = fleet.a.holds(TEXT).await;
    fleet.person.does("CONFIG SET maxmemory 1");
    held.ends().await;
    eventually("it is refused", || fleet.a.errors("full") > 0).await;
    fleet.person.does("FLUSHALL");
    fleet.person.does("CONFIG SET maxmemory 0");
    fleet.is_sound().await;
    assert_eq!(fleet.current_value(), None);
    assert!(!fleet.a.remembers(TEXT));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_10_a_waiter_that_loses_its_connection_computes() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    let a = Setting::new().redis(server.url()).coherent().await;
    let b = Setting::new().redis(proxy.url()).coherent().await;
    let held = a.holds(TEXT).await;
    let waiting = b.asks(TEXT);
    b.waits(1).await;
    proxy.refuse(true);
    proxy.cut();
    assert!(matches!(waiting.await.expect("an answer").source, Source::Computed { .. }));
    held.ends().await;
    for node in [&a, &b] {
        node.is_sound().await;
        node.is_balanced();
    }
    assert_eq!((a.computed(), b.computed()), (1, 1));
    assert_eq!(server.person().gets(&name(TEXT)).as_deref(), Some(LINE));
}

/// The node looks up before it writes, over the next connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_10_a_leader_that_loses_its_connection_goes_on() {
    for is_purged in [false, true] {
        let mut fleet = Fleet::start().await;
        let held = fleet.a.holds(TEXT).await;
        let waiting = fleet.b.asks(TEXT);
        fleet.b.waits(1).await;
        let lost = [fleet.a.errors("lost"), fleet.b.errors("lost")];
        fleet.person.does("CLIENT KILL TYPE normal SKIPME yes");
        eventually("both notice", || fleet.a.errors("lost") > lost[0] && fleet.b.errors("lost") > lost[1]).await;
        if is_purged {
            fleet.person.does("FLUSHALL");
        }
        fleet.a.becomes(State::Coherent).await;
        held.ends().await;
        waiting.await.expect("an answer");
        fleet.is_sound().await;
        if !is_purged {
            assert_eq!(fleet.current_value().as_deref(), Some(LINE), "the lease was still there");
        }
        assert!(!is_lease(fleet.current_value().as_ref()));
        assert!(fleet.computed() <= 2);
    }
}

/// Another key of the shard has changed (here, one of every shard).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_12_another_key_of_the_shard_costs_one_lookup() {
    let fake = Fake::start(|_| None);
    let node = Setting::new().redis(fake.url()).coherent().await;
    let held = node.holds(TEXT).await;
    let names: Vec<String> = (0..300_000).map(|n| name(&n.to_string())).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    fake.reports(&names);
    eventually("every one is applied", || node.invalidations("key") == 300_000).await;
    held.ends().await;
    node.is_sound().await;
    assert_eq!((node.lookups("miss"), node.lookups("lease"), node.lookups("hit")), (1, 1, 0));
    assert_eq!(fake.text(&name(TEXT)).as_deref(), Some(LINE.as_bytes()));
    assert!(node.remembers(TEXT));
}
