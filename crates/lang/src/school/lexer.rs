//! School notation to tokens: signs and their look-alikes, words, runs of digits and separators, LaTeX's commands.
//!
//! No text fails here: what means nothing is a token that is passed on, so that Python's reader refuses it.

use std::borrow::Cow;

use super::latex;
use super::tokens::{Kind, Token};
use crate::error::Span;
use crate::lexer::{continues_name, is_blank, is_subscript, lowered, on_line};
use crate::notation::DecimalSign;
use crate::spelling;

/// Signs of one or more characters, the longer ones first, and what Python writes for each.
const SIGNS: [(&str, Kind, &str); 50] = [
    ("**", Kind::Power, "**"),
    ("//", Kind::Divide, "//"),
    ("<=", Kind::Compare, "<="),
    (">=", Kind::Compare, ">="),
    ("==", Kind::Compare, "=="),
    ("!==", Kind::BangEqual, "!="),
    ("!=", Kind::BangEqual, "!="),
    (":=", Kind::Other, ":="),
    ("@=", Kind::Assign, "@="),
    ("^\\circ", Kind::Degree, "°"),
    ("^{\\circ}", Kind::Degree, "°"),
    ("^", Kind::Power, "**"),
    ("*", Kind::Times, "*"),
    ("×", Kind::Times, "*"),
    ("·", Kind::Times, "*"),
    ("⋅", Kind::Times, "*"),
    ("\u{387}", Kind::Times, "*"),
    ("/", Kind::Divide, "/"),
    ("÷", Kind::Divide, "/"),
    (":", Kind::Colon, ":"),
    ("+", Kind::Plus, "+"),
    ("-", Kind::Minus, "-"),
    ("−", Kind::Minus, "-"),
    ("<", Kind::Compare, "<"),
    (">", Kind::Compare, ">"),
    ("≤", Kind::Compare, "<="),
    ("≥", Kind::Compare, ">="),
    ("≠", Kind::Compare, "!="),
    ("∈", Kind::Compare, "in"),
    ("∉", Kind::Compare, "not in"),
    ("=", Kind::Assign, "="),
    ("←", Kind::Assign, "="),
    ("!", Kind::Bang, "!"),
    ("%", Kind::Percent, "%"),
    ("?", Kind::Question, "?"),
    (";", Kind::Semicolon, ";"),
    ("|", Kind::Bar, "|"),
    ("√", Kind::Root, "√"),
    ("∛", Kind::Root, "³√"),
    ("∜", Kind::Root, "⁴√"),
    ("∧", Kind::And, "and"),
    ("∨", Kind::Or, "or"),
    ("¬", Kind::Not, "not"),
    ("∪", Kind::SetOperator, "∪"),
    ("∩", Kind::SetOperator, "∩"),
    ("∆", Kind::SetOperator, "∆"),
    ("∖", Kind::SetOperator, "∖"),
    ("∞", Kind::Name, "inf"),
    ("&", Kind::Foreign, "&"),
    ("~", Kind::Foreign, "~"),
];

/// The tokens of a text; the last is [`Kind::End`].
pub(super) fn of(text: &str, decimal: DecimalSign) -> Vec<Token<'_>> {
    let (start, end) = latex::inside(text);
    let is_latex = text.contains('\\') || start > 0;
    let mut lexer =
        Lexer { text: &text[..end], at: start, decimal, is_latex, tokens: Vec::with_capacity(text.len() / 2) };
    while lexer.at < end {
        let before = lexer.at;
        lexer.step();
        if lexer.at == before {
            // No step is without a token; a text must not loop if one were.
            let length = lexer.rest().chars().next().map_or(1, char::len_utf8);
            lexer.take(length, Kind::Other, &text[before..before + length]);
        }
    }
    lexer.push(Kind::End, "", lexer.at);
    without_question(lexer.tokens)
}

