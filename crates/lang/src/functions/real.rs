//! The functions of `math` on floats. What libm gives CPython is correctly rounded here (`pxfm`), the same on every
//! machine; what CPython composes itself (`degrees`, `radians`) follows its formula to the bit.

use super::{Body, ELEMENTARY, Function, Outcome, Parameters, SCALAR, Section, integer, outside, to_float};
use crate::error::{ErrorKind, Overflow, TypeError, ValueError, ZeroDivision};
use crate::limits::{Budget, price};
use crate::mode::Mode;
use crate::number::angle::{self, Circular};
use crate::number::{Integer, Number, binary, circular, float, precise, special};
use crate::value::Value;

const fn elementary(
    name: &'static str,
    section: Section,
    signature: &'static str,
    doc: &'static str,
    doc_pt: &'static str,
    call: fn(f64) -> f64,
) -> Function {
    Function { name, section, signature, price: ELEMENTARY, doc, doc_pt, body: Body::Real { call, overflows: false } }
}

const fn overflowing(
    name: &'static str,
    section: Section,
    signature: &'static str,
    doc: &'static str,
    doc_pt: &'static str,
    call: fn(f64) -> f64,
) -> Function {
    Function { name, section, signature, price: ELEMENTARY, doc, doc_pt, body: Body::Real { call, overflows: true } }
}

const fn one(
    name: &'static str,
    section: Section,
    signature: &'static str,
    doc: &'static str,
    doc_pt: &'static str,
    call: fn(&Value, &mut Budget) -> Outcome,
) -> Function {
    Function { name, section, signature, price: ELEMENTARY, doc, doc_pt, body: Body::One(call) }
}

/// An inverse function that takes fixed point.
const fn inverse(name: &'static str, doc: &'static str, doc_pt: &'static str, call: fn(f64) -> f64) -> Function {
    let body = Body::Real { call, overflows: false };
    Function { name, section: Section::Trigonometry, signature: "x", price: angle::PRICE, doc, doc_pt, body }
}

const fn two(
    name: &'static str,
    section: Section,
    signature: &'static str,
    doc: &'static str,
    doc_pt: &'static str,
    call: fn(&[Value], &mut Budget) -> Outcome,
) -> Function {
    Function {
        name,
        section,
        signature,
        price: ELEMENTARY,
        doc,
        doc_pt,
        body: Body::Counted { least: 2, most: 2, call },
    }
}

