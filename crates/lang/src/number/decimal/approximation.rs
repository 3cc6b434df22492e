//! Rounding of binary fixed-point approximations to the nearest decimal, by Ziv's strategy.
//!
//! A function is approximated with a known error, more and more precisely, until every number within the error rounds
//! to the same decimal. If the true value has few digits (`√4`, `log10(1000)`), this would never end, so the caller
//! handles these values first.

use dashu_int::ops::BitTest;
use dashu_int::{IBig, Sign, UBig};

use super::{Decimal, Integer, Precision, digits, power_of_ten, shift};
use crate::error::ErrorKind;
use crate::limits::{Budget, price};
use crate::number::{fixed, long};

/// `value`·2^-`places`·10^`exponent`, with an error below `error`·2^-`places`·10^`exponent`.
pub(super) struct Approximation {
    pub(super) value: IBig,
    pub(super) places: usize,
    pub(super) error: UBig,
    pub(super) exponent: i64,
}

const BITS_PER_DIGIT: f64 = std::f64::consts::LOG2_10;

/// The number of bits of so many decimal digits, rounded up.
pub(super) fn bits_of_digits(digits: i64) -> usize {
    (digits.max(0) as f64 * BITS_PER_DIGIT) as usize + 1
}

/// The correctly rounded decimal for a number that `approximate` gives with a relative error of about 2^-bits. It is
/// called with more and more bits, until they decide the rounding.
pub(super) fn correctly_rounded(
    precision: Precision,
    budget: &mut Budget,
    mut approximate: impl FnMut(usize, &mut Budget) -> Result<Approximation, ErrorKind>,
) -> Result<Decimal, ErrorKind> {
    let mut bits = bits_of_digits(precision) + 32;
    loop {
        let approximation = approximate(bits, budget)?;
        if let Some(value) = approximation.round(precision, budget)? {
            return Ok(value);
        }
        bits += bits / 2 + 32;
    }
}

impl Approximation {
    /// The decimal nearest to the true value, if the approximation decides it.
    fn round(self, precision: Precision, budget: &mut Budget) -> Result<Option<Decimal>, ErrorKind> {
        let (sign, magnitude) = self.value.into_parts();
        if magnitude <= self.error {
            return Ok(None);
        }
        let (low, high) = (&magnitude - &self.error, magnitude + self.error);
        // Scaled so that a few more digits than the precision come before the point.
        let log10 = (low.bit_len() as f64 - self.places as f64) / BITS_PER_DIGIT;
        let shift = precision + 3 - log10.floor() as i64;
        let words = (high.bit_len() / 64) as u64 + shift.unsigned_abs() / 19 + 2;
        budget.charge(2 * price::convert(words))?;
        let power = long::power(&UBig::from(10_u8), shift.unsigned_abs() as usize, budget)?;
        let mut scaled = |value: UBig| {
            let value = if shift >= 0 {
                long::multiply(&value, &power, budget)?
            } else {
                long::divide(&value, &power, budget)?.0
            };
            Ok::<_, ErrorKind>(Integer::from(IBig::from(value >> self.places)))
        };
        let (low, high) = (scaled(low)?, scaled(high)?);
        let exponent = self.exponent - shift;
        let negative = sign == Sign::Negative;
        // The true value lies strictly between `low` and `high` + 1.
        if low == high {
            return Decimal::new(negative, low, exponent).fix(true, precision, budget).map(Some);
        }
        if digits(&low, budget)? <= precision {
            return Ok(None);
        }
        let low = Decimal::new(negative, low, exponent).fix(true, precision, budget)?;
        let high = Decimal::new(negative, high, exponent).fix(true, precision, budget)?;
        Ok((low.coefficient == high.coefficient && low.exponent == high.exponent).then_some(low))
    }
}

impl Decimal {
    /// The decimal nearest to a value that is slightly larger in magnitude than the number (slightly smaller if not
    /// `away`): by less than 10^-(precision + 2) of it.
    pub(super) fn nudged(&self, away: bool, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        // At least one digit beyond the precision, so that the difference is below a unit of the last digit.
        let least = self.adjusted(budget)? - precision - 2;
        let (coefficient, lost) = if self.exponent >= least {
            (shift(&self.coefficient, self.exponent - least, budget)?, false)
        } else {
            // What is cut off here is much larger than the difference, unless many zeros follow, which is unlikely.
            let unit = power_of_ten(self.exponent.abs_diff(least), budget)?;
            let (quotient, rest) = self.coefficient.divide_with_remainder(&unit, budget)?;
            (quotient, !rest.is_zero())
        };
        let coefficient = if away || lost { coefficient } else { coefficient.subtract(&Integer::ONE, budget)? };
        Self::new(self.negative, coefficient, least).fix(true, precision, budget)
    }

    /// The number in binary fixed point; its magnitude is rounded down.
    pub(super) fn fixed(&self, places: usize, budget: &mut Budget) -> Result<IBig, ErrorKind> {
        let sign = if self.negative { Sign::Negative } else { Sign::Positive };
        let tens = self.exponent.unsigned_abs();
        let words = self.words() + places as u64 / 64 + tens / 19 + 2;
        budget.charge(2 * price::convert(words))?;
        let coefficient = self.coefficient.magnitude();
        // The power of ten has at most 2^20 bits, since the functions refuse larger exponents.
        let power = long::power(&UBig::from(10_u8), tens as usize, budget)?;
        let magnitude = if self.exponent >= 0 {
            long::multiply(&coefficient, &power, budget)? << places
        } else {
            long::divide(&(coefficient << places), &power, budget)?.0
        };
        Ok(sign * IBig::from(magnitude))
    }
}

/// Pays for so many elementary functions with so many places.
pub(super) fn charge(functions: u64, places: usize, budget: &mut Budget) -> Result<(), ErrorKind> {
    budget.charge((functions * fixed::price(places)).saturating_add(price::convert(places as u64 / 64 + 1)))
}

/// `a`·2^`places` / `b`, rounded towards zero; `b` must not be zero.
pub(super) fn ratio(a: &IBig, b: &IBig, places: usize) -> IBig {
    (a << places) / b
}
