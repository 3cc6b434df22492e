//! Functions that inspect floats, compare them, or round them to integers, as in CPython's `math`.

use std::cmp::Ordering;

use super::row::{Body, Column, Domain, Function, InDecimal, InExact, Parameters};
use super::{ELEMENTARY, Outcome, SCALAR, Section, decimal, exact, float_value, integer, outside, pair, to_float};
use crate::error::{ErrorKind, Overflow, TypeError, ValueError};
use crate::limits::Budget;
use crate::mode::Mode;
use crate::number::{self, Decimal, Integer, Number, float, rounding};
use crate::value::Value;

pub(super) const TABLE: &[Function] = &[
    Function {
        name: "ceil",
        section: Section::Rounding,
        signature: "x",
        doc: "Smallest integer that is not less than x.",
        doc_pt: "O menor inteiro que não é menor que x.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::One(ceil),
        exact: InExact::Formula(exact::ceil),
        decimal: InDecimal::Formula(|values, budget| decimal::whole(&values[0], Decimal::ceil, budget)),
        column: Column::None,
    },
    Function {
        name: "copysign",
        section: Section::Floats,
        signature: "x, y",
        doc: "Float with the size of x and the sign of y.",
        doc_pt: "Float com o tamanho de x e o sinal de y.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::Counted { least: 2, most: 2, call: copysign },
        exact: InExact::Formula(exact::copysign),
        decimal: InDecimal::OfTwo(|x, y, _, _| Ok(x.with_sign(y.is_negative()))),
        column: Column::None,
    },
    Function {
        name: "fabs",
        section: Section::Floats,
        signature: "x",
        doc: "Absolute value as a float.",
        doc_pt: "Valor absoluto como float.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::Float(f64::abs),
        exact: InExact::Formula(exact::absolute),
        decimal: InDecimal::OfOne(|x, precision, budget| x.magnitude().plus(precision, budget)),
        column: Column::Absolute,
    },
    Function {
        name: "floor",
        section: Section::Rounding,
        signature: "x",
        doc: "Largest integer that is not greater than x.",
        doc_pt: "O maior inteiro que não é maior que x.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::One(floor),
        exact: InExact::Formula(exact::floor),
        decimal: InDecimal::Formula(|values, budget| decimal::whole(&values[0], Decimal::floor, budget)),
        column: Column::None,
    },
    Function {
        name: "fma",
        section: Section::Floats,
        signature: "x, y, z",
        doc: "x·y + z, rounded only once.",
        doc_pt: "x·y + z, com um único arredondamento.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::Counted { least: 3, most: 3, call: fma },
        exact: InExact::Formula(exact::fma),
        decimal: InDecimal::Formula(decimal::fma),
        column: Column::None,
    },
    Function {
        name: "fmod",
        section: Section::Floats,
        signature: "x, y",
        doc: "Remainder of x/y with the sign of x.",
        doc_pt: "Resto de x/y com o sinal de x.",
        domain: Domain::Quotient,
        price: ELEMENTARY,
        python: Body::Counted { least: 2, most: 2, call: fmod },
        exact: InExact::Formula(exact::fmod),
        decimal: InDecimal::OfTwo(Decimal::modulo),
        column: Column::None,
    },
    Function {
        name: "frexp",
        section: Section::Floats,
        signature: "x",
        doc: "Pair `(m, e)` with `x == m*2**e` and 0.5 ≤ |m| < 1.",
        doc_pt: "Par `(m, e)` com `x == m*2**e` e 0.5 ≤ |m| < 1.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::One(frexp),
        exact: InExact::NotInMode,
        decimal: InDecimal::NotInMode,
        column: Column::None,
    },
    Function {
        name: "isclose",
        section: Section::Floats,
        signature: "a, b, rel_tol=1e-09, abs_tol=0.0",
        doc: "Whether two numbers are equal within a relative and an absolute tolerance.",
        doc_pt: "Se dois números são iguais dentro de uma tolerância relativa e de uma absoluta.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Named {
            parameters: Parameters { names: &["a", "b", "rel_tol", "abs_tol"], required: 2, positional: 2 },
            call: isclose,
        },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "isfinite",
        section: Section::Floats,
        signature: "x",
        doc: "Whether a number is neither infinite nor nan.",
        doc_pt: "Se um número não é infinito nem nan.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::One(|value, _| Ok(Value::Bool(to_float(value)?.is_finite()))),
        exact: InExact::Formula(|values, _| exact::always(true, values)),
        decimal: InDecimal::Formula(|values, _| decimal::always(true, values)),
        column: Column::None,
    },
    Function {
        name: "isinf",
        section: Section::Floats,
        signature: "x",
        doc: "Whether a number is infinite.",
        doc_pt: "Se um número é infinito.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::One(|value, _| Ok(Value::Bool(to_float(value)?.is_infinite()))),
        exact: InExact::Formula(|values, _| exact::always(false, values)),
        decimal: InDecimal::Formula(|values, _| decimal::always(false, values)),
        column: Column::None,
    },
    Function {
        name: "isnan",
        section: Section::Floats,
        signature: "x",
        doc: "Whether a number is nan (not a number).",
        doc_pt: "Se um número é nan (não é um número).",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::One(|value, _| Ok(Value::Bool(to_float(value)?.is_nan()))),
        exact: InExact::Formula(|values, _| exact::always(false, values)),
        decimal: InDecimal::Formula(|values, _| decimal::always(false, values)),
        column: Column::None,
    },
    Function {
        name: "ldexp",
        section: Section::Floats,
        signature: "x, i",
        doc: "x·2**i as a float.",
        doc_pt: "x·2**i como float.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::Counted { least: 2, most: 2, call: ldexp },
        exact: InExact::NotInMode,
        decimal: InDecimal::NotInMode,
        column: Column::None,
    },
    Function {
        name: "modf",
        section: Section::Floats,
        signature: "x",
        doc: "Pair of the fractional and the integer part, both floats.",
        doc_pt: "Par formado pela parte fracionária e pela parte inteira, ambas floats.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::One(modf),
        exact: InExact::Formula(exact::modf),
        decimal: InDecimal::Formula(decimal::modf),
        column: Column::None,
    },
    Function {
        name: "nextafter",
        section: Section::Floats,
        signature: "x, y, steps=None",
        doc: "Next float after x towards y; with `steps`, the float that many steps away, at most y.",
        doc_pt: "O float seguinte a x na direção de y; com `steps`, o que está a esse número de passos, no máximo y.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::Named {
            parameters: Parameters { names: &["", "", "steps"], required: 2, positional: 2 },
            call: nextafter,
        },
        exact: InExact::NotInMode,
        decimal: InDecimal::NotInMode,
        column: Column::None,
    },
    Function {
        name: "remainder",
        section: Section::Floats,
        signature: "x, y",
        doc: "Difference between x and the nearest multiple of y (IEEE 754).",
        doc_pt: "Diferença entre x e o múltiplo mais próximo de y (IEEE 754).",
        domain: Domain::Quotient,
        price: ELEMENTARY,
        python: Body::Counted { least: 2, most: 2, call: remainder },
        exact: InExact::Formula(exact::remainder),
        decimal: InDecimal::OfTwo(Decimal::remainder_near),
        column: Column::None,
    },
    Function {
        name: "sgn",
        section: Section::Numbers,
        signature: "x",
        doc: "Sign of a number: -1, 0 or 1.",
        doc_pt: "Sinal de um número: -1, 0 ou 1.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::One(sign),
        exact: InExact::Formula(exact::sign),
        decimal: InDecimal::Formula(decimal::sign),
        column: Column::None,
    },
    Function {
        name: "trunc",
        section: Section::Rounding,
        signature: "x",
        doc: "Integer part: x rounded towards 0.",
        doc_pt: "Parte inteira: x arredondado em direção a 0.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::One(trunc),
        exact: InExact::Formula(exact::trunc),
        decimal: InDecimal::Formula(|values, budget| decimal::whole(&values[0], Decimal::trunc, budget)),
        column: Column::None,
    },
    Function {
        name: "ulp",
        section: Section::Floats,
        signature: "x",
        doc: "Value of the last bit of a float: the distance to the next one.",
        doc_pt: "Valor do último bit de um float: a distância até o seguinte.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::One(ulp),
        exact: InExact::NotInMode,
        decimal: InDecimal::NotInMode,
        column: Column::None,
    },
];

