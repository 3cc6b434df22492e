//! School notation over HTTP: the routes under `/v1` that take an expression.

use serde_json::{Value, json};

use crate::support::{self, Client, Response, Server, encoded};

/// `GET /v1/evaluate` in school notation.
fn get(client: &mut Client, expr: &str, decimal: &str, headers: &[(&str, &str)]) -> Response {
    let target = format!("/v1/evaluate?expr={}&notation=school&decimal={decimal}", encoded(expr));
    client.request("GET", &target, headers, b"")
}

fn post(client: &mut Client, target: &str, body: &Value) -> Response {
    client.request("POST", target, &[("content-type", "application/json")], body.to_string().as_bytes())
}

fn body(response: &Response) -> Value {
    serde_json::from_slice(&response.body).expect("it is JSON")
}

/// The question of a record of `school.jsonl`, with this text.
fn question(record: &Value, text: &Value, notation: &str) -> Value {
    json!({
        "expr": text,
        "notation": notation,
        "decimal": record["decimal"].as_str().unwrap_or("point"),
        "variables": record["variables"],
    })
}

/// A question and its Python spelling have the same answer under the same key: whichever comes second finds that of the
/// first.
#[test]
fn both_notations_share_answers() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let records = support::corpus("school.jsonl");
    let mut shared = 0;
    for record in records.iter().filter(|record| record["python"].is_string()) {
        let school = post(&mut client, "/v1/evaluate", &question(record, &record["text"], "school"));
        let python = post(&mut client, "/v1/evaluate", &question(record, &record["python"], "python"));
        assert_eq!(school.status, python.status, "{record}: {}", school.text());
        let (mut in_school, in_python) = (body(&school), body(&python));
        if python.status == 200 {
            assert!(in_school["read_as"].is_string(), "{record}: {in_school}");
            for member in ["read_as", "hints"] {
                in_school.as_object_mut().expect("an object").remove(member);
            }
            for (member, value) in in_school.as_object().expect("an object") {
                assert_eq!(*value, in_python[member], "{record}");
            }
            assert_eq!(in_python.get("read_as"), None);
        }
        if python.header("cache-status").is_some_and(|status| status.starts_with("tabuada; hit; detail=memory")) {
            shared += 1;
        }
    }
    let all = records.iter().filter(|record| record["python"].is_string()).count();
    assert!(shared >= all - 1, "{shared} of {all} share their answer; only a random value may not");
}

/// An ambiguous text is refused with two readings, each of which is read as it says.
#[test]
fn an_ambiguous_text_has_two_readings() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let mut refused = 0;
    for record in support::corpus("school.jsonl").iter().filter(|record| record["refuse"] == true) {
        let response = post(&mut client, "/v1/evaluate", &question(record, &record["text"], "school"));
        let problem = body(&response);
        assert_eq!((response.status, &problem["code"]), (422, &json!("ambiguous")), "{record}: {problem}");
        assert_eq!((problem.get("suggestion"), problem.get("alternatives")), (None, None), "{record}");
        let readings = problem["readings"].as_array().expect("readings");
        assert_eq!(readings.len(), 2, "{problem}");
        for reading in readings {
            let response = post(&mut client, "/v1/evaluate", &question(record, &reading["expr"], "school"));
            let told = body(&response);
            assert!(response.status == 200, "{record}: {reading}: {told}");
            // Variables are assignments before the text.
            let read_as = told["read_as"].as_str().expect("a text");
            assert!(reading["read_as"].as_str().is_some_and(|text| read_as.ends_with(text)), "{told} {reading}");
        }
        refused += 1;
    }
    assert!(refused > 50, "{refused}");
    let spanned = body(&get(&mut client, "'é'; 1/2π", "point", &[]));
    assert_eq!(spanned["span"], json!({"start": 6, "end": 9}));
}

