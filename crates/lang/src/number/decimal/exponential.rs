//! Exponentials, logarithms, powers and roots.

use dashu_int::ops::BitTest;
use dashu_int::{IBig, UBig};

use super::approximation::{Approximation, bits_of_digits, charge, correctly_rounded, ratio};
use super::{Decimal, EXPONENT_MAX, Integer, OPERATION, Precision, digits};
use crate::error::{DecimalError, ErrorKind};
use crate::limits::{Budget, price};
use crate::number::factored::Factored;
use crate::number::{fixed, long};

/// Additional bits for a power of ten of up to seven digits times a constant, and for the errors of sums.
pub(super) const SPARE: usize = 40;

/// e to the power of `value`·2^-`places`, `value` having an error below `error` and the exponent being below 10^7.
pub(super) fn exp_of_fixed(
    value: &IBig,
    places: usize,
    error: &UBig,
    budget: &mut Budget,
) -> Result<Approximation, ErrorKind> {
    charge(1, places, budget)?;
    let ln_10 = IBig::from(fixed::ln_10(places));
    // Rounded to the nearest integer, so that the rest lies between -1.2 and 1.2.
    let tens = ((value << 1) / &ln_10 + if value.sign() == dashu_int::Sign::Negative { -1 } else { 1 }) / 2;
    let exponent = i64::try_from(&tens).map_err(|_| ErrorKind::Internal)?;
    let rest = value - tens * ln_10;
    let power = fixed::exp(&rest, places);
    // The result is below 4, so the error of the exponent is at most multiplied by 4.
    let error = (error + UBig::from(exponent.unsigned_abs() * 2 + 2)) * 4_u8 + 2_u8;
    Ok(Approximation { value: power.into(), places, error, exponent })
}

impl Decimal {
    /// The result if e to this power is out of the range of exponents, else `None`.
    fn out_of_range(&self, scale: f64, precision: Precision, budget: &mut Budget) -> Result<Option<Self>, ErrorKind> {
        let log10 = self.approximate() * scale;
        if log10 > EXPONENT_MAX as f64 + 2.0 {
            return Err(DecimalError::Overflow.into());
        }
        if log10 < -(EXPONENT_MAX as f64) - precision as f64 - 2.0 {
            return Self::zero(false, i64::MIN / 2).fix(false, precision, budget).map(Some);
        }
        Ok(None)
    }

    /// Whether the square of the number is negligible against the number itself, at this precision.
    pub(super) fn is_tiny(&self, precision: Precision, budget: &mut Budget) -> Result<bool, ErrorKind> {
        Ok(2 * self.adjusted(budget)? < -precision - 8)
    }

    /// Whether the number is negligible against 1, at this precision.
    pub(super) fn is_minute(&self, precision: Precision, budget: &mut Budget) -> Result<bool, ErrorKind> {
        Ok(self.adjusted(budget)? < -precision - 4)
    }

    /// The number of binary zeros after the point before the first one, or a few more; 0 for numbers above 1.
    pub(super) fn leading_zeros(&self, budget: &mut Budget) -> Result<usize, ErrorKind> {
        Ok(bits_of_digits(-self.adjusted(budget)?))
    }

    /// e to the power of the number.
    pub(crate) fn exp(&self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if self.is_zero() {
            return Ok(Self::one());
        }
        if let Some(value) = self.out_of_range(std::f64::consts::LOG10_E, precision, budget)? {
            return Ok(value);
        }
        if self.is_minute(precision, budget)? {
            return Self::one().nudged(!self.negative, precision, budget);
        }
        correctly_rounded(precision, budget, |bits, budget| self.exp_approximation(bits + SPARE, budget))
    }

    /// e to the power of the number, whose magnitude must be below 10^7.
    pub(super) fn exp_approximation(&self, places: usize, budget: &mut Budget) -> Result<Approximation, ErrorKind> {
        exp_of_fixed(&self.fixed(places, budget)?, places, &UBig::ONE, budget)
    }

    pub(crate) fn exp_minus_1(&self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if self.is_zero() {
            return self.clone().fix(false, precision, budget);
        }
        if self.is_minute(precision, budget)? {
            return self.nudged(!self.negative, precision, budget);
        }
        let log10 = self.approximate() * std::f64::consts::LOG10_E;
        if log10 < -(precision as f64) - 5.0 {
            return Self::one().negated().nudged(false, precision, budget);
        }
        self.out_of_range(std::f64::consts::LOG10_E, precision, budget)?;
        let zeros = self.leading_zeros(budget)?;
        correctly_rounded(precision, budget, |bits, budget| {
            // If the exponent is negative, 1 is that much larger than the power.
            let places = bits + zeros + SPARE + bits_of_digits(-log10 as i64);
            let power = self.exp_approximation(places, budget)?;
            let one = tens_of(-power.exponent, places, budget)?;
            let error = power.error + UBig::ONE;
            Ok(Approximation { value: power.value - one, error, ..power })
        })
    }

