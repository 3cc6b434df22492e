//! Sine and cosine of floats, correctly rounded: quickly where two floats decide, by the library where they do not.
//!
//! The angle is a multiple k of π/128 and a rest u below π/256. With sine and cosine of the multiple from a table, each
//! as a sum of two floats, sin(k·π/128 + u) = S·cos u + C·sin u needs short series only, and comes out with 62 bits or
//! more: all but one in some hundred of them decide how 53 are rounded. (The method is that of Gal, *Computing
//! elementary functions: a new approach for achieving high accuracy and good performance*, 1986; the test of the
//! rounding Ziv's.)

use std::sync::LazyLock;

use dashu_int::ops::BitTest;
use dashu_int::{IBig, UBig};

use super::fixed;

/// The multiples of π/128 in a turn.
const STEPS: usize = 256;
/// Binary places of what the table is made from.
const PLACES: usize = 192;
/// Up to this angle, a multiple has at most 24 bits, and its product with a part of π/128 is exact.
const MOST: f64 = 262_144.0;
/// From here on nothing in the calculation is subnormal; below, sine and cosine are their arguments' business.
const LEAST: f64 = 9.765_625e-4;
/// More than all that is left out and rounded, relative to the result: the largest are three roundings below 2^-66.
const RELATIVE_ERROR: f64 = 2.168_404_344_971_009e-19;
/// More than the error of a [`Pair`], relative to it: the same, and a last part that is rounded once more.
pub(super) const PAIR_ERROR: f64 = 1.01 * RELATIVE_ERROR;
/// More than the error of the rest u, which counts where the result is small. Its last part is below 2^-37, and rounded
/// twice; the multiple has 24 bits, and π/128 is given to 2^-115.
const ABSOLUTE_ERROR: f64 = 3.231_174_267_785_264_4e-27;
/// Added and taken away, it leaves the nearest integer.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// sin(`x`), correctly rounded.
pub(crate) fn sin(x: f64) -> f64 {
    sines()(x)
}

/// cos(`x`), correctly rounded.
pub(crate) fn cos(x: f64) -> f64 {
    cosines()(x)
}

/// [`sin`], for many angles.
#[inline]
pub(crate) fn sines() -> impl Fn(f64) -> f64 {
    let table = &*TABLE;
    move |x| quick(table, x, 0).unwrap_or_else(|| library(x, pxfm::f_sin))
}

/// [`cos`], for many angles.
#[inline]
pub(crate) fn cosines() -> impl Fn(f64) -> f64 {
    let table = &*TABLE;
    move |x| quick(table, x, STEPS / 4).unwrap_or_else(|| library(x, pxfm::f_cos))
}

/// A number as a sum of two floats, the second below half a unit of the first's last place.
pub(super) type Pair = (f64, f64);

/// Sine and cosine of an angle in radians, each off by less than [`PAIR_ERROR`] of it and an absolute error that stands
/// behind them; `None` out of range.
#[inline]
pub(super) fn pairs(x: f64) -> Option<(Pair, Pair, f64)> {
    /// Far from what is subnormal.
    const TINY: f64 = 1e-270;
    let table = &*TABLE;
    if (TINY..LEAST).contains(&x.abs()) {
        let (sine, cosine) = pairs_near(table, 0, x, 0.0);
        return Some((sine, cosine, 0.0));
    }
    let (multiple, u, u_low) = reduced(table, x)?;
    let (sine, cosine) = pairs_near(table, multiple, u, u_low);
    Some((sine, cosine, ABSOLUTE_ERROR))
}

/// Sine and cosine of an angle in degrees between 1e-270 and 360, each off by less than [`PAIR_ERROR`] of it.
#[inline]
pub(super) fn pairs_of_degrees(x: f64) -> (Pair, Pair) {
    /// π/128.
    const STEP: f64 = 1.406_25;
    /// π/180, and what that lacks.
    const UNIT: Pair = (0.017_453_292_519_943_295, 2.948_652_270_870_168_7e-19);
    let multiple = (x / STEP + ROUNDER) - ROUNDER;
    // Exact: the multiples of a step have few bits, and the rest has none below x's last.
    let rest = x - multiple * STEP;
    let product = rest * UNIT.0;
    let low = product_error(rest, UNIT.0, product) + rest * UNIT.1;
    let u = product + low;
    pairs_near(&TABLE, multiple as i64 as usize, u, low - (u - product))
}

