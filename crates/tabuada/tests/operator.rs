//! The operator's view from outside: access to `/v1/cache`, `tabuada cache` through a server and directly in Redis.

#![allow(clippy::panic)]

use crate::support;

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use support::{Client, Node, Redis, Response, Server, free_port, tabuada, wait_for};

const EXPENSIVE: &str = "factorial(20000) % 1000003";
const TOKEN: &str = "s3cret-of-a-test_=";

fn json(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap_or_else(|error| panic!("{error}: {}", response.text()))
}

/// Checks that a problem has its media type and the same status in the body as in the status line.
fn problem(response: &Response) -> (u16, String) {
    assert_eq!(response.header("content-type"), Some("application/problem+json"), "{}", response.text());
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let body = json(response);
    assert_eq!((&body["status"], &body["type"]), (&json!(response.status), &json!("about:blank")));
    assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()) && body["title"].is_string());
    (response.status, body["code"].as_str().expect("a code").to_owned())
}

fn asked_with(node: &Node, method: &str, target: &str, headers: &[(&str, &str)]) -> Response {
    Client::connect(node.address).request(method, target, headers, b"")
}

fn got(node: &Node, target: &str) -> Value {
    let response = asked_with(node, "GET", target, &[]);
    assert_eq!(response.status, 200, "{target}: {}", response.text());
    assert_eq!(response.header("content-type"), Some("application/json"));
    json(&response)
}

/// As `got`, for requests that need Redis: on a busy machine a call may take longer than the request waits.
fn got_of_redis(node: &Node, target: &str) -> Value {
    let mut said = Value::Null;
    wait_for("Redis to be reached", || {
        said = got(node, target);
        said["redis"] == "reached"
    });
    said
}

/// Removes, and waits until no removal is pending. Gives how many entries were removed at once.
fn removes(node: &Node, target: &str) -> u64 {
    let response = asked_with(node, "DELETE", target, &[]);
    let said = json(&response);
    let is_pending = match response.status {
        200 => false,
        202 => true,
        other => panic!("{target}: {other} {said}"),
    };
    assert_eq!(said["pending"], is_pending);
    wait_for("the removals to be done", || got(node, "/v1/cache")["removals_pending"] == 0);
    said["removed"].as_u64().expect("a count")
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Every question ends in one way, so the sum holds for every mix of questions, clients and outcomes.
#[test]
fn the_statistics_balance_over_a_mixed_load() {
    let redis = Redis::start();
    let node = Node::coherent(&redis, &["--lookup", "always"]);
    let other = Node::coherent(&redis, &[]);
    for expression in ["2+2", "7*6", EXPENSIVE] {
        other.evaluate(expression);
    }
    wait_for("all answers to be in Redis", || redis.cli(&["dbsize"]) == "3");
    for expression in
        ["2+2", "2+2", "(2)+2", EXPENSIVE, "1/0", "rnd()+1", "rnd()", "2 +", "", "9**9**9", "x = 3; x**2", "7*6"]
    {
        node.evaluate(expression);
    }
    // Invalid requests do not count as questions.
    for body in ["{}", "no JSON", "[]"] {
        Client::connect(node.address).post(body.as_bytes());
    }
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let address = node.address;
            std::thread::spawn(move || Client::connect(address).evaluate("factorial(20001) % 1000003"))
        })
        .collect();
    clients.into_iter().for_each(|client| drop(client.join().expect("it is answered")));
    // Some clients go away before they are answered, or just after.
    for n in 0..8 {
        let mut impatient = Client::connect(node.address);
        let body = format!("{{\"expressao\":\"factorial({}) % 1000003\"}}", 20_100 + n);
        let head = format!("POST /evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
        impatient.send(format!("{head}{body}").as_bytes());
        if n % 2 == 0 {
            impatient.receive(false);
        }
    }
    let mut stats = Value::Null;
    wait_for("all questions to be counted", || {
        stats = got(&node, "/v1/cache");
        stats["open"] == 0 && stats["asked"] == 12 + 8 + 8
    });
    let answers = stats["answers"].as_object().expect("answers");
    let sum: u64 = answers.values().map(|count| count.as_u64().expect("a count")).sum();
    assert_eq!(json!(sum), stats["asked"], "{stats}");
    let count = |source: &str| answers[source].as_u64().expect("a count");
    assert_eq!(count("bypass"), 4, "two random and two invalid: {stats}");
    assert_eq!(count("redis"), 3, "{stats}");
    assert!(count("memory") >= 2 && count("computed") >= 4 && count("failed") == 0, "{stats}");
    assert_eq!((&stats["state"], &stats["removals_pending"]), (&json!("coherent"), &json!(0)));
    // The metrics agree.
    let metrics = asked_with(&node, "GET", "/metrics", &[]);
    for (source, count) in answers {
        let line = format!("tabuada_cache_answers_total{{source=\"{source}\"}} {count}");
        assert!(metrics.text().lines().any(|other| other == line), "{line} in\n{}", metrics.text());
    }
    assert!(metrics.text().contains(&format!("tabuada_questions_total {sum}\n")));
}

