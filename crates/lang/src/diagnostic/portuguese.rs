//! What is said at run time in Brazilian Portuguese, where in English it is CPython that says it.

use crate::error::{Arity, Bound, ErrorKind, Overflow, Type, TypeError, ValueError, ZeroDivision};

/// The sentence; `None` where English has one of our own too.
pub(super) fn at_run_time(kind: &ErrorKind) -> Option<String> {
    Some(match kind {
        ErrorKind::UnknownName { name } => format!("o nome '{name}' não está definido"),
        ErrorKind::UnknownMathName { name } => format!("'math' não tem nada com o nome '{name}'"),
        ErrorKind::Type(error) => type_error(error),
        ErrorKind::Value(error) => value_error(error),
        ErrorKind::ZeroDivision(error) => zero_division(*error).to_owned(),
        ErrorKind::Overflow(error) => overflow(*error).to_owned(),
        _ => return None,
    })
}

/// A type with its article.
fn a(kind: Type) -> &'static str {
    match kind {
        Type::Int => "um inteiro",
        Type::Float => "um número real",
        Type::Complex => "um número complexo",
        Type::Bool => "um booleano",
        Type::Str => "um texto",
        Type::List => "uma lista",
        Type::Tuple => "uma tupla",
        Type::Set => "um conjunto",
        Type::Range => "um range",
        Type::None => "None",
        Type::Function | Type::Defined => "uma função",
        Type::Type => "um tipo",
        Type::Fraction => "uma fração",
        Type::Decimal => "um decimal",
    }
}

/// A type behind "de".
fn of(kind: Type) -> &'static str {
    match kind {
        Type::List => "da lista",
        Type::Tuple => "da tupla",
        Type::Str => "do texto",
        Type::Range => "do range",
        _ => "da sequência",
    }
}

/// An operator or a function, without what CPython adds to it.
fn bare(operator: &str) -> &str {
    let operator = operator.strip_prefix("unary ").unwrap_or(operator);
    let operator = operator.strip_suffix(" or pow()").unwrap_or(operator);
    let operator = operator.strip_prefix("math.").unwrap_or(operator);
    operator.strip_suffix("()").unwrap_or(operator)
}

