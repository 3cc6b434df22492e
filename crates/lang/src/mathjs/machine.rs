//! Carries programs out: a stack of values, a stack of calls, and the scope that expressions share. Nothing recurses.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::format::{Style, write};
use super::functions::find;
use super::names;
use super::operators::{binary, bits_decided, condition, element, range, second_truth, truth, unary, with_element};
use super::program::{Binary, Block, Definition, Op};
use super::stop::{Outcome, Stop, error, type_error};
use super::value::{Kind, Value, hold_list, real};
use crate::error::ErrorKind;
use crate::limits::{Budget, price};

/// About as deep as math.js can call functions of its users.
const CALLS_MAX: usize = 2_500;

/// Values on the stack: 6 MiB. Arguments of calls that are under way stay there.
const STACK_MAX: usize = 1 << 18;

pub(super) struct Machine<'a, 'f> {
    scope: BTreeMap<Arc<str>, Value>,
    stack: Vec<Value>,
    /// Where the values lie that are indexed now.
    indexed: Vec<usize>,
    pub(super) budget: Budget<'a, 'f>,
}

/// A call that is under way.
struct Frame {
    definition: Arc<Definition>,
    at: usize,
    /// Where its arguments begin on the stack.
    base: usize,
    /// The length of the stack after it, without its result.
    end: usize,
}

/// What follows an operation.
enum Next {
    Continue,
    Jump(u32),
    Enter(Frame),
}

impl<'a, 'f> Machine<'a, 'f> {
    pub(super) fn new(budget: Budget<'a, 'f>) -> Self {
        Self { scope: BTreeMap::new(), stack: Vec::new(), indexed: Vec::new(), budget }
    }

    /// The value of a text, printed.
    pub(super) fn print(&mut self, block: &Block, precision: Option<u32>) -> Outcome<String> {
        let mut text = String::new();
        if !block.is_set {
            for statement in &block.statements {
                let value = self.run(&statement.code)?;
                write(&value, Style::Format(precision), &mut text, &mut self.budget)?;
            }
            return Ok(text);
        }
        text.push('[');
        for statement in &block.statements {
            let value = self.run(&statement.code)?;
            if statement.is_shown {
                if text.len() > 1 {
                    text.push_str(", ");
                }
                // A set of results ignores the precision.
                write(&value, Style::Javascript, &mut text, &mut self.budget)?;
            }
        }
        text.push(']');
        Ok(text)
    }

    fn run(&mut self, code: &[Op]) -> Outcome<Value> {
        self.stack.clear();
        self.indexed.clear();
        let (mut frames, mut outside): (Vec<Frame>, usize) = (Vec::new(), 0);
        loop {
            let (code, at, base) = match frames.last_mut() {
                Some(Frame { definition, at, base, .. }) => (&definition.code[..], at, *base),
                None => (code, &mut outside, 0),
            };
            let Some(op) = code.get(*at) else {
                let value = self.pop();
                match frames.pop() {
                    None => return Ok(value),
                    Some(frame) => self.stack.truncate(frame.end),
                }
                self.stack.push(value);
                continue;
            };
            *at += 1;
            self.budget.charge(price::SCALAR)?;
            if self.stack.len() > STACK_MAX {
                return Err(ErrorKind::OutOfMemory { limit: self.budget.limits.memory_bytes }.into());
            }
            match self.step(op, base)? {
                Next::Continue => {}
                Next::Jump(to) => *at = to as usize,
                Next::Enter(_) if frames.len() == CALLS_MAX => {
                    return Err(Stop::Thrown("RangeError: Maximum call stack size exceeded".to_owned()));
                }
                Next::Enter(frame) => frames.push(frame),
            }
        }
    }

    /// Programs leave what they take: the default is never used.
    fn pop(&mut self) -> Value {
        self.stack.pop().unwrap_or(Value::Undefined)
    }

    fn pop_many(&mut self, count: u32) -> Vec<Value> {
        self.stack.split_off(self.stack.len().saturating_sub(count as usize))
    }

