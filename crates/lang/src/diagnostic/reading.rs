//! Messages for texts that cannot be parsed.

use super::Language::{self, English};
use crate::error::{Feature, Syntax};
use crate::spelling::shown;

pub(super) fn syntax(error: &Syntax, language: Language) -> String {
    let say = |english: String, portuguese: String| if language == English { english } else { portuguese };
    match error {
        Syntax::Empty => say("the expression is empty".into(), "a expressão está vazia".into()),
        Syntax::BinderForm { name, parts } => say(
            format!("write {name}({parts}), the variable being a name"),
            format!(
                "escreva {name}({}), em que a variável é um nome",
                parts
                    .replace("body", "corpo")
                    .replace("variable", "variável")
                    .replace("at", "em")
                    .replace("from", "de")
                    .replace("to", "até")
            ),
        ),
        Syntax::UnexpectedEnd => say(
            "the expression is not finished: a number, a name or a parenthesis must follow".into(),
            "a expressão está incompleta: falta um número, um nome ou um parêntese no fim".into(),
        ),
        Syntax::ExpectedOperand { found } => say(
            format!("expected a number, a name or a parenthesis, found '{found}'"),
            format!("esperava um número, um nome ou um parêntese, encontrei '{found}'"),
        ),
        Syntax::ExpectedOperator { found } => say(
            format!("expected an operator or the end, found '{found}'"),
            format!("esperava um operador ou o fim, encontrei '{found}'"),
        ),
        Syntax::MissingOperator { found } => say(
            format!("an operator is missing before '{found}'; to multiply write *"),
            format!("falta um operador antes de '{found}'; para multiplicar escreva *"),
        ),
        Syntax::CallNeedsBrackets { name } => say(
            format!("put the argument of {name} in parentheses: {name}(…)"),
            format!("o argumento de '{name}' vai entre parênteses: {name}(…)"),
        ),
        Syntax::Misspelled { found, meant } => misspelled(found, meant, language),
        Syntax::Percent => say(
            "'%' is the remainder of a division; for percent write /100".into(),
            "'%' é o resto da divisão; para porcentagem escreva /100".into(),
        ),
        Syntax::AfterTheEnd => say(
            "the line ended the expression; put it in parentheses to go on, or ';' between two of them".into(),
            "a expressão terminou com a linha; para continuá-la use parênteses, para começar outra use ';'".into(),
        ),
        Syntax::Unclosed { bracket: '|' } => {
            say("'|' has no second '|' to close it".into(), "'|' não tem o segundo '|' que o feche".into())
        }
        Syntax::Unclosed { bracket } => {
            let closing = closing(*bracket);
            say(
                format!("'{bracket}' is never closed: a '{closing}' is missing"),
                format!("'{bracket}' não foi fechado: falta um '{closing}'"),
            )
        }
        Syntax::Unmatched { bracket, open: None } => {
            let open = opening(*bracket);
            say(
                format!("'{bracket}' closes nothing; leave it out, or write '{open}' where it begins"),
                format!("'{bracket}' não fecha nada; tire-o, ou escreva '{open}' onde começa"),
            )
        }
        Syntax::Unmatched { bracket, open: Some(open) } => {
            let closing = closing(*open);
            say(
                format!("'{bracket}' does not close '{open}'; write '{closing}'"),
                format!("'{bracket}' não fecha '{open}'; escreva '{closing}'"),
            )
        }
        Syntax::MissingElse => say(
            "'if' needs an 'else': a if condition else b".into(),
            "'if' precisa de um 'else': a if condição else b".into(),
        ),
        Syntax::NotNeedsBrackets => {
            say("'not' needs parentheses here: (not …)".into(), "'not' precisa de parênteses aqui: (not …)".into())
        }
        Syntax::LeadingZeros => say(
            "an integer cannot begin with 0; write it without the zeros".into(),
            "um inteiro não pode começar com 0; escreva-o sem os zeros".into(),
        ),
        Syntax::DecimalComma { found, meant } => say(
            format!("'{found}' has a comma; decimals have a point here: {meant}"),
            format!("'{found}' tem vírgula; aqui os decimais levam ponto: {meant}"),
        ),
        Syntax::DateOrTime { found } => say(
            format!("'{found}' is a date or a time of day, and those are not numbers here"),
            format!("'{found}' é uma data ou um horário, e eles não são números aqui"),
        ),
        Syntax::MixedNumber { whole, fraction } => say(
            format!("a number before a fraction has two readings; write {whole}+{fraction} or {whole}*({fraction})"),
            format!(
                "um número antes de uma fração tem dois sentidos; escreva {whole}+{fraction} ou {whole}*({fraction})"
            ),
        ),
        Syntax::StrayEqual => say(
            "the answer comes without '='; use name = … to give a name a value, use == to compare".into(),
            "a resposta vem sem '='; para dar valor a um nome escreva nome = …, para comparar escreva ==".into(),
        ),
        Syntax::MalformedNumber => say(
            "this is no number: _ stands singly between digits, and 0x, 0o, 0b and e have digits behind them".into(),
            "isto não é um número: _ fica sozinho entre dígitos, e 0x, 0o, 0b e e têm dígitos depois".into(),
        ),
        Syntax::NumberThenName { number, name } => {
            let digits = name.trim_start_matches(|c: char| c.is_ascii_alphabetic());
            let word = &name[..name.len() - digits.len()];
            if !digits.is_empty() && matches!(word, "and" | "or" | "not" | "in" | "is" | "if" | "else" | "mod") {
                let written = format!("{number} {word} {digits}");
                return say(
                    format!("'{word}' needs a blank behind it: {written}"),
                    format!("'{word}' precisa de um espaço depois: {written}"),
                );
            }
            say(
                format!("write * between a number and a name: {number}*{name}"),
                format!("escreva * entre um número e um nome: {number}*{name}"),
            )
        }
        Syntax::UnknownCharacter { character } => {
            let (english, portuguese) = ("has no meaning here", "não tem significado aqui");
            let code = format!("U+{:04X}", *character as u32);
            if shown(*character) != *character || character.is_whitespace() {
                say(format!("the character {code} {english}"), format!("o caractere {code} {portuguese}"))
            } else {
                say(format!("'{character}' ({code}) {english}"), format!("'{character}' ({code}) {portuguese}"))
            }
        }
        Syntax::StrayBackslash => say(
            "'\\' only continues a line, at its very end".into(),
            "'\\' só serve para continuar a linha, bem no fim dela".into(),
        ),
        Syntax::UnterminatedString => {
            say("the string has no closing quote".into(), "falta fechar as aspas do texto".into())
        }
        Syntax::MalformedEscape => say(
            "'\\' begins no known character in this string; for a backslash write \\\\".into(),
            "'\\' não forma um caractere conhecido neste texto; para uma barra invertida escreva \\\\".into(),
        ),
        Syntax::NeedsBrackets { found, .. } => say(
            format!("what stands before '{found}' needs parentheses: (…){found}"),
            format!("o que vem antes de '{found}' precisa de parênteses: (…){found}"),
        ),
        Syntax::DetachedSuperscript => say(
            "an exponent like ² must follow its base without a blank".into(),
            "um expoente como ² deve vir colado à base, sem espaço".into(),
        ),
        Syntax::Exponent { found, on_line } => say(
            format!("the exponent '{found}' is not complete: on the line it is '{on_line}'; a power is also a**(…)"),
            format!("o expoente '{found}' não está completo: na linha ele é '{on_line}'; a potência também é a**(…)"),
        ),
        Syntax::RootIndex => say(
            "the index of a root must be 2 or more, as in ³√8".into(),
            "o índice de uma raiz deve ser 2 ou mais, como em ³√8".into(),
        ),
        Syntax::AmbiguousPower => say(
            "a negative power before the parentheses has two meanings, but for ⁻¹; write it behind them".into(),
            "uma potência negativa antes dos parênteses tem dois sentidos, exceto ⁻¹; escreva-a depois deles".into(),
        ),
        Syntax::FunctionPower { name } => say(
            format!("the power of '{name}' goes behind its parentheses: {name}(…)²"),
            format!("a potência de '{name}' vem depois dos parênteses: {name}(…)²"),
        ),
        Syntax::MissingColon => {
            say("'?' needs a ':': condition ? a : b".into(), "'?' precisa de um ':': condição ? a : b".into())
        }
        Syntax::AssignmentTarget => say(
            "only a name can be given a value with '='; use == to compare".into(),
            "só um nome pode receber um valor com '='; para comparar escreva ==".into(),
        ),
        Syntax::FormulaTarget => say(
            "'@=' defines a name or a function: name @= …, f(x) @= …".into(),
            "'@=' define um nome ou uma função: nome @= …, f(x) @= …".into(),
        ),
        Syntax::NotAssignable { name } => say(
            format!("'{name}' cannot be given another meaning; choose another name"),
            format!("'{name}' não pode receber outro significado; escolha outro nome"),
        ),
        Syntax::RepeatedParameter { name } => {
            say(format!("the parameter '{name}' appears twice"), format!("o parâmetro '{name}' aparece duas vezes"))
        }
        Syntax::FunctionAssignment => {
            say("a function is defined with '@=': f(x) @= …".into(), "uma função é definida com '@=': f(x) @= …".into())
        }
        Syntax::PositionalAfterKeyword => say(
            "an argument without a name cannot follow one with a name".into(),
            "um argumento sem nome não pode vir depois de um argumento com nome".into(),
        ),
        Syntax::RepeatedKeyword { name } => {
            say(format!("the argument '{name}' is given twice"), format!("o argumento '{name}' aparece duas vezes"))
        }
        Syntax::AssignmentInside => say(
            "'=' inside an expression; use == to compare".into(),
            "'=' dentro de uma expressão; para comparar escreva ==".into(),
        ),
    }
}

