//! Compares generated expressions with CPython itself: the same `repr`, or the same exception with the same message.
//!
//! Without a CPython 3.14 (`reference/`), the tests print that and pass.
// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic, clippy::unwrap_used)]

use crate::reference;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use tabuada_lang::{Limits, parse};

fn ours(text: &str) -> (String, String) {
    let limits = Limits::default();
    let program = match parse(text, &limits) {
        Ok(program) => program,
        Err(_) => return ("syntax".to_owned(), String::new()),
    };
    // Also checks the law of canonical text for everything generated.
    let canonical = program.canonical();
    let again = parse(&canonical, &limits).unwrap_or_else(|error| panic!("{text:?} -> {canonical:?}: {error:?}"));
    assert!(again.same_as(&program), "{text:?} -> {canonical:?}");
    match program.evaluate(&limits) {
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

/// Expressions that CPython evaluates quickly: exponents and shifts are small, and only literals are raised to powers.
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
            // In brackets, since `1<<64*9**64` would shift by everything after `<<`.
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

/// Strings, lists, tuples and sets, complex numbers, and functions on them; often of the wrong type, since messages are
/// compared too. No set is an answer, since CPython writes its elements in the order of their hashes; and no set has
/// equal elements of different types, of which CPython may keep either.
fn container() -> impl Strategy<Value = String> {
    let small = || prop::sample::select(vec!["0", "1", "2", "3", "-1", "-2", "-7", "5", "True", "None", "1.0"]);
    let number = || {
        prop::sample::select(vec![
            "0",
            "1",
            "2",
            "-3",
            "10",
            "2**70",
            "1.5",
            "-0.0",
            "2.5",
            "1e300",
            "True",
            "False",
            "1j",
            "2.5j",
            "(1+2j)",
            "(-1.5-0j)",
            "1e200j",
            "inf",
            "nan",
            "-3.7",
            "0.1",
        ])
    };
    let string = || {
        prop::sample::select(vec![
            "''",
            "'a'",
            "'abc'",
            "'b'",
            "'é😀'",
            "'12'",
            "' -7_0 '",
            "'-1.5'",
            "'1e3'",
            "'0x1F'",
            "'inf'",
            "'\\n\\t\\x7f'",
            "\"it's\"",
            "'\\'\"'",
            "'\\\\'",
            "'z\\u200b'",
            "'٣'",
            "'nan'",
            "'1_'",
            "'zz'",
            "'True'",
            "r'\\n'",
            "'a' 'b'",
        ])
    };
    let range = (small(), small(), prop::sample::select(vec!["1", "2", "-1", "-3", "0", "True"]))
        .prop_map(|(a, b, c)| format!("range({a},{b},{c})"));
    // All of one type, since the order in which CPython compares elements of two types depends on their hashes.
    let digits = || prop::collection::vec("[0-9]", 1..5).prop_map(|parts| format!("{{{}}}", parts.join(",")));
    let words = || prop::collection::vec("'[a-c]{0,2}'", 1..4).prop_map(|parts| format!("{{{}}}", parts.join(",")));
    let both = || prop::sample::select(vec!["&", "|", "-", "^"]);
    let set = prop_oneof![
        digits(),
        words(),
        Just("set()".to_owned()),
        (digits(), both(), digits()).prop_map(|(a, op, b)| format!("({a}{op}{b})")),
        (words(), both(), words()).prop_map(|(a, op, b)| format!("({a}{op}{b})")),
    ]
    .boxed();
    let leaf = prop_oneof![
        5 => number().prop_map(str::to_owned),
        4 => string().prop_map(str::to_owned),
        2 => range.clone().prop_map(|range| format!("list({range})")),
        1 => range.prop_map(|range| format!("tuple({range})")),
        1 => prop::sample::select(vec!["[]", "()", "None", "[[]]", "[1,2,3]", "(1,'a')", "['b','a','c']", "[3,1.5,True,2]"])
            .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let bound = prop_oneof![
3 => Just(String::new()), 4 => small().prop_map(str::to_owned), 1 => Just("10**19".to_owned()), 1 => inner.clone()
];
        let two = prop::sample::select(vec![
            "+", "+", "*", "-", "/", "//", "<", "<=", ">", ">=", "==", "!=", " in ", " not in ", " and ", " or ", "&",
            "|", "^",
        ]);
        let compare = prop::sample::select(vec!["<", "<=", "==", "!=", ">", ">="]);
        let one = prop::sample::select(vec![
            "len", "sum", "sorted", "min", "max", "list", "tuple", "str", "int", "float", "abs", "bool", "round",
            "all", "any", "bin", "hex", "oct", "fsum", "prod", "hypot", "gcd", "-", "+", "~", "not ",
        ]);
        let two_arguments = prop::sample::select(vec![
            "divmod",
            "int",
            "sum",
            "min",
            "max",
            "prod",
            "dist",
            "isclose",
            "len",
            "str",
            "sorted", "nothing",
        ]);
        let keyword = prop::sample::select(vec![
            "sum({a},start={b})",
            "sum(start={b},iterable={a})",
            "sorted({a},reverse={b})",
            "sorted({a},key=abs)",
            "sorted({a},key=len,reverse=True)",
            "sorted({a},key=str)",
            "sorted({a},key=None)",
            "min({a},default={b})",
            "max({a},{b},key=abs)",
            "max({a},key=len)",
            "min({a},{b},key=len,default=1)",
            "max({a},key=str,default=None)",
            "round({a},ndigits={c})",
            "round(number={a})",
            "round(ndigits={c},number={a})",
            "round({a},number={b})",
            "pow(base={a},exp={c})",
            "pow({a},exp={c})",
            "pow({a},{b},mod=7)",
            "pow({a},mod=7)",
            "pow({a},{c},{b})",
            "int({a},base={b})",
            "int(base={b})",
            "int({a},16)",
            "int({a},0)",
            "int(x={a})",
            "str(object={a})",
            "float(x={a})",
            "bool(x={a})",
            "list(iterable={a})",
            "len(obj={a})",
            "divmod({a},y={b})",
            "sum()",
            "min()",
            "len()",
            "round()",
            "sorted()",
            "sorted({a},{b})",
            "range()",
            "sum({a},{b},{c})",
            "min({a},key={b})",
            "isclose({a},{b},abs_tol={c})",
            "isclose({a},{b},rel_tol={c})",
            "prod({a},start={b})",
            "list({a},{b})",
            "tuple({a},{b})",
            "str({a},{b})",
            "float({a},{b})",
            "abs({a},{b})",
            "len({a},{b})",
            "any({a},{b})",
            "mean({a},{b})",
            "mode({a},data={b})",
            "stdev({a},{b},{c})",
            "stdev({a},foo={b})",
            "pvariance(mu={a})",
            "str[{b}]",
            "len(range({c},{b},{c}))",
            "list(range({c},7))",
            "{a} in range({c},9)",
            "range({a})==range({c})",
            "range(0,{c})[{b}]",
            "list(range({c},9,{c})[::-1])",
            "sum(range({c}))",
            "max(range({c}),default={b})",
            "min({a},{b},{c})",
            "max({a},{b},{c})",
        ]);
        let walked =
            prop::sample::select(vec!["sorted({s})", "len({s})", "min({s})", "max({s})", "sum({s})", "bool({s})"]);
        prop_oneof![
            6 => (inner.clone(), two, inner.clone()).prop_map(|(a, op, b)| format!("({a}{op}{b})")),
            1 => (inner.clone(), compare.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, op, b, c)| format!("({a}{op}{b}{op}{c})")),
            3 => (inner.clone(), inner.clone()).prop_map(|(a, i)| format!("{a}[{i}]")),
            3 => (inner.clone(), small()).prop_map(|(a, i)| format!("({a})[{i}]")),
            4 => (inner.clone(), bound.clone(), bound.clone()).prop_map(|(a, i, j)| format!("({a})[{i}:{j}]")),
            3 => (inner.clone(), bound.clone(), bound.clone(), bound)
                .prop_map(|(a, i, j, k)| format!("({a})[{i}:{j}:{k}]")),
            4 => (one, inner.clone()).prop_map(|(f, a)| format!("{f}({a})")),
            3 => (two_arguments, inner.clone(), inner.clone()).prop_map(|(f, a, b)| format!("{f}({a},{b})")),
            6 => (keyword, inner.clone(), inner.clone(), small()).prop_map(|(call, a, b, c)| {
                call.replace("{a}", &a).replace("{b}", &b).replace("{c}", c)
            }),
            2 => (walked, set.clone()).prop_map(|(call, s)| call.replace("{s}", &s)),
            1 => (inner.clone(), set.clone()).prop_map(|(a, s)| format!("({a} in {s})")),
            1 => (set.clone(), compare, set.clone()).prop_map(|(a, op, b)| format!("({a}{op}{b})")),
            1 => (set.clone(), inner.clone()).prop_map(|(s, a)| format!("bool({s}&{a})")),
            2 => prop::collection::vec(inner.clone(), 0..4).prop_map(|parts| format!("[{}]", parts.join(","))),
            2 => prop::collection::vec(inner.clone(), 1..3).prop_map(|parts| format!("({},)", parts.join(","))),
            1 => (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, c, b)| format!("({a} if {c} else {b})")),
            1 => (inner.clone(), prop::sample::select(vec![" is None", " is not None", "(1)", "!=None"]))
                .prop_map(|(a, op)| format!("({a}{op})")),
            1 => (string(), small()).prop_map(|(a, b)| format!("int({a},{b})")),
            1 => (inner, prop::sample::select(vec!["**2", "**-1", "**0.5", "**0", "**1j", "**'a'"]))
                .prop_map(|(a, b)| format!("({a}){b}")),
        ]
    })
}

