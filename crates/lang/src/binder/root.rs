//! Bisection over the floats themselves: it ends after at most 64 steps, between two neighbouring floats.

use super::{Step, point_text};
use crate::error::{ErrorKind, Obstacle};
use crate::value::Value;

/// How many steps back the last values are compared with: for a continuous body, they have become smaller.
const MEMORY: usize = 20;
/// A value that is this small relative to those at the bounds counts as 0: it is only rounding.
const NOTHING: f64 = 1e-9;

/// A running search for a root.
pub(crate) struct Bisection {
    /// Both ends, with the body's values there once they are known.
    low: (f64, Option<f64>),
    high: (f64, Option<f64>),
    /// The last requested point.
    point: f64,
    /// The smaller of the magnitudes at the two ends, after each step.
    sizes: Vec<f64>,
}

impl Bisection {
    pub(super) fn start(from: f64, to: f64) -> Result<(Self, Step), ErrorKind> {
        if let Some(bound) = [from, to].into_iter().find(|bound| !bound.is_finite()) {
            return Err(refuse(Obstacle::Bound, bound));
        }
        let (from, to) = if from <= to { (from, to) } else { (to, from) };
        let bisection = Self { low: (from, None), high: (to, None), point: from, sizes: Vec::new() };
        Ok((bisection, Step::Evaluate(Value::Float(from))))
    }

    /// The last requested point.
    pub(super) fn point(&self) -> f64 {
        self.point
    }

    /// Takes the body's value at the last requested point.
    pub(super) fn feed(&mut self, value: f64) -> Result<Step, ErrorKind> {
        if value.is_nan() {
            return Err(refuse(Obstacle::Undefined, self.point));
        }
        if value == 0.0 {
            return Ok(Step::done(Value::Float(self.point)));
        }
        let Some(low) = self.low.1 else {
            self.low.1 = Some(value);
            return Ok(self.ask(self.high.0));
        };
        if self.high.1.is_none() {
            if (low < 0.0) == (value < 0.0) {
                return Err(ErrorKind::NoConvergence {
                    what: "root".to_owned(),
                    obstacle: Obstacle::SameSign,
                    at: None,
                });
            }
            self.high.1 = Some(value);
        } else if (value < 0.0) == (low < 0.0) {
            self.low = (self.point, Some(value));
        } else {
            self.high = (self.point, Some(value));
        }
        self.halve()
    }

    fn ask(&mut self, point: f64) -> Step {
        self.point = point;
        Step::Evaluate(Value::Float(point))
    }

    /// Requests the float half way between the ends, or gives the answer if the ends are neighbours.
    fn halve(&mut self) -> Result<Step, ErrorKind> {
        let [low_size, high_size] = [self.low.1, self.high.1].map(|value| value.map_or(f64::NAN, f64::abs));
        self.sizes.push(low_size.min(high_size));
        let place = |value: f64| {
            let bits = value.to_bits() as i64;
            if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
        };
        let (low, high) = (place(self.low.0), place(self.high.0));
        let middle = low + ((i128::from(high) - i128::from(low)) / 2) as i64;
        if middle != low {
            let bits = if middle < 0 { i64::MIN.wrapping_sub(middle) } else { middle };
            return Ok(self.ask(f64::from_bits(bits as u64)));
        }
        let root = if low_size <= high_size { self.low.0 } else { self.high.0 };
        match self.gap() {
            Some(obstacle) => Err(refuse(obstacle, root)),
            None => Ok(Step::done(Value::Float(root))),
        }
    }

    /// What the body does between two neighbouring floats, if it does not pass through 0.
    fn gap(&self) -> Option<Obstacle> {
        let (first, last) = (*self.sizes.first()?, *self.sizes.last()?);
        let earlier = self.sizes[self.sizes.len().saturating_sub(MEMORY)];
        match last {
            _ if last > 4.0 * first.max(earlier) => Some(Obstacle::Pole),
            _ if last > NOTHING * first && last > 0.5 * earlier && self.sizes.len() > 1 => Some(Obstacle::Jump),
            _ => None,
        }
    }
}

fn refuse(obstacle: Obstacle, at: f64) -> ErrorKind {
    ErrorKind::NoConvergence { what: "root".to_owned(), obstacle, at: Some(point_text(at)) }
}
