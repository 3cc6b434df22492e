//! `/v1/evaluate` over HTTP: values, hints, problems.
#![allow(clippy::panic)]

use crate::support;

use serde_json::{Value, json};
use support::{Client, Response, Server, encoded};

/// `GET /v1/evaluate?expr=…`, with the expression encoded as a client library does.
fn get(client: &mut Client, expr: &str, headers: &[(&str, &str)]) -> Response {
    client.request("GET", &format!("/v1/evaluate?expr={}", encoded(expr)), headers, b"")
}

fn post(client: &mut Client, body: &Value) -> Response {
    client.request("POST", "/v1/evaluate", &[("content-type", "application/json")], body.to_string().as_bytes())
}

/// The body, which must be a value.
fn value(response: &Response) -> Value {
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")), "{response:?}");
    serde_json::from_slice(&response.body).expect("it is JSON")
}

/// The body, which must be a problem with this status and code.
fn problem(response: &Response, status: u16, code: &str) -> Value {
    let kind = response.header("content-type");
    assert_eq!((response.status, kind), (status, Some("application/problem+json")), "{}", response.text());
    let problem: Value = serde_json::from_slice(&response.body).expect("it is JSON");
    assert_eq!((&problem["status"], &problem["code"]), (&json!(status), &json!(code)), "{problem}");
    assert_eq!(problem["type"], "about:blank", "{problem}");
    for member in ["title", "detail"] {
        assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
    }
    problem
}

/// Every type in every mode that has it: result, type and text, by GET and by POST.
#[test]
fn values_of_every_type() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (expr, mode, result, kind, text) in [
        ("2+2", "python", json!(4), "int", "4"),
        ("7/2", "python", json!(3.5), "float", "3.5"),
        ("1e999", "python", json!("inf"), "float", "inf"),
        ("(-1)**0.5", "python", json!("(6.123233995736766e-17+1j)"), "complex", "(6.123233995736766e-17+1j)"),
        ("3>2", "python", json!(true), "bool", "True"),
        ("'é'*2", "python", json!("éé"), "str", "'éé'"),
        ("None", "python", json!(null), "none", "None"),
        ("[1, 2.5]", "python", json!([1, 2.5]), "list", "[1, 2.5]"),
        ("(1, 'a')", "python", json!([1, "a"]), "tuple", "(1, 'a')"),
        ("{2, 1}", "python", json!([1, 2]), "set", "{1, 2}"),
        ("1/3+1/6", "exact", json!("1/2"), "fraction", "1/2"),
        ("4/2", "exact", json!(2), "int", "2"),
        ("2**70", "exact", json!("1180591620717411303424"), "int", "1180591620717411303424"),
        ("2**53-1", "python", json!(9_007_199_254_740_991_u64), "int", "9007199254740991"),
        ("2**53", "python", json!("9007199254740992"), "int", "9007199254740992"),
        ("-2**53", "python", json!("-9007199254740992"), "int", "-9007199254740992"),
        ("[2**64, 1]", "python", json!(["18446744073709551616", 1]), "list", "[18446744073709551616, 1]"),
        ("2.0**70", "python", json!(1.180_591_620_717_411_3e21), "float", "1.1805916207174113e+21"),
        ("1/3", "decimal:28", json!("0.3333333333333333333333333333"), "decimal", "0.3333333333333333333333333333"),
        ("1/8", "decimal:10", json!("0.125"), "decimal", "0.125"),
        ("2+2", "decimal:10", json!(4), "int", "4"),
    ] {
        let target = format!("/v1/evaluate?expr={}&mode={mode}", encoded(expr));
        let by_get = client.get(&target);
        let body = value(&by_get);
        let expected = (&result, &json!(kind), &json!(text));
        assert_eq!((&body["result"], &body["type"], &body["text"]), expected, "{mode}: {expr}");
        assert_eq!(body.get("hints"), None, "{mode}: {expr}");
        let by_post = post(&mut client, &json!({"expr": expr, "mode": mode}));
        assert_eq!(by_post.body, by_get.body, "{mode}: {expr}");
        assert_eq!(by_post.header("cache-control"), Some("no-store"));
    }
    let digits = client.get("/v1/evaluate?expr=2**100");
    assert_eq!(
        digits.text(),
        r#"{"result":"1267650600228229401496703205376","type":"int","text":"1267650600228229401496703205376"}"#
    );
}

