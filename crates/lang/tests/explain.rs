//! The steps of a calculation.

// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic, clippy::unwrap_used)]

use serde_json::Value as Json;
use tabuada_lang::{Argument, Context, Explanation, Fuel, Limits, STEPS_MAX, Span, Step, StepKind, parse, parse_with};

fn explain(text: &str) -> Explanation {
    let limits = Limits::default();
    parse(text, &limits).unwrap().explain(&[], &limits, &mut Fuel::new(limits.fuel))
}

fn check(text: &str, steps: &[&str]) {
    let explanation = explain(text);
    let texts: Vec<&str> = explanation.steps.iter().map(|step| &*step.text).collect();
    assert_eq!(texts, steps, "{text}");
    assert!(!explanation.is_cut);
}

#[test]
fn operators_are_computed_one_after_another() {
    check("2 + 3*4", &["2+3*4", "2+12", "14"]);
    check("(1+2)*(3+4)", &["(1+2)*(3+4)", "3*(3+4)", "3*7", "21"]);
    check("7", &["7"]);
    check("-7", &["-7"]);
    check("√16+9", &["√16+9", "4.0+9", "13.0"]);
    check("3!²", &["3!**2", "6**2", "36"]);
    check("max(1+1, 3)", &["max(1+1,3)", "max(2,3)", "3"]);
    check("[1, 2+3][1]", &["[1,2+3][1]", "[1,5][1]", "5"]);
    check("sum(k**2, k, 1, 2*5)", &["sum(k**2,k,1,2*5)", "sum(k**2,k,1,10)", "1+4+9+…+100", "385"]);
}

#[test]
fn containers_and_ranges_are_shown_as_they_are_written() {
    check("[1, 2]", &["[1,2]", "[1, 2]"]);
    check("{2, 1+2}", &["{2,1+2}", "{2,3}", "{2, 3}"]);
    check("{1+2, 2}", &["{1+2,2}", "{3,2}", "{2, 3}"]);
    let explanation = explain("{2, 1+2} | {2+2}");
    let (third, last) = (&explanation.steps[2], explanation.steps.last().unwrap());
    assert_eq!((&*third.text, &*last.text), ("{2,3}|{4}", "{2, 3, 4}"));
    assert_eq!(last.replaced[0].end as usize, third.text.len());
    check("len(range(2*5))", &["len(range(2*5))", "len(range(10))", "10"]);
}

#[test]
fn negative_values_stand_in_brackets_where_they_are_operands() {
    check("5-(2-4)", &["5-(2-4)", "5-(-2)", "7"]);
    check("(2-4)**2", &["(2-4)**2", "(-2)**2", "4"]);
    check("(2-4)+1", &["2-4+1", "-2+1", "-1"]);
    check("-(1-3)", &["-(1-3)", "-(-2)", "2"]);
    check("2**(1-2)", &["2**(1-2)", "2**(-1)", "0.5"]);
    check("abs(1-3)", &["abs(1-3)", "abs(-2)", "2"]);
}

#[test]
fn degrees_stay_on_the_argument_that_is_computed() {
    check("sin(30°)", &["sin(30°)", "0.5"]);
    check("x = 60; 2*cos(-x°)", &["x=60", "2*cos(-x°)", "2*cos(-60°)", "2*0.5", "1.0"]);
    check("tan((40+5)°)²", &["tan((40+5)°)**2", "tan(45°)**2", "1.0**2", "1.0"]);
    check("sin((20-50)°)", &["sin((20-50)°)", "sin((-30)°)", "-0.5"]);
}

