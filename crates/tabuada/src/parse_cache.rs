//! A cache of parsed texts that are asked repeatedly.
//!
//! A parsed text depends only on the text and its notation, so it is never invalidated. The answer is looked up in the cache each time.
//! Without it, a hit by `POST` takes 20 % more instructions outside the kernel (24,923 instead of 20,772).

use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Weighter};
use tabuada_lang::{Mode, Notation};

use crate::engine::Question;

/// Capacity in bytes.
const KEPT_BYTES: u64 = 4 << 20;
/// Longer texts are not kept, since people repeat short ones.
const KEPT_TEXT_BYTES: usize = 128;
/// A generous estimate of the size of a parsed text: a fixed part, and the amount for each byte of the text (at most
/// one node with its span, in vectors of twice the length; the text itself, and the canonical text).
const READING_BYTES: u64 = 768;
const READING_BYTES_FOR_EACH: u64 = 64;
const READINGS_TYPICAL: usize = 4_096;

/// A cache of parsed texts: short ones, in Python's mode, without variables.
pub(crate) struct ParseCache<R>(Cache<Written<Box<str>>, R, Bytes>);

/// A text in a notation.
#[derive(PartialEq, Eq, Hash)]
struct Written<T> {
    notation: Notation,
    text: T,
}

impl Equivalent<Written<Box<str>>> for Written<&str> {
    fn equivalent(&self, kept: &Written<Box<str>>) -> bool {
        self.notation == kept.notation && *self.text == *kept.text
    }
}

#[derive(Clone)]
struct Bytes;

impl<R> Weighter<Written<Box<str>>, R> for Bytes {
    fn weight(&self, Written { text, .. }: &Written<Box<str>>, _reading: &R) -> u64 {
        READING_BYTES + READING_BYTES_FOR_EACH * text.len() as u64
    }
}

impl<R: Clone> ParseCache<R> {
    pub(crate) fn new() -> Self {
        Self(Cache::with_weighter(READINGS_TYPICAL, KEPT_BYTES, Bytes))
    }

    /// What was parsed from a question, if it was kept.
    pub(crate) fn get(&self, question: &Question<'_>) -> Option<R> {
        self.0.get(&kept_by(question)?)
    }

    /// Keeps what was parsed from this question.
    pub(crate) fn keep(&self, question: &Question<'_>, reading: R) {
        if let Some(Written { notation, text }) = kept_by(question) {
            self.0.insert(Written { notation, text: text.into() }, reading);
        }
    }
}

/// What identifies the question, if it may be kept.
fn kept_by<'q>(question: &'q Question<'_>) -> Option<Written<&'q str>> {
    let Question { text, mode, notation, variables, shown: _, has_proof: _ } = question;
    let is_kept = *mode == Mode::Python && variables.is_none() && text.len() <= KEPT_TEXT_BYTES;
    is_kept.then_some(Written { notation: *notation, text })
}

#[cfg(test)]
mod tests {
    use tabuada_lang::DecimalSign;

    use super::*;

    #[test]
    fn a_reading_is_found_by_its_own_text_and_notation_alone() {
        let readings = ParseCache::new();
        let long = "1+".repeat(KEPT_TEXT_BYTES) + "1";
        let exact = Question::new("1/3", Mode::Exact);
        let with_variables = Question { variables: Some(r#"{"x":3}"#.into()), ..Question::from("x") };
        for question in [exact, with_variables, Question::from(&*long)] {
            readings.keep(&question, 1);
            assert_eq!(readings.get(&question), None, "{question:?}");
            assert_eq!(readings.get(&Question::from(&*question.text)), None, "{question:?}");
        }
        readings.keep(&"2+2".into(), 2);
        assert_eq!(readings.get(&"2+2".into()), Some(2));
        for other in ["2 + 2", " 2+2", "2+2 ", "(2+2)"] {
            assert_eq!(readings.get(&other.into()), None, "{other}: its places are others");
        }
        assert_eq!(readings.get(&Question::new("2+2", Mode::Exact)), None);
        let [point, comma] = [DecimalSign::Point, DecimalSign::Comma]
            .map(|decimal| Question { notation: Notation::School { decimal }, ..Question::from("2+2") });
        readings.keep(&point, 3);
        assert_eq!((readings.get(&"2+2".into()), readings.get(&point), readings.get(&comma)), (Some(2), Some(3), None));
        readings.keep(&comma, 4);
        assert_eq!((readings.get(&point), readings.get(&comma)), (Some(3), Some(4)));
    }
}
