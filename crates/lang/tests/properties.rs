//! Properties of all values and all texts, tested with generated ones.
// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic, clippy::unwrap_used)]

use crate::laws;

use proptest::prelude::*;
use proptest::strategy::Union;
use tabuada_lang::{Answer, ErrorKind, JsonNumbers, Limits, parse};

fn evaluate(text: &str) -> Answer {
    let limits = Limits::default();
    let program = parse(text, &limits).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    program.evaluate(&limits).unwrap_or_else(|failure| panic!("{text}: {failure:?}"))
}

/// The text of a value is parsed as the same value: of the same type, equal, with the same text.
fn check_value(literal: &str) -> Answer {
    let answer = evaluate(literal);
    let again = evaluate(answer.text());
    assert_eq!((again.type_name(), again.text()), (answer.type_name(), answer.text()), "{literal}");
    let equal = evaluate(&format!("({literal}) == ({})", answer.text()));
    assert_eq!(equal.as_bool(), Some(true), "{literal}");
    answer
}

/// A string literal that writes each character as its number.
fn string(string: &str) -> String {
    format!("'{}'", string.chars().map(|c| format!("\\U{:08x}", c as u32)).collect::<String>())
}

fn finite() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(f64::from_bits).prop_filter("a literal", |x| x.is_finite())
}

/// Literals of every type, with nested containers. Floats are written with all digits that they can have.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "-?(0|[1-9][0-9]{0,40})",
        finite().prop_map(|x| format!("{x:.30e}")),
        any::<String>().prop_map(|text| string(&text)),
        // A non-zero real part keeps both signs, unless the imaginary part is zero.
        (finite(), finite())
            .prop_filter("signs that a sum keeps", |(x, y)| *x != 0.0 && *y != 0.0)
            .prop_map(|(x, y)| format!("({x:e}{y:+e}j)")),
        prop::sample::select(vec!["True", "False", "None", "set()", "()", "[]"]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(5, 30, 5, |inner| {
        let hashable = prop_oneof!["[0-9]", "[0-9]\\.[05]", any::<String>().prop_map(|text| string(&text))];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|parts| format!("[{}]", parts.join(","))),
            prop::collection::vec(inner, 1..5).prop_map(|parts| format!("({},)", parts.join(","))),
            prop::collection::vec(hashable.clone(), 1..6).prop_map(|parts| format!("{{{}}}", parts.join(","))),
            prop::collection::vec(hashable, 1..4).prop_map(|parts| format!("{{1, ({},), {{2}}}}", parts.join(","))),
        ]
    })
}

const TOKENS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "16",
    "1_000",
    "0x10",
    "0b1",
    "1.5",
    ".5",
    "2.",
    "1e3",
    "1e400",
    "2j",
    "'a'",
    "\"é\"",
    "''",
    "x",
    "y",
    "f",
    "k",
    "pi",
    "π",
    "e",
    "x₁",
    "True",
    "None",
    "+",
    "-",
    "−",
    "*",
    "×",
    "/",
    "÷",
    "//",
    "%",
    " mod ",
    "**",
    "~",
    "<<",
    ">>",
    "&",
    "|",
    "^",
    "!",
    "°",
    "√",
    "³√",
    "²",
    "⁻¹",
    "²³",
    "ⁿ⁺¹",
    "⁽",
    "⁾",
    "⁻",
    "·",
    "½",
    "\u{2009}",
    "n",
    "1,05",
    "= ?",
    "∪",
    "∩",
    "∆",
    "∖",
    "<",
    "<=",
    "≥",
    "==",
    "!=",
    "≠",
    " in ",
    " not in ",
    "∈",
    " is ",
    " is not None",
    " and ",
    " or ",
    " not ",
    "∧",
    "¬",
    " if ",
    " else ",
    "?",
    ":",
    "(",
    "(",
    "(",
    ")",
    ")",
    ")",
    "[",
    "]",
    "[",
    "]",
    "{",
    "}",
    "|",
    ",",
    ",",
    ";",
    "=",
    "←",
    "@=",
    "x=",
    "f(x)@=",
    "sum(k,k,1,",
    "sum(",
    "abs(",
    "max(",
    "round(",
    "sin²(",
    "cos(",
    "cot(-",
    "sqrt(",
    "len(",
    "sorted(",
    "key=",
    "math.",
    ".",
    "\n",
    "\\\n",
    "# c\n",
    " ",
    "\t",
];

fn tokens() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(TOKENS.to_vec()), 0..14).prop_map(|parts| parts.concat())
}

