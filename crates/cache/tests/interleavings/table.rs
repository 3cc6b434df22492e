//! The rows of the protocol's table.

use super::*;
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_missing_takes_a_lease_then_replaces_it_by_the_answer() {
    let mut fleet = Fleet::start().await;
    let held = fleet.a.holds(TEXT).await;
    let lease = fleet.current_value().expect("a lease");
    let token = lease.strip_prefix(r#""lease:"#).and_then(|rest| rest.strip_suffix('"')).expect("a text of JSON");
    assert!(token.split_once('.').is_some_and(|(node, number)| node.len() == 16 && number == "1"), "{token}");
    assert!(fleet.person.says::<i64>("PTTL tabuada:1:2+2") > 0, "it expires, whatever its node does");
    assert!(!fleet.a.remembers(TEXT));
    assert_eq!(held.ends().await.source, COMPUTED);
    fleet.is_sound().await;
    assert_eq!(fleet.current_value().as_deref(), Some(LINE));
    let day = Duration::from_secs(86_400).as_millis() as i64;
    assert!(fleet.person.says::<i64>("PTTL tabuada:1:2+2") > day * 9 / 10);
    assert!(fleet.a.remembers(TEXT), "on the OK of its write");
    assert_eq!(fleet.b.expensive(TEXT).await.source, Source::Redis);
    assert_eq!((fleet.computed(), fleet.person.calls("set")), (1, 4), "two canaries, the lease, the answer");
    fleet.is_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_lease_waits_without_polling() {
    let fleet = Fleet::start().await;
    let held = fleet.a.holds(TEXT).await;
    fleet.b.has_received(1).await;
    let waiting = fleet.b.asks(TEXT);
    fleet.b.waits(1).await;
    let joining = fleet.b.asks(TEXT);
    eventually("it joins", || fleet.b.count(|stats| stats.flights, "joined") == 1).await;
    held.ends().await;
    for asked in [waiting, joining] {
        assert_eq!(asked.await.expect("an answer").source, Source::Collapsed);
    }
    assert_eq!(fleet.computed(), 1);
    assert_eq!(
        (fleet.b.lookups("lease"), fleet.b.lookups("hit")),
        (1, 1),
        "one lookup each for the lease and the answer"
    );
    fleet.is_sound().await;
    assert!(fleet.b.remembers(TEXT));
    assert_eq!((fleet.b.answers("collapsed"), fleet.a.answers("computed")), (2, 1));
}

/// The key is missing; then another node stores a value first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_missing_and_a_late_lease_attempt_looks_up_again() {
    let lookups = AtomicU64::new(0);
    let fake = Fake::start(move |words| match words[0].as_str() {
        "GETRANGE" if lookups.fetch_add(1, SeqCst) == 0 => Some(b"$0\r\n\r\n".to_vec()),
        "PTTL" if lookups.load(SeqCst) == 1 => Some(b":-2\r\n".to_vec()),
        _ => None,
    });
    fake.puts(&name(TEXT), LINE.as_bytes());
    let node = Setting::new().redis(fake.url()).coherent().await;
    assert_eq!(node.expensive(TEXT).await.source, Source::Redis);
    assert_eq!((node.computed(), node.lookups("miss"), node.lookups("hit")), (0, 1, 1));
    node.is_sound().await;
    assert!(node.remembers(TEXT));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_patience_is_over_and_the_lease_is_replaced() {
    let fleet = Fleet::start().await;
    let mut hasty = Setting::new().redis(fleet.server.url());
    hasty.deadlines.patience = Duration::from_millis(1);
    let hasty = hasty.coherent().await;
    let held = fleet.a.holds(TEXT).await;
    hasty.has_received(1).await;
    assert_eq!(hasty.expensive(TEXT).await.source, COMPUTED);
    hasty.is_sound().await;
    fleet.a.has_received(1).await;
    assert_eq!(held.ends().await.source, Source::Computed { stored: false });
    fleet.is_sound().await;
    assert_eq!(fleet.a.lookups("hit"), 1, "its second lookup found the other answer");
    assert!(fleet.a.remembers(TEXT) && hasty.remembers(TEXT));
    assert_eq!(fleet.a.computed() + hasty.computed(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_unusable_is_replaced_without_a_lease() {
    let mut fleet = Fleet::start().await;
    fleet.change("SET tabuada:1:2+2 lixo").await;
    let looking = Setting::new().redis(fleet.server.url()).always().coherent().await;
    assert_eq!(looking.cheap(TEXT).await.source, COMPUTED, "a cheap one as well, after a lookup");
    looking.is_sound().await;
    assert_eq!(fleet.current_value().as_deref(), Some(LINE));
    assert!(looking.remembers(TEXT) && looking.writes_behind("stored") == 0);
    fleet.change("SET tabuada:1:2+2 lixo").await;
    let held = fleet.a.holds(TEXT).await;
    assert_eq!(fleet.current_value().as_deref(), Some("lixo"));
    assert_eq!(held.ends().await.source, COMPUTED);
    fleet.is_sound().await;
    assert_eq!(fleet.current_value().as_deref(), Some(LINE));
    assert!(fleet.a.remembers(TEXT));
}

/// The command during the computation, the final value in Redis, and whether the node keeps it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_changed_at_the_end_writes_only_over_the_expected_value() {
    let other = r#"{"resultado":"other"}"#;
    for (command, there, kept) in [
        ("SET tabuada:1:2+2 {\"resultado\":\"other\"}", Some(other), true),
        ("SET tabuada:1:2+2 \"lease:somebody.1\"", Some(LEASE), false),
        ("SET tabuada:1:2+2 lixo", Some("lixo"), false),
        ("DEL tabuada:1:2+2", None, false),
        ("FLUSHALL", None, false),
        // Its TTL has changed, but it is still the lease.
        ("PEXPIRE tabuada:1:2+2 100000", Some(LINE), true),
    ] {
        let mut fleet = Fleet::start().await;
        let held = fleet.a.holds(TEXT).await;
        fleet.change(command).await;
        assert_eq!(held.ends().await.source, Source::Computed { stored: false }, "{command}");
        fleet.is_sound().await;
        assert_eq!(fleet.current_value().as_deref(), there, "{command}");
        assert_eq!(fleet.a.remembers(TEXT), kept, "{command}");
    }
}
