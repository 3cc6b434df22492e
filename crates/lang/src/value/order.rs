//! Equality and order. A comparison ends at the first difference, so it pays step by step: a price in advance would be
//! that of the whole values.

use std::cmp::Ordering;

use super::{Items, Value};
use crate::error::ErrorKind;
use crate::limits::{Budget, price};
use crate::listsort;
use crate::number::{Decimal, Integer, Number};
use crate::text;

impl Value {
    /// Python's `==`: exact across number types. The only errors are those of the budget.
    pub(crate) fn equals(&self, other: &Self, budget: &mut Budget) -> Result<bool, ErrorKind> {
        match (self, other) {
            (Self::List(a), Self::List(b)) | (Self::Tuple(a), Self::Tuple(b)) | (Self::Set(a), Self::Set(b)) => {
                Ok(a.values.len() == b.values.len() && a.difference(b, budget)?.is_none())
            }
            _ => {
                budget.charge(self.pair_price(other))?;
                self.leaf_equals(other, budget)
            }
        }
    }

    /// Equal, or the same object: Python compares elements so, which makes a nan equal to itself inside a container.
    pub(crate) fn is_or_equals(&self, other: &Self, budget: &mut Budget) -> Result<bool, ErrorKind> {
        self.difference(other, budget).map(|pair| pair.is_none())
    }

