//! What the functions of `math` on floats are in exact mode: the answer where it is rational, else a complaint.

use std::cmp::Ordering;

use super::{Outcome, elements, integers, pairs};
use crate::arithmetic::{self, Binary, exact};
use crate::error::{ErrorKind, TypeError, ValueError};
use crate::limits::{Budget, price};
use crate::number::angle::{self, Circular};
use crate::number::{Integer, Rational, Ties};
use crate::value::Value;

/// Calls the function of this name.
pub(super) fn call(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome {
    let not_exact = || Err(ErrorKind::NotExact { operation: name.to_owned() });
    let int = |value: i64| Ok(Value::Int(Integer::from(value)));
    match name {
        "hypot" => return hypot(arguments, budget),
        "dist" => return dist(arguments, budget),
        "fsum" => {
            let mut values = elements(&arguments[0], budget)?;
            return values.try_fold(Value::Int(Integer::ZERO), |sum, value| {
                number(&value)?;
                step(Binary::Add, &sum, &value, budget)
            });
        }
        "sumprod" => return sumprod(arguments, budget),
        "frexp" | "ldexp" | "ulp" => {
            return Err(ErrorKind::NotInMode { operation: name.to_owned(), mode: budget.mode });
        }
        _ => {}
    }
    // Integers may be longer than the parts of a fraction: what is done with them goes by the operators.
    let [argument, ..] = arguments else { return Err(ErrorKind::Internal) };
    for argument in arguments {
        check(argument)?;
    }
    let sign = sign(argument);
    match name {
        "isfinite" => Ok(Value::Bool(true)),
        "isinf" | "isnan" => Ok(Value::Bool(false)),
        "sgn" => int(sign),
        "fabs" => absolute(argument, budget),
        "copysign" => {
            let negative = self::sign(&arguments[1]) < 0;
            let value = absolute(argument, budget)?;
            if negative { negative_of(&value, budget) } else { Ok(value) }
        }
        "floor" => whole(argument, Rational::floor, budget),
        "ceil" => whole(argument, Rational::ceil, budget),
        "trunc" => whole(argument, Rational::trunc, budget),
        "modf" => {
            let whole = whole(argument, Rational::trunc, budget)?;
            let fraction = arithmetic::binary(Binary::Subtract, argument, &whole, budget)?;
            Value::tuple(vec![fraction, whole], budget)
        }
        "fmod" => {
            let divisor = &arguments[1];
            if self::sign(divisor) == 0 {
                return Err(undefined(name));
            }
            // The remainder of the magnitudes, with the sign of the first.
            let (above, below) = (absolute(argument, budget)?, absolute(divisor, budget)?);
            let rest = arithmetic::binary(Binary::Modulo, &above, &below, budget)?;
            if sign < 0 { negative_of(&rest, budget) } else { Ok(rest) }
        }
        "remainder" => {
            let divisor = &arguments[1];
            if self::sign(divisor) == 0 {
                return Err(undefined(name));
            }
            let quotient = arithmetic::binary(Binary::Divide, argument, divisor, budget)?;
            let nearest = whole(&quotient, |value, budget| value.round(Ties::Even, budget), budget)?;
            let taken = arithmetic::binary(Binary::Multiply, &nearest, divisor, budget)?;
            arithmetic::binary(Binary::Subtract, argument, &taken, budget)
        }
        "pow" => arithmetic::binary(Binary::Power, argument, &arguments[1], budget),
        "fma" => {
            let product = arithmetic::binary(Binary::Multiply, argument, &arguments[1], budget)?;
            arithmetic::binary(Binary::Add, &product, &arguments[2], budget)
        }
        "sqrt" => exact::root(argument, 2, name, budget),
        "cbrt" if sign < 0 => {
            let positive = negative_of(argument, budget)?;
            negative_of(&exact::root(&positive, 3, name, budget)?, budget)
        }
        "cbrt" => exact::root(argument, 3, name, budget),
        "exp2" => match arithmetic::binary(Binary::Power, &Value::Int(Integer::from(2_i64)), argument, budget) {
            Err(ErrorKind::NotExact { .. }) => not_exact(),
            other => other,
        },
        "log" | "ln" | "log2" | "log10" => logarithm(name, arguments, budget),
        "log1p"
            if equals(argument, -1)
                || compare_with_one(&negative_of(argument, budget)?, budget)? == Ordering::Greater =>
        {
            Err(undefined(name))
        }
        "gamma" | "lgamma" => match argument {
            Value::Int(value) if sign <= 0 && !value.is_zero() => Err(undefined(name)),
            _ if sign == 0 => Err(undefined(name)),
            Value::Int(value) if name == "gamma" => {
                integers::factorial(&Value::Int(value.subtract(&Integer::ONE, budget)?), budget)
            }
            _ if equals(argument, 1) || equals(argument, 2) => int(0),
            _ => not_exact(),
        },
        "atan2" if sign == 0 && self::sign(&arguments[1]) >= 0 => int(0),
        "cos" | "cosh" | "exp" | "erfc" | "sec" if sign == 0 => int(1),
        "csc" | "cot" if sign == 0 => Err(ValueError::Pole { function: name.to_owned(), at: "0".to_owned() }.into()),
        "acos" | "acosh" | "asec" if equals(argument, 1) => int(0),
        "asec" | "acsc" if compare_with_one(&absolute(argument, budget)?, budget)? == Ordering::Less => {
            Err(undefined(name))
        }
        "asin" | "acos" | "atanh" if compare_with_one(&absolute(argument, budget)?, budget)? == Ordering::Greater => {
            Err(undefined(name))
        }
        "atanh" if compare_with_one(&absolute(argument, budget)?, budget)? == Ordering::Equal => Err(undefined(name)),
        "acosh" if compare_with_one(argument, budget)? == Ordering::Less => Err(undefined(name)),
        "sin" | "tan" | "asin" | "atan" | "sinh" | "tanh" | "asinh" | "atanh" | "degrees" | "radians" | "expm1"
        | "log1p" | "erf"
            if sign == 0 =>
        {
            int(0)
        }
        _ => not_exact(),
    }
}

/// A function of an angle in degrees, where it is rational: at multiples of 30 and 45 only (Niven's theorem).
pub(super) fn of_degrees(function: Circular, value: &Value, budget: &mut Budget) -> Outcome {
    check(value)?;
    let not_exact = || ErrorKind::NotExact { operation: function.name().to_owned() };
    let whole = value.integer().ok_or_else(not_exact)?;
    let degrees = angle::within_a_turn(&whole, budget)?;
    let halves = function.halves(degrees, whole.as_i64())?.ok_or_else(not_exact)?;
    Rational::new(&Integer::from(i64::from(halves)), &Integer::from(2_i64), budget).map(exact::value)
}

/// `isclose`: whether the difference is within a part of the larger, or within an absolute tolerance.
pub(super) fn is_close(arguments: &[Option<Value>], budget: &mut Budget) -> Outcome {
    let given = |at: usize, otherwise: Result<Rational, ErrorKind>| match &arguments[at] {
        Some(value) => number(value),
        None => otherwise,
    };
    let default = Rational::new(&Integer::ONE, &Integer::from(1_000_000_000_i64), budget);
    let (a, b) = (given(0, Err(ErrorKind::Internal))?, given(1, Err(ErrorKind::Internal))?);
    let (relative, absolute) = (given(2, default)?, given(3, Rational::from_integer(Integer::ZERO))?);
    if relative.is_negative() || absolute.is_negative() {
        return Err(ValueError::NegativeTolerance.into());
    }
    let difference = a.subtract(&b, budget)?.absolute();
    let larger = if a.absolute().order(&b.absolute(), budget)?.is_lt() { b } else { a }.absolute();
    let relative = relative.multiply(&larger, budget)?;
    let near = difference.order(&relative, budget)?.is_le() || difference.order(&absolute, budget)?.is_le();
    Ok(Value::Bool(near))
}

/// That an argument is outside the domain of a function.
fn undefined(function: &str) -> ErrorKind {
    ValueError::Outside { function: function.to_owned(), given: None }.into()
}

fn check(value: &Value) -> Result<(), ErrorKind> {
    match value {
        Value::Int(_) | Value::Bool(_) | Value::Fraction(_) => Ok(()),
        _ => Err(TypeError::NotReal { found: value.kind() }.into()),
    }
}

fn number(value: &Value) -> Result<Rational, ErrorKind> {
    check(value)?;
    exact::rational(value)?.ok_or(ErrorKind::Internal)
}

/// -1, 0 or 1.
fn sign(value: &Value) -> i64 {
    let of = |value: &Integer| if value.is_negative() { -1 } else { i64::from(!value.is_zero()) };
    match value {
        Value::Fraction(value) => of(value.numerator()),
        value => value.integer().map_or(0, |value| of(&value)),
    }
}

fn equals(value: &Value, small: i64) -> bool {
    value.integer() == Some(Integer::from(small))
}

fn compare_with_one(value: &Value, budget: &mut Budget) -> Result<Ordering, ErrorKind> {
    Ok(value.order(&Value::Int(Integer::ONE), budget)?.flatten().unwrap_or(Ordering::Equal))
}

fn negative_of(value: &Value, budget: &mut Budget) -> Outcome {
    arithmetic::unary(arithmetic::Unary::Minus, value, budget)
}

fn absolute(value: &Value, budget: &mut Budget) -> Outcome {
    arithmetic::unary(if sign(value) < 0 { arithmetic::Unary::Minus } else { arithmetic::Unary::Plus }, value, budget)
}

fn whole(
    value: &Value,
    round: fn(&Rational, &mut Budget) -> Result<Integer, ErrorKind>,
    budget: &mut Budget,
) -> Outcome {
    match value {
        Value::Fraction(value) => round(value, budget).map(Value::Int),
        _ => value.integer().map(Value::Int).ok_or(ErrorKind::Internal),
    }
}

/// A logarithm, natural or to a base, where it is rational.
fn logarithm(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome {
    if arguments.iter().any(|argument| sign(argument) <= 0) {
        return Err(undefined(name));
    }
    let base = match (name, arguments.get(1)) {
        ("log2", _) => Value::Int(Integer::from(2_i64)),
        ("log10", _) => Value::Int(Integer::from(10_i64)),
        (_, Some(base)) => base.clone(),
        // No power of e is rational but the first.
        (_, None) if equals(&arguments[0], 1) => return Ok(Value::Int(Integer::ZERO)),
        (_, None) => return Err(ErrorKind::NotExact { operation: name.to_owned() }),
    };
    if equals(&base, 1) {
        return Err(crate::error::ZeroDivision::Base.into());
    }
    let parts = |value: &Value| match value {
        Value::Fraction(value) => Some((value.numerator().clone(), value.denominator().clone())),
        _ => value.integer().map(|value| (value, Integer::ONE)),
    };
    let (Some(value), Some(base)) = (parts(&arguments[0]), parts(&base)) else { return Err(ErrorKind::Internal) };
    match Rational::logarithm((&value.0, &value.1), (&base.0, &base.1), budget)? {
        Some(logarithm) => Ok(exact::value(logarithm)),
        None => Err(ErrorKind::NotExact { operation: name.to_owned() }),
    }
}

/// One operation of several that a function is made of: what a node that does the same costs, its operands included.
fn step(operation: Binary, a: &Value, b: &Value, budget: &mut Budget) -> Outcome {
    budget.charge(2 * price::SCALAR)?;
    arithmetic::binary(operation, a, b, budget)
}

fn hypot(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let mut sum = Value::Int(Integer::ZERO);
    for argument in arguments {
        check(argument)?;
        let square = step(Binary::Multiply, argument, argument, budget)?;
        sum = step(Binary::Add, &sum, &square, budget)?;
    }
    exact::root(&sum, 2, "hypot", budget)
}

fn sumprod(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let mut total = Value::Int(Integer::ZERO);
    for pair in pairs(arguments, budget)? {
        let (a, b) = pair?;
        check(&a).and_then(|()| check(&b))?;
        let product = step(Binary::Multiply, &a, &b, budget)?;
        total = step(Binary::Add, &total, &product, budget)?;
    }
    Ok(total)
}

fn dist(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let (p, q) = (elements(&arguments[0], budget)?, elements(&arguments[1], budget)?);
    if arguments[0].length() != arguments[1].length() {
        return Err(ValueError::Dimensions.into());
    }
    let mut differences = Vec::new();
    for (p, q) in p.zip(q) {
        check(&p).and_then(|()| check(&q))?;
        differences.push(step(Binary::Subtract, &p, &q, budget)?);
    }
    match hypot(&differences, budget) {
        Err(ErrorKind::NotExact { .. }) => Err(ErrorKind::NotExact { operation: "dist".to_owned() }),
        other => other,
    }
}
