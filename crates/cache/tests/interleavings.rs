//! Once across nodes: every row of the protocol's table, every rule, and every trace that its model found where a rule is
//! missing, forced on real nodes. Computations are held until the order is as it shall be; nothing waits for a clock.
//!
//! | of the model | here |
//! |---|---|
//! | the table | `row_…` |
//! | D1-D8; T1-T5: traces that a missing rule lets happen | `d1_…` to `t5_…` |
//! | rules 1, 4-6, 9, 10, 12 beyond these | `rule_…` |
//! | rule 2 | `coherence.rs` and the unit tests beside the code; D8, T5 |
//! | rule 3 | `coherence.rs`: an entry put in behind its invalidation; `checked/`: in every order |
//! | rules 7, 8 | D5, D6; T2 |
//! | P3, P4: counted effects | `three_nodes_…` |
//! | a leader that dies, that sleeps, that is refused; a Redis that is full, or read-only | the rest |

use crate::support;

use std::sync::{Arc, Mutex};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use support::fake::{FLUSH, Fake, invalidation};
use support::proxy::Proxy;
use support::server::{Person, Server};
use support::*;
use tabuada_cache::{Failed, Removal, Removed, Source, State};
use tokio::task::JoinSet;

const TEXT: &str = "2+2";
const LINE: &str = r#"{"resultado":"<2+2>"}"#;
const LEASE: &str = r#""lease:somebody.1""#;

/// Two nodes, and a person, at one server.
struct Fleet {
    server: Server,
    a: Node,
    b: Node,
    person: Person,
}

impl Fleet {
    async fn start() -> Self {
        let server = Server::start();
        let [a, b] = [Setting::new(), Setting::new()].map(|setting| setting.redis(server.url()));
        let (a, b, person) = (a.coherent().await, b.coherent().await, server.person());
        Self { server, a, b, person }
    }

    fn stands(&mut self) -> Option<String> {
        self.person.gets(&name(TEXT))
    }

    /// Every node is told of what is done.
    async fn hear(&mut self, deed: &str) {
        let heard = |node: &Node| node.forgotten("key") + node.forgotten("flush");
        let before = [heard(&self.a), heard(&self.b)];
        self.person.does(deed);
        eventually(deed, || heard(&self.a) > before[0] && heard(&self.b) > before[1]).await;
    }

    fn computed(&self) -> u64 {
        self.a.computed() + self.b.computed()
    }

    async fn is_sound(&self) {
        for node in [&self.a, &self.b] {
            node.is_sound().await;
            node.is_balanced();
        }
    }
}

