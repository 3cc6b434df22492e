//! The decimal digits of long integers.
//!
//! The number becomes a binary fraction of a power of ten, by one division; from there on, multiplication is enough.
//! What comes before the point of a product by 10^k is the next k digits. The first and the second half of the digits
//! are found in the same way from fractions of half the length.

use dashu_int::UBig;
use dashu_int::ops::BitTest;

use super::long::{self, Modulus};
use super::transform::Spectrum;
use crate::error::ErrorKind;
use crate::limits::Budget;

/// Decimal digits of a word.
const GROUP: usize = 19;
const GROUP_POWER: u128 = 10_u128.pow(GROUP as u32);
/// Groups that are found one by one.
const GROUPS_MAX: usize = 80;
/// Groups of the shortest number for which this is faster than the library.
const GROUPS_MIN: usize = 2_700;
/// Words of the shortest fraction that is multiplied modulo a number of its own length.
const RING_WORDS: usize = 200;

/// The groups of a number of so many bits, at most.
fn groups_of(bits: u64) -> usize {
    ((bits as f64 * std::f64::consts::LOG10_2) as usize + 1).div_ceil(GROUP)
}

/// Whether a number of so many bits is long enough for [`of`]; otherwise the library is faster.
pub(super) fn are_many(bits: u64) -> bool {
    groups_of(bits) >= GROUPS_MIN
}

/// The digits of a long number, which the caller has paid for as a conversion.
pub(super) fn of(value: &UBig, budget: &mut Budget) -> Result<String, ErrorKind> {
    let groups = groups_of(value.bit_len() as u64);
    let levels = groups.div_ceil(GROUPS_MAX).next_power_of_two().ilog2();
    let shortest = groups.div_ceil(1 << levels);
    // Five to the power of the digits of a part, from the shortest parts to the whole number.
    let mut fives = vec![UBig::from(5_u8).pow(GROUP * shortest)];
    for at in 0..levels as usize {
        fives.push(long::multiply(&fives[at], &fives[at], budget)?);
    }
    let tens: Vec<UBig> = fives.iter().enumerate().map(|(at, five)| five << ((GROUP * shortest) << at)).collect();
    let (Some(five), Some(ten)) = (fives.last(), tens.last()) else { return Err(ErrorKind::Internal) };
    let halvings: Vec<Halving> = tens.windows(2).map(|powers| Halving::new(&powers[0], &powers[1])).collect();
    // A word more than the digits need. With half a unit of the last digit, the rounding errors, each of which is below
    // 2^-60 units, have no effect on it.
    let (digits, length) = ((shortest << halvings.len()) * GROUP, long::words(ten) + 1);
    let doubled: UBig = (value << 1) + UBig::ONE;
    let (fraction, _) = long::divide(&(doubled << (length * long::WORD - 1 - digits)), five, budget)?;
    let mut text = vec![b'0'; digits];
    write(&fraction, length, &halvings, &mut text);
    let zeros = text.iter().position(|digit| *digit != b'0').unwrap_or(0);
    String::from_utf8(text.split_off(zeros)).map_err(|_| ErrorKind::Internal)
}

/// The power of ten by which a fraction is multiplied for the second half of its digits.
struct Halving {
    power: UBig,
    /// Words of the fractions of each half: one more than their digits need.
    length: usize,
    /// What comes before the point is not needed. In a ring of the fraction's length it is added to the lowest words,
    /// which are not needed either.
    ring: Option<(Modulus, Spectrum)>,
}

impl Halving {
    fn new(power: &UBig, whole: &UBig) -> Self {
        let length = long::words(whole) + 1;
        let ring = (RING_WORDS..=long::PRODUCT_WORDS).contains(&length).then(|| {
            let modulus = Modulus::of_words(length + 1);
            let spectrum = modulus.transform(power);
            (modulus, spectrum)
        });
        Self { power: power.clone(), length: long::words(power) + 1, ring }
    }

    fn multiply(&self, fraction: &UBig) -> UBig {
        match &self.ring {
            Some((modulus, spectrum)) => modulus.multiply(spectrum, fraction),
            None => fraction * &self.power,
        }
    }
}

