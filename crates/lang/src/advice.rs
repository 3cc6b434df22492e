//! Advice: fixes for a text that cannot be parsed or fails, and hints for a text that may not mean what was intended.
//!
//! Advice is made from the caller's text each time; it is not part of an answer and is never remembered. It never
//! changes the meaning of a text: a valid text is evaluated as it stands, with a hint beside the answer.
//!
//! # The law
//!
//! A fix is offered only if the mended text can be parsed and evaluated, or has no value only because a variable is
//! missing. It mends all errors of the text, and loses no number, superscript, `°` or `√`. So a text is mended in
//! rounds: it is parsed and its first error repaired, until no error is left. If the rounds do not reach such a text,
//! no fix is offered.

// The tokens of a text first; then advice for a text that cannot be parsed, one that fails, and a valid one.
mod tokens;
mod edits;
mod separators;
mod groups;
mod percent;
mod words;
mod names;
mod surroundings;
mod comprehension;
mod foreign;
mod latex;
mod failing;
mod reading;
mod hints;
mod school;

pub use hints::{Hint, HintKind};

use std::cell::Cell;

use crate::error::{Error, ErrorKind, Failure, Span, Syntax};
use crate::functions;
use crate::lexer::Token;
use crate::limits::{Fuel, Limits};
use crate::mode::Mode;
use crate::notation::Notation;
use crate::parser::{self, Context, Pause};
use crate::program::Program;
use crate::variables::{Variable, Variables};
use edits::apply;
use hints::{Findings, Found};
use tokens::{Tokens, ends_statement};

/// A change to a text that mends what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The part that is replaced, on character boundaries; empty for an insertion.
    pub span: Span,
    /// The new text.
    pub replacement: String,
}

impl Fix {
    fn new(start: usize, end: usize, replacement: impl Into<String>) -> Self {
        Self { span: Span::new(start, end), replacement: replacement.into() }
    }

    fn replacing(span: Span, replacement: impl Into<String>) -> Self {
        Self { span, replacement: replacement.into() }
    }

    /// `text` with the fix applied; unchanged if the fix was made for another text and does not fit.
    pub fn apply(&self, text: &str) -> String {
        match (text.get(..self.span.start as usize), text.get(self.span.end as usize..)) {
            (Some(before), Some(after)) => format!("{before}{}{after}", self.replacement),
            _ => text.to_owned(),
        }
    }
}

/// How to mend a text that could not be parsed, given its error in `context`: at most three fixes, the likeliest first;
/// none if nothing is certain.
///
/// With a fix applied, the text can be parsed, and it evaluates or has no value only because of variables: names that
/// `context` gives, or single letters.
///
/// ```
/// use tabuada_lang::{Context, Limits, fixes, parse};
///
/// let limits = Limits::default();
/// let error = parse("x = 3; 2x^2 + 1", &limits).unwrap_err();
/// let fixes = fixes("x = 3; 2x^2 + 1", &error, &Context::default(), &limits);
/// assert_eq!(fixes[0].apply("x = 3; 2x^2 + 1"), "x = 3; 2*x**2 + 1");
/// ```
pub fn fixes(text: &str, error: &Error, context: &Context<'_>, limits: &Limits) -> Vec<Fix> {
    match context.notation {
        _ if error.kind.limit().is_some() => Vec::new(),
        Notation::Python => mended(text, names_xor(text), context, limits),
        Notation::School { decimal } => school::of_error(text, decimal, error, context, limits),
    }
}

