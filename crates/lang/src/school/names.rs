//! The names of functions and constants at school, in Portuguese and English, and the words for operators.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use super::tokens::{Kind, Token};
use crate::functions;
use crate::lexer::normal_name;
use crate::program::Binder;

/// What a function's name stands for, in Python's notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The function of this name.
    Named(&'static str),
    /// One divided by the function of this name.
    Reciprocal(&'static str),
    /// A function of a list, which may be given its values one by one.
    Listed(&'static str),
    /// `log`: of base 10, and refused with two arguments.
    Logarithm,
    /// `raiz`: the square root, and refused with two arguments.
    Root,
    /// `lg`, whose base is 10 or 2.
    Lg,
    /// `desvio`, `variância`: of a sample or of a population.
    Spread,
}

use Target::{Listed, Logarithm, Named, Reciprocal, Spread};

/// Functions, in small letters without accents.
const FUNCTIONS: &[(&str, Target)] = &[
    ("sen", Named("sin")),
    ("seno", Named("sin")),
    ("cosseno", Named("cos")),
    ("tg", Named("tan")),
    ("tang", Named("tan")),
    ("tangente", Named("tan")),
    ("cotg", Reciprocal("tan")),
    ("cot", Reciprocal("tan")),
    ("ctg", Reciprocal("tan")),
    ("sec", Reciprocal("cos")),
    ("cossec", Reciprocal("sin")),
    ("cosec", Reciprocal("sin")),
    ("csc", Reciprocal("sin")),
    ("arcsen", Named("asin")),
    ("arcsin", Named("asin")),
    ("asen", Named("asin")),
    ("arccos", Named("acos")),
    ("arctg", Named("atan")),
    ("arctan", Named("atan")),
    ("atg", Named("atan")),
    ("senh", Named("sinh")),
    ("tgh", Named("tanh")),
    ("arcsenh", Named("asinh")),
    ("arsenh", Named("asinh")),
    ("asenh", Named("asinh")),
    ("arcsinh", Named("asinh")),
    ("arsinh", Named("asinh")),
    ("arccosh", Named("acosh")),
    ("arcosh", Named("acosh")),
    ("arctgh", Named("atanh")),
    ("artgh", Named("atanh")),
    ("atgh", Named("atanh")),
    ("arctanh", Named("atanh")),
    ("artanh", Named("atanh")),
    ("raiz", Target::Root),
    ("log", Logarithm),
    ("lb", Named("log2")),
    ("lg", Target::Lg),
    ("modulo", Named("abs")),
    ("piso", Named("floor")),
    ("teto", Named("ceil")),
    ("arred", Named("round")),
    ("arredondar", Named("round")),
    ("truncar", Named("trunc")),
    ("sinal", Named("sgn")),
    ("sign", Named("sgn")),
    ("mdc", Named("gcd")),
    ("mmc", Named("lcm")),
    ("fatorial", Named("factorial")),
    ("primo", Named("isprime")),
    ("fatorar", Named("factor")),
    ("fibonacci", Named("fib")),
    ("combinacao", Named("comb")),
    ("nCr", Named("comb")),
    ("C", Named("comb")),
    ("arranjo", Named("perm")),
    ("nPr", Named("perm")),
    ("media", Listed("mean")),
    ("mediana", Listed("median")),
    ("moda", Listed("mode")),
    ("soma", Listed("sum")),
    ("somatorio", Listed("sum")),
    ("produto", Listed("prod")),
    ("produtorio", Listed("prod")),
    ("desvio", Spread),
    ("desvio_amostral", Listed("stdev")),
    ("desvio_populacional", Listed("pstdev")),
    ("variancia", Spread),
    ("variancia_amostral", Listed("variance")),
    ("variancia_populacional", Listed("pvariance")),
    ("maximo", Named("max")),
    ("minimo", Named("min")),
    ("graus", Named("degrees")),
    ("radianos", Named("radians")),
    ("aleatorio", Named("rnd")),
];

/// Constants, in small letters.
const CONSTANTS: [(&str, &str); 3] = [("verdadeiro", "True"), ("falso", "False"), ("infinito", "inf")];

/// Functions of several words, which stand before their argument.
const PHRASES: [(&[&str], &str); 5] = [
    (&["raiz", "quadrada", "de"], "sqrt"),
    (&["raiz", "cubica", "de"], "cbrt"),
    (&["raiz", "de"], "sqrt"),
    (&["square", "root", "of"], "sqrt"),
    (&["cube", "root", "of"], "cbrt"),
];

/// Functions of integers alone.
const OF_INTEGERS: [&str; 10] =
    ["gcd", "lcm", "comb", "perm", "factorial", "isprime", "factor", "fib", "isqrt", "binomial"];

/// Functions of any number of arguments.
const OF_MANY: [&str; 5] = ["max", "min", "gcd", "lcm", "hypot"];

/// Functions whose inverse is written with the exponent −1, and that inverse.
const INVERSES: [(&str, &str); 6] =
    [("sin", "asin"), ("cos", "acos"), ("tan", "atan"), ("sinh", "asinh"), ("cosh", "acosh"), ("tanh", "atanh")];

/// Words that stand where an operator does, what sign they are, and what Python writes for it. A word of `Raised` is an
/// exponent.
const OPERATORS: [(&[&str], Operator); 22] = [
    (&["mais"], Operator::Sign(Kind::Plus, "+")),
    (&["plus"], Operator::Sign(Kind::Plus, "+")),
    (&["menos"], Operator::Sign(Kind::Minus, "-")),
    (&["minus"], Operator::Sign(Kind::Minus, "-")),
    (&["vezes"], Operator::Sign(Kind::Times, "*")),
    (&["times"], Operator::Sign(Kind::Times, "*")),
    (&["dividido", "por"], Operator::Sign(Kind::Divide, "/")),
    (&["divided", "by"], Operator::Sign(Kind::Divide, "/")),
    (&["mod"], Operator::Sign(Kind::Divide, "%")),
    (&["elevado", "a"], Operator::Sign(Kind::Power, "**")),
    (&["to", "the", "power", "of"], Operator::Sign(Kind::Power, "**")),
    (&["ao", "quadrado"], Operator::Raised("2")),
    (&["ao", "cubo"], Operator::Raised("3")),
    (&["squared"], Operator::Raised("2")),
    (&["cubed"], Operator::Raised("3")),
    (&["ou"], Operator::Sign(Kind::Or, "or")),
    (&["and"], Operator::Sign(Kind::And, "and")),
    (&["or"], Operator::Sign(Kind::Or, "or")),
    (&["xor"], Operator::Sign(Kind::Xor, "^")),
    (&["de"], Operator::Of),
    (&["of"], Operator::Of),
    (&["nao"], Operator::Sign(Kind::Not, "not")),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Sign(Kind, &'static str),
    /// `squared`.
    Raised(&'static str),
    /// `de`, behind a percentage.
    Of,
}

/// A word in small letters of the usual width and style, without accents, if only its first letter or all of it is in capitals.
fn folded(word: &str) -> Cow<'_, str> {
    if word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return word.into();
    }
    let plain: Cow<'_, str> = if word.is_ascii() {
        word.into()
    } else {
        word.nfkd().filter(|c| !matches!(c, '\u{300}'..='\u{36f}')).collect()
    };
    let mut letters = plain.chars();
    let is_one = plain.chars().nth(1).is_none();
    let rest_is_small = letters.next().is_some() && !letters.any(char::is_uppercase);
    let all_are_large = !plain.chars().any(char::is_lowercase);
    if !is_one && (rest_is_small || all_are_large) { plain.to_lowercase().into() } else { plain }
}

/// The function of a word.
pub(super) fn function(word: &str) -> Option<Target> {
    static TARGETS: LazyLock<HashMap<&str, Target>> = LazyLock::new(|| FUNCTIONS.iter().copied().collect());
    let name = folded(word);
    let school = |name: &str| TARGETS.get(name).copied();
    let python = |name: &str| functions::find(name).map(|function| if name == "ln" { "ln" } else { function.name });
    // The word itself comes first: `C` is a function of its own.
    let other = (word != name).then_some(&*name);
    let either = |find: &dyn Fn(&str) -> Option<Target>| find(word).or_else(|| other.and_then(find));
    either(&school).or_else(|| either(&|name| python(name).map(Named))).or_else(|| {
        // `integral` and its like are no functions, but are called.
        Binder::find(&name).map(|binder| Named(binder.name()))
    })
}

/// What Python writes for a constant.
fn constant(word: &str) -> Option<&'static str> {
    let name = folded(word);
    let python = |name: &str| functions::find_constant(name).map(|row| functions::CONSTANTS[usize::from(row)].name);
    let school = CONSTANTS.iter().find(|(known, _)| *known == name).map(|(_, python)| *python);
    school.or_else(|| python(word)).or_else(|| python(&name))
}

