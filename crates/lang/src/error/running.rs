//! The errors of evaluation: CPython's, and those of decimal numbers.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// The types of values, as CPython names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Type {
    /// `int`.
    Int,
    /// `float`.
    Float,
    /// `complex`.
    Complex,
    /// `bool`.
    Bool,
    /// `str`.
    Str,
    /// `list`.
    List,
    /// `tuple`.
    Tuple,
    /// `set`.
    Set,
    /// `range`.
    Range,
    /// `NoneType`.
    None,
    /// `builtin_function_or_method`.
    Function,
    /// `function`: one that the text defines.
    Defined,
    /// `type`: `int`, `float`, `bool` themselves.
    Type,
    /// `Fraction`, in exact mode.
    Fraction,
    /// `decimal.Decimal`, in decimal mode.
    Decimal,
}

impl Type {
    /// Whether it is a type of numbers, `bool` included.
    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::Bool | Self::Int | Self::Float | Self::Complex | Self::Fraction | Self::Decimal)
    }

    /// CPython's name of the type.
    pub fn python(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Float => "float",
            Self::Complex => "complex",
            Self::Bool => "bool",
            Self::Str => "str",
            Self::List => "list",
            Self::Tuple => "tuple",
            Self::Set => "set",
            Self::Range => "range",
            Self::None => "NoneType",
            Self::Function => "builtin_function_or_method",
            Self::Defined => "function",
            Self::Type => "type",
            Self::Fraction => "Fraction",
            Self::Decimal => "decimal.Decimal",
        }
    }
}

