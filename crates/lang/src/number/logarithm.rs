//! Logarithms of floats, correctly rounded: fast if two floats decide the rounding, else by the library.
//!
//! x is 2^k·z with z between 0.7 and 1.41, and z lies in one of 256 intervals. For each a table has a number r of nine
//! bits near 1/z. Then u = r·z - 1 is exact and at most 2^-8, and ln x = k·ln 2 - ln r + ln(1 + u) needs only a short
//! series. The intervals on both sides of 1 have r = 1, so that nothing cancels there. (The method is that of Tang,
//! *Table-driven implementation of the logarithm function in IEEE floating-point arithmetic*, 1990; the rounding test is
//! Ziv's.)

use std::sync::LazyLock;

use dashu_int::{IBig, Sign};

use super::error_free::product_error;
use super::fixed;
use super::together::of_each;

/// The intervals of z.
const INTERVALS: usize = 256;
/// Bits of a float below those that name its interval.
const REST: u32 = 44;
/// The bits of the least z, 0.7031: a limit between two intervals, as 1 is.
const LEAST: u64 = 0x3fe6_8000_0000_0000;
/// Binary places in the computation of the table.
const PLACES: usize = 192;
/// Binary places of the first parts of ln 2 and ln r: multiples of ln 2 and their sums with ln r are exact.
const HIGH_PLACES: usize = 42;
/// An upper bound of the errors that grow with u², as a part of it: the series is about a half, and rounded like u² and
/// their product (2^-51.9); what follows in the series is below u⁸/8·1.01 (2^-51); two sums with it are rounded (2^-54
/// each).
const SQUARE_ERROR: f64 = 8.881_784_197_001_252e-16;
/// An upper bound of the other errors: the second part of k·ln 2 - ln r is below 2^-31 and rounded some four times.
const FIXED_ERROR: f64 = 2.067_951_531_382_569_2e-25;

/// 1/ln 10 and 1/ln 2: the float nearest to it, and the float nearest to the rest.
const LOG10_E: (f64, f64) = (std::f64::consts::LOG10_E, 1.098_319_650_216_765e-17);
const LOG2_E: (f64, f64) = (std::f64::consts::LOG2_E, 2.035_527_374_093_103_3e-17);
/// 2^-104: the product with one of them.
const PRODUCT_ERROR: f64 = 4.930_380_657_631_324e-32;

/// ln(`x`), correctly rounded.
pub(crate) fn ln(x: f64) -> f64 {
    quick(x, bounds).unwrap_or_else(|| pxfm::f_log(x))
}

/// log₁₀(`x`), correctly rounded.
pub(crate) fn log10(x: f64) -> f64 {
    quick(x, |reduced| bounds_to(LOG10_E, reduced)).unwrap_or_else(|| pxfm::f_log10(x))
}

/// log₂(`x`), correctly rounded.
pub(crate) fn log2(x: f64) -> f64 {
    quick(x, |reduced| bounds_to(LOG2_E, reduced)).unwrap_or_else(|| pxfm::f_log2(x))
}

/// Puts the natural logarithms of many numbers in their places.
pub(crate) fn ln_of_each(values: &mut [f64]) {
    let table = &*TABLE;
    of_each(values, |x| in_range(table, x), bounds, pxfm::f_log);
}

/// Puts the logarithms to base 10 of many numbers in their places.
pub(crate) fn log10_of_each(values: &mut [f64]) {
    let table = &*TABLE;
    of_each(values, |x| in_range(table, x), |reduced| bounds_to(LOG10_E, reduced), pxfm::f_log10);
}

/// Puts the logarithms to base 2 of many numbers in their places.
pub(crate) fn log2_of_each(values: &mut [f64]) {
    let table = &*TABLE;
    of_each(values, |x| in_range(table, x), |reduced| bounds_to(LOG2_E, reduced), pxfm::f_log2);
}

/// What the table has of an interval.
#[derive(Clone, Copy, Default)]
struct Entry {
    /// Near the reciprocals of its numbers, of nine bits.
    r: f64,
    /// r·c - 1 with the middle c of the interval: exact.
    rest: f64,
    /// -ln r as a sum of two floats, the first a multiple of 2^-42.
    logarithm: (f64, f64),
}

struct Table {
    entries: [Entry; INTERVALS],
    /// ln 2 in the same way.
    ln_2: (f64, f64),
}

