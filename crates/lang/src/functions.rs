//! The built-in functions: one [row](row::Function) for each, beside its formula in the file for its kind.

mod section;
mod keyword;
mod row;
mod arguments;
mod integers;
mod exact;
mod decimal;
mod constants;
mod builtins;
mod containers;
mod chance;
mod floats;
mod powers;
mod trigonometry;
mod degrees;
mod polynomial;
mod theory;
mod statistics;
mod manual;

use arguments::{bind_written, expected, too_many};
use row::{Body, Function, InDecimal, InExact};

use crate::error::{Bound, ErrorKind, Given, Overflow, Type, TypeError, ValueError};
use crate::limits::{Budget, price};
use crate::mode::Mode;
use crate::number::Integer;
use crate::value::{Builtin, Elements, Value};

pub(crate) use constants::{CONSTANTS, constant, find_constant};
pub use manual::{FunctionInfo, FunctionKind, functions};
pub(crate) use row::{Column, Domain};
pub use section::Section;

type Outcome = Result<Value, ErrorKind>;

/// How a text names a function.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reached {
    /// By its name, which is a type in Python.
    Type,
    /// By its name.
    Bare,
    /// By its name, with or without `math.` before it.
    Math,
    /// By its name with `math.` before it.
    MathOnly,
    /// By the name of the function of radians, with an argument in degrees: `sin(x°)`.
    Degrees,
}

/// Rows that are reached in the same way.
struct Part {
    reached: Reached,
    rows: &'static [Function],
    /// Whether the answers are random, and so never stored.
    is_random: bool,
}

const fn part(reached: Reached, rows: &'static [Function]) -> Part {
    Part { reached, rows, is_random: false }
}

const TABLE: [Part; 14] = [
    part(Reached::Type, builtins::TYPES),
    part(Reached::Type, containers::TYPES),
    part(Reached::Bare, builtins::TABLE),
    part(Reached::Bare, containers::TABLE),
    part(Reached::Bare, theory::TABLE),
    part(Reached::Bare, statistics::TABLE),
    Part { is_random: true, ..part(Reached::Bare, chance::TABLE) },
    part(Reached::Math, floats::TABLE),
    part(Reached::Math, powers::TABLE),
    part(Reached::Math, trigonometry::TABLE),
    part(Reached::Math, containers::MATH),
    part(Reached::Math, integers::TABLE),
    part(Reached::MathOnly, powers::QUALIFIED),
    part(Reached::Degrees, degrees::TABLE),
];

/// Other names for a function: the notation of `plusminus`.
const ALIASES: [(&str, &str); 2] = [("deg", "degrees"), ("rad", "radians")];

#[derive(Clone, Copy)]
struct Row {
    function: &'static Function,
    reached: Reached,
    is_random: bool,
}

/// Every row of the table. A program refers to a function by its index here.
static ROWS: [Row; ROW_COUNT] = ALL_ROWS;
const ALL_ROWS: [Row; ROW_COUNT] = {
    let mut rows = [Row { function: &TABLE[0].rows[0], reached: Reached::Type, is_random: false }; ROW_COUNT];
    let (mut part, mut at) = (0, 0);
    while part < TABLE.len() {
        let Part { reached, rows: functions, is_random } = TABLE[part];
        let mut row = 0;
        while row < functions.len() {
            assert!(functions[row].is_consistent(), "the formulas of a row do not fit each other");
            rows[at] = Row { function: &functions[row], reached, is_random };
            at += 1;
            row += 1;
        }
        part += 1;
    }
    rows
};
const ROW_COUNT: usize = {
    let (mut count, mut part) = (0, 0);
    while part < TABLE.len() {
        count += TABLE[part].rows.len();
        part += 1;
    }
    count
};

impl Reached {
    /// Whether the function is found by its bare name, or by its name after `math.`.
    const fn is_named(self, math: bool) -> bool {
        match self {
            Self::Type | Self::Bare => !math,
            Self::Math => true,
            Self::MathOnly => math,
            Self::Degrees => false,
        }
    }
}

/// The length of the longest name, in bytes.
const NAME_BYTES: usize = 16;