impl Program {
    /// How to mend `text`, whose program this is and whose evaluation failed. The result is that of [`fixes`].
    ///
    /// ```
    /// use tabuada_lang::{Context, Limits, parse};
    ///
    /// let limits = Limits::default();
    /// let program = parse("sqr(16)", &limits)?;
    /// let failure = program.evaluate(&limits).unwrap_err();
    /// let fixes = program.fixes("sqr(16)", &failure, &Context::default(), &limits);
    /// assert_eq!(fixes[0].apply("sqr(16)"), "sqrt(16)");
    /// # Ok::<(), tabuada_lang::Error>(())
    /// ```
    pub fn fixes(&self, text: &str, failure: &Failure, context: &Context<'_>, limits: &Limits) -> Vec<Fix> {
        let is_mendable = failure.kind.is_deterministic() && failure.kind.limit().is_none();
        match context.notation {
            _ if !is_mendable => Vec::new(),
            Notation::Python => mended(text, names_xor(text), context, limits),
            Notation::School { decimal } => {
                let place = self.span(failure.node);
                school::of_failure(text, decimal, (&failure.kind, place), context, limits)
            }
        }
    }

    /// Hints for `text`, whose program this is: places whose meaning may not be the intended one, in order.
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
    pub fn hints(&self, text: &str, context: &Context<'_>, limits: &Limits) -> Vec<Hint> {
        if let Notation::School { decimal } = context.notation {
            return school::hints(text, decimal, context, limits);
        }
        let findings = hints::of(self, text, Choice::FIRST, false);
        let doubts = Doubts {
            separators: findings.separators_differ,
            percentages: findings.percentages_differ,
            ..Doubts::default()
        };
        let choices = doubts.choices();
        let purse = Purse::new(FUEL, context.pause);
        let mut hints = Vec::new();
        for found in &findings.list {
            let mut fixes = Vec::new();
            for choice in &choices {
                let all = if *choice == Choice::FIRST { None } else { Some(hints::of(self, text, *choice, false)) };
                let edits = edits_of(all.as_ref().unwrap_or(&findings), found);
                let desk = Desk::new(context, limits, *choice, &purse);
                let mended = desk.settle(apply(text, edits)).filter(|_| !found.edits.is_empty());
                add(&mut fixes, text, mended);
            }
            // A string that is no calculation is a string.
            if found.kind != HintKind::Quoted || !fixes.is_empty() {
                hints.push(Hint { kind: found.kind.clone(), span: found.span, fixes });
            }
        }
        hints.extend(binary_float(self, text, context, limits));
        hints
    }
}

/// The choice for each kind of text that has two readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Choice {
    /// `1,234` is 1234 rather than 1.234.
    grouped: bool,
    /// `200 + 10%` is 220 rather than 200.1.
    commercial: bool,
    /// `1/2x` is 1/(2*x) rather than 1/2*x.
    tight: bool,
    /// `2½` is 2*(1/2) rather than 2+1/2.
    multiplied: bool,
    /// Commas separate values (`min 4,3`), except in numbers that cannot be a list (`1,05`).
    listed: bool,
    /// `“2+2”` is a string rather than a calculation.
    string: bool,
    /// `=LOG(100)` and `\log(100)` are natural logarithms rather than logarithms to base 10.
    natural: bool,
    /// A closing bracket without an opening one (`2+3)*4`) is dropped rather than opened at the beginning.
    dropped: bool,
    /// The second of two readings in school notation.
    second: bool,
    /// `5k` is 5000 rather than 5*k.
    magnitude: bool,
}

impl Choice {
    /// The likeliest choice.
    const FIRST: Self = Self {
        grouped: true,
        commercial: true,
        tight: false,
        multiplied: false,
        listed: false,
        string: false,
        natural: false,
        dropped: false,
        second: false,
        magnitude: false,
    };
}

/// The edits of one finding, and of all findings about notation.
fn edits_of(findings: &Findings, found: &Found) -> Vec<Fix> {
    let is_it = |other: &Found| (&other.kind, other.span) == (&found.kind, found.span);
    let taken = findings.list.iter().filter(|other| other.kind.is_notation() || is_it(other));
    taken.flat_map(|other| other.edits.iter().cloned()).collect()
}

/// What in a text has a second reading that is as likely.
#[derive(Clone, Copy, Default)]
struct Doubts {
    separators: bool,
    percentages: bool,
    products: bool,
    mixed_numbers: bool,
    quotes: bool,
    logarithms: bool,
    brackets: bool,
    notation: bool,
    magnitudes: bool,
}

