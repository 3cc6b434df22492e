//! The layout of a picture: marks in pixels, each with an ink, independent of the output format.

use std::ops::RangeInclusive;

use tabuada_lang::{ErrorKind, Notation};

use super::curve::{Curve, Stopped, View};
use super::points::{Place, Points};
use super::polyline::{length, simplified, thinned, within};
use super::ticks::{DIGITS, Ticks, in_notation, pi_ticks, ticks};

/// The maximum number of curves, each with its own colour and dashes.
pub(crate) const CURVES_MAX: usize = 6;

/// The assumed width of a character, relative to the height of texts.
const CHARACTER: f64 = 0.62;
/// The margin around the picture.
const FREE: f64 = 12.0;
/// The gap between an axis and its texts.
const GAP: f64 = 7.0;
/// The gap between the rows of the legend, and the length of a curve's sample in it.
const ROW_GAP: f64 = 8.0;
const SAMPLE: f64 = 26.0;
/// The radius of a dot.
pub(super) const DOT: f64 = 3.0;
/// The smallest height of the curves, however long the legend is.
const CURVES_HEIGHT: f64 = 60.0;
/// In diagonals of the picture: a longer line is solid, since its dashes would overlap and take long to draw.
const DASHED_MAX: f64 = 40.0;
/// The least distance between ticks, in pixels and in heights of texts.
const TICK_ACROSS: (f64, f64) = (65.0, 5.4);
const TICK_DOWN: (f64, f64) = (45.0, 3.6);
/// The maximum number of ticks, and the least number relative to it: ticks have round steps.
const TICKS_MAX: usize = 12;
const TICKS_PART: f64 = 0.6;
/// The attempts to find the margins of a picture in which both axes have the same scale: the texts take more room if
/// the range changes.
const EQUAL_ROUNDS: usize = 6;

/// How a picture is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// The height of texts, in pixels.
    pub(super) font: f64,
    /// Its decimal sign is that of the numbers on the axes.
    pub(super) notation: Notation,
    /// The maximum number of digits on the axes, if it is not the default.
    pub(super) digits: Option<usize>,
    /// Whether the axes have ticks at multiples of π.
    pub(super) in_pi: (bool, bool),
    pub(super) aspect: Aspect,
}

/// The scale of the y axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aspect {
    /// Its range fills the picture.
    Free,
    /// It has the scale of the x axis: a circle is round.
    Equal,
}

/// The colour and style of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Ground,
    /// The lines between the ticks.
    Minor,
    Grid,
    Axis,
    /// The texts of the axes.
    Number,
    /// The names of the axes.
    Name,
    /// All other texts.
    Text,
    Curve(usize),
}

/// The alignment of a text at its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

#[derive(Clone, Debug)]
pub(super) enum Mark {
    Line {
        ink: Ink,
        lines: Vec<Vec<(f64, f64)>>,
        /// The lengths of the dashes and gaps, in pixels. Empty for a solid line.
        dashes: &'static [f64],
    },
    /// The dots of a curve.
    Dots { curve: usize, places: Vec<(f64, f64)>, is_open: bool },
    /// The position is on the text's baseline.
    Text { ink: Ink, anchor: Anchor, at: (f64, f64), text: String },
}

/// A picture without its description.
#[derive(Clone, Debug)]
pub(super) struct Drawing {
    pub(super) width: f64,
    pub(super) height: f64,
    /// The height of texts.
    pub(super) font: f64,
    /// The top left corner of the curves' area, and its size.
    pub(super) corner: (f64, f64),
    pub(super) view: View,
    pub(super) marks: Vec<Mark>,
}

/// The area of the curves in a picture.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    left: f64,
    top: f64,
    rows: Vec<Vec<(usize, String, f64)>>,
    across: Ticks,
    down: Ticks,
    font: f64,
    pub(super) view: View,
}

fn width_of(text: &str, font: f64) -> f64 {
    text.chars().count() as f64 * font * CHARACTER
}

