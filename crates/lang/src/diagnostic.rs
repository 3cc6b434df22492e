//! The messages of errors, in plain English, in Brazilian Portuguese and in CPython's words; and the line of source
//! with carets under the span.

mod domain;
mod english;
mod notation;
mod obstacle;
mod portuguese;
mod python;
mod reading;
mod steps;

use std::fmt;

use unicode_width::UnicodeWidthChar;

use crate::error::{Arity, Bound, Counted, DecimalError, Error, ErrorKind, Estimate, Failure, Span, VariableError};
use crate::notation::Notation;
use crate::{elsewhere, spelling};
pub(crate) use notation::in_notation;
use reading::{feature, syntax};

/// The languages of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Brazilian Portuguese.
    Portuguese,
}

use Language::{English, Portuguese};

impl ErrorKind {
    /// CPython 3.14's message for a failure at run time; `None` for errors that CPython does not have.
    pub fn python(&self) -> Option<String> {
        match self {
            Self::UnknownName { name } => Some(format!("name '{name}' is not defined")),
            Self::UnknownMathName { name } => Some(format!("module 'math' has no attribute '{name}'")),
            Self::Type(error) => Some(python::type_error(error)),
            Self::Value(error) => python::value_error(error),
            Self::ZeroDivision(error) => Some(python::zero_division(*error).to_owned()),
            Self::Overflow(error) => Some(python::overflow(*error).to_owned()),
            _ => None,
        }
    }

    /// The [`message`](Self::message), with the texts that it suggests spelled in a notation.
    ///
    /// ```
    /// use tabuada_lang::{Context, DecimalSign, Language, Limits, Notation, parse_with};
    ///
    /// let notation = Notation::School { decimal: DecimalSign::Point };
    /// let error = parse_with("2⁺", &Context { notation, ..Context::default() }, &Limits::default()).unwrap_err();
    /// assert!(error.kind.message(Language::English).ends_with("a power is also a**(…)"));
    /// assert!(error.kind.message_in(Language::English, notation).ends_with("a power is also a^(…)"));
    /// ```
    pub fn message_in(&self, language: Language, notation: Notation) -> String {
        if notation != Notation::Python
            && let Some(words) = notation::of_school(self, language)
        {
            return words;
        }
        // The numbers of a limit have the separators of the language; the notation's own refusals are spelled in it.
        let message = self.message(language);
        let is_spelled = self.limit().is_some() || matches!(self, Self::Notation(_));
        if is_spelled { message } else { in_notation(message, notation) }
    }

