//! What the functions of `math` on floats are in decimal mode: decimals of the mode's digits, correctly rounded.

use super::{Outcome, elements, pairs};
use crate::arithmetic::decimal::{decimal, precision, value};
use crate::error::{ErrorKind, TypeError, ValueError};
use crate::limits::{Budget, price};
use crate::number::angle::Circular;
use crate::number::{Decimal, Integer, Ties};
use crate::value::Value;

/// Calls the function of this name.
pub(super) fn call(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome {
    let precision = precision(budget);
    match name {
        "hypot" => {
            let values = arguments.iter().map(number).collect::<Result<Vec<_>, _>>()?;
            return Decimal::hypot(&values, precision, budget).map(value);
        }
        "dist" => return dist(arguments, budget),
        "sumprod" => return sumprod(arguments, budget),
        "frexp" | "fsum" | "ldexp" | "ulp" | "gamma" | "lgamma" | "erf" | "erfc" => {
            return Err(ErrorKind::NotInMode { operation: name.to_owned(), mode: budget.mode });
        }
        _ => {}
    }
    let [argument, ..] = arguments else { return Err(ErrorKind::Internal) };
    let x = number(argument)?;
    let second = || arguments.get(1).ok_or(ErrorKind::Internal).and_then(number);
    let ten = || Decimal::from(Integer::from(10_i64));
    let two = || Decimal::from(Integer::from(2_i64));
    // Integers stay what they are.
    let whole = |round: fn(&Decimal, &mut Budget) -> Result<Integer, ErrorKind>, budget: &mut Budget| match argument
        .integer()
    {
        Some(integer) => Ok(Value::Int(integer)),
        None => round(&x, budget).map(Value::Int),
    };
    let result = match name {
        "isfinite" => return Ok(Value::Bool(true)),
        "isinf" | "isnan" => return Ok(Value::Bool(false)),
        "sgn" => {
            let sign = if x.is_zero() { 0 } else { 1 - 2 * i64::from(x.is_negative()) };
            return Ok(Value::Int(Integer::from(sign)));
        }
        "floor" => return whole(Decimal::floor, budget),
        "ceil" => return whole(Decimal::ceil, budget),
        "trunc" => return whole(Decimal::trunc, budget),
        "modf" => {
            let whole = Decimal::from(x.trunc(budget)?).with_sign(x.is_negative());
            let fraction = x.subtract(&whole, precision, budget)?.with_sign(x.is_negative());
            return Value::tuple(vec![value(fraction), value(whole)], budget);
        }
        "fabs" => x.magnitude().plus(precision, budget),
        "copysign" => Ok(x.with_sign(second()?.is_negative())),
        "fma" => {
            let summand = arguments.get(2).ok_or(ErrorKind::Internal).and_then(number)?;
            x.multiply_add(&second()?, &summand, precision, budget)
        }
        "fmod" => x.modulo(&second()?, precision, budget),
        "remainder" => x.remainder_near(&second()?, precision, budget),
        "pow" => x.power(&second()?, precision, budget),
        "sqrt" => x.square_root(precision, budget),
        "cbrt" => x.magnitude().root(3, name, precision, budget).map(|root| root.with_sign(x.is_negative())),
        "exp" => x.exp(precision, budget),
        "exp2" => two().power(&x, precision, budget),
        "expm1" => x.exp_minus_1(precision, budget),
        "log" if arguments.len() > 1 => x.log(&second()?, name, precision, budget),
        "log" | "ln" => x.ln(precision, budget),
        "log2" => x.log(&two(), name, precision, budget),
        "log10" => x.log(&ten(), name, precision, budget),
        "log1p" => x.ln_plus_1(precision, budget),
        "sin" => x.sin(precision, budget),
        "cos" => x.cos(precision, budget),
        "tan" => x.tan(precision, budget),
        "sec" => x.reciprocal(Circular::Secant, precision, budget),
        "csc" => x.reciprocal(Circular::Cosecant, precision, budget),
        "cot" => x.reciprocal(Circular::Cotangent, precision, budget),
        "asec" => x.inverse(Circular::Secant, precision, budget),
        "acsc" => x.inverse(Circular::Cosecant, precision, budget),
        "acot" => x.inverse(Circular::Cotangent, precision, budget),
        "asin" => x.asin(precision, budget),
        "acos" => x.acos(precision, budget),
        "atan" => x.atan(precision, budget),
        "atan2" => x.atan2(&second()?, precision, budget),
        "sinh" => x.sinh(precision, budget),
        "cosh" => x.cosh(precision, budget),
        "tanh" => x.tanh(precision, budget),
        "asinh" => x.asinh(precision, budget),
        "acosh" => x.acosh(precision, budget),
        "atanh" => x.atanh(precision, budget),
        "degrees" => x.degrees(precision, budget),
        "radians" => x.radians(precision, budget),
        _ => Err(ErrorKind::NotInMode { operation: name.to_owned(), mode: budget.mode }),
    };
    result.map(value)
}

/// A function of an angle in degrees.
pub(super) fn of_degrees(function: Circular, angle: &Value, budget: &mut Budget) -> Outcome {
    let precision = precision(budget);
    number(angle)?.of_degrees(function, precision, budget).map(value)
}

/// `isclose`: whether the difference is within a part of the larger, or within an absolute tolerance.
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

/// A constant of `math`.
pub(super) fn constant(name: &str, budget: &mut Budget) -> Outcome {
    let precision = precision(budget);
    match Decimal::constant(name, precision, budget)? {
        Some(constant) => Ok(value(constant)),
        None => Err(ErrorKind::NotInMode { operation: name.to_owned(), mode: budget.mode }),
    }
}

fn dist(arguments: &[Value], budget: &mut Budget) -> Outcome {
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
fn sumprod(arguments: &[Value], budget: &mut Budget) -> Outcome {
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

/// A string as a decimal; `text` is a literal in decimal form.
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
