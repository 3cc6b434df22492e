//! The histories of missing rules, one for each, which the exhaustive search of `simulation/` finds too.

use super::*;
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d1_an_expensive_answer_is_kept_although_its_key_was_deleted() {
    for command in ["DEL tabuada:1:2+2", "PEXPIRE tabuada:1:2+2 0", "FLUSHALL"] {
        let mut fleet = Fleet::start().await;
        let held = fleet.a.holds(TEXT).await;
        fleet.change(command).await;
        held.ends().await;
        fleet.is_sound().await;
        assert!(!fleet.a.remembers(TEXT), "{command}: a later DEL would send it no push");
        assert_eq!(fleet.current_value(), None, "{command}");
    }
}

/// The lease disappears without a push: the final write finds no key, and nothing is kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d1_a_write_that_finds_nothing_keeps_nothing() {
    let fake = Fake::start(|_| None);
    let node = Setting::new().redis(fake.url()).coherent().await;
    let held = node.holds(TEXT).await;
    fake.removes(&name(TEXT));
    held.ends().await;
    node.is_sound().await;
    assert_eq!(fake.received_for("SET", &name(TEXT)).iter().filter(|set| replaces(set)).count(), 1);
    assert!(fake.text(&name(TEXT)).is_none() && !node.remembers(TEXT));
    node.is_balanced();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d2_an_answer_from_before_a_purge_replaces_another_lease() {
    for command in ["DEL tabuada:1:2+2", "FLUSHALL"] {
        let mut fleet = Fleet::start().await;
        let early = fleet.a.holds(TEXT).await;
        fleet.change(command).await;
        let late = fleet.b.holds(TEXT).await;
        let lease = fleet.current_value();
        assert!(is_lease(lease.as_ref()));
        assert_eq!(early.ends().await.source, Source::Computed { stored: false });
        fleet.a.is_sound().await;
        assert_eq!(fleet.current_value(), lease, "{command}: it stays");
        assert!(!fleet.a.remembers(TEXT));
        late.ends().await;
        fleet.is_sound().await;
        assert_eq!(fleet.current_value().as_deref(), Some(LINE));
        assert_eq!(fleet.a.expensive(TEXT).await.source, Source::Redis);
        assert_eq!(fleet.computed(), 2, "once, and once more for the purge");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d3_a_leader_with_an_expired_lease_restores_a_purged_key() {
    let mut fleet = Fleet::start().await;
    let early = fleet.a.holds(TEXT).await;
    fleet.change("PEXPIRE tabuada:1:2+2 0").await;
    let late = fleet.b.holds(TEXT).await;
    fleet.change("DEL tabuada:1:2+2").await;
    for held in [early, late] {
        held.ends().await;
    }
    fleet.is_sound().await;
    assert_eq!(fleet.current_value(), None);
    assert!(!fleet.a.remembers(TEXT) && !fleet.b.remembers(TEXT));
}

/// D4 and T1: purges that do not remove the lease. Patience is longer than the test, so no node may wait for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d4_t1_a_purge_elsewhere_leaves_waiters_to_their_patience() {
    let mut fleet = Fleet::start().await;
    let mut elsewhere = fleet.server.person();
    elsewhere.does("SELECT 5");
    let held = fleet.a.holds(TEXT).await;
    fleet.b.has_received(1).await;
    let waiting = fleet.b.asks(TEXT);
    fleet.b.waits(1).await;
    let lookups = fleet.b.lookups("lease");
    let before = fleet.a.invalidations("flush");
    elsewhere.does("FLUSHDB");
    eventually("both receive the push, and it looks up again", || {
        fleet.a.invalidations("flush") > before && fleet.b.lookups("lease") > lookups
    })
    .await;
    held.ends().await;
    assert_eq!(waiting.await.expect("an answer").source, Source::Collapsed);
    fleet.is_sound().await;
    assert_eq!((fleet.computed(), fleet.a.lookups("lease")), (1, 1), "its second lookup found its lease");
    assert_eq!(fleet.current_value().as_deref(), Some(LINE));
    assert!(fleet.a.remembers(TEXT) && fleet.b.remembers(TEXT));
}

/// The write waits for others, whose replies are held back, while its key is invalidated.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_a_queued_write_is_sent_after_a_purge() {
    let sent = Arc::new(AtomicUsize::new(0));
    let received = sent.clone();
    let fake =
        Fake::start(move |words| (is_write(words) && received.fetch_add(1, SeqCst) < IN_FLIGHT_MAX).then(Vec::new));
    let node = quiet(&fake).await;
    for n in 0..IN_FLIGHT_MAX {
        node.cheap(&n.to_string()).await;
    }
    eventually("as many as may be are on the wire", || sent.load(SeqCst) == IN_FLIGHT_MAX).await;
    node.cheap(TEXT).await;
    assert!(node.remembers(TEXT));
    fake.reports(&[&name(TEXT)]);
    eventually("the push arrives", || !node.remembers(TEXT)).await;
    fake.says(&b"+OK\r\n".repeat(IN_FLIGHT_MAX));
    node.is_sound().await;
    assert_eq!((node.writes_behind("stored"), node.writes_behind("dropped-moved")), (IN_FLIGHT_MAX as u64, 1));
    assert_eq!(fake.text(&name(TEXT)), None);
    node.is_balanced();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d6_a_cheap_answer_is_kept_although_its_key_was_deleted_meanwhile() {
    let mut fleet = Fleet::start().await;
    fleet.a.cheap(TEXT).await;
    fleet.a.is_sound().await;
    assert_eq!(fleet.current_value().as_deref(), Some(LINE));
    let (told, mut person) = (fleet.b.clone(), fleet.server.person());
    let trial = async move || {
        let before = told.invalidations("key");
        person.does("DEL tabuada:1:2+2");
        while told.invalidations("key") == before {
            std::thread::yield_now();
        }
        Some(Fact::Text(answer(TEXT)))
    };
    let found = fleet.b.cache.get_or_try_then_compute(&key(TEXT), trial, || async { Err("expensive") }).await;
    assert_eq!(checked(TEXT, found).source, Source::Computed { stored: false });
    fleet.b.is_sound().await;
    assert!(!fleet.b.remembers(TEXT));
    assert_eq!(fleet.current_value(), None);
    assert_eq!(fleet.b.writes_behind("dropped-moved"), 1);
}

/// NOLOOP: a node gets no push for its own deletion.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d7_an_entry_stays_on_the_node_that_the_operator_asked_to_delete_it() {
    for is_expensive in [false, true] {
        let mut fleet = Fleet::start().await;
        for node in [&fleet.a, &fleet.b] {
            if is_expensive {
                node.expensive(TEXT).await;
            } else {
                node.cheap(TEXT).await;
            }
            node.is_sound().await;
            assert!(node.remembers(TEXT));
            // The second node asks after the pushes of the first node's writes (two with a lease), since a later one
            // would invalidate its own entry.
            fleet.b.has_received(if is_expensive { 2 } else { 1 }).await;
        }
        let removed = fleet.a.cache.operator().delete(&name(TEXT)).await;
        assert_eq!(removed.map(|removed| (removed.count, removed.redis)), Ok((1, RemovalStatus::Done)));
        assert!(!fleet.a.remembers(TEXT), "expensive: {is_expensive}");
        assert_eq!(fleet.a.invalidations("operator"), 1);
        eventually("the push arrives at the other node", || !fleet.b.remembers(TEXT)).await;
        assert_eq!(fleet.current_value(), None);
        // The node still receives the pushes after that.
        assert_eq!(fleet.a.expensive(TEXT).await.source, COMPUTED);
        fleet.a.is_sound().await;
        fleet.change("DEL tabuada:1:2+2").await;
        assert!(!fleet.a.remembers(TEXT));
        fleet.is_sound().await;
    }
}

