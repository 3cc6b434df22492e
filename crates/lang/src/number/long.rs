//! Operations on long integers in pieces of a few milliseconds, between which the clock is checked. The caller has paid
//! for the whole operation; [`Budget::pass`] counts the finished part.

use dashu_int::fast_div::ConstDivisor;
use dashu_int::modular::Reduced;
use dashu_int::ops::{BitTest, DivRem, Gcd, SquareRoot};
use dashu_int::{IBig, UBig};

use super::transform::{self, Ring, Spectrum};
use crate::error::ErrorKind;
use crate::limits::{Budget, price};

/// Bits of a machine word.
pub(super) const WORD: usize = 64;
/// Words of the longest product that is computed in one piece.
pub(super) const PRODUCT_WORDS: usize = 16_384;
/// Words from which on a transform multiplies faster than the library.
const TRANSFORM_WORDS: usize = 550;
/// Words of the shortest quotient and divisor for which Newton's method is faster than the library's division.
const NEWTON_WORDS: usize = 900;
/// Words of the longest quotient that is computed in one piece.
const QUOTIENT_WORDS: usize = 2_048;
/// Words up to which the library's quadratic algorithms (greatest common divisor, inverse) run in one piece.
const QUADRATIC_WORDS: usize = 1_024;
/// Words up to which single products are not counted.
const SHORT_WORDS: usize = 64;
/// Words of the longest divisor whose reciprocal is left to the library.
const RECIPROCAL_WORDS: usize = 300;
/// The smallest number whose factorial is computed by way of its prime factors.
const SWING_MIN: u64 = 500;
/// Digits that are parsed in one piece.
const DIGITS: usize = 32_768;

pub(super) fn words(value: &UBig) -> usize {
    value.as_words().len()
}

/// The words from `from` up to `to`, or to the last one.
pub(super) fn part(value: &UBig, from: usize, to: usize) -> UBig {
    let all = value.as_words();
    UBig::from_words(&all[from.min(all.len())..to.min(all.len())])
}

pub(super) fn multiply(a: &UBig, b: &UBig, budget: &mut Budget) -> Result<UBig, ErrorKind> {
    let (long, short) = if words(a) < words(b) { (b, a) } else { (a, b) };
    if words(short) > SHORT_WORDS {
        budget.pass(price::multiply(words(long).min(PRODUCT_WORDS) as u64, words(short) as u64))?;
    }
    if words(long) + words(short) <= PRODUCT_WORDS {
        return Ok(if words(short) >= TRANSFORM_WORDS {
            UBig::from_words(&transform::multiply(long.as_words(), short.as_words()))
        } else if long == short {
            long.sqr()
        } else {
            long * short
        });
    }
    // The longer factor is halved until the products are short enough.
    let half = words(long) / 2;
    let (low, high) = (part(long, 0, half), part(long, half, usize::MAX));
    Ok(multiply(&low, short, budget)? + (multiply(&high, short, budget)? << (half * WORD)))
}

/// The product of two numbers of any sign. (The library's own product of two numbers of more than 4,000 words loses a
/// carry into a word of ones.)
pub(super) fn signed_product(a: &IBig, b: &IBig, budget: &mut Budget) -> Result<IBig, ErrorKind> {
    let ((a_sign, a_words), (b_sign, b_words)) = (a.as_sign_words(), b.as_sign_words());
    if a_words.len().min(b_words.len()) < TRANSFORM_WORDS {
        return Ok(a * b);
    }
    let product = multiply(&UBig::from_words(a_words), &UBig::from_words(b_words), budget)?;
    Ok(IBig::from_parts(a_sign * b_sign, product))
}

/// Quotient and remainder; the divisor must not be zero.
pub(super) fn divide(dividend: &UBig, divisor: &UBig, budget: &mut Budget) -> Result<(UBig, UBig), ErrorKind> {
    let quotient_words = words(dividend).saturating_sub(words(divisor));
    if quotient_words >= NEWTON_WORDS && (NEWTON_WORDS..=PRODUCT_WORDS).contains(&words(divisor)) {
        return divide_by_reciprocal(dividend, divisor, budget);
    }
    if quotient_words <= QUOTIENT_WORDS {
        return Ok(dividend.div_rem(divisor));
    }
    // Long division with digits of several words.
    let (mut quotient, mut rest) = (UBig::ZERO, UBig::ZERO);
    for digit in (0..words(dividend).div_ceil(QUOTIENT_WORDS)).rev() {
        let next = part(dividend, digit * QUOTIENT_WORDS, (digit + 1) * QUOTIENT_WORDS);
        let (found, left) = ((rest << (QUOTIENT_WORDS * WORD)) + next).div_rem(divisor);
        (quotient, rest) = ((quotient << (QUOTIENT_WORDS * WORD)) + found, left);
        budget.pass(5 * price::multiply(words(divisor) as u64, words(divisor).min(QUOTIENT_WORDS) as u64))?;
    }
    Ok((quotient, rest))
}

