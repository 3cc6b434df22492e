//! Program to canonical text: one spelling for one meaning, and so the key of the answer.
//!
//! The law: reading the canonical text gives the same program, and with it the same answer. Texts that differ only in
//! blanks, comments, redundant brackets and the spelling of operators and literals share it; others never do. Nothing
//! is reordered (`2+3` and `3+2` differ: floats do not commute with errors) and nothing is folded (`1+1` is not `2`).
//!
//! Only keywords and comparisons have blanks around them. Brackets stand where the precedence table requires them.

use std::fmt::Write as _;

use crate::arithmetic::{Binary, Comparison, Unary};
use crate::error::Span;
use crate::functions;
use crate::lexer::to_superscript;
use crate::number::float;
use crate::program::{Node, Program};
use crate::value::{Value, quoted};

/// How tightly a piece of text binds: the rows of the precedence table, tightest last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Row {
    Conditional,
    Or,
    And,
    Not,
    Comparison,
    OrBits,
    XorBits,
    AndBits,
    Shift,
    Sum,
    Product,
    Sign,
    Power,
    Root,
    Factorial,
    Atom,
}

/// The text that replaces a subtree.
pub(crate) enum Shown<'v> {
    /// The subtree.
    Itself,
    /// The text of a value; one with a sign before it is bracketed wherever it is an operand on the right or of a
    /// tighter operator (`2-(-3)`).
    Value { text: &'v str, is_signed: bool },
    /// Another subtree, a part of it.
    Part(u32),
    /// The subtree of a definition's body, seen from another frame.
    Body { root: u32, frame: u32 },
}

/// A view of a program while it is written: as it is ([`Plain`]), or with some parts replaced by their values. The
/// frame distinguishes the evaluations of one definition: 0 is the text itself.
pub(crate) trait View {
    fn shown(&self, _frame: u32, _root: u32) -> Shown<'_> {
        Shown::Itself
    }

    /// Whether an earlier comparison of a chain, and all before it, are no longer shown.
    fn is_passed(&self, _frame: u32, _step: u32) -> bool {
        false
    }

    /// Whether to note where the subtree stands in the text.
    fn is_marked(&self, _frame: u32, _root: u32) -> bool {
        false
    }
}

/// The program as it is.
struct Plain;

impl View for Plain {}

/// A text with its nesting and its marks.
pub(crate) struct Written {
    pub(crate) text: String,
    /// How deep brackets, conditions and else-branches nest.
    depth: u64,
    /// The places of the marked parts.
    pub(crate) marks: Vec<Span>,
}

/// The pieces still to be written, last first.
enum Piece {
    Text(&'static str),
    /// A name and what follows it.
    Name(u32, &'static str),
    /// The subtree that ends in this node, in brackets if it binds less tightly than the row.
    Subtree(u32, Row),
    /// The same, whatever else is shown in its place, and without brackets.
    Bare(u32),
    /// What stands before the `°` of `sin(x°)`: signs, and an operand of the row of a factorial.
    Angle(u32),
    /// The end of what is marked, which began here.
    MarkEnd(usize),
    /// Back to this frame.
    Frame(u32),
    /// From here on, one bracket, condition or else-branch more is open.
    Deeper,
    Shallower,
}

impl Program {
    /// The canonical text.
    pub fn canonical(&self) -> String {
        self.write().map_or_else(String::new, |written| written.text)
    }

    /// The canonical text of a part.
    pub(crate) fn canonical_of(&self, root: u32) -> String {
        let written = self.write_statement(root, &self.subtrees(), &Plain, usize::MAX);
        written.map_or_else(String::new, |written| written.text)
    }

    /// How deep brackets, conditions and else-branches nest in the canonical text.
    pub(crate) fn canonical_depth(&self) -> u64 {
        self.write().map_or(0, |written| written.depth)
    }

    fn write(&self) -> Option<Written> {
        let starts = self.subtrees();
        // Nearly always it is about as long as the text that was parsed, so that it does not grow.
        let room = self.spans.last().map_or(0, |span| span.end as usize) + 8;
        Writer::new(self, &starts, &Plain, usize::MAX, room).write(&self.statements)
    }

    /// One statement in a view, given [`subtrees`](Self::subtrees); nothing if it is longer than `bytes_max`.
    pub(crate) fn write_statement(
        &self,
        root: u32,
        starts: &[u32],
        view: &impl View,
        bytes_max: usize,
    ) -> Option<Written> {
        Writer::new(self, starts, view, bytes_max, 32).write(&[root])
    }
}

struct Writer<'p, V> {
    program: &'p Program,
    starts: &'p [u32],
    view: &'p V,
    /// The frame in which what is written stands.
    frame: u32,
    bytes_max: usize,
    text: String,
    marks: Vec<Span>,
    pieces: Vec<Piece>,
}

impl<'p, V: View> Writer<'p, V> {
    /// One with room for a text of so many bytes, which may be longer.
    fn new(program: &'p Program, starts: &'p [u32], view: &'p V, bytes_max: usize, room: usize) -> Self {
        let (text, marks, pieces) = (String::with_capacity(room), Vec::new(), Vec::with_capacity(16));
        Self { program, starts, view, frame: 0, bytes_max, text, marks, pieces }
    }

