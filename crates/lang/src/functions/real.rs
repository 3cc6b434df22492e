//! The functions of `math` on floats. What libm gives CPython is correctly rounded here (`pxfm`), the same on every
//! machine; what CPython composes itself (`degrees`, `radians`) follows its formula to the bit.

use super::{Body, ELEMENTARY, Function, Outcome, Parameters, SCALAR, to_float};
use crate::error::{ErrorKind, Overflow, TypeError, ValueError, ZeroDivision};
use crate::limits::{Budget, price};
use crate::mode::Mode;
use crate::number::{Integer, Number, binary, float, precise, special};
use crate::value::Value;

const fn elementary(name: &'static str, doc: &'static str, call: fn(f64) -> f64) -> Function {
    Function { name, price: ELEMENTARY, doc, body: Body::Real { call, overflows: false } }
}

const fn overflowing(name: &'static str, doc: &'static str, call: fn(f64) -> f64) -> Function {
    Function { name, price: ELEMENTARY, doc, body: Body::Real { call, overflows: true } }
}

const fn one(name: &'static str, doc: &'static str, call: fn(&Value, &mut Budget) -> Outcome) -> Function {
    Function { name, price: ELEMENTARY, doc, body: Body::One(call) }
}

const fn two(name: &'static str, doc: &'static str, call: fn(&[Value], &mut Budget) -> Outcome) -> Function {
    Function { name, price: ELEMENTARY, doc, body: Body::Counted { least: 2, most: 2, call } }
}

pub(super) const TABLE: &[Function] = &[
    elementary("acos", "arc cosine, in radians", pxfm::f_acos),
    elementary("acosh", "inverse hyperbolic cosine", pxfm::f_acosh),
    elementary("asin", "arc sine, in radians", pxfm::f_asin),
    elementary("asinh", "inverse hyperbolic sine", pxfm::f_asinh),
    elementary("atan", "arc tangent, in radians", pxfm::f_atan),
    two("atan2", "arc tangent of y/x in the right quadrant, in radians", atan2),
    elementary("atanh", "inverse hyperbolic tangent", pxfm::f_atanh),
    elementary("cbrt", "cube root", pxfm::f_cbrt),
    one("ceil", "the smallest integer not below", ceil),
    two("copysign", "the first with the sign of the second", copysign),
    elementary("cos", "cosine of an angle in radians", pxfm::f_cos),
    overflowing("cosh", "hyperbolic cosine", pxfm::f_cosh),
    one("degrees", "radians to degrees", degrees),
    elementary("erf", "error function", pxfm::f_erf),
    elementary("erfc", "complementary error function", pxfm::f_erfc),
    overflowing("exp", "e to the power of the argument", pxfm::f_exp),
    overflowing("exp2", "2 to the power of the argument", pxfm::f_exp2),
    overflowing("expm1", "exp(x) - 1, precise near 0", pxfm::f_expm1),
    elementary("fabs", "absolute value as a float", f64::abs),
    one("floor", "the largest integer not above", floor),
    two("fmod", "remainder with the sign of the first", fmod),
    one("gamma", "gamma function", gamma),
    Function { name: "hypot", price: ELEMENTARY, doc: "square root of the sum of squares", body: Body::Any(hypot) },
    Function {
        name: "isclose",
        price: SCALAR,
        doc: "whether two numbers are close, by a relative and an absolute tolerance",
        body: Body::Named {
            parameters: Parameters { names: &["a", "b", "rel_tol", "abs_tol"], required: 2, positional: 2 },
            call: isclose,
        },
    },
    one("isfinite", "whether neither infinite nor nan", |value, _| Ok(Value::Bool(to_float(value)?.is_finite()))),
    one("isinf", "whether infinite", |value, _| Ok(Value::Bool(to_float(value)?.is_infinite()))),
    one("isnan", "whether nan", |value, _| Ok(Value::Bool(to_float(value)?.is_nan()))),
    two("ldexp", "x·2**i", ldexp),
    one("lgamma", "logarithm of the gamma function's magnitude", lgamma),
    one("ln", "natural logarithm", natural_logarithm),
    Function { name: "log", price: ELEMENTARY, doc: "natural logarithm, or to a base", body: Body::Logarithm(log) },
    one("log10", "logarithm to base 10", |value, budget| {
        logarithm(value, budget, pxfm::f_log10, |integer| precise::log_base(integer, 10))
    }),
    elementary("log1p", "log(1 + x), precise near 0", pxfm::f_log1p),
    one("log2", "logarithm to base 2", |value, budget| {
        logarithm(value, budget, pxfm::f_log2, |integer| precise::log_base(integer, 2))
    }),
    two("nextafter", "the next float after x towards y", nextafter),
    one("radians", "degrees to radians", radians),
    two("remainder", "IEEE 754 remainder: x minus the nearest multiple of y", remainder),
    one("sgn", "the sign: -1, 0 or 1", sign),
    elementary("sin", "sine of an angle in radians", pxfm::f_sin),
    overflowing("sinh", "hyperbolic sine", pxfm::f_sinh),
    elementary("sqrt", "square root", f64::sqrt),
    elementary("tan", "tangent of an angle in radians", pxfm::f_tan),
    elementary("tanh", "hyperbolic tangent", pxfm::f_tanh),
    one("trunc", "the integer part", trunc),
    one("ulp", "the distance to the next float", ulp),
];

