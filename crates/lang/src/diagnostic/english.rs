//! Messages for failures at run time, in plain English: what was given, what is expected, what to write instead.

use super::Language::English;
use super::domain;
use crate::error::{Arity, Bound, ErrorKind, Overflow, Type, TypeError, ValueError, ZeroDivision};
use crate::functions::takes_a_list;

/// The message; `None` for errors whose messages in both languages stand together elsewhere.
pub(super) fn at_run_time(kind: &ErrorKind) -> Option<String> {
    Some(match kind {
        ErrorKind::UnknownName { name } => {
            format!("'{name}' is not defined: it is no function or constant, and was given no value")
        }
        ErrorKind::UnknownMathName { name } => format!("math has nothing with the name '{name}'"),
        ErrorKind::Type(error) => type_error(error),
        ErrorKind::Value(error) => value_error(error),
        ErrorKind::ZeroDivision(error) => zero_division(*error).to_owned(),
        ErrorKind::Overflow(error) => overflow(*error).to_owned(),
        _ => return None,
    })
}

/// A type with its article.
fn a(kind: Type) -> &'static str {
    match kind {
        Type::Int => "a whole number",
        Type::Float | Type::Decimal => "a decimal number",
        Type::Complex => "a complex number",
        Type::Bool => "a truth value",
        Type::Str => "a string",
        Type::List => "a list",
        Type::Tuple => "a tuple",
        Type::Set => "a set",
        Type::Range => "a range",
        Type::None => "None",
        Type::Function | Type::Defined | Type::Type => "a function",
        Type::Fraction => "a fraction",
    }
}

/// Two types in one phrase.
fn both(left: Type, right: Type) -> String {
    if left == right && left != Type::None {
        format!("two {}s", name(left))
    } else {
        format!("{} and {}", a(left), a(right))
    }
}

/// A type without its article.
fn name(kind: Type) -> &'static str {
    a(kind).split_once(' ').map_or("value", |(_, name)| name)
}

fn operands(operator: &str, types: &[Type]) -> String {
    let (left, right) = match types {
        [left, right] => (*left, *right),
        _ => return "pow() with three arguments takes whole numbers".to_owned(),
    };
    let (a_left, a_right, both) = (a(left), a(right), both(left, right));
    let numbers = left.is_number() && right.is_number();
    let either = |kind: Type| left == kind || right == kind;
    match super::bare(operator) {
        "^" if numbers => {
            return format!("'^' is bitwise XOR here, on whole numbers (not {both}); for a power, write **");
        }
        operator @ ("&" | "|") if numbers => {
            return format!("'{operator}' works on the bits of whole numbers, not on {both}");
        }
        operator @ ("<<" | ">>") if numbers => {
            return format!("'{operator}' moves the bits of whole numbers, not of {both}");
        }
        operator @ ("%" | "//" | "divmod") if either(Type::Complex) && numbers => {
            return format!("'{operator}' needs real numbers: complex ones have no whole quotient and no remainder");
        }
        _ => {}
    }
    let cannot = match super::bare(operator) {
        "+" => format!("{both} cannot be added"),
        "-" => format!("{a_right} cannot be subtracted from {a_left}"),
        "*" => format!("{both} cannot be multiplied"),
        "/" | "//" | "%" | "divmod" => format!("{a_left} cannot be divided by {a_right}"),
        "**" | "pow" => format!("{a_left} cannot be raised to {a_right}"),
        operator => format!("'{operator}' does not work on {both}"),
    };
    cannot + what_instead(operator, left, right)
}

/// What to write instead of an operator between these two types.
fn what_instead(operator: &str, left: Type, right: Type) -> &'static str {
    let either = |kind: Type| left == kind || right == kind;
    if either(Type::Function) || either(Type::Type) || either(Type::Defined) {
        "; a function is called with its arguments in parentheses, as in sqrt(2)"
    } else if either(Type::None) {
        "; None is no number"
    } else if either(Type::Str) && (left.is_number() || right.is_number()) {
        if operator == "+" {
            "; str(…) makes a string of a number, float(…) a number of a string"
        } else {
            "; float(…) makes a number of a string"
        }
    } else if operator == "+" && either(Type::List) {
        "; + joins a list only to another list"
    } else if operator == "+" && left == Type::Set && right == Type::Set {
        "; a | b has the elements of both"
    } else {
        ""
    }
}

