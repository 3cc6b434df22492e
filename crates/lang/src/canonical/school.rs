//! What school notation writes otherwise than Python's.

use super::Row;
use crate::arithmetic::{Binary, Comparison};
use crate::notation::DecimalSign;

/// The sign of an operator and its row; `None` for what only Python's notation has.
pub(super) fn operator(operator: Binary) -> Option<(&'static str, Row)> {
    Some(match operator {
        Binary::Power => ("^", Row::Power),
        Binary::Multiply => ("*", Row::Product),
        Binary::Divide => ("/", Row::Product),
        Binary::FloorDivide => (" // ", Row::Product),
        Binary::Modulo => (" mod ", Row::Product),
        Binary::Add => ("+", Row::Sum),
        Binary::Subtract => ("-", Row::Sum),
        // Of whole numbers too, as the signs of sets.
        Binary::And => (" ∩ ", Row::Sum),
        Binary::Or => (" ∪ ", Row::Sum),
        Binary::Xor => (" xor ", Row::XorBits),
        Binary::ShiftLeft | Binary::ShiftRight => return None,
    })
}

/// A comparison with blanks around it.
pub(super) fn comparison(operator: Comparison) -> Option<&'static str> {
    Some(match operator {
        Comparison::LessOrEqual => " ≤ ",
        Comparison::GreaterOrEqual => " ≥ ",
        Comparison::NotEqual => " ≠ ",
        _ => return None,
    })
}

pub(super) fn constant(name: &'static str) -> &'static str {
    match name {
        "pi" => "π",
        "tau" => "τ",
        "phi" => "φ",
        "inf" => "∞",
        name => name,
    }
}

/// The name of a function called with so many arguments.
pub(super) fn function(name: &'static str, arguments: u32) -> String {
    match (name, arguments) {
        ("log10", _) => "log".to_owned(),
        ("log", 1) => "ln".to_owned(),
        // Those have another meaning, or an order of arguments that differs from tool to tool.
        ("log" | "sec" | "csc" | "cot", _) => format!("math.{name}"),
        _ => name.to_owned(),
    }
}

/// Whether a function takes any number of arguments.
pub(super) fn is_of_many(name: &str) -> bool {
    matches!(name, "max" | "min" | "gcd" | "lcm" | "hypot")
}

/// A number with the decimal sign.
pub(super) fn number(text: &str, decimal: DecimalSign) -> String {
    match decimal {
        DecimalSign::Point => text.to_owned(),
        DecimalSign::Comma => text.replace('.', ","),
    }
}
