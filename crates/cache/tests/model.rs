//! A model of the cache: two nodes and a person at one real server, in histories that are drawn, against what is written
//! below of how they end. A step is followed until nothing moves any more before the next is taken; computations are held
//! open over as many steps as chance will have it. So a history has real interleavings, and no timing: the same history
//! goes the same way again, and one that fails shrinks.
//!
//! What the model does not say, for it depends on who is quicker: whether memory keeps what was read while a change was
//! told of. It says what memory *may* hold.

use crate::support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use support::server::{Person, Server};
use support::*;
use tabuada_cache::{Failed, Found, Source, State};
use tokio::task::JoinHandle;

const TEXTS: [&str; 2] = ["2+2", "3+3"];
/// What is set and deleted to know that what was told before has been followed.
const MARKER: &str = "marker";
const STEPS_MAX: usize = 24;

type Asking = JoinHandle<Result<Found<Fact>, Failed<&'static str>>>;

/// Which node, and which text.
type Place = (usize, usize);

#[derive(Clone, Copy, Debug)]
enum Step {
    Cheap(Place),
    Dear(Place),
    /// Its computation fails, if there is one.
    InVain(Place),
    /// Its computation, if there is one, goes on until `Ends`, `Fails` or `Panics`.
    Holds(Place),
    Ends(Place),
    Fails(Place),
    Panics(Place),
    Del(usize),
    ExpiresAtOnce(usize),
    Lapses(usize),
    SetGarbage(usize),
    SetList(usize),
    SetValue(usize),
    FlushAll,
    FlushOther,
    Kill(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let place = || (0..2_usize, 0..TEXTS.len());
    let text = || 0..TEXTS.len();
    let step = prop_oneof![
        3 => place().prop_map(Step::Cheap),
        5 => place().prop_map(Step::Dear),
        1 => place().prop_map(Step::InVain),
        5 => place().prop_map(Step::Holds),
        4 => place().prop_map(Step::Ends),
        2 => place().prop_map(Step::Fails),
        1 => place().prop_map(Step::Panics),
        3 => text().prop_map(Step::Del),
        1 => text().prop_map(Step::ExpiresAtOnce),
        1 => text().prop_map(Step::Lapses),
        1 => text().prop_map(Step::SetGarbage),
        1 => text().prop_map(Step::SetList),
        1 => text().prop_map(Step::SetValue),
        1 => Just(Step::FlushAll),
        1 => Just(Step::FlushOther),
        1 => (0..2_usize).prop_map(Step::Kill),
    ];
    vec(step, 1..=STEPS_MAX)
}

/// What stands in Redis under a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum There {
    Nothing,
    Value,
    Unusable,
    /// A lease of that node's.
    Lease(usize),
}

/// A flight that is open when nothing moves.
struct Flight {
    /// What it replaces at its end; `None`: it waits for another node.
    computes: Option<(Held, There)>,
    /// Who waits for it, but for who holds it.
    askers: Vec<Asking>,
}

struct Entry {
    there: There,
    flights: [Option<Flight>; 2],
    /// Computations so far that nobody held.
    computed: u64,
    counted: Arc<AtomicU64>,
}

struct World {
    person: Person,
    nodes: [Node; 2],
    /// Ids of the nodes' connections.
    connections: [u64; 2],
    entries: [Entry; 2],
}

/// Connections that are told of changes.
fn listeners(person: &mut Person) -> Vec<u64> {
    let list: String = person.says("CLIENT LIST");
    let field = |line: &str, name: &str| line.split(' ').find_map(|field| field.strip_prefix(name)).map(str::to_owned);
    let tracks = |line: &&str| field(line, "flags=").is_some_and(|flags| flags.contains('t'));
    list.lines().filter(tracks).filter_map(|line| field(line, "id=")?.parse().ok()).collect()
}

impl World {
    async fn new(server: &Server) -> Self {
        let mut person = server.person();
        // Of the history before.
        eventually("nobody else listens", || listeners(&mut person).is_empty()).await;
        person.does("FLUSHALL");
        let a = Setting::new().redis(server.url()).coherent().await;
        let first = listeners(&mut person);
        let b = Setting::new().redis(server.url()).coherent().await;
        let second = listeners(&mut person).into_iter().find(|id| !first.contains(id)).expect("another connection");
        let entry = || Entry { there: There::Nothing, flights: [None, None], computed: 0, counted: Arc::default() };
        Self { person, nodes: [a, b], connections: [first[0], second], entries: [entry(), entry()] }
    }