/// A [`Ring`] and its modulus.
pub(super) struct Modulus {
    ring: Ring,
    value: UBig,
}

impl Modulus {
    pub(super) fn of_words(words: usize) -> Self {
        let ring = Ring::of_words(words);
        Self { ring, value: (UBig::ONE << ring.bits()) - UBig::ONE }
    }

    pub(super) fn transform(&self, value: &UBig) -> Spectrum {
        self.ring.transform(value.as_words())
    }

    pub(super) fn multiply(&self, a: &Spectrum, b: &UBig) -> UBig {
        UBig::from_words(&self.ring.multiply(a, &self.transform(b)))
    }

    /// `a - b`, from 0 to below the modulus; `b` is not above the modulus, and `a` is below its square.
    fn difference(&self, a: &UBig, b: &UBig) -> UBig {
        let mut difference = (a & &self.value) + (a >> self.ring.bits()) + &self.value - b;
        while difference >= self.value {
            difference -= &self.value;
        }
        difference
    }
}

/// 2^(128·n) divided by a number of n words, the highest bit of which is set; too small by less than 3.
fn reciprocal(divisor: &UBig, budget: &mut Budget) -> Result<UBig, ErrorKind> {
    let length = words(divisor);
    if length <= RECIPROCAL_WORDS {
        return Ok((UBig::ONE << (2 * length * WORD)) / divisor);
    }
    // The upper half of the words gives the upper half of the result. The lower half may add up to one to that divisor,
    // so up to four are taken from its reciprocal, so that the rest below is not negative.
    let half = length.div_ceil(2) + 1;
    let upper = reciprocal(&part(divisor, length - half, length), budget)? - UBig::from(4_u8);
    // One step of Newton's method. The rest is so small that it is known from its value modulo a shorter number.
    let modulus = Modulus::of_words(length + 5);
    let spectrum = modulus.transform(&upper);
    let product = modulus.multiply(&spectrum, divisor);
    let rest = modulus.difference(&(UBig::ONE << ((length + half) * WORD)), &product);
    let correction = modulus.multiply(&spectrum, &part(&rest, length - half, usize::MAX));
    budget.pass(price::multiply(length as u64, length as u64))?;
    Ok((upper << ((length - half) * WORD)) + part(&correction, 3 * half - length, usize::MAX))
}

/// Long division whose digits, of up to half the words of the divisor, are found by its reciprocal.
fn divide_by_reciprocal(dividend: &UBig, divisor: &UBig, budget: &mut Budget) -> Result<(UBig, UBig), ErrorKind> {
    let size = words(divisor);
    let shift = size * WORD - divisor.bit_len();
    let (dividend, divisor) = (dividend << shift, divisor << shift);
    let quotient_words = words(&dividend) + 1 - size;
    let digits = (2 * quotient_words).div_ceil(size);
    let length = quotient_words.div_ceil(digits);
    // Never above the quotient of the number by the whole divisor, for the reason above.
    let inverse = reciprocal(&part(&divisor, size - length - 1, size), budget)? - UBig::from(4_u8);
    let (estimates, rests) = (Modulus::of_words(2 * length + 3), Modulus::of_words(size + 1));
    let (inverse, factor) = (estimates.transform(&inverse), rests.transform(&divisor));
    let mut quotient = UBig::ZERO;
    let mut rest = part(&dividend, digits * length, usize::MAX);
    for at in (0..digits).rev() {
        rest = (rest << (length * WORD)) + part(&dividend, at * length, (at + 1) * length);
        let upper = part(&rest, size - 1, usize::MAX);
        let mut digit = part(&estimates.multiply(&inverse, &upper), length + 2, usize::MAX);
        // The rest is below a few divisors, so it is known from its value modulo a number of one word more.
        rest = rests.difference(&rest, &rests.multiply(&factor, &digit));
        while rest >= divisor {
            rest -= &divisor;
            digit += UBig::ONE;
        }
        quotient = (quotient << (length * WORD)) + digit;
        budget.pass(5 * price::multiply(size as u64, length as u64))?;
    }
    Ok((quotient, rest >> shift))
}

