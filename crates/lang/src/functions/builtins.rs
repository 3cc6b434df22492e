//! Python's built-in functions of numbers.

use super::row::{Body, Column, Domain, Function, InDecimal, InExact, Parameters};
use super::{Outcome, SCALAR, Section, elements, expected, integer, keyword};
use crate::arithmetic::{self, Binary, Comparison, Unary, decimal, exact};
use crate::error::{Bound, ErrorKind, Estimate, Overflow, Type, TypeError, ValueError};
use crate::limits::{Budget, price};
use crate::mode::Mode;
use crate::number::{Decimal, Integer, Number, Ties, float as floats};
use crate::spelling::ascii_digit;
use crate::value::{Text, Value};

pub(super) const TABLE: &[Function] = &[
    Function {
        name: "abs",
        section: Section::Numbers,
        signature: "x",
        doc: "Absolute value; for a complex number, its distance from 0.",
        doc_pt: "Valor absoluto; para um número complexo, a distância até 0.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::One(abs),
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::Absolute,
    },
    Function {
        name: "max",
        section: Section::Numbers,
        signature: "*values, key=None, default",
        doc: "Largest of the arguments; of a single argument, its largest element.",
        doc_pt: "O maior dos argumentos; de um único argumento, o maior dos seus elementos.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Extreme(max),
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "min",
        section: Section::Numbers,
        signature: "*values, key=None, default",
        doc: "Smallest of the arguments; of a single argument, its smallest element.",
        doc_pt: "O menor dos argumentos; de um único argumento, o menor dos seus elementos.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Extreme(min),
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "pow",
        section: Section::Powers,
        signature: "base, exp, mod=None",
        doc: "Power, like `base**exp`; with `mod`, the remainder of its division by `mod` (integers only).",
        doc_pt: "Potência, como `base**exp`; com `mod`, o resto da sua divisão por `mod` (só inteiros).",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Named {
            parameters: Parameters { names: &["base", "exp", "mod"], required: 2, positional: 3 },
            call: pow,
        },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "round",
        section: Section::Rounding,
        signature: "number, ndigits=None",
        doc: "Number rounded to `ndigits` decimal places (without them, to an integer), ties to even.",
        doc_pt: "Número arredondado para `ndigits` casas decimais (sem elas, para um inteiro); empates vão para o par.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Named { parameters: ROUNDED, call: |arguments, budget| round(arguments, Ties::Even, budget) },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "round_half_up",
        section: Section::Rounding,
        signature: "number, ndigits=None",
        doc: "Number rounded to `ndigits` decimal places (without them, to an integer), ties away from 0.",
        doc_pt: "Número arredondado para `ndigits` casas decimais (sem elas, para um inteiro); empates se afastam do 0.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Named { parameters: ROUNDED, call: |arguments, budget| round(arguments, Ties::Away, budget) },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
];

/// Python's types, whose call converts a value.
pub(super) const TYPES: &[Function] = &[
    Function {
        name: "bool",
        section: Section::Numbers,
        signature: "[x]",
        doc: "Truth of a value: False for zeros, None and empty values.",
        doc_pt: "Valor lógico: False para zeros, None e valores vazios.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Counted { least: 0, most: 1, call: bool },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "float",
        section: Section::Numbers,
        signature: "[x]",
        doc: "Nearest float to a number, or the float written in a string.",
        doc_pt: "O float mais próximo de um número, ou o float escrito em um texto.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Counted { least: 0, most: 1, call: float },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "int",
        section: Section::Numbers,
        signature: "[x[, base]]",
        doc: "Integer part of a number, or the integer written in a string in a base from 2 to 36.",
        doc_pt: "Parte inteira de um número, ou o inteiro escrito em um texto em uma base de 2 a 36.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Named { parameters: Parameters { names: &["", "base"], required: 0, positional: 2 }, call: int },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
];

const ROUNDED: Parameters = Parameters { names: &["number", "ndigits"], required: 1, positional: 2 };

fn abs(value: &Value, budget: &mut Budget) -> Outcome {
    match value.number() {
        Some(Number::Int(value)) => Ok(Value::Int(value.absolute())),
        Some(Number::Float(value)) => Ok(Value::Float(value.abs())),
        Some(Number::Complex(value)) => value.absolute(budget).map(Value::Float),
        None => match value {
            Value::Fraction(value) => Ok(exact::value(value.absolute())),
            Value::Decimal(value) => {
                let precision = decimal::precision(budget);
                value.magnitude().plus(precision, budget).map(decimal::value)
            }
            _ => Err(TypeError::Operand { operator: "abs()".to_owned(), found: value.kind() }.into()),
        },
    }
}

fn bool(arguments: &[Value], _: &mut Budget) -> Outcome {
    Ok(Value::Bool(arguments.first().is_some_and(Value::is_true)))
}

fn float(arguments: &[Value], budget: &mut Budget) -> Outcome {
    if budget.mode != Mode::Python {
        return number_of_mode(arguments, budget);
    }
    let Some(argument) = arguments.first() else { return Ok(Value::Float(0.0)) };
    match (argument, argument.number()) {
        (_, Some(Number::Int(value))) => value.to_float().map(Value::Float).ok_or(Overflow::IntToFloat.into()),
        (_, Some(Number::Float(value))) => Ok(Value::Float(value)),
        (Value::Str(text), _) => {
            budget.charge(reading_price(argument, text))?;
            let literal = || ValueError::FloatLiteral { text: argument.to_string() };
            parse_float(&text.string).map(Value::Float).ok_or_else(|| literal().into())
        }
        _ => Err(TypeError::Conversion { to: Type::Float, found: argument.kind() }.into()),
    }
}

/// `float` in exact and decimal mode: the mode's number for an integer or a text.
fn number_of_mode(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let zero = Value::Int(Integer::ZERO);
    let argument = arguments.first().unwrap_or(&zero);
    let exactly = budget.mode == Mode::Exact;
    match argument {
        Value::Fraction(_) | Value::Decimal(_) => Ok(argument.clone()),
        Value::Int(_) | Value::Bool(_) => match argument.integer() {
            Some(integer) if exactly => Ok(Value::Int(integer)),
            Some(integer) => Ok(decimal::value(Decimal::from(integer))),
            None => Err(ErrorKind::Internal),
        },
        Value::Str(text) => {
            budget.charge(reading_price(argument, text))?;
            let literal = || ErrorKind::from(ValueError::FloatLiteral { text: argument.to_string() });
            let (negative, text) = float_parts(&text.string);
            if matches!(&*text, "inf" | "infinity" | "nan") {
                return Err(ErrorKind::NotInMode { operation: text, mode: budget.mode });
            }
            let plain = plain_float(&text).ok_or_else(literal)?;
            if plain.parse::<f64>().is_err() {
                return Err(literal());
            }
            if !exactly {
                return super::decimal::from_text(&plain, negative, budget);
            }
            let value = arithmetic::literal(&plain, budget)?;
            if negative { arithmetic::unary(Unary::Minus, &value, budget) } else { Ok(value) }
        }
        _ => Err(TypeError::Conversion { to: Type::Float, found: argument.kind() }.into()),
    }
}

/// The price of parsing a string as a number, and of the error if it is not a number.
fn reading_price(argument: &Value, text: &Text) -> u64 {
    let bytes = text.string.len() as u64;
    // Every character outside ASCII may be a digit of another script.
    argument.text_estimate().1 + if text.is_ascii() { bytes } else { 8 * bytes }
}

/// A string that may be a float: whether it has a minus sign, and the rest in ASCII and lower case.
fn float_parts(text: &str) -> (bool, String) {
    let text = ascii_digits(text.trim());
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(&text);
    (text.starts_with('-'), unsigned.to_ascii_lowercase())
}

/// Parses a string as Python's `float` does: a literal with a sign and with blanks around it, or infinity or nan.
fn parse_float(text: &str) -> Option<f64> {
    let (negative, unsigned) = float_parts(text);
    let sign = if negative { -1.0 } else { 1.0 };
    match &*unsigned {
        "inf" | "infinity" => return Some(sign * f64::INFINITY),
        "nan" => return Some(f64::NAN.copysign(sign)),
        _ => {}
    }
    plain_float(&unsigned)?.parse::<f64>().ok().map(|value| sign * value)
}

/// A literal without its underscores, if these are in valid places; the caller parses the rest.
fn plain_float(unsigned: &str) -> Option<String> {
    // An underscore must stand between two digits.
    let bytes = unsigned.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let fits = bytes.iter().enumerate().all(|(at, byte)| match byte {
        b'_' => at > 0 && digit(at - 1) && digit(at + 1),
        b'0'..=b'9' | b'.' | b'e' | b'+' | b'-' => true,
        _ => false,
    });
    let plain: String = unsigned.chars().filter(|c| *c != '_').collect();
    if !fits || !plain.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    Some(plain)
}

/// The text with the digits of every script as ASCII digits, as Python reads numbers in strings.
fn ascii_digits(text: &str) -> String {
    text.chars().map(|character| ascii_digit(character).unwrap_or(character)).collect()
}

fn int(arguments: &[Option<Value>], budget: &mut Budget) -> Outcome {
    let base = match (&arguments[0], &arguments[1]) {
        (_, None) => None,
        (None, Some(_)) => return Err(TypeError::BaseWithoutString.into()),
        (Some(_), Some(base)) => match integer(base)?.as_i64() {
            Some(base) if base == 0 || (2..=36).contains(&base) => Some(base),
            _ => return Err(ValueError::Base.into()),
        },
    };
    match (&arguments[0], base) {
        (None, _) => Ok(Value::Int(Integer::ZERO)),
        (Some(argument @ Value::Str(text)), base) => {
            let base = base.unwrap_or(10);
            budget.charge(reading_price(argument, text) + price::convert(text.characters / 16 + 1))?;
            let literal = || ValueError::IntLiteral { base: base.unsigned_abs(), text: argument.to_string() };
            let value = parse_int(&text.string, base as u32, budget)?.ok_or_else(literal)?;
            if value.bits() > budget.limits.integer_bits {
                let digits = Estimate::About(value.digits_at_most());
                return Err(ErrorKind::IntegerTooLarge { digits, limit: budget.limits.integer_bits });
            }
            Ok(Value::Int(value))
        }
        (Some(_), Some(_)) => Err(TypeError::BaseOfNonString.into()),
        (Some(argument), None) => match argument.number() {
            Some(Number::Int(value)) => Ok(Value::Int(value)),
            Some(Number::Float(value)) => floats::to_integer(value).map(Value::Int),
            _ => match argument {
                Value::Fraction(value) => value.trunc(budget).map(Value::Int),
                Value::Decimal(value) => value.trunc(budget).map(Value::Int),
                _ => Err(TypeError::Conversion { to: Type::Int, found: argument.kind() }.into()),
            },
        },
    }
}

/// Parses a string in a base as Python's `int` does; with base 0, the prefix decides.
fn parse_int(text: &str, base: u32, budget: &mut Budget) -> Result<Option<Integer>, ErrorKind> {
    let text = ascii_digits(text.trim());
    let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
    let prefixed = digits.get(..2).and_then(|prefix| match prefix {
        "0x" | "0X" => Some(16),
        "0o" | "0O" => Some(8),
        "0b" | "0B" => Some(2),
        _ => None,
    });
    let (base, digits, behind_prefix) = match prefixed {
        Some(radix) if base == 0 || base == radix => (radix, &digits[2..], true),
        _ if base == 0 => {
            let zeros = digits.trim_start_matches(['0', '_']).is_empty();
            // Like a literal: no leading zeros, unless the number is zero.
            if digits.starts_with('0') && !zeros {
                return Ok(None);
            }
            (10, digits, false)
        }
        _ => (base, digits, false),
    };
    let digits = if behind_prefix { digits.strip_prefix('_').unwrap_or(digits) } else { digits };
    let valid = !digits.is_empty()
        && !digits.starts_with('_')
        && !digits.ends_with('_')
        && !digits.contains("__")
        && digits.chars().all(|c| c == '_' || c.is_digit(base));
    if !valid {
        return Ok(None);
    }
    let digits: String = digits.chars().filter(|c| *c != '_').collect();
    let value = Integer::parse_long(&digits, base, budget)?;
    Ok(Some(if text.starts_with('-') { value.negate() } else { value }))
}

fn max(positional: &[Value], keywords: &[&str], named: &[Value], budget: &mut Budget) -> Outcome {
    extreme("max", Comparison::Greater, positional, keywords, named, budget)
}

fn min(positional: &[Value], keywords: &[&str], named: &[Value], budget: &mut Budget) -> Outcome {
    extreme("min", Comparison::Less, positional, keywords, named, budget)
}

/// The smallest or largest argument; of equal ones, the first.
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
        return Err(keyword::unknown(function, unknown, &["key", "default"]));
    }
    if positional.len() > 1 && keyword("default").is_some() {
        return Err(TypeError::DefaultWithSeveral { function: function.to_owned() }.into());
    }
    let single = positional.len() == 1;
    let candidates: Box<dyn Iterator<Item = Value>> =
        if single { Box::new(elements(first, budget)?) } else { Box::new(positional.iter().cloned()) };
    let measure = |value: &Value, budget: &mut Budget| match keyword("key") {
        None | Some(Value::None) => Ok(value.clone()),
        Some(Value::Function(key)) => super::call(key.row, std::slice::from_ref(value), &[], budget),
        Some(other) => Err(TypeError::NotCallable { found: other.kind() }.into()),
    };
    let mut best: Option<(Value, Value)> = None;
    for value in candidates {
        budget.charge(SCALAR)?;
        let candidate = measure(&value, budget)?;
        best = match best {
            Some((best, measured)) if !arithmetic::compare(beats, &candidate, &measured, budget)? => {
                Some((best, measured))
            }
            _ => Some((value, candidate)),
        };
    }
    match (best, keyword("default")) {
        (Some((best, _)), _) => Ok(best),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Err(ValueError::EmptySequence { function: function.to_owned() }.into()),
    }
}