/// As much of a text as fits the width.
fn fitting(text: &str, width: f64, font: f64) -> String {
    let room = (width / (font * CHARACTER)).max(2.0) as usize;
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room - 1).chain(['…']).collect()
}

/// The number of ticks on an axis of so many pixels.
fn count(pixels: f64, apart: f64) -> RangeInclusive<usize> {
    let most = ((pixels / apart) as usize).clamp(2, TICKS_MAX);
    (most as f64 * TICKS_PART).ceil() as usize..=most
}

fn ticks_of((low, high): (f64, f64), count: RangeInclusive<usize>, style: &Style, in_pi: bool) -> Ticks {
    let in_pi = if in_pi { pi_ticks(low, high, count.clone()) } else { None };
    let mut ticks = in_pi.unwrap_or_else(|| ticks(low, high, count, style.digits.unwrap_or(DIGITS)));
    for text in ticks.marks.iter_mut().map(|(_, text)| text).chain(&mut ticks.offset) {
        *text = in_notation(std::mem::take(text), style.notation);
    }
    ticks
}

impl Frame {
    /// Leaves room around the curves for the texts of the axes and the legend. With an equal aspect, `y` is changed to
    /// the range that `equal` gives for the view.
    pub(super) fn new(
        size: (f64, f64),
        x: (f64, f64),
        y: (f64, f64),
        names: &[String],
        style: &Style,
        equal: impl Fn(&View) -> (f64, f64),
    ) -> Self {
        let mut frame = Self::of(size, x, y, names, style);
        for _ in 0..EQUAL_ROUNDS {
            let y = equal(&frame.view);
            if style.aspect == Aspect::Free || y == frame.view.y {
                break;
            }
            frame = Self::of(size, x, y, names, style);
        }
        frame
    }

    fn of((width, height): (f64, f64), x: (f64, f64), y: (f64, f64), names: &[String], style: &Style) -> Self {
        let font = style.font;
        let row = font + ROW_GAP;
        let rows_max = ((height - CURVES_HEIGHT - 3.0 * FREE - font) / row).max(0.0) as usize;
        let rows = legend(names, width, rows_max, font);
        // The name of the axis is above the curves.
        let mut top = FREE + rows.len() as f64 * row + font * 0.75;
        let apart = |(pixels, fonts): (f64, f64)| f64::max(pixels, fonts * font);
        let longest = |ticks: &Ticks| ticks.marks.iter().map(|(_, text)| width_of(text, font)).fold(0.0, f64::max);
        let down = ticks_of(y, count(height - top - 2.0 * FREE - font, apart(TICK_DOWN)), style, style.in_pi.1);
        if down.offset.is_some() {
            top += row;
        }
        let left = FREE + longest(&down) + GAP;
        let inner = (width - left - right_margin(font)).max(1.0);
        let mut across = ticks_of(x, count(inner, apart(TICK_ACROSS)), style, style.in_pi.0);
        if (longest(&across) + GAP) * across.marks.len() as f64 > inner {
            across = ticks_of(x, count(inner, longest(&across) + 2.0 * GAP), style, style.in_pi.0);
        }
        let below = FREE + font + GAP + if across.offset.is_some() { font + 2.0 } else { 0.0 };
        let view = View { x, y, width: inner, height: (height - top - below).max(1.0) };
        Self { left, top, rows, across, down, font, view }
    }