#[test]
fn a_text_means_in_each_notation_what_it_means_there() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    // From the second time on, the text is not parsed again.
    for _ in 0..4 {
        let python = body(&client.get("/v1/evaluate?expr=2^10"));
        assert_eq!((&python["text"], python.get("read_as")), (&json!("8"), None));
        let point = body(&get(&mut client, "2^10", "point", &[]));
        assert_eq!((&point["text"], &point["read_as"]), (&json!("1024"), &json!("2**10")));
        assert_eq!(body(&get(&mut client, "1,5", "point", &[]))["code"], "ambiguous");
        let comma = body(&get(&mut client, "1,5", "comma", &[]));
        assert_eq!((&comma["text"], &comma["read_as"]), (&json!("1.5"), &json!("1.5")));
    }
    // The course has one notation.
    let course = client.post(br#"{"expressao": "2^10", "notation": "school"}"#);
    assert_eq!(course.text(), r#"{"resultado":8}"#);
}

#[test]
fn another_notation_or_decimal_sign_is_malformed() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (member, value, expected) in [
        ("notation", "School", "notation is python or school"),
        ("notation", "", "notation is python or school"),
        ("decimal", "semicolon", "decimal is point or comma"),
    ] {
        for response in [
            client.get(&format!("/v1/evaluate?expr=2&{member}={value}")),
            post(&mut client, "/v1/evaluate", &json!({"expr": "2", member: value})),
        ] {
            let problem = body(&response);
            assert_eq!((response.status, &problem["code"]), (400, &json!("malformed")), "{problem}");
            assert_eq!(problem["detail"], expected);
        }
    }
    // A decimal sign alone changes nothing but what is shown, and null is no value.
    assert_eq!(
        body(&client.get("/v1/evaluate?expr=2**3&decimal=comma")),
        json!({"result": 8, "type": "int", "text": "8", "shown": "8"})
    );
    let nulls = json!({"expr": "2**3", "notation": null, "decimal": null});
    assert_eq!(body(&post(&mut client, "/v1/evaluate", &nulls))["result"], 8);
}

/// Messages, fixes and hints are spelled in the notation of the request.
#[test]
fn words_are_in_the_notation_of_the_text() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let hint = body(&get(&mut client, "sen 30", "point", &[]))["hints"][0].clone();
    assert_eq!((&hint["code"], &hint["suggestion"]["expr"]), (&json!("radians"), &json!("sen 30°")), "{hint}");
    let power = body(&get(&mut client, "2⁺", "point", &[]));
    assert!(power["detail"].as_str().is_some_and(|detail| detail.ends_with("a power is also a^(…)")), "{power}");
    let name = body(&get(&mut client, "log100", "point", &[]));
    assert_eq!((&name["code"], &name["suggestion"]["expr"]), (&json!("unknown-name"), &json!("log(100)")), "{name}");
    let portuguese = get(&mut client, "6/2(1+2)", "comma", &[("accept-language", "pt-BR")]);
    assert_eq!(portuguese.header("content-language"), Some("pt-BR"));
    assert_eq!(body(&portuguese)["readings"][1]["expr"], "6/(2(1+2))");
}

/// A sign that a query has lost may be what makes a text ambiguous.
#[test]
fn two_numbers_in_a_query_may_be_a_lost_plus() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (expr, is_lost) in [("2+2", true), ("2%202", false), ("1+%2B+2+3", false)] {
        let problem = body(&client.get(&format!("/v1/evaluate?expr={expr}&notation=school")));
        assert_eq!(problem["code"], "ambiguous", "{expr}");
        assert_eq!(problem["detail"].as_str().is_some_and(|detail| detail.contains("%2B")), is_lost, "{problem}");
        assert_eq!(problem["readings"].as_array().map(Vec::len), Some(2), "{expr}");
    }
}

/// The tag stands for the body, which says how the text was read.
#[test]
fn an_answer_in_school_notation_has_a_tag_of_its_own() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let tag = |response: &Response| response.header("etag").expect("a tag").to_owned();
    let school = get(&mut client, "2^10", "point", &[]);
    assert_eq!(school.header("cache-control"), Some("public, max-age=86400"));
    assert_eq!(tag(&school), tag(&get(&mut client, "2¹⁰", "point", &[])));
    assert_ne!(tag(&school), tag(&client.get("/v1/evaluate?expr=2**10")));
    let known = get(&mut client, "2^10", "point", &[("if-none-match", &tag(&school))]);
    assert_eq!((known.status, known.body.len()), (304, 0));
    let python = client.request("GET", "/v1/evaluate?expr=2**10", &[("if-none-match", &tag(&school))], b"");
    assert_eq!(python.status, 200);
}

