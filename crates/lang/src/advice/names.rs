//! The name that was meant: its name in this language, or the nearest name in scope.

use crate::elsewhere::{self, Elsewhere};
use crate::functions;
use crate::lexer::normal_name;
use crate::program::Binder;

/// Longer names are not corrected.
const NAME_BYTES: usize = 48;
/// The least number of letters in which one wrong letter is corrected, and two.
const LETTERS_FOR_ONE: usize = 5;
const LETTERS_FOR_TWO: usize = 7;
/// The least number of letters for a name that the text itself defines.
const OWN_LETTERS: usize = 4;
/// The least number of letters in a function's name to which a number is glued: `log5`.
const GLUED_LETTERS: usize = 2;

/// What a name was meant to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// A name in scope.
    Name(String),
    /// A formula for a call; `{0}` is its first argument.
    Call(&'static str),
    /// Several names, multiplied.
    Product(String),
    /// A function and its argument: `sinx`, `log5`.
    Applied { function: String, argument: String },
}

/// Names that are in scope, and whether each can be called.
pub(super) struct Scope {
    names: Vec<(String, bool)>,
    /// How many names at the beginning the text defines or brings along.
    own: usize,
}

impl Scope {
    /// The names that the text defines, then those of the language.
    pub(super) fn new(own: &[(String, bool)]) -> Self {
        let (mut names, own) = (own.to_vec(), own.len());
        names.extend(functions::CONSTANTS.iter().map(|constant| (constant.name.to_owned(), false)));
        names.extend(["True", "False", "None"].map(|name| (name.to_owned(), false)));
        names.extend(functions::bare_names().map(|name| (name.to_owned(), true)));
        names.extend(["deg", "rad"].map(|name| (name.to_owned(), true)));
        let binders = Binder::NAMES.iter().filter(|name| functions::find(name).is_none());
        names.extend(binders.map(|name| ((*name).to_owned(), true)));
        Self { names, own }
    }