/// A word of a text, with what it means where the text does not define it.
pub(super) struct Word<'s> {
    /// The normal form of the name.
    pub(super) normal: Cow<'s, str>,
    pub(super) folded: Cow<'s, str>,
    pub(super) constant: Option<&'static str>,
    pub(super) function: Option<Target>,
}

impl<'s> Word<'s> {
    pub(super) fn new(word: &'s str) -> Self {
        let (constant, function) = (constant(word), function(word));
        Self { normal: normal_name(word), folded: folded(word), constant, function }
    }

    /// The form over a variable that the word begins, if its arguments are such.
    pub(super) fn binder(&self) -> Option<Binder> {
        match self.function? {
            Named(name) | Listed(name) => Binder::find(name),
            _ => None,
        }
    }
}

/// The words of a text. Each is looked up once, however often it is written.
pub(super) struct Words<'s> {
    words: Vec<Word<'s>>,
    /// The word of each token that is a name.
    places: Vec<Option<u32>>,
}

impl<'s> Words<'s> {
    pub(super) fn of(tokens: &'s [Token<'_>]) -> Self {
        let mut words = Vec::new();
        let mut known = HashMap::new();
        let mut place = |token: &'s Token<'_>| {
            *known.entry(&*token.text).or_insert_with(|| {
                words.push(Word::new(&token.text));
                words.len() as u32 - 1
            })
        };
        let places = tokens.iter().map(|token| (token.kind == Kind::Name).then(|| place(token))).collect();
        Self { words, places }
    }

    /// The word at a token, if that is a name.
    pub(super) fn at(&self, token: usize) -> Option<&Word<'s>> {
        let place = self.places.get(token).copied().flatten()?;
        self.words.get(place as usize)
    }
}

