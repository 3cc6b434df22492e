//! Program to canonical text: one spelling for each meaning, which is the key of the answer.
//!
//! The law: parsing the canonical text gives the same program, and so the same answer. Texts that differ only in
//! blanks, comments, redundant brackets and the spelling of operators and literals share it; other texts never do.
//! Nothing is reordered (`2+3` and `3+2` differ, since their errors may differ) and nothing is folded (`1+1` is not
//! `2`).
//!
//! Only keywords and comparisons have blanks around them. Brackets stand where the precedence table requires them.

mod school;
mod markup;

use std::fmt::Write as _;

use crate::arithmetic::{Binary, Comparison, Unary};
use crate::error::Span;
use crate::functions;
use crate::lexer::to_superscript;
use crate::notation::{DecimalSign, Notation};
use crate::number::float;
use crate::program::{Binder, Definition, Node, Program};
use crate::text::push;
use crate::value::{Value, quoted};
pub(crate) use markup::Markup;

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

pub(crate) enum Shown<'v> {
    /// The subtree itself.
    Itself,
    /// The text of a value. With a sign, it is bracketed on the right of an operator and beside a tighter one
    /// (`2-(-3)`).
    Value { text: &'v str, is_signed: bool },
    /// A part of the subtree.
    Part(u32),
    /// The body of a definition, in another frame.
    Body { root: u32, frame: u32 },
}

/// How a program is shown: as it is ([`Plain`]), or with values in place of some parts. A frame is one evaluation of a
/// definition's body; frame 0 is the text itself.
pub(crate) trait View {
    fn shown(&self, _frame: u32, _root: u32) -> Shown<'_> {
        Shown::Itself
    }

    /// Whether this comparison of a chain, and all before it, are no longer shown.
    fn is_passed(&self, _frame: u32, _step: u32) -> bool {
        false
    }

    /// Whether to note the place of the subtree in the written text.
    fn is_marked(&self, _frame: u32, _root: u32) -> bool {
        false
    }
}

/// Shows the program as it is.
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
    /// The subtree that ends in this node, with brackets if it binds less tightly than the row.
    Subtree(u32, Row),
    /// The subtree itself, even if the view shows something else, without brackets.
    Bare(u32),
    /// The operand of `°` in `sin(x°)`: signs, and an operand as tight as a factorial.
    Angle(u32),
    /// The end of a marked part, which began at this byte.
    MarkEnd(usize),
    /// The frame of the following pieces.
    Frame(u32),
    /// The nesting grows by one bracket, condition or else-branch.
    Deeper,
    Shallower,
}

impl Program {
    /// The canonical text.
    pub fn canonical(&self) -> String {
        self.write().map_or_else(String::new, |written| written.text)
    }

    pub(crate) fn canonical_of(&self, root: u32) -> String {
        let written = self.write_statement(root, &self.subtrees(), &Plain, Notation::Python, usize::MAX);
        written.map_or_else(String::new, |written| written.text)
    }

    /// How deep brackets, conditions and else-branches nest in the canonical text.
    pub(crate) fn canonical_depth(&self) -> u64 {
        self.write().map_or(0, |written| written.depth)
    }

    fn write(&self) -> Option<Written> {
        let starts = self.subtrees();
        // The canonical text is nearly always about as long as the parsed text, so the string does not grow.
        let room = self.spans.last().map_or(0, |span| span.end as usize) + 8;
        Writer::new(self, &starts, &Plain, usize::MAX, room).write(&self.statements)
    }

    /// The canonical text in school notation; `None` if only Python's notation has one.
    pub(crate) fn written_in_school(&self, decimal: DecimalSign) -> Option<String> {
        let starts = self.subtrees();
        let mut writer = Writer::new(self, &starts, &Plain, usize::MAX, 32);
        writer.notation = Notation::School { decimal };
        let text = writer.write(&self.statements)?.text;
        (!text.contains(FOREIGN)).then_some(text)
    }

    /// One statement in a view and a notation that has it, given its [`subtrees`](Self::subtrees); `None` if it is longer
    /// than `bytes_max`.
    pub(crate) fn write_statement(
        &self,
        root: u32,
        starts: &[u32],
        view: &impl View,
        notation: Notation,
        bytes_max: usize,
    ) -> Option<Written> {
        let mut writer = Writer::new(self, starts, view, bytes_max, 32);
        writer.notation = notation;
        writer.write(&[root])
    }
}

