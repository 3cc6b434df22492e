//! The built-in functions: one row a function, with its name, how it takes its arguments, what a call costs, and one
//! line of documentation in each language.

mod section;
mod keyword;
mod integers;
mod exact;
mod decimal;
mod builtins;
mod containers;
mod chance;
mod real;
mod degrees;
mod polynomial;
mod theory;
mod statistics;
mod manual;

use crate::error::{Arity, Bound, Counted, ErrorKind, Given, Overflow, Type, TypeError, ValueError};
use crate::limits::{Budget, price};
use crate::mode::Mode;
use crate::number::{Integer, angle};
use crate::value::{Builtin, Elements, Value};

pub use manual::{FunctionInfo, FunctionKind, functions};
pub use section::Section;

type Outcome = Result<Value, ErrorKind>;
type OfOneFloat = fn(f64) -> f64;

/// A row of the table.
struct Function {
    name: &'static str,
    section: Section,
    /// The arguments, as [`FunctionInfo::signature`] shows them.
    signature: &'static str,
    /// Paid before the call; what depends on the arguments' sizes is paid inside.
    price: u64,
    doc: &'static str,
    doc_pt: &'static str,
    body: Body,
}

/// How a function takes its arguments, and with that the words in which CPython complains of them.
enum Body {
    /// A function of one float; `nan` from what was none is a domain error, and so is infinity from what was finite,
    /// unless the function `overflows` (CPython's `FUNC1`).
    Real { call: fn(f64) -> f64, overflows: bool },
    /// Exactly one argument.
    One(fn(&Value, &mut Budget) -> Outcome),
    /// `atan2 expected 2 arguments, got 1`.
    Counted { least: usize, most: usize, call: fn(&[Value], &mut Budget) -> Outcome },
    /// Any number of arguments.
    Any(fn(&[Value], &mut Budget) -> Outcome),
    /// Parameters with names; one value for each, none where it was left out.
    Named { parameters: Parameters, call: fn(&[Option<Value>], &mut Budget) -> Outcome },
    /// The same of a function that CPython has written in Python, each of whose parameters may be given either way and
    /// the first of which is required.
    Written { names: &'static [&'static str], call: fn(&[Option<Value>], &mut Budget) -> Outcome },
    /// `sorted`: one argument, and `key` and `reverse` by name.
    Sorted(fn(&Value, Option<&Value>, bool, &mut Budget) -> Outcome),
    /// `min` and `max`: any number of arguments, and `key` and `default`.
    Extreme(fn(&[Value], &[&str], &[Value], &mut Budget) -> Outcome),
}

struct Parameters {
    /// Empty for what may be given by position only.
    names: &'static [&'static str],
    required: usize,
    /// How many may be given by position.
    positional: usize,
}

/// The tables, in the order in which rows are counted.
const TABLES: [&[Function]; 10] = [
    builtins::TABLE,
    containers::TABLE,
    chance::TABLE,
    theory::TABLE,
    statistics::TABLE,
    real::TABLE,
    containers::MATH,
    integers::TABLE,
    real::QUALIFIED,
    degrees::TABLE,
];
/// Where the rows of chance, of `math`, of its functions of integers, of what needs its prefix and of what has no name
/// begin, and where all end.
const CHANCE: u16 = first_row(2);
const THEORY: u16 = first_row(3);
const MATH: u16 = first_row(5);
const INTEGERS: u16 = first_row(7);
const QUALIFIED: u16 = first_row(8);
const DEGREES: u16 = first_row(9);
const END: u16 = first_row(TABLES.len());
/// Other names for a function: the notation of `plusminus`.
const ALIASES: [(&str, &str); 2] = [("deg", "degrees"), ("rad", "radians")];

/// The number of a table's first row.
const fn first_row(table: usize) -> u16 {
    let (mut row, mut at) = (0, 0);
    while at < table {
        row += TABLES[at].len() as u16;
        at += 1;
    }
    row
}

/// All rows, by number.
static ROWS: [&Function; END as usize] = {
    let mut rows = [&TABLES[0][0]; END as usize];
    let (mut table, mut at) = (0, 0);
    while table < TABLES.len() {
        let mut row = 0;
        while row < TABLES[table].len() {
            rows[at] = &TABLES[table][row];
            at += 1;
            row += 1;
        }
        table += 1;
    }
    rows
};

