//! Functions of the theory of numbers, beyond Python's. All are priced in fuel, and none can run away.

use super::{Body, Function, Outcome, SCALAR, integer, integers};
use crate::error::ValueError;
use crate::limits::Budget;
use crate::number::{Integer, primes};
use crate::value::Value;

pub(super) const TABLE: &[Function] = &[
    Function {
        name: "binomial",
        price: SCALAR,
        doc: "number of ways to choose k of n; 0 where there is none",
        body: Body::Counted { least: 2, most: 2, call: binomial },
    },
    Function {
        name: "factor",
        price: SCALAR,
        doc: "the prime factors of a positive integer, in order",
        body: Body::One(factor),
    },
    Function { name: "fib", price: SCALAR, doc: "the Fibonacci number", body: Body::One(fib) },
    Function { name: "isprime", price: SCALAR, doc: "whether an integer is a prime", body: Body::One(isprime) },
    Function {
        name: "nextprime",
        price: SCALAR,
        doc: "the smallest prime above an integer",
        body: Body::One(nextprime),
    },
];

fn isprime(value: &Value, budget: &mut Budget) -> Outcome {
    primes::is_prime(&integer(value)?, budget).map(Value::Bool)
}

fn nextprime(value: &Value, budget: &mut Budget) -> Outcome {
    primes::next_prime(&integer(value)?, budget).map(Value::Int)
}

fn fib(value: &Value, budget: &mut Budget) -> Outcome {
    primes::fibonacci(&integer(value)?, budget).map(Value::Int)
}

fn factor(value: &Value, budget: &mut Budget) -> Outcome {
    let n = integer(value)?;
    if n < Integer::ONE {
        return Err(ValueError::Domain.into());
    }
    let mut factors = Vec::new();
    for (prime, times) in primes::factorise(&n, budget)? {
        factors.extend((0..times).map(|_| Value::Int(prime.clone())));
    }
    Value::list(factors, budget)
}

fn binomial(arguments: &[Value], budget: &mut Budget) -> Outcome {
    if integer(&arguments[1])?.is_negative() {
        return Ok(Value::Int(Integer::ZERO));
    }
    integers::comb(arguments, budget)
}
