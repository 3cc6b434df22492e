//! Expressions in words: `5 choose 2`, `raiz quadrada de 9`, `3 elevado a 4`, `se 3 > 2 então 1 senão 0`.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::Fix;
use super::edits::apply;
use super::tokens::{Tokens, ends_statement};
use crate::elsewhere::plain;
use crate::error::Span;
use crate::functions;
use crate::lexer::{Token, is_name};

/// The meaning of a phrase.
#[derive(Clone, Copy)]
enum Phrase {
    /// An operator between two operands.
    Infix(&'static str),
    /// An operator directly after its operand.
    Postfix(&'static str),
    /// An exponent of the operand after it.
    Power(&'static str),
    /// An operator before its operand.
    Prefix(&'static str),
    /// A function of the operand after it, or of a list of operands.
    Call(&'static str),
    /// A function of the operands on both sides.
    Pair(&'static str),
    /// A function of everything before it.
    Conversion(&'static str),
    /// The base of the logarithm before or after it: `log 8 base 2`, `log base 2 of 8`.
    Base,
    /// `20% off 50`, `50 with 20% off`: a decrease or an increase, by the sign.
    Change(&'static str),
    /// A number in words.
    Numeral(&'static str),
    /// An operator between the two operands behind it, which a word joins: `divide 100 by 8`.
    Joined(&'static str, &'static [&'static str]),
    /// The same, with the operands the other way round: `subtract 3 from 10`.
    Reversed(&'static str, &'static [&'static str]),
    /// An increase or a decrease by the percentage behind it, by the sign: `100 increased by 15%`.
    Growth(&'static str),
    /// The percentage that one operand is of another.
    Share,
    /// No meaning, at the end.
    Ending,
    /// No meaning, before an assignment.
    Declaration,
    /// No meaning, before a phrase that precedes its operand.
    Article,
    /// No meaning.
    Politeness,
}

use Phrase::{
    Article, Base, Call, Change, Conversion, Declaration, Ending, Growth, Infix, Joined, Numeral, Pair, Politeness,
    Postfix, Power, Prefix, Reversed, Share,
};

/// Phrases in lower case without accents.
const PHRASES: &[(&str, Phrase)] = &[
    ("and", Infix("and")),
    ("choose", Pair("comb")),
    ("escolhe", Pair("comb")),
    ("permute", Pair("perm")),
    ("ncr", Pair("comb")),
    ("npr", Pair("perm")),
    ("plus", Infix("+")),
    ("added to", Infix("+")),
    ("mais", Infix("+")),
    ("somado a", Infix("+")),
    ("minus", Infix("-")),
    ("menos", Infix("-")),
    ("times", Infix("*")),
    ("multiplied by", Infix("*")),
    ("vezes", Infix("*")),
    ("multiplicado por", Infix("*")),
    ("multiplicada por", Infix("*")),
    ("over", Infix("/")),
    ("divided by", Infix("/")),
    ("sobre", Infix("/")),
    ("dividido por", Infix("/")),
    ("dividida por", Infix("/")),
    ("dividido", Infix("/")),
    ("to the power of", Infix("**")),
    ("to the power", Infix("**")),
    ("raised to the power of", Infix("**")),
    ("raised to the power", Infix("**")),
    ("raised to", Infix("**")),
    ("to the", Infix("**")),
    ("power", Infix("**")),
    ("elevado a potencia de", Infix("**")),
    ("elevado a potencia", Infix("**")),
    ("elevado a", Infix("**")),
    ("elevada a", Infix("**")),
    ("elevado ao", Infix("**")),
    ("elevado", Infix("**")),
    ("a potencia de", Infix("**")),
    ("modulo", Infix("mod")),
    ("xor", Infix("^")),
    ("se", Infix("if")),
    ("senao", Infix("else")),
    ("or", Infix("or")),
    ("ou", Infix("or")),
    ("is greater than or equal to", Infix(">=")),
    ("greater than or equal to", Infix(">=")),
    ("is less than or equal to", Infix("<=")),
    ("less than or equal to", Infix("<=")),
    ("is greater than", Infix(">")),
    ("greater than", Infix(">")),
    ("is less than", Infix("<")),
    ("less than", Infix("<")),
    ("is equal to", Infix("==")),
    ("equal to", Infix("==")),
    ("equals", Infix("==")),
    ("e maior ou igual a", Infix(">=")),
    ("maior ou igual a", Infix(">=")),
    ("e menor ou igual a", Infix("<=")),
    ("menor ou igual a", Infix("<=")),
    ("e maior que", Infix(">")),
    ("maior que", Infix(">")),
    ("maior do que", Infix(">")),
    ("e menor que", Infix("<")),
    ("menor que", Infix("<")),
    ("menor do que", Infix("<")),
    ("e igual a", Infix("==")),
    ("igual a", Infix("==")),
    ("diferente de", Infix("!=")),
    ("not equal to", Infix("!=")),
    ("nao", Prefix("not ")),
    ("not", Prefix("not ")),
    ("squared", Postfix("²")),
    ("cubed", Postfix("³")),
    ("square of", Power("²")),
    ("quadrado de", Power("²")),
    ("o quadrado de", Power("²")),
    ("cube of", Power("³")),
    ("cubo de", Power("³")),
    ("o cubo de", Power("³")),
    ("ao quadrado", Postfix("²")),
    ("elevado ao quadrado", Postfix("²")),
    ("ao cubo", Postfix("³")),
    ("elevado ao cubo", Postfix("³")),
    ("factorial", Postfix("!")),
    ("fatorial", Postfix("!")),
    ("deg", Postfix("°")),
    ("degree", Postfix("°")),
    ("degrees", Postfix("°")),
    ("grau", Postfix("°")),
    ("graus", Postfix("°")),
    ("percent", Postfix("%")),
    ("per cent", Postfix("%")),
    ("por cento", Postfix("%")),
    ("porcento", Postfix("%")),
    ("square root of", Call("sqrt")),
    ("square root", Call("sqrt")),
    ("root of", Call("sqrt")),
    ("raiz quadrada de", Call("sqrt")),
    ("raiz quadrada", Call("sqrt")),
    ("raiz de", Call("sqrt")),
    ("raiz", Call("sqrt")),
    ("cube root of", Call("cbrt")),
    ("cubic root of", Call("cbrt")),
    ("cube root", Call("cbrt")),
    ("raiz cubica de", Call("cbrt")),
    ("raiz cubica", Call("cbrt")),
    ("natural log of", Call("ln")),
    ("natural logarithm of", Call("ln")),
    ("logaritmo natural de", Call("ln")),
    ("absolute value of", Call("abs")),
    ("valor absoluto de", Call("abs")),
    ("modulo de", Call("abs")),
    ("sine of", Call("sin")),
    ("seno de", Call("sin")),
    ("cosine of", Call("cos")),
    ("cosseno de", Call("cos")),
    ("tangent of", Call("tan")),
    ("tangente de", Call("tan")),
    ("factorial of", Call("factorial")),
    ("fatorial de", Call("factorial")),
    ("average of", Call("mean")),
    ("mean of", Call("mean")),
    ("media de", Call("mean")),
    ("media entre", Call("mean")),
    ("median of", Call("median")),
    ("mediana de", Call("median")),
    ("sum of", Call("sum")),
    ("soma de", Call("sum")),
    ("product of", Call("prod")),
    ("produto de", Call("prod")),
    ("maximum of", Call("max")),
    ("maximo de", Call("max")),
    ("maior entre", Call("max")),
    ("minimum of", Call("min")),
    ("minimo de", Call("min")),
    ("menor entre", Call("min")),
    ("mdc de", Call("gcd")),
    ("mdc entre", Call("gcd")),
    ("mmc de", Call("lcm")),
    ("mmc entre", Call("lcm")),
    ("half of", Prefix("1/2*")),
    ("metade de", Prefix("1/2*")),
    ("a third of", Prefix("1/3*")),
    ("um terco de", Prefix("1/3*")),
    ("a quarter of", Prefix("1/4*")),
    ("um quarto de", Prefix("1/4*")),
    ("twice", Prefix("2*")),
    ("double of", Prefix("2*")),
    ("o dobro de", Prefix("2*")),
    ("dobro de", Prefix("2*")),
    ("o triplo de", Prefix("3*")),
    ("triplo de", Prefix("3*")),
    ("zero", Numeral("0")),
    ("one", Numeral("1")),
    ("two", Numeral("2")),
    ("three", Numeral("3")),
    ("four", Numeral("4")),
    ("five", Numeral("5")),
    ("six", Numeral("6")),
    ("seven", Numeral("7")),
    ("eight", Numeral("8")),
    ("nine", Numeral("9")),
    ("ten", Numeral("10")),
    ("eleven", Numeral("11")),
    ("twelve", Numeral("12")),
    ("fifteen", Numeral("15")),
    ("twenty", Numeral("20")),
    ("thirty", Numeral("30")),
    ("forty", Numeral("40")),
    ("fifty", Numeral("50")),
    ("dois", Numeral("2")),
    ("tres", Numeral("3")),
    ("quatro", Numeral("4")),
    ("cinco", Numeral("5")),
    ("seis", Numeral("6")),
    ("sete", Numeral("7")),
    ("oito", Numeral("8")),
    ("nove", Numeral("9")),
    ("dez", Numeral("10")),
    ("thousand", Postfix("e3")),
    ("million", Postfix("e6")),
    ("billion", Postfix("e9")),
    ("rad", Postfix("")),
    ("radian", Postfix("")),
    ("radians", Postfix("")),
    ("add", Joined("+", &["and", "to", "with"])),
    ("difference between", Joined("-", &["and"])),
    ("difference of", Joined("-", &["and"])),
    ("multiply", Joined("*", &["by", "and", "with"])),
    ("divide", Joined("/", &["by"])),
    ("quotient of", Joined("/", &["and", "divided by"])),
    ("remainder of", Joined("%", &["divided by", "and"])),
    ("remainder when", Joined("%", &["is divided by"])),
    ("raise", Joined("**", &["to the power of", "to the power", "to the", "to"])),
    ("subtract", Reversed("-", &["from"])),
    ("some", Joined("+", &["e", "a", "com"])),
    ("diferenca entre", Joined("-", &["e"])),
    ("multiplique", Joined("*", &["por", "e"])),
    ("divida", Joined("/", &["por"])),
    ("resto de", Joined("%", &["dividido por", "por"])),
    ("subtraia", Reversed("-", &["de"])),
    ("as a percentage of", Share),
    ("as a percent of", Share),
    ("is what percent of", Share),
    ("is what percentage of", Share),
    ("increased by", Growth("+")),
    ("decreased by", Growth("-")),
    ("reduced by", Growth("-")),
    ("aumentado em", Growth("+")),
    ("reduzido em", Growth("-")),
    ("equals", Ending),
    ("is", Ending),
    ("to hex", Conversion("hex")),
    ("to hexadecimal", Conversion("hex")),
    ("in hex", Conversion("hex")),
    ("in hexadecimal", Conversion("hex")),
    ("as hex", Conversion("hex")),
    ("para hex", Conversion("hex")),
    ("para hexadecimal", Conversion("hex")),
    ("em hexadecimal", Conversion("hex")),
    ("em hex", Conversion("hex")),
    ("to binary", Conversion("bin")),
    ("to bin", Conversion("bin")),
    ("in binary", Conversion("bin")),
    ("as binary", Conversion("bin")),
    ("para binario", Conversion("bin")),
    ("em binario", Conversion("bin")),
    ("to octal", Conversion("oct")),
    ("to oct", Conversion("oct")),
    ("in octal", Conversion("oct")),
    ("para octal", Conversion("oct")),
    ("em octal", Conversion("oct")),
    ("deg to rad", Conversion("radians")),
    ("degrees to radians", Conversion("radians")),
    ("graus para radianos", Conversion("radians")),
    ("graus em radianos", Conversion("radians")),
    ("rad to deg", Conversion("degrees")),
    ("radians to degrees", Conversion("degrees")),
    ("radianos para graus", Conversion("degrees")),
    ("radianos em graus", Conversion("degrees")),
    ("to degrees", Conversion("degrees")),
    ("in degrees", Conversion("degrees")),
    ("em graus", Conversion("degrees")),
    ("para graus", Conversion("degrees")),
    ("to radians", Conversion("radians")),
    ("in radians", Conversion("radians")),
    ("em radianos", Conversion("radians")),
    ("para radianos", Conversion("radians")),
    ("base", Base),
    ("in base", Base),
    ("to base", Base),
    ("to the base", Base),
    ("na base", Base),
    ("de base", Base),
    ("off", Change("-")),
    ("off of", Change("-")),
    ("discount on", Change("-")),
    ("de desconto em", Change("-")),
    ("de desconto sobre", Change("-")),
    ("de desconto de", Change("-")),
    ("discount", Change("-")),
    ("desconto em", Change("-")),
    ("desconto sobre", Change("-")),
    ("de desconto", Change("-")),
    ("de acrescimo", Change("+")),
    ("de acrescimo em", Change("+")),
    ("de acrescimo sobre", Change("+")),
    ("de aumento", Change("+")),
    ("de aumento em", Change("+")),
    ("de aumento sobre", Change("+")),
    ("de juros", Change("+")),
    ("let", Declaration),
    ("var", Declaration),
    ("const", Declaration),
    ("seja", Declaration),
    ("sendo", Declaration),
    ("a", Article),
    ("o", Article),
    ("the", Article),
    ("what is", Politeness),
    ("what's", Politeness),
    ("whats", Politeness),
    ("how much is", Politeness),
    ("calculate", Politeness),
    ("compute", Politeness),
    ("evaluate", Politeness),
    ("please", Politeness),
    ("find", Politeness),
    ("solve", Politeness),
    ("determine", Politeness),
    ("tell me", Politeness),
    ("give me", Politeness),
    ("can you", Politeness),
    ("could you", Politeness),
    ("is", Politeness),
    ("result of", Politeness),
    ("the result of", Politeness),
    ("value of", Politeness),
    ("quanto e", Politeness),
    ("quanto da", Politeness),
    ("qual e", Politeness),
    ("qual", Politeness),
    ("calcule", Politeness),
    ("calcular", Politeness),
    ("o valor de", Politeness),
    ("the value of", Politeness),
];

/// The phrases by their first word, and the last words of phrases.
static BEGINNINGS: LazyLock<HashMap<&str, Vec<(&str, Phrase)>>> = LazyLock::new(|| {
    let mut phrases: HashMap<_, Vec<_>> = HashMap::new();
    for (words, phrase) in PHRASES {
        phrases.entry(words.split(' ').next().unwrap_or(words)).or_default().push((*words, *phrase));
    }
    phrases
});
static ENDINGS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| PHRASES.iter().filter_map(|(words, _)| words.rsplit(' ').next()).collect());

/// Words between a percentage or a function and its operand.
const OF: [&str; 8] = ["of", "de", "do", "da", "dos", "das", "del", "di"];

/// The phrases before the condition, before the value if it holds, and before the value otherwise.
const CHOICE: [&[&str]; 3] =
    [&["if", "se"], &["then", "entao"], &["else", "otherwise", "senao", "caso contrario", "se nao"]];

/// The text with operators in place of its phrases; `None` if it has no phrases. A name that `is_known` is not a word.
/// Each phrase takes a pass over the text, which `pays` pays for.
pub(super) fn mend(text: &str, is_known: impl Fn(&str) -> bool, pays: impl Fn(usize) -> bool) -> Option<String> {
    if !text.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let mut mended = text.to_owned();
    while pays(mended.len()) {
        let tokens = Tokens::of(&mended);
        let words = Words { tokens: &tokens, list: words(&tokens, &is_known) };
        let edits = words.choice().or_else(|| words.first_phrase());
        let Some(edits) = edits else { break };
        mended = apply(&mended, edits);
    }
    (mended != text).then_some(mended)
}

/// Whether a text has a number of several words, which are not read: `twenty one`, `twenty-one`.
pub(super) fn has_long_numeral(text: &str) -> bool {
    let is_numeral = |word: &str| {
        let known = |(phrase, meaning): &(&str, Phrase)| *phrase == word && matches!(meaning, Numeral(_));
        BEGINNINGS.get(word).is_some_and(|phrases| phrases.iter().any(known))
    };
    let words: Vec<String> = text.split([' ', '-']).map(plain).collect();
    words.windows(2).any(|pair| is_numeral(&pair[0]) && is_numeral(&pair[1]))
}

/// Whether the word is a phrase that may follow a number directly: `30graus`.
pub(super) fn is_unit(word: &str) -> bool {
    let word = plain(word);
    PHRASES.iter().any(|(phrase, meaning)| *phrase == word && matches!(meaning, Postfix(_) | Infix(_)))
}

/// A text's tokens, and which of them are words.
struct Words<'t> {
    tokens: &'t Tokens<'t>,
    /// For each token, the word in lower case without accents; empty for other tokens.
    list: Vec<String>,
}

fn words(tokens: &Tokens<'_>, is_known: impl Fn(&str) -> bool) -> Vec<String> {
    let defined = tokens.defined();
    let word = |(token, span): (Token, Span)| {
        let spelled = span.of(tokens.text);
        let is_word = token != Token::String && spelled.chars().all(char::is_alphabetic);
        let is_free = token != Token::Name || !(is_known(spelled) || defined.contains(spelled));
        if is_word && is_free { plain(spelled) } else { String::new() }
    };
    tokens.iter().map(word).collect()
}

impl Words<'_> {
    /// The phrases whose first word is the token at `at`.
    fn phrases_at(&self, at: usize) -> &'static [(&'static str, Phrase)] {
        self.list.get(at).and_then(|word| BEGINNINGS.get(word.as_str())).map_or(&[], Vec::as_slice)
    }

    /// How many tokens, from `at` on, make up the phrase.
    fn matches(&self, at: usize, phrase: &str) -> Option<usize> {
        let mut length = 0;
        for word in phrase.split(' ') {
            if self.list.get(at + length).map(String::as_str) != Some(word) {
                return None;
            }
            length += 1;
        }
        Some(length)
    }

    /// The edits for the first phrase that fits its place; of those that begin there, the longest. Phrases after an
    /// operand are mended first, since they bind to it: `seno de 30 graus`.
    fn first_phrase(&self) -> Option<Vec<Fix>> {
        let numeral = self.phrase(|phrase| matches!(phrase, Numeral(_)));
        numeral
            .or_else(|| self.phrase(|phrase| matches!(phrase, Base | Share | Postfix("°" | "%"))))
            .or_else(|| self.phrase(|_| true))
    }

    /// The edits for the first phrase that is `wanted`, if no longer phrase begins there.
    fn phrase(&self, wanted: impl Fn(Phrase) -> bool) -> Option<Vec<Fix>> {
        let is_any = wanted(Politeness);
        (0..self.list.len()).filter(|at| !self.list[*at].is_empty()).find_map(|at| {
            let begun = self.phrases_at(at).iter();
            let mut found: Vec<_> =
                begun.filter_map(|(words, phrase)| Some((self.matches(at, words)?, *phrase))).collect();
            found.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
            if !found.first().is_some_and(|(_, phrase)| wanted(*phrase)) && !is_any {
                return None;
            }
            let edits = found.into_iter().find_map(|(length, phrase)| self.edits(at, at + length, phrase));
            edits.or_else(|| if is_any { self.of(at) } else { None })
        })
    }

    fn span(&self, at: usize) -> Span {
        self.tokens.get(at).map_or(Span::default(), |(_, span)| span)
    }

    /// The bytes from the end of the token before `from` to the beginning of the token at `to`.
    fn between(&self, from: usize, to: usize) -> (usize, usize) {
        let start = from.checked_sub(1).map_or(0, |before| self.span(before).end as usize);
        (start, self.span(to).start as usize)
    }

    fn has_operand_before(&self, at: usize) -> bool {
        at.checked_sub(1).is_some_and(|before| {
            let is_operator_word = self.tokens.token(before) == Some(Token::Name) && self.is_phrase(before);
            !is_operator_word
                && (self.tokens.ends_operand(before)
                    || (self.tokens.token(before) == Some(Token::Percent)
                        && before.checked_sub(1).is_some_and(|at| self.tokens.ends_operand(at))))
        })
    }

    fn is_phrase(&self, at: usize) -> bool {
        ENDINGS.contains(self.list[at].as_str())
    }

    fn has_operand_behind(&self, at: usize) -> bool {
        self.tokens.token(at).is_some_and(|token| {
            token.is_operand() || matches!(token, Token::Minus | Token::Plus | Token::Root | Token::Bar | Token::Not)
        })
    }

    /// Whether a phrase that precedes its operand begins at `at`.
    fn begins_phrase(&self, at: usize) -> bool {
        self.phrases_at(at).iter().any(|(words, phrase)| {
            let takes_operand = matches!(phrase, Call(_) | Prefix(_) | Power(_) | Joined(..) | Reversed(..));
            takes_operand && self.matches(at, words).is_some()
        })
    }

    /// The edits for the phrase from the token at `at` to the one before `next`.
    fn edits(&self, at: usize, next: usize, phrase: Phrase) -> Option<Vec<Fix>> {
        let (start, end) = (self.span(at).start as usize, self.span(next - 1).end as usize);
        if matches!(phrase, Article) && !self.begins_phrase(next) {
            return None;
        }
        let (before, behind) = (self.has_operand_before(at), self.has_operand_behind(next));
        match phrase {
            // An operator of the language is not a phrase.
            Infix(sign) | Prefix(sign) if self.spelled(at, next) == sign.trim_end() => None,
            Infix(sign) => (before && behind).then(|| vec![Fix::new(start, end, sign)]),
            Prefix(sign) => {
                let behind_sign = if sign.ends_with(' ') { self.span(next).start as usize } else { end };
                let end = if sign.ends_with('*') { self.span(next).start as usize } else { behind_sign };
                (!before && behind).then(|| vec![Fix::new(start, end, sign)])
            }
            Postfix(sign) => {
                let operand = at.checked_sub(1)?;
                let start = self.span(operand).end as usize;
                // A power of ten belongs to a number.
                let is_number =
                    self.tokens.token(operand).is_some_and(|token| token.is_decimal() || token == Token::Float);
                if sign.starts_with('e') && !is_number {
                    return None;
                }
                (before && !self.is_called(next)).then(|| vec![Fix::new(start, end, sign)])
            }
            Power(sign) => {
                let last = self.tokens.operand_end(next).filter(|_| behind && !before)?;
                let (open, close) = if last == next { ("", "") } else { ("(", ")") };
                let (from, to) = (self.span(next).start as usize, self.span(last).end as usize);
                Some(vec![Fix::new(start, from, open), Fix::new(to, to, format!("{close}{sign}"))])
            }
            Call(function) => self.call(at, next, function),
            Pair(function) => {
                let left = at.checked_sub(1).filter(|_| before)?;
                let (first, last) = (self.tokens.operand_start(left)?, self.tokens.operand_end(next)?);
                let (gap, right) = (self.between(at, next), self.span(last).end as usize);
                let open = self.span(first).start as usize;
                Some(vec![
                    Fix::new(open, open, format!("{function}(")),
                    Fix::new(gap.0, gap.1, ", "),
                    Fix::new(right, right, ")"),
                ])
            }
            Conversion(function) => {
                let is_last = matches!(self.tokens.token(next), None | Some(Token::End));
                let first = (0..at).rev().find(|at| self.tokens.token(*at).is_some_and(begins)).map_or(0, |at| at + 1);
                let open = self.span(first).start as usize;
                let (gap, _) = self.between(at, next);
                (before && is_last).then(|| vec![Fix::new(open, open, format!("{function}(")), Fix::new(gap, end, ")")])
            }
            Numeral(digits) => {
                // `2 + 2 (two plus two)` is no product.
                let is_remark =
                    at > 1 && self.tokens.token(at - 1) == Some(Token::Open('(')) && self.tokens.ends_operand(at - 2);
                (!before && !is_remark).then(|| vec![Fix::new(start, end, digits)])
            }
            Growth(sign) => {
                let first = self.tokens.operand_start(at.checked_sub(1)?).filter(|_| before)?;
                let percent = self.tokens.operand_end(next)? + 1;
                let is_all = first.checked_sub(1).and_then(|at| self.tokens.token(at)).is_none_or(begins)
                    && self.tokens.token(percent) == Some(Token::Percent);
                let (from, to) = self.between(at, next);
                is_all.then(|| {
                    vec![Fix::new(from, to, format!("*(1{sign}")), Fix::replacing(self.span(percent), "/100)")]
                })
            }
            Joined(sign, joints) => {
                let (left, right, whole) = self.joined(at, next, joints)?;
                Some(vec![Fix::replacing(whole, format!("{left} {sign} {right}"))])
            }
            Reversed(sign, joints) => {
                let (left, right, whole) = self.joined(at, next, joints)?;
                Some(vec![Fix::replacing(whole, format!("{right} {sign} {left}"))])
            }
            Share => {
                let last = self.tokens.operand_end(next).filter(|_| before)?;
                let ((from, to), end) = (self.between(at, next), self.span(last).end as usize);
                Some(vec![Fix::new(from, to, "/"), Fix::new(end, end, "*100")])
            }
            Ending => {
                let is_last = matches!(self.tokens.token(next), None | Some(Token::End));
                (before && is_last).then(|| vec![Fix::new(self.between(at, next).0, end, "")])
            }
            Change(sign) => self.change(at, next, sign),
            Base => self.base(at, next),
            Declaration => {
                let gives = self.tokens.token(next) == Some(Token::Name)
                    && self.tokens.token(next + 1) == Some(Token::Assign)
                    && self.has_operand_behind(next + 2);
                let begins_there = at.checked_sub(1).and_then(|at| self.tokens.token(at)).is_none_or(begins);
                (gives && begins_there).then(|| vec![Fix::new(start, self.span(next).start as usize, "")])
            }
            Article => (!before).then(|| vec![Fix::new(start, self.span(next).start as usize, "")]),
            Politeness => {
                // `solve(x**2 - 4, x)` is a call.
                let is_call = self.is_called(next) && self.span(next).start as usize == end;
                let goes_on = behind || !self.list.get(next)?.is_empty();
                (at == 0 && goes_on && !is_call).then(|| vec![Fix::new(start, self.span(next).start as usize, "")])
            }
        }
    }

    /// The two operands behind a phrase, joined by one of these phrases, with nothing behind them, and all of it.
    fn joined(&self, at: usize, next: usize, joints: &[&str]) -> Option<(&str, &str, Span)> {
        let last = self.tokens.operand_end(next).filter(|_| !self.has_operand_before(at))?;
        let length = joints.iter().find_map(|joint| self.matches(last + 1, joint))?;
        let second = last + 1 + length;
        let end = self.tokens.operand_end(second)?;
        let is_all = matches!(self.tokens.token(end + 1), None | Some(Token::End | Token::Close(_) | Token::Newline));
        let operands = (self.tokens.between(next, last), self.tokens.between(second, end));
        is_all.then(|| (operands.0, operands.1, self.span(at).to(self.span(end))))
    }

    /// `log 8 base 2` and `log base 2 of 8` as `log(8, 2)`.
    fn base(&self, at: usize, next: usize) -> Option<Vec<Fix>> {
        let is_log = |at: usize| matches!(&*self.list[at], "log" | "logarithm" | "logaritmo");
        let base_end = self.tokens.operand_end(next)?;
        let base = self.tokens.between(next, base_end);
        let before = at.checked_sub(1)?;
        let (log, first, last, end) = if is_log(before) {
            let of = base_end + 1;
            let first = if OF.contains(&self.list.get(of)?.as_str()) { of + 1 } else { of };
            let last = self.tokens.operand_end(first)?;
            (before, first, last, last)
        } else {
            let first = self.tokens.operand_start(before)?;
            let of = first.checked_sub(1)?;
            let log = if OF.contains(&&*self.list[of]) { of.checked_sub(1)? } else { of };
            (log, first, before, base_end)
        };
        let call = format!("log({}, {base})", self.tokens.between(first, last));
        is_log(log).then(|| vec![Fix::new(self.span(log).start as usize, self.span(end).end as usize, call)])
    }

    /// `20% off 50` as `(1-20/100)*50`, `50 with 20% off` as `50*(1-20/100)`.
    fn change(&self, at: usize, next: usize, sign: &str) -> Option<Vec<Fix>> {
        let percent = at.checked_sub(1).filter(|percent| self.tokens.token(*percent) == Some(Token::Percent))?;
        let first = self.tokens.operand_start(percent.checked_sub(1)?)?;
        let (hundred, open) = (self.span(percent).start as usize, self.span(first).start as usize);
        if self.has_operand_behind(next) {
            let end = self.span(next).start as usize;
            return Some(vec![Fix::new(open, open, format!("(1{sign}")), Fix::new(hundred, end, "/100)*")]);
        }
        let with =
            first.checked_sub(1).filter(|with| matches!(&*self.list[*with], "com" | "with" | "plus" | "mais"))?;
        let (gap, end) = (self.between(with, first), self.span(next - 1).end as usize);
        let is_value = self.has_operand_before(with);
        is_value.then(|| vec![Fix::new(gap.0, gap.1, format!("*(1{sign}")), Fix::new(hundred, end, "/100)")])
    }

    fn spelled(&self, from: usize, to: usize) -> &str {
        self.tokens.between(from, to.saturating_sub(1))
    }

    fn is_called(&self, next: usize) -> bool {
        self.tokens.token(next) == Some(Token::Open('('))
    }

    /// A function of the operand from `next` on, or of all operands there.
    fn call(&self, at: usize, next: usize, function: &str) -> Option<Vec<Fix>> {
        let (start, from) = (self.span(at).start as usize, self.span(next).start as usize);
        if !self.has_operand_behind(next) || self.has_operand_before(at) {
            return None;
        }
        let last = self.tokens.operand_end(next)?;
        let goes_on = |at: usize| self.tokens.token(at) == Some(Token::Comma) || matches!(&*self.list[at], "and" | "e");
        let is_bracket = self.tokens.token(next) == Some(Token::Open('(')) && self.tokens.closing(next) == Some(last);
        let lists = matches!(function, "mean" | "median" | "sum" | "prod");
        let takes_several = lists || matches!(function, "max" | "min" | "gcd" | "lcm");
        if takes_several && self.list.get(last + 1).is_some() && goes_on(last + 1) {
            let mut arguments = vec![self.tokens.between(next, last)];
            let mut last = last;
            while self.list.get(last + 1).is_some() && goes_on(last + 1) {
                let comma_and = goes_on(last + 2) && self.tokens.token(last + 2) != Some(Token::Comma);
                let first = last + if comma_and { 3 } else { 2 };
                last = self.tokens.operand_end(first)?;
                arguments.push(self.tokens.between(first, last));
            }
            let arguments = arguments.join(", ");
            let call = if lists { format!("{function}([{arguments}])") } else { format!("{function}({arguments})") };
            return Some(vec![Fix::new(start, self.span(last).end as usize, call)]);
        }
        if is_bracket {
            return Some(vec![Fix::new(start, from, function)]);
        }
        let end = self.span(last).end as usize;
        Some(vec![Fix::new(start, from, format!("{function}(")), Fix::new(end, end, ")")])
    }

    /// `50% of 30`, `log of 100`; and `e` between two comparisons.
    fn of(&self, at: usize) -> Option<Vec<Fix>> {
        let word = &*self.list[at];
        let span = self.span(at);
        let before = at.checked_sub(1)?;
        if word == "e" {
            let compares = |token: Token| {
                matches!(token, Token::Less | Token::LessOrEqual | Token::Greater | Token::GreaterOrEqual)
                    || matches!(token, Token::Equal | Token::NotEqual | Token::True | Token::False)
            };
            let is_between = self.has_operand_before(at) && self.has_operand_behind(at + 1);
            let is_logical = is_between && self.tokens.iter().any(|(token, _)| compares(token));
            return is_logical.then(|| vec![Fix::replacing(span, "and")]);
        }
        if !OF.contains(&word) || !self.has_operand_behind(at + 1) {
            return None;
        }
        if self.tokens.token(before) == Some(Token::Percent) {
            let (start, end) = (self.span(before).start as usize, self.span(at + 1).start as usize);
            return Some(vec![Fix::new(start, end, "/100*")]);
        }
        let is_number = |at: Option<usize>| at.and_then(|at| self.tokens.token(at)).is_some_and(Token::is_number);
        let is_fraction = before.checked_sub(1).and_then(|at| self.tokens.token(at)) == Some(Token::Slash)
            && is_number(Some(before))
            && is_number(before.checked_sub(2));
        if is_fraction || matches!(self.tokens.token(before), Some(Token::Fraction(..))) {
            // The percentage may be a fraction: `2/3 of 90`, `¾ of 20`.
            let first = if is_fraction { before - 2 } else { before };
            let (open, close) = (self.span(first).start as usize, self.span(before).end as usize);
            let factor = Fix::new(close, self.span(at + 1).start as usize, ")*");
            return Some(vec![Fix::new(open, open, "("), factor]);
        }
        let name = self.tokens.spelled(before);
        let is_function = self.tokens.token(before) == Some(Token::Name) && is_name(name);
        let here = functions::find(name).map(|function| function.name)?;
        if is_function { self.call(before, at + 1, here) } else { None }
    }

    /// `if 3>2 then 1 else 0` as `3>2 ? 1 : 0`, which has the same order.
    fn choice(&self) -> Option<Vec<Fix>> {
        let find = |from: usize, phrases: &[&str]| {
            (from..self.list.len()).find_map(|at| {
                let length = phrases.iter().filter_map(|phrase| self.matches(at, phrase)).max()?;
                Some((at, length))
            })
        };
        let (first, length) = find(0, CHOICE[0])?;
        let begins_there = first.checked_sub(1).and_then(|at| self.tokens.token(at)).is_none_or(begins);
        let (then, then_length) = find(first + length, CHOICE[1])?;
        let (otherwise, otherwise_length) = find(then + then_length, CHOICE[2])?;
        if !begins_there {
            return None;
        }
        let replaced = |at: usize, length: usize, sign: &str| {
            let (start, end) = (self.span(at).start as usize, self.span(at + length - 1).end as usize);
            Fix::new(start, end, sign)
        };
        let condition = Fix::new(self.span(first).start as usize, self.span(first + length).start as usize, "");
        Some(vec![condition, replaced(then, then_length, "?"), replaced(otherwise, otherwise_length, ":")])
    }
}

fn begins(token: Token) -> bool {
    ends_statement(token) || matches!(token, Token::Assign | Token::AssignFormula | Token::Open('('))
}
