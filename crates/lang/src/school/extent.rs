//! How far brackets, operands and products reach, seen in the tokens alone.

use super::tokens::{Kind, Token};

pub(super) struct Extent<'a, 't> {
    pub(super) tokens: &'a [Token<'t>],
    /// For each token that opens a bracket, the one that closes it, if there is one.
    pub(super) closings: &'a [Option<u32>],
}

/// The token that closes each bracket, of whatever kind the two are.
pub(super) fn closings(tokens: &[Token<'_>]) -> Vec<Option<u32>> {
    let (mut closings, mut open) = (vec![None; tokens.len()], Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Open(_) => open.push(at),
            Kind::Close(_) => {
                if let Some(opening) = open.pop() {
                    closings[opening] = Some(at as u32);
                }
            }
            _ => {}
        }
    }
    closings
}

/// For each bar, how many follow it in the same brackets, before the next separator.
pub(super) fn bars_behind(tokens: &[Token<'_>]) -> Vec<u32> {
    if !tokens.iter().any(|token| token.kind == Kind::Bar) {
        return Vec::new();
    }
    let (mut behind, mut outside, mut bars) = (vec![0; tokens.len()], Vec::new(), 0);
    for (at, token) in tokens.iter().enumerate().rev() {
        match token.kind {
            Kind::Close(_) => outside.push(std::mem::take(&mut bars)),
            Kind::Open(_) => bars = outside.pop().unwrap_or(0),
            Kind::Comma { .. } | Kind::Semicolon => bars = 0,
            Kind::Bar => {
                behind[at] = bars;
                bars += 1;
            }
            _ => {}
        }
    }
    behind
}

impl Extent<'_, '_> {
    fn kind(&self, at: usize) -> Kind {
        self.tokens.get(at).map_or(Kind::End, |token| token.kind)
    }

    /// The bracket that closes the one at `open`.
    pub(super) fn closing(&self, open: usize) -> Option<usize> {
        self.closings.get(open).copied().flatten().map(|at| at as usize)
    }

    /// Behind the bracket or bar that closes the one at `open`; the end of the text where none does.
    pub(super) fn behind_bracket(&self, open: usize) -> usize {
        let closing = match self.kind(open) {
            Kind::Bar => self.next_in_brackets(open + 1, self.tokens.len(), |kind| kind == Kind::Bar),
            _ => self.closing(open),
        };
        closing.map_or(self.tokens.len() - 1, |at| at + 1)
    }

    /// Behind the operand that begins at `at`, with its postfix operators and exponents.
    pub(super) fn operand(&self, mut at: usize) -> usize {
        loop {
            // Signs, roots and the exponent of a power: an operand follows.
            while matches!(self.kind(at), Kind::Plus | Kind::Minus | Kind::Root) {
                at += 1;
            }
            at = match self.kind(at) {
                Kind::Open(_) | Kind::Bar => self.behind_bracket(at),
                Kind::Command(_) => {
                    at += 1;
                    while matches!(self.kind(at), Kind::Open('{' | '[')) {
                        at = self.behind_bracket(at);
                    }
                    at
                }
                Kind::Number | Kind::Fraction(..) | Kind::Name | Kind::String | Kind::Constant => at + 1,
                _ => return at,
            };
            loop {
                at = match self.kind(at) {
                    Kind::Bang | Kind::Degree | Kind::Percent => at + 1,
                    Kind::RunStart => self.behind_run(at),
                    _ => break,
                };
            }
            if self.kind(at) != Kind::Power {
                return at;
            }
            at += 1;
        }
    }

    pub(super) fn behind_run(&self, at: usize) -> usize {
        (at..self.tokens.len()).find(|at| self.kind(*at) == Kind::RunEnd).map_or(self.tokens.len() - 1, |end| end + 1)
    }

    /// Behind the product without signs that begins at `at`.
    pub(super) fn product(&self, at: usize) -> usize {
        let mut end = self.operand(at);
        while self.kind(end).begins_operand() && end > at {
            let next = self.operand(end);
            if next == end {
                break;
            }
            end = next;
        }
        end
    }

    /// Behind the term that begins at `at`: products with `*`, `/` and their like between them.
    pub(super) fn term(&self, at: usize) -> usize {
        let mut end = self.product(at);
        while matches!(self.kind(end), Kind::Times | Kind::Divide | Kind::Colon) {
            let next = self.product(end + 1);
            if next == end + 1 {
                break;
            }
            end = next;
        }
        end
    }

    /// The next of the tokens from `at` on, before `end`, that `is` it, in the same brackets and the same statement.
    pub(super) fn next_in_brackets(&self, mut at: usize, end: usize, is: impl Fn(Kind) -> bool) -> Option<usize> {
        while at < end {
            match self.kind(at) {
                kind if is(kind) => return Some(at),
                Kind::Open(_) => at = self.closing(at)?,
                Kind::Close(_) | Kind::Semicolon | Kind::End => return None,
                _ => {}
            }
            at += 1;
        }
        None
    }
}
