//! Evaluates expressions of Python's arithmetic as CPython's `eval` would, safely for any input.
//!
//! The evaluation is a pure function of the text: no I/O, no clock, no threads, no async. All work is paid for in
//! [`Fuel`] before it is done.
//!
//! ```
//! use tabuada_lang::{Limits, parse};
//!
//! let limits = Limits::default();
//! let program = parse("2 ** 100 # any size", &limits)?;
//! assert_eq!(program.canonical(), "2**100");
//! let answer = program.evaluate(&limits)?;
//! assert_eq!(answer.text(), "1267650600228229401496703205376");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Errors are data: a kind with arguments, and a span of the text ([`Error`]) or a node of the program ([`Failure`]).
//! [`ErrorKind::message`] gives a sentence, [`caret`] a line of source with the span marked.

#![warn(missing_debug_implementations)]

// In reading order: first the vocabulary, then the way from a text to its value. A module uses only modules above it.
mod mode;
mod notation;
mod error;
mod limits;
mod number;
mod text;
mod spelling;
mod elsewhere;
mod numerals;
mod listsort;
mod value;
mod presentation;
mod sequence;
mod arithmetic;
mod functions;
mod lexer;
mod variables;
mod plan;
mod program;
mod parser;
mod canonical;
#[cfg(feature = "proof")]
mod proof;
mod school;
mod binder;
mod planner;
mod eval;
mod evaluator;
mod explain;
mod columns;
mod diagnostic;
mod advice;
pub mod mathjs;

pub use advice::{Fix, Hint, HintKind, fixes};
pub use columns::{Cell, Rest, Rows};
pub use diagnostic::{Language, caret};
pub use error::{
    Ambiguity, Arity, Bound, Counted, DecimalError, Error, ErrorKind, Estimate, Failure, Feature, Given, NotationError,
    Obstacle, Overflow, Reading, Span, Syntax, Type, TypeError, ValueError, VariableError, ZeroDivision,
};
pub use evaluator::Evaluator;
pub use explain::{Explanation, STEPS_MAX, Step, StepKind, Style};
pub use functions::{FunctionInfo, FunctionKind, Section, functions};
pub use limits::{Fuel, Limits};
pub use mode::{Digits, Mode, ModeError};
pub use notation::{DecimalSign, DecimalSignError, Notation};
pub use parser::{Context, Pause};
pub use presentation::{Format, Grouping, Presentation, PresentationError};
pub use program::Program;
#[cfg(feature = "proof")]
pub use proof::ANSWER_VERSION;
pub use value::{Answer, Argument, JsonNumbers, repr};
pub use variables::Variables;

/// Parses a text.
///
/// # Errors
///
/// A syntax error, an unsupported feature, or a limit (length, nesting, number of operations), with its place.
pub fn parse(text: &str, limits: &Limits) -> Result<Program, Error> {
    parse_with(text, &Context::default(), limits)
}

/// Parses a text in a context.
///
/// ```
/// use tabuada_lang::{Argument, Context, Fuel, Limits, parse_with};
///
/// let limits = Limits::default();
/// let context = Context { parameters: &["x", "y"], ..Context::default() };
/// let program = parse_with("x**2 + y", &context, &limits)?;
/// let arguments = [Argument::from(3_i64), Argument::from(0.5)];
/// let answer = program.evaluate_with(&arguments, &limits, &mut Fuel::new(limits.fuel)).unwrap();
/// assert_eq!(answer.text(), "9.5");
/// # Ok::<(), tabuada_lang::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`parse`]; and a parameter that has an invalid name or is also a variable, with the beginning of the text
/// as its place.
pub fn parse_with(text: &str, context: &Context<'_>, limits: &Limits) -> Result<Program, Error> {
    match context.notation {
        Notation::Python => parser::parse(text, context, limits),
        Notation::School { decimal } => school::read(text, decimal, context, limits),
    }
}

/// Runs the example of README.md with those above.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
