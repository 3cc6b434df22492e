//! Products of long integers, by number-theoretic transforms.
//!
//! A number is cut into the coefficients of a polynomial. Polynomials are multiplied modulo x^n - 1, and so numbers
//! modulo 2^(86·n) - 1, which gives the whole product if it is shorter. The coefficients of a product are found modulo
//! three primes and put together by the Chinese remainder theorem: all is exact. A transform splits x^n - 1 into factors
//! x^m - r, modulo which the products are short (4 to 7 coefficients, so that a ring is little longer than needed).
//!
//! Between the steps, a residue is any number below twice or four times the prime (D. Harvey, *Faster arithmetic for
//! number-theoretic transforms*, 2014).

use std::sync::LazyLock;

/// Bits of a coefficient.
const BITS: usize = 86;
/// The shorter factor has at most so many coefficients, so that those of a product are below the product of the primes.
const COEFFICIENTS_MAX: usize = 16_383;
/// Levels of the largest transform.
const LEVELS_MAX: u32 = 12;
const WORD: usize = 64;

/// The integers modulo a prime just below 2^62.
struct Field<const P: u64>;

/// A factor, and 2^64 times its ratio to the prime, rounded down. (V. Shoup's multiplication needs no division.)
#[derive(Clone, Copy)]
struct Factor {
    value: u64,
    ratio: u64,
}

