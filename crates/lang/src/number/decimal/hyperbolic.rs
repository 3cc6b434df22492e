//! The hyperbolic functions and their inverses.

use dashu_int::ops::BitTest;
use dashu_int::{IBig, UBig};

use super::approximation::{Approximation, charge, correctly_rounded};
use super::exponential::{SPARE, quotient_of, tens_of};
use super::{Decimal, EXPONENT_MAX, Precision, digits};
use crate::error::{DecimalError, ErrorKind};
use crate::limits::{Budget, price};
use crate::number::fixed;

/// e^x and e^-x for a positive x, both divided by the same power of ten.
struct Pair {
    grown: IBig,
    shrunk: IBig,
    places: usize,
    error: UBig,
    exponent: i64,
}

impl Decimal {
    fn exponentials(&self, places: usize, budget: &mut Budget) -> Result<Pair, ErrorKind> {
        let power = self.magnitude().exp_approximation(places, budget)?;
        budget.charge(price::convert(places as u64 / 32 + 1))?;
        let inverse = (IBig::ONE << (2 * places)) / &power.value;
        // At the scale of the other, it is divided by 10^2k. The factor below covers its error, a few times larger.
        let scale = tens_of(-2 * power.exponent, places, budget)?;
        let shrunk = if power.exponent == 0 { inverse } else { (inverse * scale) >> places };
        let error = power.error * 16_u8 + UBig::from(16_u8);
        Ok(Pair { grown: power.value, shrunk, places, error, exponent: power.exponent })
    }

    fn check_size(&self) -> Result<(), ErrorKind> {
        let log10 = self.approximate().abs() * std::f64::consts::LOG10_E;
        if log10 > EXPONENT_MAX as f64 + 3.0 { Err(DecimalError::Overflow.into()) } else { Ok(()) }
    }

    fn with_sign_of(&self, value: IBig) -> IBig {
        if self.negative { -value } else { value }
    }

    pub(crate) fn sinh(&self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if self.is_zero() {
            return self.clone().fix(false, precision, budget);
        }
        if self.is_tiny(precision, budget)? {
            return self.nudged(true, precision, budget);
        }
        self.check_size()?;
        let zeros = self.leading_zeros(budget)?;
        correctly_rounded(precision, budget, |bits, budget| {
            let Pair { grown, shrunk, places, error, exponent } = self.exponentials(bits + zeros + SPARE, budget)?;
            let value = self.with_sign_of(grown - shrunk);
            // The additional place divides by 2.
            Ok(Approximation { value, places: places + 1, error, exponent })
        })
    }

    pub(crate) fn cosh(&self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if self.is_zero() {
            return Ok(Self::one());
        }
        if self.is_tiny(precision, budget)? {
            return Self::one().nudged(true, precision, budget);
        }
        self.check_size()?;
        correctly_rounded(precision, budget, |bits, budget| {
            let Pair { grown, shrunk, places, error, exponent } = self.exponentials(bits + SPARE, budget)?;
            Ok(Approximation { value: grown + shrunk, places: places + 1, error, exponent })
        })
    }

    pub(crate) fn tanh(&self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if self.is_zero() {
            return self.clone().fix(false, precision, budget);
        }
        if self.is_tiny(precision, budget)? {
            return self.nudged(false, precision, budget);
        }
        if self.approximate().abs() * 2.0 * std::f64::consts::LOG10_E > precision as f64 + 5.0 {
            return Self::one().with_sign(self.negative).nudged(false, precision, budget);
        }
        let zeros = self.leading_zeros(budget)?;
        correctly_rounded(precision, budget, |bits, budget| {
            let Pair { grown, shrunk, places, error, .. } = self.exponentials(bits + 2 * zeros + SPARE, budget)?;
            let above = self.with_sign_of(&grown - &shrunk);
            quotient_of((above, error.clone()), (grown + shrunk, error), places, budget)
        })
    }

    /// The inverse hyperbolic sine.
    pub(crate) fn asinh(&self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if self.is_zero() {
            return self.clone().fix(false, precision, budget);
        }
        if self.is_tiny(precision, budget)? {
            return self.nudged(false, precision, budget);
        }
        let zeros = self.leading_zeros(budget)?;
        correctly_rounded(precision, budget, |bits, budget| {
            let approximation = self.logarithm_of_sum(bits + zeros + SPARE, None, budget)?;
            let value = self.with_sign_of(approximation.value);
            Ok(Approximation { value, ..approximation })
        })
    }

