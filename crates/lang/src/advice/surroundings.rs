//! What surrounds an expression in a message, a document or a program: quotation marks, code fences, labels, comments,
//! imports, `print(…)`.

use super::Fix;
use super::edits::apply;
use super::tokens::{Tokens, ends_statement};
use crate::elsewhere::plain;
use crate::error::Span;
use crate::lexer::Token;
use crate::spelling;

/// Marks on both sides of a text; longer ones first.
const FRAMES: [(&str, &str); 7] =
    [("$((", "))"), ("```", "```"), ("$`", "`$"), ("**", "**"), ("__", "__"), ("\\\"", "\\\""), ("\\boxed{", "}")];

/// Marks before a text: the prompt of Python, and a quotation in Markdown and mail.
const PROMPTS: [&str; 2] = [">>>", "> "];

/// Words before a colon that only announce an expression.
const LABELS: [&str; 26] = [
    "answer",
    "calculate",
    "calculation",
    "code",
    "compute",
    "equation",
    "evaluate",
    "expr",
    "expression",
    "formula",
    "input",
    "math",
    "output",
    "problem",
    "python",
    "q",
    "query",
    "question",
    "result",
    "solution",
    "solve",
    "calcule",
    "conta",
    "expressao",
    "resposta",
    "resultado",
];

/// Characters in the notation of HTML.
const ENTITIES: [(&str, &str); 16] = [
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&times;", "×"),
    ("&divide;", "÷"),
    ("&minus;", "-"),
    ("&nbsp;", " "),
    ("&pi;", "π"),
    ("&quot;", "\""),
    ("&radic;", "√"),
    ("&le;", "<="),
    ("&ge;", ">="),
    ("&ne;", "!="),
    ("&middot;", "·"),
    ("&deg;", "°"),
    ("&plus;", "+"),
    ("&amp;", "&"),
];

/// Functions whose value is that of their argument, or of the text that it is.
const WRAPPERS: [&str; 13] = [
    "print",
    "display",
    "eval",
    "evaluate",
    "calculate",
    "calculator",
    "calc",
    "compute",
    "simplify",
    "nsimplify",
    "sympify",
    "N",
    "S",
];

/// Objects whose methods are such functions.
const OBJECTS: [&str; 5] = ["console", "calculator", "calc", "math_tool", "tool"];

/// The part of a text inside quotation marks that are not Python's, if it is a calculation: `“2+2”`.
pub(super) fn unquoted(text: &str) -> Option<&str> {
    let core = text.trim();
    let inside = core.strip_prefix(spelling::is_quote)?.strip_suffix(spelling::is_quote)?;
    let is_one = !inside.contains(|c| spelling::is_quote(c) || matches!(c, '\'' | '"'));
    (is_one && is_calculation(inside)).then_some(inside)
}

/// The content of a text that is one string, if it is a calculation.
pub(super) fn quoted(tokens: &Tokens<'_>) -> Option<(Span, String)> {
    let mut all = tokens.iter().filter(|(token, _)| *token != Token::Newline);
    let (Some((Token::String, span)), Some((Token::End, _))) = (all.next(), all.next()) else { return None };
    content(span.of(tokens.text)).map(|inside| (span, inside.to_owned()))
}

/// The content of a plain string, if it is a calculation.
fn content(string: &str) -> Option<&str> {
    let inside = ['"', '\''].iter().find_map(|quote| string.strip_prefix(*quote)?.strip_suffix(*quote))?;
    (!inside.contains(['\\', '"', '\'']) && is_calculation(inside)).then_some(inside)
}

/// Whether a text has a number and something to do with it.
fn is_calculation(text: &str) -> bool {
    let signs = ['+', '-', '*', '/', '^', '%', '(', '<', '>', '!', '=', '×', '÷', '−', '√', '²', '³'];
    text.contains(|c: char| c.is_ascii_digit()) && text.contains(signs)
}

