//! Advice: how to mend a text that cannot be read or fails, and what to know of one that is read otherwise than it may
//! be meant.
//!
//! Advice is made from the asker's own text, each time; it is no part of an answer and is never remembered. It never
//! changes what a text means: a text that can be read is read as it stands, with a hint beside it.

// How a text is taken apart, then what is made of it where it cannot be read, where it fails, and where it is read.
mod tokens;
mod names;
mod reading;
mod failing;
mod hints;

pub use hints::{Hint, HintKind};

use crate::error::{Error, Failure, Span};
use crate::limits::Limits;
use crate::parser::{self, Context};
use crate::program::Program;

/// A change to a text that mends what is wrong with it, or the first thing that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What is replaced; empty where something is put in. On character boundaries.
    pub span: Span,
    /// What takes its place.
    pub replacement: String,
}

impl Fix {
    fn new(start: usize, end: usize, replacement: impl Into<String>) -> Self {
        Self { span: Span::new(start, end), replacement: replacement.into() }
    }

    fn replacing(span: Span, replacement: impl Into<String>) -> Self {
        Self { span, replacement: replacement.into() }
    }

    /// `text`, mended. As it was, if the fix was made for another text and does not fit.
    pub fn apply(&self, text: &str) -> String {
        match (text.get(..self.span.start as usize), text.get(self.span.end as usize..)) {
            (Some(before), Some(after)) => format!("{before}{}{after}", self.replacement),
            _ => text.to_owned(),
        }
    }
}

/// How to mend a text that could not be read, given the error that reading it in `context` gave.
///
/// Only what is certain is offered, and only if it helps: with it applied the text can be read, or what is wrong is
/// something else or further right.
///
/// ```
/// use tabuada_lang::{Context, Limits, fixes, parse};
///
/// let limits = Limits::default();
/// let error = parse("2x + 1", &limits).unwrap_err();
/// let fixes = fixes("2x + 1", &error, &Context::default(), &limits);
/// assert_eq!(fixes[0].apply("2x + 1"), "2*x + 1");
/// ```
pub fn fixes(text: &str, error: &Error, context: &Context<'_>, limits: &Limits) -> Vec<Fix> {
    let Some(fix) = reading::mend(text, error) else { return Vec::new() };
    let mended = fix.apply(text);
    match parser::parse(&mended, context, limits) {
        Ok(_) => vec![fix],
        Err(next) => {
            let behind = |text: &str, error: &Error| text.len() - error.span.start as usize;
            let helps = next.kind != error.kind || behind(&mended, &next) < behind(text, error);
            Vec::from_iter(helps.then_some(fix))
        }
    }
}

impl Program {
    /// How to mend `text`, of which this is the program and whose evaluation failed. The text can still be read.
    ///
    /// ```
    /// use tabuada_lang::{Context, Fuel, Limits, parse};
    ///
    /// let limits = Limits::default();
    /// let program = parse("sqr(16)", &limits)?;
    /// let failure = program.evaluate(&limits, &mut Fuel::new(limits.fuel)).unwrap_err();
    /// let fixes = program.fixes("sqr(16)", &failure, &Context::default(), &limits);
    /// assert_eq!(fixes[0].apply("sqr(16)"), "sqrt(16)");
    /// # Ok::<(), tabuada_lang::Error>(())
    /// ```
    pub fn fixes(&self, text: &str, failure: &Failure, context: &Context<'_>, limits: &Limits) -> Vec<Fix> {
        let Some(fix) = failing::mend(self, text, failure) else { return Vec::new() };
        // What is offered can be read, whatever stands around it.
        Vec::from_iter(parser::parse(&fix.apply(text), context, limits).is_ok().then_some(fix))
    }

    /// What to know of `text`, of which this is the program: where it may not mean what was meant. In order of place.
    ///
    /// ```
    /// use tabuada_lang::{Context, HintKind, Limits, parse};
    ///
    /// let limits = Limits::default();
    /// let hints = parse("2^3", &limits)?.hints("2^3", &Context::default(), &limits);
    /// assert_eq!(hints[0].kind, HintKind::Xor);
    /// assert_eq!(hints[0].fixes[0].apply("2^3"), "2**3");
    /// # Ok::<(), tabuada_lang::Error>(())
    /// ```
    pub fn hints(&self, text: &str, _context: &Context<'_>, _limits: &Limits) -> Vec<Hint> {
        hints::of(self, text)
    }
}
