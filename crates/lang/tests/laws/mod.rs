//! Laws that hold for every text. Fuzz targets search for texts that break one, and the tests replay their findings.

mod respelling;
mod school;

pub(crate) use respelling::respellings;
pub(crate) use school::check_school;

use tabuada_lang::{
    Answer, Argument, Cell, Context, Error, ErrorKind, Evaluator, Failure, Fuel, Language, Limits, Mode, Program, Span,
    caret, fixes, parse_with,
};

/// Limits that a text reaches within some milliseconds, so that many texts can be tried.
pub(crate) fn limits() -> Limits {
    Limits { fuel: 2_000_000, memory_bytes: 16 << 20, ..Limits::default() }
}

/// The modes in which laws are checked.
pub(crate) const MODES: [&str; 3] = ["python", "exact", "decimal:28"];

fn parse_in(mode: Mode, text: &str, limits: &Limits) -> Result<Program, Error> {
    parse_with(text, &Context { mode, ..Context::default() }, limits)
}

/// The limits for texts that the language itself wrote, which may be longer than the original.
fn unbounded(limits: &Limits) -> Limits {
    Limits { text_bytes: u64::MAX, ..limits.clone() }
}

/// The outcome of an evaluation (type and text, or kind and node) and its price.
pub(crate) type Outcome = (Result<(String, String), (ErrorKind, u32)>, u64);

/// Evaluates, always with the same seed.
pub(crate) fn outcome(program: &Program, limits: &Limits) -> Outcome {
    let mut fuel = Fuel::new(limits.fuel);
    let result = program.evaluate_with(&[], limits, &mut fuel);
    (compared(result), fuel.spent())
}

fn compared(result: Result<Answer, Failure>) -> Result<(String, String), (ErrorKind, u32)> {
    match result {
        Ok(answer) => Ok((answer.type_name().to_owned(), answer.text().to_owned())),
        Err(failure) => Err((failure.kind, failure.node)),
    }
}

/// Every text either has an error with a place in it, or a program that ends within its limits. The canonical text has
/// the same program and outcome. This holds in every mode.
pub(crate) fn check_evaluation(text: &str) {
    MODES.iter().filter_map(|mode| mode.parse().ok()).for_each(|mode| check_in(mode, text));
    check_columns(text);
}

fn check_in(mode: Mode, text: &str) {
    let limits = limits();
    let context = Context { mode, ..Context::default() };
    let program = match parse_in(mode, text, &limits) {
        Ok(program) => program,
        Err(error) => {
            check_span(text, error.span);
            check_words(&error.kind);
            caret(text, error.span);
            for fix in fixes(text, &error, &context, &limits) {
                check_span(text, fix.span);
                assert_ne!(fix.apply(text), text);
            }
            return;
        }
    };
    let canonical = program.canonical();
    let again = parse_in(mode, &canonical, &unbounded(&limits))
        .unwrap_or_else(|error| panic!("{mode} {text:?} -> {canonical:?}: {error:?}"));
    assert!(again.same_as(&program), "{text:?} -> {canonical:?} is another program");
    assert_eq!(again.canonical(), canonical, "{text:?}");
    assert_eq!(again.is_pure(), program.is_pure(), "{text:?} -> {canonical:?}");

    let first = outcome(&program, &limits);
    assert!(first.1 <= limits.fuel, "{text:?} spent {}", first.1);
    assert_eq!(outcome(&again, &limits), first, "{text:?} -> {canonical:?}");
    match &first.0 {
        Ok((kind, answer)) => check_answer(mode, text, kind, answer, &limits),
        Err((kind, node)) => {
            assert_ne!(*kind, ErrorKind::Internal, "{mode} {text:?}");
            let span = program.span(*node);
            check_span(text, span);
            check_words(kind);
            caret(text, span);
        }
    }
    // With recorded steps, it is the same calculation.
    let mut fuel = Fuel::new(limits.fuel);
    let told = program.explain(&[], &limits, &mut fuel).outcome;
    assert_eq!((compared(told), fuel.spent()), first, "{mode} {text:?}, explained");
    program.hints(text, &context, &limits).iter().for_each(|hint| check_span(text, hint.span));
}

