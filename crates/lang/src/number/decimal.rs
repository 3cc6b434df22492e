//! Decimal floating-point numbers with a limited number of significant digits. The results are those of Python's
//! `decimal` with its default traps, rounding half to even, and exponents within ±999,999.
//!
//! They follow the General Decimal Arithmetic Specification (Cowlishaw, version 1.70), as CPython's `_pydecimal` does:
//! operands keep all their digits, the exact result is rounded once, and an exact result keeps the exponent that
//! follows from the digits as written (`1.10 + 2.20` is `3.30`). There are no infinities and no nan: an operation that
//! would give one is an error, as with Python's default traps.
//!
//! However far apart the exponents are, no intermediate number is longer than the operands and twice the result.

// First the rounding of approximations to the nearest decimal; then the functions, each using those before it.
mod approximation;
mod exponential;
mod trigonometric;
mod hyperbolic;

use std::cmp::Ordering;

use super::rational::decimal_parts;
use super::{Integer, Ties};
use crate::error::{DecimalError, ErrorKind, Estimate};
use crate::limits::{Budget, price};

/// The largest exponent in scientific notation; its negative is that of the smallest normal number.
pub(crate) const EXPONENT_MAX: i64 = 999_999;

/// A decimal number: sign, coefficient and a power of ten. Zeros have signs and exponents too; equal numbers may have
/// different numbers of trailing zeros.
#[derive(Clone, Debug)]
pub(crate) struct Decimal {
    negative: bool,
    /// Never negative.
    coefficient: Integer,
    exponent: i64,
}

/// The price of an operation on numbers of a few dozen digits: about 300 ns, dispatch included.
const OPERATION: u64 = 50;

/// The price of comparing the signs and sizes of two numbers.
const COMPARISON: u64 = 12;

/// The price of assembling a number's text.
const TEXT: u64 = 8;

/// The maximum number of significant digits of a result.
pub(crate) type Precision = i64;

impl From<Integer> for Decimal {
    fn from(value: Integer) -> Self {
        Self { negative: value.is_negative(), coefficient: value.absolute(), exponent: 0 }
    }
}

impl Decimal {
    fn new(negative: bool, coefficient: Integer, exponent: i64) -> Self {
        Self { negative, coefficient, exponent }
    }

    fn zero(negative: bool, exponent: i64) -> Self {
        Self::new(negative, Integer::ZERO, exponent)
    }

    /// More digits than any sum of products has: no rounding.
    pub(crate) const EVERY_DIGIT: Precision = 8 * EXPONENT_MAX;

    pub(crate) fn one() -> Self {
        Self::new(false, Integer::ONE, 0)
    }

    /// A literal in decimal form, as the lexer accepts it, with all its digits. It has no sign.
    ///
    /// # Errors
    ///
    /// `Overflow` from 10^1000000 up. Below 10^-999999, it is rounded like the result of an operation.
    pub(crate) fn from_literal(text: &str, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        budget.charge(OPERATION + price::convert(text.len() as u64 / 16 + 1))?;
        let (digits, mut exponent) = decimal_parts(text);
        // Trailing zeros of the significand are digits too.
        let significand = text.split(['e', 'E']).next().unwrap_or(text);
        let trailing = if digits.is_empty() {
            // All digits are zeros; those after the point determine the exponent.
            exponent = exponent.saturating_sub(significand.bytes().filter(u8::is_ascii_digit).count() as i64);
            0
        } else {
            significand
                .bytes()
                .rev()
                .filter(|byte| !matches!(byte, b'.' | b'_'))
                .take_while(|byte| *byte == b'0')
                .count()
        };
        exponent -= trailing as i64;
        if digits.is_empty() {
            return Self::zero(false, exponent).fix(false, precision, budget);
        }
        let count = (digits.len() + trailing) as i64;
        let adjusted = exponent.saturating_add(count - 1);
        if adjusted > EXPONENT_MAX {
            return Err(DecimalError::Overflow.into());
        }
        let coefficient = Integer::parse(&(digits + &"0".repeat(trailing)), 10);
        let value = Self::new(false, coefficient, exponent);
        if adjusted < -EXPONENT_MAX { value.fix(false, precision, budget) } else { Ok(value) }
    }