    /// The natural logarithm of a positive number other than 1, with a relative error of about 2^-`bits`.
    pub(super) fn ln_approximation(&self, bits: usize, budget: &mut Budget) -> Result<Approximation, ErrorKind> {
        let mut tens = self.adjusted(budget)?;
        if self.with_exponent(self.exponent - tens).approximate() > 3.2 {
            tens += 1;
        }
        let mantissa = self.with_exponent(self.exponent - tens);
        let zeros = if tens == 0 {
            // Near 1, the logarithm is about as small as the distance from 1.
            let distance = mantissa.exact_distance_from_one(budget)?;
            let zeros = distance.leading_zeros(budget)?;
            if zeros > bits + 32 {
                // And nearly equal to this distance.
                let places = bits + zeros + 16;
                let value = distance.fixed(places, budget)?;
                return Ok(Approximation { value, places, error: UBig::from(4_u8), exponent: 0 });
            }
            zeros
        } else {
            0
        };
        let places = bits + zeros + SPARE;
        charge(2, places, budget)?;
        let value = fixed::ln(&mantissa.fixed(places, budget)?.into_parts().1, places);
        let value = value + IBig::from(tens) * IBig::from(fixed::ln_10(places));
        Ok(Approximation { value, places, error: UBig::from(tens.unsigned_abs() * 2 + 8), exponent: 0 })
    }

    fn with_exponent(&self, exponent: i64) -> Self {
        Self { exponent, ..self.clone() }
    }

    /// x - 1, exactly, for a number between 0.1 and 10.
    fn exact_distance_from_one(&self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        let length = digits(&self.coefficient, budget)?;
        self.subtract(&Self::one(), length + 2, budget)
    }

    fn is_one(&self, budget: &mut Budget) -> Result<bool, ErrorKind> {
        Ok(self.compare(&Self::one(), budget)?.is_eq())
    }

    /// An error for a number that has no logarithm.
    fn check_logarithm(&self, operation: &str) -> Result<(), ErrorKind> {
        if self.is_zero() || self.negative {
            return Err(DecimalError::Domain { operation: operation.to_owned() }.into());
        }
        Ok(())
    }

    pub(crate) fn ln(&self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        self.check_logarithm("log")?;
        if self.is_one(budget)? {
            return Ok(Self::zero(false, 0));
        }
        if matches!(self.adjusted(budget)?, -1 | 0) {
            let distance = self.exact_distance_from_one(budget)?;
            if distance.is_minute(precision, budget)? {
                // ln(1 + d) is slightly less than d.
                return distance.nudged(distance.negative, precision, budget);
            }
        }
        correctly_rounded(precision, budget, |bits, budget| self.ln_approximation(bits, budget))
    }

    pub(crate) fn log(
        &self,
        base: &Self,
        operation: &str,
        precision: Precision,
        budget: &mut Budget,
    ) -> Result<Self, ErrorKind> {
        self.check_logarithm(operation)?;
        base.check_logarithm(operation)?;
        if base.is_one(budget)? {
            return Err(DecimalError::DivisionByZero.into());
        }
        let (own, of_base) = (self.factored(budget)?, base.factored(budget)?);
        if let Some((p, q)) = own.logarithm(&of_base, budget)? {
            let (p, q) = (Self::from(Integer::from(p)), Self::from(Integer::from(q)));
            return p.divide(&q, precision, budget);
        }
        correctly_rounded(precision, budget, |bits, budget| {
            let above = self.ln_approximation(bits + 16, budget)?;
            let below = base.ln_approximation(bits + 16, budget)?;
            quotient(above, below, budget)
        })
    }

    pub(crate) fn ln_plus_1(&self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if self.is_zero() {
            return self.clone().fix(false, precision, budget);
        }
        if self.is_minute(precision, budget)? {
            return self.nudged(self.negative, precision, budget);
        }
        // If 1 is negligible against the number, it is left out.
        let adjusted = self.adjusted(budget)?;
        let enough = digits(&self.coefficient, budget)?
            + adjusted.clamp(0, 4 * precision + 100)
            + adjusted.abs().min(4 * precision);
        let sum = self.add(&Self::one(), enough + 4, budget)?;
        sum.check_logarithm("log1p")?;
        correctly_rounded(precision, budget, |bits, budget| sum.ln_approximation(bits, budget))
    }

