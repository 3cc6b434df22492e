//! Draws functions of x: from texts to a drawing, and from the drawing to SVG or PNG.
//!
//! The result depends only on the question: it gives the same picture on every machine, unless an expression is random.
//! The work is limited by fuel, the number of curves and the number of points; the clock is only a safety net.

mod ticks;
mod curve;
mod polyline;
mod reach;
mod range;
mod points;
mod drawing;
mod report;
mod palette;
mod svg;
mod png;
mod card;
mod braille;
mod sentences;

use std::ops::RangeInclusive;

use tabuada_lang::{Context, Error, ErrorKind, Failure, Fix, Hint, Language, Limits, Mode, Notation, Program};

use crate::engine::{self, Question};
use braille::Sheet;
pub(crate) use card::{CARD, card};
use curve::{Curve, View};
pub(crate) use drawing::Aspect;
pub(crate) use drawing::CURVES_MAX;
use drawing::{Drawing, Frame, Style};
use points::Points;
use reach::Reach;
use report::{Samples, Texts};

pub(crate) const VARIABLE: &str = "x";

/// The width of a picture, in pixels.
pub(crate) const WIDTHS: RangeInclusive<u32> = 200..=2_000;
/// The height of a picture, in pixels.
pub(crate) const HEIGHTS: RangeInclusive<u32> = 120..=2_000;
/// The default size.
pub(crate) const SIZE: (u32, u32) = (720, 450);
/// The height of texts, in pixels.
pub(crate) const FONT_SIZES: RangeInclusive<u32> = 8..=48;
pub(crate) const FONT_SIZE: u32 = 12;
/// The digits of a number on an axis and in the description; by default, they differ.
pub(crate) const DIGITS: RangeInclusive<u32> = 1..=15;

/// The largest number on an axis.
const FARTHEST: f64 = 1e300;
/// The smallest length of an axis relative to its numbers, which floats can just resolve.
const FINEST: f64 = 1e-12;
/// The smallest length of an axis.
const LEAST: f64 = 1e-290;

/// The ends of an axis.
type Ends = (f64, f64);

/// What to draw. The ends of the axes are expressions too, such as `2*pi`.
#[derive(Clone, Debug)]
pub(crate) struct Plot {
    pub(crate) exprs: Vec<String>,
    /// The notation of the expressions and of the ends.
    pub(crate) notation: Notation,
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
    pub(crate) y_from: Option<String>,
    pub(crate) y_to: Option<String>,
    /// The width and the height in pixels.
    pub(crate) size: (u32, u32),
    pub(crate) aspect: Aspect,
    /// The maximum number of digits of a number.
    pub(crate) digits: Option<u32>,
    /// The height of texts in pixels.
    pub(crate) font_size: u32,
    /// Whether zeros, extremes and intersections are searched and marked.
    pub(crate) has_points: bool,
    /// The language of the picture's description.
    pub(crate) language: Language,
}

/// The curves of a picture and its axes.
struct Scene<'p> {
    curves: Vec<Curve<'p>>,
    /// The name of each curve, and the index of its expression.
    names: Vec<String>,
    owners: Vec<usize>,
    x: Ends,
    y: Ends,
    /// The range of y that holds every value of the bounded curves.
    y_whole: Ends,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Characters {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    pub(crate) is_coloured: bool,
}

