//! The number tower: integer ⊂ rational ⊂ float. Each prices its work before doing it.

pub(crate) mod float;
mod integer;
mod fixed;
pub(crate) mod precise;
pub(crate) mod primes;
pub(crate) mod rational;
pub(crate) mod special;

pub(crate) use integer::Integer;

/// A number as arithmetic sees it: booleans are integers there.
pub(crate) enum Number {
    Int(Integer),
    Float(f64),
}

#[cfg(test)]
mod reference;
