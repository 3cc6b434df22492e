//! From a text to its operations, in one pass: the grammar of math.js 15 (`lib/expression/parse.js`).
//!
//! | from loose to tight | |
//! |---|---|
//! | `=` | from the right |
//! | `? :` | from the right |
//! | `or`, `xor`, `and`, `|`, `^|`, `&` | from the left, each tighter than the one before |
//! | `== != < > <= >=` | chains |
//! | `<< >> >>>`, then `to in`, then `a:b:c`, then `+ -` | |
//! | `* / .* ./ % mod` | from the left |
//! | a product without a sign, and the quotient of two numbers before one: `1/2 pi` | |
//! | `%` behind a value | if no operand follows |
//! | `- + ~ not` before a value, then `^`, from the right, then `??`, then `!` and `'` behind a value | |
//!
//! It recurses only into brackets, operators before a value, and what is nested from the right; the depth is limited.

use std::sync::Arc;

use super::lexer::{Kind, Lexer, NAMED, SyntaxError};
use super::program::{Binary, Block, Definition, Op, Statement, Unary};
use super::stop::{Stop, error, unsupported};
use super::value::{digits_of, number_of};
use crate::error::ErrorKind;
use crate::limits::Limits;

/// Why a text cannot be read.
type Read<T> = Result<T, Stop>;

impl From<SyntaxError> for Stop {
    fn from(error: SyntaxError) -> Self {
        Self::Thrown(error.0)
    }
}

/// What the operations that were just written compute, as far as the grammar asks.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Constant,
    /// `-` or another sign before a constant.
    SignedConstant,
    /// The value of this name.
    Symbol(Arc<str>),
    /// An element of the list of this name, if it has one.
    Element(Option<Arc<str>>),
    /// A call of a name. With the parameters if all arguments are names.
    Call(Arc<str>, Option<Vec<Arc<str>>>),
    Factorial,
    Operator,
    Percentage,
    Other,
}

impl Shape {
    fn is_operator(&self) -> bool {
        matches!(self, Self::SignedConstant | Self::Factorial | Self::Operator | Self::Percentage)
    }

    /// A number, perhaps with a sign, whose quotient binds tighter than a product without a sign.
    fn is_number(&self) -> bool {
        matches!(self, Self::Constant | Self::SignedConstant)
    }
}

/// The levels of operators between two values.
const AND: u8 = 2;
const RELATION: u8 = 6;
const SHIFT: u8 = 7;
const CONVERSION: u8 = 8;
const RANGE: u8 = 9;
const SUM: u8 = 10;
const PRODUCT: u8 = 11;

/// What an operator between two values does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Infix {
    Or,
    And,
    Conversion,
    Range,
    Plain(Binary),
}

fn infix(token: &str) -> Option<(u8, Infix)> {
    let plain = |level, operation| Some((level, Infix::Plain(operation)));
    match token {
        "or" => Some((0, Infix::Or)),
        "xor" => plain(1, Binary::Xor),
        "and" => Some((AND, Infix::And)),
        "|" => plain(3, Binary::BitOr),
        "^|" => plain(4, Binary::BitXor),
        "&" => plain(5, Binary::BitAnd),
        "==" => plain(RELATION, Binary::Equal),
        "!=" => plain(RELATION, Binary::Unequal),
        "<" => plain(RELATION, Binary::Smaller),
        ">" => plain(RELATION, Binary::Larger),
        "<=" => plain(RELATION, Binary::SmallerEq),
        ">=" => plain(RELATION, Binary::LargerEq),
        "<<" => plain(SHIFT, Binary::LeftShift),
        ">>" => plain(SHIFT, Binary::RightArithShift),
        ">>>" => plain(SHIFT, Binary::RightLogShift),
        "to" | "in" => Some((CONVERSION, Infix::Conversion)),
        ":" => Some((RANGE, Infix::Range)),
        "+" => plain(SUM, Binary::Add),
        "-" => plain(SUM, Binary::Subtract),
        "*" | ".*" => plain(PRODUCT, Binary::Multiply),
        "/" | "./" => plain(PRODUCT, Binary::Divide),
        "%" | "mod" => plain(PRODUCT, Binary::Mod),
        _ => None,
    }
}