/// A name as a number, so that names are compared as numbers.
const fn packed(name: &str) -> u128 {
    let bytes = name.as_bytes();
    assert!(bytes.len() <= NAME_BYTES, "longer names are not found");
    let (mut packed, mut at) = (0, 0);
    while at < bytes.len() {
        packed = packed << 8 | bytes[at] as u128;
        at += 1;
    }
    packed
}

/// The number of bare names, or of names after `math.`.
const fn count(math: bool) -> usize {
    let (mut count, mut row) = (if math { 0 } else { ALIASES.len() }, 0);
    while row < ROW_COUNT {
        count += ALL_ROWS[row].reached.is_named(math) as usize;
        row += 1;
    }
    count
}

/// The bare names, or the names after `math.`, sorted, each with its row. A repeated name does not compile.
const fn names<const N: usize>(math: bool) -> [(u128, u16); N] {
    let mut names = [(0, 0); N];
    let (mut at, mut row) = (0, 0);
    while row < ROW_COUNT {
        if ALL_ROWS[row].reached.is_named(math) {
            names[at] = (packed(ALL_ROWS[row].function.name), row as u16);
            at += 1;
        }
        row += 1;
    }
    // The remaining places are for the aliases, in the order in which they are written.
    let mut alias = 0;
    while at < N {
        names[at] = (packed(ALIASES[alias].0), row_of(&names, ALIASES[alias].1));
        at += 1;
        alias += 1;
    }
    // Insertion sort.
    let mut next = 1;
    while next < N {
        let mut at = next;
        while at > 0 && names[at - 1].0 > names[at].0 {
            (names[at - 1], names[at]) = (names[at], names[at - 1]);
            at -= 1;
        }
        assert!(at == 0 || names[at - 1].0 != names[at].0, "two functions have the same name");
        next += 1;
    }
    names
}

/// The row of a name in the table. A name that is not there does not compile.
const fn row_of(names: &[(u128, u16)], name: &str) -> u16 {
    let wanted = packed(name);
    let mut at = 0;
    while names[at].0 != wanted {
        at += 1;
    }
    names[at].1
}

const NAMES: [(u128, u16); count(false)] = names(false);
static BY_NAME: [(u128, u16); count(false)] = NAMES;
static BY_MATH_NAME: [(u128, u16); count(true)] = names(true);

/// The row of a function that the crate itself uses, at compile time.
pub(crate) const fn named(name: &str) -> u16 {
    row_of(&NAMES, name)
}

fn find_in(names: &[(u128, u16)], name: &str) -> Option<u16> {
    let wanted = (name.len() <= NAME_BYTES).then(|| packed(name))?;
    names.binary_search_by_key(&wanted, |(name, _)| *name).ok().map(|at| names[at].1)
}

/// The function of this bare name.
pub(crate) fn find(name: &str) -> Option<Builtin> {
    at(find_in(&BY_NAME, name)?)
}

/// The function `math.name`: `math.pow` is one of its own, and Python's built-ins are not found.
pub(crate) fn find_math(name: &str) -> Option<Builtin> {
    at(find_in(&BY_MATH_NAME, name)?)
}

/// The function at an index from `find` or `find_math`.
pub(crate) fn at(row: u16) -> Option<Builtin> {
    let Row { function, reached, .. } = ROWS.get(usize::from(row))?;
    let kind = if *reached == Reached::Type { Type::Type } else { Type::Function };
    Some(Builtin { name: function.name, kind, row })
}

/// The row under which a call with one argument is stored: `ln(x)` becomes `log(x)`.
pub(crate) fn shorter(row: u16) -> u16 {
    const LN: u16 = named("ln");
    const LOG: u16 = named("log");
    if row == LN { LOG } else { row }
}

/// How the function runs over a column of floats, and its price; neither [`Column::None`] nor [`Column::Same`].
pub(crate) fn column(row: u16) -> Option<(Column, u64)> {
    let function = ROWS.get(usize::from(row))?.function;
    let column = match (function.column, &function.python) {
        (Column::None, _) => return None,
        (Column::Same, Body::Float(call) | Body::Overflowing(call)) => Column::Float(*call),
        (column, _) => column,
    };
    Some((column, function.price))
}

