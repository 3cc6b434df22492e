//! Text to program, in one pass, without recursion.
//!
//! # Grammar
//!
//! ```text
//! text        = { NEWLINE } statement { ";" { NEWLINE } statement } [ ";" ] { NEWLINE } END ;
//! statement   = targets ( "=" | "←" ) [ expressions ]
//!             | ( NAME | NAME "(" [ NAME { "," NAME } ] ")" ) "@=" expressions
//!             | expressions ;
//! targets     = NAME { "," NAME } [ "," ] ;
//! expressions = expression { "," expression } [ "," ] ;
//! expression  = disjunction [ "if" disjunction "else" expression | "?" expression ":" expression ] ;
//! disjunction = conjunction { ( "or" | "∨" ) conjunction } ;
//! conjunction = inversion { ( "and" | "∧" ) inversion } ;
//! inversion   = ( "not" | "¬" ) inversion | comparison ;
//! comparison  = binary(|) { comparator binary(|) } ;
//! comparator  = "<" | ">" | "<=" | "≤" | ">=" | "≥" | "==" | "!=" | "≠" | "in" | "∈" | "not" "in" | "∉"
//!             | "is" [ "not" ] ;
//! binary(op)  = binary(op+) { op binary(op+) } ;
//!               (* | ; ^ ; & ; << >> ; + - − ∪ ∩ ∆ ∖ ; * × ⋅ / ÷ // % mod, loosest first *)  binary(top) = sign ;
//! sign        = ( "+" | "-" | "−" | "~" ) sign | power ;
//! power       = root [ "**" sign ] ;
//! root        = ROOT root | ROOT sign_tightened | superscript ;
//! superscript = coefficient { SUPERSCRIPT } ;
//! coefficient = degree { ROOT ( degree | prefix_tightened ) } ;
//! degree      = factorial { "°" } ;
//! factorial   = primary { "!" } ;
//! primary     = atom { "(" [ arguments ] ")" | "[" subscript "]" } | TRIG SUPERSCRIPT "(" [ arguments ] ")" ;
//! atom        = NUMBER | STRING { STRING } | "True" | "False" | "None" | NAME | "math" "." NAME
//!             | group | list | set | bars | binder ;
//! group       = "(" [ expressions ] ")" ;   list = "[" [ expressions ] "]" ;   set = "{" [ expressions ] "}" ;
//! bars        = "|" expression "|" ;
//! binder      = ( "sum" | "prod" | "integral" | "root" ) "(" expression "," NAME "," expression "," expression ")" ;
//! arguments   = argument { "," argument } [ "," ] ;
//! argument    = [ NAME "=" ] expression ;      (* no positional after keyword, no keyword twice *)
//! subscript   = expressions | [ expression ] ":" [ expression ] [ ":" [ expression ] ] ;
//! ```
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

// What waits, and what comes of it; then the two states, and what opens and closes in them.
mod pending;
mod emit;
mod brackets;
mod operand;
mod operator;
mod statements;

use std::collections::{HashMap, HashSet};

use crate::error::{Error, ErrorKind, Span, Syntax, VariableError};
use crate::lexer::{Lexer, Token, is_name, normal_name};
use crate::limits::Limits;
use crate::program::{Node, Program};
use crate::variables::{Variable, Variables};
use pending::{Opener, Operand, Pending};

/// What a text is read in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'c> {
    /// Names whose values come with each evaluation, in the order in which they are given there.
    pub parameters: &'c [&'c str],
    /// Values that names have before the text begins: the program is that of the text with a statement before it for
    /// each variable that it uses, in order of name. Those it does not use are left out, so that all who ask the same
    /// share one canonical text. The statements stand nowhere in the text: an empty span at its beginning.
    pub variables: Option<&'c Variables>,
}

/// Reads `text` in `context`.
pub(crate) fn parse(text: &str, context: &Context<'_>, limits: &Limits) -> Result<Program, Error> {
    if text.len() as u64 > limits.text_bytes.min(u64::from(u32::MAX)) {
        let kind = ErrorKind::TooLong { bytes: text.len() as u64, limit: limits.text_bytes };
        return Err(Error { kind, span: Span::default() });
    }
    let mut given: Vec<&Variable> = context.variables.map_or(&[][..], |variables| &variables.list).iter().collect();
    let statements: String;
    let mut parser = loop {
        let mut parser = Parser::new(text, limits);
        for name in context.parameters {
            parser.declare(name)?;
        }
        for variable in &given {
            parser.assume(&variable.name)?;
        }
        parser.run()?;
        // A variable that is not used must leave no trace: without it `pi=;pi` reads the constant at once. What is
        // used does not depend on what is not, so the second time is the last.
        let used = parser.program.free_names();
        let before = given.len();
        given.retain(|variable| parser.names.get(&*variable.name).is_some_and(|name| used.contains(name)));
        if given.len() == before {
            break parser;
        }
    };
    if !given.is_empty() {
        let list: Vec<String> =
            given.iter().map(|variable| format!("{}={}", variable.name, variable.literal)).collect();
        statements = list.join(";");
        let bytes = (text.len() + statements.len() + 1) as u64;
        if bytes > limits.text_bytes {
            return fail(ErrorKind::TooLong { bytes, limit: limits.text_bytes }, Span::default());
        }
        parser.prepend(&statements)?;
    }
    let (program, rewritten) = (parser.program, parser.rewritten);
    // What is spelled without brackets may need them in the canonical text (`2⁻¹⁻¹…`), and those count too.
    if rewritten && program.canonical_depth() > limits.depth {
        let kind = ErrorKind::TooDeep { limit: limits.depth };
        return Err(Error { kind, span: Span::new(0, text.len()) });
    }
    Ok(program)
}

