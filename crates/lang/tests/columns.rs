//! One expression over columns: every row has the evaluator's answer.
// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic, clippy::unwrap_used)]

use proptest::prelude::*;
use tabuada_lang::{
    Argument, Cell, Context, ErrorKind, Evaluator, Fuel, Limits, Mode, Notation, Pause, Program, Rows, parse_with,
};

const CONTEXT: Context<'static> = Context {
    parameters: &["x", "y"],
    mode: Mode::Python,
    notation: Notation::Python,
    variables: None,
    pause: Pause(&|| ()),
};

fn read(text: &str) -> Program {
    parse_with(text, &CONTEXT, &Limits::default()).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn columns(program: &Program, columns: &[&[f64]]) -> Rows {
    program.columns(columns, &Limits::default(), &mut Fuel::new(u64::MAX)).unwrap()
}

/// A cell as text: type and value, or the kind of failure and its node.
fn shown(cell: Cell<'_>) -> String {
    match cell {
        Cell::Float(value) => answer(&Argument::Float(value)),
        Cell::Bool(value) => answer(&Argument::Bool(value)),
        Cell::Answer(answer) => format!("{} {}", answer.type_name(), answer.text()),
        Cell::Failure(failure) => format!("{failure:?}"),
    }
}

/// An argument, shown like its answer.
fn answer(argument: &Argument) -> String {
    let answer = parse_with("v", &Context { parameters: &["v"], ..Context::default() }, &Limits::default())
        .unwrap()
        .evaluate_with(std::slice::from_ref(argument), &Limits::default(), &mut Fuel::new(1_000))
        .unwrap();
    format!("{} {}", answer.type_name(), answer.text())
}

/// The evaluator's answer for a single row, without a plan, and the fuel spent.
fn alone(text: &str, row: [f64; 2]) -> (String, u64) {
    let limits = Limits::default();
    let mut fuel = Fuel::new(limits.fuel);
    let mut evaluator = Evaluator::default();
    let outcome = evaluator.evaluate_with(text, &CONTEXT, &row.map(Argument::Float), &limits, &mut fuel);
    let shown = match outcome {
        Ok(answer) => format!("{} {}", answer.type_name(), answer.text()),
        // Shows the span instead of the node.
        Err(error) => format!("{:?} {:?}", error.kind, error.span),
    };
    (shown, fuel.spent())
}

const SPECIAL: [f64; 25] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    2.0,
    0.5,
    -0.5,
    3.0,
    10.0,
    -7.25,
    1e-5,
    1e16,
    1e154,
    -1e155,
    1e308,
    5e-324,
    2.5e-310,
    170.5,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    709.8,
    90.0,
    -150.0,
    30.000000000000004,
];

fn check(text: &str, rows: &[[f64; 2]]) {
    let program = read(text);
    let xs: Vec<f64> = rows.iter().map(|row| row[0]).collect();
    let ys: Vec<f64> = rows.iter().map(|row| row[1]).collect();
    let limits = Limits::default();
    let answers = columns(&program, &[&xs, &ys]);
    assert_eq!(answers.len(), rows.len());
    for (cell, row) in answers.iter().zip(rows) {
        let (expected, spent) = alone(text, *row);
        let got = match cell {
            Cell::Failure(failure) => format!("{:?} {:?}", failure.kind, program.span(failure.node)),
            cell => shown(cell),
        };
        assert_eq!(got, expected, "{text} at {row:?}");
        // A single value has the same answer for the same price.
        let mut fuel = Fuel::new(limits.fuel);
        let single = match program.evaluate_with(&row.map(Argument::Float), &limits, &mut fuel) {
            Ok(answer) => format!("{} {}", answer.type_name(), answer.text()),
            Err(failure) => format!("{:?} {:?}", failure.kind, program.span(failure.node)),
        };
        assert_eq!((single, fuel.spent()), (expected, spent), "{text} at {row:?}, alone");
    }
}

fn special_rows() -> Vec<[f64; 2]> {
    SPECIAL.iter().flat_map(|x| SPECIAL.iter().map(|y| [*x, *y])).collect()
}

