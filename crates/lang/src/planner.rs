//! Makes the [`Plan`] of a program, if it has one, by tracking the evaluator's stack with types instead of values.

use std::collections::HashMap;
use std::sync::Arc;

use crate::arithmetic::{self, Binary, Comparison, Unary};
use crate::functions::{self, Column};
use crate::limits::{Budget, Fuel, Limits, price};
use crate::mode::Mode;
use crate::number::power::whole_exponent;
use crate::number::{Integer, float};
use crate::plan::{Kind, Operation, Plan, Power, Source, Step};
use crate::program::{Node, Program};
use crate::value::Value;

impl Program {
    /// The program's plan, which is made when it is first needed; `None` if it has none.
    pub(crate) fn plan(&self) -> Option<&Plan> {
        if self.mode != Mode::Python {
            // Only Python's mode has floats.
            return None;
        }
        self.plan.get_or_init(|| Planner::new(self).plan().map(Arc::new)).as_deref()
    }
}

/// The evaluator's stack, as far as it is known without the rows.
#[derive(Clone, Debug)]
enum Part {
    Constant(Value),
    Float(Source),
    Truth(Source),
}

struct Planner<'p> {
    program: &'p Program,
    powers: Vec<Power>,
    steps: Vec<Step>,
    stack: Vec<Part>,
    /// The assigned values, for each name.
    names: HashMap<u32, Part>,
    /// The conditions of the open conditionals.
    conditions: Vec<Source>,
    /// The open chains of comparisons: the last node of each, and its truth value so far.
    chains: Vec<(usize, Source)>,
    /// For each slot, how many reads are still to come.
    uses: Vec<u32>,
    free: Vec<u16>,
    price: u64,
    branches: bool,
}

impl<'p> Planner<'p> {
    fn new(program: &'p Program) -> Self {
        Self {
            program,
            powers: Vec::new(),
            steps: Vec::new(),
            stack: Vec::new(),
            names: HashMap::new(),
            conditions: Vec::new(),
            chains: Vec::new(),
            uses: Vec::new(),
            free: Vec::new(),
            price: 0,
            branches: false,
        }
    }

    fn plan(mut self) -> Option<Plan> {
        for (at, node) in self.program.nodes.iter().enumerate() {
            self.node(at, *node)?;
        }
        let (result, kind, example) = match self.stack.pop()? {
            Part::Float(source) => (source, Kind::Float, Value::Float(0.0)),
            Part::Truth(source) => (source, Kind::Truth, Value::Bool(false)),
            // The result is the same in every row and may not be a float, so a plan would not help.
            Part::Constant(_) => return None,
        };
        // Every answer pays for its text.
        let text = example.text_estimate().1;
        let slots = self.uses.len() as u16;
        let (price, branches) = (self.price + text, self.branches);
        self.powers.sort_unstable();
        Some(Plan { powers: self.powers, steps: self.steps, slots, result, kind, price, branches })
    }

