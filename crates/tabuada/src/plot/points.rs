//! The special points of curves: zeros, local extremes and intersections, as exact as floats allow.
//!
//! The points of the curves show where they are; there the functions are evaluated, in the same way as by an evaluation.
//! An expression that costs too much has fewer of them, and so has a curve with very many.

use super::curve::{Curve, Point, Stopped, View};

/// The maximum number of zeros, extremes and intersections of a curve or a pair of curves, each.
const FOUND_MAX: usize = 50;
/// Halvings of an interval: from a pixel to a float.
const HALVINGS: usize = 64;
/// Relative to the range of x: intervals smaller than this are a point; extremes are rounded to this, since the values
/// beside them hardly differ.
const FINEST: f64 = 1e-18;
const EXTREME_DIGITS: i32 = 11;
/// Relative to the range of x: a point is moved to a multiple of this if it is as good there: `3` for `2.9999999999`.
const ROUND_DIGITS: i32 = 7;
/// Relative to the range of y: values with a smaller difference are no extremes.
const PROMINENT: f64 = 1e-9;
/// Relative to the values around it: a smaller value at a change of the sign is a zero, a larger one a jump or a pole.
const SMALL: f64 = 1e-4;
/// Relative to the range of y: an extreme this small is a zero.
const NOTHING: f64 = 1e-12;

/// A point of the plane.
pub(super) type Place = (f64, f64);

/// What a function with a name of its own has: evaluated at several xs, in order; `None` if there is no fuel left.
type Look<'l> = dyn FnMut(&[f64]) -> Result<Option<Vec<Option<f64>>>, Stopped> + 'l;

