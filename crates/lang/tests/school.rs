//! School notation, judged by the records of `corpus/school.jsonl`, by sisters of ours, and by laws over generated texts.

// Helpers of tests may panic as tests do.
#![allow(clippy::panic, clippy::unwrap_used)]

use serde_json::Value as Json;
use tabuada_lang::{
    Context, DecimalSign, Error, ErrorKind, Limits, Notation, NotationError, Program, Reading, Variables, parse_with,
};

fn records(file: &str) -> Vec<Json> {
    let path = format!("{}/../../../corpus/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.split('\n').filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A text, its decimal sign and its variables.
struct Question<'r> {
    text: &'r str,
    decimal: DecimalSign,
    variables: Variables,
}

impl<'r> Question<'r> {
    fn of(record: &'r Json) -> Self {
        Self {
            text: record["text"].as_str().unwrap(),
            decimal: record["decimal"].as_str().unwrap_or("point").parse().unwrap(),
            variables: match &record["variables"] {
                Json::Null => Variables::default(),
                variables => Variables::from_json(&variables.to_string(), &Limits::default()).unwrap(),
            },
        }
    }

    fn read(&self, text: &str, notation: Notation) -> Result<Program, Error> {
        let context = Context { notation, variables: Some(&self.variables), ..Context::default() };
        parse_with(text, &context, &Limits::default())
    }

    fn school(&self) -> Notation {
        Notation::School { decimal: self.decimal }
    }
}

/// The type and the text of a program's value, or the code of its error.
fn value(program: &Program) -> (String, String) {
    match program.evaluate(&Limits::default()) {
        Ok(answer) => (answer.type_name().to_owned(), answer.text().to_owned()),
        Err(failure) => ("error".to_owned(), failure.kind.code().to_owned()),
    }
}

/// Whether two texts of values are the same, floats within the distance that libm's functions have from the true ones.
fn is_near(ours: &str, theirs: &str) -> bool {
    match (ours.parse::<f64>(), theirs.parse::<f64>()) {
        (Ok(a), Ok(b)) => ours == theirs || (a - b).abs() <= 4e-15 * b.abs(),
        _ => ours == theirs,
    }
}

/// What is wrong with a record that is read.
fn wrong_reading(record: &Json) -> Option<String> {
    let question = Question::of(record);
    let python = record["python"].as_str().unwrap();
    let program = match question.read(question.text, question.school()) {
        Ok(program) => program,
        Err(error) => return Some(format!("{}: {}", error.kind.code(), error)),
    };
    let spelled = question.read(python, Notation::Python).unwrap_or_else(|error| panic!("{python}: {error}"));
    if !program.same_as(&spelled) || program.canonical() != spelled.canonical() {
        return Some(format!("is {} and not {}", program.canonical(), spelled.canonical()));
    }
    let (kind, text) = value(&program);
    let expected = (record["type"].as_str().unwrap(), record["value"].as_str().unwrap());
    (kind != expected.0 || !is_near(&text, expected.1)).then(|| format!("is worth {kind} {text}"))
}

fn readings(error: &Error) -> Option<&[Reading]> {
    match &error.kind {
        ErrorKind::Notation(NotationError::Ambiguous { readings, .. }) => Some(readings),
        _ => None,
    }
}

/// What is wrong with a record that is refused.
fn wrong_refusal(record: &Json) -> Option<String> {
    let question = Question::of(record);
    let error = match question.read(question.text, question.school()) {
        Ok(program) => return Some(format!("is read as {}", program.canonical())),
        Err(error) => error,
    };
    let Some([first, second]) = readings(&error) else { return Some(format!("has no two readings: {error}")) };
    let ours = [first, second];
    for (at, reading) in ours.iter().enumerate() {
        let program =
            question.read(&reading.text, question.school()).unwrap_or_else(|error| panic!("{}: {error}", reading.text));
        assert_eq!(program.canonical(), reading.read_as, "{}", question.text);
        let (_, text) = value(&program);
        let expected = record["values"][at].as_str().unwrap();
        if !is_near(&text, expected) {
            return Some(format!("reading {} is worth {text}, not {expected}", reading.text));
        }
    }
    None
}

fn judge(file: &str) {
    let (wrong, all) = wrong_records(file);
    assert!(wrong.is_empty(), "{} of {all} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is wrong with the records of a file, and how many they are.
pub(crate) fn wrong_records(file: &str) -> (Vec<String>, usize) {
    let mut wrong = Vec::new();
    let all = records(file);
    for record in &all {
        let trouble = if record["refuse"] == true { wrong_refusal(record) } else { wrong_reading(record) };
        wrong.extend(trouble.map(|trouble| format!("{} {}: {trouble}", record["category"], record["text"])));
    }
    (wrong, all.len())
}

#[test]
fn the_records_of_the_design() {
    judge("school.jsonl");
}

#[test]
fn the_sisters_of_the_records() {
    judge("school_sisters.jsonl");
}

fn point() -> Context<'static> {
    Context { notation: Notation::School { decimal: DecimalSign::Point }, ..Context::default() }
}

fn read(text: &str) -> Result<Program, Error> {
    parse_with(text, &point(), &Limits::default())
}

#[track_caller]
fn is_worth(text: &str, expected: &str) {
    let program = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(value(&program).1, expected, "{text}");
}

#[test]
fn the_default_notation_is_pythons() {
    assert_eq!(parse_with("2^10", &Context::default(), &Limits::default()).unwrap().canonical(), "2^10");
    assert_eq!(read("2^10").unwrap().canonical(), "2**10");
}

#[test]
fn the_limits_are_those_of_pythons_notation() {
    let limits = Limits::default();
    let nested = |depth: u64, open: &str, close: &str| {
        format!("{}1{}", open.repeat(depth as usize), close.repeat(depth as usize))
    };
    for (open, close) in [("(", ")"), ("|", "|"), ("[", "]"), ("sin(", ")"), ("\\frac{1}{", "}")] {
        assert!(read(&nested(limits.depth, open, close)).is_ok(), "{open}");
        let error = read(&nested(limits.depth + 1, open, close)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::TooDeep { limit: limits.depth }, "{open}");
    }
    // A square adds no bracket that the canonical text has not.
    let squares = format!("{}2{}", "(".repeat(150), "²)".repeat(150));
    assert!(read(&squares).is_ok());
    let error = read(&"1+".repeat(limits.text_bytes as usize)).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::TooLong { .. }));
    let few = Limits { nodes: 10, ..Limits::default() };
    let error = parse_with("1+2+3+4+5+6+7", &point(), &few).unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooManyNodes { limit: 10 });
}

