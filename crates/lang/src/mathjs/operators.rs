//! What the operators do with values.

use std::rc::Rc;

use super::complex::Complex;
use super::program::{Binary, Unary};
use super::real::{self, is_integer, larger, modulo, nearly_equal, smaller};
use super::stop::{Outcome, Stop, error, type_error, unsupported};
use super::value::{Kind, Scalar, Value, hold_list, number_of, real, scalar, unexpected};
use crate::error::{ErrorKind, Estimate};
use crate::limits::{Budget, price};
use crate::number::rounding::parts;

/// The price of rounding to decimal digits, which is done with their text.
pub(super) const ROUNDING_PRICE: u64 = 300;

/// An operation on two values.
pub(super) fn binary(operation: Binary, a: &Value, b: &Value, budget: &mut Budget) -> Outcome<Value> {
    let name = operation.name();
    budget.charge(a.reading_price() + b.reading_price())?;
    check_pair(a, b, name)?;
    if matches!(operation, Binary::Equal | Binary::Unequal) {
        return Ok(Value::Bool(equal(a, b, name)? == (operation == Binary::Equal)));
    }
    let (x, y) = match (scalar(a, name, 0)?, scalar(b, name, 1)?) {
        (Scalar::Real(x), Scalar::Real(y)) => (x, y),
        (x, y) => return complex_binary(operation, x, y, budget),
    };
    let bits = |operate: fn(i32, i32) -> f64| {
        if is_integer(x) && is_integer(y) {
            Ok(Value::Number(operate(to_int32(x), to_int32(y))))
        } else {
            error(format!("Integers expected in function {name}"))
        }
    };
    let value = match operation {
        Binary::Add => x + y,
        Binary::Subtract => x - y,
        Binary::Multiply => x * y,
        Binary::Divide => x / y,
        Binary::Mod => {
            // It rounds to decimal digits.
            budget.charge(ROUNDING_PRICE)?;
            modulo(x, y)
        }
        Binary::Pow => return power(x, y, budget).map(Value::from),
        Binary::Smaller => return Ok(Value::Bool(smaller(x, y))),
        Binary::Larger => return Ok(Value::Bool(larger(x, y))),
        Binary::SmallerEq => return Ok(Value::Bool(x <= y || nearly_equal(x, y))),
        Binary::LargerEq => return Ok(Value::Bool(x >= y || nearly_equal(x, y))),
        Binary::BitAnd => return bits(|a, b| f64::from(a & b)),
        Binary::BitOr => return bits(|a, b| f64::from(a | b)),
        Binary::BitXor => return bits(|a, b| f64::from(a ^ b)),
        // The distance is taken modulo 32.
        Binary::LeftShift => return bits(|a, b| f64::from(a.wrapping_shl(b as u32))),
        Binary::RightArithShift => return bits(|a, b| f64::from(a.wrapping_shr(b as u32))),
        Binary::RightLogShift => return bits(|a, b| f64::from((a as u32).wrapping_shr(b as u32))),
        Binary::Xor => return Ok(Value::Bool(is_true(x) != is_true(y))),
        Binary::Equal | Binary::Unequal => f64::NAN,
    };
    Ok(Value::Number(value))
}

/// math.js converts a boolean to a number, but not to a complex number.
fn check_pair(a: &Value, b: &Value, name: &str) -> Outcome<()> {
    match (a, b) {
        (Value::Complex(_), Value::Bool(_)) => unexpected(b, name, "Complex or number", 1),
        (Value::Bool(_), Value::Complex(_)) => unexpected(b, name, "number", 1),
        _ => Ok(()),
    }
}

