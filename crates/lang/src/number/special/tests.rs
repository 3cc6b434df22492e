use super::*;
use super::{quick_gamma, quick_lgamma};
use crate::number::reference::records;

/// The outcome of a call, as the records spell it.
fn outcome(function: &str, text: &str) -> String {
    let x: f64 = text.parse().unwrap();
    let value = if function == "gamma" { gamma(x) } else { lgamma(x) };
    let quick = if function == "gamma" { quick_gamma(x) } else { quick_lgamma(x) };
    assert!(quick.is_none_or(|quick| quick.to_bits() == value.to_bits()), "{function}({text}): {quick:?}, {value}");
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

/// The quick functions give the same as those with 200 correct bits, or nothing, and nothing only where the logarithm is
/// next to 0 or the number is out of their range.
#[test]
fn the_quick_functions_give_the_same_or_nothing() {
    let (mut asked, mut unanswered) = (0, 0);
    // A sequence without a pattern, and the neighbours of what is special.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut numbers: Vec<f64> =
        (0..4_000).map(|at| [36.0, 3.0, 150.0, 1e-3][at % 4] * next() - [18.0, 0.0, 0.0, 0.0][at % 4]).collect();
    numbers.extend((0..400).map(|_| 10_f64.powf(540.0 * next() - 270.0)));
    for near in -40..40 {
        let near = f64::from(near) / 2.0;
        numbers.extend([near.next_down(), near, near.next_up(), near + 1e-9, near - 1e-5]);
    }
    for x in numbers {
        for (quick, in_full) in [(quick_gamma(x), gamma(x)), (quick_lgamma(x), lgamma(x))] {
            asked += 1;
            match quick {
                Some(value) => assert_eq!(value.to_bits(), in_full.to_bits(), "{x:?}: {value}, {in_full}"),
                None => unanswered += 1,
            }
        }
    }
    // The poles, gamma above 150, and the neighbours of 1 and 2.
    assert!(asked > 9_000 && unanswered < asked / 10, "{unanswered} of {asked}");
}
