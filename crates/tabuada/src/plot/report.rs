//! What a picture shows, as JSON: for a page that reads the curves out, and for programs.

use serde::Serialize;

use super::curve::View;
use super::drawing::Drawing;
use super::points::{Place, Points, rounded};

/// The values of the curves at some xs: about one for each column of pixels.
#[derive(Clone, Debug, Default)]
pub(super) struct Samples {
    pub(super) xs: Vec<f64>,
    pub(super) curves: Vec<Vec<Option<f64>>>,
}

impl Samples {
    /// Round xs across the view, not more than a pixel apart as far as that is possible.
    pub(super) fn places(view: &View) -> Vec<f64> {
        let (from, to) = view.x;
        let count = view.width.max(1.0) as usize;
        let exponent = ((to - from) / count as f64).log10().floor() as i32;
        let place = |at: usize| rounded(from + (to - from) * (at as f64 / count as f64), exponent);
        let mut places: Vec<f64> = (0..=count).map(place).filter(|x| (from..=to).contains(x)).collect();
        places.dedup();
        places
    }
}

/// The texts of a picture, and the names of its curves.
pub(super) struct Texts<'t> {
    pub(super) title: &'t str,
    pub(super) description: &'t str,
    pub(super) names: &'t [String],
}

#[derive(Serialize)]
struct Report<'r> {
    title: &'r str,
    description: &'r str,
    x: Place,
    y: Place,
    /// The range of y that holds every value of the bounded curves.
    y_whole: Place,
    frame: Frame,
    curves: Vec<Drawn<'r>>,
    intersections: Vec<Intersection>,
    /// Whether some of the points were left out.
    points_cut: bool,
    /// The xs of the values of the curves.
    at: &'r [f64],
    svg: String,
}

/// The area of the curves, in pixels.
#[derive(Serialize)]
struct Frame {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

#[derive(Serialize)]
struct Drawn<'r> {
    name: &'r str,
    zeros: Vec<Point>,
    maxima: Vec<Point>,
    minima: Vec<Point>,
    values: &'r [Option<f64>],
}

#[derive(Serialize)]
struct Point {
    x: f64,
    y: f64,
}

#[derive(Serialize)]
struct Intersection {
    curves: [usize; 2],
    x: f64,
    y: f64,
}

pub(super) fn written(
    drawing: &Drawing,
    texts: &Texts<'_>,
    points: &Points,
    samples: &Samples,
    y_whole: Place,
    svg: String,
) -> String {
    let places = |found: &[Place]| found.iter().map(|(x, y)| Point { x: *x, y: *y }).collect();
    let curves = texts.names.iter().zip(&points.curves).zip(&samples.curves);
    let report = Report {
        title: texts.title,
        description: texts.description,
        x: drawing.view.x,
        y: drawing.view.y,
        y_whole,
        frame: Frame {
            left: drawing.corner.0,
            top: drawing.corner.1,
            width: drawing.view.width,
            height: drawing.view.height,
        },
        curves: curves
            .map(|((name, special), values)| Drawn {
                name,
                zeros: places(&special.zeros),
                maxima: places(&special.maxima),
                minima: places(&special.minima),
                values,
            })
            .collect(),
        intersections: points
            .intersections
            .iter()
            .map(|(curves, (x, y))| Intersection { curves: *curves, x: *x, y: *y })
            .collect(),
        points_cut: points.is_cut,
        at: &samples.xs,
        svg,
    };
    // Texts and finite numbers.
    serde_json::to_string(&report).unwrap_or_default()
}