    /// A plain sentence for people: lower-case, without a full stop, and without the place.
    pub fn message(&self, language: Language) -> String {
        let say = |english: &str, portuguese: &str| match language {
            English => english.to_owned(),
            Portuguese => portuguese.to_owned(),
        };
        if let Self::UnknownName { name } = self
            && let Some((english, portuguese)) = elsewhere::note(name)
        {
            return say(english, portuguese);
        }
        let words = match language {
            English => english::at_run_time(self),
            Portuguese => portuguese::at_run_time(self),
        };
        if let Some(words) = words {
            return words;
        }
        match self {
            Self::Syntax(error) => syntax(error, language),
            Self::Variable(error) => variable_error(error, language),
            Self::Unsupported(unsupported) => feature(*unsupported, language),
            Self::Notation(error) => notation::refusal(error, language),
            Self::FunctionAsAnswer { name } => say(
                &format!("'{name}' is a function: call it, as in {name}(…)"),
                &format!("'{name}' é uma função: chame-a, como em {name}(…)"),
            ),
            Self::TooLong { bytes, limit } => say(
                &format!("the text has {} bytes; the limit is {}", grouped(*bytes, ','), grouped(*limit, ',')),
                &format!("o texto tem {} bytes; o limite é {}", grouped(*bytes, '.'), grouped(*limit, '.')),
            ),
            Self::TooDeep { limit } => say(
                &format!("nested too deep; the limit is {limit}: give parts of it names before, as in x = …; …"),
                &format!("aninhamento profundo demais; o limite é {limit}: dê antes nomes às partes, como em x = …; …"),
            ),
            Self::TooManyNodes { limit } => say(
                &format!("too many operations; the limit is {}", grouped(*limit, ',')),
                &format!("operações demais; o limite é {}", grouped(*limit, '.')),
            ),
            Self::IntegerTooLarge { digits, limit } => {
                let most = (*limit as f64 * std::f64::consts::LOG10_2) as u64;
                let bits = bits_as_power(*limit);
                match (digits, language) {
                    (Estimate::About(digits), English) => format!(
                        "the result would have {} digits; the limit is {} ({bits} bits)",
                        grouped(*digits, ','),
                        grouped(most, ',')
                    ),
                    (Estimate::About(digits), Portuguese) => format!(
                        "o resultado teria {} dígitos; o limite é {} ({bits} bits)",
                        grouped(*digits, '.'),
                        grouped(most, '.')
                    ),
                    (Estimate::Astronomical, English) => format!(
                        "the result would have more digits than can be counted; the limit is {} ({bits} bits)",
                        grouped(most, ',')
                    ),
                    (Estimate::Astronomical, Portuguese) => format!(
                        "o resultado teria mais dígitos do que se pode contar; o limite é {} ({bits} bits)",
                        grouped(most, '.')
                    ),
                }
            }
            Self::RangeAsAnswer => say(
                "a range is no answer: make a list of it, as in list(range(…))",
                "um range não é uma resposta: faça dele uma lista, como em list(range(…))",
            ),
            Self::CollectionTooLarge { elements, limit } => {
                let (english, portuguese) = match elements {
                    Estimate::About(count) => (grouped(*count, ','), grouped(*count, '.')),
                    Estimate::Astronomical => ("too many".to_owned(), "incontáveis".to_owned()),
                };
                say(
                    &format!("there would be {english} elements; the limit is {}", grouped(*limit, ',')),
                    &format!("haveria {portuguese} elementos; o limite é {}", grouped(*limit, '.')),
                )
            }
            Self::RationalTooLarge { digits, limit } => {
                let bits = bits_as_power(*limit);
                let digits = match digits {
                    Estimate::About(digits) => {
                        say(&format!("{} digits", grouped(*digits, ',')), &format!("{} dígitos", grouped(*digits, '.')))
                    }
                    Estimate::Astronomical => {
                        say("more digits than can be counted", "mais dígitos do que se pode contar")
                    }
                };
                say(
                    &format!("a part of the fraction would have {digits}; the limit is {bits} bits"),
                    &format!("uma parte da fração teria {digits}; o limite é {bits} bits"),
                )
            }
            Self::Decimal(error) => decimal(error, language),
            Self::NotExact { operation } => say(
                &format!("the result of {operation} is not a fraction; use decimal mode"),
                &format!("o resultado de {operation} não é uma fração; use o modo decimal"),
            ),
            Self::NotInMode { operation, mode } => say(
                &format!("'{operation}' is not available in {mode} mode; python mode has it"),
                &format!("'{operation}' não existe no modo {mode}; o modo python o tem"),
            ),
            Self::AnswerTooLong { characters, limit } => say(
                &format!(
                    "the answer would have {} characters; the limit is {}",
                    grouped(*characters, ','),
                    grouped(*limit, ',')
                ),
                &format!(
                    "a resposta teria {} caracteres; o limite é {}",
                    grouped(*characters, '.'),
                    grouped(*limit, '.')
                ),
            ),
            Self::OutOfFuel { limit } => say(
                &format!("too much work; the limit is {} units of fuel", grouped(*limit, ',')),
                &format!("trabalho demais; o limite é de {} unidades de combustível", grouped(*limit, '.')),
            ),
            Self::OutOfMemory { limit } => say(
                &format!("too much memory; the limit is {} bytes", grouped(*limit, ',')),
                &format!("memória demais; o limite é de {} bytes", grouped(*limit, '.')),
            ),
            Self::Recursive { name } => say(
                &format!("'{name}' is used in its own definition"),
                &format!("'{name}' é usado em sua própria definição"),
            ),
            Self::NoConvergence { what, obstacle, at } => obstacle::words(what, *obstacle, at.as_deref(), language),
            Self::AtPoint { variable, at, cause } => {
                let cause = cause.message(language);
                say(&format!("{cause}, at {variable} = {at}"), &format!("{cause}, em {variable} = {at}"))
            }
            Self::DefinedArity { name, wanted, given } => say(
                &format!("{name}() takes {wanted} argument{}, not {given}", plural(*wanted)),
                &format!("{name}() recebe {wanted} argumento{}, não {given}", plural(*wanted)),
            ),
            Self::Deadline => say("the time is up", "o tempo acabou"),
            _ => say("internal error", "erro interno"),
        }
    }
}

/// An operator or a function, without CPython's additions.
fn bare(operator: &str) -> &str {
    let operator = operator.strip_prefix("unary ").unwrap_or(operator);
    let operator = operator.strip_suffix(" or pow()").unwrap_or(operator);
    let operator = operator.strip_prefix("math.").unwrap_or(operator);
    operator.strip_suffix("()").unwrap_or(operator)
}

/// The function that was called; CPython's message names another one.
fn told(function: &str) -> &str {
    if function == "sort" { "sorted" } else { function }
}

/// The function, the bound on its arguments, the wanted and the given number, and whether only positional ones count.
fn count(arity: &Arity) -> (&str, Bound, u64, u64, bool) {
    match arity {
        Arity::ExactlyOne { function, given } => (function, Bound::Exactly, 1, *given, false),
        Arity::Expected { function, bound, wanted, given } => (function, *bound, *wanted, *given, false),
        Arity::Takes { function, bound, wanted, given, counted } => {
            (function, *bound, *wanted, *given, *counted == Counted::Positional)
        }
        Arity::TakesPositional { function, least, most, given } => {
            let bound = if least == most { Bound::Exactly } else { Bound::AtMost };
            (function, bound, *most, *given, false)
        }
    }
}

fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// 1234567 as `1,234,567`.
fn grouped(number: u64, separator: char) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

fn bits_as_power(bits: u64) -> String {
    if bits.is_power_of_two() { format!("2^{}", bits.trailing_zeros()) } else { bits.to_string() }
}

fn variable_error(error: &VariableError, language: Language) -> String {
    let say = |english: String, portuguese: String| match language {
        English => english,
        Portuguese => portuguese,
    };
    match error {
        VariableError::NotAnObject => say(
            "variables are names with their values, as in {\"x\": 3}".to_owned(),
            "as variáveis são nomes com seus valores, como em {\"x\": 3}".to_owned(),
        ),
        VariableError::Name { name } => {
            say(format!("'{name}' cannot be the name of a variable"), format!("'{name}' não pode ser nome de variável"))
        }
        VariableError::Repeated { name, other } => say(
            format!("'{other}' and '{name}' are one name, given twice"),
            format!("'{other}' e '{name}' são um só nome, dado duas vezes"),
        ),
        VariableError::Object { name } => say(
            format!("the value of '{name}' has names of its own ({{…}}); a variable is a number, a string or a list"),
            format!("o valor de '{name}' tem nomes próprios ({{…}}); uma variável é um número, um texto ou uma lista"),
        ),
        VariableError::Surrogate { name } => say(
            format!("the value of '{name}' holds half of a surrogate pair, which is no character"),
            format!("o valor de '{name}' tem metade de um par substituto, que não é um caractere"),
        ),
    }
}

// In English; a Portuguese program calls `message`.
impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(English))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for ErrorKind {}
impl std::error::Error for Error {}
impl std::error::Error for Failure {}

/// Messages for decimal errors; Python only gives the names of their classes.
fn decimal(error: &DecimalError, language: Language) -> String {
    let say = |english: String, portuguese: String| if language == English { english } else { portuguese };
    match error {
        DecimalError::DivisionByZero => say("division by zero".into(), "divisão por zero".into()),
        DecimalError::DivisionUndefined => {
            say("0 divided by 0 has no value".into(), "0 dividido por 0 não tem valor".into())
        }
        DecimalError::DivisionImpossible { digits } => say(
            format!("the whole quotient has more than {digits} digits; a decimal mode with more digits gives it"),
            format!("o quociente inteiro tem mais de {digits} dígitos; um modo decimal com mais dígitos o dá"),
        ),
        DecimalError::Overflow => say(
            "the result is 10**1000000 or more, where decimal numbers end".into(),
            "o resultado é 10**1000000 ou mais, onde os números decimais acabam".into(),
        ),
        DecimalError::Domain { operation } => domain::message(operation, None, language),
        DecimalError::TooManyDigits { digits } => say(
            format!("rounded there, the number has more than {digits} digits; round to fewer places"),
            format!("arredondado ali, o número tem mais de {digits} dígitos; arredonde para menos casas"),
        ),
        DecimalError::ArgumentTooLarge { limit } => {
            say(format!("the angle is 10**{limit} or more"), format!("o ângulo é 10**{limit} ou mais"))
        }
    }
}

/// The line of `text` in which `span` begins, with carets under the part of the span in that line.
///
/// Long lines are cut around the span. Columns are those of a terminal: 2 for an ideograph or an emoji, 0 for a mark.
pub fn caret(text: &str, span: Span) -> String {
    const COLUMNS: usize = 76;
    let start = (span.start as usize).min(text.len());
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[line_start..].lines().next().unwrap_or("");
    let before = columns(&text[line_start..start]);
    let covered = columns(span.of(text).lines().next().unwrap_or("")).max(1);
    // Only whole characters are cut off, so up to one column more may be cut than requested.
    let asked = before.saturating_sub(COLUMNS / 2);
    let (mut skipped, mut used) = (0, 0);
    let mut shown = String::new();
    for character in line.chars() {
        let width = column_width(character);
        if skipped < asked || (skipped > 0 && used == 0 && width == 0) {
            skipped += width;
            continue;
        }
        if used + width > COLUMNS {
            break;
        }
        used += width;
        shown.push(spelling::shown(character));
    }
    let column = before - skipped.min(before);
    let carets = "^".repeat(covered.min(COLUMNS.saturating_sub(column).max(1)));
    format!("{shown}\n{}{carets}", " ".repeat(column))
}

fn columns(text: &str) -> usize {
    text.chars().map(column_width).sum()
}

fn column_width(character: char) -> usize {
    spelling::shown(character).width().unwrap_or(1)
}