    async fn takes(&mut self, step: Step) {
        match step {
            Step::Cheap((n, t)) => {
                let is_kept = self.nodes[n].remembers(TEXTS[t]);
                let source = self.nodes[n].cheap(TEXTS[t]).await.source;
                assert!(if is_kept { source == Source::Memory } else { matches!(source, Source::Computed { .. }) });
                if !is_kept && self.entries[t].there == There::Nothing {
                    self.entries[t].there = There::Value;
                }
            }
            Step::Dear(place) => self.is_asked(place, false).await,
            Step::InVain(place) => self.is_asked(place, true).await,
            Step::Holds((n, t)) => {
                let there = self.entries[t].there;
                let is_open = self.entries[t].flights[n].is_some() || self.nodes[n].remembers(TEXTS[t]);
                if is_open || matches!(there, There::Value | There::Lease(_)) {
                    return self.is_asked((n, t), false).await;
                }
                let held = self.nodes[n].holds(TEXTS[t]).await;
                let replaces = if there == There::Nothing { There::Lease(n) } else { There::Unusable };
                self.entries[t].there = replaces;
                self.entries[t].flights[n] = Some(Flight { computes: Some((held, replaces)), askers: Vec::new() });
            }
            Step::Ends((n, t)) => {
                let Some((held, replaces, askers)) = self.lands((n, t)) else { return };
                held.ends().await;
                answered(askers).await;
                let entry = &mut self.entries[t];
                if entry.there == replaces {
                    entry.there = There::Value;
                }
            }
            Step::Fails(place) | Step::Panics(place) => {
                let Some((held, replaces, askers)) = self.lands(place) else { return };
                match step {
                    Step::Fails(_) => held.fails().await,
                    _ => held.panics().await,
                }
                let (n, t) = place;
                let entry = &mut self.entries[t];
                if entry.there == replaces && replaces == There::Lease(n) {
                    entry.there = There::Nothing;
                }
                // Who only waited for it asks again, unless another node, which waited too, is quicker.
                if !askers.is_empty() {
                    self.seeks(place, askers).await;
                }
            }
            Step::Del(t) => self.is_told(t, There::Nothing, |person, name| person.does(&format!("DEL {name}"))),
            Step::ExpiresAtOnce(t) => {
                self.is_told(t, There::Nothing, |person, name| person.does(&format!("PEXPIRE {name} 0")));
            }
            Step::Lapses(t) => self.is_told(t, There::Nothing, |person, name| {
                person.does(&format!("PEXPIRE {name} 1"));
                while person.says::<u64>(&format!("EXISTS {name}")) > 0 {
                    std::thread::yield_now();
                }
            }),
            Step::SetGarbage(t) => self.is_told(t, There::Unusable, |person, name| person.sets(name, "lixo")),
            Step::SetList(t) => self.is_told(t, There::Unusable, |person, name| {
                person.does("RPUSH elsewhere lixo");
                person.does(&format!("RENAME elsewhere {name}"));
            }),
            Step::SetValue(t) => self.is_told(t, There::Value, |person, name| {
                person.sets(name, serde_json::json!({ "resultado": answer(TEXTS[t]) }).to_string());
            }),
            Step::FlushAll => {
                self.person.does("FLUSHALL");
                self.entries.iter_mut().for_each(|entry| entry.there = There::Nothing);
            }
            Step::FlushOther => {
                for word in ["SELECT 1", "FLUSHDB", "SELECT 0"] {
                    self.person.does(word);
                }
            }
            Step::Kill(n) => self.loses(n).await,
        }
    }

    /// What a person does to a text.
    fn is_told(&mut self, t: usize, there: There, deed: impl FnOnce(&mut Person, &str)) {
        deed(&mut self.person, &name(TEXTS[t]));
        self.entries[t].there = there;
    }

    /// Takes a flight that is held off the table.
    fn lands(&mut self, (n, t): Place) -> Option<(Held, There, Vec<Asking>)> {
        let flight = &mut self.entries[t].flights[n];
        flight.as_ref().is_some_and(|flight| flight.computes.is_some()).then_some(())?;
        let Flight { computes, askers } = flight.take()?;
        let (held, replaces) = computes?;
        Some((held, replaces, askers))
    }

