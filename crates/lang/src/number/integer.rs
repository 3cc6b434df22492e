//! Integers of any size: machine words while they fit, otherwise integers of a library.
//!
//! The library panics where it cannot continue (division by zero, too large sizes), so all is checked before a call.

mod floats;

use std::cmp::Ordering;
use std::sync::Arc;

use dashu_int::ops::BitTest;
use dashu_int::{IBig, Sign, UBig};

use super::{Ties, digits, long};
use crate::error::{ErrorKind, Estimate, Overflow, ValueError, ZeroDivision};
use crate::limits::{Budget, Fuel, Limits, price};
use crate::mode::Mode;

/// An integer. `Big` never holds a number that fits `Small`.
#[derive(Clone, Debug, Eq)]
pub(crate) enum Integer {
    Small(i64),
    Big(Arc<IBig>),
}

use Integer::{Big, Small};

/// The fixed price of a product of many factors: about 100 ns.
const GATHERING: u64 = 16;

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

    /// Parses digits of `radix` (2, 8, 10 or 16). The caller has checked that there is nothing else.
    pub(crate) fn parse(digits: &str, radix: u32) -> Self {
        match i64::from_str_radix(digits, radix) {
            Ok(value) => Small(value),
            Err(_) => IBig::from_str_radix(digits, radix).map_or(Self::ZERO, Self::from),
        }
    }

    /// The same for any number of digits, which the caller has paid for as a conversion.
    pub(crate) fn parse_long(digits: &str, radix: u32, budget: &mut Budget) -> Result<Self, ErrorKind> {
        match i64::from_str_radix(digits, radix) {
            Ok(value) => Ok(Small(value)),
            Err(_) => Ok(long::parse(digits, radix, budget)?.map_or(Self::ZERO, |value| Self::from(IBig::from(value)))),
        }
    }

    /// An integer by the bytes of its magnitude, the least significant first.
    pub(crate) fn from_bytes(negative: bool, magnitude: &[u8], budget: &mut Budget) -> Result<Self, ErrorKind> {
        let length = magnitude.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let top = magnitude.get(length.wrapping_sub(1)).map_or(0, |top| 8 - top.leading_zeros());
        refuse_bits((length as u64 * 8).saturating_sub(8) + u64::from(top), budget)?;
        budget.charge(price::add(length as u64 / 8 + 1))?;
        let sign = if negative { Sign::Negative } else { Sign::Positive };
        Ok(Self::from(IBig::from_parts(sign, UBig::from_le_bytes(&magnitude[..length]))))
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

    /// The number of bits of the magnitude; 0 for zero.
    pub(crate) fn bits(&self) -> u64 {
        match self {
            Small(value) => 64 - u64::from(value.unsigned_abs().leading_zeros()),
            Big(value) => magnitude_bits(value),
        }
    }

    pub(crate) fn words(&self) -> u64 {
        self.bits() / 64 + 1
    }

    pub(crate) fn heap_bytes(&self) -> u64 {
        match self {
            Small(_) => 0,
            Big(_) => self.words() * 8 + 32,
        }
    }

    pub(crate) fn text_price(&self) -> u64 {
        match self {
            Small(_) => price::SCALAR,
            Big(_) => price::convert(self.words()),
        }
    }

    /// The number of decimal digits, or one more.
    pub(crate) fn digits_at_most(&self) -> u64 {
        (self.bits() as f64 * std::f64::consts::LOG10_2) as u64 + 1
    }

    /// The bytes of the magnitude, the least significant first.
    pub(crate) fn magnitude_bytes(&self) -> Box<[u8]> {
        magnitude(self).to_le_bytes()
    }

    /// The digits of the magnitude in a base from 2 to 36.
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
            (Big(a), Big(b)) => long::signed_product(a, b, budget)?,
            (Big(a), Small(b)) | (Small(b), Big(a)) => &**a * IBig::from(*b),
            (Small(a), Small(b)) => IBig::from(*a) * IBig::from(*b),
        };
        checked(Self::from(product), budget)
    }

    /// The quotient rounded down and the remainder, like Python's `//` and `%`; `None` for a zero divisor.
    fn divide_floor(&self, other: &Self, budget: &mut Budget) -> Result<Option<(Self, Self)>, ErrorKind> {
        if other.is_zero() {
            return Ok(None);
        }
        if let (Small(a), Small(b)) = (self, other) {
            // `i64::MIN // -1` overflows a machine word.
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
            // The exact quotient is negative, so it is rounded away from zero.
            (quotient, remainder) = (quotient + UBig::ONE, divisor - remainder);
        }
        let remainder_sign = if other.is_negative() { Sign::Negative } else { Sign::Positive };
        Ok(Some((Self::from(sign * IBig::from(quotient)), Self::from(remainder_sign * IBig::from(remainder)))))
    }

    /// Quotient and remainder of non-negative numbers; the divisor must not be zero.
    pub(super) fn divide_with_remainder(&self, other: &Self, budget: &mut Budget) -> Result<(Self, Self), ErrorKind> {
        self.divide_floor(other, budget)?.ok_or(ErrorKind::Internal)
    }

    /// The number of factors of two; 0 for zero.
    pub(super) fn trailing_zeros(&self) -> u64 {
        match self {
            Small(0) => 0,
            Small(value) => u64::from(value.trailing_zeros()),
            Big(value) => value.trailing_zeros().unwrap_or(0) as u64,
        }
    }

    /// A positive number without a factor, and how often it had this factor.
    pub(super) fn without_factor(&self, factor: u32, budget: &mut Budget) -> Result<(Self, u64), ErrorKind> {
        // The divisors are powers, not longer than the number.
        budget.charge(11 * price::convert(self.words()) / 5)?;
        let (rest, times) = long::without_factor(magnitude(self), factor, budget)?;
        Ok((Self::from(IBig::from(rest)), times))
    }

    pub(super) fn magnitude(&self) -> UBig {
        magnitude(self)
    }

    /// The root of a non-negative number for an index of 2 or more, if it is an integer.
    pub(crate) fn exact_root(&self, index: u64, budget: &mut Budget) -> Result<Option<Self>, ErrorKind> {
        if self.bits() <= 1 {
            return Ok(Some(self.clone()));
        }
        if index >= self.bits() {
            return Ok(None);
        }
        let value = magnitude(self);
        let log2 = self.log2() / index as f64;
        // A float gives the first 30 bits or more, and each step of Newton's method doubles them. (The library's own
        // root starts so far off that large indices take thousands of steps.)
        let shift = (log2 as usize).saturating_sub(52);
        let mut root = UBig::from(pxfm::f_exp2(log2 - shift as f64).round() as u64) << shift;
        let steps = if shift == 0 { 0 } else { u64::from((log2 as u64 / 30).max(1).ilog2()) + 2 };
        let step_price = 2 * price::convert(self.words());
        budget.charge(step_price)?;
        // The index is below the number of bits here.
        let index = index as usize;
        for _ in 0..steps {
            budget.charge(step_price)?;
            let below = long::power(&root, index - 1, budget)?;
            root = (&root * (index - 1) + long::divide(&value, &below, budget)?.0) / index;
        }
        let low = |value: &UBig| value.as_words().first().copied().unwrap_or(0);
        for candidate in [&root - UBig::ONE, root.clone(), root + UBig::ONE] {
            // Nearly every wrong candidate shows in its lowest word.
            if low(&candidate).wrapping_pow(index as u32) == low(&value)
                && long::power(&candidate, index, budget)? == value
            {
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
        // The estimate may be a bit or two too high, so the result is checked again.
        if bits > budget.limits.integer_bits as f64 + 2.0 {
            return Err(too_large(bits, budget));
        }
        budget.charge(price::power(bits as u64 / 64 + 1))?;
        // `exponent` is at most the limit in bits, since the base is at least 2.
        let power = IBig::from(long::power(&magnitude(self), exponent as usize, budget)?);
        checked(Self::from(if self.is_negative() && exponent % 2 == 1 { -power } else { power }), budget)
    }

    /// The error for an exponent that does not fit a machine word, with a base other than -1, 0 and 1.
    pub(crate) fn power_astronomical(budget: &Budget) -> ErrorKind {
        ErrorKind::IntegerTooLarge { digits: Estimate::Astronomical, limit: budget.limits.integer_bits }
    }

    /// `self ** exponent % modulus` with Python's signs; a negative exponent means the inverse.
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
            // CPython computes the inverse first, and every number is invertible modulo 1.
            return Ok(Self::ZERO);
        }
        if exponent.is_negative() {
            budget.charge(price::gcd(modulus.words()))?;
        }
        let base = magnitude(&self.modulo(&Self::from(IBig::from(divisor.clone())), budget)?);
        let residue = long::modular_power(base, &exponent.big(), &divisor, budget)?.ok_or(ValueError::NotInvertible)?;
        let residue = Self::from(IBig::from(residue));
        // Python's result has the sign of the modulus.
        if modulus.is_negative() && !residue.is_zero() { residue.add(modulus, budget) } else { Ok(residue) }
    }

    pub(crate) fn shift_left(&self, count: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if count.is_negative() {
            return Err(ValueError::NegativeShift.into());
        }
        if self.is_zero() {
            return Ok(Self::ZERO);
        }
        // CPython's limit for a shift is that of its address space, in digits of 30 bits; below it, ours applies.
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
        let count = *count as usize;
        Ok(Self::from(match self {
            Small(value) => IBig::from(*value) << count,
            Big(value) => &**value << count,
        }))
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

    /// The quotient of an exact division; `divisor` must not be zero.
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

    /// `n!`, as a balanced product; `n` must not be negative.
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

    /// `n·(n-1)·…·(n-k+1)`; neither may be negative, and `k <= n`.
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

    /// `n` over `k`; neither may be negative, and `k <= n`.
    pub(crate) fn combinations(n: &Self, k: u64, budget: &mut Budget) -> Result<Self, ErrorKind> {
        let bits = combination_bits(n, k as f64);
        if bits > budget.limits.integer_bits as f64 + 64.0 {
            return Err(too_large(bits, budget));
        }
        // The numerator may be much larger than the result, so fuel bounds it, not the limit on integers.
        let numerator_words = (k as f64 * n.log2() / 64.0) as u64 + 1;
        budget.charge(2 * GATHERING + k / 8)?;
        budget.charge(price::power(numerator_words).saturating_add(price::convert(numerator_words)))?;
        let numerator = match n.as_u64() {
            Some(n) => long::product(long::word_factors(n - k + 1..=n), budget)?,
            None => {
                let n = n.big();
                long::product((0..k).map(|i| magnitude_of(&n - IBig::from(i))).collect(), budget)?
            }
        };
        let denominator = long::factorial(k, budget)?;
        checked(Self::from(IBig::from(long::divide(&numerator, &denominator, budget)?.0)), budget)
    }

    /// Rounds to a multiple of 10^`places`, like `round(n, -places)`.
    pub(crate) fn round_places(&self, places: u64, ties: Ties, budget: &mut Budget) -> Result<Self, ErrorKind> {
        // Half of 10^places exceeds the number, so the result is 0.
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
}

impl std::fmt::Display for Integer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Small(value) => value.fmt(f),
            Big(value) if digits::are_many(magnitude_bits(value)) => {
                // The caller that asks for the text has paid for it.
                let (limits, mut fuel) = (Limits::default(), Fuel::new(u64::MAX));
                let digits = digits::of(&magnitude(self), &mut Budget::new(Mode::default(), &limits, &mut fuel));
                f.pad_integral(value.sign() == Sign::Positive, "", &digits.map_err(|_| std::fmt::Error)?)
            }
            Big(value) => value.fmt(f),
        }
    }
}

