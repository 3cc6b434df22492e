//! Statistics of a list of numbers: Python's `statistics` module, and quantiles.
//!
//! Sums are exact: every number becomes a ratio of integers, and the result is rounded once, at the end. Ratios are
//! first added up for each denominator; those of floats are powers of two.

use std::collections::BTreeMap;

use super::containers::{collect, sorted};
use super::row::{Body, Column, Domain, Function, InDecimal, InExact, Parameters};
use super::{Outcome, SCALAR, Section, elements};
use crate::arithmetic::{self, Binary, decimal, exact};
use crate::error::{ErrorKind, Type, TypeError, ValueError};
use crate::limits::{Budget, price};
use crate::mode::Mode;
use crate::number::{Decimal, Integer, Number, Rational, rounding};
use crate::value::Value;

pub(super) const TABLE: &[Function] = &[
    Function {
        name: "mean",
        section: Section::Statistics,
        signature: "data",
        doc: "Arithmetic mean, exact before it is rounded.",
        doc_pt: "Média aritmética, exata antes de arredondada.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Written { names: &["data"], call: mean },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "median",
        section: Section::Statistics,
        signature: "data",
        doc: "Middle value of the sorted data; for an even number of values, the mean of the middle two.",
        doc_pt: "Valor do meio dos dados ordenados; se há um número par de valores, a média dos dois do meio.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Written { names: &["data"], call: median },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "median_high",
        section: Section::Statistics,
        signature: "data",
        doc: "Middle value of the sorted data; for an even number of values, the larger of the middle two.",
        doc_pt: "Valor do meio dos dados ordenados; se há um número par de valores, o maior dos dois do meio.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Written { names: &["data"], call: median_high },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "median_low",
        section: Section::Statistics,
        signature: "data",
        doc: "Middle value of the sorted data; for an even number of values, the smaller of the middle two.",
        doc_pt: "Valor do meio dos dados ordenados; se há um número par de valores, o menor dos dois do meio.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Written { names: &["data"], call: median_low },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "mode",
        section: Section::Statistics,
        signature: "data",
        doc: "Most common value; if several are equally common, the first of them.",
        doc_pt: "Valor mais comum; se vários são igualmente comuns, o primeiro deles.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Written { names: &["data"], call: mode },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "percentile",
        section: Section::Statistics,
        signature: "data, p",
        doc: "Value below which p percent of the data lie, 0 ≤ p ≤ 100, interpolated linearly.",
        doc_pt: "Valor abaixo do qual estão p por cento dos dados, 0 ≤ p ≤ 100, com interpolação linear.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Named {
            parameters: Parameters { names: &["data", "p"], required: 2, positional: 2 },
            call: |arguments, budget| quantile("percentile", 100, arguments, budget),
        },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "pstdev",
        section: Section::Statistics,
        signature: "data, mu=None",
        doc: "Standard deviation of a whole population: the square root of `pvariance`.",
        doc_pt: "Desvio padrão de uma população inteira: a raiz quadrada de `pvariance`.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Written {
            names: &["data", "mu"],
            call: |arguments, budget| deviation("pstdev", 0, arguments, budget),
        },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "pvariance",
        section: Section::Statistics,
        signature: "data, mu=None",
        doc: "Variance of a whole population: the mean of the squared distances from the mean.",
        doc_pt: "Variância de uma população inteira: a média dos quadrados das distâncias à média.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Written {
            names: &["data", "mu"],
            call: |arguments, budget| variance("pvariance", 0, arguments, budget),
        },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "quantile",
        section: Section::Statistics,
        signature: "data, q",
        doc: "Value below which the fraction 0 ≤ q ≤ 1 of the data lies, interpolated linearly.",
        doc_pt: "Valor abaixo do qual está a fração 0 ≤ q ≤ 1 dos dados, com interpolação linear.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Named {
            parameters: Parameters { names: &["data", "q"], required: 2, positional: 2 },
            call: |arguments, budget| quantile("quantile", 1, arguments, budget),
        },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "stdev",
        section: Section::Statistics,
        signature: "data, xbar=None",
        doc: "Standard deviation of a sample: the square root of `variance`.",
        doc_pt: "Desvio padrão de uma amostra: a raiz quadrada de `variance`.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Written {
            names: &["data", "xbar"],
            call: |arguments, budget| deviation("stdev", 1, arguments, budget),
        },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
    Function {
        name: "variance",
        section: Section::Statistics,
        signature: "data, xbar=None",
        doc: "Variance of a sample of n: the sum of the squared distances from the mean, divided by n - 1.",
        doc_pt: "Variância de uma amostra de n: a soma dos quadrados das distâncias à média, dividida por n - 1.",
        domain: Domain::All,
        price: SCALAR,
        python: Body::Written {
            names: &["data", "xbar"],
            call: |arguments, budget| variance("variance", 1, arguments, budget),
        },
        exact: InExact::Same,
        decimal: InDecimal::Same,
        column: Column::None,
    },
];

