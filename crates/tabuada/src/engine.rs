//! The boundary of the language engine. A panic in it (a bug) becomes an [`ErrorKind::Internal`] and is counted.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use tabuada_lang::mathjs::{self, Stop};
use tabuada_lang::{
    Answer, Context, Error, ErrorKind, Evaluator, Explanation, Failure, Fix, Fuel, Hint, Limits, Mode, Notation, Pause,
    Presentation, Program, Rows, Span, Style, Variables, fixes, parse_with,
};

use crate::priority;

/// Fuel between two clock checks of a worker thread: about a quarter of a millisecond. At each check, the thread also
/// yields to the threads that serve.
const CHECK_EVERY: u64 = 50_000;

/// Fuel between two clock checks of a trial: about 10 microseconds if the prices are right.
const TRIAL_CHECK_EVERY: u64 = 2_000;

/// The result of an evaluation.
#[derive(Debug)]
pub struct Evaluation<T = Answer> {
    /// The value, or the error and the node where it occurred.
    pub outcome: Result<T, Failure>,
    /// Fuel spent.
    pub fuel: u64,
}

/// What can be evaluated.
pub(crate) trait Evaluable: Send + Sync + 'static {
    /// What it gives.
    type Value: Send + 'static;

    /// Its number mode.
    fn mode(&self) -> Mode;

    /// Whether chance has no part in it.
    fn is_pure(&self) -> bool;

    fn run(&self, limits: &Limits, fuel: &mut Fuel<'_>) -> Result<Self::Value, Failure>;
}

impl Evaluable for Program {
    type Value = Answer;

    fn mode(&self) -> Mode {
        Self::mode(self)
    }

    fn is_pure(&self) -> bool {
        Self::is_pure(self)
    }

    fn run(&self, limits: &Limits, fuel: &mut Fuel<'_>) -> Result<Answer, Failure> {
        self.evaluate_with(&[], limits, fuel)
    }
}

/// Expressions in math.js's language, and how their values are printed.
#[derive(Debug)]
pub(crate) struct MathjsProgram {
    program: mathjs::Program,
    /// The significant digits.
    precision: Option<u32>,
}

/// What expressions in math.js's language give.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Texts {
    /// The printed values.
    Many(Vec<String>),
    /// The text of an error.
    One(String),
}

impl Texts {
    /// A limit is a failure, as in our own language.
    pub(crate) fn of(printed: Result<Vec<String>, Stop>) -> Result<Self, Failure> {
        match printed {
            Ok(texts) => Ok(Self::Many(texts)),
            Err(Stop::Thrown(text)) => Ok(Self::One(text)),
            Err(Stop::Limit(kind)) => Err(Failure { kind, node: 0 }),
        }
    }
}

impl Evaluable for MathjsProgram {
    type Value = Texts;

    fn mode(&self) -> Mode {
        Mode::Python
    }

    fn is_pure(&self) -> bool {
        true
    }

    fn run(&self, limits: &Limits, fuel: &mut Fuel<'_>) -> Result<Texts, Failure> {
        Texts::of(self.program.evaluate(self.precision, limits, fuel))
    }
}

/// A text, with its mode, notation and variables, and how its answer is shown.
#[derive(Clone, Debug, Default)]
pub struct Question<'q> {
    /// The text.
    pub text: Cow<'q, str>,
    /// The number mode.
    pub mode: Mode,
    /// The notation of the text.
    pub notation: Notation,
    /// Names and their values, a JSON object.
    pub variables: Option<Cow<'q, str>>,
    /// How the answer is shown beside its text, if at all. The answer and its key do not depend on it.
    pub shown: Option<Presentation>,
    /// Whether its answer has its proof beside it. The answer and its key do not depend on it.
    pub has_proof: bool,
}

impl<'q> Question<'q> {
    /// A text in Python's notation, without variables.
    pub fn new(text: impl Into<Cow<'q, str>>, mode: Mode) -> Self {
        Self { text: text.into(), mode, ..Self::default() }
    }

