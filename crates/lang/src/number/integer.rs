//! Integers of any size: machine words until they overflow, then a library's.
//!
//! The only file that knows the library. The library panics where it cannot continue (division by zero, sizes beyond
//! memory), so everything is checked before a call.

use std::cmp::Ordering;
use std::sync::Arc;

use dashu_int::ops::{BitTest, DivRem, SquareRoot};
use dashu_int::{IBig, Sign, UBig};

use super::rounding::{parts, scaled};
use super::{Ties, long};
use crate::error::{ErrorKind, Estimate, Overflow, ValueError, ZeroDivision};
use crate::limits::{Budget, price};

/// An integer. Canonical: `Big` never holds what fits `Small`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Integer {
    Small(i64),
    Big(Arc<IBig>),
}

use Integer::{Big, Small};

/// The price of starting a product of factors: about 100 ns.
const GATHERING: u64 = 16;

/// 2^63: a float below it has a machine word as its integer part.
const WORD_MAX: f64 = 9_223_372_036_854_775_808.0;

impl From<i64> for Integer {
    fn from(value: i64) -> Self {
        Small(value)
    }
}

impl From<IBig> for Integer {
    fn from(value: IBig) -> Self {
        i64::try_from(&value).map_or_else(|_| Big(Arc::new(value)), Small)
    }
}

impl From<i128> for Integer {
    fn from(value: i128) -> Self {
        i64::try_from(value).map_or_else(|_| Big(Arc::new(IBig::from(value))), Small)
    }
}

impl Integer {
    pub(crate) const ZERO: Self = Small(0);
    pub(crate) const ONE: Self = Small(1);
    /// Up to this magnitude, every integer is a float.
    pub(crate) const EXACT_IN_FLOAT: u64 = 1 << 53;

    /// Reads digits of `radix` (2, 8, 10 or 16); the caller has checked that they are nothing but digits.
    pub(crate) fn parse(digits: &str, radix: u32) -> Self {
        match i64::from_str_radix(digits, radix) {
            Ok(value) => Small(value),
            Err(_) => IBig::from_str_radix(digits, radix).map_or(Self::ZERO, Self::from),
        }
    }

    /// The same of digits that may be many; the caller has paid as for a conversion.
    pub(crate) fn parse_long(digits: &str, radix: u32, budget: &mut Budget) -> Result<Self, ErrorKind> {
        match i64::from_str_radix(digits, radix) {
            Ok(value) => Ok(Small(value)),
            Err(_) => Ok(long::parse(digits, radix, budget)?.map_or(Self::ZERO, |value| Self::from(IBig::from(value)))),
        }
    }

    /// The integer part of `value`, which must be finite.
    pub(crate) fn from_float(value: f64) -> Self {
        // Within ±2^63 the cast is exact; outside, every float is an integer.
        if value.abs() < WORD_MAX {
            return Small(value as i64);
        }
        let (mantissa, exponent) = parts(value);
        let magnitude = IBig::from(mantissa) << exponent.unsigned_abs() as usize;
        Self::from(if value < 0.0 { -magnitude } else { magnitude })
    }

    pub(super) fn big(&self) -> IBig {
        match self {
            Small(value) => IBig::from(*value),
            Big(value) => (**value).clone(),
        }
    }

    pub(crate) fn as_i64(&self) -> Option<i64> {
        match self {
            Small(value) => Some(*value),
            Big(_) => None,
        }
    }

    pub(crate) fn as_u64(&self) -> Option<u64> {
        match self {
            Small(value) => u64::try_from(*value).ok(),
            Big(value) => u64::try_from(&**value).ok(),
        }
    }

    pub(crate) fn is_zero(&self) -> bool {
        matches!(self, Small(0))
    }

    pub(crate) fn is_negative(&self) -> bool {
        match self {
            Small(value) => *value < 0,
            Big(value) => value.sign() == Sign::Negative,
        }
    }