fn is_lease(line: Option<&String>) -> bool {
    line.is_some_and(|line| line.starts_with(r#""lease:"#))
}

fn replaces(command: &str) -> bool {
    command.split(' ').any(|word| word == "XX")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_nothing_a_lease_then_the_answer_over_it() {
    let mut fleet = Fleet::start().await;
    let held = fleet.a.holds(TEXT).await;
    let lease = fleet.stands().expect("a lease");
    let token = lease.strip_prefix(r#""lease:"#).and_then(|rest| rest.strip_suffix('"')).expect("a text of JSON");
    assert!(token.split_once('.').is_some_and(|(node, number)| node.len() == 16 && number == "1"), "{token}");
    assert!(fleet.person.says::<i64>("PTTL tabuada:1:2+2") > 0, "it runs out, whatever becomes of its node");
    assert!(!fleet.a.remembers(TEXT));
    assert_eq!(held.ends().await.source, COMPUTED);
    fleet.is_sound().await;
    assert_eq!(fleet.stands().as_deref(), Some(LINE));
    let day = Duration::from_secs(86_400).as_millis() as i64;
    assert!(fleet.person.says::<i64>("PTTL tabuada:1:2+2") > day * 9 / 10);
    assert!(fleet.a.remembers(TEXT), "on the OK of its write");
    assert_eq!(fleet.b.dear(TEXT).await.source, Source::Redis);
    assert_eq!((fleet.computed(), fleet.person.calls("set")), (1, 4), "two canaries, the lease, the answer");
    fleet.is_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_a_lease_is_waited_for_without_polling() {
    let fleet = Fleet::start().await;
    let held = fleet.a.holds(TEXT).await;
    fleet.b.has_heard(1).await;
    let waiting = fleet.b.asks(TEXT);
    fleet.b.waits(1).await;
    let joining = fleet.b.asks(TEXT);
    eventually("it joins", || fleet.b.count(|stats| stats.flights, "joined") == 1).await;
    held.ends().await;
    for asked in [waiting, joining] {
        assert_eq!(asked.await.expect("an answer").source, Source::Collapsed);
    }
    assert_eq!(fleet.computed(), 1);
    assert_eq!((fleet.b.looks("lease"), fleet.b.looks("hit")), (1, 1), "one look each for the lease and the answer");
    fleet.is_sound().await;
    assert!(fleet.b.remembers(TEXT));
    assert_eq!((fleet.b.answers("collapsed"), fleet.a.answers("computed")), (2, 1));
}

/// Nothing stands there, then another's lease is quicker.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_nothing_and_the_take_is_too_late_it_looks_again() {
    let looks = AtomicU64::new(0);
    let fake = Fake::start(move |words| match words[0].as_str() {
        "GETRANGE" if looks.fetch_add(1, SeqCst) == 0 => Some(b"$0\r\n\r\n".to_vec()),
        "PTTL" if looks.load(SeqCst) == 1 => Some(b":-2\r\n".to_vec()),
        _ => None,
    });
    fake.puts(&name(TEXT), LINE.as_bytes());
    let node = Setting::new().redis(fake.url()).coherent().await;
    assert_eq!(node.dear(TEXT).await.source, Source::Redis);
    assert_eq!((node.computed(), node.looks("miss"), node.looks("hit")), (0, 1, 1));
    node.is_sound().await;
    assert!(node.remembers(TEXT));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_patience_is_over_that_lease_is_replaced() {
    let fleet = Fleet::start().await;
    let mut hasty = Setting::new().redis(fleet.server.url());
    hasty.deadlines.patience = Duration::from_millis(1);
    let hasty = hasty.coherent().await;
    let held = fleet.a.holds(TEXT).await;
    hasty.has_heard(1).await;
    assert_eq!(hasty.dear(TEXT).await.source, COMPUTED);
    hasty.is_sound().await;
    fleet.a.has_heard(1).await;
    assert_eq!(held.ends().await.source, Source::Computed { stored: false });
    fleet.is_sound().await;
    assert_eq!(fleet.a.looks("hit"), 1, "its second look found the other's answer");
    assert!(fleet.a.remembers(TEXT) && hasty.remembers(TEXT));
    assert_eq!(fleet.a.computed() + hasty.computed(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_unusable_it_is_replaced_without_a_lease() {
    let mut fleet = Fleet::start().await;
    fleet.hear("SET tabuada:1:2+2 lixo").await;
    let looking = Setting::new().redis(fleet.server.url()).always().coherent().await;
    assert_eq!(looking.cheap(TEXT).await.source, COMPUTED, "cheap as well, if it was looked for");
    looking.is_sound().await;
    assert_eq!(fleet.stands().as_deref(), Some(LINE));
    assert!(looking.remembers(TEXT) && looking.offers("stored") == 0);
    fleet.hear("SET tabuada:1:2+2 lixo").await;
    let held = fleet.a.holds(TEXT).await;
    assert_eq!(fleet.stands().as_deref(), Some("lixo"));
    assert_eq!(held.ends().await.source, COMPUTED);
    fleet.is_sound().await;
    assert_eq!(fleet.stands().as_deref(), Some(LINE));
    assert!(fleet.a.remembers(TEXT));
}

/// What stands there in the end, after the push of it; what is there then, and whether the node keeps it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_the_end_moved_it_looks_and_writes_only_over_what_it_replaces() {
    let other = r#"{"resultado":"other"}"#;
    for (deed, there, kept) in [
        ("SET tabuada:1:2+2 {\"resultado\":\"other\"}", Some(other), true),
        ("SET tabuada:1:2+2 \"lease:somebody.1\"", Some(LEASE), false),
        ("SET tabuada:1:2+2 lixo", Some("lixo"), false),
        ("DEL tabuada:1:2+2", None, false),
        ("FLUSHALL", None, false),
        // Its time is another's to set, and it still is the lease.
        ("PEXPIRE tabuada:1:2+2 100000", Some(LINE), true),
    ] {
        let mut fleet = Fleet::start().await;
        let held = fleet.a.holds(TEXT).await;
        fleet.hear(deed).await;
        assert_eq!(held.ends().await.source, Source::Computed { stored: false }, "{deed}");
        fleet.is_sound().await;
        assert_eq!(fleet.stands().as_deref(), there, "{deed}");
        assert_eq!(fleet.a.remembers(TEXT), kept, "{deed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d1_a_dear_answer_is_kept_although_its_key_was_deleted() {
    for deed in ["DEL tabuada:1:2+2", "PEXPIRE tabuada:1:2+2 0", "FLUSHALL"] {
        let mut fleet = Fleet::start().await;
        let held = fleet.a.holds(TEXT).await;
        fleet.hear(deed).await;
        held.ends().await;
        fleet.is_sound().await;
        assert!(!fleet.a.remembers(TEXT), "{deed}: of a later DEL nobody would tell it");
        assert_eq!(fleet.stands(), None, "{deed}");
    }
}

/// The lease goes and nobody tells: the write finds nothing, and so nothing is kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d1_a_write_that_finds_nothing_keeps_nothing() {
    let fake = Fake::start(|_| None);
    let node = Setting::new().redis(fake.url()).coherent().await;
    let held = node.holds(TEXT).await;
    fake.takes(&name(TEXT));
    held.ends().await;
    node.is_sound().await;
    assert_eq!(fake.heard_of("SET", &name(TEXT)).iter().filter(|set| replaces(set)).count(), 1);
    assert!(fake.text(&name(TEXT)).is_none() && !node.remembers(TEXT));
    node.is_balanced();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d2_an_answer_from_before_a_purge_is_written_over_anothers_lease() {
    for deed in ["DEL tabuada:1:2+2", "FLUSHALL"] {
        let mut fleet = Fleet::start().await;
        let early = fleet.a.holds(TEXT).await;
        fleet.hear(deed).await;
        let late = fleet.b.holds(TEXT).await;
        let lease = fleet.stands();
        assert!(is_lease(lease.as_ref()));
        assert_eq!(early.ends().await.source, Source::Computed { stored: false });
        fleet.a.is_sound().await;
        assert_eq!(fleet.stands(), lease, "{deed}: it is let stand");
        assert!(!fleet.a.remembers(TEXT));
        late.ends().await;
        fleet.is_sound().await;
        assert_eq!(fleet.stands().as_deref(), Some(LINE));
        assert_eq!(fleet.a.dear(TEXT).await.source, Source::Redis);
        assert_eq!(fleet.computed(), 2, "once, and once more for the purge");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d3_a_leader_whose_lease_ran_out_brings_back_what_was_purged() {
    let mut fleet = Fleet::start().await;
    let early = fleet.a.holds(TEXT).await;
    fleet.hear("PEXPIRE tabuada:1:2+2 0").await;
    let late = fleet.b.holds(TEXT).await;
    fleet.hear("DEL tabuada:1:2+2").await;
    for held in [early, late] {
        held.ends().await;
    }
    fleet.is_sound().await;
    assert_eq!(fleet.stands(), None);
    assert!(!fleet.a.remembers(TEXT) && !fleet.b.remembers(TEXT));
}

/// D4 and T1: purges that did not meet the lease. Patience is longer than the test may take: nobody needs it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d4_t1_a_purge_elsewhere_leaves_who_waits_to_their_patience() {
    let mut fleet = Fleet::start().await;
    let mut elsewhere = fleet.server.person();
    elsewhere.does("SELECT 5");
    let held = fleet.a.holds(TEXT).await;
    fleet.b.has_heard(1).await;
    let waiting = fleet.b.asks(TEXT);
    fleet.b.waits(1).await;
    let looks = fleet.b.looks("lease");
    let before = fleet.a.forgotten("flush");
    elsewhere.does("FLUSHDB");
    eventually("both are told, and it looks again", || {
        fleet.a.forgotten("flush") > before && fleet.b.looks("lease") > looks
    })
    .await;
    held.ends().await;
    assert_eq!(waiting.await.expect("an answer").source, Source::Collapsed);
    fleet.is_sound().await;
    assert_eq!((fleet.computed(), fleet.a.looks("lease")), (1, 1), "its second look found its lease standing");
    assert_eq!(fleet.stands().as_deref(), Some(LINE));
    assert!(fleet.a.remembers(TEXT) && fleet.b.remembers(TEXT));
}

/// The offer waits behind another, whose reply is held back, while its key is forgotten.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_an_offer_in_the_queue_is_made_after_a_purge() {
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let fake = Fake::start(move |words| {
        if words[0] == "SET" && words[1] == name("first") {
            gate.lock().expect("no panic").recv().expect("it is opened");
        }
        None
    });
    let node = Setting::new().redis(fake.url()).coherent().await;
    node.cheap("first").await;
    eventually("the first is on the wire", || fake.heard_of("SET", &name("first")).len() == 1).await;
    node.cheap(TEXT).await;
    assert!(node.remembers(TEXT));
    fake.reports(&[&name(TEXT)]);
    eventually("it is told", || !node.remembers(TEXT)).await;
    open.send(()).expect("the server waits");
    node.is_sound().await;
    assert_eq!((node.offers("stored"), node.offers("dropped-moved")), (1, 1));
    assert_eq!(fake.text(&name(TEXT)), None);
    node.is_balanced();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d6_a_cheap_answer_is_kept_although_its_key_was_deleted_meanwhile() {
    let mut fleet = Fleet::start().await;
    fleet.a.cheap(TEXT).await;
    fleet.a.is_sound().await;
    assert_eq!(fleet.stands().as_deref(), Some(LINE));
    let (told, mut person) = (fleet.b.clone(), fleet.server.person());
    let trial = async move || {
        let before = told.forgotten("key");
        person.does("DEL tabuada:1:2+2");
        while told.forgotten("key") == before {
            std::thread::yield_now();
        }
        Some(Fact::Text(answer(TEXT)))
    };
    let found = fleet.b.cache.get_or_compute(&key(TEXT), trial, || async { Err("dear") }).await;
    assert_eq!(checked(TEXT, found).source, Source::Computed { stored: false });
    fleet.b.is_sound().await;
    assert!(!fleet.b.remembers(TEXT));
    assert_eq!(fleet.stands(), None);
    assert_eq!(fleet.b.offers("dropped-moved"), 1);
}

/// NOLOOP: nobody tells a node of what it deletes itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d7_what_the_operator_deletes_stays_on_the_node_that_was_spoken_to() {
    for is_dear in [false, true] {
        let mut fleet = Fleet::start().await;
        for node in [&fleet.a, &fleet.b] {
            if is_dear {
                node.dear(TEXT).await;
            } else {
                node.cheap(TEXT).await;
            }
            node.is_sound().await;
            assert!(node.remembers(TEXT));
            // The second asks when it has been told what the first wrote, a lease too where it is dear: told later, it
            // would forget what it has then.
            fleet.b.has_heard(if is_dear { 2 } else { 1 }).await;
        }
        let removed = fleet.a.cache.operator().delete(&name(TEXT)).await;
        assert_eq!(removed, Ok(Removed { count: 1, redis: Removal::Done }));
        assert!(!fleet.a.remembers(TEXT), "dear: {is_dear}");
        assert_eq!(fleet.a.forgotten("operator"), 1);
        eventually("the other is told", || !fleet.b.remembers(TEXT)).await;
        assert_eq!(fleet.stands(), None);
        // The longer way to the same: it must be possible to be told of what comes next.
        assert_eq!(fleet.a.dear(TEXT).await.source, COMPUTED);
        fleet.a.is_sound().await;
        fleet.hear("DEL tabuada:1:2+2").await;
        assert!(!fleet.a.remembers(TEXT));
        fleet.is_sound().await;
    }
}

/// Its own deletion ends its own lease, as another's would.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d7_what_the_operator_deletes_is_brought_back_by_who_computes_it() {
    for clears in [false, true] {
        let mut fleet = Fleet::start().await;
        let (held, other) = (fleet.a.holds(TEXT).await, fleet.b.asks(TEXT));
        fleet.b.waits(1).await;
        let (operator, told) = (fleet.a.cache.operator(), fleet.b.forgotten("key"));
        let removed = if clears { Ok(operator.clear().await) } else { operator.delete(&name(TEXT)).await };
        assert_eq!(removed, Ok(Removed { count: 1, redis: Removal::Done }), "the lease");
        // Who waited for it takes its own: one more for the purge.
        eventually("the other is told", || fleet.b.forgotten("key") > told).await;
        assert_eq!(other.await.expect("an answer").source, COMPUTED);
        fleet.b.is_sound().await;
        fleet.hear("DEL tabuada:1:2+2").await;
        assert_eq!(held.ends().await.source, Source::Computed { stored: false });
        fleet.is_sound().await;
        assert_eq!(fleet.stands(), None);
        assert!(!fleet.a.remembers(TEXT) && !fleet.b.remembers(TEXT));
        assert_eq!(fleet.computed(), 2);
    }
}

/// Who waits here for another node's lease is woken by the operator's deletion of it, of which no push tells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d7_who_waits_where_the_operator_deletes_is_woken() {
    for clears in [false, true] {
        let fleet = Fleet::start().await;
        let held = fleet.b.holds(TEXT).await;
        let waiting = fleet.a.asks(TEXT);
        fleet.a.waits(1).await;
        let operator = fleet.a.cache.operator();
        let removed = if clears { Ok(operator.clear().await) } else { operator.delete(&name(TEXT)).await };
        assert_eq!(removed.map(|removed| removed.redis), Ok(Removal::Done));
        assert_eq!(waiting.await.expect("an answer").source, COMPUTED);
        held.ends().await;
        fleet.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d8_a_null_leaves_who_waits_asleep() {
    let mut fleet = Fleet::start().await;
    let early = fleet.a.holds(TEXT).await;
    let waiting = fleet.b.asks(TEXT);
    fleet.b.waits(1).await;
    fleet.hear("FLUSHALL").await;
    // It takes a lease of its own: the purge ended the other's.
    assert_eq!(waiting.await.expect("an answer").source, COMPUTED);
    early.ends().await;
    fleet.is_sound().await;
    assert_eq!(fleet.stands().as_deref(), Some(LINE));
    assert_eq!(fleet.computed(), 2);
}

/// Its own write is reported to others only: who asks here meanwhile must not wait for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t2_who_asks_while_the_answer_is_written_waits_for_a_push_that_does_not_come() {
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let fake = Fake::start(move |words| {
        if words[0] == "SET" && words.iter().any(|word| word == "XX") {
            gate.lock().expect("no panic").recv().expect("it is opened");
        }
        None
    });
    let node = Setting::new().redis(fake.url()).coherent().await;
    assert_eq!(node.dear(TEXT).await.source, COMPUTED);
    let looks = fake.heard("GETRANGE");
    assert_eq!(node.stats().flights_open, 1, "its write is under way");
    assert_eq!(node.dear(TEXT).await.source, Source::Collapsed);
    assert_eq!((fake.heard("GETRANGE"), node.computed()), (looks, 1));
    open.send(()).expect("the server waits");
    node.is_sound().await;
    assert!(node.remembers(TEXT));
    node.is_balanced();
}

/// A reply may come behind the push of what happened after it was run: a snapshot from after the reply would miss that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t3_a_refusal_is_written_over_a_value_that_was_told_of() {
    for push in [invalidation(&[&name(TEXT)]), FLUSH.to_vec()] {
        let fake = Fake::start(move |words| {
            let is_take = words[0] == "SET" && words[1] == name(TEXT) && words.iter().any(|word| word == "NX");
            is_take.then(|| [&push[..], b"+OK\r\n"].concat())
        });
        let node = Setting::new().redis(fake.url()).coherent().await;
        let held = node.holds(TEXT).await;
        eventually("it is told", || node.forgotten("key") + node.forgotten("flush") == 1).await;
        fake.puts(&name(TEXT), LINE.as_bytes());
        let found = held.ends_with(Fact::Refusal(3)).await;
        assert_eq!((&*found.value, found.source), (&Fact::Refusal(3), Source::Computed { stored: false }));
        node.is_sound().await;
        assert_eq!(fake.text(&name(TEXT)).as_deref(), Some(LINE.as_bytes()));
        assert_eq!(fake.heard_of("SET", &name(TEXT)).len(), 1, "the lease alone");
        assert_eq!(*node.cache.get(&key(TEXT)).expect("the better one is kept").value, Fact::Text(answer(TEXT)));
    }
}

/// The take is not answered as a take is; it runs late, after a purge. What it put there is no leave to write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t4_a_lease_that_was_taken_late_licenses_a_write() {
    for late in [true, false] {
        let fake = Fake::start(|words| {
            let is_take = words[0] == "SET" && words[1] == name(TEXT) && words.iter().any(|word| word == "NX");
            is_take.then(|| b":7\r\n".to_vec())
        });
        let node = Setting::new().redis(fake.url()).coherent().await;
        let held = node.holds(TEXT).await;
        // A connection that answers so is given up, and a new one is made.
        eventually("it is given up", || node.forgotten("detached") == 1).await;
        node.becomes(State::Coherent).await;
        let take = fake.heard_of("SET", &name(TEXT)).pop().expect("a take");
        let lease = take.split(' ').nth(2).expect("a lease");
        fake.puts(&name(TEXT), if late { lease } else { LEASE }.as_bytes());
        held.ends().await;
        node.is_sound().await;
        assert_eq!(fake.text(&name(TEXT)).as_deref(), (!late).then_some(LEASE.as_bytes()), "given back, if it is ours");
        assert_eq!((fake.heard("DEL"), fake.heard_of("SET", &name(TEXT)).len()), (usize::from(late), 1));
        assert!(!node.remembers(TEXT));
        node.is_balanced();
    }
}

/// The same on a busy machine, without a purge: the lease is given back, and the answer stays for a while.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t4_an_answer_whose_lease_was_told_of_late_is_computed_once() {
    let is_told = Arc::new(AtomicBool::new(false));
    let fake = Fake::start({
        let is_told = is_told.clone();
        move |words| {
            let is_take = words[0] == "SET" && words[1] == name(TEXT) && words.iter().any(|word| word == "NX");
            // It ends with a test that fails, too.
            while is_take && !is_told.load(SeqCst) && Arc::strong_count(&is_told) > 1 {
                std::thread::sleep(Duration::from_millis(1));
            }
            None
        }
    });
    let mut setting = Setting::new().redis(fake.url());
    setting.deadlines.call = Duration::from_millis(20);
    let node = setting.coherent().await;
    let asked = node.asks(TEXT);
    eventually("it is late", || node.errors("timeout") > 0).await;
    is_told.store(true, SeqCst);
    assert!(matches!(asked.await.expect("an answer").source, Source::Computed { .. }));
    node.is_sound().await;
    assert_eq!(fake.text(&name(TEXT)), None, "given back");
    let found = node.dear(TEXT).await;
    assert_eq!((found.source, node.computed(), node.state()), (Source::Memory, 1, State::Coherent));
    assert!(found.ttl <= Some(Duration::from_secs(5)));
}

/// The push of the garbage comes behind the look that saw it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t5_what_is_unusable_is_computed_again_and_again() {
    let fake = Fake::start(|_| None);
    fake.puts(&name(TEXT), b"lixo");
    let node = Setting::new().redis(fake.url()).coherent().await;
    let held = node.holds(TEXT).await;
    fake.reports(&[&name(TEXT)]);
    eventually("it is told", || node.forgotten("key") == 1).await;
    held.ends().await;
    node.is_sound().await;
    assert_eq!(fake.text(&name(TEXT)).as_deref(), Some(LINE.as_bytes()));
    assert!(node.remembers(TEXT));
    assert_eq!((node.computed(), node.looks("unusable")), (1, 2));
}

/// Rule 4.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_4_a_read_that_moved_is_answered_from_and_not_kept() {
    let fake = Fake::start(|words| {
        let reply = || [invalidation(&[&name(TEXT)]), format!("${}\r\n{LINE}\r\n", LINE.len()).into_bytes()].concat();
        (words[0] == "GETRANGE").then(reply)
    });
    fake.puts(&name(TEXT), LINE.as_bytes());
    let node = Setting::new().redis(fake.url()).coherent().await;
    // The push is followed by another task than the one that takes the reply: memory forgets at once, or at last.
    assert_eq!(node.dear(TEXT).await.source, Source::Redis);
    eventually("it is told", || node.forgotten("key") == 1).await;
    node.is_sound().await;
    assert!(!node.remembers(TEXT));
}

/// Rule 5: the key moves between the look that saw the lease and the waiting.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_5_what_moved_between_the_look_and_the_waiting_is_not_missed() {
    let looks = AtomicU64::new(0);
    let fake = Fake::start(move |words| match words[0].as_str() {
        "GETRANGE" if looks.fetch_add(1, SeqCst) == 0 => Some(format!("${}\r\n{LEASE}\r\n", LEASE.len()).into_bytes()),
        "PTTL" if looks.load(SeqCst) == 1 => Some([&invalidation(&[&name(TEXT)])[..], b":3000\r\n"].concat()),
        _ => None,
    });
    fake.puts(&name(TEXT), LINE.as_bytes());
    let node = Setting::new().redis(fake.url()).coherent().await;
    assert_eq!(node.dear(TEXT).await.source, Source::Collapsed);
    assert_eq!((node.computed(), node.looks("lease"), node.looks("hit")), (0, 1, 1));
    node.is_sound().await;
    assert!(node.remembers(TEXT));
}

/// Rule 5: who does not hear what changes does not wait for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_5_a_deaf_node_does_not_wait() {
    let server = Server::start();
    let mut person = server.person();
    let proxy = Proxy::before(server.port());
    proxy.swallow_pushes(true);
    let mut patient = Setting::new().redis(proxy.url());
    patient.deadlines.patience = 4 * PATIENCE;
    let node = patient.start();
    node.becomes(State::CatchingUp).await;
    person.sets(&name(TEXT), LEASE);
    let found = tokio::time::timeout(PATIENCE, node.dear(TEXT)).await.expect("it does not wait");
    assert!(matches!(found.source, Source::Computed { .. }));
    node.is_sound().await;
    assert_eq!(person.gets(&name(TEXT)).as_deref(), Some(LINE));
}

/// Rule 5, and what the model leaves open: leases that come and go are not each waited for in full.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_5_leases_that_come_and_go_are_not_waited_for_without_end() {
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

/// Rule 9: whoever waits is told at once, and computes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_9_an_evaluation_that_fails_gives_its_lease_back() {
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
        assert_eq!(fleet.stands().as_deref(), Some(LINE));
        assert_eq!((fleet.a.answers("failed"), fleet.b.answers("computed")), (1, 1));
        assert_eq!(fleet.person.calls("del"), 1);
    }
}