#[test]
fn generated_expressions_answer_as_cpython_does() {
    // The generator of the expressions recurses (unlike the parser), so it needs a large stack.
    let judge = || compare(expression(), 6_000);
    std::thread::Builder::new().stack_size(16 << 20).spawn(judge).unwrap().join().unwrap();
}

#[test]
fn generated_containers_answer_as_cpython_does() {
    compare(container(), 6_000);
}

/// Numbers at the edges: zeros of both signs, infinities, nan, and numbers that overflow or underflow.
const REALS: [&str; 13] =
    ["0", "-3", "True", "0.0", "-0.0", "2.5", "-0.1", "1e308", "5e-324", "1e400", "-1e400", "nan", "2**70"];
const COMPLEX: [&str; 12] = [
    "0j",
    "-0j",
    "(-0.0-0j)",
    "1j",
    "(2-3j)",
    "(-1.5+0j)",
    "1e400j",
    "(1e400-1e400j)",
    "complex_nan",
    "(1e308+1e308j)",
    "(1-1e400j)",
    "(5e-324+5e-324j)",
];

/// Every operator on every pair of these numbers, as CPython 3.14 evaluates it for real and complex operands.
#[test]
fn complex_arithmetic_at_its_edges() {
    let values: Vec<String> =
        REALS.iter().chain(&COMPLEX).map(|value| value.replace("complex_nan", "(nan*1j)")).collect();
    let pairs = values.iter().flat_map(|a| values.iter().map(move |b| (a, b)));
    let mut texts: Vec<String> = pairs
        .flat_map(|(a, b)| ["+", "-", "*", "/", "**"].map(|operator| format!("{a} {operator} {b}")))
        .filter(|text| text.contains('j') && !text.contains("2**70 *"))
        .collect();
    for value in &values {
        texts.extend([-3, -2, -1, 0, 1, 2, 3, 5, 100].map(|power| format!("({value}*1j)**{power}")));
    }
    judge(&texts);
}

