//! The constants of `math`, which need no prefix, and the golden ratio.

use super::Outcome;
use crate::arithmetic::decimal;
use crate::error::ErrorKind;
use crate::limits::Budget;
use crate::mode::Mode;
use crate::number::Decimal;
use crate::number::decimal::Precision;
use crate::value::Value;

type InDecimal = fn(Precision, &mut Budget) -> Result<Decimal, ErrorKind>;

/// A constant. In exact mode, a finite constant is not exact, and the others do not exist.
pub(crate) struct Constant {
    pub(crate) name: &'static str,
    pub(super) doc: &'static str,
    pub(super) doc_pt: &'static str,
    pub(crate) value: f64,
    /// `None` if decimal mode does not have it.
    decimal: Option<InDecimal>,
    /// Whether `math.` may stand before it.
    pub(crate) is_math: bool,
}

pub(crate) const CONSTANTS: [Constant; 6] = [
    Constant {
        name: "e",
        doc: "Base of the natural logarithm.",
        doc_pt: "Base do logaritmo natural.",
        value: std::f64::consts::E,
        decimal: Some(Decimal::e),
        is_math: true,
    },
    Constant { name: "inf", doc: "Infinity.", doc_pt: "Infinito.", value: f64::INFINITY, decimal: None, is_math: true },
    Constant {
        name: "nan",
        doc: "Not a number: it differs from everything, itself included.",
        doc_pt: "Não é um número: difere de tudo, até de si mesmo.",
        value: f64::NAN,
        decimal: None,
        is_math: true,
    },
    Constant {
        name: "phi",
        doc: "Golden ratio, (1 + √5)/2; also written `φ`.",
        doc_pt: "Razão áurea, (1 + √5)/2; também se escreve `φ`.",
        value: 1.618_033_988_749_895,
        decimal: Some(Decimal::golden_ratio),
        is_math: false,
    },
    Constant {
        name: "pi",
        doc: "Ratio of a circle's circumference to its diameter; also written `π`.",
        doc_pt: "Razão entre a circunferência e o diâmetro de um círculo; também se escreve `π`.",
        value: std::f64::consts::PI,
        decimal: Some(Decimal::pi),
        is_math: true,
    },
    Constant {
        name: "tau",
        doc: "2π, a full turn in radians; also written `τ`.",
        doc_pt: "2π, uma volta completa em radianos; também se escreve `τ`.",
        value: std::f64::consts::TAU,
        decimal: Some(Decimal::tau),
        is_math: true,
    },
];

/// The row of the constant of this name.
pub(crate) fn find_constant(name: &str) -> Option<u8> {
    CONSTANTS.iter().position(|constant| constant.name == name).map(|row| row as u8)
}

/// The constant of a row, as a number of the mode.
pub(crate) fn constant(row: u8, budget: &mut Budget) -> Outcome {
    let constant = &CONSTANTS[usize::from(row)];
    let operation = || constant.name.to_owned();
    match (budget.mode, constant.decimal) {
        (Mode::Python, _) => Ok(Value::Float(constant.value)),
        (Mode::Exact, _) if constant.value.is_finite() => Err(ErrorKind::NotExact { operation: operation() }),
        (Mode::Decimal(_), Some(call)) => call(decimal::precision(budget), budget).map(decimal::value),
        _ => Err(ErrorKind::NotInMode { operation: operation(), mode: budget.mode }),
    }
}
