//! Arc sine, arc cosine and arc tangent of many floats, correctly rounded: fast if two floats decide the rounding, else by
//! the library. One float alone is left to the library: the table takes thousands of times as long as it does.
//!
//! Each is an angle of a right triangle: atan x of the legs x and 1, asin x and acos x of the legs x and √(1 - x²). Let a
//! be its shorter leg, b its longer one, and c the multiple of 1/128 nearest to a/b. Then atan(a/b) = atan c + atan t with
//! t = (a - c·b)/(b + c·a), which is at most 2^-8, and needs only a short series. A table has atan c, and its distance from
//! the axes of the other quadrants, as sums of two floats. (The method is that of Gal and Bachelis, *An accurate elementary
//! mathematical library for the IEEE floating point standard*, 1991; the rounding test is Ziv's.)

use std::sync::LazyLock;

use dashu_int::IBig;

use super::double::Double;
use super::error_free::{ROUNDER, exact_sum, product_error, upper_half};
use super::fixed;
use super::together::of_each;

/// The multiples of 1/128 up to 1.
const MULTIPLES: usize = 129;
/// Binary places in the computation of the table.
const PLACES: usize = 160;
/// From here on, no product of two legs loses bits: 2^-400.
const LEAST: f64 = 3.872_591_914_849_318e-121;
/// Up to here, none is infinite: 2^400.
const MOST: f64 = 2.582_249_878_086_908_6e120;
/// An upper bound of all rounding and truncation errors, relative to the angle: 2^-65. The series is below 2^-17.5 of t
/// and rounded four times (2^-68.5), what is left out behind t's second part is below 2^-68, and the sums are rounded
/// twice (2^-69.5). As far as it is not exact, t has 79 bits, and |t| is at most the angle.
const RELATIVE_ERROR: f64 = 2.710_505_431_213_761e-20;

/// A sum of two floats.
type Pair = (f64, f64);

/// Puts the arc sines of many numbers in their places.
pub(crate) fn asin_of_each(values: &mut [f64]) {
    let table = &*TABLE;
    of_each(values, |x| sine(table, x), bounds, pxfm::f_asin);
}

/// Puts the arc cosines of many numbers in their places.
pub(crate) fn acos_of_each(values: &mut [f64]) {
    let table = &*TABLE;
    of_each(values, |x| cosine(table, x), bounds, pxfm::f_acos);
}

/// Puts the arc tangents of many numbers in their places.
pub(crate) fn atan_of_each(values: &mut [f64]) {
    let table = &*TABLE;
    of_each(values, |x| tangent(table, x), bounds, pxfm::f_atan);
}

/// Both parts of the shorter leg and of the longer one, c, both parts of the table's angle, and the sign with which the
/// angle of t is added to that.
type Angle = [f64; 8];

#[inline]
fn sine(table: &Table, x: f64) -> (Angle, bool) {
    (angle(table, (x.abs(), 0.0), other_leg(x), false, x), (LEAST..1.0).contains(&x.abs()))
}

#[inline]
fn cosine(table: &Table, x: f64) -> (Angle, bool) {
    (angle(table, other_leg(x), (x.abs(), 0.0), x < 0.0, 1.0), (LEAST..1.0).contains(&x.abs()))
}

#[inline]
fn tangent(table: &Table, x: f64) -> (Angle, bool) {
    (angle(table, (x.abs(), 0.0), (1.0, 0.0), false, x), (LEAST..MOST).contains(&x.abs()))
}

/// √(1 - `x`²), with a relative error below 2^-103.
#[inline]
fn other_leg(x: f64) -> Pair {
    let square = x * x;
    let rounded = 1.0 - square;
    // Near 1, what was rounded off the square is no small part of the difference.
    let (difference, rest) = exact_sum(rounded, ((1.0 - rounded) - square) - product_error(x, x, square));
    let root = difference.sqrt();
    let back = root * root;
    (root, ((difference - back) - product_error(root, root, back) + rest) / (2.0 * root))
}

/// The angle between `adjacent` and the third side, or the rest of a half-turn if it `is_obtuse`, with a sign.
#[inline]
fn angle(table: &Table, opposite: Pair, adjacent: Pair, is_obtuse: bool, sign: f64) -> Angle {
    let is_flat = opposite.0 <= adjacent.0;
    let (short, long) = if is_flat { (opposite, adjacent) } else { (adjacent, opposite) };
    let multiple = (short.0 / long.0 * 128.0 + ROUNDER) - ROUNDER;
    let quadrant = usize::from(!is_flat) + 2 * usize::from(is_obtuse);
    let Double { high, low } = table.0[(multiple as i64 as usize).min(MULTIPLES - 1)][quadrant];
    let sign = 1.0_f64.copysign(sign);
    let turn = if is_flat == is_obtuse { -sign } else { sign };
    [short.0, short.1, long.0, long.1, multiple / 128.0, sign * high, sign * low, turn]
}

