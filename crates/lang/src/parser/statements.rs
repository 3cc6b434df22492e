//! Statements: assignments, definitions, and the borders between statements.

use super::pending::{Opener, Operand};
use super::{Parser, State, Step, fail};
use crate::error::{Error, ErrorKind, Span, Syntax};
use crate::functions;
use crate::lexer::{Lexer, Token, is_name, normal_name};
use crate::program::{Binder, Definition, Node};

impl Parser<'_, '_> {
    /// At `=`, `←` or `@=`: the operands so far are targets.
    pub(super) fn assign(&mut self, token: Token, span: Span) -> Step {
        match self.text.as_bytes().get(span.end as usize) {
            Some(b'<') if token == Token::Assign => return self.misspelled(Span { end: span.end + 1, ..span }, "<="),
            Some(b'>') if token == Token::Assign => return self.misspelled(Span { end: span.end + 1, ..span }, ">="),
            _ => {}
        }
        self.emit_down_to(0)?;
        if let Some(asked) = self.asks_for_the_answer(span) {
            return fail(Syntax::StrayEqual, asked);
        }
        let Some(Opener::Statement { count }) = self.top_opener() else {
            return fail(Syntax::AssignmentInside, span);
        };
        let count = *count;
        if token == Token::AssignFormula {
            return self.begin_definition(count, span);
        }
        // There are as many names as commas, plus one unless a comma came last.
        let operands = std::mem::take(&mut self.stacks.operands);
        let names_at = self.program.targets.len() as u32;
        for operand in &operands {
            let target = self.target(*operand)?;
            self.program.targets.push(target);
        }
        let targets = operands.len() as u32;
        self.take_back(operands.first().map_or(0, |operand| operand.start));
        self.begin_right_side(Opener::Assignment { unpack: count > 0, count: 0, targets, names_at }, span)
    }

    /// The span of a `=` and of a `?` after it that only ask for the answer (`2+2=`, `2+2 = ?`). But `x =` clears `x`.
    fn asks_for_the_answer(&self, span: Span) -> Option<Span> {
        let mut lexer = Lexer::behind(self.text, span.end);
        let mut asked = span;
        loop {
            match lexer.next() {
                Ok((Token::Question, question)) => asked.end = question.end,
                Ok((Token::End | Token::Newline | Token::Semicolon, _)) => break,
                _ => return None,
            }
        }
        let names = || self.stacks.operands.iter().all(|operand| is_name(operand.span.of(self.text)));
        let clears = asked == span && matches!(self.top_opener(), Some(Opener::Statement { .. })) && names();
        (self.brackets == 0 && !clears).then_some(asked)
    }

    /// The name that an operand assigns to.
    pub(super) fn target(&mut self, operand: Operand) -> Result<u32, Error> {
        let text = operand.span.of(self.text);
        if !is_name(text) {
            let is_call = matches!(self.program.nodes.last(), Some(Node::Call { .. }));
            return fail(if is_call { Syntax::FunctionAssignment } else { Syntax::AssignmentTarget }, operand.span);
        }
        let name = normal_name(text);
        if name == "mod" {
            return fail(Syntax::NotAssignable { name: name.into_owned() }, operand.span);
        }
        Ok(self.intern(&name))
    }

    pub(super) fn begin_definition(&mut self, count: u32, span: Span) -> Step {
        let Some(operand) = self.stacks.operands.pop().filter(|_| count == 0) else {
            return fail(Syntax::FormulaTarget, span);
        };
        let call = matches!(
            self.program.nodes.last(),
            Some(Node::Call { .. } | Node::CallFunction { .. } | Node::BinderEnd { .. })
        );
        let (name_span, parameters) = if call { self.parameters(operand)? } else { (operand.span, None) };
        let name = match self.target(Operand { span: name_span, ..operand }) {
            Err(Error { kind: ErrorKind::Syntax(Syntax::AssignmentTarget), span }) => {
                return fail(Syntax::FormulaTarget, span);
            }
            target => target?,
        };
        let text = &*self.program.names[name as usize];
        if functions::find(text).is_some() || Binder::find(text).is_some() {
            let name = self.program.names[name as usize].to_string();
            return fail(Syntax::NotAssignable { name }, name_span);
        }
        self.take_back(operand.start);
        self.stacks.locals = parameters.clone().unwrap_or_default();
        self.in_definition = true;
        let definition = self.program.definitions.len() as u32;
        let body = operand.start + 1;
        self.program.definitions.push(Definition { name, parameters, body });
        let jump = self.push_jump(Node::Define { definition, jump: 0 }, span)?;
        self.begin_right_side(Opener::Definition { count: 0, definition, jump }, span)
    }