/// A node that deletes a key ends its own lease, as a deletion by another client would.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d7_an_entry_that_the_operator_deletes_is_restored_by_its_computation() {
    for clears in [false, true] {
        let mut fleet = Fleet::start().await;
        let (held, other) = (fleet.a.holds(TEXT).await, fleet.b.asks(TEXT));
        fleet.b.waits(1).await;
        let (operator, told) = (fleet.a.cache.operator(), fleet.b.invalidations("key"));
        let removed = if clears { Ok(operator.clear().await) } else { operator.delete(&name(TEXT)).await };
        assert_eq!(removed.map(|removed| (removed.count, removed.redis)), Ok((1, RemovalStatus::Done)), "the lease");
        // The waiter takes a lease of its own: one more computation because of the purge.
        eventually("the push arrives at the other node", || fleet.b.invalidations("key") > told).await;
        assert_eq!(other.await.expect("an answer").source, COMPUTED);
        fleet.b.is_sound().await;
        fleet.change("DEL tabuada:1:2+2").await;
        assert_eq!(held.ends().await.source, Source::Computed { stored: false });
        fleet.is_sound().await;
        assert_eq!(fleet.current_value(), None);
        assert!(!fleet.a.remembers(TEXT) && !fleet.b.remembers(TEXT));
        assert_eq!(fleet.computed(), 2);
    }
}