#[test]
fn places_are_those_of_the_text_as_it_is_written() {
    let text = "2x + sen ½°/ 0";
    let program = read("a = 3; 2a + 1/(a-3)").unwrap();
    let failure = program.evaluate(&Limits::default()).unwrap_err();
    assert_eq!(program.span(failure.node).of("a = 3; 2a + 1/(a-3)"), "1/(a-3)");
    let error = read(text).unwrap_err();
    assert_eq!(error.span.of(text), "sen ½°/ 0", "{error}");
    let text = "1 + 2x/3y";
    assert_eq!(read(text).unwrap_err().span.of(text), "/3y");
}

#[test]
fn bars_of_latex_open_and_close_by_their_commands() {
    for (text, expected) in [
        (r"\left|2\left|-3\right|-10\right|", "4"),
        (r"x = 3; \left|x^2\left|-5\right|-3\right|", "42"),
        (r"\left|\frac{1}{2}\left|-4\right|-3\right|", "1.0"),
        (r"x = 3; \lvert x\lvert -5\rvert -1\rvert", "14"),
        (r"\left|2\left|-5\right|\right|", "10"),
        (r"x = 2; \left|-2\right|x\left|-3\right|", "12"),
        (r"\left\lvert -2 \right\rvert + \left \vert -1 \right \vert", "3"),
        (r"\left|2|-3|-10\right|", "4"),
        (r"\sqrt{\left|-4\right|} \left|-3\right|", "6.0"),
        (r"\ln\left|-1\right|", "0.0"),
        (r"\left|-8\right|\%", "0.08"),
        (r"\left|3\right|!", "6"),
    ] {
        is_worth(text, expected);
    }
    for text in [r"\left|2", r"2\right|", r"\left(2\right|", r"\left|2\right)"] {
        assert!(read(text).is_err(), "{text}");
    }
}