/// Found by the model: what was kept beside a lease of one's own is not in Redis, and nobody tells of its end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_9_who_gives_a_lease_back_forgets_what_was_kept_beside_it() {
    let mut fleet = Fleet::start().await;
    let held = fleet.a.holds(TEXT).await;
    assert_eq!(fleet.a.cheap(TEXT).await.source, COMPUTED);
    assert!(fleet.a.remembers(TEXT));
    // Offered later it would stand there: a lease that is given back is no purge.
    eventually("it is offered in vain", || fleet.a.offers("present") == 1).await;
    held.fails().await;
    fleet.is_sound().await;
    assert_eq!((fleet.stands(), fleet.a.remembers(TEXT)), (None, false));
}

/// Rule 9: who failed and asks again finds no lease of its own, of whose going it would not be told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_9_who_failed_and_asks_again_does_not_wait_for_itself() {
    let fleet = Fleet::start().await;
    for _ in 0..20 {
        fleet.a.holds(TEXT).await.fails().await;
    }
    assert_eq!(fleet.a.dear(TEXT).await.source, COMPUTED);
    fleet.is_sound().await;
    assert_eq!(fleet.a.looks("lease"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_9_an_evaluation_that_fails_takes_nobody_elses_lease_away() {
    for standing in ["lease", "value", "unusable"] {
        let mut fleet = Fleet::start().await;
        if standing == "unusable" {
            fleet.hear("SET tabuada:1:2+2 lixo").await;
            fleet.a.holds(TEXT).await.fails().await;
            fleet.is_sound().await;
            assert_eq!(fleet.stands().as_deref(), Some("lixo"));
            continue;
        }
        let early = fleet.a.holds(TEXT).await;
        fleet.hear("DEL tabuada:1:2+2").await;
        let before = fleet.a.forgotten("key");
        let late = fleet.b.holds(TEXT).await;
        let late = if standing == "value" {
            late.ends().await;
            fleet.b.is_sound().await;
            None
        } else {
            Some(late)
        };
        eventually("it is told", || fleet.a.forgotten("key") > before).await;
        let there = fleet.stands();
        early.fails().await;
        assert_eq!(fleet.stands(), there, "{standing}");
        if let Some(late) = late {
            late.ends().await;
        }
        fleet.is_sound().await;
        assert_eq!(fleet.stands().as_deref(), Some(LINE));
    }
}

/// Rule 9, and what the model allows beside it: Redis takes no lease, is left alone, and memory keeps for 5 s at most.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_9_a_redis_that_is_full_or_read_only_costs_nobody_anything() {
    for (no_more, trouble) in [("maxmemory 1", "full"), ("min-replicas-to-write 1", "read-only")] {
        let mut fleet = Fleet::start().await;
        fleet.person.sets(&name("1+1"), r#"{"resultado":"<1+1>"}"#);
        fleet.person.does(&format!("CONFIG SET {no_more}"));
        assert_eq!(fleet.a.dear("1+1").await.source, Source::Redis, "{trouble}: it still answers");
        for node in [&fleet.a, &fleet.b] {
            assert_eq!(node.dear(TEXT).await.source, COMPUTED);
            assert!(node.cache.get(&key(TEXT)).is_some_and(|found| found.ttl <= Some(Duration::from_secs(5))));
            assert_eq!((node.errors(trouble), node.state()), (1, State::Coherent));
        }
        fleet.is_sound().await;
        assert_eq!(fleet.stands(), None);
    }
}

/// It becomes full, or read-only, while one computes and the other waits: who waits does not wait for that, and the lease
/// is not left behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_9_a_write_that_is_refused_is_made_as_soon_as_it_is_taken() {
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
        assert!(!fleet.a.remembers(TEXT), "nothing stands there but its lease");
        assert!(matches!(waiting.await.expect("an answer").source, Source::Computed { .. }));
        assert!(is_lease(fleet.stands().as_ref()));
        fleet.person.does(&format!("CONFIG SET {setting} 0"));
        fleet.is_sound().await;
        hasty.is_sound().await;
        assert!(!is_lease(fleet.stands().as_ref()), "nobody waits for it any more");
        assert_eq!(fleet.b.dear(TEXT).await.source, Source::Redis);
    }
}

