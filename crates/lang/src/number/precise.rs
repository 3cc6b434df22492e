//! What floats alone cannot round correctly: computed in binary floating point of some more digits, then rounded once.

use dashu_float::FBig;
use dashu_float::round::mode::HalfEven;

use super::float::scaled;
use super::{Integer, Number};

type Precise = FBig<HalfEven, 2>;

/// Bits of the intermediate results: more than three times a float's.
const BITS: usize = 200;
/// Bits to which a result is cut before it is rounded to a float. What is exact in theory (`log(8, 2)`, a tie of two
/// subnormals) comes out exact, since the error lies far below; and only a value closer than 2^-110 to a tie without
/// being one could be misrounded.
const SNAPPED_BITS: usize = 110;

/// log(`x`), correctly rounded. `x` must be positive.
pub(crate) fn log(x: &Integer) -> f64 {
    round(integer(x).ln())
}

/// log(`x`) / log(`base`), correctly rounded. `x` must be positive, `base` at least 2.
pub(crate) fn log_base(x: &Integer, base: i64) -> f64 {
    round(integer(x).ln() / integer(&Integer::from(base)).ln())
}

/// log(`x`) / log(`base`), correctly rounded. Both must be positive and finite, neither of them 1.
pub(crate) fn log_ratio(x: &Number, base: &Number) -> f64 {
    let logarithm = |number: &Number| match number {
        Number::Int(value) => Some(integer(value).ln()),
        Number::Float(value) => Some(precise(*value)?.ln()),
    };
    match (logarithm(x), logarithm(base)) {
        (Some(numerator), Some(denominator)) => round(numerator / denominator),
        // Only a float that is not finite cannot be converted.
        _ => f64::NAN,
    }
}

/// `base` ** `exponent`, correctly rounded, subnormals included. `base` must be positive, both finite, and the result
/// far from overflow.
pub(crate) fn power(base: f64, exponent: f64) -> f64 {
    match (precise(base), precise(exponent)) {
        (Some(base), Some(exponent)) => round((base.ln() * exponent).exp()),
        _ => f64::NAN,
    }
}

fn integer(value: &Integer) -> Precise {
    Precise::from(value.big()).with_precision(BITS).value()
}

fn precise(value: f64) -> Option<Precise> {
    Some(Precise::try_from(value).ok()?.with_precision(BITS).value())
}

fn round(value: Precise) -> f64 {
    let (significand, exponent) = value.with_precision(SNAPPED_BITS).value().into_repr().into_parts();
    let (sign, magnitude) = significand.into_parts();
    let float = scaled(u128::try_from(magnitude).unwrap_or(u128::MAX), exponent as i64, false);
    if sign == dashu_int::Sign::Negative { -float } else { float }
}
