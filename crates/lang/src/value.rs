//! Values and their text. The law: parsing a value's text gives the value again. The exceptions are `inf` and `nan`,
//! which are names, `range`, and the sign of a zero in a complex number, as in CPython.
//!
//! A container knows its depth and its size in bytes; shared parts count once for each reference. Both are limited when
//! a container is made, so that a walk over a value may recurse.

use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

use unicode_general_category::{GeneralCategory, get_general_category};

use crate::error::{ErrorKind, Estimate, Type, TypeError};
use crate::limits::{Budget, price};
use crate::number::{Complex, Decimal, Integer, Number, Rational, float};
use crate::text::{self, push};

mod order;

/// A value inside an evaluation; immutable, and cheap to clone.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    None,
    Bool(bool),
    Int(Integer),
    Float(f64),
    Complex(Box<Complex>),
    /// A number in exact mode that is not an integer.
    Fraction(Arc<Rational>),
    /// A number in decimal mode that is not an integer.
    Decimal(Arc<Decimal>),
    Str(Arc<Text>),
    List(Arc<Items>),
    Tuple(Arc<Items>),
    /// Sorted by [`Value::position`], without equal elements.
    Set(Arc<Items>),
    Range(Arc<Range>),
    Function(Builtin),
    /// A function that the text defines: its index among the program's definitions.
    Defined(u32),
}

/// A built-in function as a value: its name, CPython's type for it, and its row in the table of functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Builtin {
    pub(crate) name: &'static str,
    pub(crate) kind: Type,
    pub(crate) row: u16,
}

/// A string, with its length in characters, as Python counts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) string: Box<str>,
    pub(crate) characters: u64,
    /// Bytes of quotes, backslashes and characters other than printable ASCII: `repr` must look them up or escape them.
    unusual_bytes: u64,
}

impl Text {
    pub(crate) fn new(string: impl Into<Box<str>>) -> Self {
        let string = string.into();
        // Counted in chunks whose counts fit a byte, which is fast.
        let is_unusual = |byte: &u8| !(b' '..=b'~').contains(byte) || matches!(byte, b'\'' | b'"' | b'\\');
        let unusual = |piece: &[u8]| piece.iter().map(|byte| u8::from(is_unusual(byte))).sum::<u8>();
        let unusual_bytes = string.as_bytes().chunks(255).map(|piece| u64::from(unusual(piece))).sum();
        let characters = string.chars().count() as u64;
        Self { string, characters, unusual_bytes }
    }

    /// The byte offset of a character; the length of the text for the index after the last one.
    pub(crate) fn offset(&self, at: u64) -> usize {
        let at = at as usize;
        if self.is_ascii() { at } else { self.string.char_indices().nth(at).map_or(self.string.len(), |(at, _)| at) }
    }

    /// Whether every character is one byte.
    pub(crate) fn is_ascii(&self) -> bool {
        self.characters == self.string.len() as u64
    }
}

#[derive(Debug)]
pub(crate) struct Items {
    pub(crate) values: Vec<Value>,
    /// 1 if no element is a container.
    depth: u64,
    bytes: u64,
}

/// `range(start, stop, step)`; `step` is not 0.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) start: i64,
    pub(crate) stop: i64,
    pub(crate) step: i64,
}

impl Range {
    pub(crate) fn length(&self) -> u64 {
        let (from, to) = if self.step > 0 { (self.start, self.stop) } else { (self.stop, self.start) };
        if from >= to { 0 } else { from.abs_diff(to).div_ceil(self.step.unsigned_abs()) }
    }

    /// The element at `index`, which must be below the length.
    pub(crate) fn at(&self, index: u64) -> Integer {
        Integer::from(i128::from(self.start) + i128::from(self.step) * i128::from(index))
    }
}

impl Value {
    pub(crate) fn complex(value: Complex) -> Self {
        Self::Complex(Box::new(value))
    }

