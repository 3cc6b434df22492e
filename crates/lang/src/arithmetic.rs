//! Python's operators on values: which types fit each other, their common type, and the errors for all others.

// The numbers of exact and decimal mode.
pub(crate) mod exact;
pub(crate) mod decimal;
mod total;

use std::cmp::Ordering;
use std::sync::Arc;

use crate::error::{ErrorKind, Feature, Overflow, TypeError, ZeroDivision};
use crate::limits::{Budget, price};
use crate::mode::Mode;
use crate::number::{Complex, Decimal, Integer, Number, Rational, float};
use crate::sequence;
use crate::text;
use crate::value::{Argument, Items, Value};

pub(crate) use total::{Products, Total};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Plus,
    Minus,
    Invert,
    Not,
}

/// Operators of two operands, both always evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
    ShiftLeft,
    ShiftRight,
    And,
    Xor,
    Or,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    /// `is`, of which one side is written `None`, `True` or `False`.
    Is,
    IsNot,
    In,
    NotIn,
}

impl Binary {
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::FloorDivide => "//",
            Self::Modulo => "%",
            Self::Power => "**",
            Self::ShiftLeft => "<<",
            Self::ShiftRight => ">>",
            Self::And => "&",
            Self::Xor => "^",
            Self::Or => "|",
        }
    }
}

impl Comparison {
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Is => "is",
            Self::IsNot => "is not",
            Self::In => "in",
            Self::NotIn => "not in",
        }
    }
}

/// An operator on a machine word or a float that cannot fail; `None` for all other cases.
#[inline]
pub(crate) fn quick_unary(operator: Unary, operand: &Value, budget: &mut Budget) -> Result<Option<Value>, ErrorKind> {
    Ok(match (operator, operand) {
        (Unary::Minus, Value::Float(value)) => Some(Value::Float(-value)),
        (Unary::Minus, Value::Int(Integer::Small(value))) => match value.checked_neg() {
            Some(value) => {
                budget.charge(price::add(1))?;
                Some(Value::Int(Integer::Small(value)))
            }
            None => None,
        },
        _ => None,
    })
}

/// An operator on two machine words or floats that cannot fail and has no further price, with the result of [`binary`];
/// `None` for all other cases.
#[inline]
pub(crate) fn quick(operator: Binary, left: &Value, right: &Value, mode: Mode) -> Option<Value> {
    match (left, right) {
        (Value::Int(Integer::Small(a)), Value::Int(Integer::Small(b))) => quick_words(operator, *a, *b, mode),
        (Value::Float(a), Value::Float(b)) => quick_floats(operator, *a, *b),
        (Value::Float(a), Value::Int(Integer::Small(b))) => quick_floats(operator, *a, *b as f64),
        (Value::Int(Integer::Small(a)), Value::Float(b)) => quick_floats(operator, *a as f64, *b),
        _ => None,
    }
}

#[inline]
fn quick_words(operator: Binary, a: i64, b: i64, mode: Mode) -> Option<Value> {
    let value = match operator {
        Binary::Add => a.checked_add(b)?,
        Binary::Subtract => a.checked_sub(b)?,
        Binary::Multiply => a.checked_mul(b)?,
        // Only in Python's mode is the quotient a float.
        Binary::Divide if mode != Mode::Python => return None,
        Binary::Divide if b != 0 && a.unsigned_abs().max(b.unsigned_abs()) <= Integer::EXACT_IN_FLOAT => {
            return Some(Value::Float(a as f64 / b as f64));
        }
        Binary::Power => a.checked_pow(u32::try_from(b).ok()?)?,
        Binary::FloorDivide => {
            let quotient = a.checked_div(b)?;
            // Python rounds down; Rust rounds towards zero.
            if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient }
        }
        Binary::Modulo => {
            let rest = a.checked_rem(b)?;
            if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest }
        }
        Binary::And => a & b,
        Binary::Or => a | b,
        Binary::Xor => a ^ b,
        _ => return None,
    };
    Some(Value::Int(Integer::Small(value)))
}

