//! Openers: brackets, bars, calls, collections, indexes and binders, from beginning to end.

use std::collections::HashMap;

use super::pending::{Call, Opener, Pending, closes, power};
use super::{Parser, State, Step, fail};
use crate::arithmetic::Unary;
use crate::error::{Error, ErrorKind, Span, Syntax};
use crate::functions;
use crate::lexer::{Lexer, Token, normal_name};
use crate::program::{Binder, Node};

impl Parser<'_, '_> {
    pub(super) fn begin_statement(&mut self) {
        self.started = false;
        self.push_opener(Opener::Statement { count: 0 }, Span::default());
    }

    pub(super) fn push_opener(&mut self, opener: Opener, span: Span) {
        self.stacks.openers.push(self.stacks.pending.len() as u32);
        self.stacks.pending.push(Pending::Opener { opener, span });
    }

    pub(super) fn pop_opener(&mut self) -> Option<(Opener, Span)> {
        self.stacks.openers.pop();
        match self.stacks.pending.pop() {
            Some(Pending::Opener { opener, span }) => Some((opener, span)),
            _ => None,
        }
    }

    /// The opener on top of the stack, if there is no operator above it.
    pub(super) fn top_opener(&self) -> Option<&Opener> {
        match self.stacks.pending.last() {
            Some(Pending::Opener { opener, .. }) => Some(opener),
            _ => None,
        }
    }

    pub(super) fn top_opener_mut(&mut self) -> Option<&mut Opener> {
        match self.stacks.pending.last_mut() {
            Some(Pending::Opener { opener, .. }) => Some(opener),
            _ => None,
        }
    }

    /// The innermost opener, even below operators.
    pub(super) fn innermost(&self) -> Option<&Opener> {
        match self.stacks.openers.last().map(|at| &self.stacks.pending[*at as usize]) {
            Some(Pending::Opener { opener, .. }) => Some(opener),
            _ => None,
        }
    }