/// A number as a ratio of integers, with a positive denominator.
struct Ratio {
    numerator: Integer,
    denominator: Integer,
}

/// A number as a term of a sum.
enum Term {
    Exact(Ratio),
    /// An infinity or nan, which outweighs every finite term.
    Special(f64),
}

/// Properties of the data.
#[derive(Default)]
struct Summary {
    count: i64,
    /// Whether any number is a float (or a decimal): then the result is one too.
    is_float: bool,
    /// The sum of the infinities and nans, if there are any.
    special: Option<f64>,
}

/// A sum of ratios: one numerator for each denominator.
#[derive(Default)]
struct Sum(BTreeMap<Integer, Integer>);

impl Sum {
    fn add(&mut self, term: Ratio, budget: &mut Budget) -> Result<(), ErrorKind> {
        match self.0.get_mut(&term.denominator) {
            Some(partial) => *partial = partial.add(&term.numerator, budget)?,
            None => {
                self.0.insert(term.denominator, term.numerator);
            }
        }
        Ok(())
    }

    /// The sum as one ratio.
    fn total(&self, budget: &mut Budget) -> Result<Ratio, ErrorKind> {
        let mut denominator = Integer::ONE;
        for part in self.0.keys() {
            denominator = denominator.lcm(part, budget)?;
        }
        let mut numerator = Integer::ZERO;
        for (part, partial) in &self.0 {
            let times = denominator.divide_exactly(part, budget)?;
            numerator = numerator.add(&partial.multiply(&times, budget)?, budget)?;
        }
        Ok(Ratio { numerator, denominator })
    }
}

/// Converts a value into a ratio.
fn term(value: &Value, budget: &mut Budget) -> Result<Term, ErrorKind> {
    let exact = |numerator, denominator| Ok(Term::Exact(Ratio { numerator, denominator }));
    match value {
        Value::Fraction(value) => return exact(value.numerator().clone(), value.denominator().clone()),
        Value::Decimal(value) => {
            let (numerator, denominator) = value.ratio(budget)?;
            return exact(numerator, denominator);
        }
        _ => {}
    }
    match value.number() {
        Some(Number::Int(value)) => exact(value, Integer::ONE),
        Some(Number::Float(value)) if !value.is_finite() => Ok(Term::Special(value)),
        Some(Number::Float(value)) => {
            let (mantissa, exponent) = rounding::parts(value);
            // The mantissa is made odd, so that few denominators differ. Zero has more trailing zeros than bits.
            let zeros = mantissa.trailing_zeros().min(52);
            let (mantissa, exponent) = (i128::from(mantissa >> zeros), i64::from(exponent) + i64::from(zeros));
            let mantissa = Integer::from(if value < 0.0 { -mantissa } else { mantissa });
            let unit = |bits: i64, budget: &mut Budget| Integer::ONE.shift_left(&Integer::from(bits), budget);
            if mantissa.is_zero() {
                exact(mantissa, Integer::ONE)
            } else if exponent >= 0 {
                exact(mantissa.multiply(&unit(exponent, budget)?, budget)?, Integer::ONE)
            } else {
                exact(mantissa, unit(-exponent, budget)?)
            }
        }
        _ => Err(TypeError::NotRatio { found: value.kind() }.into()),
    }
}

/// Passes every exact term of the data to `take`.
fn each(
    values: impl Iterator<Item = Result<Value, ErrorKind>>,
    budget: &mut Budget,
    mut take: impl FnMut(Ratio, &mut Budget) -> Result<(), ErrorKind>,
) -> Result<Summary, ErrorKind> {
    let mut summary = Summary::default();
    for value in values {
        // The price of finding the denominator among those of floats.
        budget.charge(2 * SCALAR)?;
        let value = value?;
        summary.count += 1;
        summary.is_float |= matches!(value, Value::Float(_) | Value::Decimal(_));
        match term(&value, budget)? {
            Term::Exact(ratio) => take(ratio, budget)?,
            Term::Special(value) => summary.special = Some(summary.special.unwrap_or(0.0) + value),
        }
    }
    Ok(summary)
}

