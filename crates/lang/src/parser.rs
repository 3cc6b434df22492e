//! Text to program, in one pass, without recursion.
//!
//! # Grammar
//!
//! ```text
//! text        = { NEWLINE } statement { ";" { NEWLINE } statement } [ ";" ] { NEWLINE } END ;
//! statement   = targets ( "=" | "←" ) [ expressions ]
//!             | ( NAME | NAME "(" [ NAME { "," NAME } [ "," ] ] ")" ) "@=" expressions
//!             | expressions ;
//! targets     = NAME { "," NAME } [ "," ] ;                        (* without brackets *)
//! expressions = expression { "," expression } [ "," ] ;
//! expression  = disjunction [ "if" disjunction "else" expression | "?" expression ":" expression ] ;
//! disjunction = conjunction { ( "or" | "∨" ) conjunction } ;
//! conjunction = inversion { ( "and" | "∧" ) inversion } ;
//! inversion   = ( "not" | "¬" ) inversion | comparison ;
//! comparison  = binary(|) { comparator binary(|) } ;
//! comparator  = "<" | ">" | "<=" | "≤" | ">=" | "≥" | "==" | "!=" | "≠" | "in" | "∈" | "not" "in" | "∉"
//!             | "is" [ "not" ] ;                  (* one side of which is None, True or False as written *)
//! binary(op)  = binary(op+) { op binary(op+) } ;
//!               (* | ; ^ ; & ; << >> ; + - − ∪ ∩ ∆ ∖ ; * × · ⋅ / ÷ // % mod, loosest first *)  binary(top) = sign ;
//! sign        = ( "+" | "-" | "−" | "~" ) sign | power ;
//! power       = root [ "**" sign ] ;
//! root        = ROOT root | ROOT sign_tightened | superscript ;
//! superscript = coefficient { SUPERSCRIPT } ;
//! coefficient = degree { ROOT ( degree | prefix_tightened ) } ;
//! degree      = factorial { "°" } ;
//! factorial   = primary { "!" } ;
//! primary     = ( atom | TRIG SUPERSCRIPT "(" [ arguments ] ")" ) { "(" [ arguments ] ")" | "[" subscript "]" } ;
//! atom        = NUMBER | FRACTION | STRING { STRING } | "True" | "False" | "None" | NAME | "math" "." NAME
//!             | group | list | set | bars | binder ;
//! group       = "(" [ expressions ] ")" ;   list = "[" [ expressions ] "]" ;   set = "{" [ expressions ] "}" ;
//! bars        = "|" expression "|" ;
//! binder      = ( "sum" | "prod" | "integral" | "root" ) "(" expression "," NAME "," expression "," expression
//!               [ "," ] ")"                       (* exactly these four; with others sum and prod are called *)
//!             | "derivative" "(" expression "," NAME "," expression [ "," ] ")" ;
//! arguments   = argument { "," argument } [ "," ] ;
//! argument    = [ NAME "=" ] expression ;      (* no positional after keyword, no keyword twice *)
//! subscript   = expressions | [ expression ] ":" [ expression ] [ ":" [ expression ] ] ;
//! ```
//!
//! SUPERSCRIPT is a run of superscripts (digits, signs, brackets, letters) directly behind what it is an exponent of.
//! The run is one expression, that of the same signs on the line in brackets: `2³⁻¹` is `2**(3-1)`. Its numbers are
//! digits alone, perhaps with zeros before them. ROOT is `√`, perhaps with superscript digits directly before it, its
//! index, 2 or more. TRIG is `sin`, `cos`, `tan` or one of these with `h`, and `sin⁻¹` is its inverse. FRACTION is a
//! quotient in one character, as if in brackets: `½` is `(1/2)`.
//! A `|` where an operand is expected opens bars; where an operator is expected it closes the innermost opener if that
//! is a bar, else it is the bitwise or. A newline is blank inside brackets and bars, and behind `;`.
//!
//! `°` as the whole argument of `sin`, `cos`, `tan`, `sec`, `csc` or `cot`, with signs before it or not, makes the call
//! one of a function of degrees; the signs belong to the operand. Elsewhere it is a call of `radians`.
//!
//! A prefix operator met where the context asks for something tighter binds its own operand that tightly (`√-4**2` is
//! (√−4)²). A postfix operator looser than its neighbour closes the left side: after `²` no `!`, `°`, `√`, `(`, `[`.
//!
//! # Method
//!
//! A Pratt parser whose stack is a vector. It has two states, operand expected and operator expected, and a stack of
//! what is pending: operators that wait for their right operand, and openers (statements, brackets, bars, conditions).
//! An operator of binding power b first emits what is pending with binding power ≥ b, then waits itself. Emitting
//! appends a node, so the nodes come out in postfix order.
//!
//! Some kinds of node care for order: `a and b` puts a jump before `b` that is mended when `b` is complete;
//! `a if c else b` comes out as `c a b`, and `sum(body, k, a, b)` as `a b body`, by rotating finished slices (jumps are
//! relative, so they may be moved); the left side of `=` is read as expressions, and its nodes are taken back.

