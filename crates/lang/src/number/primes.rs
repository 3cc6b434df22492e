//! Primes: a primality test, which is proven below 2^64 and has no known exception above; the next prime;
//! factorisation. And Fibonacci numbers.
//!
//! Below 2^64: the Miller–Rabin test with the seven bases that Jim Sinclair found to be sufficient there. Above: the
//! combination of Baillie and Wagstaff (*Lucas Pseudoprimes*, 1980) of a strong test to base 2 and a strong Lucas test
//! with Selfridge's parameters. Factors: trial division, then Pollard's rho in Brent's version (*An Improved Monte
//! Carlo Factorization Algorithm*, 1980), with fixed starting points, so that the same number always costs the same.

use dashu_int::monty::{Montgomery, MontgomeryRepr};
use dashu_int::ops::{BitTest, Gcd, SquareRoot};
use dashu_int::{IBig, UBig};

use super::integer::{checked, too_large};
use super::{Integer, long};
use crate::error::ErrorKind;
use crate::limits::{Budget, price};

/// The primes for trial division: all below this.
const SMALL_BELOW: usize = 1024;
const SMALL_COUNT: usize = 172;
const SMALL: [u16; SMALL_COUNT] = small_primes();
/// Below this, a number without a prime factor below [`SMALL_BELOW`] is prime: it is the square of the next prime.
const PROVEN_BELOW: u64 = 1031 * 1031;

/// Steps of Pollard's rho between two greatest common divisors.
const BATCH: u64 = 128;

/// Whether `n` is a prime.
pub(crate) fn is_prime(n: &Integer, budget: &mut Budget) -> Result<bool, ErrorKind> {
    match positive(n) {
        Some(n) => is_prime_magnitude(&n, budget),
        None => Ok(false),
    }
}

/// The smallest prime above `n`.
pub(crate) fn next_prime(n: &Integer, budget: &mut Budget) -> Result<Integer, ErrorKind> {
    let two = Integer::from(2_i64);
    if *n < two {
        return Ok(two);
    }
    // The first odd number above `n`.
    let step = if n.is_odd() { two } else { Integer::ONE };
    let first = n.add(&step, budget)?;
    let Some(start) = positive(&first) else { return Err(ErrorKind::Internal) };
    let word_price = words(&start) / 2 + 1;
    let mut rests = [0; SMALL_COUNT];
    for (rest, prime) in rests.iter_mut().zip(SMALL) {
        budget.charge(word_price)?;
        *rest = remainder(&start, u64::from(prime));
    }
    let small = start.as_words().first().copied().filter(|_| words(&start) == 1 && start < UBig::from(SMALL_BELOW));
    for distance in (0_u64..).step_by(2) {
        budget.charge(16)?;
        let divided = SMALL.iter().zip(rests).any(|(prime, rest)| {
            let prime = u64::from(*prime);
            // A small prime is not its own proper multiple.
            (rest + distance).is_multiple_of(prime) && small.is_none_or(|small| small + distance != prime)
        });
        if divided {
            continue;
        }
        let candidate = &start + distance;
        if candidate < UBig::from(PROVEN_BELOW) || has_no_witness(&candidate, budget)? {
            return first.add(&Integer::from(distance as i64), budget);
        }
    }
    Err(ErrorKind::Internal)
}

/// The prime factors of a positive `n` in ascending order, each with its exponent; none for 1.
pub(crate) fn factorise(n: &Integer, budget: &mut Budget) -> Result<Vec<(Integer, u64)>, ErrorKind> {
    let Some(mut rest) = positive(n) else { return Ok(Vec::new()) };
    let mut primes = Vec::new();
    for prime in SMALL.map(u64::from) {
        budget.charge(words(&rest) / 2 + 1)?;
        while remainder(&rest, prime) == 0 {
            budget.charge(9 * words(&rest) / 8 + 4)?;
            rest /= prime;
            primes.push(UBig::from(prime));
        }
    }
    let mut open = vec![rest];
    while let Some(n) = open.pop() {
        if n.is_one() {
            continue;
        }
        if n < UBig::from(PROVEN_BELOW) || has_no_witness(&n, budget)? {
            primes.push(n);
            continue;
        }
        if let Some((root, exponent)) = perfect_power(&n, budget)? {
            open.extend(std::iter::repeat_n(root, exponent));
            continue;
        }
        let factor = divisor_by_rho(&n, budget)?;
        open.push(&n / &factor);
        open.push(factor);
    }
    primes.sort_unstable();
    let mut factors: Vec<(Integer, u64)> = Vec::new();
    for prime in primes {
        let prime = Integer::from(IBig::from(prime));
        match factors.last_mut() {
            Some((last, times)) if *last == prime => *times += 1,
            _ => factors.push((prime, 1)),
        }
    }
    Ok(factors)
}

