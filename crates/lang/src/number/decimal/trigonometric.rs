//! The trigonometric functions, their inverses, and the constants.

use dashu_int::ops::BitTest;
use dashu_int::{IBig, Sign, UBig};

use super::approximation::{Approximation, bits_of_digits, charge, correctly_rounded};
use super::exponential::quotient_of;
use super::{Decimal, Integer, Precision, digits, shift};
use crate::error::{DecimalError, ErrorKind, ValueError};
use crate::limits::{Budget, price};
use crate::number::angle::Circular;
use crate::number::{fixed, long};

/// Angles must be below 10^1000, since their reduction needs as many digits of π as they have.
const ANGLE_EXPONENT_MAX: i64 = 1_000;

/// π. It is cheap if it is stored to so many places.
fn pi(places: usize, budget: &mut Budget) -> Result<IBig, ErrorKind> {
    if places + 2 > fixed::STORED_PLACES {
        // Each term of the series gives 47 bits and takes a few divisions by machine words.
        let words = places as u64 / 64 + 1;
        budget.charge(places as u64 / 47 * (4 * words + 60) + price::convert(2 * words))?;
    }
    Ok(fixed::pi(places).into())
}

/// Sine and cosine of an angle reduced by quarter turns, with errors below `error`, and the number of turns modulo
/// four.
struct Reduced {
    sine: IBig,
    cosine: IBig,
    quarters: u8,
    places: usize,
    error: UBig,
}

impl Reduced {
    /// A function of the original angle.
    fn function(self, function: Circular, budget: &mut Budget) -> Result<Approximation, ErrorKind> {
        let Self { sine, cosine, quarters, places, error } = self;
        let (sine, cosine) = match quarters % 4 {
            0 => (sine, cosine),
            1 => (cosine, -sine),
            2 => (-sine, -cosine),
            _ => (-cosine, sine),
        };
        let one = (IBig::ONE << places, UBig::ZERO);
        let (above, below) = function.quotient((sine, error.clone()), (cosine, error), one.clone());
        if below == one {
            return Ok(Approximation { value: above.0, places, error: above.1, exponent: 0 });
        }
        quotient_of(above, below, places, budget)
    }
}

impl Decimal {
    /// Sine and cosine of the angle, reduced by quarter turns.
    fn sine_and_cosine(&self, places: usize, budget: &mut Budget) -> Result<Reduced, ErrorKind> {
        let angle = self.fixed(places, budget)?;
        // π needs as many more places as the number of quarter turns has bits.
        let whole = bits_of_digits(self.adjusted(budget)? + 1);
        charge(1, places, budget)?;
        let wide = pi(places + whole, budget)?;
        budget.charge(price::convert((places + 2 * whole) as u64 / 64 + 1))?;
        let doubled: IBig = (&angle << (whole + 2)) / &wide;
        let quarters: IBig = (doubled + if angle.sign() == Sign::Negative { -1 } else { 1 }) / 2;
        let rest = angle - ((&quarters * wide) >> (whole + 1));
        let (sine, cosine) = fixed::sin_cos(&rest, places);
        let quarters = quarters & IBig::from(3);
        let quarters = u8::try_from(&quarters).map_err(|_| ErrorKind::Internal)?;
        Ok(Reduced { sine, cosine: cosine.into(), quarters, places, error: UBig::from(8_u8) })
    }

    fn check_angle(&self, budget: &mut Budget) -> Result<(), ErrorKind> {
        if !self.is_zero() && self.adjusted(budget)? >= ANGLE_EXPONENT_MAX {
            return Err(DecimalError::ArgumentTooLarge { limit: ANGLE_EXPONENT_MAX.unsigned_abs() }.into());
        }
        Ok(())
    }

    pub(crate) fn sin(&self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        self.check_angle(budget)?;
        if self.is_zero() {
            return self.clone().fix(false, precision, budget);
        }
        if self.is_tiny(precision, budget)? {
            return self.nudged(false, precision, budget);
        }
        let zeros = self.leading_zeros(budget)?;
        correctly_rounded(precision, budget, |bits, budget| {
            self.sine_and_cosine(bits + zeros + 8, budget)?.function(Circular::Sine, budget)
        })
    }