    /// Draws everything. `notice` is shown if there are no curves. `stop` is called before each curve.
    pub(super) fn drawing(
        &self,
        (width, height): (f64, f64),
        curves: &[Curve<'_>],
        points: &Points,
        notice: Option<&str>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Drawing, Stopped> {
        let mut marks = Vec::new();
        self.axes(&mut marks);
        for (at, curve) in curves.iter().enumerate() {
            if stop() {
                return Err(ErrorKind::Deadline);
            }
            let pieces = curve.pieces(&self.view);
            if curve.is_sequence {
                let (width, height) = (self.view.width, self.view.height);
                let is_seen = |(x, y): &(f64, f64)| (0.0..=width).contains(x) && (0.0..=height).contains(y);
                let places = pieces.concat().into_iter().filter(is_seen).map(|place| self.placed(place)).collect();
                marks.push(Mark::Dots { curve: at, places, is_open: false });
                continue;
            }
            let seen = pieces.iter().flat_map(|piece| within(&simplified(&thinned(piece)), self.view.height));
            let lines: Vec<Vec<_>> =
                seen.map(|part| part.into_iter().map(|place| self.placed(place)).collect()).collect();
            if !lines.is_empty() {
                let is_dashed = length(&lines) <= DASHED_MAX * width.hypot(height);
                marks.push(Mark::Line { ink: Ink::Curve(at), lines, dashes: if is_dashed { dashes(at) } else { &[] } });
            }
        }
        self.open_dots(points, &mut marks);
        for (row, entries) in self.rows.iter().enumerate() {
            let y = FREE + row as f64 * (self.font + ROW_GAP) + self.font / 2.0;
            for (curve, text, x) in entries {
                let lines = vec![vec![(*x, y), (x + SAMPLE, y)]];
                marks.push(Mark::Line { ink: Ink::Curve(*curve), lines, dashes: dashes(*curve) });
                let at = (x + SAMPLE + GAP, y + self.font * 0.35);
                marks.push(Mark::Text { ink: Ink::Text, anchor: Anchor::Start, at, text: text.clone() });
            }
        }
        if let Some(notice) = notice {
            let at = (self.left + self.view.width / 2.0, self.top + self.view.height / 2.0 - GAP);
            let text = fitting(notice, self.view.width, self.font);
            marks.push(Mark::Text { ink: Ink::Text, anchor: Anchor::Middle, at, text });
        }
        Ok(Drawing { width, height, font: self.font, corner: (self.left, self.top), view: self.view, marks })
    }

    /// Open dots at the special points.
    fn open_dots(&self, points: &Points, marks: &mut Vec<Mark>) {
        let dot = |place: &Place| self.placed((self.view.across(place.0), self.view.down(place.1)));
        let mut add = |curve: usize, places: Vec<(f64, f64)>| {
            if !places.is_empty() {
                marks.push(Mark::Dots { curve, places, is_open: true });
            }
        };
        for (curve, special) in points.curves.iter().enumerate() {
            let places = special.zeros.iter().chain(&special.maxima).chain(&special.minima);
            add(curve, places.map(dot).collect());
        }
        for ([_, curve], place) in &points.intersections {
            add(*curve, vec![dot(place)]);
        }
    }

    /// The place in the picture of a place in the view.
    fn placed(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (x + self.left, y + self.top)
    }

    fn axes(&self, marks: &mut Vec<Mark>) {
        let View { width, height, x, y } = self.view;
        let (right, bottom) = (self.left + width, self.top + height);
        let across = |x: f64| self.left + self.view.across(x);
        let down = |y: f64| self.top + self.view.down(y);
        let upright = |at: f64| vec![(at, self.top), (at, bottom)];
        let level = |at: f64| vec![(self.left, at), (right, at)];
        let mut minor: Vec<_> = self.across.minor.iter().map(|at| upright(across(*at))).collect();
        minor.extend(self.down.minor.iter().map(|at| level(down(*at))));
        marks.push(Mark::Line { ink: Ink::Minor, lines: minor, dashes: &[] });
        let mut grid: Vec<_> = self.across.marks.iter().map(|(at, _)| upright(across(*at))).collect();
        grid.extend(self.down.marks.iter().map(|(at, _)| level(down(*at))));
        marks.push(Mark::Line { ink: Ink::Grid, lines: grid, dashes: &[] });
        let mut axes = Vec::new();
        if x.0 <= 0.0 && x.1 >= 0.0 {
            axes.push(upright(across(0.0)));
        }
        if y.0 <= 0.0 && y.1 >= 0.0 {
            axes.push(level(down(0.0)));
        }
        if !axes.is_empty() {
            marks.push(Mark::Line { ink: Ink::Axis, lines: axes, dashes: &[] });
        }
        self.numbers(marks);
        self.names(marks);
    }

    /// The texts of the ticks.
    fn numbers(&self, marks: &mut Vec<Mark>) {
        let font = self.font;
        let (right, bottom) = (self.left + self.view.width, self.top + self.view.height);
        let mut number = |anchor, at, text: &str| {
            marks.push(Mark::Text { ink: Ink::Number, anchor, at, text: text.to_owned() });
        };
        let below = bottom + GAP + font * 0.75;
        for (at, text) in &self.across.marks {
            let middle = self.left + self.view.across(*at);
            let edge = right + right_margin(font) - 2.0;
            if middle + width_of(text, font) / 2.0 > edge {
                number(Anchor::End, (edge, below), text);
            } else {
                number(Anchor::Middle, (middle, below), text);
            }
        }
        for (at, text) in &self.down.marks {
            number(Anchor::End, (self.left - GAP, self.top + self.view.down(*at) + font * 0.35), text);
        }
        if let Some(offset) = &self.across.offset {
            number(Anchor::End, (right, below + font + 2.0), offset);
        }
        if let Some(offset) = &self.down.offset {
            number(Anchor::Start, (FREE, self.top - GAP - 1.0), offset);
        }
    }

    /// The names of the axes: at the right end of one and above the other, or at the edges if the axes are not seen.
    fn names(&self, marks: &mut Vec<Mark>) {
        let View { width, height, x, y } = self.view;
        let level = if y.0 <= 0.0 && y.1 >= 0.0 { self.view.down(0.0) } else { height };
        let upright = if x.0 <= 0.0 && x.1 >= 0.0 { self.view.across(0.0) } else { 0.0 };
        let beside = self.down.offset.as_ref().map_or(0.0, |text| FREE + width_of(text, self.font) + self.font);
        let mut name = |anchor, at, text: &str| {
            marks.push(Mark::Text { ink: Ink::Name, anchor, at, text: text.to_owned() });
        };
        name(Anchor::Start, (self.left + width + 5.0, self.top + level + self.font * 0.3), "x");
        name(Anchor::Middle, ((self.left + upright).max(beside), self.top - 5.0), "y");
    }
}

/// The room to the right of the curves, for half of the last number and the name of the axis.
fn right_margin(font: f64) -> f64 {
    1.5 * FREE.max(font)
}

/// The rows of the legend that fit. Each name has its distance from the left.
fn legend(names: &[String], width: f64, rows_max: usize, font: f64) -> Vec<Vec<(usize, String, f64)>> {
    let mut rows: Vec<Vec<(usize, String, f64)>> = Vec::new();
    let mut x = FREE;
    for (curve, name) in names.iter().enumerate() {
        let text = fitting(name, width - 2.0 * FREE - SAMPLE - GAP, font);
        let taken = SAMPLE + GAP + width_of(&text, font);
        if rows.is_empty() || x + taken > width - FREE {
            rows.push(Vec::new());
            x = FREE;
        }
        rows.last_mut().into_iter().for_each(|row| row.push((curve, text.clone(), x)));
        x += taken + 1.5 * FREE;
    }
    rows.truncate(rows_max);
    rows
}

/// The lengths of a curve's dashes and gaps, in pixels. The first curve is solid.
fn dashes(curve: usize) -> &'static [f64] {
    const DASHES: [&[f64]; CURVES_MAX] =
        [&[], &[9.0, 5.0], &[1.0, 5.0], &[16.0, 4.0], &[10.0, 5.0, 1.0, 5.0], &[4.0, 4.0]];
    DASHES[curve % CURVES_MAX]
}
