//! Numbers in decimal digits: how math.js prints and rounds them.

use std::fmt::Write as _;

/// The shortest digits that give a finite number: ±d.ddd × 10^exponent.
#[derive(Clone, Debug)]
pub(super) struct Digits {
    is_negative: bool,
    /// At least one; the first is not 0, unless the number is 0 or was rounded to it.
    digits: Vec<u8>,
    exponent: i32,
}

impl Digits {
    pub(super) fn of(value: f64) -> Self {
        let text = format!("{:e}", value.abs());
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = digits.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
        // JavaScript writes -0 as 0.
        Self { is_negative: value < 0.0, digits, exponent: exponent.parse().unwrap_or(0) }
    }

    /// Rounds to so many significant digits, half away from zero; none and fewer are digits before the first.
    pub(super) fn rounded(mut self, mut significant: i64) -> Self {
        while significant <= 0 && significant > -2 {
            self.digits.insert(0, 0);
            self.exponent += 1;
            significant += 1;
        }
        if significant <= 0 {
            // Far below the last digit that is kept.
            return Self { digits: vec![0], exponent: 0, ..self };
        }
        let kept = usize::try_from(significant).unwrap_or(usize::MAX);
        if self.digits.len() <= kept {
            return self;
        }
        let is_up = self.digits[kept] >= 5;
        self.digits.truncate(kept);
        if is_up {
            match self.digits.iter().rposition(|digit| *digit != 9) {
                Some(at) => {
                    self.digits.truncate(at + 1);
                    self.digits[at] += 1;
                }
                None => {
                    self.digits = vec![1];
                    self.exponent += 1;
                }
            }
        }
        self
    }

    /// The value with so many places behind the point: `parseFloat(toFixed(value, places))`.
    pub(super) fn at_places(self, places: u32) -> f64 {
        let significant = i64::from(self.exponent) + 1 + i64::from(places);
        let rounded = self.rounded(significant);
        let mut text = String::from(if rounded.is_negative { "-" } else { "" });
        for (at, digit) in rounded.digits.iter().enumerate() {
            let _ = write!(text, "{}{digit}", if at == 1 { "." } else { "" });
        }
        let _ = write!(text, "e{}", rounded.exponent);
        text.parse().unwrap_or(0.0)
    }

    fn without_zeros_at_the_end(mut self) -> Self {
        while self.digits.len() > 1 && self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        self
    }

    fn write(&self, exponential: bool, out: &mut String) {
        let digit = |digit: u8| char::from(b'0' + digit);
        if self.is_negative {
            out.push('-');
        }
        let (first, rest) = self.digits.split_first().unwrap_or((&0, &[]));
        if exponential {
            out.push(digit(*first));
            if !rest.is_empty() {
                out.push('.');
                out.extend(rest.iter().map(|d| digit(*d)));
            }
            let _ = write!(out, "e{:+}", self.exponent);
            return;
        }
        let point = self.exponent + 1;
        if point <= 0 {
            out.push_str("0.");
            out.extend((point..0).map(|_| '0'));
            out.extend(self.digits.iter().map(|d| digit(*d)));
            return;
        }
        let point = point as usize;
        for at in 0..point.max(self.digits.len()) {
            if at == point {
                out.push('.');
            }
            out.push(digit(self.digits.get(at).copied().unwrap_or(0)));
        }
    }
}

/// A number as `math.format` writes it: from 1e-3 to 1e5 without an exponent. With a precision, it is rounded to so many
/// significant digits.
pub(super) fn write_number(value: f64, precision: Option<u32>, out: &mut String) {
    if write_special(value, out) {
        return;
    }
    let digits = Digits::of(value);
    let digits = match precision {
        None => digits,
        Some(precision) => digits.rounded(i64::from(precision)).without_zeros_at_the_end(),
    };
    let is_exponential = !(-3..5).contains(&digits.exponent);
    digits.write(is_exponential, out);
}

/// A number as JavaScript's `String(value)` writes it: from 1e-6 to 1e21 without an exponent.
pub(super) fn write_javascript(value: f64, out: &mut String) {
    if write_special(value, out) {
        return;
    }
    let digits = Digits::of(value);
    let is_exponential = !(-6..21).contains(&digits.exponent);
    digits.write(is_exponential, out);
}

fn write_special(value: f64, out: &mut String) -> bool {
    let text = match value {
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        nan if nan.is_nan() => "NaN",
        _ => return false,
    };
    out.push_str(text);
    true
}

/// From here on, a double is a multiple of 16.
const LARGE: f64 = (1_u64 << 57) as f64;

/// A non-negative finite number in base 2, 8 or 16, as JavaScript's `toString(base)` does: of the digits behind the point
/// as many as tell it from its neighbours.
pub(super) fn in_base(value: f64, base: u32) -> String {
    let radix = f64::from(base);
    let (mut whole, mut fraction) = (value.floor(), value.fract());
    let mut behind = Vec::new();
    let mut delta = (0.5 * (f64::from_bits(value.to_bits() + 1) - value)).max(f64::from_bits(1));
    if fraction >= delta {
        loop {
            fraction *= radix;
            delta *= radix;
            let digit = fraction.trunc();
            behind.push(digit as u32);
            fraction -= digit;
            if (fraction > 0.5 || fraction == 0.5 && digit % 2.0 == 1.0) && fraction + delta > 1.0 {
                // Round up, with what is carried.
                loop {
                    match behind.pop() {
                        None => {
                            whole += 1.0;
                            break;
                        }
                        Some(digit) if digit + 1 < base => {
                            behind.push(digit + 1);
                            break;
                        }
                        Some(_) => {}
                    }
                }
                break;
            }
            if fraction < delta {
                break;
            }
        }
    }
    let mut before = Vec::new();
    // Large numbers end with zeros, since the base is a power of two.
    while whole >= LARGE {
        before.push(0);
        whole /= radix;
    }
    let mut whole = whole as u64;
    while whole > 0 || before.is_empty() {
        before.push((whole % u64::from(base)) as u32);
        whole /= u64::from(base);
    }
    let digit = |digit: &u32| char::from_digit(*digit, base).unwrap_or('0');
    let mut text: String = before.iter().rev().map(digit).collect();
    if !behind.is_empty() {
        text.push('.');
        text.extend(behind.iter().map(digit));
    }
    text
}
