//! Tokens in school notation to a text in Python's notation, in one pass and without recursion.
//!
//! There are two states, as in Python's reader: an operand is expected, or an operator. A stack of frames holds what is
//! open: the statement, brackets, bars, and what school notation has beside these (arguments without brackets, what
//! follows `% de`, runs of superscripts). Each frame knows how far its sum and its term have come, which is what the
//! rules of implicit products and of percentages ask for.
//!
//! A text that readers of good will read differently ends the pass with [`Trouble::Ambiguous`] and the edits that make
//! its two readings.

mod brackets;
mod numbers;
mod operand;
mod operator;
mod percent;
mod products;
mod statements;

use std::borrow::Cow;
use std::collections::HashMap;

use super::extent::{Extent, bars_behind, closings};
use super::names::{self, Target, Word, Words};
use super::numbers::Place;
use super::tokens::{Command, Kind, Token};
use super::written::{Origins, Written};
use crate::error::{Ambiguity, Error, ErrorKind, Span};
use crate::notation::DecimalSign;

/// What keeps a text from being read.
pub(super) enum Trouble {
    Error(Error),
    /// Two lists of edits of the text, each of which makes one reading.
    Ambiguous {
        what: Ambiguity,
        span: Span,
        edits: [Vec<Edit>; 2],
    },
}

type Outcome<T> = Result<T, Box<Trouble>>;

/// A change of the text.
#[derive(Clone, Debug)]
pub(super) struct Edit {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: String,
}

impl Edit {
    fn insert(at: u32, text: impl Into<String>) -> Self {
        Self { start: at as usize, end: at as usize, text: text.into() }
    }

    fn replace(span: Span, text: impl Into<String>) -> Self {
        Self { start: span.start as usize, end: span.end as usize, text: text.into() }
    }
}

/// What the names of a text are known as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Variable,
    /// A function of the text.
    Function,
}

/// The meaning of a name where it stands.
enum Meaning {
    Variable,
    Own,
    Constant(&'static str),
    Function(Target),
    Unknown,
}

enum State {
    Operand,
    Operator,
    Done,
}

type Step = Outcome<State>;

/// What is open.
enum Opener {
    Statement,
    /// `(`, `[` or `{` that groups, or holds elements.
    Bracket(char),
    Call(Call),
    Bars,
    /// `\left|`, which a plain bar does not close.
    PairedBars,
    /// `?`, up to its `:`.
    Question,
    Run,
    /// A function's argument without brackets; whether it is plain so far: numbers and names with their powers.
    Argument {
        plain: bool,
        closing: String,
    },
    /// What `% de` takes a part of.
    PercentOf,
    /// A command of LaTeX: how many of its braces are complete.
    Command(Command, u32),
}

impl Opener {
    /// Whether it counts as nesting, and has to be closed.
    fn is_nesting(&self) -> bool {
        matches!(
            self,
            Self::Bracket(_) | Self::Call(_) | Self::Bars | Self::PairedBars | Self::Question | Self::Command(..)
        )
    }
}

/// A call with brackets.
struct Call {
    bracket: char,
    target: Option<Target>,
    /// Whether it binds a name in its first part.
    binds: bool,
    /// Where its numbers stand, if it is of integers alone.
    integers: Option<Place>,
    /// What is written behind it: brackets, the base of a logarithm, the exponent that stood before the argument.
    closing: String,
}

/// How far a sum has come.
#[derive(Clone, Copy, Default)]
struct Sum {
    /// The piece that it begins with.
    start: usize,
    /// How many signs are between its terms.
    signs: u32,
    /// The token that it begins with.
    token: usize,
    /// Whether it is a sum as it is written, and neither one term nor a product that a percentage made of it; and whether
    /// what stands before the last sign is one.
    is_open: bool,
    left_is_open: bool,
    /// The piece of the sign before this term, and whether it is a minus.
    sign: Option<(usize, bool)>,
    /// Whether what stands before that sign is a percentage and nothing else.
    left_is_percent: bool,
}

/// How far a term of a sum has come.
#[derive(Clone, Copy, Default)]
struct Term {
    /// The token that it begins with.
    start: usize,
    /// The token that the divisor begins with.
    divisor: Option<usize>,
    /// The tokens that the base and the exponent of a power begin with.
    power: Option<(usize, usize)>,
    /// The token of the root whose operand is read.
    root: Option<usize>,
    /// Whether there is more than one operand with `!` behind it.
    is_long: bool,
    /// Whether an implicit product is its only operation.
    is_product: bool,
    /// Whether it is a percentage and nothing else but signs.
    is_percent: bool,
    /// The token of the `%` just read.
    percent: Option<usize>,
}

struct Frame {
    opener: Opener,
    /// The token and the piece that opened it.
    token: usize,
    piece: usize,
    separators: u32,
    first_separator: usize,
    /// The token and the piece that the operand just read begins with.
    operand: (usize, usize),
    sum: Sum,
    term: Term,
    /// Whether a comparison has been read.
    is_compared: bool,
}

pub(super) struct Reader<'t, 's> {
    text: &'t str,
    decimal: DecimalSign,
    tokens: &'s [Token<'t>],
    words: Words<'s>,
    /// As in [`Extent`].
    closings: Vec<Option<u32>>,
    /// For each bar, how many follow it in the same brackets and the same part of them.
    bars_behind: Vec<u32>,
    at: usize,
    written: Written<'s>,
    frames: Vec<Frame>,
    /// How many brackets and bars are open, and how many may be.
    depth: u64,
    depth_max: u64,
    names: HashMap<String, Known>,
    /// The parameters of the definition that is read, and the names that binders bind, innermost last.
    locals: Vec<String>,
    /// What this statement assigns.
    assigns: Vec<(String, Known)>,
}

