//! Positive rational numbers as 2^a·5^b·c/d, a form that shows whether a root, a power or a logarithm is rational.

use super::{Integer, Rational};
use crate::error::ErrorKind;
use crate::limits::Budget;

/// 2^`twos`·5^`fives`·`above`/`below`, where `above` and `below` are coprime and not divisible by two or five.
#[derive(Clone, Debug)]
pub(super) struct Factored {
    pub(super) twos: i64,
    pub(super) fives: i64,
    pub(super) above: Integer,
    pub(super) below: Integer,
}

impl Factored {
    /// `above`/`below`·10^`tens`, for positive coprime `above` and `below`.
    pub(super) fn new(above: &Integer, below: &Integer, tens: i64, budget: &mut Budget) -> Result<Self, ErrorKind> {
        let (above, twos, fives) = without_twos_and_fives(above, budget)?;
        let (below, twos_below, fives_below) = without_twos_and_fives(below, budget)?;
        Ok(Self { twos: twos - twos_below + tens, fives: fives - fives_below + tens, above, below })
    }

    /// The root for this index, if it is rational.
    pub(super) fn root(&self, index: u64, budget: &mut Budget) -> Result<Option<Self>, ErrorKind> {
        let Ok(divisor) = i64::try_from(index) else { return Ok(None) };
        if self.twos % divisor != 0 || self.fives % divisor != 0 {
            return Ok(None);
        }
        let (Some(above), Some(below)) = (self.above.exact_root(index, budget)?, self.below.exact_root(index, budget)?)
        else {
            return Ok(None);
        };
        Ok(Some(Self { twos: self.twos / divisor, fives: self.fives / divisor, above, below }))
    }

    fn is_one(&self) -> bool {
        self.twos == 0 && self.fives == 0 && self.above == Integer::ONE && self.below == Integer::ONE
    }

    fn log2(&self) -> f64 {
        self.twos as f64 + self.fives as f64 * 5.0_f64.log2() + self.above.log2() - self.below.log2()
    }

    /// The logarithm to a base other than 1, if it is rational: the numerator, and the positive denominator.
    pub(super) fn logarithm(&self, base: &Self, budget: &mut Budget) -> Result<Option<(i64, i64)>, ErrorKind> {
        if self.is_one() {
            return Ok(Some((0, 1)));
        }
        // x^q = b^p: the powers of two or five give p/q; otherwise it is a fraction near the logarithms' quotient.
        let candidate = if base.twos != 0 {
            Some((self.twos, base.twos))
        } else if base.fives != 0 {
            Some((self.fives, base.fives))
        } else {
            simple_fraction(self.log2() / base.log2())
        };
        let Some((p, q)) = candidate.filter(|(p, _)| *p != 0) else { return Ok(None) };
        let divisor = gcd(p.unsigned_abs(), q.unsigned_abs()) as i64 * q.signum();
        let (p, q) = (p / divisor, q / divisor);
        let valuations = |x: i64, b: i64| i128::from(x) * i128::from(q) == i128::from(b) * i128::from(p);
        if !valuations(self.twos, base.twos) || !valuations(self.fives, base.fives) {
            return Ok(None);
        }
        let (above, below) = if p > 0 { (&base.above, &base.below) } else { (&base.below, &base.above) };
        let equal = equal_powers(&self.above, q.unsigned_abs(), above, p.unsigned_abs(), budget)?
            && equal_powers(&self.below, q.unsigned_abs(), below, p.unsigned_abs(), budget)?;
        Ok(equal.then_some((p, q)))
    }
}

/// Whether a^m = b^n.
fn equal_powers(a: &Integer, m: u64, b: &Integer, n: u64, budget: &mut Budget) -> Result<bool, ErrorKind> {
    let one = Integer::ONE;
    if *a == one || *b == one {
        return Ok(a == b);
    }
    let (left, right) = (a.log2() * m as f64, b.log2() * n as f64);
    if (left - right).abs() > 1.0 || left > budget.limits.integer_bits as f64 {
        return Ok(false);
    }
    Ok(a.power(m, budget)? == b.power(n, budget)?)
}

/// A positive number without its factors two and five, and the number of these factors.
fn without_twos_and_fives(value: &Integer, budget: &mut Budget) -> Result<(Integer, i64, i64), ErrorKind> {
    let twos = value.trailing_zeros();
    let odd = value.shift_right(&Integer::from(twos as i64), budget)?;
    let (rest, fives) = odd.without_factor(5, budget)?;
    Ok((rest, twos as i64, fives as i64))
}

/// A fraction with a small denominator that is very close to a number, by continued fractions, if there is one.
fn simple_fraction(value: f64) -> Option<(i64, i64)> {
    // The base would be longer than any text if it were a power with a larger exponent.
    const DENOMINATOR_MAX: f64 = 100_000.0;
    let (mut previous, mut current) = ((0.0, 1.0), (1.0, 0.0));
    let mut rest = value;
    for _ in 0..40 {
        let whole = rest.floor();
        let next = (whole * current.0 + previous.0, whole * current.1 + previous.1);
        (previous, current) = (current, next);
        if !current.0.is_finite() || current.1 > DENOMINATOR_MAX || current.0.abs() > 1e15 {
            return None;
        }
        if (current.0 / current.1 - value).abs() <= 1e-13 * value.abs() {
            return Some((current.0 as i64, current.1 as i64));
        }
        rest = 1.0 / (rest - whole);
    }
    None
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Rational {
    /// The logarithm of a fraction to a fractional base, if it is rational. The numerators and denominators are
    /// positive and in lowest terms, and the base is not 1. They may be longer than those of results.
    pub(crate) fn logarithm(
        (above, below): (&Integer, &Integer),
        (base_above, base_below): (&Integer, &Integer),
        budget: &mut Budget,
    ) -> Result<Option<Self>, ErrorKind> {
        let value = Factored::new(above, below, 0, budget)?;
        let base = Factored::new(base_above, base_below, 0, budget)?;
        match value.logarithm(&base, budget)? {
            Some((p, q)) => Self::new(&Integer::from(p), &Integer::from(q), budget).map(Some),
            None => Ok(None),
        }
    }
}
