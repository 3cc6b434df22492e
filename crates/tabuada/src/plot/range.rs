//! The visible range of values, if the question does not give one: all values, unless a few of them (as at a pole)
//! would make the others look flat.

/// The part of the values that is cut off at each end before the spread is measured.
const TAIL: f64 = 0.05;
/// All values are shown if their spread is at most so many times the spread without the tails.
const SPREAD_MAX: f64 = 3.0;
/// Otherwise the range is that of the values without the tails, extended by this part of their spread above and below.
const BEYOND: f64 = 0.5;
/// The free space above and below, relative to the range.
const FREE: f64 = 0.04;
/// Values with a smaller relative difference count as equal up to rounding errors.
const FLAT: f64 = 1e-12;

/// The lowest and the highest value that are shown.
pub(super) fn shown(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_unstable_by(f64::total_cmp);
    let (Some(&least), Some(&most)) = (values.first(), values.last()) else { return (-1.0, 1.0) };
    let last = values.len() - 1;
    let tail = (last as f64 * TAIL) as usize;
    let (low, high) = (values[tail], values[last - tail]);
    let spread = high - low;
    let is_flat = |low: f64, high: f64| high - low <= FLAT * low.abs().max(high.abs());
    let (low, high) = if most - least <= SPREAD_MAX * spread || is_flat(low, high) {
        (least, most)
    } else {
        ((low - BEYOND * spread).max(least), (high + BEYOND * spread).min(most))
    };
    if is_flat(low, high) || high - low < f64::MIN_POSITIVE * 1e8 {
        return around(low + (high - low) / 2.0);
    }
    let free = (high - low) * FREE;
    (low - free, high + free)
}

fn around(value: f64) -> (f64, f64) {
    let half = if value.abs() < 1e-290 { 1.0 } else { value.abs() / 2.0 };
    (value - half, value + half)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(function: impl Fn(f64) -> f64) -> (f64, f64) {
        shown((0..=400).map(|at| function(f64::from(at) / 20.0 - 10.0)).filter(|y| y.is_finite()).collect())
    }

    #[test]
    fn the_range_leaves_out_values_that_would_flatten_the_rest() {
        for (name, (low, high), least, most) in [
            ("a wave", of(f64::sin), -1.1..=-1.0, 1.0..=1.1),
            ("a parabola", of(|x| x * x), -5.0..=0.0, 100.0..=105.0),
            ("growth", of(f64::exp), -1_000.0..=0.0, 22_027.0..=24_000.0),
            ("a pole", of(|x| 1.0 / x), -3.0..=-1.0, 1.0..=3.0),
            ("many poles", of(f64::tan), -20.0..=-5.0, 5.0..=20.0),
            ("a spike", of(|x| f64::from(u8::from(x == 0.0))), -0.1..=0.0, 1.0..=1.1),
            ("one value", of(|_| 5.0), 2.5..=2.5, 7.5..=7.5),
            ("nought", of(|_| 0.0), -1.0..=-1.0, 1.0..=1.0),
            ("what rounding does", of(|x| 1.0 + x * 1e-16), 0.0..=0.9, 1.1..=2.0),
            ("nothing", of(|_| f64::NAN), -1.0..=-1.0, 1.0..=1.0),
            ("the largest", of(|x| x * 1e299), -1.1e300..=-1e300, 1e300..=1.1e300),
        ] {
            assert!(least.contains(&low) && most.contains(&high), "{name}: {low} to {high}");
        }
    }
}