impl Doubts {
    /// The readings to try, the likeliest first.
    fn choices(self) -> Vec<Choice> {
        let second = [
            (self.percentages, Choice { commercial: false, ..Choice::FIRST }),
            (self.separators, Choice { grouped: false, ..Choice::FIRST }),
            (self.products, Choice { tight: true, ..Choice::FIRST }),
            (self.mixed_numbers, Choice { multiplied: true, ..Choice::FIRST }),
            (self.quotes, Choice { string: true, ..Choice::FIRST }),
            (self.logarithms, Choice { natural: true, ..Choice::FIRST }),
            (self.brackets, Choice { dropped: true, ..Choice::FIRST }),
            (self.notation, Choice { second: true, ..Choice::FIRST }),
            (self.magnitudes, Choice { magnitude: true, ..Choice::FIRST }),
        ];
        let second = second.into_iter().filter(|(is_doubtful, _)| *is_doubtful).map(|(_, choice)| choice);
        std::iter::once(Choice::FIRST).chain(second).collect()
    }
}

fn add(fixes: &mut Vec<Fix>, text: &str, mended: Option<String>) {
    let fix = mended.filter(|mended| edits::keeps_numbers(text, mended));
    let fix = fix.and_then(|mended| edits::difference(text, &mended));
    fixes.extend(fix.filter(|fix| fixes.len() < FIXES && !fixes.contains(fix)));
}

/// Whether a text calls `^` by its name.
fn names_xor(text: &str) -> bool {
    text.to_lowercase().contains("xor")
}

/// The fixes of a text that cannot be parsed, or fails; `is_xor_meant` if its `^` are exclusive or.
fn mended(text: &str, is_xor_meant: bool, context: &Context<'_>, limits: &Limits) -> Vec<Fix> {
    let mut fixes = Vec::new();
    if text.len() > TEXT_BYTES || words::has_long_numeral(text) {
        return fixes;
    }
    let purse = Purse::new(FUEL, context.pause);
    // The name before the arrow has no value yet, so that `x <- 5` seems to lack only a variable.
    let begun = if text.contains(" <- ") { foreign::arrows(&Tokens::of(text)) } else { None };
    let begun = begun.unwrap_or_else(|| text.to_owned());
    let desk = Desk { is_xor_meant, ..Desk::new(context, limits, Choice::FIRST, &purse) };
    add(&mut fixes, text, desk.settle(begun.clone()));
    for choice in desk.doubts.get().choices().into_iter().skip(1) {
        let desk = Desk { is_xor_meant, ..Desk::new(context, limits, choice, &purse) };
        add(&mut fixes, text, desk.settle(begun.clone()));
    }
    if fixes.is_empty() && text.contains(',') {
        let desk =
            Desk { is_xor_meant, ..Desk::new(context, limits, Choice { listed: true, ..Choice::FIRST }, &purse) };
        add(&mut fixes, text, desk.settle(text.to_owned()));
    }
    fixes
}

/// Fixes for one place, at most.
const FIXES: usize = 3;
/// Rounds in which a text is read and repaired.
const ROUNDS: usize = 64;
/// Texts of more bytes are not mended: nobody types that much, and the work grows with the length.
const TEXT_BYTES: usize = 2048;
/// How often a text with commands of LaTeX is read before it is in Python's notation.
const LATEX: usize = 3;
/// Bytes that all rounds may parse.
const READ_BYTES: usize = 16 << 10;
/// Fuel for all evaluations of a text, and for each of them: about a millisecond.
const FUEL: u64 = 200_000;
/// Fuel for the decimal check of a float, which is made for each answer: some microseconds.
const FLOAT_FUEL: u64 = 2_000;
/// Fuel between two pauses: some tens of microseconds.
const PAUSE_EVERY: u64 = 10_000;
/// Values for variables whose value is not known, so that a text with such variables can be tried.
const SAMPLES: [&str; 3] = ["", ".5", "[1,2,3]"];

