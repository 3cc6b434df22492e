//! The formulas of exact mode: they give rational values, and an error for irrational ones.

use std::cmp::Ordering;

use super::row::Domain;
use super::{Outcome, elements, integers, pairs};
use crate::arithmetic::{self, Binary, Unary, exact};
use crate::error::{ErrorKind, TypeError, ValueError, ZeroDivision};
use crate::limits::{Budget, price};
use crate::number::angle::{self, Circular};
use crate::number::{Integer, Rational, Ties};
use crate::value::Value;

fn integer(value: i64) -> Outcome {
    Ok(Value::Int(Integer::from(value)))
}

fn not_exact(function: &str) -> ErrorKind {
    ErrorKind::NotExact { operation: function.to_owned() }
}

/// The error for an argument outside the domain of a function.
fn undefined(function: &str) -> ErrorKind {
    ValueError::Outside { function: function.to_owned(), given: None }.into()
}

/// The arguments, each an integer or a fraction. (An integer may be longer than the parts of a fraction may be, so the
/// formulas use the operators on values.)
fn numbers<const N: usize>(arguments: &[Value]) -> Result<&[Value; N], ErrorKind> {
    arguments.iter().try_for_each(check)?;
    arguments.try_into().map_err(|_| ErrorKind::Internal)
}

/// A function that has a rational value for at most one rational argument.
pub(super) fn only_at(
    function: &str,
    domain: Domain,
    rational: Option<(i64, i64)>,
    arguments: &[Value],
    budget: &mut Budget,
) -> Outcome {
    let [x] = numbers(arguments)?;
    if !is_within(domain, x, budget)? {
        return Err(undefined(function));
    }
    match rational {
        Some((at, value)) if equals(x, at) => integer(value),
        _ => Err(not_exact(function)),
    }
}

fn is_within(domain: Domain, x: &Value, budget: &mut Budget) -> Result<bool, ErrorKind> {
    let size_to_one = |budget: &mut Budget| compare_with_one(&absolute_of(x, budget)?, budget);
    Ok(match domain {
        Domain::NotNegative => sign_of(x) >= 0,
        Domain::Positive => sign_of(x) > 0,
        Domain::AboveMinusOne => compare_with_one(&negative_of(x, budget)?, budget)?.is_lt(),
        Domain::Unit => size_to_one(budget)?.is_le(),
        Domain::OpenUnit => size_to_one(budget)?.is_lt(),
        Domain::OutsideUnit => size_to_one(budget)?.is_ge(),
        Domain::FromOne => compare_with_one(x, budget)?.is_ge(),
        Domain::NoPoles => sign_of(x) > 0 || matches!(x, Value::Fraction(_)),
        // The numbers of this mode are finite; functions with the other domains have their own formulas.
        Domain::All
        | Domain::Finite
        | Domain::Angle
        | Domain::Quotient
        | Domain::RealPower
        | Domain::Counting
        | Domain::Words => true,
    })
}

/// The result of a test for infinity or NaN, which do not exist in this mode.
pub(super) fn always(answer: bool, arguments: &[Value]) -> Outcome {
    let [_] = numbers(arguments)?;
    Ok(Value::Bool(answer))
}

pub(super) fn sign(arguments: &[Value], _: &mut Budget) -> Outcome {
    let [x] = numbers(arguments)?;
    integer(sign_of(x))
}

pub(super) fn absolute(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let [x] = numbers(arguments)?;
    absolute_of(x, budget)
}

pub(super) fn copysign(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let [x, y] = numbers(arguments)?;
    let size = absolute_of(x, budget)?;
    if sign_of(y) < 0 { negative_of(&size, budget) } else { Ok(size) }
}

pub(super) fn floor(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let [x] = numbers(arguments)?;
    whole(x, Rational::floor, budget)
}

pub(super) fn ceil(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let [x] = numbers(arguments)?;
    whole(x, Rational::ceil, budget)
}

pub(super) fn trunc(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let [x] = numbers(arguments)?;
    whole(x, Rational::trunc, budget)
}

pub(super) fn modf(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let [x] = numbers(arguments)?;
    let whole = whole(x, Rational::trunc, budget)?;
    let fraction = arithmetic::binary(Binary::Subtract, x, &whole, budget)?;
    Value::tuple(vec![fraction, whole], budget)
}

/// The remainder of the magnitudes, with the sign of x.
pub(super) fn fmod(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let [x, y] = numbers(arguments)?;
    if sign_of(y) == 0 {
        return Err(undefined("fmod"));
    }
    let (above, below) = (absolute_of(x, budget)?, absolute_of(y, budget)?);
    let rest = arithmetic::binary(Binary::Modulo, &above, &below, budget)?;
    if sign_of(x) < 0 { negative_of(&rest, budget) } else { Ok(rest) }
}

pub(super) fn remainder(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let [x, y] = numbers(arguments)?;
    if sign_of(y) == 0 {
        return Err(undefined("remainder"));
    }
    let quotient = arithmetic::binary(Binary::Divide, x, y, budget)?;
    let nearest = whole(&quotient, |value, budget| value.round(Ties::Even, budget), budget)?;
    let taken = arithmetic::binary(Binary::Multiply, &nearest, y, budget)?;
    arithmetic::binary(Binary::Subtract, x, &taken, budget)
}

pub(super) fn fma(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let [x, y, z] = numbers(arguments)?;
    let product = arithmetic::binary(Binary::Multiply, x, y, budget)?;
    arithmetic::binary(Binary::Add, &product, z, budget)
}

pub(super) fn power(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let [x, y] = numbers(arguments)?;
    arithmetic::binary(Binary::Power, x, y, budget)
}