/// The same, and a purge meanwhile: what is gone is not brought back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_9_a_write_that_was_refused_brings_nothing_back() {
    let mut fleet = Fleet::start().await;
    let held = fleet.a.holds(TEXT).await;
    fleet.person.does("CONFIG SET maxmemory 1");
    held.ends().await;
    eventually("it is refused", || fleet.a.errors("full") > 0).await;
    fleet.person.does("FLUSHALL");
    fleet.person.does("CONFIG SET maxmemory 0");
    fleet.is_sound().await;
    assert_eq!(fleet.stands(), None);
    assert!(!fleet.a.remembers(TEXT));
}

/// Rule 10: whoever waits and loses its connection computes for itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_10_who_waits_and_is_cut_off_computes() {
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

/// Rule 10: who computes and loses its connection goes on, and looks before it writes, if there is a connection again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_10_who_computes_and_is_cut_off_goes_on() {
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
            assert_eq!(fleet.stands().as_deref(), Some(LINE), "the lease still stood");
        }
        assert!(!is_lease(fleet.stands().as_ref()));
        assert!(fleet.computed() <= 2);
    }
}

/// Rule 12: what moved was another key of the shard. Of all shards, here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_12_another_key_of_the_shard_costs_one_look() {
    let fake = Fake::start(|_| None);
    let node = Setting::new().redis(fake.url()).coherent().await;
    let held = node.holds(TEXT).await;
    let names: Vec<String> = (0..100_000).map(|n| name(&n.to_string())).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    fake.reports(&names);
    eventually("every one is followed", || node.forgotten("key") == 100_000).await;
    held.ends().await;
    node.is_sound().await;
    assert_eq!((node.looks("miss"), node.looks("lease"), node.looks("hit")), (1, 1, 0));
    assert_eq!(fake.text(&name(TEXT)).as_deref(), Some(LINE.as_bytes()));
    assert!(node.remembers(TEXT));
}