    /// The first parts in which two values differ, which decide their order: a list or tuple and a longer one that
    /// begins with it, two sets, or two values that are not containers. Recursion is bounded by the depth of
    /// containers.
    pub(crate) fn difference<'v>(
        &'v self,
        other: &'v Self,
        budget: &mut Budget,
    ) -> Result<Option<(&'v Self, &'v Self)>, ErrorKind> {
        let found = match (self, other) {
            (Self::Float(a), Self::Float(b)) => {
                budget.charge(1)?;
                a != b && !(a.is_nan() && b.is_nan())
            }
            (Self::Int(Integer::Small(a)), Self::Int(Integer::Small(b))) => {
                budget.charge(1)?;
                a != b
            }
            (Self::List(a), Self::List(b)) | (Self::Tuple(a), Self::Tuple(b)) => {
                if let Some(pair) = a.difference(b, budget)? {
                    return Ok(Some(pair));
                }
                a.values.len() != b.values.len()
            }
            _ => !self.equals(other, budget)?,
        };
        Ok(found.then_some((self, other)))
    }

    /// A total order for the elements of sets: `Equal` for equal values, else by type, then by value. Recursion is
    /// bounded by the depth of containers.
    pub(crate) fn position(&self, other: &Self, budget: &mut Budget) -> Result<Ordering, ErrorKind> {
        if let (Self::Int(Integer::Small(a)), Self::Int(Integer::Small(b))) = (self, other) {
            return budget.charge(1).map(|()| a.cmp(b));
        }
        let ranks = self.rank().cmp(&other.rank());
        match (self, other) {
            _ if ranks.is_ne() => Ok(ranks),
            (Self::List(a), Self::List(b)) | (Self::Tuple(a), Self::Tuple(b)) => a.position(b, budget),
            // Smaller sets come first, so that a subset comes before its superset.
            (Self::Set(a), Self::Set(b)) if a.values.len() != b.values.len() => Ok(a.values.len().cmp(&b.values.len())),
            (Self::Set(a), Self::Set(b)) => a.position(b, budget),
            _ => {
                budget.charge(self.pair_price(other))?;
                self.leaf_position(other, budget)
            }
        }
    }

    /// The indices of `values` in the order of [`Value::position`]; equal values keep their order.
    pub(crate) fn positions(values: &[Self], budget: &mut Budget) -> Result<Vec<usize>, ErrorKind> {
        listsort::order(values.len(), |a, b| {
            budget.charge(price::SCALAR)?;
            values[a].position(&values[b], budget).map(Ordering::is_lt)
        })
    }

    /// The order of two real numbers: `Some(None)` if nan makes them unordered, `None` if a value is not a real number.
    pub(crate) fn order(&self, other: &Self, budget: &mut Budget) -> Result<Option<Option<Ordering>>, ErrorKind> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => return Ok(Some(Some(a.cmp(b)))),
            (Self::Int(a), Self::Float(b)) => return Ok(Some(a.compare_float(*b))),
            (Self::Float(a), Self::Int(b)) => return Ok(Some(b.compare_float(*a).map(Ordering::reverse))),
            _ => {}
        }
        let (Some(a), Some(b)) = (self.number(), other.number()) else {
            return Ok(self.modal_order(other, budget)?.map(Some));
        };
        Ok(Some(match (a, b) {
            (Number::Int(a), Number::Int(b)) => Some(a.cmp(&b)),
            (Number::Float(a), Number::Float(b)) => a.partial_cmp(&b),
            (Number::Int(a), Number::Float(b)) => a.compare_float(b),
            (Number::Float(a), Number::Int(b)) => b.compare_float(a).map(Ordering::reverse),
            _ => return Ok(None),
        }))
    }

    /// The maximum price of comparing two values that are not containers. Fractions and decimals pay more, for their
    /// multiplications and divisions.
    pub(crate) fn pair_price(&self, other: &Self) -> u64 {
        let is_modal = |value: &Self| matches!(value, Self::Fraction(_) | Self::Decimal(_));
        let of_containers = |value: &Self| matches!(value, Self::List(_) | Self::Tuple(_) | Self::Set(_));
        match (self, other) {
            _ if of_containers(self) || of_containers(other) => price::SCALAR,
            // They may have the same size, and then the float is converted.
            (Self::Int(Integer::Big(_)), Self::Float(_)) | (Self::Float(_), Self::Int(Integer::Big(_))) => {
                2 * price::ELEMENTARY
            }
            _ if is_modal(self) || is_modal(other) => self.walk_price() + other.walk_price(),
            _ => self.walk_price().min(other.walk_price()).max(price::SCALAR),
        }
    }

    /// [`Value::equals`] for values that are not containers, or are of different types.
    fn leaf_equals(&self, other: &Self, budget: &mut Budget) -> Result<bool, ErrorKind> {
        Ok(match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Function(a), Self::Function(b)) => a == b,
            (Self::Defined(a), Self::Defined(b)) => a == b,
            (Self::Str(a), Self::Str(b)) => {
                a.string.len() == b.string.len() && text::order(&a.string, &b.string).is_eq()
            }
            (Self::Int(a), Self::Int(b)) => a == b,
            // A fraction never equals an integer, since it would be stored as one.
            (Self::Fraction(a), Self::Fraction(b)) => a == b,
            (Self::Decimal(_), _) | (_, Self::Decimal(_)) => self.order(other, budget)? == Some(Some(Ordering::Equal)),
            (Self::Range(a), Self::Range(b)) => {
                let length = a.length();
                length == b.length() && (length == 0 || (a.start == b.start && (length == 1 || a.step == b.step)))
            }
            _ => match (self.number(), other.number()) {
                (Some(a), Some(b)) => numbers_equal(a, b),
                _ => false,
            },
        })
    }

    /// The rank of a value's type in the order of [`Value::position`].
    fn rank(&self) -> u8 {
        match self {
            Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Fraction(_) | Self::Decimal(_) => 0,
            // A complex number without an imaginary part equals a real number, so it has the same rank.
            Self::Complex(value) if value.imaginary == 0.0 => 0,
            Self::Complex(_) => 1,
            Self::Str(_) => 2,
            Self::Tuple(_) => 3,
            Self::List(_) => 4,
            Self::Set(_) => 5,
            Self::Range(_) => 6,
            Self::Function(_) => 7,
            Self::Defined(_) => 8,
            Self::None => 9,
        }
    }

    /// [`Value::position`] for two values of the same rank that are not containers.
    fn leaf_position(&self, other: &Self, budget: &mut Budget) -> Result<Ordering, ErrorKind> {
        Ok(match (self, other) {
            (Self::Str(a), Self::Str(b)) => text::order(&a.string, &b.string),
            (Self::Range(a), Self::Range(b)) => (a.start, a.stop, a.step).cmp(&(b.start, b.stop, b.step)),
            (Self::Function(a), Self::Function(b)) => a.name.cmp(b.name),
            (Self::Defined(a), Self::Defined(b)) => a.cmp(b),
            _ => {
                let parts = |value: &Self| match value {
                    Self::Complex(value) => (Self::Float(value.real), value.imaginary),
                    _ => (value.clone(), 0.0),
                };
                let ((a, a_imaginary), (b, b_imaginary)) = (parts(self), parts(other));
                let order = match a.order(&b, budget)? {
                    Some(Some(order)) => order,
                    // nan comes after all other numbers.
                    _ => matches!(a, Self::Float(a) if a.is_nan()).cmp(&matches!(b, Self::Float(b) if b.is_nan())),
                };
                order.then(a_imaginary.partial_cmp(&b_imaginary).unwrap_or_else(|| a_imaginary.total_cmp(&b_imaginary)))
            }
        })
    }

    /// The order of a fraction or a decimal relative to another real number.
    fn modal_order(&self, other: &Self, budget: &mut Budget) -> Result<Option<Ordering>, ErrorKind> {
        let order = match (self, other) {
            (Self::Fraction(a), Self::Fraction(b)) => Some(a.order(b, budget)),
            (Self::Fraction(a), b) => b.integer().map(|b| a.order_integer(&b, budget)),
            (Self::Decimal(a), Self::Decimal(b)) => Some(a.compare(b, budget)),
            (Self::Decimal(a), b) => b.integer().map(|b| a.compare(&Decimal::from(b), budget)),
            (_, Self::Fraction(_) | Self::Decimal(_)) => {
                return Ok(other.modal_order(self, budget)?.map(Ordering::reverse));
            }
            _ => None,
        };
        order.transpose()
    }
}

