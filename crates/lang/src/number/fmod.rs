//! The remainder of a division of floats.

use super::rounding::{parts, power_of_two};

/// C's `fmod`: the exact remainder of the division rounded towards zero, with the sign of `a`; nan where `a` is infinite,
/// `b` is zero, or either is nan.
///
/// Rust's `%` is the C library's function. That of musl takes a step for each bit by which the exponents differ, up to
/// 10 µs. This one divides 64 bits at a time.
pub(crate) fn fmod(a: f64, b: f64) -> f64 {
    let (size, divisor) = (a.abs(), b.abs());
    if !(size.is_finite() && divisor > 0.0) {
        return f64::NAN;
    }
    if size < divisor {
        return a;
    }
    let ((mantissa, exponent), (unit, least)) = (parts(size), parts(divisor));
    let mut rest = mantissa % unit;
    // The exponent of the greater number is not the smaller one.
    let mut behind = exponent - least;
    while behind > 0 && rest > 0 {
        let bits = behind.min(64);
        rest = ((u128::from(rest) << bits) % u128::from(unit)) as u64;
        behind -= bits;
    }
    // Exact, since the remainder is a multiple of the divisor's last bit and smaller than the divisor.
    power_of_two(rest as f64, least.into()).copysign(a)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The C library's function is exact, so both are bit for bit the same; for nan only that is asked.
    #[track_caller]
    fn compare(a: f64, b: f64) {
        for (a, b) in [(a, b), (-a, b), (a, -b), (b, a)] {
            let (ours, theirs) = (fmod(a, b), a % b);
            assert!(
                ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan(),
                "{a:e} % {b:e}: {ours:e}, {theirs:e}"
            );
        }
    }

    #[test]
    fn the_remainder_is_that_of_the_c_library() {
        let special = [0.0, 5e-324, f64::MIN_POSITIVE, f64::MIN_POSITIVE.next_down(), 1.0, 3.0, 1e300 / 3.0, f64::MAX];
        let special = special.into_iter().chain([f64::INFINITY, f64::NAN, 1e-300 / 3.0, 4_503_599_627_370_495.5]);
        for a in special.clone() {
            special.clone().for_each(|b| compare(a, b));
        }
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            state ^ (state >> 29)
        };
        for _ in 0..100_000 {
            let (a, b) = (next() >> 1, next() >> 1);
            // Exponents of the whole range, near to each other, subnormal; mantissas with few bits.
            let near = (a & (0x7ff << 52)) | (b % (1 << 52));
            let few = b & (u64::MAX << 40);
            for b in [b, near, b % (1 << 52), few] {
                compare(f64::from_bits(a), f64::from_bits(b));
            }
        }
    }
}