/// It wakes when its lease has run out, others computed, and its write would be the second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_sleeps_for_longer_than_its_lease_finds_anothers_answer() {
    let mut fleet = Fleet::start().await;
    let held = fleet.a.holds(TEXT).await;
    fleet.b.has_heard(1).await;
    let waiting = fleet.b.asks(TEXT);
    fleet.b.waits(1).await;
    fleet.hear("PEXPIRE tabuada:1:2+2 0").await;
    assert_eq!(waiting.await.expect("an answer").source, COMPUTED);
    fleet.b.is_sound().await;
    // The end of its own lease, another's, and the answer over that.
    fleet.a.has_heard(3).await;
    let sets = fleet.person.calls("set");
    assert_eq!(held.ends().await.source, Source::Computed { stored: false });
    fleet.is_sound().await;
    assert_eq!(fleet.person.calls("set"), sets, "it is not written again");
    assert!(fleet.a.remembers(TEXT) && fleet.b.remembers(TEXT));
    assert_eq!(fleet.computed(), 2);
}

/// A lease whose node died runs out by itself, and that is told as any other change.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_runs_out_wakes_who_waits() {
    let server = Server::start();
    let b = Setting::new().redis(server.url()).coherent().await;
    let mut short = Setting::new().redis(server.url());
    short.deadlines.lease = Duration::from_millis(300);
    let dying = Dying::start(short);
    dying.holds(TEXT);
    dying.dies();
    let found = b.dear(TEXT).await;
    assert_eq!(found.source, COMPUTED);
    b.is_sound().await;
    b.is_balanced();
    assert_eq!(server.person().gets(&name(TEXT)).as_deref(), Some(LINE));
}