    pub(crate) fn cos(&self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        self.check_angle(budget)?;
        if self.is_zero() {
            return Ok(Self::one());
        }
        if self.is_tiny(precision, budget)? {
            return Self::one().nudged(false, precision, budget);
        }
        correctly_rounded(precision, budget, |bits, budget| {
            self.sine_and_cosine(bits + 8, budget)?.function(Circular::Cosine, budget)
        })
    }

    pub(crate) fn tan(&self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        self.check_angle(budget)?;
        if self.is_zero() {
            return self.clone().fix(false, precision, budget);
        }
        if self.is_tiny(precision, budget)? {
            return self.nudged(true, precision, budget);
        }
        let zeros = self.leading_zeros(budget)?;
        correctly_rounded(precision, budget, |bits, budget| {
            self.sine_and_cosine(bits + zeros + 16, budget)?.function(Circular::Tangent, budget)
        })
    }

    /// The secant, the cosecant or the cotangent.
    pub(crate) fn reciprocal(
        &self,
        function: Circular,
        precision: Precision,
        budget: &mut Budget,
    ) -> Result<Self, ErrorKind> {
        self.check_angle(budget)?;
        if function == Circular::Secant {
            if self.is_zero() {
                return Ok(Self::one());
            }
            if self.is_tiny(precision, budget)? {
                return Self::one().nudged(true, precision, budget);
            }
        } else if self.is_zero() {
            return Err(ValueError::Pole { function: function.name().to_owned(), at: "0".to_owned() }.into());
        } else if self.is_remote(-self.adjusted(budget)?, precision, budget)? {
            return self.near_reciprocal(function == Circular::Cosecant, precision, budget);
        }
        let zeros = self.leading_zeros(budget)?;
        correctly_rounded(precision, budget, |bits, budget| {
            self.sine_and_cosine(bits + zeros + 16, budget)?.function(function, budget)
        })
    }

    /// Whether a value that differs from 1/x by a part of 10^-(2·`distance`) is rounded like 1/x, unless 1/x is a tie.
    fn is_remote(&self, distance: i64, precision: Precision, budget: &mut Budget) -> Result<bool, ErrorKind> {
        let length = digits(&self.coefficient, budget)?.max(precision);
        Ok(2 * distance > precision + length + 8)
    }

    /// The rounded value of a number slightly larger in magnitude than 1/x (slightly smaller if not `away`).
    fn near_reciprocal(&self, away: bool, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        let quotient = Self::one().divide(self, precision + 3, budget)?;
        let product = quotient.exact_product(self, budget)?;
        if product.compare(&Self::one(), budget)?.is_eq() {
            return quotient.nudged(away, precision, budget);
        }
        Self::one().divide(self, precision, budget)
    }

    /// A function of an angle in degrees, correctly rounded, and exact where it is rational.
    ///
    /// # Errors
    ///
    /// `Pole` if the function has no value there.
    pub(crate) fn of_degrees(
        &self,
        function: Circular,
        precision: Precision,
        budget: &mut Budget,
    ) -> Result<Self, ErrorKind> {
        let angle = self.within_a_turn(budget)?;
        let negative = self.negative && !function.is_even();
        let whole = angle.as_i64().and_then(|whole| u16::try_from(whole).ok());
        let written = self.as_i64();
        if let Some(halves) = whole.map_or(Ok(None), |whole| function.halves(whole, written))? {
            let tenths = Self::new(false, Integer::from(5 * i64::from(halves.unsigned_abs())), -1);
            let value = if halves % 2 == 0 { tenths.rescale(0, budget)? } else { tenths };
            return Ok(value.with_sign(halves != 0 && negative != (halves < 0)));
        }
        let (quarters, rest) = angle.to_nearest_quarter(budget)?;
        let value = rest.quarters_and_degrees(function, quarters, precision, budget)?;
        Ok(value.with_sign(value.negative != negative))
    }

    /// The magnitude of an angle in degrees modulo a turn, exactly.
    fn within_a_turn(&self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if self.is_zero() || self.adjusted(budget)? < 2 {
            return Ok(self.magnitude());
        }
        // From 1000 on, every power of ten is 280 modulo 360.
        let coefficient = shift(&self.coefficient, self.exponent.clamp(0, 3), budget)?;
        let exponent = self.exponent.min(0);
        let turn = shift(&Integer::from(360_i64), -exponent, budget)?;
        Ok(Self::new(false, coefficient.modulo(&turn, budget)?, exponent))
    }

