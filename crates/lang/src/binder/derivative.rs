//! A derivative at a point: central differences over shrinking steps, down to the rounding of the point itself, and
//! Richardson's extrapolation of them (Ridders 1982). A result is accepted if nothing contradicts it: the slopes on
//! both sides converge as the step shrinks, and the differences over smaller steps agree with it up to rounding.

use super::{Step, point_text};
use crate::error::{ErrorKind, Obstacle, ValueError};
use crate::value::Value;

/// The largest step, relative to the point's magnitude or 1, whichever is larger.
const LARGEST: f64 = 0.25;
/// The smallest step is the point's magnitude times 2 to minus this.
const SMALLEST_POWER: i32 = 40;
const STEPS_MAX: usize = 100;
/// The maximum number of error terms that are removed.
const ORDERS: usize = 7;
/// The number of smallest steps from which the noise of the body is estimated.
const NOISE_STEPS: usize = 8;
/// A change smaller than this part of the largest change counts as rounding: a real jump is not that small.
const HIDDEN: f64 = 1e-10;
/// The slopes on both sides must have converged after so many halvings.
const APART: usize = 10;
/// The error that is accepted, relative to the derivative, and relative to the slopes of the body nearby.
const TOLERANCE: f64 = 1e-8;
const SLOPE_TOLERANCE: f64 = 1e-9;
/// The error that is accepted for a derivative of 0, relative to the body's value divided by the scale of the point,
/// and to the slope over the largest step.
const FLAT_TOLERANCE: f64 = 1e-12;

/// The values of the body at one step to each side.
#[derive(Clone, Copy)]
struct Pair {
    /// The distances on both sides, which differ by rounding.
    before: f64,
    behind: f64,
    low: f64,
    high: f64,
}

pub(crate) struct Derivative {
    at: f64,
    value: Option<f64>,
    step: f64,
    steps: usize,
    pairs: Vec<Pair>,
    /// The value on the left, once it is known; `NaN` if the body has none.
    low: Option<f64>,
    point: f64,
}

impl Derivative {
    pub(super) fn start(at: f64) -> Result<(Self, Step), ErrorKind> {
        if !at.is_finite() {
            return Err(ValueError::Domain.into());
        }
        // Powers of 2 keep the points exact wherever possible.
        let power = |value: f64| f64::from_bits(value.to_bits() & 0x7ff0_0000_0000_0000);
        let largest = power(at.abs().max(1.0)) * LARGEST;
        let own = power(at.abs());
        let (mut steps, mut step) = (SMALLEST_POWER as usize + 1, largest);
        while step > LARGEST * own && steps < STEPS_MAX && at != 0.0 {
            (steps, step) = (steps + 1, 0.5 * step);
        }
        if at == 0.0 {
            steps += SMALLEST_POWER as usize / 2;
        }
        let derivative = Self { at, value: None, step: largest, steps, pairs: Vec::new(), low: None, point: at };
        Ok((derivative, Step::Evaluate(Value::Float(at))))
    }

    /// The last requested point.
    pub(super) fn point(&self) -> f64 {
        self.point
    }

    /// Takes the body's failure at the last requested point.
    pub(super) fn fail(&mut self) -> Option<Result<Step, ErrorKind>> {
        self.value.is_some().then(|| self.feed(f64::NAN))
    }

    /// Takes the body's value at the last requested point.
    pub(super) fn feed(&mut self, value: f64) -> Result<Step, ErrorKind> {
        if self.value.is_none() {
            if !value.is_finite() {
                return Err(refuse(Obstacle::Undefined, self.at));
            }
            self.value = Some(value);
        } else if let Some(low) = self.low.take() {
            let (before, behind) = (self.at - (self.at - self.step), (self.at + self.step) - self.at);
            self.pairs.push(Pair { before, behind, low, high: value });
            self.step *= 0.5;
        } else {
            self.low = Some(value);
            return Ok(self.ask(self.at + self.step));
        }
        if self.pairs.len() < self.steps {
            return Ok(self.ask(self.at - self.step));
        }
        self.finish()
    }

    fn ask(&mut self, point: f64) -> Step {
        self.point = point;
        Step::Evaluate(Value::Float(point))
    }

    fn finish(&self) -> Result<Step, ErrorKind> {
        let middle = self.value.ok_or(ErrorKind::Internal)?;
        let last = self.pairs.last().ok_or(ErrorKind::Internal)?;
        if let Some(side) =
            [(last.low, -last.before), (last.high, last.behind)].iter().find(|(value, _)| !value.is_finite())
        {
            return Err(refuse(Obstacle::Undefined, self.at + side.1));
        }
        let noise = self.noise(middle);
        let central: Vec<f64> =
            self.pairs.iter().map(|pair| (pair.high - pair.low) / (pair.before + pair.behind)).collect();
        let roundings: Vec<f64> = self
            .pairs
            .iter()
            .map(|pair| {
                let own = 2.0 * f64::EPSILON * (pair.low.abs() + pair.high.abs());
                (noise + own) / (pair.before + pair.behind)
            })
            .collect();
        let candidates = extrapolated(&central, &roundings);
        let best = candidates.iter().find(|candidate| self.is_confirmed(candidate, middle, &central, &roundings));
        let best = best.ok_or_else(|| refuse(Obstacle::Unsettled, self.at))?;
        self.sides_agree(middle, &roundings)?;
        let value = if best.value.abs() <= best.error { 0.0 } else { best.value };
        Ok(Step::Done { value: Value::Float(value), error: Some(best.error + self.shift(best.row, best.value)) })
    }

