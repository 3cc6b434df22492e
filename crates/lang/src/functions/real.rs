//! The functions of `math` on floats. What libm gives CPython is correctly rounded here (`pxfm`), the same on every
//! machine; what CPython composes itself (`degrees`, `radians`) follows its formula to the bit.

use super::row::{Body, Column, Domain, Function, InDecimal, InExact, Parameters};
use super::{ELEMENTARY, Outcome, SCALAR, Section, decimal, exact, integer, outside, to_float};
use crate::error::{ErrorKind, Overflow, TypeError, ValueError, ZeroDivision};
use crate::limits::{Budget, price};
use crate::mode::Mode;
use crate::number::angle::{self, Circular};
use crate::number::{Decimal, Integer, Number, binary, circular, float, precise, special};
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
        column: Column::Same,
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
        column: Column::Same,
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
        column: Column::Same,
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
        column: Column::Cosine,
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
        name: "degrees",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Angle in degrees of one in radians.",
        doc_pt: "Ângulo em graus de um dado em radianos.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::One(degrees),
        exact: InExact::OnlyAt(0, 0),
        decimal: InDecimal::OfOne(Decimal::degrees),
        column: Column::Float(to_degrees),
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
        column: Column::Same,
    },
    Function {
        name: "erfc",
        section: Section::Special,
        signature: "x",
        doc: "Complementary error function: 1 - erf(x), precise for large x.",
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
        doc: "exp(x) - 1, precise for x near 0.",
        doc_pt: "exp(x) - 1, precisa para x perto de 0.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::Overflowing(pxfm::f_expm1),
        exact: InExact::OnlyAt(0, 0),
        decimal: InDecimal::OfOne(Decimal::exp_minus_1),
        column: Column::Same,
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
        name: "isclose",
        section: Section::Floats,
        signature: "a, b, rel_tol=1e-09, abs_tol=0.0",
        doc: "Whether two numbers are close, by a relative and an absolute tolerance.",
        doc_pt: "Se dois números estão próximos, por uma tolerância relativa e uma absoluta.",
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
        column: Column::Logarithm,
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
        column: Column::Logarithm,
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
            logarithm("log10", value, budget, pxfm::f_log10, |integer| precise::log_base(integer, 10))
        }),
        exact: InExact::Formula(|values, budget| exact::logarithm("log10", Some(10), values, budget)),
        decimal: InDecimal::OfOne(|x, precision, budget| x.log(&decimal::integer(10), "log10", precision, budget)),
        column: Column::Float(pxfm::f_log10),
    },
    Function {
        name: "log1p",
        section: Section::Powers,
        signature: "x",
        doc: "Natural logarithm of 1 + x, precise for x near 0, -1 < x.",
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
            logarithm("log2", value, budget, pxfm::f_log2, |integer| precise::log_base(integer, 2))
        }),
        exact: InExact::Formula(|values, budget| exact::logarithm("log2", Some(2), values, budget)),
        decimal: InDecimal::OfOne(|x, precision, budget| x.log(&decimal::integer(2), "log2", precision, budget)),
        column: Column::Float(pxfm::f_log2),
    },
    Function {
        name: "nextafter",
        section: Section::Floats,
        signature: "x, y, steps=None",
        doc: "Next float after x towards y, or the one `steps` floats further; it stops at y.",
        doc_pt: "O float seguinte a x na direção de y, ou o que está `steps` floats adiante; não passa de y.",
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
        name: "radians",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Angle in radians of one in degrees; also written `x°`.",
        doc_pt: "Ângulo em radianos de um dado em graus; também se escreve `x°`.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::One(radians),
        exact: InExact::OnlyAt(0, 0),
        decimal: InDecimal::OfOne(Decimal::radians),
        column: Column::Float(to_radians),
    },
    Function {
        name: "remainder",
        section: Section::Floats,
        signature: "x, y",
        doc: "Difference of x from the nearest multiple of y (IEEE 754).",
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
        column: Column::Sine,
    },
    Function {
        name: "sinh",
        section: Section::Trigonometry,
        signature: "x",
        doc: "Hyperbolic sine.",
        doc_pt: "Seno hiperbólico.",
        domain: Domain::All,
        price: ELEMENTARY,
        python: Body::Overflowing(pxfm::f_sinh),
        exact: InExact::OnlyAt(0, 0),
        decimal: InDecimal::OfOne(Decimal::sinh),
        column: Column::Same,
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
        price: ELEMENTARY,
        python: Body::Float(pxfm::f_tanh),
        exact: InExact::OnlyAt(0, 0),
        decimal: InDecimal::OfOne(Decimal::tanh),
        column: Column::Same,
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

/// Functions that a bare name does not reach: `pow` is the built-in.
pub(super) const QUALIFIED: &[Function] = &[Function {
    name: "pow",
    section: Section::Powers,
    signature: "x, y",
    doc: "Power of two floats, as C's `pow`.",
    doc_pt: "Potência de dois floats, como o `pow` da linguagem C.",
    domain: Domain::RealPower,
    price: ELEMENTARY,
    python: Body::Counted { least: 2, most: 2, call: pow },
    exact: InExact::Formula(exact::power),
    decimal: InDecimal::OfTwo(Decimal::power),
    column: Column::None,
}];

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
        return Err(outside("fmod", &arguments[0]));
    }
    float_value(value)
}

fn fma(arguments: &[Value], _: &mut Budget) -> Outcome {
    let (x, y) = pair(arguments)?;
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

fn nextafter(arguments: &[Option<Value>], _: &mut Budget) -> Outcome {
    // The first two are required.
    let [Some(x), Some(y), steps] = arguments else { return Err(ErrorKind::Internal) };
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

fn remainder(arguments: &[Value], _: &mut Budget) -> Outcome {
    let (x, y) = pair(arguments)?;
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
    let (x, y) = pair(arguments)?;
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

fn to_degrees(radians: f64) -> f64 {
    radians * (180.0 / std::f64::consts::PI)
}

fn radians(value: &Value, _: &mut Budget) -> Outcome {
    float_value(to_radians(to_float(value)?))
}

fn to_radians(degrees: f64) -> f64 {
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
    // Infinities are close to themselves only.
    Ok(Value::Bool(a == b || (finite && near)))
}