impl<const P: u64> Field<P> {
    /// -1/P modulo 2^64.
    const NEGATED_INVERSE: u64 = {
        let (mut inverse, mut step) = (1_u64, 0);
        while step < 6 {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(P.wrapping_mul(inverse)));
            step += 1;
        }
        inverse.wrapping_neg()
    };

    const fn multiply(a: u64, b: u64) -> u64 {
        (a as u128 * b as u128 % P as u128) as u64
    }

    const fn power(mut base: u64, mut exponent: u64) -> u64 {
        let mut power = 1;
        while exponent > 0 {
            if exponent % 2 == 1 {
                power = Self::multiply(power, base);
            }
            base = Self::multiply(base, base);
            exponent /= 2;
        }
        power
    }

    const fn inverse(value: u64) -> u64 {
        Self::power(value, P - 2)
    }

    const fn factor(value: u64) -> Factor {
        Factor { value, ratio: (((value as u128) << 64) / P as u128) as u64 }
    }

    /// The product with any number; below 2·P.
    #[inline(always)]
    fn times(x: u64, factor: Factor) -> u64 {
        let quotient = (u128::from(x) * u128::from(factor.ratio)) >> WORD;
        x.wrapping_mul(factor.value).wrapping_sub((quotient as u64).wrapping_mul(P))
    }

    /// The same residue of a number below twice `bound`, below `bound`.
    #[inline(always)]
    fn below(x: u64, bound: u64) -> u64 {
        x.min(x.wrapping_sub(bound))
    }

    /// The residue of a number below 8·P^2, divided by 2^64; below 2·P. (Montgomery's reduction.)
    #[inline(always)]
    fn reduce(x: u128) -> u64 {
        let (low, high) = (x as u64, (x >> WORD) as u64);
        let high = Self::below(high, P);
        let multiple = u128::from(low.wrapping_mul(Self::NEGATED_INVERSE)) * u128::from(P);
        high + (multiple >> WORD) as u64 + u64::from(low != 0)
    }

    /// Square roots of the constants r of the factors x^m - r, level by level, and their inverses.
    fn roots(non_residue: u64) -> [Vec<Factor>; 2] {
        let mut roots = vec![1];
        let mut inverses = vec![1];
        for level in 1..LEVELS_MAX {
            let step = Self::power(non_residue, (P - 1) >> (level + 1));
            let back = Self::inverse(step);
            for at in 0..roots.len() {
                roots.push(Self::multiply(roots[at], step));
                inverses.push(Self::multiply(inverses[at], back));
            }
        }
        [roots, inverses].map(|values| values.into_iter().map(Self::factor).collect())
    }

    /// From coefficients below 4·P to residues modulo the factors, below P.
    fn forward(values: &mut [u64], levels: u32, roots: &[Factor]) {
        let sum = |x: u64, y: u64| (x + y, x + 2 * P - y);
        let small = |x: &u64| Self::below(*x, 2 * P);
        let mut size = values.len();
        if levels % 2 == 1 {
            size /= 2;
            let (low, high) = values.split_at_mut(size);
            for (a, b) in low.iter_mut().zip(high) {
                (*a, *b) = sum(small(a), small(b));
            }
        }
        // Two levels at once. The first root of all is 1.
        for _ in 0..levels / 2 {
            let mut blocks = values.chunks_exact_mut(size);
            if let Some(block) = blocks.next() {
                for (a, b, c, d) in quarters(block) {
                    let ((e, g), (f, h)) = (sum(small(a), small(c)), sum(small(b), small(d)));
                    (*a, *b) = sum(small(&e), small(&f));
                    (*c, *d) = sum(small(&g), Self::times(h, roots[1]));
                }
            }
            for ((block, root), pair) in blocks.zip(&roots[1..]).zip(roots[2..].as_chunks::<2>().0) {
                for (a, b, c, d) in quarters(block) {
                    let (e, g) = sum(small(a), Self::times(*c, *root));
                    let (f, h) = sum(small(b), Self::times(*d, *root));
                    (*a, *b) = sum(small(&e), Self::times(f, pair[0]));
                    (*c, *d) = sum(small(&g), Self::times(h, pair[1]));
                }
            }
            size /= 4;
        }
        for value in values {
            *value = Self::below(Self::below(*value, 2 * P), P);
        }
    }

    /// From residues modulo the factors, below 2·P, to coefficients below P, times 2^64.
    fn backward(values: &mut [u64], levels: u32, inverses: &[Factor]) {
        let sum = |x: u64, y: u64| (Self::below(x + y, 2 * P), x + 2 * P - y);
        let mut size = values.len() >> levels;
        for _ in 0..levels / 2 {
            size *= 4;
            let mut blocks = values.chunks_exact_mut(size);
            if let Some(block) = blocks.next() {
                for (a, b, c, d) in quarters(block) {
                    let ((e, f), (g, h)) = (sum(*a, *b), sum(*c, *d));
                    let (f, h) = (Self::below(f, 2 * P), Self::times(h, inverses[1]));
                    ((*a, *c), (*b, *d)) = (sum(e, g), sum(f, h));
                    (*c, *d) = (Self::below(*c, 2 * P), Self::below(*d, 2 * P));
                }
            }
            for ((block, inverse), pair) in blocks.zip(&inverses[1..]).zip(inverses[2..].as_chunks::<2>().0) {
                for (a, b, c, d) in quarters(block) {
                    let ((e, f), (g, h)) = (sum(*a, *b), sum(*c, *d));
                    let (f, h) = (Self::times(f, pair[0]), Self::times(h, pair[1]));
                    ((*a, *c), (*b, *d)) = (sum(e, g), sum(f, h));
                    (*c, *d) = (Self::times(*c, *inverse), Self::times(*d, *inverse));
                }
            }
        }
        if levels % 2 == 1 {
            let (low, high) = values.split_at_mut(size);
            for (a, b) in low.iter_mut().zip(high) {
                let (sum, difference) = sum(*a, *b);
                (*a, *b) = (sum, Self::below(difference, 2 * P));
            }
        }
        // (P - 1) / 2^levels is the negated inverse of 2^levels.
        let scale = const { Self::power(2, 64) };
        let scale = Self::factor(Self::multiply(scale, P - ((P - 1) >> levels)));
        for value in values {
            *value = Self::below(Self::times(*value, scale), P);
        }
    }

    /// Products modulo the factors x^N - r of residues below P; below 2·P, divided by 2^64.
    fn short_products<const N: usize>(a: &mut [u64], b: &[u64], roots: &[Factor]) {
        let (a, b) = (a.as_chunks_mut::<N>().0, b.as_chunks::<N>().0);
        for (at, (a, b)) in a.iter_mut().zip(b).enumerate() {
            // The factors of a pair are x^N - r and x^N + r.
            let root = roots[at / 2];
            let constant = if at % 2 == 0 { root } else { Factor { value: P - root.value, ratio: !root.ratio } };
            let turned = b.map(|b| Self::below(Self::times(b, constant), P));
            let product = |k: usize| {
                let terms = (0..N).map(|i| (a[i], if i <= k { b[k - i] } else { turned[N + k - i] }));
                terms.map(|(a, b)| u128::from(a) * u128::from(b)).sum()
            };
            *a = std::array::from_fn(|k| Self::reduce(product(k)));
        }
    }

    /// The residues of a number's coefficients, as many as fit `values`; the rest of `values` is 0.
    fn read(words: &[u64], values: &mut [u64]) {
        const { assert!(P >> 61 == 1 && BITS > WORD) };
        let top = const { Self::factor(Self::power(2, WORD as u64)) };
        let word = |at: usize| words.get(at).copied().unwrap_or(0);
        let count = (words.len() * WORD).div_ceil(BITS);
        for (at, value) in values.iter_mut().enumerate().take(count) {
            let (first, shift) = (at * BITS / WORD, at * BITS % WORD);
            let pair = u128::from(word(first)) | u128::from(word(first + 1)) << WORD;
            let low = (pair >> shift) as u64;
            // The other bits, of at most two words.
            let pair = u128::from(word(first + 1)) | u128::from(word(first + 2)) << WORD;
            let high = (pair >> shift) as u64 & ((1 << (BITS - WORD)) - 1);
            *value = low - (low >> 62) * P + Self::times(high, top);
        }
    }

    fn spectrum(words: &[u64], ring: Ring, roots: &[Factor]) -> Vec<u64> {
        let mut values = vec![0; ring.length()];
        Self::read(words, &mut values);
        Self::forward(&mut values, ring.levels, roots);
        values
    }

    fn product(a: &[u64], b: &[u64], ring: Ring, [roots, inverses]: &[Vec<Factor>; 2]) -> Vec<u64> {
        let mut values = a.to_vec();
        match ring.degree {
            4 => Self::short_products::<4>(&mut values, b, roots),
            5 => Self::short_products::<5>(&mut values, b, roots),
            6 => Self::short_products::<6>(&mut values, b, roots),
            _ => Self::short_products::<7>(&mut values, b, roots),
        }
        Self::backward(&mut values, ring.levels, inverses);
        values
    }
}