/// `None` out of range, or if the bits do not decide the rounding.
#[inline]
fn quick(x: f64, bounds: impl Fn([f64; 3]) -> (f64, f64)) -> Option<f64> {
    let (reduced, is_in_range) = in_range(&TABLE, x);
    let (above, below) = bounds(reduced);
    (is_in_range && above == below).then_some(above)
}

/// The bounds of the logarithm to a base, whose natural logarithm has this reciprocal.
#[inline]
fn bounds_to(reciprocal: (f64, f64), reduced: [f64; 3]) -> (f64, f64) {
    let (sum, rest, error) = parted(reduced);
    let product = sum * reciprocal.0;
    let rest_of_product = product_error(sum, reciprocal.0, product) + (rest * reciprocal.0 + sum * reciprocal.1);
    // The reciprocals are below 1.45, and three more roundings add 2^-53 of the rest each, which is below the square of u,
    // or as small as what the other parts allow for.
    let error = 2.0 * error + product.abs() * PRODUCT_ERROR;
    (product + (rest_of_product + error), product + (rest_of_product - error))
}

/// The parts of a number, and whether it is positive, normal and finite.
#[inline]
fn in_range(table: &Table, x: f64) -> ([f64; 3], bool) {
    (reduced(table, x.to_bits()), x.to_bits().wrapping_sub(1 << 52) < 0x7fe0_0000_0000_0000)
}

/// u, and the two parts of k·ln 2 - ln r.
#[inline]
fn reduced(table: &Table, bits: u64) -> [f64; 3] {
    let offset = bits.wrapping_sub(LEAST);
    let entry = &table.entries[(offset >> REST) as usize % INTERVALS];
    let k = f64::from((offset as i64 >> 52) as i32);
    let z = bits.wrapping_sub(offset & 0xfff0_0000_0000_0000);
    // Exact: the difference has 43 bits, and the sum is a multiple of 2^-61 below 2^-8.
    let u = entry.r * (f64::from_bits(z) - middle(z)) + entry.rest;
    [u, k * table.ln_2.0 + entry.logarithm.0, k * table.ln_2.1 + entry.logarithm.1]
}

/// The logarithm with the error added and subtracted, each rounded: the correctly rounded one, if they are the same.
#[inline]
fn bounds(reduced: [f64; 3]) -> (f64, f64) {
    let (sum, rest, error) = parted(reduced);
    (sum + (rest + error), sum + (rest - error))
}

/// The logarithm as the sum of two floats, and an upper bound of its error.
#[inline]
fn parted([u, high, low]: [f64; 3]) -> (f64, f64, f64) {
    // Exact together, since u is the smaller one unless `high` is 0.
    let sum = high + u;
    let lost = (high - sum) + u;
    let square = u * u;
    let series = (-0.5 + u * (1.0 / 3.0)) + square * ((-0.25 + u * 0.2) + square * (-1.0 / 6.0 + u * (1.0 / 7.0)));
    let rest = square * series + (lost + low);
    (sum, rest, square * SQUARE_ERROR + FIXED_ERROR)
}

/// The middle of the interval of a number.
#[inline]
fn middle(bits: u64) -> f64 {
    f64::from_bits(bits & !((1 << REST) - 1) | 1 << (REST - 1))
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut entries = [Entry::default(); INTERVALS];
    for (number, entry) in entries.iter_mut().enumerate() {
        let middle = middle(LEAST + ((number as u64) << REST));
        // Nine bits.
        let unit = if middle < 1.0 { 256.0 } else { 512.0 };
        let r = if (middle - 1.0).abs() < 1.0 / 256.0 { 1.0 } else { (unit / middle).round() / unit };
        let logarithm = -fixed::ln(&fixed::from_float(r, PLACES).into_parts().1, PLACES);
        *entry = Entry { r, rest: r * middle - 1.0, logarithm: parts(&logarithm) };
    }
    Table { entries, ln_2: parts(&fixed::ln_2(PLACES).into()) }
});

