//! Functions that take or give strings, lists, tuples, sets and ranges.

use std::sync::Arc;

use super::row::{Body, Column, Domain, Function, InDecimal, InExact, Parameters};
use super::{Outcome, SCALAR, Section, decimal, elements, exact, integer, pairs, to_float};
use crate::arithmetic::{self, Binary, Comparison, Products, Total};
use crate::error::{ErrorKind, Estimate, Overflow, TypeError, ValueError, ZeroDivision};
use crate::limits::{Budget, price};
use crate::listsort;
use crate::number::{Integer, Number, float};
use crate::text;
use crate::value::{Elements, Range, Value};

pub(super) const TABLE: &[Function] = &[
    Function {
        name: "all",
        section: Section::Collections,
        signature: "iterable",
        doc: "Whether every element is true.",
        doc_pt: "Se todos os elementos são verdadeiros.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::One(all),
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "any",
        section: Section::Collections,
        signature: "iterable",
        doc: "Whether any element is true.",
        doc_pt: "Se algum elemento é verdadeiro.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::One(any),
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "bin",
        section: Section::Text,
        signature: "n",
        doc: "Text of an integer in base 2, with `0b` before it.",
        doc_pt: "Texto de um inteiro na base 2, precedido de `0b`.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::One(bin),
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "divmod",
        section: Section::Numbers,
        signature: "a, b",
        doc: "Pair of the quotient rounded down and the remainder: `(a//b, a%b)`.",
        doc_pt: "Par formado pelo quociente arredondado para baixo e pelo resto: `(a//b, a%b)`.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Counted { least: 2, most: 2, call: divmod },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "hex",
        section: Section::Text,
        signature: "n",
        doc: "Text of an integer in base 16, with `0x` before it.",
        doc_pt: "Texto de um inteiro na base 16, precedido de `0x`.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::One(hex),
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "len",
        section: Section::Collections,
        signature: "x",
        doc: "Number of elements, or of characters of a string.",
        doc_pt: "Número de elementos, ou de caracteres de um texto.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::One(len),
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "oct",
        section: Section::Text,
        signature: "n",
        doc: "Text of an integer in base 8, with `0o` before it.",
        doc_pt: "Texto de um inteiro na base 8, precedido de `0o`.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::One(oct),
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "sorted",
        section: Section::Collections,
        signature: "iterable, key=None, reverse=False",
        doc: "Sorted list of the elements.",
        doc_pt: "Lista ordenada dos elementos.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Sorted(sorted),
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "sum",
        section: Section::Collections,
        signature: "iterable, start=0",
        doc: "Sum of the elements and `start`.",
        doc_pt: "Soma dos elementos e de `start`.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Named { parameters: Parameters { names: &["", "start"], required: 1, positional: 2 }, call: sum },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
];

/// The types, whose call converts a value.
pub(super) const TYPES: &[Function] = &[
    Function {
        name: "list",
        section: Section::Collections,
        signature: "[iterable]",
        doc: "List of the elements.",
        doc_pt: "Lista dos elementos.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Counted { least: 0, most: 1, call: list },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "range",
        section: Section::Collections,
        signature: "[start, ]stop[, step]",
        doc: "Integers from `start` (0) up to, but not including, `stop`, in steps of `step` (1).",
        doc_pt: "Inteiros a partir de `start` (0) até antes de `stop`, de `step` em `step` (1).",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Counted { least: 1, most: 3, call: range },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "set",
        section: Section::Collections,
        signature: "[iterable]",
        doc: "Set of the elements.",
        doc_pt: "Conjunto dos elementos.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Counted { least: 0, most: 1, call: set },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "str",
        section: Section::Text,
        signature: "[object[, encoding, errors]]",
        doc: "Text of a value.",
        doc_pt: "Texto de um valor.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Named {
            parameters: Parameters { names: &["object", "encoding", "errors"], required: 0, positional: 3 },
            call: str,
        },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "tuple",
        section: Section::Collections,
        signature: "[iterable]",
        doc: "Tuple of the elements.",
        doc_pt: "Tupla dos elementos.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Counted { least: 0, most: 1, call: tuple },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
];

/// The functions of `math`.
pub(super) const MATH: &[Function] = &[
    Function {
        name: "dist",
        section: Section::Collections,
        signature: "p, q",
        doc: "Euclidean distance between two points, each the list of its coordinates.",
        doc_pt: "Distância euclidiana entre dois pontos, cada um dado pela lista das suas coordenadas.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Counted { least: 2, most: 2, call: dist },
        exact: InExact::Formula(exact::dist),
        decimal: InDecimal::Formula(decimal::dist),
        column: Column::None,
    },
    Function {
        name: "fsum",
        section: Section::Collections,
        signature: "iterable",
        doc: "Sum of the elements as floats, rounded only once.",
        doc_pt: "Soma dos elementos como floats, arredondada uma única vez.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::One(fsum),
        exact: InExact::Formula(exact::fsum),
        decimal: InDecimal::NotInMode,
        column: Column::None,
    },
    Function {
        name: "prod",
        section: Section::Collections,
        signature: "iterable, start=1",
        doc: "Product of the elements and `start`.",
        doc_pt: "Produto dos elementos e de `start`.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Named {
            parameters: Parameters { names: &["", "start"], required: 1, positional: 1 },
            call: prod,
        },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "sumprod",
        section: Section::Collections,
        signature: "p, q",
        doc: "Sum of the products of two collections, element by element; with floats, rounded only once.",
        doc_pt: "Soma dos produtos de duas coleções, elemento a elemento; com floats, arredondada uma única vez.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Counted { least: 2, most: 2, call: sumprod },
        exact: InExact::Formula(exact::sumprod),
        decimal: InDecimal::Formula(decimal::sumprod),
        column: Column::None,
    },
];