    /// The text of statements; nothing if it becomes too long.
    fn write(mut self, statements: &[u32]) -> Option<Written> {
        for (at, root) in statements.iter().enumerate().rev() {
            self.pieces.push(Piece::Subtree(*root, Row::Conditional));
            if at > 0 {
                self.pieces.push(Piece::Text(";"));
            }
        }
        let (mut depth, mut deepest) = (0_u64, 0);
        while let Some(piece) = self.pieces.pop() {
            if self.text.len() > self.bytes_max {
                return None;
            }
            match piece {
                Piece::Text(text) => self.text.push_str(text),
                Piece::Name(name, behind) => {
                    self.text.push_str(&self.program.names[name as usize]);
                    self.text.push_str(behind);
                }
                Piece::Subtree(root, least) => self.subtree(root, least),
                Piece::Bare(root) => self.expand(root),
                Piece::Angle(root) => self.angle(root),
                Piece::MarkEnd(start) => {
                    self.marks.push(Span { start: start as u32, end: self.text.len() as u32 });
                }
                Piece::Frame(frame) => self.frame = frame,
                Piece::Deeper => {
                    depth += 1;
                    deepest = deepest.max(depth);
                }
                Piece::Shallower => depth -= 1,
            }
        }
        (self.text.len() <= self.bytes_max).then_some(Written { text: self.text, depth: deepest, marks: self.marks })
    }

    /// Writes a subtree, or what is shown in its place, in brackets where it binds less tightly than the row.
    fn subtree(&mut self, root: u32, least: Row) {
        if self.view.is_marked(self.frame, root) {
            self.pieces.push(Piece::MarkEnd(self.text.len()));
        }
        match self.view.shown(self.frame, root) {
            Shown::Itself if self.row(root) < least => {
                self.close(")");
                self.pieces.push(Piece::Bare(root));
                self.open("(");
            }
            Shown::Itself => self.expand(root),
            Shown::Value { text, is_signed } if is_signed && least > Row::Sum => {
                self.text.extend(["(", text, ")"]);
            }
            Shown::Value { text, .. } => self.text.push_str(text),
            Shown::Part(part) => self.pieces.push(Piece::Subtree(part, least)),
            Shown::Body { root, frame } => {
                self.pieces.push(Piece::Frame(self.frame));
                self.pieces.push(Piece::Subtree(root, least));
                self.frame = frame;
            }
        }
    }