#[inline]
fn quick_floats(operator: Binary, a: f64, b: f64) -> Option<Value> {
    Some(Value::Float(match operator {
        Binary::Add => a + b,
        Binary::Subtract => a - b,
        Binary::Multiply => a * b,
        Binary::Divide if b != 0.0 => a / b,
        _ => return None,
    }))
}

pub(crate) fn unary(operator: Unary, operand: &Value, budget: &mut Budget) -> Result<Value, ErrorKind> {
    if operator == Unary::Not {
        return Ok(Value::Bool(!operand.is_true()));
    }
    let unfit = |name: &str| TypeError::Operand { operator: name.to_owned(), found: operand.kind() }.into();
    let number = operand.number();
    if number.is_none() {
        let value = match operand {
            Value::Fraction(value) => exact::unary(operator, value),
            Value::Decimal(value) => decimal::unary(operator, value, budget)?,
            _ => None,
        };
        if let Some(value) = value {
            return Ok(value);
        }
    }
    match (operator, number) {
        (Unary::Plus, Some(Number::Int(value))) => Ok(Value::Int(value)),
        (Unary::Plus, Some(Number::Float(value))) => Ok(Value::Float(value)),
        (Unary::Minus, Some(Number::Int(value))) => {
            budget.charge(price::add(value.words()))?;
            Ok(Value::Int(value.negate()))
        }
        (Unary::Minus, Some(Number::Float(value))) => Ok(Value::Float(-value)),
        (Unary::Plus, Some(Number::Complex(value))) => Ok(Value::complex(value)),
        (Unary::Minus, Some(Number::Complex(value))) => Ok(Value::complex(value.negate())),
        (Unary::Invert, Some(Number::Int(value))) => {
            budget.charge(price::add(value.words()))?;
            Ok(Value::Int(value.invert()))
        }
        (Unary::Plus, None) => Err(unfit("unary +")),
        (Unary::Minus, None) => Err(unfit("unary -")),
        _ => Err(unfit("unary ~")),
    }
}

pub(crate) fn binary(operator: Binary, left: &Value, right: &Value, budget: &mut Budget) -> Result<Value, ErrorKind> {
    let unfit = || {
        let operator = if operator == Binary::Power { "** or pow()" } else { operator.symbol() };
        TypeError::Operands { operator: operator.to_owned(), types: vec![left.kind(), right.kind()] }.into()
    };
    if let (Value::Bool(a), Value::Bool(b)) = (left, right) {
        match operator {
            Binary::And => return Ok(Value::Bool(a & b)),
            Binary::Or => return Ok(Value::Bool(a | b)),
            Binary::Xor => return Ok(Value::Bool(a ^ b)),
            _ => {}
        }
    }
    let (Some(a), Some(b)) = (left.number(), right.number()) else {
        let value = match (left, right) {
            (Value::Fraction(_), _) | (_, Value::Fraction(_)) => exact::binary(operator, left, right, budget)?,
            (Value::Decimal(_), _) | (_, Value::Decimal(_)) => decimal::binary(operator, left, right, budget)?,
            _ => None,
        };
        if let Some(value) = value {
            return Ok(value);
        }
        return containers(operator, left, right, budget)?.ok_or_else(unfit);
    };
    let (a, b) = match (a, b) {
        (Number::Int(a), Number::Int(b)) => return integers(operator, &a, &b, budget),
        // Shifts and bitwise operators take only integers: their error comes before any conversion.
        _ if is_bitwise(operator) => return Err(unfit()),
        (a @ Number::Complex(_), b) | (a, b @ Number::Complex(_)) => {
            return match operator {
                Binary::FloorDivide | Binary::Modulo => Err(unfit()),
                _ => complex(operator, a, b, budget),
            };
        }
        (Number::Float(a), Number::Float(b)) => (a, b),
        (Number::Int(a), Number::Float(b)) => (a.to_float().ok_or(Overflow::IntToFloat)?, b),
        (Number::Float(a), Number::Int(b)) => (a, b.to_float().ok_or(Overflow::IntToFloat)?),
    };
    if operator == Binary::Power { float_power(a, b, budget) } else { floats(operator, a, b) }
}

