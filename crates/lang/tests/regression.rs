//! Fixed bugs, each as a test with a name that describes it. Expected values are CPython's.
// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic, clippy::unwrap_used)]

use tabuada_lang::{Context, ErrorKind, Fuel, Limits, Mode, parse, parse_with};

#[track_caller]
fn check(text: &str, expected: &str) {
    let limits = Limits::default();
    let program = parse(text, &limits).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let answer = program.evaluate(&limits).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    assert_eq!(answer.text(), expected, "{text}");
}

#[track_caller]
fn fails(text: &str, words: &str) {
    let limits = Limits::default();
    let program = parse(text, &limits).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let failure = program.evaluate(&limits).unwrap_err();
    assert_eq!(failure.kind.python().as_deref(), Some(words), "{text}");
}

#[test]
fn zero_divided_by_a_large_negative_integer_is_negative_zero() {
    check("0/-9374219178778594803", "-0.0");
    check("False/-10**30", "-0.0");
    check("0/-3", "-0.0");
    check("0/10**30", "0.0");
}

/// The library's power (pxfm 0.1.30) is wrong if the result is subnormal.
#[test]
fn powers_with_subnormal_results_are_right() {
    check("10.0**-310", "1e-310");
    check("10**-323", "1e-323");
    check("2.0**-1075", "0.0");
    check("2.0**-1074", "5e-324");
}

/// The library (pxfm 0.1.30) rounds ties either way. The exact powers are integers or halves, of 54 bits; CPython's float()
/// rounds them.
#[test]
fn powers_that_are_ties_go_to_the_even_float() {
    check("208067.0**3", "9007610865436764.0");
    check("(-208067.0)**3", "-9007610865436764.0");
    check("1900.0**6", "4.7045881e+19");
    check("4902.5**4", "577657490681289.0");
    check("6236.0**5", "9.430409085574963e+18");
    check("42849.0**3.5", "1.6285174563412144e+16");
    check("49140692329.0**1.5", "1.0893361253415732e+16");
    check("604506.25**2.5", "284120119389746.1");
    check("94515806261776.0**1.25", "2.947002839242176e+17");
    check("pow(208067.0, 3)", "9007610865436764.0");
    check("sum((x+208067.0)**3, x, 0, 0)", "9007610865436764.0");
}

/// The library (pxfm 0.1.30) gives nan for large bases, and misrounds some bases next to powers of 4.
#[test]
fn inverse_roots_are_right() {
    check("1e301**-0.5", "3.162277660168379e-151");
    check("1.7976931348623157e308**-0.5", "7.458340731200207e-155");
    check("0.9999999999999998**-0.5", "1.0000000000000002");
    check("262143.99999999994**-0.5", "0.0019531250000000004");
    check("4**-0.5", "0.5");
    check("2**-0.5", "0.7071067811865476");
    check("5e-324**-0.5", "4.4989137945431964e+161");
    check("inf**-0.5", "0.0");
}

