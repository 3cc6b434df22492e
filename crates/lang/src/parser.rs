//! Text to program, in one pass, without recursion.
//!
//! # Grammar
//!
//! ```text
//! text        = { NEWLINE } expression { NEWLINE } END ;
//! expression  = disjunction [ "if" disjunction "else" expression ] ;
//! disjunction = conjunction { ( "or" | "∨" ) conjunction } ;
//! conjunction = inversion { ( "and" | "∧" ) inversion } ;
//! inversion   = ( "not" | "¬" ) inversion | comparison ;
//! comparison  = binary(|) { comparator binary(|) } ;
//! comparator  = "<" | ">" | "<=" | "≤" | ">=" | "≥" | "==" | "!=" | "≠" | "in" | "not" "in" | "is" [ "not" ] ;
//! binary(op)  = binary(op+) { op binary(op+) } ;
//!               (* | ; ^ ; & ; << >> ; + - − ; * × ⋅ / ÷ // % mod, loosest first *)      binary(top) = sign ;
//! sign        = ( "+" | "-" | "−" | "~" ) sign | power ;
//! power       = primary [ "**" sign ] ;
//! primary     = atom { "(" [ arguments ] ")" } ;
//! atom        = NUMBER | "True" | "False" | "None" | NAME | "math" "." NAME | "(" expression ")" ;
//! arguments   = argument { "," argument } [ "," ] ;
//! argument    = [ NAME "=" ] expression ;      (* no positional after keyword, no keyword twice *)
//! ```
//!
//! # Method
//!
//! A Pratt parser whose stack is a vector. It has two states, operand expected and operator expected, and a stack of
//! what is pending: operators that wait for their right operand, and openers (brackets, calls, `if` conditions). An
//! operator of binding power b first emits what is pending with binding power ≥ b, then waits itself. Emitting appends
//! a node, so the nodes come out in postfix order.
//!
//! Two kinds of node care for order: `a and b` puts a jump before `b` that is mended when `b` is complete, and
//! `a if c else b` comes out as `c a b`, by rotating two finished slices (jumps are relative, so they may be moved).

use crate::arithmetic::{Binary, Comparison, Unary};
use crate::error::{Error, ErrorKind, Feature, Span, Syntax};
use crate::functions;
use crate::lexer::{Lexer, Token, normal_name};
use crate::limits::Limits;
use crate::number::Integer;
use crate::program::{Node, Program};
use crate::value::Value;

/// Binding powers: the one precedence table, tightest first.
mod power {
    /// `**`, seen from its left; waiting for its right operand it counts as [`SIGN`], and so groups to the right.
    pub(super) const POWER: u8 = 70;
    pub(super) const SIGN: u8 = 65;
    pub(super) const PRODUCT: u8 = 60;
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
        Token::Minus => (Binary::Subtract, power::SUM),
        Token::ShiftLeft => (Binary::ShiftLeft, power::SHIFT),
        Token::ShiftRight => (Binary::ShiftRight, power::SHIFT),
        Token::Ampersand => (Binary::And, power::AND_BITS),
        Token::Caret => (Binary::Xor, power::XOR_BITS),
        Token::Bar => (Binary::Or, power::OR_BITS),
        _ => return None,
    })
}

