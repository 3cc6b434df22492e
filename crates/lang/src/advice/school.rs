//! Advice for texts in school notation: that for the same text in Python's notation, carried back, and what only school
//! notation needs.
//!
//! The law is that of all advice, and each fix is judged by it as the caller will see it: the mended text is read in
//! school notation and evaluates, or lacks a value only because of variables, and where it comes from Python's text it
//! has the meaning of the mended Python text.

use super::tokens::Tokens;
use super::{Choice, Desk, FIXES, FUEL, Fix, Hint, HintKind, Look, Purse, TEXT_BYTES, edits, reading};
use crate::error::{Error, ErrorKind, NotationError, Span, Syntax};
use crate::lexer::Token;
use crate::limits::Limits;
use crate::notation::{DecimalSign, Notation};
use crate::parser::{self, Context};
use crate::school;

/// How often words of a text are replaced, at most.
const WORDS: usize = 4;

/// A text in school notation where it is mended.
struct Bench<'c> {
    text: &'c str,
    decimal: DecimalSign,
    context: &'c Context<'c>,
    limits: &'c Limits,
}

/// The fixes of a text that cannot be read.
pub(super) fn of_error(
    text: &str,
    decimal: DecimalSign,
    error: &Error,
    context: &Context<'_>,
    limits: &Limits,
) -> Vec<Fix> {
    // Two readings are no fix: the caller chooses.
    if matches!(error.kind, ErrorKind::Notation(NotationError::Ambiguous { .. })) || text.len() > TEXT_BYTES {
        return Vec::new();
    }
    let bench = Bench { text, decimal, context, limits };
    let own = bench.own_fix(error).filter(|fix| bench.is_right(fix, None));
    let fixes: Vec<Fix> = own.into_iter().chain(bench.carried()).take(FIXES).collect();
    if fixes.is_empty() { bench.without_words().into_iter().collect() } else { fixes }
}

/// The fixes of a text that fails, with the failure and its place.
pub(super) fn of_failure(
    text: &str,
    decimal: DecimalSign,
    failure: (&ErrorKind, Span),
    context: &Context<'_>,
    limits: &Limits,
) -> Vec<Fix> {
    if text.len() > TEXT_BYTES {
        return Vec::new();
    }
    let bench = Bench { text, decimal, context, limits };
    let own = match failure {
        (ErrorKind::UnknownName { name }, place) => bench.own_fix_of_name(name, place),
        _ => None,
    };
    if let Some(own) = own.filter(|fix| bench.is_right(fix, None)) {
        return vec![own];
    }
    // The words say what the Python text no longer does.
    match bench.without_words() {
        Some(fix) => vec![fix],
        None => bench.carried(),
    }
}

/// The hints for a text, which is translated and parsed anew: a long one has none.
pub(super) fn hints(text: &str, decimal: DecimalSign, context: &Context<'_>, limits: &Limits) -> Vec<Hint> {
    if text.len() > TEXT_BYTES {
        return Vec::new();
    }
    let bench = Bench { text, decimal, context, limits };
    let Some((python, origins)) = school::in_python(text, decimal, context, limits) else { return Vec::new() };
    let in_python = bench.python_context();
    let Ok(program) = parser::parse(&python, &in_python, limits) else { return Vec::new() };
    let carried = |hint: Hint| {
        let fixes = hint.fixes.iter().filter_map(|fix| bench.carry(fix, &python, &origins)).collect();
        Hint { kind: hint.kind, span: origins.of(hint.span), fixes }
    };
    program
        .hints(&python, &in_python, limits)
        .into_iter()
        .filter(|hint| is_of_school(&hint.kind))
        .map(carried)
        .collect()
}

/// Whether a hint is about what school notation has too; the others are about signs that mean something else there.
fn is_of_school(kind: &HintKind) -> bool {
    matches!(
        kind,
        HintKind::Radians { .. }
            | HintKind::BinaryFloat { .. }
            | HintKind::ComplexRoot { .. }
            | HintKind::LessThanNegative { .. }
    )
}

