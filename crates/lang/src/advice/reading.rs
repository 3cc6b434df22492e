//! Fixes for a text that cannot be parsed.

use super::edits::{apply, difference};
use super::failing::{form, form_with_keyword};
use super::foreign;
use super::names::{Meant, Scope};
use super::tokens::{Tokens, ends_statement};
use super::words;
use super::{Choice, Fix};
use crate::error::{Error, ErrorKind, Feature, Span, Syntax};
use crate::functions;
use crate::lexer::{Lexer, Token, normal_name};
use crate::spelling;

/// Words that may stand directly after a number.
const WORDS: [&str; 8] = ["and", "or", "not", "in", "is", "if", "else", "mod"];

/// Modules of Python and JavaScript whose functions are built in here without a prefix.
const MODULES: [&str; 10] =
    ["Math", "np", "numpy", "cmath", "statistics", "stats", "sympy", "sp", "fractions", "Number"];

/// Functions of several numbers that people call without brackets: `min 4, 3`.
const SEVERAL: [&str; 15] = [
    "max", "min", "gcd", "lcm", "comb", "perm", "pow", "atan2", "hypot", "mean", "median", "sum", "prod", "stdev",
    "variance",
];

/// What a dead key writes for `^` before a character that takes no accent.
const CIRCUMFLEX: char = 'ˆ';

/// Signs and words for money, which mean nothing to the language, in groups of one currency; longer ones first.
const MONEY: [&[&str]; 5] = [
    &["R$", "BRL", "reais"],
    &["US$", "U$", "$", "USD", "dollars", "dollar"],
    &["€", "EUR", "euros", "euro"],
    &["£", "GBP"],
    &["¥", "JPY", "yen"],
];

/// What stands for thousands, millions and billions behind an amount: `$2.5M`.
const MAGNITUDES: [(char, &str); 4] = [('k', "e3"), ('K', "e3"), ('M', "e6"), ('B', "e9")];

/// The text without signs that only surround it: `= 7*8 =`, `2+2=?`, currency signs.
pub(super) fn trimmed(tokens: &Tokens<'_>) -> Option<String> {
    let text = tokens.text;
    let inside = text.trim();
    let mut core = inside;
    if !core.starts_with("==") {
        core = core.strip_prefix('=').unwrap_or(core);
    }
    // A `?` of a conditional is not at the end.
    core = core.trim_end().strip_suffix('?').unwrap_or(core).trim_end();
    while let Some(shorter) = core.strip_suffix('=') {
        core = shorter.trim_end();
    }
    let core = core.trim();
    if core.len() < inside.len() && !core.is_empty() {
        return Some(text.replacen(inside, core, 1));
    }
    without_money(tokens)
}

/// The text with its ranges as bounds, in calls that take bounds: `sum(1..10)`, `sum(k, k, 1..10)`.
pub(super) fn ranges(tokens: &Tokens<'_>) -> Option<String> {
    let text = tokens.text;
    if !text.contains("..") {
        return None;
    }
    let edit = |at: usize| {
        let [(first, left), (second, right)] = [tokens.get(at)?, tokens.get(at + 1)?];
        let is_range = (first, second) == (Token::Float, Token::Float) && left.end == right.start;
        let (from, to) = (left.of(text).strip_suffix('.')?, right.of(text).strip_prefix('.')?);
        let before = at.checked_sub(1)?;
        let is_sum = before.checked_sub(1).is_some_and(|name| matches!(tokens.spelled(name), "sum" | "prod"));
        let bound = match tokens.token(before)? {
            Token::Open('(') if is_sum => "k, k, ",
            Token::Comma => "",
            _ => return None,
        };
        let is_last = tokens.token(at + 2) == Some(Token::Close(')'));
        (is_range && is_last).then(|| Fix::replacing(left.to(right), format!("{bound}{from}, {to}")))
    };
    let edits: Vec<_> = (0..tokens.iter().count()).filter_map(edit).collect();
    (!edits.is_empty()).then(|| apply(text, edits))
}