/// Written for what school notation does not have; it stands in no text.
const FOREIGN: &str = "\0";

struct Writer<'p, V> {
    /// How the text is spelled.
    notation: Notation,
    program: &'p Program,
    starts: &'p [u32],
    view: &'p V,
    /// The frame of the piece that is being written.
    frame: u32,
    bytes_max: usize,
    text: String,
    marks: Vec<Span>,
    pieces: Vec<Piece>,
}

impl<'p, V: View> Writer<'p, V> {
    /// A writer with room for a text of so many bytes.
    fn new(program: &'p Program, starts: &'p [u32], view: &'p V, bytes_max: usize, room: usize) -> Self {
        let (text, marks, pieces) = (String::with_capacity(room), Vec::new(), Vec::with_capacity(16));
        Self { notation: Notation::Python, program, starts, view, frame: 0, bytes_max, text, marks, pieces }
    }

    /// The text of statements; `None` if it becomes too long.
    fn write(mut self, statements: &[u32]) -> Option<Written> {
        for (at, root) in statements.iter().enumerate().rev() {
            self.pieces.push(Piece::Subtree(*root, Row::Conditional));
            if at > 0 {
                self.pieces.push(Piece::Text(if self.is_school() { "; " } else { ";" }));
            }
        }
        let (mut depth, mut deepest) = (0_u64, 0);
        while let Some(piece) = self.pieces.pop() {
            if self.text.len() > self.bytes_max {
                return None;
            }
            match piece {
                Piece::Text(text) => push(&mut self.text, text),
                Piece::Name(name, behind) => {
                    push(&mut self.text, &self.program.names[name as usize]);
                    push(&mut self.text, behind);
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

    /// Writes a subtree, or what the view shows for it, with brackets if it binds less tightly than the row.
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

    /// Writes the operand of `°`.
    fn angle(&mut self, root: u32) {
        let symbol = match self.program.nodes[root as usize] {
            Node::Unary(Unary::Minus) => "-",
            Node::Unary(Unary::Plus) => "+",
            _ => return self.subtree(root, Row::Factorial),
        };
        // A shown number needs no brackets for its sign either.
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
            Node::Binary(operator) => self.operator(operator).1,
            Node::Root(_) => Row::Root,
            Node::Factorial => Row::Factorial,
            Node::Compare(_) => Row::Comparison,
            Node::And => Row::And,
            Node::Or => Row::Or,
            Node::Conditional => Row::Conditional,
            _ => Row::Atom,
        }
    }

    fn is_school(&self) -> bool {
        self.notation != Notation::Python
    }

    /// The sign of an operator and its row.
    fn operator(&self, operator: Binary) -> (&'static str, Row) {
        if self.is_school() {
            return school::operator(operator).unwrap_or((FOREIGN, row_of(operator)));
        }
        (operator.symbol(), row_of(operator))
    }

    /// What stands between two elements.
    fn separator(&self) -> &'static str {
        if self.is_school() { "; " } else { "," }
    }

    /// A number that has been written from `start` on, with the decimal sign of the notation.
    fn respell_number(&mut self, start: usize) {
        if let Notation::School { decimal } = self.notation {
            let number = school::number(&self.text[start..], decimal);
            self.text.truncate(start);
            self.text.push_str(&number);
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
            Node::Small(value) => push(&mut self.text, itoa::Buffer::new().format(value)),
            Node::Constant(constant) => {
                let (value, start) = (&program.constants[constant as usize], self.text.len());
                literal(value, &mut self.text);
                if !matches!(value, Value::Str(_)) {
                    self.respell_number(start);
                }
            }
            Node::Literal(constant) => {
                if let Value::Str(text) = &program.constants[constant as usize] {
                    let start = self.text.len();
                    self.text.push_str(&text.string);
                    self.respell_number(start);
                }
            }
            Node::None => self.text.push_str("None"),
            Node::Bool(value) => self.text.push_str(if value { "True" } else { "False" }),
            Node::MathConstant { row, qualified } => {
                let name = functions::CONSTANTS[row as usize].name;
                self.text.push_str(if qualified { "math." } else { "" });
                self.text.push_str(if self.is_school() && !qualified { school::constant(name) } else { name });
            }
            Node::Function(row) => self.function(row, 1),
            Node::Name(name) | Node::Unknown(name) | Node::Local { name, .. } => {
                push(&mut self.text, &program.names[name as usize]);
            }
            Node::UnknownMath(name) => {
                self.text.push_str("math.");
                self.text.push_str(&program.names[name as usize]);
            }
            Node::Unary(operator) => {
                let (symbol, row) = match operator {
                    Unary::Plus => ("+", Row::Sign),
                    Unary::Minus => ("-", Row::Sign),
                    Unary::Invert if self.is_school() => (FOREIGN, Row::Sign),
                    Unary::Invert => ("~", Row::Sign),
                    Unary::Not => ("not ", Row::Not),
                };
                push(&mut self.text, symbol);
                self.part(last, row);
            }
            Node::Factorial => {
                self.word("!");
                // `3!!` is the double factorial of schools.
                self.part(last, if self.is_school() { Row::Atom } else { Row::Factorial });
            }
            Node::Root(index) => {
                if index != 2 {
                    self.text.push_str(&to_superscript(index.into()));
                }
                self.text.push('√');
                self.part(last, Row::Root);
            }
            Node::Binary(operator) => {
                let (symbol, row) = self.operator(operator);
                // All operators group to the left except the power, whose right side may be a sign.
                let base = if self.is_school() { Row::Factorial } else { Row::Root };
                let (left, right) = if operator == Binary::Power { (base, Row::Sign) } else { (row, tighter(row)) };
                self.part(last, right);
                self.word(symbol);
                self.part(self.before(last), left);
            }
            Node::Compare(operator) => self.chain(last, operator),
            Node::And => self.logical(last, " and ", Row::And, Row::Not),
            Node::Or => self.logical(last, " or ", Row::Or, Row::And),
            Node::Conditional => self.conditional(last),
            Node::List(1) if self.is_school() => self.collection(last, 1, "[", ";]"),
            Node::Set(1) if self.is_school() => self.collection(last, 1, "{", ";}"),
            Node::Tuple(1) if self.is_school() => self.collection(last, 1, "(", ";)"),
            Node::List(count) => self.collection(last, count, "[", "]"),
            Node::Set(count) => self.collection(last, count, "{", "}"),
            Node::Tuple(count) => self.collection(last, count, "(", if count == 1 { ",)" } else { ")" }),
            Node::Index | Node::Slice if self.is_school() => self.word(FOREIGN),
            Node::Index => {
                self.close("]");
                self.part(last, Row::Conditional);
                self.open("[");
                self.part(self.before(last), Row::Atom);
            }
            Node::Slice => self.slice(last),
            Node::CallFunction { row, keywords, arguments, first_keyword } => {
                self.close(")");
                match functions::without_degrees(row) {
                    Some(name) => {
                        self.text.push_str(name);
                        self.word("°");
                        self.pieces.push(Piece::Angle(last));
                    }
                    None => {
                        self.function(row, arguments);
                        let is_of_many = functions::at(row).is_some_and(|function| school::is_of_many(function.name));
                        self.arguments(last, arguments, keywords, first_keyword, is_of_many);
                    }
                }
                self.open("(");
            }
            Node::Call { keywords, arguments, first_keyword } => {
                self.close(")");
                let callee = self.arguments(last, arguments, keywords, first_keyword, true);
                self.open("(");
                self.part(callee, Row::Atom);
            }
            Node::BinderEnd { binder, name, .. } => self.binder(last, binder, name),
            Node::Assign { count, names_at, unpack } => {
                self.part(last, Row::Conditional);
                self.targets(count, names_at, if unpack && count == 1 { ",=" } else { "=" });
            }
            Node::Clear { count, names_at } => self.targets(count, names_at, "="),
            Node::EndDefine { definition } => self.definition(last, &program.definitions[definition as usize]),
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

    fn conditional(&mut self, second: u32) {
        // In postfix order: condition, jump, first branch, jump, second branch.
        let first = self.before(second) - 1;
        let condition = self.before(first) - 1;
        self.pieces.push(Piece::Shallower);
        self.part(second, Row::Conditional);
        self.word(" else ");
        self.part(condition, Row::Or);
        self.word(" if ");
        self.pieces.push(Piece::Deeper);
        self.part(first, Row::Or);
    }

    fn slice(&mut self, step: u32) {
        let stop = self.before(step);
        let start = self.before(stop);
        self.close("]");
        if self.program.nodes[step as usize] != Node::Absent {
            self.part(step, Row::Conditional);
            self.word(":");
        }
        self.part(stop, Row::Conditional);
        self.word(":");
        self.part(start, Row::Conditional);
        self.open("[");
        self.part(self.before(start), Row::Atom);
    }

    fn binder(&mut self, body: u32, binder: Binder, name: u32) {
        // In postfix order: the bounds, the start of the loop, the body.
        let mut bound = self.before(body) - 1;
        self.close(")");
        self.part(bound, Row::Conditional);
        for _ in 3..binder.parts() {
            bound = self.before(bound);
            self.word(self.separator());
            self.part(bound, Row::Conditional);
        }
        self.pieces.push(Piece::Name(name, self.separator()));
        self.word(self.separator());
        self.part(body, Row::Conditional);
        self.open("(");
        self.word(binder.name());
    }

    fn definition(&mut self, body: u32, definition: &Definition) {
        self.part(body, Row::Conditional);
        self.word(if self.is_school() && definition.parameters.is_some() { "=" } else { "@=" });
        if let Some(parameters) = &definition.parameters {
            self.word(")");
            for (at, parameter) in parameters.iter().enumerate().rev() {
                let behind = if at + 1 < parameters.len() { self.separator() } else { "" };
                self.pieces.push(Piece::Name(*parameter, behind));
            }
            self.word("(");
        }
        self.pieces.push(Piece::Name(definition.name, ""));
    }

    /// Writes the name of a function that is called with so many arguments.
    fn function(&mut self, row: u16, arguments: u32) {
        if let Some(function) = functions::at(row) {
            let needs_prefix = functions::needs_prefix(function);
            if self.is_school() && !needs_prefix {
                return self.text.push_str(&school::function(function.name, arguments));
            }
            self.text.push_str(if needs_prefix { "math." } else { "" });
            self.text.push_str(function.name);
        }
    }

    fn chain(&mut self, last: u32, mut operator: Comparison) {
        let mut operand = last;
        loop {
            self.part(operand, Row::OrBits);
            let school = school::comparison(operator).filter(|_| self.is_school());
            self.word(school.unwrap_or(spaced(operator)));
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
        // A jump stands before the right operand.
        self.part(self.before(last) - 1, left);
    }

    fn collection(&mut self, last: u32, count: u32, open: &'static str, close: &'static str) {
        self.close(close);
        self.arguments(last, count, 0, 0, false);
        self.open(open);
    }

    /// Writes parts with separators between them; gives the root of the operand before them.
    /// `is_of_many` for a function that takes any number of arguments.
    fn arguments(&mut self, last: u32, count: u32, keywords: u16, first_keyword: u32, is_of_many: bool) -> u32 {
        let mut operand = last;
        for at in (0..count).rev() {
            if is_of_many && count == 1 && self.has_decimal_comma(operand) {
                self.close(")");
                self.pieces.push(Piece::Bare(operand));
                self.open("(");
            } else {
                self.part(operand, Row::Conditional);
            }
            if let Some(keyword) = (at + u32::from(keywords)).checked_sub(count) {
                self.pieces.push(Piece::Name(self.program.keywords[(first_keyword + keyword) as usize], "="));
            }
            if at > 0 {
                self.word(self.separator());
            }
            operand = self.before(operand);
        }
        operand
    }

    /// Whether a part is a number with a decimal comma, which might separate.
    fn has_decimal_comma(&self, part: u32) -> bool {
        let is_comma = matches!(self.notation, Notation::School { decimal: DecimalSign::Comma });
        is_comma && matches!(self.program.nodes[part as usize], Node::Constant(_) | Node::Literal(_))
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
        // Python has no literal for infinity, except one that overflows.
        Value::Float(value) if value.is_infinite() => text.push_str("1e999"),
        Value::Complex(value) if value.imaginary.is_infinite() => text.push_str("1e999j"),
        // Writing to a `String` cannot fail.
        Value::Float(value) => drop(float::write(*value, text)),
        Value::Str(quotable) => text.push_str(&quoted(&quotable.string, |character| (' '..='~').contains(&character))),
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

/// The next tighter row, for the right side of an operator that groups to the left.
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

/// A comparison with blanks around it, so that `5! == 120` stays readable.
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
