//! Errors as sentences: CPython's words where CPython fails at run time, our own in English and Brazilian Portuguese
//! elsewhere, and the line of source with a caret under the very characters.

use crate::error::{
    Arity, Bound, DecimalError, ErrorKind, Estimate, Feature, Overflow, Span, Syntax, Type, TypeError, ValueError,
    ZeroDivision,
};

/// The languages that messages come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Brazilian Portuguese.
    Portuguese,
}

use Language::{English, Portuguese};

impl ErrorKind {
    /// CPython 3.11's words, where CPython fails at run time; `None` for what is our own to say.
    pub fn python(&self) -> Option<String> {
        match self {
            Self::UnknownName { name } => Some(format!("name '{name}' is not defined")),
            Self::UnknownMathName { name } => Some(format!("module 'math' has no attribute '{name}'")),
            Self::Type(error) => Some(type_error(error)),
            Self::Value(error) => Some(value_error(error)),
            Self::ZeroDivision(error) => Some(zero_division(*error).to_owned()),
            Self::Overflow(error) => Some(overflow(*error).to_owned()),
            _ => None,
        }
    }

    /// A sentence for people: lower-case, without a full stop, and without saying where.
    pub fn message(&self, language: Language) -> String {
        let say = |english: &str, portuguese: &str| match language {
            English => english.to_owned(),
            Portuguese => portuguese.to_owned(),
        };
        if let Some(words) = self.python() {
            return words;
        }
        match self {
            Self::Syntax(error) => syntax(error, language),
            Self::Unsupported(feature) => {
                let (english, portuguese) = feature_names(*feature);
                say(&format!("{english} not supported"), &format!("{portuguese}: sem suporte"))
            }
            Self::FunctionAsAnswer { name } => say(
                &format!("'{name}' is a function: call it, as in {name}(…)"),
                &format!("'{name}' é uma função: chame-a, como em {name}(…)"),
            ),
            Self::TooLong { bytes, limit } => say(
                &format!("the text has {} bytes; the limit is {}", grouped(*bytes, ','), grouped(*limit, ',')),
                &format!("o texto tem {} bytes; o limite é {}", grouped(*bytes, '.'), grouped(*limit, '.')),
            ),
            Self::TooDeep { limit } => say(
                &format!("nested too deep; the limit is {limit}"),
                &format!("aninhamento profundo demais; o limite é {limit}"),
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
                &format!("'{operation}' is not exact here: its result is no fraction"),
                &format!("'{operation}' não é exato aqui: o resultado não é uma fração"),
            ),
            Self::NotInMode { operation, mode } => say(
                &format!("'{operation}' is not available in {mode} mode"),
                &format!("'{operation}' não existe no modo {mode}"),
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
                &format!("trabalho demais; o limite é {} unidades", grouped(*limit, '.')),
            ),
            Self::OutOfMemory { limit } => say(
                &format!("too much memory; the limit is {} bytes", grouped(*limit, ',')),
                &format!("memória demais; o limite é {} bytes", grouped(*limit, '.')),
            ),
            Self::Recursive { name } => say(
                &format!("'{name}' is used in its own definition"),
                &format!("'{name}' é usado em sua própria definição"),
            ),
            Self::NoConvergence { what } => {
                say(&format!("{what} does not converge here"), &format!("{what} não converge aqui"))
            }
            Self::NoSignChange => say(
                "root needs a change of sign between its ends",
                "root precisa de uma troca de sinal entre os extremos",
            ),
            Self::DefinedArity { name, wanted, given } => say(
                &format!("{name}() takes {wanted} arguments ({given} given)"),
                &format!("{name}() recebe {wanted} argumentos ({given} dados)"),
            ),
            Self::Deadline => say("the time is up", "o tempo acabou"),
            _ => say("internal error", "erro interno"),
        }
    }
}

/// 1234567 as 1,234,567.
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