/// Operators on strings, lists, tuples and sets; `None` if the operands do not fit each other.
fn containers(operator: Binary, left: &Value, right: &Value, budget: &mut Budget) -> Result<Option<Value>, ErrorKind> {
    match operator {
        Binary::Add => sequence::concatenate(left, right, budget),
        Binary::Multiply => sequence::repeat(left, right, budget),
        Binary::Modulo if matches!(left, Value::Str(_)) => Err(Feature::Formatting.into()),
        Binary::Subtract => sequence::set_operation(true, false, false, left, right, budget),
        Binary::And => sequence::set_operation(false, true, false, left, right, budget),
        Binary::Or => sequence::set_operation(true, true, true, left, right, budget),
        Binary::Xor => sequence::set_operation(true, false, true, left, right, budget),
        _ => Ok(None),
    }
}

pub(crate) fn to_complex(number: Number) -> Result<Complex, ErrorKind> {
    Ok(match number {
        Number::Int(value) => Complex::new(value.to_float().ok_or(Overflow::IntToFloat)?, 0.0),
        Number::Float(value) => Complex::new(value, 0.0),
        Number::Complex(value) => value,
    })
}

/// An operator on two numbers, at least one of which is complex. A real operand is not converted: it acts only on the
/// parts that it changes, as in CPython.
fn complex(operator: Binary, a: Number, b: Number, budget: &mut Budget) -> Result<Value, ErrorKind> {
    let value = match (a, b) {
        (a, b) if operator == Binary::Power => to_complex(a)?.power(to_complex(b)?, budget)?,
        (Number::Complex(a), Number::Complex(b)) => match operator {
            Binary::Add => a.add(b),
            Binary::Subtract => a.subtract(b),
            Binary::Multiply => a.multiply(b),
            _ => a.divide(b)?,
        },
        (Number::Complex(a), b) => {
            let b = to_complex(b)?.real;
            match operator {
                Binary::Add => a.add_real(b),
                Binary::Subtract => a.add_real(-b),
                Binary::Multiply => a.scale(b),
                _ => a.divide_by_real(b)?,
            }
        }
        (a, b) => {
            let (a, b) = (to_complex(a)?.real, to_complex(b)?);
            match operator {
                Binary::Add => b.add_real(a),
                Binary::Subtract => b.subtract_from_real(a),
                Binary::Multiply => b.scale(a),
                _ => b.divide_real(a)?,
            }
        }
    };
    Ok(Value::complex(value))
}

/// The number of a literal in decimal form, in exact or decimal mode.
pub(crate) fn literal(text: &str, budget: &mut Budget) -> Result<Value, ErrorKind> {
    if text.ends_with('j') {
        return Err(ErrorKind::NotInMode { operation: text.to_owned(), mode: budget.mode });
    }
    match budget.mode {
        Mode::Python => Err(ErrorKind::Internal),
        Mode::Exact => Rational::from_literal(text, budget).map(exact::value),
        Mode::Decimal(_) => Decimal::from_literal(text, decimal::precision(budget), budget).map(decimal::value),
    }
}

/// The value of a parameter. In exact and decimal mode, a float is read from its text.
///
/// # Errors
///
/// A limit; [`ErrorKind::NotInMode`] for a number that the mode does not have.
pub(crate) fn argument(argument: &Argument, budget: &mut Budget) -> Result<Value, ErrorKind> {
    argument_within(budget.limits.depth, argument, budget)
}

/// The same, for containers that nest at most `depth` deep, which bounds the recursion.
fn argument_within(depth: u64, argument: &Argument, budget: &mut Budget) -> Result<Value, ErrorKind> {
    let (Argument::List(inner) | Argument::Tuple(inner) | Argument::Set(inner)) = argument else {
        return scalar_argument(argument, budget);
    };
    let depth = depth.checked_sub(1).ok_or(ErrorKind::TooDeep { limit: budget.limits.depth })?;
    let mut values = Vec::with_capacity(inner.len());
    for value in inner {
        values.push(argument_within(depth, value, budget)?);
    }
    match argument {
        Argument::List(_) => Value::list(values, budget),
        Argument::Tuple(_) => Value::tuple(values, budget),
        _ => Value::set(values, budget),
    }
}

