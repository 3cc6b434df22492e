//! The messages of errors, in English and Brazilian Portuguese, and the caret.

// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic, clippy::unwrap_used)]

use tabuada_lang::{Context, Digits, ErrorKind, Language, Limits, Mode, Span, caret, parse, parse_with};

fn wrong(text: &str) -> (ErrorKind, Span) {
    let limits = Limits::default();
    let program = match parse(text, &limits) {
        Ok(program) => program,
        Err(error) => return (error.kind, error.span),
    };
    let failure = program.evaluate(&limits).unwrap_err();
    (failure.kind, program.span(failure.node))
}

/// Whether a sentence ends in a comma, other than one that it quotes.
fn hangs(sentence: &str) -> bool {
    sentence.strip_suffix(',').is_some_and(|rest| rest.ends_with(char::is_alphanumeric))
}

/// Besides CPython's message there is a plain one: what was given, what is expected, what to write.
#[test]
fn failures_are_said_in_cpython_s_words_and_in_plain_ones() {
    for (text, python, english, portuguese) in [
        ("1/0", "division by zero", "division by zero", "divisão por zero"),
        (
            "2(3+4)",
            "'int' object is not callable",
            "a whole number before parentheses is no function; to multiply write *, as in 2*(3+4)",
            "um número inteiro antes de parênteses não é uma função; para multiplicar escreva *, como em 2*(3+4)",
        ),
        (
            "sqrt(-4)",
            "expected a nonnegative input, got -4.0",
            "no real square root of -4; the complex one is 2j, written √(-4) or (-4)**0.5",
            "não há raiz quadrada real de -4; a complexa é 2j, que se escreve √(-4) ou (-4)**0.5",
        ),
        (
            "log(0)",
            "expected a positive input",
            "log is defined for numbers greater than 0, and was given 0",
            "log está definida para números maiores que 0 e recebeu 0",
        ),
        (
            "log(-0.5)",
            "expected a positive input, got -0.5",
            "log is defined for numbers greater than 0, and was given -0.5",
            "log está definida para números maiores que 0 e recebeu -0.5",
        ),
        (
            "asin(10**25)",
            "expected a number in range from -1 up to 1, got 1e+25",
            "asin is defined for numbers from -1 to 1, and was given 1e+25",
            "asin está definida para números de -1 a 1 e recebeu 1e+25",
        ),
        (
            "log10(-10**400)",
            "expected a positive input",
            "log10 is defined for numbers greater than 0, and was given one below -10**308",
            "log10 está definida para números maiores que 0 e recebeu um abaixo de -10**308",
        ),
        (
            "gamma(-inf)",
            "expected a noninteger or positive integer, got -inf",
            "gamma is defined for all numbers but 0, -1, -2 and so on, and was given -inf",
            "gamma está definida para todos os números menos 0, -1, -2 etc., e recebeu -inf",
        ),
        (
            "fma(inf, 0, 1)",
            "invalid operation in fma",
            "inf*0 and inf - inf have no value",
            "inf*0 e inf - inf não têm valor",
        ),
        (
            "1.5!",
            "'float' object cannot be interpreted as an integer",
            "factorial needs a whole number here, not a decimal number; for others there is gamma(x+1)",
            "factorial precisa de um número inteiro aqui, não de um número decimal; para outros há gamma(x+1)",
        ),
        (
            "1.5^2",
            "unsupported operand type(s) for ^: 'float' and 'int'",
            "'^' is bitwise XOR here, on whole numbers (not a decimal number and a whole number); for a power, write **",
            "'^' aqui é “ou exclusivo” (XOR), de números inteiros (não de um número decimal e um número inteiro); para \
             potência, escreva **",
        ),
        (
            "2.0**1024",
            "(34, 'Numerical result out of range')",
            "the result is larger than the largest decimal number (float), about 1.8e308; whole numbers and decimal \
             mode have no such end",
            "o resultado é maior que o maior número decimal (float), cerca de 1.8e308; números inteiros e o modo \
             decimal não têm esse fim",
        ),
        (
            "[1]+2",
            "can only concatenate list (not \"int\") to list",
            "a list and a whole number cannot be added; + joins a list only to another list",
            "uma lista e um número inteiro não se somam; + só junta uma lista a outra lista",
        ),
        (
            "1 + 'a'",
            "unsupported operand type(s) for +: 'int' and 'str'",
            "a whole number and a string cannot be added; str(…) makes a string of a number, float(…) a number of a \
             string",
            "um número inteiro e um texto não se somam; str(…) faz de um número um texto, float(…) de um texto um \
             número",
        ),
        (
            "sqrt(2,5)",
            "math.sqrt() takes exactly one argument (2 given)",
            "sqrt() takes 1 argument, not 2; decimals are written with a point, as in 2.5",
            "sqrt() recebe 1 argumento, não 2; decimais se escrevem com ponto, como em 2.5",
        ),
        (
            "{1, (2, [3])}",
            "cannot use 'tuple' as a set element (unhashable type: 'list')",
            "a tuple that holds a list cannot be an element of a set; write (1, 2) instead of [1, 2]",
            "uma tupla com uma lista dentro não pode ser elemento de um conjunto; escreva (1, 2) em vez de [1, 2]",
        ),
        (
            "sorted([1], ky=abs)",
            "sort() got an unexpected keyword argument 'ky'. Did you mean 'key'?",
            "sorted() has no argument with the name 'ky'; 'key' is one of its own",
            "sorted() não tem um argumento de nome 'ky'; tem um de nome 'key'",
        ),
    ] {
        let (kind, _) = wrong(text);
        assert_eq!(kind.python().as_deref(), Some(python), "{text}");
        assert_eq!(kind.message(Language::English), english, "{text}");
        assert_eq!(kind.message(Language::Portuguese), portuguese, "{text}");
    }
}

