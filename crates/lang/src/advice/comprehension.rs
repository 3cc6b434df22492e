//! Comprehensions and generators of Python, and the ranges and bounds of other languages, in the forms of this one.

use super::Fix;
use super::tokens::Tokens;
use crate::error::Span;
use crate::lexer::Token;

/// The most elements over which a comprehension is written out.
const ELEMENTS: usize = 32;

/// One `for` over one range or list, in the brackets from the token `open` to `close`.
struct Comprehension<'t> {
    tokens: &'t Tokens<'t>,
    open: usize,
    close: usize,
    /// The token `for`.
    at: usize,
    name: &'t str,
    /// The tokens of what is iterated, and of the condition.
    iterated: (usize, usize),
    condition: Option<(usize, usize)>,
}

/// The edits for the first comprehension of a text: `sum(x**2 for x in range(1, 11))`, `[x**2 for x in [1, 2, 3]]`.
pub(super) fn mend(tokens: &Tokens<'_>) -> Option<Vec<Fix>> {
    let comprehension = Comprehension::first(tokens)?;
    comprehension.sum().or_else(|| comprehension.written_out())
}

impl<'t> Comprehension<'t> {
    fn first(tokens: &'t Tokens<'t>) -> Option<Self> {
        let is_for = |at: &usize| tokens.token(*at) == Some(Token::For);
        let all = tokens.iter().count();
        let at = (0..all).find(is_for).filter(|at| tokens.spelled(*at) == "for")?;
        let is_simple = tokens.token(at + 1) == Some(Token::Name) && tokens.token(at + 2) == Some(Token::In);
        let close = tokens.end(at, |_| false);
        let open =
            tokens.opening(close).filter(|_| is_simple && close + 1 < all && (at + 1..close).all(|at| !is_for(&at)))?;
        let filter = tokens.end(at + 3, |token| token == Token::If);
        let condition = (filter < close).then(|| (filter + 1, close - 1));
        let is_nested = (filter + 1..close).any(|at| matches!(tokens.token(at), Some(Token::If | Token::Else)));
        let iterated = (at + 3, filter.checked_sub(1)?);
        let name = tokens.spelled(at + 1);
        (!is_nested && open + 1 < at).then_some(Self { tokens, open, close, at, name, iterated, condition })
    }

    /// The name of the function that is called with this comprehension alone, and the tokens of its argument.
    fn caller(&self) -> Option<(&'t str, usize, usize)> {
        let called = |open: usize| open.checked_sub(1).filter(|name| self.tokens.token(*name) == Some(Token::Name));
        match (self.tokens.token(self.open)?, self.open.checked_sub(1)) {
            (Token::Open('('), _) => Some((self.tokens.spelled(called(self.open)?), self.open + 1, self.close - 1)),
            (Token::Open('['), Some(outer)) if self.tokens.token(outer) == Some(Token::Open('(')) => {
                let is_alone = matches!(self.tokens.token(self.close + 1), Some(Token::Close(')')));
                Some((self.tokens.spelled(called(outer).filter(|_| is_alone)?), self.open, self.close))
            }
            _ => None,
        }
    }

    fn body(&self) -> &'t str {
        self.tokens.between(self.open + 1, self.at - 1)
    }

    /// A sum, a product or a number of elements over a range, in the form with a variable and its bounds.
    fn sum(&self) -> Option<Vec<Fix>> {
        let (function, first, last) = self.caller()?;
        let (form, neutral, body) = match function {
            "sum" | "fsum" => ("sum", "0", self.body()),
            "prod" => ("prod", "1", self.body()),
            "len" => ("sum", "0", "1"),
            _ => return None,
        };
        let (from, to) = self.bounds()?;
        let body = match self.condition {
            Some((first, last)) => format!("({body}) if {} else {neutral}", self.tokens.between(first, last)),
            None => body.to_owned(),
        };
        let name = self.open.checked_sub(if first == self.open { 2 } else { 1 })?;
        // `math.prod`.
        let is_of_module = name > 1 && self.tokens.token(name - 1) == Some(Token::Dot);
        Some(vec![
            Fix::replacing(self.span(if is_of_module { name - 2 } else { name }, name)?, form),
            Fix::replacing(self.span(first, last)?, format!("{body}, {}, {from}, {to}", self.name)),
        ])
    }

    fn span(&self, first: usize, last: usize) -> Option<Span> {
        Some(self.tokens.get(first)?.1.to(self.tokens.get(last)?.1))
    }

    /// The first and the last integer of a `range` without a step.
    fn bounds(&self) -> Option<(&'t str, String)> {
        let (first, last) = self.iterated;
        let is_range = self.tokens.spelled(first) == "range" && self.tokens.closing(first + 1) == Some(last);
        let elements = self.elements(first + 1, last).filter(|_| is_range)?;
        let (from, stop) = match elements[..] {
            [stop] => ("0", stop),
            [from, stop] => (self.tokens.between(from.0, from.1), stop),
            _ => return None,
        };
        let end = self.tokens.between(stop.0, stop.1);
        Some((from, if stop.0 == stop.1 { format!("{end}-1") } else { format!("({end})-1") }))
    }

    /// The elements in the brackets from `open` to `close`, each by its first and last token.
    fn elements(&self, open: usize, close: usize) -> Option<Vec<(usize, usize)>> {
        let mut elements = Vec::new();
        let mut from = open + 1;
        while from < close {
            let comma = self.tokens.end(from, |token| token == Token::Comma);
            elements.push((from, comma.checked_sub(1).filter(|last| *last >= from)?));
            from = comma + 1;
        }
        (elements.len() <= ELEMENTS).then_some(elements)
    }

    /// The elements themselves, where they come from a written list: `[1**2, 2**2, 3**2]`.
    fn written_out(&self) -> Option<Vec<Fix>> {
        let (first, last) = self.iterated;
        let is_list =
            matches!(self.tokens.token(first)?, Token::Open('[' | '(')) && self.tokens.closing(first) == Some(last);
        if !is_list || self.condition.is_some() {
            return None;
        }
        let elements: Option<Vec<String>> =
            self.elements(first, last)?.into_iter().map(|element| self.with(element)).collect();
        let list = elements?.join(", ");
        let list = if self.tokens.token(self.open)? == Token::Open('(') { format!("[{list}]") } else { list };
        Some(vec![Fix::replacing(self.span(self.open + 1, self.close - 1)?, list)])
    }

    /// The body with an element in place of the variable.
    fn with(&self, (first, last): (usize, usize)) -> Option<String> {
        let element = self.tokens.between(first, last);
        let element = if first == last { element.to_owned() } else { format!("({element})") };
        let mut body = String::new();
        let mut from = self.tokens.get(self.open + 1)?.1.start;
        for at in self.open + 1..self.at {
            let (token, span) = self.tokens.get(at)?;
            body.push_str(Span { start: from, end: span.start }.of(self.tokens.text));
            let is_name = token == Token::Name && span.of(self.tokens.text) == self.name;
            body.push_str(if is_name { &element } else { span.of(self.tokens.text) });
            from = span.end;
        }
        Some(body)
    }
}