/// The value of a parameter that is no container. A function of its own, so that the recursion needs less of the stack.
fn scalar_argument(argument: &Argument, budget: &mut Budget) -> Result<Value, ErrorKind> {
    let is_python = budget.mode == Mode::Python;
    let not_in_mode = |operation: &str| ErrorKind::NotInMode { operation: operation.to_owned(), mode: budget.mode };
    match argument {
        Argument::None => Ok(Value::None),
        Argument::Bool(value) => Ok(Value::Bool(*value)),
        Argument::Int(value) => Ok(Value::Int(Integer::from(*value))),
        Argument::BigInt { negative, magnitude } => Integer::from_bytes(*negative, magnitude, budget).map(Value::Int),
        Argument::Float(value) if is_python => Ok(Value::Float(*value)),
        Argument::Float(value) if value.is_finite() => {
            let magnitude = literal(&float::text(value.abs()), budget)?;
            if value.is_sign_negative() { unary(Unary::Minus, &magnitude, budget) } else { Ok(magnitude) }
        }
        Argument::Float(value) => Err(not_in_mode(&float::text(value.abs()))),
        Argument::Complex(real, imaginary) if is_python => Ok(Value::complex(Complex::new(*real, *imaginary))),
        Argument::Complex(..) => Err(not_in_mode("complex")),
        Argument::Fraction { negative, numerator, denominator } if budget.mode == Mode::Exact => {
            let numerator = Integer::from_bytes(*negative, numerator, budget)?;
            let denominator = Integer::from_bytes(false, denominator, budget)?;
            Rational::new(&numerator, &denominator, budget).map(exact::value)
        }
        Argument::Fraction { .. } => Err(not_in_mode("Fraction")),
        Argument::Decimal(text) => match decimal_literal(text) {
            Some((negative, digits)) if !is_python => match literal(digits, budget)? {
                // The operator would round the number, and take the sign of a zero.
                Value::Decimal(value) => Ok(Value::Decimal(Arc::new(value.with_sign(negative)))),
                value if negative => unary(Unary::Minus, &value, budget),
                value => Ok(value),
            },
            Some(_) => Err(not_in_mode("Decimal")),
            None => Err(not_in_mode(text)),
        },
        Argument::Str(text) => Value::string(text.clone(), budget),
        Argument::List(_) | Argument::Tuple(_) | Argument::Set(_) => Err(ErrorKind::Internal),
    }
}

/// Whether a decimal number has a minus, and its text without the sign; `None` for another text, such as `NaN`.
fn decimal_literal(text: &str) -> Option<(bool, &str)> {
    let (negative, literal) = text.strip_prefix('-').map_or((false, text), |literal| (true, literal));
    let (significand, exponent) = literal.split_once(['e', 'E']).unwrap_or((literal, "0"));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, decimals) = significand.split_once('.').unwrap_or((significand, ""));
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let is_number = is_digits(whole) && is_digits(decimals) && !(whole.is_empty() && decimals.is_empty());
    (is_number && is_digits(digits) && !digits.is_empty()).then_some((negative, literal))
}

fn is_bitwise(operator: Binary) -> bool {
    matches!(operator, Binary::ShiftLeft | Binary::ShiftRight | Binary::And | Binary::Xor | Binary::Or)
}

