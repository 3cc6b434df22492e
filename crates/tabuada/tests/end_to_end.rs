//! The binary with a real Redis: the responses have the same bytes on every path, whatever happens to Redis.

#![allow(clippy::panic)]

use crate::support;

use std::collections::BTreeSet;

use serde_json::Value;
use support::{Client, Node, Redis, encoded, free_port, wait_for};

/// Cheap and expensive expressions, values of every type and failures of every kind.
const CASES: [&str; 18] = [
    "2+2",
    "2**100",
    "0.1+0.2",
    "1e999",
    "-0.0",
    "3>2",
    "None",
    "1/0",
    "foo + 1",
    "'texto' * 2",
    "[1, 2.0, (True, None)]",
    "{3, 1}",
    "1j ** 2",
    "x = 3; x²",
    "2 +",
    "9**9**9",
    EXPENSIVE,
    "factorial(20000) // 0",
];

/// Costs more than a lookup: with adaptive lookup, a node looks in Redis before it evaluates this in full.
const EXPENSIVE: &str = "factorial(20000) % 1000003";

fn status(response: &support::Response) -> &str {
    response.header("cache-status").expect("it is on every answer")
}

/// Whether the answer is cached. Parse errors are not.
fn is_remembered(expression: &str) -> bool {
    expression != "2 +"
}

#[test]
fn the_same_bytes_computed_from_memory_from_redis_from_another_node_and_after_a_restart() {
    let redis = Redis::start();
    let first = Node::coherent(&redis, &[]);
    let bytes: Vec<Vec<u8>> = CASES
        .iter()
        .map(|expression| {
            let computed = first.evaluate(expression);
            assert_eq!(computed.status, 200);
            if is_remembered(expression) {
                assert!(status(&computed).starts_with("tabuada; fwd=uri-miss"), "{expression}: {}", status(&computed));
                wait_for("the answer to be in memory", || {
                    status(&first.evaluate(expression)).contains("hit; detail=memory")
                });
            }
            let again = first.evaluate(expression);
            assert_eq!(again.body, computed.body, "{expression}");
            computed.body
        })
        .collect();
    let remembered = CASES.iter().filter(|expression| is_remembered(expression)).count();
    wait_for("Redis to have every answer", || {
        // On a busy machine the connection may be lost, and what is on its way with it: it is computed again.
        CASES.iter().for_each(|expression| drop(first.evaluate(expression)));
        redis.cli(&["dbsize"]) == remembered.to_string()
    });

    // Another node, which looks in Redis first; then the first node after a restart, with an empty memory.
    let asks_first = Node::coherent(&redis, &["--lookup", "always"]);
    drop(first);
    let restarted = Node::coherent(&redis, &["--lookup", "always"]);
    for node in [&asks_first, &restarted] {
        for (expression, bytes) in CASES.iter().zip(&bytes) {
            let found = node.evaluate(expression);
            assert_eq!(&found.body, bytes, "{expression}");
            if is_remembered(expression) {
                assert_eq!(status(&found), "tabuada; hit; detail=redis", "{expression}");
                let kept = node.evaluate(expression);
                assert_eq!(&kept.body, bytes, "{expression}");
                assert!(status(&kept).starts_with("tabuada; hit; detail=memory"), "{expression}: {}", status(&kept));
            }
        }
    }

    // Adaptive lookup looks up expensive expressions only.
    let adaptive = Node::coherent(&redis, &[]);
    assert_eq!(status(&adaptive.evaluate(EXPENSIVE)), "tabuada; hit; detail=redis");
    assert!(status(&adaptive.evaluate("2+2")).starts_with("tabuada; fwd=uri-miss"));

    // A node without Redis.
    let alone = Node::start(&[]);
    for (expression, bytes) in CASES.iter().zip(&bytes) {
        assert_eq!(&alone.evaluate(expression).body, bytes, "{expression}");
        assert_eq!(&alone.evaluate(expression).body, bytes, "{expression}");
    }
}