    /// Somebody asks for what the trial is not enough for.
    async fn is_asked(&mut self, (n, t): Place, in_vain: bool) {
        let node = &self.nodes[n];
        let joined = || node.count(|stats| stats.flights, "joined");
        let (is_kept, is_open, joined_before) =
            (node.remembers(TEXTS[t]), self.entries[t].flights[n].is_some(), joined());
        // Who joins or waits may compute later, or not: then nobody's computation fails but of those that are held.
        let in_vain = in_vain && !is_open && matches!(self.entries[t].there, There::Nothing | There::Unusable);
        let (own, counted) = (node.clone(), self.entries[t].counted.clone());
        let asking = tokio::spawn(async move {
            let compute = async move |value| {
                counted.fetch_add(1, SeqCst);
                if in_vain { Err("no worker free") } else { Ok(value) }
            };
            own.ask(TEXTS[t], compute).await
        });
        if is_kept {
            assert_eq!(asking.await.expect("an answer").map(|found| found.source), Ok(Source::Memory));
        } else if is_open {
            eventually("it joins", || joined() > joined_before).await;
            self.entries[t].flights[n].as_mut().expect("it is open").askers.push(asking);
        } else if in_vain {
            assert_eq!(asking.await.expect("no panic").err(), Some(Failed::Computation("no worker free")));
            self.entries[t].computed += 1;
        } else {
            self.seeks((n, t), vec![asking]).await;
        }
    }

    /// A flight that nobody holds: how it ends, or that it waits.
    async fn seeks(&mut self, (n, t): Place, askers: Vec<Asking>) {
        let entry = &mut self.entries[t];
        match entry.there {
            There::Lease(_) => entry.flights[n] = Some(Flight { computes: None, askers }),
            There::Value => answered(askers).await,
            There::Nothing | There::Unusable => {
                entry.there = There::Value;
                entry.computed += 1;
                answered(askers).await;
            }
        }
    }

    /// A connection is cut. Who waits for another node on its other end computes, if it is quicker than the connection.
    async fn loses(&mut self, n: usize) {
        let node = self.nodes[n].clone();
        let lost = node.forgotten("detached");
        self.person.does(&format!("CLIENT KILL ID {}", self.connections[n]));
        eventually("it is cut off", || node.forgotten("detached") > lost).await;
        node.becomes(State::Coherent).await;
        let other = self.connections[1 - n];
        let person = &mut self.person;
        self.connections[n] = listeners(person).into_iter().find(|id| *id != other).expect("it listens again");
        let held =
            self.entries.iter().filter(|entry| matches!(&entry.flights[n], Some(flight) if flight.computes.is_some()));
        let held = held.count() as u64;
        eventually("who waits does so again", || {
            let audit = node.cache.audit();
            audit.tasks == held + audit.waiters
        })
        .await;
        for entry in &mut self.entries {
            let is_over = |flight: &Flight| flight.computes.is_none() && flight.askers[0].is_finished();
            // Not yet finished, though it will be: `settles` finds it so.
            let waits = entry.flights[n].as_ref().is_some_and(|flight| !is_over(flight));
            if !waits && let Some(flight) = entry.flights[n].take() {
                entry.computed += 1;
                answered(flight.askers).await;
            }
        }
    }

    /// Who waits for another node finds that something moved.
    async fn settles(&mut self) {
        for t in 0..TEXTS.len() {
            for n in 0..2 {
                let waits = self.entries[t].flights[n].as_ref().is_some_and(|flight| flight.computes.is_none());
                if waits && !matches!(self.entries[t].there, There::Lease(_)) {
                    let flight = self.entries[t].flights[n].take().expect("it waits");
                    self.seeks((n, t), flight.askers).await;
                }
            }
        }
    }

    /// Waits until nothing is under way but what is held, and who waits for it.
    async fn is_still(&self) {
        for (n, node) in self.nodes.iter().enumerate() {
            let open = self.entries.iter().filter_map(|entry| entry.flights[n].as_ref());
            let (held, waiting): (Vec<_>, Vec<_>) = open.partition(|flight| flight.computes.is_some());
            let expected = (State::Coherent, 0, waiting.len() as u64, (held.len() + waiting.len()) as u64);
            eventually(&format!("node {n} is still: {expected:?}"), || {
                let audit = node.cache.audit();
                (node.state(), audit.offers_open, audit.waiters, audit.tasks) == expected
            })
            .await;
        }
    }