fn integers(operator: Binary, a: &Integer, b: &Integer, budget: &mut Budget) -> Result<Value, ErrorKind> {
    Ok(Value::Int(match operator {
        Binary::Add => a.add(b, budget)?,
        Binary::Subtract => a.subtract(b, budget)?,
        Binary::Multiply => a.multiply(b, budget)?,
        Binary::Divide => {
            return match budget.mode {
                Mode::Python => a.true_divide(b, budget).map(Value::Float),
                Mode::Exact => exact::divide(a, b, budget),
                Mode::Decimal(_) => decimal::divide(a, b, budget),
            };
        }
        Binary::FloorDivide => a.floor_divide(b, budget)?,
        Binary::Modulo => a.modulo(b, budget)?,
        Binary::Power => return integer_power(a, b, budget),
        Binary::ShiftLeft => a.shift_left(b, budget)?,
        Binary::ShiftRight => a.shift_right(b, budget)?,
        Binary::And => a.and(b, budget)?,
        Binary::Xor => a.xor(b, budget)?,
        Binary::Or => a.or(b, budget)?,
    }))
}

fn integer_power(base: &Integer, exponent: &Integer, budget: &mut Budget) -> Result<Value, ErrorKind> {
    if exponent.is_negative() {
        match budget.mode {
            Mode::Python => {}
            Mode::Exact => return exact::power(&Value::Int(base.clone()), &Value::Int(exponent.clone()), budget),
            Mode::Decimal(_) => return decimal::negative_power(base, exponent, budget),
        }
        // CPython converts both to floats, whatever their values.
        let base = base.to_float().ok_or(Overflow::IntToFloat)?;
        let exponent = exponent.to_float().ok_or(Overflow::IntToFloat)?;
        return float_power(base, exponent, budget);
    }
    match (exponent.as_i64(), base.as_i64()) {
        (Some(exponent), _) => base.power(exponent.unsigned_abs(), budget).map(Value::Int),
        (None, Some(0 | 1)) => Ok(Value::Int(base.clone())),
        (None, Some(-1)) => base.power(if exponent.is_odd() { 1 } else { 2 }, budget).map(Value::Int),
        (None, _) => Err(Integer::power_astronomical(budget)),
    }
}

fn floats(operator: Binary, a: f64, b: f64) -> Result<Value, ErrorKind> {
    Ok(Value::Float(match operator {
        Binary::Add => a + b,
        Binary::Subtract => a - b,
        Binary::Multiply => a * b,
        Binary::Divide if b == 0.0 => return Err(ZeroDivision::Division.into()),
        Binary::Divide => a / b,
        Binary::FloorDivide => float::floor_divide(a, b)?,
        _ => float::modulo(a, b)?,
    }))
}

fn float_power(base: f64, exponent: f64, budget: &mut Budget) -> Result<Value, ErrorKind> {
    match float::power(base, exponent, budget)? {
        float::Power::Real(value) => Ok(Value::Float(value)),
        float::Power::Complex => Complex::new(base, 0.0).power(Complex::new(exponent, 0.0), budget).map(Value::complex),
    }
}

/// The principal root, for an index of 2 or more: for a non-negative real number a correctly rounded float, for any
/// other a complex number.
pub(crate) fn root(operand: &Value, index: u32, budget: &mut Budget) -> Result<Value, ErrorKind> {
    budget.charge(price::ELEMENTARY * 2)?;
    let unfit = || TypeError::NotReal { found: operand.kind() };
    let real = matches!(operand, Value::Int(_) | Value::Bool(_) | Value::Fraction(_) | Value::Decimal(_));
    match budget.mode {
        Mode::Exact if real => return exact::root(operand, index, "√", budget),
        Mode::Decimal(_) if real => return decimal::root(operand, index, "√", budget),
        _ => {}
    }
    let number = operand.number().ok_or_else(unfit)?;
    let real = match number {
        Number::Int(value) => value.to_float().ok_or(Overflow::IntToFloat)?,
        Number::Float(value) => value,
        Number::Complex(value) => return complex_root(value, index, budget),
    };
    if real < 0.0 {
        return complex_root(Complex::new(real, 0.0), index, budget);
    }
    float::root(real, index, budget).map(Value::Float)
}

fn complex_root(value: Complex, index: u32, budget: &mut Budget) -> Result<Value, ErrorKind> {
    if index == 2 && value.imaginary == 0.0 && value.real < 0.0 {
        // For a negative real number, the square root has no real part.
        return Ok(Value::complex(Complex::new(0.0, (-value.real).sqrt())));
    }
    value.power(Complex::new(1.0 / f64::from(index), 0.0), budget).map(Value::complex)
}

