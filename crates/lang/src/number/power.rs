//! Powers of floats, correctly rounded. For integer exponents, products of 128 bits nearly always decide the rounding to
//! 53; for a half more than a small integer, the square root and its rest do. What they do not decide is nearly always a
//! tie, of which the exact value is an integer of 64 bits.

use super::error_free::product_error;
use super::rounding::{parts, scaled};

/// The largest exponent, since each multiplication may lose a little precision.
const EXPONENT_MAX: u32 = 1024;

/// `base` ** `exponent`, correctly rounded; `None` if 128 bits do not decide the rounding, for negative or large
/// exponents, and from the third power on if the base or the result is no normal float.
pub(crate) fn whole_power(base: f64, exponent: f64) -> Option<f64> {
    let exponent = whole_exponent(exponent)?;
    match exponent {
        1 => Some(base),
        // A single multiplication is rounded only once.
        2 => Some(base * base).filter(|square| square.is_finite()),
        _ => Ladder::new(base)?.climb(exponent),
    }
}

/// `base` ** `exponent`, correctly rounded, for the exponents 0.5, 1.5 and so on up to 8.5; `None` for others, if two
/// floats do not decide the rounding, and for bases of which a power might be too large or small to have exact products.
pub(crate) fn half_power(base: f64, exponent: f64) -> Option<f64> {
    /// The rest of the root is right to 2^-105 of the root. Each product adds two roundings, 2^-53 of a rest that is below
    /// 2^-53·(steps + 1) of the power; all together is below 2^-98 of it.
    const ERROR: f64 = 3.155_443_620_884_047e-30;
    if !is_half(base, exponent) {
        return None;
    }
    let steps = exponent - 0.5;
    let mut power = base.sqrt();
    let square = power * power;
    // Both differences are exact: what a root leaves of its number is a float.
    let mut rest = ((base - square) - product_error(power, power, square)) / (2.0 * power);
    for _ in 0..steps as u32 {
        let product = power * base;
        rest = product_error(power, base, product) + rest * base;
        power = product;
    }
    let error = power * ERROR;
    let (below, above) = (power + (rest - error), power + (rest + error));
    (below == above).then_some(above)
}

/// Whether [`half_power`] can compute a power, if two floats decide the rounding.
pub(crate) fn is_half(base: f64, exponent: f64) -> bool {
    let steps = exponent - 0.5;
    (0.0..=8.0).contains(&steps) && steps == f64::from(steps as u32) && (1e-25..=1e25).contains(&base)
}

/// `base` ** -0.5, correctly rounded; `None` if two floats do not decide the rounding, and if the base is not positive,
/// subnormal or infinite.
pub(crate) fn inverse_root(base: f64) -> Option<f64> {
    /// The rest is right to 2^-102 of the power; the bound is 2^-100.
    const ERROR: f64 = 7.888_609_052_210_118e-31;
    if !base.is_normal() || base < 0.0 {
        return None;
    }
    // `base` is `m`·4^`half`, with `m` from 1 to below 4, so that every product is exact.
    let exponent = (base.to_bits() >> 52) as i32 - 1023;
    let half = exponent.div_euclid(2);
    let biased = 1023 + exponent.rem_euclid(2) as u64;
    let m = f64::from_bits(base.to_bits() & ((1 << 52) - 1) | biased << 52);
    let root = m.sqrt();
    let square = root * root;
    let rest = ((m - square) - product_error(root, root, square)) / (2.0 * root);
    // 1/(root + rest) = inverse/(1 - u) with a u below 2^-51, of which the third power is too small to count.
    let inverse = 1.0 / root;
    let product = inverse * root;
    let u = ((1.0 - product) - product_error(inverse, root, product)) - inverse * rest;
    let correction = inverse * (u + u * u);
    let (below, above) = (inverse + (correction - ERROR), inverse + (correction + ERROR));
    let unit = f64::from_bits(((1023 - half) as u64) << 52);
    (below == above).then_some(above * unit)
}

/// `base` ** `exponent`, correctly rounded, if a positive exponent makes it an integer of 64 bits times a power of 2, and
/// it is a normal float: such a power may be a tie, which no approximation decides.
pub(crate) fn exact_power(base: f64, exponent: f64) -> Option<f64> {
    /// 3^40 is the last power of 3 below 2^64, and no odd number below 2^53 but 1 is the 64th power of another.
    const EXPONENT_MAX: f64 = 40.0;
    const ROOT_MAX: f64 = 32.0;
    if !(0.0..=EXPONENT_MAX).contains(&exponent) || (exponent * ROOT_MAX).fract() != 0.0 || !base.is_normal() {
        return None;
    }
    let (mantissa, unit) = parts(base);
    let shift = mantissa.trailing_zeros();
    let (mut odd, mut unit, mut exponent) = (mantissa >> shift, i64::from(unit) + i64::from(shift), exponent);
    // The exponent becomes an integer, while the base gives its root.
    while exponent.fract() != 0.0 {
        // Exact, since the odd part has at most 53 bits.
        let root = (odd as f64).sqrt() as u64;
        if root * root != odd || unit % 2 != 0 || base < 0.0 {
            return None;
        }
        (odd, unit, exponent) = (root, unit / 2, exponent * 2.0);
    }
    let power = scaled(u128::from(odd.checked_pow(exponent as u32)?), unit * exponent as i64, false);
    let power = if base < 0.0 && exponent % 2.0 != 0.0 { -power } else { power };
    Some(power).filter(|power| power.is_normal())
}

