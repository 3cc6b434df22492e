//! What a client may take of a server at most: each bound, with a short one in place of the usual, so that nothing has to
//! be waited for but an answer.
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

/// Short enough to be waited for. Nothing here has to happen within it.
const SHORT: Duration = Duration::from_millis(20);

fn problem(response: &Response) -> (u16, String) {
    assert_eq!(response.header("content-type"), Some("application/problem+json"), "{response:?}");
    let problem: Value = serde_json::from_slice(&response.body).expect("it is JSON");
    assert_eq!(problem["status"], response.status);
    (response.status, problem["code"].as_str().expect("a code").to_owned())
}

/// Whether none of it comes, or all but the end: 408, and the connection is closed.
#[test]
fn a_body_that_never_ends_is_answered() {
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

/// Lines are answered as they come; when no more do, a line says so.
#[test]
fn lines_that_stop_coming_end_with_a_line_that_says_so() {
    let server = bounded(Bounds { body_time: Duration::from_millis(500), ..Bounds::default() });
    let mut client = Client::connect(server.address);
    client.send(
        b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: 100\r\n\r\n2+2\n",
    );
    let response = client.receive(false);
    let mut lines = response.text().lines();
    // If the machine is too busy for the first one, there is only the last.
    let last = lines.next_back().expect("a line");
    let last: Value = serde_json::from_str(last).expect("it is JSON");
    assert_eq!((response.status, &last["error"]["code"]), (200, &"timeout".into()));
    assert!(lines.all(|line| line == r#"{"result":4,"type":"int","text":"4"}"#));
}

/// Whether none of it comes, or all but the end: nobody knows what was to be answered, and the connection is closed.
#[test]
fn a_head_that_never_ends_is_not_waited_for() {
    let server = bounded(Bounds { head_time: SHORT, ..Bounds::default() });
    for begun in ["", "POST /evaluate HTTP/1.1\r\n", "POST /evaluate HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let mut client = Client::connect(server.address);
        client.send(begun.as_bytes());
        assert!(client.is_closed(), "{begun}");
    }
}

/// A later head as well, from its first byte on.
#[test]
fn a_later_head_that_never_ends_is_not_waited_for() {
    let server = bounded(Bounds { head_time: Duration::from_millis(500), ..Bounds::default() });
    let mut client = Client::connect(server.address);
    client.send(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(client.receive(false).status, 200);
    client.send(b"GET /health/live HTTP/1.1\r\nHost:");
    assert!(client.is_closed());
}

/// And if its first bytes came with the request before it.
#[test]
fn a_head_that_begins_behind_another_is_not_waited_for_as_an_idle_one() {
    let server = bounded(Bounds { head_time: Duration::from_millis(500), ..Bounds::default() });
    for begun in ["G", "GET /health/live HTTP/1.1\r\nHost: x\r\n"] {
        let mut client = Client::connect(server.address);
        client.send(format!("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n{begun}").as_bytes());
        assert_eq!(client.receive(false).status, 200);
        assert!(client.is_closed());
    }
}

/// Who asks and reads nothing keeps neither a connection nor what was to be sent.
#[test]
fn an_answer_that_nobody_takes_is_given_up() {
    let server = bounded(Bounds { write_time: SHORT, ..Bounds::default() });
    let mut client = Client::connect(server.address);
    let body = br#"{"expr":"x+1","x":{"from":1,"to":2,"count":1000000}}"#;
    client.send(format!("POST /v1/table HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes());
    client.send(body);
    wait_for("it to be given up", || {
        let metrics = Client::connect(server.address).get("/metrics");
        metrics.text().contains("tabuada_streams_abandoned_total 1\n")
            && metrics.text().contains("tabuada_connections 1\n")
    });
}

/// The next line that holds this.
fn line_with(words: &str, said: &mut impl BufRead) -> String {
    let line = said.lines().map_while(Result::ok).find(|line| line.contains(words));
    line.unwrap_or_else(|| panic!("it does not say {words:?}"))
}

/// The binary with bounds of the system's own, and what it says.
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
fn as_many_files_are_open_as_the_system_grants() {
    let server = Limited::start("ulimit -Sn 64 && ulimit -Hn 300");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.0.id())).expect("it runs");
    let files = limits.lines().find(|line| line.starts_with("Max open files")).expect("there is a bound");
    assert_eq!(files.split_whitespace().collect::<Vec<_>>()[3..5], ["300", "300"], "{files}");
}

/// They wait, and are answered when others have gone; it is said once.
#[test]
fn connections_without_files_wait_and_are_counted() {
    // So few that half of them, which are for clients, are not there.
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

/// Fewer connections than are promised are promised to nobody: it is said at the start.
#[test]
fn too_few_files_for_the_connections_are_said() {
    let mut server = Limited::start("ulimit -n 300");
    let line = line_with("fewer connections", &mut server.2);
    assert!(line.contains("WARN") && line.contains("files=300") && line.contains("connections=236"), "{line}");
    let mut server = Limited::start("ulimit -n 8256");
    assert_eq!(Client::connect(server.1).get("/health/live").status, 200);
    server.0.kill().expect("it runs");
    let rest: Vec<String> = server.2.by_ref().lines().map_while(Result::ok).collect();
    assert!(!rest.iter().any(|line| line.contains("fewer connections")), "{rest:?}");
}

/// They are connections: of these, the idlest gives way.
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

/// There is room for so many bytes of bodies that have not arrived, and half of it for one address.
#[test]
fn half_sent_bodies_have_their_room() {
    let server = bounded(Bounds::default());
    let half_sent = |own| {
        let mut client = Client::connect_from(own, server.address);
        client.send(b"POST /v1/evaluate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n");
        client.send(&[b' '; 900_000]);
        client
    };
    let mut held: Vec<Client> = (0..40).map(|_| half_sent([127, 0, 0, 1])).collect();
    // 32 MiB are some 37 of them: who came last, or when all was taken, is told.
    held.iter().for_each(|client| client.stream.set_nonblocking(true).expect("a socket"));
    let mut refused = 0;
    wait_for("some to be refused", || {
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
    // Of those that came last at the same time more may have been refused than had to be.
    wait_for("all to be taken", || {
        let refusal = answer([127, 0, 0, 1]);
        if refusal.status == 503 {
            assert!(refusal.header("retry-after").is_some());
            return true;
        }
        held.push(half_sent([127, 0, 0, 1]));
        false
    });
    assert_eq!(answer([127, 0, 0, 2]).status, 200);
    // Small ones need none.
    assert_eq!(Client::connect(server.address).evaluate("2+2").status, 200);
    drop(held);
    wait_for("room", || answer([127, 0, 0, 1]).status == 200);
}

/// A connection that is kept alive is closed when nothing more is asked.
#[test]
fn an_idle_connection_is_closed() {
    let server = bounded(Bounds { idle_time: Duration::from_secs(2), ..Bounds::default() });
    let mut client = Client::connect(server.address);
    client.send(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(client.receive(false).status, 200);
    assert!(client.is_closed());
}

/// The largest head is read; a larger one is 431.
#[test]
fn a_head_has_its_size() {
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

/// Of an address as well.
#[test]
fn an_address_has_its_size() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let target = format!("/v1/evaluate?expr={}", "1".repeat(100 << 10));
    client.send(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes());
    assert!(matches!(client.receive(false).status, 414 | 431));
}

/// Who waits for nothing gives way to who has something to ask.
#[test]
fn the_idlest_connection_gives_way() {
    let server = bounded(Bounds { connections: 2, peer_share: Share::ALL, ..Bounds::default() });
    let mut idle = [(); 2].map(|()| Client::connect(server.address));
    for client in &mut idle {
        assert_eq!(client.get("/health/live").status, 200);
    }
    let mut third = Client::connect(server.address);
    assert_eq!(third.get("/nowhere").status, 404);
    // Which of them began to wait first, their tasks decide; that it is the one to go, the places' own tests show.
    let has_gone = |client: &Client| {
        client.stream.set_nonblocking(true).expect("a socket");
        let read = client.stream.peek(&mut [0; 1]);
        client.stream.set_nonblocking(false).expect("a socket");
        matches!(read, Ok(0))
    };
    wait_for("one of them to give way", || idle.iter().any(has_gone));
    let stays = idle.iter_mut().find(|client| !has_gone(client)).expect("the other stays");
    assert_eq!(stays.get("/health/live").status, 200);
    // Silent ones as well, however many: each is idler than who asks.
    let silent: Vec<Client> = (0..10).map(|_| Client::connect(server.address)).collect();
    assert_eq!(Client::connect(server.address).get("/health/live").status, 200);
    drop(silent);
}

/// Whoever comes when all have something to ask waits until one of them is answered.
#[test]
fn connections_beyond_the_bound_wait_for_one_to_end() {
    let server = bounded(Bounds { connections: 2, peer_share: Share::ALL, ..Bounds::default() });
    let mut busy = [(); 2].map(|()| Client::connect(server.address));
    for client in &mut busy {
        client.send(b"POST /evaluate HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 19\r\n\r\n");
        // It is asked for the body: it is busy from here on.
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

/// What is in flight may end, but not for ever.
#[test]
fn stopping_does_not_wait_for_ever() {
    let server = bounded(Bounds { stop_time: SHORT, ..Bounds::default() });
    let mut client = Client::connect(server.address);
    client.send(b"POST /evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: 19\r\n\r\n{\"expressao\":");
    // The server has seen the head once it answers another request sent after it.
    assert_eq!(Client::connect(server.address).get("/health/live").status, 200);
    server.stop();
    assert!(client.is_closed());
}
