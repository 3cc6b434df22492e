//! The 15-point Gauss–Kronrod rule on one panel, and the error estimate from its values.

/// Values that one panel needs.
pub(super) const POINTS: usize = 15;

/// Abscissas of the 15-point Kronrod rule on [-1, 1], from the outermost inwards. (Kronrod 1964; digits by QUADPACK.)
const ABSCISSAS: [f64; 8] = [
    0.991_455_371_120_812_6,
    0.949_107_912_342_758_5,
    0.864_864_423_359_769_1,
    0.741_531_185_599_394_5,
    0.586_087_235_467_691_1,
    0.405_845_151_377_397_2,
    0.207_784_955_007_898_47,
    0.0,
];
const WEIGHTS: [f64; 8] = [
    0.022_935_322_010_529_224,
    0.063_092_092_629_978_56,
    0.104_790_010_322_250_19,
    0.140_653_259_715_525_92,
    0.169_004_726_639_267_9,
    0.190_350_578_064_785_4,
    0.204_432_940_075_298_89,
    0.209_482_141_084_727_82,
];

/// Weights that give the Legendre coefficients of degrees 8, 9, 12 and 13, from sums (even degrees) or differences (odd
/// degrees) of the values at opposite points.
const SPECTRUM: [[f64; 8]; 4] = [spectrum(8), spectrum(9), spectrum(12), spectrum(13)];

const fn spectrum(degree: usize) -> [f64; 8] {
    let mut row = [0.0; 8];
    let mut at = 0;
    while at < 8 {
        row[at] = (degree as f64 + 0.5) * WEIGHTS[at] * legendre(degree, ABSCISSAS[at]);
        at += 1;
    }
    // The middle point has no opposite point.
    row[7] *= 0.5;
    row
}

const fn legendre(degree: usize, x: f64) -> f64 {
    let (mut before, mut value, mut n) = (1.0, x, 1);
    while n < degree {
        let next = ((2 * n + 1) as f64 * x * value - n as f64 * before) / (n + 1) as f64;
        (before, value) = (value, next);
        n += 1;
    }
    value
}

/// Weights that give the interpolating polynomial at the upper end of the panel; in reverse order, at the lower end.
const AT_END: [f64; POINTS] = at_end();

const fn at_end() -> [f64; POINTS] {
    let mut row = [1.0; POINTS];
    let mut at = 0;
    while at < POINTS {
        let mut other = 0;
        while other < POINTS {
            if other != at {
                row[at] *= (1.0 - abscissa(other)) / (abscissa(at) - abscissa(other));
            }
            other += 1;
        }
        at += 1;
    }
    row
}

/// The points in ascending order.
const fn abscissa(at: usize) -> f64 {
    if at < 8 { -ABSCISSAS[at] } else { ABSCISSAS[14 - at] }
}

/// The part of a panel's half width that lies between its end and the outermost point.
const MARGIN: f64 = 1.0 - ABSCISSAS[0];

/// Values below the first constant may have lost digits to underflow; the second bounds their error.
const NEARLY_UNDERFLOWN: f64 = 1e-300;
const UNDERFLOW: f64 = 2_048.0 * f64::MIN_POSITIVE * f64::EPSILON;

/// How the variable of the rule becomes a distance from the anchor of a ray.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Map {
    /// The distance is the variable.
    Linear,
    /// The distance is `middle · exp(variable)`: every decade has equally many points.
    Logarithmic,
    /// The distance is the inverse of the variable, for the panel that reaches infinity.
    Inverse,
}

/// A part of a ray.
#[derive(Clone, Copy)]
pub(super) struct Panel {
    pub(super) ray: usize,
    pub(super) map: Map,
    pub(super) middle: f64,
    pub(super) half: f64,
}

impl Panel {
    pub(super) fn linear(ray: usize, from: f64, to: f64) -> Self {
        Self { ray, map: Map::Linear, middle: 0.5 * from + 0.5 * to, half: 0.5 * (to - from) }
    }

    /// From the anchor itself to a distance.
    pub(super) fn near(ray: usize, to: f64) -> Self {
        Self { ray, map: Map::Linear, middle: 0.5 * to, half: 0.5 * to }
    }

    /// From a distance to infinity.
    pub(super) fn far(ray: usize, from: f64) -> Self {
        Self { ray, map: Map::Inverse, middle: 0.5 / from, half: 0.5 / from }
    }

    pub(super) fn logarithmic(ray: usize, middle: f64, half: f64) -> Self {
        Self { ray, map: Map::Logarithmic, middle, half }
    }

    /// Whether one of its ends is the anchor.
    pub(super) fn is_near(&self) -> bool {
        self.map == Map::Linear && self.middle == self.half
    }

    pub(super) fn is_far(&self) -> bool {
        self.map == Map::Inverse
    }

