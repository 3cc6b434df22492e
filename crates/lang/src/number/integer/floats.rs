//! Integers and floats: conversions, comparisons, and the operations on integers whose result is a float.

use std::cmp::Ordering;

use dashu_int::ops::{BitTest, DivRem, SquareRoot};
use dashu_int::{IBig, UBig};

use super::Integer::{self, Big, Small};
use super::magnitude;
use crate::error::{ErrorKind, Overflow, ZeroDivision};
use crate::limits::{Budget, price};
use crate::number::rounding::{parts, scaled};

/// 2^63: the integer part of any smaller float is a machine word.
const WORD_MAX: f64 = 9_223_372_036_854_775_808.0;

impl Integer {
    /// Up to this magnitude, every integer is exact as a float.
    pub(crate) const EXACT_IN_FLOAT: u64 = 1 << 53;

    /// The integer part of a finite `value`.
    pub(crate) fn from_float(value: f64) -> Self {
        // Within ±2^63 the cast is exact; outside, every float is an integer.
        if value.abs() < WORD_MAX {
            return Small(value as i64);
        }
        let (mantissa, exponent) = parts(value);
        let magnitude = IBig::from(mantissa) << exponent.unsigned_abs() as usize;
        Self::from(if value < 0.0 { -magnitude } else { magnitude })
    }

    /// The nearest float, in a tie the even one; `None` if it overflows.
    pub(crate) fn to_float(&self) -> Option<f64> {
        match self {
            Small(value) => Some(*value as f64),
            Big(value) => {
                let bits = self.bits();
                if bits > 1024 {
                    return None;
                }
                let (top, lost) = top_bits(value, bits);
                let float = scaled(u128::from(top), bits as i64 - 64, lost);
                float.is_finite().then_some(if self.is_negative() { -float } else { float })
            }
        }
    }

    /// The mantissa in [0.5, 1) and the exponent, correctly rounded, like `frexp` for any size; (0, 0) for zero.
    pub(crate) fn to_float_parts(&self) -> (f64, i64) {
        let bits = self.bits();
        let (mantissa, exponent) = match self {
            Small(0) => return (0.0, 0),
            Small(value) => (scaled(u128::from(value.unsigned_abs()), -(bits as i64), false), bits as i64),
            Big(value) => {
                let (top, lost) = top_bits(value, bits);
                (scaled(u128::from(top), -64, lost), bits as i64)
            }
        };
        let mantissa = if self.is_negative() { -mantissa } else { mantissa };
        // Rounding may have given 1.0.
        if mantissa.abs() == 1.0 { (mantissa / 2.0, exponent + 1) } else { (mantissa, exponent) }
    }

    /// The mantissa in [0.5, 1] and the exponent of the magnitude, within an ulp. It reads only the highest words.
    pub(in crate::number) fn rough_parts(&self) -> (f64, i64) {
        match self {
            Small(_) => {
                let (mantissa, exponent) = self.to_float_parts();
                (mantissa.abs(), exponent)
            }
            Big(value) => {
                let bits = self.bits();
                (highest_word(value.as_sign_words().1, bits) as f64 / 2.0_f64.powi(64), bits as i64)
            }
        }
    }

    /// log2 of the magnitude, within a few ulp; the integer must not be zero.
    pub(in crate::number) fn log2(&self) -> f64 {
        let (mantissa, exponent) = self.rough_parts();
        pxfm::f_log2(mantissa) + exponent as f64
    }

    /// Exact comparison with a float; `None` for nan.
    pub(crate) fn compare_float(&self, other: f64) -> Option<Ordering> {
        if other.is_nan() {
            return None;
        }
        if other.is_infinite() {
            return Some(if other > 0.0 { Ordering::Less } else { Ordering::Greater });
        }
        // A number that fits a machine word, beside one that does not, is smaller in magnitude.
        if matches!(self, Small(_)) && other.abs() > WORD_MAX {
            return Some(if other > 0.0 { Ordering::Less } else { Ordering::Greater });
        }
        if matches!(self, Big(_)) && other.abs() < WORD_MAX {
            return Some(if self.is_negative() { Ordering::Less } else { Ordering::Greater });
        }
        let whole = other.trunc();
        Some(self.cmp(&Self::from_float(whole)).then_with(|| {
            // The integer parts are equal, so the fraction decides.
            if other > whole {
                Ordering::Less
            } else if other < whole {
                Ordering::Greater
            } else {
                Ordering::Equal
            }
        }))
    }

