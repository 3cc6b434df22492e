//! A model of the cache: random histories of two nodes and a person at one real server, each compared with its expected
//! end. After each step, the test waits until nothing is in progress, except that computations are held for a random
//! number of steps. So a history has real interleavings but no timing: it can be repeated exactly, and one that fails
//! can be shrunk.
//!
//! The model does not predict whether memory keeps a value that was read during an invalidation, since that depends on
//! timing. It gives the values that memory *may* hold.

use crate::support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use support::server::{Person, Server};
use support::*;
use tabuada_cache::{ComputeError, Found, Source, State};
use tokio::task::JoinHandle;

const TEXTS: [&str; 2] = ["2+2", "3+3"];
/// Set and deleted to see that every earlier invalidation is applied.
const MARKER: &str = "marker";
const STEPS_MAX: usize = 24;

type Asking = JoinHandle<Result<Found<Fact>, ComputeError<&'static str>>>;

/// A node and a text.
type Place = (usize, usize);

#[derive(Clone, Copy, Debug)]
enum Step {
    Cheap(Place),
    Expensive(Place),
    /// The call's computation fails, if there is one.
    InVain(Place),
    /// The call's computation, if there is one, is held until `Ends`, `Fails` or `Panics`.
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
        5 => place().prop_map(Step::Expensive),
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

/// The value of a text in Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum There {
    Nothing,
    Value,
    Unusable,
    /// A lease of that node.
    Lease(usize),
}

/// A flight that stays open between steps.
struct Flight {
    /// The held computation, and the value that it replaces; `None` if it waits for another node.
    computes: Option<(Held, There)>,
    followers: Vec<Asking>,
}

struct Entry {
    there: There,
    flights: [Option<Flight>; 2],
    /// The number of computations so far that were not held.
    computed: u64,
    counted: Arc<AtomicU64>,
}

struct World {
    person: Person,
    nodes: [Node; 2],
    /// IDs of the nodes' connections.
    connections: [u64; 2],
    entries: [Entry; 2],
}

/// Connections with tracking.
fn listeners(person: &mut Person) -> Vec<u64> {
    let list: String = person.says("CLIENT LIST");
    let field = |line: &str, name: &str| line.split(' ').find_map(|field| field.strip_prefix(name)).map(str::to_owned);
    let tracks = |line: &&str| field(line, "flags=").is_some_and(|flags| flags.contains('t'));
    list.lines().filter(tracks).filter_map(|line| field(line, "id=")?.parse().ok()).collect()
}

impl World {
    async fn new(server: &Server) -> Self {
        let mut person = server.person();
        // The connections of the previous history are closed first.
        eventually("no other connection tracks", || listeners(&mut person).is_empty()).await;
        person.does("FLUSHALL");
        let a = Setting::new().redis(server.url()).coherent().await;
        let first = listeners(&mut person);
        let b = Setting::new().redis(server.url()).coherent().await;
        let second = listeners(&mut person).into_iter().find(|id| !first.contains(id)).expect("another connection");
        let entry = || Entry { there: There::Nothing, flights: [None, None], computed: 0, counted: Arc::default() };
        Self { person, nodes: [a, b], connections: [first[0], second], entries: [entry(), entry()] }
    }