/// An operation on a type that it does not support, or a call with the wrong arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum TypeError {
    /// `unsupported operand type(s) for +: 'int' and 'NoneType'`.
    Operands {
        /// The operator as CPython names it there: `+`, `** or pow()`, `divmod()`.
        operator: String,
        /// The types, left to right.
        types: Vec<Type>,
    },
    /// `'<' not supported between instances of …`.
    Order {
        /// The operator.
        operator: String,
        /// The left operand's type.
        left: Type,
        /// The right operand's type.
        right: Type,
    },
    /// `bad operand type for unary -: …`, `… for abs(): …`.
    Operand {
        /// `unary -` or `abs()`.
        operator: String,
        /// The operand's type.
        found: Type,
    },
    /// `'int' object is not callable`.
    NotCallable {
        /// The type that was called.
        found: Type,
    },
    /// `'int' object is not iterable`.
    NotIterable {
        /// The type that is not iterable.
        found: Type,
    },
    /// `argument of type 'int' is not a container or iterable`: the right operand of `in`.
    NotContainer {
        /// Its type.
        found: Type,
    },
    /// `'in <string>' requires string as left operand, not int`.
    NotInString {
        /// The left operand's type.
        found: Type,
    },
    /// `cannot use 'tuple' as a set element (unhashable type: 'list')`, `unhashable type: 'list'`.
    Unhashable {
        /// The type of the element; `None` if the error is from `mode`, which counts its data.
        element: Option<Type>,
        /// The unhashable type: that of the element, or of something in it.
        found: Type,
    },
    /// `can only concatenate str (not "int") to str`.
    Concatenation {
        /// The left operand's type.
        left: Type,
        /// The right operand's type.
        right: Type,
    },
    /// `can't multiply sequence by non-int of type 'float'`.
    Repetition {
        /// The other operand's type.
        by: Type,
    },
    /// `'int' object is not subscriptable`.
    NotSubscriptable {
        /// The type that was indexed.
        found: Type,
    },
    /// `type 'int' is not subscriptable`: a function that is a type in Python.
    TypeNotSubscriptable {
        /// Its name.
        name: String,
    },
    /// `list indices must be integers or slices, not str`.
    Indices {
        /// The type that was indexed.
        of: Type,
        /// The type of the index.
        found: Type,
    },
    /// `slice indices must be integers or None or have an __index__ method`.
    SliceIndices,
    /// `cannot unpack non-iterable int object`.
    Unpacking {
        /// The type of the right side.
        found: Type,
    },
    /// `object of type 'int' has no len()`.
    NoLength {
        /// The argument's type.
        found: Type,
    },
    /// `sum() can't sum strings [use ''.join(seq) instead]`.
    SumOfStrings,
    /// `must be real number, not NoneType`.
    NotReal {
        /// The argument's type.
        found: Type,
    },
    /// `'float' object cannot be interpreted as an integer`.
    NotInteger {
        /// The argument's type.
        found: Type,
    },
    /// `NotReal` or `NotInteger` for an argument of a function.
    Argument {
        /// The function.
        function: String,
        /// Whether it expects an integer, or any real number.
        integer: bool,
        /// The argument's type.
        found: Type,
    },
    /// `can't convert type 'str' to numerator/denominator`: not a number, in a function of statistics.
    NotRatio {
        /// The element's type.
        found: Type,
    },
    /// `type NoneType doesn't define __round__ method`.
    NoMethod {
        /// The argument's type.
        found: Type,
        /// The method, without underscores.
        method: String,
    },
    /// `float() argument must be a string or a real number, not 'NoneType'`.
    Conversion {
        /// The type converted to: `int` or `float`.
        to: Type,
        /// The argument's type.
        found: Type,
    },
    /// The wrong number of arguments.
    Arity(Arity),
    /// `round() missing required argument 'number' (pos 1)`.
    MissingArgument {
        /// The function.
        function: String,
        /// The parameter.
        name: String,
        /// Its position, from 1.
        position: u64,
    },
    /// `MissingArgument` for a function that CPython implements in Python: `mean() missing 1 required positional
    /// argument: 'data'`.
    MissingPositional {
        /// The function.
        function: String,
        /// The parameter.
        name: String,
        /// Its position, from 1.
        position: u64,
    },
    /// `argument for round() given by name ('number') and position (1)`.
    GivenTwice {
        /// The function.
        function: String,
        /// The parameter.
        name: String,
        /// Its position, from 1.
        position: u64,
    },
    /// `GivenTwice` for a function that CPython implements in Python: `mean() got multiple values for argument 'data'`.
    MultipleValues {
        /// The function.
        function: String,
        /// The parameter.
        name: String,
        /// Its position, from 1.
        position: u64,
    },
    /// `abs() takes no keyword arguments`.
    NoKeywords {
        /// The function as CPython names it there.
        function: String,
    },
    /// `round() got an unexpected keyword argument 'digits'. Did you mean 'ndigits'?`.
    UnknownKeyword {
        /// The function.
        function: String,
        /// The keyword.
        name: String,
        /// The keyword that CPython suggests.
        meant: Option<String>,
    },
    /// `pow() 3rd argument not allowed unless all arguments are integers`.
    ModularPowerOfNonIntegers,
    /// `Cannot specify a default for max() with multiple positional arguments`.
    DefaultWithSeveral {
        /// `max` or `min`.
        function: String,
    },
    /// `int() can't convert non-string with explicit base`.
    BaseOfNonString,
    /// `str() argument 'encoding' must be str, not int`.
    NotString {
        /// The function.
        function: String,
        /// The parameter.
        argument: String,
        /// The argument's type.
        found: Type,
    },
    /// `decoding to str: need a bytes-like object, int found`, `decoding str is not supported`: the language has no
    /// bytes.
    Decoding {
        /// The type of the value to be decoded.
        found: Type,
    },
    /// `int() missing string argument`.
    BaseWithoutString,
    /// `Expected an int as second argument to ldexp.`.
    LdexpExponent,
}

/// CPython's messages for a wrong number of arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Arity {
    /// `math.sin() takes exactly one argument (0 given)`.
    ExactlyOne {
        /// The function as CPython names it there.
        function: String,
        /// How many were given.
        given: u64,
    },
    /// `atan2 expected 2 arguments, got 1`.
    Expected {
        /// The function.
        function: String,
        /// `""`, `at least ` or `at most `.
        bound: Bound,
        /// The expected number.
        wanted: u64,
        /// How many were given.
        given: u64,
    },
    /// `round() takes at most 2 arguments (3 given)`.
    Takes {
        /// The function.
        function: String,
        /// `at most `, `at least ` or `exactly `.
        bound: Bound,
        /// The expected number.
        wanted: u64,
        /// How many were given.
        given: u64,
        /// Which arguments are counted.
        counted: Counted,
    },
    /// `stdev() takes from 1 to 2 positional arguments but 3 were given`: a function that CPython implements in Python.
    TakesPositional {
        /// The function.
        function: String,
        /// The minimum.
        least: u64,
        /// The maximum.
        most: u64,
        /// How many were given.
        given: u64,
    },
}