/// The deepest nesting, unless the limits allow less: the parser recurses, and has to do so on a stack of 256 KiB, of
/// which a quarter stays free in a build for tests.
const DEPTH_MAX: u64 = 48;

/// Each name in a body is looked for among the parameters.
const PARAMETERS_MAX: usize = 100;

/// Reads a text.
///
/// # Errors
///
/// math.js's syntax errors, what is not supported, and the limit of nesting.
pub(super) fn read(text: &str, limits: &Limits) -> Read<Block> {
    let mut parser = Parser {
        at: Lexer::new(text),
        code: Vec::new(),
        parameters: None,
        depth: 0,
        depth_max: limits.depth.min(DEPTH_MAX),
        conditional: None,
        indexing: 0,
    };
    parser.at.next()?;
    parser.block()
}

struct Parser<'t> {
    at: Lexer<'t>,
    code: Vec<Op>,
    /// Those of the function whose body is read.
    parameters: Option<Vec<Arc<str>>>,
    depth: u64,
    depth_max: u64,
    /// The depth in brackets of the conditional whose middle is read, where `:` is no range.
    conditional: Option<u32>,
    /// How many indices are around, where `end` is a size.
    indexing: u32,
}

impl Parser<'_> {
    fn block(&mut self) -> Read<Block> {
        let mut statements = Vec::new();
        let mut is_set = false;
        if !self.at.is_at_end() && !self.at.is_separator() {
            self.statement(&mut statements)?;
        }
        let mut is_first = true;
        while self.at.is_separator() {
            if std::mem::take(&mut is_first) && !statements.is_empty() {
                is_set = true;
            }
            self.at.next()?;
            if !self.at.is_at_end() && !self.at.is_separator() {
                self.statement(&mut statements)?;
                is_set = true;
            }
        }
        if !self.at.is_at_end() {
            let (token, kind) = (self.at.token(), self.at.kind);
            let what = if kind == Kind::Delimiter { format!("operator {token}") } else { format!("part \"{token}\"") };
            self.at.error::<()>(&format!("Unexpected {what}"))?;
        }
        if statements.is_empty() {
            statements.push(Statement { code: vec![Op::Undefined], is_shown: true });
        }
        Ok(Block { statements, is_set })
    }

    fn statement(&mut self, statements: &mut Vec<Statement>) -> Read<()> {
        self.assignment()?;
        let code = std::mem::take(&mut self.code);
        statements.push(Statement { code, is_shown: !self.at.is(";") });
        Ok(())
    }

    /// One level deeper.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth == self.depth_max {
            return Err(ErrorKind::TooDeep { limit: self.depth_max }.into());
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn emit(&mut self, op: Op) {
        self.code.push(op);
    }

    /// Writes a jump whose target is not known yet.
    fn emit_jump(&mut self, jump: impl FnOnce(u32) -> Op) -> usize {
        self.emit(jump(0));
        self.code.len() - 1
    }

    /// Lets a jump end here.
    fn land(&mut self, jump: usize) {
        let here = self.code.len() as u32;
        if let Op::Jump(to)
        | Op::JumpUnless(to)
        | Op::And(to)
        | Op::Or(to)
        | Op::Nullish(to)
        | Op::Bits(_, to)
        | Op::Chain(_, to) = &mut self.code[jump]
        {
            *to = here;
        }
    }

    fn assignment(&mut self) -> Read<Shape> {
        self.nested(Self::assignment_here)
    }

    fn assignment_here(&mut self) -> Read<Shape> {
        let begin = self.code.len();
        let shape = self.conditional()?;
        if !self.at.is("=") {
            return Ok(shape);
        }
        match shape {
            Shape::Symbol(name) => {
                self.code.truncate(begin);
                self.at.next_in_line()?;
                self.assignment()?;
                self.emit(Op::Store(name));
            }
            Shape::Element(Some(name)) => {
                // The index is complete, and not used to read.
                self.code.pop();
                self.at.next_in_line()?;
                self.assignment()?;
                self.emit(Op::StoreAt(name));
            }
            Shape::Call(name, Some(parameters)) => {
                self.code.truncate(begin);
                self.at.next_in_line()?;
                self.definition(name, parameters)?;
            }
            _ => self.at.error("Invalid left hand side of assignment operator =")?,
        }
        Ok(Shape::Other)
    }

    fn definition(&mut self, name: Arc<str>, parameters: Vec<Arc<str>>) -> Read<()> {
        if self.parameters.is_some() {
            return error("Functions that are defined in functions are not supported");
        }
        if parameters.len() > PARAMETERS_MAX {
            return error(format!("A function has at most {PARAMETERS_MAX} parameters"));
        }
        if let Some((_, twice)) = parameters.iter().enumerate().find(|(at, name)| parameters[..*at].contains(name)) {
            return error(format!("Duplicate parameter name \"{twice}\""));
        }
        let (outside, indexing) = (std::mem::take(&mut self.code), std::mem::take(&mut self.indexing));
        self.parameters = Some(parameters);
        self.assignment()?;
        let code = std::mem::replace(&mut self.code, outside);
        self.indexing = indexing;
        let parameters = self.parameters.take().unwrap_or_default();
        self.emit(Op::Define(Arc::new(Definition { name, parameters, code })));
        Ok(())
    }

    fn conditional(&mut self) -> Read<Shape> {
        let mut shape = self.binary(0)?;
        while self.at.is("?") {
            let before = self.conditional.replace(self.at.nesting);
            self.at.next_in_line()?;
            let unless = self.emit_jump(Op::JumpUnless);
            self.assignment()?;
            if !self.at.is(":") {
                self.at.error::<()>("False part of conditional expression expected")?;
            }
            self.conditional = None;
            self.at.next_in_line()?;
            let over = self.emit_jump(Op::Jump);
            self.land(unless);
            self.assignment()?;
            self.land(over);
            self.conditional = before;
            shape = Shape::Other;
        }
        Ok(shape)
    }

    /// Operators between values, from a level on.
    fn binary(&mut self, level_min: u8) -> Read<Shape> {
        let mut shape = if level_min <= RANGE && self.at.is(":") {
            if self.is_in_conditional() {
                self.at.error::<()>("The true-expression of a conditional operator may not be empty")?;
            }
            self.emit(Op::Number(1.0));
            Shape::Constant
        } else {
            self.product_without_sign()?
        };
        // What binds tighter than the last operator has been read with its right side.
        let mut level_max = PRODUCT;
        while self.at.kind == Kind::Delimiter
            && let Some((level, operator)) = infix(self.at.token())
            && (level_min..=level_max).contains(&level)
        {
            if operator == Infix::Range && self.is_in_conditional() {
                break;
            }
            level_max = level;
            match operator {
                Infix::Or | Infix::And => {
                    let (jump, name): (fn(u32) -> Op, _) =
                        if operator == Infix::Or { (Op::Or, "or") } else { (Op::And, "and") };
                    self.at.next_in_line()?;
                    let jump = self.emit_jump(jump);
                    self.right_side(level)?;
                    self.emit(Op::Truth(name));
                    self.land(jump);
                }
                Infix::Range => {
                    self.range()?;
                    // A fourth part is no part of a range.
                    level_max = RANGE - 1;
                }
                Infix::Conversion => return unsupported("Units", self.at.token()),
                Infix::Plain(operation) if level == RELATION => self.relation(operation)?,
                Infix::Plain(operation @ (Binary::BitAnd | Binary::BitOr)) => {
                    self.at.next_in_line()?;
                    let jump = self.emit_jump(|to| Op::Bits(operation, to));
                    self.right_side(level)?;
                    self.emit(Op::Binary(operation));
                    self.land(jump);
                }
                Infix::Plain(operation) => {
                    self.at.next_in_line()?;
                    let right = self.right_side(level)?;
                    self.emit(match operation {
                        Binary::Add if right == Shape::Percentage => Op::PlusPercent,
                        Binary::Subtract if right == Shape::Percentage => Op::MinusPercent,
                        _ => Op::Binary(operation),
                    });
                }
            }
            shape = if matches!(operator, Infix::Range) { Shape::Other } else { Shape::Operator };
        }
        Ok(shape)
    }

    fn is_in_conditional(&self) -> bool {
        self.conditional == Some(self.at.nesting)
    }

    /// What binds tighter than an operator to its left.
    fn right_side(&mut self, level: u8) -> Read<Shape> {
        if level == PRODUCT { self.product_without_sign() } else { self.binary(level + 1) }
    }

    /// A chain of comparisons, from its first operator.
    fn relation(&mut self, mut operation: Binary) -> Read<()> {
        let mut jumps = Vec::new();
        loop {
            self.at.next_in_line()?;
            self.right_side(RELATION)?;
            match infix(self.at.token()) {
                Some((RELATION, Infix::Plain(next))) if self.at.kind == Kind::Delimiter => {
                    self.emit(Op::Chain(operation, 0));
                    jumps.push(self.code.len() - 1);
                    operation = next;
                }
                _ => break,
            }
        }
        self.emit(Op::Binary(operation));
        jumps.into_iter().for_each(|jump| self.land(jump));
        Ok(())
    }

    fn range(&mut self) -> Read<()> {
        let mut parts = 1;
        while self.at.is(":") && parts < 3 {
            self.at.next_in_line()?;
            parts += 1;
            if self.at.is_at_end() || [")", "]", ","].iter().any(|end| self.at.is(end)) {
                self.load("end");
            } else {
                self.binary(SUM)?;
            }
        }
        self.emit(Op::Range { has_step: parts == 3 });
        Ok(())
    }

    fn product_without_sign(&mut self) -> Read<Shape> {
        let mut shape = self.quotient_of_numbers()?;
        let mut last = shape.clone();
        loop {
            let follows = match self.at.kind {
                Kind::Symbol => true,
                Kind::Number => last != Shape::Constant && (!last.is_operator() || last == Shape::Factorial),
                Kind::Delimiter => self.at.is("("),
            };
            if !follows {
                return Ok(shape);
            }
            last = self.quotient_of_numbers()?;
            self.emit(Op::Binary(Binary::Multiply));
            shape = Shape::Operator;
        }
    }

    /// math.js's rule 2: in `1/2 pi`, the quotient is first.
    fn quotient_of_numbers(&mut self) -> Read<Shape> {
        let mut shape = self.percentage()?;
        let mut last = shape.clone();
        while self.at.is("/") && last.is_number() {
            let before = self.at;
            self.at.next_in_line()?;
            let number = self.at;
            let mut is_quotient = number.kind == Kind::Number;
            if is_quotient {
                self.at.next_in_line()?;
                is_quotient = self.at.kind == Kind::Symbol || self.at.is("(") || self.at.is("in");
            }
            if !is_quotient {
                self.at = before;
                break;
            }
            self.at = number;
            last = self.percentage()?;
            self.emit(Op::Binary(Binary::Divide));
            shape = Shape::Operator;
        }
        Ok(shape)
    }

    fn percentage(&mut self) -> Read<Shape> {
        let shape = self.unary()?;
        if !self.at.is("%") {
            return Ok(shape);
        }
        let before = self.at;
        self.at.next_in_line()?;
        // math.js reads an operand here and forgets it; what begins one and fails, fails in any case.
        if self.begins_operand() {
            self.at = before;
            return Ok(shape);
        }
        self.emit(Op::Number(100.0));
        self.emit(Op::Binary(Binary::Divide));
        Ok(Shape::Percentage)
    }

    fn begins_operand(&self) -> bool {
        const BEGINNINGS: [&str; 8] = ["(", "[", "{", "\"", "'", "-", "+", "~"];
        let token = self.at.token();
        self.at.kind != Kind::Delimiter || BEGINNINGS.contains(&token) || NAMED.contains(&token)
    }

    fn unary(&mut self) -> Read<Shape> {
        let operation = match self.at.token() {
            _ if self.at.kind != Kind::Delimiter => None,
            "-" => Some(Unary::Minus),
            "+" => Some(Unary::Plus),
            "~" => Some(Unary::BitNot),
            "not" => Some(Unary::Not),
            _ => None,
        };
        let Some(operation) = operation else { return self.power() };
        self.at.next_in_line()?;
        let inner = self.nested(Self::unary)?;
        self.emit(Op::Unary(operation));
        Ok(if inner == Shape::Constant && operation != Unary::Not { Shape::SignedConstant } else { Shape::Operator })
    }

    fn power(&mut self) -> Read<Shape> {
        let mut shape = self.postfix()?;
        while self.at.is("??") {
            self.at.next_in_line()?;
            let jump = self.emit_jump(Op::Nullish);
            self.postfix()?;
            self.land(jump);
            shape = Shape::Operator;
        }
        if self.at.is("^") || self.at.is(".^") {
            self.at.next_in_line()?;
            self.nested(Self::unary)?;
            self.emit(Op::Binary(Binary::Pow));
            shape = Shape::Operator;
        }
        Ok(shape)
    }

    fn postfix(&mut self) -> Read<Shape> {
        let mut shape = self.operand()?;
        while self.at.is("!") || self.at.is("'") {
            let is_factorial = self.at.is("!");
            self.at.next()?;
            self.emit(Op::Unary(if is_factorial { Unary::Factorial } else { Unary::Transpose }));
            shape = self.accessors(if is_factorial { Shape::Factorial } else { Shape::Operator })?;
        }
        Ok(shape)
    }

    fn operand(&mut self) -> Read<Shape> {
        let token = self.at.token();
        match (self.at.kind, token) {
            (Kind::Number, _) => {
                self.at.next()?;
                let number = literal(token)?;
                self.emit(Op::Number(number));
                Ok(Shape::Constant)
            }
            (Kind::Symbol, _) => self.name(token),
            _ if NAMED.contains(&token) => self.name(token),
            (_, "\"" | "'") => {
                let string = self.at.string()?;
                self.emit(Op::Text(string.into()));
                self.accessors(Shape::Constant)
            }
            (_, "[") => self.list(),
            (_, "(") => {
                self.open()?;
                self.assignment()?;
                self.close(")", "Parenthesis ) expected")?;
                self.accessors(Shape::Other)
            }
            (_, "{") => error("Objects are not supported"),
            _ if self.at.is_at_end() => Ok(self.at.error("Unexpected end of expression")?),
            _ => Ok(self.at.error("Value expected")?),
        }
    }

    fn name(&mut self, name: &str) -> Read<Shape> {
        self.at.next()?;
        let constant = match name {
            "true" => Some(Op::Bool(true)),
            "false" => Some(Op::Bool(false)),
            "null" => Some(Op::Null),
            "undefined" => Some(Op::Undefined),
            "Infinity" => Some(Op::Number(f64::INFINITY)),
            "NaN" => Some(Op::Number(f64::NAN)),
            _ => None,
        };
        let shape = match constant {
            Some(constant) => {
                self.emit(constant);
                Shape::Constant
            }
            None => Shape::Symbol(self.load(name)),
        };
        self.accessors(shape)
    }

    fn load(&mut self, name: &str) -> Arc<str> {
        let symbol: Arc<str> = name.into();
        self.emit(match self.parameter(name) {
            Some(place) => Op::Parameter(place),
            None if name == "end" && self.indexing > 0 => Op::End,
            None => Op::Load(symbol.clone()),
        });
        symbol
    }

    fn parameter(&self, name: &str) -> Option<u32> {
        let place = self.parameters.iter().flatten().position(|parameter| **parameter == *name)?;
        Some(place as u32)
    }

    fn open(&mut self) -> Read<()> {
        self.at.nesting += 1;
        Ok(self.at.next()?)
    }

    fn close(&mut self, bracket: &str, complaint: &str) -> Read<()> {
        if !self.at.is(bracket) {
            self.at.error::<()>(complaint)?;
        }
        self.at.nesting = self.at.nesting.saturating_sub(1);
        Ok(self.at.next()?)
    }

    /// Calls, indices and properties behind a value.
    fn accessors(&mut self, mut shape: Shape) -> Read<Shape> {
        loop {
            match self.at.token() {
                _ if self.at.kind != Kind::Delimiter => return Ok(shape),
                "(" => match shape {
                    Shape::Symbol(name) => shape = self.call(name)?,
                    Shape::Element(_) => return error("Methods are not supported"),
                    _ => return Ok(shape),
                },
                "[" => shape = self.index(shape)?,
                "." => return error("Objects are not supported"),
                "?." => return error("Optional chaining is not supported"),
                _ => return Ok(shape),
            }
        }
    }

    fn call(&mut self, name: Arc<str>) -> Read<Shape> {
        let is_parameter = self.parameter(&name).is_some();
        if !is_parameter {
            // The value of the name.
            self.code.pop();
        }
        let mut names = Some(Vec::new());
        self.open()?;
        let count = self.arguments(")", |shape| match (shape, &mut names) {
            (Shape::Symbol(name), Some(names)) => names.push(name),
            _ => names = None,
        })?;
        self.close(")", "Parenthesis ) expected")?;
        self.emit(match is_parameter {
            true => Op::CallValue(name.clone(), count),
            false => Op::Call(name.clone(), count),
        });
        Ok(Shape::Call(name, names))
    }

    fn index(&mut self, shape: Shape) -> Read<Shape> {
        self.emit(Op::BeginIndex);
        self.indexing += 1;
        self.open()?;
        let count = self.arguments("]", |_| ())?;
        self.close("]", "Parenthesis ] expected")?;
        self.indexing -= 1;
        if count != 1 {
            return error("Matrices are not supported: an index with other than one dimension");
        }
        self.emit(Op::EndIndex);
        self.emit(Op::Index);
        let name = if let Shape::Symbol(name) = shape { Some(name) } else { None };
        Ok(Shape::Element(name))
    }

    fn arguments(&mut self, end: &str, mut each: impl FnMut(Shape)) -> Read<u32> {
        if self.at.is(end) {
            return Ok(0);
        }
        let mut count = 0;
        loop {
            let shape = self.assignment()?;
            each(shape);
            count += 1;
            if !self.at.is(",") {
                return Ok(count);
            }
            self.at.next()?;
        }
    }

    fn list(&mut self) -> Read<Shape> {
        self.open()?;
        let mut count = 0;
        // A comma may stand before the bracket.
        while !self.at.is("]") && !self.at.is(";") {
            self.assignment()?;
            count += 1;
            if !self.at.is(",") {
                break;
            }
            self.at.next()?;
        }
        if self.at.is(";") {
            return error("Matrices are not supported: rows in [ ; ]");
        }
        self.close("]", "End of matrix ] expected")?;
        self.emit(Op::List(count));
        self.accessors(Shape::Other)
    }
}

