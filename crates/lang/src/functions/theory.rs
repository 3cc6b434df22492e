//! Functions of number theory that Python lacks. They all pay for their work step by step.

use super::row::{Body, Column, Domain, Function, InDecimal, InExact};
use super::{Outcome, SCALAR, Section, integer, integers, outside};
use crate::limits::Budget;
use crate::number::{Integer, primes};
use crate::value::Value;

pub(super) const TABLE: &[Function] = &[
    Function {
        name: "binomial",
        section: Section::Integers,
        signature: "n, k",
        doc: "Number of ways to choose k of n things, 0 ≤ n; 0 for k < 0.",
        doc_pt: "Número de maneiras de escolher k entre n coisas, 0 ≤ n; 0 para k < 0.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Counted { least: 2, most: 2, call: binomial },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "factor",
        section: Section::Integers,
        signature: "n",
        doc: "Prime factors of 1 ≤ n, the smallest first, repeated by their multiplicity.",
        doc_pt: "Fatores primos de 1 ≤ n, do menor ao maior, repetidos conforme a multiplicidade.",
        domain: Domain::Counting,
        price: SCALAR,
        python: Body::One(factor),
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "fib",
        section: Section::Integers,
        signature: "n",
        doc: "Fibonacci number F(n), with F(0) = 0 and F(1) = 1.",
        doc_pt: "Número de Fibonacci F(n), com F(0) = 0 e F(1) = 1.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::One(fib),
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "isprime",
        section: Section::Integers,
        signature: "n",
        doc: "Whether an integer is a prime number.",
        doc_pt: "Se um inteiro é um número primo.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::One(isprime),
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "nextprime",
        section: Section::Integers,
        signature: "n",
        doc: "Smallest prime number greater than n.",
        doc_pt: "O menor número primo maior que n.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::One(nextprime),
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    super::polynomial::ROOTS,
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
        return Err(outside("factor", value));
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
