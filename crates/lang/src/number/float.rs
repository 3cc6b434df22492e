//! The text of floats in Python, and the float operations in which Python differs from the processor.

use std::fmt;

use super::power::{exact_power, half_power, inverse_root, is_half, whole_exponent, whole_power};
use super::rounding::parts;
use super::{Integer, Ties, fixed_256, fmod};
use crate::error::{ErrorKind, Overflow, ValueError, ZeroDivision};
use crate::limits::{Budget, price};

/// Python's `repr`: the shortest text that reads back as the same float, with an exponent from 1e16 up and below 1e-4.
pub(crate) fn text(value: f64) -> String {
    let mut text = String::new();
    // Writing to a `String` cannot fail.
    let _ = write(value, &mut text);
    text
}

/// Writes the `repr`.
pub(crate) fn write(value: f64, text: &mut impl fmt::Write) -> fmt::Result {
    if value.is_nan() {
        return text.write_str("nan");
    }
    if value.is_infinite() {
        return text.write_str(if value > 0.0 { "inf" } else { "-inf" });
    }
    if value == 0.0 || value.abs() >= 1e-4 {
        return text.write_str(zmij::Buffer::new().format_finite(value));
    }
    // Python's exponents have at least two digits.
    let scientific = format!("{value:e}");
    match scientific.split_once("e-") {
        Some((mantissa, exponent)) => {
            write!(text, "{mantissa}e-{}{exponent}", if exponent.len() < 2 { "0" } else { "" })
        }
        None => text.write_str(&scientific),
    }
}

/// Python's `//` on floats.
pub(crate) fn floor_divide(a: f64, b: f64) -> Result<f64, ErrorKind> {
    divide_with_remainder(a, b).map(|(quotient, _)| quotient).ok_or(ZeroDivision::Floor.into())
}

/// Python's `%` on floats: the remainder has the divisor's sign.
pub(crate) fn modulo(a: f64, b: f64) -> Result<f64, ErrorKind> {
    divide_with_remainder(a, b).map(|(_, remainder)| remainder).ok_or(ZeroDivision::Modulo.into())
}

/// CPython's `_float_div_mod`: the quotient is computed from the exact remainder, not by a rounded division. `None` for a
/// divisor of zero.
pub(crate) fn divide_with_remainder(a: f64, b: f64) -> Option<(f64, f64)> {
    if b == 0.0 {
        return None;
    }
    let mut remainder = fmod(a, b);
    let mut quotient = (a - remainder) / b;
    if remainder == 0.0 {
        remainder = 0.0_f64.copysign(b);
    } else if (b < 0.0) != (remainder < 0.0) {
        remainder += b;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return Some((0.0_f64.copysign(a / b), remainder));
    }
    let mut floor = quotient.floor();
    if quotient - floor > 0.5 {
        floor += 1.0;
    }
    Some((floor, remainder))
}

/// The result of `a ** b` on floats.
pub(crate) enum Power {
    /// A float.
    Real(f64),
    /// A complex number, from a negative base and a fractional exponent.
    Complex,
}

/// Python's `**` on floats, correctly rounded.
pub(crate) fn power(base: f64, exponent: f64, budget: &mut Budget) -> Result<Power, ErrorKind> {
    budget.charge(price::POWER)?;
    // Even nan ** 0 is 1, and so is 1 ** nan.
    if exponent == 0.0 || base == 1.0 {
        return Ok(Power::Real(1.0));
    }
    if base.is_finite() && exponent.is_finite() {
        if base == 0.0 && exponent < 0.0 {
            return Err(ZeroDivision::ZeroToNegative.into());
        }
        if base < 0.0 && exponent.fract() != 0.0 {
            return Ok(Power::Complex);
        }
    }
    let value = real_power(base, exponent, budget)?;
    if value.is_infinite() && base.is_finite() && exponent.is_finite() {
        return Err(Overflow::Power.into());
    }
    Ok(Power::Real(value))
}

/// [`power`] if the result is a float without an error or a further price; `None` otherwise.
pub(crate) fn plain_power(base: f64, exponent: f64) -> Option<f64> {
    if exponent == 0.0 || base == 1.0 {
        return Some(1.0);
    }
    let finite = base.is_finite() && exponent.is_finite();
    if finite && (base == 0.0 && exponent < 0.0 || base < 0.0 && exponent.fract() != 0.0) {
        return None;
    }
    quick_power(base, exponent).filter(|value| value.is_finite() || !finite)
}

