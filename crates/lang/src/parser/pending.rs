//! The parser's stack of pending operators and open brackets, and the precedence table.

use crate::arithmetic::{Binary, Comparison, Unary};
use crate::error::Span;
use crate::functions::named;
use crate::lexer::Token;
use crate::program::Binder;

/// Binding powers: the precedence table, tightest first.
pub(super) mod power {
    /// Atoms, calls, indexing.
    pub(in crate::parser) const PRIMARY: u8 = 100;
    pub(in crate::parser) const FACTORIAL: u8 = 95;
    pub(in crate::parser) const DEGREE: u8 = 90;
    /// `a√b`.
    pub(in crate::parser) const COEFFICIENT: u8 = 85;
    pub(in crate::parser) const SUPERSCRIPT: u8 = 80;
    pub(in crate::parser) const ROOT: u8 = 75;
    /// `**` on its left side. On its right side it binds like [`SIGN`], so that it groups to the right.
    pub(in crate::parser) const POWER: u8 = 70;
    pub(in crate::parser) const SIGN: u8 = 65;
    pub(in crate::parser) const PRODUCT: u8 = 60;
    /// Also the operators of sets: `∪ ∩ ∆ ∖`.
    pub(in crate::parser) const SUM: u8 = 55;
    pub(in crate::parser) const SHIFT: u8 = 50;
    pub(in crate::parser) const AND_BITS: u8 = 45;
    pub(in crate::parser) const XOR_BITS: u8 = 40;
    pub(in crate::parser) const OR_BITS: u8 = 35;
    pub(in crate::parser) const COMPARISON: u8 = 30;
    pub(in crate::parser) const NOT: u8 = 25;
    pub(in crate::parser) const AND: u8 = 20;
    pub(in crate::parser) const OR: u8 = 15;
    pub(in crate::parser) const CONDITIONAL: u8 = 10;
}

pub(super) fn infix(token: Token) -> Option<(Binary, u8)> {
    Some(match token {
        Token::DoubleStar => (Binary::Power, power::POWER),
        Token::Star => (Binary::Multiply, power::PRODUCT),
        Token::Slash => (Binary::Divide, power::PRODUCT),
        Token::DoubleSlash => (Binary::FloorDivide, power::PRODUCT),
        Token::Percent => (Binary::Modulo, power::PRODUCT),
        Token::Plus => (Binary::Add, power::SUM),
        Token::Minus | Token::SetMinus => (Binary::Subtract, power::SUM),
        Token::Union => (Binary::Or, power::SUM),
        Token::Intersection => (Binary::And, power::SUM),
        Token::SymmetricDifference => (Binary::Xor, power::SUM),
        Token::ShiftLeft => (Binary::ShiftLeft, power::SHIFT),
        Token::ShiftRight => (Binary::ShiftRight, power::SHIFT),
        Token::Ampersand => (Binary::And, power::AND_BITS),
        Token::Caret => (Binary::Xor, power::XOR_BITS),
        Token::Bar => (Binary::Or, power::OR_BITS),
        _ => return None,
    })
}

pub(super) fn comparator(token: Token) -> Option<Comparison> {
    Some(match token {
        Token::Less => Comparison::Less,
        Token::LessOrEqual => Comparison::LessOrEqual,
        Token::Greater => Comparison::Greater,
        Token::GreaterOrEqual => Comparison::GreaterOrEqual,
        Token::Equal => Comparison::Equal,
        Token::NotEqual => Comparison::NotEqual,
        Token::In => Comparison::In,
        Token::NotIn => Comparison::NotIn,
        _ => return None,
    })
}

/// Functions that take an exponent before the bracket (`sin²(x)`), each with its inverse (`sin⁻¹(x)`).
pub(super) const POWERED: [(u16, u16); 6] = [
    (named("sin"), named("asin")),
    (named("cos"), named("acos")),
    (named("tan"), named("atan")),
    (named("sinh"), named("asinh")),
    (named("cosh"), named("acosh")),
    (named("tanh"), named("atanh")),
];

