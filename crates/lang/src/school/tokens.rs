//! The tokens of school notation.

use std::borrow::Cow;

use crate::error::Span;

#[derive(Clone, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    /// A number with its separators, a name as it is written; else what Python writes.
    pub(super) text: Cow<'t, str>,
    pub(super) span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Digits, with points and commas between them: one number or several.
    Number,
    /// `½`.
    Fraction(u8, u8),
    Name,
    String,
    /// `True`, `False`, `None`.
    Constant,
    /// `√`, with its index.
    Root,
    /// `\frac`, `\sqrt`, `\binom`.
    Command(Command),
    Open(char),
    Close(char),
    Bar,
    /// A run of superscripts begins; its tokens follow.
    RunStart,
    RunEnd,
    Bang,
    Degree,
    Percent,
    Power,
    Times,
    /// `/`, `÷`, `//`.
    Divide,
    Colon,
    Plus,
    Minus,
    /// `∪ ∩ ∆ ∖`.
    SetOperator,
    /// `xor`.
    Xor,
    Compare,
    /// `!=`, which may be a factorial and `=`.
    BangEqual,
    And,
    Or,
    Not,
    /// `if`, `else`.
    Condition,
    Question,
    Comma {
        before_blank: bool,
    },
    Semicolon,
    /// `=`, `←`, `@=`.
    Assign,
    Newline,
    End,
    /// A command of LaTeX that the language does not have.
    UnknownCommand,
    /// What only Python's notation has: `&`, `~`.
    Foreign,
    /// Passed on as it is.
    Other,
}

/// A command of LaTeX with arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Fraction,
    SquareRoot,
    Binomial,
}

impl Kind {
    /// Whether an operand begins with it. A bar may also end one.
    pub(super) fn begins_operand(self) -> bool {
        matches!(
            self,
            Self::Number | Self::Fraction(..) | Self::Name | Self::Root | Self::Command(_) | Self::Open(_) | Self::Bar
        )
    }

    /// Whether an operand may end with it.
    pub(super) fn ends_operand(self) -> bool {
        matches!(
            self,
            Self::Number
                | Self::Fraction(..)
                | Self::Name
                | Self::String
                | Self::Constant
                | Self::Close(_)
                | Self::Bar
                | Self::RunEnd
                | Self::Bang
                | Self::Degree
                | Self::Percent
        )
    }
}