/// Floats whose sums lose digits, with integers, truth values and complex numbers among them. No integer is between 32
/// and 64 bits long, where the two CPythons differ.
fn sums() -> impl Strategy<Value = String> {
    let number = || {
        prop_oneof![
            4 => (-300_i32..300, -16_i32..17).prop_map(|(digits, exponent)| format!("{digits}e{exponent}")),
            2 => (-1000_i32..1000).prop_map(|n| n.to_string()),
            2 => (any::<bool>(), any::<u32>()).prop_map(|(up, n)| format!("{}e{}", f64::from(n), if up { 90 } else { -90 })),
            1 => prop::sample::select(vec![
                "True", "False", "10**30", "-10**30", "10**400", "1e308", "-1e308", "1e16", "-1e16", "-0.0", "inf",
                "-inf", "nan", "0.1", "0.1", "0.1",
            ])
            .prop_map(str::to_owned),
        ]
    };
    let complex = prop_oneof![
        9 => number(),
        1 => (number(), number()).prop_map(|(a, b)| format!("({a}+{b}*1j)")),
        1 => prop::sample::select(vec!["'a'", "[1]", "None", "()"]).prop_map(str::to_owned),
    ]
    .boxed();
    let list = |item: BoxedStrategy<String>, most: usize| {
        prop::collection::vec(item, 0..most).prop_map(|items| format!("[{}]", items.join(",")))
    };
    prop_oneof![
        3 => list(number().boxed(), 12).prop_map(|items| format!("sum({items})")),
        3 => (list(complex.clone(), 8), complex.clone()).prop_map(|(items, start)| format!("sum({items},{start})")),
        1 => (list(number().boxed(), 12), 1..9_usize).prop_map(|(items, n)| format!("sum({items}*{n})")),
        1 => list(number().boxed(), 12).prop_map(|items| format!("fsum({items})")),
        4 => (0..9_usize).prop_flat_map(move |n| {
            let items = move || {
                prop::collection::vec(number(), n..n + 1).prop_map(|items| format!("[{}]", items.join(",")))
            };
            (items(), items())
        })
        .prop_map(|(p, q)| format!("sumprod({p},{q})")),
        1 => (list(complex.clone(), 4), list(complex, 4)).prop_map(|(p, q)| format!("sumprod({p},{q})")),
    ]
}

