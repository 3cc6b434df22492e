//! Trigonometric and hyperbolic functions. Where CPython calls libm, the result here is correctly rounded (by `pxfm`)
//! and the same on every machine. `degrees` and `radians`, which CPython computes itself, give its results to the bit.

use super::row::{Body, Column, Domain, Function, InDecimal, InExact};
use super::{ELEMENTARY, Outcome, Section, exact, float_value, outside, pair, to_float};
use crate::error::{Overflow, ValueError};
use crate::limits::Budget;
use crate::number::angle::{self, Circular};
use crate::number::{Decimal, arc, circular, float};
use crate::value::Value;

pub(super) const TABLE: &[Function] = &[
    Function {
        name: "acos",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Arc cosine in radians, -1 ≤ x ≤ 1.",
        doc_pt: "Arco cosseno em radianos, -1 ≤ x ≤ 1.",
        domain: Domain::Unit,
        price: ELEMENTARY,
        python: Body::Float(pxfm::f_acos),
        exact: InExact::OnlyAt(1, 0),
        decimal: InDecimal::OfOne(Decimal::acos),
        column: Column::Each(pxfm::f_acos, arc::acos_of_each),
    },
    Function {
        name: "acosh",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Inverse hyperbolic cosine, 1 ≤ x.",
        doc_pt: "Cosseno hiperbólico inverso, 1 ≤ x.",
        domain: Domain::FromOne,
        price: ELEMENTARY,
        python: Body::Float(pxfm::f_acosh),
        exact: InExact::OnlyAt(1, 0),
        decimal: InDecimal::OfOne(Decimal::acosh),
        column: Column::Same,
    },
    Function {
        name: "acot",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Arc cotangent in radians: the arc tangent of 1/x, π/2 for 0.",
        doc_pt: "Arco cotangente em radianos: o arco tangente de 1/x, π/2 para 0.",
        domain: Domain::All,
        price: angle::PRICE,
        python: Body::Float(|x| angle::inverse(Circular::Cotangent, x)),
        exact: InExact::Irrational,
        decimal: InDecimal::OfOne(|x, precision, budget| x.inverse(Circular::Cotangent, precision, budget)),
        column: Column::Same,
    },
    Function {
        name: "acsc",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Arc cosecant in radians, 1 ≤ |x|.",
        doc_pt: "Arco cossecante em radianos, 1 ≤ |x|.",
        domain: Domain::OutsideUnit,
        price: angle::PRICE,
        python: Body::Float(|x| angle::inverse(Circular::Cosecant, x)),
        exact: InExact::Irrational,
        decimal: InDecimal::OfOne(|x, precision, budget| x.inverse(Circular::Cosecant, precision, budget)),
        column: Column::Same,
    },
    Function {
        name: "asec",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Arc secant in radians, 1 ≤ |x|.",
        doc_pt: "Arco secante em radianos, 1 ≤ |x|.",
        domain: Domain::OutsideUnit,
        price: angle::PRICE,
        python: Body::Float(|x| angle::inverse(Circular::Secant, x)),
        exact: InExact::OnlyAt(1, 0),
        decimal: InDecimal::OfOne(|x, precision, budget| x.inverse(Circular::Secant, precision, budget)),
        column: Column::Same,
    },
    Function {
        name: "asin",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Arc sine in radians, -1 ≤ x ≤ 1.",
        doc_pt: "Arco seno em radianos, -1 ≤ x ≤ 1.",
        domain: Domain::Unit,
        price: ELEMENTARY,
        python: Body::Float(pxfm::f_asin),
        exact: InExact::OnlyAt(0, 0),
        decimal: InDecimal::OfOne(Decimal::asin),
        column: Column::Each(pxfm::f_asin, arc::asin_of_each),
    },
    Function {
        name: "asinh",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Inverse hyperbolic sine.",
        doc_pt: "Seno hiperbólico inverso.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::Float(pxfm::f_asinh),
        exact: InExact::OnlyAt(0, 0),
        decimal: InDecimal::OfOne(Decimal::asinh),
        column: Column::Same,
    },
    Function {
        name: "atan",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Arc tangent in radians, from -π/2 to π/2.",
        doc_pt: "Arco tangente em radianos, de -π/2 a π/2.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::Float(pxfm::f_atan),
        exact: InExact::OnlyAt(0, 0),
        decimal: InDecimal::OfOne(Decimal::atan),
        column: Column::Each(pxfm::f_atan, arc::atan_of_each),
    },
    Function {
        name: "atan2",
        section: Section::Trigonometry,
        signature: "y, x",
        doc: "Angle in radians, from -π to π, of the point (x, y) seen from the origin.",
        doc_pt: "Ângulo em radianos, de -π a π, do ponto (x, y) visto da origem.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::Counted { least: 2, most: 2, call: atan2 },
        exact: InExact::Formula(exact::atan2),
        decimal: InDecimal::OfTwo(Decimal::atan2),
        column: Column::None,
    },
    Function {
        name: "atanh",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Inverse hyperbolic tangent, -1 < x < 1.",
        doc_pt: "Tangente hiperbólica inversa, -1 < x < 1.",
        domain: Domain::OpenUnit,
        price: ELEMENTARY,
        python: Body::Float(pxfm::f_atanh),
        exact: InExact::OnlyAt(0, 0),
        decimal: InDecimal::OfOne(Decimal::atanh),
        column: Column::Same,
    },
    Function {
        name: "cos",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Cosine of an angle in radians.",
        doc_pt: "Cosseno de um ângulo em radianos.",
        domain: Domain::Finite,
        price: ELEMENTARY,
        python: Body::Float(circular::cos),
        exact: InExact::OnlyAt(0, 1),
        decimal: InDecimal::OfOne(Decimal::cos),
        column: Column::Each(circular::cos, circular::cos_of_each),
    },
    Function {
        name: "cosh",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Hyperbolic cosine.",
        doc_pt: "Cosseno hiperbólico.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::Overflowing(pxfm::f_cosh),
        exact: InExact::OnlyAt(0, 1),
        decimal: InDecimal::OfOne(Decimal::cosh),
        column: Column::Same,
    },
    Function {
        name: "cot",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Cotangent of an angle in radians, 1/tan(x).",
        doc_pt: "Cotangente de um ângulo em radianos, 1/tan(x).",
        domain: Domain::Angle,
        price: ELEMENTARY,
        python: Body::One(|value, budget| reciprocal(Circular::Cotangent, value, budget)),
        exact: InExact::Formula(|values, _| exact::pole_at_zero("cot", values)),
        decimal: InDecimal::OfOne(|x, precision, budget| x.reciprocal(Circular::Cotangent, precision, budget)),
        column: Column::Float(|x| angle::quick(Circular::Cotangent, x).unwrap_or(f64::NAN)),
    },
    Function {
        name: "csc",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Cosecant of an angle in radians, 1/sin(x).",
        doc_pt: "Cossecante de um ângulo em radianos, 1/sin(x).",
        domain: Domain::Angle,
        price: ELEMENTARY,
        python: Body::One(|value, budget| reciprocal(Circular::Cosecant, value, budget)),
        exact: InExact::Formula(|values, _| exact::pole_at_zero("csc", values)),
        decimal: InDecimal::OfOne(|x, precision, budget| x.reciprocal(Circular::Cosecant, precision, budget)),
        column: Column::Float(|x| angle::quick(Circular::Cosecant, x).unwrap_or(f64::NAN)),
    },
    Function {
        name: "degrees",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Converts an angle from radians to degrees.",
        doc_pt: "Converte um ângulo de radianos para graus.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::One(degrees),
        exact: InExact::OnlyAt(0, 0),
        decimal: InDecimal::OfOne(Decimal::degrees),
        column: Column::Float(to_degrees),
    },
    Function {
        name: "radians",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Converts an angle from degrees to radians; also written `x°`.",
        doc_pt: "Converte um ângulo de graus para radianos; também se escreve `x°`.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::One(radians),
        exact: InExact::OnlyAt(0, 0),
        decimal: InDecimal::OfOne(Decimal::radians),
        column: Column::Float(to_radians),
    },
    Function {
        name: "sec",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Secant of an angle in radians, 1/cos(x).",
        doc_pt: "Secante de um ângulo em radianos, 1/cos(x).",
        domain: Domain::Angle,
        price: ELEMENTARY,
        python: Body::One(|value, budget| reciprocal(Circular::Secant, value, budget)),
        exact: InExact::OnlyAt(0, 1),
        decimal: InDecimal::OfOne(|x, precision, budget| x.reciprocal(Circular::Secant, precision, budget)),
        column: Column::Float(|x| angle::quick(Circular::Secant, x).unwrap_or(f64::NAN)),
    },
    Function {
        name: "sin",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Sine of an angle in radians.",
        doc_pt: "Seno de um ângulo em radianos.",
        domain: Domain::Finite,
        price: ELEMENTARY,
        python: Body::Float(circular::sin),
        exact: InExact::OnlyAt(0, 0),
        decimal: InDecimal::OfOne(Decimal::sin),
        column: Column::Each(circular::sin, circular::sin_of_each),
    },
    Function {
        name: "sinh",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Hyperbolic sine.",
        doc_pt: "Seno hiperbólico.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::Overflowing(float::sinh),
        exact: InExact::OnlyAt(0, 0),
        decimal: InDecimal::OfOne(Decimal::sinh),
        column: Column::Same,
    },
    Function {
        name: "tan",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Tangent of an angle in radians.",
        doc_pt: "Tangente de um ângulo em radianos.",
        domain: Domain::Finite,
        price: ELEMENTARY,
        python: Body::Float(pxfm::f_tan),
        exact: InExact::OnlyAt(0, 0),
        decimal: InDecimal::OfOne(Decimal::tan),
        column: Column::Same,
    },
    Function {
        name: "tanh",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Hyperbolic tangent.",
        doc_pt: "Tangente hiperbólica.",
        domain: Domain::All,
        price: ELEMENTARY + 2,
        python: Body::Float(pxfm::f_tanh),
        exact: InExact::OnlyAt(0, 0),
        decimal: InDecimal::OfOne(Decimal::tanh),
        column: Column::Same,
    },
];