#[test]
fn sums_and_products_show_their_terms() {
    check("2*sum(k, k, 1, 3)", &["2*sum(k,k,1,3)", "2*(1+2+3)", "2*6", "12"]);
    check("1-sum(k-2, k, 1, 2)", &["1-sum(k-2,k,1,2)", "1-(-1+0)", "1-(-1)", "2"]);
    check("prod(k, k, 1, 6)", &["prod(k,k,1,6)", "1*2*3*…*6", "720"]);
    check("sum(k, k, 4, 4)", &["sum(k,k,4,4)", "4"]);
    check("sum(k, k, 1, 0)", &["sum(k,k,1,0)", "0"]);
    check("sum(sum(i*j, j, 1, 2), i, 1, 2)", &["sum(sum(i*j,j,1,2),i,1,2)", "3+6", "9"]);
    check("integral(x, x, 0, 2)", &["integral(x,x,0,2)", "2.0"]);
}

#[test]
fn only_the_branch_taken_is_shown() {
    check("1+1 if 2 > 1 else 1/0", &["1+1 if 2 > 1 else 1/0", "1+1 if True else 1/0", "1+1", "2"]);
    check("1/0 if 0 else 3*4", &["1/0 if 0 else 3*4", "3*4", "12"]);
    check("0 and 1/0", &["0 and 1/0", "0"]);
    check("2-1 and 5+5", &["2-1 and 5+5", "1 and 5+5", "5+5", "10"]);
    check("0 or 1+1 or 1/0", &["0 or 1+1 or 1/0", "1+1 or 1/0", "2 or 1/0", "2"]);
    check("1+(0 or 2)", &["1+(0 or 2)", "1+2", "3"]);
}

#[test]
fn chains_of_comparisons_shrink_from_the_left() {
    check("1 < 1+1 < 3", &["1 < 1+1 < 3", "1 < 2 < 3", "2 < 3", "True"]);
    check("3 < 2 < 1/0", &["3 < 2 < 1/0", "False"]);
    check("1 < 2 < 3 < 3", &["1 < 2 < 3 < 3", "2 < 3 < 3", "3 < 3", "False"]);
}

#[test]
fn names_get_their_values_all_at_once() {
    check("x = 1+2; x**2 + x", &["x=1+2", "x=3", "x**2+x", "3**2+3", "9+3", "12"]);
    check("x = -2; x**2", &["x=-2", "x**2", "(-2)**2", "4"]);
    check("a, b = 1, 2; a - b", &["a,b=(1,2)", "a-b", "1-2", "-1"]);
    check("k = 2; sum(k*i, i, 1, k)", &["k=2", "sum(k*i,i,1,k)", "sum(2*i,i,1,2)", "2+4", "6"]);
    check("x =", &["x=", "None"]);
}

#[test]
fn calls_become_bodies() {
    check("f(x) @= x**2 + 1; f(3)", &["f(x)@=x**2+1", "f(3)", "3**2+1", "9+1", "10"]);
    check(
        "f(x) @= x+1; f(2)*f(0-2)",
        &["f(x)@=x+1", "f(2)*f(0-2)", "(2+1)*f(0-2)", "3*f(0-2)", "3*f(-2)", "3*(-2+1)", "3*(-1)", "-3"],
    );
    check("a @= p*r; p = 2; r = 3; a", &["a@=p*r", "p=2", "r=3", "a", "p*r", "2*3", "6"]);
    check("p = 2; a @= p+1", &["p=2", "a@=p+1", "p+1", "2+1", "3"]);
    check("f(x) @= x*2; g(x) @= f(x)+1; g(5)", &["f(x)@=x*2", "g(x)@=f(x)+1", "g(5)", "f(5)+1", "5*2+1", "10+1", "11"]);
    check("f(n) @= sum(k*n, k, 1, 3); f(2)", &["f(n)@=sum(k*n,k,1,3)", "f(2)", "sum(k*2,k,1,3)", "2+4+6", "12"]);
    check("f(x) @= x**2; sum(f(k), k, 1, 3)+1", &["f(x)@=x**2", "sum(f(k),k,1,3)+1", "1+4+9+1", "14+1", "15"]);
    check("f() @= 2+2; f()", &["f()@=2+2", "f()", "2+2", "4"]);
}