/// The text without one of its surroundings. A name that `is_known` is none of them.
pub(super) fn mend(tokens: &Tokens<'_>, is_known: impl Fn(&str) -> bool) -> Option<String> {
    let text = tokens.text;
    if let Some(inside) = unframed(text).or_else(|| unlabelled(text)) {
        return Some(inside.to_owned());
    }
    if let Some(plain) = without_entities(text) {
        return Some(plain);
    }
    let edits = comment(tokens).or_else(|| statement(tokens)).or_else(|| wrapper(tokens, is_known));
    edits.or_else(|| json(tokens)).map(|edits| apply(text, edits)).filter(|mended| !mended.trim().is_empty())
}

fn unframed(text: &str) -> Option<&str> {
    let core = text.trim();
    let prompted = PROMPTS.iter().find_map(|prompt| core.strip_prefix(prompt));
    let framed = || {
        FRAMES.iter().find_map(|(open, close)| {
            let inside = core.strip_prefix(open)?.strip_suffix(close).filter(|inside| !inside.contains(open))?;
            // The name of the language stands behind the mark of a fence.
            let language: usize = inside.bytes().take_while(u8::is_ascii_alphabetic).count();
            let is_fence = *open == "```" && inside[language..].starts_with(['\n', '\r']);
            Some(if is_fence { &inside[language..] } else { inside })
        })
    };
    let is_certain = |inside: &&str| core.starts_with(">>>") || core.starts_with("```") || is_calculation(inside);
    prompted.or_else(framed).map(str::trim).filter(|inside| !inside.is_empty()).filter(is_certain)
}

/// `Answer: 6*7`, `What's 6*7`.
fn unlabelled(text: &str) -> Option<&str> {
    let labelled = text.split_once(':').filter(|(label, _)| LABELS.contains(&plain(label.trim()).as_str()));
    let rest = labelled.map(|(_, rest)| rest).or_else(|| {
        let core = text.trim_start();
        let asks = core.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("what"));
        core.get(4..).filter(|_| asks)?.strip_prefix(['\'', '’'])?.strip_prefix(['s', 'S'])
    })?;
    // `Math::PI`.
    Some(rest.trim()).filter(|rest| !rest.is_empty() && !rest.starts_with(':'))
}

fn without_entities(text: &str) -> Option<String> {
    if !text.contains('&') || !text.contains(';') {
        return None;
    }
    let mut plain = text.to_owned();
    for (entity, sign) in ENTITIES {
        plain = plain.replace(entity, sign);
    }
    (plain != text).then_some(plain)
}

/// A comment of another language: `/* … */`, or `//` before words.
fn comment(tokens: &Tokens<'_>) -> Option<Vec<Fix>> {
    let text = tokens.text;
    let outside = |sign: &str| text.match_indices(sign).map(|(at, _)| at).find(|at| !tokens.has_string_at(*at));
    if let Some(start) = outside("/*")
        && let Some(length) = text[start..].find("*/")
    {
        return Some(vec![Fix::new(start, start + length + 2, " ")]);
    }
    let start = outside("//")?;
    let end = text[start..].find(['\n', '\r']).map_or(text.len(), |length| start + length);
    let words = text[start + 2..end].trim();
    let is_prose = words.starts_with(char::is_alphabetic)
        && words.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '\'' | ',' | '.' | '-' | '?' | ':'));
    // A single word may be the divisor, unless no operand stands before it.
    let is_divisor =
        !words.contains(' ') && !text[..start].trim_end().ends_with([';', '\n']) && !text[..start].trim().is_empty();
    (is_prose && !is_divisor).then(|| vec![Fix::new(start, end, "")])
}

