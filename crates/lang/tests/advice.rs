//! Advice: the grammar's list of errors with fixes, its hints, and the laws of both.

// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value as Json;
use tabuada_lang::{Context, Fix, Fuel, Language, Limits, Pause, Span, Variables, fixes, parse, parse_with};

/// The error of a text: the code, the part of the text, and the text with the advice applied.
fn advice(text: &str) -> Option<(&'static str, String, Option<String>)> {
    let (code, span, fix) = complaint(text)?;
    Some((code, span.of(text).to_owned(), fix.map(|fix| fix.apply(text))))
}

fn complaint(text: &str) -> Option<(&'static str, Span, Option<Fix>)> {
    let limits = Limits::default();
    let program = match parse(text, &limits) {
        Ok(program) => program,
        Err(error) => {
            let fix = fixes(text, &error, &Context::default(), &limits).into_iter().next();
            return Some((error.kind.code(), error.span, fix));
        }
    };
    let failure = program.evaluate(&limits).err()?;
    let fix = program.fixes(text, &failure, &Context::default(), &limits).into_iter().next();
    Some((failure.kind.code(), program.span(failure.node), fix))
}

#[track_caller]
fn check(text: &str, code: &str, span: &str, fixed: &str) {
    let expected = Some((code, span.to_owned(), Some(fixed.to_owned())));
    let got = advice(text);
    assert_eq!(got.as_ref().map(|(code, span, fixed)| (*code, span.clone(), fixed.clone())), expected, "{text:?}");
}

#[track_caller]
fn no_fix(text: &str, code: &str) {
    let got = advice(text);
    assert_eq!(got.as_ref().map(|(code, _, fixed)| (*code, fixed.clone())), Some((code, None)), "{text:?}");
}

#[test]
fn a_number_before_a_fraction_is_offered_both_ways() {
    let limits = Limits::default();
    for (text, sum, product) in [
        ("2½", "(2+1/2)", "(2*(1/2))"),
        ("-2 ½", "-(2+1/2)", "-(2*(1/2))"),
        ("10/2½", "10/(2+1/2)", "10/(2*(1/2))"),
        ("2½ + 1¼", "(2+1/2) + (1+1/4)", "(2*(1/2)) + (1*(1/4))"),
    ] {
        let error = parse(text, &limits).unwrap_err();
        let offered = fixes(text, &error, &Context::default(), &limits);
        let offered: Vec<String> = offered.iter().map(|fix| fix.apply(text)).collect();
        assert_eq!(offered, [sum, product], "{text}");
    }
}

