//! Bugs that were found, each as a test named after what it was. Expected values are CPython 3.11's.
// Helpers of tests may panic as tests do.
#![allow(clippy::panic, clippy::unwrap_used)]

use tabuada_lang::{Fuel, Limits, parse};

#[track_caller]
fn check(text: &str, expected: &str) {
    let limits = Limits::default();
    let program = parse(text, &limits).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let answer =
        program.evaluate(&limits, &mut Fuel::new(limits.fuel)).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    assert_eq!(answer.text(), expected, "{text}");
}

#[test]
fn zero_divided_by_a_large_negative_integer_is_negative_zero() {
    check("0/-9374219178778594803", "-0.0");
    check("False/-10**30", "-0.0");
    check("0/-3", "-0.0");
    check("0/10**30", "0.0");
}

/// The library's power (pxfm 0.1.30) loses its way where the result is subnormal.
#[test]
fn powers_with_subnormal_results_are_right() {
    check("10.0**-310", "1e-310");
    check("10**-323", "1e-323");
    check("2.0**-1075", "0.0");
    check("2.0**-1074", "5e-324");
}

#[test]
fn a_function_in_brackets_is_called_like_the_function() {
    check("(sqrt)(4)", "2.0");
    check("(max)(1, 2)", "2");
}

/// The values are sympy's and OEIS's: 2^61-1 and 10^9+7 are primes, 561 is Carmichael's, A000045(100).
#[test]
fn theory_of_numbers() {
    for (text, expected) in [
        ("isprime(2**61-1)", "True"),
        ("isprime(561)", "False"),
        ("isprime(-7)", "False"),
        ("nextprime(10**9)", "1000000007"),
        ("factor(600851475143)", "[71, 839, 1471, 6857]"),
        ("factor(2**64)[63]", "2"),
        ("prod(factor(360))", "360"),
        ("factor(1)", "[]"),
        ("fib(100)", "354224848179261915075"),
        ("binomial(5, 2)", "10"),
        ("binomial(5, -1)", "0"),
        ("binomial(5, 6)", "0"),
    ] {
        check(text, expected);
    }
}

/// It was ten bytes long, wherever they ended.
#[test]
fn the_span_of_a_malformed_escape_ends_between_characters() {
    let text = r"'\x ééééééééé'";
    let error = parse(text, &Limits::default()).unwrap_err();
    assert!(error.span.of(text).starts_with(r"\x"), "{:?}", error.span);
}
