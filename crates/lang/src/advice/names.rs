//! The name that was meant: what it is called here, or the nearest one in scope.

use crate::functions;
use crate::lexer::{Lexer, Token};
use crate::program::Binder;

/// Names of other languages and calculators, in small letters, for what has another name here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("absolute", "abs"),
    ("acosseno", "acos"),
    ("arccos", "acos"),
    ("arccosh", "acosh"),
    ("arcosh", "acosh"),
    ("arcsen", "asin"),
    ("arcsin", "asin"),
    ("arcsinh", "asinh"),
    ("arctan", "atan"),
    ("arctan2", "atan2"),
    ("arctanh", "atanh"),
    ("arctg", "atan"),
    ("arred", "round"),
    ("arredondar", "round"),
    ("arsinh", "asinh"),
    ("artanh", "atanh"),
    ("asen", "asin"),
    ("atg", "atan"),
    ("average", "mean"),
    ("avg", "mean"),
    ("binom", "comb"),
    ("ceiling", "ceil"),
    ("choose", "comb"),
    ("cosseno", "cos"),
    ("exponencial", "exp"),
    ("fact", "factorial"),
    ("fat", "factorial"),
    ("fatorar", "factor"),
    ("fatorial", "factorial"),
    ("factorint", "factor"),
    ("factorize", "factor"),
    ("fibonacci", "fib"),
    ("graus", "degrees"),
    ("infinito", "inf"),
    ("infinity", "inf"),
    ("inteiro", "int"),
    ("is_prime", "isprime"),
    ("lb", "log2"),
    ("length", "len"),
    ("maximo", "max"),
    ("máximo", "max"),
    ("mdc", "gcd"),
    ("media", "mean"),
    ("média", "mean"),
    ("mediana", "median"),
    ("minimo", "min"),
    ("mínimo", "min"),
    ("mmc", "lcm"),
    ("ncr", "comb"),
    ("npr", "perm"),
    ("ordenar", "sorted"),
    ("piso", "floor"),
    ("potencia", "pow"),
    ("potência", "pow"),
    ("power", "pow"),
    ("primo", "isprime"),
    ("product", "prod"),
    ("produto", "prod"),
    ("radianos", "radians"),
    ("raiz", "sqrt"),
    ("rand", "random"),
    ("sen", "sin"),
    ("senh", "sinh"),
    ("seno", "sin"),
    ("sign", "sgn"),
    ("signum", "sgn"),
    ("soma", "sum"),
    ("sort", "sorted"),
    ("sqr", "sqrt"),
    ("tang", "tan"),
    ("tangente", "tan"),
    ("tamanho", "len"),
    ("teto", "ceil"),
    ("tg", "tan"),
    ("truncar", "trunc"),
];

/// What other languages call Python's three constants.
const CONSTANTS: [(&str, &str); 8] = [
    ("true", "True"),
    ("verdadeiro", "True"),
    ("false", "False"),
    ("falso", "False"),
    ("none", "None"),
    ("null", "None"),
    ("nil", "None"),
    ("nulo", "None"),
];

/// A longer name is no slip of anything.
const NAME_BYTES: usize = 48;

/// Names that are in scope, and whether each can be called.
pub(super) struct Scope {
    names: Vec<(String, bool)>,
    /// How many of them, the first, are the text's own.
    own: usize,
}

impl Scope {
    /// What the text itself has defined, and all of the language.
    pub(super) fn new(own: &[(String, bool)]) -> Self {
        let (mut names, own) = (own.to_vec(), own.len());
        names.extend(functions::CONSTANTS.iter().map(|(name, _)| ((*name).to_owned(), false)));
        names.extend(functions::list().map(|(name, ..)| (name.to_owned(), true)));
        names.extend(["deg", "rad", Binder::Integral.name(), Binder::Root.name()].map(|name| (name.to_owned(), true)));
        Self { names, own }
    }

