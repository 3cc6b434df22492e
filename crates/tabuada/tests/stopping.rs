//! How a server ends: it says that it goes, goes on for as long as it was told, answers what it has begun, and says what it
//! gave up.
#![allow(clippy::panic)]

mod support;

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
    assert!(said(&log, "at once") && !said(&log, "gave up"), "{log:#?}");
    assert!(client.is_closed());
}
