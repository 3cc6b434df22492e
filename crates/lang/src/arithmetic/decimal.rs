//! Operators in decimal mode. Integers behave among themselves as in Python's mode, except for `/` and negative powers;
//! beside a decimal, an integer is converted exactly before the result is rounded.

use std::sync::Arc;

use super::{Binary, Unary};
use crate::error::ErrorKind;
use crate::limits::Budget;
use crate::mode::Mode;
use crate::number::decimal::Precision;
use crate::number::{Decimal, Integer};
use crate::value::Value;

pub(crate) fn value(decimal: Decimal) -> Value {
    Value::Decimal(Arc::new(decimal))
}

/// The precision of the mode, which must be decimal.
pub(crate) fn precision(budget: &Budget) -> Precision {
    match budget.mode {
        Mode::Decimal(digits) => digits.count() as Precision,
        Mode::Python | Mode::Exact => 1,
    }
}

/// The number as a decimal, with all its digits; `None` for values that are no number.
pub(crate) fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Decimal(value) => Some((**value).clone()),
        _ => value.integer().map(Decimal::from),
    }
}

pub(super) fn unary(operator: Unary, operand: &Decimal, budget: &mut Budget) -> Result<Option<Value>, ErrorKind> {
    let precision = precision(budget);
    match operator {
        Unary::Plus => operand.plus(precision, budget).map(value).map(Some),
        Unary::Minus => operand.minus(precision, budget).map(value).map(Some),
        Unary::Invert | Unary::Not => Ok(None),
    }
}

/// `left operator right`, where at least one is a decimal; `None` if the other is no number, and for bitwise operators.
pub(super) fn binary(
    operator: Binary,
    left: &Value,
    right: &Value,
    budget: &mut Budget,
) -> Result<Option<Value>, ErrorKind> {
    let (Some(a), Some(b)) = (decimal(left), decimal(right)) else { return Ok(None) };
    if super::is_bitwise(operator) {
        return Ok(None);
    }
    let precision = precision(budget);
    let result = match operator {
        Binary::Add => a.add(&b, precision, budget),
        Binary::Subtract => a.subtract(&b, precision, budget),
        Binary::Multiply => a.multiply(&b, precision, budget),
        Binary::Divide => a.divide(&b, precision, budget),
        Binary::FloorDivide => a.floor_divide(&b, precision, budget),
        Binary::Modulo => a.modulo(&b, precision, budget),
        _ => a.power(&b, precision, budget),
    };
    result.map(value).map(Some)
}

/// `/` of integers.
pub(super) fn divide(a: &Integer, b: &Integer, budget: &mut Budget) -> Result<Value, ErrorKind> {
    let precision = precision(budget);
    Decimal::from(a.clone()).divide(&Decimal::from(b.clone()), precision, budget).map(value)
}

/// `**` of integers with a negative exponent.
pub(super) fn negative_power(base: &Integer, exponent: &Integer, budget: &mut Budget) -> Result<Value, ErrorKind> {
    let precision = precision(budget);
    Decimal::from(base.clone()).power(&Decimal::from(exponent.clone()), precision, budget).map(value)
}

/// The root, for an index of 2 or more.
pub(crate) fn root(operand: &Value, index: u32, operation: &str, budget: &mut Budget) -> Result<Value, ErrorKind> {
    let precision = precision(budget);
    let operand = decimal(operand).ok_or(ErrorKind::Internal)?;
    operand.root(index.into(), operation, precision, budget).map(value)
}
