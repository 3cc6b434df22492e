//! How the numbers in the text of an answer are shown to people: digits, format, decimal sign and groups of thousands.
//!
//! It is a function of the text alone, which names the value exactly, and takes linear time. The value, its text and
//! its key do not depend on it.

mod fraction;
mod numeral;

use std::fmt;
use std::str::FromStr;

use crate::mode::{Digits, Mode};
use crate::notation::{DecimalSign, DecimalSignError};
use crate::number::rational::quotient_digits;
use numeral::Numeral;

/// The digits of a fraction in `sci` and `eng`, if nobody asks for more: about those of a float.
const FRACTION_DIGITS: u64 = 16;
/// The most zeros that fill a number up to its units. More follow no digit of a float, of which the longest has 309.
const ZEROS_MAX: i64 = 400;

/// How the numbers of an answer are shown, beside its text.
///
/// ```
/// use tabuada_lang::{DecimalSign, Format, Grouping, Mode, Presentation};
///
/// let comma = Presentation { decimal: DecimalSign::Comma, ..Presentation::default() };
/// assert_eq!(comma.show("[4.5, 3.0]", Mode::Python).as_deref(), Some("[4,5; 3]"));
/// let money = Presentation { format: Format::Fixed(2), group: Grouping::Sign, ..comma };
/// assert_eq!(money.show("1234567.005", Mode::Python).as_deref(), Some("1.234.567,01"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Presentation {
    /// The most significant digits of a number; zeros at its end are left out.
    pub digits: Option<Digits>,
    /// The form of a number.
    pub format: Format,
    /// The sign before the decimals.
    pub decimal: DecimalSign,
    /// What separates the thousands.
    pub group: Grouping,
}

/// The form of a number. As text: `auto`, `fixed:2`, `sci`, `eng`, `fraction`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// As its text; a whole float without `.0`, and powers of ten as `1.5·10^20`.
    #[default]
    Auto,
    /// So many decimals, at most [`Format::PLACES_MAX`].
    Fixed(u8),
    /// One digit before the decimal sign, and a power of ten.
    Scientific,
    /// A power of ten whose exponent is a multiple of three.
    Engineering,
    /// The simplest fraction whose float is the value, if its denominator is at most a million.
    Fraction,
}

impl Format {
    /// The most decimals of [`Format::Fixed`].
    pub const PLACES_MAX: u8 = 100;
}

/// What separates the thousands of numbers with five digits or more before the decimal sign. As text: `none`, `space`,
/// `sign`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Grouping {
    /// Nothing.
    #[default]
    None,
    /// A narrow space that does not break lines, U+202F.
    Space,
    /// The sign that is not the decimal sign.
    Sign,
}

/// The parameter of a presentation whose value is none of its choices, which the message names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PresentationError {
    /// `digits`.
    Digits,
    /// `format`.
    Format,
    /// `decimal`.
    Decimal,
    /// `group`.
    Group,
}

impl PresentationError {
    /// The message, in English.
    pub fn message(self) -> &'static str {
        match self {
            Self::Digits => "digits is a number from 1 to 1000",
            Self::Format => "format is auto, fixed:N with N from 0 to 100, sci, eng or fraction",
            Self::Decimal => "decimal is point or comma",
            Self::Group => "group is none, space or sign",
        }
    }
}

impl fmt::Display for PresentationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for PresentationError {}

impl From<DecimalSignError> for PresentationError {
    fn from(_: DecimalSignError) -> Self {
        Self::Decimal
    }
}

impl FromStr for Format {
    type Err = PresentationError;

    fn from_str(text: &str) -> Result<Self, PresentationError> {
        match text {
            "auto" => Ok(Self::Auto),
            "sci" => Ok(Self::Scientific),
            "eng" => Ok(Self::Engineering),
            "fraction" => Ok(Self::Fraction),
            _ => {
                let places = text.strip_prefix("fixed:").and_then(whole).filter(|places| *places <= 100);
                places.and_then(|places| places.try_into().ok()).map(Self::Fixed).ok_or(PresentationError::Format)
            }
        }
    }
}

impl FromStr for Grouping {
    type Err = PresentationError;

    fn from_str(text: &str) -> Result<Self, PresentationError> {
        match text {
            "none" => Ok(Self::None),
            "space" => Ok(Self::Space),
            "sign" => Ok(Self::Sign),
            _ => Err(PresentationError::Group),
        }
    }
}

/// A number of few digits without a sign or leading zeros.
fn whole(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| is_plain)
}

impl Presentation {
    /// The longest shown text, in bytes: more than the longest number with its groups, or 100 decimals for each element
    /// of the longest list.
    pub const BYTES_MAX: usize = 2 << 20;

