//! School notation: what people write on paper, on pocket calculators and in search boxes, as a second way to write the
//! same programs.
//!
//! A text is read in two steps. [`reader`] turns its tokens into a text in Python's notation, piece by piece, and notes
//! where each piece comes from; Python's reader makes the program of that text. So the program, its canonical text and
//! its key are those of the Python spelling by construction, and each limit is kept by the same code. The spans of the
//! program and of errors are led back to the text as it was written.
//!
//! Nothing is guessed. Where readers disagree the text is refused with both readings, each of which has been read before
//! it is offered.

mod tokens;
mod latex;
mod lexer;
mod extent;
mod names;
mod numbers;
mod written;
mod reader;

use reader::{Edit, Trouble};

use crate::error::{Ambiguity, Error, ErrorKind, NotationError, Reading, Span, Syntax};
use crate::lexer::normal_name;
use crate::limits::Limits;
use crate::notation::{DecimalSign, Notation};
use crate::parser::{self, Context};
use crate::program::Program;
pub(crate) use written::Origins;

/// How many ambiguities of a text are settled to make one reading of it.
const ROUNDS: usize = 32;
/// Bytes that may be read to make the readings of one text.
const READ_BYTES: usize = 32 << 10;

/// Reads a text in school notation.
pub(crate) fn read(text: &str, decimal: DecimalSign, context: &Context<'_>, limits: &Limits) -> Result<Program, Error> {
    match attempt(text, decimal, context, limits) {
        Ok(program) => Ok(program),
        Err(trouble) => match *trouble {
            Trouble::Error(error) => Err(error),
            Trouble::Ambiguous { what, span, edits } => {
                Err(Error { kind: refusal(text, what, &edits, decimal, context, limits), span })
            }
        },
    }
}

impl Program {
    /// The canonical text in a notation; `None` where only Python's has it: indexes, shifts, `~`, and names that mean
    /// something else in the other.
    ///
    /// ```
    /// use tabuada_lang::{DecimalSign, Limits, Notation, parse};
    ///
    /// let program = parse("log10(2.5) ** 2 % 3", &Limits::default())?;
    /// let school = Notation::School { decimal: DecimalSign::Comma };
    /// assert_eq!(program.spelled(school).as_deref(), Some("log(2,5)^2 mod 3"));
    /// assert_eq!(program.spelled(Notation::Python), Some(program.canonical()));
    /// # Ok::<(), tabuada_lang::Error>(())
    /// ```
    pub fn spelled(&self, notation: Notation) -> Option<String> {
        let Notation::School { decimal } = notation else { return Some(self.canonical()) };
        let text = self.written_in_school(decimal)?;
        // A name may be a function's or an operator's there, so only reading it back is certain.
        let names: Vec<&str> = self.names[..self.parameters as usize].iter().map(|name| &**name).collect();
        let context = Context { parameters: &names, mode: self.mode(), notation, ..Context::default() };
        let limits = Limits { text_bytes: u64::MAX, nodes: u64::MAX, ..Limits::default() };
        read(&text, decimal, &context, &limits).ok().filter(|again| again.same_as(self)).map(|_| text)
    }
}

/// The function that a word names, as it is written in front of one argument.
pub(crate) fn function_of_one(word: &str) -> Option<&str> {
    let target = names::function(word).filter(|target| target.takes_one())?;
    Some(match target {
        names::Target::Named(python) => python,
        names::Target::Root => "sqrt",
        _ => word,
    })
}

/// The text in Python's notation and where it comes from; `None` if it does not come so far.
pub(crate) fn in_python(
    text: &str,
    decimal: DecimalSign,
    context: &Context<'_>,
    limits: &Limits,
) -> Option<(String, Origins)> {
    translate(text, decimal, context, limits).ok()
}

fn translate(
    text: &str,
    decimal: DecimalSign,
    context: &Context<'_>,
    limits: &Limits,
) -> Result<(String, Origins), Box<Trouble>> {
    if text.len() as u64 > limits.text_bytes.min(u64::from(u32::MAX)) {
        let kind = ErrorKind::TooLong { bytes: text.len() as u64, limit: limits.text_bytes };
        return Err(Box::new(Trouble::Error(Error { kind, span: Span::default() })));
    }
    let variables = context.variables.iter().flat_map(|variables| &variables.list);
    let variables = variables.map(|variable| variable.name.clone());
    let parameters = context.parameters.iter().map(|name| normal_name(name).into_owned());
    reader::read(text, decimal, variables.chain(parameters), limits.depth)
}