/// Expressions of the corpora, each with its mode.
fn of_corpora() -> Vec<(String, Mode)> {
    let mut texts = Vec::new();
    let files = ["python_arith", "python_outside", "plusminus", "hostile", "equivalent", "statistics"];
    for (file, member) in files.map(|file| (file, "expr")).into_iter().chain([("exact", "t"), ("decimals", "t")]) {
        let path = format!("{}/../../../corpus/{file}.jsonl", env!("CARGO_MANIFEST_DIR"));
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            let mode = match record["n"].as_u64() {
                Some(digits) => Mode::Decimal(Digits::new(digits).unwrap()),
                None if file == "exact" => Mode::Exact,
                None => Mode::Python,
            };
            texts.extend(record[member].as_str().map(|text| (text.to_owned(), mode)));
        }
    }
    texts
}

/// Errors without an example in the corpora.
const MORE: [&str; 55] = [
    "atanh(1)",
    "1 in 'a'",
    "{[1]}",
    "{(1, [2])}",
    "mode([[1]])",
    "[1]['a']",
    "[1]['a':]",
    "len(1)",
    "sum(['a'], 'b')",
    "range(1.5)",
    "1 << 1.5",
    "mean(['a'])",
    "round(1, number=2)",
    "round(1, digits=2)",
    "f(x) @= x; f(1, y=2)",
    "f(x) @= x; f(1, 2)",
    "str('x', 1)",
    "str(1, 'a')",
    "root(x, x, 0, inf)",
    "root(x*x+1, x, 0, 1)",
    "sum(1/k, k, 1, inf)",
    "isclose(1, 2, rel_tol=-1)",
    "[1][2**70]",
    "[1][::0]",
    "range(1, 2, 0)",
    "int('1', 99)",
    "a, b = 1, 2, 3",
    "a, b = 'xyz'",
    "pow(1, 2, 1j)",
    "(1e308+1e308j)**2",
    "abs(1e308+1e308j)",
    "'a' * 2**70",
    "sorted([1], reverse=2**40)",
    "range(2**70)",
    "comb(2**80, 2**70)",
    "perm(2**80, 2**70)",
    "factor(0)",
    "randint(1, 2**70)",
    r"'\x'",
    r"'\N{DOT}'",
    "sin⁻²(1)",
    "f(x, x) @= x",
    "round(number=1, 2)",
    "round(1, ndigits=1, ndigits=2)",
    "math.foo",
    "range(3)",
    "1/0",
    "0/0",
    "1 % 0",
    "sqrt(-2)",
    "(-2)**0.5",
    "sqrt(2)",
    "erf(1)",
    "round(12345.678, 3)",
    "sin(10**100000)",
];

/// A message without its quotations from the text or its values.
fn unquoted(sentence: &str) -> String {
    let mut quote = None;
    let mut rest = String::new();
    for character in sentence.chars() {
        match quote {
            Some(open) if character == open => quote = None,
            Some(_) => {}
            None if matches!(character, '\'' | '"') => quote = Some(character),
            None => rest.push(character),
        }
    }
    rest
}