/// The text with `^` for the circumflex U+02C6, which a dead key writes and which is a letter: `2ˆ3`.
pub(super) fn carets(text: &str) -> Option<String> {
    if !text.contains(CIRCUMFLEX) {
        return None;
    }
    let tokens = Tokens::of(text);
    let carets = text.match_indices(CIRCUMFLEX).filter(|(at, _)| !tokens.has_string_at(*at));
    let edits: Vec<_> = carets.map(|(at, caret)| Fix::new(at, at + caret.len(), "**")).collect();
    (!edits.is_empty()).then(|| apply(text, edits))
}

/// The text without the signs of one currency; amounts of several have no sum.
fn without_money(tokens: &Tokens<'_>) -> Option<String> {
    let found: Vec<_> = MONEY.iter().map(|signs| money(tokens, signs)).filter(|edits| !edits.is_empty()).collect();
    let [edits] = &found[..] else { return None };
    Some(apply(tokens.text, edits.clone()))
}

fn money(tokens: &Tokens<'_>, signs: &[&str]) -> Vec<Fix> {
    let text = tokens.text;
    let mut edits = Vec::new();
    let signs = signs.iter().flat_map(|sign| text.match_indices(sign));
    for (at, sign) in signs.filter(|(at, _)| !tokens.has_string_at(*at)) {
        let (before, behind) = (&text[..at], &text[at + sign.len()..]);
        let amount = behind.trim_start();
        if amount.starts_with(|c: char| c.is_ascii_digit()) && !before.ends_with(char::is_alphanumeric) {
            edits.push(Fix::new(at, text.len() - amount.len(), ""));
            let digits = amount.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
            let mut next = amount[digits..].chars();
            let magnitude = MAGNITUDES.iter().find(|(letter, _)| next.as_str().starts_with(*letter));
            let is_alone = next.nth(1).is_none_or(|c| !c.is_alphanumeric());
            if let Some((letter, exponent)) = magnitude.filter(|_| is_alone) {
                let letter_at = text.len() - amount.len() + digits;
                edits.push(Fix::new(letter_at, letter_at + letter.len_utf8(), *exponent));
            }
        } else if before.trim_end().ends_with(|c: char| c.is_ascii_digit())
            && !behind.starts_with(char::is_alphanumeric)
        {
            edits.push(Fix::new(before.trim_end().len(), at + sign.len(), ""));
        }
    }
    edits
}

/// The exponent for the letter directly after a number, if it may stand for thousands: `5k`.
pub(super) fn magnitude(error: &Error, is_given: impl Fn(&str) -> bool) -> Option<&'static str> {
    let ErrorKind::Syntax(Syntax::NumberThenName { number, name }) = &error.kind else { return None };
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let (_, exponent) = MAGNITUDES.iter().find(|(letter, _)| name.strip_prefix(*letter) == Some(""))?;
    (is_number && !is_given(name)).then_some(*exponent)
}

