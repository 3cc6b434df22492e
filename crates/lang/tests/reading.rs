//! Parsing of texts written as on paper (superscripts, dots, blanks, fractions), and errors of other texts.

// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic, clippy::unwrap_used)]

use proptest::prelude::*;
use tabuada_lang::{Context, Error, ErrorKind, Language, Limits, Program, Syntax, fixes, parse, parse_with};

/// The text of the answer, or the code of the error.
fn answer(text: &str) -> String {
    let limits = Limits::default();
    let evaluate = |program: Program| program.evaluate(&limits);
    match parse(text, &limits).map(evaluate) {
        Ok(Ok(answer)) => answer.text().to_owned(),
        Ok(Err(failure)) => failure.kind.code().to_owned(),
        Err(error) => error.kind.code().to_owned(),
    }
}

fn canonical(text: &str) -> String {
    parse(text, &Limits::default()).unwrap_or_else(|error| panic!("{text}: {error:?}")).canonical()
}

fn refusal(text: &str) -> Error {
    parse(text, &Limits::default()).err().unwrap_or_else(|| panic!("{text:?} is read"))
}

#[track_caller]
fn check_answers(answers: &[(&str, &str)]) {
    for (text, right) in answers {
        assert_eq!(answer(text), *right, "{text:?}");
    }
}

/// Both texts are the same calculation with the same key.
#[track_caller]
fn check_same(pairs: &[(&str, &str)]) {
    for (text, other) in pairs {
        assert_eq!(canonical(text), canonical(other), "{text:?} and {other:?}");
    }
}

#[test]
fn a_run_of_superscripts_is_one_exponent() {
    check_answers(&[
        ("2³⁻¹", "4"),
        ("2³⁺¹", "16"),
        ("2¹⁰⁻⁸", "4"),
        ("2⁻¹⁺²", "2"),
        ("2⁻¹⁻¹", "0.25"),
        ("2⁻⁻¹", "2"),
        ("x = 3; x²⁺¹", "27"),
        ("2⁽¹⁺²⁾", "8"),
        ("(1+2)⁽⁴⁻²⁾", "9"),
        ("2⁽⁽¹⁺²⁾⁻⁽¹⁻²⁾⁾", "16"),
        ("n = 3; 2ⁿ", "8"),
        ("n = 3; 2ⁿ⁺¹", "16"),
        ("n = 3; 2⁻ⁿ", "0.125"),
        ("x = 3; xˣ", "27"),
        ("x = 2; n = 5; xⁿ", "32"),
        ("ab = 2; 3ᵃᵇ", "9"),
        ("π = 2; φ = 3; πᵠ", "8"),
        ("2ˢⁱⁿ⁽⁰⁾", "1.0"),
        ("10⁻⁰⁵", "1e-05"),
        ("2¹²⁸⁻⁶⁴", "18446744073709551616"),
        ("2⁰⁰⁰⁰⁰⁰⁰⁰⁰⁰¹⁰", "1024"),
        // Operators outside the superscripts keep their precedence.
        ("-2²⁺¹", "-8"),
        ("2**3²⁻¹", "8"),
        ("3!²⁻¹", "6"),
        ("√16²⁻¹", "4.0"),
        ("2·3²⁻¹·5", "30"),
        ("|-3|²⁺¹", "27"),
        ("[1, 2, 3][1]²⁺¹", "8"),
        ("2²√9", "6.0"),
        ("²√9²⁻¹", "3.0"),
        ("(2²)⁽³⁻¹⁾", "16"),
    ]);
    assert_eq!(canonical("2³⁻¹"), "2**(3-1)");
    assert_eq!(canonical("xⁿ"), "x**n");
    assert_eq!(canonical("2⁽³⁾"), "2**3");
}

