//! The documentation that the service serves: its pages, and whether `/openapi.json` is true. The tests beside the
//! routes check that every route is in it.

#![allow(clippy::panic)]

use crate::support;

use serde_json::{Map, Value};
use support::{Client, Response, Server};

/// The parts of a response that depend on when and where it was sent.
const CHANGING: [&str; 3] = ["ttl", "bytes", "line"];

/// Statuses that need a special situation or another client; their examples are not tried here.
const RARE: [&str; 7] = ["202", "401", "403", "408", "413", "502", "503"];

/// Headers that only some responses have.
const OCCASIONAL: [&str; 3] = ["age", "content-language", "vary"];

/// Headers of HTTP that do not describe an operation.
const OF_HTTP: [&str; 5] = ["content-type", "content-length", "transfer-encoding", "date", "connection"];

fn document(client: &mut Client) -> Value {
    let response = client.get("/openapi.json");
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")));
    serde_json::from_slice(&response.body).expect("it is JSON")
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap_or_else(|| panic!("{value} is no object"))
}

/// Every operation: its method, its path and its description.
fn operations(document: &Value) -> Vec<(String, &str, &Value)> {
    let mut all = Vec::new();
    for (path, item) in object(&document["paths"]) {
        for (method, operation) in object(item) {
            all.push((method.to_uppercase(), path.as_str(), operation));
        }
    }
    assert!(all.len() > 10, "{} operations", all.len());
    all
}

/// The server itself serves the page and everything that it loads.
#[test]
fn the_pages_need_no_internet() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (page, links) in [("/docs", 11), ("/redoc", 10)] {
        let response = client.get(page);
        assert_eq!((response.status, response.header("content-type")), (200, Some("text/html; charset=utf-8")));
        let policy = response.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{policy}");
        let html = response.text().to_owned();
        assert!(!html.contains("<style") && html.matches("<script").count() == html.matches("<script src=").count());
        let mut asked = 0;
        for attribute in ["src=\"", "href=\""] {
            for (at, _) in html.match_indices(attribute) {
                let link = html[at + attribute.len()..].split('"').next().expect("a link").trim_start_matches("./");
                if link.starts_with("data:") {
                    continue;
                }
                assert!(!link.contains("//"), "{link} is elsewhere");
                let response = client.get(&format!("/{link}"));
                assert_eq!(response.status, 200, "{link}");
                if response.header("content-encoding") == Some("gzip") {
                    assert_eq!(response.body[..3], [0x1f, 0x8b, 8], "{link}");
                }
                asked += 1;
            }
        }
        assert_eq!(asked, links, "{page}");
    }
}

