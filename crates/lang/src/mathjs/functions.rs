//! The functions, one row each, in the order of their names.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::complex::Complex;
use super::digits::in_base;
use super::format::{Style, javascript, write};
use super::operators::{ROUNDING_PRICE, binary, bits_decided, equal, second_truth, truth, unary};
use super::program::{Binary, Unary};
use super::real;
use super::stop::{Outcome, Stop, error, type_error, unsupported};
use super::value::{Kind, Scalar, Value, hold_list, number_of, real, scalar, unexpected};
use crate::limits::{Budget, price};
use crate::listsort;
use crate::number::float;

/// A function: its name, how many arguments it takes, and what it does.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    least: usize,
    most: usize,
    body: Body,
}

#[derive(Debug)]
enum Body {
    /// A function of a number: real where `is_real` says so, else complex.
    Analytic {
        real: fn(f64) -> f64,
        is_real: fn(f64) -> bool,
        complex: fn(Complex) -> Complex,
        maps: bool,
    },
    /// A function of a real number. On a list, it is applied to each element.
    Real(fn(f64, &mut Budget) -> Outcome<Value>),
    /// The function of an operator.
    Binary(Binary),
    Unary(Unary),
    /// Anything else.
    Plain(fn(&[Value], &mut Budget) -> Outcome<Value>),
}

const MANY: usize = usize::MAX;

const fn plain(
    name: &'static str,
    least: usize,
    most: usize,
    body: fn(&[Value], &mut Budget) -> Outcome<Value>,
) -> Row {
    Row { name, least, most, body: Body::Plain(body) }
}

const fn analytic(
    name: &'static str,
    real: fn(f64) -> f64,
    is_real: fn(f64) -> bool,
    complex: fn(Complex) -> Complex,
) -> Row {
    Row { name, least: 1, most: 1, body: Body::Analytic { real, is_real, complex, maps: false } }
}

/// An analytic function that is also applied to each element of a list.
const fn mapped(
    name: &'static str,
    real: fn(f64) -> f64,
    is_real: fn(f64) -> bool,
    complex: fn(Complex) -> Complex,
) -> Row {
    Row { name, least: 1, most: 1, body: Body::Analytic { real, is_real, complex, maps: true } }
}

const fn of_real(name: &'static str, body: fn(f64, &mut Budget) -> Outcome<Value>) -> Row {
    Row { name, least: 1, most: 1, body: Body::Real(body) }
}

const fn operator(name: &'static str, operation: Binary) -> Row {
    Row { name, least: 2, most: 2, body: Body::Binary(operation) }
}

const fn prefix(name: &'static str, operation: Unary) -> Row {
    Row { name, least: 1, most: 1, body: Body::Unary(operation) }
}

fn always(_: f64) -> bool {
    true
}

fn from_zero(x: f64) -> bool {
    x >= 0.0
}

fn within_one(x: f64) -> bool {
    (-1.0..=1.0).contains(&x)
}

fn beyond_one(x: f64) -> bool {
    x >= 1.0 || x <= -1.0
}

fn real_part(x: f64) -> Complex {
    Complex { re: x, im: 0.0 }
}