    /// The exact value as a ratio of integers with a positive denominator.
    pub(crate) fn ratio(&self, budget: &mut Budget) -> Result<(Integer, Integer), ErrorKind> {
        let unit = Integer::from(10_i64).power(self.exponent.unsigned_abs(), budget)?;
        let coefficient = if self.negative { self.coefficient.negate() } else { self.coefficient.clone() };
        if self.exponent < 0 {
            Ok((coefficient, unit))
        } else {
            Ok((coefficient.multiply(&unit, budget)?, Integer::ONE))
        }
    }

    /// The correctly rounded square root of a non-negative ratio.
    pub(crate) fn root_of_ratio(
        numerator: &Integer,
        denominator: &Integer,
        precision: Precision,
        budget: &mut Budget,
    ) -> Result<Self, ErrorKind> {
        let quotient = Self::from(numerator.clone()).divide(&Self::from(denominator.clone()), precision, budget)?;
        let root = quotient.square_root(precision, budget)?;
        let (above, below) = root.ratio(budget)?;
        let left = above.multiply(&above, budget)?.multiply(denominator, budget)?;
        if left == below.multiply(&below, budget)?.multiply(numerator, budget)? {
            return Ok(root);
        }
        // The root with three more digits, rounded down, and a final 1 for the rest, which is never 0: it decides ties.
        let places = precision + 3 - (digits(numerator, budget)? - digits(denominator, budget)?).div_euclid(2);
        let unit = Integer::from(100_i64).power(places.unsigned_abs(), budget)?;
        let whole = if places < 0 {
            numerator.floor_divide(&denominator.multiply(&unit, budget)?, budget)?
        } else {
            numerator.multiply(&unit, budget)?.floor_divide(denominator, budget)?
        };
        let coefficient = whole.square_root(budget)?.multiply(&Integer::from(10_i64), budget)?;
        Self::new(false, coefficient.add(&Integer::ONE, budget)?, -places - 1).plus(precision, budget)
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.coefficient.is_zero()
    }

    /// Whether the sign is minus, which a zero can have too.
    pub(crate) fn is_negative(&self) -> bool {
        self.negative
    }

    pub(crate) fn heap_bytes(&self) -> u64 {
        self.coefficient.heap_bytes() + 48
    }

    pub(crate) fn words(&self) -> u64 {
        self.coefficient.words()
    }

    pub(crate) fn text_price(&self) -> u64 {
        self.coefficient.text_price() + TEXT
    }

    /// The number of characters of its text, or a few more.
    pub(crate) fn characters_at_most(&self) -> u64 {
        self.coefficient.digits_at_most() + 12
    }

    /// The exponent of the first digit.
    fn adjusted(&self, budget: &mut Budget) -> Result<i64, ErrorKind> {
        Ok(self.exponent + digits(&self.coefficient, budget)? - 1)
    }

    fn negated(&self) -> Self {
        Self { negative: !self.negative, ..self.clone() }
    }

    pub(crate) fn magnitude(&self) -> Self {
        Self { negative: false, ..self.clone() }
    }

    /// The number with this sign, without rounding.
    pub(crate) fn with_sign(&self, negative: bool) -> Self {
        Self { negative, ..self.clone() }
    }

    /// Python's `+x`: rounded, and a zero loses its sign.
    pub(crate) fn plus(&self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        self.with_sign(self.negative && !self.is_zero()).fix(false, precision, budget)
    }

    /// Python's `-x`: rounded, and a zero loses its sign.
    pub(crate) fn minus(&self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        self.with_sign(!self.negative && !self.is_zero()).fix(false, precision, budget)
    }

