//! CPython 3.14's exact messages for failures at run time.

use super::domain;
use crate::error::{Arity, Bound, Counted, Overflow, Type, TypeError, ValueError, ZeroDivision};

pub(super) fn type_error(error: &TypeError) -> String {
    match error {
        TypeError::Operands { operator, types } => {
            let names: Vec<String> = types.iter().map(|kind| format!("'{}'", kind.python())).collect();
            let names = match &names[..] {
                [left, right] => format!("{left} and {right}"),
                names => names.join(", "),
            };
            format!("unsupported operand type(s) for {operator}: {names}")
        }
        TypeError::Order { operator, left, right } => {
            format!("'{operator}' not supported between instances of '{}' and '{}'", left.python(), right.python())
        }
        TypeError::Operand { operator, found } => format!("bad operand type for {operator}: '{}'", found.python()),
        TypeError::NotCallable { found } => format!("'{}' object is not callable", found.python()),
        TypeError::NotIterable { found } => format!("'{}' object is not iterable", found.python()),
        TypeError::NotContainer { found } => {
            format!("argument of type '{}' is not a container or iterable", found.python())
        }
        TypeError::NotString { function, argument, found } => {
            format!("{function}() argument '{argument}' must be str, not {}", found.python())
        }
        TypeError::Decoding { found: Type::Str } => "decoding str is not supported".to_owned(),
        TypeError::Decoding { found } => {
            format!("decoding to str: need a bytes-like object, {} found", found.python())
        }
        TypeError::NotInString { found } => {
            format!("'in <string>' requires string as left operand, not {}", found.python())
        }
        TypeError::Unhashable { element: None, found } => format!("unhashable type: '{}'", found.python()),
        TypeError::Unhashable { element: Some(element), found } => {
            format!("cannot use '{}' as a set element (unhashable type: '{}')", element.python(), found.python())
        }
        TypeError::Concatenation { left, right } => {
            format!("can only concatenate {} (not \"{}\") to {}", left.python(), right.python(), left.python())
        }
        TypeError::Repetition { by } => format!("can't multiply sequence by non-int of type '{}'", by.python()),
        TypeError::NotSubscriptable { found } => format!("'{}' object is not subscriptable", found.python()),
        TypeError::TypeNotSubscriptable { name } => format!("type '{name}' is not subscriptable"),
        TypeError::Indices { of: Type::Str, found } => {
            format!("string indices must be integers, not '{}'", found.python())
        }
        TypeError::Indices { of, found } => {
            format!("{} indices must be integers or slices, not {}", of.python(), found.python())
        }
        TypeError::SliceIndices => "slice indices must be integers or None or have an __index__ method".to_owned(),
        TypeError::Unpacking { found } => format!("cannot unpack non-iterable {} object", found.python()),
        TypeError::NoLength { found } => format!("object of type '{}' has no len()", found.python()),
        TypeError::SumOfStrings => "sum() can't sum strings [use ''.join(seq) instead]".to_owned(),
        TypeError::NotReal { found } | TypeError::Argument { integer: false, found, .. } => {
            format!("must be real number, not {}", found.python())
        }
        TypeError::NotInteger { found } | TypeError::Argument { integer: true, found, .. } => {
            format!("'{}' object cannot be interpreted as an integer", found.python())
        }
        TypeError::NotRatio { found } => format!("can't convert type '{}' to numerator/denominator", found.python()),
        TypeError::NoMethod { found, method } => format!("type {} doesn't define __{method}__ method", found.python()),
        TypeError::Conversion { to: Type::Int, found } => {
            format!("int() argument must be a string, a bytes-like object or a real number, not '{}'", found.python())
        }
        TypeError::Conversion { to, found } => {
            format!("{}() argument must be a string or a real number, not '{}'", to.python(), found.python())
        }
        TypeError::Arity(arity) => arity_error(arity),
        TypeError::MissingArgument { function, name, position } => {
            format!("{function}() missing required argument '{name}' (pos {position})")
        }
        TypeError::MissingPositional { function, name, .. } => {
            format!("{function}() missing 1 required positional argument: '{name}'")
        }
        TypeError::MultipleValues { function, name, .. } => {
            format!("{function}() got multiple values for argument '{name}'")
        }
        TypeError::GivenTwice { function, name, position } => {
            format!("argument for {function}() given by name ('{name}') and position ({position})")
        }
        TypeError::NoKeywords { function } => format!("{function}() takes no keyword arguments"),
        TypeError::UnknownKeyword { function, name, meant } => {
            let meant = meant.as_ref().map_or_else(String::new, |meant| format!(". Did you mean '{meant}'?"));
            format!("{function}() got an unexpected keyword argument '{name}'{meant}")
        }
        TypeError::ModularPowerOfNonIntegers => {
            "pow() 3rd argument not allowed unless all arguments are integers".to_owned()
        }
        TypeError::DefaultWithSeveral { function } => {
            format!("Cannot specify a default for {function}() with multiple positional arguments")
        }
        TypeError::BaseOfNonString => "int() can't convert non-string with explicit base".to_owned(),
        TypeError::BaseWithoutString => "int() missing string argument".to_owned(),
        TypeError::LdexpExponent => "Expected an int as second argument to ldexp.".to_owned(),
    }
}

