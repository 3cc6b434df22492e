//! `sum`, `prod`, `integral` and `root` over a bound name, as machines that ask for one value of the body at a time:
//! the evaluator runs the body between their steps, and so nothing recurses.

use std::collections::BinaryHeap;

use crate::arithmetic::Total;
use crate::error::{ErrorKind, TypeError, ValueError};
use crate::functions::to_float;
use crate::limits::{Budget, price};
use crate::mode::Mode;
use crate::number::Integer;
use crate::program::Binder;
use crate::value::Value;

/// What a machine wants next.
pub(crate) enum Step {
    /// The body's value at this point.
    Evaluate(Value),
    /// Nothing: this is the answer.
    Done(Value),
}

/// A binder at work.
pub(crate) enum Loop {
    Fold { next: Integer, last: Integer, total: Total },
    Integral(Box<Integral>),
    Root(Box<Bisection>),
}

impl Loop {
    /// Begins with the bounds; the name runs from `from` to `to`, both included.
    pub(crate) fn start(
        binder: Binder,
        from: &Value,
        to: &Value,
        budget: &mut Budget,
    ) -> Result<(Self, Step), ErrorKind> {
        if budget.mode != Mode::Python && matches!(binder, Binder::Integral | Binder::Root) {
            // Their methods, tolerances and steps are those of floats.
            return Err(ErrorKind::NotInMode { operation: binder.name().to_owned(), mode: budget.mode });
        }
        match binder {
            Binder::Sum => Self::fold(Total::sum(Value::Int(Integer::ZERO)), from, to, budget),
            Binder::Product => Self::fold(Total::product(Value::Int(Integer::ONE)), from, to, budget),
            Binder::Integral => {
                let (integral, step) = Integral::start(to_float(from)?, to_float(to)?)?;
                Ok((Self::Integral(Box::new(integral)), step))
            }
            Binder::Root => {
                let (bisection, step) = Bisection::start(to_float(from)?, to_float(to)?)?;
                Ok((Self::Root(Box::new(bisection)), step))
            }
        }
    }

    fn fold(total: Total, from: &Value, to: &Value, budget: &mut Budget) -> Result<(Self, Step), ErrorKind> {
        let bound =
            |value: &Value| value.integer().ok_or(ErrorKind::from(TypeError::NotInteger { found: value.kind() }));
        let mut fold = Self::Fold { next: bound(from)?, last: bound(to)?, total };
        let step = fold.advance(budget)?;
        Ok((fold, step))
    }

    /// The next point of a fold, or its answer.
    fn advance(&mut self, budget: &mut Budget) -> Result<Step, ErrorKind> {
        let Self::Fold { next, last, total } = self else { return Err(ErrorKind::Internal) };
        if *next > *last {
            return Ok(Step::Done(total.value()));
        }
        let point = next.clone();
        *next = next.add(&Integer::ONE, budget)?;
        Ok(Step::Evaluate(Value::Int(point)))
    }

    /// Takes the value of the body at the point last asked for.
    pub(crate) fn feed(&mut self, body: &Value, budget: &mut Budget) -> Result<Step, ErrorKind> {
        budget.charge(price::SCALAR)?;
        match self {
            Self::Fold { total, .. } => {
                total.take(body, budget)?;
                self.advance(budget)
            }
            Self::Integral(integral) => integral.feed(to_float(body)?),
            Self::Root(bisection) => bisection.feed(to_float(body)?),
        }
    }
}

/// Abscissas of the 15-point Kronrod rule on [-1, 1], from the outermost to the middle; every second one, from the
/// second on, belongs to the 7-point Gauss rule too. (Kronrod 1964; the digits are QUADPACK's.)
const ABSCISSAS: [f64; 8] = [
    0.991_455_371_120_812_6,
    0.949_107_912_342_758_5,
    0.864_864_423_359_769_1,
    0.741_531_185_599_394_5,
    0.586_087_235_467_691_1,
    0.405_845_151_377_397_2,
    0.207_784_955_007_898_47,
    0.0,
];
const KRONROD_WEIGHTS: [f64; 8] = [
    0.022_935_322_010_529_224,
    0.063_092_092_629_978_56,
    0.104_790_010_322_250_19,
    0.140_653_259_715_525_92,
    0.169_004_726_639_267_9,
    0.190_350_578_064_785_4,
    0.204_432_940_075_298_89,
    0.209_482_141_084_727_82,
];
const GAUSS_WEIGHTS: [f64; 4] =
    [0.129_484_966_168_869_7, 0.279_705_391_489_276_64, 0.381_830_050_505_118_9, 0.417_959_183_673_469_4];

/// Adaptive Gauss–Kronrod integration: the piece with the largest error is halved until the errors together are small
/// against the integral. An infinite range is mapped to a finite one.
pub(crate) struct Integral {
    range: Range,
    /// -1 where the bounds were given the wrong way round.
    sign: f64,
    /// Pieces that have been measured, the worst on top.
    pieces: BinaryHeap<Piece>,
    /// Pieces to be measured.
    waiting: Vec<(f64, f64)>,
    /// The values of the body in the piece that is being measured, weighted by the map's derivative.
    values: Vec<f64>,
}