/// Over columns, every row has the evaluator's answer for it.
fn check_columns(text: &str) {
    const ROWS: [f64; 4] = [0.0, -1.5, 3.0, 1e300];
    let limits = Limits { fuel: 200_000, ..limits() };
    let context = Context { parameters: &["x"], ..Context::default() };
    let Ok(program) = parse_with(text, &context, &limits) else { return };
    if !program.is_pure() {
        return;
    }
    let Ok(rows) = program.columns(&[&ROWS], &limits, &mut Fuel::new(u64::MAX)) else { return };
    let mut evaluator = Evaluator::default();
    for (cell, x) in rows.iter().zip(ROWS) {
        let fuel = &mut Fuel::new(limits.fuel);
        let alone = evaluator.evaluate_with(text, &context, &[Argument::Float(x)], &limits, fuel);
        let is_same = match (&cell, &alone) {
            (Cell::Float(value), Ok(answer)) => answer.as_f64().map(f64::to_bits) == Some(value.to_bits()),
            (Cell::Bool(value), Ok(answer)) => answer.as_bool() == Some(*value),
            (Cell::Answer(cell), Ok(answer)) => cell.text() == answer.text() && cell.type_name() == answer.type_name(),
            (Cell::Failure(failure), Err(error)) => failure.kind == error.kind,
            _ => false,
        };
        let both_nan =
            matches!((&cell, &alone), (Cell::Float(value), Ok(answer)) if value.is_nan() && answer.text() == "nan");
        assert!(is_same || both_nan, "{text:?} at {x}: {cell:?}, not {alone:?}");
    }
}

/// The text of an answer is parsed as that answer.
pub(crate) fn check_answer(mode: Mode, text: &str, kind: &str, answer: &str, limits: &Limits) {
    assert!(answer.chars().count() as u64 <= limits.answer_characters, "{text:?}");
    // Infinity and nan have no literals: their texts are names, which not every mode has.
    if answer.contains("inf") || answer.contains("nan") {
        return;
    }
    // As in CPython, a minus removes the sign of a decimal zero.
    if matches!(mode, Mode::Decimal(_)) && answer.contains("-0") {
        return;
    }
    // As in CPython, `1-0j` is 1+0j: a sum of the parts loses the sign of a zero.
    if answer.contains('j') && answer.contains('-') {
        return;
    }
    // Parsing a long answer again is another evaluation with its own price.
    let limits = Limits { fuel: Limits::FUEL, memory_bytes: Limits::MEMORY_BYTES, ..unbounded(limits) };
    let program = match parse_in(mode, answer, &limits) {
        // A list that is computed may have more elements than a text may have nodes.
        Err(error) if matches!(error.kind, ErrorKind::TooManyNodes { .. }) => return,
        read => read.unwrap_or_else(|error| panic!("{mode} {text:?} = {answer:?}: {error:?}")),
    };
    let again = outcome(&program, &limits).0;
    // As in Python, the text of a whole decimal is that of an integer.
    let kind = if matches!(&again, Ok((again, _)) if again == "int" && kind == "decimal") { "int" } else { kind };
    assert_eq!(again, Ok((kind.to_owned(), answer.to_owned())), "{mode} {text:?}");
}

/// Every way of writing a text has one canonical text, one answer and one price.
pub(crate) fn check_same_key(text: &str) {
    let limits = limits();
    let Ok(program) = parse_in(Mode::Python, text, &limits) else { return };
    let canonical = program.canonical();
    let expected = outcome(&program, &limits);
    for other in respellings(text) {
        match parse_in(Mode::Python, &other, &unbounded(&limits)) {
            Ok(program) => {
                assert_eq!(program.canonical(), canonical, "{text:?} is spelled {other:?}");
                assert_eq!(outcome(&program, &limits), expected, "{text:?} is spelled {other:?}");
            }
            // Additional brackets around everything may exceed the limit.
            Err(error) if matches!(error.kind, ErrorKind::TooDeep { .. }) => {}
            Err(error) => panic!("{text:?} is read, and {other:?} is not: {error:?}"),
        }
    }
}

fn check_span(text: &str, span: Span) {
    let (start, end) = (span.start as usize, span.end as usize);
    assert!(text.get(start..end).is_some(), "{text:?}: {span:?} is no part of it");
}

fn check_words(kind: &ErrorKind) {
    for language in [Language::English, Language::Portuguese] {
        assert!(!kind.message(language).is_empty(), "{kind:?}");
    }
    assert!(!kind.code().is_empty());
}
