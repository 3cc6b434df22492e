//! The number tower: integer ⊂ rational, float ⊂ complex. Each prices its work before doing it.

pub(crate) mod binary;
mod integer;
pub(crate) mod rational;
mod fixed;
pub(crate) mod circular;
mod factored;
pub(crate) mod decimal;
pub(crate) mod precise;
pub(crate) mod power;
pub(crate) mod climb;
pub(crate) mod float;
mod summation;
mod complex;
pub(crate) mod special;
pub(crate) mod primes;

pub(crate) use complex::Complex;
pub(crate) use decimal::Decimal;
pub(crate) use integer::Integer;
pub(crate) use rational::Rational;
pub(crate) use summation::{Compensated, Tripled};

/// A number as arithmetic sees it: booleans are integers there.
pub(crate) enum Number {
    Int(Integer),
    Float(f64),
    Complex(Complex),
}

#[cfg(test)]
mod reference;
