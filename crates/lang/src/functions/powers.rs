//! Powers, roots, logarithms and special functions, correctly rounded.

use super::row::{Body, Column, Domain, Function, InDecimal, InExact};
use super::{ELEMENTARY, Outcome, Section, decimal, exact, float_value, outside, pair, to_float};
use crate::error::{ErrorKind, Overflow, ZeroDivision};
use crate::limits::{Budget, price};
use crate::number::erf::erf_of_each;
use crate::number::logarithm::{ln, ln_of_each, log2, log2_of_each, log10, log10_of_each};
use crate::number::{Decimal, Integer, fixed_256, float, special};
use crate::value::Value;

pub(super) const TABLE: &[Function] = &[
    Function {
        name: "cbrt",
        section: Section::Powers,
        signature: "x",
        doc: "Real cube root.",
        doc_pt: "Raiz cúbica real.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::Float(pxfm::f_cbrt),
        exact: InExact::Formula(exact::cbrt),
        decimal: InDecimal::OfOne(decimal::cube_root),
        column: Column::Same,
    },
    Function {
        name: "erf",
        section: Section::Special,
        signature: "x",
        doc: "Error function.",
        doc_pt: "Função erro.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::Float(pxfm::f_erf),
        exact: InExact::OnlyAt(0, 0),
        decimal: InDecimal::NotInMode,
        column: Column::Each(pxfm::f_erf, erf_of_each),
    },
    Function {
        name: "erfc",
        section: Section::Special,
        signature: "x",
        doc: "Complementary error function: 1 - erf(x), accurate for large x.",
        doc_pt: "Função erro complementar: 1 - erf(x), precisa para x grande.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::Float(pxfm::f_erfc),
        exact: InExact::OnlyAt(0, 1),
        decimal: InDecimal::NotInMode,
        column: Column::Same,
    },
    Function {
        name: "exp",
        section: Section::Powers,
        signature: "x",
        doc: "e to the power of x.",
        doc_pt: "e elevado a x.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::Overflowing(pxfm::f_exp),
        exact: InExact::OnlyAt(0, 1),
        decimal: InDecimal::OfOne(Decimal::exp),
        column: Column::Same,
    },
    Function {
        name: "exp2",
        section: Section::Powers,
        signature: "x",
        doc: "2 to the power of x.",
        doc_pt: "2 elevado a x.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::Overflowing(pxfm::f_exp2),
        exact: InExact::Formula(exact::exp2),
        decimal: InDecimal::OfOne(|x, precision, budget| decimal::integer(2).power(x, precision, budget)),
        column: Column::Same,
    },
    Function {
        name: "expm1",
        section: Section::Powers,
        signature: "x",
        doc: "exp(x) - 1, accurate for x near 0.",
        doc_pt: "exp(x) - 1, precisa para x perto de 0.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::Overflowing(pxfm::f_expm1),
        exact: InExact::OnlyAt(0, 0),
        decimal: InDecimal::OfOne(Decimal::exp_minus_1),
        column: Column::Same,
    },
    Function {
        name: "gamma",
        section: Section::Special,
        signature: "x",
        doc: "Gamma function: (x - 1)! for whole 1 ≤ x.",
        doc_pt: "Função gama: (x - 1)! para x inteiro, 1 ≤ x.",
        domain: Domain::NoPoles,
        price: ELEMENTARY,
        python: Body::One(gamma),
        exact: InExact::Formula(exact::gamma),
        decimal: InDecimal::NotInMode,
        column: Column::None,
    },
    Function {
        name: "hypot",
        section: Section::Powers,
        signature: "*coordinates",
        doc: "Square root of the sum of the squares: the length of a vector.",
        doc_pt: "Raiz quadrada da soma dos quadrados: o comprimento de um vetor.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::Any(hypot),
        exact: InExact::Formula(exact::hypot),
        decimal: InDecimal::Formula(decimal::hypot),
        column: Column::None,
    },
    Function {
        name: "lgamma",
        section: Section::Special,
        signature: "x",
        doc: "Natural logarithm of the absolute value of the gamma function.",
        doc_pt: "Logaritmo natural do valor absoluto da função gama.",
        domain: Domain::NoPoles,
        price: ELEMENTARY,
        python: Body::One(lgamma),
        exact: InExact::Formula(exact::lgamma),
        decimal: InDecimal::NotInMode,
        column: Column::None,
    },
    Function {
        name: "ln",
        section: Section::Powers,
        signature: "x",
        doc: "Natural logarithm, 0 < x.",
        doc_pt: "Logaritmo natural, 0 < x.",
        domain: Domain::Positive,
        price: ELEMENTARY,
        python: Body::One(natural_logarithm),
        exact: InExact::Formula(|values, budget| exact::logarithm("ln", None, values, budget)),
        decimal: InDecimal::OfOne(Decimal::ln),
        column: Column::Each(ln, ln_of_each),
    },
    Function {
        name: "log",
        section: Section::Powers,
        signature: "x[, base]",
        doc: "Logarithm to a base (without one, the natural logarithm), 0 < x.",
        doc_pt: "Logaritmo em uma base (sem ela, o logaritmo natural), 0 < x.",
        domain: Domain::Positive,
        price: ELEMENTARY,
        python: Body::Counted { least: 1, most: 2, call: log },
        exact: InExact::Formula(|values, budget| exact::logarithm("log", None, values, budget)),
        decimal: InDecimal::Formula(decimal::log),
        column: Column::Each(ln, ln_of_each),
    },
    Function {
        name: "log10",
        section: Section::Powers,
        signature: "x",
        doc: "Logarithm to base 10, 0 < x.",
        doc_pt: "Logaritmo na base 10, 0 < x.",
        domain: Domain::Positive,
        price: ELEMENTARY,
        python: Body::One(|value, budget| {
            logarithm("log10", value, budget, pxfm::f_log10, |integer| fixed_256::log_base(integer, 10))
        }),
        exact: InExact::Formula(|values, budget| exact::logarithm("log10", Some(10), values, budget)),
        decimal: InDecimal::OfOne(|x, precision, budget| x.log(&decimal::integer(10), "log10", precision, budget)),
        column: Column::Each(log10, log10_of_each),
    },
    Function {
        name: "log1p",
        section: Section::Powers,
        signature: "x",
        doc: "Natural logarithm of 1 + x, accurate for x near 0, -1 < x.",
        doc_pt: "Logaritmo natural de 1 + x, preciso para x perto de 0, -1 < x.",
        domain: Domain::AboveMinusOne,
        price: ELEMENTARY,
        python: Body::Float(pxfm::f_log1p),
        exact: InExact::OnlyAt(0, 0),
        decimal: InDecimal::OfOne(Decimal::ln_plus_1),
        column: Column::Same,
    },
    Function {
        name: "log2",
        section: Section::Powers,
        signature: "x",
        doc: "Logarithm to base 2, 0 < x.",
        doc_pt: "Logaritmo na base 2, 0 < x.",
        domain: Domain::Positive,
        price: ELEMENTARY,
        python: Body::One(|value, budget| {
            logarithm("log2", value, budget, pxfm::f_log2, |integer| fixed_256::log_base(integer, 2))
        }),
        exact: InExact::Formula(|values, budget| exact::logarithm("log2", Some(2), values, budget)),
        decimal: InDecimal::OfOne(|x, precision, budget| x.log(&decimal::integer(2), "log2", precision, budget)),
        column: Column::Each(log2, log2_of_each),
    },
    Function {
        name: "sqrt",
        section: Section::Powers,
        signature: "x",
        doc: "Square root as a float, 0 ≤ x; `√x` takes any number.",
        doc_pt: "Raiz quadrada como float, 0 ≤ x; `√x` aceita qualquer número.",
        domain: Domain::NotNegative,
        price: ELEMENTARY,
        python: Body::Float(f64::sqrt),
        exact: InExact::Formula(exact::sqrt),
        decimal: InDecimal::OfOne(Decimal::square_root),
        column: Column::Root,
    },
];