fn syntax(error: &Syntax, language: Language) -> String {
    let say = |english: String, portuguese: String| if language == English { english } else { portuguese };
    match error {
        Syntax::Empty => say("the expression is empty".into(), "a expressão está vazia".into()),
        Syntax::UnexpectedEnd => {
            say("expected an operand, found the end".into(), "esperava um operando, mas o texto acabou".into())
        }
        Syntax::ExpectedOperand { found } => {
            say(format!("expected an operand, found '{found}'"), format!("esperava um operando, encontrei '{found}'"))
        }
        Syntax::ExpectedOperator { found } => {
            say(format!("expected an operator, found '{found}'"), format!("esperava um operador, encontrei '{found}'"))
        }
        Syntax::AfterTheEnd => say(
            "the expression ended with its line; put brackets around what goes on".into(),
            "a expressão terminou com a linha; ponha parênteses em volta do que continua".into(),
        ),
        Syntax::Unclosed { bracket } => {
            say(format!("'{bracket}' is never closed"), format!("'{bracket}' não foi fechado"))
        }
        Syntax::Unmatched { bracket, open: None } => {
            say(format!("'{bracket}' closes nothing"), format!("'{bracket}' não fecha nada"))
        }
        Syntax::Unmatched { bracket, open: Some(open) } => {
            say(format!("'{bracket}' does not close '{open}'"), format!("'{bracket}' não fecha '{open}'"))
        }
        Syntax::MissingElse => say("'if' without 'else'".into(), "'if' sem 'else'".into()),
        Syntax::NotNeedsBrackets => {
            say("'not' needs brackets here: (not …)".into(), "'not' precisa de parênteses aqui: (not …)".into())
        }
        Syntax::LeadingZeros => say(
            "leading zeros in an integer; write it without them".into(),
            "zeros à esquerda em um inteiro; escreva-o sem eles".into(),
        ),
        Syntax::MalformedNumber => say("malformed number".into(), "número malformado".into()),
        Syntax::NumberThenName { number, name } => say(
            format!("'{name}' directly after a number; to multiply write {number}*{name}"),
            format!("'{name}' logo depois de um número; para multiplicar escreva {number}*{name}"),
        ),
        Syntax::UnknownCharacter { character } => {
            let shown = if character.is_control() || character.is_whitespace() { ' ' } else { *character };
            let code = format!("U+{:04X}", *character as u32);
            say(
                format!("character '{shown}' ({code}) has no meaning here"),
                format!("o caractere '{shown}' ({code}) não tem significado aqui"),
            )
        }
        Syntax::StrayBackslash => {
            say("'\\' only continues a line".into(), "'\\' só serve para continuar uma linha".into())
        }
        Syntax::UnterminatedString => {
            say("the string is never closed".into(), "o texto entre aspas não foi fechado".into())
        }
        Syntax::MalformedEscape => say("malformed escape in a string".into(), "escape malformado em um texto".into()),
        Syntax::NeedsBrackets { found } => say(
            format!("what stands before '{found}' needs brackets"),
            format!("o que vem antes de '{found}' precisa de parênteses"),
        ),
        Syntax::DetachedSuperscript => say(
            "a superscript must follow its base without a blank".into(),
            "um expoente sobrescrito deve vir colado à sua base".into(),
        ),
        Syntax::RootIndex => {
            say("the index of a root must be 2 or more".into(), "o índice de uma raiz deve ser 2 ou mais".into())
        }
        Syntax::AmbiguousPower => say(
            "a negative power of a function is ambiguous, but for ⁻¹".into(),
            "uma potência negativa de uma função é ambígua, exceto ⁻¹".into(),
        ),
        Syntax::FunctionPower { name } => say(
            format!("the power of '{name}' goes behind its bracket: {name}(…)²"),
            format!("a potência de '{name}' vem depois dos parênteses: {name}(…)²"),
        ),
        Syntax::MissingColon => say("'?' without ':'".into(), "'?' sem ':'".into()),
        Syntax::AssignmentTarget => say(
            "only a name can be given a value; to compare write ==".into(),
            "só um nome pode receber um valor; para comparar escreva ==".into(),
        ),
        Syntax::FormulaTarget => say(
            "'@=' defines a name or a function: name @= …, f(x) @= …".into(),
            "'@=' define um nome ou uma função: nome @= …, f(x) @= …".into(),
        ),
        Syntax::NotAssignable { name } => say(
            format!("'{name}' cannot be given another meaning"),
            format!("'{name}' não pode receber outro significado"),
        ),
        Syntax::RepeatedParameter { name } => {
            say(format!("parameter repeated: {name}"), format!("parâmetro repetido: {name}"))
        }
        Syntax::FunctionAssignment => {
            say("functions are defined with '@='".into(), "funções são definidas com '@='".into())
        }
        Syntax::PositionalAfterKeyword => say(
            "positional argument after a keyword argument".into(),
            "argumento posicional depois de um argumento nomeado".into(),
        ),
        Syntax::RepeatedKeyword { name } => {
            say(format!("keyword argument repeated: {name}"), format!("argumento nomeado repetido: {name}"))
        }
        Syntax::AssignmentInside => say(
            "'=' inside an expression; to compare write ==".into(),
            "'=' dentro de uma expressão; para comparar escreva ==".into(),
        ),
        Syntax::ReservedWord { word } => {
            say(format!("'{word}' is a reserved word"), format!("'{word}' é uma palavra reservada"))
        }
    }
}