// What waits, and what comes of it; then the two states, and what opens and closes in them; then what is read before.
mod pending;
mod emit;
mod complaint;
mod brackets;
mod operand;
mod operator;
mod statements;
mod variables;

use std::collections::HashMap;
use std::fmt;

use crate::error::{Error, ErrorKind, Span, Syntax};
use crate::lexer::{Lexer, Token, is_name, normal_name};
use crate::limits::Limits;
use crate::mode::Mode;
use crate::program::Program;
use crate::variables::Variables;
use pending::{Operand, Pending};

/// What a text is read in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'c> {
    /// Names whose values come with each evaluation, in the order in which they are given there.
    pub parameters: &'c [&'c str],
    /// In which numbers the text is calculated.
    pub mode: Mode,
    /// Values that names have before the text begins: the program is that of the text with a statement before it for
    /// each variable that it uses, in order of name. Unused ones are left out, so that equal questions
    /// share one canonical text. The statements stand nowhere in the text: an empty span at its beginning.
    pub variables: Option<&'c Variables>,
    /// Called by advice between two pieces of its work.
    pub pause: Pause<'c>,
}

/// Called between two pieces of work, of some tens of microseconds each, so that a thread can give way to others. The
/// default does nothing.
#[derive(Clone, Copy)]
pub struct Pause<'c>(pub &'c dyn Fn());

impl Default for Pause<'_> {
    fn default() -> Self {
        Self(&|| ())
    }
}

impl fmt::Debug for Pause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pause")
    }
}

/// Reads `text` in `context`.
pub(crate) fn parse(text: &str, context: &Context<'_>, limits: &Limits) -> Result<Program, Error> {
    // Reserved at once, since every text fills these: a node mostly
    // comes with two bytes of the text.
    const FEW: usize = 4;
    let nodes = (text.len() / 2).clamp(FEW, 32);
    let mut program = Program {
        nodes: Vec::with_capacity(nodes),
        spans: Vec::with_capacity(nodes),
        constants: Vec::with_capacity(FEW),
        statements: Vec::with_capacity(FEW),
        ..Program::default()
    };
    let (operands, pending) = (Vec::with_capacity(FEW), Vec::with_capacity(FEW));
    parse_into(&mut program, &mut Stacks { operands, pending, ..Stacks::default() }, text, context, limits)?;
    Ok(program)
}

/// Reads `text` in `context` into `program`, which is emptied first; what it and `stacks` have allocated is used again.
pub(crate) fn parse_into(
    program: &mut Program,
    stacks: &mut Stacks,
    text: &str,
    context: &Context<'_>,
    limits: &Limits,
) -> Result<(), Error> {
    program.clear();
    if text.len() as u64 > limits.text_bytes.min(u64::from(u32::MAX)) {
        let kind = ErrorKind::TooLong { bytes: text.len() as u64, limit: limits.text_bytes };
        return Err(Error { kind, span: Span::default() });
    }
    let rewritten = match context.variables {
        Some(given) if !given.is_empty() => variables::read(program, stacks, text, context, given, limits)?,
        _ => {
            stacks.clear();
            let mut parser = Parser::new(text, limits, program, stacks);
            parser.run(context)?;
            parser.rewritten
        }
    };
    // What is spelled without brackets may need them in the canonical text (`2⁻¹⁻¹…`), and those count too.
    if rewritten && program.canonical_depth() > limits.depth {
        let kind = ErrorKind::TooDeep { limit: limits.depth };
        return Err(Error { kind, span: Span::new(0, text.len()) });
    }
    Ok(())
}

/// The parser's stacks, reused from one text to the next.
#[derive(Default)]
pub(crate) struct Stacks {
    operands: Vec<Operand>,
    pending: Vec<Pending>,
    /// The places of the openers in `pending`: "is the innermost one a bar?" is asked at every `|`.
    openers: Vec<u32>,
    /// Parameters and bound names in scope, outermost first.
    locals: Vec<u32>,
    /// The keywords of the calls that are open, outermost first.
    keywords: Vec<u32>,
    /// By name: whether a statement has given it a meaning so far.
    assigned: Vec<bool>,
    /// Where the names are in the program, once they are many.
    index: HashMap<Box<str>, u32>,
}

impl Stacks {
    fn clear(&mut self) {
        self.operands.clear();
        self.pending.clear();
        self.openers.clear();
        self.locals.clear();
        self.keywords.clear();
        self.assigned.clear();
        self.index.clear();
    }
}