/// The quarters of a block, side by side.
#[inline(always)]
fn quarters(block: &mut [u64]) -> impl Iterator<Item = (&mut u64, &mut u64, &mut u64, &mut u64)> {
    let (low, high) = block.split_at_mut(block.len() / 2);
    let half = low.len() / 2;
    let ((a, b), (c, d)) = (low.split_at_mut(half), high.split_at_mut(half));
    a.iter_mut().zip(b).zip(c.iter_mut().zip(d)).map(|((a, b), (c, d))| (a, b, c, d))
}

const P: u64 = 0x3fff_ffff_feb0_0001;
const Q: u64 = 0x3fff_ffff_fa00_0001;
const R: u64 = 0x3fff_ffff_f9f0_0001;

/// [`Field::roots`] of each prime.
static ROOTS: LazyLock<[[Vec<Factor>; 2]; 3]> =
    LazyLock::new(|| [Field::<P>::roots(3), Field::<Q>::roots(3), Field::<R>::roots(5)]);

/// The integers modulo 2^`bits` - 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ring {
    /// Coefficients of a residue modulo one factor.
    degree: usize,
    levels: u32,
}

/// A number of a ring, transformed.
#[derive(Clone, Debug)]
pub(super) struct Spectrum([Vec<u64>; 3]);

impl Ring {
    /// The smallest ring with numbers of so many words.
    pub(super) fn of_words(words: usize) -> Self {
        let length = (words * WORD).div_ceil(BITS).max(4);
        let levels = length.ilog2() - 2;
        let degree = length.div_ceil(1 << levels);
        if degree == 8 { Self { degree: 4, levels: levels + 1 } } else { Self { degree, levels } }
    }

    fn length(self) -> usize {
        self.degree << self.levels
    }

    pub(super) fn bits(self) -> usize {
        self.length() * BITS
    }

