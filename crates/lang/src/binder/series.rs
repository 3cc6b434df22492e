//! Sums and products to infinity. The partial sums after 1, 2, 4, 8, … terms are extrapolated. If the terms fall like a
//! power of their index or alternate, the rest of a sum is estimated from the last term and its index, or is a sum of
//! geometric sequences; [`extrapolation`] removes both. If the terms fall faster, they are added until they no longer
//! change the sum.

use super::{Step, extrapolation, point_text};
use crate::error::{ErrorKind, Obstacle};
use crate::limits::Budget;
use crate::number::{Compensated, Integer};
use crate::value::Value;

/// The maximum number of terms, a power of 2.
const TERMS_MAX: u32 = 8_192;
/// The sum ends after so many successive terms that fall by this ratio or faster and are negligible.
const FAST: f64 = 0.9;
const FAST_TERMS: u32 = 8;
/// The largest relative size of the remaining terms that is negligible, if the terms fall fast.
const NOTHING: f64 = 1e-18;
/// The largest relative error of a result.
const TOLERANCE: f64 = 1e-9;

pub(crate) struct Series {
    is_product: bool,
    next: Integer,
    terms: u32,
    /// The sum or the product so far.
    sum: Compensated,
    size: f64,
    /// The last term (of a product, the last factor less 1), and how many successive terms have fallen fast.
    last: f64,
    fast: u32,
    /// How many successive terms had another sign than the one before.
    alternating: u32,
    /// The sums after 1, 2, 4, … terms, and the last of these terms.
    sums: Vec<f64>,
    lasts: Vec<f64>,
    /// The largest term since the last of these sums, and the largest before it.
    largest: f64,
    largest_before: f64,
}

impl Series {
    pub(super) fn start(from: Integer, is_product: bool) -> Self {
        let sum = if is_product { 1.0 } else { 0.0 };
        Self {
            is_product,
            next: from,
            terms: 0,
            sum: Compensated::new(sum),
            size: sum,
            last: 0.0,
            fast: 0,
            alternating: 0,
            sums: Vec::new(),
            lasts: Vec::new(),
            largest: 0.0,
            largest_before: f64::INFINITY,
        }
    }

    /// The index of the next term.
    pub(super) fn point(&self) -> &Integer {
        &self.next
    }

    pub(super) fn feed(&mut self, value: f64, budget: &mut Budget) -> Result<Step, ErrorKind> {
        if !value.is_finite() {
            return Err(self.refuse(Obstacle::Undefined, Some(self.next.to_string())));
        }
        self.add(value);
        let sum = self.sum.value();
        if !sum.is_finite() {
            return Err(self.refuse(Obstacle::Diverges, Some(point_text(f64::INFINITY))));
        }
        if self.fast >= FAST_TERMS && self.last.abs() <= NOTHING * sum.abs() {
            return Ok(self.done(sum, 4.0 * f64::EPSILON * self.size));
        }
        self.next = self.next.add(&Integer::ONE, budget)?;
        if self.terms.is_power_of_two() {
            self.sums.push(sum);
            self.lasts.push(self.last);
            if self.terms == TERMS_MAX {
                return self.finish();
            }
            (self.largest_before, self.largest) = (self.largest, 0.0);
        }
        Ok(Step::Evaluate(Value::Int(self.next.clone())))
    }

    fn add(&mut self, value: f64) {
        let term = if self.is_product { value - 1.0 } else { value };
        let falls = term.abs() <= FAST * self.last.abs() && self.last != 0.0;
        self.fast = if falls { self.fast + 1 } else { 0 };
        self.alternating = if term * self.last < 0.0 { self.alternating + 1 } else { 0 };
        (self.last, self.largest) = (term, self.largest.max(term.abs()));
        self.terms += 1;
        if self.is_product {
            let product = self.sum.value() * value;
            self.sum = Compensated::new(product);
            self.size = f64::from(self.terms) * product.abs();
            return;
        }
        self.sum.add(value);
        self.size += value.abs();
    }

    /// The limit of the sums, if they have one: the terms fall, and the differences of the sums fall too.
    fn finish(&self) -> Result<Step, ErrorKind> {
        let place = Some(point_text(f64::INFINITY));
        if self.largest == 0.0 && self.largest_before == 0.0 {
            return Ok(self.done(self.sum.value(), 4.0 * f64::EPSILON * self.size));
        }
        if self.largest >= self.largest_before {
            return Err(self.refuse(Obstacle::Diverges, place));
        }
        let noise = 4.0 * f64::EPSILON * self.size;
        let differences: Vec<f64> = self.sums.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
        let last = &differences[differences.len().saturating_sub(4)..];
        let is_slow = self.largest > 0.97 * self.largest_before
            || last.windows(2).any(|pair| pair[1] > 0.97 * pair[0] && pair[1] > noise);
        if is_slow {
            return Err(self.refuse(Obstacle::Slow, place));
        }
        // The first term of all is left out: its sign may not fit the alternation.
        let counts: Vec<f64> = (1..self.sums.len()).map(|power| (1_u64 << power) as f64).collect();
        let alternates = self.alternating > self.terms / 2;
        let lack = |(count, last): (&f64, &f64)| if alternates { *last } else { count * last };
        let lacks: Vec<f64> = counts.iter().zip(&self.lasts[1..]).map(lack).collect();
        let by_terms = extrapolation::limit_of_terms(&counts, &self.sums[1..], &lacks, noise);
        let limits = [extrapolation::limit(&self.sums, noise), by_terms];
        let best = limits.into_iter().flatten().min_by(|a, b| a.error.total_cmp(&b.error));
        match best {
            Some(limit) if limit.error <= TOLERANCE * limit.value.abs().max(1e-3 * self.size) => {
                Ok(self.done(limit.value, limit.error))
            }
            _ => Err(self.refuse(Obstacle::Slow, place)),
        }
    }

    fn done(&self, value: f64, error: f64) -> Step {
        let value = if value.abs() <= error { 0.0 } else { value };
        Step::Done { value: Value::Float(value), error: Some(error) }
    }

    fn refuse(&self, obstacle: Obstacle, at: Option<String>) -> ErrorKind {
        let what = if self.is_product { "prod" } else { "sum" };
        ErrorKind::NoConvergence { what: what.to_owned(), obstacle, at }
    }
}
