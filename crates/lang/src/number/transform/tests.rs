//! Compares with the library's products.

use dashu_int::UBig;

use crate::limits::{Budget, Fuel, Limits};
use crate::mode::Mode;
use crate::number::Integer;
use crate::number::primes::is_prime;
use crate::number::reference::random;

use super::{Field, P, Q, R, Ring, multiply};

/// Random words, and words of ones: the largest coefficients.
fn operands(length: usize) -> [Vec<u64>; 2] {
    let mut next = random(length as u64);
    [(0..length).map(|_| next()).collect(), vec![u64::MAX; length]]
}

#[test]
fn products_are_the_librarys() {
    // Every degree, and even and odd numbers of levels.
    for long in [1, 2, 5, 6, 20, 23, 27, 32, 50, 61, 100, 333, 1_000, 1_200, 1_500, 1_700, 8_192] {
        for short in [1, long / 3 + 1, long] {
            for (a, b) in operands(long).iter().zip(&operands(short)) {
                let expected = UBig::from_words(a) * UBig::from_words(b);
                assert_eq!(UBig::from_words(&multiply(a, b)), expected, "{long} {short}");
            }
        }
    }
}

#[test]
fn products_in_a_ring_are_residues() {
    for length in [3, 7, 12, 40, 85, 100, 700, 1_001] {
        let ring = Ring::of_words(length);
        let modulus = (UBig::ONE << ring.bits()) - UBig::ONE;
        let top = UBig::ONE << (ring.bits() - 1);
        let [random, ones] = operands(length).map(|words| UBig::from_words(&words));
        for (a, b) in [(&random, &ones), (&ones, &ones), (&top, &top), (&modulus, &random), (&modulus, &modulus)] {
            let spectra = [a, b].map(|factor| ring.transform(factor.as_words()));
            let product = UBig::from_words(&ring.multiply(&spectra[0], &spectra[1]));
            assert!(product <= modulus, "{length}");
            assert_eq!(product % &modulus, a * b % &modulus, "{length}");
        }
    }
}

#[test]
fn the_moduli_are_primes_with_the_roots_that_are_used() {
    fn check<const P: u64>(non_residue: u64) {
        let (limits, mut fuel) = (Limits::default(), Fuel::new(1 << 40));
        let mut budget = Budget::new(Mode::default(), &limits, &mut fuel);
        assert!(P >> 61 == 1 && is_prime(&Integer::from(P as i64), &mut budget).unwrap());
        for root in Field::<P>::roots(non_residue) {
            assert_eq!(root[0].value, 1);
            assert_eq!(Field::<P>::multiply(root[1].value, root[1].value), P - 1);
            for at in 1..root.len() / 2 {
                let squares = [2 * at, 2 * at + 1].map(|at| Field::<P>::multiply(root[at].value, root[at].value));
                assert_eq!(squares, [root[at].value, P - root[at].value], "{at}");
            }
        }
    }
    check::<P>(3);
    check::<Q>(3);
    check::<R>(5);
}
