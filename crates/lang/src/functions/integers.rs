//! The functions of `math` on integers.

use super::{Body, Function, Outcome, SCALAR, integer};
use crate::error::{ErrorKind, Overflow, ValueError};
use crate::limits::Budget;
use crate::number::Integer;
use crate::value::Value;

pub(super) const TABLE: &[Function] = &[
    Function {
        name: "comb",
        price: SCALAR,
        doc: "number of ways to choose k of n",
        body: Body::Counted { least: 2, most: 2, call: comb },
    },
    Function { name: "factorial", price: SCALAR, doc: "1·2·…·n", body: Body::One(factorial) },
    Function { name: "gcd", price: SCALAR, doc: "greatest common divisor", body: Body::Any(gcd) },
    Function { name: "isqrt", price: SCALAR, doc: "integer square root, rounded down", body: Body::One(isqrt) },
    Function { name: "lcm", price: SCALAR, doc: "least common multiple", body: Body::Any(lcm) },
    Function {
        name: "perm",
        price: SCALAR,
        doc: "number of ways to choose k of n in order",
        body: Body::Counted { least: 1, most: 2, call: perm },
    },
];

pub(super) fn factorial(value: &Value, budget: &mut Budget) -> Outcome {
    let n = integer(value)?;
    if n.is_negative() {
        return Err(ValueError::NegativeFactorial.into());
    }
    let n = n.as_i64().ok_or(Overflow::FactorialArgument)?;
    Integer::factorial(n.unsigned_abs(), budget).map(Value::Int)
}

fn gcd(arguments: &[Value], budget: &mut Budget) -> Outcome {
    fold(arguments, Integer::ZERO, Integer::gcd, budget)
}

fn lcm(arguments: &[Value], budget: &mut Budget) -> Outcome {
    fold(arguments, Integer::ONE, Integer::lcm, budget)
}

fn fold(
    arguments: &[Value],
    start: Integer,
    step: fn(&Integer, &Integer, &mut Budget) -> Result<Integer, ErrorKind>,
    budget: &mut Budget,
) -> Outcome {
    let mut value = start;
    for argument in arguments {
        budget.charge(SCALAR)?;
        value = step(&value, &integer(argument)?, budget)?;
    }
    Ok(Value::Int(value))
}

pub(super) fn comb(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let (n, k) = (integer(&arguments[0])?, integer(&arguments[1])?);
    if n.is_negative() {
        return Err(ValueError::NegativeN.into());
    }
    if k.is_negative() {
        return Err(ValueError::NegativeK.into());
    }
    if k > n {
        return Ok(Value::Int(Integer::ZERO));
    }
    let k = n.subtract(&k, budget)?.min(k);
    let k = k.as_i64().ok_or(Overflow::CombArgument)?;
    Integer::combinations(&n, k.unsigned_abs(), budget).map(Value::Int)
}

fn perm(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let k = match arguments.get(1) {
        None | Some(Value::None) => return factorial(&arguments[0], budget),
        Some(k) => k,
    };
    let (n, k) = (integer(&arguments[0])?, integer(k)?);
    if n.is_negative() {
        return Err(ValueError::NegativeN.into());
    }
    if k.is_negative() {
        return Err(ValueError::NegativeK.into());
    }
    if k > n {
        return Ok(Value::Int(Integer::ZERO));
    }
    let k = k.as_i64().ok_or(Overflow::PermArgument)?;
    Integer::permutations(&n, k.unsigned_abs(), budget).map(Value::Int)
}

fn isqrt(value: &Value, budget: &mut Budget) -> Outcome {
    let n = integer(value)?;
    if n.is_negative() {
        return Err(ValueError::NegativeRoot.into());
    }
    n.square_root(budget).map(Value::Int)
}
