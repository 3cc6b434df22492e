//! Emitting: turns pending entries into nodes in postfix order.

use super::pending::{Operand, Pending, Prefix, power};
use super::{Parser, State, Step, fail};
use crate::arithmetic::Binary;
use crate::error::{Error, ErrorKind, Span};
use crate::program::Node;

impl Parser<'_, '_> {
    /// Emits the pending operators with a binding power of at least `power`, down to the innermost opener.
    pub(super) fn emit_down_to(&mut self, power: u8) -> Result<(), Error> {
        while self.stacks.pending.last().and_then(Pending::power).is_some_and(|waiting| waiting >= power) {
            match self.stacks.pending.pop() {
                Some(Pending::Prefix { operator, span, .. }) => {
                    if let Some(operand) = self.stacks.operands.last_mut() {
                        operand.span = span.to(operand.span);
                    }
                    let node = match operator {
                        Prefix::Unary(operator) => Node::Unary(operator),
                        Prefix::Root(index) => Node::Root(index),
                    };
                    self.join(1, node, None)?;
                }
                Some(Pending::Infix { operator, .. }) => self.join(2, Node::Binary(operator), None)?,
                Some(Pending::Coefficient { index }) => {
                    self.join(1, Node::Root(index), None)?;
                    self.join(2, Node::Binary(Binary::Multiply), None)?;
                }
                Some(Pending::Chain { operator, last_step, left_is_singleton, span }) => {
                    self.check_identity(operator, left_is_singleton, span)?;
                    self.join(2, Node::Compare(operator), None)?;
                    self.mend_chain(last_step);
                }
                Some(Pending::And { jump }) => {
                    self.join(2, Node::And, None)?;
                    self.mend(jump);
                }
                Some(Pending::Or { jump }) => {
                    self.join(2, Node::Or, None)?;
                    self.mend(jump);
                }
                Some(Pending::Else { jump }) => {
                    self.depth -= 1;
                    self.join(2, Node::Conditional, None)?;
                    self.mend(jump);
                }
                Some(Pending::Opener { .. }) | None => {}
            }
        }
        Ok(())
    }

    pub(super) fn push_node(&mut self, node: Node, span: Span) -> Result<(), Error> {
        if self.program.nodes.len() as u64 >= self.limits.nodes {
            return fail(ErrorKind::TooManyNodes { limit: self.limits.nodes }, span);
        }
        self.program.nodes.push(node);
        self.program.spans.push(span);
        Ok(())
    }

    pub(super) fn push_operand(&mut self, node: Node, span: Span) -> Step {
        self.stacks.operands.push(Operand { start: self.program.nodes.len() as u32, span });
        self.push_node(node, span)?;
        self.row = power::PRIMARY;
        Ok(State::Operator)
    }

    /// Appends a jump, whose target is set later.
    pub(super) fn push_jump(&mut self, node: Node, span: Span) -> Result<u32, Error> {
        self.push_node(node, span)?;
        Ok(self.program.nodes.len() as u32 - 1)
    }

    /// Moves the first `length` nodes from `start` on behind all the others.
    pub(super) fn rotate(&mut self, start: u32, length: u32) {
        self.program.nodes[start as usize..].rotate_left(length as usize);
        self.program.spans[start as usize..].rotate_left(length as usize);
    }

    /// Joins the last `count` operands under `node`, whose span covers them all, up to `end` if it is given.
    pub(super) fn join(&mut self, count: usize, node: Node, end: Option<Span>) -> Result<(), Error> {
        let first = self.stacks.operands.len().saturating_sub(count);
        let Some(left) = self.stacks.operands.get(first).copied() else {
            return fail(ErrorKind::Internal, Span::default());
        };
        let right = end.or(self.stacks.operands.last().map(|operand| operand.span)).unwrap_or(left.span);
        let span = left.span.to(right);
        self.stacks.operands.truncate(first);
        self.stacks.operands.push(Operand { start: left.start, span });
        self.push_node(node, span)
    }

    /// Joins the last `count` operands (or none) under a node whose span is from `open` to `end`.
    pub(super) fn join_from(&mut self, open: Span, count: usize, node: Node, end: Span) -> Result<(), Error> {
        let first = self.stacks.operands.len().saturating_sub(count);
        let here = self.program.nodes.len() as u32;
        let start = self.stacks.operands.get(first).map_or(here, |operand| operand.start);
        self.stacks.operands.truncate(first);
        let span = open.to(end);
        self.stacks.operands.push(Operand { start, span });
        self.push_node(node, span)
    }

    /// Makes a jump lead to the node after the last one.
    pub(super) fn mend(&mut self, jump: u32) {
        let distance = self.program.nodes.len() as u32 - 1 - jump;
        if let Some(Node::AndJump(to) | Node::OrJump(to) | Node::ElseJump(to) | Node::CompareStep(_, to)) =
            self.program.nodes.get_mut(jump as usize)
        {
            *to = distance;
        }
    }

    /// Makes every comparison of a chain jump to the last one.
    pub(super) fn mend_chain(&mut self, last_step: Option<u32>) {
        let mut step = last_step;
        while let Some(at) = step {
            let Some(Node::CompareStep(_, earlier)) = self.program.nodes.get(at as usize).copied() else { return };
            self.mend(at);
            step = earlier.checked_sub(1);
        }
    }
}