/// A line of a batch has the members of an answer, and its error those of a problem.
#[test]
fn each_line_of_a_batch_has_its_notation() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let questions = [
        json!("2^10"),
        json!({"expr": "2^10", "notation": "school"}),
        json!({"expr": "1,5", "notation": "school", "decimal": "comma"}),
        json!({"expr": "1/2x", "notation": "school", "variables": {"x": 3}}),
        json!({"expr": "2⁺", "notation": "school"}),
        json!({"expr": "1:0", "notation": "school"}),
        json!({"expr": "2", "notation": 1}),
        json!({"expr": "2", "decimal": "dot"}),
    ];
    let lines = [
        json!({"result": 8, "type": "int", "text": "8"}),
        json!({"result": 1024, "type": "int", "text": "1024", "read_as": "2**10"}),
        json!({"result": 1.5, "type": "float", "text": "1.5", "shown": "1,5", "read_as": "1.5"}),
        json!({"error": {
            "code": "ambiguous",
            "message": "a product without a sign directly after a division has two readings; write 1/2*x or 1/(2x)",
            "span": {"start": 1, "end": 4},
            "readings": [
                {"expr": "1/2*x", "read_as": "x=3;1/2*x"},
                {"expr": "1/(2x)", "read_as": "x=3;1/(2*x)"},
            ],
        }}),
        json!({"error": {
            "code": "syntax",
            "message": "the exponent '⁺' is not complete: on the line it is '+'; a power is also a^(…)",
            "span": {"start": 1, "end": 2},
        }}),
        json!({"error": {"code": "division-by-zero", "message": "division by zero", "span": {"start": 0, "end": 3}}}),
        json!({"error": {"code": "malformed", "message": "notation is python or school"}}),
        json!({"error": {"code": "malformed", "message": "decimal is point or comma"}}),
    ];
    let told = |response: Response| -> Vec<Value> {
        response.text().lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect()
    };
    assert_eq!(told(post(&mut client, "/v1/batch", &json!({"exprs": questions}))), lines);
    let text: String = questions.iter().map(|question| format!("{question}\n")).collect();
    let text = text.replacen("\"2^10\"", "2^10", 1);
    let as_lines = [("content-type", "application/x-ndjson")];
    assert_eq!(told(client.request("POST", "/v1/batch", &as_lines, text.as_bytes())), lines);
}

/// The places of the steps are those of the text as it was written, so each notation has an explanation of its own.
#[test]
fn an_explanation_points_into_the_text_as_it_was_written() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let explain =
        |client: &mut Client, expr: &str, rest: &str| client.get(&format!("/v1/explain?expr={}{rest}", encoded(expr)));
    let school = explain(&mut client, "2(1+2)²", "&notation=school");
    let python = explain(&mut client, "2*(1+2)**2", "");
    let (in_school, in_python) = (body(&school), body(&python));
    for member in ["canonical", "key", "result", "fuel"] {
        assert_eq!(in_school[member], in_python[member], "{member}");
    }
    assert_eq!((&in_school["read_as"], in_python.get("read_as")), (&json!("2*(1+2)**2"), None));
    let places = |body: &Value| -> Vec<Value> {
        let steps = body["steps"].as_array().expect("steps");
        steps.iter().filter_map(|step| step.get("span").cloned()).collect()
    };
    let place = |start: usize, end: usize| json!({"start": start, "end": end});
    // 1+2, its square, and all of it.
    assert_eq!(places(&in_school), [place(2, 5), place(1, 7), place(0, 7)]);
    assert_eq!(places(&in_python), [place(3, 6), place(2, 10), place(0, 10)]);
    let tag = |response: &Response| response.header("etag").expect("a tag").to_owned();
    let one = explain(&mut client, "2^10", "&notation=school");
    let other = explain(&mut client, "2^10", "");
    assert_eq!((&body(&one)["text"], &body(&other)["text"]), (&json!("1024"), &json!("8")));
    assert_ne!(tag(&one), tag(&other));
    let refused = explain(&mut client, "6/2(1+2)", "&notation=school");
    assert_eq!((refused.status, &body(&refused)["code"]), (422, &json!("ambiguous")));
    assert_eq!(explain(&mut client, "2", "&notation=x").status, 400);
}