/// The budget of advice on one text.
struct Purse<'c> {
    /// Bytes that it may parse.
    bytes: Cell<usize>,
    /// Fuel for evaluations.
    fuel: Cell<u64>,
    pause: Pause<'c>,
}

impl<'c> Purse<'c> {
    fn new(fuel: u64, pause: Pause<'c>) -> Self {
        Self { bytes: Cell::new(READ_BYTES), fuel: Cell::new(fuel), pause }
    }
}

/// Mends one text, under one choice of readings.
struct Desk<'c> {
    mode: Mode,
    /// The variables that come with the text, and those whose values come later.
    variables: Vec<Variable>,
    parameters: &'c [&'c str],
    limits: Limits,
    choice: Choice,
    /// Whether the text names exclusive or (`xor`), so that `^` means it.
    is_xor_meant: bool,
    purse: &'c Purse<'c>,
    doubts: Cell<Doubts>,
}

/// The outcome of a round.
enum Look {
    Unreadable(Error),
    Failed(Program, Failure),
    Fine(Program),
}

impl<'c> Desk<'c> {
    fn new(context: &Context<'c>, limits: &Limits, choice: Choice, purse: &'c Purse<'c>) -> Self {
        Self {
            mode: context.mode,
            variables: context.variables.map(|variables| variables.list.clone()).unwrap_or_default(),
            parameters: context.parameters,
            limits: limits.clone(),
            choice,
            is_xor_meant: false,
            purse,
            doubts: Cell::default(),
        }
    }

    /// The text without errors; `None` if the rounds end before that.
    fn settle(&self, text: String) -> Option<String> {
        let mut text = text;
        for _ in 0..ROUNDS {
            if text.len() > TEXT_BYTES || !self.pays(text.len()) {
                return None;
            }
            let next = match self.look(&text) {
                Look::Fine(program) => match self.rewritten(&program, &text, false) {
                    Some(next) => next,
                    None => return Some(text),
                },
                Look::Failed(program, failure) => {
                    let is_of_types = matches!(failure.kind, ErrorKind::Type(_));
                    self.rewritten(&program, &text, is_of_types)
                        .or_else(|| reading::carets(&text))
                        .or_else(|| self.unwrapped(&Tokens::of(&text)))
                        .or_else(|| self.logarithm(&text, &program, &failure))
                        .or_else(|| {
                            let mut is_ambiguous = false;
                            let given = self.given();
                            let edits =
                                failing::mend(&program, &text, &failure, &given, self.choice, &mut is_ambiguous);
                            self.doubt(|doubts| doubts.separators |= is_ambiguous);
                            Some(apply(&text, edits?))
                        })
                        .or_else(|| self.without_words(&text))?
                }
                Look::Unreadable(error) => {
                    let tokens = Tokens::of(&text);
                    let is_mixed = matches!(error.kind, ErrorKind::Syntax(Syntax::MixedNumber { .. }));
                    self.doubt(|doubts| doubts.mixed_numbers |= is_mixed);
                    let is_magnitude = reading::magnitude(&error, |name| self.is_given(name)).is_some();
                    self.doubt(|doubts| doubts.magnitudes |= is_magnitude);
                    let fix = || reading::mend(&tokens, &error, self.choice, |name| self.is_given(name));
                    self.unwrapped(&tokens)
                        .or_else(|| self.respelled(&tokens))
                        .or_else(|| self.opened(&tokens, &error))
                        .or_else(|| fix().map(|fix| fix.apply(&text)))?
                }
            };
            if next == text {
                return None;
            }
            text = self.bound(&text, next);
        }
        None
    }

    /// Pays for parsing so many bytes, if the budget allows.
    fn pays(&self, bytes: usize) -> bool {
        (self.purse.pause.0)();
        let left = self.purse.bytes.get().checked_sub(bytes);
        self.purse.bytes.set(left.unwrap_or(0));
        left.is_some()
    }

    fn doubt(&self, change: impl FnOnce(&mut Doubts)) {
        let mut doubts = self.doubts.get();
        change(&mut doubts);
        self.doubts.set(doubts);
    }