#[test]
fn variables_are_part_of_the_question() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let by_variables =
        post(&mut client, &json!({"expr": "x**2 + len(s)", "variables": {"x": 3, "s": "ab", "unused": [1]}}));
    assert_eq!(value(&by_variables)["result"], 11);
    // Statements with the same answer have the same cache key.
    let by_statements = post(&mut client, &json!({"expr": "s = 'ab'; x = 3; x**2 + len(s)"}));
    assert_eq!(by_statements.body, by_variables.body);
    assert!(by_statements.header("cache-status").is_some_and(|status| status.contains("hit")), "{by_statements:?}");
    assert_eq!(value(&post(&mut client, &json!({"expr": "1", "variables": null, "mode": null})))["result"], 1);
    // An invalid variable is an error of the request and has no position in the expression.
    for variables in [json!({"x": {}}), json!({"1x": 1}), json!([1])] {
        let response = post(&mut client, &json!({"expr": "x", "variables": variables}));
        assert_eq!(problem(&response, 400, "malformed").get("span"), None, "{variables}");
    }
}

/// Positions are counted in characters, however many bytes they take.
#[test]
fn a_hint_has_a_position_and_a_fix() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let response = get(&mut client, "len('é') + 2^3", &[]);
    let body = value(&response);
    assert_eq!(response.header("content-language"), Some("en"));
    let hint = &body["hints"][0];
    assert_eq!(hint["code"], "xor");
    assert_eq!(hint["span"], json!({"start": 12, "end": 13}));
    assert_eq!(hint["suggestion"]["replacement"], "**");
    assert_eq!(hint["suggestion"]["expr"], "len('é') + 2**3");
    let response = get(&mut client, "2^3", &[("accept-language", "pt-BR, en;q=0.5")]);
    assert_eq!(response.header("content-language"), Some("pt-BR"));
    let message = value(&response)["hints"][0]["message"].as_str().expect("words").to_owned();
    assert!(message.contains("potência"), "{message}");
}

/// Each spelling has its own positions, even if another spelling shares its answer and was sent before.
#[test]
fn positions_refer_to_the_clients_spelling() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    // The second request finds the answer in memory; from the third on the server may not even parse the text.
    for _ in 0..4 {
        for (expr, start, mended) in [
            ("2^3", 1, "2**3"),
            (" 2^3", 2, " 2**3"),
            ("2 ^3", 2, "2 **3"),
            ("2^3 ", 1, "2**3 "),
            ("(2^3)", 2, "(2**3)"),
        ] {
            let hint = value(&get(&mut client, expr, &[]))["hints"][0].clone();
            assert_eq!(hint["span"], json!({"start": start, "end": start + 1}), "{expr}");
            assert_eq!(hint["suggestion"]["expr"], mended, "{expr}");
        }
        for (expr, start, end) in [("1/0", 0, 3), (" 1/0", 1, 4), ("1 / 0", 0, 5), ("1/0 ", 0, 3)] {
            let found = problem(&get(&mut client, expr, &[]), 422, "division-by-zero");
            assert_eq!(found["span"], json!({"start": start, "end": end}), "{expr}");
        }
    }
}

