//! How a server ends: it says that it goes, goes on for as long as it was told, answers what it has begun, and says what it
//! gave up.
#![allow(clippy::panic)]

use crate::support;

use support::{Client, Node, Response, wait_for};

/// Longer than any test: what ends it is another signal.
const DRAINING: [&str; 2] = ["--drain", "1h"];

fn closes(response: &Response) -> bool {
    response.header("connection") == Some("close")
}

/// Tells it to stop, and waits until it says that it does.
fn stopping(node: &Node, signal: &str) {
    node.signal(signal);
    wait_for("it to stop being ready", || Client::connect(node.address).get("/health/ready").status == 503);
}

fn said(log: &[String], words: &str) -> bool {
    log.iter().any(|line| line.contains(words))
}

/// Balancers take their time to look: until then it answers, and keeps no connection for more.
#[test]
fn draining_answers_and_says_that_it_goes() {
    let node = Node::start(&[&DRAINING[..], &["--admin-listen", "127.0.0.1:0"]].concat());
    let mut kept = Client::connect(node.address);
    assert!(!closes(&kept.get("/health/ready")));
    stopping(&node, "TERM");
    let asked = |target: &str| Client::connect(node.address).get(target);
    let ready = asked("/health/ready");
    assert_eq!((ready.status, ready.text()), (503, "{\"status\":\"stopping\",\"cache\":\"memory\"}"));
    for target in ["/health/ready", "/health/live", "/v1/evaluate?expr=2%2B2", "/v1/functions", "/nowhere", "/"] {
        let answer = asked(target);
        assert!(closes(&answer), "{target}: {answer:?}");
    }
    assert_eq!((asked("/health/live").status, node.evaluate("2+2").status), (200, 200));
    assert!(closes(&node.evaluate("2+2")));
    // Who came before has one more answer.
    let last = kept.evaluate("2+3");
    assert!(last.status == 200 && closes(&last) && kept.is_closed(), "{last:?}");
    let metrics = Client::connect(node.admin.expect("it says where")).get("/metrics");
    assert_eq!(metrics.status, 200);
    // A second signal ends the drain, and all else.
    node.signal("TERM");
    let log = node.whole_log();
    assert!(said(&log, "asked to stop") && said(&log, "not ready any more") && said(&log, "at once"), "{log:#?}");
}

#[test]
fn every_signal_stops_it_and_each_stage_is_said() {
    for signal in ["TERM", "INT", "HUP"] {
        let node = Node::start(&["--drain", "1ms"]);
        assert_eq!(node.evaluate("2+2").status, 200);
        node.signal(signal);
        let log = node.whole_log();
        for words in [signal, "not ready any more", "stopped listening", "all is answered"] {
            assert!(said(&log, words), "{words} in {log:#?}");
        }
        let node = Node::start(&[]);
        node.signal(signal);
        assert_eq!(node.ended(), Some(0), "{signal}");
    }
}

/// What is in flight is counted, and what is given up is told by name.
#[test]
fn what_is_given_up_is_told() {
    let node = Node::start(&["--log-format=json", "--log-expressions"]);
    let mut idle = Client::connect(node.address);
    assert_eq!(idle.get("/health/live").status, 200);
    let mut half = Client::connect(node.address);
    let head = "POST /evaluate HTTP/1.1\r\nHost: x\r\nX-Request-Id: the-half\r\nContent-Length: 19\r\n\r\n";
    half.send(format!("{head}{{\"expressao\":").as_bytes());
    // The server has seen the head once it answers another request sent after it.
    assert_eq!(Client::connect(node.address).get("/health/live").status, 200);
    node.signal("TERM");
    let log = node.whole_log();
    let lines: Vec<serde_json::Value> = log.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let line = |words: &str| {
        let found = lines.iter().find(|line| line["message"].as_str().is_some_and(|text| text.contains(words)));
        found.unwrap_or_else(|| panic!("{words} in {log:#?}"))
    };
    // The one that asked last may not be gone yet.
    for words in ["not ready any more", "stopped listening"] {
        let (connections, requests) = (line(words)["connections"].as_u64(), line(words)["requests"].as_u64());
        assert!(connections >= Some(2) && requests >= Some(1) && requests < connections, "{:?}", line(words));
    }
    let given_up = line("gave up connections");
    assert_eq!((&given_up["connections"], &given_up["requests"]), (&1.into(), &1.into()), "{given_up:?}");
    let request = line("gave up a request");
    for (name, value) in
        [("id", "the-half"), ("route", "evaluate"), ("method", "POST"), ("client", "127.0.0.1"), ("uri", "/evaluate")]
    {
        assert_eq!(request[name], value, "{name}");
    }
    assert!(half.is_closed());
}

/// Half a body would be waited for.
#[test]
fn a_second_signal_waits_for_nobody() {
    let node = Node::start(&[]);
    let mut client = Client::connect(node.address);
    client.send(b"POST /evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: 19\r\n\r\n{\"expressao\":");
    // The server has seen the head once it answers another request sent after it.
    assert_eq!(Client::connect(node.address).get("/health/live").status, 200);
    node.signal("TERM");
    wait_for("it to wait", || said(&node.log(), "stopped listening"));
    node.signal("TERM");
    let log = node.whole_log();
    assert!(said(&log, "at once") && !said(&log, "gave up connections"), "{log:#?}");
    assert!(client.is_closed());
}