/// JavaScript's conversion of an integer to 32 bits: the last of its bits, whose work does not grow with the number.
fn to_int32(x: f64) -> i32 {
    const BEYOND: f64 = (1_u64 << 63) as f64;
    if x.abs() < BEYOND {
        return x as i64 as i32;
    }
    let (mantissa, unit) = parts(x);
    // Its bits are 63 or more places from the end.
    let bits = mantissa.checked_shl(unit.unsigned_abs()).unwrap_or(0) as i32;
    if x < 0.0 { bits.wrapping_neg() } else { bits }
}

fn is_true(x: f64) -> bool {
    x != 0.0 && !x.is_nan()
}

fn complex_binary(operation: Binary, x: Scalar, y: Scalar, budget: &mut Budget) -> Outcome<Value> {
    budget.charge(price::ELEMENTARY)?;
    let (a, b) = (x.complex(), y.complex());
    Ok(Value::Complex(match operation {
        Binary::Add => a.add(b),
        Binary::Subtract => a.subtract(b),
        Binary::Multiply => a.multiply(b),
        Binary::Divide => a.divide(b),
        Binary::Pow => {
            budget.charge(4 * price::ELEMENTARY)?;
            a.power(b, budget)?
        }
        Binary::Xor => return Ok(Value::Bool(a.is_zero() != b.is_zero())),
        Binary::Smaller | Binary::Larger | Binary::SmallerEq | Binary::LargerEq => {
            return type_error("No ordering relation is defined for complex numbers");
        }
        _ => {
            let place = usize::from(matches!(x, Scalar::Real(_)));
            return unexpected(&Value::Complex(if place == 0 { a } else { b }), operation.name(), "number", place);
        }
    }))
}

/// A power of real numbers, which may be complex.
fn power(x: f64, y: f64, budget: &mut Budget) -> Outcome<Scalar> {
    if is_integer(y) || x >= 0.0 {
        return Ok(Scalar::Real(real::power(x, y, budget)?));
    }
    if x * x < 1.0 && y == f64::INFINITY || x * x > 1.0 && y == f64::NEG_INFINITY {
        return Ok(Scalar::Real(0.0));
    }
    budget.charge(4 * price::ELEMENTARY)?;
    Ok(Scalar::Complex(Complex { re: x, im: 0.0 }.power(Complex { re: y, im: 0.0 }, budget)?))
}

/// Equality as far as comparisons see.
pub(super) fn equal(a: &Value, b: &Value, name: &str) -> Outcome<bool> {
    let kind = |value: &Value| match value {
        Value::Null => 1,
        Value::Undefined => 2,
        _ => 0,
    };
    if kind(a) != 0 || kind(b) != 0 {
        return Ok(kind(a) == kind(b));
    }
    Ok(match (scalar(a, name, 0)?, scalar(b, name, 1)?) {
        (Scalar::Real(x), Scalar::Real(y)) => nearly_equal(x, y),
        (x, y) => {
            let (x, y) = (x.complex(), y.complex());
            nearly_equal(x.re, y.re) && nearly_equal(x.im, y.im)
        }
    })
}

/// An operation on one value.
pub(super) fn unary(operation: Unary, value: &Value, budget: &mut Budget) -> Outcome<Value> {
    let name = match operation {
        Unary::Plus => "unaryPlus",
        Unary::Minus => "unaryMinus",
        Unary::BitNot => "bitNot",
        Unary::Not => "not",
        Unary::Factorial => "factorial",
        Unary::Transpose => "ctranspose",
    };
    match (operation, value) {
        (Unary::Not, Value::Null | Value::Undefined) => return Ok(Value::Bool(true)),
        (
            Unary::Transpose,
            Value::Null | Value::Undefined | Value::Builtin(_) | Value::Defined(_) | Value::List(..),
        ) => {
            return unsupported("Matrices", name);
        }
        _ => {}
    }
    let scalar = scalar(value, name, 0)?;
    Ok(match (operation, scalar) {
        (Unary::Plus, _) => scalar.into(),
        (Unary::Minus, Scalar::Real(x)) => Value::Number(-x),
        (Unary::Minus, Scalar::Complex(x)) => Value::Complex(x.negate()),
        (Unary::Not, Scalar::Real(x)) => Value::Bool(!is_true(x)),
        (Unary::Not, Scalar::Complex(x)) => Value::Bool(x.is_zero()),
        (Unary::Transpose, Scalar::Real(_)) => value.clone(),
        (Unary::Transpose, Scalar::Complex(x)) => Value::Complex(x.conjugate()),
        (Unary::BitNot, Scalar::Real(x)) if is_integer(x) => Value::Number(f64::from(!to_int32(x))),
        (Unary::BitNot, Scalar::Real(_)) => return error("Integer expected in function bitNot"),
        (Unary::Factorial, Scalar::Real(x)) => Value::Number(real::factorial(x, budget)?),
        (Unary::BitNot | Unary::Factorial, Scalar::Complex(_)) => return unexpected(value, name, "number", 0),
    })
}