/// A name of at most sixteen bytes as a number, so that comparing names is comparing numbers; none is longer.
const fn packed(name: &str) -> u128 {
    let bytes = name.as_bytes();
    let (mut packed, mut at) = (0, 0);
    while at < bytes.len() && at < 16 {
        packed = packed << 8 | bytes[at] as u128;
        at += 1;
    }
    packed
}

/// Every bare name of a function, sorted, and its row.
static BY_NAME: [(u128, u16); QUALIFIED as usize + ALIASES.len()] = {
    let mut names = [(0, 0); QUALIFIED as usize + ALIASES.len()];
    let mut row = 0;
    while row < QUALIFIED {
        assert!(ROWS[row as usize].name.len() <= 16, "longer names are not found");
        names[row as usize] = (packed(ROWS[row as usize].name), row);
        row += 1;
    }
    let mut alias = 0;
    while alias < ALIASES.len() {
        let meant = packed(ALIASES[alias].1);
        let mut row = 0;
        while names[row].0 != meant {
            row += 1;
        }
        names[QUALIFIED as usize + alias] = (packed(ALIASES[alias].0), row as u16);
        alias += 1;
    }
    // By insertion: the tables are nearly in order.
    let mut sorted = 1;
    while sorted < names.len() {
        let mut at = sorted;
        while at > 0 && names[at - 1].0 > names[at].0 {
            (names[at - 1], names[at]) = (names[at], names[at - 1]);
            at -= 1;
        }
        sorted += 1;
    }
    names
};

fn builtin(row: u16, function: &'static Function) -> Builtin {
    let kind = if matches!(function.name, "bool" | "float" | "int" | "list" | "range" | "set" | "str" | "tuple") {
        Type::Type
    } else {
        Type::Function
    };
    Builtin { name: function.name, kind, row }
}

/// The row of the function of this bare name.
fn find_row(name: &str) -> Option<u16> {
    let wanted = Some(packed(name)).filter(|_| name.len() <= 16)?;
    BY_NAME.binary_search_by_key(&wanted, |(name, _)| *name).ok().map(|at| BY_NAME[at].1)
}

/// The function of this bare name.
pub(crate) fn find(name: &str) -> Option<Builtin> {
    at(find_row(name)?)
}

/// The function `math.name`: a `pow` of its own, and none of Python's built-ins.
pub(crate) fn find_math(name: &str) -> Option<Builtin> {
    let qualified = (QUALIFIED..DEGREES).find(|row| ROWS[*row as usize].name == name);
    // What a bare name reaches by another name has none of its own in `math`.
    at(qualified.or_else(|| find_row(name).filter(|row| *row >= MATH && ROWS[*row as usize].name == name))?)
}

/// The function of a row that `find` or `find_math` gave.
pub(crate) fn at(row: u16) -> Option<Builtin> {
    ROWS.get(row as usize).map(|function| builtin(row, function))
}

/// The function that a call with one argument comes to: `ln(x)` is `log(x)`.
pub(crate) fn shorter(row: u16) -> u16 {
    match at(row) {
        Some(Builtin { name: "ln", .. }) => find_row("log").unwrap_or(row),
        _ => row,
    }
}

/// The function as one of floats alone, and its price: nan from what was none, or infinity from what was finite, stands
/// for an error. `None` for a function that takes or gives anything else.
pub(crate) fn of_one_float(row: u16) -> Option<(OfOneFloat, u64)> {
    let function = ROWS.get(row as usize)?;
    let call: OfOneFloat = match (&function.body, function.name) {
        (Body::Real { call, .. }, _) => *call,
        (_, "abs") => f64::abs,
        (_, "degrees") => real::to_degrees,
        (_, "ln" | "log") => pxfm::f_log,
        (_, "log10") => pxfm::f_log10,
        (_, "log2") => pxfm::f_log2,
        (_, "radians") => real::to_radians,
        (_, name) => angle::quick_by_name(name)?,
    };
    Some((call, function.price))
}

/// Whether a bare name reaches a function of one number: one that may stand before its argument without brackets.
pub(crate) fn of_one_number(name: &str) -> bool {
    find_row(name).is_some_and(|row| of_one_float(row).is_some())
}

/// Whether the function's answers depend on chance.
pub(crate) fn is_chance(row: u16) -> bool {
    (CHANCE..THEORY).contains(&row)
}

