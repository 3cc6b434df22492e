//! Errors as data: kind, arguments and place. The messages are made in `diagnostic`.
//!
//! An [`Error`] belongs to a text that could not be parsed and carries a span of it. A [`Failure`] belongs to a program
//! and carries one of its nodes, so that it can be stored under the program's canonical text and shown in the text of
//! another caller.

mod notation;
mod reading;
mod running;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use crate::mode::Mode;
pub use notation::{Ambiguity, NotationError, Reading};
pub use reading::{Feature, Syntax, VariableError};
pub use running::{Arity, Bound, Counted, DecimalError, Given, Overflow, Type, TypeError, ValueError, ZeroDivision};

/// A part of a text: byte offsets, half open, on character boundaries.
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

    /// The part of `text` in the span; empty if the span does not fit `text`.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or("")
    }

    /// The span in characters (Unicode scalar values) of `text`.
    pub fn in_characters(self, text: &str) -> (usize, usize) {
        let count = |end: u32| text.char_indices().take_while(|(at, _)| *at < end as usize).count();
        (count(self.start), count(self.end))
    }
}

/// The error of a text that could not be parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Where in the text.
    pub span: Span,
}

/// The error of an evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Failure {
    /// What went wrong.
    pub kind: ErrorKind,
    /// The failing node of the program; [`Program::span`](crate::Program::span) finds it in a text.
    pub node: u32,
}

/// What went wrong: kind and arguments. It serialises to a small JSON value, which deserialises to the same kind.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text is not an expression of the language. The caller has to correct it.
    Syntax(Syntax),
    /// The text uses a feature of Python that the language does not support.
    Unsupported(Feature),
    /// The text is refused in school notation alone.
    Notation(NotationError),
    /// The variables that came with the text are invalid. The caller has to correct them.
    Variable(VariableError),
    /// A name without a definition.
    UnknownName {
        /// The name, in NFKC.
        name: String,
    },
    /// CPython's `AttributeError` of `math.something`.
    UnknownMathName {
        /// The name after `math.`.
        name: String,
    },
    /// An operation on a type that it does not support, or a call with the wrong arguments.
    Type(TypeError),
    /// The right type, but a value outside the domain.
    Value(ValueError),
    /// A division by zero.
    ZeroDivision(ZeroDivision),
    /// A result that a float cannot hold.
    Overflow(Overflow),
    /// A signal of Python's `decimal`, in decimal mode.
    Decimal(DecimalError),
    /// The answer would be a built-in function. A function is a value inside an evaluation, but not an answer.
    FunctionAsAnswer {
        /// The function's name.
        name: String,
    },
    /// The answer would be a range. `list(…)` turns a range into a list, which can be an answer.
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
    /// An integer with too many bits, refused before it is computed.
    IntegerTooLarge {
        /// An estimate of the decimal digits that the integer would have.
        digits: Estimate,
        /// The limit in bits.
        limit: u64,
    },
    /// A list, a tuple, a set, a string or a range would have too many elements.
    CollectionTooLarge {
        /// The number of elements that it would have.
        elements: Estimate,
        /// The limit.
        limit: u64,
    },
    /// A part of a rational number would have too many bits; where possible, this is estimated before the computation.
    RationalTooLarge {
        /// An estimate of the decimal digits of its longer part.
        digits: Estimate,
        /// The limit in bits.
        limit: u64,
    },
    /// In exact mode, the result of an operation is irrational.
    NotExact {
        /// The operation, as its function or operator is spelled.
        operation: String,
    },
    /// An operation that does not exist in the mode: the binary format of floats, complex numbers, infinity where
    /// numbers are fractions or decimals.
    NotInMode {
        /// The operation, as its function, constant or literal is spelled.
        operation: String,
        /// The mode.
        mode: Mode,
    },
    /// The text of the answer would be too long.
    AnswerTooLong {
        /// An estimate of its characters.
        characters: u64,
        /// The limit in characters.
        limit: u64,
    },
    /// The evaluation would need more fuel than it has.
    OutOfFuel {
        /// The fuel that it was given.
        limit: u64,
    },
    /// The evaluation would hold more memory than allowed.
    OutOfMemory {
        /// The limit in bytes.
        limit: u64,
    },
    /// The deadline has passed. This depends on the machine, so it is never stored.
    Deadline,
    /// A formula or a function that uses itself.
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
    /// `integral`, `root`, `derivative`, or a sum or product to infinity has no value that is certain enough.
    NoConvergence {
        /// The name of the form.
        what: String,
        /// The obstacle.
        obstacle: Obstacle,
        /// The value of the variable at the obstacle, as the language writes it.
        at: Option<String>,
    },
    /// The body of `integral` or a similar form failed at one of many values of its variable.
    AtPoint {
        /// The variable.
        variable: String,
        /// Its value, as the language writes it.
        at: String,
        /// The error of the body there.
        cause: Box<Self>,
    },
    /// A bug of this library, caught.
    Internal,
}

