//! Calls, bounds and operators of other languages: `Sum[k, {k, 1, 10}]`, `integrate(x**2, (x, 0, 1))`, `max(*[1, 2])`,
//! `std::sqrt(2)`, `(int) 5.7`, `5 %% 3`.

use super::Fix;
use super::edits::apply;
use super::tokens::{Tokens, ends_statement};
use crate::elsewhere::{self, plain};
use crate::error::Span;
use crate::functions;
use crate::lexer::Token;
use crate::spelling;

/// Functions with a variable and its bounds, and their names here.
const BINDERS: [(&str, &str); 10] = [
    ("sum", "sum"),
    ("nsum", "sum"),
    ("summation", "sum"),
    ("product", "prod"),
    ("prod", "prod"),
    ("nproduct", "prod"),
    ("integrate", "integral"),
    ("nintegrate", "integral"),
    ("integral", "integral"),
    ("int", "integral"),
];

/// Methods without arguments, and the functions that they are here; nothing for those that change no value.
const METHODS: [(&str, &str); 13] = [
    ("length", "len"),
    ("size", "len"),
    ("sum", "sum"),
    ("prod", "prod"),
    ("mean", "mean"),
    ("max", "max"),
    ("min", "min"),
    ("evalf", ""),
    ("doit", ""),
    ("n", ""),
    ("item", ""),
    ("tolist", ""),
    ("simplify", ""),
];

