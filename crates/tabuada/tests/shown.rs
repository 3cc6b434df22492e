//! `shown` over HTTP: answers as people read them, beside the exact text.

use serde_json::{Value, json};

use crate::support::{Client, Response, Server};

fn body(response: &Response) -> Value {
    serde_json::from_slice(&response.body).expect("it is JSON")
}

fn post(client: &mut Client, target: &str, question: &Value) -> Response {
    client.request("POST", target, &[("content-type", "application/json")], question.to_string().as_bytes())
}

/// The parameters as a query and as members, with what is shown.
const CASES: &[(&str, &str, &str)] = &[
    ("1/3", r#"{"digits":4}"#, "0.3333"),
    ("1/3", r#"{"digits":"4","decimal":"comma"}"#, "0,3333"),
    ("9.0", r#"{"format":"auto"}"#, "9"),
    ("1e6/7", r#"{"format":"fixed:2","group":"sign"}"#, "142,857.14"),
    ("1e6/7", r#"{"format":"fixed:2","group":"space","decimal":"comma"}"#, "142\u{202f}857,14"),
    ("(3, 6.5)", r#"{"decimal":"comma"}"#, "(3; 6,5)"),
    ("7/12", r#"{"format":"fraction"}"#, "7/12"),
    ("2.0**70", r#"{"format":"sci","digits":3}"#, "1.18·10^21"),
    ("2**10 > 1", r#"{"digits":1}"#, "True"),
    ("'1.5'", r#"{"decimal":"comma"}"#, "'1.5'"),
];

/// A case as `&name=value`.
fn in_query(members: &Value) -> String {
    let pairs = members.as_object().expect("an object").iter();
    pairs.map(|(name, value)| format!("&{name}={}", value.as_str().map_or(value.to_string(), str::to_owned))).collect()
}

#[test]
fn each_way_to_ask_shows_the_same() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (expr, members, shown) in CASES {
        let mut question: Value = serde_json::from_str(members).expect("an object");
        let target = format!("/v1/evaluate?expr={}{}", crate::support::encoded(expr), in_query(&question));
        question["expr"] = json!(expr);
        let lines = json!({"exprs": [question]});
        let answers = [
            client.get(&target),
            post(&mut client, "/v1/evaluate", &question),
            post(&mut client, "/v1/batch", &lines),
            client.request(
                "POST",
                "/v1/batch",
                &[("content-type", "application/x-ndjson")],
                question.to_string().as_bytes(),
            ),
        ];
        let plain = body(&post(&mut client, "/v1/evaluate", &json!({"expr": expr})));
        for response in answers {
            let mut answer = body(&response);
            let told = answer.as_object_mut().expect("an object").remove("shown");
            assert_eq!(told, Some(json!(shown)), "{target}");
            assert_eq!(answer["text"], plain["text"], "{target}");
            assert_eq!(answer["result"], plain["result"], "{target}");
        }
    }
}

/// The entry and its key do not depend on it; the tag and a response that is kept for a second do.
#[test]
fn one_entry_is_shown_in_many_ways() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let mut tags = Vec::new();
    let first = client.get("/v1/evaluate?expr=1/3");
    assert_eq!(body(&first).get("shown"), None);
    tags.push(first.header("etag").expect("a tag").to_owned());
    // Asked several times: the text and the response come from the caches before the cache of answers.
    for (parameters, shown) in
        [("digits=2", "0.33"), ("digits=2&decimal=comma", "0,33"), ("decimal=comma", "0,3333333333333333")]
    {
        let target = format!("/v1/evaluate?expr=1/3&{parameters}");
        for _ in 0..3 {
            let response = client.get(&target);
            assert!(
                response.header("cache-status").is_some_and(|status| status.starts_with("tabuada; hit")),
                "{target}"
            );
            assert_eq!(body(&response)["shown"], shown);
        }
        let tag = client.get(&target).header("etag").expect("a tag").to_owned();
        assert!(!tags.contains(&tag), "{target}");
        assert_eq!(client.request("GET", &target, &[("if-none-match", &tag)], b"").status, 304);
        assert_eq!(client.request("GET", &target, &[("if-none-match", &tags[0])], b"").status, 200);
        tags.push(tag);
    }
    assert_eq!(
        body(&client.get("/v1/evaluate?expr=1/3")),
        json!({"result": 1.0 / 3.0, "type": "float", "text": "0.3333333333333333"})
    );
}

/// In each mode, and with `read_as` and hints.
#[test]
fn it_stands_beside_every_other_member() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let exact = client.get("/v1/evaluate?expr=22/7&mode=exact&digits=4");
    assert_eq!(body(&exact), json!({"result": "22/7", "type": "fraction", "text": "22/7", "shown": "3.143"}));
    let decimal = client.get("/v1/evaluate?expr=1.20&mode=decimal:9&decimal=comma");
    assert_eq!(body(&decimal), json!({"result": "1.20", "type": "decimal", "text": "1.20", "shown": "1,20"}));
    let school = client.get("/v1/evaluate?expr=sen%2030&notation=school&decimal=comma&format=fixed:1");
    assert!(
        school.text().contains(r#","text":"-0.9880316240928618","shown":"-1,0","read_as":"sin(30)","hints":[{"#),
        "{}",
        school.text()
    );
}

/// A long value is shown by the readers, and one that would become too long is not.
#[test]
fn a_long_value_is_shown_and_a_huge_one_is_not() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let long = body(&client.get("/v1/evaluate?expr=10**5000&group=sign"));
    assert_eq!(long["shown"].as_str().map(str::len), Some(5_001 + 1_666));
    for question in
        [json!({"expr": "[1e300]*9000", "format": "fixed:100"}), json!({"expr": "[2.5]*9000", "format": "fixed:2"})]
    {
        let is_huge = question["format"] == "fixed:100";
        for target in ["/v1/evaluate", "/v1/batch"] {
            let asked = if target == "/v1/batch" { json!({"exprs": [question]}) } else { question.clone() };
            let answer = body(&post(&mut client, target, &asked));
            assert_eq!((answer["type"].as_str(), answer["shown"].is_null()), (Some("list"), is_huge), "{target}");
        }
    }
}

#[test]
fn a_wrong_parameter_names_the_choices() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (name, value, english, portuguese) in [
        ("digits", json!(0), "digits is a number from 1 to 1000", "digits é um número de 1 a 1000"),
        ("digits", json!(1001), "digits is a number from 1 to 1000", "digits é um número de 1 a 1000"),
        ("digits", json!("x"), "digits is a number from 1 to 1000", "digits é um número de 1 a 1000"),
        (
            "format",
            json!("fixed:101"),
            "format is auto, fixed:N with N from 0 to 100, sci, eng or fraction",
            "format é auto, fixed:N com N de 0 a 100, sci, eng ou fraction",
        ),
        ("group", json!("comma"), "group is none, space or sign", "group é none, space ou sign"),
        ("decimal", json!(","), "decimal is point or comma", "decimal é point ou comma"),
    ] {
        let question = json!({"expr": "2", name: value});
        let target = format!("/v1/evaluate?expr=2{}", in_query(&json!({name: value})));
        for (language, detail) in [("en", english), ("pt-BR", portuguese)] {
            for (method, target, sent) in
                [("GET", &*target, String::new()), ("POST", "/v1/evaluate", question.to_string())]
            {
                let headers = [("accept-language", language), ("content-type", "application/json")];
                let response = client.request(method, target, &headers, sent.as_bytes());
                let problem = body(&response);
                assert_eq!((response.status, &problem["code"]), (400, &json!("malformed")), "{problem}");
                assert_eq!(problem["detail"], detail);
            }
        }
        let line = body(&post(&mut client, "/v1/batch", &json!({"exprs": [question]})));
        assert_eq!(line["error"], json!({"code": "malformed", "message": english}));
    }
    let nulls = json!({"expr": "2", "digits": null, "format": null, "group": null, "decimal": null});
    assert_eq!(body(&post(&mut client, "/v1/evaluate", &nulls)).get("shown"), None);
}
