//! The service over HTTP: the course's contract, hostile requests, and the other routes.
#![allow(clippy::panic)]

use crate::support;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::Shutdown;
use std::time::Instant;

use serde_json::Value;
use serde_json::value::RawValue;
use support::{Client, PATIENCE, Response, Server, corpus, hostile_body, resolved, unhex};

/// Both tables of the contract, row by row: request and response.
#[test]
fn the_contract_row_by_row() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (expression, resultado) in [
        ("2+2", "4"),
        ("2**100", "1267650600228229401496703205376"),
        ("7//2", "3"),
        ("0.1+0.2", "0.30000000000000004"),
        ("3>2", "true"),
        ("1e16", "1e+16"),
        ("1e999", "\"inf\""),
        ("-1e999", "\"-inf\""),
        ("None", "null"),
        ("1/0", "\"Erro na expressão informada: division by zero\""),
        ("foo", "\"Erro na expressão informada: name 'foo' is not defined\""),
    ] {
        for _ in 0..2 {
            let response = client.evaluate(expression);
            assert_eq!(response.status, 200, "{expression}");
            assert_eq!(response.header("content-type"), Some("application/json"), "{expression}");
            assert_eq!(response.text(), format!("{{\"resultado\":{resultado}}}"), "{expression}");
        }
    }
    // Our own messages are in Portuguese and give the position.
    for (expression, position) in [("2 +", 4), ("", 1), ("   ", 4), ("1 + 9**9**9", 5), ("é + ", 5), ("1 + é é", 7)]
    {
        let response = client.evaluate(expression);
        let text = response.text();
        assert_eq!(response.status, 200, "{expression}");
        assert!(text.starts_with("{\"resultado\":\"Erro na expressão informada: "), "{expression}: {text}");
        assert!(text.ends_with(&format!(" (posição {position})\"}}")), "{expression}: {text}");
    }
    for (body, status, answer) in [
        (
            r#"{}"#,
            422,
            r#"{"detail":[{"type":"missing","loc":["body","expressao"],"msg":"Field required","input":{}}]}"#,
        ),
        (
            r#"{"expressao": 5}"#,
            422,
            r#"{"detail":[{"type":"string_type","loc":["body","expressao"],"msg":"Input should be a valid string","input":5}]}"#,
        ),
        (
            r#"{"expressao": null}"#,
            422,
            r#"{"detail":[{"type":"string_type","loc":["body","expressao"],"msg":"Input should be a valid string","input":null}]}"#,
        ),
        ("", 422, r#"{"detail":[{"type":"missing","loc":["body"],"msg":"Field required","input":null}]}"#),
        ("null", 422, r#"{"detail":[{"type":"missing","loc":["body"],"msg":"Field required","input":null}]}"#),
        (
            "[]",
            422,
            r#"{"detail":[{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":[]}]}"#,
        ),
        (
            "5",
            422,
            r#"{"detail":[{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":5}]}"#,
        ),
        (
            "notjson",
            422,
            r#"{"detail":[{"type":"json_invalid","loc":["body",0],"msg":"JSON decode error","input":{},"ctx":{"error":"Expecting value"}}]}"#,
        ),
    ] {
        let response = client.post(body.as_bytes());
        assert_eq!((response.status, response.text()), (status, answer), "{body}");
    }
    let response = client.post(b"{\"expressao\":\"\xff\"}");
    assert_eq!((response.status, response.text()), (400, r#"{"detail":"There was an error parsing the body"}"#));
}

/// Checks our response where the course's application fails with a 500.
fn in_place_of_a_500(request: &Value) -> bool {
    // Each of these is valid to Python's decoder but cannot be written back, or is not a text at all.
    let body = body_of(request);
    let answers =
        [&b"NaN"[..], b"Infinity", b"1e999", b"1E400", b"1e400", b"1e1111", b"\\ud", b"\xed", b"\x3d\xd8", b"\xff"];
    answers.iter().any(|sign| body.windows(sign.len()).any(|window| window == *sign))
}

fn body_of(request: &Value) -> Vec<u8> {
    match request["body_hex"].as_str() {
        Some(digits) => unhex(digits),
        None => request["body"].as_str().expect("a body").as_bytes().to_vec(),
    }
}

/// Replays the recorded requests to the course's application, and compares every byte of the response.
#[test]
fn answers_as_the_recorded_application() {
    let server = Server::start();
    let records = corpus("course_contract.jsonl");
    let (mut compared, mut broken_there, mut wrong) = (0, 0, Vec::new());
    for record in &records {
        let request = &record["request"];
        let (method, target) =
            (request["method"].as_str().expect("a method"), request["target"].as_str().expect("a target"));
        let headers: Vec<(&str, &str)> = request["headers"]
            .as_array()
            .expect("headers")
            .iter()
            .map(|pair| (pair[0].as_str().expect("a name"), pair[1].as_str().expect("a value")))
            .collect();
        let response = Client::connect(server.address).request(method, target, &headers, &body_of(request));
        let expected = &record["response"];
        if expected["status"] == 500 {
            broken_there += 1;
            assert!(in_place_of_a_500(request), "{request}");
            assert!(matches!(response.status, 400 | 422), "{request}: {response:?}");
            continue;
        }
        compared += 1;
        if let Err(difference) = same(target, &response, expected) {
            wrong.push(format!(
                "{}: {difference}\n  {request}\n  expected {expected}\n  got {} {:?}",
                record["group"],
                response.status,
                response.text()
            ));
        }
    }
    assert_eq!(compared + broken_there, records.len());
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn same(target: &str, response: &Response, expected: &Value) -> Result<(), String> {
    if response.status != expected["status"] {
        return Err(format!("status {}", response.status));
    }
    if response.body != expected["body"].as_str().expect("a body").as_bytes() {
        return Err("body".to_owned());
    }
    for (name, value) in expected["headers"].as_object().expect("headers") {
        let value = value.as_str().expect("a header");
        let ours = response.header(name).unwrap_or_default();
        let same = match name.as_str() {
            // A set, whose order is random there.
            "allow" => sorted(ours) == sorted(value),
            // Our location has neither host nor root; the client adds them.
            "location" => format!("http://localhost:8000{}", resolved(target, ours)) == value,
            _ => ours == value,
        };
        if !same {
            return Err(format!("{name}: {ours}"));
        }
    }
    Ok(())
}

fn sorted(methods: &str) -> Vec<&str> {
    let mut methods: Vec<_> = methods.split(',').map(str::trim).collect();
    methods.sort_unstable();
    methods
}

/// A value that cannot be written back as JSON still gets a response, which shows what was sent.
#[test]
fn values_without_a_json_form_are_echoed_as_text() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (body, input) in [
        (r#"{"expressao":NaN}"#, r#""nan""#),
        (r#"{"expressao":[1e999,-Infinity]}"#, r#"["inf","-inf"]"#),
        (r#"{"expressao":["\ud800"]}"#, "[\"\u{fffd}\"]"),
    ] {
        let response = client.post(body.as_bytes());
        let answer = format!(
            r#"{{"detail":[{{"type":"string_type","loc":["body","expressao"],"msg":"Input should be a valid string","input":{input}}}]}}"#
        );
        assert_eq!((response.status, response.text()), (422, answer.as_str()), "{body}");
    }
    // pydantic's message for a string that is not valid Unicode.
    let response = client.post(br#"{"expressao":"1\ud8001"}"#);
    let answer = "{\"detail\":[{\"type\":\"string_unicode\",\"loc\":[\"body\",\"expressao\"],\"msg\":\"Input should be a valid string, unable to parse raw data as a unicode string\",\"input\":\"1\u{fffd}1\"}]}";
    assert_eq!((response.status, response.text()), (422, answer));
}

/// `Cache-Status` says where each answer came from. The answer itself is the same.
#[test]
fn cache_status_is_on_every_answer() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let first = client.evaluate("20+22");
    let second = client.evaluate(" 20 + 22");
    assert_eq!(first.header("cache-status"), Some("tabuada; fwd=uri-miss; stored"));
    let hit = second.header("cache-status").expect("a status");
    let ttl = hit.strip_prefix("tabuada; hit; detail=memory; ttl=").and_then(|ttl| ttl.parse::<u64>().ok());
    assert!(ttl.is_some_and(|ttl| (80_000..=91_000).contains(&ttl)), "a day, more or less: {hit}");
    assert_eq!(first.body, second.body);
    let bypasses = [
        (client.evaluate("2 +"), "syntax"),
        (client.post(b"{"), "malformed"),
        (client.post(b"\xff"), "malformed"),
        (client.get("/evaluate"), "method"),
    ];
    for (response, detail) in &bypasses {
        assert_eq!(response.header("cache-status"), Some(&*format!("tabuada; fwd=bypass; detail={detail}")));
    }
}

/// Whatever the body contains, the server answers in time, and then answers the next request on another connection.
#[test]
fn hostile_requests_are_answered() {
    let server = Server::start();
    let (mut asked, mut too_late) = (0, 0.0);
    for record in corpus("hostile.jsonl") {
        let id = &record["id"];
        let body = hostile_body(&record);
        let response = in_time(&server, &body, &mut too_late);
        match response.status {
            200 | 400 | 413 | 422 => {}
            status => panic!("{id}: status {status}: {}", response.text()),
        }
        assert_eq!(response.status == 413, body.len() > 1 << 20, "{id}");
        assert!(response.header("cache-status").is_some_and(|status| status.starts_with("tabuada; ")), "{id}");
        // Raw values, because the echo may be nested as deeply as Python reads.
        let answer: BTreeMap<String, Box<RawValue>> =
            serde_json::from_slice(&response.body).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert!(answer.keys().eq(["resultado"]) || answer.keys().eq(["detail"]), "{id}: {answer:?}");
        asked += 1;
    }
    assert!(asked > 700, "{asked}");
    assert_eq!(Client::connect(server.address).evaluate("1+1").text(), "{\"resultado\":2}");
    // No other failure occurred.
    assert_eq!(counter(&server, "tabuada_evaluations_failed_total"), too_late);
}

/// Sends the body again while the machine is too busy to answer before the deadline. Counts evaluations that were
/// abandoned at the deadline. Requests that got no thread at all are not counted.
fn in_time(server: &Server, body: &[u8], too_late: &mut f64) -> Response {
    let begun = Instant::now();
    loop {
        let response = Client::connect(server.address).post(body);
        let is_too_late = response.header("cache-status").is_some_and(|status| status.ends_with("detail=deadline"));
        *too_late += f64::from(u8::from(is_too_late));
        if !(is_too_late || response.status == 503) {
            return response;
        }
        assert!(begun.elapsed() < PATIENCE, "never in time: {}", response.text());
    }
}

fn counter(server: &Server, name: &str) -> f64 {
    let metrics = Client::connect(server.address).get("/metrics");
    let line = metrics.text().lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned));
    line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn a_body_of_100_mb_is_refused_with_and_without_a_length() {
    let server = Server::start();
    let chunk = vec![b'x'; 1 << 20];
    let is_413 = |response: &Response| {
        assert_eq!(response.status, 413);
        assert_eq!(response.text(), r#"{"detail":"Request Entity Too Large"}"#);
        assert_eq!(response.header("cache-status"), Some("tabuada; fwd=bypass; detail=too-large"));
        assert_eq!(response.header("connection"), Some("close"));
    };
    // A client that sends everything before it reads.
    let mut client = Client::connect(server.address);
    client.send(format!("POST /evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", 100 << 20).as_bytes());
    for _ in 0..100 {
        client.stream.write_all(&chunk).expect("the server reads all of it");
    }
    is_413(&client.receive(false));
    assert!(client.is_closed());
    // A client that does not know how much it will send.
    let mut client = Client::connect(server.address);
    client.send(b"POST /evaluate HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for _ in 0..100 {
        client.stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).expect("the server reads all of it");
        client.stream.write_all(&chunk).expect("the server reads all of it");
        client.stream.write_all(b"\r\n").expect("the server reads all of it");
    }
    client.send(b"0\r\n\r\n");
    is_413(&client.receive(false));
    // A client that sends `Expect: 100-continue`.
    let mut client = Client::connect(server.address);
    client.send(b"POST /evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\nExpect: 100-continue\r\n\r\n");
    is_413(&client.receive(false));
    assert!(client.is_closed());
}

#[test]
fn the_largest_body_is_read_and_one_byte_more_is_not() {
    let server = Server::start();
    let padded = |size: usize| {
        let frame = r#"{"expressao":"2+2","pad":""}"#.len();
        format!(r#"{{"expressao":"2+2","pad":"{}"}}"#, "x".repeat(size - frame))
    };
    let mut client = Client::connect(server.address);
    assert_eq!(client.post(padded(1 << 20).as_bytes()).text(), "{\"resultado\":4}");
    assert_eq!(client.post(padded((1 << 20) + 1).as_bytes()).status, 413);
}

#[test]
fn a_truncated_body_is_answered() {
    let server = Server::start();
    for start in [
        "POST /evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"expressao\"",
        "POST /evaluate HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"exp",
        "POST /evaluate HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let mut client = Client::connect(server.address);
        client.send(start.as_bytes());
        client.stream.shutdown(Shutdown::Write).expect("the sending side can be closed");
        let response = client.receive(false);
        assert_eq!(
            (response.status, response.text()),
            (400, r#"{"detail":"There was an error parsing the body"}"#),
            "{start}"
        );
    }
    // A client that closes only its sending side still gets its response.
    let mut client = Client::connect(server.address);
    client.send(b"POST /evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: 19\r\n\r\n{\"expressao\":\"2+2\"}");
    client.stream.shutdown(Shutdown::Write).expect("the sending side can be closed");
    assert_eq!(client.receive(false).text(), "{\"resultado\":4}");
}

#[test]
fn invalid_http_is_refused_and_other_clients_are_served() {
    let server = Server::start();
    for (bytes, status) in [
        (&b"hello\r\n\r\n"[..], 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"POST /evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n1", 400),
    ] {
        let mut client = Client::connect(server.address);
        client.send(bytes);
        client.stream.shutdown(Shutdown::Write).expect("the sending side can be closed");
        assert_eq!(client.receive(false).status, status, "{:?}", String::from_utf8_lossy(bytes));
    }
    let mut client = Client::connect(server.address);
    client.send(format!("GET /health/live HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(100 << 10)).as_bytes());
    assert_eq!(client.receive(false).status, 431);
    assert_eq!(Client::connect(server.address).evaluate("1+1").text(), "{\"resultado\":2}");
}

/// Sends each request in one piece and byte by byte. The responses are the same.
fn statuses(server: &Server, request: &str) -> [(u16, Client); 2] {
    [request.len(), 1].map(|piece| {
        let mut client = Client::connect(server.address);
        for piece in request.as_bytes().chunks(piece) {
            client.send(piece);
        }
        (client.receive(false).status, client)
    })
}

/// The statuses, and whether the connection is closed after a refusal.
fn answered(server: &Server, request: &str) -> [(u16, bool); 2] {
    statuses(server, request).map(|(status, mut client)| (status, status == 200 || client.is_closed()))
}

/// RFC 9112, sections 2.2, 5 and 6.3: the server refuses ambiguous lines, names and lengths, and does not guess.
#[test]
fn ambiguous_heads_are_refused_and_end_the_connection() {
    let server = Server::start();
    for fields in [
        "Content-Length: 19\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 19",
        "Content-Length: 19\r\nContent-Length: 19",
        "Content-Length: 19\r\nContent-Length: 20",
        "Content-Length: 19, 19",
        "Content-Length: +19",
        "Content-Length: -19",
        "Content-Length: 0x13",
        "Content-Length: 1 9",
        "Content-Length: 19.",
        "Content-Length:",
        "Content-Length : 19",
        "Content-Length: 19\nX: y",
        "Content-Length: 19\r\nX: y\n Z: w",
        "Content-Length: 19\r\nX: y\r\n folded",
        "Content-Length: 19\r\n X: y",
        "Content-Length: 19\r\nX: a\0b",
        "Content-Length: 19\r\nX: a\rb",
        "Content-Length: 19\r\nX\0: a",
        "Content-Length: 19\r\nX y: a",
        "Content-Length: 19\r\n: a",
        "Content-Length: 19\r\nX",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: gzip",
    ] {
        let request = format!("POST /evaluate HTTP/1.1\r\nHost: x\r\n{fields}\r\n\r\n{{\"expressao\":\"2+2\"}}");
        assert_eq!(answered(&server, &request), [(400, true); 2], "{fields:?}");
    }
    let get = |line: &str| answered(&server, &format!("{line}\r\nHost: x\r\n\r\n"));
    for line in
        ["GET  /health/live HTTP/1.1", "GET /health/live\tHTTP/1.1", "GET /health/live", "GET /health/live HTTP/1.2"]
    {
        assert_eq!(get(line), [(400, true); 2], "{line:?}");
    }
    assert_eq!(get("GET /health/live HTTP/1.1"), [(200, true); 2]);
    assert_eq!(answered(&server, "GET /health/live HTTP/1.1\nHost: x\r\n\r\n"), [(400, true); 2]);
    assert_eq!(answered(&server, "GET /health/live HTTP/1.1\r\nHost: x\r\n\n"), [(400, true); 2]);
    // Unambiguous heads are accepted: empty lines before them, names in any case, leading zeros in a length.
    let clear = "\r\nPOST /evaluate HTTP/1.1\r\nHOST: x\r\ncontent-LENGTH:\t00019 \r\n\r\n{\"expressao\":\"2+2\"}";
    assert_eq!(answered(&server, clear), [(200, true); 2]);
}

/// The server answers 413 without waiting for the announced bytes.
#[test]
fn a_body_declared_too_large_is_refused_at_once() {
    let server = Server::start();
    for path in ["/evaluate", "/v1/evaluate", "/v1/table", "/v1/batch"] {
        for sized in [
            "Content-Length: 1048577\r\n\r\n",
            "Content-Length: 9223372036854775808\r\n\r\n",
            "Content-Length: 18446744073709551615\r\n\r\n",
            "Content-Length: 18446744073709551616\r\n\r\n",
            "Content-Length: 999999999999999999999999999999999999\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n",
            "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFFFFFFFFFF\r\n",
            "Transfer-Encoding: chunked\r\n\r\n100001;x=y\r\n",
            "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nfffff\r\n",
        ] {
            let request = format!("POST {path} HTTP/1.1\r\nHost: x\r\n{sized}");
            // The server still reads for a while, so that the client sees the response.
            assert_eq!(statuses(&server, &request).map(|(status, _)| status), [413; 2], "{path} {sized:?}");
        }
    }
}

#[test]
fn bytes_after_a_refused_head_are_not_a_request() {
    let server = Server::start();
    let ping = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut client = Client::connect(server.address);
    let smuggled =
        "POST /evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    client.send([ping, smuggled, ping].concat().as_bytes());
    assert_eq!([(); 2].map(|()| client.receive(false).status), [200, 400]);
    assert!(client.is_closed());
}

/// Two readers of one head, a proxy and this server, must not see different requests (RFC 9112).
#[test]
fn a_head_that_can_be_read_in_two_ways_is_refused() {
    let server = Server::start();
    for (head, status) in [
        ("GET /health/live HTTP/1.1\r\n", 400),
        ("GET /health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\n", 400),
        ("GET /health/live HTTP/1.0\r\nHost: a\r\nHost: a\r\n", 400),
        ("GET /health/live HTTP/1.1\r\nHost: a b\r\n", 400),
        ("POST /evaluate HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n", 501),
        ("POST /evaluate HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", 501),
        ("POST /evaluate HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n", 400),
        ("POST /v1/evaluate HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
    ] {
        let mut client = Client::connect(server.address);
        client.send(format!("{head}\r\n").as_bytes());
        let response = client.receive(false);
        assert_eq!((response.status, response.header("connection")), (status, Some("close")), "{head}");
        assert!(response.header("x-request-id").is_some(), "{head}");
        assert!(client.is_closed(), "{head}");
    }
    for head in [
        "GET /health/live HTTP/1.0\r\n",
        "GET /health/live HTTP/1.1\r\nHost:\r\n",
        "GET /health/live HTTP/1.1\r\nHost: [::1]:8000\r\n",
    ] {
        let mut client = Client::connect(server.address);
        client.send(format!("{head}\r\n").as_bytes());
        assert_eq!(client.receive(false).status, 200, "{head}");
    }
    let mut client = Client::connect(server.address);
    client.send(b"POST /evaluate HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n13\r\n{\"expressao\":\"2+2\"}\r\n0\r\n\r\n");
    assert_eq!(client.receive(false).text(), "{\"resultado\":4}");
}

/// Browsers must not guess the type of any response.
#[test]
fn every_response_forbids_content_sniffing() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for target in [
        "/",
        "/page/main.js",
        "/docs",
        "/openapi.json",
        "/metrics",
        "/nowhere",
        "/health/live",
        "/v1/functions",
        "/v1/evaluate?expr=2",
        "/v1/evaluate?expr=2",
        "/v1/evaluate?expr=1/0",
        "/v1/plot?expr=x",
        "/v1/explain?expr=1",
        "/v1/cache",
        "/evaluate",
        "/docs/",
    ] {
        let response = client.get(target);
        let said: Vec<_> = response.headers.iter().filter(|(name, _)| name == "x-content-type-options").collect();
        assert!(matches!(said[..], [(_, value)] if value == "nosniff"), "{target}: {response:?}");
    }
    assert_eq!(client.evaluate("2+2").header("x-content-type-options"), Some("nosniff"));
}

/// A connection carries many requests, also several sent before the first response.
#[test]
fn requests_follow_each_other_on_one_connection() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let request = |n: u32| {
        let body = format!("{{\"expressao\":\"{n}+{n}\"}}");
        format!("POST /evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    };
    client.send((1..=20).map(request).collect::<String>().as_bytes());
    for n in 1..=20 {
        assert_eq!(client.receive(false).text(), format!("{{\"resultado\":{}}}", n + n));
    }
}

#[test]
fn the_other_routes_answer() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    assert_eq!(client.get("/health/live").text(), r#"{"status":"ok"}"#);
    assert_eq!(client.get("/health/ready").text(), r#"{"status":"ok","cache":"memory"}"#);
    let home = client.get("/");
    assert_eq!((home.status, home.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let head = client.request("HEAD", "/health/live", &[], b"");
    assert_eq!((head.status, head.header("content-length")), (200, Some("15")));
    let missing = client.get("/nowhere");
    assert_eq!((missing.status, missing.text()), (404, r#"{"detail":"Not Found"}"#));
}

/// This holds for any number of clients at the same time, even if some of them disconnect.
#[test]
fn concurrent_requests_for_one_expression_compute_it_once() {
    const EXPENSIVE: &str = "factorial(20000) % 1000003";
    let server = Server::start();
    let address = server.address;
    let mut impatient = Client::connect(address);
    impatient.send(
        format!("POST /evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: 42\r\n\r\n{{\"expressao\":\"{EXPENSIVE}\"}}")
            .as_bytes(),
    );
    drop(impatient);
    let clients: Vec<_> =
        (0..16).map(|_| std::thread::spawn(move || Client::connect(address).evaluate(EXPENSIVE))).collect();
    let answers: Vec<Response> = clients.into_iter().map(|client| client.join().expect("it is answered")).collect();
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (200, &answers[0].body));
        let status = answer.header("cache-status").expect("a status");
        let known =
            ["tabuada; fwd=uri-miss; stored", "tabuada; fwd=uri-miss; collapsed", "tabuada; hit; detail=memory"];
        assert!(known.iter().any(|known| status.starts_with(known)), "{status}");
    }
    assert_eq!(counter(&server, "tabuada_evaluations_total"), 1.0);
    assert!(counter(&server, "tabuada_trials_abandoned_total") >= 1.0);
}

/// hyper's `pipeline_flush` would keep the answer until the next request is there, and this test fails with it.
#[test]
fn an_answer_does_not_wait_for_the_rest_of_the_next_request() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let asked = "GET /v1/evaluate?expr=2%2B2 HTTP/1.1\r\nHost: x\r\n\r\n";
    let (part, rest) = asked.split_at(10);
    client.send(format!("{asked}{asked}{part}").as_bytes());
    assert_eq!((client.receive(false).status, client.receive(false).status), (200, 200));
    client.send(rest.as_bytes());
    assert_eq!(client.receive(false).status, 200);
}

/// A server that receives the signal to stop finishes the requests in progress and accepts no more.
#[test]
fn stopping_finishes_what_is_in_flight() {
    let server = Server::start();
    let address = server.address;
    let mut idle = Client::connect(address);
    assert_eq!(idle.get("/health/live").status, 200);
    let mut client = Client::connect(address);
    client.send(b"POST /evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: 19\r\n\r\n{\"expressao\":");
    // The server has read the head once it answers another request that was sent later.
    assert_eq!(Client::connect(address).get("/health/live").status, 200);
    let stopping = std::thread::spawn(move || server.stop());
    assert!(idle.is_closed(), "the idle connection is closed");
    client.send(b"\"2+2\"}");
    assert_eq!(client.receive(false).text(), "{\"resultado\":4}");
    stopping.join().expect("it stops");
    assert!(std::net::TcpStream::connect(address).is_err());
}
