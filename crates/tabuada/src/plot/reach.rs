//! How far the values of a curve reach: its extremes between the points of the grid, and whether it grows without bound.
//!
//! Every local extreme is a suspect, and so is every end of the domain. A suspect is approached by halving the interval
//! around it. If that makes the curve flat there, it is bounded; if it raises the extreme for ever, the curve has a
//! pole. A peak between two points of the grid is found by its slopes, however low they are.

use super::curve::{Curve, Point, Stopped};

/// The curve is flat if it changes by less than this, relative to the distance of the extreme from the middle values.
const RISE: f64 = 0.01;
/// Differences that are smaller, relative to the values, are due to rounding.
const ROUNDING: f64 = 1e-12;
/// After so many halvings in a row in which it is flat, the curve is bounded.
const FLATS: u32 = 6;
/// The maximum number of halvings: a pole is then 2^32 times as high as at the grid, and a peak 2^26 times as narrow as
/// an interval of the grid is found.
const HALVINGS_MAX: u32 = 32;
/// A curve that rose so often, or so many times as far, and was not flat at last, grows without bound.
const RISES: u32 = 4;
const GROWTH: f64 = 256.0;
/// The maximum number of points, which is half of the points of the finest curve. A round gets a quarter of the rest.
const POINTS_MAX: usize = 4_096;
/// A value near the largest float, where the domain ends: the function grows until it overflows.
const HUGE: f64 = 1e290;
/// A point whose distance from the line through its neighbours is so many times the median may hide a peak on a slope.
const SHARP: f64 = 16.0;
/// The maximum number of such places, and the parts into which the intervals beside them are divided.
const SHARP_MAX: usize = 16;
const SHARP_PARTS: usize = 8;

/// The values of a curve.
#[derive(Clone, Debug, Default)]
pub(super) struct Reach {
    /// The values at the points of the grid, in increasing order.
    pub(super) values: Vec<f64>,
    /// The lowest and the highest extreme within the range of x at which the curve is bounded, if there is one.
    pub(super) inner: Option<(f64, f64)>,
    /// Whether it grows without bound, downwards and upwards.
    pub(super) grows: (bool, bool),
}

/// A place that is approached.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// A local extreme. The interval ends there if x is its end.
    Extreme { left: f64, x: f64, right: f64, sign: f64 },
    /// An end of the domain: between an x without a value and one with a value.
    Edge { outside: f64, inside: f64 },
}

/// A place and what was found there so far.
#[derive(Clone, Copy, Debug)]
struct Suspect {
    place: Place,
    /// The value at first, and the lowest and the highest since then.
    begun: f64,
    low: f64,
    high: f64,
    rises: u32,
    /// The halvings since the last rise in which the curve was flat.
    flats: u32,
    /// Whether the last rise was upwards.
    is_upward: bool,
    /// Whether it is an end of the range of x, where the curve is cut rather than ends.
    is_cut: bool,
}

impl Reach {
    /// Searches the extremes of a curve, whose points are those of the grid, and adds the points found to it.
    pub(super) fn of(curve: &mut Curve<'_>) -> Result<Self, Stopped> {
        let mut values: Vec<f64> = curve.values().collect();
        values.sort_unstable_by(f64::total_cmp);
        let mut reach = Self { inner: None, grows: (false, false), values };
        if curve.is_constant() || curve.is_sequence || reach.values.is_empty() {
            reach.inner = reach.values.first().copied().zip(reach.values.last().copied());
            return Ok(reach);
        }
        let mut room = curve.affordable(2).min(POINTS_MAX);
        let sharp = sharp(curve.points());
        if sharp.len() <= room {
            room -= sharp.len();
            curve.add(&sharp)?;
        }
        let middle = reach.values[reach.values.len() / 2];
        let mut suspects = suspects(curve.points());
        for _ in 0..HALVINGS_MAX {
            suspects.sort_by(|a, b| b.distance(middle).total_cmp(&a.distance(middle)));
            let affordable = (room / 4 / 2).min(suspects.len());
            for dropped in suspects.drain(affordable..) {
                reach.settle(&dropped, middle);
            }
            let mut places: Vec<f64> = suspects.iter().flat_map(|suspect| suspect.place.wanted()).flatten().collect();
            places.sort_unstable_by(f64::total_cmp);
            places.dedup();
            if places.is_empty() {
                break;
            }
            room -= places.len().min(room);
            let Some(found) = curve.look(&places)? else { break };
            suspects.iter_mut().for_each(|suspect| suspect.approach(&found, middle));
            suspects.retain(|suspect| {
                let is_done = suspect.flats >= FLATS || suspect.place.wanted() == [None, None];
                if is_done {
                    reach.settle(suspect, middle);
                }
                !is_done
            });
            curve.insert(found);
        }
        suspects.iter().for_each(|suspect| reach.settle(suspect, middle));
        Ok(reach)
    }

