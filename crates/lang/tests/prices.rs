//! The prices of work in fuel. Every signature in the function table, every operator and every conversion has operands
//! here, including extreme ones; a function with a new signature fails the test until it has some.
//!
//! Without `TABUADA_PRICES`, all cases must end within their fuel. With it (a number, or a part of the mode and text of
//! the wanted cases), in a release build: a unit of fuel takes at most 15 ns of CPU, and no stretch between two checks of
//! the clock more than 10 ms. Both limits are longer on a slow machine, by its [`slowness`].

// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic, clippy::unwrap_used)]

use std::cell::Cell;
use std::collections::BTreeSet;

use tabuada_lang::{Context, ErrorKind, Fuel, FunctionKind, Limits, Mode, functions, parse_with};

use crate::cpu::{self, slowness};

/// What a unit of fuel takes at most, and the longest stretch between two checks of the clock, in seconds.
const UNIT_MAX: f64 = 15e-9;
const STRETCH_MAX: f64 = 10e-3;
const MODES: [&str; 3] = ["python", "exact", "decimal:34"];

/// Both signs, subnormal numbers, the border to integers, the ends of machine words, the largest numbers.
const NUMBERS: &[&str] = &[
    "0",
    "-1",
    "2.5",
    "62",
    "0.1",
    "5e-324",
    "1e-300/3",
    "1e300/3",
    "1.7e308",
    "2**52-0.5",
    "2**52+1",
    "-2**62",
    "2**64",
    "10**300",
    "1e300",
    "2**(2**20-1)",
    "3**660000",
    "3**330000",
    "3**200000",
    "10**100000+1",
    "3**2000",
    "(2**607-1)*(2**1279-1)",
    "3-4j",
];
const PLACES: &[&str] = &["0", "1", "3", "-3", "31", "300", "-300", "323"];
const TEXTS: &[&str] = &[
    "''",
    "'1'*300",
    "'1'*100000",
    "'z'*99999",
    "'1_'*40000+'1'",
    "'٣'*9000",
    "' '*90000",
    "'a'*100000",
    "'a'*50000+'b'",
    "'é'*100000",
    "'€'*30000",
    "'😀'*30000",
    "'\\x01'*9000",
    "'\\u200b'*9000",
    "'\\'\"'*4500",
];
/// Empty and full collections; elements that differ only at the end or in type; deep nesting, and equal beginnings.
const COLLECTIONS: &[&str] = &[
    "[]",
    "[1e300]*10000",
    "[10**300]*10000",
    "[int(1e300)]*10000",
    "[0.1]*9999+[0.2]",
    "list(range(10000))",
    "set(range(10000))",
    "set(range(1,10001))",
    "set(range(0,20000,2))",
    "range(100000)",
    "[[1e300]*1000]*25",
    "[[int(1e300)]*1000]*25",
    "['a'*1000]*1000",
    "['\\x01']*3000",
    "[1/3]*5000",
    "{DEEP,1}",
    "[NEST[1e300]*1500TSEN]",
    "[NEST[int(1e300)]*1500+[1]TSEN]",
    "{ALIKE}",
    "[ALIKE]",
];

const OPERATORS: &[&str] = &[
    "a+b",
    "a-b",
    "a*b",
    "a/b",
    "a//b",
    "a%b",
    "a**b",
    "a<<b",
    "a>>b",
    "a&b",
    "a|b",
    "a^b",
    "a<b",
    "a<=b",
    "a>=b",
    "a==b",
    "a!=b",
    "a in b",
    "a not in b",
    "[a]==[b]",
    "(a,)<(b,)",
    "{0,1} if a==b else 0",
];
const OF_ONE: &[&str] = &[
    "-a",
    "+a",
    "~a",
    "not a",
    "a!",
    "√a",
    "a and 1",
    "a is True",
    "a[0]",
    "a[-1]",
    "a[1:]",
    "a[::-1]",
    "a[::2]",
    "a[:5000]",
    "str(a)",
    "str([a])",
    "int(a)",
    "float(a)",
    "bool(a)",
    "list(a)",
    "tuple(a)",
    "set(a)",
    "{a}",
    "[a,a]",
    "sum(a)",
];

