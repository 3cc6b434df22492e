//! `/v4` over HTTP, as clients of math.js's web service use it.
#![allow(clippy::panic)]

use crate::support;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use support::{Client, Response, Server, encoded};

fn post(client: &mut Client, body: &str) -> (u16, Value) {
    let response = client.request("POST", "/v4/", &[("content-type", "text/plain")], body.as_bytes());
    assert_eq!(response.header("content-type"), Some("application/json"), "{body}");
    let said = serde_json::from_slice(&response.body).unwrap_or_else(|error| panic!("{body}: {error}"));
    (response.status, said)
}

fn get(client: &mut Client, target: &str) -> Response {
    let response = client.get(target);
    assert_eq!(response.header("content-security-policy"), Some("default-src 'none'; sandbox"), "{target}");
    assert_eq!(response.header("x-content-type-options"), Some("nosniff"), "{target}");
    response
}

#[test]
fn both_addresses_answer_both_methods() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for path in ["/v4", "/v4/"] {
        let response = get(&mut client, &format!("{path}?expr=2*(7-3)"));
        assert_eq!((response.status, response.text()), (200, "8"));
        assert_eq!(response.header("content-type"), Some("text/html; charset=utf-8"));
        let response = client.request("POST", path, &[], br#"{"expr":["a=2","a^10"]}"#);
        assert_eq!((response.status, response.text()), (200, r#"{"result":["2","1024"],"error":null}"#));
        assert_eq!(client.request("PUT", path, &[], b"").status, 405);
    }
    let response = get(&mut client, "/v4/?expr=1%2F3&precision=3");
    assert_eq!((response.status, response.text()), (200, "0.333"));
    // A plus is a blank, as in every query.
    assert_eq!(get(&mut client, "/v4/?expr=2+%2B+2").text(), "4");
}

#[test]
fn errors_are_texts_with_status_400() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (target, error) in [
        ("/v4/", "Error: Required query parameter \"expr\" missing in url."),
        ("/v4/?precision=3", "Error: Required query parameter \"expr\" missing in url."),
        ("/v4/?expr=foo", "Error: Undefined symbol foo"),
        ("/v4/?expr=2+%2B", "SyntaxError: Unexpected end of expression (char 4)"),
        ("/v4/?expr=5+cm", "Error: Units are not supported: cm"),
        ("/v4/?expr=2&precision=-1", "Error: The precision must be a whole number of digits"),
        ("/v4/?expr=2&precision=1.5", "Error: The precision must be a whole number of digits"),
        ("/v4/?expr=%ff", "Error: The query is not valid UTF-8"),
    ] {
        let response = get(&mut client, target);
        assert_eq!((response.status, response.text()), (400, error), "{target}");
    }
    for lenient in ["0", "abc", "", "65"] {
        assert_eq!(get(&mut client, &format!("/v4/?expr=1%2F4&precision={lenient}")).text(), "0.25", "{lenient}");
    }
    for (body, error) in [
        ("", "SyntaxError: "),
        ("{\"expr\":", "SyntaxError: "),
        ("{}", "Error: Required field \"expr\" missing in JSON body."),
        ("[]", "Error: Required field \"expr\" missing in JSON body."),
        (r#"{"expr":7}"#, "TypeError: "),
        (r#"{"expr":["1",7]}"#, "TypeError: "),
        (r#"{"expr":["a=1","foo","c+"]}"#, "Error: Undefined symbol foo"),
        (r#"{"expr":["a=1","c+","b"]}"#, "SyntaxError: Unexpected end of expression (char 3)"),
        (r#"{"expr":"2","precision":-1}"#, "Error: The precision must be "),
    ] {
        let (status, said) = post(&mut client, body);
        assert_eq!((status, &said["result"]), (400, &Value::Null), "{body}");
        assert!(said["error"].as_str().is_some_and(|text| text.starts_with(error)), "{body}: {said}");
    }
}

/// Anybody can write a link: what it evaluates is no page of ours.
#[test]
fn a_link_is_no_page() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let script = "<script>alert(1)</script>";
    for (expr, status, text) in [
        (format!("\"{script}\""), 200, format!("\"{script}\"")),
        (format!("\"{script}\"+1"), 400, format!("Error: Cannot convert \"{script}\" to a number")),
    ] {
        let response = get(&mut client, &format!("/v4/?expr={}", encoded(&expr)));
        assert_eq!((response.status, response.text()), (status, &*text));
        assert_eq!(response.header("content-type"), Some("text/plain; charset=utf-8"));
    }
}

/// Pages of any origin, whatever the operator names for the other routes.
#[test]
fn pages_of_all_origins_may_use_it() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let origin = ("origin", "https://page.example");
    for target in ["/v4/?expr=2", "/v4?expr=2", "/v4/?expr=foo"] {
        let response = client.request("GET", target, &[origin], b"");
        assert_eq!(response.header("access-control-allow-origin"), Some("*"), "{target}");
    }
    let asks = [origin, ("access-control-request-method", "POST"), ("access-control-request-headers", "content-type")];
    let response = client.request("OPTIONS", "/v4/", &asks, b"");
    assert_eq!((response.status, response.header("access-control-allow-origin")), (200, Some("*")));
    let response = client.request("GET", "/v1/evaluate?expr=2", &[origin], b"");
    assert_eq!(response.header("access-control-allow-origin"), None);
}

#[test]
fn answers_are_remembered() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let mut status = |target: &str| client.get(target).header("cache-status").map(str::to_owned);
    assert_eq!(status("/v4/?expr=2^53").as_deref(), Some("tabuada; fwd=uri-miss; stored"));
    assert!(status("/v4/?expr=2^53").is_some_and(|status| status.starts_with("tabuada; hit; detail=memory")));
    assert_eq!(status("/v4/?expr=2^53&precision=3").as_deref(), Some("tabuada; fwd=uri-miss; stored"));
    // The same text is another question in the other language.
    assert_eq!(client.get("/v1/evaluate?expr=2^53").header("cache-status"), Some("tabuada; fwd=uri-miss; stored"));
}

/// What is expensive is refused, and the next request is answered.
#[test]
fn hostile_requests_are_refused() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let many = |text: &str, count: usize| json!({"expr": vec![text; count]}).to_string();
    for body in [
        json!({"expr": "sum(1:100000000)"}).to_string(),
        json!({"expr": "f(n) = n < 2 ? n : f(n-1) + f(n-2); f(60)"}).to_string(),
        json!({"expr": "(".repeat(50_000)}).to_string(),
        json!({"expr": "1+".repeat(50_000)}).to_string(),
        many("", 20_000),
        many("combinations(1e9, 5e8)", 1_000),
        format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("{{\"expr\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000)),
    ] {
        let (status, said) = post(&mut client, &body);
        assert_eq!((status, &said["result"]), (400, &Value::Null), "{body:.60}");
    }
    assert_eq!(post(&mut client, r#"{"expr":"1"}"#), (200, json!({"result": "1", "error": null})));
}

/// The corpus over HTTP: `crates/lang/tests/mathjs.rs` compares the values.
#[test]
fn a_body_has_the_form_of_the_original() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/mathjs.jsonl");
    let records = fs::read_to_string(path).expect("it is there");
    for line in records.split('\n').filter(|line| !line.is_empty()) {
        let record: Value = serde_json::from_str(line).expect("it is JSON");
        let (status, said) =
            post(&mut client, &json!({"expr": record["expr"], "precision": record["precision"]}).to_string());
        if record["outside"].is_null() {
            assert_eq!(status, if record["error"].is_null() { 200 } else { 400 }, "{line}");
            assert_eq!(said["error"].is_null(), record["error"].is_null(), "{line}");
            assert_eq!(said["result"].is_array(), record["result"].is_array(), "{line}");
            if record["tol"] == "exact" && record["error"].is_null() {
                assert_eq!(said["result"], record["result"], "{line}");
            }
        }
    }
}