fn all(value: &Value, budget: &mut Budget) -> Outcome {
    Ok(Value::Bool(elements(value, budget)?.all(|element| element.is_true())))
}

fn any(value: &Value, budget: &mut Budget) -> Outcome {
    Ok(Value::Bool(elements(value, budget)?.any(|element| element.is_true())))
}

fn len(value: &Value, _: &mut Budget) -> Outcome {
    match value.length() {
        Some(length) => Ok(Value::Int(Integer::from(i128::from(length)))),
        None => Err(TypeError::NoLength { found: value.kind() }.into()),
    }
}

fn bin(value: &Value, budget: &mut Budget) -> Outcome {
    in_base(value, 2, "0b", budget)
}

fn oct(value: &Value, budget: &mut Budget) -> Outcome {
    in_base(value, 8, "0o", budget)
}

fn hex(value: &Value, budget: &mut Budget) -> Outcome {
    in_base(value, 16, "0x", budget)
}

fn in_base(value: &Value, base: u8, prefix: &str, budget: &mut Budget) -> Outcome {
    let integer = integer(value)?;
    let characters = integer.bits() / u64::from(base.ilog2()) + 3;
    if characters > budget.limits.string_characters {
        let limit = budget.limits.string_characters;
        return Err(ErrorKind::CollectionTooLarge { elements: Estimate::About(characters), limit });
    }
    budget.charge(price::add(5 * characters / 2) + 4)?;
    let sign = if integer.is_negative() { "-" } else { "" };
    Value::string(format!("{sign}{prefix}{}", integer.absolute().in_base(base)), budget)
}

/// The elements as separate values, if there are not too many.
pub(super) fn collect(arguments: &[Value], budget: &mut Budget) -> Result<Vec<Value>, ErrorKind> {
    let Some(argument) = arguments.first() else { return Ok(Vec::new()) };
    let limit = budget.limits.elements;
    match argument.length() {
        Some(length) if length > limit => {
            Err(ErrorKind::CollectionTooLarge { elements: Estimate::About(length), limit })
        }
        _ => Ok(elements(argument, budget)?.collect()),
    }
}

fn list(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let values = collect(arguments, budget)?;
    Value::list(values, budget)
}

fn tuple(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let values = collect(arguments, budget)?;
    Value::tuple(values, budget)
}

fn set(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let values = collect(arguments, budget)?;
    Value::set(values, budget)
}

fn range(arguments: &[Value], _: &mut Budget) -> Outcome {
    let bounds = arguments.iter().map(integer).collect::<Result<Vec<_>, _>>()?;
    let (start, stop, step) = match &bounds[..] {
        [stop] => (Integer::ZERO, stop.clone(), Integer::ONE),
        [start, stop] => (start.clone(), stop.clone(), Integer::ONE),
        [start, stop, step] => (start.clone(), stop.clone(), step.clone()),
        _ => return Err(ErrorKind::Internal),
    };
    if step.is_zero() {
        return Err(ValueError::RangeStep.into());
    }
    let machine = |value: &Integer| value.as_i64().ok_or(ErrorKind::from(Overflow::RangeBound));
    let (start, stop, step) = (machine(&start)?, machine(&stop)?, machine(&step)?);
    Ok(Value::Range(Arc::new(Range { start, stop, step })))
}