    /// Python's `/`: the exact quotient, correctly rounded.
    pub(crate) fn true_divide(&self, other: &Self, budget: &mut Budget) -> Result<f64, ErrorKind> {
        if other.is_zero() {
            return Err(ZeroDivision::Division.into());
        }
        if let (Small(a), Small(b)) = (self, other)
            && a.unsigned_abs() <= Self::EXACT_IN_FLOAT
            && b.unsigned_abs() <= Self::EXACT_IN_FLOAT
        {
            return Ok(*a as f64 / *b as f64);
        }
        if self.is_zero() {
            // A zero quotient has the divisor's sign, as for machine words.
            return Ok(if other.is_negative() { -0.0 } else { 0.0 });
        }
        // Both are copied, the shorter one is shifted to the length of the other, and the quotient has two words.
        budget.charge(price::divide(self.words(), other.words().min(2)) + price::multiply(other.words(), 1))?;
        // A quotient of 66 or 67 bits, and whether there is a remainder: enough for the rounding.
        let shift = 66 - (self.bits() as i64 - other.bits() as i64);
        let (mut numerator, mut denominator) = (magnitude(self), magnitude(other));
        if shift >= 0 {
            numerator <<= shift as usize;
        } else {
            denominator <<= shift.unsigned_abs() as usize;
        }
        let (quotient, remainder) = numerator.div_rem(&denominator);
        // It has at most 67 bits.
        let quotient = u128::try_from(&quotient).unwrap_or(u128::MAX);
        let value = scaled(quotient, -shift, !remainder.is_zero());
        if value.is_infinite() {
            return Err(Overflow::IntDivision.into());
        }
        Ok(if self.is_negative() == other.is_negative() { value } else { -value })
    }

    /// The square root of the sum of squares of finite floats, correctly rounded, by the exact sum.
    pub(crate) fn root_of_sum_of_squares(values: &[f64]) -> f64 {
        let values = || values.iter().copied().filter(|value| *value != 0.0).map(parts);
        let Some(unit) = values().map(|(_, exponent)| exponent).min() else { return 0.0 };
        let sum: UBig =
            values().map(|(mantissa, exponent)| (UBig::from(mantissa) << (exponent - unit) as usize).sqr()).sum();
        // Twice as many zero bits are appended as the root is to gain: with at least 66 bits it can be rounded.
        let appended = 132_usize.saturating_sub(sum.bit_len()).next_multiple_of(2);
        let sum = sum << appended;
        let root = sum.sqrt();
        let exact = root.sqr() == sum;
        let excess = root.bit_len().saturating_sub(100);
        let lost = !exact || root.trailing_zeros().is_some_and(|zeros| zeros < excess);
        let top = u128::try_from(root >> excess).unwrap_or(u128::MAX);
        scaled(top, i64::from(unit) + excess as i64 - appended as i64 / 2, lost)
    }
}

/// The 64 highest bits of a magnitude of `bits` ≥ 64, and whether any lower bit is set.
fn top_bits(value: &IBig, bits: u64) -> (u64, bool) {
    let (_, words) = value.as_sign_words();
    let (word, offset) = (((bits - 64) / 64) as usize, bits % 64);
    let top = highest_word(words, bits);
    let lost = words[..word].iter().any(|word| *word != 0) || (offset != 0 && words[word] << (64 - offset) != 0);
    (top, lost)
}

/// The 64 highest bits of a magnitude of `bits` ≥ 64.
fn highest_word(words: &[u64], bits: u64) -> u64 {
    let (word, offset) = (((bits - 64) / 64) as usize, bits % 64);
    let low = words[word] >> offset;
    if offset == 0 { low } else { low | words[word + 1] << (64 - offset) }
}
