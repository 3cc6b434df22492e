//! The state in which an operand is expected: atoms, names, prefix operators, opening brackets.

use std::sync::Arc;

use super::pending::{Call, Opener, Operand, POWERED, Pending, Prefix, closes, power};
use super::{Parser, State, Step, fail};
use crate::arithmetic::{Binary, Unary};
use crate::error::{Error, ErrorKind, Feature, Span, Syntax};
use crate::functions;
use crate::lexer::{Token, normal_name, on_line, string_value};
use crate::mode::Mode;
use crate::number::{Complex, Integer};
use crate::program::{Binder, Node};
use crate::value::{Text, Value};

/// Up to this many names, a linear search is faster than hashing.
const FEW_NAMES: usize = 8;

impl Parser<'_, '_> {
    pub(super) fn operand(&mut self) -> Step {
        let (token, span) = self.next()?;
        self.last_end = span.end;
        match token {
            Token::Small(value) => self.push_operand(Node::Small(value), span),
            Token::Integer { radix } => {
                let node = self.integer(span, radix);
                self.push_operand(node, span)
            }
            Token::Float | Token::Imaginary if self.program.mode != Mode::Python => {
                let node = self.literal(span);
                self.push_operand(node, span)
            }
            Token::Float => {
                let value = Value::Float(self.float(span));
                let node = self.constant(value);
                self.push_operand(node, span)
            }
            Token::Imaginary => {
                let digits = Span { start: span.start, end: span.end - 1 };
                let value = Value::complex(Complex::new(0.0, self.float(digits)));
                let node = self.constant(value);
                self.push_operand(node, span)
            }
            Token::Fraction(numerator, denominator) => self.fraction(numerator, denominator, span),
            Token::String => self.string(span),
            Token::True => self.push_operand(Node::Bool(true), span),
            Token::False => self.push_operand(Node::Bool(false), span),
            Token::None => self.push_operand(Node::None, span),
            Token::Name => self.name(span),
            Token::Plus => self.prefix(Prefix::Unary(Unary::Plus), power::SIGN, span),
            Token::Minus => self.prefix(Prefix::Unary(Unary::Minus), power::SIGN, span),
            Token::Tilde => self.prefix(Prefix::Unary(Unary::Invert), power::SIGN, span),
            Token::Root => self.prefix(Prefix::Root(2), power::ROOT, span),
            Token::Superscript => match self.indexed_root(span)? {
                Some((index, root)) => self.prefix(Prefix::Root(index), power::ROOT, root),
                None => fail(Syntax::DetachedSuperscript, span),
            },
            Token::Not if self.context() > power::NOT => fail(Syntax::NotNeedsBrackets, span),
            Token::Not => self.prefix(Prefix::Unary(Unary::Not), power::NOT, span),
            Token::Open(kind) => self.open(Opener::Bracket { kind, count: 0 }, span),
            Token::Bar => {
                self.rewritten = true;
                self.open(Opener::Bars, span)
            }
            Token::Close(bracket) => self.close_after_nothing(bracket, span),
            Token::Colon => self.colon_after_nothing(span),
            Token::Semicolon | Token::End | Token::Newline => self.end_after_nothing(token, span),
            Token::Unsupported(feature) => fail(feature, span),
            Token::Lambda => fail(Feature::Lambda, span),
            Token::For | Token::Reserved => fail(Feature::Keyword, span),
            Token::Star | Token::DoubleStar
                if matches!(self.top_opener(), Some(Opener::Call(_) | Opener::Bracket { .. })) =>
            {
                fail(Feature::Unpacking, span)
            }
            Token::Assign if matches!(self.top_opener(), Some(Opener::Statement { count: 0 })) => {
                fail(Syntax::StrayEqual, span)
            }
            // After the trailing comma of the left side.
            Token::Assign if matches!(self.top_opener(), Some(Opener::Statement { count: 1.. })) => {
                self.assign(token, span)
            }
            _ => self.expected_operand(token, span),
        }
    }

