//! The gamma function and its logarithm in numbers of two floats.

use std::sync::LazyLock;

use dashu_int::{IBig, UBig};

use super::{BERNOULLI, HALF_LN_TAU, PLACES};
use crate::number::double::Double;

/// From here on, the error of Stirling's series with twenty terms is smaller than 2^-110.
const STIRLING_FROM: f64 = 16.0;
/// Below, the recurrence would take too many steps.
const LEAST: f64 = -20.0;
/// Next to 0, and above, the parts of the result may leave the range of floats.
const TINIEST: f64 = 1e-270;
const LARGEST: f64 = 1e270;
/// The error of a sum of logarithms, as a part of the sum of their magnitudes: that of ten operations of at most 2^-102
/// each, with a margin.
const ERROR: f64 = 1.0 / (1_u128 << 96) as f64;
/// The coefficients of Stirling's series B₂ₙ / (2n·(2n - 1)): the first five with all bits, and then as floats.
const FIRST: [Double; 5] = [
    Double::ratio(1.0, 12.0),
    Double::ratio(-1.0, 360.0),
    Double::ratio(1.0, 1_260.0),
    Double::ratio(-1.0, 1_680.0),
    Double::ratio(1.0, 1_188.0),
];
const OTHERS: [f64; 15] = {
    let mut list = [0.0; 15];
    let mut at = 0;
    while at < list.len() {
        let n = 2 * (at as u64 + FIRST.len() as u64 + 1);
        let (numerator, denominator) = BERNOULLI[at + FIRST.len()];
        list[at] = numerator as f64 / (denominator * n * (n - 1)) as f64;
        at += 1;
    }
    list
};
static HALF_LN_TAU_DOUBLE: LazyLock<Double> =
    LazyLock::new(|| Double::of(&IBig::from(UBig::from_words(&HALF_LN_TAU)), PLACES));

/// ln Γ(x + m), and the factor between Γ(x) and Γ(x + m), for the least m ≥ 0 that makes the sum at least
/// [`STIRLING_FROM`]; and the error of the logarithm.
struct Raised {
    logarithm: Double,
    error: f64,
    product: Double,
}

/// Γ(`x`), correctly rounded, for most numbers up to 150, whose gamma is below 2^900.
pub(crate) fn quick_gamma(x: f64) -> Option<f64> {
    if !(LEAST..=150.0).contains(&x) || x.abs() < TINIEST || (x < 0.0 && x.fract() == 0.0) {
        return None;
    }
    let Raised { logarithm, error, product } = raised(x);
    let value = logarithm.exp() / product;
    // The exponential, the product and the quotient each add one.
    value.rounded(value.high.abs() * (error + 4.0 * ERROR))
}

/// ln |Γ(`x`)|, correctly rounded, for most numbers.
pub(crate) fn quick_lgamma(x: f64) -> Option<f64> {
    if !(LEAST..=LARGEST).contains(&x) || x.abs() < TINIEST || (x < 0.0 && x.fract() == 0.0) {
        return None;
    }
    let Raised { logarithm, error, product } = raised(x);
    if product == Double::ONE {
        return logarithm.rounded(error);
    }
    let product = if product.high < 0.0 { -product } else { product };
    let of_product = product.ln();
    (logarithm - of_product).rounded(error + ERROR * (2.0 + of_product.high.abs()))
}

fn raised(x: f64) -> Raised {
    let (mut z, mut product) = (Double::from(x), Double::ONE);
    while z.high < STIRLING_FROM {
        product = product * z;
        z = z + Double::ONE;
    }
    // ln Γ(z) = (z - ½)·ln z - z + ½·ln 2π + Σ B₂ₙ / (2n·(2n - 1)·z^(2n - 1)).
    let inverse = Double::ONE / z;
    let square = inverse * inverse;
    let others = OTHERS.iter().rev().fold(0.0, |rest, coefficient| coefficient + square.high * rest);
    let series = FIRST.iter().rev().fold(Double::from(others), |rest, first| *first + square * rest) * inverse;
    let most = (z - Double::from(0.5)) * z.ln();
    let logarithm = most - z + *HALF_LN_TAU_DOUBLE + series;
    Raised { logarithm, error: ERROR * (most.high + z.high + 2.0), product }
}
