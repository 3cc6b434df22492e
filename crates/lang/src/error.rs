//! What can go wrong, as data: kind and arguments, and where. No sentences are made here (see `diagnostic`).
//!
//! An [`Error`] belongs to a text that could not be read and carries a span of it; a [`Failure`] belongs to a program
//! and carries one of its nodes, so that it can be remembered under the program's canonical text and still be shown
//! in the text of whoever asks.

use serde::{Deserialize, Serialize};

use crate::mode::Mode;

/// Where in a text something stands: byte offsets, half open, on character boundaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        // Texts are at most `Limits::TEXT_BYTES_MAX` long, far below 4 GiB.
        Self { start: start as u32, end: end as u32 }
    }

    pub(crate) fn to(self, end: Self) -> Self {
        Self { start: self.start, end: end.end }
    }

    /// The part of `text` that the span covers; empty where it does not fit `text`.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or("")
    }

    /// The same span counted in characters (Unicode scalar values) of `text`.
    pub fn in_characters(self, text: &str) -> (usize, usize) {
        let count = |end: u32| text.char_indices().take_while(|(at, _)| *at < end as usize).count();
        (count(self.start), count(self.end))
    }
}

/// A text that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Where in the text.
    pub span: Span,
}

/// An evaluation that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What went wrong.
    pub kind: ErrorKind,
    /// The node of the program at which it went wrong; [`Program::span`](crate::Program::span) finds it in a text.
    pub node: u32,
}

/// What went wrong: kind and arguments. Serialises to a small JSON value that reads back as the same kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text is not an expression of the language. The asker's to mend.
    Syntax(Syntax),
    /// The text is understood, and is something that the language does not do.
    Unsupported(Feature),
    /// The variables that came with the text are none that a text could be read with. The asker's to mend.
    Variable(VariableError),
    /// A name that nothing defines.
    UnknownName {
        /// The name, in NFKC.
        name: String,
    },
    /// CPython's `AttributeError` of `math.something`.
    UnknownMathName {
        /// What stood after `math.`.
        name: String,
    },
    /// An operation on a type that it is not for, or a call with the wrong arguments.
    Type(TypeError),
    /// The right type, but a value outside the domain.
    Value(ValueError),
    /// A division by zero, in one of CPython's many words.
    ZeroDivision(ZeroDivision),
    /// A result that a float cannot hold.
    Overflow(Overflow),
    /// What Python's `decimal` signals, in decimal mode.
    Decimal(DecimalError),
    /// A built-in function as an answer: it is a value inside an evaluation, never an answer.
    FunctionAsAnswer {
        /// The function's name.
        name: String,
    },
    /// A range as an answer: `list(…)` makes one of it.
    RangeAsAnswer,
    /// The text is longer than the limit.
    TooLong {
        /// Its length in bytes.
        bytes: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// Brackets, calls and conditionals are nested too deep.
    TooDeep {
        /// The limit.
        limit: u64,
    },
    /// The program has too many nodes.
    TooManyNodes {
        /// The limit.
        limit: u64,
    },
    /// An integer would have had too many bits; known before computing it.
    IntegerTooLarge {
        /// An estimate of the decimal digits that it would have had.
        digits: Estimate,
        /// The limit in bits.
        limit: u64,
    },
    /// A list, a tuple, a set, a string or a range would have too many elements.
    CollectionTooLarge {
        /// How many it would have had.
        elements: Estimate,
        /// The limit.
        limit: u64,
    },
    /// A part of a rational number would have had too many bits; known before computing it where an estimate allows.
    RationalTooLarge {
        /// An estimate of the decimal digits of its longer part.
        digits: Estimate,
        /// The limit in bits.
        limit: u64,
    },
    /// An operation whose result is no rational number, asked for where every answer is exact.
    NotExact {
        /// The operation, as its function or operator is spelled.
        operation: String,
    },
    /// Something that has no meaning in the mode: the binary format of floats, complex numbers, infinity where numbers
    /// are fractions or decimals.
    NotInMode {
        /// The operation, as its function, constant or literal is spelled.
        operation: String,
        /// The mode.
        mode: Mode,
    },
    /// An answer would be too long to write.
    AnswerTooLong {
        /// An estimate of its characters.
        characters: u64,
        /// The limit in characters.
        limit: u64,
    },
    /// The evaluation would cost more than it was given.
    OutOfFuel {
        /// What it was given.
        limit: u64,
    },
    /// The evaluation would hold more memory than it may.
    OutOfMemory {
        /// The limit in bytes.
        limit: u64,
    },
    /// The clock ran out. The machine's fault, so never remembered.
    Deadline,
    /// A formula or a function that meets itself.
    Recursive {
        /// Its name.
        name: String,
    },
    /// The wrong number of arguments to a function defined in the text.
    DefinedArity {
        /// Its name.
        name: String,
        /// How many parameters it has.
        wanted: u64,
        /// How many arguments were given.
        given: u64,
    },
    /// `integral` or `root` found no answer it could vouch for.
    NoConvergence {
        /// Which.
        what: String,
    },
    /// `root` of what has the same sign at both ends, or changes it by a jump.
    NoSignChange,
    /// A bug of ours, caught.
    Internal,
}

