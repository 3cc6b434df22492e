//! What a fleet costs Redis: three simulated nodes against three caches at a real server, which are asked the same
//! questions.
//!
//! The real nodes ask one question after the other, with a pause in between; so how busy the machine is does not
//! matter, except for heartbeats, which are not compared.

use crate::support;

use std::sync::Arc;
use std::time::Duration;

use support::eventually;
use support::server::{Person, Server};
use tabuada_cache::{Cache, Deadlines, Json, Key, Options, State};
use tabuada_simulation::redis::Command;
use tabuada_simulation::{Plan, Questions, Traffic, Workload, run};

type Node = Arc<Cache<Json<String>>>;

const SEED: u64 = 1;
const NODES: usize = 3;
const QUESTIONS: u64 = 3_000;
const WORKLOAD: Workload = Workload { keys: 2_000, expensive_one_in: 4, rate: 100, value_bytes: 150 };
/// Longer than anything takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// The length of `{"value":""}`.
const BRACES: usize = 12;

fn start(url: &str) -> Node {
    let mut options = Options::with_redis(url);
    options.namespace = "t".to_owned();
    let mut deadlines = Deadlines::default();
    (deadlines.call, deadlines.handshake, deadlines.heartbeat_timeout) = (PATIENCE, PATIENCE, PATIENCE);
    (deadlines.patience, deadlines.lease, deadlines.touch) = (PATIENCE, 4 * PATIENCE, 24 * 60 * PATIENCE);
    deadlines.belief = Some(PATIENCE);
    Arc::new(Cache::with_deadlines(Json::new(), options, deadlines).expect("usable options"))
}

/// Asks a node all its questions.
async fn ask(node: Node, number: usize, are_expensive: Arc<Vec<bool>>) {
    for key in Questions::of(SEED, number, WORKLOAD.keys).take(QUESTIONS as usize) {
        let value = "v".repeat(WORKLOAD.value_bytes - BRACES);
        let cheap = (!are_expensive[key]).then(|| value.clone());
        let compute = async move || {
            tokio::time::sleep(Duration::from_millis(2)).await;
            Ok::<_, ()>(value)
        };
        let trial = || std::future::ready(cheap);
        node.get_or_try_then_compute(&Key::new("1", &format!("k{key}")), trial, compute).await.expect("an answer");
        // The write-behind has no more than 1,000 a second.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Changes of keys that all nodes have been told of.
fn told(nodes: &[Node]) -> u64 {
    let of = |node: &Node| node.stats().invalidations.iter().find(|it| it.label == "key").map_or(0, |it| it.count);
    nodes.iter().map(of).sum()
}

fn marker() -> Key {
    Key::new("1", "marker")
}

/// Waits until nothing is on its way any more: an entry that every node has is deleted, and every node is told.
async fn settle(nodes: &[Node], person: &mut Person) {
    let is_idle = |node: &Node| node.stats().flights_open == 0 && node.stats().write_behind_open == 0;
    eventually("flights and writes end", || nodes.iter().all(is_idle)).await;
    person.does("DEL t:1:marker");
    eventually("the deletion is told", || nodes.iter().all(|node| node.get(&marker()).is_none())).await;
}

fn number(info: &str, field: &str) -> u64 {
    let line = info.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_else(|| panic!("no {field}"));
    line.split([',', '\r']).next().and_then(|it| it.parse().ok()).unwrap_or_else(|| panic!("{field}: {line}"))
}

/// What three caches cost a real server, without heartbeats.
async fn real() -> Traffic {
    let server = Server::start();
    let (mut person, url) = (server.person(), server.url());
    let nodes: Vec<Node> = (0..NODES).map(|_| start(&url)).collect();
    for node in &nodes {
        assert_eq!(node.wait_until_ready(PATIENCE).await, State::Coherent);
    }
    // The first writes it. To the others it may be reported after they have it, so that they need it once more.
    eventually("all have the marker", || {
        let lacking: Vec<_> = nodes.iter().filter(|node| node.get(&marker()).is_none()).collect();
        for node in &lacking {
            node.insert(&marker(), "here".to_owned());
        }
        lacking.is_empty() && nodes.iter().all(|node| node.stats().write_behind_open == 0)
    })
    .await;
    let before = told(&nodes);
    person.does("CONFIG RESETSTAT");
    let are_expensive = Arc::new(WORKLOAD.are_expensive(SEED).collect());
    let asking = |(number, node): (usize, &Node)| tokio::spawn(ask(node.clone(), number, Arc::clone(&are_expensive)));
    for asking in nodes.iter().enumerate().map(asking).collect::<Vec<_>>() {
        asking.await.expect("no panic");
    }
    settle(&nodes, &mut person).await;
    let stats: String = person.says("INFO stats");
    let mut calls = |name: &str| person.calls(name);
    let heartbeats = calls("setrange");
    let heartbeat = Command::SetRange(format!("t::canary:{}", "0".repeat(32)).into(), 0, [].into());
    Traffic {
        commands: ["getrange", "pttl", "set"].map(|name| (name, calls(name))).into(),
        // A deletion of the marker was told to each node.
        pushed_names: told(&nodes) - before - NODES as u64,
        pushes: 0,
        bytes_in: number(&stats, "total_net_input_bytes:") - heartbeats * heartbeat.wire_bytes() as u64,
        bytes_out: number(&stats, "total_net_output_bytes:") - heartbeats * ":0\r\n".len() as u64,
    }
}

/// What the simulation says of the same.
fn simulated() -> Traffic {
    let outcome = run(&Plan::asked(SEED, NODES, &WORKLOAD, QUESTIONS), None);
    assert_eq!(outcome.broken, None);
    let heartbeats = outcome.traffic.commands["setrange"];
    let heartbeat = Command::SetRange(format!("t::canary:{}", "0".repeat(32)).into(), 0, [].into());
    let mut traffic = outcome.traffic;
    traffic.bytes_in -= heartbeats * heartbeat.wire_bytes() as u64;
    traffic.bytes_out -= heartbeats * ":0\r\n".len() as u64;
    traffic
}

/// Both agree within 3 %, in bytes within 5 %: leases and lifetimes differ in length by some digits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_cost_redis_what_the_simulation_says() {
    let (real, simulated) = (real().await, simulated());
    println!("real      {real:?}\nsimulated {simulated:?}");
    let agree = |what: &str, real: u64, simulated: u64, percent: u64| {
        let difference = real.abs_diff(simulated);
        assert!(difference * 100 <= percent * real, "{what}: {real} in Redis, {simulated} in the simulation");
    };
    for (name, count) in &real.commands {
        agree(name, *count, simulated.commands[name], 3);
    }
    agree("pushed names", real.pushed_names, simulated.pushed_names, 3);
    agree("bytes in", real.bytes_in, simulated.bytes_in, 5);
    agree("bytes out", real.bytes_out, simulated.bytes_out, 5);
}