#[test]
fn rows_are_what_the_evaluator_gives() {
    let rows = special_rows();
    for text in [
        "x",
        "2",
        "1+1",
        "-x",
        "+x",
        "not x",
        "x+y",
        "x-y",
        "x*y",
        "x/y",
        "x//y",
        "x%y",
        "x**y",
        "x**2",
        "x**3",
        "x**1",
        "3**x**1.0",
        "x**-1",
        "x**0.5",
        "2**x",
        "(-2)**x",
        "2*x+1",
        "1/x",
        "x/0",
        "x/4",
        "√x",
        "³√x",
        "⁵√x",
        "sin(x)²",
        "cos(x)",
        "tan(x)",
        "exp(x)",
        "log(x)",
        "ln(x)",
        "log2(x)",
        "log10(x)",
        "log(x,10)",
        "abs(x)",
        "|x-y|",
        "x°",
        "sin(x°)",
        "cos(-x°)**2",
        "tan((x+y)°)",
        "sec(x°)",
        "csc(x°)-y",
        "cot(x°)",
        "sec(x)",
        "csc(x)",
        "cot(y)*x",
        "asec(x)",
        "acsc(x)",
        "acot(x)",
        "round_half_up(x, 1)",
        "round_half_up(x)",
        "percentile([x, y], 30)",
        "degrees(x)",
        "sqrt(x)",
        "gamma(x)",
        "floor(x)",
        "round(x)",
        "round(x,2)",
        "hypot(x,y)",
        "atan2(x,y)",
        "max(x,y)",
        "x < y",
        "x <= 1",
        "x == y",
        "x != 0",
        "0 < x < y",
        "0 < x < y < 3",
        "x > 0 and y > 0",
        "x > 0 or y > 0",
        "x and y",
        "x or y",
        "x if x > 0 else y",
        "x if x > 0 else 0",
        "x > 0 ? sqrt(x) : -x",
        "1/x if x else y",
        "x == 9007199254740993",
        "z = x*y; z + z**2",
        "z = 2; z*x",
        "y = 3; x + y",
        "x = x + 1; x",
        "t = x < 1; t",
        "t = x; t; t + y",
        "x + 1j",
        "[x, y]",
        "sum(x*k, k, 1, 3)",
        "f(t) @= t*x; f(2) + y",
        "x is None",
        "x in {1.0, 2.0}",
        "'a'",
        "x*True",
        "x + foo",
        "(x < 1) + 1",
        "(x < y) == (y < x)",
        "x*10**400",
        "x if True else y",
        "fabs(x)",
        "math.pow(x, y)",
        "~x",
        "x & y",
        "sinh(x)-cosh(y)",
        "1 + x if y < 0 else 2 - x",
        "(x+y)*(x-y)/(x*y+1)",
        "x!=y!=x",
        "x ∈ {y}",
    ] {
        check(text, &rows);
    }
}

/// More rows than a block, and none; the shortest column determines the number.
#[test]
fn lengths() {
    let program = read("x*2+y");
    for length in [0, 1, 255, 256, 257, 1_500] {
        let xs: Vec<f64> = (0..length).map(f64::from).collect();
        let ys = vec![0.5; length as usize + 3];
        let rows = columns(&program, &[&xs, &ys]);
        let expected: Vec<f64> = xs.iter().map(|x| x * 2.0 + 0.5).collect();
        assert_eq!(rows.floats(), Some(&expected[..]));
        assert_eq!((rows.len(), rows.is_empty()), (length as usize, length == 0));
    }
}