/// The Fibonacci number F(`n`); F(-n) is F(n) with the sign of (-1)^(n + 1).
///
/// # Errors
///
/// The number of digits that the result would have, if there are too many: F(n) is φ^n / √5, rounded.
pub(crate) fn fibonacci(n: &Integer, budget: &mut Budget) -> Result<Integer, ErrorKind> {
    const LOG2_PHI: f64 = 0.694_241_913_630_617_3;
    const LOG2_ROOT_5: f64 = 1.160_964_047_443_681;
    let index = n.as_i64().ok_or_else(|| Integer::power_astronomical(budget))?.unsigned_abs();
    let bits = (index as f64 * LOG2_PHI - LOG2_ROOT_5).max(0.0);
    // The estimate is accurate to a few bits, so the number itself is checked again.
    if bits > budget.limits.integer_bits as f64 + 2.0 {
        return Err(too_large(bits, budget));
    }
    // Three products for each length, up to the whole length.
    budget.charge(32 + 2 * price::power(bits as u64 / 64 + 1))?;
    // (F(k), F(k + 1)) for every prefix k of the index in binary.
    let (mut low, mut high) = (UBig::ZERO, UBig::ONE);
    for place in (0..64 - index.leading_zeros()).rev() {
        let doubled = long::multiply(&low, &((&high << 1) - &low), budget)?;
        let next = long::multiply(&low, &low, budget)? + long::multiply(&high, &high, budget)?;
        (low, high) = if index >> place & 1 == 0 { (doubled, next) } else { (next.clone(), doubled + next) };
    }
    let value = Integer::from(IBig::from(low));
    let value = if n.is_negative() && index.is_multiple_of(2) { value.negate() } else { value };
    checked(value, budget)
}

/// The magnitude of a positive integer.
fn positive(n: &Integer) -> Option<UBig> {
    if n.is_zero() || n.is_negative() { None } else { Some(n.big().into_parts().1) }
}

fn words(n: &UBig) -> u64 {
    n.as_words().len() as u64
}

fn remainder(n: &UBig, divisor: u64) -> u64 {
    match n.as_words() {
        [] => 0,
        [word] => word % divisor,
        _ => n % divisor,
    }
}

fn is_prime_magnitude(n: &UBig, budget: &mut Budget) -> Result<bool, ErrorKind> {
    let checked = if words(n) > 1 { SMALL_COUNT } else { 20 };
    budget.charge(checked as u64 * (words(n) / 2 + 1) / 2 + 1)?;
    for prime in SMALL[..checked].iter().map(|prime| u64::from(*prime)) {
        if remainder(n, prime) == 0 {
            return Ok(n.as_words() == [prime]);
        }
    }
    Ok(if n.is_one() { false } else { has_no_witness(n, budget)? })
}