/// The edits that the error suggests; the caller checks them. `is_given` tells whether a name comes with the text.
pub(super) fn mend(tokens: &Tokens<'_>, error: &Error, choice: Choice, is_given: impl Fn(&str) -> bool) -> Option<Fix> {
    let text = tokens.text;
    let span = error.span;
    let (start, end) = (span.start as usize, span.end as usize);
    match &error.kind {
        ErrorKind::Unsupported(feature) => unsupported(tokens, *feature, span),
        ErrorKind::Syntax(syntax) => match syntax {
            Syntax::Misspelled { found, meant } => {
                if found.chars().next().and_then(spelling::meant).as_ref() == Some(meant) {
                    lookalikes(text, start)
                } else {
                    Some(Fix::replacing(span, spaced(text, span, meant)))
                }
            }
            Syntax::BinderForm { .. } => difference(text, &apply(text, form(tokens, tokens.from(span.start))?)),
            Syntax::PositionalAfterKeyword => difference(text, &apply(text, form_with_keyword(tokens)?)),
            Syntax::MixedNumber { whole, fraction } => {
                let right = if choice.multiplied { format!("*({fraction})") } else { format!("+{fraction}") };
                Some(Fix::replacing(span, format!("({whole}{right})")))
            }
            Syntax::NumberThenName { number, .. } if choice.magnitude && magnitude(error, &is_given).is_some() => {
                let letter = Span { start: span.start + number.len() as u32, end: span.end };
                Some(Fix::replacing(letter, magnitude(error, &is_given)?))
            }
            Syntax::NumberThenName { number, name } => number_then_name(tokens, span, number, name, is_given(name)),
            Syntax::LeadingZeros => leading_zeros(text, span),
            Syntax::ExpectedOperand { found } | Syntax::ExpectedOperator { found } if found == ":" => {
                ratio(tokens, span)
            }
            Syntax::MalformedNumber => malformed_number(text, span),
            Syntax::MissingOperator { .. } => missing_operator(tokens, span),
            Syntax::CallNeedsBrackets { .. } => call_brackets(tokens, span),
            Syntax::Percent => Some(Fix::replacing(span, "/100")),
            Syntax::NotNeedsBrackets => {
                let from = tokens.from(span.start);
                let to = tokens.end(from, |token| {
                    ends_statement(token)
                        || matches!(
                            token,
                            Token::And
                                | Token::Or
                                | Token::If
                                | Token::Else
                                | Token::Question
                                | Token::Colon
                                | Token::Comma
                                | Token::Assign
                                | Token::For
                        )
                });
                let last = tokens.before(to)?.0;
                Some(Fix::new(start, tokens.get(last)?.1.end as usize, format!("({})", tokens.between(from, last))))
            }
            Syntax::DetachedSuperscript => {
                let (_, _, base) = tokens.before(tokens.from(span.start))?;
                let gap = Span { start: base.end, end: span.start };
                (gap.start < gap.end && gap.of(text).trim().is_empty()).then(|| Fix::replacing(gap, ""))
            }
            Syntax::FunctionPower { .. } => {
                let open = tokens.from(span.end);
                let close = tokens.closing(open)?;
                let replacement = format!("{}{}", tokens.between(open, close), span.of(text));
                Some(Fix::new(start, tokens.get(close)?.1.end as usize, replacement))
            }
            Syntax::NeedsBrackets { found, from } => {
                let operand = text.get(*from as usize..start)?;
                let trimmed = operand.trim_end();
                if matches!(found.as_str(), "(" | "√") {
                    // Two operands side by side: `x²(y)`, `2² √9`.
                    return Some(Fix::new(*from as usize + trimmed.len(), start, "*"));
                }
                Some(Fix::new(*from as usize, start, format!("({trimmed})")))
            }
            Syntax::AssignmentTarget => replace_assign(tokens, span.end, "=="),
            Syntax::FunctionAssignment => replace_assign(tokens, span.end, "@="),
            Syntax::AssignmentInside => {
                chained_assignment(tokens, span).or_else(|| replace_assign(tokens, span.start, "=="))
            }
            Syntax::Unclosed { bracket } => unclosed(tokens, *bracket),
            Syntax::Unmatched { open: None, .. } => Some(Fix::replacing(span, "")),
            Syntax::Unmatched { open: Some('|'), .. } => Some(Fix::new(start, start, "|")),
            Syntax::Unmatched { open: Some(open), .. } => unmatched(tokens, span, *open),
            // A spreadsheet's function.
            Syntax::ExpectedOperand { found } if found == "if" && text[end..].trim_start().starts_with('(') => {
                Some(Fix::replacing(span, "IF"))
            }
            Syntax::UnterminatedString => {
                let quote = span.of(text).trim_start_matches(|c: char| c.is_ascii_alphabetic());
                let first = quote.get(..1)?;
                let length = if quote.starts_with(&first.repeat(3)) { 3 } else { 1 };
                Some(Fix::new(end, end, &quote[..length]))
            }
            Syntax::MalformedEscape => Some(Fix::new(start, start, "\\")),
            Syntax::AfterTheEnd => after_the_end(tokens, span),
            _ => None,
        },
        _ => None,
    }
}