fn type_error(error: &TypeError) -> String {
    match error {
        TypeError::Operands { operator, types } => {
            let types: Vec<&str> = types.iter().map(|kind| a(*kind)).collect();
            let types = match &types[..] {
                [first @ .., last] if !first.is_empty() => format!("{} e {last}", first.join(", ")),
                types => types.join(""),
            };
            format!("'{}' não funciona entre {types}", bare(operator))
        }
        TypeError::Order { operator, left, right } => {
            format!("'{operator}' não compara {} com {}", a(*left), a(*right))
        }
        TypeError::Operand { operator, found } => format!("'{}' não funciona com {}", bare(operator), a(*found)),
        TypeError::NotCallable { found: found @ (Type::Int | Type::Float | Type::Complex | Type::Bool) } => {
            format!("{} não é uma função; para multiplicar escreva *", a(*found))
        }
        TypeError::NotCallable { found } => format!("{} não é uma função: não se pode chamar", a(*found)),
        TypeError::NotIterable { found } => {
            format!("esperava uma lista, uma tupla ou um conjunto, encontrei {}", a(*found))
        }
        TypeError::NotContainer { found } => {
            format!("'in' procura em uma lista, uma tupla, um conjunto ou um texto, não em {}", a(*found))
        }
        TypeError::NotString { function, argument, found } => {
            format!("o argumento '{argument}' de {function}() deve ser um texto, não {}", a(*found))
        }
        TypeError::Decoding { found } => format!("{} não se decodifica como texto", a(*found)),
        TypeError::NotInString { found } => format!("dentro de um texto só se procura outro texto, não {}", a(*found)),
        TypeError::Unhashable { found } => format!("{} não pode ser elemento de um conjunto", a(*found)),
        TypeError::Concatenation { left, right } => format!("'+' não junta {} com {}", a(*left), a(*right)),
        TypeError::Repetition { by } => {
            format!("uma sequência se repete um número inteiro de vezes; encontrei {}", a(*by))
        }
        TypeError::NotSubscriptable { found } => format!("{} não tem elementos para indicar com […]", a(*found)),
        TypeError::Indices { of: kind, found } => {
            format!("o índice {} deve ser um inteiro, não {}", of(*kind), a(*found))
        }
        TypeError::SliceIndices => "os limites de uma fatia devem ser inteiros".to_owned(),
        TypeError::Unpacking { found } => format!("não é possível repartir {} entre vários nomes", a(*found)),
        TypeError::NoLength { found } => format!("{} não tem comprimento", a(*found)),
        TypeError::SumOfStrings => "sum() não soma textos; junte-os com +".to_owned(),
        TypeError::NotReal { found } => format!("esperava um número real, encontrei {}", a(*found)),
        TypeError::NotInteger { found } => format!("esperava um inteiro, encontrei {}", a(*found)),
        TypeError::NotRatio { found } => format!("a estatística espera números, encontrei {}", a(*found)),
        TypeError::NoMethod { found, method } => format!("'{method}' não funciona com {}", a(*found)),
        TypeError::Conversion { to, found } => {
            format!("{}() espera um texto ou um número, não {}", to.python(), a(*found))
        }
        TypeError::Arity(arity) => arity_error(arity),
        TypeError::MissingArgument { function, name, position } => {
            format!("falta o argumento '{name}' de {function}(), o de número {position}")
        }
        TypeError::GivenTwice { function, name, position } => {
            format!("o argumento '{name}' de {function}() foi dado duas vezes: pelo nome e na posição {position}")
        }
        TypeError::NoKeywords { function } => format!("{}() não aceita argumentos com nome", bare(function)),
        TypeError::UnknownKeyword { function, name } => format!("{function}() não tem um argumento de nome '{name}'"),
        TypeError::ModularPowerOfNonIntegers => "pow() com três argumentos só aceita inteiros".to_owned(),
        TypeError::DefaultWithSeveral { function } => {
            format!("{function}() só aceita 'default' com uma única sequência")
        }
        TypeError::BaseOfNonString => "int() só aceita uma base para converter um texto".to_owned(),
        TypeError::BaseWithoutString => "falta a int() o texto a converter nessa base".to_owned(),
        TypeError::LdexpExponent => "o segundo argumento de ldexp() deve ser um inteiro".to_owned(),
    }
}

fn arity_error(arity: &Arity) -> String {
    let (function, bound, wanted, given, positional) = match arity {
        Arity::ExactlyOne { function, given } => (function, Bound::Exactly, 1, *given, false),
        Arity::Expected { function, bound, wanted, given } => (function, *bound, *wanted, *given, false),
        Arity::Takes { function, bound, wanted, given, positional } => (function, *bound, *wanted, *given, *positional),
        Arity::Logarithm => return "log() espera 1 ou 2 argumentos".to_owned(),
    };
    let bound = match bound {
        Bound::Exactly => "",
        Bound::AtLeast => "pelo menos ",
        Bound::AtMost => "no máximo ",
    };
    let plural = if wanted == 1 { "" } else { "s" };
    let positional = if positional { " sem nome" } else { "" };
    format!("{}() espera {bound}{wanted} argumento{plural}{positional} e recebeu {given}", bare(function))
}