fn copysign(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let (x, y) = pair(arguments, budget)?;
    float_value(x.copysign(y))
}

fn fmod(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let (x, y) = pair(arguments, budget)?;
    let value = number::fmod(x, y);
    if value.is_nan() && !x.is_nan() && !y.is_nan() {
        return Err(outside("fmod", &arguments[0]));
    }
    float_value(value)
}

fn fma(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let (x, y) = pair(arguments, budget)?;
    let z = to_float(&arguments[2])?;
    // Some C libraries lose the sign of a product that underflows to zero, if 0 is added.
    let is_product = z == 0.0 && x != 0.0 && y != 0.0;
    let value = if is_product { x * y } else { x.mul_add(y, z) };
    let is_any = |property: fn(f64) -> bool| [x, y, z].into_iter().any(property);
    if value.is_nan() && !is_any(f64::is_nan) {
        return Err(ValueError::FmaInvalid.into());
    }
    if value.is_infinite() && !is_any(|argument| !argument.is_finite()) {
        return Err(Overflow::Fma.into());
    }
    float_value(value)
}

/// C's `nextafter`.
fn next_towards(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() {
        f64::NAN
    } else if x < y {
        x.next_up()
    } else if x > y {
        x.next_down()
    } else {
        y
    }
}

fn nextafter(arguments: &[Option<Value>], _: &mut Budget) -> Outcome {
    // The first two are required.
    let [Some(x), Some(y), steps] = arguments else { return Err(ErrorKind::Internal) };
    let (x, y) = (to_float(x)?, to_float(y)?);
    let steps = match steps.as_ref().filter(|steps| !matches!(steps, Value::None)) {
        None => return float_value(next_towards(x, y)),
        Some(steps) => match integer(steps)? {
            steps if steps.is_negative() => return Err(ValueError::NegativeSteps.into()),
            // A 64-bit word counts more steps than there are floats.
            steps => steps.as_u64().unwrap_or(u64::MAX),
        },
    };
    float_value(match steps {
        0 => x,
        _ if x.is_nan() || y.is_nan() => f64::NAN,
        steps => float::steps_towards(x, y, steps),
    })
}