    /// Tracks one node; `None` if a plan cannot express it.
    fn node(&mut self, at: usize, node: Node) -> Option<()> {
        self.price += price::SCALAR;
        match node {
            Node::Small(value) => self.stack.push(Part::Constant(Value::Int(Integer::from(i64::from(value))))),
            Node::Constant(constant) => {
                let value = self.program.constants[constant as usize].clone();
                match &value {
                    Value::Float(_) => {}
                    Value::Int(integer @ Integer::Small(_)) => self.price += integer.text_price(),
                    _ => return None,
                }
                self.stack.push(Part::Constant(value));
            }
            Node::MathConstant { row, .. } => {
                self.stack.push(Part::Constant(Value::Float(functions::CONSTANTS[row as usize].value)));
            }
            Node::Name(name) => {
                let part = match self.names.get(&name) {
                    Some(part) => part.clone(),
                    None if name < self.program.parameters => Part::Float(Source::Column(u16::try_from(name).ok()?)),
                    None => return None,
                };
                self.hold(&part);
                self.stack.push(part);
            }
            Node::Unary(operator) => self.unary(operator)?,
            Node::Binary(operator) => self.binary(operator)?,
            Node::Root(index @ (2 | 3)) => {
                self.price += price::ELEMENTARY * 2;
                let Part::Float(operand) = self.stack.pop()? else { return None };
                match index {
                    2 => self.float(Operation::Root, &[operand])?,
                    _ => self.float(Operation::Two(cube_root), &[operand])?,
                }
            }
            Node::CallFunction { row, keywords: 0, arguments: 1, .. } => {
                let (column, cost) = functions::column(row)?;
                self.price += cost;
                let Part::Float(operand) = self.stack.pop()? else { return None };
                let operation = match column {
                    Column::Absolute => Operation::Absolute,
                    Column::Root => Operation::Root,
                    Column::Float(call) => Operation::One(call),
                    Column::Each(call, all) => Operation::Each(call, all),
                    Column::Same | Column::None => return None,
                };
                self.float(operation, &[operand])?;
            }
            Node::Compare(comparison) => {
                let mut found = self.compare(comparison)?;
                while let Some((_, earlier)) = self.chains.pop_if(|(last, _)| *last == at) {
                    found = self.step(Operation::And, &[earlier, found])?;
                }
                self.stack.push(Part::Truth(found));
            }
            Node::CompareStep(comparison, jump) => {
                self.branches = true;
                // The right operand is the left operand of the next comparison.
                let right = self.stack.last()?.clone();
                self.hold(&right);
                let found = self.compare(comparison)?;
                self.chains.push((at + jump as usize, found));
                self.stack.push(right);
            }
            Node::IfJump(_) => {
                let part = self.stack.pop()?;
                let condition = self.condition(&part)?;
                self.conditions.push(condition);
            }
            Node::ElseJump(_) => {}
            Node::Conditional => {
                let (second, first) = (self.stack.pop()?, self.stack.pop()?);
                let condition = self.conditions.pop()?;
                self.select(condition, first, second)?;
            }
            Node::AndJump(_) | Node::OrJump(_) => {}
            Node::And => self.logical(Operation::And)?,
            Node::Or => self.logical(Operation::Or)?,
            Node::Assign { unpack: false, names_at, .. } => {
                let part = self.stack.last()?.clone();
                self.hold(&part);
                let name = self.program.targets[names_at as usize];
                if let Some(earlier) = self.names.insert(name, part) {
                    self.release(&earlier);
                }
            }
            Node::Drop => {
                let part = self.stack.pop()?;
                self.release(&part);
            }
            _ => return None,
        }
        Some(())
    }

    fn logical(&mut self, operation: Operation) -> Option<()> {
        match (self.stack.pop()?, self.stack.pop()?) {
            (Part::Truth(right), Part::Truth(left)) => {
                self.branches = true;
                let found = self.step(operation, &[left, right])?;
                self.stack.push(Part::Truth(found));
            }
            (right @ Part::Float(_), left @ Part::Float(_)) => {
                self.hold(&left);
                let condition = self.condition(&left)?;
                let (first, second) = if matches!(operation, Operation::And) { (right, left) } else { (left, right) };
                self.select(condition, first, second)?;
            }
            _ => return None,
        }
        Some(())
    }

    fn unary(&mut self, operator: Unary) -> Option<()> {
        match (operator, self.stack.pop()?) {
            (operator, Part::Constant(value)) => {
                // Constants are folded if no limit is involved.
                let limits = Limits::default();
                let mut fuel = Fuel::new(limits.fuel);
                let value =
                    arithmetic::quick_unary(operator, &value, &mut Budget::new(Mode::Python, &limits, &mut fuel))
                        .ok()??;
                self.price += fuel.spent();
                self.stack.push(Part::Constant(value));
                Some(())
            }
            (Unary::Minus, Part::Float(operand)) => self.float(Operation::Negate, &[operand]),
            (Unary::Plus, part @ Part::Float(_)) => {
                self.stack.push(part);
                Some(())
            }
            (Unary::Not, part @ (Part::Float(_) | Part::Truth(_))) => {
                let (Part::Float(operand) | Part::Truth(operand)) = part else { return None };
                let found = self.step(Operation::Not, &[operand])?;
                self.stack.push(Part::Truth(found));
                Some(())
            }
            _ => None,
        }
    }