#[test]
fn entries_in_redis_are_readable() {
    let redis = Redis::start();
    let node = Node::coherent(&redis, &[]);
    for expression in ["2+2", " 2 + 2", "(2)+(2)", "1/0", "0.1+0.2"] {
        node.evaluate(expression);
    }
    wait_for("the answers to be in Redis", || redis.cli(&["dbsize"]) == "3");
    let keys: BTreeSet<String> = redis.cli(&["keys", "*"]).lines().map(str::to_owned).collect();
    assert_eq!(keys, ["tabuada:2:0.1+0.2", "tabuada:2:1/0", "tabuada:2:2+2"].map(str::to_owned).into());
    let line = redis.cli(&["get", "tabuada:2:2+2"]);
    assert!(line.starts_with("{\"resultado\":4,"), "{line}");
    let facts: Value = serde_json::from_str(&line).expect("it is JSON");
    assert_eq!((&facts["type"], &facts["text"]), (&Value::from("int"), &Value::from("4")), "{line}");
    assert!(facts["born"].as_u64().is_some_and(|born| born > 1_700_000_000), "{line}");
    let line = redis.cli(&["get", "tabuada:2:1/0"]);
    assert!(line.starts_with("{\"resultado\":\"Erro na expressão informada: division by zero\","), "{line}");
    let ttl: u64 = redis.cli(&["ttl", "tabuada:2:2+2"]).parse().expect("a time");
    assert!((80_000..=91_000).contains(&ttl), "a day, more or less: {ttl}");
}

/// Incomplete expressions and refusals, requested with `Cache-Control: no-store`: neither Redis nor memory stores the
/// answer, however expensive it is. An answer that is cached already is still found.
#[test]
fn no_store_answers_are_stored_nowhere() {
    const TEXTS: [&str; 7] = ["2+2", "2^3", "1/0", "foo", "9**9**9", EXPENSIVE, "factorial(20000) // 0"];
    let redis = Redis::start();
    let node = Node::coherent(&redis, &[]);
    let mut client = Client::connect(node.address);
    let mut ask = |method: &str, expression: &str, headers: &[(&str, &str)]| {
        let target = format!("/v1/evaluate?expr={}", encoded(expression));
        match method {
            "POST" => {
                let body = serde_json::json!({ "expr": expression }).to_string();
                client.request("POST", "/v1/evaluate", headers, body.as_bytes())
            }
            method => client.request(method, &target, headers, b""),
        }
    };
    let sets = || {
        let stats = redis.cli(&["info", "commandstats"]);
        let calls =
            stats.lines().find_map(|line| line.strip_prefix("cmdstat_set:calls=")?.split(',').next()?.parse().ok());
        calls.unwrap_or(0_u64)
    };
    let (set_before, private) = (sets(), [("cache-control", "max-age=0, No-Store")]);
    let mut told = Vec::new();
    for method in ["GET", "POST", "HEAD"] {
        for expression in TEXTS {
            // Twice, to show that the first request was not cached.
            for _ in 0..2 {
                let response = ask(method, expression, &private);
                assert_eq!(status(&response), "tabuada; fwd=uri-miss", "{method} {expression}");
                assert_eq!(response.header("age"), None, "{method} {expression}");
                told.push((method, expression, response));
            }
        }
    }
    assert_eq!(ask("GET", "2 +", &private).status, 422);
    // Best-effort writes keep their order: once a later one is in Redis, the earlier ones would be there too.
    assert_eq!(status(&ask("GET", "6*7", &[])), "tabuada; fwd=uri-miss; stored");
    wait_for("the answers to be in Redis", || redis.cli(&["dbsize"]) != "0");
    assert_eq!(redis.cli(&["keys", "*"]), "tabuada:2:6*7");
    assert_eq!(sets(), set_before + 1, "no lease either");

    // The bytes are as usual, and without no-store they are cached as usual. A request with no-store finds them then.
    for expression in TEXTS {
        let ordinary = ask("GET", expression, &[]);
        assert_eq!(status(&ordinary), "tabuada; fwd=uri-miss; stored", "{expression}");
        for (method, _, response) in told.iter().filter(|(_, of, _)| *of == expression) {
            let body: &[u8] = if *method == "HEAD" { b"" } else { &ordinary.body };
            assert_eq!((response.status, &*response.body), (ordinary.status, body), "{method} {expression}");
        }
        wait_for("the answer to be in memory", || {
            status(&ask("GET", expression, &private)).contains("hit; detail=memory")
        });
    }
    wait_for("the answers to be in Redis", || redis.cli(&["dbsize"]) == (TEXTS.len() + 1).to_string());
    // Another node finds the expensive ones in Redis, and does not keep them.
    let other = Node::coherent(&redis, &[]);
    let mut client = Client::connect(other.address);
    for _ in 0..2 {
        let found = client.request("GET", &format!("/v1/evaluate?expr={}", encoded(EXPENSIVE)), &private, b"");
        assert_eq!(status(&found), "tabuada; hit; detail=redis");
        assert!(found.header("age").is_some(), "{found:?}");
    }
}