/// The message shows the code of a look-alike, since it looks like the character that is meant.
fn misspelled(found: &str, meant: &str, language: Language) -> String {
    let mut characters = found.chars();
    let (shown_en, shown_pt) = match (characters.next(), characters.next()) {
        (Some(one), None) if one.is_whitespace() || one.is_control() || meant == " " => {
            let code = format!("U+{:04X}", one as u32);
            (format!("the character {code}"), format!("o caractere {code}"))
        }
        (Some(one), None) if !one.is_ascii() => {
            let shown = format!("'{one}' (U+{:04X})", one as u32);
            (shown.clone(), shown)
        }
        _ => (format!("'{found}'"), format!("'{found}'")),
    };
    match (meant, language) {
        (" ", English) => format!("{shown_en} has no meaning here; write a blank"),
        (" ", _) => format!("{shown_pt} não tem significado aqui; escreva um espaço"),
        (_, English) => format!("{shown_en} has no meaning here; write {meant}"),
        (_, _) => format!("{shown_pt} não tem significado aqui; escreva {meant}"),
    }
}

fn opening(bracket: char) -> char {
    match bracket {
        ')' => '(',
        ']' => '[',
        '}' => '{',
        other => other,
    }
}

fn closing(bracket: char) -> char {
    match bracket {
        '(' => ')',
        '[' => ']',
        '{' => '}',
        other => other,
    }
}

