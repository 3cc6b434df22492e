//! The state in which an operator is expected: infix and postfix operators, comparisons, conditionals.

use super::pending::{Opener, Pending, comparator, infix, power};
use super::{Parser, State, Step, fail};
use crate::arithmetic::{Binary, Comparison};
use crate::error::{Error, ErrorKind, Feature, Span, Syntax};
use crate::functions;
use crate::lexer::{Lexer, Token, on_line};
use crate::numerals;
use crate::program::Node;

impl Parser<'_, '_> {
    pub(super) fn operator(&mut self) -> Step {
        let (token, span) = self.next()?;
        let attached = span.start == self.last_end;
        self.last_end = span.end;
        if token == Token::Bar && matches!(self.innermost(), Some(Opener::Bars)) {
            return self.close_bars(span);
        }
        if let Some((operator, power)) = infix(token) {
            self.rewritten |= matches!(token, Token::Union | Token::Intersection | Token::SymmetricDifference);
            return self.infix(operator, power);
        }
        if let Some(operator) = comparator(token) {
            return self.comparison(operator, span);
        }
        match token {
            Token::Name if span.of(self.text) == "mod" => self.infix(Binary::Modulo, power::PRODUCT),
            Token::Not => match self.next_if(Token::In)? {
                Some(end) => self.comparison(Comparison::NotIn, span.to(end)),
                None => self.expected_operator(span),
            },
            Token::Is => match self.next_if(Token::Not)? {
                Some(end) => self.comparison(Comparison::IsNot, span.to(end)),
                None => self.comparison(Comparison::Is, span),
            },
            Token::And => {
                self.emit_down_to(power::AND)?;
                let jump = self.push_jump(Node::AndJump(0), span)?;
                self.stacks.pending.push(Pending::And { jump });
                Ok(State::Operand)
            }
            Token::Or => {
                self.emit_down_to(power::OR)?;
                let jump = self.push_jump(Node::OrJump(0), span)?;
                self.stacks.pending.push(Pending::Or { jump });
                Ok(State::Operand)
            }
            Token::If => self.begin_condition(span),
            Token::Else => self.begin_else(span),
            Token::Question => self.begin_question(span),
            Token::Bang => self.postfix(Node::Factorial, power::FACTORIAL, span),
            Token::Degree => {
                const RADIANS: u16 = functions::named("radians");
                let node = Node::CallFunction { row: RADIANS, keywords: 0, arguments: 1, first_keyword: 0 };
                let state = self.postfix(node, power::DEGREE, span)?;
                self.degree = Some(self.program.nodes.len() as u32 - 1);
                Ok(state)
            }
            Token::Root => self.coefficient(2, span),
            Token::Superscript => self.superscript(span, attached),
            Token::RunEnd => self.end_exponent(span),
            Token::Open('(') => {
                self.check_row(power::PRIMARY, span)?;
                let callee = self.stacks.operands.last().copied();
                if let Some(callee) = callee
                    && let [Node::Function(row)] = self.program.nodes[callee.start as usize..]
                {
                    // A bracketed name is still the name of a function: `(sin)(x)` is `sin(x)`.
                    self.stacks.operands.pop();
                    self.take_back(callee.start);
                    return self.begin_call(Some(row), None, callee.span.to(span));
                }
                self.begin_call(None, None, span)
            }
            Token::Open('[') => {
                self.check_row(power::PRIMARY, span)?;
                let values_from = self.stacks.operands.len() as u32;
                self.open(Opener::Subscript { count: 0, parts: 0, values_from }, span)
            }
            Token::Close(bracket) => self.close(bracket, span),
            Token::Comma => self.comma(span),
            Token::Colon => self.colon(span),
            Token::Assign | Token::AssignFormula => self.assign(token, span),
            Token::Semicolon | Token::End | Token::Newline => self.end_statement(token, span),
            Token::Unsupported(feature) => fail(feature, span),
            Token::Dot => fail(Feature::Attribute, span),
            Token::At => fail(Feature::MatrixProduct, span),
            Token::Walrus if matches!(self.innermost(), Some(Opener::Statement { .. })) => {
                let defines = self.text[..span.start as usize].trim_end().ends_with(')');
                self.misspelled(span, if defines { "@=" } else { "=" })
            }
            Token::Walrus => fail(Feature::AssignmentExpression, span),
            Token::For if self.brackets > 0 => fail(Feature::Comprehension, span),
            _ => self.expected_operator(span),
        }
    }

