//! Floats: their text in Python, and Python's arithmetic where it differs from the processor's.

use super::power::whole_power;
use super::rounding::parts;
use super::{Integer, Ties, fixed_256};
use crate::error::{ErrorKind, Overflow, ValueError, ZeroDivision};
use crate::limits::{Budget, price};

/// Python's `repr`: the shortest text that reads back as the same float; an exponent from 1e16 up and below 1e-4.
pub(crate) fn text(value: f64) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

/// The same, behind a text.
pub(crate) fn write(value: f64, text: &mut String) {
    if value.is_nan() {
        return text.push_str("nan");
    }
    if value.is_infinite() {
        return text.push_str(if value > 0.0 { "inf" } else { "-inf" });
    }
    if value == 0.0 || value.abs() >= 1e-4 {
        return text.push_str(zmij::Buffer::new().format_finite(value));
    }
    // Python's exponents have two digits at least, and begin at 1e-05.
    let scientific = format!("{value:e}");
    match scientific.split_once("e-") {
        Some((mantissa, exponent)) => text.extend([mantissa, if exponent.len() < 2 { "e-0" } else { "e-" }, exponent]),
        None => text.push_str(&scientific),
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

/// CPython's `_float_div_mod`: the quotient is found from the exact remainder, not by dividing and rounding down.
fn divide_with_remainder(a: f64, b: f64) -> Option<(f64, f64)> {
    if b == 0.0 {
        return None;
    }
    let mut remainder = a % b;
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
    /// A complex number: a negative base and an exponent that is not whole.
    Complex,
}

/// Python's `**` on floats, correctly rounded.
pub(crate) fn power(base: f64, exponent: f64, budget: &mut Budget) -> Result<Power, ErrorKind> {
    budget.charge(price::POWER)?;
    // Even nan to the power 0 is 1, and 1 to the power nan.
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

/// [`power`] where it is a float, nothing goes wrong and no more has to be paid for; `None` for all else.
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

/// IEEE 754's `pow`, correctly rounded; what an elementary function costs has been paid.
pub(crate) fn real_power(base: f64, exponent: f64, budget: &mut Budget) -> Result<f64, ErrorKind> {
    if let Some(value) = quick_power(base, exponent) {
        return Ok(value);
    }
    budget.charge(price::EXTENDED)?;
    let magnitude = fixed_256::power(base.abs(), exponent);
    // A finite size means a finite exponent; a negative base with one that is not whole has no real power.
    Ok(match base < 0.0 {
        true if exponent.fract() != 0.0 => f64::NAN,
        true if exponent % 2.0 != 0.0 => -magnitude,
        _ => magnitude,
    })
}

/// IEEE 754's `pow`, correctly rounded; `None` where the result may be subnormal.
pub(crate) fn quick_power(base: f64, exponent: f64) -> Option<f64> {
    if let Some(value) = whole_power(base, exponent) {
        return Some(value);
    }
    // The library is wrong where the result is subnormal (0.1.30: 10**-310 comes out as 3.3e-309). The result's
    // binary logarithm lies between the two products.
    if base != 0.0 && base.is_finite() && exponent.is_finite() {
        let (mantissa, unit) = parts(base);
        let whole = f64::from(unit + 63 - mantissa.leading_zeros() as i32);
        let (low, high) =
            ((whole * exponent).min((whole + 1.0) * exponent), (whole * exponent).max((whole + 1.0) * exponent));
        if low < -1000.0 && high >= -1100.0 && (-1100.0..-1000.0).contains(&(pxfm::f_log2(base.abs()) * exponent)) {
            return None;
        }
    }
    Some(pxfm::f_pow(base, exponent))
}

/// The root of an index of 2 or more of a float that is not negative, correctly rounded.
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

/// The float `steps` floats from `x` towards `y`, neither of them nan; it stops at `y`. The two zeros are one float
/// here.
pub(crate) fn steps_towards(x: f64, y: f64, steps: u64) -> f64 {
    // Counted from zero, negative floats below it.
    let place = |value: f64| {
        let magnitude = (value.to_bits() & !SIGN) as i64;
        if value.is_sign_negative() { -magnitude } else { magnitude }
    };
    let (from, to) = (place(x), place(y));
    if from.abs_diff(to) <= steps {
        return y;
    }
    // So few that they lead past neither `y` nor the machine word.
    let reached = if from < to { from.wrapping_add_unsigned(steps) } else { from.wrapping_sub_unsigned(steps) };
    let magnitude = f64::from_bits(reached.unsigned_abs());
    match reached {
        // Zero on the way has the sign of where it comes from.
        0 => magnitude.copysign(x),
        _ => magnitude.copysign(reached as f64),
    }
}

const SIGN: u64 = 1 << 63;
/// 2^52: no float of this magnitude or more has a fractional part.
const WHOLE_FROM: f64 = 4_503_599_627_370_496.0;

/// Python's `round(value, places)`, by the exact decimal value; Python's ties are even.
pub(crate) fn round_places(value: f64, places: i64, ties: Ties, budget: &mut Budget) -> Result<f64, ErrorKind> {
    // The same bounds as CPython's: beyond them nothing changes, or nothing is left.
    if !value.is_finite() || value == 0.0 || places > 323 {
        return Ok(value);
    }
    if places < -308 {
        return Ok(0.0_f64.copysign(value));
    }
    // From 2^52 on a float is an integer. It may have hundreds of digits, which are not paid for.
    if places >= 0 && value.abs() >= WHOLE_FROM {
        return Ok(value);
    }
    // The digits behind the point, written and read: 2 to 8 ns each, and more of what is far below 1. Those before it
    // are 16 at most.
    let places_behind = places.max(0).unsigned_abs();
    let below_one = u64::from(1023_u16.saturating_sub((value.abs().to_bits() >> 52) as u16));
    budget.charge(places_behind.div_ceil(2) * (1 + below_one / 128) + 16)?;
    if places >= 0 && ties == Ties::Away {
        let (mantissa, unit) = parts(value);
        let zeros = mantissa.trailing_zeros();
        // Half way, 2·10^places·|value| is an odd integer: no factor of two is left or lacking.
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
    // Doubling leaves the integer part exact and room for a bit that says whether anything stood behind the point:
    // a tie of the integer part alone is none of the whole.
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

/// The integer nearest to `value`; with even ties what `round(value)` gives.
pub(crate) fn round_to_integer(value: f64, ties: Ties) -> Result<Integer, ErrorKind> {
    to_integer(match ties {
        Ties::Even => value.round_ties_even(),
        Ties::Away => value.round(),
    })
}

/// The integer part of `value`, as `int(value)`.
pub(crate) fn to_integer(value: f64) -> Result<Integer, ErrorKind> {
    if value.is_nan() {
        return Err(ValueError::NanToInteger.into());
    }
    if value.is_infinite() {
        return Err(Overflow::InfinityToInteger.into());
    }
    Ok(Integer::from_float(value))
}
