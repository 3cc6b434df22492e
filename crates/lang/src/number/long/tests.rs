//! Compares with the library's own operations, which run in one piece.

use dashu_int::ops::{DivRem, Gcd, SquareRoot};
use dashu_int::{IBig, UBig};

use crate::limits::{Budget, Fuel, Limits};
use crate::mode::Mode;
use crate::number::reference::random;

/// Random numbers of so many words; some have long runs of zeros or ones.
fn drawn(words: usize, seed: u64) -> UBig {
    let mut next = random(seed);
    let word = |_| match (next() >> 60, next()) {
        (0..4, _) => 0,
        (4..8, _) => u64::MAX,
        (_, word) => word,
    };
    UBig::from_words(&(0..words).map(word).collect::<Vec<_>>())
}

fn with_budget(work: impl FnOnce(&mut Budget)) {
    let limits = Limits::default();
    let mut fuel = Fuel::new(limits.fuel);
    work(&mut Budget::new(Mode::Python, &limits, &mut fuel));
}

#[test]
fn products_quotients_and_powers_are_the_same_in_pieces() {
    with_budget(|budget| {
        for (n, m) in
            [(0, 5), (17_000, 1), (12_000, 12_000), (16_500, 9_000), (16_384, 8_000), (5_000, 2_100), (2_100, 5_000)]
        {
            let (a, b) = (drawn(n, 7), drawn(m, 9) + UBig::ONE);
            assert_eq!(super::multiply(&a, &b, budget).unwrap(), &a * &b, "{n} {m}");
            assert_eq!(super::divide(&a, &b, budget).unwrap(), (&a).div_rem(&b), "{n} {m}");
            let product = &a * &b;
            assert_eq!(super::divide(&product, &b, budget).unwrap(), (a, UBig::ZERO), "{n} {m}");
        }
        for (base, exponent) in [(3_u64, 200_001), (10, 300_000), (2, 1_000_000), (1 << 63, 5_000), (7, 1), (7, 0)] {
            let base = UBig::from(base);
            assert_eq!(super::power(&base, exponent, budget).unwrap(), base.pow(exponent), "{base} {exponent}");
        }
    });
}

/// Divisors just above and just below a power of two, and dividends around their multiples.
#[test]
fn quotients_by_a_reciprocal_are_the_librarys() {
    with_budget(|budget| {
        for (n, m) in [(900, 900), (901, 911), (1_300, 1_000), (6_000, 1_201), (8_000, 8_000)] {
            let top = UBig::ONE << (64 * m - 1);
            let divisors = [drawn(m, 3) | &top, &top + UBig::ONE, (&top << 1) - UBig::ONE, &top - UBig::ONE, top];
            for divisor in &divisors {
                for factor in [drawn(n, 4) + UBig::ONE, (UBig::ONE << (64 * n)) - UBig::ONE] {
                    let multiple = divisor * factor;
                    for dividend in [&multiple - UBig::ONE, multiple.clone(), multiple + divisor - UBig::ONE] {
                        let expected = (&dividend).div_rem(divisor);
                        assert!(super::divide(&dividend, divisor, budget).unwrap() == expected, "{n} {m}");
                    }
                }
            }
        }
    });
}

#[test]
fn a_factorial_is_the_product() {
    with_budget(|budget| {
        for n in (0..40).chain([499, 500, 501, 1_023, 2_048, 5_000]) {
            let product = super::product((1..=n).map(UBig::from).collect(), budget).unwrap();
            assert!(super::factorial(n, budget).unwrap() == product, "{n}");
        }
        // By way of the primes, from the least number on.
        for n in 3..30_u64 {
            let odd = super::odd_factorial(n, &[3, 5, 7, 11, 13, 17, 19, 23, 29], budget).unwrap();
            assert_eq!(
                odd << (n - u64::from(n.count_ones())) as usize,
                (1..=n).map(UBig::from).product::<UBig>(),
                "{n}"
            );
        }
    });
}