fn unsupported(tokens: &Tokens<'_>, feature: Feature, span: Span) -> Option<Fix> {
    match feature {
        Feature::Identity => {
            let equal = if span.of(tokens.text).ends_with("not") { "!=" } else { "==" };
            Some(Fix::replacing(span, spaced(tokens.text, span, equal)))
        }
        Feature::Attribute => {
            let (_, _, module) = tokens.before(tokens.from(span.start))?;
            if let Some(edits) = foreign::method(tokens, tokens.from(span.start)) {
                return difference(tokens.text, &apply(tokens.text, edits));
            }
            let module_name = module.of(tokens.text);
            // `std` of NumPy is that of a population, and `sqrt` of complex numbers has no domain.
            let next = tokens.from(span.end);
            if (module_name, tokens.spelled(next)) == ("Math", "round") {
                return half_up(tokens, module, next);
            }
            if (module_name, tokens.spelled(next)) == ("cmath", "sqrt") {
                return Some(Fix::replacing(module.to(tokens.get(next)?.1), "√"));
            }
            let population = match tokens.spelled(next) {
                "std" => Some("pstdev"),
                "var" => Some("pvariance"),
                _ => None,
            };
            if let Some(function) = population.filter(|_| matches!(module_name, "np" | "numpy")) {
                return Some(Fix::replacing(module.to(tokens.get(next)?.1), function));
            }
            MODULES.contains(&module_name).then(|| Fix::replacing(module.to(span), ""))
        }
        _ => None,
    }
}

/// `Math.round(2.5)` of JavaScript, which rounds ties up.
fn half_up(tokens: &Tokens<'_>, module: Span, name: usize) -> Option<Fix> {
    let close = tokens.closing(name + 1).filter(|close| name + 2 < *close)?;
    let whole = module.to(tokens.get(close)?.1);
    Some(Fix::replacing(whole, format!("floor({} + 0.5)", tokens.between(name + 2, close - 1))))
}

/// `007`, if it is not a part of a date, a time or a decimal number.
fn leading_zeros(text: &str, span: Span) -> Option<Fix> {
    let part = |c: char| matches!(c, ',' | '.' | ':' | '-' | '/' | '−' | '–');
    let is_beside = text[..span.start as usize].ends_with(part) || text[span.end as usize..].starts_with(part);
    let digits = span.of(text).trim_start_matches(['0', '_']);
    (!is_beside).then(|| Fix::replacing(span, digits))
}

/// `6 : 2` is a division; `09:30` and `12:30` are times.
fn ratio(tokens: &Tokens<'_>, span: Span) -> Option<Fix> {
    let at = tokens.from(span.start);
    let (last, next) = (at.checked_sub(1)?, at + 1);
    let is_operand = tokens.ends_operand(last) && tokens.token(next)?.is_operand();
    let is_tight = tokens.get(last)?.1.end == span.start && tokens.get(next)?.1.start == span.end;
    let is_time = is_tight && tokens.spelled(next).len() == 2 && tokens.token(next)?.is_decimal();
    let is_again = |at: usize| tokens.token(at) == Some(Token::Colon);
    let goes_on = is_again(at + 2) || at.checked_sub(2).is_some_and(is_again);
    (is_operand && !is_time && !goes_on).then(|| Fix::replacing(span, "/"))
}

/// Adds a blank on each side of a word, where there is neither a blank nor an opening bracket.
fn spaced(text: &str, span: Span, meant: &str) -> String {
    if !meant.starts_with(|c: char| c.is_ascii_alphabetic()) && meant != "! ==" {
        return meant.to_owned();
    }
    let before = text[..span.start as usize].chars().next_back();
    let after = text[span.end as usize..].chars().next();
    let left =
        if meant.starts_with('!') || before.is_none_or(|c| c.is_whitespace() || "([{".contains(c)) { "" } else { " " };
    let right = if after.is_none_or(|c| c.is_whitespace() || ")]}".contains(c)) { "" } else { " " };
    format!("{left}{meant}{right}")
}

