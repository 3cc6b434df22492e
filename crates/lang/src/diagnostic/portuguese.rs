//! Messages for failures at run time, in Brazilian Portuguese: what was given, what is expected, what to write instead.

use super::Language::Portuguese;
use super::domain;
use crate::error::{Arity, Bound, ErrorKind, Overflow, Type, TypeError, ValueError, ZeroDivision};
use crate::functions::takes_a_list;

/// The message; `None` for errors whose messages in both languages stand together elsewhere.
pub(super) fn at_run_time(kind: &ErrorKind) -> Option<String> {
    Some(match kind {
        ErrorKind::UnknownName { name } => {
            format!("'{name}' não está definido: não é função nem constante, e não recebeu valor")
        }
        ErrorKind::UnknownMathName { name } => format!("math não tem nada com o nome '{name}'"),
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
        Type::Int => "um número inteiro",
        Type::Float | Type::Decimal => "um número decimal",
        Type::Complex => "um número complexo",
        Type::Bool => "um valor lógico",
        Type::Str => "um texto",
        Type::List => "uma lista",
        Type::Tuple => "uma tupla",
        Type::Set => "um conjunto",
        Type::Range => "um range",
        Type::None => "None",
        Type::Function | Type::Defined | Type::Type => "uma função",
        Type::Fraction => "uma fração",
    }
}

/// A type after "de".
fn of(kind: Type) -> &'static str {
    match kind {
        Type::List => "da lista",
        Type::Tuple => "da tupla",
        Type::Str => "do texto",
        Type::Range => "do range",
        _ => "da sequência",
    }
}

fn operands(operator: &str, types: &[Type]) -> String {
    let (left, right) = match types {
        [left, right] => (*left, *right),
        _ => return "pow() com três argumentos recebe números inteiros".to_owned(),
    };
    let (a_left, a_right) = (a(left), a(right));
    let numbers = left.is_number() && right.is_number();
    match super::bare(operator) {
        "^" if numbers => {
            return format!(
                "'^' aqui é “ou exclusivo” (XOR), de números inteiros (não de {a_left} e {a_right}); para potência, escreva **"
            );
        }
        operator @ ("&" | "|") if numbers => {
            return format!("'{operator}' combina os bits de números inteiros, não de {a_left} e {a_right}");
        }
        operator @ ("<<" | ">>") if numbers => {
            return format!("'{operator}' desloca os bits de números inteiros, não de {a_left} e {a_right}");
        }
        operator @ ("%" | "//" | "divmod") if numbers && [left, right].contains(&Type::Complex) => {
            return format!(
                "'{operator}' precisa de números reais: os complexos não têm quociente inteiro nem resto de divisão"
            );
        }
        _ => {}
    }
    let cannot = match super::bare(operator) {
        "+" => format!("{a_left} e {a_right} não se somam"),
        "-" => format!("não se subtrai {a_right} de {a_left}"),
        "*" => format!("{a_left} e {a_right} não se multiplicam"),
        "/" | "//" | "%" | "divmod" => format!("não se divide {a_left} por {a_right}"),
        "**" | "pow" => format!("não se eleva {a_left} a {a_right}"),
        operator => format!("'{operator}' não funciona com {a_left} e {a_right}"),
    };
    cannot + what_instead(operator, left, right)
}

/// What to write instead of an operator between these two types.
fn what_instead(operator: &str, left: Type, right: Type) -> &'static str {
    let either = |kind: Type| left == kind || right == kind;
    if either(Type::Function) || either(Type::Type) || either(Type::Defined) {
        "; uma função se chama com os argumentos entre parênteses, como em sqrt(2)"
    } else if either(Type::None) {
        "; None não é número"
    } else if either(Type::Str) && (left.is_number() || right.is_number()) {
        if operator == "+" {
            "; str(…) faz de um número um texto, float(…) de um texto um número"
        } else {
            "; float(…) faz de um texto um número"
        }
    } else if operator == "+" && either(Type::List) {
        "; + só junta uma lista a outra lista"
    } else if operator == "+" && left == Type::Set && right == Type::Set {
        "; a | b tem os elementos dos dois"
    } else {
        ""
    }
}

