//! Operators in exact mode: integers and fractions, and an error if the result is neither.

use std::sync::Arc;

use super::{Binary, Unary};
use crate::error::{ErrorKind, ValueError, ZeroDivision};
use crate::limits::Budget;
use crate::number::{Integer, Rational};
use crate::value::Value;

/// The value of a fraction: an integer if it is whole.
pub(crate) fn value(rational: Rational) -> Value {
    match rational.to_integer() {
        Some(integer) => Value::Int(integer),
        None => Value::Fraction(Arc::new(rational)),
    }
}

/// The number as a fraction; `None` for other values. An error if a part exceeds its limit.
pub(crate) fn rational(value: &Value) -> Result<Option<Rational>, ErrorKind> {
    match value {
        Value::Fraction(value) => Ok(Some((**value).clone())),
        _ => value.integer().map(Rational::from_integer).transpose(),
    }
}

pub(super) fn unary(operator: Unary, operand: &Rational) -> Option<Value> {
    match operator {
        Unary::Plus => Some(value(operand.clone())),
        Unary::Minus => Some(value(operand.negate())),
        Unary::Invert | Unary::Not => None,
    }
}

/// `left operator right`, where at least one is a fraction; `None` if the other is no number, and for bitwise
/// operators.
pub(super) fn binary(
    operator: Binary,
    left: &Value,
    right: &Value,
    budget: &mut Budget,
) -> Result<Option<Value>, ErrorKind> {
    if super::is_bitwise(operator) {
        return Ok(None);
    }
    let is_number = |value: &Value| matches!(value, Value::Fraction(_) | Value::Int(_) | Value::Bool(_));
    if !is_number(left) || !is_number(right) {
        return Ok(None);
    }
    if operator == Binary::Power {
        return power(left, right, budget).map(Some);
    }
    let (Some(a), Some(b)) = (rational(left)?, rational(right)?) else { return Ok(None) };
    Ok(Some(match operator {
        Binary::Add => value(a.add(&b, budget)?),
        Binary::Subtract => value(a.subtract(&b, budget)?),
        Binary::Multiply => value(a.multiply(&b, budget)?),
        Binary::Divide => value(a.divide(&b, budget)?),
        Binary::FloorDivide => Value::Int(a.floor_divide(&b, budget)?),
        _ => value(a.modulo(&b, budget)?),
    }))
}

/// `/` of integers.
pub(super) fn divide(a: &Integer, b: &Integer, budget: &mut Budget) -> Result<Value, ErrorKind> {
    if b.is_zero() {
        return Err(ZeroDivision::Division.into());
    }
    // A whole quotient may be as long as an integer.
    let quotient = a.floor_divide(b, budget)?;
    if quotient.multiply(b, budget)? == *a {
        return Ok(Value::Int(quotient));
    }
    Rational::new(a, b, budget).map(value)
}

fn parts(value: &Value) -> Option<(Integer, Integer)> {
    match value {
        Value::Fraction(value) => Some((value.numerator().clone(), value.denominator().clone())),
        _ => value.integer().map(|value| (value, Integer::ONE)),
    }
}

/// `base ** exponent` of integers and fractions, if the result is rational.
pub(super) fn power(base: &Value, exponent: &Value, budget: &mut Budget) -> Result<Value, ErrorKind> {
    let inexact = || ErrorKind::NotExact { operation: "**".to_owned() };
    let (Some((above, below)), Some((times, index))) = (parts(base), parts(exponent)) else {
        return Err(ErrorKind::Internal);
    };
    let (above, below) = if index == Integer::ONE {
        (above, below)
    } else if above.is_negative() {
        return Err(inexact());
    } else {
        // 0 and 1 are their own roots, whatever the index.
        let Some(index) = index.as_i64().or((above.bits() <= 1 && below == Integer::ONE).then_some(2)) else {
            return Err(inexact());
        };
        let root =
            |part: &Integer, budget: &mut Budget| part.exact_root(index.unsigned_abs(), budget)?.ok_or_else(inexact);
        (root(&above, budget)?, root(&below, budget)?)
    };
    if below == Integer::ONE && !times.is_negative() {
        return super::integer_power(&above, &times, budget);
    }
    let base = Rational::new(&above, &below, budget)?;
    base.power(&Rational::from_integer(times)?, budget).map(value)
}

/// The root for an index of 2 or more, if it is rational; `operation` is for the error.
pub(crate) fn root(operand: &Value, index: u32, operation: &str, budget: &mut Budget) -> Result<Value, ErrorKind> {
    let (above, below) = parts(operand).ok_or(ErrorKind::Internal)?;
    if above.is_negative() {
        return Err(ValueError::Outside { function: operation.to_owned(), given: None }.into());
    }
    let roots = (above.exact_root(index.into(), budget)?, below.exact_root(index.into(), budget)?);
    let (Some(above), Some(below)) = roots else {
        return Err(ErrorKind::NotExact { operation: operation.to_owned() });
    };
    if below == Integer::ONE { Ok(Value::Int(above)) } else { Rational::new(&above, &below, budget).map(value) }
}