/// Whether the bare name is a function of one number, which may stand before its argument without brackets.
pub(crate) fn of_one_number(name: &str) -> bool {
    find(name).is_some_and(|function| column(function.row).is_some())
}

/// Whether a bare name reaches a function of exactly one argument.
pub(crate) fn takes_one(name: &str) -> bool {
    let signature =
        find(name).and_then(|function| ROWS.get(usize::from(function.row))).map(|row| row.function.signature);
    // The logarithm has a base in Python's notation, and none in that of schools.
    matches!(signature, Some("x" | "n")) || name == "log"
}

/// The domain of the function with this name, as an error gives it.
pub(crate) fn domain(name: &str) -> Option<Domain> {
    let function = match name.strip_prefix("math.") {
        Some(name) => find_math(name),
        None => find(name),
    };
    ROWS.get(usize::from(function?.row)).map(|row| row.function.domain)
}

/// Whether the function takes its values as one list, not as separate arguments.
pub(crate) fn takes_a_list(name: &str) -> bool {
    const LEN: u16 = named("len");
    let Some(row) = find_in(&BY_NAME, name) else { return false };
    let signature = ROWS.get(usize::from(row)).map_or("", |row| row.function.signature);
    let (first, others) = signature.split_once(", ").unwrap_or((signature, "a="));
    let is_list = matches!(first.trim_matches(['[', ']']), "iterable" | "data" | "coefficients");
    row == LEN || is_list && others.split(", ").all(|parameter| parameter.contains('='))
}

/// Whether the function's answers are random.
pub(crate) fn is_random(row: u16) -> bool {
    ROWS.get(usize::from(row)).is_some_and(|row| row.is_random)
}

/// The names of all functions that are found by their bare names, in the order of the table.
pub(crate) fn bare_names() -> impl Iterator<Item = &'static str> {
    ROWS.iter().filter(|row| row.reached.is_named(false)).map(|row| row.function.name)
}

/// Whether the function is found only with `math.` before its name.
pub(crate) fn needs_prefix(builtin: Builtin) -> bool {
    ROWS.get(usize::from(builtin.row)).is_some_and(|row| row.reached == Reached::MathOnly)
}

/// The function of degrees for a function of radians, if there is one.
pub(crate) fn of_degrees(row: u16) -> Option<u16> {
    let name = ROWS.get(usize::from(row)).filter(|row| row.reached == Reached::Math)?.function.name;
    let is_same = |row: &Row| row.reached == Reached::Degrees && row.function.name == name;
    ROWS.iter().position(is_same).map(|row| row as u16)
}

/// The name of a function of degrees: `sin` for the function in `sin(30°)`.
pub(crate) fn without_degrees(row: u16) -> Option<&'static str> {
    ROWS.get(usize::from(row)).filter(|row| row.reached == Reached::Degrees).map(|row| row.function.name)
}

/// Calls the function of a row. `arguments` are the positional ones, followed by those of `keywords`, in order.
pub(crate) fn call(row: u16, arguments: &[Value], keywords: &[&str], budget: &mut Budget) -> Outcome {
    // Every index comes from `find` or `find_math`.
    let Some(row) = ROWS.get(usize::from(row)) else { return Err(ErrorKind::Internal) };
    row.call(arguments, keywords, budget).map_err(|error| in_call(row.function.name, error))
}

/// The error of a call: an argument of the wrong type names the function.
fn in_call(function: &str, error: ErrorKind) -> ErrorKind {
    let (integer, found) = match error {
        ErrorKind::Type(TypeError::NotReal { found }) => (false, found),
        ErrorKind::Type(TypeError::NotInteger { found }) => (true, found),
        other => return other,
    };
    TypeError::Argument { function: function.to_owned(), integer, found }.into()
}

impl Row {
    /// The name in CPython's errors.
    fn qualified_name(&self) -> String {
        let name = self.function.name;
        if self.reached.is_named(true) { format!("math.{name}") } else { name.to_owned() }
    }