#[test]
fn a_problem_has_a_position_and_a_fix() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (expr, code, (start, end), mended) in [
        ("2x", "syntax", (0, 2), Some("2*x")),
        ("sqr(16)", "unknown-name", (0, 3), Some("sqrt(16)")),
        ("len('é') + 2x", "syntax", (11, 13), Some("len('é') + 2*x")),
        ("'éé' + 1/0", "division-by-zero", (7, 10), None),
        ("é + 1", "unknown-name", (0, 1), None),
        ("2 +", "syntax", (3, 3), None),
        ("9**9**9", "too-large", (0, 7), None),
        ("1+None", "type-error", (0, 6), None),
        ("sqrt(-1)", "value-error", (0, 8), None),
        ("exp(1000)", "overflow", (0, 9), None),
    ] {
        let by_get = get(&mut client, expr, &[]);
        let found = problem(&by_get, 422, code);
        assert_eq!(by_get.header("content-language"), Some("en"), "{expr}");
        assert_eq!(found["span"], json!({"start": start, "end": end}), "{expr}");
        if let Some(mended) = mended {
            assert_eq!(found["suggestion"]["expr"], mended, "{expr}: {found}");
        } else {
            assert_eq!(found.get("suggestion"), None, "{expr}: {found}");
        }
        let by_post = post(&mut client, &json!({"expr": expr}));
        assert_eq!((by_post.status, &by_post.body), (422, &by_get.body), "{expr}");
        assert_eq!(by_post.header("cache-control"), Some("no-store"), "{expr}");
        // The same in Portuguese: only the texts differ.
        let portuguese = get(&mut client, expr, &[("accept-language", "pt")]);
        assert_eq!(portuguese.header("content-language"), Some("pt-BR"), "{expr}");
        let mut said = problem(&portuguese, 422, code);
        assert_ne!(said["detail"], found["detail"], "{expr}");
        said["detail"] = found["detail"].clone();
        assert_eq!(said, found, "{expr}");
    }
}

#[test]
fn a_malformed_request_says_what_is_expected() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (target, word) in [
        ("/v1/evaluate", "expr"),
        ("/v1/evaluate?", "expr"),
        ("/v1/evaluate?exp=1", "expr"),
        ("/v1/evaluate?expr=1&mode=roman", "mode"),
        ("/v1/evaluate?expr=1&mode=", "mode"),
        ("/v1/evaluate?expr=1&mode=decimal:0", "mode"),
        ("/v1/evaluate?expr=1&mode=decimal:1001", "mode"),
        ("/v1/evaluate?expr=%ff", "UTF-8"),
    ] {
        let response = client.get(target);
        let detail = problem(&response, 400, "malformed")["detail"].clone();
        assert!(detail.as_str().is_some_and(|detail| detail.contains(word)), "{target}: {detail}");
        assert_eq!(response.header("cache-control"), Some("no-store"), "{target}");
    }
    for body in
        ["", "null", "[]", "5", "{", "{}", r#"{"expr":5}"#, r#"{"expr":null}"#, r#"{"expr":"1","mode":"roman"}"#]
    {
        for kind in ["application/json", "text/plain"] {
            let response = client.request("POST", "/v1/evaluate", &[("content-type", kind)], body.as_bytes());
            problem(&response, 400, "malformed");
        }
    }
    let response = client.request("POST", "/v1/evaluate", &[], b"{\"expr\":\"\xff\"}");
    problem(&response, 400, "malformed");
    // JSON is read as JSON, whatever its declared type.
    for headers in
        [&[][..], &[("content-type", "application/x-www-form-urlencoded")], &[("content-type", "text/plain")]]
    {
        let response = client.request("POST", "/v1/evaluate", headers, br#"{"expr":"2+2","more":[]}"#);
        assert_eq!(value(&response)["result"], 4);
    }
    // An empty expression counts as incomplete.
    problem(&client.get("/v1/evaluate?expr="), 422, "syntax");
}

/// The names of our types change, and mean nothing to a client.
#[test]
fn the_problem_of_a_body_names_no_type_of_the_program() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let headers = [("content-type", "application/json")];
    for (path, body) in [
        ("/v1/evaluate", "null"),
        ("/v1/batch", "null"),
        ("/v1/table", "null"),
        ("/v1/table", r#"{"expr":"x","x":true}"#),
    ] {
        let response = client.request("POST", path, &headers, body.as_bytes());
        let detail = problem(&response, 400, "malformed")["detail"].clone();
        assert!(detail.as_str().is_some_and(|detail| detail.contains("expected an object")), "{path} {body}: {detail}");
    }
}

#[test]
fn large_requests_and_unknown_routes_are_problems() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    client.send(b"POST /v1/evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n");
    let response = client.receive(false);
    problem(&response, 413, "too-large");
    assert_eq!(response.header("connection"), Some("close"));
    let mut client = Client::connect(server.address);
    for method in ["PUT", "DELETE", "PATCH"] {
        let response = client.request(method, "/v1/evaluate?expr=1", &[], b"");
        problem(&response, 405, "method-not-allowed");
        let allowed = response.header("allow").expect("says what is");
        for method in ["GET", "HEAD", "POST"] {
            assert!(allowed.split(',').any(|allowed| allowed.trim() == method), "{allowed}");
        }
    }
    for target in ["/v1/nothing", "/v1/evaluate/more", "/v1/"] {
        problem(&client.get(target), 404, "not-found");
    }
    let redirected = client.get("/v1/evaluate/?expr=2%2B2");
    assert_eq!((redirected.status, redirected.header("location")), (307, Some("../../v1/evaluate?expr=2%2B2")));
}