#[inline]
fn pairs_near(table: &Table, multiple: usize, u: f64, u_low: f64) -> (Pair, Pair) {
    let normal = |(sum, low): Pair| {
        let value = sum + low;
        (value, low - (value - sum))
    };
    let sine = near(table, multiple, u, u_low);
    (normal(sine), normal(near(table, multiple.wrapping_add(STEPS / 4), u, u_low)))
}

/// What a rounded `product` of two floats lacks of the exact one (Dekker 1971).
#[inline]
pub(super) fn product_error(a: f64, b: f64, product: f64) -> f64 {
    let (a_upper, b_upper) = (upper_half(a), upper_half(b));
    let (a_lower, b_lower) = (a - a_upper, b - b_upper);
    ((a_upper * b_upper - product) + a_upper * b_lower + a_lower * b_upper) + a_lower * b_lower
}

/// A separate function, so that its length does not slow the loops, which hardly ever call it.
#[cold]
#[inline(never)]
fn library(x: f64, function: fn(f64) -> f64) -> f64 {
    function(x)
}

/// A multiple of π/128: its sine as a sum of two floats, and its cosine as one of 26 bits and another.
#[derive(Clone, Copy, Default)]
struct Entry {
    sine: (f64, f64),
    cosine: (f64, f64),
}

struct Table {
    entries: [Entry; STEPS],
    /// π/128 as a sum of three floats, the first two of 28 bits.
    step: [f64; 3],
}

/// The sine of `x` and `quarter`·π/128; `None` where the bits do not decide, and out of range.
#[inline]
fn quick(table: &Table, x: f64, quarter: usize) -> Option<f64> {
    let (multiple, u, u_low) = reduced(table, x)?;
    let (sum, low) = near(table, multiple.wrapping_add(quarter), u, u_low);
    let error = sum.abs() * RELATIVE_ERROR + ABSOLUTE_ERROR;
    let value = sum + (low + error);
    (value == sum + (low - error)).then_some(value)
}

/// The multiple of π/128 nearest to `x`, and the rest as a sum of two floats; `None` out of range.
#[inline]
fn reduced(table: &Table, x: f64) -> Option<(usize, f64, f64)> {
    /// 128/π.
    const STEPS_PER_UNIT: f64 = 40.743_665_431_525_21;
    if !(LEAST..MOST).contains(&x.abs()) {
        return None;
    }
    let multiple = (x * STEPS_PER_UNIT + ROUNDER) - ROUNDER;
    // The first difference is exact; so is the second, with its error.
    let rest = x - multiple * table.step[0];
    let part = multiple * table.step[1];
    let difference = rest - part;
    let back = difference - rest;
    let error = (rest - (difference - back)) - (part + back);
    let last = error - multiple * table.step[2];
    let u = difference + last;
    Some((multiple as i64 as usize, u, last - (u - difference)))
}

/// The sine of `multiple`·π/128 + `u` + `u_low` as a sum of two floats, of which the second may be 2^-27 of the first.
#[inline]
fn near(table: &Table, multiple: usize, u: f64, u_low: f64) -> (f64, f64) {
    let entry = &table.entries[multiple % STEPS];
    let ((sine, sine_low), (cosine, cosine_low)) = (entry.sine, entry.cosine);
    let square = u * u;
    // sin u - u, and cos u - 1, but for what is too small to count.
    let odd = u * square * (-1.0 / 6.0 + square * (1.0 / 120.0 - square * (1.0 / 5_040.0))) + u_low;
    let even = square * (-0.5 + square * (1.0 / 24.0 - square * (1.0 / 720.0))) - u * u_low;
    // The upper half of u times the cosine's 26 bits is exact.
    let upper = upper_half(u);
    let product = cosine * upper;
    let sum = sine + product;
    let taken = sum - sine;
    let lost = (sine - (sum - taken)) + (product - taken);
    let low =
        ((cosine * (u - upper) + lost) + ((cosine + cosine_low) * odd + sine * even)) + (sine_low + cosine_low * u);
    (sum, low)
}

