//! Adaptive integration whose first panels cover the whole range.
//!
//! The range is one or more *rays*: from an end inwards, or from an end or from 0 to infinity. A point is stored as its
//! distance from the ray's anchor, so that it keeps its digits near an end. Panels near an end have equal widths in the
//! logarithm of the distance, so that singular or narrow parts there are seen at any scale. The first panels are so
//! dense that nothing of the width that `docs/language.md` names lies between two points. Then the panel with the
//! largest error is divided until the sum of the errors is small, relative to the integral or to the integral of the
//! magnitude. A panel at an end of its ray is not halved: its inner part is cut off. Where floats allow no further cut,
//! the rest is extrapolated from the pieces before it.
//!
//! Each ray must converge by itself, and no error cancels another: a principal value is not an integral.

use std::collections::BinaryHeap;

use super::extrapolation;
use super::panel::{Map, POINTS, Panel, Piece, Points, Sample};
use super::{Step, point_text};
use crate::error::{ErrorKind, Obstacle, Overflow, ValueError};
use crate::number::Compensated;
use crate::value::Value;

/// Natural logarithm of the ratio by which a panel at an end is cut: about three and a half decades.
const CUT: f64 = 8.0;
/// The first panels of an infinite ray are dense from 1e-7 to 1e7: for a bell curve at a distance of 60 widths, there
/// is a point within 5 widths.
const WINDOW: Window = Window { reach: 16.0, panels: 20 };
/// The same for two nested integrals, from 1e-4 to 1e4, since the number of points is squared.
const WINDOW_OF_TWO: Window = Window { reach: 9.0, panels: 9 };
/// The number of first panels of equal width on a finite range; half of them belong to the ray of each end.
const FIRST_PANELS: f64 = 12.0;
const DIVISIONS_MAX: u32 = 1_000;
/// The relative error at which the integration stops, and the one for nested integrals.
const TOLERANCE: f64 = 1e-12;
const TOLERANCE_OF_TWO: f64 = 1e-10;
/// The same relative to the integral of the magnitude: the effect of rounding.
const ROUNDING: f64 = 20.0 * f64::EPSILON;
/// The relative error that is accepted if nothing improves it, and the one relative to the integral of the magnitude.
const LAST_TOLERANCE: f64 = 1e-8;
const LAST_ROUNDING: f64 = 1e-10;
/// The nesting of integrals up to which the first panels are dense; deeper ones would be too expensive.
const THOROUGH_LEVELS: usize = 2;
/// The distances from 0 between which a ray is followed.
const NEAREST: f64 = 1e-290;
const FARTHEST: f64 = 1e290;
/// Distances from an end other than 0, in units of the float spacing there. Below the first, points are too coarse for
/// logarithmic panels; below the second, a failure of the body counts as one at the end itself.
const COARSE: f64 = 8_192.0;
const FLOATS_AT_END: f64 = 64.0;
/// The distance from 0 below which a failure of the body counts as one at 0.
const FAILS_NEAR_ZERO: f64 = 1e-100;
/// The distance from which an overflow of the body means that the body has a value only up to there.
const FAR: f64 = 1.0;

/// The integral converges if the ratio of successive pieces is this much less than 1; that of `1/x` is 1.
const SETTLES: f64 = 1e-9;
/// The distance from which the lack of convergence is reported at infinity.
const OUT_THERE: f64 = 1e3;

/// Panels of equal width in the logarithm of the distance; they reach equally far below and above 1.
struct Window {
    reach: f64,
    panels: u32,
}

/// A half line, or the half of a finite range.
struct Ray {
    anchor: f64,
    direction: f64,
    is_infinite: bool,
    /// The nearest distance at which a panel may be cut.
    nearest: f64,
    /// The first distance at which the body overflows.
    reach: f64,
}

impl Ray {
    fn new(anchor: f64, direction: f64, is_infinite: bool) -> Self {
        let nearest = (COARSE * f64::EPSILON * anchor.abs()).max(NEAREST);
        Self { anchor, direction, is_infinite, nearest, reach: f64::INFINITY }
    }

