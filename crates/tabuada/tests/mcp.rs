//! The Model Context Protocol over HTTP and over standard input, on sockets and pipes as they are. The protocol itself is
//! tested beside its code, and with the official clients by `tests/mcp/run`.
#![allow(clippy::panic)]

use crate::support;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};
use support::{Client, Server, encoded, tabuada};
use tabuada::Setup;
use tabuada::config::Origins;

use crate::cli::outcome;

const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
const MODERN: &str = r#"{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#;

fn call(id: usize, expr: &str) -> String {
    let params = json!({"name": "evaluate", "arguments": {"expr": expr}});
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}).to_string()
}

#[test]
fn each_message_has_its_status() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let modern = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "server/discover")];
    let unknown = MODERN.replace("server/discover", "no/method");
    let of_unknown = [modern[0], ("mcp-method", "no/method")];
    for (body, headers, status) in [
        (LIST, &[][..], 200),
        (
            LIST,
            &[("mcp-protocol-version", "2025-06-18"), ("mcp-session-id", "x"), ("accept", "text/event-stream")],
            200,
        ),
        (LIST, &[("mcp-protocol-version", "1900-01-01")], 400),
        (LIST, &modern[..1], 400),
        (MODERN, &modern, 200),
        (MODERN, &[], 400),
        (MODERN, &modern[..1], 400),
        (&unknown, &of_unknown, 404),
        (r#"{"jsonrpc":"2.0","id":1,"method":"no/method"}"#, &[], 200),
        (r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, &[], 202),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, &[], 202),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, &[], 400),
        ("[]", &[], 400),
        ("{", &[], 400),
        ("", &[], 400),
    ] {
        let response = client.request("POST", "/mcp", headers, body.as_bytes());
        assert_eq!(response.status, status, "{body} {headers:?}: {}", response.text());
        if status == 202 {
            assert!(response.body.is_empty());
        } else {
            assert_eq!(response.header("content-type"), Some("application/json"));
            let answer: Value = serde_json::from_slice(&response.body).expect("it is JSON");
            assert_eq!(answer["jsonrpc"], "2.0", "{answer}");
        }
    }
    assert_eq!(client.request("POST", "/mcp", &[], b"\xff").status, 400);
    for method in ["GET", "DELETE"] {
        let response = client.request(method, "/mcp", &[], b"");
        assert_eq!((response.status, response.header("allow")), (405, Some("POST")));
    }
    let huge = vec![b' '; (1 << 20) + 1];
    assert_eq!(client.request("POST", "/mcp", &[], &huge).status, 413);
}

/// The same cache answers, and the metrics count the route.
#[test]
fn a_call_goes_through_the_cache_and_is_counted() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    assert_eq!(client.evaluate("2+2").status, 200);
    let response = client.request("POST", "/mcp", &[], call(1, "2 + 2").as_bytes());
    assert!(
        response.header("cache-status").is_some_and(|status| status.contains("hit; detail=memory")),
        "{response:?}"
    );
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let answer: Value = serde_json::from_slice(&response.body).expect("it is JSON");
    assert_eq!(answer["result"]["structuredContent"]["canonical"], "2+2", "{answer}");
    let metrics = client.get("/metrics").text().to_owned();
    assert!(metrics.contains(r#"tabuada_requests_total{route="mcp",status="200"} 1"#), "{metrics}");
}

/// DNS rebinding: the page's own name leads to this server, and is its `Host`.
/// The result of `evaluate` over HTTP.
fn evaluated(client: &mut Client, expr: &str) -> Value {
    let response = client.request("POST", "/mcp", &[], call(1, expr).as_bytes());
    let answer: Value = serde_json::from_slice(&response.body).expect("it is JSON");
    answer["result"]["structuredContent"].clone()
}

/// Of each type, with escapes, a comment, and a character that closes the brackets of what is nested.
#[test]
fn next_gives_what_follows_the_first_characters_of_a_long_value() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for expr in [
        "7**9000",
        "10**5000 + 10**4700",
        "-(7**9000) # long",
        "'abcdefghij'*300",
        "'\\n'*3000",
        "'\\'\"'*900",
        "[10**5000]",
        "list(range(1000))",
        "(1, 'a'*3000)",
        "{1, 'a'*3000}",
    ] {
        let whole = client.get(&format!("/v1/evaluate?expr={}", encoded(expr)));
        let whole: Value = serde_json::from_slice(&whole.body).expect("it is JSON");
        let whole: Vec<char> = whole["text"].as_str().expect("a text").chars().collect();
        let told = evaluated(&mut client, expr);
        assert_eq!(told["cut"]["characters"], whole.len(), "{expr}");
        let first: String = whole[..200].iter().collect();
        assert!(told["text"].as_str().is_some_and(|text| text.starts_with(&first)), "{expr}: {told}");
        let next = told["cut"]["next"].as_str().unwrap_or_else(|| panic!("{expr}: {told}"));
        let following: String = whole[200..1200].iter().collect();
        assert_eq!(evaluated(&mut client, next)["result"], following, "{next}");
    }
    // Half an expression would be none.
    for expr in ["7**9000".to_owned() + &"+1".repeat(1_500), "2^10".to_owned() + &"+1".repeat(1_000)] {
        let told = evaluated(&mut client, &expr);
        assert!(told["cut"]["next"].is_null() && told["hints"][0]["fix"].is_null(), "{told}");
    }
}