    /// Rounds to the precision and the range of exponents. `sticky`: the true magnitude is larger by less than one unit
    /// of the last digit; then there must be more digits than the precision.
    fn fix(self, sticky: bool, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        let tiny = 1 - EXPONENT_MAX - precision;
        if self.is_zero() {
            let exponent = self.exponent.clamp(tiny, EXPONENT_MAX);
            return Ok(Self { exponent, ..self });
        }
        let length = digits(&self.coefficient, budget)?;
        let mut least = length + self.exponent - precision;
        let top = EXPONENT_MAX - precision + 1;
        if least > top {
            return Err(DecimalError::Overflow.into());
        }
        least = least.max(tiny);
        if self.exponent >= least {
            return Ok(self);
        }
        let mut coefficient =
            round_digits(&self.coefficient, length, least - self.exponent, sticky, Ties::Even, budget)?;
        if digits(&coefficient, budget)? > precision {
            // The coefficient was all nines, so rounding up has added a digit.
            coefficient = coefficient.floor_divide(&Integer::from(10_i64), budget)?;
            least += 1;
        }
        if least > top {
            return Err(DecimalError::Overflow.into());
        }
        Ok(Self { coefficient, exponent: least, ..self })
    }

    /// The number with another exponent: padded with zeros, or rounded half to even.
    fn rescale(&self, exponent: i64, budget: &mut Budget) -> Result<Self, ErrorKind> {
        self.rescale_with(exponent, Ties::Even, budget)
    }

    fn rescale_with(&self, exponent: i64, ties: Ties, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if self.is_zero() {
            return Ok(Self::zero(self.negative, exponent));
        }
        let coefficient = if self.exponent >= exponent {
            shift(&self.coefficient, self.exponent - exponent, budget)?
        } else {
            let length = digits(&self.coefficient, budget)?;
            round_digits(&self.coefficient, length, exponent - self.exponent, false, ties, budget)?
        };
        Ok(Self::new(self.negative, coefficient, exponent))
    }

    pub(crate) fn add(&self, other: &Self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        budget.charge(OPERATION)?;
        let exponent = self.exponent.min(other.exponent);
        if self.is_zero() && other.is_zero() {
            return Self::zero(self.negative && other.negative, exponent).fix(false, precision, budget);
        }
        for (zero, value) in [(self, other), (other, self)] {
            if zero.is_zero() {
                let exponent = exponent.max(value.exponent - precision - 1);
                return value.rescale(exponent, budget)?.fix(false, precision, budget);
            }
        }
        // `high` has the larger exponent. If the other number is too small to affect more than the rounding, a single
        // digit stands for it.
        let (high, low) = if self.exponent < other.exponent { (other, self) } else { (self, other) };
        let bound = high.exponent + (digits(&high.coefficient, budget)? - precision - 2).min(-1);
        let (low_coefficient, low_exponent) =
            if low.adjusted(budget)? < bound { (Integer::ONE, bound) } else { (low.coefficient.clone(), low.exponent) };
        let high_coefficient = shift(&high.coefficient, high.exponent - low_exponent, budget)?;
        let value = if high.negative == low.negative {
            Self::new(high.negative, high_coefficient.add(&low_coefficient, budget)?, low_exponent)
        } else {
            let difference = high_coefficient.subtract(&low_coefficient, budget)?;
            if difference.is_zero() {
                return Self::zero(false, exponent).fix(false, precision, budget);
            }
            Self::new(high.negative != difference.is_negative(), difference.absolute(), low_exponent)
        };
        value.fix(false, precision, budget)
    }

    pub(crate) fn subtract(&self, other: &Self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        self.add(&other.negated(), precision, budget)
    }

    pub(crate) fn multiply(&self, other: &Self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        budget.charge(OPERATION)?;
        self.exact_product(other, budget)?.fix(false, precision, budget)
    }