static ROWS: &[Row] = &[
    plain("abs", 1, 1, abs),
    analytic("acos", pxfm::f_acos, within_one, Complex::acos),
    analytic(
        "acosh",
        pxfm::f_acosh,
        |x| x >= 1.0,
        |z| {
            // Of a real number, by math.js itself.
            if z.im == 0.0 && z.re <= -1.0 {
                let re = pxfm::f_log((z.re * z.re - 1.0).sqrt() - z.re);
                return Complex { re, im: std::f64::consts::PI };
            }
            z.acosh()
        },
    ),
    analytic("acot", |x| pxfm::f_atan(1.0 / x), always, Complex::acot),
    analytic("acoth", acoth, beyond_one, Complex::acoth),
    analytic("acsc", |x| pxfm::f_asin(1.0 / x), beyond_one, Complex::acsc),
    analytic("acsch", |x| pxfm::f_log(1.0 / x + (1.0 / x * (1.0 / x) + 1.0).sqrt()), always, Complex::acsch),
    plain("add", 2, MANY, |args, budget| fold(Binary::Add, args, budget)),
    plain("and", 2, 2, |args, _| Ok(Value::Bool(truth(&args[0], "and")? && second_truth(&args[0], &args[1], "and")?))),
    plain("arg", 1, 1, |args, _| of_complex(&args[0], "arg", Complex::argument)),
    analytic("asec", |x| pxfm::f_acos(1.0 / x), beyond_one, Complex::asec),
    analytic(
        "asech",
        asech,
        |x| x.is_sign_positive() && x <= 1.0,
        |z| {
            if z.im == 0.0 && (-1.0..=0.0).contains(&z.re) {
                return Complex { re: asech(-z.re), im: std::f64::consts::PI };
            }
            z.asech()
        },
    ),
    analytic("asin", pxfm::f_asin, within_one, Complex::asin),
    analytic("asinh", pxfm::f_asinh, always, Complex::asinh),
    analytic("atan", pxfm::f_atan, always, Complex::atan),
    plain("atan2", 2, 2, |args, budget| {
        budget.charge(price::ELEMENTARY)?;
        Ok(Value::Number(float::atan2(real(&args[0], "atan2", 0)?, real(&args[1], "atan2", 1)?)))
    }),
    analytic("atanh", pxfm::f_atanh, within_one, Complex::atanh),
    plain("bin", 1, 2, |args, budget| based(args, 2, "bin", budget)),
    operator("bitAnd", Binary::BitAnd),
    prefix("bitNot", Unary::BitNot),
    operator("bitOr", Binary::BitOr),
    operator("bitXor", Binary::BitXor),
    plain("cbrt", 1, 1, |args, budget| {
        budget.charge(4 * price::ELEMENTARY)?;
        Ok(match scalar(&args[0], "cbrt", 0)? {
            Scalar::Real(x) => Value::Number(pxfm::f_cbrt(x)),
            Scalar::Complex(z) => Value::Complex(z.cbrt()),
        })
    }),
    plain("ceil", 1, 2, |args, budget| cut(args, "ceil", real::ceil, f64::ceil, budget)),
    plain("combinations", 2, 2, |args, budget| two(args, "combinations", real::combinations, budget)),
    plain("compare", 2, 2, compare),
    plain("complex", 0, 2, complex),
    plain("concat", 1, MANY, concat),
    plain("conj", 1, 1, |args, _| match scalar(&args[0], "conj", 0)? {
        Scalar::Real(x) => Ok(Value::Number(x)),
        Scalar::Complex(z) => Ok(Value::Complex(z.conjugate())),
    }),
    analytic("cos", pxfm::f_cos, always, Complex::cos),
    analytic("cosh", pxfm::f_cosh, always, Complex::cosh),
    analytic("cot", |x| 1.0 / pxfm::f_tan(x), always, Complex::cot),
    analytic("coth", coth, always, Complex::coth),
    analytic("csc", |x| 1.0 / pxfm::f_sin(x), always, Complex::csc),
    analytic("csch", csch, always, Complex::csch),
    analytic("cube", |x| x * x * x, always, Complex::cube),
    plain("cumsum", 1, MANY, cumsum),
    operator("divide", Binary::Divide),
    operator("equal", Binary::Equal),
    of_real("erf", |x, budget| {
        budget.charge(4 * price::ELEMENTARY)?;
        Ok(Value::Number(real::erf(x)))
    }),
    analytic("exp", pxfm::f_exp, always, Complex::exp),
    analytic("expm1", pxfm::f_expm1, always, Complex::expm1),
    of_real("factorial", |x, budget| real::factorial(x, budget).map(Value::Number)),
    plain("fix", 1, 2, fix),
    plain("floor", 1, 2, |args, budget| cut(args, "floor", real::floor, f64::floor, budget)),
    plain("format", 1, 2, |args, budget| {
        let precision = args.get(1).map(|precision| match precision {
            Value::Number(_) => precision_of(real(precision, "format", 1)?),
            _ => unexpected(precision, "format", "number", 1),
        });
        let mut text = String::new();
        write(&args[0], Style::Format(precision.transpose()?.flatten()), &mut text, budget)?;
        Value::text(text, budget)
    }),
    plain("gamma", 1, 1, |args, budget| Ok(Value::Number(real::gamma(real(&args[0], "gamma", 0)?, budget)?))),
    plain("gcd", 1, MANY, |args, budget| divisors(args, "gcd", real::gcd, budget)),
    plain("hex", 1, 2, |args, budget| based(args, 16, "hex", budget)),
    plain("hypot", 1, MANY, hypot),
    plain("im", 1, 1, |args, _| of_complex(&args[0], "im", |z| z.im)),
    of_real("isInteger", |x, _| Ok(Value::Bool(x.is_finite() && real::nearly_equal(x, real::round_half_up(x))))),
    of_real("isNaN", |x, _| Ok(Value::Bool(x.is_nan()))),
    of_real("isNegative", |x, _| Ok(Value::Bool(x < 0.0 && !real::nearly_equal(x, 0.0)))),
    of_real("isPositive", |x, _| Ok(Value::Bool(x > 0.0 && !real::nearly_equal(x, 0.0)))),
    of_real("isPrime", |x, budget| real::is_prime(x, budget).map(Value::Bool)),
    plain("isZero", 1, 1, |args, budget| {
        map(&args[0], budget, &|value, _| Ok(Value::Bool(equal(value, &Value::Number(0.0), "isZero")?)))
    }),
    operator("larger", Binary::Larger),
    operator("largerEq", Binary::LargerEq),
    plain("lcm", 2, MANY, |args, budget| divisors(args, "lcm", real::lcm, budget)),
    operator("leftShift", Binary::LeftShift),
    plain("log", 1, 2, |args, budget| {
        let logarithm = |value: &Value| match scalar(value, "log", 0)? {
            Scalar::Real(x) if x >= 0.0 => Ok(Value::Number(pxfm::f_log(x))),
            other => Ok::<_, Stop>(Value::Complex(other.complex().log())),
        };
        budget.charge(4 * price::ELEMENTARY)?;
        let value = logarithm(&args[0])?;
        let Some(base) = args.get(1) else { return Ok(value) };
        binary(Binary::Divide, &value, &logarithm(base)?, budget)
    }),
    mapped("log10", pxfm::f_log10, from_zero, Complex::log10),
    plain("log1p", 1, 2, |args, budget| {
        budget.charge(4 * price::ELEMENTARY)?;
        let value = match scalar(&args[0], "log1p", 0)? {
            Scalar::Real(x) if x >= -1.0 => Value::Number(pxfm::f_log1p(x)),
            other => Value::Complex(other.complex().log1p()),
        };
        let Some(base) = args.get(1) else { return Ok(value) };
        let base = match scalar(base, "log", 0)? {
            Scalar::Real(x) if x >= 0.0 => Value::Number(pxfm::f_log(x)),
            other => Value::Complex(other.complex().log()),
        };
        binary(Binary::Divide, &value, &base, budget)
    }),
    mapped("log2", pxfm::f_log2, from_zero, Complex::log2),
    plain("max", 1, MANY, |args, budget| extreme(args, "max", real::larger, budget)),
    plain("mean", 1, MANY, mean),
    plain("median", 1, MANY, median),
    plain("min", 1, MANY, |args, budget| extreme(args, "min", real::smaller, budget)),
    operator("mod", Binary::Mod),
    plain("mode", 1, MANY, mode),
    plain("multiply", 2, MANY, |args, budget| fold(Binary::Multiply, args, budget)),
    prefix("not", Unary::Not),
    plain("nthRoot", 1, 2, |args, budget| {
        if let Ok(Scalar::Complex(_)) = scalar(&args[0], "nthRoot", 0) {
            return error("Complex number not supported in function nthRoot. Use nthRoots instead.");
        }
        let root = args.get(1).map_or(Ok(2.0), |root| real(root, "nthRoot", 1))?;
        Ok(Value::Number(real::nth_root(real(&args[0], "nthRoot", 0)?, root, budget)?))
    }),
    plain("number", 0, 1, |args, budget| match args.first() {
        None => Ok(Value::Number(0.0)),
        Some(value) => map(value, budget, &|value, _| number(value)),
    }),
    plain("oct", 1, 2, |args, budget| based(args, 8, "oct", budget)),
    plain("or", 2, 2, |args, _| Ok(Value::Bool(truth(&args[0], "or")? || second_truth(&args[0], &args[1], "or")?))),
    plain("permutations", 1, 2, |args, budget| match args {
        [n] => Ok(Value::Number(real::factorial(real(n, "permutations", 0)?, budget)?)),
        _ => two(args, "permutations", real::permutations, budget),
    }),
    operator("pow", Binary::Pow),
    plain("prod", 1, MANY, |args, budget| match reduce(Binary::Multiply, &values_of(args, "prod")?, budget)? {
        Some(product) => as_number(product),
        None => error("Cannot calculate prod of an empty array"),
    }),
    plain("quantileSeq", 2, 3, quantiles),
    plain("re", 1, 1, |args, _| of_complex(&args[0], "re", |z| z.re)),
    operator("rightArithShift", Binary::RightArithShift),
    operator("rightLogShift", Binary::RightLogShift),
    plain("round", 1, 2, round),
    analytic("sec", |x| 1.0 / pxfm::f_cos(x), always, Complex::sec),
    analytic("sech", |x| 2.0 / (pxfm::f_exp(x) + pxfm::f_exp(-x)), always, Complex::sech),
    mapped(
        "sign",
        |x| if x == 0.0 || x.is_nan() { x } else { 1.0_f64.copysign(x) },
        always,
        |z| {
            if z.im == 0.0 { real_part(if z.re == 0.0 { z.re } else { 1.0_f64.copysign(z.re) }) } else { z.sign() }
        },
    ),
    analytic("sin", pxfm::f_sin, always, Complex::sin),
    analytic("sinh", float::sinh, always, Complex::sinh),
    plain("size", 1, 1, |args, budget| {
        let size = match &args[0] {
            Value::List(values, _) => vec![values.len()],
            Value::Text(text) => vec![text.encode_utf16().count()],
            Value::Builtin(_) | Value::Defined(_) | Value::Undefined => {
                return unexpected(&args[0], "size", "Matrix", 0);
            }
            _ => vec![],
        };
        Value::list(size.into_iter().map(|size| Value::Number(size as f64)).collect(), Kind::Array, budget)
    }),
    operator("smaller", Binary::Smaller),
    operator("smallerEq", Binary::SmallerEq),
    plain("sort", 1, 2, sort),
    analytic("sqrt", f64::sqrt, |x| x >= 0.0 || x.is_nan(), Complex::sqrt),
    analytic("square", |x| x * x, always, Complex::square),
    plain("std", 1, MANY, |args, budget| {
        let variance = variance(args, "std", budget)?;
        match scalar(&variance, "sqrt", 0)? {
            Scalar::Real(x) if x >= 0.0 || x.is_nan() => Ok(Value::Number(x.sqrt())),
            other => Ok(Value::Complex(other.complex().sqrt())),
        }
    }),
    plain("string", 0, 1, |args, budget| match args.first() {
        None => Value::text(String::new(), budget),
        Some(value) => map(value, budget, &|value, budget| string(value, budget)),
    }),
    operator("subtract", Binary::Subtract),
    plain("sum", 1, MANY, |args, budget| match reduce(Binary::Add, &values_of(args, "sum")?, budget)? {
        Some(sum) => as_number(sum),
        None => Ok(Value::Number(0.0)),
    }),
    analytic("tan", pxfm::f_tan, always, Complex::tan),
    analytic("tanh", pxfm::f_tanh, always, Complex::tanh),
    prefix("unaryMinus", Unary::Minus),
    prefix("unaryPlus", Unary::Plus),
    operator("unequal", Binary::Unequal),
    plain("variance", 1, MANY, |args, budget| variance(args, "variance", budget)),
    operator("xor", Binary::Xor),
];

