//! math.js's language, against what math.js 15.2 answers (`corpus/mathjs.jsonl`, `corpus/mathjs_sisters.jsonl`).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;
use tabuada_lang::mathjs::{self, Program, Stop};
use tabuada_lang::{ErrorKind, Fuel, Limits};

fn evaluate<'t>(texts: impl IntoIterator<Item = &'t str>, precision: Option<u32>) -> Result<Vec<String>, Stop> {
    let limits = Limits::default();
    Program::read(texts, &limits)?.evaluate(precision, &limits, &mut Fuel::new(limits.fuel))
}

fn answer(text: &str) -> Result<String, String> {
    evaluate([text], None).map(|mut printed| printed.remove(0)).map_err(|stop| stop.message())
}

/// The answer to a record, or the text of its error.
fn answer_to(record: &Value) -> Result<Vec<String>, String> {
    let texts: Vec<&str> = match &record["expr"] {
        Value::Array(texts) => texts.iter().map(|text| text.as_str().unwrap()).collect(),
        text => vec![text.as_str().unwrap()],
    };
    let precision = record["precision"].as_u64().map(|precision| precision as u32);
    evaluate(texts, precision).map_err(|stop| stop.message())
}

fn strings(result: &Value) -> Option<Vec<String>> {
    match result {
        Value::Null => None,
        Value::Array(results) => Some(results.iter().map(|text| text.as_str().unwrap().to_owned()).collect()),
        text => Some(vec![text.as_str().unwrap().to_owned()]),
    }
}

/// Whether two texts are the same, but for two units in the last place of each number.
fn is_close(a: &str, b: &str) -> bool {
    let parts = |text: &str| -> (String, Vec<f64>) {
        let (mut words, mut numbers, mut rest) = (String::new(), Vec::new(), text);
        while !rest.is_empty() {
            let end = rest.find(|c: char| !matches!(c, '0'..='9' | '.' | 'e' | '+' | '-')).unwrap_or(rest.len());
            if let Ok(number) = rest[..end].parse() {
                numbers.push(number);
                words.push('#');
            } else {
                words.push_str(&rest[..end]);
            }
            let next = rest[end..].chars().next();
            words.extend(next);
            rest = &rest[end + next.map_or(0, char::len_utf8)..];
        }
        (words, numbers)
    };
    let ((words, numbers), (other_words, other_numbers)) = (parts(a), parts(b));
    let near = |a: &f64, b: &f64| a == b || (a.to_bits() as i64).abs_diff(b.to_bits() as i64) <= 2;
    words == other_words
        && numbers.len() == other_numbers.len()
        && numbers.iter().zip(&other_numbers).all(|(a, b)| near(a, b))
}

/// Whether an answer is what a record asks for: in scope, the same; outside, the same or a refusal.
fn is_right(record: &Value, given: &Result<Vec<String>, String>) -> bool {
    let wanted = strings(&record["result"]);
    match (given, wanted) {
        (Ok(given), Some(wanted)) => {
            given == &wanted
                || record["tol"] == "libm"
                    && given.len() == wanted.len()
                    && given.iter().zip(&wanted).all(|(a, b)| is_close(a, b))
        }
        (Ok(_), None) => false,
        (Err(error), Some(_)) => !record["outside"].is_null() && error.starts_with("Error: "),
        (Err(error), None) => error.contains("Error: "),
    }
}

/// The records of a file that are answered otherwise, and how many are in scope.
fn failures(file: &str) -> (BTreeSet<String>, usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../corpus").join(file);
    let records = fs::read_to_string(path).unwrap();
    let (mut wrong, mut in_scope) = (BTreeSet::new(), 0);
    for line in records.split('\n').filter(|line| !line.is_empty()) {
        let record: Value = serde_json::from_str(line).unwrap();
        in_scope += usize::from(record["outside"].is_null());
        let given = answer_to(&record);
        if !is_right(&record, &given) {
            println!("{line}\n    {given:?}");
            wrong.insert(record["id"].as_str().unwrap().to_owned());
        }
    }
    println!("{file}: {} of {in_scope} in scope are answered otherwise", wrong.len());
    (wrong, in_scope)
}

#[test]
fn the_records_of_mathjs_are_answered_as_it_does() {
    assert_eq!(failures("mathjs.jsonl").0, BTreeSet::new());
}

/// What is known to be answered otherwise: sums that carry the last digits of V8's functions further than two units
/// (`e!!`, and 10^-20 beside 1 with 20 digits), and one that is refused (the gamma function of a complex number).
#[test]
fn sister_records_are_answered_as_mathjs_does() {
    let (wrong, in_scope) = failures("mathjs_sisters.jsonl");
    let known = ["ms0384", "ms1044", "ms1834"];
    assert_eq!(wrong, known.map(str::to_owned).into());
    assert!(wrong.len() * 100 <= 3 * in_scope, "{} of {in_scope}", wrong.len());
}

