//! Exact rational numbers of limited size, with the results of Python's `fractions.Fraction`.
//!
//! Results are computed in lowest terms: the greatest common divisors are those of the operands' parts, not of the
//! result's (Knuth, *The Art of Computer Programming*, volume 2, section 4.5.1), which keeps the numbers short.

use std::cmp::Ordering;

use dashu_int::UBig;

use super::{Integer, Ties, long};
use crate::error::{ErrorKind, Estimate, ZeroDivision};
use crate::limits::{Budget, Limits, price};

/// The maximum number of bits of a numerator or denominator. The library's greatest common divisor takes quadratic
/// time: with 2^16 bits, an addition takes 4 ms, and sums of fractions double in length quickly.
pub(crate) const PART_BITS: u64 = Limits::FRACTION_BITS;

/// The price of parsing a short literal: about 250 ns.
const LITERAL: u64 = 50;

const BITS_PER_DIGIT: f64 = std::f64::consts::LOG2_10;

/// A rational number in lowest terms with a positive denominator; 0 is 0/1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rational {
    numerator: Integer,
    denominator: Integer,
}

impl Rational {
    /// An integer; an error if it is longer than a part may be.
    pub(crate) fn from_integer(value: Integer) -> Result<Self, ErrorKind> {
        Self::within_limit(value, Integer::ONE)
    }

    /// `numerator / denominator`, reduced.
    pub(crate) fn new(numerator: &Integer, denominator: &Integer, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if denominator.is_zero() {
            return Err(ZeroDivision::Fraction { sign: sign(numerator) }.into());
        }
        let divisor = numerator.gcd(denominator, budget)?;
        let numerator = numerator.divide_exactly(&divisor, budget)?;
        let denominator = denominator.divide_exactly(&divisor, budget)?;
        Self::signed(numerator, denominator)
    }

    /// The exact value of a literal in decimal form, as the lexer accepts it: digits with single underscores, at most
    /// one point and at most one exponent (`0.1`, `1e-5`, `1_000.5e3`). It has no sign.
    ///
    /// # Errors
    ///
    /// The size that the number would have, if it is too large; nothing is allocated before.
    pub(crate) fn from_literal(text: &str, budget: &mut Budget) -> Result<Self, ErrorKind> {
        let (digits, exponent) = decimal_parts(text);
        if digits.is_empty() {
            return Ok(Self { numerator: Integer::ZERO, denominator: Integer::ONE });
        }
        let power_bits = exponent.unsigned_abs() as f64 * BITS_PER_DIGIT;
        let digit_bits = digits.len() as f64 * BITS_PER_DIGIT;
        // At most the digits themselves cancel.
        let least = if exponent >= 0 { digit_bits + power_bits - BITS_PER_DIGIT } else { power_bits - digit_bits };
        if least > PART_BITS as f64 + 2.0 {
            return Err(too_large(least.max(power_bits)));
        }
        budget.charge(LITERAL + price::convert((digit_bits / 64.0) as u64 + 1))?;
        let digits = Integer::parse(&digits, 10);
        let power = Integer::from(10_i64).power(exponent.unsigned_abs(), budget)?;
        if exponent >= 0 {
            Self::from_integer(digits.multiply(&power, budget)?)
        } else {
            Self::new(&digits, &power, budget)
        }
    }

    pub(crate) fn numerator(&self) -> &Integer {
        &self.numerator
    }

    pub(crate) fn denominator(&self) -> &Integer {
        &self.denominator
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.numerator.is_zero()
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.numerator.is_negative()
    }

    pub(crate) fn is_integer(&self) -> bool {
        self.denominator == Integer::ONE
    }

    /// The integer equal to it, if there is one.
    pub(crate) fn to_integer(&self) -> Option<Integer> {
        self.is_integer().then(|| self.numerator.clone())
    }

    pub(crate) fn heap_bytes(&self) -> u64 {
        self.numerator.heap_bytes() + self.denominator.heap_bytes()
    }

    pub(crate) fn text_price(&self) -> u64 {
        // And the stroke.
        self.numerator.text_price() + self.denominator.text_price() + 1
    }

    /// The number of characters of its text, or a few more.
    pub(crate) fn characters_at_most(&self) -> u64 {
        self.numerator.digits_at_most() + self.denominator.digits_at_most() + 2
    }

    pub(crate) fn negate(&self) -> Self {
        Self { numerator: self.numerator.negate(), denominator: self.denominator.clone() }
    }

    pub(crate) fn absolute(&self) -> Self {
        if self.is_negative() { self.negate() } else { self.clone() }
    }

