//! The limits on what one client may use of a server. Each test sets a short limit instead of the default, so that it
//! waits only for responses.
#![allow(clippy::panic)]

use crate::support;

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::{Client, Response, Server, clean, wait_for};
use tabuada::{Bounds, Setup, Share};

fn bounded(bounds: Bounds) -> Server {
    Server::start_with(Setup { bounds, ..Setup::default() })
}

/// Short enough to wait for. No test requires that anything happens within it.
const SHORT: Duration = Duration::from_millis(20);

fn problem(response: &Response) -> (u16, String) {
    assert_eq!(response.header("content-type"), Some("application/problem+json"), "{response:?}");
    let problem: Value = serde_json::from_slice(&response.body).expect("it is JSON");
    assert_eq!(problem["status"], response.status);
    (response.status, problem["code"].as_str().expect("a code").to_owned())
}

/// A body that does not arrive, or not to its end, is answered with 408, and the connection is closed.
#[test]
fn an_unfinished_body_times_out_with_408() {
    let server = bounded(Bounds { body_time: SHORT, ..Bounds::default() });
    for path in ["/evaluate", "/v1/evaluate", "/v1/table", "/v1/batch"] {
        for framing in ["Content-Length: 100", "Transfer-Encoding: chunked"] {
            for begun in ["", "5\r\n{\"exp"] {
                let mut client = Client::connect(server.address);
                let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nX-Request-Id: slow\r\n{framing}\r\n\r\n");
                client.send(head.as_bytes());
                client.send(begun.as_bytes());
                let response = client.receive(false);
                if path == "/evaluate" {
                    assert_eq!((response.status, response.text()), (408, r#"{"detail":"Request Timeout"}"#));
                    assert_eq!(response.header("cache-status"), Some("tabuada; fwd=bypass; detail=too-slow"));
                } else {
                    assert_eq!(problem(&response), (408, "timeout".to_owned()), "{path}");
                }
                assert_eq!(response.header("connection"), Some("close"), "{path}");
                assert_eq!(response.header("x-request-id"), Some("slow"), "{path}");
                assert!(client.is_closed(), "{path}");
            }
        }
    }
}

/// The server answers each line when it arrives. When the lines stop, the last line of the response reports that.
#[test]
fn a_stalled_batch_ends_with_a_timeout_line() {
    let server = bounded(Bounds { body_time: Duration::from_millis(500), ..Bounds::default() });
    let mut client = Client::connect(server.address);
    client.send(
        b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: 100\r\n\r\n2+2\n",
    );
    let response = client.receive(false);
    let mut lines = response.text().lines();
    // On a busy machine, the first line may time out too; then there is only the last line.
    let last = lines.next_back().expect("a line");
    let last: Value = serde_json::from_str(last).expect("it is JSON");
    assert_eq!((response.status, &last["error"]["code"]), (200, &"timeout".into()));
    assert!(lines.all(|line| line == r#"{"result":4,"type":"int","text":"4"}"#));
}

/// The connection is closed without a response, because no complete request arrived.
#[test]
fn an_unfinished_head_times_out() {
    let server = bounded(Bounds { head_time: SHORT, ..Bounds::default() });
    for begun in ["", "POST /evaluate HTTP/1.1\r\n", "POST /evaluate HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let mut client = Client::connect(server.address);
        client.send(begun.as_bytes());
        assert!(client.is_closed(), "{begun}");
    }
}

/// The time limit of a later head starts at its first byte.
#[test]
fn an_unfinished_later_head_times_out() {
    let server = bounded(Bounds { head_time: Duration::from_millis(500), ..Bounds::default() });
    let mut client = Client::connect(server.address);
    client.send(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(client.receive(false).status, 200);
    client.send(b"GET /health/live HTTP/1.1\r\nHost:");
    assert!(client.is_closed());
}

/// The limit also holds if the first bytes of the head came together with the request before it.
#[test]
fn a_partial_head_behind_a_request_is_not_idle() {
    let server = bounded(Bounds { head_time: Duration::from_millis(500), ..Bounds::default() });
    for begun in ["G", "GET /health/live HTTP/1.1\r\nHost: x\r\n"] {
        let mut client = Client::connect(server.address);
        client.send(format!("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n{begun}").as_bytes());
        assert_eq!(client.receive(false).status, 200);
        assert!(client.is_closed());
    }
}

/// A client that reads nothing loses its connection, and the server frees the response.
#[test]
fn a_response_without_a_reader_is_dropped() {
    let server = bounded(Bounds { write_time: SHORT, ..Bounds::default() });
    let mut client = Client::connect(server.address);
    let body = br#"{"expr":"x+1","x":{"from":1,"to":2,"count":1000000}}"#;
    client.send(format!("POST /v1/table HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes());
    client.send(body);
    wait_for("the response to be dropped", || {
        let metrics = Client::connect(server.address).get("/metrics");
        metrics.text().contains("tabuada_streams_abandoned_total 1\n")
            && metrics.text().contains("tabuada_connections 1\n")
    });
}

/// The next line that contains these words.
fn line_with(words: &str, said: &mut impl BufRead) -> String {
    let line = said.lines().map_while(Result::ok).find(|line| line.contains(words));
    line.unwrap_or_else(|| panic!("{words:?} is not in the output"))
}

/// The binary under limits of the system (`ulimit`), and its output.
struct Limited(std::process::Child, std::net::SocketAddr, BufReader<std::process::ChildStderr>);

impl Limited {
    fn start(limits: &str) -> Self {
        Self::start_with(limits, "")
    }

    fn start_with(limits: &str, options: &str) -> Self {
        let script = format!("{limits} && exec \"$0\" serve --listen 127.0.0.1:0 --threads 2 {options}");
        let mut process = clean(Command::new("sh"))
            .args(["-c", &script, env!("CARGO_BIN_EXE_tabuada")])
            .stderr(Stdio::piped())
            .spawn()
            .expect("there is a shell");
        let mut said = BufReader::new(process.stderr.take().expect("it is piped"));
        let line = line_with("listening on http://", &mut said);
        let address = line.trim_end().strip_prefix("listening on http://").expect("a line of its own");
        let address = address.parse().expect("an address");
        Self(process, address, said)
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_limit_on_open_files_is_raised() {
    let server = Limited::start("ulimit -Sn 64 && ulimit -Hn 300");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.0.id())).expect("it runs");
    let files = limits.lines().find(|line| line.starts_with("Max open files")).expect("a limit is set");
    assert_eq!(files.split_whitespace().collect::<Vec<_>>()[3..5], ["300", "300"], "{files}");
}

/// The connections wait, and are answered when others have closed. The server reports it once.
#[test]
fn connections_without_files_wait_and_are_counted() {
    // With so few files, none is left for clients.
    let mut server = Limited::start_with("ulimit -n 16", "--peer-share 100%");
    let mut clients: Vec<Client> = (0..80).map(|_| Client::connect(server.1)).collect();
    let line = line_with("cannot accept", &mut server.2);
    assert!(line.contains("WARN"), "{line}");
    let mut last = clients.pop().expect("there are some");
    drop(clients);
    assert_eq!(last.get("/v1/evaluate?expr=1").status, 200);
    let metrics = last.get("/metrics");
    let counted = metrics.text().lines().find_map(|line| line.strip_prefix("tabuada_accepts_failed_total "));
    assert!(counted.is_some_and(|count| count != "0"), "{}", metrics.text());
    server.0.kill().expect("it runs");
    let mut rest = String::new();
    server.2.read_to_string(&mut rest).expect("it speaks UTF-8");
    assert!(!rest.contains("cannot accept"), "{rest}");
}

/// If the connection limit is higher than the limit on files allows, the server warns at the start.
#[test]
fn too_few_files_for_the_connections_are_logged() {
    let mut server = Limited::start("ulimit -n 300");
    let line = line_with("fewer connections", &mut server.2);
    assert!(line.contains("WARN") && line.contains("files=300") && line.contains("connections=236"), "{line}");
    let mut server = Limited::start("ulimit -n 8256");
    assert_eq!(Client::connect(server.1).get("/health/live").status, 200);
    server.0.kill().expect("it runs");
    let rest: Vec<String> = server.2.by_ref().lines().map_while(Result::ok).collect();
    assert!(!rest.iter().any(|line| line.contains("fewer connections")), "{rest:?}");
}

/// Connections use up the open files, so the one that has been idle longest is closed.
#[test]
fn idle_connections_of_one_address_leave_files_to_others() {
    let server = Limited::start("ulimit -n 200");
    let idle: Vec<Client> = (0..300).map(|_| Client::connect(server.1)).collect();
    for _ in 0..3 {
        assert_eq!(Client::connect_from([127, 0, 0, 2], server.1).get("/v1/evaluate?expr=1").status, 200);
    }
    let metrics = Client::connect_from([127, 0, 0, 2], server.1).get("/metrics");
    assert!(metrics.text().contains("\ntabuada_accepts_failed_total 0\n"), "{}", metrics.text());
    drop(idle);
}

/// There is a limit on the bytes of bodies that have not arrived completely. One address may use half of it.
#[test]
fn unfinished_bodies_are_bounded_in_memory() {
    let server = bounded(Bounds::default());
    let half_sent = |own| {
        let mut client = Client::connect_from(own, server.address);
        client.send(b"POST /v1/evaluate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n");
        client.send(&[b' '; 900_000]);
        client
    };
    let mut held: Vec<Client> = (0..40).map(|_| half_sent([127, 0, 0, 1])).collect();
    // About 37 of them fill 32 MiB. Those that come after that are refused.
    held.iter().for_each(|client| client.stream.set_nonblocking(true).expect("a socket"));
    let mut refused = 0;
    wait_for("refusals", || {
        refused += held.extract_if(.., |client| client.stream.peek(&mut [0; 1]).is_ok()).count();
        refused >= 3
    });
    assert!(refused < 10, "{refused}");
    let large = [b"{\"expr\": \"2+2\"}".as_slice(), &[b' '; 900_000]].concat();
    let answer = |own| {
        Client::connect_from(own, server.address).request(
            "POST",
            "/v1/evaluate",
            &[("Content-Type", "application/json")],
            &large,
        )
    };
    // Of several that arrive at the same time, more may be refused than necessary.
    wait_for("all the room to be in use", || {
        let refusal = answer([127, 0, 0, 1]);
        if refusal.status == 503 {
            assert!(refusal.header("retry-after").is_some());
            return true;
        }
        held.push(half_sent([127, 0, 0, 1]));
        false
    });
    assert_eq!(answer([127, 0, 0, 2]).status, 200);
    // Small bodies do not count.
    assert_eq!(Client::connect(server.address).evaluate("2+2").status, 200);
    drop(held);
    wait_for("room", || answer([127, 0, 0, 1]).status == 200);
}

/// A keep-alive connection is closed after a time without requests.
#[test]
fn an_idle_connection_is_closed() {
    let server = bounded(Bounds { idle_time: Duration::from_secs(2), ..Bounds::default() });
    let mut client = Client::connect(server.address);
    client.send(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(client.receive(false).status, 200);
    assert!(client.is_closed());
}

/// The largest allowed head is read; a larger one is answered with 431.
#[test]
fn a_head_is_limited_in_size() {
    let server = bounded(Bounds { head_bytes: 8 << 10, ..Bounds::default() });
    let asked = |size: usize| {
        let frame = "GET /health/live HTTP/1.1\r\nHost: x\r\nX: \r\n\r\n".len();
        let mut client = Client::connect(server.address);
        let filling = "x".repeat(size - frame);
        client.send(format!("GET /health/live HTTP/1.1\r\nHost: x\r\nX: {filling}\r\n\r\n").as_bytes());
        client.receive(false).status
    };
    assert_eq!(asked(8 << 10), 200);
    assert_eq!(asked((8 << 10) + 1), 431);
}

#[test]
fn a_request_target_is_limited_in_size() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let target = format!("/v1/evaluate?expr={}", "1".repeat(100 << 10));
    client.send(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes());
    assert!(matches!(client.receive(false).status, 414 | 431));
}

/// A connection that waits for nothing is closed in favour of a new one with a request.
#[test]
fn the_longest_idle_connection_is_closed_for_a_new_one() {
    let server = bounded(Bounds { connections: 2, peer_share: Share::ALL, ..Bounds::default() });
    let mut idle = [(); 2].map(|()| Client::connect(server.address));
    for client in &mut idle {
        assert_eq!(client.get("/health/live").status, 200);
    }
    let mut third = Client::connect(server.address);
    assert_eq!(third.get("/nowhere").status, 404);
    // Several connections began to wait at almost the same time, and the order depends on their tasks. The tests of
    // `places.rs` check that the oldest is closed.
    let has_gone = |client: &Client| {
        client.stream.set_nonblocking(true).expect("a socket");
        let read = client.stream.peek(&mut [0; 1]);
        client.stream.set_nonblocking(false).expect("a socket");
        matches!(read, Ok(0))
    };
    wait_for("one idle connection to close", || idle.iter().any(has_gone));
    let stays = idle.iter_mut().find(|client| !has_gone(client)).expect("the other connection stays open");
    assert_eq!(stays.get("/health/live").status, 200);
    // Silent connections too, however many: each has been idle for longer than the client with a request.
    let silent: Vec<Client> = (0..10).map(|_| Client::connect(server.address)).collect();
    assert_eq!(Client::connect(server.address).get("/health/live").status, 200);
    drop(silent);
}

/// If all connections have a request in progress, a new one waits until one of them is answered.
#[test]
fn connections_beyond_the_bound_wait_for_one_to_end() {
    let server = bounded(Bounds { connections: 2, peer_share: Share::ALL, ..Bounds::default() });
    let mut busy = [(); 2].map(|()| Client::connect(server.address));
    for client in &mut busy {
        client.send(b"POST /evaluate HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 19\r\n\r\n");
        // The server has asked for the body, so the connection is busy from here on.
        let mut said = [0; 25];
        client.stream.read_exact(&mut said).expect("it is asked");
        assert_eq!(&said, b"HTTP/1.1 100 Continue\r\n\r\n");
    }
    let mut third = Client::connect(server.address);
    third.send(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n");
    busy[0].send(b"{\"expressao\":\"2+2\"}");
    assert_eq!(busy[0].receive(false).text(), "{\"resultado\":4}");
    assert_eq!(third.receive(false).status, 404);
    busy[1].send(b"{\"expressao\":\"2+3\"}");
    assert_eq!(busy[1].receive(false).text(), "{\"resultado\":5}");
}

/// Requests in flight may finish, within a time limit.
#[test]
fn stopping_has_a_time_limit() {
    let server = bounded(Bounds { stop_time: SHORT, ..Bounds::default() });
    let mut client = Client::connect(server.address);
    client.send(b"POST /evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: 19\r\n\r\n{\"expressao\":");
    // The server has read the head once it answers another request that was sent later.
    assert_eq!(Client::connect(server.address).get("/health/live").status, 200);
    server.stop();
    assert!(client.is_closed());
}
