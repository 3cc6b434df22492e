//! The lexer: bytes to tokens with spans. Only this file knows the spelling of tokens (`×`, `÷`, `≠`, `0x10`, `1_000`).
//!
//! Tokens are made one at a time, on demand. The lexer knows no grammar: it makes a token of every newline, and the
//! parser decides which newlines are blanks.

use unicode_normalization::UnicodeNormalization;

use crate::error::{Error, Feature, Span, Syntax};
use crate::numerals;
use crate::spelling;

/// A token; its span covers its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// The value of a few decimal digits.
    Small(i32),
    /// Digits in a base, perhaps with a prefix and underscores.
    Integer {
        radix: u32,
    },
    Float,
    /// The numerator and the denominator of a sign like `½`.
    Fraction(u8, u8),
    /// Digits followed by `j`.
    Imaginary,
    /// A string with its prefix and quotes.
    String,
    Name,
    True,
    False,
    None,
    And,
    Or,
    Not,
    In,
    NotIn,
    Is,
    If,
    Else,
    /// `lambda`.
    Lambda,
    /// `for`, `async`.
    For,
    /// Another reserved word of Python.
    Reserved,
    Plus,
    Minus,
    Star,
    Slash,
    DoubleSlash,
    Percent,
    DoubleStar,
    Tilde,
    ShiftLeft,
    ShiftRight,
    Ampersand,
    Caret,
    Bar,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    /// `=` or `←`.
    Assign,
    /// `@=`.
    AssignFormula,
    /// `:=`.
    Walrus,
    At,
    Dot,
    Comma,
    Question,
    Bang,
    Degree,
    Root,
    /// A whole run of superscripts: digits, signs, brackets and letters.
    Superscript,
    /// The end of a run of superscripts that was read token by token.
    RunEnd,
    Union,
    Intersection,
    SymmetricDifference,
    SetMinus,
    Colon,
    Semicolon,
    /// `(`, `[` or `{`.
    Open(char),
    /// `)`, `]` or `}`.
    Close(char),
    /// A known token that the language does not support.
    Unsupported(Feature),
    Newline,
    End,
}

impl Token {
    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::Small(_) | Self::Integer { .. } | Self::Float | Self::Imaginary)
    }

    /// Whether it is an integer in decimal digits.
    pub(crate) fn is_decimal(self) -> bool {
        matches!(self, Self::Small(_) | Self::Integer { radix: 10 })
    }

    /// Whether it is an operand, or begins one.
    pub(crate) fn is_operand(self) -> bool {
        self.is_number()
            || matches!(self, Self::Fraction(..) | Self::String | Self::Name | Self::True | Self::False | Self::None)
            || matches!(self, Self::Open(_))
    }
}

/// Reads tokens from a text. A copy is cheap and can look ahead.
#[derive(Clone, Copy)]
pub(crate) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    /// Whether the lexer is inside a run of superscripts.
    in_run: bool,
}

type Lexed = Result<(Token, Span), Error>;

