//! Numbers in other notations: decimal commas, thousands separators, dates and times of day. They are recognised only
//! in a text that could not be parsed.

use std::ops::RangeInclusive;

use crate::error::{Error, Span, Syntax};

/// The maximum number of characters of a number, date or time on each side of a given part.
const FAR: usize = 40;

/// The error for an integer with leading zeros, which depends on the text around it.
pub(crate) fn with_leading_zeros(text: &str, integer: Span) -> Error {
    let known = decimal_comma(text, integer)
        .or_else(|| date_around(text, integer, &['-', '/']))
        .or_else(|| time_around(text, integer));
    known.unwrap_or(Error { kind: Syntax::LeadingZeros.into(), span: integer })
}

/// The date that contains `part`, with one of these separators.
pub(crate) fn date_around(text: &str, part: Span, signs: &[char]) -> Option<Error> {
    signs.iter().find_map(|sign| {
        let date = around(text, part, &[*sign]);
        let parts: Vec<&str> = date.of(text).split(*sign).collect();
        let [first, second, third] = parts[..] else { return None };
        let year_first = first.len() == 4 && is_day_and_month(third, second);
        // With two digits at the end, `1.2.03` is more often a version number than a date.
        let year_last = third.len() == 4 || (third.len() == 2 && *sign != '.');
        let year_last = year_last && (is_day_and_month(first, second) || is_day_and_month(second, first));
        (year_first || year_last).then(|| date_or_time(text, date))
    })
}

fn is_day_and_month(day: &str, month: &str) -> bool {
    is_number(day, 1..=2, 1..=31) && is_number(month, 1..=2, 1..=12)
}

/// The time of day that contains `part`, which is a number or the `:`.
pub(crate) fn time_around(text: &str, part: Span) -> Option<Error> {
    let time = around(text, part, &[':']);
    let (hour, rest) = time.of(text).split_once(':')?;
    let is_time = is_number(hour, 1..=2, 0..=24)
        && rest.split(':').count() <= 2
        && rest.split(':').all(|part| is_number(part, 2..=2, 0..=59));
    is_time.then(|| date_or_time(text, time))
}

fn date_or_time(text: &str, span: Span) -> Error {
    Error { kind: Syntax::DateOrTime { found: span.of(text).to_owned() }.into(), span }
}

/// `1,05`, given its `05`. Several commas with three digits after each are not decimal commas.
fn decimal_comma(text: &str, decimals: Span) -> Option<Error> {
    let comma = text[..decimals.start as usize].strip_suffix(',')?.len();
    let all = around(text, decimals, &[',', '.']);
    if all.of(text).matches(',').count() > 1 && is_grouped(all.of(text), ',') {
        let (found, meant) = (all.of(text).to_owned(), all.of(text).replace(',', ""));
        return Some(Error { kind: Syntax::Misspelled { found, meant }.into(), span: all });
    }
    let whole = around(text, Span::new(comma, comma), &['.']);
    let span = whole.to(decimals);
    let in_word = |c: char| c == '_' || c == '.' || c.is_alphanumeric();
    let (whole, decimals) = (whole.of(text), decimals.of(text));
    let is_number = is_digits(decimals) && !whole.is_empty() && (is_digits(whole) || is_grouped(whole, '.'));
    (is_number && !text[..span.start as usize].ends_with(in_word)).then(|| {
        let meant = format!("{}.{decimals}", whole.replace('.', ""));
        Error { kind: Syntax::DecimalComma { found: span.of(text).to_owned(), meant }.into(), span }
    })
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_number(text: &str, digits: RangeInclusive<usize>, values: RangeInclusive<u32>) -> bool {
    is_digits(text) && digits.contains(&text.len()) && text.parse().is_ok_and(|value| values.contains(&value))
}

/// Whether all groups have three digits and are separated by `sign`.
fn is_grouped(text: &str, sign: char) -> bool {
    let mut groups = text.split(sign);
    groups.next().is_some_and(|first| (1..=3).contains(&first.len()) && is_digits(first))
        && groups.all(|group| group.len() == 3 && is_digits(group))
}

/// The digits and separators around a part of a text; the result begins and ends with a digit.
fn around(text: &str, part: Span, signs: &[char]) -> Span {
    let belongs = |c: &char| c.is_ascii_digit() || signs.contains(c);
    let (start, end) = (part.start as usize, part.end as usize);
    // All of them are ASCII, so each is one byte.
    let before = text[..start].chars().rev().take(FAR).take_while(belongs).count();
    let behind = text[end..].chars().take(FAR).take_while(belongs).count();
    let found = &text[start - before..end + behind];
    let inside = found.trim_start_matches(signs);
    let start = start - before + found.len() - inside.len();
    Span::new(start, start + inside.trim_end_matches(signs).len())
}