    /// `name(a, b)` on the left side of `@=`: the name's span, and the parameters.
    pub(super) fn parameters(&mut self, operand: Operand) -> Result<(Span, Option<Vec<u32>>), Error> {
        let text = operand.span.of(self.text);
        let refuse = || fail(Syntax::FormulaTarget, operand.span);
        let mut lexer = Lexer::new(text);
        let mut next = move || -> Result<(Token, Span), Error> {
            loop {
                match lexer.next()? {
                    (Token::Newline, _) => {}
                    found => return Ok(found),
                }
            }
        };
        let place = |span: Span| Span { start: operand.span.start + span.start, end: operand.span.start + span.end };
        let (Token::Name, name) = next()? else { return refuse() };
        let (Token::Open('('), _) = next()? else { return refuse() };
        let mut parameters = Vec::new();
        loop {
            match next()? {
                (Token::Close(')'), _) => break,
                (Token::Name, span) => {
                    let parameter = self.target(Operand { start: operand.start, span: place(span) })?;
                    if parameters.contains(&parameter) {
                        let name = self.program.names[parameter as usize].to_string();
                        return fail(Syntax::RepeatedParameter { name }, place(span));
                    }
                    parameters.push(parameter);
                }
                _ => return refuse(),
            }
            match next()? {
                (Token::Close(')'), _) => break,
                (Token::Comma, _) => {}
                _ => return refuse(),
            }
        }
        match next()? {
            (Token::End, _) => Ok((place(name), Some(parameters))),
            _ => refuse(),
        }
    }

    /// Removes the nodes of a left side, which were parsed as expressions.
    pub(super) fn take_back(&mut self, from: u32) {
        self.program.nodes.truncate(from as usize);
        self.program.spans.truncate(from as usize);
    }

    pub(super) fn begin_right_side(&mut self, opener: Opener, span: Span) -> Step {
        self.pop_opener();
        self.push_opener(opener, span);
        Ok(State::Operand)
    }

    /// At `;`, a newline or the end of the text.
    pub(super) fn end_statement(&mut self, token: Token, span: Span) -> Step {
        self.emit_down_to(0)?;
        let Some(
            opener
            @ (Opener::Statement { count } | Opener::Assignment { count, .. } | Opener::Definition { count, .. }),
        ) = self.top_opener().cloned()
        else {
            if token == Token::Semicolon {
                return self.expected_operator(span);
            }
            return self.unclosed(span, Syntax::UnexpectedEnd);
        };
        self.pop_opener();
        if count > 0 {
            // There are as many values as commas, plus one unless a comma came last.
            let values = self.stacks.operands.len() as u32;
            self.join(values as usize, Node::Tuple(values), None)?;
        }
        match opener {
            Opener::Assignment { targets, names_at, unpack, .. } => {
                self.join(1, Node::Assign { count: targets, names_at, unpack }, None)?;
                let names = self.program.targets[names_at as usize..].to_vec();
                names.into_iter().for_each(|name| self.set_assigned(name));
            }
            Opener::Definition { definition, jump, .. } => {
                let length = self.program.nodes.len() as u32 - jump;
                self.program.nodes[jump as usize] = Node::Define { definition, jump: length };
                self.join(1, Node::EndDefine { definition }, None)?;
                self.stacks.locals.clear();
                self.in_definition = false;
                self.set_assigned(self.program.definitions[definition as usize].name);
            }
            _ => {}
        }
        self.next_statement(token, span)
    }

    /// Ends a statement, whose node is the last one.
    pub(super) fn next_statement(&mut self, token: Token, span: Span) -> Step {
        self.stacks.operands.clear();
        match token {
            Token::Semicolon => {
                self.program.statements.push(self.program.nodes.len() as u32 - 1);
                self.push_node(Node::Drop, span)?;
                self.begin_statement();
                Ok(State::Operand)
            }
            Token::Newline => loop {
                match self.lexer.next()? {
                    (Token::End, _) => return Ok(State::Done),
                    (Token::Newline, _) => {}
                    (_, span) => return fail(Syntax::AfterTheEnd, span),
                }
            },
            _ => Ok(State::Done),
        }
    }
}
