//! Three nodes, each a process of its own, on one Redis. An expensive answer is computed once among them, a node that
//! dies harms no client of the others, and a deletion in Redis reaches every node.

#![allow(clippy::panic)]

use crate::support;

use std::sync::{Arc, Barrier};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use support::{Client, Node, Redis, Response, wait_for};

const NODES: usize = 3;
const EXPRESSIONS: u64 = 10;
/// Requests sent at once, the same number to every node for every expression.
const QUESTIONS: usize = 600;

/// A node waits at least this long for another node's computation.
const PATIENCE_OF_NODES: Duration = Duration::from_millis(600);

/// A sum of this many squares, too long for the trial, and its answer by the formula.
fn squares(terms: u64) -> (String, String) {
    let n = u128::from(terms);
    (format!("sum(k**2, k, 1, {terms})"), format!("{{\"resultado\":{}}}", n * (n + 1) * (2 * n + 1) / 6))
}

fn fleet(redis: &Redis) -> Vec<Node> {
    (0..NODES).map(|_| Node::coherent(redis, &[])).collect()
}

/// The sum of a counter over these nodes and over all label sets that begin like this.
fn total<'a>(nodes: impl IntoIterator<Item = &'a Node>, name: &str) -> u64 {
    let of_one = |node: &Node| {
        let page = Client::connect(node.address).get("/metrics");
        let values = page.text().lines().filter(|line| line.starts_with(name)).map(|line| {
            line.rsplit_once(' ').and_then(|(_, value)| value.parse::<u64>().ok()).unwrap_or_else(|| panic!("{line}"))
        });
        values.sum::<u64>()
    };
    nodes.into_iter().map(of_one).sum()
}

fn evaluations<'a>(nodes: impl IntoIterator<Item = &'a Node>) -> u64 {
    total(nodes, "tabuada_evaluations_total")
}

/// How often Redis did not answer a node in time. On a machine that is too busy, a second computation is correct.
fn troubles<'a>(nodes: impl IntoIterator<Item = &'a Node> + Clone) -> u64 {
    total(nodes.clone(), "tabuada_redis_errors_total")
        + total(nodes, "tabuada_cache_lookups_total{layer=\"redis\",result=\"unavailable\"}")
}