fn type_error(error: &TypeError) -> String {
    match error {
        TypeError::Operands { operator, types } => operands(operator, types),
        TypeError::Order { operator, left, right } => {
            let why = if [*left, *right].contains(&Type::Complex) && left.is_number() && right.is_number() {
                "; complex numbers have no order, their abs(…) has one"
            } else {
                ""
            };
            format!("'{operator}' cannot compare {} with {}{why}", a(*left), a(*right))
        }
        TypeError::Operand { operator, found } => match super::bare(operator) {
            "~" if found.is_number() => format!("'~' inverts the bits of a whole number, not of {}", a(*found)),
            "abs" => format!("abs() takes a number, not {}", a(*found)),
            operator => format!("'{operator}' needs a number behind it, not {}", a(*found)),
        },
        TypeError::NotCallable { found } if found.is_number() => {
            format!("{} before parentheses is no function; to multiply write *, as in 2*(3+4)", a(*found))
        }
        TypeError::NotCallable { found: found @ (Type::List | Type::Tuple | Type::Str | Type::Range) } => {
            format!("{} is no function; to pick an element write square brackets, as in a[0]", a(*found))
        }
        TypeError::NotCallable { found } => format!("{} is no function and cannot be called", a(*found)),
        TypeError::NotIterable { found } => format!(
            "a list, tuple, set, range or string is needed here, not {}; a list is written [1, 2, 3]",
            a(*found)
        ),
        TypeError::NotContainer { found } => {
            format!("'in' looks into a list, tuple, set, range or string, not into {}", a(*found))
        }
        TypeError::NotString { function, argument, found } => {
            format!("the argument '{argument}' of {function}() must be a string, not {}", a(*found))
        }
        TypeError::Decoding { .. } => "str() makes a string of one value; leave the other arguments out".to_owned(),
        TypeError::NotInString { found } => {
            format!("only a string can be looked for in a string, not {}; str(…) makes one", a(*found))
        }
        TypeError::Unhashable { element: None, .. } => {
            "mode() cannot count lists; it can count tuples: write (1, 2) instead of [1, 2]".to_owned()
        }
        TypeError::Unhashable { element: Some(Type::List), .. } => {
            "a list cannot be an element of a set; a tuple can: write (1, 2) instead of [1, 2]".to_owned()
        }
        TypeError::Unhashable { element: Some(element), found } => format!(
            "{} that holds {} cannot be an element of a set; write (1, 2) instead of [1, 2]",
            a(*element),
            a(*found)
        ),
        TypeError::Concatenation { left, right } => {
            format!("{} and {} cannot be added{}", a(*left), a(*right), what_instead("+", *left, *right))
        }
        TypeError::Repetition { by } => {
            format!("a list, tuple or string can be multiplied only by a whole number, not by {}", a(*by))
        }
        TypeError::NotSubscriptable { found } if found.is_number() => format!(
            "{} has no elements to pick with [ ]; to multiply write * and parentheses, as in 2*(3+4)",
            a(*found)
        ),
        TypeError::NotSubscriptable { found: Type::Set } => {
            "the elements of a set have no order; to pick one by its place write sorted(…)[0]".to_owned()
        }
        TypeError::NotSubscriptable { found: Type::Function | Type::Defined }
        | TypeError::TypeNotSubscriptable { .. } => "a function is called with parentheses, as in sqrt(2)".to_owned(),
        TypeError::NotSubscriptable { found } => format!("{} has no elements to pick with [ ]", a(*found)),
        TypeError::Indices { of, found } => {
            format!("the place in a {} is a whole number from 0, not {}", name(*of), a(*found))
        }
        TypeError::SliceIndices => "the bounds of a slice are whole numbers, as in a[1:3]".to_owned(),
        TypeError::Unpacking { found } => {
            format!("several names take a list or a tuple of values, as in a, b = 1, 2, not {}", a(*found))
        }
        TypeError::NoLength { found } => {
            format!("len() takes a list, tuple, set, range or string, not {}", a(*found))
        }
        TypeError::SumOfStrings => "sum() adds numbers; strings are joined with +".to_owned(),
        TypeError::NotReal { found } => format!("a real number is needed here, not {}", a(*found)),
        TypeError::NotInteger { found } => format!("a whole number is needed here, not {}", a(*found)),
        TypeError::Argument { function, integer, found } => argument(function, *integer, *found),
        TypeError::NotRatio { found } => format!("statistics takes real numbers, not {}", a(*found)),
        TypeError::NoMethod { found, .. } => format!("only a real number can be rounded, not {}", a(*found)),
        TypeError::Conversion { to, found } => {
            format!("{}() takes a real number or a string, not {}", to.python(), a(*found))
        }
        TypeError::Arity(arity) => arity_error(arity),
        TypeError::MissingArgument { function, name, position }
        | TypeError::MissingPositional { function, name, position } => {
            format!("{function}() is missing its argument '{name}', which is number {position}")
        }
        TypeError::GivenTwice { function, name, position } | TypeError::MultipleValues { function, name, position } => {
            format!("the argument '{name}' of {function}() is given twice: by its name and as number {position}")
        }
        TypeError::NoKeywords { function } => {
            format!("{}() takes its arguments without names", super::bare(function))
        }
        TypeError::UnknownKeyword { function, name, meant } => {
            let meant = meant.as_ref().map_or_else(String::new, |meant| format!("; '{meant}' is one of its own"));
            format!("{}() has no argument with the name '{name}'{meant}", super::told(function))
        }
        TypeError::ModularPowerOfNonIntegers => "pow() with three arguments takes whole numbers".to_owned(),
        TypeError::DefaultWithSeveral { function } => {
            format!("{function}() takes 'default' with a single list, not with several values")
        }
        TypeError::BaseOfNonString => {
            "int() takes a base with a string, as in int('11', 2), not with a number".to_owned()
        }
        TypeError::BaseWithoutString => "int() with a base needs a string to read, as in int('11', 2)".to_owned(),
        TypeError::LdexpExponent => "ldexp(x, i) is x*2**i and takes a whole number i".to_owned(),
    }
}

