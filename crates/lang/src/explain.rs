//! The steps of a calculation: `2+3*4`, `2+12`, `14`.
//!
//! The evaluator of [`eval`](crate::eval) runs as usual, with an observer: whenever a part of the text is evaluated,
//! the text is written again with the value in its place. So the answer, the failure and the fuel are those of an
//! evaluation. Every text is the canonical text of a program with the same value (except where a value is shortened or
//! has no literal), in the notation of the reader.
//!
//! The steps: all names get their values at once; a formula or a call of a user-defined function is replaced by its
//! body, with the arguments in it; a conditional is replaced by its branch; a sum or product over a variable is
//! replaced by its terms, then by its value (`sum(k**2,k,1,3)`, `1+4+9`, `14`).

use std::collections::{HashMap, HashSet};

use crate::canonical::{Markup, Shown, View};
use crate::error::{ErrorKind, Failure, Span};
use crate::eval::{Binding, Machine, Memory, Trace};
use crate::functions;
use crate::limits::{Fuel, Limits};
use crate::notation::{DecimalSign, Notation};
use crate::program::{Binder, Node, Program};
use crate::value::{Answer, Argument, Value};

/// The maximum number of steps: more than anyone reads.
pub const STEPS_MAX: usize = 200;
/// The maximum number of bytes of all texts together: the same as for an answer.
const BYTES_MAX: usize = 100_000;
/// Values up to so many characters are shown whole; of longer ones, only the beginning and the end.
const VALUE_CHARACTERS: usize = 60;
const VALUE_ENDS: usize = 20;
/// Up to so many terms of a sum or product are all shown; of more, only the first three and the last.
const TERMS_MAX: usize = 5;
const TERMS_FIRST: usize = 3;
/// The maximum number of bytes to write, including texts that turn out not to be steps: about 40 ms of work.
const WORK_BYTES: usize = 500_000;
/// The limit on the price of all values' texts together, in units of fuel that are not charged: about ten milliseconds.
const TEXTS_PRICE: u64 = 2_000_000;
/// The maximum number of bytes of a text that has formulas, and of all formulas together: larger ones fit no screen.
const FORMULA_TEXT: usize = 400;
const FORMULAS_MAX: usize = 300_000;

/// How the steps are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// The notation. Python's, if only that has the program.
    pub notation: Notation,
    /// Whether each step is written as LaTeX and MathML too.
    pub has_formulas: bool,
}

/// The kind of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepKind {
    /// A statement begins; the text is its canonical text.
    Statement,
    /// Names are replaced by their values.
    Names,
    /// A formula or a call is replaced by the body of its definition.
    Definition,
    /// A conditional, `and`, `or` or a chain of comparisons is replaced by its remaining part.
    Branch,
    /// A sum or a product over a variable is replaced by its terms; if there are many, by the first ones and the last.
    Terms,
    /// A part is replaced by its value.
    Value,
    /// The answer, if the last step does not show it yet.
    Answer,
}

impl StepKind {
    /// The stable code: `statement`, `names`, …
    pub fn code(self) -> &'static str {
        match self {
            Self::Statement => "statement",
            Self::Names => "names",
            Self::Definition => "definition",
            Self::Branch => "branch",
            Self::Terms => "terms",
            Self::Value => "value",
            Self::Answer => "answer",
        }
    }
}

/// A step of a calculation.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// Its kind.
    pub kind: StepKind,
    /// The index of the statement, from 0.
    pub statement: u32,
    /// The statement after the step.
    pub text: String,
    /// The parts of the previous step's text that are replaced; none if a statement begins.
    pub replaced: Vec<Span>,
    /// The parts of this text that replace them.
    pub by: Vec<Span>,
    /// The node that was evaluated; [`Program::span`] finds it in the text.
    pub node: Option<u32>,
    /// An upper bound of the error of a numerical value: an integral, a derivative, an infinite sum or product.
    pub error: Option<f64>,
    /// The text as LaTeX, if formulas are wanted and it is not long.
    pub latex: Option<String>,
    /// The same as MathML. What the next step replaces is an `mrow` of the class `next`.
    pub mathml: Option<String>,
}

