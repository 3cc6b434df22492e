//! Program to canonical text: one spelling for one meaning, and so the name of the answer.
//!
//! The law: reading the canonical text gives the same program, and with it the same answer. Texts that differ only in
//! blanks, comments, redundant brackets and the spelling of operators and literals share it; others never do. Nothing
//! is reordered (`2+3` and `3+2` differ: floats do not commute with errors) and nothing is folded (`1+1` is not `2`).
//!
//! Blanks stand around keywords and comparisons only. Brackets stand where the precedence table asks for them.

use crate::arithmetic::{Binary, Comparison, Unary};
use crate::functions;
use crate::number::float;
use crate::program::{Node, Program};
use crate::value::Value;

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
    Atom,
}

/// What is still to be written, last first.
enum Piece {
    Text(&'static str),
    /// The subtree that ends in this node, in brackets if it binds less tightly than the row.
    Subtree(u32, Row),
    Keyword(u32),
}

impl Program {
    /// The canonical text.
    pub fn canonical(&self) -> String {
        let starts = self.subtrees();
        let mut text = String::new();
        let mut pieces = Vec::new();
        if let Some(root) = (self.nodes.len() as u32).checked_sub(1) {
            pieces.push(Piece::Subtree(root, Row::Conditional));
        }
        while let Some(piece) = pieces.pop() {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Keyword(name) => {
                    text.push_str(&self.names[name as usize]);
                    text.push('=');
                }
                Piece::Subtree(root, least) => {
                    let brackets = self.row(root) < least;
                    if brackets {
                        text.push('(');
                        pieces.push(Piece::Text(")"));
                    }
                    self.expand(root, &starts, &mut text, &mut pieces);
                }
            }
        }
        text
    }

    fn row(&self, root: u32) -> Row {
        match self.nodes[root as usize] {
            Node::Unary(Unary::Not) => Row::Not,
            Node::Unary(_) => Row::Sign,
            Node::Binary(operator) => row_of(operator),
            Node::Compare(_) => Row::Comparison,
            Node::And => Row::And,
            Node::Or => Row::Or,
            Node::Conditional => Row::Conditional,
            _ => Row::Atom,
        }
    }

    /// Writes a leaf, or leaves the parts of a subtree to be written, last first.
    fn expand(&self, root: u32, starts: &[u32], text: &mut String, pieces: &mut Vec<Piece>) {
        // A node's last operand ends just before it, and each other one just before where the next begins.
        let before = |end: u32| starts[end as usize].wrapping_sub(1);
        let last = root.wrapping_sub(1);
        match self.nodes[root as usize] {
            Node::Small(value) => text.push_str(&value.to_string()),
            Node::Constant(constant) => match &self.constants[constant as usize] {
                // Python has no literal of infinity but one that overflows.
                Value::Float(value) if value.is_infinite() => text.push_str("1e999"),
                Value::Float(value) => text.push_str(&float::text(*value)),
                value => text.push_str(&value.to_string()),
            },
            Node::None => text.push_str("None"),
            Node::Bool(value) => text.push_str(if value { "True" } else { "False" }),
            Node::MathConstant { row, qualified } => {
                text.push_str(if qualified { "math." } else { "" });
                text.push_str(functions::CONSTANTS[row as usize].0);
            }
            Node::Function(row) => {
                if let Some(function) = functions::at(row) {
                    text.push_str(if functions::needs_prefix(function) { "math." } else { "" });
                    text.push_str(function.name);
                }
            }
            Node::Unknown(name) => text.push_str(&self.names[name as usize]),
            Node::UnknownMath(name) => {
                text.push_str("math.");
                text.push_str(&self.names[name as usize]);
            }
            Node::Unary(operator) => {
                let (symbol, row) = match operator {
                    Unary::Plus => ("+", Row::Sign),
                    Unary::Minus => ("-", Row::Sign),
                    Unary::Invert => ("~", Row::Sign),
                    Unary::Not => ("not ", Row::Not),
                };
                text.push_str(symbol);
                pieces.push(Piece::Subtree(last, row));
            }
            Node::Binary(operator) => {
                let row = row_of(operator);
                // All group to the left but the power, whose right side is a sign or tighter.
                let (left, right) = match operator {
                    Binary::Power => (Row::Atom, Row::Sign),
                    _ => (row, tighter(row)),
                };
                pieces.push(Piece::Subtree(last, right));
                pieces.push(Piece::Text(operator.symbol()));
                pieces.push(Piece::Subtree(before(last), left));
            }
            Node::Compare(operator) => {
                let mut operand = last;
                let mut operator = operator;
                loop {
                    pieces.push(Piece::Subtree(operand, Row::OrBits));
                    pieces.push(Piece::Text(spaced(operator)));
                    operand = before(operand);
                    match self.nodes[operand as usize] {
                        Node::CompareStep(earlier, _) => {
                            operator = earlier;
                            operand -= 1;
                        }
                        _ => break,
                    }
                }
                pieces.push(Piece::Subtree(operand, Row::OrBits));
            }
            Node::And | Node::Or => {
                let (word, row) =
                    if self.nodes[root as usize] == Node::And { (" and ", Row::And) } else { (" or ", Row::Or) };
                pieces.push(Piece::Subtree(last, tighter(row)));
                pieces.push(Piece::Text(word));
                // Before the right operand stands the jump.
                pieces.push(Piece::Subtree(before(last) - 1, row));
            }
            Node::Conditional => {
                // condition, jump, first branch, jump, second branch.
                let first = before(last) - 1;
                let condition = before(first) - 1;
                pieces.push(Piece::Subtree(last, Row::Conditional));
                pieces.push(Piece::Text(" else "));
                pieces.push(Piece::Subtree(condition, Row::Or));
                pieces.push(Piece::Text(" if "));
                pieces.push(Piece::Subtree(first, Row::Or));
            }
            Node::Call { arguments, keywords, first_keyword } => {
                pieces.push(Piece::Text(")"));
                let mut operand = last;
                for at in (0..arguments).rev() {
                    pieces.push(Piece::Subtree(operand, Row::Conditional));
                    if let Some(keyword) = (at + u32::from(keywords)).checked_sub(arguments) {
                        pieces.push(Piece::Keyword(self.keywords[(first_keyword + keyword) as usize]));
                    }
                    if at > 0 {
                        pieces.push(Piece::Text(","));
                    }
                    operand = before(operand);
                }
                pieces.push(Piece::Text("("));
                pieces.push(Piece::Subtree(operand, Row::Atom));
            }
            // Jumps are no roots.
            Node::CompareStep(..) | Node::AndJump(_) | Node::OrJump(_) | Node::IfJump(_) | Node::ElseJump(_) => {}
        }
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
        Row::Or => Row::And,
        Row::And => Row::Not,
        Row::OrBits => Row::XorBits,
        Row::XorBits => Row::AndBits,
        Row::AndBits => Row::Shift,
        Row::Shift => Row::Sum,
        Row::Sum => Row::Product,
        _ => Row::Sign,
    }
}

/// A comparison with blanks around it: they keep `5! == 120` readable once there are factorials.
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
