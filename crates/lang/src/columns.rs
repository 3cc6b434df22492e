//! A program over columns of floats: row by row for any program, in blocks for a program with a [`Plan`].
//!
//! Every row's answer is that of the evaluator. In blocks, an operation runs over many rows at once, in loops that the
//! compiler turns into vector instructions. Rows whose result may not be a plain float are noted and given to the
//! evaluator afterwards.

use crate::error::{ErrorKind, Failure};
use crate::eval::Memory;
use crate::limits::{Fuel, Limits};
use crate::number::float::plain_power;
use crate::number::power_ladder::{PowerLadder, cubes, doubts_cube};
use crate::plan::{Kind, Operation, Plan, Source, holds, is_trouble, truth};
use crate::program::Program;
use crate::value::{Answer, Argument};

/// Rows in a block: a few slots of them fit the first-level cache.
const BLOCK: usize = 256;

/// The answers of a program, row by row.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The float or the truth value of each row, by the kind of `rest`.
    floats: Vec<f64>,
    rest: Rest,
}

/// What a column of floats does not tell of the answers that were written into it.
#[derive(Clone, Debug)]
pub struct Rest {
    kind: Kind,
    /// The answers of another kind and the failures, in order of rows.
    others: Vec<(usize, Result<Answer, Failure>)>,
}

/// The answer of a row.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'r> {
    /// A `float`.
    Float(f64),
    /// A `bool`.
    Bool(bool),
    /// Any other value.
    Answer(&'r Answer),
    /// The row has no value.
    Failure(&'r Failure),
}

impl Rows {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.floats.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.floats.is_empty()
    }

    /// The answers, in order of rows.
    pub fn iter(&self) -> impl Iterator<Item = Cell<'_>> {
        let mut cell = self.rest.cells();
        self.floats.iter().map(move |value| cell(*value))
    }

    /// All answers at once, if every one of them is a float.
    pub fn floats(&self) -> Option<&[f64]> {
        self.rest.is_of_floats().then_some(&self.floats)
    }
}

impl Rest {
    /// Whether every answer is a float.
    pub fn is_of_floats(&self) -> bool {
        self.others.is_empty() && self.kind == Kind::Float
    }

    /// A function that makes an answer of each value of the column, one after the other.
    pub fn cells<'r>(&'r self) -> impl FnMut(f64) -> Cell<'r> {
        let mut others = self.others.iter().peekable();
        let mut rows = 0..;
        move |value| {
            let row = rows.next();
            match (others.next_if(|(other, _)| Some(*other) == row), self.kind) {
                (Some((_, Ok(answer))), _) => Cell::Answer(answer),
                (Some((_, Err(failure))), _) => Cell::Failure(failure),
                (None, Kind::Float) => Cell::Float(value),
                (None, Kind::Truth) => Cell::Bool(value != 0.0),
            }
        }
    }
}

impl Program {
    /// Evaluates the program once for each row of `columns`: the values of its parameters, in the order of their
    /// declaration, and of equal length (the shortest counts). Each row has the fuel of `limits` for itself; `fuel` is
    /// the limit for all rows together, with its clock.
    ///
    /// ```
    /// use tabuada_lang::{Context, Fuel, Limits, parse_with};
    ///
    /// let limits = Limits::default();
    /// let program = parse_with("x**2 + y", &Context { parameters: &["x", "y"], ..Context::default() }, &limits)?;
    /// let rows = program.columns(&[&[1.0, 2.0], &[0.5, 0.25]], &limits, &mut Fuel::new(limits.fuel)).unwrap();
    /// assert_eq!(rows.floats(), Some(&[1.5, 4.25][..]));
    /// # Ok::<(), tabuada_lang::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutOfFuel`] if `fuel` is not enough for all rows, [`ErrorKind::Deadline`] if its clock ends the
    /// evaluation. The failure of a single row is that row's answer.
    pub fn columns(&self, columns: &[&[f64]], limits: &Limits, fuel: &mut Fuel) -> Result<Rows, ErrorKind> {
        let mut floats = vec![0.0; columns.iter().map(|column| column.len()).min().unwrap_or(0)];
        let rest = self.columns_into(columns, &mut floats, limits, fuel)?;
        Ok(Rows { floats, rest })
    }