/// The operator's deletion of another node's lease notifies the waiters of this node, although no push reports it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d7_a_waiter_on_the_node_of_the_deletion_is_notified() {
    for clears in [false, true] {
        let fleet = Fleet::start().await;
        let held = fleet.b.holds(TEXT).await;
        let waiting = fleet.a.asks(TEXT);
        fleet.a.waits(1).await;
        let operator = fleet.a.cache.operator();
        let removed = if clears { Ok(operator.clear().await) } else { operator.delete(&name(TEXT)).await };
        assert_eq!(removed.map(|removed| removed.redis), Ok(RemovalStatus::Done));
        assert_eq!(waiting.await.expect("an answer").source, COMPUTED);
        held.ends().await;
        fleet.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d8_a_flush_leaves_waiters_asleep() {
    let mut fleet = Fleet::start().await;
    let early = fleet.a.holds(TEXT).await;
    let waiting = fleet.b.asks(TEXT);
    fleet.b.waits(1).await;
    fleet.change("FLUSHALL").await;
    // It takes a lease of its own, since the purge ended the other one.
    assert_eq!(waiting.await.expect("an answer").source, COMPUTED);
    early.ends().await;
    fleet.is_sound().await;
    assert_eq!(fleet.current_value().as_deref(), Some(LINE));
    assert_eq!(fleet.computed(), 2);
}

/// NOLOOP: a caller that joins during the node's own write must not wait for the push of that write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t2_a_caller_during_the_final_write_waits_for_a_push_that_never_comes() {
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let fake = Fake::start(move |words| {
        if words[0] == "SET" && words.iter().any(|word| word == "XX") {
            gate.lock().expect("no panic").recv().expect("it is opened");
        }
        None
    });
    let node = Setting::new().redis(fake.url()).coherent().await;
    assert_eq!(node.expensive(TEXT).await.source, COMPUTED);
    let lookups = fake.received("GETRANGE");
    assert_eq!(node.stats().flights_open, 1, "its write is in progress");
    assert_eq!(node.expensive(TEXT).await.source, Source::Collapsed);
    assert_eq!((fake.received("GETRANGE"), node.computed()), (lookups, 1));
    open.send(()).expect("the server waits");
    node.is_sound().await;
    assert!(node.remembers(TEXT));
    node.is_balanced();
}

/// A reply may arrive after the push of a later change; a stamp from after the reply would miss the change.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t3_a_refusal_replaces_a_value_that_was_reported() {
    for push in [invalidation(&[&name(TEXT)]), FLUSH.to_vec()] {
        let fake = Fake::start(move |words| {
            let is_lease_attempt = words[0] == "SET" && words[1] == name(TEXT) && words.iter().any(|word| word == "NX");
            is_lease_attempt.then(|| [&push[..], b"+OK\r\n"].concat())
        });
        let node = Setting::new().redis(fake.url()).coherent().await;
        let held = node.holds(TEXT).await;
        eventually("the push arrives", || node.invalidations("key") + node.invalidations("flush") == 1).await;
        fake.puts(&name(TEXT), LINE.as_bytes());
        let found = held.ends_with(Fact::Refusal(3)).await;
        assert_eq!((&*found.value, found.source), (&Fact::Refusal(3), Source::Computed { stored: false }));
        node.is_sound().await;
        assert_eq!(fake.text(&name(TEXT)).as_deref(), Some(LINE.as_bytes()));
        assert_eq!(fake.received_for("SET", &name(TEXT)).len(), 1, "the lease alone");
        assert_eq!(*node.cache.get(&key(TEXT)).expect("the better one is kept").value, Fact::Text(answer(TEXT)));
    }
}