fn arity_error(arity: &Arity) -> String {
    let plural = |count: u64| if count == 1 { "" } else { "s" };
    match arity {
        Arity::ExactlyOne { function, given } => format!("{function}() takes exactly one argument ({given} given)"),
        Arity::Expected { function, bound, wanted, given } => {
            let bound = match bound {
                Bound::Exactly => "",
                Bound::AtLeast => "at least ",
                Bound::AtMost => "at most ",
            };
            format!("{function} expected {bound}{wanted} argument{}, got {given}", plural(*wanted))
        }
        Arity::Takes { function, bound, wanted, given, counted } => {
            let bound = match bound {
                Bound::Exactly => "exactly",
                Bound::AtLeast => "at least",
                Bound::AtMost => "at most",
            };
            let counted = match counted {
                Counted::All => "",
                Counted::Positional => "positional ",
                Counted::Keyword => "keyword ",
            };
            format!("{function}() takes {bound} {wanted} {counted}argument{} ({given} given)", plural(*wanted))
        }
        Arity::TakesPositional { function, least, most, given } => {
            let (from, plural) =
                if least == most { (String::new(), plural(*most)) } else { (format!("from {least} to "), "s") };
            format!("{function}() takes {from}{most} positional argument{plural} but {given} were given")
        }
    }
}

/// `None` for errors that CPython does not have.
pub(super) fn value_error(error: &ValueError) -> Option<String> {
    let words = match error {
        ValueError::Domain
        | ValueError::EmptyRandomRange
        | ValueError::Percentile
        | ValueError::Pole { .. }
        | ValueError::ZeroPolynomial => {
            return None;
        }
        ValueError::Outside { function, given } => return domain::python(function, *given),
        ValueError::EmptySequence { function } => return Some(format!("{function}() iterable argument is empty")),
        ValueError::DataPoints { function, least } => {
            let least = if *least == 1 { "one data point" } else { "two data points" };
            return Some(format!("{function} requires at least {least}"));
        }
        ValueError::EmptyData { function } => return Some(format!("no {function} for empty data")),
        ValueError::Quantile => "q must be between 0 and 1",
        ValueError::NotFinite => "inf or nan encountered in data",
        ValueError::Index { of: Type::Str } => "string index out of range",
        ValueError::Index { of: Type::Range } => "range object index out of range",
        ValueError::Index { of } => return Some(format!("{} index out of range", of.python())),
        ValueError::IntLiteral { base, text } => {
            return Some(format!("invalid literal for int() with base {base}: {text}"));
        }
        ValueError::FloatLiteral { text } => return Some(format!("could not convert string to float: {text}")),
        ValueError::Unpack { expected, got } => {
            let bound = if got.is_some_and(|got| got < *expected) { "not enough" } else { "too many" };
            let got = got.map_or_else(String::new, |got| format!(", got {got}"));
            return Some(format!("{bound} values to unpack (expected {expected}{got})"));
        }
        ValueError::IndexSize => "cannot fit 'int' into an index-sized integer",
        ValueError::SliceStep => "slice step cannot be zero",
        ValueError::RangeStep => "range() arg 3 must not be zero",
        ValueError::Base => "int() base must be >= 2 and <= 36, or 0",
        ValueError::Dimensions => "both points must have the same number of dimensions",
        ValueError::LengthsDiffer => "Inputs are not the same length",
        ValueError::FmaInvalid => "invalid operation in fma",
        ValueError::NegativeSteps => "steps must be a non-negative integer",
        ValueError::FsumInfinities => "-inf + inf in fsum",
        ValueError::ComplexModulo => "complex modulo",
        ValueError::NegativeShift => "negative shift count",
        ValueError::NanToInteger => "cannot convert float NaN to integer",
        ValueError::ZeroModulus => "pow() 3rd argument cannot be 0",
        ValueError::NotInvertible => "base is not invertible for the given modulus",
        ValueError::NegativeFactorial => "factorial() not defined for negative values",
        ValueError::NegativeN => "n must be a non-negative integer",
        ValueError::NegativeK => "k must be a non-negative integer",
        ValueError::NegativeRoot => "isqrt() argument must be nonnegative",
        ValueError::NegativeTolerance => "tolerances must be non-negative",
    };
    Some(words.to_owned())
}

pub(super) fn zero_division(error: ZeroDivision) -> &'static str {
    match error {
        ZeroDivision::Division
        | ZeroDivision::Base
        | ZeroDivision::Floor
        | ZeroDivision::Modulo
        | ZeroDivision::Divmod => "division by zero",
        ZeroDivision::ComplexPower => "zero to a negative or complex power",
        ZeroDivision::ZeroToNegative => "zero to a negative power",
        ZeroDivision::Fraction { sign: -1 } => "Fraction(-1, 0)",
        ZeroDivision::Fraction { sign: 0 } => "Fraction(0, 0)",
        ZeroDivision::Fraction { .. } => "Fraction(1, 0)",
    }
}

pub(super) fn overflow(error: Overflow) -> &'static str {
    match error {
        Overflow::IntToFloat => "int too large to convert to float",
        Overflow::IntDivision => "integer division result too large for a float",
        Overflow::Power => "(34, 'Numerical result out of range')",
        Overflow::Range => "math range error",
        Overflow::ComplexPower => "complex exponentiation",
        Overflow::ComplexAbsolute => "absolute value too large",
        Overflow::RangeBound => "Python int too large to convert to C ssize_t",
        Overflow::Fsum => "intermediate overflow in fsum",
        Overflow::Fma => "overflow in fma",
        Overflow::InfinityToInteger => "cannot convert float infinity to integer",
        Overflow::Round => "rounded value too large to represent",
        Overflow::Repetition => "cannot fit 'int' into an index-sized integer",
        Overflow::ShiftCount => "too many digits in integer",
        Overflow::FactorialArgument => "factorial() argument should not exceed 9223372036854775807",
        Overflow::CombArgument => "min(n - k, k) must not exceed 9223372036854775807",
        Overflow::PermArgument => "k must not exceed 9223372036854775807",
    }
}
