//! Request IDs, and the log of requests.
#![allow(clippy::panic)]

use crate::support;

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use support::{Client, Node, Response, Server, wait_for};

const ID: &str = "x-request-id";

/// A text that no line of the log may contain by default. The requests below contain it wherever they can.
const SECRET: &str = "31415926";

fn id(response: &Response) -> &str {
    response.header(ID).unwrap_or_else(|| panic!("no name: {response:?}"))
}

/// Every route, with every status that a client can cause: method, target, body, status.
fn requests() -> Vec<(&'static str, String, String, u16)> {
    let get = |target: &str, status| ("GET", target.replace('#', SECRET), String::new(), status);
    let post = |target: &str, body: &str, status| ("POST", target.to_owned(), body.replace('#', SECRET), status);
    vec![
        post("/evaluate", r##"{"expressao":"#+1"}"##, 200),
        post("/evaluate", r##"{"expressao":"#+1"}"##, 200),
        post("/evaluate", r##"{"expressao":"#/0"}"##, 200),
        post("/evaluate", r##"{"expressao":"# +"}"##, 200),
        post("/evaluate", r##"{"expressao":#}"##, 422),
        post("/evaluate", "#", 422),
        get("/evaluate?#", 405),
        get("/v1/evaluate?expr=#%2B1", 200),
        get("/v1/evaluate?expr=#%2F0", 422),
        get("/v1/evaluate?other=#", 400),
        post("/v1/evaluate", r##"{"expr":"#+x","variables":{"x":#}}"##, 200),
        post("/v1/evaluate", r##"{"expr":"#/0"}"##, 422),
        post("/v1/evaluate", "#", 400),
        ("PUT", "/v1/evaluate".to_owned(), SECRET.to_owned(), 405),
        post("/v1/batch", r##"{"exprs":["#"]}"##, 200),
        post("/v1/batch", "#", 400),
        post("/v1/table", r##"{"expr":"#*x","columns":{"x":[1]}}"##, 200),
        post("/v1/table", r##"{"expr":"#*","columns":{"x":[1]}}"##, 422),
        get("/v1/plot?expr=#*x", 200),
        get("/v1/explain?expr=#", 200),
        get("/v1/cache", 200),
        get("/v1/cache/entry?key=#%2B1", 200),
        get("/v1/cache/entry?key=#%2B2", 404),
        get("/metrics", 200),
        get("/health/live", 200),
        get("/docs", 200),
        get("/openapi.json", 200),
        get("/#", 404),
        get("/v1/#", 404),
        get("/v1/evaluate/?expr=#", 307),
        ("#+1", "/evaluate".to_owned(), String::new(), 405),
    ]
    .into_iter()
    .map(|(method, target, body, status)| (if method == "#+1" { "31415926+1" } else { method }, target, body, status))
    .collect()
}

fn ask(client: &mut Client, request: &(&str, String, String, u16), headers: &[(&str, &str)]) -> Response {
    let (method, target, body, status) = request;
    let response = client.request(method, target, headers, body.as_bytes());
    assert_eq!(response.status, *status, "{method} {target} {body}: {}", String::from_utf8_lossy(&response.body));
    response
}

/// The ID that the client sent, or else a unique one.
#[test]
fn every_response_has_a_request_id() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let mut seen = BTreeSet::new();
    for request in &requests() {
        let own = ask(&mut client, request, &[]);
        assert!(seen.insert(id(&own).to_owned()), "{request:?}: {} twice", id(&own));
        let named = ask(&mut client, request, &[(ID, "caller-7")]);
        // Responses that shared caches may store have an ID from the server.
        if named.header("cache-control").is_some_and(|kept| kept.starts_with("public")) {
            assert!(seen.insert(id(&named).to_owned()), "{request:?}: {} twice", id(&named));
        } else {
            assert_eq!(id(&named), "caller-7", "{request:?}");
        }
        let strange = ask(&mut client, request, &[(ID, "no name\"")]);
        assert!(seen.insert(id(&strange).to_owned()), "{request:?}: {} twice", id(&strange));
        assert_eq!(own.headers.iter().filter(|(name, _)| name == ID).count(), 1);
    }
    let head = client.request("HEAD", "/health/live", &[(ID, "caller-8")], b"");
    assert_eq!(id(&head), "caller-8");
}

/// The ID belongs to the request and not to the answer, so no body contains it.
#[test]
fn no_body_contains_the_request_id() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for request in &requests() {
        let response = ask(&mut client, request, &[(ID, "caller-9")]);
        assert!(!String::from_utf8_lossy(&response.body).contains("caller-9"), "{request:?}");
    }
}

fn lines(node: &Node) -> Vec<Map<String, Value>> {
    let object = |line: &String| match serde_json::from_str(line) {
        Ok(Value::Object(members)) => members,
        other => panic!("{line}: {other:?}"),
    };
    node.log().iter().map(object).collect()
}

fn line_of(node: &Node, id: &str) -> Map<String, Value> {
    let mut found = None;
    wait_for(id, || {
        found = lines(node).into_iter().find(|line| line.get("id").is_some_and(|given| given == id));
        found.is_some()
    });
    found.expect("it was waited for")
}

/// Whether a request was so slow that it is logged as trouble, which can happen on a busy machine.
fn is_slow(line: &Map<String, Value>) -> bool {
    line["duration_ms"].as_f64().expect("a time") >= 1_000.0
}

/// Each line is a JSON object with client, route, status and duration, and without the expression.
#[test]
fn json_lines_do_not_contain_expressions() {
    let node = Node::start(&["--log-format", "json", "--log-requests", "all"]);
    let mut client = Client::connect(node.address);
    let routes = requests();
    for (number, request) in routes.iter().enumerate() {
        let response = ask(&mut client, request, &[(ID, &format!("r{number}"))]);
        let line = line_of(&node, &format!("r{number}"));
        assert_eq!(line["status"], response.status, "{line:?}");
        let is_made_up = request.0 == "31415926+1";
        assert_eq!(line["method"], if is_made_up { "other" } else { request.0 }, "{line:?}");
        let level = if is_slow(&line) { "WARN" } else { "INFO" };
        assert_eq!((&line["message"], &line["level"]), (&"request".into(), &level.into()), "{line:?}");
        assert!(line["timestamp"].as_str().is_some_and(|time| time.ends_with('Z')), "{line:?}");
        let mut members: Vec<&str> = line.keys().map(String::as_str).collect();
        members.retain(|name| *name != "cache");
        assert_eq!(
            members,
            ["client", "duration_ms", "id", "level", "message", "method", "route", "status", "timestamp"]
        );
        assert_eq!(line["client"], "127.0.0.1", "{line:?}");
        assert_eq!(line.contains_key("cache"), response.header("cache-status").is_some(), "{line:?}");
    }
    let said = |number: &str, name: &str| line_of(&node, number)[name].clone();
    assert_eq!((said("r0", "route"), said("r0", "cache")), ("evaluate".into(), "computed".into()));
    assert_eq!((said("r1", "route"), said("r1", "cache")), ("evaluate".into(), "memory".into()));
    assert_eq!((said("r3", "route"), said("r3", "cache")), ("evaluate".into(), "bypass".into()));
    assert_eq!(said("r7", "route"), "v1_evaluate");
    for line in node.log() {
        assert!(!line.contains(SECRET), "{line}");
    }
}

/// If the operator configures it, a line shows the request's contents, in both formats on one line.
#[test]
fn lines_contain_expressions_if_configured() {
    let flags = ["--log-format=json", "--log-requests", "--log-expressions"];
    let node = Node::start(&flags);
    let mut client = Client::connect(node.address);
    client.request("POST", "/evaluate", &[(ID, "a")], br#"{"expressao":"1 +\n2"}"#);
    client.request("POST", "/v1/evaluate", &[(ID, "b")], br#"{"expr":"x+1","variables":{"x":1}}"#);
    client.request("GET", "/v1/evaluate?expr=2%2B2", &[(ID, "c")], b"");
    client.request(
        "POST",
        "/evaluate",
        &[(ID, "d")],
        &[br#"{"expressao":""#, "9".repeat(5_000).as_bytes(), br#""}"#].concat(),
    );
    let a = line_of(&node, "a");
    assert_eq!((&a["expression"], &a["uri"]), (&"1 +\n2".into(), &"/evaluate".into()));
    assert_eq!(line_of(&node, "b")["expression"], "x+1");
    assert_eq!(line_of(&node, "c")["uri"], "/v1/evaluate?expr=2%2B2");
    assert_eq!(line_of(&node, "d")["expression"], format!("{}…", "9".repeat(1_000)));

    let node = Node::start(&["--log-requests=all", "--log-expressions"]);
    let mut client = Client::connect(node.address);
    client.request("POST", "/evaluate", &[(ID, "a")], br#"{"expressao":"1 +\n2 id=forged"}"#);
    client.request("GET", "/health/live", &[(ID, "last")], b"");
    wait_for("the last line", || node.log().iter().any(|line| line.contains("last")));
    let log = node.log();
    let line = log.iter().find(|line| line.contains("forged")).expect("a line");
    assert!(line.contains(r#"id="a""#) && line.contains(r#"expression="1 +\n2 id=forged""#), "{line}");
    assert!(line.contains(" INFO request "), "{line}");
}

/// The client is the peer of the connection, or the one that a trusted proxy names; `--log-clients=false` hides it.
#[test]
fn lines_contain_the_client_unless_configured_otherwise() {
    let asked = |flags: &[&str], forwarded: &str| {
        let node = Node::start(&[&["--log-format=json", "--log-requests=all"], flags].concat());
        let headers = [(ID, "a"), ("x-forwarded-for", forwarded)];
        Client::connect(node.address).request("GET", "/health/live", &headers, b"");
        line_of(&node, "a").get("client").cloned()
    };
    let trusting = ["--trusted-proxies", "127.0.0.1"];
    assert_eq!(asked(&[], "203.0.113.9"), Some("127.0.0.1".into()));
    assert_eq!(asked(&trusting, "198.51.100.1, 203.0.113.9"), Some("203.0.113.9".into()));
    assert_eq!(asked(&trusting, "2001:db8:1:2:3::4"), Some("2001:db8:1:2:3::4".into()), "the whole address");
    assert_eq!(asked(&trusting, "unknown"), Some("127.0.0.1".into()));
    for off in ["--log-clients=off", "--log-clients=false"] {
        assert_eq!(asked(&[&trusting[..], &[off]].concat(), "203.0.113.9"), None);
    }
}

/// The first line shows the program and its configuration, without secrets.
#[test]
fn the_log_begins_with_the_configuration() {
    let begun = |variables: &[(&str, &str)], flags: &[&str]| {
        let node = Node::start_with(variables, &[&["--log-format=json"], flags].concat());
        node.signal("TERM");
        let log = node.whole_log();
        assert!(!log.iter().any(|line| line.contains("s3cret")), "{log:#?}");
        let objects = log.iter().filter_map(|line| serde_json::from_str::<Map<String, Value>>(line).ok());
        let objects: Vec<_> = objects.collect();
        let first = objects.iter().find(|line| line["message"] == "starting").cloned().expect("it is there");
        let alone =
            objects.iter().any(|line| line["message"] == "no Redis configured: answers are kept in this process only");
        (first, alone)
    };
    let (line, is_alone) = begun(&[], &[]);
    assert!(is_alone);
    let listener = line["listener"].as_str().expect("a text");
    assert!(listener.starts_with("http://127.0.0.1:"), "{listener}");
    for (name, value) in [
        ("version", env!("CARGO_PKG_VERSION")),
        ("commit", tabuada::version::COMMIT),
        ("redis", "none"),
        ("ttl", "1d"),
        ("lookup", "adaptive"),
        ("memory", "64MiB"),
        ("operators_routes", "open to this machine"),
    ] {
        assert_eq!(line[name], value, "{name}");
    }
    let redis = [("TABUADA_REDIS", "redis://user:s3cret-of-redis@127.0.0.1:1/0")];
    let token = [("TABUADA_ADMIN_TOKEN", "s3cret-of-the-operator")];
    let flags = ["--ttl=9m", "--lookup=always", "--memory=1MiB", "--threads=3", "--admin-listen=127.0.0.1:0"];
    let (line, is_alone) = begun(&[redis, token].concat(), &flags);
    assert!(!is_alone);
    for (name, value) in [
        ("redis", "127.0.0.1:1"),
        ("ttl", "9m"),
        ("lookup", "always"),
        ("memory", "1MiB"),
        ("operators_routes", "with the token"),
    ] {
        assert_eq!(line[name], value, "{name}");
    }
    assert_eq!(line["threads"], 3);
    assert!(line["operators_listener"].as_str().is_some_and(|address| address.starts_with("http://")));
}

/// By default, successful requests leave no line.
#[test]
fn successful_requests_are_not_logged() {
    let written = |flag: &str| {
        let node = Node::start(&["--log-format=json", flag]);
        let mut client = Client::connect(node.address);
        let requests = requests();
        for request in &requests {
            ask(&mut client, request, &[]);
        }
        node.signal("TERM");
        let log = node.whole_log();
        let lines = log.iter().map(|line| serde_json::from_str(line).expect("an object"));
        let lines = lines.filter(|line: &Map<String, Value>| line["message"] == "request").collect::<Vec<_>>();
        (lines.len() == requests.len(), lines.iter().all(is_slow), lines.is_empty())
    };
    assert!(written("--log-requests=none").2);
    assert!(written("--log-requests=trouble").1);
    assert!(written("--log-requests=all").0);
}

/// A log without a reader does not block the server: lines are dropped and counted.
#[test]
fn an_unread_log_does_not_block_the_server() {
    let node = Node::unread(&["--log-requests=all", "--log-format=json"]);
    let mut client = Client::connect(node.address);
    // More lines than the queue and a pipe hold.
    for _ in 0..12_000 {
        assert_eq!(client.get("/health/live").status, 200);
    }
    let metrics = client.get("/metrics").text().to_owned();
    let lost = metrics.lines().find_map(|line| line.strip_prefix("tabuada_log_lines_lost_total ")?.parse::<u64>().ok());
    assert!(lost.expect("it is counted") > 0);
}