/// `sorted(elements, key=…, reverse=…)`: stable, by `<` alone, compared in the order of CPython's `list.sort`.
pub(super) fn sorted(value: &Value, key: Option<&Value>, reverse: bool, budget: &mut Budget) -> Outcome {
    let values = collect(std::slice::from_ref(value), budget)?;
    let mut keyed = Vec::with_capacity(values.len());
    for value in values {
        let measured = match key {
            None | Some(Value::None) => value.clone(),
            Some(Value::Function(key)) => super::call(key.row, std::slice::from_ref(&value), &[], budget)?,
            Some(other) => return Err(TypeError::NotCallable { found: other.kind() }.into()),
        };
        keyed.push((measured, value));
    }
    if reverse {
        keyed.reverse();
    }
    let less = |a: usize, b: usize| {
        budget.charge(SCALAR)?;
        arithmetic::compare(Comparison::Less, &keyed[a].0, &keyed[b].0, budget)
    };
    let mut places = listsort::order(keyed.len(), less)?;
    if reverse {
        places.reverse();
    }
    Value::list(places.into_iter().map(|place| keyed[place].1.clone()).collect(), budget)
}

fn str(arguments: &[Option<Value>], budget: &mut Budget) -> Outcome {
    for (argument, value) in [("encoding", &arguments[1]), ("errors", &arguments[2])] {
        if let Some(value) = value.as_ref().filter(|value| !matches!(value, Value::Str(_))) {
            let (function, argument) = ("str".to_owned(), argument.to_owned());
            return Err(TypeError::NotString { function, argument, found: value.kind() }.into());
        }
    }
    let Some(value) = &arguments[0] else { return Value::string("", budget) };
    if arguments[1].is_some() || arguments[2].is_some() {
        return Err(TypeError::Decoding { found: value.kind() }.into());
    }
    if let Value::Str(_) = value {
        return Ok(value.clone());
    }
    let (characters, cost) = value.text_estimate();
    if characters > budget.limits.string_characters + 1 {
        let limit = budget.limits.string_characters;
        return Err(ErrorKind::CollectionTooLarge { elements: Estimate::About(characters), limit });
    }
    budget.charge(cost)?;
    Value::string(text::of(value), budget)
}

fn divmod(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let (a, b) = (&arguments[0], &arguments[1]);
    let unfit = || TypeError::Operands { operator: "divmod()".to_owned(), types: vec![a.kind(), b.kind()] };
    let is_number =
        |value: &Value| value.integer().is_some() || matches!(value, Value::Fraction(_) | Value::Decimal(_));
    let is_one = |kind: fn(&Value) -> bool| (kind(a) || kind(b)) && is_number(a) && is_number(b);
    if is_one(|value| matches!(value, Value::Decimal(_))) {
        return decimal::divmod(a, b, budget);
    }
    if is_one(|value| matches!(value, Value::Fraction(_))) {
        let quotient = arithmetic::binary(Binary::FloorDivide, a, b, budget)?;
        return Value::tuple(vec![quotient, arithmetic::binary(Binary::Modulo, a, b, budget)?], budget);
    }
    let (quotient, remainder) = match (a.number(), b.number()) {
        (Some(Number::Int(_)), Some(Number::Int(divisor))) => {
            if divisor.is_zero() {
                return Err(ZeroDivision::Divmod.into());
            }
            (arithmetic::binary(Binary::FloorDivide, a, b, budget)?, arithmetic::binary(Binary::Modulo, a, b, budget)?)
        }
        (Some(Number::Int(_) | Number::Float(_)), Some(Number::Int(_) | Number::Float(_))) => {
            let (x, y) = (to_float(a)?, to_float(b)?);
            let (quotient, remainder) = float::divide_with_remainder(x, y).ok_or(ZeroDivision::Divmod)?;
            (Value::Float(quotient), Value::Float(remainder))
        }
        _ => return Err(unfit().into()),
    };
    Value::tuple(vec![quotient, remainder], budget)
}

