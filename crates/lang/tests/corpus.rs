//! The development corpora, judged by what other tools answered.

// Helpers of tests may panic as tests do.
#![allow(clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeMap;

use serde_json::Value as Json;
use tabuada_lang::{ErrorKind, Fuel, Limits, Program, parse};

/// What a text comes to: the type and text of its answer, or the code and CPython's message of its error.
fn outcome(text: &str) -> Result<(String, String), (String, String)> {
    let limits = Limits::default();
    let fail = |kind: ErrorKind| (kind.code().to_owned(), kind.python().unwrap_or_default());
    let program = parse(text, &limits).map_err(|error| fail(error.kind))?;
    check_canonical(text, &program);
    let answer = program.evaluate(&limits, &mut Fuel::new(limits.fuel)).map_err(|failure| fail(failure.kind))?;
    Ok((answer.type_name().to_owned(), answer.text().to_owned()))
}

/// The law of canonical text, checked on every text that any test here evaluates.
fn check_canonical(text: &str, program: &Program) {
    let canonical = program.canonical();
    let limits = Limits { text_bytes: u64::MAX, ..Limits::default() };
    let again = parse(&canonical, &limits).unwrap_or_else(|error| panic!("{text:?} -> {canonical:?}: {error:?}"));
    assert_eq!(again.canonical(), canonical, "{text:?}");
    assert!(again.same_as(program), "{text:?} -> {canonical:?} is another program");
}