/// What a feature is called, in English with its verb.
fn feature_names(feature: Feature) -> (&'static str, &'static str) {
    match feature {
        Feature::Attribute => ("attributes are", "atributos"),
        Feature::Lambda => ("lambda is", "lambda"),
        Feature::Comprehension => ("comprehensions are", "compreensões"),
        Feature::AssignmentExpression => ("':=' is", "':='"),
        Feature::Unpacking => ("unpacking of arguments is", "desempacotar argumentos"),
        Feature::Dictionary => ("dictionaries are", "dicionários"),
        Feature::MatrixProduct => ("'@' is", "'@'"),
        Feature::Ellipsis => ("'...' is", "'...'"),
        Feature::FormattedString => ("f-strings are", "f-strings"),
        Feature::Bytes => ("byte strings are", "textos de bytes"),
        Feature::Formatting => ("string formatting with '%' is", "formatação de texto com '%'"),
        Feature::NamedCharacter => ("'\\N{…}' is", "'\\N{…}'"),
        Feature::Identity => ("'is' without None, True or False beside it is", "'is' sem None, True ou False ao lado"),
        Feature::Keyword => ("this keyword of Python is", "esta palavra reservada do Python"),
    }
}

fn type_error(error: &TypeError) -> String {
    match error {
        TypeError::Operands { operator, types } => {
            let names: Vec<String> = types.iter().map(|kind| format!("'{}'", kind.python())).collect();
            let names = match &names[..] {
                [left, right] => format!("{left} and {right}"),
                names => names.join(", "),
            };
            format!("unsupported operand type(s) for {operator}: {names}")
        }
        TypeError::Order { operator, left, right } => {
            format!("'{operator}' not supported between instances of '{}' and '{}'", left.python(), right.python())
        }
        TypeError::Operand { operator, found } => format!("bad operand type for {operator}: '{}'", found.python()),
        TypeError::NotCallable { found } => format!("'{}' object is not callable", found.python()),
        TypeError::NotIterable { found } => format!("'{}' object is not iterable", found.python()),
        TypeError::NotContainer { found } => format!("argument of type '{}' is not iterable", found.python()),
        TypeError::NotInString { found } => {
            format!("'in <string>' requires string as left operand, not {}", found.python())
        }
        TypeError::Unhashable { found } => format!("unhashable type: '{}'", found.python()),
        TypeError::Concatenation { left, right } => {
            format!("can only concatenate {} (not \"{}\") to {}", left.python(), right.python(), left.python())
        }
        TypeError::Repetition { by } => format!("can't multiply sequence by non-int of type '{}'", by.python()),
        TypeError::NotSubscriptable { found } => format!("'{}' object is not subscriptable", found.python()),
        TypeError::Indices { of: Type::Str, found } => {
            format!("string indices must be integers, not '{}'", found.python())
        }
        TypeError::Indices { of, found } => {
            format!("{} indices must be integers or slices, not {}", of.python(), found.python())
        }
        TypeError::SliceIndices => "slice indices must be integers or None or have an __index__ method".to_owned(),
        TypeError::Unpacking { found } => format!("cannot unpack non-iterable {} object", found.python()),
        TypeError::NoLength { found } => format!("object of type '{}' has no len()", found.python()),
        TypeError::SumOfStrings => "sum() can't sum strings [use ''.join(seq) instead]".to_owned(),
        TypeError::NotReal { found } => format!("must be real number, not {}", found.python()),
        TypeError::NotInteger { found } => {
            format!("'{}' object cannot be interpreted as an integer", found.python())
        }
        TypeError::NoMethod { found, method } => format!("type {} doesn't define __{method}__ method", found.python()),
        TypeError::Conversion { to: Type::Int, found } => {
            format!("int() argument must be a string, a bytes-like object or a real number, not '{}'", found.python())
        }
        TypeError::Conversion { to, found } => {
            format!("{}() argument must be a string or a real number, not '{}'", to.python(), found.python())
        }
        TypeError::Arity(arity) => arity_error(arity),
        TypeError::MissingArgument { function, name, position } => {
            format!("{function}() missing required argument '{name}' (pos {position})")
        }
        TypeError::GivenTwice { function, name, position } => {
            format!("argument for {function}() given by name ('{name}') and position ({position})")
        }
        TypeError::NoKeywords { function } => format!("{function}() takes no keyword arguments"),
        TypeError::UnknownKeyword { function, name } => {
            format!("'{name}' is an invalid keyword argument for {function}()")
        }
        TypeError::ModularPowerOfNonIntegers => {
            "pow() 3rd argument not allowed unless all arguments are integers".to_owned()
        }
        TypeError::DefaultWithSeveral { function } => {
            format!("Cannot specify a default for {function}() with multiple positional arguments")
        }
        TypeError::BaseOfNonString => "int() can't convert non-string with explicit base".to_owned(),
        TypeError::BaseWithoutString => "int() missing string argument".to_owned(),
        TypeError::LdexpExponent => "Expected an int as second argument to ldexp.".to_owned(),
    }
}

