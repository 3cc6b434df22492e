//! The law of advice, on generated texts, the corpora and the fuzz seeds: every mended text can be parsed and
//! evaluated, or has no value only because a variable is missing, and loses nothing.
//!
//! `PROPTEST_CASES=1000000 cargo test --release --test all advice_law::` tries a million texts for each property.

// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic, clippy::unwrap_used)]

#[path = "laws/advice.rs"]
pub(crate) mod advice;

use advice::{follow, limits, offered, raised, value};
use proptest::prelude::*;
use serde_json::Value as Json;
use tabuada_lang::parse;

fn records(file: &str) -> Vec<Json> {
    let path = format!("{}/../../../corpus/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.split('\n').filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[test]
fn the_corpora_follow_the_law() {
    let mut offered = 0;
    for file in
        ["advice", "models", "models_sisters", "hostile", "plusminus", "python_arith", "python_outside", "equivalent"]
    {
        for record in records(&format!("{file}.jsonl")) {
            let texts = ["expr", "text", "a", "b"].iter().filter_map(|field| record[*field].as_str());
            let listed = record["texts"].as_array().into_iter().flatten().filter_map(Json::as_str);
            offered += texts.chain(listed).map(follow).sum::<usize>();
        }
    }
    // Enough fixes are offered.
    assert!(offered > 500, "{offered}");
}

/// Signs, each with other characters that people write for it.
const DISGUISES: &[(char, &[char])] = &[
    ('*', &['∗', '•', '∙', '✕', '＊', '⨯']),
    ('-', &['–', '—', '‑', '‐', '－', '➖']),
    ('+', &['＋', '➕']),
    ('/', &['∕', '⁄', '➗', '／']),
    ('(', &['（']),
    (')', &['）']),
    ('1', &['１', '١', '𝟏']),
    ('2', &['２', '٢', '𝟐']),
];

/// Valid texts with superscripts, roots, degrees and names in them.
fn valid() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        (1..30_u32).prop_map(|n| n.to_string()),
        (1..30_u32, 1..10_u32).prop_map(|(whole, part)| format!("{whole}.{part}")),
        Just("12".to_owned()),
    ];
    let atom = (number, prop::sample::select(vec!["", "²", "³", "⁻¹", "⁴", "!"])).prop_map(|(number, raised)| {
        // A float has no factorial.
        if raised == "!" && number.contains('.') { number } else { format!("{number}{raised}") }
    });
    let leaf = prop_oneof![
        3 => atom,
        1 => (1..20_u32).prop_map(|n| format!("√{n}")),
        1 => (1..90_u32).prop_map(|n| format!("sin({n}°)")),
        1 => (1..20_u32).prop_map(|n| format!("cos²({n})")),
        1 => Just("π".to_owned()),
    ];
    let sum = leaf.prop_recursive(3, 12, 3, |inner| {
        let operator = prop::sample::select(vec!["+", "-", "*", "/", " + ", " - ", " * ", "×", "÷"]);
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(a, operator, b)| format!("{a}{operator}{b}")),
            (inner.clone(), prop::sample::select(vec!["", "²", "³"])).prop_map(|(a, raised)| format!("({a}){raised}")),
            inner.prop_map(|a| format!("|{a}|")),
        ]
    });
    (sum, any::<bool>()).prop_map(|(sum, named)| if named { format!("r=2; {sum}*r²") } else { sum })
}