    /// The nearest multiple of a quarter turn for an angle from 0 to 360 degrees, and the difference, exactly.
    fn to_nearest_quarter(&self, budget: &mut Budget) -> Result<(u8, Self), ErrorKind> {
        let whole = self.trunc(budget)?.as_i64().ok_or(ErrorKind::Internal)?;
        let quarters = (2 * whole + 90) / 180;
        if quarters == 0 {
            return Ok((0, self.clone()));
        }
        let exponent = self.exponent.min(0);
        let taken = shift(&Integer::from(90 * quarters), -exponent, budget)?;
        let rest = shift(&self.coefficient, self.exponent - exponent, budget)?.subtract(&taken, budget)?;
        Ok((quarters as u8, Self::new(rest.is_negative(), rest.absolute(), exponent)))
    }

    /// The function of so many quarter turns plus this number of degrees, not zero and at most 45 in magnitude.
    fn quarters_and_degrees(
        &self,
        function: Circular,
        quarters: u8,
        precision: Precision,
        budget: &mut Budget,
    ) -> Result<Self, ErrorKind> {
        let is_odd = !quarters.is_multiple_of(2);
        let is_near_one = match function {
            Circular::Sine | Circular::Cosecant => is_odd,
            Circular::Cosine | Circular::Secant => !is_odd,
            Circular::Tangent | Circular::Cotangent => false,
        };
        if is_near_one && self.is_tiny(precision, budget)? {
            let away = matches!(function, Circular::Secant | Circular::Cosecant);
            // Near half a turn, the cosine is -1; near three quarters, the sine.
            let is_negative = quarters == 2 || quarters == 3;
            return Ok(Self::one().nudged(away, precision, budget)?.with_sign(is_negative));
        }
        let adjusted = self.adjusted(budget)?;
        if adjusted < -2 * precision - 20 {
            return self.small_degrees(function, quarters, precision, budget);
        }
        let zeros = self.leading_zeros(budget)?;
        correctly_rounded(precision, budget, |bits, budget| {
            let places = bits + zeros + 16;
            charge(1, places, budget)?;
            budget.charge(price::convert(places as u64 / 32 + 1))?;
            let radians = ((pi(places, budget)? * self.fixed(places, budget)?) >> places) / 180;
            let (sine, cosine) = fixed::sin_cos(&radians, places);
            let error = UBig::from(8_u8);
            Reduced { sine, cosine: cosine.into(), quarters, places, error }.function(function, budget)
        })
    }

    /// The same for an angle whose square is negligible at this precision: its sine is the angle, its cosine 1.
    fn small_degrees(
        &self,
        function: Circular,
        quarters: u8,
        precision: Precision,
        budget: &mut Budget,
    ) -> Result<Self, ErrorKind> {
        let square = bits_of_digits(4 * precision + 40);
        correctly_rounded(precision, budget, |bits, budget| {
            let places = bits + 16;
            budget.charge(2 * price::convert(places as u64 / 32 + self.words()))?;
            let angle: IBig = pi(places, budget)? * IBig::from(self.coefficient.magnitude()) / 180;
            // A quarter turn more turns the sine into the cosine, and the cosine into the negative sine.
            let is_odd = !quarters.is_multiple_of(2);
            let of_sine = matches!(function, Circular::Sine | Circular::Cosecant);
            let (is_direct, negative) = match function {
                Circular::Tangent => (!is_odd, is_odd),
                Circular::Cotangent => (is_odd, is_odd),
                Circular::Sine | Circular::Cosine => (true, quarters == if of_sine { 2 } else { 1 }),
                Circular::Secant | Circular::Cosecant => (false, quarters == if of_sine { 2 } else { 1 }),
            };
            let negative = self.negative != negative;
            let (value, places, exponent) = if is_direct {
                (angle, places, self.exponent)
            } else {
                let gained = places + angle.bit_len();
                ((IBig::ONE << (gained + places)) / angle, gained, -self.exponent)
            };
            // The errors of π, of the quotients and of the omitted square.
            let size = value.clone().into_parts().1;
            let error = (&size >> (bits + 8)) + (size >> square) + UBig::from(4_u8);
            Ok(Approximation { value: if negative { -value } else { value }, places, error, exponent })
        })
    }