    pub(crate) fn is_odd(&self) -> bool {
        match self {
            Small(value) => value & 1 == 1,
            Big(value) => value.bit(0),
        }
    }

    /// Bits of the magnitude; 0 for zero.
    pub(crate) fn bits(&self) -> u64 {
        match self {
            Small(value) => 64 - u64::from(value.unsigned_abs().leading_zeros()),
            Big(value) => magnitude_bits(value),
        }
    }

    pub(crate) fn words(&self) -> u64 {
        self.bits() / 64 + 1
    }

    /// Bytes held outside the value itself.
    pub(crate) fn heap_bytes(&self) -> u64 {
        match self {
            Small(_) => 0,
            Big(_) => self.words() * 8 + 32,
        }
    }

    /// The price of its decimal text.
    pub(crate) fn text_price(&self) -> u64 {
        match self {
            Small(_) => price::SCALAR,
            Big(_) => price::convert(self.words()),
        }
    }

    /// Decimal digits, at most one more than it really has.
    pub(crate) fn digits_at_most(&self) -> u64 {
        (self.bits() as f64 * std::f64::consts::LOG10_2) as u64 + 1
    }

    /// The magnitude's bytes, the least significant first.
    pub(crate) fn magnitude_bytes(&self) -> Box<[u8]> {
        magnitude(self).to_le_bytes()
    }

    /// The magnitude's digits in a base from 2 to 36.
    pub(crate) fn in_base(&self, base: u8) -> String {
        magnitude(self).in_radix(base).to_string()
    }

    pub(crate) fn negate(&self) -> Self {
        match self {
            Small(value) => value.checked_neg().map_or_else(|| Self::from(-IBig::from(*value)), Small),
            Big(value) => Self::from(-&**value),
        }
    }

    pub(crate) fn absolute(&self) -> Self {
        if self.is_negative() { self.negate() } else { self.clone() }
    }

    pub(crate) fn invert(&self) -> Self {
        match self {
            Small(value) => Small(!value),
            Big(value) => Self::from(!&**value),
        }
    }

    pub(crate) fn add(&self, other: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if let (Small(a), Small(b)) = (self, other) {
            return Ok(a.checked_add(*b).map_or_else(|| Self::from(i128::from(*a) + i128::from(*b)), Small));
        }
        budget.charge(price::add(self.words().max(other.words())))?;
        checked(Self::from(self.big() + other.big()), budget)
    }

    pub(crate) fn subtract(&self, other: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if let (Small(a), Small(b)) = (self, other) {
            return Ok(a.checked_sub(*b).map_or_else(|| Self::from(i128::from(*a) - i128::from(*b)), Small));
        }
        budget.charge(price::add(self.words().max(other.words())))?;
        checked(Self::from(self.big() - other.big()), budget)
    }

    pub(crate) fn multiply(&self, other: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if let (Small(a), Small(b)) = (self, other) {
            return Ok(a.checked_mul(*b).map_or_else(|| Self::from(i128::from(*a) * i128::from(*b)), Small));
        }
        if self.is_zero() || other.is_zero() {
            return Ok(Self::ZERO);
        }
        refuse_bits(self.bits() + other.bits() - 1, budget)?;
        budget.charge(price::multiply(self.words(), other.words()))?;
        let product = match (self, other) {
            (Big(a), Big(b)) => &**a * &**b,
            (Big(a), Small(b)) | (Small(b), Big(a)) => &**a * IBig::from(*b),
            (Small(a), Small(b)) => IBig::from(*a) * IBig::from(*b),
        };
        checked(Self::from(product), budget)
    }

