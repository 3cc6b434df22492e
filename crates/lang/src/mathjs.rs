//! The language of math.js 15, for clients of its web service: its answers and errors, as `math.format` prints them.
//!
//! It is a language of its own, not a notation of ours: its numbers are doubles, `^` is the power, comparisons are
//! tolerant, and errors are texts. What both have is shared: the correctly rounded functions, fuel and the limits. Units,
//! matrices, objects, big numbers, fractions and symbolic calculation are refused.
//!
//! ```
//! use tabuada_lang::{Fuel, Limits, mathjs};
//!
//! let limits = Limits::default();
//! let program = mathjs::Program::read(["a = 1.2 * (2 + 4.5)", "a / 2"], &limits)?;
//! let printed = program.evaluate(Some(14), &limits, &mut Fuel::new(limits.fuel))?;
//! assert_eq!(printed, ["7.8", "3.9"]);
//! # Ok::<(), mathjs::Stop>(())
//! ```

mod stop;
mod digits;
mod real;
mod complex;
mod program;
mod value;
mod format;
mod operators;
mod functions;
mod names;
mod lexer;
mod parser;
mod machine;

pub use program::Program;
pub use stop::Stop;

use crate::diagnostic::Language;
use crate::error::ErrorKind;
use crate::limits::{Budget, Fuel, Limits};
use crate::mode::Mode;
use machine::Machine;

impl Program {
    /// Reads expressions that share a scope.
    ///
    /// # Errors
    ///
    /// What is wrong with the first of them; the others fail when it is their turn. The limits of the length of all texts
    /// and of their number.
    pub fn read<'t>(texts: impl IntoIterator<Item = &'t str>, limits: &Limits) -> Result<Self, Stop> {
        let (mut bytes, mut read) = (0, Vec::new());
        for text in texts {
            bytes += text.len() as u64;
            if bytes > limits.text_bytes {
                return Err(ErrorKind::TooLong { bytes, limit: limits.text_bytes }.into());
            }
            if read.len() as u64 == limits.elements {
                return Err(ErrorKind::TooManyNodes { limit: limits.elements }.into());
            }
            match parser::read(text, limits) {
                Err(stop) if read.is_empty() => return Err(stop),
                // What follows an error is never evaluated.
                block @ Err(_) => {
                    read.push(block);
                    break;
                }
                block => read.push(block),
            }
        }
        Ok(Self { texts: read })
    }

    /// Evaluates the expressions in order, and prints their values with so many significant digits.
    ///
    /// # Errors
    ///
    /// That of the first expression that fails.
    pub fn evaluate(&self, precision: Option<u32>, limits: &Limits, fuel: &mut Fuel<'_>) -> Result<Vec<String>, Stop> {
        let mut machine = Machine::new(Budget::new(Mode::default(), limits, fuel));
        let (mut printed, mut characters) = (Vec::new(), 0);
        for block in &self.texts {
            let text = machine.print(block.as_ref().map_err(Clone::clone)?, precision)?;
            characters += text.len() as u64;
            if characters > limits.answer_characters {
                return Err(ErrorKind::AnswerTooLong { characters, limit: limits.answer_characters }.into());
            }
            printed.push(text);
        }
        Ok(printed)
    }
}

/// The number of significant digits that a request asks for.
///
/// # Errors
///
/// A number that is negative or has a fraction; math.js would print digits that are not those of the value.
pub fn precision(number: f64) -> Result<Option<u32>, Stop> {
    functions::precision_of(number)
}

impl Stop {
    /// The text of the error, in the form of JavaScript's `toString()`.
    pub fn message(&self) -> String {
        match self {
            Self::Thrown(text) => text.clone(),
            Self::Limit(ErrorKind::Deadline) => "TimeoutError: the evaluation took too long".to_owned(),
            Self::Limit(kind) => format!("Error: {}", kind.message(Language::English)),
        }
    }
}
