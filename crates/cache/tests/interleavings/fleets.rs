//! Leaders that die, sleep or are refused, and three nodes at once.

use super::*;
/// The leader wakes after its lease has expired and another node has computed: its write would be the second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_sleeps_longer_than_its_lease_finds_the_other_answer() {
    let mut fleet = Fleet::start().await;
    let held = fleet.a.holds(TEXT).await;
    fleet.b.has_received(1).await;
    let waiting = fleet.b.asks(TEXT);
    fleet.b.waits(1).await;
    fleet.change("PEXPIRE tabuada:1:2+2 0").await;
    assert_eq!(waiting.await.expect("an answer").source, COMPUTED);
    fleet.b.is_sound().await;
    // Three pushes: the end of its own lease, the other lease, and the other answer.
    fleet.a.has_received(3).await;
    let sets = fleet.person.calls("set");
    assert_eq!(held.ends().await.source, Source::Computed { stored: false });
    fleet.is_sound().await;
    assert_eq!(fleet.person.calls("set"), sets, "it is not written again");
    assert!(fleet.a.remembers(TEXT) && fleet.b.remembers(TEXT));
    assert_eq!(fleet.computed(), 2);
}

/// The lease of a dead node expires, which is pushed like any other change.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_lease_notifies_its_waiters() {
    let server = Server::start();
    let b = Setting::new().redis(server.url()).coherent().await;
    let mut short = Setting::new().redis(server.url());
    short.deadlines.lease = Duration::from_millis(300);
    let dying = Dying::start(short);
    dying.holds(TEXT);
    dying.dies();
    let found = b.expensive(TEXT).await;
    assert_eq!(found.source, COMPUTED);
    b.is_sound().await;
    b.is_balanced();
    assert_eq!(server.person().gets(&name(TEXT)).as_deref(), Some(LINE));
}

/// An answer that is a refusal lives for a minute; a node with higher limits computes it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_shared_until_a_node_with_higher_limits_asks() {
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
    assert_eq!(fleet.current_value().as_deref(), Some(r#"{"refusal":3}"#));
    assert!((1..=60_000).contains(&fleet.person.says::<i64>("PTTL tabuada:1:2+2")));
    assert_eq!(able.expensive(TEXT).await.source, COMPUTED);
    able.is_sound().await;
    assert_eq!(fleet.current_value().as_deref(), Some(LINE));
    eventually("the pushes arrive at the others", || !fleet.a.remembers(TEXT) && !fleet.b.remembers(TEXT)).await;
    assert_eq!(fleet.a.expensive(TEXT).await.source, Source::Redis);
    fleet.is_sound().await;
}

/// An answer that is too large for Redis, or must not be stored, leaves no lease behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_redis_may_not_hold_deletes_its_lease() {
    let mut fleet = Fleet::start().await;
    let large = Fact::Text("1".repeat(300 << 10));
    let held = fleet.a.holds(TEXT).await;
    assert_eq!(*held.ends_with(large.clone()).await.value, large);
    fleet.is_sound().await;
    assert_eq!(fleet.current_value(), None);
    assert!(fleet.a.remembers(TEXT), "memory may hold it");
    let mut fleeting = Setting::new().redis(fleet.server.url());
    fleeting.facts.lifetime = Some(Duration::ZERO);
    let fleeting = fleeting.coherent().await;
    for n in 1..=3 {
        assert_eq!(fleeting.expensive("rnd()").await.source, Source::Computed { stored: false });
        assert_eq!((fleeting.computed(), fleet.person.keys()), (n, vec![]));
    }
    fleeting.is_sound().await;
}

