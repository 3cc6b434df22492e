//! What a model can mend: wrong arguments and wrong expressions, in words that it can act on.

use serde::Serialize;
use tabuada_lang::{Error, ErrorKind, Failure, Fix, Language, Notation, Program};

use super::message::{SAID_CHARACTERS, shortened_to};
use crate::engine::{self, Question};
use crate::workers::NotDone;

/// The most fixes that are told, and the longest: a model has to read them.
const FIXES_MAX: usize = 3;
const FIX_CHARACTERS: usize = 1_000;

/// Why a call of a tool has no value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Mistake {
    /// For programs, as everywhere in the API.
    code: &'static str,
    /// What is wrong, and what would be right.
    message: String,
    /// Where in the expression, in characters; `end` is exclusive.
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<Place>,
    /// The whole expression, mended.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
    /// Other expressions that may have been meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alternatives: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Place {
    start: usize,
    end: usize,
}

impl Mistake {
    /// An argument is wrong.
    pub(super) fn of_arguments(message: &str) -> Self {
        let message = shortened_to(SAID_CHARACTERS, message);
        Self { code: "malformed", message, span: None, fix: None, alternatives: Vec::new() }
    }

    /// An error without a place.
    pub(super) fn of_kind(kind: &ErrorKind) -> Self {
        Self { code: kind.code(), ..Self::of_arguments(&kind.message(Language::English)) }
    }

    pub(super) fn overloaded() -> Self {
        Self { code: "overloaded", ..Self::of_arguments("the calculator is overloaded: call again in a second") }
    }

    /// A question that cannot be parsed.
    pub(super) fn unreadable(error: &Error, question: &Question<'_>) -> Self {
        Self::of_text(error, &question.text, &engine::fixes_of_unreadable(question, error))
    }

    /// The evaluation of a question failed.
    pub(super) fn failed(program: &Program, failure: &Failure, question: &Question<'_>) -> Self {
        let error = Error { kind: failure.kind.clone(), span: program.span(failure.node) };
        Self::of_text(&error, &question.text, &engine::fixes_of_failed(question, program, failure))
    }

    /// An error in a text, with its fixes, the likeliest first.
    pub(super) fn of_text(error: &Error, text: &str, fixes: &[Fix]) -> Self {
        let (start, end) = error.span.in_characters(text);
        // An error of a variable has no place in the text.
        let span = (!matches!(error.kind, ErrorKind::Variable(_))).then_some(Place { start, end });
        let message = error.kind.message_in(Language::English, Notation::Python);
        let mut message = shortened_to(SAID_CHARACTERS, &message);
        let mut mended = fixes.iter().take(FIXES_MAX).map(|fix| fix.apply(text));
        let mut mended = mended.by_ref().filter(|text| text.chars().count() <= FIX_CHARACTERS);
        let (fix, alternatives) = (mended.next(), mended.collect());
        if fix.is_none() {
            message.push_str(way_out(&error.kind, text));
        }
        Self { code: error.kind.code(), message, span, fix, alternatives }
    }

    /// The same, about one of several expressions.
    pub(super) fn of_expression(self, number: usize) -> Self {
        Self { message: format!("expression {number}: {}", self.message), ..self }
    }

    /// The result that reports it: an object with the member `error`.
    pub(super) fn json(&self) -> String {
        // Texts and numbers always serialise.
        format!(r#"{{"error":{}}}"#, serde_json::to_string(self).unwrap_or_default())
    }
}

impl From<NotDone> for Mistake {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Overloaded => Self::overloaded(),
            NotDone::Panicked => Self::of_kind(&ErrorKind::Internal),
            NotDone::Overrun => Self::of_kind(&ErrorKind::Deadline),
        }
    }
}

/// What to do where no fix is known.
fn way_out(kind: &ErrorKind, text: &str) -> &'static str {
    match kind.code() {
        "unknown-name" => ". The tool `functions` finds the functions by name or subject",
        "syntax" | "unsupported" if is_sentence(text) => {
            ". This looks like a sentence, or has units: pass only an expression without units, such as sqrt(16) + 0.15*80"
        }
        _ => "",
    }
}

/// Whether a text has two words in a row, as hardly any expression has.
fn is_sentence(text: &str) -> bool {
    const OPERATORS: [&str; 6] = ["and", "or", "not", "if", "else", "mod"];
    let is_word = |word: &&str| {
        let word = word.trim_matches(|c: char| c.is_ascii_punctuation());
        word.chars().count() > 1 && word.chars().all(char::is_alphabetic) && !OPERATORS.contains(&word)
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    words.windows(2).any(|two| two.iter().all(is_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_told_from_expressions() {
        for text in
            ["What is 2 plus 2?", "the square root of 16", "Please calculate 15% of 80", "quanto é dois mais dois"]
        {
            assert!(is_sentence(text), "{text}");
        }
        for text in ["2 + * 3", "sqrt(2", "not x and y", "a if b else c", "x in y", "7 mod 3", "foo + bar", ""] {
            assert!(!is_sentence(text), "{text}");
        }
    }
}
