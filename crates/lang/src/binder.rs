//! `sum`, `prod`, `integral`, `root` and `derivative` over a bound name, as state machines that request one value of
//! the body at a time: the evaluator runs the body between their steps, so that nothing recurses.
//!
//! A numerical result comes with an upper estimate of its error. An uncertain result is refused, with the obstacle and
//! its place ([`Obstacle`](crate::error::Obstacle)).

mod panel;
mod extrapolation;
mod integral;
mod root;
mod derivative;
mod series;

use crate::arithmetic::Total;
use crate::error::{ErrorKind, TypeError};
use crate::functions::to_float;
use crate::limits::{Budget, price};
use crate::mode::Mode;
use crate::number::{Integer, float};
use crate::program::Binder;
use crate::value::Value;
use derivative::Derivative;
use integral::Integral;
use root::Bisection;
use series::Series;

/// The next request of a machine.
pub(crate) enum Step {
    /// The value of the body at this point.
    Evaluate(Value),
    /// Nothing more: this is the result.
    Done {
        value: Value,
        /// An upper bound of its error, if it is not exact.
        error: Option<f64>,
    },
}

impl Step {
    fn done(value: Value) -> Self {
        Self::Done { value, error: None }
    }
}

/// A running state machine.
pub(crate) enum Loop {
    Fold { next: Integer, last: Integer, total: Total },
    Series(Box<Series>),
    Integral(Box<Integral>),
    Root(Box<Bisection>),
    Derivative(Box<Derivative>),
}

impl Loop {
    /// Begins with the bounds: the name runs from `from` to `to`, both included. (`derivative` has one point: `to`.)
    /// `levels` is the number of nested integrals, this one included.
    pub(crate) fn start(
        binder: Binder,
        from: &Value,
        to: &Value,
        levels: usize,
        budget: &mut Budget,
    ) -> Result<(Self, Step), ErrorKind> {
        if budget.mode != Mode::Python && matches!(binder, Binder::Integral | Binder::Root | Binder::Derivative) {
            // Their methods, tolerances and steps are made for floats.
            return Err(ErrorKind::NotInMode { operation: binder.name().to_owned(), mode: budget.mode });
        }
        match binder {
            Binder::Sum => Self::fold(false, from, to, budget),
            Binder::Product => Self::fold(true, from, to, budget),
            Binder::Integral => {
                let (integral, step) = Integral::start(to_float(from)?, to_float(to)?, levels)?;
                Ok((Self::Integral(Box::new(integral)), step))
            }
            Binder::Root => {
                let (bisection, step) = Bisection::start(to_float(from)?, to_float(to)?)?;
                Ok((Self::Root(Box::new(bisection)), step))
            }
            Binder::Derivative => {
                let (derivative, step) = Derivative::start(to_float(to)?)?;
                Ok((Self::Derivative(Box::new(derivative)), step))
            }
        }
    }

    fn fold(product: bool, from: &Value, to: &Value, budget: &mut Budget) -> Result<(Self, Step), ErrorKind> {
        let bound =
            |value: &Value| value.integer().ok_or(ErrorKind::from(TypeError::NotInteger { found: value.kind() }));
        let next = bound(from)?;
        if matches!(to, Value::Float(f64::INFINITY)) {
            let series = Series::start(next, product);
            let step = Step::Evaluate(Value::Int(series.point().clone()));
            return Ok((Self::Series(Box::new(series)), step));
        }
        let one = Value::Int(Integer::ONE);
        let total = if product { Total::product(one) } else { Total::sum(Value::Int(Integer::ZERO)) };
        let mut fold = Self::Fold { next, last: bound(to)?, total };
        let step = fold.advance(budget)?;
        Ok((fold, step))
    }

    /// The next point of a sum or product of many terms, or its result.
    fn advance(&mut self, budget: &mut Budget) -> Result<Step, ErrorKind> {
        let Self::Fold { next, last, total } = self else { return Err(ErrorKind::Internal) };
        if *next > *last {
            return Ok(Step::done(total.value()));
        }
        let point = next.clone();
        *next = next.add(&Integer::ONE, budget)?;
        Ok(Step::Evaluate(Value::Int(point)))
    }

    /// Whether the machine can use a value of the body of this type.
    pub(crate) fn accepts(&self, body: &Value) -> Result<(), ErrorKind> {
        match self {
            Self::Fold { .. } => Ok(()),
            _ => to_float(body).map(|_| ()),
        }
    }

    /// Takes the value of the body at the last requested point.
    pub(crate) fn feed(&mut self, body: &Value, budget: &mut Budget) -> Result<Step, ErrorKind> {
        budget.charge(price::SCALAR)?;
        match self {
            Self::Fold { total, .. } => {
                total.take(body, budget)?;
                self.advance(budget)
            }
            Self::Series(series) => series.feed(to_float(body)?, budget),
            Self::Integral(integral) => integral.feed(to_float(body)?),
            Self::Root(bisection) => bisection.feed(to_float(body)?),
            Self::Derivative(derivative) => derivative.feed(to_float(body)?),
        }
    }

    /// Takes the failure of the body at the last requested point; gives the next step if that value is not needed.
    pub(crate) fn fail(&mut self, kind: &ErrorKind, budget: &mut Budget) -> Option<Result<Step, ErrorKind>> {
        if !kind.is_of_values() {
            return None;
        }
        if let Err(exhausted) = budget.charge(price::SCALAR) {
            return Some(Err(exhausted));
        }
        match self {
            Self::Integral(integral) => integral.fail(kind),
            Self::Derivative(derivative) => derivative.fail(),
            Self::Fold { .. } | Self::Series(_) | Self::Root(_) => None,
        }
    }

    /// The last requested point as text, if the body is evaluated at many points.
    pub(crate) fn point(&self) -> Option<String> {
        match self {
            Self::Fold { .. } => None,
            Self::Series(series) => Some(series.point().to_string()),
            Self::Integral(integral) => Some(point_text(integral.point())),
            Self::Root(bisection) => Some(point_text(bisection.point())),
            Self::Derivative(derivative) => Some(point_text(derivative.point())),
        }
    }

    /// Takes the error bound of an integral inside the body.
    pub(crate) fn tell(&mut self, error: f64) {
        if let Self::Integral(integral) = self {
            integral.tell(error);
        }
    }

    pub(crate) fn is_integral(&self) -> bool {
        matches!(self, Self::Integral(_))
    }
}

/// A point as the language writes it.
fn point_text(point: f64) -> String {
    float::text(point)
}