/// A function that is called only as `math.pow`: the bare name `pow` is the built-in.
pub(super) const QUALIFIED: &[Function] = &[Function {
    name: "pow",
    section: Section::Powers,
    signature: "x, y",
    doc: "Power of two floats, like `pow` in C.",
    doc_pt: "Potência de dois floats, como o `pow` da linguagem C.",
    domain: Domain::RealPower,
    price: ELEMENTARY + 2,
    python: Body::Counted { least: 2, most: 2, call: pow },
    exact: InExact::Formula(exact::power),
    decimal: InDecimal::OfTwo(Decimal::power),
    column: Column::None,
}];

fn pow(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let (x, y) = pair(arguments, budget)?;
    let value = if y == 0.0 || x == 1.0 { 1.0 } else { float::real_power(x, y, budget)? };
    if x.is_finite() && y.is_finite() {
        if value.is_nan() || (value.is_infinite() && x == 0.0) {
            return Err(outside("math.pow", &arguments[0]));
        }
        if value.is_infinite() {
            return Err(Overflow::Range.into());
        }
    }
    float_value(value)
}

fn is_pole(x: f64) -> bool {
    x <= 0.0 && x == x.floor() && x.is_finite()
}

fn gamma(value: &Value, budget: &mut Budget) -> Outcome {
    let x = to_float(value)?;
    if x == f64::NEG_INFINITY || is_pole(x) {
        return Err(outside("gamma", value));
    }
    let value = gamma_or_logarithm(x, special::quick_gamma, special::gamma, budget)?;
    if value.is_infinite() && x.is_finite() { Err(Overflow::Range.into()) } else { float_value(value) }
}