    /// The float at a distance from the anchor, but never the anchor itself.
    fn point(&self, distance: f64) -> f64 {
        let point = self.anchor + self.direction * distance;
        match point == self.anchor {
            false => point,
            true if self.direction > 0.0 => self.anchor.next_up(),
            true => self.anchor.next_down(),
        }
    }
}

/// Pieces ordered by error, the worst on top.
struct Worst(Piece);

impl PartialEq for Worst {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Worst {}

impl PartialOrd for Worst {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Worst {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        // Among equal errors the place decides, so that the order is the same on every machine.
        let place = |piece: &Piece| (piece.panel.ray, piece.panel.edges().0);
        let ((ray, edge), (other_ray, other_edge)) = (place(&self.0), place(&other.0));
        self.0.error.total_cmp(&other.0.error).then(other_ray.cmp(&ray)).then(other_edge.total_cmp(&edge))
    }
}

/// An end where no further cut is possible.
struct Tail {
    ray: usize,
    is_near: bool,
    /// The pieces towards the end, in order.
    pieces: Vec<Piece>,
}

pub(crate) struct Integral {
    /// -1 if the lower bound is the larger one, else 1.
    sign: f64,
    /// The number of nested integrals, this one included.
    levels: usize,
    rays: Vec<Ray>,
    /// Pieces that may be divided.
    open: BinaryHeap<Worst>,
    /// Pieces that no further division improves.
    settled: Vec<Piece>,
    /// Panels to be measured, the next one last.
    waiting: Vec<Panel>,
    points: Points,
    sample: Sample,
    tail: Option<Tail>,
    /// The piece that was halved last, and its error.
    halved: Option<(Panel, f64)>,
    /// The accepted sum of errors, from the last totals; and the current sum of errors, roughly.
    tolerance: f64,
    errors: f64,
    /// The number of pieces without an error estimate, since the body has no value at some of their points.
    broken: usize,
    divisions: u32,
    told: f64,
}

/// The sums over all pieces.
#[derive(Default)]
struct Totals {
    value: f64,
    error: f64,
    size: f64,
}

impl Integral {
    /// Begins an integral from one bound to the other; `levels` is the number of nested integrals, this one included.
    pub(super) fn start(from: f64, to: f64, levels: usize) -> Result<(Self, Step), ErrorKind> {
        if from.is_nan() || to.is_nan() {
            return Err(ValueError::Domain.into());
        }
        let (sign, from, to) = if from <= to { (1.0, from, to) } else { (-1.0, to, from) };
        let mut integral = Self {
            sign,
            levels,
            rays: Vec::new(),
            open: BinaryHeap::new(),
            settled: Vec::new(),
            waiting: Vec::new(),
            points: Points::new(),
            sample: Sample::new(),
            tail: None,
            halved: None,
            tolerance: 0.0,
            errors: 0.0,
            broken: 0,
            divisions: 0,
            told: 0.0,
        };
        if from == to {
            return Ok((integral, Step::Done { value: Value::Float(0.0), error: Some(0.0) }));
        }
        integral.plan(from, to);
        integral.waiting.reverse();
        let step = integral.next_point()?;
        Ok((integral, step))
    }

    /// The first panels.
    fn plan(&mut self, from: f64, to: f64) {
        match (from.is_finite(), to.is_finite()) {
            (true, true) => self.plan_finite(from, to),
            (true, false) if from < 0.0 => {
                self.plan_finite(from, 0.0);
                self.plan_infinite(0.0, 1.0);
            }
            (true, false) => self.plan_infinite(from, 1.0),
            (false, true) if to > 0.0 => {
                self.plan_infinite(0.0, -1.0);
                self.plan_finite(0.0, to);
            }
            (false, true) => self.plan_infinite(to, -1.0),
            (false, false) => {
                self.plan_infinite(0.0, -1.0);
                self.plan_infinite(0.0, 1.0);
            }
        }
    }