fn type_error(error: &TypeError) -> String {
    match error {
        TypeError::Operands { operator, types } => operands(operator, types),
        TypeError::Order { operator, left, right } => {
            let why = if [*left, *right].contains(&Type::Complex) && left.is_number() && right.is_number() {
                "; números complexos não têm ordem, o abs(…) deles tem"
            } else {
                ""
            };
            format!("'{operator}' não compara {} com {}{why}", a(*left), a(*right))
        }
        TypeError::Operand { operator, found } => match super::bare(operator) {
            "~" if found.is_number() => format!("'~' inverte os bits de um número inteiro, não de {}", a(*found)),
            "abs" => format!("abs() recebe um número, não {}", a(*found)),
            operator => format!("'{operator}' precisa de um número depois, não de {}", a(*found)),
        },
        TypeError::NotCallable { found } if found.is_number() => {
            format!("{} antes de parênteses não é uma função; para multiplicar escreva *, como em 2*(3+4)", a(*found))
        }
        TypeError::NotCallable { found: found @ (Type::List | Type::Tuple | Type::Str | Type::Range) } => {
            format!("{} não é uma função; para escolher um elemento use colchetes, como em a[0]", a(*found))
        }
        TypeError::NotCallable { found } => format!("{} não é uma função: não se pode chamar", a(*found)),
        TypeError::NotIterable { found } => format!(
            "aqui vai uma lista, uma tupla, um conjunto, um range ou um texto, não {}; uma lista se escreve [1, 2, 3]",
            a(*found)
        ),
        TypeError::NotContainer { found } => {
            format!("'in' procura em uma lista, uma tupla, um conjunto, um range ou um texto, não em {}", a(*found))
        }
        TypeError::NotString { function, argument, found } => {
            format!("o argumento '{argument}' de {function}() deve ser um texto, não {}", a(*found))
        }
        TypeError::Decoding { .. } => "str() faz um texto de um só valor; tire os outros argumentos".to_owned(),
        TypeError::NotInString { found } => {
            format!("dentro de um texto só se procura outro texto, não {}; str(…) faz um", a(*found))
        }
        TypeError::Unhashable { element: None, .. } => {
            "mode() não conta listas; conta tuplas: escreva (1, 2) em vez de [1, 2]".to_owned()
        }
        TypeError::Unhashable { element: Some(Type::List), .. } => {
            "uma lista não pode ser elemento de um conjunto; uma tupla pode: escreva (1, 2) em vez de [1, 2]".to_owned()
        }
        TypeError::Unhashable { element: Some(element), found } => format!(
            "{} com {} dentro não pode ser elemento de um conjunto; escreva (1, 2) em vez de [1, 2]",
            a(*element),
            a(*found)
        ),
        TypeError::Concatenation { left, right } => {
            format!("{} e {} não se somam{}", a(*left), a(*right), what_instead("+", *left, *right))
        }
        TypeError::Repetition { by } => {
            format!("uma lista, uma tupla ou um texto só se multiplica por um número inteiro, não por {}", a(*by))
        }
        TypeError::NotSubscriptable { found } if found.is_number() => format!(
            "{} não tem elementos para escolher com [ ]; para multiplicar use * e parênteses, como em 2*(3+4)",
            a(*found)
        ),
        TypeError::NotSubscriptable { found: Type::Set } => {
            "os elementos de um conjunto não têm ordem; para escolher um pela posição escreva sorted(…)[0]".to_owned()
        }
        TypeError::NotSubscriptable { found: Type::Function | Type::Defined }
        | TypeError::TypeNotSubscriptable { .. } => "uma função se chama com parênteses, como em sqrt(2)".to_owned(),
        TypeError::NotSubscriptable { found } => format!("{} não tem elementos para escolher com [ ]", a(*found)),
        TypeError::Indices { of: kind, found } => {
            format!("a posição de um elemento {} é um número inteiro a partir de 0, não {}", of(*kind), a(*found))
        }
        TypeError::SliceIndices => "os limites de uma fatia são números inteiros, como em a[1:3]".to_owned(),
        TypeError::Unpacking { found } => {
            format!("vários nomes recebem uma lista ou tupla de valores, como em a, b = 1, 2, não {}", a(*found))
        }
        TypeError::NoLength { found } => {
            format!("len() recebe uma lista, uma tupla, um conjunto, um range ou um texto, não {}", a(*found))
        }
        TypeError::SumOfStrings => "sum() soma números; textos se juntam com +".to_owned(),
        TypeError::NotReal { found } => format!("aqui vai um número real, não {}", a(*found)),
        TypeError::NotInteger { found } => format!("aqui vai um número inteiro, não {}", a(*found)),
        TypeError::Argument { function, integer, found } => argument(function, *integer, *found),
        TypeError::NotRatio { found } => format!("a estatística espera números reais, não {}", a(*found)),
        TypeError::NoMethod { found, .. } => format!("só um número real se arredonda, não {}", a(*found)),
        TypeError::Conversion { to, found } => {
            format!("{}() recebe um número real ou um texto, não {}", to.python(), a(*found))
        }
        TypeError::Arity(arity) => arity_error(arity),
        TypeError::MissingArgument { function, name, position }
        | TypeError::MissingPositional { function, name, position } => {
            format!("falta o argumento '{name}' de {function}(), o de número {position}")
        }
        TypeError::GivenTwice { function, name, position } | TypeError::MultipleValues { function, name, position } => {
            format!("o argumento '{name}' de {function}() foi dado duas vezes: pelo nome e na posição {position}")
        }
        TypeError::NoKeywords { function } => format!("{}() recebe os argumentos sem nome", super::bare(function)),
        TypeError::UnknownKeyword { function, name, meant } => {
            let meant = meant.as_ref().map_or_else(String::new, |meant| format!("; tem um de nome '{meant}'"));
            format!("{}() não tem um argumento de nome '{name}'{meant}", super::told(function))
        }
        TypeError::ModularPowerOfNonIntegers => "pow() com três argumentos recebe números inteiros".to_owned(),
        TypeError::DefaultWithSeveral { function } => {
            format!("{function}() aceita 'default' com uma só lista, não com vários valores")
        }
        TypeError::BaseOfNonString => {
            "int() aceita uma base com um texto, como em int('11', 2), não com um número".to_owned()
        }
        TypeError::BaseWithoutString => "int() com uma base precisa de um texto, como em int('11', 2)".to_owned(),
        TypeError::LdexpExponent => "ldexp(x, i) é x*2**i e recebe um número inteiro i".to_owned(),
    }
}