    fn push(&mut self, value: Value) -> Outcome<Next> {
        self.stack.push(value);
        Ok(Next::Continue)
    }

    fn step(&mut self, op: &Op, base: usize) -> Outcome<Next> {
        let value = match op {
            Op::Undefined => Value::Undefined,
            Op::Null => Value::Null,
            Op::Bool(bool) => Value::Bool(*bool),
            Op::Number(number) => Value::Number(*number),
            Op::Text(text) => Value::text(text.to_string(), &mut self.budget)?,
            Op::Load(name) => self.load(name)?,
            Op::Parameter(place) => self.stack[base + *place as usize].clone(),
            Op::End => self.end()?,
            Op::Store(name) => {
                let value = self.pop();
                self.store(name, value)?
            }
            Op::StoreAt(name) => self.store_at(name)?,
            Op::Define(definition) => self.store(&definition.name, Value::Defined(definition.clone()))?,
            Op::Call(name, count) => {
                let function = self.function(name)?;
                return self.call(&function, name, *count, 0);
            }
            Op::CallValue(name, count) => {
                let below = self.stack.len() - *count as usize - 1;
                let function = self.stack[below].clone();
                return self.call(&function, name, *count, 1);
            }
            Op::List(count) => {
                let values = self.pop_many(*count);
                Value::list(values, Kind::Matrix, &mut self.budget)?
            }
            Op::Range { has_step } => {
                let (end, step) = (self.pop(), if *has_step { self.pop() } else { Value::Number(1.0) });
                let start = self.pop();
                self.budget.charge(start.reading_price() + step.reading_price() + end.reading_price())?;
                let step = real(&step, "range", 2)?;
                range(&start, step, &end, &mut self.budget)?
            }
            Op::BeginIndex => {
                self.indexed.push(self.stack.len() - 1);
                return Ok(Next::Continue);
            }
            Op::EndIndex => {
                self.indexed.pop();
                return Ok(Next::Continue);
            }
            Op::Index => {
                let (index, object) = (self.pop(), self.pop());
                element(&object, &index, &mut self.budget)?
            }
            Op::Unary(operation) => {
                let value = self.pop();
                self.budget.charge(value.reading_price())?;
                unary(*operation, &value, &mut self.budget)?
            }
            Op::Binary(operation) => {
                let (b, a) = (self.pop(), self.pop());
                binary(*operation, &a, &b, &mut self.budget)?
            }
            Op::PlusPercent | Op::MinusPercent => {
                let (fraction, a) = (self.pop(), self.pop());
                let part = binary(Binary::Multiply, &a, &fraction, &mut self.budget)?;
                let operation = if matches!(op, Op::PlusPercent) { Binary::Add } else { Binary::Subtract };
                binary(operation, &a, &part, &mut self.budget)?
            }
            Op::Jump(to) => return Ok(Next::Jump(*to)),
            Op::JumpUnless(to) => {
                let value = self.pop();
                self.budget.charge(value.reading_price())?;
                let is_true = condition(&value)?;
                return Ok(if is_true { Next::Continue } else { Next::Jump(*to) });
            }
            Op::And(to) | Op::Or(to) => {
                let is_or = matches!(op, Op::Or(_));
                let value = self.pop();
                self.budget.charge(value.reading_price())?;
                let is_decided = truth(&value, if is_or { "or" } else { "and" })? == is_or;
                self.stack.push(if is_decided { Value::Bool(is_or) } else { value });
                if !is_decided {
                    return Ok(Next::Continue);
                }
                return Ok(Next::Jump(*to));
            }
            Op::Truth(name) => {
                let (b, a) = (self.pop(), self.pop());
                self.budget.charge(b.reading_price())?;
                Value::Bool(second_truth(&a, &b, name)?)
            }
            Op::Bits(operation, to) => {
                let value = self.pop();
                self.budget.charge(value.reading_price())?;
                let decided = bits_decided(*operation, &value);
                let next = if decided.is_some() { Next::Jump(*to) } else { Next::Continue };
                self.stack.push(decided.unwrap_or(value));
                return Ok(next);
            }
            Op::Nullish(to) => {
                if !matches!(self.stack.last(), Some(Value::Null | Value::Undefined) | None) {
                    return Ok(Next::Jump(*to));
                }
                self.pop();
                return Ok(Next::Continue);
            }
            Op::Chain(operation, to) => {
                let (b, a) = (self.pop(), self.pop());
                if let Value::Bool(false) = binary(*operation, &a, &b, &mut self.budget)? {
                    self.stack.push(Value::Bool(false));
                    return Ok(Next::Jump(*to));
                }
                b
            }
        };
        self.push(value)
    }

