//! The rows of the table of functions.

use super::{Outcome, Section};
use crate::error::ErrorKind;
use crate::limits::Budget;
use crate::number::Decimal;
use crate::number::decimal::Precision;
use crate::value::Value;

/// All that the language knows about a function. No field has a default, so that no mode can be forgotten.
pub(super) struct Function {
    /// The name in the language; for a function of degrees, the name of the function of radians.
    pub(super) name: &'static str,
    pub(super) section: Section,
    /// The arguments, as [`FunctionInfo::signature`](super::FunctionInfo::signature) shows them.
    pub(super) signature: &'static str,
    pub(super) doc: &'static str,
    pub(super) doc_pt: &'static str,
    /// The arguments that do not cause a [domain error](crate::ValueError::Outside).
    pub(super) domain: Domain,
    /// Fuel for each call. The formula itself charges for the sizes of its arguments.
    pub(super) price: u64,
    /// How the function takes its arguments, and its formula in Python's mode.
    pub(super) python: Body,
    pub(super) exact: InExact,
    pub(super) decimal: InDecimal,
    pub(super) column: Column,
}

/// The formula in Python's mode. Its variant says how arguments are taken, and so which messages wrong ones have.
pub(super) enum Body {
    /// A function of one float (CPython's `FUNC1`). NaN from a number, or infinity from a finite float, is a domain
    /// error.
    Float(fn(f64) -> f64),
    /// The same, but an infinity from a finite float is an overflow.
    Overflowing(fn(f64) -> f64),
    /// Exactly one argument.
    One(fn(&Value, &mut Budget) -> Outcome),
    /// `atan2 expected 2 arguments, got 1`.
    Counted { least: usize, most: usize, call: fn(&[Value], &mut Budget) -> Outcome },
    /// Any number of arguments.
    Any(fn(&[Value], &mut Budget) -> Outcome),
    /// Named parameters: one value for each, `None` if it is not given.
    Named { parameters: Parameters, call: fn(&[Option<Value>], &mut Budget) -> Outcome },
    /// The same for a function that CPython implements in Python: any parameter may be named, and the first is
    /// required.
    Written { names: &'static [&'static str], call: fn(&[Option<Value>], &mut Budget) -> Outcome },
    /// `sorted`: one argument, and `key` and `reverse` by name.
    Sorted(fn(&Value, Option<&Value>, bool, &mut Budget) -> Outcome),
    /// `min` and `max`: any number of arguments, and `key` and `default` by name.
    Extreme(fn(&[Value], &[&str], &[Value], &mut Budget) -> Outcome),
}

/// The parameters of a [`Body::Named`].
pub(super) struct Parameters {
    /// Empty for a parameter that can only be positional.
    pub(super) names: &'static [&'static str],
    pub(super) required: usize,
    /// How many parameters may be positional.
    pub(super) positional: usize,
}

/// What a function does in exact mode.
pub(super) enum InExact {
    /// The formula of Python's mode serves this mode too.
    Same,
    /// A formula of its own, which gives rational values and an error for others.
    Formula(fn(&[Value], &mut Budget) -> Outcome),
    /// The only rational argument with a rational value, and this value.
    OnlyAt(i64, i64),
    /// The value is irrational for every rational argument.
    Irrational,
    /// The function does not exist in this mode.
    NotInMode,
}

/// What a function does in decimal mode.
pub(super) enum InDecimal {
    /// The formula of Python's mode serves this mode too.
    Same,
    /// A formula of its own.
    Formula(fn(&[Value], &mut Budget) -> Outcome),
    /// A formula of its own, for one decimal.
    OfOne(fn(&Decimal, Precision, &mut Budget) -> Result<Decimal, ErrorKind>),
    /// A formula of its own, for two decimals.
    OfTwo(fn(&Decimal, &Decimal, Precision, &mut Budget) -> Result<Decimal, ErrorKind>),
    /// The function does not exist in this mode.
    NotInMode,
}

/// How a function of one float runs over a column. A row with NaN from a number, or with an infinity from a finite
/// float, goes to the evaluator.
#[derive(Clone, Copy)]
pub(crate) enum Column {
    /// A program with this call runs row by row.
    None,
    /// The function of a [`Body::Float`] or [`Body::Overflowing`].
    Same,
    /// Another function of one float.
    Float(fn(f64) -> f64),
    /// A function of one float, and the same in the places of many numbers.
    Each(fn(f64) -> f64, fn(&mut [f64])),
    // The others are operations that the loops over columns have built in.
    Absolute,
    Root,
}

/// The arguments for which a function is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Domain {
    /// Every argument of the right type.
    All,
    /// 0 ≤ x.
    NotNegative,
    /// 0 < x.
    Positive,
    /// -1 < x.
    AboveMinusOne,
    /// -1 ≤ x ≤ 1.
    Unit,
    /// -1 < x < 1.
    OpenUnit,
    /// 1 ≤ x.
    FromOne,
    /// 1 ≤ |x|.
    OutsideUnit,
    /// Finite floats.
    Finite,
    /// Finite floats, for a function that CPython does not have.
    Angle,
    /// All numbers except 0, -1, -2 and so on.
    NoPoles,
    /// A finite x and a y that is not 0.
    Quotient,
    /// C's `pow`.
    RealPower,
    /// Integers from 1 up.
    Counting,
    /// Integers of 64 bits.
    Words,
}

impl Function {
    /// Whether the fields of a row are consistent, checked at compile time.
    pub(super) const fn is_consistent(&self) -> bool {
        let is_of_float = matches!(self.python, Body::Float(_) | Body::Overflowing(_));
        let is_by_name =
            matches!(self.python, Body::Named { .. } | Body::Written { .. } | Body::Sorted(_) | Body::Extreme(_));
        let exact = match self.exact {
            InExact::Same => !is_of_float,
            InExact::NotInMode => true,
            InExact::Formula(_) | InExact::OnlyAt(..) | InExact::Irrational => !is_by_name,
        };
        let decimal = match self.decimal {
            InDecimal::Same => !is_of_float,
            InDecimal::NotInMode => true,
            InDecimal::Formula(_) | InDecimal::OfOne(_) | InDecimal::OfTwo(_) => !is_by_name,
        };
        exact && decimal && (is_of_float || !matches!(self.column, Column::Same))
    }
}
