//! Python's built-in functions of numbers.

use super::{Body, Function, Outcome, Parameters, SCALAR, expected, integer};
use crate::arithmetic::{self, Binary, Comparison};
use crate::error::{Bound, ErrorKind, Overflow, Type, TypeError};
use crate::limits::Budget;
use crate::number::{Integer, Number, float as floats};
use crate::value::Value;

pub(super) const TABLE: &[Function] = &[
    Function { name: "abs", price: SCALAR, doc: "absolute value", body: Body::One(abs) },
    Function {
        name: "bool",
        price: SCALAR,
        doc: "truth of a value: False for zeros and None",
        body: Body::Counted { least: 0, most: 1, call: bool },
    },
    Function {
        name: "float",
        price: SCALAR,
        doc: "the nearest float",
        body: Body::Counted { least: 0, most: 1, call: float },
    },
    Function {
        name: "int",
        price: SCALAR,
        doc: "the integer part",
        body: Body::Named { parameters: Parameters { names: &["x", "base"], required: 0, positional: 2 }, call: int },
    },
    Function { name: "max", price: SCALAR, doc: "the largest of its arguments", body: Body::Extreme(max) },
    Function { name: "min", price: SCALAR, doc: "the smallest of its arguments", body: Body::Extreme(min) },
    Function {
        name: "pow",
        price: SCALAR,
        doc: "power, modulo a third argument if there is one",
        body: Body::Named {
            parameters: Parameters { names: &["base", "exp", "mod"], required: 2, positional: 3 },
            call: pow,
        },
    },
    Function {
        name: "round",
        price: SCALAR,
        doc: "rounded to a number of decimal places, ties to even",
        body: Body::Named {
            parameters: Parameters { names: &["number", "ndigits"], required: 1, positional: 2 },
            call: round,
        },
    },
];

fn abs(value: &Value, _: &mut Budget) -> Outcome {
    match value.number() {
        Some(Number::Int(value)) => Ok(Value::Int(value.absolute())),
        Some(Number::Float(value)) => Ok(Value::Float(value.abs())),
        None => Err(TypeError::Operand { operator: "abs()".to_owned(), found: value.kind() }.into()),
    }
}

fn bool(arguments: &[Value], _: &mut Budget) -> Outcome {
    Ok(Value::Bool(arguments.first().is_some_and(Value::is_true)))
}

fn float(arguments: &[Value], _: &mut Budget) -> Outcome {
    let Some(argument) = arguments.first() else { return Ok(Value::Float(0.0)) };
    match argument.number() {
        Some(Number::Int(value)) => value.to_float().map(Value::Float).ok_or(Overflow::IntToFloat.into()),
        Some(Number::Float(value)) => Ok(Value::Float(value)),
        None => Err(TypeError::Conversion { to: Type::Float, found: argument.kind() }.into()),
    }
}

fn int(arguments: &[Option<Value>], _: &mut Budget) -> Outcome {
    match (&arguments[0], &arguments[1]) {
        (None, None) => Ok(Value::Int(Integer::ZERO)),
        (None, Some(_)) => Err(TypeError::BaseWithoutString.into()),
        (Some(_), Some(_)) => Err(TypeError::BaseOfNonString.into()),
        (Some(argument), None) => match argument.number() {
            Some(Number::Int(value)) => Ok(Value::Int(value)),
            Some(Number::Float(value)) => floats::to_integer(value).map(Value::Int),
            None => Err(TypeError::Conversion { to: Type::Int, found: argument.kind() }.into()),
        },
    }
}

fn max(positional: &[Value], keywords: &[&str], named: &[Value], budget: &mut Budget) -> Outcome {
    extreme("max", Comparison::Greater, positional, keywords, named, budget)
}

fn min(positional: &[Value], keywords: &[&str], named: &[Value], budget: &mut Budget) -> Outcome {
    extreme("min", Comparison::Less, positional, keywords, named, budget)
}

/// The first of the arguments that no later one beats.
fn extreme(
    function: &str,
    beats: Comparison,
    positional: &[Value],
    keywords: &[&str],
    named: &[Value],
    budget: &mut Budget,
) -> Outcome {
    let Some(first) = positional.first() else { return Err(expected(function, Bound::AtLeast, 1, 0)) };
    let keyword = |name: &str| keywords.iter().position(|keyword| *keyword == name).map(|at| &named[at]);
    if let Some(unknown) = keywords.iter().find(|keyword| !["key", "default"].contains(keyword)) {
        return Err(TypeError::UnknownKeyword { function: function.to_owned(), name: (*unknown).to_owned() }.into());
    }
    if positional.len() > 1 && keyword("default").is_some() {
        return Err(TypeError::DefaultWithSeveral { function: function.to_owned() }.into());
    }
    if positional.len() == 1 {
        return Err(TypeError::NotIterable { found: first.kind() }.into());
    }
    let measure = |value: &Value, budget: &mut Budget| match keyword("key") {
        None | Some(Value::None) => Ok(value.clone()),
        Some(Value::Function(key)) => super::call(*key, std::slice::from_ref(value), &[], budget),
        Some(other) => Err(TypeError::NotCallable { found: other.kind() }.into()),
    };
    let (mut best, mut best_measure) = (first, measure(first, budget)?);
    for value in &positional[1..] {
        budget.charge(SCALAR)?;
        let candidate = measure(value, budget)?;
        if arithmetic::compare(beats, &candidate, &best_measure, budget)? {
            (best, best_measure) = (value, candidate);
        }
    }
    Ok(best.clone())
}

fn pow(arguments: &[Option<Value>], budget: &mut Budget) -> Outcome {
    // The first two are required.
    let [Some(base), Some(exponent), modulus] = arguments else { return Err(ErrorKind::Internal) };
    let Some(modulus) = modulus.as_ref().filter(|modulus| !matches!(modulus, Value::None)) else {
        return arithmetic::binary(Binary::Power, base, exponent, budget);
    };
    let all = [base, exponent, modulus];
    match all.map(Value::integer) {
        [Some(base), Some(exponent), Some(modulus)] => base.modular_power(&exponent, &modulus, budget).map(Value::Int),
        // Any float has a say of its own in CPython, before the others' types are looked at.
        _ if all.iter().any(|value| matches!(value, Value::Float(_))) => {
            Err(TypeError::ModularPowerOfNonIntegers.into())
        }
        _ => {
            let types = all.iter().map(|value| value.kind()).collect();
            Err(TypeError::Operands { operator: "** or pow()".to_owned(), types }.into())
        }
    }
}

fn round(arguments: &[Option<Value>], budget: &mut Budget) -> Outcome {
    let [Some(number), places] = arguments else { return Err(ErrorKind::Internal) };
    let places = places.as_ref().filter(|places| !matches!(places, Value::None));
    let Some(value) = number.number() else {
        return Err(TypeError::NoMethod { found: number.kind(), method: "round".to_owned() }.into());
    };
    let Some(places) = places else {
        return match value {
            Number::Int(value) => Ok(Value::Int(value)),
            Number::Float(value) => floats::round_to_integer(value).map(Value::Int),
        };
    };
    let places = integer(places)?;
    // Beyond a machine word, what counts is only the sign.
    let clamped = places.as_i64().unwrap_or(if places.is_negative() { i64::MIN } else { i64::MAX });
    match value {
        Number::Int(value) if clamped >= 0 => Ok(Value::Int(value)),
        Number::Int(value) => value.round_places(clamped.unsigned_abs(), budget).map(Value::Int),
        Number::Float(value) => floats::round_places(value, clamped, budget).map(Value::Float),
    }
}