/// The first of a table's phrases that stands here: what it stands for, and how many words it has. `word` is the word at
/// a distance, folded, if there is one.
fn phrase<'w, T: Copy>(table: &[(&[&str], T)], word: impl Fn(usize) -> Option<&'w str>) -> Option<(T, usize)> {
    let first = word(0)?;
    let stands = |phrase: &[&str]| {
        phrase[0] == first && (1..phrase.len()).all(|at| word(at).is_some_and(|word| word == phrase[at]))
    };
    table.iter().find(|(phrase, _)| stands(phrase)).map(|(phrase, meaning)| (*meaning, phrase.len()))
}

/// The function of several words that stands here.
pub(super) fn phrase_of_function<'w>(word: impl Fn(usize) -> Option<&'w str>) -> Option<(&'static str, usize)> {
    phrase(&PHRASES, word)
}

/// The operator that stands here, where an operator is expected.
pub(super) fn operator<'w>(word: impl Fn(usize) -> Option<&'w str>) -> Option<(Operator, usize)> {
    phrase(&OPERATORS, word)
}

impl Target {
    /// Python's name of the function.
    pub(super) fn python(self) -> &'static str {
        match self {
            Named(name) | Listed(name) => name,
            Reciprocal(name) => match name {
                "sin" => "csc",
                "cos" => "sec",
                _ => "cot",
            },
            Logarithm | Target::Lg => "log10",
            Target::Root => "sqrt",
            Spread => "stdev",
        }
    }

    /// Whether it may stand before its argument without brackets.
    pub(super) fn takes_one(self) -> bool {
        match self {
            Named(name) => functions::takes_one(name),
            Listed(_) | Spread => false,
            _ => true,
        }
    }

    pub(super) fn is_of_integers(self) -> bool {
        matches!(self, Named(name) if OF_INTEGERS.contains(&name))
    }

    pub(super) fn is_of_many(self) -> bool {
        matches!(self, Listed(_) | Spread) || matches!(self, Named(name) if OF_MANY.contains(&name))
    }

    /// The inverse that the exponent −1 makes of it.
    pub(super) fn inverse(self) -> Option<&'static str> {
        let Named(name) = self else { return None };
        INVERSES.iter().find(|(known, _)| *known == name).map(|(_, inverse)| *inverse)
    }
}