impl Bench<'_> {
    fn python_context(&self) -> Context<'_> {
        Context { notation: Notation::Python, ..*self.context }
    }

    /// The fixes of the text in Python's notation, carried back.
    fn carried(&self) -> Vec<Fix> {
        let Some((python, origins)) = school::in_python(self.text, self.decimal, self.context, self.limits) else {
            return Vec::new();
        };
        // Behind `mod` nothing is divided by a hundred.
        if python.trim_end().ends_with('%') {
            return Vec::new();
        }
        let fixes = super::mended(&python, true, &self.python_context(), self.limits);
        let mut carried = Vec::new();
        for fix in fixes.iter().filter_map(|fix| self.carry(fix, &python, &origins)) {
            if !carried.contains(&fix) {
                carried.push(fix);
            }
        }
        carried
    }

    /// The text without signs of money, and with its words as signs: `R$ 10,00`, `metade de 10`.
    fn without_words(&self) -> Option<Fix> {
        let context = self.python_context();
        let purse = Purse::new(FUEL, self.context.pause);
        let desk = Desk::new(&context, self.limits, Choice::FIRST, &purse);
        let mut text = self.text.to_owned();
        for _ in 0..WORDS {
            let trimmed = reading::trimmed(&Tokens::of(&text));
            text = trimmed.or_else(|| desk.without_words(&text))?;
            let fix = edits::difference(self.text, &text)?;
            if self.is_right(&fix, None) {
                return Some(fix);
            }
        }
        None
    }

    /// A fix of the Python text as one of the text, if it is right there too.
    fn carry(&self, fix: &Fix, python: &str, origins: &school::Origins) -> Option<Fix> {
        let edits = insertions(fix, python).unwrap_or_else(|| vec![fix.clone()]);
        let edits: Vec<Fix> = edits
            .iter()
            .map(|edit| {
                let span = origins.of_change(edit.span, python, self.text);
                Fix { span, replacement: respelled(&edit.replacement, self.decimal) }
            })
            .collect();
        let carried = edits::difference(self.text, &edits::apply(self.text, edits))?;
        self.is_right(&carried, Some(&fix.apply(python))).then_some(carried)
    }

    /// Whether the mended text keeps the law, and means what `python` does, if that is given.
    fn is_right(&self, fix: &Fix, python: Option<&str>) -> bool {
        let mended = fix.apply(self.text);
        if !edits::keeps_numbers(self.text, &mended) || mended == self.text {
            return false;
        }
        let Some((translated, _)) = school::in_python(&mended, self.decimal, self.context, self.limits) else {
            return false;
        };
        let context = self.python_context();
        let canonical = |text: &str| parser::parse(text, &context, self.limits).ok().map(|program| program.canonical());
        if python.is_some_and(|python| canonical(python) != canonical(&translated)) {
            return false;
        }
        let purse = Purse::new(FUEL, self.context.pause);
        let desk = Desk::new(&context, self.limits, Choice::FIRST, &purse);
        matches!(desk.look(&translated), Look::Fine(_))
    }

    /// `sin30`, and `x(x+1)` without a value for x.
    fn own_fix_of_name(&self, name: &str, place: Span) -> Option<Fix> {
        let behind = self.text.get(place.start as usize..)?;
        if let Some(rest) = behind.strip_prefix(name)
            && rest.trim_start().starts_with('(')
        {
            let at = place.start as usize + name.len();
            return Some(Fix::new(at, at, "*"));
        }
        let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let function = school::function_of_one(letters).filter(|_| letters.len() < name.len())?;
        (place.of(self.text) == name).then(|| Fix::replacing(place, format!("{function}({})", &name[letters.len()..])))
    }

    /// What mends an error that has no text in Python's notation.
    fn own_fix(&self, error: &Error) -> Option<Fix> {
        let (text, span) = (self.text, error.span);
        let (start, end) = (span.start as usize, span.end as usize);
        match &error.kind {
            ErrorKind::Notation(NotationError::Index { name }) => {
                let inside = span.of(text).strip_prefix(name.as_str())?.trim().strip_prefix('[')?.strip_suffix(']')?;
                Some(Fix::replacing(span, format!("{name}*({inside})")))
            }
            ErrorKind::Notation(NotationError::DoubleFactorial) => {
                let operand = last_operand(&text[..start])?;
                let from = start - operand.len();
                Some(Fix::new(from, end, format!("({operand}!)!")))
            }
            ErrorKind::Syntax(Syntax::Unclosed { bracket }) => {
                let closing = match bracket {
                    '(' => ")",
                    '[' => "]",
                    '{' => "}",
                    _ => "|",
                };
                let at = text.trim_end().len();
                Some(Fix::new(at, at, closing))
            }
            ErrorKind::Syntax(Syntax::Unmatched { open: None, .. }) => Some(Fix::replacing(span, "")),
            ErrorKind::Syntax(Syntax::Unmatched { open: Some(open), .. }) => {
                let closing = match open {
                    '(' => ")",
                    '[' => "]",
                    '{' => "}",
                    _ => return Some(Fix::new(start, start, "|")),
                };
                Some(Fix::replacing(span, closing))
            }
            ErrorKind::Syntax(Syntax::LeadingZeros) => {
                let digits = span.of(text);
                let zeros = digits.bytes().take_while(|byte| *byte == b'0').count();
                // A date or a time of day is no number.
                let is_beside =
                    text[end..].starts_with(['-', '/', ':', '.']) || text[..start].ends_with(['-', '/', ':', '.']);
                let next_is_digit = digits[zeros..].starts_with(|c: char| c.is_ascii_digit());
                let kept = if next_is_digit { zeros } else { zeros.checked_sub(1)? };
                (!is_beside).then(|| Fix::new(start, start + kept, ""))
            }
            ErrorKind::Syntax(Syntax::MalformedNumber) => {
                // `1,000.50` with a decimal comma: the other way round.
                let swapped = |c: char| match c {
                    ',' => '.',
                    '.' => ',',
                    c => c,
                };
                let has_both = span.of(text).contains(',') && span.of(text).contains('.');
                has_both.then(|| Fix::replacing(span, span.of(text).chars().map(swapped).collect::<String>()))
            }
            ErrorKind::Syntax(Syntax::DetachedSuperscript) => {
                let gap = text[..start].trim_end().len();
                (gap > 0 && gap < start).then(|| Fix::new(gap, start, ""))
            }
            ErrorKind::Syntax(Syntax::NeedsBrackets { from, .. }) => {
                let operand = text.get(*from as usize..start)?.trim_end();
                Some(Fix::new(*from as usize, start, format!("({operand})")))
            }
            ErrorKind::Syntax(Syntax::CallNeedsBrackets { name }) => {
                let gap = text[..start].trim_end();
                let number = text[start..].split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
                let behind = start + number.len();
                (gap.ends_with(name.as_str()) && !number.is_empty())
                    .then(|| Fix::new(gap.len(), behind, format!("({number})")))
            }
            _ => None,
        }
    }
}

