//! A numerical result is right, or an error: integrals, derivatives, roots, sums to infinity.

// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic, clippy::unwrap_used)]

use serde_json::Value as Json;
use tabuada_lang::{Answer, ErrorKind, Failure, Fuel, Language, Limits, Obstacle, parse};

/// The text of the answer and the error bound of its last numerical step, or the kind of the failure.
fn outcome(text: &str) -> Result<(String, Option<f64>), ErrorKind> {
    let limits = Limits::default();
    let program = parse(text, &limits).map_err(|error| error.kind)?;
    let canonical = program.canonical();
    let again = parse(&canonical, &limits).unwrap_or_else(|error| panic!("{text}: {canonical}: {error:?}"));
    assert!(again.same_as(&program) && again.canonical() == canonical, "{text}: {canonical}");
    let explanation = program.explain(&[], &limits, &mut Fuel::new(limits.fuel));
    let answer = program.evaluate(&limits);
    let text_of = |outcome: &Result<Answer, Failure>| outcome.as_ref().ok().map(|answer| answer.text().to_owned());
    assert_eq!(text_of(&explanation.outcome), text_of(&answer), "{text}");
    let error = explanation.steps.iter().rev().find_map(|step| step.error);
    answer.map(|answer| (answer.text().to_owned(), error)).map_err(|failure| failure.kind)
}

fn value(text: &str) -> (f64, f64) {
    let (answer, error) = outcome(text).unwrap_or_else(|kind| panic!("{text}: {kind:?}"));
    (answer.parse().unwrap(), error.unwrap_or(0.0))
}

/// Checks that the value is right, and its error below the reported bound.
fn check(text: &str, expected: f64, tolerance: f64) {
    let (value, error) = value(text);
    let off = (value - expected).abs();
    let allowed = if expected == 0.0 { tolerance } else { tolerance * expected.abs() };
    assert!(off <= allowed, "{text}: {value} is not {expected}");
    assert!(off <= error + 4.0 * f64::EPSILON * expected.abs(), "{text}: {value} is {off} off, and tells of {error}");
}

fn obstacle(text: &str) -> (Obstacle, Option<String>) {
    match outcome(text) {
        Err(ErrorKind::NoConvergence { obstacle, at, .. }) => (obstacle, at),
        other => panic!("{text}: {other:?}"),
    }
}