    /// Takes the result at a suspect: it is bounded if it was flat at last, and grows if it rose often or far. Of any
    /// other, such as a random one, nothing is known.
    fn settle(&mut self, suspect: &Suspect, middle: f64) {
        let is_edge = matches!(suspect.place, Place::Edge { .. });
        let overflows = is_edge && suspect.low.abs().max(suspect.high.abs()) >= HUGE;
        let is_far = suspect.rises > 0 && suspect.distance(middle) >= GROWTH * (suspect.begun - middle).abs();
        if overflows || (suspect.flats == 0 && (suspect.rises >= RISES || is_far)) {
            let is_upward = if overflows { suspect.high >= HUGE } else { suspect.is_upward };
            let grows = if is_upward { &mut self.grows.1 } else { &mut self.grows.0 };
            *grows = true;
        } else if suspect.flats > 0 && (!suspect.is_cut || suspect.low < suspect.high) {
            let (low, high) = self.inner.unwrap_or((suspect.low, suspect.high));
            self.inner = Some((low.min(suspect.low), high.max(suspect.high)));
        }
    }
}

impl Place {
    /// The next places to look at.
    fn wanted(&self) -> [Option<f64>; 2] {
        let between = |a: f64, b: f64| {
            let middle = a + (b - a) / 2.0;
            (a.min(b) < middle && middle < a.max(b)).then_some(middle)
        };
        match *self {
            Self::Extreme { left, x, right, .. } => [between(left, x), between(x, right)],
            Self::Edge { outside, inside } => [between(outside, inside), None],
        }
    }
}

impl Suspect {
    fn distance(&self, middle: f64) -> f64 {
        (self.high - middle).max(middle - self.low)
    }

    /// Halves the interval.
    fn approach(&mut self, found: &[Point], middle: f64) {
        let wanted = self.place.wanted();
        let value = |x: f64| found.binary_search_by(|point| point.x.total_cmp(&x)).ok().and_then(|at| found[at].y);
        let values = wanted.map(|x| x.and_then(value));
        let best = match self.place {
            Place::Extreme { sign, .. } if sign > 0.0 => [self.high; 2],
            Place::Extreme { .. } => [self.low; 2],
            Place::Edge { .. } => [self.low, self.high],
        };
        let step = best.map(|best| RISE * (best - middle).abs() + ROUNDING * best.abs());
        let is_relevant = |y: &f64| match self.place {
            Place::Extreme { sign, .. } => (y - best[0]) * sign > 0.0,
            Place::Edge { .. } => true,
        };
        let raising: Vec<f64> = values.into_iter().flatten().filter(is_relevant).collect();
        let rises = raising.iter().any(|y| *y > best[1] + step[1]);
        let falls = raising.iter().any(|y| *y < best[0] - step[0]);
        // At an extreme, one side may be a jump.
        let is_flat = values.into_iter().flatten().any(|y| match self.place {
            Place::Extreme { .. } => (y - best[0]).abs() <= step[0],
            Place::Edge { .. } => true,
        });
        match &mut self.place {
            Place::Extreme { left, x, right, sign } => {
                let [first, second] = values.map(|y| y.map_or(f64::NEG_INFINITY, |y| y * *sign));
                if first.max(second) <= best[0] * *sign {
                    (*left, *right) = (wanted[0].unwrap_or(*left), wanted[1].unwrap_or(*right));
                } else if first > second {
                    (*right, *x) = (*x, wanted[0].unwrap_or(*x));
                } else {
                    (*left, *x) = (*x, wanted[1].unwrap_or(*x));
                }
            }
            Place::Edge { outside, inside } => {
                let end = if values[0].is_some() { inside } else { outside };
                *end = wanted[0].unwrap_or(*end);
            }
        }
        for y in raising {
            (self.low, self.high) = (self.low.min(y), self.high.max(y));
        }
        if rises || falls {
            (self.rises, self.flats, self.is_upward) = (self.rises + 1, 0, rises);
        } else if is_flat {
            self.flats += 1;
        }
    }
}

/// The local extremes among the points, and the ends of the domain.
fn suspects(points: &[Point]) -> Vec<Suspect> {
    let mut suspects = Vec::new();
    let mut add = |place, y: f64, is_cut| {
        suspects.push(Suspect { place, begun: y, low: y, high: y, rises: 0, flats: 0, is_upward: false, is_cut });
    };
    for (at, point) in points.iter().enumerate() {
        let Some(y) = point.y else { continue };
        let neighbour = |at: Option<usize>| at.and_then(|at| points.get(at)).copied();
        let sides = [neighbour(at.checked_sub(1)), neighbour(Some(at + 1))];
        let outside: Vec<f64> = sides.iter().flatten().filter(|side| side.y.is_none()).map(|side| side.x).collect();
        if !outside.is_empty() {
            outside.into_iter().for_each(|outside| add(Place::Edge { outside, inside: point.x }, y, false));
            continue;
        }
        let ends = sides.map(|side| side.map_or(point.x, |side| side.x));
        for sign in [1.0, -1.0] {
            let steps = sides.map(|side| side.and_then(|side| side.y).map_or(0.0, |side| (y - side) * sign));
            if steps.iter().all(|step| *step >= 0.0) && steps.iter().any(|step| *step > 0.0) {
                let is_cut = sides.iter().any(Option::is_none);
                let [left, right] = ends;
                add(Place::Extreme { left, x: point.x, right, sign }, y, is_cut);
            }
        }
    }
    suspects
}

