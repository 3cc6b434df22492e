//! Random functions. Their answers are never stored; the caller gives the seed.

use super::row::{Body, Column, Domain, Function, InDecimal, InExact};
use super::{Outcome, SCALAR, Section, integer, outside};
use crate::error::{ErrorKind, ValueError};
use crate::limits::Budget;
use crate::number::Integer;
use crate::value::Value;

pub(super) const TABLE: &[Function] = &[
    Function {
        name: "randint",
        section: Section::Chance,
        signature: "a, b",
        doc: "Random integer N with a ≤ N ≤ b.",
        doc_pt: "Inteiro aleatório N com a ≤ N ≤ b.",
        domain: Domain::Words,
        price: SCALAR,
        python: Body::Counted { least: 2, most: 2, call: randint },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "rnd",
        section: Section::Chance,
        signature: "",
        doc: "Random float N with 0 ≤ N < 1.",
        doc_pt: "Float aleatório N com 0 ≤ N < 1.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Counted { least: 0, most: 0, call: rnd },
        exact: InExact::NotInMode,
        decimal: InDecimal::NotInMode,
        column: Column::None,
    },
];

fn rnd(_: &[Value], budget: &mut Budget) -> Outcome {
    // 53 bits: every multiple of 2^-53 in [0, 1) is equally likely.
    Ok(Value::Float((budget.random() >> 11) as f64 / 9_007_199_254_740_992.0))
}

fn randint(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let (low, high) = (integer(&arguments[0])?, integer(&arguments[1])?);
    let (Some(from), Some(to)) = (low.as_i64(), high.as_i64()) else {
        let far = if low.as_i64().is_none() { &arguments[0] } else { &arguments[1] };
        return Err(outside("randint", far));
    };
    if from > to {
        return Err(ErrorKind::from(ValueError::EmptyRandomRange));
    }
    let width = from.abs_diff(to);
    let chance = match width.checked_add(1) {
        None => budget.random(),
        // The high half of a 128-bit product: no draw is rejected, and the bias is below 2^-64 times the width.
        Some(count) => ((u128::from(budget.random()) * u128::from(count)) >> 64) as u64,
    };
    Ok(Value::Int(Integer::from(i128::from(from) + i128::from(chance))))
}
