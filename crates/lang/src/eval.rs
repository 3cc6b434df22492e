//! Program and fuel to a value: one loop, one match. No recursion, and nothing is computed before it is paid for.

use crate::arithmetic;
use crate::error::{ErrorKind, Failure, TypeError};
use crate::functions;
use crate::limits::{Budget, Fuel, Limits, price};
use crate::number::Integer;
use crate::program::{Node, Program};
use crate::value::{Answer, Value};

impl Program {
    /// Evaluates the program on `fuel`; what was spent can be read from it afterwards, whatever the outcome.
    ///
    /// # Errors
    ///
    /// What CPython raises, a limit that would be passed, or a clock that ran out; with the node at which it happened.
    pub fn evaluate(&self, limits: &Limits, fuel: &mut Fuel) -> Result<Answer, Failure> {
        let mut budget = Budget::new(limits, fuel);
        let mut machine = Machine { program: self, values: Vec::new(), at: 0 };
        let value = match machine.run(&mut budget) {
            Ok(value) => value,
            Err(kind) => return Err(Failure { kind, node: machine.at as u32 }),
        };
        let node = (self.nodes.len() as u32).saturating_sub(1);
        answer(value, &mut budget).map_err(|kind| Failure { kind, node })
    }
}

/// The value as an answer, if it may be one.
fn answer(value: Value, budget: &mut Budget) -> Result<Answer, ErrorKind> {
    let limit = budget.limits.answer_characters;
    match &value {
        Value::Function(function) => return Err(ErrorKind::FunctionAsAnswer { name: function.name.to_owned() }),
        Value::Int(integer) => {
            // One digit more than there may be, since the estimate is: then the text is made, and counted.
            let characters = integer.digits_at_most();
            if characters > limit + 1 {
                return Err(ErrorKind::AnswerTooLong { characters, limit });
            }
            budget.charge(integer.text_price())?;
        }
        _ => {}
    }
    let answer = Answer::new(value);
    let characters = answer.text().len() as u64;
    if characters > limit {
        return Err(ErrorKind::AnswerTooLong { characters, limit });
    }
    Ok(answer)
}

struct Machine<'p> {
    program: &'p Program,
    values: Vec<Value>,
    at: usize,
}

impl Machine<'_> {
    fn run(&mut self, budget: &mut Budget) -> Result<Value, ErrorKind> {
        while let Some(node) = self.program.nodes.get(self.at) {
            budget.charge(price::SCALAR)?;
            match *node {
                Node::Small(value) => self.values.push(Value::Int(Integer::from(i64::from(value)))),
                Node::Constant(constant) => {
                    let value = self.program.constants[constant as usize].clone();
                    if let Value::Int(integer) = &value {
                        // Reading its digits was work too, and is paid here.
                        budget.charge(integer.text_price())?;
                    }
                    self.push(value, budget)?;
                }
                Node::None => self.values.push(Value::None),
                Node::Bool(value) => self.values.push(Value::Bool(value)),
                Node::MathConstant { row, .. } => {
                    self.values.push(Value::Float(functions::CONSTANTS[row as usize].1));
                }
                Node::Function(row) => {
                    self.values.push(functions::at(row).map(Value::Function).ok_or(ErrorKind::Internal)?);
                }
                Node::Unknown(name) => return Err(ErrorKind::UnknownName { name: self.name(name) }),
                Node::UnknownMath(name) => return Err(ErrorKind::UnknownMathName { name: self.name(name) }),
                Node::Unary(operator) => {
                    let operand = self.pop(budget)?;
                    self.push(arithmetic::unary(operator, &operand, budget)?, budget)?;
                }
                Node::Binary(operator) => {
                    let right = self.pop(budget)?;
                    let left = self.pop(budget)?;
                    self.push(arithmetic::binary(operator, &left, &right, budget)?, budget)?;
                }
                Node::Compare(operator) => {
                    let right = self.pop(budget)?;
                    let left = self.pop(budget)?;
                    self.values.push(Value::Bool(arithmetic::compare(operator, &left, &right, budget)?));
                }
                Node::CompareStep(operator, jump) => {
                    let right = self.pop(budget)?;
                    let left = self.pop(budget)?;
                    if arithmetic::compare(operator, &left, &right, budget)? {
                        self.push(right, budget)?;
                    } else {
                        self.values.push(Value::Bool(false));
                        self.at += jump as usize;
                    }
                }
                Node::AndJump(jump) => self.jump_or_drop(false, jump, budget)?,
                Node::OrJump(jump) => self.jump_or_drop(true, jump, budget)?,
                Node::IfJump(jump) => {
                    if !self.pop(budget)?.is_true() {
                        self.at += jump as usize;
                        continue;
                    }
                }
                Node::ElseJump(jump) => self.at += jump as usize,
                Node::And | Node::Or | Node::Conditional => {}
                Node::Call { arguments, keywords, first_keyword } => {
                    self.call(arguments as usize, keywords.into(), first_keyword as usize, budget)?;
                }
            }
            self.at += 1;
        }
        self.values.pop().ok_or(ErrorKind::Internal)
    }

    fn name(&self, name: u32) -> String {
        // Even a name that only its normal form makes a keyword is reported by that form.
        crate::lexer::nfkc(&self.program.names[name as usize])
    }

    fn push(&mut self, value: Value, budget: &mut Budget) -> Result<(), ErrorKind> {
        budget.hold(value.heap_bytes())?;
        self.values.push(value);
        Ok(())
    }

    fn pop(&mut self, budget: &mut Budget) -> Result<Value, ErrorKind> {
        // The parser puts as many operands before a node as it takes.
        let value = self.values.pop().ok_or(ErrorKind::Internal)?;
        budget.release(value.heap_bytes());
        Ok(value)
    }

    /// `and` and `or`: keeps the left operand and jumps if it decides, else drops it.
    fn jump_or_drop(&mut self, decides: bool, jump: u32, budget: &mut Budget) -> Result<(), ErrorKind> {
        if self.values.last().is_some_and(|value| value.is_true() == decides) {
            self.at += jump as usize;
        } else {
            self.pop(budget)?;
        }
        Ok(())
    }

    fn call(
        &mut self,
        arguments: usize,
        keywords: usize,
        first_keyword: usize,
        budget: &mut Budget,
    ) -> Result<(), ErrorKind> {
        let program = self.program;
        let names: Vec<&str> = program.keywords[first_keyword..first_keyword + keywords]
            .iter()
            .map(|name| &*program.names[*name as usize])
            .collect();
        let first = self.values.len().checked_sub(arguments).ok_or(ErrorKind::Internal)?;
        let callee = first.checked_sub(1).and_then(|at| self.values.get(at)).cloned().ok_or(ErrorKind::Internal)?;
        let result = match callee {
            Value::Function(function) => functions::call(function, &self.values[first..], &names, budget)?,
            other => return Err(TypeError::NotCallable { found: other.kind() }.into()),
        };
        for value in self.values.drain(first - 1..) {
            budget.release(value.heap_bytes());
        }
        self.push(result, budget)
    }
}