/// Whether an odd `n` above 1 passes the tests.
fn has_no_witness(n: &UBig, budget: &mut Budget) -> Result<bool, ErrorKind> {
    let (bits, length) = (n.bit_len() as u64, words(n));
    let less = n - 1_u8;
    let twos = less.trailing_zeros().unwrap_or(0);
    let odd = less >> twos;
    if length == 1 {
        // Most composite numbers fail with the first base.
        budget.charge(2 * bits)?;
        let ring = MontgomeryRepr::new(n.clone());
        let passes = |base: u64| -> Result<bool, ErrorKind> {
            let power = ring.reduce(base).pow(&odd);
            // A multiple of `n` as the base gives no information.
            Ok(power == ring.reduce(0_u8) || passes_strongly(power, twos, &ring, || Ok(()))?)
        };
        if !passes(2)? {
            return Ok(false);
        }
        budget.charge(12 * bits)?;
        const BASES: [u64; 6] = [325, 9_375, 28_178, 450_775, 9_780_504, 1_795_265_022];
        for base in BASES {
            if !passes(base)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    // Each step is paid for before it is made, since the whole power may take long.
    let step = price::modular_power(1, length);
    budget.require(price::modular_power(bits, length))?;
    let ring = MontgomeryRepr::new(n.clone());
    let mut power = ring.reduce(1_u8);
    for place in (0..odd.bit_len()).rev() {
        budget.charge(step)?;
        power = power.sqr();
        if odd.bit(place) {
            power = power.dbl();
        }
    }
    if !passes_strongly(power, twos, &ring, || budget.charge(step))? {
        return Ok(false);
    }
    // For a square, the search for Lucas's parameters would not end.
    budget.charge(price::convert(length))?;
    if n.sqrt().sqr() == *n {
        return Ok(false);
    }
    passes_lucas(n, &ring, || budget.charge(3 * step))
}

/// The Miller–Rabin test of n = odd·2^`twos` + 1, given the base to the odd power; `pay` precedes each step.
fn passes_strongly(
    mut power: Montgomery,
    twos: usize,
    ring: &MontgomeryRepr,
    mut pay: impl FnMut() -> Result<(), ErrorKind>,
) -> Result<bool, ErrorKind> {
    let one = ring.reduce(1_u8);
    let minus_one = -one.clone();
    if power == one || power == minus_one {
        return Ok(true);
    }
    for _ in 1..twos {
        pay()?;
        power = power.sqr();
        if power == minus_one {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The strong Lucas test of an odd `n` that is not a square, with Selfridge's parameters: D is the first of 5, -7, 9,
/// -11 … with the Jacobi symbol (D/n) = -1; P = 1, Q = (1 - D)/4. `pay` is called before each step.
fn passes_lucas(
    n: &UBig,
    ring: &MontgomeryRepr,
    mut pay: impl FnMut() -> Result<(), ErrorKind>,
) -> Result<bool, ErrorKind> {
    let mut d = 5_i64;
    loop {
        match jacobi(d, n) {
            -1 => break,
            // A common divisor, which is not `n` itself, since `n` is longer than a machine word.
            0 => return Ok(false),
            _ => d = if d > 0 { -(d + 2) } else { -d + 2 },
        }
    }
    let q = (1 - d) / 4;
    let reduce = |value: i64| {
        let size = ring.reduce(value.unsigned_abs());
        if value < 0 { -size } else { size }
    };
    let (zero, q) = (reduce(0), reduce(q));
    let more = n + 1_u8;
    let twos = more.trailing_zeros().unwrap_or(0);
    let odd = more >> twos;
    // V(k), V(k + 1) and Q^k for every prefix k of the odd part in binary. V(2k) = V(k)² - 2Q^k and V(2k + 1) =
    // V(k)·V(k + 1) - Q^k, since P is 1.
    let (mut low, mut high, mut power) = (reduce(2), reduce(1), reduce(1));
    for place in (0..odd.bit_len()).rev() {
        pay()?;
        let between = &low * &high - &power;
        if odd.bit(place) {
            let next = &power * &q;
            low = between;
            high = high.sqr() - next.clone().dbl();
            power = &power * &next;
        } else {
            low = low.sqr() - power.clone().dbl();
            high = between;
            power = power.sqr();
        }
    }
    // U(k) = (2·V(k + 1) - V(k)) / D.
    if low == high.dbl() || low == zero {
        return Ok(true);
    }
    for _ in 1..twos {
        pay()?;
        low = low.sqr() - power.clone().dbl();
        if low == zero {
            return Ok(true);
        }
        power = power.sqr();
    }
    Ok(false)
}

/// The Jacobi symbol (`a`/`n`) of a small `a` and an odd `n`.
fn jacobi(a: i64, n: &UBig) -> i32 {
    let low = n.as_words()[0];
    let mut symbol = 1;
    if a < 0 && low % 4 == 3 {
        symbol = -symbol;
    }
    // By reciprocity: for an odd a, (a/n) is (n mod a / a), with the opposite sign if both are 3 modulo 4.
    let mut below = a.unsigned_abs();
    if low % 4 == 3 && below % 4 == 3 {
        symbol = -symbol;
    }
    let mut above = remainder(n, below);
    while above != 0 {
        let twos = above.trailing_zeros();
        above >>= twos;
        if twos % 2 == 1 && matches!(below % 8, 3 | 5) {
            symbol = -symbol;
        }
        if above % 4 == 3 && below % 4 == 3 {
            symbol = -symbol;
        }
        (above, below) = (below % above, above);
    }
    if below == 1 { symbol } else { 0 }
}

/// The root and the prime exponent of a perfect power without small factors.
fn perfect_power(n: &UBig, budget: &mut Budget) -> Result<Option<(UBig, usize)>, ErrorKind> {
    let value = Integer::from(IBig::from(n.clone()));
    // The root has more than ten bits.
    for exponent in SMALL.into_iter().take_while(|exponent| usize::from(*exponent) * 10 <= n.bit_len()) {
        if may_be_power(n, u64::from(exponent), budget)?
            && let Some(root) = value.exact_root(u64::from(exponent), budget)?
        {
            return Ok(Some((root.magnitude(), usize::from(exponent))));
        }
    }
    Ok(None)
}

/// Whether `n` may be a power with this prime exponent. It is tested modulo a few primes that are one above a multiple
/// of the exponent; there, few residues are those of powers.
fn may_be_power(n: &UBig, exponent: u64, budget: &mut Budget) -> Result<bool, ErrorKind> {
    const MODULI: usize = 8;
    let is_prime =
        |n: &u64| SMALL.iter().map(|p| u64::from(*p)).take_while(|p| p * p <= *n).all(|p| !n.is_multiple_of(p));
    let moduli = (1..).map(|multiple| multiple * exponent + 1).filter(is_prime).take(MODULI);
    for modulus in moduli {
        // The price of finding the modulus, of the power in machine words, and of the remainder.
        budget.charge(60 + words(n) / 2)?;
        let (mut square, mut left, mut power) = (remainder(n, modulus), (modulus - 1) / exponent, 1);
        if square == 0 {
            continue;
        }
        // By Fermat's theorem, a power with this exponent gives 1.
        while left > 0 {
            if left % 2 == 1 {
                power = power * square % modulus;
            }
            square = square * square % modulus;
            left /= 2;
        }
        if power != 1 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A divisor of an odd composite `n` other than 1 and `n`.
fn divisor_by_rho(n: &UBig, budget: &mut Budget) -> Result<UBig, ErrorKind> {
    let length = words(n);
    let step = match length {
        1 => 5,
        2 => 10,
        _ => 2 * price::multiply(length, length) + 40,
    };
    let batch_price = BATCH * step + 2 * length * length + 200;
    let ring = MontgomeryRepr::new(n.clone());
    for constant in 1_u64.. {
        let constant = ring.reduce(constant);
        let mut hare = ring.reduce(2_u8);
        let mut lap = 1;
        let divisor = 'search: loop {
            // The slow pointer stays while the fast one takes two rounds; they are compared in the second.
            let tortoise = hare.clone();
            for done in (0..lap).step_by(BATCH as usize) {
                budget.charge(batch_price / 2)?;
                for _ in done..lap.min(done + BATCH) {
                    hare = advance(&hare, &constant);
                }
            }
            for done in (0..lap).step_by(BATCH as usize) {
                budget.charge(batch_price)?;
                let mut slow = hare.clone();
                let mut product = ring.reduce(1_u8);
                for _ in done..lap.min(done + BATCH) {
                    hare = advance(&hare, &constant);
                    product *= &tortoise - &hare;
                }
                let mut divisor = product.residue().gcd(n);
                if divisor == *n {
                    // Several factors were found in one batch, which is repeated step by step.
                    divisor = UBig::ONE;
                    while divisor.is_one() {
                        budget.charge(batch_price / 16)?;
                        slow = advance(&slow, &constant);
                        divisor = (&tortoise - &slow).residue().gcd(n);
                    }
                }
                if !divisor.is_one() {
                    break 'search divisor;
                }
            }
            lap *= 2;
        };
        if divisor != *n {
            return Ok(divisor);
        }
    }
    Err(ErrorKind::Internal)
}

fn advance<'a>(value: &Montgomery<'a>, constant: &Montgomery<'a>) -> Montgomery<'a> {
    value.sqr() + constant
}

const fn small_primes() -> [u16; SMALL_COUNT] {
    let mut primes = [0; SMALL_COUNT];
    let (mut count, mut n) = (0, 2);
    while n < SMALL_BELOW {
        let (mut divisor, mut prime) = (2, true);
        while divisor * divisor <= n {
            if n % divisor == 0 {
                prime = false;
            }
            divisor += 1;
        }
        if prime {
            primes[count] = n as u16;
            count += 1;
        }
        n += 1;
    }
    primes
}

#[cfg(test)]
mod tests;
