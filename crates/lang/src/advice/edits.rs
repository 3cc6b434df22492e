//! Changes to a text, and the check that a change loses nothing.

use super::Fix;
use crate::error::Span;
use crate::spelling::ascii_digit;

/// The text with every edit applied. Edits do not overlap; edits at one place keep their order.
pub(super) fn apply(text: &str, mut edits: Vec<Fix>) -> String {
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut mended = String::with_capacity(text.len() + 16);
    let mut from = 0;
    for edit in &edits {
        // An edit that overlaps an earlier one is dropped.
        let Some(kept) = text.get(from..edit.span.start as usize) else { continue };
        mended.push_str(kept);
        mended.push_str(&edit.replacement);
        from = edit.span.end as usize;
    }
    mended.push_str(text.get(from..).unwrap_or_default());
    mended
}

/// The change from one text to another, as one edit: from the first word that differs to the last.
pub(super) fn difference(text: &str, mended: &str) -> Option<Fix> {
    if text == mended {
        return None;
    }
    let is_word = |c: char| c == '_' || c.is_alphanumeric();
    let same = text.chars().zip(mended.chars()).take_while(|(a, b)| a == b);
    let mut start: usize = same.map(|(c, _)| c.len_utf8()).sum();
    let rest = |whole: &str| whole.len() - start;
    let shorter = rest(text).min(rest(mended));
    let mut end = 0;
    for (a, b) in text.chars().rev().zip(mended.chars().rev()) {
        if a != b || end + a.len_utf8() > shorter {
            break;
        }
        end += a.len_utf8();
    }
    // A word is replaced whole.
    while let Some(before) = text[..start].chars().next_back().filter(|c| is_word(*c)) {
        let cuts = |whole: &str| whole[start..whole.len() - end].chars().next().is_some_and(is_word);
        if !cuts(text) && !cuts(mended) {
            break;
        }
        start -= before.len_utf8();
    }
    while let Some(after) = text[text.len() - end..].chars().next().filter(|c| is_word(*c)) {
        let cuts = |whole: &str| whole[start..whole.len() - end].chars().next_back().is_some_and(is_word);
        if !cuts(text) && !cuts(mended) {
            break;
        }
        end -= after.len_utf8();
    }
    let span = Span::new(start, text.len() - end);
    Some(Fix { span, replacement: mended[start..mended.len() - end].to_owned() })
}

/// Whether a change loses nothing: superscripts, `°` and `√` stand in the mended text in the same order, and so do the
/// digits, or at least each number is there (`root(64, 3)` for `³√64`). Leading zeros do not count.
pub(super) fn keeps_numbers(text: &str, mended: &str) -> bool {
    let signs = |text: &str| -> String { text.chars().filter(|c| is_sign(*c)).collect() };
    let digits = |text: &str| numbers(text, false).concat();
    let is_within = |part: &str, whole: &str| {
        let mut left = whole.chars();
        part.chars().all(|wanted| left.any(|found| found == wanted))
    };
    let all_there = || {
        let mut there = numbers(mended, true);
        numbers(text, true)
            .iter()
            .all(|number| there.iter().position(|found| found == number).map(|at| there.swap_remove(at)).is_some())
    };
    is_within(&signs(text), &signs(mended)) && (is_within(&digits(text), &digits(mended)) || all_there())
}

fn is_sign(character: char) -> bool {
    matches!(character, '²' | '³' | '¹' | '⁰'..='ⁿ' | 'ˣ' | '°' | '√')
}

/// The text without digits between two letters of a word, which are no number: `deg2rad`.
fn without_named_digits(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let (mut is_word, mut digits) = (false, 0);
    for character in text.chars() {
        if character.is_ascii_digit() {
            digits += usize::from(is_word);
        } else {
            if character.is_ascii_alphabetic() && digits > 0 {
                kept.truncate(kept.len() - digits);
            }
            is_word = character.is_ascii_alphabetic() && (is_word || !kept.ends_with(|c: char| c.is_ascii_digit()));
            digits = 0;
        }
        kept.push(character);
    }
    kept
}

/// The numbers in a text, without leading zeros; with `raised`, those in superscripts too.
fn numbers(text: &str, raised: bool) -> Vec<String> {
    let digit = |character: char| {
        let on_line =
            ascii_digit(character).or(Some(character).filter(char::is_ascii_digit)).map(|digit| (digit, false));
        let place = || "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().position(|digit| digit == character).filter(|_| raised);
        on_line.or_else(|| Some((char::from_digit(place()? as u32, 10)?, true)))
    };
    let mut numbers: Vec<String> = vec![String::new()];
    let (mut leads, mut last) = (true, None);
    for character in without_named_digits(text).chars().filter(|c| *c != '_') {
        let found = digit(character);
        if found.map(|(_, is_raised)| is_raised) != last {
            numbers.push(String::new());
        }
        last = found.map(|(_, is_raised)| is_raised);
        match (found, numbers.last_mut()) {
            (Some(('0', _)), Some(_)) if leads => {}
            (Some((digit, _)), Some(number)) => {
                number.push(digit);
                leads = false;
            }
            // After a point or a comma, no zero is a leading one.
            _ => leads = !matches!(character, '.' | ','),
        }
    }
    // A single zero may be a leading one or a number: it counts as neither.
    numbers.retain(|number| !number.is_empty() && number != "0");
    numbers
}
