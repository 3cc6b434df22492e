//! `/v1/batch` and `/v1/table`: many answers to one request, in order, sent as they are computed and read.

#![allow(clippy::panic)]

use crate::support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Stdio;

use serde_json::{Value, json};
use support::{Client, Node, PATIENCE, corpus, tabuada};

const LINES: (&str, &str) = ("content-type", "application/x-ndjson");
const JSON: (&str, &str) = ("content-type", "application/json");

/// A request whose body is sent, and whose response is read, piece by piece.
struct Exchange {
    sending: TcpStream,
    answer: BufReader<Answer>,
}

impl Exchange {
    /// Sends the head; the body follows in chunks.
    fn begin(address: SocketAddr, target: &str, headers: &[(&str, &str)]) -> Self {
        let mut sending = TcpStream::connect(address).expect("the server accepts");
        sending.set_read_timeout(Some(PATIENCE)).expect("a time-out can be set");
        sending.set_write_timeout(Some(PATIENCE)).expect("a time-out can be set");
        sending.set_nodelay(true).expect("nodelay can be set");
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("POST {target} HTTP/1.1\r\nHost: h\r\n{headers}Transfer-Encoding: chunked\r\n\r\n");
        sending.write_all(head.as_bytes()).expect("it listens");
        let reading = BufReader::new(sending.try_clone().expect("a second handle"));
        let answer = Answer { reading, status: 0, headers: Vec::new(), left: 0, has_ended: false };
        Self { sending, answer: BufReader::new(answer) }
    }

