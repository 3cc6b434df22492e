//! Program to LaTeX and MathML: the same structure as the canonical text, with fractions, exponents and roots as they are
//! printed. Brackets that the layout makes unnecessary are left out.

use std::borrow::Cow;

use super::{Row, Shown, View, literal, row_of, school, tighter};
use crate::arithmetic::{Binary, Comparison, Unary};
use crate::functions;
use crate::notation::{DecimalSign, Notation};
use crate::program::{Binder, Node, Program};
use crate::value::Value;

/// A language for formulas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Markup {
    /// As between `$` and `$`.
    Latex,
    /// As between `<math>` and `</math>`.
    MathMl,
}

/// The same sign in both languages: its LaTeX, and the content of an `<mo>`.
macro_rules! sign {
    ($latex:literal, $mathml:literal) => {
        [$latex, concat!("<mo>", $mathml, "</mo>")]
    };
}

type Signs = [&'static str; 2];

const OPEN: Signs = ["\\left(", "<mrow><mo>(</mo>"];
const CLOSE: Signs = ["\\right)", "<mo>)</mo></mrow>"];
const FRACTION: Signs = ["\\frac{", "<mfrac><mrow>"];
const FRACTION_END: Signs = ["}", "</mrow></mfrac>"];
const NEXT: Signs = ["}{", "</mrow><mrow>"];
const POWER: Signs = ["", "<msup><mrow>"];
const EXPONENT: Signs = ["^{", "</mrow><mrow>"];
const POWER_END: Signs = ["}", "</mrow></msup>"];
const INDEXED: Signs = ["", "<msub><mrow>"];
const INDEX: Signs = ["_{", "</mrow><mrow>"];
const INDEXED_END: Signs = ["}", "</mrow></msub>"];
const ROOT: Signs = ["\\sqrt{", "<msqrt>"];
const ROOT_END: Signs = ["}", "</msqrt>"];
const BAR: Signs = ["\\left|", "<mrow><mo>|</mo>"];
const BAR_END: Signs = ["\\right|", "<mo>|</mo></mrow>"];
const FLOOR: Signs = ["\\left\\lfloor ", "<mrow><mo>⌊</mo>"];
const FLOOR_END: Signs = ["\\right\\rfloor ", "<mo>⌋</mo></mrow>"];
const CEILING: Signs = ["\\left\\lceil ", "<mrow><mo>⌈</mo>"];
const CEILING_END: Signs = ["\\right\\rceil ", "<mo>⌉</mo></mrow>"];
const LIST: Signs = ["\\left[", "<mrow><mo>[</mo>"];
const LIST_END: Signs = ["\\right]", "<mo>]</mo></mrow>"];
const SET: Signs = ["\\left\\{", "<mrow><mo>{</mo>"];
const SET_END: Signs = ["\\right\\}", "<mo>}</mo></mrow>"];
const BINOMIAL: Signs = ["\\binom{", "<mrow><mo>(</mo><mfrac linethickness=\"0\"><mrow>"];
const BINOMIAL_END: Signs = ["}", "</mrow></mfrac><mo>)</mo></mrow>"];
const DEGREES: Signs = ["^{\\circ}", "<mo>°</mo>"];
const FACTORIAL: Signs = sign!("!", "!");
const TIMES: Signs = sign!("\\cdot ", "⋅");
const EQUALS: Signs = sign!("=", "=");
const COMMA: Signs = sign!(",", ",");
const SEMICOLON: Signs = sign!(";", ";");
const DOTS: Signs = sign!("\\ldots ", "…");
const PLUS: Signs = sign!("+", "+");
const MINUS: Signs = sign!("-", "−");

impl Program {
    /// The program as LaTeX, as between `$` and `$`. The notation gives the decimal sign and what separates elements.
    ///
    /// ```
    /// use tabuada_lang::{Limits, Notation, parse};
    ///
    /// let program = parse("(1+√5)/2 <= 2**k", &Limits::default())?;
    /// assert_eq!(program.latex(Notation::Python), r"\frac{1+\sqrt{5}}{2}\leq 2^{k}");
    /// # Ok::<(), tabuada_lang::Error>(())
    /// ```
    pub fn latex(&self, notation: Notation) -> String {
        self.marked_up(Markup::Latex, notation)
    }

    /// The program as MathML, as between `<math>` and `</math>`. The notation is as for [`Program::latex`].
    pub fn mathml(&self, notation: Notation) -> String {
        self.marked_up(Markup::MathMl, notation)
    }

    fn marked_up(&self, markup: Markup, notation: Notation) -> String {
        let starts = self.subtrees();
        let writer = Writer::new(self, &starts, &super::Plain, (markup, notation));
        writer.write(&self.statements, usize::MAX).unwrap_or_default()
    }

    /// One statement in a view; `None` if it is longer than `bytes_max`. In MathML, the marked part is an `mrow` of the
    /// class `next`.
    pub(crate) fn mark_up_statement(
        &self,
        root: u32,
        starts: &[u32],
        view: &impl View,
        style: (Markup, Notation),
        bytes_max: usize,
    ) -> Option<String> {
        Writer::new(self, starts, view, style).write(&[root], bytes_max)
    }
}

impl Program {
    /// The text of a value as a formula.
    pub(crate) fn mark_up_value(&self, text: &str, style: (Markup, Notation)) -> String {
        Writer::new(self, &[], &super::Plain, style).value(text)
    }
}

enum Piece {
    Text(Cow<'static, str>),
    /// The subtree that ends in this node, with brackets if it binds less tightly than the row.
    Part(u32, Row),
    /// The subtree itself, even if the view shows something else, without brackets.
    Bare(u32),
    Frame(u32),
}

struct Writer<'p, V> {
    program: &'p Program,
    starts: &'p [u32],
    view: &'p V,
    markup: Markup,
    notation: Notation,
    frame: u32,
    text: String,
    /// The pieces still to be written, last first.
    pieces: Vec<Piece>,
}

impl<'p, V: View> Writer<'p, V> {
    fn new(program: &'p Program, starts: &'p [u32], view: &'p V, (markup, notation): (Markup, Notation)) -> Self {
        Self { program, starts, view, markup, notation, frame: 0, text: String::new(), pieces: Vec::new() }
    }

    fn write(mut self, statements: &[u32], bytes_max: usize) -> Option<String> {
        for (at, root) in statements.iter().enumerate().rev() {
            self.part(*root, Row::Conditional);
            if at > 0 {
                self.sign(["; ", "<mo>;</mo>"]);
            }
        }
        while let Some(piece) = self.pieces.pop() {
            if self.text.len() > bytes_max {
                return None;
            }
            match piece {
                Piece::Text(text) => self.text.push_str(&text),
                Piece::Part(root, least) => self.subtree(root, least),
                Piece::Bare(root) => self.expand(root),
                Piece::Frame(frame) => self.frame = frame,
            }
        }
        (self.text.len() <= bytes_max).then_some(self.text)
    }

    fn subtree(&mut self, root: u32, least: Row) {
        if self.markup == Markup::MathMl && self.view.is_marked(self.frame, root) {
            self.text.push_str("<mrow class=\"next\">");
            self.word("</mrow>");
        }
        match self.view.shown(self.frame, root) {
            Shown::Itself if self.row(root) < least => self.within(OPEN, CLOSE, root),
            Shown::Itself => self.expand(root),
            Shown::Value { text, is_signed } => {
                let is_product =
                    text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) && text.contains(['e', '/']);
                let is_grouped = (is_signed && least > Row::Sum) || (is_product && least > Row::Sign);
                let value = self.value(text);
                let [open, close] = if is_grouped { [self.of(OPEN), self.of(CLOSE)] } else { [""; 2] };
                self.text.extend([open, &value, close]);
            }
            Shown::Part(part) => self.part(part, least),
            Shown::Body { root, frame } => {
                self.pieces.push(Piece::Frame(self.frame));
                self.part(root, least);
                self.frame = frame;
            }
        }
    }

    /// How tightly a subtree binds on paper, where a fraction needs brackets only under an exponent or before a `!`.
    fn row(&self, root: u32) -> Row {
        match self.program.nodes[root as usize] {
            Node::Unary(Unary::Not) => Row::Not,
            Node::Unary(_) | Node::Binary(Binary::Divide) => Row::Sign,
            Node::Binary(Binary::FloorDivide) => Row::Atom,
            Node::Binary(operator) => self.operator(operator).1,
            Node::Root(_) => Row::Root,
            Node::Factorial => Row::Factorial,
            Node::Compare(_) => Row::Comparison,
            Node::And => Row::And,
            Node::Or => Row::Or,
            Node::Conditional => Row::Conditional,
            Node::Constant(_) | Node::Literal(_) if self.number_of(root).contains('e') => Row::Product,
            Node::BinderEnd { binder: Binder::Sum | Binder::Integral, .. } => Row::Sum,
            Node::BinderEnd { binder: Binder::Product, .. } => Row::Product,
            Node::CallFunction { row, arguments: 1, keywords: 0, .. } => match name_of(row) {
                "exp" => Row::Power,
                "factorial" => Row::Factorial,
                _ => Row::Atom,
            },
            _ => Row::Atom,
        }
    }

    fn operator(&self, operator: Binary) -> (Signs, Row) {
        let signs = match operator {
            Binary::Multiply => TIMES,
            Binary::Add => PLUS,
            Binary::Subtract => MINUS,
            Binary::Modulo => sign!("\\bmod ", "mod"),
            Binary::And if self.is_school() => sign!("\\cap ", "∩"),
            Binary::Or if self.is_school() => sign!("\\cup ", "∪"),
            Binary::And => sign!("\\mathbin{\\&}", "&amp;"),
            Binary::Or => sign!("\\mathbin{|}", "|"),
            Binary::Xor => sign!("\\oplus ", "⊕"),
            Binary::ShiftLeft => sign!("\\ll ", "≪"),
            Binary::ShiftRight => sign!("\\gg ", "≫"),
            // These three have layouts of their own.
            Binary::Power | Binary::Divide | Binary::FloorDivide => ["", ""],
        };
        let row = if self.is_school() { school::operator(operator).map(|(_, row)| row) } else { None };
        (signs, row.unwrap_or(row_of(operator)))
    }

    fn is_school(&self) -> bool {
        self.notation != Notation::Python
    }

    fn is_comma(&self) -> bool {
        self.notation == Notation::School { decimal: DecimalSign::Comma }
    }

    fn separator(&self) -> Signs {
        if self.is_school() { SEMICOLON } else { COMMA }
    }

    fn of(&self, [latex, mathml]: Signs) -> &'static str {
        match self.markup {
            Markup::Latex => latex,
            Markup::MathMl => mathml,
        }
    }

    fn before(&self, root: u32) -> u32 {
        self.starts[root as usize].wrapping_sub(1)
    }

    // Pieces are pushed last first.

    fn part(&mut self, root: u32, least: Row) {
        self.pieces.push(Piece::Part(root, least));
    }

    fn word(&mut self, word: impl Into<Cow<'static, str>>) {
        self.pieces.push(Piece::Text(word.into()));
    }

    fn sign(&mut self, signs: Signs) {
        self.word(self.of(signs));
    }

    /// A subtree between two signs.
    fn within(&mut self, open: Signs, close: Signs, root: u32) {
        self.sign(close);
        self.pieces.push(Piece::Bare(root));
        self.sign(open);
    }

    /// What is shown of a subtree, between two signs.
    fn shown_within(&mut self, open: Signs, close: Signs, root: u32) {
        self.sign(close);
        self.part(root, Row::Conditional);
        self.sign(open);
    }

    fn name(&self, name: u32) -> String {
        self.identifier(&self.program.names[name as usize])
    }

    fn identifier(&self, name: &str) -> String {
        match self.markup {
            Markup::MathMl => format!("<mi>{}</mi>", escaped(name)),
            Markup::Latex if name.chars().count() == 1 => name.to_owned(),
            Markup::Latex => format!("\\mathrm{{{}}}", name.replace('_', "\\_")),
        }
    }

    fn words(&self, text: &str) -> String {
        match self.markup {
            Markup::MathMl => format!("<mtext>{}</mtext>", escaped(text)),
            Markup::Latex => format!("\\text{{{}}}", in_text(text)),
        }
    }

    /// The canonical text of a number.
    fn number_of(&self, root: u32) -> String {
        let mut text = String::new();
        match self.program.nodes[root as usize] {
            Node::Constant(constant) => match &self.program.constants[constant as usize] {
                Value::Str(_) => {}
                value => literal(value, &mut text),
            },
            Node::Literal(constant) => {
                if let Value::Str(spelled) = &self.program.constants[constant as usize] {
                    text.push_str(&spelled.string);
                }
            }
            _ => {}
        }
        text
    }

    /// A number: with a power of ten for an exponent.
    fn number(&self, text: &str) -> String {
        let (text, unit) =
            text.strip_suffix('j').map_or((text, ""), |text| (text, self.of(["\\,\\mathrm{j}", "<mi>j</mi>"])));
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, ""));
        if exponent == "999" {
            return format!("{}{unit}", self.of(["\\infty", "<mi>∞</mi>"]));
        }
        let sign = match self.markup {
            _ if !self.is_comma() => ".",
            Markup::Latex => "{,}",
            Markup::MathMl => ",",
        };
        let digits = |digits: &str| match self.markup {
            Markup::Latex => digits.replace(['.', ','], sign),
            Markup::MathMl => match digits.strip_prefix('-') {
                Some(digits) => format!("<mrow><mo>−</mo><mn>{}</mn></mrow>", digits.replace(['.', ','], sign)),
                None => format!("<mn>{}</mn>", digits.replace(['.', ','], sign)),
            },
        };
        if exponent.is_empty() {
            return digits(mantissa) + unit;
        }
        let sign = if exponent.starts_with('-') { "-" } else { "" };
        let exponent = exponent.trim_start_matches(['+', '-']).trim_start_matches('0');
        let exponent = digits(&format!("{sign}{exponent}"));
        let power = match self.markup {
            Markup::Latex => format!("10^{{{exponent}}}"),
            Markup::MathMl => format!("<msup><mn>10</mn>{exponent}</msup>"),
        };
        format!("{}{}{power}{unit}", digits(mantissa), self.of(TIMES))
    }

    /// The text of a value: numbers, their signs and separators. Other texts are quoted.
    fn value(&self, text: &str) -> String {
        if text.contains(['\'', '"']) {
            return self.words(text);
        }
        let mut written = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let is_exponent = |at: usize| rest[..at].ends_with('e') && rest.starts_with(|c: char| c.is_ascii_digit());
            let is_part = |(at, c): (usize, char)| {
                let is_decimal = c == '.' || (c == ',' && self.is_comma());
                c.is_ascii_alphanumeric() || c == '_' || is_decimal || (matches!(c, '+' | '-') && is_exponent(at))
            };
            let length = rest.char_indices().take_while(|part| is_part(*part)).count();
            let (word, after) = rest.split_at(length.max(first.len_utf8()));
            match word {
                "inf" => written.push_str(self.of(["\\infty", "<mi>∞</mi>"])),
                _ if first.is_ascii_digit() => written.push_str(&self.quotient(word, after)),
                _ if length > 0 => written.push_str(&self.words(word)),
                " " => {}
                _ => written.push_str(&self.character(first)),
            }
            // A denominator has been written with its numerator.
            rest = match after.strip_prefix('/') {
                Some(after) if first.is_ascii_digit() => after.trim_start_matches(|c: char| c.is_ascii_digit()),
                _ => after,
            };
        }
        written
    }

    /// A number, or the fraction that begins with it.
    fn quotient(&self, word: &str, after: &str) -> String {
        let Some(after) = after.strip_prefix('/') else { return self.number(word) };
        let length = after.bytes().take_while(u8::is_ascii_digit).count();
        let parts = [self.of(FRACTION), &self.number(word), self.of(NEXT), &self.number(&after[..length])];
        parts.concat() + self.of(FRACTION_END)
    }

    fn character(&self, character: char) -> Cow<'static, str> {
        Cow::Borrowed(self.of(match character {
            '-' => MINUS,
            '*' => TIMES,
            '…' => DOTS,
            ',' => self.separator(),
            '{' => sign!("\\{", "{"),
            '}' => sign!("\\}", "}"),
            other => {
                return Cow::Owned(match self.markup {
                    Markup::Latex => other.to_string(),
                    Markup::MathMl => format!("<mo>{}</mo>", escaped(&other.to_string())),
                });
            }
        }))
    }

    /// Writes a leaf, or pushes the parts of a subtree.
    fn expand(&mut self, root: u32) {
        let program = self.program;
        let last = root.wrapping_sub(1);
        match program.nodes[root as usize] {
            Node::Small(value) => self.word(self.number(&value.to_string())),
            Node::Constant(constant) if matches!(program.constants[constant as usize], Value::Str(_)) => {
                let mut text = String::new();
                literal(&program.constants[constant as usize], &mut text);
                self.word(self.words(&text));
            }
            Node::Constant(_) | Node::Literal(_) => self.word(self.number(&self.number_of(root))),
            Node::None => self.word(self.words("None")),
            Node::Bool(value) => self.word(self.words(if value { "True" } else { "False" })),
            Node::MathConstant { row, .. } => self.word(self.constant(functions::CONSTANTS[row as usize].name)),
            Node::Function(row) => self.word(self.identifier(name_of(row))),
            Node::Name(name) | Node::Unknown(name) | Node::UnknownMath(name) | Node::Local { name, .. } => {
                self.word(self.name(name));
            }
            Node::Unary(operator) => {
                let (signs, row) = match operator {
                    Unary::Plus => (PLUS, Row::Sign),
                    Unary::Minus => (MINUS, Row::Sign),
                    Unary::Invert => (sign!("{\\sim}", "~"), Row::Sign),
                    Unary::Not => (sign!("\\lnot ", "¬"), Row::Not),
                };
                self.operand(last, row);
                self.sign(signs);
            }
            Node::Factorial => {
                self.sign(FACTORIAL);
                self.part(last, Row::Atom);
            }
            Node::Root(2) => self.shown_within(ROOT, ROOT_END, last),
            Node::Root(index) => self.root(index, last),
            Node::Binary(operator) => self.binary(operator, last),
            Node::Compare(operator) => self.chain(last, operator),
            Node::And => self.logical(last, sign!("\\land ", "∧"), Row::And, Row::Not),
            Node::Or => self.logical(last, sign!("\\lor ", "∨"), Row::Or, Row::And),
            Node::Conditional => self.conditional(last),
            Node::List(count) => self.collection(last, count, LIST, LIST_END),
            Node::Set(count) => self.collection(last, count, SET, SET_END),
            Node::Tuple(1) => {
                self.sign(CLOSE);
                self.sign(self.separator());
                self.part(last, Row::Conditional);
                self.sign(OPEN);
            }
            Node::Tuple(count) => self.collection(last, count, OPEN, CLOSE),
            Node::Index => {
                self.sign(INDEXED_END);
                self.part(last, Row::Conditional);
                self.sign(INDEX);
                self.part(self.before(last), Row::Atom);
                self.sign(INDEXED);
            }
            Node::Slice => self.slice(last),
            Node::CallFunction { row, keywords, arguments, first_keyword } => {
                self.call_function(row, last, arguments, (keywords, first_keyword));
            }
            Node::Call { keywords, arguments, first_keyword } => {
                self.sign(CLOSE);
                let callee = self.arguments(last, arguments, (keywords, first_keyword));
                self.sign(OPEN);
                self.part(callee, Row::Atom);
            }
            Node::BinderEnd { binder, name, .. } => self.binder(last, binder, name),
            Node::Assign { count, names_at, unpack } => {
                self.part(last, Row::Conditional);
                self.targets(count, names_at, if unpack && count == 1 { "," } else { "" });
            }
            Node::Clear { count, names_at } => self.targets(count, names_at, ""),
            Node::EndDefine { definition } => {
                let definition = &program.definitions[definition as usize];
                self.part(last, Row::Conditional);
                self.sign(EQUALS);
                if let Some(parameters) = &definition.parameters {
                    self.sign(CLOSE);
                    for (at, parameter) in parameters.iter().enumerate().rev() {
                        self.word(self.name(*parameter));
                        if at > 0 {
                            self.sign(self.separator());
                        }
                    }
                    self.sign(OPEN);
                }
                self.word(self.name(definition.name));
            }
            // An absent part of a slice is written as nothing; jumps and the like are not roots.
            _ => {}
        }
    }

    fn constant(&self, name: &str) -> String {
        let signs = match name {
            "pi" => ["\\pi ", "<mi>π</mi>"],
            "tau" => ["\\tau ", "<mi>τ</mi>"],
            "phi" => ["\\varphi ", "<mi>φ</mi>"],
            "inf" => ["\\infty ", "<mi>∞</mi>"],
            name => return self.identifier(name),
        };
        self.of(signs).to_owned()
    }

    /// An operand behind a sign: one with a sign of its own is bracketed.
    fn operand(&mut self, root: u32, least: Row) {
        let has_sign = matches!(self.program.nodes[root as usize], Node::Unary(Unary::Plus | Unary::Minus));
        self.part(root, if has_sign { Row::Power } else { least });
    }

    fn binary(&mut self, operator: Binary, right: u32) {
        let left = self.before(right);
        match operator {
            Binary::Divide => self.quotient_of(left, right, FRACTION, FRACTION_END),
            Binary::FloorDivide => {
                self.sign(FLOOR_END);
                self.quotient_of(left, right, FRACTION, FRACTION_END);
                self.sign(FLOOR);
            }
            Binary::Power => {
                self.sign(POWER_END);
                self.part(right, Row::Conditional);
                self.sign(EXPONENT);
                self.part(left, Row::Root);
                self.sign(POWER);
            }
            operator => {
                let (signs, row) = self.operator(operator);
                self.operand(right, tighter(row));
                self.sign(signs);
                self.part(left, row);
            }
        }
    }

    /// Two parts, one above the other.
    fn quotient_of(&mut self, above: u32, below: u32, open: Signs, close: Signs) {
        self.sign(close);
        self.part(below, Row::Conditional);
        self.sign(NEXT);
        self.part(above, Row::Conditional);
        self.sign(open);
    }

    fn root(&mut self, index: u32, radicand: u32) {
        match self.markup {
            Markup::Latex => {
                self.word("}");
                self.part(radicand, Row::Conditional);
                self.word(format!("\\sqrt[{index}]{{"));
            }
            Markup::MathMl => {
                self.word(format!("</mrow><mn>{index}</mn></mroot>"));
                self.part(radicand, Row::Conditional);
                self.word("<mroot><mrow>");
            }
        }
    }

    fn chain(&mut self, last: u32, mut operator: Comparison) {
        let mut operand = last;
        loop {
            self.part(operand, Row::OrBits);
            self.sign(comparison(operator));
            operand = self.before(operand);
            let Node::CompareStep(earlier, _) = self.program.nodes[operand as usize] else { break };
            let step = operand;
            operator = earlier;
            operand -= 1;
            if self.view.is_passed(self.frame, step) {
                break;
            }
        }
        self.part(operand, Row::OrBits);
    }

    fn logical(&mut self, last: u32, signs: Signs, left: Row, right: Row) {
        self.part(last, right);
        self.sign(signs);
        // A jump stands before the right operand.
        self.part(self.before(last) - 1, left);
    }

    fn conditional(&mut self, second: u32) {
        // In postfix order: condition, jump, first branch, jump, second branch.
        let first = self.before(second) - 1;
        let condition = self.before(first) - 1;
        self.part(second, Row::Conditional);
        self.word(self.words(" else "));
        self.part(condition, Row::Or);
        self.word(self.words(" if "));
        self.part(first, Row::Or);
    }

    fn slice(&mut self, step: u32) {
        let stop = self.before(step);
        let start = self.before(stop);
        self.sign(INDEXED_END);
        if self.program.nodes[step as usize] != Node::Absent {
            self.part(step, Row::Conditional);
            self.sign(sign!(":", ":"));
        }
        self.part(stop, Row::Conditional);
        self.sign(sign!(":", ":"));
        self.part(start, Row::Conditional);
        self.sign(INDEX);
        self.part(self.before(start), Row::Atom);
        self.sign(INDEXED);
    }

    fn collection(&mut self, last: u32, count: u32, open: Signs, close: Signs) {
        self.sign(close);
        self.arguments(last, count, (0, 0));
        self.sign(open);
    }

    /// Writes parts with separators between them; gives the root of the operand before them.
    fn arguments(&mut self, last: u32, count: u32, (keywords, first_keyword): (u16, u32)) -> u32 {
        let mut operand = last;
        for at in (0..count).rev() {
            self.part(operand, Row::Conditional);
            if let Some(keyword) = (at + u32::from(keywords)).checked_sub(count) {
                self.sign(EQUALS);
                self.word(self.name(self.program.keywords[(first_keyword + keyword) as usize]));
            }
            if at > 0 {
                self.sign(self.separator());
            }
            operand = self.before(operand);
        }
        operand
    }

    fn call_function(&mut self, row: u16, last: u32, arguments: u32, keywords: (u16, u32)) {
        if let Some(name) = functions::without_degrees(row) {
            self.sign(CLOSE);
            self.sign(DEGREES);
            self.part(last, Row::Sign);
            self.sign(OPEN);
            return self.function(name);
        }
        match (name_of(row), arguments, keywords.0) {
            ("sqrt", 1, 0) => self.shown_within(ROOT, ROOT_END, last),
            ("cbrt", 1, 0) => self.root(3, last),
            ("abs" | "fabs", 1, 0) => self.shown_within(BAR, BAR_END, last),
            ("floor", 1, 0) => self.shown_within(FLOOR, FLOOR_END, last),
            ("ceil", 1, 0) => self.shown_within(CEILING, CEILING_END, last),
            ("exp", 1, 0) => {
                self.shown_within(EXPONENT, POWER_END, last);
                self.word(self.identifier("e"));
                self.sign(POWER);
            }
            ("factorial", 1, 0) => {
                self.sign(FACTORIAL);
                self.part(last, Row::Atom);
            }
            ("comb" | "binomial", 2, 0) => self.quotient_of(self.before(last), last, BINOMIAL, BINOMIAL_END),
            ("log", 2, 0) => {
                self.shown_within(OPEN, CLOSE, self.before(last));
                self.shown_within(INDEX, INDEXED_END, last);
                self.word(self.of(["\\log", "<mi>log</mi>"]));
                self.sign(INDEXED);
            }
            (name, ..) => {
                self.sign(CLOSE);
                self.arguments(last, arguments, keywords);
                self.sign(OPEN);
                self.function(if name == "log" { "ln" } else { name });
            }
        }
    }

    /// The name of a function before its brackets.
    fn function(&mut self, name: &str) {
        let known = match name {
            "asin" => "arcsin",
            "acos" => "arccos",
            "atan" => "arctan",
            name => name,
        };
        let written = match (self.markup, name) {
            (Markup::Latex, "log10" | "log2") => format!("\\log_{{{}}}", &name[3..]),
            (Markup::MathMl, "log10" | "log2") => format!("<msub><mi>log</mi><mn>{}</mn></msub>", &name[3..]),
            (Markup::MathMl, _) => format!("<mi>{}</mi>", escaped(known)),
            (Markup::Latex, _) if COMMANDS.contains(&known) => format!("\\{known}"),
            (Markup::Latex, _) => format!("\\operatorname{{{}}}", known.replace('_', "\\_")),
        };
        self.word(written + self.of(["", "<mo>\u{2061}</mo>"]));
    }

    fn binder(&mut self, body: u32, binder: Binder, name: u32) {
        // In postfix order: the bounds, the start of the loop, the body.
        let upper = self.before(body) - 1;
        let variable = self.name(name);
        match binder {
            Binder::Sum | Binder::Product => {
                let signs = if binder == Binder::Sum { ["\\sum", "∑"] } else { ["\\prod", "∏"] };
                self.part(body, Row::Product);
                let [from, to, end] = match self.markup {
                    Markup::Latex => [format!("{}_{{{variable}=", signs[0]), "}^{".to_owned(), "}".to_owned()],
                    Markup::MathMl => [
                        format!("<munderover><mo>{}</mo><mrow>{variable}<mo>=</mo>", signs[1]),
                        "</mrow><mrow>".to_owned(),
                        "</mrow></munderover>".to_owned(),
                    ],
                };
                self.word(end);
                self.part(upper, Row::Conditional);
                self.word(to);
                self.part(self.before(upper), Row::Conditional);
                self.word(from);
            }
            Binder::Integral => {
                self.word(match self.markup {
                    Markup::Latex => format!("\\,d{variable}"),
                    Markup::MathMl => format!("<mi>d</mi>{variable}"),
                });
                self.part(body, Row::Product);
                self.sign(["}", "</mrow></msubsup>"]);
                self.part(upper, Row::Conditional);
                self.sign(["}^{", "</mrow><mrow>"]);
                self.part(self.before(upper), Row::Conditional);
                self.sign(["\\int_{", "<msubsup><mo>∫</mo><mrow>"]);
            }
            Binder::Derivative => {
                self.sign(["}", "</mrow></msub>"]);
                self.part(upper, Row::Conditional);
                let [open, bar] = match self.markup {
                    Markup::Latex => [format!("\\left.\\frac{{d}}{{d{variable}}}"), format!("\\right|_{{{variable}=")],
                    Markup::MathMl => [
                        format!("<msub><mrow><mfrac><mi>d</mi><mrow><mi>d</mi>{variable}</mrow></mfrac>"),
                        format!("<mo>|</mo></mrow><mrow>{variable}<mo>=</mo>"),
                    ],
                };
                self.word(bar);
                self.part(body, Row::Product);
                self.word(open);
            }
            Binder::Root => {
                self.sign(CLOSE);
                let mut bound = upper;
                for _ in 0..2 {
                    self.part(bound, Row::Conditional);
                    self.sign(self.separator());
                    bound = self.before(bound);
                }
                self.word(variable);
                self.sign(self.separator());
                self.part(body, Row::Conditional);
                self.sign(OPEN);
                self.function("root");
            }
        }
    }

    fn targets(&mut self, count: u32, names_at: u32, after: &'static str) {
        self.sign(EQUALS);
        if !after.is_empty() {
            self.sign(COMMA);
        }
        for at in (0..count).rev() {
            self.word(self.name(self.program.targets[(names_at + at) as usize]));
            if at > 0 {
                self.sign(COMMA);
            }
        }
    }
}