/// The name of every function that a bare name reaches, in the order of the tables.
pub(crate) fn bare_names() -> impl Iterator<Item = &'static str> {
    ROWS[..QUALIFIED as usize].iter().map(|row| row.name)
}

/// Whether the function is reached only with `math.` before its name.
pub(crate) fn needs_prefix(builtin: Builtin) -> bool {
    (QUALIFIED..DEGREES).contains(&builtin.row)
}

/// The same function of an argument in degrees, if it is one that may be asked so.
pub(crate) fn of_degrees(row: u16) -> Option<u16> {
    let name = ROWS.get(row as usize)?.name;
    (DEGREES..END).find(|row| without_degrees(*row) == Some(name))
}

/// The name of the function if it takes degrees: `sin` for what `sin(30°)` calls.
pub(crate) fn without_degrees(row: u16) -> Option<&'static str> {
    ROWS.get(row as usize)?.name.strip_suffix('°')
}

/// The constants of `math`, which need no prefix, and the golden ratio.
pub(crate) const CONSTANTS: [(&str, f64); 6] = [
    ("e", std::f64::consts::E),
    ("inf", f64::INFINITY),
    ("nan", f64::NAN),
    ("phi", 1.618_033_988_749_895),
    ("pi", std::f64::consts::PI),
    ("tau", std::f64::consts::TAU),
];

/// The constant of a row in the mode's numbers.
pub(crate) fn constant(row: u8, budget: &mut Budget) -> Outcome {
    let (name, float) = CONSTANTS[row as usize];
    match budget.mode {
        Mode::Python => Ok(Value::Float(float)),
        Mode::Exact if float.is_finite() => Err(ErrorKind::NotExact { operation: name.to_owned() }),
        Mode::Exact => Err(ErrorKind::NotInMode { operation: name.to_owned(), mode: budget.mode }),
        Mode::Decimal(_) => decimal::constant(name, budget),
    }
}

/// Whether the function works on floats and has to be another in other modes.
fn is_of_floats(row: u16, name: &str) -> bool {
    let of_math = (MATH..INTEGERS).contains(&row) || (QUALIFIED..DEGREES).contains(&row);
    of_math && name != "prod"
}

/// The row of the constant of this name.
pub(crate) fn find_constant(name: &str) -> Option<u8> {
    CONSTANTS.iter().position(|(constant, _)| *constant == name).map(|row| row as u8)
}

/// Calls the function of a row: `arguments` are the positional ones, then those of `keywords`, in order.
pub(crate) fn call(row: u16, arguments: &[Value], keywords: &[&str], budget: &mut Budget) -> Outcome {
    let name = at(row).map_or("", |function| function.name).trim_end_matches('°');
    call_row(row, arguments, keywords, budget).map_err(|error| in_call(name, error))
}

/// What went wrong in a call: an argument of the wrong type is the function's.
fn in_call(function: &str, error: ErrorKind) -> ErrorKind {
    let (integer, found) = match error {
        ErrorKind::Type(TypeError::NotReal { found }) => (false, found),
        ErrorKind::Type(TypeError::NotInteger { found }) => (true, found),
        other => return other,
    };
    TypeError::Argument { function: function.to_owned(), integer, found }.into()
}

