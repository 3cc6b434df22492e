//! The part of LaTeX that MathLive, KaTeX and copied articles give.

use super::tokens::{Command, Kind};

pub(super) enum Meaning<'t> {
    Blank,
    Token(Kind, &'static str),
    /// The word in the braces of `\operatorname{sen}`.
    Word(&'t str),
    Unknown,
}

/// Functions that are commands of the same name.
const FUNCTIONS: [&str; 23] = [
    "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "log", "ln", "lg",
    "exp", "max", "min", "gcd", "sen", "tg", "cotg", "cossec",
];

/// The part of a text that is not the delimiters around it: `$…$`, `\(…\)`, `\[…\]`.
pub(super) fn inside(text: &str) -> (usize, usize) {
    let trimmed = text.trim();
    let start = text.len() - text.trim_start().len();
    for (open, close) in [("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")] {
        let inner = trimmed.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        if let Some(inner) = inner.filter(|inner| !inner.contains(open)) {
            let start = start + open.len();
            return (start, start + inner.len());
        }
    }
    (0, text.len())
}

/// What stands in the braces that begin a text: digits, or letters.
pub(super) fn braced(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('{')?.split_once('}')?.0;
    (!inside.is_empty() && inside.chars().all(char::is_alphanumeric)).then_some(inside)
}

/// The length of the bar that a text begins with, behind blanks.
fn bar(text: &str) -> Option<usize> {
    let rest = text.trim_start_matches(' ');
    let bar = ["|", "\\vert", "\\lvert", "\\rvert"].into_iter().find(|bar| rest.starts_with(bar))?;
    Some(text.len() - rest.len() + bar.len())
}

/// The command that a text begins with: its length and its meaning.
pub(super) fn command(text: &str) -> (usize, Meaning<'_>) {
    let letters = text[1..].bytes().take_while(u8::is_ascii_alphabetic).count();
    if letters == 0 {
        let sign = text[1..].chars().next();
        let length = 1 + sign.map_or(0, char::len_utf8);
        let meaning = match sign {
            Some(',' | ';' | ':' | '!' | ' ' | '\n' | '\r') => Meaning::Blank,
            Some('{') => Meaning::Token(Kind::Open('{'), "{"),
            Some('}') => Meaning::Token(Kind::Close('}'), "}"),
            Some('%') => Meaning::Token(Kind::Percent, "%"),
            Some('|') => Meaning::Token(Kind::Bar, "|"),
            _ => Meaning::Unknown,
        };
        return (length, meaning);
    }
    let name = &text[1..=letters];
    let behind = &text[1 + letters..];
    if matches!(name, "operatorname" | "mathrm" | "text") {
        return match braced(behind) {
            Some(word) => (1 + letters + word.len() + 2, Meaning::Word(word)),
            None => (1 + letters, Meaning::Unknown),
        };
    }
    let (kind, python) = match name {
        "left" | "right" => {
            let kind = if name == "left" { Kind::Open('|') } else { Kind::Close('|') };
            return match bar(behind) {
                Some(length) => (1 + letters + length, Meaning::Token(kind, "|")),
                None => (1 + letters, Meaning::Blank),
            };
        }
        "quad" | "qquad" => return (1 + letters, Meaning::Blank),
        "frac" | "dfrac" | "tfrac" => (Kind::Command(Command::Fraction), ""),
        "sqrt" => (Kind::Command(Command::SquareRoot), ""),
        "binom" => (Kind::Command(Command::Binomial), ""),
        "cdot" | "times" | "ast" => (Kind::Times, "*"),
        "div" => (Kind::Divide, "/"),
        "lvert" => (Kind::Open('|'), "|"),
        "rvert" => (Kind::Close('|'), "|"),
        "vert" => (Kind::Bar, "|"),
        "pi" => (Kind::Name, "pi"),
        "tau" => (Kind::Name, "tau"),
        "phi" | "varphi" => (Kind::Name, "phi"),
        "infty" => (Kind::Name, "inf"),
        "lt" => (Kind::Compare, "<"),
        "gt" => (Kind::Compare, ">"),
        "le" | "leq" => (Kind::Compare, "<="),
        "ge" | "geq" => (Kind::Compare, ">="),
        "ne" | "neq" => (Kind::Compare, "!="),
        "land" => (Kind::And, "and"),
        "lor" => (Kind::Or, "or"),
        "lnot" => (Kind::Not, "not"),
        "degree" => (Kind::Degree, "°"),
        "bmod" | "mod" => (Kind::Name, "mod"),
        _ => match FUNCTIONS.iter().find(|function| **function == name) {
            Some(function) => (Kind::Name, *function),
            None => return (1 + letters, Meaning::Unknown),
        },
    };
    (1 + letters, Meaning::Token(kind, python))
}