/// `base` to the power of `exponent`.
pub(super) fn power(base: &UBig, exponent: usize, budget: &mut Budget) -> Result<UBig, ErrorKind> {
    // Factors of two become a shift.
    let twos = base.trailing_zeros().unwrap_or(0);
    let odd = base >> twos;
    if odd.bit_len() * exponent <= TRANSFORM_WORDS * WORD {
        return Ok(base.pow(exponent));
    }
    let half = power(&odd, exponent / 2, budget)?;
    let square = multiply(&half, &half, budget)?;
    let power = if exponent % 2 == 1 { multiply(&square, &odd, budget)? } else { square };
    Ok(power << (twos * exponent))
}

/// The integer square root.
pub(super) fn square_root(value: &UBig, budget: &mut Budget) -> Result<UBig, ErrorKind> {
    if words(value) <= 2 * QUOTIENT_WORDS {
        return Ok(value.sqrt());
    }
    // The root of the upper half gives half of the bits, rounded up. One step of Newton's method gives the others,
    // again rounded up and at most a few units too large.
    let low = value.bit_len() / 4;
    let above = (square_root(&(value >> (2 * low)), budget)? + UBig::ONE) << low;
    let mut root = (divide(value, &above, budget)?.0 + above) >> 1;
    while multiply(&root, &root, budget)? > *value {
        root -= UBig::ONE;
    }
    Ok(root)
}

/// Multiplies neighbours until one factor is left: operands of equal size make fast multiplication effective.
pub(super) fn product(mut factors: Vec<UBig>, budget: &mut Budget) -> Result<UBig, ErrorKind> {
    while factors.len() > 1 {
        let pairs = factors.chunks(2).map(|pair| match pair {
            [a, b] => multiply(a, b, budget),
            rest => Ok(rest.iter().product()),
        });
        factors = pairs.collect::<Result<_, _>>()?;
    }
    Ok(factors.pop().unwrap_or(UBig::ONE))
}

/// `n!`, of which the caller has checked that its size is within the limits.
pub(super) fn factorial(n: u64, budget: &mut Budget) -> Result<UBig, ErrorKind> {
    if n < SWING_MIN {
        return product(word_factors(1..=n), budget);
    }
    let mut is_composite = vec![false; n as usize + 1];
    let mut odd_primes = Vec::new();
    for candidate in (3..=n).step_by(2) {
        if !is_composite[candidate as usize] {
            odd_primes.push(candidate);
            (candidate * candidate..=n).step_by(2 * candidate as usize).for_each(|at| is_composite[at as usize] = true);
        }
    }
    Ok(odd_factorial(n, &odd_primes, budget)? << (n - u64::from(n.count_ones())) as usize)
}

/// The largest odd divisor of `n!`: that of (n/2)!, squared, times few prime powers, which are not above n. (P.
/// Luschny's prime swing.)
fn odd_factorial(n: u64, odd_primes: &[u64], budget: &mut Budget) -> Result<UBig, ErrorKind> {
    if n < 3 {
        return Ok(UBig::ONE);
    }
    let half = odd_factorial(n / 2, odd_primes, budget)?;
    // A prime divides n!/(n/2)!^2 as often as there are odd numbers among n/p, n/p^2 and so on.
    let primes = odd_primes.iter().take_while(|prime| **prime <= n).flat_map(|prime| {
        let quotients = std::iter::successors(Some(n / prime), move |quotient| Some(quotient / prime));
        quotients.take_while(|quotient| *quotient > 0).filter(|quotient| quotient % 2 == 1).map(move |_| *prime)
    });
    let swing = product(word_factors(primes), budget)?;
    let square = multiply(&half, &half, budget)?;
    multiply(&square, &swing, budget)
}

/// Factors from 1, multiplied to numbers that fit machine words.
pub(super) fn word_factors(factors: impl Iterator<Item = u64>) -> Vec<UBig> {
    let mut finished = Vec::new();
    let mut word = 1_u64;
    for factor in factors {
        word = word.checked_mul(factor).unwrap_or_else(|| {
            finished.push(UBig::from(word));
            factor
        });
    }
    finished.push(UBig::from(word));
    finished
}