    /// The same, for another thread.
    pub fn into_owned(self) -> Question<'static> {
        let Self { text, mode, notation, variables, shown, has_proof } = self;
        let variables = variables.map(|json| json.into_owned().into());
        Question { text: text.into_owned().into(), mode, notation, variables, shown, has_proof }
    }

    /// The canonical text of its program, if the text is not in that notation.
    pub(crate) fn read_as(&self, program: &Program) -> Option<String> {
        (self.notation != Notation::Python).then(|| program.canonical())
    }

    /// The text of its answer as it is shown, if that is asked for and not too long.
    pub(crate) fn show(&self, text: &str) -> Option<String> {
        let shown = self.shown?;
        caught(text, || Ok(shown.show(text, self.mode))).unwrap_or_default()
    }

    fn context<'c>(&self, variables: Option<&'c Variables>) -> Context<'c> {
        Context { mode: self.mode, notation: self.notation, variables, ..Context::default() }
    }
}

impl<'q> From<&'q Question<'_>> for Question<'q> {
    fn from(question: &'q Question<'_>) -> Self {
        let variables = question.variables.as_deref().map(Cow::Borrowed);
        let Question { notation, shown, has_proof, mode, .. } = *question;
        Self { variables, notation, shown, has_proof, ..Self::new(&*question.text, mode) }
    }
}

impl<'q> From<&'q str> for Question<'q> {
    /// Only a text, in Python's mode and notation.
    fn from(text: &'q str) -> Self {
        Self::new(text, Mode::Python)
    }
}

/// Parses a text in Python's mode.
#[cfg(test)]
pub(crate) fn read(text: &str, limits: &Limits) -> Result<Program, Error> {
    ask(&text.into(), limits)
}

/// Parses a question.
pub(crate) fn ask(question: &Question<'_>, limits: &Limits) -> Result<Program, Error> {
    caught(&question.text, || read_question(question, limits))
}

fn read_question(question: &Question<'_>, limits: &Limits) -> Result<Program, Error> {
    let variables = variables_of(question, limits)?;
    parse_with(&question.text, &question.context(variables.as_ref()), limits)
}

fn variables_of(question: &Question<'_>, limits: &Limits) -> Result<Option<Variables>, Error> {
    let variables = question.variables.as_deref().map(|json| Variables::from_json(json, limits)).transpose();
    variables.map_err(|kind| Error { kind, span: Span::default() })
}

/// Parses a text that uses the context's parameters. An unknown name is an error here, because it fails for all values
/// of the parameters. The fixes come with the error, the likeliest first.
pub(crate) fn read_of(text: &str, context: &Context<'_>, limits: &Limits) -> Result<Program, (Error, Vec<Fix>)> {
    let program = caught(text, || parse_with(text, context, limits)).map_err(|error| {
        let mended = fixes(text, &error, context, limits);
        (error, mended)
    })?;
    match program.unknown_name() {
        None => Ok(program),
        Some(failure) => {
            let mended = program.fixes(text, &failure, context, limits);
            Err((Error { span: program.span(failure.node), kind: failure.kind }, mended))
        }
    }
}

/// Fixes for a question that cannot be parsed, the likeliest first.
pub(crate) fn fixes_of_unreadable(question: &Question<'_>, error: &Error) -> Vec<Fix> {
    advised(question, |context, limits| fixes(&question.text, error, context, limits))
}

/// Fixes for a question whose evaluation failed, the likeliest first.
pub(crate) fn fixes_of_failed(question: &Question<'_>, program: &Program, failure: &Failure) -> Vec<Fix> {
    advised(question, |context, limits| program.fixes(&question.text, failure, context, limits))
}

