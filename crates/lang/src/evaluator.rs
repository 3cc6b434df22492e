//! Evaluation of many texts, one after another, in the same memory.

use std::fmt;

use crate::error::{Error, Failure};
use crate::eval::Memory;
use crate::limits::{Fuel, Limits};
use crate::notation::Notation;
use crate::parser::{Context, Stacks, parse_into};
use crate::program::Program;
use crate::school;
use crate::value::{Answer, Argument};

/// Parses and evaluates one text after another. It reuses its allocations, so small texts allocate nothing.
///
/// ```
/// use tabuada_lang::{Evaluator, Fuel, Limits};
///
/// let limits = Limits::default();
/// let mut evaluator = Evaluator::default();
/// for (text, answer) in [("2+2", "4"), ("2**100 % 7", "2")] {
///     assert_eq!(evaluator.evaluate(text, &limits, &mut Fuel::new(limits.fuel))?.text(), answer);
/// }
/// # Ok::<(), tabuada_lang::Error>(())
/// ```
#[derive(Default)]
pub struct Evaluator {
    program: Program,
    stacks: Stacks,
    memory: Memory,
}

impl fmt::Debug for Evaluator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluator").field("program", &self.program).finish_non_exhaustive()
    }
}

impl Evaluator {
    /// The value of a text.
    ///
    /// # Errors
    ///
    /// The error of parsing or of evaluation, and its place.
    pub fn evaluate(&mut self, text: &str, limits: &Limits, fuel: &mut Fuel) -> Result<Answer, Error> {
        self.evaluate_with(text, &Context::default(), &[], limits, fuel)
    }

    /// The value of a text in a context; the values of the parameters are given in order.
    ///
    /// # Errors
    ///
    /// Those of [`evaluate`](Self::evaluate).
    pub fn evaluate_with(
        &mut self,
        text: &str,
        context: &Context<'_>,
        arguments: &[Argument],
        limits: &Limits,
        fuel: &mut Fuel,
    ) -> Result<Answer, Error> {
        self.read(text, context, limits)?;
        let outcome = self.run(arguments, limits, fuel);
        outcome.map_err(|failure| Error { span: self.program.span(failure.node), kind: failure.kind })
    }

    /// Parses a text in a context.
    ///
    /// # Errors
    ///
    /// Those of [`parse_with`](crate::parse_with).
    pub fn read(&mut self, text: &str, context: &Context<'_>, limits: &Limits) -> Result<(), Error> {
        match context.notation {
            Notation::Python => parse_into(&mut self.program, &mut self.stacks, text, context, limits),
            Notation::School { decimal } => {
                self.program = school::read(text, decimal, context, limits)?;
                Ok(())
            }
        }
    }

    /// The value of the last text given to [`read`](Self::read); the values of the parameters are given in order.
    ///
    /// # Errors
    ///
    /// The failure, with its node in [`program`](Self::program).
    pub fn run(&mut self, arguments: &[Argument], limits: &Limits, fuel: &mut Fuel) -> Result<Answer, Failure> {
        self.program.evaluate_in(&mut self.memory, arguments, limits, fuel)
    }

    /// The program of the last text.
    pub fn program(&self) -> &Program {
        &self.program
    }
}