    /// The value of a name; `None` if it has none, with the price of finding out why.
    fn lookup(&mut self, name: &str) -> Outcome<Option<Value>> {
        self.budget.charge(30 + name.len() as u64 / 4)?;
        let found = self.scope.get(name).cloned().or_else(|| names::value(name));
        if found.is_none() {
            self.budget.charge(names::REFUSAL_PRICE)?;
        }
        Ok(found)
    }

    fn load(&mut self, name: &str) -> Outcome<Value> {
        if let Some(value) = self.lookup(name)? {
            return Ok(value);
        }
        names::refuse(name)?;
        error(format!("Undefined symbol {name}"))
    }

    fn function(&mut self, name: &str) -> Outcome<Value> {
        if let Some(value) = self.lookup(name)? {
            return Ok(value);
        }
        // A unit is no function.
        if !names::is_unit(name) {
            names::refuse(name)?;
        }
        error(format!("Undefined function {name}"))
    }

    fn store(&mut self, name: &Arc<str>, value: Value) -> Outcome<Value> {
        if &**name == "end" {
            return error("Cannot assign to symbol \"end\"");
        }
        self.budget.hold(name.len() as u64 + 64)?;
        self.budget.charge(20)?;
        self.scope.insert(name.clone(), value.clone());
        Ok(value)
    }

    fn store_at(&mut self, name: &Arc<str>) -> Outcome<Value> {
        let (value, index, object) = (self.pop(), self.pop(), self.pop());
        let changed = with_element(&object, &index, &value, &mut self.budget)?;
        self.store(name, changed)?;
        Ok(value)
    }

    fn end(&mut self) -> Outcome<Value> {
        let object = self.indexed.last().and_then(|place| self.stack.get(*place));
        match object {
            Some(Value::List(values, _)) => Ok(Value::Number(values.len() as f64)),
            Some(Value::Text(text)) => {
                self.budget.charge(text.len() as u64)?;
                Ok(Value::Number(text.encode_utf16().count() as f64))
            }
            _ => error("Undefined symbol end"),
        }
    }

    /// Calls a function with the arguments on the stack, with so many values below them that go with it.
    fn call(&mut self, function: &Value, name: &str, count: u32, below: usize) -> Outcome<Next> {
        let base = self.stack.len() - count as usize;
        match function {
            Value::Builtin(known) => {
                let Some(row) = find(known) else { return error(format!("Undefined function {name}")) };
                let args = self.stack.split_off(base);
                self.stack.truncate(base - below);
                let value = row.call(&args, &mut self.budget)?;
                self.push(value)
            }
            Value::Defined(definition) => {
                let (expected, count) = (definition.parameters.len(), count as usize);
                if count < expected {
                    return type_error(format!("Too few arguments in function {name} (expected: any, index: {count})"));
                }
                if count > expected {
                    return type_error(format!(
                        "Too many arguments in function {name} (expected: {expected}, actual: {count})"
                    ));
                }
                hold_list(4, &mut self.budget)?;
                Ok(Next::Enter(Frame { definition: definition.clone(), at: 0, base, end: base - below }))
            }
            other => {
                let mut text = String::new();
                write(other, Style::Format(None), &mut text, &mut self.budget)?;
                type_error(format!("'{name}' is not a function; its value is:\n  {text}"))
            }
        }
    }
}
