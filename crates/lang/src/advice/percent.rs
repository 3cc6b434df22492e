//! Percentages: `25%` is 25/100; in a sum it is a part of the left side: `200 + 10%` is 220.

use super::Fix;
use super::tokens::{Tokens, ends_statement};
use crate::error::Span;
use crate::lexer::Token;

/// The edits of a text whose `%` stand for percent.
#[derive(Default)]
pub(super) struct Percentages {
    pub(super) edits: Vec<Fix>,
    pub(super) first: Option<Span>,
    /// Whether there is another reading that is as likely: `200 + 10%` may be 220 or 200.1.
    pub(super) is_ambiguous: bool,
}

/// What to write for the percentages of a text; `of_what_is_before` if `200 + 10%` is 220. In a valid text, the blanks
/// of `5% + 3` show that it is a percentage.
pub(super) fn of(tokens: &Tokens<'_>, of_what_is_before: bool) -> Percentages {
    let mut found = Percentages::default();
    for (at, (token, span)) in tokens.iter().enumerate() {
        if token != Token::Percent || span.of(tokens.text) != "%" || !is_percent(tokens, at) {
            continue;
        }
        let Some(operand) = at.checked_sub(1).and_then(|last| tokens.operand_start(last)) else { continue };
        found.first.get_or_insert(span);
        match sum_before(tokens, operand, at) {
            Some(from) => {
                found.is_ambiguous = true;
                if of_what_is_before {
                    found.edits.extend(commercial(tokens, from, operand, at));
                } else {
                    found.edits.extend(hundredth(tokens, operand, at));
                }
            }
            None => found.edits.extend(hundredth(tokens, operand, at)),
        }
    }
    found
}

/// Whether the `%` at `at` has no right operand, and so means percent.
fn is_percent(tokens: &Tokens<'_>, at: usize) -> bool {
    let Some((_, span)) = tokens.get(at) else { return false };
    if at == 0 || !tokens.ends_operand(at - 1) {
        return false;
    }
    let Some((next, next_span)) = tokens.get(at + 1) else { return true };
    let is_attached = tokens.get(at - 1).is_some_and(|(_, left)| left.end == span.start);
    match next {
        // A sign with blanks on both sides is that of a sum; so is a sign before another percentage.
        Token::Plus | Token::Minus => {
            let behind = tokens.get(at + 2).map_or(next_span.end, |(_, right)| right.start);
            let looks_like_sum = next_span.start > span.end && behind > next_span.end;
            let is_tight = next_span.start == span.end && behind == next_span.end;
            let percent_again = || {
                let sign = tokens.operand_end(at + 2).map(|end| end + 1);
                sign.is_some_and(|sign| tokens.token(sign) == Some(Token::Percent))
            };
            is_attached && (looks_like_sum || (is_tight && percent_again()))
        }
        Token::Not | Token::Tilde | Token::Root | Token::Superscript => false,
        next => !next.is_operand() || matches!(next, Token::Open('{')),
    }
}

/// `25%` as `25/100`, with brackets where it must be one factor.
fn hundredth(tokens: &Tokens<'_>, operand: usize, at: usize) -> Vec<Fix> {
    use Token::{Caret, DoubleSlash, DoubleStar, Percent, Slash};
    let before = operand.checked_sub(1).and_then(|before| tokens.token(before));
    let is_tight = matches!(before, Some(Slash | DoubleSlash | Percent | DoubleStar | Caret))
        || matches!(tokens.token(at + 1), Some(DoubleStar | Caret));
    let (Some((_, start)), Some((_, sign))) = (tokens.get(operand), tokens.get(at)) else { return Vec::new() };
    let close = Fix::replacing(sign, if is_tight { "/100)" } else { "/100" });
    if is_tight { vec![Fix::new(start.start as usize, start.start as usize, "("), close] } else { vec![close] }
}

/// The start of the sum of which `b%` is a part: `a + b%`, with no operator after it that binds tighter.
fn sum_before(tokens: &Tokens<'_>, operand: usize, at: usize) -> Option<usize> {
    use Token::{Caret, DoubleSlash, DoubleStar, Open, Percent, Slash, Star};
    if let Star | Slash | DoubleSlash | Percent | DoubleStar | Caret | Open(_) = tokens.token(at + 1)? {
        return None;
    }
    let sign = operand.checked_sub(1).filter(|sign| matches!(tokens.token(*sign), Some(Token::Plus | Token::Minus)))?;
    let last = sign.checked_sub(1).filter(|last| tokens.ends_operand(*last))?;
    let mut from = last;
    loop {
        match tokens.token(from)? {
            Token::Close(_) => from = tokens.opening(from)?,
            token if separates(token) => {
                from += 1;
                break;
            }
            _ => {}
        }
        match from.checked_sub(1) {
            Some(before) => from = before,
            None => break,
        }
    }
    (from <= last).then_some(from)
}

fn separates(token: Token) -> bool {
    use Token::{
        And, Colon, Comma, Else, Equal, Greater, GreaterOrEqual, If, In, Less, LessOrEqual, Not, NotEqual, Open,
    };
    use Token::{Or, Question};
    ends_statement(token)
        || matches!(token, Comma | Colon | Question | Open(_) | And | Or | Not | If | Else | In | Token::NotIn)
        || matches!(token, Less | Greater | LessOrEqual | GreaterOrEqual | Equal | NotEqual)
        || matches!(token, Token::Assign | Token::AssignFormula)
}

/// `200 + 10%` as `200*(1+10/100)`.
fn commercial(tokens: &Tokens<'_>, from: usize, operand: usize, at: usize) -> Vec<Fix> {
    let sign = operand - 1;
    let span = |at: usize| tokens.get(at).map_or(Span::default(), |(_, span)| span);
    let mut depth = 0_usize;
    let is_sum = (from + 1..sign).any(|at| {
        match tokens.token(at) {
            Some(Token::Open(_)) => depth += 1,
            Some(Token::Close(_)) => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && matches!(tokens.token(at), Some(Token::Plus | Token::Minus)) && tokens.ends_operand(at - 1)
    }) && !matches!((tokens.token(from), tokens.closing(from)), (Some(Token::Open(_)), Some(close)) if close + 1 == sign);
    let (start, end) = (span(from).start as usize, span(sign - 1).end as usize);
    let (open, close) = if is_sum { ("(", ")") } else { ("", "") };
    let operator = span(sign).of(tokens.text);
    vec![
        Fix::new(start, start, open),
        Fix::new(end, span(operand).start as usize, format!("{close}*(1{operator}")),
        Fix::replacing(span(at), "/100)"),
    ]
}