/// An entry of the stack.
pub(super) enum Pending {
    Prefix {
        operator: Prefix,
        power: u8,
        span: Span,
    },
    Infix {
        operator: Binary,
        power: u8,
    },
    /// `a ⁿ√ b` without its right operand.
    Coefficient {
        index: u32,
    },
    /// A comparison without its right operand. The earlier comparisons of the chain form a list, linked by their jumps.
    Chain {
        operator: Comparison,
        last_step: Option<u32>,
        left_is_singleton: bool,
        span: Span,
    },
    And {
        jump: u32,
    },
    Or {
        jump: u32,
    },
    /// After `else` or the `:` of a conditional: the jump at the end of the first branch has no target yet.
    Else {
        jump: u32,
    },
    Opener {
        opener: Opener,
        span: Span,
    },
}

#[derive(Clone, Copy)]
pub(super) enum Prefix {
    Unary(Unary),
    Root(u32),
}

/// Something open, which collects operands until it is closed.
#[derive(Clone)]
pub(super) enum Opener {
    /// A statement, with the number of expressions followed by a comma.
    Statement {
        count: u32,
    },
    /// The right side of `=`, with the same number, and the names on the left.
    Assignment {
        unpack: bool,
        count: u32,
        targets: u32,
        names_at: u32,
    },
    /// The body of `@=`.
    Definition {
        count: u32,
        definition: u32,
        jump: u32,
    },
    /// `(`, `[` or `{` in place of an operand.
    Bracket {
        kind: char,
        count: u32,
    },
    /// `(` after an operand.
    Call(Call),
    /// The bracket of a binder, with the number of completed parts.
    Binder {
        binder: Binder,
        parts: u32,
        name: u32,
    },
    /// `[` after an operand, with the number of commas, the number of completed parts of a slice, and the index of its
    /// first operand.
    Subscript {
        count: u32,
        parts: u32,
        values_from: u32,
    },
    Bars,
    /// A run of superscripts, with the precedence row of the power, and the byte at which the text continues.
    Exponent {
        row: u8,
        behind: u32,
    },
    /// The `if` of a conditional, before its condition.
    If,
    /// The `?` of a conditional, before its first branch; the jump after the condition has no target yet.
    Question {
        jump: u32,
    },
}

impl Opener {
    /// Whether a closing bracket or a bar closes it.
    pub(super) fn is_bracket(&self) -> bool {
        matches!(self, Self::Bracket { .. } | Self::Call(_) | Self::Binder { .. } | Self::Subscript { .. } | Self::Bars)
    }
}

#[derive(Clone)]
pub(super) struct Call {
    /// The row of a built-in function; `None` if the callee is an operand.
    pub(super) function: Option<u16>,
    pub(super) arguments: u32,
    pub(super) keywords: u16,
    /// The index of its first keyword among those of the open calls.
    pub(super) keywords_from: u32,
    pub(super) in_keyword: bool,
    /// The exponent of `sin²(x)`: a run of superscripts, parsed when the call is complete.
    pub(super) exponent: Option<Span>,
}

impl Pending {
    pub(super) fn power(&self) -> Option<u8> {
        match self {
            Self::Prefix { power, .. } => Some(*power),
            Self::Infix { operator: Binary::Power, .. } => Some(power::SIGN),
            Self::Infix { power, .. } => Some(*power),
            Self::Coefficient { .. } => Some(power::COEFFICIENT),
            Self::Chain { .. } => Some(power::COMPARISON),
            Self::And { .. } => Some(power::AND),
            Self::Or { .. } => Some(power::OR),
            Self::Else { .. } => Some(power::CONDITIONAL),
            Self::Opener { .. } => None,
        }
    }

    /// How tightly an operand in this position must bind.
    pub(super) fn context(&self) -> u8 {
        match self {
            Self::Prefix { power, .. } => *power,
            Self::Infix { operator: Binary::Power, .. } => power::SIGN,
            Self::Else { .. } => power::CONDITIONAL,
            _ => self.power().map_or(0, |power| power + 1),
        }
    }
}

/// A finished operand: its first node, and its span in the text, brackets included.
#[derive(Clone, Copy)]
pub(super) struct Operand {
    pub(super) start: u32,
    pub(super) span: Span,
}

pub(super) fn closes(bracket: char, open: char) -> bool {
    matches!((open, bracket), ('(', ')') | ('[', ']') | ('{', '}'))
}