/// A count that may itself be beyond any machine word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimate {
    /// About this many.
    About(u64),
    /// More than a machine word can count.
    Astronomical,
}

impl Estimate {
    /// The decimal digits of an integer of about so many bits.
    pub(crate) fn of_bits(bits: f64) -> Self {
        let digits = (bits * std::f64::consts::LOG10_2).floor() + 1.0;
        if digits < 1e18 { Self::About(digits as u64) } else { Self::Astronomical }
    }
}

impl ErrorKind {
    /// The stable code of section 4 of the design: `syntax`, `unknown-name`, `division-by-zero`, …
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "syntax",
            Self::Variable(_) => "malformed",
            Self::Unsupported(_) | Self::NotInMode { .. } => "unsupported",
            Self::UnknownName { .. } | Self::UnknownMathName { .. } => "unknown-name",
            Self::Type(_) | Self::FunctionAsAnswer { .. } | Self::RangeAsAnswer | Self::DefinedArity { .. } => {
                "type-error"
            }
            Self::Value(_) => "value-error",
            Self::Recursive { .. } => "recursive",
            Self::NoConvergence { .. } | Self::NoSignChange => "no-convergence",
            Self::ZeroDivision(_) => "division-by-zero",
            Self::Overflow(_) => "overflow",
            Self::TooLong { .. } => "too-long",
            Self::TooDeep { .. } => "too-deep",
            Self::NotExact { .. } => "not-exact",
            Self::Decimal(error) => match error {
                DecimalError::DivisionByZero | DecimalError::DivisionUndefined => "division-by-zero",
                DecimalError::Overflow => "overflow",
                DecimalError::ArgumentTooLarge { .. } => "too-large",
                DecimalError::DivisionImpossible { .. }
                | DecimalError::TooManyDigits { .. }
                | DecimalError::Domain { .. } => "value-error",
            },
            Self::TooManyNodes { .. }
            | Self::IntegerTooLarge { .. }
            | Self::RationalTooLarge { .. }
            | Self::CollectionTooLarge { .. }
            | Self::AnswerTooLong { .. } => "too-large",
            Self::OutOfFuel { .. } => "out-of-fuel",
            Self::OutOfMemory { .. } => "out-of-memory",
            Self::Deadline => "deadline",
            Self::Internal => "internal",
        }
    }

    /// The limit that a refusal met, in its own unit; `None` for what is no refusal.
    ///
    /// Whoever has a higher limit must not serve a remembered refusal.
    pub fn limit(&self) -> Option<u64> {
        match self {
            Self::TooLong { limit, .. }
            | Self::TooDeep { limit }
            | Self::TooManyNodes { limit }
            | Self::IntegerTooLarge { limit, .. }
            | Self::CollectionTooLarge { limit, .. }
            | Self::RationalTooLarge { limit, .. }
            | Self::AnswerTooLong { limit, .. }
            | Self::OutOfFuel { limit }
            | Self::OutOfMemory { limit } => Some(*limit),
            _ => None,
        }
    }

    /// Whether the same text fails in the same way on every machine, always.
    pub fn is_deterministic(&self) -> bool {
        !matches!(self, Self::Deadline | Self::Internal)
    }
}

macro_rules! from {
    ($($inner:ident => $variant:ident),*) => {$(
        impl From<$inner> for ErrorKind {
            fn from(kind: $inner) -> Self {
                Self::$variant(kind)
            }
        }
    )*};
}
from!(Syntax => Syntax, Feature => Unsupported, TypeError => Type, ValueError => Value, ZeroDivision => ZeroDivision, Overflow => Overflow, DecimalError => Decimal, VariableError => Variable);

