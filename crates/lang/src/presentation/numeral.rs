//! A number as its decimal digits.

use crate::mode::Mode;

/// From 1e16 on, a float is written with a power of ten, as in Python.
const LARGE: i64 = 16;
/// Below 1e-5, a number with an exponent is written with a power of ten.
const SMALL: i64 = -5;

/// A sign and `digits`·10^`exponent`. The first digit is 0 only if it is the only one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Numeral {
    pub(super) is_negative: bool,
    pub(super) digits: String,
    /// That of the last digit.
    pub(super) exponent: i64,
    /// Whether its text decides that it is written with a power of ten, which may be long otherwise.
    pub(super) has_exponent: bool,
}

impl Numeral {
    /// From digits, which may begin with zeros.
    pub(super) fn new(digits: String, exponent: i64) -> Self {
        let mut numeral = Self { is_negative: false, digits, exponent, has_exponent: true };
        numeral.drop_leading_zeros();
        numeral
    }

    /// Parses the text of an integer, a float or a decimal; `None` for any other text.
    pub(super) fn read(text: &str, mode: Mode) -> Option<Self> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (significand, power) = match unsigned.find(['e', 'E']) {
            Some(at) => (&unsigned[..at], i64::from(unsigned[at + 1..].parse::<i32>().ok()?)),
            None => (unsigned, 0),
        };
        let (whole, decimals) = significand.split_once('.').unwrap_or((significand, ""));
        // A float has one decimal at least, a decimal as many as it is exact to.
        let decimals = if decimals == "0" && mode == Mode::Python { "" } else { decimals };
        let digits = [whole, decimals].concat();
        if whole.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let has_exponent = significand.len() < unsigned.len();
        let exponent = power - decimals.len() as i64;
        let mut numeral = Self { is_negative: unsigned.len() < text.len(), digits, exponent, has_exponent };
        numeral.drop_leading_zeros();
        if has_exponent && numeral.is_zero() {
            numeral.exponent = 0;
        }
        Some(numeral)
    }

    fn drop_leading_zeros(&mut self) {
        let zeros = self.digits.bytes().take_while(|digit| *digit == b'0').count();
        self.digits.drain(..zeros.min(self.digits.len().saturating_sub(1)));
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits == "0"
    }

    /// The power of ten of the first digit.
    pub(super) fn leading(&self) -> i64 {
        self.exponent + self.digits.len() as i64 - 1
    }

    /// Rounds to a multiple of 10^`last`, half away from zero.
    pub(super) fn round(&mut self, last: i64) {
        let dropped = last.saturating_sub(self.exponent);
        if dropped <= 0 {
            return;
        }
        let length = self.digits.len() as i64;
        let is_up = dropped <= length && self.digits.as_bytes()[(length - dropped) as usize] >= b'5';
        self.digits.truncate((length - dropped).max(0) as usize);
        self.exponent = last;
        if is_up {
            self.add_one();
        }
        if self.digits.is_empty() {
            self.digits.push('0');
        }
    }

    /// Adds one unit of the last digit.
    fn add_one(&mut self) {
        let kept = self.digits.trim_end_matches('9').len();
        let nines = self.digits.len() - kept;
        self.digits.truncate(kept);
        // A digit below 9.
        let digit = self.digits.pop().map_or('1', |digit| char::from(digit as u8 + 1));
        self.digits.push(digit);
        self.digits.extend(std::iter::repeat_n('0', nines));
    }

    /// Drops zeros at the end, of digits whose power of ten is below `from`.
    pub(super) fn drop_zeros(&mut self, from: i64) {
        let zeros = self.digits.len() - self.digits.trim_end_matches('0').len();
        let most = from.saturating_sub(self.exponent).clamp(0, self.digits.len() as i64 - 1);
        let dropped = (zeros as i64).min(most);
        self.digits.truncate(self.digits.len() - dropped as usize);
        self.exponent = if self.is_zero() { 0 } else { self.exponent + dropped };
    }

    /// Whether it is so large or so small that its power of ten is written.
    pub(super) fn needs_a_power(&self) -> bool {
        let leading = self.leading();
        let is_far = self.has_exponent && !(SMALL..LARGE).contains(&leading);
        !self.is_zero() && (is_far || self.exponent > 0 && leading >= LARGE)
    }

    /// The digits before the decimal sign, and those after it.
    pub(super) fn plain(&self) -> (String, String) {
        if self.exponent >= 0 {
            let zeros = if self.is_zero() { 0 } else { self.exponent as usize };
            return (format!("{}{}", self.digits, "0".repeat(zeros)), String::new());
        }
        let left = self.digits.len() as i64 + self.exponent;
        if left > 0 {
            let (whole, decimals) = self.digits.split_at(left as usize);
            return (whole.to_owned(), decimals.to_owned());
        }
        ("0".to_owned(), format!("{}{}", "0".repeat(left.unsigned_abs() as usize), self.digits))
    }

    /// Whether floats compute the number from the product of its mantissa and this power of ten.
    pub(super) fn is_exact_product(&self, exponent: i64) -> bool {
        let float = |text: String| text.parse::<f64>().unwrap_or(f64::NAN);
        let mantissa = float(format!("{}e{}", self.digits, self.exponent - exponent));
        let number = float(format!("{}e{}", self.digits, self.exponent));
        mantissa * float(format!("1e{exponent}")) == number
    }
}