/// What waits on the stack.
enum Pending {
    Prefix {
        operator: Unary,
        power: u8,
        span: Span,
    },
    Infix {
        operator: Binary,
        power: u8,
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
    /// Behind `else`: the jump at the end of the first branch waits to be mended.
    Else {
        jump: u32,
    },
    Opener {
        opener: Opener,
        span: Span,
    },
}

enum Opener {
    /// `(`.
    Group,
    /// `(` behind an operand.
    Call { arguments: u32, keywords: u16, first_keyword: u32, in_keyword: bool },
    /// `if`: up to `else` stands the condition.
    If,
}

impl Pending {
    fn power(&self) -> Option<u8> {
        match self {
            Self::Prefix { power, .. } => Some(*power),
            Self::Infix { operator: Binary::Power, .. } => Some(power::SIGN),
            Self::Infix { power, .. } => Some(*power),
            Self::Chain { .. } => Some(power::COMPARISON),
            Self::And { .. } => Some(power::AND),
            Self::Or { .. } => Some(power::OR),
            Self::Else { .. } => Some(power::CONDITIONAL),
            Self::Opener { .. } => None,
        }
    }
}

/// A finished operand: where its nodes begin, and what it covers in the text, brackets included.
#[derive(Clone, Copy)]
struct Operand {
    start: u32,
    span: Span,
}

/// Reads a text of at most `limits.text_bytes`.
pub(crate) fn parse(text: &str, limits: &Limits) -> Result<Program, Error> {
    if text.len() as u64 > limits.text_bytes.min(u64::from(u32::MAX)) {
        let kind = ErrorKind::TooLong { bytes: text.len() as u64, limit: limits.text_bytes };
        return Err(Error { kind, span: Span::default() });
    }
    Parser::new(text, limits).run()
}

struct Parser<'t, 'l> {
    text: &'t str,
    limits: &'l Limits,
    lexer: Lexer<'t>,
    program: Program,
    operands: Vec<Operand>,
    pending: Vec<Pending>,
    /// How many brackets and calls are open: inside them, newlines are blank.
    brackets: u32,
    /// Whether a token has been seen: before it, newlines are blank.
    started: bool,
    /// Openers and open else-branches.
    depth: u64,
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
        let lexer = Lexer::new(text);
        let program = Program::default();
        let (operands, pending) = (Vec::new(), Vec::new());
        Self { text, limits, lexer, program, operands, pending, brackets: 0, started: false, depth: 0 }
    }

    fn run(mut self) -> Result<Program, Error> {
        let mut state = State::Operand;
        loop {
            state = match state {
                State::Operand => self.operand()?,
                State::Operator => self.operator()?,
                State::Done => return Ok(self.program),
            }
        }
    }

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

    /// The next token, left where it is.
    fn peek(&mut self) -> Result<Token, Error> {
        let here = self.lexer;
        let token = self.next().map(|(token, _)| token);
        self.lexer = here;
        token
    }

    fn found(&self, span: Span) -> String {
        // Enough to recognise it by.
        span.of(self.text).chars().take(40).collect()
    }

    fn expected_operand<T>(&self, token: Token, span: Span) -> Result<T, Error> {
        match token {
            Token::End if !self.started => fail(Syntax::Empty, span),
            Token::End | Token::Newline => self.unclosed(span, Syntax::UnexpectedEnd),
            _ => fail(Syntax::ExpectedOperand { found: self.found(span) }, span),
        }
    }

    /// The text has ended: the innermost bracket is to blame, if one is open.
    fn unclosed<T>(&self, end: Span, otherwise: Syntax) -> Result<T, Error> {
        for pending in self.pending.iter().rev() {
            match pending {
                Pending::Opener { opener: Opener::If, span } => return fail(Syntax::MissingElse, *span),
                Pending::Opener { span, .. } => return fail(Syntax::Unclosed { bracket: '(' }, *span),
                _ => {}
            }
        }
        fail(otherwise, end)
    }

    // Operand expected.