    pub(super) fn context(&self) -> u8 {
        self.stacks.pending.last().map_or(0, Pending::context)
    }

    pub(super) fn prefix(&mut self, operator: Prefix, power: u8, span: Span) -> Step {
        let power = power.max(self.context());
        self.stacks.pending.push(Pending::Prefix { operator, power, span });
        Ok(State::Operand)
    }

    /// A closing bracket instead of an operand: valid in `f()`, `[]` and after a comma.
    pub(super) fn close_after_nothing(&mut self, bracket: char, span: Span) -> Step {
        match self.top_opener().cloned() {
            Some(Opener::Call(Call { in_keyword: false, .. })) if bracket == ')' => self.end_call(span),
            Some(Opener::Bracket { kind, count }) if closes(bracket, kind) => self.end_collection(kind, count, span),
            Some(Opener::Subscript { count, parts, .. }) if bracket == ']' && (count > 0 || parts > 0) => {
                self.absent_part(span)?;
                self.end_subscript(span)
            }
            Some(Opener::Binder { binder, parts, .. }) if bracket == ')' && parts == binder.parts() => {
                self.end_binder(span)
            }
            _ => self.expected_operand(Token::Close(bracket), span),
        }
    }

    /// A `:` instead of an operand: a part of a slice is absent.
    pub(super) fn colon_after_nothing(&mut self, span: Span) -> Step {
        match self.top_opener() {
            Some(Opener::Subscript { count: 0, .. }) => {
                self.absent_part(span)?;
                self.end_slice_part(span)
            }
            _ => self.expected_operand(Token::Colon, span),
        }
    }

    /// Completes an absent part of a slice, or an index that is a tuple with a trailing comma.
    pub(super) fn absent_part(&mut self, span: Span) -> Result<(), Error> {
        if let Some(Opener::Subscript { count: 0, .. }) = self.top_opener() {
            self.push_operand(Node::Absent, Span { start: span.start, end: span.start })?;
        }
        Ok(())
    }

    /// The end of a statement instead of an operand: valid after the comma of `1,` and in `x =`.
    pub(super) fn end_after_nothing(&mut self, token: Token, span: Span) -> Step {
        match self.top_opener().cloned() {
            Some(Opener::Statement { count } | Opener::Assignment { count, .. } | Opener::Definition { count, .. })
                if count > 0 =>
            {
                self.end_statement(token, span)
            }
            Some(Opener::Assignment { targets: count, names_at, .. }) => {
                self.pop_opener();
                let start = self.program.nodes.len() as u32;
                self.stacks.operands.push(Operand { start, span });
                self.push_node(Node::Clear { count, names_at }, span)?;
                self.next_statement(token, span)
            }
            // One `;` at the end of the text is valid.
            Some(Opener::Statement { .. }) if token == Token::End && self.has_statement() => {
                self.pop_opener();
                self.program.statements.pop();
                self.program.nodes.pop();
                self.program.spans.pop();
                Ok(State::Done)
            }
            _ => self.expected_operand(token, span),
        }
    }

    pub(super) fn integer(&mut self, span: Span, radix: u32) -> Node {
        let digits = on_line(&without_underscores(span.of(self.text)));
        let digits = if radix == 10 { &*digits } else { &digits[2..] };
        self.integer_node(Integer::parse(digits, radix))
    }

    pub(super) fn integer_node(&mut self, value: Integer) -> Node {
        match value.as_i64().map(i32::try_from) {
            Some(Ok(small)) => Node::Small(small),
            _ => self.constant(Value::Int(value)),
        }
    }

    /// `½` is `(1/2)`.
    pub(super) fn fraction(&mut self, numerator: u8, denominator: u8, span: Span) -> Step {
        self.rewritten = true;
        self.push_operand(Node::Small(numerator.into()), span)?;
        self.push_operand(Node::Small(denominator.into()), span)?;
        self.join(2, Node::Binary(Binary::Divide), None)?;
        Ok(State::Operator)
    }