/// Sends requests for all these sums to these nodes, all at once. Each request has its connection before any is sent.
fn ask_at_once(nodes: &[&Node], terms: &[u64], questions: usize) -> Vec<JoinHandle<(u64, std::io::Result<Response>)>> {
    let barrier = Arc::new(Barrier::new(questions));
    let asking = (0..questions).map(|n| {
        let (terms, mut client) = (terms[n % terms.len()], Client::connect(nodes[n / terms.len() % nodes.len()].address));
        let barrier = barrier.clone();
        std::thread::spawn(move || {
            barrier.wait();
            let body = format!("{{\"expressao\":\"{}\"}}", squares(terms).0);
            let head = format!("POST /evaluate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
            client.send(&[head.as_bytes(), body.as_bytes()].concat());
            (terms, client.try_receive(false))
        })
    });
    asking.collect()
}

/// How many of these sums have a lease in Redis, which means that a node computes them.
fn leases(redis: &Redis, terms: &[u64]) -> usize {
    let names: Vec<String> =
        terms.iter().map(|&terms| format!("tabuada:2:{}", squares(terms).0.replace(' ', ""))).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    redis.cli(&[&["mget"], &names[..]].concat()).lines().filter(|line| line.starts_with("\"lease:")).count()
}

/// Checks that every request got the correct answer. Gives the sources of the answers.
fn are_right(asking: Vec<JoinHandle<(u64, std::io::Result<Response>)>>) -> Vec<String> {
    let answers = asking.into_iter().map(|asked| {
        let (terms, response) = asked.join().expect("no panic");
        let response = response.expect("an answer");
        assert_eq!((response.status, response.text()), (200, squares(terms).1.as_str()));
        response.header("cache-status").expect("it is on every answer").to_owned()
    });
    answers.collect()
}

#[test]
fn ten_expensive_expressions_in_600_requests_are_evaluated_ten_times() {
    let redis = Redis::start();
    let nodes = fleet(&redis);
    // On a machine that is too busy for a lookup within 50 ms, or for a sum within the others' patience, a node may
    // compute for itself. This must explain every evaluation beyond ten. On a quiet machine, most rounds need no
    // explanation.
    for round in 1..=10 {
        let terms: Vec<u64> = (0..EXPRESSIONS).map(|n| 20_000 + 1_000 * n + round).collect();
        let before = (evaluations(&nodes), troubles(&nodes));
        let asking = ask_at_once(&nodes.iter().collect::<Vec<_>>(), &terms, QUESTIONS);
        let begun = Instant::now();
        let statuses = are_right(asking);
        let is_slow = begun.elapsed() >= PATIENCE_OF_NODES;
        let (evaluated, disturbed) = (evaluations(&nodes) - before.0, troubles(&nodes) - before.1);
        assert!(evaluated >= EXPRESSIONS, "each was evaluated");
        let most = if is_slow { EXPRESSIONS * NODES as u64 } else { EXPRESSIONS };
        assert!(evaluated <= most + disturbed, "{evaluated}, disturbed {disturbed} times, slow: {is_slow}");
        if evaluated == EXPRESSIONS {
            let computed = statuses.iter().filter(|status| status.starts_with("tabuada; fwd=uri-miss; stored")).count();
            assert!(computed as u64 <= EXPRESSIONS, "the others waited, or found it: {computed}");
            break;
        }
    }
    // All nodes have the values that one of them has computed.
    let before = evaluations(&nodes);
    let (expression, body) = squares(20_001);
    for node in &nodes {
        assert_eq!(node.evaluate(&expression).text(), body);
    }
    assert_eq!(evaluations(&nodes), before);
}

#[test]
fn a_node_killed_while_it_evaluates_costs_one_evaluation_more_for_each_that_waited() {
    let redis = Redis::start();
    let mut nodes = fleet(&redis);
    let killed = nodes.pop().expect("three nodes");
    // Stops the node during the computation, so that nothing is finished before the others wait. Sometimes it is
    // faster.
    let (terms, lost) = (0..20)
        .find_map(|round| {
            let terms: Vec<u64> = (0..EXPRESSIONS).map(|n| 40_000 + 100 * round + n).collect();
            let lost = ask_at_once(&[&killed], &terms, terms.len());
            wait_for("the node to compute", || lost.iter().all(JoinHandle::is_finished) || leases(&redis, &terms) > 0);
            killed.signal("STOP");
            let is_at_work = leases(&redis, &terms) > 0;
            if !is_at_work {
                killed.signal("CONT");
                are_right(lost);
                return None;
            }
            Some((terms, lost))
        })
        .expect("one of twenty rounds lasts long enough to stop the node");
    let before = (evaluations(&nodes), troubles(&nodes));
    let asking = ask_at_once(&nodes.iter().collect::<Vec<_>>(), &terms, QUESTIONS);
    let waits = "tabuada_cache_lookups_total{layer=\"redis\",result=\"lease\"}";
    wait_for("the others to wait for it", || total(&nodes, waits) > 0);
    killed.signal("KILL");
    assert_eq!(killed.ended(), None, "it was killed");
    for asked in lost {
        // A client of the killed node gets an error, unless it was answered before.
        let (terms, response) = asked.join().expect("no panic");
        assert!(response.is_err() || response.is_ok_and(|response| response.text() == squares(terms).1));
    }
    are_right(asking);
    let (evaluated, disturbed) = (evaluations(&nodes) - before.0, troubles(&nodes) - before.1);
    let most = EXPRESSIONS * nodes.len() as u64 + disturbed;
    assert!((1..=most).contains(&evaluated), "{evaluated}, disturbed {disturbed} times");
    // The dead node's leases are gone, and new answers are cached.
    wait_for("no lease to be left", || leases(&redis, &terms) == 0);
    for node in &nodes {
        for &terms in &terms {
            let (expression, body) = squares(terms);
            wait_for("the answer to be cached", || {
                let answer = node.evaluate(&expression);
                assert_eq!(answer.text(), body);
                answer.header("cache-status").is_some_and(|status| status.contains("; hit; "))
            });
        }
    }
    assert_eq!(total(&nodes, "tabuada_cache_flights_total{end=\"failed\"}"), 0);
}

#[test]
fn flushall_empties_the_memory_of_every_node() {
    let redis = Redis::start();
    let nodes = fleet(&redis);
    let texts = [squares(20_000).0, squares(30_000).0, "2+2".to_owned(), "1/0".to_owned()];
    let status = |node: &Node, text: &str| {
        let response = node.evaluate(text);
        assert_eq!(response.status, 200);
        response.header("cache-status").expect("it is on every answer").to_owned()
    };
    for round in 1..=5 {
        for node in &nodes {
            for text in &texts {
                wait_for("the answer to be in memory", || {
                    status(node, text).starts_with("tabuada; hit; detail=memory")
                });
            }
        }
        assert_eq!(redis.cli(&["flushall"]), "OK");
        // One null for each connection that tracks: any later change is reported after the flush.
        for node in &nodes {
            wait_for("the node to receive the invalidation", || {
                total([node], "tabuada_cache_forgotten_total{cause=\"flush\"}") == round
            });
        }
        for node in &nodes {
            for text in &texts {
                let status = status(node, text);
                assert!(!status.contains("detail=memory"), "{text}: {status}");
            }
        }
    }
}
