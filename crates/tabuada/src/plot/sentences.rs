//! The text alternative of a picture in the client's language, for readers who cannot see it.

use tabuada_lang::{DecimalSign, Error, Failure, Hint, Language, Notation};

use super::curve::{Curve, View};
use super::drawing::CURVES_MAX;
use super::ticks::{in_notation, told_apart};
use super::{HEIGHTS, Refusal, WIDTHS};

/// The longest name of a curve, in characters.
const NAME_MAX: usize = 80;

/// An expression as the name of its curve.
pub(super) fn name(text: &str) -> String {
    let mut name = String::new();
    for (at, character) in text.trim().chars().enumerate() {
        if at == NAME_MAX {
            name.push('…');
            break;
        }
        name.push(if character.is_control() { ' ' } else { character });
    }
    name
}

/// The names of the curves of an expression that has this name itself: the elements of a list that is written out, or
/// else the name with the number of the element.
pub(super) fn part_names(text: &str, whole: &str, count: usize, notation: Notation) -> Vec<String> {
    if count == 1 {
        return vec![whole.to_owned()];
    }
    match elements(text, notation) {
        Some(elements) if elements.len() == count => elements.into_iter().map(name).collect(),
        _ => (1..=count).map(|at| format!("{whole} ({at})")).collect(),
    }
}