/// The lease attempt gets a malformed reply and is executed late, after a purge: its lease permits no write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t4_a_late_lease_permits_a_write() {
    for late in [true, false] {
        let fake = Fake::start(|words| {
            let is_lease_attempt = words[0] == "SET" && words[1] == name(TEXT) && words.iter().any(|word| word == "NX");
            is_lease_attempt.then(|| b":7\r\n".to_vec())
        });
        let node = Setting::new().redis(fake.url()).coherent().await;
        let held = node.holds(TEXT).await;
        // A connection with such a reply is closed, and a new one is made.
        eventually("the connection is closed", || node.invalidations("detached") == 1).await;
        node.becomes(State::Coherent).await;
        let take = fake.received_for("SET", &name(TEXT)).pop().expect("a take");
        let lease = take.split(' ').nth(2).expect("a lease");
        fake.puts(&name(TEXT), if late { lease } else { LEASE }.as_bytes());
        held.ends().await;
        node.is_sound().await;
        assert_eq!(fake.text(&name(TEXT)).as_deref(), (!late).then_some(LEASE.as_bytes()), "deleted, if it is ours");
        assert_eq!((fake.received("DEL"), fake.received_for("SET", &name(TEXT)).len()), (usize::from(late), 1));
        assert!(!node.remembers(TEXT));
        node.is_balanced();
    }
}

/// The same on a slow machine, without a purge: the late lease is deleted, and the answer stays in memory for a while.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t4_an_answer_with_a_late_lease_is_computed_once() {
    let may_reply = Arc::new(AtomicBool::new(false));
    let fake = Fake::start({
        let may_reply = may_reply.clone();
        move |words| {
            let is_lease_attempt = words[0] == "SET" && words[1] == name(TEXT) && words.iter().any(|word| word == "NX");
            // The loop also ends if the test fails.
            while is_lease_attempt && !may_reply.load(SeqCst) && Arc::strong_count(&may_reply) > 1 {
                std::thread::sleep(Duration::from_millis(1));
            }
            None
        }
    });
    let mut setting = Setting::new().redis(fake.url());
    setting.deadlines.call = Duration::from_millis(20);
    let node = setting.coherent().await;
    let asked = node.asks(TEXT);
    eventually("the lease attempt is late", || node.errors("timeout") > 0).await;
    may_reply.store(true, SeqCst);
    assert!(matches!(asked.await.expect("an answer").source, Source::Computed { .. }));
    node.is_sound().await;
    assert_eq!(fake.text(&name(TEXT)), None, "the lease is deleted");
    let found = node.expensive(TEXT).await;
    assert_eq!((found.source, node.computed(), node.state()), (Source::Memory, 1, State::Coherent));
    assert!(found.ttl <= Some(Duration::from_secs(5)));
}

/// The push of the unusable value arrives after the lookup that saw it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t5_an_unusable_value_is_computed_again_and_again() {
    let fake = Fake::start(|_| None);
    fake.puts(&name(TEXT), b"lixo");
    let node = Setting::new().redis(fake.url()).coherent().await;
    let held = node.holds(TEXT).await;
    fake.reports(&[&name(TEXT)]);
    eventually("the push arrives", || node.invalidations("key") == 1).await;
    held.ends().await;
    node.is_sound().await;
    assert_eq!(fake.text(&name(TEXT)).as_deref(), Some(LINE.as_bytes()));
    assert!(node.remembers(TEXT));
    assert_eq!((node.computed(), node.lookups("unusable")), (1, 2));
}

/// A flight is open until its value is written, and its answer is no second memory. Redis is full, so
/// the write is tried again and again; the key is deleted meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_announced_answer_is_given_after_its_key_was_deleted() {
    let is_full = Arc::new(AtomicBool::new(true));
    let refuses = is_full.clone();
    let fake = Fake::start(move |words| {
        let is_refused = words.contains(&"XX".to_owned()) && refuses.load(SeqCst);
        is_refused.then(|| b"-OOM command not allowed when used memory > 'maxmemory'.\r\n".to_vec())
    });
    let node = Setting::new().redis(fake.url()).coherent().await;
    assert_eq!(node.holds(TEXT).await.ends().await.source, Source::Computed { stored: true });
    let joined = node.expensive(TEXT).await.source;
    assert_eq!(joined, Source::Collapsed, "the flight is open");
    fake.reports(&[&name(TEXT)]);
    eventually("the push arrives", || node.invalidations("key") == 1).await;
    let after = node.expensive(TEXT).await.source;
    assert_eq!((after, node.computed()), (Source::Computed { stored: false }, 2));
    is_full.store(false, SeqCst);
    node.is_sound().await;
    node.is_balanced();
}