    /// An error for a postfix operator that binds tighter than the last operand.
    pub(super) fn check_row(&self, least: u8, span: Span) -> Result<(), Error> {
        if self.row >= least {
            return Ok(());
        }
        let from = self.stacks.operands.last().map_or(span.start, |operand| operand.span.start);
        fail(Syntax::NeedsBrackets { found: self.found(span), from }, span)
    }

    pub(super) fn infix(&mut self, operator: Binary, power: u8) -> Step {
        self.emit_down_to(power)?;
        self.stacks.pending.push(Pending::Infix { operator, power });
        Ok(State::Operand)
    }

    /// `!` and `°`.
    pub(super) fn postfix(&mut self, node: Node, power: u8, span: Span) -> Step {
        self.check_row(power, span)?;
        self.rewritten |= power == power::DEGREE;
        self.emit_down_to(power)?;
        self.join(1, node, Some(span))?;
        self.row = power;
        Ok(State::Operator)
    }

    pub(super) fn coefficient(&mut self, index: u32, span: Span) -> Step {
        self.check_row(power::DEGREE, span)?;
        self.rewritten = true;
        self.emit_down_to(power::COEFFICIENT)?;
        self.stacks.pending.push(Pending::Coefficient { index });
        Ok(State::Operand)
    }

    /// A root directly after a run of superscripts, which is its index: the index, and the span of both.
    pub(super) fn indexed_root(&mut self, run: Span) -> Result<Option<(u32, Span)>, Error> {
        if !self.text[run.end as usize..].starts_with('√') {
            return Ok(None);
        }
        let index = on_line(run.of(self.text));
        let plain = index.bytes().all(|byte| byte.is_ascii_digit());
        match index.parse::<u32>() {
            Ok(index) if index >= 2 && plain => {
                let (_, root) = self.next()?;
                self.last_end = root.end;
                Ok(Some((index, run.to(root))))
            }
            _ => fail(Syntax::RootIndex, run),
        }
    }

    /// An exponent, or the index of a root that follows directly.
    pub(super) fn superscript(&mut self, run: Span, attached: bool) -> Step {
        if let Some((index, root)) = self.indexed_root(run)? {
            return self.coefficient(index, root);
        }
        if !attached {
            return fail(Syntax::DetachedSuperscript, run);
        }
        self.emit_down_to(power::SUPERSCRIPT)?;
        self.begin_exponent(run, power::SUPERSCRIPT)
    }

    /// Begins to parse a run of superscripts as the exponent of the last operand; together they are one of `row`.
    pub(super) fn begin_exponent(&mut self, run: Span, row: u8) -> Step {
        self.rewritten = true;
        self.push_opener(Opener::Exponent { row, behind: self.last_end }, run);
        self.lexer = Lexer::of_run(self.text, run.start);
        Ok(State::Operand)
    }

    pub(super) fn end_exponent(&mut self, end: Span) -> Step {
        self.emit_down_to(0)?;
        let Some(Opener::Exponent { row, behind }) = self.top_opener().cloned() else {
            return self.unclosed(end, Syntax::UnexpectedEnd);
        };
        self.pop_opener();
        self.go_back(Lexer::behind(self.text, behind));
        self.last_end = behind;
        self.join(2, Node::Binary(Binary::Power), Some(Span { start: behind, end: behind }))?;
        self.row = row;
        Ok(State::Operator)
    }

    pub(super) fn comparison(&mut self, operator: Comparison, span: Span) -> Step {
        self.emit_down_to(power::COMPARISON + 1)?;
        let left_is_singleton = self.top_is_singleton();
        let mut last_step = None;
        if matches!(self.stacks.pending.last(), Some(Pending::Chain { .. })) {
            // The previous comparison is complete; its right operand is the left operand of this one.
            if let Some(Pending::Chain { operator, last_step: earlier, left_is_singleton, span }) =
                self.stacks.pending.pop()
            {
                self.check_identity(operator, left_is_singleton, span)?;
                let right = self.stacks.operands.pop();
                if let (Some(left), Some(right)) = (self.stacks.operands.last_mut(), right) {
                    left.span = left.span.to(right.span);
                }
                let covered = self.stacks.operands.last().map_or(span, |operand| operand.span);
                // Until the chain ends, a comparison stores the index of the one before it, plus one.
                let earlier = earlier.map_or(0, |at| at + 1);
                last_step = Some(self.push_jump(Node::CompareStep(operator, earlier), covered)?);
            }
        }
        self.stacks.pending.push(Pending::Chain { operator, last_step, left_is_singleton, span });
        Ok(State::Operand)
    }