/// Python reads letters of any width and style as one name, and so are the names of school.
#[test]
fn names_of_functions_may_be_written_in_letters_of_any_style() {
    for (text, expected) in [
        ("ｌｏｇ(100)", "2.0"),
        ("𝐥𝐨𝐠(100)", "2.0"),
        ("ℓog(100)", "2.0"),
        ("𝐬𝐢𝐧²(0)", "0.0"),
        ("ｓｅｎ(0)", "0.0"),
        ("ｍｅｄｉａ(7;8;9)", "8"),
        ("10 ｍｏｄ 3", "1"),
    ] {
        is_worth(text, expected);
    }
    assert!(read("𝐥𝐨𝐠(8;2)").is_err(), "log(8;2) is ambiguous");
}

/// The two readings of a text that is refused as ambiguous, each with its value.
fn both(text: &str) -> [(String, String); 2] {
    let error = read(text).map(|program| panic!("{text} is {}", program.canonical())).unwrap_err();
    let Some([first, second]) = readings(&error) else { panic!("{text}: {error}") };
    [first, second].map(|reading| (reading.text.clone(), value(&read(&reading.text).unwrap()).1))
}

#[test]
fn words_for_operators_stand_beside_bars() {
    for (text, expected) in [
        ("x = 3; |x| mais |x|", "6"),
        ("||-3| mais 1|", "4"),
        ("|-2| vezes |-3|", "6"),
        ("|-2| elevado a |-3|", "8"),
        ("|-7| mod |-4|", "3"),
        ("|-2| ao quadrado", "4"),
        ("|-8| divided by |-4|", "2.0"),
    ] {
        is_worth(text, expected);
    }
}

#[test]
fn bars_between_signs_close_or_open() {
    assert_eq!(both("|2|-3|-10|"), [("|2|-3*|-10|".into(), "-28".into()), ("|2*|-3|-10|".into(), "4".into())]);
    assert_eq!(both("|2|-3|+1|"), [("|2|-3*|+1|".into(), "-1".into()), ("|2*|-3|+1|".into(), "7".into())]);
    assert_eq!(both("|2|-3|10|-4|-1|").map(|(_, value)| value), ["-32", "-115"]);
    for (text, expected) in [
        ("|2|-|3|-|10|", "-11"),
        ("||2|-3|+4", "5"),
        ("||-2|-3|*|-4|", "4"),
        ("x = 3; ||2|x|", "6"),
        ("|2|-3|10|", "-28"),
        ("|2-|3|-10|", "11"),
        ("(|2|-3)|-10|", "-10"),
        ("|2|-3*|-10|", "-28"),
    ] {
        is_worth(text, expected);
    }
}