/// The greatest common divisor of positive numbers.
pub(super) fn gcd(a: UBig, b: UBig, budget: &mut Budget) -> Result<UBig, ErrorKind> {
    if words(&a).min(words(&b)) <= QUADRATIC_WORDS {
        return Ok(a.gcd(b));
    }
    let [divisor] = euclid([[a.into(), b.into()]], budget)?;
    Ok(divisor.into_parts().1)
}

/// The inverse of `value` modulo `modulus`, if there is one; `value` must be below `modulus`.
fn inverse(value: UBig, modulus: &UBig, budget: &mut Budget) -> Result<Option<UBig>, ErrorKind> {
    let whole = IBig::from(modulus.clone());
    let [divisor, factor] = euclid([[whole.clone(), value.into()], [IBig::ZERO, IBig::ONE]], budget)?;
    let factor = if factor < IBig::ZERO { factor + whole } else { factor };
    Ok((divisor == IBig::ONE).then(|| factor.into_parts().1))
}

/// Euclid's algorithm on the first pair of non-negative numbers, until its second number is 0. The same steps are
/// applied to the other pairs. Gives the first number of each pair.
///
/// It is Lehmer's variant: most quotients follow from the highest bits of both numbers. Several are combined in machine
/// words before they are applied to the whole numbers (Knuth, *The Art of Computer Programming*, volume 2, section
/// 4.5.2, algorithm L).
fn euclid<const N: usize>(mut pairs: [[IBig; 2]; N], budget: &mut Budget) -> Result<[IBig; N], ErrorKind> {
    while !pairs[0][1].is_zero() {
        let length = pairs[0][0].as_sign_words().1.len() as u64;
        budget.pass(length * N as u64)?;
        if let Some([[a, b], [c, d]]) = steps(&pairs[0]) {
            pairs = pairs.map(|[x, y]| [&x * a + &y * b, x * c + y * d]);
        } else {
            let quotient = &pairs[0][0] / &pairs[0][1];
            pairs = pairs.map(|[x, y]| {
                let rest = x - &quotient * &y;
                [y, rest]
            });
        }
    }
    Ok(pairs.map(|[x, _]| x))
}

/// Several steps of Euclid's algorithm at once: each new number as a linear combination of the two old ones. `None` if
/// the highest bits do not determine the first quotient.
fn steps([x, y]: &[IBig; 2]) -> Option<[[i64; 2]; 2]> {
    const BITS: usize = 2 * WORD - 4;
    let (x, y) = (x.as_sign_words().1, y.as_sign_words().1);
    let bits = x.len() * WORD - x.last()?.leading_zeros() as usize;
    let low = bits.saturating_sub(BITS);
    let (mut x, mut y) = (bits_from(x, low), bits_from(y, low));
    let (mut first, mut second) = ([1_i128, 0], [0, 1]);
    loop {
        // The bits that are cut off are less than one unit of each number.
        if y + second[0] == 0 || y + second[1] == 0 {
            break;
        }
        let quotient = (x + first[0]) / (y + second[0]);
        if quotient != (x + first[1]) / (y + second[1]) || quotient > i128::from(i64::MAX) {
            break;
        }
        let next = [first[0] - quotient * second[0], first[1] - quotient * second[1]];
        if next.iter().any(|factor| i64::try_from(*factor).is_err()) {
            break;
        }
        (first, second) = (second, next);
        (x, y) = (y, x - quotient * y);
    }
    let word = |factors: [i128; 2]| factors.map(|factor| factor as i64);
    (first[1] != 0).then_some([word(first), word(second)])
}

/// The bits from place `low` up, which must fit the type.
fn bits_from(words: &[u64], low: usize) -> i128 {
    let (word, shift) = (low / WORD, low % WORD);
    let at = |place: usize| u128::from(words.get(word + place).copied().unwrap_or(0));
    let bits = (at(0) | at(1) << WORD) >> shift;
    (if shift == 0 { bits } else { bits | at(2) << (2 * WORD - shift) }) as i128
}

