//! Where a sequence of sums tends to: Wynn's ε-algorithm (1956), with an error from how it comes to rest.

/// A limit, and an estimate of its error from above.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    pub(super) value: f64,
    pub(super) error: f64,
}

/// The limit of sums, `noise` being the error of each. The columns of the table remove one geometric part after the
/// other; the one whose last entries agree best is believed, to ten times their distance.
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
        // Nothing can be made of two that are equal: what lies behind them goes on.
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