/// Functions of single floats: `fma`, and `nextafter` with steps.
fn floats() -> impl Strategy<Value = String> {
    let float = || {
        prop_oneof![
            4 => any::<f64>().prop_map(|x| format!("{x:e}").replace("NaN", "nan")),
            2 => (-9_i32..9, -9_i32..9).prop_map(|(a, b)| format!("{a}e{b}")),
            2 => prop::sample::select(vec![
                "0.0", "-0.0", "inf", "-inf", "nan", "5e-324", "-5e-324", "1e308", "-1e308", "1", "True", "10**400",
                "2.2250738585072014e-308", "None", "1j", "'a'",
            ])
            .prop_map(str::to_owned),
        ]
    };
    let steps = prop_oneof![
        (0_u32..20).prop_map(|n| n.to_string()),
        any::<u64>().prop_map(|n| n.to_string()),
        prop::sample::select(vec![
            "None",
            "True",
            "-1",
            "10**30",
            "2**63",
            "2**64-1",
            "1.0",
            "2**53",
            "9218868437227405312"
        ])
        .prop_map(str::to_owned),
    ];
    prop_oneof![
        3 => (float(), float(), float()).prop_map(|(x, y, z)| format!("fma({x},{y},{z})")),
        // The result is what the rounding of the product loses.
        1 => (any::<f64>(), any::<f64>()).prop_map(|(x, y)| (x.fract(), y.fract())).prop_filter("numbers", |(x, y)| {
            x.is_finite() && y.is_finite()
        })
        .prop_map(|(x, y)| format!("fma({x:e},{y:e},{:e})", -(x * y))),
        1 => (float(), float()).prop_map(|(x, y)| format!("nextafter({x},{y})")),
        3 => (float(), float(), steps).prop_map(|(x, y, n)| format!("nextafter({x},{y},steps={n})")),
        1 => prop::sample::select(vec![
            "fma(1,2)", "fma()", "fma(1,2,3,4)", "fma(1,2,z=3)", "sumprod([1])", "sumprod([1],[2],[3])",
            "sumprod([1],q=[2])", "nextafter(1)", "nextafter(1,2,3)", "nextafter(1,2,3,4)", "nextafter(x=1,y=2)",
            "nextafter(1,2,step=3)", "nextafter(1,y=2)", "sumprod(1,[2])", "sumprod([1],2)", "sumprod('ab',[1,2])",
        ])
        .prop_map(str::to_owned),
    ]
}

/// Values without an order: nan among numbers, and types that cannot be compared. The final order, and the types in the
/// error, show in which order they are compared.
fn orders() -> impl Strategy<Value = String> {
    let item = || {
        prop_oneof![
            6 => (-30_i32..30).prop_map(|n| n.to_string()),
            3 => (-30_i32..30).prop_map(|n| format!("{n}.0")),
            2 => Just("nan".to_owned()),
        ]
    };
    let runs = |most: usize| {
        let run = prop_oneof![
            2 => prop::collection::vec(item(), 1..30).prop_map(|items| format!("[{}]", items.join(","))),
            1 => (1..60_i32).prop_map(|n| format!("list(range({n}))")),
            1 => (1..60_i32).prop_map(|n| format!("list(range({n},0,-1))")),
            1 => (item(), 1..20_i32).prop_map(|(item, n)| format!("[{item}]*{n}")),
        ];
        prop::collection::vec(run, 1..most).prop_map(|runs| runs.join("+"))
    };
    let odd = prop::sample::select(vec!["[1j]", "['a']", "[None]", "[[1]]", "[(1,nan)]", "[True]"]);
    prop_oneof![
        3 => runs(3).prop_map(|items| format!("sorted({items})")),
        2 => runs(16).prop_map(|items| format!("sorted({items})")),
        1 => runs(9).prop_map(|items| format!("sorted({items},reverse=True)")),
        1 => runs(9).prop_map(|items| format!("sorted({items},key=abs)")),
        2 => (runs(4), odd.clone(), runs(4)).prop_map(|(a, b, c)| format!("sorted({a}+{b}+{c})")),
        1 => (prop::collection::vec(odd, 1..9)).prop_map(|items| format!("sorted({})", items.join("+"))),
        2 => (prop::sample::select(vec!["median", "median_low", "median_high"]), runs(6))
            .prop_map(|(function, items)| format!("{function}({items})")),
    ]
}

