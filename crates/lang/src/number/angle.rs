//! Trigonometric functions of floats in degrees, the reciprocal functions and their inverses, all correctly rounded.
//!
//! An angle in degrees of any size is first reduced exactly. Each function is then a quotient of two of the following:
//! the sine, the cosine, and 1. An approximation by two floats decides nearly all roundings (the functions `quick_…`,
//! which give `None` otherwise); fixed-point numbers, at [`PRICE`], decide the rest, as in Ziv's strategy.

use dashu_int::ops::BitTest;
use dashu_int::{IBig, Sign, UBig};

use super::Integer;
use super::circular::{self, PAIR_ERROR, Pair};
use super::error_free::product_error;
use super::fixed;
use super::rounding::parts;
use crate::error::{ErrorKind, ValueError};
use crate::limits::Budget;

/// The price of a function if two floats do not decide its rounding.
pub(crate) const PRICE: u64 = 720;

/// Binary places of the fixed-point numbers here, after the leading zeros of a small number.
const PLACES: usize = 320;
/// Below 2^-64, the square of an angle in radians is negligible against 1: only 120 bits matter.
const TINY_BITS: usize = 64;
/// Below 2^-55, csc x and cot x are rounded like 1/x: a quotient that is not exact is further from a tie than from
/// them. The same is true of acsc x and acot x above 2^55.
const RECIPROCAL_BELOW: f64 = 2.775_557_561_562_891_4e-17;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Circular {
    Sine,
    Cosine,
    Tangent,
    Secant,
    Cosecant,
    Cotangent,
}

/// The value of a function at an angle in degrees where it is rational or does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rational {
    /// A number of halves.
    Halves(i8),
    /// No value.
    Pole,
}

impl Circular {
    /// The function as a quotient of two of the arguments.
    pub(crate) fn quotient<T>(self, sine: T, cosine: T, one: T) -> (T, T) {
        match self {
            Self::Sine => (sine, one),
            Self::Cosine => (cosine, one),
            Self::Tangent => (sine, cosine),
            Self::Secant => (one, cosine),
            Self::Cosecant => (one, sine),
            Self::Cotangent => (cosine, sine),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sine => "sin",
            Self::Cosine => "cos",
            Self::Tangent => "tan",
            Self::Secant => "sec",
            Self::Cosecant => "csc",
            Self::Cotangent => "cot",
        }
    }

    /// Whether the function has the same value for the opposite angle.
    pub(crate) fn is_even(self) -> bool {
        matches!(self, Self::Cosine | Self::Secant)
    }

    /// The function of a whole angle from 0 to 359 degrees, in halves; `None` if it is irrational. An error names the
    /// angle as it was `written`, if that is known.
    ///
    /// # Errors
    ///
    /// `Pole` if the function has no value there.
    pub(crate) fn halves(self, degrees: u16, written: Option<i64>) -> Result<Option<i8>, ErrorKind> {
        match self.rational(degrees) {
            Some(Rational::Halves(halves)) => Ok(Some(halves)),
            Some(Rational::Pole) => {
                let at = format!("{}°", written.unwrap_or(degrees.into()));
                Err(ValueError::Pole { function: self.name().to_owned(), at }.into())
            }
            None => Ok(None),
        }
    }

    /// The function of a whole angle from 0 to 359 degrees, if it is rational (Niven's theorem) or does not exist.
    fn rational(self, degrees: u16) -> Option<Rational> {
        let twice_sine = |degrees: u16| match degrees % 360 {
            0 | 180 => Some(0),
            30 | 150 => Some(1),
            90 => Some(2),
            210 | 330 => Some(-1),
            270 => Some(-2),
            _ => None,
        };
        let (above, below): (i8, i8) = match (self, degrees % 90) {
            // Sine and cosine have the same magnitude.
            (Self::Tangent | Self::Cotangent, 45) => (if degrees % 180 == 45 { 2 } else { -2 }, 2),
            (Self::Tangent | Self::Cotangent, 1..) => return None,
            _ => {
                let (sine, cosine) = (twice_sine(degrees), twice_sine(degrees + 90));
                let (above, below) = self.quotient(sine, cosine, Some(2));
                (above?, below?)
            }
        };
        Some(if below == 0 { Rational::Pole } else { Rational::Halves(above * 2 / below) })
    }
}