/// Places in the intervals beside the points where the curve has a sharp bend: a peak on a slope need not be an
/// extreme of the points.
fn sharp(points: &[Point]) -> Vec<f64> {
    let bends: Vec<f64> = points.windows(3).map(|three| bend(three).unwrap_or_default()).collect();
    let mut sorted = bends.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let Some(median) = sorted.get(sorted.len() / 2) else { return Vec::new() };
    let largest = points.iter().filter_map(|point| point.y).fold(0.0, |largest: f64, y| largest.max(y.abs()));
    let least = SHARP * (median + ROUNDING * largest);
    let bend_at = |at: Option<usize>| at.and_then(|at| bends.get(at)).copied().unwrap_or_default();
    let mut found: Vec<usize> = (0..bends.len())
        .filter(|at| bends[*at] > least)
        .filter(|at| bends[*at] >= bend_at(at.checked_sub(1)) && bends[*at] > bend_at(Some(at + 1)))
        .collect();
    found.sort_by(|a, b| bends[*b].total_cmp(&bends[*a]));
    found.truncate(SHARP_MAX);
    let mut places: Vec<f64> = found
        .into_iter()
        .flat_map(|at| [(at, at + 1), (at + 1, at + 2)])
        .flat_map(|(from, to)| {
            let (from, to) = (points[from].x, points[to].x);
            (1..SHARP_PARTS).map(move |part| from + (to - from) * (part as f64 / SHARP_PARTS as f64))
        })
        .collect();
    places.sort_unstable_by(f64::total_cmp);
    places.dedup();
    places
}

/// The distance of the middle one of three points from the line through the others, along y.
fn bend(three: &[Point]) -> Option<f64> {
    let [a, b, c] = three else { return None };
    let part = (b.x - a.x) / (c.x - a.x);
    Some((b.y? - a.y? - (c.y? - a.y?) * part).abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine;
    use tabuada_lang::{Context, Limits};

    /// The numbers of points of a curve before and after the search.
    fn points_of(text: &str) -> (usize, usize) {
        let limits = Limits::default();
        let context = Context { parameters: &["x"], ..Context::default() };
        let program = engine::read_of(text, &context, &limits).unwrap();
        let mut curve = Curve::new(&program, (-10.0, 10.0), &limits, (limits.fuel, 0), &|| false).unwrap();
        let before = curve.points().len();
        let _ = Reach::of(&mut curve).unwrap();
        (before, curve.points().len())
    }

    #[test]
    fn the_search_takes_few_points_for_ordinary_curves_and_is_bounded_for_all() {
        for text in ["x", "x**2", "exp(x)", "sin(x)", "x**3-x", "1/(1+x**2)", "abs(x)", "sqrt(x)", "tanh(x)"] {
            let (before, after) = points_of(text);
            assert!(after - before <= before / 4, "{text}: {before}, {after}");
        }
        for text in ["tan(1e9*x)", "sin(1e9*x)", "rnd()", "x if rnd() < 0.5 else 1/0", "1/sin(30*x)", "floor(30*x)"] {
            let (before, after) = points_of(text);
            assert!(after - before <= POINTS_MAX, "{text}: {before}, {after}");
        }
    }

    #[test]
    fn an_expensive_function_keeps_half_of_its_fuel() {
        let limits = Limits::default();
        let context = Context { parameters: &["x"], ..Context::default() };
        let program = engine::read_of("sum(sin(k*x), k, 1, 500)", &context, &limits).unwrap();
        // As much as 600 points cost: the grid, and some 87 more.
        let curve = Curve::new(&program, (-10.0, 10.0), &limits, (limits.fuel, 0), &|| false).unwrap();
        let fuel = limits.fuel / (curve.points().len() + curve.affordable(1)) as u64 * 600;
        let mut curve = Curve::new(&program, (-10.0, 10.0), &limits, (fuel, 0), &|| false).unwrap();
        let (points, affordable) = (curve.points().len(), curve.affordable(1));
        let _ = Reach::of(&mut curve).unwrap();
        let more = curve.points().len() - points;
        let left = curve.affordable(1);
        assert!(affordable < 100 && more <= affordable / 2 && left + 1 >= affordable / 2, "{affordable} {more} {left}");
    }
}
