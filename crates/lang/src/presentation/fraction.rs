//! The fraction that a float may stand for.

use crate::number::rounding::parts;

/// The largest denominator.
const DENOMINATOR_MAX: u128 = 1_000_000;
/// Below half of this inverse, a number is nearer to zero than to any such fraction.
const LEAST: f64 = 0.5 / 1e6;
/// From 2^52 on, every float is whole.
const WHOLE: f64 = (1_u64 << 52) as f64;

/// The fraction with the smallest denominator whose nearest float is a positive `value`; `None` if the value is whole or
/// this denominator is above a million.
///
/// It is the simplest number between the two points half way to the neighbours of the value (Stern-Brocot), found from
/// their continued fractions. The points themselves have larger denominators than the value.
pub(super) fn simplest(value: f64) -> Option<(u128, u128)> {
    if !(LEAST..WHOLE).contains(&value) || value.fract() == 0.0 {
        return None;
    }
    let (mantissa, exponent) = parts(value);
    // In quarters of a unit, because the neighbour below a power of two is at half the distance. The exponent is
    // between -74 and -1.
    let quarters = 4 * u128::from(mantissa);
    let below = if mantissa == 1 << 52 { 1 } else { 2 };
    let unit = 1_u128 << (2 - exponent);
    let ((mut low, mut low_unit), (mut high, mut high_unit)) = ((quarters - below, unit), (quarters + 2, unit));
    let ((mut p, mut q), (mut p_before, mut q_before)) = ((1, 0), (0, 1));
    loop {
        let floor = low / low_unit;
        let is_found = high > (floor + 1) * high_unit;
        let next = if is_found { floor + 1 } else { floor };
        ((p, q), (p_before, q_before)) = ((next * p + p_before, next * q + q_before), (p, q));
        if q > DENOMINATOR_MAX {
            return None;
        }
        if is_found {
            return Some((p, q));
        }
        // The inverses of what is above the whole part.
        ((low, low_unit), (high, high_unit)) =
            ((high_unit, high - floor * high_unit), (low_unit, low - floor * low_unit));
    }
}