#[test]
fn cached_answers_are_listed_shown_and_deleted() {
    let redis = Redis::start();
    let [node, other] = [Node::coherent(&redis, &[]), Node::coherent(&redis, &[])];
    let expressions = ["2+2", "x = 3; x**2", "'a b'", EXPENSIVE];
    for expression in expressions {
        node.evaluate(expression);
    }
    wait_for("all answers to be in Redis", || redis.cli(&["dbsize"]) == "4");
    for node in [&node, &other] {
        for expression in expressions {
            wait_for("the answer to be in memory", || {
                let status = node.evaluate(expression).header("cache-status").map(str::to_owned);
                status.is_some_and(|status| status.contains("detail=memory"))
            });
        }
    }
    redis.cli(&["set", "other:1:2+2", "not ours"]);
    let (mut names, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = got_of_redis(&node, &format!("/v1/cache/keys?limit=2{cursor}"));
        for entry in page["entries"].as_array().expect("entries") {
            assert_eq!((&entry["layers"], &entry["kind"]), (&json!(["memory", "redis"]), &json!("answer")));
            assert!(entry["ttl"].as_u64().is_some_and(|ttl| ttl > 80_000) && entry["bytes"].as_u64() > Some(50));
            names.push(entry["name"].as_str().expect("a name").to_owned());
        }
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={}", encoded(next));
    }
    names.sort();
    names.dedup();
    assert_eq!(names, ["tabuada:2:'a b'", "tabuada:2:2+2", "tabuada:2:factorial(20000)%1000003", "tabuada:2:x=3;x**2"]);

    let line = redis.cli(&["get", "tabuada:2:2+2"]);
    for key in ["tabuada:2:2+2", "2+2", " (2) + 2 # sum"] {
        let entry = got_of_redis(&node, &format!("/v1/cache/entry?key={}", encoded(key)));
        assert_eq!((&entry["name"], &entry["line"]), (&json!("tabuada:2:2+2"), &json!(line)), "{key}");
    }
    for (target, expected) in [
        ("/v1/cache/entry?key=3%2B3", (404, "not-remembered")),
        ("/v1/cache/entry?key=tabuada:2:(2)%2B2", (404, "not-remembered")),
        ("/v1/cache/entry?key=2%20%2B", (400, "malformed")),
        ("/v1/cache/entry?key=2+2", (400, "malformed")),
        ("/v1/cache/entry?key=other:1:2%2B2", (400, "malformed")),
        ("/v1/cache/entry?key=tabuada::canary:7f", (400, "malformed")),
        ("/v1/cache/entry?key=%ff", (400, "malformed")),
        ("/v1/cache/entry?key=", (400, "malformed")),
        ("/v1/cache/entry", (400, "malformed")),
    ] {
        for method in ["GET", "DELETE"] {
            let response = asked_with(&node, method, target, &[]);
            // Redis may have been too slow for the server to know that the entry is absent.
            if response.status == 202 {
                continue;
            }
            let (status, code) = problem(&response);
            assert_eq!((status, code.as_str()), expected, "{method} {target}");
        }
    }
    for target in
        ["keys?limit=0", "keys?limit=1001", "keys?limit=x", "keys?cursor=", "keys?cursor=*", "keys?cursor=r0-x"]
    {
        let refused = asked_with(&node, "GET", &format!("/v1/cache/{target}"), &[]);
        assert_eq!(problem(&refused), (400, "malformed".to_owned()), "{target}");
    }

    assert_eq!(removes(&node, "/v1/cache/entry?key=2%2B2"), 1);
    assert_eq!(redis.cli(&["exists", "tabuada:2:2+2"]), "0");
    assert_eq!(
        node.evaluate("2+2").header("cache-status"),
        Some("tabuada; fwd=uri-miss; stored"),
        "it dropped its entries"
    );
    // An incomplete path must not clear the cache.
    for incomplete in ["?key=2%2B2", "?variant=1&key=2%2B2", "?variant", "?variant=", "?variant=1%3A", "?Variant=1"] {
        let target = format!("/v1/cache{incomplete}");
        assert_eq!(problem(&asked_with(&node, "DELETE", &target, &[])).0, 400, "{target}");
    }
    redis.cli(&["set", "tabuada:1:2+2", "{}"]);
    assert_eq!(removes(&node, "/v1/cache?variant=1"), 1);
    assert_eq!(redis.cli(&["exists", "tabuada:1:2+2"]), "0");
    assert!(removes(&node, "/v1/cache") >= 3);
    assert_eq!(redis.cli(&["keys", "*"]), "other:1:2+2");
    assert_eq!(got_of_redis(&node, "/v1/cache/keys")["entries"], json!([]));
    wait_for("the other node to drop its entries", || got(&other, "/v1/cache")["memory"]["entries"] == 0);
}