fn value_error(error: &ValueError) -> String {
    let words = match error {
        ValueError::EmptySequence { function } => return format!("{function}() de uma sequência vazia não existe"),
        ValueError::DataPoints { function, least: 1 } => return format!("{function} precisa de pelo menos um dado"),
        ValueError::DataPoints { function, least } => {
            return format!("{function} precisa de pelo menos {least} dados");
        }
        ValueError::EmptyData { function } => return format!("{function} de nenhum dado não existe"),
        ValueError::NotFinite => "há inf ou nan entre os dados",
        ValueError::Percentile => "p deve estar entre 0 e 100",
        ValueError::Pole { function, at } => {
            let noun = match function.as_str() {
                "tan" => "tangente",
                "sec" => "secante",
                "csc" => "cossecante",
                _ => "cotangente",
            };
            return format!("a {noun} não tem valor em {at}");
        }
        ValueError::Quantile => "q deve estar entre 0 e 1",
        ValueError::Index { of: kind } => return format!("o índice está fora dos limites {}", of(*kind)),
        ValueError::IntLiteral { base, text } => return format!("{text} não é um inteiro na base {base}"),
        ValueError::FloatLiteral { text } => return format!("{text} não é um número"),
        ValueError::Unpack { expected, got: Some(got) } => {
            return format!("faltam valores: são {expected} nomes e só {got} valores");
        }
        ValueError::Unpack { expected, got: None } => return format!("há valores demais para {expected} nomes"),
        ValueError::IndexSize => "o índice é um inteiro grande demais",
        ValueError::SliceStep => "o passo de uma fatia não pode ser zero",
        ValueError::RangeStep => "o passo de range() não pode ser zero",
        ValueError::Base => "a base de int() deve ser 0 ou um número de 2 a 36",
        ValueError::EmptyRandomRange => "o intervalo de randint() está vazio",
        ValueError::Dimensions => "os dois pontos devem ter o mesmo número de dimensões",
        ValueError::FsumInfinities => "a soma de inf com -inf não existe",
        ValueError::ComplexModulo => "não há resto da divisão entre números complexos",
        ValueError::Domain => "fora do domínio: a função não tem valor real aí",
        ValueError::NegativeShift => "o deslocamento de bits não pode ser negativo",
        ValueError::NanToInteger => "nan não é um número e não pode virar inteiro",
        ValueError::ZeroModulus => "o terceiro argumento de pow() não pode ser 0",
        ValueError::NotInvertible => "a base não tem inverso para esse módulo",
        ValueError::NegativeFactorial => "não existe fatorial de número negativo",
        ValueError::NegativeN => "n não pode ser negativo",
        ValueError::NegativeK => "k não pode ser negativo",
        ValueError::NegativeRoot => "isqrt() não aceita número negativo",
        ValueError::NegativeTolerance => "as tolerâncias não podem ser negativas",
    };
    words.to_owned()
}

fn zero_division(error: ZeroDivision) -> &'static str {
    match error {
        ZeroDivision::Int | ZeroDivision::Float | ZeroDivision::Complex => "divisão por zero",
        ZeroDivision::IntFloor | ZeroDivision::FloatFloor => "divisão inteira por zero",
        ZeroDivision::IntModulo | ZeroDivision::FloatModulo => "resto da divisão por zero",
        ZeroDivision::IntDivmod | ZeroDivision::FloatDivmod => "quociente e resto da divisão por zero",
        ZeroDivision::ZeroToNegative => "zero não pode ser elevado a um expoente negativo",
        ZeroDivision::ComplexPower => "zero não pode ser elevado a um expoente negativo ou complexo",
        ZeroDivision::Fraction { .. } => "uma fração não pode ter denominador zero",
    }
}

fn overflow(error: Overflow) -> &'static str {
    match error {
        Overflow::IntToFloat => "o inteiro é grande demais para virar um número real",
        Overflow::IntDivision => "o resultado da divisão é grande demais para um número real",
        Overflow::Power | Overflow::Range => "o resultado é grande demais para um número real",
        Overflow::ComplexPower => "o resultado é grande demais para um número complexo",
        Overflow::ComplexAbsolute => "o valor absoluto é grande demais para um número real",
        Overflow::RangeBound => "os limites de range() não podem passar de 64 bits",
        Overflow::Fsum => "a soma ficou grande demais no meio do caminho",
        Overflow::InfinityToInteger => "infinito não pode virar um inteiro",
        Overflow::Round => "o valor arredondado é grande demais para um número real",
        Overflow::Repetition => "o número de repetições é um inteiro grande demais",
        Overflow::Truth => "o inteiro é grande demais para servir de verdadeiro ou falso",
        Overflow::ShiftCount => "o inteiro teria dígitos demais",
        Overflow::FactorialArgument => "o argumento de factorial() é grande demais",
        Overflow::CombArgument | Overflow::PermArgument => "k é grande demais",
    }
}