/// A picture and the texts that describe it.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    drawing: Drawing,
    title: String,
    description: String,
    names: Vec<String>,
    language: Language,
    points: Points,
    samples: Samples,
    y_whole: Ends,
    /// The hints for each expression: places that may not mean what the author intended.
    pub(crate) hints: Vec<Vec<Hint>>,
    /// Whether it depends only on the question, so that it may be cached.
    pub(crate) is_pure: bool,
}

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No expression, or too many.
    Count,
    /// The size is out of bounds.
    Size,
    /// The aspect has no such name.
    Aspect,
    /// A whole number is out of bounds; with its name and the bounds.
    Bounds(&'static str, u32, u32),
    /// An end of an axis is not a number; with the name of that end.
    NoNumber(&'static str),
    /// The ends of an axis are not in order, too close together or too far apart; with their names.
    Ends(&'static str, &'static str),
    /// An expression is wrong; expressions are counted from 0.
    Expression { at: usize, error: Error, fixes: Vec<Fix> },
    /// An expression is too expensive to be drawn, or the deadline passed.
    Stopped(ErrorKind),
}

impl Refusal {
    /// The message. For an expression, it says only that the expression is wrong; the error says why.
    pub(crate) fn message(&self, language: Language) -> String {
        sentences::refusal(self, language)
    }
}

impl Picture {
    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    /// What is seen, in words.
    pub(crate) fn description(&self) -> &str {
        &self.description
    }

    /// The picture as PNG, in the light colours, so many times as large; `None` if there is no memory for it or `stop`
    /// gives `true`.
    pub(crate) fn png(&self, scale: f64, stop: &dyn Fn() -> bool) -> Option<Vec<u8>> {
        png::written(&self.drawing, scale, stop)
    }

    pub(crate) fn svg(&self) -> String {
        let language = match self.language {
            Language::English => "en",
            Language::Portuguese => "pt-BR",
        };
        svg::written(&self.drawing, &svg::Words { title: &self.title, description: &self.description, language })
    }

    /// What the picture shows, with the picture as SVG in it.
    pub(crate) fn json(&self) -> String {
        let texts = Texts { title: &self.title, description: &self.description, names: &self.names };
        report::written(&self.drawing, &texts, &self.points, &self.samples, self.y_whole, self.svg())
    }
}

impl Plot {
    /// Curves with everything else by default.
    pub(crate) fn new(exprs: Vec<String>, notation: Notation, language: Language) -> Self {
        Self {
            exprs,
            notation,
            from: None,
            to: None,
            y_from: None,
            y_to: None,
            size: SIZE,
            aspect: Aspect::Free,
            digits: None,
            font_size: FONT_SIZE,
            has_points: false,
            language,
        }
    }

    /// Parses the expressions, which is cheap compared with drawing them.
    pub(crate) fn read(&self, limits: &Limits) -> Result<Vec<Program>, Refusal> {
        if self.exprs.is_empty() || self.exprs.len() > CURVES_MAX {
            return Err(Refusal::Count);
        }
        let read = |(at, text): (usize, &String)| {
            let refused = |(error, fixes)| Refusal::Expression { at, error, fixes };
            engine::read_of(text, &self.context(), limits).map_err(refused)
        };
        self.exprs.iter().enumerate().map(read).collect()
    }

    /// Draws the picture. `stop` is called from time to time and ends the work with `true`. `seed` is for random
    /// expressions.
    pub(crate) fn picture(&self, limits: &Limits, seed: u64, stop: &dyn Fn() -> bool) -> Result<Picture, Refusal> {
        self.check_numbers()?;
        let programs = self.read(limits)?;
        let scene = self.scene(&programs, &self.names(), limits, seed, stop)?;
        let Scene { mut curves, names, owners, x, y, y_whole } = scene;
        let size = (f64::from(self.size.0), f64::from(self.size.1));
        let style = self.style(x, y);
        let frame = Frame::new(size, x, y, &names, &style, |view| view.equal(y));
        let (points, samples) = self.details(&mut curves, &frame.view).map_err(Refusal::Stopped)?;

        let notice = sentences::notice(&curves, self.language, self.notation);
        let drawing = frame.drawing(size, &curves, &points, notice.as_deref(), stop).map_err(Refusal::Stopped)?;
        let hints = self.hints(&programs, limits);
        // The curves of one expression share its hints, which are told once.
        let hinted: Vec<&[Hint]> = (0..owners.len())
            .map(|at| if at > 0 && owners[at - 1] == owners[at] { &[] } else { &hints[owners[at]][..] })
            .collect();
        let (digits, told) = (self.digits.map(|digits| digits as usize), (self.language, self.notation));
        let description = sentences::description(&names, &curves, &hinted, &frame.view, digits, told);
        Ok(Picture {
            drawing,
            title: sentences::title(&self.names(), self.language),
            description,
            names,
            language: self.language,
            points,
            samples,
            y_whole,
            hints,
            is_pure: programs.iter().all(Program::is_pure),
        })
    }

    fn check_numbers(&self) -> Result<(), Refusal> {
        if !WIDTHS.contains(&self.size.0) || !HEIGHTS.contains(&self.size.1) {
            return Err(Refusal::Size);
        }
        let bounded = [("font_size", Some(self.font_size), FONT_SIZES), ("digits", self.digits, DIGITS)];
        let wrong = bounded.into_iter().find(|(_, given, bounds)| given.is_some_and(|given| !bounds.contains(&given)));
        wrong.map_or(Ok(()), |(name, _, bounds)| Err(Refusal::Bounds(name, *bounds.start(), *bounds.end())))
    }

    fn style(&self, x: Ends, y: Ends) -> Style {
        // Of the names of numbers, only that of π begins so.
        let has_pi = |text: &Option<String>| {
            text.as_ref().is_some_and(|text| text.contains('π') || text.to_lowercase().contains("pi"))
        };
        let in_pi = |from, to, (low, high): Ends| has_pi(from) || has_pi(to) || ticks::is_in_pi(low, high);
        Style {
            font: f64::from(self.font_size),
            notation: self.notation,
            digits: self.digits.map(|digits| digits as usize),
            in_pi: (in_pi(&self.from, &self.to, x), in_pi(&self.y_from, &self.y_to, y)),
            aspect: self.aspect,
        }
    }

    /// Refines the curves where they are seen, and searches their special points and their values if those are asked
    /// for. The points may be left out if there is too little fuel, but not the refinement.
    fn details(&self, curves: &mut [Curve<'_>], view: &View) -> Result<(Points, Samples), ErrorKind> {
        curves.iter_mut().try_for_each(|curve| curve.refine(view))?;
        if !self.has_points {
            return Ok((Points::default(), Samples::default()));
        }
        let points = Points::of(curves, view)?;
        let xs = Samples::places(view);
        let values = curves.iter_mut().map(|curve| curve.values_at(&xs));
        let values = values.map(|values| values.map(Option::unwrap_or_default));
        let curves = values.collect::<Result<_, ErrorKind>>()?;
        Ok((points, Samples { xs, curves }))
    }

    /// The curves on their first grid, and the visible parts of the axes. `names` are those of the expressions.
    fn scene<'p>(
        &self,
        programs: &'p [Program],
        names: &[String],
        limits: &'p Limits,
        seed: u64,
        stop: &'p dyn Fn() -> bool,
    ) -> Result<Scene<'p>, Refusal> {
        let number = |name, text: &Option<String>| self.number(name, text.as_deref(), limits);
        let x = ends(
            ("from", number("from", &self.from)?.unwrap_or(-10.0)),
            ("to", number("to", &self.to)?.unwrap_or(10.0)),
        )?;
        let fuel = limits.fuel / self.exprs.len() as u64;
        let whole = programs.iter().map(|program| Curve::new(program, x, limits, (fuel, seed), stop));
        let whole: Vec<Curve<'_>> = whole.collect::<Result<_, _>>().map_err(Refusal::Stopped)?;
        let wrong = whole.iter().enumerate().find_map(|(at, curve)| Some((at, curve.wrong_everywhere()?)));
        if let Some((at, failure)) = wrong {
            return Err(self.wrong_everywhere(at, &programs[at], failure, limits));
        }
        if whole.iter().map(Curve::count).sum::<usize>() > CURVES_MAX {
            return Err(Refusal::Count);
        }
        let (mut curves, mut owners, mut curve_names) = (Vec::new(), Vec::new(), Vec::new());
        for (at, curve) in whole.into_iter().enumerate() {
            let parts = curve.parted(x).map_err(Refusal::Stopped)?;
            curve_names.extend(sentences::part_names(&self.exprs[at], &names[at], parts.len(), self.notation));
            owners.extend(parts.iter().map(|_| at));
            curves.extend(parts);
        }
        let (y, y_whole) = self.visible(&mut curves, x, limits)?;
        Ok(Scene { curves, names: curve_names, owners, x, y, y_whole })
    }

    /// The visible part of the y axis, and the part that holds the curves.
    fn visible(&self, curves: &mut [Curve<'_>], x: Ends, limits: &Limits) -> Result<(Ends, Ends), Refusal> {
        let reaches: Vec<Reach> =
            curves.iter_mut().map(Reach::of).collect::<Result<_, _>>().map_err(Refusal::Stopped)?;
        let shown = range::shown(&reaches, x);
        let number = |name, text: &Option<String>| self.number(name, text.as_deref(), limits);
        let y = match (number("y_from", &self.y_from)?, number("y_to", &self.y_to)?) {
            (None, None) => shown,
            (Some(low), Some(high)) => ends(("y_from", low), ("y_to", high))?,
            // If all values lie beyond the only end that is given, the values cannot give the other end.
            (Some(low), None) => ends(("y_from", low), ("y_to", if shown.1 > low { shown.1 } else { low + 1.0 }))?,
            (None, Some(high)) => ends(("y_from", if shown.0 < high { shown.0 } else { high - 1.0 }), ("y_to", high))?,
        };
        Ok((y, range::whole(&reaches)))
    }

    /// Draws in characters, in this room and with these names. Also gives the hints for the expressions.
    pub(crate) fn sketch(
        &self,
        names: &[&str],
        room: Characters,
        limits: &Limits,
        seed: u64,
        stop: &dyn Fn() -> bool,
    ) -> Result<(String, Vec<Vec<Hint>>), Refusal> {
        let programs = self.read(limits)?;
        let names: Vec<String> = names.iter().map(|text| sentences::name(text)).collect();
        let Scene { mut curves, names, x, y, .. } = self.scene(&programs, &names, limits, seed, stop)?;
        let mut sheet = Sheet::new(room, x, y);
        if self.aspect == Aspect::Equal {
            sheet = Sheet::new(room, x, sheet.view.equal(y));
        }
        for (at, curve) in curves.iter_mut().enumerate() {
            curve.refine(&sheet.view).map_err(Refusal::Stopped)?;
            sheet.draw(at, &curve.pieces(&sheet.view));
        }
        let notice = sentences::notice(&curves, self.language, self.notation);
        Ok((sheet.written(&names, notice.as_deref()), self.hints(&programs, limits)))
    }

    fn names(&self) -> Vec<String> {
        self.exprs.iter().map(|text| sentences::name(text)).collect()
    }

    fn hints(&self, programs: &[Program], limits: &Limits) -> Vec<Vec<Hint>> {
        let hinted = self.exprs.iter().zip(programs);
        hinted.map(|(text, program)| engine::hints_of_rows(text, &self.context(), limits, program)).collect()
    }

    /// The only variable of the expressions is x.
    fn context(&self) -> Context<'static> {
        Context { parameters: &[VARIABLE], notation: self.notation, ..Context::default() }
    }

    /// The error of an expression that fails in the same way for every x.
    fn wrong_everywhere(&self, at: usize, program: &Program, failure: &Failure, limits: &Limits) -> Refusal {
        let fixes = engine::fixes_of_rows(&self.exprs[at], &self.context(), limits, program, failure);
        let error = Error { kind: failure.kind.clone(), span: program.span(failure.node) };
        Refusal::Expression { at, error, fixes }
    }

    /// The number for an end of an axis.
    fn number(&self, name: &'static str, text: Option<&str>, limits: &Limits) -> Result<Option<f64>, Refusal> {
        let Some(text) = text else { return Ok(None) };
        let question = Question { notation: self.notation, ..Question::new(text, Mode::Python) };
        let program = engine::ask(&question, limits).ok();
        let answer = program
            .filter(Program::is_pure)
            .and_then(|program| engine::try_evaluate(&program, limits, limits.fuel / 100)?.outcome.ok());
        let number = answer.and_then(|answer| match answer.type_name() {
            "int" => answer.text().parse().ok(),
            _ => answer.as_f64(),
        });
        number.filter(|number| number.is_finite()).map(Some).ok_or(Refusal::NoNumber(name))
    }
}

