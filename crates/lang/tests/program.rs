//! A program that is parsed once and evaluated many times.
#![allow(clippy::panic, clippy::unwrap_used)]

use tabuada_lang::{Argument, Context, ErrorKind, Fuel, Limits, Program, parse, parse_with};

fn read(text: &str, parameters: &[&str]) -> Program {
    parse_with(text, &Context { parameters, ..Context::default() }, &Limits::default()).unwrap()
}

fn answer(program: &Program, arguments: &[Argument]) -> String {
    let limits = Limits::default();
    match program.evaluate_with(arguments, &limits, &mut Fuel::new(limits.fuel)) {
        Ok(answer) => answer.text().to_owned(),
        Err(failure) => failure.kind.code().to_owned(),
    }
}

#[test]
fn parameters_get_their_values_with_each_evaluation() {
    let program = read("x**2 + y", &["x", "y"]);
    assert_eq!(answer(&program, &[3_i64.into(), 1_i64.into()]), "10");
    assert_eq!(answer(&program, &[0.5.into(), true.into()]), "1.25");
    assert_eq!(answer(&program, &[i64::MAX.into(), 0_i64.into()]), "85070591730234615847396907784232501249");
}

/// A parameter is a variable: definitions can use it, assignments hide it, and it hides built-in names.
#[test]
fn parameters_are_variables() {
    assert_eq!(answer(&read("f(t) @= t*x; f(2) + x", &["x"]), &[5_i64.into()]), "15");
    assert_eq!(answer(&read("y @= x + 1; x = 10; y", &["x"]), &[5_i64.into()]), "11");
    assert_eq!(answer(&read("sum(x*k, k, 1, 3)", &["x"]), &[2_i64.into()]), "12");
    assert_eq!(answer(&read("sum(x, x, 1, 3) + x", &["x"]), &[2_i64.into()]), "8");
    assert_eq!(answer(&read("pi", &["pi"]), &[3_i64.into()]), "3");
    assert_eq!(answer(&read("π", &["pi"]), &[3_i64.into()]), "3");
}

#[test]
fn a_parameter_without_a_value_has_none() {
    let program = read("x + y", &["x", "y"]);
    assert_eq!(answer(&program, &[1_i64.into()]), "unknown-name");
    assert_eq!(answer(&program, &[1_i64.into(), 2_i64.into(), 3_i64.into()]), "3");
}

#[test]
fn names_that_are_none_are_refused() {
    let limits = Limits::default();
    for name in ["", "2", "x y", "x ", "if", "mod", "True", "x.y", "é!", "x\n", " x", "\\\nx"] {
        let context = Context { parameters: &[name], ..Context::default() };
        let refusal = parse_with("1", &context, &limits).unwrap_err();
        assert!(matches!(refusal.kind, ErrorKind::Syntax(_)), "{name:?}: {refusal:?}");
    }
    let twice = Context { parameters: &["π", "pi"], ..Context::default() };
    assert!(parse_with("1", &twice, &limits).is_err());
}

#[test]
fn a_program_without_parameters_asks_for_none() {
    assert_eq!(answer(&parse("2+2", &Limits::default()).unwrap(), &[1_i64.into()]), "4");
}
