//! Proofs: the service and the command give the same for every text of the corpora, and SHA-256 gives it too.

use crate::support;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use support::{Client, Server, encoded};

use crate::cli::outcome;

/// Questions per batch over HTTP, where a batch has a budget of fuel.
const BATCH_LINES: usize = 200;

/// `sha256:` and the hash of lines.
fn hash(lines: &[&str]) -> Value {
    let digest = Sha256::digest(lines.join("\n"));
    json!(format!("sha256:{}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
}

/// Questions as lines of a batch: the texts of a corpus, which are in its member `text`.
fn questions(corpus: &str, text: &str, mode: &str, notation: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus").join(corpus);
    let records = fs::read_to_string(path).expect("it is there");
    let question = |line: &str| {
        let record: Value = serde_json::from_str(line).expect("it is JSON");
        let mode = record["n"].as_u64().map_or(mode.to_owned(), |digits| format!("decimal:{digits}"));
        let decimal = record.get("decimal").cloned().unwrap_or(json!("point"));
        record[text].as_str().map(|expr| json!({"expr": expr, "mode": mode, "notation": notation, "decimal": decimal}))
    };
    records.split('\n').filter(|line| !line.is_empty()).filter_map(question).collect()
}

#[test]
fn the_service_and_the_command_prove_the_same_answers() {
    let mut asked = questions("school.jsonl", "text", "python", "school");
    for (corpus, text, mode) in [
        ("python_arith.jsonl", "expr", "python"),
        ("python_outside.jsonl", "expr", "python"),
        ("exact.jsonl", "t", "exact"),
        ("decimals.jsonl", "t", "decimal"),
    ] {
        asked.extend(questions(corpus, text, mode, "python"));
    }
    let lines: Vec<String> = asked.iter().map(|question| format!("{question}\n")).collect();
    let (printed, _, _) = outcome(&["batch", "--proof", "--explain"], &lines.concat());
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let mut served = String::new();
    for lines in lines.chunks(BATCH_LINES) {
        let headers = [("content-type", "application/x-ndjson")];
        let target = "/v1/batch?proof=1&explain=true";
        served.push_str(client.request("POST", target, &headers, lines.concat().as_bytes()).text());
    }
    assert_eq!(printed.lines().count(), asked.len());
    let (mut proved, mut errors) = (0, 0);
    for ((here, there), question) in printed.lines().zip(served.lines()).zip(&asked) {
        assert_eq!(here, there, "{question}");
        let answer: Value = serde_json::from_str(here).expect("it is JSON");
        let Some(proof) = answer.get("proof") else { continue };
        let variant = match question["mode"].as_str().expect("a mode") {
            "python" => "2".to_owned(),
            mode => format!("2@{}", mode.replace(':', "")),
        };
        let text = |member: &Value| member.as_str().expect("a text").to_owned();
        let key = format!("{variant}:{}", text(&answer["canonical"]));
        if let Some(error) = answer.get("error") {
            let code = text(&error["code"]);
            // The message is CPython's, if CPython has one.
            let expected = [text(&error["message"]), String::new()].map(|said| hash(&[&key, "error", &code, &said]));
            assert!(expected.contains(proof), "{question}: {answer}");
            errors += 1;
        } else {
            assert_eq!(*proof, hash(&[&key, &text(&answer["type"]), &text(&answer["text"])]), "{question}");
        }
        proved += 1;
    }
    assert!(proved > 7_000 && errors > 500, "{proved} proofs, {errors} of errors");
}

#[test]
fn each_route_gives_the_proof_that_it_is_asked_for() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let mut body = |method: &str, target: &str, body: &str| -> Value {
        let headers = [("content-type", "application/json")];
        let response = client.request(method, target, &headers, body.as_bytes());
        serde_json::from_slice(&response.body).expect("it is JSON")
    };
    let (value, error) =
        (hash(&["2:2+2", "int", "4"]), hash(&["2:1/0", "error", "division-by-zero", "division by zero"]));
    let sum = r#"{"expr":"(2)+2"}"#;
    for proof in ["proof=1", "proof=true"] {
        for route in ["evaluate", "explain"] {
            assert_eq!(body("GET", &format!("/v1/{route}?expr=2%2B2&{proof}"), "")["proof"], value, "{route}");
        }
        assert_eq!(body("POST", &format!("/v1/evaluate?{proof}"), sum)["proof"], value);
        assert_eq!(body("POST", &format!("/v1/batch?{proof}"), r#"{"exprs":["2+2"]}"#)["proof"], value);
        assert_eq!(body("GET", &format!("/v1/evaluate?expr=1/0&{proof}"), "")["proof"], error);
        assert_eq!(body("GET", &format!("/v1/explain?expr=1/0&{proof}"), "")["error"]["proof"], error);
    }
    for none in ["", "&proof=0", "&proof=false"] {
        assert_eq!(
            body("GET", &format!("/v1/evaluate?expr=2%2B2{none}"), ""),
            json!({"result":4,"type":"int","text":"4"})
        );
    }
    // What depends on more than the expression.
    for expr in ["rnd()", "9**9**9", "2 +"] {
        let answer = body("GET", &format!("/v1/evaluate?expr={}&proof=1", encoded(expr)), "");
        assert!(answer.get("proof").is_none() && answer.is_object(), "{answer}");
    }
    assert_eq!(body("GET", "/v1/evaluate?expr=1&proof=yes", "")["detail"], "proof is true or false");
}

/// An answer with its proof has other bytes, and another entity tag.
#[test]
fn an_answer_with_its_proof_has_a_tag_of_its_own() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let mut tag = |query: &str| {
        let response = client.request("GET", &format!("/v1/evaluate?expr=2%2B2{query}"), &[], b"");
        response.header("etag").expect("a tag").to_owned()
    };
    assert_eq!(tag("&proof=1"), tag("&proof=true"));
    assert_ne!(tag(""), tag("&proof=1"));
}

#[test]
fn verify_compares_a_proof_with_the_answer_here() {
    let proof = hash(&["2@exact:1/3", "fraction", "1/3"]);
    let proof = proof.as_str().expect("a text");
    let verify = |arguments: &[&str]| outcome(&[&["verify"], arguments].concat(), "");
    assert_eq!(verify(&["1 / 3", "--mode", "exact"]), (format!("{proof}\n"), String::new(), Some(0)));
    assert_eq!(verify(&["1/3", proof, "--mode", "exact"]), ("1/3\n".to_owned(), String::new(), Some(0)));
    let (printed, said, status) = verify(&["1/3", proof]);
    assert!(printed.is_empty() && said.contains("0.3333333333333333") && status == Some(1), "{said}");
    // `-3+2` is an expression; an error has a proof too, and is no failure.
    assert_eq!(verify(&["-3+2"]).2, Some(0));
    let (proof, _, status) = verify(&["1/0"]);
    assert_eq!((status, verify(&["1/0", proof.trim()]).0.as_str()), (Some(0), "division by zero\n"));
    for (expr, why) in [("rnd()", "no proof"), ("9**9**9", "no proof"), ("2 +", "not finished")] {
        let (printed, said, status) = verify(&[expr]);
        assert!(printed.is_empty() && said.contains(why) && status == Some(1), "{said}");
    }
    let digits = proof.trim().trim_start_matches("sha256:").to_uppercase();
    assert_eq!(verify(&["1/0", &digits]).2, Some(0), "as sha256sum prints it");
    for arguments in [&[][..], &["1/0", "nonsense"], &["1/0", ""], &["1/0", &digits[1..]]] {
        assert_eq!(verify(arguments).2, Some(2));
    }
}