struct Parser<'t, 'l> {
    text: &'t str,
    limits: &'l Limits,
    lexer: Lexer<'t>,
    program: Program,
    operands: Vec<Operand>,
    pending: Vec<Pending>,
    /// The places of the openers in `pending`: "is the innermost one a bar?" is asked at every `|`.
    openers: Vec<u32>,
    names: HashMap<Box<str>, u32>,
    /// Names that a statement has given a meaning so far.
    assigned: HashSet<u32>,
    /// Parameters and bound names in scope, outermost first.
    locals: Vec<u32>,
    /// The brackets of the text that may be a binder's, with the name that each binds; found when first asked for.
    binders: Option<HashMap<u32, String>>,
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
    fn new(text: &'t str, limits: &'l Limits) -> Self {
        Self {
            text,
            limits,
            lexer: Lexer::new(text),
            program: Program::default(),
            operands: Vec::new(),
            pending: Vec::new(),
            openers: Vec::new(),
            names: HashMap::new(),
            assigned: HashSet::new(),
            locals: Vec::new(),
            binders: None,
            in_definition: false,
            brackets: 0,
            started: false,
            depth: 0,
            last_end: 0,
            row: 0,
            rewritten: false,
        }
    }

    /// A name whose value comes with each evaluation.
    fn declare(&mut self, name: &str) -> Result<(), Error> {
        let normal = normal_name(name);
        if !is_name(name) || normal == "mod" || self.names.contains_key(&*normal) {
            return fail(Syntax::NotAssignable { name: name.to_owned() }, Span::default());
        }
        let index = self.intern(&normal);
        self.assigned.insert(index);
        self.program.parameters += 1;
        Ok(())
    }

    /// A name that has a meaning before the text begins.
    fn assume(&mut self, name: &str) -> Result<(), Error> {
        if self.names.contains_key(name) {
            let (name, other) = (name.to_owned(), name.to_owned());
            return fail(VariableError::Repeated { name, other }, Span::default());
        }
        let index = self.intern(name);
        self.assigned.insert(index);
        Ok(())
    }

    /// Reads statements as if they stood before the text, which has been read. Their nodes stand nowhere in it.
    fn prepend(&mut self, statements: &'t str) -> Result<(), Error> {
        let (nodes, roots) = (self.program.nodes.len(), self.program.statements.len());
        (self.text, self.lexer, self.started) = (statements, Lexer::new(statements), false);
        let nowhere = |error| Error { span: Span::default(), ..error };
        self.run().map_err(nowhere)?;
        self.push_node(Node::Drop, Span::default())?;
        self.program.spans[nodes..].fill(Span::default());
        // Jumps are relative; what points to a node from elsewhere is not.
        self.rotate(0, nodes as u32);
        let before = (self.program.nodes.len() - nodes) as u32;
        let (text, prepended) = self.program.statements.split_at_mut(roots);
        text.iter_mut().for_each(|root| *root += before);
        prepended.iter_mut().for_each(|root| *root -= nodes as u32);
        self.program.statements.rotate_left(roots);
        self.program.definitions.iter_mut().for_each(|definition| definition.body += before);
        Ok(())
    }

    fn expression_to_the_end(&mut self) -> Result<(), Error> {
        let mut state = State::Operand;
        loop {
            state = match state {
                State::Operand => self.operand()?,
                State::Operator => self.operator()?,
                State::Done => return Ok(()),
            }
        }
    }

    /// Whether a statement of the text itself is complete.
    fn has_statement(&self) -> bool {
        !self.program.statements.is_empty()
    }

    fn run(&mut self) -> Result<(), Error> {
        self.begin_statement();
        self.expression_to_the_end()?;
        self.program.statements.push(self.program.nodes.len() as u32 - 1);
        Ok(())
    }

    // Tokens.

    /// The next token that is no blank newline.
    fn next(&mut self) -> Result<(Token, Span), Error> {
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
        let here = self.lexer;
        let token = self.next();
        self.lexer = here;
        token
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

    fn found(&self, span: Span) -> String {
        // Enough to recognise it by.
        span.of(self.text).chars().take(40).collect()
    }

    fn expected_operand<T>(&self, token: Token, span: Span) -> Result<T, Error> {
        match token {
            Token::End if !self.started && !self.has_statement() => fail(Syntax::Empty, span),
            Token::End | Token::Newline => self.unclosed(span, Syntax::UnexpectedEnd),
            _ => fail(Syntax::ExpectedOperand { found: self.found(span) }, span),
        }
    }

    fn expected_operator<T>(&self, span: Span) -> Result<T, Error> {
        fail(Syntax::ExpectedOperator { found: self.found(span) }, span)
    }

    /// The text has ended: the innermost opener is to blame, if there is one beside the statement.
    fn unclosed<T>(&self, end: Span, otherwise: Syntax) -> Result<T, Error> {
        let Some(Pending::Opener { opener, span }) = self.openers.last().map(|at| &self.pending[*at as usize]) else {
            return fail(otherwise, end);
        };
        match opener {
            Opener::Statement { .. } | Opener::Assignment { .. } | Opener::Definition { .. } => fail(otherwise, end),
            Opener::If => fail(Syntax::MissingElse, *span),
            Opener::Question { .. } => fail(Syntax::MissingColon, *span),
            _ => {
                let bracket = span.of(self.text).chars().next_back().unwrap_or('(');
                fail(Syntax::Unclosed { bracket }, *span)
            }
        }
    }
}
