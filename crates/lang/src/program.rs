//! The flat program: nodes in postfix order with a span beside each, and the constants and names they point into.
//!
//! A subtree is a contiguous slice that ends in its root. The vector is what a stack loop runs, walking it renders the
//! canonical text, and dropping it recurses nowhere.

use crate::arithmetic::{Binary, Comparison, Unary};
use crate::error::Span;
use crate::value::Value;

/// A node: what it does to the stack of values. Jumps are relative (`1` is the next node), so that a slice of nodes
/// can be moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Node {
    /// A small integer.
    Small(i32),
    /// Any other literal: an index into `constants`.
    Constant(u32),
    None,
    Bool(bool),
    /// A constant of `math`: its row, and whether `math.` was written.
    MathConstant {
        row: u8,
        qualified: bool,
    },
    /// A built-in function: its row.
    Function(u16),
    /// A name that nothing defines: an index into `names`.
    Unknown(u32),
    /// `math.name` that is not there.
    UnknownMath(u32),
    Unary(Unary),
    Binary(Binary),
    /// The last (or only) comparison of a chain.
    Compare(Comparison),
    /// An earlier comparison: if false, jumps behind the last comparison (to which it points) with `False`; else
    /// leaves its right operand.
    CompareStep(Comparison, u32),
    /// Before the right operand of `and`: if what stands on the stack is false, jumps with it; else drops it.
    AndJump(u32),
    /// Before the right operand of `or`: if what stands on the stack is true, jumps with it; else drops it.
    OrJump(u32),
    /// The end of `and`: does nothing.
    And,
    /// The end of `or`: does nothing.
    Or,
    /// After the condition: drops it, and jumps to the second branch if it was false.
    IfJump(u32),
    /// After the first branch: jumps behind the second.
    ElseJump(u32),
    /// The end of a conditional: does nothing.
    Conditional,
    /// Calls what stands below `arguments` values; the last of these belong to the keywords listed in `keywords`.
    Call {
        arguments: u32,
        keywords: u16,
        first_keyword: u32,
    },
}

/// A text, read. Made by [`parse`](crate::parse).
#[derive(Clone, Debug, Default)]
pub struct Program {
    pub(crate) nodes: Vec<Node>,
    pub(crate) spans: Vec<Span>,
    pub(crate) constants: Vec<Value>,
    pub(crate) names: Vec<Box<str>>,
    pub(crate) keywords: Vec<u32>,
}

impl Program {
    /// Where a node stands in the text that was parsed; the whole text for what is no node.
    pub fn span(&self, node: u32) -> Span {
        let whole = || Span { start: 0, end: self.spans.last().map_or(0, |span| span.end) };
        self.spans.get(node as usize).copied().unwrap_or_else(whole)
    }

    /// Whether the answer depends on nothing but the text. Everything that the language does today is pure.
    pub fn is_pure(&self) -> bool {
        true
    }

    /// Whether both are the same program: nodes, constants and names, wherever they stood in their texts.
    pub fn same_as(&self, other: &Self) -> bool {
        let constants = |program: &Self| program.constants.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>();
        self.nodes == other.nodes
            && self.names == other.names
            && self.keywords == other.keywords
            && constants(self) == constants(other)
    }

    /// For each node, the index at which its subtree begins. Jumps are no roots; they get their own index.
    pub(crate) fn subtrees(&self) -> Vec<u32> {
        let mut open: Vec<u32> = Vec::new();
        let mut starts = Vec::with_capacity(self.nodes.len());
        for (at, node) in self.nodes.iter().enumerate() {
            let operands = match node {
                Node::Unary(_) => 1,
                Node::Binary(_) | Node::Compare(_) | Node::And | Node::Or => 2,
                Node::Conditional => 3,
                Node::Call { arguments, .. } => *arguments as usize + 1,
                // The right operand of the first comparison joins the left one; the chain goes on.
                Node::CompareStep(..) => {
                    open.pop();
                    starts.push(at as u32);
                    continue;
                }
                Node::AndJump(_) | Node::OrJump(_) | Node::IfJump(_) | Node::ElseJump(_) => {
                    starts.push(at as u32);
                    continue;
                }
                _ => 0,
            };
            let first = open.len().saturating_sub(operands);
            let start = if operands == 0 { at as u32 } else { open.get(first).copied().unwrap_or(0) };
            open.truncate(first);
            open.push(start);
            starts.push(start);
        }
        starts
    }
}
