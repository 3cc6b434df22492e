//! The operations on strings, lists, tuples, sets and ranges: indexing, slicing, membership, concatenation, repetition.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::error::{ErrorKind, Estimate, Overflow, Type, TypeError, ValueError};
use crate::limits::{Budget, price};
use crate::number::Integer;
use crate::value::{Builtin, Range, Text, Value};

/// `left + right` for two sequences of one type; `None` for other operands.
pub(crate) fn concatenate(left: &Value, right: &Value, budget: &mut Budget) -> Result<Option<Value>, ErrorKind> {
    budget.charge(copy_price(left, 1) + copy_price(right, 1))?;
    let join = |a: &[Value], b: &[Value]| a.iter().chain(b).cloned().collect::<Vec<_>>();
    Ok(Some(match (left, right) {
        (Value::Str(a), Value::Str(b)) => Value::string(format!("{}{}", a.string, b.string), budget)?,
        (Value::List(a), Value::List(b)) => Value::list(join(&a.values, &b.values), budget)?,
        (Value::Tuple(a), Value::Tuple(b)) => Value::tuple(join(&a.values, &b.values), budget)?,
        (Value::Str(_) | Value::List(_) | Value::Tuple(_), _) => {
            return Err(TypeError::Concatenation { left: left.kind(), right: right.kind() }.into());
        }
        _ => return Ok(None),
    }))
}

/// The price of so many copies of a sequence: their bytes and elements.
fn copy_price(value: &Value, times: u64) -> u64 {
    let elements = if let Value::List(items) | Value::Tuple(items) = value { items.values.len() as u64 } else { 0 };
    price::add(value.heap_bytes().saturating_mul(times) / 8).saturating_add(elements.saturating_mul(times) / 2)
}

/// `sequence * times`; `None` if neither side is a sequence.
pub(crate) fn repeat(left: &Value, right: &Value, budget: &mut Budget) -> Result<Option<Value>, ErrorKind> {
    let is_sequence = |value: &Value| matches!(value, Value::Str(_) | Value::List(_) | Value::Tuple(_));
    let (sequence, other) = match (is_sequence(left), is_sequence(right)) {
        (true, _) => (left, right),
        (false, true) => (right, left),
        (false, false) => return Ok(None),
    };
    let times = other.integer().ok_or(TypeError::Repetition { by: other.kind() })?;
    if times.as_i64().is_none() {
        return Err(Overflow::Repetition.into());
    }
    let length = sequence.length().unwrap_or(0);
    let limit =
        if matches!(sequence, Value::Str(_)) { budget.limits.string_characters } else { budget.limits.elements };
    let times = match times.as_i64() {
        _ if times.is_negative() || length == 0 => 0,
        Some(times) if times.unsigned_abs().saturating_mul(length) <= limit => times.unsigned_abs(),
        times => {
            let elements = times
                .and_then(|times| times.unsigned_abs().checked_mul(length))
                .map_or(Estimate::Astronomical, Estimate::About);
            return Err(ErrorKind::CollectionTooLarge { elements, limit });
        }
    };
    budget.charge(copy_price(sequence, times))?;
    // Both factors are within the limits on elements and characters.
    let times = times as usize;
    let repeated = |values: &[Value]| std::iter::repeat_n(values, times).flatten().cloned().collect();
    Ok(Some(match sequence {
        Value::Str(text) => Value::string(text.string.repeat(times), budget)?,
        Value::List(items) => Value::list(repeated(&items.values), budget)?,
        Value::Tuple(items) => Value::tuple(repeated(&items.values), budget)?,
        _ => return Ok(None),
    }))
}

/// The operators on sets; `None` if one side is not a set.
pub(crate) fn set_operation(
    keep_left_only: bool,
    keep_both: bool,
    keep_right_only: bool,
    left: &Value,
    right: &Value,
    budget: &mut Budget,
) -> Result<Option<Value>, ErrorKind> {
    let (Value::Set(a), Value::Set(b)) = (left, right) else { return Ok(None) };
    let mut values: Vec<Value> = Vec::new();
    a.merge(b, budget, |side, value| {
        let keeps = match side {
            Ordering::Less => keep_left_only,
            Ordering::Equal => keep_both,
            Ordering::Greater => keep_right_only,
        };
        if keeps {
            values.push(value.clone());
        }
        true
    })?;
    Value::sorted_set(values, budget).map(Some)
}