    /// Sends a chunk. The server may have closed the connection.
    fn send(&mut self, bytes: &[u8]) {
        let chunk = [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
        let _ = self.sending.write_all(&chunk);
    }

    fn finish(&mut self) {
        let _ = self.sending.write_all(b"0\r\n\r\n");
    }

    fn ask(address: SocketAddr, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Self {
        let mut exchange = Self::begin(address, target, headers);
        if !body.is_empty() {
            exchange.send(body);
        }
        exchange.finish();
        exchange
    }

    fn status(&mut self) -> u16 {
        self.answer.get_mut().take_head();
        self.answer.get_ref().status
    }

    fn header(&mut self, name: &str) -> Option<&str> {
        self.answer.get_mut().take_head();
        self.answer.get_ref().header(name)
    }

    fn is_problem(&mut self) -> bool {
        self.header("content-type") == Some("application/problem+json")
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.answer.read_line(&mut line).expect("it answers in time, in UTF-8");
        let ended = line.strip_suffix('\n').map(str::to_owned);
        assert!(ended.is_some() || line.is_empty(), "the last line ends like the others");
        ended
    }

    fn value(&mut self) -> Value {
        serde_json::from_str(&self.line().expect("an answer")).expect("it is JSON")
    }

    fn rest(mut self) -> String {
        let mut rest = String::new();
        self.answer.read_to_string(&mut rest).expect("it answers in time, in UTF-8");
        rest
    }
}

/// The body of a response, decoded from its chunks.
struct Answer {
    reading: BufReader<TcpStream>,
    status: u16,
    headers: Vec<(String, String)>,
    /// The bytes left of the current chunk, or of the body.
    left: usize,
    has_ended: bool,
}

impl Answer {
    fn head_line(&mut self) -> String {
        let mut line = String::new();
        self.reading.read_line(&mut line).expect("it answers in time");
        assert!(line.ends_with("\r\n"), "the response is truncated");
        line.trim_end().to_owned()
    }

    fn take_head(&mut self) {
        if self.status != 0 {
            return;
        }
        self.status = self.head_line().split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        loop {
            let line = self.head_line();
            let Some((name, value)) = line.split_once(": ") else { break };
            self.headers.push((name.to_owned(), value.to_owned()));
        }
        if !self.is_chunked() {
            self.left = self.header("content-length").expect("a length").parse().expect("a number");
            self.has_ended = self.left == 0;
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    fn is_chunked(&self) -> bool {
        self.header("transfer-encoding") == Some("chunked")
    }
}

impl Read for Answer {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.take_head();
        if self.has_ended {
            return Ok(0);
        }
        if self.left == 0 {
            self.left = usize::from_str_radix(&self.head_line(), 16).expect("the size of a chunk");
            if self.left == 0 {
                assert_eq!(self.head_line(), "");
                self.has_ended = true;
                return Ok(0);
            }
        }
        let most = self.left.min(into.len());
        let count = self.reading.read(&mut into[..most])?;
        assert_ne!(count, 0, "the response is truncated");
        self.left -= count;
        if self.left == 0 {
            if self.is_chunked() {
                assert_eq!(self.head_line(), "", "a chunk ends");
            } else {
                self.has_ended = true;
            }
        }
        Ok(count)
    }
}

fn batch(address: SocketAddr, lines: &[u8]) -> Vec<String> {
    let rest = Exchange::ask(address, "/v1/batch", &[LINES], lines).rest();
    rest.split_terminator('\n').map(str::to_owned).collect()
}

fn table(address: SocketAddr, question: &Value) -> Value {
    let exchange = Exchange::ask(address, "/v1/table", &[JSON], question.to_string().as_bytes());
    serde_json::from_str(&exchange.rest()).expect("it is JSON")
}

/// A counter of `/metrics`.
fn count(address: SocketAddr, name: &str) -> u64 {
    let metrics = Client::connect(address).get("/metrics");
    let line = metrics.text().lines().find_map(|line| line.strip_prefix(&format!("{name} ")).map(str::to_owned));
    line.unwrap_or_else(|| panic!("{name} is not counted")).parse().expect("a number")
}

fn by_the_command(arguments: &[&str], lines: &[u8]) -> String {
    let mut process = tabuada(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut stdin = process.stdin.take().expect("it is piped");
    let lines = lines.to_vec();
    let writing = std::thread::spawn(move || stdin.write_all(&lines));
    let output = process.wait_with_output().expect("it ends");
    writing.join().expect("the writer ends").expect("all is read");
    String::from_utf8(output.stdout).expect("it speaks UTF-8")
}

/// The corpus of Python's arithmetic, and lines that are hard to parse.
fn mixed_lines() -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = corpus("python_arith.jsonl")
        .iter()
        .map(|record| record["expr"].as_str().expect("a text"))
        .filter(|text| !text.contains('\n'))
        .map(|text| text.as_bytes().to_vec())
        .collect();
    assert!(lines.len() > 5_000);
    for (at, line) in [
        &b""[..],
        b"\xff2+2",
        b"\r",
        br#"{"expr":"x**2","variables":{"x":3}}"#,
        br#"  {"expr":"1/3+1/6","mode":"exact"}"#,
        br#"{"expr":"pi","mode":"decimal:50"}"#,
        br#"{"expr":"1","mode":"decimal:0"}"#,
        br#"{"expr":5}"#,
        br#"{"x":5}"#,
        br#"{"expr":"x","variables":{"x":{}}}"#,
        "{\"expr\":\"'é'*2 + y\"}".as_bytes(),
        b"factorial(20000) % 7",
        b"9**9**9",
        b"x = 3; x**2",
        b"2x",
        br#""2+2""#,
    ]
    .iter()
    .enumerate()
    {
        lines.insert(at * 300, line.to_vec());
    }
    lines.join(&b'\n')
}

#[test]
fn a_batch_is_answered_as_the_command_answers_it() {
    let node = Node::start(&[]);
    let lines = mixed_lines();
    let count = lines.split(|byte| *byte == b'\n').count();
    let expected = by_the_command(&["batch"], &lines);
    assert_eq!(expected.lines().count(), count);
    // First computed, then from memory.
    for _ in 0..2 {
        let mut exchange = Exchange::ask(node.address, "/v1/batch", &[LINES], &lines);
        assert_eq!((exchange.status(), exchange.header("content-type")), (200, Some("application/x-ndjson")));
        let answers = exchange.rest();
        for (at, (answer, expected)) in answers.lines().zip(expected.lines()).enumerate() {
            assert_eq!(answer, expected, "line {at}");
        }
        assert!(answers == expected);
    }
    let explained = by_the_command(&["batch", "--explain"], &lines);
    assert!(Exchange::ask(node.address, "/v1/batch?explain=true", &[LINES], &lines).rest() == explained);
    assert_eq!(batch(node.address, b""), [""; 0]);
    assert_eq!(batch(node.address, b"\n").len(), 1);
}

#[test]
fn lines_are_whole_however_the_body_is_cut() {
    let node = Node::start(&[]);
    let lines = "2+2\n\n{\"expr\":\"'é'\"}\n1/0\n'€'*2".as_bytes();
    let expected = batch(node.address, lines);
    assert_eq!(expected.len(), 5);
    for size in 1..lines.len() {
        let mut exchange = Exchange::begin(node.address, "/v1/batch", &[LINES]);
        lines.chunks(size).for_each(|chunk| exchange.send(chunk));
        exchange.finish();
        let answers = exchange.rest();
        assert_eq!(answers.lines().collect::<Vec<_>>(), expected, "{size}");
    }
}

#[test]
fn a_batch_in_json_answers_each_of_its_elements() {
    let node = Node::start(&[]);
    let exprs = json!(["2+2", "", {"expr": "x**2", "variables": {"x": 3}}, 5, null, ["2"], {"x": 1}, {"expr": 5},
        {"expr": "1/3", "mode": "exact"}, {"expr": "1", "mode": "octal"}, "'\u{e9}\n\"'", "{\"expr\": 1}", "1\n2"]);
    let body = json!({"exprs": exprs, "more": 1}).to_string();
    let answers = Exchange::ask(node.address, "/v1/batch", &[JSON], body.as_bytes()).rest();
    let answers: Vec<Value> = answers.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
    let brief: Vec<Value> =
        answers.iter().map(|answer| answer.get("result").unwrap_or(&answer["error"]["code"]).clone()).collect();
    assert_eq!(
        Value::from(brief),
        json!([
            4,
            "syntax",
            9,
            "malformed",
            "malformed",
            "malformed",
            "malformed",
            "malformed",
            "1/3",
            "malformed",
            "syntax",
            "unsupported",
            "syntax"
        ])
    );
    assert_eq!(Exchange::ask(node.address, "/v1/batch", &[JSON], b"{\"exprs\":[]}").rest(), "");
    for (body, status, code) in [
        (&b"{}"[..], 400, "malformed"),
        (b"", 400, "malformed"),
        (b"2+2", 400, "malformed"),
        (b"{\"exprs\":\"2+2\"}", 400, "malformed"),
        (b"{\"exprs\":[\"\xff\"]}", 400, "malformed"),
        (format!("{{\"exprs\":[{}]}}", vec!["1"; 10_001].join(",")).as_bytes(), 413, "too-large"),
        (&[b' '; (1 << 20) + 1], 413, "too-large"),
    ] {
        let mut exchange = Exchange::ask(node.address, "/v1/batch", &[JSON], body);
        assert_eq!((exchange.status(), exchange.is_problem()), (status, true));
        let problem: Value = serde_json::from_str(&exchange.rest()).expect("it is JSON");
        assert_eq!(problem["code"], code, "{problem}");
    }
}

#[test]
fn a_batch_has_its_limits() {
    let node = Node::start(&["--memory", "1MiB"]);
    let most = "1\n".repeat(10_000);
    assert_eq!(batch(node.address, most.as_bytes()).len(), 10_000);
    // A client that sends one line too many gets the answers to the others, and a message.
    for more in ["1", "1\n1\n1"] {
        let answers = batch(node.address, format!("{most}{more}").as_bytes());
        assert_eq!(answers.len(), 10_001);
        assert_eq!(answers[9_999], r#"{"result":1,"type":"int","text":"1"}"#);
        assert!(
            answers[10_000].starts_with(r#"{"error":{"code":"too-large","message":"a batch has"#),
            "{}",
            answers[10_000]
        );
    }
    // A body with a declared length is refused before it arrives. One without is refused where it becomes too large.
    let mut client = Client::connect(node.address);
    client.send(
        b"POST /v1/batch HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-ndjson\r\nContent-Length: 1048577\r\n\r\n",
    );
    assert_eq!(client.receive(false).status, 413);
    let mut exchange = Exchange::begin(node.address, "/v1/batch", &[LINES]);
    exchange.send(b"1+1\n");
    assert_eq!(exchange.value()["result"], 2);
    exchange.send(" ".repeat(1 << 20).as_bytes());
    exchange.finish();
    assert_eq!(exchange.value()["error"]["code"], "too-large");
    assert_eq!(exchange.line(), None);
    let unknown = Exchange::ask(node.address, "/v1/batch?explain=yes", &[LINES], b"1").rest();
    assert!(unknown.contains("\"malformed\""), "{unknown}");
    let mut client = Client::connect(node.address);
    assert_eq!(client.get("/v1/batch").status, 405);
}

/// A hundred of these once took 7 s of CPU for two kilobytes of input.
#[test]
fn a_batch_has_the_budget_of_a_table() {
    let node = Node::start(&[]);
    let lines: String = (0..40).map(|n| format!("sum(k*0, k, 1, {})\n", 700_000 + n)).collect();
    let answers = batch(node.address, format!("{lines}2+2\n2+\n").as_bytes());
    assert_eq!(answers.len(), 42);
    let first_refused =
        answers.iter().position(|line| !line.starts_with("{\"result\":0,")).expect("the budget is used up");
    assert!((8..35).contains(&first_refused), "{answers:?}");
    let refusal = "{\"error\":{\"code\":\"out-of-fuel\",\"message\":";
    assert!(answers[first_refused..].iter().all(|line| line.starts_with(refusal)), "{answers:?}");
    // Another batch has its own budget. Cached answers use none of it.
    let again = batch(
        node.address,
        lines.lines().take(first_refused).map(|line| format!("{line}\n")).collect::<String>().as_bytes(),
    );
    assert_eq!(again, answers[..first_refused]);
    assert_eq!(batch(node.address, b"2+2\n"), ["{\"result\":4,\"type\":\"int\",\"text\":\"4\"}"]);
}

#[test]
fn a_line_is_answered_before_the_next_is_sent() {
    let node = Node::start(&["--threads", "1"]);
    let mut exchange = Exchange::begin(node.address, "/v1/batch", &[LINES]);
    for n in 0..100 {
        exchange.send(format!("{n}+1\n").as_bytes());
        assert_eq!(exchange.value()["result"], n + 1);
    }
    // An expensive line does not delay the lines before it.
    exchange.send(b"7\nfactorial(20000) % 11\n8\n");
    assert_eq!([exchange.value(), exchange.value(), exchange.value()].map(|value| value["result"].clone()), [7, 0, 8]);
    exchange.finish();
    assert_eq!(exchange.line(), None);
}

#[test]
fn answers_of_a_batch_are_cached() {
    let node = Node::start(&[]);
    assert_eq!(batch(node.address, b"16+1\nfactorial(20000) % 13").len(), 2);
    for asked in ["(16)+1", "factorial(20000)%13"] {
        let single = node.evaluate(asked);
        assert!(single.header("cache-status").is_some_and(|status| status.contains("hit; detail=memory")), "{asked}");
    }
    let evaluations = count(node.address, "tabuada_evaluations_total");
    batch(node.address, b"16 + 1\nfactorial(20000) % 13\n16+1");
    assert_eq!(count(node.address, "tabuada_evaluations_total"), evaluations);
}

/// It is awaited after the trial on the worker, and not tried again.
#[test]
fn an_expensive_line_is_tried_once() {
    let node = Node::start(&[]);
    assert_eq!(batch(node.address, b"2+2\nfactorial(20000) % 13\n2+3\nrnd() < 2").len(), 4);
    let [tried, evaluated] = ["trials_abandoned", "evaluations"].map(|name| format!("tabuada_{name}_total"));
    assert_eq!((count(node.address, &tried), count(node.address, &evaluated)), (1, 4));
}

/// Answers of about 32,000 bytes: a few hundred of them fill all buffers between the server and a client.
fn long_lines(count: usize) -> String {
    (0..count).map(|n| format!("[{}]*2500\n", 10_000 + n)).collect()
}

#[test]
fn computation_stops_when_the_client_leaves() {
    let node = Node::start(&["--threads", "1"]);
    let mut leaving = Exchange::begin(node.address, "/v1/batch", &[LINES]);
    leaving.send(long_lines(9_000).as_bytes());
    leaving.finish();
    assert!(leaving.line().is_some());
    drop(leaving);
    support::wait_for("the server to notice", || count(node.address, "tabuada_streams_abandoned_total") == 1);
    // This waits for the only thread, so anything that still ran there has ended.
    assert_eq!(batch(node.address, b"1"), [r#"{"result":1,"type":"int","text":"1"}"#]);
    let asked = count(node.address, "tabuada_questions_total");
    assert!(asked < 4_500, "{asked}");
    for n in 0..50 {
        batch(node.address, n.to_string().as_bytes());
    }
    assert_eq!(count(node.address, "tabuada_questions_total"), asked + 50);
    assert_eq!(count(node.address, "tabuada_streams_abandoned_total"), 1);
}

#[test]
fn a_slow_reader_uses_little_memory_and_blocks_no_client() {
    let node = Node::start(&["--threads", "1"]);
    let lines = 1_000;
    let mut slow = Exchange::begin(node.address, "/v1/batch", &[LINES]);
    slow.send(long_lines(lines).as_bytes());
    slow.finish();
    assert!(slow.line().is_some());
    // Each of these takes turns with the other batch on the one thread. If the other did not wait for its reader, it
    // would end long before them.
    for n in 0..lines {
        assert_eq!(batch(node.address, n.to_string().as_bytes()).len(), 1);
    }
    let asked = count(node.address, "tabuada_questions_total") as usize - lines;
    assert!((2..lines * 3 / 4).contains(&asked), "{asked}");
    for n in 1..lines {
        let answer = slow.line().expect("an answer");
        assert!(answer.starts_with(&format!("{{\"result\":[{},", 10_000 + n)), "{n}: {}", &answer[..100]);
    }
    assert_eq!(slow.line(), None);
    assert_eq!(count(node.address, "tabuada_streams_abandoned_total"), 0);
}

/// The answer of `/v1/evaluate` with the column's value as a variable.
fn single(address: SocketAddr, expr: &str, x: f64) -> Value {
    let body = json!({"expr": expr, "variables": {"x": x}}).to_string();
    let response = Client::connect(address).request("POST", "/v1/evaluate", &[JSON], body.as_bytes());
    serde_json::from_slice(&response.body).expect("it is JSON")
}

#[test]
fn a_table_equals_its_rows_one_by_one() {
    let node = Node::start(&[]);
    let x =
        [0.0, -0.0, 1.0, -1.0, 0.1, 2.5, 1e300, -1e300, 5e-324, 1e-5, 9_007_199_254_740_993.0, 1e16, 0.3, -8.0, 710.0];
    for expr in [
        "x",
        "sin(x)**2",
        "1/x",
        "x**0.5",
        "x*x*x*x",
        "x > 1",
        "x**2 if x > 0 else None",
        "floor(x)",
        "2**64 + floor(x if -9 < x < 9 else 0)",
        "'x' * 3",
        "[x, 1]",
        "exp(x)",
        "log(x)",
        "x ? x : 'no'",
        "(x, \"a,b\")",
        "nan*x",
        "x = x + 1; x",
    ] {
        let body = json!({"expr": expr, "columns": {"x": x}}).to_string();
        let text = Exchange::ask(node.address, "/v1/table", &[JSON], body.as_bytes()).rest();
        let Ok(answer) = serde_json::from_str::<Value>(&text) else { panic!("{expr}: {text}") };
        let csv = {
            let headers = [JSON, ("accept", "text/csv")];
            let mut exchange = Exchange::ask(node.address, "/v1/table", &headers, body.as_bytes());
            assert_eq!(exchange.header("vary"), Some("Accept"));
            exchange.rest()
        };
        let singles = x.map(|x| single(node.address, expr, x));
        if let Some(code) = answer.get("code") {
            assert_eq!(*code, singles[0]["code"], "{expr}");
            continue;
        }
        let results: Vec<Value> = singles.iter().map(|single| single["result"].clone()).collect();
        assert_eq!(answer["result"], Value::from(results.clone()), "{expr}");
        // The bytes are equal too.
        let written: Vec<String> = results.iter().map(Value::to_string).collect();
        if written.iter().all(|text| !text.contains(['e', 'E'])) {
            assert!(text.starts_with(&format!("{{\"result\":[{}]", written.join(","))), "{expr}: {text}");
        }
        let failed: Vec<usize> = (0..x.len()).filter(|row| singles[*row].get("result").is_none()).collect();
        assert_eq!(
            answer.get("failed").map_or(0, |failed| failed.as_u64().expect("a number") as usize),
            failed.len(),
            "{expr}"
        );
        for (error, row) in answer["errors"].as_array().into_iter().flatten().zip(&failed) {
            let alone = &singles[*row];
            assert_eq!(
                (&error["row"], &error["code"], &error["detail"], &error["python_message"], &error["span"]),
                (&Value::from(*row), &alone["code"], &alone["detail"], &alone["python_message"], &alone["span"]),
                "{expr}"
            );
        }
        let mut reader = csv::ReaderBuilder::new().from_reader(csv.as_bytes());
        assert_eq!(reader.headers().expect("a header"), vec!["x", "result"]);
        let records: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("RFC 4180")).collect();
        assert_eq!(records.len(), x.len());
        for ((record, x), single) in records.iter().zip(x).zip(&singles) {
            assert_eq!(record[0].parse::<f64>().expect("a number").to_bits(), x.to_bits());
            assert_eq!(record[1], *single["text"].as_str().unwrap_or_default(), "{expr}");
        }
        assert_eq!(csv.matches("\r\n").count(), x.len() + 1);
        assert_eq!(csv.matches('\n').count(), x.len() + 1);
    }
}

#[test]
fn ranges_and_constants_make_a_table() {
    let node = Node::start(&[]);
    let range = |from: f64, to: f64, count: u32| json!({"from": from, "to": to, "count": count});
    let answer = table(
        node.address,
        &json!({"expr": "x + y*k", "x": range(0.0, 1.0, 5), "y": range(5.0, 1.0, 5), "variables": {"k": 10}}),
    );
    assert_eq!(answer, json!({"result": [50.0, 40.25, 30.5, 20.75, 11.0]}));
    let answer = table(
        node.address,
        &json!({"columns": {"a": [1, 2], "expr": range(0.0, 1.0, 2)}, "expr": "a + expr", "mode": null}),
    );
    assert_eq!(answer, json!({"result": [1.0, 3.0]}));
    assert_eq!(table(node.address, &json!({"expr": "x", "columns": {"x": []}})), json!({"result": []}));
    let many = table(node.address, &json!({"expr": "1/x", "x": range(-5.0, 5.0, 100_001)}));
    assert_eq!((many["failed"].as_u64(), many["errors"].as_array().map(Vec::len)), (Some(1), Some(1)));
    assert_eq!((&many["errors"][0]["row"], &many["result"][50_000]), (&json!(50_000), &Value::Null));
    // The first row that failed, in whatever order the rows were computed.
    let none = table(node.address, &json!({"expr": "x // 0", "x": range(0.0, 1.0, 100_000)}));
    assert_eq!(none["failed"], 100_000);
    let rows: Vec<u64> =
        none["errors"].as_array().expect("some").iter().filter_map(|error| error["row"].as_u64()).collect();
    assert_eq!(rows, (0..10).collect::<Vec<_>>());
    let dice = || table(node.address, &json!({"expr": "randint(1, 6)", "x": range(0.0, 1.0, 2_000)}))["result"].clone();
    let first = dice();
    assert_ne!(first, dice());
    assert!(first.as_array().expect("rows").iter().all(|die| die.as_u64().is_some_and(|die| (1..=6).contains(&die))));
}

#[test]
fn a_table_of_a_million_rows_comes_whole_and_in_order() {
    let node = Node::start(&["--threads", "4"]);
    let answer = table(node.address, &json!({"expr": "2*x", "x": {"from": 0, "to": 999_999, "count": 1_000_000}}));
    let result = answer["result"].as_array().expect("rows");
    assert_eq!(result.len(), 1_000_000);
    assert!(result.iter().enumerate().all(|(row, value)| value.as_f64() == Some(2.0 * row as f64)));
}

#[test]
fn an_invalid_table_is_a_problem() {
    let node = Node::start(&[]);
    let x = json!([1, 2]);
    for (question, status, code) in [
        (json!({"columns": {"x": x}}), 400, "malformed"),
        (json!({"expr": "x"}), 400, "malformed"),
        (json!({"expr": 5, "columns": {"x": x}}), 400, "malformed"),
        (json!({"expr": "x", "columns": {"x": [1, "2"]}}), 400, "malformed"),
        (json!({"expr": "x", "columns": {"x": [null]}}), 400, "malformed"),
        (json!({"expr": "x", "columns": [1]}), 400, "malformed"),
        (json!({"expr": "x", "columns": {"x": x, "y": [1]}}), 400, "malformed"),
        (json!({"expr": "x", "x": {"from": 0, "to": 1}}), 400, "malformed"),
        (json!({"expr": "x", "x": {"from": 0, "to": 1, "count": -1}}), 400, "malformed"),
        (json!({"expr": "x", "x": {"from": -1e308, "to": 1e308, "count": 2}}), 400, "malformed"),
        (json!({"expr": "x", "columns": {"x": x}, "variables": []}), 400, "malformed"),
        (json!({"expr": "x", "columns": {"x": x}, "mode": "octal"}), 400, "malformed"),
        (json!({"expr": "x", "columns": {"x": x}, "mode": "exact"}), 422, "unsupported"),
        (json!({"expr": "x", "x": {"from": 0, "to": 1, "count": 1_000_001}}), 422, "too-large"),
        (json!({"expr": "x", "x": {"from": 0, "to": 1, "count": u64::MAX}}), 422, "too-large"),
        (json!({"expr": "x +", "columns": {"x": x}}), 422, "syntax"),
        (json!({"expr": "x", "columns": {"1x": x}}), 422, "syntax"),
        (json!({"expr": "sum(k, k, 1, 1000) + x", "x": {"from": 0, "to": 1, "count": 1_000_000}}), 422, "out-of-fuel"),
        (
            Value::from(
                (0..65)
                    .map(|n| (format!("x{n}"), x.clone()))
                    .chain([("expr".to_owned(), "1".into())])
                    .collect::<serde_json::Map<_, _>>(),
            ),
            400,
            "malformed",
        ),
    ] {
        let mut exchange = Exchange::ask(node.address, "/v1/table", &[JSON], question.to_string().as_bytes());
        let (seen, is_problem) = (exchange.status(), exchange.is_problem());
        let problem: Value = serde_json::from_str(&exchange.rest()).expect("it is JSON");
        assert_eq!((seen, is_problem, problem["code"].as_str()), (status, true, Some(code)), "{question}: {problem}");
    }
}

/// An error that does not depend on the columns' values is reported once, with its position, before any row. An error
/// that depends on a value is in its row.
#[test]
fn an_undefined_name_is_an_error_of_the_table() {
    let node = Node::start(&[]);
    for (expr, span, mended) in [
        ("'é' if x else sqr(x)", (14, 17), Some("'é' if x else sqrt(x)")),
        ("x + y", (4, 5), None),
        ("x and y", (6, 7), None),
        ("math.foo(x)", (0, 8), None),
    ] {
        for rows in [json!([1, 2]), json!([])] {
            let body = json!({"expr": expr, "columns": {"x": rows}}).to_string();
            let mut exchange =
                Exchange::ask(node.address, "/v1/table", &[JSON, ("accept", "text/csv")], body.as_bytes());
            assert_eq!((exchange.status(), exchange.is_problem()), (422, true), "{expr}");
            let problem: Value = serde_json::from_str(&exchange.rest()).expect("it is JSON");
            assert_eq!(problem["code"], "unknown-name", "{expr}");
            assert_eq!(problem["span"], json!({"start": span.0, "end": span.1}), "{expr}");
            assert_eq!(problem["suggestion"]["expr"].as_str(), mended, "{expr}");
        }
    }
    // A column or a variable of that name defines it. If it is cleared later, the error is the row's.
    assert_eq!(table(node.address, &json!({"expr": "x + y", "x": [1], "y": [2]})), json!({"result": [3.0]}));
    assert_eq!(
        table(node.address, &json!({"expr": "x + y", "x": [1], "variables": {"y": 2}})),
        json!({"result": [3.0]})
    );
    let answer = table(node.address, &json!({"expr": "y = 1; y =; x or y", "x": [1, 0]}));
    assert_eq!((&answer["result"], &answer["errors"][0]["row"]), (&json!([1.0, null]), &json!(1)), "{answer}");
}

/// An operation on a type that does not support it fails in all rows: one error of the expression, with a fix.
#[test]
fn an_error_of_all_rows_is_reported_once() {
    let node = Node::start(&[]);
    let range = |count: u32| json!({"from": 0, "to": 1, "count": count});
    let alone = single(node.address, "x^2", 1.0);
    for (accept, rows) in [("application/json", 3), ("application/json", 8_192), ("text/csv", 3), ("text/csv", 1)] {
        let body = json!({"expr": "x^2", "x": range(rows)}).to_string();
        let ask = || Exchange::ask(node.address, "/v1/table", &[JSON, ("accept", accept)], body.as_bytes());
        let mut exchange = ask();
        // A busy machine does not compute so many rows within the deadline.
        while exchange.status() == 503 {
            exchange = ask();
        }
        assert_eq!((exchange.status(), exchange.is_problem()), (422, true), "{accept}: {rows}");
        let problem: Value = serde_json::from_str(&exchange.rest()).expect("it is JSON");
        assert_eq!(problem, alone, "{accept}: {rows}");
        assert_eq!(problem["suggestion"]["expr"], "x**2", "{problem}");
    }
    // Too many rows to wait for: the report comes after them.
    let many = table(node.address, &json!({"expr": "x^2", "x": range(100_000)}));
    assert_eq!(many["failed"], 100_000);
    assert_eq!(
        many["errors"],
        json!([{
            "row": 0,
            "code": "type-error",
            "detail": alone["detail"],
            "python_message": alone["python_message"],
            "span": alone["span"],
            "suggestion": alone["suggestion"],
        }])
    );
    // If some rows have a value or fail otherwise, each row has its own error; so has an error that depends on its
    // values.
    for (expr, failed) in [
        ("x^2 if x < 2 else 1", 2),
        ("1 if x < 2 else x^2", 2),
        ("x^2 if x < 2 else x + 'a'", 4),
        ("sqrt(-1 - x)", 4),
        ("x // 0", 4),
    ] {
        let rows = table(node.address, &json!({"expr": expr, "x": [0, 1, 2, 3]}));
        let errors = rows["errors"].as_array().map(Vec::len);
        assert_eq!((rows["failed"].as_u64(), errors), (Some(failed), Some(failed as usize)), "{expr}: {rows}");
    }
    assert_eq!(table(node.address, &json!({"expr": "x + 'a'", "x": []})), json!({"result": []}));
}

#[test]
fn a_table_has_the_hints_of_a_value() {
    let node = Node::start(&[]);
    let alone = single(node.address, "x + (2^3)", 1.0);
    assert!(alone["hints"].is_array(), "{alone}");
    assert_eq!(
        table(node.address, &json!({"expr": "x + (2^3)", "x": [1, 2]})),
        json!({"result": [2.0, 3.0], "hints": alone["hints"]})
    );
}

#[test]
fn a_table_is_streamed_and_stops_when_its_reader_leaves() {
    let node = Node::start(&["--threads", "1"]);
    let question = json!({"expr": "[x + 0.5]*2000", "x": {"from": 0, "to": 1, "count": 5_000}}).to_string();
    let before = node.peak_kib();
    let mut leaving = Exchange::ask(node.address, "/v1/table", &[JSON], question.as_bytes());
    let mut some = vec![0; 1 << 20];
    leaving.answer.read_exact(&mut some).expect("it answers");
    // Meanwhile, the server computes as far ahead of the reader as it is allowed.
    for n in 0..200 {
        assert_eq!(batch(node.address, n.to_string().as_bytes()).len(), 1);
    }
    let grown = node.peak_kib() - before;
    // The rows ahead of the reader, and what the allocator keeps: about 50 MiB were measured.
    assert!(grown < 100 << 10, "{grown} KiB for a table of some 200 MB");
    drop(leaving);
    support::wait_for("the server to notice", || count(node.address, "tabuada_streams_abandoned_total") == 1);
}
