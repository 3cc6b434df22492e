//! Programs: what the parser writes and the machine carries out. Postfix code for a stack, in one vector; a function that
//! is defined has its own.

use std::sync::Arc;

use super::stop::Stop;

/// Expressions that share a scope, each up to the first that cannot be read.
#[derive(Debug)]
pub struct Program {
    pub(super) texts: Vec<Result<Block, Stop>>,
}

/// The statements of a text.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) statements: Vec<Statement>,
    /// Whether its value is the set of the values that are shown.
    pub(super) is_set: bool,
}

#[derive(Debug)]
pub(super) struct Statement {
    pub(super) code: Vec<Op>,
    pub(super) is_shown: bool,
}

/// A function that an expression defines.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) name: Arc<str>,
    pub(super) parameters: Vec<Arc<str>>,
    pub(super) code: Vec<Op>,
}

/// One operation on the stack. A jump names the index of the next operation.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    Text(Arc<str>),
    /// The value of a name.
    Load(Arc<str>),
    /// A parameter of the function that is called, by its place.
    Parameter(u32),
    /// The size of the list that is indexed.
    End,
    Store(Arc<str>),
    /// Takes the list, its index and the new value.
    StoreAt(Arc<str>),
    Define(Arc<Definition>),
    /// Calls a function by its name with so many arguments.
    Call(Arc<str>, u32),
    /// Calls a parameter, which lies below the arguments.
    CallValue(Arc<str>, u32),
    List(u32),
    /// `a:b`, or `a:b:c` with the step in the middle.
    Range {
        has_step: bool,
    },
    /// The value on top is indexed by what follows.
    BeginIndex,
    EndIndex,
    Index,
    Unary(Unary),
    Binary(Binary),
    /// `a + b%` and `a - b%`, with the fraction on top.
    PlusPercent,
    MinusPercent,
    Jump(u32),
    /// Takes a condition.
    JumpUnless(u32),
    /// `and`, `or`: jumps with the result in place of the value if the other side is not needed.
    And(u32),
    Or(u32),
    /// The truth value of the other side; takes both.
    Truth(&'static str),
    /// `&`, `|`: jumps with the result in place of the value if the other side is not needed.
    Bits(Binary, u32),
    /// `??`: jumps with a value that is neither null nor undefined.
    Nullish(u32),
    /// A comparison of a chain, which jumps with `false`; otherwise the right side remains.
    Chain(Binary, u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unary {
    Plus,
    Minus,
    BitNot,
    Not,
    Factorial,
    Transpose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Mod,
    Pow,
    Equal,
    Unequal,
    Smaller,
    Larger,
    SmallerEq,
    LargerEq,
    BitAnd,
    BitOr,
    BitXor,
    LeftShift,
    RightArithShift,
    RightLogShift,
    Xor,
}

impl Binary {
    /// The function of math.js that does it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Add => "addScalar",
            Self::Subtract => "subtractScalar",
            Self::Multiply => "multiplyScalar",
            Self::Divide => "divideScalar",
            Self::Mod => "mod",
            Self::Pow => "pow",
            Self::Equal => "equalScalar",
            Self::Unequal => "unequal",
            Self::Smaller => "smaller",
            Self::Larger => "larger",
            Self::SmallerEq => "smallerEq",
            Self::LargerEq => "largerEq",
            Self::BitAnd => "bitAnd",
            Self::BitOr => "bitOr",
            Self::BitXor => "bitXor",
            Self::LeftShift => "leftShift",
            Self::RightArithShift => "rightArithShift",
            Self::RightLogShift => "rightLogShift",
            Self::Xor => "xor",
        }
    }
}
