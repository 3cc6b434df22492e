//! Complex numbers by CPython's formulas, to the bit; the functions that these use are correctly rounded. A real
//! operand is not converted to a complex one: it has no imaginary part, not even 0.

use super::{Integer, float};
use crate::error::{ErrorKind, Overflow, ZeroDivision};
use crate::limits::{Budget, price};

/// A complex number of two floats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Complex {
    pub(crate) real: f64,
    pub(crate) imaginary: f64,
}

/// A divisor, prepared for Smith's method.
struct Divisor {
    /// The ratio of the smaller part to the larger one.
    ratio: f64,
    denominator: f64,
    /// Whether the imaginary part is the larger one.
    is_steep: bool,
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

    /// `self + real`.
    pub(crate) fn add_real(self, real: f64) -> Self {
        Self::new(self.real + real, self.imaginary)
    }

    /// `real - self`.
    pub(crate) fn subtract_from_real(self, real: f64) -> Self {
        Self::new(real - self.real, -self.imaginary)
    }

    /// `self * real`.
    pub(crate) fn scale(self, real: f64) -> Self {
        Self::new(self.real * real, self.imaginary * real)
    }

    /// `_Py_c_prod`. If both parts are nan, infinities are recovered (C11, annex G.5.1).
    pub(crate) fn multiply(self, other: Self) -> Self {
        let (a, b, c, d) = (self.real, self.imaginary, other.real, other.imaginary);
        let products = [a * c, b * d, a * d, b * c];
        let product = Self::new(products[0] - products[1], products[2] + products[3]);
        let infinite = self.is_infinite() || other.is_infinite() || products.iter().any(|part| part.is_infinite());
        if !product.is_nan() || !infinite {
            return product;
        }
        let (Self { real: a, imaginary: b }, Self { real: c, imaginary: d }) = (self.direction(), other.direction());
        Self::new(f64::INFINITY * (a * c - b * d), f64::INFINITY * (a * d + b * c))
    }

    pub(crate) fn negate(self) -> Self {
        Self::new(-self.real, -self.imaginary)
    }

    fn is_infinite(self) -> bool {
        self.real.is_infinite() || self.imaginary.is_infinite()
    }

    fn is_finite(self) -> bool {
        self.real.is_finite() && self.imaginary.is_finite()
    }

    /// Whether both parts are nan.
    fn is_nan(self) -> bool {
        self.real.is_nan() && self.imaginary.is_nan()
    }

    /// For an infinite number: 1 for each infinite part and 0 for the other. For any other number: the number with 0 in
    /// place of nan. Signs are kept.
    fn direction(self) -> Self {
        let infinite = self.is_infinite();
        let part = |part: f64| match part.is_infinite() {
            true => 1.0_f64.copysign(part),
            false if infinite || part.is_nan() => 0.0_f64.copysign(part),
            false => part,
        };
        Self::new(part(self.real), part(self.imaginary))
    }

    /// Prepares a division by this number with Smith's method, which avoids needless overflow; `None` for zero.
    /// Division by nan gives nan.
    fn divisor(self) -> Option<Divisor> {
        let (real, imaginary) = (self.real.abs(), self.imaginary.abs());
        if real >= imaginary {
            let ratio = self.imaginary / self.real;
            (real != 0.0).then_some(Divisor { ratio, denominator: self.real + self.imaginary * ratio, is_steep: false })
        } else if imaginary >= real {
            let ratio = self.real / self.imaginary;
            Some(Divisor { ratio, denominator: self.real * ratio + self.imaginary, is_steep: true })
        } else {
            Some(Divisor { ratio: f64::NAN, denominator: f64::NAN, is_steep: false })
        }
    }

    /// `_Py_c_quot`; `None` for a zero divisor. If both parts are nan, infinities and zeros are recovered (C11, annex
    /// G.5.1).
    fn quotient(self, other: Self) -> Option<Self> {
        let Divisor { ratio, denominator, is_steep } = other.divisor()?;
        let (real, imaginary) = (self.real, self.imaginary);
        let (real, imaginary) = match is_steep {
            false => (real + imaginary * ratio, imaginary - real * ratio),
            true => (real * ratio + imaginary, imaginary * ratio - real),
        };
        let quotient = Self::new(real / denominator, imaginary / denominator);
        let size = match (self.is_infinite(), other.is_infinite()) {
            (true, false) if other.is_finite() => f64::INFINITY,
            (false, true) if self.is_finite() => 0.0,
            _ => return Some(quotient),
        };
        if !quotient.is_nan() {
            return Some(quotient);
        }
        let (Self { real: a, imaginary: b }, Self { real: c, imaginary: d }) = (self.direction(), other.direction());
        Some(Self::new(size * (a * c + b * d), size * (b * c - a * d)))
    }

    /// `_Py_rc_quot`: `real / self`; `None` if this is zero.
    fn quotient_of_real(self, real: f64) -> Option<Self> {
        let Divisor { ratio, denominator, is_steep } = self.divisor()?;
        let quotient = match is_steep {
            false => Self::new(real / denominator, -real * ratio / denominator),
            true => Self::new(real * ratio / denominator, -real / denominator),
        };
        if !quotient.is_nan() || !real.is_finite() || !self.is_infinite() {
            return Some(quotient);
        }
        let Self { real: c, imaginary: d } = self.direction();
        Some(Self::new(0.0 * (real * c), 0.0 * (-real * d)))
    }

    pub(crate) fn divide(self, other: Self) -> Result<Self, ErrorKind> {
        self.quotient(other).ok_or(ZeroDivision::Division.into())
    }

    /// `real / self`.
    pub(crate) fn divide_real(self, real: f64) -> Result<Self, ErrorKind> {
        self.quotient_of_real(real).ok_or(ZeroDivision::Division.into())
    }

    /// `self / real`.
    pub(crate) fn divide_by_real(self, real: f64) -> Result<Self, ErrorKind> {
        if real == 0.0 {
            return Err(ZeroDivision::Division.into());
        }
        Ok(Self::new(self.real / real, self.imaginary / real))
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

    /// `complex_pow`: repeated multiplication for small integer exponents, polar coordinates otherwise.
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
            // As in CPython's test, nan is not negative.
            let defined = exponent.imaginary == 0.0 && (exponent.real >= 0.0 || exponent.real.is_nan());
            return Ok(defined.then_some(Self::new(0.0, 0.0)));
        }
        let size = match self.absolute(budget) {
            Err(ErrorKind::Overflow(_)) => f64::INFINITY,
            other => other?,
        };
        let mut length = float::real_power(size, exponent.real, budget)?;
        let angle = float::atan2(self.imaginary, self.real);
        let mut phase = angle * exponent.real;
        if exponent.imaginary != 0.0 {
            length /= pxfm::f_exp(angle * exponent.imaginary);
            phase += exponent.imaginary * pxfm::f_log(size);
        }
        // C's cosine of an infinity is a domain error, and CPython has only one message for that.
        if phase.is_infinite() {
            return Ok(None);
        }
        Ok(Some(Self::new(length * pxfm::f_cos(phase), length * pxfm::f_sin(phase))))
    }
}

/// Python's `repr`: `1j`, `(1+2j)`; a real part of 0 is omitted, but one of -0.0 is not.
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