/// Calls by their parameters; `F` stands for the name of the function.
const CALLS: &[(&str, &[&str], Operands)] = &[
    ("", &["F()"], Operands::None),
    ("x", &["F(a)"], Operands::One),
    ("[x]", &["F(a)"], Operands::One),
    ("n", &["F(a)"], Operands::One),
    ("data", &["F(a)"], Operands::One),
    ("iterable", &["F(a)"], Operands::One),
    ("[iterable]", &["F(a)"], Operands::One),
    ("coefficients", &["F(a)", "F([a,1,a])"], Operands::One),
    ("iterable, start=0", &["F(a)", "F(a,start=0.5)"], Operands::One),
    ("iterable, start=1", &["F(a)", "F(a,start=0.5)"], Operands::One),
    ("iterable, key=None, reverse=False", &["F(a)", "F(a,reverse=True)", "F([a,a])"], Operands::One),
    ("[object[, encoding, errors]]", &["F(a)"], Operands::One),
    ("[x[, base]]", &["F(a)", "F(a,36)", "F(a,2)", "F(str(a),16)", "F(str(a))"], Operands::One),
    ("[start, ]stop[, step]", &["F(a)", "F(a,b)"], Operands::Two),
    ("*values, key=None, default", &["F(a)", "F(a,b)", "F([a,b])"], Operands::Two),
    ("*integers", &["F(a,b)"], Operands::Two),
    ("*coordinates", &["F(a,b)", "F(a,b,b)"], Operands::Two),
    ("n, k", &["F(a,b)", "F(62,31)", "F(10000,5000)"], Operands::Two),
    ("n, k=None", &["F(a,b)", "F(62,31)", "F(10000,5000)"], Operands::Two),
    ("a, b", &["F(a,b)"], Operands::Two),
    ("x, y", &["F(a,b)"], Operands::Two),
    ("y, x", &["F(a,b)"], Operands::Two),
    ("x, i", &["F(a,b)"], Operands::Two),
    ("p, q", &["F(a,b)", "F([a],[b])"], Operands::Two),
    ("data, xbar=None", &["F(a)"], Operands::One),
    ("data, mu=None", &["F(a)"], Operands::One),
    ("data, p", &["F(a,50)"], Operands::One),
    ("data, q", &["F(a,0.5)"], Operands::One),
    ("x[, base]", &["F(a)", "F(a,b)"], Operands::Two),
    ("x, y, z", &["F(a,b,a)"], Operands::Two),
    ("a, b, rel_tol=1e-09, abs_tol=0.0", &["F(a,b)"], Operands::Two),
    ("x, y, steps=None", &["F(a,b)", "F(a,b,steps=10**15)"], Operands::Two),
    (
        "base, exp, mod=None",
        &["F(a,b)", "F(a,b,10**9+7)", "F(a,b,3**2000)", "F(a,-1,b)", "F(3,b,a)", "F(3,2**40+5,a)", "F(b,5,a)"],
        Operands::Two,
    ),
    ("number, ndigits=None", &["F(a)", "F(a,b)"], Operands::Places),
    ("body, variable, at", &["F(x**2,x,a)"], Operands::One),
    ("body, variable, from, to", &["F(k*1.5-3,k,0,100)"], Operands::None),
];

#[derive(Clone, Copy, PartialEq)]
enum Operands {
    None,
    One,
    Two,
    Places,
}

/// The operands as texts; words in capitals in the tables are expanded.
fn all(kinds: &[&[&str]]) -> Vec<String> {
    let (nest, tsen) = ("[".repeat(190), "]".repeat(190));
    let alike: Vec<String> = (0..40).map(|at| format!("(0,)*1000+({},)", at * 7 % 40)).collect();
    let deep = format!("{}1{}", "(".repeat(190), ",)".repeat(190));
    let written = |text: &&str| {
        text.replace("NEST", &nest).replace("TSEN", &tsen).replace("ALIKE", &alike.join(",")).replace("DEEP", &deep)
    };
    kinds.iter().flat_map(|kind| kind.iter()).map(written).collect()
}