    /// As [`columns`](Self::columns), with the floats and truth values (0 and 1) written into `out`, of which the length
    /// counts too. What `out` has of rows without such a value means nothing.
    ///
    /// # Errors
    ///
    /// Those of [`columns`](Self::columns). Then `out` is written in part.
    pub fn columns_into(
        &self,
        columns: &[&[f64]],
        out: &mut [f64],
        limits: &Limits,
        fuel: &mut Fuel,
    ) -> Result<Rest, ErrorKind> {
        let count = columns.iter().map(|column| column.len()).min().unwrap_or(0).min(out.len());
        let given = columns.len() >= self.parameters as usize;
        let plan = self.plan().filter(|plan| given && plan.price <= limits.fuel);
        let kind = plan.map_or(Kind::Float, |plan| plan.kind);
        let mut rest = Rest { kind, others: Vec::new() };
        let mut scalar = Scalar { program: self, memory: Memory::default(), arguments: Vec::new(), limits };
        let Some(plan) = plan else {
            for row in 0..count {
                rest.others.push((row, scalar.evaluate(columns, row, fuel)?));
            }
            return Ok(rest);
        };
        let mut block = Block::new(plan);
        for start in (0..count).step_by(BLOCK) {
            let end = count.min(start + BLOCK);
            fuel.pay(plan.price * (end - start) as u64)?;
            out[start..end].copy_from_slice(block.run(plan, columns, start, end - start));
            for at in block.troubled(end - start) {
                let row = start + at;
                match scalar.evaluate(columns, row, fuel)? {
                    Ok(answer) => match (answer.as_f64(), answer.as_bool(), kind) {
                        (Some(value), _, Kind::Float) => out[row] = value,
                        (_, Some(value), Kind::Truth) => out[row] = truth(value),
                        _ => rest.others.push((row, Ok(answer))),
                    },
                    failure => rest.others.push((row, failure)),
                }
            }
        }
        Ok(rest)
    }
}

/// Evaluates a program row by row.
struct Scalar<'p> {
    program: &'p Program,
    memory: Memory,
    arguments: Vec<Argument>,
    limits: &'p Limits,
}

impl Scalar<'_> {
    fn evaluate(
        &mut self,
        columns: &[&[f64]],
        row: usize,
        fuel: &mut Fuel,
    ) -> Result<Result<Answer, Failure>, ErrorKind> {
        self.arguments.clear();
        self.arguments.extend(columns.iter().map(|column| Argument::Float(column[row])));
        let own = self.limits.fuel;
        let outcome =
            fuel.share(own, |fuel| self.program.evaluate_in(&mut self.memory, &self.arguments, self.limits, fuel));
        match outcome {
            Err(Failure { kind: ErrorKind::Deadline, .. }) => Err(ErrorKind::Deadline),
            Err(Failure { kind: ErrorKind::OutOfFuel { limit }, .. }) if limit < own => Err(fuel.exhausted()),
            outcome => Ok(outcome),
        }
    }
}

/// The slots of a plan, for a block of rows.
struct Block {
    slots: Vec<Vec<f64>>,
    /// The powers of the column that is being raised.
    ladder: PowerLadder,
    /// For each row, whether the evaluator has to compute it.
    trouble: Vec<bool>,
    troubled: bool,
}

/// An operand in a block.
#[derive(Clone, Copy)]
enum Operand<'b> {
    /// The old value of the slot that takes the result.
    Same,
    Rows(&'b [f64]),
    Constant(f64),
}

impl Operand<'_> {
    /// The operand's value in a row; `out` is the old value of the slot that takes the result.
    #[inline]
    fn at(self, row: usize, out: f64) -> f64 {
        match self {
            Self::Same => out,
            Self::Rows(rows) => rows.get(row).copied().unwrap_or(f64::NAN),
            Self::Constant(value) => value,
        }
    }
}

impl Block {
    fn new(plan: &Plan) -> Self {
        let slots = (0..plan.slots).map(|_| vec![0.0; BLOCK]).collect();
        Self { slots, ladder: PowerLadder::default(), trouble: vec![false; BLOCK], troubled: false }
    }