    fn call(&self, arguments: &[Value], keywords: &[&str], budget: &mut Budget) -> Outcome {
        let function = self.function;
        budget.charge(function.price)?;
        let (positional, named) = arguments.split_at(arguments.len() - keywords.len());
        match &function.python {
            Body::Named { parameters, call } => {
                let bound = parameters.bind(function.name, positional, keywords, named)?;
                function.check_mode(budget.mode)?;
                call(&bound, budget)
            }
            Body::Written { names, call } => {
                let bound = bind_written(function.name, names, positional, keywords, named)?;
                function.check_mode(budget.mode)?;
                call(&bound, budget)
            }
            Body::Extreme(call) => {
                function.check_mode(budget.mode).and_then(|()| call(positional, keywords, named, budget))
            }
            Body::Sorted(call) => {
                function.check_mode(budget.mode)?;
                call_sorted(*call, positional, keywords, named, budget)
            }
            _ if !keywords.is_empty() => Err(TypeError::NoKeywords { function: self.qualified_name() }.into()),
            _ => {
                function.python.check_count(function.name, || self.qualified_name(), positional.len())?;
                match budget.mode {
                    Mode::Python => function.in_python(positional, budget),
                    Mode::Exact => function.in_exact(positional, budget),
                    Mode::Decimal(_) => function.in_decimal(positional, budget),
                }
            }
        }
    }
}

/// `sorted(iterable, key=…, reverse=…)`.
fn call_sorted(
    call: fn(&Value, Option<&Value>, bool, &mut Budget) -> Outcome,
    positional: &[Value],
    keywords: &[&str],
    named: &[Value],
    budget: &mut Budget,
) -> Outcome {
    const NAMES: [&str; 2] = ["key", "reverse"];
    let [iterable] = positional else { return Err(expected("sorted", Bound::Exactly, 1, positional.len())) };
    // CPython makes the list first and passes the other arguments to `sort`.
    elements(iterable, budget)?;
    if keywords.len() > NAMES.len() {
        return Err(too_many("sort", NAMES.len(), 0, keywords.len()));
    }
    if let Some(unknown) = keywords.iter().find(|keyword| !NAMES.contains(keyword)) {
        return Err(keyword::unknown("sort", unknown, &NAMES));
    }
    let [key, reverse] = NAMES.map(|name| keywords.iter().position(|keyword| *keyword == name).map(|at| &named[at]));
    call(iterable, key, reverse.is_some_and(Value::is_true), budget)
}

impl Function {
    fn not_in_mode(&self, mode: Mode) -> ErrorKind {
        ErrorKind::NotInMode { operation: self.name.to_owned(), mode }
    }

    /// Refuses a function that the mode does not have.
    fn check_mode(&self, mode: Mode) -> Result<(), ErrorKind> {
        match (mode, &self.exact, &self.decimal) {
            (Mode::Exact, InExact::NotInMode, _) | (Mode::Decimal(_), _, InDecimal::NotInMode) => {
                Err(self.not_in_mode(mode))
            }
            _ => Ok(()),
        }
    }

    fn in_python(&self, arguments: &[Value], budget: &mut Budget) -> Outcome {
        match &self.python {
            Body::Float(call) => self.of_float(*call, || outside(self.name, &arguments[0]), &arguments[0]),
            Body::Overflowing(call) => self.of_float(*call, || Overflow::Range.into(), &arguments[0]),
            Body::One(call) => call(&arguments[0], budget),
            Body::Counted { call, .. } | Body::Any(call) => call(arguments, budget),
            // `Row::call` handles these.
            Body::Named { .. } | Body::Written { .. } | Body::Extreme(_) | Body::Sorted(_) => Err(ErrorKind::Internal),
        }
    }

    /// A function of one float, with CPython's checks of the result; `infinite` is the error for an infinite one.
    fn of_float(&self, call: fn(f64) -> f64, infinite: impl Fn() -> ErrorKind, given: &Value) -> Outcome {
        let argument = to_float(given)?;
        let value = call(argument);
        if value.is_nan() && !argument.is_nan() {
            return Err(outside(self.name, given));
        }
        if value.is_infinite() && argument.is_finite() { Err(infinite()) } else { Ok(Value::Float(value)) }
    }

    fn in_exact(&self, arguments: &[Value], budget: &mut Budget) -> Outcome {
        match &self.exact {
            InExact::Same => self.in_python(arguments, budget),
            InExact::Formula(call) => call(arguments, budget),
            InExact::OnlyAt(at, value) => {
                exact::only_at(self.name, self.domain, Some((*at, *value)), arguments, budget)
            }
            InExact::Irrational => exact::only_at(self.name, self.domain, None, arguments, budget),
            InExact::NotInMode => Err(self.not_in_mode(budget.mode)),
        }
    }