fn attempt(text: &str, decimal: DecimalSign, context: &Context<'_>, limits: &Limits) -> Result<Program, Box<Trouble>> {
    let (python, origins) = translate(text, decimal, context, limits)?;
    let parse = |depth| parser::parse(&python, context, &Limits { text_bytes: u64::MAX, depth, ..limits.clone() });
    let mut parsed = parse(limits.depth);
    if matches!(&parsed, Err(Error { kind: ErrorKind::TooDeep { .. }, .. })) {
        // Brackets that the translation puts in count for nothing: the canonical text has only those that it needs.
        parsed = parse(limits.depth.saturating_mul(8));
        if parsed.as_ref().is_ok_and(|program| program.canonical_depth() > limits.depth) {
            let kind = ErrorKind::TooDeep { limit: limits.depth };
            return Err(Box::new(Trouble::Error(Error { kind, span: Span::new(0, text.len()) })));
        }
    }
    let mut program =
        parsed.map_err(|error| Box::new(Trouble::Error(carried(error, text, &python, &origins, limits))))?;
    program.spans.iter_mut().for_each(|span| *span = origins.of(*span));
    Ok(program)
}

/// An error of the text in Python's notation, as one of the text as it is written.
fn carried(error: Error, text: &str, python: &str, origins: &Origins, limits: &Limits) -> Error {
    let is_whole = error.span == Span::new(0, python.len());
    let span = if is_whole { Span::new(0, text.len()) } else { origins.of(error.span) };
    let kind = match error.kind {
        ErrorKind::TooDeep { .. } => ErrorKind::TooDeep { limit: limits.depth },
        ErrorKind::Syntax(syntax) => {
            let found = || span.of(text).chars().take(40).collect::<String>();
            match syntax {
                Syntax::ExpectedOperand { .. } => Syntax::ExpectedOperand { found: found() },
                Syntax::ExpectedOperator { .. } => Syntax::ExpectedOperator { found: found() },
                Syntax::MissingOperator { .. } => Syntax::MissingOperator { found: found() },
                Syntax::NeedsBrackets { from, .. } => {
                    let from = origins.of(Span { start: from, end: from }).start;
                    Syntax::NeedsBrackets { found: found(), from }
                }
                // Definitions are read here, and `mod` is no percent.
                Syntax::FunctionAssignment => Syntax::AssignmentTarget,
                Syntax::Percent => Syntax::UnexpectedEnd,
                other => other,
            }
            .into()
        }
        other => other,
    };
    Error { kind, span }
}

/// The refusal of an ambiguous text, with the readings that two lists of edits make of it. Where one of them is no
/// reading, nothing is ambiguous: its error is the text's.
fn refusal(
    text: &str,
    what: Ambiguity,
    edits: &[Vec<Edit>; 2],
    decimal: DecimalSign,
    context: &Context<'_>,
    limits: &Limits,
) -> ErrorKind {
    let mut readings = Vec::new();
    for (choice, edits) in edits.iter().enumerate() {
        match settled(applied(text, edits), what, choice, decimal, context, limits) {
            Ok(Some(reading)) => readings.push(reading),
            Ok(None) => return NotationError::Ambiguous { what, readings: Vec::new() }.into(),
            Err(error) => return error.kind,
        }
    }
    NotationError::Ambiguous { what, readings }.into()
}

/// A text without any ambiguity: others of the same kind are read in the same way, the rest in the first. `None` where
/// that takes too long.
fn settled(
    mut text: String,
    what: Ambiguity,
    choice: usize,
    decimal: DecimalSign,
    context: &Context<'_>,
    limits: &Limits,
) -> Result<Option<Reading>, Error> {
    // A reading may be somewhat longer than the text.
    let roomy = Limits { text_bytes: limits.text_bytes.saturating_mul(2), ..limits.clone() };
    // Reading once and once more for each ambiguity.
    let rounds = (1 + ROUNDS).min(READ_BYTES / text.len().max(1));
    for _ in 0..rounds {
        match attempt(&text, decimal, context, &roomy).map_err(|trouble| *trouble) {
            Ok(program) => return Ok(Some(Reading { read_as: program.canonical(), text })),
            Err(Trouble::Ambiguous { what: other, edits, .. }) => {
                text = applied(&text, &edits[if other == what { choice } else { 0 }]);
            }
            Err(Trouble::Error(error)) => return Err(error),
        }
    }
    Ok(None)
}

/// A text with edits, which do not overlap.
fn applied(text: &str, edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.start, edit.end));
    let mut changed = String::with_capacity(text.len() + 8);
    let mut at = 0;
    for edit in edits {
        changed.push_str(text.get(at..edit.start).unwrap_or(""));
        changed.push_str(&edit.text);
        at = edit.end.max(at);
    }
    changed.push_str(text.get(at..).unwrap_or(""));
    changed
}