    pub(crate) fn string(string: impl Into<Box<str>>, budget: &Budget) -> Result<Self, ErrorKind> {
        let text = Text::new(string);
        let (characters, limit) = (text.characters, budget.limits.string_characters);
        if characters > limit {
            return Err(ErrorKind::CollectionTooLarge { elements: Estimate::About(characters), limit });
        }
        Ok(Self::Str(Arc::new(text)))
    }

    pub(crate) fn list(values: Vec<Self>, budget: &mut Budget) -> Result<Self, ErrorKind> {
        Items::new(values, budget).map(Self::List)
    }

    pub(crate) fn tuple(values: Vec<Self>, budget: &mut Budget) -> Result<Self, ErrorKind> {
        Items::new(values, budget).map(Self::Tuple)
    }

    /// A set of `values`; of equal elements, the first is kept. As in Python, none may be a list, but here it may be a
    /// set.
    pub(crate) fn set(mut values: Vec<Self>, budget: &mut Budget) -> Result<Self, ErrorKind> {
        for value in &values {
            budget.charge(value.walk_price())?;
            value.check_hashable()?;
        }
        // A stable sort, so that the first of equal elements stays first.
        let mut distinct: Vec<Self> = Vec::with_capacity(values.len());
        for place in Self::positions(&values, budget)? {
            let value = std::mem::replace(&mut values[place], Self::None);
            if distinct.last().map_or(Ok(true), |last| last.position(&value, budget).map(Ordering::is_ne))? {
                distinct.push(value);
            }
        }
        Self::sorted_set(distinct, budget)
    }

    /// A set of values that are sorted by [`Value::position`] already and have no equal elements.
    pub(crate) fn sorted_set(values: Vec<Self>, budget: &mut Budget) -> Result<Self, ErrorKind> {
        Items::new(values, budget).map(Self::Set)
    }

    /// An error if the value cannot be an element of a set.
    pub(crate) fn check_hashable(&self) -> Result<(), ErrorKind> {
        let (element, found) = (Some(self.kind()), Type::List);
        if self.holds_list() { Err(TypeError::Unhashable { element, found }.into()) } else { Ok(()) }
    }

    /// Whether the value is a list, or a tuple that holds one.
    pub(crate) fn holds_list(&self) -> bool {
        match self {
            Self::List(_) => true,
            Self::Tuple(items) => items.values.iter().any(Self::holds_list),
            _ => false,
        }
    }

    pub(crate) fn kind(&self) -> Type {
        match self {
            Self::None => Type::None,
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Float(_) => Type::Float,
            Self::Complex(_) => Type::Complex,
            Self::Fraction(_) => Type::Fraction,
            Self::Decimal(_) => Type::Decimal,
            Self::Str(_) => Type::Str,
            Self::List(_) => Type::List,
            Self::Tuple(_) => Type::Tuple,
            Self::Set(_) => Type::Set,
            Self::Range(_) => Type::Range,
            Self::Function(function) => function.kind,
            Self::Defined(_) => Type::Defined,
        }
    }

    /// Python's truth value: false for `None`, `False`, zeros and empty containers.
    pub(crate) fn is_true(&self) -> bool {
        match self {
            Self::None => false,
            Self::Bool(value) => *value,
            Self::Int(value) => !value.is_zero(),
            Self::Float(value) => *value != 0.0,
            Self::Complex(value) => **value != Complex::new(0.0, 0.0),
            Self::Decimal(value) => !value.is_zero(),
            Self::Fraction(_) | Self::Function(_) | Self::Defined(_) => true,
            _ => self.length() != Some(0),
        }
    }

    /// The number of elements or characters; `None` if the value has no length.
    pub(crate) fn length(&self) -> Option<u64> {
        match self {
            Self::Str(text) => Some(text.characters),
            Self::List(items) | Self::Tuple(items) | Self::Set(items) => Some(items.values.len() as u64),
            Self::Range(range) => Some(range.length()),
            _ => None,
        }
    }