/// An error in one block does not affect the next one.
#[test]
fn rows_that_fail_spoil_no_others() {
    let xs: Vec<f64> = (0..2_000).map(|row| if row % 700 == 3 { 0.0 } else { f64::from(row + 1) }).collect();
    let rows = columns(&read("1/x"), &[&xs, &xs]);
    for (cell, x) in rows.iter().zip(&xs) {
        match cell {
            Cell::Float(value) => assert_eq!(value, 1.0 / x),
            Cell::Failure(failure) => assert!(*x == 0.0 && failure.kind.code() == "division-by-zero"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn all_rows_together_are_bounded() {
    let limits = Limits::default();
    let xs = vec![1.5; 100_000];
    for text in ["x*x", "round(x)"] {
        let refusal = read(text).columns(&[&xs, &xs], &limits, &mut Fuel::new(10_000)).err();
        assert_eq!(refusal, Some(ErrorKind::OutOfFuel { limit: 10_000 }), "{text}");
        let stopped = read(text).columns(&[&xs, &xs], &limits, &mut Fuel::with_stop(u64::MAX, &|| true));
        assert_eq!(stopped.err(), Some(ErrorKind::Deadline), "{text}");
    }
    // A row that exceeds its limit fails alone.
    let rows = columns(&read("factorial(int(x))"), &[&[5.0, 1e6, 6.0], &[0.0; 3]]);
    let codes: Vec<String> = rows.iter().map(shown).collect();
    assert!(codes[0] == "int 120" && codes[1].contains("IntegerTooLarge") && codes[2] == "int 720", "{codes:?}");
}

fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => Just("x".to_owned()),
        3 => Just("y".to_owned()),
        1 => (-9_i32..10).prop_map(|value| format!("({value})")),
        1 => prop_oneof![Just("0.5"), Just("2.0"), Just("1e16"), Just("pi"), Just("1e-3")].prop_map(str::to_owned),
    ];
    leaf.prop_recursive(5, 24, 3, |inner| {
        let operator = prop_oneof![
            Just("+"),
            Just("-"),
            Just("*"),
            Just("/"),
            Just("//"),
            Just("%"),
            Just("**"),
            Just(" < "),
            Just(" >= "),
            Just(" == "),
            Just(" and "),
            Just(" or "),
        ];
        let function = prop_oneof![
            Just("sin"),
            Just("cos"),
            Just("exp"),
            Just("log"),
            Just("sqrt"),
            Just("abs"),
            Just("atan"),
            Just("tanh"),
            Just("-"),
            Just("not "),
            Just("√"),
            Just("radians"),
        ];
        prop_oneof![
            4 => (inner.clone(), operator, inner.clone()).prop_map(|(a, operator, b)| format!("({a}{operator}{b})")),
            2 => (function, inner.clone()).prop_map(|(function, a)| format!("({function}({a}))")),
            1 => (inner.clone(), 0_u32..6).prop_map(|(a, n)| format!("({a}**{n})")),
            1 => (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("({a} if {b} else {c})")),
        ]
    })
}

fn values() -> impl Strategy<Value = f64> {
    prop_oneof![
        2 => proptest::sample::select(SPECIAL.to_vec()),
        2 => -100.0..100.0,
        1 => any::<f64>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn generated_programs_give_the_same_by_columns(
        text in expressions(),
        rows in proptest::collection::vec([values(), values()], 1..12),
    ) {
        check(&text, &rows);
    }
}

#[test]
fn a_column_is_written_where_the_caller_wants_it() {
    let xs = [0.5, -1.0, 2.0];
    for text in ["x**2 + y", "log(x)", "x > 0", "floor(x)", "1/(x + 1)"] {
        let (program, limits) = (read(text), Limits::default());
        let rows = columns(&program, &[&xs, &xs]);
        // The shortest of all counts.
        for length in [2, 3, 5] {
            let mut out = vec![7.0; length];
            let rest = program.columns_into(&[&xs, &xs], &mut out, &limits, &mut Fuel::new(u64::MAX)).unwrap();
            let mut cell = rest.cells();
            let written: Vec<String> = out.iter().take(3).map(|value| shown(cell(*value))).collect();
            assert_eq!(written, rows.iter().take(length).map(shown).collect::<Vec<_>>(), "{text}, {length}");
            assert!(out[length.min(3)..].iter().all(|value| *value == 7.0), "{text}, {length}");
            assert!(length < 3 || rest.is_of_floats() == rows.floats().is_some(), "{text}");
        }
    }
}
