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

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::arithmetic::{Binary, Comparison, Unary};
use crate::error::{Error, ErrorKind, Feature, Span, Syntax};
use crate::functions;
use crate::lexer::{Lexer, Token, normal_name, string_value, superscript};
use crate::limits::Limits;
use crate::number::{Complex, Integer};
use crate::program::{Binder, Definition, Node, Program};
use crate::value::{Text, Value};

/// Binding powers: the one precedence table, tightest first.
mod power {
    /// Atoms, calls, indexing.
    pub(super) const PRIMARY: u8 = 100;
    pub(super) const FACTORIAL: u8 = 95;
    pub(super) const DEGREE: u8 = 90;
    /// `a√b`.
    pub(super) const COEFFICIENT: u8 = 85;
    pub(super) const SUPERSCRIPT: u8 = 80;
    pub(super) const ROOT: u8 = 75;
    /// `**`, seen from its left; waiting for its right operand it counts as [`SIGN`], and so groups to the right.
    pub(super) const POWER: u8 = 70;
    pub(super) const SIGN: u8 = 65;
    pub(super) const PRODUCT: u8 = 60;
    /// Also the operators of sets: `∪ ∩ ∆ ∖`.
    pub(super) const SUM: u8 = 55;
    pub(super) const SHIFT: u8 = 50;
    pub(super) const AND_BITS: u8 = 45;
    pub(super) const XOR_BITS: u8 = 40;
    pub(super) const OR_BITS: u8 = 35;
    pub(super) const COMPARISON: u8 = 30;
    pub(super) const NOT: u8 = 25;
    pub(super) const AND: u8 = 20;
    pub(super) const OR: u8 = 15;
    pub(super) const CONDITIONAL: u8 = 10;
}

fn infix(token: Token) -> Option<(Binary, u8)> {
    Some(match token {
        Token::DoubleStar => (Binary::Power, power::POWER),
        Token::Star => (Binary::Multiply, power::PRODUCT),
        Token::Slash => (Binary::Divide, power::PRODUCT),
        Token::DoubleSlash => (Binary::FloorDivide, power::PRODUCT),
        Token::Percent => (Binary::Modulo, power::PRODUCT),
        Token::Plus => (Binary::Add, power::SUM),
        Token::Minus | Token::SetMinus => (Binary::Subtract, power::SUM),
        Token::Union => (Binary::Or, power::SUM),
        Token::Intersection => (Binary::And, power::SUM),
        Token::SymmetricDifference => (Binary::Xor, power::SUM),
        Token::ShiftLeft => (Binary::ShiftLeft, power::SHIFT),
        Token::ShiftRight => (Binary::ShiftRight, power::SHIFT),
        Token::Ampersand => (Binary::And, power::AND_BITS),
        Token::Caret => (Binary::Xor, power::XOR_BITS),
        Token::Bar => (Binary::Or, power::OR_BITS),
        _ => return None,
    })
}

fn comparator(token: Token) -> Option<Comparison> {
    Some(match token {
        Token::Less => Comparison::Less,
        Token::LessOrEqual => Comparison::LessOrEqual,
        Token::Greater => Comparison::Greater,
        Token::GreaterOrEqual => Comparison::GreaterOrEqual,
        Token::Equal => Comparison::Equal,
        Token::NotEqual => Comparison::NotEqual,
        Token::In => Comparison::In,
        Token::NotIn => Comparison::NotIn,
        _ => return None,
    })
}

/// The functions whose power may stand before the bracket, and their inverses.
const POWERED: [(&str, &str); 6] =
    [("sin", "asin"), ("cos", "acos"), ("tan", "atan"), ("sinh", "asinh"), ("cosh", "acosh"), ("tanh", "atanh")];

/// What waits on the stack.
enum Pending {
    Prefix {
        operator: Prefix,
        power: u8,
        span: Span,
    },
    Infix {
        operator: Binary,
        power: u8,
    },
    /// `a ⁿ√ b`, with its index.
    Coefficient {
        index: u32,
    },
    /// A comparison that waits for its right operand; the steps before it are a list linked through their jumps.
    Chain {
        operator: Comparison,
        last_step: Option<u32>,
        left_is_singleton: bool,
        span: Span,
    },
    And {
        jump: u32,
    },
    Or {
        jump: u32,
    },
    /// Behind `else` or the `:` of a conditional: the jump at the end of the first branch waits to be mended.
    Else {
        jump: u32,
    },
    Opener {
        opener: Opener,
        span: Span,
    },
}

#[derive(Clone, Copy)]
enum Prefix {
    Unary(Unary),
    Root(u32),
}

/// What is open, and takes what is read until it is closed.
#[derive(Clone)]
enum Opener {
    /// A statement: how many expressions have been ended by a comma.
    Statement {
        count: u32,
    },
    /// The right side of `=`: the same, and the names on the left.
    Assignment {
        count: u32,
        targets: u32,
        names_at: u32,
    },
    /// The body of `@=`.
    Definition {
        count: u32,
        definition: u32,
        jump: u32,
    },
    /// `(`, `[` or `{` where an operand stands.
    Bracket {
        kind: char,
        count: u32,
    },
    /// `(` behind an operand.
    Call(Call),
    /// The bracket of a binder: how many of its parts are complete.
    Binder {
        binder: Binder,
        parts: u32,
        name: u32,
    },
    /// `[` behind an operand: how many commas, how many parts of a slice, and where its values begin.
    Subscript {
        count: u32,
        parts: u32,
        values_from: u32,
    },
    Bars,
    /// `if`: up to `else` stands the condition.
    If,
    /// `?`: up to `:` stands the first branch; the jump behind the condition waits to be mended.
    Question {
        jump: u32,
    },
}

#[derive(Clone)]
struct Call {
    /// The row of a built-in function; `None` where the callee is an operand.
    function: Option<u16>,
    arguments: u32,
    keywords: u16,
    first_keyword: u32,
    in_keyword: bool,
    /// The exponent of `sin²(x)`.
    exponent: Option<Node>,
}

impl Pending {
    fn power(&self) -> Option<u8> {
        match self {
            Self::Prefix { power, .. } => Some(*power),
            Self::Infix { operator: Binary::Power, .. } => Some(power::SIGN),
            Self::Infix { power, .. } => Some(*power),
            Self::Coefficient { .. } => Some(power::COEFFICIENT),
            Self::Chain { .. } => Some(power::COMPARISON),
            Self::And { .. } => Some(power::AND),
            Self::Or { .. } => Some(power::OR),
            Self::Else { .. } => Some(power::CONDITIONAL),
            Self::Opener { .. } => None,
        }
    }

    /// How tightly an operand must bind to stand here.
    fn context(&self) -> u8 {
        match self {
            Self::Prefix { power, .. } => *power,
            Self::Infix { operator: Binary::Power, .. } => power::SIGN,
            Self::Else { .. } => power::CONDITIONAL,
            _ => self.power().map_or(0, |power| power + 1),
        }
    }
}