/// The result of `left operator right`; an error like CPython's if the two have no order.
pub(crate) fn compare(
    operator: Comparison,
    left: &Value,
    right: &Value,
    budget: &mut Budget,
) -> Result<bool, ErrorKind> {
    let machine = match (left, right) {
        (Value::Int(Integer::Small(a)), Value::Int(Integer::Small(b))) => Some(Some(a.cmp(b))),
        (Value::Float(a), Value::Float(b)) => Some(a.partial_cmp(b)),
        _ => None,
    };
    if let Some(ordering) = machine
        && let Some(holds) = holds(operator, ordering)
    {
        budget.charge(left.pair_price(right))?;
        return Ok(holds);
    }
    match operator {
        Comparison::Equal => left.equals(right, budget),
        Comparison::NotEqual => left.equals(right, budget).map(|equal| !equal),
        // `None`, `True` and `False` are singletons: `1 is True` is false though `1 == True`.
        Comparison::Is => Ok(left.kind() == right.kind() && left.equals(right, budget)?),
        Comparison::IsNot => Ok(left.kind() != right.kind() || !left.equals(right, budget)?),
        Comparison::In => sequence::contains(right, left, budget),
        Comparison::NotIn => sequence::contains(right, left, budget).map(|found| !found),
        _ => ordered(operator, left, right, budget),
    }
}

/// `<`, `<=`, `>`, `>=`.
fn ordered(operator: Comparison, left: &Value, right: &Value, budget: &mut Budget) -> Result<bool, ErrorKind> {
    let is_sequence = matches!((left, right), (Value::List(_), Value::List(_)) | (Value::Tuple(_), Value::Tuple(_)));
    // The first elements that differ decide, with their own errors; if there are none, the two are equal.
    let (a, b) = if is_sequence { left.difference(right, budget)?.unwrap_or((left, right)) } else { (left, right) };
    budget.charge(a.pair_price(b))?;
    let ordering = match (a, b) {
        (Value::Str(a), Value::Str(b)) => Some(text::order(&a.string, &b.string)),
        // The shorter one is the beginning of the longer one.
        (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => {
            Some(a.values.len().cmp(&b.values.len()))
        }
        (Value::Set(a), Value::Set(b)) => return set_ordered(operator, a, b, budget),
        _ => a.order(b, budget)?.ok_or_else(|| {
            let (left, right) = (a.kind(), b.kind());
            TypeError::Order { operator: operator.symbol().to_owned(), left, right }
        })?,
    };
    holds(operator, ordering).ok_or(ErrorKind::Internal)
}

/// Whether a comparison holds for this order; `None` if the comparison is not about order.
fn holds(operator: Comparison, ordering: Option<Ordering>) -> Option<bool> {
    Some(match operator {
        Comparison::Less => ordering == Some(Ordering::Less),
        Comparison::LessOrEqual => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => ordering == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
        Comparison::Equal => ordering == Some(Ordering::Equal),
        Comparison::NotEqual => ordering != Some(Ordering::Equal),
        Comparison::Is | Comparison::IsNot | Comparison::In | Comparison::NotIn => return None,
    })
}

/// Sets compare by inclusion: `<` means "is a proper subset of".
fn set_ordered(operator: Comparison, a: &Items, b: &Items, budget: &mut Budget) -> Result<bool, ErrorKind> {
    let (small, large) = match operator {
        Comparison::Less | Comparison::LessOrEqual => (a, b),
        _ => (b, a),
    };
    let (small_count, large_count) = (small.values.len(), large.values.len());
    let is_strict = matches!(operator, Comparison::Less | Comparison::Greater);
    if small_count > large_count || is_strict && small_count == large_count {
        return Ok(false);
    }
    let mut within = true;
    small.merge(large, budget, |side, _| {
        within = side.is_ge();
        within
    })?;
    Ok(within)
}