#[test]
fn steps_know_what_they_replace() {
    let explanation = explain("2 + 3*4");
    let [first, second, third] = &explanation.steps[..] else { panic!("{explanation:?}") };
    let part = |text: &str, span: Span| text[span.start as usize..span.end as usize].to_owned();
    assert_eq!(first.kind, StepKind::Statement);
    assert_eq!(part(&first.text, second.replaced[0]), "3*4");
    assert_eq!(part(&second.text, second.by[0]), "12");
    assert_eq!(part(&second.text, third.replaced[0]), "2+12");
    let explanation = explain("x = 1-3; x*x");
    let step = explanation.steps.iter().find(|step| step.kind == StepKind::Names).unwrap();
    assert_eq!(step.text, "(-2)*(-2)");
    assert_eq!(step.by.iter().map(|span| part(&step.text, *span)).collect::<Vec<_>>(), ["(-2)", "(-2)"]);
    assert_eq!(step.replaced.len(), 2);
}

#[test]
fn a_failure_is_shown_where_it_happened() {
    let failed = |text: &str| {
        let explanation = explain(text);
        assert!(explanation.outcome.is_err(), "{text}");
        let last = explanation.steps.last().unwrap().text.clone();
        let span = explanation.failed.unwrap_or_else(|| panic!("{text}"));
        (last.clone(), last[span.start as usize..span.end as usize].to_owned())
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(failed("1+6/(2-2)"), pair("1+6/0", "6/0"));
    assert_eq!(failed("2*y"), pair("2*y", "y"));
    assert_eq!(failed("1+sum(1/k, k, 0, 3)"), pair("1+sum(1/k,k,0,3)", "sum(1/k,k,0,3)"));
    assert_eq!(failed("f(x) @= 1/x; 2+f(0)"), pair("2+1/0", "1/0"));
    assert_eq!(failed("1 < 2j < 3"), pair("1 < 2j < 3", "1 < 2j < 3"));
}

#[test]
fn parameters_get_their_values_as_names_do() {
    let limits = Limits::default();
    let program = parse_with("x**2 + y", &Context { parameters: &["x", "y"], ..Context::default() }, &limits).unwrap();
    let arguments = [Argument::from(-3_i64), Argument::from(0.5)];
    let explanation = program.explain(&arguments, &limits, &mut Fuel::new(limits.fuel));
    let texts: Vec<&str> = explanation.steps.iter().map(|step| &*step.text).collect();
    assert_eq!(texts, ["x**2+y", "(-3)**2+0.5", "9+0.5", "9.5"]);
}

#[test]
fn long_values_are_shortened() {
    let explanation = explain("2**1000 + 1");
    let step = &explanation.steps[1].text;
    let digits = "10715086071862673209484250490600018105614048117055336074437503883703510511249361224931983788156958581275946729175531468251871452856923140435984577574698574803934567774824230985421074605062371141877954182153046474983581941267398767559165543946077062914571196477686542167660429831652624386837205668069376";
    assert_eq!(step, &format!("{}…{}+1", &digits[..20], &digits[digits.len() - 20..]));
    assert_eq!(explanation.answer_text().unwrap(), explanation.steps[2].text);
}

#[test]
fn free_names_are_those_without_a_meaning_and_parameters() {
    let limits = Limits::default();
    let free = |text: &str, parameters: &[&str]| {
        let program = parse_with(text, &Context { parameters, ..Context::default() }, &limits).unwrap();
        program.free_names().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(free("x + y*x + pi + sin(1)", &["y"]), ["x", "y"]);
    assert_eq!(free("a @= b*c; b = 1; a", &[]), ["c"]);
    assert_eq!(free("f(x) @= x+k; sum(i, i, 1, 2)", &[]), ["k"]);
    // The free names with their first places.
    let text = "x + sni(y)*x";
    let program = parse_with(text, &Context { parameters: &["x"], ..Context::default() }, &limits).unwrap();
    let places = program.free_nodes().into_iter().map(|(name, node)| (name, program.span(node).of(text)));
    assert_eq!(places.collect::<Vec<_>>(), [("x", "x"), ("sni", "sni"), ("y", "y")]);
    assert_eq!(program.span(program.free_nodes()[0].1), Span { start: 0, end: 1 });
}

/// The first unknown name in the text, even if an evaluation would fail before it.
#[test]
fn an_unknown_name_is_found_without_an_evaluation() {
    let limits = Limits::default();
    let unknown = |text: &str| {
        let program = parse_with(text, &Context { parameters: &["x"], ..Context::default() }, &limits).unwrap();
        let failure = program.unknown_name()?;
        Some((failure.kind.python().unwrap(), program.span(failure.node).of(text).to_owned()))
    };
    let name = |name: &str| Some((format!("name '{name}' is not defined"), name.to_owned()));
    for (text, found) in [
        ("x + pi + sin(x) + math.e", None),
        ("y = 2; x*y", None),
        ("f(a) @= a*x; f(2) + sum(k, k, 1, x)", None),
        ("x*y + z", name("y")),
        ("x if x > 0 else y", name("y")),
        ("f(a) @= a*y; x", name("y")),
        ("math.foo(x) + y", Some(("module 'math' has no attribute 'foo'".to_owned(), "math.foo".to_owned()))),
        ("y + math.foo(x)", name("y")),
    ] {
        assert_eq!(unknown(text), found, "{text}");
    }
}

/// The work is bounded for texts of any length and number of steps; on a stack of 256 KiB.
#[test]
fn explanations_are_bounded() {
    let texts = [
        "1+".repeat(20_000) + "1",
        "-".repeat(30_000) + "1",
        "x = 1;".to_owned() + &"x;".repeat(10_000) + "x",
        "x = 1; [".to_owned() + &"-x,".repeat(9_000) + "x]",
        "1 and ".repeat(9_000) + "1",
        "0 or ".repeat(9_000) + "1",
        "1 <= ".repeat(9_000) + "1",
        "2**300000 + ".repeat(30) + "1",
        "f0(x) @= x+1;".to_owned()
            + &(1..150).map(|at| format!("f{at}(x) @= f{}(x)+f{}(x*2);", at - 1, at - 1)).collect::<String>()
            + "f12(1)",
        "sum(sum(i*j, j, 1, 100), i, 1, 100)".to_owned(),
    ];
    let judge = move || {
        for text in &texts {
            let explanation = explain(text);
            assert!(explanation.steps.len() <= STEPS_MAX);
            let bytes: usize = explanation.steps.iter().map(|step| step.text.len()).sum();
            assert!(bytes <= 100_100, "{bytes}");
            let label = &text[..text.len().min(30)];
            match explanation.answer_text() {
                Some(answer) => assert_eq!(explanation.steps.last().unwrap().text, answer, "{label}"),
                None => panic!("{label}: {:?}", explanation.outcome),
            }
        }
    };
    std::thread::Builder::new().stack_size(256 << 10).spawn(judge).unwrap().join().unwrap();
}

/// The text of a record: an expression, statements, or parts to be repeated.
fn text_of(record: &Json) -> Option<String> {
    if let Some(expr) = record["expr"].as_str() {
        return Some(expr.to_owned());
    }
    if let Some(session) = record["session"].as_array() {
        return Some(session.iter().filter_map(Json::as_str).collect::<Vec<_>>().join("; "));
    }
    let repeat = |part: &Json| -> Option<String> {
        let (piece, times) = (part[0].as_str()?, part[1].as_u64()?);
        Some(
            (0..times)
                .map(|at| if part[2].is_null() { piece.to_owned() } else { piece.replace("{}", &at.to_string()) })
                .collect(),
        )
    };
    record["parts"].as_array()?.iter().map(repeat).collect()
}

fn texts(file: &str) -> Vec<String> {
    let path = format!("{}/../../../corpus/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    let records = text.split('\n').filter(|line| !line.is_empty());
    let records = records.map(|line| serde_json::from_str::<Json>(line).unwrap());
    records.filter_map(|record| text_of(&record)).collect()
}

/// The text outside the replaced parts is unchanged.
fn check_spans(text: &str, steps: &[Step]) {
    for pair in steps.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        if !matches!(after.kind, StepKind::Value | StepKind::Terms | StepKind::Branch | StepKind::Definition) {
            continue;
        }
        let ([replaced], [by]) = (&after.replaced[..], &after.by[..]) else { panic!("{text:?}: {after:?}") };
        let outside = |step: &Step, span: Span| {
            (step.text[..span.start as usize].to_owned(), step.text[span.end as usize..].to_owned())
        };
        assert_eq!(outside(before, *replaced), outside(after, *by), "{text:?}: {after:?}");
    }
}

/// An observer changes neither the result of an evaluation nor its price, and all its texts have the same value.
#[test]
fn explained_corpora_answer_as_evaluated() {
    std::thread::Builder::new().stack_size(256 << 10).spawn(explain_corpora).unwrap().join().unwrap();
}

fn explain_corpora() {
    // Below the default limit, since each text is evaluated twice.
    let limits = Limits { fuel: 2_000_000, ..Limits::default() };
    let (mut explained, mut reread) = (0, 0);
    for file in ["python_arith.jsonl", "plusminus.jsonl", "statistics.jsonl", "python_outside.jsonl", "hostile.jsonl"] {
        for text in texts(file) {
            let Ok(program) = parse(&text, &limits) else { continue };
            let (mut fuel, mut watched) = (Fuel::new(limits.fuel), Fuel::new(limits.fuel));
            let outcome = program.evaluate_with(&[], &limits, &mut fuel);
            let explanation = program.explain(&[], &limits, &mut watched);
            assert_eq!(fuel.spent(), watched.spent(), "{text:?}");
            assert_eq!(
                explanation.steps[0].text,
                program.canonical().split(';').next().unwrap_or_default(),
                "{text:?}"
            );
            explained += 1;
            check_spans(&text, &explanation.steps);
            let answer = match (&outcome, &explanation.outcome) {
                (Ok(a), Ok(b)) => {
                    assert_eq!(a.text(), b.text(), "{text:?}");
                    assert_eq!(explanation.steps.last().unwrap().text, explanation.answer_text().unwrap(), "{text:?}");
                    a.text().to_owned()
                }
                (Err(a), Err(b)) => {
                    assert_eq!((&a.kind, a.node), (&b.kind, b.node), "{text:?}");
                    continue;
                }
                _ => panic!("{text:?}: {outcome:?}, but {:?}", explanation.outcome),
            };
            if !program.is_pure() || program.canonical().contains("@=") {
                continue;
            }
            // Every text on the way has the same value, unless something in it is shortened or has no literal (complex
            // numbers have none: Python reads its own `(-0-1j)` as `-1j`).
            let last = explanation.steps.last().unwrap().statement;
            for step in &explanation.steps {
                let without_literal =
                    ["…", "<", "range(", "nan", "inf", "j"].iter().any(|part| step.text.contains(part));
                if without_literal || step.statement != last || step.kind == StepKind::Statement {
                    continue;
                }
                let again = parse(&step.text, &limits).unwrap_or_else(|error| panic!("{text:?}: {step:?}: {error:?}"));
                let again = again.evaluate(&limits);
                let again = again.unwrap_or_else(|error| panic!("{text:?}: {step:?}: {error:?}"));
                assert_eq!(again.text(), answer, "{text:?}: {step:?}");
                reread += 1;
            }
        }
    }
    println!("{explained} explained, {reread} steps read again");
    assert!(explained > 5_000 && reread > 5_000, "{explained}, {reread}");
}
