//! The language beside other expression engines, in one process. The engines take turns within each round, so that
//! other load on the machine affects all of them equally. Prints Markdown: the median time of the rounds in
//! nanoseconds, and the median of the ratios to the first engine.
//!     tabuada-bench-language [ROUNDS [PART OF A CASE'S NAME]]
//!     tabuada-bench-language --answer      for `run`, which lets engines of other languages take turns with ours

use std::hint::black_box;
use std::time::{Duration, Instant};

use fee::prelude::{Expr, ExprCompiler as _, ExprEvaluator as _, ExprFn};
use tabuada_lang::{Argument, Context, Evaluator, Fuel, Limits, Program, parse_with};

/// The minimum time of one engine in a round.
const ROUND: Duration = Duration::from_millis(20);

type Work<'a> = Box<dyn FnMut() + 'a>;

/// One table: a case, and the work of each engine for it.
struct Case<'a> {
    name: &'static str,
    peers: Vec<(&'static str, Work<'a>)>,
}

fn main() {
    if std::env::args().nth(1).as_deref() == Some("--answer") {
        return answer();
    }
    let rounds = std::env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(15);
    let polynomial = Polynomial::new(200);
    let only = std::env::args().nth(2).unwrap_or_default();
    for case in cases(&polynomial) {
        if case.name.contains(&only) {
            report(case, rounds);
        }
    }
}

/// Runs a case and prints its table.
fn report(mut case: Case<'_>, rounds: usize) {
    let counts: Vec<u32> = case.peers.iter_mut().map(|(_, work)| calibrated(work)).collect();
    let mut times = vec![Vec::with_capacity(rounds); case.peers.len()];
    for _ in 0..rounds {
        for ((times, (_, work)), count) in times.iter_mut().zip(&mut case.peers).zip(&counts) {
            let begun = Instant::now();
            (0..*count).for_each(|_| work());
            times.push(begun.elapsed().as_secs_f64() * 1e9 / f64::from(*count));
        }
    }
    println!("\n### {}\n\n| engine | ns, median | least – most | ratio |\n|---|---|---|---|", case.name);
    for (at, (name, _)) in case.peers.iter().enumerate() {
        let ratios = times[at].iter().zip(&times[0]).map(|(time, first)| time / first).collect();
        let (least, middle, most) = spread(times[at].clone());
        let (low, ratio, high) = spread(ratios);
        println!("| {name} | {middle:.1} | {least:.1} – {most:.1} | {ratio:.2} ({low:.2} – {high:.2}) |");
    }
}

/// How often the work is repeated to fill a round.
fn calibrated(work: &mut Work<'_>) -> u32 {
    let mut count = 1;
    loop {
        let begun = Instant::now();
        (0..count).for_each(|_| work());
        let taken = begun.elapsed();
        if taken >= ROUND / 2 {
            return ((f64::from(count) * ROUND.as_secs_f64() / taken.as_secs_f64()) as u32).max(1);
        }
        count *= 2;
    }
}

fn spread(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    (values[0], values[values.len() / 2], values[values.len() - 1])
}

/// `1*x^0 + 38*x^1 + …`, in each engine's spelling.
struct Polynomial {
    caret: String,
    stars: String,
}

impl Polynomial {
    fn new(terms: u32) -> Self {
        let text = |power: &str| {
            let term = |k: u32| format!("{}*x{power}{k}", k * 37 % 97 + 1);
            (0..terms).map(term).collect::<Vec<_>>().join(" + ")
        };
        Self { caret: text("^"), stars: text("**") }
    }
}

fn cases(polynomial: &Polynomial) -> Vec<Case<'_>> {
    vec![
        one_shot("one-shot: 2+2", "2+2", "2+2"),
        one_shot("one-shot: (3*4+5)/7-2*3", "(3*4+5)/7-2*3", "(3*4+5)/7-2*3"),
        one_shot("one-shot: (3*4+5)/7-2**3", "(3*4+5)/7-2^3", "(3*4+5)/7-2**3"),
        one_shot("one-shot: sin(1.5)**2+cos(1.5)**2", "sin(1.5)^2+cos(1.5)^2", "sin(1.5)**2+cos(1.5)**2"),
        polynomial_once(polynomial),
        integers("integers: 3**200000 and its digits", "3**200000", || num_bigint::BigInt::from(3).pow(200_000)),
        integers("integers: 12345678901234567890**2 % 97", "12345678901234567890**2 % 97", || {
            num_bigint::BigInt::from(12_345_678_901_234_567_890_u64).pow(2) % 97
        }),
        compiled("compiled: sin(x)**2+cos(x)**2", "sin(x)^2+cos(x)^2", "sin(x)**2+cos(x)**2"),
        compiled("compiled: polynomial of 200 terms", &polynomial.caret, &polynomial.stars),
        column("column: x**1.5", "x**1.5", |x| x.powf(black_box(1.5))),
        column("column: log(x)", "log(x)", f64::ln),
        column("column: log10(x)", "log10(x)", f64::log10),
        column("column: log2(x)", "log2(x)", f64::log2),
        column("column: exp(x)", "exp(x)", f64::exp),
        column("column: sin(x)", "sin(x)", f64::sin),
        column("column: atan(x)", "atan(x)", f64::atan),
        column("column: asin(x-0.25)", "asin(x-0.25)", |x| (x - 0.25).asin()),
        column("column: erf(x)", "erf(x)", |x| erf(x)),
        column("column: gamma(x)", "gamma(x)", |x| tgamma(x)),
        column("column: lgamma(x)", "lgamma(x)", |x| lgamma(x)),
    ]
}

