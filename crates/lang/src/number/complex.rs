//! Complex numbers with CPython 3.11's formulas, to the bit; the functions inside them are correctly rounded.

use super::{Integer, float};
use crate::error::{ErrorKind, Overflow, ZeroDivision};
use crate::limits::{Budget, price};

/// A complex number of two floats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Complex {
    pub(crate) real: f64,
    pub(crate) imaginary: f64,
}

impl Complex {
    pub(crate) fn new(real: f64, imaginary: f64) -> Self {
        Self { real, imaginary }
    }

    pub(crate) fn add(self, other: Self) -> Self {
        Self::new(self.real + other.real, self.imaginary + other.imaginary)
    }

    pub(crate) fn subtract(self, other: Self) -> Self {
        Self::new(self.real - other.real, self.imaginary - other.imaginary)
    }

    pub(crate) fn multiply(self, other: Self) -> Self {
        Self::new(
            self.real * other.real - self.imaginary * other.imaginary,
            self.real * other.imaginary + self.imaginary * other.real,
        )
    }

    pub(crate) fn negate(self) -> Self {
        Self::new(-self.real, -self.imaginary)
    }

    /// `_Py_c_quot`: Smith's method, which avoids needless overflow; `None` for a zero divisor.
    fn quotient(self, other: Self) -> Option<Self> {
        let (real, imaginary) = (other.real.abs(), other.imaginary.abs());
        if real >= imaginary {
            if real == 0.0 {
                return None;
            }
            let ratio = other.imaginary / other.real;
            let denominator = other.real + other.imaginary * ratio;
            Some(Self::new(
                (self.real + self.imaginary * ratio) / denominator,
                (self.imaginary - self.real * ratio) / denominator,
            ))
        } else if imaginary >= real {
            let ratio = other.real / other.imaginary;
            let denominator = other.real * ratio + other.imaginary;
            Some(Self::new(
                (self.real * ratio + self.imaginary) / denominator,
                (self.imaginary * ratio - self.real) / denominator,
            ))
        } else {
            Some(Self::new(f64::NAN, f64::NAN))
        }
    }

    pub(crate) fn divide(self, other: Self) -> Result<Self, ErrorKind> {
        self.quotient(other).ok_or(ZeroDivision::Division.into())
    }

    /// The magnitude, correctly rounded.
    pub(crate) fn absolute(self, budget: &mut Budget) -> Result<f64, ErrorKind> {
        budget.charge(price::ELEMENTARY * 32)?;
        let (real, imaginary) = (self.real, self.imaginary);
        if real.is_infinite() || imaginary.is_infinite() {
            return Ok(f64::INFINITY);
        }
        if real.is_nan() || imaginary.is_nan() {
            return Ok(f64::NAN);
        }
        let size = Integer::root_of_sum_of_squares(&[real, imaginary]);
        if size.is_infinite() { Err(Overflow::ComplexAbsolute.into()) } else { Ok(size) }
    }

    /// `complex_pow`: repeated multiplication for small whole exponents, polar coordinates otherwise.
    pub(crate) fn power(self, exponent: Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        budget.charge(price::ELEMENTARY * 40)?;
        let whole = exponent.imaginary == 0.0 && exponent.real == exponent.real.floor() && exponent.real.abs() <= 100.0;
        let power = if whole { self.whole_power(exponent.real as i64) } else { self.polar_power(exponent, budget)? };
        let power = power.ok_or(ZeroDivision::ComplexPower)?;
        if power.real.is_infinite() || power.imaginary.is_infinite() {
            return Err(Overflow::ComplexPower.into());
        }
        Ok(power)
    }

    fn whole_power(self, exponent: i64) -> Option<Self> {
        let one = Self::new(1.0, 0.0);
        let (mut result, mut square, mut rest) = (one, self, exponent.unsigned_abs());
        while rest > 0 {
            if rest & 1 == 1 {
                result = result.multiply(square);
            }
            square = square.multiply(square);
            rest >>= 1;
        }
        if exponent > 0 { Some(result) } else { one.quotient(result) }
    }

    fn polar_power(self, exponent: Self, budget: &mut Budget) -> Result<Option<Self>, ErrorKind> {
        if exponent == Self::new(0.0, 0.0) {
            return Ok(Some(Self::new(1.0, 0.0)));
        }
        if self == Self::new(0.0, 0.0) {
            let defined = exponent.imaginary == 0.0 && exponent.real >= 0.0;
            return Ok(defined.then_some(Self::new(0.0, 0.0)));
        }
        let size = match self.absolute(budget) {
            Err(ErrorKind::Overflow(_)) => f64::INFINITY,
            other => other?,
        };
        let mut length = float::real_power(size, exponent.real, budget)?;
        let angle = pxfm::f_atan2(self.imaginary, self.real);
        let mut phase = angle * exponent.real;
        if exponent.imaginary != 0.0 {
            length /= pxfm::f_exp(angle * exponent.imaginary);
            phase += exponent.imaginary * pxfm::f_log(size);
        }
        // C's cosine of an infinity is a domain error, and CPython has one sentence for those.
        if phase.is_infinite() {
            return Ok(None);
        }
        Ok(Some(Self::new(length * pxfm::f_cos(phase), length * pxfm::f_sin(phase))))
    }
}

/// Python's `repr`: `1j`, `(1+2j)`; a real part of 0 is left out unless it is -0.0.
impl std::fmt::Display for Complex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let part = |value: f64| {
            let text = float::text(value);
            text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
        };
        let imaginary = part(self.imaginary);
        if self.real == 0.0 && self.real.is_sign_positive() {
            return write!(f, "{imaginary}j");
        }
        let sign = if imaginary.starts_with('-') { "" } else { "+" };
        write!(f, "({}{sign}{imaginary}j)", part(self.real))
    }
}