impl Items {
    /// The first difference between elements at the same index, as in [`Value::difference`].
    fn difference<'v>(
        &'v self,
        other: &'v Self,
        budget: &mut Budget,
    ) -> Result<Option<(&'v Value, &'v Value)>, ErrorKind> {
        budget.charge(price::SCALAR)?;
        for (a, b) in self.values.iter().zip(&other.values) {
            if let Some(pair) = a.difference(b, budget)? {
                return Ok(Some(pair));
            }
        }
        Ok(None)
    }

    /// The order of the first elements that differ; a sequence comes before a longer one that begins with it.
    fn position(&self, other: &Self, budget: &mut Budget) -> Result<Ordering, ErrorKind> {
        budget.charge(price::SCALAR)?;
        for (a, b) in self.values.iter().zip(&other.values) {
            let order = a.position(b, budget)?;
            if order.is_ne() {
                return Ok(order);
            }
        }
        Ok(self.values.len().cmp(&other.values.len()))
    }

    /// Walks over two sets in order and calls `see` for each element: with `Less` if only the left set has it,
    /// `Greater` if only the right one has it, `Equal` for the left one's if both have it. Ends when `see` gives
    /// `false`.
    pub(crate) fn merge<'v>(
        &'v self,
        other: &'v Self,
        budget: &mut Budget,
        mut see: impl FnMut(Ordering, &'v Value) -> bool,
    ) -> Result<(), ErrorKind> {
        let (mut left, mut right) = (&self.values[..], &other.values[..]);
        loop {
            budget.charge(price::SCALAR)?;
            let (side, value) = match (left.split_first(), right.split_first()) {
                (Some((a, _)), Some((b, _))) => {
                    let side = a.position(b, budget)?;
                    (side, if side.is_le() { a } else { b })
                }
                (Some((a, _)), None) => (Ordering::Less, a),
                (None, Some((b, _))) => (Ordering::Greater, b),
                (None, None) => return Ok(()),
            };
            if !see(side, value) {
                return Ok(());
            }
            left = &left[usize::from(side.is_le())..];
            right = &right[usize::from(side.is_ge())..];
        }
    }

    pub(crate) fn has(&self, element: &Value, budget: &mut Budget) -> Result<bool, ErrorKind> {
        let (mut low, mut high) = (0, self.values.len());
        while low < high {
            let middle = low.midpoint(high);
            budget.charge(price::SCALAR)?;
            match self.values[middle].position(element, budget)? {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Ok(true),
                Ordering::Greater => high = middle,
            }
        }
        Ok(false)
    }
}

fn numbers_equal(a: Number, b: Number) -> bool {
    let equal = |ordering: Option<Ordering>| ordering == Some(Ordering::Equal);
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => a == b,
        (Number::Float(a), Number::Float(b)) => a == b,
        (Number::Int(a), Number::Float(b)) | (Number::Float(b), Number::Int(a)) => equal(a.compare_float(b)),
        (Number::Complex(a), Number::Complex(b)) => a == b,
        (Number::Complex(a), Number::Float(b)) | (Number::Float(b), Number::Complex(a)) => {
            a.imaginary == 0.0 && a.real == b
        }
        (Number::Complex(a), Number::Int(b)) | (Number::Int(b), Number::Complex(a)) => {
            a.imaginary == 0.0 && equal(b.compare_float(a.real))
        }
    }
}