/// Which arguments are counted, in CPython's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
pub enum Counted {
    /// `arguments`.
    All,
    /// `positional arguments`.
    Positional,
    /// `keyword arguments`, if no others are given.
    Keyword,
}

/// How a count is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
pub enum Bound {
    /// This many.
    Exactly,
    /// This many or more.
    AtLeast,
    /// This many or fewer.
    AtMost,
}

/// The right type, but a value outside the domain.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ValueError {
    /// A value outside the domain of the calculation.
    Domain,
    /// An argument outside the domain of a function: `expected a nonnegative input, got -4.0`, `math domain error`.
    Outside {
        /// The function.
        function: String,
        /// The argument, if it is one of Python's numbers.
        given: Option<Given>,
    },
    /// `negative shift count`.
    NegativeShift,
    /// `cannot convert float NaN to integer`.
    NanToInteger,
    /// `pow() 3rd argument cannot be 0`.
    ZeroModulus,
    /// `base is not invertible for the given modulus`.
    NotInvertible,
    /// `factorial() not defined for negative values`.
    NegativeFactorial,
    /// `n must be a non-negative integer`.
    NegativeN,
    /// `k must be a non-negative integer`.
    NegativeK,
    /// `isqrt() argument must be nonnegative`.
    NegativeRoot,
    /// `tolerances must be non-negative`.
    NegativeTolerance,
    /// `max() iterable argument is empty`.
    EmptySequence {
        /// `max` or `min`.
        function: String,
    },
    /// `list index out of range`.
    Index {
        /// The type that was indexed.
        of: Type,
    },
    /// `cannot fit 'int' into an index-sized integer`: an index beyond 64 bits.
    IndexSize,
    /// `slice step cannot be zero`.
    SliceStep,
    /// `range() arg 3 must not be zero`.
    RangeStep,
    /// `invalid literal for int() with base 10: 'x'`.
    IntLiteral {
        /// The base.
        base: u64,
        /// The text's `repr`.
        text: String,
    },
    /// `could not convert string to float: 'x'`.
    FloatLiteral {
        /// The text's `repr`.
        text: String,
    },
    /// `int() base must be >= 2 and <= 36, or 0`.
    Base,
    /// `randint` of an empty range.
    EmptyRandomRange,
    /// `both points must have the same number of dimensions`.
    Dimensions,
    /// `Inputs are not the same length`: the two arguments of `sumprod`.
    LengthsDiffer,
    /// `invalid operation in fma`: a nan that no argument is.
    FmaInvalid,
    /// `steps must be a non-negative integer`, in `nextafter`.
    NegativeSteps,
    /// `mean requires at least one data point`.
    DataPoints {
        /// The function.
        function: String,
        /// The minimum number of data points.
        least: u64,
    },
    /// `no median for empty data`.
    EmptyData {
        /// `median` or `mode`.
        function: String,
    },
    /// `roots` of a polynomial that is 0 everywhere.
    ZeroPolynomial,
    /// `inf or nan encountered in data`.
    NotFinite,
    /// `quantile`'s second argument is not between 0 and 1.
    Quantile,
    /// `percentile`'s second argument is not between 0 and 100.
    Percentile,
    /// A trigonometric function at an angle where it has no value.
    Pole {
        /// The function, as it is spelled.
        function: String,
        /// The angle, with its unit.
        at: String,
    },
    /// `-inf + inf in fsum`.
    FsumInfinities,
    /// `not enough values to unpack (expected 2, got 1)`, `too many values to unpack (expected 2, got 3)`.
    Unpack {
        /// The number of names.
        expected: u64,
        /// The number of values; if there are too many, it is known only for a list or a tuple.
        got: Option<u64>,
    },
    /// `complex modulo`.
    ComplexModulo,
}