/// The function of a name.
pub(super) fn find(name: &str) -> Option<&'static Row> {
    let place = ROWS.binary_search_by(|row| row.name.cmp(name)).ok()?;
    Some(&ROWS[place])
}

/// The number of significant digits that a number asks for; none for 0 and what is no number.
///
/// # Errors
///
/// math.js writes digits that are not those of the value for other numbers; they are refused.
pub(super) fn precision_of(number: f64) -> Outcome<Option<u32>> {
    if number == 0.0 || number.is_nan() {
        return Ok(None);
    }
    if number < 0.0 || number.fract() != 0.0 {
        return error("The precision must be a whole number of digits");
    }
    Ok(Some(number.min(1_000.0) as u32))
}

impl Row {
    /// Calls the function.
    pub(super) fn call(&self, args: &[Value], budget: &mut Budget) -> Outcome<Value> {
        let (name, count) = (self.name, args.len());
        if count < self.least {
            return type_error(format!("Too few arguments in function {name} (expected: any, index: {count})"));
        }
        if count > self.most {
            let most = self.most;
            return type_error(format!("Too many arguments in function {name} (expected: {most}, actual: {count})"));
        }
        // Every function looks at each argument and each element once or twice.
        let reading: u64 = args.iter().map(|value| 1 + value.reading_price()).sum();
        budget.charge(price::SCALAR + 2 * reading)?;
        match &self.body {
            Body::Analytic { real, is_real, complex, maps } => {
                let one = |value: &Value, budget: &mut Budget| {
                    budget.charge(2 * price::ELEMENTARY)?;
                    match scalar(value, name, 0)? {
                        Scalar::Real(x) if is_real(x) => Ok(Value::Number(real(x))),
                        other => {
                            budget.charge(8 * price::ELEMENTARY)?;
                            Ok(Value::Complex(complex(other.complex())))
                        }
                    }
                };
                match &args[0] {
                    Value::List(..) if !maps => type_error(format!(
                        "Function '{name}' doesn't apply to matrices. To call it elementwise on a matrix 'M', try \
                         'map(M, {name})'."
                    )),
                    value => map(value, budget, &one),
                }
            }
            Body::Real(body) => map(&args[0], budget, &|value, budget| body(real(value, name, 0)?, budget)),
            Body::Binary(operation) => match bits_decided(*operation, &args[0]) {
                Some(value) => Ok(value),
                None => binary(*operation, &args[0], &args[1], budget),
            },
            Body::Unary(operation) => map(&args[0], budget, &|value, budget| unary(*operation, value, budget)),
            Body::Plain(body) => body(args, budget),
        }
    }
}

