//! Variables that come with a text: the program is that of the text with assignments before it.
#![allow(clippy::panic, clippy::unwrap_used)]

use proptest::prelude::*;
use tabuada_lang::{
    Context, Error, ErrorKind, Fuel, Limits, Program, Span, VariableError, Variables, parse, parse_with,
};

fn read(text: &str, json: &str) -> Result<Program, Error> {
    let limits = Limits::default();
    let variables = Variables::from_json(json, &limits).unwrap_or_else(|kind| panic!("{json}: {kind:?}"));
    parse_with(text, &Context { variables: Some(&variables), ..Context::default() }, &limits)
}

fn outcome(program: &Program) -> (String, u64) {
    let limits = Limits::default();
    let mut fuel = Fuel::new(limits.fuel);
    let text = match program.evaluate_with(&[], &limits, &mut fuel) {
        Ok(answer) => format!("{} {}", answer.type_name(), answer.text()),
        Err(failure) => format!("{failure:?}"),
    };
    (text, fuel.spent())
}

/// `text` parsed with variables is exactly the program of `statements`, so it has the same key and price.
#[track_caller]
fn same(text: &str, json: &str, statements: &str) {
    let with_variables = read(text, json).unwrap_or_else(|error| panic!("{text} with {json}: {error:?}"));
    let typed = parse(statements, &Limits::default()).unwrap_or_else(|error| panic!("{statements}: {error:?}"));
    assert_eq!(with_variables.canonical(), typed.canonical(), "{text} with {json}");
    assert!(with_variables.same_as(&typed), "{text} with {json} is not {statements}");
    assert_eq!(with_variables.is_pure(), typed.is_pure(), "{text} with {json}");
    assert_eq!(outcome(&with_variables), outcome(&typed), "{text} with {json}");
    let again = parse(&with_variables.canonical(), &Limits { text_bytes: u64::MAX, ..Limits::default() }).unwrap();
    assert!(again.same_as(&with_variables), "{text} with {json}");
}