/// Converts a ratio into a value: a ratio of integers that is whole becomes an integer.
fn value(ratio: &Ratio, is_float: bool, budget: &mut Budget) -> Outcome {
    if !is_float && ratio.numerator.modulo(&ratio.denominator, budget)?.is_zero() {
        return ratio.numerator.divide_exactly(&ratio.denominator, budget).map(Value::Int);
    }
    let Ratio { numerator, denominator } = ratio;
    match budget.mode {
        Mode::Python => numerator.true_divide(denominator, budget).map(Value::Float),
        Mode::Exact => Rational::new(numerator, denominator, budget).map(exact::value),
        Mode::Decimal(_) => {
            let (numerator, precision) = (Decimal::from(numerator.clone()), decimal::precision(budget));
            numerator.divide(&Decimal::from(denominator.clone()), precision, budget).map(decimal::value)
        }
    }
}

fn too_few(function: &str, least: i64) -> ErrorKind {
    ValueError::DataPoints { function: function.to_owned(), least: least.unsigned_abs() }.into()
}

fn data(arguments: &[Option<Value>]) -> Result<&Value, ErrorKind> {
    // This argument is required.
    arguments.first().and_then(Option::as_ref).ok_or(ErrorKind::Internal)
}

fn mean(arguments: &[Option<Value>], budget: &mut Budget) -> Outcome {
    let mut sum = Sum::default();
    let values = elements(data(arguments)?, budget)?.map(Ok);
    let summary = each(values, budget, |term, budget| sum.add(term, budget))?;
    if summary.count < 1 {
        return Err(too_few("mean", 1));
    }
    if let Some(special) = summary.special {
        return Ok(Value::Float(special / summary.count as f64));
    }
    let Ratio { numerator, denominator } = sum.total(budget)?;
    let denominator = denominator.multiply(&Integer::from(summary.count), budget)?;
    value(&Ratio { numerator, denominator }, summary.is_float, budget)
}

/// The variance of the data.
enum Spread {
    /// The variance, and whether it is a float.
    Exact(Ratio, bool),
    Special(f64),
}

/// The sum of the squared distances from the mean (or from a given centre), divided by the number of values minus
/// `freedom` (1 for a sample).
fn spread(function: &str, freedom: i64, arguments: &[Option<Value>], budget: &mut Budget) -> Result<Spread, ErrorKind> {
    let values = elements(data(arguments)?, budget)?;
    let centre = arguments.get(1).and_then(Option::as_ref).filter(|centre| !matches!(centre, Value::None));
    let (mut sum, mut squares) = (Sum::default(), Sum::default());
    let summary = if let Some(centre) = centre {
        // As in CPython: the distances and their squares are computed in their types; only their sum is exact.
        let mut distances = Vec::new();
        for value in values {
            budget.charge(SCALAR)?;
            let distance = arithmetic::binary(Binary::Subtract, &value, centre, budget)?;
            let square = arithmetic::binary(Binary::Multiply, &distance, &distance, budget)?;
            budget.hold(square.heap_bytes() + size_of::<Value>() as u64)?;
            distances.push(square);
        }
        let held = distances.iter().map(|square| square.heap_bytes() + size_of::<Value>() as u64).sum();
        let summary = each(distances.into_iter().map(Ok), budget, |term, budget| squares.add(term, budget))?;
        budget.release(held);
        summary
    } else {
        each(values.map(Ok), budget, |term, budget| {
            // The price of finding the denominator of the square.
            budget.charge(SCALAR)?;
            let numerator = term.numerator.multiply(&term.numerator, budget)?;
            let denominator = term.denominator.multiply(&term.denominator, budget)?;
            squares.add(Ratio { numerator, denominator }, budget)?;
            sum.add(term, budget)
        })?
    };
    if summary.count <= freedom {
        return Err(too_few(function, freedom + 1));
    }
    let divisor = Integer::from(summary.count - freedom);
    if let Some(special) = summary.special {
        return Ok(Spread::Special(special / (summary.count - freedom) as f64));
    }
    let squares = squares.total(budget)?;
    let ratio = if centre.is_some() {
        Ratio { denominator: squares.denominator.multiply(&divisor, budget)?, ..squares }
    } else {
        // Σx² - (Σx)²/n: inaccurate with floats, but exact with integers.
        let sum = sum.total(budget)?;
        let count = Integer::from(summary.count);
        let sum_square = sum.numerator.multiply(&sum.numerator, budget)?;
        let sum_denominator = sum.denominator.multiply(&sum.denominator, budget)?.multiply(&count, budget)?;
        let left = squares.numerator.multiply(&sum_denominator, budget)?;
        let numerator = left.subtract(&sum_square.multiply(&squares.denominator, budget)?, budget)?;
        let denominator = squares.denominator.multiply(&sum_denominator, budget)?.multiply(&divisor, budget)?;
        Ratio { numerator, denominator }
    };
    Ok(Spread::Exact(ratio, summary.is_float))
}