    /// `words` must not be longer than the ring's numbers.
    pub(super) fn transform(self, words: &[u64]) -> Spectrum {
        let [p, q, r] = &*ROOTS;
        Spectrum([
            Field::<P>::spectrum(words, self, &p[0]),
            Field::<Q>::spectrum(words, self, &q[0]),
            Field::<R>::spectrum(words, self, &r[0]),
        ])
    }

    /// The product modulo 2^`bits` - 1, which may be given for 0.
    pub(super) fn multiply(self, a: &Spectrum, b: &Spectrum) -> Vec<u64> {
        let [p, q, r] = &*ROOTS;
        let p = Field::<P>::product(&a.0[0], &b.0[0], self, p);
        let q = Field::<Q>::product(&a.0[1], &b.0[1], self, q);
        let r = Field::<R>::product(&a.0[2], &b.0[2], self, r);
        self.join(&p, &q, &r)
    }

    /// The sum of the coefficients, each at its place, of which the residues are given.
    fn join(self, p: &[u64], q: &[u64], r: &[u64]) -> Vec<u64> {
        let mut words = Vec::with_capacity(self.bits() / WORD + 2);
        // What is not written yet: bits of a word, and the carry above it.
        let (mut pending, mut filled) = (0_u128, 0);
        let mut carry = 0_u128;
        for ((p, q), r) in p.iter().zip(q).zip(r) {
            let (low, high) = coefficient(*p, *q, *r);
            let (sum, is_over) = carry.overflowing_add(low);
            let sum_high = high + u64::from(is_over);
            pending |= (sum & u128::from(u64::MAX)) << filled;
            words.push(pending as u64);
            pending = pending >> WORD | (sum >> WORD & ((1 << (BITS - WORD)) - 1)) << filled;
            filled += BITS - WORD;
            if filled >= WORD {
                words.push(pending as u64);
                pending >>= WORD;
                filled -= WORD;
            }
            carry = sum >> BITS | u128::from(sum_high) << (128 - BITS);
        }
        words.push(pending as u64);
        // 2^bits is 1 in the ring.
        let top = self.bits() % WORD;
        while carry > 0 {
            for word in &mut words {
                carry += u128::from(*word);
                *word = carry as u64;
                carry >>= WORD;
                if carry == 0 {
                    break;
                }
            }
            if let Some(last) = words.last_mut() {
                carry = u128::from(*last >> top);
                *last &= (1 << top) - 1;
            }
        }
        words
    }
}

/// The number below the product of the primes with these residues: its lower 128 bits and the others.
#[inline(always)]
fn coefficient(p: u64, q: u64, r: u64) -> (u128, u64) {
    const P_IN_Q: Factor = Field::<Q>::factor(Field::<Q>::inverse(P));
    const P_IN_R: Factor = Field::<R>::factor(Field::<R>::inverse(P));
    const Q_IN_R: Factor = Field::<R>::factor(Field::<R>::inverse(Q));
    // The number is p + P·(second + Q·third).
    let second = Field::<Q>::below(Field::<Q>::times(q + 2 * Q - p, P_IN_Q), Q);
    let third = Field::<R>::times(r + 2 * R - p, P_IN_R) + 2 * R - second;
    let third = Field::<R>::below(Field::<R>::times(third, Q_IN_R), R);
    let upper = u128::from(second) + u128::from(Q) * u128::from(third);
    let low = u128::from(upper as u64) * u128::from(P) + u128::from(p);
    let high = (upper >> WORD) * u128::from(P) + (low >> WORD);
    (high << WORD | u128::from(low as u64), (high >> WORD) as u64)
}

/// The product of two numbers, of 16,384 words at most.
pub(super) fn multiply(a: &[u64], b: &[u64]) -> Vec<u64> {
    debug_assert!((a.len().min(b.len()) * WORD).div_ceil(BITS) <= COEFFICIENTS_MAX);
    let ring = Ring::of_words(a.len() + b.len());
    let first = ring.transform(a);
    if a == b { ring.multiply(&first, &first) } else { ring.multiply(&first, &ring.transform(b)) }
}

#[cfg(test)]
mod tests;