    pub(super) fn deepen(&mut self, span: Span) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return fail(ErrorKind::TooDeep { limit: self.limits.depth }, span);
        }
        Ok(())
    }

    pub(super) fn open(&mut self, opener: Opener, span: Span) -> Step {
        self.deepen(span)?;
        self.brackets += 1;
        self.push_opener(opener, span);
        Ok(State::Operand)
    }

    /// Closes the bracket on top: it is now an operand of `row`.
    pub(super) fn closed(&mut self, row: u8) -> Step {
        self.brackets -= 1;
        self.depth -= 1;
        self.row = row;
        Ok(State::Operator)
    }

    pub(super) fn comma(&mut self, span: Span) -> Step {
        self.emit_down_to(0)?;
        if matches!(self.top_opener(), Some(Opener::Call(_))) {
            self.end_argument(span)?;
            return Ok(State::Operand);
        }
        if matches!(self.top_opener(), Some(Opener::Binder { .. })) {
            return self.end_binder_part(span);
        }
        match self.top_opener_mut() {
            Some(
                Opener::Statement { count }
                | Opener::Assignment { count, .. }
                | Opener::Definition { count, .. }
                | Opener::Bracket { count, .. }
                | Opener::Subscript { count, parts: 0, .. },
            ) => {
                *count += 1;
                Ok(State::Operand)
            }
            Some(Opener::If | Opener::Question { .. }) => self.unclosed(span, Syntax::MissingElse),
            _ => self.expected_operator(span),
        }
    }

    pub(super) fn end_argument(&mut self, span: Span) -> Result<(), Error> {
        let argument = self.stacks.operands.last().map_or(span, |operand| operand.span);
        let Some(Opener::Call(call)) = self.top_opener_mut() else { return fail(ErrorKind::Internal, span) };
        if call.keywords > 0 && !call.in_keyword {
            return fail(Syntax::PositionalAfterKeyword, argument);
        }
        call.arguments += 1;
        call.in_keyword = false;
        Ok(())
    }

    pub(super) fn close(&mut self, bracket: char, span: Span) -> Step {
        self.emit_down_to(0)?;
        match self.top_opener().cloned() {
            Some(Opener::If | Opener::Question { .. }) => self.unclosed(span, Syntax::UnexpectedEnd),
            Some(Opener::Call(_)) if bracket == ')' => {
                self.end_argument(span)?;
                self.end_call(span)
            }
            Some(Opener::Binder { .. }) if bracket == ')' => {
                self.end_binder_part(span)?;
                self.end_binder(span)
            }
            Some(Opener::Bracket { kind: '(', count: 0 }) if bracket == ')' => {
                let covered = self.pop_opener().map_or(span, |(_, open)| open.to(span));
                if let Some(operand) = self.stacks.operands.last_mut() {
                    operand.span = covered;
                }
                self.closed(power::PRIMARY)
            }
            Some(Opener::Bracket { kind, count }) if closes(bracket, kind) => {
                self.end_collection(kind, count + 1, span)
            }
            Some(Opener::Subscript { .. }) if bracket == ']' => self.end_subscript(span),
            _ => self.unmatched(bracket, span),
        }
    }

    pub(super) fn close_bars(&mut self, span: Span) -> Step {
        const ABS: u16 = functions::named("abs");
        self.emit_down_to(0)?;
        let Some((_, open)) = self.pop_opener() else { return fail(ErrorKind::Internal, span) };
        if let Some(operand) = self.stacks.operands.last_mut() {
            operand.span = open.to(span);
        }
        let node = Node::CallFunction { row: ABS, keywords: 0, arguments: 1, first_keyword: 0 };
        self.join(1, node, Some(span))?;
        self.closed(power::PRIMARY)
    }

    pub(super) fn end_call(&mut self, span: Span) -> Step {
        let Some((Opener::Call(call), open)) = self.pop_opener() else { return fail(ErrorKind::Internal, span) };
        let Call { function, arguments, keywords, exponent, .. } = call;
        // 0 if there are no keywords, so that equal programs have equal nodes.
        let first_keyword = if keywords == 0 { 0 } else { self.program.keywords.len() as u32 };
        // After the arguments, since the keywords of calls in the arguments come first.
        self.program.keywords.extend(self.stacks.keywords.drain(call.keywords_from as usize..));
        match function {
            Some(row) => {
                let row = match (arguments, keywords) {
                    (1, 0) => self.take_degree(row).unwrap_or(functions::shorter(row)),
                    _ => row,
                };
                let node = Node::CallFunction { row, keywords, arguments, first_keyword };
                self.join_from(open, arguments as usize, node, span)?;
            }
            None => {
                self.join(arguments as usize + 1, Node::Call { keywords, arguments, first_keyword }, Some(span))?;
            }
        }
        let state = self.closed(power::PRIMARY);
        exponent.map_or(state, |run| self.begin_exponent(run, power::PRIMARY))
    }

    /// The function of degrees for `sin(x°)`, if the argument that ends here is only `x°`, perhaps with signs. Then the
    /// node of `°` is removed, and the signs belong to x.
    fn take_degree(&mut self, row: u16) -> Option<u16> {
        let degree = self.degree? as usize;
        let signs = self.program.nodes.get(degree + 1..)?;
        let is_sign = |node: &Node| matches!(node, Node::Unary(Unary::Plus | Unary::Minus));
        let is_call = matches!(self.program.nodes.get(degree), Some(Node::CallFunction { .. }));
        if !is_call || !signs.iter().all(is_sign) {
            return None;
        }
        let row = functions::of_degrees(row)?;
        self.program.nodes.remove(degree);
        self.program.spans.remove(degree);
        self.degree = None;
        Some(row)
    }

    pub(super) fn end_collection(&mut self, kind: char, count: u32, span: Span) -> Step {
        let Some((_, open)) = self.pop_opener() else { return fail(ErrorKind::Internal, span) };
        let node = match kind {
            '[' => Node::List(count),
            '{' => Node::Set(count),
            _ => Node::Tuple(count),
        };
        self.join_from(open, count as usize, node, span)?;
        self.closed(power::PRIMARY)
    }

    /// Completes a part of a slice, which has at most three.
    pub(super) fn end_slice_part(&mut self, span: Span) -> Step {
        match self.top_opener_mut() {
            Some(Opener::Subscript { parts, .. }) if *parts < 2 => {
                *parts += 1;
                Ok(State::Operand)
            }
            _ => self.expected_operator(span),
        }
    }

    pub(super) fn end_subscript(&mut self, span: Span) -> Step {
        let Some((Opener::Subscript { count, parts, values_from }, open)) = self.pop_opener() else {
            return fail(ErrorKind::Internal, span);
        };
        if parts > 0 {
            if parts == 1 {
                self.push_operand(Node::Absent, Span { start: span.start, end: span.start })?;
            }
            self.join(4, Node::Slice, Some(span))?;
            return self.closed(power::PRIMARY);
        }
        if count > 0 {
            let values = self.stacks.operands.len() - values_from as usize;
            self.join_from(open, values, Node::Tuple(values as u32), span)?;
        }
        self.join(2, Node::Index, Some(span))?;
        self.closed(power::PRIMARY)
    }

    /// At the bracket of a binder, as in `sum(`: the bound name, if there are exactly as many positional arguments as
    /// the binder has parts and the second one is a bare name.
    pub(super) fn binder_ahead(&mut self, binder: Binder) -> Result<Option<String>, Error> {
        let (_, bracket) = self.peek()?;
        // One pass over the whole text serves all its binders.
        let text = self.text;
        let binders = self.binders.get_or_insert_with(|| find_binders(text));
        let found = binders.get(&bracket.start).filter(|(parts, _)| *parts == binder.parts());
        Ok(found.map(|(_, name)| name.clone()))
    }

    /// At the bracket after a name that begins no binder: an error if it cannot be a call either, because there is no
    /// such function, or because it has the number of arguments of a binder with a bare name as the second.
    pub(super) fn is_no_binder(&mut self, name: &str, span: Span) -> Result<(), Error> {
        let Some(binder) = Binder::find(name) else { return Ok(()) };
        let (_, bracket) = self.peek()?;
        let has_name = self.binders.as_ref().is_some_and(|binders| binders.contains_key(&bracket.start));
        if functions::find(name).is_some() && !has_name || self.known(name).is_some() {
            return Ok(());
        }
        fail(Syntax::BinderForm { name: name.to_owned(), parts: binder.signature().to_owned() }, span)
    }

    pub(super) fn begin_binder(&mut self, binder: Binder, bound: &str, span: Span) -> Step {
        let (_, bracket) = self.next()?;
        self.last_end = bracket.end;
        let name = self.intern(bound);
        self.stacks.locals.push(name);
        self.open(Opener::Binder { binder, parts: 0, name }, span.to(bracket))
    }

    /// Completes a part of a binder. After the body comes the name, which is no longer bound then.
    pub(super) fn end_binder_part(&mut self, span: Span) -> Step {
        let Some(Opener::Binder { parts, .. }) = self.top_opener_mut() else {
            return fail(ErrorKind::Internal, span);
        };
        *parts += 1;
        if *parts == 1 {
            *parts = 2;
            self.stacks.locals.pop();
            self.next()?;
            let (_, comma) = self.next()?;
            self.last_end = comma.end;
        }
        Ok(State::Operand)
    }

    pub(super) fn end_binder(&mut self, span: Span) -> Step {
        let Some((Opener::Binder { binder, name, .. }, open)) = self.pop_opener() else {
            return fail(ErrorKind::Internal, span);
        };
        let bounds = binder.parts() as usize - 2;
        let behind = self.stacks.operands.len().checked_sub(bounds).and_then(|at| self.stacks.operands.get(at - 1..));
        let Some([body, from, ..]) = behind else { return fail(ErrorKind::Internal, span) };
        // Moves the bounds and the start of the loop before the body.
        let (start, length) = (body.start, from.start - body.start);
        self.rotate(start, length);
        let body_at = self.program.nodes.len() - length as usize;
        self.push_node(Node::BinderStart { binder, jump: length + 1 }, open)?;
        self.program.nodes[body_at..].rotate_right(1);
        self.program.spans[body_at..].rotate_right(1);
        self.join_from(open, bounds + 1, Node::BinderEnd { binder, name, jump: length }, span)?;
        self.closed(power::PRIMARY)
    }
}

