//! How answers are shown, judged by the records of `corpus/shown.jsonl`, by the examples of the rules, and by laws over
//! random values.

// Helpers of tests may panic as tests do.
#![allow(clippy::panic, clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::Value as Json;
use tabuada_lang::{
    Answer, Context, DecimalSign, Digits, Format, Grouping, Limits, Mode, Notation, Presentation, PresentationError,
    parse, parse_with,
};

const SIGNS: [DecimalSign; 2] = [DecimalSign::Point, DecimalSign::Comma];

/// Shows a text in Python's mode by parameters such as `digits=3 format=sci`.
fn show(text: &str, parameters: &str) -> Option<String> {
    let given = |name: &str| parameters.split(' ').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let shown = Presentation::named(None, given("digits"), given("format"), given("decimal"), given("group"));
    shown.unwrap().unwrap_or_default().show(text, Mode::Python)
}

#[test]
fn numbers_are_shown_as_another_tool_computes_them() {
    let path = format!("{}/../../../corpus/shown.jsonl", env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for line in std::fs::read_to_string(path).unwrap().split('\n').filter(|line| !line.is_empty()) {
        let record: Json = serde_json::from_str(line).unwrap();
        let given = |name: &str| record[name].as_str();
        let digits = record["digits"].as_u64().map(|digits| digits.to_string());
        let shown = Presentation::named(None, digits.as_deref(), given("format"), given("decimal"), given("group"));
        let mode = given("mode").unwrap().parse().unwrap();
        assert_eq!(shown.unwrap().unwrap().show(given("text").unwrap(), mode).as_deref(), given("shown"), "{line}");
        count += 1;
    }
    assert!(count > 1_900, "{count}");
}

/// By hand, from the rules.
#[test]
fn numbers_are_shown_by_the_rules() {
    for (text, parameters, shown) in [
        ("4.5", "decimal=comma format=auto", "4,5"),
        ("(3, 6)", "decimal=comma", "(3; 6)"),
        ("2.675", "format=fixed:2", "2.68"),
        ("0.5", "format=fixed:0", "1"),
        ("-0.004", "format=fixed:2", "0.00"),
        ("0.5833333333333334", "format=fraction", "7/12"),
        ("3.0", "format=fraction", "3"),
        ("1.5e+20", "decimal=comma", "1,5·10^20"),
        ("1e-05", "", "0.00001"),
        ("9.9e-06", "", "9.9·10^-6"),
        ("4.0", "", "4"),
        ("1e+16", "", "1·10^16"),
        ("9999999999999998.0", "", "9999999999999998"),
        ("299792458", "format=sci digits=3", "3·10^8"),
        ("47000.0", "format=eng", "47·10^3"),
        ("0.000123", "format=eng", "123·10^-6"),
        ("2", "format=sci", "2·10^0"),
        ("0.0", "format=sci", "0"),
        ("0.6666666666666666", "digits=3", "0.667"),
        ("0.5", "digits=3", "0.5"),
        ("123456", "digits=3", "123000"),
        ("1267650600228229401496703205376", "digits=5", "1.2677·10^30"),
        ("1234.5", "group=sign", "1234.5"),
        ("12345.678", "group=sign", "12,345.678"),
        ("12345.678", "group=sign decimal=comma", "12.345,678"),
        ("-1234567", "group=space", "-1\u{202f}234\u{202f}567"),
        ("[12345, 1.0]", "group=sign", "[12,345; 1]"),
        ("(2.0,)", "decimal=comma", "(2;)"),
        ("['1.5, 2', True, None, inf, set()]", "decimal=comma", "['1.5, 2'; True; None; inf; set()]"),
        ("'it\\'s 1.5'", "decimal=comma", "'it\\'s 1.5'"),
        ("\"it's 1.5\"", "decimal=comma", "\"it's 1.5\""),
        ("(1+2.5j)", "decimal=comma", "(1+2,5j)"),
        ("(nan-1e+20j)", "", "(nan-1e+20j)"),
        ("(-inf+0.25j)", "format=fixed:1", "(-inf+0.3j)"),
    ] {
        assert_eq!(show(text, parameters).as_deref(), Some(shown), "{text} {parameters}");
    }
}

/// By long division: 1/7 is 0.142857 142857 …, 22/7 is 3.142857 …, 1/8 is 0.125.
#[test]
fn fractions_are_divided_exactly() {
    for (text, parameters, shown) in [
        ("1/7", "", "1/7"),
        ("-22000/7", "format=fraction group=space", "-22\u{202f}000/7"),
        ("1/7", "format=fixed:8", "0.14285714"),
        ("-22/7", "digits=5", "-3.1429"),
        ("1/8", "digits=9 decimal=comma", "0,125"),
        ("1/8", "format=fixed:2", "0.13"),
        ("1/7", "format=sci", "1.428571428571429·10^-1"),
        ("2200000/7", "format=eng digits=4", "314.3·10^3"),
        ("1/70000000", "digits=2", "1.4·10^-8"),
    ] {
        let given = |name: &str| parameters.split(' ').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let named = Presentation::named(None, given("digits"), given("format"), given("decimal"), given("group"));
        let presentation = named.unwrap().unwrap_or_default();
        assert_eq!(presentation.show(text, Mode::Exact).as_deref(), Some(shown), "{text} {parameters}");
    }
}

#[test]
fn only_the_choices_are_read() {
    let named = |digits, format, group| Presentation::named(None, digits, format, None, group);
    for wrong in ["0", "1001", "-1", "+5", "05", "5.0", "", " 5", "five", "99999999999999999999"] {
        assert_eq!(named(Some(wrong), None, None), Err(PresentationError::Digits), "{wrong}");
    }
    for wrong in ["", "Auto", "fixed", "fixed:", "fixed:101", "fixed:-1", "fixed:02", "fixed:+2", "sci:3"] {
        assert_eq!(named(None, Some(wrong), None), Err(PresentationError::Format), "{wrong}");
    }
    assert_eq!(named(None, None, Some("comma")), Err(PresentationError::Group));
    assert_eq!(Presentation::named(None, None, None, Some("."), None), Err(PresentationError::Decimal));
    let all = Presentation { digits: Digits::new(1000), format: Format::Fixed(100), ..Presentation::default() };
    assert_eq!(named(Some("1000"), Some("fixed:100"), None), Ok(Some(all)));
    // What is not given stays as usual.
    let both = Presentation { group: Grouping::Space, ..all };
    assert_eq!(Presentation::named(Some(all), None, None, None, Some("space")), Ok(Some(both)));
    assert_eq!(
        (named(None, None, None), Presentation::named(Some(all), None, None, None, None)),
        (Ok(None), Ok(Some(all)))
    );
}

/// The longest answers: each takes linear time, and a longer text than 2 MiB is not made.
#[test]
fn what_is_shown_is_bounded() {
    let integer = "7".repeat(100_000);
    assert_eq!(show(&integer, "group=space").unwrap().len(), 100_000 + 33_333 * "\u{202f}".len());
    assert_eq!(show(&integer, "digits=1").unwrap(), "8·10^99999");
    let list = |element: &str, count: usize| format!("[{}]", vec![element; count].join(", "));
    assert_eq!(show(&list("1e+308", 10_000), "format=fixed:100"), None);
    assert_eq!(show(&list("1", 10_000), "format=fixed:100").unwrap().len(), 10_000 * 104);
    assert_eq!(show(&"[".repeat(100_000), "digits=1").unwrap().len(), 100_000);
    let decimal = |text: &str| {
        Presentation { format: Format::Fixed(2), ..Presentation::default() }.show(text, "decimal:5".parse().unwrap())
    };
    assert_eq!(decimal("1E+999999").as_deref(), Some("1·10^999999"));
    assert_eq!(decimal("1E-999999").as_deref(), Some("0.00"));
    assert_eq!(decimal("0E+999999").as_deref(), Some("0.00"));
    let nines = "9".repeat(19_000);
    let fraction = format!("1{}/{nines}", "0".repeat(18_999));
    let digits = Presentation { digits: Digits::new(1000), ..Presentation::default() };
    assert_eq!(digits.show(&fraction, Mode::Exact).as_deref(), Some("0.1"));
}

/// Any text, even one that no answer has, is shown without a panic.
fn anything() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[-+0-9.eEj/(),\\[\\]{}' \\\\infa]{0,24}"]
}

fn presentation() -> impl Strategy<Value = Presentation> {
    let format = prop_oneof![
        Just(Format::Auto),
        (0..=100_u8).prop_map(Format::Fixed),
        Just(Format::Scientific),
        Just(Format::Engineering),
        Just(Format::Fraction),
    ];
    let group = prop_oneof![Just(Grouping::None), Just(Grouping::Space), Just(Grouping::Sign)];
    (prop::option::of(1..=1_000_u64), format, prop::sample::select(&SIGNS[..]), group).prop_map(
        |(digits, format, decimal, group)| Presentation {
            digits: digits.and_then(Digits::new),
            format,
            decimal,
            group,
        },
    )
}

fn float() -> impl Strategy<Value = f64> {
    let any_size = any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |value| value.is_finite());
    let short = (-999_i32..1_000, -30..30).prop_map(|(digits, power)| format!("{digits}e{power}").parse().unwrap());
    prop_oneof![any_size, -1e6..1e6, short]
}