/// A calculation, step by step.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The steps, at most [`STEPS_MAX`].
    pub steps: Vec<Step>,
    /// Whether there were more steps; those missing come before the last one.
    pub is_cut: bool,
    /// The place of the failure in the last step's text, if there is one and it is shown.
    pub failed: Option<Span>,
    /// The answer or the failure, as from [`Program::evaluate`].
    pub outcome: Result<Answer, Failure>,
}

impl Explanation {
    /// The answer's text as in the last step: shortened if it is long.
    pub fn answer_text(&self) -> Option<String> {
        self.outcome.as_ref().ok().map(|answer| shortened(answer.text()))
    }
}

impl Program {
    /// Evaluates the program and records the steps. It spends as much fuel as an evaluation.
    ///
    /// ```
    /// use tabuada_lang::{Fuel, Limits, parse};
    ///
    /// let limits = Limits::default();
    /// let explanation = parse("2 + 3*4", &limits)?.explain(&[], &limits, &mut Fuel::new(limits.fuel));
    /// let texts: Vec<&str> = explanation.steps.iter().map(|step| &*step.text).collect();
    /// assert_eq!(texts, ["2+3*4", "2+12", "14"]);
    /// # Ok::<(), tabuada_lang::Error>(())
    /// ```
    pub fn explain(&self, arguments: &[Argument], limits: &Limits, fuel: &mut Fuel) -> Explanation {
        self.explain_in(Style::default(), arguments, limits, fuel)
    }

    /// [`Program::explain`], with the steps written in a style.
    ///
    /// ```
    /// use tabuada_lang::{DecimalSign, Fuel, Limits, Notation, Style, parse};
    ///
    /// let limits = Limits::default();
    /// let notation = Notation::School { decimal: DecimalSign::Comma };
    /// let style = Style { notation, has_formulas: true };
    /// let explanation = parse("1.5**2/3", &limits)?.explain_in(style, &[], &limits, &mut Fuel::new(limits.fuel));
    /// assert_eq!(explanation.steps[1].text, "2,25/3");
    /// assert_eq!(explanation.steps[1].latex.as_deref(), Some(r"\frac{2{,}25}{3}"));
    /// # Ok::<(), tabuada_lang::Error>(())
    /// ```
    pub fn explain_in(&self, style: Style, arguments: &[Argument], limits: &Limits, fuel: &mut Fuel) -> Explanation {
        let mut teller = Teller::new(self, style);
        let outcome = self.evaluate_traced(&mut Memory::default(), arguments, limits, fuel, &mut teller);
        teller.finish(outcome)
    }

    /// The names that the text does not define, in order of first use: parameters and unknown names.
    pub fn free_names(&self) -> Vec<&str> {
        self.free_nodes().into_iter().map(|(name, _)| name).collect()
    }

    /// [`Program::free_names`], each with the node of its first use; [`Program::span`] finds it in the text.
    pub fn free_nodes(&self) -> Vec<(&str, u32)> {
        let defined: HashSet<u32> =
            self.targets.iter().copied().chain(self.definitions.iter().map(|definition| definition.name)).collect();
        let mut seen = HashSet::new();
        let is_free = |name: u32| {
            let text = &*self.names[name as usize];
            let known = || functions::find_constant(text).is_some() || functions::find(text).is_some();
            name < self.parameters || (!defined.contains(&name) && !known())
        };
        let names = self.nodes.iter().zip(0..).filter_map(|(node, at)| match *node {
            Node::Name(name) if is_free(name) => Some((name, at)),
            Node::Unknown(name) => Some((name, at)),
            _ => None,
        });
        names.filter(|(name, _)| seen.insert(*name)).map(|(name, at)| (&*self.names[name as usize], at)).collect()
    }

