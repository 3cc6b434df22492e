//! The edge of the language engine. Whatever happens behind it, what comes out is data: a panic, which would be a bug of
//! ours, becomes an [`ErrorKind::Internal`] and a count.

use std::cell::OnceCell;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use tabuada_lang::{
    Answer, Context, Error, ErrorKind, Evaluator, Explanation, Failure, Fix, Fuel, Hint, Limits, Mode, Pause, Program,
    Rows, Span, Variables, fixes, parse_with,
};

use crate::priority;

/// Fuel between two looks at the clock of work on a thread of its own, which then gives way to those that serve: some
/// quarter of a millisecond.
const CHECK_EVERY: u64 = 50_000;

/// Fuel between two looks at the clock of a trial: some 10 microseconds where prices are right.
const TRIAL_CHECK_EVERY: u64 = 2_000;

/// What an evaluation came to.
#[derive(Debug)]
pub struct Evaluation {
    /// The value, or why there is none and at which node.
    pub outcome: Result<Answer, Failure>,
    /// Fuel spent.
    pub fuel: u64,
}

/// A text and what it is to be read with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Question<'q> {
    /// The text.
    pub text: &'q str,
    /// In which numbers.
    pub mode: Mode,
    /// Names and their values, a JSON object.
    pub variables: Option<&'q str>,
}

impl<'q> From<&'q str> for Question<'q> {
    /// A text alone, in Python's numbers.
    fn from(text: &'q str) -> Self {
        Self { text, ..Self::default() }
    }
}

/// Reads a text in Python's mode.
#[cfg(test)]
pub(crate) fn read(text: &str, limits: &Limits) -> Result<Program, Error> {
    ask(Question::from(text), limits)
}

/// Reads a question.
pub(crate) fn ask(question: Question<'_>, limits: &Limits) -> Result<Program, Error> {
    caught(question.text, || read_question(question, limits))
}

fn read_question(question: Question<'_>, limits: &Limits) -> Result<Program, Error> {
    let variables = variables_of(question, limits)?;
    let context = Context { mode: question.mode, variables: variables.as_ref(), ..Context::default() };
    parse_with(question.text, &context, limits)
}

fn variables_of(question: Question<'_>, limits: &Limits) -> Result<Option<Variables>, Error> {
    let variables = question.variables.map(|json| Variables::from_json(json, limits)).transpose();
    variables.map_err(|kind| Error { kind, span: Span::default() })
}

/// Reads a text of the context's parameters. A name that nothing gives a meaning is wrong with it whatever they are, and so
/// it is not read. The fixes come with the error, the likeliest first.
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

/// How to mend a question whose text cannot be read, the likeliest first.
pub(crate) fn fixes_of_unreadable(question: Question<'_>, error: &Error) -> Vec<Fix> {
    advised(question, |context, limits| fixes(question.text, error, context, limits))
}

/// How to mend a question whose evaluation failed, the likeliest first.
pub(crate) fn fixes_of_failed(question: Question<'_>, program: &Program, failure: &Failure) -> Vec<Fix> {
    advised(question, |context, limits| program.fixes(question.text, failure, context, limits))
}

/// How to mend a text of the context's parameters that fails whatever these are, the likeliest first.
pub(crate) fn fixes_of_rows(
    text: &str,
    context: &Context<'_>,
    limits: &Limits,
    program: &Program,
    failure: &Failure,
) -> Vec<Fix> {
    caught(text, || Ok(program.fixes(text, failure, context, limits))).unwrap_or_default()
}

/// What to know of a text of the context's parameters that was read.
pub(crate) fn hints_of_rows(text: &str, context: &Context<'_>, limits: &Limits, program: &Program) -> Vec<Hint> {
    caught(text, || Ok(program.hints(text, context, limits))).unwrap_or_default()
}

/// What to know of a question that was read: where it may not mean what was meant.
pub(crate) fn hints(question: Question<'_>, program: &Program) -> Vec<Hint> {
    advised(question, |context, limits| program.hints(question.text, context, limits))
}

fn advised<T>(question: Question<'_>, advise: impl FnOnce(&Context<'_>, &Limits) -> Vec<T>) -> Vec<T> {
    let Question { text, mode, variables } = question;
    let limits = Limits::default();
    let advice = caught(text, || {
        let variables = variables.and_then(|json| Variables::from_json(json, &limits).ok());
        let pause = Pause(&priority::give_way);
        Ok(advise(&Context { mode, variables: variables.as_ref(), pause, ..Context::default() }, &limits))
    });
    advice.unwrap_or_default()
}

