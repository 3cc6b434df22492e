//! Statements: what is assigned and defined, and where one ends.

use super::{Frame, Known, Opener, Outcome, Reader, State, Step, Sum, Term};
use crate::error::{ErrorKind, Syntax};
use crate::school::names;
use crate::school::tokens::Kind;

impl Reader<'_, '_> {
    /// At the beginning of a statement: its left side, if it has one, is read whole.
    pub(super) fn begin_statement(&mut self) -> Outcome<()> {
        while self.token().kind == Kind::Newline {
            self.write();
        }
        self.frames.clear();
        self.depth = 0;
        self.frames.push(Frame {
            opener: Opener::Statement,
            token: self.at,
            piece: self.written.len(),
            separators: 0,
            first_separator: 0,
            operand: (self.at, self.written.len()),
            sum: Sum::default(),
            term: Term::default(),
            is_compared: false,
        });
        if self.definition()? || self.targets()? {
            self.frame().token = self.at;
        }
        self.begin_sum();
        Ok(())
    }

    /// `f(x) = …`.
    fn definition(&mut self) -> Outcome<bool> {
        let kind = |at: usize| self.tokens.get(at).map_or(Kind::End, |token| token.kind);
        if kind(self.at) != Kind::Name || kind(self.at + 1) != Kind::Open('(') {
            return Ok(false);
        }
        let mut at = self.at + 2;
        let mut parameters = Vec::new();
        while kind(at) == Kind::Name {
            parameters.push(at);
            at += 1;
            if matches!(kind(at), Kind::Comma { .. } | Kind::Semicolon) {
                at += 1;
            }
        }
        if kind(at) != Kind::Close(')') || kind(at + 1) != Kind::Assign {
            return Ok(false);
        }
        let name = self.normal(self.at);
        self.write();
        self.write();
        while self.at < at {
            if self.token().kind == Kind::Name {
                self.locals.push(self.normal(self.at));
                self.write();
            } else {
                self.write_as(",");
            }
        }
        self.write();
        self.write_as("@=");
        // Its body may name it.
        self.names.insert(name.clone(), Known::Function);
        self.assigns.push((name, Known::Function));
        Ok(true)
    }

    /// `a, b = …`.
    fn targets(&mut self) -> Outcome<bool> {
        let mut at = self.at;
        let mut targets = Vec::new();
        loop {
            match self.tokens.get(at).map(|token| token.kind) {
                Some(Kind::Name) => targets.push(at),
                Some(Kind::Assign) if !targets.is_empty() => break,
                _ => return Ok(false),
            }
            at += 1;
            if let Some(Kind::Comma { .. }) = self.tokens.get(at).map(|token| token.kind) {
                at += 1;
            }
        }
        // `x y = 3` is no list of names.
        if at - self.at > targets.len() * 2 || (targets.len() > 1 && at - self.at < targets.len() * 2 - 1) {
            return Ok(false);
        }
        for target in targets {
            let token = &self.tokens[target];
            if names::operator(|by| self.folded(target)(by).filter(|_| by == 0)).is_some() {
                return self.fail(Syntax::NotAssignable { name: token.text.to_string() }, token.span);
            }
            self.assigns.push((self.normal(target), Known::Variable));
        }
        while self.at <= at {
            self.write();
        }
        Ok(true)
    }

    /// At `;`, a newline or the end of the text, where no bracket is open.
    pub(super) fn end_statement(&mut self) -> Step {
        self.names.extend(self.assigns.drain(..));
        self.locals.clear();
        let kind = self.token().kind;
        match kind {
            Kind::End => Ok(State::Done),
            Kind::Newline => {
                // Only blanks may follow; Python's reader says so.
                while self.token().kind != Kind::End {
                    self.write();
                }
                Ok(State::Done)
            }
            _ => {
                self.write();
                self.begin_statement()?;
                Ok(State::Operand)
            }
        }
    }

    /// The text ends, and something is open.
    pub(super) fn unclosed(&self) -> Step {
        let open = self.frames.iter().rev().find(|frame| frame.opener.is_nesting());
        let Some(frame) = open else { return self.fail(Syntax::UnexpectedEnd, self.token().span) };
        let span = self.span(frame.token);
        let kind: ErrorKind = match &frame.opener {
            Opener::Question => Syntax::MissingColon.into(),
            Opener::Bars | Opener::PairedBars => Syntax::Unclosed { bracket: '|' }.into(),
            Opener::Bracket(bracket) => Syntax::Unclosed { bracket: *bracket }.into(),
            Opener::Call(call) => Syntax::Unclosed { bracket: call.bracket }.into(),
            _ => Syntax::UnexpectedEnd.into(),
        };
        self.fail(kind, span)
    }
}