pub(super) fn exp2(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let [x] = numbers(arguments)?;
    match arithmetic::binary(Binary::Power, &Value::Int(Integer::from(2_i64)), x, budget) {
        Err(ErrorKind::NotExact { .. }) => Err(not_exact("exp2")),
        other => other,
    }
}

pub(super) fn sqrt(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let [x] = numbers(arguments)?;
    exact::root(x, 2, "sqrt", budget)
}

pub(super) fn cbrt(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let [x] = numbers(arguments)?;
    if sign_of(x) >= 0 {
        return exact::root(x, 3, "cbrt", budget);
    }
    let positive = negative_of(x, budget)?;
    negative_of(&exact::root(&positive, 3, "cbrt", budget)?, budget)
}

/// A logarithm to `base`, else to the base among the arguments, else the natural one.
pub(super) fn logarithm(function: &str, base: Option<i64>, arguments: &[Value], budget: &mut Budget) -> Outcome {
    arguments.iter().try_for_each(check)?;
    if arguments.iter().any(|argument| sign_of(argument) <= 0) {
        return Err(undefined(function));
    }
    let x = arguments.first().ok_or(ErrorKind::Internal)?;
    let base = base.map(|base| Value::Int(Integer::from(base)));
    let Some(base) = base.as_ref().or(arguments.get(1)) else {
        // The only rational power of e is e⁰.
        return if equals(x, 1) { integer(0) } else { Err(not_exact(function)) };
    };
    if equals(base, 1) {
        return Err(ZeroDivision::Base.into());
    }
    let parts = |value: &Value| match value {
        Value::Fraction(value) => Some((value.numerator().clone(), value.denominator().clone())),
        _ => value.integer().map(|value| (value, Integer::ONE)),
    };
    let (Some(x), Some(base)) = (parts(x), parts(base)) else { return Err(ErrorKind::Internal) };
    let logarithm = Rational::logarithm((&x.0, &x.1), (&base.0, &base.1), budget)?;
    logarithm.map(exact::value).ok_or_else(|| not_exact(function))
}

pub(super) fn gamma(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let [x] = numbers(arguments)?;
    if !is_within(Domain::NoPoles, x, budget)? {
        return Err(undefined("gamma"));
    }
    let n = x.integer().ok_or_else(|| not_exact("gamma"))?;
    integers::factorial(&Value::Int(n.subtract(&Integer::ONE, budget)?), budget)
}

pub(super) fn lgamma(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let [x] = numbers(arguments)?;
    if !is_within(Domain::NoPoles, x, budget)? {
        return Err(undefined("lgamma"));
    }
    if equals(x, 1) || equals(x, 2) { integer(0) } else { Err(not_exact("lgamma")) }
}

pub(super) fn atan2(arguments: &[Value], _: &mut Budget) -> Outcome {
    let [y, x] = numbers(arguments)?;
    if sign_of(y) == 0 && sign_of(x) >= 0 { integer(0) } else { Err(not_exact("atan2")) }
}

/// `csc` and `cot`.
pub(super) fn pole_at_zero(function: &str, arguments: &[Value]) -> Outcome {
    let [x] = numbers(arguments)?;
    let pole = || ValueError::Pole { function: function.to_owned(), at: "0".to_owned() };
    Err(if sign_of(x) == 0 { pole().into() } else { not_exact(function) })
}

pub(super) fn fsum(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let mut sum = Value::Int(Integer::ZERO);
    for value in elements(&arguments[0], budget)? {
        number(&value)?;
        sum = step(Binary::Add, &sum, &value, budget)?;
    }
    Ok(sum)
}

/// A function of an angle in degrees, if its value is rational: at multiples of 30 or 45 only (Niven's theorem).
pub(super) fn of_degrees(function: Circular, value: &Value, budget: &mut Budget) -> Outcome {
    check(value)?;
    let not_exact = || not_exact(function.name());
    let whole = value.integer().ok_or_else(not_exact)?;
    let degrees = angle::within_a_turn(&whole, budget)?;
    let halves = function.halves(degrees, whole.as_i64())?.ok_or_else(not_exact)?;
    Rational::new(&Integer::from(i64::from(halves)), &Integer::from(2_i64), budget).map(exact::value)
}

/// `isclose`: whether the difference is within a fraction of the larger, or within an absolute tolerance.
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

fn sign_of(value: &Value) -> i64 {
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
    arithmetic::unary(Unary::Minus, value, budget)
}

fn absolute_of(value: &Value, budget: &mut Budget) -> Outcome {
    arithmetic::unary(if sign_of(value) < 0 { Unary::Minus } else { Unary::Plus }, value, budget)
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

/// One operation of a formula, at the price of a node with the same operation and its operands.
fn step(operation: Binary, a: &Value, b: &Value, budget: &mut Budget) -> Outcome {
    budget.charge(2 * price::SCALAR)?;
    arithmetic::binary(operation, a, b, budget)
}

pub(super) fn hypot(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let mut sum = Value::Int(Integer::ZERO);
    for argument in arguments {
        check(argument)?;
        let square = step(Binary::Multiply, argument, argument, budget)?;
        sum = step(Binary::Add, &sum, &square, budget)?;
    }
    exact::root(&sum, 2, "hypot", budget)
}

pub(super) fn sumprod(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let mut total = Value::Int(Integer::ZERO);
    for pair in pairs(arguments, budget)? {
        let (a, b) = pair?;
        check(&a).and_then(|()| check(&b))?;
        let product = step(Binary::Multiply, &a, &b, budget)?;
        total = step(Binary::Add, &total, &product, budget)?;
    }
    Ok(total)
}

pub(super) fn dist(arguments: &[Value], budget: &mut Budget) -> Outcome {
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
        Err(ErrorKind::NotExact { .. }) => Err(not_exact("dist")),
        other => other,
    }
}