fn lgamma(value: &Value, budget: &mut Budget) -> Outcome {
    let x = to_float(value)?;
    if is_pole(x) {
        return Err(outside("lgamma", value));
    }
    let value = gamma_or_logarithm(x, special::quick_lgamma, special::lgamma, budget)?;
    if value.is_infinite() && x.is_finite() { Err(Overflow::Range.into()) } else { float_value(value) }
}

/// A value by the quick function, or by the other where that does not have enough bits.
fn gamma_or_logarithm(
    x: f64,
    quick: fn(f64) -> Option<f64>,
    in_full: fn(f64) -> f64,
    budget: &mut Budget,
) -> Result<f64, ErrorKind> {
    budget.charge(special::QUICK_PRICE)?;
    if let Some(value) = quick(x) {
        return Ok(value);
    }
    budget.charge(special::PRICE)?;
    Ok(in_full(x))
}

/// A logarithm of a float, or of an integer of any size.
fn logarithm(
    function: &str,
    value: &Value,
    budget: &mut Budget,
    log: fn(f64) -> f64,
    precise: fn(&Integer) -> f64,
) -> Outcome {
    if let Some(integer) = value.integer() {
        if integer.is_zero() || integer.is_negative() {
            return Err(outside(function, value));
        }
        if integer.to_float().is_none() {
            budget.charge(price::EXTENDED)?;
            return float_value(precise(&integer));
        }
    }
    let x = to_float(value)?;
    if x <= 0.0 {
        return Err(outside(function, value));
    }
    float_value(log(x))
}

fn natural_logarithm(value: &Value, budget: &mut Budget) -> Outcome {
    logarithm("log", value, budget, pxfm::f_log, fixed_256::log)
}

/// `log(x)`, and `log(x, base)`, which is correctly rounded (CPython divides two rounded logarithms).
fn log(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let numerator = natural_logarithm(&arguments[0], budget)?;
    let Some(base) = arguments.get(1) else { return Ok(numerator) };
    let (Value::Float(numerator), Value::Float(denominator)) = (numerator, natural_logarithm(base, budget)?) else {
        return Err(ErrorKind::Internal);
    };
    if denominator == 0.0 {
        return Err(ZeroDivision::Base.into());
    }
    if numerator == 0.0 || !numerator.is_finite() || !denominator.is_finite() {
        return float_value(numerator / denominator);
    }
    budget.charge(price::EXTENDED)?;
    match (arguments[0].number(), base.number()) {
        (Some(x), Some(base)) => float_value(fixed_256::log_ratio(&x, &base)),
        _ => Err(ErrorKind::Internal),
    }
}

/// Correctly rounded for any number of arguments, with exact integers (the library's function for two arguments
/// misrounds one result in seven).
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
