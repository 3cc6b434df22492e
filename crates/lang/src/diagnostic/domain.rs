//! The messages for an argument outside the domain of a function, in CPython's words, in English and in Portuguese.

use super::Language::{self, English, Portuguese};
use crate::error::Given;
use crate::functions::{self, Domain};
use crate::number::{Complex, float};

/// Not every integer above this is a float.
const EXACT_INTEGERS: f64 = 9_007_199_254_740_992.0;

/// CPython's words; `None` for functions that it does not have.
pub(super) fn python(function: &str, given: Option<Given>) -> Option<String> {
    let expected = match domain(function) {
        Domain::NotNegative => "expected a nonnegative input",
        Domain::Positive => "expected a positive input",
        Domain::AboveMinusOne => "expected argument value > -1",
        Domain::Unit => "expected a number in range from -1 up to 1",
        Domain::OpenUnit => "expected a number between -1 and 1",
        Domain::FromOne => "expected argument value not less than 1",
        Domain::Finite => "expected a finite input",
        Domain::NoPoles => "expected a noninteger or positive integer",
        Domain::Quotient | Domain::RealPower => return Some("math domain error".to_owned()),
        Domain::All | Domain::Angle | Domain::OutsideUnit | Domain::Counting | Domain::Words => return None,
    };
    // CPython does not name the argument of a logarithm if it is an integer beyond the floats.
    let given = given.filter(|given| !(given.is_integer() && expected == "expected a positive input"));
    Some(given.map_or_else(|| expected.to_owned(), |given| format!("{expected}, got {}", float::text(given.value()))))
}

/// The plain message. `function` may also be an operator, in the modes where it has a domain.
pub(super) fn message(function: &str, given: Option<Given>, language: Language) -> String {
    let say = |english: &str, portuguese: &str| match language {
        English => english.to_owned(),
        Portuguese => portuguese.to_owned(),
    };
    match function {
        "**" => {
            return say(
                "a negative number has no real power whose exponent is a fraction, and 0**0 is undefined here",
                "um número negativo não tem potência real com expoente fracionário, e 0**0 não está definido aqui",
            );
        }
        "%" => return say("division by zero has no remainder", "a divisão por zero não tem resto"),
        _ => {}
    }
    let (english, portuguese) = match domain(function) {
        Domain::NotNegative if given.is_some() => return square_root(given, language),
        Domain::NotNegative => {
            return say(
                "a negative number has no real root; in python mode √ gives the complex one",
                "um número negativo não tem raiz real; no modo python √ dá a raiz complexa",
            );
        }
        Domain::RealPower => {
            return say(
                "there is no real power of a negative number to a fraction, nor of 0 to a negative number; ** has \
                 complex powers",
                "não há potência real de um número negativo a uma fração, nem de 0 a um número negativo; ** tem \
                 potências complexas",
            );
        }
        Domain::Quotient => {
            return say(
                &format!("{function}(x, y) is defined for a finite x and a y that is not 0"),
                &format!("{function}(x, y) está definida para um x finito e um y diferente de 0"),
            );
        }
        Domain::Positive => ("numbers greater than 0", "números maiores que 0"),
        Domain::AboveMinusOne => ("numbers greater than -1", "números maiores que -1"),
        Domain::Unit => ("numbers from -1 to 1", "números de -1 a 1"),
        Domain::OpenUnit => ("numbers between -1 and 1, without these two", "números entre -1 e 1, fora esses dois,"),
        Domain::FromOne => ("numbers from 1 up", "números a partir de 1"),
        Domain::Finite | Domain::Angle => ("finite numbers", "números finitos"),
        Domain::OutsideUnit => ("numbers from 1 up and from -1 down", "números a partir de 1 ou até -1"),
        Domain::NoPoles => ("all numbers but 0, -1, -2 and so on", "todos os números menos 0, -1, -2 etc.,"),
        Domain::Counting => ("whole numbers from 1 up", "números inteiros a partir de 1"),
        Domain::Words => ("whole numbers of up to 64 bits", "números inteiros de até 64 bits"),
        Domain::All => ("other numbers", "outros números"),
    };
    let given = given.map(|given| shown(given, language));
    let (and_english, and_portuguese) = match given {
        Some(given) => (format!(", and was given {given}"), format!(" e recebeu {given}")),
        None => Default::default(),
    };
    let sentence = format!("{function} está definida para {portuguese}{and_portuguese}");
    say(&format!("{function} is defined for {english}{and_english}"), sentence.trim_end_matches(','))
}

/// The domain of a function, or of the operator `√`.
fn domain(function: &str) -> Domain {
    if function == "√" { Domain::NotNegative } else { functions::domain(function).unwrap_or(Domain::All) }
}

/// The message for the square root of a negative number, which suggests the complex one.
fn square_root(given: Option<Given>, language: Language) -> String {
    let number = given.map_or_else(String::new, |given| shown(given, language));
    let none = match language {
        English => format!("no real square root of {number}"),
        Portuguese => format!("não há raiz quadrada real de {number}"),
    };
    let Some(value) = given.map(Given::value).filter(|value| value.is_finite()) else { return none };
    let root = Complex::new(0.0, (-value).sqrt());
    match language {
        English => format!("{none}; the complex one is {root}, written √({number}) or ({number})**0.5"),
        Portuguese => format!("{none}; a complexa é {root}, que se escreve √({number}) ou ({number})**0.5"),
    }
}

/// The number as a person would write it.
fn shown(given: Given, language: Language) -> String {
    match (given.value(), language) {
        (value, _) if given.is_integer() && value.abs() < EXACT_INTEGERS => format!("{value:.0}"),
        (value, English) if given.is_integer() && value.is_infinite() => {
            if value > 0.0 {
                "one beyond 10**308".to_owned()
            } else {
                "one below -10**308".to_owned()
            }
        }
        (value, Portuguese) if given.is_integer() && value.is_infinite() => {
            if value > 0.0 {
                "um além de 10**308".to_owned()
            } else {
                "um abaixo de -10**308".to_owned()
            }
        }
        (value, _) => float::text(value),
    }
}