fn call_row(number: u16, arguments: &[Value], keywords: &[&str], budget: &mut Budget) -> Outcome {
    // Every row comes from `find` or `find_math`.
    let Some(function) = ROWS.get(number as usize) else { return Err(ErrorKind::Internal) };
    let (name, qualified) =
        (function.name, || if number >= MATH { format!("math.{}", function.name) } else { function.name.to_owned() });
    budget.charge(function.price)?;
    let (positional, named) = arguments.split_at(arguments.len() - keywords.len());
    match &function.body {
        Body::Named { parameters, call } => return call(&parameters.bind(name, positional, keywords, named)?, budget),
        Body::Written { names, call } => return call(&bind_written(name, names, positional, keywords, named)?, budget),
        Body::Extreme(call) => return call(positional, keywords, named, budget),
        Body::Sorted(call) => {
            let keyword = |name: &str| keywords.iter().position(|keyword| *keyword == name).map(|at| &named[at]);
            if positional.len() != 1 {
                return Err(expected(name, Bound::Exactly, 1, positional.len()));
            }
            // CPython makes the list first, and hands the rest to `sort`.
            elements(&positional[0], budget)?;
            if keywords.len() > 2 {
                return Err(too_many("sort", 2, 0, keywords.len()));
            }
            if let Some(unknown) = keywords.iter().find(|keyword| !["key", "reverse"].contains(keyword)) {
                return Err(keyword::unknown("sort", unknown, &["key", "reverse"]));
            }
            let is_reverse = keyword("reverse").is_some_and(Value::is_true);
            return call(&positional[0], keyword("key"), is_reverse, budget);
        }
        _ if !keywords.is_empty() => return Err(TypeError::NoKeywords { function: qualified() }.into()),
        _ => {}
    }
    let given = positional.len();
    function.body.check_count(name, qualified, given)?;
    if budget.mode != Mode::Python {
        match budget.mode {
            Mode::Exact if is_of_floats(number, name) => return exact::call(name, positional, budget),
            Mode::Decimal(_) if is_of_floats(number, name) => return decimal::call(name, positional, budget),
            // A float between 0 and 1.
            _ if name == "rnd" => {
                return Err(ErrorKind::NotInMode { operation: name.to_owned(), mode: budget.mode });
            }
            _ => {}
        }
    }
    match &function.body {
        Body::Real { call, overflows } => apply(name, *call, *overflows, &positional[0]),
        Body::One(call) => call(&positional[0], budget),
        Body::Counted { call, .. } | Body::Any(call) => call(positional, budget),
        // Handled above.
        Body::Named { .. } | Body::Written { .. } | Body::Extreme(_) | Body::Sorted(_) => Err(ErrorKind::Internal),
    }
}

impl Body {
    /// Whether a function may be given so many arguments; the complaint is CPython's.
    fn check_count(&self, name: &str, qualified: impl Fn() -> String, given: usize) -> Result<(), ErrorKind> {
        match self {
            Self::Real { .. } | Self::One(_) if given != 1 => {
                Err(TypeError::Arity(Arity::ExactlyOne { function: qualified(), given: given as u64 }).into())
            }
            Self::Counted { least, most, .. } if given < *least || given > *most => {
                let (bound, wanted) = match (least == most, given < *least) {
                    (true, _) => (Bound::Exactly, *least),
                    (false, true) => (Bound::AtLeast, *least),
                    (false, false) => (Bound::AtMost, *most),
                };
                Err(expected(name, bound, wanted, given))
            }
            _ => Ok(()),
        }
    }
}

fn expected(function: &str, bound: Bound, wanted: usize, given: usize) -> ErrorKind {
    let (function, wanted, given) = (function.to_owned(), wanted as u64, given as u64);
    TypeError::Arity(Arity::Expected { function, bound, wanted, given }).into()
}

fn takes(function: &str, bound: Bound, wanted: usize, counted: Counted, given: usize) -> ErrorKind {
    let (function, wanted, given) = (function.to_owned(), wanted as u64, given as u64);
    TypeError::Arity(Arity::Takes { function, bound, wanted, given, counted }).into()
}

/// More arguments than a function has parameters.
fn too_many(function: &str, most: usize, positional: usize, named: usize) -> ErrorKind {
    let counted = if positional == 0 { Counted::Keyword } else { Counted::All };
    takes(function, Bound::AtMost, most, counted, positional + named)
}

/// A function of one float, with CPython's reading of what comes out of it.
fn apply(function: &str, call: fn(f64) -> f64, overflows: bool, given: &Value) -> Outcome {
    let argument = to_float(given)?;
    let value = call(argument);
    if value.is_nan() && !argument.is_nan() {
        return Err(outside(function, given));
    }
    if value.is_infinite() && argument.is_finite() {
        return Err(if overflows { Overflow::Range.into() } else { outside(function, given) });
    }
    Ok(Value::Float(value))
}

/// That an argument is outside the domain of a function.
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

