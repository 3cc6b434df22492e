//! The words of errors, in English and Brazilian Portuguese, and the caret under the place.

// Helpers of tests may panic as tests do.
#![allow(clippy::panic, clippy::unwrap_used)]

use tabuada_lang::{ErrorKind, Fuel, Language, Limits, Span, caret, parse};

fn wrong(text: &str) -> (ErrorKind, Span) {
    let limits = Limits::default();
    let program = match parse(text, &limits) {
        Ok(program) => program,
        Err(error) => return (error.kind, error.span),
    };
    let failure = program.evaluate(&limits, &mut Fuel::new(limits.fuel)).unwrap_err();
    (failure.kind, program.span(failure.node))
}

/// CPython's words are the English ones, and nothing of them is in the Portuguese.
#[test]
fn failures_speak_the_language_that_is_asked_for() {
    for (text, english, portuguese) in [
        ("1/0", "division by zero", "divisão por zero"),
        ("5 % 0", "integer modulo by zero", "resto da divisão por zero"),
        ("0.0 ** -1", "0.0 cannot be raised to a negative power", "zero não pode ser elevado a um expoente negativo"),
        ("foo", "name 'foo' is not defined", "o nome 'foo' não está definido"),
        ("math.foo", "module 'math' has no attribute 'foo'", "'math' não tem nada com o nome 'foo'"),
        (
            "1 + 'a'",
            "unsupported operand type(s) for +: 'int' and 'str'",
            "'+' não funciona entre um inteiro e um texto",
        ),
        (
            "'a' ** 2",
            "unsupported operand type(s) for ** or pow(): 'str' and 'int'",
            "'**' não funciona entre um texto e um inteiro",
        ),
        ("'a' + 1", "can only concatenate str (not \"int\") to str", "'+' não junta um texto com um inteiro"),
        ("-'a'", "bad operand type for unary -: 'str'", "'-' não funciona com um texto"),
        (
            "1 < 'a'",
            "'<' not supported between instances of 'int' and 'str'",
            "'<' não compara um inteiro com um texto",
        ),
        ("2(3)", "'int' object is not callable", "um inteiro não é uma função; para multiplicar escreva *"),
        ("sin()", "math.sin() takes exactly one argument (0 given)", "sin() espera 1 argumento e recebeu 0"),
        ("atan2(1)", "atan2 expected 2 arguments, got 1", "atan2() espera 2 argumentos e recebeu 1"),
        ("sqrt(-1)", "math domain error", "fora do domínio: a função não tem valor real aí"),
        ("[1][3]", "list index out of range", "o índice está fora dos limites da lista"),
        ("exp(1000)", "math range error", "o resultado é grande demais para um número real"),
        ("10**400 * 1.0", "int too large to convert to float", "o inteiro é grande demais para virar um número real"),
        ("int('x')", "invalid literal for int() with base 10: 'x'", "'x' não é um inteiro na base 10"),
    ] {
        let (kind, _) = wrong(text);
        assert_eq!(kind.python().as_deref(), Some(english), "{text}");
        assert_eq!(kind.message(Language::English), english, "{text}");
        assert_eq!(kind.message(Language::Portuguese), portuguese, "{text}");
    }
}

/// What a beginner reads: what was found, and what to write.
#[test]
fn refusals_name_what_was_found_and_what_to_write() {
    for (text, english, portuguese) in [
        ("3 – 2", "'–' (U+2013) has no meaning here; write -", "'–' (U+2013) não tem significado aqui; escreva -"),
        ("a && b", "'&&' has no meaning here; write and", "'&&' não tem significado aqui; escreva and"),
        (
            "1\u{200b}+ 1",
            "the character U+200B has no meaning here; write a blank",
            "o caractere U+200B não tem significado aqui; escreva um espaço",
        ),
        (
            "2 x",
            "an operator is missing before 'x'; to multiply write *",
            "falta um operador antes de 'x'; para multiplicar escreva *",
        ),
        ("7mod2", "'mod' needs a blank behind it: 7 mod 2", "'mod' precisa de um espaço depois: 7 mod 2"),
        ("(1 + 2", "'(' is never closed: a ')' is missing", "'(' não foi fechado: falta um ')'"),
        ("1 \u{202e}", "the character U+202E has no meaning here", "o caractere U+202E não tem significado aqui"),
    ] {
        let (kind, _) = wrong(text);
        assert_eq!(kind.python(), None, "{text}");
        assert_eq!(kind.message(Language::English), english, "{text}");
        assert_eq!(kind.message(Language::Portuguese), portuguese, "{text}");
    }
}

/// Columns are a terminal's: an ideograph and an emoji take two, a combining accent none.
#[test]
fn the_caret_stands_under_the_character() {
    for (text, picture) in [
        ("1 + $", "1 + $\n    ^"),
        ("'漢字' + $", "'漢字' + $\n         ^"),
        ("'🙂' + $", "'🙂' + $\n       ^"),
        ("'e\u{301}' + $", "'e\u{301}' + $\n      ^"),
        ("漢字 + 1", "漢字 + 1\n^^^^"),
        // What would turn the line around is not shown.
        ("'\u{202e}' + $", "' ' + $\n      ^"),
        ("\t$", " $\n ^"),
    ] {
        assert_eq!(caret(text, wrong(text).1), picture, "{text:?}");
    }
    // A long line is cut, and the caret still stands under its character, whatever the width of those before.
    for filler in ["1+", "'漢'+", "'a漢'+", "'🙂e\u{301}'+"] {
        let text = filler.repeat(60) + "$";
        let picture = caret(&text, wrong(&text).1);
        let (line, carets) = picture.split_once('\n').unwrap();
        let before: usize = line
            .chars()
            .take_while(|c| *c != '$')
            .map(|c| match c {
                '漢' | '🙂' => 2,
                '\u{301}' => 0,
                _ => 1,
            })
            .sum();
        assert_eq!(carets, " ".repeat(before) + "^", "{picture}");
        assert!(before < 76);
    }
}