/// Checks the two ends of an axis.
fn ends(from: (&'static str, f64), to: (&'static str, f64)) -> Result<(f64, f64), Refusal> {
    let ((from_name, from), (to_name, to)) = (from, to);
    let size = from.abs().max(to.abs());
    let is_drawn = size <= FARTHEST && to - from > LEAST && to - from >= FINEST * size;
    if is_drawn { Ok((from, to)) } else { Err(Refusal::Ends(from_name, to_name)) }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn the_clock_is_checked_between_marks() {
        let exprs = ["x", "sin(x)"].map(str::to_owned).to_vec();
        let plot = Plot::new(exprs, Notation::Python, Language::English);
        let limits = Limits::default();
        let asked = Cell::new(0);
        let counting = || {
            asked.set(asked.get() + 1);
            false
        };
        let picture = plot.picture(&limits, 0, &counting).unwrap_or_else(|refusal| panic!("{refusal:?}"));
        let before = asked.get();
        assert!(before >= 2, "{before}");
        assert!(picture.png(1.0, &counting).is_some());
        assert!(asked.get() - before > picture.drawing.marks.len());
        assert!(picture.png(1.0, &|| true).is_none());
        let stopped = plot.picture(&limits, 0, &|| true);
        assert!(matches!(stopped, Err(Refusal::Stopped(ErrorKind::Deadline))));
    }
}