/// Pairs of one kind: each operand with itself, with its neighbours, and with a number.
fn pairs() -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for kind in [NUMBERS, TEXTS, COLLECTIONS] {
        let kind = all(&[kind]);
        for (at, a) in kind.iter().enumerate() {
            for (other, b) in kind.iter().enumerate() {
                if other.abs_diff(at) <= 1 {
                    pairs.push((a.clone(), b.clone()));
                }
            }
            pairs.push((a.clone(), "3".to_owned()));
            pairs.push(("int(1e300)-1".to_owned(), a.clone()));
        }
    }
    pairs
}

/// Every text whose price is checked.
fn cases() -> Vec<Case> {
    let everything = all(&[NUMBERS, TEXTS, COLLECTIONS]);
    let pairs = pairs();
    let two = |body: &str| pairs.iter().map(|(a, b)| (format!("a={a};b={b};"), body.to_owned())).collect::<Vec<_>>();
    let one = |body: &str| everything.iter().map(|a| (format!("a={a};"), body.to_owned())).collect::<Vec<_>>();
    let mut cases: Vec<_> = OPERATORS.iter().flat_map(|body| two(body)).collect();
    cases.extend(OF_ONE.iter().flat_map(|body| one(body)));
    for function in functions().filter(|function| function.kind != FunctionKind::Constant) {
        let called = format!("{}{}", if function.needs_prefix { "math." } else { "" }, function.name);
        let found = CALLS.iter().find(|(signature, ..)| *signature == function.signature);
        let (_, shapes, operands) =
            found.unwrap_or_else(|| panic!("{called}({}): no operands for these parameters", function.signature));
        for shape in *shapes {
            let body = shape.replacen('F', &called, 1);
            match operands {
                Operands::None => cases.push((String::new(), body)),
                Operands::One => cases.extend(one(&body)),
                Operands::Two => cases.extend(two(&body)),
                Operands::Places => {
                    for (a, b) in NUMBERS.iter().flat_map(|a| PLACES.iter().map(move |b| (a, b))) {
                        cases.push((format!("a={a};b={b};"), body.clone()));
                    }
                }
            }
        }
    }
    let seen: BTreeSet<_> = cases.into_iter().collect();
    seen.into_iter().collect()
}

/// The text before the measured part, and the part that is repeated.
type Case = (String, String);

struct Taken {
    fuel: u64,
    /// CPU in seconds, and the longest stretch between two checks of the clock.
    cpu: f64,
    stretch: f64,
    error: Option<ErrorKind>,
}

/// The cost of evaluating a text, without parsing it.
fn evaluate(mode: &str, text: &str, fuel: u64) -> Taken {
    let mode: Mode = mode.parse().unwrap();
    let limits = Limits::default();
    let program = match parse_with(text, &Context { mode, ..Context::default() }, &limits) {
        Ok(program) => program,
        Err(error) => return Taken { fuel: 0, cpu: 0.0, stretch: 0.0, error: Some(error.kind) },
    };
    let begun = cpu::seconds();
    let (last, stretch) = (Cell::new(begun), Cell::new(0.0_f64));
    let look = || {
        let now = cpu::seconds();
        stretch.set(stretch.get().max(now - last.replace(now)));
        false
    };
    let mut fuel = Fuel::with_stop(fuel, &look);
    let outcome = program.evaluate_with(&[], &limits, &mut fuel);
    look();
    let error = outcome.err().map(|failure| failure.kind);
    Taken { fuel: fuel.spent(), cpu: last.get() - begun, stretch: stretch.get(), error }
}

/// A text that repeats the measured part.
fn repeated((before, body): &Case, times: u64) -> String {
    format!("{before}sum(len([{body}]),k_,1,{times})")
}