type One<'a> = &'a dyn Fn(&Value, &mut Budget) -> Outcome<Value>;

/// A function of a value, or of each element of a list.
fn map(value: &Value, budget: &mut Budget, one: One<'_>) -> Outcome<Value> {
    let Value::List(values, kind) = value else { return one(value, budget) };
    let mut mapped = Vec::new();
    for value in values.iter() {
        mapped.push(one(value, budget)?);
    }
    Value::list(mapped, *kind, budget)
}

fn fold(operation: Binary, args: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let mut result = args[0].clone();
    for value in &args[1..] {
        budget.charge(price::SCALAR)?;
        result = binary(operation, &result, value, budget)?;
    }
    Ok(result)
}

fn two(
    args: &[Value],
    name: &str,
    function: fn(f64, f64, &mut Budget) -> Outcome<f64>,
    budget: &mut Budget,
) -> Outcome<Value> {
    Ok(Value::Number(function(real(&args[0], name, 0)?, real(&args[1], name, 1)?, budget)?))
}

/// A part of a complex number; of each element of a list, it would be a matrix's.
fn of_complex(value: &Value, name: &str, part: fn(Complex) -> f64) -> Outcome<Value> {
    Ok(Value::Number(part(scalar(value, name, 0)?.complex())))
}

fn acoth(x: f64) -> f64 {
    if x.is_finite() { (pxfm::f_log((x + 1.0) / x) + pxfm::f_log(x / (x - 1.0))) / 2.0 } else { 0.0 }
}

fn asech(x: f64) -> f64 {
    let inverse = 1.0 / x;
    pxfm::f_log((inverse * inverse - 1.0).sqrt() + inverse)
}

fn coth(x: f64) -> f64 {
    let e = pxfm::f_exp(2.0 * x);
    (e + 1.0) / (e - 1.0)
}

fn csch(x: f64) -> f64 {
    if x == 0.0 { f64::INFINITY } else { (2.0 / (pxfm::f_exp(x) - pxfm::f_exp(-x))).abs().copysign(x) }
}

fn abs(args: &[Value], budget: &mut Budget) -> Outcome<Value> {
    map(&args[0], budget, &|value, _| {
        Ok(Value::Number(match scalar(value, "abs", 0)? {
            Scalar::Real(x) => x.abs(),
            Scalar::Complex(z) => z.size(),
        }))
    })
}