    fn operand(&mut self) -> Step {
        let (token, span) = self.next()?;
        match token {
            Token::Integer { radix } => {
                let node = self.integer(span, radix);
                self.push_operand(node, span)
            }
            Token::Float => {
                let digits = without_underscores(span.of(self.text));
                // What the lexer lets through reads as a float; out of range it is infinity or zero.
                let value = digits.parse().unwrap_or(f64::NAN);
                let node = self.constant(Value::Float(value));
                self.push_operand(node, span)
            }
            Token::True => self.push_operand(Node::Bool(true), span),
            Token::False => self.push_operand(Node::Bool(false), span),
            Token::None => self.push_operand(Node::None, span),
            Token::Name => self.name(span),
            Token::Plus => self.prefix(Unary::Plus, power::SIGN, span),
            Token::Minus => self.prefix(Unary::Minus, power::SIGN, span),
            Token::Tilde => self.prefix(Unary::Invert, power::SIGN, span),
            Token::Not => match self.pending.last().and_then(Pending::power) {
                Some(context) if context > power::NOT => fail(Syntax::NotNeedsBrackets, span),
                _ => self.prefix(Unary::Not, power::NOT, span),
            },
            Token::Open('(') => {
                self.open(Opener::Group, span)?;
                match self.peek()? {
                    Token::Close(')') => fail(Feature::Tuple, span),
                    _ => Ok(State::Operand),
                }
            }
            Token::Close(')') => self.close_after_nothing(span),
            _ => self.refuse(token, span),
        }
    }

    /// What no operand begins with: named where the language knows it, else a syntax error.
    fn refuse(&self, token: Token, span: Span) -> Step {
        match token {
            Token::Unsupported(feature) => fail(feature, span),
            Token::Open('[') => fail(Feature::List, span),
            Token::Open('{') => fail(Feature::Set, span),
            Token::Bar => fail(Feature::Notation, span),
            Token::Lambda => fail(Feature::Lambda, span),
            Token::For | Token::Reserved => fail(Feature::Keyword, span),
            Token::Star | Token::DoubleStar if matches!(self.innermost(), Some(Opener::Call { .. })) => {
                fail(Feature::Unpacking, span)
            }
            _ => self.expected_operand(token, span),
        }
    }

    fn innermost(&self) -> Option<&Opener> {
        match self.pending.last() {
            Some(Pending::Opener { opener, .. }) => Some(opener),
            _ => None,
        }
    }

    /// `)` where an operand should be: fine in `f()` and behind the comma of `f(a,)`.
    fn close_after_nothing(&mut self, span: Span) -> Step {
        match self.innermost() {
            Some(Opener::Call { in_keyword: false, .. }) => self.end_call(span),
            _ => self.expected_operand(Token::Close(')'), span),
        }
    }

    fn integer(&mut self, span: Span, radix: u32) -> Node {
        let digits = without_underscores(span.of(self.text));
        let digits = if radix == 10 { &*digits } else { &digits[2..] };
        let value = Integer::parse(digits, radix);
        match value.as_i64().map(i32::try_from) {
            Some(Ok(small)) => Node::Small(small),
            _ => self.constant(Value::Int(value)),
        }
    }

    fn constant(&mut self, value: Value) -> Node {
        self.program.constants.push(value);
        Node::Constant(self.program.constants.len() as u32 - 1)
    }

    fn intern(&mut self, name: &str) -> u32 {
        self.program.names.push(name.into());
        self.program.names.len() as u32 - 1
    }

    fn name(&mut self, span: Span) -> Step {
        let word = span.of(self.text);
        let name = normal_name(word);
        if name == "math" && self.peek()? == Token::Dot {
            return self.math_name(span);
        }
        if matches!(self.innermost(), Some(Opener::Call { in_keyword: false, .. })) && self.peek()? == Token::Assign {
            return self.keyword(&name, span);
        }
        let node = if let Some(row) = functions::find_constant(&name) {
            Node::MathConstant { row, qualified: false }
        } else if let Some(function) = functions::find(&name) {
            Node::Function(function.row)
        } else {
            Node::Unknown(self.intern(&name))
        };
        self.push_operand(node, span)
    }