/// During an outage of Redis: memory is cleared at once, Redis when it is back, and no response is a 500.
#[test]
fn removals_during_an_outage_reach_redis_when_it_is_back() {
    let redis = Redis::start();
    let node = Node::coherent(&redis, &[]);
    node.evaluate("2+2");
    wait_for("the answer to be in Redis", || redis.cli(&["dbsize"]) == "1");
    redis.freeze();
    let shown = asked_with(&node, "GET", "/v1/cache/keys", &[]);
    assert_eq!((shown.status, &json(&shown)["redis"]), (200, &json!("unreachable")));
    let cleared = asked_with(&node, "DELETE", "/v1/cache", &[]);
    assert_eq!((cleared.status, json(&cleared)["pending"] == true), (202, true), "{}", cleared.text());
    assert_eq!(got(&node, "/v1/cache")["removals_pending"], 1);
    let deleted = asked_with(&node, "DELETE", "/v1/cache/entry?key=2%2B2", &[]);
    assert_eq!(deleted.status, 202, "{}", deleted.text());
    assert_eq!(problem(&asked_with(&node, "GET", "/v1/cache/entry?key=7*6", &[])).0, 404);
    redis.thaw();
    wait_for("the removals to be done", || got(&node, "/v1/cache")["removals_pending"] == 0);
    assert_eq!(redis.cli(&["exists", "tabuada:2:2+2"]), "0");
}

#[test]
fn a_configured_token_is_required() {
    let node = Node::start_with(&[("TABUADA_ADMIN_TOKEN", TOKEN)], &[]);
    for (method, target) in [
        ("GET", "/v1/cache"),
        ("DELETE", "/v1/cache"),
        ("GET", "/v1/cache/keys"),
        ("GET", "/v1/cache/entry?key=1"),
        ("DELETE", "/v1/cache/entry?key=1"),
        ("GET", "/v1/%63ache"),
        ("DELETE", "/v1/cach%65"),
    ] {
        for headers in [&[][..], &[("Authorization", "Bearer wrong")], &[("Authorization", TOKEN)]] {
            let refused = asked_with(&node, method, target, headers);
            assert_eq!(problem(&refused), (401, "unauthorized".to_owned()), "{method} {target}");
            assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
        }
        let right = format!("Bearer {TOKEN}");
        let admitted = asked_with(&node, method, target, &[("Authorization", &right)]);
        assert!(matches!(admitted.status, 200 | 404), "{method} {target}: {}", admitted.status);
    }
    // The calculator needs no token.
    assert_eq!(node.evaluate("2+2").status, 200);
}