    /// Quotient rounded down and remainder with the divisor's sign, as Python's `//` and `%`; `None` for a zero
    /// divisor.
    fn divide_floor(&self, other: &Self, budget: &mut Budget) -> Result<Option<(Self, Self)>, ErrorKind> {
        if other.is_zero() {
            return Ok(None);
        }
        if let (Small(a), Small(b)) = (self, other) {
            // `i64::MIN // -1` leaves the machine word.
            if let (Some(quotient), Some(remainder)) = (a.checked_div(*b), a.checked_rem(*b)) {
                let down = remainder != 0 && (remainder < 0) != (*b < 0);
                return Ok(Some(if down {
                    (Small(quotient - 1), Small(remainder + b))
                } else {
                    (Small(quotient), Small(remainder))
                }));
            }
        }
        budget.charge(price::divide(self.words(), other.words()))?;
        let divisor = magnitude(other);
        let (mut quotient, mut remainder) = long::divide(&magnitude(self), &divisor, budget)?;
        let sign = if self.is_negative() == other.is_negative() { Sign::Positive } else { Sign::Negative };
        if sign == Sign::Negative && !remainder.is_zero() {
            // Rounded down, away from zero.
            (quotient, remainder) = (quotient + UBig::ONE, divisor - remainder);
        }
        let remainder_sign = if other.is_negative() { Sign::Negative } else { Sign::Positive };
        Ok(Some((Self::from(sign * IBig::from(quotient)), Self::from(remainder_sign * IBig::from(remainder)))))
    }

    /// Quotient and remainder of numbers that are not negative; the divisor must not be zero.
    pub(super) fn divide_with_remainder(&self, other: &Self, budget: &mut Budget) -> Result<(Self, Self), ErrorKind> {
        self.divide_floor(other, budget)?.ok_or(ErrorKind::Internal)
    }

    /// How often two divides it; 0 for zero.
    pub(super) fn trailing_zeros(&self) -> u64 {
        match self {
            Small(0) => 0,
            Small(value) => u64::from(value.trailing_zeros()),
            Big(value) => value.trailing_zeros().unwrap_or(0) as u64,
        }
    }

    /// What is left of a positive number without a factor, and how often it was in it.
    pub(super) fn without_factor(&self, factor: u32, budget: &mut Budget) -> Result<(Self, u64), ErrorKind> {
        // The powers that are divided by are as long as all that is left, at most.
        budget.charge(11 * price::convert(self.words()) / 5)?;
        let (rest, times) = long::without_factor(magnitude(self), factor, budget)?;
        Ok((Self::from(IBig::from(rest)), times))
    }

    pub(super) fn magnitude(&self) -> UBig {
        magnitude(self)
    }

    /// The root of an index of 2 or more of a number that is not negative, if it is an integer.
    pub(crate) fn exact_root(&self, index: u64, budget: &mut Budget) -> Result<Option<Self>, ErrorKind> {
        if self.bits() <= 1 {
            return Ok(Some(self.clone()));
        }
        if index >= self.bits() {
            return Ok(None);
        }
        let value = magnitude(self);
        let log2 = self.log2() / index as f64;
        // As a float it is right to 30 bits and more, and Newton's method doubles them with each step. (The library's
        // own root starts so far off that it takes thousands of steps for large indices.)
        let shift = (log2 as usize).saturating_sub(52);
        let mut root = UBig::from(pxfm::f_exp2(log2 - shift as f64).round() as u64) << shift;
        let steps = if shift == 0 { 0 } else { u64::from((log2 as u64 / 30).max(1).ilog2()) + 2 };
        let step_price = 2 * price::convert(self.words());
        budget.charge(step_price)?;
        // The index is below the bits here.
        let index = index as usize;
        for _ in 0..steps {
            budget.charge(step_price)?;
            root = (&root * (index - 1) + &value / root.pow(index - 1)) / index;
        }
        let low = |value: &UBig| value.as_words().first().copied().unwrap_or(0);
        for candidate in [&root - UBig::ONE, root.clone(), root + UBig::ONE] {
            // Nearly every wrong one shows in its lowest word.
            if low(&candidate).wrapping_pow(index as u32) == low(&value) && candidate.pow(index) == value {
                return Ok(Some(Self::from(IBig::from(candidate))));
            }
        }
        Ok(None)
    }

