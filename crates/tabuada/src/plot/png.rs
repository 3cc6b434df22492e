//! A drawing as PNG, with an embedded font: system fonts are not used.

use std::io::Write as _;

use tiny_skia::{Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, StrokeDash, Transform};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

use super::drawing::{Anchor, DOT, Drawing, Ink, Mark};
use super::palette::{LIGHT, of, width_of};
use super::polyline::length;

pub(super) static PLAIN: &[u8] = include_bytes!("font/plain.ttf");

/// In diagonals of the picture: a longer line is drawn without smoothing, which would take most of the time. Such a
/// line covers most of its area anyway.
const SMOOTH_MAX: f64 = 400.0;

/// The substitute for a character that the font lacks.
const MISSING: char = '\u{fffd}';

/// The drawing as PNG, `scale` times as large; `None` if there is no memory for it, or if `stop` gives `true` before a mark.
pub(super) fn written(drawing: &Drawing, scale: f64, stop: &dyn Fn() -> bool) -> Option<Vec<u8>> {
    let mut pixels = Pixmap::new((drawing.width * scale) as u32, (drawing.height * scale) as u32)?;
    let scaled = Transform::from_scale(scale as f32, scale as f32);
    pixels.fill(colour(Ink::Ground));
    let face = Face::parse(PLAIN, 0).ok()?;
    for mark in &drawing.marks {
        if stop() {
            return None;
        }
        match mark {
            Mark::Line { ink, lines, dashes } => {
                if let Some(path) = path(lines, *ink) {
                    let anti_alias = length(lines) <= SMOOTH_MAX * drawing.width.hypot(drawing.height);
                    let paint = Paint { anti_alias, ..paint(*ink) };
                    pixels.stroke_path(&path, &paint, &stroke(*ink, dashes), scaled, None);
                }
            }
            Mark::Dots { curve, places, is_open } => dots(&mut pixels, *curve, places, *is_open, scaled),
            Mark::Text { ink, anchor, at, text } => {
                if let Some(path) = lettering(&face, text, drawing.font, *anchor, *at) {
                    pixels.fill_path(&path, &paint(*ink), FillRule::Winding, scaled, None);
                }
            }
        }
    }
    if stop() { None } else { encoded(&pixels).ok() }
}

/// Encodes row by row, because a copy of the pixels would double the memory of a picture. The background and all marks
/// are opaque, so no alpha channel is needed.
pub(super) fn encoded(pixels: &Pixmap) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, pixels.width(), pixels.height());
    encoder.set_color(png::ColorType::Rgb);
    let mut encoder = encoder.write_header()?;
    let mut rows = encoder.stream_writer()?;
    let mut row = Vec::new();
    for line in pixels.pixels().chunks_exact(pixels.width() as usize) {
        row.clear();
        row.extend(line.iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]));
        rows.write_all(&row)?;
    }
    rows.finish()?;
    encoder.finish()?;
    Ok(out)
}

fn path(lines: &[Vec<(f64, f64)>], ink: Ink) -> Option<Path> {
    // A line that is one pixel wide is sharp if it runs through the centres of pixels.
    let place = |pixels: f64| if let Ink::Curve(_) = ink { pixels } else { pixels.floor() + 0.5 } as f32;
    let mut path = PathBuilder::new();
    for line in lines {
        for (at, (x, y)) in line.iter().enumerate() {
            if at == 0 {
                path.move_to(place(*x), place(*y));
            } else {
                path.line_to(place(*x), place(*y));
            }
        }
        if let [(x, y)] = line[..] {
            // A single point becomes a very short line with round ends.
            path.line_to(place(x) + 0.01, place(y));
        }
    }
    path.finish()
}

fn stroke(ink: Ink, dashes: &[f64]) -> Stroke {
    let width = width_of(ink) as f32;
    let Ink::Curve(_) = ink else { return Stroke { width, ..Stroke::default() } };
    let dashes = dashes.iter().map(|length| *length as f32).collect();
    Stroke {
        width,
        line_cap: LineCap::Round,
        line_join: LineJoin::Round,
        dash: StrokeDash::new(dashes, 0.0),
        ..Stroke::default()
    }
}

fn dots(pixels: &mut Pixmap, curve: usize, places: &[(f64, f64)], is_open: bool, scaled: Transform) {
    let mut path = PathBuilder::new();
    for (x, y) in places {
        path.push_circle(*x as f32, *y as f32, DOT as f32);
    }
    let Some(path) = path.finish() else { return };
    let inside = if is_open { Ink::Ground } else { Ink::Curve(curve) };
    pixels.fill_path(&path, &paint(inside), FillRule::Winding, scaled, None);
    if is_open {
        let stroke = Stroke { width: 1.5, ..Stroke::default() };
        pixels.stroke_path(&path, &paint(Ink::Curve(curve)), &stroke, scaled, None);
    }
}

fn paint(ink: Ink) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(colour(ink));
    paint
}

/// `#rrggbb`
fn colour(ink: Ink) -> Color {
    let bits = u32::from_str_radix(of(&LIGHT, ink).trim_start_matches('#'), 16).unwrap_or_default();
    let [_, red, green, blue] = bits.to_be_bytes();
    Color::from_rgba8(red, green, blue, u8::MAX)
}

/// The outlines of a text's letters, from left to right, in letters of this height in pixels.
pub(super) fn lettering(face: &Face<'_>, text: &str, size: f64, anchor: Anchor, at: (f64, f64)) -> Option<Path> {
    let scale = size as f32 / f32::from(face.units_per_em());
    let glyph = |character| face.glyph_index(character).or_else(|| face.glyph_index(MISSING)).unwrap_or(GlyphId(0));
    let advance = |glyph| f32::from(face.glyph_hor_advance(glyph).unwrap_or_default()) * scale;
    let glyphs: Vec<GlyphId> = text.chars().map(glyph).collect();
    let width: f32 = glyphs.iter().map(|glyph| advance(*glyph)).sum();
    let before = match anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => width / 2.0,
        Anchor::End => width,
    };
    let mut pen = Pen { path: PathBuilder::new(), x: at.0 as f32 - before, y: at.1 as f32, scale };
    for glyph in glyphs {
        // A space has no outline.
        let _ = face.outline_glyph(glyph, &mut pen);
        pen.x += advance(glyph);
    }
    pen.path.finish()
}

/// Collects outlines at their position.
struct Pen {
    path: PathBuilder,
    x: f32,
    y: f32,
    scale: f32,
}

impl Pen {
    /// In a font, the y axis points upwards.
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        (x.mul_add(self.scale, self.x), y.mul_add(-self.scale, self.y))
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
