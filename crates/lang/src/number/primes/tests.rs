use super::*;
use crate::error::Estimate;
use crate::number::reference::{priced, records, run};

fn integer(text: &str) -> Integer {
    match text.strip_prefix('-') {
        Some(digits) => Integer::parse(digits, 10).negate(),
        None => Integer::parse(text, 10),
    }
}

fn factors(n: &Integer, budget: &mut Budget) -> Result<String, ErrorKind> {
    let power = |(prime, times): (Integer, u64)| match times {
        1 => prime.to_string(),
        _ => format!("{prime}^{times}"),
    };
    Ok(factorise(n, budget)?.into_iter().map(power).collect::<Vec<_>>().join(" "))
}

#[test]
fn primes_factors_and_fibonacci_numbers_are_as_sympy_has_them() {
    let records = records("primes.jsonl");
    let mut wrong = Vec::new();
    for record in &records {
        let (op, text) = (record["op"].as_str().unwrap(), record["n"].as_str().unwrap());
        let n = integer(text);
        let got = run(|budget| {
            Ok(match op {
                "is_prime" => is_prime(&n, budget)?.to_string(),
                "next_prime" => next_prime(&n, budget)?.to_string(),
                "fibonacci" => fibonacci(&n, budget)?.to_string(),
                _ => factors(&n, budget)?,
            })
        });
        let expected = record["r"].as_str().map_or_else(|| record["r"].to_string(), str::to_owned);
        if got.as_deref() != Ok(expected.as_str()) {
            wrong.push(format!("{op}({text}) is {got:?}, not {expected}"));
        }
    }
    assert!(records.len() > 800);
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), records.len(), wrong.join("\n"));
}

#[test]
fn the_test_agrees_with_the_sieve_below_a_million() {
    const BELOW: usize = 1_000_000;
    let mut composite = vec![false; BELOW];
    for n in 2..BELOW {
        if !composite[n] {
            (n * n..BELOW).step_by(n).for_each(|multiple| composite[multiple] = true);
        }
        let got = run(|budget| is_prime(&Integer::from(n as i64), budget)).unwrap();
        assert_eq!(got, !composite[n], "{n}");
    }
}

#[test]
fn the_lucas_test_alone_fails_on_the_strong_lucas_pseudoprimes_only() {
    // The composite numbers below 60,000 that pass (OEIS A217255).
    const PASSING: [u64; 10] = [5_459, 5_777, 10_877, 16_109, 18_971, 22_499, 24_569, 25_199, 40_309, 58_519];
    let mut found = Vec::new();
    for n in (1_025_u64..60_000).step_by(2) {
        let prime = (3..).step_by(2).take_while(|divisor| divisor * divisor <= n).all(|divisor| n % divisor != 0);
        let magnitude = UBig::from(n);
        if magnitude.sqrt().sqr() == magnitude {
            continue;
        }
        let passes = passes_lucas(&magnitude, &MontgomeryRepr::new(magnitude.clone()), || Ok(())).unwrap();
        assert!(passes || !prime, "{n} is a prime");
        if passes && !prime {
            found.push(n);
        }
    }
    assert_eq!(found, PASSING);
}

#[test]
fn a_hard_factorisation_ends_with_its_fuel() {
    // Two primes of 100 bits: rho would take 2^50 steps.
    let n = run(|budget| {
        let one = next_prime(&integer("1267650600228229401496703205376"), budget)?;
        let other = next_prime(&integer("1267650600228229401496703999999"), budget)?;
        one.multiply(&other, budget)
    });
    let (result, spent) = priced(|budget| factorise(&n.unwrap(), budget));
    assert_eq!(result.unwrap_err().code(), "out-of-fuel");
    assert!(spent > 20_000_000, "{spent}");
}

#[test]
fn a_test_that_is_too_expensive_is_not_begun() {
    let n = run(|budget| Integer::from(2_i64).power(1_000_000, budget)?.add(&Integer::ONE, budget)).unwrap();
    let (result, spent) = priced(|budget| is_prime(&n, budget));
    assert_eq!(result.unwrap_err().code(), "out-of-fuel");
    assert!(spent < 2_000_000, "{spent}");
}

#[test]
fn a_fibonacci_number_that_is_too_long_is_refused_with_its_size() {
    let refused = |n: i64| priced(|budget| fibonacci(&Integer::from(n), budget));
    // log10(φ^10^7 / √5) = 2,089,876.4 digits.
    let (result, spent) = refused(10_000_000);
    assert!(matches!(result, Err(ErrorKind::IntegerTooLarge { digits: Estimate::About(2_089_877), .. })));
    assert!(spent < 10, "{spent}");
    assert!(refused(1_500_000).0.is_ok());
    assert!(refused(i64::MIN).0.is_err());
    let astronomical = run(|budget| fibonacci(&integer("100000000000000000000"), budget));
    assert!(matches!(astronomical, Err(ErrorKind::IntegerTooLarge { digits: Estimate::Astronomical, .. })));
}