    fn plan_finite(&mut self, from: f64, to: f64) {
        let middle = 0.5 * to - 0.5 * from;
        for (anchor, direction) in [(from, 1.0), (to, -1.0)] {
            let ray = self.rays.len();
            self.rays.push(Ray::new(anchor, direction, false));
            if self.levels > THOROUGH_LEVELS {
                self.waiting.push(Panel::near(ray, middle));
                continue;
            }
            let count = 0.5 * FIRST_PANELS;
            let bound = |at: f64| middle * (at / count);
            let (first, near) = (bound(1.0), bound(0.25));
            let mut at = 1.0;
            while at < count {
                self.waiting.push(Panel::linear(ray, bound(at), bound(at + 1.0)));
                at += 1.0;
            }
            self.waiting.push(Panel::linear(ray, 0.5 * first, first));
            self.waiting.push(Panel::linear(ray, near, 0.5 * first));
            self.waiting.extend(Self::cut_near(&Panel::near(ray, near)));
            if let Some(panel) = self.waiting.pop() {
                self.waiting.extend(Self::cut_near(&panel));
            }
        }
    }

    fn plan_infinite(&mut self, anchor: f64, direction: f64) {
        let ray = self.rays.len();
        self.rays.push(Ray::new(anchor, direction, true));
        if self.levels > THOROUGH_LEVELS {
            self.waiting.extend([Panel::near(ray, 1.0), Panel::far(ray, 1.0)]);
            return;
        }
        let Window { reach, panels } = if self.levels > 1 { WINDOW_OF_TWO } else { WINDOW };
        let half = reach / f64::from(panels);
        let end = pxfm::f_exp(reach);
        self.waiting.push(Panel::near(ray, 1.0 / end));
        self.waiting.extend((0..panels).map(|at| {
            let middle = pxfm::f_exp(half * f64::from(2 * at + 1) - reach);
            Panel::logarithmic(ray, middle, half)
        }));
        self.waiting.push(Panel::far(ray, end));
    }

    /// Cuts a panel at the anchor into one that does not touch the anchor and a nearer one that does.
    fn cut_near(panel: &Panel) -> [Panel; 2] {
        let (_, end) = panel.edges();
        let nearer = end * pxfm::f_exp(-CUT);
        [Panel::logarithmic(panel.ray, end * pxfm::f_exp(-0.5 * CUT), 0.5 * CUT), Panel::near(panel.ray, nearer)]
    }

    /// Cuts a panel up to infinity into a finite one and a farther one up to infinity.
    fn cut_far(panel: &Panel) -> [Panel; 2] {
        let (start, _) = panel.edges();
        let farther = start * pxfm::f_exp(CUT);
        [Panel::logarithmic(panel.ray, start * pxfm::f_exp(0.5 * CUT), 0.5 * CUT), Panel::far(panel.ray, farther)]
    }

    fn next_point(&mut self) -> Result<Step, ErrorKind> {
        let panel = *self.waiting.last().ok_or(ErrorKind::Internal)?;
        let ray = &self.rays[panel.ray];
        let distance = self.points.distance(&panel, self.sample.values.len());
        let point = ray.point(distance);
        // The distance of the float itself. It is exact near an end, where it matters.
        let taken = if ray.anchor == 0.0 { distance } else { (point - ray.anchor).abs() };
        self.sample.asked.push(distance);
        self.sample.distances.push(taken);
        Ok(Step::Evaluate(Value::Float(point)))
    }

    /// The distance and the ray of the last requested point.
    fn here(&self) -> Option<(f64, usize)> {
        Some((*self.sample.distances.last()?, self.waiting.last()?.ray))
    }

    /// The last requested point.
    pub(super) fn point(&self) -> f64 {
        self.here().map_or(f64::NAN, |(distance, ray)| self.rays[ray].point(distance))
    }

    /// Takes the error bound of the body, if the body is an integral itself.
    pub(super) fn tell(&mut self, error: f64) {
        self.told = self.told.max(error);
    }