/// The columns are variables, so that `2x` is a product.
#[test]
fn a_table_is_written_in_its_notation() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let school = json!({"expr": "2x² + a", "notation": "school", "x": [1, 2], "variables": {"a": 1}});
    let table = post(&mut client, "/v1/table", &school);
    assert_eq!(body(&table)["result"], json!([3.0, 9.0]), "{}", table.text());
    let read_as = body(&table)["read_as"].as_str().expect("a text").to_owned();
    assert!(read_as.ends_with("2*x**2+a"), "{read_as}");
    let comma = json!({"expr": "1,5x", "notation": "school", "decimal": "comma", "columns": {"x": [2]}});
    assert_eq!(body(&post(&mut client, "/v1/table", &comma)), json!({"result": [3.0], "read_as": "1.5*x"}));
    let python = body(&post(&mut client, "/v1/table", &json!({"expr": "2*x", "notation": "python", "x": [1]})));
    assert_eq!(python, json!({"result": [2.0]}));
    // A column may have the name of a member.
    let named = json!({"expr": "2decimal", "notation": "school", "columns": {"decimal": [1]}});
    assert_eq!(body(&post(&mut client, "/v1/table", &named))["result"], json!([2.0]));

    let refused = body(&post(&mut client, "/v1/table", &json!({"expr": "1/2x", "notation": "school", "x": [1]})));
    assert_eq!((&refused["code"], &refused["readings"][1]["expr"]), (&json!("ambiguous"), &json!("1/(2x)")));
    let rows = body(&post(&mut client, "/v1/table", &json!({"expr": "1:x", "notation": "school", "x": [0, 1]})));
    assert_eq!(rows["errors"][0]["span"], json!({"start": 0, "end": 3}), "{rows}");
    for (member, value) in [("notation", "x"), ("decimal", "x")] {
        let response = post(&mut client, "/v1/table", &json!({"expr": "x", "x": [1], member: value}));
        assert_eq!((response.status, &body(&response)["code"]), (400, &json!("malformed")), "{member}");
    }
}

/// The curve of a text in school notation is that of its Python spelling; only its name differs.
#[test]
fn a_plot_is_written_in_its_notation() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let mut plot = |expr: &str, rest: &str| client.get(&format!("/v1/plot?expr={}{rest}", encoded(expr)));
    let curve = |response: &Response| {
        assert_eq!(response.status, 200, "{}", response.text());
        let (_, path) = response.text().split_once(" d=\"").expect("a path");
        path.split('"').next().expect("its end").to_owned()
    };
    let school = plot("2x^2", &format!("&notation=school&from=0&to={}", encoded("2π")));
    let python = plot("2*x**2", "&from=0&to=2*pi");
    assert_eq!(curve(&school), curve(&python));
    assert!(school.text().contains("2x^2"));
    let comma = plot("1,5x", "&notation=school&decimal=comma&to=1,5");
    assert_eq!(curve(&comma), curve(&plot("1.5*x", "&to=1.5")));
    let tag = |response: &Response| response.header("etag").expect("a tag").to_owned();
    assert_ne!(tag(&plot("x^2", "&notation=school")), tag(&plot("x^2", "")));

    let refused = body(&plot("1/2x", "&notation=school"));
    assert_eq!((&refused["code"], &refused["readings"][0]["expr"]), (&json!("ambiguous"), &json!("1/2*x")));
    assert_eq!(plot("x", "&notation=x").status, 400);
    assert_eq!(plot("x", "&notation=school&to=1,5").status, 400, "an end that is ambiguous");
}