/// Functions that a bare name does not reach: `pow` is the built-in.
pub(super) const QUALIFIED: &[Function] = &[two("pow", "power on floats", pow)];

/// Both arguments as floats.
fn pair(arguments: &[Value]) -> Result<(f64, f64), ErrorKind> {
    Ok((to_float(&arguments[0])?, to_float(&arguments[1])?))
}

fn float_value(value: f64) -> Outcome {
    Ok(Value::Float(value))
}

fn atan2(arguments: &[Value], _: &mut Budget) -> Outcome {
    let (y, x) = pair(arguments)?;
    float_value(pxfm::f_atan2(y, x))
}

fn copysign(arguments: &[Value], _: &mut Budget) -> Outcome {
    let (x, y) = pair(arguments)?;
    float_value(x.copysign(y))
}

fn fmod(arguments: &[Value], _: &mut Budget) -> Outcome {
    let (x, y) = pair(arguments)?;
    let value = x % y;
    if value.is_nan() && !x.is_nan() && !y.is_nan() {
        return Err(ValueError::Domain.into());
    }
    float_value(value)
}

fn nextafter(arguments: &[Value], _: &mut Budget) -> Outcome {
    let (x, y) = pair(arguments)?;
    float_value(if x.is_nan() || y.is_nan() {
        f64::NAN
    } else if x < y {
        x.next_up()
    } else if x > y {
        x.next_down()
    } else {
        y
    })
}

fn remainder(arguments: &[Value], _: &mut Budget) -> Outcome {
    let (x, y) = pair(arguments)?;
    if x.is_nan() || y.is_nan() {
        return float_value(x + y);
    }
    if x.is_infinite() || y == 0.0 {
        return Err(ValueError::Domain.into());
    }
    if y.is_infinite() {
        return float_value(x);
    }
    // CPython's `m_remainder`: every step is exact.
    let (size, divisor) = (x.abs(), y.abs());
    let rest = size % divisor;
    let complement = divisor - rest;
    let nearest = if rest < complement {
        rest
    } else if rest > complement {
        -complement
    } else {
        // Half way: the even multiple.
        rest - 2.0 * ((0.5 * (size - rest)) % divisor)
    };
    float_value(1.0_f64.copysign(x) * nearest)
}

fn pow(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let (x, y) = pair(arguments)?;
    let value = if y == 0.0 || x == 1.0 { 1.0 } else { float::real_power(x, y, budget)? };
    if x.is_finite() && y.is_finite() {
        if value.is_nan() || (value.is_infinite() && x == 0.0) {
            return Err(ValueError::Domain.into());
        }
        if value.is_infinite() {
            return Err(Overflow::Range.into());
        }
    }
    float_value(value)
}

fn ldexp(arguments: &[Value], _: &mut Budget) -> Outcome {
    let exponent = arguments[1].integer();
    let x = to_float(&arguments[0])?;
    let exponent = exponent.ok_or(TypeError::LdexpExponent)?;
    if x == 0.0 || !x.is_finite() {
        return float_value(x);
    }
    // Beyond ±2^13 every finite float has over- or underflowed.
    let exponent = exponent.as_i64().unwrap_or(if exponent.is_negative() { i64::MIN } else { i64::MAX });
    let value = binary::scale(x, exponent.clamp(-8192, 8192));
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

fn degrees(value: &Value, _: &mut Budget) -> Outcome {
    float_value(to_degrees(to_float(value)?))
}

pub(super) fn to_degrees(radians: f64) -> f64 {
    radians * (180.0 / std::f64::consts::PI)
}

fn radians(value: &Value, _: &mut Budget) -> Outcome {
    float_value(to_radians(to_float(value)?))
}

pub(super) fn to_radians(degrees: f64) -> f64 {
    degrees * (std::f64::consts::PI / 180.0)
}

/// `floor`, `ceil`: integers stay what they are.
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
        // The next one up is infinite; the step below is as wide.
        x - x.next_down()
    } else {
        x.next_up() - x
    })
}

