//! The state of a session: the mode and the notation, the variables and their values, the formulas and functions, and
//! the last answer.
//!
//! A variable keeps its value. A formula keeps its text, which is evaluated at each use. Both are put before each
//! statement as definitions, so that they need no rules of their own.

use std::time::Instant;

use tabuada_lang::{ErrorKind, Failure, Fix, Hint, Limits, Notation, NotationError, Program, Span};

use super::statement::{Statement, statements};
use crate::cli::object::DEADLINE;
use crate::engine::{self, Question};
use crate::ndjson::Usual;

/// The name of the last answer.
pub(super) const LAST: &str = "_";

/// A session.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) usual: Usual,
    definitions: Vec<Definition>,
}

/// A name and the statement that defines it, in the notation of the session.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) text: String,
}

/// The outcome of a text.
#[derive(Debug, Default)]
pub(super) struct Answered {
    /// The value. `None` if the text only defines names.
    pub(super) value: Option<String>,
    pub(super) hints: Vec<Hint>,
}

/// An error in a text.
#[derive(Debug)]
pub(super) struct Complaint {
    pub(super) kind: ErrorKind,
    /// The position in the text, or in the text of the definition, which is then given too.
    pub(super) span: Span,
    pub(super) inside: Option<String>,
    pub(super) fixes: Vec<Fix>,
}

/// A text with the definitions before it.
struct Asked {
    text: String,
    /// The end of the definitions.
    before: usize,
    /// The offset in the typed text at which the rest begins.
    at: usize,
}

impl Session {
    /// A session without definitions.
    pub(super) fn new(usual: Usual) -> Self {
        Self { usual, definitions: Vec::new() }
    }

    /// All definitions.
    pub(super) fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// Changes the notation, in which all definitions are then spelled; `false` if one of them cannot be.
    pub(super) fn set_notation(&mut self, notation: Notation) -> bool {
        let Some(spelled) = self.spelled(&self.with_definitions_but("", "None"), self.usual.notation, notation) else {
            return false;
        };
        for (definition, (_, text)) in self.definitions.iter_mut().zip(statements(&spelled)) {
            definition.text = text.to_owned();
        }
        self.usual.notation = notation;
        true
    }

    /// A text of one notation in another.
    fn spelled(&self, text: &str, from: Notation, to: Notation) -> Option<String> {
        let question = Question { notation: from, ..Question::new(text, self.usual.mode) };
        engine::ask(&question, &Limits::default()).ok()?.spelled(to)
    }

    /// Evaluates one statement after another, until one fails or `stop` gives `true`.
    pub(super) fn evaluate(&mut self, typed: &str, stop: &dyn Fn() -> bool) -> Result<Answered, Box<Complaint>> {
        let mut answered = Answered::default();
        for (at, text) in statements(typed) {
            let statement = Statement::of(text, self.usual.notation);
            if let Statement::Formula(name) = &statement {
                let asked = self.asked(at, &format!("{text}; None"));
                self.value(&asked, stop)?;
                self.define(name, text.trim().to_owned());
                answered.value = None;
                continue;
            }
            let asked = self.asked(at, text);
            let (value, hints) = self.value(&asked, stop)?;
            answered.hints.extend(hints.into_iter().filter_map(|hint| asked.moved_hint(hint)));
            match statement {
                Statement::Clearing(names) => {
                    self.definitions.retain(|definition| !names.contains(&definition.name));
                    answered.value = None;
                }
                Statement::Values(names) => {
                    self.keep(&names, &value);
                    answered.value = Some(value);
                }
                _ => {
                    self.keep(&[LAST.to_owned()], &value);
                    answered.value = Some(value);
                }
            }
        }
        Ok(answered)
    }

    /// A text with all definitions before it, except that of one name.
    pub(super) fn with_definitions_but(&self, name: &str, text: &str) -> String {
        let others = self.definitions.iter().filter(|definition| definition.name != name);
        others.map(|definition| &*definition.text).chain([text]).collect::<Vec<_>>().join("; ")
    }

    fn asked(&self, at: usize, text: &str) -> Asked {
        let mut whole = String::new();
        for definition in &self.definitions {
            whole.push_str(&definition.text);
            whole.push_str("; ");
        }
        // Blanks before the first line of a text have no meaning, and after a `;` they are not an indent.
        let before = whole.len();
        whole.push_str(text);
        Asked { text: whole, before, at }
    }

