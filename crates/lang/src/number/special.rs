//! The gamma function of floats and its logarithm, correctly rounded.
//!
//! The library's functions (pxfm 0.1.30) lose half of the digits near the zeros of the logarithm, and give nan for
//! large arguments. Here the recurrence raises the argument until Stirling's series is short: in numbers of two floats,
//! which nearly always have enough bits to round the result, and otherwise in fixed point with 200 correct bits.

mod quick;

use dashu_int::ops::BitTest;
use dashu_int::{IBig, Sign, UBig};

use super::rounding::parts;
use super::{fixed, fmod};

pub(crate) use quick::{quick_gamma, quick_lgamma};

/// The price of a call of a quick function.
pub(crate) const QUICK_PRICE: u64 = 100;
/// The price of a call of a function in fixed point.
pub(crate) const PRICE: u64 = 10_000;

/// Binary places of the fixed-point numbers here.
const PLACES: usize = 256;
/// From here on, the error of Stirling's series with the terms below is smaller than 2^-200.
const STIRLING_FROM: i64 = 64;
/// Below 2^-70, the first two terms of the expansion around 0 have 120 correct bits.
const TINY: f64 = 8.470_329_472_543_003e-22;
/// Euler's constant.
const EULER: f64 = 0.577_215_664_901_532_9;

/// Γ(`x`). Infinite on overflow; nan at the poles 0, -1, -2 … and at -inf (CPython's domain errors).
pub(crate) fn gamma(x: f64) -> f64 {
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if is_pole(x) {
        return f64::NAN;
    }
    if x > 172.0 {
        return f64::INFINITY;
    }
    // Γ is negative between -1 and 0, and changes its sign at every pole.
    let sign = if x < 0.0 && fmod(x.floor(), 2.0) != 0.0 { -1.0 } else { 1.0 };
    if x < -190.0 {
        return sign * 0.0;
    }
    if x.abs() < TINY {
        // Γ(x) = 1/x - γ + O(x).
        let (mantissa, unit) = parts(x);
        let numerator = magnitude(fixed_one() - fixed::from_float(EULER * x, PLACES));
        return sign * fixed::nearest(&(numerator / mantissa), -(PLACES as i64) - i64::from(unit));
    }
    let (raised, product) = raise(x);
    let logarithm = stirling(&raised);
    // e^l = 2^k·e^(l - k·ln 2).
    let ln_2 = fixed::ln_2(PLACES);
    let whole = &logarithm / &ln_2;
    let power = fixed::exp(&IBig::from(logarithm % &ln_2), PLACES);
    let exponent = i64::try_from(&whole).unwrap_or(i64::MAX / 2);
    let product = product.into_parts().1;
    let gained = product.bit_len();
    sign * fixed::nearest(&((power << gained) / product), exponent - gained as i64)
}

/// ln |Γ(`x`)|. Infinite on overflow and at ±inf; nan at the poles 0, -1, -2 … (CPython's domain errors).
pub(crate) fn lgamma(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x.is_infinite() {
        return f64::INFINITY;
    }
    if is_pole(x) {
        return f64::NAN;
    }
    if x == 1.0 || x == 2.0 {
        return 0.0;
    }
    let value = if x.abs() < TINY {
        // ln |Γ(x)| = -ln |x| - γx + O(x²).
        let (mantissa, unit) = parts(x);
        -(natural_log(&UBig::from(mantissa), i64::from(unit)) + fixed::from_float(EULER * x, PLACES))
    } else if x < -(STIRLING_FROM as f64) {
        // Γ(x)·Γ(1 - x) = π / sin πx.
        let (raised, _) = raise(-x);
        // Γ(1 - x) = -x·Γ(-x).
        let logarithm = IBig::from(stirling(&raised)) + natural_log(&raised, -(PLACES as i64));
        let sine = magnitude(sine_of_pi_times(x - x.round()));
        let ratio = (fixed::pi(PLACES) << PLACES) / sine;
        natural_log(&ratio, -(PLACES as i64)) - logarithm
    } else {
        let (raised, product) = raise(x);
        let product = product.into_parts().1;
        IBig::from(stirling(&raised)) - natural_log(&product, -(PLACES as i64))
    };
    let (sign, magnitude) = value.into_parts();
    let float = fixed::nearest(&magnitude, -(PLACES as i64));
    if sign == Sign::Negative { -float } else { float }
}

fn is_pole(x: f64) -> bool {
    x == f64::NEG_INFINITY || (x <= 0.0 && x.fract() == 0.0)
}