    /// The distances at which it begins and ends.
    pub(super) fn edges(&self) -> (f64, f64) {
        match self.map {
            Map::Linear => (self.middle - self.half, self.middle + self.half),
            Map::Logarithmic => (self.middle * pxfm::f_exp(-self.half), self.middle * pxfm::f_exp(self.half)),
            Map::Inverse => (1.0 / (self.middle + self.half), f64::INFINITY),
        }
    }

    /// The distance between an end and the outermost point beside it.
    fn margin(&self, edge: f64) -> f64 {
        match self.map {
            Map::Linear => MARGIN * self.half,
            Map::Logarithmic => MARGIN * self.half * edge,
            // The panel begins at 0, so its half width is half of the edge.
            Map::Inverse => MARGIN * 0.5 * edge,
        }
    }

    /// Its two halves. A panel at an end of the ray is cut in another way.
    pub(super) fn halves(&self) -> [Self; 2] {
        let half = 0.5 * self.half;
        let [low, high] = match self.map {
            Map::Logarithmic => [self.middle * pxfm::f_exp(-half), self.middle * pxfm::f_exp(half)],
            Map::Linear | Map::Inverse => [self.middle - half, self.middle + half],
        };
        [Self { middle: low, half, ..*self }, Self { middle: high, half, ..*self }]
    }
}

/// The points of panels. Logarithmic panels of one width share their factors, so these are computed once.
pub(super) struct Points {
    half: f64,
    ratios: [f64; 7],
}

impl Points {
    pub(super) fn new() -> Self {
        Self { half: 0.0, ratios: [1.0; 7] }
    }

    /// The distance of one of a panel's points.
    pub(super) fn distance(&mut self, panel: &Panel, at: usize) -> f64 {
        let Panel { middle, half, .. } = *panel;
        match panel.map {
            Map::Linear => middle + half * abscissa(at),
            Map::Inverse => 1.0 / (middle + half * abscissa(at)),
            Map::Logarithmic => {
                if half != self.half {
                    self.half = half;
                    self.ratios = std::array::from_fn(|at| pxfm::f_exp(half * ABSCISSAS[at]));
                }
                match at {
                    0..7 => middle / self.ratios[at],
                    7 => middle,
                    _ => middle * self.ratios[14 - at],
                }
            }
        }
    }
}

pub(super) struct Piece {
    pub(super) panel: Panel,
    pub(super) value: f64,
    /// An upper estimate of the error.
    pub(super) error: f64,
    /// The integral of the body's magnitude.
    pub(super) size: f64,
    /// The part of the error that comes from rounding, which no division reduces.
    pub(super) rounding: f64,
    /// The body at the nearest and at the farthest distance.
    pub(super) ends: [End; 2],
    /// Whether it includes an extrapolated tail.
    pub(super) is_tail: bool,
    /// Whether further division would not help, since the rest of the error is rounding.
    pub(super) is_settled: bool,
    /// Whether its values do not look smooth: the spectrum does not fall.
    pub(super) is_rough: bool,
}

/// The value at an end of a panel, extrapolated by the polynomial through its values.
#[derive(Clone, Copy, Default)]
pub(super) struct End {
    value: f64,
    error: f64,
}

impl Piece {
    /// The area that may be missing where this piece's end `own` meets the other's end `end`. If the two extrapolate to
    /// different values there, a jump or a corner may lie between their outermost points, unseen by both.
    pub(super) fn seam(&self, own: usize, other: &Self, end: usize) -> f64 {
        let (a, b) = (self.ends[own], other.ends[end]);
        let edge = if own == 1 { self.panel.edges().1 } else { self.panel.edges().0 };
        let gap = (a.value - b.value).abs() - 4.0 * (a.error + b.error);
        gap.max(0.0) * (self.panel.margin(edge) + other.panel.margin(edge))
    }
}

/// The values of a panel's points.
pub(super) struct Sample {
    /// The body's values.
    pub(super) values: Vec<f64>,
    /// The distances at which they were taken, which are those of floats.
    pub(super) distances: Vec<f64>,
    /// The distances that the rule requested.
    pub(super) asked: Vec<f64>,
    /// The largest error bound of the body itself, weighted like its values.
    pub(super) told: f64,
    /// Whether there are points at which the body has no value.
    pub(super) is_broken: bool,
}