    /// Whether the last operand is exactly `None`, `True` or `False`.
    pub(super) fn top_is_singleton(&self) -> bool {
        self.stacks
            .operands
            .last()
            .is_some_and(|operand| matches!(self.program.nodes[operand.start as usize..], [Node::None | Node::Bool(_)]))
    }

    /// `is` tests identity, which only these three values have here.
    pub(super) fn check_identity(
        &self,
        operator: Comparison,
        left_is_singleton: bool,
        span: Span,
    ) -> Result<(), Error> {
        let identity = matches!(operator, Comparison::Is | Comparison::IsNot);
        if identity && !left_is_singleton && !self.top_is_singleton() {
            return fail(Feature::Identity, span);
        }
        Ok(())
    }

    /// At `if`: the last operand is the first branch, and the condition follows.
    pub(super) fn begin_condition(&mut self, span: Span) -> Step {
        self.emit_down_to(power::CONDITIONAL + 1)?;
        if matches!(self.top_opener(), Some(Opener::If)) {
            // A condition cannot be a conditional without brackets.
            return self.expected_operator(span);
        }
        self.deepen(span)?;
        self.push_opener(Opener::If, span);
        Ok(State::Operand)
    }

    /// At `else`: the first branch and the condition are complete and change places.
    pub(super) fn begin_else(&mut self, span: Span) -> Step {
        self.emit_down_to(power::CONDITIONAL + 1)?;
        if !matches!(self.top_opener(), Some(Opener::If)) {
            return self.expected_operator(span);
        }
        let (Some(condition), Some(branch), Some((_, whole))) =
            (self.stacks.operands.pop(), self.stacks.operands.pop(), self.pop_opener())
        else {
            return fail(ErrorKind::Internal, span);
        };
        let length = condition.start - branch.start;
        self.push_jump(Node::IfJump(length + 2), whole)?;
        self.rotate(branch.start, length);
        self.stacks.operands.push(branch);
        self.begin_second_branch(whole)
    }

    /// Makes one operand of condition, jump and first branch, and adds the jump over the second branch.
    pub(super) fn begin_second_branch(&mut self, span: Span) -> Step {
        let jump = self.push_jump(Node::ElseJump(0), span)?;
        self.stacks.pending.push(Pending::Else { jump });
        Ok(State::Operand)
    }

    /// At `?`: the condition is complete.
    pub(super) fn begin_question(&mut self, span: Span) -> Step {
        self.emit_down_to(power::CONDITIONAL + 1)?;
        if matches!(self.top_opener(), Some(Opener::If)) {
            return self.expected_operator(span);
        }
        self.rewritten = true;
        self.deepen(span)?;
        let jump = self.push_jump(Node::IfJump(0), span)?;
        self.push_opener(Opener::Question { jump }, span);
        Ok(State::Operand)
    }

    /// The `:` of the innermost `?`, or between the parts of a slice.
    pub(super) fn colon(&mut self, span: Span) -> Step {
        self.emit_down_to(0)?;
        match self.top_opener() {
            Some(Opener::Question { jump }) => {
                let jump = *jump;
                self.pop_opener();
                let length = self.program.nodes.len() as u32 - jump;
                self.program.nodes[jump as usize] = Node::IfJump(length + 1);
                // The first branch becomes a part of the condition's operand.
                let branch = self.stacks.operands.pop();
                if let (Some(condition), Some(branch)) = (self.stacks.operands.last_mut(), branch) {
                    condition.span = condition.span.to(branch.span);
                }
                self.begin_second_branch(span)
            }
            Some(Opener::Subscript { count: 0, .. }) => self.end_slice_part(span),
            Some(Opener::Bracket { kind: '{', .. }) => fail(Feature::Dictionary, span),
            _ => match numerals::time_around(self.text, span) {
                Some(time) => Err(time),
                None => self.expected_operator(span),
            },
        }
    }
}