/// How the variable of the rule becomes the user's.
#[derive(Clone, Copy)]
enum Range {
    Finite,
    /// x = a + t / (1 - t), t from 0 to 1.
    From(f64),
    /// x = b - (1 - t) / t, t from 0 to 1.
    UpTo(f64),
    /// x = t / (1 - t²), t from -1 to 1.
    Whole,
}

struct Piece {
    from: f64,
    to: f64,
    value: f64,
    error: f64,
}

impl PartialEq for Piece {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Piece {}

impl PartialOrd for Piece {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Piece {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        // The place decides between equal errors, so that the order is the same everywhere.
        self.error.total_cmp(&other.error).then(self.from.total_cmp(&other.from))
    }
}

impl Integral {
    /// Pieces at most; what needs more does not converge.
    const PIECES_MAX: usize = 500;
    const RELATIVE_TOLERANCE: f64 = 1e-12;
    const ABSOLUTE_TOLERANCE: f64 = 1e-15;

    fn start(from: f64, to: f64) -> Result<(Self, Step), ErrorKind> {
        if from.is_nan() || to.is_nan() {
            return Err(ValueError::Domain.into());
        }
        let (sign, from, to) = if from <= to { (1.0, from, to) } else { (-1.0, to, from) };
        let (range, from, to) = match (from.is_finite(), to.is_finite()) {
            _ if from == to => return Ok((Self::empty(), Step::Done(Value::Float(0.0)))),
            (true, true) => (Range::Finite, from, to),
            (true, false) => (Range::From(from), 0.0, 1.0),
            (false, true) => (Range::UpTo(to), 0.0, 1.0),
            (false, false) => (Range::Whole, -1.0, 1.0),
        };
        let integral = Self { range, sign, waiting: vec![(from, to)], ..Self::empty() };
        let step = integral.next_point()?;
        Ok((integral, step))
    }

    fn empty() -> Self {
        Self { range: Range::Finite, sign: 1.0, pieces: BinaryHeap::new(), waiting: Vec::new(), values: Vec::new() }
    }

    /// The variable of the rule at the point to be asked for next.
    fn abscissa(&self) -> f64 {
        let (from, to) = self.waiting.last().copied().unwrap_or((0.0, 0.0));
        let (middle, half) = (0.5 * (from + to), 0.5 * (to - from));
        let at = self.values.len();
        if at < 8 { middle - half * ABSCISSAS[at] } else { middle + half * ABSCISSAS[14 - at] }
    }

    fn next_point(&self) -> Result<Step, ErrorKind> {
        let t = self.abscissa();
        let point = match self.range {
            Range::Finite => t,
            Range::From(a) => a + t / (1.0 - t),
            Range::UpTo(b) => b - (1.0 - t) / t,
            Range::Whole => t / (1.0 - t * t),
        };
        if point.is_infinite() {
            // Halved up to the very end of the range: the body has not died away out there.
            return Err(ErrorKind::NoConvergence { what: Binder::Integral.name().to_owned() });
        }
        Ok(Step::Evaluate(Value::Float(point)))
    }

    fn feed(&mut self, value: f64) -> Result<Step, ErrorKind> {
        let t = self.abscissa();
        let derivative = match self.range {
            Range::Finite => 1.0,
            Range::From(_) => 1.0 / ((1.0 - t) * (1.0 - t)),
            Range::UpTo(_) => 1.0 / (t * t),
            Range::Whole => (1.0 + t * t) / ((1.0 - t * t) * (1.0 - t * t)),
        };
        // Where the body has vanished, the map may have overflowed.
        self.values.push(if value == 0.0 { 0.0 } else { value * derivative });
        if self.values.len() < 15 {
            return self.next_point();
        }
        self.measure();
        if !self.waiting.is_empty() {
            return self.next_point();
        }
        // Summed anew each time, in one order, so that roundings do not depend on the way here.
        let mut pieces: Vec<&Piece> = self.pieces.iter().collect();
        pieces.sort_by(|a, b| a.from.total_cmp(&b.from));
        let total: f64 = pieces.iter().map(|piece| piece.value).sum();
        let error: f64 = pieces.iter().map(|piece| piece.error).sum();
        if !total.is_finite() || !error.is_finite() {
            return Err(ErrorKind::NoConvergence { what: Binder::Integral.name().to_owned() });
        }
        if error <= Self::ABSOLUTE_TOLERANCE.max(Self::RELATIVE_TOLERANCE * total.abs()) {
            return Ok(Step::Done(Value::Float(self.sign * total)));
        }
        let Some(worst) = self.pieces.pop() else { return Err(ErrorKind::Internal) };
        let middle = 0.5 * (worst.from + worst.to);
        if self.pieces.len() >= Self::PIECES_MAX || middle <= worst.from || middle >= worst.to {
            return Err(ErrorKind::NoConvergence { what: Binder::Integral.name().to_owned() });
        }
        self.waiting.push((middle, worst.to));
        self.waiting.push((worst.from, middle));
        self.next_point()
    }