/// A change that only puts tokens in, as an edit for each of them.
fn insertions(fix: &Fix, python: &str) -> Option<Vec<Fix>> {
    let old = Tokens::of(fix.span.of(python));
    let new = Tokens::of(&fix.replacement);
    let mut left = old.iter().filter(|(token, _)| *token != Token::End).map(|(_, span)| span).peekable();
    let mut edits = Vec::new();
    // Behind the last token that both have.
    let mut at = fix.span.start;
    for (_, span) in new.iter().filter(|(token, _)| *token != Token::End) {
        let spelled = span.of(&fix.replacement);
        match left.next_if(|next| next.of(old.text) == spelled) {
            Some(kept) => at = fix.span.start + kept.end,
            None => edits.push(Fix::new(at as usize, at as usize, spelled)),
        }
    }
    left.peek().is_none().then_some(edits)
}

/// The operand at the end of a text: a name, a number or what stands in round brackets.
fn last_operand(text: &str) -> Option<&str> {
    let text = text.trim_end();
    if !text.ends_with(')') {
        let word = text.chars().rev().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | ','));
        let bytes: usize = word.map(char::len_utf8).sum();
        return (bytes > 0).then(|| &text[text.len() - bytes..]);
    }
    let mut depth = 0_u32;
    for (at, character) in text.char_indices().rev() {
        match character {
            ')' => depth += 1,
            '(' if depth == 1 => return Some(&text[at..]),
            '(' => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

/// A piece of Python's notation in school notation, token by token.
fn respelled(python: &str, decimal: DecimalSign) -> String {
    let tokens = Tokens::of(python);
    let mut text = String::new();
    let mut last = Span::default();
    for (token, span) in tokens.iter() {
        let spelled = span.of(python);
        // Blanks stay where a word needs them.
        let is_word = |c: char| c.is_alphanumeric();
        if span.start > last.end && text.ends_with(is_word) && spelled.starts_with(is_word) {
            text.push(' ');
        }
        last = span;
        match token {
            Token::DoubleStar => text.push('^'),
            Token::Caret => text.push_str(" xor "),
            Token::Percent => text.push_str(" mod "),
            Token::Comma => text.push_str("; "),
            Token::Float | Token::Imaginary => text.push_str(&spelled.replace('.', &decimal.character().to_string())),
            Token::Name => text.push_str(match spelled {
                "log10" => "log",
                "log" => "ln",
                name => name,
            }),
            Token::Equal | Token::NotEqual | Token::And | Token::Or | Token::Not | Token::In => {
                text.push_str(&format!(" {spelled} "));
            }
            Token::End => {}
            _ => text.push_str(spelled),
        }
    }
    let is_sign = text.starts_with(' ') && !python.starts_with(' ');
    if is_sign { text.trim().to_owned() } else { text }
}