/// `floor` and `ceil`, with places.
fn cut(
    args: &[Value],
    name: &str,
    real_cut: fn(f64) -> f64,
    complex_cut: fn(f64) -> f64,
    budget: &mut Budget,
) -> Outcome<Value> {
    let places = args.get(1).map(|places| real(places, name, 1)).transpose()?;
    map(&args[0], budget, &|value, budget| {
        budget.charge(ROUNDING_PRICE)?;
        Ok(match (scalar(value, name, 0)?, places) {
            (Scalar::Real(x), None) => Value::Number(real_cut(x)),
            (Scalar::Real(x), Some(places)) => {
                let shift = real::shift(places, name)?;
                Value::Number(real_cut(x * shift) / shift)
            }
            (Scalar::Complex(z), places) => {
                let factor = real::power(10.0, places.unwrap_or(0.0), budget)?;
                Value::Complex(z.rounded(factor, complex_cut))
            }
        })
    })
}

fn fix(args: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let places = args.get(1).map(|places| real(places, "fix", 1)).transpose()?.map(Value::Number);
    map(&args[0], budget, &|value, budget| {
        let towards_zero = |x: f64, budget: &mut Budget| {
            let args: Vec<Value> = std::iter::once(Value::Number(x)).chain(places.clone()).collect();
            match x > 0.0 {
                true => cut(&args, "floor", real::floor, f64::floor, budget),
                false => cut(&args, "ceil", real::ceil, f64::ceil, budget),
            }
        };
        match scalar(value, "fix", 0)? {
            Scalar::Real(x) => towards_zero(x, budget),
            Scalar::Complex(z) if places.is_none() => Ok(Value::complex(z.re.trunc(), z.im.trunc())),
            Scalar::Complex(z) => {
                let (re, im) = (towards_zero(z.re, budget)?, towards_zero(z.im, budget)?);
                Ok(Value::complex(real(&re, "fix", 0)?, real(&im, "fix", 0)?))
            }
        }
    })
}

fn round(args: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let places = args.get(1).map(|places| real(places, "round", 1)).transpose()?;
    map(&args[0], budget, &|value, budget| {
        budget.charge(ROUNDING_PRICE)?;
        Ok(match scalar(value, "round", 0)? {
            Scalar::Real(x) => Value::Number(real::round(x, places.unwrap_or(0.0))?),
            Scalar::Complex(z) => {
                if places.is_some_and(|places| places.fract() != 0.0) {
                    return type_error("Number of decimals in function round must be an integer");
                }
                let factor = real::power(10.0, places.unwrap_or(0.0), budget)?;
                Value::Complex(z.rounded(factor, real::round_half_up))
            }
        })
    })
}

fn based(args: &[Value], base: u32, name: &str, budget: &mut Budget) -> Outcome<Value> {
    let mut x = real(&args[0], name, 0)?;
    // Up to a thousand digits.
    budget.charge(2_000)?;
    if !x.is_finite() {
        return Value::text(javascript(x), budget);
    }
    let mut suffix = String::new();
    if let Some(size) = args.get(1) {
        let size = real(size, name, 1)?;
        if size < 1.0 {
            return error("size must be in greater than 0");
        }
        if size.fract() != 0.0 || size > 1_000.0 {
            return error("size must be an integer");
        }
        let half = 2_f64.powi(size as i32 - 1);
        if x > half - 1.0 || x < -half {
            let bits = size - 1.0;
            return error(format!("Value must be in range [-2^{bits}, 2^{bits}-1]"));
        }
        if x.fract() != 0.0 {
            return error("Value must be an integer");
        }
        if x < 0.0 {
            x += 2.0 * half;
        }
        suffix = format!("i{size}");
    }
    let prefix = if base == 2 {
        "0b"
    } else if base == 8 {
        "0o"
    } else {
        "0x"
    };
    let sign = if x < 0.0 { "-" } else { "" };
    Value::text(format!("{sign}{prefix}{}{suffix}", in_base(x.abs(), base)), budget)
}

fn compare(args: &[Value], _: &mut Budget) -> Outcome<Value> {
    let [a, b] = [&args[0], &args[1]].map(|value| scalar(value, "compare", 0));
    let (Scalar::Real(x), Scalar::Real(y)) = (a?, b?) else {
        return type_error("No ordering relation is defined for complex numbers");
    };
    Ok(Value::Number(order(x, y)))
}

/// 0 for what is nearly equal, 1 for what is larger, else -1.
fn order(x: f64, y: f64) -> f64 {
    if real::nearly_equal(x, y) {
        0.0
    } else if x > y {
        1.0
    } else {
        -1.0
    }
}

fn complex(args: &[Value], budget: &mut Budget) -> Outcome<Value> {
    match args {
        [] => Ok(Value::complex(0.0, 0.0)),
        [value] => map(value, budget, &|value, budget| match value {
            Value::Null => Ok(Value::complex(0.0, 0.0)),
            Value::Text(text) => {
                budget.charge(10 * text.len() as u64)?;
                let invalid = || Stop::Thrown("SyntaxError: Invalid Param".to_owned());
                complex_of(text).map(Value::Complex).ok_or_else(invalid)
            }
            _ => Ok(Value::Complex(scalar(value, "complex", 0)?.complex())),
        }),
        _ => Ok(Value::complex(real(&args[0], "complex", 0)?, real(&args[1], "complex", 1)?)),
    }
}