/// Why a text is not an expression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Syntax {
    /// Nothing but blanks and comments.
    Empty,
    /// The text ends where an operand should stand.
    UnexpectedEnd,
    /// Something stands where an operand should.
    ExpectedOperand {
        /// What was found.
        found: String,
    },
    /// Something stands where an operator or the end should.
    ExpectedOperator {
        /// What was found.
        found: String,
    },
    /// Two operands side by side (`2 x`).
    MissingOperator {
        /// The second.
        found: String,
    },
    /// A function whose argument has no brackets (`sin 1`).
    CallNeedsBrackets {
        /// The function.
        name: String,
    },
    /// What is written otherwise in this language: a look-alike (`–`), or another language's operator (`&&`).
    Misspelled {
        /// What was found.
        found: String,
        /// How it is written here.
        meant: String,
    },
    /// `5%`: the remainder, and nothing to divide by.
    Percent,
    /// A newline ends the text, and something follows.
    AfterTheEnd,
    /// A bracket that is never closed; the span is the bracket's.
    Unclosed {
        /// The bracket.
        bracket: char,
    },
    /// A closing bracket that closes nothing, or not what is open.
    Unmatched {
        /// The closing bracket.
        bracket: char,
        /// The bracket that is open, if any.
        open: Option<char>,
    },
    /// `a if c` without its `else`.
    MissingElse,
    /// `not` where a tighter operand is expected (`1 == not 2`).
    NotNeedsBrackets,
    /// `007`: leading zeros.
    LeadingZeros,
    /// Digits or underscores that make no number (`1__0`, `0x`, `1e`).
    MalformedNumber,
    /// A name directly after a number (`2x`).
    NumberThenName {
        /// The number's text.
        number: String,
        /// The name.
        name: String,
    },
    /// A character that has no place in the language.
    UnknownCharacter {
        /// The character.
        character: char,
    },
    /// A `\` that no newline follows.
    StrayBackslash,
    /// A string without its closing quote.
    UnterminatedString,
    /// An escape in a string that is malformed or stands for no character.
    MalformedEscape,
    /// A postfix operator behind a looser one (`2²!`), or a call behind one: needs brackets.
    NeedsBrackets {
        /// What was found.
        found: String,
        /// Where what stands before it begins, in bytes.
        from: u32,
    },
    /// A superscript with a blank before it.
    DetachedSuperscript,
    /// The index of a root that is below 2, signed, or absurd.
    RootIndex,
    /// `sin⁻²(x)`: a power of the inverse, or of the reciprocal?
    AmbiguousPower,
    /// `log²(x)`: only the trigonometric and hyperbolic functions take their power before the bracket.
    FunctionPower {
        /// The function.
        name: String,
    },
    /// `?` without its `:`.
    MissingColon,
    /// What stands before `=` is no name.
    AssignmentTarget,
    /// `@=` takes a name, or a name with parameters.
    FormulaTarget,
    /// A name that cannot be given a new meaning: a built-in function's, or `mod`.
    NotAssignable {
        /// The name.
        name: String,
    },
    /// The same parameter twice.
    RepeatedParameter {
        /// The parameter.
        name: String,
    },
    /// `f(x) = …`: functions are defined with `@=`.
    FunctionAssignment,
    /// A positional argument after a keyword argument.
    PositionalAfterKeyword,
    /// The same keyword twice.
    RepeatedKeyword {
        /// The keyword.
        name: String,
    },
    /// `=` inside an expression.
    AssignmentInside,
}

/// Why the variables that came with a text could not be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum VariableError {
    /// They are no JSON object.
    NotAnObject,
    /// A name that no statement could give a value: it is none, or a reserved word, or `mod`.
    Name {
        /// The name.
        name: String,
    },
    /// Two spellings of one name.
    Repeated {
        /// One.
        name: String,
        /// The other.
        other: String,
    },
    /// A value that is a JSON object, or holds one: the language has none.
    Object {
        /// The variable.
        name: String,
    },
    /// A string with half of a surrogate pair, which is no character.
    Surrogate {
        /// The variable.
        name: String,
    },
}

/// What the language does not do (or not yet), named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Feature {
    /// `x.y`, but for `math.`.
    Attribute,
    /// `lambda`.
    Lambda,
    /// `for` inside brackets.
    Comprehension,
    /// `:=`.
    AssignmentExpression,
    /// `*args`, `**kwargs`.
    Unpacking,
    /// `{a: b}`.
    Dictionary,
    /// `@`.
    MatrixProduct,
    /// `...`.
    Ellipsis,
    /// `f'…'`.
    FormattedString,
    /// `b'…'`.
    Bytes,
    /// `'…' % …`.
    Formatting,
    /// `\N{…}` in a string.
    NamedCharacter,
    /// `is` with neither side written `None`, `True` or `False`.
    Identity,
    /// Python's statements and what belongs to them (`import`, `await`, `yield`, …).
    Keyword,
}