fn fixed_one() -> IBig {
    IBig::ONE << PLACES
}

fn magnitude(value: IBig) -> UBig {
    value.into_parts().1
}

/// x + m for the least m ≥ 0 that makes it at least [`STIRLING_FROM`], and the factor between Γ(x) and Γ(x + m): x·(x +
/// 1)·…·(x + m - 1).
fn raise(x: f64) -> (UBig, IBig) {
    let steps = (STIRLING_FROM - x.min(STIRLING_FROM as f64).floor() as i64).max(0);
    let x = fixed::from_float(x, PLACES);
    let mut product = fixed_one();
    if steps > 0 {
        // Two factors at a time: (x + i)·(x + m - 1 - i) = x·(x + m - 1) + i·(m - 1 - i). This is exact, since x has at
        // most 123 binary places.
        let last = steps - 1;
        let ends = fixed::multiply(&x, &(&x + (IBig::from(last) << PLACES)), PLACES);
        for i in 0..steps / 2 {
            product = fixed::multiply(&product, &(&ends + (IBig::from(i * (last - i)) << PLACES)), PLACES);
        }
        if steps % 2 == 1 {
            product = fixed::multiply(&product, &(&x + (IBig::from(last / 2) << PLACES)), PLACES);
        }
    }
    (magnitude(x + (IBig::from(steps) << PLACES)), product)
}

/// ln Γ(z) = (z - ½)·ln z - z + ½·ln 2π + Σ B₂ₙ / (2n·(2n - 1)·z^(2n - 1)), for z from [`STIRLING_FROM`] up.
fn stirling(z: &UBig) -> UBig {
    let half = fixed_one() >> 1;
    let z_signed = IBig::from(z.clone());
    let mut sum = fixed::multiply(&(&z_signed - half), &natural_log(z, -(PLACES as i64)), PLACES) - z_signed;
    sum += IBig::from(UBig::from_words(&HALF_LN_TAU));
    let inverse = (fixed::one(2 * PLACES)) / z;
    let square = inverse.sqr() >> PLACES;
    let mut power = inverse;
    for (index, (numerator, denominator)) in (1_u64..).zip(BERNOULLI) {
        if power.is_zero() {
            break;
        }
        let n = 2 * index;
        sum += IBig::from(numerator) * IBig::from(power.clone()) / IBig::from(denominator * n * (n - 1));
        power = (power * &square) >> PLACES;
    }
    magnitude(sum)
}

/// ln(`value`·2^`exponent`).
fn natural_log(value: &UBig, exponent: i64) -> IBig {
    let bits = value.bit_len();
    let fraction = if bits <= PLACES { value << (PLACES - bits) } else { value >> (bits - PLACES) };
    fixed::ln(&fraction, PLACES) + IBig::from(exponent + bits as i64) * IBig::from(fixed::ln_2(PLACES))
}

/// sin πx for x between -½ and ½.
fn sine_of_pi_times(x: f64) -> IBig {
    let pi = IBig::from(fixed::pi(PLACES));
    if x.abs() <= 0.25 {
        return fixed::sin_cos(&fixed::multiply(&pi, &fixed::from_float(x, PLACES), PLACES), PLACES).0;
    }
    // The cosine of π(½ - |x|), without its sign.
    IBig::from(fixed::sin_cos(&fixed::multiply(&pi, &fixed::from_float(0.5 - x.abs(), PLACES), PLACES), PLACES).1)
}

/// ½·ln 2π with 256 binary places, least significant word first.
const HALF_LN_TAU: [u64; 4] =
    [0xdec6_a313_3daa_155d, 0xcfb0_8f8d_1345_8b4d, 0x94bc_9001_4419_2023, 0xeb3f_8e43_25f5_a534];
/// The Bernoulli numbers B2, B4 … B44: numerator and denominator.
const BERNOULLI: [(i128, u64); 22] = [
    (1, 6),
    (-1, 30),
    (1, 42),
    (-1, 30),
    (5, 66),
    (-691, 2730),
    (7, 6),
    (-3617, 510),
    (43867, 798),
    (-174611, 330),
    (854513, 138),
    (-236364091, 2730),
    (8553103, 6),
    (-23749461029, 870),
    (8615841276005, 14322),
    (-7709321041217, 510),
    (2577687858367, 6),
    (-26315271553053477373, 1919190),
    (2929993913841559, 6),
    (-261082718496449122051, 13530),
    (1520097643918070802691, 1806),
    (-27833269579301024235023, 690),
];

#[cfg(test)]
mod tests;
