//! The manual: every name that the language knows, with how it is called and a line of documentation in English and
//! in Brazilian Portuguese. Help, completion and the lists in `docs/language.md` are made from it.

use super::constants::Constant;
use super::{ALIASES, CONSTANTS, ROWS, Reached, Row, Section};

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FunctionKind {
    /// A function, called with its arguments.
    Function,
    /// A form, called as `name(body, variable, from, to)` or `derivative(body, variable, at)`; its body is evaluated
    /// for many values of the variable.
    Binder,
    /// A number.
    Constant,
}

impl FunctionKind {
    /// The stable code: `function`, `binder` or `constant`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Binder => "binder",
            Self::Constant => "constant",
        }
    }
}

/// The manual's entry for a name. `sum` and `prod` have two entries, since they are functions and binders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FunctionInfo {
    /// The name, without the prefix.
    pub name: &'static str,
    /// Its kind.
    pub kind: FunctionKind,
    /// The section of the manual.
    pub section: Section,
    /// The arguments in Python's notation: an argument in square brackets or with a default is optional, and a star
    /// stands for any number of arguments. Empty for a constant.
    pub signature: &'static str,
    /// One line in English; code in it stands between grave accents.
    pub doc: &'static str,
    /// The same line in Brazilian Portuguese.
    pub doc_pt: &'static str,
    /// Whether the name is found only with `math.` before it.
    pub needs_prefix: bool,
}

const BINDERS: [FunctionInfo; 5] = [
    FunctionInfo {
        signature: "body, variable, at",
        ..binder(
            "derivative",
            "Numerical derivative of the body with respect to the variable, at a point.",
            "Derivada numérica do corpo em relação à variável, em um ponto.",
        )
    },
    binder(
        "sum",
        "Sum of the body over the integers of the variable, both bounds included; the upper may be `inf`.",
        "Soma do corpo para os inteiros da variável, incluídos os dois limites; o superior pode ser `inf`.",
    ),
    binder(
        "prod",
        "Product of the body over the integers of the variable, both bounds included; the upper may be `inf`.",
        "Produto do corpo para os inteiros da variável, incluídos os dois limites; o superior pode ser `inf`.",
    ),
    binder(
        "integral",
        "Numerical integral of the body over the variable; the bounds may be infinite.",
        "Integral numérica do corpo em relação à variável; os limites podem ser infinitos.",
    ),
    binder(
        "root",
        "Value of the variable between the bounds at which the body is 0; its signs at the bounds must differ.",
        "Valor da variável, entre os limites, no qual o corpo é 0; seus sinais nos limites devem ser opostos.",
    ),
];

const fn binder(name: &'static str, doc: &'static str, doc_pt: &'static str) -> FunctionInfo {
    let signature = "body, variable, from, to";
    FunctionInfo {
        name,
        kind: FunctionKind::Binder,
        section: Section::Binders,
        signature,
        doc,
        doc_pt,
        needs_prefix: false,
    }
}

/// Every function, binder and constant, and the aliases, section by section, in alphabetical order.
pub fn functions() -> impl Iterator<Item = FunctionInfo> {
    let mut all: Vec<FunctionInfo> = Vec::new();
    for Row { function, reached, .. } in ROWS.iter().filter(|row| row.reached != Reached::Degrees) {
        let entry = |name: &'static str| FunctionInfo {
            name,
            kind: FunctionKind::Function,
            section: function.section,
            signature: function.signature,
            doc: function.doc,
            doc_pt: function.doc_pt,
            needs_prefix: *reached == Reached::MathOnly,
        };
        all.push(entry(function.name));
        let aliases = ALIASES.iter().filter(|(_, name)| *name == function.name);
        all.extend(aliases.map(|(alias, _)| entry(alias)));
    }
    all.extend(BINDERS);
    all.extend(CONSTANTS.iter().map(|Constant { name, doc, doc_pt, .. }| FunctionInfo {
        name,
        kind: FunctionKind::Constant,
        section: Section::Constants,
        signature: "",
        doc,
        doc_pt,
        needs_prefix: false,
    }));
    all.sort_by_key(|entry| (entry.section, entry.name, entry.needs_prefix));
    all.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::row::Body;

    /// The minimum and the maximum number of arguments in a signature (`None` for any number).
    fn arity(signature: &str) -> (usize, Option<usize>) {
        let (mut least, mut most, mut open, mut any) = (0, 0, 0, false);
        for parameter in signature.split(',').map(str::trim).filter(|parameter| !parameter.is_empty()) {
            // The brackets before the name count: `[start, ]stop[, step]`.
            let name = parameter.find(char::is_alphanumeric).unwrap_or(0);
            let brackets = |text: &str| text.matches('[').count() as i64 - text.matches(']').count() as i64;
            open += brackets(&parameter[..name]);
            let star = parameter.contains('*');
            any |= star;
            most += 1;
            least += usize::from(!star && open == 0 && !parameter.contains('='));
            open += brackets(&parameter[name..]);
        }
        (least, (!any).then_some(most))
    }

    #[test]
    fn signatures_take_as_many_arguments_as_the_functions() {
        for Row { function, .. } in &ROWS {
            let (least, most) = arity(function.signature);
            let (name, signature) = (function.name, function.signature);
            let fits = match &function.python {
                Body::Float(_) | Body::Overflowing(_) | Body::One(_) => (least, most) == (1, Some(1)),
                Body::Counted { least: l, most: m, .. } => (least, most) == (*l, Some(*m)),
                Body::Any(_) => (least, most) == (0, None),
                // One positional argument, and two keywords.
                Body::Sorted(_) => (least, most) == (1, Some(3)),
                Body::Extreme(_) => most.is_none(),
                Body::Written { names, .. } => {
                    names.iter().all(|name| signature.contains(name)) && (least, most) == (1, Some(names.len()))
                }
                Body::Named { parameters, .. } => {
                    let named = parameters.names.iter().all(|name| signature.contains(name));
                    named
                        && (least == parameters.required || signature.contains('['))
                        && most == Some(parameters.names.len())
                }
            };
            assert!(fits, "{name}({signature}): {least} to {most:?}");
        }
    }

    #[test]
    fn every_name_has_a_line_in_both_languages() {
        let mut sections = Vec::new();
        for entry in functions() {
            for doc in [entry.doc, entry.doc_pt] {
                assert!(doc.ends_with('.') && !doc.contains('\n'), "{}: {doc}", entry.name);
                assert!(doc.chars().count() <= 110, "{}: {doc}", entry.name);
                assert_eq!(doc.matches('`').count() % 2, 0, "{}: {doc}", entry.name);
            }
            assert_ne!(entry.doc, entry.doc_pt);
            sections.push(entry.section);
        }
        sections.dedup();
        assert_eq!(sections, Section::ALL, "no section is empty, and each stands in its place");
    }
}
