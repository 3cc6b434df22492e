use super::*;
use crate::number::reference::records;

/// The outcome of a call, as the records spell it.
fn outcome(function: &str, text: &str) -> String {
    let x: f64 = text.parse().unwrap();
    let value = if function == "gamma" { gamma(x) } else { lgamma(x) };
    if value.is_nan() && !x.is_nan() {
        "domain".to_owned()
    } else if value.is_infinite() && x.is_finite() {
        "range".to_owned()
    } else {
        crate::number::float::text(value)
    }
}

#[test]
fn gamma_and_its_logarithm_are_correctly_rounded() {
    let mut wrong = Vec::new();
    let records = records("gamma.jsonl");
    for record in &records {
        let (function, x) = (record["fn"].as_str().unwrap(), record["x"].as_str().unwrap());
        let (expected, got) = (record["f64"].as_str().unwrap(), outcome(function, x));
        if got != expected {
            wrong.push(format!("{function}({x}) is {got}, not {expected}"));
        }
    }
    assert!(records.len() > 2_000);
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), records.len(), wrong.join("\n"));
}

#[test]
fn gamma_and_its_logarithm_in_the_corpus_of_special_functions_are_correctly_rounded() {
    let mut total = 0;
    for record in records("special.jsonl") {
        let function = record["fn"].as_str().unwrap();
        if !function.ends_with("gamma") {
            continue;
        }
        total += 1;
        let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let x: f64 = text(&record["args"][0]).parse().unwrap();
        let expected: f64 = text(&record["f64"]).parse().unwrap();
        let value = if function == "gamma" { gamma(x) } else { lgamma(x) };
        assert_eq!(value, expected, "{function}({x:?})");
    }
    assert!(total > 80, "{total}");
}