    /// Takes the body's failure at the last requested point; `None` if that is not at the end of the body's range.
    pub(super) fn fail(&mut self, kind: &ErrorKind) -> Option<Result<Step, ErrorKind>> {
        let (distance, at) = self.here()?;
        let ray = &mut self.rays[at];
        let end = if ray.anchor == 0.0 { FAILS_NEAR_ZERO } else { FLOATS_AT_END * f64::EPSILON * ray.anchor.abs() };
        if distance <= end {
            ray.nearest = ray.nearest.max(8.0 * distance);
        } else if ray.is_infinite && distance >= FAR && matches!(kind, ErrorKind::Overflow(_)) {
            ray.reach = ray.reach.min(distance);
        } else {
            return None;
        }
        self.sample.is_broken = true;
        Some(self.take(0.0))
    }

    /// Takes the body's value at the last requested point.
    pub(super) fn feed(&mut self, value: f64) -> Result<Step, ErrorKind> {
        if value.is_finite() {
            return self.take(value);
        }
        // An infinite or undefined value counts as an overflow.
        let undefined = || Err(Self::refuse(Obstacle::Undefined, Some(self.point())));
        let undefined = undefined();
        self.fail(&Overflow::Range.into()).unwrap_or(undefined)
    }

    fn refuse(obstacle: Obstacle, at: Option<f64>) -> ErrorKind {
        ErrorKind::NoConvergence { what: "integral".to_owned(), obstacle, at: at.map(point_text) }
    }

    fn take(&mut self, value: f64) -> Result<Step, ErrorKind> {
        let Some(panel) = self.waiting.last().copied() else { return Err(ErrorKind::Internal) };
        let at = self.sample.values.len();
        let told = std::mem::take(&mut self.told);
        if told > 0.0 {
            self.sample.told += told * Sample::rule_weight(at) * Sample::weight(&panel, self.sample.asked[at]);
        }
        self.sample.values.push(value);
        if at + 1 < POINTS {
            return self.next_point();
        }
        self.waiting.pop();
        let mut piece = self.sample.measure(&panel, self.rays[panel.ray].anchor);
        if !piece.size.is_finite() {
            let ray = &self.rays[panel.ray];
            if panel.map == Map::Linear && !panel.is_near() {
                return Err(Overflow::Range.into());
            }
            let place = if ray.is_infinite { ray.direction * f64::INFINITY } else { ray.point(panel.middle) };
            return Err(Self::refuse(Obstacle::Diverges, Some(place)));
        }
        if self.tail.is_some() && self.sample.is_broken {
            piece.error = piece.size;
        }
        self.sample.clear();
        self.keep(piece);
        self.go_on()
    }

    fn keep(&mut self, piece: Piece) {
        if let Some(tail) = &mut self.tail {
            return tail.pieces.push(piece);
        }
        if piece.is_settled {
            return self.settled.push(piece);
        }
        if piece.error.is_finite() {
            self.errors += piece.error - piece.rounding;
        } else {
            self.broken += 1;
        }
        self.open.push(Worst(piece));
    }

    /// Removes the piece with the largest error.
    fn pop_worst(&mut self) -> Option<Piece> {
        let Worst(piece) = self.open.pop()?;
        if piece.error.is_finite() {
            self.errors -= piece.error - piece.rounding;
        } else {
            self.broken -= 1;
        }
        Some(piece)
    }

    /// Continues with the next panel, or gives the result.
    fn go_on(&mut self) -> Result<Step, ErrorKind> {
        while let Some(panel) = self.waiting.last() {
            if panel.edges().0 < self.rays[panel.ray].reach {
                return self.next_point();
            }
            self.waiting.pop();
        }
        if let Some(tail) = self.tail.take() {
            let piece = self.extrapolated(&tail)?;
            self.keep(piece);
        }
        self.settle_noise();
        loop {
            // The totals are expensive, so they are made only when the integration may be complete.
            let is_due =
                self.divisions.is_multiple_of(32) || (self.broken == 0 && self.errors <= 1.01 * self.tolerance);
            if is_due || self.open.is_empty() || self.divisions >= DIVISIONS_MAX {
                let mut totals = self.totals();
                let tolerance = if self.levels > 1 { TOLERANCE_OF_TWO } else { TOLERANCE };
                self.tolerance = (tolerance * totals.value.abs()).max(ROUNDING * totals.size);
                let left = self.open.iter().map(|Worst(piece)| piece.error - piece.rounding).sum::<f64>();
                let is_done = left <= self.tolerance || self.open.is_empty();
                let is_whole = is_done && self.is_seamless(&mut totals);
                if is_whole || self.divisions >= DIVISIONS_MAX {
                    return self.last_word(&totals);
                }
            }
            let Some(worst) = self.pop_worst() else { return Err(ErrorKind::Internal) };
            if self.divide(worst)? {
                return self.go_on();
            }
        }
    }