fn records(file: &str) -> Vec<Json> {
    let path = format!("{}/../../corpus/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.split('\n').filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn ulps(a: f64, b: f64) -> u64 {
    let ordered = |value: f64| {
        let bits = value.to_bits() as i64;
        if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
    };
    ordered(a).abs_diff(ordered(b))
}

/// The features that come with the issue "The language, whole": records that need one are counted, and must never
/// give another answer than CPython's until then.
const LATER: [&str; 12] = [
    "list",
    "tuple",
    "subscript",
    "set",
    "string",
    "starred",
    "comprehension",
    "await",
    "dict",
    "ellipsis",
    "matmul",
    "attribute",
];
/// Functions for the same issue: those that take or give containers, and those whose last digits the library gets
/// wrong (`lgamma(2.5e305)` comes out as nan, and near its zeros half the digits are lost).
const LATER_FUNCTIONS: [&str; 6] = ["sum(", "divmod(", "fsum(", "prod(", "dist(", "gamma("];

/// Where this language reads what CPython refuses, by design.
const DEPARTURES: [(&str, &str); 1] = [("py06786", "indentation means nothing")];

#[test]
fn python_arithmetic() {
    let mut wrong = Vec::new();
    let mut later: BTreeMap<String, usize> = BTreeMap::new();
    let (mut extends, mut covered) = (0, 0);
    for record in records("python_arith.jsonl") {
        let expr = record["expr"].as_str().unwrap();
        if record["extends"] == true {
            extends += 1;
            continue;
        }
        let features = record["features"].as_array().unwrap();
        let feature = features.iter().filter_map(Json::as_str).find(|feature| LATER.contains(feature));
        let function = LATER_FUNCTIONS.iter().copied().find(|function| expr.contains(function));
        if let Some(feature) = feature.or(function) {
            *later.entry(feature.to_owned()).or_default() += 1;
            match outcome(expr) {
                // `math.` is ours by design; CPython's record is from an `eval` without `math`.
                Ok((_, text)) if record["repr"] != text.as_str() && !expr.contains("math.") => {
                    wrong.push(format!("{expr:?} is not refused: {text}"));
                }
                _ => {}
            }
            continue;
        }
        covered += 1;
        if DEPARTURES.iter().any(|(id, _)| record["id"] == *id) {
            assert!(outcome(expr).is_ok(), "{expr:?} departs from CPython by being read");
            continue;
        }
        let got = outcome(expr);
        let right = match (&got, record["type"].as_str().unwrap()) {
            (Err((code, _)), "error") if record["phase"] == "syntax" => {
                matches!(code.as_str(), "syntax" | "unsupported")
            }
            (Err((code, message)), "error") => {
                let class = match code.as_str() {
                    "unknown-name" => "NameError",
                    "type-error" => "TypeError",
                    "value-error" => "ValueError",
                    "division-by-zero" => "ZeroDivisionError",
                    "overflow" => "OverflowError",
                    _ => "",
                };
                record["error"] == class && record["message"] == message.as_str()
            }
            (Ok((kind, text)), expected) if kind == expected => match record["repr"].as_str() {
                // CPython refuses to print integers of more than 4,300 digits; we do not.
                None => true,
                Some(repr) if text == repr => true,
                Some(repr) if record["tol"] == "libm" => ulps(text.parse().unwrap(), repr.parse().unwrap()) <= 16,
                Some(_) => false,
            },
            _ => false,
        };
        if !right {
            let expected = record["repr"].as_str().or(record["message"].as_str()).unwrap_or("SyntaxError");
            wrong.push(format!("{} {expr:?}\n    is {got:?}\n    not {expected}", record["id"].as_str().unwrap()));
        }
    }
    println!("python_arith: {covered} covered, {extends} extend Python, later by feature: {later:?}");
    assert!(wrong.is_empty(), "{} of {covered} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn special_functions_are_correctly_rounded() {
    let (mut equal, mut total, mut later) = (0, 0, 0);
    let mut apart = Vec::new();
    for record in records("special.jsonl") {
        let function = record["fn"].as_str().unwrap();
        if LATER_FUNCTIONS.contains(&&*format!("{}(", function.trim_start_matches('l'))) {
            later += 1;
            continue;
        }
        let arguments: Vec<String> = record["args"]
            .as_array()
            .unwrap()
            .iter()
            .map(|argument| argument.as_str().map_or_else(|| argument.to_string(), str::to_owned))
            .collect();
        let text = match function {
            "pow" => format!("({})**({})", arguments[0], arguments[1]),
            _ if arguments.is_empty() => function.to_owned(),
            _ => format!("{function}({})", arguments.join(",")),
        };
        let expected: f64 = match &record["f64"] {
            Json::String(text) => text.parse().unwrap(),
            number => number.to_string().parse().unwrap(),
        };
        total += 1;
        match outcome(&text) {
            Ok((_, got)) if ulps(got.parse().unwrap(), expected) == 0 => equal += 1,
            Ok((_, got)) => apart.push(format!("{text} is {got}, not {expected:?}")),
            // Where the value is beyond floats, Python raises.
            Err((code, _)) if code == "overflow" && expected.is_infinite() => equal += 1,
            Err(error) => apart.push(format!("{text}: {error:?}")),
        }
    }
    println!("special: {equal} of {total} correctly rounded; gamma and lgamma are for later: {later}");
    assert!(apart.is_empty(), "{}", apart.join("\n"));
}

/// The text of a record of `hostile.jsonl`; `None` for request bodies.
fn hostile_text(record: &Json) -> Option<String> {
    if let Some(expr) = record["expr"].as_str() {
        return Some(expr.to_owned());
    }
    if let Some(session) = record["session"].as_array() {
        return Some(session.iter().filter_map(Json::as_str).collect::<Vec<_>>().join("; "));
    }
    let mut text = String::new();
    for part in record["parts"].as_array()? {
        let (piece, times) = (part[0].as_str()?, part[1].as_u64()?);
        for at in 0..times {
            match part[2].as_str() {
                Some(_) => text.push_str(&piece.replace("{}", &at.to_string())),
                None => text.push_str(piece),
            }
        }
    }
    assert_eq!(record["bytes"], text.len(), "{record}");
    Some(text)
}

/// On a stack of 256 KiB, where nothing may recurse on the size of the input.
#[test]
fn hostile_texts_are_refused_or_answered_within_the_limits() {
    let judge = || {
        let (mut refused, mut answered) = (0, 0);
        for record in records("hostile.jsonl") {
            let Some(text) = hostile_text(&record) else { continue };
            let id = record["id"].as_str().unwrap();
            let got = outcome(&text);
            let reference = &record["cpython"];
            match &got {
                Ok((_, answer)) => {
                    answered += 1;
                    assert!(answer.len() <= 100_000, "{id}");
                    assert_ne!(record["expect"], "refuse", "{id} {text:?} is {answer}");
                    match reference["repr"].as_str() {
                        // CPython's own logarithms are an ulp off now and then (`log(2**10000)`).
                        Some(repr) if reference["type"] == "float" => {
                            assert!(
                                ulps(answer.parse().unwrap(), repr.parse().unwrap()) <= 1,
                                "{id} {text:?} {answer}"
                            );
                        }
                        Some(repr) => assert_eq!(answer, repr, "{id} {text:?}"),
                        None => {}
                    }
                }
                Err((code, _)) => {
                    refused += 1;
                    assert!(!["internal", "deadline"].contains(&code.as_str()), "{id} {text:?} {code}");
                }
            }
        }
        println!("hostile: {refused} refused, {answered} answered");
    };
    std::thread::Builder::new().stack_size(256 << 10).spawn(judge).unwrap().join().unwrap();
}

#[test]
fn composed_functions_are_correctly_rounded() {
    let mut apart = Vec::new();
    for record in records("rounded.jsonl") {
        let (expr, expected) = (record["expr"].as_str().unwrap(), record["f64"].as_str().unwrap());
        match outcome(expr) {
            Ok((_, got)) if got == expected => {}
            got => apart.push(format!("{expr} is {got:?}, not {expected}")),
        }
    }
    assert!(apart.is_empty(), "{}:\n{}", apart.len(), apart.join("\n"));
}