/// A refusal is an answer: it stands for a minute, and a node with higher limits computes it anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_shared_until_somebody_is_able() {
    let mut fleet = Fleet::start().await;
    let mut able = Setting::new().redis(fleet.server.url());
    able.facts.limit = 5;
    let able = able.coherent().await;
    let held = fleet.a.holds(TEXT).await;
    let refused = tokio::spawn({
        let node = fleet.b.clone();
        async move { node.ask(TEXT, async |_| Err("it is refused once")).await }
    });
    fleet.b.waits(1).await;
    held.ends_with(Fact::Refusal(3)).await;
    let refused = refused.await.expect("it was not cancelled").expect("an answer");
    assert_eq!((&*refused.value, refused.source), (&Fact::Refusal(3), Source::Collapsed));
    fleet.is_sound().await;
    assert_eq!(fleet.stands().as_deref(), Some(r#"{"refusal":3}"#));
    assert!((1..=60_000).contains(&fleet.person.says::<i64>("PTTL tabuada:1:2+2")));
    assert_eq!(able.dear(TEXT).await.source, COMPUTED);
    able.is_sound().await;
    assert_eq!(fleet.stands().as_deref(), Some(LINE));
    eventually("the others are told", || !fleet.a.remembers(TEXT) && !fleet.b.remembers(TEXT)).await;
    assert_eq!(fleet.a.dear(TEXT).await.source, Source::Redis);
    fleet.is_sound().await;
}

/// What is too large for Redis, or is not to be remembered, leaves no lease behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_redis_may_not_hold_gives_its_lease_back() {
    let mut fleet = Fleet::start().await;
    let large = Fact::Text("1".repeat(300 << 10));
    let held = fleet.a.holds(TEXT).await;
    assert_eq!(*held.ends_with(large.clone()).await.value, large);
    fleet.is_sound().await;
    assert_eq!(fleet.stands(), None);
    assert!(fleet.a.remembers(TEXT), "memory may hold it");
    let mut fleeting = Setting::new().redis(fleet.server.url());
    fleeting.facts.lifetime = Some(Duration::ZERO);
    let fleeting = fleeting.coherent().await;
    for n in 1..=3 {
        assert_eq!(fleeting.dear("rnd()").await.source, Source::Computed { stored: false });
        assert_eq!((fleeting.computed(), fleet.person.keys()), (n, vec![]));
    }
    fleeting.is_sound().await;
}