pub(super) const TABLE: &[Function] = &[
    elementary(
        "acos",
        Section::Trigonometry,
        "x",
        "Arc cosine in radians, -1 ≤ x ≤ 1.",
        "Arco cosseno em radianos, -1 ≤ x ≤ 1.",
        pxfm::f_acos,
    ),
    elementary(
        "acosh",
        Section::Trigonometry,
        "x",
        "Inverse hyperbolic cosine, 1 ≤ x.",
        "Cosseno hiperbólico inverso, 1 ≤ x.",
        pxfm::f_acosh,
    ),
    inverse(
        "acot",
        "Arc cotangent in radians: the arc tangent of 1/x, π/2 for 0.",
        "Arco cotangente em radianos: o arco tangente de 1/x, π/2 para 0.",
        |x| angle::inverse(Circular::Cotangent, x),
    ),
    inverse("acsc", "Arc cosecant in radians, 1 ≤ |x|.", "Arco cossecante em radianos, 1 ≤ |x|.", |x| {
        angle::inverse(Circular::Cosecant, x)
    }),
    inverse("asec", "Arc secant in radians, 1 ≤ |x|.", "Arco secante em radianos, 1 ≤ |x|.", |x| {
        angle::inverse(Circular::Secant, x)
    }),
    elementary(
        "asin",
        Section::Trigonometry,
        "x",
        "Arc sine in radians, -1 ≤ x ≤ 1.",
        "Arco seno em radianos, -1 ≤ x ≤ 1.",
        pxfm::f_asin,
    ),
    elementary(
        "asinh",
        Section::Trigonometry,
        "x",
        "Inverse hyperbolic sine.",
        "Seno hiperbólico inverso.",
        pxfm::f_asinh,
    ),
    elementary(
        "atan",
        Section::Trigonometry,
        "x",
        "Arc tangent in radians, from -π/2 to π/2.",
        "Arco tangente em radianos, de -π/2 a π/2.",
        pxfm::f_atan,
    ),
    two(
        "atan2",
        Section::Trigonometry,
        "y, x",
        "Angle in radians, from -π to π, of the point (x, y) seen from the origin.",
        "Ângulo em radianos, de -π a π, do ponto (x, y) visto da origem.",
        atan2,
    ),
    elementary(
        "atanh",
        Section::Trigonometry,
        "x",
        "Inverse hyperbolic tangent, -1 < x < 1.",
        "Tangente hiperbólica inversa, -1 < x < 1.",
        pxfm::f_atanh,
    ),
    elementary("cbrt", Section::Powers, "x", "Real cube root.", "Raiz cúbica real.", pxfm::f_cbrt),
    one(
        "ceil",
        Section::Rounding,
        "x",
        "Smallest integer that is not less than x.",
        "O menor inteiro que não é menor que x.",
        ceil,
    ),
    two(
        "copysign",
        Section::Floats,
        "x, y",
        "Float with the size of x and the sign of y.",
        "Float com o tamanho de x e o sinal de y.",
        copysign,
    ),
    elementary(
        "cos",
        Section::Trigonometry,
        "x",
        "Cosine of an angle in radians.",
        "Cosseno de um ângulo em radianos.",
        circular::cos,
    ),
    one(
        "cot",
        Section::Trigonometry,
        "x",
        "Cotangent of an angle in radians, 1/tan(x).",
        "Cotangente de um ângulo em radianos, 1/tan(x).",
        |value, budget| reciprocal(Circular::Cotangent, value, budget),
    ),
    one(
        "csc",
        Section::Trigonometry,
        "x",
        "Cosecant of an angle in radians, 1/sin(x).",
        "Cossecante de um ângulo em radianos, 1/sin(x).",
        |value, budget| reciprocal(Circular::Cosecant, value, budget),
    ),
    one(
        "sec",
        Section::Trigonometry,
        "x",
        "Secant of an angle in radians, 1/cos(x).",
        "Secante de um ângulo em radianos, 1/cos(x).",
        |value, budget| reciprocal(Circular::Secant, value, budget),
    ),
    overflowing("cosh", Section::Trigonometry, "x", "Hyperbolic cosine.", "Cosseno hiperbólico.", pxfm::f_cosh),
    one(
        "degrees",
        Section::Trigonometry,
        "x",
        "Angle in degrees of one in radians.",
        "Ângulo em graus de um dado em radianos.",
        degrees,
    ),
    elementary("erf", Section::Special, "x", "Error function.", "Função erro.", pxfm::f_erf),
    elementary(
        "erfc",
        Section::Special,
        "x",
        "Complementary error function: 1 - erf(x), precise for large x.",
        "Função erro complementar: 1 - erf(x), precisa para x grande.",
        pxfm::f_erfc,
    ),
    overflowing("exp", Section::Powers, "x", "e to the power of x.", "e elevado a x.", pxfm::f_exp),
    overflowing("exp2", Section::Powers, "x", "2 to the power of x.", "2 elevado a x.", pxfm::f_exp2),
    overflowing(
        "expm1",
        Section::Powers,
        "x",
        "exp(x) - 1, precise for x near 0.",
        "exp(x) - 1, precisa para x perto de 0.",
        pxfm::f_expm1,
    ),
    elementary("fabs", Section::Floats, "x", "Absolute value as a float.", "Valor absoluto como float.", f64::abs),
    one(
        "floor",
        Section::Rounding,
        "x",
        "Largest integer that is not greater than x.",
        "O maior inteiro que não é maior que x.",
        floor,
    ),
    Function {
        name: "fma",
        section: Section::Floats,
        signature: "x, y, z",
        price: ELEMENTARY,
        doc: "x·y + z, rounded only once.",
        doc_pt: "x·y + z, com um único arredondamento.",
        body: Body::Counted { least: 3, most: 3, call: fma },
    },
    two(
        "fmod",
        Section::Floats,
        "x, y",
        "Remainder of x/y with the sign of x.",
        "Resto de x/y com o sinal de x.",
        fmod,
    ),
    one(
        "gamma",
        Section::Special,
        "x",
        "Gamma function: (x - 1)! for whole 1 ≤ x.",
        "Função gama: (x - 1)! para x inteiro, 1 ≤ x.",
        gamma,
    ),
    Function {
        name: "hypot",
        section: Section::Powers,
        signature: "*coordinates",
        price: ELEMENTARY,
        doc: "Square root of the sum of the squares: the length of a vector.",
        doc_pt: "Raiz quadrada da soma dos quadrados: o comprimento de um vetor.",
        body: Body::Any(hypot),
    },
    Function {
        name: "isclose",
        section: Section::Floats,
        signature: "a, b, rel_tol=1e-09, abs_tol=0.0",
        price: SCALAR,
        doc: "Whether two numbers are close, by a relative and an absolute tolerance.",
        doc_pt: "Se dois números estão próximos, por uma tolerância relativa e uma absoluta.",
        body: Body::Named {
            parameters: Parameters { names: &["a", "b", "rel_tol", "abs_tol"], required: 2, positional: 2 },
            call: isclose,
        },
    },
    one(
        "isfinite",
        Section::Floats,
        "x",
        "Whether a number is neither infinite nor nan.",
        "Se um número não é infinito nem nan.",
        |value, _| Ok(Value::Bool(to_float(value)?.is_finite())),
    ),
    one("isinf", Section::Floats, "x", "Whether a number is infinite.", "Se um número é infinito.", |value, _| {
        Ok(Value::Bool(to_float(value)?.is_infinite()))
    }),
    one(
        "isnan",
        Section::Floats,
        "x",
        "Whether a number is nan (not a number).",
        "Se um número é nan (não é um número).",
        |value, _| Ok(Value::Bool(to_float(value)?.is_nan())),
    ),
    two("ldexp", Section::Floats, "x, i", "x·2**i as a float.", "x·2**i como float.", ldexp),
    one(
        "lgamma",
        Section::Special,
        "x",
        "Natural logarithm of the absolute value of the gamma function.",
        "Logaritmo natural do valor absoluto da função gama.",
        lgamma,
    ),
    one("ln", Section::Powers, "x", "Natural logarithm, 0 < x.", "Logaritmo natural, 0 < x.", natural_logarithm),
    Function {
        name: "log",
        section: Section::Powers,
        signature: "x[, base]",
        price: ELEMENTARY,
        doc: "Logarithm to a base (without one, the natural logarithm), 0 < x.",
        doc_pt: "Logaritmo em uma base (sem ela, o logaritmo natural), 0 < x.",
        body: Body::Counted { least: 1, most: 2, call: log },
    },
    one(
        "log10",
        Section::Powers,
        "x",
        "Logarithm to base 10, 0 < x.",
        "Logaritmo na base 10, 0 < x.",
        |value, budget| logarithm("log10", value, budget, pxfm::f_log10, |integer| precise::log_base(integer, 10)),
    ),
    elementary(
        "log1p",
        Section::Powers,
        "x",
        "Natural logarithm of 1 + x, precise for x near 0, -1 < x.",
        "Logaritmo natural de 1 + x, preciso para x perto de 0, -1 < x.",
        pxfm::f_log1p,
    ),
    one("log2", Section::Powers, "x", "Logarithm to base 2, 0 < x.", "Logaritmo na base 2, 0 < x.", |value, budget| {
        logarithm("log2", value, budget, pxfm::f_log2, |integer| precise::log_base(integer, 2))
    }),
    Function {
        name: "nextafter",
        section: Section::Floats,
        signature: "x, y, steps=None",
        price: ELEMENTARY,
        doc: "Next float after x towards y, or the one `steps` floats further; it stops at y.",
        doc_pt: "O float seguinte a x na direção de y, ou o que está `steps` floats adiante; não passa de y.",
        body: Body::Named {
            parameters: Parameters { names: &["", "", "steps"], required: 2, positional: 2 },
            call: nextafter,
        },
    },
    one(
        "radians",
        Section::Trigonometry,
        "x",
        "Angle in radians of one in degrees; also written `x°`.",
        "Ângulo em radianos de um dado em graus; também se escreve `x°`.",
        radians,
    ),
    two(
        "remainder",
        Section::Floats,
        "x, y",
        "Difference of x from the nearest multiple of y (IEEE 754).",
        "Diferença entre x e o múltiplo mais próximo de y (IEEE 754).",
        remainder,
    ),
    one("sgn", Section::Numbers, "x", "Sign of a number: -1, 0 or 1.", "Sinal de um número: -1, 0 ou 1.", sign),
    elementary(
        "sin",
        Section::Trigonometry,
        "x",
        "Sine of an angle in radians.",
        "Seno de um ângulo em radianos.",
        circular::sin,
    ),
    overflowing("sinh", Section::Trigonometry, "x", "Hyperbolic sine.", "Seno hiperbólico.", pxfm::f_sinh),
    elementary(
        "sqrt",
        Section::Powers,
        "x",
        "Square root as a float, 0 ≤ x; `√x` takes any number.",
        "Raiz quadrada como float, 0 ≤ x; `√x` aceita qualquer número.",
        f64::sqrt,
    ),
    elementary(
        "tan",
        Section::Trigonometry,
        "x",
        "Tangent of an angle in radians.",
        "Tangente de um ângulo em radianos.",
        pxfm::f_tan,
    ),
    elementary("tanh", Section::Trigonometry, "x", "Hyperbolic tangent.", "Tangente hiperbólica.", pxfm::f_tanh),
    one(
        "trunc",
        Section::Rounding,
        "x",
        "Integer part: x rounded towards 0.",
        "Parte inteira: x arredondado em direção a 0.",
        trunc,
    ),
    one(
        "ulp",
        Section::Floats,
        "x",
        "Value of the last bit of a float: the distance to the next one.",
        "Valor do último bit de um float: a distância até o seguinte.",
        ulp,
    ),
];

