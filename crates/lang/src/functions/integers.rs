//! The functions of `math` on integers.

use super::row::{Body, Column, Domain, Function, InDecimal, InExact};
use super::{Outcome, SCALAR, Section, integer};
use crate::error::{ErrorKind, Overflow, ValueError};
use crate::limits::Budget;
use crate::number::Integer;
use crate::value::Value;

pub(super) const TABLE: &[Function] = &[
    Function {
        name: "comb",
        section: Section::Integers,
        signature: "n, k",
        doc: "Number of ways to choose k of n things, 0 ≤ n, 0 ≤ k.",
        doc_pt: "Número de maneiras de escolher k entre n coisas, 0 ≤ n, 0 ≤ k.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Counted { least: 2, most: 2, call: comb },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "factorial",
        section: Section::Integers,
        signature: "n",
        doc: "Factorial 1·2·…·n, 0 ≤ n; also written `n!`.",
        doc_pt: "Fatorial 1·2·…·n, 0 ≤ n; também se escreve `n!`.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::One(factorial),
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "gcd",
        section: Section::Integers,
        signature: "*integers",
        doc: "Greatest common divisor; 0 without arguments.",
        doc_pt: "Máximo divisor comum; 0 sem argumentos.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Any(gcd),
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "isqrt",
        section: Section::Integers,
        signature: "n",
        doc: "Square root of 0 ≤ n, rounded down to an integer.",
        doc_pt: "Raiz quadrada de 0 ≤ n, arredondada para baixo até um inteiro.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::One(isqrt),
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "lcm",
        section: Section::Integers,
        signature: "*integers",
        doc: "Least common multiple; 1 without arguments.",
        doc_pt: "Mínimo múltiplo comum; 1 sem argumentos.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Any(lcm),
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "perm",
        section: Section::Integers,
        signature: "n, k=None",
        doc: "Number of ways to choose k of n things in order, 0 ≤ n, 0 ≤ k; without k, n!.",
        doc_pt: "Número de maneiras de escolher k entre n coisas em ordem, 0 ≤ n, 0 ≤ k; sem k, n!.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Counted { least: 1, most: 2, call: perm },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
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

/// `n` and `k` of a choice of `k` from `n` things; `None` if there is none, since `k` is larger.
fn choice(n: &Value, k: &Value, budget: &mut Budget) -> Result<Option<(Integer, Integer)>, ErrorKind> {
    let (n, k) = (integer(n)?, integer(k)?);
    if n.is_negative() {
        return Err(ValueError::NegativeN.into());
    }
    if k.is_negative() {
        return Err(ValueError::NegativeK.into());
    }
    // The comparison.
    budget.charge(n.words().max(k.words()) / 8)?;
    Ok((k <= n).then_some((n, k)))
}

pub(super) fn comb(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let Some((n, k)) = choice(&arguments[0], &arguments[1], budget)? else { return Ok(Value::Int(Integer::ZERO)) };
    let k = n.subtract(&k, budget)?.min(k);
    let k = k.as_i64().ok_or(Overflow::CombArgument)?;
    Integer::combinations(&n, k.unsigned_abs(), budget).map(Value::Int)
}

fn perm(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let k = match arguments.get(1) {
        None | Some(Value::None) => return factorial(&arguments[0], budget),
        Some(k) => k,
    };
    let Some((n, k)) = choice(&arguments[0], k, budget)? else { return Ok(Value::Int(Integer::ZERO)) };
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
