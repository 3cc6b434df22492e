//! The running totals of `sum` and `prod`, over a collection or over a variable, and of `sumprod` over two collections.

use super::{Binary, binary};
use crate::error::{ErrorKind, Overflow};
use crate::limits::Budget;
use crate::number::{Compensated, Complex, Integer, Number, Tripled};
use crate::value::Value;

/// A running sum or product. A sum goes through CPython's stages. Each stage ends at the first element that it cannot
/// take: that element is added with `+`, and the type of the result decides the next stage.
pub(crate) enum Total {
    /// Integers, while the sum is a machine word.
    Words(i64),
    /// Floats, and integers as floats, with compensated rounding.
    Floats(Compensated),
    /// Complex and real numbers; both parts are compensated.
    Complex { real: Compensated, imaginary: Compensated },
    /// Any values, with the operator.
    Plain { operator: Binary, value: Value },
}

impl Total {
    /// A sum that begins with `start`.
    pub(crate) fn sum(start: Value) -> Self {
        match start {
            Value::Int(Integer::Small(word)) => Self::Words(word),
            start => Self::behind(start),
        }
    }

    /// A product that begins with `start`.
    pub(crate) fn product(start: Value) -> Self {
        Self::Plain { operator: Binary::Multiply, value: start }
    }

    /// The stage after a sum that exceeds a machine word.
    fn behind(value: Value) -> Self {
        match value {
            Value::Float(value) => Self::Floats(Compensated::new(value)),
            Value::Complex(value) => {
                Self::Complex { real: Compensated::new(value.real), imaginary: Compensated::new(value.imaginary) }
            }
            value => Self::Plain { operator: Binary::Add, value },
        }
    }

    pub(crate) fn take(&mut self, element: &Value, budget: &mut Budget) -> Result<(), ErrorKind> {
        if let Self::Plain { operator, value } = self {
            *value = binary(*operator, value, element, budget)?;
        } else if !self.take_in_stage(element)? {
            *self = Self::behind(binary(Binary::Add, &self.value(), element, budget)?);
        }
        Ok(())
    }

    /// Adds an element if the stage can take it.
    fn take_in_stage(&mut self, element: &Value) -> Result<bool, ErrorKind> {
        let Some(number) = element.number() else { return Ok(false) };
        if let (Self::Words(total), Number::Int(Integer::Small(word))) = (&*self, &number) {
            let sum = total.checked_add(*word);
            return Ok(sum.map(|sum| *self = Self::Words(sum)).is_some());
        }
        match (self, number) {
            (Self::Complex { real, imaginary }, Number::Complex(value)) => {
                real.add(value.real);
                imaginary.add(value.imaginary);
            }
            (Self::Floats(real) | Self::Complex { real, .. }, Number::Float(value)) => real.add(value),
            (Self::Floats(real) | Self::Complex { real, .. }, Number::Int(value)) => {
                real.add(value.to_float().ok_or(Overflow::IntToFloat)?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Words(word) => Value::Int(Integer::Small(*word)),
            Self::Floats(sum) => Value::Float(sum.value()),
            Self::Complex { real, imaginary } => Value::complex(Complex::new(real.value(), imaginary.value())),
            Self::Plain { value, .. } => value.clone(),
        }
    }
}

/// A running sum of products, with the stages of CPython's `sumprod`.
pub(crate) enum Products {
    /// Pairs of integers, while products and sum are machine words.
    Words(i64),
    /// Pairs with a float, while the sum is finite; the first field is the sum of the pairs before them.
    Floats(Value, Option<Tripled>),
    /// Any values, with the operators.
    Plain(Value),
}

impl Products {
    /// Adds the product of the next pair.
    pub(crate) fn take(mut self, a: &Value, b: &Value, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if let Self::Words(sum) = self {
            match product_of_words(a, b).and_then(|product| sum.checked_add(product)) {
                Some(sum) => return Ok(Self::Words(sum)),
                None => self = Self::Floats(Value::Int(Integer::Small(sum)), None),
            }
        }
        if let Self::Floats(before, sum) = self {
            match factors(a, b).and_then(|(x, y)| sum.unwrap_or_default().add_product(x, y)) {
                Some(sum) => return Ok(Self::Floats(before, Some(sum))),
                None => self = Self::Plain(Self::Floats(before, sum).value(budget)?),
            }
        }
        let product = binary(Binary::Multiply, a, b, budget)?;
        binary(Binary::Add, &self.value(budget)?, &product, budget).map(Self::Plain)
    }

    pub(crate) fn value(self, budget: &mut Budget) -> Result<Value, ErrorKind> {
        match self {
            Self::Words(sum) => Ok(Value::Int(Integer::Small(sum))),
            Self::Floats(before, Some(sum)) => binary(Binary::Add, &before, &Value::Float(sum.value()), budget),
            Self::Floats(value, None) | Self::Plain(value) => Ok(value),
        }
    }
}

fn product_of_words(a: &Value, b: &Value) -> Option<i64> {
    match (a, b) {
        (Value::Int(Integer::Small(a)), Value::Int(Integer::Small(b))) => a.checked_mul(*b),
        _ => None,
    }
}

/// Both as floats, if one is a float and the other a real number that a float can hold.
fn factors(a: &Value, b: &Value) -> Option<(f64, f64)> {
    let float = |value: &Value| match value.number()? {
        Number::Float(value) => Some(value),
        Number::Int(value) => value.to_float(),
        Number::Complex(_) => None,
    };
    let any = matches!(a, Value::Float(_)) || matches!(b, Value::Float(_));
    any.then(|| float(a).zip(float(b))).flatten()
}