    /// The mended text. If a `*` was inserted after a division, the product has a second reading (`1/2*x`).
    fn bound(&self, text: &str, next: String) -> String {
        let put_in = edits::difference(text, &next).filter(|fix| fix.replacement.trim() == "*");
        let Some(put_in) = put_in else { return next };
        let tokens = Tokens::of(&next);
        let star = tokens.from(put_in.span.start);
        let left = star.checked_sub(1).and_then(|last| tokens.operand_start(last));
        let before = left.and_then(|left| tokens.token(left.checked_sub(1)?));
        let (Some(left), Some(Token::Slash | Token::DoubleSlash)) = (left, before) else { return next };
        self.doubt(|doubts| doubts.products = true);
        // A power binds tighter than the product: `4/3 x**3`.
        let mut last = tokens.operand_end(star + 1);
        while let Some(end) = last
            && matches!(tokens.token(end + 1), Some(Token::DoubleStar | Token::Caret))
        {
            last = tokens.operand_end(end + 2);
        }
        let edges = last.and_then(|last| Some((tokens.get(left)?.1.start, tokens.get(last)?.1.end)));
        match edges {
            Some((start, end)) if self.choice.tight => {
                let bracket = |at: u32, bracket: &str| Fix::new(at as usize, at as usize, bracket);
                apply(&next, vec![bracket(start, "("), bracket(end, ")")])
            }
            _ => next,
        }
    }

    /// Names that the text does not have to define. None of them is a function.
    fn given(&self) -> Vec<(String, bool)> {
        let variables = self.variables.iter().map(|variable| variable.name.as_str());
        variables.chain(self.parameters.iter().copied()).map(|name| (name.to_owned(), false)).collect()
    }

    fn is_given(&self, name: &str) -> bool {
        self.parameters.contains(&name) || self.variables.iter().any(|variable| variable.name == name)
    }

    /// Mends the notation of a text that can be parsed: carets, commas, brackets, percentages.
    fn rewritten(&self, program: &Program, text: &str, failing: bool) -> Option<String> {
        let findings = hints::of(program, text, self.choice, failing);
        self.doubt(|doubts| {
            doubts.separators |= findings.separators_differ;
            doubts.percentages |= findings.percentages_differ;
        });
        let is_mended = |kind: &HintKind| kind.is_notation() && !(self.is_xor_meant && *kind == HintKind::Xor);
        let notation = findings.list.into_iter().filter(|found| is_mended(&found.kind));
        let edits: Vec<Fix> = notation.flat_map(|found| found.edits).collect();
        (!edits.is_empty()).then(|| apply(text, edits))
    }

    fn without_words(&self, text: &str) -> Option<String> {
        words::mend(text, |name| self.is_given(name), |bytes| self.pays(bytes))
    }

    /// The text without what surrounds the expression, and in this language's spelling.
    fn unwrapped(&self, tokens: &Tokens<'_>) -> Option<String> {
        let (text, is_known) = (tokens.text, |name: &str| self.is_given(name));
        if let Some(inside) = surroundings::unquoted(text) {
            self.doubt(|doubts| doubts.quotes = true);
            if !self.choice.string {
                return Some(inside.to_owned());
            }
        }
        surroundings::mend(tokens, is_known)
            .or_else(|| comprehension::mend(tokens).map(|edits| apply(text, edits)))
            .or_else(|| foreign::mend(tokens, is_known))
            .or_else(|| self.without_latex(text))
    }

    fn without_latex(&self, text: &str) -> Option<String> {
        // Both readings of an ambiguous text are read before it is mended.
        if !latex::is_latex(text) || !self.pays(LATEX * text.len()) {
            return None;
        }
        let variables = Variables { list: self.variables.clone() };
        let parameters = self.parameters;
        let context = Context { mode: self.mode, variables: Some(&variables), parameters, ..Context::default() };
        self.doubt(|doubts| doubts.logarithms |= latex::has_logarithm(text));
        let (python, is_ambiguous) =
            latex::in_python(text, self.choice.natural, self.choice.second, &context, &self.limits)?;
        self.doubt(|doubts| doubts.notation |= is_ambiguous);
        Some(python)
    }