/// Why `integral`, `root`, `derivative` or an infinite sum has no certain value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Obstacle {
    /// It grows without bound towards an end of the range, or towards infinity.
    Diverges,
    /// The values towards an end fall too slowly to tell whether the integral exists.
    Slow,
    /// It oscillates towards an end without settling.
    Oscillates,
    /// Inside the range there is a pole, or something as steep as a pole.
    Steep,
    /// The error is still too large after the maximum number of divisions; the place is that of the worst piece.
    TooHard,
    /// The values are noisy: further division does not help.
    Noise,
    /// The value at a place does not exist or is not finite.
    Undefined,
    /// The values at both bounds have the same sign.
    SameSign,
    /// The sign changes by a jump.
    Jump,
    /// The sign changes through a pole.
    Pole,
    /// A bound is not finite.
    Bound,
    /// The slopes on both sides differ.
    Corner,
    /// The slopes do not converge as the step shrinks.
    Unsettled,
}

/// A count that may exceed a machine word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
pub enum Estimate {
    /// About this many.
    About(u64),
    /// More than a machine word can hold.
    Astronomical,
}

impl Estimate {
    /// The decimal digits of an integer of about this many bits.
    pub(crate) fn of_bits(bits: f64) -> Self {
        let digits = (bits * std::f64::consts::LOG10_2).floor() + 1.0;
        if digits < 1e18 { Self::About(digits as u64) } else { Self::Astronomical }
    }
}

impl ErrorKind {
    /// The stable code: `syntax`, `unknown-name`, `division-by-zero`, …
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "syntax",
            Self::Variable(_) => "malformed",
            Self::Unsupported(_) | Self::NotInMode { .. } => "unsupported",
            Self::Notation(error) => match error {
                NotationError::Ambiguous { .. } => "ambiguous",
                NotationError::Command { .. } | NotationError::Index { .. } | NotationError::DoubleFactorial => {
                    "unsupported"
                }
            },
            Self::UnknownName { .. } | Self::UnknownMathName { .. } => "unknown-name",
            Self::Type(_) | Self::FunctionAsAnswer { .. } | Self::RangeAsAnswer | Self::DefinedArity { .. } => {
                "type-error"
            }
            Self::Value(_) => "value-error",
            Self::Recursive { .. } => "recursive",
            Self::NoConvergence { .. } => "no-convergence",
            Self::AtPoint { cause, .. } => cause.code(),
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

    /// The two readings of an ambiguous text in school notation; none for another error, or if the text is too long.
    pub fn readings(&self) -> &[Reading] {
        match self {
            Self::Notation(NotationError::Ambiguous { readings, .. }) => readings,
            _ => &[],
        }
    }

    /// The limit that was exceeded, in its own unit; `None` for an error that is not about a limit.
    ///
    /// A caller with a higher limit must not use a stored error of a lower one.
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

    /// Whether only the values cause the error, so that another value of a variable may avoid it.
    pub(crate) fn is_of_values(&self) -> bool {
        let is_not_real = |kind: &Type| *kind == Type::Complex;
        match self {
            Self::Value(_) | Self::ZeroDivision(_) | Self::Overflow(_) | Self::NoConvergence { .. } => true,
            Self::AtPoint { cause, .. } => cause.is_of_values(),
            // The result is complex.
            Self::Type(TypeError::NotReal { found }) => is_not_real(found),
            Self::Type(TypeError::Order { left, right, .. }) => is_not_real(left) || is_not_real(right),
            _ => false,
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
from!(Syntax => Syntax, Feature => Unsupported, NotationError => Notation, TypeError => Type, ValueError => Value, ZeroDivision => ZeroDivision, Overflow => Overflow, DecimalError => Decimal, VariableError => Variable);