#[test]
fn the_power_of_a_function_may_be_a_run() {
    check_same(&[
        ("sin²(1)", "sin(1)**2"),
        ("sin⁻¹(1)", "asin(1)"),
        ("n = 2; sinⁿ(1)", "n = 2; sin(1)**n"),
        ("n = 2; cosⁿ⁻¹(1)²", "n = 2; (cos(1)**(n-1))**2"),
        ("sin²⁺¹(1)!", "(sin(1)**(2+1))!"),
        ("sin²(sin³⁻¹(1))", "sin(sin(1)**(3-1))**2"),
        // A function with a name of one letter is not meant here.
        ("x²⁺¹", "x**(2+1)"),
    ]);
    for text in ["sin⁻²(1)", "sin⁽⁻¹⁾(1)", "sin⁻ⁿ(1)"] {
        assert_eq!(refusal(text).span.of(text), &text[3..text.len() - 3], "{text}");
    }
}

#[test]
fn a_run_that_is_no_expression_is_refused_whole() {
    for (text, run) in [
        ("2⁺", "⁺"),
        ("1 + 2⁻ + 3", "⁻"),
        ("2⁽¹", "⁽¹"),
        ("(2⁽¹)", "⁽¹"),
        ("2⁾", "⁾"),
        ("(2⁾", "⁾"),
        ("2¹⁺⁾³", "¹⁺⁾³"),
        ("2⁽¹⁾²", "⁽¹⁾²"),
        ("2²ⁿ", "²ⁿ"),
        ("2¹⁼¹", "¹⁼¹"),
        ("2ⁱᶠ", "ⁱᶠ"),
        ("2ᵀʳᵘᵉ", "ᵀʳᵘᵉ"),
        ("2¹ᵉ⁵", "¹ᵉ⁵"),
        // There is no operand for the exponent.
        ("²", "²"),
        ("2 + ⁿ", "ⁿ"),
        ("2 ²", "²"),
        // The index of a root must be a number.
        ("³⁻¹√8", "³⁻¹"),
        ("ⁿ√8", "ⁿ"),
        ("⁺³√8", "⁺³"),
        ("2¹√8", "¹"),
    ] {
        let error = refusal(text);
        assert_eq!((error.kind.code(), error.span.of(text)), ("syntax", run), "{text}");
    }
    let ErrorKind::Syntax(_) = refusal("2²ⁿ").kind else { panic!() };
    assert!(refusal("2²ⁿ").kind.message(Language::English).contains("'2n'"));
    assert!(refusal("2²ⁿ").kind.message(Language::Portuguese).contains("'2n'"));
}

#[test]
fn brackets_in_a_run_count_to_the_limit_of_depth() {
    let limits = Limits::default();
    let nested = |depth: usize| format!("2{}1{}", "⁽".repeat(depth), "⁾".repeat(depth)).replace('1', "¹");
    assert!(parse(&nested(200), &limits).is_ok());
    assert!(matches!(refusal(&nested(201)).kind, ErrorKind::TooDeep { .. }));
    assert!(matches!(refusal(&nested(10_000)).kind, ErrorKind::TooDeep { .. }));
    assert_eq!(answer(&format!("2{}", "⁻".repeat(20_000) + "¹")), "2");
}

/// Arithmetic that superscripts can express: digits, signs, brackets, names.
fn raisable() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![3 => "0|[1-9][0-9]?", 1 => "[nxab]"];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), "[+-]", inner.clone()).prop_map(|(left, sign, right)| left + &sign + &right),
            ("[+-]", inner.clone()).prop_map(|(sign, operand)| sign + &operand),
            inner.prop_map(|inside| format!("({inside})")),
        ]
    })
}