fn records(file: &str) -> Vec<Json> {
    let path = format!("{}/../../../corpus/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.split('\n').filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Checks a corpus of single values: each must be right, or an error if the record says so.
fn check_corpus(file: &str) {
    let records = records(file);
    assert!(records.len() > 40);
    for record in records {
        let text = record["expr"].as_str().unwrap();
        if record["refuse"] == true {
            assert!(outcome(text).is_err(), "{text} has a value");
        } else {
            let expected: f64 = record["value"].as_str().unwrap().parse().unwrap();
            check(text, expected, record["tol"].as_f64().unwrap());
        }
    }
}

#[test]
fn integrals_are_right_or_refused() {
    check_corpus("integrals.jsonl");
}

#[test]
fn derivatives_are_right_or_refused() {
    check_corpus("derivative.jsonl");
}

/// `[a, (b+cj), …]` as pairs of real and imaginary parts.
fn numbers(list: &str) -> Vec<(f64, f64)> {
    let inside = list.trim_start_matches('[').trim_end_matches(']');
    let parts = inside.split(", ").filter(|part| !part.is_empty());
    let number = |part: &str| -> (f64, f64) {
        let part = part.trim_matches(['(', ')']);
        let Some(part) = part.strip_suffix('j') else { return (part.parse().unwrap(), 0.0) };
        let is_sign = |at: usize| matches!(&part[at..=at], "+" | "-") && !part[..at].ends_with('e');
        match (1..part.len()).rfind(|at| is_sign(*at)) {
            Some(at) => (part[..at].parse().unwrap(), part[at..].parse().unwrap()),
            None => (0.0, part.parse().unwrap()),
        }
    };
    parts.map(number).collect()
}

#[test]
fn roots_of_polynomials_are_right_or_refused() {
    for record in records("roots.jsonl") {
        let text = record["expr"].as_str().unwrap();
        let found = outcome(text);
        if record["refuse"] == true {
            assert!(found.is_err(), "{text} has a value");
            continue;
        }
        let found = numbers(&found.unwrap_or_else(|kind| panic!("{text}: {kind:?}")).0);
        let part = |pair: &Json, at: usize| pair[at].as_str().unwrap().parse::<f64>().unwrap();
        let mut expected: Vec<(f64, f64)> =
            record["roots"].as_array().unwrap().iter().map(|pair| (part(pair, 0), part(pair, 1))).collect();
        assert_eq!(found.len(), expected.len(), "{text}: {found:?}");
        assert!(found.is_sorted_by(|a, b| a <= b), "{text}: {found:?}");
        for (real, imaginary) in found {
            let distance = |other: &(f64, f64)| (other.0 - real).hypot(other.1 - imaginary);
            let at = (0..expected.len()).min_by(|a, b| distance(&expected[*a]).total_cmp(&distance(&expected[*b])));
            let nearest = expected.remove(at.unwrap());
            // The literals are exact, but the coefficients are floats.
            let tolerance = record["tol"].as_f64().unwrap() * nearest.0.hypot(nearest.1);
            assert!(distance(&nearest) <= tolerance, "{text}: {real} {imaginary}");
        }
    }
}

#[test]
fn roots_come_in_order_and_in_pairs() {
    for (text, expected) in [
        ("roots([1, 0, 1])", "[-1j, 1j]"),
        ("roots([1, -6, 13, -12, 4])", "[1.0, 1.0, 2.0, 2.0]"),
        ("roots([0, 2, -4])", "[2.0]"),
        ("roots([1, -5, 0, 0])", "[0.0, 0.0, 5.0]"),
        ("roots((1, 0, 2, 0, 1))", "[-1j, -1j, 1j, 1j]"),
        ("roots([5])", "[]"),
        ("roots([1e300, -3e300, 2e300])", "[1.0, 2.0]"),
    ] {
        assert_eq!(outcome(text).unwrap().0, expected, "{text}");
    }
    let message = |text: &str| outcome(text).unwrap_err().message(Language::English);
    assert_eq!(message("roots([0, 0])"), "all coefficients are 0: every number is a root");
    // Any number of them is paid for before the work.
    assert_eq!(outcome("roots([1] * 9000)").unwrap_err().code(), "out-of-fuel");
}

/// A root that is not exact as a float still keeps its distance from the other one.
#[test]
fn a_root_beyond_the_largest_float_overflows() {
    for text in ["roots([-1e-150, 1e178, -1e63])", "roots([1, 10**400, 1])", "roots([1e-200, 1e150, 1])"] {
        assert_eq!(outcome(text).unwrap_err().code(), "overflow", "{text}");
    }
}

/// Values from closed forms: sine integrals by parts, the arc sine, Planck's law, powers at either end.
#[test]
fn integrals_of_every_kind_keep_their_word() {
    check("integral(x**3/(exp(x) - 1), x, 0, inf)", 6.493939402266829, 1e-10);
    check("integral(1/cosh(x), x, -inf, inf)", std::f64::consts::PI, 1e-10);
    check("integral((1 - x)**-0.9, x, 0, 1)", 10.0, 1e-7);
    check("integral((x - 7)**-0.8, x, 7, 8)", 5.0, 1e-7);
    check("integral(x/sqrt(5**2 - x**2), x, -5, 5)", 0.0, 1e-10);
    check("integral(integral(x*y, x, 0, 1), y, 0, 2)", 1.0, 1e-11);
    check("integral(1e300*x, x, 0, 10)", 5e301, 1e-12);
    check("integral(5, x, 3, 1)", -10.0, 1e-14);
    check("integral(x, x, 2, 2)", 0.0, 0.0);
}

/// No point of a panel sees a jump between its outermost point and its end. (The value is the height of the box times
/// its width; found with random boxes.)
#[test]
fn a_jump_beside_the_end_of_a_panel_is_seen() {
    check("integral(3 if -1.26773 < x < -1.1062 else 0, x, -2.225, 1.905)", 0.48459, 1e-9);
    check("integral(3 if 62.3293 < x < 71.2318 else 0, x, -0.1867, 96.9133)", 26.7075, 1e-9);
    check("integral(1 if 3.21208 < x < 3.73287 else 0, x, 2.461, 4.521)", 0.52079, 1e-9);
}

/// The two rays of a finite range meet in its middle, and both must find a jump there.
#[test]
fn a_jump_in_the_middle_of_the_range_is_seen_from_both_sides() {
    check("integral(sgn(x), x, -1, 1)", 0.0, 1e-12);
    check("integral(5*sgn(x), x, -0.85, 0.85)", 0.0, 1e-12);
    check("integral(sgn(x - 2.1), x, 1.2, 3)", 0.0, 1e-12);
    check("integral(round(x), x, 0.5, 4.5)", 10.0, 1e-12);
}

/// If a corner lies in a panel so that its trace is weak, the half with the corner looks no better than the whole; but
/// noise would be in both halves. (Found with random corners; values by triangles and by the integral of |sin|.)
#[test]
fn a_corner_is_no_noise() {
    let triangle = |center: f64, from: f64, to: f64| {
        check(&format!("integral(max(0, 1 - abs(x - ({center:?}))), x, {from:?}, {to:?})"), 1.0, 1e-9);
    };
    triangle(-2.9244160931669327, -36.18460652915413, 24.051729917352045);
    triangle(0.5076661239808811, -12.853653671512548, 20.929308064229602);
    triangle(-2.4625530287666253, -29.433735670973785, 2.094106473991979);
    for (corner, from, to) in [
        (-1.9499225535636535, -35.37436155218819, 3.9677503881527176),
        (-2.128342932890621, -30.3617824405669, 2.148757295456472),
        (4.21066926038, -21.977984784033623, 6.194354480294638),
    ] {
        let expected = corner * (corner - from) + (to - corner) * (0.5 * (to + corner));
        check(&format!("integral(max(x, {corner:?}), x, {from:?}, {to:?})"), expected, 1e-9);
    }
}

/// Values below 1e-308 have fewer and fewer digits, but this noise does not matter.
#[test]
fn a_body_that_underflows_is_integrated() {
    for shift in [700, 715, 730, 738, 742, 760] {
        let (value, _) = value(&format!("integral(x*{shift}*exp(-x - {shift}), x, 0, inf)"));
        let expected = f64::from(shift) * (-f64::from(shift)).exp();
        assert!((value - expected).abs() <= f64::MIN_POSITIVE + 1e-9 * expected, "{shift}: {value}");
    }
}

#[test]
fn an_integral_beyond_the_largest_float_overflows() {
    for text in ["integral(1e308, x, 0, 10)", "integral(1, x, -1e308, 1e308)", "integral(1e300*x, x, 0, 1e5)"] {
        assert_eq!(outcome(text).unwrap_err().code(), "overflow", "{text}");
    }
    check("integral(1e308, x, 0, 1)", 1e308, 1e-12);
    check("integral(1, x, -8e307, 8e307)", 1.6e308, 1e-12);
}

#[test]
fn what_keeps_an_integral_from_a_value_is_told() {
    let at = |text: &str| Some(text.to_owned());
    assert_eq!(obstacle("integral(1/x, x, 0, 1)"), (Obstacle::Diverges, at("0.0")));
    assert_eq!(obstacle("integral(x, x, -inf, inf)"), (Obstacle::Diverges, at("-inf")));
    assert_eq!(obstacle("integral(1/x, x, 1, inf)"), (Obstacle::Diverges, at("inf")));
    assert_eq!(obstacle("integral(1/(x**2 - 2), x, 0, 2)").0, Obstacle::Steep);
    assert_eq!(obstacle("integral(sin(x), x, 0, inf)").1, at("inf"));
    assert!(matches!(obstacle("integral(rnd(), x, 0, 1)").0, Obstacle::TooHard | Obstacle::Noise));
    let failure = outcome("integral(1/x, x, -1, 1)").unwrap_err();
    assert!(failure.code() == "division-by-zero" || failure.code() == "no-convergence", "{failure:?}");
}

/// A failure of the body inside the range is reported as the body's, with its place.
#[test]
fn a_body_that_fails_inside_says_at_which_point() {
    let limits = Limits::default();
    let text = "integral(2 + sqrt(x), x, -1, 1)";
    let program = parse(text, &limits).unwrap();
    let failure = program.evaluate(&limits).unwrap_err();
    assert_eq!(failure.kind.code(), "value-error");
    assert_eq!(program.span(failure.node).of(text), "sqrt(x)");
    let ErrorKind::AtPoint { variable, at, .. } = &failure.kind else { panic!("{failure:?}") };
    assert_eq!(variable, "x");
    assert!((-1.0..0.0).contains(&at.parse::<f64>().unwrap()));
    let message = failure.kind.message(Language::Portuguese);
    assert!(message.ends_with(&format!(", em x = {at}")), "{message}");
    assert_eq!(outcome("integral(x**0.5, x, -1, 1)").unwrap_err().code(), "type-error");
}

/// The bell curve over the plane and over a quarter of it, and functions that fall like a power.
#[test]
fn an_integral_over_the_plane_is_within_the_fuel() {
    check("integral(integral(exp(-x**2 - y**2), x, -inf, inf), y, -inf, inf)", std::f64::consts::PI, 1e-9);
    check("integral(integral(exp(-(x**2 + y**2)/2)/(2*pi), x, -inf, 0), y, -inf, 0)", 0.25, 1e-9);
    check("integral(integral(x*y*exp(-x - y), x, 0, inf), y, 0, inf)", 1.0, 1e-9);
    check("integral(integral(1/(1 + x**2 + y**2)**2, x, -inf, inf), y, -inf, inf)", std::f64::consts::PI, 1e-8);
}

#[test]
fn nested_a_hundred_deep_is_refused_within_the_fuel() {
    let names: Vec<String> = (0..100).map(|at| format!("x{at}")).collect();
    let text = names.iter().fold("1".to_owned(), |body, name| format!("integral({body}, {name}, 0, 1)"));
    assert_eq!(outcome(&text).unwrap_err().code(), "out-of-fuel");
}

/// Known constants: ζ(2), ln 2, e, ζ(1.5), the product of Wallis.
#[test]
fn sums_and_products_to_infinity_are_right_or_refused() {
    check("sum(1/k**2, k, 1, inf)", std::f64::consts::PI.powi(2) / 6.0, 1e-11);
    check("sum((-1)**(k + 1)/k, k, 1, inf)", std::f64::consts::LN_2, 1e-11);
    check("sum(1/factorial(k), k, 0, inf)", std::f64::consts::E, 1e-14);
    check("sum(0.5**k, k, 0, inf)", 2.0, 1e-14);
    check("sum(k**-1.5, k, 1, inf)", 2.612375348685488, 1e-9);
    check("sum(1/(k*(k + 2)), k, 1, inf)", 0.75, 1e-11);
    check("sum(1/(k**2 - 1/4), k, 7, inf)", 2.0 / 13.0, 1e-11);
    check("sum((-1)**k/(k + 1)**0.5, k, 0, inf)", 0.6048986434216304, 1e-11);
    check("sum((-1)**k/(k + 7), k, 0, inf)", 0.07648051389327864, 1e-10);
    check("prod(1 - 1/(k + 4)**2, k, 1, inf)", 0.8, 1e-9);
    check("prod(4*k**2/(4*k**2 - 1), k, 1, inf)", std::f64::consts::FRAC_PI_2, 1e-9);
    for text in [
        "sum(1/k, k, 1, inf)",
        "sum((-1)**k, k, 0, inf)",
        "sum(sin(k), k, 0, inf)",
        "sum(k, k, 1, inf)",
        "sum(1/(k*ln(k)), k, 2, inf)",
        "prod(2, k, 1, inf)",
        "sum(1/sqrt(k), k, 1, inf)",
        "sum(1/(k + sqrt(k)), k, 1, inf)",
        "sum(1/(k*ln(k)*ln(ln(k))), k, 20, inf)",
    ] {
        assert_eq!(outcome(text).unwrap_err().code(), "no-convergence", "{text}");
    }
}

/// No result is refused as divergent if it exists: the sums are those of a geometric sequence (4999.5) and of the
/// trigamma function, the integrals are 1000 and 10.37.
#[test]
fn what_settles_too_slowly_is_not_said_to_diverge() {
    for text in [
        "sum(exp(-k/5000), k, 1, inf)",
        "sum(exp(-k/1e5), k, 1, inf)",
        "sum((k + 5911)**-2, k, 0, inf)",
        "sum(0.001/k**1.0001, k, 1, inf)",
        "integral(1/x**1.001, x, 1, inf)",
        "integral(1/(x*log(x)**1.1), x, 2, inf)",
        "integral(x**-0.9999, x, 0, 1)",
    ] {
        assert_eq!(obstacle(text).0, Obstacle::Slow, "{text}");
    }
    for text in ["sum(k, k, 1, inf)", "sum(2, k, 1, inf)", "integral(1/x, x, 1, inf)", "integral(1/sqrt(x), x, 1, inf)"]
    {
        assert_eq!(obstacle(text).0, Obstacle::Diverges, "{text}");
    }
}

#[test]
fn a_root_is_a_zero_and_neither_a_jump_nor_a_pole() {
    check("root(cbrt(x - 0.3), x, 0, 1)", 0.3, 1e-15);
    check("root((x - 1)**3, x, 0.5, 3)", 1.0, 1e-4);
    assert_eq!(obstacle("root(floor(x) - 0.5, x, 0, 3)").0, Obstacle::Jump);
    assert_eq!(obstacle("root(tan(x), x, 1, 2)").0, Obstacle::Pole);
    assert_eq!(obstacle("root(x**2, x, -1, 2)").0, Obstacle::SameSign);
    assert_eq!(obstacle("root(x, x, -1, inf)"), (Obstacle::Bound, Some("inf".to_owned())));
    assert_eq!(obstacle("root(x - inf + inf, x, -1, 1)").0, Obstacle::Undefined);
}

/// With wide steps, a periodic body has the same values again, and a wide step may reach past a neighbouring jump;
/// smaller steps contradict such results.
#[test]
fn what_wide_steps_meet_does_not_hide_a_derivative() {
    check("derivative(x % 1, x, 272.69)", 1.0, 1e-8);
    check("derivative(floor(x), x, 272.69)", 0.0, 1e-15);
    check("derivative(sin(pi*x), x, 300.25)", std::f64::consts::PI * std::f64::consts::FRAC_1_SQRT_2, 1e-8);
    check("derivative(1/x, x, 1e-9)", -1e18, 1e-8);
    check("derivative(abs(x - 3), x, 3.3)", 1.0, 1e-12);
    check("derivative(abs(x), x, 0.14032009073990692)", 1.0, 1e-12);
    assert_eq!(obstacle("derivative(abs(x - 3), x, 3)").0, Obstacle::Corner);
}

/// Near 0, the cosine rounds to 1 for small steps.
#[test]
fn what_rounding_hides_has_no_derivative_of_0() {
    check("derivative(1 - cos(x), x, 2.194061391954104e-09)", 2.194061391954104e-09, 1e-6);
    check("derivative(1 - cos(x), x, 1e-9)", 1e-9, 1e-6);
    // Both terms are multiples of 1e-9 there.
    assert_eq!(obstacle("derivative(sqrt(x**2 + 1) - x, x, 6887084.802185123)").0, Obstacle::Unsettled);
    check("derivative(5, x, 3)", 0.0, 0.0);
    check("derivative(max(0, x - 1), x, 0.999)", 0.0, 0.0);
}

/// Rounding the variable has the same effect on both sides of a power of 2, so second differences do not show it.
#[test]
fn rounding_that_is_symmetric_does_not_contradict_a_derivative() {
    check("derivative(sin(2.38*x), x, 8)", 2.38 * (2.38_f64 * 8.0).cos(), 1e-8);
    check("derivative(sin(21.2*x), x, -4)", 21.2 * (21.2_f64 * 4.0).cos(), 1e-8);
    check("derivative(x**3 - x, x, -1)", 2.0, 1e-8);
    check("derivative(x*abs(x), x, 0)", 0.0, 1e-15);
}

#[test]
fn a_derivative_is_a_binder_like_the_others() {
    check("derivative(x**2, x, 3)", 6.0, 1e-10);
    // The largest steps give the exact result, and smaller ones are less accurate.
    check("derivative(x**3, x, 1)", 3.0, 1e-10);
    check("derivative(x**4 + x, x, 2.5)", 63.5, 1e-10);
    check("f(t) @= t**3; derivative(f(x), x, 2)", 12.0, 1e-10);
    check("derivative(derivative(x**3, x, y), y, 2)", 12.0, 1e-6);
    check("x = 5; derivative(x**2, x, x)", 10.0, 1e-10);
    check("derivative(integral(t**2, t, 0, x), x, 3)", 9.0, 1e-8);
    assert_eq!(obstacle("derivative(abs(x), x, 0)").0, Obstacle::Corner);
    assert_eq!(obstacle("derivative(sqrt(x), x, 0)").0, Obstacle::Undefined);
    assert_eq!(outcome("derivative(1/x, x, 0)").unwrap_err().code(), "division-by-zero");
    assert_eq!(outcome("derivative(rnd()*x, x, 1)").unwrap_err().code(), "no-convergence");
    let program = parse(" derivative( sin(x) , x , pi ,)", &Limits::default()).unwrap();
    assert_eq!(program.canonical(), "derivative(sin(x),x,pi)");
}

#[test]
fn with_other_parts_a_binder_says_its_form() {
    let message = |text: &str| outcome(text).unwrap_err().message(Language::English);
    for (text, form) in [
        ("root(8, 3)", "write root(body, variable, from, to), the variable being a name"),
        ("integral(x**2, x)", "write integral(body, variable, from, to), the variable being a name"),
        ("sum(k**2, k, 1)", "write sum(body, variable, from, to), the variable being a name"),
        ("derivative(x**2, 3)", "write derivative(body, variable, at), the variable being a name"),
    ] {
        assert_eq!(message(text), form, "{text}");
    }
    // Python's own `sum`.
    assert_eq!(outcome("sum([1, 2], 3)").unwrap().0, "6");
}