/// A sum of real and imaginary parts as a text: `2 + 3i`.
fn complex_of(text: &str) -> Option<Complex> {
    let (mut sum, mut rest) = (real_part(0.0), text.trim());
    let (mut signs, mut is_first) = (0, true);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let after_signs = rest.trim_start_matches(['+', '-', ' ', '\t', '\n']);
        let between = &rest[..rest.len() - after_signs.len()];
        signs += between.matches(['+', '-']).count();
        if signs == 0 && !is_first {
            return None;
        }
        let sign = if between.matches('-').count() % 2 == 1 { -1.0 } else { 1.0 };
        let digits = after_signs.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(after_signs.len());
        let end = match after_signs[digits..].strip_prefix('e') {
            Some(exponent) if digits > 0 => {
                let unsigned = exponent.trim_start_matches(['+', '-']);
                let count = unsigned.find(|c: char| !c.is_ascii_digit()).unwrap_or(unsigned.len());
                if count == 0 { digits } else { after_signs.len() - unsigned.len() + count }
            }
            _ => digits,
        };
        let (number, after) = after_signs.split_at(end);
        let size = if number.is_empty() { None } else { Some(number_of(number)?) };
        match after.strip_prefix(['i', 'I']) {
            Some(after) => {
                sum.im += sign * size.unwrap_or(1.0);
                rest = after.trim_start();
            }
            None => {
                sum.re += sign * size?;
                rest = after;
            }
        }
        (signs, is_first) = (0, false);
    }
    Some(sum)
}

/// `number(value)`.
fn number(value: &Value) -> Outcome<Value> {
    match value {
        Value::Null => Ok(Value::Number(0.0)),
        Value::Text(text) if &**text == "NaN" => Ok(Value::Number(f64::NAN)),
        Value::Text(text) => match number_of(text) {
            Some(number) => Ok(Value::Number(number)),
            None => Err(Stop::Thrown(format!("SyntaxError: String \"{text}\" is not a valid number"))),
        },
        _ => Ok(Value::Number(real(value, "number", 0)?)),
    }
}

/// `string(value)`.
fn string(value: &Value, budget: &mut Budget) -> Outcome<Value> {
    let style = match value {
        Value::Text(_) => return Ok(value.clone()),
        Value::Complex(_) | Value::Builtin(_) | Value::Defined(_) => Style::Javascript,
        _ => Style::Format(None),
    };
    let mut text = String::new();
    write(value, style, &mut text, budget)?;
    Value::text(text, budget)
}

/// The arguments, or the elements of the only one. A second argument beside a list is a dimension of a matrix.
fn values_of(args: &[Value], name: &str) -> Outcome<Rc<[Value]>> {
    match args {
        [Value::List(values, _)] => Ok(values.clone()),
        _ if args.iter().any(|value| matches!(value, Value::List(..))) => unsupported("Matrices", name),
        _ => Ok(args.into()),
    }
}

fn reduce(operation: Binary, values: &[Value], budget: &mut Budget) -> Outcome<Option<Value>> {
    if values.is_empty() { Ok(None) } else { fold(operation, values, budget).map(Some) }
}

/// A text becomes its number; other values stay.
fn as_number(value: Value) -> Outcome<Value> {
    match value {
        Value::Text(_) => Ok(Value::Number(real(&value, "number", 0)?)),
        value => scalar(&value, "number", 0).map(|_| value),
    }
}

fn concat(args: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let (parts, dimension) = match args {
        [parts @ .., Value::Number(dimension)] => (parts, Some(*dimension)),
        _ => (args, None),
    };
    let is_list = matches!(parts.first(), Some(Value::List(..)));
    if is_list && dimension.is_some_and(|dimension| dimension != 1.0) {
        return unsupported("Matrices", "concat");
    }
    if is_list {
        let (mut all, mut of_all) = (Vec::new(), Kind::Array);
        for part in parts {
            let Value::List(values, kind) = part else { return unexpected(part, "concat", "Matrix", 0) };
            hold_list((all.len() + values.len()) as u64, budget)?;
            all.extend(values.iter().cloned());
            if *kind == Kind::Matrix {
                of_all = Kind::Matrix;
            }
        }
        return Value::list(all, of_all, budget);
    }
    let mut text = String::new();
    for part in args {
        let Value::Text(part) = part else { return unexpected(part, "concat", "string", 0) };
        budget.charge(1 + part.len() as u64)?;
        budget.hold(part.len() as u64)?;
        text.push_str(part);
    }
    Value::text(text, budget)
}

fn divisors(
    args: &[Value],
    name: &str,
    function: fn(f64, f64, &mut Budget) -> Outcome<f64>,
    budget: &mut Budget,
) -> Outcome<Value> {
    let values = values_of(args, name)?;
    let [first, rest @ ..] = &values[..] else { return error(format!("{name} of nothing")) };
    if rest.is_empty() {
        return type_error(format!("Too few arguments in function {name} (expected: number, index: 1)"));
    }
    let mut result = real(first, name, 0)?;
    for (index, value) in rest.iter().enumerate() {
        result = function(result, real(value, name, index + 1)?, budget)?;
    }
    Ok(Value::Number(result))
}

fn hypot(args: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let (mut result, mut largest) = (0.0, 0.0);
    for (index, value) in values_of(args, "hypot")?.iter().enumerate() {
        budget.charge(price::SCALAR)?;
        let value = real(value, "hypot", index)?.abs();
        if real::smaller(largest, value) {
            result = result * (largest / value * (largest / value)) + 1.0;
            largest = value;
        } else if value > 0.0 && !real::nearly_equal(value, 0.0) {
            result += value / largest * (value / largest);
        } else {
            result += value;
        }
    }
    Ok(Value::Number(largest * f64::sqrt(result)))
}