/// The left side of `and` or `or`; complex numbers have no truth there.
pub(super) fn truth(value: &Value, name: &str) -> Outcome<bool> {
    real(value, name, 0).map(is_true)
}

/// The right side of `and` or `or`, where a complex number has a truth, but not beside a boolean.
pub(super) fn second_truth(left: &Value, value: &Value, name: &str) -> Outcome<bool> {
    match (left, scalar(value, name, 1)?) {
        (Value::Bool(_), Scalar::Complex(_)) => unexpected(value, name, "number", 1),
        (_, Scalar::Complex(x)) => Ok(!x.is_zero()),
        (_, Scalar::Real(x)) => Ok(is_true(x)),
    }
}

/// The value of `a & b` or `a | b` if math.js looks at `a` alone: a number that decides it, or what is no number.
pub(super) fn bits_decided(operation: Binary, a: &Value) -> Option<Value> {
    let (number, bool, value) = match operation {
        Binary::BitAnd => (0.0, false, 0.0),
        Binary::BitOr => (-1.0, true, 1.0),
        _ => return None,
    };
    match a {
        Value::Number(x) if *x == number => Some(Value::Number(number)),
        Value::Bool(x) if *x == bool => Some(Value::Number(value)),
        a if is_not_a_number(a) => Some(Value::Number(f64::NAN)),
        _ => None,
    }
}

/// JavaScript's `isNaN(value)`, for what is no list.
fn is_not_a_number(value: &Value) -> bool {
    /// Below it, complex.js prints a number without its imaginary part.
    const SMALL: f64 = 1e-15;
    match value {
        Value::Null | Value::Bool(_) | Value::List(..) => false,
        Value::Number(x) => x.is_nan(),
        Value::Text(text) => number_of(text).is_none_or(f64::is_nan),
        // It reads the text of the number.
        Value::Complex(Complex { re, im }) => {
            re.is_nan() || im.is_nan() || im.abs() >= SMALL && im.is_finite() && re.is_finite()
        }
        Value::Undefined | Value::Builtin(_) | Value::Defined(_) => true,
    }
}

/// The condition of `? :`.
pub(super) fn condition(value: &Value) -> Outcome<bool> {
    Ok(match value {
        Value::Bool(bool) => *bool,
        Value::Number(x) => is_true(*x),
        Value::Text(text) => !text.is_empty(),
        Value::Complex(complex) => !complex.is_zero(),
        Value::Null | Value::Undefined => false,
        other => return type_error(format!("Unsupported type of condition \"{}\"", other.type_name())),
    })
}