    pub(crate) fn add(&self, other: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        self.add_or_subtract(other, Integer::add, budget)
    }

    pub(crate) fn subtract(&self, other: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        self.add_or_subtract(other, Integer::subtract, budget)
    }

    fn add_or_subtract(
        &self,
        other: &Self,
        join: fn(&Integer, &Integer, &mut Budget) -> Result<Integer, ErrorKind>,
        budget: &mut Budget,
    ) -> Result<Self, ErrorKind> {
        budget.charge(price::SCALAR)?;
        let common = self.denominator.gcd(&other.denominator, budget)?;
        let (left, right) =
            (self.denominator.divide_exactly(&common, budget)?, other.denominator.divide_exactly(&common, budget)?);
        // The common part may still cancel; the rest cannot.
        refuse_bits((left.bits() + right.bits()).saturating_sub(1))?;
        let numerator =
            join(&self.numerator.multiply(&right, budget)?, &other.numerator.multiply(&left, budget)?, budget)?;
        let divisor = numerator.gcd(&common, budget)?;
        let numerator = numerator.divide_exactly(&divisor, budget)?;
        let rest = other.denominator.divide_exactly(&divisor, budget)?;
        refuse_product(&left, &rest)?;
        Self::within_limit(numerator, left.multiply(&rest, budget)?)
    }

    pub(crate) fn multiply(&self, other: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        let (numerator, denominator) =
            reduced_product((&self.numerator, &self.denominator), (&other.numerator, &other.denominator), budget)?;
        Self::signed(numerator, denominator)
    }

    pub(crate) fn divide(&self, other: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if other.is_zero() {
            return Err(ZeroDivision::Fraction { sign: sign(&self.numerator) }.into());
        }
        let (numerator, denominator) =
            reduced_product((&self.numerator, &self.denominator), (&other.denominator, &other.numerator), budget)?;
        Self::signed(numerator, denominator)
    }

    /// The quotient rounded down, an integer.
    pub(crate) fn floor_divide(&self, other: &Self, budget: &mut Budget) -> Result<Integer, ErrorKind> {
        budget.charge(price::SCALAR)?;
        let numerator = self.numerator.multiply(&other.denominator, budget)?;
        numerator.floor_divide(&self.denominator.multiply(&other.numerator, budget)?, budget)
    }

    /// The remainder of the quotient rounded down, with the divisor's sign.
    pub(crate) fn modulo(&self, other: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        budget.charge(price::SCALAR)?;
        let numerator = self.numerator.multiply(&other.denominator, budget)?;
        let rest = numerator.modulo(&other.numerator.multiply(&self.denominator, budget)?, budget)?;
        Self::new(&rest, &self.denominator.multiply(&other.denominator, budget)?, budget)
    }

    /// A power with an integer exponent; a negative one means the inverse.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotExact`] for a fractional exponent, `Fraction(1, 0)` for zero to a negative power, and the size
    /// that a part would have.
    pub(crate) fn power(&self, exponent: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        budget.charge(price::ELEMENTARY)?;
        let Some(exponent) = exponent.to_integer() else {
            return Err(ErrorKind::NotExact { operation: "**".to_owned() });
        };
        if exponent.is_zero() {
            return Self::from_integer(Integer::ONE);
        }
        if self.is_zero() && exponent.is_negative() {
            return Err(ZeroDivision::Fraction { sign: 1 }.into());
        }
        let is_unit = |part: &Integer| part.bits() <= 1;
        let count = match exponent.as_i64() {
            Some(count) => count.unsigned_abs(),
            // Powers of 0, 1 and -1 depend only on whether the exponent is odd.
            None if is_unit(&self.numerator) && self.is_integer() => 2 - u64::from(exponent.is_odd()),
            None => return Err(ErrorKind::RationalTooLarge { digits: Estimate::Astronomical, limit: PART_BITS }),
        };
        let longer = if self.numerator.bits() > self.denominator.bits() { &self.numerator } else { &self.denominator };
        if !is_unit(longer) {
            let bits = longer.log2() * count as f64;
            if bits > PART_BITS as f64 + 2.0 {
                return Err(too_large(bits));
            }
        }
        // The powers of both parts are computed and checked separately.
        budget.charge(4 * price::ELEMENTARY)?;
        let (numerator, denominator) = (self.numerator.power(count, budget)?, self.denominator.power(count, budget)?);
        // Powers of coprime numbers are coprime.
        if exponent.is_negative() { Self::signed(denominator, numerator) } else { Self::signed(numerator, denominator) }
    }