    /// Python's `**`, correctly rounded.
    pub(crate) fn power(&self, exponent: &Self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        budget.charge(OPERATION)?;
        let domain = || DecimalError::Domain { operation: "**".to_owned() };
        if exponent.is_zero() {
            return if self.is_zero() { Err(domain().into()) } else { Ok(Self::one()) };
        }
        let (whole, odd) = exponent.parity(budget)?;
        if self.negative && !whole && !self.is_zero() {
            return Err(domain().into());
        }
        let negative = self.negative && odd;
        if self.is_zero() {
            return if exponent.negative {
                Err(DecimalError::DivisionByZero.into())
            } else {
                Ok(Self::zero(negative, 0))
            };
        }
        let base = self.magnitude();
        if base.is_one(budget)? {
            return base.power_of_one(exponent, whole, precision).map(|value| value.with_sign(negative));
        }
        let grows = exponent.negative == base.is_below_one(budget)?;
        // The decimal logarithm of the power, as an exponent of ten: it may be too large for a float.
        let size = exponent.log10() + base.size_of_log10(budget)?;
        if size > 0.0 {
            let log10 = pxfm::f_exp10(size.min(20.0));
            if grows && log10 > EXPONENT_MAX as f64 + 2.0 {
                return Err(DecimalError::Overflow.into());
            }
            if !grows && log10 > EXPONENT_MAX as f64 + precision as f64 + 2.0 {
                return Self::zero(negative, i64::MIN / 2).fix(false, precision, budget);
            }
        }
        if let Some(value) = base.exact_power(exponent, whole, precision + 1, budget)? {
            return value.with_sign(negative).fix(false, precision, budget);
        }
        if size < -(precision as f64) - 5.0 {
            return Self::one().with_sign(negative).nudged(grows, precision, budget);
        }
        let value = correctly_rounded(precision, budget, |bits, budget| {
            let wanted = bits + bits_of_digits(size as i64 + 2) + 16;
            let logarithm = base.ln_approximation(wanted, budget)?;
            let factor = exponent.coefficient.magnitude();
            // The exponent's power of ten is applied after the exact multiplication.
            let factor = if exponent.negative { -IBig::from(factor) } else { IBig::from(factor) };
            let product = Decimal::scaled(logarithm.value * &factor, exponent.exponent, budget)?;
            let error = Decimal::scaled(IBig::from(logarithm.error) * factor, exponent.exponent, budget)?;
            let error = error.into_parts().1 + UBig::ONE;
            // Unneeded places would only cost time.
            let dropped = logarithm.places.saturating_sub(wanted + SPARE);
            let (product, error) = (product >> dropped, (error >> dropped) + UBig::from(2_u8));
            exp_of_fixed(&product, logarithm.places - dropped, &error, budget)
        })?;
        Ok(value.with_sign(negative))
    }

    /// `value`·10^`tens`, rounded down.
    fn scaled(value: IBig, tens: i64, budget: &mut Budget) -> Result<IBig, ErrorKind> {
        budget.charge(price::convert(value.bit_len() as u64 / 64 + tens.unsigned_abs() / 19 + 1))?;
        let power = long::power(&UBig::from(10_u8), tens.unsigned_abs() as usize, budget)?;
        let (sign, value) = value.into_parts();
        let value =
            if tens >= 0 { long::multiply(&value, &power, budget)? } else { long::divide(&value, &power, budget)?.0 };
        Ok(sign * IBig::from(value))
    }

    fn is_below_one(&self, budget: &mut Budget) -> Result<bool, ErrorKind> {
        Ok(self.adjusted(budget)? < 0)
    }

    /// log10 of the magnitude of log10 of a positive number other than 1, with an error of about 10^-9.
    fn size_of_log10(&self, budget: &mut Budget) -> Result<f64, ErrorKind> {
        if matches!(self.adjusted(budget)?, -1 | 0) {
            let distance = self.exact_distance_from_one(budget)?;
            let small = distance.approximate();
            return Ok(if small.abs() > 1e-100 {
                pxfm::f_log10(pxfm::f_log1p(small).abs() * std::f64::consts::LOG10_E)
            } else {
                distance.log10() + pxfm::f_log10(std::f64::consts::LOG10_E)
            });
        }
        Ok(pxfm::f_log10(self.log10().abs()))
    }