#[test]
fn a_square_root_is_the_librarys() {
    with_budget(|budget| {
        for words in [1, 4_096, 4_097, 5_001, 9_000, 16_384] {
            for seed in 1..4 {
                let value = drawn(words, seed) + UBig::ONE;
                let root = value.sqrt();
                assert_eq!(super::square_root(&value, budget).unwrap(), root, "{words} {seed}");
                // A square, and its neighbours.
                for (square, expected) in [(root.sqr(), root.clone()), (root.sqr() + UBig::ONE, root)] {
                    assert_eq!(super::square_root(&square, budget).unwrap(), expected, "{words} {seed}");
                    if expected > UBig::ONE {
                        let less = super::square_root(&(square - UBig::from(2_u8)), budget).unwrap();
                        assert_eq!(less + UBig::ONE, expected, "{words} {seed}");
                    }
                }
            }
        }
    });
}

#[test]
fn common_divisors_and_inverses_are_the_librarys() {
    with_budget(|budget| {
        for (n, m, common) in [(1, 1, 1), (3, 2, 2), (1_200, 1_100, 1), (1_100, 1_090, 40), (2_000, 1_030, 1_030)] {
            for seed in 1..4 {
                let common = drawn(common, seed) + UBig::ONE;
                let (a, b) = (drawn(n, seed + 10) * &common + &common, drawn(m, seed + 20) * &common + &common);
                assert_eq!(super::gcd(a.clone(), b.clone(), budget).unwrap(), (&a).gcd(&b), "{n} {m} {seed}");
                let [found] = super::euclid([[a.clone().into(), b.clone().into()]], budget).unwrap();
                assert_eq!(found, IBig::from((&a).gcd(&b)), "{n} {m} {seed}");
                let (modulus, value) = (a.clone() + UBig::ONE, b % (a + UBig::ONE));
                let inverse = super::inverse(value.clone(), &modulus, budget).unwrap();
                assert_eq!(inverse.is_some(), (&modulus).gcd(&value) == UBig::ONE, "{n} {m} {seed}");
                if let Some(inverse) = inverse {
                    assert!(inverse < modulus && inverse * value % modulus == UBig::ONE, "{n} {m} {seed}");
                }
            }
        }
    });
}

#[test]
fn modular_powers_are_those_of_repeated_products() {
    with_budget(|budget| {
        for words in [1, 2, 3, 40, 1_030] {
            let modulus = drawn(words, 5) + UBig::from(3_u8);
            let base = drawn(words, 6) % &modulus;
            // Exponents for one window, for several, and for the widest.
            for exponent in [0_u64, 1, 2, 31, 1 << 25 | 5, u64::MAX] {
                let mut expected = UBig::ONE;
                for bit in (0..64).rev() {
                    expected = expected.sqr() % &modulus;
                    if exponent >> bit & 1 == 1 {
                        expected = expected * &base % &modulus;
                    }
                }
                let found = super::modular_power(base.clone(), &IBig::from(exponent), &modulus, budget).unwrap();
                assert_eq!(found, Some(expected), "{words} {exponent}");
            }
        }
        let modulus = drawn(30, 8) | UBig::ONE;
        let (half, exponent) = (drawn(29, 4), drawn(4, 3));
        let whole = super::modular_power(half.clone(), &IBig::from(&exponent * 2_u8), &modulus, budget).unwrap();
        let root = super::modular_power(half, &IBig::from(exponent), &modulus, budget).unwrap().unwrap();
        assert_eq!(whole, Some(root.sqr() % modulus));
    });
}

#[test]
fn factors_are_taken_out_and_digits_read() {
    with_budget(|budget| {
        for (times, rest) in [(0_usize, 7_u64), (1, 7), (2, 1), (1_000, 12), (400_000, 3)] {
            let value = UBig::from(5_u8).pow(times) * rest;
            let expected = (UBig::from(rest), times as u64);
            assert_eq!(super::without_factor(value, 5, budget).unwrap(), expected);
        }
        for (radix, length) in [(10, 1), (10, 100_000), (36, 99_999), (2, 70_000)] {
            let digits = "1".to_owned() + &"0110".repeat(length / 4) + "1";
            let expected = UBig::from_str_radix(&digits, radix).ok();
            assert_eq!(super::parse(&digits, radix, budget).unwrap(), expected, "{radix} {length}");
        }
        assert_eq!(super::parse("", 10, budget).unwrap(), None);
    });
}