    /// Keeps the digits of a literal: each evaluation reads them in its mode.
    pub(super) fn literal(&mut self, span: Span) -> Node {
        let text: String =
            span.of(self.text).chars().filter(|c| !matches!(c, '_' | '+')).map(|c| c.to_ascii_lowercase()).collect();
        match self.constant(Value::Str(Arc::new(Text::new(text)))) {
            Node::Constant(at) => Node::Literal(at),
            node => node,
        }
    }

    pub(super) fn float(&self, span: Span) -> f64 {
        // Every literal of the lexer parses as a float: infinity or zero if it is out of range.
        without_underscores(span.of(self.text)).parse().unwrap_or(f64::NAN)
    }

    /// Adjacent strings are concatenated.
    pub(super) fn string(&mut self, first: Span) -> Step {
        let mut value = String::new();
        let mut span = first;
        loop {
            let part = string_value(span.of(self.text)).map_err(|(kind, place)| {
                let start = span.start as usize;
                Error { kind, span: Span::new(start + place.start, start + place.end) }
            })?;
            value.push_str(&part);
            match self.next_if(Token::String)? {
                Some(next) => span = next,
                None => break,
            }
        }
        let node = self.constant(Value::Str(Arc::new(Text::new(value))));
        self.push_operand(node, first.to(span))
    }

    pub(super) fn constant(&mut self, value: Value) -> Node {
        self.program.constants.push(value);
        Node::Constant(self.program.constants.len() as u32 - 1)
    }

    pub(super) fn intern(&mut self, name: &str) -> u32 {
        if let Some(known) = self.known(name) {
            return known;
        }
        let names = &mut self.program.names;
        let place = names.len() as u32;
        names.push(name.into());
        match names.len() {
            ..=FEW_NAMES => {}
            len if len == FEW_NAMES + 1 => {
                self.stacks.index.extend(names.iter().cloned().zip(0..));
            }
            _ => _ = self.stacks.index.insert(name.into(), place),
        }
        place
    }

    /// The index of a known name.
    pub(super) fn known(&self, name: &str) -> Option<u32> {
        let names = &self.program.names;
        if names.len() > FEW_NAMES {
            return self.stacks.index.get(name).copied();
        }
        names.iter().position(|known| **known == *name).map(|place| place as u32)
    }

    pub(super) fn set_assigned(&mut self, name: u32) {
        let assigned = &mut self.stacks.assigned;
        assigned.resize(assigned.len().max(name as usize + 1), false);
        assigned[name as usize] = true;
    }

    pub(super) fn name(&mut self, span: Span) -> Step {
        let name = normal_name(span.of(self.text));
        let (next, next_span) = self.peek()?;
        if name == "math" && next == Token::Dot {
            return self.math_name(span);
        }
        match next {
            Token::Assign if matches!(self.top_opener(), Some(Opener::Call(Call { in_keyword: false, .. }))) => {
                return self.keyword(&name, span);
            }
            Token::Superscript if next_span.start == span.end => {
                if let Some(step) = self.powered_function(&name, span, next_span)? {
                    return Ok(step);
                }
            }
            Token::Open('(') => {
                if let Some(binder) = Binder::find(&name)
                    && let Some(bound) = self.binder_ahead(binder)?
                {
                    return self.begin_binder(binder, &bound, span);
                }
                self.is_no_binder(&name, span)?;
                if let Some(function) = functions::find(&name) {
                    let (_, bracket) = self.next()?;
                    return self.begin_call(Some(function.row), None, span.to(bracket));
                }
            }
            _ => {}
        }
        let node = self.resolve(&name);
        self.push_operand(node, span)
    }

