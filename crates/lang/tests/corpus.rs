//! The development corpora, whose expectations are the answers of other tools.

// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeMap;

use serde_json::Value as Json;
use tabuada_lang::{Context, ErrorKind, Limits, Program, parse, parse_with};

/// The outcome of a text: the type and text of its answer, or the code and CPython's message of its error.
fn outcome(text: &str) -> Result<(String, String), (String, String)> {
    let limits = Limits::default();
    let fail = |kind: ErrorKind| (kind.code().to_owned(), kind.python().unwrap_or_default());
    let program = parse(text, &limits).map_err(|error| fail(error.kind))?;
    check_canonical(text, &program);
    let answer = program.evaluate(&limits).map_err(|failure| fail(failure.kind))?;
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
    let path = format!("{}/../../../corpus/{file}", env!("CARGO_MANIFEST_DIR"));
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

/// Features that the language does not support by design. Records that need one of these are counted, and must not have
/// an answer that differs from CPython's.
const REFUSED: [&str; 7] = ["starred", "comprehension", "await", "ellipsis", "matmul", "attribute", "dict"];
/// Departures by design: texts that CPython refuses, or reads differently.
const DEPARTURES: [(&str, &str); 8] = [
    ("py06778", "a blank of another width"),
    ("py06779", "a blank of another width"),
    ("py06780", "a blank of another width"),
    ("py06781", "a blank of another width"),
    ("py06786", "indentation means nothing"),
    ("py07107", "½ is read"),
    ("ho0138", "a statement"),
    ("ho0935", "the empty set"),
];

#[test]
fn python_arithmetic() {
    let mut wrong = Vec::new();
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    let (mut extends, mut covered) = (0, 0);
    for record in records("python_arith.jsonl") {
        let expr = record["expr"].as_str().unwrap();
        if record["extends"] == true {
            extends += 1;
            continue;
        }
        let features = record["features"].as_array().unwrap();
        let feature = features.iter().filter_map(Json::as_str).find(|feature| REFUSED.contains(feature));
        if let Some(feature) = feature {
            *refused.entry(feature.to_owned()).or_default() += 1;
            match outcome(expr) {
                // `math.` is built in by design; CPython's record is from an `eval` without `math`.
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
                // Near its zeros, CPython's `lgamma` has lost most digits.
                Some(repr) if expr.contains("lgamma") => {
                    let (ours, theirs): (f64, f64) = (text.parse().unwrap(), repr.parse().unwrap());
                    (ours - theirs).abs() <= 1e-14 * ours.abs().max(1.0)
                }
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
    println!("python_arith: {covered} covered, {extends} extend Python, refused by feature: {refused:?}");
    assert!(wrong.is_empty(), "{} of {covered} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn special_functions_are_correctly_rounded() {
    let (mut equal, mut total) = (0, 0);
    let mut apart = Vec::new();
    for record in records("special.jsonl") {
        let function = record["fn"].as_str().unwrap();
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
            // If the value is beyond the floats, Python raises an exception.
            Err((code, _)) if code == "overflow" && expected.is_infinite() => equal += 1,
            Err(error) => apart.push(format!("{text}: {error:?}")),
        }
    }
    println!("special: {equal} of {total} correctly rounded");
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

/// On a stack of 256 KiB, so that nothing may recurse on the size of the input.
#[test]
fn hostile_texts_are_refused_or_answered_within_the_limits() {
    let judge = || {
        let (mut refused, mut answered) = (0, 0);
        let mut wrong = Vec::new();
        for record in records("hostile.jsonl") {
            let Some(text) = hostile_text(&record) else { continue };
            let id = record["id"].as_str().unwrap();
            let got = outcome(&text);
            if DEPARTURES.iter().any(|(departs, _)| *departs == id) {
                continue;
            }
            let reference = &record["cpython"];
            match &got {
                Ok((_, answer)) => {
                    answered += 1;
                    assert!(answer.len() <= 100_000, "{id}");
                    if record["expect"] == "refuse" {
                        wrong.push(format!("{id} {text:?} is {answer}"));
                    }
                    match reference["repr"].as_str() {
                        // CPython's own logarithms are sometimes an ulp off (`log(2**10000)`).
                        Some(repr) if reference["type"] == "float" => {
                            assert!(
                                ulps(answer.parse().unwrap(), repr.parse().unwrap()) <= 1,
                                "{id} {text:?} {answer}"
                            );
                        }
                        Some(repr) if answer != repr => wrong.push(format!("{id} {text:?} is {answer}, not {repr}")),
                        Some(_) => {}
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
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    };
    std::thread::Builder::new().stack_size(256 << 10).spawn(judge).unwrap().join().unwrap();
}

/// Python's `statistics`, and `quantile` checked by exact fractions.
#[test]
fn statistics() {
    let mut wrong = Vec::new();
    for record in records("statistics.jsonl") {
        let expr = record["expr"].as_str().unwrap();
        let text = |key: &str| record[key].as_str().unwrap_or_default().to_owned();
        let got = match outcome(expr) {
            Ok(answer) => answer,
            Err((code, message)) => {
                let class = match code.as_str() {
                    "type-error" => "TypeError",
                    "value-error" => "ValueError",
                    "overflow" => "OverflowError",
                    _ => "",
                };
                (class.to_owned(), message)
            }
        };
        let expected = match record["error"].as_str() {
            None => (text("type"), text("repr")),
            Some(class) => (class.to_owned(), text("message")),
        };
        if got != expected {
            wrong.push(format!("{expr}\n    is {got:?}\n    not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
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

/// `°` directly on the argument: the nearest float, the rational value, or an error.
#[test]
fn functions_of_degrees_are_exact_or_correctly_rounded() {
    let in_mode = |mode: &str, text: &str| {
        let context = Context { mode: mode.parse().unwrap(), ..Context::default() };
        let limits = Limits::default();
        let program = parse_with(text, &context, &limits).unwrap();
        program
            .evaluate(&limits)
            .map_or_else(|failure| failure.kind.code().to_owned(), |answer| answer.text().to_owned())
    };
    let mut wrong = Vec::new();
    let records = records("degrees.jsonl");
    for record in &records {
        let (function, degrees) = (record["fn"].as_str().unwrap(), record["degrees"].as_str().unwrap());
        let text = format!("{function}({degrees}°)");
        let (float, exact) = match record["error"].as_bool() {
            Some(_) => ("value-error", "value-error"),
            None => (record["f64"].as_str().unwrap(), record["exact"].as_str().unwrap_or("not-exact")),
        };
        let got = outcome(&text).map_or_else(|(code, _)| code, |(_, text)| text);
        if got != float {
            wrong.push(format!("{text} is {got}, not {float}"));
        }
        // A number with an exponent: the record is for the nearest float, which in the other modes is another number.
        if degrees.contains('e') {
            continue;
        }
        let got = in_mode("exact", &text);
        if got != exact {
            wrong.push(format!("{text} is {got} in exact mode, not {exact}"));
        }
        let got = in_mode("decimal:28", &text);
        let is_right = match exact {
            "not-exact" => got.parse::<f64>().is_ok(),
            "value-error" => got == exact,
            _ => got.parse() == float.parse::<f64>(),
        };
        if !is_right {
            wrong.push(format!("{text} is {got} in decimal mode, not {float}"));
        }
    }
    for record in self::records("angles.jsonl") {
        let (function, x) = (record["fn"].as_str().unwrap(), record["x"].as_str().unwrap());
        let text = match function.strip_suffix('°') {
            Some(function) => format!("{function}({x}°)"),
            None => format!("{function}({x})"),
        };
        match outcome(&text) {
            Ok((_, got)) if record["f64"] == got.as_str() => {}
            got => wrong.push(format!("{text} is {got:?}, not {}", record["f64"])),
        }
    }
    println!("degrees: {} records, {} wrong", records.len(), wrong.len());
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Python beyond arithmetic: supported expressions have CPython's answers, the others are errors.
#[test]
fn python_outside_arithmetic() {
    let mut wrong = Vec::new();
    let mut refused = 0;
    for record in records("python_outside.jsonl") {
        let expr = record["expr"].as_str().unwrap();
        match (outcome(expr), record["repr"].as_str()) {
            (Err((code, _)), _) if code == "unsupported" || code == "syntax" => refused += 1,
            (Ok((_, text)), Some(repr)) if text == repr => {}
            (Ok((kind, text)), Some(repr)) if kind == "complex" && near(&text, repr) => {}
            (Err((_, message)), None) if record["message"] == message.as_str() => {}
            // A function is a value inside an evaluation, never an answer.
            (Err((code, message)), Some(repr)) if code == "type-error" && message.is_empty() => {
                assert!(repr.starts_with("<built-in function") || repr.starts_with("<class"), "{expr:?}");
            }
            // `{}` is the empty set here, but a dictionary in CPython.
            (Ok((_, text)), Some("{}")) if text == "set()" => {}
            (got, _) => wrong.push(format!("{expr:?} is {got:?}, not {}", record["repr"])),
        }
    }
    println!("python_outside: {refused} refused");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether two texts of complex numbers differ only by libm's last digits.
fn near(a: &str, b: &str) -> bool {
    let parts = |text: &str| -> Option<(f64, f64)> {
        let text = text.trim_matches(['(', ')']).strip_suffix('j')?.to_owned();
        let at = text.rfind(['+', '-']).filter(|at| *at > 0)?;
        let at = if text[..at].ends_with('e') { text[..at].rfind(['+', '-']).filter(|at| *at > 0)? } else { at };
        Some((text[..at].parse().ok()?, text[at..].parse().ok()?))
    };
    match (parts(a), parts(b)) {
        (Some((a, b)), Some((c, d))) => {
            let size = c.hypot(d);
            (a - c).abs() <= size * 1e-15 && (b - d).abs() <= size * 1e-15
        }
        _ => false,
    }
}

/// Whether our text is plusminus's answer: numbers within its rounding to 15 places, integers and floats alike.
fn as_plusminus(ours: &str, theirs: &str) -> bool {
    if ours == theirs || (ours == "set()" && theirs == "{}") {
        return true;
    }
    let digits = |text: &str| text.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit());
    if digits(ours) && digits(theirs) {
        return false;
    }
    let close = |a: f64, b: f64| a == b || (a - b).abs() <= 2e-15_f64.max(1e-9 * b.abs().max(1e-6));
    let items = |text: &str| -> Option<Vec<String>> {
        let inside = text.strip_prefix(['{', '('])?.strip_suffix(['}', ')'])?;
        let mut items: Vec<String> = inside.split(", ").map(|item| item.trim_end_matches(',').to_owned()).collect();
        items.sort();
        Some(items)
    };
    match (ours.parse::<f64>(), theirs.parse::<f64>()) {
        (Ok(a), Ok(b)) => close(a, b),
        _ if near(ours, theirs) => true,
        // plusminus drops a part of a complex number that is only rounding.
        (Err(_), Ok(b)) if ours.ends_with('j') => near(ours, &format!("({b}+0j)")),
        _ => match (items(ours), items(theirs)) {
            (Some(a), Some(b)) => a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| as_plusminus(a, b)),
            _ => false,
        },
    }
}

#[test]
fn plusminus_notation() {
    let mut wrong = Vec::new();
    let (mut as_python, mut as_theirs, mut errors, mut sessions, mut others) = (0, 0, 0, 0, 0);
    for record in records("plusminus.jsonl") {
        let id = record["id"].as_str().unwrap();
        let parser = record["parser"].as_str().unwrap();
        // Parsers for business and combinatorics, and limits other than the default, are other languages.
        if !["ArithmeticParser", "BaseArithmeticParser"].contains(&parser) || !record["options"].is_null() {
            others += 1;
            continue;
        }
        let text = match record["expr"].as_str() {
            Some(expr) => expr.to_owned(),
            None => {
                sessions += 1;
                let lines = record["session"].as_array().unwrap();
                let results = record["results"].as_array().unwrap();
                // A failing line ends a text here, but not a session of plusminus.
                let last = lines.len() - 1;
                let kept = lines.iter().zip(results).enumerate().filter(|(at, (line, result))| {
                    *at == last || result["type"] != "error" || line.as_str().unwrap().contains("@=")
                });
                kept.map(|(_, (line, _))| line.as_str().unwrap()).collect::<Vec<_>>().join("; ")
            }
        };
        let got = outcome(&text);
        let python = &record["python"];
        let right = match (&got, python["repr"].as_str(), record["repr"].as_str()) {
            (Ok((_, ours)), Some(python), _) => {
                as_python += 1;
                let float = python.parse::<f64>().is_ok() && ours.parse::<f64>().is_ok();
                let near_float = || ulps(ours.parse().unwrap(), python.parse().unwrap()) <= 4;
                let set = record["python"]["type"] == "set" && as_plusminus(ours, python);
                // Long answers are cut in the record.
                let cut = python.strip_suffix('…').is_some_and(|beginning| ours.starts_with(beginning));
                ours == python
                    || cut
                    || set
                    || ours == "set()" && python == "{}"
                    || float && near_float()
                    || near(ours, python)
            }
            (Ok((kind, ours)), None, Some(theirs)) if kind == "int" && theirs.len() > 15 => ours == theirs,
            (Ok((_, ours)), None, Some(theirs)) => {
                as_theirs += 1;
                as_plusminus(ours, theirs)
            }
            // A value that is too long for CPython to print.
            (Ok(_), None, None) => record["type"] != "error",
            (Err(_), None, None) => {
                errors += 1;
                true
            }
            (Err(_), ..) => false,
        };
        if !right && !PLUSMINUS_DEPARTURES.iter().any(|(_, ids)| ids.contains(&id)) {
            let theirs = record["repr"].as_str().or(record["message"].as_str()).unwrap_or("an error");
            wrong.push(format!("{id} {text:?}\n    is {got:?}\n    not {theirs} (Python: {})", python["repr"]));
        }
    }
    println!(
        "plusminus: {as_python} as Python, {as_theirs} as plusminus, {errors} errors in both, {sessions} sessions, \
         {others} of other parsers and options"
    );
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Differences from plusminus by design: the kind, and its records.
const PLUSMINUS_DEPARTURES: [(&str, &[&str]); 9] = [
    (
        "read here, refused there: more superscripts, ¬ ⋅ · ½ ; f(x)@=…, set operators on integers, one language for both parsers",
        &[
            "pm0359", "pm0485", "pm0486", "pm0838", "pm0839", "pm1035", "pm1039", "pm1091", "pm1217", "pm1416",
            "pm1417", "pm1424", "pm1425", "pm1454", "pm1455", "pm1457", "pm1459", "pm1483", "pm1627", "pm1905",
            "pm1936", "pm1937", "pm1938", "pm1939", "pm1940", "pm2034",
        ],
    ),
    (
        "other limits: nesting 200, integers of 2^20 bits, strings of 100,000 characters",
        &["pm0406", "pm0407", "pm0500", "pm0502", "pm0504", "pm0059", "pm0142", "pm1051", "pm1349", "pm1543"],
    ),
    ("== and the sign are exact", &["pm0742", "pm0761", "pm0788", "pm0792", "pm0796", "pm0797", "pm0798", "pm1149"]),
    (
        "as Python: words are read whole, no formatting, ASCII digits",
        &["pm0269", "pm0270", "pm1292", "pm1370", "pm1472"],
    ),
    (
        "as Python: a negative power of zero, + of a string, a function's name",
        &["pm0381", "pm1192", "pm1373", "pm2045", "pm2046"],
    ),
    ("a run of superscripts is one exponent", &["pm0475", "pm0476", "pm0487", "pm0510", "pm0512"]),
    (
        "and, or return an operand, and their chains are Python's",
        &["pm0829", "pm0830", "pm0831", "pm0874", "pm0876", "pm1708", "pm1730", "pm1880", "pm1966", "pm2064", "pm2065"],
    ),
    ("& | ^ keep Python's levels beside ∪ ∩ ∆", &["pm1755", "pm1776", "pm1786"]),
    ("lazy; Python's swap; one constant with two spellings", &["pm0909", "pm1825", "pm1834"]),
];

fn canonical(text: &str) -> Option<String> {
    parse(text, &Limits::default()).ok().map(|program| program.canonical())
}

#[test]
fn texts_that_mean_the_same_share_a_key_and_others_never_do() {
    let mut wrong = Vec::new();
    let (mut notation, mut notation_apart) = (0, Vec::new());
    for record in records("equivalent.jsonl") {
        let id = record["id"].as_str().unwrap();
        if record["kind"] == "near_miss" {
            let (a, b) = (record["a"].as_str().unwrap(), record["b"].as_str().unwrap());
            // The minus sign and the hyphen, and the cross and the asterisk, are the same here, but not in Python.
            let spellings = |text: &str| text.replace('−', "-").replace('×', "*");
            if canonical(a).is_some() && canonical(a) == canonical(b) && spellings(a) != spellings(b) {
                wrong.push(format!("{id} {a:?} and {b:?} share {:?}", canonical(a)));
            }
            continue;
        }
        let texts: Vec<String> = match record["texts"].as_array() {
            Some(texts) => texts.iter().map(|text| text.as_str().unwrap().to_owned()).collect(),
            None => continue,
        };
        let keys: Vec<Option<String>> = texts.iter().map(|text| canonical(text)).collect();
        let one = keys.iter().all(|key| key.is_some() && *key == keys[0]);
        match record["category"].as_str().unwrap() {
            "equiv_python_text" | "equiv_literal" if !one => wrong.push(format!("{id} {texts:?} have keys {keys:?}")),
            "equiv_notation" => {
                notation += 1;
                if !one {
                    notation_apart.push(id.to_owned());
                }
            }
            _ => {}
        }
    }
    println!("equivalent: {} of {notation} groups of notation share a key", notation - notation_apart.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The others compute the same value differently: `x**(1/n)` is not rounded like `ⁿ√x`, nor `sin(30°)` like
    // `sin(rad(30))`.
    assert!(notation_apart.len() <= 22, "{notation_apart:?}");
}