fn raised(text: &str) -> String {
    let (line, raised) = ("0123456789+-()nxab", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿˣᵃᵇ");
    text.chars().map(|sign| raised.chars().nth(line.find(sign).unwrap()).unwrap()).collect()
}

proptest! {
    /// Characters as superscripts, or after `**` in brackets, give the same program in every mode.
    #[test]
    fn superscripts_are_the_same_signs_on_the_line(
        base in "2|x|\\(1\\+2\\)|-3|3!|√4|2\\*x|f\\(1\\)",
        exponent in raisable(),
        mode in prop::sample::select(vec!["python", "exact", "decimal:28"]),
    ) {
        let limits = Limits::default();
        let context = Context { mode: mode.parse().unwrap(), ..Context::default() };
        let before = "n = 2; x = 3; a = 1; b = 4; f(y) @= y+1; ";
        let program = parse_with(&format!("{before}{base}{}", raised(&exponent)), &context, &limits).unwrap();
        // `√4²` is the root of the square, but `√4**2` is the square of the root.
        let base = if base == "√4" { "√(4" } else { &base };
        let end = if base == "√(4" { ")" } else { "" };
        let line = parse_with(&format!("{before}{base}**({exponent}){end}"), &context, &limits).unwrap();
        prop_assert_eq!(program.canonical(), line.canonical());
        let evaluate = |program: &Program| match program.evaluate(&limits) {
            Ok(answer) => answer.text().to_owned(),
            Err(failure) => format!("{:?}", failure.kind),
        };
        prop_assert_eq!(evaluate(&program), evaluate(&line));
    }

    /// Superscripts in any order are parsed, or refused with a place in the text.
    #[test]
    fn any_run_is_read_or_refused(run in "[⁰¹²⁺⁻⁼⁽⁾ⁿˣˢⁱᵀ]{1,12}", before in "2|x|sin|", behind in "|√9|\\(1\\)|!|²| ²|\\*3") {
        let text = format!("{before}{run}{behind}");
        let limits = Limits::default();
        match parse(&text, &limits) {
            Ok(program) => {
                let canonical = program.canonical();
                prop_assert_eq!(parse(&canonical, &limits).unwrap().canonical(), canonical);
            }
            Err(error) => prop_assert!(text.get(error.span.start as usize..error.span.end as usize).is_some()),
        }
    }
}

#[test]
fn a_raised_dot_multiplies() {
    check_answers(&[
        ("3²·2", "18"),
        ("2·3", "6"),
        ("2 · 3", "6"),
        ("2\u{387}3", "6"),
        ("r = 2; 4/3·π·r³", "33.510321638291124"),
        ("n = 4; n·n!", "96"),
        ("r = 3; π·r²", "28.274333882308138"),
        ("x = 2; 2·x³+1", "17"),
        ("m = 2; c = 5; m·c²", "50"),
        ("m = 2; g = 3; h = 5; m·g·h", "30"),
        ("a₁ = 2; a₁·a₁", "4"),
        ("(1+2)·(3+4)", "21"),
        ("[1]·2", "[1, 1]"),
        ("'a·b'", "'a·b'"),
        ("# a·b\n'ab'", "'ab'"),
    ]);
    check_same(&[("a·b", "a*b"), ("a·b²", "a*b**2"), ("2·30°", "2*radians(30)"), ("a\u{387}b", "a*b")]);
}

#[test]
fn blanks_of_every_width_are_blanks() {
    for blank in
        "\u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}\u{202f}\u{205f}\u{3000}\t\u{c}"
            .chars()
    {
        let text = format!("{blank}2{blank}+{blank}max(1,{blank}3){blank}");
        assert_eq!(canonical(&text), "2+max(1,3)", "U+{:04X}", blank as u32);
        assert_eq!(answer(&format!("'{blank}' == ' '")), "False", "U+{:04X}", blank as u32);
        // Two numbers stay separate, and an exponent must be attached.
        assert_eq!(refusal(&format!("1{blank}000")).span.of(&format!("1{blank}000")), "000");
        assert_eq!(refusal(&format!("2{blank}²")).span.of(&format!("2{blank}²")), "²");
    }
    // Characters without a width, and those that end lines elsewhere, are refused.
    for other in "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}\u{ad}\u{b}\u{85}\u{2028}\u{2029}\0".chars() {
        assert_eq!(answer(&format!("1 {other}+ 1")), "syntax", "U+{:04X}", other as u32);
    }
}

/// Names are Python's, except for the signs that are operators here; the canonical text of every name is the name.
#[test]
fn a_name_of_any_character_has_a_canonical_text() {
    for character in '\0'..=char::MAX {
        let text = format!("x{character}x");
        let Ok(program) = parse(&text, &Limits::default()) else { continue };
        let canonical = program.canonical();
        let again = parse(&canonical, &Limits::default()).unwrap_or_else(|error| panic!("{text:?}: {error:?}"));
        assert_eq!(again.canonical(), canonical, "{text:?}");
    }
}

#[test]
fn fractions_in_one_character_are_quotients_in_brackets() {
    check_answers(&[
        ("½", "0.5"),
        ("½+¼", "0.75"),
        ("¾ - ⅔", "0.08333333333333337"),
        ("k = 2; x = 3; ½·k·x²", "9.0"),
        ("½²", "0.25"),
        ("4**½", "2.0"),
        ("-½", "-0.5"),
        ("√¼", "0.5"),
        ("⅒", "0.1"),
        ("'½'", "'½'"),
        ("½!", "type-error"),
    ]);
    check_same(&[
        ("½", "1/2"),
        ("½", "(1/2)"),
        ("½·k·x²", "(1/2)*k*x²"),
        ("x/½", "x/(1/2)"),
        ("2**⅓²", "2**((1/3)**2)"),
        ("½**½", "(1/2)**(1/2)"),
        ("max(½, ⅞)", "max(1/2, 7/8)"),
    ]);
    // NFKC gives the digits of each fraction; the numerator has one digit, and the denominator of `⅒` two.
    let (exact, limits) = (Context { mode: "exact".parse().unwrap(), ..Context::default() }, Limits::default());
    for (fraction, quotient) in "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒"
        .chars()
        .zip("1/2 1/3 2/3 1/4 3/4 1/5 2/5 3/5 4/5 1/6 5/6 1/7 1/8 3/8 5/8 7/8 1/9 1/10".split(' '))
    {
        let program = parse_with(&fraction.to_string(), &exact, &limits).unwrap();
        let answer = program.evaluate(&limits).unwrap();
        assert_eq!(answer.text(), quotient);
    }
}

#[test]
fn a_number_before_a_fraction_has_two_readings_and_is_refused() {
    for (text, marked) in [("2½", "2½"), ("1 + 10½ + 2", "10½"), ("-2 ½", "2 ½"), ("2*3½", "3½")] {
        let error = refusal(text);
        assert_eq!(error.span.of(text), marked, "{text}");
        assert!(matches!(error.kind, ErrorKind::Syntax(Syntax::MixedNumber { .. })), "{text}: {error:?}");
    }
    let message = refusal("2½").kind.message(Language::English);
    assert!(message.contains("2+1/2") && message.contains("2*(1/2)"), "{message}");
    // Beside any other operand, an operator is missing.
    for text in ["x½", "½x", "(2)½", "2²½", "½½", "½3", "2.5½"] {
        let error = refusal(text);
        assert!(matches!(error.kind, ErrorKind::Syntax(Syntax::MissingOperator { .. })), "{text}: {error:?}");
    }
}

#[test]
fn zeros_behind_a_comma_are_decimals() {
    for (text, marked, written) in [
        ("abs(-4,04)", "4,04", "4.04"),
        ("10,05 + 1", "10,05", "10.05"),
        ("sqrt(2,05)", "2,05", "2.05"),
        ("8,08²", "8,08", "8.08"),
        ("1000*1,005", "1,005", "1.005"),
        ("99,09 > 99", "99,09", "99.09"),
        ("0,05", "0,05", "0.05"),
        ("1.234,05", "1.234,05", "1234.05"),
        ("x = 2; x*3,07", "3,07", "3.07"),
    ] {
        let error = refusal(text);
        assert_eq!(error.span.of(text), marked, "{text}");
        let ErrorKind::Syntax(Syntax::DecimalComma { found, meant }) = &error.kind else { panic!("{text}: {error:?}") };
        assert_eq!((&**found, &**meant), (marked, written), "{text}");
        for language in [Language::English, Language::Portuguese] {
            assert!(error.kind.message(language).contains(written), "{text}");
        }
    }
    // Groups of thousands, and texts that look similar.
    assert_eq!(answer("1,000"), "(1, 0)");
    for (text, written) in [("1,005,000", "1005000"), ("12,345,067/2", "12345067")] {
        let ErrorKind::Syntax(Syntax::Misspelled { meant, .. }) = refusal(text).kind else { panic!("{text}") };
        assert_eq!(meant, written);
    }
    for text in ["007", "1, 05", "x1,05", ".5,05", "1.5,05", "05,5", "1,0_5", "[2, 05]"] {
        assert_eq!(refusal(text).kind, Syntax::LeadingZeros.into(), "{text}");
    }
}

#[test]
fn dates_and_times_are_no_numbers() {
    for (text, marked) in [
        ("2024-01-01", "2024-01-01"),
        ("31/08/2024 - 01/01/2024", "31/08/2024"),
        ("2025-03-09", "2025-03-09"),
        ("12/31/24 + 01/02/24", "01/02/24"),
        ("1 + 01.02.2024", "01.02.2024"),
        ("09:30", "09:30"),
        ("07:05", "07:05"),
        ("9:05 - 8:00", "9:05"),
        ("12:30:45", "12:30:45"),
        ("2024-05-07T10:00", "2024-05-07"),
    ] {
        let error = refusal(text);
        assert_eq!(error.span.of(text), marked, "{text}");
        assert!(matches!(error.kind, ErrorKind::Syntax(Syntax::DateOrTime { .. })), "{text}: {error:?}");
        assert!(fixes(text, &error, &Context::default(), &Limits::default()).is_empty(), "{text}");
    }
    check_answers(&[("2024-12-25", "1987"), ("31/10/2", "1.55"), ("[1, 2, 3][1:30]", "[2, 3]"), ("1 ? 12:30", "12")]);
    // Neither a date nor a time, since the parts are out of range.
    for text in ["2024-13-05", "2024-1-045", "32/01/2024", "1/05", "25:61", "6:2", "1.2.3", "1-2-03-4"] {
        let Err(error) = parse(text, &Limits::default()) else { panic!("{text}") };
        assert!(!matches!(error.kind, ErrorKind::Syntax(Syntax::DateOrTime { .. })), "{text}: {error:?}");
    }
}

#[test]
fn an_equal_sign_asks_for_no_answer() {
    for (text, marked) in [
        ("2+2=", "="),
        ("10/4=?", "=?"),
        ("2+2 = ?", "= ?"),
        ("=2016 - 44", "="),
        ("= 7*8 =", "="),
        ("sqrt(16)=", "="),
        ("5!=", "="),
        ("5!=?", "="),
        ("(1+2)!=", "="),
        ("x = ?", "= ?"),
        ("x = 5 =", "="),
        ("x = 3; x+1=", "="),
        ("2+2=; 3", "="),
    ] {
        let error = refusal(text);
        assert_eq!((error.kind, error.span.of(text)), (Syntax::StrayEqual.into(), marked), "{text}");
    }
    // A name is cleared; comparisons, assignments and unfinished statements are not affected.
    check_answers(&[("x =", "None"), ("a, b =", "None"), ("x = 3; x", "3"), ("5 != 3", "True")]);
    for text in ["2+2=4", "x!=", "2 ==", "f(x=)", "(2=)", "2 != "] {
        assert_ne!(refusal(text).kind, Syntax::StrayEqual.into(), "{text}");
    }
}

/// As in CPython 3.14, a name that becomes a constant by NFKC is refused, and one that becomes a keyword is a name.
#[test]
fn no_name_becomes_a_constant() {
    for (text, meant) in [("Ｔｒｕｅ", "True"), ("1 + Ｆalse", "False"), ("[Ｎｏｎｅ]", "None")] {
        let ErrorKind::Syntax(Syntax::Misspelled { meant: written, .. }) = refusal(text).kind else { panic!("{text}") };
        assert_eq!(written, meant);
    }
    check_answers(&[("ａｎｄ", "unknown-name"), ("Ｔ = 1; T", "1"), ("True", "True")]);
}