    /// Resolves a bare name: bound names come first, then assigned names, then those of the language.
    pub(super) fn resolve(&mut self, name: &str) -> Node {
        if let Some(known) = self.known(name) {
            if let Some(slot) = self.stacks.locals.iter().rposition(|local| *local == known) {
                return Node::Local { slot: slot as u32, name: known };
            }
            if self.in_definition || self.stacks.assigned.get(known as usize) == Some(&true) {
                return Node::Name(known);
            }
        }
        if self.in_definition {
            return Node::Name(self.intern(name));
        }
        if let Some(row) = functions::find_constant(name) {
            Node::MathConstant { row, qualified: false }
        } else if let Some(function) = functions::find(name) {
            Node::Function(function.row)
        } else {
            Node::Unknown(self.intern(name))
        }
    }

    /// After `math`, at the dot.
    pub(super) fn math_name(&mut self, math: Span) -> Step {
        let (_, dot) = self.next()?;
        let (token, span) = self.next()?;
        self.last_end = span.end;
        if token != Token::Name {
            return fail(Feature::Attribute, dot);
        }
        let name = normal_name(span.of(self.text));
        let function = functions::find_math(&name);
        if let (Some(function), (Token::Open('('), bracket)) = (function, self.peek()?) {
            self.next()?;
            return self.begin_call(Some(function.row), None, math.to(bracket));
        }
        // `math` does not have the golden ratio.
        let is_math = |row: &u8| functions::CONSTANTS[usize::from(*row)].is_math;
        let node = if let Some(row) = functions::find_constant(&name).filter(is_math) {
            Node::MathConstant { row, qualified: true }
        } else if let Some(function) = function {
            Node::Function(function.row)
        } else {
            Node::UnknownMath(self.intern(&name))
        };
        self.push_operand(node, math.to(span))
    }

    /// `sin²(x)`, at the superscript; `None` if the name is not a function.
    pub(super) fn powered_function(&mut self, name: &str, span: Span, run: Span) -> Result<Option<State>, Error> {
        let here = self.lexer;
        self.next()?;
        let behind = self.peek()?;
        let Some(function) = functions::find(name).filter(|_| behind.0 == Token::Open('(')) else {
            self.go_back(here);
            return Ok(None);
        };
        let Some((function, inverse)) = POWERED.iter().find(|(powered, _)| *powered == function.row) else {
            return fail(Syntax::FunctionPower { name: name.to_owned() }, run);
        };
        let exponent = run.of(self.text);
        let (function, exponent) = match exponent {
            "⁻¹" => (*inverse, None),
            _ if exponent.trim_start_matches('⁽').starts_with('⁻') => return fail(Syntax::AmbiguousPower, run),
            _ => (*function, Some(run)),
        };
        let (_, bracket) = self.next()?;
        self.rewritten = true;
        self.begin_call(Some(function), exponent, span.to(bracket)).map(Some)
    }

    /// `name=` in a call, at the `=`.
    pub(super) fn keyword(&mut self, name: &str, span: Span) -> Step {
        let (_, assign) = self.next()?;
        self.last_end = assign.end;
        let index = self.intern(name);
        let Some(Opener::Call(call)) = self.top_opener() else { return fail(ErrorKind::Internal, span) };
        if self.stacks.keywords[call.keywords_from as usize..].contains(&index) {
            return fail(Syntax::RepeatedKeyword { name: name.to_owned() }, span);
        }
        if let Some(Opener::Call(call)) = self.top_opener_mut() {
            // Functions have few parameters, so this many keywords are always an error.
            call.keywords = call.keywords.saturating_add(1);
            call.in_keyword = true;
        }
        self.stacks.keywords.push(index);
        Ok(State::Operand)
    }

    pub(super) fn begin_call(&mut self, function: Option<u16>, exponent: Option<Span>, span: Span) -> Step {
        self.last_end = span.end;
        let keywords_from = self.stacks.keywords.len() as u32;
        let call = Call { function, arguments: 0, keywords: 0, keywords_from, in_keyword: false, exponent };
        self.open(Opener::Call(call), span)
    }
}

fn without_underscores(digits: &str) -> std::borrow::Cow<'_, str> {
    if digits.contains('_') { digits.replace('_', "").into() } else { digits.into() }
}