/// The text in Python's notation. `known` are the names that come with the text.
pub(super) fn read(
    text: &str,
    decimal: DecimalSign,
    known: impl Iterator<Item = String>,
    depth_max: u64,
) -> Outcome<(String, Origins)> {
    let tokens = super::lexer::of(text, decimal);
    let names = known.map(|name| (name, Known::Variable)).collect();
    let mut reader = Reader {
        text,
        decimal,
        tokens: &tokens,
        words: Words::of(&tokens),
        closings: closings(&tokens),
        bars_behind: bars_behind(&tokens),
        at: 0,
        written: Written::default(),
        frames: Vec::new(),
        depth: 0,
        depth_max,
        names,
        locals: Vec::new(),
        assigns: Vec::new(),
    };
    reader.begin_statement()?;
    let mut state = State::Operand;
    loop {
        state = match state {
            State::Operand => reader.operand()?,
            State::Operator => reader.operator()?,
            State::Done => break,
        };
    }
    Ok(reader.written.finish())
}

impl<'t, 's> Reader<'t, 's> {
    fn token(&self) -> &'s Token<'t> {
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    /// The kind of the token so many behind this one.
    fn ahead(&self, by: usize) -> Kind {
        self.tokens.get(self.at + by).map_or(Kind::End, |token| token.kind)
    }

    fn span(&self, at: usize) -> Span {
        self.tokens.get(at).map_or_else(Span::default, |token| token.span)
    }

    /// The token before this one.
    fn before(&self) -> Option<&Token<'t>> {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at))
    }

    fn extent(&self) -> Extent<'_, 't> {
        Extent { tokens: self.tokens, closings: &self.closings }
    }