#[test]
fn variables_are_statements_before_the_text() {
    for (text, json, statements) in [
        ("x**2", r#"{"x":3}"#, "x = 3; x**2"),
        ("b - a", r#"{"b":1,"a":2}"#, "a=2;b=1;b - a"),
        ("x; y", r#"{"y":1,"x":2}"#, "x=2;y=1;x;y"),
        ("\n x +\\\n x # twice\n\n", r#" { "x" : 3 } "#, "x=3;x+x"),
        ("x;", r#"{"x":3}"#, "x=3;x;"),
        // The text's own assignments come later.
        ("y = x; x = y + x; x*y", r#"{"x":3}"#, "x=3;y=x;x=y+x;x*y"),
        ("x + 1; x =", r#"{"x":3}"#, "x=3;x+1;x="),
        ("x =; x", r#"{"x":3}"#, "x=;x"),
        ("f(t) @= t*x; f(2); x = 5; f(2)", r#"{"x":3}"#, "x=3;f(t)@=t*x;f(2);x=5;f(2)"),
        ("y @= x + 1; x = 10; y", r#"{"x":3}"#, "x=3;y@=x+1;x=10;y"),
        ("a, b = x; b - a; g @= a", r#"{"x":[1, 2]}"#, "x=[1,2];a,b=x;b-a;g@=a"),
        ("sum(x*k, k, 1, 3) if x > 1 else x and x", r#"{"x":3}"#, "x=3;sum(x*k,k,1,3) if x>1 else x and x"),
        (
            "f(a) @= sum(a*x, k, 1, 3) + (a if a < x < 9 else 1); f(1); f(2)",
            r#"{"x":3}"#,
            "x=3;f(a)@=sum(a*x,k,1,3)+(a if a<x<9 else 1);f(1);f(2)",
        ),
        // Names are the same in their normal form, and hide built-in names.
        ("pi*π", r#"{"π":3}"#, "pi=3;pi*pi"),
        ("ﬁ", r#"{"fi":3}"#, "fi=3;fi"),
        ("e + max", r#"{"max":1,"e":2}"#, "e=2;max=1;e+max"),
        ("x₁ + é", r#"{"é":1,"x₁":2}"#, "x₁=2;é=1;x₁+é"),
        ("rnd", r#"{"rnd":1}"#, "rnd=1;rnd"),
        ("x", r#"{"x":1,"\u0078":2}"#, "x=2;x"),
        ("x[1:](2)", r#"{"x":[1]}"#, "x=[1];x[1:](2)"),
    ] {
        same(text, json, statements);
    }
}

#[test]
fn what_is_not_used_leaves_no_trace() {
    for (text, json) in [
        ("1+1", r#"{"x":3}"#),
        ("x = 1; x", r#"{"x":3}"#),
        ("x @= 1; x", r#"{"x":3}"#),
        ("x(t) @= t; x(1)", r#"{"x":3,"t":4}"#),
        ("x @= x; 1", r#"{"x":3}"#),
        ("x, y = 1, 2; f(t) @= t*x*y; f(2)", r#"{"x":3,"y":4}"#),
        ("sum(x, x, 1, 3)", r#"{"x":3}"#),
        ("round(1.5, ndigits=0)", r#"{"ndigits":3}"#),
        ("math.pi", r#"{"math":3,"pi":4}"#),
        // In a call, the name is that of the built-in function, even if there is a variable.
        ("max(1, 2)", r#"{"max":3}"#),
        ("'x' # x", r#"{"x":3}"#),
        // The text itself clears the name, so the constant is read.
        ("pi=; pi", r#"{"pi":3}"#),
        ("(max)(1, 2)", r#"{"rnd":3}"#),
        ("1+1", &format!(r#"{{"x":{:?}}}"#, vec![1; 30_000])),
    ] {
        same(text, json, text);
    }
}

#[test]
fn values_are_literals_as_they_are_spelled() {
    let digits = "9".repeat(5_000);
    for (json, literal) in [
        ("true", "True"),
        ("false", "False"),
        ("null", "None"),
        ("3", "3"),
        ("3.0", "3.0"),
        ("3.10", "3.10"),
        ("1e5", "1e5"),
        ("1E+5", "1E+5"),
        ("-0", "-0"),
        ("-0.0", "-0.0"),
        ("-3", "-3"),
        ("1E400", "1E400"),
        ("-1e400", "-1e400"),
        ("1e-400", "1e-400"),
        ("0.1000000000000000055511151231257827021181583404541015625", "0.1"),
        (&digits, &digits),
        ("[]", "[]"),
        (" [ 1 , [ -2.5 , [ ] ] , null ] ", "[1,[-2.5,[]],None]"),
        (r#""""#, "''"),
        (r#""1+1""#, "'1+1'"),
        (r#""it's""#, r#""it's""#),
        (r#""\"'\\\/\b\f\n\r\t\u0000\u00e9\ud83d\ude00\u2028]{\\\"""#, r#"'"\'\\/\b\f\n\r\t\x00é😀\u2028]{\\"'"#),
        (r#"["\\", "\"", "}"]"#, r#"['\\','"','}']"#),
        (r#""\u007f\u0085\u00ad""#, r#""\x7f\x85\u00ad""#),
    ] {
        same("x", &format!(r#"{{"x":{json}}}"#), &format!("x={literal};x"));
    }
    assert_eq!(outcome(&read("x", r#"{"x":-0.0}"#).unwrap()).0, "float -0.0");
    assert_eq!(outcome(&read("x", r#"{"x":-0}"#).unwrap()).0, "int 0");
    assert_eq!(outcome(&read("x", r#"{"x":1E400}"#).unwrap()).0, "float inf");
}

#[track_caller]
fn refused(json: &str) -> ErrorKind {
    match Variables::from_json(json, &Limits::default()) {
        Ok(variables) => panic!("{json} is not refused: {variables:?}"),
        Err(kind) => kind,
    }
}

#[test]
fn what_are_no_variables_is_refused() {
    for json in [
        "",
        "3",
        "[]",
        "null",
        "\"x\"",
        "{",
        "{}{}",
        "{\"x\":1,}",
        "{\"x\"}",
        "{x:1}",
        "{\"x\":01}",
        "{\"x\":NaN}",
        "{\"x\":1+1}",
        "{\"x\":1;}",
        "{\"\\ud800\":1}",
        "{\"x\":[1}",
        "{\"x\":'1'}",
        "{\"x\":1}#",
        "{\"x\":\"\n\"}",
    ] {
        assert_eq!(refused(json), VariableError::NotAnObject.into(), "{json}");
    }
    for name in [
        "", " ", "x ", " x", "x=1;y", "x;", "2", "x y", "x.y", "if", "None", "mod", "lambda", "x!", "é\u{0}", "x\n",
        "x#", "\"", "x,y", "f(x)", "⁰", "r''",
    ] {
        let json = format!("{{{}:1}}", serde_json::to_string(name).unwrap());
        assert_eq!(refused(&json), VariableError::Name { name: name.to_owned() }.into(), "{json}");
    }
    assert_eq!(refused(r#"{"x":[[1,{}]]}"#), VariableError::Object { name: "x".to_owned() }.into());
    for surrogate in [r#""\ud83d""#, r#""\ude00""#, r#"["a\ud83dz"]"#, r#""\ud83d\ud83d""#] {
        let kind = refused(&format!(r#"{{"a":{surrogate}}}"#));
        assert_eq!(kind, VariableError::Surrogate { name: "a".to_owned() }.into(), "{surrogate}");
    }
    let (name, other) = ("π".to_owned(), "pi".to_owned());
    assert_eq!(refused(r#"{"π":1,"pi":2}"#), VariableError::Repeated { name, other }.into());
    // An error quotes only the beginning of a long name.
    let ErrorKind::Variable(VariableError::Name { name }) = refused(&format!(r#"{{"{}!":1}}"#, "x".repeat(100_000)))
    else {
        panic!("refused for another reason");
    };
    assert_eq!(name.len(), 40);
}

#[test]
fn hostile_values_meet_the_limits_that_texts_meet() {
    let limits = Limits::default();
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    same("x", &format!(r#"{{"x":{}}}"#, nested(200)), &format!("x={};x", nested(200)));
    for depth in [201, 500_000] {
        assert_eq!(refused(&format!(r#"{{"x":{}}}"#, nested(depth))), ErrorKind::TooDeep { limit: 200 });
    }
    // `x=` and `;x` leave this many bytes for the digits.
    let fits = 65_536 - 4;
    same("x", &format!(r#"{{"x":{}}}"#, "9".repeat(fits)), &format!("x={};x", "9".repeat(fits)));
    let error = read("x", &format!(r#"{{"x":{}}}"#, "9".repeat(fits + 1))).unwrap_err();
    assert_eq!(error, Error { kind: ErrorKind::TooLong { bytes: 65_537, limit: 65_536 }, span: Span::default() });
    assert_eq!(
        refused(&format!(r#"{{"x":"{}"}}"#, "a".repeat(1 << 20))),
        ErrorKind::TooLong { bytes: (1 << 20) + 5, limit: 65_536 }
    );
    let many: Vec<String> = (0..50_000).map(|n| format!("\"x{n}\":{n}")).collect();
    assert!(matches!(refused(&format!("{{{}}}", many.join(","))), ErrorKind::TooLong { .. }));
    // A variable cannot have more nodes than a program either.
    let few = Limits { nodes: 100, ..Limits::default() };
    let variables = Variables::from_json(&format!(r#"{{"x":{:?}}}"#, vec![0; 100]), &limits).unwrap();
    let context = Context { variables: Some(&variables), ..Context::default() };
    let error = parse_with("x", &context, &few).unwrap_err();
    assert_eq!(error, Error { kind: ErrorKind::TooManyNodes { limit: 100 }, span: Span::default() });
    assert!(parse_with("1", &context, &few).is_ok());
}

#[test]
fn spans_are_those_of_the_text() {
    let program = read("é + x/y", r#"{"é":1,"x":2,"y":0}"#).unwrap();
    let limits = Limits::default();
    let failure = program.evaluate(&limits).unwrap_err();
    assert_eq!(program.span(failure.node).of("é + x/y"), "x/y");
    // The assignments of the variables, of three nodes each, have empty spans.
    for node in 0..9 {
        assert_eq!(program.span(node), Span::default(), "{node}");
    }
    assert_eq!(program.span(9).of("é + x/y"), "é");
    // The error of the text keeps its place.
    assert_eq!(read("é + x +", r#"{"é":1,"x":2}"#).unwrap_err(), parse("é + x +", &limits).unwrap_err());
    assert_eq!(read("", r#"{"x":2}"#).unwrap_err(), parse("", &limits).unwrap_err());
}

#[test]
fn a_parameter_is_no_variable_too() {
    let limits = Limits::default();
    let variables = Variables::from_json(r#"{"x":3,"z":4}"#, &limits).unwrap();
    let context = |parameters| Context { parameters, variables: Some(&variables), ..Context::default() };
    assert!(parse_with("x", &context(&["x"]), &limits).is_err());
    let program = parse_with("x*y + z", &context(&["y"]), &limits).unwrap();
    let answer = program.evaluate_with(&[5_i64.into()], &limits, &mut Fuel::new(limits.fuel)).unwrap();
    assert_eq!(answer.text(), "19");
}

/// A JSON value and the literal that is typed for it.
fn value() -> impl Strategy<Value = (String, String)> {
    let number = prop_oneof!["-?(0|[1-9][0-9]{0,30})", r"-?(0|[1-9][0-9]{0,5})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?"];
    let leaf = prop_oneof![
        number.prop_map(|text| (text.clone(), text)),
        // Characters that JSON escapes, except quotes and backslashes, are escaped as in Python.
        any::<String>().prop_map(|string| {
            let json = serde_json::to_string(&string).unwrap();
            let escaped: String = string.chars().map(|c| format!("\\U{:08x}", c as u32)).collect();
            (json, format!("'{escaped}'"))
        }),
        prop::sample::select(vec![("true", "True"), ("false", "False"), ("null", "None")])
            .prop_map(|(json, text)| (json.to_owned(), text.to_owned())),
    ];
    leaf.prop_recursive(4, 20, 4, |inner| {
        prop::collection::vec(inner, 0..4).prop_map(|parts| {
            let (json, text): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
            (format!("[{}]", json.join(" ,\n")), format!("[{}]", text.join(",")))
        })
    })
}

proptest! {
    #[test]
    fn any_values_are_the_statements_they_stand_for(
        (x_json, x) in value(), (y_json, y) in value(), z in any::<String>()
    ) {
        let z_json = serde_json::to_string(&z).unwrap();
        let json = format!(r#"{{"z":{z_json},"y":{y_json},"x":{x_json}}}"#);
        for text in ["[x, y]", "(x if y else -x) == y", "x = y; x", "x + y"] {
            let typed = if text.starts_with("x =") { format!("y={y};{text}") } else { format!("x={x};y={y};{text}") };
            same(text, &json, &typed);
        }
    }

    #[test]
    fn any_bytes_as_variables_end_in_an_error_or_in_a_program(json in "[{}\\[\\],:\"0-9a-z.eE+\\\\u -]{0,40}") {
        let limits = Limits::default();
        if let Ok(variables) = Variables::from_json(&format!("{{{json}}}"), &limits) {
            let context = Context { variables: Some(&variables), ..Context::default() };
            prop_assert!(parse_with("a+b+c+e+u", &context, &limits).is_ok());
        }
    }
}
