//! Parsing a text and giving advice on it cost no fuel; their time is limited by the length of the text. The texts here
//! repeat one fragment or a few; with `TABUADA_PRICES` set, in a release build, each may take at most 10 ms.

// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic, clippy::unwrap_used)]

use tabuada_lang::{Context, DecimalSign, Fuel, Limits, Notation, fixes, parse_with};

use crate::cpu::{self, slowness};

/// The maximum for one text, in milliseconds; longer on a slow machine.
const MOST: f64 = 10.0;
/// The length of the longest text that is mended, and of the longest that is parsed.
const LENGTHS: [usize; 2] = [2 << 10, 64 << 10];

const FRAGMENTS: &[&str] = &[
    "a ",
    "x",
    "2",
    "1,",
    "1.",
    ".5",
    "1e5",
    "^",
    "**",
    "²",
    "³",
    "√",
    "3√",
    "°",
    "%",
    "10% ",
    "+",
    "-",
    "*",
    "/",
    "//",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "()",
    "(1)",
    "[1]",
    ",",
    ";",
    "\n",
    " ",
    "=",
    "==",
    "<",
    "≤",
    "!",
    "!=",
    "|",
    "&",
    "~",
    "'",
    "'a'",
    "\"",
    "#",
    "@",
    "$",
    "\\",
    "$1",
    "R$ 1,5",
    "½",
    "½ ",
    "π",
    "∞",
    "×",
    "÷",
    "−",
    "·",
    "∑",
    "∫",
    "…",
    "_",
    "é",
    "ª",
    "\u{200b}",
    "\u{ff11}",
    "😀",
    "\u{301}",
    " and ",
    " or ",
    "not ",
    " if 1 else ",
    " in ",
    " is ",
    "sin",
    "sin ",
    "sin(",
    "sen x ",
    "sqrt 4 ",
    "raiz de ",
    "log_2 8 ",
    "max(",
    "f(x)",
    "x @= ",
    "x = 1; ",
    "sum(x,x,1,",
    "lambda x: ",
    " mod ",
    " xor ",
    "5 choose 2 ",
    " plus ",
    " vezes ",
    " times ",
    "half of ",
    "10% of ",
    "two ",
    "vinte e ",
    "1/2 ",
    "1 1/2",
    "1 000 ",
    "1.234,5",
    "1,5;",
    "x=1;x y",
    "1 < e x ",
    "ln ",
    "2^",
    "√2^",
    "50%+",
    "10% de ",
    "|x|y",
    "\\frac{",
    "\\frac12",
    "média(",
    "sum(",
    "1'234",
    "0x1f",
    "0b1",
    "1j",
    "1:",
    "2h",
    "3 km ",
    "x[0]",
    "2h|x|y",
    "é2^",
    "x.y",
    "a.b(",
    ".. ",
    "1..5",
    "for x in ",
    "[x for ",
    "math.",
    "math.pi ",
    "np.sin(",
    "Math.max(",
    "2^3",
    "2x",
    "2(3)",
    "e",
    "1_",
    "<=",
    "=>",
    "->",
    "&&",
    "||",
    "and and ",
    "`2+2` ",
    "&lt;",
    "/* ",
    "// a b ",
    "print(",
    "import x; ",
    "f = lambda x: ",
    "for x in range(",
    "Sqrt[",
    "Log[1, ",
    "{k, 1, ",
    "sum(k, (k, 1, ",
    "\\sum_{k=1}^{",
    "C(1, ",
    "5k ",
    "$5k ",
    "two plus ",
    "add 1 and ",
    " %% ",
    "std::",
    "c(1, ",
    "max(*[1, ",
    "x += 1; ",
    "1).evalf()",
    "2 million ",
];

/// The CPU milliseconds for parsing a text, evaluating it with little fuel, and giving advice, in the slowest notation.
fn milliseconds(text: &str) -> f64 {
    let school = |decimal| Notation::School { decimal };
    let notations = [Notation::Python, school(DecimalSign::Point), school(DecimalSign::Comma)];
    notations.into_iter().map(|notation| milliseconds_in(notation, text)).fold(0.0, f64::max)
}