    /// Divides a piece; `false` if it is too narrow and stays undivided.
    fn divide(&mut self, mut piece: Piece) -> Result<bool, ErrorKind> {
        let panel = piece.panel;
        let ray = &self.rays[panel.ray];
        let (near, far) = panel.edges();
        self.divisions += 1;
        self.halved = None;
        if panel.is_near() {
            let parts = Self::cut_near(&panel);
            if parts[1].edges().1 < ray.nearest {
                self.begin_tail(&panel);
            } else {
                self.waiting.extend(parts);
            }
            return Ok(true);
        }
        if panel.is_far() {
            if near > FARTHEST {
                self.begin_tail(&panel);
            } else {
                self.waiting.extend(Self::cut_far(&panel));
            }
            return Ok(true);
        }
        let is_narrow = far - near <= 16.0 * f64::EPSILON * (ray.anchor.abs() + far);
        if is_narrow || (piece.error.is_infinite() && panel.half < 0.01 && panel.map == Map::Logarithmic) {
            let is_heavy = piece.error > (TOLERANCE * self.totals().size).max(2.0 * piece.rounding);
            if piece.error.is_finite() && is_heavy {
                let point = ray.point(panel.middle);
                return Err(Self::refuse(Obstacle::Steep, Some(point)));
            }
            // The body overflows beside this piece: its values here must be negligible.
            piece.error = piece.error.min(4.0 * piece.size / panel.half.min(1.0));
            piece.is_settled = true;
            self.keep(piece);
            return Ok(false);
        }
        if piece.error < 1e-6 * piece.size {
            self.halved = Some((panel, piece.error));
        }
        self.waiting.extend(panel.halves());
        Ok(true)
    }

    /// If halving a piece did not reduce the error and both halves are rough, their values are noise, and further
    /// division would not help. (A corner makes only one half rough.)
    fn settle_noise(&mut self) {
        let Some((panel, error)) = self.halved.take() else { return };
        let worst: Vec<Piece> = (0..2).filter_map(|_| self.pop_worst()).collect();
        let halves = panel.halves().map(|half| half.middle);
        let is_rough_half =
            |piece: &Piece| piece.is_rough && piece.panel.ray == panel.ray && halves.contains(&piece.panel.middle);
        let errors: f64 = worst.iter().map(|piece| piece.error).sum();
        let is_noise = worst.len() == 2 && worst.iter().all(is_rough_half) && errors > 0.6 * error;
        for mut piece in worst {
            piece.is_settled = is_noise;
            self.keep(piece);
        }
    }

    /// The sums over all pieces, in a fixed order, so that the rounding does not depend on the order of division.
    fn totals(&self) -> Totals {
        let mut pieces: Vec<&Piece> = self.open.iter().map(|Worst(piece)| piece).chain(&self.settled).collect();
        pieces.sort_by(|a, b| b.size.total_cmp(&a.size).then(a.value.total_cmp(&b.value)));
        let (mut totals, mut value) = (Totals::default(), Compensated::new(0.0));
        for piece in pieces {
            value.add(piece.value);
            totals.error += piece.error;
            totals.size += piece.size;
        }
        totals.value = value.value();
        totals
    }