    /// Writes what stands before `°`.
    fn angle(&mut self, root: u32) {
        let symbol = match self.program.nodes[root as usize] {
            Node::Unary(Unary::Minus) => "-",
            Node::Unary(Unary::Plus) => "+",
            _ => return self.subtree(root, Row::Factorial),
        };
        // The sign of a number that is shown needs no brackets either.
        let least = match self.view.shown(self.frame, root) {
            Shown::Itself => None,
            Shown::Value { text, .. } if text.parse::<f64>().is_ok() => Some(Row::Sum),
            _ => Some(Row::Factorial),
        };
        if let Some(least) = least {
            return self.subtree(root, least);
        }
        if self.view.is_marked(self.frame, root) {
            self.pieces.push(Piece::MarkEnd(self.text.len()));
        }
        self.text.push_str(symbol);
        self.pieces.push(Piece::Angle(root - 1));
    }

    fn row(&self, root: u32) -> Row {
        match self.program.nodes[root as usize] {
            Node::Unary(Unary::Not) => Row::Not,
            Node::Unary(_) => Row::Sign,
            Node::Binary(operator) => row_of(operator),
            Node::Root(_) => Row::Root,
            Node::Factorial => Row::Factorial,
            Node::Compare(_) => Row::Comparison,
            Node::And => Row::And,
            Node::Or => Row::Or,
            Node::Conditional => Row::Conditional,
            _ => Row::Atom,
        }
    }

    /// The root of the operand that ends just before the subtree of `root` begins.
    fn before(&self, root: u32) -> u32 {
        self.starts[root as usize].wrapping_sub(1)
    }

    // Pieces are pushed last first.

    fn open(&mut self, bracket: &'static str) {
        self.pieces.push(Piece::Deeper);
        self.pieces.push(Piece::Text(bracket));
    }

    fn close(&mut self, bracket: &'static str) {
        self.pieces.push(Piece::Text(bracket));
        self.pieces.push(Piece::Shallower);
    }

    fn part(&mut self, root: u32, least: Row) {
        self.pieces.push(Piece::Subtree(root, least));
    }

    fn word(&mut self, word: &'static str) {
        self.pieces.push(Piece::Text(word));
    }

