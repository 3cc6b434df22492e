//! What holds for every text there is. The fuzz targets look for a text that breaks it; the tests replay what they found.

mod respelling;

pub(crate) use respelling::respellings;

use tabuada_lang::{ErrorKind, Fuel, Language, Limits, Program, Span, caret, parse};

/// Limits that a text meets within some milliseconds, so that many can be tried.
pub(crate) fn limits() -> Limits {
    Limits { fuel: 2_000_000, memory_bytes: 16 << 20, ..Limits::default() }
}

/// The same for what the language wrote itself, which may be longer than what it was made from.
fn unbounded(limits: &Limits) -> Limits {
    Limits { text_bytes: u64::MAX, ..limits.clone() }
}

/// All that an evaluation comes to: type and text, or kind and node; and what it cost.
pub(crate) type Outcome = (Result<(String, String), (ErrorKind, u32)>, u64);

/// Evaluates, always with the same chance.
pub(crate) fn outcome(program: &Program, limits: &Limits) -> Outcome {
    let mut fuel = Fuel::new(limits.fuel);
    let outcome = match program.evaluate(limits, &mut fuel) {
        Ok(answer) => Ok((answer.type_name().to_owned(), answer.text().to_owned())),
        Err(failure) => Err((failure.kind, failure.node)),
    };
    (outcome, fuel.spent())
}

/// A text is refused with a place in it, or its program ends within its limits, and so does that of its canonical
/// text, which is the same.
pub(crate) fn check_evaluation(text: &str) {
    let limits = limits();
    let program = match parse(text, &limits) {
        Ok(program) => program,
        Err(error) => {
            check_span(text, error.span);
            check_words(&error.kind);
            caret(text, error.span);
            return;
        }
    };
    let canonical = program.canonical();
    let again =
        parse(&canonical, &unbounded(&limits)).unwrap_or_else(|error| panic!("{text:?} -> {canonical:?}: {error:?}"));
    assert!(again.same_as(&program), "{text:?} -> {canonical:?} is another program");
    assert_eq!(again.canonical(), canonical, "{text:?}");
    assert_eq!(again.is_pure(), program.is_pure(), "{text:?} -> {canonical:?}");

    let (result, spent) = outcome(&program, &limits);
    assert!(spent <= limits.fuel, "{text:?} spent {spent}");
    assert_eq!(outcome(&again, &limits), (result.clone(), spent), "{text:?} -> {canonical:?}");
    match result {
        Ok((kind, answer)) => check_answer(text, &kind, &answer, &limits),
        Err((kind, node)) => {
            assert_ne!(kind, ErrorKind::Internal, "{text:?}");
            let span = program.span(node);
            check_span(text, span);
            check_words(&kind);
            caret(text, span);
        }
    }
}

/// The text of an answer reads as that answer.
pub(crate) fn check_answer(text: &str, kind: &str, answer: &str, limits: &Limits) {
    assert!(answer.chars().count() as u64 <= limits.answer_characters, "{text:?}");
    // These have no literals: their texts are names, and a name is not part of every number.
    if answer.contains("inf") || answer.contains("nan") {
        return;
    }
    // As in CPython, `1-0j` is 1+0j, and so on: a sum of its parts loses the sign of a zero.
    if answer.contains('j') && answer.contains('-') {
        return;
    }
    // Reading a long answer again is another evaluation, with its own price.
    let limits = Limits { fuel: Limits::FUEL, memory_bytes: Limits::MEMORY_BYTES, ..unbounded(limits) };
    let program = match parse(answer, &limits) {
        // A list that a calculation makes may have more elements than a text may have nodes.
        Err(error) if matches!(error.kind, ErrorKind::TooManyNodes { .. }) => return,
        read => read.unwrap_or_else(|error| panic!("{text:?} = {answer:?}: {error:?}")),
    };
    let again = outcome(&program, &limits).0;
    assert_eq!(again, Ok((kind.to_owned(), answer.to_owned())), "{text:?}");
}

/// Every way of writing a text has one canonical text, one answer and one price.
pub(crate) fn check_same_key(text: &str) {
    let limits = limits();
    let Ok(program) = parse(text, &limits) else { return };
    let canonical = program.canonical();
    let expected = outcome(&program, &limits);
    for other in respellings(text) {
        match parse(&other, &unbounded(&limits)) {
            Ok(program) => {
                assert_eq!(program.canonical(), canonical, "{text:?} is spelled {other:?}");
                assert_eq!(outcome(&program, &limits), expected, "{text:?} is spelled {other:?}");
            }
            // Brackets around everything may be one too many.
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