fn extreme(args: &[Value], name: &str, is_beyond: fn(f64, f64) -> bool, budget: &mut Budget) -> Outcome<Value> {
    let values = values_of(args, name)?;
    let mut found: Option<(&Value, f64)> = None;
    for (index, value) in values.iter().enumerate() {
        budget.charge(price::SCALAR)?;
        let Scalar::Real(x) = scalar(value, name, index)? else {
            return type_error("No ordering relation is defined for complex numbers");
        };
        if x.is_nan() || found.is_none_or(|(_, most)| is_beyond(x, most)) {
            found = Some((value, x));
        }
    }
    match found {
        Some((value, _)) => as_number(value.clone()),
        None => error(format!("Cannot calculate {name} of an empty array")),
    }
}

fn mean(args: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let values = values_of(args, "mean")?;
    match reduce(Binary::Add, &values, budget)? {
        Some(sum) => binary(Binary::Divide, &sum, &Value::Number(values.len() as f64), budget),
        None => error("Cannot calculate the mean of an empty array"),
    }
}

/// The numbers of a list, and their order, in which what is nearly equal stays as it is.
fn sorted(
    values: &[Value],
    name: &str,
    is_before: fn(f64) -> bool,
    budget: &mut Budget,
) -> Outcome<(Vec<f64>, Vec<usize>)> {
    budget.hold(4 * size_of::<f64>() as u64 * values.len() as u64)?;
    let numbers: Vec<f64> =
        values.iter().enumerate().map(|(index, value)| real(value, name, index)).collect::<Outcome<_>>()?;
    let less = |a: usize, b: usize| {
        budget.charge(2 * price::SCALAR)?;
        Ok::<_, Stop>(is_before(order(numbers[a], numbers[b])))
    };
    let places = listsort::order(numbers.len(), less)?;
    Ok((numbers, places))
}

fn ascending(values: &[Value], name: &str, budget: &mut Budget) -> Outcome<Vec<f64>> {
    let (numbers, places) = sorted(values, name, |order| order < 0.0, budget)?;
    Ok(places.into_iter().map(|place| numbers[place]).collect())
}

fn median(args: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let numbers = ascending(&values_of(args, "median")?, "median", budget)?;
    let middle = numbers.len() / 2;
    if numbers.iter().any(|x| x.is_nan()) {
        return Ok(Value::Number(f64::NAN));
    }
    match numbers.get(middle) {
        None => error("Cannot calculate median of an empty array"),
        Some(right) if numbers.len() % 2 == 0 => Ok(Value::Number((numbers[middle - 1] + right) / 2.0)),
        Some(value) => Ok(Value::Number(*value)),
    }
}

/// The values that are there most often, by their text.
fn mode(args: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let values = values_of(args, "mode")?;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let (mut modes, mut most) = (Vec::new(), 0);
    for value in values.iter() {
        if matches!(value, Value::Number(x) if x.is_nan()) {
            return error("Cannot calculate mode of an array containing NaN values");
        }
        let mut text = String::new();
        write(value, Style::Javascript, &mut text, budget)?;
        budget.hold(text.len() as u64 + 64)?;
        // A search in the tree.
        budget.charge(20)?;
        let count = counts.entry(text).or_default();
        *count += 1;
        if *count == most {
            modes.push(value.clone());
        } else if *count > most {
            most = *count;
            modes = vec![value.clone()];
        }
    }
    if modes.is_empty() {
        error("Cannot calculate mode of an empty array")
    } else {
        Value::list(modes, Kind::Array, budget)
    }
}

fn cumsum(args: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let mut sums: Vec<Value> = Vec::new();
    for value in values_of(args, "cumsum")?.iter() {
        budget.charge(price::SCALAR)?;
        sums.push(match sums.last() {
            None => unary(Unary::Plus, value, budget)?,
            Some(sum) => binary(Binary::Add, sum, value, budget)?,
        });
    }
    let kind = if let [Value::List(_, kind)] = args { *kind } else { Kind::Array };
    Value::list(sums, kind, budget)
}

fn variance(args: &[Value], name: &str, budget: &mut Budget) -> Outcome<Value> {
    let (values, divisor): (Rc<[Value]>, _) = match args {
        [Value::List(values, _), Value::Text(normalization)] => {
            let added = match &**normalization {
                "unbiased" => -1.0,
                "uncorrected" => 0.0,
                "biased" => 1.0,
                other => {
                    return error(format!(
                        "Unknown normalization \"{other}\". Choose \"unbiased\" (default), \"uncorrected\", or \
                         \"biased\"."
                    ));
                }
            };
            (values.clone(), values.len() as f64 + added)
        }
        _ => {
            let values = values_of(args, name)?;
            let divisor = values.len() as f64 - 1.0;
            (values, divisor)
        }
    };
    let count = Value::Number(values.len() as f64);
    let Some(sum) = reduce(Binary::Add, &values, budget)? else {
        return Err(Stop::Thrown(format!("SyntaxError: Function {name} requires one or more parameters (0 provided)")));
    };
    let mean = binary(Binary::Divide, &sum, &count, budget)?;
    let mut squares: Option<Value> = None;
    for value in values.iter() {
        budget.charge(3 * price::SCALAR)?;
        let difference = binary(Binary::Subtract, value, &mean, budget)?;
        let square = binary(Binary::Multiply, &difference, &difference, budget)?;
        squares = Some(match squares {
            None => square,
            Some(squares) => binary(Binary::Add, &squares, &square, budget)?,
        });
    }
    let squares = squares.unwrap_or(Value::Number(0.0));
    match squares {
        Value::Number(x) if x.is_nan() => Ok(squares),
        // Of one value, the unbiased variance is 0.
        _ if divisor == 0.0 && values.len() == 1 => Ok(Value::Number(0.0)),
        _ => binary(Binary::Divide, &squares, &Value::Number(divisor), budget),
    }
}