#[test]
fn errors_have_the_form_of_javascript() {
    for (text, error) in [
        ("foo", "Error: Undefined symbol foo"),
        ("foo(2)", "Error: Undefined function foo"),
        ("2 +", "SyntaxError: Unexpected end of expression (char 4)"),
        ("1 2", "SyntaxError: Unexpected part \"2\" (char 3)"),
        ("5 +/ 2", "SyntaxError: Value expected (char 4)"),
        ("factorial(-1)", "Error: Value must be non-negative"),
        ("sqrt(1, 2)", "TypeError: Too many arguments in function sqrt (expected: 1, actual: 2)"),
        ("5 cm", "Error: Units are not supported: cm"),
        ("5 cm to inch", "Error: Units are not supported: to"),
        ("det(1)", "Error: Matrices are not supported: det"),
        ("simplify(\"x\")", "Error: Symbolic calculations are not supported: simplify"),
        ("bignumber(1)", "Error: Big numbers are not supported: bignumber"),
        ("{a: 1}", "Error: Objects are not supported"),
        ("[1, 2]'", "Error: Matrices are not supported: ctranspose"),
    ] {
        assert_eq!(answer(text), Err(error.to_owned()), "{text}");
    }
}

/// What is expensive is refused before it is done.
#[test]
fn hostile_texts_end_at_a_limit() {
    let deep = |open: &str, close: &str, depth: usize| open.repeat(depth) + "1" + &close.repeat(depth);
    for (text, code) in [
        ("1:100000000".to_owned(), "too-large"),
        ("1:Infinity".to_owned(), "too-large"),
        ("sum(1:1e15)".to_owned(), "too-large"),
        ("a = [1]; a[1e9] = 1".to_owned(), "too-large"),
        (deep("(", ")", 10_000), "too-deep"),
        (deep("[", "]", 10_000), "too-deep"),
        (deep("sqrt(", ")", 10_000), "too-deep"),
        (deep("-", "", 10_000), "too-deep"),
        (deep("2^", "", 10_000), "too-deep"),
        (deep("1?1:", "", 10_000), "too-deep"),
        (deep("a=", "", 10_000), "too-deep"),
        (deep("1%(", ")", 10_000), "too-deep"),
        ("1+".repeat(40_000) + "1", "too-long"),
        ("combinations(1e9, 5e8)".to_owned(), "out-of-fuel"),
        (
            "f(n) = f(n - 1) + f(n - 2) + (n < 0 ? 0 : 0); n = 1; f(n) = n < 2 ? n : f(n - 1) + f(n - 2); f(60)"
                .to_owned(),
            "out-of-fuel",
        ),
        ("a = 1:9999; concat(a, a)".to_owned(), "too-large"),
        ("s = \"ab\"; ".to_owned() + &"s = concat(s, s); ".repeat(40), "too-large"),
    ] {
        let limits = Limits::default();
        let stop = Program::read([&*text], &limits)
            .and_then(|program| program.evaluate(None, &limits, &mut Fuel::new(limits.fuel)));
        let Err(Stop::Limit(kind)) = stop else { panic!("{:.60} gives {:.100}", text, format!("{stop:?}")) };
        assert_eq!(kind.code(), code, "{text:.60}");
    }
    assert_eq!(answer("f(x) = f(x); f(1)"), Err("RangeError: Maximum call stack size exceeded".to_owned()));
    assert!(answer("permutations(1e10, 2)").is_err());
    assert!(answer("isPrime(Infinity)").is_err());
    // Chains have no depth.
    assert_eq!(answer(&("1+".repeat(30_000) + "1")), Ok("30001".to_owned()));
    assert_eq!(answer(&("1 ".to_owned() + &"< 2 ".repeat(10_000))), Ok("false".to_owned()));
}