#[test]
fn everything_has_operands_and_ends_within_its_fuel() {
    const GIVEN: u64 = 100_000;
    let mut answered = 0;
    // One of five cases, evenly spread, since all of them would take too long for every day.
    for case in cases().into_iter().step_by(5) {
        for mode in MODES {
            let taken = evaluate(mode, &repeated(&case, 1), GIVEN);
            assert!(taken.fuel <= GIVEN && taken.error != Some(ErrorKind::Internal), "{mode} {case:?}");
            answered += usize::from(taken.error.is_none());
        }
    }
    assert!(answered > 1_000, "{answered}");
}

/// The cost of a loop of about so many units; for a text that fails, the cost of one evaluation.
fn looped(mode: &str, case: &Case, units: u64) -> Taken {
    let once = evaluate(mode, &repeated(case, 1), Limits::FUEL);
    if once.error.is_some() {
        return once;
    }
    let twice = evaluate(mode, &repeated(case, 2), Limits::FUEL);
    let body = (twice.fuel - once.fuel).max(1);
    // Long enough that the body dominates the part before it.
    let wanted = units.max(4 * once.fuel.saturating_sub(body)).min(Limits::FUEL - once.fuel);
    let times = wanted / body + 1;
    let many = if times <= 2 { twice } else { evaluate(mode, &repeated(case, times), Limits::FUEL) };
    Taken { stretch: once.stretch.max(many.stretch), ..many }
}

/// The time of a unit, and the longest stretch, both relative to their limits.
type Ratios = (f64, f64);

/// The ratios of a case; a case that ends too soon to be measured counts as 0.
fn compared(mode: &str, case: &Case, units: u64, slowness: f64) -> Ratios {
    const MEASURED: f64 = 3e-4;
    let taken = looped(mode, case, units);
    let unit = if taken.cpu < MEASURED { 0.0 } else { taken.cpu / taken.fuel.max(1) as f64 };
    (unit / UNIT_MAX / slowness, taken.stretch / STRETCH_MAX / slowness)
}

/// The smallest ratios of several runs, since other load can only make a run slower. Ends once they are below `enough`.
fn least(mode: &str, case: &Case, first: Ratios, times: usize, enough: f64) -> Ratios {
    (0..times).fold(first, |least, _| {
        if least.0.max(least.1) < enough {
            return least;
        }
        let found = compared(mode, case, 2_000_000, slowness());
        (least.0.min(found.0), least.1.min(found.1))
    })
}

fn line((unit, stretch): Ratios, mode: &str, (before, body): &Case) -> String {
    format!("{:6.2} ns {:6.2} ms {mode} {before:.90} {body}", unit * UNIT_MAX * 1e9, stretch * STRETCH_MAX * 1e3)
}

#[test]
fn no_unit_costs_more_and_no_stretch_is_longer_than_it_may() {
    let Ok(wanted) = std::env::var("TABUADA_PRICES") else { return };
    let is_wanted = |mode: &str, (before, body): &Case| {
        wanted.parse::<u64>().is_ok() || format!("{mode} {before}{body}").contains(&wanted)
    };
    let (slow, cases) = (slowness(), cases());
    // Every second case, from `first` on.
    let half = |first: usize| -> Vec<(Ratios, &str, &Case)> {
        let cases = cases.iter().skip(first).step_by(2).flat_map(|case| MODES.map(|mode| (mode, case)));
        let measured = cases.filter(|(mode, case)| is_wanted(mode, case)).map(|(mode, case)| {
            let quickly = compared(mode, case, 50_000, slow);
            let begin = if quickly.0.max(quickly.1) > 0.7 { (f64::INFINITY, f64::INFINITY) } else { quickly };
            let ratios = least(mode, case, begin, 3, 0.7);
            if ratios.0.max(ratios.1) > 1.0 {
                println!("perhaps {}", line(ratios, mode, case));
            }
            (ratios, mode, case)
        });
        measured.collect()
    };
    let mut found = std::thread::scope(|scope| {
        let other = scope.spawn(|| half(1));
        let mut found = half(0);
        found.extend(other.join().unwrap());
        found
    });
    // A ratio that is too high counts only if it stays so in repeated runs without other threads.
    for (ratios, mode, case) in &mut found {
        *ratios = least(mode, case, *ratios, 5, 1.0);
    }
    println!("The worst, in what a unit takes (15 ns) and in stretches (10 ms):");
    found.sort_by(|(a, ..), (b, ..)| b.0.max(b.1).total_cmp(&a.0.max(a.1)));
    let bad = found.iter().filter(|(ratios, ..)| ratios.0.max(ratios.1) > 1.0).count();
    for (ratios, mode, case) in found.iter().take(bad.max(60)) {
        println!("{}", line(*ratios, mode, case));
    }
    assert!(bad == 0, "{bad} cost more than they may");
}