impl Parameters {
    /// One value for each parameter, none where it was left out. Complaints come in CPython's order.
    fn bind(
        &self,
        function: &str,
        positional: &[Value],
        keywords: &[&str],
        named: &[Value],
    ) -> Result<Vec<Option<Value>>, ErrorKind> {
        let function = || function.to_owned();
        let given = positional.len() + named.len();
        let all = self.positional == self.names.len();
        if self.required == 0 && keywords.is_empty() && given > self.names.len() {
            // The constructors of types count what comes without keywords in words of their own.
            return Err(expected(&function(), Bound::AtMost, self.names.len(), given));
        }
        if given > self.names.len() {
            return Err(too_many(&function(), self.names.len(), positional.len(), named.len()));
        }
        if positional.len() > self.positional {
            let (bound, counted) = (Bound::Exactly, Counted::Positional);
            return Err(takes(&function(), bound, self.positional, counted, positional.len()));
        }
        let mut bound: Vec<Option<Value>> = positional.iter().cloned().map(Some).collect();
        bound.resize(self.names.len(), None);
        let keyword = |parameter: &str| keywords.iter().position(|keyword| *keyword == parameter);
        for (at, parameter) in self.names.iter().enumerate().skip(positional.len()) {
            bound[at] = keyword(parameter).map(|at| named[at].clone());
            if bound[at].is_none() && at < self.required && parameter.is_empty() {
                // By position only: CPython counts those, and names none.
                let bound = if all { Bound::AtLeast } else { Bound::Exactly };
                let counted = Counted::Positional;
                return Err(takes(&function(), bound, self.required, counted, positional.len()));
            }
            if bound[at].is_none() && at < self.required {
                let (name, position) = ((*parameter).to_owned(), at as u64 + 1);
                return Err(TypeError::MissingArgument { function: function(), name, position }.into());
            }
        }
        for (at, parameter) in self.names[..positional.len()].iter().enumerate() {
            if keyword(parameter).is_some() {
                let (name, position) = ((*parameter).to_owned(), at as u64 + 1);
                return Err(TypeError::GivenTwice { function: function(), name, position }.into());
            }
        }
        match keywords.iter().find(|keyword| !self.names.contains(keyword)) {
            Some(unknown) => Err(keyword::unknown(&function(), unknown, self.names)),
            None => Ok(bound),
        }
    }
}

/// One value for each parameter of a [`Body::Written`], none where it was left out. Complaints come in the order in which
/// CPython begins a function of Python.
fn bind_written(
    function: &str,
    names: &[&str],
    positional: &[Value],
    keywords: &[&str],
    named: &[Value],
) -> Result<Vec<Option<Value>>, ErrorKind> {
    let function = || function.to_owned();
    let mut bound: Vec<Option<Value>> = positional.iter().cloned().map(Some).collect();
    bound.resize(names.len().max(positional.len()), None);
    for (keyword, value) in keywords.iter().zip(named) {
        let Some(at) = names.iter().position(|name| name == keyword) else {
            return Err(keyword::unknown(&function(), keyword, names));
        };
        if bound[at].replace(value.clone()).is_some() {
            let (name, position) = ((*keyword).to_owned(), at as u64 + 1);
            return Err(TypeError::MultipleValues { function: function(), name, position }.into());
        }
    }
    if positional.len() > names.len() {
        let (most, given) = (names.len() as u64, positional.len() as u64);
        return Err(TypeError::Arity(Arity::TakesPositional { function: function(), least: 1, most, given }).into());
    }
    if bound[0].is_none() {
        let name = names[0].to_owned();
        return Err(TypeError::MissingPositional { function: function(), name, position: 1 }.into());
    }
    Ok(bound)
}

/// What `math` makes of an argument: a float.
pub(crate) fn to_float(value: &Value) -> Result<f64, ErrorKind> {
    match (value, value.integer()) {
        (Value::Float(value), _) => Ok(*value),
        (_, Some(integer)) => integer.to_float().ok_or(Overflow::IntToFloat.into()),
        _ => Err(TypeError::NotReal { found: value.kind() }.into()),
    }
}

/// What functions of integers make of an argument.
fn integer(value: &Value) -> Result<Integer, ErrorKind> {
    value.integer().ok_or(TypeError::NotInteger { found: value.kind() }.into())
}

/// The elements of an argument that is to be walked over.
fn elements<'v>(value: &'v Value, budget: &mut Budget) -> Result<Elements<'v>, ErrorKind> {
    // Each is copied; a character becomes a string of its own.
    let each = if matches!(value, Value::Str(_)) { ELEMENTARY } else { 2 };
    budget.charge(value.length().unwrap_or(0).saturating_mul(each))?;
    value.elements().ok_or(TypeError::NotIterable { found: value.kind() }.into())
}

/// The elements of two collections, pair by pair; where one ends before the other, its complaint.
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

/// `x!`: as `factorial`, but a float or a decimal that is whole will do.
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