const SOUP: &[&str] = &[
    "1",
    "2",
    "3",
    "0",
    "05",
    "12",
    "100",
    "1000",
    "1,5",
    "1,05",
    "1.234,56",
    "1,234",
    "1,234,567",
    "2.5",
    ".5",
    "x",
    "y",
    "r",
    "k",
    "e",
    "pi",
    "π",
    "a=2;",
    "x = 3; ",
    "+",
    "-",
    "*",
    "/",
    "^",
    "**",
    "%",
    "=",
    "==",
    "<",
    ">",
    "!",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ";",
    ":",
    "?",
    "|",
    "²",
    "³",
    "⁻¹",
    "ⁿ",
    "√",
    "³√",
    "°",
    "½",
    "·",
    "×",
    "–",
    "∗",
    "’",
    "“",
    "”",
    "'",
    "sin",
    "cos",
    "log",
    "sqrt",
    "sqrt(",
    "sin(",
    "mean(",
    "gcd(",
    "max(",
    "sum(",
    "root(",
    "raiz",
    "raiz de",
    "square root of",
    "sen",
    "tg",
    "cot(",
    "det(",
    "std(",
    "lim",
    "fix(",
    "log5",
    "pi2",
    "xy",
    "sinx",
    "of",
    "de",
    "off",
    "mais",
    "menos",
    "vezes",
    "dividido por",
    "elevado a",
    "choose",
    "to hex",
    "and",
    "e",
    "ou",
    "or",
    "not",
    "não",
    "if",
    "then",
    "else",
    "se",
    "então",
    "senão",
    "ao quadrado",
    "squared",
    "deg",
    "graus",
    "R$",
    "$",
    "\n",
    "\u{a0}",
    " ",
    " ",
    " ",
    "==",
    "@=",
    "f(x) @= ",
    "range(3)",
    "in",
    "xor",
    "mod",
    "09:30",
    "31/08/2024",
    "2024-01-01",
    "=?",
    "10%",
    "50% of",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// If one to three signs of a valid text are replaced by look-alikes, a fix restores the text.
    #[test]
    fn a_disguise_is_taken_off(text in valid(), picks in prop::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 1..4)) {
        let Some(wanted) = parse(&text, &limits()).ok().and_then(|program| value(&program).ok()) else { return Ok(()) };
        let mut disguised = text.clone();
        for (place, choice) in picks {
            let places: Vec<(usize, char)> = disguised.char_indices().filter(|(_, c)| DISGUISES.iter().any(|(sign, _)| sign == c)).collect();
            if places.is_empty() {
                return Ok(());
            }
            let (at, sign) = places[place.index(places.len())];
            let (_, others) = DISGUISES.iter().find(|(known, _)| *known == sign).unwrap();
            let other = others[choice.index(others.len())];
            disguised.replace_range(at..at + sign.len_utf8(), &other.to_string());
        }
        follow(&disguised);
        // The look-alike of a digit is not inside a name; a text that can be parsed needs no fix.
        if parse(&disguised, &limits()).is_ok() {
            return Ok(());
        }
        let mended: Vec<String> = offered(&disguised).iter().map(|fix| fix.apply(&disguised)).collect();
        let first = mended.first().ok_or_else(|| TestCaseError::fail(format!("{disguised:?}: nothing is offered")))?;
        let got = value(&parse(first, &limits()).unwrap());
        prop_assert_eq!(got.as_deref(), Ok(&*wanted), "{:?} -> {:?}, from {:?}", disguised, first, text);
        let kept: String = text.chars().filter(|c| c.is_alphanumeric() || raised(*c)).collect();
        let left: String = first.chars().filter(|c| c.is_alphanumeric() || raised(*c)).collect();
        prop_assert_eq!(left, kept, "{:?} -> {:?}", disguised, first);
    }

    #[test]
    fn soups_follow_the_law(parts in prop::collection::vec(prop::sample::select(SOUP), 0..12)) {
        follow(&parts.concat());
    }

    #[test]
    fn words_follow_the_law(parts in prop::collection::vec(prop::sample::select(SOUP), 0..9)) {
        follow(&parts.join(" "));
    }

    #[test]
    fn mangled_texts_follow_the_law(
        base in prop::sample::select(vec![
            "2*x + 1", "sin(30°)**2", "(1 + 2) * [3, 4][0]", "a = 1; b = 2; a*b", "f(x) @= x²; f(3)", "|1 - 2|!",
            "max(1, 2, key=abs)", "1 if 2 > 1 else 3", "x ? 1 : 2", "'ab' + \"c\"", "√(2√9)", "sum(k**2, k, 1, 10)",
            "not 1 == 2 and 3", "{1, 2} ∪ {3}", "1_000.5e3 - 0x1f", "5 % 3 // 2", "5! == 120", "x <= y < z",
            "mean([1, 2, 3])", "gcd(12, 18)", "1.5 + 2.25", "200 + 10", "integral(x**2, x, 0, 1)", "log(100, 10)",
        ]),
        edits in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(SOUP), 0..3_usize), 1..5),
    ) {
        let mut text = base.to_owned();
        for (place, snippet, cut) in edits {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let at = place.index(places.len());
            let end = places[(at + cut).min(places.len() - 1)];
            text.replace_range(places[at]..end, snippet);
        }
        follow(&text);
    }
}