/// A text is read digit by digit each time, and every element of a list is looked at.
#[test]
fn reading_texts_and_lists_is_paid_for() {
    let zeros = format!("s = \"0x{}1\"; ", "0".repeat(50_000));
    let list = "A = 1:10000; A[1:10000] = ";
    let many = |term: &str, count: usize| vec![term; count].join("+");
    for text in [
        format!("{zeros}{list}s; number(A)"),
        format!("{zeros}{list}s; gcd(A)"),
        format!("{zeros}{list}s; fix([1.5], s) + sum(A)"),
        format!("{zeros}{}", many("s", 600)),
        format!("{zeros}{}", many("size(s)[1]", 300)),
        format!("{zeros}{}", many("(s ? 1 : 2)", 600)),
        format!("{zeros}{}", many("(s and s)", 300)),
        format!("{list}0; {}", many("gcd(A)", 1_300)),
        format!("{list}1; {}", many("quantileSeq(A, 0.5, true)", 1_300)),
    ] {
        let limits = Limits::default();
        let stop = Program::read([&*text], &limits)
            .and_then(|program| program.evaluate(None, &limits, &mut Fuel::new(limits.fuel)));
        let Err(Stop::Limit(kind)) = stop else { panic!("{:.100} gives {:.100}", text, format!("{stop:?}")) };
        assert_eq!(kind.code(), "out-of-fuel", "{text:.100}");
    }
    // Once is cheap, and a list of the longest length is sorted.
    assert_eq!(answer(&format!("{zeros}s + 1")), Ok("[2]".to_owned()));
    assert_eq!(answer("median(1:10000)"), Ok("5000.5".to_owned()));
    assert_eq!(answer("sort(10000:-1:1)[10000]"), Ok("10000".to_owned()));
}

/// As math.js 15.2.0 answers.
#[test]
fn names_of_parameters_differ_and_asech_has_a_pole() {
    assert_eq!(answer("f(x, x) = x"), Err("Error: Duplicate parameter name \"x\"".to_owned()));
    assert_eq!(answer("asech(0)"), Ok("Infinity".to_owned()));
    assert_eq!(answer("asech(-0)"), Ok("Infinity + 3.141592653589793i".to_owned()));
}

#[test]
fn the_clock_ends_an_evaluation() {
    let limits = Limits::default();
    let program = Program::read(["f(n) = n < 2 ? n : f(n - 1) + f(n - 2); f(60)"], &limits).unwrap();
    let stop = || true;
    let stopped = program.evaluate(None, &limits, &mut Fuel::with_stop(limits.fuel, &stop)).unwrap_err();
    assert_eq!(stopped, Stop::Limit(ErrorKind::Deadline));
    assert!(stopped.message().starts_with("TimeoutError: "));
}

/// The brackets of the deepest text fit on the stack of any thread.
#[test]
fn nested_as_deep_as_is_allowed() {
    let deep = |open: &str| open.repeat(199) + "1" + &")".repeat(199);
    let small = std::thread::Builder::new().stack_size(1 << 20);
    let read = move || {
        for open in ["(", "sqrt(", "1 or 1 and 1 < 1 + 1 * (", "-("] {
            let text = deep(open);
            let _ = answer(&text);
        }
    };
    small.spawn(read).unwrap().join().unwrap();
}

#[test]
fn a_precision_is_a_whole_number_of_digits() {
    assert_eq!(mathjs::precision(14.0), Ok(Some(14)));
    assert_eq!(mathjs::precision(65.0), Ok(Some(65)));
    for none in [0.0, f64::NAN] {
        assert_eq!(mathjs::precision(none), Ok(None));
    }
    for odd in [-1.0, 1.5] {
        assert!(mathjs::precision(odd).is_err());
    }
}

/// Pieces of texts, of which some make sense.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "1",
        "2.5",
        "0x1f",
        "1e300",
        "i",
        "x",
        "f",
        "(",
        ")",
        "[",
        "]",
        ",",
        ";",
        "\n",
        "+",
        "-",
        "*",
        "/",
        "^",
        "%",
        "!",
        "'",
        "\"",
        "=",
        "==",
        "<",
        "?",
        ":",
        "and",
        "or",
        "not",
        "mod",
        "to",
        "in",
        " ",
        "sqrt",
        "sum",
        "sort",
        "max",
        "concat",
        "format",
        "end",
        "f(x)=",
        "x=",
        "é",
        "😀",
        "#",
        ".",
        "?.",
        "??",
        "~",
        "&",
        ">>>",
        "{",
        "}",
        "std",
        "bin",
        "quantileSeq",
        "round",
        "null",
        "Infinity",
        "NaN",
        "complex",
        "gcd",
        "true",
        "1:5",
        "[1,2,3]",
        "number",
        "\\",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// Any text ends with a value or an error, within its fuel, and each time with the same.
    #[test]
    fn any_text_ends(texts in prop::collection::vec(prop_oneof![pieces(), any::<String>()], 1..3), precision in 0u32..20) {
        let limits = Limits { fuel: 1_000_000, ..Limits::default() };
        let evaluate = || {
            let program = Program::read(texts.iter().map(String::as_str), &limits)?;
            program.evaluate(Some(precision).filter(|precision| *precision > 0), &limits, &mut Fuel::new(limits.fuel))
        };
        let first = evaluate();
        prop_assert_eq!(&first, &evaluate());
        if let Err(stop) = first {
            prop_assert!(stop.message().contains("Error: "), "{}", stop.message());
        }
    }
}