/// A whole angle in degrees, modulo a turn.
pub(crate) fn within_a_turn(degrees: &Integer, budget: &mut Budget) -> Result<u16, ErrorKind> {
    let rest = degrees.modulo(&Integer::from(360_i64), budget)?;
    rest.as_i64().and_then(|rest| u16::try_from(rest).ok()).ok_or(ErrorKind::Internal)
}

/// The magnitude of an angle in degrees modulo a turn, exactly.
pub(crate) fn without_turns(x: f64) -> f64 {
    let (mantissa, unit) = parts(x);
    if unit <= 0 || !x.is_finite() {
        return x.abs() % 360.0;
    }
    // Modulo 360, powers of 2 from 2^3 on repeat after 12; `%` on floats of such different sizes would be slow.
    let power = if unit < 15 { unit } else { (unit - 3) % 12 + 3 };
    (((mantissa % 360) << power) % 360) as f64
}

/// A whole float from 0 to 359 as an integer.
pub(crate) fn whole_degrees(x: f64) -> Option<u16> {
    (x.fract() == 0.0 && (0.0..360.0).contains(&x)).then_some(x as u16)
}

/// The function of an angle in degrees; `None` if two floats do not decide its rounding, or if it has no finite value.
pub(crate) fn quick_degrees(function: Circular, x: f64) -> Option<f64> {
    let angle = without_turns(x);
    if let Some(rational) = whole_degrees(angle).and_then(|whole| function.rational(whole)) {
        return match rational {
            Rational::Halves(0) => Some(0.0),
            Rational::Halves(halves) => Some(signed(function, x, f64::from(halves) / 2.0)),
            Rational::Pole => None,
        };
    }
    if !(1e-270..360.0).contains(&angle) {
        return None;
    }
    let (sine, cosine) = circular::pairs_of_degrees(angle);
    decided(function, sine, cosine, 0.0).map(|value| signed(function, x, value))
}

/// The function of a finite angle in degrees at which it is irrational.
pub(crate) fn degrees(function: Circular, x: f64) -> f64 {
    let angle = without_turns(x);
    // The nearest multiple of a quarter turn; the difference is exact.
    let quarters = (angle / 90.0).round();
    let rest = angle - quarters * 90.0;
    let (mantissa, unit) = parts(rest);
    let zeros = leading_zeros(rest);
    let magnitude = shifted(fixed::pi(PLACES) * mantissa / 180_u8, zeros as i64 + i64::from(unit));
    let sign = if rest < 0.0 { Sign::Negative } else { Sign::Positive };
    signed(function, x, turned(function, sign * IBig::from(magnitude), quarters as u8, zeros))
}

/// The function of an angle in radians; `None` if two floats do not decide its rounding, and at zero and infinity.
pub(crate) fn quick(function: Circular, x: f64) -> Option<f64> {
    match function {
        Circular::Secant if x.abs() < 1e-9 => Some(1.0),
        Circular::Cosecant | Circular::Cotangent if x.abs() < RECIPROCAL_BELOW => {
            Some(1.0 / x).filter(|value| value.is_finite())
        }
        _ => {
            let (sine, cosine, absolute) = circular::pairs(x)?;
            decided(function, sine, cosine, absolute)
        }
    }
}