    fn frame(&mut self) -> &mut Frame {
        // A statement is always open.
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    fn top(&self) -> &Frame {
        &self.frames[self.frames.len() - 1]
    }

    /// Writes this token as it is, or as Python does, and goes on.
    fn write(&mut self) {
        let token = self.token();
        self.written.push(&*token.text, token.span);
        self.at += 1;
    }

    fn write_as(&mut self, text: impl Into<Cow<'s, str>>) {
        let span = self.token().span;
        self.written.push(text, span);
        self.at += 1;
    }

    /// Writes what does not stand in the text, at the end of the last token.
    fn write_closing(&mut self, text: impl Into<Cow<'s, str>>) {
        let end = self.before().map_or(0, |token| token.span.end);
        self.written.push(text, Span { start: end, end });
    }

    fn push(&mut self, opener: Opener, token: usize, piece: usize) -> Outcome<()> {
        self.depth += u64::from(opener.is_nesting());
        if self.depth > self.depth_max {
            return self.fail(ErrorKind::TooDeep { limit: self.depth_max }, self.span(token));
        }
        let start = self.written.len();
        self.frames.push(Frame {
            opener,
            token,
            piece,
            separators: 0,
            first_separator: 0,
            operand: (self.at, start),
            sum: Sum { start, token: self.at, ..Sum::default() },
            term: Term { start: self.at, ..Term::default() },
            is_compared: false,
        });
        Ok(())
    }

    fn pop(&mut self) -> Option<Frame> {
        let frame = self.frames.pop();
        self.depth -= u64::from(frame.as_ref().is_some_and(|frame| frame.opener.is_nesting()));
        frame
    }

    /// An operand begins here.
    fn begin_operand(&mut self) {
        let here = (self.at, self.written.len());
        self.frame().operand = here;
    }

    /// A new sum begins with the next piece.
    fn begin_sum(&mut self) {
        let (at, start) = (self.at, self.written.len());
        let frame = self.frame();
        frame.sum = Sum { start, token: at, ..Sum::default() };
        frame.term = Term { start: at, ..Term::default() };
        frame.operand = (at, start);
    }

    /// What a name in its normal form is by the text itself, or by what comes with it.
    fn known(&self, name: &str) -> Option<Known> {
        if self.locals.iter().any(|local| local == name) {
            return Some(Known::Variable);
        }
        self.names.get(name).copied()
    }

    fn meaning(&self, word: &Word<'_>) -> Meaning {
        match self.known(&word.normal) {
            Some(Known::Variable) => Meaning::Variable,
            Some(Known::Function) => Meaning::Own,
            None => match (word.constant, word.function) {
                (Some(python), _) => Meaning::Constant(python),
                (None, Some(target)) => Meaning::Function(target),
                (None, None) => Meaning::Unknown,
            },
        }
    }

    /// The meaning of the token `at`, if that is a name.
    fn meaning_at(&self, at: usize) -> Option<Meaning> {
        self.words.at(at).map(|word| self.meaning(word))
    }

    /// The normal form of the name at a token.
    fn normal(&self, at: usize) -> String {
        self.words.at(at).map(|word| word.normal.to_string()).unwrap_or_default()
    }

    /// The word so many tokens behind `at`, folded.
    fn folded<'r>(&'r self, at: usize) -> impl Fn(usize) -> Option<&'r str> + use<'r, 't, 's> {
        move |by| self.words.at(at + by).map(|word| &*word.folded)
    }

    /// The operator of words that stands at the token `at`, where an operator is expected.
    fn operator_at(&self, at: usize) -> Option<(names::Operator, usize)> {
        if self.known(&self.words.at(at)?.normal).is_some() {
            return None;
        }
        names::operator(self.folded(at))
    }

    /// The kind of the token `at`, where an operator is expected: of words, that of the sign that they stand for.
    fn kind_of_operator(&self, at: usize) -> Kind {
        match self.operator_at(at) {
            Some((names::Operator::Sign(kind, _), _)) => kind,
            Some((names::Operator::Raised(_), _)) => Kind::RunStart,
            Some((names::Operator::Of, _)) => Kind::Other,
            None => self.tokens.get(at).map_or(Kind::End, |token| token.kind),
        }
    }

    fn fail<T>(&self, kind: impl Into<ErrorKind>, span: Span) -> Outcome<T> {
        Err(Box::new(Trouble::Error(Error { kind: kind.into(), span })))
    }

    fn ambiguous<T>(&self, what: Ambiguity, span: Span, first: Vec<Edit>, second: Vec<Edit>) -> Outcome<T> {
        Err(Box::new(Trouble::Ambiguous { what, span, edits: [first, second] }))
    }

    /// Edits that put brackets around the tokens from `from` up to `to`.
    fn bracketed(&self, from: usize, to: usize) -> Vec<Edit> {
        let end = to.checked_sub(1).map_or(0, |last| self.span(last).end);
        vec![Edit::insert(self.span(from).start, "("), Edit::insert(end, ")")]
    }
}
