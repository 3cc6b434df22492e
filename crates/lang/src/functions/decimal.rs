//! The formulas of decimal mode: correctly rounded decimals with the mode's number of digits.

use super::{Outcome, elements, pairs};
use crate::arithmetic::decimal::{decimal, precision, value};
use crate::error::{ErrorKind, TypeError, ValueError};
use crate::limits::{Budget, price};
use crate::number::angle::Circular;
use crate::number::decimal::Precision;
use crate::number::{Decimal, Integer, Ties};
use crate::value::Value;

/// The number 2 or 10 as a decimal.
pub(super) fn integer(value: i64) -> Decimal {
    Decimal::from(Integer::from(value))
}

/// The result of a test for infinity or NaN, which do not exist in this mode.
pub(super) fn always(answer: bool, arguments: &[Value]) -> Outcome {
    number(&arguments[0])?;
    Ok(Value::Bool(answer))
}

pub(super) fn sign(arguments: &[Value], _: &mut Budget) -> Outcome {
    let x = number(&arguments[0])?;
    let sign = if x.is_zero() { 0 } else { 1 - 2 * i64::from(x.is_negative()) };
    Ok(Value::Int(Integer::from(sign)))
}

/// A decimal rounded to an integer; integers stay unchanged.
pub(super) fn whole(
    x: &Value,
    round: fn(&Decimal, &mut Budget) -> Result<Integer, ErrorKind>,
    budget: &mut Budget,
) -> Outcome {
    match x.integer() {
        Some(integer) => Ok(Value::Int(integer)),
        None => round(&number(x)?, budget).map(Value::Int),
    }
}

pub(super) fn modf(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let (x, precision) = (number(&arguments[0])?, precision(budget));
    let whole = Decimal::from(x.trunc(budget)?).with_sign(x.is_negative());
    let fraction = x.subtract(&whole, precision, budget)?.with_sign(x.is_negative());
    Value::tuple(vec![value(fraction), value(whole)], budget)
}

pub(super) fn fma(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let (x, y, z) = (number(&arguments[0])?, number(&arguments[1])?, number(&arguments[2])?);
    x.multiply_add(&y, &z, precision(budget), budget).map(value)
}

pub(super) fn cube_root(x: &Decimal, precision: Precision, budget: &mut Budget) -> Result<Decimal, ErrorKind> {
    x.magnitude().root(3, "cbrt", precision, budget).map(|root| root.with_sign(x.is_negative()))
}

pub(super) fn log(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let (x, precision) = (number(&arguments[0])?, precision(budget));
    match arguments.get(1) {
        Some(base) => x.log(&number(base)?, "log", precision, budget),
        None => x.ln(precision, budget),
    }
    .map(value)
}

pub(super) fn hypot(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let values = arguments.iter().map(number).collect::<Result<Vec<_>, _>>()?;
    Decimal::hypot(&values, precision(budget), budget).map(value)
}

pub(super) fn of_one(
    call: fn(&Decimal, Precision, &mut Budget) -> Result<Decimal, ErrorKind>,
    arguments: &[Value],
    budget: &mut Budget,
) -> Outcome {
    call(&number(&arguments[0])?, precision(budget), budget).map(value)
}

pub(super) fn of_two(
    call: fn(&Decimal, &Decimal, Precision, &mut Budget) -> Result<Decimal, ErrorKind>,
    arguments: &[Value],
    budget: &mut Budget,
) -> Outcome {
    let (x, y) = (number(&arguments[0])?, number(&arguments[1])?);
    call(&x, &y, precision(budget), budget).map(value)
}

pub(super) fn of_degrees(function: Circular, angle: &Value, budget: &mut Budget) -> Outcome {
    let precision = precision(budget);
    number(angle)?.of_degrees(function, precision, budget).map(value)
}

/// `isclose`: whether the difference is within a fraction of the larger, or within an absolute tolerance.
pub(super) fn is_close(arguments: &[Option<Value>], budget: &mut Budget) -> Outcome {
    let precision = precision(budget);
    let given = |at: usize, otherwise: Decimal| arguments[at].as_ref().map_or(Ok(otherwise), number);
    let billionth = Decimal::from_literal("1e-9", precision, budget)?;
    let zero = || Decimal::from(Integer::ZERO);
    let (a, b) = (given(0, zero())?, given(1, zero())?);
    let (relative, absolute) = (given(2, billionth)?, given(3, zero())?);
    let negative = |value: &Decimal| value.is_negative() && !value.is_zero();
    if negative(&relative) || negative(&absolute) {
        return Err(ValueError::NegativeTolerance.into());
    }
    let difference = a.subtract(&b, precision, budget)?.magnitude();
    let (a, b) = (a.magnitude(), b.magnitude());
    let larger = if a.compare(&b, budget)?.is_lt() { b } else { a };
    let relative = relative.multiply(&larger, precision, budget)?;
    let near = difference.compare(&relative, budget)?.is_le() || difference.compare(&absolute, budget)?.is_le();
    Ok(Value::Bool(near))
}

fn number(value: &Value) -> Result<Decimal, ErrorKind> {
    decimal(value).ok_or(TypeError::NotReal { found: value.kind() }.into())
}

pub(super) fn dist(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let points = |at: usize, budget: &mut Budget| -> Result<Vec<Decimal>, ErrorKind> {
        let coordinates = elements(&arguments[at], budget)?;
        coordinates.map(|value| budget.charge(price::SCALAR).and_then(|()| number(&value))).collect()
    };
    let (p, q) = (points(0, budget)?, points(1, budget)?);
    if p.len() != q.len() {
        return Err(ValueError::Dimensions.into());
    }
    let precision = precision(budget);
    let mut differences = Vec::with_capacity(p.len());
    for (p, q) in p.iter().zip(&q) {
        differences.push(p.subtract(q, precision, budget)?);
    }
    Decimal::hypot(&differences, precision, budget).map(value)
}

/// The exact sum of the products, rounded once.
pub(super) fn sumprod(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let mut total: Option<Decimal> = None;
    for pair in pairs(arguments, budget)? {
        let (a, b) = pair?;
        let (a, b) = (number(&a)?, number(&b)?);
        total = Some(match total {
            Some(total) => a.multiply_add(&b, &total, Decimal::EVERY_DIGIT, budget)?,
            None => a.multiply(&b, Decimal::EVERY_DIGIT, budget)?,
        });
    }
    let precision = precision(budget);
    match total {
        Some(total) => total.plus(precision, budget).map(value),
        None => Ok(Value::Int(Integer::ZERO)),
    }
}

/// A string as a decimal. `text` is a literal in decimal form, without its sign.
pub(super) fn from_text(text: &str, negative: bool, budget: &mut Budget) -> Outcome {
    budget.charge(price::SCALAR)?;
    let precision = precision(budget);
    Ok(value(Decimal::from_literal(text, precision, budget)?.with_sign(negative)))
}

/// `divmod`.
pub(super) fn divmod(a: &Value, b: &Value, budget: &mut Budget) -> Outcome {
    let precision = precision(budget);
    let (quotient, rest) = number(a)?.divmod(&number(b)?, precision, budget)?;
    Value::tuple(vec![value(quotient), value(rest)], budget)
}

/// `round(x, places)`.
pub(super) fn round_places(x: &Decimal, places: i64, ties: Ties, budget: &mut Budget) -> Outcome {
    let precision = precision(budget);
    x.round_places(places, ties, precision, budget).map(value)
}