    /// The first unknown name, whatever the parameters are, as the failure of an evaluation that reaches it.
    pub fn unknown_name(&self) -> Option<Failure> {
        let parameters = &self.names[..self.parameters as usize];
        let free = self.free_nodes().into_iter().filter(|(name, _)| !parameters.iter().any(|known| **known == **name));
        let of_math = self.nodes.iter().zip(0..).filter_map(|(node, at)| match *node {
            Node::UnknownMath(name) => Some((&*self.names[name as usize], at)),
            _ => None,
        });
        let free = free.map(|(name, node)| Failure { kind: ErrorKind::UnknownName { name: name.to_owned() }, node });
        let of_math =
            of_math.map(|(name, node)| Failure { kind: ErrorKind::UnknownMathName { name: name.to_owned() }, node });
        free.chain(of_math).min_by_key(|failure| failure.node)
    }
}

/// The beginning and the end of a long text.
fn shortened(text: &str) -> String {
    let characters = text.chars().count();
    if characters <= VALUE_CHARACTERS {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(VALUE_ENDS).collect();
    short.push('…');
    short.extend(text.chars().skip(characters - VALUE_ENDS));
    short
}

/// The text of a value in a notation: with its decimal sign, and `;` between elements.
fn respelled(text: String, notation: Notation) -> String {
    let Notation::School { decimal } = notation else { return text };
    if text.contains(['\'', '"']) {
        return text;
    }
    let text = text.replace(", ", "; ");
    if decimal == DecimalSign::Comma { text.replace('.', ",") } else { text }
}

/// What the texts of values depend on.
type Spelling<'p> = (&'p Program, Notation);

/// A frame and the root of a subtree in it.
type Place = (u32, u32);

#[derive(Clone)]
struct Literal {
    text: String,
    is_signed: bool,
}

impl Literal {
    fn new(value: &Value, (program, notation): Spelling<'_>, price_left: &mut u64) -> Self {
        let (_, price) = value.text_estimate();
        let text = match value {
            Value::Function(function) => function.name.to_owned(),
            Value::Defined(definition) => {
                let name = program.definitions[*definition as usize].name;
                program.names[name as usize].to_string()
            }
            _ if price > *price_left => "…".to_owned(),
            value => {
                *price_left -= price;
                respelled(shortened(&value.to_string()), notation)
            }
        };
        let is_signed = text.starts_with('-');
        Self { text, is_signed }
    }

    fn shown(&self) -> Shown<'_> {
        Shown::Value { text: &self.text, is_signed: self.is_signed }
    }
}

/// The first terms of a sum or a product over a variable, the last term, and their number.
#[derive(Default)]
struct Terms {
    first: Vec<Value>,
    last: Option<Value>,
    count: usize,
}

impl Terms {
    fn add(&mut self, term: &Value) {
        self.count += 1;
        if self.first.len() < TERMS_MAX {
            self.first.push(term.clone());
        }
        self.last = Some(term.clone());
    }

    /// The terms with an operator between them; `None` for fewer than two terms.
    fn literal(&self, operator: &str, spelling: Spelling<'_>, price_left: &mut u64) -> Option<Literal> {
        let last = self.last.as_ref().filter(|_| self.count > 1)?;
        let mut begins = true;
        let mut text = |value| {
            let Literal { text, is_signed } = Literal::new(value, spelling, price_left);
            let begins = std::mem::replace(&mut begins, false);
            if is_signed && !(begins && operator == "+") { format!("({text})") } else { text }
        };
        let shown = if self.count <= TERMS_MAX { self.count } else { TERMS_FIRST };
        let mut terms: Vec<String> = self.first.iter().take(shown).map(&mut text).collect();
        if self.count > TERMS_MAX {
            terms.extend(["…".to_owned(), text(last)]);
        }
        // Marked as signed, so that it gets brackets beside a tighter operator.
        Some(Literal { text: terms.join(operator), is_signed: true })
    }
}

/// What is shown in place of a subtree.
enum Change {
    Value(Literal),
    Part(u32),
    Body { root: u32, frame: u32 },
    Passed,
}

/// One evaluation of a definition's body, or of the statement.
#[derive(Default)]
struct Frame {
    arguments: Vec<Literal>,
    /// Whether values are shown in place of names.
    has_values: bool,
}