/// In a query written by hand, `+` is a space. If the client may have meant the sign, the problem explains it.
#[test]
fn a_plus_in_a_query_is_a_space_and_the_problem_says_so() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    assert_eq!(value(&client.get("/v1/evaluate?expr=2+%2B+2"))["result"], 4);
    let detail = |response: &Response, code| problem(response, 422, code)["detail"].as_str().unwrap().to_owned();
    for (expr, code) in [
        ("2+2", "syntax"),
        ("1++2", "syntax"),
        ("x%3D3;%20x+1", "syntax"),
        ("%C3%A9+=+2;+%C3%A9+2", "syntax"),
        ("sin(1)+cos(1)", "syntax"),
        ("(2)+(2)", "type-error"),
        ("2*(3)+(4*(1))", "type-error"),
        ("2+[1]", "type-error"),
    ] {
        let told = client.get(&format!("/v1/evaluate?expr={expr}"));
        let said = detail(&told, code);
        assert!(said.ends_with(" (in a query + is a space; the sign is written %2B)"), "{expr}: {said}");
        assert!(!told.text().contains("suggestion"), "{expr}: no other sign was meant");
        let target = format!("/v1/evaluate?expr={expr}");
        let told = client.request("GET", &target, &[("accept-language", "pt-BR")], b"");
        let said = detail(&told, code);
        assert!(said.ends_with(" (numa query + é um espaço; o sinal se escreve %2B)"), "{expr}: {said}");
    }
    for target in ["/v1/explain?expr=2+2", "/v1/plot?expr=x&expr=x+2", "/v1/plot?expr=x+2"] {
        assert!(detail(&client.get(target), "syntax").contains("%2B"), "{target}");
    }
    // Words are not operands: the fix replaces them, and takes the blanks between them as blanks.
    for (expr, meant) in [("5+choose+2", "comb(5, 2)"), ("3+elevado+a+4", "3 ** 4"), ("2+to+the+power+of+3", "2 ** 3")]
    {
        let told = problem(&client.get(&format!("/v1/evaluate?expr={expr}")), 422, "syntax");
        assert_eq!(told["suggestion"]["expr"], meant, "{expr}");
        assert!(!told["detail"].as_str().unwrap().contains("%2B"), "{expr}");
    }
    // No advice if the blanks are not the cause, or if the answer is known already.
    for (expr, code) in [
        ("2%202", "syntax"),
        ("1+/+0", "division-by-zero"),
        ("sin+30", "syntax"),
        ("2+%2B+%2B3+4", "syntax"),
        ("1+%2B+%22a%22", "type-error"),
        ("2+*+(1%202)", "syntax"),
        ("1+*+2(3)", "type-error"),
        ("1.5+^+2", "type-error"),
    ] {
        let told = client.get(&format!("/v1/evaluate?expr={expr}"));
        let said = detail(&told, code);
        assert!(!said.contains("%2B"), "{expr}: {said}");
    }
}