impl PartialEq for Integer {
    fn eq(&self, other: &Self) -> bool {
        // Word by word: the C library's `memcmp` takes one byte at a time with musl.
        self.cmp(other).is_eq()
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

/// After one division, both numbers have the shorter length; from there on the library takes quadratic time.
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

pub(super) fn too_large(bits: f64, budget: &Budget) -> ErrorKind {
    ErrorKind::IntegerTooLarge { digits: Estimate::of_bits(bits), limit: budget.limits.integer_bits }
}

/// An error for a result of at least so many bits.
fn refuse_bits(bits: u64, budget: &Budget) -> Result<(), ErrorKind> {
    if bits > budget.limits.integer_bits { Err(too_large(bits as f64, budget)) } else { Ok(()) }
}

/// The result, if it is within the limit; estimates may be slightly too low.
pub(super) fn checked(value: Integer, budget: &Budget) -> Result<Integer, ErrorKind> {
    refuse_bits(value.bits(), budget)?;
    Ok(value)
}

/// `low · … · high`, or 1 if empty; `bits` is its size.
fn product_of_range(low: u64, high: u64, bits: f64, budget: &mut Budget) -> Result<Integer, ErrorKind> {
    if bits > budget.limits.integer_bits as f64 + 2.0 {
        return Err(too_large(bits, budget));
    }
    // The price of multiplying neighbouring factors, and that of their product.
    budget.charge(GATHERING + (high - low.min(high)) / 8 + price::power(bits as u64 / 64 + 1))?;
    let low = low.max(1);
    let product =
        if low == 1 { long::factorial(high, budget)? } else { long::product(long::word_factors(low..=high), budget)? };
    checked(Integer::from(IBig::from(product)), budget)
}

/// log2 of n!/(n-k)!, by Stirling's formula; too low by at most a fraction of a bit.
fn factorial_ratio_bits(n: f64, k: f64) -> f64 {
    let log2_factorial = |n: f64| if n < 2.0 { 0.0 } else { pxfm::f_lgamma(n + 1.0) * std::f64::consts::LOG2_E };
    log2_factorial(n) - log2_factorial(n - k)
}

/// An estimate of log2 of n over k, within a few bits.
fn combination_bits(n: &Integer, k: f64) -> f64 {
    if k == 0.0 {
        return 1.0;
    }
    let log2_k_factorial = factorial_ratio_bits(k, k);
    match n.as_i64() {
        Some(n) if n < 1 << 40 => factorial_ratio_bits(n as f64, k) - log2_k_factorial,
        // n is much larger than k, so n!/(n-k)! is nearly n^k.
        _ => (k * n.log2() - log2_k_factorial).max(1.0),
    }
}
