//! The number types: integer ⊂ rational, float ⊂ complex. Each operation is paid for before it is done.

pub(crate) mod rounding;
mod transform;
mod long;
mod digits;
mod integer;
pub(crate) mod rational;
mod fixed;
mod error_free;
mod fmod;
mod together;
mod double;
pub(crate) mod circular;
pub(crate) mod arc;
pub(crate) mod erf;
pub(crate) mod logarithm;
pub(crate) mod angle;
mod factored;
pub(crate) mod decimal;
pub(crate) mod fixed_256;
pub(crate) mod power;
pub(crate) mod power_ladder;
pub(crate) mod float;
mod summation;
mod complex;
pub(crate) mod polynomial;
pub(crate) mod special;
pub(crate) mod primes;

pub(crate) use complex::Complex;
pub(crate) use decimal::Decimal;
pub(crate) use fmod::fmod;
pub(crate) use integer::Integer;
pub(crate) use rational::Rational;
pub(crate) use summation::{Compensated, Tripled};

/// How ties are rounded: numbers half way between two neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ties {
    /// To the even neighbour.
    Even,
    /// Away from zero.
    Away,
}

impl Ties {
    /// Whether a magnitude is rounded up: `rest` compares its remainder with a half, `is_odd` is the lower neighbour's.
    fn is_up(self, rest: std::cmp::Ordering, is_odd: bool) -> bool {
        rest.is_gt() || (rest.is_eq() && (is_odd || self == Self::Away))
    }
}

/// A number in arithmetic, where booleans are integers.
pub(crate) enum Number {
    Int(Integer),
    Float(f64),
    Complex(Complex),
}

#[cfg(test)]
mod reference;