    /// Waits until everything that was told so far has been followed: what is told later of the marker has.
    async fn has_followed(&mut self) {
        self.person.sets(&name(MARKER), serde_json::json!({ "resultado": answer(MARKER) }).to_string());
        for node in &self.nodes {
            node.dear(MARKER).await;
        }
        self.person.does(&format!("DEL {}", name(MARKER)));
        for node in &self.nodes {
            eventually("the marker is followed", || !node.remembers(MARKER)).await;
        }
    }

    fn stands(&mut self, t: usize) -> There {
        let name = name(TEXTS[t]);
        match self.person.says::<String>(&format!("TYPE {name}")).as_str() {
            "none" => There::Nothing,
            "string" => {
                let line = self.person.gets(&name).expect("a line");
                if line.starts_with("\"lease:") {
                    // Whose it is, is known from who waits and who writes.
                    let ours = |n: &usize| {
                        matches!(
                            &self.entries[t].flights[*n],
                            Some(Flight { computes: Some((_, There::Lease(_))), .. })
                        )
                    };
                    assert!((0..2).any(|n| ours(&n)), "nobody's lease: {line}");
                    self.entries[t].there
                } else if line.contains(&answer(TEXTS[t])) {
                    There::Value
                } else {
                    There::Unusable
                }
            }
            _ => There::Unusable,
        }
    }

    /// What holds when nothing moves.
    fn is_right(&mut self, is_forgotten: [bool; 2]) {
        for t in 0..TEXTS.len() {
            let (there, text) = (self.entries[t].there, TEXTS[t]);
            assert_eq!(self.stands(t), there, "what stands under {text}");
            let entry = &self.entries[t];
            assert_eq!(entry.counted.load(SeqCst), entry.computed, "computations of {text}");
            for (n, node) in self.nodes.iter().enumerate() {
                let is_kept = node.remembers(text);
                assert!(!(is_kept && there == There::Nothing), "node {n} remembers {text}, Redis does not");
                assert!(!(is_kept && is_forgotten[t]), "node {n} remembers {text}, though it was told to forget it");
            }
        }
    }

    /// Which texts no node may remember after this step.
    fn forgets(&self, step: Step) -> [bool; 2] {
        let everywhere = |t: usize| match step {
            Step::Del(x) | Step::ExpiresAtOnce(x) | Step::Lapses(x) => x == t,
            Step::SetGarbage(x) | Step::SetList(x) | Step::SetValue(x) => x == t,
            Step::FlushAll | Step::FlushOther => true,
            _ => false,
        };
        // But who waited looks again, and keeps what it finds or makes.
        let waits = |t: usize| self.entries[t].flights.iter().flatten().any(|flight| flight.computes.is_none());
        [0, 1].map(|t| everywhere(t) && !waits(t))
    }

    async fn ends(mut self) {
        for place in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            self.takes(Step::Ends(place)).await;
            self.settles().await;
        }
        assert!(self.entries.iter().all(|entry| entry.flights.iter().all(Option::is_none)), "nobody waits for nothing");
        for node in &self.nodes {
            node.is_sound().await;
            node.is_balanced();
            node.cache.shutdown().await;
        }
    }
}

async fn answered(askers: Vec<Asking>) {
    for asking in askers {
        let found = tokio::time::timeout(PATIENCE, asking).await.expect("an answer in time").expect("no panic");
        assert!(matches!(&*found.expect("an answer").value, Fact::Text(_)));
    }
}

/// 64 a day; one for each hundred of `TABUADA_CASES`.
fn cases() -> u32 {
    let told = std::env::var("TABUADA_CASES").ok().and_then(|n| n.parse::<u32>().ok());
    told.map_or(64, |cases| cases.div_ceil(100))
}

#[test]
fn two_nodes_and_a_person_end_as_the_model_says() {
    let server = Server::start();
    let config = Config { cases: cases(), max_shrink_iters: 400, failure_persistence: None, ..Config::default() };
    let run = TestRunner::new(config).run(&steps(), |steps| {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut world = World::new(&server).await;
            for step in steps {
                let forgets = world.forgets(step);
                world.takes(step).await;
                world.settles().await;
                world.is_still().await;
                world.has_followed().await;
                world.is_still().await;
                world.is_right(forgets);
            }
            world.ends().await;
        });
        Ok(())
    });
    if let Err(failed) = run {
        panic!("{failed}");
    }
}
