//! Where an operator is expected.

use std::borrow::Cow;

use super::{Edit, Meaning, Opener, Outcome, Reader, State, Step, Term};
use crate::error::{Ambiguity, NotationError, Syntax};
use crate::school::names::Operator;
use crate::school::tokens::Kind;

impl<'s> Reader<'_, 's> {
    pub(super) fn operator(&mut self) -> Step {
        let (kind, python, words) = match self.operator_at(self.at) {
            Some((Operator::Sign(kind, python), words)) => (kind, python, words),
            Some((Operator::Raised(exponent), words)) => return self.raised_by_word(exponent, words),
            Some((Operator::Of, _)) => {
                let found = self.token().text.to_string();
                return self.fail(Syntax::ExpectedOperator { found }, self.token().span);
            }
            None => (self.token().kind, &*self.token().text, 1),
        };
        if let Opener::Argument { plain, .. } = self.top().opener
            && !self.goes_on(kind, plain)?
        {
            self.end_argument();
            return Ok(State::Operator);
        }
        match kind {
            Kind::Bang => self.factorial(),
            Kind::Degree => {
                self.check_percent()?;
                self.frame().term.is_long = true;
                self.write();
                Ok(State::Operator)
            }
            Kind::RunStart => self.begin_run(),
            Kind::Percent => self.percent(),
            Kind::Power => self.power(words),
            Kind::Bar => self.bar(),
            kind if kind.begins_operand() => self.juxtaposed(),
            Kind::Comma { .. } | Kind::Semicolon if self.is_in_brackets() => self.separator(),
            Kind::Comma { .. } => {
                self.comma_between_numbers()?;
                self.end_arguments();
                self.write();
                self.begin_sum();
                Ok(State::Operand)
            }
            Kind::Semicolon | Kind::End => self.end(),
            Kind::Newline => self.newline(State::Operator),
            Kind::Close(bracket) => self.close(bracket),
            Kind::RunEnd => self.end_run(),
            Kind::UnknownCommand => self.unknown_command(),
            Kind::Foreign => self.foreign(),
            Kind::BangEqual => self.factorial_or_not_equal(self.at),
            Kind::Not => {
                // `not in`.
                self.end_arguments();
                self.write();
                Ok(State::Operator)
            }
            Kind::Other => self.stray(),
            Kind::String | Kind::Constant | Kind::Assign => {
                self.end_arguments();
                self.write();
                Ok(if kind == Kind::Assign { State::Operand } else { State::Operator })
            }
            _ => {
                self.end_arguments();
                self.infix(kind, python, words)
            }
        }
    }

    /// Whether a token goes on with an argument without brackets. Plain ones go on up to the next function or operator.
    fn goes_on(&self, kind: Kind, plain: bool) -> Outcome<bool> {
        let is_function = |at: usize| {
            let token = self.tokens.get(at).filter(|token| token.kind == Kind::Name);
            token.is_some_and(|token| {
                matches!(self.meaning_at(at), Some(Meaning::Function(_) | Meaning::Own))
                    || self.logarithm_of_base(&token.text).is_some()
                    || crate::school::names::phrase_of_function(self.folded(at)).is_some()
            })
        };
        let behind_product = || self.extent().product(self.top().token);
        match kind {
            Kind::Power | Kind::RunStart | Kind::Degree | Kind::Number => Ok(true),
            Kind::Name if is_function(self.at) => Ok(false),
            Kind::Name | Kind::Fraction(..) if plain => Ok(true),
            Kind::Bar if self.is_in_bars() => Ok(false),
            Kind::Name | Kind::Fraction(..) | Kind::Open(_) | Kind::Bar | Kind::Root | Kind::Command(_) => {
                self.refuse_argument(behind_product())
            }
            Kind::Times | Kind::Divide => {
                if is_function(self.at + 1) {
                    Ok(false)
                } else {
                    self.refuse_argument(self.extent().term(self.top().token))
                }
            }
            Kind::Colon if self.frames.iter().any(|frame| matches!(frame.opener, Opener::Question)) => Ok(false),
            Kind::Colon if is_function(self.at + 1) => Ok(false),
            Kind::Colon => self.refuse_argument(self.extent().term(self.top().token)),
            Kind::Bang | Kind::Percent => self.refuse_argument(self.at + 1),
            _ => Ok(false),
        }
    }

    /// The argument that is read may end here, or before the token `end`.
    pub(super) fn refuse_argument<T>(&self, end: usize) -> Outcome<T> {
        let start = self.top().token;
        let end = end.max(self.at + 1);
        let span = self.span(start.saturating_sub(1)).to(self.span(end - 1));
        self.ambiguous(Ambiguity::Argument, span, self.bracketed(start, end), self.bracketed(start, self.at))
    }

    /// Refuses a postfix operator behind a percentage.
    fn check_percent(&self) -> Outcome<()> {
        if self.top().term.percent.is_none() {
            return Ok(());
        }
        let from = self.span(self.top().operand.0).start;
        let found = self.token().text.to_string();
        self.fail(Syntax::NeedsBrackets { found, from }, self.token().span)
    }

    fn factorial(&mut self) -> Step {
        self.check_percent()?;
        if self.ahead(1) == Kind::Bang {
            return self.fail(NotationError::DoubleFactorial, self.token().span.to(self.span(self.at + 1)));
        }
        if self.ahead(1) == Kind::Assign {
            return self.factorial_or_not_equal(self.at + 1);
        }
        self.write();
        Ok(State::Operator)
    }

    /// `5!=120`, up to the token `last`.
    fn factorial_or_not_equal(&self, last: usize) -> Step {
        let span = self.token().span.to(self.span(last));
        let (factorial, unequal) = (vec![Edit::replace(span, "! == ")], vec![Edit::replace(span, " ≠ ")]);
        self.ambiguous(Ambiguity::FactorialOrNotEqual, span, factorial, unequal)
    }

    fn power(&mut self, words: usize) -> Step {
        let exponent = self.at + words;
        self.check_raised(|extent| extent.operand(exponent))?;
        let frame = self.frame();
        let base = frame.term.power.map_or(frame.operand.0, |(base, _)| base);
        frame.term.power = Some((base, exponent));
        frame.term.is_long = true;
        frame.term.is_product = false;
        self.write_words("**", words);
        Ok(State::Operand)
    }

    /// `squared`.
    fn raised_by_word(&mut self, exponent: &'static str, words: usize) -> Step {
        if matches!(self.top().opener, Opener::Argument { .. }) {
            return self.refuse_argument(self.at + words);
        }
        self.check_raised(|_| self.at + words)?;
        let base = self.top().operand.1;
        self.written.insert(base, "(");
        self.write_words(format!("**{exponent})"), words);
        self.frame().term.is_long = true;
        Ok(State::Operator)
    }

    /// Writes what so many tokens stand for.
    pub(super) fn write_words(&mut self, python: impl Into<Cow<'s, str>>, words: usize) {
        let span = self.token().span.to(self.span(self.at + words - 1));
        self.written.push(python, span);
        self.at += words;
    }

    /// An operator between two operands.
    fn infix(&mut self, kind: Kind, python: &'s str, words: usize) -> Step {
        match kind {
            Kind::Colon if matches!(self.top().opener, Opener::Question) => {
                self.pop();
                self.write();
                self.begin_sum();
            }
            Kind::Times | Kind::Divide | Kind::Colon => {
                self.write_words(if kind == Kind::Colon { "/" } else { python }, words);
                let divisor = (kind != Kind::Times).then_some(self.at);
                let term = &mut self.frame().term;
                *term = Term { start: term.start, divisor, is_long: true, ..Term::default() };
            }
            Kind::Plus | Kind::Minus | Kind::SetOperator => {
                let piece = self.written.len();
                self.write_words(python, words);
                let at = self.at;
                let frame = self.frame();
                let sum = &mut frame.sum;
                sum.left_is_percent = sum.signs == 0 && frame.term.is_percent;
                sum.signs += 1;
                sum.left_is_open = std::mem::replace(&mut sum.is_open, true);
                sum.sign = (kind != Kind::SetOperator).then_some((piece, kind == Kind::Minus));
                frame.term = Term { start: at, ..Term::default() };
            }
            Kind::Question => {
                let (at, piece) = (self.at, self.written.len());
                self.write();
                self.push(Opener::Question, at, piece)?;
            }
            _ => {
                self.write_words(python, words);
                self.begin_sum();
                let is_compared = kind == Kind::Compare;
                let frame = self.frame();
                frame.is_compared = is_compared || (frame.is_compared && kind == Kind::Xor);
            }
        }
        Ok(State::Operand)
    }
}
