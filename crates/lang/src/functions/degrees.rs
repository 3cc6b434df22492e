//! The trigonometric functions of an argument that is written in degrees: `sin(30°)`.
//!
//! No name refers to these rows: the parser calls one if `°` applies to the whole argument. The angle is the exact real
//! number before the sign: an integer of any size, a float or a decimal. It is reduced exactly by whole turns, and the
//! value is rounded once.

use super::row::{Body, Column, Domain, Function, InDecimal, InExact};
use super::{ELEMENTARY, Outcome, Section, decimal, exact, outside, to_float};
use crate::error::Overflow;
use crate::limits::Budget;
use crate::mode::Mode;
use crate::number::angle::{self, Circular};
use crate::value::Value;

const fn row(name: &'static str, call: fn(&Value, &mut Budget) -> Outcome, quick: fn(f64) -> f64) -> Function {
    Function {
        name,
        section: Section::Trigonometry,
        signature: "x",
        doc: "",
        doc_pt: "",
        domain: Domain::Angle,
        // For the reduction, and for both sine and cosine.
        price: 2 * ELEMENTARY,
        python: Body::One(call),
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::Float(quick),
    }
}

/// Each row has the name of the function of radians.
pub(super) const TABLE: &[Function] = &[
    row(
        "sin",
        |value, budget| of_degrees(Circular::Sine, value, budget),
        |x| angle::quick_degrees(Circular::Sine, x).unwrap_or(f64::NAN),
    ),
    row(
        "cos",
        |value, budget| of_degrees(Circular::Cosine, value, budget),
        |x| angle::quick_degrees(Circular::Cosine, x).unwrap_or(f64::NAN),
    ),
    row(
        "tan",
        |value, budget| of_degrees(Circular::Tangent, value, budget),
        |x| angle::quick_degrees(Circular::Tangent, x).unwrap_or(f64::NAN),
    ),
    row(
        "sec",
        |value, budget| of_degrees(Circular::Secant, value, budget),
        |x| angle::quick_degrees(Circular::Secant, x).unwrap_or(f64::NAN),
    ),
    row(
        "csc",
        |value, budget| of_degrees(Circular::Cosecant, value, budget),
        |x| angle::quick_degrees(Circular::Cosecant, x).unwrap_or(f64::NAN),
    ),
    row(
        "cot",
        |value, budget| of_degrees(Circular::Cotangent, value, budget),
        |x| angle::quick_degrees(Circular::Cotangent, x).unwrap_or(f64::NAN),
    ),
];

fn of_degrees(function: Circular, value: &Value, budget: &mut Budget) -> Outcome {
    match budget.mode {
        Mode::Python => {}
        Mode::Exact => return exact::of_degrees(function, value, budget),
        Mode::Decimal(_) => return decimal::of_degrees(function, value, budget),
    }
    let x = match value.integer() {
        Some(integer) => match integer.as_i64() {
            // A small integer is exact as a float.
            Some(small @ -0x20_0000_0000_0000..=0x20_0000_0000_0000) => small as f64,
            _ => angle::within_a_turn(&integer, budget)?.into(),
        },
        None => to_float(value)?,
    };
    if let Some(value) = angle::quick_degrees(function, x) {
        return Ok(Value::Float(value));
    }
    if x.is_nan() {
        return Ok(Value::Float(x));
    }
    if x.is_infinite() {
        return Err(outside(function.name(), value));
    }
    if let Some(degrees) = angle::whole_degrees(angle::without_turns(x)) {
        function.halves(degrees, (x.abs() < 1e15).then_some(x as i64))?;
    }
    budget.charge(angle::PRICE)?;
    let value = angle::degrees(function, x);
    if value.is_infinite() { Err(Overflow::Range.into()) } else { Ok(Value::Float(value)) }
}