fn pow(arguments: &[Option<Value>], budget: &mut Budget) -> Outcome {
    // The first two are required.
    let [Some(base), Some(exponent), modulus] = arguments else { return Err(ErrorKind::Internal) };
    let Some(modulus) = modulus.as_ref().filter(|modulus| !matches!(modulus, Value::None)) else {
        return arithmetic::binary(Binary::Power, base, exponent, budget);
    };
    let all = [base, exponent, modulus];
    if let [Some(base), Some(exponent), Some(modulus)] = all.map(Value::integer) {
        return base.modular_power(&exponent, &modulus, budget).map(Value::Int);
    }
    // CPython asks the operands' types in order: a float refuses at once, a complex number if the first two are
    // numbers; other types do not refuse.
    for value in all {
        match value {
            Value::Float(_) | Value::Fraction(_) | Value::Decimal(_) => {
                return Err(TypeError::ModularPowerOfNonIntegers.into());
            }
            Value::Complex(_) if base.number().is_some() && exponent.number().is_some() => {
                return Err(ValueError::ComplexModulo.into());
            }
            _ => {}
        }
    }
    let types = all.iter().map(|value| value.kind()).collect();
    Err(TypeError::Operands { operator: "** or pow()".to_owned(), types }.into())
}

/// `round` and `round_half_up`, which round ties differently.
fn round(arguments: &[Option<Value>], ties: Ties, budget: &mut Budget) -> Outcome {
    let [Some(number), places] = arguments else { return Err(ErrorKind::Internal) };
    let places = places.as_ref().filter(|places| !matches!(places, Value::None));
    // Beyond a machine word, only the sign matters.
    let machine = |places: &Value| -> Result<i64, ErrorKind> {
        let places = integer(places)?;
        Ok(places.as_i64().unwrap_or(if places.is_negative() { i64::MIN } else { i64::MAX }))
    };
    match (number, places) {
        (Value::Fraction(value), None) => return value.round(ties, budget).map(Value::Int),
        (Value::Fraction(value), Some(places)) => {
            return value.round_places(machine(places)?, ties, budget).map(exact::value);
        }
        (Value::Decimal(value), None) => return value.round(ties, budget).map(Value::Int),
        (Value::Decimal(value), Some(places)) => {
            return super::decimal::round_places(value, machine(places)?, ties, budget);
        }
        _ => {}
    }
    match (number.number(), places) {
        (Some(Number::Int(value)), None) => Ok(Value::Int(value)),
        (Some(Number::Float(value)), None) => floats::round_to_integer(value, ties).map(Value::Int),
        (Some(Number::Int(value)), Some(places)) => match machine(places)? {
            0.. => Ok(Value::Int(value)),
            places => value.round_places(places.unsigned_abs(), ties, budget).map(Value::Int),
        },
        (Some(Number::Float(value)), Some(places)) => {
            floats::round_places(value, machine(places)?, ties, budget).map(Value::Float)
        }
        // CPython's number checks the places itself, so this error comes before any error about them.
        _ => Err(TypeError::NoMethod { found: number.kind(), method: "round".to_owned() }.into()),
    }
}
