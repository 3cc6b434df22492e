//! CORS: which origins may send requests and read responses.
#![allow(clippy::panic)]

use crate::support;

use std::process::Stdio;

use support::{Client, Node, Response, Server, tabuada};
use tabuada::Setup;
use tabuada::config::Origins;

const PAGE: &str = "https://page.example";
const OTHER: &str = "https://other.example";

fn serving(origins: &[&str]) -> Server {
    let origins = Origins::read(origins.iter().copied()).expect("they are origins");
    Server::start_with(Setup { origins, ..Setup::default() })
}

/// The headers that a browser checks.
fn granted(response: &Response) -> Vec<(&str, &str)> {
    let named = response.headers.iter().filter(|(name, _)| name.starts_with("access-control-"));
    named.map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The members of `Vary`. It must be a single line, because some proxies read only the last of several.
fn vary(response: &Response) -> Vec<String> {
    let lines: Vec<&str> =
        response.headers.iter().filter(|(name, _)| name == "vary").map(|(_, line)| line.as_str()).collect();
    assert!(lines.len() <= 1, "{lines:?}");
    let members = lines.iter().flat_map(|line| line.split(','));
    let mut members: Vec<String> = members.map(|member| member.trim().to_ascii_lowercase()).collect();
    members.sort();
    members
}

fn preflight(client: &mut Client, path: &str, origin: &str, method: &str) -> Response {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", method),
        ("access-control-request-headers", "content-type"),
    ];
    client.request("OPTIONS", path, &headers, b"")
}