/// Functions that a bare name does not reach: `pow` is the built-in.
pub(super) const QUALIFIED: &[Function] = &[two(
    "pow",
    Section::Powers,
    "x, y",
    "Power of two floats, as C's `pow`.",
    "Potência de dois floats, como o `pow` da linguagem C.",
    pow,
)];

/// Both arguments as floats. To round a long integer takes as much as a node.
fn pair(arguments: &[Value], budget: &mut Budget) -> Result<(f64, f64), ErrorKind> {
    let is_long = |argument: &&Value| matches!(argument, Value::Int(Integer::Big(_)));
    budget.charge(SCALAR * arguments.iter().filter(is_long).count() as u64)?;
    Ok((to_float(&arguments[0])?, to_float(&arguments[1])?))
}

fn float_value(value: f64) -> Outcome {
    Ok(Value::Float(value))
}

fn atan2(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let (y, x) = pair(arguments, budget)?;
    float_value(pxfm::f_atan2(y, x))
}

fn copysign(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let (x, y) = pair(arguments, budget)?;
    float_value(x.copysign(y))
}

fn fmod(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let (x, y) = pair(arguments, budget)?;
    let value = x % y;
    if value.is_nan() && !x.is_nan() && !y.is_nan() {
        return Err(outside("fmod", &arguments[0]));
    }
    float_value(value)
}

