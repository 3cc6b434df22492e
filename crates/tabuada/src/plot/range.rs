//! The visible range of values, if the question does not give one. It holds all values of a curve that is bounded, with
//! some free space. A curve that grows without bound is cut at a multiple of its middle values.

use super::reach::Reach;

/// Of a curve that grows without bound, this part of the values at each end does not count as middle values.
const TAIL: f64 = 0.05;
/// It is cut beyond its middle values by this part of their spread.
const BEYOND: f64 = 0.5;
/// The free space above and below, relative to the range.
const FREE: f64 = 0.05;
/// Values with a smaller relative difference count as equal up to rounding errors.
const FLAT: f64 = 1e-12;
/// A curve that grows towards an end of x, such as `exp(x)`, would look flat: at least this part of its values is
/// within [`LEVEL`] of the range from its median. It is shown as far up and down as x goes from 0, if this shows at
/// least [`SEEN`] of it.
const LEVEL_PART: f64 = 2.0 / 3.0;
const LEVEL: f64 = 0.05;
const SEEN: f64 = 0.2;

/// The lowest and the highest value that are shown of curves, `x` being the range of x.
pub(super) fn shown(reaches: &[Reach], x: (f64, f64)) -> (f64, f64) {
    united(reaches, |reach| steep(reach, x).or_else(|| bounds(reach).map(with_room)))
}

/// The same, without an exception for curves that grow towards an end of x.
pub(super) fn whole(reaches: &[Reach]) -> (f64, f64) {
    united(reaches, |reach| bounds(reach).map(with_room))
}

/// The range that holds the range of each curve.
fn united(reaches: &[Reach], range: impl Fn(&Reach) -> Option<(f64, f64)>) -> (f64, f64) {
    let both = |a: (f64, f64), b: (f64, f64)| (a.0.min(b.0), a.1.max(b.1));
    let (low, high) = reaches.iter().filter_map(range).reduce(both).unwrap_or((-1.0, 1.0));
    if is_flat(low, high) { around(low + (high - low) / 2.0) } else { (low, high) }
}

/// All values of a bounded curve. Where it grows, some more than the middle values.
fn bounds(reach: &Reach) -> Option<(f64, f64)> {
    let (least, most) = (*reach.values.first()?, *reach.values.last()?);
    let (inner_low, inner_high) = reach.inner.unwrap_or((most, least));
    let last = reach.values.len() - 1;
    let tail = (last as f64 * TAIL) as usize;
    let (low, high) = (reach.values[tail], reach.values[last - tail]);
    let beyond = (high - low) * BEYOND;
    let low = if reach.grows.0 { (low - beyond).max(least) } else { least };
    let high = if reach.grows.1 { (high + beyond).min(most) } else { most };
    Some((low.min(inner_low), high.max(inner_high)))
}

/// The range for a curve that would look flat because it grows towards an end of x.
fn steep(reach: &Reach, (from, to): (f64, f64)) -> Option<(f64, f64)> {
    let (low, high) = bounds(reach)?;
    let far = from.abs().max(to.abs());
    let (inner_low, inner_high) = reach.inner.unwrap_or((0.0, 0.0));
    if high - low <= 2.0 * far || inner_low < -far || inner_high > far {
        return None;
    }
    let part = |from: f64, to: f64| {
        reach.values.iter().filter(|y| (from..=to).contains(*y)).count() as f64 / reach.values.len() as f64
    };
    let (median, level) = (reach.values[reach.values.len() / 2], (high - low) * LEVEL);
    let is_steep = part(median - level, median + level) >= LEVEL_PART && part(-far, far) >= SEEN;
    is_steep.then_some((-far, far))
}

fn with_room((low, high): (f64, f64)) -> (f64, f64) {
    if is_flat(low, high) {
        return (low, high);
    }
    let free = (high - low) * FREE;
    (low - free, high + free)
}

fn is_flat(low: f64, high: f64) -> bool {
    high - low <= FLAT * low.abs().max(high.abs()) || high - low < f64::MIN_POSITIVE * 1e8
}

fn around(value: f64) -> (f64, f64) {
    let half = if value.abs() < 1e-290 { 1.0 } else { value.abs() / 2.0 };
    (value - half, value + half)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine;
    use crate::plot::curve::Curve;
    use tabuada_lang::{Context, Limits};

    fn of(text: &str) -> (f64, f64) {
        let limits = Limits::default();
        let context = Context { parameters: &["x"], ..Context::default() };
        let program = engine::read_of(text, &context, &limits).unwrap();
        let mut curve = Curve::new(&program, (-10.0, 10.0), &limits, (limits.fuel, 0), &|| false).unwrap();
        shown(&[Reach::of(&mut curve).unwrap()], (-10.0, 10.0))
    }

    #[test]
    fn the_range_leaves_out_values_that_would_flatten_the_rest() {
        for (text, least, most) in [
            ("sin(x)", -1.1..=-1.0, 1.0..=1.1),
            ("x*x", -5.0..=0.0, 100.0..=105.0),
            ("exp(x)", -10.0..=-10.0, 10.0..=10.0),
            ("1/x", -3.0..=-1.0, 1.0..=3.0),
            ("tan(x)", -20.0..=-5.0, 5.0..=20.0),
            // A spike.
            ("x == 0", -0.1..=0.0, 1.0..=1.1),
            ("5", 2.5..=2.5, 7.5..=7.5),
            ("0", -1.0..=-1.0, 1.0..=1.0),
            // Only rounding.
            ("1 + x*1e-16", 0.0..=0.9, 1.1..=2.0),
            ("sqrt(-1-x*x)", -1.0..=-1.0, 1.0..=1.0),
            ("x*1e299", -1.1e300..=-1e300, 1e300..=1.1e300),
        ] {
            let (low, high) = of(text);
            assert!(least.contains(&low) && most.contains(&high), "{text}: {low} to {high}");
        }
    }
}
