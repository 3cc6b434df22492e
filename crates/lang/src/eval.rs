//! The evaluator: one loop over the nodes of a program, without recursion. Every operation is paid for before it runs.

use crate::arithmetic;
use crate::binder::{Loop, Step};
use crate::error::{ErrorKind, Failure, TypeError, ValueError};
use crate::functions;
use crate::lexer::nfkc;
use crate::limits::{Budget, Fuel, Limits, price};
use crate::number::Integer;
use crate::plan::Kind;
use crate::program::{Binder, Node, Program};
use crate::sequence;
use crate::value::{Answer, Argument, Value};

impl Program {
    /// Evaluates a program without parameters, with [`Limits::fuel`] and without a clock.
    ///
    /// # Errors
    ///
    /// An exception of CPython or a limit, with the node that caused it.
    pub fn evaluate(&self, limits: &Limits) -> Result<Answer, Failure> {
        self.evaluate_with(&[], limits, &mut Fuel::new(limits.fuel))
    }

    /// Evaluates the program with `fuel`, and with a value for each of its parameters, in the order of their
    /// declaration ([`Context::parameters`](crate::Context)). A parameter without a value is an unknown name; further
    /// values are ignored. Afterwards [`Fuel::spent`] gives the cost, whatever the outcome.
    ///
    /// # Errors
    ///
    /// Those of [`evaluate`](Self::evaluate), and [`ErrorKind::Deadline`](crate::ErrorKind::Deadline).
    pub fn evaluate_with(&self, arguments: &[Argument], limits: &Limits, fuel: &mut Fuel) -> Result<Answer, Failure> {
        match self.evaluate_planned(arguments, limits, fuel) {
            Some(outcome) => outcome,
            None => self.evaluate_in(&mut Memory::with_room(), arguments, limits, fuel),
        }
    }

    /// The answer by the plan; `None` if there is no plan, or it cannot compute these values.
    fn evaluate_planned(
        &self,
        arguments: &[Argument],
        limits: &Limits,
        fuel: &mut Fuel,
    ) -> Option<Result<Answer, Failure>> {
        if self.parameters == 0 || limits.answer_characters < SCALAR_CHARACTERS {
            return None;
        }
        let plan = self.plan().filter(|plan| !plan.branches && fuel.suffices(plan.price))?;
        let value = plan.row(|column| match arguments.get(usize::from(column)) {
            Some(Argument::Float(value)) => Some(*value),
            _ => None,
        })?;
        let answer = Answer::new(match plan.kind {
            Kind::Float => Value::Float(value),
            Kind::Truth => Value::Bool(value != 0.0),
        });
        let node = (self.nodes.len() as u32).saturating_sub(1);
        Some(fuel.pay(plan.price).map(|()| answer).map_err(|kind| Failure { kind, node }))
    }

    /// [`evaluate_with`](Self::evaluate_with), in memory that is reused.
    pub(crate) fn evaluate_in(
        &self,
        memory: &mut Memory,
        arguments: &[Argument],
        limits: &Limits,
        fuel: &mut Fuel,
    ) -> Result<Answer, Failure> {
        self.evaluate_traced(memory, arguments, limits, fuel, &mut ())
    }

    /// The same, with an observer.
    pub(crate) fn evaluate_traced(
        &self,
        memory: &mut Memory,
        arguments: &[Argument],
        limits: &Limits,
        fuel: &mut Fuel,
        trace: &mut impl Trace,
    ) -> Result<Answer, Failure> {
        let mut budget = Budget::new(self.mode, limits, fuel);
        let mut machine = Machine { program: self, at: 0, base: 0, memory };
        if self.parameters > 0 {
            let given = arguments.iter().take(self.parameters as usize);
            for argument in given {
                let value = arithmetic::argument(argument, &mut budget);
                // A fraction or a decimal holds memory until its name is released.
                match value.and_then(|value| budget.hold(value.heap_bytes()).map(|()| value)) {
                    Ok(value) => machine.memory.bindings.push(Some(Binding::Value(value))),
                    Err(kind) => {
                        memory.clear();
                        return Err(Failure { kind, node: 0 });
                    }
                }
            }
            machine.memory.bindings.resize(self.names.len(), None);
        }
        let outcome = machine.run(&mut budget, trace);
        let at = machine.at as u32;
        debug_assert!(outcome.as_ref().map_or(true, |value| memory.is_settled(value, &budget)));
        memory.clear();
        let value = outcome.map_err(|kind| Failure { kind, node: at })?;
        let node = (self.nodes.len() as u32).saturating_sub(1);
        self.answer(value, &mut budget).map_err(|kind| Failure { kind, node })
    }