impl<'t> Lexer<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self::behind(text, 0)
    }

    /// A lexer that continues at `at`.
    pub(crate) fn behind(text: &'t str, at: u32) -> Self {
        Self { text, at: at as usize, in_run: false }
    }

    /// A lexer that reads the run of superscripts at `at` as ordinary tokens, then [`Token::RunEnd`] and what follows.
    pub(crate) fn of_run(text: &'t str, at: u32) -> Self {
        Self { in_run: true, ..Self::behind(text, at) }
    }

    fn byte(&self, ahead: usize) -> u8 {
        // NUL stands for the end of the text; in a text, it is refused like every control character.
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn error<T>(&self, start: usize, kind: Syntax) -> Result<T, Error> {
        Err(Error { kind: kind.into(), span: Span::new(start, self.at) })
    }

    pub(crate) fn next(&mut self) -> Lexed {
        if self.in_run {
            return self.raised();
        }
        self.skip_blanks()?;
        let start = self.at;
        let token = match self.byte(0) {
            b'0'..=b'9' => return self.number(),
            b'.' if self.byte(1).is_ascii_digit() => return self.number(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => return self.name(),
            b'"' | b'\'' => return self.string(start),
            b'\n' | b'\r' => {
                self.at += if self.rest().starts_with("\r\n") { 2 } else { 1 };
                Token::Newline
            }
            0 if self.at == self.text.len() => Token::End,
            0x80.. => return self.beyond_ascii(),
            byte => return self.symbol(byte),
        };
        Ok((token, Span::new(start, self.at)))
    }

    /// Skips blanks, comments and continued lines.
    fn skip_blanks(&mut self) -> Result<(), Error> {
        loop {
            match self.byte(0) {
                b' ' | b'\t' | 0x0c => self.at += 1,
                b'#' => {
                    let line = self.rest();
                    self.at += line.find(['\n', '\r']).unwrap_or(line.len());
                }
                b'\\' => {
                    let newline = if self.text[self.at + 1..].starts_with("\r\n") { 2 } else { 1 };
                    if !matches!(self.byte(1), b'\n' | b'\r') {
                        let start = self.at;
                        self.at += 1;
                        return self.error(start, Syntax::StrayBackslash);
                    }
                    self.at += 1 + newline;
                    // As in CPython, a text cannot end with a continued line.
                    if self.at == self.text.len() {
                        return self.error(self.at, Syntax::UnexpectedEnd);
                    }
                }
                0x80.. => match self.rest().chars().next() {
                    Some(blank) if is_blank(blank) => self.at += blank.len_utf8(),
                    _ => return Ok(()),
                },
                _ => return Ok(()),
            }
        }
    }

    fn symbol(&mut self, byte: u8) -> Lexed {
        let start = self.at;
        let next = self.byte(1);
        let (token, length) = match (byte, next) {
            (b'.', b'.') if self.byte(2) == b'.' => (Token::Unsupported(Feature::Ellipsis), 3),
            (b'*', b'*') => (Token::DoubleStar, 2),
            (b'/', b'/') => (Token::DoubleSlash, 2),
            (b'<', b'<') => (Token::ShiftLeft, 2),
            (b'>', b'>') => (Token::ShiftRight, 2),
            (b'<', b'=') => (Token::LessOrEqual, 2),
            (b'>', b'=') => (Token::GreaterOrEqual, 2),
            (b'=', b'=') => (Token::Equal, 2),
            (b'!', b'=') => (Token::NotEqual, 2),
            (b':', b'=') => (Token::Walrus, 2),
            (b'@', b'=') => (Token::AssignFormula, 2),
            (b'+', _) => (Token::Plus, 1),
            (b'-', _) => (Token::Minus, 1),
            (b'*', _) => (Token::Star, 1),
            (b'/', _) => (Token::Slash, 1),
            (b'%', _) => (Token::Percent, 1),
            (b'~', _) => (Token::Tilde, 1),
            (b'&', _) => (Token::Ampersand, 1),
            (b'^', _) => (Token::Caret, 1),
            (b'|', _) => (Token::Bar, 1),
            (b'<', _) => (Token::Less, 1),
            (b'>', _) => (Token::Greater, 1),
            (b'=', _) => (Token::Assign, 1),
            (b'@', _) => (Token::At, 1),
            (b'.', _) => (Token::Dot, 1),
            (b',', _) => (Token::Comma, 1),
            (b':', _) => (Token::Colon, 1),
            (b';', _) => (Token::Semicolon, 1),
            (b'!', _) => (Token::Bang, 1),
            (b'?', _) => (Token::Question, 1),
            (b'(' | b'[' | b'{', _) => (Token::Open(byte as char), 1),
            (b')' | b']' | b'}', _) => (Token::Close(byte as char), 1),
            _ => return self.unknown(),
        };
        self.at += length;
        Ok((token, Span::new(start, self.at)))
    }

    fn unknown(&mut self) -> Lexed {
        let start = self.at;
        let character = self.rest().chars().next().unwrap_or('\0');
        self.at += character.len_utf8();
        match spelling::meant(character) {
            Some(meant) => self.error(start, Syntax::Misspelled { found: character.to_string(), meant }),
            None => self.error(start, Syntax::UnknownCharacter { character }),
        }
    }

    /// Operators and names outside ASCII.
    fn beyond_ascii(&mut self) -> Lexed {
        let start = self.at;
        let character = self.rest().chars().next().unwrap_or('\0');
        let token = match character {
            '−' => Token::Minus,
            '×' | '⋅' | '·' | '\u{387}' => Token::Star,
            '÷' => Token::Slash,
            '≠' => Token::NotEqual,
            '≤' => Token::LessOrEqual,
            '≥' => Token::GreaterOrEqual,
            '∧' => Token::And,
            '∨' => Token::Or,
            '¬' => Token::Not,
            '∈' => Token::In,
            '∉' => Token::NotIn,
            '←' => Token::Assign,
            '√' => Token::Root,
            '°' => Token::Degree,
            '∪' => Token::Union,
            '∩' => Token::Intersection,
            '∆' => Token::SymmetricDifference,
            '∖' => Token::SetMinus,
            _ if lowered(character).is_some() => {
                self.at += self.raised_length(|_| true);
                return Ok((Token::Superscript, Span::new(start, self.at)));
            }
            _ if unicode_ident::is_xid_start(character) && !is_subscript(character) => return self.name(),
            _ => match spelling::fraction(character) {
                Some((numerator, denominator)) => Token::Fraction(numerator, denominator),
                None => return self.unknown(),
            },
        };
        self.at += character.len_utf8();
        Ok((token, Span::new(start, self.at)))
    }

    /// The length, in bytes, of the superscripts here whose plain characters are `wanted`.
    fn raised_length(&self, wanted: impl Fn(char) -> bool) -> usize {
        self.rest().chars().take_while(|c| lowered(*c).is_some_and(&wanted)).map(char::len_utf8).sum()
    }

    /// The next token of a run of superscripts. Its numbers have only digits, perhaps with leading zeros (`10⁻⁰⁵`).
    fn raised(&mut self) -> Lexed {
        const FEW: usize = 9;
        let start = self.at;
        let Some(first) = self.rest().chars().next().and_then(lowered) else {
            self.in_run = false;
            return Ok((Token::RunEnd, Span::new(start, start)));
        };
        self.at += match first {
            '0'..='9' => self.raised_length(|c| c.is_ascii_digit()),
            _ if first.is_alphabetic() => self.raised_length(char::is_alphanumeric),
            // Every sign or bracket is a token.
            _ => '⁺'.len_utf8(),
        };
        let on_line = on_line(&self.text[start..self.at]);
        let token = match first {
            '+' => Token::Plus,
            '-' => Token::Minus,
            '(' => Token::Open('('),
            ')' => Token::Close(')'),
            '0'..='9' if self.raised_length(char::is_alphabetic) > 0 => {
                return self.error(start, Syntax::MalformedNumber);
            }
            '0'..='9' if on_line.len() <= FEW => Token::Small(on_line.parse().unwrap_or(0)),
            '0'..='9' => Token::Integer { radix: 10 },
            _ if is_name(&on_line) => Token::Name,
            _ => return self.error(start, Syntax::ExpectedOperand { found: on_line }),
        };
        Ok((token, Span::new(start, self.at)))
    }

    /// The length, in bytes, of the word here: letters, digits and `_` of any script, then subscripts.
    fn word_length(&self) -> usize {
        let rest = self.rest();
        let ascii = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        if rest.as_bytes().get(ascii).is_none_or(u8::is_ascii) {
            return ascii;
        }
        let mut length = 0;
        let mut subscripts = false;
        for character in rest.chars() {
            subscripts |= is_subscript(character);
            let continues = if subscripts { is_subscript(character) } else { continues_name(character) };
            if !continues {
                break;
            }
            length += character.len_utf8();
        }
        length
    }

    fn name(&mut self) -> Lexed {
        let start = self.at;
        self.at += self.word_length();
        let word = &self.text[start..self.at];
        // A short word before a quote is the string's prefix.
        if matches!(self.byte(0), b'"' | b'\'') && word.len() <= 2 {
            let letters = word.to_ascii_lowercase();
            match letters.as_str() {
                "r" | "u" => return self.string(start),
                "f" | "rf" | "fr" => {
                    return Ok((Token::Unsupported(Feature::FormattedString), Span::new(start, self.at)));
                }
                "b" | "rb" | "br" => return Ok((Token::Unsupported(Feature::Bytes), Span::new(start, self.at))),
                _ => {}
            }
        }
        let token = match word {
            "and" => Token::And,
            "or" => Token::Or,
            "not" => Token::Not,
            "in" => Token::In,
            "is" => Token::Is,
            "if" => Token::If,
            "else" => Token::Else,
            "True" => Token::True,
            "False" => Token::False,
            "None" => Token::None,
            "lambda" => Token::Lambda,
            "for" | "async" => Token::For,
            "as" | "assert" | "await" | "break" | "class" | "continue" | "def" | "del" | "elif" | "except"
            | "finally" | "from" | "global" | "import" | "nonlocal" | "pass" | "raise" | "return" | "try" | "while"
            | "with" | "yield" => Token::Reserved,
            _ if word.is_ascii() => Token::Name,
            // As in CPython, no name becomes a constant by NFKC (`Ｔｒｕｅ`). The first letter excludes most other words.
            _ if !matches!(word.nfkc().next(), Some('T' | 'F' | 'N')) => Token::Name,
            _ => match ["True", "False", "None"].iter().find(|constant| word.nfkc().eq(constant.chars())) {
                Some(constant) => {
                    let (found, meant) = (word.to_owned(), (*constant).to_owned());
                    return self.error(start, Syntax::Misspelled { found, meant });
                }
                None => Token::Name,
            },
        };
        Ok((token, Span::new(start, self.at)))
    }

    fn number(&mut self) -> Lexed {
        let start = self.at;
        if let Some(value) = self.few_digits() {
            return Ok((Token::Small(value), Span::new(start, self.at)));
        }
        let radix = match (self.byte(0), self.byte(1)) {
            (b'0', b'x' | b'X') => 16,
            (b'0', b'o' | b'O') => 8,
            (b'0', b'b' | b'B') => 2,
            _ => 10,
        };
        if radix != 10 {
            self.at += 2;
            // One `_` may follow the prefix.
            if self.byte(0) == b'_' {
                self.at += 1;
            }
            self.digits(start, radix)?;
            if self.byte(0).is_ascii_digit() {
                self.at += 1;
                return self.error(start, Syntax::MalformedNumber);
            }
            return self.end_of_number(start, Token::Integer { radix });
        }
        let mut is_float = false;
        if self.byte(0) != b'.' {
            self.digits(start, 10)?;
        }
        let leading_zeros =
            self.byte_at(start) == b'0' && self.text[start..self.at].bytes().any(|byte| !matches!(byte, b'0' | b'_'));
        if self.byte(0) == b'.' {
            is_float = true;
            self.at += 1;
            if self.byte(0).is_ascii_digit() {
                self.digits(start, 10)?;
            }
        }
        if matches!(self.byte(0), b'e' | b'E') {
            let sign = usize::from(matches!(self.byte(1), b'+' | b'-'));
            if self.byte(1 + sign).is_ascii_digit() {
                is_float = true;
                self.at += 1 + sign;
                self.digits(start, 10)?;
            }
        }
        if matches!(self.byte(0), b'j' | b'J') {
            self.at += 1;
            return self.end_of_number(start, Token::Imaginary);
        }
        if is_float {
            return self.end_of_number(start, Token::Float);
        }
        if leading_zeros {
            return Err(numerals::with_leading_zeros(self.text, Span::new(start, self.at)));
        }
        self.end_of_number(start, Token::Integer { radix: 10 })
    }

    /// The fast path for a number of up to nine decimal digits without leading zeros.
    fn few_digits(&mut self) -> Option<i32> {
        let rest = &self.text.as_bytes()[self.at..];
        let mut value = 0;
        let mut digits = 0;
        while let Some(digit @ b'0'..=b'9') = rest.get(digits) {
            if digits == 9 {
                return None;
            }
            value = value * 10 + i32::from(digit - b'0');
            digits += 1;
        }
        let goes_on =
            rest.get(digits).is_some_and(|byte| matches!(byte, b'.' | b'_' | 0x80..) || byte.is_ascii_alphabetic());
        if digits == 0 || goes_on || (digits > 1 && rest[0] == b'0') {
            return None;
        }
        self.at += digits;
        Some(value)
    }

    fn byte_at(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    /// At least one digit, with single underscores between digits.
    fn digits(&mut self, start: usize, radix: u32) -> Result<(), Error> {
        loop {
            let before = self.at;
            while (self.byte(0) as char).is_digit(radix) {
                self.at += 1;
            }
            if self.at == before {
                self.at += self.word_length();
                return self.error(start, Syntax::MalformedNumber);
            }
            if self.byte(0) != b'_' {
                return Ok(());
            }
            self.at += 1;
        }
    }

    /// Refuses a name directly after a number, unless the name is an operator.
    fn end_of_number(&mut self, start: usize, token: Token) -> Lexed {
        let end = self.at;
        let next = self.rest().chars().next().filter(|c| is_subscript(*c) || continues_name(*c));
        // A look-alike (`2·3`, or a digit of another script), not the beginning of a name. The rest is not read, since
        // for many of them the time would grow with the square of the text.
        if next.is_some_and(|c| c != '_' && !unicode_ident::is_xid_start(c)) {
            return self.unknown();
        }
        self.at += self.word_length();
        let word = &self.text[end..self.at];
        if word.is_empty() || matches!(word, "and" | "or" | "not" | "in" | "is" | "if" | "else" | "mod") {
            self.at = end;
            return Ok((token, Span::new(start, end)));
        }
        if word == "º" {
            return self.error(end, Syntax::Misspelled { found: word.to_owned(), meant: "°".to_owned() });
        }
        let (number, name) = (self.text[start..end].to_owned(), word.to_owned());
        self.error(start, Syntax::NumberThenName { number, name })
    }

    /// Reads a whole string, so that an error covers all of it.
    fn string(&mut self, start: usize) -> Lexed {
        let rest = self.rest();
        let quote = if rest.starts_with("\"\"\"") || rest.starts_with("'''") { &rest[..3] } else { &rest[..1] };
        self.at += quote.len();
        loop {
            if self.rest().starts_with(quote) {
                self.at += quote.len();
                return Ok((Token::String, Span::new(start, self.at)));
            }
            let Some(character) = self.rest().chars().next() else {
                return self.error(start, Syntax::UnterminatedString);
            };
            if quote.len() == 1 && matches!(character, '\n' | '\r') {
                return self.error(start, Syntax::UnterminatedString);
            }
            self.at += character.len_utf8();
            if character == '\\' {
                self.at += self.rest().chars().next().map_or(0, char::len_utf8);
            }
        }
    }
}

/// Unicode's superscripts of digits, signs, brackets and letters, and the plain character of each. `ª` and `º` are
/// ordinal signs, not superscripts.
/// and `º` are ordinals of some languages, not superscripts.
const RAISED: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵡ";
const ON_LINE: &str = "0123456789+-=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθφχ";

/// The plain character of a superscript.
pub(crate) fn lowered(character: char) -> Option<char> {
    // A quick test, since most characters are not superscripts.
    let may_be = matches!(character, '²' | '³' | '¹' | 'ʰ'..='ˤ' | 'ᴬ'..='ᶿ' | '⁰'..='ⁿ' | 'ⱽ');
    let at = may_be.then(|| RAISED.chars().position(|raised| raised == character))??;
    ON_LINE.chars().nth(at)
}

/// A run of superscripts in plain characters.
pub(crate) fn on_line(text: &str) -> String {
    text.chars().map(|character| lowered(character).unwrap_or(character)).collect()
}

pub(crate) fn to_superscript(number: u64) -> String {
    let digits: Vec<char> = RAISED.chars().take(10).collect();
    number.to_string().bytes().map(|digit| digits[usize::from(digit - b'0')]).collect()
}

/// Whether the character is a blank, but not the end of a line. As in Python, characters without a width are no blanks.
pub(crate) fn is_blank(character: char) -> bool {
    matches!(
        character,
        ' ' | '\t' | '\u{c}' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

/// As in Python, except that `·` multiplies and superscripts are exponents.
pub(crate) fn continues_name(character: char) -> bool {
    unicode_ident::is_xid_continue(character) && !matches!(character, '·' | '\u{387}') && lowered(character).is_none()
}

/// The value of a string token; `token` includes its prefix and quotes.
///
/// # Errors
///
/// A malformed or unsupported escape, or one that is no character, with its place in `token`.
pub(crate) fn string_value(token: &str) -> Result<String, (crate::error::ErrorKind, std::ops::Range<usize>)> {
    let quote_at = token.find(['"', '\'']).unwrap_or(0);
    let raw = token[..quote_at].eq_ignore_ascii_case("r");
    let quote = if token.len() >= quote_at + 6 && token[quote_at..].starts_with(&token[quote_at..=quote_at].repeat(3)) {
        3
    } else {
        1
    };
    let (start, end) = (quote_at + quote, token.len() - quote);
    let mut value = String::new();
    let mut rest = token[start..end].char_indices().peekable();
    while let Some((at, character)) = rest.next() {
        // Every form of newline becomes one character.
        if character == '\r' {
            rest.next_if(|(_, next)| *next == '\n');
            value.push('\n');
            continue;
        }
        if character != '\\' || raw {
            value.push(character);
            continue;
        }
        let Some((_, escape)) = rest.next() else {
            value.push('\\');
            break;
        };
        let mut digits = |radix: u32, most: usize, first: Option<char>| {
            let mut text: String = first.into_iter().collect();
            while text.len() < most {
                match rest.next_if(|(_, next)| next.is_digit(radix)) {
                    Some((_, digit)) => text.push(digit),
                    None => break,
                }
            }
            (u32::from_str_radix(&text, radix).ok(), text.len())
        };
        // The longest escape has ten characters.
        let length: usize = token[start + at..end].chars().take(10).map(char::len_utf8).sum();
        let place = start + at..start + at + length;
        let malformed = |place| Err((Syntax::MalformedEscape.into(), place));
        match escape {
            '\n' => {}
            '\r' => {
                rest.next_if(|(_, next)| *next == '\n');
            }
            '\\' | '\'' | '"' => value.push(escape),
            'a' => value.push('\u{7}'),
            'b' => value.push('\u{8}'),
            'f' => value.push('\u{c}'),
            'n' => value.push('\n'),
            'r' => value.push('\r'),
            't' => value.push('\t'),
            'v' => value.push('\u{b}'),
            '0'..='7' => match digits(8, 3, Some(escape)).0.and_then(char::from_u32) {
                Some(character) => value.push(character),
                None => return malformed(place),
            },
            'x' | 'u' | 'U' => {
                let wanted = match escape {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                match digits(16, wanted, None) {
                    // A single surrogate is not a character.
                    (Some(code), length) if length == wanted => match char::from_u32(code) {
                        Some(character) => value.push(character),
                        None => return malformed(place),
                    },
                    _ => return malformed(place),
                }
            }
            'N' => return Err((Feature::NamedCharacter.into(), place)),
            // As in Python, an unknown escape stays unchanged.
            other => value.extend(['\\', other]),
        }
    }
    Ok(value)
}

pub(crate) fn is_subscript(character: char) -> bool {
    matches!(character, '\u{2080}'..='\u{2089}' | '\u{2090}'..='\u{209c}')
}

/// The normal form of a name: NFKC of the part before the subscripts, as in Python; `π τ φ` are `pi tau phi`.
///
/// A word whose normal form is a keyword or not a single name stays unchanged: `ａｎｄ`, `ŀ`.
pub(crate) fn normal_name(word: &str) -> std::borrow::Cow<'_, str> {
    if word.is_ascii() {
        return word.into();
    }
    let stem = word.trim_end_matches(is_subscript);
    let mut name: String = stem.nfkc().collect();
    if !is_name(&name) {
        return word.into();
    }
    name.push_str(&word[stem.len()..]);
    match name.as_str() {
        "π" => "pi".into(),
        "τ" => "tau".into(),
        "φ" => "phi".into(),
        _ => name.into(),
    }
}

/// Whether a text is exactly one name.
pub(crate) fn is_name(text: &str) -> bool {
    let whole = Span::new(0, text.len());
    matches!(Lexer::new(text).next(), Ok((Token::Name, span)) if span == whole)
}

pub(crate) fn nfkc(name: &str) -> String {
    let stem = name.trim_end_matches(is_subscript);
    stem.nfkc().collect::<String>() + &name[stem.len()..]
}