/// IEEE 754's `pow`, correctly rounded; the caller has paid for an elementary function.
pub(crate) fn real_power(base: f64, exponent: f64, budget: &mut Budget) -> Result<f64, ErrorKind> {
    if let Some(value) = quick_power(base, exponent) {
        return Ok(value);
    }
    budget.charge(price::EXTENDED)?;
    let magnitude = fixed_256::power(base.abs(), exponent);
    // A finite size means that the exponent is finite; a negative base with a fractional exponent has no real power.
    Ok(match base < 0.0 {
        true if exponent.fract() != 0.0 => f64::NAN,
        true if fmod(exponent, 2.0) != 0.0 => -magnitude,
        _ => magnitude,
    })
}

/// IEEE 754's `pow`, correctly rounded; `None` if the result may be subnormal, or is too close to a tie.
pub(crate) fn quick_power(base: f64, exponent: f64) -> Option<f64> {
    let known = whole_power(base, exponent).or_else(|| half_power(base, exponent));
    if let Some(value) = known.or_else(|| exact_power(base, exponent)) {
        return Some(value);
    }
    // The library misrounds subnormal results (0.1.30: 10**-310 gives 3.3e-309). The result's binary logarithm lies
    // between the two products.
    if base != 0.0 && base.is_finite() && exponent.is_finite() {
        let (mantissa, unit) = parts(base);
        let whole = f64::from(unit + 63 - mantissa.leading_zeros() as i32);
        let (low, high) =
            ((whole * exponent).min((whole + 1.0) * exponent), (whole * exponent).max((whole + 1.0) * exponent));
        if low < -1000.0 && high >= -1100.0 && (-1100.0..-1000.0).contains(&(pxfm::f_log2(base.abs()) * exponent)) {
            return None;
        }
    }
    // The library gives nan for the inverse roots of large numbers, and misrounds some next to powers of 4 (0.1.30).
    if exponent == -0.5 && base.is_normal() && base > 0.0 {
        return inverse_root(base);
    }
    let value = pxfm::f_pow(base, exponent);
    // What 128 bits and two floats did not decide, the library does not either.
    let is_undecided = match whole_exponent(exponent) {
        Some(_) => base.is_normal() && value.is_normal() && value.abs() < FAR_FROM_OVERFLOW,
        None => is_half(base, exponent),
    };
    (!is_undecided).then_some(value)
}

/// Below it, [`whole_power`] knows all normal powers that it can decide.
const FAR_FROM_OVERFLOW: f64 = 4.494_232_837_155_79e307;

/// IEEE 754's `atan2`, correctly rounded.
pub(crate) fn atan2(y: f64, x: f64) -> f64 {
    let angle = pxfm::f_atan2(y, x);
    // The library loses the sign of a result that is too small for a float (0.1.30).
    if angle == 0.0 { angle.copysign(y) } else { angle }
}

/// IEEE 754's `sinh`, correctly rounded.
pub(crate) fn sinh(x: f64) -> f64 {
    // The library loses the sign of zero (0.1.30).
    if x == 0.0 { x } else { pxfm::f_sinh(x) }
}

/// The root of a non-negative float for an index of 2 or more, correctly rounded.
pub(crate) fn root(value: f64, index: u32, budget: &mut Budget) -> Result<f64, ErrorKind> {
    match index {
        2 => Ok(value.sqrt()),
        3 => Ok(pxfm::f_cbrt(value)),
        _ if value == 0.0 || !value.is_finite() => Ok(value),
        _ => {
            budget.charge(price::EXTENDED)?;
            Ok(fixed_256::root(value, index))
        }
    }
}

/// The float `steps` floats from `x` towards `y`, at most `y`; neither may be nan. The two zeros count as one float.
pub(crate) fn steps_towards(x: f64, y: f64, steps: u64) -> f64 {
    // The distance from zero in floats, with a sign.
    let place = |value: f64| {
        let magnitude = (value.to_bits() & !SIGN) as i64;
        if value.is_sign_negative() { -magnitude } else { magnitude }
    };
    let (from, to) = (place(x), place(y));
    if from.abs_diff(to) <= steps {
        return y;
    }
    // Few enough steps not to pass `y` or overflow.
    let reached = if from < to { from.wrapping_add_unsigned(steps) } else { from.wrapping_sub_unsigned(steps) };
    let magnitude = f64::from_bits(reached.unsigned_abs());
    match reached {
        // A zero gets the sign of `x`.
        0 => magnitude.copysign(x),
        _ => magnitude.copysign(reached as f64),
    }
}