    /// The names of `math`.
    pub(super) fn math() -> Self {
        let functions = functions::list().map(|(name, ..)| name).filter(|name| functions::find_math(name).is_some());
        let mut names: Vec<_> = functions.map(|name| (name.to_owned(), true)).collect();
        let constants = functions::CONSTANTS.iter().filter(|(name, _)| *name != "phi");
        names.extend(constants.map(|(name, _)| ((*name).to_owned(), false)));
        Self { names, own: 0 }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|(known, _)| known == name)
    }

    fn is_value(&self, name: &str) -> bool {
        self.names.iter().any(|(known, callable)| known == name && !callable)
    }

    fn is_own(&self, name: &str) -> bool {
        self.names[..self.own].iter().any(|(known, _)| known == name)
    }

    /// What `name` was meant to be; `called` where a bracket follows it.
    pub(super) fn meant(&self, name: &str, called: bool) -> Option<String> {
        let small = name.to_lowercase();
        if let Some((_, here)) = ELSEWHERE.iter().find(|(elsewhere, here)| *elsewhere == small && self.has(here)) {
            return Some((*here).to_owned());
        }
        let same = |callable: bool| {
            self.names.iter().find(|(known, can)| known != name && known.to_lowercase() == small && *can == callable)
        };
        if let Some((known, _)) = same(called).or_else(|| same(!called)) {
            return Some(known.clone());
        }
        if let Some((_, here)) = CONSTANTS.iter().find(|(elsewhere, _)| *elsewhere == small) {
            return (!called).then(|| (*here).to_owned());
        }
        self.parts(name, called).or_else(|| self.nearest(name, &small, called))
    }

    /// `a·b`, `sinx`, `xy`: names that were not meant to be one.
    fn parts(&self, name: &str, called: bool) -> Option<String> {
        let factors: Vec<&str> = name.split('·').collect();
        if factors.len() > 1 {
            let is_factor = |part: &&str| match Lexer::new(part).next() {
                Ok((token, span)) => (token == Token::Name || token.is_decimal()) && span.end as usize == part.len(),
                Err(_) => false,
            };
            return factors.iter().all(is_factor).then(|| factors.join("*"));
        }
        if called || name.len() > NAME_BYTES {
            return None;
        }
        let mut splits = name.char_indices().skip(1).map(|(at, _)| name.split_at(at));
        splits.find_map(|(left, right)| match (self.is_value(left), self.is_value(right)) {
            (true, true) if self.is_own(left) || self.is_own(right) => Some(format!("{left}*{right}")),
            (false, true) if left.len() > 2 && functions::find(left).is_some() => Some(format!("{left}({right})")),
            _ => None,
        })
    }

    /// The name that the fewest slips of the pen lead to, if they are few for its length.
    fn nearest(&self, name: &str, small: &str, called: bool) -> Option<String> {
        let length = name.chars().count();
        let most = match length {
            0..=2 => return None,
            // An operator, where an operand is expected.
            _ if name == "mod" => return None,
            3..=4 => 1,
            5..=7 => 2,
            _ => 3,
        };
        if name.len() > NAME_BYTES {
            return None;
        }
        self.names
            .iter()
            .filter(|(known, callable)| known != name && (*callable || !called))
            // A function without its brackets is an unlikely meaning of a short name.
            .filter(|(known, callable)| !*callable || called || length > 4 || known.starts_with(small))
            .filter(|(known, _)| known.len() <= NAME_BYTES + most)
            .map(|(known, callable)| {
                let slips = strsim::damerau_levenshtein(small, &known.to_lowercase());
                let first_differs = known.chars().next() != name.chars().next();
                let length_differs = known.chars().count().abs_diff(length);
                (slips, *callable != called, first_differs, length_differs, known)
            })
            .filter(|(slips, _, first_differs, _, known)| {
                *slips <= most && *slips < known.chars().count() && (*slips < 2 || !first_differs)
            })
            .min_by_key(|(slips, other_kind, first_differs, length_differs, _)| {
                (*slips, *other_kind, *first_differs, *length_differs)
            })
            .map(|(.., known)| known.clone())
    }
}
