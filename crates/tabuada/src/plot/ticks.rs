//! The ticks of an axis and their texts. Ticks are multiples of 1, 2 or 5 times a power of ten. They are stored as
//! integers, so that their texts are exact.

/// The maximum number of digits in a tick's text. Longer numbers get a power of ten, or are written without their
/// common part.
const DIGITS_MAX: usize = 6;
/// The limit for the differing part of each text, if the common part is written once.
const OWN_DIGITS: i64 = 1_000;

/// In steps: a tick this close to an end of the axis counts as on it, because floats round the ends.
const ASIDE: f64 = 1e-3;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ticks {
    pub(super) marks: Vec<(f64, String)>,
    /// The offset to add to all texts: `+1000000000`.
    pub(super) offset: Option<String>,
}

/// About `count` ticks from `low` to `high`. The ends must be finite, `low` below `high`, and far enough apart for
/// floats to distinguish the ticks.
pub(super) fn ticks(low: f64, high: f64, count: usize) -> Ticks {
    let wanted = (high - low) / count.max(1) as f64;
    let mut exponent = wanted.log10().floor() as i32;
    let at_least = |factor: i64, exponent: i32| value(factor, exponent) * (1.0 + ASIDE) >= wanted;
    let factor = [1, 2, 5].into_iter().find(|factor| at_least(*factor, exponent)).unwrap_or_else(|| {
        exponent += 1;
        1
    });
    let step = value(factor, exponent);
    // The ticks as multiples of the power of ten.
    let (first, last) = ((low / step - ASIDE).ceil() as i64, (high / step + ASIDE).floor() as i64);
    let numbers: Vec<i64> = (first..=last).map(|n| n * factor).collect();
    let longest = numbers.iter().map(|number| number.unsigned_abs()).max().unwrap_or_default();
    let base =
        if digits(longest) > DIGITS_MAX { numbers[numbers.len() / 2].div_euclid(OWN_DIGITS) * OWN_DIGITS } else { 0 };
    let left = numbers.iter().map(|number| (number - base).unsigned_abs()).max().unwrap_or_default();
    let is_plain = is_plain(left, exponent);
    let text = |number: i64| if is_plain { plain(number, exponent) } else { scientific(number, exponent) };
    Ticks {
        marks: numbers.iter().map(|number| (value(*number, exponent), text(number - base))).collect(),
        offset: (base != 0).then(|| {
            let (base, exponent) = shortest(base, exponent);
            let text = if exponent.abs() <= 12 { plain(base, exponent) } else { scientific(base, exponent) };
            if base > 0 { format!("+{text}") } else { text }
        }),
    }
}

/// A number with four digits, written as on an axis.
pub(super) fn rounded(number: f64) -> String {
    let written = format!("{number:.3e}");
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let number = mantissa.replace('.', "").parse().unwrap_or_default();
    let (number, exponent) = shortest(number, exponent.parse::<i32>().unwrap_or_default() - 3);
    if is_plain(number.unsigned_abs(), exponent) { plain(number, exponent) } else { scientific(number, exponent) }
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
fn is_plain(longest: u64, exponent: i32) -> bool {
    let places = exponent.unsigned_abs() as usize;
    if exponent >= 0 { digits(longest) + places <= DIGITS_MAX } else { places.max(digits(longest)) <= DIGITS_MAX }
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
    fn check(low: f64, high: f64, count: usize, texts: &str, offset: Option<&str>) {
        let ticks = ticks(low, high, count);
        let written: Vec<&str> = ticks.marks.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!((written.join(" ").as_str(), ticks.offset.as_deref()), (texts, offset));
        let free = (high - low) / 1_000.0;
        assert!(ticks.marks.iter().all(|(at, _)| (low - free..=high + free).contains(at)), "{ticks:?}");
    }

    #[test]
    fn steps_are_one_two_or_five_and_texts_are_short() {
        check(-10.0, 10.0, 5, "−10 −5 0 5 10", None);
        check(-1.1, 1.1, 5, "−1.0 −0.5 0 0.5 1.0", None);
        check(0.0, 0.7, 7, "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7", None);
        check(0.0, 1.9, 5, "0 0.5 1.0 1.5", None);
        check(0.0, 100_000.0, 4, "0 50000 100000", None);
        check(0.0, 3e6, 4, "0 1×10⁶ 2×10⁶ 3×10⁶", None);
        check(-1.5e-9, 1.5e-9, 4, "−1×10⁻⁹ 0 1×10⁻⁹", None);
        check(-1e300, 1e300, 4, "−1×10³⁰⁰ −5×10²⁹⁹ 0 5×10²⁹⁹ 1×10³⁰⁰", None);
    }

    #[test]
    fn the_common_part_of_all_texts_is_written_once() {
        check(1e9, 1e9 + 1e-3, 5, "0 0.0002 0.0004 0.0006 0.0008 0.0010", Some("+1000000000"));
        check(-1e9, -1e9 + 10.0, 4, "0 5 10", Some("−1000000000"));
        check(5_000_000.0, 5_000_003.0, 3, "0 1 2 3", Some("+5000000"));
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
