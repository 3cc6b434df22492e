//! Degrees directly on an argument, the reciprocal functions and their inverses, rounding half up, percentiles.

// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic, clippy::unwrap_used)]

use proptest::prelude::*;
use tabuada_lang::{ErrorKind, Language, Limits, functions, parse};

fn answer(text: &str) -> Result<String, ErrorKind> {
    let limits = Limits::default();
    let program = parse(text, &limits).unwrap_or_else(|error| panic!("{text:?}: {error:?}"));
    let canonical = program.canonical();
    let again = parse(&canonical, &limits).unwrap_or_else(|error| panic!("{canonical:?}: {error:?}"));
    assert!(again.same_as(&program), "{text:?} -> {canonical:?} is another program");
    assert_eq!(again.canonical(), canonical, "{text:?}");
    let answer = program.evaluate(&limits).map_err(|failure| failure.kind)?;
    Ok(answer.text().to_owned())
}

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let got = answer(text).unwrap_or_else(|kind| format!("! {}", kind.message(Language::English)));
        assert_eq!(got, *expected, "{text}");
    }
}

#[track_caller]
fn check_canonical(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(parse(text, &Limits::default()).unwrap().canonical(), *expected, "{text}");
    }
}

/// If the whole argument is `x°`, a sign before it belongs to it.
#[test]
fn degrees_are_exact_directly_on_the_argument_and_radians_elsewhere() {
    check_canonical(&[
        ("sin(30°)", "sin(30°)"),
        ("sin( (30) ° )", "sin(30°)"),
        ("sin((30°))", "sin(30°)"),
        ("(sin)(30°)", "sin(30°)"),
        ("math.sin(30°)", "sin(30°)"),
        ("sin(-30°)", "sin(-30°)"),
        ("sin((-30)°)", "sin(-30°)"),
        ("sin(-(30°))", "sin(-30°)"),
        ("sin(+-−30°)", "sin(+--30°)"),
        ("cos(5!°)", "cos(5!°)"),
        ("tan((x+1)°)", "tan((x+1)°)"),
        ("sec([30][0]°)", "sec([30][0]°)"),
        ("csc(f(2)°)", "csc(f(2)°)"),
        ("cot((2**3)°)", "cot((2**3)°)"),
        ("cot((√9)°)", "cot((√9)°)"),
        ("sin((1 if x else 2)°)", "sin((1 if x else 2)°)"),
        ("sin(sin(30°)°)", "sin(sin(30°)°)"),
        ("sin(30°°)", "sin(radians(30)°)"),
        ("sin²(30°)", "sin(30°)**2"),
        ("|sin(30°)|", "abs(sin(30°))"),
        // `°` on a part of the argument only.
        ("sin(30°+1°)", "sin(radians(30)+radians(1))"),
        ("sin(2*30°)", "sin(2*radians(30))"),
        ("sin(~30°)", "sin(~radians(30))"),
        ("sin(√9°)", "sin(√radians(9))"),
        ("sin(30°²)", "sin(radians(30)**2)"),
        ("sin(2**2°)", "sin(2**radians(2))"),
        ("sin(|30°|)", "sin(abs(radians(30)))"),
        ("sin(1 if x else 2°)", "sin(1 if x else radians(2))"),
        ("sin(1° if x else radians(2))", "sin(radians(1) if x else radians(2))"),
        ("sin(30°,)", "sin(30°)"),
        ("sin(radians(30))", "sin(radians(30))"),
        ("sin(rad(30))", "sin(radians(30))"),
        ("sinh(30°)", "sinh(radians(30))"),
        ("asin(30°)", "asin(radians(30))"),
        ("sin⁻¹(1°)", "asin(radians(1))"),
        ("atan2(1°, 2°)", "atan2(radians(1),radians(2))"),
        ("f(x) @= sin(x°); g @= cos(-x°)", "f(x)@=sin(x°);g@=cos(-x°)"),
        ("sum(sin(k°), k, 1°, 90)", "sum(sin(k°),k,radians(1),90)"),
    ]);
    check(&[
        ("sin(30°), cos(60°), tan(45°), sin²(30°)", "(0.5, 0.5, 1.0, 0.25)"),
        ("sin(-30°), sin(--30°), sin(+30°), sin(-(30)°)", "(-0.5, 0.5, 0.5, -0.5)"),
        ("sin(180°), cos(90°), tan(180°), sin(-360°), sin(-0.0°)", "(0.0, 0.0, 0.0, 0.0, 0.0)"),
        ("f(x) @= sin(x°); f(30)", "0.5"),
        ("x = 60; a @= cos(x°); x = 90; a", "0.0"),
        ("sum(sin((90*k)°), k, 0, 4)", "0.0"),
        ("sec(60°), csc(30°), cot(45°), sec(180°), cot(270°)", "(2.0, 2.0, 1.0, -1.0, 0.0)"),
        ("f = sin; f(180°)", "1.2246467991473532e-16"),
        ("sin(30°+0°)", "0.49999999999999994"),
    ]);
}