fn remainder(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let (x, y) = pair(arguments, budget)?;
    if x.is_nan() || y.is_nan() {
        return float_value(x + y);
    }
    if x.is_infinite() || y == 0.0 {
        return Err(outside("remainder", &arguments[0]));
    }
    if y.is_infinite() {
        return float_value(x);
    }
    // CPython's `m_remainder`, in which every step is exact.
    let (size, divisor) = (x.abs(), y.abs());
    let rest = number::fmod(size, divisor);
    let complement = divisor - rest;
    let nearest = if rest < complement {
        rest
    } else if rest > complement {
        -complement
    } else {
        // A tie goes to the even multiple.
        rest - 2.0 * number::fmod(0.5 * (size - rest), divisor)
    };
    float_value(1.0_f64.copysign(x) * nearest)
}

fn ldexp(arguments: &[Value], _: &mut Budget) -> Outcome {
    let exponent = arguments[1].integer();
    let x = to_float(&arguments[0])?;
    let exponent = exponent.ok_or(TypeError::LdexpExponent)?;
    if x == 0.0 || !x.is_finite() {
        return float_value(x);
    }
    // Beyond ±2^13, every finite float has overflowed or underflowed.
    let exponent = exponent.as_i64().unwrap_or(if exponent.is_negative() { i64::MIN } else { i64::MAX });
    let value = rounding::scale(x, exponent.clamp(-8192, 8192));
    if value.is_infinite() { Err(Overflow::Range.into()) } else { float_value(value) }
}