fn variance(function: &str, freedom: i64, arguments: &[Option<Value>], budget: &mut Budget) -> Outcome {
    match spread(function, freedom, arguments, budget)? {
        Spread::Exact(ratio, is_float) => value(&ratio, is_float, budget),
        Spread::Special(value) => Ok(Value::Float(value)),
    }
}

fn deviation(function: &str, freedom: i64, arguments: &[Option<Value>], budget: &mut Budget) -> Outcome {
    match spread(function, freedom, arguments, budget)? {
        Spread::Exact(ratio, _) => match budget.mode {
            Mode::Python => square_root(&ratio, budget).map(Value::Float),
            Mode::Exact => {
                let ratio = Rational::new(&ratio.numerator, &ratio.denominator, budget)?;
                exact::root(&exact::value(ratio), 2, function, budget)
            }
            Mode::Decimal(_) => {
                let precision = decimal::precision(budget);
                Decimal::root_of_ratio(&ratio.numerator, &ratio.denominator, precision, budget).map(decimal::value)
            }
        },
        Spread::Special(_) => Err(ValueError::NotFinite.into()),
    }
}

/// The square root of a ratio, correctly rounded. (CPython's `_float_sqrt_of_frac`: a root of 109 bits rounded to odd,
/// then to the nearest float.)
fn square_root(ratio: &Ratio, budget: &mut Budget) -> Result<f64, ErrorKind> {
    const BITS: i64 = 2 * 53 + 3;
    let (n, m) = (&ratio.numerator, &ratio.denominator);
    let shift = (n.bits() as i64 - m.bits() as i64 - BITS).div_euclid(2);
    let by = |bits: i64| Integer::from(bits.abs());
    let root = |n: &Integer, m: &Integer, budget: &mut Budget| {
        let root = n.floor_divide(m, budget)?.square_root(budget)?;
        let is_exact = root.multiply(&root, budget)?.multiply(m, budget)? == *n;
        if is_exact || root.is_odd() { Ok(root) } else { root.add(&Integer::ONE, budget) }
    };
    if shift >= 0 {
        let root = root(n, &m.shift_left(&by(2 * shift), budget)?, budget)?;
        root.shift_left(&by(shift), budget)?.true_divide(&Integer::ONE, budget)
    } else {
        let root = root(&n.shift_left(&by(2 * shift), budget)?, m, budget)?;
        root.true_divide(&Integer::ONE.shift_left(&by(shift), budget)?, budget)
    }
}

/// The sorted data; an error if there are none.
fn in_order(arguments: &[Option<Value>], budget: &mut Budget) -> Result<Vec<Value>, ErrorKind> {
    let Value::List(items) = sorted(data(arguments)?, None, false, budget)? else { return Err(ErrorKind::Internal) };
    if items.values.is_empty() {
        return Err(ValueError::EmptyData { function: "median".to_owned() }.into());
    }
    Ok(items.values.clone())
}

fn median(arguments: &[Option<Value>], budget: &mut Budget) -> Outcome {
    let values = in_order(arguments, budget)?;
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        return Ok(values[middle].clone());
    }
    let sum = arithmetic::binary(Binary::Add, &values[middle - 1], &values[middle], budget)?;
    arithmetic::binary(Binary::Divide, &sum, &Value::Int(Integer::from(2_i64)), budget)
}

fn median_low(arguments: &[Option<Value>], budget: &mut Budget) -> Outcome {
    let values = in_order(arguments, budget)?;
    Ok(values[(values.len() - 1) / 2].clone())
}