/// The descriptions and summaries in a part of the document, but for the names of examples, which are requests.
fn sentences(part: &Value, found: &mut Vec<String>) {
    match part {
        Value::Array(elements) => elements.iter().for_each(|element| sentences(element, found)),
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member) {
                    ("summary", Value::String(text)) if text.contains(" /") => {}
                    ("description" | "summary", Value::String(text)) => found.push(text.clone()),
                    ("value" | "example", _) => {}
                    _ => sentences(member, found),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn the_document_is_in_the_language_of_the_client() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let mut told = |language: &str| -> Value {
        let response = client.request("GET", "/openapi.json", &[("accept-language", language)], b"");
        assert_eq!(response.header("content-language"), Some(language));
        assert_eq!(response.header("vary"), Some("Accept-Language"));
        serde_json::from_slice(&response.body).expect("it is JSON")
    };
    let [english, portuguese] = ["en", "pt-BR"].map(&mut told);
    for ((_, path, one), (_, _, other)) in operations(&english).into_iter().zip(operations(&portuguese)) {
        assert_ne!(one["summary"], other["summary"], "{path}");
    }
    for part in ["info", "tags"] {
        let [mut one, mut other] = [Vec::new(), Vec::new()];
        sentences(&english[part], &mut one);
        sentences(&portuguese[part], &mut other);
        assert!(!one.is_empty() && one.iter().zip(&other).all(|(one, other)| one != other), "{part}");
    }
    // What is code in both languages is the same; a new description may be waiting for its translation.
    let [mut one, mut other] = [Vec::new(), Vec::new()];
    sentences(&english, &mut one);
    sentences(&portuguese, &mut other);
    let is_code = |text: &str| text.split('`').step_by(2).all(|words| words.len() < 8);
    let untold: Vec<&String> = one.iter().filter(|text| other.contains(text) && !is_code(text)).collect();
    assert_eq!(one.len(), other.len());
    assert!(untold.len() * 20 < one.len(), "portuguese.json has no translation of {untold:?}");
}

/// The course's route comes first, then those of the calculator, in the order in which one gets to know them.
#[test]
fn the_paths_are_in_the_order_in_which_they_are_read() {
    let text = Client::connect(Server::start().address).get("/openapi.json").text().to_owned();
    let routes = ["/evaluate", "/v1/evaluate", "/v1/batch", "/v1/table", "/v1/plot", "/v1/explain", "/v1/functions"];
    let later = ["/v1/cache", "/health", "/version", "/metrics"];
    let paths = &text[text.find("\"paths\":").expect("paths")..];
    let places: Vec<usize> =
        routes.iter().chain(&later).map(|path| paths.find(&format!("\"{path}\":{{")).expect("a path")).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn every_operation_is_described_in_full() {
    let server = Server::start();
    let document = document(&mut Client::connect(server.address));
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    for (method, path, operation) in operations(&document) {
        let place = format!("{method} {path}");
        assert!(operation["summary"].is_string() && operation["operationId"].is_string(), "{place}");
        assert!(operation["tags"][0].is_string(), "{place}");
        if path.starts_with("/v1/cache") {
            assert!(operation["security"].to_string().contains("token"), "{place}");
        }
        let asked = operation["parameters"].as_array().into_iter().flatten();
        assert!(asked.clone().all(|parameter| parameter["description"].is_string()), "{place}");
        let body = &operation["requestBody"];
        assert!(body.is_null() || !object(&body["content"]["application/json"]["examples"]).is_empty(), "{place}");
        for (status, response) in object(&operation["responses"]) {
            assert!(response["description"].as_str().is_some_and(|text| text.ends_with('.')), "{place}: {status}");
            for (kind, content) in response["content"].as_object().into_iter().flatten() {
                let examples = ["example", "examples", ANSWERS].iter().filter(|name| !content[**name].is_null());
                assert_eq!(examples.count(), 1, "{place}: {status}: {kind}");
                let is_problem = (path.starts_with("/v1/") || path == "/metrics") && status.as_str() >= "400";
                assert_eq!(kind == "application/problem+json", is_problem, "{place}: {status}");
            }
        }
    }
}

/// Names the request that a content answers, in place of an example that is too long for the document, or no text. An
/// example at an address (`externalValue`) would do, but generators of clients look for it beside a saved document; ReDoc
/// shows nothing at all for one without a value.
const ANSWERS: &str = "x-answers";

/// The requests whose answers a content is an example of, with the bodies that are in the document.
fn requests(content: &Value) -> impl Iterator<Item = (&str, Option<&Value>)> {
    let examples = content["examples"].as_object().into_iter().flatten().map(|(_, example)| {
        (example["summary"].as_str().expect("the request that it is the answer to"), Some(&example["value"]))
    });
    examples.chain(content[ANSWERS].as_str().map(|request| (request, None)))
}

/// The response to each example request is the one in the document, with the listed headers and no others.
#[test]
fn every_example_is_the_real_response() {
    let document = document(&mut Client::connect(Server::start().address));
    let mut tried = 0;
    for (method, path, operation) in operations(&document) {
        for (status, described) in object(&operation["responses"]) {
            for (kind, content) in described["content"].as_object().into_iter().flatten() {
                if !content["example"].is_null() {
                    let is_always_another = path == "/metrics" || (path == "/v1/cache" && method == "GET");
                    // To the headers of a newer version, which tests/mcp.rs sends.
                    let has_headers = path == "/mcp" && status == "404";
                    assert!(
                        RARE.contains(&status.as_str()) || is_always_another || has_headers || status == "400",
                        "{method} {path}: {status}: which request is it the answer to?"
                    );
                    continue;
                }
                for (request, value) in requests(content) {
                    let response = asked(request, kind);
                    assert!(request.starts_with(&format!("{method} {path}")), "{request} belongs elsewhere");
                    assert_eq!(response.status.to_string(), *status, "{request}: {}", response.text());
                    assert_eq!(kind_of(&response), kind, "{request}");
                    if let Some(value) = value {
                        if kind.ends_with("json") && !kind.ends_with("ndjson") {
                            let mut answered = serde_json::from_slice::<Value>(&response.body).expect("it is JSON");
                            assert!(fits(&document, &content["schema"], &answered), "{request}: {answered}");
                            let mut expected = value.clone();
                            for value in [&mut answered, &mut expected] {
                                forget_what_changes(value);
                            }
                            assert_eq!(answered, expected, "{request}");
                        } else {
                            assert_eq!(response.text(), *value, "{request}");
                        }
                    }
                    headers_are_as_described(request, &response, &described["headers"]);
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 15, "{tried} examples");
}

#[test]
fn every_example_request_is_answered() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let document = document(&mut client);
    let mut tried = 0;
    for (method, path, operation) in operations(&document) {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let query: Vec<String> = parameters
            .filter(|parameter| parameter["in"] == "query" && !parameter["example"].is_null())
            .flat_map(|parameter| {
                let name = parameter["name"].as_str().expect("a name");
                let example = &parameter["example"];
                let values = example.as_array().map_or(std::slice::from_ref(example), Vec::as_slice);
                values.iter().map(move |value| {
                    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    format!("{name}={}", encoded(&value))
                })
            })
            .collect();
        let target = if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) };
        let mut bodies = vec![String::new()];
        if let Some(examples) = operation["requestBody"]["content"]["application/json"]["examples"].as_object() {
            bodies = examples.values().map(|example| example["value"].to_string()).collect();
        }
        for body in bodies {
            assert_eq!(client.evaluate("2+2").status, 200);
            let headers: &[_] = if body.is_empty() { &[] } else { &[("content-type", "application/json")] };
            let response = client.request(&method, &target, headers, body.as_bytes());
            assert_eq!(response.status, 200, "{method} {target} {body}: {}", response.text());
            headers_are_as_described(&target, &response, &operation["responses"]["200"]["headers"]);
            let kinds = object(&operation["responses"]["200"]["content"]);
            let kind = kind_of(&response);
            assert!(kinds.contains_key(kind), "{method} {target} answers {kind}");
            tried += 1;
        }
    }
    assert!(tried > 10, "{tried} requests");
}

/// The document names the schema of a batch's lines, and each line matches one of its alternatives.
#[test]
fn a_line_of_a_batch_matches_its_schema() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let document = document(&mut client);
    let at = |reference: &Value| {
        let pointer = reference["$ref"].as_str().and_then(|path| path.strip_prefix('#')).expect("a reference");
        document.pointer(pointer).unwrap_or_else(|| panic!("nothing at {pointer}"))
    };
    let answered = &document["paths"]["/v1/batch"]["post"]["responses"]["200"]["content"]["application/x-ndjson"];
    let lines = at(&answered["schema"]);
    assert_eq!((&lines["type"], &lines["contentMediaType"]), (&"string".into(), &"application/x-ndjson".into()));
    let alternatives: Vec<_> = at(&lines["x-line-schema"])["oneOf"].as_array().expect("two").iter().map(at).collect();
    let body = r#"{"exprs":["2+2","rnd()","1/0","2 +",5,{"expr":"x","variables":{"1":2}},"9**9**9",
        {"expr":"2^3","notation":"school"},{"expr":"1/2π","notation":"school"}]}"#;
    let mut kinds = vec![0; alternatives.len()];
    for target in ["/v1/batch", "/v1/batch?explain=true"] {
        let response = client.request("POST", target, &[("content-type", "application/json")], body.as_bytes());
        for line in response.text().lines() {
            let line: Value = serde_json::from_str(line).expect("it is JSON");
            let fitting: Vec<usize> =
                (0..alternatives.len()).filter(|at| fits(&document, alternatives[*at], &line)).collect();
            let [kind] = fitting[..] else { panic!("{line} is of {fitting:?}") };
            kinds[kind] += 1;
        }
    }
    assert_eq!(kinds, [6, 12]);
}

