//! Brackets and braces that group, as in `{[(2+3)*4]+1}*2`: the language reads them as lists and sets.

use super::Fix;
use super::tokens::{Tokens, ends_statement};
use crate::error::Span;
use crate::lexer::Token;

/// The brackets that were meant to group, as pairs of tokens that open and close them. `failing` if the text has no
/// value: then no list beside an operator is meant as a list.
pub(super) fn of(tokens: &Tokens<'_>, failing: bool) -> Vec<(usize, usize)> {
    let mut groups: Vec<(usize, usize)> = Vec::new();
    for (open, close) in displays(tokens) {
        let is_alone = open.checked_sub(1).and_then(|before| tokens.token(before)).is_none_or(begins)
            && tokens.token(close + 1).is_none_or(|token| ends_statement(token) || token == Token::End);
        // `displays` lists inner brackets first.
        let holds_group = groups.last().is_some_and(|(inner, _)| open < *inner);
        if is_beside_number(tokens, open, close, failing) || (is_alone && holds_group) {
            groups.push((open, close));
        }
    }
    groups
}

/// An open bracket.
struct Open {
    at: usize,
    /// Whether it holds several elements, and whether it holds something other than a number.
    holds_several: bool,
    holds_others: bool,
}

/// The lists and sets of one element that may be a number, the inner ones first.
fn displays(tokens: &Tokens<'_>) -> Vec<(usize, usize)> {
    let (mut open, mut displays) = (Vec::<Open>::new(), Vec::new());
    for (at, (token, _)) in tokens.iter().enumerate() {
        match (token, open.last_mut()) {
            (Token::Open(_), _) => open.push(Open { at, holds_several: false, holds_others: false }),
            (Token::Close(_), Some(_)) => {
                let Some(closed) = open.pop() else { continue };
                let is_display = is_bracket(tokens, closed.at);
                if is_display && !closed.holds_several && !closed.holds_others && closed.at + 1 < at {
                    displays.push((closed.at, at));
                }
                // A list of several elements is no number, nor is the bracket that holds it.
                let is_other = closed.holds_others || (is_display && closed.holds_several);
                open.last_mut().into_iter().for_each(|outer| outer.holds_others |= is_other);
            }
            (Token::Comma | Token::Colon | Token::For, Some(inner)) => inner.holds_several = true,
            (Token::String | Token::None, Some(inner)) => inner.holds_others = true,
            _ => {}
        }
    }
    displays
}

/// Whether a list or a set begins at `open`, not an index or a call.
fn is_bracket(tokens: &Tokens<'_>, open: usize) -> bool {
    let is_index = || {
        open > 0
            && tokens.ends_operand(open - 1)
            && tokens.get(open - 1).map(|(_, span)| span.end) == tokens.get(open).map(|(_, span)| span.start)
    };
    match tokens.token(open) {
        Some(Token::Open('[')) => !is_index(),
        Some(Token::Open('{')) => true,
        _ => false,
    }
}

/// Replaces these brackets by round ones.
pub(super) fn edits(tokens: &Tokens<'_>, groups: &[(usize, usize)]) -> Vec<Fix> {
    let round = |at: usize, bracket: &str| tokens.get(at).map(|(_, span)| Fix::replacing(span, bracket));
    groups.iter().flat_map(|(open, close)| [round(*open, "("), round(*close, ")")]).flatten().collect()
}

/// The part of the text between two brackets, both included.
pub(super) fn span(tokens: &Tokens<'_>, (open, close): (usize, usize)) -> Span {
    match (tokens.get(open), tokens.get(close)) {
        (Some((_, first)), Some((_, last))) => first.to(last),
        _ => Span::default(),
    }
}

fn begins(token: Token) -> bool {
    ends_statement(token) || matches!(token, Token::Assign | Token::AssignFormula)
}

fn is_arithmetic(token: Option<Token>) -> bool {
    use Token::{Caret, DoubleSlash, DoubleStar, Minus, Percent, Plus, Slash, Star};
    matches!(token, Some(Plus | Minus | Star | Slash | DoubleSlash | Percent | DoubleStar | Caret))
}

fn is_beside_number(tokens: &Tokens<'_>, open: usize, close: usize, failing: bool) -> bool {
    let before = open.checked_sub(1).and_then(|at| tokens.token(at));
    let after = tokens.token(close + 1);
    // Neither can be meant: a set cannot hold a list, and a list has no root.
    let is_only_element = (before, after) == (Some(Token::Open('{')), Some(Token::Close('}')));
    let is_never_list = is_only_element || before == Some(Token::Root);
    if failing && is_never_list {
        return true;
    }
    if matches!(after, Some(Token::Superscript | Token::Bang)) {
        return true;
    }
    // `[0]*5` repeats a list, as intended.
    let is_repeated = before == Some(Token::Star) || after == Some(Token::Star);
    let is_literal = close - open == 2 || (close - open == 3 && !tokens.ends_operand(open + 1));
    if is_literal && (is_repeated || !failing) {
        return false;
    }
    let is_list = |token: Option<Token>, bracket: fn(Token) -> bool| token.is_some_and(bracket);
    let beyond_before = open.checked_sub(2).and_then(|at| tokens.token(at));
    let lists_before = is_list(beyond_before, |token| matches!(token, Token::Close(']' | '}') | Token::String));
    let lists_after = is_list(tokens.token(close + 2), |token| matches!(token, Token::Open('[' | '{') | Token::String));
    (is_arithmetic(before) && (failing || !lists_before)) || (is_arithmetic(after) && (failing || !lists_after))
}