    /// The inverse hyperbolic cosine.
    pub(crate) fn acosh(&self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        let domain = || DecimalError::Domain { operation: "acosh".to_owned() };
        if self.negative || self.is_zero() || self.adjusted(budget)? < 0 {
            return Err(domain().into());
        }
        // For a large number, 1 is negligible against its square.
        let square = if self.adjusted(budget)? == 0 {
            let product = self.exact_product(self, budget)?;
            let enough = digits(&product.coefficient, budget)? + 4;
            let square = product.subtract(&Self::one(), enough, budget)?;
            if square.is_zero() {
                return Ok(Self::zero(false, 0));
            }
            Some(square)
        } else {
            None
        };
        let zeros = square.as_ref().map_or(Ok(0), |square| square.leading_zeros(budget))?;
        correctly_rounded(precision, budget, |bits, budget| {
            self.logarithm_of_sum(bits + zeros + SPARE, Some(square.as_ref()), budget)
        })
    }

    /// ln(|x| + √(x² ± 1)): minus if `square` is given. It holds the exact x² - 1 if x is below 10.
    fn logarithm_of_sum(
        &self,
        places: usize,
        square: Option<Option<&Self>>,
        budget: &mut Budget,
    ) -> Result<Approximation, ErrorKind> {
        let tens = self.adjusted(budget)?.max(0);
        let scaled = Self { exponent: self.exponent - tens, negative: false, ..self.clone() };
        let x = scaled.fixed(places, budget)?;
        charge(2, places, budget)?;
        budget.charge(2 * price::convert(places as u64 / 32 + 1))?;
        let root = match square {
            Some(Some(square)) => square.fixed(2 * places, budget)?,
            other => {
                // The number 1 at the scale of the square.
                let one = tens_of(-2 * tens, 2 * places, budget)?;
                let square = &x * &x;
                if other.is_some() { square - one } else { square + one }
            }
        };
        let root = dashu_int::ops::SquareRoot::sqrt(&root.into_parts().1);
        let sum = x.into_parts().1 + root;
        let value = fixed::ln(&sum, places) + IBig::from(tens) * IBig::from(fixed::ln_10(places));
        Ok(Approximation { value, places, error: UBig::from(tens.unsigned_abs() * 2 + 16), exponent: 0 })
    }

    /// The inverse hyperbolic tangent.
    pub(crate) fn atanh(&self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if self.is_zero() {
            return self.clone().fix(false, precision, budget);
        }
        if self.is_tiny(precision, budget)? {
            return self.nudged(true, precision, budget);
        }
        let length = digits(&self.coefficient, budget)?;
        let enough = length + self.adjusted(budget)?.abs() + 4;
        let magnitude = self.magnitude();
        let below = if self.adjusted(budget)? > 0 {
            Self::zero(false, 0)
        } else {
            Self::one().subtract(&magnitude, enough, budget)?
        };
        if below.is_zero() || below.negative {
            return Err(DecimalError::Domain { operation: "atanh".to_owned() }.into());
        }
        let above = Self::one().add(&magnitude, enough, budget)?;
        let zeros = self.leading_zeros(budget)?;
        let small = below.leading_zeros(budget)?;
        correctly_rounded(precision, budget, |bits, budget| {
            let places = bits + zeros + SPARE;
            // Near 1 the divisor is small, so it gets more places.
            let (above, below) = (above.fixed(places, budget)?, below.fixed(places + small, budget)?);
            let ratio = (above << (places + small)) / below;
            // ln(r·2^k) = ln r + k·ln 2, with r from 1 to 2.
            let twos = ratio.bit_len() as i64 - 1 - places as i64;
            let ratio = ratio.into_parts().1;
            let ratio = if twos >= 0 { ratio >> twos.unsigned_abs() as usize } else { ratio };
            charge(2, places, budget)?;
            let value = fixed::ln(&ratio, places) + IBig::from(twos.max(0)) * IBig::from(fixed::ln_2(places));
            let value = self.with_sign_of(value);
            // The additional place divides by 2.
            let error = UBig::from(twos.unsigned_abs() * 2 + 16);
            Ok(Approximation { value, places: places + 1, error, exponent: 0 })
        })
    }
}