/// Tokens that cannot be sent, are empty or easy to guess. Each error names the variable and hides its value.
#[test]
fn an_unusable_token_is_refused_at_the_start() {
    for token in ["a token with blanks", "", "x", "short-by-one---"] {
        let (_, said, status) = outcome(tabuada(&["serve"]).env("TABUADA_ADMIN_TOKEN", token));
        assert!(status == Some(2) && said.contains("TABUADA_ADMIN_TOKEN"), "{token:?}: {said}");
        assert!(token.len() < 2 || !said.contains(token), "{said}");
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-such-token");
    let (_, said, status) = outcome(tabuada(&["serve", "--admin-token-file"]).arg(&file));
    assert!(status == Some(2) && said.contains("no-such-token"), "{said}");
}

/// A token and a password for Redis from files, for the server and for the command.
#[test]
fn secrets_may_come_from_files() {
    let redis = Redis::start();
    redis.cli(&["config", "set", "requirepass", "p@ss/word"]);
    let file = |name: &str, text: &str| {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", redis.port));
        std::fs::write(&file, text).expect("it can be written");
        file.into_os_string().into_string().expect("UTF-8")
    };
    let (token, password) = (file("token", &format!("{TOKEN}\n")), file("password", "p@ss/word\n"));
    let secrets = [("TABUADA_ADMIN_TOKEN_FILE", &*token), ("TABUADA_REDIS_PASSWORD_FILE", &*password)];
    let node = Node::start_with(&secrets, &["--redis", &redis.url()]);
    wait_for("the node to be coherent", || node.cache_state() == "coherent");
    assert_eq!(asked_with(&node, "GET", "/v1/cache", &[]).status, 401);
    let right = format!("Bearer {TOKEN}");
    assert_eq!(asked_with(&node, "GET", "/v1/cache", &[("Authorization", &right)]).status, 200);
    let server = format!("http://{}", node.address);
    for place in [["--server", &server], ["--redis", &redis.url()]] {
        let (_, said, status) = outcome(tabuada(&["cache", "stats"]).args(place).envs(secrets));
        assert_eq!((&*said, status), ("", Some(0)), "{place:?}");
    }
    let both = outcome(tabuada(&["serve"]).envs(secrets).env("TABUADA_ADMIN_TOKEN", TOKEN));
    assert!(both.2 == Some(2) && !both.1.contains(TOKEN), "{both:?}");
    [token, password].iter().for_each(|file| std::fs::remove_file(file).expect("it is there"));
}

/// A proxy on this machine makes every request come from loopback, and a stranger then controls `Host`.
#[test]
fn without_a_token_requests_through_a_proxy_are_refused() {
    let node = Node::start(&[]);
    for sign in
        ["X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto:", "X-Real-IP: 127.0.0.1", "Via: 1.1 a", "Forwarded: "]
    {
        for (method, target) in
            [("GET", "/v1/cache"), ("DELETE", "/v1/cache"), ("GET", "/metrics"), ("GET", "/%6detrics")]
        {
            let mut client = Client::connect(node.address);
            client.send(format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n{sign}\r\n\r\n").as_bytes());
            let refused = problem(&client.receive(false));
            assert_eq!(refused, (403, "forbidden".to_owned()), "{method} {target} {sign}");
        }
        // Questions are still answered.
        let mut client = Client::connect(node.address);
        client.send(format!("GET /v1/evaluate?expr=6*7 HTTP/1.1\r\nHost: a\r\n{sign}\r\n\r\n").as_bytes());
        assert_eq!(client.receive(false).status, 200, "{sign}");
    }
}

/// A page whose host name was changed to resolve to loopback (DNS rebinding) cannot read the metrics. Where other
/// machines can reach the listener, an option allows host names.
#[test]
fn metrics_check_the_host() {
    let read = |node: &Node, host: &str| {
        let mut client = Client::connect(node.address);
        client.send(format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
        client.receive(false).status
    };
    let node = Node::start(&[]);
    assert_eq!(["localhost:8000", "127.0.0.1", "rebound.example"].map(|host| read(&node, host)), [200, 200, 403]);
    let open = Node::start(&["--listen", "0.0.0.0:0"]);
    assert_eq!(["localhost", "tabuada:8000"].map(|host| read(&open, host)), [200, 200]);
    wait_for("the warning", || {
        open.log().iter().any(|line| line.contains("WARN") && line.contains("TABUADA_ADMIN_TOKEN"))
    });
    let open = Node::start(&["--listen", "0.0.0.0:0", "--metrics-host", "tabuada,metrics.example"]);
    let hosts = ["tabuada:8000", "Metrics.Example", "localhost", "rebound.example"];
    assert_eq!(hosts.map(|host| read(&open, host)), [200, 200, 200, 403]);
}

/// Without a token, only this machine has access, and no page of another origin in its browser.
#[test]
fn without_a_token_only_loopback_has_access() {
    let node = Node::start(&[]);
    node.evaluate("2+2");
    let entries = |node: &Node| got(node, "/v1/cache")["memory"]["entries"].clone();
    for head in [
        "DELETE /v1/cache HTTP/1.1\r\nHost: rebound.example\r\n",
        "DELETE /v1/cache HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n",
        "DELETE /v1/cache HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n",
        "DELETE /v1/cache HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\n",
        "DELETE /v1/cache HTTP/1.1\r\nHost: localhost:8000\r\nSec-Fetch-Site: same-site\r\n",
        "DELETE http://rebound.example/v1/cache HTTP/1.1\r\nHost: localhost\r\n",
        "GET /v1/cache/keys HTTP/1.1\r\nHost: rebound.example:8000\r\n",
        "DELETE /v1/cache HTTP/1.0\r\n",
    ] {
        let mut client = Client::connect(node.address);
        client.send(format!("{head}\r\n").as_bytes());
        assert_eq!(problem(&client.receive(false)), (403, "forbidden".to_owned()), "{head}");
        assert_eq!(entries(&node), 1, "{head}");
    }
    // A browser sends a preflight before a DELETE from another origin. The response does not allow it.
    let preflight = [("Origin", "http://evil.example"), ("Access-Control-Request-Method", "DELETE")];
    let asked = asked_with(&node, "OPTIONS", "/v1/cache", &preflight);
    assert_eq!((asked.status, asked.header("access-control-allow-origin")), (405, None));
    let own = [("Origin", "http://localhost:8000"), ("Sec-Fetch-Site", "same-origin")];
    assert_eq!(asked_with(&node, "DELETE", "/v1/cache", &own).status, 200);
    assert_eq!(entries(&node), 0);
    // Other machines can reach this listener, so loopback gets no access either.
    let open = Node::start(&["--listen", "0.0.0.0:0"]);
    let refused = asked_with(&open, "GET", "/v1/cache", &[]);
    assert_eq!(problem(&refused), (403, "forbidden".to_owned()));
    assert_eq!(open.evaluate("2+2").status, 200);
}

#[test]
fn a_separate_listener_has_only_the_operators_routes() {
    let node = Node::start(&["--admin-listen", "127.0.0.1:0"]);
    let admin = node.admin.expect("it says where");
    let mut client = Client::connect(admin);
    assert_eq!(client.get("/v1/cache").status, 200);
    assert_eq!(client.get("/metrics").status, 200);
    assert_eq!(client.get("/v1/cache/keys/").status, 307);
    for target in ["/docs", "/health/ready", "/"] {
        assert_eq!(client.get(target).status, 404, "{target}");
    }
    assert_eq!(client.evaluate("2+2").status, 404);
    let mut client = Client::connect(node.address);
    for target in ["/v1/cache", "/v1/cache/keys", "/v1/cache/entry?key=1", "/metrics", "/v1/%63ache", "/v1/cache/"] {
        assert_eq!(client.get(target).status, 404, "{target}");
    }
    assert_eq!(problem(&client.get("/v1/cache")), (404, "not-found".to_owned()));
    assert_eq!(client.request("DELETE", "/v1/cache", &[], b"").status, 404);
    assert_eq!((client.evaluate("2+2").status, client.get("/health/live").status), (200, 200));
    // One signal stops both.
    node.signal("TERM");
    wait_for("both listeners to close", || {
        [node.address, admin].iter().all(|address| std::net::TcpStream::connect(address).is_err())
    });
    assert_eq!(node.ended(), Some(0));
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("it has an address").to_string();
    let (_, said, status) = outcome(&mut tabuada(&["serve", "--listen", "127.0.0.1:0", "--admin-listen", &address]));
    assert!(status == Some(1) && said.contains(&address), "{said}");
}

/// The output of a command, its error output and its exit status, without a terminal.
fn outcome(command: &mut Command) -> (String, String, Option<i32>) {
    let Output { stdout, stderr, status } = command.stdin(Stdio::null()).output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("it speaks UTF-8");
    (text(stdout), text(stderr), status.code())
}

/// The command shows and does the same through a server and directly in Redis.
#[test]
fn the_command_shows_and_removes_over_a_server_and_over_redis() {
    let redis = Redis::start();
    let node = Node::coherent(&redis, &[]);
    let server = format!("http://{}", node.address);
    let url = redis.url();
    redis.cli(&["set", "other:1:2+2", "not ours"]);
    for (place, layers) in [(["--server", &server], "memory+redis"), (["--redis", &url], "redis")] {
        // A server waits for Redis only as long as its requests do. On a busy machine the command is repeated.
        let cache = |arguments: &[&str]| {
            let mut ended = (String::new(), String::new(), None);
            wait_for("Redis to answer in time", || {
                ended = outcome(&mut tabuada(&[&["cache"], arguments, &place].concat()));
                !ended.1.contains("cannot be reached") && !ended.0.contains("unreachable")
            });
            ended
        };
        for expression in ["2+2", "-3+2", "7*6"] {
            node.evaluate(expression);
        }
        wait_for("all answers to be in Redis", || redis.cli(&["dbsize"]) == "4");
        redis.cli(&["set", "tabuada:2:\u{1b}[2J", "{}"]);

        let (printed, said, status) = cache(&["keys"]);
        let mut lines: Vec<&str> = printed.lines().collect();
        assert_eq!((lines.len(), said.as_str(), status), (5, "", Some(0)), "{printed}");
        assert!(lines[0].starts_with("TTL ") && lines[0].ends_with(" NAME"));
        lines[1..].sort_by_key(|line| line.split_whitespace().last());
        assert!(lines[1].ends_with("  tabuada:2:-3+2") && lines[1].contains(layers), "{}", lines[1]);
        assert!(printed.contains("tabuada:2:\\u{1b}[2J") && !printed.contains('\u{1b}'), "{printed}");
        let (printed, _, _) = cache(&["keys", "--json"]);
        let entries: Vec<Value> =
            printed.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
        assert!(entries.len() == 4 && entries.iter().any(|entry| entry["text"] == "2+2"), "{printed}");
        redis.cli(&["del", "tabuada:2:\u{1b}[2J"]);

        for key in ["2+2", "(2) + 2", "tabuada:2:2+2"] {
            let (printed, said, status) = cache(&["get", key]);
            assert_eq!((said.as_str(), status), ("", Some(0)), "{key}");
            assert!(printed.starts_with("name    tabuada:2:2+2\ntext    2+2\nkind    answer\n"), "{printed}");
            assert!(printed.contains("line    {\"resultado\":4,"), "{printed}");
        }
        let (printed, _, status) = cache(&["get", "-3+2", "--json"]);
        let entry: Value = serde_json::from_str(&printed).expect("a line of JSON");
        assert_eq!((&entry["name"], status), (&json!("tabuada:2:-3+2"), Some(0)));

        let (printed, said, status) = cache(&["delete", "-3+2"]);
        assert!(printed.starts_with("1 removed"), "{printed}{said}");
        assert_eq!((said.as_str(), status), ("", Some(0)));
        wait_for("the entry to be removed", || redis.cli(&["exists", "tabuada:2:-3+2"]) == "0");
        let (printed, said, status) = cache(&["get", "-3+2"]);
        assert_eq!((printed.as_str(), status), ("", Some(1)));
        assert_eq!(said, "tabuada: nothing is remembered under tabuada:2:-3+2\n");
        for task in ["get", "delete"] {
            let (printed, said, status) = cache(&[task, "2 +"]);
            assert!(printed.is_empty() && said.contains("nor an expression") && status == Some(2), "{said}");
        }
        let (printed, _, status) = cache(&["stats"]);
        assert!(printed.contains("redis ") && status == Some(0), "{printed}");
        let (printed, _, _) = cache(&["stats", "--json"]);
        assert!(serde_json::from_str::<Value>(&printed).expect("JSON")["redis"].is_object());

        redis.cli(&["set", "tabuada:1:2+2", "{}"]);
        let (_, said, status) = cache(&["clear", "--yes", "--variant", "1:"]);
        assert!(said.contains("a variant is printable ASCII") && status == Some(2), "{said}");
        let (printed, said, status) = cache(&["clear", "--yes", "--variant", "1"]);
        assert_eq!((printed.as_str(), said.as_str(), status), ("1 removed\n", "", Some(0)));
        wait_for("the variant to be removed", || redis.cli(&["exists", "tabuada:1:2+2"]) == "0");

        let (printed, said, status) = cache(&["clear"]);
        assert!(printed.is_empty() && said.contains("--yes") && status == Some(2), "{said}");
        assert_eq!(redis.cli(&["dbsize"]), "3");
        let (printed, said, status) = cache(&["clear", "--yes", "--json"]);
        let removed: Value = serde_json::from_str(&printed).expect("JSON");
        assert_eq!((&removed["removed"], said.as_str(), status), (&json!(2), "", Some(0)), "{removed}");
        wait_for("all our entries to be removed", || redis.cli(&["keys", "*"]) == "other:1:2+2");
        wait_for("the server to drop its entries", || got(&node, "/v1/cache")["memory"]["entries"] == 0);
    }
}

/// On a terminal the command asks for confirmation. Only yes confirms.
#[test]
fn the_command_asks_a_terminal_before_it_clears() {
    let redis = Redis::start();
    for (typed, status, left) in [("n", Some(1), "1"), ("", Some(1), "1"), ("y", Some(0), "0")] {
        redis.cli(&["set", "tabuada:2:2+2", "{}"]);
        let command = format!("{} cache clear --redis {}", env!("CARGO_BIN_EXE_tabuada"), redis.url());
        // `script` provides the terminal.
        let mut process = Command::new("script")
            .args(["-qec", &command, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script is part of Debian");
        let typing = process.stdin.take().expect("it is piped");
        std::io::Write::write_all(&mut &typing, format!("{typed}\n").as_bytes()).expect("it reads");
        let output = process.wait_with_output().expect("it ends");
        drop(typing);
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(shown.contains("Forget everything") && shown.contains("[y/N]"), "{shown}");
        assert_eq!((output.status.code(), redis.cli(&["exists", "tabuada:2:2+2"]).as_str()), (status, left), "{shown}");
    }
}

#[test]
fn the_command_explains_its_failures() {
    let node = Node::start_with(&[("TABUADA_ADMIN_TOKEN", TOKEN)], &["--admin-listen", "127.0.0.1:0"]);
    let public = format!("http://{}", node.address);
    let admin = format!("http://{}", node.admin.expect("it says where"));
    let nobody = format!("127.0.0.1:{}", free_port());
    let no_redis = format!("redis://:geheim@{nobody}");
    for (arguments, status, words) in [
        (&["stats", "--server", &admin][..], 1, "401"),
        (&["stats", "--server", &public], 1, "--admin-listen"),
        (&["keys", "--server", &nobody], 1, "no answer"),
        (&["stats", "--server", "https://localhost"], 2, "https://"),
        (&["stats", "--redis", &no_redis], 1, "no connection to Redis"),
        (&["clear", "--yes", "--redis", &no_redis], 1, "no connection to Redis"),
        (&["stats", "--redis", "http://localhost"], 2, "http"),
        (&["stats", "--redis", &no_redis, "--namespace", "a*"], 2, "namespace"),
        (&["get"], 2, "Usage"),
        (&["flush"], 2, "Usage"),
    ] {
        let (printed, said, code) = outcome(&mut tabuada(&[&["cache"], arguments].concat()));
        assert_eq!((printed.as_str(), code), ("", Some(status)), "{arguments:?}: {said}");
        assert!(said.contains(words) && !said.contains("geheim"), "{arguments:?}: {said}");
    }
    let with_token = outcome(tabuada(&["cache", "stats", "--server", &admin]).env("TABUADA_ADMIN_TOKEN", TOKEN));
    assert!(with_token.2 == Some(0) && with_token.0.contains("state"), "{with_token:?}");
    // The flag takes precedence over the environment.
    let mut named = tabuada(&["cache", "stats", "--server", &admin]);
    let (printed, ..) = outcome(named.env("TABUADA_REDIS", &no_redis).env("TABUADA_ADMIN_TOKEN", TOKEN));
    assert!(printed.contains("answers"), "{printed}");
}

/// A server without Redis still has the operator's routes.
#[test]
fn a_server_without_redis_lists_its_memory() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for n in 0..5 {
        client.evaluate(&format!("{n}+1"));
    }
    let page = json(&client.get("/v1/cache/keys?limit=3"));
    assert_eq!((page["entries"].as_array().map(Vec::len), &page["redis"]), (Some(3), &json!("absent")));
    let rest = json(&client.get(&format!("/v1/cache/keys?cursor={}", page["next"].as_str().expect("a cursor"))));
    assert_eq!((rest["entries"].as_array().map(Vec::len), &rest["next"]), (Some(2), &Value::Null));
    assert_eq!(rest["entries"][1]["name"], "tabuada:2:4+1");
    assert_eq!(json(&client.request("DELETE", "/v1/cache", &[], b"")), json!({ "removed": 5, "pending": false }));
}
