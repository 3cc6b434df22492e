//! The tokens of math.js's notation. Which they are depends on where the parser is: a line ends a statement outside of
//! brackets only, and `'` is a string or a transposition.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An operator, a bracket, a separator, a word that is an operator, or the end.
    Delimiter,
    Number,
    Symbol,
}

/// The words that are operators.
pub(super) const NAMED: [&str; 7] = ["mod", "to", "in", "and", "xor", "or", "not"];

/// A syntax error, in the form of JavaScript's `toString()`.
#[derive(Debug)]
pub(super) struct SyntaxError(pub(super) String);

/// The place in a text, with the token before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    /// In bytes: where the token begins and ends.
    start: usize,
    end: usize,
    pub(super) kind: Kind,
    /// How deep in brackets.
    pub(super) nesting: u32,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, start: 0, end: 0, kind: Kind::Delimiter, nesting: 0 }
    }

    pub(super) fn token(&self) -> &'t str {
        &self.text[self.start..self.end]
    }

    /// Whether the token is this delimiter.
    pub(super) fn is(&self, delimiter: &str) -> bool {
        self.kind == Kind::Delimiter && self.token() == delimiter
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.kind == Kind::Delimiter && self.start == self.end
    }

    /// Whether the token ends a statement.
    pub(super) fn is_separator(&self) -> bool {
        self.is("\n") || self.is(";")
    }

    fn rest(&self) -> &'t str {
        &self.text[self.end..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn peek_second(&self) -> Option<char> {
        self.rest().chars().nth(1)
    }

    fn take_while(&mut self, is_part: impl Fn(char) -> bool) {
        self.end += self.rest().find(|c| !is_part(c)).unwrap_or(self.rest().len());
    }

    /// An error at the token. The place is counted in JavaScript's characters, from 1.
    pub(super) fn error<T>(&self, words: &str) -> Result<T, SyntaxError> {
        let place = self.text[..self.start].encode_utf16().count() + 1;
        Err(SyntaxError(format!("SyntaxError: {words} (char {place})")))
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Result<(), SyntaxError> {
        loop {
            if self.peek() == Some('#') {
                self.take_while(|c| c != '\n');
            }
            let is_in_brackets = self.nesting > 0;
            let before = self.end;
            self.take_while(|c| matches!(c, ' ' | '\t' | '\u{a0}') || c == '\n' && is_in_brackets);
            if self.end == before {
                break;
            }
        }
        self.start = self.end;
        self.kind = Kind::Delimiter;
        let Some(first) = self.peek() else { return Ok(()) };
        if let Some(length) = delimiter(self.rest()) {
            self.end += length;
            return Ok(());
        }
        if first.is_ascii_digit() || first == '.' {
            return self.number();
        }
        if is_letter(first) {
            self.take_while(|c| is_letter(c) || c.is_ascii_digit());
            self.kind = if NAMED.contains(&self.token()) { Kind::Delimiter } else { Kind::Symbol };
            return Ok(());
        }
        self.end = self.text.len();
        self.error(&format!("Syntax error in part \"{}\"", self.token()))
    }

    /// The next token that is no end of a line.
    pub(super) fn next_in_line(&mut self) -> Result<(), SyntaxError> {
        loop {
            self.next()?;
            if !self.is("\n") {
                return Ok(());
            }
        }
    }

    fn number(&mut self) -> Result<(), SyntaxError> {
        self.kind = Kind::Number;
        if ["0b", "0o", "0x"].iter().any(|prefix| self.rest().starts_with(prefix)) {
            self.end += 2;
            let is_part = |c| is_letter(c) || char::is_ascii_digit(&c);
            self.take_while(is_part);
            if self.peek() == Some('.') {
                self.end += 1;
                self.take_while(is_part);
            }
            return Ok(());
        }
        if self.peek() == Some('.') {
            self.end += 1;
            if !self.peek().is_some_and(|c| c.is_ascii_digit()) {
                self.kind = Kind::Delimiter;
                return Ok(());
            }
        } else {
            self.take_while(|c| c.is_ascii_digit());
            if self.is_point() {
                self.end += 1;
            }
        }
        self.take_while(|c| c.is_ascii_digit());
        if !matches!(self.peek(), Some('e' | 'E')) {
            return Ok(());
        }
        let second = self.peek_second();
        if second.is_some_and(|c| c.is_ascii_digit() || matches!(c, '+' | '-')) {
            self.end += 1;
            if matches!(self.peek(), Some('+' | '-')) {
                self.end += 1;
            }
            let digits = self.end;
            self.take_while(|c| c.is_ascii_digit());
            if self.end == digits || self.is_point() {
                return self.digit_expected();
            }
        } else if second == Some('.') && !is_operator_after_point(self.rest().chars().nth(2)) {
            self.end += 1;
            return self.digit_expected();
        }
        Ok(())
    }

    fn is_point(&self) -> bool {
        self.peek() == Some('.') && !is_operator_after_point(self.peek_second())
    }

    fn digit_expected(&self) -> Result<(), SyntaxError> {
        let found = self.peek().map(String::from).unwrap_or_default();
        self.error(&format!("Digit expected, got \"{found}\""))
    }

    /// The string that the quote before begins; the token after it is next.
    pub(super) fn string(&mut self) -> Result<String, SyntaxError> {
        let quote = self.token().chars().next().unwrap_or('"');
        let (mut string, mut units) = (String::new(), Vec::new());
        loop {
            let c = self.peek().filter(|c| *c != quote);
            if c != Some('\\') || self.peek_second() != Some('u') {
                // Escapes of a pair of surrogates are one character.
                string.push_str(&String::from_utf16_lossy(&units));
                units.clear();
            }
            let Some(c) = c else { break };
            self.end += c.len_utf8();
            if c != '\\' {
                string.push(c);
                continue;
            }
            let escaped = self.peek();
            self.start = self.end;
            match escaped.and_then(unescaped) {
                Some(unescaped) => {
                    string.push(unescaped);
                    self.end += 1;
                }
                None if escaped == Some('u') => {
                    let digits: String = self.rest().chars().skip(1).take(4).collect();
                    let unit = u16::from_str_radix(&digits, 16).ok();
                    let is_unit = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                    let Some(unit) = unit.filter(|_| is_unit) else {
                        return self.error(&format!("Invalid unicode character \\u{digits}"));
                    };
                    units.push(unit);
                    self.end += 5;
                }
                None => {
                    let escaped = escaped.map(String::from).unwrap_or_default();
                    return self.error(&format!("Bad escape character \\{escaped}"));
                }
            }
        }
        self.next()?;
        if !self.token().starts_with(quote) {
            return self.error(&format!("End of string {quote} expected"));
        }
        self.next()?;
        Ok(string)
    }
}

/// A point before these is part of an operator: `2.*3`.
fn is_operator_after_point(second: Option<char>) -> bool {
    matches!(second, Some('/' | '*' | '^'))
}

fn unescaped(c: char) -> Option<char> {
    Some(match c {
        '"' | '\'' | '\\' | '/' => c,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        _ => return None,
    })
}

/// The length of the delimiter at the beginning of a text.
fn delimiter(text: &str) -> Option<usize> {
    const LONG: [&str; 12] = [".*", "./", ".^", "^|", "??", "==", "!=", "<=", ">=", "<<", ">>", "?."];
    if text.starts_with(">>>") {
        return Some(3);
    }
    if let Some(found) = LONG.iter().find(|found| text.starts_with(**found)) {
        // `a?.3:.7` is a conditional.
        let is_conditional = *found == "?." && text[2..].starts_with(|c: char| c.is_ascii_digit());
        return Some(if is_conditional { 1 } else { 2 });
    }
    text.starts_with(|c| ",()[]{}\"';+-*/%^~!&|=:?<>\n".contains(c)).then_some(1)
}

fn is_letter(c: char) -> bool {
    matches!(c, 'a'..='z' | 'A'..='Z' | '_' | '$'
        | '\u{c0}'..='\u{2af}' | '\u{370}'..='\u{3ff}' | '\u{2100}'..='\u{214f}' | '\u{1d400}'..='\u{1d7ff}')
}