    /// `self`·`factor` + `summand`, correctly rounded.
    pub(crate) fn multiply_add(
        &self,
        factor: &Self,
        summand: &Self,
        precision: Precision,
        budget: &mut Budget,
    ) -> Result<Self, ErrorKind> {
        budget.charge(OPERATION)?;
        self.exact_product(factor, budget)?.add(summand, precision, budget)
    }

    fn exact_product(&self, other: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        let coefficient = self.coefficient.multiply(&other.coefficient, budget)?;
        Ok(Self::new(self.negative != other.negative, coefficient, self.exponent + other.exponent))
    }

    pub(crate) fn divide(&self, other: &Self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        budget.charge(OPERATION)?;
        let negative = self.negative != other.negative;
        if other.is_zero() {
            return Err(
                if self.is_zero() { DecimalError::DivisionUndefined } else { DecimalError::DivisionByZero }.into()
            );
        }
        let ideal = self.exponent - other.exponent;
        if self.is_zero() {
            return Self::zero(negative, ideal).fix(false, precision, budget);
        }
        let distance = digits(&other.coefficient, budget)? - digits(&self.coefficient, budget)? + precision + 1;
        let (above, below) = if distance >= 0 {
            (shift(&self.coefficient, distance, budget)?, other.coefficient.clone())
        } else {
            (self.coefficient.clone(), shift(&other.coefficient, -distance, budget)?)
        };
        let (quotient, rest) = above.divide_with_remainder(&below, budget)?;
        let value = Self::new(negative, quotient, ideal - distance);
        if rest.is_zero() {
            value.stripped(ideal, budget)?.fix(false, precision, budget)
        } else {
            value.fix(true, precision, budget)
        }
    }

    /// Without trailing zeros, but with an exponent of at most `most`.
    fn stripped(mut self, most: i64, budget: &mut Budget) -> Result<Self, ErrorKind> {
        for step in [256, 16, 1] {
            let unit = power_of_ten(step as u64, budget)?;
            while self.exponent + step <= most && !self.is_zero() && self.coefficient.trailing_zeros() >= step as u64 {
                let (quotient, rest) = self.coefficient.divide_with_remainder(&unit, budget)?;
                if !rest.is_zero() {
                    break;
                }
                (self.coefficient, self.exponent) = (quotient, self.exponent + step);
            }
        }
        Ok(self)
    }

    /// Python's `//` and `%` on decimals: the quotient is rounded towards zero, the remainder has the dividend's sign.
    fn divide_with_remainder(
        &self,
        other: &Self,
        precision: Precision,
        budget: &mut Budget,
    ) -> Result<(Self, Self), ErrorKind> {
        budget.charge(OPERATION)?;
        let negative = self.negative != other.negative;
        let exponent = self.exponent.min(other.exponent);
        let distance = if self.is_zero() { -2 } else { self.adjusted(budget)? - other.adjusted(budget)? };
        if distance <= -2 {
            return Ok((Self::zero(negative, 0), self.rescale_short(exponent, precision, budget)?));
        }
        if distance <= precision {
            let (above, below) = self.aligned(other, budget)?;
            let (quotient, rest) = above.divide_with_remainder(&below, budget)?;
            if digits(&quotient, budget)? <= precision {
                return Ok((Self::new(negative, quotient, 0), Self::new(self.negative, rest, exponent)));
            }
        }
        Err(DecimalError::DivisionImpossible { digits: precision.unsigned_abs() }.into())
    }

    /// Like `rescale` to a smaller exponent, but only with as many zeros as the precision needs.
    fn rescale_short(&self, exponent: i64, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if self.is_zero() {
            return self.rescale(exponent, budget);
        }
        let least = self.adjusted(budget)? - precision - 1;
        self.rescale(exponent.max(least.min(self.exponent)), budget)
    }

    /// Both coefficients at the smaller exponent. Their quotient must not have many more digits than the precision.
    fn aligned(&self, other: &Self, budget: &mut Budget) -> Result<(Integer, Integer), ErrorKind> {
        let exponent = self.exponent.min(other.exponent);
        let left = shift(&self.coefficient, self.exponent - exponent, budget)?;
        Ok((left, shift(&other.coefficient, other.exponent - exponent, budget)?))
    }