/// Fixes for a text that fails for all values of the context's parameters, the likeliest first.
pub(crate) fn fixes_of_rows(
    text: &str,
    context: &Context<'_>,
    limits: &Limits,
    program: &Program,
    failure: &Failure,
) -> Vec<Fix> {
    caught(text, || Ok(program.fixes(text, failure, context, limits))).unwrap_or_default()
}

/// Hints for a text that uses the context's parameters: places that may not mean what the author intended.
pub(crate) fn hints_of_rows(text: &str, context: &Context<'_>, limits: &Limits, program: &Program) -> Vec<Hint> {
    caught(text, || Ok(program.hints(text, context, limits))).unwrap_or_default()
}

/// Hints for a question that was parsed: where it may not mean what its author meant.
pub(crate) fn hints(question: &Question<'_>, program: &Program) -> Vec<Hint> {
    advised(question, |context, limits| program.hints(&question.text, context, limits))
}

fn advised<T>(question: &Question<'_>, advise: impl FnOnce(&Context<'_>, &Limits) -> Vec<T>) -> Vec<T> {
    let limits = Limits::default();
    let advice = caught(&question.text, || {
        let variables = variables_of(question, &limits).unwrap_or_default();
        let pause = Pause(&priority::give_way);
        Ok(advise(&Context { pause, ..question.context(variables.as_ref()) }, &limits))
    });
    advice.unwrap_or_default()
}

/// Parses a question, and gives its canonical text too.
pub(crate) fn ask_with_name(question: &Question<'_>, limits: &Limits) -> Result<(Program, String), Error> {
    caught(&question.text, || {
        let program = read_question(question, limits)?;
        let name = program.canonical();
        Ok((program, name))
    })
}

fn caught<R>(text: &str, read: impl FnOnce() -> Result<R, Error>) -> Result<R, Error> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        Err(Error { kind: ErrorKind::Internal, span: Span { start: 0, end } })
    })
}

/// Answers one question after another and reuses its memory.
#[derive(Default)]
pub(crate) struct Engine {
    evaluator: Evaluator,
    /// Whether a panic may have left the evaluator in an inconsistent state.
    is_broken: bool,
}

impl Engine {
    /// Parses a question, as [`ask`] does.
    pub(crate) fn ask(&mut self, question: &Question<'_>, limits: &Limits) -> Result<(), Error> {
        if std::mem::replace(&mut self.is_broken, true) {
            self.evaluator = Evaluator::default();
        }
        let read = caught(&question.text, || {
            let variables = variables_of(question, limits)?;
            self.evaluator.read(&question.text, &question.context(variables.as_ref()), limits)
        });
        self.is_broken = read.as_ref().is_err_and(|error| error.kind == ErrorKind::Internal);
        read
    }

    /// Evaluates the last question in full, as [`evaluate`] does, within `time`.
    pub(crate) fn evaluate(&mut self, limits: &Limits, time: Duration) -> Evaluation {
        // The clock starts at the first check, which most evaluations do not reach.
        let begun = OnceCell::new();
        let stop = || begun.get_or_init(Instant::now).elapsed() >= time;
        let mut fuel = Fuel::with_stop(limits.fuel, &stop);
        if !self.program().is_pure() {
            fuel = fuel.seeded(random_seed());
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| self.evaluator.run(&[], limits, &mut fuel)));
        self.is_broken = outcome.is_err();
        Evaluation {
            outcome: outcome.unwrap_or(Err(Failure { kind: ErrorKind::Internal, node: 0 })),
            fuel: fuel.spent(),
        }
    }

    /// The program of the last question.
    pub(crate) fn program(&self) -> &Program {
        self.evaluator.program()
    }
}

/// Evaluates in full. The clock ends an evaluation that takes too long for its fuel.
pub(crate) fn evaluate<P: Evaluable>(program: &P, limits: &Limits, deadline: Instant) -> Evaluation<P::Value> {
    evaluate_until(program, limits, &|| is_past(deadline))
}