/// What another node computes is computed there, whatever the number of those who ask.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_ten_keys_asked_600_times_at_once_are_ten_computations() {
    let server = Server::start();
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(Setting::new().redis(server.url()).coherent().await);
    }
    let (open, gate) = tokio::sync::watch::channel(false);
    let mut asking = JoinSet::new();
    for n in 0..600 {
        let (node, mut gate) = (nodes[n % 3].clone(), gate.clone());
        asking.spawn(async move {
            let text = (n / 3 % 10).to_string();
            let compute = async move |value| {
                gate.wait_for(|open| *open).await.expect("it is opened");
                Ok(value)
            };
            checked(&text, node.ask(&text, compute).await).source
        });
    }
    let sum = |count: &dyn Fn(&Node) -> u64| nodes.iter().map(count).sum::<u64>();
    eventually("ten compute, twenty flights wait for them, and all others for these", || {
        (sum(&Node::computed), sum(&|node| node.cache.audit().waiters)) == (10, 20)
            && sum(&|node| node.count(|stats| stats.flights, "joined")) == 570
    })
    .await;
    open.send_replace(true);
    let sources = asking.join_all().await;
    assert_eq!(sources.iter().filter(|source| **source == COMPUTED).count(), 10);
    assert_eq!(sources.iter().filter(|source| **source == Source::Collapsed).count(), 590);
    for node in &nodes {
        node.is_sound().await;
        node.is_balanced();
    }
    assert_eq!((sum(&Node::computed), sum(&|node| node.answers("computed"))), (10, 10));
    assert_eq!(sum(&|node| node.answers("collapsed")), 590);
    assert_eq!(server.person().keys().len(), 10);
}

/// The same with whole lives between the questions: nothing is held, everything may happen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_in_any_order_compute_each_key_once() {
    let server = Server::start();
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(Setting::new().redis(server.url()).coherent().await);
    }
    let mut asking = JoinSet::new();
    for n in 0..600 {
        let node = nodes[n % 3].clone();
        asking.spawn(async move { node.dear(&(n / 3 % 10).to_string()).await });
    }
    asking.join_all().await;
    for node in &nodes {
        node.is_sound().await;
        node.is_balanced();
    }
    assert_eq!(nodes.iter().map(Node::computed).sum::<u64>(), 10);
}

/// All ten are led by a node that dies. Its leases run out; of those who wait, one computes each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_one_of_which_dies_compute_once_more_and_fail_nobody() {
    let server = Server::start();
    let mut person = server.person();
    let nodes =
        [Setting::new().redis(server.url()).coherent().await, Setting::new().redis(server.url()).coherent().await];
    let dying = Dying::start(Setting::new().redis(server.url()));
    let texts: Vec<String> = (0..10).map(|n| n.to_string()).collect();
    for text in &texts {
        dying.holds(text);
    }
    let mut asking = JoinSet::new();
    for n in 0..400 {
        let (node, text) = (nodes[n % 2].clone(), texts[n / 2 % 10].clone());
        asking.spawn(async move { node.dear(&text).await });
    }
    eventually("all wait", || nodes.iter().map(|node| node.cache.audit().waiters).sum::<u64>() == 20).await;
    dying.dies();
    for text in &texts {
        assert!(is_lease(person.gets(&name(text)).as_ref()), "nobody gave it back");
        person.does(&format!("PEXPIRE {} 0", name(text)));
    }
    assert_eq!(asking.join_all().await.len(), 400);
    for node in &nodes {
        node.is_sound().await;
        node.is_balanced();
        assert_eq!(node.answers("failed"), 0);
    }
    assert_eq!(nodes.iter().map(Node::computed).sum::<u64>(), 10, "once more for each lease that was lost");
    assert!(texts.iter().all(|text| !is_lease(person.gets(&name(text)).as_ref())));
}