fn argument(function: &str, integer: bool, found: Type) -> String {
    let wanted = if integer { "um número inteiro" } else { "um número real" };
    let instead = match (function, found) {
        ("factorial", Type::Float | Type::Fraction | Type::Decimal) => "; para outros há gamma(x+1)",
        (_, Type::Float | Type::Fraction | Type::Decimal) if integer => "; int(…) faz um",
        (_, Type::Str) if integer => "; int(…) faz de um texto um número inteiro",
        (_, Type::Str) => "; float(…) faz de um texto um número",
        (_, Type::Function | Type::Type | Type::Defined) => {
            "; uma função se chama com os argumentos entre parênteses, como em sqrt(2)"
        }
        _ => "",
    };
    format!("{function} precisa de {wanted} aqui, não de {}{instead}", a(found))
}

fn arity_error(arity: &Arity) -> String {
    let (function, bound, wanted, given, positional) = super::count(arity);
    let bound = match bound {
        Bound::Exactly => "",
        Bound::AtLeast => "pelo menos ",
        Bound::AtMost => "no máximo ",
    };
    let plural = super::plural(wanted);
    let positional = if positional { " sem nome" } else { "" };
    // The usual cause: separate arguments instead of a list.
    let cause = if given > wanted && takes_a_list(function) {
        format!("; vários valores vão em uma lista, como em {function}([1, 2, 3])")
    } else if wanted == 1 && given == 2 {
        "; decimais se escrevem com ponto, como em 2.5".to_owned()
    } else {
        String::new()
    };
    if wanted == 0 {
        return format!("{}() não recebe argumentos, e recebeu {given}", super::bare(function));
    }
    format!("{}() recebe {bound}{wanted} argumento{plural}{positional}, não {given}{cause}", super::bare(function))
}