/// The course's commands at `redis-cli` have the effect that the course describes, on every node.
#[test]
fn expire_del_and_flushall_make_every_node_forget() {
    let redis = Redis::start();
    let nodes = [Node::coherent(&redis, &[]), Node::coherent(&redis, &["--lookup", "always"])];
    let key = "tabuada:2:2+2";
    let remember = || {
        for node in &nodes {
            wait_for("the answer to be in memory", || status(&node.evaluate("2+2")).contains("hit; detail=memory"));
        }
        wait_for("the answer to be in Redis", || redis.cli(&["exists", key]) == "1");
    };
    // A hit changes nothing, so the test can request the entry until it is gone.
    let forgotten = |how: &str| {
        for node in &nodes {
            wait_for(how, || {
                let response = node.evaluate("2+2");
                assert_eq!(response.text(), "{\"resultado\":4}");
                !status(&response).contains("detail=memory")
            });
        }
    };
    for command in
        [&["del", key][..], &["flushall"], &["flushdb"], &["unlink", key], &["set", key, "x"], &["rename", key, "y"]]
    {
        remember();
        redis.cli(command);
        forgotten(&format!("{command:?} to be noticed"));
        redis.cli(&["del", key]);
    }
    remember();
    assert_eq!(redis.cli(&["expire", key, "1"]), "1");
    wait_for("the key to expire", || redis.cli(&["exists", key]) == "0");
    forgotten("the expiry to be noticed");
}