/// A fixed-point number as a multiple of 2^-42, and the float nearest to the rest.
fn parts(value: &IBig) -> (f64, f64) {
    let float = |value: &IBig| {
        let (sign, magnitude) = value.clone().into_parts();
        let float = fixed::to_float(&magnitude, PLACES);
        if sign == Sign::Negative { -float } else { float }
    };
    let high = (value >> (PLACES - HIGH_PLACES)) << (PLACES - HIGH_PLACES);
    (float(&high), float(&(value - &high)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::reference::random;

    /// The library is slower, and correctly rounded, as `rounded.jsonl` shows.
    #[test]
    fn logarithms_are_the_librarys() {
        let (mut next, mut many, mut decided, mut total) = (random(1), Vec::new(), 0, 0);
        for round in 0..1_000_007 {
            let exponent = if round % 2 == 0 { next() % 0x7ff } else { 1_020 + next() % 6 };
            let x = f64::from_bits(next() & 0x000f_ffff_ffff_ffff | exponent << 52);
            assert_eq!(ln(x).to_bits(), pxfm::f_log(x).to_bits(), "{x:e}");
            total += 1;
            decided += usize::from(quick(x, bounds).is_some());
            assert_eq!(log10(x).to_bits(), pxfm::f_log10(x).to_bits(), "{x:e}");
            assert_eq!(log2(x).to_bits(), pxfm::f_log2(x).to_bits(), "{x:e}");
            total += 2;
            for base in [LOG10_E, LOG2_E] {
                decided += usize::from(quick(x, |reduced| bounds_to(base, reduced)).is_some());
            }
            many.push(x);
        }
        // Side by side, with some out of range among them.
        many.iter_mut().step_by(1_000).for_each(|x| *x = -*x);
        type All = (fn(&mut [f64]), fn(f64) -> f64);
        let functions: [All; 3] =
            [(ln_of_each, pxfm::f_log), (log10_of_each, pxfm::f_log10), (log2_of_each, pxfm::f_log2)];
        for (of_each, library) in functions {
            let mut logarithms = many.clone();
            of_each(&mut logarithms);
            for (x, logarithm) in many.iter().zip(logarithms) {
                assert_eq!(logarithm.to_bits(), library(*x).to_bits(), "{x:e}");
            }
        }
        assert!(decided * 1_000 > total * 995, "{decided} of {total}");
    }

    fn are_the_librarys(x: f64) {
        assert_eq!(ln(x).to_bits(), pxfm::f_log(x).to_bits(), "{x:e}");
        assert_eq!(log10(x).to_bits(), pxfm::f_log10(x).to_bits(), "{x:e}");
        assert_eq!(log2(x).to_bits(), pxfm::f_log2(x).to_bits(), "{x:e}");
    }

    /// At the limits of the intervals, and around 1, where results are small.
    #[test]
    fn logarithms_at_limits() {
        for interval in 0..2 * INTERVALS as u64 {
            let limit = f64::from_bits(LEAST + (interval << (REST - 1)));
            for x in [limit, limit.next_up(), limit.next_down(), limit * 1e300, limit * 1e-300] {
                are_the_librarys(x);
            }
        }
        for step in 0..60 {
            for x in [1.0 + 0.5_f64.powi(step), 1.0 - 0.5_f64.powi(step)] {
                are_the_librarys(x);
            }
        }
        for x in [0.0, -0.0, -1.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 5e-324, f64::MIN_POSITIVE, f64::MAX] {
            are_the_librarys(x);
        }
    }

    /// What the bounds of the errors rest on.
    #[test]
    fn the_table_is_exact() {
        for (number, entry) in TABLE.entries.iter().enumerate() {
            let first = f64::from_bits(LEAST + ((number as u64) << REST));
            let middle = middle(first.to_bits());
            assert_eq!(entry.r * 512.0, (entry.r * 512.0).round(), "{number}");
            assert!(entry.r < 1.0 || entry.r * 256.0 == (entry.r * 256.0).round(), "{number}");
            assert!((entry.r.ln() + entry.logarithm.0 + entry.logarithm.1).abs() < 1e-15, "{number}");
            assert!((0.0..0.5_f64.powi(42)).contains(&entry.logarithm.1), "{number}");
            assert_eq!(entry.r == 1.0, entry.logarithm == (0.0, 0.0), "{number}");
            for z in [first, middle, f64::from_bits(LEAST + ((number as u64 + 1) << REST) - 1)] {
                let u = entry.r * (z - middle) + entry.rest;
                assert!(u.abs() <= 0.5_f64.powi(8), "{number}: {u}");
                assert!(entry.logarithm == (0.0, 0.0) || u.abs() <= entry.logarithm.0.abs(), "{number}: {u}");
            }
        }
        assert_eq!(TABLE.ln_2.0 + TABLE.ln_2.1, std::f64::consts::LN_2);
    }
}