/// A finished operand: where its nodes begin, and what it covers in the text, brackets included.
#[derive(Clone, Copy)]
struct Operand {
    start: u32,
    span: Span,
}

/// Reads `text`, after statements that give each of `variables` its value (both texts of the language).
pub(crate) fn parse(text: &str, variables: &[(String, String)], limits: &Limits) -> Result<Program, Error> {
    if text.len() as u64 > limits.text_bytes.min(u64::from(u32::MAX)) {
        let kind = ErrorKind::TooLong { bytes: text.len() as u64, limit: limits.text_bytes };
        return Err(Error { kind, span: Span::default() });
    }
    let mut parser = Parser::new(text, limits);
    for (name, value) in variables {
        parser.define_variable(name, value)?;
    }
    parser.run()?;
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
    /// How many statements the request's variables are.
    statements_before: usize,
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
            statements_before: 0,
            rewritten: false,
        }
    }

    /// `name = value`, as a statement before the text. Both come from the request, not from the text.
    fn define_variable(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let mut inner = Parser::new(value, self.limits);
        inner.program = std::mem::take(&mut self.program);
        inner.names = std::mem::take(&mut self.names);
        inner.begin_statement();
        inner.expression_to_the_end()?;
        (self.program, self.names) = (inner.program, inner.names);
        let target = self.intern(name);
        self.assigned.insert(target);
        let names_at = self.program.targets.len() as u32;
        self.program.targets.push(target);
        self.push_node(Node::Assign { count: 1, names_at }, Span::default())?;
        self.program.spans.fill(Span::default());
        self.program.statements.push(self.program.nodes.len() as u32 - 1);
        self.push_node(Node::Drop, Span::default())
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
        self.program.statements.len() > self.statements_before
    }

    fn run(&mut self) -> Result<(), Error> {
        self.statements_before = self.program.statements.len();
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

    // Openers.

    fn begin_statement(&mut self) {
        self.started = false;
        self.push_opener(Opener::Statement { count: 0 }, Span::default());
    }

    fn push_opener(&mut self, opener: Opener, span: Span) {
        self.openers.push(self.pending.len() as u32);
        self.pending.push(Pending::Opener { opener, span });
    }

    fn pop_opener(&mut self) -> Option<(Opener, Span)> {
        self.openers.pop();
        match self.pending.pop() {
            Some(Pending::Opener { opener, span }) => Some((opener, span)),
            _ => None,
        }
    }

    /// The opener on top of what is pending, if nothing waits above it.
    fn top_opener(&self) -> Option<&Opener> {
        match self.pending.last() {
            Some(Pending::Opener { opener, .. }) => Some(opener),
            _ => None,
        }
    }

    fn top_opener_mut(&mut self) -> Option<&mut Opener> {
        match self.pending.last_mut() {
            Some(Pending::Opener { opener, .. }) => Some(opener),
            _ => None,
        }
    }

    /// The innermost opener, whatever waits above it.
    fn innermost(&self) -> Option<&Opener> {
        match self.openers.last().map(|at| &self.pending[*at as usize]) {
            Some(Pending::Opener { opener, .. }) => Some(opener),
            _ => None,
        }
    }

    fn deepen(&mut self, span: Span) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return fail(ErrorKind::TooDeep { limit: self.limits.depth }, span);
        }
        Ok(())
    }

    /// Opens a bracket or bars.
    fn open(&mut self, opener: Opener, span: Span) -> Step {
        self.deepen(span)?;
        self.brackets += 1;
        self.push_opener(opener, span);
        Ok(State::Operand)
    }

    /// Closes the bracket on top, and leaves the state in which an operand of `row` has been read.
    fn closed(&mut self, row: u8) -> Step {
        self.brackets -= 1;
        self.depth -= 1;
        self.row = row;
        Ok(State::Operator)
    }

    // Operand expected.

    fn operand(&mut self) -> Step {
        let (token, span) = self.next()?;
        self.last_end = span.end;
        match token {
            Token::Integer { radix } => {
                let node = self.integer(span, radix);
                self.push_operand(node, span)
            }
            Token::Float => {
                let value = Value::Float(self.float(span));
                let node = self.constant(value);
                self.push_operand(node, span)
            }
            Token::Imaginary => {
                let digits = Span { start: span.start, end: span.end - 1 };
                let value = Value::complex(Complex::new(0.0, self.float(digits)));
                let node = self.constant(value);
                self.push_operand(node, span)
            }
            Token::String => self.string(span),
            Token::True => self.push_operand(Node::Bool(true), span),
            Token::False => self.push_operand(Node::Bool(false), span),
            Token::None => self.push_operand(Node::None, span),
            Token::Name => self.name(span),
            Token::Plus => self.prefix(Prefix::Unary(Unary::Plus), power::SIGN, span),
            Token::Minus => self.prefix(Prefix::Unary(Unary::Minus), power::SIGN, span),
            Token::Tilde => self.prefix(Prefix::Unary(Unary::Invert), power::SIGN, span),
            Token::Root => self.prefix(Prefix::Root(2), power::ROOT, span),
            Token::Superscript if self.peek()? == (Token::Root, Span { start: span.end, end: span.end + 3 }) => {
                let index = self.root_index(span)?;
                let (_, root) = self.next()?;
                self.last_end = root.end;
                self.prefix(Prefix::Root(index), power::ROOT, span.to(root))
            }
            Token::Not if self.context() > power::NOT => fail(Syntax::NotNeedsBrackets, span),
            Token::Not => self.prefix(Prefix::Unary(Unary::Not), power::NOT, span),
            Token::Open(kind) => self.open(Opener::Bracket { kind, count: 0 }, span),
            Token::Bar => {
                self.rewritten = true;
                self.open(Opener::Bars, span)
            }
            Token::Close(bracket) => self.close_after_nothing(bracket, span),
            Token::Colon => self.colon_after_nothing(span),
            Token::Semicolon | Token::End | Token::Newline => self.end_after_nothing(token, span),
            Token::Unsupported(feature) => fail(feature, span),
            Token::Lambda => fail(Feature::Lambda, span),
            Token::For | Token::Reserved => fail(Feature::Keyword, span),
            Token::Star | Token::DoubleStar
                if matches!(self.top_opener(), Some(Opener::Call(_) | Opener::Bracket { .. })) =>
            {
                fail(Feature::Unpacking, span)
            }
            _ => self.expected_operand(token, span),
        }
    }

    fn context(&self) -> u8 {
        self.pending.last().map_or(0, Pending::context)
    }

    fn prefix(&mut self, operator: Prefix, power: u8, span: Span) -> Step {
        let power = power.max(self.context());
        self.pending.push(Pending::Prefix { operator, power, span });
        Ok(State::Operand)
    }

    /// A closing bracket where an operand should be: fine in `f()`, `[]` and behind a comma.
    fn close_after_nothing(&mut self, bracket: char, span: Span) -> Step {
        match self.top_opener().cloned() {
            Some(Opener::Call(Call { in_keyword: false, .. })) if bracket == ')' => self.end_call(span),
            Some(Opener::Bracket { kind, count }) if closes(bracket, kind) => self.end_collection(kind, count, span),
            Some(Opener::Subscript { count, parts, .. }) if bracket == ']' && (count > 0 || parts > 0) => {
                self.absent_part(span)?;
                self.end_subscript(span)
            }
            Some(Opener::Binder { parts: 4, .. }) if bracket == ')' => self.end_binder(span),
            _ => self.expected_operand(Token::Close(bracket), span),
        }
    }

    /// `:` where an operand should be: the part of a slice that is left out.
    fn colon_after_nothing(&mut self, span: Span) -> Step {
        match self.top_opener() {
            Some(Opener::Subscript { count: 0, .. }) => {
                self.absent_part(span)?;
                self.end_slice_part(span)
            }
            _ => self.expected_operand(Token::Colon, span),
        }
    }

    /// The part of a slice that is left out, or nothing behind the comma of an index that is a tuple.
    fn absent_part(&mut self, span: Span) -> Result<(), Error> {
        if let Some(Opener::Subscript { count: 0, .. }) = self.top_opener() {
            self.push_operand(Node::Absent, Span { start: span.start, end: span.start })?;
        }
        Ok(())
    }

    /// The end of a statement where an operand should be: fine behind the comma of `1,` and in `x =`.
    fn end_after_nothing(&mut self, token: Token, span: Span) -> Step {
        match self.top_opener().cloned() {
            Some(Opener::Statement { count } | Opener::Assignment { count, .. } | Opener::Definition { count, .. })
                if count > 0 =>
            {
                self.end_statement(token, span)
            }
            Some(Opener::Assignment { targets: count, names_at, .. }) => {
                self.pop_opener();
                let start = self.program.nodes.len() as u32;
                self.operands.push(Operand { start, span });
                self.push_node(Node::Clear { count, names_at }, span)?;
                self.next_statement(token, span)
            }
            // One `;` may end the text.
            Some(Opener::Statement { .. }) if token == Token::End && self.has_statement() => {
                self.pop_opener();
                self.program.statements.pop();
                self.program.nodes.pop();
                self.program.spans.pop();
                Ok(State::Done)
            }
            _ => self.expected_operand(token, span),
        }
    }

    fn integer(&mut self, span: Span, radix: u32) -> Node {
        let digits = without_underscores(span.of(self.text));
        let digits = if radix == 10 { &*digits } else { &digits[2..] };
        self.integer_node(Integer::parse(digits, radix))
    }

    fn integer_node(&mut self, value: Integer) -> Node {
        match value.as_i64().map(i32::try_from) {
            Some(Ok(small)) => Node::Small(small),
            _ => self.constant(Value::Int(value)),
        }
    }

    fn float(&self, span: Span) -> f64 {
        // What the lexer lets through reads as a float; out of range it is infinity or zero.
        without_underscores(span.of(self.text)).parse().unwrap_or(f64::NAN)
    }

    /// A string and its neighbours, which join.
    fn string(&mut self, first: Span) -> Step {
        let mut value = String::new();
        let mut span = first;
        loop {
            let part = string_value(span.of(self.text)).map_err(|(kind, place)| {
                let start = span.start as usize;
                Error { kind, span: Span::new(start + place.start, start + place.end) }
            })?;
            value.push_str(&part);
            match self.next_if(Token::String)? {
                Some(next) => span = next,
                None => break,
            }
        }
        let characters = value.chars().count() as u64;
        let node = self.constant(Value::Str(Arc::new(Text { string: value.into(), characters })));
        self.push_operand(node, first.to(span))
    }

    fn constant(&mut self, value: Value) -> Node {
        self.program.constants.push(value);
        Node::Constant(self.program.constants.len() as u32 - 1)
    }

    fn intern(&mut self, name: &str) -> u32 {
        if let Some(known) = self.names.get(name) {
            return *known;
        }
        let index = self.program.names.len() as u32;
        self.program.names.push(name.into());
        self.names.insert(name.into(), index);
        index
    }

    fn name(&mut self, span: Span) -> Step {
        let name = normal_name(span.of(self.text));
        let (next, next_span) = self.peek()?;
        if name == "math" && next == Token::Dot {
            return self.math_name(span);
        }
        match next {
            Token::Assign if matches!(self.top_opener(), Some(Opener::Call(Call { in_keyword: false, .. }))) => {
                return self.keyword(&name, span);
            }
            Token::Superscript if next_span.start == span.end => {
                if let Some(step) = self.powered_function(&name, span, next_span)? {
                    return Ok(step);
                }
            }
            Token::Open('(') => {
                if let Some(binder) = Binder::find(&name)
                    && let Some(bound) = self.binder_ahead()?
                {
                    return self.begin_binder(binder, &bound, span);
                }
                if let Some(function) = functions::find(&name) {
                    let (_, bracket) = self.next()?;
                    return self.begin_call(Some(function.row), None, span.to(bracket));
                }
            }
            _ => {}
        }
        let node = self.resolve(&name);
        self.push_operand(node, span)
    }

    /// What a bare name is. Bound names hide the others; then what statements have assigned; then the language's own.
    fn resolve(&mut self, name: &str) -> Node {
        if let Some(known) = self.names.get(name).copied() {
            if let Some(slot) = self.locals.iter().rposition(|local| *local == known) {
                return Node::Local { slot: slot as u32, name: known };
            }
            if self.in_definition || self.assigned.contains(&known) {
                return Node::Name(known);
            }
        }
        if self.in_definition {
            return Node::Name(self.intern(name));
        }
        if let Some(row) = functions::find_constant(name) {
            Node::MathConstant { row, qualified: false }
        } else if let Some(function) = functions::find(name) {
            Node::Function(function.row)
        } else {
            Node::Unknown(self.intern(name))
        }
    }

    /// Behind `math`, at the dot.
    fn math_name(&mut self, math: Span) -> Step {
        let (_, dot) = self.next()?;
        let (token, span) = self.next()?;
        self.last_end = span.end;
        if token != Token::Name {
            return fail(Feature::Attribute, dot);
        }
        let name = normal_name(span.of(self.text));
        let function = functions::find_math(&name);
        if let (Some(function), (Token::Open('('), bracket)) = (function, self.peek()?) {
            self.next()?;
            return self.begin_call(Some(function.row), None, math.to(bracket));
        }
        // The golden ratio is plusminus's, not `math`'s.
        let node = if let Some(row) = functions::find_constant(&name).filter(|_| name != "phi") {
            Node::MathConstant { row, qualified: true }
        } else if let Some(function) = function {
            Node::Function(function.row)
        } else {
            Node::UnknownMath(self.intern(&name))
        };
        self.push_operand(node, math.to(span))
    }

    /// `sin²(x)`, at the superscript; `None` where the name is none of a function.
    fn powered_function(&mut self, name: &str, span: Span, run: Span) -> Result<Option<State>, Error> {
        let here = self.lexer;
        self.next()?;
        let behind = self.peek()?;
        if behind.0 != Token::Open('(') || functions::find(name).is_none() {
            self.lexer = here;
            return Ok(None);
        }
        let Some((_, inverse)) = POWERED.iter().find(|(function, _)| *function == name) else {
            return fail(Syntax::FunctionPower { name: name.to_owned() }, run);
        };
        let (negative, digits) = superscript(run.of(self.text));
        let (function, exponent) = match (negative, digits.as_str()) {
            (true, "1") => (functions::find(inverse), None),
            (true, _) => return fail(Syntax::AmbiguousPower, run),
            (false, digits) => (functions::find(name), Some(self.integer_node(Integer::parse(digits, 10)))),
        };
        let (_, bracket) = self.next()?;
        self.rewritten = true;
        self.begin_call(function.map(|function| function.row), exponent, span.to(bracket)).map(Some)
    }

    /// `name=` of a call, at the `=`.
    fn keyword(&mut self, name: &str, span: Span) -> Step {
        let (_, assign) = self.next()?;
        self.last_end = assign.end;
        let index = self.intern(name);
        let Some(Opener::Call(call)) = self.top_opener() else { return fail(ErrorKind::Internal, span) };
        if self.program.keywords[call.first_keyword as usize..].contains(&index) {
            return fail(Syntax::RepeatedKeyword { name: name.to_owned() }, span);
        }
        if let Some(Opener::Call(call)) = self.top_opener_mut() {
            // Functions have a handful of parameters: more keywords than this are wrong whatever they say.
            call.keywords = call.keywords.saturating_add(1);
            call.in_keyword = true;
        }
        self.program.keywords.push(index);
        Ok(State::Operand)
    }

    fn begin_call(&mut self, function: Option<u16>, exponent: Option<Node>, span: Span) -> Step {
        self.last_end = span.end;
        let first_keyword = self.program.keywords.len() as u32;
        let call = Call { function, arguments: 0, keywords: 0, first_keyword, in_keyword: false, exponent };
        self.open(Opener::Call(call), span)
    }

    // Operator expected.

    fn operator(&mut self) -> Step {
        let (token, span) = self.next()?;
        let attached = span.start == self.last_end;
        self.last_end = span.end;
        if token == Token::Bar && matches!(self.innermost(), Some(Opener::Bars)) {
            return self.close_bars(span);
        }
        if let Some((operator, power)) = infix(token) {
            self.rewritten |= matches!(token, Token::Union | Token::Intersection | Token::SymmetricDifference);
            return self.infix(operator, power);
        }
        if let Some(operator) = comparator(token) {
            return self.comparison(operator, span);
        }
        match token {
            Token::Name if span.of(self.text) == "mod" => self.infix(Binary::Modulo, power::PRODUCT),
            Token::Not => match self.next_if(Token::In)? {
                Some(end) => self.comparison(Comparison::NotIn, span.to(end)),
                None => self.expected_operator(span),
            },
            Token::Is => match self.next_if(Token::Not)? {
                Some(end) => self.comparison(Comparison::IsNot, span.to(end)),
                None => self.comparison(Comparison::Is, span),
            },
            Token::And => {
                self.emit_down_to(power::AND)?;
                let jump = self.push_jump(Node::AndJump(0), span)?;
                self.pending.push(Pending::And { jump });
                Ok(State::Operand)
            }
            Token::Or => {
                self.emit_down_to(power::OR)?;
                let jump = self.push_jump(Node::OrJump(0), span)?;
                self.pending.push(Pending::Or { jump });
                Ok(State::Operand)
            }
            Token::If => self.begin_condition(span),
            Token::Else => self.begin_else(span),
            Token::Question => self.begin_question(span),
            Token::Bang => self.postfix(Node::Factorial, power::FACTORIAL, span),
            Token::Degree => {
                let Some(radians) = functions::find("radians") else { return fail(ErrorKind::Internal, span) };
                let node = Node::CallFunction { row: radians.row, keywords: 0, arguments: 1, first_keyword: 0 };
                self.postfix(node, power::DEGREE, span)
            }
            Token::Root => self.coefficient(2, span),
            Token::Superscript => self.superscript(span, attached),
            Token::Open('(') => {
                self.check_row(power::PRIMARY, span)?;
                let callee = self.operands.last().copied();
                if let Some(callee) = callee
                    && let [Node::Function(row)] = self.program.nodes[callee.start as usize..]
                {
                    // `(sin)(x)` is `sin(x)`.
                    self.operands.pop();
                    self.take_back(callee.start);
                    return self.begin_call(Some(row), None, callee.span.to(span));
                }
                self.begin_call(None, None, span)
            }
            Token::Open('[') => {
                self.check_row(power::PRIMARY, span)?;
                let values_from = self.operands.len() as u32;
                self.open(Opener::Subscript { count: 0, parts: 0, values_from }, span)
            }
            Token::Close(bracket) => self.close(bracket, span),
            Token::Comma => self.comma(span),
            Token::Colon => self.colon(span),
            Token::Assign | Token::AssignFormula => self.assign(token, span),
            Token::Semicolon | Token::End | Token::Newline => self.end_statement(token, span),
            Token::Unsupported(feature) => fail(feature, span),
            Token::Dot => fail(Feature::Attribute, span),
            Token::At => fail(Feature::MatrixProduct, span),
            Token::Walrus => fail(Feature::AssignmentExpression, span),
            Token::For if self.brackets > 0 => fail(Feature::Comprehension, span),
            _ => self.expected_operator(span),
        }
    }

    /// Refuses a postfix operator that wants something tighter than what was just read.
    fn check_row(&self, least: u8, span: Span) -> Result<(), Error> {
        if self.row < least { fail(Syntax::NeedsBrackets { found: self.found(span) }, span) } else { Ok(()) }
    }

    fn infix(&mut self, operator: Binary, power: u8) -> Step {
        self.emit_down_to(power)?;
        self.pending.push(Pending::Infix { operator, power });
        Ok(State::Operand)
    }

    /// `!` and `°`.
    fn postfix(&mut self, node: Node, power: u8, span: Span) -> Step {
        self.check_row(power, span)?;
        self.rewritten |= power == power::DEGREE;
        self.emit_down_to(power)?;
        self.join(1, node, Some(span))?;
        self.row = power;
        Ok(State::Operator)
    }

    fn coefficient(&mut self, index: u32, span: Span) -> Step {
        self.check_row(power::DEGREE, span)?;
        self.rewritten = true;
        self.emit_down_to(power::COEFFICIENT)?;
        self.pending.push(Pending::Coefficient { index });
        Ok(State::Operand)
    }

    fn root_index(&self, run: Span) -> Result<u32, Error> {
        let (_, digits) = superscript(run.of(self.text));
        let signed = run.of(self.text).starts_with(['⁺', '⁻']);
        match digits.parse::<u32>() {
            Ok(index) if index >= 2 && !signed => Ok(index),
            _ => fail(Syntax::RootIndex, run),
        }
    }

    /// An exponent, or the index of a root that follows at once.
    fn superscript(&mut self, run: Span, attached: bool) -> Step {
        if let (Token::Root, root) = self.peek()?
            && root.start == run.end
        {
            let index = self.root_index(run)?;
            self.next()?;
            self.last_end = root.end;
            return self.coefficient(index, run.to(root));
        }
        if !attached {
            return fail(Syntax::DetachedSuperscript, run);
        }
        self.rewritten = true;
        self.emit_down_to(power::SUPERSCRIPT)?;
        let (negative, digits) = superscript(run.of(self.text));
        let exponent = self.integer_node(Integer::parse(&digits, 10));
        self.push_exponent(exponent, negative, run)?;
        self.join(2, Node::Binary(Binary::Power), Some(run))?;
        self.row = power::SUPERSCRIPT;
        Ok(State::Operator)
    }

    fn push_exponent(&mut self, exponent: Node, negative: bool, span: Span) -> Result<(), Error> {
        self.push_operand(exponent, span)?;
        if negative {
            self.join(1, Node::Unary(Unary::Minus), None)?;
        }
        Ok(())
    }

    fn comparison(&mut self, operator: Comparison, span: Span) -> Step {
        self.emit_down_to(power::COMPARISON + 1)?;
        let left_is_singleton = self.top_is_singleton();
        let mut last_step = None;
        if matches!(self.pending.last(), Some(Pending::Chain { .. })) {
            // The comparison before this one is complete, and this one goes on from its right operand.
            if let Some(Pending::Chain { operator, last_step: earlier, left_is_singleton, span }) = self.pending.pop() {
                self.check_identity(operator, left_is_singleton, span)?;
                let right = self.operands.pop();
                if let (Some(left), Some(right)) = (self.operands.last_mut(), right) {
                    left.span = left.span.to(right.span);
                }
                let covered = self.operands.last().map_or(span, |operand| operand.span);
                // Until the chain ends, a step holds where the step before it is, plus one.
                let earlier = earlier.map_or(0, |at| at + 1);
                last_step = Some(self.push_jump(Node::CompareStep(operator, earlier), covered)?);
            }
        }
        self.pending.push(Pending::Chain { operator, last_step, left_is_singleton, span });
        Ok(State::Operand)
    }

    /// Whether the operand on top is nothing but `None`, `True` or `False`.
    fn top_is_singleton(&self) -> bool {
        self.operands
            .last()
            .is_some_and(|operand| matches!(self.program.nodes[operand.start as usize..], [Node::None | Node::Bool(_)]))
    }

    /// `is` asks for identity, which only these three have here.
    fn check_identity(&self, operator: Comparison, left_is_singleton: bool, span: Span) -> Result<(), Error> {
        let identity = matches!(operator, Comparison::Is | Comparison::IsNot);
        if identity && !left_is_singleton && !self.top_is_singleton() {
            return fail(Feature::Identity, span);
        }
        Ok(())
    }

    // Conditionals.

    /// At `if`: what stands before it is the first branch; the condition follows.
    fn begin_condition(&mut self, span: Span) -> Step {
        self.emit_down_to(power::CONDITIONAL + 1)?;
        if matches!(self.top_opener(), Some(Opener::If)) {
            // A condition is no conditional, unless in brackets.
            return self.expected_operator(span);
        }
        self.deepen(span)?;
        self.push_opener(Opener::If, span);
        Ok(State::Operand)
    }

    /// At `else`: first branch and condition are complete, and change places.
    fn begin_else(&mut self, span: Span) -> Step {
        self.emit_down_to(power::CONDITIONAL + 1)?;
        if !matches!(self.top_opener(), Some(Opener::If)) {
            return self.expected_operator(span);
        }
        let (Some(condition), Some(branch), Some((_, whole))) =
            (self.operands.pop(), self.operands.pop(), self.pop_opener())
        else {
            return fail(ErrorKind::Internal, span);
        };
        let length = condition.start - branch.start;
        self.push_jump(Node::IfJump(length + 2), whole)?;
        self.rotate(branch.start, length);
        self.operands.push(branch);
        self.begin_second_branch(whole)
    }

    /// Condition, jump and first branch are one operand: behind them goes the jump over the second branch.
    fn begin_second_branch(&mut self, span: Span) -> Step {
        let jump = self.push_jump(Node::ElseJump(0), span)?;
        self.pending.push(Pending::Else { jump });
        Ok(State::Operand)
    }

    /// At `?`: the condition is complete.
    fn begin_question(&mut self, span: Span) -> Step {
        self.emit_down_to(power::CONDITIONAL + 1)?;
        if matches!(self.top_opener(), Some(Opener::If)) {
            return self.expected_operator(span);
        }
        self.rewritten = true;
        self.deepen(span)?;
        let jump = self.push_jump(Node::IfJump(0), span)?;
        self.push_opener(Opener::Question { jump }, span);
        Ok(State::Operand)
    }

    /// `:` of the innermost `?`, or between the parts of a slice.
    fn colon(&mut self, span: Span) -> Step {
        self.emit_down_to(0)?;
        match self.top_opener() {
            Some(Opener::Question { jump }) => {
                let jump = *jump;
                self.pop_opener();
                let length = self.program.nodes.len() as u32 - jump;
                self.program.nodes[jump as usize] = Node::IfJump(length + 1);
                // The first branch joins the condition.
                let branch = self.operands.pop();
                if let (Some(condition), Some(branch)) = (self.operands.last_mut(), branch) {
                    condition.span = condition.span.to(branch.span);
                }
                self.begin_second_branch(span)
            }
            Some(Opener::Subscript { count: 0, .. }) => self.end_slice_part(span),
            Some(Opener::Bracket { kind: '{', .. }) => fail(Feature::Dictionary, span),
            _ => self.expected_operator(span),
        }
    }

    // Commas and brackets.

    fn comma(&mut self, span: Span) -> Step {
        self.emit_down_to(0)?;
        if matches!(self.top_opener(), Some(Opener::Call(_))) {
            self.end_argument(span)?;
            return Ok(State::Operand);
        }
        if matches!(self.top_opener(), Some(Opener::Binder { .. })) {
            return self.end_binder_part(span);
        }
        match self.top_opener_mut() {
            Some(
                Opener::Statement { count }
                | Opener::Assignment { count, .. }
                | Opener::Definition { count, .. }
                | Opener::Bracket { count, .. }
                | Opener::Subscript { count, parts: 0, .. },
            ) => {
                *count += 1;
                Ok(State::Operand)
            }
            Some(Opener::If | Opener::Question { .. }) => self.unclosed(span, Syntax::MissingElse),
            _ => self.expected_operator(span),
        }
    }

    /// An argument is complete: counts it.
    fn end_argument(&mut self, span: Span) -> Result<(), Error> {
        let argument = self.operands.last().map_or(span, |operand| operand.span);
        let Some(Opener::Call(call)) = self.top_opener_mut() else { return fail(ErrorKind::Internal, span) };
        if call.keywords > 0 && !call.in_keyword {
            return fail(Syntax::PositionalAfterKeyword, argument);
        }
        call.arguments += 1;
        call.in_keyword = false;
        Ok(())
    }

    fn close(&mut self, bracket: char, span: Span) -> Step {
        self.emit_down_to(0)?;
        match self.top_opener().cloned() {
            Some(Opener::If | Opener::Question { .. }) => self.unclosed(span, Syntax::UnexpectedEnd),
            Some(Opener::Call(_)) if bracket == ')' => {
                self.end_argument(span)?;
                self.end_call(span)
            }
            Some(Opener::Binder { .. }) if bracket == ')' => {
                self.end_binder_part(span)?;
                self.end_binder(span)
            }
            Some(Opener::Bracket { kind: '(', count: 0 }) if bracket == ')' => {
                let covered = self.pop_opener().map_or(span, |(_, open)| open.to(span));
                if let Some(operand) = self.operands.last_mut() {
                    operand.span = covered;
                }
                self.closed(power::PRIMARY)
            }
            Some(Opener::Bracket { kind, count }) if closes(bracket, kind) => {
                self.end_collection(kind, count + 1, span)
            }
            Some(Opener::Subscript { .. }) if bracket == ']' => self.end_subscript(span),
            Some(
                Opener::Bracket { .. }
                | Opener::Call(_)
                | Opener::Binder { .. }
                | Opener::Subscript { .. }
                | Opener::Bars,
            ) => {
                let open = self.pending.last().and_then(|pending| match pending {
                    Pending::Opener { span, .. } => span.of(self.text).chars().next_back(),
                    _ => None,
                });
                fail(Syntax::Unmatched { bracket, open }, span)
            }
            _ => fail(Syntax::Unmatched { bracket, open: None }, span),
        }
    }

    fn close_bars(&mut self, span: Span) -> Step {
        self.emit_down_to(0)?;
        let (Some((_, open)), Some(abs)) = (self.pop_opener(), functions::find("abs")) else {
            return fail(ErrorKind::Internal, span);
        };
        if let Some(operand) = self.operands.last_mut() {
            operand.span = open.to(span);
        }
        let node = Node::CallFunction { row: abs.row, keywords: 0, arguments: 1, first_keyword: 0 };
        self.join(1, node, Some(span))?;
        self.closed(power::PRIMARY)
    }

    fn end_call(&mut self, span: Span) -> Step {
        let Some((Opener::Call(call), open)) = self.pop_opener() else { return fail(ErrorKind::Internal, span) };
        let Call { function, arguments, keywords, exponent, .. } = call;
        // Without keywords it does not matter where they would be; one program has one form.
        let first_keyword = if keywords == 0 { 0 } else { call.first_keyword };
        match function {
            Some(row) => {
                let row = if arguments == 1 && keywords == 0 { functions::shorter(row) } else { row };
                let node = Node::CallFunction { row, keywords, arguments, first_keyword };
                self.join_from(open, arguments as usize, node, span)?;
            }
            None => {
                self.join(arguments as usize + 1, Node::Call { keywords, arguments, first_keyword }, Some(span))?;
            }
        }
        if let Some(exponent) = exponent {
            self.push_exponent(exponent, false, open)?;
            self.join(2, Node::Binary(Binary::Power), Some(span))?;
        }
        self.closed(power::PRIMARY)
    }

    fn end_collection(&mut self, kind: char, count: u32, span: Span) -> Step {
        let Some((_, open)) = self.pop_opener() else { return fail(ErrorKind::Internal, span) };
        let node = match kind {
            '[' => Node::List(count),
            '{' => Node::Set(count),
            _ => Node::Tuple(count),
        };
        self.join_from(open, count as usize, node, span)?;
        self.closed(power::PRIMARY)
    }

    /// A part of a slice is complete: at most three there are.
    fn end_slice_part(&mut self, span: Span) -> Step {
        match self.top_opener_mut() {
            Some(Opener::Subscript { parts, .. }) if *parts < 2 => {
                *parts += 1;
                Ok(State::Operand)
            }
            _ => self.expected_operator(span),
        }
    }

    fn end_subscript(&mut self, span: Span) -> Step {
        let Some((Opener::Subscript { count, parts, values_from }, open)) = self.pop_opener() else {
            return fail(ErrorKind::Internal, span);
        };
        if parts > 0 {
            if parts == 1 {
                self.push_operand(Node::Absent, Span { start: span.start, end: span.start })?;
            }
            self.join(4, Node::Slice, Some(span))?;
            return self.closed(power::PRIMARY);
        }
        if count > 0 {
            let values = self.operands.len() - values_from as usize;
            self.join_from(open, values, Node::Tuple(values as u32), span)?;
        }
        self.join(2, Node::Index, Some(span))?;
        self.closed(power::PRIMARY)
    }

    // Binders.

    /// At the bracket of `sum(`: the name that is bound, if exactly four positional arguments follow, the second of
    /// which is a bare name.
    fn binder_ahead(&mut self) -> Result<Option<String>, Error> {
        let (_, bracket) = self.peek()?;
        // One look over the whole text, however many binders it has.
        let text = self.text;
        let binders = self.binders.get_or_insert_with(|| find_binders(text));
        Ok(binders.get(&bracket.start).cloned())
    }

    fn begin_binder(&mut self, binder: Binder, bound: &str, span: Span) -> Step {
        let (_, bracket) = self.next()?;
        self.last_end = bracket.end;
        let name = self.intern(bound);
        self.locals.push(name);
        self.open(Opener::Binder { binder, parts: 0, name }, span.to(bracket))
    }

    /// A part of a binder is complete. Behind the body, the name is passed over, and is bound no longer.
    fn end_binder_part(&mut self, span: Span) -> Step {
        let Some(Opener::Binder { parts, .. }) = self.top_opener_mut() else {
            return fail(ErrorKind::Internal, span);
        };
        *parts += 1;
        if *parts == 1 {
            *parts = 2;
            self.locals.pop();
            self.next()?;
            let (_, comma) = self.next()?;
            self.last_end = comma.end;
        }
        Ok(State::Operand)
    }

    fn end_binder(&mut self, span: Span) -> Step {
        let Some((Opener::Binder { binder, name, .. }, open)) = self.pop_opener() else {
            return fail(ErrorKind::Internal, span);
        };
        let [.., body, from, _] = self.operands[..] else { return fail(ErrorKind::Internal, span) };
        // body, from, to: the bounds go first, the start of the loop between them and the body.
        let length = from.start - body.start;
        self.rotate(body.start, length);
        let body_at = self.program.nodes.len() - length as usize;
        self.push_node(Node::BinderStart { binder, jump: length + 1 }, open)?;
        self.program.nodes[body_at..].rotate_right(1);
        self.program.spans[body_at..].rotate_right(1);
        self.join_from(open, 3, Node::BinderEnd { binder, name, jump: length }, span)?;
        self.closed(power::PRIMARY)
    }

    // Statements.

    /// `=`, `←` or `@=`: what was read so far is a target.
    fn assign(&mut self, token: Token, span: Span) -> Step {
        self.emit_down_to(0)?;
        let Some(Opener::Statement { count }) = self.top_opener() else {
            return fail(Syntax::AssignmentInside, span);
        };
        let count = *count;
        if token == Token::AssignFormula {
            return self.begin_definition(count, span);
        }
        let operands = self.operands.split_off(self.operands.len().saturating_sub(count as usize + 1));
        let names_at = self.program.targets.len() as u32;
        for operand in &operands {
            let target = self.target(*operand)?;
            self.program.targets.push(target);
        }
        let targets = operands.len() as u32;
        self.take_back(operands.first().map_or(0, |operand| operand.start));
        self.begin_right_side(Opener::Assignment { count: 0, targets, names_at }, span)
    }

    /// The name that an operand is, to be assigned to.
    fn target(&mut self, operand: Operand) -> Result<u32, Error> {
        let text = operand.span.of(self.text);
        let is_name = matches!(Lexer::new(text).next(), Ok((Token::Name, span)) if span.end as usize == text.len());
        if !is_name {
            let is_call = matches!(self.program.nodes.last(), Some(Node::Call { .. }));
            return fail(if is_call { Syntax::FunctionAssignment } else { Syntax::AssignmentTarget }, operand.span);
        }
        let name = normal_name(text);
        if name == "mod" {
            return fail(Syntax::NotAssignable { name: name.into_owned() }, operand.span);
        }
        Ok(self.intern(&name))
    }

    fn begin_definition(&mut self, count: u32, span: Span) -> Step {
        let Some(operand) = self.operands.pop().filter(|_| count == 0) else {
            return fail(Syntax::FormulaTarget, span);
        };
        let call = matches!(
            self.program.nodes.last(),
            Some(Node::Call { .. } | Node::CallFunction { .. } | Node::BinderEnd { .. })
        );
        let (name_span, parameters) = if call { self.parameters(operand)? } else { (operand.span, None) };
        let name = self.target(Operand { span: name_span, ..operand })?;
        let text = &*self.program.names[name as usize];
        if functions::find(text).is_some() || Binder::find(text).is_some() {
            let name = self.program.names[name as usize].to_string();
            return fail(Syntax::NotAssignable { name }, name_span);
        }
        self.take_back(operand.start);
        self.locals = parameters.clone().unwrap_or_default();
        self.in_definition = true;
        let definition = self.program.definitions.len() as u32;
        let body = operand.start + 1;
        self.program.definitions.push(Definition { name, parameters, body });
        let jump = self.push_jump(Node::Define { definition, jump: 0 }, span)?;
        self.begin_right_side(Opener::Definition { count: 0, definition, jump }, span)
    }

    /// `name(a, b)` as the left side of `@=`: the name's span, and the parameters.
    fn parameters(&mut self, operand: Operand) -> Result<(Span, Option<Vec<u32>>), Error> {
        let text = operand.span.of(self.text);
        let refuse = || fail(Syntax::FormulaTarget, operand.span);
        let mut lexer = Lexer::new(text);
        let mut next = move || -> Result<(Token, Span), Error> {
            loop {
                match lexer.next()? {
                    (Token::Newline, _) => {}
                    found => return Ok(found),
                }
            }
        };
        let place = |span: Span| Span { start: operand.span.start + span.start, end: operand.span.start + span.end };
        let (Token::Name, name) = next()? else { return refuse() };
        let (Token::Open('('), _) = next()? else { return refuse() };
        let mut parameters = Vec::new();
        loop {
            match next()? {
                (Token::Close(')'), _) => break,
                (Token::Name, span) => {
                    let parameter = self.target(Operand { start: operand.start, span: place(span) })?;
                    if parameters.contains(&parameter) {
                        let name = self.program.names[parameter as usize].to_string();
                        return fail(Syntax::RepeatedParameter { name }, place(span));
                    }
                    parameters.push(parameter);
                }
                _ => return refuse(),
            }
            match next()? {
                (Token::Close(')'), _) => break,
                (Token::Comma, _) => {}
                _ => return refuse(),
            }
        }
        match next()? {
            (Token::End, _) => Ok((place(name), Some(parameters))),
            _ => refuse(),
        }
    }

    /// Takes back the nodes of a left side, which was read as expressions.
    fn take_back(&mut self, from: u32) {
        self.program.nodes.truncate(from as usize);
        self.program.spans.truncate(from as usize);
    }

    fn begin_right_side(&mut self, opener: Opener, span: Span) -> Step {
        self.pop_opener();
        self.push_opener(opener, span);
        Ok(State::Operand)
    }

    /// At `;`, a newline or the end of the text.
    fn end_statement(&mut self, token: Token, span: Span) -> Step {
        self.emit_down_to(0)?;
        let Some(
            opener
            @ (Opener::Statement { count } | Opener::Assignment { count, .. } | Opener::Definition { count, .. }),
        ) = self.top_opener().cloned()
        else {
            if token == Token::Semicolon {
                return self.expected_operator(span);
            }
            return self.unclosed(span, Syntax::UnexpectedEnd);
        };
        self.pop_opener();
        if count > 0 {
            // As many values as commas, and one more unless a comma was the last.
            let values = self.operands.len() as u32;
            self.join(values as usize, Node::Tuple(values), None)?;
        }
        match opener {
            Opener::Assignment { targets, names_at, .. } => {
                self.join(1, Node::Assign { count: targets, names_at }, None)?;
                let names = self.program.targets[names_at as usize..].to_vec();
                self.assigned.extend(names);
            }
            Opener::Definition { definition, jump, .. } => {
                let length = self.program.nodes.len() as u32 - jump;
                self.program.nodes[jump as usize] = Node::Define { definition, jump: length };
                self.join(1, Node::EndDefine { definition }, None)?;
                self.locals.clear();
                self.in_definition = false;
                self.assigned.insert(self.program.definitions[definition as usize].name);
            }
            _ => {}
        }
        self.next_statement(token, span)
    }

    /// A statement is complete and its node is the last.
    fn next_statement(&mut self, token: Token, span: Span) -> Step {
        self.operands.clear();
        match token {
            Token::Semicolon => {
                self.program.statements.push(self.program.nodes.len() as u32 - 1);
                self.push_node(Node::Drop, span)?;
                self.begin_statement();
                Ok(State::Operand)
            }
            Token::Newline => loop {
                match self.lexer.next()? {
                    (Token::End, _) => return Ok(State::Done),
                    (Token::Newline, _) => {}
                    (_, span) => return fail(Syntax::AfterTheEnd, span),
                }
            },
            _ => Ok(State::Done),
        }
    }

    // Emitting.

    /// Emits what is pending with a binding power of at least `power`, down to the innermost opener.
    fn emit_down_to(&mut self, power: u8) -> Result<(), Error> {
        while self.pending.last().and_then(Pending::power).is_some_and(|waiting| waiting >= power) {
            match self.pending.pop() {
                Some(Pending::Prefix { operator, span, .. }) => {
                    if let Some(operand) = self.operands.last_mut() {
                        operand.span = span.to(operand.span);
                    }
                    let node = match operator {
                        Prefix::Unary(operator) => Node::Unary(operator),
                        Prefix::Root(index) => Node::Root(index),
                    };
                    self.join(1, node, None)?;
                }
                Some(Pending::Infix { operator, .. }) => self.join(2, Node::Binary(operator), None)?,
                Some(Pending::Coefficient { index }) => {
                    self.join(1, Node::Root(index), None)?;
                    self.join(2, Node::Binary(Binary::Multiply), None)?;
                }
                Some(Pending::Chain { operator, last_step, left_is_singleton, span }) => {
                    self.check_identity(operator, left_is_singleton, span)?;
                    self.join(2, Node::Compare(operator), None)?;
                    self.mend_chain(last_step);
                }
                Some(Pending::And { jump }) => {
                    self.join(2, Node::And, None)?;
                    self.mend(jump);
                }
                Some(Pending::Or { jump }) => {
                    self.join(2, Node::Or, None)?;
                    self.mend(jump);
                }
                Some(Pending::Else { jump }) => {
                    self.depth -= 1;
                    self.join(2, Node::Conditional, None)?;
                    self.mend(jump);
                }
                Some(Pending::Opener { .. }) | None => {}
            }
        }
        Ok(())
    }

    fn push_node(&mut self, node: Node, span: Span) -> Result<(), Error> {
        if self.program.nodes.len() as u64 >= self.limits.nodes {
            return fail(ErrorKind::TooManyNodes { limit: self.limits.nodes }, span);
        }
        self.program.nodes.push(node);
        self.program.spans.push(span);
        Ok(())
    }

    fn push_operand(&mut self, node: Node, span: Span) -> Step {
        self.operands.push(Operand { start: self.program.nodes.len() as u32, span });
        self.push_node(node, span)?;
        self.row = power::PRIMARY;
        Ok(State::Operator)
    }

    /// A jump, to be mended when its target is known.
    fn push_jump(&mut self, node: Node, span: Span) -> Result<u32, Error> {
        self.push_node(node, span)?;
        Ok(self.program.nodes.len() as u32 - 1)
    }

    /// Moves the first `length` nodes from `start` behind all that follow.
    fn rotate(&mut self, start: u32, length: u32) {
        self.program.nodes[start as usize..].rotate_left(length as usize);
        self.program.spans[start as usize..].rotate_left(length as usize);
    }

    /// Joins the last `count` operands under `node`, which covers them all (and goes on to `end`, if given).
    fn join(&mut self, count: usize, node: Node, end: Option<Span>) -> Result<(), Error> {
        let first = self.operands.len().saturating_sub(count);
        let Some(left) = self.operands.get(first).copied() else { return fail(ErrorKind::Internal, Span::default()) };
        let right = end.or(self.operands.last().map(|operand| operand.span)).unwrap_or(left.span);
        let span = left.span.to(right);
        self.operands.truncate(first);
        self.operands.push(Operand { start: left.start, span });
        self.push_node(node, span)
    }

    /// Joins the last `count` operands, of which there may be none, under a node that covers `open` to `end`.
    fn join_from(&mut self, open: Span, count: usize, node: Node, end: Span) -> Result<(), Error> {
        let first = self.operands.len().saturating_sub(count);
        let here = self.program.nodes.len() as u32;
        let start = self.operands.get(first).map_or(here, |operand| operand.start);
        self.operands.truncate(first);
        let span = open.to(end);
        self.operands.push(Operand { start, span });
        self.push_node(node, span)
    }

    /// Makes a jump land on the node pushed last.
    fn mend(&mut self, jump: u32) {
        let distance = self.program.nodes.len() as u32 - 1 - jump;
        if let Some(Node::AndJump(to) | Node::OrJump(to) | Node::ElseJump(to) | Node::CompareStep(_, to)) =
            self.program.nodes.get_mut(jump as usize)
        {
            *to = distance;
        }
    }

    /// Makes every step of a chain point to its last comparison.
    fn mend_chain(&mut self, last_step: Option<u32>) {
        let mut step = last_step;
        while let Some(at) = step {
            let Some(Node::CompareStep(_, earlier)) = self.program.nodes.get(at as usize).copied() else { return };
            self.mend(at);
            step = earlier.checked_sub(1);
        }
    }
}

