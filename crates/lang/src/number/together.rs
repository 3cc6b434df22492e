//! A function of many floats, computed side by side.

/// Numbers that are computed side by side.
const TOGETHER: usize = 16;

/// Puts a function's results in the places of many numbers.
///
/// `reduce` reads the function's table and says whether a number is in its range; `bounds` is arithmetic alone and gives
/// two roundings, which are the result if they are the same. `library` computes the rest.
#[inline]
pub(super) fn of_each<const PARTS: usize>(
    values: &mut [f64],
    reduce: impl Fn(f64) -> ([f64; PARTS], bool),
    bounds: impl Fn([f64; PARTS]) -> (f64, f64),
    library: impl Fn(f64) -> f64,
) {
    let of_one = |x| {
        let (parts, is_in_range) = reduce(x);
        let (above, below) = bounds(parts);
        if is_in_range && above == below { above } else { library(x) }
    };
    let mut chunks = values.chunks_exact_mut(TOGETHER);
    for chunk in &mut chunks {
        // The table is read in a loop of its own, since the other one becomes vector instructions.
        let (mut reduced, mut are_in_range) = ([[0.0; TOGETHER]; PARTS], [false; TOGETHER]);
        let mut are_done = true;
        for (at, (x, is_in_range)) in chunk.iter().zip(&mut are_in_range).enumerate() {
            let (parts, is_plain) = reduce(*x);
            *is_in_range = is_plain;
            are_done &= is_plain;
            reduced.iter_mut().zip(parts).for_each(|(all, part)| all[at] = part);
        }
        let mut results = [(0.0, 0.0); TOGETHER];
        for (at, (above, below)) in results.iter_mut().enumerate() {
            (*above, *below) = bounds(std::array::from_fn(|part| reduced[part][at]));
            are_done &= *above == *below;
        }
        let results = results.iter().zip(are_in_range);
        if are_done {
            chunk.iter_mut().zip(results).for_each(|(x, ((result, _), _))| *x = *result);
        } else {
            chunk.iter_mut().zip(results).for_each(|(x, ((above, below), is_in_range))| {
                *x = if is_in_range && above == below { *above } else { library(*x) };
            });
        }
    }
    chunks.into_remainder().iter_mut().for_each(|x| *x = of_one(*x));
}