/// The value of a number as it is written.
fn literal(token: &str) -> Read<f64> {
    let complaint = |text: &str| Stop::Thrown(format!("SyntaxError: String \"{text}\" is not a valid number"));
    let radix = match token.get(..2) {
        Some("0b") => 2,
        Some("0o") => 8,
        Some("0x") => 16,
        _ => return number_of(token).ok_or_else(|| complaint(token)),
    };
    let digits = &token[2..];
    if let Some((whole, behind)) = digits.split_once('.') {
        let whole = digits_of(whole, radix).ok_or_else(|| complaint(token))?;
        let mut place = 1.0;
        let mut fraction = 0.0;
        for digit in behind.chars() {
            place /= f64::from(radix);
            fraction += f64::from(digit.to_digit(radix).ok_or_else(|| complaint(token))?) * place;
        }
        return Ok(whole + fraction);
    }
    // The size of a word, for a number with a sign in two's complement.
    let Some((digits, size)) = digits.split_once('i') else {
        return digits_of(digits, radix).ok_or_else(|| complaint(token));
    };
    let number = &token[..2 + digits.len()];
    let value = digits_of(digits, radix).ok_or_else(|| complaint(number))?;
    let size: i32 = size.parse().ok().filter(|size| (1..=1_000).contains(size)).ok_or_else(|| complaint(token))?;
    let all = 2_f64.powi(size);
    if value > all - 1.0 {
        return Err(Stop::Thrown(format!("SyntaxError: String \"{number}\" is out of range")));
    }
    Ok(if value >= all / 2.0 { value - all } else { value })
}
