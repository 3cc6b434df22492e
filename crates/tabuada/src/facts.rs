//! What is remembered of an answer, and its one line of JSON in Redis.
//!
//! Facts only: a value is its type and Python's text, a failure its kind and node. Every body that is ever sent is made
//! from these, by the functions here, so that an answer has the same bytes computed, from memory, from Redis, on any
//! node. Reading a line back trusts nothing in it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tabuada_lang::{ErrorKind, Failure, Language, Limits};

use crate::engine::Evaluation;
use crate::json::{write_float, write_string};

/// A refusal is remembered for as long at most: raising the limit, or the node next door, may answer.
const REFUSAL_LIFETIME: Duration = Duration::from_secs(60);

/// Every error of the course's route begins so.
const ERROR_PREFIX: &str = "Erro na expressão informada: ";

/// An answer as it is remembered.
#[derive(Debug)]
pub struct Answer {
    /// What the expression came to.
    pub outcome: Result<Printed, Failure>,
    /// Fuel that it took.
    pub fuel: u64,
    /// When it was worked out, in seconds since 1970.
    pub born: u64,
}

/// A value, printed.
#[derive(Debug)]
pub struct Printed {
    /// The API's `type`.
    pub type_name: &'static str,
    /// Python's `repr`.
    pub text: Box<str>,
}

impl From<&tabuada_lang::Answer> for Printed {
    fn from(value: &tabuada_lang::Answer) -> Self {
        Self { type_name: value.type_name(), text: value.text().into() }
    }
}

impl Printed {
    /// Appends the JSON form; what JSON has no form for is its Python text.
    pub fn write_json(&self, out: &mut String) {
        match (self.type_name, &*self.text) {
            ("none", _) => out.push_str("null"),
            ("bool", "True") => out.push_str("true"),
            ("bool", _) => out.push_str("false"),
            ("int", digits) => out.push_str(digits),
            ("float", text) if !text.ends_with(['f', 'n']) => out.push_str(text),
            (_, text) => write_string(text, out),
        }
    }

    /// Takes a type and a text from outside; `None` unless the language could have printed them.
    fn checked(type_name: &str, text: &str, limits: &Limits) -> Option<Self> {
        let (type_name, sound) = match type_name {
            "none" => ("none", text == "None"),
            "bool" => ("bool", matches!(text, "True" | "False")),
            "int" => ("int", is_integer(text) && text.len() as u64 <= limits.answer_characters),
            "float" => ("float", is_float(text)),
            _ => return None,
        };
        sound.then(|| Self { type_name, text: text.into() })
    }
}

/// Digits with a sign, as Python writes them. The number itself is not needed, and would cost more than all the rest.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = match digits.as_bytes() {
        [b'0'] => text.len() == 1,
        [first, ..] => *first != b'0',
        [] => false,
    };
    canonical && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A text that its own value would be written as.
fn is_float(text: &str) -> bool {
    // The longest is `-2.2250738585072014e-308`.
    let Some(value) = Some(text).filter(|text| text.len() <= 24).and_then(|text| text.parse().ok()) else {
        return false;
    };
    let mut again = String::with_capacity(24);
    write_float(value, &mut again);
    again == text
}

impl Answer {
    /// Sets down what an evaluation came to.
    pub fn new(evaluation: Evaluation, born: u64) -> Self {
        Self { outcome: evaluation.outcome.map(|value| Printed::from(&value)), fuel: evaluation.fuel, born }
    }

    /// How long it may be remembered; `None`: as long as the cache remembers.
    pub fn lifetime(&self) -> Option<Duration> {
        let refusal = self.outcome.as_ref().is_err_and(|failure| failure.kind.limit().is_some());
        refusal.then_some(REFUSAL_LIFETIME)
    }

    /// Bytes that it holds in memory.
    pub fn weight(&self) -> usize {
        let outside = match &self.outcome {
            Ok(printed) => printed.text.len(),
            // A kind's arguments are short: names from the text, numbers.
            Err(_) => 64,
        };
        size_of::<Self>() + outside
    }

    /// The line of JSON under its key in Redis. It begins with what the course's route answers.
    pub fn encode(&self) -> String {
        let mut resultado = String::new();
        self.write_resultado(&mut resultado);
        let line = Line {
            // The writers above write JSON.
            resultado: RawValue::from_string(resultado).unwrap_or_default(),
            type_name: self.outcome.as_ref().ok().map(|printed| printed.type_name.into()),
            text: self.outcome.as_ref().ok().map(|printed| (&*printed.text).into()),
            error: self.outcome.as_ref().err().map(|failure| failure.kind.clone()),
            node: self.outcome.as_ref().err().map(|failure| failure.node),
            fuel: self.fuel,
            born: self.born,
        };
        // Strings, numbers and options always serialise.
        serde_json::to_string(&line).unwrap_or_default()
    }

    /// Reads a line back; `None` if it is malformed, contradicts itself, is of a type unknown here, or is a refusal for
    /// a limit that is higher here.
    pub fn decode(line: &str, limits: &Limits) -> Option<Self> {
        let line: Line<'_> = serde_json::from_str(line).ok()?;
        let outcome = match (line.type_name, line.text, line.error, line.node) {
            (Some(type_name), Some(text), None, None) => Ok(Printed::checked(&type_name, &text, limits)?),
            (None, None, Some(kind), Some(node)) => Err(Failure { kind, node }),
            _ => return None,
        };
        if let Err(failure) = &outcome
            && !is_usable(&failure.kind, limits)
        {
            return None;
        }
        let answer = Self { outcome, fuel: line.fuel, born: line.born };
        let mut resultado = String::with_capacity(line.resultado.get().len());
        answer.write_resultado(&mut resultado);
        (resultado == line.resultado.get()).then_some(answer)
    }

    fn write_resultado(&self, out: &mut String) {
        match &self.outcome {
            Ok(printed) => printed.write_json(out),
            Err(failure) => write_string(&course_sentence(&failure.kind, None), out),
        }
    }
}

/// Whether a remembered failure is one that this process would have found: a property of the text, and no refusal
/// for a limit lower than its own.
fn is_usable(kind: &ErrorKind, limits: &Limits) -> bool {
    let limit_here = match kind {
        ErrorKind::IntegerTooLarge { .. } => limits.integer_bits,
        ErrorKind::AnswerTooLong { .. } => limits.answer_characters,
        ErrorKind::OutOfFuel { .. } => limits.fuel,
        ErrorKind::OutOfMemory { .. } => limits.memory_bytes,
        // What is refused before it is evaluated is never remembered.
        kind => return kind.limit().is_none() && kind.is_deterministic(),
    };
    kind.limit() >= Some(limit_here)
}

#[derive(Serialize, Deserialize)]
struct Line<'l> {
    resultado: Box<RawValue>,
    #[serde(rename = "type", borrow, skip_serializing_if = "Option::is_none")]
    type_name: Option<std::borrow::Cow<'l, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    text: Option<std::borrow::Cow<'l, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<u32>,
    fuel: u64,
    born: u64,
}

/// What the course's route says of a failure: CPython's words where CPython fails at run time, else ours in Portuguese,
/// with the position (the first character is 1) where it is known.
pub(crate) fn course_sentence(kind: &ErrorKind, position: Option<usize>) -> String {
    match (kind.python(), position) {
        (Some(words), _) => format!("{ERROR_PREFIX}{words}"),
        (None, None) => format!("{ERROR_PREFIX}{}", kind.message(Language::Portuguese)),
        (None, Some(position)) => {
            format!("{ERROR_PREFIX}{} (posição {position})", kind.message(Language::Portuguese))
        }
    }
}