fn sign(value: &Value, _: &mut Budget) -> Outcome {
    let sign = match value.number() {
        Some(Number::Int(value)) if value.is_zero() => 0,
        Some(Number::Int(value)) => {
            if value.is_negative() {
                -1
            } else {
                1
            }
        }
        Some(Number::Float(value)) if value.is_nan() => return float_value(value),
        Some(Number::Float(value)) => i64::from(value > 0.0) - i64::from(value < 0.0),
        _ => return Err(TypeError::NotReal { found: value.kind() }.into()),
    };
    Ok(Value::Int(Integer::from(sign)))
}

/// `floor` and `ceil`; integers stay unchanged.
fn to_integer(value: &Value, round: fn(f64) -> f64) -> Outcome {
    match value.number() {
        Some(Number::Int(value)) => Ok(Value::Int(value)),
        Some(Number::Float(value)) => float::to_integer(round(value)).map(Value::Int),
        _ => Err(TypeError::NotReal { found: value.kind() }.into()),
    }
}

fn floor(value: &Value, _: &mut Budget) -> Outcome {
    to_integer(value, f64::floor)
}

fn ceil(value: &Value, _: &mut Budget) -> Outcome {
    to_integer(value, f64::ceil)
}

fn trunc(value: &Value, _: &mut Budget) -> Outcome {
    match value.number() {
        Some(Number::Int(_) | Number::Float(_)) => to_integer(value, f64::trunc),
        _ => Err(TypeError::NoMethod { found: value.kind(), method: "trunc".to_owned() }.into()),
    }
}

fn ulp(value: &Value, _: &mut Budget) -> Outcome {
    let x = to_float(value)?.abs();
    float_value(if !x.is_finite() {
        x
    } else if x == f64::MAX {
        // The next float is infinite; the step below is equally wide.
        x - x.next_down()
    } else {
        x.next_up() - x
    })
}

fn isclose(arguments: &[Option<Value>], budget: &mut Budget) -> Outcome {
    match budget.mode {
        Mode::Python => {}
        Mode::Exact => return exact::is_close(arguments, budget),
        Mode::Decimal(_) => return decimal::is_close(arguments, budget),
    }
    let number = |at: usize, otherwise: f64| arguments[at].as_ref().map_or(Ok(otherwise), to_float);
    let (a, b, relative, absolute) = (number(0, 0.0)?, number(1, 0.0)?, number(2, 1e-9)?, number(3, 0.0)?);
    if relative < 0.0 || absolute < 0.0 {
        return Err(ValueError::NegativeTolerance.into());
    }
    let difference = (b - a).abs();
    let finite = a.is_finite() && b.is_finite();
    let near = difference <= (relative * b).abs() || difference <= (relative * a).abs() || difference <= absolute;
    // An infinity is close only to itself.
    Ok(Value::Bool(a == b || (finite && near)))
}

fn frexp(value: &Value, budget: &mut Budget) -> Outcome {
    let x = to_float(value)?;
    let (mantissa, exponent) = if x == 0.0 || !x.is_finite() {
        (x, 0)
    } else {
        let (digits, unit) = rounding::parts(x);
        let bits = 64 - i64::from(digits.leading_zeros());
        (rounding::scale(x, -(i64::from(unit) + bits)), i64::from(unit) + bits)
    };
    Value::tuple(vec![Value::Float(mantissa), Value::Int(Integer::from(exponent))], budget)
}

fn modf(value: &Value, budget: &mut Budget) -> Outcome {
    let x = to_float(value)?;
    let whole = x.trunc();
    let fraction = match x.partial_cmp(&whole) {
        Some(Ordering::Equal) => 0.0_f64.copysign(x),
        _ => (x - whole).copysign(x),
    };
    Value::tuple(vec![Value::Float(fraction), Value::Float(whole)], budget)
}