/// The answer's text and the fuel that it took.
fn answer(text: &str) -> (String, u64) {
    let limits = Limits::default();
    let mut fuel = Fuel::new(limits.fuel);
    let answer = parse_with(text, &Context::default(), &limits).unwrap().evaluate_with(&[], &limits, &mut fuel);
    (answer.unwrap_or_else(|failure| panic!("{text}: {failure:?}")).text().to_owned(), fuel.spent())
}

#[test]
fn a_float_that_is_an_integer_rounds_to_itself() {
    for value in ["1.7e308/7", "1e300/3", "2.0**52", "-2.0**52-1", "2.0**53+2"] {
        for round in ["round", "round_half_up"] {
            for places in [0, 1, 3, 300, 323] {
                assert_eq!(
                    answer(&format!("{round}({value},{places})=={value}")).0,
                    "True",
                    "{round} {value} {places}"
                );
            }
        }
    }
    assert_eq!(answer("round(2.0**52-0.5,0)").0, "4503599627370496.0");
    assert_eq!(answer("round(2.0**51+0.5,1)").0, "2251799813685248.5");
}

#[test]
fn nested_lists_are_compared_in_one_walk() {
    let nested = |inner: &str| format!("{}{inner}{}", "[".repeat(190), "]".repeat(190));
    let (x, y) = (nested("[1e300]*1500+[1]"), nested("[int(1e300)]*1500+[2]"));
    let (_, made) = answer(&format!("x={x};y={y};len(x)+len(y)"));
    for (text, expected) in [("x<y", "True"), ("x==y", "False"), ("x>=y", "False"), ("max(x,y)==y", "True")] {
        let (found, spent) = answer(&format!("x={x};y={y};{text}"));
        assert_eq!(found, expected, "{text}");
        // A float beside an integer of the same size costs some units; nesting costs nothing.
        assert!((1_500..3 * 20 * 1_500).contains(&(spent - made)), "{text}: {}", spent - made);
    }
    // The first difference ends the comparison.
    let (_, spent) = answer("a=[0]+[1]*9999;b=[2]+[1]*9999;sum(a<b,k,1,1000)");
    assert!(spent < 100_000, "{spent}");
}

#[test]
fn containers_are_ordered_by_their_first_difference() {
    for (text, expected) in [
        ("[1,[2,3]]<[1,[2,3,0]]", "True"),
        ("[[1],2]<[[1],2]", "False"),
        ("[[1],2]<=[[1],2]", "True"),
        ("(1,(2,nan))==(1,(2,nan))", "True"),
        ("[{1,2},5]<[{1,2,3},0]", "True"),
        ("[{1,2},5]<[{1,3},6]", "False"),
        ("{1,2}<{1,2,3}", "True"),
        ("{1,2}<={1,2}", "True"),
        ("{1,2}<{1,2}", "False"),
        ("{1,4}<={1,2,3}", "False"),
        ("{3,1}>={1}", "True"),
        ("{1.0,2}|{1,3}", "{1.0, 2, 3}"),
        ("{1.0,2}&{1,3}", "{1.0}"),
        ("{1.0,2}-{1,3}", "{2}"),
        ("{1.0,2}^{1,3}", "{2, 3}"),
        ("2.0 in {1,2,3}", "True"),
        ("len({(0,0,2),(0,0,1),(0,0,2)})", "2"),
        ("mode([3,1,1,3])", "3"),
        ("2**64 in [1.5,1e300,2.0**64]", "True"),
        ("-2**64>-1e300 and 2**64>9.0 and -2**64<-9.0 and 5<1e300", "True"),
    ] {
        assert_eq!(answer(text).0, expected, "{text}");
    }
}