fn argument(function: &str, integer: bool, found: Type) -> String {
    let wanted = if integer { "a whole number" } else { "a real number" };
    let instead = match (function, found) {
        ("factorial", Type::Float | Type::Fraction | Type::Decimal) => "; for others there is gamma(x+1)",
        (_, Type::Float | Type::Fraction | Type::Decimal) if integer => "; int(…) makes one",
        (_, Type::Str) if integer => "; int(…) makes a whole number of a string",
        (_, Type::Str) => "; float(…) makes a number of a string",
        (_, Type::Function | Type::Type | Type::Defined) => {
            "; a function is called with its arguments in parentheses, as in sqrt(2)"
        }
        _ => "",
    };
    format!("{function} needs {wanted} here, not {}{instead}", a(found))
}

fn arity_error(arity: &Arity) -> String {
    let (function, bound, wanted, given, positional) = super::count(arity);
    let bound = match bound {
        Bound::Exactly => "",
        Bound::AtLeast => "at least ",
        Bound::AtMost => "at most ",
    };
    let plural = super::plural(wanted);
    let positional = if positional { " without a name" } else { "" };
    // The usual cause: separate arguments instead of a list.
    let cause = if given > wanted && takes_a_list(function) {
        format!("; several values go in a list, as in {function}([1, 2, 3])")
    } else if wanted == 1 && given == 2 {
        "; decimals are written with a point, as in 2.5".to_owned()
    } else {
        String::new()
    };
    let wanted = if wanted == 0 { "no".to_owned() } else { wanted.to_string() };
    format!("{}() takes {bound}{wanted} argument{plural}{positional}, not {given}{cause}", super::bare(function))
}

