//! A curve: the points at which a function of one variable is evaluated, and which of them are joined.
//!
//! First it evaluates the function on an even grid, whose fineness doubles. A function that is too expensive for the
//! full grid is drawn from a coarser one, unless the picture would be wrong. Then it refines the places where the curve
//! bends, begins, ends or jumps. The work is limited by fuel and points and depends only on the question, so every
//! machine draws the same curve.
//!
//! A function that has values only at whole numbers, such as `factorial(x)`, is a sequence of dots.

use tabuada_lang::{Answer, Argument, Cell, ErrorKind, Failure, Fuel, Limits, Program, TypeError};

/// The number of intervals of the first grid, and of the last one.
const GRID_FIRST: usize = 128;
const GRID: usize = 512;
const POINTS_MAX: usize = 8_192;
/// The maximum number of dots of a sequence.
const DOTS_MAX: f64 = 1_024.0;
/// The largest whole number at which a sequence is evaluated: all below it are floats.
const WHOLE_MAX: f64 = 1e15;
/// The maximum number of rounds. Each round halves the intervals that still need it.
const ROUNDS_MAX: usize = 32;
/// In pixels: a curve counts as straight if it deviates less than this from the line through its points,
const BEND: f64 = 0.2;
/// and bends are refined down to this width.
const BEND_WIDTH: f64 = 1.0 / 16.0;
/// In pixels: a step of at least this height may be a jump,
const JUMP: f64 = 3.0;
/// and it is a jump if it remains at this width,
const JUMP_WIDTH: f64 = 1.0 / (1 << 20) as f64;
/// or at this width if it goes from far below the picture to far above.
const POLE_WIDTH: f64 = 1.0 / 16.0;
/// In pixels: how far above and below the picture a curve is refined.
const MARGIN: f64 = 40.0;
/// Larger values are drawn as this one, so that differences stay finite.
const LARGEST: f64 = 1e300;

/// A part of the plane, and its size in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub(super) x: (f64, f64),
    pub(super) y: (f64, f64),
    pub(super) width: f64,
    pub(super) height: f64,
}

impl View {
    /// The distance from the left edge in pixels.
    pub(super) fn across(&self, x: f64) -> f64 {
        (x - self.x.0) / (self.x.1 - self.x.0) * self.width
    }

    /// The range of y that has the scale of x and holds `shown`, or the part of it nearest to 0 if it is too high.
    pub(super) fn equal(&self, (low, high): (f64, f64)) -> (f64, f64) {
        let half = (self.x.1 - self.x.0) / self.width * self.height / 2.0;
        let middle = low + (high - low) / 2.0;
        let middle = if high - low <= 2.0 * half { middle } else { 0_f64.clamp(low + half, high - half) };
        (middle - half, middle + half)
    }

    /// The distance from the top in pixels. A point far above or below the picture is moved to its margin.
    pub(super) fn down(&self, y: f64) -> f64 {
        ((self.y.1 - y) / (self.y.1 - self.y.0) * self.height).clamp(-MARGIN, self.height + MARGIN)
    }
}

/// The value of the function at an x; `None` if it is not a real number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: Option<f64>,
}

/// Why there is no curve. It does not depend on x.
pub(super) type Stopped = ErrorKind;

/// A function and the points evaluated so far.
pub(super) struct Curve<'p> {
    program: &'p Program,
    /// Which element is drawn of values that are lists.
    element: Option<usize>,
    /// The number of elements of the first value that is a list or a tuple.
    elements: Option<usize>,
    limits: &'p Limits,
    /// The fuel that is left, and the fuel that was spent.
    fuel: u64,
    spent: u64,
    seed: u64,
    stop: &'p dyn Fn() -> bool,
    /// In order of x, each x once.
    points: Vec<Point>,
    /// Whether the function has values only at whole numbers.
    pub(super) is_sequence: bool,
    /// The first failure.
    pub(super) failure: Option<Failure>,
    /// Whether every evaluation failed in this way.
    fails_alike: bool,
}

impl<'p> Curve<'p> {
    /// Evaluates `program`, whose only parameter is x, on the grid. `fuel` is for the whole curve; `seed` is for random
    /// expressions.
    pub(super) fn new(
        program: &'p Program,
        x: (f64, f64),
        limits: &'p Limits,
        (fuel, seed): (u64, u64),
        stop: &'p dyn Fn() -> bool,
    ) -> Result<Self, Stopped> {
        let mut curve = Self {
            program,
            element: None,
            elements: None,
            limits,
            fuel,
            spent: 0,
            seed,
            stop,
            points: Vec::new(),
            is_sequence: false,
            failure: None,
            fails_alike: true,
        };
        curve.sample(x)?;
        Ok(curve)
    }