    /// `LOG(100)`: to base 10 in spreadsheets and on pocket calculators, natural in BASIC.
    fn logarithm(&self, text: &str, program: &Program, failure: &Failure) -> Option<String> {
        let (span, tokens) = (program.span(failure.node), Tokens::of(text));
        let open = tokens.from(span.start) + 1;
        let is_log = span.of(text) == "LOG" && tokens.token(open) == Some(Token::Open('('));
        let close = tokens.closing(open).filter(|_| is_log)?;
        if tokens.end(open + 1, |token| token == Token::Comma) != close {
            return None;
        }
        self.doubt(|doubts| doubts.logarithms = true);
        Some(Fix::replacing(span, if self.choice.natural { "log" } else { "log10" }).apply(text))
    }

    /// `2+3)*4`: the bracket may open at the beginning of the statement, or is one too many.
    fn opened(&self, tokens: &Tokens<'_>, error: &Error) -> Option<String> {
        let is_surplus = matches!(error.kind, ErrorKind::Syntax(Syntax::Unmatched { open: None, .. }));
        let close = Some(tokens.from(error.span.start)).filter(|_| is_surplus)?;
        let goes_on =
            !matches!(tokens.token(close + 1)?, Token::End | Token::Newline | Token::Semicolon | Token::Close(_));
        let begins = |at: &usize| {
            let before = at.checked_sub(1).and_then(|before| tokens.token(before));
            before.is_none_or(|token| ends_statement(token) || matches!(token, Token::Assign | Token::AssignFormula))
        };
        if !goes_on || tokens.token(close) != Some(Token::Close(')')) {
            return None;
        }
        self.doubt(|doubts| doubts.brackets = true);
        let start = tokens.get((0..close).rev().find(begins)?)?.1.start as usize;
        (!self.choice.dropped).then(|| Fix::new(start, start, "(").apply(tokens.text))
    }

    /// Mends what can be seen without a parser: signs around the text, words, separators, percentages.
    fn respelled(&self, tokens: &Tokens<'_>) -> Option<String> {
        let text = tokens.text;
        let trimmed = reading::trimmed(tokens).or_else(|| reading::carets(text));
        if let Some(next) = trimmed.or_else(|| self.without_words(text)) {
            return Some(next);
        }
        if let Some(next) = reading::ranges(tokens).or_else(|| foreign::apostrophes(text)) {
            return Some(next);
        }
        let separated = separators::of(tokens, self.choice, None);
        self.doubt(|doubts| doubts.separators |= separated.is_ambiguous);
        if !separated.edits.is_empty() {
            return Some(apply(text, separated.edits));
        }
        let percentages = percent::of(tokens, self.choice.commercial);
        self.doubt(|doubts| doubts.percentages |= percentages.is_ambiguous);
        (!percentages.edits.is_empty()).then(|| apply(text, percentages.edits))
    }

    fn look(&self, text: &str) -> Look {
        let program = match self.read(text, &[], "") {
            Ok(program) => program,
            Err(error) => return Look::Unreadable(error),
        };
        let is_known = |name: &str| self.variables.iter().any(|variable| variable.name == name);
        let is_variable = |name: &str| {
            self.parameters.contains(&name) || (names::is_letter(name) && !self.has_in_other_case(&program, name))
        };
        let free: Vec<(&str, u32)> = program.free_nodes().into_iter().filter(|(name, _)| !is_known(name)).collect();
        let stranger = free.iter().find(|(name, _)| !is_variable(name));
        let stranger = stranger
            .map(|(name, node)| Failure { kind: ErrorKind::UnknownName { name: (*name).to_owned() }, node: *node });
        // `free_nodes` does not list unknown names of `math`.
        let of_math =
            || program.unknown_name().filter(|failure| matches!(failure.kind, ErrorKind::UnknownMathName { .. }));
        if let Some(failure) = stranger.or_else(of_math) {
            return Look::Failed(program, failure);
        }
        let free: Vec<String> = free.into_iter().map(|(name, _)| name.to_owned()).collect();
        let mut first = None;
        for sample in SAMPLES.iter().take(if free.is_empty() { 1 } else { SAMPLES.len() }) {
            let Ok(program) = self.read(text, &free, sample) else { continue };
            match self.evaluate(&program) {
                Ok(_) => return Look::Fine(program),
                Err(failure) => {
                    first.get_or_insert((program, failure));
                }
            }
        }
        match first {
            Some((program, failure)) => Look::Failed(program, failure),
            None => Look::Failed(program, Failure { kind: ErrorKind::Internal, node: 0 }),
        }
    }