    pub(crate) fn floor_divide(&self, other: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        self.divide_floor(other, budget)?.map(|(quotient, _)| quotient).ok_or(ZeroDivision::Floor.into())
    }

    pub(crate) fn modulo(&self, other: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        self.divide_floor(other, budget)?.map(|(_, remainder)| remainder).ok_or(ZeroDivision::Modulo.into())
    }

    /// Python's `/`: one correctly rounded division of the exact values.
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
            // The sign is the divisor's, as it is for machine words.
            return Ok(if other.is_negative() { -0.0 } else { 0.0 });
        }
        // Both are copied, the shorter is shifted to the other's length, and the quotient has two words.
        budget.charge(price::divide(self.words(), other.words().min(2)) + price::multiply(other.words(), 1))?;
        // A quotient of 66 or 67 bits, and whether anything was lost: all that rounding needs.
        let shift = 66 - (self.bits() as i64 - other.bits() as i64);
        let (mut numerator, mut denominator) = (magnitude(self), magnitude(other));
        if shift >= 0 {
            numerator <<= shift as usize;
        } else {
            denominator <<= shift.unsigned_abs() as usize;
        }
        let (quotient, remainder) = numerator.div_rem(&denominator);
        // At most 67 bits by construction.
        let quotient = u128::try_from(&quotient).unwrap_or(u128::MAX);
        let value = scaled(quotient, -shift, !remainder.is_zero());
        if value.is_infinite() {
            return Err(Overflow::IntDivision.into());
        }
        Ok(if self.is_negative() == other.is_negative() { value } else { -value })
    }

    /// The nearest float, ties to even; `None` where it overflows.
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

    /// Mantissa in [0.5, 1) and exponent, correctly rounded, as `frexp` of an integer of any size. Zero gives (0, 0).
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
        // Rounding may have reached 1.0.
        if mantissa.abs() == 1.0 { (mantissa / 2.0, exponent + 1) } else { (mantissa, exponent) }
    }

    /// Mantissa in [0.5, 1] and exponent of the magnitude, within an ulp: the lower words, which may be many, are not
    /// looked at.
    pub(super) fn rough_parts(&self) -> (f64, i64) {
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

    /// Exact comparison with a float; `None` for nan.
    pub(crate) fn compare_float(&self, other: f64) -> Option<Ordering> {
        if other.is_nan() {
            return None;
        }
        if other.is_infinite() {
            return Some(if other > 0.0 { Ordering::Less } else { Ordering::Greater });
        }
        // What is a machine word on one side alone is less in magnitude: nothing has to be made.
        if matches!(self, Small(_)) && other.abs() > WORD_MAX {
            return Some(if other > 0.0 { Ordering::Less } else { Ordering::Greater });
        }
        if matches!(self, Big(_)) && other.abs() < WORD_MAX {
            return Some(if self.is_negative() { Ordering::Less } else { Ordering::Greater });
        }
        let whole = other.trunc();
        Some(self.cmp(&Self::from_float(whole)).then_with(|| {
            // Equal to the integer part: the fraction decides.
            if other > whole {
                Ordering::Less
            } else if other < whole {
                Ordering::Greater
            } else {
                Ordering::Equal
            }
        }))
    }

    pub(crate) fn power(&self, exponent: u64, budget: &mut Budget) -> Result<Self, ErrorKind> {
        match self {
            _ if exponent == 0 => return Ok(Self::ONE),
            Small(0 | 1) => return Ok(self.clone()),
            Small(-1) => return Ok(Small(if exponent.is_multiple_of(2) { 1 } else { -1 })),
            _ => {}
        }
        if let (Small(base), Ok(exponent)) = (self, u32::try_from(exponent))
            && let Some(value) = base.checked_pow(exponent)
        {
            return Ok(Small(value));
        }
        let bits = self.log2() * exponent as f64;
        // An estimate off by a bit or two must not refuse what fits: the result is checked once more.
        if bits > budget.limits.integer_bits as f64 + 2.0 {
            return Err(too_large(bits, budget));
        }
        budget.charge(price::power(bits as u64 / 64 + 1))?;
        // `exponent` is at most the limit in bits here, since the base is at least 2.
        let power = IBig::from(long::power(&magnitude(self), exponent as usize, budget)?);
        checked(Self::from(if self.is_negative() && exponent % 2 == 1 { -power } else { power }), budget)
    }

    /// Refuses a power whose exponent does not even fit a machine word (the base is not -1, 0 or 1).
    pub(crate) fn power_astronomical(budget: &Budget) -> ErrorKind {
        ErrorKind::IntegerTooLarge { digits: Estimate::Astronomical, limit: budget.limits.integer_bits }
    }

    /// `self ** exponent % modulus` with Python's signs; a negative exponent inverts.
    pub(crate) fn modular_power(
        &self,
        exponent: &Self,
        modulus: &Self,
        budget: &mut Budget,
    ) -> Result<Self, ErrorKind> {
        if modulus.is_zero() {
            return Err(ValueError::ZeroModulus.into());
        }
        budget.charge(price::modular_power(exponent.bits(), modulus.words()))?;
        let divisor = magnitude(modulus);
        if divisor.is_one() {
            // CPython computes the inverse first, and everything is invertible modulo 1.
            return Ok(Self::ZERO);
        }
        if exponent.is_negative() {
            budget.charge(price::gcd(modulus.words()))?;
        }
        let base = magnitude(&self.modulo(&Self::from(IBig::from(divisor.clone())), budget)?);
        let residue = long::modular_power(base, &exponent.big(), &divisor, budget)?.ok_or(ValueError::NotInvertible)?;
        let residue = Self::from(IBig::from(residue));
        // Python's result has the modulus's sign.
        if modulus.is_negative() && !residue.is_zero() { residue.add(modulus, budget) } else { Ok(residue) }
    }

    pub(crate) fn shift_left(&self, count: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if count.is_negative() {
            return Err(ValueError::NegativeShift.into());
        }
        if self.is_zero() {
            return Ok(Self::ZERO);
        }
        // CPython refuses more digits of 30 bits than fit its address space; below that, our limit speaks.
        const CPYTHON_BITS_MAX: i128 = 30 * (i64::MAX as i128 / 4 - 6);
        if matches!(count, Big(value) if **value >= IBig::from(CPYTHON_BITS_MAX)) {
            return Err(Overflow::ShiftCount.into());
        }
        let Small(count) = count else {
            return Err(ErrorKind::IntegerTooLarge {
                digits: Estimate::Astronomical,
                limit: budget.limits.integer_bits,
            });
        };
        let bits = self.bits() as f64 + *count as f64;
        if bits > budget.limits.integer_bits as f64 {
            return Err(too_large(bits, budget));
        }
        if let Small(value) = self
            && bits < 63.0
        {
            return Ok(Small(value << count));
        }
        budget.charge(price::add(bits as u64 / 64 + 1))?;
        Ok(Self::from(self.big() << *count as usize))
    }

    pub(crate) fn shift_right(&self, count: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if count.is_negative() {
            return Err(ValueError::NegativeShift.into());
        }
        let count = count.as_i64().map_or(u64::MAX, i64::unsigned_abs);
        if count >= self.bits() {
            return Ok(Small(if self.is_negative() { -1 } else { 0 }));
        }
        match self {
            Small(value) => Ok(Small(value >> count)),
            Big(value) => {
                budget.charge(price::add(self.words()))?;
                Ok(Self::from(&**value >> count as usize))
            }
        }
    }

    pub(crate) fn and(&self, other: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        self.bitwise(other, budget, |a, b| a & b, |a, b| a & b)
    }

    pub(crate) fn or(&self, other: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        self.bitwise(other, budget, |a, b| a | b, |a, b| a | b)
    }

    pub(crate) fn xor(&self, other: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        self.bitwise(other, budget, |a, b| a ^ b, |a, b| a ^ b)
    }

    fn bitwise(
        &self,
        other: &Self,
        budget: &mut Budget,
        small: fn(i64, i64) -> i64,
        big: fn(IBig, IBig) -> IBig,
    ) -> Result<Self, ErrorKind> {
        if let (Small(a), Small(b)) = (self, other) {
            return Ok(Small(small(*a, *b)));
        }
        budget.charge(price::add(self.words().max(other.words())))?;
        checked(Self::from(big(self.big(), other.big())), budget)
    }

    pub(crate) fn gcd(&self, other: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if self.is_zero() {
            return Ok(other.absolute());
        }
        if other.is_zero() {
            return Ok(self.absolute());
        }
        if let (Small(a), Small(b)) = (self, other) {
            budget.charge(price::ELEMENTARY)?;
            return Ok(Self::from(i128::from(gcd_of_words(a.unsigned_abs(), b.unsigned_abs()))));
        }
        budget.charge(gcd_price(self.words(), other.words()))?;
        Ok(Self::from(IBig::from(long::gcd(magnitude(self), magnitude(other), budget)?)))
    }

    /// The quotient of a division known to leave no remainder; `divisor` must not be zero.
    pub(crate) fn divide_exactly(&self, divisor: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if *divisor == Self::ONE {
            return Ok(self.clone());
        }
        if let (Small(a), Small(b)) = (self, divisor)
            && let Some(quotient) = a.checked_div(*b)
        {
            return Ok(Small(quotient));
        }
        let (words, divisor_words) = (self.words(), divisor.words());
        budget.charge(price::divide(words, divisor_words))?;
        let (quotient, _) = long::divide(&magnitude(self), &magnitude(divisor), budget)?;
        let quotient = IBig::from(quotient);
        Ok(Self::from(if self.is_negative() == divisor.is_negative() { quotient } else { -quotient }))
    }

    pub(crate) fn lcm(&self, other: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if self.is_zero() || other.is_zero() {
            return Ok(Self::ZERO);
        }
        let divisor = self.gcd(other, budget)?;
        self.floor_divide(&divisor, budget)?.multiply(other, budget).map(|product| product.absolute())
    }

    /// The integer square root; `self` must not be negative.
    pub(crate) fn square_root(&self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        budget.charge(price::convert(self.words()))?;
        Ok(Self::from(IBig::from(long::square_root(&magnitude(self), budget)?)))
    }

    /// The square root of the sum of squares of finite floats, correctly rounded: the sum is exact.
    pub(crate) fn root_of_sum_of_squares(values: &[f64]) -> f64 {
        let values = || values.iter().copied().filter(|value| *value != 0.0).map(parts);
        let Some(unit) = values().map(|(_, exponent)| exponent).min() else { return 0.0 };
        let sum: UBig =
            values().map(|(mantissa, exponent)| (UBig::from(mantissa) << (exponent - unit) as usize).sqr()).sum();
        // Twice as many zeros appended as the root is to gain in bits: at least 66 of them, all that rounding needs.
        let appended = 132_usize.saturating_sub(sum.bit_len()).next_multiple_of(2);
        let sum = sum << appended;
        let root = sum.sqrt();
        let exact = root.sqr() == sum;
        let excess = root.bit_len().saturating_sub(100);
        let lost = !exact || root.trailing_zeros().is_some_and(|zeros| zeros < excess);
        let top = u128::try_from(root >> excess).unwrap_or(u128::MAX);
        scaled(top, i64::from(unit) + excess as i64 - appended as i64 / 2, lost)
    }

    /// `n!`, by a balanced product. `n` must not be negative.
    pub(crate) fn factorial(n: u64, budget: &mut Budget) -> Result<Self, ErrorKind> {
        let n_float = n as f64;
        // Stirling: log2(n!) = n·log2(n/e) + log2(2πn)/2 + something below 0.13.
        let bits = if n < 2 {
            1.0
        } else {
            n_float * (pxfm::f_log2(n_float) - std::f64::consts::LOG2_E)
                + pxfm::f_log2(std::f64::consts::TAU * n_float) / 2.0
        };
        product_of_range(1, n, bits, budget)
    }

    /// `n·(n-1)·…·(n-k+1)`; neither negative, `k <= n`.
    pub(crate) fn permutations(n: &Self, k: u64, budget: &mut Budget) -> Result<Self, ErrorKind> {
        match n.as_i64() {
            // 0 ≤ k ≤ n ≤ i64::MAX.
            Some(n) => {
                let bits = k as f64 * pxfm::f_log2((n as f64).max(1.0));
                product_of_range(n as u64 - k + 1, n as u64, bits.min(factorial_ratio_bits(n as f64, k as f64)), budget)
            }
            None => {
                let bits = k as f64 * n.log2();
                if bits > budget.limits.integer_bits as f64 + k as f64 {
                    return Err(too_large(bits, budget));
                }
                budget.charge(price::power(bits as u64 / 64 + 1))?;
                let n = n.big();
                let factors = (0..k).map(|i| magnitude_of(&n - IBig::from(i))).collect();
                checked(Self::from(IBig::from(long::product(factors, budget)?)), budget)
            }
        }
    }

    /// `n` over `k`; neither negative, `k <= n`.
    pub(crate) fn combinations(n: &Self, k: u64, budget: &mut Budget) -> Result<Self, ErrorKind> {
        let bits = combination_bits(n, k as f64);
        if bits > budget.limits.integer_bits as f64 + 64.0 {
            return Err(too_large(bits, budget));
        }
        // The numerator may be much larger than the answer, and is not the user's integer: fuel bounds it.
        let numerator_words = (k as f64 * n.log2() / 64.0) as u64 + 1;
        budget.charge(2 * GATHERING + k / 8)?;
        budget.charge(price::power(numerator_words).saturating_add(price::convert(numerator_words)))?;
        let numerator = match n.as_u64() {
            Some(n) => long::product(word_factors(n - k + 1, n), budget)?,
            None => {
                let n = n.big();
                long::product((0..k).map(|i| magnitude_of(&n - IBig::from(i))).collect(), budget)?
            }
        };
        let denominator = long::product(word_factors(1, k), budget)?;
        checked(Self::from(IBig::from(long::divide(&numerator, &denominator, budget)?.0)), budget)
    }

    /// Rounds to a multiple of 10^`places`, as `round(n, -places)`.
    pub(crate) fn round_places(&self, places: u64, ties: Ties, budget: &mut Budget) -> Result<Self, ErrorKind> {
        // Half of 10^places exceeds the number: the answer is 0, however absurd `places` is.
        if places > self.digits_at_most() {
            return Ok(Self::ZERO);
        }
        let unit = Small(10).power(places, budget)?;
        let Some((quotient, remainder)) = self.absolute().divide_floor(&unit, budget)? else { return Ok(self.clone()) };
        let up = ties.is_up(remainder.add(&remainder, budget)?.cmp(&unit), quotient.is_odd());
        let quotient = if up { quotient.add(&Self::ONE, budget)? } else { quotient };
        let rounded = quotient.multiply(&unit, budget)?;
        Ok(if self.is_negative() { rounded.negate() } else { rounded })
    }

    /// log2 of the magnitude, within a few ulp; the integer must not be zero.
    pub(super) fn log2(&self) -> f64 {
        let (mantissa, exponent) = self.rough_parts();
        pxfm::f_log2(mantissa) + exponent as f64
    }
}