/// A text without variables, parsed and evaluated.
fn one_shot<'a>(name: &'static str, caret: &'a str, stars: &'a str) -> Case<'a> {
    let (parser, mut slab) = (fasteval::Parser::new(), fasteval::Slab::new());
    let reused = move || {
        let parsed = parser.parse(black_box(caret), &mut slab.ps).expect("a peer reads the case").from(&slab.ps);
        black_box(fasteval::Evaler::eval(parsed, &slab, &mut fasteval::EmptyNamespace).ok());
    };
    let prefixed = caret.replace("sin", "math::sin").replace("cos", "math::cos");
    let limits = Limits::default();
    let mut evaluator = Evaluator::default();
    let ours = move || {
        black_box(evaluator.evaluate(black_box(stars), &limits, &mut Fuel::new(limits.fuel)).ok());
    };
    let mut functions = fee::DefaultResolver::empty();
    functions.insert("sin", ExprFn::new(|x| x[0].sin()));
    functions.insert("cos", ExprFn::new(|x| x[0].cos()));
    let context = fee::prelude::Context::new(fee::EmptyResolver::new(), functions);
    let mut stack = Vec::new();
    let by_fee = move || {
        let read = Expr::compile(black_box(caret), &context).expect("a peer reads the case");
        black_box(read.eval(&context, &mut stack).ok());
    };
    let mut peers: Vec<(&'static str, Work<'a>)> = vec![
        ("fasteval, slab reused", Box::new(reused)),
        ("tabuada-lang", Box::new(ours)),
        ("fee", Box::new(by_fee)),
        (
            "fasteval",
            Box::new(move || drop(black_box(fasteval::ez_eval(black_box(caret), &mut fasteval::EmptyNamespace)))),
        ),
        ("meval", Box::new(move || drop(black_box(meval::eval_str(black_box(caret)))))),
        ("exmex", Box::new(move || drop(black_box(exmex::eval_str::<f64>(black_box(caret)))))),
        ("evalexpr 11", Box::new(move || drop(black_box(evalexpr::eval(black_box(&prefixed)))))),
    ];
    // It knows neither powers nor functions.
    if mexe::eval(caret).is_ok() {
        peers.push(("mexe", Box::new(move || drop(black_box(mexe::eval(black_box(caret)))))));
    }
    Case { name, peers }
}

/// Integers of any size, up to their digits; our engine also parses the text.
fn integers<'a>(name: &'static str, text: &'a str, theirs: fn() -> num_bigint::BigInt) -> Case<'a> {
    let limits = Limits::default();
    let mut evaluator = Evaluator::default();
    let ours = move || {
        let outcome = evaluator.evaluate(black_box(text), &limits, &mut Fuel::new(limits.fuel));
        black_box(outcome.map(|answer| answer.text().len()).ok());
    };
    let peers: Vec<(&'static str, Work<'a>)> =
        vec![("num-bigint", Box::new(move || drop(black_box(theirs().to_string())))), ("tabuada-lang", Box::new(ours))];
    Case { name, peers }
}

fn polynomial_once(polynomial: &Polynomial) -> Case<'_> {
    let (caret, stars) = (polynomial.caret.as_str(), polynomial.stars.as_str());
    let (parser, mut slab) = (fasteval::Parser::new(), fasteval::Slab::new());
    let reused = move || {
        let parsed = parser.parse(black_box(caret), &mut slab.ps).expect("a peer reads the case").from(&slab.ps);
        let mut x = |name: &str, _: Vec<f64>| (name == "x").then_some(0.99);
        black_box(fasteval::Evaler::eval(parsed, &slab, &mut x).ok());
    };
    let limits = Limits::default();
    let mut evaluator = Evaluator::default();
    let ours = move || {
        let context = Context { parameters: &["x"], ..Context::default() };
        let fuel = &mut Fuel::new(limits.fuel);
        black_box(evaluator.evaluate_with(black_box(stars), &context, &[Argument::Float(0.99)], &limits, fuel).ok());
    };
    let peers: Vec<(&'static str, Work<'_>)> =
        vec![("fasteval, slab reused", Box::new(reused)), ("tabuada-lang", Box::new(ours))];
    Case { name: "one-shot: polynomial of 200 terms", peers }
}