/// The text in this language's spelling, for the first kind of spelling of another language that it has. A name that
/// `is_known` belongs to the text.
pub(super) fn mend(tokens: &Tokens<'_>, is_known: impl Fn(&str) -> bool) -> Option<String> {
    if let Some(mended) = outlined(tokens.text) {
        return Some(mended);
    }
    let edits = square_calls(tokens, &is_known).or_else(|| letter(tokens, &is_known)).or_else(|| {
        let all = 0..tokens.iter().count();
        let first = |kind: fn(&Tokens<'_>, usize) -> Option<Vec<Fix>>| all.clone().find_map(|at| kind(tokens, at));
        [bounds, spread, scope, cast, operator, range, vector, keyword].into_iter().find_map(first)
    });
    edits.map(|edits| apply(tokens.text, edits))
}

/// `⌊3.7⌋`, `⌈3.2⌉`, and the same in LaTeX.
fn outlined(text: &str) -> Option<String> {
    let outlines = [
        ("⌊", "floor("),
        ("⌋", ")"),
        ("⌈", "ceil("),
        ("⌉", ")"),
        ("\\lfloor", "floor("),
        ("\\rfloor", ")"),
        ("\\lceil", "ceil("),
        ("\\rceil", ")"),
    ];
    if !text.contains(['⌊', '⌈', '\\']) {
        return None;
    }
    let mended = outlines.iter().fold(text.to_owned(), |text, (outline, call)| text.replace(outline, call));
    (mended != text).then_some(mended)
}

/// `Sqrt[2]`, `Log[2, 8]`: functions of the Wolfram Language, all at once.
fn square_calls(tokens: &Tokens<'_>, is_known: impl Fn(&str) -> bool) -> Option<Vec<Fix>> {
    let is_call = |at: &usize| {
        let is_capital = tokens.spelled(*at).starts_with(|c: char| c.is_ascii_uppercase());
        is_capital && (tokens.token(*at), tokens.token(at + 1)) == (Some(Token::Name), Some(Token::Open('[')))
    };
    let mut calls = (0..tokens.iter().count()).filter(is_call).peekable();
    calls.peek()?;
    let mut edits = Vec::new();
    let defined = tokens.defined();
    for at in calls {
        let (name, close) = (tokens.spelled(at), tokens.closing(at + 1)?);
        let ((_, span), (_, open), (_, closing)) = (tokens.get(at)?, tokens.get(at + 1)?, tokens.get(close)?);
        let is_function = matches!(name, "N" | "PrimeQ")
            || BINDERS.iter().any(|(binder, _)| *binder == plain(name))
            || (name.len() > 1 && (functions::find(&plain(name)).is_some() || elsewhere::find(name).is_some()));
        if open.start != span.end || !is_function || is_known(name) || defined.contains(name) {
            continue;
        }
        edits.extend([Fix::replacing(open, "("), Fix::replacing(closing, ")")]);
        // The base of a logarithm stands first.
        let comma = tokens.end(at + 2, |token| token == Token::Comma);
        if name == "Log" && comma < close && comma > at + 2 && comma + 1 < close {
            let (base, number) = (tokens.between(at + 2, comma - 1), tokens.between(comma + 1, close - 1));
            let whole = Span { start: open.end, end: closing.start };
            edits.push(Fix::replacing(whole, format!("{number}, {base}")));
        }
    }
    (!edits.is_empty()).then_some(edits)
}

/// `sum(k**2, (k, 1, 10))`, `Integrate(x^2, {x, 0, 1})`, with the bounds in the bracket at `inner`.
fn bounds(tokens: &Tokens<'_>, inner: usize) -> Option<Vec<Fix>> {
    let shape = (
        tokens.token(inner.checked_sub(1)?)?,
        tokens.token(inner)?,
        tokens.token(inner + 1)?,
        tokens.token(inner + 2)?,
    );
    let (Token::Comma, Token::Open(_), Token::Name, Token::Comma) = shape else { return None };
    let (last, upper) = (tokens.closing(inner)?, tokens.end(inner + 3, |token| token == Token::Comma));
    let open = tokens.opening(last + 1).filter(|_| upper + 1 < last)?;
    let name = open.checked_sub(1)?;
    let is_second = tokens.end(open + 1, |token| token == Token::Comma) + 1 == inner;
    let (_, binder) = BINDERS.iter().find(|(known, _)| *known == plain(tokens.spelled(name)))?;
    let remove = |at: usize| Some(Fix::replacing(tokens.get(at)?.1, ""));
    is_second.then_some(vec![Fix::replacing(tokens.get(name)?.1, *binder), remove(inner)?, remove(last)?])
}

/// `max(*[1, 2])`, `Math.max(...[1, 2])`.
fn spread(tokens: &Tokens<'_>, at: usize) -> Option<Vec<Fix>> {
    let is_argument = matches!(tokens.token(at.checked_sub(1)?)?, Token::Open('(') | Token::Comma);
    if !matches!(tokens.spelled(at), "*" | "...") {
        return None;
    }
    let open = Some(at + 1).filter(|open| matches!(tokens.token(*open), Some(Token::Open('[' | '('))))?;
    let close = tokens.closing(open)?;
    let (first, last) = (tokens.get(at)?.1.to(tokens.get(open)?.1), tokens.get(close)?.1);
    (is_argument && open + 1 < close).then(|| vec![Fix::replacing(first, ""), Fix::replacing(last, "")])
}

/// `std::sqrt(2)`.
fn scope(tokens: &Tokens<'_>, at: usize) -> Option<Vec<Fix>> {
    let ((colon, left), (again, right)) = (tokens.get(at)?, tokens.get(at + 1)?);
    let (_, module) = tokens.get(at.checked_sub(1)?).filter(|(token, _)| *token == Token::Name)?;
    let is_scope = (colon, again) == (Token::Colon, Token::Colon) && left.end == right.start;
    let is_module = matches!(module.of(tokens.text), "std" | "Math" | "math" | "Number");
    // It rounds ties away from 0.
    let is_round = module.of(tokens.text) == "std" && tokens.spelled(at + 2) == "round";
    let (end, function) = if is_round { (tokens.get(at + 2)?.1, "round_half_up") } else { (right, "") };
    (is_scope && is_module).then(|| vec![Fix::replacing(module.to(end), function)])
}

/// `(int) 5.7`.
fn cast(tokens: &Tokens<'_>, at: usize) -> Option<Vec<Fix>> {
    let shape = (tokens.token(at)?, tokens.token(at + 1)?, tokens.token(at + 2)?);
    let function = match tokens.spelled(at + 1) {
        "int" | "long" => "int",
        "float" | "double" => "float",
        _ => return None,
    };
    let is_cast = shape == (Token::Open('('), Token::Name, Token::Close(')'));
    let is_call = at.checked_sub(1).is_some_and(|before| tokens.ends_operand(before));
    let last = tokens.operand_end(at + 3).filter(|_| is_cast && !is_call)?;
    // There, the quotient of integers is one.
    let is_dividend = function == "int" && tokens.token(last + 1) == Some(Token::Slash);
    let whole = tokens.get(at)?.1.to(tokens.get(last)?.1);
    (!is_dividend).then(|| vec![Fix::replacing(whole, format!("{function}({})", tokens.between(at + 3, last)))])
}

/// `5 %% 3`, `7 %/% 2`, `2 .^ 3`.
fn operator(tokens: &Tokens<'_>, at: usize) -> Option<Vec<Fix>> {
    let (_, first) = tokens.get(at)?;
    let signs = |count: usize| {
        let last = tokens.get(at + count - 1)?.1;
        let is_tight = (at..at + count - 1)
            .all(|at| tokens.get(at).map(|(_, span)| span.end) == tokens.get(at + 1).map(|(_, span)| span.start));
        let is_between = tokens.ends_operand(at.checked_sub(1)?) && tokens.token(at + count)?.is_operand();
        let whole = first.to(last);
        (is_tight && is_between).then_some((whole, whole.of(tokens.text)))
    };
    let here = |whole: Span, sign: &str| Some(vec![Fix::replacing(whole, sign)]);
    match (signs(2), signs(3)) {
        (Some((whole, "%%")), _) => here(whole, "%"),
        (Some((whole, ".^")), _) => here(whole, "**"),
        (Some((whole, ".*")), _) => here(whole, "*"),
        (Some((whole, "./")), _) => here(whole, "/"),
        (_, Some((whole, "%/%"))) => here(whole, "//"),
        _ => None,
    }
}

/// `sum(1:10)`.
fn range(tokens: &Tokens<'_>, at: usize) -> Option<Vec<Fix>> {
    let is_sum = matches!(tokens.spelled(at), "sum" | "prod");
    let shape: Vec<Token> = (at + 1..=at + 5).filter_map(|at| tokens.token(at)).collect();
    let [Token::Open('('), from, Token::Colon, to, Token::Close(')')] = shape[..] else { return None };
    let inside = tokens.get(at + 2)?.1.to(tokens.get(at + 4)?.1);
    let bounds = format!("k, k, {}, {}", tokens.spelled(at + 2), tokens.spelled(at + 4));
    (is_sum && from.is_decimal() && to.is_decimal()).then(|| vec![Fix::replacing(inside, bounds)])
}

/// `mean(c(1, 2, 6))`: a vector of R.
fn vector(tokens: &Tokens<'_>, at: usize) -> Option<Vec<Fix>> {
    if tokens.spelled(at) != "c" {
        return None;
    }
    let is_argument = matches!(tokens.token(at.checked_sub(1)?)?, Token::Open('(') | Token::Comma);
    let open = Some(at + 1).filter(|open| tokens.token(*open) == Some(Token::Open('(')))?;
    let close = tokens.closing(open)?;
    let whole = tokens.get(at)?.1.to(tokens.get(close)?.1);
    let is_several = tokens.end(open + 1, |token| token == Token::Comma) < close;
    (is_argument && is_several)
        .then(|| vec![Fix::replacing(whole, format!("[{}]", tokens.between(open + 1, close - 1)))])
}

/// `log(8, base=2)`, `round(2.567, decimals=1)`: keywords that the functions have elsewhere.
fn keyword(tokens: &Tokens<'_>, at: usize) -> Option<Vec<Fix>> {
    let function = match tokens.spelled(at) {
        "base" => "log",
        "decimals" | "digits" | "places" => "round",
        _ => return None,
    };
    let is_keyword = tokens.token(at.checked_sub(1)?)? == Token::Comma && tokens.token(at + 1)? == Token::Assign;
    let open = tokens.opening(tokens.end(at, |_| false)).filter(|_| is_keyword)?;
    let is_of_function = tokens.spelled(open.checked_sub(1)?) == function;
    let (name, value) = (tokens.get(at)?.1, tokens.get(at + 2)?.1);
    is_of_function.then(|| vec![Fix::new(name.start as usize, value.start as usize, "")])
}

/// `C(5, 2)`: the letter of combinatorics, with two arguments.
fn letter(tokens: &Tokens<'_>, is_known: impl Fn(&str) -> bool) -> Option<Vec<Fix>> {
    let is_letter = |at: &usize| tokens.spelled(*at) == "C" && tokens.token(at + 1) == Some(Token::Open('('));
    let at = (0..tokens.iter().count()).find(is_letter).filter(|_| !is_known("C") && !tokens.defines("C"))?;
    let comma = tokens.end(at + 2, |token| token == Token::Comma);
    let is_pair = tokens.token(comma)? == Token::Comma
        && tokens.closing(at + 1) == Some(tokens.end(comma + 1, |token| token == Token::Comma));
    let (_, name) = tokens.get(at)?;
    is_pair.then(|| vec![Fix::replacing(name, "comb")])
}

/// The text with its assignments of R, `x <- 5`: blanks around the arrow and none in it.
pub(super) fn arrows(tokens: &Tokens<'_>) -> Option<String> {
    let edits: Vec<Fix> = (0..tokens.iter().count()).filter_map(|at| arrow(tokens, at)).collect();
    (!edits.is_empty()).then(|| apply(tokens.text, edits))
}

fn arrow(tokens: &Tokens<'_>, at: usize) -> Option<Fix> {
    let begins = at.checked_sub(1).and_then(|before| tokens.token(before)).is_none_or(ends_statement);
    let [(name, left), (less, sign), (minus, line), (_, value)] =
        [tokens.get(at)?, tokens.get(at + 1)?, tokens.get(at + 2)?, tokens.get(at + 3)?];
    let is_arrow = (name, less, minus) == (Token::Name, Token::Less, Token::Minus)
        && left.end < sign.start
        && sign.end == line.start
        && line.end < value.start;
    (begins && is_arrow).then(|| Fix::replacing(sign.to(line), "="))
}

/// A method as a function: `[1, 2, 3].length`, `sqrt(8).evalf()`; the dot is the token at `dot`.
pub(super) fn method(tokens: &Tokens<'_>, dot: usize) -> Option<Vec<Fix>> {
    let name = tokens.spelled(dot + 1);
    let (_, function) = METHODS.iter().find(|(method, _)| *method == name)?;
    let last = dot.checked_sub(1)?;
    let first = tokens.operand_start(last)?;
    let (object, end) = (tokens.get(first)?.1, tokens.get(last)?.1.end);
    let is_called = tokens.token(dot + 2) == Some(Token::Open('('));
    let behind = if is_called { dot + 3 } else { dot + 1 };
    if is_called && tokens.token(behind) != Some(Token::Close(')')) {
        return None;
    }
    let method = Span { start: end, end: tokens.get(behind)?.1.end };
    if function.is_empty() {
        return is_called.then(|| vec![Fix::replacing(method, "")]);
    }
    let start = object.start as usize;
    Some(vec![Fix::new(start, start, format!("{function}(")), Fix::replacing(method, ")")])
}

/// `1'000`: thousands as in Switzerland.
pub(super) fn apostrophes(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let is_group = |at: usize| {
        let digits = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        at > 0 && bytes[at - 1].is_ascii_digit() && digits == 3
    };
    let marks = text.match_indices('\'').filter(|(at, _)| is_group(*at));
    let edits: Vec<Fix> = marks.map(|(at, mark)| Fix::new(at, at + mark.len(), "")).collect();
    let is_all = edits.len() == text.matches(|c| c == '\'' || spelling::is_quote(c)).count();
    (is_all && !edits.is_empty()).then(|| apply(text, edits))
}
