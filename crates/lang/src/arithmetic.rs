//! Python's operators on values: which types go together, in which number they meet, and in which words they do not.

use std::cmp::Ordering;

use crate::error::{ErrorKind, Feature, Overflow, TypeError, ZeroDivision};
use crate::limits::{Budget, price};
use crate::number::{Integer, Number, float};
use crate::value::Value;

/// Operators of one operand.
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

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    /// One side is written `None`, `True` or `False`.
    Is,
    IsNot,
    /// No value holds others yet, so both are CPython's complaint that the right operand holds none.
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

pub(crate) fn unary(operator: Unary, operand: &Value, budget: &mut Budget) -> Result<Value, ErrorKind> {
    if operator == Unary::Not {
        return Ok(Value::Bool(!operand.is_true()));
    }
    let unfit = |name: &str| TypeError::Operand { operator: name.to_owned(), found: operand.kind() }.into();
    match (operator, operand.number()) {
        (Unary::Plus, Some(Number::Int(value))) => Ok(Value::Int(value)),
        (Unary::Plus, Some(Number::Float(value))) => Ok(Value::Float(value)),
        (Unary::Minus, Some(Number::Int(value))) => {
            budget.charge(price::add(value.words()))?;
            Ok(Value::Int(value.negate()))
        }
        (Unary::Minus, Some(Number::Float(value))) => Ok(Value::Float(-value)),
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
    let (Some(left), Some(right)) = (left.number(), right.number()) else { return Err(unfit()) };
    let (a, b) = match (left, right) {
        (Number::Int(a), Number::Int(b)) => return integers(operator, &a, &b, budget),
        // `~`, shifts and bits are for integers alone: their complaint comes before any conversion.
        _ if is_bitwise(operator) => return Err(unfit()),
        (Number::Float(a), Number::Float(b)) => (a, b),
        (Number::Int(a), Number::Float(b)) => (a.to_float().ok_or(Overflow::IntToFloat)?, b),
        (Number::Float(a), Number::Int(b)) => (a, b.to_float().ok_or(Overflow::IntToFloat)?),
    };
    if operator == Binary::Power { float_power(a, b, budget) } else { floats(operator, a, b) }
}

fn is_bitwise(operator: Binary) -> bool {
    matches!(operator, Binary::ShiftLeft | Binary::ShiftRight | Binary::And | Binary::Xor | Binary::Or)
}

fn integers(operator: Binary, a: &Integer, b: &Integer, budget: &mut Budget) -> Result<Value, ErrorKind> {
    Ok(Value::Int(match operator {
        Binary::Add => a.add(b, budget)?,
        Binary::Subtract => a.subtract(b, budget)?,
        Binary::Multiply => a.multiply(b, budget)?,
        Binary::Divide => return a.true_divide(b, budget).map(Value::Float),
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
        // CPython goes over to floats, whatever the values.
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
        Binary::Divide if b == 0.0 => return Err(ZeroDivision::Float.into()),
        Binary::Divide => a / b,
        Binary::FloorDivide => float::floor_divide(a, b)?,
        _ => float::modulo(a, b)?,
    }))
}

fn float_power(base: f64, exponent: f64, budget: &mut Budget) -> Result<Value, ErrorKind> {
    match float::power(base, exponent, budget)? {
        float::Power::Real(value) => Ok(Value::Float(value)),
        float::Power::Complex => Err(Feature::Complex.into()),
    }
}

/// Whether `left operator right`; the error is CPython's where the two have no order.
pub(crate) fn compare(
    operator: Comparison,
    left: &Value,
    right: &Value,
    budget: &mut Budget,
) -> Result<bool, ErrorKind> {
    if let (Value::Int(a), Value::Int(b)) = (left, right) {
        budget.charge(price::add(a.words().min(b.words())))?;
    }
    match operator {
        Comparison::Equal => return Ok(left.equals(right)),
        Comparison::NotEqual => return Ok(!left.equals(right)),
        // `None`, `True` and `False` are singletons: `1 is True` is false though `1 == True`.
        Comparison::Is => return Ok(left.kind() == right.kind() && left.equals(right)),
        Comparison::IsNot => return Ok(left.kind() != right.kind() || !left.equals(right)),
        Comparison::In | Comparison::NotIn => return Err(TypeError::NotContainer { found: right.kind() }.into()),
        _ => {}
    }
    let Some(ordering) = left.order(right) else {
        let (left, right) = (left.kind(), right.kind());
        return Err(TypeError::Order { operator: operator.symbol().to_owned(), left, right }.into());
    };
    Ok(match operator {
        Comparison::Less => ordering == Some(Ordering::Less),
        Comparison::LessOrEqual => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => ordering == Some(Ordering::Greater),
        _ => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
    })
}