/// Angles of every size, exactly, and of every type.
#[test]
fn angles_are_any_real_numbers() {
    check(&[
        ("sin((10**1000 + 290)°) == sin(210°)", "True"),
        ("sin((-10**1000)°) == sin(80°)", "True"),
        ("cos((360*10**30 + 60)°), cos(1e22°) == cos((10**22)°)", "(0.5, True)"),
        ("tan(1.5e300°), sin((2.0**1000)°) == sin(16°)", "(0.0, True)"),
        ("sin(True°) == sin(1°), cos(False°)", "(True, 1.0)"),
        ("sin(nan°)", "nan"),
        ("sin(1e-300°), tan(5e-324°), csc(1e-300°)", "(1.7453292519943295e-302, 0.0, 5.729577951308232e+301)"),
    ]);
    for (text, code) in [
        ("sin('30'°)", "type-error"),
        ("cos([30]°)", "type-error"),
        ("tan(1j°)", "type-error"),
        ("sin(None°)", "type-error"),
        ("sin(inf°)", "value-error"),
        ("csc(1e-310°)", "overflow"),
        ("csc(1e-310)", "overflow"),
        ("sec(inf)", "value-error"),
        ("asec(0.5)", "value-error"),
        ("acsc(-0.999)", "value-error"),
        ("asec(0)", "value-error"),
    ] {
        assert_eq!(answer(text).unwrap_err().code(), code, "{text}");
    }
}

#[test]
fn where_there_is_no_value_an_error_says_so_in_both_languages() {
    for (text, english, portuguese) in [
        ("tan(90°)", "the tangent has no value at 90°", "a tangente não tem valor em 90°"),
        ("tan(-90.0°)", "the tangent has no value at -90°", "a tangente não tem valor em -90°"),
        ("sec(450°)", "the secant has no value at 450°", "a secante não tem valor em 450°"),
        ("csc(0°)", "the cosecant has no value at 0°", "a cossecante não tem valor em 0°"),
        ("cot(180°)", "the cotangent has no value at 180°", "a cotangente não tem valor em 180°"),
        ("tan((360*10**100 + 270)°)", "the tangent has no value at 270°", "a tangente não tem valor em 270°"),
        ("csc(0)", "the cosecant has no value at 0", "a cossecante não tem valor em 0"),
        ("cot(-0.0)", "the cotangent has no value at 0", "a cotangente não tem valor em 0"),
    ] {
        let kind = answer(text).unwrap_err();
        assert_eq!(kind.code(), "value-error", "{text}");
        assert_eq!(kind.message(Language::English), english, "{text}");
        assert_eq!(kind.message(Language::Portuguese), portuguese, "{text}");
    }
}

/// Zeros, infinities and ends of domains: `acot(x)` is the arc tangent of 1/x.
#[test]
fn reciprocal_functions_and_their_inverses_at_special_arguments() {
    check(&[
        ("sec(0), sec(-0.0), sec(1e-9), sec(nan)", "(1.0, 1.0, 1.0, nan)"),
        ("csc(1e-300) == 1/1e-300, cot(-1e-300) == -1/1e-300", "(True, True)"),
        ("asec(1), asec(-1) == pi, asec(inf) == pi/2, asec(-inf) == pi/2", "(0.0, True, True, True)"),
        ("acsc(1) == pi/2, acsc(-1) == -pi/2, acsc(inf), acsc(-inf)", "(True, True, 0.0, -0.0)"),
        ("acot(0) == pi/2, acot(-0.0) == -pi/2, acot(inf), acot(-inf)", "(True, True, 0.0, -0.0)"),
        ("acot(1) == pi/4, acot(-1) == -pi/4, acot(1e308) == 1/1e308, acot(nan)", "(True, True, True, nan)"),
    ]);
}

/// NumPy's default method; for integers, the result is an integer if possible.
#[test]
fn percentiles() {
    check(&[
        ("percentile([10, 20, 30, 40, 50], 25)", "20"),
        ("percentile([1, 2, 3, 4], 50), percentile([3, 1], 100), percentile((2.5,), 7)", "(2.5, 3, 2.5)"),
        ("percentile(range(101), 37.5), percentile({3, 1, 2}, p=50), percentile([0.1]*3, 10)", "(37.5, 2, 0.1)"),
        ("percentile([1, nan], 50), percentile([1, inf], 50)", "(nan, inf)"),
        ("percentile([1], 101)", "! the second argument of percentile is a number from 0 to 100"),
        ("percentile([1], -0.1)", "! the second argument of percentile is a number from 0 to 100"),
        ("percentile([1], nan)", "! the second argument of percentile is a number from 0 to 100"),
        ("percentile([], 50)", "! percentile needs at least one number"),
    ]);
}