/// Python's `element in container`.
pub(crate) fn contains(container: &Value, element: &Value, budget: &mut Budget) -> Result<bool, ErrorKind> {
    match container {
        Value::Str(text) => match element {
            Value::Str(part) => {
                budget.charge(search_price(text.string.as_bytes(), part.string.as_bytes()))?;
                Ok(text.string.contains(&*part.string))
            }
            _ => Err(TypeError::NotInString { found: element.kind() }.into()),
        },
        Value::Set(items) => {
            budget.charge(element.walk_price())?;
            element.check_hashable()?;
            items.has(element, budget)
        }
        Value::List(items) | Value::Tuple(items) => {
            for value in &items.values {
                if value.is_or_equals(element, budget)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Value::Range(range) => {
            budget.charge(element.pair_price(container))?;
            let Some(wanted) = whole(element) else { return Ok(false) };
            let offset = i128::from(wanted) - i128::from(range.start);
            let step = i128::from(range.step);
            let index = offset / step;
            Ok(offset % step == 0 && index >= 0 && index < i128::from(range.length()))
        }
        _ => Err(TypeError::NotContainer { found: container.kind() }.into()),
    }
}

/// The price of a substring search, which takes linear time. A single byte is cheapest, since longer parts need
/// preparation. A short part is compared only where two of its bytes match.
fn search_price(text: &[u8], part: &[u8]) -> u64 {
    let (bytes, sought) = (text.len() as u64, part.len() as u64);
    let at_most = (bytes + sought) / 4 + price::SCALAR;
    let [first, .., last] = part else { return price::add(bytes / 8) };
    if first == last || part.len() > 32 || text.len() < part.len() {
        return at_most;
    }
    // Counted in chunks whose counts fit a byte, which is fast.
    let pairs = text.chunks(255).zip(text[part.len() - 1..].chunks(255));
    let counted = pairs.map(|(begin, end)| {
        u64::from(begin.iter().zip(end).map(|(a, b)| u8::from(a == first && b == last)).sum::<u8>())
    });
    at_most.min(bytes / 32 + counted.sum::<u64>() + price::SCALAR)
}

/// The machine integer equal to a number, if there is one.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Float(float) if float.fract() == 0.0 && float.is_finite() => Integer::from_float(*float).as_i64(),
        Value::Decimal(decimal) => decimal.as_i64(),
        _ => value.integer()?.as_i64(),
    }
}

/// The number of elements from which `[ ]` selects.
fn picked_from(container: &Value) -> Result<u64, ErrorKind> {
    match container {
        Value::Function(Builtin { name, kind: Type::Type, .. }) => {
            Err(TypeError::TypeNotSubscriptable { name: (*name).to_owned() }.into())
        }
        Value::Set(_) => Err(TypeError::NotSubscriptable { found: Type::Set }.into()),
        _ => container.length().ok_or(TypeError::NotSubscriptable { found: container.kind() }.into()),
    }
}

/// Python's `container[index]`.
pub(crate) fn index(container: &Value, index: &Value, budget: &mut Budget) -> Result<Value, ErrorKind> {
    let length = picked_from(container)?;
    let of = container.kind();
    let Some(position) = index.integer() else {
        return Err(TypeError::Indices { of, found: index.kind() }.into());
    };
    // A range may have more elements than a machine word can count.
    if position.as_i64().is_none() && of != Type::Range {
        return Err(ValueError::IndexSize.into());
    }
    let at = position
        .as_i64()
        .map(|at| if at < 0 { i128::from(at) + i128::from(length) } else { i128::from(at) })
        .filter(|at| (0..i128::from(length)).contains(at))
        .ok_or(ValueError::Index { of })?;
    element(container, at as u64, budget)
}

/// The price of finding a character; in ASCII its offset is known.
fn scan_price(text: &Text) -> u64 {
    if text.is_ascii() { 1 } else { text.string.len() as u64 / 8 + 1 }
}

fn element(container: &Value, at: u64, budget: &mut Budget) -> Result<Value, ErrorKind> {
    match container {
        Value::List(items) | Value::Tuple(items) => items.values.get(at as usize).cloned().ok_or(ErrorKind::Internal),
        Value::Range(range) => Ok(Value::Int(range.at(at))),
        Value::Str(text) => {
            budget.charge(scan_price(text))?;
            let character = text.string[text.offset(at)..].chars().next().ok_or(ErrorKind::Internal)?;
            Value::string(character.to_string(), budget)
        }
        _ => Err(ErrorKind::Internal),
    }
}