/// The functions that LaTeX knows by their names.
const COMMANDS: [&str; 17] = [
    "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "arcsin", "arccos", "arctan", "ln",
    "max", "min", "gcd",
];

fn name_of(row: u16) -> &'static str {
    functions::at(row).map_or("", |function| function.name)
}

fn comparison(operator: Comparison) -> Signs {
    match operator {
        Comparison::Less => sign!("<", "&lt;"),
        Comparison::LessOrEqual => sign!("\\leq ", "≤"),
        Comparison::Greater => sign!(">", "&gt;"),
        Comparison::GreaterOrEqual => sign!("\\geq ", "≥"),
        Comparison::Equal => EQUALS,
        Comparison::NotEqual => sign!("\\neq ", "≠"),
        Comparison::Is => sign!("\\equiv ", "≡"),
        Comparison::IsNot => sign!("\\not\\equiv ", "≢"),
        Comparison::In => sign!("\\in ", "∈"),
        Comparison::NotIn => sign!("\\notin ", "∉"),
    }
}

/// A text as content of XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A text as content of `\text{…}`.
fn in_text(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => written.push_str("\\textbackslash{}"),
            '~' => written.push_str("\\textasciitilde{}"),
            '^' => written.push_str("\\textasciicircum{}"),
            '{' | '}' | '$' | '&' | '#' | '_' | '%' => written.extend(['\\', character]),
            character => written.push(character),
        }
    }
    written
}
