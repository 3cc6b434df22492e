//! How far operands and products reach, seen in the tokens alone. Used only for readings of a refused text.

use super::tokens::{Kind, Token};

pub(super) struct Extent<'a, 't>(pub(super) &'a [Token<'t>]);

impl Extent<'_, '_> {
    fn kind(&self, at: usize) -> Kind {
        self.0.get(at).map_or(Kind::End, |token| token.kind)
    }

    /// Behind the bracket or bar that closes the one at `open`.
    pub(super) fn behind_bracket(&self, open: usize) -> usize {
        let is_bar = self.kind(open) == Kind::Bar;
        let mut depth = 0;
        for at in open..self.0.len() {
            match self.kind(at) {
                Kind::Open(_) => depth += 1,
                Kind::Close(_) => depth -= 1,
                Kind::Bar if is_bar && at > open && depth == 0 => return at + 1,
                Kind::End => return at,
                _ => {}
            }
            if !is_bar && depth == 0 {
                return at + 1;
            }
        }
        self.0.len() - 1
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
        (at..self.0.len()).find(|at| self.kind(*at) == Kind::RunEnd).map_or(self.0.len() - 1, |end| end + 1)
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

    /// The next of the tokens from `at` on that `is` it, in the same brackets and the same statement.
    pub(super) fn next_in_brackets(&self, at: usize, is: impl Fn(Kind) -> bool) -> Option<usize> {
        let mut depth = 0;
        for at in at..self.0.len() {
            match self.kind(at) {
                kind if depth == 0 && is(kind) => return Some(at),
                Kind::Open(_) => depth += 1,
                Kind::Close(_) if depth == 0 => return None,
                Kind::Close(_) => depth -= 1,
                Kind::Semicolon | Kind::End if depth == 0 => return None,
                _ => {}
            }
        }
        None
    }
}