/// `base` to the power of `exponent`, which may be negative, modulo `modulus`; `None` if there is no inverse. `base`
/// must be below `modulus`, and `modulus` above 1.
pub(super) fn modular_power(
    base: UBig,
    exponent: &IBig,
    modulus: &UBig,
    budget: &mut Budget,
) -> Result<Option<UBig>, ErrorKind> {
    let (sign, exponent) = exponent.clone().into_parts();
    let is_long = words(modulus) > QUADRATIC_WORDS;
    let ring = ConstDivisor::new(modulus.clone());
    let base = match (sign, is_long) {
        (dashu_int::Sign::Positive, _) => Some(base),
        (_, true) => inverse(base, modulus, budget)?,
        (_, false) => ring.reduce(base).inv().map(|inverse| inverse.residue()),
    };
    let Some(base) = base else { return Ok(None) };
    if exponent.is_zero() {
        return Ok(Some(UBig::ONE));
    }
    if is_long {
        let times = |a: &UBig, b: &UBig| {
            let product = multiply(a, b, budget)?;
            divide(&product, modulus, budget).map(|(_, rest)| rest)
        };
        return climb(base, &exponent, times).map(Some);
    }
    let step = price::modular_power(1, words(modulus) as u64);
    let power = climb(ring.reduce(base), &exponent, |a, b| {
        budget.pass(step / 2)?;
        Ok(reduced_product(a, b))
    })?;
    Ok(Some(power.residue()))
}

/// The library squares equal factors, too, but with too little memory for 61 to 96 words.
fn reduced_product<'r>(a: &Reduced<'r>, b: &Reduced<'r>) -> Reduced<'r> {
    if a == b { a.sqr() } else { a * b }
}

/// A power by squaring, with one multiplication for every few bits of the exponent, which must not be 0.
fn climb<T: Clone>(
    base: T,
    exponent: &UBig,
    mut times: impl FnMut(&T, &T) -> Result<T, ErrorKind>,
) -> Result<T, ErrorKind> {
    let bits = exponent.bit_len();
    let window = match bits {
        ..=24 => 1,
        25..=160 => 3,
        _ => 5,
    };
    // The base to the powers 1, 2, 3 and so on.
    let mut powers = vec![base];
    for at in 1..(1 << window) - 1 {
        powers.push(times(&powers[at - 1], &powers[0])?);
    }
    let mut power: Option<T> = None;
    for digit in (0..bits.div_ceil(window)).rev() {
        if let Some(reached) = &mut power {
            for _ in 0..window {
                *reached = times(reached, reached)?;
            }
        }
        let digit = (0..window).rev().fold(0, |value, bit| 2 * value + usize::from(exponent.bit(digit * window + bit)));
        if digit > 0 {
            let factor = &powers[digit - 1];
            power = Some(match power {
                Some(reached) => times(&reached, factor)?,
                None => factor.clone(),
            });
        }
    }
    power.ok_or(ErrorKind::Internal)
}

/// A positive number without a factor of 2 or more, and how often it had this factor.
pub(super) fn without_factor(value: UBig, factor: u32, budget: &mut Budget) -> Result<(UBig, u64), ErrorKind> {
    let (mut rest, mut times) = (value, 0);
    // Divides by the factor, its square, the square of that and so on, while they divide; then by the smaller ones.
    let mut powers = vec![UBig::from(factor)];
    while let Some(power) = powers.last() {
        let (quotient, left) = divide(&rest, power, budget)?;
        if !left.is_zero() {
            break;
        }
        (rest, times) = (quotient, times + (1 << (powers.len() - 1)));
        powers.push(multiply(power, power, budget)?);
    }
    powers.pop();
    while let Some(power) = powers.pop() {
        let (quotient, left) = divide(&rest, &power, budget)?;
        if left.is_zero() {
            (rest, times) = (quotient, times + (1 << powers.len()));
        }
    }
    Ok((rest, times))
}

/// Parses digits of a radix; `None` for an empty text. There must be nothing but digits.
pub(super) fn parse(digits: &str, radix: u32, budget: &mut Budget) -> Result<Option<UBig>, ErrorKind> {
    if digits.len() <= DIGITS {
        return Ok(UBig::from_str_radix(digits, radix).ok());
    }
    // Digits are ASCII.
    let (high, low) = digits.split_at(digits.len() / 2);
    let (Some(high), Some(below)) = (parse(high, radix, budget)?, parse(low, radix, budget)?) else { return Ok(None) };
    budget.pass(price::convert(words(&below) as u64))?;
    Ok(Some(multiply(&high, &power(&UBig::from(radix), low.len(), budget)?, budget)? + below))
}

#[cfg(test)]
mod tests;
