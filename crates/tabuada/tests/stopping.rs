//! How a server stops: it is no longer ready, drains, answers the requests in progress, and logs what it abandoned.
#![allow(clippy::panic)]

use std::io::Read as _;

use crate::support;

use support::{Client, Node, Response, wait_for};

/// Longer than any test. Another signal ends it.
const DRAINING: [&str; 2] = ["--drain", "1h"];

fn closes(response: &Response) -> bool {
    response.header("connection") == Some("close")
}

/// Sends the signal, and waits until the server reports that it stops.
fn stopping(node: &Node, signal: &str) {
    node.signal(signal);
    wait_for("the server to be not ready", || Client::connect(node.address).get("/health/ready").status == 503);
}

fn said(log: &[String], words: &str) -> bool {
    log.iter().any(|line| line.contains(words))
}

/// A request with half of its body, which the server has begun to read.
fn half_a_request(node: &Node, field: &str) -> Client {
    let mut client = Client::connect(node.address);
    let head = "POST /evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: 19\r\nExpect: 100-continue\r\n";
    client.send(format!("{head}{field}\r\n\r\n").as_bytes());
    let mut asked = [0; 25];
    client.stream.read_exact(&mut asked).expect("the server asks for the body");
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    client.send(b"{\"expressao\":");
    client
}

/// Load balancers take time to notice. Until then the server answers, and closes each connection after the response.
#[test]
fn a_draining_server_answers_and_reports_not_ready() {
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
    // An earlier connection gets one more response.
    let last = kept.evaluate("2+3");
    assert!(last.status == 200 && closes(&last) && kept.is_closed(), "{last:?}");
    let metrics = Client::connect(node.admin.expect("it says where")).get("/metrics");
    assert_eq!(metrics.status, 200);
    // A second signal ends the drain and the requests in progress.
    node.signal("TERM");
    let log = node.whole_log();
    assert!(said(&log, "asked to stop") && said(&log, "not ready any more") && said(&log, "at once"), "{log:#?}");
}

#[test]
fn every_signal_stops_the_server_and_each_stage_is_logged() {
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

/// The server counts the requests in progress, and logs the ID of each that it abandons.
#[test]
fn abandoned_requests_are_logged() {
    let node = Node::start(&["--log-format=json", "--log-expressions"]);
    let mut idle = Client::connect(node.address);
    assert_eq!(idle.get("/health/live").status, 200);
    let mut half = half_a_request(&node, "X-Request-Id: the-half");
    node.signal("TERM");
    let log = node.whole_log();
    let lines: Vec<serde_json::Value> = log.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let line = |words: &str| {
        let found = lines.iter().find(|line| line["message"].as_str().is_some_and(|text| text.contains(words)));
        found.unwrap_or_else(|| panic!("{words} in {log:#?}"))
    };
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

/// Without the second signal, the server would wait for the rest of the body.
#[test]
fn a_second_signal_stops_at_once() {
    let node = Node::start(&[]);
    let mut client = half_a_request(&node, "X-Request-Id: the-half");
    node.signal("TERM");
    wait_for("the server to wait for the request", || said(&node.log(), "stopped listening"));
    node.signal("TERM");
    let log = node.whole_log();
    assert!(said(&log, "at once") && !said(&log, "gave up connections"), "{log:#?}");
    assert!(client.is_closed());
}