    /// The value as an answer, or the error that it cannot be one.
    fn answer(&self, value: Value, budget: &mut Budget) -> Result<Answer, ErrorKind> {
        let limit = budget.limits.answer_characters;
        match &value {
            // These values are always short, so their text is made only when it is needed.
            Value::None | Value::Bool(_) | Value::Float(_) | Value::Int(Integer::Small(_))
                if limit >= SCALAR_CHARACTERS =>
            {
                budget.charge(value.text_estimate().1)?;
                return Ok(Answer::new(value));
            }
            Value::Range(_) => return Err(ErrorKind::RangeAsAnswer),
            _ => {}
        }
        let (characters, price) = value.text_estimate();
        // The number of an integer's digits is never too low.
        if matches!(value, Value::Int(_)) && characters < limit {
            budget.charge(price)?;
            return Ok(Answer::new(value));
        }
        // The estimate may be one character too high; then the text is made and counted.
        if characters > limit + 1 {
            return Err(ErrorKind::AnswerTooLong { characters, limit });
        }
        budget.charge(price)?;
        if let Some(name) = self.function_in(&value) {
            return Err(ErrorKind::FunctionAsAnswer { name: name.to_owned() });
        }
        let answer = Answer::new(value);
        let characters = answer.text().chars().count() as u64;
        if characters > limit {
            return Err(ErrorKind::AnswerTooLong { characters, limit });
        }
        Ok(answer)
    }

    /// The name of a function that the value is or holds, since it cannot be parsed back. Containers bound the
    /// recursion.
    fn function_in<'p>(&'p self, value: &Value) -> Option<&'p str> {
        match value {
            Value::Function(function) => Some(function.name),
            Value::Defined(definition) => Some(&self.names[self.definitions[*definition as usize].name as usize]),
            Value::List(items) | Value::Tuple(items) | Value::Set(items) => {
                items.values.iter().find_map(|value| self.function_in(value))
            }
            _ => None,
        }
    }
}

/// The longest text of a float or a machine word: `-2.2250738585072014e-308`.
const SCALAR_CHARACTERS: u64 = 24;

/// An observer of an evaluation.
pub(crate) trait Trace {
    /// Called before each node, and once after the last one.
    #[inline]
    fn before(&mut self, _machine: &Machine<'_, '_>) {}
}

/// The observer that does nothing.
impl Trace for () {}

/// The meaning of a name.
#[derive(Clone)]
pub(crate) enum Binding {
    Value(Value),
    /// A formula, which is evaluated at each use.
    Formula(u32),
    /// A function.
    Function(u32),
}

/// A definition that is being evaluated.
pub(crate) struct Frame {
    pub(crate) definition: u32,
    return_to: usize,
    /// The index of the caller's first local value.
    base: usize,
}

/// A running binder, and the heights of the stacks at the beginning of its body.
pub(crate) struct Running {
    machine: Loop,
    /// The node at the end of its body.
    end: usize,
    values: usize,
    locals: usize,
    frames: usize,
    base: usize,
}

/// The evaluator's stacks, reused from one evaluation to the next.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) values: Vec<Value>,
    /// For each name.
    pub(crate) bindings: Vec<Option<Binding>>,
    /// Arguments and bound names.
    pub(crate) locals: Vec<Value>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) loops: Vec<Running>,
    /// The error bound of the last binder's value.
    pub(crate) estimate: Option<f64>,
}

