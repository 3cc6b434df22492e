//! The ticks of an axis and their texts. Ticks are multiples of 1, 2, 2.5 or 5 times a power of ten, or parts and
//! multiples of π. They are stored as integers, so that their texts are exact.

use std::f64::consts::PI;
use std::ops::RangeInclusive;

use tabuada_lang::{DecimalSign, Notation};

/// The default maximum number of digits in a tick's text. Longer numbers get a power of ten, or are written without
/// their common part.
pub(super) const DIGITS: usize = 6;
/// The limit for the differing part of each text, if the common part is written once.
const OWN_DIGITS: i64 = 1_000;

/// The digits of a number in a sentence.
const DIGITS_IN_SENTENCES: usize = 4;
/// All digits of a float.
const DIGITS_MAX: usize = 17;

/// In steps: a tick this close to an end of the axis counts as on it, because floats round the ends.
const ASIDE: f64 = 1e-3;

/// The steps within a power of ten, as a factor of a power of ten, and the parts into which the minor grid divides
/// them.
const STEPS: [(i64, i32, i64); 4] = [(1, 0, 5), (2, 0, 4), (25, -1, 5), (5, 0, 5)];
/// The steps along an axis with π, as fractions of it.
const PI_STEPS: [(i64, i64); 12] =
    [(1, 8), (1, 4), (1, 2), (1, 1), (2, 1), (5, 1), (10, 1), (20, 1), (50, 1), (100, 1), (200, 1), (500, 1)];
/// The parts into which the minor grid divides a step with π.
const PI_PARTS: i64 = 4;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ticks {
    pub(super) marks: Vec<(f64, String)>,
    /// The lines of the grid between the ticks.
    pub(super) minor: Vec<f64>,
    /// The offset to add to all texts: `+1000000000`.
    pub(super) offset: Option<String>,
}

/// Ticks from `low` to `high`: as many as `count` allows, or one more where no round step gives so many. The ends must
/// be finite, `low` below `high`, and far enough apart for floats to distinguish the ticks. `digits` limits the texts.
pub(super) fn ticks(low: f64, high: f64, count: RangeInclusive<usize>, digits: usize) -> Ticks {
    let least = (high - low) / (*count.end()).max(1) as f64;
    let decade = least.log10().floor() as i32;
    let steps = (0..2).flat_map(|next| STEPS.map(|(factor, power, parts)| (factor, decade + next + power, parts)));
    let steps: Vec<_> =
        steps.filter(|(factor, exponent, _)| value(*factor, *exponent) * (1.0 + ASIDE) >= least).collect();
    let multiples = |step: f64| ((low / step - ASIDE).ceil() as i64, (high / step + ASIDE).floor() as i64);
    let fits = |(factor, exponent, _): &&(i64, i32, i64)| {
        let (first, last) = multiples(value(*factor, *exponent));
        usize::try_from(last - first + 1).is_ok_and(|ticks| count.contains(&ticks))
    };
    let (factor, exponent, parts) = steps.iter().find(fits).or(steps.first()).copied().unwrap_or((1, decade + 1, 5));
    let (first, last) = multiples(value(factor, exponent));
    // The ticks as multiples of the power of ten.
    let numbers: Vec<i64> = (first..=last).map(|n| n * factor).collect();
    let minor = minor(first, last, parts, |n| value(n * factor * 10 / parts, exponent - 1), (low, high));
    let longest = numbers.iter().map(|number| number.unsigned_abs()).max().unwrap_or_default();
    let base =
        if self::digits(longest) > digits { numbers[numbers.len() / 2].div_euclid(OWN_DIGITS) * OWN_DIGITS } else { 0 };
    let left = numbers.iter().map(|number| (number - base).unsigned_abs()).max().unwrap_or_default();
    let is_plain = is_plain(left, exponent, digits);
    let text = |number: i64| if is_plain { plain(number, exponent) } else { scientific(number, exponent) };
    Ticks {
        marks: numbers.iter().map(|number| (value(*number, exponent), text(number - base))).collect(),
        minor,
        offset: (base != 0).then(|| {
            let (base, exponent) = shortest(base, exponent);
            let text = if exponent.abs() <= 12 { plain(base, exponent) } else { scientific(base, exponent) };
            if base > 0 { format!("+{text}") } else { text }
        }),
    }
}

