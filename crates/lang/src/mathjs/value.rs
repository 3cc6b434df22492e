//! Values of math.js, and how they become numbers.

use std::rc::Rc;
use std::sync::Arc;

use super::complex::Complex;
use super::program::Definition;
use super::stop::{Outcome, error, type_error, unsupported};
use crate::error::{ErrorKind, Estimate};
use crate::limits::Budget;

/// A value; immutable, and cheap to clone.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    Complex(Complex),
    Text(Rc<str>),
    /// Of one dimension.
    List(Rc<[Self]>, Kind),
    /// A function of the table, by its name there.
    Builtin(&'static str),
    /// A function that the expressions define.
    Defined(Arc<Definition>),
}

/// The two kinds of lists. They differ in what a set of results shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A list that an expression writes: math.js's `Matrix`.
    Matrix,
    /// JavaScript's `Array`, which some functions give.
    Array,
}

impl Value {
    /// What math.js calls its type.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Undefined => "undefined",
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::Complex(_) => "Complex",
            Self::Text(_) => "string",
            Self::List(_, Kind::Matrix) => "DenseMatrix",
            Self::List(_, Kind::Array) => "Array",
            Self::Builtin(_) | Self::Defined(_) => "function",
        }
    }

    /// The price of reading it, or each of its elements, as a number: a text is read digit by digit.
    pub(super) fn reading_price(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::List(values, _) => {
                let of_text = |value: &Self| if let Self::Text(text) = value { text.len() as u64 } else { 0 };
                values.iter().map(|value| 1 + of_text(value)).sum()
            }
            _ => 0,
        }
    }

    /// A text of one's own, which is paid for.
    pub(super) fn text(text: String, budget: &mut Budget) -> Outcome<Self> {
        let (characters, limit) = (text.len() as u64, budget.limits.string_characters);
        if characters > limit {
            return Err(ErrorKind::CollectionTooLarge { elements: Estimate::About(characters), limit }.into());
        }
        budget.hold(characters + 32)?;
        budget.charge(1 + characters / 4)?;
        Ok(Self::Text(text.into()))
    }

    /// A list. Lists of lists would be matrices.
    pub(super) fn list(values: Vec<Self>, kind: Kind, budget: &mut Budget) -> Outcome<Self> {
        hold_list(values.len() as u64, budget)?;
        if values.iter().any(|value| matches!(value, Self::List(..))) {
            return error("Matrices are not supported: a list in a list");
        }
        Ok(Self::List(values.into(), kind))
    }

    /// The complex number if it is real: math.js keeps `2 + 0i` complex.
    pub(super) fn complex(re: f64, im: f64) -> Self {
        Self::Complex(Complex { re, im })
    }
}

/// Pays for a list of so many values before it is made.
pub(super) fn hold_list(count: u64, budget: &mut Budget) -> Outcome<()> {
    let limit = budget.limits.elements;
    if count > limit {
        return Err(ErrorKind::CollectionTooLarge { elements: Estimate::About(count), limit }.into());
    }
    budget.hold(count * size_of::<Value>() as u64 + 32)?;
    Ok(budget.charge(1 + count)?)
}

/// A number of an operation: real until one of them is complex.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar {
    Real(f64),
    Complex(Complex),
}

impl Scalar {
    pub(super) fn complex(self) -> Complex {
        match self {
            Self::Real(re) => Complex { re, im: 0.0 },
            Self::Complex(complex) => complex,
        }
    }
}

impl From<Scalar> for Value {
    fn from(scalar: Scalar) -> Self {
        match scalar {
            Scalar::Real(value) => Self::Number(value),
            Scalar::Complex(value) => Self::Complex(value),
        }
    }
}

/// The number that an argument is converted to.
pub(super) fn scalar(value: &Value, function: &str, index: usize) -> Outcome<Scalar> {
    match value {
        Value::Number(number) => Ok(Scalar::Real(*number)),
        Value::Bool(bool) => Ok(Scalar::Real(f64::from(u8::from(*bool)))),
        Value::Complex(complex) => Ok(Scalar::Complex(*complex)),
        Value::Text(text) => match number_of(text) {
            Some(number) if !number.is_nan() => Ok(Scalar::Real(number)),
            _ => error(format!("Cannot convert \"{text}\" to a number")),
        },
        other => unexpected(other, function, "number or Complex", index),
    }
}

/// The real number that an argument is converted to.
pub(super) fn real(value: &Value, function: &str, index: usize) -> Outcome<f64> {
    match scalar(value, function, index)? {
        Scalar::Real(number) => Ok(number),
        Scalar::Complex(_) => unexpected(value, function, "number", index),
    }
}

/// The error of an argument of the wrong type.
pub(super) fn unexpected<T>(value: &Value, function: &str, expected: &str, index: usize) -> Outcome<T> {
    if matches!(value, Value::List(..)) {
        return unsupported("Matrices", function);
    }
    let actual = value.type_name();
    type_error(format!(
        "Unexpected type of argument in function {function} (expected: {expected}, actual: {actual}, index: {index})"
    ))
}

/// JavaScript's `Number(text)`; nan if it is no number.
pub(super) fn number_of(text: &str) -> Option<f64> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.is_empty() {
        return Some(0.0);
    }
    for (prefix, radix) in [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return digits_of(digits, radix);
        }
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned == "Infinity" {
        return Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    // Rust reads `inf` and `nan` as well.
    let is_number = unsigned.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    text.parse().ok().filter(|_| is_number)
}

/// The integer of digits in a radix, rounded once.
pub(super) fn digits_of(digits: &str, radix: u32) -> Option<f64> {
    let mut value = 0.0;
    // 53 bits and one more are exact; what follows them can only break a tie.
    let (mut bits, mut exponent, mut is_more) = (0_u64, 0_i32, false);
    let shift = radix.trailing_zeros();
    if digits.is_empty() {
        return None;
    }
    for digit in digits.chars() {
        let digit = u64::from(digit.to_digit(radix)?);
        if bits >> 58 == 0 {
            bits = bits << shift | digit;
        } else {
            exponent = exponent.saturating_add(shift as i32);
            is_more |= digit != 0;
        }
        value = (bits | u64::from(is_more)) as f64;
    }
    // A power of two, or beyond all numbers.
    Some(if exponent > 1100 { f64::INFINITY } else { value * 2_f64.powi(exponent) })
}