    pub(crate) fn floor_divide(
        &self,
        other: &Self,
        precision: Precision,
        budget: &mut Budget,
    ) -> Result<Self, ErrorKind> {
        if other.is_zero() {
            return Err(
                if self.is_zero() { DecimalError::DivisionUndefined } else { DecimalError::DivisionByZero }.into()
            );
        }
        Ok(self.divide_with_remainder(other, precision, budget)?.0)
    }

    pub(crate) fn modulo(&self, other: &Self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        self.check_divisor(other, "%")?;
        self.divide_with_remainder(other, precision, budget)?.1.fix(false, precision, budget)
    }

    /// In Python, a remainder by zero is an invalid operation, not a division by zero.
    fn check_divisor(&self, other: &Self, operation: &str) -> Result<(), ErrorKind> {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => Err(DecimalError::DivisionUndefined.into()),
            (false, true) => Err(DecimalError::Domain { operation: operation.to_owned() }.into()),
            _ => Ok(()),
        }
    }

    /// Python's `divmod`.
    pub(crate) fn divmod(
        &self,
        other: &Self,
        precision: Precision,
        budget: &mut Budget,
    ) -> Result<(Self, Self), ErrorKind> {
        if other.is_zero() {
            return Err(
                if self.is_zero() { DecimalError::DivisionUndefined } else { DecimalError::DivisionByZero }.into()
            );
        }
        let (quotient, rest) = self.divide_with_remainder(other, precision, budget)?;
        Ok((quotient, rest.fix(false, precision, budget)?))
    }

    /// The remainder of the nearest multiple, in a tie of the even one: Python's `remainder_near`.
    pub(crate) fn remainder_near(
        &self,
        other: &Self,
        precision: Precision,
        budget: &mut Budget,
    ) -> Result<Self, ErrorKind> {
        self.check_divisor(other, "remainder")?;
        budget.charge(OPERATION)?;
        let exponent = self.exponent.min(other.exponent);
        if self.is_zero() {
            return Self::zero(self.negative, exponent).fix(false, precision, budget);
        }
        let impossible = || DecimalError::DivisionImpossible { digits: precision.unsigned_abs() };
        let distance = self.adjusted(budget)? - other.adjusted(budget)?;
        if distance > precision {
            return Err(impossible().into());
        }
        if distance <= -2 {
            return self.rescale_short(exponent, precision, budget)?.fix(false, precision, budget);
        }
        let (above, below) = self.aligned(other, budget)?;
        let (mut quotient, mut rest) = above.divide_with_remainder(&below, budget)?;
        let twice = rest.add(&rest, budget)?;
        if twice > below || (twice == below && quotient.is_odd()) {
            rest = rest.subtract(&below, budget)?;
            quotient = quotient.add(&Integer::ONE, budget)?;
        }
        if digits(&quotient, budget)? > precision {
            return Err(impossible().into());
        }
        Self::new(self.negative != rest.is_negative(), rest.absolute(), exponent).fix(false, precision, budget)
    }

    /// The square root, correctly rounded; if it is exact, its exponent is half that of the number.
    pub(crate) fn square_root(&self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        budget.charge(OPERATION)?;
        if self.is_zero() {
            return Self::zero(self.negative, self.exponent.div_euclid(2)).fix(false, precision, budget);
        }
        if self.negative {
            return Err(DecimalError::Domain { operation: "sqrt".to_owned() }.into());
        }
        let odd = self.exponent.rem_euclid(2);
        let ideal = (self.exponent - odd) / 2;
        let coefficient = shift(&self.coefficient, odd, budget)?;
        let distance = precision + 1 - (digits(&coefficient, budget)? + 1) / 2;
        let (coefficient, lost) = if distance >= 0 {
            (shift(&coefficient, 2 * distance, budget)?, false)
        } else {
            let (quotient, rest) =
                coefficient.divide_with_remainder(&power_of_ten(2 * distance.unsigned_abs(), budget)?, budget)?;
            (quotient, !rest.is_zero())
        };
        let root = coefficient.square_root(budget)?;
        let exact = !lost && root.multiply(&root, budget)? == coefficient;
        let value = Self::new(false, root, ideal - distance);
        if !exact {
            return value.fix(true, precision, budget);
        }
        value.rescale(ideal, budget)?.fix(false, precision, budget)
    }

    /// The nearest multiple of 10^-`places`, written with so many places: Python's `round(x, places)`, except for ties.
    pub(crate) fn round_places(
        &self,
        places: i64,
        ties: Ties,
        precision: Precision,
        budget: &mut Budget,
    ) -> Result<Self, ErrorKind> {
        budget.charge(OPERATION)?;
        let exponent = places.saturating_neg();
        let too_many = || DecimalError::TooManyDigits { digits: precision.unsigned_abs() };
        if !(1 - EXPONENT_MAX - precision..=EXPONENT_MAX).contains(&exponent) {
            return Err(too_many().into());
        }
        if self.is_zero() {
            return Ok(Self::zero(self.negative, exponent));
        }
        if self.adjusted(budget)? - exponent + 1 > precision {
            return Err(too_many().into());
        }
        let value = self.rescale_with(exponent, ties, budget)?;
        if !value.is_zero()
            && (value.adjusted(budget)? > EXPONENT_MAX || digits(&value.coefficient, budget)? > precision)
        {
            return Err(too_many().into());
        }
        Ok(value)
    }

    /// The integer part of the magnitude, and how the rest compares with zero and with a half.
    fn whole(&self, budget: &mut Budget) -> Result<(Integer, Rest), ErrorKind> {
        if self.is_zero() {
            return Ok((Integer::ZERO, Rest::Nothing));
        }
        let length = digits(&self.coefficient, budget)?;
        let digits_limit = (budget.limits.integer_bits as f64 * std::f64::consts::LOG10_2) as i64 + 1;
        if self.exponent >= 0 {
            if length + self.exponent > digits_limit + 1 {
                let digits = Estimate::About((length + self.exponent).unsigned_abs());
                return Err(ErrorKind::IntegerTooLarge { digits, limit: budget.limits.integer_bits });
            }
            return Ok((shift(&self.coefficient, self.exponent, budget)?, Rest::Nothing));
        }
        if -self.exponent > length {
            return Ok((Integer::ZERO, Rest::BelowHalf));
        }
        let unit = power_of_ten(self.exponent.unsigned_abs(), budget)?;
        let (whole, rest) = self.coefficient.divide_with_remainder(&unit, budget)?;
        let rest = match rest.add(&rest, budget)?.cmp(&unit) {
            _ if rest.is_zero() => Rest::Nothing,
            Ordering::Less => Rest::BelowHalf,
            Ordering::Equal => Rest::Half,
            Ordering::Greater => Rest::AboveHalf,
        };
        Ok((whole, rest))
    }

    fn to_integer(&self, up: impl FnOnce(&Integer, Rest) -> bool, budget: &mut Budget) -> Result<Integer, ErrorKind> {
        let (whole, rest) = self.whole(budget)?;
        let whole = if up(&whole, rest) { whole.add(&Integer::ONE, budget)? } else { whole };
        Ok(if self.negative { whole.negate() } else { whole })
    }

    pub(crate) fn trunc(&self, budget: &mut Budget) -> Result<Integer, ErrorKind> {
        self.to_integer(|_, _| false, budget)
    }

    /// The largest integer not above the number.
    pub(crate) fn floor(&self, budget: &mut Budget) -> Result<Integer, ErrorKind> {
        self.to_integer(|_, rest| self.negative && rest != Rest::Nothing, budget)
    }

    /// The smallest integer not below the number.
    pub(crate) fn ceil(&self, budget: &mut Budget) -> Result<Integer, ErrorKind> {
        self.to_integer(|_, rest| !self.negative && rest != Rest::Nothing, budget)
    }

    pub(crate) fn round(&self, ties: Ties, budget: &mut Budget) -> Result<Integer, ErrorKind> {
        let is_up = |whole: &Integer, rest: Rest| match rest {
            Rest::Half => ties.is_up(Ordering::Equal, whole.is_odd()),
            rest => rest == Rest::AboveHalf,
        };
        self.to_integer(is_up, budget)
    }

    /// The integer equal to the number, if there is one within the limits.
    pub(crate) fn as_integer(&self, budget: &mut Budget) -> Result<Option<Integer>, ErrorKind> {
        // Divisible by a power of ten only if it is divisible by the same power of two.
        if self.exponent < 0 && !self.is_zero() && self.coefficient.trailing_zeros() < self.exponent.unsigned_abs() {
            return Ok(None);
        }
        let (whole, rest) = self.whole(budget)?;
        Ok((rest == Rest::Nothing).then(|| if self.negative { whole.negate() } else { whole }))
    }

    /// The machine integer equal to the number, if there is one.
    pub(crate) fn as_i64(&self) -> Option<i64> {
        if self.is_zero() {
            return Some(0);
        }
        // At most 19 digits, perhaps with zeros after the point.
        if !(-0.5..20.0).contains(&self.log10()) {
            return None;
        }
        let ten = |exponent: i64| dashu_int::UBig::from(10_u8).pow(exponent.unsigned_abs() as usize);
        let coefficient = self.coefficient.magnitude();
        let whole = if self.exponent >= 0 {
            coefficient * ten(self.exponent)
        } else {
            let unit = ten(self.exponent);
            let whole = &coefficient / &unit;
            if &whole * unit != coefficient {
                return None;
            }
            whole
        };
        let whole = dashu_int::IBig::from(whole);
        i64::try_from(&(if self.negative { -whole } else { whole })).ok()
    }

    /// The order of the values, independent of their exponents.
    pub(crate) fn compare(&self, other: &Self, budget: &mut Budget) -> Result<Ordering, ErrorKind> {
        budget.charge(COMPARISON)?;
        let sign = |value: &Self| i8::from(!value.is_zero()) * if value.negative { -1 } else { 1 };
        let (a, b) = (sign(self), sign(other));
        if a != b || a == 0 {
            return Ok(a.cmp(&b));
        }
        let order = self.compare_magnitudes(other, budget)?;
        Ok(if a < 0 { order.reverse() } else { order })
    }

    /// The order of the magnitudes, neither of which may be zero.
    fn compare_magnitudes(&self, other: &Self, budget: &mut Budget) -> Result<Ordering, ErrorKind> {
        let (mine, its) = (self.log10(), other.log10());
        if (mine - its).abs() > 1e-8 {
            return Ok(mine.total_cmp(&its));
        }
        if self.exponent > other.exponent {
            return other.compare_magnitudes(self, budget).map(Ordering::reverse);
        }
        budget.charge(price::add(self.words()))?;
        let places = self.exponent.abs_diff(other.exponent);
        if places == 0 {
            return Ok(self.coefficient.cmp(&other.coefficient));
        }
        // The power is no longer than the coefficient that it divides, which has as many digits as the other number.
        let (whole, rest) = self.coefficient.divide_with_remainder(&power_of_ten(places, budget)?, budget)?;
        Ok(whole.cmp(&other.coefficient).then(Integer::ZERO.cmp(&rest).reverse()))
    }

    /// The nearest float or a neighbour of it; infinite or zero out of range.
    fn approximate(&self) -> f64 {
        let (mantissa, exponent) = self.coefficient.rough_parts();
        let log10 = (exponent as f64) * std::f64::consts::LOG10_2 + self.exponent as f64;
        let value = if log10 > 400.0 {
            f64::INFINITY
        } else if log10 < -400.0 {
            0.0
        } else {
            let log2 = exponent as f64 + self.exponent as f64 * std::f64::consts::LOG2_10;
            mantissa * pxfm::f_exp2(log2.clamp(-1070.0, 1100.0))
        };
        if self.negative { -value } else { value }
    }

    /// log10 of the magnitude, with an error of about 10^-9; the number must not be zero.
    fn log10(&self) -> f64 {
        self.coefficient.log2() * std::f64::consts::LOG10_2 + self.exponent as f64
    }
}

