//! Generated expressions against CPython itself: the same `repr`, or the same exception with the same words.
//!
//! Runs where `python3` is there and is of a version whose words are known; says so where it is not.
// Helpers of tests may panic as tests do.
#![allow(clippy::panic, clippy::unwrap_used)]

use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use tabuada_lang::{Fuel, Limits, parse};

/// Reads a JSON array of expressions, writes one of `[type, text]`, in order.
const ORACLE: &str = r#"
import json, math, resource, sys, warnings
# Whatever is generated, it ends.
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (100, 100))
warnings.simplefilter("ignore")
sys.set_int_max_str_digits(0)
names = {n: getattr(math, n) for n in dir(math) if not n.startswith("_") and n != "pow"}
def judge(text):
    try:
        value = eval(text, dict(names))
    except SyntaxError:
        return ["syntax", ""]
    except Exception as error:
        return [type(error).__name__, str(error)]
    return [type(value).__name__, repr(value)]
json.dump([judge(text) for text in json.load(sys.stdin)], sys.stdout)
"#;

fn oracle(texts: &[String]) -> Option<Vec<(String, String)>> {
    let version = Command::new("python3").arg("--version").output().ok()?;
    if !String::from_utf8_lossy(&version.stdout).starts_with("Python 3.11") {
        eprintln!("the reference is CPython 3.11; found {}", String::from_utf8_lossy(&version.stdout).trim());
        return None;
    }
    let mut python =
        Command::new("python3").args(["-c", ORACLE]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let input = serde_json::to_vec(texts).unwrap();
    let mut stdin = python.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&input).unwrap());
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn ours(text: &str) -> (String, String) {
    let limits = Limits::default();
    let program = match parse(text, &limits) {
        Ok(program) => program,
        Err(_) => return ("syntax".to_owned(), String::new()),
    };
    // The law of canonical text, on everything generated.
    let canonical = program.canonical();
    let again = parse(&canonical, &limits).unwrap_or_else(|error| panic!("{text:?} -> {canonical:?}: {error:?}"));
    assert!(again.same_as(&program), "{text:?} -> {canonical:?}");
    match program.evaluate(&limits, &mut Fuel::new(limits.fuel)) {
        Ok(answer) => {
            let name = if answer.type_name() == "none" { "NoneType" } else { answer.type_name() };
            (name.to_owned(), answer.text().to_owned())
        }
        Err(failure) => {
            let class = match failure.kind.code() {
                "unknown-name" => "NameError",
                "type-error" => "TypeError",
                "value-error" => "ValueError",
                "division-by-zero" => "ZeroDivisionError",
                "overflow" => "OverflowError",
                other => other,
            };
            (class.to_owned(), failure.kind.python().unwrap_or_default())
        }
    }
}

fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (0_u32..12).prop_map(|n| n.to_string()),
        2 => any::<u64>().prop_map(|n| n.to_string()),
        1 => "[1-9][0-9]{20,60}",
        1 => any::<u32>().prop_map(|n| format!("0x{n:x}")),
        2 => (0_u32..1000, 0_u32..1000).prop_map(|(a, b)| format!("{a}.{b}")),
        1 => any::<f64>().prop_filter("a literal", |x| x.is_finite()).prop_map(|x| format!("{:e}", x.abs())),
        1 => prop::sample::select(vec!["True", "False", "None", "pi", "e", "inf", "nan", "1e400", "0.0", "1e-320", "x"])
            .prop_map(str::to_owned),
    ]
}