    /// Computes the powers of columns that the plan needs.
    fn raise(&mut self, plan: &Plan, columns: &[&[f64]], start: usize, count: usize) {
        let mut raised = None;
        for power in &plan.powers {
            let column = &columns[usize::from(power.column)][start..start + count];
            if power.exponent == 3 {
                let out = &mut self.slots[usize::from(power.slot)][..count];
                if cubes(column, out) {
                    self.troubled = true;
                    self.trouble.iter_mut().zip(column).for_each(|(trouble, base)| *trouble |= doubts_cube(*base));
                }
                continue;
            }
            if raised != Some(power.column) {
                raised = Some(power.column);
                self.ladder.begin(column);
            }
            let out = &mut self.slots[usize::from(power.slot)][..count];
            let trouble = &mut self.trouble[..count];
            if !self.ladder.reaches(power.exponent) {
                let exponent = Operand::Constant(f64::from(power.exponent));
                self.troubled |= checked_two(out, Operand::Rows(column), exponent, trouble, plain_power);
            } else if self.ladder.to(power.exponent, out) {
                self.troubled = true;
                trouble.iter_mut().zip(self.ladder.doubts()).for_each(|(trouble, doubt)| *trouble |= doubt);
            }
        }
    }

    /// Runs `count` rows from `start` on and gives their results.
    fn run<'b>(&'b mut self, plan: &Plan, columns: &[&'b [f64]], start: usize, count: usize) -> &'b [f64] {
        if std::mem::take(&mut self.troubled) {
            self.trouble.fill(false);
        }
        self.raise(plan, columns, start, count);
        for step in &plan.steps {
            // Taken out of its slot, so that the other slots can be read meanwhile.
            let mut out = std::mem::take(&mut self.slots[usize::from(step.slot)]);
            let operand = |at: usize| match step.operands[at] {
                Source::Slot(slot) if slot == step.slot => Operand::Same,
                Source::Slot(slot) => Operand::Rows(&self.slots[usize::from(slot)][..count]),
                Source::Column(column) => Operand::Rows(&columns[usize::from(column)][start..start + count]),
                Source::Constant(value) => Operand::Constant(value),
            };
            let (a, b, c) = (operand(0), operand(1), operand(2));
            let trouble = &mut self.trouble[..count];
            let rows = &mut out[..count];
            let troubled = match step.operation {
                Operation::Add => two(rows, a, b, |a, b| a + b),
                Operation::Subtract => two(rows, a, b, |a, b| a - b),
                Operation::Multiply => two(rows, a, b, |a, b| a * b),
                Operation::Divide => {
                    let troubled = note(rows, b, trouble, |divisor| divisor == 0.0);
                    two(rows, a, b, |a, b| a / b) | troubled
                }
                Operation::Negate => one(rows, a, |a| -a),
                Operation::Root => {
                    let troubled = note(rows, a, trouble, |value| value < 0.0);
                    one(rows, a, f64::sqrt) | troubled
                }
                Operation::Absolute => one(rows, a, f64::abs),
                Operation::Square => {
                    one(rows, a, |a| a * a);
                    // Rows with an infinite operand go to the evaluator too: they are rare, and a check would be
                    // expensive.
                    note(rows, Operand::Same, trouble, f64::is_infinite)
                }
                Operation::Truth => one(rows, a, |a| truth(a != 0.0)),
                Operation::Not => one(rows, a, |a| truth(a == 0.0)),
                Operation::And => two(rows, a, b, |a, b| a * b),
                Operation::Or => two(rows, a, b, f64::max),
                Operation::Compare(comparison) => two(rows, a, b, |a, b| truth(holds(comparison, a, b))),
                Operation::One(call) => {
                    one(rows, a, call);
                    check(rows, a, trouble)
                }
                Operation::Each(_, all) => {
                    one(rows, a, |a| a);
                    all(rows);
                    check(rows, a, trouble)
                }
                Operation::Two(call) => checked_two(rows, a, b, trouble, call),
                Operation::Select => select(rows, a, b, c),
            };
            self.troubled |= troubled;
            self.slots[usize::from(step.slot)] = out;
        }
        match plan.result {
            Source::Slot(slot) => &self.slots[usize::from(slot)][..count],
            Source::Column(column) => &columns[usize::from(column)][start..start + count],
            // A constant program has no plan.
            Source::Constant(_) => &[],
        }
    }

    /// The rows, among the first `count`, that the evaluator has to compute.
    fn troubled(&self, count: usize) -> impl Iterator<Item = usize> {
        let trouble = if self.troubled { &self.trouble[..count] } else { &[] };
        trouble.iter().enumerate().filter(|(_, trouble)| **trouble).map(|(row, _)| row)
    }
}

// Each of these loops has a single operation, without checks of operands or bounds, so that the compiler vectorises it.

fn one(out: &mut [f64], a: Operand<'_>, call: impl Fn(f64) -> f64) -> bool {
    match a {
        Operand::Same => out.iter_mut().for_each(|out| *out = call(*out)),
        Operand::Rows(a) => out.iter_mut().zip(a).for_each(|(out, a)| *out = call(*a)),
        Operand::Constant(a) => out.fill(call(a)),
    }
    false
}

fn two(out: &mut [f64], a: Operand<'_>, b: Operand<'_>, call: impl Fn(f64, f64) -> f64) -> bool {
    use Operand::{Constant, Rows, Same};
    match (a, b) {
        (Same, Same) => out.iter_mut().for_each(|out| *out = call(*out, *out)),
        (Same, Rows(b)) => out.iter_mut().zip(b).for_each(|(out, b)| *out = call(*out, *b)),
        (Same, Constant(b)) => out.iter_mut().for_each(|out| *out = call(*out, b)),
        (Rows(a), Same) => out.iter_mut().zip(a).for_each(|(out, a)| *out = call(*a, *out)),
        (Constant(a), Same) => out.iter_mut().for_each(|out| *out = call(a, *out)),
        (Rows(a), Rows(b)) => out.iter_mut().zip(a).zip(b).for_each(|((out, a), b)| *out = call(*a, *b)),
        (Rows(a), Constant(b)) => out.iter_mut().zip(a).for_each(|(out, a)| *out = call(*a, b)),
        (Constant(a), Rows(b)) => out.iter_mut().zip(b).for_each(|(out, b)| *out = call(a, *b)),
        (Constant(a), Constant(b)) => out.fill(call(a, b)),
    }
    false
}

/// Notes the rows in which an operand `is_bad`; gives whether there are any.
fn note(out: &[f64], operand: Operand<'_>, trouble: &mut [bool], is_bad: impl Fn(f64) -> bool) -> bool {
    let rows = match operand {
        Operand::Same => out,
        Operand::Rows(rows) => rows,
        Operand::Constant(value) => {
            let bad = is_bad(value);
            trouble.iter_mut().for_each(|trouble| *trouble |= bad);
            return bad;
        }
    };
    // There is nearly never a bad row, and a loop without branches is the fastest way to see that.
    if !rows.iter().fold(false, |any, value| any | is_bad(*value)) {
        return false;
    }
    trouble.iter_mut().zip(rows).for_each(|(trouble, value)| *trouble |= is_bad(*value));
    true
}

/// Notes the rows in which a function of `a` has no plain float.
fn check(out: &[f64], a: Operand<'_>, trouble: &mut [bool]) -> bool {
    match a {
        // Infinity and nan are rare: every row with one goes to the evaluator, whatever its cause.
        Operand::Same | Operand::Constant(_) => note(out, Operand::Same, trouble, |value| !value.is_finite()),
        Operand::Rows(a) => {
            if out.iter().all(|value| value.is_finite()) {
                return false;
            }
            let rows = trouble.iter_mut().zip(out).zip(a);
            rows.fold(false, |any, ((trouble, value), argument)| {
                let bad = is_trouble(*argument, *value);
                *trouble |= bad;
                any | bad
            })
        }
    }
}

fn checked_two(
    out: &mut [f64],
    a: Operand<'_>,
    b: Operand<'_>,
    trouble: &mut [bool],
    call: fn(f64, f64) -> Option<f64>,
) -> bool {
    let mut troubled = false;
    for (row, (out, trouble)) in out.iter_mut().zip(trouble).enumerate() {
        match call(a.at(row, *out), b.at(row, *out)) {
            Some(value) => *out = value,
            None => (*trouble, troubled) = (true, true),
        }
    }
    troubled
}

fn select(out: &mut [f64], condition: Operand<'_>, first: Operand<'_>, second: Operand<'_>) -> bool {
    for (row, out) in out.iter_mut().enumerate() {
        let (condition, first, second) = (condition.at(row, *out), first.at(row, *out), second.at(row, *out));
        *out = if condition != 0.0 { first } else { second };
    }
    false
}