/// The function of a finite angle in radians other than zero.
pub(crate) fn radians(function: Circular, x: f64) -> f64 {
    let (mantissa, unit) = parts(x);
    let zeros = leading_zeros(x);
    let places = PLACES + zeros;
    let angle = shifted(UBig::from(mantissa), places as i64 + i64::from(unit));
    // π needs as many more places as the number of quarter turns has bits.
    let whole = angle.bit_len().saturating_sub(places);
    let pi = fixed::pi(places + whole);
    let quarters = ((&angle << (whole + 2)) / &pi + UBig::ONE) >> 1;
    let rest = IBig::from(angle) - (IBig::from(&quarters * pi) >> (whole + 1));
    let quarter = (quarters & UBig::from(3_u8)).try_into().unwrap_or(0);
    signed(function, x, turned(function, rest, quarter, zeros))
}

/// The inverse of a reciprocal function, as an angle in radians; nan outside its domain.
pub(crate) fn inverse(function: Circular, x: f64) -> f64 {
    let size = x.abs();
    let outside = size < 1.0 && function != Circular::Cotangent;
    if x.is_nan() || outside {
        return f64::NAN;
    }
    if size > 1.0 / RECIPROCAL_BELOW && function != Circular::Secant {
        return 1.0 / x;
    }
    // The angle of the point (`along`, `across`).
    let (along, across) = legs(function, size);
    let half_pi = fixed::pi(PLACES) >> 1;
    let angle = if across <= along {
        fixed::atan_ratio(&across, &along, PLACES)
    } else {
        half_pi.clone() - fixed::atan_ratio(&along, &across, PLACES)
    };
    if function == Circular::Secant {
        let angle = if x < 0.0 { (half_pi << 1) - angle } else { angle };
        return fixed::nearest(&angle, -(PLACES as i64));
    }
    fixed::nearest(&angle, -(PLACES as i64)).copysign(x)
}

/// The legs of a right triangle with an angle whose function is `x`; `x` must not be negative.
fn legs(function: Circular, x: f64) -> (UBig, UBig) {
    let one = fixed::one(PLACES);
    if x.is_infinite() {
        return (UBig::ZERO, one);
    }
    let (mantissa, unit) = parts(x);
    let given = shifted(UBig::from(mantissa), PLACES as i64 + i64::from(unit));
    if function == Circular::Cotangent {
        return (given, one);
    }
    // The other leg is √(x² - 1).
    let other = fixed::sqrt(&((given.sqr() - fixed::one(2 * PLACES)) >> PLACES), PLACES);
    if function == Circular::Secant { (one, other) } else { (other, one) }
}

/// The number of zero bits between the point and the first one bit; 0 for numbers from 1 up.
fn leading_zeros(x: f64) -> usize {
    let (mantissa, unit) = parts(x);
    let top = i64::from(unit) + 64 - i64::from(mantissa.leading_zeros());
    top.min(0).unsigned_abs() as usize
}

/// `value`·2^`shift`, rounded down.
fn shifted(value: UBig, shift: i64) -> UBig {
    let distance = shift.unsigned_abs() as usize;
    if shift < 0 { value >> distance } else { value << distance }
}

/// The function of so many quarter turns plus a rest, which has [`PLACES`] binary places after its leading `zeros`.
fn turned(function: Circular, rest: IBig, quarters: u8, zeros: usize) -> f64 {
    let places = PLACES + zeros;
    let (sine, cosine) = if zeros > TINY_BITS {
        (rest, IBig::from(fixed::one(places)))
    } else {
        let (sine, cosine) = fixed::sin_cos(&rest, places);
        (sine, IBig::from(cosine))
    };
    let (sine, cosine) = match quarters % 4 {
        0 => (sine, cosine),
        1 => (cosine, -sine),
        2 => (-sine, -cosine),
        _ => (-cosine, sine),
    };
    let (above, below) = function.quotient(sine, cosine, IBig::ONE << places);
    let negative = above.sign() != below.sign();
    let (above, below) = (above.into_parts().1, below.into_parts().1);
    // No float is a pole, and poles in degrees were handled before.
    if below.is_zero() {
        return f64::NAN;
    }
    let gained = PLACES + below.bit_len();
    let value = fixed::nearest(&((above << gained) / below), -(gained as i64));
    if negative { -value } else { value }
}