    fn binary(&mut self, operator: Binary) -> Option<()> {
        let (right, left) = (self.stack.pop()?, self.stack.pop()?);
        if let (Part::Constant(left), Part::Constant(right)) = (&left, &right) {
            let value = arithmetic::quick(operator, left, right, Mode::Python)?;
            self.stack.push(Part::Constant(value));
            return Some(());
        }
        let (left, right) = (number(&left)?, number(&right)?);
        let operation = match operator {
            Binary::Add => Operation::Add,
            Binary::Subtract => Operation::Subtract,
            Binary::Multiply => Operation::Multiply,
            Binary::Divide => Operation::Divide,
            Binary::FloorDivide => Operation::Two(|a, b| float::floor_divide(a, b).ok()),
            Binary::Modulo => Operation::Two(|a, b| float::modulo(a, b).ok()),
            Binary::Power => {
                self.price += price::POWER;
                match (left, right) {
                    (_, Source::Constant(1.0)) => {
                        self.stack.push(Part::Float(left));
                        return Some(());
                    }
                    (_, Source::Constant(2.0)) => return self.float(Operation::Square, &[left]),
                    (Source::Column(column), Source::Constant(exponent)) => match whole_exponent(exponent) {
                        Some(exponent) => return self.power(column, exponent),
                        None => Operation::Two(float::plain_power),
                    },
                    _ => Operation::Two(float::plain_power),
                }
            }
            _ => return None,
        };
        self.float(operation, &[left, right])
    }

    /// An integer power of a column, which is computed only once.
    fn power(&mut self, column: u16, exponent: u32) -> Option<()> {
        let known = self.powers.iter().find(|power| (power.column, power.exponent) == (column, exponent));
        let slot = match known {
            Some(power) => power.slot,
            None => {
                let slot = self.new_slot()?;
                self.powers.push(Power { column, exponent, slot });
                slot
            }
        };
        // The additional read keeps the slot from being reused.
        self.uses[usize::from(slot)] += 1;
        self.stack.push(Part::Float(Source::Slot(slot)));
        Some(())
    }

    fn compare(&mut self, comparison: Comparison) -> Option<Source> {
        if matches!(comparison, Comparison::Is | Comparison::IsNot | Comparison::In | Comparison::NotIn) {
            return None;
        }
        let (right, left) = (self.stack.pop()?, self.stack.pop()?);
        let walk = |part: &Part| match part {
            Part::Constant(value) => value.walk_price(),
            _ => Value::Float(0.0).walk_price(),
        };
        self.price += walk(&left).min(walk(&right)).max(price::SCALAR);
        let exact = |part: &Part| match part {
            // Python compares the exact values, so the integer must be exact as a float.
            Part::Constant(Value::Int(value)) => value.bits() <= 53,
            _ => true,
        };
        if !exact(&left) || !exact(&right) {
            return None;
        }
        let operands = [number(&left)?, number(&right)?];
        self.step(Operation::Compare(comparison), &operands)
    }

    /// The truth value of a part, for each row.
    fn condition(&mut self, part: &Part) -> Option<Source> {
        self.branches = true;
        match part {
            Part::Truth(source) => Some(*source),
            Part::Float(source) => self.step(Operation::Truth, &[*source]),
            Part::Constant(_) => None,
        }
    }

    fn select(&mut self, condition: Source, first: Part, second: Part) -> Option<()> {
        // All rows must have the same type.
        match (first, second) {
            (Part::Truth(first), Part::Truth(second)) => {
                let found = self.step(Operation::Select, &[condition, first, second])?;
                self.stack.push(Part::Truth(found));
                Some(())
            }
            (first, second) => {
                let is_float = |part: &Part| matches!(part, Part::Float(_) | Part::Constant(Value::Float(_)));
                if !is_float(&first) || !is_float(&second) {
                    return None;
                }
                let operands = [condition, number(&first)?, number(&second)?];
                self.float(Operation::Select, &operands)
            }
        }
    }

