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
//! SUPERSCRIPT is a run of superscripts (digits, signs, brackets, letters) directly after its base. The run is one
//! expression in brackets: `2³⁻¹` is `2**(3-1)`. Its numbers have only digits, perhaps with leading zeros. ROOT is `√`,
//! perhaps with its index directly before it: superscript digits for a number of 2 or more. TRIG is `sin`, `cos`, `tan`
//! or one of these with `h`; `sin⁻¹` is the inverse function. FRACTION is a quotient in one character, as if in
//! brackets: `½` is `(1/2)`.
//! A `|` where an operand is expected opens bars. Where an operator is expected, it closes the innermost opener if that
//! is a bar; otherwise it is the bitwise or. A newline is a blank inside brackets and bars, and after `;`.
//!
//! If `°` applies to the whole argument of `sin`, `cos`, `tan`, `sec`, `csc` or `cot`, the call is one of a function of
//! degrees. There may be signs before the argument; they belong to it. Elsewhere, `°` is a call of `radians`.
//!
//! A prefix operator where a tighter operand is expected binds its own operand that tightly (`√-4**2` is (√−4)²). After
//! a postfix operator, no tighter one may follow: after `²` no `!`, `°`, `√`, `(`, `[`.
//!
//! # Method
//!
//! A Pratt parser with a vector as its stack. It has two states (an operand is expected, an operator is expected) and a
//! stack of pending entries: operators that wait for their right operand, and openers (statements, brackets, bars,
//! conditions). An operator of binding power b first emits the pending operators of binding power ≥ b, then becomes
//! pending itself. Emitting appends a node, so the nodes are in postfix order.
//!
//! Some nodes need another order. `a and b` has a jump before `b`, whose target is set when `b` is complete. `a if c
//! else b` becomes `c a b`, and `sum(body, k, a, b)` becomes `a b body`, by rotating finished slices; this is possible
//! because jumps are relative. The left side of `=` is parsed as expressions, and then its nodes are removed.

// First the stack and what is emitted from it; then the two states, with their openers; last, variables that come
// before the text.
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
use crate::notation::Notation;
use crate::program::Program;
use crate::variables::Variables;
use pending::{Operand, Pending};

/// The context in which a text is parsed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'c> {
    /// Names whose values are given for each evaluation, in this order.
    pub parameters: &'c [&'c str],
    /// The number mode.
    pub mode: Mode,
    /// The notation of the text.
    pub notation: Notation,
    /// Values of names before the text begins. The program is that of a text with an assignment before it for each
    /// variable that it uses, in alphabetical order. Unused variables are left out, so that equal questions have the
    /// same canonical text. The assignments have an empty span at the beginning of the text.
    pub variables: Option<&'c Variables>,
    /// Called by advice between parts of its work.
    pub pause: Pause<'c>,
}

/// Called between parts of work of some tens of microseconds, so that a thread can let others run. Does nothing by
/// default.
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

/// Parses `text` in `context`.
pub(crate) fn parse(text: &str, context: &Context<'_>, limits: &Limits) -> Result<Program, Error> {
    // Reserved at once, since every text needs this much: there is about one node for two bytes of text.
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

/// Parses `text` in `context` into `program`, which is cleared first; its allocations and those of `stacks` are reused.
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
    // Brackets that the canonical text needs and the text itself does not (`2⁻¹⁻¹…`) count too.
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
    /// The indices of the openers in `pending`: at every `|`, the parser checks whether the innermost one is a bar.
    openers: Vec<u32>,
    /// Parameters and bound names in scope, the outermost first.
    locals: Vec<u32>,
    /// The keywords of the calls that are still open, the outermost first.
    keywords: Vec<u32>,
    /// For each name, whether a statement has defined it.
    assigned: Vec<bool>,
    /// The index of each name in the program; used only if there are many names.
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
    /// The next token and the lexer after it, if the parser has looked ahead.
    ahead: Option<(Token, Span, Lexer<'t>)>,
    program: &'l mut Program,
    stacks: &'l mut Stacks,
    /// The brackets that may belong to a binder, with their numbers of parts and bound names; computed when first
    /// needed.
    binders: Option<HashMap<u32, (u32, String)>>,
    /// Whether the parser is in the body of a definition, where every name is looked up at each use.
    in_definition: bool,
    /// The number of open brackets and bars: inside them, newlines are blanks.
    brackets: u32,
    /// Whether this statement has had a token: before that, newlines are blanks.
    started: bool,
    /// The number of openers and open else-branches.
    depth: u64,
    last_end: u32,
    /// The precedence row of the last operand, which decides what postfix operators may follow.
    row: u8,
    /// Whether some part of the text has another spelling in the canonical text.
    rewritten: bool,
    /// The node of the last `°`.
    degree: Option<u32>,
}

enum State {
    /// An operand is expected.
    Operand,
    /// An operator or a closing bracket is expected.
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

    /// Declares a name whose value is given for each evaluation.
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

    /// Whether a statement of the text itself has been completed.
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

    /// The next token, without newlines that are blanks.
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

    /// The next token, without taking it.
    fn peek(&mut self) -> Result<(Token, Span), Error> {
        if let Some((token, span, _)) = self.ahead {
            return Ok((token, span));
        }
        let here = self.lexer;
        let (token, span) = self.next()?;
        self.ahead = Some((token, span, std::mem::replace(&mut self.lexer, here)));
        Ok((token, span))
    }

    /// Goes back to an earlier state of the lexer.
    fn go_back(&mut self, lexer: Lexer<'t>) {
        self.lexer = lexer;
        self.ahead = None;
    }

    /// Takes the next token, if it is `wanted`.
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