fn arity_error(arity: &Arity) -> String {
    let plural = |count: u64| if count == 1 { "" } else { "s" };
    match arity {
        Arity::ExactlyOne { function, given } => format!("{function}() takes exactly one argument ({given} given)"),
        Arity::Expected { function, bound, wanted, given } => {
            let bound = match bound {
                Bound::Exactly => "",
                Bound::AtLeast => "at least ",
                Bound::AtMost => "at most ",
            };
            format!("{function} expected {bound}{wanted} argument{}, got {given}", plural(*wanted))
        }
        Arity::Takes { function, bound, wanted, given, positional } => {
            let bound = match bound {
                Bound::Exactly => "exactly",
                Bound::AtLeast => "at least",
                Bound::AtMost => "at most",
            };
            let positional = if *positional { "positional " } else { "" };
            format!("{function}() takes {bound} {wanted} {positional}argument{} ({given} given)", plural(*wanted))
        }
        Arity::Logarithm => "math.log requires 1 to 2 arguments".to_owned(),
    }
}

fn value_error(error: &ValueError) -> String {
    let words = match error {
        ValueError::EmptySequence { function } => return format!("{function}() arg is an empty sequence"),
        ValueError::Index { of: Type::Str } => "string index out of range",
        ValueError::Index { of: Type::Range } => "range object index out of range",
        ValueError::Index { of } => return format!("{} index out of range", of.python()),
        ValueError::IntLiteral { base, text } => return format!("invalid literal for int() with base {base}: {text}"),
        ValueError::FloatLiteral { text } => return format!("could not convert string to float: {text}"),
        ValueError::Unpack { expected, got: Some(got) } => {
            return format!("not enough values to unpack (expected {expected}, got {got})");
        }
        ValueError::Unpack { expected, got: None } => {
            return format!("too many values to unpack (expected {expected})");
        }
        ValueError::SliceStep => "slice step cannot be zero",
        ValueError::RangeStep => "range() arg 3 must not be zero",
        ValueError::Base => "int() base must be >= 2 and <= 36, or 0",
        ValueError::EmptyRandomRange => "empty range for randint()",
        ValueError::Dimensions => "both points must have the same number of dimensions",
        ValueError::FsumInfinities => "-inf + inf in fsum",
        ValueError::ComplexModulo => "complex modulo",
        ValueError::Domain => "math domain error",
        ValueError::NegativeShift => "negative shift count",
        ValueError::NanToInteger => "cannot convert float NaN to integer",
        ValueError::ZeroModulus => "pow() 3rd argument cannot be 0",
        ValueError::NotInvertible => "base is not invertible for the given modulus",
        ValueError::NegativeFactorial => "factorial() not defined for negative values",
        ValueError::NegativeN => "n must be a non-negative integer",
        ValueError::NegativeK => "k must be a non-negative integer",
        ValueError::NegativeRoot => "isqrt() argument must be nonnegative",
        ValueError::NegativeTolerance => "tolerances must be non-negative",
    };
    words.to_owned()
}

