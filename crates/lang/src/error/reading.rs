//! The errors of parsing.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// Why a text is not an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Syntax {
    /// Nothing but blanks and comments.
    Empty,
    /// `integral`, `sum` or another form over a variable, called with the wrong parts.
    BinderForm {
        /// Its name.
        name: String,
        /// Its parts, as in `body, variable, from, to`.
        parts: String,
    },
    /// The text ends where an operand is expected.
    UnexpectedEnd,
    /// Something else where an operand is expected.
    ExpectedOperand {
        /// What was found.
        found: String,
    },
    /// Something else where an operator or the end is expected.
    ExpectedOperator {
        /// What was found.
        found: String,
    },
    /// Two operands side by side (`2 x`).
    MissingOperator {
        /// The second operand.
        found: String,
    },
    /// A function whose argument has no brackets (`sin 1`).
    CallNeedsBrackets {
        /// The function.
        name: String,
    },
    /// A spelling from elsewhere: a look-alike (`–`), or another language's operator (`&&`).
    Misspelled {
        /// What was found.
        found: String,
        /// The spelling of this language.
        meant: String,
    },
    /// `5%`: a remainder without a divisor.
    Percent,
    /// Something after the newline that ended the text.
    AfterTheEnd,
    /// A bracket that is never closed; the span is the bracket's.
    Unclosed {
        /// The bracket.
        bracket: char,
    },
    /// A closing bracket without an opening one, or of another kind than the open bracket.
    Unmatched {
        /// The closing bracket.
        bracket: char,
        /// The open bracket, if there is one.
        open: Option<char>,
    },
    /// `a if c` without its `else`.
    MissingElse,
    /// `not` where a tighter operand is expected (`1 == not 2`).
    NotNeedsBrackets,
    /// `007`: leading zeros.
    LeadingZeros,
    /// `1,05`: a decimal comma; the span is that of the whole number.
    DecimalComma {
        /// The number as written.
        found: String,
        /// The same number with a point.
        meant: String,
    },
    /// `2024-01-01`, `09:30`: a date or a time of day; the span is that of all of it.
    DateOrTime {
        /// What was found.
        found: String,
    },
    /// `2½`: either a mixed number or a product.
    MixedNumber {
        /// The whole number.
        whole: String,
        /// The fraction without Unicode's sign: `1/2`.
        fraction: String,
    },
    /// `2+2=`, `2+2=?`, `=2+2`: an `=` that asks for the answer; the span is that of the `=` and of a `?` after it.
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
    /// A character that is not part of the language.
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
    /// A postfix operator after a looser one (`2²!`), or a call after one: it needs brackets.
    NeedsBrackets {
        /// What was found.
        found: String,
        /// The first byte of the operand before it.
        from: u32,
    },
    /// A superscript after a blank, or without a base.
    DetachedSuperscript,
    /// A run of superscripts that is not an expression (`2⁺`, `2⁽¹`, `2²ⁿ`).
    Exponent {
        /// The run.
        found: String,
        /// The same characters, not raised.
        on_line: String,
    },
    /// The index of a root that is below 2, signed, or absurd.
    RootIndex,
    /// `sin⁻²(x)`: either a power of the inverse function or of the reciprocal.
    AmbiguousPower,
    /// `log²(x)`: only trigonometric and hyperbolic functions take an exponent before the bracket.
    FunctionPower {
        /// The function.
        name: String,
    },
    /// `?` without its `:`.
    MissingColon,
    /// The left side of `=` is not a name.
    AssignmentTarget,
    /// The left side of `@=` is not a name, or a name with parameters.
    FormulaTarget,
    /// A name that cannot be redefined: a built-in function, or `mod`.
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

/// Why the variables that came with a text are invalid.
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
        /// One spelling.
        name: String,
        /// The other spelling.
        other: String,
    },
    /// A value that is or holds a JSON object, which the language does not have.
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
    /// `x.y`, except for `math.`.
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
    /// Python's statements and their keywords (`import`, `await`, `yield`, …).
    Keyword,
}