/// How the digits after the point compare with zero and with a half.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    Nothing,
    BelowHalf,
    Half,
    AboveHalf,
}

/// 10^`exponent`.
fn power_of_ten(exponent: u64, budget: &mut Budget) -> Result<Integer, ErrorKind> {
    Integer::from(10_i64).power(exponent, budget)
}

/// `value`·10^`places`.
fn shift(value: &Integer, places: i64, budget: &mut Budget) -> Result<Integer, ErrorKind> {
    if places == 0 || value.is_zero() {
        return Ok(value.clone());
    }
    value.multiply(&power_of_ten(places.unsigned_abs(), budget)?, budget)
}

/// The number of decimal digits of a non-negative number; 1 for zero.
fn digits(value: &Integer, budget: &mut Budget) -> Result<i64, ErrorKind> {
    match value.as_i64() {
        Some(0) => return Ok(1),
        Some(small) => return Ok(i64::from(small.unsigned_abs().ilog10()) + 1),
        None => budget.charge(price::SCALAR)?,
    }
    if let Some(digits) = digits_by_estimate(value) {
        return Ok(digits);
    }
    // So close to a power of ten that only a comparison with it decides.
    let near = (value.log2() * std::f64::consts::LOG10_2).round();
    Ok(near as i64 + i64::from(*value >= power_of_ten(near as u64, budget)?))
}