#[test]
fn halves_are_rounded_away_from_zero() {
    check(&[
        ("round_half_up(2.5), round_half_up(-2.5), round_half_up(0.5), round_half_up(True)", "(3, -3, 1, 1)"),
        ("round_half_up(2.675, 2), round_half_up(2.125, 2), round_half_up(-0.125, 2)", "(2.67, 2.13, -0.13)"),
        ("round_half_up(15, -1), round_half_up(-15, -1), round_half_up(14, -1)", "(20, -20, 10)"),
        ("round_half_up(25.0, -1), round_half_up(24.999999999999996, -1)", "(30.0, 20.0)"),
        ("round_half_up(5, -1), round_half_up(5, -2), round_half_up(50, -2)", "(10, 0, 100)"),
        ("round_half_up(0.49999999999999994), round_half_up(4503599627370497.5)", "(0, 4503599627370498)"),
        ("round_half_up(2.5, None), round_half_up(number=2.5, ndigits=0)", "(3, 3.0)"),
        ("round_half_up(-0.0, 1), round_half_up(nan, 2), round_half_up(-inf, 2)", "(-0.0, nan, -inf)"),
        ("round_half_up(1.5, 10**30), round_half_up(1.5, -10**30), round_half_up(7, -10**30)", "(1.5, 0.0, 0)"),
        ("round_half_up(10**1000 + 5, -1) == 10**1000 + 10", "True"),
    ]);
    for (text, code) in [
        ("round_half_up(inf)", "overflow"),
        ("round_half_up(nan)", "value-error"),
        ("round_half_up('1')", "type-error"),
        ("round_half_up(1.5, 0.5)", "type-error"),
        ("round_half_up(1.7e308, -308)", "overflow"),
        ("round_half_up()", "type-error"),
    ] {
        assert_eq!(answer(text).unwrap_err().code(), code, "{text}");
    }
}

#[test]
fn functions_of_degrees_have_no_name_of_their_own() {
    assert!(functions().all(|function| !function.name.contains('°')));
    for name in ["sec", "csc", "cot", "asec", "acsc", "acot", "percentile", "round_half_up"] {
        assert!(functions().any(|function| function.name == name), "{name}");
    }
}

fn float(text: &str) -> f64 {
    answer(text).unwrap().parse().unwrap()
}

proptest! {
    /// Whole turns change nothing, and a sign only changes the value by the function's symmetry, to the last bit.
    #[test]
    fn turns_and_signs(x in -1_000_000_i64..1_000_000, turns in -1_000_i64..1_000, name in prop::sample::select(vec!["sin", "cos", "tan", "sec", "csc", "cot"])) {
        let here = answer(&format!("{name}({x}°)"));
        let there = answer(&format!("{name}(({x} + {turns}*360)°)"));
        let opposite = answer(&format!("{name}(-({x})°)"));
        match (here, there, opposite) {
            (Ok(here), Ok(there), Ok(opposite)) => {
                prop_assert_eq!(&here, &there);
                let (here, opposite): (f64, f64) = (here.parse().unwrap(), opposite.parse().unwrap());
                let sign = if matches!(name, "cos" | "sec") { 1.0 } else { -1.0 };
                prop_assert_eq!(here, sign * opposite);
            }
            (Err(here), Err(_), Err(_)) => prop_assert_eq!(here.code(), "value-error"),
            other => prop_assert!(false, "{:?}", other),
        }
        prop_assert_eq!(float(&format!("sin({x}°)")), float(&format!("cos((90 - {x})°)")));
    }

    /// Rounding half up gives a number within half a unit, which differs from `round` only in ties.
    #[test]
    fn half_up_and_half_even_differ_at_ties_only(x in -1e9..1e9_f64, places in -3_i64..9) {
        let (up, even) = (answer(&format!("round_half_up({x:?}, {places})")), answer(&format!("round({x:?}, {places})")));
        if (x * 10_f64.powi(places as i32 + 1)).fract() != 0.0 {
            prop_assert_eq!(up, even);
        }
    }

    #[test]
    fn percentiles_are_quantiles(data in prop::collection::vec(-99_i64..99, 1..9), p in 0_u32..=64) {
        // A hundredth that is exact as a float.
        let quantile = answer(&format!("quantile({data:?}, {p}/64)"));
        prop_assert_eq!(answer(&format!("percentile({data:?}, {p}*100/64)")), quantile);
    }
}