/// The tokens without a `=` that only asks for the answer: `=2+2`, `2+2=`, `2+2 = ?`.
fn without_question(mut tokens: Vec<Token<'_>>) -> Vec<Token<'_>> {
    let mut last = tokens.len() - 1;
    while last > 0 && tokens[last - 1].kind == Kind::Newline {
        last -= 1;
    }
    let asked = last - usize::from(last > 0 && tokens[last - 1].kind == Kind::Question);
    if let Some(sign) = asked.checked_sub(1) {
        match tokens[sign].kind {
            Kind::Assign if sign > 0 && tokens[sign].text == "=" => drop(tokens.drain(sign..last)),
            Kind::BangEqual if sign > 0 => {
                tokens[sign].kind = Kind::Bang;
                tokens[sign].text = "!".into();
                tokens.drain(asked..last);
            }
            _ => {}
        }
    }
    let first = tokens.iter().position(|token| token.kind != Kind::Newline).unwrap_or(0);
    if tokens[first].kind == Kind::Assign && tokens[first].text == "=" && first + 2 < tokens.len() {
        tokens.remove(first);
    }
    tokens
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    decimal: DecimalSign,
    is_latex: bool,
    tokens: Vec<Token<'t>>,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn push(&mut self, kind: Kind, text: impl Into<Cow<'t, str>>, start: usize) {
        self.tokens.push(Token { kind, text: text.into(), span: Span::new(start, self.at) });
    }

    /// A token of so many bytes, for which Python writes `text`.
    fn take(&mut self, bytes: usize, kind: Kind, text: impl Into<Cow<'t, str>>) {
        let start = self.at;
        self.at += bytes;
        self.push(kind, text, start);
    }

    fn last(&self) -> Option<Kind> {
        self.tokens.last().map(|token| token.kind)
    }

    fn step(&mut self) {
        let rest = self.rest();
        let Some(character) = rest.chars().next() else { return };
        match character {
            '\n' | '\r' => self.take(if rest.starts_with("\r\n") { 2 } else { 1 }, Kind::Newline, "\n"),
            '#' => self.at += rest.find(['\n', '\r']).unwrap_or(rest.len()),
            '~' if self.is_latex => self.at += 1,
            '\\' => self.command(),
            '"' | '\'' => self.string(),
            '0'..='9' => self.number(),
            'a'..='z' | 'A'..='Z' | '_' => self.name(),
            '.' | ',' if self.is_number_without_whole() => self.number(),
            'π' => self.take('π'.len_utf8(), Kind::Name, "pi"),
            'τ' => self.take('τ'.len_utf8(), Kind::Name, "tau"),
            'φ' | 'ϕ' => self.take(character.len_utf8(), Kind::Name, "phi"),
            'º' | '°' | '˚' => self.take(character.len_utf8(), Kind::Degree, "°"),
            _ if is_blank(character) || matches!(character, '\u{200b}' | '\u{ad}' | '\u{feff}') => {
                self.at += character.len_utf8();
            }
            _ if lowered(character).is_some() => self.superscripts(),
            _ if begins_name(character) => self.name(),
            _ => self.sign(character),
        }
    }

    /// Whether a point or a comma begins a number: `.5`, `,5`.
    fn is_number_without_whole(&self) -> bool {
        let is_sign = self.rest().starts_with('.') || self.decimal == DecimalSign::Comma;
        let is_digit = self.rest().as_bytes().get(1).is_some_and(u8::is_ascii_digit);
        is_sign && is_digit && !self.last().is_some_and(Kind::ends_operand)
    }

    /// Digits with the separators between them, and an exponent.
    fn number(&mut self) {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let prefix = &bytes[start..(start + 3).min(bytes.len())];
        if let [b'0', b'x' | b'X' | b'o' | b'O' | b'b' | b'B', digit] = prefix
            && digit.is_ascii_hexdigit()
        {
            let length = bytes[start + 2..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            return self.take(2 + length, Kind::Number, &self.text[start..start + 2 + length]);
        }
        let mut at = start;
        loop {
            let from = at;
            while is_digit(at) || (bytes.get(at) == Some(&b'_') && at > from && is_digit(at + 1)) {
                at += 1;
            }
            match bytes.get(at) {
                Some(b'.' | b',') if is_digit(at + 1) => at += 1,
                // A comma of LaTeX that is no separator.
                Some(b'{') if self.text[at..].starts_with("{,}") && is_digit(at + 3) => at += 3,
                // `1.`, which is a number of Python's.
                Some(b'.') if !bytes[start..at].contains(&b'.') && !matches!(bytes.get(at + 1), Some(b'.')) => {
                    let next = self.text[at + 1..].chars().next();
                    at += usize::from(!next.is_some_and(begins_name));
                    break;
                }
                _ => break,
            }
        }
        at += exponent(&bytes[at..]);
        if matches!(bytes.get(at), Some(b'j' | b'J')) && !self.text[at + 1..].chars().next().is_some_and(continues_name)
        {
            at += 1;
        }
        let raw = &self.text[start..at];
        let text: Cow<'_, str> = match raw.contains(['{', 'J']) {
            true => raw.replace("{,}", &self.decimal.character().to_string()).replace('J', "j").into(),
            false => raw.into(),
        };
        self.take(at - start, Kind::Number, text);
    }

    fn name(&mut self) {
        let start = self.at;
        self.at += self.rest().bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let mut subscripts = false;
        for character in self.rest().chars() {
            subscripts |= is_subscript(character);
            let is_own = matches!(character, 'π' | 'τ' | 'φ' | 'ϕ' | 'º');
            if is_own || !(if subscripts { is_subscript(character) } else { continues_name(character) }) {
                break;
            }
            self.at += character.len_utf8();
        }
        let word = &self.text[start..self.at];
        // A short word before a quote is the string's prefix, which Python judges.
        if self.rest().starts_with(['\'', '"']) && word.len() <= 2 && word.is_ascii() {
            self.at = start;
            return self.string();
        }
        // The base of a logarithm in LaTeX's way: `log_{2}`.
        if let Some(base) = word.strip_suffix('_').and_then(|_| latex::braced(self.rest())) {
            self.at += base.len() + 2;
            return self.push(Kind::Name, format!("{word}{base}"), start);
        }
        let (kind, python) = keyword(word).unwrap_or((Kind::Name, word));
        self.push(kind, python, start);
    }

    fn string(&mut self) {
        let start = self.at;
        let mut lexer = crate::lexer::Lexer::behind(self.text, start as u32);
        match lexer.next() {
            Ok((crate::lexer::Token::String, span)) => {
                self.at = span.end as usize;
                self.push(Kind::String, span.of(self.text), start);
            }
            // Not closed: the rest of the text is Python's to refuse.
            _ => self.take(self.text.len() - start, Kind::Other, &self.text[start..]),
        }
    }

    /// A run of superscripts: the index of a root, or an exponent, whose tokens are those of the same signs on the line.
    fn superscripts(&mut self) {
        let start = self.at;
        let run: &str = {
            let length: usize = self.rest().chars().take_while(|c| lowered(*c).is_some()).map(char::len_utf8).sum();
            &self.rest()[..length]
        };
        if self.text[start + run.len()..].starts_with('√') {
            let length = run.len() + '√'.len_utf8();
            return self.take(length, Kind::Root, &self.text[start..start + length]);
        }
        let line = on_line(run);
        // Where each byte of the line stands in the text.
        let mut places = Vec::with_capacity(line.len() + 1);
        let mut at = start;
        for (raised, plain) in run.chars().zip(line.chars()) {
            places.extend(std::iter::repeat_n(at as u32, plain.len_utf8()));
            at += raised.len_utf8();
        }
        places.push(at as u32);
        self.push(Kind::RunStart, "", start);
        let place = |at: u32| places.get(at as usize).copied().unwrap_or(at);
        for token in of(&line, self.decimal).into_iter().filter(|token| token.kind != Kind::End) {
            let span = Span { start: place(token.span.start), end: place(token.span.end) };
            let mut text = token.text.into_owned();
            if token.kind == Kind::Number {
                // Zeros may stand before the digits of an exponent: `10⁻⁰⁵`.
                let zeros = text.bytes().take_while(|byte| *byte == b'0').count();
                text.drain(..zeros.min(text.len() - 1));
            }
            self.tokens.push(Token { kind: token.kind, text: text.into(), span });
        }
        self.at += run.len();
        self.push(Kind::RunEnd, run, start);
    }

    fn command(&mut self) {
        let start = self.at;
        let (length, meaning) = latex::command(self.rest());
        match meaning {
            latex::Meaning::Blank => self.at += length,
            latex::Meaning::Token(kind, text) => {
                let behind = &self.text[start + length..];
                // `\log_{2}`, `\log_2`.
                if kind == Kind::Name && behind.starts_with('_') {
                    let base = latex::braced(&behind[1..]);
                    let one = behind[1..].chars().next().filter(|c| c.is_alphanumeric()).map_or(0, char::len_utf8);
                    let bytes = base.map_or(1 + one, |base| base.len() + 3);
                    let base = base.unwrap_or(&behind[1..1 + one]);
                    return self.take(length + bytes, Kind::Name, format!("{text}_{base}"));
                }
                self.take(length, kind, text);
                if matches!(kind, Kind::Command(_)) {
                    self.digit_arguments();
                }
            }
            latex::Meaning::Word(word) => self.take(length, Kind::Name, word),
            latex::Meaning::Unknown => self.take(length, Kind::UnknownCommand, &self.text[start..start + length]),
        }
    }

    /// The arguments of `\frac12`, in braces.
    fn digit_arguments(&mut self) {
        while let Some(digit @ b'0'..=b'9') = self.rest().bytes().next() {
            self.take(0, Kind::Open('{'), "(");
            self.take(1, Kind::Number, char::from(digit).to_string());
            self.take(0, Kind::Close('}'), ")");
            if self.tokens.iter().rev().take_while(|token| !matches!(token.kind, Kind::Command(_))).count() >= 6 {
                break;
            }
        }
    }

    fn sign(&mut self, character: char) {
        let rest = self.rest();
        let length = character.len_utf8();
        match character {
            '(' | '[' | '{' => return self.take(length, Kind::Open(character), &rest[..length]),
            ')' | ']' | '}' => return self.take(length, Kind::Close(character), &rest[..length]),
            ',' => {
                let next = rest[length..].chars().next();
                let before_blank = next.is_none_or(|next| next.is_whitespace() || ")]}".contains(next));
                return self.take(length, Kind::Comma { before_blank }, ",");
            }
            _ => {}
        }
        let stands = |sign: &str| sign.as_bytes()[0] == rest.as_bytes()[0] && rest.starts_with(sign);
        if let Some((sign, kind, python)) = SIGNS.iter().find(|(sign, ..)| stands(sign)) {
            return self.take(sign.len(), *kind, *python);
        }
        match spelling::fraction(character) {
            Some((numerator, denominator)) => {
                self.take(length, Kind::Fraction(numerator, denominator), &rest[..length]);
            }
            None => self.look_alike(character),
        }
    }

    /// A sign that looks like one of ours is that one; what stands for a letter or a digit is passed on.
    fn look_alike(&mut self, character: char) {
        let length = character.len_utf8();
        let meant = spelling::meant(character).unwrap_or_default();
        let token = match &*meant {
            "and" => Some(Kind::And),
            "or" => Some(Kind::Or),
            "'" | " " => None,
            _ if meant.starts_with(|c: char| c.is_alphanumeric()) => None,
            _ => match of(&meant, self.decimal).as_slice() {
                [token, end] if end.kind == Kind::End && token.kind != Kind::Other => {
                    let (kind, text) = (token.kind, token.text.clone().into_owned());
                    return self.take(length, kind, text);
                }
                _ => None,
            },
        };
        match token {
            Some(kind) => self.take(length, kind, meant),
            None => self.take(length, Kind::Other, &self.rest()[..length]),
        }
    }
}

/// How many bytes the exponent of a number has that begins here: `e-5`.
fn exponent(bytes: &[u8]) -> usize {
    let [b'e' | b'E', rest @ ..] = bytes else { return 0 };
    let sign = usize::from(matches!(rest, [b'+' | b'-', ..]));
    match rest[sign..].iter().take_while(|byte| byte.is_ascii_digit()).count() {
        0 => 0,
        digits => 1 + sign + digits,
    }
}

fn begins_name(character: char) -> bool {
    character == '_' || (unicode_ident::is_xid_start(character) && !is_subscript(character))
}

/// The words that are no names, wherever they stand.
fn keyword(word: &str) -> Option<(Kind, &'static str)> {
    Some(match word {
        "and" => (Kind::And, "and"),
        "or" => (Kind::Or, "or"),
        "not" => (Kind::Not, "not"),
        "in" => (Kind::Compare, "in"),
        "is" => (Kind::Compare, "is"),
        "if" => (Kind::Condition, "if"),
        "else" => (Kind::Condition, "else"),
        "True" => (Kind::Constant, "True"),
        "False" => (Kind::Constant, "False"),
        "None" => (Kind::Constant, "None"),
        _ => return None,
    })
}