const SIGN: u64 = 1 << 63;
/// From 2^52 on, no float has a fractional part.
const WHOLE_FROM: f64 = 4_503_599_627_370_496.0;

/// Python's `round(value, places)`, by the exact decimal value. In Python, ties go to the even neighbour.
pub(crate) fn round_places(value: f64, places: i64, ties: Ties, budget: &mut Budget) -> Result<f64, ErrorKind> {
    // The bounds of CPython: beyond them, the number does not change, or becomes 0.
    if !value.is_finite() || value == 0.0 || places > 323 {
        return Ok(value);
    }
    if places < -308 {
        return Ok(0.0_f64.copysign(value));
    }
    // From 2^52 on, a float is an integer. It may have hundreds of digits, which would have no price.
    if places >= 0 && value.abs() >= WHOLE_FROM {
        return Ok(value);
    }
    // 10^-places is at most a quarter of the distance to the next float: what is rounded reads as the value itself. 3.32 is
    // less than the binary logarithm of 10.
    if places >= 0 && places * 332 >= 100 * (2 - i64::from(parts(value).1)) {
        return Ok(value);
    }
    // The digits after the point, which are written and parsed: 2 to 8 ns each, and more for numbers far below 1. There
    // are at most 16 digits before it.
    let places_behind = places.max(0).unsigned_abs();
    let below_one = u64::from(1023_u16.saturating_sub((value.abs().to_bits() >> 52) as u16));
    budget.charge(places_behind.div_ceil(2) * (1 + below_one / 128) + 22)?;
    if places >= 0 && ties == Ties::Away {
        let (mantissa, unit) = parts(value);
        let zeros = mantissa.trailing_zeros();
        // In a tie, 2·10^places·|value| is an odd integer: it has no factor of two.
        if i64::from(unit) + i64::from(zeros) + 1 + places == 0 {
            let power = |base: i64, budget: &mut Budget| Integer::from(base).power(places.unsigned_abs(), budget);
            let odd = power(5, budget)?.multiply(&Integer::from((mantissa >> zeros) as i64), budget)?;
            let count = odd.add(&Integer::ONE, budget)?.floor_divide(&Integer::from(2_i64), budget)?;
            return Ok(count.true_divide(&power(10, budget)?, budget)?.copysign(value));
        }
    }
    if places >= 0 {
        // The standard library formats the exact value and rounds half to even.
        let text = format!("{value:.*}", places as usize);
        return Ok(text.parse().unwrap_or(value));
    }
    // Doubling keeps the integer part exact, with room for a bit that tells whether there were digits after the point:
    // with such digits, a tie of the integer part is no tie.
    let whole = value.trunc();
    let doubled = Integer::from_float(whole.abs()).add(&Integer::from_float(whole.abs()), budget)?;
    let doubled = if value == whole { doubled } else { doubled.add(&Integer::ONE, budget)? };
    let halved =
        doubled.multiply(&Integer::from(5_i64), budget)?.round_places(places.unsigned_abs() + 1, ties, budget)?;
    match halved.true_divide(&Integer::from(10_i64), budget) {
        Ok(rounded) => Ok(rounded.copysign(value)),
        Err(_) => Err(Overflow::Round.into()),
    }
}

/// The nearest integer; with even ties, that of `round(value)`.
pub(crate) fn round_to_integer(value: f64, ties: Ties) -> Result<Integer, ErrorKind> {
    to_integer(match ties {
        Ties::Even => value.round_ties_even(),
        Ties::Away => value.round(),
    })
}

/// The integer part, as of `int(value)`.
pub(crate) fn to_integer(value: f64) -> Result<Integer, ErrorKind> {
    if value.is_nan() {
        return Err(ValueError::NanToInteger.into());
    }
    if value.is_infinite() {
        return Err(Overflow::InfinityToInteger.into());
    }
    Ok(Integer::from_float(value))
}