/// A failure of Redis is never a failure for the client.
#[test]
fn every_request_is_answered_whatever_happens_to_redis() {
    let expected = |node: &Node, when: &str| {
        for (expression, resultado) in [
            ("2+2", "4"),
            ("7*6", "42"),
            ("1/0", "\"Erro na expressão informada: division by zero\""),
            (EXPENSIVE, "0"),
        ] {
            let response = node.evaluate(expression);
            assert_eq!(response.status, 200, "{when}");
            if expression != EXPENSIVE {
                assert_eq!(response.text(), format!("{{\"resultado\":{resultado}}}"), "{when}");
            }
            assert_eq!(node.evaluate(expression).body, response.body, "{when}");
        }
    };
    let port = free_port();
    let url = format!("redis://127.0.0.1:{port}");
    let node = Node::start(&["--redis", &url, "--lookup", "always"]);
    assert_eq!(node.cache_state(), "detached");
    expected(&node, "absent");

    let redis = Redis::start_on(port);
    wait_for("Redis to be connected", || node.cache_state() == "coherent");
    expected(&node, "there");

    redis.freeze();
    expected(&node, "hung");
    wait_for("the outage to be noticed", || node.cache_state() == "detached");
    expected(&node, "hung, and known to be");
    redis.thaw();
    wait_for("Redis to be connected again", || node.cache_state() == "coherent");
    expected(&node, "back");

    redis.cli(&["flushall"]);
    redis.cli(&["config", "set", "maxmemory", "1"]);
    expected(&node, "full");
    redis.cli(&["config", "set", "maxmemory", "0"]);

    redis.cli(&["replicaof", "127.0.0.1", "1"]);
    expected(&node, "read-only");
    redis.cli(&["replicaof", "no", "one"]);
    wait_for("Redis to be writable", || node.cache_state() == "coherent");

    for (what, commands) in [
        ("a list", &["rpush", "tabuada:2:2+2", "x"][..]),
        ("a hash", &["hset", "tabuada:2:2+2", "a", "b"]),
        ("no JSON", &["set", "tabuada:2:2+2", "four"]),
        ("other JSON", &["set", "tabuada:2:2+2", "{\"resultado\":5}"]),
        ("a contradiction", &["set", "tabuada:2:2+2", r#"{"resultado":5,"type":"int","text":"4","fuel":1,"born":1}"#]),
        ("no number", &["set", "tabuada:2:2+2", r#"{"resultado":4x,"type":"int","text":"4x","fuel":1,"born":1}"#]),
        ("binary", &["set", "tabuada:2:2+2", "\u{1}\u{7f}"]),
    ] {
        redis.cli(&["flushall"]);
        redis.cli(commands);
        expected(&node, what);
    }

    drop(redis);
    expected(&node, "killed");
    wait_for("the outage to be noticed", || node.cache_state() == "detached");
    expected(&node, "killed, and known to be");
    let _redis = Redis::start_on(port);
    wait_for("Redis to be connected again", || node.cache_state() == "coherent");
    expected(&node, "another");
}

/// No expression becomes a command, or the key of another expression.
#[test]
fn nothing_in_an_expression_reaches_redis_as_a_command() {
    let redis = Redis::start();
    redis.cli(&["set", "somebody-elses", "1"]);
    redis.cli(&["set", "tabuada:2:7*6", "not ours to keep"]);
    let node = Node::coherent(&redis, &["--lookup", "always"]);
    for expression in [
        "\r\nFLUSHALL\r\n",
        "2+2\r\nFLUSHALL\r\n",
        "2+2 #\r\nFLUSHALL\r\n",
        "1+1\n*1\r\n$8\r\nFLUSHALL\r\n",
        "foo\0bar",
        "* 1",
        "tabuada:2:7*6",
        "'\r\nDEL somebody-elses\r\n'",
        "_\u{2028}FLUSHALL",
        &format!("x{}", "y".repeat(60_000)),
    ] {
        let response = node.evaluate(expression);
        assert_eq!(response.status, 200, "{expression:?}");
        serde_json::from_slice::<Value>(&response.body).expect("it is JSON");
        assert_eq!(redis.cli(&["get", "somebody-elses"]), "1", "{expression:?}");
    }
    for key in redis.cli(&["keys", "*"]).lines() {
        assert!(key == "somebody-elses" || key.starts_with("tabuada:2"), "{key:?}");
        assert!(key.len() <= 300, "{key}");
    }
}

#[test]
fn sigterm_and_sigint_finish_what_is_in_flight() {
    for name in ["TERM", "INT"] {
        let redis = Redis::start();
        let node = Node::coherent(&redis, &[]);
        let address = node.address;
        let mut client = Client::connect(address);
        client.send(b"POST /evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: 19\r\n\r\n{\"expressao\":");
        // The server has read the head once it answers a request that was sent later.
        assert_eq!(Client::connect(address).get("/health/live").status, 200);
        node.signal(name);
        wait_for("the listener to close", || std::net::TcpStream::connect(address).is_err());
        client.send(b"\"2+2\"}");
        assert_eq!(client.receive(false).text(), "{\"resultado\":4}");
        assert_eq!(node.ended(), Some(0), "{name}");
    }
}

/// `Cache-Status` mentions Redis only if the answer came from there. `Server-Timing` also shows a lookup that found
/// nothing.
#[test]
fn responses_show_whether_redis_was_looked_up() {
    let redis = Redis::start();
    let has_asked = |node: &Node, target: &str| {
        let response = Client::connect(node.address).get(target);
        let timing = support::structured_list(response.header("server-timing").expect("always there"));
        (timing.iter().any(|(name, _)| name == "redis"), status(&response).split(';').nth(1).map(str::to_owned))
    };
    let [cheap, expensive] = ["2+3", EXPENSIVE].map(|text| format!("/v1/evaluate?expr={}", encoded(text)));
    let alone = Node::start(&[]);
    assert_eq!(has_asked(&alone, &expensive), (false, Some(" fwd=uri-miss".to_owned())));
    let first = Node::coherent(&redis, &[]);
    assert_eq!(has_asked(&first, &cheap), (false, Some(" fwd=uri-miss".to_owned())));
    assert_eq!(has_asked(&first, &expensive), (true, Some(" fwd=uri-miss".to_owned())));
    wait_for("the answer to be in Redis", || redis.cli(&["keys", "*"]).contains("factorial"));
    assert_eq!(has_asked(&first, &expensive), (false, Some(" hit".to_owned())));
    let second = Node::coherent(&redis, &[]);
    assert_eq!(has_asked(&second, &expensive), (true, Some(" hit".to_owned())));
    let always = Node::coherent(&redis, &["--lookup", "always"]);
    assert_eq!(has_asked(&always, "/v1/evaluate?expr=11*11"), (true, Some(" fwd=uri-miss".to_owned())));
}