    /// Whether the number is an integer, and whether it is odd.
    fn parity(&self, budget: &mut Budget) -> Result<(bool, bool), ErrorKind> {
        if self.exponent > 0 || self.is_zero() {
            return Ok((true, false));
        }
        if self.coefficient.trailing_zeros() < self.exponent.unsigned_abs() {
            return Ok((false, false));
        }
        Ok(self.as_integer(budget)?.map_or((false, false), |value| (true, value.is_odd())))
    }

    /// A power of 1, with the trailing zeros that Python gives it.
    fn power_of_one(&self, exponent: &Self, whole: bool, precision: Precision) -> Result<Self, ErrorKind> {
        let least = 1 - precision;
        let zeros = if !whole {
            least
        } else if exponent.negative {
            0
        } else {
            // More zeros than the precision make no difference.
            let times = exponent.approximate().min(precision as f64) as i64;
            (self.exponent * times).max(least)
        };
        let coefficient = Integer::from(IBig::from(10).pow(zeros.unsigned_abs() as usize));
        Ok(Self::new(false, coefficient, zeros.min(0)))
    }

    pub(super) fn factored(&self, budget: &mut Budget) -> Result<Factored, ErrorKind> {
        Factored::new(&self.coefficient, &Integer::ONE, self.exponent, budget)
    }

    /// The power of a positive number other than 1, if it is exact with at most `most` digits, with the trailing zeros
    /// that Python gives it. The power must be within the range of exponents.
    fn exact_power(
        &self,
        exponent: &Self,
        whole: bool,
        most: i64,
        budget: &mut Budget,
    ) -> Result<Option<Self>, ErrorKind> {
        let Some((times, index)) = exponent.fraction(budget)? else { return Ok(None) };
        let factored = self.factored(budget)?;
        let Some(root) = (if index == 1 { Some(factored) } else { factored.root(index, budget)? }) else {
            return Ok(None);
        };
        let Some(value) = root.to_decimal(times, most, budget)? else { return Ok(None) };
        if !whole {
            return value.padded(i64::MIN, most, budget).map(Some);
        }
        if exponent.negative {
            return Ok(Some(value));
        }
        value.padded(self.exponent.saturating_mul(times), most, budget).map(Some)
    }

    /// The number with zeros appended, until the exponent is `exponent` or there are `most` digits.
    fn padded(self, exponent: i64, most: i64, budget: &mut Budget) -> Result<Self, ErrorKind> {
        let room = most - digits(&self.coefficient, budget)?;
        let zeros = self.exponent.saturating_sub(exponent).min(room);
        if zeros <= 0 { Ok(self) } else { self.rescale(self.exponent - zeros, budget) }
    }

    /// The number as a fraction in lowest terms, if its parts are small enough for an exact power.
    fn fraction(&self, budget: &mut Budget) -> Result<Option<(i64, u64)>, ErrorKind> {
        // A power of 2 with a million digits has a smaller exponent.
        const TIMES_MAX: i64 = 4_000_000;
        let stripped = self.clone().stripped(0, budget)?;
        if stripped.exponent < -24 || stripped.adjusted(budget)? > 7 {
            return Ok(None);
        }
        let Some(coefficient) = stripped.coefficient.as_i64() else { return Ok(None) };
        let tens = 10_i128.pow(stripped.exponent.unsigned_abs() as u32);
        let (mut above, mut below) = (i128::from(coefficient), 1);
        if stripped.exponent >= 0 {
            above *= tens;
        } else {
            below = tens;
        }
        for prime in [2, 5] {
            while above % prime == 0 && below % prime == 0 {
                (above, below) = (above / prime, below / prime);
            }
        }
        let small = above <= i128::from(TIMES_MAX) && below <= i128::from(TIMES_MAX);
        let above = if self.negative { -above } else { above };
        Ok(small.then_some((above as i64, below as u64)))
    }

