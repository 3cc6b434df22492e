//! The error function of many floats, correctly rounded: fast if two floats decide the rounding, else by the library. One
//! float alone is left to the library: the table takes thousands of times as long as it does.
//!
//! x is c + h, where c is the nearest multiple of 1/32. A table has the coefficients of the Taylor series around c: erf c
//! and its first derivative as sums of two floats, and the next eight as floats, since h is at most 2^-6. The derivatives
//! follow from erf'' = -2x·erf'. (The rounding test is Ziv's.)

use std::sync::LazyLock;

use dashu_int::IBig;

use super::double::Double;
use super::error_free::{ROUNDER, exact_sum, product_error};
use super::fixed;
use super::together::of_each;

/// A multiple of the step has this many bits behind the point.
const STEP_BITS: usize = 5;
/// The multiples up to 5.9375. Behind them, the function is nearly 1.
const MULTIPLES: usize = 191;
/// Coefficients from that of h² on.
const COEFFICIENTS: usize = 8;
/// Binary places in the computation of the table.
const PLACES: usize = 128;
/// Terms with which a Taylor series reaches from one multiple to the next with all places.
const TERMS: u32 = 36;
/// From here on, no product loses bits: 2^-400.
const LEAST: f64 = 3.872_591_914_849_318e-121;
const MOST: f64 = 5.937_5;
/// An upper bound of all rounding and truncation errors, relative to the result: 2^-61. What is computed with floats is
/// below 2^-11 of the result (the term of h² below c, where c is 1/32) and rounded three times (2^-62.4); what follows in
/// the series is below 2^-66.
const RELATIVE_ERROR: f64 = 4.336_808_689_942_018e-19;

/// Puts the error function of many numbers in their places.
pub(crate) fn erf_of_each(values: &mut [f64]) {
    let table = &*TABLE;
    of_each(values, |x| reduced(table, x), bounds, pxfm::f_erf);
}

/// h, the sign of the result, erf c and its derivative with their second parts, and the other coefficients.
type Parts = [f64; 6 + COEFFICIENTS];

#[inline]
fn reduced(table: &Table, x: f64) -> (Parts, bool) {
    const SCALE: f64 = (1 << STEP_BITS) as f64;
    let size = x.abs();
    let multiple = (size * SCALE + ROUNDER) - ROUNDER;
    let entry = &table.0[(multiple as i64 as usize).min(MULTIPLES - 1)];
    let mut parts = [0.0; 6 + COEFFICIENTS];
    // Exact: both are multiples of the last place of x.
    parts[0] = size - multiple / SCALE;
    parts[1] = 1.0_f64.copysign(x);
    parts[2..].copy_from_slice(entry);
    (parts, (LEAST..MOST).contains(&size))
}

/// The result with the error added and subtracted, each rounded: the correctly rounded one, if they are the same.
#[inline]
fn bounds(parts: Parts) -> (f64, f64) {
    let [h, sign, value, value_low, slope, slope_low, coefficients @ ..] = parts;
    let product = h * slope;
    let (sum, lost) = exact_sum(value, product);
    let series = coefficients.iter().rev().fold(0.0, |series, coefficient| coefficient + h * series);
    let low = (lost + value_low) + (product_error(h, slope, product) + (h * slope_low + h * h * series));
    let error = sum.abs() * RELATIVE_ERROR;
    (sign * (sum + (low + error)), sign * (sum + (low - error)))
}

/// For each multiple c of 1/32: erf c and its derivative, each as a sum of two floats, and the next coefficients.
struct Table([[f64; 4 + COEFFICIENTS]; MULTIPLES]);

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let (mut value, mut slope) = (IBig::ZERO, two_over_root_pi());
    Table(std::array::from_fn(|multiple| {
        let mut entry = [0.0; 4 + COEFFICIENTS];
        for (at, number) in [(0, &value), (2, &slope)] {
            let double = Double::of(number, PLACES);
            (entry[at], entry[at + 1]) = (double.high, double.low);
        }
        // The coefficients of the derivative: (n + 1)·next = -2·(c·this + before).
        let (mut before, mut this) = (IBig::ZERO, slope.clone());
        slope = IBig::ZERO;
        for n in 0..TERMS {
            let of_value = &this / IBig::from(n + 1);
            if let Some(coefficient) = (n as usize).checked_sub(1).and_then(|at| entry.get_mut(4 + at)) {
                *coefficient = Double::of(&of_value, PLACES).high;
            }
            slope += &this >> (STEP_BITS * n as usize);
            value += of_value >> (STEP_BITS * (n as usize + 1));
            let next = IBig::from(-2) * (fixed::multiply(&IBig::from(multiple), &this, STEP_BITS) + &before)
                / IBig::from(n + 1);
            before = std::mem::replace(&mut this, next);
        }
        entry
    }))
});

/// 2/√π.
fn two_over_root_pi() -> IBig {
    let root = fixed::sqrt(&fixed::pi(PLACES), PLACES);
    IBig::from((fixed::one(PLACES) << (PLACES + 1)) / root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::reference::random;

    /// The library is slower, and correctly rounded, as `rounded.jsonl` shows.
    #[test]
    fn error_functions_are_the_librarys() {
        let (mut xs, mut decided, mut total) = (vec![0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, 5e-324], 0, 0);
        for half in 0..400 {
            let limit = f64::from(half) / 64.0;
            xs.extend([limit, limit.next_up(), limit.next_down(), -limit]);
        }
        xs.extend([LEAST, LEAST.next_down(), MOST.next_down()]);
        let mut next = random(1);
        for round in 0..300_000_u64 {
            let bits = next();
            // Of every size, and between 2^-8 and 8.
            let exponent =
                [(bits >> 20) % 2_047, 1_015 + (bits >> 20) % 11, 1_022 + (bits >> 20) % 4][(round % 3) as usize];
            let x = f64::from_bits((bits & 1 << 63) | exponent << 52 | bits >> 12);
            let (parts, is_in_range) = reduced(&TABLE, x);
            let (above, below) = bounds(parts);
            total += usize::from(is_in_range);
            decided += usize::from(is_in_range && above == below);
            xs.push(x);
        }
        let mut all = xs.clone();
        erf_of_each(&mut all);
        for (x, side_by_side) in xs.iter().zip(all) {
            assert_eq!(side_by_side.to_bits(), pxfm::f_erf(*x).to_bits(), "{x:e}");
        }
        assert!(decided * 100 > total * 98, "{decided} of {total}");
    }

    /// The last entry is reached by as many series as there are multiples.
    #[test]
    fn the_table_is_of_error_functions() {
        for (multiple, entry) in TABLE.0.iter().enumerate() {
            let c = multiple as f64 / 32.0;
            assert_eq!(entry[0], pxfm::f_erf(c), "{multiple}");
            let slope = std::f64::consts::FRAC_2_SQRT_PI * (-c * c).exp();
            assert!((entry[2] - slope).abs() <= slope * 1e-14, "{multiple}");
            assert!((entry[4] + c * slope).abs() <= slope * 1e-13, "{multiple}");
        }
    }
}