/// Every route that pages may use, and what it varies on without CORS.
const FOR_PAGES: [(&str, &str, &str, u16, &[&str]); 14] = [
    ("POST", "/evaluate", r#"{"expressao":"2+2"}"#, 200, &[]),
    ("POST", "/evaluate", "no", 422, &[]),
    ("GET", "/v1/evaluate?expr=2%2B2", "", 200, &["accept-encoding"]),
    ("GET", "/v1/evaluate?expr=1%2F0", "", 422, &["accept-encoding", "accept-language", "prefer"]),
    ("GET", "/v1/evaluate", "", 400, &["prefer"]),
    ("POST", "/v1/evaluate", r#"{"expr":"2+2"}"#, 200, &[]),
    ("POST", "/v1/batch", r#"{"exprs":["2+2"]}"#, 200, &[]),
    ("POST", "/v1/table", r#"{"expr":"x","columns":{"x":[1]}}"#, 200, &["accept"]),
    ("GET", "/v1/explain?expr=2", "", 200, &["accept-encoding", "accept-language"]),
    ("GET", "/v1/functions", "", 200, &["accept-encoding", "accept-language"]),
    ("GET", "/health/live", "", 200, &[]),
    ("GET", "/openapi.json", "", 200, &["accept-language"]),
    ("DELETE", "/v1/evaluate", "", 405, &["prefer"]),
    ("GET", "/v1/%65valuate?expr=2%2B2", "", 200, &["accept-encoding"]),
];

#[test]
fn a_configured_origin_may_send_and_read() {
    let server = serving(&[PAGE, "http://localhost:3000"]);
    let mut client = Client::connect(server.address);
    for (method, target, body, status, varies) in FOR_PAGES {
        for origin in [PAGE, "http://localhost:3000"] {
            let response = client.request(method, target, &[("origin", origin)], body.as_bytes());
            assert_eq!(response.status, status, "{method} {target}");
            assert_eq!(response.header("access-control-allow-origin"), Some(origin), "{method} {target}");
            let exposed = response.header("access-control-expose-headers").expect("names").to_ascii_lowercase();
            for name in ["etag", "age", "cache-status", "server-timing", "x-request-id", "retry-after"] {
                assert!(exposed.split(',').any(|given| given.trim() == name), "{name}: {exposed}");
            }
            assert_eq!(response.header("access-control-allow-credentials"), None);
            let mut expected = [varies, &["origin"]].concat();
            expected.sort_unstable();
            assert_eq!(vary(&response), expected, "{method} {target}");
        }
        // Other origins, and clients that are not pages, get no headers; browsers then hide the response from pages.
        for headers in [&[("origin", OTHER)][..], &[("origin", "null")], &[]] {
            let response = client.request(method, target, headers, body.as_bytes());
            assert_eq!(response.status, status, "{method} {target}");
            assert_eq!(response.header("access-control-allow-origin"), None, "{method} {target}");
            assert!(vary(&response).contains(&"origin".to_owned()), "{method} {target}");
        }
    }
}

#[test]
fn a_preflight_is_answered() {
    let server = serving(&[PAGE]);
    let mut client = Client::connect(server.address);
    for (method, target, ..) in FOR_PAGES {
        let response = preflight(&mut client, target, PAGE, method);
        assert_eq!((response.status, response.text()), (200, ""), "{target}");
        assert_eq!(response.header("access-control-allow-origin"), Some(PAGE), "{target}");
        assert_eq!(response.header("access-control-allow-methods"), Some("GET,HEAD,POST"), "{target}");
        assert_eq!(response.header("access-control-allow-headers"), Some("*"), "{target}");
        assert_eq!(response.header("access-control-max-age"), Some("86400"), "{target}");
        assert!(response.header("x-request-id").is_some(), "{target}");
        let response = preflight(&mut client, target, OTHER, method);
        assert_eq!(response.header("access-control-allow-origin"), None, "{target}");
        // `OPTIONS` without the preflight headers is treated like any other method.
        for headers in [&[][..], &[("origin", PAGE)], &[("access-control-request-method", "GET")]] {
            let response = client.request("OPTIONS", target, headers, b"");
            assert_eq!(response.status, 405, "{target}");
            assert!(response.header("allow").is_some(), "{target}");
        }
    }
}

#[test]
fn every_origin_may_be_allowed() {
    let server = serving(&["*"]);
    let mut client = Client::connect(server.address);
    for (method, target, body, status, varies) in FOR_PAGES {
        let response = client.request(method, target, &[("origin", OTHER)], body.as_bytes());
        assert_eq!((response.status, response.header("access-control-allow-origin")), (status, Some("*")), "{target}");
        // The response is the same for all origins.
        assert_eq!(vary(&response), varies, "{target}");
        let response = preflight(&mut client, target, OTHER, method);
        assert_eq!((response.status, response.header("access-control-allow-origin")), (200, Some("*")), "{target}");
    }
}

/// The operator's routes and the metrics never get CORS headers, however their paths are written.
#[test]
fn operator_routes_have_no_cors_headers() {
    for origins in [&[PAGE][..], &["*"]] {
        let server = serving(origins);
        let mut client = Client::connect(server.address);
        for target in [
            "/v1/cache",
            "/v1/%63ache",
            "/v1/cache/keys",
            "/v1/cache/entry?key=2",
            "/v1/cache/%65ntry?key=2",
            "/v1/cache/",
            "/metrics",
            "/%6Detrics",
            "/metrics/",
            "/nowhere",
        ] {
            for method in ["GET", "DELETE"] {
                let response = client.request(method, target, &[("origin", PAGE)], b"");
                assert_eq!(granted(&response), [], "{method} {target}");
                let response = preflight(&mut client, target, PAGE, method);
                assert!(matches!(response.status, 403..=405 | 307), "{target}: {}", response.status);
                assert_eq!(granted(&response), [], "OPTIONS {target}");
            }
        }
    }
}

/// The operator's own listener never sends CORS headers.
#[test]
fn the_operator_listener_has_no_cors_headers() {
    let node = Node::start(&["--cors-origin", "*", "--admin-listen", "127.0.0.1:0"]);
    let mut client = Client::connect(node.admin.expect("it has one"));
    for target in ["/v1/cache", "/metrics", "/evaluate", "/v1/evaluate?expr=2"] {
        assert_eq!(granted(&client.request("GET", target, &[("origin", PAGE)], b"")), [], "{target}");
        assert_eq!(granted(&preflight(&mut client, target, PAGE, "GET")), [], "{target}");
    }
    let response = Client::connect(node.address).request("GET", "/health/live", &[("origin", PAGE)], b"");
    assert_eq!(response.header("access-control-allow-origin"), Some("*"));
}

#[test]
fn by_default_no_origin_is_allowed() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (method, target, body, status, varies) in FOR_PAGES {
        let response = client.request(method, target, &[("origin", PAGE)], body.as_bytes());
        assert_eq!((response.status, granted(&response)), (status, vec![]), "{method} {target}");
        assert_eq!(vary(&response), varies, "{method} {target}");
        let response = preflight(&mut client, target, PAGE, method);
        assert_eq!((response.status, granted(&response)), (405, vec![]), "{target}");
    }
}

/// Origins come from a repeated flag, or from the variable with commas. An invalid origin is refused.
#[test]
fn origins_come_from_flag_or_variable() {
    let granted_by = |node: &Node, origin: &str| {
        let response = Client::connect(node.address).request("GET", "/health/live", &[("origin", origin)], b"");
        response.header("access-control-allow-origin").map(str::to_owned)
    };
    let by_flag = Node::start(&["--cors-origin", PAGE, "--cors-origin=HTTP://Localhost:80"]);
    let by_variable = Node::start_with(&[("TABUADA_CORS_ORIGIN", "https://page.example,http://localhost")], &[]);
    for node in [&by_flag, &by_variable] {
        assert_eq!(granted_by(node, PAGE).as_deref(), Some(PAGE));
        assert_eq!(granted_by(node, "http://localhost").as_deref(), Some("http://localhost"));
        assert_eq!(granted_by(node, OTHER), None);
    }
    let unset = Node::start_with(&[("TABUADA_CORS_ORIGIN", "")], &[]);
    assert_eq!(granted_by(&unset, PAGE), None);
    for wrong in ["page.example", "https://page.example/", "null"] {
        let mut refused = tabuada(&["serve", "--listen", "127.0.0.1:0", "--cors-origin", wrong]);
        let output = refused.stdout(Stdio::null()).output().expect("the binary starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("--cors-origin: expected origins") && said.contains(wrong), "{said}");
    }
}