/// The message for an unsupported feature, with what to write instead if there is something.
pub(super) fn feature(feature: Feature, language: Language) -> String {
    let (english, portuguese, instead_en, instead_pt) = match feature {
        Feature::Attribute => (
            "attributes are",
            "atributos não existem",
            "; a function stands before its argument, as in sqrt(x)",
            "; uma função vem antes do argumento, como em sqrt(x)",
        ),
        Feature::Lambda => ("lambda is", "lambda não existe", "; define f(x) @= …", "; defina f(x) @= …"),
        Feature::Comprehension => (
            "'for' inside brackets is",
            "'for' entre colchetes não existe",
            "; a sum is sum(k**2, k, 1, 10)",
            "; uma soma é sum(k**2, k, 1, 10)",
        ),
        Feature::AssignmentExpression => (
            "':=' is",
            "':=' não existe",
            "; give the name its value before: x = …; …",
            "; dê antes o valor ao nome: x = …; …",
        ),
        Feature::Unpacking => (
            "'*' before an argument is",
            "'*' antes de um argumento não existe",
            "; many functions take the list itself, as in max([1, 2])",
            "; muitas funções recebem a própria lista, como em max([1, 2])",
        ),
        Feature::Dictionary => {
            ("dictionaries are", "dicionários não existem", "; a set is {1, 2}", "; um conjunto é {1, 2}")
        }
        Feature::MatrixProduct => ("'@' is", "'@' não existe", "; to multiply write *", "; para multiplicar escreva *"),
        Feature::Ellipsis => {
            ("'...' is", "'...' não existe", "; write it out, or range(1, 10)", "; escreva tudo, ou range(1, 10)")
        }
        Feature::FormattedString => (
            "f-strings are",
            "f-strings não existem",
            "; str(…) makes a string of a value",
            "; str(…) faz um texto de um valor",
        ),
        Feature::Bytes => ("byte strings are", "textos de bytes não existem", "; leave the b out", "; tire o b"),
        Feature::Formatting => (
            "string formatting with '%' is",
            "a formatação de texto com '%' não existe",
            "; join strings with + and str(…)",
            "; junte textos com + e str(…)",
        ),
        Feature::NamedCharacter => {
            ("'\\N{…}' is", "'\\N{…}' não existe", "; write the character itself", "; escreva o próprio caractere")
        }
        Feature::Identity => (
            "'is' without None, True or False beside it is",
            "'is' sem None, True ou False ao lado não existe",
            "; use == to compare",
            "; para comparar escreva ==",
        ),
        Feature::Keyword => (
            "this keyword of Python is",
            "esta palavra reservada do Python não existe",
            "; write an expression, such as 2+2",
            "; escreva uma expressão, como 2+2",
        ),
    };
    match language {
        English => format!("{english} not supported{instead_en}"),
        Language::Portuguese => format!("{portuguese} nesta linguagem{instead_pt}"),
    }
}