/// Whether a value matches a schema and has no member that the schema does not name.
fn fits(document: &Value, schema: &Value, value: &Value) -> bool {
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = document.pointer(reference.trim_start_matches('#')).expect("it is there");
        return fits(document, schema, value);
    }
    if let Some(alternatives) = schema["oneOf"].as_array() {
        return alternatives.iter().any(|schema| fits(document, schema, value));
    }
    let is_of = |kind: &Value| match kind.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        _ => panic!("{kind} is no type"),
    };
    let is_of_its_type = match &schema["type"] {
        Value::Null => true,
        Value::Array(kinds) => kinds.iter().any(is_of),
        kind => is_of(kind),
    };
    let is_listed = schema["enum"].as_array().is_none_or(|values| values.contains(value));
    let items = value.as_array().into_iter().flatten();
    let has_its_members = value.as_object().is_none_or(|members| {
        let required = schema["required"].as_array().into_iter().flatten();
        let of_name = |name: &str| match &schema["properties"][name] {
            Value::Null => &schema["additionalProperties"],
            property => property,
        };
        schema["properties"].is_null() && schema["additionalProperties"].is_null()
            || required.clone().all(|name| members.contains_key(name.as_str().expect("a name")))
                && members
                    .iter()
                    .all(|(name, member)| !of_name(name).is_null() && fits(document, of_name(name), member))
    });
    is_of_its_type && is_listed && items.clone().all(|item| fits(document, &schema["items"], item)) && has_its_members
}