fn value_error(error: &ValueError) -> String {
    let words = match error {
        ValueError::Outside { function, given } => return domain::message(function, *given, Portuguese),
        ValueError::EmptySequence { function } => {
            return format!("{function}() precisa de pelo menos um valor: o que recebeu está vazio");
        }
        ValueError::DataPoints { function, least: 1 } => return format!("{function} precisa de pelo menos um número"),
        ValueError::DataPoints { function, least } => {
            return format!("{function} precisa de pelo menos {least} números");
        }
        ValueError::EmptyData { function } => {
            return format!("{function} precisa de pelo menos um valor: não há nenhum");
        }
        ValueError::NotFinite => "há inf ou nan entre os dados; são precisos números finitos",
        ValueError::Percentile => "o segundo argumento de percentile é um número de 0 a 100",
        ValueError::Pole { function, at } => {
            let noun = match function.as_str() {
                "tan" => "tangente",
                "sec" => "secante",
                "csc" => "cossecante",
                _ => "cotangente",
            };
            return format!("a {noun} não tem valor em {at}");
        }
        ValueError::Quantile => "o segundo argumento de quantile é um número de 0 a 1",
        ValueError::Index { of: kind } => {
            return format!("não há elemento {} nessa posição; a primeira é 0, a última é -1", of(*kind));
        }
        ValueError::IntLiteral { base: 10, text } => return format!("{text} não é o texto de um número inteiro"),
        ValueError::IntLiteral { base, text } => {
            return format!("{text} não é o texto de um número inteiro na base {base}");
        }
        ValueError::FloatLiteral { text } => return format!("{text} não é o texto de um número"),
        ValueError::ZeroPolynomial => "todos os coeficientes são 0: todo número é raiz",
        ValueError::Unpack { expected, got: Some(got) } => {
            return format!(
                "são {expected} nomes para {got} valor{}; cada nome recebe um",
                if *got == 1 { "" } else { "es" }
            );
        }
        ValueError::Unpack { expected, got: None } => {
            return format!("há mais valores do que os {expected} nomes; cada nome recebe um");
        }
        ValueError::IndexSize => "não há elemento em uma posição com tantos dígitos",
        ValueError::SliceStep => "o passo de uma fatia não pode ser 0; com 1 vêm todos os elementos",
        ValueError::RangeStep => "o passo de range() não pode ser 0",
        ValueError::Base => "a base de int() é um número inteiro de 2 a 36, ou 0",
        ValueError::EmptyRandomRange => "randint(a, b) precisa de um a que não seja maior que b",
        ValueError::Dimensions => "os dois pontos devem ter o mesmo número de coordenadas",
        ValueError::LengthsDiffer => "as duas listas devem ter o mesmo número de elementos",
        ValueError::FmaInvalid => "inf*0 e inf - inf não têm valor",
        ValueError::NegativeSteps => "o número de passos deve ser 0 ou maior",
        ValueError::FsumInfinities => "inf e -inf não têm soma",
        ValueError::ComplexModulo => "números complexos não têm resto de divisão",
        ValueError::Domain => "não há valor para esses números",
        ValueError::NegativeShift => "os bits se deslocam 0 posições ou mais; << e >> os levam em direções opostas",
        ValueError::NanToInteger => "nan não é um número e não pode virar inteiro",
        ValueError::ZeroModulus => "o terceiro argumento de pow() não pode ser 0: é um divisor",
        ValueError::NotInvertible => "a base não tem inverso para esse módulo: os dois têm um divisor em comum",
        ValueError::NegativeFactorial => {
            "o fatorial está definido para números inteiros a partir de 0, não para os negativos"
        }
        ValueError::NegativeN => "n, o primeiro argumento, deve ser 0 ou maior",
        ValueError::NegativeK => "k, o segundo argumento, deve ser 0 ou maior",
        ValueError::NegativeRoot => "isqrt recebe números inteiros a partir de 0; √ de um número negativo é complexa",
        ValueError::NegativeTolerance => "as tolerâncias devem ser 0 ou maiores",
    };
    words.to_owned()
}

fn zero_division(error: ZeroDivision) -> &'static str {
    match error {
        ZeroDivision::Division => "divisão por zero",
        ZeroDivision::Base => "não há logaritmo na base 1: toda potência de 1 é 1",
        ZeroDivision::Floor => "a divisão por zero não tem quociente inteiro",
        ZeroDivision::Modulo => "a divisão por zero não tem resto",
        ZeroDivision::Divmod => "a divisão por zero não tem quociente nem resto",
        ZeroDivision::ZeroToNegative => "0 não tem potências negativas: 0**-1 seria 1/0",
        ZeroDivision::ComplexPower => {
            "nem 0 elevado a um número negativo ou complexo nem o infinito a um complexo têm valor"
        }
        ZeroDivision::Fraction { .. } => "divisão por zero: nenhuma fração tem denominador 0",
    }
}

fn overflow(error: Overflow) -> &'static str {
    match error {
        Overflow::IntToFloat => {
            "este número inteiro é maior que o maior número decimal (float), cerca de 1.8e308; calcule só com números \
             inteiros, ou no modo decimal"
        }
        Overflow::IntDivision => {
            "o quociente é maior que o maior número decimal (float), cerca de 1.8e308; // dá um inteiro"
        }
        Overflow::Power | Overflow::Range => {
            "o resultado é maior que o maior número decimal (float), cerca de 1.8e308; números inteiros e o modo \
             decimal não têm esse fim"
        }
        Overflow::ComplexPower => "o resultado tem uma parte maior que o maior float, cerca de 1.8e308",
        Overflow::ComplexAbsolute => "a distância até 0 é maior que o maior float, cerca de 1.8e308",
        Overflow::RangeBound => "os limites de range() são números inteiros de até 64 bits",
        Overflow::Fma => "o resultado é maior que o maior float, cerca de 1.8e308",
        Overflow::Fsum => "a soma é maior que o maior float, cerca de 1.8e308",
        Overflow::InfinityToInteger => "infinito não é um número inteiro e não pode virar um",
        Overflow::Round => "o valor arredondado é maior que o maior float, cerca de 1.8e308",
        Overflow::Repetition => "nada se repete tantas vezes: o número tem mais de 64 bits",
        Overflow::ShiftCount => "os bits não se deslocam tanto: o número de posições tem mais de 64 bits",
        Overflow::FactorialArgument => "factorial recebe números inteiros de até 64 bits",
        Overflow::CombArgument | Overflow::PermArgument => "k é maior do que 64 bits podem dizer",
    }
}