fn atan2(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let (y, x) = pair(arguments, budget)?;
    float_value(float::atan2(y, x))
}

/// `sec`, `csc` and `cot`.
fn reciprocal(function: Circular, value: &Value, budget: &mut Budget) -> Outcome {
    let x = to_float(value)?;
    if let Some(value) = angle::quick(function, x) {
        return float_value(value);
    }
    if x.is_nan() {
        return float_value(x);
    }
    if x.is_infinite() {
        return Err(outside(function.name(), value));
    }
    if x == 0.0 {
        return Err(ValueError::Pole { function: function.name().to_owned(), at: "0".to_owned() }.into());
    }
    budget.charge(angle::PRICE)?;
    let value = angle::radians(function, x);
    if value.is_infinite() { Err(Overflow::Range.into()) } else { float_value(value) }
}

fn degrees(value: &Value, _: &mut Budget) -> Outcome {
    float_value(to_degrees(to_float(value)?))
}

fn to_degrees(radians: f64) -> f64 {
    radians * (180.0 / std::f64::consts::PI)
}

fn radians(value: &Value, _: &mut Budget) -> Outcome {
    float_value(to_radians(to_float(value)?))
}

fn to_radians(degrees: f64) -> f64 {
    degrees * (std::f64::consts::PI / 180.0)
}