fn read(text: &str, limits: &Limits) -> Program {
    parse_with(text, &Context { parameters: &["x"], ..Context::default() }, limits).expect("we read the case")
}

/// An expression in `x`, parsed before and evaluated for changing values.
fn compiled<'a>(name: &'static str, caret: &'a str, stars: &'a str) -> Case<'a> {
    use exmex::Express;
    use fasteval::Compiler;
    let (parser, mut slab) = (fasteval::Parser::new(), fasteval::Slab::new());
    let parsed = parser.parse(caret, &mut slab.ps).expect("a peer reads the case").from(&slab.ps);
    let instruction = parsed.compile(&slab.ps, &mut slab.cs);
    let mut x = argument();
    let by_fasteval = move || {
        let at = x();
        let mut names = |name: &str, _: Vec<f64>| (name == "x").then_some(at);
        // The crate's own macro: a constant needs no evaluation.
        black_box(match &instruction {
            fasteval::IConst(value) => Some(*value),
            instruction => fasteval::Evaler::eval(instruction, &slab, &mut names).ok(),
        });
    };
    let limits = Limits::default();
    let program = read(stars, &limits);
    let mut x = argument();
    let ours = move || {
        let answer = program.evaluate_with(&[Argument::Float(x())], &limits, &mut Fuel::new(limits.fuel));
        black_box(answer.ok());
    };
    let by_meval = caret.parse::<meval::Expr>().expect("a peer reads the case").bind("x").expect("x is bound");
    let by_exmex = exmex::parse::<f64>(caret).expect("a peer reads the case");
    let (mut x, mut y) = (argument(), argument());
    let peers: Vec<(&'static str, Work<'a>)> = vec![
        ("fasteval", Box::new(by_fasteval)),
        ("tabuada-lang", Box::new(ours)),
        ("meval", Box::new(move || _ = black_box(by_meval(x())))),
        ("exmex", Box::new(move || drop(black_box(by_exmex.eval(&[y()]))))),
    ];
    Case { name, peers }
}

// Those functions of the C library that Rust has no name for.
unsafe extern "C" {
    safe fn erf(x: f64) -> f64;
    safe fn tgamma(x: f64) -> f64;
    safe fn lgamma(x: f64) -> f64;
}

/// A function of a column, beside the C library's.
fn column<'a>(name: &'static str, text: &'a str, theirs: fn(f64) -> f64) -> Case<'a> {
    let limits = Limits::default();
    let program = read(text, &limits);
    let xs: Vec<f64> = (0..COLUMN_ROWS).map(|row| 0.25 + f64::from(row) / f64::from(COLUMN_ROWS)).collect();
    let (mut out, own) = (vec![0.0; xs.len()], xs.clone());
    let by_libm = move || {
        out.iter_mut().zip(&own).for_each(|(out, x)| *out = theirs(*x));
        black_box(&out);
    };
    let mut out = vec![0.0; xs.len()];
    let ours = move || {
        let fuel = &mut Fuel::new(u64::MAX);
        black_box(program.columns_into(&[&xs], &mut out, &limits, fuel).is_ok());
        black_box(&out);
    };
    let peers: Vec<(&'static str, Work<'a>)> = vec![("libm", Box::new(by_libm)), ("tabuada-lang", Box::new(ours))];
    Case { name, peers }
}

/// The number of rows that one work of [`column`] takes.
const COLUMN_ROWS: u32 = 4_096;

/// Values below 1 that change with each call, so that nothing can be computed in advance.
fn argument() -> impl FnMut() -> f64 {
    let mut step = 0_u32;
    move || {
        step = step.wrapping_add(1);
        0.9 + f64::from(step & 0xff) * 0.000_3
    }
}

/// Reads a kind of work and an expression from each line, and writes the time of one such work in nanoseconds.
fn answer() {
    let limits = Limits::default();
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let Some((kind, text)) = line.split_once('\t') else { continue };
        let mut evaluator = Evaluator::default();
        let program = read(text, &limits);
        let xs: Vec<f64> = (0..ROWS).map(|row| 0.25 + row as f64 / ROWS as f64).collect();
        let mut x = argument();
        let mut work: Work<'_> = match kind {
            "once" => Box::new(|| {
                let outcome = evaluator.evaluate(black_box(text), &limits, &mut Fuel::new(limits.fuel));
                black_box(outcome.map(|answer| answer.text().len()).ok());
            }),
            "compiled" => Box::new(|| {
                let arguments = [Argument::Float(x())];
                black_box(program.evaluate_with(&arguments, &limits, &mut Fuel::new(limits.fuel)).ok());
            }),
            _ => Box::new(|| drop(black_box(program.columns(&[&xs], &limits, &mut Fuel::new(u64::MAX))))),
        };
        let count = calibrated(&mut work);
        let begun = Instant::now();
        (0..count).for_each(|_| work());
        println!("{}", begun.elapsed().as_secs_f64() * 1e9 / f64::from(count));
    }
}

/// The number of rows in the measured columns.
const ROWS: usize = 1_000_000;