/// Section 1 of the grammar, "refused with a fix": the text, the marked part, and the text with the fix applied.
const REFUSED: &[(&str, &str, &str)] = &[
    // Operators of other languages.
    ("a && b", "&&", "a and b"),
    ("1&&0", "&&", "1 and 0"),
    ("a || b", "||", "a or b"),
    ("(a||b)", "||", "(a or b)"),
    ("!x", "!", "not x"),
    ("(!x)", "!", "(not x)"),
    ("1 <> 2", "<>", "1 != 2"),
    ("a =< b", "=<", "a <= b"),
    ("3 => 2", "=>", "3 >= 2"),
    ("1 === 2", "===", "1 == 2"),
    ("x := 3", ":=", "x = 3"),
    ("f(x) := x", ":=", "f(x) @= x"),
    ("2 * (x = 3)", "=", "2 * (x == 3)"),
    ("3 = 3", "3", "3 == 3"),
    ("x + 1 = 2", "x + 1", "x + 1 == 2"),
    ("a = b = 3", "=", "b = 3; a = b"),
    ("f(x) = x + 1", "f(x)", "f(x) @= x + 1"),
    ("3!==6", "!==", "3! == 6"),
    ("x !== y", "!==", "x != y"),
    ("5%", "%", "5/100"),
    ("(5%)*200", "%", "(5/100)*200"),
    ("max(1; 2)", ";", "max(1, 2)"),
    // Operands side by side.
    ("2x", "2x", "2*x"),
    ("2 x", "x", "2 * x"),
    ("2e", "2e", "2*e"),
    ("2pi", "2pi", "2*pi"),
    ("2π", "2π", "2*π"),
    ("(2)3", "3", "(2)*3"),
    ("(1+1) x", "x", "(1+1) * x"),
    ("sin 1", "1", "sin(1)"),
    ("1 + sin x² + 2", "x", "1 + sin(x²) + 2"),
    ("sqrt sqrt 16", "sqrt", "sqrt(sqrt(16))"),
    ("sin 2x", "2x", "sin(2*x)"),
    ("cos 30°", "30", "cos(30°)"),
    ("2x3", "2x3", "2*3"),
    ("2 x 3", "x", "2 * 3"),
    ("7mod2", "7mod2", "7 mod 2"),
    ("2i + 1", "2i", "2j + 1"),
    ("1 000 000", "000", "1000000"),
    ("12 345.5", "345.5", "12345.5"),
    ("1’000", "’", "1000"),
    ("sen 30°", "30", "sin(30°)"),
    ("SQRT 16", "16", "sqrt(16)"),
    // Look-alikes.
    ("2 ∙ 3", "∙", "2 * 3"),
    ("2∗3", "∗", "2*3"),
    ("6∕2", "∕", "6/2"),
    ("6⁄2", "⁄", "6/2"),
    ("3–2", "–", "3-2"),
    ("3—2", "—", "3-2"),
    ("3‐2", "‐", "3-2"),
    ("1＋2", "＋", "1+2"),
    ("（1＋2）＊3", "（", "(1+2)*3"),
    ("max（1，2）", "（", "max(1,2)"),
    ("x = 1； x", "；", "x = 1; x"),
    ("‘ab’", "‘", "'ab'"),
    ("“ab” + “c”", "“", "'ab' + 'c'"),
    ("`a`", "`", "'a'"),
    ("1 ⩽ 2", "⩽", "1 <= 2"),
    ("1 ≦ 2", "≦", "1 <= 2"),
    ("1 ≈ 2", "≈", "1 == 2"),
    ("1 ≡ 2", "≡", "1 == 2"),
    ("∛8", "∛", "³√8"),
    ("∜16", "∜", "⁴√16"),
    ("∞", "∞", "inf"),
    ("∅ ∪ {1}", "∅", "{} ∪ {1}"),
    ("2 ²", "²", "2²"),
    ("{1} Δ {2}", "Δ", "{1} ∆ {2}"),
    ("30º", "º", "30°"),
    ("１+1", "１", "1+1"),
    ("1+١", "١", "1+1"),
    ("1２", "２", "12"),
    ("𝟏+𝟏", "𝟏", "1+1"),
    ("1\u{b}+ 1", "\u{b}", "1 + 1"),
    ("\u{feff}1", "\u{feff}", " 1"),
    ("1\u{200b}+1", "\u{200b}", "1 +1"),
    ("1\u{85}+1", "\u{85}", "1 +1"),
    // Numbers.
    ("007", "007", "7"),
    ("08", "08", "8"),
    ("0_7", "0_7", "7"),
    ("1__000", "1__000", "1_000"),
    ("0or 2", "0or", "0 or 2"),
    // Brackets.
    ("1 == not 2", "not", "1 == (not 2)"),
    ("1 == not 2 and 3", "not", "1 == (not 2) and 3"),
    ("2²!", "!", "(2²)!"),
    ("5²°", "°", "(5²)°"),
    ("2²(3)", "(", "2²*(3)"),
    ("2² √9", "√", "2²*√9"),
    ("sin ²(1)", "²", "sin²(1)"),
    ("log²(10)", "²", "log(10)²"),
    ("(1 + 2", "(", "(1 + 2)"),
    ("max([1, 2], [2, 3", "[", "max([1, 2], [2, 3])"),
    ("$5 + $ 1,50", "$", "5 + 1.50"),
    ("|1 - 2", "|", "|1 - 2|"),
    ("[1, 2)", ")", "[1, 2]"),
    ("1 + 2)", ")", "1 + 2"),
    ("'abc", "'abc", "'abc'"),
    (r"'\x'", r"\x", r"'\\x'"),
    // Lines.
    ("x = 3\nx + 1", "x", "x = 3;\nx + 1"),
    ("1 + 2\n* 3", "*", "(1 + 2\n* 3)"),
    ("x = 1 + 2\n* 3", "*", "x = (1 + 2\n* 3)"),
    // Words.
    ("1 AND 0", "AND", "1 and 0"),
    ("2 xor 3", "xor", "2 ^ 3"),
    ("2 mais 3", "mais", "2 + 3"),
];