fn sum(arguments: &[Option<Value>], budget: &mut Budget) -> Outcome {
    let [Some(iterable), start] = arguments else { return Err(ErrorKind::Internal) };
    let start = start.clone().unwrap_or(Value::Int(Integer::ZERO));
    let values = elements(iterable, budget)?;
    if matches!(start, Value::Str(_)) {
        return Err(TypeError::SumOfStrings.into());
    }
    fold(Total::sum(start), values, budget)
}

fn prod(arguments: &[Option<Value>], budget: &mut Budget) -> Outcome {
    let [Some(iterable), start] = arguments else { return Err(ErrorKind::Internal) };
    let values = elements(iterable, budget)?;
    fold(Total::product(start.clone().unwrap_or(Value::Int(Integer::ONE))), values, budget)
}

fn fold(mut total: Total, mut values: Elements, budget: &mut Budget) -> Outcome {
    values.try_for_each(|element| {
        budget.charge(SCALAR + 2)?;
        total.take(&element, budget)
    })?;
    Ok(total.value())
}

fn sumprod(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let mut total = Products::Words(0);
    for pair in pairs(arguments, budget)? {
        let (a, b) = pair?;
        budget.charge(2 * SCALAR)?;
        total = total.take(&a, &b, budget)?;
    }
    total.value(budget)
}

/// The elements as floats, converted as in `math`.
fn floats(value: &Value, budget: &mut Budget) -> Result<Vec<f64>, ErrorKind> {
    elements(value, budget)?.map(|element| to_float(&element)).collect()
}

fn dist(arguments: &[Value], budget: &mut Budget) -> Outcome {
    let (p, q) = (elements(&arguments[0], budget)?, elements(&arguments[1], budget)?);
    if arguments[0].length() != arguments[1].length() {
        return Err(ValueError::Dimensions.into());
    }
    budget.charge(price::ELEMENTARY * 32 * arguments[0].length().unwrap_or(0))?;
    // Pair by pair, so that the error names the first element that is not a number.
    let pairs: Result<Vec<(f64, f64)>, ErrorKind> = p.zip(q).map(|(p, q)| Ok((to_float(&p)?, to_float(&q)?))).collect();
    let (p, q): (Vec<f64>, Vec<f64>) = pairs?.into_iter().unzip();
    let differences: Vec<f64> = p.iter().zip(&q).map(|(p, q)| p - q).collect();
    Ok(Value::Float(if differences.iter().any(|difference| difference.is_infinite()) {
        f64::INFINITY
    } else if differences.iter().any(|difference| difference.is_nan()) {
        f64::NAN
    } else {
        Integer::root_of_sum_of_squares(&differences)
    }))
}

/// Shewchuk's algorithm: partial sums that do not overlap and together are the exact sum.
fn fsum(value: &Value, budget: &mut Budget) -> Outcome {
    let values = floats(value, budget)?;
    let mut partials: Vec<f64> = Vec::new();
    let mut special: Vec<f64> = Vec::new();
    for value in values {
        // Infinities and NaN are added separately; as in CPython, earlier elements then matter only if they overflow.
        if !value.is_finite() {
            special.push(value);
            partials.clear();
            continue;
        }
        budget.charge(partials.len() as u64 + 1)?;
        let mut x = value;
        let mut kept = 0;
        for at in 0..partials.len() {
            let mut y = partials[at];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                partials[kept] = low;
                kept += 1;
            }
            x = high;
        }
        partials.truncate(kept);
        if x.is_infinite() {
            return Err(Overflow::Fsum.into());
        }
        if x != 0.0 {
            partials.push(x);
        }
    }
    if !special.is_empty() {
        let infinities = special.contains(&f64::INFINITY) && special.contains(&f64::NEG_INFINITY);
        let total = special.iter().sum();
        return if infinities { Err(ValueError::FsumInfinities.into()) } else { Ok(Value::Float(total)) };
    }
    // Added from the largest; what remains decides a tie.
    let Some(mut high) = partials.pop() else { return Ok(Value::Float(0.0)) };
    let mut low = 0.0;
    while let Some(y) = partials.pop() {
        let x = high;
        high = x + y;
        low = y - (high - x);
        if low != 0.0 {
            break;
        }
    }
    if let Some(next) = partials.last()
        && ((low < 0.0 && *next < 0.0) || (low > 0.0 && *next > 0.0))
    {
        let y = low * 2.0;
        let x = high + y;
        if y == x - high {
            high = x;
        }
    }
    Ok(Value::Float(high))
}