    /// The arc secant, cosecant or cotangent.
    pub(crate) fn inverse(
        &self,
        function: Circular,
        precision: Precision,
        budget: &mut Budget,
    ) -> Result<Self, ErrorKind> {
        if function == Circular::Cotangent {
            let angle = Self::one().atan2(&self.magnitude(), precision, budget)?;
            return Ok(angle.with_sign(self.negative));
        }
        let is_secant = function == Circular::Secant;
        let domain = || DecimalError::Domain { operation: format!("a{}", function.name()) };
        if self.is_zero() || self.adjusted(budget)? < 0 {
            return Err(domain().into());
        }
        let adjusted = self.adjusted(budget)?;
        if !is_secant && self.is_remote(adjusted, precision, budget)? {
            return self.near_reciprocal(true, precision, budget);
        }
        if is_secant && adjusted > 4 * precision + 100 {
            // Practically infinite.
            return correctly_rounded(precision, budget, |bits, budget| {
                let value = pi(bits + 1, budget)? >> 1;
                Ok(Approximation { value, places: bits + 1, error: UBig::from(4_u8), exponent: 0 })
            });
        }
        let square = self.exact_product(self, budget)?;
        let enough = digits(&square.coefficient, budget)? + 2 * adjusted + 4;
        let rest = square.subtract(&Self::one(), enough, budget)?;
        if rest.negative {
            return Err(domain().into());
        }
        if rest.is_zero() && is_secant && !self.negative {
            return Ok(Self::zero(false, 0));
        }
        let zeros = if rest.is_zero() { 0 } else { rest.leading_zeros(budget)? } + bits_of_digits(adjusted);
        correctly_rounded(precision, budget, |bits, budget| {
            let places = bits + zeros + 16;
            let (leg, one) = (rest.fixed_root(places, budget)?, fixed::one(places));
            let value = if is_secant { arc(&leg, &one, places, budget)? } else { arc(&one, &leg, places, budget)? };
            let value = match (is_secant, self.negative) {
                (true, true) => pi(places, budget)? - IBig::from(value),
                _ => self.signed(value),
            };
            Ok(Approximation { value, places, error: UBig::from(16_u8), exponent: 0 })
        })
    }

    pub(crate) fn asin(&self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if self.is_zero() {
            return self.clone().fix(false, precision, budget);
        }
        if self.is_tiny(precision, budget)? {
            return self.nudged(true, precision, budget);
        }
        let (below, _) = self.distance_of_square_from_one("asin", budget)?;
        let zeros = self.leading_zeros(budget)?;
        correctly_rounded(precision, budget, |bits, budget| {
            let places = bits + zeros + 16;
            let cosine = below.fixed_root(places, budget)?;
            let sine = self.fixed(places, budget)?.into_parts().1;
            let value = arc(&sine, &cosine, places, budget)?;
            Ok(Approximation { value: self.signed(value), places, error: UBig::from(16_u8), exponent: 0 })
        })
    }

    pub(crate) fn acos(&self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if self.is_zero() {
            return correctly_rounded(precision, budget, |bits, budget| {
                let value = pi(bits + 1, budget)? >> 1;
                Ok(Approximation { value, places: bits + 1, error: UBig::from(2_u8), exponent: 0 })
            });
        }
        let (square, equal) = self.distance_of_square_from_one("acos", budget)?;
        if equal && !self.negative {
            return Ok(Self::zero(false, 0));
        }
        let zeros = if equal { 0 } else { square.leading_zeros(budget)? };
        correctly_rounded(precision, budget, |bits, budget| {
            let places = bits + zeros + 16;
            let sine = square.fixed_root(places, budget)?;
            let cosine = self.fixed(places, budget)?.into_parts().1;
            let value = arc(&sine, &cosine, places, budget)?;
            let value = if self.negative { pi(places, budget)? - IBig::from(value) } else { value.into() };
            Ok(Approximation { value, places, error: UBig::from(16_u8), exponent: 0 })
        })
    }