/// The parts whose places are wanted.
enum Mark {
    Nothing,
    Place(Place),
    /// The names of this frame that have values.
    Names(u32),
}

/// The statement as it is shown: its evaluated parts are replaced.
struct Scene<'p> {
    program: &'p Program,
    changes: HashMap<Place, Change>,
    frames: Vec<Frame>,
    values: HashMap<u32, Literal>,
    mark: Mark,
}

impl View for Scene<'_> {
    fn shown(&self, frame: u32, root: u32) -> Shown<'_> {
        match self.changes.get(&(frame, root)) {
            Some(Change::Value(literal)) => return literal.shown(),
            Some(Change::Part(part)) => return Shown::Part(*part),
            Some(Change::Body { root, frame }) => return Shown::Body { root: *root, frame: *frame },
            Some(Change::Passed) | None => {}
        }
        let literal = match self.program.nodes[root as usize] {
            Node::Name(name) if self.frames[frame as usize].has_values => self.values.get(&name),
            Node::Local { slot, .. } => self.frames[frame as usize].arguments.get(slot as usize),
            _ => None,
        };
        literal.map_or(Shown::Itself, Literal::shown)
    }

    fn is_passed(&self, frame: u32, step: u32) -> bool {
        self.changes.contains_key(&(frame, step))
    }

    fn is_marked(&self, frame: u32, root: u32) -> bool {
        match self.mark {
            Mark::Nothing => false,
            Mark::Place(place) => place == (frame, root),
            Mark::Names(of) => {
                let has_value = |node| matches!(node, Node::Name(name) if self.values.contains_key(&name));
                frame == of && has_value(self.program.nodes[root as usize])
            }
        }
    }
}

/// The observer that records the steps.
struct Teller<'p> {
    program: &'p Program,
    style: Style,
    starts: Vec<u32>,
    scene: Scene<'p>,
    steps: Vec<Step>,
    is_cut: bool,
    bytes_left: usize,
    work_left: usize,
    formulas_left: usize,
    price_left: u64,
    statement: usize,
    /// The node that ran before.
    previous: Option<usize>,
    /// The end of the outermost binder that is running.
    binder: Option<usize>,
    terms: Terms,
    /// The running calls, with their frames.
    open: Vec<(Place, u32)>,
}

impl<'p> Teller<'p> {
    fn new(program: &'p Program, style: Style) -> Self {
        let has_notation = program.spelled(style.notation).is_some();
        let notation = if has_notation { style.notation } else { Notation::Python };
        let scene = Scene {
            program,
            changes: HashMap::new(),
            frames: vec![Frame::default()],
            values: HashMap::new(),
            mark: Mark::Nothing,
        };
        Self {
            program,
            style: Style { notation, ..style },
            starts: program.subtrees(),
            scene,
            steps: Vec::new(),
            is_cut: false,
            bytes_left: BYTES_MAX,
            work_left: WORK_BYTES,
            formulas_left: FORMULAS_MAX,
            price_left: TEXTS_PRICE,
            statement: 0,
            previous: None,
            binder: None,
            terms: Terms::default(),
            open: Vec::new(),
        }
    }

    fn root(&self) -> u32 {
        let last = self.program.nodes.len().saturating_sub(1) as u32;
        self.program.statements.get(self.statement).copied().unwrap_or(last)
    }

    fn frame(&self) -> u32 {
        self.open.last().map_or(0, |(_, frame)| *frame)
    }

    /// The statement's text and the places of the mark; `None`, and no further steps, if it is too long.
    fn write(&mut self, mark: Mark) -> Option<(String, Vec<Span>)> {
        self.scene.mark = mark;
        let bytes_max = self.bytes_left.min(self.work_left);
        let written =
            self.program.write_statement(self.root(), &self.starts, &self.scene, self.style.notation, bytes_max);
        // A short text costs some work too.
        let work = written.as_ref().map_or(bytes_max, |written| written.text.len()) + 64;
        self.work_left = self.work_left.saturating_sub(work);
        self.is_cut |= written.is_none();
        written.map(|written| (written.text, written.marks))
    }