    /// Whether a letter without a value is known in the other case: `X`, where there is an `x`.
    fn has_in_other_case(&self, program: &Program, name: &str) -> bool {
        let small = name.to_lowercase();
        let is_other = |known: &str| known != name && known.to_lowercase() == small;
        let assigned = program.targets.iter().map(|target| &*program.names[*target as usize]);
        self.given().iter().any(|(known, _)| is_other(known))
            || assigned.chain(functions::CONSTANTS.iter().map(|constant| constant.name)).any(is_other)
    }

    /// Parses a text; each of its `free` variables gets the value of `sample`.
    fn read(&self, text: &str, free: &[String], sample: &str) -> Result<Program, Error> {
        let value = |at: usize| if sample.starts_with('[') { sample.to_owned() } else { format!("{}{sample}", at + 3) };
        let mut list = self.variables.clone();
        list.extend(free.iter().enumerate().map(|(at, name)| Variable { name: name.clone(), literal: value(at) }));
        let variables = Variables { list };
        let context = Context { mode: self.mode, variables: Some(&variables), ..Context::default() };
        parser::parse(text, &context, &self.limits)
    }

    fn evaluate(&self, program: &Program) -> Result<String, Failure> {
        let stop = || {
            (self.purse.pause.0)();
            false
        };
        let mut fuel = Fuel::with_stop(self.purse.fuel.get(), &stop).checked_every(PAUSE_EVERY);
        let outcome = program.evaluate_with(&[], &self.limits, &mut fuel);
        self.purse.fuel.set(self.purse.fuel.get() - fuel.spent());
        outcome.map(|answer| answer.text().to_owned())
    }
}

/// A float whose text has at least so many digits was probably rounded; one with fewer digits was not.
const LONG_FLOAT: usize = 16;

/// A sum like `0.1+0.2`: binary floats round it, decimal numbers do not.
fn binary_float(program: &Program, text: &str, context: &Context<'_>, limits: &Limits) -> Option<Hint> {
    let has_point = || text.as_bytes().windows(2).any(|pair| pair[0] == b'.' && pair[1].is_ascii_digit());
    let is_calculated = context.mode == Mode::Python && context.parameters.is_empty() && program.nodes.len() > 1;
    if !is_calculated || text.len() > TEXT_BYTES || !has_point() || !program.is_pure() {
        return None;
    }
    let purse = Purse::new(FLOAT_FUEL, context.pause);
    let float = Desk::new(context, limits, Choice::FIRST, &purse).evaluate(program).ok()?;
    let is_truth = |text: &str| matches!(text, "True" | "False");
    let digits = |number: &str| number.bytes().filter(u8::is_ascii_digit).count();
    if !is_truth(&float) && (digits(&float) < LONG_FLOAT || float.parse::<f64>().is_err()) {
        return None;
    }
    let desk = Desk::new(&Context { mode: "decimal:28".parse().ok()?, ..*context }, limits, Choice::FIRST, &purse);
    let decimal = desk.evaluate(&desk.read(text, &[], "").ok()?).ok()?;
    let is_other =
        if is_truth(&float) { is_truth(&decimal) && decimal != float } else { digits(&decimal) < LONG_FLOAT };
    let kind = HintKind::BinaryFloat { decimal };
    is_other.then(|| Hint { kind, span: Span::new(0, text.len()), fixes: Vec::new() })
}
