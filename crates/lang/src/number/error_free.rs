//! Sums and products of floats with their rounding errors, which are floats too. Nothing here may overflow.

/// Adding and subtracting this number rounds a float below 2^51 to the nearest integer.
pub(super) const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// The rounded sum and its rounding error. (Knuth's TwoSum.)
#[inline]
pub(super) const fn exact_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let part = sum - a;
    (sum, (a - (sum - part)) + (b - part))
}

/// The error of the rounded `product` of two floats (Dekker 1971).
#[inline]
pub(super) const fn product_error(a: f64, b: f64, product: f64) -> f64 {
    let (a_upper, b_upper) = (upper_half(a), upper_half(b));
    let (a_lower, b_lower) = (a - a_upper, b - b_upper);
    ((a_upper * b_upper - product) + a_upper * b_lower + a_lower * b_upper) + a_lower * b_lower
}

/// The upper 26 bits of `value`; the lower part has 26 bits too.
#[inline]
pub(super) const fn upper_half(value: f64) -> f64 {
    // 2^27 + 1.
    let scaled = value * 134_217_729.0;
    scaled - (scaled - value)
}