    /// Behind `math`, at the dot.
    fn math_name(&mut self, math: Span) -> Step {
        let (_, dot) = self.next()?;
        let (token, span) = self.next()?;
        if token != Token::Name {
            return fail(Feature::Attribute, dot);
        }
        let name = normal_name(span.of(self.text));
        let node = if let Some(row) = functions::find_constant(&name) {
            Node::MathConstant { row, qualified: true }
        } else if let Some(function) = functions::find_math(&name) {
            Node::Function(function.row)
        } else {
            Node::UnknownMath(self.intern(&name))
        };
        self.push_operand(node, math.to(span))
    }

    /// `name=` of a call, at the `=`.
    fn keyword(&mut self, name: &str, span: Span) -> Step {
        self.next()?;
        let index = self.intern(name);
        let Some(Pending::Opener { opener: Opener::Call { keywords, in_keyword, first_keyword, .. }, .. }) =
            self.pending.last_mut()
        else {
            return fail(ErrorKind::Internal, span);
        };
        let earlier = &self.program.keywords[*first_keyword as usize..];
        if earlier.iter().any(|earlier| &*self.program.names[*earlier as usize] == name) {
            return fail(Syntax::RepeatedKeyword { name: name.to_owned() }, span);
        }
        // Functions have a handful of parameters: more keywords than this are wrong whatever they say.
        *keywords = keywords.saturating_add(1);
        *in_keyword = true;
        self.program.keywords.push(index);
        Ok(State::Operand)
    }

    fn prefix(&mut self, operator: Unary, power: u8, span: Span) -> Step {
        self.pending.push(Pending::Prefix { operator, power, span });
        Ok(State::Operand)
    }