/// The function of `x`, given its value for the magnitude of `x`.
fn signed(function: Circular, x: f64, value: f64) -> f64 {
    if x < 0.0 && !function.is_even() { -value } else { value }
}

/// The quotient for a function, if its rounding is decided. `absolute` is an additional error of sine and cosine.
#[inline]
fn decided(function: Circular, sine: Pair, cosine: Pair, absolute: f64) -> Option<f64> {
    let ((above, above_low), (below, below_low)) = function.quotient(sine, cosine, (1.0, 0.0));
    let quotient = above / below;
    let product = quotient * below;
    let rest = (above - product) - product_error(quotient, below, product);
    let low = (rest + (above_low - quotient * below_low)) / below;
    let error = quotient.abs() * (2.0 * PAIR_ERROR + absolute * (1.0 / above.abs() + 1.0 / below.abs()));
    let value = quotient + (low + error);
    (value == quotient + (low - error) && value.is_finite()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::reference::{random, records};

    const ALL: [Circular; 6] = [
        Circular::Sine,
        Circular::Cosine,
        Circular::Tangent,
        Circular::Secant,
        Circular::Cosecant,
        Circular::Cotangent,
    ];

    #[test]
    fn the_unit_of_degrees_is_a_hundred_and_eightieth_of_pi() {
        let unit = fixed::pi(PLACES) / 180_u8;
        let first = fixed::to_float(&unit, PLACES);
        let rest = fixed::to_float(&(unit - fixed::from_float(first, PLACES).into_parts().1), PLACES);
        // The sine of a very small angle equals the angle.
        let ((sine, low), _) = circular::pairs_of_degrees(1e-20);
        assert_eq!((first, rest), (0.017_453_292_519_943_295, 2.948_652_270_870_168_7e-19));
        assert!((sine / 1e-20 - first).abs() < 1e-17 && low != 0.0);
    }

    /// Both methods agree, and the quick one nearly always decides.
    #[test]
    fn quick_values_are_those_of_fixed_point() {
        let (mut decided, mut total) = (0, 0);
        let mut next = random(1);
        for _ in 0..3_000 {
            let bits = next();
            // From 2^-11 to 2^19, with either sign.
            let exponent = 1012 + (bits >> 32) % 31;
            let x = f64::from_bits((bits & 0x800f_ffff_ffff_ffff) | exponent << 52);
            for function in ALL {
                total += 2;
                if let Some(value) = quick_degrees(function, x) {
                    decided += 1;
                    let exact = whole_degrees(x.abs() % 360.0).and_then(|whole| function.rational(whole));
                    assert!(exact.is_some() || value == degrees(function, x), "{function:?} of {x:e}°");
                }
                if let Some(value) = quick(function, x) {
                    decided += 1;
                    assert_eq!(value, radians(function, x), "{function:?} of {x:e}");
                }
            }
        }
        assert!(decided * 100 > total * 90, "{decided} of {total}");
    }

    #[test]
    fn values_are_those_of_mpmath() {
        let mut wrong = Vec::new();
        for record in records("angles.jsonl") {
            let (name, x) = (record["fn"].as_str().unwrap(), record["x"].as_str().unwrap().parse().unwrap());
            let find = |name: &str| ALL.into_iter().find(|function| function.name() == name).unwrap();
            let value = if let Some(name) = name.strip_suffix('°') {
                degrees(find(name), x)
            } else if let Some(name) = name.strip_prefix('a') {
                inverse(find(name), x)
            } else {
                radians(find(name), x)
            };
            if crate::number::float::text(value) != record["f64"].as_str().unwrap() {
                wrong.push(format!("{name}({x:?}) is {value:?}, not {}", record["f64"]));
            }
        }
        assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    }
}