/// Evaluates in full. `stop` ends an evaluation that takes too long for its fuel.
pub(crate) fn evaluate_until<P: Evaluable>(
    program: &P,
    limits: &Limits,
    stop: &dyn Fn() -> bool,
) -> Evaluation<P::Value> {
    run(program, limits, Fuel::with_stop(limits.fuel, stop).checked_every(CHECK_EVERY))
}

/// Evaluates in full like [`evaluate`], and gives the steps and the fuel spent.
pub(crate) fn explain(program: &Program, style: Style, limits: &Limits, deadline: Instant) -> (Explanation, u64) {
    explain_until(program, style, limits, &|| is_past(deadline))
}

/// Like [`explain`], until `stop` gives `true`.
pub(crate) fn explain_until(
    program: &Program,
    style: Style,
    limits: &Limits,
    stop: &dyn Fn() -> bool,
) -> (Explanation, u64) {
    let mut fuel = Fuel::with_stop(limits.fuel, stop).checked_every(CHECK_EVERY).seeded(if program.is_pure() {
        0
    } else {
        random_seed()
    });
    let explained = catch_unwind(AssertUnwindSafe(|| program.explain_in(style, &[], limits, &mut fuel)));
    let explanation = explained.unwrap_or_else(|_| Explanation {
        steps: Vec::new(),
        is_cut: false,
        failed: None,
        outcome: Err(Failure { kind: ErrorKind::Internal, node: 0 }),
    });
    (explanation, fuel.spent())
}

/// Evaluates within a budget; `None` if the budget was not enough or the engine panicked.
pub(crate) fn try_evaluate<P: Evaluable>(program: &P, limits: &Limits, budget: u64) -> Option<Evaluation<P::Value>> {
    tried(program, limits, budget, Fuel::new(budget.min(limits.fuel)))
}

/// Like [`try_evaluate`], but within a time, so that an operation with a wrong price cannot block a serving thread.
pub(crate) fn try_evaluate_within<P: Evaluable>(
    time: Duration,
    program: &P,
    limits: &Limits,
    budget: u64,
) -> Option<Evaluation<P::Value>> {
    let begun = Instant::now();
    let stop = || {
        priority::give_way();
        begun.elapsed() >= time
    };
    tried(program, limits, budget, Fuel::with_stop(budget.min(limits.fuel), &stop).checked_every(TRIAL_CHECK_EVERY))
}

fn tried<P: Evaluable>(program: &P, limits: &Limits, budget: u64, fuel: Fuel<'_>) -> Option<Evaluation<P::Value>> {
    let evaluation = run(program, limits, fuel);
    let beyond_the_budget = |failure: &Failure| {
        !failure.kind.is_deterministic()
            || (budget < limits.fuel && matches!(failure.kind, ErrorKind::OutOfFuel { .. }))
    };
    if evaluation.outcome.as_ref().is_err_and(beyond_the_budget) { None } else { Some(evaluation) }
}

/// Evaluates each row of the columns, with one budget for all rows. The clock ends an evaluation that takes too long
/// for its fuel. Also gives the fuel spent.
pub(crate) fn columns(
    program: &Program,
    columns: &[&[f64]],
    limits: &Limits,
    budget: u64,
    deadline: Instant,
) -> (Result<Rows, ErrorKind>, u64) {
    let stop = || is_past(deadline);
    let fuel = Fuel::with_stop(budget, &stop).checked_every(CHECK_EVERY);
    let mut fuel = if program.is_pure() { fuel } else { fuel.seeded(random_seed()) };
    let rows = catch_unwind(AssertUnwindSafe(|| program.columns(columns, limits, &mut fuel)));
    (rows.unwrap_or(Err(ErrorKind::Internal)), fuel.spent())
}