/// A statement of Python or JavaScript, as one of this language or as nothing.
fn statement(tokens: &Tokens<'_>) -> Option<Vec<Fix>> {
    let begins = |at: &usize| at.checked_sub(1).and_then(|before| tokens.token(before)).is_none_or(ends_statement);
    (0..tokens.iter().count()).filter(begins).find_map(|at| {
        let keyword = tokens.spelled(at);
        let (start, end) = (tokens.get(at)?.1, tokens.end(at, ends_statement));
        match (tokens.token(at)?, keyword) {
            (_, "import" | "from") => {
                let next = tokens.get(end)?;
                let behind = if next.0 == Token::End { next.1.start } else { next.1.end };
                Some(vec![Fix::new(start.start as usize, behind as usize, "")])
            }
            (_, "return") => Some(vec![Fix::replacing(start, "")]),
            (_, "def") => definition(tokens, at),
            (Token::Open('('), _) => applied_lambda(tokens, at),
            (Token::Name, _) => lambda(tokens, at).or_else(|| augmented(tokens, at, end)),
            _ => None,
        }
    })
}

/// `def f(x): return x**2`.
fn definition(tokens: &Tokens<'_>, at: usize) -> Option<Vec<Fix>> {
    let close = tokens.closing(at + 2).filter(|_| tokens.token(at + 1) == Some(Token::Name))?;
    let colon = Some(close + 1).filter(|colon| tokens.token(*colon) == Some(Token::Colon))?;
    let body = (colon + 1..).find(|at| tokens.token(*at) != Some(Token::Newline))?;
    let value = Some(body + 1).filter(|_| tokens.spelled(body) == "return")?;
    let head = Span { start: tokens.get(at)?.1.start, end: tokens.get(value)?.1.start };
    Some(vec![Fix::replacing(head, format!("{} @= ", tokens.between(at + 1, close)))])
}

/// `f = lambda x: x**2`.
fn lambda(tokens: &Tokens<'_>, at: usize) -> Option<Vec<Fix>> {
    if (tokens.token(at + 1), tokens.token(at + 2)) != (Some(Token::Assign), Some(Token::Lambda)) {
        return None;
    }
    let colon = tokens.end(at + 3, |token| token == Token::Colon);
    let head = Span { start: tokens.get(at)?.1.start, end: tokens.get(colon + 1)?.1.start };
    let parameters = tokens.between(at + 3, colon.checked_sub(1)?);
    Some(vec![Fix::replacing(head, format!("{}({parameters}) @= ", tokens.spelled(at)))])
}

/// `(lambda x: x**2)(3)`.
fn applied_lambda(tokens: &Tokens<'_>, at: usize) -> Option<Vec<Fix>> {
    let close = tokens.closing(at).filter(|_| tokens.token(at + 1) == Some(Token::Lambda))?;
    let colon = tokens.end(at + 2, |token| token == Token::Colon);
    let is_called = tokens.token(close + 1) == Some(Token::Open('('));
    let whole = tokens.get(at)?.1.to(tokens.get(close)?.1);
    let (parameters, body) = (tokens.between(at + 2, colon.checked_sub(1)?), tokens.between(colon + 1, close - 1));
    (is_called && colon < close).then(|| vec![Fix::replacing(whole, format!("f({parameters}) @= {body}; f"))])
}

/// `x += 3`, `x++`.
fn augmented(tokens: &Tokens<'_>, at: usize, end: usize) -> Option<Vec<Fix>> {
    use Token::{DoubleSlash, DoubleStar, Minus, Percent, Plus, Slash, Star};
    let (operator, sign) = tokens.get(at + 1)?;
    if !matches!(operator, Plus | Minus | Star | Slash | DoubleSlash | DoubleStar | Percent) {
        return None;
    }
    let (next, _) = tokens.get(at + 2).filter(|(_, next)| next.start == sign.end)?;
    let value = if next == Token::Assign && at + 3 < end {
        let value = tokens.between(at + 3, end - 1);
        if at + 4 == end { value.to_owned() } else { format!("({value})") }
    } else if matches!(operator, Plus | Minus) && next == operator && at + 3 == end {
        "1".to_owned()
    } else {
        return None;
    };
    let whole = tokens.get(at)?.1.to(tokens.get(end - 1)?.1);
    let (name, sign) = (tokens.spelled(at), sign.of(tokens.text));
    Some(vec![Fix::replacing(whole, format!("{name} = {name} {sign} {value}"))])
}