    /// Whether a candidate is accurate enough and nothing seen over smaller steps contradicts it.
    fn is_confirmed(&self, candidate: &Candidate, middle: f64, central: &[f64], roundings: &[f64]) -> bool {
        let Candidate { value, error, row } = *candidate;
        let slope =
            self.pairs[row.saturating_sub(ORDERS)..=row].iter().map(|pair| pair.slope(middle)).fold(0.0, f64::max);
        // An estimate that is 0 within its error is 0 if the body is flat up to rounding, or far flatter than around.
        let widest = self.pairs.first().map_or(0.0, |pair| pair.slope(middle));
        let flat = FLAT_TOLERANCE * widest.max(middle.abs() / self.at.abs().max(1.0));
        let is_flat = value.abs() <= error && error <= flat;
        if !is_flat && error > (TOLERANCE * value.abs()).max(SLOPE_TOLERANCE * slope) {
            return false;
        }
        // Over smaller steps, the differences must agree better, up to rounding.
        let off = |at: usize| (central[at] - value).abs();
        let contradicts = |at: usize| {
            off(at) > 8.0 * roundings[at] + self.shift(at, value) + 2.0 * off(row) + SLOPE_TOLERANCE * slope
        };
        !(row..self.pairs.len()).any(contradicts)
    }

    /// The error caused by rounding the variable. Second differences do not show it if it is equal on both sides.
    fn shift(&self, at: usize, value: f64) -> f64 {
        let step = self.pairs[at].before + self.pairs[at].behind;
        4.0 * f64::EPSILON * self.at.abs() * value.abs() / step
    }

    /// The noise of the body's values, estimated from the second differences over the smallest steps. If the smallest
    /// steps change nothing, as in `1-cos(x)`, the smallest visible change counts as noise.
    fn noise(&self, middle: f64) -> f64 {
        let smallest = &self.pairs[self.pairs.len().saturating_sub(NOISE_STEPS)..];
        let differences = smallest.iter().map(|pair| (pair.high - middle - (middle - pair.low)).abs());
        let noise = differences.fold(2.0 * f64::EPSILON * middle.abs(), f64::max);
        let changes = self.pairs.iter().flat_map(|pair| [(pair.low - middle).abs(), (pair.high - middle).abs()]);
        let (least, most) = changes
            .filter(|change| *change > 0.0)
            .fold((f64::INFINITY, 0.0_f64), |(least, most), change| (least.min(change), most.max(change)));
        let is_still = smallest.iter().all(|pair| pair.low == middle && pair.high == middle);
        let hidden = (HIDDEN * most).max(8.0 * f64::EPSILON * self.at.abs());
        if is_still && least <= hidden { noise.max(least) } else { noise }
    }

    /// An error if there is a corner: the slopes on both sides must converge as the step shrinks, as far as rounding
    /// shows.
    fn sides_agree(&self, middle: f64, roundings: &[f64]) -> Result<(), ErrorKind> {
        let gap = |at: usize| self.pairs[at].gap(middle).abs();
        let Some(later) = (0..self.pairs.len()).rfind(|at| gap(*at) > 8.0 * roundings[*at]) else { return Ok(()) };
        // A corner beside the point lies within the wide steps only: the gap vanishes long before rounding hides it.
        let is_hidden = roundings.get(later + 1).is_none_or(|rounding| gap(later) <= 64.0 * rounding);
        let is_corner = is_hidden && gap(later) > 0.6 * gap(later.saturating_sub(APART));
        if is_corner { Err(refuse(Obstacle::Corner, self.at)) } else { Ok(()) }
    }
}

/// An entry of Richardson's table: its value, its error, and the row of its smallest step.
struct Candidate {
    value: f64,
    error: f64,
    row: usize,
}

impl Pair {
    /// The difference between the slopes on both sides.
    fn gap(&self, middle: f64) -> f64 {
        (self.high - middle) / self.behind - (middle - self.low) / self.before
    }

    /// The larger of the slopes on both sides.
    fn slope(&self, middle: f64) -> f64 {
        ((self.high - middle) / self.behind).abs().max(((middle - self.low) / self.before).abs())
    }
}

/// The entries of Richardson's table, the best first.
fn extrapolated(central: &[f64], roundings: &[f64]) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut before: Vec<f64> = Vec::new();
    for (row, (first, rounding)) in central.iter().zip(roundings).enumerate() {
        let (mut entries, mut factor) = (vec![*first], 4.0);
        for order in 1..=before.len().min(ORDERS) {
            let (finer, coarser) = (entries[order - 1], before[order - 1]);
            let value = finer + (finer - coarser) / (factor - 1.0);
            let error = 2.0 * (value - finer).abs().max((value - coarser).abs()) + 2.0 * rounding;
            if error.is_finite() {
                candidates.push(Candidate { value, error, row });
            }
            entries.push(value);
            factor *= 4.0;
        }
        before = entries;
    }
    candidates.sort_by(|a, b| a.error.total_cmp(&b.error));
    candidates
}

fn refuse(obstacle: Obstacle, at: f64) -> ErrorKind {
    ErrorKind::NoConvergence { what: "derivative".to_owned(), obstacle, at: Some(point_text(at)) }
}