/// Ticks at multiples of π or at parts of it; `None` if the axis is too short or too long for them.
pub(super) fn pi_ticks(low: f64, high: f64, count: RangeInclusive<usize>) -> Option<Ticks> {
    let least = (high - low) / (*count.end()).max(1) as f64;
    let length = |(over, under): (i64, i64)| PI * over as f64 / under as f64;
    let steps = PI_STEPS.iter().copied().filter(|step| length(*step) * (1.0 + ASIDE) >= least);
    let steps: Vec<(i64, i64)> = steps.collect();
    let multiples = |step: f64| ((low / step - ASIDE).ceil() as i64, (high / step + ASIDE).floor() as i64);
    let number = |step: &(i64, i64)| {
        let (first, last) = multiples(length(*step));
        usize::try_from(last - first + 1).unwrap_or_default()
    };
    let step = *steps.iter().find(|step| count.contains(&number(step))).or(steps.first())?;
    if number(&step) < 2 || least < length(PI_STEPS[0]) / 4.0 {
        return None;
    }
    let (first, last) = multiples(length(step));
    let place = |n: i64| length((n * step.0, step.1));
    let marks = (first..=last).map(|n| (place(n), pi_text(n * step.0, step.1))).collect();
    let minor = minor(first, last, PI_PARTS, |n| length((n * step.0, step.1 * PI_PARTS)), (low, high));
    Some(Ticks { marks, minor, offset: None })
}

/// The lines between the ticks from the one before `first` to the one after `last`. `place` is that of a part.
fn minor(first: i64, last: i64, parts: i64, place: impl Fn(i64) -> f64, (low, high): (f64, f64)) -> Vec<f64> {
    let between = ((first - 1) * parts..=(last + 1) * parts).filter(|part| part % parts != 0);
    between.map(place).filter(|at| (low..=high).contains(at)).collect()
}

/// `3π/4`
fn pi_text(over: i64, under: i64) -> String {
    let (mut a, mut b) = (over.abs(), under);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    let (over, under) = (over / a.max(1), under / a.max(1));
    let times = match over.abs() {
        0 => return "0".to_owned(),
        1 => String::new(),
        times => times.to_string(),
    };
    let under = if under == 1 { String::new() } else { format!("/{under}") };
    format!("{}{times}π{under}", sign(over))
}

/// Whether an axis from `low` to `high` is one of multiples of π or of its halves.
pub(super) fn is_in_pi(low: f64, high: f64) -> bool {
    let is_multiple = |end: f64| {
        let halves = end / (PI / 2.0);
        (halves - halves.round()).abs() <= 1e-12 * halves.abs().max(1.0)
    };
    is_multiple(low) && is_multiple(high)
}

/// The text of a number with the decimal sign of a notation.
pub(super) fn in_notation(text: String, notation: Notation) -> String {
    if notation == (Notation::School { decimal: DecimalSign::Comma }) { text.replace('.', ",") } else { text }
}

/// Two numbers as in sentences: with four digits, or `digits`, and more if their difference would not show.
pub(super) fn told_apart(a: f64, b: f64, digits: Option<usize>) -> (String, String) {
    let least = digits.unwrap_or(DIGITS_IN_SENTENCES);
    let ratio = a.abs().max(b.abs()) / (a - b).abs();
    let digits = if a == b { least } else { least.max(ratio.log10().ceil().max(0.0) as usize + 1) };
    (rounded_to(a, digits), rounded_to(b, digits))
}

/// A number with four digits, written as on an axis.
pub(super) fn rounded(number: f64) -> String {
    rounded_to(number, DIGITS_IN_SENTENCES)
}

