//! Equality and order. A comparison ends at the first difference and pays step by step: a price computed before it
//! would be that of the whole values.

use std::cmp::Ordering;

use super::{Items, Value};
use crate::error::ErrorKind;
use crate::limits::{Budget, price};
use crate::listsort;
use crate::number::{Decimal, Integer, Number};

impl Value {
    /// Python's `==`: exact across types of numbers, never an error but for the budget's.
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

    /// Equal, or the same object: how Python compares elements, so that a nan is equal to itself inside a container.
    pub(crate) fn is_or_equals(&self, other: &Self, budget: &mut Budget) -> Result<bool, ErrorKind> {
        self.difference(other, budget).map(|pair| pair.is_none())
    }

    /// The parts of two values that decide their order, the first that differ: lists or tuples of which one goes on
    /// where the other ends, sets, or values that are no containers. Recursion is bounded by the depth of containers.
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

    /// A total order for the elements of a set: `Equal` for what is equal, else by type, then by value. Recursion is
    /// bounded by the depth of containers.
    pub(crate) fn position(&self, other: &Self, budget: &mut Budget) -> Result<Ordering, ErrorKind> {
        if let (Self::Int(Integer::Small(a)), Self::Int(Integer::Small(b))) = (self, other) {
            return budget.charge(1).map(|()| a.cmp(b));
        }
        let ranks = self.rank().cmp(&other.rank());
        match (self, other) {
            _ if ranks.is_ne() => Ok(ranks),
            (Self::List(a), Self::List(b)) | (Self::Tuple(a), Self::Tuple(b)) => a.position(b, budget),
            // Smaller sets first, so that a subset comes before its superset.
            (Self::Set(a), Self::Set(b)) if a.values.len() != b.values.len() => Ok(a.values.len().cmp(&b.values.len())),
            (Self::Set(a), Self::Set(b)) => a.position(b, budget),
            _ => {
                budget.charge(self.pair_price(other))?;
                self.leaf_position(other, budget)
            }
        }
    }

    /// The places of `values` in the order of [`Value::position`], equals in the order in which they are given.
    pub(crate) fn positions(values: &[Self], budget: &mut Budget) -> Result<Vec<usize>, ErrorKind> {
        listsort::order(values.len(), |a, b| {
            budget.charge(price::SCALAR)?;
            values[a].position(&values[b], budget).map(Ordering::is_lt)
        })
    }

    /// The order of two real numbers (`Some(None)` where nan makes them unordered); `None` where there is no order.
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

    /// What comparing two values that are no containers costs at most, but for fractions and decimals, which pay for
    /// what they multiply and divide.
    pub(crate) fn pair_price(&self, other: &Self) -> u64 {
        let is_modal = |value: &Self| matches!(value, Self::Fraction(_) | Self::Decimal(_));
        let of_containers = |value: &Self| matches!(value, Self::List(_) | Self::Tuple(_) | Self::Set(_));
        match (self, other) {
            _ if of_containers(self) || of_containers(other) => price::SCALAR,
            // Of the same length, as a float and an integer.
            (Self::Int(Integer::Big(_)), Self::Float(_)) | (Self::Float(_), Self::Int(Integer::Big(_))) => {
                2 * price::ELEMENTARY
            }
            _ if is_modal(self) || is_modal(other) => self.walk_price() + other.walk_price(),
            _ => self.walk_price().min(other.walk_price()).max(price::SCALAR),
        }
    }

    /// [`Value::equals`] of values that are not containers, or of different kinds.
    fn leaf_equals(&self, other: &Self, budget: &mut Budget) -> Result<bool, ErrorKind> {
        Ok(match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Function(a), Self::Function(b)) => a == b,
            (Self::Defined(a), Self::Defined(b)) => a == b,
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            // Never equal to an integer, which it would be.
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

    /// Where the type of a value stands in the order of [`Value::position`].
    fn rank(&self) -> u8 {
        match self {
            Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Fraction(_) | Self::Decimal(_) => 0,
            // A complex number without imaginary part equals a real one, and stands with them.
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

    /// [`Value::position`] of two values of one rank that are no containers.
    fn leaf_position(&self, other: &Self, budget: &mut Budget) -> Result<Ordering, ErrorKind> {
        Ok(match (self, other) {
            (Self::Str(a), Self::Str(b)) => a.string.cmp(&b.string),
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
                    // nan after everything.
                    _ => matches!(a, Self::Float(a) if a.is_nan()).cmp(&matches!(b, Self::Float(b) if b.is_nan())),
                };
                order.then(a_imaginary.partial_cmp(&b_imaginary).unwrap_or_else(|| a_imaginary.total_cmp(&b_imaginary)))
            }
        })
    }

    /// The order of a fraction or a decimal and another real number.
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
    /// The first difference of elements that stand in the same place, as [`Value::difference`] gives it.
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

    /// By the first elements that differ; what begins another comes before it.
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

    /// Goes over two sets in the order of their elements, each of which is shown once: one of the left set alone
    /// (`Less`), of both (`Equal`; the left one's is shown), or of the right set alone (`Greater`). Ends when `see`
    /// gives `false`.
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

    /// Whether a set has this element.
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