    /// The elements; `None` if the value is not iterable.
    pub(crate) fn elements(&self) -> Option<Elements<'_>> {
        match self {
            Self::List(items) | Self::Tuple(items) | Self::Set(items) => Some(Elements::Items(items.values.iter())),
            Self::Str(text) => Some(Elements::Characters(text.string.chars())),
            Self::Range(range) => Some(Elements::Range(range, 0)),
            _ => None,
        }
    }

    /// The number, if it is one of Python's mode.
    pub(crate) fn number(&self) -> Option<Number> {
        match self {
            Self::Bool(value) => Some(Number::Int(Integer::from(i64::from(*value)))),
            Self::Int(value) => Some(Number::Int(value.clone())),
            Self::Float(value) => Some(Number::Float(*value)),
            Self::Complex(value) => Some(Number::Complex(**value)),
            _ => None,
        }
    }

    /// The integer, if the value is an `int` or a `bool`.
    pub(crate) fn integer(&self) -> Option<Integer> {
        match self {
            Self::Bool(value) => Some(Integer::from(i64::from(*value))),
            Self::Int(value) => Some(value.clone()),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn heap_bytes(&self) -> u64 {
        match self {
            Self::Int(value) => value.heap_bytes(),
            Self::Complex(_) => 16,
            Self::Fraction(value) => value.heap_bytes() + 48,
            Self::Decimal(value) => value.heap_bytes(),
            Self::Str(text) => text.string.len() as u64 + 32,
            Self::List(items) | Self::Tuple(items) | Self::Set(items) => items.bytes,
            Self::Range(_) => 40,
            _ => 0,
        }
    }

    /// The price of visiting every part of the value once.
    pub(crate) fn walk_price(&self) -> u64 {
        match self {
            Self::Int(_) | Self::Str(_) | Self::Fraction(_) | Self::Decimal(_) => price::add(self.heap_bytes() / 8),
            Self::List(items) | Self::Tuple(items) | Self::Set(items) => items.bytes / 8,
            _ => price::SCALAR,
        }
    }

    /// The number of characters of the text (for a number, perhaps one too many), and the price of making it.
    pub(crate) fn text_estimate(&self) -> (u64, u64) {
        match self {
            Self::Int(value) => (value.digits_at_most(), value.text_price()),
            Self::Str(text) => (text.characters, text.characters / 4 + 2 * text.unusual_bytes + 2),
            Self::Fraction(value) => (value.characters_at_most(), value.text_price()),
            Self::Decimal(value) => (value.characters_at_most(), value.text_price()),
            Self::List(items) | Self::Tuple(items) | Self::Set(items) => {
                items.values.iter().map(Self::text_estimate).fold((0, 1), |(characters, price), part| {
                    // Each element has two more characters: a separator, or the brackets.
                    (characters.saturating_add(part.0), price.saturating_add(part.1 + 2))
                })
            }
            Self::Float(_) => (1, 21),
            Self::Complex(_) => (1, 42),
            _ => (1, 8),
        }
    }

    fn depth(&self) -> u64 {
        match self {
            Self::List(items) | Self::Tuple(items) | Self::Set(items) => items.depth,
            _ => 0,
        }
    }
}

impl Items {
    fn new(values: Vec<Value>, budget: &mut Budget) -> Result<Arc<Self>, ErrorKind> {
        let (count, limit) = (values.len() as u64, budget.limits.elements);
        if count > limit {
            return Err(ErrorKind::CollectionTooLarge { elements: Estimate::About(count), limit });
        }
        budget.charge(price::SCALAR + count / 4)?;
        let depth = 1 + values.iter().map(Value::depth).max().unwrap_or(0);
        if depth > budget.limits.depth {
            return Err(ErrorKind::TooDeep { limit: budget.limits.depth });
        }
        let own = 48 + count * size_of::<Value>() as u64;
        let bytes = values.iter().fold(own, |bytes, value| bytes.saturating_add(value.heap_bytes()));
        if bytes > budget.limits.memory_bytes {
            return Err(ErrorKind::OutOfMemory { limit: budget.limits.memory_bytes });
        }
        Ok(Arc::new(Self { values, depth, bytes }))
    }
}

/// The elements of a value, made one at a time.
pub(crate) enum Elements<'v> {
    Items(std::slice::Iter<'v, Value>),
    Characters(std::str::Chars<'v>),
    Range(&'v Range, u64),
}

impl Iterator for Elements<'_> {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        match self {
            Self::Items(values) => values.next().cloned(),
            Self::Characters(characters) => {
                characters.next().map(|character| Value::Str(Arc::new(Text::new(character.to_string()))))
            }
            Self::Range(range, next) => {
                *next += 1;
                (*next <= range.length()).then(|| Value::Int(range.at(*next - 1)))
            }
        }
    }
}