impl std::fmt::Display for Integer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Small(value) => value.fmt(f),
            Big(value) => value.fmt(f),
        }
    }
}

impl Ord for Integer {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Small(a), Small(b)) => a.cmp(b),
            (Big(a), Big(b)) => a.cmp(b),
            (Small(_), Big(b)) if b.sign() == Sign::Negative => Ordering::Greater,
            (Small(_), Big(_)) => Ordering::Less,
            (Big(a), Small(_)) if a.sign() == Sign::Negative => Ordering::Less,
            (Big(_), Small(_)) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Integer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The greatest common divisor of two positive words, by the binary algorithm.
fn gcd_of_words(mut a: u64, mut b: u64) -> u64 {
    let twos = (a | b).trailing_zeros();
    a >>= a.trailing_zeros();
    while b != 0 {
        b >>= b.trailing_zeros();
        (a, b) = (a.min(b), a.abs_diff(b));
    }
    a << twos
}

/// The library divides once, so that both have the shorter length, and is quadratic from there on.
fn gcd_price(words: u64, other_words: u64) -> u64 {
    let (long, short) = (words.max(other_words), words.min(other_words));
    8 + 24 * short + long * short / 2
}

fn magnitude_of(value: IBig) -> UBig {
    value.into_parts().1
}

fn magnitude(value: &Integer) -> UBig {
    magnitude_of(value.big())
}