fn fma(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let (x, y) = pair(arguments, budget)?;
    let z = to_float(&arguments[2])?;
    // Some C libraries lose the sign of a product that vanishes where 0 is added.
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

fn nextafter(arguments: &[Option<Value>], budget: &mut Budget) -> Outcome {
    // The first two are required.
    let [Some(x), Some(y), steps] = arguments else { return Err(ErrorKind::Internal) };
    if budget.mode != Mode::Python {
        return Err(ErrorKind::NotInMode { operation: "nextafter".to_owned(), mode: budget.mode });
    }
    let (x, y) = (to_float(x)?, to_float(y)?);
    let steps = match steps.as_ref().filter(|steps| !matches!(steps, Value::None)) {
        None => return float_value(next_towards(x, y)),
        Some(steps) => match integer(steps)? {
            steps if steps.is_negative() => return Err(ValueError::NegativeSteps.into()),
            // There are fewer floats than a word counts.
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
        return Err(outside("gamma", value));
    }
    budget.charge(special::PRICE)?;
    let value = special::gamma(x);
    if value.is_infinite() && x.is_finite() { Err(Overflow::Range.into()) } else { float_value(value) }
}

fn lgamma(value: &Value, budget: &mut Budget) -> Outcome {
    let x = to_float(value)?;
    if is_pole(x) {
        return Err(outside("lgamma", value));
    }
    budget.charge(special::PRICE)?;
    let value = special::lgamma(x);
    if value.is_infinite() && x.is_finite() { Err(Overflow::Range.into()) } else { float_value(value) }
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
    logarithm("log", value, budget, pxfm::f_log, precise::log)
}

/// `log(x)`, and `log(x, base)` correctly rounded (CPython divides two rounded logarithms).
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