/// The types of values, as CPython names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

/// An operation on a type that it is not for, or a call with the wrong arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
        /// The type that was to be walked over.
        found: Type,
    },
    /// `argument of type 'int' is not iterable`: the right operand of `in`.
    NotContainer {
        /// Its type.
        found: Type,
    },
    /// `'in <string>' requires string as left operand, not int`.
    NotInString {
        /// The left operand's type.
        found: Type,
    },
    /// `unhashable type: 'list'`.
    Unhashable {
        /// The type that was to be an element of a set.
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
        /// The type that was to be indexed.
        found: Type,
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
    /// `can't convert type 'str' to numerator/denominator`: no number to take statistics of.
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
    /// `argument for round() given by name ('number') and position (1)`.
    GivenTwice {
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
    /// `'x' is an invalid keyword argument for round()`.
    UnknownKeyword {
        /// The function.
        function: String,
        /// The keyword.
        name: String,
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
    /// `decoding to str: need a bytes-like object, int found`, `decoding str is not supported`: there are no bytes.
    Decoding {
        /// The type of what was to be decoded.
        found: Type,
    },
    /// `int() missing string argument`.
    BaseWithoutString,
    /// `Expected an int as second argument to ldexp.`.
    LdexpExponent,
}

/// CPython's five ways to count arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
        /// How many are wanted.
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
        /// How many are wanted.
        wanted: u64,
        /// How many were given.
        given: u64,
        /// Whether CPython says `positional arguments` there.
        positional: bool,
    },
    /// `math.log requires 1 to 2 arguments`.
    Logarithm,
}

/// How a count is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// This many.
    Exactly,
    /// This many or more.
    AtLeast,
    /// This many or fewer.
    AtMost,
}

/// The right type, but a value outside the domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ValueError {
    /// `math domain error`.
    Domain,
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
    /// `max() arg is an empty sequence`.
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
    /// `mean requires at least one data point`.
    DataPoints {
        /// The function.
        function: String,
        /// How many it wants at least.
        least: u64,
    },
    /// `no median for empty data`.
    EmptyData {
        /// `median` or `mode`.
        function: String,
    },
    /// `inf or nan encountered in data`.
    NotFinite,
    /// `quantile`'s second argument is not between 0 and 1.
    Quantile,
    /// `-inf + inf in fsum`.
    FsumInfinities,
    /// `not enough values to unpack (expected 2, got 1)`, `too many values to unpack (expected 2)`.
    Unpack {
        /// How many names there are.
        expected: u64,
        /// How many values, if too few.
        got: Option<u64>,
    },
    /// `modulo by complex numbers` and the like: `complex modulo`.
    ComplexModulo,
}

/// A division by zero, in CPython's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ZeroDivision {
    /// `division by zero`.
    Int,
    /// `integer division or modulo by zero`.
    IntFloor,
    /// `integer modulo by zero`.
    IntModulo,
    /// `float division by zero`.
    Float,
    /// `float floor division by zero`.
    FloatFloor,
    /// `float modulo`.
    FloatModulo,
    /// `0.0 cannot be raised to a negative power`.
    ZeroToNegative,
    /// `complex division by zero`.
    Complex,
    /// `0.0 to a negative or complex power`.
    ComplexPower,
    /// `float divmod()`.
    FloatDivmod,
    /// `integer division or modulo by zero` of `divmod`.
    IntDivmod,
    /// `Fraction(1, 0)`: a rational number divided by zero.
    Fraction {
        /// The sign of what was divided: -1, 0 or 1.
        sign: i8,
    },
}

/// What an operation of decimal mode signals where Python's `decimal` would.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DecimalError {
    /// `DivisionByZero`: a number divided by zero, zero to a negative power.
    DivisionByZero,
    /// `DivisionUndefined`: zero divided by zero.
    DivisionUndefined,
    /// `DivisionImpossible`: the whole quotient of `//` or `%` has more digits than the mode.
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
    /// `InvalidOperation`: rounded to so many places, the number has more digits than the mode.
    TooManyDigits {
        /// The digits of the mode.
        digits: u64,
    },
    /// An angle of 10^`limit` or more: to reduce it would take as many digits of π.
    ArgumentTooLarge {
        /// The limit, as a power of ten.
        limit: u64,
    },
}

/// A result that a float cannot hold, in CPython's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    /// `cannot fit 'int' into an index-sized integer`: how often a sequence is repeated, beyond 64 bits.
    Repetition,
    /// `Python int too large to convert to C int`: a truth value that is an integer beyond 32 bits.
    Truth,
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