/// A message needs no knowledge of Python's implementation. (And every error serialises and deserialises unchanged.)
#[test]
fn plain_words_know_nothing_of_the_machinery() {
    const NOT_PLAIN: [&str; 14] = [
        "object",
        "operand type",
        "iterable",
        "instances of",
        "__",
        "errno",
        "(34,",
        "non-",
        "domain error",
        "objeto",
        "iterável",
        "operando do tipo",
        "instâncias",
        "erro de domínio",
    ];
    let limits = Limits { fuel: 1_000_000, ..Limits::default() };
    let mut texts = of_corpora();
    let modes = [Mode::Python, Mode::Exact, Mode::Decimal(Digits::new(5).unwrap())];
    texts.extend(MORE.iter().flat_map(|text| modes.map(|mode| ((*text).to_owned(), mode))));
    let mut told = 0;
    for (text, mode) in texts {
        let context = Context { mode, ..Context::default() };
        let kind = match parse_with(&text, &context, &limits) {
            Err(error) => error.kind,
            Ok(program) => match program.evaluate(&limits) {
                Err(failure) => failure.kind,
                Ok(_) => continue,
            },
        };
        told += 1;
        let sentences = [Language::English, Language::Portuguese].map(|language| kind.message(language));
        let line = serde_json::to_string(&kind).unwrap();
        assert_eq!(serde_json::from_str::<ErrorKind>(&line).unwrap(), kind, "{line}");
        for sentence in &sentences {
            let plain = unquoted(sentence);
            let found = NOT_PLAIN.iter().find(|word| plain.contains(*word) && !text.contains(*word));
            assert_eq!(found, None, "{text}: {sentence}");
            assert!(!sentence.ends_with('.') && !hangs(sentence) && !sentence.contains("  "), "{sentence:?}");
        }
        assert_ne!(sentences[0], sentences[1], "{text}");
    }
    assert!(told > 2_500, "{told}");
}

/// Messages for beginners: what was found, and what to write.
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

/// Failures of calculations: the function as written, and what to write instead.
#[test]
fn failures_name_what_was_written() {
    for (text, english, portuguese) in [
        (
            "root(x, 0, 1)",
            "write root(body, variable, from, to), the variable being a name",
            "escreva root(corpo, variável, de, até), em que a variável é um nome",
        ),
        (
            "derivative(x, 2, 3)",
            "write derivative(body, variable, at), the variable being a name",
            "escreva derivative(corpo, variável, em), em que a variável é um nome",
        ),
        (
            "sin([1]°)",
            "sin needs a real number here, not a list",
            "sin precisa de um número real aqui, não de uma lista",
        ),
        (
            "round_half_up('a')",
            "only a real number can be rounded, not a string",
            "só um número real se arredonda, não um texto",
        ),
        (
            "factorial('5')",
            "factorial needs a whole number here, not a string; int(…) makes a whole number of a string",
            "factorial precisa de um número inteiro aqui, não de um texto; int(…) faz de um texto um número inteiro",
        ),
        (
            "mean(1, 2)",
            "mean() takes 1 argument, not 2; several values go in a list, as in mean([1, 2, 3])",
            "mean() recebe 1 argumento, não 2; vários valores vão em uma lista, como em mean([1, 2, 3])",
        ),
        (
            "list(1, 2)",
            "list() takes at most 1 argument, not 2; several values go in a list, as in list([1, 2, 3])",
            "list() recebe no máximo 1 argumento, não 2; vários valores vão em uma lista, como em list([1, 2, 3])",
        ),
        ("rnd(1)", "rnd() takes no arguments, not 1", "rnd() não recebe argumentos, e recebeu 1"),
        (
            "a, b = [1]; a",
            "there are 2 names for 1 value; each name takes one",
            "são 2 nomes para 1 valor; cada nome recebe um",
        ),
        (
            "log(2, 1)",
            "there is no logarithm to base 1: every power of 1 is 1",
            "não há logaritmo na base 1: toda potência de 1 é 1",
        ),
        (
            "{1}+{2}",
            "two sets cannot be added; a | b has the elements of both",
            "um conjunto e um conjunto não se somam; a | b tem os elementos dos dois",
        ),
    ] {
        let (kind, _) = wrong(text);
        assert_eq!(kind.message(Language::English), english, "{text}");
        assert_eq!(kind.message(Language::Portuguese), portuguese, "{text}");
    }
}

/// Columns are those of a terminal: two for an ideograph or an emoji, none for a combining accent.
#[test]
fn the_caret_stands_under_the_character() {
    for (text, picture) in [
        ("1 + $", "1 + $\n    ^"),
        ("'漢字' + $", "'漢字' + $\n         ^"),
        ("'🙂' + $", "'🙂' + $\n       ^"),
        ("'e\u{301}' + $", "'e\u{301}' + $\n      ^"),
        ("漢字 + 1", "漢字 + 1\n^^^^"),
        // Characters that would reverse the line are not shown.
        ("'\u{202e}' + $", "' ' + $\n      ^"),
        ("\t$", " $\n ^"),
    ] {
        assert_eq!(caret(text, wrong(text).1), picture, "{text:?}");
    }
    // A long line is cut, and the caret is still under its character, whatever the width of those before it.
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