/// The texts of the elements of a list or a tuple. A text whose brackets do not match was not read, and one with a
/// string is not split.
fn elements(text: &str, notation: Notation) -> Option<Vec<&str>> {
    let is_comma = |text: &str| match notation {
        Notation::School { decimal: DecimalSign::Comma } => text.starts_with(';') || text.starts_with(", "),
        _ => text.starts_with(','),
    };
    let text = text.trim();
    let inside = text.strip_prefix(['[', '('])?.strip_suffix([']', ')'])?;
    let (mut depth, mut from, mut elements) = (0_usize, 0, Vec::new());
    for (at, character) in inside.char_indices() {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            '"' | '\'' | '#' => return None,
            _ if depth == 0 && is_comma(&inside[at..]) => {
                elements.push(&inside[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    let last = &inside[from..];
    elements.extend((!last.trim().is_empty()).then_some(last));
    Some(elements)
}

pub(super) fn title(names: &[String], language: Language) -> String {
    let names = names.join(", ");
    match language {
        Language::English => format!("Graph of {names}"),
        Language::Portuguese => format!("Gráfico de {names}"),
    }
}

/// The notice in place of the curves, if there are none.
pub(super) fn notice(curves: &[Curve<'_>], language: Language, notation: Notation) -> Option<String> {
    let is_empty = curves.iter().all(|curve| curve.values().next().is_none());
    is_empty.then(|| nothing(curves.iter().find_map(|curve| curve.failure.as_ref()), language, notation))
}

fn nothing(failure: Option<&Failure>, language: Language, notation: Notation) -> String {
    let said = match language {
        Language::English => "no real value here",
        Language::Portuguese => "nenhum valor real aqui",
    };
    match failure {
        None => said.to_owned(),
        Some(failure) => format!("{said}: {}", failure.kind.message_in(language, notation)),
    }
}

/// The description of the picture in a few sentences.
pub(super) fn description(
    names: &[String],
    curves: &[Curve<'_>],
    hints: &[&[Hint]],
    view: &View,
    digits: Option<usize>,
    (language, notation): (Language, Notation),
) -> String {
    let (from, to) = numbers(view.x.0, view.x.1, digits, notation);
    let (low, high) = numbers(view.y.0, view.y.1, digits, notation);
    let mut text = match language {
        Language::English => format!("x from {from} to {to}, y from {low} to {high}."),
        Language::Portuguese => format!("x de {from} a {to}, y de {low} a {high}."),
    };
    let hint_word = match language {
        Language::English => "Hint",
        Language::Portuguese => "Dica",
    };
    for ((name, curve), hints) in names.iter().zip(curves).zip(hints) {
        text.push_str(&format!("\n{name}: {}.", of_curve(curve, view, digits, (language, notation))));
        for hint in *hints {
            text.push_str(&format!(" {hint_word}: {}.", hint.kind.message_in(language, notation)));
        }
    }
    text
}

/// Two numbers, told apart, with the decimal sign of the notation.
fn numbers(a: f64, b: f64, digits: Option<usize>, notation: Notation) -> (String, String) {
    let (a, b) = told_apart(a, b, digits);
    (in_notation(a, notation), in_notation(b, notation))
}

fn of_curve(
    curve: &Curve<'_>,
    view: &View,
    digits: Option<usize>,
    (language, notation): (Language, Notation),
) -> String {
    let least = curve.values().fold(f64::INFINITY, f64::min);
    let most = curve.values().fold(f64::NEG_INFINITY, f64::max);
    if least > most {
        return nothing(curve.failure.as_ref(), language, notation);
    }
    let mut parts = Vec::new();
    let (low, high) = numbers(least.max(view.y.0), most.min(view.y.1), digits, notation);
    let (is_below, is_above) = (least < view.y.0, most > view.y.1);
    parts.push(match (language, is_below, is_above) {
        (Language::English, false, false) if low == high => format!("always {low}"),
        (Language::English, false, false) => format!("values from {low} to {high}"),
        (Language::English, true, false) => format!("values up to {high}, some below the picture"),
        (Language::English, false, true) => format!("values from {low} on, some above the picture"),
        (Language::English, true, true) => "values below and above the picture".to_owned(),
        (Language::Portuguese, false, false) if low == high => format!("sempre {low}"),
        (Language::Portuguese, false, false) => format!("valores de {low} a {high}"),
        (Language::Portuguese, true, false) => format!("valores até {high}, alguns abaixo da figura"),
        (Language::Portuguese, false, true) => format!("valores a partir de {low}, alguns acima da figura"),
        (Language::Portuguese, true, true) => "valores abaixo e acima da figura".to_owned(),
    });
    let pieces = curve.pieces(view).len();
    if pieces > 1 {
        parts.push(match language {
            Language::English => format!("in {pieces} pieces"),
            Language::Portuguese => format!("em {pieces} partes"),
        });
    }
    parts.join(", ")
}

pub(super) fn refusal(refusal: &Refusal, language: Language) -> String {
    let (widths, heights) = ((WIDTHS.start(), WIDTHS.end()), (HEIGHTS.start(), HEIGHTS.end()));
    match (refusal, language) {
        (Refusal::Count, Language::English) => {
            format!("there are from 1 to {CURVES_MAX} expressions, each in an expr of its own")
        }
        (Refusal::Count, Language::Portuguese) => {
            format!("são de 1 a {CURVES_MAX} expressões, cada uma em um expr só dela")
        }
        (Refusal::Size, Language::English) => {
            format!("width is from {} to {} and height from {} to {}", widths.0, widths.1, heights.0, heights.1)
        }
        (Refusal::Size, Language::Portuguese) => {
            format!("width vai de {} a {} e height de {} a {}", widths.0, widths.1, heights.0, heights.1)
        }
        (Refusal::Aspect, Language::English) => "aspect is free or equal".to_owned(),
        (Refusal::Aspect, Language::Portuguese) => "aspect é free ou equal".to_owned(),
        (Refusal::Bounds(name, from, to), Language::English) => format!("{name} is a whole number from {from} to {to}"),
        (Refusal::Bounds(name, from, to), Language::Portuguese) => {
            format!("{name} é um número inteiro de {from} a {to}")
        }
        (Refusal::NoNumber(name), Language::English) => {
            format!("{name} is a number, or an expression that is one, such as 2*pi")
        }
        (Refusal::NoNumber(name), Language::Portuguese) => {
            let (axis, end) =
                (if name.starts_with('y') { 'y' } else { 'x' }, if name.ends_with("to") { "até" } else { "de" });
            format!("em “{axis} {end}” ({name}) vai um número ou uma conta, como 2*pi")
        }
        (Refusal::Ends(from, to), Language::English) => {
            format!("the start of the range ({from}) must be less than its end ({to}), both within ±1e300")
        }
        (Refusal::Ends(from, to), Language::Portuguese) => {
            format!("o início do intervalo ({from}) precisa ser menor que o fim ({to}), ambos até ±1e300")
        }
        (Refusal::Expression { error: Error { kind, .. }, .. } | Refusal::Stopped(kind), language) => {
            kind.message(language)
        }
    }
}