/// Writes the text of Python's `repr`.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let join = |f: &mut std::fmt::Formatter<'_>, items: &Items| {
            items.values.iter().enumerate().try_for_each(|(at, value)| {
                f.write_str(if at == 0 { "" } else { ", " })?;
                value.fmt(f)
            })
        };
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Int(value) => value.fmt(f),
            Self::Float(value) => float::write(*value, f),
            Self::Complex(value) => value.fmt(f),
            Self::Fraction(value) => value.fmt(f),
            Self::Decimal(value) => value.fmt(f),
            Self::Str(text) => f.write_str(&repr(&text.string)),
            Self::List(items) => {
                f.write_str("[")?;
                join(f, items)?;
                f.write_str("]")
            }
            Self::Tuple(items) => {
                f.write_str("(")?;
                join(f, items)?;
                f.write_str(if items.values.len() == 1 { ",)" } else { ")" })
            }
            Self::Set(items) if items.values.is_empty() => f.write_str("set()"),
            Self::Set(items) => {
                f.write_str("{")?;
                join(f, items)?;
                f.write_str("}")
            }
            Self::Range(range) if range.step == 1 => write!(f, "range({}, {})", range.start, range.stop),
            Self::Range(range) => write!(f, "range({}, {}, {})", range.start, range.stop, range.step),
            Self::Defined(_) => f.write_str("<function>"),
            Self::Function(function) if function.kind == Type::Type => write!(f, "<class '{}'>", function.name),
            Self::Function(function) => write!(f, "<built-in function {}>", function.name),
        }
    }
}

/// Python's `repr` of a string: in quotes, with escapes for characters that are not printable.
pub fn repr(string: &str) -> String {
    quoted(string, is_printable)
}

/// A string in quotes, as in Python's `repr`, or in its `ascii` if `shown` accepts only ASCII.
pub(crate) fn quoted(string: &str, shown: fn(char) -> bool) -> String {
    let quote = if string.contains('\'') && !string.contains('"') { '"' } else { '\'' };
    let mut text = String::with_capacity(string.len() + 2);
    text.push(quote);
    // A part without escapes is copied at once.
    let mut copied = 0;
    for (at, character) in string.char_indices() {
        let is_plain = !matches!(character, '\\' | '\'' | '"') && (' '..='~').contains(&character);
        if is_plain || (character != '\\' && character != quote && shown(character)) {
            continue;
        }
        push(&mut text, &string[copied..at]);
        copied = at + character.len_utf8();
        match character {
            '\\' => push(&mut text, "\\\\"),
            '\n' => push(&mut text, "\\n"),
            '\r' => push(&mut text, "\\r"),
            '\t' => push(&mut text, "\\t"),
            _ if character == quote => text.extend(['\\', quote]),
            _ => {
                let code = character as u32;
                let (kind, digits) = match code {
                    ..=0xff => ('x', 2),
                    0x100..=0xffff => ('u', 4),
                    _ => ('U', 8),
                };
                text.extend(['\\', kind]);
                text.extend((0..digits).rev().filter_map(|place| char::from_digit(code >> (4 * place) & 15, 16)));
            }
        }
    }
    text.push_str(&string[copied..]);
    text.push(quote);
    text
}