/// Python's `container[start:stop:step]`; `None` for an absent part.
pub(crate) fn slice(container: &Value, parts: [&Value; 3], budget: &mut Budget) -> Result<Value, ErrorKind> {
    let places = Places::of(parts, i128::from(picked_from(container)?))?;
    if let Value::Str(text) = container {
        return slice_text(text, &places, budget);
    }
    budget.charge(price::add(container.heap_bytes() / 8))?;
    if !matches!(container, Value::Range(_)) {
        budget.charge(2 * places.count as u64)?;
    }
    match container {
        Value::List(items) => Value::list(places.pick(&items.values).cloned().collect(), budget),
        Value::Tuple(items) => Value::tuple(places.pick(&items.values).cloned().collect(), budget),
        Value::Range(range) => {
            let place = |at: i128| i128::from(range.start) + i128::from(range.step) * at;
            let bound =
                |value: i128| i64::try_from(value).map_err(|_| ErrorKind::from(ValueError::Index { of: Type::Range }));
            let (start, stop) = (bound(place(places.start))?, bound(place(places.stop))?);
            Ok(Value::Range(Arc::new(Range { start, stop, step: bound(i128::from(range.step) * places.step)? })))
        }
        _ => Err(ErrorKind::Internal),
    }
}

fn slice_text(text: &Text, places: &Places, budget: &mut Budget) -> Result<Value, ErrorKind> {
    budget.charge(scan_price(text))?;
    if places.step == 1 && places.count > 0 {
        let (from, to) = (text.offset(places.start as u64), text.offset((places.start + places.count) as u64));
        budget.charge(price::add((to - from) as u64 / 4))?;
        return Value::string(&text.string[from..to], budget);
    }
    // Characters are picked one by one; if their lengths in bytes differ, from a list of the characters.
    budget.charge(places.count as u64 / 2)?;
    if text.is_ascii() {
        let picked = places.pick(text.string.as_bytes()).map(|byte| char::from(*byte));
        return Value::string(picked.collect::<String>(), budget);
    }
    budget.charge(text.characters / 2)?;
    let characters: Vec<char> = text.string.chars().collect();
    Value::string(places.pick(&characters).collect::<String>(), budget)
}

/// The places of a slice in its container, all of them in range.
struct Places {
    start: i128,
    stop: i128,
    step: i128,
    count: i128,
}

impl Places {
    /// The places of `[start:stop:step]` in a container of `length` elements.
    fn of(parts: [&Value; 3], length: i128) -> Result<Self, ErrorKind> {
        let mut bounds = [None; 3];
        // As in CPython, the step is checked first, and its errors hide those of the bounds.
        for (at, part) in parts.into_iter().enumerate().rev() {
            bounds[at] = match part {
                Value::None => None,
                part => {
                    let integer = part.integer().ok_or(TypeError::SliceIndices)?;
                    // A bound beyond a machine word is out of range on its side.
                    let extreme = if integer.is_negative() { i64::MIN } else { i64::MAX };
                    Some(i128::from(integer.as_i64().unwrap_or(extreme)))
                }
            };
            if bounds[2] == Some(0) {
                return Err(ValueError::SliceStep.into());
            }
        }
        let step = bounds[2].unwrap_or(1);
        // The bounds are clamped to this range; for a negative step, it begins one place before the first element.
        let (least, most) = if step > 0 { (0, length) } else { (-1, length - 1) };
        let clamp = |bound: i128| if bound < 0 { (bound + length).max(least) } else { bound.min(most) };
        let start = bounds[0].map_or(if step > 0 { 0 } else { length - 1 }, clamp);
        let stop = bounds[1].map_or(if step > 0 { length } else { -1 }, clamp);
        let distance = if step > 0 { stop - start } else { start - stop };
        let count = if distance <= 0 { 0 } else { (distance + step.abs() - 1) / step.abs() };
        Ok(Self { start, stop, step, count })
    }

    fn pick<'a, T>(&self, elements: &'a [T]) -> impl Iterator<Item = &'a T> {
        (0..self.count).filter_map(|nth| elements.get((self.start + nth * self.step) as usize))
    }
}