/// A text with one look-alike has more: all from here on, outside strings, are mended at once.
fn lookalikes(text: &str, from: usize) -> Option<Fix> {
    let mut edits = Vec::new();
    let mut at = from;
    while let Some(character) = text[at..].chars().next() {
        let rest = &text[at..];
        let next = at + character.len_utf8();
        at = if spelling::is_quote(character) {
            let (edit, end) = quoted(text, at, character.len_utf8());
            edits.extend(edit);
            end
        } else if matches!(character, '"' | '\'' | '#') {
            // A string or a comment stays unchanged.
            match Lexer::new(rest).next() {
                Ok((Token::String, span)) => at + span.end as usize,
                _ => at + rest.find('\n').unwrap_or(rest.len()),
            }
        } else {
            // A character that the language reads is no look-alike; inside a name it belongs to the name.
            let is_read = || matches!(Lexer::new(&text[at..next]).next(), Ok((token, _)) if token != Token::End);
            let meant = spelling::meant(character).filter(|_| at == from || !(is_inside_name(text, at) || is_read()));
            let span = Span::new(at, next);
            edits.extend(meant.map(|meant| Fix::replacing(span, spaced(text, span, &meant))));
            next
        };
    }
    difference(text, &apply(text, edits))
}

/// What to write for a quotation mark of `length` bytes at `at`, and where the string that it begins ends.
fn quoted(text: &str, at: usize, length: usize) -> (Option<Fix>, usize) {
    let next = at + length;
    if is_between_digits(text, at, next) {
        // `1’000`.
        return (Some(Fix::new(at, next, "")), next);
    }
    let line = text[next..].lines().next().unwrap_or_default();
    let closing = line.char_indices().find(|(_, c)| spelling::is_quote(*c) || matches!(c, '"' | '\''));
    let Some((inside, mark)) = closing else { return (None, next) };
    let end = next + inside + mark.len_utf8();
    (Some(Fix::new(at, end, format!("'{}'", &line[..inside]))), end)
}

fn is_between_digits(text: &str, start: usize, end: usize) -> bool {
    let group = text[end..].bytes().take_while(u8::is_ascii_digit).count();
    group == 3 && text[..start].ends_with(|c: char| c.is_ascii_digit())
}

fn is_inside_name(text: &str, at: usize) -> bool {
    // No name that somebody writes is longer.
    let word = text[..at].chars().rev().take(64).take_while(|c| *c == '_' || unicode_ident::is_xid_continue(*c)).last();
    word.is_some_and(|first| first == '_' || unicode_ident::is_xid_start(first))
        && text[at..].chars().next().is_some_and(unicode_ident::is_xid_continue)
}

/// `2x`, `2x3`, `7mod2`, `2i`, `sin 2x`.
fn number_then_name(tokens: &Tokens<'_>, span: Span, number: &str, name: &str, is_given: bool) -> Option<Fix> {
    let is_known = is_given || tokens.defines(name);
    let behind = Span { start: span.start + number.len() as u32, end: span.end };
    if number.ends_with('.') {
        // `1.real` is an attribute.
        return None;
    }
    let factors = || name.split(['x', 'X']).skip(1);
    let is_digits = |factor: &str| !factor.is_empty() && factor.bytes().all(|byte| byte.is_ascii_digit());
    if !is_known && name.starts_with(['x', 'X']) && factors().all(is_digits) {
        // `2x3x4`.
        return Some(Fix::replacing(behind, name.replace(['x', 'X'], "*")));
    }
    let word = name.trim_end_matches(|c: char| c.is_ascii_digit());
    if word.len() < name.len() && WORDS.contains(&word) {
        return Some(Fix::replacing(behind, format!(" {word} {}", &name[word.len()..])));
    }
    if words::is_unit(name) && !is_known {
        // `30graus`: a unit, which is read as a word once a blank precedes it.
        return Some(Fix::replacing(behind, format!(" {name}")));
    }
    let exponent = tokens.from(span.end);
    if matches!(name, "e" | "E") && !is_known && tokens.token(exponent).is_some_and(Token::is_decimal) {
        // `4.2e 5`.
        return Some(Fix::new(span.end as usize, tokens.get(exponent)?.1.start as usize, ""));
    }
    if matches!(name, "i" | "I") && !is_known {
        return imaginary(tokens, behind, name);
    }
    let product = format!("{number}*{name}");
    // A number directly before a name is no token: the last token is the one before it.
    match tokens.before(tokens.from(span.start)) {
        Some((_, Token::Name, function)) if is_function(function.of(tokens.text)) => {
            Some(Fix::new(function.end as usize, span.end as usize, format!("({product})")))
        }
        _ => Some(Fix::new(behind.start as usize, behind.start as usize, "*")),
    }
}