/// Texts that can be parsed, in all notations. Boxes, since all these types in each other would need much of a small
/// stack.
fn expression() -> BoxedStrategy<String> {
    let atom = prop::sample::select(vec![
        "0", "1", "2", "3", "7", "10", "0x1F", "1.5", ".25", "2e3", "1e400", "2j", "'ab'", "''", "pi", "τ", "e",
        "True", "False", "None", "x", "[1,2,3]", "(1,)", "{1,2}", "{}", "range(4)",
    ]);
    let texts = atom.prop_map(str::to_owned).prop_recursive(5, 30, 3, |inner| {
        let two = prop::sample::select(vec![
            "+", "-", "−", "*", "×", "/", "÷", "//", "%", " mod ", "&", "|", "^", "∪", "∩", "∆", "∖", "<", "≤", "==",
            "≠", " in ", "∉", " and ", "∨", "<<", ">>",
        ]);
        let one = prop::sample::select(vec!["-", "+", "~", "not ", "¬", "√", "⁴√", "--"]);
        let behind = prop::sample::select(vec!["!", "²", "⁻¹", "°", "°", "[0]", "[1:]", "[::-1]", "(2)"]);
        let function = prop::sample::select(vec![
            "abs", "round", "sqrt", "sin²", "tan⁻¹", "sin", "sec", "len", "sum", "sorted", "max", "list", "str", "int",
            "ln", "bool", "rad",
        ]);
        Union::new([
            (inner.clone(), two, inner.clone()).prop_map(|(a, op, b)| format!("{a}{op}{b}")).boxed(),
            (one, inner.clone()).prop_map(|(op, a)| format!("({op}{a})")).boxed(),
            (inner.clone(), behind).prop_map(|(a, op)| format!("({a}){op}")).boxed(),
            (inner.clone(), "[0-3]").prop_map(|(a, n)| format!("({a})**{n}")).boxed(),
            (function, inner.clone()).prop_map(|(f, a)| format!("{f}({a})")).boxed(),
            inner.clone().prop_map(|a| format!("|{a}|")).boxed(),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, c, b)| format!("({a} if {c} else {b})"))
                .boxed(),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, c, b)| format!("({c} ? {a} : {b})")).boxed(),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("sum({a}*x, x, 1, 3)+{b}")).boxed(),
            (inner.clone(), inner).prop_map(|(a, b)| format!("[{a}, {b}]")).boxed(),
        ])
    });
    texts.boxed()
}

/// Statements before an expression.
fn text() -> impl Strategy<Value = String> {
    let statement = prop_oneof![
        Just(String::new()),
        expression().prop_map(|value| format!("x = {value}; ")),
        expression().prop_map(|value| format!("x, y ← {value}, 2; ")),
        expression().prop_map(|body| format!("x @= {body}; ")),
        expression().prop_map(|body| format!("f(x) @= {body}; x = f(2); ")),
    ];
    (statement, expression()).prop_map(|(statement, value)| statement + &value)
}

proptest! {
    #[test]
    fn the_text_of_a_value_reads_as_the_value(literal in value()) {
        check_value(&literal);
    }

    #[test]
    fn a_float_is_read_and_written_to_the_bit(x in finite()) {
        // All digits are written, and the language must find the shortest text of the same float.
        let answer = check_value(&format!("{x:.800e}"));
        prop_assert_eq!(answer.as_f64().map(f64::to_bits), Some(x.to_bits()));
        prop_assert_eq!(answer.text().parse::<f64>().unwrap().to_bits(), x.to_bits());
    }

    #[test]
    fn a_string_is_read_and_written_to_the_character(text in any::<String>()) {
        let answer = check_value(&string(&text));
        prop_assert_eq!(serde_json::from_str::<String>(&answer.json(JsonNumbers::Exact)).unwrap(), text);
    }

    #[test]
    fn any_tokens_in_any_order_end(text in tokens()) {
        laws::check_evaluation(&text);
        laws::check_same_key(&text);
    }

    #[test]
    fn any_characters_end(text in any::<String>()) {
        laws::check_evaluation(&text);
    }

    #[test]
    fn one_text_has_one_answer_however_it_is_spelled(text in text()) {
        laws::check_evaluation(&text);
        laws::check_same_key(&text);
    }

    /// The fuel that an evaluation spent suffices for it, and one unit less does not.
    #[test]
    fn what_was_spent_is_what_it_costs(text in text()) {
        let limits = laws::limits();
        let Ok(program) = parse(&text, &limits) else { return Ok(()) };
        let (result, spent) = laws::outcome(&program, &limits);
        if matches!(result, Err((ErrorKind::OutOfFuel { .. }, _))) || spent == 0 {
            return Ok(());
        }
        let with = |fuel| laws::outcome(&program, &Limits { fuel, ..limits.clone() });
        prop_assert_eq!(with(spent), (result.clone(), spent));
        prop_assert_eq!(with(u64::MAX), (result, spent));
        let refusal = with(spent - 1).0.unwrap_err().0;
        prop_assert_eq!(refusal, ErrorKind::OutOfFuel { limit: spent - 1 });
    }
}

/// The generators produce enough texts that evaluate.
#[test]
fn most_of_what_is_generated_is_read() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let texts: Vec<String> = (0..400).map(|_| text().new_tree(&mut runner).unwrap().current()).collect();
    let read = texts.iter().filter(|text| parse(text, &Limits::default()).is_ok()).count();
    assert!(read > texts.len() / 2, "{read} of {}", texts.len());
}