    /// The root for an index of 2 or more, correctly rounded; if exact, with the number's exponent divided by the
    /// index.
    pub(crate) fn root(
        &self,
        index: u64,
        operation: &str,
        precision: Precision,
        budget: &mut Budget,
    ) -> Result<Self, ErrorKind> {
        if index == 2 {
            return self.square_root(precision, budget);
        }
        let divisor = i64::try_from(index).unwrap_or(i64::MAX);
        let ideal = self.exponent.div_euclid(divisor);
        if self.is_zero() {
            return Self::zero(self.negative, ideal).fix(false, precision, budget);
        }
        if self.negative {
            return Err(DecimalError::Domain { operation: operation.to_owned() }.into());
        }
        if let Some(root) = self.factored(budget)?.root(index, budget)? {
            // An exact root is not longer than the number.
            let most = digits(&self.coefficient, budget)?.max(precision) + 1;
            if let Some(value) = root.to_decimal(1, most, budget)? {
                return value.padded(ideal, most, budget)?.fix(false, precision, budget);
            }
        }
        if self.size_of_log10(budget)? - pxfm::f_log10(index as f64) < -(precision as f64) - 5.0 {
            return Self::one().nudged(!self.is_below_one(budget)?, precision, budget);
        }
        correctly_rounded(precision, budget, |bits, budget| {
            let logarithm = self.ln_approximation(bits + 16, budget)?;
            let (index, error) = (IBig::from(index), logarithm.error + UBig::ONE);
            exp_of_fixed(&(logarithm.value / index), logarithm.places, &error, budget)
        })
    }
}

impl Factored {
    /// The power with the exponent `times`, if it is a decimal of at most `most` digits, without trailing zeros.
    fn to_decimal(&self, times: i64, most: i64, budget: &mut Budget) -> Result<Option<Decimal>, ErrorKind> {
        let (twos, fives) = (self.twos * times, self.fives * times);
        let (above, below) = if times >= 0 { (&self.above, &self.below) } else { (&self.below, &self.above) };
        if *below != Integer::ONE {
            return Ok(None);
        }
        let count = times.unsigned_abs();
        let exponent = twos.min(fives);
        let (twos, fives) = ((twos - exponent).unsigned_abs(), (fives - exponent).unsigned_abs());
        let log2 = above.log2() * count as f64 + twos as f64 + fives as f64 * 5.0_f64.log2();
        if log2 > (most + 1) as f64 * std::f64::consts::LOG2_10 {
            return Ok(None);
        }
        let power = above.power(count, budget)?;
        let scale = Integer::from(5_i64).power(fives, budget)?.shift_left(&Integer::from(twos as i64), budget)?;
        let coefficient = power.multiply(&scale, budget)?;
        if digits(&coefficient, budget)? > most {
            return Ok(None);
        }
        Ok(Some(Decimal::new(false, coefficient, exponent)))
    }
}

/// 10^`tens` in fixed point, rounded down.
pub(super) fn tens_of(tens: i64, places: usize, budget: &mut Budget) -> Result<IBig, ErrorKind> {
    if tens < 0 && tens.unsigned_abs() as f64 * 3.3 > places as f64 + 8.0 {
        return Ok(IBig::ZERO);
    }
    budget.charge(price::convert(places as u64 / 64 + tens.unsigned_abs() / 19 + 1))?;
    let power = long::power(&UBig::from(10_u8), tens.unsigned_abs() as usize, budget)?;
    Ok(IBig::from(if tens >= 0 { power << places } else { long::divide(&(UBig::ONE << places), &power, budget)?.0 }))
}

/// The quotient of two approximations whose relative errors are small.
fn quotient(above: Approximation, below: Approximation, budget: &mut Budget) -> Result<Approximation, ErrorKind> {
    // The numerator gets as many more bits as the quotient shall have.
    let places = above.places.max(below.places);
    let words = (above.value.bit_len() + 2 * places) as u64 / 64 + 1;
    budget.charge(price::convert(words))?;
    // In a/b, an error of a is multiplied by 1/b, an error of b by a/b².
    let shift = places + below.places - above.places;
    let value = (&above.value << shift) / &below.value;
    let size = |value: &IBig| value.clone().into_parts().1;
    let by_above = (above.error << shift) / (size(&below.value) - &below.error).max(UBig::ONE);
    let by_below = size(&value) * below.error / (size(&below.value).max(UBig::ONE)) * 2_u8;
    Ok(Approximation { value, places, error: by_above + by_below + UBig::from(4_u8), exponent: 0 })
}

/// The quotient of two approximations with equally many places; a value with a huge error if the divisor may be zero.
pub(super) fn quotient_of(
    (above, above_error): (IBig, UBig),
    (below, below_error): (IBig, UBig),
    places: usize,
    budget: &mut Budget,
) -> Result<Approximation, ErrorKind> {
    if below.clone().into_parts().1 <= &below_error * 2_u8 {
        // The next attempt will have more places.
        return Ok(Approximation {
            value: ratio(&above, &IBig::ONE, 0),
            places,
            error: UBig::ONE << (2 * places),
            exponent: 0,
        });
    }
    quotient(
        Approximation { value: above, places, error: above_error, exponent: 0 },
        Approximation { value: below, places, error: below_error, exponent: 0 },
        budget,
    )
}