/// The number of digits, if the logarithm as a float decides it.
fn digits_by_estimate(value: &Integer) -> Option<i64> {
    let log10 = value.log2() * std::f64::consts::LOG10_2;
    // The logarithm of a number of 2^20 bits is accurate to 10^-9.
    ((log10 - log10.round()).abs() > 1e-8).then_some(log10.floor() as i64 + 1)
}

/// The `length` digits of `value` without the last `dropped`, rounded; `sticky`: the true value is slightly larger.
fn round_digits(
    value: &Integer,
    length: i64,
    dropped: i64,
    sticky: bool,
    ties: Ties,
    budget: &mut Budget,
) -> Result<Integer, ErrorKind> {
    if dropped > length {
        return Ok(Integer::ZERO);
    }
    let unit = power_of_ten(dropped.unsigned_abs(), budget)?;
    let (quotient, rest) = value.divide_with_remainder(&unit, budget)?;
    let up = ties.is_up(rest.add(&rest, budget)?.cmp(&unit), sticky || quotient.is_odd());
    if up { quotient.add(&Integer::ONE, budget) } else { Ok(quotient) }
}

/// Python's `str`: with an exponent if the number has zeros before the point that are no digits, or is below 10^-6.
impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = self.coefficient.to_string();
        let left = self.exponent + digits.len() as i64;
        f.write_str(if self.negative { "-" } else { "" })?;
        let point = if self.exponent <= 0 && left > -6 { left } else { 1 };
        if point <= 0 {
            write!(f, "0.{}{digits}", "0".repeat(point.unsigned_abs() as usize))?;
        } else {
            // In scientific notation, the point follows the first digit.
            let (whole, fraction) = digits.split_at((point as usize).min(digits.len()));
            f.write_str(whole)?;
            if !fraction.is_empty() {
                write!(f, ".{fraction}")?;
            }
        }
        if left == point { Ok(()) } else { write!(f, "E{:+}", left - point) }
    }
}
