//! Roots of polynomials.

use super::row::{Body, Column, Domain, Function, InDecimal, InExact};
use super::{Outcome, SCALAR, Section, elements};
use crate::error::{ErrorKind, TypeError, ValueError};
use crate::limits::{Budget, price};
use crate::number::{Integer, polynomial, rounding};
use crate::value::Value;

pub(super) const ROOTS: Function = Function {
    name: "roots",
    section: Section::Powers,
    signature: "coefficients",
    doc: "Roots of a polynomial, given its coefficients from the highest power down; multiple roots are repeated.",
    doc_pt: "Raízes de um polinômio, dados os coeficientes do maior grau ao menor; raízes múltiplas são repetidas.",
    domain: Domain::All,
    price: SCALAR,
    python: Body::One(roots),
    exact: InExact::NotInMode,
    decimal: InDecimal::NotInMode,
    column: Column::None,
};

/// All roots, ordered by real and then by imaginary part; real roots are floats. The coefficients are real numbers,
/// taken exactly, the highest power first; leading zeros are ignored.
///
/// Fails if a coefficient is not a finite real number, or if all coefficients are 0.
fn roots(value: &Value, budget: &mut Budget) -> Outcome {
    let mut parts = Vec::new();
    for coefficient in elements(value, budget)? {
        parts.push(exact(&coefficient)?);
    }
    // Lowest power first, and all scaled to one power of 2.
    parts.reverse();
    let least = parts.iter().filter(|(mantissa, _)| !mantissa.is_zero()).map(|(_, unit)| *unit).min();
    let least = least.ok_or(ValueError::ZeroPolynomial)?;
    let mut coefficients = Vec::with_capacity(parts.len());
    for (mantissa, unit) in parts {
        coefficients.push(mantissa.shift_left(&Integer::from((unit - least).max(0)), budget)?);
    }
    while coefficients.last().is_some_and(Integer::is_zero) {
        coefficients.pop();
    }
    let roots = polynomial::roots(&coefficients, budget)?;
    budget.charge(price::SCALAR.saturating_mul(roots.len() as u64))?;
    let value = |root: crate::number::Complex| match root.imaginary == 0.0 {
        true => Value::Float(root.real),
        false => Value::complex(root),
    };
    Value::list(roots.into_iter().map(value).collect(), budget)
}

/// A real number as an integer times a power of 2.
fn exact(value: &Value) -> Result<(Integer, i64), ErrorKind> {
    match (value, value.integer()) {
        (Value::Float(float), _) if !float.is_finite() => Err(ValueError::NotFinite.into()),
        (Value::Float(float), _) => {
            let (mantissa, unit) = rounding::parts(*float);
            let mantissa = if *float < 0.0 { -(mantissa as i64) } else { mantissa as i64 };
            let zeros = if mantissa == 0 { 0 } else { mantissa.trailing_zeros() };
            Ok((Integer::from(mantissa >> zeros), i64::from(unit) + i64::from(zeros)))
        }
        (_, Some(integer)) => Ok((integer, 0)),
        _ => Err(TypeError::NotReal { found: value.kind() }.into()),
    }
}