    /// The number of curves in this one: the elements of its values, or 1 if they are no lists.
    pub(super) fn count(&self) -> usize {
        self.elements.unwrap_or(1).max(1)
    }

    /// The curves of the elements, if the values are lists; otherwise the curve itself.
    pub(super) fn parted(self, x: (f64, f64)) -> Result<Vec<Self>, Stopped> {
        let Some(count) = self.elements else { return Ok(vec![self]) };
        let part = |element| {
            let (element, fuel) = (Some(element), self.fuel / count.max(1) as u64);
            let mut curve = Self { element, fuel, points: Vec::new(), failure: self.failure.clone(), ..self };
            curve.sample(x)?;
            Ok(curve)
        };
        (0..count.max(1)).map(part).collect()
    }

    /// Evaluates the function on the grid.
    fn sample(&mut self, (from, to): (f64, f64)) -> Result<(), Stopped> {
        let place = |at: usize| from + (to - from) * (at as f64 / GRID as f64);
        let first: Vec<f64> =
            if self.is_constant() { vec![from] } else { (0..=GRID).step_by(GRID / GRID_FIRST).map(place).collect() };
        let fuel = self.fuel;
        self.points = self.look(&first)?.ok_or(ErrorKind::OutOfFuel { limit: fuel })?;
        if let [Point { y, .. }] = self.points[..] {
            self.points.push(Point { x: to, y });
            return Ok(());
        }
        let mut step = GRID / GRID_FIRST;
        while step > 1 {
            let between: Vec<f64> = (step / 2..GRID).step_by(step).map(place).collect();
            let Some(points) = self.look(&between)? else { break };
            self.insert(points);
            step /= 2;
        }
        self.sample_whole_numbers((from, to))
    }

    /// Evaluates the function at all whole numbers, if it has values nowhere else.
    fn sample_whole_numbers(&mut self, (from, to): (f64, f64)) -> Result<(), Stopped> {
        let (first, last) = (from.ceil(), to.floor());
        let is_whole = |points: &[Point]| points.iter().all(|point| point.y.is_none() || point.x.fract() == 0.0);
        let kind = self.failure.as_ref().map(|failure| &failure.kind);
        let wants_whole = matches!(
            kind,
            Some(ErrorKind::Type(TypeError::Argument { integer: true, .. } | TypeError::NotInteger { .. }))
        );
        let is_sequence = is_whole(&self.points) && (wants_whole || self.values().next().is_some());
        if !is_sequence || last - first >= DOTS_MAX || first.abs().max(last.abs()) > WHOLE_MAX {
            return Ok(());
        }
        let mut dots = Vec::new();
        for number in first as i64..=last as i64 {
            let mut fuel = Fuel::with_stop(self.fuel, self.stop).seeded(self.seed);
            let answer = self.program.evaluate_with(&[Argument::Int(number)], self.limits, &mut fuel);
            self.fuel -= fuel.spent();
            let y = match &answer {
                Ok(answer) => self.number(answer),
                Err(Failure { kind: ErrorKind::Deadline, .. }) => return Err(ErrorKind::Deadline),
                Err(Failure { kind: ErrorKind::OutOfFuel { .. }, .. }) => break,
                Err(_) => None,
            };
            dots.push(Point { x: number as f64, y: y.and_then(drawable) });
        }
        if dots.iter().any(|dot| dot.y.is_some()) {
            (self.points, self.is_sequence, self.fails_alike) = (dots, true, false);
        }
        Ok(())
    }

    /// Whether it depends on nothing but x.
    pub(super) fn is_pure(&self) -> bool {
        self.program.is_pure()
    }

    pub(super) fn is_constant(&self) -> bool {
        self.program.is_pure() && self.program.free_names().is_empty()
    }

    /// The failure that occurs for every x: an operation on a type that does not support it.
    pub(super) fn wrong_everywhere(&self) -> Option<&Failure> {
        self.failure.as_ref().filter(|failure| self.fails_alike && matches!(failure.kind, ErrorKind::Type(_)))
    }

    /// How many points the rest of the fuel is enough for, if a share of 1/`share` of it is spent.
    pub(super) fn affordable(&self, share: u64) -> usize {
        let price = (self.spent / self.points.len().max(1) as u64).max(1);
        usize::try_from(self.fuel / share / price).unwrap_or(usize::MAX)
    }