impl Sample {
    pub(super) fn new() -> Self {
        let room = || Vec::with_capacity(POINTS);
        Self { values: room(), distances: room(), asked: room(), told: 0.0, is_broken: false }
    }

    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.distances.clear();
        self.asked.clear();
        (self.told, self.is_broken) = (0.0, false);
    }

    /// The derivative of the distance by the rule's variable.
    pub(super) fn weight(panel: &Panel, distance: f64) -> f64 {
        match panel.map {
            Map::Linear => panel.half,
            Map::Logarithmic => panel.half * distance,
            Map::Inverse => panel.half * distance * distance,
        }
    }

    /// The rule's own weight of a point.
    pub(super) fn rule_weight(at: usize) -> f64 {
        WEIGHTS[if at < 8 { at } else { 14 - at }]
    }

    /// The integral over the panel, whose distances are from `anchor`.
    ///
    /// The error is estimated from the spectrum: the Legendre coefficients of the values at degrees 8 and 9 (`middle`)
    /// and at 12 and 13 (`high`). The rule is exact up to degree 22. For a smooth body the coefficients fall like a
    /// power, so that the error is far below the last of them; where they do not fall (a corner, a jump, a pole,
    /// noise), they are as large as the error. Both even and odd degrees are used: an odd pole in the middle of a panel
    /// would cancel out in the even ones.
    pub(super) fn measure(&self, panel: &Panel, anchor: f64) -> Piece {
        let moved = self.moved_back();
        let value_at = |at: usize| moved[at] * Self::weight(panel, self.asked[at]);
        let weighted: [f64; POINTS] = std::array::from_fn(|at| if moved[at] == 0.0 { 0.0 } else { value_at(at) });
        let (mut value, mut size, mut spectrum) = (0.0, 0.0, [0.0_f64; 4]);
        for at in 0..8 {
            let (low, high) = (weighted[at], weighted[14 - at]);
            let (sum, difference) = (low + high, high - low);
            let weight = if at == 7 { 0.5 * WEIGHTS[7] } else { WEIGHTS[at] };
            value += weight * sum;
            size += weight * (low.abs() + high.abs());
            spectrum[0] += SPECTRUM[0][at] * sum;
            spectrum[1] += SPECTRUM[1][at] * difference;
            spectrum[2] += SPECTRUM[2][at] * sum;
            spectrum[3] += SPECTRUM[3][at] * difference;
        }
        let middle = spectrum[0].abs().max(spectrum[1].abs());
        let high = spectrum[2].abs().max(spectrum[3].abs());
        let falls = if middle > 0.0 { (8.0 * high / middle).min(1.0) } else { 1.0 };
        let estimate = 4.0 * high * falls * falls;
        let rounding = 4.0 * f64::EPSILON * size + self.displacement(anchor.abs()) + self.underflow(panel) + self.told;
        let error = if self.is_broken { f64::INFINITY } else { estimate.max(rounding) };
        let is_rough = high >= 0.25 * middle;
        let ends = Self::ends(panel, &weighted, high);
        Piece {
            panel: *panel,
            value,
            error,
            size,
            rounding,
            ends,
            is_tail: false,
            is_settled: error <= rounding,
            is_rough,
        }
    }

    fn ends(panel: &Panel, weighted: &[f64; POINTS], high: f64) -> [End; 2] {
        let (mut low_end, mut high_end) = (0.0, 0.0);
        for at in 0..POINTS {
            low_end += AT_END[14 - at] * weighted[at];
            high_end += AT_END[at] * weighted[at];
        }
        let (near, far) = panel.edges();
        let end = |value: f64, edge: f64| {
            let weight = Self::weight(panel, edge);
            End { value: value / weight, error: high / weight }
        };
        match panel.map {
            Map::Inverse => [end(high_end, near), End::default()],
            Map::Linear | Map::Logarithmic => [end(low_end, near), end(high_end, far)],
        }
    }

    /// A bound of the error that underflow of the values causes.
    fn underflow(&self, panel: &Panel) -> f64 {
        let is_concerned = |at: &usize| self.values[*at] != 0.0 && self.values[*at].abs() < NEARLY_UNDERFLOWN;
        let weight = |at| Self::rule_weight(at) * Self::weight(panel, self.asked[at]);
        UNDERFLOW * (0..POINTS).filter(is_concerned).map(weight).sum::<f64>()
    }

    /// A bound of the error that rounding of the points causes.
    fn displacement(&self, anchor: f64) -> f64 {
        let part = if self.asked == self.distances { 0.5 } else { 0.25 };
        let moves = (1..POINTS).map(|at| {
            let distance = self.asked[at - 1].max(self.asked[at]);
            (self.values[at] - self.values[at - 1]).abs() * (anchor + distance)
        });
        part * f64::EPSILON * moves.sum::<f64>()
    }

    /// The values at the requested points. Where the nearest float differs from the requested point, the value is
    /// corrected along the line through the neighbours.
    fn moved_back(&self) -> [f64; POINTS] {
        std::array::from_fn(|at| {
            let (value, shift) = (self.values[at], self.asked[at] - self.distances[at]);
            if shift == 0.0 {
                return value;
            }
            let (before, behind) = (at.saturating_sub(1), (at + 1).min(POINTS - 1));
            let run = self.distances[behind] - self.distances[before];
            let slope = (self.values[behind] - self.values[before]) / run;
            if run == 0.0 || !slope.is_finite() { value } else { value + slope * shift }
        })
    }
}