#[test]
fn generated_sums_answer_as_cpython_does() {
    compare(sums(), 6_000);
}

#[test]
fn generated_floats_answer_as_cpython_does() {
    compare(floats(), 3_000);
}

#[test]
fn what_has_no_order_is_sorted_as_cpython_does() {
    compare(orders(), 1_500);
}

/// Generates expressions and compares their outcomes.
fn compare(expressions: impl Strategy<Value = String>, daily: usize) {
    // The same expressions each time, so that a failure is caused by a change; `./test --deep` draws others.
    let drawn = std::env::var("TABUADA_CASES").ok().and_then(|n| n.parse().ok());
    let (cases, mut runner) = match drawn {
        Some(cases) => (cases, TestRunner::default()),
        None => (daily, TestRunner::deterministic()),
    };
    let texts: Vec<String> = (0..cases).map(|_| expressions.new_tree(&mut runner).unwrap().current()).collect();
    judge(&texts);
}

/// Whether each text has CPython's outcome.
fn judge(texts: &[String]) {
    let Some(expected) = reference::answers(texts) else { return };
    let mut wrong = Vec::new();
    let mut values = 0;
    for (text, (kind, repr)) in texts.iter().zip(&expected) {
        let (our_kind, our_repr) = ours(text);
        let same = match kind.as_str() {
            // With some C libraries, a cosine of infinity inside a complex power is an error.
            "complex" if repr == "(nan+nanj)" && our_kind == "ZeroDivisionError" => text.contains("**"),
            _ if our_repr == "zero to a negative or complex power" && text.contains("inf") => text.contains("**"),
            // With a name as the second argument, it is a sum over a variable without its bounds.
            "TypeError" if our_kind == "syntax" => repr == "sum() takes at most 2 arguments (3 given)",
            // In IEEE 754, a product that underflows plus 0 has the product's sign; some C libraries give 0.0.
            "float" if repr == "0.0" && our_repr == "-0.0" => text.contains("fma("),
            // In this language, this is an error of a value.
            "IndexError" => our_kind == "ValueError" && *repr == our_repr,
            // CPython has a result where a limit of ours applies, or where the answer would be a function.
            _ if ["too-large", "out-of-fuel"].contains(&our_kind.as_str()) => true,
            // Ranges have bounds of machine words here.
            _ if our_repr == "Python int too large to convert to C ssize_t" => true,
            // A range or a type is not an answer either.
            "range" | "type" | "builtin_function_or_method" => our_kind == "TypeError",
            // In CPython, powers of floats come from the C library, and those of complex numbers from its functions.
            "float" => *kind == our_kind && (*repr == our_repr || reference::near(repr, &our_repr)),
            _ if text.contains("**") || text.contains("pow") => {
                *kind == our_kind && (*repr == our_repr || near(repr, &our_repr))
            }
            _ => *kind == our_kind && *repr == our_repr,
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

/// Whether two texts are the same except for the last digits of the floats in them.
fn near(a: &str, b: &str) -> bool {
    let split = |text: &str| {
        let text = text.replace("e-", "e~");
        let part_of_float = |c: char| c.is_ascii_digit() || ".e~".contains(c);
        let words: String = text.chars().map(|c| if part_of_float(c) { ' ' } else { c }).collect();
        let floats: Vec<f64> =
            text.split(|c| !part_of_float(c)).filter_map(|part| part.replace('~', "-").parse().ok()).collect();
        (words.replace(' ', ""), floats)
    };
    let ((words, floats), (other_words, others)) = (split(a), split(b));
    let size = floats.iter().copied().fold(0.0, f64::max);
    let near = |(x, y): (&f64, &f64)| (x - y).abs() <= 1e-13 * size;
    words == other_words && floats.len() == others.len() && floats.iter().zip(&others).all(near)
}