    pub(crate) fn order(&self, other: &Self, budget: &mut Budget) -> Result<Ordering, ErrorKind> {
        let (left, right) = (self.size(), other.size());
        if self.is_negative() != other.is_negative() || left.abs_diff(right) > 1 {
            return Ok(by_size((self.is_negative(), left), (other.is_negative(), right)));
        }
        // The products may be longer than an integer may be, since they are not kept.
        let mut product = |a: &Integer, b: &Integer| {
            budget.charge(price::multiply(a.words(), b.words()) + price::SCALAR)?;
            long::multiply(&a.magnitude(), &b.magnitude(), budget)
        };
        let order = product(&self.numerator, &other.denominator)?.cmp(&product(&other.numerator, &self.denominator)?);
        Ok(if self.is_negative() { order.reverse() } else { order })
    }

    pub(crate) fn order_integer(&self, other: &Integer, budget: &mut Budget) -> Result<Ordering, ErrorKind> {
        self.order(&Self { numerator: other.clone(), denominator: Integer::ONE }, budget)
    }

    /// log2 of the magnitude, within one; for zero, smaller than for any other number.
    fn size(&self) -> i64 {
        if self.is_zero() {
            return i64::MIN / 2;
        }
        self.numerator.bits() as i64 - self.denominator.bits() as i64
    }

    /// The largest integer not above the number.
    pub(crate) fn floor(&self, budget: &mut Budget) -> Result<Integer, ErrorKind> {
        self.numerator.floor_divide(&self.denominator, budget)
    }

    /// The smallest integer not below the number.
    pub(crate) fn ceil(&self, budget: &mut Budget) -> Result<Integer, ErrorKind> {
        self.negate().floor(budget).map(|value| value.negate())
    }

    pub(crate) fn trunc(&self, budget: &mut Budget) -> Result<Integer, ErrorKind> {
        if self.is_negative() { self.ceil(budget) } else { self.floor(budget) }
    }

    pub(crate) fn round(&self, ties: Ties, budget: &mut Budget) -> Result<Integer, ErrorKind> {
        round_quotient(&self.numerator, &self.denominator, ties, budget)
    }

    /// The nearest multiple of 10^-`places`.
    pub(crate) fn round_places(&self, places: i64, ties: Ties, budget: &mut Budget) -> Result<Self, ErrorKind> {
        budget.charge(price::SCALAR)?;
        let scale_bits = places.unsigned_abs() as f64 * BITS_PER_DIGIT;
        if places <= 0 {
            // A number below half a unit becomes 0, however large the unit.
            let bits = self.numerator.bits() as f64 - self.denominator.bits() as f64 + 1.0;
            if scale_bits > bits + 2.0 {
                return Self::from_integer(Integer::ZERO);
            }
            let unit = Integer::from(10_i64).power(places.unsigned_abs(), budget)?;
            let count = round_quotient(&self.numerator, &self.denominator.multiply(&unit, budget)?, ties, budget)?;
            return Self::from_integer(count.multiply(&unit, budget)?);
        }
        // The denominator has at most as many factors two and five as it has bits, so more places change nothing.
        let enough = places.min(self.denominator.bits() as i64);
        let ten = Integer::from(10_i64);
        if ten.modular_power(&Integer::from(enough), &self.denominator, budget)?.is_zero() {
            return Ok(self.clone());
        }
        if scale_bits > 2.0 * PART_BITS as f64 + 2.0 {
            // Different fractions within the limit are further apart than half such a unit.
            return Err(too_large(scale_bits));
        }
        let unit = ten.power(places.unsigned_abs(), budget)?;
        let count = round_quotient(&self.numerator.multiply(&unit, budget)?, &self.denominator, ties, budget)?;
        Self::new(&count, &unit, budget)
    }

    /// Makes the denominator positive; the parts must be coprime.
    fn signed(numerator: Integer, denominator: Integer) -> Result<Self, ErrorKind> {
        if denominator.is_negative() {
            Self::within_limit(numerator.negate(), denominator.negate())
        } else {
            Self::within_limit(numerator, denominator)
        }
    }

    fn within_limit(numerator: Integer, denominator: Integer) -> Result<Self, ErrorKind> {
        refuse_bits(numerator.bits().max(denominator.bits()))?;
        Ok(Self { numerator, denominator })
    }
}

/// `1/2`; a whole number is written as an integer.
impl std::fmt::Display for Rational {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_integer() { self.numerator.fmt(f) } else { write!(f, "{}/{}", self.numerator, self.denominator) }
    }
}