fn zero_division(error: ZeroDivision) -> &'static str {
    match error {
        ZeroDivision::Int => "division by zero",
        ZeroDivision::IntFloor => "integer division or modulo by zero",
        ZeroDivision::IntModulo => "integer modulo by zero",
        ZeroDivision::Float => "float division by zero",
        ZeroDivision::FloatFloor => "float floor division by zero",
        ZeroDivision::FloatModulo => "float modulo",
        ZeroDivision::Complex => "complex division by zero",
        ZeroDivision::ComplexPower => "0.0 to a negative or complex power",
        ZeroDivision::FloatDivmod => "float divmod()",
        ZeroDivision::IntDivmod => "integer division or modulo by zero",
        ZeroDivision::ZeroToNegative => "0.0 cannot be raised to a negative power",
        ZeroDivision::Fraction { sign: -1 } => "Fraction(-1, 0)",
        ZeroDivision::Fraction { sign: 0 } => "Fraction(0, 0)",
        ZeroDivision::Fraction { .. } => "Fraction(1, 0)",
    }
}

/// Python's own words for these are the names of classes.
fn decimal(error: &DecimalError, language: Language) -> String {
    let say = |english: String, portuguese: String| if language == English { english } else { portuguese };
    match error {
        DecimalError::DivisionByZero => say("decimal division by zero".into(), "divisão decimal por zero".into()),
        DecimalError::DivisionUndefined => {
            say("zero divided by zero is undefined".into(), "zero dividido por zero é indefinido".into())
        }
        DecimalError::DivisionImpossible { digits } => say(
            format!("the whole quotient has more than {digits} digits"),
            format!("o quociente inteiro tem mais de {digits} dígitos"),
        ),
        DecimalError::Overflow => {
            say("the result is 10**1000000 or more".into(), "o resultado é 10**1000000 ou mais".into())
        }
        DecimalError::Domain { operation } => {
            say(format!("outside the domain of '{operation}'"), format!("fora do domínio de '{operation}'"))
        }
        DecimalError::TooManyDigits { digits } => say(
            format!("rounded there, the number has more than {digits} digits"),
            format!("arredondado ali, o número tem mais de {digits} dígitos"),
        ),
        DecimalError::ArgumentTooLarge { limit } => {
            say(format!("the angle is 10**{limit} or more"), format!("o ângulo é 10**{limit} ou mais"))
        }
    }
}

fn overflow(error: Overflow) -> &'static str {
    match error {
        Overflow::IntToFloat => "int too large to convert to float",
        Overflow::IntDivision => "integer division result too large for a float",
        Overflow::Power => "(34, 'Numerical result out of range')",
        Overflow::Range => "math range error",
        Overflow::ComplexPower => "complex exponentiation",
        Overflow::ComplexAbsolute => "absolute value too large",
        Overflow::RangeBound => "Python int too large to convert to C ssize_t",
        Overflow::Fsum => "intermediate overflow in fsum",
        Overflow::InfinityToInteger => "cannot convert float infinity to integer",
        Overflow::Round => "rounded value too large to represent",
        Overflow::ShiftCount => "too many digits in integer",
        Overflow::FactorialArgument => "factorial() argument should not exceed 9223372036854775807",
        Overflow::CombArgument => "min(n - k, k) must not exceed 9223372036854775807",
        Overflow::PermArgument => "k must not exceed 9223372036854775807",
    }
}

/// The line of `text` that holds the beginning of `span`, with carets under what the span covers of it.
///
/// Long lines are cut around the span. Every character counts as one column.
pub fn caret(text: &str, span: Span) -> String {
    const COLUMNS: usize = 76;
    let start = (span.start as usize).min(text.len());
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[line_start..].lines().next().unwrap_or("");
    let column = text[line_start..start].chars().count();
    let covered = span.of(text).lines().next().unwrap_or("").chars().count().max(1);
    let skipped = column.saturating_sub(COLUMNS / 2);
    let shown: String =
        line.chars().skip(skipped).take(COLUMNS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let column = column - skipped;
    let carets = "^".repeat(covered.min(COLUMNS.saturating_sub(column).max(1)));
    format!("{shown}\n{}{carets}", " ".repeat(column))
}
