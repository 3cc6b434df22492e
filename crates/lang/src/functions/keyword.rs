//! The error for an unknown keyword, with a suggestion: CPython's `_Py_CalculateSuggestions`.

use crate::error::{ErrorKind, TypeError};

/// The cost of an inserted, deleted or exchanged byte.
const MOVE: usize = 2;
/// The cost of a capital letter in place of the small one, or the reverse.
const CASE: usize = 1;
/// At most so many bytes may differ between the common prefix and suffix; longer differences are not compared.
const DIFFERENT_MAX: usize = 40;

/// The error for a keyword that no parameter is called.
pub(super) fn unknown(function: &str, keyword: &str, parameters: &[&str]) -> ErrorKind {
    let meant = meant(keyword, parameters).map(str::to_owned);
    TypeError::UnknownKeyword { function: function.to_owned(), name: keyword.to_owned(), meant }.into()
}

/// The first of the nearest parameters, if at most about a third of both names differs.
fn meant<'p>(keyword: &str, parameters: &[&'p str]) -> Option<&'p str> {
    let named = parameters.iter().filter(|name| !name.is_empty());
    let near = named.filter_map(|name| {
        let most = (keyword.len() + name.len() + 3) * MOVE / 6;
        distance(keyword.as_bytes(), name.as_bytes()).filter(|distance| *distance <= most).map(|near| (near, *name))
    });
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// The edit distance of two texts; `None` if they differ too much.
fn distance(mut a: &[u8], mut b: &[u8]) -> Option<usize> {
    while let ([x, rest_a @ ..], [y, rest_b @ ..]) = (a, b)
        && x == y
    {
        (a, b) = (rest_a, rest_b);
    }
    while let ([rest_a @ .., x], [rest_b @ .., y]) = (a, b)
        && x == y
    {
        (a, b) = (rest_a, rest_b);
    }
    if a.len().max(b.len()) > DIFFERENT_MAX {
        return None;
    }
    // The row of the distance table for the bytes of `a` so far.
    let mut row: Vec<usize> = (0..=b.len()).map(|count| count * MOVE).collect();
    for (at, x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], (at + 1) * MOVE);
        for (at, y) in b.iter().enumerate() {
            let moved = row[at].min(row[at + 1]) + MOVE;
            diagonal = std::mem::replace(&mut row[at + 1], moved.min(diagonal + exchange(*x, *y)));
        }
    }
    row.last().copied()
}

fn exchange(x: u8, y: u8) -> usize {
    match x == y {
        true => 0,
        false if x.eq_ignore_ascii_case(&y) => CASE,
        false => MOVE,
    }
}