/// The brackets that hold exactly four positional arguments, the second of them a bare name.
fn find_binders(text: &str) -> HashMap<u32, String> {
    struct Bracket {
        start: u32,
        part: u32,
        name: Option<String>,
        /// Whether nothing has been seen that no binder has.
        fits: bool,
        behind_comma: bool,
    }
    let mut found = HashMap::new();
    let mut open: Vec<Bracket> = Vec::new();
    let mut lexer = Lexer::new(text);
    // Where the look ahead meets what cannot be read, the parser will meet it too, and say so.
    while let Ok((token, span)) = lexer.next() {
        if let Some(top) = open.last_mut() {
            let behind_comma = std::mem::replace(&mut top.behind_comma, token == Token::Comma);
            match token {
                Token::Newline => top.behind_comma = behind_comma,
                Token::Comma => {
                    top.fits &= top.part != 1 || top.name.is_some();
                    top.part += 1;
                }
                Token::Assign => top.fits = false,
                Token::Name if top.part == 1 && behind_comma => {
                    top.name = Some(normal_name(span.of(text)).into_owned());
                }
                // A closing bracket does not go on with the name.
                Token::Close(_) => top.part -= u32::from(behind_comma && top.part > 0),
                _ => top.fits &= top.part != 1,
            }
        }
        match token {
            Token::Open(_) => {
                open.push(Bracket { start: span.start, part: 0, name: None, fits: true, behind_comma: false });
            }
            Token::Close(_) => match open.pop() {
                Some(Bracket { start, part: 3, name: Some(name), fits: true, .. }) => {
                    found.insert(start, name);
                }
                Some(_) => {}
                None => break,
            },
            Token::End => break,
            _ => {}
        }
    }
    found
}

fn closes(bracket: char, open: char) -> bool {
    matches!((open, bracket), ('(', ')') | ('[', ']') | ('{', '}'))
}

fn without_underscores(digits: &str) -> std::borrow::Cow<'_, str> {
    if digits.contains('_') { digits.replace('_', "").into() } else { digits.into() }
}