    fn spelling(&self) -> Spelling<'p> {
        (self.program, self.style.notation)
    }

    /// The statement as a formula, if its text is short.
    fn formula(&mut self, markup: Markup, mark: Mark, text_bytes: usize) -> Option<String> {
        if !self.style.has_formulas || text_bytes > FORMULA_TEXT {
            return None;
        }
        self.scene.mark = mark;
        let style = (markup, self.style.notation);
        let (root, most) = (self.root(), self.formulas_left);
        let formula = self.program.mark_up_statement(root, &self.starts, &self.scene, style, most);
        self.formulas_left -= formula.as_ref().map_or(most, String::len);
        formula
    }

    /// The last step's MathML with the part that is replaced next.
    fn marked_formula(&mut self, mark: Mark) -> Option<String> {
        let bytes = self.steps.last()?.text.len();
        self.formula(Markup::MathMl, mark, bytes)
    }

    /// Puts the marked MathML into the step before the one that has just been recorded.
    fn mark_before(&mut self, steps: usize, marked: Option<String>) {
        if marked.is_some() && self.steps.len() == steps + 1 {
            self.steps[steps - 1].mathml = marked;
        }
    }

    /// Records a step, unless the text is unchanged. `false` if only blanks would have changed, which is no step: they
    /// stand in the text of a set, but not in a program.
    fn step(&mut self, kind: StepKind, node: Option<u32>, replaced: Vec<Span>, mark: Mark) -> bool {
        let Some((text, by)) = self.write(mark) else { return true };
        let last = self.steps.last().filter(|_| kind != StepKind::Statement);
        if last.is_some_and(|step| step.text == text) {
            return true;
        }
        let letters = |text: &str| text.bytes().filter(|byte| *byte != b' ').collect::<Vec<u8>>();
        if last.is_some_and(|step| letters(&step.text) == letters(&text)) {
            return false;
        }
        // The last step is kept for the answer.
        if self.steps.len() + 1 >= STEPS_MAX {
            self.is_cut = true;
            return true;
        }
        self.bytes_left -= text.len();
        let latex = self.formula(Markup::Latex, Mark::Nothing, text.len());
        let mathml = self.formula(Markup::MathMl, Mark::Nothing, text.len());
        let statement = self.statement as u32;
        self.steps.push(Step { kind, statement, text, replaced, by, node, error: None, latex, mathml });
        true
    }

    /// Changes what is shown at `at`, and records the step at `place`, which shows it.
    fn change(&mut self, kind: StepKind, place: Place, at: Place, change: Change) {
        let Some((_, replaced)) = self.write(Mark::Place(place)) else { return };
        let (steps, marked) = (self.steps.len(), self.marked_formula(Mark::Place(place)));
        let earlier = self.scene.changes.insert(at, change);
        if !self.step(kind, Some(place.1), replaced, Mark::Place(place)) {
            match earlier {
                Some(earlier) => self.scene.changes.insert(at, earlier),
                None => self.scene.changes.remove(&at),
            };
        }
        self.mark_before(steps, marked);
    }

    fn begin(&mut self, machine: &Machine<'_, '_>) {
        self.scene.changes.clear();
        self.scene.values.clear();
        self.scene.frames = vec![Frame::default()];
        self.open.clear();
        self.step(StepKind::Statement, None, Vec::new(), Mark::Nothing);
        let is_definition = matches!(self.program.nodes.get(machine.at), Some(Node::Define { .. }));
        if !is_definition {
            self.give_values(0, machine.at, self.root(), machine);
        }
    }

    /// Replaces the names of a frame, among the nodes from `first` to `last`, by their values.
    fn give_values(&mut self, frame: u32, first: usize, last: u32, machine: &Machine<'_, '_>) {
        if self.is_cut {
            return;
        }
        for node in &self.program.nodes[first..=last as usize] {
            let Node::Name(name) = *node else { continue };
            if let Some(Some(Binding::Value(value))) = machine.memory.bindings.get(name as usize) {
                let (spelling, price_left) = (self.spelling(), &mut self.price_left);
                self.scene.values.entry(name).or_insert_with(|| Literal::new(value, spelling, price_left));
            }
        }
        let Some((_, replaced)) = self.write(Mark::Names(frame)) else { return };
        let steps = self.steps.len();
        let marked = if replaced.is_empty() { None } else { self.marked_formula(Mark::Names(frame)) };
        self.scene.frames[frame as usize].has_values = true;
        if !replaced.is_empty() {
            self.step(StepKind::Names, None, replaced, Mark::Names(frame));
            self.mark_before(steps, marked);
        }
    }

    /// Records that the evaluator has entered the body of a definition.
    fn enter(&mut self, place: Place, machine: &Machine<'_, '_>) {
        let Some(entered) = machine.memory.frames.last() else { return };
        let definition = &self.program.definitions[entered.definition as usize];
        let count = definition.parameters.as_ref().map_or(0, Vec::len);
        let (spelling, price_left) = (self.spelling(), &mut self.price_left);
        let arguments = machine.memory.locals[machine.base..].iter().take(count);
        let arguments = arguments.map(|value| Literal::new(value, spelling, price_left)).collect();
        let frame = self.scene.frames.len() as u32;
        self.scene.frames.push(Frame { arguments, has_values: false });
        let first = definition.body as usize;
        // The node before the body is its definition, which holds the length.
        let Some(Node::Define { jump, .. }) = first.checked_sub(1).and_then(|at| self.program.nodes.get(at)) else {
            return;
        };
        let root = definition.body + jump - 2;
        self.change(StepKind::Definition, place, place, Change::Body { root, frame });
        self.open.push((place, frame));
        self.give_values(frame, first, root, machine);
    }

    /// Records that the subtree at a place has the value on the stack.
    fn complete(&mut self, place: Place, machine: &Machine<'_, '_>) {
        let Some(value) = machine.memory.values.last() else { return };
        if let Value::Range(_) = value {
            // A range is best shown by its call.
            return;
        }
        let literal = Literal::new(value, self.spelling(), &mut self.price_left);
        self.change(StepKind::Value, place, place, Change::Value(literal));
    }

    fn finish(mut self, outcome: Result<Answer, Failure>) -> Explanation {
        let mut failed = None;
        match &outcome {
            Ok(answer) => {
                let text = respelled(shortened(answer.text()), self.style.notation);
                if self.steps.last().is_none_or(|step| step.text != text) {
                    let (statement, by) = (self.statement as u32, vec![Span { start: 0, end: text.len() as u32 }]);
                    let whole = self.steps.last().filter(|_| !self.is_cut);
                    let replaced =
                        whole.map(|step| Span { start: 0, end: step.text.len() as u32 }).into_iter().collect();
                    let (kind, node) = (StepKind::Answer, Some(self.root()));
                    let formula = |markup| {
                        let style = (markup, self.style.notation);
                        self.style.has_formulas.then(|| self.program.mark_up_value(&text, style))
                    };
                    let (latex, mathml) = (formula(Markup::Latex), formula(Markup::MathMl));
                    self.steps.push(Step { kind, statement, text, replaced, by, node, error: None, latex, mathml });
                }
            }
            Err(failure) if !self.is_cut => {
                let node = self.binder.unwrap_or(failure.node as usize);
                let root = match self.program.nodes.get(node) {
                    Some(Node::CompareStep(_, jump) | Node::BinderStart { jump, .. }) => node as u32 + jump,
                    _ => node as u32,
                };
                failed = self.write(Mark::Place((self.frame(), root))).and_then(|(_, marks)| marks.first().copied());
            }
            Err(_) => {}
        }
        Explanation { steps: self.steps, is_cut: self.is_cut, failed, outcome }
    }

    /// Collects the terms of the outermost loop, whose iterations are not steps.
    fn inside_loop(&mut self, previous: usize, machine: &Machine<'_, '_>) {
        if let (None, Node::BinderStart { jump, .. }) = (self.binder, self.program.nodes[previous]) {
            self.binder = Some(previous + jump as usize);
            self.terms = Terms::default();
        }
        if self.binder == Some(machine.at)
            && machine.memory.loops.len() == 1
            && let Some(term) = machine.memory.values.last()
        {
            self.terms.add(term);
        }
    }

    fn loop_ends(&mut self, binder: Binder, place: Place, machine: &Machine<'_, '_>) {
        let operator = match binder {
            Binder::Sum => Some("+"),
            Binder::Product => Some("*"),
            Binder::Integral | Binder::Root | Binder::Derivative => None,
        };
        let literal = operator.and_then(|operator| {
            self.terms.literal(operator, (self.program, self.style.notation), &mut self.price_left)
        });
        if let Some(literal) = literal {
            self.change(StepKind::Terms, place, place, Change::Value(literal));
        }
        self.complete(place, machine);
        if let Some(step) = self.steps.last_mut().filter(|step| step.node == Some(place.1)) {
            step.error = machine.memory.estimate;
        }
    }
}