struct Parser<'t, 'l> {
    text: &'t str,
    limits: &'l Limits,
    lexer: Lexer<'t>,
    /// The token after this one and the lexer behind it, if it has been looked at.
    ahead: Option<(Token, Span, Lexer<'t>)>,
    program: &'l mut Program,
    stacks: &'l mut Stacks,
    /// The brackets of the text that may be a binder's, with how many parts each has and the name that it binds; found
    /// when first asked for.
    binders: Option<HashMap<u32, (u32, String)>>,
    /// Whether what is being read is the body of a definition, where every name is looked up at each use.
    in_definition: bool,
    /// How many brackets and bars are open: inside them, newlines are blank.
    brackets: u32,
    /// Whether a token of this statement has been seen: before it, newlines are blank.
    started: bool,
    /// Openers and open else-branches.
    depth: u64,
    /// Where the last token ended.
    last_end: u32,
    /// The row of the precedence table that the operand just read is of: what postfix operators it may take.
    row: u8,
    /// Whether anything was read that is written otherwise in the canonical text.
    rewritten: bool,
    /// The node that the last `°` made.
    degree: Option<u32>,
}

enum State {
    /// An operand must follow.
    Operand,
    /// An operator or a closing bracket may follow.
    Operator,
    Done,
}

type Step = Result<State, Error>;

fn fail<T>(kind: impl Into<ErrorKind>, span: Span) -> Result<T, Error> {
    Err(Error { kind: kind.into(), span })
}

impl<'t, 'l> Parser<'t, 'l> {
    fn new(text: &'t str, limits: &'l Limits, program: &'l mut Program, stacks: &'l mut Stacks) -> Self {
        Self {
            text,
            limits,
            lexer: Lexer::new(text),
            ahead: None,
            program,
            stacks,
            binders: None,
            in_definition: false,
            brackets: 0,
            started: false,
            depth: 0,
            last_end: 0,
            row: 0,
            rewritten: false,
            degree: None,
        }
    }

    /// A name whose value comes with each evaluation.
    fn declare(&mut self, name: &str) -> Result<(), Error> {
        let normal = normal_name(name);
        if !is_name(name) || normal == "mod" || self.known(&normal).is_some() {
            return fail(Syntax::NotAssignable { name: name.to_owned() }, Span::default());
        }
        let index = self.intern(&normal);
        self.set_assigned(index);
        self.program.parameters += 1;
        Ok(())
    }

    fn expression_to_the_end(&mut self) -> Result<(), Error> {
        let mut state = State::Operand;
        loop {
            state = match state {
                State::Operand => self.operand(),
                State::Operator => self.operator(),
                State::Done => return Ok(()),
            }
            .map_err(|error| self.in_run(error))?;
        }
    }

    /// Whether a statement of the text itself is complete.
    fn has_statement(&self) -> bool {
        !self.program.statements.is_empty()
    }

    fn run(&mut self, context: &Context<'_>) -> Result<(), Error> {
        self.program.mode = context.mode;
        context.parameters.iter().try_for_each(|name| self.declare(name))?;
        self.statements()
    }

    fn statements(&mut self) -> Result<(), Error> {
        self.begin_statement();
        self.expression_to_the_end()?;
        self.program.statements.push(self.program.nodes.len() as u32 - 1);
        Ok(())
    }

    // Tokens.

    /// The next token that is no blank newline.
    fn next(&mut self) -> Result<(Token, Span), Error> {
        if let Some((token, span, lexer)) = self.ahead.take() {
            self.lexer = lexer;
            return Ok((token, span));
        }
        loop {
            let (token, span) = self.lexer.next()?;
            if token != Token::Newline || (self.started && self.brackets == 0) {
                self.started |= token != Token::End;
                return Ok((token, span));
            }
        }
    }

    /// The token after this one, left where it is.
    fn peek(&mut self) -> Result<(Token, Span), Error> {
        if let Some((token, span, _)) = self.ahead {
            return Ok((token, span));
        }
        let here = self.lexer;
        let (token, span) = self.next()?;
        self.ahead = Some((token, span, std::mem::replace(&mut self.lexer, here)));
        Ok((token, span))
    }

    /// Goes back to where the lexer was.
    fn go_back(&mut self, lexer: Lexer<'t>) {
        self.lexer = lexer;
        self.ahead = None;
    }

    /// The next token, if it is `wanted`.
    fn next_if(&mut self, wanted: Token) -> Result<Option<Span>, Error> {
        match self.peek()? {
            (token, span) if token == wanted => {
                self.next()?;
                self.last_end = span.end;
                Ok(Some(span))
            }
            _ => Ok(None),
        }
    }
}