/// However many callers ask on however many nodes, each key is computed once.
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
    eventually("ten flights compute, twenty wait for them, and all other callers follow these", || {
        (sum(&Node::computed), sum(&|node| node.cache.audit().waiters)) == (10, 20)
            && sum(&|node| node.count(|stats| stats.flights, "joined")) == 570
    })
    .await;
    open.send_replace(true);
    let sources = asking.join_all().await;
    // Two keys of one shard disturb each other, and an answer that is disturbed is written only after one more check.
    let computed = |source: &&Source| matches!(source, Source::Computed { .. });
    assert_eq!(sources.iter().filter(computed).count(), 10);
    assert_eq!(sources.iter().filter(|source| **source == Source::Collapsed).count(), 590);
    for node in &nodes {
        node.is_sound().await;
        node.is_balanced();
    }
    assert_eq!((sum(&Node::computed), sum(&|node| node.answers("computed"))), (10, 10));
    assert_eq!(sum(&|node| node.answers("collapsed")), 590);
    assert_eq!(server.person().keys().len(), 10);
}

/// The same without held computations: the calls arrive in any order.
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
        asking.spawn(async move { node.expensive(&(n / 3 % 10).to_string()).await });
    }
    asking.join_all().await;
    for node in &nodes {
        node.is_sound().await;
        node.is_balanced();
    }
    assert_eq!(nodes.iter().map(Node::computed).sum::<u64>(), 10);
}

/// A node that leads all ten flights dies. Its leases expire, and for each key one waiter computes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_one_of_which_dies_compute_once_more_and_fail_no_caller() {
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
        asking.spawn(async move { node.expensive(&text).await });
    }
    eventually("all wait", || nodes.iter().map(|node| node.cache.audit().waiters).sum::<u64>() == 20).await;
    dying.dies();
    for text in &texts {
        assert!(is_lease(person.gets(&name(text)).as_ref()), "nothing has deleted it");
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

/// Three nodes under every kind of change. No answer is wrong; in the end, Redis holds every value that memory keeps
/// for long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_in_a_storm_of_changes_agree_in_the_end() {
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
                // The call may have followed two failed flights in a row.
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
                let name = name(&(round % 8).to_string());
                match round % 7 {
                    0 => person.does("FLUSHALL"),
                    1 | 2 => person.does(&format!("DEL {name}")),
                    3 => person.does(&format!("PEXPIRE {name} 1")),
                    4 => person.sets(&name, "lixo"),
                    5 => drop(person.tries::<bool>(&format!("SET {name} {LEASE} PX 20"))),
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
    eventually("Redis holds every value that memory keeps for long", || {
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

/// The computation in progress ends, and no waiter is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cache_that_is_dropped_or_shut_down_leaves_no_waiter_behind() {
    for is_shut_down in [false, true] {
        let mut fleet = Fleet::start().await;
        let going = Setting::new().redis(fleet.server.url()).coherent().await;
        let (end, told) = tokio::sync::oneshot::channel::<()>();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let asking = tokio::spawn({
            let going = going.clone();
            async move {
                let compute = async move |value| {
                    begun.send(()).expect("the test waits");
                    told.await.expect("the push arrives");
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
            // The caller is cancelled, and the last clone of the cache is dropped with it.
            asking.abort();
            drop(going);
        }
        end.send(()).expect("it computes on");
        if is_shut_down {
            // Without a connection it cannot delete its lease.
            eventually("its lease is still there", || is_lease(fleet.current_value().as_ref())).await;
            fleet.change("PEXPIRE tabuada:1:2+2 0").await;
            assert_eq!(waiting.await.expect("an answer").source, COMPUTED);
        } else {
            assert_eq!(waiting.await.expect("an answer").source, Source::Collapsed);
        }
        fleet.is_sound().await;
    }
}

/// A node that can die: its tasks stop where they are, its connection closes, its leases stay.
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

    /// Asks for a text, and waits until the computation has begun, which never ends.
    fn holds(&self, text: &str) {
        let (begun, has_begun) = std::sync::mpsc::channel();
        let (node, text) = (self.node.clone(), text.to_owned());
        self.runtime.spawn(async move {
            let compute = async move |_| -> Result<Fact, &'static str> {
                begun.send(()).expect("the test waits");
                std::future::pending().await
            };
            let _: Result<_, ComputeError<_>> = node.ask(&text, compute).await;
        });
        has_begun.recv_timeout(PATIENCE).expect("it begins");
    }

    fn dies(self) {
        self.runtime.shutdown_background();
    }
}