#[test]
fn sets_are_compared_and_joined_in_one_walk_each() {
    let sets = "S=set(range(10000));T=set(range(1,10001));";
    let (_, made) = answer(&format!("{sets}len(S)+len(T)"));
    for text in ["S<=S", "len(S^T)", "len(S-T)", "len(S&T)"] {
        let (_, spent) = answer(&format!("{sets}{text}"));
        assert!((30_000..120_000).contains(&(spent - made)), "{text}: {}", spent - made);
    }
    let (_, spent) = answer(&format!("{sets}sum(k in S,k,1,1000)"));
    assert!(spent - made < 100_000, "{}", spent - made);
}

#[test]
fn strings_are_cut_and_searched_by_their_characters() {
    for (text, expected) in [
        ("'aéb€😀c'[1:4]", "'éb€'"),
        ("'aéb€😀c'[::-1]", "'c😀€béa'"),
        ("'aéb€😀c'[::2]", "'ab😀'"),
        ("'aéb€😀c'[-2]", "'😀'"),
        ("'abcdef'[1:4]", "'bcd'"),
        ("'abcdef'[4:1]", "''"),
        ("'abcdef'[::-2]", "'fdb'"),
        ("''[1:]", "''"),
        ("'abc'[9:]", "''"),
        ("'é'[0:9]", "'é'"),
        ("'b€' in 'ab€'", "True"),
        ("'' in ''", "True"),
        ("['\\x01\\u200b\\t~é']", "['\\x01\\u200b\\t~é']"),
    ] {
        assert_eq!(answer(text).0, expected, "{text}");
    }
}

/// How often the clock is checked while a text is evaluated, and the fuel spent.
fn looks_at_the_clock(text: &str) -> (u64, u64) {
    let limits = Limits::default();
    let looks = Cell::new(0);
    let stop = || {
        looks.set(looks.get() + 1);
        false
    };
    let mut fuel = Fuel::with_stop(limits.fuel, &stop);
    let _ = parse_with(text, &Context::default(), &limits).unwrap().evaluate_with(&[], &limits, &mut fuel);
    (looks.get(), fuel.spent())
}

#[test]
fn the_clock_is_asked_within_an_operation() {
    let tuples: Vec<String> = (0..2400).map(|at| format!("a+({},)", at * 7 % 2400)).collect();
    for text in [
        "len(factor((2**2281-1)*(2**3217-1)))".to_owned(),
        "factor(10**500+1)".to_owned(),
        "isprime(2**3217-1)".to_owned(),
        format!("a=(0,)*1000;len({{{}}})", tuples.join(",")),
        "x=[[1e300]*10000]*9;y=[[int(1e300)]*10000]*9;x<y".to_owned(),
    ] {
        let (looks, spent) = looks_at_the_clock(&text);
        let start: String = text.chars().take(60).collect();
        assert!(spent > 1_200_000 && looks >= spent / 600_000, "{start}: {looks} in {spent}");
    }
}

#[test]
fn perfect_powers_are_found() {
    for (base, exponent) in [("1009", 2), ("1000003", 3), ("1031", 17), ("(10**9+7)", 31), ("1031", 101)] {
        let expected: Vec<String> = vec![base.replace("(10**9+7)", "1000000007"); exponent];
        assert_eq!(answer(&format!("factor({base}**{exponent})")).0, format!("[{}]", expected.join(", ")), "{base}");
    }
}
