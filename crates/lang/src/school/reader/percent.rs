//! Percentages: a hundredth, a part of something, or a change of the sum before them.

use super::{Edit, Meaning, Opener, Outcome, Reader, State, Step};
use crate::error::{Ambiguity, ErrorKind, Syntax};
use crate::school::names::Operator;
use crate::school::tokens::Kind;

impl Reader<'_, '_> {
    /// At `%`.
    pub(super) fn percent(&mut self) -> Step {
        self.check_base()?;
        if let Some((Operator::Of, words)) = self.operator_at(self.at + 1) {
            return self.percent_of(words);
        }
        let next = self.kind_of_operator(self.at + 1);
        let closes = next == Kind::Bar && self.is_in_bars();
        if next.begins_operand() && !closes {
            let span = self.token().span;
            let behind = &self.tokens[self.at + 1];
            // `20% off 50`: a word is no value.
            let is_word = behind.kind == Kind::Name && behind.text.chars().nth(1).is_some();
            if is_word && matches!(self.meaning_at(self.at + 1), Some(Meaning::Unknown)) {
                return self.fail(ErrorKind::UnknownName { name: behind.text.to_string() }, behind.span);
            }
            let edit = |sign: &str| vec![Edit::replace(span, sign)];
            return self.ambiguous(Ambiguity::PercentBeforeValue, span, edit(" mod "), edit("%*"));
        }
        if matches!(next, Kind::Bang | Kind::Degree | Kind::Percent) {
            let from = self.span(self.top().operand.0).start;
            let found = self.tokens[self.at + 1].text.to_string();
            return self.fail(Syntax::NeedsBrackets { found, from }, self.span(self.at + 1));
        }
        let is_question = self.frames.iter().any(|frame| matches!(frame.opener, Opener::Question));
        let is_factor = matches!(next, Kind::Times | Kind::Divide) || (next == Kind::Colon && !is_question);
        let is_last = self.top().sum.sign.is_some() && !is_factor;
        if is_last && self.top().term.is_product {
            let start = self.top().term.start;
            let span = self.span(start).to(self.token().span);
            let (all, last) = (self.bracketed(start, self.at), self.bracketed(start, self.at + 1));
            return self.ambiguous(Ambiguity::PercentReach, span, all, last);
        }
        if is_last && !self.top().term.is_long && !matches!(next, Kind::RunStart | Kind::Power) {
            return self.change();
        }
        self.hundredth();
        Ok(State::Operator)
    }

    /// What `%` may stand behind: an operand, perhaps with `!`.
    fn check_base(&self) -> Outcome<()> {
        let frame = self.top();
        let at = self.at;
        if let Some((base, exponent)) = frame.term.power {
            let span = self.span(base).to(self.token().span);
            let (whole, part) = (self.bracketed(base, at), self.bracketed(exponent, at + 1));
            return self.ambiguous(Ambiguity::PercentReach, span, whole, part);
        }
        if let Some(root) = frame.term.root {
            let operand = self.operand_of_root(root);
            let span = self.span(root).to(self.token().span);
            let (whole, part) = (self.bracketed(root, at), self.bracketed(operand, at + 1));
            return self.ambiguous(Ambiguity::PercentReach, span, whole, part);
        }
        if matches!(self.before().map(|token| token.kind), Some(Kind::Degree | Kind::RunEnd | Kind::Percent)) {
            let from = self.span(frame.operand.0).start;
            return self.fail(Syntax::NeedsBrackets { found: "%".to_owned(), from }, self.token().span);
        }
        Ok(())
    }

    /// `10%` as a number.
    fn hundredth(&mut self) {
        let at = self.at;
        let frame = self.top();
        let (start, operand) = (frame.term.start, frame.operand);
        let is_sign = |at: usize| matches!(self.tokens[at].kind, Kind::Plus | Kind::Minus);
        let is_alone = (start..operand.0).all(is_sign);
        self.written.insert(operand.1, "(");
        self.write_as("/100)");
        let term = &mut self.frame().term;
        term.is_percent = is_alone;
        term.is_long = true;
        term.percent = Some(at);
    }

    /// `10% de 200`: what follows is one operand.
    fn percent_of(&mut self, words: usize) -> Step {
        let (operand, piece) = self.top().operand;
        self.written.insert(piece, "(");
        self.write_as("*");
        self.at += words;
        self.frame().term.is_percent = false;
        let at = self.at;
        self.push(Opener::PercentOf, at, operand)?;
        Ok(State::Operand)
    }

    /// `200+10%`: the sum to the left, changed by so much.
    fn change(&mut self) -> Step {
        let at = self.at;
        let frame = self.top();
        let (sum, start) = (frame.sum, frame.term.start);
        let Some((sign, is_minus)) = sum.sign else { return Ok(State::Operator) };
        if sum.left_is_percent {
            // The sign is what stands between the two.
            let sign = self.span(start - 1);
            let mut added = self.bracketed(sum.token, start - 1);
            added.extend(self.bracketed(start, at + 1));
            let compound = if is_minus { "*(1-" } else { "*(1+" };
            let changed = vec![Edit::replace(sign, compound), Edit::insert(self.token().span.end, ")")];
            let span = self.span(sum.token).to(self.token().span);
            return self.ambiguous(Ambiguity::PercentOfPercent, span, added, changed);
        }
        let factor = match (sum.left_is_open, is_minus) {
            (false, false) => "*(100+",
            (false, true) => "*(100-",
            (true, false) => ")*(100+",
            (true, true) => ")*(100-",
        };
        if sum.left_is_open {
            self.written.insert(sum.start, "(");
        }
        self.written.replace(sign, factor);
        self.write_as(")/100");
        let frame = self.frame();
        // The sum has become a product.
        frame.sum.is_open = false;
        frame.term.is_long = true;
        frame.term.percent = Some(at);
        Ok(State::Operator)
    }
}