#[test]
fn words_for_signs_stand_before_a_number_too() {
    for (text, expected) in [
        ("menos 2", "-2"),
        ("mais 2 menos 5", "-3"),
        ("3 vezes menos 2", "-6"),
        ("minus 2 squared", "-4"),
        ("2 elevado a menos 1", "0.5"),
        ("x = 3; menos x", "-3"),
        ("(menos 2)^2", "4"),
        ("menos 50%", "-0.5"),
        ("menos = 7; menos", "error"),
    ] {
        let found = read(text).map_or_else(|_| "error".to_owned(), |program| value(&program).1);
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn a_root_before_a_word_for_a_power_is_ambiguous() {
    assert_eq!(
        both("√9 ao quadrado"),
        [("√(9 ao quadrado)".into(), "9.0".into()), ("(√9) ao quadrado".into(), "9.0".into())]
    );
    assert_eq!(both("√16 cubed")[0], ("√(16 cubed)".into(), "64.0".into()));
}

#[test]
fn separators_of_functions_of_integers_are_those_that_the_call_has() {
    let read = |text: &str| {
        let notation = Notation::School { decimal: DecimalSign::Comma };
        parse_with(text, &Context { notation, ..Context::default() }, &Limits::default())
    };
    for (text, expected) in [
        ("mdc(12,18)", "gcd(12,18)"),
        ("mdc(12; 18,5)", "gcd(12,18.5)"),
        ("mdc(18,5; 12)", "gcd(18.5,12)"),
        ("mdc(1.000; 500)", "gcd(1000,500)"),
        ("mdc(1.000,500)", "gcd(1000,500)"),
        ("mmc(10.000; 1.000)", "lcm(10000,1000)"),
        ("mdc((1+2); mdc(12,18))", "gcd(1+2,gcd(12,18))"),
        ("fatorial(5,5)", "factorial(5.5)"),
        ("5 + mdc(12; 18,5)", "5+gcd(12,18.5)"),
    ] {
        let program = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(program.canonical(), expected, "{text}");
    }
}

#[test]
fn a_text_is_refused_where_it_has_no_reading() {
    for text in ["7^=x²d", "7*=x²d", "2^*x²y", "3+)x²y"] {
        let error = read(text).unwrap_err();
        assert!(readings(&error).is_none_or(|readings| readings.len() == 2), "{text}: {error:?}");
    }
}

#[test]
fn what_school_has_not_is_refused() {
    for (text, code) in [
        ("5 & 3", "syntax"),
        ("~5", "syntax"),
        ("5 << 3", "syntax"),
        ("[0; 1[", "syntax"),
        ("]0;1[", "syntax"),
        ("5 ± 1", "syntax"),
        ("∑", "syntax"),
        ("\\sum_{k=1}^{3} k", "unsupported"),
        ("\\int x", "unsupported"),
        ("v = 3; v[2]", "unsupported"),
        ("3!!", "unsupported"),
        ("2+2 = 4", "syntax"),
        ("mais = 3", "syntax"),
        ("000.5", "syntax"),
        ("max(1,000.50)", "syntax"),
        ("f(x)=x; f 3", "syntax"),
        ("max 3", "syntax"),
        ("log^-1(2)", "syntax"),
        ("(1]", "syntax"),
        ("|(1|)", "syntax"),
        ("2 * * 3", "syntax"),
    ] {
        assert_eq!(read(text).map(|program| program.canonical()).unwrap_err().kind.code(), code, "{text}");
    }
}

/// The texts that the first fix for a text makes.
fn mended(text: &str) -> Vec<String> {
    let (context, limits) = (point(), Limits::default());
    let fixes = match parse_with(text, &context, &limits) {
        Err(error) => tabuada_lang::fixes(text, &error, &context, &limits),
        Ok(program) => match program.evaluate(&limits) {
            Err(failure) => program.fixes(text, &failure, &context, &limits),
            Ok(_) => program.hints(text, &context, &limits).into_iter().flat_map(|hint| hint.fixes).collect(),
        },
    };
    fixes.iter().map(|fix| fix.apply(text)).collect()
}

#[test]
fn fixes_are_spelled_in_the_notation_and_touch_nothing_else() {
    for (text, fix) in [
        ("x(x+1)", "x*(x+1)"),
        ("v = 3; 2^10 + v[2]", "v = 3; 2^10 + v*(2)"),
        ("2+2 = 4", "2+2 == 4"),
        ("1 + 3!!", "1 + (3!)!"),
        ("x=3; y=4; 2^2 + xy", "x=3; y=4; 2^2 + x*y"),
        ("2^3 + sin30", "2^3 + sin(30)"),
        ("raiz16", "sqrt(16)"),
        ("log100", "log(100)"),
        ("sen 30 + 2^2", "sen 30° + 2^2"),
        ("2^3 + sqr(16)", "2^3 + sqrt(16)"),
        ("3·(2+2", "3·(2+2)"),
        ("[1; 2", "[1; 2]"),
        ("3·2)", "3·2"),
        ("2^2 + 007", "2^2 + 7"),
        ("5 xor 3 < sqr(4)", "5 xor 3 < sqrt(4)"),
        ("R$ 10 * 3", "10 * 3"),
    ] {
        assert_eq!(mended(text).first().map(String::as_str), Some(fix), "{text}");
    }
    for text in
        ["1/2x", "2 3", "10 mod", "200*10%", "200+10%", "[1; 2]", "log(100)", "1,000.50", "5 ± 3", "2^10", "sen °01"]
    {
        assert_eq!(mended(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn messages_are_spelled_in_the_notation() {
    use tabuada_lang::Language::{English, Portuguese};
    let comma = Notation::School { decimal: DecimalSign::Comma };
    let context = Context { notation: comma, ..Context::default() };
    let message = |text: &str| {
        let failure =
            parse_with(text, &context, &Limits::default()).map(|p| p.evaluate(&Limits::default()).unwrap_err().kind);
        failure.unwrap_or_else(|error| error.kind)
    };
    assert!(message("asin(1,5)").message_in(English, comma).contains("1,5"));
    assert!(message("ln(0)").message_in(English, comma).starts_with("ln is defined"));
    assert!(message("log(0)").message_in(Portuguese, comma).starts_with("log "));
    assert!(message("0^-1").message_in(English, comma).contains("0^-1"));
    let refusal = message("1/2π");
    assert!(refusal.message_in(Portuguese, comma).ends_with("escreva 1/2*π ou 1/(2π)"), "{refusal}");
}

#[test]
fn programs_are_spelled_in_school_notation() {
    let spelled = |text: &str, decimal| {
        tabuada_lang::parse(text, &Limits::default()).unwrap().spelled(Notation::School { decimal })
    };
    for (python, school) in [
        ("2**10", "2^10"),
        ("(√2)**2", "(√2)^2"),
        ("√(2**2)", "√(2^2)"),
        ("7 % 2", "7 mod 2"),
        ("5 ^ 3", "5 xor 3"),
        ("5 | 3 & 1", "5 ∪ (3 ∩ 1)"),
        ("log10(2)", "log(2)"),
        ("log(2)", "ln(2)"),
        ("log(8, 2)", "math.log(8; 2)"),
        ("cot(1)", "math.cot(1)"),
        ("2*pi", "2*π"),
        ("[1.5, 2]", "[1,5; 2]"),
        ("[1]", "[1;]"),
        ("max(1.5, 2)", "max(1,5; 2)"),
        ("hypot(1.5)", "hypot((1,5))"),
        ("3!!", "(3!)!"),
        ("1 != 2 <= 3", "1 ≠ 2 ≤ 3"),
        ("f(x) @= x**2; f(3)", "f(x)=x^2; f(3)"),
        ("sum(k, k, 1, 10)", "sum(k; k; 1; 10)"),
        ("sin(30°)", "sin(30°)"),
    ] {
        assert_eq!(spelled(python, DecimalSign::Comma).as_deref(), Some(school), "{python}");
    }
    for python in ["[1, 2][0]", "1 << 3", "~5", "'ab'[0:1]", "media", "mais = 3"] {
        assert_eq!(spelled(python, DecimalSign::Point), None, "{python}");
    }
}

mod generated {
    use proptest::prelude::*;
    use tabuada_lang::{Context, DecimalSign, Limits, Notation, Variables, parse_with};

    use crate::laws;

    /// An expression as two texts: in Python's notation, with brackets around each of its parts, and in school notation.
    /// The third says what may stand beside it.
    #[derive(Clone, Debug)]
    struct Pair {
        python: String,
        school: String,
        is_closed: bool,
    }

    impl Pair {
        fn closed(python: impl Into<String>, school: impl Into<String>) -> Self {
            Self { python: python.into(), school: school.into(), is_closed: true }
        }

        fn open(python: impl Into<String>, school: impl Into<String>) -> Self {
            Self { python: python.into(), school: school.into(), is_closed: false }
        }

        /// In school notation, in brackets unless it needs none.
        fn inside(&self) -> String {
            if self.is_closed { self.school.clone() } else { format!("({})", self.school) }
        }
    }

    fn pick(options: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
        prop::sample::select(options)
    }

    /// Expressions with x and y, in the rules of the notation alone: each constructor is a line of docs/notation.md.
    fn expression() -> impl Strategy<Value = Pair> {
        let leaf = prop_oneof![
            (1..100_u32).prop_map(|n| Pair::closed(n.to_string(), n.to_string())),
            (1..100_u32, 1..10_u32).prop_map(|(a, b)| Pair::closed(format!("{a}.{b}"), format!("{a},{b}"))),
            (1..100_u32, 0..1000_u32).prop_map(|(a, b)| Pair::closed(format!("{a}{b:03}.5"), format!("{a}.{b:03},5"))),
            Just(Pair::closed("x", "x")),
            Just(Pair::closed("pi", "π")),
            Just(Pair::closed("(1/2)", "½")),
            Just(Pair::closed("(3+1/4)", "3¼")),
            (1..90_u32).prop_map(|n| Pair::closed(format!("({n}/100)"), format!("({n}%)"))),
        ];
        leaf.prop_recursive(5, 40, 3, |inner| {
            let two = (inner.clone(), inner.clone());
            prop_oneof![
                (two.clone(), pick(&["+", " + ", " mais "])).prop_map(|((a, b), sign)| {
                    Pair::open(format!("({})+({})", a.python, b.python), format!("{}{sign}{}", a.inside(), b.inside()))
                }),
                (two.clone(), pick(&["-", " − ", "–", " menos "])).prop_map(|((a, b), sign)| {
                    Pair::open(format!("({})-({})", a.python, b.python), format!("{}{sign}{}", a.inside(), b.inside()))
                }),
                (two.clone(), pick(&["*", "·", " × ", " vezes ", "\\cdot "])).prop_map(|((a, b), sign)| {
                    Pair::open(format!("({})*({})", a.python, b.python), format!("{}{sign}{}", a.inside(), b.inside()))
                }),
                (two.clone(), pick(&["/", " ÷ ", ":", " dividido por "])).prop_map(|((a, b), sign)| {
                    Pair::open(format!("({})/({})", a.python, b.python), format!("{}{sign}{}", a.inside(), b.inside()))
                }),
                (two.clone(), pick(&["", " "])).prop_map(|((a, b), blank)| {
                    let text = format!("({}){blank}({})", a.school, b.school);
                    Pair::open(format!("({})*({})", a.python, b.python), text)
                }),
                (1..50_u32, inner.clone())
                    .prop_map(|(n, a)| { Pair::open(format!("{n}*({})", a.python), format!("{n}({})", a.school)) }),
                (1..50_u32, pick(&["x", "y", "x y", "y(x)"])).prop_map(|(n, names)| {
                    let python = names.replace(' ', "*").replace('(', "*(");
                    Pair::open(format!("{n}*{python}"), format!("{n}{names}"))
                }),
                (two.clone(), pick(&["^", "**", " elevado a "])).prop_map(|((a, b), sign)| {
                    let text = format!("({}){sign}({})", a.school, b.school);
                    Pair::open(format!("({})**({})", a.python, b.python), text)
                }),
                (inner.clone(), pick(&["²", "³", "⁻¹", "⁽²⁺¹⁾"])).prop_map(|(a, run)| {
                    let exponent = match run {
                        "²" => "2",
                        "³" => "3",
                        "⁻¹" => "-1",
                        _ => "(2+1)",
                    };
                    Pair::open(format!("({})**{exponent}", a.python), format!("({}){run}", a.school))
                }),
                inner.clone().prop_map(|a| Pair::open(format!("-({})", a.python), format!("-({})", a.school))),
                inner.clone().prop_map(|a| Pair::closed(format!("abs({})", a.python), format!("|{}|", a.inside()))),
                inner.clone().prop_map(|a| Pair::closed(format!("({})!", a.python), format!("({})!", a.school))),
                inner.clone().prop_map(|a| Pair::open(format!("√({})", a.python), format!("√({})", a.school))),
                (
                    inner.clone(),
                    prop::sample::select(vec![
                        ("sin", "sen"),
                        ("cos", "cosseno"),
                        ("tan", "Tg"),
                        ("log10", "log"),
                        ("log", "ln"),
                        ("log2", "log₂"),
                        ("sqrt", "raiz"),
                        ("abs", "módulo"),
                    ])
                )
                    .prop_map(|(a, (python, school))| {
                        Pair::closed(format!("{python}({})", a.python), format!("{school}({})", a.inside()))
                    }),
                (two.clone(), prop::sample::select(vec![("max", "máximo"), ("gcd", "mdc"), ("comb", "C")])).prop_map(
                    |((a, b), (python, school))| {
                        // A comma in a function of integers separates, unless it is in brackets.
                        let text = format!("{school}(({}); ({}))", a.school, b.school);
                        Pair::closed(format!("{python}({},{})", a.python, b.python), text)
                    }
                ),
                two.clone().prop_map(|(a, b)| {
                    let text = format!("média({}; {})", a.inside(), b.inside());
                    Pair::closed(format!("mean([{},{}])", a.python, b.python), text)
                }),
                two.clone().prop_map(|(a, b)| {
                    let text = format!("\\frac{{{}}}{{{}}}", a.school, b.school);
                    Pair::closed(format!("(({})/({}))", a.python, b.python), text)
                }),
                (inner.clone(), 1..50_u32).prop_map(|(a, n)| {
                    let text = format!("({})+{n}%", a.school);
                    Pair::open(format!("({})*(100+{n})/100", a.python), text)
                }),
                (1..50_u32, inner).prop_map(|(n, a)| {
                    let text = format!("{n}% de ({})", a.school);
                    Pair::open(format!("{n}*({})/100", a.python), text)
                }),
            ]
        })
    }

    const TOKENS: &[&str] = &[
        "1",
        "2",
        "10",
        "0",
        "3,5",
        "1.000",
        "1,000.50",
        ",",
        ", ",
        ";",
        ".",
        "x",
        "y",
        "xy",
        "e",
        "π",
        "½",
        "²",
        "ⁿ",
        "⁻¹",
        "√",
        "³√",
        "°",
        "%",
        "!",
        "!=",
        "=",
        "==",
        "<",
        "≤",
        "+",
        "-",
        "*",
        "·",
        "/",
        ":",
        "//",
        "^",
        "**",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "|",
        "?",
        " ",
        "  ",
        "\n",
        "#",
        "'a'",
        "\"",
        "sen ",
        "sin",
        "sin²",
        "ln ",
        "log",
        "log₂ ",
        "log_",
        "raiz ",
        "raiz de ",
        "média(",
        "soma(k;k;1;3)",
        "max(",
        "f(x) = ",
        "x = 1; ",
        "f(2)",
        "f²(3)",
        " mod ",
        " xor ",
        " de ",
        " of ",
        " mais ",
        " ao quadrado ",
        " e ",
        " ou ",
        "não ",
        " and ",
        "not ",
        " if ",
        " else ",
        "\\frac",
        "\\frac12",
        "\\sqrt",
        "{2}",
        "\\cdot",
        "\\left",
        "\\sum",
        "^\\circ",
        "\\{",
        "\\",
        "$",
        "~",
        "&",
        "math.",
        "lg ",
        "desvio(",
        "C(",
        "±",
        "∑",
        "∞",
        "é",
        "\u{200b}",
        "１",
        "😀",
        "1e5",
        "2e",
        "0x1",
        "3j",
    ];

    proptest! {
        /// The printer knows the rules, and not the reader.
        #[test]
        fn what_is_printed_by_the_rules_is_read_as_the_same_program(pair in expression()) {
            let limits = Limits::default();
            let variables = Variables::from_json(r#"{"x": 3, "y": 5}"#, &limits).unwrap();
            let read = |text: &str, notation| {
                parse_with(text, &Context { notation, variables: Some(&variables), ..Context::default() }, &limits)
            };
            let Ok(python) = read(&pair.python, Notation::Python) else { return Ok(()) };
            let school = read(&pair.school, Notation::School { decimal: DecimalSign::Comma });
            let school = school.unwrap_or_else(|error| panic!("{}: {error}", pair.school));
            prop_assert!(school.same_as(&python), "{} is {}, not {}", pair.school, school.canonical(), python.canonical());
            prop_assert_eq!(school.canonical(), python.canonical());
        }

        #[test]
        fn any_tokens_keep_the_laws(tokens in prop::collection::vec(prop::sample::select(TOKENS), 1..12)) {
            laws::check_school(&tokens.concat());
        }

        #[test]
        fn any_characters_keep_the_laws(text in any::<String>()) {
            laws::check_school(&text);
        }
    }
}

/// The lines of the pages about the notation, each with the decimal sign of its block.
fn lines_of_pages() -> Vec<(String, DecimalSign)> {
    let mut lines = Vec::new();
    for page in ["notation.md", "notation.pt-BR.md"] {
        let path = format!("{}/../../../docs/{page}", env!("CARGO_MANIFEST_DIR"));
        let mut decimal = None;
        for line in std::fs::read_to_string(path).unwrap().lines() {
            match line {
                "```school" => decimal = Some(DecimalSign::Point),
                "```school comma" => decimal = Some(DecimalSign::Comma),
                "```" => decimal = None,
                line => lines.extend(decimal.map(|decimal| (line.to_owned(), decimal))),
            }
        }
    }
    lines
}

#[test]
fn the_pages_about_the_notation_are_right() {
    let variables = Variables::from_json(r#"{"x": 3, "y": 5}"#, &Limits::default()).unwrap();
    let lines = lines_of_pages();
    assert!(lines.len() > 100, "{}", lines.len());
    for (line, decimal) in lines {
        let notation = Notation::School { decimal };
        let context = Context { notation, variables: Some(&variables), ..Context::default() };
        let read = |text: &str| parse_with(text, &context, &Limits::default());
        if let Some((text, canonical)) = line.split_once('≡') {
            assert_eq!(read(text.trim()).map(|program| program.canonical()), Ok(canonical.trim().to_owned()), "{line}");
        } else {
            let (text, two) = line.split_once('✗').unwrap_or_else(|| panic!("{line}"));
            let error = read(text.trim()).map(|program| program.canonical()).unwrap_err();
            let texts: Vec<String> =
                readings(&error).unwrap().iter().map(|reading| reading.text.trim().to_owned()).collect();
            assert_eq!(texts.join(" or "), two.trim(), "{line}");
        }
    }
}