/// Writes the first digits of a fraction with so many binary words after the point, and gives the word after the point
/// of what is left. The last digit may be wrong by one if what is left is nearly 0 or 1.
fn write(fraction: &UBig, length: usize, halvings: &[Halving], text: &mut [u8]) -> u64 {
    let Some((halving, halvings)) = halvings.split_last() else { return write_groups(fraction, length, text) };
    let half = halving.length;
    let (first, second) = text.split_at_mut(text.len() / 2);
    let left = write(&long::part(fraction, length - half, length), half, halvings, first);
    let rest = write(&long::part(&halving.multiply(fraction), length - half, length), half, halvings, second);
    // Near a whole number, the second half says on which side of it the first one is.
    match (left >> 62, second[0] >= b'5') {
        (3, false) => step(first, b'9', b'0', 1),
        (0, true) => step(first, b'0', b'9', u8::MAX),
        _ => {}
    }
    rest
}

/// The same, digit by digit of a number system with the base 10^19.
fn write_groups(fraction: &UBig, length: usize, text: &mut [u8]) -> u64 {
    let mut fraction = fraction.as_words().to_vec();
    fraction.resize(length, 0);
    let groups = text.len() / GROUP;
    for (at, group) in text.chunks_exact_mut(GROUP).enumerate() {
        // One word more than the digits to come need.
        let unused = length.saturating_sub(groups - at + 1);
        let mut carry = 0_u128;
        for word in &mut fraction[unused..] {
            carry += u128::from(*word) * GROUP_POWER;
            *word = carry as u64;
            carry >>= long::WORD;
        }
        let (rest, last) = (carry as u64 / EIGHT_DIGITS, carry as u64 % EIGHT_DIGITS);
        let (first, middle) = (rest / EIGHT_DIGITS, rest % EIGHT_DIGITS);
        group[..3].copy_from_slice(&eight_digits(first)[5..]);
        group[3..11].copy_from_slice(&eight_digits(middle));
        group[11..].copy_from_slice(&eight_digits(last));
    }
    fraction.last().copied().unwrap_or(0)
}

const EIGHT_DIGITS: u64 = 100_000_000;

/// The digits of a number below 10^8: three times it is cut into halves of equal length, side by side in the word. (The
/// quotients are products with a rounded reciprocal, exact for numbers of four and of two digits.)
fn eight_digits(value: u64) -> [u8; 8] {
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x7f_0000_007f;
    let twos = hundreds | ((fours - 100 * hundreds) << 16);
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    let ones = tens | ((twos - 10 * tens) << 8);
    (ones | 0x3030_3030_3030_3030).to_le_bytes()
}

/// Adds `change` to the last digit, or to the one before it if it is `end`, which turns into `start`; and so on.
fn step(text: &mut [u8], end: u8, start: u8, change: u8) {
    for digit in text.iter_mut().rev() {
        if *digit != end {
            *digit = digit.wrapping_add(change);
            return;
        }
        *digit = start;
    }
}

#[cfg(test)]
mod tests {
    use dashu_int::UBig;

    use super::{GROUPS_MIN, eight_digits, of};
    use crate::limits::{Budget, Fuel, Limits};
    use crate::mode::Mode;

    fn digits(value: &UBig) -> String {
        let (limits, mut fuel) = (Limits::default(), Fuel::new(1 << 40));
        of(value, &mut Budget::new(Mode::default(), &limits, &mut fuel)).unwrap()
    }

    /// Numbers whose parts are nearly whole: rounding must not carry from one into the other.
    #[test]
    fn runs_of_zeros_and_nines_are_kept() {
        let ten = |exponent: usize| UBig::from(10_u8).pow(exponent);
        for length in [19 * GROUPS_MIN, 60_000, 97_280] {
            for run in [1, 19, length / 2 - 1, length / 2, length] {
                for last in [UBig::ZERO, UBig::ONE, ten(run) - UBig::ONE] {
                    let value = ten(length) + last;
                    for value in [&value - UBig::ONE, value.clone(), value * (ten(run) + UBig::ONE)] {
                        assert!(digits(&value) == value.to_string(), "{length} {run}");
                    }
                }
            }
        }
    }

    #[test]
    fn digits_of_random_numbers_are_the_librarys() {
        let mut value = UBig::from(3_u8).pow(120_000);
        while value.as_words().len() < 6_000 {
            assert!(digits(&value) == value.to_string());
            value = (&value << 70_001) + (value >> 17);
        }
    }

    #[test]
    fn eight_digits_are_found_at_once() {
        for first in 0..10_000 {
            let value = first * 10_000 + (first * 7 + 1) % 10_000;
            assert_eq!(eight_digits(value), format!("{value:08}").as_bytes());
        }
    }
}