/// `(1+2i)*(3-i)`: the letter after a number, and wherever else it stands alone.
fn imaginary(tokens: &Tokens<'_>, behind: Span, letter: &str) -> Option<Fix> {
    let alone = tokens.iter().filter(|(token, span)| *token == Token::Name && span.of(tokens.text) == letter);
    let edits = std::iter::once(Fix::replacing(behind, "j")).chain(alone.map(|(_, span)| Fix::replacing(span, "1j")));
    difference(tokens.text, &apply(tokens.text, edits.collect()))
}

fn is_function(name: &str) -> bool {
    functions::find(&normal_name(name)).is_some()
}

/// Malformed numbers: too many underscores, `0or 2`, `1_if`.
fn malformed_number(text: &str, span: Span) -> Option<Fix> {
    let written = span.of(text);
    if let Some(rest) = written.strip_prefix("0or") {
        return Some(Fix::replacing(span, format!("0 or{rest}")));
    }
    if let Some((number, word)) = written.split_once('_')
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && word.starts_with(|c: char| c.is_alphabetic())
    {
        let operator = WORDS.contains(&word);
        return Some(Fix::replacing(
            span,
            if operator { format!("{number} {word}") } else { format!("{number}*{word}") },
        ));
    }
    let mut single = String::new();
    for character in written.chars() {
        if character != '_' || !single.ends_with('_') {
            single.push(character);
        }
    }
    let single = single.trim_end_matches('_');
    (single != written && !single.is_empty()).then(|| Fix::replacing(span, single))
}

/// Two operands side by side.
fn missing_operator(tokens: &Tokens<'_>, span: Span) -> Option<Fix> {
    let at = tokens.from(span.start);
    let (left_at, left, left_span) = tokens.before(at)?;
    let right = tokens.token(at)?;
    if left.is_decimal() && right.is_number() {
        return thousands(tokens, left_at);
    }
    if left.is_number() && is_exponent(span.of(tokens.text)) {
        // `1.5 e3`.
        return Some(Fix::new(left_span.end as usize, span.start as usize, ""));
    }
    if left.is_number() && right.is_number() {
        // `1.2.3`, `1 2`: no clear meaning.
        return None;
    }
    if left == Token::Superscript && left_at.checked_sub(1).is_some_and(|name| is_function(tokens.spelled(name))) {
        // `cos²x`.
        let last = tokens.operand_end(at)?;
        let end = tokens.get(last)?.1.end as usize;
        return Some(Fix::new(left_span.end as usize, end, format!("({})", tokens.between(at, last))));
    }
    // `2 e 3` beside a comparison is `and`, not a product.
    if span.of(tokens.text) == "e" && tokens.token(at + 1).is_some_and(Token::is_operand) {
        return None;
    }
    let no_factor = |token| matches!(token, Token::String | Token::True | Token::False | Token::None);
    if no_factor(left) || no_factor(right) {
        return None;
    }
    if left == Token::Name && !tokens.defines(left_span.of(tokens.text)) {
        // `sen 30`: a function, perhaps under a name from elsewhere.
        let name = normal_name(left_span.of(tokens.text));
        if let Some(Meant::Name(function)) = Scope::new(&[]).meant(&name, true)
            && functions::find(&function).is_some()
            && let Some(brackets) = call_brackets(tokens, span)
        {
            return Some(Fix::new(
                left_span.start as usize,
                brackets.span.end as usize,
                format!("{function}{}", brackets.replacement),
            ));
        }
    }
    if matches!(span.of(tokens.text), "x" | "X")
        && tokens.token(at + 1).is_some_and(|next| next.is_number() || next == Token::Open('('))
    {
        return Some(Fix::replacing(span, "*"));
    }
    let gap = Span { start: left_span.end, end: span.start };
    match gap.of(tokens.text) {
        "" => Some(Fix::replacing(gap, "*")),
        blank if blank.chars().all(|c| c == ' ' || c == '\t') => Some(Fix::replacing(gap, " * ")),
        // A newline or a comment stands between the operands.
        _ => Some(Fix::new(span.start as usize, span.start as usize, "* ")),
    }
}