fn value_error(error: &ValueError) -> String {
    let words = match error {
        ValueError::Outside { function, given } => return domain::message(function, *given, English),
        ValueError::EmptySequence { function } => {
            return format!("{function}() needs at least one value: what it was given is empty");
        }
        ValueError::DataPoints { function, least: 1 } => return format!("{function} needs at least one number"),
        ValueError::DataPoints { function, least } => return format!("{function} needs at least {least} numbers"),
        ValueError::EmptyData { function } => return format!("{function} needs at least one value: there is none"),
        ValueError::NotFinite => "there is inf or nan in the data; finite numbers are needed",
        ValueError::Percentile => "the second argument of percentile is a number from 0 to 100",
        ValueError::Pole { function, at } => {
            let noun = match function.as_str() {
                "tan" => "tangent",
                "sec" => "secant",
                "csc" => "cosecant",
                _ => "cotangent",
            };
            return format!("the {noun} has no value at {at}");
        }
        ValueError::Quantile => "the second argument of quantile is a number from 0 to 1",
        ValueError::Index { of } => {
            return format!("the {} has no element at this place; the first is 0, the last -1", name(*of));
        }
        ValueError::IntLiteral { base: 10, text } => return format!("{text} is not the text of a whole number"),
        ValueError::IntLiteral { base, text } => {
            return format!("{text} is not the text of a whole number in base {base}");
        }
        ValueError::FloatLiteral { text } => return format!("{text} is not the text of a number"),
        ValueError::Unpack { expected, got: Some(got) } => {
            return format!("there are {expected} names for {got} value{}; each name takes one", super::plural(*got));
        }
        ValueError::Unpack { expected, got: None } => {
            return format!("there are more values than the {expected} names; each name takes one");
        }
        ValueError::IndexSize => "there is no element at a place with so many digits",
        ValueError::SliceStep => "the step of a slice cannot be 0; 1 takes every element",
        ValueError::RangeStep => "the step of range() cannot be 0",
        ValueError::Base => "the base of int() is a whole number from 2 to 36, or 0",
        ValueError::EmptyRandomRange => "randint(a, b) needs an a that is not greater than b",
        ValueError::Dimensions => "the two points must have the same number of coordinates",
        ValueError::LengthsDiffer => "both lists must have the same number of elements",
        ValueError::FmaInvalid => "inf*0 and inf - inf have no value",
        ValueError::NegativeSteps => "the number of steps must be 0 or greater",
        ValueError::FsumInfinities => "inf and -inf have no sum",
        ValueError::ComplexModulo => "complex numbers have no remainder",
        ValueError::Domain => "there is no value for these numbers",
        ValueError::NegativeShift => "bits are moved by 0 places or more; << and >> move them in opposite directions",
        ValueError::NanToInteger => "nan is not a number and cannot become a whole one",
        ValueError::ZeroModulus => "the third argument of pow() cannot be 0: it divides",
        ValueError::NotInvertible => "the base has no inverse for this modulus: the two have a common divisor",
        ValueError::NegativeFactorial => "the factorial is defined for whole numbers from 0 up, not for negative ones",
        ValueError::NegativeN => "n, the first argument, must be 0 or greater",
        ValueError::NegativeK => "k, the second argument, must be 0 or greater",
        ValueError::NegativeRoot => "isqrt takes whole numbers from 0 up; √ of a negative number is complex",
        ValueError::NegativeTolerance => "tolerances must be 0 or greater",
        ValueError::ZeroPolynomial => "all coefficients are 0: every number is a root",
    };
    words.to_owned()
}

fn zero_division(error: ZeroDivision) -> &'static str {
    match error {
        ZeroDivision::Division => "division by zero",
        ZeroDivision::Base => "there is no logarithm to base 1: every power of 1 is 1",
        ZeroDivision::Floor => "division by zero has no whole quotient",
        ZeroDivision::Modulo => "division by zero has no remainder",
        ZeroDivision::Divmod => "division by zero has neither quotient nor remainder",
        ZeroDivision::ZeroToNegative => "0 has no negative powers: 0**-1 would be 1/0",
        ZeroDivision::ComplexPower => {
            "neither 0 to a negative or complex number nor infinity to a complex one has a value"
        }
        ZeroDivision::Fraction { .. } => "division by zero: no fraction has the denominator 0",
    }
}

fn overflow(error: Overflow) -> &'static str {
    match error {
        Overflow::IntToFloat => {
            "this whole number is larger than the largest decimal number (float), about 1.8e308; calculate with whole \
             numbers only, or in decimal mode"
        }
        Overflow::IntDivision => {
            "the quotient is larger than the largest decimal number (float), about 1.8e308; // gives a whole one"
        }
        Overflow::Power | Overflow::Range => {
            "the result is larger than the largest decimal number (float), about 1.8e308; whole numbers and decimal \
             mode have no such end"
        }
        Overflow::ComplexPower => "the result has a part larger than the largest float, about 1.8e308",
        Overflow::ComplexAbsolute => "the distance from 0 is larger than the largest float, about 1.8e308",
        Overflow::RangeBound => "the bounds of range() are whole numbers of up to 64 bits",
        Overflow::Fma => "the result is larger than the largest float, about 1.8e308",
        Overflow::Fsum => "the sum is larger than the largest float, about 1.8e308",
        Overflow::InfinityToInteger => "infinity is no whole number and cannot become one",
        Overflow::Round => "the rounded value is larger than the largest float, about 1.8e308",
        Overflow::Repetition => "nothing can be repeated so often: the number has more than 64 bits",
        Overflow::ShiftCount => "bits cannot be moved so far: the number of places has more than 64 bits",
        Overflow::FactorialArgument => "factorial takes whole numbers of up to 64 bits",
        Overflow::CombArgument | Overflow::PermArgument => "k is larger than 64 bits can say",
    }
}