    /// Adds an operation whose result is a float.
    fn float(&mut self, operation: Operation, operands: &[Source]) -> Option<()> {
        let source = self.step(operation, operands)?;
        self.stack.push(Part::Float(source));
        Some(())
    }

    fn step(&mut self, operation: Operation, operands: &[Source]) -> Option<Source> {
        let mut all = [Source::Constant(0.0); 3];
        for (to, from) in all.iter_mut().zip(operands) {
            *to = *from;
            // A slot that is read for the last time may take the result.
            self.release_source(*from);
        }
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => self.new_slot()?,
        };
        self.uses[usize::from(slot)] = 1;
        self.steps.push(Step { operation, operands: all, slot });
        Some(Source::Slot(slot))
    }

    /// A slot that will be read once.
    fn new_slot(&mut self) -> Option<u16> {
        self.uses.push(1);
        u16::try_from(self.uses.len() - 1).ok()
    }

    fn hold(&mut self, part: &Part) {
        if let Part::Float(Source::Slot(slot)) | Part::Truth(Source::Slot(slot)) = part {
            self.uses[usize::from(*slot)] += 1;
        }
    }

    fn release(&mut self, part: &Part) {
        if let Part::Float(source) | Part::Truth(source) = part {
            self.release_source(*source);
        }
    }

    fn release_source(&mut self, source: Source) {
        if let Source::Slot(slot) = source {
            let uses = &mut self.uses[usize::from(slot)];
            *uses -= 1;
            if *uses == 0 {
                self.free.push(slot);
            }
        }
    }
}

/// A part as a float, if it is an operand of an operator with floats.
fn number(part: &Part) -> Option<Source> {
    match part {
        Part::Float(source) => Some(*source),
        Part::Constant(Value::Float(value)) => Some(Source::Constant(*value)),
        Part::Constant(Value::Int(Integer::Small(value))) => Some(Source::Constant(*value as f64)),
        Part::Truth(_) | Part::Constant(_) => None,
    }
}

fn cube_root(value: f64, _: f64) -> Option<f64> {
    // For a negative number, the result is complex.
    if value < 0.0 { None } else { Some(pxfm::f_cbrt(value)) }
}

#[cfg(test)]
mod tests {
    use crate::{Context, Limits, parse_with};

    fn has_plan(text: &str) -> bool {
        let context = Context { parameters: &["x", "y"], ..Context::default() };
        parse_with(text, &context, &Limits::default()).is_ok_and(|program| program.plan().is_some())
    }

    #[test]
    fn programs_of_floats_have_a_plan() {
        for text in [
            "x",
            "2*x+1",
            "sin(x)**2+cos(x)**2",
            "x**3-2*x/(y+1)",
            "√x",
            "|x-y|",
            "0 < x < y",
            "x if x > 0 else -x",
            "x > 0 and y > 0",
            "z = x*y; z + z**2",
            "x°",
            "x//2 + x%3",
        ] {
            assert!(has_plan(text), "{text}");
        }
    }

    /// Programs in which the type of an answer depends on the row, or is not float or bool.
    #[test]
    fn others_have_none() {
        for text in ["1+1", "x if x > 0 else 0", "round(x)", "[x]", "sum(x*k, k, 1, 3)", "x + 1j", "max(x, 0)", "z"] {
            assert!(!has_plan(text), "{text}");
        }
    }

    /// A program of any length needs only a few slots, and one for each power of a column.
    #[test]
    fn slots_are_used_again() {
        let slots = |term: &str| {
            let text = (3..103).map(|k| term.replace('k', &k.to_string())).collect::<Vec<_>>().join("+");
            let program =
                parse_with(&text, &Context { parameters: &["x"], ..Context::default() }, &Limits::default()).unwrap();
            program.plan().map(|plan| plan.slots)
        };
        assert_eq!(slots("k*sin(x)"), Some(2));
        assert_eq!(slots("k*x**3"), Some(3));
        assert_eq!(slots("k*x**k"), Some(102));
    }
}