/// The list `start:step:end`.
pub(super) fn range(start: &Value, step: f64, end: &Value, budget: &mut Budget) -> Outcome<Value> {
    let (start, end) = (real(start, "range", 0)?, real(end, "range", 1)?);
    if nearly_equal(step, 0.0) {
        return error("Step must be non-zero");
    }
    // The last may be met with an error of rounding.
    let count = ((end - start) / step + 1e-6).floor() + 1.0;
    let limit = budget.limits.elements;
    if count > limit as f64 {
        let count = if count < 1e18 { count as u64 } else { u64::MAX };
        return Err(ErrorKind::CollectionTooLarge { elements: Estimate::About(count), limit }.into());
    }
    hold_list(count.max(0.0) as u64, budget)?;
    let is_before = |x: f64| nearly_equal(x, end) || if step > 0.0 { x < end } else { x > end };
    let mut values = Vec::new();
    let mut x = start;
    while is_before(x) && values.len() as u64 <= limit {
        values.push(Value::Number(x));
        x += step;
    }
    Value::list(values, Kind::Matrix, budget)
}

/// The elements that an index names, from 0.
fn places(index: &Value, length: usize, budget: &mut Budget) -> Outcome<Vec<usize>> {
    let indices = match index {
        Value::List(indices, _) => indices.clone(),
        Value::Number(_) => Rc::from([index.clone()]),
        _ => return type_error("Dimension must be an Array, Matrix, number, bigint, string, or Range"),
    };
    budget.charge(1 + indices.len() as u64)?;
    let place = |index: &Value| match index {
        Value::Number(x) if !is_integer(*x) => {
            type_error(format!("Index must be an integer (value: {})", super::format::javascript(x - 1.0)))
        }
        Value::Number(x) if *x < 1.0 => out_of_range(*x, "<", 1),
        Value::Number(x) if *x > length as f64 => out_of_range(*x, ">", length),
        Value::Number(x) => Ok(*x as usize - 1),
        _ => error("Indices that are no numbers are not supported"),
    };
    indices.iter().map(place).collect()
}

fn out_of_range<T>(index: f64, sign: &str, bound: usize) -> Outcome<T> {
    let index = super::format::javascript(index);
    Err(Stop::Thrown(format!("IndexError: Index out of range ({index} {sign} {bound})")))
}

/// `list[index]`, or of a string.
pub(super) fn element(object: &Value, index: &Value, budget: &mut Budget) -> Outcome<Value> {
    match object {
        Value::List(values, kind) => {
            let places = places(index, values.len(), budget)?;
            match (index, &places[..]) {
                (Value::Number(_), [place]) => Ok(values[*place].clone()),
                _ => Value::list(places.into_iter().map(|place| values[place].clone()).collect(), *kind, budget),
            }
        }
        Value::Text(text) => {
            budget.charge(text.len() as u64)?;
            let characters: Vec<u16> = text.encode_utf16().collect();
            let places = places(index, characters.len(), budget)?;
            let characters: Vec<u16> = places.into_iter().map(|place| characters[place]).collect();
            Value::text(String::from_utf16_lossy(&characters), budget)
        }
        _ => type_error("Cannot apply index: unsupported type of object"),
    }
}

/// A list with other elements at an index; one behind its end makes it longer.
pub(super) fn with_element(object: &Value, index: &Value, value: &Value, budget: &mut Budget) -> Outcome<Value> {
    let Value::List(values, kind) = object else {
        return type_error("Cannot apply index: only elements of lists can be replaced");
    };
    let mut values = values.to_vec();
    if let Value::Number(x) = index
        && is_integer(*x)
        && *x > values.len() as f64
    {
        let length = if *x < 1e15 { *x as u64 } else { u64::MAX };
        hold_list(length, budget)?;
        values.resize(length as usize, Value::Number(0.0));
    }
    let places = places(index, values.len(), budget)?;
    match (index, value) {
        (Value::List(..), Value::List(new, _)) if new.len() == places.len() => {
            places.into_iter().zip(new.iter()).for_each(|(place, new)| values[place] = new.clone());
        }
        (_, Value::List(..)) => return error("Matrices are not supported: a list as an element"),
        _ => places.into_iter().for_each(|place| values[place] = value.clone()),
    }
    Value::list(values, *kind, budget)
}