/// The library (pxfm 0.1.30) loses these signs.
#[test]
fn results_of_zero_have_the_sign_of_the_argument() {
    check("atan2(-1e-300, 1e300)", "-0.0");
    check("atan2(1e-300, 1e300)", "0.0");
    check("atan2(-0.0, -1.0)", "-3.141592653589793");
    check("sinh(-0.0)", "-0.0");
    check("sinh(0.0)", "0.0");
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

/// The span was always ten bytes long, wherever the characters ended.
#[test]
fn the_span_of_a_malformed_escape_ends_between_characters() {
    let text = r"'\x ééééééééé'";
    let error = parse(text, &Limits::default()).unwrap_err();
    assert!(error.span.of(text).starts_with(r"\x"), "{:?}", error.span);
}

/// A function is never an answer, not even in a list, since no text is parsed as it.
#[test]
fn a_container_with_a_function_in_it_is_no_answer() {
    let limits = Limits::default();
    for text in ["max, 12", "[1, [{abs}]]", "f(x) @= x; g = (1, f); g", "{sqrt}"] {
        let failure = parse(text, &limits).unwrap().evaluate(&limits).unwrap_err();
        assert!(matches!(failure.kind, ErrorKind::FunctionAsAnswer { .. }), "{text}: {failure:?}");
    }
    check("[abs, 1][1]", "1");
}

#[test]
fn calls_among_arguments_keep_their_keywords_to_themselves() {
    check("round(max([1.26, 2.36], key=abs), ndigits=1)", "2.4");
    check("max(min([1, 2], key=abs), 0, key=abs)", "1");
    check("sorted([3, 1], key=abs, reverse=bool(sum([], start=1)))", "[3, 1]");
}

/// CPython's message for the same text.
#[track_caller]
fn check_words(text: &str, expected: &str) {
    let limits = Limits::default();
    let program = parse(text, &limits).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let failure = program.evaluate(&limits).unwrap_err();
    assert_eq!(failure.kind.python().as_deref(), Some(expected), "{text}");
}

/// Differences from CPython that generated expressions found.
#[test]
fn calls_of_builtins_fail_as_cpython_does() {
    check("str(object=2)", "'2'");
    check("str(encoding='ascii')", "''");
    for (text, words) in [
        ("int(x='7')", "int() got an unexpected keyword argument 'x'"),
        ("int(base=1.5)", "int() missing string argument"),
        ("int(5, base=1)", "int() base must be >= 2 and <= 36, or 0"),
        ("str('x', 1.5)", "str() argument 'encoding' must be str, not float"),
        ("str('x', None)", "str() argument 'encoding' must be str, not NoneType"),
        ("str('x', 'y', 1)", "str() argument 'errors' must be str, not int"),
        ("str('x', 'y')", "decoding str is not supported"),
        ("str(1j, 'y')", "decoding to str: need a bytes-like object, complex found"),
        ("sorted(1.5, reverse='a')", "'float' object is not iterable"),
        ("sorted(1.5, x=1)", "'float' object is not iterable"),
        ("sorted('a', x=1)", "sort() got an unexpected keyword argument 'x'"),
        ("dist('ab', 1)", "'int' object is not iterable"),
        ("dist('b', [])", "both points must have the same number of dimensions"),
        ("dist([1, 'a'], [None, 2])", "must be real number, not NoneType"),
        ("round(2.5j, 1.0)", "type complex doesn't define __round__ method"),
        ("pow(1j, 'a', 7)", "unsupported operand type(s) for ** or pow(): 'complex', 'str', 'int'"),
        ("pow([], 1.5, 7)", "pow() 3rd argument not allowed unless all arguments are integers"),
        ("pow(1j, 1.5, 7)", "complex modulo"),
        ("pow(1.5, 1j, 7)", "pow() 3rd argument not allowed unless all arguments are integers"),
        ("pow(1, 2, 1j)", "complex modulo"),
    ] {
        check_words(text, words);
    }
}

#[test]
fn indices_beyond_64_bits_fail_as_in_cpython() {
    for (text, words) in [
        ("'abc'[2**70]", "cannot fit 'int' into an index-sized integer"),
        ("[1][-2**70]", "cannot fit 'int' into an index-sized integer"),
        ("range(3)[2**70]", "range object index out of range"),
        ("[]*2**70", "cannot fit 'int' into an index-sized integer"),
        ("'a'*-2**70", "cannot fit 'int' into an index-sized integer"),
        ("'ab'['x'::0]", "slice step cannot be zero"),
    ] {
        check_words(text, words);
    }
    check("'abc'[:2**70]", "'abc'");
}

#[test]
fn a_complex_power_with_an_infinite_phase_is_a_domain_error() {
    check_words("inf**1j", "zero to a negative or complex power");
}

/// As in Python: assigns the only element of the right side.
#[test]
fn a_single_name_behind_a_comma_takes_the_only_element() {
    check("a, = (1,); a", "1");
    check("a, = [[2]]; a", "[2]");
    check("a, b, = 1, 2; (b, a)", "(2, 1)");
    check_words("a, = 1", "cannot unpack non-iterable int object");
    check_words("a, = 1, 2", "too many values to unpack (expected 1, got 2)");
    let program = parse("a, = 3,", &Limits::default()).unwrap();
    assert_eq!(program.canonical(), "a,=(3,)");
}

/// At the end of an infinite range, the body got infinity itself and failed.
#[test]
fn an_integral_to_infinity_that_does_not_die_away_does_not_converge() {
    let limits = Limits::default();
    for text in ["integral(sin(x)/x, x, 1, inf)", "integral(sin(x), x, -inf, inf)", "integral(cos(x), x, -inf, 0)"] {
        let failure = parse(text, &limits).unwrap().evaluate(&limits).unwrap_err();
        assert_eq!(failure.kind.code(), "no-convergence", "{text}: {failure:?}");
    }
    // √π.
    check("round(integral(exp(-x*x), x, -inf, inf), 12)", "1.772453850906");
}

/// The design's own example of a value worth caching. (The value follows from Faulhaber's formula.)
#[test]
fn a_million_terms_are_within_the_limits() {
    check("sum(k**2, k, 1, 10**6)", "333333833333500000");
}

/// Both were sorted with another algorithm than CPython's, which shows if elements have no order.
#[test]
fn what_has_no_order_stays_where_list_sort_leaves_it() {
    check("sorted([3, nan, 1, 2])", "[3, nan, 1, 2]");
    check("median([2, nan, 1])", "nan");
    check("sorted([1, 2], reverse='yes')", "[2, 1]");
}

/// A nan among the values hid the error.
#[test]
fn both_infinities_have_no_sum() {
    let limits = Limits::default();
    let failure = parse("fsum([nan, inf, -inf])", &limits).unwrap().evaluate(&limits);
    assert_eq!(failure.unwrap_err().kind.python().as_deref(), Some("-inf + inf in fsum"));
}

/// nan was taken for a negative exponent.
#[test]
fn a_complex_zero_to_the_power_of_nan_is_zero() {
    check("0j**nan", "0j");
}

/// The sums over a variable and over a list once differed.
#[test]
fn both_sums_are_compensated() {
    check("sum([0.1]*10), sum(0.1, k, 1, 10)", "(1.0, 1.0)");
    check("sum(0.1+1j, k, 1, 10)", "(1+10j)");
    check("sum(1/k if k < 3 else 10**30, k, 1, 4)", "2e+30");
}

/// The library's reduction was wrong for a base of two words whose upper word is not less than the modulus.
#[test]
fn a_modular_power_takes_any_base() {
    check("pow(2**128-1, 64, 2**63+1)", "8733085739431321059");
    check("pow(2**128-1, 2, -12351950098988224436)", "-6576945421096473683");
    check("pow(2**128-1, 2, 2**64-1)", "0");
}

/// Functions that CPython implements in Python have other messages than those in C.
#[test]
fn statistics_complain_of_their_arguments_as_functions_of_python_do() {
    for (text, words) in [
        ("mean()", "mean() missing 1 required positional argument: 'data'"),
        ("mode(xs=1)", "mode() got an unexpected keyword argument 'xs'"),
        ("mean(1, 2)", "mean() takes 1 positional argument but 2 were given"),
        ("stdev([1], 2, 3)", "stdev() takes from 1 to 2 positional arguments but 3 were given"),
        ("mean([1], data=True)", "mean() got multiple values for argument 'data'"),
        ("stdev([1], 2, xbar=1)", "stdev() got multiple values for argument 'xbar'"),
        ("stdev([1], 2, 3, xbar=1)", "stdev() got multiple values for argument 'xbar'"),
        ("stdev(foo=1, data=[1])", "stdev() got an unexpected keyword argument 'foo'"),
        ("pvariance(mu=1)", "pvariance() missing 1 required positional argument: 'data'"),
    ] {
        fails(text, words);
    }
    check("pvariance(mu=2, data=[1, 3])", "1");
}

#[test]
fn a_type_is_not_subscriptable_under_its_name() {
    fails("int[0]", "type 'int' is not subscriptable");
    fails("str[1:2]", "type 'str' is not subscriptable");
    fails("abs[0]", "'builtin_function_or_method' object is not subscriptable");
}

/// A value that is not finite hid an overflow beside it.
#[test]
fn fsum_overflows_before_it_adds_what_is_not_finite() {
    fails("fsum([nan, 1e308, 1e308])", "intermediate overflow in fsum");
    fails("fsum([1e308, 1e308, inf])", "intermediate overflow in fsum");
    check("fsum([1e308, nan, 1e308])", "nan");
    check("fsum([1e308, inf, 1e308])", "inf");
    fails("fsum([inf, nan, -inf])", "-inf + inf in fsum");
}

/// A form that checks the failure of its body pays for the check. If the fuel ran out there, the error was lost.
#[test]
fn a_failure_in_a_body_costs_the_same_whatever_fuel_there_is() {
    for text in ["sum(''[0]*x, x, 1, 3)", "prod(sum(1//y, y, 0, 3), x, 1, 3)", "derivative(1//x, x, 0)"] {
        let program = parse(text, &Limits::default()).unwrap();
        let with = |fuel| {
            let limits = Limits { fuel, ..Limits::default() };
            let mut fuel = Fuel::new(limits.fuel);
            (program.evaluate_with(&[], &limits, &mut fuel).unwrap_err().kind, fuel.spent())
        };
        let (failure, spent) = with(1_000_000);
        assert!(!matches!(failure, ErrorKind::OutOfFuel { .. }), "{text}");
        assert_eq!(with(spent), (failure, spent), "{text}");
        assert_eq!(with(spent - 1).0, ErrorKind::OutOfFuel { limit: spent - 1 }, "{text}");
    }
}

/// The library's product of integers of more than 4,000 words lost a carry into a word of ones.
#[test]
fn a_product_of_long_integers_keeps_its_carries() {
    check("x=2**256001-2**255873-1; x*x==x**2", "True");
    check("x=2**256001-2**255873-1; [x*x%9, -x*x%9, -x*-x%9, x*(1-x)%9]", "[7, 2, 7, 7]");
    check("(2**524289-2**524161-1)*(2**352193-1)%(2**127-1)", "18014394210320385");
    check("x=2**256001-2**255873-1; [prod([x]*2)%9, sumprod([x], [x])%9, lcm(x, x+1)%9]", "[7, 7, 3]");
}

/// The same product, in Newton's steps and in the check of a candidate. The default fuel is not enough for it.
#[test]
fn an_exact_root_of_a_long_number_is_found() {
    let limits = Limits { fuel: 1_000_000_000_000, ..Limits::default() };
    let context = Context { mode: Mode::Exact, ..Context::default() };
    for text in ["x=2**256001-2**255873-1; sqrt(x**2)==x", "x=2**345601-2**345473-1; cbrt(x**3)==x"] {
        let answer = parse_with(text, &context, &limits).unwrap().evaluate(&limits).unwrap();
        assert_eq!(answer.text(), "True", "{text}");
    }
}

/// The library squared modulo numbers of 61 to 96 words with too little memory, and panicked.
#[test]
fn powers_are_computed_modulo_numbers_of_every_length() {
    check("pow(3, 65537, 2**4096-1)%10**15", "711427830638263");
    check("pow(7, 65537, 2**4096-159)%10**15", "717916825326929");
    check("pow(2**6143, 2, 2**6144-1)%10**15", "113299295535104");
    check("pow(2**3840, 2, 2**3841-1)%10**15", "432085347237888");
    for bits in (3_000..7_000).step_by(64) {
        check(&format!("pow(2**{bits}, 2, 2**{bits}+1)"), "1");
        check(&format!("pow(3**{0}, 3, 3**{0}*2-1)%97==3**{1}%(3**{0}*2-1)%97", bits / 2, bits / 2 * 3), "True");
    }
    // It is its own square, so that factors are equal that are no squaring.
    check("m=2**2100*3**1300; e=2**2100*pow(2**2100, -1, 3**1300)%m; [e*e%m==e, pow(e, 11, m)==e]", "[True, True]");
}