    fn in_decimal(&self, arguments: &[Value], budget: &mut Budget) -> Outcome {
        match &self.decimal {
            InDecimal::Same => self.in_python(arguments, budget),
            InDecimal::Formula(call) => call(arguments, budget),
            InDecimal::OfOne(call) => decimal::of_one(*call, arguments, budget),
            InDecimal::OfTwo(call) => decimal::of_two(*call, arguments, budget),
            InDecimal::NotInMode => Err(self.not_in_mode(budget.mode)),
        }
    }
}

fn outside(function: &str, argument: &Value) -> ErrorKind {
    let given = match (argument, argument.integer()) {
        (Value::Float(value), _) => Some(Given::float(*value)),
        (_, Some(integer)) => {
            let beyond = if integer.is_negative() { f64::NEG_INFINITY } else { f64::INFINITY };
            Some(Given::integer(integer.to_float().unwrap_or(beyond)))
        }
        _ => None,
    };
    ValueError::Outside { function: function.to_owned(), given }.into()
}

/// An argument as a float, as `math` converts it.
pub(crate) fn to_float(value: &Value) -> Result<f64, ErrorKind> {
    match (value, value.integer()) {
        (Value::Float(value), _) => Ok(*value),
        (_, Some(integer)) => integer.to_float().ok_or(Overflow::IntToFloat.into()),
        _ => Err(TypeError::NotReal { found: value.kind() }.into()),
    }
}

/// Two arguments as floats. Rounding a long integer costs as much as a node.
fn pair(arguments: &[Value], budget: &mut Budget) -> Result<(f64, f64), ErrorKind> {
    let is_long = |argument: &&Value| matches!(argument, Value::Int(Integer::Big(_)));
    budget.charge(SCALAR * arguments.iter().filter(is_long).count() as u64)?;
    Ok((to_float(&arguments[0])?, to_float(&arguments[1])?))
}

fn float_value(value: f64) -> Outcome {
    Ok(Value::Float(value))
}

fn integer(value: &Value) -> Result<Integer, ErrorKind> {
    value.integer().ok_or(TypeError::NotInteger { found: value.kind() }.into())
}

fn elements<'v>(value: &'v Value, budget: &mut Budget) -> Result<Elements<'v>, ErrorKind> {
    // Each element is copied, with what it holds; a character becomes a string.
    let (each, held) = if matches!(value, Value::Str(_)) { (ELEMENTARY, 0) } else { (2, value.heap_bytes() / 64) };
    budget.charge(value.length().unwrap_or(0).saturating_mul(each).saturating_add(held))?;
    value.elements().ok_or(TypeError::NotIterable { found: value.kind() }.into())
}

/// The elements of two collections in pairs; an error if their lengths differ.
fn pairs<'v>(
    arguments: &'v [Value],
    budget: &mut Budget,
) -> Result<impl Iterator<Item = Result<(Value, Value), ErrorKind>> + use<'v>, ErrorKind> {
    let (mut p, mut q) = (elements(&arguments[0], budget)?, elements(&arguments[1], budget)?);
    Ok(std::iter::from_fn(move || match (p.next(), q.next()) {
        (Some(a), Some(b)) => Some(Ok((a, b))),
        (None, None) => None,
        _ => Some(Err(ValueError::LengthsDiffer.into())),
    }))
}

/// `x!`: like `factorial`, but it also takes a float or a decimal that is whole.
pub(crate) fn factorial(value: &Value, budget: &mut Budget) -> Outcome {
    let whole = match value {
        Value::Float(float) if float.fract() == 0.0 => Some(Integer::from_float(*float)),
        Value::Decimal(decimal) => decimal.as_integer(budget)?,
        _ => None,
    };
    let whole = whole.map(Value::Int);
    integers::factorial(whole.as_ref().unwrap_or(value), budget).map_err(|error| in_call("factorial", error))
}

const SCALAR: u64 = price::SCALAR;
const ELEMENTARY: u64 = price::ELEMENTARY;
