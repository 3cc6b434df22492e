//! A plan: a program of floats as a list of operations on slots, run over one row or a block of rows without type
//! checks.
//!
//! A program has a plan if it treats the floats of every row alike: it has only Python's operators, and functions that
//! always give a float (or a truth value). Exceptions in single rows (a division by zero, a root of a negative number,
//! an overflow that Python reports) are noticed by the operation, and the evaluator computes these rows.
//!
//! The plan charges what the evaluator would charge: the prices of the program's nodes.

use crate::arithmetic::Comparison;
use crate::number::power::Ladder;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Source {
    /// A parameter of the program.
    Column(u16),
    /// The result of an operation.
    Slot(u16),
    /// The same value in every row.
    Constant(f64),
}

/// An operation. Truth values are 1.0 and 0.0.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
    Add,
    Subtract,
    Multiply,
    /// A row with a divisor of zero goes to the evaluator.
    Divide,
    Negate,
    // Functions that the loops have built in, instead of calling them row by row.
    Absolute,
    /// The square root. A row with a negative number goes to the evaluator.
    Root,
    /// A row in which a finite number becomes infinite goes to the evaluator.
    Square,
    /// A function of two floats; on `None`, the row goes to the evaluator.
    Two(fn(f64, f64) -> Option<f64>),
    /// A function of one float. A row goes to the evaluator if a number becomes nan, or a finite number infinite.
    One(fn(f64) -> f64),
    /// The same, and the function in the places of many numbers.
    Each(fn(f64) -> f64, fn(&mut [f64])),
    Compare(Comparison),
    /// 1 for every number except 0.
    Truth,
    Not,
    And,
    Or,
    /// The second operand if the first is true, else the third.
    Select,
}

/// An operation on up to three operands (unused ones are constants of 0), and the slot of its result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) operation: Operation,
    pub(crate) operands: [Source; 3],
    pub(crate) slot: u16,
}

/// An integer power of a column in a slot of its own. Powers are computed before the steps, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Power {
    pub(crate) column: u16,
    pub(crate) exponent: u32,
    pub(crate) slot: u16,
}

/// The type of the rows' results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Float,
    Truth,
}

/// A program of floats as operations on slots (see the module).
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Ordered by column, then by exponent.
    pub(crate) powers: Vec<Power>,
    pub(crate) steps: Vec<Step>,
    pub(crate) slots: u16,
    pub(crate) result: Source,
    pub(crate) kind: Kind,
    /// The price of a row: what the evaluator charges, or an upper bound of it if the plan branches.
    pub(crate) price: u64,
    pub(crate) branches: bool,
}

impl Plan {
    /// Runs one row; `None` if the evaluator has to compute it.
    pub(crate) fn row(&self, columns: impl Fn(u16) -> Option<f64>) -> Option<f64> {
        const FEW: usize = 32;
        let mut few = [0.0; FEW];
        let mut many = Vec::new();
        let slots = if usize::from(self.slots) <= FEW {
            &mut few[..]
        } else {
            many.resize(usize::from(self.slots), 0.0);
            &mut many[..]
        };
        let value = |source: Source, slots: &[f64]| match source {
            Source::Column(column) => columns(column),
            Source::Slot(slot) => slots.get(usize::from(slot)).copied(),
            Source::Constant(value) => Some(value),
        };
        let mut ladder: Option<(u16, Ladder)> = None;
        for power in &self.powers {
            let (_, ladder) = match &mut ladder {
                Some(ladder) if ladder.0 == power.column => ladder,
                ladder => ladder.insert((power.column, Ladder::new(columns(power.column)?)?)),
            };
            *slots.get_mut(usize::from(power.slot))? = ladder.climb(power.exponent)?;
        }
        for step in &self.steps {
            let [a, b, c] = step.operands;
            let (a, b) = (value(a, slots)?, value(b, slots)?);
            let result = match step.operation {
                Operation::Add => a + b,
                Operation::Subtract => a - b,
                Operation::Multiply => a * b,
                Operation::Divide if b == 0.0 => return None,
                Operation::Divide => a / b,
                Operation::Negate => -a,
                Operation::Absolute => a.abs(),
                Operation::Root if a < 0.0 => return None,
                Operation::Root => a.sqrt(),
                Operation::Square if (a * a).is_infinite() && a.is_finite() => return None,
                Operation::Square => a * a,
                Operation::Two(call) => call(a, b)?,
                Operation::One(call) | Operation::Each(call, _) => checked(a, call(a))?,
                Operation::Compare(comparison) => truth(holds(comparison, a, b)),
                Operation::Truth => truth(a != 0.0),
                Operation::Not => truth(a == 0.0),
                Operation::And => a * b,
                Operation::Or => a.max(b),
                Operation::Select => {
                    if a != 0.0 {
                        b
                    } else {
                        value(c, slots)?
                    }
                }
            };
            *slots.get_mut(usize::from(step.slot))? = result;
        }
        value(self.result, slots)
    }
}

fn checked(argument: f64, result: f64) -> Option<f64> {
    (!is_trouble(argument, result)).then_some(result)
}

/// Whether the result of a function of one float is an error in CPython.
#[inline]
pub(crate) fn is_trouble(argument: f64, result: f64) -> bool {
    !result.is_finite() && (argument.is_finite() || (result.is_nan() && !argument.is_nan()))
}

#[inline]
pub(crate) fn truth(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

#[inline]
pub(crate) fn holds(comparison: Comparison, a: f64, b: f64) -> bool {
    match comparison {
        Comparison::Less => a < b,
        Comparison::LessOrEqual => a <= b,
        Comparison::Greater => a > b,
        Comparison::GreaterOrEqual => a >= b,
        Comparison::NotEqual => a != b,
        // The planner does not produce other comparisons.
        _ => a == b,
    }
}