/// Python's `str.isprintable` of one character.
fn is_printable(character: char) -> bool {
    use GeneralCategory as Category;
    (' '..='~').contains(&character)
        || !matches!(
            get_general_category(character),
            Category::Control
                | Category::Format
                | Category::Surrogate
                | Category::PrivateUse
                | Category::Unassigned
                | Category::LineSeparator
                | Category::ParagraphSeparator
                | Category::SpaceSeparator
        )
}

/// The value of a parameter of a program. Its size is checked when it is given, against the limits of the evaluation.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Argument {
    /// `None`.
    None,
    /// A `bool`.
    Bool(bool),
    /// An `int`.
    Int(i64),
    /// An `int` of any size, as from [`Answer::as_integer_bytes`].
    BigInt {
        /// Whether it is negative.
        negative: bool,
        /// The bytes of its magnitude, the least significant first.
        magnitude: Box<[u8]>,
    },
    /// A `float`; in exact and decimal mode, the number that its text spells.
    Float(f64),
    /// A `complex`: its real and its imaginary part.
    Complex(f64, f64),
    /// A fraction, in exact mode, as from [`Answer::as_fraction_bytes`].
    Fraction {
        /// Whether it is negative.
        negative: bool,
        /// The bytes of the numerator's magnitude, the least significant first.
        numerator: Box<[u8]>,
        /// The bytes of the denominator.
        denominator: Box<[u8]>,
    },
    /// A decimal number, in exact and decimal mode, as Python's `str` writes it: `-1.50E+7`.
    Decimal(Box<str>),
    /// A `str`.
    Str(Box<str>),
    /// A `list`.
    List(Vec<Argument>),
    /// A `tuple`.
    Tuple(Vec<Argument>),
    /// A `set`.
    Set(Vec<Argument>),
}

impl From<i64> for Argument {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for Argument {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<bool> for Argument {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

/// Which numbers are written as JSON numbers; the others become strings with their texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonNumbers {
    /// Numbers that every reader gets exactly, even if it uses doubles (RFC 7493, section 2.2): floats, and integers up
    /// to [`JsonNumbers::INTEGER_MAX`] in magnitude. Larger integers and all decimals are strings.
    Exact,
    /// Every number that JSON can express, with all its digits, as Python's `json` writes them.
    All,
}

impl JsonNumbers {
    /// Beyond 2^53 − 1, not every integer is a double.
    pub const INTEGER_MAX: u64 = (1 << 53) - 1;
}

/// The answer of an evaluation: a value other than a function or a range, with a text within the limit.
#[derive(Clone, Debug)]
pub struct Answer {
    value: Value,
    /// Made when it is first needed.
    text: OnceLock<Box<str>>,
}

impl Answer {
    pub(crate) fn new(value: Value) -> Self {
        Self { value, text: OnceLock::new() }
    }

    /// The name of the type in answers: `int`, `float`, `complex`, `bool`, `str`, `none`, `list`, `tuple`, `set`,
    /// `fraction`, `decimal`.
    pub fn type_name(&self) -> &'static str {
        match self.value {
            Value::None | Value::Function(_) | Value::Defined(_) | Value::Range(_) => "none",
            Value::Fraction(_) => "fraction",
            Value::Decimal(_) => "decimal",
            _ => self.value.kind().python(),
        }
    }