/// Three nodes, and everything that can happen to them. Nobody is given a wrong answer; and when all is still, what memory
/// keeps for long Redis has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_in_a_storm_agree_when_it_is_over() {
    let server = Server::start();
    let mut nodes = Vec::new();
    for _ in 0..3 {
        let mut setting = Setting::new().redis(server.url());
        setting.deadlines.patience = Duration::from_millis(20);
        setting.deadlines.lease = Duration::from_millis(200);
        nodes.push(setting.coherent().await);
    }
    let mut asking = JoinSet::new();
    for lane in 0..12 {
        let node = nodes[lane % 3].clone();
        asking.spawn(async move {
            for round in 0..150 {
                let text = ((round * 5 + lane) % 8).to_string();
                let how = (round + lane) % 9;
                let found = node.ask(&text, async move |value| {
                    tokio::task::yield_now().await;
                    match how {
                        0 => Err("no worker free"),
                        1 => panic!("on purpose"),
                        _ => Ok(value),
                    }
                });
                // It may have waited for two in a row that failed.
                if let Ok(found) = found.await {
                    checked(&text, Ok(found));
                }
            }
        });
    }
    let (still, mut person) = (AtomicBool::new(false), server.person());
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for round in 0.. {
                let place = name(&(round % 8).to_string());
                match round % 7 {
                    0 => person.does("FLUSHALL"),
                    1 | 2 => person.does(&format!("DEL {place}")),
                    3 => person.does(&format!("PEXPIRE {place} 1")),
                    4 => person.sets(&place, "lixo"),
                    5 => drop(person.tries::<bool>(&format!("SET {place} {LEASE} PX 20"))),
                    _ if round % 210 == 6 => person.does("CLIENT KILL TYPE normal SKIPME yes"),
                    _ => {}
                }
                if still.load(SeqCst) {
                    return;
                }
            }
        });
        tokio::task::block_in_place(|| {
            let all = tokio::runtime::Handle::current().block_on(async {
                while let Some(asked) = asking.join_next().await {
                    asked?;
                }
                Ok::<_, tokio::task::JoinError>(())
            });
            still.store(true, SeqCst);
            all.expect("every lane ends");
        });
    });
    for node in &nodes {
        node.becomes(State::Coherent).await;
        node.is_sound().await;
        node.is_balanced();
    }
    let mut person = server.person();
    eventually("what memory keeps for long Redis has", || {
        let lines: Vec<_> = (0..8).map(|n| (n.to_string(), person.gets(&name(&n.to_string())))).collect();
        let agrees = |node: &Node, text: &str, line: Option<&str>| {
            let kept = node.cache.get(&key(text)).filter(|found| found.ttl > Some(Duration::from_secs(5)));
            kept.is_none() || line == Some(&format!(r#"{{"resultado":"<{text}>"}}"#))
        };
        nodes.iter().all(|node| lines.iter().all(|(text, line)| agrees(node, text, line.as_deref())))
    })
    .await;
    assert!(nodes.iter().map(|node| node.answers("collapsed")).sum::<u64>() > 0);
}

/// A cache that goes while it computes: what is under way ends, and nobody is left waiting.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cache_that_is_dropped_or_shut_down_leaves_nobody_waiting() {
    for is_shut_down in [false, true] {
        let mut fleet = Fleet::start().await;
        let going = Setting::new().redis(fleet.server.url()).coherent().await;
        let (end, told) = tokio::sync::oneshot::channel::<()>();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let asking = tokio::spawn({
            let going = going.clone();
            async move {
                let compute = async move |value| {
                    begun.send(()).expect("somebody waits for it");
                    told.await.expect("it is told");
                    Ok(value)
                };
                going.ask(TEXT, compute).await.map(|_| ())
            }
        });
        has_begun.await.expect("it begins");
        let waiting = fleet.b.asks(TEXT);
        fleet.b.waits(1).await;
        if is_shut_down {
            going.cache.shutdown().await;
        } else {
            // Its caller goes, and with it the last that holds the cache.
            asking.abort();
            drop(going);
        }
        end.send(()).expect("it computes on");
        if is_shut_down {
            // Without a connection it cannot give its lease back.
            eventually("its lease stands", || is_lease(fleet.stands().as_ref())).await;
            fleet.hear("PEXPIRE tabuada:1:2+2 0").await;
            assert_eq!(waiting.await.expect("an answer").source, COMPUTED);
        } else {
            assert_eq!(waiting.await.expect("an answer").source, Source::Collapsed);
        }
        fleet.is_sound().await;
    }
}

/// A node that can die: its tasks end where they are, its connection closes, its leases stand.
struct Dying {
    runtime: tokio::runtime::Runtime,
    node: Node,
}

impl Dying {
    fn start(setting: Setting) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("threads");
        let (sender, node) = std::sync::mpsc::channel();
        runtime.spawn(async move { sender.send(setting.coherent().await) });
        Self { node: node.recv_timeout(PATIENCE).expect("it becomes coherent"), runtime }
    }

    /// Asks, and waits until the computation, which never ends, has begun.
    fn holds(&self, text: &str) {
        let (begun, has_begun) = std::sync::mpsc::channel();
        let (node, text) = (self.node.clone(), text.to_owned());
        self.runtime.spawn(async move {
            let compute = async move |_| -> Result<Fact, &'static str> {
                begun.send(()).expect("somebody waits for it");
                std::future::pending().await
            };
            let _: Result<_, Failed<_>> = node.ask(&text, compute).await;
        });
        has_begun.recv_timeout(PATIENCE).expect("it begins");
    }

    fn dies(self) {
        self.runtime.shutdown_background();
    }
}
