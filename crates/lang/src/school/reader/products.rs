//! Products without a sign, and where a reader may doubt how far they reach.

use super::{Edit, Meaning, Opener, Outcome, Reader, State, Step};
use crate::error::{Ambiguity, Span, Syntax};
use crate::school::tokens::{Command, Kind};

/// How many tokens an "and" stands before the comparison behind it, at most.
const NEAR: usize = 64;

impl Reader<'_, '_> {
    /// At a token that begins an operand, directly behind another operand.
    pub(super) fn juxtaposed(&mut self) -> Step {
        self.check_numbers()?;
        self.check_reach()?;
        self.check_and()?;
        let start = self.token().span.start;
        self.written.push("*", Span { start, end: start });
        let term = &mut self.frame().term;
        term.is_product = term.is_product || !term.is_long;
        term.is_long = true;
        term.power = None;
        term.is_percent = false;
        Ok(State::Operand)
    }

    /// Numbers on the right, and the letter that may be a sign.
    fn check_numbers(&self) -> Outcome<()> {
        let (this, last) = (self.token(), &self.tokens[self.at - 1]);
        let is_whole = |at: usize| {
            self.tokens
                .get(at)
                .is_some_and(|token| token.kind == Kind::Number && token.text.bytes().all(|byte| byte.is_ascii_digit()))
        };
        match this.kind {
            Kind::Number if last.kind == Kind::Number => {
                let is_fraction = self.ahead(1) == Kind::Divide && is_whole(self.at + 2);
                if is_whole(self.at - 1)
                    && is_whole(self.at)
                    && is_fraction
                    && self.span(self.at + 1).of(self.text) == "/"
                {
                    let whole = |sign: &str| {
                        let mut edits = self.bracketed(self.at - 1, self.at + 3);
                        let gap = Span { start: last.span.end, end: this.span.start };
                        edits.insert(1, Edit::replace(gap, sign));
                        edits
                    };
                    let span = last.span.to(self.span(self.at + 2));
                    return self.ambiguous(Ambiguity::MixedNumber, span, whole("+"), whole("*"));
                }
                self.numbers_side_by_side()
            }
            Kind::Number | Kind::Fraction(..) => {
                let gap = Span { start: last.span.end, end: this.span.start };
                let edit = |sign: &str| vec![Edit::replace(gap, sign)];
                self.ambiguous(Ambiguity::LostExponent, last.span.to(this.span), edit("*"), edit("^"))
            }
            Kind::Name
                if matches!(&*this.text, "x" | "X") && last.kind == Kind::Number && self.ahead(1) == Kind::Number =>
            {
                let edit = |sign: String| vec![Edit::replace(this.span, sign)];
                let span = last.span.to(self.span(self.at + 1));
                let letter = format!("*{}*", this.text);
                self.ambiguous(Ambiguity::LetterTimes, span, edit("*".to_owned()), edit(letter))
            }
            _ => Ok(()),
        }
    }

    /// `2 3`, `1 500 000`: all of them are one product, or one number.
    fn numbers_side_by_side(&self) -> Outcome<()> {
        let first = self.at - 1;
        let count = self.tokens[first..].iter().take_while(|token| token.kind == Kind::Number).count();
        let run = &self.tokens[first..first + count];
        // `1,5 2,5` is no number.
        if run.iter().filter(|token| !token.text.bytes().all(|byte| byte.is_ascii_digit())).count() > 1 {
            return self.fail(Syntax::MissingOperator { found: self.token().text.to_string() }, self.token().span);
        }
        let (mut product, mut joined) = (Vec::new(), Vec::new());
        for pair in run.windows(2) {
            let [left, right] = pair else { continue };
            let digits = right.span.of(self.text);
            // No number begins with zeros.
            let zeros = digits.bytes().take_while(|byte| *byte == b'0').count();
            let zeros = zeros.min(digits.bytes().take_while(u8::is_ascii_digit).count().saturating_sub(1));
            let end = Span { start: left.span.end, end: right.span.start + zeros as u32 };
            product.push(Edit::replace(end, "*"));
            joined.push(Edit::replace(Span { start: left.span.end, end: right.span.start }, ""));
        }
        let span = self.span(first).to(self.span(first + count - 1));
        self.ambiguous(Ambiguity::Numbers, span, product, joined)
    }

    /// What stands before may reach over the product, or only up to here.
    fn check_reach(&self) -> Outcome<()> {
        let frame = self.top();
        let (this, last) = (self.token(), &self.tokens[self.at - 1]);
        let extent = self.extent();
        let star = || vec![Edit::insert(this.span.start, "*")];
        if matches!(frame.opener, Opener::PercentOf) {
            let percent = &self.frames[self.frames.len() - 2];
            let end = extent.product(frame.token);
            let span = self.span(percent.operand.0).to(self.span(end - 1));
            let (inner, outer) = (self.bracketed(frame.token, end), self.bracketed(percent.operand.0, self.at));
            return self.ambiguous(Ambiguity::PercentReach, span, inner, outer);
        }
        if let Some(root) = frame.term.root {
            let operand = self.operand_of_root(root);
            let end = extent.product(operand);
            let span = self.span(root).to(self.span(end - 1));
            return self.ambiguous(Ambiguity::Root, span, star(), self.bracketed(operand, end));
        }
        // An exponent in brackets is complete.
        if let Some((base, exponent)) = frame.term.power
            && !matches!(last.kind, Kind::Close(_) | Kind::Bar)
            && matches!(this.kind, Kind::Name | Kind::Root | Kind::Command(Command::SquareRoot))
        {
            let end = extent.product(exponent);
            let span = self.span(base).to(self.span(end - 1));
            return self.ambiguous(Ambiguity::Exponent, span, self.bracketed(exponent, end), star());
        }
        if this.kind == Kind::Root && this.text != "√" && self.text[..this.span.end as usize].ends_with('√') {
            // `2³√8`: the exponent of the 2, or the index of the root.
            let index = Edit::insert(this.span.start, "*");
            let exponent = Edit::insert(this.span.end - '√'.len_utf8() as u32, "*");
            return self.ambiguous(Ambiguity::RootIndex, last.span.to(this.span), vec![index], vec![exponent]);
        }
        if let Some(divisor) = frame.term.divisor {
            let end = extent.product(divisor);
            let span = self.span(divisor.saturating_sub(1)).to(self.span(end - 1));
            return self.ambiguous(Ambiguity::AfterDivision, span, star(), self.bracketed(divisor, end));
        }
        Ok(())
    }

    /// `x > 1 e x < 5`: Portuguese's "and", or Euler's number.
    fn check_and(&self) -> Outcome<()> {
        let this = self.token();
        let is_letter = this.text == "e" && matches!(self.meaning_at(self.at), Some(Meaning::Constant(_)));
        if !is_letter || !self.top().is_compared || !self.ahead(1).begins_operand() {
            return Ok(());
        }
        let is_end = |kind: Kind| matches!(kind, Kind::Compare | Kind::And | Kind::Or | Kind::Comma { .. });
        // Nearby: a look-ahead to the end at each e would take as long as the square of the text.
        let next = self.extent().next_in_brackets(self.at, self.at + NEAR, is_end);
        if next.is_none_or(|next| self.tokens[next].kind != Kind::Compare) {
            return Ok(());
        }
        let edit = |sign: &str| vec![Edit::replace(this.span, sign)];
        self.ambiguous(Ambiguity::And, this.span, edit("∧"), edit("*e*"))
    }
}
