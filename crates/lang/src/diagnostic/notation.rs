//! Messages for texts that only school notation refuses.

use super::Language::{self, English};
use crate::error::{Ambiguity, ErrorKind, Feature, NotationError, Syntax};
use crate::notation::Notation;

pub(super) fn refusal(error: &NotationError, language: Language) -> String {
    let say = |english: String, portuguese: String| if language == English { english } else { portuguese };
    match error {
        NotationError::Ambiguous { what, readings } => {
            let (english, portuguese) = ambiguity(*what);
            match readings.as_slice() {
                [first, second] => say(
                    format!("{english}; write {} or {}", first.text.trim(), second.text.trim()),
                    format!("{portuguese}; escreva {} ou {}", first.text.trim(), second.text.trim()),
                ),
                _ => say(english.to_owned(), portuguese.to_owned()),
            }
        }
        NotationError::Command { name } => say(
            format!("the LaTeX command {name} is not supported"),
            format!("o comando de LaTeX {name} não tem suporte"),
        ),
        NotationError::Index { name } => say(
            format!("'{name}[…]' is an index, which only Python notation has; to multiply write {name}*(…)"),
            format!("'{name}[…]' é um índice, que só existe na notação Python; para multiplicar escreva {name}*(…)"),
        ),
        NotationError::DoubleFactorial => say(
            "the double factorial is not in the language; for the factorial of a factorial write (…!)!".into(),
            "o duplo fatorial não existe na linguagem; para o fatorial de um fatorial escreva (…!)!".into(),
        ),
    }
}

fn ambiguity(what: Ambiguity) -> (&'static str, &'static str) {
    match what {
        Ambiguity::AfterDivision => (
            "a product without a sign directly after a division has two readings",
            "um produto sem sinal logo depois de uma divisão tem duas leituras",
        ),
        Ambiguity::Exponent => ("it is not clear where the exponent ends", "não está claro onde o expoente termina"),
        Ambiguity::Root => ("it is not clear how far the root reaches", "não está claro até onde vai a raiz"),
        Ambiguity::RootIndex => (
            "the raised number is an exponent or the index of the root",
            "o número elevado é um expoente ou o índice da raiz",
        ),
        Ambiguity::Argument => ("it is not clear where the argument ends", "não está claro onde o argumento termina"),
        Ambiguity::Numbers => (
            "two numbers side by side are a product or one number",
            "dois números lado a lado são um produto ou um só número",
        ),
        Ambiguity::MixedNumber => (
            "a number before a fraction is a mixed number or a product",
            "um número antes de uma fração é um número misto ou um produto",
        ),
        Ambiguity::LostExponent => (
            "a number directly after this is a factor, or an exponent that lost its place",
            "um número logo depois disto é um fator, ou um expoente que perdeu o lugar",
        ),
        Ambiguity::LetterTimes => {
            ("the x between two numbers is a sign or a letter", "o x entre dois números é um sinal ou uma letra")
        }
        Ambiguity::Thousands => (
            "the separator groups thousands or begins the decimals",
            "o separador agrupa milhares ou inicia as casas decimais",
        ),
        Ambiguity::Comma => (
            "the comma separates values or begins the decimals",
            "a vírgula separa valores ou inicia as casas decimais",
        ),
        Ambiguity::PercentBeforeValue => (
            "'%' between two values is the remainder or a percentage",
            "'%' entre dois valores é o resto ou uma porcentagem",
        ),
        Ambiguity::PercentOfPercent => (
            "a percentage added to a percentage has two readings",
            "uma porcentagem somada a uma porcentagem tem duas leituras",
        ),
        Ambiguity::PercentReach => ("it is not clear what '%' belongs to", "não está claro a que o '%' se refere"),
        Ambiguity::FactorialOrNotEqual => (
            "'!=' is a factorial and an equality, or an inequality",
            "'!=' é um fatorial e uma igualdade, ou uma desigualdade",
        ),
        Ambiguity::Bars => ("the bars close in two ways", "as barras fecham de dois modos"),
        Ambiguity::ArgumentOrder => {
            ("the order of the two arguments differs from tool to tool", "a ordem dos dois argumentos varia")
        }
        Ambiguity::LogarithmBase => ("lg has base 10 or base 2", "lg tem base 10 ou base 2"),
        Ambiguity::Spread => ("it is that of a sample or of a population", "é o de uma amostra ou o de uma população"),
        Ambiguity::FunctionPower => (
            "the power of a function is its repetition or the power of its value",
            "a potência de uma função é a repetição dela ou a potência do valor",
        ),
        Ambiguity::And => ("'e' is the word and, or Euler's number", "'e' é a palavra e, ou o número de Euler"),
    }
}

/// The sentence for an error whose usual one is about Python's notation alone.
pub(super) fn of_school(kind: &ErrorKind, language: Language) -> Option<String> {
    let (english, portuguese) = match kind {
        ErrorKind::Syntax(Syntax::MalformedNumber) => (
            "this is no number: its points and commas do not fit",
            "isto não é um número: os pontos e vírgulas não combinam",
        ),
        ErrorKind::Syntax(Syntax::FormulaTarget) => {
            ("a function is defined as f(x) = …", "uma função é definida como f(x) = …")
        }
        ErrorKind::Unsupported(Feature::Lambda) => {
            ("lambda is not supported; define f(x) = …", "lambda não existe nesta linguagem; defina f(x) = …")
        }
        ErrorKind::Unsupported(Feature::Comprehension) => (
            "'for' inside brackets is not supported; a sum is sum(k^2; k; 1; 10)",
            "'for' entre colchetes não existe nesta linguagem; uma soma é soma(k^2; k; 1; 10)",
        ),
        _ => return None,
    };
    Some(if language == English { english } else { portuguese }.to_owned())
}

/// A sentence whose operators, functions and numbers are those of a notation.
pub(crate) fn in_notation(message: String, notation: Notation) -> String {
    let Notation::School { decimal } = notation else { return message };
    let message = message.replace("'^'", "'xor'").replace("'%'", "'mod'").replace("**", "^").replace("@=", "=");
    let mut text = String::with_capacity(message.len());
    let mut rest = &*message;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length: usize = rest.chars().take_while(|c| is_word(*c)).map(char::len_utf8).sum();
        let word = &rest[..length.max(first.len_utf8())];
        text.push_str(match word {
            "log10" => "log",
            "log" => "ln",
            word => word,
        });
        rest = &rest[word.len()..];
        // `2.5`, but not the end of a sentence, nor `1.2.3`.
        let is_digits = word.bytes().all(|byte| byte.is_ascii_digit());
        let next = rest.strip_prefix('.').filter(|next| next.starts_with(|c: char| c.is_ascii_digit()));
        if let Some(next) = next.filter(|_| is_digits) {
            text.push(decimal.character());
            rest = next;
        }
    }
    text
}