/// The exponent, if this file can compute the power.
pub(crate) fn whole_exponent(exponent: f64) -> Option<u32> {
    let whole = (1.0..=f64::from(EXPONENT_MAX)).contains(&exponent) && f64::from(exponent as u32) == exponent;
    whole.then_some(exponent as u32)
}

/// Increasing powers of a base.
#[derive(Clone, Copy)]
pub(crate) struct Ladder {
    /// The significand of the base with its highest bit set, and its exponent minus 64.
    word: u64,
    unit: i64,
    negative: bool,
    exponent: u32,
    power: Wide,
}

impl Ladder {
    /// More steps than this are slower than a new start.
    const STEPS_MAX: u32 = 8;

    /// The first power of a normal float.
    pub(crate) fn new(base: f64) -> Option<Self> {
        let (mantissa, unit) = parts(base);
        let (word, unit) = (mantissa << 11, i64::from(unit) - 75);
        let power = Wide { mantissa: u128::from(word) << 64, exponent: unit };
        base.is_normal().then_some(Self { word, unit, negative: base < 0.0, exponent: 1, power })
    }

    /// The power for an exponent that is not below the last one, correctly rounded; `None` if 128 bits do not decide
    /// the rounding, or if the result is no normal float.
    #[inline]
    pub(crate) fn climb(&mut self, exponent: u32) -> Option<f64> {
        if exponent - self.exponent > Self::STEPS_MAX {
            self.power = Wide { mantissa: u128::from(self.word) << 64, exponent: self.unit };
            // From the highest bit of the exponent down: square, and multiply if the bit is set.
            for bit in (0..exponent.ilog2()).rev() {
                self.power = self.power.square();
                if exponent >> bit & 1 == 1 {
                    self.power = self.power.times(self.word, self.unit);
                }
            }
            self.exponent = exponent;
        }
        while self.exponent < exponent {
            self.power = self.power.times(self.word, self.unit);
            self.exponent += 1;
        }
        let magnitude = self.power.round(exponent)?;
        Some(if self.negative && exponent % 2 == 1 { -magnitude } else { magnitude })
    }
}

/// `mantissa`·2^`exponent`, with the highest bit of the mantissa set; never larger than the true value.
#[derive(Clone, Copy)]
struct Wide {
    mantissa: u128,
    exponent: i64,
}

impl Wide {
    /// The square, too small by less than four units of the last place.
    fn square(self) -> Self {
        let (high, low) = (self.mantissa >> 64, self.mantissa & u128::from(u64::MAX));
        // The product of the lower halves is below one unit.
        let product = high * high + ((high * low) >> 63);
        Self { mantissa: product, exponent: 2 * self.exponent + 128 }.normal()
    }

    /// The product with `word`·2^64·2^`exponent`, where the highest bit of `word` is set; too small by less than two
    /// units of the last place.
    fn times(self, word: u64, exponent: i64) -> Self {
        let (high, low) = (self.mantissa >> 64, self.mantissa & u128::from(u64::MAX));
        let product = high * u128::from(word) + ((low * u128::from(word)) >> 64);
        Self { mantissa: product, exponent: self.exponent + exponent + 128 }.normal()
    }

    /// Restores the highest bit: in a product of two mantissas, it is the first or the second.
    fn normal(self) -> Self {
        let shift = u32::from(self.mantissa >> 127 == 0);
        Self { mantissa: self.mantissa << shift, exponent: self.exponent - i64::from(shift) }
    }

    /// The nearest float, if it is the nearest one for every possible value of this power.
    fn round(self, exponent: u32) -> Option<f64> {
        const DROPPED: u32 = 75;
        const HALF: u128 = 1 << (DROPPED - 1);
        // Every step adds less than four units of 2^127 to the error, and every squaring doubles it: together less than
        // 8·exponent of these units, or 16 times the units of a mantissa near 2^128.
        let error = u128::from(exponent) * 16;
        let rest = self.mantissa & ((1 << DROPPED) - 1);
        if rest <= HALF && rest + error >= HALF {
            return None;
        }
        // 53 bits. Rounding up may carry into the exponent, which is correct.
        let mantissa = (self.mantissa >> DROPPED) as u64 + u64::from(rest > HALF);
        let biased = self.exponent + i64::from(DROPPED) + 1075;
        if !(1..=2045).contains(&biased) {
            return None;
        }
        Some(f64::from_bits(((biased as u64) << 52) + (mantissa - (1 << 52))))
    }
}

#[cfg(test)]
mod tests {
    use super::{half_power, inverse_root, whole_power};
    use crate::number::fixed_256;
    use crate::number::reference::random;