impl Memory {
    /// With enough room for nearly every program.
    fn with_room() -> Self {
        Self { values: Vec::with_capacity(8), ..Self::default() }
    }

    /// Whether the evaluation has ended properly: all stacks are empty, and the memory still counted is that of the
    /// value and of the names' values.
    fn is_settled(&self, value: &Value, budget: &Budget) -> bool {
        let bound = self.bindings.iter().flatten().map(|binding| match binding {
            Binding::Value(value) => value.heap_bytes(),
            Binding::Formula(_) | Binding::Function(_) => 0,
        });
        let left_over = self.values.len() + self.locals.len() + self.frames.len() + self.loops.len();
        left_over == 0 && budget.held_bytes() == value.heap_bytes() + bound.sum::<u64>()
    }

    fn clear(&mut self) {
        self.values.clear();
        self.bindings.clear();
        self.locals.clear();
        self.frames.clear();
        self.loops.clear();
        self.estimate = None;
    }
}

pub(crate) struct Machine<'p, 'm> {
    program: &'p Program,
    pub(crate) at: usize,
    /// The index of the first local value of the current definition.
    pub(crate) base: usize,
    pub(crate) memory: &'m mut Memory,
}

impl<'p> Machine<'p, '_> {
    /// Runs the program to its end. A binder may recover from a failure of its body.
    fn run(&mut self, budget: &mut Budget, trace: &mut impl Trace) -> Result<Value, ErrorKind> {
        loop {
            match self.run_on(budget, trace) {
                Err(kind) if !self.memory.loops.is_empty() => self.recover(kind, budget)?,
                outcome => return outcome,
            }
        }
    }

    fn run_on(&mut self, budget: &mut Budget, trace: &mut impl Trace) -> Result<Value, ErrorKind> {
        while let Some(node) = self.program.nodes.get(self.at) {
            trace.before(self);
            budget.charge(price::SCALAR)?;
            match *node {
                Node::Small(value) => self.memory.values.push(Value::Int(Integer::from(i64::from(value)))),
                Node::Constant(constant) => {
                    let value = self.program.constants[constant as usize].clone();
                    if let Value::Int(integer) = &value {
                        // The price of reading the digits, which the parser has done.
                        budget.charge(integer.text_price())?;
                    }
                    self.push(value, budget)?;
                }
                Node::Literal(constant) => {
                    let Value::Str(text) = &self.program.constants[constant as usize] else {
                        return Err(ErrorKind::Internal);
                    };
                    self.push(arithmetic::literal(&text.string, budget)?, budget)?;
                }
                Node::None | Node::Absent => self.memory.values.push(Value::None),
                Node::Bool(value) => self.memory.values.push(Value::Bool(value)),
                Node::MathConstant { row, .. } => {
                    self.push(functions::constant(row, budget)?, budget)?;
                }
                Node::Function(row) => {
                    self.memory.values.push(functions::at(row).map(Value::Function).ok_or(ErrorKind::Internal)?);
                }
                Node::Name(name) => {
                    if self.name(name, budget)? {
                        continue;
                    }
                }
                Node::Local { slot, .. } => {
                    let value =
                        self.memory.locals.get(self.base + slot as usize).cloned().ok_or(ErrorKind::Internal)?;
                    self.push(value, budget)?;
                }
                Node::Unknown(name) => return Err(ErrorKind::UnknownName { name: self.spelling(name) }),
                Node::UnknownMath(name) => return Err(ErrorKind::UnknownMathName { name: self.spelling(name) }),
                Node::Unary(operator) => {
                    if let Some(operand) = self.memory.values.last_mut()
                        && let Some(value) = arithmetic::quick_unary(operator, operand, budget)?
                    {
                        *operand = value;
                        self.at += 1;
                        continue;
                    }
                    let operand = self.pop(budget)?;
                    self.push(arithmetic::unary(operator, &operand, budget)?, budget)?;
                }
                Node::Factorial => {
                    let operand = self.pop(budget)?;
                    self.push(functions::factorial(&operand, budget)?, budget)?;
                }
                Node::Root(index) => {
                    let operand = self.pop(budget)?;
                    self.push(arithmetic::root(&operand, index, budget)?, budget)?;
                }
                Node::Binary(operator) => {
                    if let [.., left, right] = &mut self.memory.values[..]
                        && let Some(value) = arithmetic::quick(operator, left, right, budget.mode)
                    {
                        *left = value;
                        self.memory.values.pop();
                        self.at += 1;
                        continue;
                    }
                    let right = self.pop(budget)?;
                    let left = self.pop(budget)?;
                    self.push(arithmetic::binary(operator, &left, &right, budget)?, budget)?;
                }
                Node::Compare(operator) => {
                    let right = self.pop(budget)?;
                    let left = self.pop(budget)?;
                    self.memory.values.push(Value::Bool(arithmetic::compare(operator, &left, &right, budget)?));
                }
                Node::CompareStep(operator, jump) => {
                    let right = self.pop(budget)?;
                    let left = self.pop(budget)?;
                    if arithmetic::compare(operator, &left, &right, budget)? {
                        self.push(right, budget)?;
                    } else {
                        self.memory.values.push(Value::Bool(false));
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
                Node::List(count) => {
                    let values = self.take(count, budget)?;
                    self.push(Value::list(values, budget)?, budget)?;
                }
                Node::Tuple(count) => {
                    let values = self.take(count, budget)?;
                    self.push(Value::tuple(values, budget)?, budget)?;
                }
                Node::Set(count) => {
                    let values = self.take(count, budget)?;
                    self.push(Value::set(values, budget)?, budget)?;
                }
                Node::Index => {
                    let index = self.pop(budget)?;
                    let container = self.pop(budget)?;
                    self.push(sequence::index(&container, &index, budget)?, budget)?;
                }
                Node::Slice => {
                    let parts = self.take(3, budget)?;
                    let container = self.pop(budget)?;
                    let [start, stop, step] = &parts[..] else { return Err(ErrorKind::Internal) };
                    self.push(sequence::slice(&container, [start, stop, step], budget)?, budget)?;
                }
                Node::CallFunction { row, keywords, arguments, first_keyword } => {
                    let names = self.keyword_names(keywords, first_keyword);
                    let first = self.memory.values.len().checked_sub(arguments as usize).ok_or(ErrorKind::Internal)?;
                    let result = functions::call(row, &self.memory.values[first..], &names, budget)?;
                    self.drop_from(first, budget);
                    self.push(result, budget)?;
                }
                Node::Call { keywords, arguments, first_keyword } => {
                    if self.call(keywords, arguments, first_keyword, budget)? {
                        continue;
                    }
                }
                Node::BinderStart { binder, jump } => {
                    let to = self.pop(budget)?;
                    let from = if binder == Binder::Derivative { Value::None } else { self.pop(budget)? };
                    let levels = if binder == Binder::Integral { self.levels(jump) } else { 0 };
                    let (machine, step) = Loop::start(binder, &from, &to, levels, budget)?;
                    match step {
                        Step::Done { value, error } => {
                            self.tell(error);
                            self.push(value, budget)?;
                            self.at += jump as usize;
                        }
                        Step::Evaluate(point) => {
                            if self.memory.loops.len() as u64 >= budget.limits.depth {
                                return Err(ErrorKind::TooDeep { limit: budget.limits.depth });
                            }
                            self.memory.loops.push(Running {
                                machine,
                                end: self.at + jump as usize,
                                values: self.memory.values.len(),
                                locals: self.memory.locals.len(),
                                frames: self.memory.frames.len(),
                                base: self.base,
                            });
                            budget.hold(point.heap_bytes())?;
                            self.memory.locals.push(point);
                        }
                    }
                }
                Node::BinderEnd { .. } => {
                    let body = self.pop(budget)?;
                    let running = self.memory.loops.last_mut().ok_or(ErrorKind::Internal)?;
                    running.machine.accepts(&body)?;
                    let step = running.machine.feed(&body, budget);
                    if step.is_err() {
                        // A binder cannot recover from its own error.
                        self.memory.loops.pop();
                    }
                    self.go_on(step?, budget)?;
                    continue;
                }
                Node::Assign { count, names_at, unpack } => self.assign(count, names_at, unpack, budget)?,
                Node::Clear { count, names_at } => {
                    for at in names_at..names_at + count {
                        self.bind(self.program.targets[at as usize], None, budget)?;
                    }
                    self.memory.values.push(Value::None);
                }
                Node::Define { definition, jump } => {
                    let name = self.program.definitions[definition as usize].name;
                    let is_formula = self.program.definitions[definition as usize].parameters.is_none();
                    let binding = if is_formula { Binding::Formula(definition) } else { Binding::Function(definition) };
                    self.bind(name, Some(binding), budget)?;
                    let end = self.at + jump as usize;
                    if is_formula && end + 1 == self.program.nodes.len() {
                        // The value of a formula is that of its last statement.
                        self.enter(definition, end + 1, budget)?;
                        continue;
                    }
                    self.memory.values.push(Value::None);
                    self.at = end;
                }
                Node::EndDefine { .. } => {
                    let frame = self.memory.frames.pop().ok_or(ErrorKind::Internal)?;
                    for value in self.memory.locals.drain(self.base..) {
                        budget.release(value.heap_bytes());
                    }
                    (self.base, self.at) = (frame.base, frame.return_to);
                    continue;
                }
                Node::Drop => {
                    self.pop(budget)?;
                }
            }
            self.at += 1;
        }
        trace.before(self);
        self.memory.values.pop().ok_or(ErrorKind::Internal)
    }

    /// How many integrals are nested at the start of this binder, whose body is the next `jump` nodes.
    fn levels(&self, jump: u32) -> usize {
        let around = self.memory.loops.iter().filter(|running| running.machine.is_integral()).count();
        let body = &self.program.nodes[self.at + 1..self.at + jump as usize];
        let (mut open, mut most) = (0, 0_usize);
        for node in body {
            match node {
                Node::BinderStart { binder: Binder::Integral, .. } => (open, most) = (open + 1, most.max(open + 1)),
                Node::BinderEnd { binder: Binder::Integral, .. } => open -= 1,
                _ => {}
            }
        }
        around + 1 + most
    }

    /// Continues with the step that the innermost binder takes at the end of its body.
    fn go_on(&mut self, step: Step, budget: &mut Budget) -> Result<(), ErrorKind> {
        let point = self.memory.locals.pop().ok_or(ErrorKind::Internal)?;
        budget.release(point.heap_bytes());
        match step {
            Step::Done { value, error } => {
                self.memory.loops.pop();
                self.tell(error);
                self.push(value, budget)?;
                self.at += 1;
            }
            Step::Evaluate(point) => {
                let Node::BinderEnd { jump, .. } = self.program.nodes[self.at] else { return Err(ErrorKind::Internal) };
                budget.hold(point.heap_bytes())?;
                self.memory.locals.push(point);
                self.at -= jump as usize;
            }
        }
        Ok(())
    }

    /// Reports the error bound of a value to the observer, and to the binder around it.
    fn tell(&mut self, error: Option<f64>) {
        self.memory.estimate = error;
        if let (Some(error), Some(running)) = (error, self.memory.loops.last_mut()) {
            running.machine.tell(error);
        }
    }

    /// Reports a failure to the binders around it, from the innermost on, until one can recover. If none can, the
    /// failure names the value of the innermost binder's variable.
    fn recover(&mut self, mut kind: ErrorKind, budget: &mut Budget) -> Result<(), ErrorKind> {
        let at = self.at;
        while let Some(running) = self.memory.loops.last_mut() {
            let (outcome, end) = (running.machine.fail(&kind, budget), running.end);
            if let Some(outcome) = outcome {
                let (values, locals, frames, base) = (running.values, running.locals, running.frames, running.base);
                self.drop_from(values, budget);
                for value in self.memory.locals.drain((locals + 1).min(self.memory.locals.len())..) {
                    budget.release(value.heap_bytes());
                }
                self.memory.frames.truncate(frames);
                (self.base, self.at) = (base, end);
                match outcome {
                    Ok(step) => return self.go_on(step, budget),
                    Err(own) => kind = own,
                }
            } else if let (true, Some(point), Node::BinderEnd { name, .. }) =
                (kind.is_of_values(), running.machine.point(), self.program.nodes[end])
                && !matches!(kind, ErrorKind::AtPoint { .. } | ErrorKind::NoConvergence { .. })
            {
                kind = ErrorKind::AtPoint { variable: self.spelling(name), at: point, cause: Box::new(kind) };
            }
            self.memory.loops.pop();
        }
        // The failing node is the place of the error, unless a binder gave up.
        if !matches!(kind, ErrorKind::NoConvergence { .. }) {
            self.at = at;
        }
        Err(kind)
    }

    fn spelling(&self, name: u32) -> String {
        // A name is reported in its normal form, even if that is a keyword.
        nfkc(&self.program.names[name as usize])
    }

    #[inline]
    fn push(&mut self, value: Value, budget: &mut Budget) -> Result<(), ErrorKind> {
        budget.hold(value.heap_bytes())?;
        self.memory.values.push(value);
        Ok(())
    }

    #[inline]
    fn pop(&mut self, budget: &mut Budget) -> Result<Value, ErrorKind> {
        // The parser writes enough operands before each node.
        let value = self.memory.values.pop().ok_or(ErrorKind::Internal)?;
        budget.release(value.heap_bytes());
        Ok(value)
    }

    /// The last `count` values, in order.
    fn take(&mut self, count: u32, budget: &mut Budget) -> Result<Vec<Value>, ErrorKind> {
        let first = self.memory.values.len().checked_sub(count as usize).ok_or(ErrorKind::Internal)?;
        let values = self.memory.values.split_off(first);
        values.iter().for_each(|value| budget.release(value.heap_bytes()));
        Ok(values)
    }

    fn drop_from(&mut self, first: usize, budget: &mut Budget) {
        for value in self.memory.values.drain(first..) {
            budget.release(value.heap_bytes());
        }
    }

    /// `and` and `or`: keeps the left operand and jumps if it decides the result, else drops it.
    fn jump_or_drop(&mut self, decides: bool, jump: u32, budget: &mut Budget) -> Result<(), ErrorKind> {
        if self.memory.values.last().is_some_and(|value| value.is_true() == decides) {
            self.at += jump as usize;
        } else {
            self.pop(budget)?;
        }
        Ok(())
    }

    /// Pushes the value of a name; `true` if the name is a formula, whose body begins now.
    fn name(&mut self, name: u32, budget: &mut Budget) -> Result<bool, ErrorKind> {
        match self.memory.bindings.get(name as usize) {
            Some(Some(Binding::Value(value))) => {
                let value = value.clone();
                self.push(value, budget)?;
            }
            Some(Some(Binding::Function(definition))) => self.memory.values.push(Value::Defined(*definition)),
            Some(Some(Binding::Formula(definition))) => {
                self.enter(*definition, self.at + 1, budget)?;
                return Ok(true);
            }
            Some(None) | None => {
                let text = &*self.program.names[name as usize];
                let value = if let Some(row) = functions::find_constant(text) {
                    functions::constant(row, budget)?
                } else if let Some(function) = functions::find(text) {
                    Value::Function(function)
                } else {
                    return Err(ErrorKind::UnknownName { name: self.spelling(name) });
                };
                self.push(value, budget)?;
            }
        }
        Ok(false)
    }

    fn bind(&mut self, name: u32, binding: Option<Binding>, budget: &mut Budget) -> Result<(), ErrorKind> {
        let bytes = |binding: &Option<Binding>| match binding {
            Some(Binding::Value(value)) => value.heap_bytes(),
            _ => 0,
        };
        if self.memory.bindings.len() <= name as usize {
            self.memory.bindings.resize(self.program.names.len(), None);
        }
        budget.hold(bytes(&binding))?;
        let earlier = std::mem::replace(&mut self.memory.bindings[name as usize], binding);
        budget.release(bytes(&earlier));
        Ok(())
    }

    /// Assigns the value on the stack to a name, or its elements to several names.
    fn assign(&mut self, count: u32, names_at: u32, unpack: bool, budget: &mut Budget) -> Result<(), ErrorKind> {
        let value = self.memory.values.last().cloned().ok_or(ErrorKind::Internal)?;
        let names = &self.program.targets[names_at as usize..(names_at + count) as usize];
        if let ([name], false) = (names, unpack) {
            return self.bind(*name, Some(Binding::Value(value)), budget);
        }
        let expected = u64::from(count);
        let Some(elements) = value.elements() else {
            return Err(TypeError::Unpacking { found: value.kind() }.into());
        };
        match value.length().unwrap_or(0) {
            length if length != expected => {
                // CPython gives the number of surplus values only if it is known at once.
                let known = length < expected || matches!(value, Value::List(_) | Value::Tuple(_));
                Err(ValueError::Unpack { expected, got: known.then_some(length) }.into())
            }
            _ => names
                .iter()
                .zip(elements)
                .try_for_each(|(name, element)| self.bind(*name, Some(Binding::Value(element)), budget)),
        }
    }

    /// Begins the body of a definition. Its arguments are the last local values.
    fn enter(&mut self, definition: u32, return_to: usize, budget: &Budget) -> Result<(), ErrorKind> {
        if self.memory.frames.iter().any(|frame| frame.definition == definition) {
            let name = self.program.definitions[definition as usize].name;
            return Err(ErrorKind::Recursive { name: self.spelling(name) });
        }
        if self.memory.frames.len() as u64 >= budget.limits.depth {
            return Err(ErrorKind::TooDeep { limit: budget.limits.depth });
        }
        self.memory.frames.push(Frame { definition, return_to, base: self.base });
        self.base = self.memory.locals.len();
        self.at = self.program.definitions[definition as usize].body as usize;
        Ok(())
    }

    fn keyword_names(&self, keywords: u16, first_keyword: u32) -> Vec<&'p str> {
        let program = self.program;
        let keywords = &program.keywords[first_keyword as usize..first_keyword as usize + usize::from(keywords)];
        keywords.iter().map(|name| &*program.names[*name as usize]).collect()
    }

    /// Calls the value below the arguments; `true` if it is a function of the text, whose body begins now.
    fn call(
        &mut self,
        keywords: u16,
        arguments: u32,
        first_keyword: u32,
        budget: &mut Budget,
    ) -> Result<bool, ErrorKind> {
        let names = self.keyword_names(keywords, first_keyword);
        let first = self.memory.values.len().checked_sub(arguments as usize).ok_or(ErrorKind::Internal)?;
        let callee =
            first.checked_sub(1).and_then(|at| self.memory.values.get(at)).cloned().ok_or(ErrorKind::Internal)?;
        match callee {
            Value::Function(function) => {
                let result = functions::call(function.row, &self.memory.values[first..], &names, budget)?;
                self.drop_from(first - 1, budget);
                self.push(result, budget)?;
                Ok(false)
            }
            Value::Defined(definition) => {
                let Some(parameters) = &self.program.definitions[definition as usize].parameters else {
                    return Err(ErrorKind::Internal);
                };
                if let Some(name) = names.first() {
                    let function = self.spelling(self.program.definitions[definition as usize].name);
                    return Err(TypeError::UnknownKeyword { function, name: (*name).to_owned(), meant: None }.into());
                }
                if parameters.len() != arguments as usize {
                    let name = self.spelling(self.program.definitions[definition as usize].name);
                    let (wanted, given) = (parameters.len() as u64, u64::from(arguments));
                    return Err(ErrorKind::DefinedArity { name, wanted, given });
                }
                self.enter(definition, self.at + 1, budget)?;
                // The memory stays counted: the values move from the stack to the local values.
                self.memory.locals.extend(self.memory.values.drain(first..));
                self.memory.values.pop();
                Ok(true)
            }
            other => Err(TypeError::NotCallable { found: other.kind() }.into()),
        }
    }
}