/// Whether a name is the exponent of a number that a blank separates from it: `e3`.
fn is_exponent(name: &str) -> bool {
    let digits = name.strip_prefix(['e', 'E']).unwrap_or_default();
    (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// `1 000 000`: digits in groups of three.
fn thousands(tokens: &Tokens<'_>, first: usize) -> Option<Fix> {
    if tokens.spelled(first).len() > 3 {
        return None;
    }
    let mut digits = tokens.spelled(first).to_owned();
    let mut end = tokens.get(first)?.1.end;
    for at in first + 1.. {
        let (token, span) = tokens.get(at)?;
        let group = span.of(tokens.text);
        let whole = group.split('.').next().unwrap_or(group);
        let groups = whole.len() == 3 && whole.bytes().all(|byte| byte.is_ascii_digit()) && span.start == end + 1;
        if !groups || !(token.is_decimal() || token == Token::Float) {
            break;
        }
        digits.push_str(group);
        end = span.end;
    }
    let start = tokens.get(first)?.1.start;
    (digits.len() > tokens.spelled(first).len()).then(|| Fix::replacing(Span { start, end }, digits))
}

/// `sin 1`, `sin x²`, `sqrt sqrt 16`: the next operand with its postfix operators goes in brackets.
fn call_brackets(tokens: &Tokens<'_>, span: Span) -> Option<Fix> {
    let mut at = tokens.from(span.start);
    let (_, _, function) = tokens.before(at)?;
    let first = at;
    let mut names = Vec::new();
    while tokens.token(at) == Some(Token::Name)
        && is_function(tokens.spelled(at))
        && !matches!(tokens.token(at + 1), Some(Token::Open(_) | Token::Superscript))
    {
        names.push(tokens.spelled(at));
        at += 1;
    }
    let from = at;
    if !names.is_empty() && !tokens.token(at)?.is_operand() {
        // `sqrt sqrt`.
        (at, names) = (first, Vec::new());
    }
    let from = if names.is_empty() { first } else { from };
    if let Token::Open(_) = tokens.token(at)? {
        at = tokens.closing(at)?;
    }
    loop {
        let end = tokens.get(at)?.1.end;
        match tokens.get(at + 1)? {
            (Token::Open('(' | '['), next) if next.start == end => at = tokens.closing(at + 1)?,
            (Token::Superscript | Token::Bang | Token::Degree, next) if next.start == end => at += 1,
            _ => break,
        }
    }
    if names.is_empty() && takes_several(function.of(tokens.text)) {
        // `min 4, 3`: all the values are arguments.
        at = tokens.before(tokens.end(from, ends_statement))?.0;
    }
    let mut argument = tokens.between(from, at).to_owned();
    if names.is_empty() && (from..=at).all(|at| tokens.token(at).is_some_and(Token::is_number)) {
        // `max 3 5`.
        argument = (from..=at).map(|at| tokens.spelled(at)).collect::<Vec<_>>().join(", ");
    }
    for name in names.iter().rev() {
        argument = format!("{name}({argument})");
    }
    Some(Fix::new(function.end as usize, tokens.get(at)?.1.end as usize, format!("({argument})")))
}

/// Functions that take several values, or a list of values.
fn takes_several(name: &str) -> bool {
    let name = normal_name(name);
    let meant = match Scope::new(&[]).meant(&name, true) {
        _ if functions::find(&name).is_some() => name.into_owned(),
        Some(Meant::Name(meant)) => meant,
        _ => return false,
    };
    SEVERAL.contains(&&*meant)
}

fn replace_assign(tokens: &Tokens<'_>, from: u32, meant: &str) -> Option<Fix> {
    let assign = tokens.iter().find(|(token, span)| *token == Token::Assign && span.start >= from)?;
    Some(Fix::replacing(assign.1, meant))
}

/// `a = b = 3`, with the error at the second `=`: `b = 3; a = b`.
fn chained_assignment(tokens: &Tokens<'_>, span: Span) -> Option<Fix> {
    let second = tokens.from(span.start);
    let [name, first, other] = [second.checked_sub(3)?, second - 2, second - 1];
    let begins = name == 0 || matches!(tokens.token(name - 1), Some(Token::Semicolon | Token::Newline));
    let fits = begins
        && tokens.token(name) == Some(Token::Name)
        && tokens.token(first) == Some(Token::Assign)
        && tokens.token(other) == Some(Token::Name);
    let last = tokens.before(tokens.end(second, ends_statement))?.0;
    if !fits || last <= second {
        return None;
    }
    let replacement = format!("{}; {} = {}", tokens.between(other, last), tokens.spelled(name), tokens.spelled(other));
    Some(Fix::replacing(tokens.get(name)?.1.to(tokens.get(last)?.1), replacement))
}

fn closing(open: char) -> Option<&'static str> {
    match open {
        '(' => Some(")"),
        '[' => Some("]"),
        '{' => Some("}"),
        _ => None,
    }
}

/// A bracket that does not close `open`. If it closes an outer bracket, `open` is closed before it.
fn unmatched(tokens: &Tokens<'_>, span: Span, open: char) -> Option<Fix> {
    let mut outer = Vec::new();
    for (token, _) in tokens.iter().take_while(|(_, at)| at.start < span.start) {
        match token {
            Token::Open(bracket) => outer.push(closing(bracket)),
            Token::Close(_) => {
                outer.pop();
            }
            _ => {}
        }
    }
    outer.pop();
    let is_missing = outer.contains(&Some(span.of(tokens.text)));
    let place = if is_missing { Span { end: span.start, ..span } } else { span };
    Some(Fix::replacing(place, closing(open)?))
}

/// Closes at the end every bracket that is open there.
fn unclosed(tokens: &Tokens<'_>, bracket: char) -> Option<Fix> {
    let last = tokens.iter().rev().find(|(token, _)| !matches!(token, Token::End | Token::Newline))?;
    let end = last.1.end as usize;
    let complete = (last.0.is_operand() && !matches!(last.0, Token::Open(_)))
        || matches!(
            last.0,
            Token::Close(_) | Token::Bang | Token::Degree | Token::Superscript | Token::Comma | Token::Bar
        );
    if !complete {
        // More than a bracket is missing: `(3*`.
        return None;
    }
    if bracket == '|' {
        return Some(Fix::new(end, end, "|"));
    }
    let mut open = Vec::new();
    for (token, _) in tokens.iter() {
        match token {
            Token::Open(bracket) => open.push(bracket),
            Token::Close(_) => {
                open.pop();
            }
            _ => {}
        }
    }
    let closers: String = open.iter().rev().filter_map(|bracket| closing(*bracket)).collect();
    (!closers.is_empty()).then(|| Fix::new(end, end, closers))
}

/// Text after the newline that ended the expression: the line goes on, or another statement begins.
fn after_the_end(tokens: &Tokens<'_>, span: Span) -> Option<Fix> {
    let next = tokens.from(span.start);
    let (last, _, before) = tokens.before(next)?;
    let goes_on =
        !tokens.token(next)?.is_operand() && !matches!(tokens.token(next)?, Token::Not | Token::Tilde | Token::Root);
    if !goes_on {
        return Some(Fix::new(before.end as usize, before.end as usize, ";"));
    }
    // The whole statement gets brackets, up to the next one or to the end.
    let from = (0..=last).rev().find(|at| tokens.token(*at) == Some(Token::Semicolon)).map_or(0, |at| at + 1);
    let from = (from..=last).find(|at| tokens.token(*at) != Some(Token::Newline))?;
    let from = match tokens.token(from + 1) {
        Some(Token::Assign | Token::AssignFormula) => from + 2,
        _ => from,
    };
    let end = tokens.before(tokens.end(next, ends_statement))?.0;
    let covered = tokens.get(from)?.1.to(tokens.get(end)?.1);
    Some(Fix::replacing(covered, format!("({})", covered.of(tokens.text))))
}
