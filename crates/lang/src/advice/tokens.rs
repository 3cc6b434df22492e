//! The tokens of a text, which may be invalid: characters outside tokens are skipped.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::error::Span;
use crate::lexer::{Lexer, Token, normal_name};

pub(super) struct Tokens<'t> {
    pub(super) text: &'t str,
    list: Vec<(Token, Span)>,
}

impl<'t> Tokens<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let mut list = Vec::new();
        let mut from = 0;
        // A lexer stops at an error; the next one continues after it.
        while from <= text.len() {
            let mut lexer = Lexer::new(&text[from..]);
            let error = loop {
                match lexer.next() {
                    Ok((token, span)) => {
                        let span = Span { start: span.start + from as u32, end: span.end + from as u32 };
                        list.push((token, span));
                        if token == Token::End {
                            return Self { text, list };
                        }
                    }
                    Err(error) => break error,
                }
            };
            let next = from + error.span.end as usize;
            from = if next > from + error.span.start as usize { next } else { text.len() };
            if next >= text.len() {
                break;
            }
        }
        list.push((Token::End, Span::new(text.len(), text.len())));
        Self { text, list }
    }

    /// The index of the first token at or after `start`.
    pub(super) fn from(&self, start: u32) -> usize {
        self.list.partition_point(|(_, span)| span.start < start)
    }

    pub(super) fn get(&self, at: usize) -> Option<(Token, Span)> {
        self.list.get(at).copied()
    }

    pub(super) fn token(&self, at: usize) -> Option<Token> {
        self.get(at).map(|(token, _)| token)
    }

    pub(super) fn spelled(&self, at: usize) -> &'t str {
        self.get(at).map_or("", |(_, span)| span.of(self.text))
    }

    /// Whether the byte at `at` is inside a string.
    pub(super) fn has_string_at(&self, at: usize) -> bool {
        let (token, span) =
            self.list[self.list.partition_point(|(_, span)| span.end as usize <= at).min(self.list.len() - 1)];
        token == Token::String && span.start as usize <= at
    }

    /// The token before `at`, without newlines.
    pub(super) fn before(&self, at: usize) -> Option<(usize, Token, Span)> {
        self.list[..at.min(self.list.len())]
            .iter()
            .enumerate()
            .rfind(|(_, (token, _))| *token != Token::Newline)
            .map(|(at, (token, span))| (at, *token, *span))
    }

    /// The bracket that closes the bracket at `open`.
    pub(super) fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for (at, (token, _)) in self.list.iter().enumerate().skip(open) {
            match token {
                Token::Open(_) => depth += 1,
                Token::Close(_) if depth == 1 => return Some(at),
                Token::Close(_) => depth = depth.checked_sub(1)?,
                _ => {}
            }
        }
        None
    }

    /// The bracket that the bracket at `close` closes.
    pub(super) fn opening(&self, close: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for at in (0..=close.min(self.list.len().saturating_sub(1))).rev() {
            match self.list[at].0 {
                Token::Close(_) => depth += 1,
                Token::Open(_) if depth == 1 => return Some(at),
                Token::Open(_) => depth = depth.checked_sub(1)?,
                _ => {}
            }
        }
        None
    }

    /// The end of what begins at `at`: the first token outside brackets that `ends` it, or an unmatched bracket.
    pub(super) fn end(&self, at: usize, ends: impl Fn(Token) -> bool) -> usize {
        let mut depth = 0_usize;
        for (here, (token, _)) in self.list.iter().enumerate().skip(at) {
            match token {
                Token::End => return here,
                Token::Open(_) => depth += 1,
                Token::Close(_) if depth == 0 => return here,
                Token::Close(_) => depth -= 1,
                token if depth == 0 && ends(*token) => return here,
                _ => {}
            }
        }
        self.list.len().saturating_sub(1)
    }

    /// Whether the text defines `name`: by a statement, or as a bound name or parameter.
    pub(super) fn defines(&self, name: &str) -> bool {
        self.defined().contains(name)
    }

    pub(super) fn defined(&self) -> HashSet<Cow<'t, str>> {
        let has = |wanted: Token| self.list.iter().any(|(token, _)| *token == wanted);
        let defines_functions = has(Token::AssignFormula);
        let assigns = defines_functions || has(Token::Assign);
        let is_bound = |at: usize| {
            let before = at.checked_sub(1).map(|before| self.list[before].0);
            match (before, self.token(at + 1)) {
                (_, Some(Token::Assign | Token::AssignFormula | Token::Walrus)) => true,
                (Some(Token::Comma), Some(Token::Comma)) => true,
                (Some(Token::Open('(') | Token::Comma), Some(Token::Comma | Token::Close(')'))) => defines_functions,
                // `a, b = 1, 2`.
                (None | Some(Token::Semicolon | Token::Newline), Some(Token::Comma)) => assigns,
                _ => false,
            }
        };
        let names = self.list.iter().enumerate().filter(|(at, (token, _))| *token == Token::Name && is_bound(*at));
        names.map(|(_, (_, span))| normal_name(span.of(self.text))).collect()
    }

    /// Whether a statement assigns to `name`.
    pub(super) fn assigns(&self, name: &str) -> bool {
        self.list.windows(2).any(|pair| {
            matches!(pair[1].0, Token::Assign | Token::AssignFormula)
                && pair[0].0 == Token::Name
                && normal_name(pair[0].1.of(self.text)) == name
        })
    }

    /// The last token of the operand that begins at `at`, with a sign before it and the operators that bind to it.
    pub(super) fn operand_end(&self, at: usize) -> Option<usize> {
        let mut at = at;
        while matches!(self.token(at)?, Token::Minus | Token::Plus | Token::Root)
            || (self.token(at)? == Token::Superscript && self.token(at + 1)? == Token::Root)
        {
            at += 1;
        }
        if !self.token(at)?.is_operand() {
            return None;
        }
        if let Token::Open(_) = self.token(at)? {
            at = self.closing(at)?;
        }
        loop {
            let end = self.get(at)?.1.end;
            match self.get(at + 1)? {
                (Token::Open('(' | '['), next) if next.start == end => at = self.closing(at + 1)?,
                (Token::Superscript | Token::Bang | Token::Degree, next) if next.start == end => at += 1,
                _ => return Some(at),
            }
        }
    }

    /// The first token of the operand that ends at `at`, without a sign before it.
    pub(super) fn operand_start(&self, at: usize) -> Option<usize> {
        let mut at = at;
        while matches!(self.token(at)?, Token::Superscript | Token::Bang | Token::Degree) {
            at = at.checked_sub(1)?;
        }
        loop {
            match self.token(at)? {
                Token::Close(_) => at = self.opening(at)?,
                token if token.is_operand() => {}
                _ => return None,
            }
            // A call or an index belongs to the token directly before it.
            let Some(before) = at.checked_sub(1) else { return Some(at) };
            let (token, span) = self.get(before)?;
            let is_callee = matches!(self.token(at)?, Token::Open('(' | '['))
                && span.end == self.get(at)?.1.start
                && matches!(token, Token::Name | Token::Close(_));
            match token {
                _ if is_callee => at = before,
                Token::Root => {
                    let index = before.checked_sub(1).filter(|index| self.token(*index) == Some(Token::Superscript));
                    return Some(index.unwrap_or(before));
                }
                _ => return Some(at),
            }
        }
    }

    /// Whether the token at `at` ends an operand.
    pub(super) fn ends_operand(&self, at: usize) -> bool {
        self.token(at).is_some_and(|token| {
            token.is_number()
                || matches!(token, Token::Name | Token::String | Token::True | Token::False | Token::None)
                || matches!(token, Token::Close(_) | Token::Superscript | Token::Bang | Token::Degree)
        })
    }

    /// The text with each byte of strings, comments and characters outside ASCII overwritten; its length is the same.
    pub(super) fn code(&self) -> Vec<u8> {
        let mut code: Vec<u8> = self.text.bytes().map(|byte| if byte.is_ascii() { byte } else { b'~' }).collect();
        let mut end = 0;
        for (token, span) in &self.list {
            let (start, last) = (span.start as usize, span.end as usize);
            let gap = code.get(end..start).unwrap_or_default();
            if let Some(comment) = gap.iter().position(|byte| *byte == b'#') {
                code[end + comment..start].fill(b' ');
            }
            if *token == Token::String {
                code[start..last].fill(b'~');
            }
            end = last;
        }
        code
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (Token, Span)> {
        self.list.iter().copied()
    }

    /// The text from the beginning of one token to the end of another.
    pub(super) fn between(&self, first: usize, last: usize) -> &'t str {
        match (self.get(first), self.get(last)) {
            (Some((_, first)), Some((_, last))) => first.to(last).of(self.text),
            _ => "",
        }
    }
}

pub(super) fn ends_statement(token: Token) -> bool {
    matches!(token, Token::Semicolon | Token::Newline)
}