fn quantiles(args: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let Value::List(values, _) = &args[0] else {
        return unexpected(&args[0], "quantileSeq", "Array or Matrix", 0);
    };
    let is_sorted = match args.get(2) {
        None => false,
        Some(Value::Bool(is_sorted)) => *is_sorted,
        Some(_) => return unsupported("Matrices", "quantileSeq"),
    };
    let numbers = if is_sorted {
        values.iter().map(|value| real(value, "quantileSeq", 0)).collect::<Outcome<Vec<_>>>()?
    } else {
        ascending(values, "quantileSeq", budget)?
    };
    // What is not a number has no place among the others.
    if numbers.iter().any(|x| x.is_nan()) {
        return error("Cannot calculate quantiles of a sequence with NaN");
    }
    match &args[1] {
        Value::List(probabilities, _) => {
            let quantiles: Vec<Value> = probabilities
                .iter()
                .map(|probability| quantile(&numbers, real(probability, "quantileSeq", 1)?, budget))
                .collect::<Outcome<_>>()?;
            Value::list(quantiles, Kind::Array, budget)
        }
        probability => {
            let count = real(probability, "quantileSeq", 1)?;
            if real::smaller(count, 0.0) {
                return error("N/prob must be non-negative");
            }
            if count <= 1.0 || real::nearly_equal(count, 1.0) {
                return quantile(&numbers, count, budget);
            }
            if !real::is_integer(count) {
                return error("N must be a positive integer");
            }
            hold_list(if count < 1e15 { count as u64 } else { u64::MAX }, budget)?;
            let parts = (1..=count as u64).map(|part| quantile(&numbers, part as f64 / (count + 1.0), budget));
            let parts = parts.collect::<Outcome<Vec<_>>>()?;
            Value::list(parts, Kind::Array, budget)
        }
    }
}

fn quantile(numbers: &[f64], probability: f64, budget: &mut Budget) -> Outcome<Value> {
    budget.charge(3 * price::SCALAR)?;
    if numbers.is_empty() {
        return error("Cannot calculate quantile of an empty sequence");
    }
    let index = probability * (numbers.len() - 1) as f64;
    if !(0.0..=(numbers.len() - 1) as f64).contains(&index) {
        return error("A probability must be between 0 and 1");
    }
    let (place, part) = (index.floor() as usize, index.fract());
    // An index that is nearly an integer is one.
    if real::nearly_equal(index, real::round_half_up(index)) {
        return Ok(Value::Number(numbers[real::round_half_up(index) as usize]));
    }
    Ok(Value::Number(numbers[place] * (1.0 - part) + numbers[place + 1] * part))
}

fn sort(args: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let Value::List(values, kind) = &args[0] else { return unexpected(&args[0], "sort", "Array or Matrix", 0) };
    let is_before: fn(f64) -> bool = match args.get(1) {
        None => |order| order < 0.0,
        Some(Value::Text(order)) if &**order == "asc" => |order| order < 0.0,
        Some(Value::Text(order)) if &**order == "desc" => |order| order > 0.0,
        Some(Value::Text(order)) if &**order == "natural" => return error("The order \"natural\" is not supported"),
        Some(Value::Text(_)) => return error("String \"asc\", \"desc\", or \"natural\" expected"),
        Some(other) => return unexpected(other, "sort", "string", 1),
    };
    let (_, places) = sorted(values, "sort", is_before, budget)?;
    Value::list(places.into_iter().map(|place| values[place].clone()).collect(), *kind, budget)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mathjs::operators::condition;

    #[test]
    fn the_rows_are_in_the_order_of_their_names() {
        assert!(ROWS.is_sorted_by(|a, b| a.name < b.name));
    }

    #[test]
    fn complex_numbers_are_read_from_texts() {
        let read = |text| complex_of(text).map(|z| (z.re, z.im));
        for (text, value) in [
            ("2 + 3i", Some((2.0, 3.0))),
            ("-i", Some((0.0, -1.0))),
            ("1e2-2.5e-1i", Some((100.0, -0.25))),
            ("3", Some((3.0, 0.0))),
            ("i", Some((0.0, 1.0))),
            ("", None),
            ("abc", None),
            ("2 3", None),
            ("2 +", None),
            ("1e", None),
        ] {
            assert_eq!(read(text), value, "{text}");
        }
    }

    #[test]
    fn the_truth_of_a_condition_is_not_that_of_and() {
        assert_eq!(condition(&Value::Text("a".into())), Ok(true));
        assert!(truth(&Value::Text("a".into()), "and").is_err());
    }
}