/// Browsers report every status but 200 as an error of the page. A client may prefer to receive problems with status
/// 200, where only the body tells.
#[test]
fn a_client_may_prefer_problems_with_status_200() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let lenient: &[_] = &[("prefer", "handling=lenient")];
    for (method, target, status) in [
        ("GET", "/v1/evaluate?expr=1%2F0", 422),
        ("GET", "/v1/evaluate", 400),
        ("GET", "/v1/plot?expr=sqr(x)", 422),
        ("GET", "/v1/explain?expr=2%2B", 422),
        ("POST", "/v1/evaluate", 400),
        ("GET", "/v1/cache/entry?key=6*7", 404),
        ("GET", "/v1/nowhere", 404),
        ("PUT", "/v1/evaluate", 405),
    ] {
        let strictly = client.request(method, target, &[], b"");
        let leniently = client.request(method, target, lenient, b"");
        assert_eq!((strictly.status, leniently.status), (status, 200), "{method} {target}");
        assert_eq!(strictly.body, leniently.body, "{method} {target}");
        let body: Value = serde_json::from_slice(&leniently.body).expect("it is JSON");
        assert_eq!(body["status"], status);
        assert_eq!(
            (strictly.header("preference-applied"), leniently.header("preference-applied")),
            (None, Some("handling=lenient"))
        );
        for response in [&strictly, &leniently] {
            assert_eq!(response.header("content-type"), Some("application/problem+json"));
            // A single line, because some proxies read only the last of several.
            let varies = response.headers.iter().filter(|(name, _)| name == "vary").collect::<Vec<_>>();
            assert_eq!(varies.len(), 1, "{method} {target}: {varies:?}");
            assert!(varies[0].1.split(", ").any(|name| name == "Prefer"), "{method} {target}");
        }
    }
    // Responses that are not problems do not change, and neither does the course's route.
    for (method, target) in [("GET", "/v1/evaluate?expr=2"), ("GET", "/nowhere")] {
        let strictly = client.request(method, target, &[], b"");
        let leniently = client.request(method, target, lenient, b"");
        assert_eq!((strictly.status, &strictly.body), (leniently.status, &leniently.body));
        assert_eq!(leniently.header("preference-applied"), None);
    }
    // The metrics count the real outcome: three expressions, two requests each.
    let metrics = client.get("/metrics");
    let failed =
        metrics.text().lines().filter(|line| line.contains("requests_total") && line.contains("status=\"422\""));
    let failed = failed.map(|line| line.rsplit(' ').next().expect("a count").parse::<u64>().expect("a count"));
    assert_eq!(failed.sum::<u64>(), 6);
}

/// Every name of the manual, in both languages.
#[test]
fn the_names_of_the_language_are_listed() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let mut tags = Vec::new();
    let mut list = |language: &str| {
        let response = client.request("GET", "/v1/functions", &[("accept-language", language)], b"");
        assert_eq!((response.status, response.header("content-language")), (200, Some(language)));
        let known = client.request(
            "GET",
            "/v1/functions",
            &[("accept-language", language), ("if-none-match", response.header("etag").expect("a tag"))],
            b"",
        );
        assert_eq!(known.status, 304);
        tags.push(response.header("etag").map(str::to_owned));
        let body: Value = serde_json::from_slice(&response.body).expect("it is JSON");
        body["functions"].as_array().expect("a list").clone()
    };
    let (english, portuguese) = (list("en"), list("pt-BR"));
    let names = |list: &[Value]| list.iter().map(|entry| entry["name"].as_str().map(str::to_owned)).collect::<Vec<_>>();
    assert_eq!(names(&english), names(&portuguese));
    assert_eq!(english.len(), tabuada_lang::functions().count());
    let (root, raiz) = (&english, &portuguese);
    let of = |list: &[Value], name: &str| list.iter().find(|entry| entry["name"] == name).expect("it is there").clone();
    assert_eq!((&of(root, "sqrt")["kind"], &of(root, "sqrt")["signature"]), (&"function".into(), &"x".into()));
    assert_eq!(of(root, "pi")["kind"], "constant");
    assert_eq!(of(root, "integral")["kind"], "binder");
    for member in ["doc", "section"] {
        assert_ne!(of(root, "sqrt")[member], of(raiz, "sqrt")[member]);
    }
    assert_ne!(tags[0], tags[1]);
}
