//! The laws of school notation, for every text.

use tabuada_lang::{
    Context, DecimalSign, ErrorKind, Language, Limits, Notation, NotationError, Program, fixes, parse, parse_with,
};

use super::{check_span, limits, unbounded};

/// A text in school notation is refused with a place in it, or its program is that of its canonical text in Python's
/// notation. Of a refusal with two readings each reads as it says; what is offered reads; and a program that can be
/// spelled in school notation is that of the spelling.
pub(crate) fn check_school(text: &str) {
    for decimal in [DecimalSign::Point, DecimalSign::Comma] {
        check_in(text, decimal);
    }
    spell(text);
}

fn read(text: &str, notation: Notation, limits: &Limits) -> Option<Program> {
    parse_with(text, &Context { notation, ..Context::default() }, limits).ok()
}

fn check_in(text: &str, decimal: DecimalSign) {
    let (limits, notation) = (limits(), Notation::School { decimal });
    let context = Context { notation, ..Context::default() };
    match parse_with(text, &context, &limits) {
        Ok(program) => {
            let canonical = program.canonical();
            let again = parse(&canonical, &unbounded(&limits));
            let again = again.unwrap_or_else(|error| panic!("{decimal} {text:?} -> {canonical:?}: {error:?}"));
            assert!(again.same_as(&program), "{decimal} {text:?} -> {canonical:?} is another program");
            assert_eq!(again.canonical(), canonical, "{decimal} {text:?}");
            let hints = program.hints(text, &context, &limits);
            for hint in hints {
                check_span(text, hint.span);
                check_fixes(text, hint.fixes.iter().map(|fix| fix.apply(text)), notation);
            }
            if let Err(failure) = program.evaluate_with(&[], &limits, &mut tabuada_lang::Fuel::new(20_000)) {
                check_span(text, program.span(failure.node));
                let fixes = program.fixes(text, &failure, &context, &limits);
                check_fixes(text, fixes.iter().map(|fix| fix.apply(text)), notation);
            }
        }
        Err(error) => {
            assert_ne!(error.kind, ErrorKind::Internal, "{decimal} {text:?}");
            check_span(text, error.span);
            for language in [Language::English, Language::Portuguese] {
                assert!(!error.kind.message_in(language, notation).is_empty());
            }
            if let ErrorKind::Notation(NotationError::Ambiguous { readings, .. }) = &error.kind {
                assert!(readings.len() == 2 || text.len() > 64, "{decimal} {text:?} has {readings:?}");
                for reading in readings {
                    let program = read(&reading.text, notation, &unbounded(&limits));
                    let canonical = program.map(|program| program.canonical());
                    assert_eq!(canonical.as_ref(), Some(&reading.read_as), "{decimal} {text:?}: {}", reading.text);
                }
            }
            let fixes = fixes(text, &error, &context, &limits);
            check_fixes(text, fixes.iter().map(|fix| fix.apply(text)), notation);
        }
    }
}

/// Every mended text reads.
fn check_fixes(text: &str, mended: impl Iterator<Item = String>, notation: Notation) {
    for mended in mended {
        assert!(read(&mended, notation, &limits()).is_some(), "{text:?} is mended to {mended:?}");
    }
}

/// A program of Python's notation, spelled in school notation, is the same program there.
fn spell(text: &str) {
    let Ok(program) = parse(text, &limits()) else { return };
    for decimal in [DecimalSign::Point, DecimalSign::Comma] {
        let notation = Notation::School { decimal };
        if let Some(spelled) = program.spelled(notation) {
            let again =
                read(&spelled, notation, &unbounded(&limits())).unwrap_or_else(|| panic!("{text:?}: {spelled}"));
            assert!(again.same_as(&program), "{text:?} is spelled {spelled:?}");
        }
    }
}