    async fn removes(&mut self, step: Step) {
        match step {
            Step::Cheap((n, t)) => {
                let is_kept = self.nodes[n].remembers(TEXTS[t]);
                let source = self.nodes[n].cheap(TEXTS[t]).await.source;
                assert!(if is_kept { source == Source::Memory } else { matches!(source, Source::Computed { .. }) });
                if !is_kept && self.entries[t].there == There::Nothing {
                    self.entries[t].there = There::Value;
                }
            }
            Step::Expensive(place) => self.is_asked(place, false).await,
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
                self.entries[t].flights[n] = Some(Flight { computes: Some((held, replaces)), followers: Vec::new() });
            }
            Step::Ends((n, t)) => {
                let Some((held, replaces, followers)) = self.lands((n, t)) else { return };
                held.ends().await;
                answered(followers).await;
                let entry = &mut self.entries[t];
                if entry.there == replaces {
                    entry.there = There::Value;
                }
            }
            Step::Fails(place) | Step::Panics(place) => {
                let (n, t) = place;
                // Over what cannot be used, a cheap call stores nothing in Redis, and memory keeps its value.
                let is_kept = self.entries[t].there == There::Unusable && self.nodes[n].remembers(TEXTS[t]);
                let Some((held, replaces, followers)) = self.lands(place) else { return };
                match step {
                    Step::Fails(_) => held.fails().await,
                    _ => held.panics().await,
                }
                let entry = &mut self.entries[t];
                if entry.there == replaces && replaces == There::Lease(n) {
                    entry.there = There::Nothing;
                }
                // Its followers ask again; another waiting node may be faster.
                if is_kept {
                    answered(followers).await;
                } else if !followers.is_empty() {
                    self.seeks(place, followers).await;
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

    /// A person changes a text.
    fn is_told(&mut self, t: usize, there: There, command: impl FnOnce(&mut Person, &str)) {
        command(&mut self.person, &name(TEXTS[t]));
        self.entries[t].there = there;
    }

    /// Removes a held flight from the table.
    fn lands(&mut self, (n, t): Place) -> Option<(Held, There, Vec<Asking>)> {
        let flight = &mut self.entries[t].flights[n];
        flight.as_ref().is_some_and(|flight| flight.computes.is_some()).then_some(())?;
        let Flight { computes, followers } = flight.take()?;
        let (held, replaces) = computes?;
        Some((held, replaces, followers))
    }

    /// A caller asks for an expensive value.
    async fn is_asked(&mut self, (n, t): Place, in_vain: bool) {
        let node = &self.nodes[n];
        let joined = || node.count(|stats| stats.flights, "joined");
        let (is_kept, is_open, joined_before) =
            (node.remembers(TEXTS[t]), self.entries[t].flights[n].is_some(), joined());
        // A caller that joins or waits may compute later or not at all, so only held computations fail.
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
            self.entries[t].flights[n].as_mut().expect("it is open").followers.push(asking);
        } else if in_vain {
            assert_eq!(asking.await.expect("no panic").err(), Some(ComputeError::Computation("no worker free")));
            self.entries[t].computed += 1;
        } else {
            self.seeks((n, t), vec![asking]).await;
        }
    }

    /// A flight that is not held: it ends or waits.
    async fn seeks(&mut self, (n, t): Place, followers: Vec<Asking>) {
        let entry = &mut self.entries[t];
        match entry.there {
            There::Lease(_) => entry.flights[n] = Some(Flight { computes: None, followers }),
            There::Value => answered(followers).await,
            There::Nothing | There::Unusable => {
                entry.there = There::Value;
                entry.computed += 1;
                answered(followers).await;
            }
        }
    }

    /// A connection is cut. A flight that waits for the other node computes, unless the next connection is faster.
    async fn loses(&mut self, n: usize) {
        let node = self.nodes[n].clone();
        let lost = node.invalidations("detached");
        self.person.does(&format!("CLIENT KILL ID {}", self.connections[n]));
        eventually("it is cut off", || node.invalidations("detached") > lost).await;
        node.becomes(State::Coherent).await;
        let other = self.connections[1 - n];
        let person = &mut self.person;
        self.connections[n] = listeners(person).into_iter().find(|id| *id != other).expect("it listens again");
        let held =
            self.entries.iter().filter(|entry| matches!(&entry.flights[n], Some(flight) if flight.computes.is_some()));
        let held = held.count() as u64;
        eventually("flights wait again", || {
            let audit = node.cache.audit();
            audit.tasks == held + audit.waiters
        })
        .await;
        for entry in &mut self.entries {
            let is_over = |flight: &Flight| flight.computes.is_none() && flight.followers[0].is_finished();
            // If it is not finished yet, `settles` finishes it.
            let waits = entry.flights[n].as_ref().is_some_and(|flight| !is_over(flight));
            if !waits && let Some(flight) = entry.flights[n].take() {
                entry.computed += 1;
                answered(flight.followers).await;
            }
        }
    }

    /// Flights that wait for another node see the change.
    async fn settles(&mut self) {
        for t in 0..TEXTS.len() {
            for n in 0..2 {
                let waits = self.entries[t].flights[n].as_ref().is_some_and(|flight| flight.computes.is_none());
                if waits && !matches!(self.entries[t].there, There::Lease(_)) {
                    let flight = self.entries[t].flights[n].take().expect("it waits");
                    self.seeks((n, t), flight.followers).await;
                }
            }
        }
    }

    /// Waits until only held computations and their waiters are in progress.
    async fn is_still(&self) {
        for (n, node) in self.nodes.iter().enumerate() {
            let open = self.entries.iter().filter_map(|entry| entry.flights[n].as_ref());
            let (held, waiting): (Vec<_>, Vec<_>) = open.partition(|flight| flight.computes.is_some());
            let expected = (State::Coherent, 0, waiting.len() as u64, (held.len() + waiting.len()) as u64);
            eventually(&format!("node {n} is still: {expected:?}"), || {
                let audit = node.cache.audit();
                (node.state(), audit.write_behind_open, audit.waiters, audit.tasks) == expected
            })
            .await;
        }
    }

    /// Waits until every invalidation so far is applied, by one of the marker, which comes later.
    async fn has_followed(&mut self) {
        self.person.sets(&name(MARKER), serde_json::json!({ "resultado": answer(MARKER) }).to_string());
        for node in &self.nodes {
            node.expensive(MARKER).await;
        }
        self.person.does(&format!("DEL {}", name(MARKER)));
        for node in &self.nodes {
            eventually("the marker is followed", || !node.remembers(MARKER)).await;
        }
    }

    fn current_value(&mut self, t: usize) -> There {
        let name = name(TEXTS[t]);
        match self.person.says::<String>(&format!("TYPE {name}")).as_str() {
            "none" => There::Nothing,
            "string" => {
                let line = self.person.gets(&name).expect("a line");
                if line.starts_with("\"lease:") {
                    // A lease belongs to a node that holds a computation under it.
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

    /// The invariants that hold between steps.
    fn is_right(&mut self, is_forgotten: [bool; 2]) {
        for t in 0..TEXTS.len() {
            let (there, text) = (self.entries[t].there, TEXTS[t]);
            assert_eq!(self.current_value(t), there, "what stands under {text}");
            let entry = &self.entries[t];
            assert_eq!(entry.counted.load(SeqCst), entry.computed, "computations of {text}");
            for (n, node) in self.nodes.iter().enumerate() {
                let is_kept = node.remembers(text);
                assert!(!(is_kept && there == There::Nothing), "node {n} remembers {text}, Redis does not");
                assert!(!(is_kept && is_forgotten[t]), "node {n} remembers {text}, though it was told to forget it");
            }
        }
    }

    /// The texts that no node may have in memory after this step.
    fn forgets(&self, step: Step) -> [bool; 2] {
        let everywhere = |t: usize| match step {
            Step::Del(x) | Step::ExpiresAtOnce(x) | Step::Lapses(x) => x == t,
            Step::SetGarbage(x) | Step::SetList(x) | Step::SetValue(x) => x == t,
            Step::FlushAll | Step::FlushOther => true,
            _ => false,
        };
        // A flight that waited looks up again, and keeps the value that it finds or computes.
        let waits = |t: usize| self.entries[t].flights.iter().flatten().any(|flight| flight.computes.is_none());
        [0, 1].map(|t| everywhere(t) && !waits(t))
    }

    async fn ends(mut self) {
        for place in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            self.removes(Step::Ends(place)).await;
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

async fn answered(followers: Vec<Asking>) {
    for asking in followers {
        let found = tokio::time::timeout(PATIENCE, asking).await.expect("an answer in time").expect("no panic");
        assert!(matches!(&*found.expect("an answer").value, Fact::Text(_)));
    }
}

/// 64 cases, or one hundredth of `TABUADA_CASES`.
fn cases() -> u32 {
    let told = std::env::var("TABUADA_CASES").ok().and_then(|n| n.parse::<u32>().ok());
    told.map_or(64, |cases| cases.div_ceil(100))
}

/// A history, compared with the model after each step.
fn goes_as_the_model_says(server: &Server, steps: Vec<Step>) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut world = World::new(server).await;
        for step in steps {
            let forgets = world.forgets(step);
            world.removes(step).await;
            world.settles().await;
            world.is_still().await;
            world.has_followed().await;
            world.is_still().await;
            world.is_right(forgets);
        }
        world.ends().await;
    });
}

/// The model expected the follower to compute.
#[test]
fn a_follower_whose_leader_fails_finds_what_a_cheap_call_left_in_memory() {
    for fails in [Step::Fails, Step::Panics] {
        let place = (0, 1);
        let steps =
            vec![Step::SetList(1), Step::Holds(place), Step::Expensive(place), Step::Cheap(place), fails(place)];
        goes_as_the_model_says(&Server::start(), steps);
    }
}

#[test]
fn two_nodes_and_a_person_end_as_the_model_says() {
    let server = Server::start();
    let config = Config { cases: cases(), max_shrink_iters: 400, failure_persistence: None, ..Config::default() };
    let run = TestRunner::new(config).run(&steps(), |steps| {
        goes_as_the_model_says(&server, steps);
        Ok(())
    });
    if let Err(failed) = run {
        panic!("{failed}");
    }
}