/// A number in 26 bits; what it lacks of `value` has 26 as well.
#[inline]
fn upper_half(value: f64) -> f64 {
    let scaled = value * 134_217_729.0;
    scaled - (scaled - value)
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let pi = IBig::from(fixed::pi(PLACES));
    let mut entries = [Entry::default(); STEPS];
    for (multiple, entry) in entries.iter_mut().enumerate() {
        let (negative, sine) = sine_of(multiple, &pi);
        entry.sine = parts(negative, &sine, 53);
        let (negative, cosine) = sine_of(multiple + STEPS / 4, &pi);
        entry.cosine = parts(negative, &cosine, 26);
    }
    let step = pi.into_parts().1 >> 7;
    let (first, _) = parts(false, &step, 28);
    let rest = step - fixed::from_float(first, PLACES).into_parts().1;
    let (second, third) = parts(false, &rest, 28);
    Table { entries, step: [first, second, third] }
});

/// The sine of a multiple of π/128 in fixed point, and whether it is negative.
fn sine_of(multiple: usize, pi: &IBig) -> (bool, UBig) {
    let (half, quarter) = (STEPS / 2, STEPS / 4);
    let (negative, within) = (multiple % STEPS >= half, multiple % half);
    let folded = if within > quarter { half - within } else { within };
    let angle = |multiple: usize| (pi * IBig::from(multiple)) >> 7;
    let sine = if folded <= quarter / 2 {
        fixed::sin_cos(&angle(folded), PLACES).0.into_parts().1
    } else {
        fixed::sin_cos(&angle(quarter - folded), PLACES).1
    };
    (negative, sine)
}

/// A number in fixed point as its first bits, and the float nearest to the rest.
fn parts(negative: bool, value: &UBig, bits: usize) -> (f64, f64) {
    let dropped = value.bit_len().saturating_sub(bits);
    let first = (value >> dropped) << dropped;
    let sign = if negative { -1.0 } else { 1.0 };
    (sign * fixed::to_float(&first, PLACES), sign * fixed::to_float(&(value - &first), PLACES))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The library is slower and correctly rounded, as `special.jsonl` shows.
    #[test]
    fn sines_and_cosines_are_the_librarys() {
        let (mut decided, mut total) = (0, 0);
        let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..200_000 {
            bits = bits.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            // From 2^-11 to 2^19, either sign.
            let exponent = 1012 + (bits >> 32) % 31;
            let x = f64::from_bits((bits & 0x800f_ffff_ffff_ffff) | exponent << 52);
            assert_eq!(sin(x), pxfm::f_sin(x), "sin {x:e}");
            assert_eq!(cos(x), pxfm::f_cos(x), "cos {x:e}");
            if (LEAST..MOST).contains(&x.abs()) {
                total += 2;
                decided +=
                    usize::from(quick(&TABLE, x, 0).is_some()) + usize::from(quick(&TABLE, x, STEPS / 4).is_some());
            }
        }
        assert!(decided * 100 > total * 97, "{decided} of {total}");
    }

    /// Next to the multiples of π/128, of π/2 and of π: where the table changes, and where the results are small.
    #[test]
    fn angles_next_to_multiples() {
        for multiple in (0..2_000).chain((3..200).map(|n| n * 64)).chain((1..1_000).map(|n| n * 10_007)) {
            let mut x = f64::from(multiple) * std::f64::consts::PI / 256.0;
            for _ in 0..3 {
                for angle in [x, -x] {
                    assert_eq!(sin(angle).to_bits(), pxfm::f_sin(angle).to_bits(), "sin {angle:e}");
                    assert_eq!(cos(angle).to_bits(), pxfm::f_cos(angle).to_bits(), "cos {angle:e}");
                }
                x = x.next_up();
            }
        }
    }

    #[test]
    fn the_table_is_of_sines_and_cosines() {
        for (multiple, entry) in TABLE.entries.iter().enumerate() {
            let angle = multiple as f64 * std::f64::consts::PI / 128.0;
            assert!((entry.sine.0 - angle.sin()).abs() < 1e-15 && entry.sine.1.abs() < 1.2e-16, "{multiple}");
            assert!((entry.cosine.0 + entry.cosine.1 - angle.cos()).abs() < 1e-15, "{multiple}");
            assert_eq!(entry.cosine.0.to_bits().trailing_zeros().min(27), 27, "{multiple}");
        }
        assert_eq!(TABLE.step.iter().sum::<f64>(), std::f64::consts::PI / 128.0);
    }
}
