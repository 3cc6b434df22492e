//! The errors of a text that cannot be parsed. Nothing here runs for a valid text.

use super::pending::{Opener, Pending};
use super::{Parser, fail};
use crate::arithmetic::Comparison;
use crate::error::{Error, ErrorKind, Span, Syntax};
use crate::functions;
use crate::lexer::{Lexer, Token, normal_name, on_line};
use crate::numerals;
use crate::spelling;

/// Operators of other languages, as the lexer splits them: the token, the one after it, and the operator meant.
const OPERATORS: [(&str, &str, &str); 9] = [
    ("&", "&", "and"),
    ("<", ">", "!="),
    ("==", "=", "=="),
    ("!=", "=", "!="),
    ("=", "<", "<="),
    ("=", ">", ">="),
    ("< ", "=", "<="),
    ("> ", "=", ">="),
    ("", "!", "not"),
];

impl Parser<'_, '_> {
    /// Turns an error inside a run of superscripts into an error of the whole run.
    pub(super) fn in_run(&self, error: Error) -> Error {
        let run = self.stacks.openers.iter().find_map(|at| match self.stacks.pending[*at as usize] {
            Pending::Opener { opener: Opener::Exponent { .. }, span } => Some(span),
            _ => None,
        });
        match (run, &error.kind) {
            (Some(run), ErrorKind::Syntax(_) | ErrorKind::Unsupported(_)) => {
                let kind = Syntax::Exponent { found: self.found(run), on_line: on_line(&self.found(run)) };
                Error { kind: kind.into(), span: run }
            }
            _ => error,
        }
    }

    pub(super) fn found(&self, span: Span) -> String {
        // Enough characters to recognise it.
        span.of(self.text).chars().take(40).collect()
    }

    pub(super) fn expected_operand<T>(&self, token: Token, span: Span) -> Result<T, Error> {
        let before = &self.text[..span.start as usize];
        let percent = before.trim_end();
        if percent.ends_with('%') && token != Token::Bang {
            return fail(Syntax::Percent, Span::new(percent.len() - 1, percent.len()));
        }
        let found = span.of(self.text);
        if let Some((read, _, meant)) =
            OPERATORS.iter().find(|(read, next, _)| *next == found && before.ends_with(read))
        {
            // `3!==6` may be a factorial; before JavaScript's `!==`, there is a name or a blank.
            let factorial =
                *read == "!=" && before.trim_end_matches("!=").ends_with(|c: char| c.is_ascii_digit() || c == ')');
            let meant = if factorial { "! ==" } else { meant };
            return self.misspelled(Span { start: span.start - read.len() as u32, end: span.end }, meant);
        }
        // `5!=` has a factorial, not a comparison.
        if let Some(Pending::Chain { operator: Comparison::NotEqual, span: operator, .. }) = self.stacks.pending.last()
            && matches!(token, Token::End | Token::Newline | Token::Semicolon | Token::Question)
            && self.text[..operator.start as usize].ends_with(|c: char| c.is_ascii_digit() || c == ')')
            && operator.of(self.text) == "!="
        {
            return fail(Syntax::StrayEqual, Span { start: operator.end - 1, end: operator.end });
        }
        match token {
            Token::End if !self.started && !self.has_statement() => fail(Syntax::Empty, span),
            Token::End | Token::Newline => self.unclosed(span, Syntax::UnexpectedEnd),
            _ => fail(Syntax::ExpectedOperand { found: self.found(span) }, span),
        }
    }

    pub(super) fn expected_operator<T>(&self, span: Span) -> Result<T, Error> {
        let found = span.of(self.text);
        if let Some(meant) = spelling::operator(found) {
            return self.misspelled(span, meant);
        }
        if found == ";" && matches!(self.innermost(), Some(Opener::Call(_) | Opener::Binder { .. })) {
            return self.misspelled(span, ",");
        }
        let is_operand = matches!(Lexer::new(found).next(), Ok((token, _)) if token.is_operand());
        if !is_operand {
            return fail(Syntax::ExpectedOperator { found: self.found(span) }, span);
        }
        let last = self.stacks.operands.last().map_or("", |operand| operand.span.of(self.text));
        if let Some((numerator, denominator)) = found.chars().next().and_then(spelling::fraction)
            && last.bytes().all(|byte| byte.is_ascii_digit())
        {
            let kind = Syntax::MixedNumber { whole: last.to_owned(), fraction: format!("{numerator}/{denominator}") };
            return fail(kind, self.stacks.operands.last().map_or(span, |operand| operand.span.to(span)));
        }
        if let Some(date) = numerals::date_around(self.text, span, &['.']) {
            return Err(date);
        }
        // A name in a definition is looked up at each use, so it is not known to be a function yet.
        let name = normal_name(last);
        if functions::find(&name).is_some() {
            return fail(Syntax::CallNeedsBrackets { name: name.into_owned() }, span);
        }
        fail(Syntax::MissingOperator { found: self.found(span) }, span)
    }

    pub(super) fn misspelled<T>(&self, span: Span, meant: &str) -> Result<T, Error> {
        fail(Syntax::Misspelled { found: self.found(span), meant: meant.to_owned() }, span)
    }

    /// The text has ended: reports the innermost opener, if there is one besides the statement.
    pub(super) fn unclosed<T>(&self, end: Span, otherwise: Syntax) -> Result<T, Error> {
        let Some(Pending::Opener { opener, span }) =
            self.stacks.openers.last().map(|at| &self.stacks.pending[*at as usize])
        else {
            return fail(otherwise, end);
        };
        match opener {
            Opener::Statement { .. } | Opener::Assignment { .. } | Opener::Definition { .. } => fail(otherwise, end),
            Opener::If => fail(Syntax::MissingElse, *span),
            Opener::Question { .. } => fail(Syntax::MissingColon, *span),
            Opener::Bars if self.is_double_bar(*span) => self.double_bar(*span),
            _ => {
                let bracket = span.of(self.text).chars().next_back().unwrap_or('(');
                fail(Syntax::Unclosed { bracket }, *span)
            }
        }
    }

    /// A closing bracket without an opening one, or of another kind than the innermost opener.
    pub(super) fn unmatched<T>(&self, bracket: char, span: Span) -> Result<T, Error> {
        match self.stacks.pending.last() {
            Some(Pending::Opener { opener: Opener::Bars, span }) if self.is_double_bar(*span) => self.double_bar(*span),
            Some(Pending::Opener { opener, span: open }) if opener.is_bracket() => {
                let open = open.of(self.text).chars().next_back();
                fail(Syntax::Unmatched { bracket, open }, span)
            }
            _ => fail(Syntax::Unmatched { bracket, open: None }, span),
        }
    }

    /// Whether these open bars are the second half of `a || b`.
    fn is_double_bar(&self, bars: Span) -> bool {
        let before = self.text[..bars.start as usize].strip_suffix('|').map(str::trim_end);
        before.is_some_and(|left| !left.is_empty() && !left.ends_with(|c: char| "([{,|;=<>?:+-*/%~".contains(c)))
    }

    fn double_bar<T>(&self, bars: Span) -> Result<T, Error> {
        self.misspelled(Span { start: bars.start - 1, end: bars.end }, "or")
    }
}
