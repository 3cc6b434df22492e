//! Text to value. No I/O, no clock, no threads, no async.
//!
//! (Skeleton: the signatures below are settled, the engine behind them is being built.)
#![allow(missing_docs)]

use serde::{Deserialize, Serialize};

/// Where in the text something stands: byte offsets, half open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// The same span counted in characters (Unicode scalar values) of `text`.
    pub fn in_characters(self, text: &str) -> (usize, usize) {
        (text[..self.start as usize].chars().count(), text[..self.end as usize].chars().count())
    }
}

/// What went wrong: kind and arguments, no text. Serialises to JSON and back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorKind {
    Syntax,
    Unsupported,
    UnknownName { name: String },
    DivisionByZero,
    OutOfFuel { limit: u64 },
    Deadline,
    Internal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    Portuguese,
}

impl ErrorKind {
    /// The stable code: `syntax`, `unknown-name`, `division-by-zero`, `out-of-fuel`, …
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Unsupported => "unsupported",
            Self::UnknownName { .. } => "unknown-name",
            Self::DivisionByZero => "division-by-zero",
            Self::OutOfFuel { .. } => "out-of-fuel",
            Self::Deadline => "deadline",
            Self::Internal => "internal",
        }
    }

    /// CPython's words, where CPython fails at run time with them; `None` for what is our own to say.
    pub fn python(&self) -> Option<String> {
        match self {
            Self::DivisionByZero => Some("division by zero".to_owned()),
            Self::UnknownName { name } => Some(format!("name '{name}' is not defined")),
            _ => None,
        }
    }

    /// A sentence for people, lower-case, without a full stop. Does not say where.
    pub fn message(&self, _language: Language) -> String {
        self.python().unwrap_or_else(|| self.code().to_owned())
    }

    /// The limit that a refusal met, in its own unit; `None` for what is no refusal.
    /// A node with a higher limit must not serve a remembered refusal.
    pub fn limit(&self) -> Option<u64> {
        match self {
            Self::OutOfFuel { limit } => Some(*limit),
            _ => None,
        }
    }

    /// Whether the same text fails in the same way everywhere and always (the deadline and internal errors do not).
    pub fn is_deterministic(&self) -> bool {
        !matches!(self, Self::Deadline | Self::Internal)
    }
}

/// A text that could not be read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub kind: ErrorKind,
    pub span: Span,
}

/// An evaluation that failed, and at which node of its program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub kind: ErrorKind,
    pub node: u32,
}

/// Every limit of one evaluation; `Default` is the design's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    pub text_bytes: usize,
    pub fuel: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { text_bytes: 64 << 10, fuel: 25_000_000 }
    }
}

/// What an evaluation may spend. `stop` is asked now and then; `true` ends the evaluation with `Deadline`.
pub struct Fuel<'a> {
    left: u64,
    given: u64,
    #[allow(dead_code)]
    stop: &'a dyn Fn() -> bool,
}

impl<'a> Fuel<'a> {
    pub fn new(given: u64) -> Fuel<'static> {
        Fuel { left: given, given, stop: &|| false }
    }
    pub fn with_stop(given: u64, stop: &'a dyn Fn() -> bool) -> Self {
        Fuel { left: given, given, stop }
    }
    pub fn spent(&self) -> u64 {
        self.given - self.left
    }
}

/// A value; immutable, cheap to clone.
#[derive(Clone, Debug)]
pub enum Value {
    Int(i64),
}

impl Value {
    /// `int`, `float`, `bool`, `none`, …: the API's `type`.
    pub fn type_name(&self) -> &'static str {
        "int"
    }
    /// Python's `repr`.
    pub fn text(&self) -> String {
        let Self::Int(value) = self;
        value.to_string()
    }
    /// The JSON form (design, section 3): `4`, `0.5`, `true`, `null`, `"inf"`, …
    pub fn json(&self) -> String {
        self.text()
    }
}

/// A text, read: flat, in postfix order, with a span for each node.
#[derive(Clone, Debug)]
pub struct Program {
    canonical: String,
}

impl Program {
    /// One spelling for one meaning: the text that names the answer in a cache.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
    /// Whether the answer depends on nothing but the text.
    pub fn is_pure(&self) -> bool {
        true
    }
    /// Where a node stands in the text that was parsed (out of range: the whole text).
    pub fn span(&self, _node: u32) -> Span {
        Span { start: 0, end: 0 }
    }
    /// Evaluates on `fuel`, charged before the work.
    pub fn evaluate(&self, limits: &Limits, fuel: &mut Fuel) -> Result<Value, Failure> {
        let cost = self.canonical.len() as u64;
        if fuel.left < cost {
            return Err(Failure { kind: ErrorKind::OutOfFuel { limit: limits.fuel }, node: 0 });
        }
        fuel.left -= cost;
        Ok(Value::Int(self.canonical.split('+').map(|term| term.parse::<i64>().unwrap_or(0)).sum()))
    }
}

/// Reads a text.
pub fn parse(text: &str, _limits: &Limits) -> Result<Program, Error> {
    let canonical: String = text.split_whitespace().collect();
    if canonical.split('+').all(|term| term.parse::<i64>().is_ok()) {
        Ok(Program { canonical })
    } else {
        Err(Error { kind: ErrorKind::Syntax, span: Span { start: 0, end: text.len() as u32 } })
    }
}
