//! Texts with commands of LaTeX, which are those of school notation.

use super::edits::keeps_numbers;
use crate::error::{ErrorKind, NotationError};
use crate::limits::Limits;
use crate::mode::Mode;
use crate::notation::DecimalSign;
use crate::parser::{self, Context};
use crate::school;

/// The commands of sums, products and integrals, and their names in school notation.
const BINDERS: [(&str, &str); 3] = [("\\sum", "sum"), ("\\prod", "prod"), ("\\int", "integral")];

/// Whether a text has commands or delimiters of LaTeX; a backslash in a string is none.
pub(super) fn is_latex(text: &str) -> bool {
    let core = text.trim();
    let is_framed = core.len() > 1 && core.starts_with('$') && core.ends_with('$');
    !core.contains(['\'', '"']) && (core.contains('\\') || core.contains("^{") || is_framed)
}

/// Whether a text has a logarithm without a base, which may be the natural one or that to base 10.
pub(super) fn has_logarithm(text: &str) -> bool {
    text.match_indices("\\log").any(|(at, log)| !text[at + log.len()..].trim_start().starts_with('_'))
}

/// The text in Python's notation, and whether it has another reading; `natural` if its logarithms are, `second` for the
/// second of two readings.
pub(super) fn in_python(
    text: &str,
    natural: bool,
    second: bool,
    context: &Context<'_>,
    limits: &Limits,
) -> Option<(String, bool)> {
    let text = if natural { text.replace("\\log", "\\ln") } else { text.to_owned() };
    let text = binder(&text).unwrap_or(text);
    let translate = |text: &str| school::in_python(text, DecimalSign::Point, context, limits).map(|(python, _)| python);
    if let Some(python) = translate(&text) {
        return Some((shortest(&text, python, context.mode, limits), false));
    }
    match school::read(&text, DecimalSign::Point, context, limits).err()?.kind {
        ErrorKind::Notation(NotationError::Ambiguous { readings, .. }) => {
            let reading = readings.get(usize::from(second))?;
            let python = translate(&reading.text)?;
            Some((shortest(&text, python, context.mode, limits), readings.len() > 1))
        }
        _ => None,
    }
}

/// The canonical text, which has only the necessary brackets, if it keeps the digits of the text.
fn shortest(text: &str, python: String, mode: Mode, limits: &Limits) -> String {
    let context = Context { mode, ..Context::default() };
    let canonical = parser::parse(&python, &context, limits).ok().map(|program| program.canonical());
    canonical.filter(|canonical| keeps_numbers(text, canonical)).unwrap_or(python)
}

/// `\sum_{k=1}^{10} k^2` as `sum(k^2, k, 1, 10)`, and `\int_0^1 x^2 dx` as `integral(x^2, x, 0, 1)`.
fn binder(text: &str) -> Option<String> {
    let core = text.trim().trim_matches('$').trim();
    let (command, function) = BINDERS.iter().find(|(command, _)| core.starts_with(command))?;
    let rest = core[command.len()..].strip_prefix("\\limits").unwrap_or(&core[command.len()..]);
    let (lower, rest) = group(rest.trim_start().strip_prefix('_')?)?;
    let (upper, rest) = group(rest.trim_start().strip_prefix('^')?)?;
    let body = rest.trim();
    let (body, name, from) = if *function == "integral" {
        let (body, name) = body.rsplit_once('d')?;
        (body.trim().trim_end_matches("\\,"), name.trim(), lower)
    } else {
        let (name, from) = lower.split_once('=')?;
        (body, name.trim(), from)
    };
    let is_name = name.len() == 1 && name.bytes().all(|byte| byte.is_ascii_alphabetic());
    (is_name && !body.is_empty()).then(|| format!("{function}({body}, {name}, {from}, {upper})"))
}

/// The group that begins a text, without its braces, and the rest.
fn group(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    if text.starts_with('{') {
        let mut depth = 0_usize;
        let end = text.bytes().position(|byte| {
            depth = (depth + usize::from(byte == b'{')).saturating_sub(usize::from(byte == b'}'));
            depth == 0
        })?;
        return Some((&text[1..end], &text[end + 1..]));
    }
    let first = text.chars().next()?.len_utf8();
    Some((&text[..first], &text[first..]))
}
