//! Sine and cosine of floats, correctly rounded: fast if two floats decide the rounding, else by the library.
//!
//! The angle is k·π/128 + u, where u is below π/256. A table has the sine S and the cosine C of k·π/128, each as a sum
//! of two floats. Then sin(k·π/128 + u) = S·cos u + C·sin u needs only short series and has at least 62 correct bits.
//! About one result in a hundred is too close to a tie of 53 bits. (The method is that of Gal, *Computing elementary
//! functions: a new approach for achieving high accuracy and good performance*, 1986; the rounding test is Ziv's.)

use std::sync::LazyLock;

use dashu_int::ops::BitTest;
use dashu_int::{IBig, UBig};

use super::error_free::{ROUNDER, exact_sum, product_error, upper_half};
use super::fixed;
use super::together::of_each;

/// The multiples of π/128 in a turn.
const STEPS: usize = 256;
/// Binary places in the computation of the table.
const PLACES: usize = 192;
/// Up to this angle, the multiple k has at most 24 bits, so its products with the parts of π/128 are exact.
const MOST: f64 = 262_144.0;
/// From here on, no intermediate result is subnormal.
const LEAST: f64 = 9.765_625e-4;
/// An upper bound of all rounding and truncation errors, relative to the result; mainly three roundings below 2^-66.
const RELATIVE_ERROR: f64 = 2.168_404_344_971_009e-19;
/// An upper bound of the relative error of a [`Pair`], whose second part is rounded once more.
pub(super) const PAIR_ERROR: f64 = 1.01 * RELATIVE_ERROR;
/// An upper bound of the error of u, which matters if the result is small. Its last part is below 2^-37 and rounded
/// twice; k has 24 bits, and π/128 is known to 2^-115.
const ABSOLUTE_ERROR: f64 = 3.231_174_267_785_264_4e-27;

/// sin(`x`), correctly rounded.
pub(crate) fn sin(x: f64) -> f64 {
    quick(x, 0).unwrap_or_else(|| pxfm::f_sin(x))
}

/// cos(`x`), correctly rounded.
pub(crate) fn cos(x: f64) -> f64 {
    quick(x, STEPS / 4).unwrap_or_else(|| pxfm::f_cos(x))
}

/// Puts the sines of many numbers in their places.
pub(crate) fn sin_of_each(values: &mut [f64]) {
    let table = &*TABLE;
    of_each(values, |x| in_range(table, x, 0), bounds, pxfm::f_sin);
}

/// Puts the cosines of many numbers in their places.
pub(crate) fn cos_of_each(values: &mut [f64]) {
    let table = &*TABLE;
    of_each(values, |x| in_range(table, x, STEPS / 4), bounds, pxfm::f_cos);
}

/// A number as a sum of two floats; the second is below half a unit in the last place of the first.
pub(super) type Pair = (f64, f64);

/// Sine and cosine of an angle in radians, each with a relative error below [`PAIR_ERROR`], and the bound of an
/// additional absolute error; `None` out of range.
#[inline]
pub(super) fn pairs(x: f64) -> Option<(Pair, Pair, f64)> {
    /// Far above the subnormal numbers.
    const TINY: f64 = 1e-270;
    let table = &*TABLE;
    if (TINY..LEAST).contains(&x.abs()) {
        let (sine, cosine) = pairs_near(table, 0, x, 0.0);
        return Some((sine, cosine, 0.0));
    }
    if !is_in_range(x) {
        return None;
    }
    let (multiple, u, u_low) = reduced(table, x);
    let (sine, cosine) = pairs_near(table, multiple, u, u_low);
    Some((sine, cosine, ABSOLUTE_ERROR))
}

/// Sine and cosine of an angle between 1e-270 and 360 degrees, each with a relative error below [`PAIR_ERROR`].
#[inline]
pub(super) fn pairs_of_degrees(x: f64) -> (Pair, Pair) {
    /// π/128 in degrees.
    const STEP: f64 = 1.406_25;
    /// π/180 as a sum of two floats.
    const UNIT: Pair = (0.017_453_292_519_943_295, 2.948_652_270_870_168_7e-19);
    let multiple = (x / STEP + ROUNDER) - ROUNDER;
    // Exact: a multiple of the step has few bits, and the difference has no bit below the last one of x.
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
    let sine = near(parts_near(table, multiple, u, u_low));
    (normal(sine), normal(near(parts_near(table, multiple.wrapping_add(STEPS / 4), u, u_low))))
}

/// For a multiple of π/128: its sine as a sum of two floats, its cosine as a float of 26 bits and a second float.
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

/// The sine of `x` + `quarter`·π/128; `None` out of range, or if the bits do not decide its rounding.
#[inline]
fn quick(x: f64, quarter: usize) -> Option<f64> {
    let (parts, is_in_range) = in_range(&TABLE, x, quarter);
    let (above, below) = bounds(parts);
    (is_in_range && above == below).then_some(above)
}

