//! Logarithms, powers and roots of floats, by fixed-point numbers of 256 binary places that are rounded once.

use dashu_int::ops::BitTest;
use dashu_int::{IBig, Sign, UBig};

use super::rounding::{parts, scaled};
use super::{Integer, Number};

/// Binary places of the fixed-point numbers here. The logarithm of a float next to 1 has 53 leading zeros, so at least
/// about 200 bits are significant.
const PLACES: usize = 256;
/// Bits to which a result is rounded before it becomes a float. A result that is exact in theory (`log(8, 2)`, a tie of
/// two subnormals) becomes exact by this, since its error is far smaller. Only a value within 2^-110 of a tie could be
/// misrounded.
const SNAPPED_BITS: usize = 110;
/// ln 2 in fixed point, least significant word first.
const LN_2: [u64; 4] = [0x8a0d_175b_8baa_fa2b, 0x40f3_4326_7298_b62d, 0xc9e3_b398_03f2_f6af, 0xb172_17f7_d1cf_79ab];

/// log(`x`), correctly rounded. `x` must be positive.
pub(crate) fn log(x: &Integer) -> f64 {
    round(&natural_log(&Number::Int(x.clone())), -(PLACES as i64))
}

/// log(`x`) / log(`base`), correctly rounded. `x` must be positive, `base` at least 2.
pub(crate) fn log_base(x: &Integer, base: i64) -> f64 {
    log_ratio(&Number::Int(x.clone()), &Number::Int(Integer::from(base)))
}

/// log(`x`) / log(`base`), correctly rounded. Both must be real, positive, finite and not 1.
pub(crate) fn log_ratio(x: &Number, base: &Number) -> f64 {
    const GAINED: usize = 192;
    let (numerator, denominator) = (natural_log(x), natural_log(base));
    if denominator == IBig::ZERO {
        return f64::NAN;
    }
    round(&((numerator << GAINED) / denominator), -(GAINED as i64))
}

/// `base` ** `exponent`, correctly rounded, subnormal results included. `base` must be positive, both finite, and the
/// result far from overflow.
pub(crate) fn power(base: f64, exponent: f64) -> f64 {
    let (mantissa, unit) = parts(exponent);
    let product = natural_log(&Number::Float(base)) * IBig::from(mantissa);
    let product = if unit < 0 { product >> unit.unsigned_abs() as usize } else { product << unit as usize };
    exponential(if exponent < 0.0 { -product } else { product })
}

/// The root for an index of 2 or more, correctly rounded. `value` must be positive and finite.
pub(crate) fn root(value: f64, index: u32) -> f64 {
    exponential(natural_log(&Number::Float(value)) / IBig::from(index))
}

fn one() -> IBig {
    IBig::ONE << PLACES
}

fn ln_2() -> IBig {
    IBig::from(UBig::from_words(&LN_2))
}

/// The natural logarithm of a positive number, in fixed point: log(m·2^e) = 2·atanh((m-1)/(m+1)) + e·ln 2, with m
/// between √½ and √2. There, each term of the series adds five bits, and nothing cancels.
fn natural_log(x: &Number) -> IBig {
    let (significand, unit) = match x {
        Number::Int(value) => (value.big(), 0),
        Number::Float(value) => {
            let (mantissa, unit) = parts(*value);
            (IBig::from(mantissa), i64::from(unit))
        }
        // No caller passes a complex number.
        Number::Complex(_) => (IBig::ONE, 0),
    };
    let bits = significand.bit_len();
    let mut exponent = unit + bits as i64;
    let mut m = if bits <= PLACES { significand << (PLACES - bits) } else { significand >> (bits - PLACES) };
    // 181/256 is slightly below √½.
    if m < IBig::from(181) << (PLACES - 8) {
        m <<= 1;
        exponent -= 1;
    }
    let z = ((&m - one()) << PLACES) / (&m + one());
    let square = (&z * &z) >> PLACES;
    let (mut power, mut sum) = (z.clone(), z);
    for odd in (3_u32..).step_by(2) {
        // Rounded towards zero, so that a negative power ends at zero too.
        power = (power * &square) / one();
        if power == IBig::ZERO {
            break;
        }
        sum += &power / IBig::from(odd);
    }
    (sum << 1) + IBig::from(exponent) * ln_2()
}

/// e to the power of a fixed-point number, rounded: exp(k·ln 2 + r) = 2^k·exp(r), by the Taylor series.
fn exponential(x: IBig) -> f64 {
    let whole = i64::try_from((&x / ln_2()) - IBig::from(u8::from(x.sign() == Sign::Negative))).unwrap_or(i64::MIN / 2);
    let rest = x - IBig::from(whole) * ln_2();
    let (mut term, mut sum) = (one(), one());
    for n in 1_u32.. {
        term = ((term * &rest) >> PLACES) / IBig::from(n);
        if term == IBig::ZERO {
            break;
        }
        sum += &term;
    }
    round(&sum, whole - PLACES as i64)
}

/// `value`·2^`exponent` as a float.
fn round(value: &IBig, exponent: i64) -> f64 {
    let (sign, magnitude) = value.clone().into_parts();
    let excess = magnitude.bit_len().saturating_sub(SNAPPED_BITS);
    let half = if excess > 0 { UBig::ONE << (excess - 1) } else { UBig::ZERO };
    let snapped = u128::try_from((magnitude + half) >> excess).unwrap_or(u128::MAX);
    let float = scaled(snapped, exponent + excess as i64, false);
    if sign == Sign::Negative { -float } else { float }
}