/// A number with so many significant digits, at most 17.
pub(super) fn rounded_to(number: f64, digits: usize) -> String {
    let places = digits.clamp(1, DIGITS_MAX) - 1;
    let written = format!("{number:.places$e}");
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let number = mantissa.replace('.', "").parse().unwrap_or_default();
    let (number, exponent) = shortest(number, exponent.parse::<i32>().unwrap_or_default() - places as i32);
    let is_plain = is_plain(number.unsigned_abs(), exponent, digits.max(DIGITS));
    if is_plain { plain(number, exponent) } else { scientific(number, exponent) }
}

/// The same number without trailing zeros.
fn shortest(mut number: i64, mut exponent: i32) -> (i64, i32) {
    while number != 0 && number % 10 == 0 {
        number /= 10;
        exponent += 1;
    }
    (number, exponent)
}

/// `number` times a power of ten, correctly rounded.
fn value(number: i64, exponent: i32) -> f64 {
    format!("{number}e{exponent}").parse().unwrap_or(f64::NAN)
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

/// Whether numbers up to this size are written without a power of ten.
fn is_plain(longest: u64, exponent: i32, most: usize) -> bool {
    let places = exponent.unsigned_abs() as usize;
    if exponent >= 0 { digits(longest) + places <= most } else { places.max(digits(longest)) <= most }
}

fn sign(number: i64) -> &'static str {
    if number < 0 { "\u{2212}" } else { "" }
}