    /// The values that exist.
    pub(super) fn values(&self) -> impl Iterator<Item = f64> {
        self.points.iter().filter_map(|point| point.y)
    }

    pub(super) fn points(&self) -> &[Point] {
        &self.points
    }

    /// Adds points where they are visible in `view`.
    pub(super) fn refine(&mut self, view: &View) -> Result<(), Stopped> {
        if self.is_constant() || self.is_sequence {
            return Ok(());
        }
        for _ in 0..ROUNDS_MAX {
            let mut wanted: Vec<(usize, f64)> =
                (1..self.points.len()).filter_map(|at| Some((at, self.doubt(at, view)?))).collect();
            let room = POINTS_MAX.saturating_sub(self.points.len());
            if wanted.len() > room {
                wanted.sort_by(|(_, a), (_, b)| b.total_cmp(a));
                wanted.truncate(room);
                wanted.sort_unstable_by_key(|(at, _)| *at);
            }
            let between: Vec<f64> = wanted.iter().map(|(at, _)| self.middle(*at)).collect();
            if between.is_empty() {
                break;
            }
            let Some(found) = self.look(&between)? else { break };
            self.insert(found);
        }
        Ok(())
    }

    /// Evaluates the function at some more places, if there is fuel for them.
    pub(super) fn add(&mut self, places: &[f64]) -> Result<(), Stopped> {
        let found = self.look(places)?;
        self.insert(found.unwrap_or_default());
        Ok(())
    }

    /// The values at several xs; `None` if the fuel is not enough.
    pub(super) fn values_at(&mut self, places: &[f64]) -> Result<Option<Vec<Option<f64>>>, Stopped> {
        Ok(self.look(places)?.map(|points| points.into_iter().map(|point| point.y).collect()))
    }

    /// The points in runs, along each of which the curve is continuous as far as they show.
    pub(super) fn runs(&self, view: &View) -> Vec<Vec<(f64, f64)>> {
        let mut runs = vec![Vec::new()];
        for (at, point) in self.points.iter().enumerate() {
            if point.y.is_none() || (at > 0 && self.jumps(at, view)) {
                runs.push(Vec::new());
            }
            runs.last_mut().into_iter().for_each(|run| run.extend(point.y.map(|y| (point.x, y))));
        }
        runs
    }

    /// Adds points, in any order; those at an x that has a point already are dropped.
    pub(super) fn insert(&mut self, points: Vec<Point>) {
        self.points.extend(points);
        // Stable, and fast for runs that are in order.
        self.points.sort_by(|a, b| a.x.total_cmp(&b.x));
        self.points.dedup_by(|a, b| a.x == b.x);
    }

    /// The pieces of the curve, each of which is one line. The dots of a sequence are pieces of one point.
    pub(super) fn pieces(&self, view: &View) -> Vec<Vec<(f64, f64)>> {
        let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
        let mut is_open = false;
        for (at, point) in self.points.iter().enumerate() {
            let Some(y) = point.y.filter(|_| self.is_sequence || !self.is_lone(at)) else {
                is_open = false;
                continue;
            };
            let place = (view.across(point.x), view.down(y));
            match pieces.last_mut() {
                Some(piece) if is_open && !self.is_sequence && !self.jumps(at, view) => piece.push(place),
                _ => pieces.push(vec![place]),
            }
            is_open = true;
        }
        pieces
    }

    /// Whether a point has no neighbour with a value. Such a point happens to lie on the grid, unlike others of its
    /// kind: `x**x` has values at all negative whole numbers.
    fn is_lone(&self, at: usize) -> bool {
        let has_value = |at: usize| self.points.get(at).is_some_and(|point| point.y.is_some());
        !at.checked_sub(1).is_some_and(has_value) && !has_value(at + 1)
    }

    /// The x halfway between a point and the one before it.
    fn middle(&self, at: usize) -> f64 {
        let (a, b) = (self.points[at - 1].x, self.points[at].x);
        a + (b - a) / 2.0
    }

    /// The width in pixels of the interval before a point; `None` if there is no float in between.
    fn width(&self, at: usize, view: &View) -> Option<f64> {
        let (a, b) = (self.points[at - 1].x, self.points[at].x);
        let middle = self.middle(at);
        (a < middle && middle < b).then(|| (b - a) / (view.x.1 - view.x.0) * view.width)
    }