/// Its message repeats what it is about.
#[test]
fn an_error_is_short_enough_for_a_model() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let long = "z".repeat(60_000);
    let version = json!({"jsonrpc": 2, "id": 1, "method": "ping", "params": {"_meta": long}}).to_string();
    for body in [call(1, "int('z'*90000)"), call(1, &long), version] {
        let response = client.request("POST", "/mcp", &[], body.as_bytes());
        assert!(response.body.len() < 3_000, "{} bytes", response.body.len());
    }
}

#[test]
fn a_page_of_another_origin_is_refused() {
    let server = Server::start_with(Setup {
        origins: Origins::read(["https://page.example"]).expect("an origin"),
        ..Setup::default()
    });
    // The `Host` of the client.
    let own = "http://localhost:8000";
    let elsewhere = "http://evil.example:8000";
    for (origin, status) in
        [("https://page.example", 200), (own, 200), (elsewhere, 403), ("https://evil.example", 403), ("null", 403)]
    {
        let mut client = Client::connect(server.address);
        let response = client.request("POST", "/mcp", &[("origin", origin)], LIST.as_bytes());
        assert_eq!(response.status, status, "{origin}: {}", response.text());
        let granted = response.header("access-control-allow-origin");
        assert_eq!(granted, Some(origin).filter(|origin| *origin == "https://page.example"));
    }
    let host = elsewhere.trim_start_matches("http://");
    let mut client = Client::connect(server.address);
    let head =
        format!("POST /mcp HTTP/1.1\r\nHost: {host}\r\nOrigin: {elsewhere}\r\nContent-Length: {}\r\n\r\n", LIST.len());
    client.stream.write_all(&[head.as_bytes(), LIST.as_bytes()].concat()).expect("it is sent");
    let mut start = [0; 12];
    client.stream.read_exact(&mut start).expect("it is answered");
    assert_eq!(&start, b"HTTP/1.1 403");
}

/// `tabuada mcp`, and its two pipes.
struct Process {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Process {
    fn start() -> Self {
        let mut process = tabuada(&["mcp"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let (input, output) = (process.stdin.take(), BufReader::new(process.stdout.take().expect("it is piped")));
        Self { process, input, output }
    }

    fn send(&mut self, text: &str) {
        self.input.as_mut().expect("it is open").write_all(text.as_bytes()).expect("it is read");
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it is text");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line:?} is no answer"))
    }

    /// Ends the input; gives the rest of the answers and the exit status.
    fn end(mut self) -> (Vec<Value>, Option<i32>) {
        drop(self.input.take());
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).expect("it is text");
        let answers = rest.lines().map(|line| serde_json::from_str(line).expect("it is JSON"));
        (answers.collect(), self.process.wait().expect("it ends").code())
    }
}