/// The media type of a response, without parameters.
fn kind_of(response: &Response) -> &str {
    response.header("content-type").and_then(|kind| kind.split(';').next()).expect("a type")
}

/// Requests a media type from a server that has just answered `2+2`, so that its cache is not empty.
fn asked(request: &str, kind: &str) -> Response {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let mut parts = request.splitn(3, ' ');
    let (method, target) = (parts.next().expect("a method"), parts.next().expect("a target"));
    let body = parts.next().unwrap_or_default();
    if target.starts_with("/v1/cache") {
        client.evaluate("2+2");
    }
    let headers = [("accept", kind), ("content-type", "application/json")];
    let headers = if body.is_empty() { &headers[..1] } else { &headers };
    client.request(method, target, headers, body.as_bytes())
}

fn headers_are_as_described(request: &str, response: &Response, described: &Value) {
    let mut named: Vec<String> =
        described.as_object().into_iter().flatten().map(|(name, _)| name.to_lowercase()).collect();
    let mut sent: Vec<String> = response.headers.iter().map(|(name, _)| name.to_lowercase()).collect();
    sent.retain(|name| !OF_HTTP.contains(&name.as_str()));
    named.retain(|name| !OCCASIONAL.contains(&name.as_str()) || sent.contains(name));
    named.sort();
    sent.sort();
    // Headers that hold a list may occur several times.
    sent.dedup();
    assert_eq!(sent, named, "{request}");
}

fn forget_what_changes(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(forget_what_changes),
        Value::Object(members) => {
            for (name, member) in members {
                if CHANGING.contains(&name.as_str()) {
                    *member = Value::Null;
                } else {
                    forget_what_changes(member);
                }
            }
        }
        _ => {}
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