impl Trace for Teller<'_> {
    fn before(&mut self, machine: &Machine<'_, '_>) {
        let at = machine.at;
        let previous = self.previous.replace(at);
        if self.is_cut {
            // The statement's number is still needed for the answer.
            self.statement += usize::from(previous.is_some_and(|previous| self.program.nodes[previous] == Node::Drop));
            return;
        }
        let Some(previous) = previous else { return self.begin(machine) };
        let node = self.program.nodes[previous];
        if !machine.memory.loops.is_empty() {
            return self.inside_loop(previous, machine);
        }
        let binder = self.binder.take();
        let (frame, next) = (self.frame(), previous + 1);
        let here = (frame, previous as u32);
        // At the target of a jump, the previous node is the one that was evaluated.
        let done = (frame, (at as u32).saturating_sub(1));
        let has_entered = machine.memory.frames.len() > self.open.len();
        match node {
            Node::Name(_) | Node::Call { .. } if has_entered => self.enter(here, machine),
            Node::Define { .. } if has_entered => self.enter((frame, self.root()), machine),
            Node::Drop => {
                self.statement += 1;
                self.begin(machine);
            }
            Node::AndJump(jump) | Node::OrJump(jump) if at == next => {
                let place = (frame, previous as u32 + jump);
                self.change(StepKind::Branch, place, place, Change::Part(place.1 - 1));
            }
            Node::IfJump(jump) => {
                let between = previous + jump as usize - 1;
                let Node::ElseJump(rest) = self.program.nodes[between] else { return };
                let place = (frame, between as u32 + rest);
                let part = if at == next { between as u32 } else { place.1 } - 1;
                self.change(StepKind::Branch, place, place, Change::Part(part));
            }
            Node::CompareStep(_, jump) if at == next => {
                self.change(StepKind::Branch, (frame, previous as u32 + jump), here, Change::Passed);
            }
            Node::AndJump(_)
            | Node::OrJump(_)
            | Node::ElseJump(_)
            | Node::CompareStep(..)
            | Node::BinderStart { .. } => self.complete(done, machine),
            Node::EndDefine { .. } => {
                if let Some((place, _)) = self.open.pop() {
                    self.complete(place, machine);
                }
            }
            Node::BinderEnd { binder: kind, .. } if binder.is_some() => self.loop_ends(kind, here, machine),
            // A list of evaluated elements is a value already, but a set may still change its order.
            Node::List(_) | Node::Tuple(_) => {}
            // A number with a sign is a value already.
            Node::Unary(crate::arithmetic::Unary::Minus)
                if matches!(self.program.nodes[previous - 1], Node::Small(_) | Node::Constant(_)) => {}
            Node::Small(_)
            | Node::Constant(_)
            | Node::None
            | Node::Absent
            | Node::Bool(_)
            | Node::MathConstant { .. }
            | Node::Function(_)
            | Node::Name(_)
            | Node::Unknown(_)
            | Node::UnknownMath(_)
            | Node::Local { .. }
            | Node::Assign { .. }
            | Node::Clear { .. }
            | Node::Define { .. } => {}
            _ => self.complete(here, machine),
        }
    }
}
