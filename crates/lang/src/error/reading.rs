//! The errors of a text before anything is calculated.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// Why a text is not an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Syntax {
    /// Nothing but blanks and comments.
    Empty,
    /// `integral`, `sum` or another form over a variable, with the wrong parts.
    BinderForm {
        /// Its name.
        name: String,
        /// Its parts, as in `body, variable, from, to`.
        parts: String,
    },
    /// The text ends where an operand should stand.
    UnexpectedEnd,
    /// Something in place of an operand.
    ExpectedOperand {
        /// What was found.
        found: String,
    },
    /// Something in place of an operator or the end.
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
    /// A spelling that this language does not have: a look-alike (`–`), or another language's operator (`&&`).
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
    /// A closing bracket that closes nothing, or not the open bracket.
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
    /// `1,05`: a decimal comma; the span is the whole number's.
    DecimalComma {
        /// The number as it is written.
        found: String,
        /// The same number with a point.
        meant: String,
    },
    /// `2024-01-01`, `09:30`: a date or a clock time; the span is the whole of it.
    DateOrTime {
        /// What was found.
        found: String,
    },
    /// `2½`: a mixed number, or a product?
    MixedNumber {
        /// The whole number.
        whole: String,
        /// The fraction on the line: `1/2`.
        fraction: String,
    },
    /// `2+2=`, `2+2=?`, `=2+2`: a `=` that asks for the answer; the span is that of the `=` and of a `?` after it.
    StrayEqual,
    /// Digits or underscores that do not form a number (`1__0`, `0x`, `1e`).
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
    /// A `\` without a newline after it.
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
    /// A superscript after a blank, or without a base.
    DetachedSuperscript,
    /// A run of superscripts that is not an expression (`2⁺`, `2⁽¹`, `2²ⁿ`).
    Exponent {
        /// The run.
        found: String,
        /// The same signs on the line.
        on_line: String,
    },
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
    /// The left side of `=` is not a name.
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
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum VariableError {
    /// They are not a JSON object.
    NotAnObject,
    /// A name that cannot be assigned to: an invalid one, a reserved word, or `mod`.
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
    /// A string with half of a surrogate pair, which is not a character.
    Surrogate {
        /// The variable.
        name: String,
    },
}

/// A feature that the language does not support.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
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