    /// Turns fifteen values into a piece: its integral, and an estimate of the error from the two rules.
    fn measure(&mut self) {
        let Some((from, to)) = self.waiting.pop() else { return };
        let half = 0.5 * (to - from);
        let value_at = |at: usize| self.values[at];
        let (mut kronrod, mut gauss) = (KRONROD_WEIGHTS[7] * value_at(7), GAUSS_WEIGHTS[3] * value_at(7));
        for at in 0..7 {
            let both = value_at(at) + value_at(14 - at);
            kronrod += KRONROD_WEIGHTS[at] * both;
            if at % 2 == 1 {
                gauss += GAUSS_WEIGHTS[at / 2] * both;
            }
        }
        let mean = 0.5 * kronrod;
        let spread: f64 = (0..15)
            .map(|at| KRONROD_WEIGHTS[if at < 8 { at } else { 14 - at }] * (value_at(at) - mean).abs())
            .sum::<f64>()
            * half;
        let size: f64 =
            (0..15).map(|at| KRONROD_WEIGHTS[if at < 8 { at } else { 14 - at }] * value_at(at).abs()).sum::<f64>()
                * half;
        // QUADPACK's estimate: the difference of the rules overstates the error of the better one.
        let mut error = ((kronrod - gauss) * half).abs();
        if spread != 0.0 && error != 0.0 {
            let ratio = 200.0 * error / spread;
            error = spread * (ratio * ratio.sqrt()).min(1.0);
        }
        let rounding = 2.0 * f64::EPSILON * size;
        error = if error <= rounding * 25.0 { rounding } else { error };
        self.pieces.push(Piece { from, to, value: kronrod * half, error });
        self.values.clear();
    }
}

/// Bisection over the floats themselves: it ends, after 64 steps at most, between two neighbours.
pub(crate) struct Bisection {
    /// Both ends, with the body's values there once they are known.
    low: (f64, Option<f64>),
    high: (f64, Option<f64>),
    /// The point asked for last.
    point: f64,
    /// The larger of the values at the ends: a root's neighbours are smaller, a pole's are larger.
    size: f64,
}

impl Bisection {
    fn start(from: f64, to: f64) -> Result<(Self, Step), ErrorKind> {
        if !from.is_finite() || !to.is_finite() {
            return Err(ValueError::Domain.into());
        }
        let (from, to) = if from <= to { (from, to) } else { (to, from) };
        let bisection = Self { low: (from, None), high: (to, None), point: from, size: 0.0 };
        Ok((bisection, Step::Evaluate(Value::Float(from))))
    }

    fn feed(&mut self, value: f64) -> Result<Step, ErrorKind> {
        if value.is_nan() {
            return Err(ErrorKind::NoConvergence { what: Binder::Root.name().to_owned() });
        }
        if value == 0.0 {
            return Ok(Step::Done(Value::Float(self.point)));
        }
        let Some(low) = self.low.1 else {
            self.low.1 = Some(value);
            return Ok(self.ask(self.high.0));
        };
        let Some(high) = self.high.1 else {
            if (low < 0.0) == (value < 0.0) {
                return Err(ErrorKind::NoSignChange);
            }
            self.high.1 = Some(value);
            self.size = low.abs().max(value.abs());
            return self.halve();
        };
        if (value < 0.0) == (low < 0.0) {
            self.low = (self.point, Some(value));
        } else {
            debug_assert!((value < 0.0) == (high < 0.0));
            self.high = (self.point, Some(value));
        }
        self.halve()
    }

    fn ask(&mut self, point: f64) -> Step {
        self.point = point;
        Step::Evaluate(Value::Float(point))
    }

    /// The float half way between the ends in the order of floats, or the answer if they are neighbours.
    fn halve(&mut self) -> Result<Step, ErrorKind> {
        let place = |value: f64| {
            let bits = value.to_bits() as i64;
            if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
        };
        let (low, high) = (place(self.low.0), place(self.high.0));
        let middle = low + ((i128::from(high) - i128::from(low)) / 2) as i64;
        if middle == low {
            let (low, high) = (self.low.1.unwrap_or(f64::NAN), self.high.1.unwrap_or(f64::NAN));
            if low.abs().min(high.abs()) > self.size {
                // It changes its sign by a jump.
                return Err(ErrorKind::NoSignChange);
            }
            return Ok(Step::Done(Value::Float(if low.abs() <= high.abs() { self.low.0 } else { self.high.0 })));
        }
        let bits = if middle < 0 { i64::MIN.wrapping_sub(middle) } else { middle };
        Ok(self.ask(f64::from_bits(bits as u64)))
    }
}