/// The digits of a literal in decimal form without leading and trailing zeros, and the exponent of the power of ten
/// that they are multiplied by. Zero has no digits. Very large exponents are clamped to a value that is still too
/// large.
pub(super) fn decimal_parts(text: &str) -> (String, i64) {
    let (significand, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = significand.split_once('.').unwrap_or((significand, ""));
    let mut digits: String = whole.chars().chain(fraction.chars()).filter(char::is_ascii_digit).collect();
    let fraction_digits = fraction.bytes().filter(u8::is_ascii_digit).count();
    let exponent: String = exponent.chars().filter(|character| *character != '_').collect();
    let absurd = if exponent.starts_with('-') { i64::MIN / 2 } else { i64::MAX / 2 };
    let exponent = exponent.parse::<i64>().unwrap_or(absurd).clamp(i64::MIN / 2, i64::MAX / 2);
    let trailing = digits.bytes().rev().take_while(|digit| *digit == b'0').count();
    digits.truncate(digits.len() - trailing);
    digits.drain(..digits.bytes().take_while(|digit| *digit == b'0').count());
    (digits, exponent - fraction_digits as i64 + trailing as i64)
}

/// The digits of `numerator`·10^`places` / `denominator`, rounded down; `None` unless both are texts of positive
/// integers.
pub(crate) fn quotient_digits(numerator: &str, denominator: &str, places: i64) -> Option<String> {
    let [numerator, denominator] = [numerator, denominator].map(|digits| UBig::from_str_radix(digits, 10).ok());
    let (numerator, denominator) = (numerator?, denominator.filter(|denominator| !denominator.is_zero())?);
    let power = UBig::from(10_u8).pow(usize::try_from(places.unsigned_abs()).ok()?);
    let quotient = if places >= 0 { numerator * power / denominator } else { numerator / (denominator * power) };
    Some(quotient.to_string())
}

/// The order of numbers whose signs or sizes differ clearly.
fn by_size((negative, size): (bool, i64), (other_negative, other_size): (bool, i64)) -> Ordering {
    match (negative, other_negative) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => size.cmp(&other_size),
        (true, true) => other_size.cmp(&size),
    }
}

fn sign(value: &Integer) -> i8 {
    i8::from(!value.is_zero()) - 2 * i8::from(value.is_negative())
}

fn too_large(bits: f64) -> ErrorKind {
    ErrorKind::RationalTooLarge { digits: Estimate::of_bits(bits), limit: PART_BITS }
}

/// An error for a result of at least so many bits.
fn refuse_bits(bits: u64) -> Result<(), ErrorKind> {
    if bits > PART_BITS { Err(too_large(bits as f64)) } else { Ok(()) }
}

fn refuse_product(a: &Integer, b: &Integer) -> Result<(), ErrorKind> {
    if a.is_zero() || b.is_zero() { Ok(()) } else { refuse_bits(a.bits() + b.bits() - 1) }
}

/// The product of two fractions in lowest terms. Common factors cancel crosswise before the multiplication.
fn reduced_product(
    (a, b): (&Integer, &Integer),
    (c, d): (&Integer, &Integer),
    budget: &mut Budget,
) -> Result<(Integer, Integer), ErrorKind> {
    budget.charge(price::SCALAR)?;
    let (left, right) = (a.gcd(d, budget)?, c.gcd(b, budget)?);
    let (a, d) = (a.divide_exactly(&left, budget)?, d.divide_exactly(&left, budget)?);
    let (c, b) = (c.divide_exactly(&right, budget)?, b.divide_exactly(&right, budget)?);
    refuse_product(&a, &c)?;
    refuse_product(&b, &d)?;
    Ok((a.multiply(&c, budget)?, b.multiply(&d, budget)?))
}

/// `numerator / denominator` rounded to an integer; the denominator must be positive.
pub(super) fn round_quotient(
    numerator: &Integer,
    denominator: &Integer,
    ties: Ties,
    budget: &mut Budget,
) -> Result<Integer, ErrorKind> {
    let magnitude = numerator.absolute();
    let quotient = magnitude.floor_divide(denominator, budget)?;
    let rest = magnitude.subtract(&quotient.multiply(denominator, budget)?, budget)?;
    let up = ties.is_up(rest.add(&rest, budget)?.cmp(denominator), quotient.is_odd());
    let rounded = if up { quotient.add(&Integer::ONE, budget)? } else { quotient };
    Ok(if numerator.is_negative() { rounded.negate() } else { rounded })
}

#[cfg(test)]
mod tests;