/// The special points of some curves, from left to right.
#[derive(Clone, Debug, Default)]
pub(super) struct Points {
    /// Of each curve.
    pub(super) curves: Vec<Special>,
    /// The curves that meet, and where.
    pub(super) intersections: Vec<([usize; 2], Place)>,
    /// Whether some were left out.
    pub(super) is_cut: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Special {
    pub(super) zeros: Vec<Place>,
    pub(super) maxima: Vec<Place>,
    pub(super) minima: Vec<Place>,
}

impl Points {
    /// The special points that are in the view.
    pub(super) fn of(curves: &mut [Curve<'_>], view: &View) -> Result<Self, Stopped> {
        let mut points = Self::default();
        let is_seen = |(_, y): &Place| (view.y.0..=view.y.1).contains(y);
        for curve in curves.iter_mut() {
            let mut special = Special::default();
            if curve.is_sequence {
                let dots = curve.points().iter().filter_map(|point| Some((point.x, point.y?)));
                special.zeros = dots.filter(|(_, y)| *y == 0.0).collect();
            } else if !curve.is_constant() && curve.is_pure() {
                let runs = curve.runs(view);
                let mut search = Search { view, look: &mut |places| curve.values_at(places), is_cut: false };
                special = search.special(&runs)?;
                points.is_cut |= search.is_cut;
            }
            for found in [&mut special.zeros, &mut special.maxima, &mut special.minima] {
                found.retain(is_seen);
                points.is_cut |= found.len() > FOUND_MAX;
                found.truncate(FOUND_MAX);
                found.iter_mut().for_each(unsigned);
            }
            points.curves.push(special);
        }
        for second in 1..curves.len() {
            for first in 0..second {
                points.meet(curves, [first, second], view)?;
            }
        }
        points.intersections.retain(|(_, place)| is_seen(place));
        points.intersections.iter_mut().for_each(|(_, place)| unsigned(place));
        Ok(points)
    }

    /// Finds the intersections of two curves: the zeros of their difference.
    fn meet(&mut self, curves: &mut [Curve<'_>], [first, second]: [usize; 2], view: &View) -> Result<(), Stopped> {
        let (before, after) = curves.split_at_mut(second);
        let (one, other) = (&mut before[first], &mut after[0]);
        if one.is_sequence || other.is_sequence || !one.is_pure() || !other.is_pure() {
            return Ok(());
        }
        // A constant has no points between the ends.
        let of = |curve: &Curve<'_>, other: &Curve<'_>| match curve.points() {
            [Point { y, .. }, ..] if curve.is_constant() => {
                other.points().iter().map(|point| Point { x: point.x, y: *y }).collect()
            }
            points => points.to_vec(),
        };
        let runs = differences(&of(one, other), &of(other, one));
        let mut look = |places: &[f64]| {
            let (Some(a), Some(b)) = (one.values_at(places)?, other.values_at(places)?) else { return Ok(None) };
            Ok(Some(a.into_iter().zip(b).map(|(a, b)| Some(a? - b?)).collect()))
        };
        let mut search = Search { view, look: &mut look, is_cut: false };
        let xs: Vec<f64> = search.special(&runs)?.zeros.into_iter().map(|(x, _)| x).collect();
        self.is_cut |= search.is_cut || xs.len() > FOUND_MAX;
        let xs = &xs[..xs.len().min(FOUND_MAX)];
        let ys = one.values_at(xs)?.unwrap_or_default();
        let places = xs.iter().zip(ys).filter_map(|(x, y)| Some(([first, second], (*x, y?))));
        self.intersections.extend(places);
        Ok(())
    }
}

/// Makes the value -0 of a point 0.
fn unsigned((_, y): &mut Place) {
    *y += 0.0;
}

/// The differences of two curves where both have points, as runs of points with a value.
fn differences(one: &[Point], other: &[Point]) -> Vec<Vec<Place>> {
    let (mut runs, mut run) = (Vec::new(), Vec::new());
    let mut others = other.iter().peekable();
    for point in one {
        while others.next_if(|other| other.x < point.x).is_some() {}
        let Some(other) = others.next_if(|other| other.x == point.x) else { continue };
        match point.y.zip(other.y) {
            Some((a, b)) => run.push((point.x, a - b)),
            None => runs.push(std::mem::take(&mut run)),
        }
    }
    runs.push(run);
    runs
}

/// The search for the special points of a function.
struct Search<'s, 'l> {
    view: &'s View,
    look: &'s mut Look<'l>,
    is_cut: bool,
}

impl Search<'_, '_> {
    /// The special points of a function that has these runs of points, along each of which it is continuous.
    fn special(&mut self, runs: &[Vec<Place>]) -> Result<Special, Stopped> {
        let mut special = Special::default();
        for sign in [1.0, -1.0] {
            let brackets: Vec<[Place; 3]> = runs.iter().flat_map(|run| self.peaks(run, sign)).collect();
            let found = if sign > 0.0 { &mut special.maxima } else { &mut special.minima };
            *found = self.tops(&brackets, sign)?;
        }
        let nothing = NOTHING * (self.view.y.1 - self.view.y.0);
        let touching = special.maxima.iter().chain(&special.minima).filter(|(_, y)| y.abs() <= nothing).copied();
        let mut zeros: Vec<Place> = touching.collect();
        zeros.extend(runs.iter().flat_map(|run| exact_zeros(run)));
        zeros.extend(self.zeros_at_ends(runs, nothing)?);
        let crossings: Vec<[Place; 2]> = runs.iter().flat_map(|run| crossings(run)).collect();
        zeros.extend(self.zeros(&crossings)?);
        zeros.sort_by(|a, b| a.0.total_cmp(&b.0));
        let near = self.unit(ROUND_DIGITS);
        zeros.dedup_by(|a, b| a.0 - b.0 <= near);
        special.zeros = zeros;
        Ok(special)
    }

    /// The zeros at the ends of the runs: there no sign changes. The end of a domain is near the last point, and often
    /// a round number.
    fn zeros_at_ends(&mut self, runs: &[Vec<Place>], nothing: f64) -> Result<Vec<Place>, Stopped> {
        let ends = runs.iter().flat_map(|run| match run[..] {
            [first, second, ..] => vec![[first, second], [run[run.len() - 1], run[run.len() - 2]]],
            _ => Vec::new(),
        });
        let ends: Vec<Place> = ends.filter(|[_, next]| next.1.abs() > nothing).map(|[end, _]| end).collect();
        let ends = self.rounded(ends, ROUND_DIGITS, |rounded, y| rounded.abs() <= nothing && y.abs() > nothing)?;
        Ok(ends.into_iter().filter(|(_, y)| y.abs() <= nothing).collect())
    }

    /// A power of ten, relative to the range of x.
    fn unit(&self, digits: i32) -> f64 {
        10_f64.powi(self.exponent(digits))
    }

    fn exponent(&self, digits: i32) -> i32 {
        (self.view.x.1 - self.view.x.0).log10().floor() as i32 - digits
    }

    /// The values at some places, as many as there are; `None` if the fuel is not enough.
    fn at(&mut self, places: &[f64]) -> Result<Option<Vec<Option<f64>>>, Stopped> {
        let found = (self.look)(places)?;
        self.is_cut |= found.is_none();
        Ok(found)
    }

    /// The zeros between two neighbouring points with different signs.
    fn zeros(&mut self, brackets: &[[Place; 2]]) -> Result<Vec<Place>, Stopped> {
        let (brackets, rest) = brackets.split_at(brackets.len().min(2 * FOUND_MAX));
        self.is_cut |= !rest.is_empty();
        let least = FINEST * (self.view.x.1 - self.view.x.0);
        let mut open: Vec<[Place; 2]> = brackets.to_vec();
        for _ in 0..HALVINGS {
            let middle = |[a, b]: &[Place; 2]| a.0 + (b.0 - a.0) / 2.0;
            let is_open = |[a, b]: &[Place; 2]| {
                let middle = middle(&[*a, *b]);
                a.0 < middle && middle < b.0 && b.0 - a.0 > least && a.1 != 0.0 && b.1 != 0.0
            };
            let asked: Vec<usize> = (0..open.len()).filter(|at| is_open(&open[*at])).collect();
            if asked.is_empty() {
                break;
            }
            let places: Vec<f64> = asked.iter().map(|at| middle(&open[*at])).collect();
            let Some(values) = self.at(&places)? else { return Ok(Vec::new()) };
            for ((at, x), y) in asked.into_iter().zip(places).zip(values) {
                let [a, b] = &mut open[at];
                match y {
                    // There is a gap: this is no zero.
                    None => (a.1, b.1) = (0.0, f64::NAN),
                    Some(y) if (y > 0.0) == (a.1 > 0.0) && y != 0.0 => *a = (x, y),
                    Some(y) => *b = (x, y),
                }
            }
        }
        let found = open.iter().zip(brackets).filter(|([_, b], _)| !b.1.is_nan()).filter_map(|([a, b], begun)| {
            let zero = if a.1.abs() < b.1.abs() { *a } else { *b };
            let around = begun[0].1.abs().max(begun[1].1.abs());
            (zero.1.abs() <= SMALL * around).then_some(zero)
        });
        let found: Vec<Place> = found.collect();
        self.rounded(found, ROUND_DIGITS, |rounded, y| rounded.abs() <= y.abs())
    }

    /// The highest points (with `sign` −1 the lowest ones) between a point, a higher one and another.
    fn tops(&mut self, brackets: &[[Place; 3]], sign: f64) -> Result<Vec<Place>, Stopped> {
        let (brackets, rest) = brackets.split_at(brackets.len().min(2 * FOUND_MAX));
        self.is_cut |= !rest.is_empty();
        let least = self.unit(EXTREME_DIGITS);
        let mut open: Vec<(f64, f64)> = brackets.iter().map(|[a, _, b]| (a.0, b.0)).collect();
        // The slope is that of a secant, short beside the interval.
        let secants: Vec<f64> = open.iter().map(|(a, b)| (b - a) * 1e-4).collect();
        for _ in 0..HALVINGS {
            let asked: Vec<usize> = (0..open.len()).filter(|at| open[*at].1 - open[*at].0 > least).collect();
            if asked.is_empty() {
                break;
            }
            let middle = |at: &usize| open[*at].0 + (open[*at].1 - open[*at].0) / 2.0;
            let ends = asked.iter().flat_map(|at| [middle(at) - secants[*at] / 2.0, middle(at) + secants[*at] / 2.0]);
            let Some(values) = self.at(&ends.collect::<Vec<_>>())? else { return Ok(Vec::new()) };
            for (at, pair) in asked.into_iter().zip(values.chunks(2)) {
                let x = open[at].0 + (open[at].1 - open[at].0) / 2.0;
                let rises = matches!(*pair, [Some(a), Some(b)] if (b - a) * sign > 0.0);
                if rises { open[at].0 = x } else { open[at].1 = x }
            }
        }
        let exact: Vec<Place> = open.iter().map(|(a, b)| (a + (b - a) / 2.0, f64::NEG_INFINITY * sign)).collect();
        let fine = self.rounded(exact, EXTREME_DIGITS, |_, _| true)?;
        let is_as_good = move |rounded: f64, y: f64| (rounded - y) * sign >= 0.0;
        let best = fine
            .into_iter()
            .zip(brackets)
            .map(|(found, [_, top, _])| if found.1.is_finite() && is_as_good(found.1, top.1) { found } else { *top });
        let best: Vec<Place> = best.collect();
        self.rounded(best, ROUND_DIGITS, is_as_good)
    }

    /// Moves points to round numbers where `is_as_good` allows it, given the value there and the value so far.
    fn rounded(
        &mut self,
        mut places: Vec<Place>,
        digits: i32,
        is_as_good: impl Fn(f64, f64) -> bool,
    ) -> Result<Vec<Place>, Stopped> {
        let exponent = self.exponent(digits);
        let round: Vec<f64> = places.iter().map(|(x, _)| rounded(*x, exponent)).collect();
        let values = self.at(&round)?.unwrap_or_default();
        for ((place, x), y) in places.iter_mut().zip(round).zip(values) {
            let is_inside = (self.view.x.0..=self.view.x.1).contains(&x);
            if let Some(y) = y.filter(|y| is_inside && is_as_good(*y, place.1)) {
                *place = (x, y);
            }
        }
        Ok(places)
    }

    /// Points that are higher than points on both sides, with those: by more than rounding. Plateaus count as points.
    fn peaks(&self, run: &[Place], sign: f64) -> Vec<[Place; 3]> {
        let least = PROMINENT * (self.view.y.1 - self.view.y.0);
        let mut peaks = Vec::new();
        let Some(first) = run.first() else { return peaks };
        // The lowest point before the highest one, and the highest point since.
        let (mut low, mut top): (Place, Option<Place>) = (*first, None);
        for point in run {
            let rise = |from: Place| (point.1 - from.1) * sign;
            match top {
                None if rise(low) > least => top = Some(*point),
                None if rise(low) <= 0.0 => low = *point,
                None => {}
                Some(highest) if rise(highest) > 0.0 => top = Some(*point),
                Some(highest) if rise(highest) < -least => {
                    peaks.push([low, highest, *point]);
                    (low, top) = (*point, None);
                }
                Some(_) => {}
            }
        }
        peaks.iter().map(|[a, top, b]| [nearest(run, *a, *top, least), *top, nearest(run, *b, *top, least)]).collect()
    }
}

/// The point between two points that is nearest to the second and differs from it by more than `least`.
fn nearest(run: &[Place], far: Place, top: Place, least: f64) -> Place {
    let (from, to) = (far.0.min(top.0), far.0.max(top.0));
    let between = run.partition_point(|point| point.0 < from)..run.partition_point(|point| point.0 <= to);
    let between = run[between].iter().filter(|point| (point.1 - top.1).abs() > least);
    between.min_by(|a, b| (a.0 - top.0).abs().total_cmp(&(b.0 - top.0).abs())).copied().unwrap_or(far)
}

/// Points with the value 0 between others.
fn exact_zeros(run: &[Place]) -> Vec<Place> {
    let is_zero = |at: Option<usize>| at.and_then(|at| run.get(at)).is_some_and(|point| point.1 == 0.0);
    let is_alone = |at: usize| is_zero(Some(at)) && !is_zero(at.checked_sub(1)) && !is_zero(Some(at + 1));
    (0..run.len()).filter(|at| is_alone(*at)).map(|at| run[at]).collect()
}

/// Neighbouring points with different signs.
fn crossings(run: &[Place]) -> Vec<[Place; 2]> {
    run.windows(2).filter(|pair| pair[0].1 * pair[1].1 < 0.0).map(|pair| [pair[0], pair[1]]).collect()
}

/// A number rounded to a power of ten.
pub(super) fn rounded(x: f64, exponent: i32) -> f64 {
    let digits = usize::try_from(-exponent).unwrap_or_default();
    let round = if exponent <= 0 {
        format!("{x:.digits$}").parse().unwrap_or(x)
    } else {
        let unit = 10_f64.powi(exponent);
        (x / unit).round() * unit
    };
    if round == 0.0 { 0.0 } else { round }
}