/// Brackets with three or four positional arguments, the second a bare name: the number of arguments, and the name.
fn find_binders(text: &str) -> HashMap<u32, (u32, String)> {
    struct Bracket {
        start: u32,
        part: u32,
        name: Option<String>,
        /// Whether the arguments so far can be those of a binder.
        fits: bool,
        behind_comma: bool,
    }
    let mut found = HashMap::new();
    let mut open: Vec<Bracket> = Vec::new();
    let mut lexer = Lexer::new(text);
    // The parser will find any error of this lookahead too, and report it.
    while let Ok((token, span)) = lexer.next() {
        if let Some(top) = open.last_mut() {
            let behind_comma = std::mem::replace(&mut top.behind_comma, token == Token::Comma);
            match token {
                Token::Newline => top.behind_comma = behind_comma,
                Token::Comma => {
                    top.fits &= top.part != 1 || top.name.is_some();
                    top.part += 1;
                }
                Token::Assign => top.fits = false,
                Token::Name if top.part == 1 && behind_comma => {
                    top.name = Some(normal_name(span.of(text)).into_owned());
                }
                // A closing bracket ends the bare name.
                Token::Close(_) => top.part -= u32::from(behind_comma && top.part > 0),
                _ => top.fits &= top.part != 1,
            }
        }
        match token {
            Token::Open(_) => {
                open.push(Bracket { start: span.start, part: 0, name: None, fits: true, behind_comma: false });
            }
            Token::Close(_) => match open.pop() {
                Some(Bracket { start, part: part @ 2..=3, name: Some(name), fits: true, .. }) => {
                    found.insert(start, (part + 1, name));
                }
                Some(_) => {}
                None => break,
            },
            Token::End => break,
            _ => {}
        }
    }
    found
}