    /// Whether neighbouring pieces fit together. Others are opened again, with the possible gap as a part of their
    /// error.
    fn is_seamless(&mut self, totals: &mut Totals) -> bool {
        let mut pieces = std::mem::take(&mut self.settled);
        pieces.extend(self.open.drain().map(|Worst(piece)| piece));
        // Ordered by ray, then by distance. The two rays of a finite range meet at their far ends.
        pieces.sort_by(|a, b| {
            let edge = |piece: &Piece| piece.panel.edges().0;
            a.panel.ray.cmp(&b.panel.ray).then(edge(a).total_cmp(&edge(b)))
        });
        // The pairs of pieces that meet, and the end of the second at which they do.
        let mut meetings: Vec<(usize, usize, usize)> = (1..pieces.len())
            .filter(|at| pieces[at - 1].panel.ray == pieces[*at].panel.ray)
            .map(|at| (at - 1, at, 0))
            .collect();
        for ray in (1..self.rays.len()).filter(|ray| !self.rays[*ray].is_infinite && !self.rays[*ray - 1].is_infinite) {
            let last = |ray| pieces.iter().rposition(|piece| piece.panel.ray == ray);
            if let (Some(a), Some(b)) = (last(ray - 1), last(ray)) {
                meetings.push((a, b, 1));
            }
        }
        let (mut sum, mut seams) = (0.0, vec![0.0_f64; pieces.len()]);
        for &(a, b, end) in &meetings {
            let missing = pieces[a].seam(1, &pieces[b], end);
            sum += missing;
            seams[a] = seams[a].max(missing);
            seams[b] = seams[b].max(missing);
        }
        totals.error += sum;
        let is_seamless = sum.is_nan() || sum <= self.tolerance;
        let share = self.tolerance / (meetings.len() + 1) as f64;
        (self.errors, self.broken) = (0.0, 0);
        for (mut piece, seam) in pieces.into_iter().zip(seams) {
            if !is_seamless && seam > share && !piece.is_tail {
                piece.error += seam;
                piece.is_settled = false;
            }
            self.keep(piece);
        }
        is_seamless
    }

    fn done(&self, totals: &Totals) -> Step {
        // A value that is not larger than its error is 0.
        let value = if totals.value.abs() <= totals.error { 0.0 } else { self.sign * totals.value };
        Step::Done { value: Value::Float(value), error: Some(totals.error) }
    }

    /// The result so far, if it is accurate enough, when no further division is possible.
    fn last_word(&mut self, totals: &Totals) -> Result<Step, ErrorKind> {
        if !totals.value.is_finite() || !totals.size.is_finite() {
            return Err(Overflow::Range.into());
        }
        let accepted = (LAST_TOLERANCE * totals.value.abs()).max(LAST_ROUNDING * totals.size);
        if totals.error <= accepted.max(f64::MIN_POSITIVE) {
            return Ok(self.done(totals));
        }
        let pieces = self.open.iter().map(|Worst(piece)| piece).chain(&self.settled);
        let worst = pieces.max_by(|a, b| a.error.total_cmp(&b.error));
        let Some(worst) = worst else { return Err(ErrorKind::Internal) };
        let (ray, (near, far)) = (&self.rays[worst.panel.ray], worst.panel.edges());
        if ray.is_infinite && near > OUT_THERE {
            return Err(Self::refuse(Obstacle::Oscillates, Some(ray.direction * f64::INFINITY)));
        }
        let place = ray.point(0.5 * (near + far));
        let is_noise = self.divisions < DIVISIONS_MAX;
        Err(Self::refuse(if is_noise { Obstacle::Noise } else { Obstacle::TooHard }, Some(place)))
    }