    /// 1 - x², exactly, and whether x² is 1.
    fn distance_of_square_from_one(&self, operation: &str, budget: &mut Budget) -> Result<(Self, bool), ErrorKind> {
        let domain = || DecimalError::Domain { operation: operation.to_owned() };
        let adjusted = self.adjusted(budget)?;
        if adjusted > 0 {
            return Err(domain().into());
        }
        let square = self.exact_product(&self.magnitude(), budget)?.with_sign(true);
        let enough = digits(&square.coefficient, budget)? + 2 * adjusted.abs() + 4;
        let distance = Self::one().add(&square, enough, budget)?;
        if distance.negative {
            return Err(domain().into());
        }
        let equal = distance.is_zero();
        Ok((distance, equal))
    }

    /// The square root in fixed point, with an error below two units.
    fn fixed_root(&self, places: usize, budget: &mut Budget) -> Result<UBig, ErrorKind> {
        // The root has half as many places as its square.
        let square = self.fixed(2 * places, budget)?.into_parts().1;
        budget.charge(price::convert(square.bit_len() as u64 / 64 + 1))?;
        Ok(dashu_int::ops::SquareRoot::sqrt(&square))
    }

    fn signed(&self, value: UBig) -> IBig {
        if self.negative { -IBig::from(value) } else { value.into() }
    }

    pub(crate) fn atan(&self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if self.is_zero() {
            return self.clone().fix(false, precision, budget);
        }
        if self.is_tiny(precision, budget)? {
            return self.nudged(false, precision, budget);
        }
        self.atan2(&Self::one(), precision, budget)
    }

    /// The angle of the point (`x`, `self`), between -π and π.
    pub(crate) fn atan2(&self, x: &Self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if self.is_zero() && !x.negative {
            return Ok(Self::zero(self.negative, 0));
        }
        // The difference of the exponents; positive if the ratio is above 1.
        let distance = if self.is_zero() || x.is_zero() { 0 } else { self.adjusted(budget)? - x.adjusted(budget)? };
        if !self.is_zero() && !x.is_zero() && !x.negative && 2 * distance < -precision - 12 {
            return self.small_angle(x, distance, precision, budget);
        }
        correctly_rounded(precision, budget, |bits, budget| {
            let places = bits + bits_of_digits(-distance.min(0).max(-4 * precision)) + 16;
            let value = if self.is_zero() {
                UBig::ZERO
            } else if x.is_zero() {
                pi(places, budget)?.into_parts().1 >> 1
            } else if distance.unsigned_abs() as f64 * 3.3 > places as f64 + 16.0 {
                // Practically on an axis.
                if distance < 0 { UBig::ZERO } else { pi(places, budget)?.into_parts().1 >> 1 }
            } else {
                let exponent = self.exponent.min(x.exponent);
                let scaled = |value: &Self, budget: &mut Budget| {
                    budget.charge(price::convert(value.words() + value.exponent.abs_diff(exponent) / 19 + 1))?;
                    let power = long::power(&UBig::from(10_u8), value.exponent.abs_diff(exponent) as usize, budget)?;
                    long::multiply(&value.coefficient.magnitude(), &power, budget)
                };
                arc(&scaled(self, budget)?, &scaled(x, budget)?, places, budget)?
            };
            let value = if x.negative { pi(places, budget)? - IBig::from(value) } else { value.into() };
            let value = if self.negative { -value } else { value };
            Ok(Approximation { value, places, error: UBig::from(16_u8), exponent: 0 })
        })
    }

    /// The arc tangent of a ratio whose cube is negligible against it.
    fn small_angle(
        &self,
        x: &Self,
        distance: i64,
        precision: Precision,
        budget: &mut Budget,
    ) -> Result<Self, ErrorKind> {
        let quotient = self.divide(x, precision + 3, budget)?;
        let product = quotient.exact_product(x, budget)?;
        if product.compare(self, budget)?.is_eq() {
            return quotient.nudged(false, precision, budget);
        }
        correctly_rounded(precision, budget, |bits, budget| {
            let (above, below) = (self.coefficient.magnitude(), x.coefficient.magnitude());
            let places = bits + below.bit_len();
            budget.charge(price::convert((above.bit_len() + places) as u64 / 64 + 1))?;
            let value = (above << places) / below;
            // The cube relative to the ratio.
            let cube = bits_of_digits(-2 * distance - 4);
            let error = (&value >> cube) + UBig::from(2_u8);
            Ok(Approximation { value: self.signed(value), places, error, exponent: self.exponent - x.exponent })
        })
    }

