//! The limit of a sequence of sums, with an error estimated from its convergence: Wynn's ε-algorithm (1956), and
//! Levin's transforms (1973).

/// A limit, and an upper estimate of its error.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    pub(super) value: f64,
    pub(super) error: f64,
}

/// The limit of a sequence of sums, each with the error `noise`. Each column of the table removes one geometric part;
/// the column whose last entries agree best is taken, with ten times their distance as the error.
pub(super) fn limit(sums: &[f64], noise: f64) -> Option<Limit> {
    let mut best: Option<Limit> = None;
    let (mut before, mut column) = (vec![0.0; sums.len() + 1], sums.to_vec());
    for order in 0.. {
        if order % 2 == 0
            && let [.., third, second, last] = column[..]
        {
            let distance = (last - second).abs().max((last - third).abs());
            let error = 10.0 * distance + noise;
            if error.is_finite() && best.is_none_or(|best| error < best.error) {
                best = Some(Limit { value: last, error });
            }
        }
        // Equal neighbours would divide by zero: continue with the entries after them.
        if let Some(equal) = (1..column.len()).rposition(|at| column[at] == column[at - 1]) {
            column.drain(..=equal);
            before.drain(..=equal);
        }
        if column.len() < 2 {
            return best;
        }
        let next = (1..column.len()).map(|at| before[at] + 1.0 / (column[at] - column[at - 1]));
        let next: Vec<f64> = next.collect();
        before = std::mem::replace(&mut column, next);
    }
    best
}

/// The limit of the sums after `counts` terms. `lacks` is the leading part of what each sum lacks; the rest is a series
/// in the inverse of the count. If terms fall like a power, that part is the count times the last term; if they
/// alternate, the last term. (Sidi's W-algorithm, 1982.)
pub(super) fn limit_of_terms(counts: &[f64], sums: &[f64], lacks: &[f64], noise: f64) -> Option<Limit> {
    let (mut above, mut below): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    let mut limits: Vec<f64> = Vec::new();
    for (last, (sum, lack)) in sums.iter().zip(lacks).enumerate() {
        above.push(sum / lack);
        below.push(1.0 / lack);
        for first in (0..last).rev() {
            let run = 1.0 / counts[last] - 1.0 / counts[first];
            above[first] = (above[first + 1] - above[first]) / run;
            below[first] = (below[first + 1] - below[first]) / run;
        }
        limits.push(above[0] / below[0]);
    }
    let limit = |three: &[f64]| {
        let (third, second, last) = (three[0], three[1], three[2]);
        Limit { value: last, error: 10.0 * (last - second).abs().max((last - third).abs()) + noise }
    };
    limits.windows(3).map(limit).filter(|limit| limit.error.is_finite()).min_by(|a, b| a.error.total_cmp(&b.error))
}