    /// Replaces the pieces towards an end that cannot be cut further by pieces of equal logarithmic width.
    fn begin_tail(&mut self, end: &Panel) {
        const HALF: f64 = 1.0;
        let ray = &self.rays[end.ray];
        let is_near = end.is_near();
        let (near, far) = end.edges();
        let begin = if is_near { self.boundary(end.ray, far) } else { near * pxfm::f_exp(-3.0 * CUT) };
        let outside = |piece: &Piece| {
            let (near, far) = piece.panel.edges();
            let is_behind = if is_near { far <= begin * (1.0 + 1e-9) } else { near >= begin * (1.0 - 1e-9) };
            piece.panel.ray != end.ray || !is_behind
        };
        self.settled.retain(outside);
        self.open.retain(|Worst(piece)| outside(piece));
        let left = self.open.iter().map(|Worst(piece)| piece);
        (self.errors, self.broken) = left.fold((0.0, 0), |(errors, broken), piece| match piece.error.is_finite() {
            true => (errors + piece.error - piece.rounding, broken),
            false => (errors, broken + 1),
        });
        let (step, limit) = (pxfm::f_exp(2.0 * HALF), if is_near { ray.nearest } else { FARTHEST });
        let mut edge = begin;
        while if is_near { edge > limit } else { edge < limit } {
            let next = if is_near { edge / step } else { edge * step };
            let middle = edge * pxfm::f_exp(if is_near { -HALF } else { HALF });
            self.waiting.push(Panel::logarithmic(end.ray, middle, HALF));
            edge = next;
        }
        self.waiting.reverse();
        self.tail = Some(Tail { ray: end.ray, is_near, pieces: Vec::new() });
    }

    /// Where to begin the tail: the end of a piece about three cuts farther out, or of the farthest piece.
    fn boundary(&self, ray: usize, distance: f64) -> f64 {
        let beyond = distance * pxfm::f_exp(2.5 * CUT);
        let pieces = self.open.iter().map(|Worst(piece)| piece).chain(&self.settled);
        let pieces = pieces.filter(|piece| piece.panel.ray == ray && piece.panel.map == Map::Logarithmic);
        let (mut least, mut most) = (f64::INFINITY, distance);
        for far in pieces.map(|piece| piece.panel.edges().1) {
            most = most.max(far);
            if far >= beyond {
                least = least.min(far);
            }
        }
        if least.is_finite() { least } else { most }
    }

    /// The extrapolated sum of the pieces towards an end, with the remainder beyond the last piece.
    fn extrapolated(&self, tail: &Tail) -> Result<Piece, ErrorKind> {
        let ray = &self.rays[tail.ray];
        let place = if tail.is_near { ray.anchor } else { ray.direction * f64::INFINITY };
        let mut sums: Vec<f64> = Vec::with_capacity(tail.pieces.len());
        let (mut sum, mut size, mut noise) = (0.0, 0.0, 0.0);
        let mut best: Option<extrapolation::Limit> = None;
        let ratios: Vec<f64> = tail.pieces.windows(2).map(|pair| pair[1].value / pair[0].value).collect();
        for piece in &tail.pieces {
            sum += piece.value;
            size += piece.size;
            noise += piece.error;
            sums.push(sum);
            let limit = extrapolation::limit(&sums, noise).filter(|_| sums.len() >= 5);
            best = match (best, limit) {
                (Some(best), Some(limit)) if best.error <= limit.error => Some(best),
                (best, limit) => limit.or(best),
            };
        }
        let last = &ratios[ratios.len().saturating_sub(3)..];
        let falls = last.iter().all(|ratio| (0.0..0.995).contains(ratio)) || size == 0.0;
        if tail.pieces.len() < 5 {
            return Err(Self::refuse(Obstacle::Steep, Some(place)));
        }
        let Some(best) = best.filter(|_| falls) else {
            let obstacle = match () {
                () if last.iter().any(|ratio| *ratio < 0.0) => Obstacle::Oscillates,
                () if last.iter().all(|ratio| *ratio < 1.0 - SETTLES) => Obstacle::Slow,
                () => Obstacle::Diverges,
            };
            return Err(Self::refuse(obstacle, Some(place)));
        };
        if best.error > 1e-5 * (size + best.value.abs()) {
            return Err(Self::refuse(Obstacle::Slow, Some(place)));
        }
        // The sum takes the place of the first piece, which has a neighbour.
        let first = tail.pieces.first().ok_or(ErrorKind::Internal)?;
        let (panel, ends, error) = (first.panel, first.ends, best.error);
        Ok(Piece {
            panel,
            value: best.value,
            error,
            size,
            rounding: error,
            ends,
            is_tail: true,
            is_settled: true,
            is_rough: false,
        })
    }
}