fn median_high(arguments: &[Option<Value>], budget: &mut Budget) -> Outcome {
    let values = in_order(arguments, budget)?;
    Ok(values[values.len() / 2].clone())
}

fn mode(arguments: &[Option<Value>], budget: &mut Budget) -> Outcome {
    let values = collect(std::slice::from_ref(data(arguments)?), budget)?;
    for value in &values {
        budget.charge(value.walk_price())?;
        if value.holds_list() {
            return Err(TypeError::Unhashable { element: None, found: Type::List }.into());
        }
    }
    // A stable order: among equal values, the first one represents all.
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for place in Value::positions(&values, budget)? {
        match groups.last_mut() {
            Some(group) if values[group[0]].position(&values[place], budget)?.is_eq() => group.push(place),
            _ => groups.push(vec![place]),
        }
    }
    let best = groups.iter().max_by_key(|group| (group.len(), std::cmp::Reverse(group[0])));
    match best {
        Some(group) => Ok(values[group[0]].clone()),
        None => Err(ValueError::EmptyData { function: "mode".to_owned() }.into()),
    }
}

/// The quantile by linear interpolation between the sorted values: definition 7 of Hyndman and Fan, *Sample quantiles
/// in statistical packages*, 1996 (the default of R and NumPy), computed exactly before it is rounded. The second
/// argument is a part of 1 for `quantile`, of 100 for `percentile`.
fn quantile(function: &str, whole: i64, arguments: &[Option<Value>], budget: &mut Budget) -> Outcome {
    let outside = || if whole == 1 { ValueError::Quantile } else { ValueError::Percentile };
    let q = arguments.get(1).and_then(Option::as_ref).ok_or(ErrorKind::Internal)?;
    let q = match term(q, budget) {
        Ok(Term::Exact(q)) => {
            let denominator = q.denominator.multiply(&Integer::from(whole), budget)?;
            if q.numerator.is_negative() || q.numerator > denominator {
                return Err(outside().into());
            }
            Ratio { denominator, ..q }
        }
        Ok(Term::Special(_)) => return Err(outside().into()),
        Err(ErrorKind::Type(_)) => return Err(TypeError::NotReal { found: q.kind() }.into()),
        Err(other) => return Err(other),
    };
    let values = collect(std::slice::from_ref(data(arguments)?), budget)?;
    let summary = each(values.into_iter().map(Ok), budget, |_, _| Ok(()))?;
    if summary.count < 1 {
        return Err(too_few(function, 1));
    }
    let Value::List(items) = sorted(data(arguments)?, None, false, budget)? else { return Err(ErrorKind::Internal) };
    if let Some(nan) = items.values.iter().find(|value| matches!(value, Value::Float(value) if value.is_nan())) {
        return Ok(nan.clone());
    }
    budget.charge(price::SCALAR)?;
    let steps = q.numerator.multiply(&Integer::from(summary.count - 1), budget)?;
    let place = steps.floor_divide(&q.denominator, budget)?;
    let rest = steps.subtract(&place.multiply(&q.denominator, budget)?, budget)?;
    let place = place.as_i64().and_then(|place| usize::try_from(place).ok()).ok_or(ErrorKind::Internal)?;
    let low = term(&items.values[place], budget)?;
    if rest.is_zero() {
        return match low {
            Term::Exact(low) => value(&low, summary.is_float, budget),
            Term::Special(low) => Ok(Value::Float(low)),
        };
    }
    match (low, term(&items.values[place + 1], budget)?) {
        (Term::Exact(low), Term::Exact(high)) => {
            // a/b + (c/d - a/b)·rest/q, as one fraction.
            let crossed = low.numerator.multiply(&high.denominator, budget)?;
            let difference = high.numerator.multiply(&low.denominator, budget)?.subtract(&crossed, budget)?;
            let whole = crossed.multiply(&q.denominator, budget)?;
            let numerator = whole.add(&difference.multiply(&rest, budget)?, budget)?;
            let denominator = low.denominator.multiply(&high.denominator, budget)?.multiply(&q.denominator, budget)?;
            value(&Ratio { numerator, denominator }, summary.is_float, budget)
        }
        // Between two values of which one is infinite: that one; between the two infinities, nan.
        (Term::Special(low), Term::Special(high)) => Ok(Value::Float(low + high)),
        (Term::Special(infinite), _) | (_, Term::Special(infinite)) => Ok(Value::Float(infinite)),
    }
}