    /// Writes a leaf, or pushes the parts of a subtree.
    fn expand(&mut self, root: u32) {
        let program = self.program;
        let last = root.wrapping_sub(1);
        match program.nodes[root as usize] {
            Node::Small(value) => self.text.push_str(itoa::Buffer::new().format(value)),
            Node::Constant(constant) => literal(&program.constants[constant as usize], &mut self.text),
            Node::Literal(constant) => {
                if let Value::Str(text) = &program.constants[constant as usize] {
                    self.text.push_str(&text.string);
                }
            }
            Node::None => self.text.push_str("None"),
            Node::Bool(value) => self.text.push_str(if value { "True" } else { "False" }),
            Node::MathConstant { row, qualified } => {
                self.text.push_str(if qualified { "math." } else { "" });
                self.text.push_str(functions::CONSTANTS[row as usize].name);
            }
            Node::Function(row) => self.function(row),
            Node::Name(name) | Node::Unknown(name) | Node::Local { name, .. } => {
                self.text.push_str(&program.names[name as usize]);
            }
            Node::UnknownMath(name) => {
                self.text.push_str("math.");
                self.text.push_str(&program.names[name as usize]);
            }
            Node::Unary(operator) => {
                let (symbol, row) = match operator {
                    Unary::Plus => ("+", Row::Sign),
                    Unary::Minus => ("-", Row::Sign),
                    Unary::Invert => ("~", Row::Sign),
                    Unary::Not => ("not ", Row::Not),
                };
                self.text.push_str(symbol);
                self.part(last, row);
            }
            Node::Factorial => {
                self.word("!");
                self.part(last, Row::Factorial);
            }
            Node::Root(index) => {
                if index != 2 {
                    self.text.push_str(&to_superscript(index.into()));
                }
                self.text.push('√');
                self.part(last, Row::Root);
            }
            Node::Binary(operator) => {
                let row = row_of(operator);
                // All group to the left but the power, whose right side is a sign or tighter.
                let (left, right) =
                    if operator == Binary::Power { (Row::Root, Row::Sign) } else { (row, tighter(row)) };
                self.part(last, right);
                self.word(operator.symbol());
                self.part(self.before(last), left);
            }
            Node::Compare(operator) => self.chain(last, operator),
            Node::And => self.logical(last, " and ", Row::And, Row::Not),
            Node::Or => self.logical(last, " or ", Row::Or, Row::And),
            Node::Conditional => {
                // condition, jump, first branch, jump, second branch.
                let first = self.before(last) - 1;
                let condition = self.before(first) - 1;
                self.pieces.push(Piece::Shallower);
                self.part(last, Row::Conditional);
                self.word(" else ");
                self.part(condition, Row::Or);
                self.word(" if ");
                self.pieces.push(Piece::Deeper);
                self.part(first, Row::Or);
            }
            Node::List(count) => self.collection(last, count, "[", "]"),
            Node::Set(count) => self.collection(last, count, "{", "}"),
            Node::Tuple(count) => self.collection(last, count, "(", if count == 1 { ",)" } else { ")" }),
            Node::Index => {
                self.close("]");
                self.part(last, Row::Conditional);
                self.open("[");
                self.part(self.before(last), Row::Atom);
            }
            Node::Slice => {
                let (third, second) = (last, self.before(last));
                let first = self.before(second);
                self.close("]");
                if program.nodes[third as usize] != Node::Absent {
                    self.part(third, Row::Conditional);
                    self.word(":");
                }
                self.part(second, Row::Conditional);
                self.word(":");
                self.part(first, Row::Conditional);
                self.open("[");
                self.part(self.before(first), Row::Atom);
            }
            Node::CallFunction { row, keywords, arguments, first_keyword } => {
                self.close(")");
                match functions::without_degrees(row) {
                    Some(name) => {
                        self.text.push_str(name);
                        self.word("°");
                        self.pieces.push(Piece::Angle(last));
                    }
                    None => {
                        self.function(row);
                        self.arguments(last, arguments, keywords, first_keyword);
                    }
                }
                self.open("(");
            }
            Node::Call { keywords, arguments, first_keyword } => {
                self.close(")");
                let callee = self.arguments(last, arguments, keywords, first_keyword);
                self.open("(");
                self.part(callee, Row::Atom);
            }
            Node::BinderEnd { binder, name, .. } => {
                // The bounds, the start of the loop, the body.
                let mut bound = self.before(last) - 1;
                self.close(")");
                self.part(bound, Row::Conditional);
                for _ in 3..binder.parts() {
                    bound = self.before(bound);
                    self.word(",");
                    self.part(bound, Row::Conditional);
                }
                self.pieces.push(Piece::Name(name, ","));
                self.word(",");
                self.part(last, Row::Conditional);
                self.open("(");
                self.word(binder.name());
            }
            Node::Assign { count, names_at, unpack } => {
                self.part(last, Row::Conditional);
                self.targets(count, names_at, if unpack && count == 1 { ",=" } else { "=" });
            }
            Node::Clear { count, names_at } => self.targets(count, names_at, "="),
            Node::EndDefine { definition } => {
                let definition = &program.definitions[definition as usize];
                self.part(last, Row::Conditional);
                self.word("@=");
                if let Some(parameters) = &definition.parameters {
                    self.word(")");
                    for (at, parameter) in parameters.iter().enumerate().rev() {
                        self.pieces.push(Piece::Name(*parameter, if at + 1 < parameters.len() { "," } else { "" }));
                    }
                    self.word("(");
                }
                self.pieces.push(Piece::Name(definition.name, ""));
            }
            // An absent part of a slice is written as nothing; jumps and the like are not roots.
            Node::Absent
            | Node::CompareStep(..)
            | Node::AndJump(_)
            | Node::OrJump(_)
            | Node::IfJump(_)
            | Node::ElseJump(_)
            | Node::BinderStart { .. }
            | Node::Define { .. }
            | Node::Drop => {}
        }
    }