fn is_pole(x: f64) -> bool {
    x <= 0.0 && x == x.floor() && x.is_finite()
}

fn gamma(value: &Value, budget: &mut Budget) -> Outcome {
    let x = to_float(value)?;
    if x == f64::NEG_INFINITY || is_pole(x) {
        return Err(ValueError::Domain.into());
    }
    budget.charge(special::PRICE)?;
    let value = special::gamma(x);
    if value.is_infinite() && x.is_finite() { Err(Overflow::Range.into()) } else { float_value(value) }
}

fn lgamma(value: &Value, budget: &mut Budget) -> Outcome {
    let x = to_float(value)?;
    if is_pole(x) {
        return Err(ValueError::Domain.into());
    }
    budget.charge(special::PRICE)?;
    let value = special::lgamma(x);
    if value.is_infinite() && x.is_finite() { Err(Overflow::Range.into()) } else { float_value(value) }
}

/// A logarithm of a float, or of an integer of any size.
fn logarithm(value: &Value, budget: &mut Budget, log: fn(f64) -> f64, precise: fn(&Integer) -> f64) -> Outcome {
    if let Some(integer) = value.integer() {
        if integer.is_zero() || integer.is_negative() {
            return Err(ValueError::Domain.into());
        }
        if integer.to_float().is_none() {
            budget.charge(price::EXTENDED)?;
            return float_value(precise(&integer));
        }
    }
    let x = to_float(value)?;
    if x <= 0.0 {
        return Err(ValueError::Domain.into());
    }
    float_value(log(x))
}

fn natural_logarithm(value: &Value, budget: &mut Budget) -> Outcome {
    logarithm(value, budget, pxfm::f_log, precise::log)
}

/// `log(x)`, and `log(x, base)` correctly rounded (CPython divides two rounded logarithms).
fn log(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let numerator = natural_logarithm(&arguments[0], budget)?;
    let Some(base) = arguments.get(1) else { return Ok(numerator) };
    let (Value::Float(numerator), Value::Float(denominator)) = (numerator, natural_logarithm(base, budget)?) else {
        return Err(ErrorKind::Internal);
    };
    if denominator == 0.0 {
        return Err(ZeroDivision::Float.into());
    }
    if numerator == 0.0 || !numerator.is_finite() || !denominator.is_finite() {
        return float_value(numerator / denominator);
    }
    budget.charge(price::EXTENDED)?;
    match (arguments[0].number(), base.number()) {
        (Some(x), Some(base)) => float_value(precise::log_ratio(&x, &base)),
        _ => Err(ErrorKind::Internal),
    }
}

/// Correctly rounded for any number of arguments, by exact integers (the library's for two misrounds one in seven).
fn hypot(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let values = arguments.iter().map(to_float).collect::<Result<Vec<f64>, _>>()?;
    budget.charge(price::ELEMENTARY * 32 * values.len() as u64)?;
    if values.iter().any(|value| value.is_infinite()) {
        return float_value(f64::INFINITY);
    }
    if values.iter().any(|value| value.is_nan()) {
        return float_value(f64::NAN);
    }
    float_value(Integer::root_of_sum_of_squares(&values))
}

fn isclose(arguments: &[Option<Value>], budget: &mut Budget) -> Outcome {
    match budget.mode {
        Mode::Python => {}
        Mode::Exact => return super::exact::is_close(arguments, budget),
        Mode::Decimal(_) => return super::decimal::is_close(arguments, budget),
    }
    let number = |at: usize, otherwise: f64| arguments[at].as_ref().map_or(Ok(otherwise), to_float);
    let (a, b, relative, absolute) = (number(0, 0.0)?, number(1, 0.0)?, number(2, 1e-9)?, number(3, 0.0)?);
    if relative < 0.0 || absolute < 0.0 {
        return Err(ValueError::NegativeTolerance.into());
    }
    let difference = (b - a).abs();
    let finite = a.is_finite() && b.is_finite();
    let near = difference <= (relative * b).abs() || difference <= (relative * a).abs() || difference <= absolute;
    // Infinities are close to themselves only.
    Ok(Value::Bool(a == b || (finite && near)))
}