    /// The names of `math`.
    pub(super) fn math() -> Self {
        let functions = functions::bare_names().filter(|name| functions::find_math(name).is_some());
        let mut names: Vec<_> = functions.map(|name| (name.to_owned(), true)).collect();
        let constants = functions::CONSTANTS.iter().filter(|constant| constant.is_math);
        names.extend(constants.map(|constant| (constant.name.to_owned(), false)));
        Self { names, own: 0 }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|(known, _)| known == name)
    }

    fn is_value(&self, name: &str) -> bool {
        let name = normal_name(name);
        self.names.iter().any(|(known, callable)| *known == name && !callable)
    }

    fn is_own(&self, name: &str) -> bool {
        self.names[..self.own].iter().any(|(known, _)| known == name)
    }

    /// What `name` was meant to be; `called` if a bracket follows it.
    pub(super) fn meant(&self, name: &str, called: bool) -> Option<Meant> {
        if let Some(known) = elsewhere::find(name) {
            return self.known_elsewhere(known, called);
        }
        let small = name.to_lowercase();
        let same = |callable: bool| {
            self.names.iter().find(|(known, can)| known != name && known.to_lowercase() == small && *can == callable)
        };
        if let Some((known, _)) = same(called).or_else(|| same(!called)) {
            return Some(Meant::Name(known.clone()));
        }
        if name.len() > NAME_BYTES {
            return None;
        }
        // `log₂`, `log₁₀`.
        let on_line: String = name.chars().map(digit_on_line).collect();
        if on_line != name && functions::find(&on_line).is_some() {
            return Some(Meant::Name(on_line));
        }
        self.glued(name, called).or_else(|| self.nearest(name, &small, called).map(Meant::Name)).or_else(|| {
            // A misspelling of a name known elsewhere.
            let is_near = |known: &str| {
                known.len() > LETTERS_FOR_ONE
                    && small.starts_with(&known[..1])
                    && strsim::damerau_levenshtein(&small, known) == 1
            };
            self.known_elsewhere(elsewhere::find_by(is_near)?, called)
        })
    }

    fn known_elsewhere(&self, known: Elsewhere, called: bool) -> Option<Meant> {
        match known {
            Elsewhere::Named(here) if self.has(here) => Some(Meant::Name(here.to_owned())),
            Elsewhere::Named(here) => match elsewhere::find(here)? {
                Elsewhere::Written(formula) => called.then_some(Meant::Call(formula)),
                _ => None,
            },
            Elsewhere::Written(formula) => called.then_some(Meant::Call(formula)),
            Elsewhere::Absent(..) => None,
        }
    }

    /// Names, and numbers after them, that were glued together: `sinx`, `log5`, `xy`, `pi2`.
    fn glued(&self, name: &str, called: bool) -> Option<Meant> {
        if called {
            // `xsin(x)`, where the text gives x a value.
            let mut splits = name.char_indices().skip(1).map(|(at, _)| name.split_at(at));
            let is_product = |(value, function): &(&str, &str)| {
                self.is_own(value) && self.is_value(value) && functions::find(function).is_some()
            };
            return splits.find(is_product).map(|(value, function)| Meant::Name(format!("{value}*{function}")));
        }
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let digits = &name[stem.len()..];
        if !digits.is_empty() {
            let small = stem.to_lowercase();
            let here = match elsewhere::find(stem) {
                Some(Elsewhere::Named(here)) => here,
                _ => &small,
            };
            if functions::find(here).is_some() && stem.len() >= GLUED_LETTERS {
                return Some(Meant::Applied { function: here.to_owned(), argument: digits.to_owned() });
            }
            // Digits after a constant are a factor; `x2` may mean anything.
            return functions::find_constant(&normal_name(stem)).map(|_| Meant::Product(format!("{stem}*{digits}")));
        }
        if let Some(factors) = self.factors(name) {
            return Some(Meant::Product(factors.join("*")));
        }
        // The longest function that begins the name: `sinhx` is not `sin(hx)`.
        let splits =
            name.char_indices().rev().map(|(at, _)| name.split_at(at)).filter(|(left, _)| left.len() >= GLUED_LETTERS);
        let mut applied = splits.filter(|(function, _)| functions::of_one_number(function));
        applied.find_map(|(function, argument)| {
            let number = argument.trim_start_matches(|c: char| c.is_ascii_digit());
            let (digits, rest) = argument.split_at(argument.len() - number.len());
            let is_argument = self.is_value(rest) || is_letter(rest);
            let product = if digits.is_empty() { rest.to_owned() } else { format!("{digits}*{rest}") };
            is_argument.then(|| Meant::Applied { function: function.to_owned(), argument: product })
        })
    }

    /// The values that a name is glued from: at least one is defined by the text, or the name is `π` and a letter.
    fn factors(&self, name: &str) -> Option<Vec<String>> {
        if let Some(rest) = name.strip_prefix('π').filter(|rest| is_letter(rest)) {
            return Some(vec!["π".to_owned(), rest.to_owned()]);
        }
        let mut factors = Vec::new();
        let mut rest = name;
        while !rest.is_empty() {
            let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8()).rev();
            let end = ends.filter(|end| *end < name.len()).find(|end| self.is_value(&rest[..*end]))?;
            factors.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
        (factors.len() > 1 && factors.iter().any(|factor| self.is_own(factor))).then_some(factors)
    }

    /// The name that differs by one letter, or by two in a long name.
    fn nearest(&self, name: &str, small: &str, called: bool) -> Option<String> {
        let length = name.chars().count();
        let first = small.chars().next();
        let candidates = self.names.iter().enumerate().filter(|(_, (known, callable))| {
            *callable == called
                && known != name
                && known.len() <= NAME_BYTES
                && known.to_lowercase().chars().next() == first
        });
        let near = candidates.filter_map(|(at, (known, _))| {
            let slips = strsim::damerau_levenshtein(small, &known.to_lowercase());
            let most = match length {
                LETTERS_FOR_TWO.. => 2,
                LETTERS_FOR_ONE.. => 1,
                _ if at < self.own && length.max(known.chars().count()) >= OWN_LETTERS => 1,
                _ => 0,
            };
            (slips <= most).then_some((slips, known.chars().count().abs_diff(length), known))
        });
        near.min_by_key(|(slips, differs, _)| (*slips, *differs)).map(|(.., known)| known.clone())
    }
}

/// The digit that a subscript stands for.
fn digit_on_line(character: char) -> char {
    match character {
        '₀'..='₉' => char::from_digit(character as u32 - '₀' as u32, 10).unwrap_or(character),
        _ => character,
    }
}

/// A name that may stay undefined as a variable: a single letter.
pub(super) fn is_letter(name: &str) -> bool {
    let mut characters = name.chars();
    matches!((characters.next(), characters.next()), (Some(letter), None) if letter.is_alphabetic())
}
