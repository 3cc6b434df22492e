//! Numbers where an operand stands.

use std::borrow::Cow;

use super::{Call, Edit, Known, Opener, Outcome, Reader, State, Step};
use crate::error::{Ambiguity, Span, Syntax};
use crate::notation::DecimalSign;
use crate::school::numbers::{Meaning, Place, meaning};
use crate::school::tokens::Kind;

impl<'t, 's> Reader<'t, 's> {
    pub(super) fn number(&mut self) -> Step {
        self.begin_operand();
        let token = self.token();
        let span = token.span;
        let read = meaning(&token.text, self.decimal, self.place());
        match read {
            Meaning::One(number) => self.one_number(number),
            Meaning::Several(numbers) => self.several(numbers),
            Meaning::Thousands(whole, decimal) => self.ambiguous(
                Ambiguity::Thousands,
                span,
                vec![Edit::replace(span, whole)],
                vec![Edit::replace(span, decimal)],
            ),
            Meaning::Comma { decimal, separated } => self.comma_or_separator(span, &decimal, &separated),
            Meaning::LeadingZeros => self.fail(Syntax::LeadingZeros, span),
            Meaning::Malformed => self.fail(Syntax::MalformedNumber, span),
        }
    }

    /// Where the number of this token stands.
    fn place(&self) -> Place {
        let is_alone = matches!(self.before().map(|token| token.kind), Some(Kind::Open(_)))
            && matches!(self.ahead(1), Kind::Close(_));
        match &self.top().opener {
            Opener::Call(Call { integers: Some(place), .. }) => *place,
            Opener::Call(call) => match call.target {
                Some(target) if target.is_of_many() && is_alone => Place::WholeList,
                None if is_alone && self.decimal == DecimalSign::Comma => Place::WholeList,
                _ => Place::List,
            },
            Opener::Bracket('[' | '{') if is_alone => Place::WholeList,
            Opener::Bracket('[' | '{') => Place::List,
            _ => Place::Elsewhere,
        }
    }

    fn one_number(&mut self, number: Cow<'s, str>) -> Step {
        let is_whole = number.bytes().all(|byte| byte.is_ascii_digit());
        if let Kind::Fraction(numerator, denominator) = self.ahead(1)
            && is_whole
        {
            // `2½`.
            let span = self.token().span.to(self.span(self.at + 1));
            self.written.push(format!("({number}+{numerator}/{denominator})"), span);
            self.at += 2;
            return Ok(State::Operator);
        }
        // `3j`, where j is a variable.
        if let Some(digits) = number.strip_suffix('j')
            && self.known("j") == Some(Known::Variable)
        {
            let digits = digits.to_owned();
            self.frame().term.is_long = true;
            self.write_as(format!("({digits}*j)"));
            return Ok(State::Operator);
        }
        self.write_as(number);
        Ok(State::Operator)
    }

    /// `12,18` among the arguments of a call.
    fn several(&mut self, numbers: Vec<(usize, Cow<'s, str>)>) -> Step {
        let span = self.token().span;
        for (index, (at, number)) in numbers.into_iter().enumerate() {
            let start = span.start + at as u32;
            if index > 0 {
                self.written.push(",", Span { start: start - 1, end: start });
                self.count_separator();
                self.begin_sum();
            }
            let end = start + number.len() as u32;
            self.written.push(number, Span { start, end });
        }
        self.at += 1;
        Ok(State::Operator)
    }

    fn comma_or_separator(&mut self, span: Span, decimal: &str, separated: &str) -> Step {
        let frame = self.top();
        let separate = match &frame.opener {
            // `3,5+1` may be a tuple of the whole statement.
            Opener::Statement => {
                let start = self.span(frame.token).start;
                let behind = self.extent().next_in_brackets(self.at, self.tokens.len(), |kind| kind == Kind::Newline);
                let end = behind.or_else(|| self.end_of_statement()).unwrap_or(self.tokens.len() - 1);
                let end = self.span(end.saturating_sub(1)).end;
                vec![Edit::insert(start, "("), Edit::replace(span, separated), Edit::insert(end, ")")]
            }
            _ => vec![Edit::replace(span, separated)],
        };
        let joined = match &frame.opener {
            // `média(7,5;)`, and `[1,2]` as a number in brackets.
            Opener::Call(_) if self.decimal == DecimalSign::Comma && !decimal.contains(';') => {
                vec![Edit::replace(span, format!("{decimal};"))]
            }
            Opener::Bracket('[' | '{') if !decimal.contains(';') => {
                vec![Edit::replace(self.span(self.at - 1).to(self.span(self.at + 1)), format!("({decimal})"))]
            }
            _ => vec![Edit::replace(span, decimal)],
        };
        if self.decimal == DecimalSign::Point {
            self.ambiguous(Ambiguity::Comma, span, joined, separate)
        } else {
            self.ambiguous(Ambiguity::Comma, span, separate, joined)
        }
    }

    /// The token that ends this statement.
    fn end_of_statement(&self) -> Option<usize> {
        (self.at..self.tokens.len()).find(|at| matches!(self.tokens[*at].kind, Kind::Semicolon | Kind::End))
    }

    /// `3, 5` at the top level, with a decimal comma: two numbers, or one.
    pub(super) fn comma_between_numbers(&self) -> Outcome<()> {
        let is_number = |token: Option<&crate::school::tokens::Token<'t>>| {
            token.is_some_and(|token| token.kind == Kind::Number && token.text.bytes().all(|b| b.is_ascii_digit()))
        };
        let is_top = matches!(self.top().opener, Opener::Statement);
        let next = self.tokens.get(self.at + 1);
        if self.decimal != DecimalSign::Comma || !is_top || !is_number(self.before()) || !is_number(next) {
            return Ok(());
        }
        let start = self.span(self.top().token).start;
        let end = self.span(self.end_of_statement().unwrap_or(1) - 1).end;
        let comma = self.token().span;
        let gap = Span { start: comma.start, end: self.span(self.at + 1).start };
        let list = vec![Edit::insert(start, "("), Edit::replace(gap, "; "), Edit::insert(end, ")")];
        let around = self.span(self.at - 1).to(self.span(self.at + 1));
        self.ambiguous(Ambiguity::Comma, around, list, vec![Edit::replace(gap, ",")])
    }
}