#[test]
fn a_thousand_calls_at_once_are_all_answered() {
    let mut process = Process::start();
    let calls: Vec<String> = (0..1_000).map(|n| call(n, &format!("{n}**2"))).collect();
    process.send(&(calls.join("\n") + "\n"));
    let (mut answers, status) = process.end();
    answers.sort_by_key(|answer| answer["id"].as_u64());
    let results: Vec<&Value> = answers.iter().map(|answer| &answer["result"]["structuredContent"]["result"]).collect();
    assert_eq!(results, (0..1_000).map(|n| json!(n * n)).collect::<Vec<_>>().iter().collect::<Vec<_>>());
    assert_eq!(status, Some(0));
}

#[test]
fn what_is_wrong_with_a_line_ends_nothing() {
    let long = "x".repeat((1 << 20) + 1);
    let lines = ["", "{", "[]", "\u{1}", &long, r#"{"jsonrpc":"2.0","method":"x"}"#, LIST, "2+2"];
    let (out, _, status) = outcome(&["mcp"], &lines.join("\r\n"));
    let mut codes = Vec::new();
    for line in out.lines() {
        let answer: Value = serde_json::from_str(line).expect("it is JSON");
        codes.push(answer["error"]["code"].as_i64().unwrap_or_default());
    }
    codes.sort_unstable();
    assert_eq!((codes, status), (vec![-32700, -32700, -32600, -32600, -32600, 0], Some(0)));
}

/// The call waits for the one before it, which takes long: nobody has begun it when it is cancelled.
#[test]
fn a_cancelled_call_is_not_answered() {
    let mut process = Process::start();
    // More than are worked on at a time, each for as long as an expression may take.
    let busy: Vec<String> = (0..200).map(|n| call(n, &format!("sum(k**0.5, k, {n}, 400000)"))).collect();
    let cancelled = (0..200).map(|n| {
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": n}}).to_string()
    });
    let lines: Vec<String> = busy.into_iter().chain(cancelled).collect();
    process.send(&(lines.join("\n") + "\n"));
    process.send(&(call(1_000, "2+2") + "\n"));
    let (answers, status) = process.end();
    let last = answers.iter().find(|answer| answer["id"] == 1_000).expect("it is answered");
    assert_eq!(last["result"]["structuredContent"]["result"], 4);
    assert!(answers.len() < 200, "{} were answered", answers.len());
    assert_eq!(status, Some(0));
}

/// What `docs/how-to/agents.md` tells people to paste.
#[test]
fn the_configurations_of_hosts_name_the_command_or_the_address() {
    let folder = support::newcomer::root().join("deploy/mcp");
    let mut tried = 0;
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it is read").path();
        let file: Value = serde_json::from_slice(&std::fs::read(&path).expect("it is read")).expect("it is JSON");
        let servers = file.get("mcpServers").or(file.get("servers")).expect("servers");
        let told = &servers["tabuada"];
        let is_command = told["command"] == "tabuada" && told["args"] == json!(["mcp"]);
        assert!(is_command != (told["url"] == "http://localhost:8000/mcp"), "{}", path.display());
        tried += 1;
    }
    assert_eq!(tried, 5);
}

/// Of a setting that is wrong, and of a client that goes away.
#[test]
fn nothing_but_answers_is_written_to_standard_output() {
    let (out, error, status) = outcome(&["mcp", "--memory", "much"], LIST);
    assert_eq!((&*out, status), ("", Some(2)), "{error}");
    let mut process = Process::start();
    process.send(&(LIST.to_owned() + "\n"));
    assert_eq!(process.answer()["id"], 1);
    drop(process.output);
    let mut input = process.input.take().expect("it is open");
    // It ends, since nobody reads.
    while input.write_all((LIST.to_owned() + "\n").as_bytes()).is_ok() {}
    assert_eq!(process.process.wait().expect("it ends").code(), Some(0));
}