    /// The presentation of the parameters that are given, all others as in `usual`; `usual` itself if none is.
    ///
    /// # Errors
    ///
    /// The first parameter whose value is none of its choices.
    pub fn named(
        usual: Option<Self>,
        digits: Option<&str>,
        format: Option<&str>,
        decimal: Option<&str>,
        group: Option<&str>,
    ) -> Result<Option<Self>, PresentationError> {
        if [digits, format, decimal, group].iter().all(Option::is_none) {
            return Ok(usual);
        }
        let usual = usual.unwrap_or_default();
        let digits = match digits {
            Some(text) => Some(whole(text).and_then(Digits::new).ok_or(PresentationError::Digits)?),
            None => usual.digits,
        };
        Ok(Some(Self {
            digits,
            format: format.map_or(Ok(usual.format), str::parse)?,
            decimal: decimal.map_or(Ok(usual.decimal), str::parse)?,
            group: group.map_or(Ok(usual.group), str::parse)?,
        }))
    }

    /// The text of an answer in this mode, as it is shown: every number in it changes, also in a list, a tuple, a set
    /// or a complex number. Strings, booleans and names stay. `None` if it would be longer than
    /// [`Presentation::BYTES_MAX`].
    pub fn show(&self, text: &str, mode: Mode) -> Option<String> {
        let separator = if self.has_commas() { ';' } else { ',' };
        let mut out = String::with_capacity(text.len() + 16);
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let length = match next {
                '\'' | '"' => string_bytes(rest),
                ',' | ' ' | '(' | ')' | '[' | ']' | '{' | '}' => next.len_utf8(),
                _ => rest.find([',', '(', ')', ']', '}']).unwrap_or(rest.len()),
            };
            let (part, after) = rest.split_at(length);
            match next {
                ',' => out.push(separator),
                '-' | '0'..='9' | 'i' | 'n' => self.write_number(part, mode, &mut out),
                _ => out.push_str(part),
            }
            if out.len() > Self::BYTES_MAX {
                return None;
            }
            rest = after;
        }
        Some(out)
    }

    /// Whether a comma is a part of numbers, so that it cannot separate them.
    fn has_commas(&self) -> bool {
        self.decimal == DecimalSign::Comma || self.group == Grouping::Sign
    }

    /// Writes a number, whose infinite or undefined parts stay.
    fn write_number(&self, text: &str, mode: Mode, out: &mut String) {
        if let Some(parts) = text.strip_suffix('j') {
            let (real, imaginary) = parts.split_at(imaginary_start(parts));
            for part in [real, imaginary] {
                let unsigned = part.strip_prefix('+').unwrap_or(part);
                out.push_str(&part[..part.len() - unsigned.len()]);
                match Numeral::read(unsigned, mode) {
                    Some(numeral) => self.write_numeral(numeral, Powers::InComplex, out),
                    None => out.push_str(unsigned),
                }
            }
            return out.push('j');
        }
        match (text.split_once('/'), Numeral::read(text, mode)) {
            (Some((numerator, denominator)), _) => self.write_fraction(numerator, denominator, out),
            (None, Some(numeral)) => match self.simplest(text, mode) {
                Some((numerator, denominator)) => {
                    out.push_str(if numeral.is_negative { "-" } else { "" });
                    self.write_ratio(&numerator.to_string(), &denominator.to_string(), out);
                }
                None if mode == Mode::Python => self.write_numeral(numeral, Powers::OfFloats, out),
                None => self.write_numeral(numeral, Powers::Exact, out),
            },
            (None, None) => out.push_str(text),
        }
    }

    /// The simplest fraction of a float that is not whole, if the format asks for it.
    fn simplest(&self, text: &str, mode: Mode) -> Option<(u128, u128)> {
        if self.format != Format::Fraction || mode != Mode::Python || !text.contains(['.', 'e']) {
            return None;
        }
        fraction::simplest(text.parse::<f64>().ok()?.abs())
    }

    /// Writes a fraction of exact mode, `numerator` with its sign.
    fn write_fraction(&self, numerator: &str, denominator: &str, out: &mut String) {
        let (sign, numerator) = numerator.strip_prefix('-').map_or(("", numerator), |unsigned| ("-", unsigned));
        let digits = match (self.format, self.digits) {
            (Format::Scientific | Format::Engineering, None) => Digits::new(FRACTION_DIGITS),
            (_, digits) => digits,
        };
        // One more than is shown: the rest cannot change how that one is rounded.
        let by_digits =
            digits.map(|digits| digits.count() as i64 + 1 + denominator.len() as i64 - numerator.len() as i64);
        let places = match (self.format, by_digits) {
            (Format::Fraction, _) => None,
            (Format::Fixed(places), by_digits) => Some(by_digits.unwrap_or(i64::MAX).min(i64::from(places) + 1)),
            (_, by_digits) => by_digits,
        };
        let divided = places.and_then(|places| Some((quotient_digits(numerator, denominator, places)?, places)));
        match divided {
            Some((quotient, places)) => {
                let numeral = Numeral { is_negative: !sign.is_empty(), ..Numeral::new(quotient, -places) };
                Self { digits, ..*self }.write_numeral(numeral, Powers::Exact, out);
            }
            None => {
                out.push_str(sign);
                self.write_ratio(numerator, denominator, out);
            }
        }
    }

    fn write_ratio(&self, numerator: &str, denominator: &str, out: &mut String) {
        self.write_whole(numerator, out);
        out.push('/');
        self.write_whole(denominator, out);
    }

    fn write_numeral(&self, mut numeral: Numeral, powers: Powers, out: &mut String) {
        let by_digits = self.digits.map(|digits| numeral.leading() + 1 - digits.count() as i64);
        match self.format {
            Format::Fixed(places) if numeral.exponent <= ZEROS_MAX => {
                let places = i64::from(places);
                numeral.round(by_digits.map_or(-places, |last| last.max(-places)));
                numeral.is_negative &= !numeral.is_zero();
                self.write_plain(&numeral, places as usize, out);
            }
            Format::Auto | Format::Fraction => {
                if let Some(last) = by_digits {
                    numeral.round(last);
                    numeral.drop_zeros(if numeral.needs_a_power() { i64::MAX } else { 0 });
                }
                if numeral.needs_a_power() {
                    self.write_power(&numeral, 1, powers, out);
                } else {
                    self.write_plain(&numeral, 0, out);
                }
            }
            Format::Fixed(_) | Format::Scientific | Format::Engineering => {
                if let Some(last) = by_digits {
                    numeral.round(last);
                }
                numeral.drop_zeros(i64::MAX);
                let step = if self.format == Format::Engineering { 3 } else { 1 };
                match (numeral.is_zero(), powers) {
                    (true, _) => out.push('0'),
                    (false, Powers::OfFloats) => self.write_power(&numeral, step, Powers::Exact, out),
                    (false, powers) => self.write_power(&numeral, step, powers, out),
                }
            }
        }
    }

    /// Writes a number with at least `places` decimals.
    fn write_plain(&self, numeral: &Numeral, places: usize, out: &mut String) {
        let (whole, decimals) = numeral.plain();
        out.push_str(if numeral.is_negative { "-" } else { "" });
        self.write_whole(&whole, out);
        if decimals.len().max(places) > 0 {
            out.push(self.decimal.character());
            out.push_str(&decimals);
            out.extend(std::iter::repeat_n('0', places.saturating_sub(decimals.len())));
        }
    }

    /// Writes a number other than zero as a product with a power of ten, whose exponent is a multiple of `step`.
    fn write_power(&self, numeral: &Numeral, step: i64, powers: Powers, out: &mut String) {
        let exponent = numeral.leading().div_euclid(step) * step;
        let mantissa = Numeral { exponent: numeral.exponent - exponent, ..numeral.clone() };
        self.write_plain(&mantissa, 0, out);
        let is_product = match powers {
            Powers::Exact => true,
            Powers::OfFloats => numeral.is_exact_product(exponent),
            Powers::InComplex => false,
        };
        // Python's exponents have at least two digits.
        out.push_str(&if is_product { format!("·10^{exponent}") } else { format!("e{exponent:+03}") });
    }

    /// Writes the digits before the decimal sign, in groups.
    fn write_whole(&self, digits: &str, out: &mut String) {
        let separator = match (self.group, self.decimal) {
            (Grouping::Space, _) => '\u{202f}',
            (Grouping::Sign, DecimalSign::Point) => ',',
            (Grouping::Sign, DecimalSign::Comma) => '.',
            (Grouping::None, _) => return out.push_str(digits),
        };
        if digits.len() < 5 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return out.push_str(digits);
        }
        let (mut at, mut end) = (0, (digits.len() - 1) % 3 + 1);
        while at < digits.len() {
            if at > 0 {
                out.push(separator);
            }
            out.push_str(&digits[at..end]);
            (at, end) = (end, end + 3);
        }
    }
}

/// How a power of ten is written.
#[derive(Clone, Copy, Debug)]
enum Powers {
    /// As a product.
    Exact,
    /// As a product if floats compute the number exactly from it, else as Python writes it.
    OfFloats,
    /// As Python writes it: in `1·10^2j` the power would take the `j`.
    InComplex,
}

/// The bytes of the string that a text begins with, quotes included.
fn string_bytes(text: &str) -> usize {
    let (quote, mut is_escaped) = (text.as_bytes()[0], false);
    let end = text.bytes().enumerate().skip(1).find(|(_, byte)| {
        let is_end = *byte == quote && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// Where the imaginary part of a complex number begins: at the last sign that is not in an exponent.
fn imaginary_start(parts: &str) -> usize {
    let mut signs = parts.match_indices(['+', '-']).filter(|(at, _)| !parts[..*at].ends_with('e'));
    signs.next_back().map_or(0, |(at, _)| at)
}