    fn value(&self, asked: &Asked, stop: &dyn Fn() -> bool) -> Result<(String, Vec<Hint>), Box<Complaint>> {
        let limits = Limits::default();
        let question = self.usual.question(&*asked.text);
        let program = engine::ask(&question, &limits).map_err(|error| {
            let fixes = engine::fixes_of_unreadable(&question, &error);
            self.complaint(asked, error.kind, error.span, fixes)
        })?;
        match engine::evaluate_until(&program, &limits, stop).outcome {
            Ok(answer) => Ok((answer.text().to_owned(), engine::hints(&question, &program))),
            Err(failure) => Err(self.failed(asked, &question, &program, failure)),
        }
    }

    fn failed(&self, asked: &Asked, question: &Question<'_>, program: &Program, failure: Failure) -> Box<Complaint> {
        let fixes = engine::fixes_of_failed(question, program, &failure);
        let span = program.span(failure.node);
        self.complaint(asked, failure.kind, span, fixes)
    }

    /// An error in the typed text, or in the definition that contains its position.
    fn complaint(&self, asked: &Asked, mut kind: ErrorKind, span: Span, fixes: Vec<Fix>) -> Box<Complaint> {
        if let ErrorKind::Notation(NotationError::Ambiguous { readings, .. }) = &mut kind {
            // They are of the typed text, not of the definitions before it.
            for reading in readings {
                if let Some(own) = reading.text.strip_prefix(&asked.text[..asked.before]) {
                    reading.text = own.to_owned();
                }
            }
        }
        if let Some(span) = asked.moved(span) {
            let fixes = fixes.into_iter().filter_map(|fix| asked.moved_fix(fix)).collect();
            return Box::new(Complaint { kind, span, inside: None, fixes });
        }
        let mut at = 0;
        for definition in &self.definitions {
            let end = at + definition.text.len();
            if (span.start as usize) < end {
                let span = moved(span, -(at as i64)).unwrap_or_default();
                return Box::new(Complaint { kind, span, inside: Some(definition.text.clone()), fixes: Vec::new() });
            }
            at = end + 2;
        }
        Box::new(Complaint { kind, span: Span::default(), inside: None, fixes: Vec::new() })
    }

    /// Stores a value under a name, or its elements under several names. A value that cannot be parsed again (`infj`)
    /// is not stored.
    fn keep(&mut self, names: &[String], value: &str) {
        for (at, name) in names.iter().enumerate() {
            let literal = if names.len() == 1 { value.to_owned() } else { format!("({value})[{at}]") };
            let question = Question::new(literal, self.usual.mode);
            let limits = Limits::default();
            let program = engine::ask(&question, &limits).ok();
            let value =
                program.and_then(|program| engine::evaluate(&program, &limits, Instant::now() + DEADLINE).outcome.ok());
            let text = value.map(|value| format!("{name} = {}", value.text()));
            let text = match self.usual.notation {
                Notation::Python => text,
                school => text.and_then(|text| self.spelled(&text, Notation::Python, school)),
            };
            if let Some(text) = text {
                self.define(name, text);
            }
        }
    }

    fn define(&mut self, name: &str, text: String) {
        match self.definitions.iter_mut().find(|definition| definition.name == name) {
            Some(definition) => definition.text = text,
            None => self.definitions.push(Definition { name: name.to_owned(), text }),
        }
    }
}

impl Asked {
    /// The position in the typed text; `None` if it is in the definitions.
    fn moved(&self, span: Span) -> Option<Span> {
        (span.start as usize >= self.before).then(|| moved(span, self.at as i64 - self.before as i64)).flatten()
    }

    fn moved_fix(&self, fix: Fix) -> Option<Fix> {
        Some(Fix { span: self.moved(fix.span)?, ..fix })
    }

    fn moved_hint(&self, hint: Hint) -> Option<Hint> {
        let fixes = hint.fixes.into_iter().filter_map(|fix| self.moved_fix(fix)).collect();
        Some(Hint { span: self.moved(hint.span)?, fixes, ..hint })
    }
}

/// A span moved by this many bytes; `None` if the result is out of range.
fn moved(span: Span, by: i64) -> Option<Span> {
    let place = |at: u32| u32::try_from(i64::from(at) + by).ok();
    Some(Span { start: place(span.start)?, end: place(span.end)? })
}