fn magnitude_bits(value: &IBig) -> u64 {
    let (_, words) = value.as_sign_words();
    words.last().map_or(0, |top| words.len() as u64 * 64 - u64::from(top.leading_zeros()))
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

pub(super) fn too_large(bits: f64, budget: &Budget) -> ErrorKind {
    ErrorKind::IntegerTooLarge { digits: Estimate::of_bits(bits), limit: budget.limits.integer_bits }
}

/// Refuses a result that would have at least `bits`.
fn refuse_bits(bits: u64, budget: &Budget) -> Result<(), ErrorKind> {
    if bits > budget.limits.integer_bits { Err(too_large(bits as f64, budget)) } else { Ok(()) }
}

/// The result itself, if it is within the limit (estimates may let pass what is a bit too long).
pub(super) fn checked(value: Integer, budget: &Budget) -> Result<Integer, ErrorKind> {
    refuse_bits(value.bits(), budget)?;
    Ok(value)
}

/// `low · … · high` (1 if empty), whose size in bits is known beforehand.
fn product_of_range(low: u64, high: u64, bits: f64, budget: &mut Budget) -> Result<Integer, ErrorKind> {
    if bits > budget.limits.integer_bits as f64 + 2.0 {
        return Err(too_large(bits, budget));
    }
    // The factors are gathered first.
    budget.charge(GATHERING + (high - low.min(high)) / 8 + price::power(bits as u64 / 64 + 1))?;
    checked(Integer::from(IBig::from(long::product(word_factors(low, high), budget)?)), budget)
}

/// The numbers from `low` to `high`, gathered into products that fit machine words.
fn word_factors(low: u64, high: u64) -> Vec<UBig> {
    let mut factors = Vec::new();
    let mut word = 1_u64;
    for factor in low.max(1)..=high {
        word = word.checked_mul(factor).unwrap_or_else(|| {
            factors.push(UBig::from(word));
            factor
        });
    }
    factors.push(UBig::from(word));
    factors
}

/// log2 of n!/(n-k)!, by Stirling, never below the truth by more than a fraction of a bit.
fn factorial_ratio_bits(n: f64, k: f64) -> f64 {
    let log2_factorial = |n: f64| if n < 2.0 { 0.0 } else { pxfm::f_lgamma(n + 1.0) * std::f64::consts::LOG2_E };
    log2_factorial(n) - log2_factorial(n - k)
}

/// An estimate of log2 of n over k, a few bits off at most.
fn combination_bits(n: &Integer, k: f64) -> f64 {
    if k == 0.0 {
        return 1.0;
    }
    let log2_k_factorial = factorial_ratio_bits(k, k);
    match n.as_i64() {
        Some(n) if n < 1 << 40 => factorial_ratio_bits(n as f64, k) - log2_k_factorial,
        // Far more than k: n!/(n-k)! is n^k but for a factor that does not matter.
        _ => (k * n.log2() - log2_k_factorial).max(1.0),
    }
}