/// `print(2+2)`, `eval('2+2')`, `console.log(2+2)`, `calculate(expression="2+2")`, `print('Sum:', 2+2)`.
fn wrapper(tokens: &Tokens<'_>, is_known: impl Fn(&str) -> bool) -> Option<Vec<Fix>> {
    let is_wrapper = |at: &usize| {
        let (name, object) = (tokens.spelled(*at), at.checked_sub(2).map_or("", |object| tokens.spelled(object)));
        let is_called = (tokens.token(*at), tokens.token(at + 1)) == (Some(Token::Name), Some(Token::Open('(')));
        let is_method = at.checked_sub(1).and_then(|dot| tokens.token(dot)) == Some(Token::Dot);
        let is_named = WRAPPERS.contains(&name) || (is_method && name == "log");
        is_called && is_named && (!is_method || OBJECTS.contains(&object))
    };
    let at = (0..tokens.iter().count()).find(is_wrapper)?;
    if is_known(tokens.spelled(at)) || tokens.defines(tokens.spelled(at)) {
        return None;
    }
    let first = if at > 1 && tokens.token(at - 1) == Some(Token::Dot) { at - 2 } else { at };
    let close = tokens.closing(at + 1)?;
    let mut arguments = Vec::new();
    let mut from = at + 2;
    while from < close {
        let comma = tokens.end(from, |token| token == Token::Comma);
        // `expr="2+2"`.
        let is_named = tokens.token(from + 1) == Some(Token::Assign);
        arguments.push((if is_named { from + 2 } else { from }, comma.checked_sub(1)?));
        from = comma + 1;
    }
    let is_string = |(first, last): &(usize, usize)| first == last && tokens.token(*first) == Some(Token::String);
    // Words that only announce the value.
    if arguments.len() > 1 {
        arguments.retain(|argument| !is_string(argument));
    }
    let [argument] = arguments[..] else { return None };
    let inside = tokens.between(argument.0, argument.1);
    let inside = content(inside).filter(|_| is_string(&argument)).or_else(|| formatted(inside)).unwrap_or(inside);
    let whole = tokens.get(first)?.1.to(tokens.get(close)?.1);
    let begins = first.checked_sub(1).and_then(|before| tokens.token(before)).is_none_or(ends_statement);
    let ends = tokens.token(close + 1).is_none_or(|token| ends_statement(token) || token == Token::End);
    let inside = if begins && ends { inside.to_owned() } else { format!("({inside})") };
    Some(vec![Fix::replacing(whole, inside)])
}

/// The expression in `f'{…}'`, if there is nothing else.
fn formatted(string: &str) -> Option<&str> {
    let string = string.strip_prefix(['f', 'F'])?;
    let inside = ["'", "\""].iter().find_map(|quote| string.strip_prefix(quote)?.strip_suffix(quote))?;
    let inside = inside.strip_prefix('{')?.strip_suffix('}')?;
    (!inside.contains(['{', '}', ':', '!', '"', '\''])).then_some(inside)
}

/// `{"expression": "2+2"}`.
fn json(tokens: &Tokens<'_>) -> Option<Vec<Fix>> {
    let shape: Vec<Token> = tokens.iter().map(|(token, _)| token).take(7).collect();
    let is_member = shape.starts_with(&[Token::Open('{'), Token::String, Token::Colon, Token::String])
        && shape[4..] == [Token::Close('}'), Token::End];
    let inside = content(tokens.spelled(3)).filter(|_| is_member)?;
    Some(vec![Fix::new(0, tokens.text.len(), inside)])
}