    /// Radians to degrees.
    pub(crate) fn degrees(&self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        self.times_ratio(|pi, places| ((IBig::from(180) << (2 * places)) / pi, 200), precision, budget)
    }

    /// Degrees to radians.
    pub(crate) fn radians(&self, precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        self.times_ratio(|pi, _| (pi / 180, 2), precision, budget)
    }

    /// The number times a factor that `factor` computes from π, together with the factor's error.
    fn times_ratio(
        &self,
        factor: impl Fn(IBig, usize) -> (IBig, u32),
        precision: Precision,
        budget: &mut Budget,
    ) -> Result<Self, ErrorKind> {
        if self.is_zero() {
            return self.clone().fix(false, precision, budget);
        }
        correctly_rounded(precision, budget, |bits, budget| {
            let places = bits + 16;
            budget.charge(price::convert(places as u64 / 32 + self.words()))?;
            let (factor, error) = factor(pi(places, budget)?, places);
            let coefficient = self.signed(self.coefficient.magnitude());
            let error = UBig::from(error) * self.coefficient.magnitude();
            Ok(Approximation { value: factor * coefficient, places, error, exponent: self.exponent })
        })
    }

    pub(crate) fn pi(precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        Self::constant(0, pi, precision, budget)
    }

    pub(crate) fn tau(precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        Self::constant(0, |places, budget| Ok(pi(places, budget)? << 1), precision, budget)
    }

    pub(crate) fn e(precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        Self::constant(1, |places, _| Ok(fixed::exp(&(IBig::ONE << places), places).into()), precision, budget)
    }

    /// (1 + √5)/2.
    pub(crate) fn golden_ratio(precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        let ratio = |places| (fixed::one(places) + fixed::sqrt(&(fixed::one(places) * 5_u8), places)) >> 1;
        Self::constant(0, |places, _| Ok(IBig::from(ratio(places))), precision, budget)
    }

    /// A constant with an error below four units, whose computation costs as much as so many `exponentials`.
    fn constant(
        exponentials: u64,
        value: impl Fn(usize, &mut Budget) -> Result<IBig, ErrorKind>,
        precision: Precision,
        budget: &mut Budget,
    ) -> Result<Self, ErrorKind> {
        correctly_rounded(precision, budget, |places, budget| {
            charge(exponentials, places, budget)?;
            Ok(Approximation { value: value(places, budget)?, places, error: UBig::from(4_u8), exponent: 0 })
        })
    }

    /// The square root of the sum of squares, correctly rounded.
    pub(crate) fn hypot(values: &[Self], precision: Precision, budget: &mut Budget) -> Result<Self, ErrorKind> {
        // All values are first scaled to about 1, since their squares may be out of the range of exponents.
        let mut scale = i64::MIN;
        for value in values.iter().filter(|value| !value.is_zero()) {
            scale = scale.max(value.adjusted(budget)?);
        }
        let scale = if scale == i64::MIN { 0 } else { scale };
        // Twice the digits show on which side of a tie the exact sum lies; a single digit stands for all beyond them.
        let mut sum = Self::zero(false, 0);
        let mut longest = 0;
        for (at, value) in values.iter().enumerate() {
            let value = Self { exponent: value.exponent - scale, ..value.clone() };
            let square = value.exact_product(&value, budget)?;
            longest = longest.max(digits(&square.coefficient, budget)?);
            let enough = 2 * longest + 4 * precision + 20 + at as i64;
            sum = if at == 0 { square } else { sum.add(&square, enough, budget)? };
        }
        let root = sum.square_root(precision, budget)?;
        Self { exponent: root.exponent + scale, ..root }.fix(false, precision, budget)
    }
}

/// The arc tangent of y/x for non-negative numbers, not both zero, with an error below four units.
fn arc(y: &UBig, x: &UBig, places: usize, budget: &mut Budget) -> Result<UBig, ErrorKind> {
    charge(2, places, budget)?;
    budget.charge(2 * price::convert((y.bit_len().max(x.bit_len()) + places) as u64 / 64 + 1))?;
    Ok(if y <= x {
        fixed::atan_ratio(y, x, places)
    } else {
        let half_pi = pi(places, budget)?.into_parts().1 >> 1;
        half_pi - fixed::atan_ratio(x, y, places)
    })
}