    fn function(&mut self, row: u16) {
        if let Some(function) = functions::at(row) {
            self.text.push_str(if functions::needs_prefix(function) { "math." } else { "" });
            self.text.push_str(function.name);
        }
    }

    fn chain(&mut self, last: u32, mut operator: Comparison) {
        let mut operand = last;
        loop {
            self.part(operand, Row::OrBits);
            self.word(spaced(operator));
            operand = self.before(operand);
            match self.program.nodes[operand as usize] {
                Node::CompareStep(earlier, _) => {
                    let step = operand;
                    operator = earlier;
                    operand -= 1;
                    if self.view.is_passed(self.frame, step) {
                        break;
                    }
                }
                _ => break,
            }
        }
        self.part(operand, Row::OrBits);
    }

    fn logical(&mut self, last: u32, word: &'static str, left: Row, right: Row) {
        self.part(last, right);
        self.word(word);
        // Before the right operand stands the jump.
        self.part(self.before(last) - 1, left);
    }

    fn collection(&mut self, last: u32, count: u32, open: &'static str, close: &'static str) {
        self.close(close);
        self.arguments(last, count, 0, 0);
        self.open(open);
    }

    /// Parts with commas between them; gives the root of what stands before them.
    fn arguments(&mut self, last: u32, count: u32, keywords: u16, first_keyword: u32) -> u32 {
        let mut operand = last;
        for at in (0..count).rev() {
            self.part(operand, Row::Conditional);
            if let Some(keyword) = (at + u32::from(keywords)).checked_sub(count) {
                self.pieces.push(Piece::Name(self.program.keywords[(first_keyword + keyword) as usize], "="));
            }
            if at > 0 {
                self.word(",");
            }
            operand = self.before(operand);
        }
        operand
    }

    fn targets(&mut self, count: u32, names_at: u32, last: &'static str) {
        for at in (0..count).rev() {
            let name = self.program.targets[(names_at + at) as usize];
            self.pieces.push(Piece::Name(name, if at + 1 < count { "," } else { last }));
        }
    }
}

fn literal(value: &Value, text: &mut String) {
    match value {
        // Python has no literal of infinity but one that overflows.
        Value::Float(value) if value.is_infinite() => text.push_str("1e999"),
        Value::Complex(value) if value.imaginary.is_infinite() => text.push_str("1e999j"),
        Value::Float(value) => float::write(*value, text),
        Value::Str(quotable) => text.push_str(&quoted(&quotable.string, |character| (' '..='~').contains(&character))),
        // Writing to a `String` cannot fail.
        value => drop(write!(text, "{value}")),
    }
}

fn row_of(operator: Binary) -> Row {
    match operator {
        Binary::Power => Row::Power,
        Binary::Multiply | Binary::Divide | Binary::FloorDivide | Binary::Modulo => Row::Product,
        Binary::Add | Binary::Subtract => Row::Sum,
        Binary::ShiftLeft | Binary::ShiftRight => Row::Shift,
        Binary::And => Row::AndBits,
        Binary::Xor => Row::XorBits,
        Binary::Or => Row::OrBits,
    }
}

/// The next row, for the right side of what groups to the left.
fn tighter(row: Row) -> Row {
    match row {
        Row::OrBits => Row::XorBits,
        Row::XorBits => Row::AndBits,
        Row::AndBits => Row::Shift,
        Row::Shift => Row::Sum,
        Row::Sum => Row::Product,
        _ => Row::Sign,
    }
}

/// A comparison with blanks around it: they keep `5! == 120` readable.
fn spaced(operator: Comparison) -> &'static str {
    match operator {
        Comparison::Less => " < ",
        Comparison::LessOrEqual => " <= ",
        Comparison::Greater => " > ",
        Comparison::GreaterOrEqual => " >= ",
        Comparison::Equal => " == ",
        Comparison::NotEqual => " != ",
        Comparison::Is => " is ",
        Comparison::IsNot => " is not ",
        Comparison::In => " in ",
        Comparison::NotIn => " not in ",
    }
}