/// The angle with the error added and subtracted, each rounded: the correctly rounded one, if they are the same.
#[inline]
fn bounds([short, short_low, long, long_low, c, high, low, turn]: Angle) -> (f64, f64) {
    let (product, lost) = product_with_short(c, long);
    // Exact, since one is at most twice the other, or c is 0.
    let above = short - product;
    let above_low = short_low - (lost + c * long_low);
    let (product, lost) = product_with_short(c, short);
    let below = long + product;
    let below_low = ((long - below) + product) + (lost + (long_low + c * short_low));
    // 26 bits of t, whose products with the halves of `below` are exact, and the rest.
    let inverse = 1.0 / below;
    let t = upper_half(above * inverse);
    let below_upper = upper_half(below);
    let remainder = (above - t * below_upper) - t * (below - below_upper);
    let t_low = (remainder + (above_low - t * below_low)) * inverse;
    let square = t * t;
    let series = t * (square * (-1.0 / 3.0 + square * (0.2 + square * (-1.0 / 7.0 + square * (1.0 / 9.0)))));
    // The derivative of the arc tangent is nearly 1 - t² + t⁴.
    let rest = turn * ((t_low - square * (t_low - square * t_low)) + series);
    let t = turn * t;
    // Exact together, since t is the smaller one unless `high` is 0.
    let sum = high + t;
    let low = (low + ((high - sum) + t)) + rest;
    let error = sum.abs() * RELATIVE_ERROR;
    (sum + (low + error), sum + (low - error))
}

/// The product of a number of at most 27 bits with another one, and its rounding error.
#[inline]
fn product_with_short(short: f64, other: f64) -> (f64, f64) {
    let product = short * other;
    let upper = upper_half(other);
    (product, (short * upper - product) + short * (other - upper))
}

/// For each multiple c of 1/128: atan c, π/2 - atan c, π - atan c and π/2 + atan c.
struct Table([[Double; 4]; MULTIPLES]);

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let pi = IBig::from(fixed::pi(PLACES));
    let quarter: IBig = &pi >> 1;
    let mut angle = IBig::ZERO;
    Table(std::array::from_fn(|multiple| {
        if let Some(before) = (multiple as u32).checked_sub(1) {
            // The tangent of the difference between two angles.
            angle += IBig::from(fixed::atan_of_small(128, 128 * 128 + before * (before + 1), PLACES));
        }
        let steep = &quarter - &angle;
        [&angle, &steep, &(&pi - &angle), &(&quarter + &angle)].map(|angle| Double::of(angle, PLACES))
    }))
});

#[cfg(test)]
mod tests {
    use std::f64::consts::FRAC_PI_2;

    use super::*;
    use crate::number::reference::random;

    /// The library is slower, and correctly rounded, as `rounded.jsonl` shows.
    fn are_the_librarys(xs: &[f64]) {
        type Function = (fn(&mut [f64]), fn(f64) -> f64);
        let functions: [Function; 3] =
            [(asin_of_each, pxfm::f_asin), (acos_of_each, pxfm::f_acos), (atan_of_each, pxfm::f_atan)];
        for (of_each, library) in functions {
            let mut all = xs.to_vec();
            of_each(&mut all);
            for (x, value) in xs.iter().zip(all) {
                let wanted = library(*x);
                // A NaN has no sign that means anything.
                assert!(value.to_bits() == wanted.to_bits() || (value.is_nan() && wanted.is_nan()), "{x:e}: {value:e}");
            }
        }
    }

    #[test]
    fn arcs_are_the_librarys() {
        let (mut xs, mut decided, mut total) = (Vec::new(), 0, 0);
        let mut next = random(1);
        for round in 0..200_000_u64 {
            let bits = next();
            // Of every size; between 2^-12 and 16; near 1, from below.
            let exponent = [(bits >> 20) % 2_047, 1_011 + (bits >> 20) % 16, 1_022][(round % 3) as usize];
            let mantissa = if round % 3 == 2 { u64::MAX >> 12 & !(bits >> (12 + bits % 50)) } else { bits >> 12 };
            let x = f64::from_bits((bits & 1 << 63) | exponent << 52 | mantissa);
            xs.push(x);
            for (angle, is_in_range) in [sine(&TABLE, x), cosine(&TABLE, x), tangent(&TABLE, x)] {
                let (above, below) = bounds(angle);
                total += usize::from(is_in_range);
                decided += usize::from(is_in_range && above == below);
            }
        }
        are_the_librarys(&xs);
        assert!(decided * 1_000 > total * 998, "{decided} of {total}");
    }

    /// Where the table changes and where the legs change places, and what is out of range.
    #[test]
    fn arcs_at_limits() {
        let mut xs =
            vec![0.0, -0.0, 1.0, -1.0, 2.0, -2.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 5e-324, f64::MAX];
        for half in 1..=256 {
            let tangent = f64::from(half) / 256.0;
            let sine = tangent / (1.0 + tangent * tangent).sqrt();
            let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
            for x in [tangent, 1.0 / tangent, sine, cosine] {
                xs.extend([x, x.next_up(), x.next_down(), -x]);
            }
        }
        for step in 1..60 {
            let power = 0.5_f64.powi(step);
            xs.extend([power, -power, 1.0 - power, power - 1.0, 1.0 + power, 1.0 / power]);
        }
        xs.extend([LEAST, LEAST.next_down(), MOST, MOST.next_down(), 1.0_f64.next_down()]);
        are_the_librarys(&xs);
    }

    #[test]
    fn the_table_is_of_angles() {
        for (multiple, [acute, steep, obtuse, behind]) in TABLE.0.iter().enumerate() {
            let angle = (multiple as f64 / 128.0).atan();
            assert!((acute.high - angle).abs() < 1e-15 && acute.low.abs() < 1.2e-16, "{multiple}");
            assert!((steep.high - (FRAC_PI_2 - angle)).abs() < 1e-15, "{multiple}");
            assert!((obtuse.high - (2.0 * FRAC_PI_2 - angle)).abs() < 1e-15, "{multiple}");
            assert!((behind.high - (FRAC_PI_2 + angle)).abs() < 1e-15, "{multiple}");
        }
    }
}