    /// Whether the curve jumps before a point, as far as the points show.
    fn jumps(&self, at: usize, view: &View) -> bool {
        let (Some(a), Some(b)) = (self.points[at - 1].y, self.points[at].y) else { return false };
        let (a, b) = (view.down(a), view.down(b));
        let width = self.width(at, view).unwrap_or_default();
        let is_whole = a.min(b) < 0.0 && a.max(b) > view.height;
        (a - b).abs() > JUMP && width <= if is_whole { POLE_WIDTH } else { JUMP_WIDTH }
    }

    /// How much detail the interval before a point may hide, in pixels; `None` if it needs no refinement.
    fn doubt(&self, at: usize, view: &View) -> Option<f64> {
        let width = self.width(at, view).filter(|width| *width > JUMP_WIDTH)?;
        let (a, b) = match (self.points[at - 1].y, self.points[at].y) {
            (Some(a), Some(b)) => (view.down(a), view.down(b)),
            (None, None) => return None,
            // The curve begins or ends here.
            _ => return Some(view.height),
        };
        if (a < 0.0 && b < 0.0) || (a > view.height && b > view.height) || self.jumps(at, view) {
            return None;
        }
        let height = (a - b).abs();
        if height > JUMP {
            return Some(height);
        }
        let bend = self.bend(at - 1, view).max(self.bend(at, view));
        (width > BEND_WIDTH && bend > BEND).then_some(bend)
    }

    /// The distance in pixels of a point from the line through its neighbours.
    fn bend(&self, at: usize, view: &View) -> f64 {
        let seen = |at: usize| {
            let point = self.points.get(at)?;
            Some((view.across(point.x), view.down(point.y?)))
        };
        let neighbours = at.checked_sub(1).and_then(seen).zip(seen(at + 1)).zip(seen(at));
        neighbours.map_or(0.0, |((before, after), here)| distance(here, before, after))
    }

    /// The values at several xs; `None` if the fuel is not enough.
    pub(super) fn look(&mut self, places: &[f64]) -> Result<Option<Vec<Point>>, Stopped> {
        let mut fuel = Fuel::with_stop(self.fuel, self.stop).seeded(self.seed);
        let rows = match self.program.columns(&[places], self.limits, &mut fuel) {
            Ok(rows) => rows,
            Err(ErrorKind::OutOfFuel { .. }) => {
                self.fuel = 0;
                return Ok(None);
            }
            Err(stopped) => return Err(stopped),
        };
        self.fuel -= fuel.spent();
        self.spent += fuel.spent();
        // A new seed, so that a random expression does not give the same values in each round.
        self.seed = self.seed.wrapping_add(1);
        let mut points = Vec::with_capacity(places.len());
        for (x, cell) in places.iter().zip(rows.iter()) {
            self.fails_alike &=
                matches!(&cell, Cell::Failure(failure) if *failure == self.failure.as_ref().unwrap_or(failure));
            let y = match cell {
                Cell::Float(value) => Some(value),
                Cell::Bool(value) => Some(f64::from(u8::from(value))),
                Cell::Answer(answer) => self.number(answer),
                Cell::Failure(failure) => {
                    self.failure.get_or_insert_with(|| failure.clone());
                    None
                }
            };
            points.push(Point { x: *x, y: y.and_then(drawable) });
        }
        Ok(Some(points))
    }

    /// The number to draw for a value.
    fn number(&mut self, answer: &Answer) -> Option<f64> {
        let is_row = matches!(answer.type_name(), "list" | "tuple");
        let Some(mut elements) = answer.elements().filter(|_| is_row) else { return number(answer) };
        self.elements.get_or_insert(elements.len());
        number(&elements.nth(self.element?)?)
    }
}

fn number(answer: &Answer) -> Option<f64> {
    match answer.type_name() {
        // Of any size.
        "int" => answer.text().parse().ok(),
        _ => answer.as_f64().or(answer.as_bool().map(|value| f64::from(u8::from(value)))),
    }
}

/// A value as it is drawn; `None` if it is not finite.
fn drawable(y: f64) -> Option<f64> {
    y.is_finite().then(|| y.clamp(-LARGEST, LARGEST))
}

/// The distance of a point from the segment from `a` to `b`.
pub(super) fn distance((x, y): (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    let (along_x, along_y) = (b.0 - a.0, b.1 - a.1);
    let length = along_x.mul_add(along_x, along_y * along_y);
    let at = if length > 0.0 { (((x - a.0) * along_x + (y - a.1) * along_y) / length).clamp(0.0, 1.0) } else { 0.0 };
    (x - a.0 - at * along_x).hypot(y - a.1 - at * along_y)
}