    fn deepen(&mut self, span: Span) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return fail(ErrorKind::TooDeep { limit: self.limits.depth }, span);
        }
        Ok(())
    }

    fn open(&mut self, opener: Opener, span: Span) -> Result<(), Error> {
        self.deepen(span)?;
        if !matches!(opener, Opener::If) {
            self.brackets += 1;
        }
        self.pending.push(Pending::Opener { opener, span });
        Ok(())
    }

    // Operator expected.

    fn operator(&mut self) -> Step {
        let (token, span) = self.next()?;
        if let Some((operator, power)) = infix(token) {
            return self.infix(operator, power);
        }
        match token {
            Token::Name if span.of(self.text) == "mod" => self.infix(Binary::Modulo, power::PRODUCT),
            Token::Less => self.comparison(Comparison::Less, span),
            Token::LessOrEqual => self.comparison(Comparison::LessOrEqual, span),
            Token::Greater => self.comparison(Comparison::Greater, span),
            Token::GreaterOrEqual => self.comparison(Comparison::GreaterOrEqual, span),
            Token::Equal => self.comparison(Comparison::Equal, span),
            Token::NotEqual => self.comparison(Comparison::NotEqual, span),
            Token::In => self.comparison(Comparison::In, span),
            Token::NotIn => self.comparison(Comparison::NotIn, span),
            Token::Not => match self.next()? {
                (Token::In, end) => self.comparison(Comparison::NotIn, span.to(end)),
                _ => fail(Syntax::ExpectedOperator { found: self.found(span) }, span),
            },
            Token::Is if self.peek()? == Token::Not => {
                let (_, end) = self.next()?;
                self.comparison(Comparison::IsNot, span.to(end))
            }
            Token::Is => self.comparison(Comparison::Is, span),
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
            Token::Open('(') => {
                let first_keyword = self.program.keywords.len() as u32;
                self.open(Opener::Call { arguments: 0, keywords: 0, first_keyword, in_keyword: false }, span)?;
                Ok(State::Operand)
            }
            Token::Close(bracket) => self.close(bracket, span),
            Token::Comma => self.comma(span),
            Token::End | Token::Newline => self.end(span),
            _ => self.refuse_operator(token, span),
        }
    }

    /// What no operator is: named where the language knows it, else a syntax error.
    fn refuse_operator(&self, token: Token, span: Span) -> Step {
        let open = self.brackets > 0;
        match token {
            Token::Unsupported(feature @ Feature::Notation) => fail(feature, span),
            Token::Open('[') => fail(Feature::Subscript, span),
            Token::Dot => fail(Feature::Attribute, span),
            Token::At => fail(Feature::MatrixProduct, span),
            Token::Walrus => fail(Feature::AssignmentExpression, span),
            Token::For if open => fail(Feature::Comprehension, span),
            Token::Assign if open => fail(Syntax::AssignmentInside, span),
            Token::Assign | Token::AssignFormula => fail(Feature::Assignment, span),
            Token::Semicolon if !open => fail(Feature::Statements, span),
            _ => fail(Syntax::ExpectedOperator { found: self.found(span) }, span),
        }
    }

    fn infix(&mut self, operator: Binary, power: u8) -> Step {
        self.emit_down_to(power)?;
        self.pending.push(Pending::Infix { operator, power });
        Ok(State::Operand)
    }

    fn comparison(&mut self, operator: Comparison, span: Span) -> Step {
        self.emit_down_to(power::COMPARISON + 1)?;
        let left_is_singleton = self.top_is_singleton();
        let mut last_step = None;
        if let Some(Pending::Chain { .. }) = self.pending.last() {
            // The comparison before this one is complete, and this one goes on from its right operand.
            if let Some(Pending::Chain { operator, last_step: earlier, left_is_singleton, span }) = self.pending.pop() {
                self.check_identity(operator, left_is_singleton, span)?;
                let right = self.operands.pop();
                let left = self.operands.last_mut();
                if let (Some(left), Some(right)) = (left, right) {
                    left.span = left.span.to(right.span);
                }
                let covered = self.operands.last().map_or(span, |operand| operand.span);
                // Until the chain ends, a step holds where the step before it is, plus one.
                last_step = Some(self.push_jump(Node::CompareStep(operator, earlier.map_or(0, |at| at + 1)), covered)?);
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

    /// At `if`: what stands before it is the first branch; the condition follows.
    fn begin_condition(&mut self, span: Span) -> Step {
        self.emit_down_to(power::CONDITIONAL + 1)?;
        if matches!(self.innermost(), Some(Opener::If)) {
            // A condition is no conditional, unless in brackets.
            return fail(Syntax::ExpectedOperator { found: self.found(span) }, span);
        }
        self.open(Opener::If, span)?;
        Ok(State::Operand)
    }

    /// At `else`: first branch and condition are complete, and change places.
    fn begin_else(&mut self, span: Span) -> Step {
        self.emit_down_to(power::CONDITIONAL + 1)?;
        let Some(Pending::Opener { opener: Opener::If, span: whole }) = self.pending.last() else {
            return fail(Syntax::ExpectedOperator { found: self.found(span) }, span);
        };
        let whole = *whole;
        let (Some(condition), Some(branch)) = (self.operands.pop(), self.operands.pop()) else {
            return fail(ErrorKind::Internal, span);
        };
        self.pending.pop();
        let length = condition.start - branch.start;
        self.push_jump(Node::IfJump(length + 2), whole)?;
        let from = branch.start as usize;
        self.program.nodes[from..].rotate_left(length as usize);
        self.program.spans[from..].rotate_left(length as usize);
        let jump = self.push_jump(Node::ElseJump(0), whole)?;
        // Both are one operand from here on, to be joined by the second branch.
        self.operands.push(Operand { start: branch.start, span: branch.span });
        self.pending.push(Pending::Else { jump });
        Ok(State::Operand)
    }

    fn comma(&mut self, span: Span) -> Step {
        self.emit_down_to(0)?;
        match self.pending.last_mut() {
            Some(Pending::Opener { opener: Opener::Call { .. }, .. }) => {
                self.end_argument(span)?;
                Ok(State::Operand)
            }
            Some(Pending::Opener { opener: Opener::If, span }) => fail(Syntax::MissingElse, *span),
            _ => fail(Feature::Tuple, span),
        }
    }

    /// An argument is complete: counts it.
    fn end_argument(&mut self, span: Span) -> Result<(), Error> {
        let Some(Pending::Opener { opener: Opener::Call { arguments, keywords, in_keyword, .. }, .. }) =
            self.pending.last_mut()
        else {
            return fail(ErrorKind::Internal, span);
        };
        if *keywords > 0 && !*in_keyword {
            let argument = self.operands.last().map_or(span, |operand| operand.span);
            return fail(Syntax::PositionalAfterKeyword, argument);
        }
        *arguments += 1;
        *in_keyword = false;
        Ok(())
    }

    fn close(&mut self, bracket: char, span: Span) -> Step {
        self.emit_down_to(0)?;
        match self.pending.last() {
            Some(Pending::Opener { opener: Opener::If, span }) => fail(Syntax::MissingElse, *span),
            Some(Pending::Opener { opener: Opener::Call { .. }, .. }) if bracket == ')' => {
                self.end_argument(span)?;
                self.end_call(span)
            }
            Some(Pending::Opener { opener: Opener::Group, span: open }) if bracket == ')' => {
                let covered = open.to(span);
                self.pending.pop();
                self.brackets -= 1;
                self.depth -= 1;
                if let Some(operand) = self.operands.last_mut() {
                    operand.span = covered;
                }
                Ok(State::Operator)
            }
            Some(Pending::Opener { .. }) => fail(Syntax::Unmatched { bracket, open: Some('(') }, span),
            _ => fail(Syntax::Unmatched { bracket, open: None }, span),
        }
    }

    fn end_call(&mut self, span: Span) -> Step {
        let Some(Pending::Opener { opener: Opener::Call { arguments, keywords, first_keyword, .. }, .. }) =
            self.pending.pop()
        else {
            return fail(ErrorKind::Internal, span);
        };
        self.brackets -= 1;
        self.depth -= 1;
        self.join(arguments as usize + 1, Node::Call { arguments, keywords, first_keyword }, Some(span))?;
        Ok(State::Operator)
    }

    fn end(&mut self, span: Span) -> Step {
        self.emit_down_to(0)?;
        if self.pending.last().is_some() {
            return self.unclosed(span, Syntax::UnexpectedEnd);
        }
        loop {
            match self.lexer.next()? {
                (Token::End, _) => return Ok(State::Done),
                (Token::Newline, _) => {}
                (_, span) => return fail(Syntax::AfterTheEnd, span),
            }
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
                    self.join(1, Node::Unary(operator), None)?;
                }
                Some(Pending::Infix { operator, .. }) => self.join(2, Node::Binary(operator), None)?,
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
        Ok(State::Operator)
    }

    /// A jump, to be mended when its target is known.
    fn push_jump(&mut self, node: Node, span: Span) -> Result<u32, Error> {
        self.push_node(node, span)?;
        Ok(self.program.nodes.len() as u32 - 1)
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

    /// Makes a jump land on the node pushed last, which does nothing.
    fn mend(&mut self, jump: u32) {
        let distance = self.program.nodes.len() as u32 - 1 - jump;
        if let Some(Node::AndJump(to) | Node::OrJump(to) | Node::ElseJump(to) | Node::CompareStep(_, to)) =
            self.program.nodes.get_mut(jump as usize)
        {
            *to = distance;
        }
    }

    /// Makes every step of a chain jump behind its last comparison.
    fn mend_chain(&mut self, last_step: Option<u32>) {
        let mut step = last_step;
        while let Some(at) = step {
            let Some(Node::CompareStep(_, earlier)) = self.program.nodes.get(at as usize).copied() else { return };
            self.mend(at);
            step = earlier.checked_sub(1);
        }
    }
}

fn without_underscores(digits: &str) -> std::borrow::Cow<'_, str> {
    if digits.contains('_') { digits.replace('_', "").into() } else { digits.into() }
}