/// Reads expressions in math.js's language, whose values are to be printed with so many significant digits.
pub(crate) fn read_mathjs(texts: &[String], precision: Option<u32>, limits: &Limits) -> Result<MathjsProgram, Stop> {
    let read = || mathjs::Program::read(texts.iter().map(String::as_str), limits);
    let program = catch_unwind(AssertUnwindSafe(read)).unwrap_or(Err(Stop::Limit(ErrorKind::Internal)))?;
    Ok(MathjsProgram { program, precision })
}

/// Whether a deadline has passed. Long work calls this at its clock checks, so it also yields here.
fn is_past(deadline: Instant) -> bool {
    priority::give_way();
    Instant::now() >= deadline
}

/// 64 unpredictable bits, from the standard library's source for its hash tables.
pub(crate) fn random_seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn run<P: Evaluable>(program: &P, limits: &Limits, fuel: Fuel<'_>) -> Evaluation<P::Value> {
    let mut fuel = if program.is_pure() { fuel } else { fuel.seeded(random_seed()) };
    let outcome = catch_unwind(AssertUnwindSafe(|| program.run(limits, &mut fuel)))
        .unwrap_or(Err(Failure { kind: ErrorKind::Internal, node: 0 }));
    Evaluation { outcome, fuel: fuel.spent() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Costs much more fuel than is spent between two clock checks.
    const EXPENSIVE: &str = "factorial(20000) % 7";

    fn program(text: &str) -> Program {
        read(text, &Limits::default()).unwrap()
    }

    #[test]
    fn random_values_differ_each_time() {
        let answer = |text: &str| try_evaluate(&program(text), &Limits::default(), 1_000).unwrap().outcome.unwrap();
        assert_ne!(answer("rnd()").text(), answer("rnd()").text());
        let dice: std::collections::BTreeSet<i64> =
            (0..1_000).filter_map(|_| answer("randint(1, 6)").as_i64()).collect();
        assert!(dice.into_iter().eq(1..=6));
    }

    #[test]
    fn the_clock_ends_an_evaluation_with_fuel_left() {
        let evaluation = evaluate(&program(EXPENSIVE), &Limits::default(), Instant::now());
        assert_eq!(evaluation.outcome.unwrap_err().kind, ErrorKind::Deadline);
    }

    #[test]
    fn a_panic_in_the_engine_is_an_error_like_any_other() {
        let stop = || -> bool { panic!("a bug") };
        let limits = Limits::default();
        let evaluation = run(&program(EXPENSIVE), &limits, Fuel::with_stop(limits.fuel, &stop));
        assert_eq!(evaluation.outcome.unwrap_err().kind, ErrorKind::Internal);
    }

    #[test]
    fn a_trial_ends_with_an_answer_or_with_nothing() {
        let limits = Limits::default();
        assert!(try_evaluate(&program("2+2"), &limits, 1_000).is_some_and(|trial| trial.outcome.is_ok()));
        assert!(try_evaluate(&program("1/0"), &limits, 1_000).is_some_and(|trial| trial.outcome.is_err()));
        assert!(try_evaluate(&program(EXPENSIVE), &limits, 1_000).is_none());
        // A deadline in the past changes how the answer is computed, but not the answer.
        let loop_of = |count: u64| program(&format!("sum(k, k, 1, {count})"));
        assert!(try_evaluate_within(Duration::ZERO, &loop_of(1_000), &limits, 30_000).is_none());
        assert!(try_evaluate_within(Duration::MAX, &loop_of(1_000), &limits, 30_000).is_some());
        assert!(try_evaluate_within(Duration::ZERO, &loop_of(2), &limits, 30_000).is_some());
        // If the limit of fuel is not above the trial's budget, the refusal is final.
        let poor = Limits { fuel: 1_000, ..limits };
        let refusal = try_evaluate(&program(EXPENSIVE), &poor, 1_000).unwrap().outcome.unwrap_err();
        assert_eq!(refusal.kind, ErrorKind::OutOfFuel { limit: 1_000 });
    }
}
