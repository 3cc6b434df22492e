//! Values and their text. The law: reading a value's text gives the value back (but for `inf` and `nan`, which are
//! names).

use std::cmp::Ordering;

use crate::error::Type;
use crate::number::{Integer, Number, float};

/// A value inside an evaluation.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    None,
    Bool(bool),
    Int(Integer),
    Float(f64),
    Function(Builtin),
}

/// A built-in function as a value: its name, its type in CPython's words, and its row in the table of functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Builtin {
    pub(crate) name: &'static str,
    pub(crate) kind: Type,
    pub(crate) row: u16,
}

impl Value {
    pub(crate) fn kind(&self) -> Type {
        match self {
            Self::None => Type::None,
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Float(_) => Type::Float,
            Self::Function(function) => function.kind,
        }
    }

    /// Python's truth: everything but `None`, `False` and zeros.
    pub(crate) fn is_true(&self) -> bool {
        match self {
            Self::None => false,
            Self::Bool(value) => *value,
            Self::Int(value) => !value.is_zero(),
            Self::Float(value) => *value != 0.0,
            Self::Function(_) => true,
        }
    }

    pub(crate) fn number(&self) -> Option<Number> {
        match self {
            Self::Bool(value) => Some(Number::Int(Integer::from(i64::from(*value)))),
            Self::Int(value) => Some(Number::Int(value.clone())),
            Self::Float(value) => Some(Number::Float(*value)),
            Self::None | Self::Function(_) => None,
        }
    }

    /// The integer that an `int` or a `bool` is.
    pub(crate) fn integer(&self) -> Option<Integer> {
        match self {
            Self::Bool(value) => Some(Integer::from(i64::from(*value))),
            Self::Int(value) => Some(value.clone()),
            _ => None,
        }
    }

    /// Bytes held outside the value itself.
    pub(crate) fn heap_bytes(&self) -> u64 {
        match self {
            Self::Int(value) => value.heap_bytes(),
            _ => 0,
        }
    }

    /// Python's `==`: exact across types, never an error.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Function(a), Self::Function(b)) => a == b,
            _ => self.order(other) == Some(Some(Ordering::Equal)),
        }
    }

    /// The order of two numbers (`Some(None)` where nan makes them unordered); `None` where there is no order.
    pub(crate) fn order(&self, other: &Self) -> Option<Option<Ordering>> {
        Some(match (self.number()?, other.number()?) {
            (Number::Int(a), Number::Int(b)) => Some(a.cmp(&b)),
            (Number::Float(a), Number::Float(b)) => a.partial_cmp(&b),
            (Number::Int(a), Number::Float(b)) => a.compare_float(b),
            (Number::Float(a), Number::Int(b)) => b.compare_float(a).map(Ordering::reverse),
        })
    }
}

/// Text as Python's `repr` gives it.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Int(value) => value.fmt(f),
            Self::Float(value) => f.write_str(&float::text(*value)),
            Self::Function(function) => write!(f, "<built-in function {}>", function.name),
        }
    }
}

/// The answer of an evaluation: a value that is not a function, and whose text is within the limit.
#[derive(Clone, Debug)]
pub struct Answer {
    value: Value,
    text: String,
}

impl Answer {
    pub(crate) fn new(value: Value) -> Self {
        let text = value.to_string();
        Self { value, text }
    }

    /// The name of the type in answers: `int`, `float`, `bool`, `none`.
    pub fn type_name(&self) -> &'static str {
        match self.value {
            Value::None | Value::Function(_) => "none",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
        }
    }

    /// Python's `repr` of the value.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value as a machine integer, if it is an `int` within 64 bits.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.value {
            Value::Int(value) => value.as_i64(),
            _ => None,
        }
    }

    /// The value as a float, if it is a `float`.
    pub fn as_f64(&self) -> Option<f64> {
        match self.value {
            Value::Float(value) => Some(value),
            _ => None,
        }
    }

    /// The value, if it is a `bool`.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }
}
