//! Integer powers of many floats at once, correctly rounded, in double-double arithmetic. The loops have no branches,
//! so that the compiler turns them into vector instructions.
//!
//! A product is split into its rounded value and its error without a fused multiply-add, which the oldest supported
//! processors lack (Dekker, *A floating-point technique for extending the available precision*, 1971).

use super::error_free::upper_half;

/// Increasing powers of a column of bases.
#[derive(Default)]
pub(crate) struct PowerLadder {
    bases: Vec<f64>,
    /// The upper halves of the bases' significands.
    uppers: Vec<f64>,
    /// The current power in each row, as a sum of two floats that do not overlap.
    high: Vec<f64>,
    low: Vec<f64>,
    exponent: u32,
}

/// Between these magnitudes, no product, half or error underflows or overflows.
const LEAST: f64 = 1e-140;
const MOST: f64 = 1e140;

impl PowerLadder {
    /// The largest number of steps from one power to the next: beyond it, other methods are faster.
    pub(crate) const STEPS_MAX: u32 = 8;

    /// Begins with the squares.
    pub(crate) fn begin(&mut self, bases: &[f64]) {
        for part in [&mut self.bases, &mut self.uppers, &mut self.high, &mut self.low] {
            part.resize(bases.len(), 0.0);
        }
        self.bases.copy_from_slice(bases);
        let rows = self.high.iter_mut().zip(&mut self.low).zip(self.uppers.iter_mut().zip(bases));
        for ((high, low), (base_upper, base)) in rows {
            *base_upper = upper_half(*base);
            let base_lower = base - *base_upper;
            *high = base * base;
            *low = ((*base_upper * *base_upper - *high) + 2.0 * *base_upper * base_lower) + base_lower * base_lower;
        }
        self.exponent = 2;
    }

    /// Whether an exponent is close enough above the current one.
    pub(crate) fn reaches(&self, exponent: u32) -> bool {
        exponent - self.exponent <= Self::STEPS_MAX
    }

    /// The powers for an exponent of 3 or more that is close enough; `true` if some may not be correctly rounded.
    pub(crate) fn to(&mut self, exponent: u32, powers: &mut [f64]) -> bool {
        while self.exponent < exponent {
            self.step();
            self.exponent += 1;
        }
        let error = relative_error(exponent);
        let rows = powers.iter_mut().zip(self.high.iter().zip(&self.low));
        rows.fold(false, |any, (power, (high, low))| {
            *power = *high;
            any | !is_sure(*high, *low, error)
        })
    }

    /// For each row, whether the current power may be misrounded.
    pub(crate) fn doubts(&self) -> impl Iterator<Item = bool> {
        let error = relative_error(self.exponent);
        self.high.iter().zip(&self.low).map(move |(high, low)| !is_sure(*high, *low, error))
    }

    /// Multiplies every power by its base.
    fn step(&mut self) {
        let rows = self.high.iter_mut().zip(&mut self.low).zip(self.bases.iter().zip(&self.uppers));
        for ((high, low), (base, base_upper)) in rows {
            (*high, *low) = times(*high, *low, *base, *base_upper);
        }
    }
}

/// The third powers, the most usual ones, without intermediate storage; `true` if some may not be correctly rounded.
pub(crate) fn cubes(bases: &[f64], cubes: &mut [f64]) -> bool {
    cubes.iter_mut().zip(bases).fold(false, |any, (out, base)| {
        let (high, low) = cube(*base);
        *out = high;
        any | !is_sure(high, low, relative_error(3))
    })
}

/// Whether the third power of a base may be misrounded.
pub(crate) fn doubts_cube(base: f64) -> bool {
    let (high, low) = cube(base);
    !is_sure(high, low, relative_error(3))
}

#[inline]
fn cube(base: f64) -> (f64, f64) {
    let (base_upper, square) = (upper_half(base), base * base);
    let base_lower = base - base_upper;
    let square_low = ((base_upper * base_upper - square) + 2.0 * base_upper * base_lower) + base_lower * base_lower;
    times(square, square_low, base, base_upper)
}

/// The product of a sum of two floats and a base with a known upper half.
#[inline]
fn times(high: f64, low: f64, base: f64, base_upper: f64) -> (f64, f64) {
    let (high_upper, base_lower) = (upper_half(high), base - base_upper);
    let high_lower = high - high_upper;
    let product = high * base;
    // Each of these products of halves is exact.
    let error = ((high_upper * base_upper - product) + high_upper * base_lower + high_lower * base_upper)
        + high_lower * base_lower;
    let rest = error + low * base;
    let sum = product + rest;
    (sum, rest - (sum - product))
}

/// Every step loses less than 2^-103 of the power.
fn relative_error(exponent: u32) -> f64 {
    f64::from(exponent) * 9.860_761_315_262_648e-32
}

/// Whether every number within the error of `high + low` rounds to `high`.
fn is_sure(high: f64, low: f64, relative_error: f64) -> bool {
    let (error, size) = (high * relative_error, high.abs());
    (high + (low + error) == high) & (high + (low - error) == high) & (size.clamp(LEAST, MOST) == size)
}

#[cfg(test)]
mod tests {
    use super::{PowerLadder, cubes, doubts_cube};
    use crate::number::fixed_256;
    use crate::number::reference::random;

    #[test]
    fn powers_are_correctly_rounded() {
        let mut next = random(1);
        let mut bases = vec![3.0, -1.5, 0.1, 1e17, 1e-17, 94_906_267.0, 1.0, -0.3];
        for _ in 0..1_000 {
            let bits = next();
            bases.push(f64::from_bits((bits & 0x800f_ffff_ffff_ffff) | (1019 + (bits >> 61)) << 52));
        }
        let mut ladder = PowerLadder::default();
        ladder.begin(&bases);
        let mut powers = vec![0.0; bases.len()];
        let (mut sure, mut all) = (0, 0);
        for exponent in [2, 3, 4, 7, 8, 16, 24] {
            assert!(ladder.reaches(exponent));
            let any = ladder.to(exponent, &mut powers);
            assert_eq!(any, ladder.doubts().any(|doubt| doubt));
            for ((base, power), doubt) in bases.iter().zip(&powers).zip(ladder.doubts()) {
                let magnitude = fixed_256::power(base.abs(), f64::from(exponent));
                let expected = if *base < 0.0 && exponent % 2 == 1 { -magnitude } else { magnitude };
                all += 1;
                if !doubt {
                    sure += 1;
                    assert_eq!(*power, expected, "{base:e} ** {exponent}");
                }
            }
        }
        let any = cubes(&bases, &mut powers);
        ladder.begin(&bases);
        let mut climbed = vec![0.0; bases.len()];
        assert_eq!(any, ladder.to(3, &mut climbed));
        assert_eq!(powers, climbed);
        assert!(bases.iter().zip(ladder.doubts()).all(|(base, doubt)| doubts_cube(*base) == doubt));
        assert!(sure * 100 > all * 99, "{sure} of {all}");
        assert!(!ladder.reaches(33) && ladder.reaches(11));
    }

    #[test]
    fn what_is_out_of_range_is_in_doubt() {
        let mut ladder = PowerLadder::default();
        ladder.begin(&[0.0, -0.0, f64::NAN, f64::INFINITY, 1e300, 1e-300, 5e-324, 1e60]);
        let mut powers = [0.0; 8];
        assert!(ladder.to(3, &mut powers));
        assert!(ladder.doubts().all(|doubt| doubt));
    }
}
