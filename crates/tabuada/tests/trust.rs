//! What an operator is told while Redis refuses, and that a process which stood still answers nothing that was deleted
//! meanwhile.

#![allow(clippy::panic)]

use crate::support;

use std::time::Duration;

use serde_json::Value;
use support::{Client, Node, Redis, wait_for};

/// Too expensive for the trial.
const EXPENSIVE: &str = "sum(k, k, 1, 100000)";

fn get(node: &Node, target: &str) -> String {
    Client::connect(node.address).get(target).text().to_owned()
}

#[test]
fn refused_reads_and_writes_are_in_health_in_the_counts_in_a_gauge_and_once_in_the_log() {
    let redis = Redis::start();
    let node = Node::coherent(&redis, &[]);
    let begins = [["config", "set", "maxmemory", "1"], ["acl", "setuser", "default", "-pttl"]];
    let ends = [["config", "set", "maxmemory", "0"], ["acl", "setuser", "default", "+pttl"]];
    for (n, (what, words)) in [("writes", "OOM"), ("reads", "NOPERM")].into_iter().enumerate() {
        assert_eq!(redis.cli(&begins[n]), "OK");
        // A lookup in Redis: heartbeats alone do not ask for reads.
        node.evaluate(&format!("sum(k, k, {n}, 100000)"));
        let refused = format!(r#"{{"status":"ok","cache":"coherent","{what}":"refused"}}"#);
        wait_for("it to be told", || get(&node, "/health/ready") == refused);
        let counts: Value = serde_json::from_str(&get(&node, "/v1/cache")).expect("it is JSON");
        assert_eq!(counts[what], "refused");
        let gauge = |value: u32| format!("tabuada_redis_refuses{{what=\"{what}\"}} {value}\n");
        assert!(get(&node, "/metrics").contains(&gauge(1)));
        assert_eq!(redis.cli(&ends[n]), "OK");
        node.evaluate(&format!("sum(k, k, {n}, 100001)"));
        wait_for("the end to be told", || get(&node, "/health/ready") == r#"{"status":"ok","cache":"coherent"}"#);
        assert!(get(&node, "/metrics").contains(&gauge(0)));
        let told = |sentence: String| {
            let log = node.log();
            let lines: Vec<&String> = log.iter().filter(|line| line.contains(&sentence)).collect();
            assert_eq!(lines.len(), 1, "{log:?}");
            lines[0].clone()
        };
        wait_for("the line to be read", || node.log().iter().any(|line| line.contains("again")));
        assert!(told(format!("Redis refuses {what}")).contains(words));
        wait_for("the line to be read", || {
            node.log().iter().any(|line| line.contains(&format!("Redis takes {what} again")))
        });
        told(format!("Redis takes {what} again"));
    }
}

/// Requests wait in the sockets, and so does what Redis reports: whichever the process reads first when it goes on.
#[test]
fn a_process_that_stood_still_does_not_answer_what_was_deleted_meanwhile() {
    let redis = Redis::start();
    let node = Node::coherent(&redis, &[]);
    let key = format!("tabuada:2:{}", EXPENSIVE.replace(' ', ""));
    let right = node.evaluate(EXPENSIVE).text().to_owned();
    wait_for("it to be written", || redis.cli(&["get", &key]).contains("5000050000"));
    let line = redis.cli(&["get", &key]);
    for _ in 0..10 {
        // A value that no computation gives tells memory from a computation.
        assert_eq!(redis.cli(&["set", &key, &line.replace("5000050000", "5000050001")]), "OK");
        wait_for("memory to hold it", || node.evaluate(EXPENSIVE).text() != right);
        let mut clients: Vec<Client> = (0..8).map(|_| Client::connect(node.address)).collect();
        // The connections are accepted, so that only their requests wait.
        clients.iter_mut().for_each(|client| assert_eq!(client.get("/health/live").status, 200));
        node.signal("STOP");
        assert_eq!(redis.cli(&["del", &key]), "1");
        let body = format!(r#"{{"expressao":"{EXPENSIVE}"}}"#);
        for client in &mut clients {
            let head = "POST /evaluate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
            client.send(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
        }
        std::thread::sleep(Duration::from_millis(400));
        node.signal("CONT");
        for client in &mut clients {
            assert_eq!(client.receive(false).text(), right);
        }
    }
}