fn value(text: &str, notation: Notation) -> Answer {
    let context = Context { notation, ..Context::default() };
    let program = parse_with(text, &context, &Limits::default()).unwrap_or_else(|error| panic!("{text}: {error}"));
    program.evaluate(&Limits::default()).unwrap_or_else(|failure| panic!("{text}: {failure}"))
}

fn as_float(answer: &Answer) -> f64 {
    answer.text().parse().unwrap()
}

/// The significant digits of a number that is shown without an exponent.
fn significant(number: &str) -> usize {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').len()
}

proptest! {
    /// Law 5 of the notations, for the usual format without groups.
    #[test]
    fn what_is_shown_reads_back(floats in prop::collection::vec(float(), 2..4), integer in any::<i128>()) {
        let text = |float: f64| parse(&format!("{float:?}"), &Limits::default()).unwrap().evaluate(&Limits::default()).unwrap().text().to_owned();
        for decimal in SIGNS {
            let (presentation, notation) = (Presentation { decimal, ..Presentation::default() }, Notation::School { decimal });
            let reads = |text: &str| value(&presentation.show(text, Mode::Python).unwrap(), notation);
            prop_assert_eq!(as_float(&reads(&text(floats[0]))), floats[0]);
            let whole = reads(&integer.to_string());
            prop_assert_eq!(whole.text(), integer.to_string());
            for [open, close] in ["[]", "()"].map(|pair| [&pair[..1], &pair[1..]]) {
                let all: Vec<String> = floats.iter().map(|float| text(*float)).collect();
                let list = reads(&format!("{open}{}{close}", all.join(", ")));
                prop_assert_eq!(list.elements().unwrap().map(|part| as_float(&part)).collect::<Vec<_>>(), floats.clone());
            }
        }
    }

    #[test]
    fn no_more_digits_are_shown_than_were_asked_for(float in float(), digits in 1..20_u64, presentation in presentation()) {
        let presentation = Presentation { digits: Digits::new(digits), ..presentation };
        prop_assume!(presentation.format != Format::Fraction);
        let shown = presentation.show(&format!("{float:?}"), Mode::Python).unwrap();
        let mantissa = shown.split(['·', 'e']).next().unwrap();
        prop_assert!(significant(mantissa) <= digits as usize, "{}", shown);
    }

    /// It is the fraction of the value, in lowest terms.
    #[test]
    fn a_fraction_is_the_float(numerator in 1..1_000_000_u64, denominator in 2..1_000_u64) {
        let float = numerator as f64 / denominator as f64;
        prop_assume!(float.fract() != 0.0);
        let shown = show(&format!("{float:?}"), "format=fraction").unwrap();
        let (p, q) = shown.split_once('/').unwrap();
        let (p, q): (u64, u64) = (p.parse().unwrap(), q.parse().unwrap());
        prop_assert_eq!(u128::from(p) * u128::from(denominator), u128::from(q) * u128::from(numerator));
        prop_assert!(q <= denominator);
    }

    #[test]
    fn any_text_is_shown(text in anything(), presentation in presentation()) {
        for mode in ["python", "exact", "decimal:28"] {
            let _ = presentation.show(&text, mode.parse().unwrap());
        }
    }
}