/// Expressions in which nothing grows beyond what CPython does in a moment: exponents and shifts are small, and only
/// literals are raised to powers.
fn expression() -> impl Strategy<Value = String> {
    let small = || prop::sample::select(vec!["0", "1", "2", "3", "7", "-1", "-2", "0.5", "True", "64", "-0.0", "1.5"]);
    literal().prop_recursive(5, 40, 3, move |inner| {
        let operand = inner.clone().prop_flat_map(|text| {
            prop_oneof![Just(text.clone()), Just(format!("({text})")), Just(format!(" {text} "))]
        });
        let two = prop::sample::select(vec![
            "+", "-", "*", "/", "//", "%", "&", "|", "^", "<", "<=", ">", ">=", "==", "!=", " and ", " or ", "+", "-",
            "*",
        ]);
        let one = prop::sample::select(vec!["-", "+", "~", "not ", "- -"]);
        let function = prop::sample::select(vec![
            "abs", "bool", "float", "int", "round", "floor", "ceil", "trunc", "isqrt", "fabs", "isnan", "isfinite",
            "sqrt", "degrees", "radians", "ulp",
        ]);
        let pair = prop::sample::select(vec![
            "max",
            "min",
            "gcd",
            "lcm",
            "copysign",
            "fmod",
            "remainder",
            "nextafter",
            "nothing",
        ]);
        prop_oneof![
            6 => (operand.clone(), two, operand.clone()).prop_map(|(a, op, b)| format!("{a}{op}{b}")),
            2 => (one, operand.clone()).prop_map(|(op, a)| format!("{op}{a}")),
            2 => (literal(), small()).prop_map(|(a, b)| format!("({a})**{b}")),
            // In brackets: `1<<64*9**64` would be a shift by all that follows.
            1 => (operand.clone(), small()).prop_map(|(a, b)| format!("(({a})<<{b})")),
            1 => (operand.clone(), small()).prop_map(|(a, b)| format!("(({a})>>{b})")),
            1 => (operand.clone(), operand.clone(), operand.clone())
                .prop_map(|(a, c, b)| format!("({a} if {c} else {b})")),
            1 => (operand.clone(), operand.clone(), operand.clone()).prop_map(|(a, b, c)| format!("({a}<{b}<={c})")),
            2 => (function, operand.clone()).prop_map(|(f, a)| format!("{f}({a})")),
            2 => (pair, operand.clone(), operand.clone()).prop_map(|(f, a, b)| format!("{f}({a},{b})")),
            1 => (operand.clone(), -30_i32..30).prop_map(|(a, n)| format!("round({a},{n})")),
            1 => (literal(), small(), operand).prop_map(|(a, b, c)| format!("pow({a},{b},{c})")),
        ]
    })
}

#[test]
fn generated_expressions_answer_as_cpython_does() {
    // The same expressions each time, so that a change is judged by itself; `./test --deep` draws others.
    let drawn = std::env::var("TABUADA_CASES").ok().and_then(|n| n.parse().ok());
    let (cases, mut runner) = match drawn {
        Some(cases) => (cases, TestRunner::default()),
        None => (6_000, TestRunner::deterministic()),
    };
    let texts: Vec<String> = (0..cases).map(|_| expression().new_tree(&mut runner).unwrap().current()).collect();
    let Some(expected) = oracle(&texts) else {
        eprintln!("no CPython 3.11 here: nothing to compare with");
        return;
    };
    let mut wrong = Vec::new();
    let mut values = 0;
    for (text, (kind, repr)) in texts.iter().zip(&expected) {
        let (our_kind, our_repr) = ours(text);
        let same = match kind.as_str() {
            // Complex powers rest on libm's last digits in CPython; `python_outside.jsonl` judges them within a tolerance.
            "complex" => our_kind == "complex" || our_kind == "OverflowError",
            // CPython goes on where we refuse by a limit; a function is no answer of ours.
            _ if ["too-large", "out-of-fuel"].contains(&our_kind.as_str()) => true,
            _ => *kind == our_kind && (*repr == our_repr || near(repr, &our_repr)),
        };
        values += usize::from(same && our_kind != "syntax");
        if !same {
            wrong.push(format!("{text}\n    CPython: {kind} {repr}\n    ours:    {our_kind} {our_repr}"));
        }
    }
    assert!(values > texts.len() / 2, "most of what is generated should come to something");
    assert!(
        wrong.is_empty(),
        "{} of {} differ:\n{}",
        wrong.len(),
        texts.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
}

/// `**` on floats is libm's in CPython, and an ulp off now and then.
fn near(a: &str, b: &str) -> bool {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) if a.is_finite() => (a.to_bits() as i64).abs_diff(b.to_bits() as i64) <= 1,
        _ => false,
    }
}