fn milliseconds_in(notation: Notation, text: &str) -> f64 {
    let cpu = || cpu::seconds() * 1e3;
    let (limits, context) = (Limits::default(), Context { notation, ..Context::default() });
    let begun = cpu();
    match parse_with(text, &context, &limits) {
        Err(error) => {
            fixes(text, &error, &context, &limits);
        }
        Ok(program) => {
            program.hints(text, &context, &limits);
            let reading = cpu();
            if let Err(failure) = program.evaluate_with(&[], &limits, &mut Fuel::new(20_000)) {
                let evaluated = cpu() - reading;
                program.fixes(text, &failure, &context, &limits);
                return cpu() - begun - evaluated;
            }
            return reading - begun;
        }
    }
    cpu() - begun
}

fn repeated(fragment: &str, length: usize) -> String {
    fragment.repeat(length / fragment.len())
}

/// The slowest texts. A slow one is measured again, since other load can only make a run slower.
fn worst(texts: impl Iterator<Item = String>) -> Vec<(f64, String)> {
    let mut found = Vec::new();
    for text in texts {
        let mut least = milliseconds(&text);
        for _ in 0..4 {
            if least > 0.4 * MOST {
                least = least.min(milliseconds(&text));
            }
        }
        found.push((least, text));
        if found.len() > 1_000 {
            found.sort_by(|a, b| b.0.total_cmp(&a.0));
            found.truncate(40);
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.truncate(40);
    found
}

/// A random number generator (Knuth's constants).
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) as usize % most
    }

    fn fragment(&mut self) -> &'static str {
        FRAGMENTS[self.below(FRAGMENTS.len())]
    }
}

/// A text with a piece replaced, removed or repeated.
fn mutated(text: &str, chance: &mut Chance) -> String {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let (a, b) = (places[chance.below(places.len())], places[chance.below(places.len())]);
    let (from, to) = (a.min(b), a.max(b));
    let to = if chance.below(2) == 0 { from } else { to };
    let put_in = match chance.below(3) {
        0 => String::new(),
        1 => chance.fragment().to_owned(),
        _ => repeated(chance.fragment(), 16 << chance.below(7)),
    };
    let mut text = format!("{}{put_in}{}", &text[..from], &text[to..]);
    let most = text.len().min(LENGTHS[0]);
    text.truncate((0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0));
    text
}

#[test]
fn no_text_takes_long_to_read_and_to_advise_on() {
    let Some(seed) = std::env::var("TABUADA_PRICES").ok() else {
        // Every day, only that each of them ends.
        FRAGMENTS.iter().for_each(|fragment| assert!(milliseconds(&repeated(fragment, LENGTHS[0] / 8)) > 0.0));
        return;
    };
    let mut chance = Chance(seed.parse().unwrap_or(1));
    let pairs = FRAGMENTS.iter().flat_map(|a| FRAGMENTS.iter().map(move |b| format!("{a}{b}")));
    let short = worst(FRAGMENTS.iter().map(|a| (*a).to_owned()).chain(pairs).map(|text| repeated(&text, LENGTHS[0])));
    let triples: Vec<String> =
        (0..4_000).map(|_| (0..3 + chance.below(3)).map(|_| chance.fragment()).collect::<String>()).collect();
    let more = worst(triples.iter().map(|text| repeated(text, LENGTHS[0])));
    let long = FRAGMENTS.iter().map(|a| (*a).to_owned()).chain(triples.iter().take(500).cloned());
    let long = worst(long.map(|text| repeated(&text, LENGTHS[1])));
    // From the slowest texts on, searches for slower ones.
    let mut climbing: Vec<(f64, String)> = [&short[..10], &more[..10]].concat();
    for _ in 0..3_000 {
        let at = chance.below(climbing.len());
        let text = mutated(&climbing[at].1, &mut chance);
        if milliseconds(&text) > climbing[at].0 {
            let taken = (0..3).map(|_| milliseconds(&text)).fold(f64::INFINITY, f64::min);
            if taken > climbing[at].0 {
                climbing[at] = (taken, text);
            }
        }
    }
    let mut all = [short, more, long, climbing].concat();
    // A time that is too long counts only if it stays so in repeated runs.
    for (taken, text) in &mut all {
        for _ in 0..8 {
            if *taken > MOST {
                *taken = taken.min(milliseconds(text) / slowness());
            }
        }
    }
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (taken, text) in all.iter().take(40) {
        println!("{taken:6.2} ms {:6} bytes {:?}", text.len(), text.chars().take(70).collect::<String>());
    }
    let bad = all.iter().filter(|(taken, _)| *taken > MOST).count();
    assert!(bad == 0, "{bad} texts take more than {MOST} ms");
}