#[test]
fn refusals_come_with_their_fix() {
    let wrong: Vec<_> = REFUSED
        .iter()
        .filter(|(text, span, fixed)| advice(text) != Some(("syntax", (*span).to_owned(), Some((*fixed).to_owned()))))
        .map(|(text, ..)| format!("{text:?}: {:?}", advice(text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_done_comes_with_another_way() {
    check("1 is 1", "unsupported", "is", "1 == 1");
    check("1 is not 2", "unsupported", "is not", "1 != 2");
    check("Math.sqrt(4)", "unsupported", ".", "sqrt(4)");
    check("np.pi * 2", "unsupported", ".", "pi * 2");
    check("[x for x in [1]]", "unsupported", "for", "[1]");
    for text in ["lambda x: x", "[x for x in y]", "max(*y)", "{1: 2}", "1 @ 2", "...", "f'x'", "(x := 1)", "x.y"] {
        no_fix(text, "unsupported");
    }
}

#[test]
fn nothing_is_offered_where_nothing_is_certain() {
    for text in [
        "1 ± 2",
        "3‰",
        "∑ 2",
        "1 ⊂ 2",
        "1 …",
        "",
        "2 +",
        "1.2.3",
        "1 2",
        "(3*",
        "(",
        "12∶30",
        "1..10",
        "1.real",
        "5’",
        "1 if 2",
        "1 ? 2",
        "sin⁻²(1)",
        "¹√8",
    ] {
        no_fix(text, "syntax");
    }
    for text in ["1/0", "0.0**-1"] {
        no_fix(text, "division-by-zero");
    }
    // Different currencies, a division of integers in C, the coordinates of a spreadsheet.
    for text in ["$100 + €50", "$5 + R$ 1,50", "10 USD + 5 EUR"] {
        assert_eq!(offered(text, &Context::default()), Vec::<String>::new(), "{text:?}");
    }
    assert_eq!(offered("(int)7/2", &Context::default()), Vec::<String>::new());
    no_fix("=ATAN2(1, 2)", "syntax");
    no_fix("sqrt", "type-error");
    no_fix("{1, [2]}", "type-error");
    no_fix("[1, 5] + 2", "type-error");
}

/// Unknown names and the intended ones; `None` if no name is near.
#[test]
fn the_nearest_name_in_scope_is_suggested() {
    let mut wrong = Vec::new();
    for (text, fixed) in [
        // Typing errors.
        ("sqr(16)", Some("sqrt(16)")),
        ("squrt(16)", Some("sqrt(16)")),
        ("sqtr(16)", Some("sqrt(16)")),
        ("factorail(5)", Some("factorial(5)")),
        ("rate = 3; rat * 2", Some("rate = 3; rate * 2")),
        ("radius = 3; 2 * pi * raduis", Some("radius = 3; 2 * pi * radius")),
        ("sum(index * indx, index, 1, 3)", Some("sum(index * index, index, 1, 3)")),
        ("f(angle) @= 2 * angel; f(1)", Some("f(angle) @= 2 * angle; f(1)")),
        ("twice(x) @= 2 * x; twise(2)", Some("twice(x) @= 2 * x; twice(2)")),
        // Capitals.
        ("PI", Some("pi")),
        ("Pi * 2", Some("pi * 2")),
        ("SQRT(4)", Some("sqrt(4)")),
        ("E", Some("e")),
        ("x = 2; X", Some("x = 2; x")),
        ("true", Some("True")),
        ("null", Some("None")),
        // Other languages.
        ("sen(1)", Some("sin(1)")),
        ("tg(1)", Some("tan(1)")),
        ("raiz(4)", Some("sqrt(4)")),
        ("arcsin(1)", Some("asin(1)")),
        ("arctan(1)", Some("atan(1)")),
        ("fat(5)", Some("factorial(5)")),
        ("nCr(5, 2)", Some("comb(5, 2)")),
        ("nPr(5, 2)", Some("perm(5, 2)")),
        ("ceiling(1.5)", Some("ceil(1.5)")),
        ("power(2, 3)", Some("pow(2, 3)")),
        ("math.sqr(4)", Some("math.sqrt(4)")),
        ("math.PI", Some("math.pi")),
        ("math.abs(-1)", Some("abs(-1)")),
        // Two names in one.
        ("a = 2; b = 3; ab", Some("a = 2; b = 3; a*b")),
        ("a = 2; b = 3; 2**ab", Some("a = 2; b = 3; 2**(a*b)")),
        ("x = 1; sinx", Some("x = 1; sin(x)")),
        // No name is near.
        ("x", None),
        ("ab", None),
        ("foo", None),
        ("hello", None),
        ("temperature", None),
        ("y + 1; year = 3", None),
        ("__import__('os')", None),
    ] {
        let (code, _, got) = advice(text).unwrap();
        if (code, got.as_deref()) != ("unknown-name", fixed) {
            wrong.push(format!("{text:?}: {code} {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn failures_come_with_their_fix() {
    check("2(3)", "type-error", "2(3)", "2*(3)");
    check("2 (3 + 4)", "type-error", "2 (3 + 4)", "2*(3 + 4)");
    check("(2)(3)", "type-error", "(2)(3)", "(2)*(3)");
    check("x = 2; x(x + 1)", "type-error", "x(x + 1)", "x = 2; x*(x + 1)");
    check("[1, 2](0)", "type-error", "[1, 2](0)", "[1, 2][0]");
    no_fix("2()", "type-error");
    no_fix("2(3, 4)", "type-error");
    check("2.0^2", "type-error", "2.0^2", "2.0**2");
    check("(2.0) ^ (2)", "type-error", "(2.0) ^ (2)", "(2.0) ** (2)");
    check("sqrt(1,5)", "type-error", "sqrt(1,5)", "sqrt(1.5)");
    check("range(3)", "type-error", "range(3)", "list(range(3))");
    check("sin -1", "type-error", "sin -1", "sin(-1)");
}

fn offered(text: &str, context: &Context<'_>) -> Vec<String> {
    let limits = Limits::default();
    let fixes = match parse_with(text, context, &limits) {
        Err(error) => fixes(text, &error, context, &limits),
        Ok(program) => match program.evaluate(&limits) {
            Err(failure) => program.fixes(text, &failure, context, &limits),
            Ok(_) => program.hints(text, context, &limits).into_iter().flat_map(|hint| hint.fixes).collect(),
        },
    };
    fixes.iter().map(|fix| fix.apply(text)).collect()
}

#[test]
fn readings_that_differ_are_all_offered_the_likeliest_first() {
    for (text, readings) in [
        ("1,000*2", ["1000*2", "1.000*2"]),
        ("12,345", ["12345", "12.345"]),
        ("200 + 10%", ["200*(1+10/100)", "200 + 10/100"]),
        ("100 + 50 - 10%", ["(100 + 50)*(1-10/100)", "100 + 50 - 10/100"]),
        ("6/2(1+2)", ["6/2*(1+2)", "6/(2*(1+2))"]),
        ("x = 4; 1/2x", ["x = 4; 1/2*x", "x = 4; 1/(2*x)"]),
        ("x = 4; 1/2x**2", ["x = 4; 1/2*x**2", "x = 4; 1/(2*x**2)"]),
        ("2+3)*4", ["(2+3)*4", "2+3*4"]),
        ("x = 2+3)*4", ["x = (2+3)*4", "x = 2+3*4"]),
        ("=LOG(100)", ["log10(100)", "log(100)"]),
        ("“2+2”", ["2+2", "'2+2'"]),
        ("5k + 1", ["5*k + 1", "5e3 + 1"]),
    ] {
        assert_eq!(offered(text, &Context::default()), readings, "{text:?}");
    }
    // Another number of the text shows the decimal sign.
    assert_eq!(offered("1,234 + 2,5", &Context::default()), ["1.234 + 2.5"]);
    assert_eq!(offered("1,234 + 0.5", &Context::default()), ["1234 + 0.5"]);
    assert_eq!(offered("sqrt(10,000)", &Context::default()), ["sqrt(10000)", "sqrt(10.000)"]);
}

#[test]
fn all_that_is_wrong_is_mended_at_once() {
    for (text, mended) in [
        ("x = 3; 2x^2+3x+1", "x = 3; 2*x**2+3*x+1"),
        ("r = 2; 2πr² – 1,5", "r = 2; 2*π*r² - 1.5"),
        ("sen 30° + raiz(16)", "sin(30°) + sqrt(16)"),
        ("{[(2+3)×4]+1}^2", "(((2+3)×4)+1)**2"),
        ("what is 20% of 50?", "20/100*50"),
        ("se 3 > 2 então 1 senão 0", "3 > 2 ? 1 : 0"),
        ("raiz quadrada de 9 mais 3 ao quadrado", "sqrt(9) + 3²"),
        ("MÉDIA(1,5; 2,5)", "mean([1.5, 2.5])"),
        ("=SE(3>2;10;20)", "(3>2 ? 10 : 20)"),
        ("integral(x^2, 0, 1)", "integral(x**2, x, 0, 1)"),
        ("sum(k^2, k=1, 3)", "sum(k**2, k, 1, 3)"),
        ("root(64, 3)", "³√64"),
        ("R$ 1.234,50 com 10% de desconto", "1234.50*(1-10/100)"),
        // Signs that look alike, and those of a dead key.
        ("5‧2²", "5*2²"),
        ("6∶2²", "6/2²"),
        ("∣3−5∣·2", "|3−5|·2"),
        ("2ˆ3ˆ2", "2**3**2"),
        ("x = 3; xˆ2+1", "x = 3; x**2+1"),
        ("log₂(8)", "log2(8)"),
        // Brackets of another kind, and brackets of two kinds that cross.
        ("√[16]", "√(16)"),
        ("√(2,25)", "√(2.25)"),
        ("(1,5)²", "(1.5)²"),
        ("2x3x4", "2*3*4"),
        ("√{[2+2]*4}", "√((2+2)*4)"),
        ("{[(1+2)]}", "(((1+2)))"),
        ("sin[1]", "sin(1)"),
        ("f(x) @= x+1; f[3]*2", "f(x) @= x+1; f(3)*2"),
        ("[(1+2]*3", "((1+2))*3"),
        // Separators with only one possible meaning, also in arguments.
        ("sqrt(1.000.000,00)", "sqrt(1000000.00)"),
        // If one `i` is the imaginary unit, all are.
        ("(1+2i)(3-i)", "(1+2j)*(3-1j)"),
        // Forms of spreadsheets and other programs.
        ("if(2>1;10;20)", "(2>1 ? 10 : 20)"),
        ("max 3 5 7", "max(3, 5, 7)"),
        ("gcd((12,18))", "gcd(12,18)"),
        ("sum(1..10)", "sum(k, k, 1, 10)"),
        ("integral(x², x, 0..3)", "integral(x², x, 0, 3)"),
        // Words.
        ("seno de 30 graus", "sin(30°)"),
        ("seno de 60 graus ao quadrado", "sin(60°)²"),
        ("6 nCr 2", "comb(6, 2)"),
        ("2/3 de 90", "(2/3)*90"),
        ("¾ of 20", "(¾)*20"),
        ("o quadrado de -5", "(-5)²"),
        ("qual é a raiz quadrada de 81?", "sqrt(81)"),
        ("log base 2 of 8", "log(8, 2)"),
        ("log de 8 na base 2", "log(8, 2)"),
        ("20% desconto em 50", "(1-20/100)*50"),
    ] {
        assert_eq!(offered(text, &Context::default()), [mended], "{text:?}");
    }
}

#[test]
fn what_comes_with_a_text_is_known_to_advice() {
    let limits = Limits::default();
    let variables = Variables::from_json(r#"{"a": 2, "b": 3}"#, &limits).unwrap();
    let context = Context { variables: Some(&variables), ..Context::default() };
    assert_eq!(offered("ab", &context), ["a*b"]);
    assert_eq!(offered("2a(b+1)", &context), ["2*a*(b+1)"]);
    let given = Variables::from_json(r#"{"i": 3, "x3": 2}"#, &limits).unwrap();
    let letters = Context { variables: Some(&given), ..Context::default() };
    assert_eq!(offered("2i", &letters), ["2*i"]);
    assert_eq!(offered("2x3", &letters), ["2*x3"]);
    let context = Context { parameters: &["rate"], ..Context::default() };
    assert_eq!(offered("2rate^2", &context), ["2*rate**2"]);
    assert_eq!(offered("2rate^2", &Context::default()), [""; 0]);
}

#[test]
fn what_is_known_elsewhere_and_is_not_here_says_so() {
    for (text, english, portuguese) in [
        ("det([[1]])", "no matrices", "não há matrizes"),
        ("solve(x, x)", "root(", "root("),
        ("hoje()", "no dates", "datas"),
    ] {
        let program = parse(text, &Limits::default()).unwrap();
        let failure = program.evaluate_with(&[], &Limits::default(), &mut Fuel::new(1_000)).unwrap_err();
        assert!(failure.kind.message(Language::English).contains(english), "{text:?}");
        assert!(failure.kind.message(Language::Portuguese).contains(portuguese), "{text:?}");
        assert_eq!(offered(text, &Context::default()), [""; 0], "{text:?}");
    }
}

#[test]
fn nobody_types_so_much_that_it_is_mended() {
    for part in ["2x+", "2 mais ", "[", "1,5+", "a b ", "“", "2^", "sin 1+", "if "] {
        let text = part.repeat(60_000 / part.len()) + "1";
        assert_eq!(offered(&text, &Context::default()), [""; 0], "{part:?}");
    }
}

/// The hints of a text: code and place, and the text with the fix applied.
fn hints(text: &str) -> Vec<(&'static str, String, Option<String>)> {
    let hints = parse(text, &Limits::default()).unwrap().hints(text, &Context::default(), &Limits::default());
    let one = |hint: &tabuada_lang::Hint| {
        (hint.kind.code(), hint.span.of(text).to_owned(), hint.fixes.first().map(|fix| fix.apply(text)))
    };
    hints.iter().map(one).collect()
}

#[test]
fn what_may_be_meant_otherwise_carries_a_hint() {
    for (text, code, span, fixed) in [
        ("2^3", "xor", "^", "2**3"),
        ("(x) ^ (2)", "xor", "^", "(x) ** (2)"),
        ("x<-3", "less-than-negative", "<-", "x=3"),
        ("x <-3", "less-than-negative", "<-", "x =3"),
        ("1,5+1", "decimal-comma", ",", "1.5+1"),
        ("1,5", "decimal-comma", ",", "1.5"),
        ("x = 1,5", "decimal-comma", ",", "x = 1.5"),
        ("1,5+2,5", "decimal-comma", ",", "1.5+2.5"),
        ("2√9²", "tight-root", "2√9", "2*√9²"),
        ("2√9**2", "tight-root", "2√9", "2*√9**2"),
        ("√4√9", "tight-root", "4√9", "√4*√9"),
        ("√(2)√(3)", "tight-root", "(2)√(3)", "√(2)*√(3)"),
        ("³√-8", "complex-root", "³√-8", "(-³√8)"),
        ("³√(-8)", "complex-root", "³√(-8)", "(-³√8)"),
        ("⁵√-32", "complex-root", "⁵√-32", "(-⁵√32)"),
        ("1 || 2 || 3", "double-bar", "||", "1 or 2 or 3"),
        ("100% + 5", "percent", "%", "100/100 + 5"),
        ("2^3^2", "xor", "^", "2**3**2"),
        ("1.234,56", "thousands", ".", "1234.56"),
        ("1,000,000/2", "thousands", ",", "1000000/2"),
        ("(1,5+2)*3", "decimal-comma", ",", "(1.5+2)*3"),
        ("[2+3]*4", "brackets", "[2+3]", "(2+3)*4"),
        ("2*[3+4]", "brackets", "[3+4]", "2*(3+4)"),
        ("sin(90)", "radians", "90", "sin(90°)"),
        ("cos²(-30) + tan(45)", "radians", "-30", "cos²(-30°) + tan(45°)"),
        ("log(100)*log(10)", "natural-logarithm", "log", "log10(100)*log10(10)"),
        ("3√27", "root-coefficient", "3", "³√27"),
        ("\"2^3+1\"", "quoted", "\"2^3+1\"", "2**3+1"),
        ("'sqrt(16)'", "quoted", "'sqrt(16)'", "sqrt(16)"),
    ] {
        assert_eq!(hints(text), [(code, span.to_owned(), Some(fixed.to_owned()))], "{text:?}");
    }
    for text in ["'abc'", "'2024-01-15'", "'5 km'", "'7'", "len('2+2')", "'2+2' 'x'"] {
        assert_eq!(hints(text), [], "{text:?}");
    }
    for (text, code) in [("3!!", "double-factorial"), ("0.1+0.2", "binary-float"), ("0.1+0.2 == 0.3", "binary-float")] {
        assert!(matches!(&hints(text)[..], [(found, _, None)] if *found == code), "{text:?}: {:?}", hints(text));
    }
    let read_as = |text: &str| {
        let hints = parse(text, &Limits::default()).unwrap().hints(text, &Context::default(), &Limits::default());
        hints[0].kind.message(Language::English)
    };
    assert_eq!(read_as("2√9²"), "read as (2*√9)**2");
    assert_eq!(read_as("√4√9"), "read as √(4*√9)");
}

#[test]
fn what_is_meant_carries_no_hint() {
    for text in [
        "2**3",
        "{1} ^ {2}",
        "True ^ False",
        "0xff ^ 0x0f",
        "~5 ^ 3",
        "'^'",
        "1 # ^",
        "x < -3",
        "x - 3 < -3",
        "3<-3",
        "1, 5",
        "(1,5)",
        "[1,5]",
        "max(1,5)",
        "1,2,3",
        "a, b = 1,5",
        "x[1,5]",
        "(1,5), 2",
        "2*√9²",
        "(2√9)²",
        "√(4√9)",
        "2√9",
        "2√√16",
        "2√3√4",
        "√-8",
        "³√8",
        "1 || 2|",
        "||2|-|3||",
        "5 % 3",
        "5 % -3",
        "5%-3",
        "x%y + 1",
        "[0]*5",
        "[1, 2]*2",
        "2*['a']",
        "[1+1]+[2]",
        "sin(0)",
        "sin(1)",
        "sin(90°)",
        "log(8, 100)",
        "ln(100)",
        "3√10",
        "2√9",
        "(3!)!",
        "2.5*4",
        "1/3",
        "sqrt(2.0)",
        "max(1,234)",
    ] {
        assert_eq!(hints(text), [], "{text:?}");
    }
}

fn texts(file: &str) -> Vec<String> {
    let path = format!("{}/../../../corpus/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let records = text.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
    records.filter_map(|record| record["expr"].as_str().map(str::to_owned)).collect()
}

/// Checks the laws of fixes and hints for a text; gives the number of fixes applied.
fn follow(text: &str) -> usize {
    let limits = Limits { fuel: 100_000, ..Limits::default() };
    let mut text = text.to_owned();
    for taken in 0..50 {
        let fits = |span: Span| {
            assert!(text.get(span.start as usize..span.end as usize).is_some(), "{text:?}: {span:?}");
        };
        let error = match parse(&text, &limits) {
            Ok(program) => {
                for hint in program.hints(&text, &Context::default(), &limits) {
                    fits(hint.span);
                    for fix in &hint.fixes {
                        fits(fix.span);
                        assert_ne!(fix.apply(&text), text, "{hint:?}");
                    }
                }
                let Err(failure) = program.evaluate(&limits) else { return taken };
                let Some(fix) = program.fixes(&text, &failure, &Context::default(), &limits).into_iter().next() else {
                    return taken;
                };
                fits(fix.span);
                let mended = fix.apply(&text);
                assert!(parse(&mended, &limits).is_ok(), "{text:?} -> {mended:?}");
                text = mended;
                continue;
            }
            Err(error) => error,
        };
        fits(error.span);
        for language in [Language::English, Language::Portuguese] {
            assert!(!error.kind.message(language).is_empty());
        }
        let Some(fix) = fixes(&text, &error, &Context::default(), &limits).into_iter().next() else { return taken };
        fits(fix.span);
        let mended = fix.apply(&text);
        if let Err(next) = parse(&mended, &limits) {
            let behind = |text: &str, span: Span| text.len() - span.start as usize;
            let progress = next.kind != error.kind || behind(&mended, next.span) < behind(&text, error.span);
            assert!(progress, "{text:?} -> {mended:?}: {error:?}");
        }
        text = mended;
    }
    panic!("after 50 fixes it is {text:?}");
}

#[test]
fn taking_advice_leads_somewhere() {
    let mut taken = BTreeMap::new();
    for file in ["hostile.jsonl", "plusminus.jsonl", "python_arith.jsonl", "python_outside.jsonl"] {
        *taken.entry(file).or_insert(0) = texts(file).iter().map(|text| usize::from(follow(text) > 0)).sum::<usize>();
    }
    // Enough fixes are offered.
    assert!(taken.values().sum::<usize>() > 200, "{taken:?}");
}

/// Hints are rare in Python's own expressions: only those with `^` and similar signs get one.
#[test]
fn hints_are_for_what_is_there() {
    for text in texts("python_arith.jsonl") {
        let Ok(program) = parse(&text, &Limits::default()) else { continue };
        for hint in program.hints(&text, &Context::default(), &Limits::default()) {
            let there = match hint.kind.code() {
                "xor" => text.contains('^'),
                "less-than-negative" => text.contains("<-"),
                "decimal-comma" | "thousands" => text.contains(','),
                "brackets" => text.contains(['[', '{']),
                "percent" => text.contains('%'),
                "radians" => text.contains("sin(") || text.contains("cos(") || text.contains("tan("),
                "natural-logarithm" => text.contains("log(10"),
                "binary-float" => text.contains('.'),
                _ => false,
            };
            assert!(there, "{text:?}: {hint:?}");
        }
    }
}

/// Pieces that are inserted into valid texts, or replace a part of them.
const SNIPPETS: &[&str] = &[
    "=", "==", "!", "%", "&&", "||", "|", "^", "x", "sin", "2", " ", "(", ")", "[", "]", "{", "}", ",", ";", "\n", "·",
    "–", "’", "“", "'", "\"", "½", "²", "⁻", "√", "°", "º", "Δ", "∞", "１", "\u{a0}", "\\", "\\x", "not", "is", "if",
    "else", "?", ":", ":=", "@=", "<", ">", "=<", "007", "1e", "_", "#", "`", "é", "🙂", "\u{301}", ".", "math.", "j",
];

/// However long advice takes, a thread can let others run: at most 2 KiB of text are parsed between two pauses.
#[test]
fn advice_pauses_between_its_pieces() {
    let pauses = std::cell::Cell::new(0);
    let count = || pauses.set(pauses.get() + 1);
    let context = Context { pause: Pause(&count), ..Context::default() };
    let (text, limits) = (format!("{}1", "a ".repeat(900)), Limits::default());
    let error = parse(&text, &limits).unwrap_err();
    fixes(&text, &error, &context, &limits);
    assert!(pauses.get() >= 10, "{}", pauses.get());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn advice_on_mangled_texts_leads_somewhere(
        base in prop::sample::select(vec![
            "2*x + 1", "sin(30°)**2", "(1 + 2) * [3, 4][0]", "a = 1; b = 2; a*b", "f(x) @= x²; f(3)", "|1 - 2|!",
            "max(1, 2, key=abs)", "1 if 2 > 1 else 3", "x ? 1 : 2", "'ab' + \"c\"", "√(2√9)", "sum(k**2, k, 1, 10)",
            "not 1 == 2 and 3", "{1, 2} ∪ {3}", "1_000.5e3 - 0x1f", "5 % 3 // 2", "5! == 120", "x <= y < z",
        ]),
        edits in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(SNIPPETS), 0..3usize), 1..5),
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

    #[test]
    fn advice_on_noise_leads_somewhere(parts in prop::collection::vec(prop::sample::select(SNIPPETS), 0..20)) {
        follow(&parts.concat());
    }
}