    /// Python's `repr` of the value; for a fraction or a decimal, its `str` (`1/2`, `3.30`).
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| text::of(&self.value).into())
    }

    /// The value as JSON: numbers according to `numbers`, `true`, `null`, strings, and arrays for lists, tuples and
    /// sets. A value that JSON cannot express (`inf`, `1j`, `1/2`) becomes a string with its text.
    pub fn json(&self, numbers: JsonNumbers) -> String {
        let mut text = String::new();
        json(&self.value, numbers, &mut text);
        text
    }

    /// The value as a machine integer, if it is an `int` within 64 bits.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.value {
            Value::Int(value) => value.as_i64(),
            _ => None,
        }
    }

    /// Whether an `int` of any size is negative, and the bytes of its magnitude, the least significant first.
    pub fn as_integer_bytes(&self) -> Option<(bool, Box<[u8]>)> {
        match &self.value {
            Value::Int(value) => Some((value.is_negative(), value.magnitude_bytes())),
            _ => None,
        }
    }

    /// Whether a fraction is negative, and the bytes of its numerator's magnitude and of its denominator, the least
    /// significant first.
    ///
    /// ```
    /// use tabuada_lang::{Context, Limits, Mode, parse_with};
    ///
    /// let limits = Limits::default();
    /// let answer = parse_with("-1/300", &Context { mode: Mode::Exact, ..Context::default() }, &limits)?.evaluate(&limits)?;
    /// assert_eq!(answer.as_fraction_bytes(), Some((true, Box::from([1]), Box::from([44, 1]))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[allow(clippy::type_complexity)]
    pub fn as_fraction_bytes(&self) -> Option<(bool, Box<[u8]>, Box<[u8]>)> {
        match &self.value {
            Value::Fraction(value) => {
                let (numerator, denominator) = (value.numerator(), value.denominator());
                Some((value.is_negative(), numerator.magnitude_bytes(), denominator.magnitude_bytes()))
            }
            _ => None,
        }
    }

    /// The real and the imaginary part, if it is a `complex`.
    pub fn as_complex(&self) -> Option<(f64, f64)> {
        match &self.value {
            Value::Complex(value) => Some((value.real, value.imaginary)),
            _ => None,
        }
    }

    /// The string, if it is a `str`; unlike [`text`](Self::text), without quotes and escapes.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Str(text) => Some(&text.string),
            _ => None,
        }
    }

    /// The elements of a `list`, a `tuple` or a `set`, in order.
    ///
    /// ```
    /// use tabuada_lang::{Answer, Limits, parse};
    ///
    /// let limits = Limits::default();
    /// let answer = parse("[1, 2.5, 'a']", &limits)?.evaluate(&limits)?;
    /// let elements: Vec<Answer> = answer.elements().unwrap().collect();
    /// assert_eq!((elements[0].as_i64(), elements[1].as_f64(), elements[2].as_str()), (Some(1), Some(2.5), Some("a")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn elements(&self) -> Option<impl ExactSizeIterator<Item = Answer> + '_> {
        match &self.value {
            Value::List(items) | Value::Tuple(items) | Value::Set(items) => {
                Some(items.values.iter().cloned().map(Self::new))
            }
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

/// Recursion is bounded by the depth of containers.
fn json(value: &Value, numbers: JsonNumbers, text: &mut String) {
    let is_number = match value {
        Value::Int(value) => {
            let is_exact = |value: i64| value.unsigned_abs() <= JsonNumbers::INTEGER_MAX;
            numbers == JsonNumbers::All || value.as_i64().is_some_and(is_exact)
        }
        Value::Float(value) => value.is_finite(),
        // Every text of a decimal is valid JSON.
        Value::Decimal(_) => numbers == JsonNumbers::All,
        _ => false,
    };
    match value {
        Value::None => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Float(value) if is_number => drop(float::write(*value, text)),
        number if is_number => text.push_str(&number.to_string()),
        Value::Str(string) => json_string(&string.string, text),
        Value::List(items) | Value::Tuple(items) | Value::Set(items) => {
            text.push('[');
            for (at, value) in items.values.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                json(value, numbers, text);
            }
            text.push(']');
        }
        other => json_string(&text::of(other), text),
    }
}

fn json_string(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            ..'\u{20}' => text.push_str(&format!("\\u{:04x}", character as u32)),
            _ => text.push(character),
        }
    }
    text.push('"');
}