/// Reads a question, and gives the canonical text that names its answer.
pub(crate) fn ask_with_name(question: Question<'_>, limits: &Limits) -> Result<(Program, String), Error> {
    caught(question.text, || {
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

/// Answers one question after another in the same memory.
#[derive(Default)]
pub(crate) struct Engine {
    evaluator: Evaluator,
    /// Whether a panic may have left it in disorder.
    is_broken: bool,
}

impl Engine {
    /// Reads a question, as [`ask`] does.
    pub(crate) fn ask(&mut self, question: Question<'_>, limits: &Limits) -> Result<(), Error> {
        if std::mem::replace(&mut self.is_broken, true) {
            self.evaluator = Evaluator::default();
        }
        let read = caught(question.text, || {
            let variables = variables_of(question, limits)?;
            let context = Context { mode: question.mode, variables: variables.as_ref(), ..Context::default() };
            self.evaluator.read(question.text, &context, limits)
        });
        self.is_broken = read.as_ref().is_err_and(|error| error.kind == ErrorKind::Internal);
        read
    }

    /// Evaluates in full what was read last, as [`evaluate`] does, within `time`.
    pub(crate) fn evaluate(&mut self, limits: &Limits, time: Duration) -> Evaluation {
        // The clock begins at the first look at it, which most evaluations end before.
        let begun = OnceCell::new();
        let stop = || begun.get_or_init(Instant::now).elapsed() >= time;
        let mut fuel = Fuel::with_stop(limits.fuel, &stop);
        if !self.program().is_pure() {
            fuel = fuel.seeded(chance());
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| self.evaluator.run(&[], limits, &mut fuel)));
        self.is_broken = outcome.is_err();
        Evaluation {
            outcome: outcome.unwrap_or(Err(Failure { kind: ErrorKind::Internal, node: 0 })),
            fuel: fuel.spent(),
        }
    }

    /// What was read last.
    pub(crate) fn program(&self) -> &Program {
        self.evaluator.program()
    }
}

/// Evaluates in full; the clock ends what the fuel did not.
pub(crate) fn evaluate(program: &Program, limits: &Limits, deadline: Instant) -> Evaluation {
    let stop = || is_past(deadline);
    run(program, limits, Fuel::with_stop(limits.fuel, &stop).checked_every(CHECK_EVERY))
}

/// Evaluates in full as [`evaluate`] does, and tells how; with the fuel that it took.
pub(crate) fn explain(program: &Program, limits: &Limits, deadline: Instant) -> (Explanation, u64) {
    let stop = || is_past(deadline);
    let mut fuel = Fuel::with_stop(limits.fuel, &stop).checked_every(CHECK_EVERY).seeded(if program.is_pure() {
        0
    } else {
        chance()
    });
    let explained = catch_unwind(AssertUnwindSafe(|| program.explain(&[], limits, &mut fuel)));
    let explanation = explained.unwrap_or_else(|_| Explanation {
        steps: Vec::new(),
        is_cut: false,
        failed: None,
        outcome: Err(Failure { kind: ErrorKind::Internal, node: 0 }),
    });
    (explanation, fuel.spent())
}

/// Evaluates on a budget; `None` if it was not enough, or if the engine broke.
pub(crate) fn try_evaluate(program: &Program, limits: &Limits, budget: u64) -> Option<Evaluation> {
    tried(program, limits, budget, Fuel::new(budget.min(limits.fuel)))
}

/// The same, within a time as well, lest an operation at a wrong price holds up the thread that serves.
pub(crate) fn try_evaluate_within(
    time: Duration,
    program: &Program,
    limits: &Limits,
    budget: u64,
) -> Option<Evaluation> {
    let begun = Instant::now();
    let stop = || {
        priority::give_way();
        begun.elapsed() >= time
    };
    tried(program, limits, budget, Fuel::with_stop(budget.min(limits.fuel), &stop).checked_every(TRIAL_CHECK_EVERY))
}

fn tried(program: &Program, limits: &Limits, budget: u64, fuel: Fuel<'_>) -> Option<Evaluation> {
    let evaluation = run(program, limits, fuel);
    let beyond_the_budget = |failure: &Failure| {
        !failure.kind.is_deterministic()
            || (budget < limits.fuel && matches!(failure.kind, ErrorKind::OutOfFuel { .. }))
    };
    if evaluation.outcome.as_ref().is_err_and(beyond_the_budget) { None } else { Some(evaluation) }
}

/// Evaluates row by row of the columns, on a budget for all of them; the clock ends what the fuel did not. Gives what was
/// spent, too.
pub(crate) fn columns(
    program: &Program,
    columns: &[&[f64]],
    limits: &Limits,
    budget: u64,
    deadline: Instant,
) -> (Result<Rows, ErrorKind>, u64) {
    let stop = || is_past(deadline);
    let fuel = Fuel::with_stop(budget, &stop).checked_every(CHECK_EVERY);
    let mut fuel = if program.is_pure() { fuel } else { fuel.seeded(chance()) };
    let rows = catch_unwind(AssertUnwindSafe(|| program.columns(columns, limits, &mut fuel)));
    (rows.unwrap_or(Err(ErrorKind::Internal)), fuel.spent())
}

/// Whether a deadline has come; asked now and then by work that takes long, which gives way meanwhile.
fn is_past(deadline: Instant) -> bool {
    priority::give_way();
    Instant::now() >= deadline
}

/// 64 bits that nobody can foresee: the standard library's own source of them, for its hash tables.
pub(crate) fn chance() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn run(program: &Program, limits: &Limits, fuel: Fuel<'_>) -> Evaluation {
    let mut fuel = if program.is_pure() { fuel } else { fuel.seeded(chance()) };
    let outcome = catch_unwind(AssertUnwindSafe(|| program.evaluate_with(&[], limits, &mut fuel)))
        .unwrap_or(Err(Failure { kind: ErrorKind::Internal, node: 0 }));
    Evaluation { outcome, fuel: fuel.spent() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Costs far more than what is burnt between two looks at the clock.
    const DEAR: &str = "factorial(20000) % 7";

    fn program(text: &str) -> Program {
        read(text, &Limits::default()).unwrap()
    }

    #[test]
    fn chance_comes_anew_each_time() {
        let answer = |text: &str| try_evaluate(&program(text), &Limits::default(), 1_000).unwrap().outcome.unwrap();
        assert_ne!(answer("rnd()").text(), answer("rnd()").text());
        let dice: std::collections::BTreeSet<i64> =
            (0..1_000).filter_map(|_| answer("randint(1, 6)").as_i64()).collect();
        assert!(dice.into_iter().eq(1..=6));
    }

    #[test]
    fn the_clock_ends_what_the_fuel_did_not() {
        let evaluation = evaluate(&program(DEAR), &Limits::default(), Instant::now());
        assert_eq!(evaluation.outcome.unwrap_err().kind, ErrorKind::Deadline);
    }

    #[test]
    fn a_panic_in_the_engine_is_an_error_like_any_other() {
        let stop = || -> bool { panic!("a bug") };
        let limits = Limits::default();
        let evaluation = run(&program(DEAR), &limits, Fuel::with_stop(limits.fuel, &stop));
        assert_eq!(evaluation.outcome.unwrap_err().kind, ErrorKind::Internal);
    }

    #[test]
    fn a_trial_ends_with_an_answer_or_with_nothing() {
        let limits = Limits::default();
        assert!(try_evaluate(&program("2+2"), &limits, 1_000).is_some_and(|trial| trial.outcome.is_ok()));
        assert!(try_evaluate(&program("1/0"), &limits, 1_000).is_some_and(|trial| trial.outcome.is_err()));
        assert!(try_evaluate(&program(DEAR), &limits, 1_000).is_none());
        // A clock that is over changes the road, not the answer.
        let loop_of = |count: u64| program(&format!("sum(k, k, 1, {count})"));
        assert!(try_evaluate_within(Duration::ZERO, &loop_of(1_000), &limits, 30_000).is_none());
        assert!(try_evaluate_within(Duration::MAX, &loop_of(1_000), &limits, 30_000).is_some());
        assert!(try_evaluate_within(Duration::ZERO, &loop_of(2), &limits, 30_000).is_some());
        // Who has no more than the trial's budget gets the refusal: there is nothing left to try.
        let poor = Limits { fuel: 1_000, ..limits };
        let refusal = try_evaluate(&program(DEAR), &poor, 1_000).unwrap().outcome.unwrap_err();
        assert_eq!(refusal.kind, ErrorKind::OutOfFuel { limit: 1_000 });
    }
}