    /// The same power by fixed-point numbers of 256 places.
    fn reference(base: f64, exponent: u32) -> f64 {
        let magnitude = fixed_256::power(base.abs(), f64::from(exponent));
        if base < 0.0 && exponent % 2 == 1 { -magnitude } else { magnitude }
    }

    #[test]
    fn whole_powers_are_correctly_rounded() {
        let (mut decided, mut total) = (0, 0);
        let mut next = random(1);
        for step in 0..4_000_u32 {
            let bits = next();
            // Magnitudes from 1/16 to 16 with either sign; every eighth has few digits.
            let kept = if step % 8 == 0 { bits & !((1 << 48) - 1) } else { bits };
            let base = f64::from_bits((kept & 0x800f_ffff_ffff_ffff) | (1019 + (bits >> 61)) << 52);
            let exponent = 3 + (bits >> 32) as u32 % 240;
            total += 1;
            if let Some(power) = whole_power(base, f64::from(exponent)) {
                assert_eq!(power, reference(base, exponent), "{base:e} ** {exponent}");
                decided += 1;
            }
        }
        assert!(decided * 20 > total * 19, "{decided} of {total}");
    }

    #[test]
    fn half_powers_are_correctly_rounded() {
        let (mut decided, mut total) = (0, 0);
        let mut next = random(1);
        for step in 0..18_000_u32 {
            let bits = next();
            // From 2^-80 to 2^80, beside 1, and squares, whose powers are exact or ties.
            let base = match step % 4 {
                0 => {
                    1.0 + f64::from((bits >> 40) as u32 as i32 - (1 << 23))
                        * 0.5_f64.powi((bits % 53) as i32 + 24).min(0.5_f64.powi(25))
                }
                1 => f64::from((bits >> 44) as u32).powi(2).max(1.0),
                _ => f64::from_bits(bits & 0x000f_ffff_ffff_ffff | (943 + (bits >> 52) % 160) << 52),
            };
            let exponent = 0.5 + f64::from(step % 9);
            total += 1;
            if let Some(power) = half_power(base, exponent) {
                assert_eq!(power.to_bits(), pxfm::f_pow(base, exponent).to_bits(), "{base:e} ** {exponent}");
                assert_eq!(power, fixed_256::power(base, exponent), "{base:e} ** {exponent}");
                decided += 1;
            }
        }
        assert!(decided * 10 > total * 9, "{decided} of {total}");
        for (base, exponent) in [
            (2.0, 1.0),
            (2.0, -0.5),
            (2.0, 9.5),
            (2.0, 0.25),
            (-2.0, 0.5),
            (1e26, 0.5),
            (0.0, 1.5),
            (f64::NAN, 0.5),
            (2.0, f64::NAN),
        ] {
            assert_eq!(half_power(base, exponent), None, "{base} ** {exponent}");
        }
    }

    #[test]
    fn inverse_roots_are_correctly_rounded() {
        let (mut decided, mut total) = (0, 0);
        let mut next = random(1);
        for step in 0..8_000_u32 {
            let bits = next();
            let base = match step % 4 {
                0 => f64::from_bits(1.0_f64.to_bits() - 64 + (bits >> 57)),
                1 => f64::from((bits >> 48) as u32).max(1.0).powi(2),
                _ => f64::from_bits(bits & 0x000f_ffff_ffff_ffff | (1 + (bits >> 52) % 2046) << 52),
            };
            total += 1;
            if let Some(power) = inverse_root(base) {
                assert_eq!(power, fixed_256::power(base, -0.5), "{base:e} ** -0.5");
                decided += 1;
            }
        }
        assert!(decided * 20 > total * 19, "{decided} of {total}");
        for base in [0.0, -0.0, -1.0, 5e-324, f64::INFINITY, f64::NAN] {
            assert_eq!(inverse_root(base), None, "{base} ** -0.5");
        }
    }

    #[test]
    fn what_is_no_whole_power_of_a_normal_float_is_left_to_others() {
        for (base, exponent) in
            [(2.0, 0.5), (2.0, -3.0), (0.0, 3.0), (5e-324, 3.0), (f64::INFINITY, 3.0), (2.0, 1025.0)]
        {
            assert_eq!(whole_power(base, exponent), None, "{base} ** {exponent}");
        }
        // Overflow, and from the third power on subnormal results.
        assert_eq!(whole_power(1e200, 2.0), None);
        assert_eq!(whole_power(1e-200, 2.0), Some(0.0));
        assert_eq!(whole_power(1e103, 3.0), None);
        assert_eq!(whole_power(1e-105, 3.0), None);
    }

    /// 3^34 and 3^33 have 54 and 53 bits: the former is near a tie, the latter exact.
    #[test]
    fn exact_powers_and_ties() {
        assert_eq!(whole_power(3.0, 33.0), Some(5_559_060_566_555_523.0));
        assert_eq!(whole_power(1.5, 3.0), Some(3.375));
        // 94906267^2 is odd and has 54 bits: a tie.
        assert_eq!(whole_power(94_906_267.0, 2.0), Some(9_007_199_515_875_288.0));
    }
}