fn plain(number: i64, exponent: i32) -> String {
    let digits = number.unsigned_abs().to_string();
    let sign = sign(number);
    let places = exponent.unsigned_abs() as usize;
    if number == 0 {
        return digits;
    }
    if exponent >= 0 {
        return format!("{sign}{digits}{:0<places$}", "");
    }
    let digits = format!("{digits:0>width$}", width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    format!("{sign}{whole}.{part}")
}

/// `1.5×10⁹`
fn scientific(number: i64, exponent: i32) -> String {
    if number == 0 {
        return "0".to_owned();
    }
    let digits = number.unsigned_abs().to_string();
    let power = exponent + digits.len() as i32 - 1;
    let (first, rest) = digits.split_at(1);
    let rest = rest.trim_end_matches('0');
    let point = if rest.is_empty() { "" } else { "." };
    format!("{}{first}{point}{rest}×10{}", sign(number), raised(power))
}

fn raised(power: i32) -> String {
    let raise = |digit: char| match digit {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        '9' => '⁹',
        _ => '⁰',
    };
    power.to_string().chars().map(raise).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(low: f64, high: f64, count: RangeInclusive<usize>, texts: &str, offset: Option<&str>) {
        let ticks = ticks(low, high, count, DIGITS);
        let written: Vec<&str> = ticks.marks.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!((written.join(" ").as_str(), ticks.offset.as_deref()), (texts, offset));
        let free = (high - low) / 1_000.0;
        assert!(ticks.marks.iter().all(|(at, _)| (low - free..=high + free).contains(at)), "{ticks:?}");
    }

    #[test]
    fn steps_are_round_and_texts_are_short() {
        check(-10.0, 10.0, 4..=5, "−10 −5 0 5 10", None);
        check(-10.0, 10.0, 6..=10, "−10.0 −7.5 −5.0 −2.5 0 2.5 5.0 7.5 10.0", None);
        check(-5.0, 5.0, 6..=10, "−5 −4 −3 −2 −1 0 1 2 3 4 5", None);
        check(-1.1, 1.1, 4..=6, "−1.0 −0.5 0 0.5 1.0", None);
        check(0.0, 0.7, 5..=8, "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7", None);
        check(0.0, 1.9, 3..=5, "0 0.5 1.0 1.5", None);
        check(0.0, 100_000.0, 3..=4, "0 50000 100000", None);
        check(0.0, 3e6, 3..=4, "0 1×10⁶ 2×10⁶ 3×10⁶", None);
        check(-1.5e-9, 1.5e-9, 3..=4, "−1×10⁻⁹ 0 1×10⁻⁹", None);
        check(-1e300, 1e300, 4..=5, "−1×10³⁰⁰ −5×10²⁹⁹ 0 5×10²⁹⁹ 1×10³⁰⁰", None);
    }

    #[test]
    fn the_common_part_of_all_texts_is_written_once() {
        check(1e9, 1e9 + 1e-3, 4..=6, "0 0.0002 0.0004 0.0006 0.0008 0.0010", Some("+1000000000"));
        check(-1e9, -1e9 + 10.0, 3..=4, "0 5 10", Some("−1000000000"));
        check(5_000_000.0, 5_000_003.0, 3..=4, "0 1 2 3", Some("+5000000"));
    }

    #[test]
    fn more_digits_make_longer_texts() {
        let ticks = ticks(5_000_000.0, 5_000_003.0, 3..=4, 7);
        let written: Vec<&str> = ticks.marks.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!((written.join(" ").as_str(), ticks.offset), ("5000000 5000001 5000002 5000003", None));
    }

    #[test]
    fn the_minor_grid_divides_the_steps() {
        assert_eq!(ticks(0.0, 3.0, 3..=4, DIGITS).minor.len(), 12);
        assert_eq!(ticks(0.0, 4.0, 2..=3, DIGITS).minor, [0.5, 1.0, 1.5, 2.5, 3.0, 3.5]);
        let halves: Vec<f64> = (1..20).filter(|half| half % 5 != 0).map(|half| f64::from(half) / 2.0).collect();
        assert_eq!(ticks(0.0, 10.0, 4..=5, DIGITS).minor, halves);
        // Beyond the last tick too.
        assert_eq!(ticks(0.0, 1.2, 2..=2, DIGITS).minor, [0.2, 0.4, 0.6, 0.8, 1.2]);
    }

    #[test]
    fn ticks_of_pi_are_multiples_and_parts_of_it() {
        let texts = |low: f64, high: f64| {
            let ticks = pi_ticks(low * PI, high * PI, 6..=10).unwrap();
            let mut eighths = ticks.marks.iter().map(|(at, _)| at / PI * 8.0);
            assert!(eighths.all(|count| (count - count.round()).abs() < 1e-9), "{ticks:?}");
            ticks.marks.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(texts(-2.0, 2.0), "−2π −3π/2 −π −π/2 0 π/2 π 3π/2 2π");
        assert_eq!(texts(0.0, 1.0), "0 π/8 π/4 3π/8 π/2 5π/8 3π/4 7π/8 π");
        assert_eq!(texts(0.0, 2.0), "0 π/4 π/2 3π/4 π 5π/4 3π/2 7π/4 2π");
        assert_eq!(texts(-4.0, 4.0), "−4π −3π −2π −π 0 π 2π 3π 4π");
        assert_eq!(texts(0.0, 100.0), "0 20π 40π 60π 80π 100π");
        assert_eq!(pi_ticks(0.0, 0.1, 6..=10), None);
        assert_eq!(pi_ticks(0.0, 1e6, 6..=10), None);
        for (low, high, is) in [(-PI, PI, true), (0.0, 2.0 * PI, true), (-10.0, 10.0, false), (0.0, 355.0, false)] {
            assert_eq!(is_in_pi(low, high), is, "{low} {high}");
        }
    }

    #[test]
    fn numbers_that_differ_have_texts_that_differ() {
        for (a, b, digits, texts) in [
            (-1.0, 1.0, None, ("−1", "1")),
            (999_999_999.0, 1_000_000_001.0, None, ("999999999", "1000000001")),
            (0.123_456, 0.123_457, None, ("0.123456", "0.123457")),
            (5.0, 5.0, None, ("5", "5")),
            (1.0 / 3.0, 2.0 / 3.0, Some(6), ("0.333333", "0.666667")),
            (1e20, 1.000_001e20, None, ("1×10²⁰", "1.000001×10²⁰")),
        ] {
            let (one, other) = told_apart(a, b, digits);
            assert_eq!((one.as_str(), other.as_str()), texts);
        }
    }

    #[test]
    fn numbers_in_sentences_have_four_digits() {
        for (number, text) in [
            (0.0, "0"),
            (-0.5, "−0.5"),
            (1.0 / 3.0, "0.3333"),
            (10.0, "10"),
            (22026.465, "22030"),
            (1.5e12, "1.5×10¹²"),
            (-2e-7, "−2×10⁻⁷"),
        ] {
            assert_eq!(rounded(number), text);
        }
    }
}