/// A real number in an error. It serialises as text, since JSON has no infinities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Given {
    /// The float, or the integer as a float; infinite for an integer beyond the floats.
    value: Real,
    /// Whether it was an integer.
    integer: bool,
}

impl Given {
    pub(crate) fn float(value: f64) -> Self {
        Self { value: Real(value.to_bits()), integer: false }
    }

    pub(crate) fn integer(value: f64) -> Self {
        Self { value: Real(value.to_bits()), integer: true }
    }

    pub(crate) fn value(self) -> f64 {
        f64::from_bits(self.value.0)
    }

    pub(crate) fn is_integer(self) -> bool {
        self.integer
    }
}

/// The bits of a float, so that equal bits are equal; in JSON, its shortest text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(try_from = "String", into = "String"))]
struct Real(u64);

impl From<Real> for String {
    fn from(value: Real) -> Self {
        format!("{:?}", f64::from_bits(value.0))
    }
}

impl TryFrom<String> for Real {
    type Error = &'static str;

    /// Accepts only texts that a float is written as.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let value = text.parse().ok().map(|value: f64| Self(value.to_bits()));
        value.filter(|value| String::from(*value) == text).ok_or("not the text of a float")
    }
}

/// A division by zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ZeroDivision {
    /// `/`.
    Division,
    /// `/` of two logarithms: `log(x, 1)`.
    Base,
    /// `//`.
    Floor,
    /// `%`.
    Modulo,
    /// `divmod`.
    Divmod,
    /// `zero to a negative power`.
    ZeroToNegative,
    /// `zero to a negative or complex power`.
    ComplexPower,
    /// `Fraction(1, 0)`: a rational number divided by zero.
    Fraction {
        /// The sign of the dividend: -1, 0 or 1.
        sign: i8,
    },
}

/// An error of decimal mode, where Python's `decimal` signals.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum DecimalError {
    /// `DivisionByZero`: a number divided by zero, zero to a negative power.
    DivisionByZero,
    /// `DivisionUndefined`: zero divided by zero.
    DivisionUndefined,
    /// `DivisionImpossible`: the integer quotient of `//` or `%` has more digits than the mode.
    DivisionImpossible {
        /// The digits of the mode.
        digits: u64,
    },
    /// `Overflow`: a result of 10^1000000 or more in magnitude.
    Overflow,
    /// `InvalidOperation`: an argument outside the domain.
    Domain {
        /// The operation, as its function or operator is spelled.
        operation: String,
    },
    /// `InvalidOperation`: the number, rounded to the given places, has more digits than the mode.
    TooManyDigits {
        /// The digits of the mode.
        digits: u64,
    },
    /// An angle of 10^`limit` or more: its reduction would need as many digits of π.
    ArgumentTooLarge {
        /// The limit, as a power of ten.
        limit: u64,
    },
}

/// A result that a float cannot hold, in CPython's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Overflow {
    /// `int too large to convert to float`.
    IntToFloat,
    /// `integer division result too large for a float`.
    IntDivision,
    /// `(34, 'Numerical result out of range')`.
    Power,
    /// `math range error`.
    Range,
    /// `complex exponentiation`.
    ComplexPower,
    /// `absolute value too large`.
    ComplexAbsolute,
    /// `cannot convert float infinity to integer`.
    InfinityToInteger,
    /// `intermediate overflow in fsum`.
    Fsum,
    /// `overflow in fma`.
    Fma,
    /// `cannot fit 'int' into an index-sized integer`: the number of repetitions of a sequence, beyond 64 bits.
    Repetition,
    /// A bound of a range beyond 64 bits.
    RangeBound,
    /// `rounded value too large to represent`.
    Round,
    /// `too many digits in integer`.
    ShiftCount,
    /// `factorial() argument should not exceed 9223372036854775807`.
    FactorialArgument,
    /// `min(n - k, k) must not exceed 9223372036854775807`.
    CombArgument,
    /// `k must not exceed 9223372036854775807`.
    PermArgument,
}
