//! What a run of digits, points and commas means.

use std::borrow::Cow;

use crate::notation::DecimalSign;

/// The meaning of a run, in Python's spelling.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning<'r> {
    One(Cow<'r, str>),
    /// Several, with the byte of the run at which each begins.
    Several(Vec<(usize, Cow<'r, str>)>),
    /// `1,000`, and `1.000` with a decimal comma: the whole number, and the decimal one, in the spelling of the text.
    Thousands(String, String),
    /// `3,5` where a comma is neither the decimal sign nor surely a separator: with the decimal sign, and as two
    /// numbers.
    Comma {
        decimal: String,
        separated: String,
    },
    /// `007`.
    LeadingZeros,
    Malformed,
}

/// Where the run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Among the arguments of a call or the elements of a list: a comma separates, unless it is the decimal sign.
    List,
    /// Among the arguments of a function of integers alone: points group digits.
    Integers,
    /// The same, where no `;` separates the arguments: a comma does.
    SeparatedIntegers,
    /// All that stands in the brackets of a list, or of a call of a function of any number of arguments.
    WholeList,
    Elsewhere,
}

pub(super) fn meaning(run: &str, decimal: DecimalSign, place: Place) -> Meaning<'_> {
    if run.starts_with("0x") || !run.contains([',', '.']) && run.contains(|c: char| c.is_alphabetic() && c != 'e') {
        return Meaning::One(run.into());
    }
    match decimal {
        DecimalSign::Point => with_point(run, place),
        DecimalSign::Comma => with_comma(run, place),
    }
}

fn with_point(run: &str, place: Place) -> Meaning<'_> {
    if !run.contains(',') {
        return one(run);
    }
    if place != Place::Elsewhere {
        return several(run, ',', one);
    }
    let parts: Vec<&str> = run.split(',').collect();
    let joined = parts.concat();
    let has_point = parts.last().is_some_and(|last| last.contains('.'));
    match groups(&parts, '.') {
        Some(1) if !has_point => Meaning::Thousands(joined, run.replace(',', ".")),
        Some(_) => one(joined),
        None if parts.len() == 2 && !run.contains('.') => {
            Meaning::Comma { decimal: run.replace(',', "."), separated: run.replace(',', ", ") }
        }
        None => several(run, ',', one),
    }
}

fn with_comma(run: &str, place: Place) -> Meaning<'_> {
    let commas = run.matches(',').count();
    match commas {
        0 if !run.contains('.') => one(run),
        0 => {
            let parts: Vec<&str> = run.split('.').collect();
            match groups(&parts, ',') {
                Some(1) if !matches!(place, Place::Integers | Place::SeparatedIntegers) => {
                    Meaning::Thousands(parts.concat(), run.replace('.', ","))
                }
                Some(_) => one(parts.concat()),
                None => one(run),
            }
        }
        _ if place == Place::SeparatedIntegers => several(run, ',', |part| with_comma(part, place)),
        1 => {
            let (whole, decimals) = run.split_once(',').unwrap_or((run, ""));
            let parts: Vec<&str> = whole.split('.').collect();
            if decimals.contains('.') || (parts.len() > 1 && groups(&parts, ',').is_none()) {
                return Meaning::Malformed;
            }
            if place == Place::WholeList {
                return Meaning::Comma { decimal: run.to_owned(), separated: run.replace(',', "; ") };
            }
            one(format!("{}.{decimals}", parts.concat()))
        }
        _ if place == Place::Elsewhere => Meaning::Malformed,
        // `max(1,2,3)`: three numbers, or two with a decimal comma.
        _ => {
            let last = run.rfind(',').unwrap_or(0);
            let decimal = format!("{}; {}", &run[..last], &run[last + 1..]);
            if commas == 2 { Meaning::Comma { decimal, separated: run.replace(',', "; ") } } else { Meaning::Malformed }
        }
    }
}

/// How many groups of three digits follow the first part, if all do; the last may have decimals behind `sign`, or an
/// exponent.
fn groups(parts: &[&str], sign: char) -> Option<usize> {
    let (first, rest) = parts.split_first()?;
    let (last, middle) = rest.split_last()?;
    let is_group = |part: &str| part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    let last = last.split(sign).next().unwrap_or(last);
    let begins = (1..=3).contains(&first.len()) && !first.starts_with('0') && first.bytes().all(|b| b.is_ascii_digit());
    (begins && is_group(last) && middle.iter().all(|part| is_group(part))).then_some(rest.len())
}

fn several<'r>(run: &'r str, sign: char, read: impl Fn(&'r str) -> Meaning<'r>) -> Meaning<'r> {
    let mut numbers = Vec::new();
    let mut at = 0;
    for part in run.split(sign) {
        match read(part) {
            Meaning::One(number) => numbers.push((at, number)),
            other => return other,
        }
        at += part.len() + 1;
    }
    Meaning::Several(numbers)
}

/// A number with a point at most.
fn one<'r>(number: impl Into<Cow<'r, str>>) -> Meaning<'r> {
    let number = number.into();
    if number.matches('.').count() > 1 || number.is_empty() {
        return Meaning::Malformed;
    }
    // `00.5` and `05` are parts of something else.
    if number.starts_with('0') && number[1..].starts_with(|c: char| c.is_ascii_digit() || c == '_') {
        return Meaning::LeadingZeros;
    }
    Meaning::One(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_and_commas_group_or_begin_decimals() {
        let read = |run, decimal| meaning(run, decimal, Place::Elsewhere);
        let one = |text: &'static str| Meaning::One(text.into());
        let thousands = |whole: &str, decimal: &str| Meaning::Thousands(whole.to_owned(), decimal.to_owned());
        assert_eq!(read("1,000.50", DecimalSign::Point), one("1000.50"));
        assert_eq!(read("1,234,567", DecimalSign::Point), one("1234567"));
        assert_eq!(read("1,000", DecimalSign::Point), thousands("1000", "1.000"));
        assert_eq!(read("1.000", DecimalSign::Comma), thousands("1000", "1,000"));
        assert_eq!(read("1.000,50", DecimalSign::Comma), one("1000.50"));
        assert_eq!(read("1000.500", DecimalSign::Comma), one("1000.500"));
        assert_eq!(read("0.125", DecimalSign::Comma), one("0.125"));
        assert_eq!(read(",5", DecimalSign::Comma), one(".5"));
        assert_eq!(read("1,5e3", DecimalSign::Comma), one("1.5e3"));
        assert_eq!(read("1,000.50", DecimalSign::Comma), Meaning::Malformed);
        assert_eq!(read("00.50", DecimalSign::Point), Meaning::LeadingZeros);
    }
}
