//! The layout of a picture: marks in pixels, each with an ink, independent of the output format.

use tabuada_lang::ErrorKind;

use super::curve::{Curve, Stopped, View};
use super::polyline::{length, simplified, thinned, within};
use super::ticks::{Ticks, ticks};

/// The maximum number of curves, each with its own colour and dashes.
pub(crate) const CURVES_MAX: usize = 6;

/// The height of texts in pixels, and the assumed width of a character relative to it.
pub(super) const FONT: f64 = 12.0;
const CHARACTER: f64 = 0.62;
/// The margin around the picture.
const FREE: f64 = 12.0;
/// The gap between an axis and its texts.
const GAP: f64 = 7.0;
/// The height of a row of the legend, and the length of a curve's sample in it.
const ROW: f64 = 20.0;
const SAMPLE: f64 = 26.0;
/// The smallest height of the curves, however long the legend is.
const CURVES_HEIGHT: f64 = 60.0;
/// In diagonals of the picture: a longer line is solid, since its dashes would overlap and take long to draw.
const DASHED_MAX: f64 = 40.0;
/// The distance between ticks.
const TICK_ACROSS: f64 = 85.0;
const TICK_DOWN: f64 = 45.0;

/// The colour and style of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Ground,
    Grid,
    Axis,
    /// The texts of the axes.
    Number,
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
    /// The position is on the text's baseline.
    Text { ink: Ink, anchor: Anchor, at: (f64, f64), text: String },
}

/// A picture without its description.
#[derive(Clone, Debug)]
pub(super) struct Drawing {
    pub(super) width: f64,
    pub(super) height: f64,
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
    pub(super) view: View,
}

fn width_of(text: &str) -> f64 {
    text.chars().count() as f64 * FONT * CHARACTER
}

/// As much of a text as fits the width.
fn fitting(text: &str, width: f64) -> String {
    let room = (width / (FONT * CHARACTER)).max(2.0) as usize;
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room - 1).chain(['…']).collect()
}

impl Frame {
    /// Leaves room around the curves for the texts of the axes and the legend.
    pub(super) fn new((width, height): (f64, f64), x: (f64, f64), y: (f64, f64), names: &[String]) -> Self {
        let rows = legend(names, width, ((height - CURVES_HEIGHT - 3.0 * FREE - FONT) / ROW).max(0.0) as usize);
        let mut top = FREE + rows.len() as f64 * ROW;
        let count = |pixels: f64, between: f64| ((pixels / between) as usize).clamp(2, 12);
        let down = ticks(y.0, y.1, count(height - top - 3.0 * FREE, TICK_DOWN));
        if down.offset.is_some() {
            top += ROW;
        }
        let longest = down.marks.iter().map(|(_, text)| width_of(text)).fold(0.0, f64::max);
        let left = FREE + longest + GAP;
        let inner = (width - left - 1.5 * FREE).max(1.0);
        let mut across = ticks(x.0, x.1, count(inner, TICK_ACROSS));
        let longest = across.marks.iter().map(|(_, text)| width_of(text)).fold(0.0, f64::max);
        if longest + GAP > TICK_ACROSS {
            across = ticks(x.0, x.1, count(inner, longest + 2.0 * GAP));
        }
        let below = FREE + FONT + GAP + if across.offset.is_some() { FONT + 2.0 } else { 0.0 };
        let view = View { x, y, width: inner, height: (height - top - below).max(1.0) };
        Self { left, top, rows, across, down, view }
    }

    /// Draws everything. `notice` is shown if there are no curves. `stop` is called before each curve.
    pub(super) fn drawing(
        &self,
        (width, height): (f64, f64),
        curves: &[Curve<'_>],
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
            let seen = pieces.iter().flat_map(|piece| within(&simplified(&thinned(piece)), self.view.height));
            let placed = |(x, y): (f64, f64)| (x + self.left, y + self.top);
            let lines: Vec<Vec<_>> = seen.map(|part| part.into_iter().map(placed).collect()).collect();
            if !lines.is_empty() {
                let is_dashed = length(&lines) <= DASHED_MAX * width.hypot(height);
                marks.push(Mark::Line { ink: Ink::Curve(at), lines, dashes: if is_dashed { dashes(at) } else { &[] } });
            }
        }
        for (row, entries) in self.rows.iter().enumerate() {
            let y = FREE + row as f64 * ROW + FONT / 2.0;
            for (curve, text, x) in entries {
                let lines = vec![vec![(*x, y), (x + SAMPLE, y)]];
                marks.push(Mark::Line { ink: Ink::Curve(*curve), lines, dashes: dashes(*curve) });
                let at = (x + SAMPLE + GAP, y + FONT * 0.35);
                marks.push(Mark::Text { ink: Ink::Text, anchor: Anchor::Start, at, text: text.clone() });
            }
        }
        if let Some(notice) = notice {
            let at = (self.left + self.view.width / 2.0, self.top + self.view.height / 2.0 - GAP);
            let text = fitting(notice, self.view.width);
            marks.push(Mark::Text { ink: Ink::Text, anchor: Anchor::Middle, at, text });
        }
        Ok(Drawing { width, height, corner: (self.left, self.top), view: self.view, marks })
    }

    fn axes(&self, marks: &mut Vec<Mark>) {
        let View { width, height, x, y } = self.view;
        let (right, bottom) = (self.left + width, self.top + height);
        let across = |x: f64| self.left + self.view.across(x);
        let down = |y: f64| self.top + self.view.down(y);
        let upright = |at: f64| vec![(at, self.top), (at, bottom)];
        let level = |at: f64| vec![(self.left, at), (right, at)];
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
        let mut number = |anchor, at, text: &str| {
            marks.push(Mark::Text { ink: Ink::Number, anchor, at, text: text.to_owned() });
        };
        let below = bottom + GAP + FONT * 0.75;
        for (at, text) in &self.across.marks {
            let middle = across(*at);
            let edge = self.left + width + 1.5 * FREE - 2.0;
            if middle + width_of(text) / 2.0 > edge {
                number(Anchor::End, (edge, below), text);
            } else {
                number(Anchor::Middle, (middle, below), text);
            }
        }
        for (at, text) in &self.down.marks {
            number(Anchor::End, (self.left - GAP, down(*at) + FONT * 0.35), text);
        }
        if let Some(offset) = &self.across.offset {
            number(Anchor::End, (right, below + FONT + 2.0), offset);
        }
        if let Some(offset) = &self.down.offset {
            number(Anchor::Start, (FREE, self.top - GAP - 1.0), offset);
        }
    }
}

/// The rows of the legend that fit. Each name has its distance from the left.
fn legend(names: &[String], width: f64, rows_max: usize) -> Vec<Vec<(usize, String, f64)>> {
    let mut rows: Vec<Vec<(usize, String, f64)>> = Vec::new();
    let mut x = FREE;
    for (curve, name) in names.iter().enumerate() {
        let text = fitting(name, width - 2.0 * FREE - SAMPLE - GAP);
        let taken = SAMPLE + GAP + width_of(&text);
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
