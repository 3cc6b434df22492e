//! Texts that were read, and the names of their answers.
//!
//! What a text means follows from the text alone: a reading is never wrong, and nobody has to be told to forget it.
//! Whether the answer is still known is the cache's business, which is asked each time.

use std::borrow::Cow;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tabuada_cache::Key;
use tabuada_lang::{Error, Limits, Mode, Program};

use crate::engine::{self, Question};

/// Names the answers of this version in every key. Raised with any change of any answer's bytes.
pub(crate) const ANSWER_VERSION: &str = "1";

/// Room for the readings that are kept, in bytes.
const KEPT_BYTES: u64 = 4 << 20;
/// Longer texts are not kept: what people ask again and again is short.
const KEPT_TEXT_BYTES: usize = 128;
/// What a reading holds, generously: its own room, and what comes with each byte of the text (a node and its span at most,
/// in vectors twice as long; the text itself, and the canonical one).
const READING_BYTES: u64 = 768;
const READING_BYTES_FOR_EACH: u64 = 64;
const READINGS_TYPICAL: usize = 4_096;

/// What an answer is remembered under, and fully determined by.
pub type Name = Key;

/// A text that was read.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) program: Arc<Program>,
    pub(crate) name: Arc<Name>,
}

impl Reading {
    /// Reads a question.
    pub(crate) fn of(question: Question<'_>, limits: &Limits) -> Result<Self, Error> {
        let (program, canonical) = engine::ask_with_name(question, limits)?;
        let name = Arc::new(Key::new(variant(program.mode()), &canonical));
        Ok(Self { program: Arc::new(program), name })
    }
}

/// The part of a key that says which answers these are: version and mode, `1`, `1@exact`, `1@decimal50`.
pub(crate) fn variant(mode: Mode) -> Cow<'static, str> {
    match mode {
        Mode::Python => ANSWER_VERSION.into(),
        Mode::Exact => format!("{ANSWER_VERSION}@exact").into(),
        Mode::Decimal(digits) => format!("{ANSWER_VERSION}@decimal{}", digits.count()).into(),
    }
}

/// The readings of texts that are asked again and again: short ones, in Python's numbers, without variables.
pub(crate) struct Readings(Cache<Box<str>, Reading, Bytes>);

#[derive(Clone)]
struct Bytes;

impl Weighter<Box<str>, Reading> for Bytes {
    fn weight(&self, text: &Box<str>, _reading: &Reading) -> u64 {
        READING_BYTES + READING_BYTES_FOR_EACH * text.len() as u64
    }
}

impl Readings {
    pub(crate) fn new() -> Self {
        Self(Cache::with_weighter(READINGS_TYPICAL, KEPT_BYTES, Bytes))
    }

    /// The reading of a question, if it was kept.
    pub(crate) fn get(&self, question: Question<'_>) -> Option<Reading> {
        self.0.get(kept_by(question)?)
    }

    /// Keeps a reading, which is of this question.
    pub(crate) fn keep(&self, question: Question<'_>, reading: &Reading) {
        if let Some(text) = kept_by(question) {
            self.0.insert(text.into(), reading.clone());
        }
    }
}

/// The text that stands for the whole question, if its reading may be kept.
fn kept_by(question: Question<'_>) -> Option<&str> {
    let Question { text, mode, variables } = question;
    (mode == Mode::Python && variables.is_none() && text.len() <= KEPT_TEXT_BYTES).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_is_found_by_its_own_text_alone() {
        let (readings, limits) = (Readings::new(), Limits::default());
        let of = |question| Reading::of(question, &limits).unwrap();
        let long = "1+".repeat(KEPT_TEXT_BYTES) + "1";
        let exact = Question { mode: Mode::Exact, ..Question::from("1/3") };
        let with_variables = Question { variables: Some(r#"{"x":3}"#), ..Question::from("x") };
        for question in [exact, with_variables, Question::from(&*long)] {
            readings.keep(question, &of(question));
            assert!(readings.get(question).is_none(), "{question:?}");
            assert!(readings.get(Question::from(question.text)).is_none(), "{question:?}");
        }
        let kept = of("2+2".into());
        readings.keep("2+2".into(), &kept);
        assert!(readings.get("2+2".into()).is_some_and(|found| Arc::ptr_eq(&found.program, &kept.program)));
        assert!(readings.get("2 + 2".into()).is_none(), "its places are others");
        assert!(readings.get(Question { mode: Mode::Exact, ..Question::from("2+2") }).is_none());
    }
}
