use super::*;
use crate::number::reference::{priced, records, run};

fn integer(text: &str) -> Integer {
    match text.strip_prefix('-') {
        Some(digits) => Integer::parse(digits, 10).negate(),
        None => Integer::parse(text, 10),
    }
}

fn rational(text: &str) -> Rational {
    let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
    run(|budget| Rational::new(&integer(numerator), &integer(denominator), budget)).unwrap()
}

/// The text of the answer, or CPython's exception and message.
fn outcome(op: &str, a: &str, b: Option<&str>) -> String {
    let one = || rational(a);
    let two = || (rational(a), rational(b.unwrap()));
    let result = run(|budget| {
        let text = |value: Rational| value.to_string();
        let whole = |value: Integer| value.to_string();
        Ok(match op {
            "add" => text(two().0.add(&two().1, budget)?),
            "subtract" => text(two().0.subtract(&two().1, budget)?),
            "multiply" => text(two().0.multiply(&two().1, budget)?),
            "divide" => text(two().0.divide(&two().1, budget)?),
            "floor_divide" => whole(two().0.floor_divide(&two().1, budget)?),
            "modulo" => text(two().0.modulo(&two().1, budget)?),
            "power" => text(two().0.power(&two().1, budget)?),
            "compare" => (two().0.order(&two().1, budget)? as i8).to_string(),
            "floor" => whole(one().floor(budget)?),
            "ceil" => whole(one().ceil(budget)?),
            "trunc" => whole(one().trunc(budget)?),
            "round" => whole(one().round(Ties::Even, budget)?),
            "round_places" => text(one().round_places(b.unwrap().parse().unwrap(), Ties::Even, budget)?),
            "to_float" => crate::number::float::text(one().numerator().true_divide(one().denominator(), budget)?),
            "negate" => text(one().negate()),
            "absolute" => text(one().absolute()),
            "literal" => text(Rational::from_literal(a, budget)?),
            _ => panic!("{op}"),
        })
    });
    result.unwrap_or_else(|error| {
        let class = match error.code() {
            "division-by-zero" => "ZeroDivisionError",
            "overflow" => "OverflowError",
            code => code,
        };
        format!("{class}: {}", error.python().unwrap_or_default())
    })
}

#[test]
fn rationals_answer_as_fractions_does() {
    let records = records("rational.jsonl");
    let mut wrong = Vec::new();
    for record in &records {
        let (op, a, b) = (record["op"].as_str().unwrap(), record["a"].as_str().unwrap(), record["b"].as_str());
        let expected = record["r"].as_str().or(record["e"].as_str()).unwrap();
        let got = outcome(op, a, b);
        if got != expected {
            wrong.push(format!("{op} {a} {}: {got}, not {expected}", b.unwrap_or_default()));
        }
    }
    assert!(records.len() > 1_000);
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), records.len(), wrong.join("\n"));
}

#[test]
fn a_root_is_refused_as_not_exact() {
    let error = run(|budget| rational("4").power(&rational("1/2"), budget)).unwrap_err();
    assert_eq!(error, ErrorKind::NotExact { operation: "**".to_owned() });
}

fn digits_refused<T: std::fmt::Debug>(result: Result<T, ErrorKind>) -> u64 {
    match result.unwrap_err() {
        ErrorKind::RationalTooLarge { digits: Estimate::About(digits), limit: PART_BITS } => digits,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_would_be_too_large_is_refused_with_its_size_before_the_work() {
    // 5000·log10(21) = 6611.1; for 10000 it is twice that.
    assert!(run(|budget| rational("10/21").power(&rational("5000"), budget)).is_ok());
    let (result, fuel) = priced(|budget| rational("10/21").power(&rational("50000"), budget));
    assert_eq!(digits_refused(result), 66_111);
    assert!(fuel < 10, "{fuel}");
    let (result, fuel) = priced(|budget| Rational::from_literal("1e-999999999999999999999", budget));
    assert_eq!(result.unwrap_err(), ErrorKind::RationalTooLarge { digits: Estimate::Astronomical, limit: PART_BITS });
    assert!(fuel < 10, "{fuel}");
    assert_eq!(digits_refused(run(|budget| Rational::from_literal("1e20000", budget))), 20_001);
    assert_eq!(digits_refused(run(|budget| Rational::from_literal("1e-20000", budget))), 20_001);
    assert_eq!(run(|budget| Rational::from_literal("0e999999999999999999999", budget)).unwrap().to_string(), "0");
    let power = |base: &str, exponent: &str| run(|budget| rational(base).power(&rational(exponent), budget));
    assert_eq!(
        power("2", "100000000000000000000").unwrap_err(),
        ErrorKind::RationalTooLarge { digits: Estimate::Astronomical, limit: PART_BITS }
    );
    let (left, right) = (power("1/3", "40000").unwrap(), power("1/7", "20000").unwrap());
    // Both operands fit; 3^40000·7^20000 has 35,987 digits.
    assert_eq!(digits_refused(run(|budget| left.add(&right, budget))), 35_987);
    assert_eq!(digits_refused(run(|budget| left.multiply(&right, budget))), 35_987);
}

#[test]
fn the_limit_is_2_to_the_16_bits_and_not_one_more() {
    let power =
        |exponent: i64| run(|budget| rational("1/2").power(&Rational::from_integer(Integer::from(exponent))?, budget));
    assert!(power(65_535).is_ok());
    assert_eq!(digits_refused(power(65_536)), 19_729);
    assert!(power(-65_535).is_ok());
    assert_eq!(digits_refused(power(-65_536)), 19_729);
}

#[test]
fn rounding_to_absurdly_many_places_leaves_what_is_short_and_refuses_the_rest() {
    let round = |text: &str, places: i64| run(|budget| rational(text).round_places(places, Ties::Even, budget));
    assert_eq!(round("3/8", i64::MAX).unwrap(), rational("3/8"));
    assert_eq!(round("1/3", i64::MIN).unwrap(), rational("0"));
    assert_eq!(round("1/3", i64::MAX).unwrap_err().code(), "too-large");
    assert_eq!(digits_refused(round("1/3", 100_000)), 100_001);
    // To 18,999 places, 10^-5 + 10^-19000 is 10^-5; to 19,000 places it is exact.
    let near = run(|budget| rational("1/100000").add(&Rational::from_literal("1e-19000", budget)?, budget)).unwrap();
    assert_eq!(round_of(&near, 18_999), rational("1/100000"));
    assert_eq!(round_of(&near, 19_000), near);
}

fn round_of(value: &Rational, places: i64) -> Rational {
    run(|budget| value.round_places(places, Ties::Even, budget)).unwrap()
}

#[test]
fn a_harmonic_sum_is_exact_and_paid_for() {
    let (sum, fuel) = priced(|budget| {
        let mut sum = Rational::from_integer(Integer::ZERO)?;
        for k in 1..=1000_i64 {
            sum = sum.add(&Rational::new(&Integer::ONE, &Integer::from(k), budget)?, budget)?;
        }
        Ok(sum)
    });
    // The result of CPython's float(sum(Fraction(1, k) for k in range(1, 1001))).
    let sum = sum.unwrap();
    assert_eq!(run(|budget| sum.numerator().true_divide(sum.denominator(), budget)).unwrap(), 7.485470860550345);
    assert!((10_000..2_000_000).contains(&fuel), "{fuel}");
}