/// What [`near`] takes for `x` + `quarter`·π/128, and whether it is in range.
#[inline]
fn in_range(table: &Table, x: f64, quarter: usize) -> ([f64; 6], bool) {
    let (multiple, u, u_low) = reduced(table, x);
    (parts_near(table, multiple.wrapping_add(quarter), u, u_low), is_in_range(x))
}

/// The sine with the error added and subtracted, each rounded: the correctly rounded one, if they are the same.
#[inline]
fn bounds(parts: [f64; 6]) -> (f64, f64) {
    let (sum, low) = near(parts);
    let error = sum.abs() * RELATIVE_ERROR + ABSOLUTE_ERROR;
    (sum + (low + error), sum + (low - error))
}

#[inline]
fn is_in_range(x: f64) -> bool {
    (LEAST..MOST).contains(&x.abs())
}

/// The multiple of π/128 nearest to an `x` in range, and the difference as a sum of two floats.
#[inline]
fn reduced(table: &Table, x: f64) -> (usize, f64, f64) {
    /// 128/π.
    const STEPS_PER_UNIT: f64 = 40.743_665_431_525_21;
    let multiple = (x * STEPS_PER_UNIT + ROUNDER) - ROUNDER;
    // The first difference is exact; the second is exact together with its error.
    let rest = x - multiple * table.step[0];
    let part = multiple * table.step[1];
    let difference = rest - part;
    let back = difference - rest;
    let error = (rest - (difference - back)) - (part + back);
    let last = error - multiple * table.step[2];
    let u = difference + last;
    (multiple as i64 as usize, u, last - (u - difference))
}

/// `u` + `u_low`, with the sine and the cosine of `multiple`·π/128.
#[inline]
fn parts_near(table: &Table, multiple: usize, u: f64, u_low: f64) -> [f64; 6] {
    let entry = &table.entries[multiple % STEPS];
    [u, u_low, entry.sine.0, entry.sine.1, entry.cosine.0, entry.cosine.1]
}

/// The sine of `multiple`·π/128 + `u` + `u_low` as a sum of two floats, the second up to 2^-27 of the first.
#[inline]
fn near([u, u_low, sine, sine_low, cosine, cosine_low]: [f64; 6]) -> (f64, f64) {
    let square = u * u;
    // The first terms of sin u - u, and of cos u - 1.
    let odd = u * square * (-1.0 / 6.0 + square * (1.0 / 120.0 - square * (1.0 / 5_040.0))) + u_low;
    let even = square * (-0.5 + square * (1.0 / 24.0 - square * (1.0 / 720.0))) - u * u_low;
    // The product of the upper half of u and the cosine's 26 bits is exact.
    let upper = upper_half(u);
    let (sum, lost) = exact_sum(sine, cosine * upper);
    let low =
        ((cosine * (u - upper) + lost) + ((cosine + cosine_low) * odd + sine * even)) + (sine_low + cosine_low * u);
    (sum, low)
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

/// A fixed-point number as a float of its first bits, and the float nearest to the rest.
fn parts(negative: bool, value: &UBig, bits: usize) -> (f64, f64) {
    let dropped = value.bit_len().saturating_sub(bits);
    let first = (value >> dropped) << dropped;
    let sign = if negative { -1.0 } else { 1.0 };
    (sign * fixed::to_float(&first, PLACES), sign * fixed::to_float(&(value - &first), PLACES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::reference::random;

    /// The library is slower, and correctly rounded, as `special.jsonl` shows.
    #[test]
    fn sines_and_cosines_are_the_librarys() {
        let (mut decided, mut total, mut many) = (0, 0, Vec::new());
        let mut next = random(1);
        for _ in 0..200_000 {
            let bits = next();
            // From 2^-11 to 2^19, with either sign.
            let exponent = 1012 + (bits >> 32) % 31;
            let x = f64::from_bits((bits & 0x800f_ffff_ffff_ffff) | exponent << 52);
            assert_eq!(sin(x), pxfm::f_sin(x), "sin {x:e}");
            assert_eq!(cos(x), pxfm::f_cos(x), "cos {x:e}");
            if (LEAST..MOST).contains(&x.abs()) {
                total += 2;
                decided += usize::from(quick(x, 0).is_some()) + usize::from(quick(x, STEPS / 4).is_some());
            }
            many.push(x);
        }
        // Side by side, with some out of range among them.
        many.iter_mut().step_by(1_000).for_each(|x| *x = f64::NAN);
        let (mut sines, mut cosines) = (many.clone(), many.clone());
        sin_of_each(&mut sines);
        cos_of_each(&mut cosines);
        for ((x, sine), cosine) in many.into_iter().zip(sines).zip(cosines) {
            assert_eq!(sine.to_bits(), sin(x).to_bits(), "sin {x:e}");
            assert_eq!(cosine.to_bits(), cos(x).to_bits(), "cos {x:e}");
        }
        assert!(decided * 100 > total * 97, "{decided} of {total}");
    }

    /// Near multiples of π/128, π/2 and π, where the table changes and the results are small.
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
